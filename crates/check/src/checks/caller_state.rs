//! What a function counts on although its caller promises nothing: the state in which a call
//! begins, as far as the ABI leaves it open. Each part of that state is tried apart.

use super::history;
use crate::case::Case;
use crate::examiner::{Examiner, expected_checksum};
use crate::finding::Finding;
use crcheck_platform::abi_audit::{Audit, Paint};
use crcheck_subject::{Caller, CheckId, Kind, Stop};

/// A part of the state that a caller leaves open.
struct Part {
    /// What the caller did, as the end of a sentence.
    words: &'static str,
    /// Takes this part from another paint.
    take: fn(&mut Paint, &Paint),
}

const PARTS: [Part; 6] = [
    Part {
        words: "the upper half of an argument of 32 bits or less, which no caller sets, is not 0",
        take: |paint, from| paint.garbage = from.garbage,
    },
    Part {
        words: "the stack is aligned to 16 and no better",
        take: |paint, from| paint.is_stack_aligned = from.is_stack_aligned,
    },
    Part {
        words: "general registers that no caller sets hold something else",
        take: |paint, from| paint.general = from.general,
    },
    Part {
        words: "vector registers that no caller sets hold something else",
        take: |paint, from| paint.vectors = from.vectors,
    },
    Part {
        words: "upper halves of vector registers that no caller sets hold something else",
        take: |paint, from| (paint.vectors, paint.is_upper) = (from.vectors, from.is_upper),
    },
    Part {
        words: "the stack below, which no caller sets, holds something else",
        take: |paint, from| (paint.stack, paint.stack_bytes) = (from.stack, from.stack_bytes),
    },
];

/// How often a part must show the finding, and the state without it must not.
const ROUNDS: usize = 2;

/// How many stops of a kind are tried. Each trial takes new processes, and a function may be
/// stopped in every call: further ones are taken for the same.
const TRIED_STOPS: usize = 8;

/// Makes an audited call on the case.
pub(super) fn audit(
    examiner: &mut Examiner<'_>,
    case: &Case,
    paint: &Paint,
) -> Result<Audit, Stop> {
    let checksum = examiner.checksum_in(case);
    let caller = &mut examiner.caller;
    caller.audit(case.placement, checksum, &case.message, paint)
}

/// The finding of a call under `paint` that gave `got` instead of `expected`. It is one of `check`
/// if that of a forgiving caller, or a plain one, gives something else, and the same call is wrong
/// in the same way once more.
pub(super) fn differs(
    examiner: &mut Examiner<'_>,
    check: CheckId,
    (case, paint): (&Case, &Paint),
    [expected, got]: [u64; 2],
) -> Finding {
    // A plain call may begin with what an audited one has left in a register.
    let forgiven = audit(examiner, case, &Paint::FORGIVING);
    let is_so_forgiven = forgiven.is_ok_and(|audit| audit.value == got);
    if is_so_forgiven && examiner.is_so_alone(case, got) {
        return examiner.wrong_value(case, expected, got);
    }
    if audit(examiner, case, paint).is_ok_and(|again| again.value != got) {
        return after_other_calls(examiner, case, [expected, got]);
    }
    let unset = examiner.wrong(check, Kind::UnsetRead, case);
    unset
        .values(expected, got)
        .says("gives another checksum to a caller who leaves open what the ABI leaves open")
}

/// The finding of a call that is wrong among others, and right when it is made again.
pub(super) fn after_other_calls(
    examiner: &Examiner<'_>,
    case: &Case,
    [expected, got]: [u64; 2],
) -> Finding {
    let wrong = examiner.wrong(history::ID, Kind::HistoryDependent, case);
    let wrong = wrong.values(expected, got);
    wrong.says("gives another checksum after other calls")
}

/// What a finding looks like in a single call.
enum Symptom {
    /// A checksum other than this.
    Not(u64),
    /// A stop of this kind.
    Stop(Kind),
}

impl Symptom {
    fn of(examiner: &Examiner<'_>, finding: &Finding) -> Option<Self> {
        if finding.kind.stops_the_call() {
            return Some(Self::Stop(finding.kind));
        }
        let (case, panel) = (&finding.case, examiner.panel());
        let expected = || expected_checksum(panel, examiner.checksum_in(case), &case.message);
        (finding.kind == Kind::UnsetRead).then(|| Self::Not(expected()))
    }

    fn shows_in(&self, outcome: &Result<Audit, Stop>) -> bool {
        match (self, outcome) {
            (Self::Not(expected), Ok(audit)) => audit.value != *expected,
            (Self::Stop(kind), Err(stop)) => stop.kind == *kind,
            _ => false,
        }
    }
}

/// Whether a call under `paint` stops, and one of a forgiving caller does not. If another process
/// makes the calls, each has one of its own, so that none depends on those before.
pub(super) fn stops_under(
    examiner: &mut Examiner<'_>,
    case: &Case,
    paint: &Paint,
    kind: Kind,
) -> bool {
    let known = examiner.stops_by_state.entry(kind).or_default();
    if let Some(last) = known.last().filter(|_| known.len() >= TRIED_STOPS) {
        return *last;
    }
    let symptom = Symptom::Stop(kind);
    let mut trials = Trials { examiner, case };
    let is_so = trials.tells_apart(&symptom, &Paint::FORGIVING, paint);
    examiner.stops_by_state.entry(kind).or_default().push(is_so);
    is_so
}

/// The sentence of a finding with the parts of the caller's state that show it: each that does so
/// alone, or else the smallest set. `None` if none of `paints` shows it again.
pub(super) fn explain(
    examiner: &mut Examiner<'_>,
    finding: &Finding,
    paints: &[Paint],
) -> Option<String> {
    let symptom = Symptom::of(examiner, finding)?;
    let mut trials = Trials {
        examiner,
        case: &finding.case,
    };
    let words = paints
        .iter()
        .find_map(|paint| trials.find_parts(&symptom, paint))?;
    let what = match symptom {
        Symptom::Not(_) => "gives another checksum",
        Symptom::Stop(_) => &finding.summary,
    };
    Some(if what.ends_with(&words) {
        what.to_owned()
    } else {
        format!("{what} when {words}")
    })
}

/// The parts of the caller's state that a sentence of [`explain`] names.
pub(crate) fn parts_in(sentence: &str) -> Vec<&'static str> {
    let words = PARTS.iter().map(|part| part.words);
    words.filter(|words| sentence.contains(words)).collect()
}

/// Calls on one case that do not depend on each other.
struct Trials<'t, 'a> {
    examiner: &'t mut Examiner<'a>,
    case: &'t Case,
}

impl Trials<'_, '_> {
    fn find_parts(&mut self, symptom: &Symptom, paint: &Paint) -> Option<String> {
        let base = Paint::FORGIVING;
        if !self.tells_apart(symptom, &base, paint) {
            return None;
        }
        for count in 1..=PARTS.len() {
            let sets = (1_usize..1 << PARTS.len()).filter(|set| set.count_ones() as usize == count);
            let mut showing = Vec::new();
            for set in sets {
                let parts = || (0..PARTS.len()).filter(|part| set >> part & 1 == 1);
                let mut tried = base;
                parts().for_each(|part| (PARTS[part].take)(&mut tried, paint));
                // Vector registers as a whole are the cause if their lower halves are.
                let is_known = showing.last() == Some(&PARTS[3].words) && tried.is_upper;
                if tried != base && !is_known && self.tells_apart(symptom, &base, &tried) {
                    if count > 1 {
                        let words: Vec<&str> = parts().map(|part| PARTS[part].words).collect();
                        return Some(words.join(" and "));
                    }
                    showing.extend(parts().map(|part| PARTS[part].words));
                }
            }
            if !showing.is_empty() {
                return Some(showing.join(", or when "));
            }
        }
        None
    }

    /// Whether a call under `paint` shows the symptom, and one under `base` does not, each time.
    fn tells_apart(&mut self, symptom: &Symptom, base: &Paint, paint: &Paint) -> bool {
        (0..ROUNDS)
            .all(|_| !symptom.shows_in(&self.call(base)) && symptom.shows_in(&self.call(paint)))
    }

    /// Makes a call, in a new process if the subject has processes.
    fn call(&mut self, paint: &Paint) -> Result<Audit, Stop> {
        let Some(foreign) = self.examiner.subject().foreign() else {
            return audit(self.examiner, self.case, paint);
        };
        if self.examiner.caller.is_cut() {
            return Err(Stop::not_made());
        }
        let opened = foreign.open(self.examiner.caller.capacity_bytes());
        let mut fresh = opened.map_err(|_| Stop::not_made())?;
        fresh.renew(&self.examiner.caller.until());
        let (case, checksum) = (self.case, self.examiner.checksum_in(self.case));
        fresh.audit(case.placement, checksum, &case.message, paint)
    }
}
