//! What a fuzz target does with an input. It is the same for libFuzzer, replay and tests.

use super::hunt::Hunt;
use super::patience;
use super::streams::Streams;
use super::target::Target;
use crate::artifact::Artifact;
use crate::case::Case;
use crate::checks::{CheckSet, Fuzzing, history};
use crate::examiner::{Examiner, expected_checksum, forge};
use crate::fast_law::{BrokenLaw, FastLaw, LawMemory};
use crate::finding::{Finding, MessageForm, VALUE_CHECK};
use crate::input::{self, LENGTH_COMMON};
use crate::reader_model::{self, Script};
use crate::run::RunError;
use crate::stream_operations::decode_operations;
use arbitrary::Unstructured;
use crcheck_oracle::catalogue;
use crcheck_oracle::model::Model;
use crcheck_oracle::panel::Panel;
use crcheck_platform::message_memory::LENGTH_MAX;
use crcheck_platform::rng::SplitMix64;
use crcheck_platform::signal;
use crcheck_subject::{CheckId, Kind, Stop, Subject, SubjectName, Until};
use std::collections::HashMap;
use std::path::Path;

/// What happened to an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was judged.
    Judged,
    /// It is not an input of this target.
    Rejected,
}

/// How much was judged.
#[derive(Clone, Copy, Debug, Default)]
pub struct FuzzTally {
    /// How many inputs were judged.
    pub inputs: u64,
    /// How many bytes their messages have.
    pub bytes: u64,
    /// How many messages are longer than [`LENGTH_COMMON`].
    pub long: u64,
    /// How many inputs were left out because this CPU does not have the tier that they ask for.
    pub skipped: u64,
    /// How many inputs met the software version of a tier besides what the CPU runs.
    pub software: u64,
    /// How often audited calls judged a subject on an input.
    pub audited: u64,
}

/// The rationed checks judge one input in this number, since they take as long as hundreds of
/// inputs.
const RATION: u64 = 256;

/// The longest message of those inputs, in bytes.
const RATIONED_BYTES_MAX: usize = 1024;

/// Audited calls judge one input in this number, where they go directly to a subject's entry.
const AUDITED_SHARE: u64 = 64;

/// The lengths that [`FuzzRunner::once`] judges by the rationed checks: both sides of the ends of
/// words and vectors.
const LENGTHS_ONCE: [usize; 28] = [
    0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 127, 128, 255, 256,
    257, 512, 1024, 1500,
];

/// The length of the messages that threads race on, in bytes.
const LENGTH_RACED: usize = 1500;

/// The checks that fuzz targets judge then.
fn checks_for(is_then: impl Fn(Fuzzing) -> bool) -> CheckSet {
    CheckSet::all().filter(|check| is_then(check.fuzzing))
}

/// A number that the case alone decides, mostly through its checksum, so that an input that is
/// judged again meets the same checks.
fn draw_of(case: &Case, expected: u64) -> u64 {
    let alignment = case.placement.offset as u64;
    let label = (case.message.len() as u64) << 8 | alignment;
    SplitMix64::labelled(expected ^ case.register.rotate_left(32), label).next_u64()
}

/// The state of a fuzz target, which is made once and serves every input.
pub struct FuzzRunner<'s> {
    target: Target,
    /// The subjects by their indices in `examiners`.
    hunt: Hunt<'s>,
    laws: Vec<&'static FastLaw>,
    /// The checks that take many calls for a case.
    rationed: CheckSet,
    /// Those of them that audit calls.
    audited: CheckSet,
    memory: LawMemory,
    takes_checksums: bool,
    /// The longest message that every subject takes, in bytes.
    length_max: usize,
    examiners: Vec<Examiner<'s>>,
    panel: &'static Panel,
    case: Case,
    panels: HashMap<usize, Panel>,
    tally: FuzzTally,
}

impl<'s> FuzzRunner<'s> {
    /// A runner that judges `subjects`. Its judges live as long as the process.
    ///
    /// # Errors
    /// If the judges do not qualify, or the operating system refuses the message memory.
    pub fn new(target: Target, subjects: &'s [Box<dyn Subject>]) -> Result<Self, RunError> {
        let model = subjects
            .first()
            .map_or(Model::CRC_32_ISO_HDLC, |subject| subject.model());
        let panel: &'static Panel = Box::leak(Box::new(Panel::qualify(&model)?));
        let examiners = subjects
            .iter()
            .map(|subject| Examiner::new(subject.as_ref(), panel, LENGTH_MAX));
        Ok(Self {
            target,
            hunt: Hunt::new(subjects),
            laws: target.laws(),
            rationed: checks_for(|fuzzing| matches!(fuzzing, Fuzzing::Rationed | Fuzzing::Audited)),
            audited: checks_for(|fuzzing| matches!(fuzzing, Fuzzing::Audited)),
            memory: LawMemory::new(panel)?,
            takes_checksums: subjects
                .iter()
                .all(|subject| subject.capabilities().takes_checksum),
            length_max: subjects
                .iter()
                .map(|subject| subject.capabilities().length_max)
                .fold(LENGTH_MAX, |least, max| {
                    least.min(usize::try_from(max).unwrap_or(usize::MAX))
                }),
            examiners: examiners.collect::<Result<_, _>>()?,
            panel,
            case: Case::default(),
            panels: HashMap::new(),
            tally: FuzzTally::default(),
        })
    }

    /// Judges once what needs no input: `threads` and `dispatch`, and at some lengths the checks of
    /// many calls. Watches the time of this thread's calls from now on.
    ///
    /// # Errors
    /// If the operating system refuses the thread that watches.
    pub fn once(&mut self, found: &mut dyn FnMut(Finding)) -> Result<(), RunError> {
        let subjects: Vec<&dyn Subject> = self.hunt.always().iter().map(|of| of.subject).collect();
        let is_measured = patience::begin(&subjects, self.length_max)?;
        if !self.target.makes_every_check() {
            return Ok(());
        }
        let once = checks_for(|fuzzing| matches!(fuzzing, Fuzzing::Once));
        // Threads are not watched. A subject without a speed may hang, so it is called alone first.
        if is_measured || self.keeps_laws_at(LENGTH_RACED, found) {
            self.judge_fixed(LENGTH_RACED, once, found);
        }
        for length in LENGTHS_ONCE {
            if self.keeps_laws_at(length, found) {
                self.judge_fixed(length, self.rationed, found);
            }
        }
        Ok(())
    }

    /// A case of this length, the same in every run.
    fn fixed_case(&self, length: usize) -> Case {
        let mut message = vec![0; length];
        SplitMix64::new(1).fill(&mut message);
        let mut case = Case {
            register: 0x5a5a_5a5a & self.panel.model().mask(),
            message,
            ..Case::default()
        };
        self.adapt(&mut case);
        case
    }

    /// Whether the subjects keep the laws on the fixed case of this length. If one does not, the
    /// checks say what is wrong.
    fn keeps_laws_at(&mut self, length: usize, found: &mut dyn FnMut(Finding)) -> bool {
        let case = self.fixed_case(length);
        let expected = self.expected_of(&case);
        let subjects = self.hunt.always();
        let broken = self
            .memory
            .find_breaking(&self.laws, &case, expected, subjects);
        let Some(broken) = broken else {
            return true;
        };
        let asked: Vec<usize> = subjects.iter().map(|of| of.index).collect();
        self.explain(&asked, &broken, &case, expected, found);
        false
    }

    /// Judges the fixed case of this length by some checks.
    fn judge_fixed(&mut self, length: usize, checks: CheckSet, found: &mut dyn FnMut(Finding)) {
        let case = self.fixed_case(length);
        for of in self.hunt.always() {
            let examiner = &mut self.examiners[of.index];
            examiner.caller.renew(&Until::default());
            let checksum = examiner.checksum_in(&case);
            let expected = expected_checksum(self.panel, checksum, &case.message);
            checks.examine(examiner, &case, expected, found);
        }
    }

    /// Judges one input and hands each finding to `found`.
    pub fn judge(&mut self, input: &[u8], found: &mut dyn FnMut(Finding)) -> Taken {
        match self.target {
            Target::HasherModel => self.judge_hasher(input, found),
            Target::ReaderModel => self.judge_readers(input, found),
            Target::OracleVsOracle => self.judge_oracles(input, found),
            Target::ArtifactParse => match judge_artifact(input, found) {
                Taken::Judged => self.count(input.len()),
                Taken::Rejected => Taken::Rejected,
            },
            _ => self.judge_as_case(input, found),
        }
    }

    /// The model that the subjects claim to compute.
    pub fn model(&self) -> &'static Model {
        self.panel.model()
    }

    pub fn tally(&self) -> FuzzTally {
        self.tally
    }

    /// The case of the last input that decodes to one.
    pub fn case(&self) -> &Case {
        &self.case
    }

    fn judge_as_case(&mut self, input: &[u8], found: &mut dyn FnMut(Finding)) -> Taken {
        let mut case = std::mem::take(&mut self.case);
        let taken = input::decode_into(input, self.panel.model(), &mut case);
        if taken {
            self.judge_case(&mut case, found);
        }
        self.case = case;
        if taken {
            Taken::Judged
        } else {
            Taken::Rejected
        }
    }

    /// Makes a case one that every subject takes.
    fn adapt(&self, case: &mut Case) {
        if !self.takes_checksums {
            // Some subjects take whole messages only.
            let model = self.panel.model();
            case.register = model.register_of(model.initial_checksum());
            case.splits.clear();
        }
        if case.message.len() > self.length_max {
            case.message.truncate(self.length_max);
            case.splits.retain(|&split| split <= self.length_max);
        }
    }

    /// Judges a case by the target's checks.
    pub fn judge_case(&mut self, case: &mut Case, found: &mut dyn FnMut(Finding)) {
        self.adapt(case);
        forge(case, self.panel);
        let expected = self.expected_of(case);
        self.tally.inputs += 1;
        self.tally.bytes += case.message.len() as u64;
        self.tally.long += u64::from(case.message.len() > LENGTH_COMMON);
        let subjects = self.hunt.of_case(case, expected);
        self.tally.software += u64::from(subjects.len() > self.hunt.always().len());
        if subjects.is_empty() {
            self.tally.skipped += 1;
            return;
        }
        let broken = self
            .memory
            .find_breaking(&self.laws, case, expected, &subjects);
        if let Some(broken) = broken {
            let asked: Vec<usize> = subjects.iter().map(|of| of.index).collect();
            return self.explain(&asked, &broken, case, expected, found);
        }
        if !self.target.makes_every_check() {
            return;
        }
        let drawn = draw_of(case, expected);
        let is_short = case.message.len() <= RATIONED_BYTES_MAX;
        let is_rationed = is_short && drawn.is_multiple_of(RATION);
        if !is_rationed && !drawn.is_multiple_of(AUDITED_SHARE) {
            return;
        }
        // In software, the many calls of these checks would take most of the time.
        for of in subjects.iter().filter(|of| self.hunt.is_always(of)) {
            let checks = match (is_rationed, of.subject.entry()) {
                (true, _) => self.rationed,
                (false, Some(_)) => self.audited,
                (false, None) => continue,
            };
            let examiner = &mut self.examiners[of.index];
            examiner.caller.renew(&Until::default());
            checks.examine(examiner, case, expected, found);
            self.tally.audited += u64::from(examiner.can_audit());
        }
    }

    /// Finds out what is wrong with a case on which a subject broke a law. If every check passes,
    /// then the calls before made the difference, and that is the finding.
    fn explain(
        &mut self,
        asked: &[usize],
        broken: &BrokenLaw,
        case: &Case,
        expected: u64,
        found: &mut dyn FnMut(Finding),
    ) {
        let mut is_explained = false;
        for &index in asked {
            let examiner = &mut self.examiners[index];
            examiner.caller.renew(&Until::default());
            for check in self.target.checks().iter() {
                let mut hangs = false;
                let only = CheckSet::none().with(check.id);
                only.examine(examiner, case, expected, &mut |finding| {
                    is_explained = true;
                    hangs |= finding.kind == Kind::Hang;
                    found(finding);
                });
                if hangs {
                    // The calls of the other checks would hang as well, each for its time.
                    break;
                }
            }
        }
        if is_explained {
            return;
        }
        let examiner = &self.examiners[broken.suspect];
        found(match broken.late {
            Some(patience) => {
                let mut finding = examiner.stopped(case, Stop::late(patience));
                finding.summary += " once, and returned when called again";
                finding
            }
            None => examiner
                .wrong(history::ID, Kind::HistoryDependent, case)
                .says("broke a law once, and kept all of them when called again"),
        });
    }

    /// The expected checksum. The definition is among the judges of short messages, and of one in
    /// sixteen of the others.
    fn expected_of(&self, case: &Case) -> u64 {
        let checksum = self.panel.model().checksum_of(case.register);
        let by_all = case.message.len() <= 256 || self.tally.inputs.is_multiple_of(16);
        let agreed = if by_all {
            self.panel.update(checksum, &case.message)
        } else {
            self.panel.update_fast(checksum, &case.message)
        };
        agreed.unwrap_or_else(|disagreement| panic!("{disagreement}"))
    }

    fn judge_oracles(&mut self, input: &[u8], found: &mut dyn FnMut(Finding)) -> Taken {
        let mut input = Unstructured::new(input);
        let models = catalogue::all();
        let Ok(index) = input.choose_index(models.len()) else {
            return Taken::Rejected;
        };
        let Ok(register) = input.arbitrary::<u64>() else {
            return Taken::Rejected;
        };
        let Ok(cut) = input.arbitrary::<u16>() else {
            return Taken::Rejected;
        };
        let message = input.take_rest();
        let model = &models[index];
        let panel = self.panels.entry(index).or_insert_with(|| {
            Panel::qualify(model).unwrap_or_else(|refused| panic!("{}: {refused}", model.name))
        });
        let checksum = model.checksum_of(register);
        let (head, tail) = message.split_at(usize::from(cut) % (message.len() + 1));
        let pieces = panel
            .update(checksum, head)
            .and_then(|first| panel.update(first, tail));
        let summary = match (panel.update(checksum, message), pieces) {
            (Ok(whole), Ok(pieces)) if whole == pieces => None,
            (Ok(whole), Ok(pieces)) => Some(format!("whole {whole:#x}, pieces {pieces:#x}")),
            (Err(disagreement), _) | (_, Err(disagreement)) => Some(disagreement.to_string()),
        };
        if let Some(summary) = summary {
            let case = Case {
                message: message.to_vec(),
                register,
                ..Case::default()
            };
            found(own_finding(VALUE_CHECK, Kind::WrongValue, case, summary));
        }
        self.count(message.len())
    }

    fn judge_hasher(&mut self, input: &[u8], found: &mut dyn FnMut(Finding)) -> Taken {
        let operations = decode_operations(input);
        if operations.is_empty() {
            return Taken::Rejected;
        }
        for examiner in &mut self.examiners {
            let subject = examiner.subject();
            let outcome = signal::catch(|| Streams::run(subject, self.panel, &operations));
            let (kind, summary) = match outcome {
                Ok(Ok(())) => continue,
                Ok(Err(summary)) => (Kind::HistoryDependent, summary),
                Err(caught) => (Kind::Crash, format!("a hasher operation: {caught:?}")),
            };
            let wrong = examiner.wrong(history::ID, kind, &Case::default());
            found(wrong.says(format!("{summary} in {operations:?}")));
        }
        self.count(input.len())
    }

    fn judge_readers(&mut self, input: &[u8], found: &mut dyn FnMut(Finding)) -> Taken {
        let Some(script) = Script::decode(input) else {
            return Taken::Rejected;
        };
        for examiner in &mut self.examiners {
            let wrong = reader_model::judge(examiner.subject(), self.panel, &script);
            if let Some(wrong) = wrong {
                let finding = examiner.wrong(VALUE_CHECK, wrong.kind, &Case::default());
                found(finding.says(wrong.summary));
            }
        }
        self.count(input.len())
    }

    fn count(&mut self, len_bytes: usize) -> Taken {
        self.tally.inputs += 1;
        self.tally.bytes += len_bytes as u64;
        Taken::Judged
    }
}

/// A finding that is a bug of this program, and not of a subject.
fn own_finding(check: CheckId, kind: Kind, case: Case, summary: String) -> Finding {
    Finding {
        check,
        kind,
        subject: SubjectName::Own("crcheck".to_owned()),
        message_form: MessageForm::Message,
        case,
        expected: None,
        got: None,
        distance_bytes: None,
        instruction: None,
        illegal: None,
        place: None,
        called_at: None,
        summary,
    }
}

fn judge_artifact(input: &[u8], found: &mut dyn FnMut(Finding)) -> Taken {
    let Ok(text) = std::str::from_utf8(input) else {
        return Taken::Rejected;
    };
    // There is no folder, so a message in a file of its own is an error, as it should be.
    let nowhere = Path::new("/nonexistent");
    let Ok(artifact) = Artifact::parse(text, nowhere) else {
        return Taken::Judged;
    };
    let read_back = Artifact::parse(&artifact.to_text(), nowhere);
    if read_back.as_ref().ok() != Some(&artifact) {
        let summary = format!("an artifact is read back as {read_back:?}");
        found(own_finding(
            VALUE_CHECK,
            Kind::WrongValue,
            artifact.case,
            summary,
        ));
    }
    Taken::Judged
}
