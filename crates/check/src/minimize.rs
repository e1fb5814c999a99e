//! Finds the smallest case that still shows a finding: first a shorter one, then a simpler one in
//! alignment, register, splits and content. It goes on until none of these makes it smaller.

use crate::case::{Case, Forge};
use crate::checks::{CheckSet, Examine, Minimize};
use crate::control::Control;
use crate::examiner::{Examiner, expected_checksum};
use crate::finding::Finding;
use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_subject::{Kind, Losses, Subject, Wait};
use std::ops::Range;

/// The most cases to try: minimizing must not take longer than finding.
const TRIES_MAX: usize = 20_000;

/// The most processes of the subject that it may cost.
const DEATHS_MAX: u64 = 256;

/// The most calls that may hang.
const HANGS_MAX: u64 = 4;

/// Every shorter length is tried in the first round from this length down, in bytes.
const ALL_LENGTHS_TO: usize = 4096;

/// And in the next rounds.
const AGAIN_TO: usize = 512;

/// How many offsets behind the cut before it a cut is moved to, one by one.
const NEAR_CUTS: usize = 64;

/// The most bytes to judge.
const BYTES_MAX: usize = 64 << 20;

/// The most rounds. Each must make the case smaller, or it is the last.
const ROUNDS_MAX: usize = 8;

/// Minimizes the case of `finding`, and returns the finding of the smallest case.
///
/// The case stays as it is if its check does not allow smaller ones. The check is a row of the
/// table of `checks`. If `control` is cancelled, the smallest case so far is the result.
pub fn minimize(
    examiner: &mut Examiner<'_>,
    finding: &Finding,
    checks: CheckSet,
    control: &Control<'_>,
) -> Finding {
    let from = finding.case.clone();
    minimize_from(examiner, finding, from, checks, control).unwrap_or_else(|| finding.clone())
}

/// Does the same from another case that may show the same finding; `None` if it does not.
pub fn minimize_from(
    examiner: &mut Examiner<'_>,
    finding: &Finding,
    from: Case,
    checks: CheckSet,
    control: &Control<'_>,
) -> Option<Finding> {
    let row = checks.row(finding.check)?;
    let examine = match row.minimize {
        Minimize::BySelf => row.examine,
        Minimize::By(examine) => examine,
        Minimize::Never => return None,
    };
    examiner.caller.set_wait(Wait::Short);
    // A smaller case counts when the whole time limit has shown it.
    if finding.kind == Kind::Hang && !examiner.caller.can_confirm_hang() {
        return None;
    }
    let mut search = Search {
        control,
        examine,
        must_fit: (row.unfit)(examiner.subject(), &finding.case).is_none(),
        unfit: row.unfit,
        examiner,
        smallest: finding.clone(),
        tries: 0,
        bytes: 0,
        before: Losses::default(),
    };
    search.before = search.examiner.caller.losses();
    // A case that does not show the finding again (a far `combine`, chance) stays as it is.
    if !search.accepts(from) {
        return None;
    }
    search.run();
    if finding.kind == Kind::Hang && !search.is_confirmed() {
        return None;
    }
    Some(search.smallest)
}

struct Search<'e, 'a> {
    examiner: &'e mut Examiner<'a>,
    control: &'e Control<'e>,
    /// Judges a case.
    examine: Examine,
    /// Why a replay does not judge a case.
    unfit: fn(&dyn Subject, &Case) -> Option<&'static str>,
    /// Whether a replay must judge the smallest case, since it judges the first one.
    must_fit: bool,
    smallest: Finding,
    tries: usize,
    bytes: usize,
    /// The processes that were lost before.
    before: Losses,
}

impl Search<'_, '_> {
    /// Makes the case smaller in every way until none does.
    fn run(&mut self) {
        for round in 0..ROUNDS_MAX {
            let before = self.case().clone();
            self.shorten(if round == 0 { ALL_LENGTHS_TO } else { AGAIN_TO });
            self.drop_chunks();
            self.drop_in_front_of_cuts();
            self.simplify_placement();
            self.simplify_register();
            self.drop_splits();
            self.lower_cuts();
            self.simplify_content();
            if *self.case() == before || self.is_spent() {
                return;
            }
        }
    }

    /// Whether there is no time for more.
    fn is_spent(&self) -> bool {
        let losses = self.examiner.caller.losses();
        let is_dear = losses.deaths >= self.before.deaths + DEATHS_MAX
            // Each try that hangs takes a deadline.
            || losses.hangs >= self.before.hangs + HANGS_MAX;
        let is_long = self.tries > TRIES_MAX || self.bytes > BYTES_MAX;
        is_long || is_dear || self.control.is_cancelled()
    }

    /// Whether `case` still shows a finding of the same check and kind. If so, it becomes the
    /// smallest.
    fn accepts(&mut self, case: Case) -> bool {
        self.tries += 1;
        self.bytes += case.message.len();
        let is_unfit = (self.unfit)(self.examiner.subject(), &case).is_some();
        if self.is_spent() || self.must_fit && is_unfit {
            return false;
        }
        let shown = self.judge(&case);
        let is_accepted = shown.is_some();
        if let Some(finding) = shown {
            self.smallest = finding;
        }
        is_accepted
    }

    /// The finding of the same check and kind that `case` shows.
    fn judge(&mut self, case: &Case) -> Option<Finding> {
        let (check, kind) = (self.smallest.check, self.smallest.kind);
        let checksum = self.examiner.checksum_in(case);
        let expected = expected_checksum(self.examiner.panel(), checksum, &case.message);
        let mut shown = None;
        (self.examine)(self.examiner, case, expected, &mut |finding| {
            if finding.check == check && finding.kind == kind {
                shown.get_or_insert(finding);
            }
        });
        shown.filter(|_| !self.examiner.caller.is_cut())
    }

    /// Whether the smallest case hangs for the whole time limit.
    fn is_confirmed(&mut self) -> bool {
        self.examiner.caller.set_wait(Wait::Whole);
        let case = self.case().clone();
        let shown = self.judge(&case);
        self.examiner.caller.set_wait(Wait::Short);
        let is_confirmed = shown.is_some();
        self.smallest = shown.unwrap_or_else(|| self.smallest.clone());
        is_confirmed
    }

    fn case(&self) -> &Case {
        &self.smallest.case
    }

    fn shortened(&self, length: usize) -> Case {
        let case = self.case();
        Case {
            message: case.message[..length].to_vec(),
            splits: case.splits.iter().map(|&split| split.min(length)).collect(),
            forge: Forge::None,
            ..case.clone()
        }
    }

    /// The case without some bytes of its message. The cuts behind them move along.
    fn without(&self, bytes: Range<usize>) -> Case {
        let case = self.case();
        let moved = |&cut: &usize| match cut {
            _ if cut >= bytes.end => cut - bytes.len(),
            _ => cut.min(bytes.start),
        };
        let (head, tail) = (&case.message[..bytes.start], &case.message[bytes.end..]);
        Case {
            message: [head, tail].concat(),
            splits: case.splits.iter().map(moved).collect(),
            forge: Forge::None,
            ..case.clone()
        }
    }

    /// Cuts the end off: fractions of a message longer than `all_to` bytes while that helps, then
    /// tries every shorter length from 0 on.
    fn shorten(&mut self, all_to: usize) {
        while self.case().message.len() > all_to {
            let length = self.case().message.len();
            let fractions = [length / 2, length / 4 * 3, length - length / 16, length - 1];
            if !fractions
                .into_iter()
                .any(|shorter| self.accepts(self.shortened(shorter)))
            {
                return;
            }
        }
        let length = self.case().message.len();
        let _ = (0..length).any(|shorter| self.accepts(self.shortened(shorter)));
    }

    /// Drops parts of the message anywhere, halves first and sixteenths last.
    fn drop_chunks(&mut self) {
        for part in [2, 4, 8, 16] {
            let size = self.case().message.len().div_ceil(part);
            let mut start = 0;
            while start < self.case().message.len() {
                let end = self.case().message.len().min(start + size);
                if !self.accepts(self.without(start..end)) {
                    start = end;
                }
            }
        }
    }

    /// Drops bytes between each cut and the one before it, as many as possible.
    fn drop_in_front_of_cuts(&mut self) {
        for index in 0..self.case().splits.len() {
            let mut size = usize::MAX;
            loop {
                let Some(piece) = self.case().pieces().nth(index) else {
                    break;
                };
                size = size.min(piece.len());
                if size == 0 {
                    break;
                }
                if !self.accepts(self.without(piece.start..piece.start + size)) {
                    size /= 2;
                }
            }
        }
    }

    /// Moves each cut to a smaller offset, the smallest that does.
    fn lower_cuts(&mut self) {
        for index in 0..self.case().splits.len() {
            let Some(piece) = self.case().pieces().nth(index) else {
                return;
            };
            let halves = std::iter::successors(Some(piece.len() / 2), |step| Some(step / 2));
            let halves = halves.take_while(|&step| step > 0);
            let near = piece.clone().take(NEAR_CUTS);
            let lower = near.chain(halves.map(|step| piece.end - step));
            let _ = lower.into_iter().any(|at| {
                let mut case = self.case().clone();
                case.splits[index] = at;
                self.accepts(case)
            });
        }
    }

    fn simplify_placement(&mut self) {
        let simpler = |case: &Case, offset, guard| Case {
            placement: Placement { offset, guard },
            ..case.clone()
        };
        let current = self.case().placement;
        let guards = [GuardSide::None, current.guard];
        for guard in guards {
            for offset in 0..64 {
                if (guard, offset) == (current.guard, current.offset) {
                    return;
                }
                if self.accepts(simpler(self.case(), offset, guard)) {
                    return;
                }
            }
        }
    }

    fn simplify_register(&mut self) {
        let model = self.examiner.model();
        let fresh = model.register_of(model.initial_checksum());
        let bits = (0..model.width).map(|bit| 1 << bit);
        for register in [fresh, 0].into_iter().chain(bits) {
            if register == self.case().register
                || self.accepts(Case {
                    register,
                    ..self.case().clone()
                })
            {
                return;
            }
        }
    }

    fn drop_splits(&mut self) {
        let mut index = 0;
        while index < self.case().splits.len() {
            let mut fewer = self.case().clone();
            fewer.splits.remove(index);
            if !self.accepts(fewer) {
                index += 1;
            }
        }
    }

    /// Tries zeros, then one bit (which shows any affine difference), then zeros in the place of
    /// each byte.
    fn simplify_content(&mut self) {
        let length = self.case().message.len();
        let with = |case: &Case, message| Case {
            message,
            forge: Forge::None,
            ..case.clone()
        };
        let Some(first) = first_bit(&self.case().message) else {
            return;
        };
        if self.accepts(with(self.case(), vec![0; length])) {
            return;
        }
        // One bit that is set already is as simple as any behind it.
        let is_one_bit = with_bit(length, first) == self.case().message;
        let bits = if is_one_bit { first } else { length * 8 };
        for bit in 0..bits.min(TRIES_MAX / 4) {
            if self.accepts(with(self.case(), with_bit(length, bit))) {
                return;
            }
        }
        for byte in 0..length.min(TRIES_MAX / 4) {
            let mut message = self.case().message.clone();
            if !is_one_bit && std::mem::take(&mut message[byte]) != 0 {
                self.accepts(with(self.case(), message));
            }
        }
    }
}

/// The first bit of a message that is set, from the lowest of its first byte on.
fn first_bit(message: &[u8]) -> Option<usize> {
    let byte = message.iter().position(|&byte| byte != 0)?;
    Some(byte * 8 + message[byte].trailing_zeros() as usize)
}

/// A message with this bit alone.
fn with_bit(length: usize, bit: usize) -> Vec<u8> {
    let mut message = vec![0; length];
    message[bit / 8] = 1 << (bit % 8);
    message
}
