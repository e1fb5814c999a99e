//! What every hypothesis does: it predicts answers, and it says in words what it supposes.

use crate::call::Call;
use crate::experiment::Experiment;
use crate::reference::Reference;
use std::fmt;
use std::ops::RangeInclusive;

/// A hypothesis of what a subject computes instead of the checksum. Its text is the verb phrase of
/// a sentence whose subject is the kernel: "gives its result with ...". The width of the formatter
/// is the number of hexadecimal digits of a word.
pub(crate) trait Hypothesis: fmt::Display {
    /// The answer of a subject for which the hypothesis holds. `expected` is the right answer.
    fn predict(&self, reference: &Reference, call: &Call, expected: u64) -> u64;

    /// Its text for a subject that is given no register. A word has this many hexadecimal digits.
    fn text_of_one_shot(&self, digits: usize) -> String {
        format!("{self:digits$}")
    }
}

/// So many wrong answers tell most hypotheses of a family from the right one.
const SAMPLES: usize = 4;

/// So many bytes of messages take a tenth of the time of a diagnosis.
const BYTES_MAX: usize = 48 << 20;

/// Those that predict the shortest wrong answers, each of another length. They cost little time,
/// so that a family may have thousands of hypotheses. If all wrong answers are of long messages,
/// only the first ones are tried.
pub(crate) fn plausible<H: Hypothesis>(
    experiment: &Experiment<'_>,
    candidates: impl IntoIterator<Item = H>,
) -> Vec<H> {
    let mut samples = experiment.wrong();
    samples.dedup_by_key(|seen| seen.call.length());
    samples.truncate(SAMPLES);
    let shortest = samples.first().map_or(0, |seen| seen.call.length());
    let reference = &experiment.reference;
    let is_plausible = |candidate: &H| {
        let mut samples = samples.iter();
        samples.all(|seen| candidate.predict(reference, &seen.call, seen.expected) == seen.got)
    };
    let tried = candidates.into_iter().take(BYTES_MAX / shortest.max(1));
    tried.filter(is_plausible).collect()
}

/// These sizes, powers of two first.
pub(crate) fn likely_first(sizes: RangeInclusive<usize>) -> impl Iterator<Item = usize> {
    let others = sizes.clone().filter(|size| !size.is_power_of_two());
    sizes.filter(|size| size.is_power_of_two()).chain(others)
}
