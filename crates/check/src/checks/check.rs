//! A check: one law, and everything that other modules need to know about it.

use crate::case::Case;
use crate::coverage::visited::Visited;
use crate::depth::Depth;
use crate::effort::Effort;
use crate::examiner::Examiner;
use crate::fast_law::FastLaw;
use crate::finding::{Finding, MessageForm};
use crate::session::Session;
use crcheck_oracle::model::Model;
use crcheck_subject::{Capabilities, CheckId, FILLS, Kind, Subject};
use std::fmt;

/// A law: how plans visit it, how one case is judged by it, and when fuzz targets judge it.
///
/// Everything about a check is here: no other code names checks.
pub struct Check {
    pub id: CheckId,
    /// The law in one sentence, for `--list` and reports.
    pub law: &'static str,
    /// The permanent number of its random streams: a seed always gives the same cases.
    pub stream: u64,
    /// The kinds that it reports, besides those of stopped calls.
    pub kinds: &'static [Kind],
    /// The reason why a subject does not suit it; `None` if it suits.
    pub unsuited: fn(&Capabilities) -> Option<String>,
    /// The reason why a saved case leaves it nothing to judge on a subject that suits it; `None` if
    /// it judges the case.
    pub unfit: fn(&dyn Subject, &Case) -> Option<&'static str>,
    /// The reason why a plan of this depth does not run it on a subject that suits it; `None` if it
    /// does.
    pub unplanned: fn(&dyn Subject, &Depth) -> Option<String>,
    /// The reason why nobody can run it on this machine; `None` if it runs.
    pub unavailable: fn() -> Option<String>,
    /// Visits the cases of a plan.
    pub run: fn(&mut Session<'_>),
    /// Judges one case.
    pub examine: Examine,
    /// How to find the smallest case of a finding.
    pub minimize: Minimize,
    /// The sentence of a finding of this check with its cause, which takes more calls to find than
    /// every finding is worth: only the smallest case of a group has it. `None` if it is not known.
    pub explain: fn(&mut Examiner<'_>, &Finding) -> Option<String>,
    /// Whether a finding of this check shows in these answers. That tells which findings a known
    /// cause predicts.
    pub shows: Shows,
    pub fuzzing: Fuzzing,
    /// Whether its calls enter the code whose entries the subject counts.
    pub enters_code: bool,
    /// Whether only signals show that its law is broken. It is skipped on a subject that keeps them
    /// from the harness.
    pub relies_on_signals: bool,
    /// Whether a wrong value counts as one of `agree`'s when `agree` has met one before.
    pub defers_to_agree: bool,
    /// Why nothing that it visits proves a bound, if that is so.
    pub no_bound: Option<&'static str>,
    /// What it covered, in words, from what it visited and the depth that it ended; `None` if
    /// certificates do not list it.
    pub coverage: Option<fn(&Depth, &Visited) -> String>,
    /// About how much a plan of this depth asks of a slow subject; nothing if it is little.
    pub effort: fn(&Depth) -> Effort,
}

/// Judges one case with its expected checksum, and hands over each finding.
pub type Examine = fn(&mut Examiner<'_>, &Case, u64, &mut dyn FnMut(Finding));

/// Whether a finding shows in what a function of calls, instead of the subject, answers.
pub type Shows = fn(&Model, &Finding, &mut Answer<'_>) -> bool;

/// Answers a call on the whole message of a case, between bytes of this value; `None` if the call
/// does not return.
pub type Answer<'a> = dyn FnMut(&Case, u8) -> Option<u64> + 'a;

/// Whether a call on the case gives the same wrong checksum.
pub(super) fn shows_in_one_call(_: &Model, finding: &Finding, answer: &mut Answer<'_>) -> bool {
    let is_message = finding.message_form == MessageForm::Message;
    let got = finding.got.filter(|_| is_message);
    got.is_some() && answer(&finding.case, FILLS[0]) == got
}

/// How to find the smallest case of a finding.
#[derive(Clone, Copy)]
pub enum Minimize {
    /// The check itself judges smaller cases.
    BySelf,
    /// This function judges smaller cases.
    By(Examine),
    /// Not at all: the finding shows by chance, has no message, or its message stands for something
    /// else.
    Never,
}

/// When fuzz targets judge a check.
#[derive(Clone, Copy)]
pub enum Fuzzing {
    /// With every input, by these laws.
    EachInput(&'static [&'static FastLaw]),
    /// With one input in many, since a case takes many calls.
    Rationed,
    /// With one input in some, if the subject has an entry that calls can go to directly. Else as
    /// [`Fuzzing::Rationed`].
    Audited,
    /// Before the first input.
    Once,
    Never,
}

/// Why a check does not judge a message that lies nowhere.
pub(super) const NULL_POINTER: &str = "the case has a null pointer in the place of a message";

impl Check {
    /// The simplest check: it suits every subject, no certificate lists it, and no fuzz target
    /// judges it.
    pub const fn new(
        id: CheckId,
        law: &'static str,
        stream: u64,
        run: fn(&mut Session<'_>),
        examine: Examine,
    ) -> Self {
        Self {
            id,
            law,
            stream,
            kinds: &[],
            unsuited: |_| None,
            unfit: |_, case| case.is_null.then_some(NULL_POINTER),
            unplanned: |_, _| None,
            unavailable: || None,
            run,
            examine,
            minimize: Minimize::BySelf,
            explain: |_, _| None,
            shows: shows_in_one_call,
            fuzzing: Fuzzing::Never,
            enters_code: true,
            relies_on_signals: false,
            defers_to_agree: false,
            no_bound: None,
            coverage: None,
            effort: |_| Effort::default(),
        }
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
