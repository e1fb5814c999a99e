//! First calls that are not right: whether they are right alone, and what is reported of them.

use super::fresh::FreshProcesses;
use super::steady::{explain_wrong, report_loss};
use super::{ID, Work};
use crate::checks::history;
use crate::examiner::Examiner;
use crate::finding::Finding;
use crcheck_subject::{FILLS, FirstCallsMade, Kind, Stop};
use std::time::Duration;

/// In how many fresh processes a call that was wrong in a race is made alone.
const ALONE: usize = 8;

/// The first call of a batch that is not right. If a copy's call is wrong without a race, but that
/// of a new process is right, then the library does not survive a copy, and nothing is wrong.
pub(super) fn first_wrong(
    fresh: &mut FreshProcesses<'_>,
    works: &[Work],
    (threads, calls): (usize, &[usize]),
    made: FirstCallsMade,
) -> Option<FirstCallsWrong> {
    let (index, seen) = wrong_in(works, calls, &made).or_else(|| {
        // It is not known which of the calls it was.
        let at = made.processes.len() * threads;
        let lost = made.lost.clone()?;
        Some((calls[at.min(calls.len() - 1)], Seen::Lost(lost)))
    })?;
    let suspects: Vec<usize> = match &seen {
        Seen::Lost(_) => {
            let at = made.processes.len() * threads;
            calls.iter().skip(at).take(threads).copied().collect()
        }
        Seen::Value(_) | Seen::Stopped(_) => vec![index; ALONE],
    };
    let hangs = matches!(&seen, Seen::Lost(stop) if stop.kind == Kind::Hang);
    if hangs && fresh.has_new_processes() {
        // Each trial of a call that hangs takes the whole time limit, so this is the only one.
        fresh.are_copies = false;
    }
    let mut alone = seen_alone(fresh, works, &suspects);
    if alone.is_some() && fresh.are_copies {
        fresh.are_copies = false;
        let again: Vec<usize> = alone.iter().map(|(index, _)| *index).collect();
        let in_new = seen_alone(fresh, works, &again);
        // Subjects of this process have no new one.
        if fresh.has_new_processes() {
            in_new.as_ref()?;
            alone = in_new;
        }
    }
    let (index, alone) = match alone {
        Some((index, alone)) => (index, Some(alone)),
        None => (index, None),
    };
    Some(FirstCallsWrong {
        index,
        threads,
        seen,
        alone,
        was_stopped: false,
    })
}

fn seen_alone(
    fresh: &mut FreshProcesses<'_>,
    works: &[Work],
    indices: &[usize],
) -> Option<(usize, Seen)> {
    let made = fresh.race(1, Duration::ZERO, indices);
    wrong_in(works, indices, &made).or_else(|| {
        let index = *indices.get(made.processes.len())?;
        Some((index, Seen::Lost(made.lost.clone()?)))
    })
}

/// The first wrong value, or else the first call that was stopped.
fn wrong_in(works: &[Work], calls: &[usize], made: &FirstCallsMade) -> Option<(usize, Seen)> {
    let all = || {
        let made = made.processes.iter().flatten();
        let all = calls.iter().zip(made);
        all.filter_map(|(&index, call)| Some((index, &call.as_ref()?.outcome)))
    };
    let value = all().find_map(|(index, outcome)| match outcome {
        Ok(got) if *got != works[index].expected => Some((index, Seen::Value(*got))),
        _ => None,
    });
    value.or_else(|| {
        all().find_map(|(index, outcome)| {
            let stop = outcome.as_ref().err()?;
            Some((index, Seen::Stopped(stop.clone())))
        })
    })
}

/// What was seen of a call that was not right.
enum Seen {
    /// It gave this checksum.
    Value(u64),
    /// A signal stopped it.
    Stopped(Stop),
    /// It, or another call of its process, ended the process or did not return.
    Lost(Stop),
}

/// A first call that was not right in a race.
pub(super) struct FirstCallsWrong {
    /// The index of the call.
    index: usize,
    /// The number of threads.
    threads: usize,
    seen: Seen,
    /// What was seen of it alone in a fresh process, if it was not right there either.
    alone: Option<Seen>,
    /// Whether another thread was stopped in its first call meanwhile.
    was_stopped: bool,
}

/// The end of a summary about a call that needs others to be wrong.
const RIGHT_ALONE: &str = "the same call alone in a fresh process is right";

impl FirstCallsWrong {
    /// The same, seen while another thread was stopped in its first call.
    pub(super) fn while_stopped(self) -> Self {
        Self {
            was_stopped: true,
            ..self
        }
    }

    pub(super) fn report(
        self,
        examiner: &mut Examiner<'_>,
        works: &[Work],
        found: &mut dyn FnMut(Finding),
    ) {
        let work = &works[self.index];
        let Work {
            case,
            checksum,
            expected,
        } = work;
        let threads = self.threads;
        let when = if self.was_stopped {
            "while another thread is in the middle of its first call".to_owned()
        } else {
            format!("when its first calls are made by {threads} threads at once")
        };
        let of_race = |what: &str| format!("{what} {when}; {RIGHT_ALONE}");
        match (self.alone, self.seen) {
            (Some(Seen::Value(got)), _) => {
                let finding = explain_wrong(examiner, case, [*expected, got], "");
                if finding.kind != Kind::DataRace {
                    return found(finding);
                }
                let finding = examiner.wrong(history::ID, Kind::HistoryDependent, case);
                let summary = "gives another checksum in the first call of a process";
                found(finding.values(*expected, got).says(summary));
            }
            (Some(Seen::Stopped(stop) | Seen::Lost(stop)), _) => {
                found(examiner.stopped(case, stop));
            }
            (None, Seen::Value(got)) => {
                let summary = of_race("gives another checksum");
                found(explain_wrong(examiner, case, [*expected, got], &summary));
            }
            (None, Seen::Stopped(_)) => {
                let caller = &mut examiner.caller;
                if let Err(stop) = caller.call(case.placement, *checksum, &case.message, FILLS[0]) {
                    return found(examiner.stopped(case, stop));
                }
                let finding = examiner.wrong(ID, Kind::DataRace, case);
                found(finding.says(of_race("is stopped")));
            }
            (None, Seen::Lost(stop)) if examiner.subject().foreign().is_some() => {
                let what = (stop.kind, stop.summary.as_str());
                report_loss(examiner, what, &[work], &when, found);
            }
            // A call alone would end this process.
            (None, Seen::Lost(stop)) => {
                let finding = examiner.wrong(ID, stop.kind, case);
                found(finding.says(of_race(&stop.summary)));
            }
        }
    }
}
