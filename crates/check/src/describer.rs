//! Describes a finding in one sentence, which says no more than the cases show.

use crate::examiner::Examiner;
use crate::finding::{Finding, MessageForm};
use crate::wrong_signature;
use crcheck_diagnose::{Call, Diagnosis, Experiment};
use crcheck_subject::{FILLS, Kind, Stop, Wait};

/// Describes the findings of one subject. It keeps the diagnosis of wrong values for further
/// findings.
#[derive(Debug)]
pub struct Describer {
    explain: Explain,
    of_values: Option<Diagnosis>,
    /// What calls by the stated signature show, once somebody has asked.
    of_signature: Option<Option<String>>,
}

/// The sentence of a finding with its cause, if the check that it is one of can find that out.
pub type Explain = fn(&mut Examiner<'_>, &Finding) -> Option<String>;

/// The seed of a diagnosis' random calls: the same subject always has the same diagnosis.
const SEED: u64 = 1;

impl Describer {
    /// A describer that knows nothing yet. It asks `explain` for causes.
    pub fn new(explain: Explain) -> Self {
        Self {
            explain,
            of_values: None,
            of_signature: None,
        }
    }

    /// What stops calls by the stated signature, if another one explains that.
    pub fn of_signature(&self) -> Option<&str> {
        self.of_signature.as_ref()?.as_deref()
    }

    /// Diagnoses wrong values. Of another finding it returns the sentence, with the `rule` of the
    /// lengths at which it shows, and with the farthest access, `reaches_to` bytes outside the
    /// message.
    pub fn describe(
        &mut self,
        examiner: &mut Examiner<'_>,
        shown: [&Finding; 2],
        rule: Option<String>,
        reaches_to: u64,
    ) -> Diagnosis {
        // A diagnosis calls the subject on messages that lie somewhere. Without a checksum, the
        // summary says what else is wrong.
        if shown[0].kind == Kind::WrongValue
            && !shown[0].case.is_null
            && shown[0].got.is_some()
            && let Some(diagnosis) = self.diagnose_values(examiner, shown)
        {
            return diagnosis;
        }
        let [smallest, _] = shown;
        if smallest.kind == Kind::Combine
            && let Some(diagnosis) = diagnose_combine(examiner)
        {
            return diagnosis;
        }
        if wrong_signature::may_explain(smallest) {
            let of_signature = &mut self.of_signature;
            let sentence = of_signature.get_or_insert_with(|| wrong_signature::explain(examiner));
            if let Some(sentence) = sentence {
                return Diagnosis::observed(sentence.as_str());
            }
        }
        let summary =
            (self.explain)(examiner, smallest).unwrap_or_else(|| reaching(smallest, reaches_to));
        // The length of what the parts are drawn from says nothing, nor does that of no message.
        let is_of_length = smallest.message_form != MessageForm::Parts && !smallest.case.is_null;
        Diagnosis::observed(match rule.filter(|_| is_of_length) {
            Some(rule) => format!("{summary}, {rule}"),
            None => summary,
        })
    }

    fn diagnose_values(
        &mut self,
        examiner: &mut Examiner<'_>,
        shown: [&Finding; 2],
    ) -> Option<Diagnosis> {
        examiner.caller.set_wait(Wait::Short);
        let calls = shown.map(|finding| call_of(examiner, finding));
        let answers: Vec<(&Call, u64)> = calls
            .iter()
            .zip(shown)
            .filter_map(|(call, finding)| Some((call, finding.got?)))
            .collect();
        // What it rests on must not be longer than the smallest case.
        let is_short = |known: &&Diagnosis| {
            let shortest = known.shortest.as_ref();
            shortest.is_none_or(|shortest| shortest.length() <= calls[0].length())
        };
        let known = self.of_values.as_ref().filter(is_short);
        if let Some(known) = known.filter(|known| known.accounts_for(examiner.model(), &answers)) {
            return Some(known.clone());
        }
        let found = diagnose_calls(examiner, &calls);
        self.of_values.clone_from(&found);
        found
    }
}

/// The summary of a read, with the distance of the farthest one like it.
fn reaching(finding: &Finding, reaches_to: u64) -> String {
    let summary = &finding.summary;
    let nearest = finding.distance_bytes.map_or(0, i64::unsigned_abs);
    match finding.kind {
        Kind::OverRead | Kind::UnderRead if nearest < reaches_to => {
            let words = |count: u64| match count {
                1 => "1 byte ".to_owned(),
                more => format!("{more} bytes "),
            };
            let of_case = format!("reads {}", words(nearest));
            summary.replacen(&of_case, &format!("reads up to {}", words(reaches_to)), 1)
        }
        _ => summary.clone(),
    }
}

/// Diagnoses wrong values, with the help of calls that are known to give them.
fn diagnose_calls(examiner: &mut Examiner<'_>, known: &[Call]) -> Option<Diagnosis> {
    let model = examiner.model().clone();
    let capacity_bytes = examiner.caller.capacity_bytes();
    let takes_checksum = examiner.takes_checksum();
    let caller = &mut examiner.caller;
    let mut call = |calls: &[Call]| {
        calls
            .iter()
            .map(|call| {
                if caller.is_spent() {
                    return Err(Stop::not_made());
                }
                caller.call(call.placement, call.checksum, &call.message, call.fill)
            })
            .collect()
    };
    let mut experiment = Experiment::new(&mut call, &model, capacity_bytes, SEED);
    if !takes_checksum {
        experiment = experiment.from_the_initial_checksum();
    }
    crcheck_diagnose::diagnose(&mut experiment, known)
}

fn diagnose_combine(examiner: &mut Examiner<'_>) -> Option<Diagnosis> {
    let model = examiner.model();
    let longest = examiner.capabilities().combine_lengths.max;
    let caller = &mut examiner.caller;
    let mut combine = |a, b, len_b| {
        if len_b > longest || caller.is_spent() {
            return None;
        }
        caller.combine(a, b, len_b)?.ok()
    };
    crcheck_diagnose::diagnose_combine(&mut combine, model, SEED)
}

fn call_of(examiner: &Examiner<'_>, finding: &Finding) -> Call {
    Call {
        placement: finding.case.placement,
        checksum: examiner.checksum_in(&finding.case),
        message: finding.case.message.clone(),
        fill: FILLS[0],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Case;
    use crate::finding::ACCESS_CHECK;
    use crcheck_subject::SubjectName;

    #[test]
    fn a_read_reaches_as_far_as_the_farthest_one_like_it() {
        let read = |kind, distance_bytes, summary: &str| Finding {
            check: ACCESS_CHECK,
            kind,
            subject: SubjectName::Own("crcheck".to_owned()),
            case: Case::default(),
            message_form: MessageForm::Message,
            expected: None,
            got: None,
            distance_bytes: Some(distance_bytes),
            instruction: None,
            illegal: None,
            place: None,
            called_at: None,
            summary: summary.to_owned(),
        };
        let over = read(
            Kind::OverRead,
            1,
            "reads 1 byte past the end of the message",
        );
        assert_eq!(reaching(&over, 1), over.summary);
        let farther = "reads up to 15 bytes past the end of the message";
        assert_eq!(reaching(&over, 15), farther);
        let under = "reads 2 bytes before the start of the message";
        let under = read(Kind::UnderRead, -2, under);
        let farther = "reads up to 3 bytes before the start of the message";
        assert_eq!(reaching(&under, 3), farther);
    }
}
