//! What every hypothesis does: it predicts answers, and it says in words what it supposes.

use crate::call::Call;
use crate::experiment::Experiment;
use crate::reference::Reference;
use std::fmt;

/// A hypothesis of what a subject computes instead of the checksum. Its text is the verb phrase of
/// a sentence whose subject is the kernel: "gives its result with ...".
pub(crate) trait Hypothesis: fmt::Display {
    /// The answer of a subject for which the hypothesis holds. `expected` is the right answer.
    fn predict(&self, reference: &Reference, call: &Call, expected: u64) -> u64;

    /// Its text for a subject that is given no register.
    fn text_of_one_shot(&self) -> String {
        self.to_string()
    }
}

/// So many wrong answers tell most hypotheses of a family from the right one.
const SAMPLES: usize = 4;

/// Those that predict the shortest wrong answers, each of another length. They cost little time,
/// so that a family may have thousands of hypotheses.
pub(crate) fn plausible<H: Hypothesis>(
    experiment: &Experiment<'_>,
    candidates: impl IntoIterator<Item = H>,
) -> Vec<H> {
    let mut samples = experiment.wrong();
    samples.dedup_by_key(|seen| seen.call.length());
    samples.truncate(SAMPLES);
    let reference = &experiment.reference;
    let is_plausible = |candidate: &H| {
        let mut samples = samples.iter();
        samples.all(|seen| candidate.predict(reference, &seen.call, seen.expected) == seen.got)
    };
    candidates.into_iter().filter(is_plausible).collect()
}
