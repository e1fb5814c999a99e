//! What a check is: one law, and all that others need to know of it.

use crate::case::Case;
use crate::depth::Depth;
use crate::examiner::Examiner;
use crate::fast_law::FastLaw;
use crate::finding::Finding;
use crate::session::Session;
use crcheck_subject::{Capabilities, CheckId, Kind, Subject};
use std::fmt;

/// A law, with how it is visited by plans, judged on one case, and hunted by fuzz targets.
///
/// Whoever needs to know something of a check reads it here: nothing else names checks.
pub struct Check {
    /// Its id.
    pub id: CheckId,
    /// The law in one sentence, for `--list` and reports.
    pub law: &'static str,
    /// The permanent number of its random streams: a seed gives the same cases for ever.
    pub stream: u64,
    /// The kinds that it reports, besides those of calls that are stopped.
    pub kinds: &'static [Kind],
    /// Why a subject does not suit it, if that is so.
    pub unsuited: fn(&Capabilities) -> Option<String>,
    /// Why a plan of this depth does not make it of a subject that it suits, if that is so.
    pub unplanned: fn(&dyn Subject, &Depth) -> Option<String>,
    /// Visits the cases of a plan.
    pub run: fn(&mut Session<'_>),
    /// Judges one case whose checksum is expected.
    pub examine: Examine,
    /// How the smallest case of a finding is known.
    pub minimize: Minimize,
    /// When fuzz targets judge it.
    pub fuzzing: Fuzzing,
    /// Whether its calls enter the code that is counted.
    pub enters_code: bool,
    /// Whether a wrong value that `agree` knows of is no other finding when this check meets it.
    pub defers_to_agree: bool,
    /// What it covers at a depth, in words, if it is part of certificates.
    pub coverage: Option<fn(&Depth) -> String>,
}

/// Judges one case whose checksum is expected, and hands over what is wrong.
pub type Examine = fn(&mut Examiner<'_>, &Case, u64, &mut dyn FnMut(Finding));

/// How the smallest case of a finding is known.
#[derive(Clone, Copy)]
pub enum Minimize {
    /// The check shows it again on smaller cases.
    BySelf,
    /// This judge shows it on smaller cases.
    By(Examine),
    /// Not at all: it shows by chance, has no message, or its message is no message.
    Never,
}

/// When fuzz targets judge a check.
#[derive(Clone, Copy)]
pub enum Fuzzing {
    /// With every input, by these laws.
    EachInput(&'static [&'static FastLaw]),
    /// With one input in many, since it takes many calls for a case.
    Rationed,
    /// Before the first input.
    Once,
    /// Never.
    Never,
}

impl Check {
    /// A check with the least: it suits every subject, is part of no certificate, and no fuzz
    /// target judges it.
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
            unplanned: |_, _| None,
            run,
            examine,
            minimize: Minimize::BySelf,
            fuzzing: Fuzzing::Never,
            enters_code: true,
            defers_to_agree: false,
            coverage: None,
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
