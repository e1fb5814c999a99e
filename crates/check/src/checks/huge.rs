//! `huge`: lengths around 2^31 and 2^32, and above, in little memory. Before them come the
//! subject's own thresholds beyond the lengths of the other checks.
//!
//! The message repeats one small tile, flush against an inaccessible page. Its expected checksum
//! follows from that of the tile. Each call has a process of its own, so that a call that does not
//! return is a finding.

use super::check::{Check, Minimize};
use super::phrases::{unless_interpreted, unless_program};
use crate::case::Case;
use crate::check_result::Skip;
use crate::coverage::visited::{Visited, length_in_powers};
use crate::depth::Depth;
use crate::examiner::Examiner;
use crate::finding::{Finding, MessageForm};
use crate::session::Session;
use crcheck_oracle::advance::{combine, repeated};
use crcheck_oracle::panel::Panel;
use crcheck_platform::clock::{monotonic_time, thread_time};
use crcheck_platform::message_memory::{LENGTH_MAX, Placement};
use crcheck_platform::repeated_memory::{RepeatedMemory, TILE_BYTES};
use crcheck_platform::rng::SplitMix64;
use crcheck_subject::{CheckId, FILLS, Kind, Stop, Subject, thresholds};
use std::time::Duration;

pub const ID: CheckId = CheckId::new("huge");

pub static CHECK: Check = Check {
    kinds: &[Kind::WrongValue],
    unsuited: |of| {
        let of_program = unless_program(of, "gigabytes do not go through a pipe in time");
        of_program.or_else(|| unless_interpreted(of, "gigabytes are not interpreted in time"))
    },
    unplanned: |_, depth| {
        let reason = if depth.huge.lengths == 0 {
            "5 GiB take seconds: from depth `default` on"
        } else if cfg!(not(target_pointer_width = "64")) {
            "addresses here have 32 bits"
        } else {
            return None;
        };
        Some(reason.to_owned())
    },
    unfit: |_, case| {
        let no_length = "its message does not stand for a length of more than 2 MiB";
        length_of(case).is_none().then_some(no_length)
    },
    // Its message is the length.
    minimize: Minimize::Never,
    coverage: Some(coverage),
    ..Check::new(
        ID,
        "lengths around 2^31 and 2^32, and above, are right",
        12,
        run,
        |examiner, case, _, found| examine(examiner, case, found),
    )
};

fn coverage(depth: &Depth, _: &Visited) -> String {
    let mut lengths = LENGTHS[..depth.huge.lengths].to_vec();
    lengths.sort_unstable();
    let mut lengths: Vec<String> = lengths.into_iter().map(length_in_powers).collect();
    let last = lengths.pop().unwrap_or_default();
    let rest = lengths.join(", ");
    let listed = if rest.is_empty() {
        last
    } else {
        format!("{rest} and {last}")
    };
    format!("{listed} bytes, except those not covered")
}

/// The lengths, the most telling ones first. The first two show a length that is cut to 31 or 32
/// bits, or taken for negative; the first wrong length shows which of them it is.
const LENGTHS: [u64; 6] = [
    (1 << 31) + 1,
    (1 << 32) + 64,
    (1 << 32) + 1,
    (1 << 31) - 1,
    (1 << 32) - 1,
    5 << 30,
];

/// The longest threshold of a subject that counts, in bytes. A longer one is taken for a constant
/// of another kind.
const OWN_MAX: usize = 64 << 20;

/// The subject's own thresholds that are too long for other checks, from both sides.
fn own_lengths(subject: &dyn Subject) -> Vec<u64> {
    let mut own = thresholds(subject);
    own.retain(|length| (LENGTH_MAX + 1..=OWN_MAX).contains(length));
    own.sort_unstable();
    own.dedup();
    let around = own.iter().map(|&length| length as u64);
    around
        .flat_map(|length| [length - 1, length, length + 1])
        .collect()
}

/// Judges a case of this check; other cases pass.
pub(crate) fn examine(examiner: &mut Examiner<'_>, case: &Case, found: &mut dyn FnMut(Finding)) {
    let Some(length) = length_of(case) else {
        return;
    };
    let tile = make_tile(case.register);
    let memory = RepeatedMemory::new(&tile, length as usize);
    let memory = memory.unwrap_or_else(|error| panic!("cannot map message memory: {error}"));
    if let Ok(rate) = measure_rate(examiner) {
        judge_call(examiner, case, &memory, &tile, rate, found);
    }
}

/// The length that the message of a case of this check stands for.
fn length_of(case: &Case) -> Option<u64> {
    let length = MessageForm::Length.len_bytes(&case.message);
    (LENGTH_MAX as u64..=LENGTHS[5])
        .contains(&length)
        .then_some(length)
}

fn make_tile(seed: u64) -> Vec<u8> {
    let mut tile = vec![0; TILE_BYTES];
    SplitMix64::new(seed).fill(&mut tile);
    tile
}

/// The checksum of the end of a tile and whole tiles behind it, by the judges.
fn expected_checksum(panel: &Panel, checksum: u64, tile: &[u8], length: u64) -> u64 {
    let ask = |checksum, message: &[u8]| {
        let agreed = panel.update_fastest(checksum, message);
        agreed.unwrap_or_else(|disagreement| panic!("{disagreement}"))
    };
    let model = panel.model();
    let tile_bytes = tile.len() as u64;
    let (tiles, rest) = (length / tile_bytes, (length % tile_bytes) as usize);
    let first = ask(checksum, &tile[tile.len() - rest..]);
    let one = ask(model.initial_checksum(), tile);
    let whole = repeated(model, one, tile_bytes, tiles);
    combine(model, first, whole, tiles * tile_bytes)
}

/// Bytes per second.
#[derive(Clone, Copy)]
struct Rate(f64);

impl Rate {
    fn time(&self, length: u64) -> Duration {
        Duration::from_secs_f64(length as f64 / self.0)
    }

    /// How long a call may take before it counts as hanging. The machine may be busy.
    fn patience(&self, length: u64) -> Duration {
        self.time(length) * 10 + Duration::from_secs(10)
    }
}

/// Measures the subject on a message of 1 MiB.
fn measure_rate(examiner: &mut Examiner<'_>) -> Result<Rate, Stop> {
    let message = make_tile(1);
    let checksum = examiner.model().initial_checksum();
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let before = clock(examiner);
        let caller = &mut examiner.caller;
        caller.call(Placement::aligned(0), checksum, &message, FILLS[0])?;
        best = best.min(clock(examiner) - before);
    }
    Ok(Rate(message.len() as f64 / best.as_secs_f64().max(1e-6)))
}

/// A clock for the calls: the time that this thread has run, or, for calls in another process, the
/// time that has passed.
fn clock(examiner: &Examiner<'_>) -> Duration {
    match examiner.subject().foreign() {
        Some(_) => monotonic_time(),
        None => thread_time(),
    }
}

fn judge_call(
    examiner: &mut Examiner<'_>,
    case: &Case,
    memory: &RepeatedMemory,
    tile: &[u8],
    rate: Rate,
    found: &mut dyn FnMut(Finding),
) {
    let length = MessageForm::Length.len_bytes(&case.message);
    let checksum = examiner.checksum_in(case);
    let expected = expected_checksum(examiner.panel(), checksum, tile, length);
    let patience = rate.patience(length);
    let caller = &mut examiner.caller;
    match caller.call_repeated(checksum, memory, length as usize, patience) {
        Ok(got) if got == expected => {}
        Ok(got) => {
            let wrong = examiner
                .wrong(ID, Kind::WrongValue, case)
                .of_form(MessageForm::Length);
            found(wrong.values(expected, got).says(format!(
                "gives another checksum for {length} bytes{}",
                explain_length(examiner, checksum, tile, length, got)
            )));
        }
        Err(stop) => {
            let mut finding = examiner.stopped(case, stop);
            finding.check = ID;
            finding.message_form = MessageForm::Length;
            finding.summary += &format!(" for a message of {length} bytes");
            found(finding);
        }
    }
}

/// The length that the subject took this one for, if a shorter type explains its result.
fn explain_length(
    examiner: &Examiner<'_>,
    checksum: u64,
    tile: &[u8],
    length: u64,
    got: u64,
) -> &'static str {
    let taken = [
        (length % (1 << 32), ": its length modulo 2^32 was taken"),
        (length % (1 << 31), ": its length modulo 2^31 was taken"),
        (0, ": it was taken for empty"),
    ];
    let starts = |taken: u64| {
        // The message begins inside a tile.
        let start = (tile.len() - (length % tile.len() as u64) as usize) % tile.len();
        let end = start + taken as usize;
        let judge = examiner.panel().judges()[0].as_ref();
        (end <= tile.len()).then(|| judge.update(checksum, &tile[start..end]))
    };
    let explains = |(taken, _): &&(u64, &str)| *taken != length && starts(*taken) == Some(got);
    taken.iter().find(explains).map_or("", |(_, what)| what)
}

fn run(session: &mut Session<'_>) {
    let plan = session.depth().huge;
    if session.is_known_wrong() {
        session.skip(Skip::here("values are wrong at short lengths already"));
        return;
    }
    let mut rng = session.rng(0);
    let register = rng.next_u64() & session.model().mask();
    let at = Placement::aligned(0);
    let measured = measure_rate(&mut session.examiner);
    let rate = match measured {
        Ok(rate) => rate,
        Err(stop) => {
            let case = Case {
                register: session
                    .model()
                    .register_of(session.model().initial_checksum()),
                placement: at,
                message: make_tile(1),
                ..Case::default()
            };
            return session.report_stop(case, stop);
        }
    };
    let length_max = session.subject().capabilities().length_max;
    let own = own_lengths(session.subject()).into_iter();
    let (expressible, too_long): (Vec<u64>, Vec<u64>) = own
        .chain(LENGTHS[..plan.lengths].iter().copied())
        .partition(|&length| length <= length_max);
    for length in too_long {
        let reason = format!("its length argument ends at {length_max}");
        session.leave_out(&format!("{length} bytes"), Skip::inapplicable(reason));
    }
    let (affordable, slow): (Vec<u64>, Vec<u64>) = expressible
        .iter()
        .partition(|&&length| rate.time(length) <= plan.time);
    let too_slow = |length: &u64| {
        let (seconds, limit) = (rate.time(*length).as_secs_f64(), plan.time.as_secs());
        let speed = rate.0 / 1e6;
        format!("at {speed:.0} MB/s {length} bytes take {seconds:.0} s, more than {limit} s")
    };
    let Some(longest) = affordable.iter().max() else {
        let reason = slow.first().map_or(String::new(), too_slow);
        return session.skip(Skip::here(reason));
    };
    for length in &slow {
        session.leave_out(&format!("{length} bytes"), Skip::here(too_slow(length)));
    }
    let tile = make_tile(register);
    let memory = match RepeatedMemory::new(&tile, *longest as usize) {
        Ok(memory) => memory,
        Err(error) => {
            let reason = format!("cannot map message memory: {error}");
            return session.skip(Skip::here(reason));
        }
    };
    for length in affordable {
        if session.should_stop() {
            return;
        }
        let case = Case {
            register,
            message: length.to_le_bytes().to_vec(),
            ..Case::default()
        };
        session.visit_as(&case, length as usize, 1);
        session.collect(|examiner, found| judge_call(examiner, &case, &memory, &tile, rate, found));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crcheck_oracle::model::Model;

    #[test]
    fn the_expected_checksum_of_a_repeated_tile_is_that_of_the_whole() {
        let panel = Panel::qualify(&Model::CRC_32_ISO_HDLC).expect("judges");
        let tile: Vec<u8> = (0..97).map(|i| (i * i) as u8).collect();
        for length in [0, 1, 96, 97, 98, 1000] {
            let tiles = tile.repeat(12);
            let message = &tiles[tiles.len() - length..];
            let whole = panel.update(7, message).expect("judges agree");
            assert_eq!(expected_checksum(&panel, 7, &tile, length as u64), whole);
        }
    }
}
