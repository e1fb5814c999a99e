//! What a fuzz target hunts on this machine: the tiers that the CPU has with every input, and the
//! software version of one tier, whatever the CPU has, with a share of the inputs.

use super::target::Target;
use crate::case::Case;
use crate::fast_law::FuzzSubject;
use crcheck_platform::rng::SplitMix64;
use crcheck_subject::{SOFTWARE, Subject, SubjectName, TiersRun, available_tiers, emulated_tiers};
use std::borrow::Cow;

/// One input in this number hunts a software version too.
const SOFTWARE_SHARE: u64 = 16;

/// Software takes a hundred times as long as an instruction. So of longer messages, fewer hunt it,
/// in proportion.
const SOFTWARE_LENGTH: usize = 256;

/// The subjects of a target, with the software versions last.
pub(super) struct Hunt<'s> {
    subjects: Vec<FuzzSubject<'s>>,
    /// How many subjects are judged with every input.
    always: usize,
}

impl<'s> Hunt<'s> {
    /// Software versions that are the only subjects are judged with every input.
    pub(super) fn new(subjects: &'s [Box<dyn Subject>]) -> Self {
        let numbered = subjects.iter().enumerate();
        let numbered = numbered.map(|(index, subject)| FuzzSubject {
            index,
            subject: subject.as_ref(),
            tier: subject.capabilities().tier,
            combine_lengths: subject.capabilities().combine_lengths,
        });
        let (software, mut all): (Vec<_>, Vec<_>) = numbered.partition(is_software);
        let always = match all.len() {
            0 => software.len(),
            others => others,
        };
        all.extend(software);
        Self {
            subjects: all,
            always,
        }
    }

    /// The subjects that are judged with every input.
    pub(super) fn always(&self) -> &[FuzzSubject<'s>] {
        &self.subjects[..self.always]
    }

    /// Whether a subject is among those.
    pub(super) fn is_always(&self, of: &FuzzSubject<'_>) -> bool {
        self.always().iter().any(|one| one.index == of.index)
    }

    /// The subjects that judge a case with this expected checksum: those that it asks for, among
    /// those that are due.
    pub(super) fn of_case(&self, case: &Case, expected: u64) -> Cow<'_, [FuzzSubject<'s>]> {
        let software = self.software_of(case, expected);
        if case.tier_code == 0 && software.is_none() {
            return Cow::Borrowed(self.always());
        }
        let is_asked = |of: &FuzzSubject<'_>| {
            let is_it = of.tier.is_none_or(|code| code.number() == case.tier_code);
            case.tier_code == 0 || is_it
        };
        let due = self.always().iter().chain(software).copied();
        Cow::Owned(due.filter(is_asked).collect())
    }

    /// The software version whose turn it is. The case alone decides, through its checksum, so that
    /// an input that is judged again meets the same one.
    fn software_of(&self, case: &Case, expected: u64) -> Option<&FuzzSubject<'s>> {
        let software = &self.subjects[self.always..];
        let length = case.message.len();
        let drawn = SplitMix64::labelled(expected, length as u64).next_u64();
        let share = SOFTWARE_SHARE * length.div_ceil(SOFTWARE_LENGTH).max(1) as u64;
        let is_due = !software.is_empty() && drawn.is_multiple_of(share);
        is_due.then(|| &software[(drawn / share) as usize % software.len()])
    }
}

fn is_software(subject: &FuzzSubject<'_>) -> bool {
    subject.tier.is_some_and(|code| !code.is_native)
}

/// The subjects of a target for which nobody chose any.
pub fn default_subjects(target: Target) -> Vec<Box<dyn Subject>> {
    let mut subjects = available_tiers();
    if target.hunts_software() {
        subjects.extend(emulated_tiers());
    }
    subjects
}

/// What a target hunts, for people: the subjects, the tiers of this architecture that are not among
/// them, and the share of the software versions. Each line is a sentence.
pub fn announce(target: Target, subjects: &[Box<dyn Subject>]) -> Vec<String> {
    if !target.judges_subjects() {
        return vec![format!("{target} on crcheck itself: no tier is hunted")];
    }
    let hunt = Hunt::new(subjects);
    let names = |subjects: &[FuzzSubject<'_>]| -> Vec<SubjectName> {
        subjects.iter().map(|of| of.subject.name()).collect()
    };
    let joined = |names: &[SubjectName]| {
        let names = names.iter().map(ToString::to_string);
        names.collect::<Vec<_>>().join(", ")
    };
    let always = names(hunt.always());
    let mut lines = vec![format!("{target} on {}", joined(&always))];
    let tiers = TiersRun::of_all(&always);
    if !tiers.ran.is_empty() {
        lines.push(tiers.say("hunted"));
    }
    let software = names(&hunt.subjects[hunt.always..]);
    if !software.is_empty() {
        lines.push(format!(
            "1 input in {SOFTWARE_SHARE} (fewer beyond {SOFTWARE_LENGTH} bytes) also hunts one of \
             {}: {SOFTWARE}",
            joined(&software)
        ));
    }
    lines
}
