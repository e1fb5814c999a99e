//! What a fuzz target does with an input: the same for libFuzzer, replay and tests.

use crate::artifact::Artifact;
use crate::case::Case;
use crate::check::combine::Far;
use crate::check::{CheckId, CheckSet};
use crate::examine::{Examiner, forge};
use crate::fault;
use crate::finding::{Finding, Kind};
use crate::input::{self, LENGTH_COMMON, LENGTH_MAX};
use crate::memory::{GuardSide, Placement};
use crate::probe::FILLS;
use crate::rng::SplitMix64;
use crate::run::RunError;
use crate::subject::{Stream, Subject};
use arbitrary::{Arbitrary, Unstructured};
use crcheck_oracle::catalogue;
use crcheck_oracle::model::Model;
use crcheck_oracle::panel::Panel;
use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// A fuzz target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Every subject against the judges, under every check.
    KernelVsOracle,
    /// The same input, cut into pieces.
    SplitPoints,
    /// The same input, its parts combined.
    Combine,
    /// Sequences of operations on a streaming hasher against a model of it.
    HasherModel,
    /// The judges against each other, on any model of the catalogue.
    OracleVsOracle,
    /// Artifacts: reading never fails in other ways than by saying so, and writing is its inverse.
    ArtifactParse,
    /// [`Target::KernelVsOracle`] on a faulty kernel: it must fail, which proves the plumbing.
    Canary,
}

impl Target {
    /// Whether it hunts on its own: all do but the canary, which needs no corpus to fail.
    pub const fn has_corpus(self) -> bool {
        !matches!(self, Self::Canary)
    }

    /// Every target.
    pub const ALL: [Self; 7] = [
        Self::KernelVsOracle,
        Self::SplitPoints,
        Self::Combine,
        Self::HasherModel,
        Self::OracleVsOracle,
        Self::ArtifactParse,
        Self::Canary,
    ];

    /// The target's name, which is that of its program and of its corpus folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::KernelVsOracle => "kernel_vs_oracle",
            Self::SplitPoints => "split_points",
            Self::Combine => "combine",
            Self::HasherModel => "hasher_model",
            Self::OracleVsOracle => "oracle_vs_oracle",
            Self::ArtifactParse => "artifact_parse",
            Self::Canary => "canary",
        }
    }

    /// Whether its inputs are those of [`crate::input`].
    pub const fn takes_cases(self) -> bool {
        matches!(
            self,
            Self::KernelVsOracle | Self::SplitPoints | Self::Combine | Self::Canary
        )
    }

    /// The checks that it makes of each case.
    pub fn checks(self) -> CheckSet {
        match self {
            Self::KernelVsOracle | Self::Canary => CheckSet::all()
                .without(CheckId::Threads)
                .without(CheckId::Dispatch),
            Self::SplitPoints => CheckSet::EMPTY.with(CheckId::Split),
            Self::Combine => CheckSet::EMPTY.with(CheckId::Combine),
            _ => CheckSet::EMPTY,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|target| target.name() == name);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name);
            let near = crcheck_oracle::nearest(name, names);
            let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            format!(
                "no fuzz target is called `{name}`{hint} ({})",
                names.join(", ")
            )
        })
    }
}

/// What became of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was judged.
    Judged,
    /// It is no input of this target.
    Rejected,
}

/// How much was hunted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Inputs judged.
    pub inputs: u64,
    /// Their messages' bytes.
    pub bytes: u64,
    /// Those longer than [`LENGTH_COMMON`].
    pub long: u64,
    /// Calls left out because this CPU does not have the tier that the input asks for.
    pub skipped: u64,
}

/// The state behind a fuzz target, made once and used for every input.
pub struct Hunter<'s> {
    target: Target,
    examiners: Vec<Examiner<'s>>,
    panel: &'static Panel,
    case: Case,
    panels: HashMap<usize, Panel>,
    tally: Tally,
}

impl<'s> Hunter<'s> {
    /// A hunter for faults of `subjects`; its judges live as long as the process.
    ///
    /// # Errors
    /// If the judges do not qualify or the message memory is refused.
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
            examiners: examiners.collect::<Result<_, _>>()?,
            panel,
            case: Case::default(),
            panels: HashMap::new(),
            tally: Tally::default(),
        })
    }

    /// What needs no input and can be judged once: `threads` and `dispatch`.
    pub fn once(&mut self, found: &mut dyn FnMut(Finding)) {
        if !matches!(self.target, Target::KernelVsOracle | Target::Canary) {
            return;
        }
        let mut message = vec![0; 1500];
        SplitMix64::new(1).fill(&mut message);
        let case = Case {
            register: 0x5a5a_5a5a,
            message,
            ..Case::default()
        };
        let checks = CheckSet::EMPTY
            .with(CheckId::Threads)
            .with(CheckId::Dispatch);
        for examiner in &mut self.examiners {
            let expected =
                crate::run::verdict(self.panel, examiner.checksum_in(&case), &case.message);
            examiner.examine(&case, expected, checks, found);
        }
    }

    /// Judges one input and hands what is wrong to `found`.
    pub fn judge(&mut self, input: &[u8], found: &mut dyn FnMut(Finding)) -> Taken {
        match self.target {
            Target::HasherModel => self.hasher_model(input, found),
            Target::OracleVsOracle => self.oracle_vs_oracle(input, found),
            Target::ArtifactParse => match artifact_parse(input, found) {
                Taken::Judged => self.count(input.len()),
                Taken::Rejected => Taken::Rejected,
            },
            _ => self.cases(input, found),
        }
    }

    /// How much was hunted so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// The case of the last input that was one.
    pub fn case(&self) -> &Case {
        &self.case
    }

    fn cases(&mut self, input: &[u8], found: &mut dyn FnMut(Finding)) -> Taken {
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

    /// Judges a case by the target's checks.
    pub fn judge_case(&mut self, case: &mut Case, found: &mut dyn FnMut(Finding)) {
        forge(case, self.panel);
        let expected = self.expected(case);
        self.tally.inputs += 1;
        self.tally.bytes += case.message.len() as u64;
        self.tally.long += u64::from(case.message.len() > LENGTH_COMMON);
        let (target, only) = (self.target, case.tier_code);
        let mut visited = 0;
        for examiner in &mut self.examiners {
            if only != 0
                && examiner
                    .subject()
                    .tier_code()
                    .is_some_and(|code| code != only)
            {
                continue;
            }
            visited += 1;
            if !is_right(examiner, target, case, expected) {
                explain(examiner, target, case, expected, found);
            }
        }
        self.tally.skipped += u64::from(visited == 0);
    }

    /// The definition judges short messages, and one in sixteen of the others.
    fn expected(&self, case: &Case) -> u64 {
        let checksum = self.panel.model().checksum_of(case.register);
        let by_all = case.message.len() <= 256 || self.tally.inputs.is_multiple_of(16);
        let verdict = if by_all {
            self.panel.verdict(checksum, &case.message)
        } else {
            self.panel.verdict_fast(checksum, &case.message)
        };
        verdict.unwrap_or_else(|disagreement| panic!("{disagreement}"))
    }

    fn oracle_vs_oracle(&mut self, input: &[u8], found: &mut dyn FnMut(Finding)) -> Taken {
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
            .verdict(checksum, head)
            .and_then(|first| panel.verdict(first, tail));
        let summary = match (panel.verdict(checksum, message), pieces) {
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
            found(of_ours(CheckId::Agree, Kind::WrongValue, case, summary));
        }
        self.count(message.len())
    }

    fn hasher_model(&mut self, input: &[u8], found: &mut dyn FnMut(Finding)) -> Taken {
        let operations = operations(input);
        if operations.is_empty() {
            return Taken::Rejected;
        }
        for examiner in &mut self.examiners {
            let subject = examiner.subject();
            let outcome = fault::catch(|| Streams::run(subject, self.panel, &operations));
            let (kind, summary) = match outcome {
                Ok(Ok(())) => continue,
                Ok(Err(summary)) => (Kind::HistoryDependent, summary),
                Err(fault) => (Kind::Crash, format!("a hasher operation: {fault:?}")),
            };
            let wrong = examiner.wrong(CheckId::History, kind, &Case::default());
            found(wrong.says(format!("{summary} in {operations:?}")));
        }
        self.count(input.len())
    }

    fn count(&mut self, len_bytes: usize) -> Taken {
        self.tally.inputs += 1;
        self.tally.bytes += len_bytes as u64;
        Taken::Judged
    }
}

/// Every law of the target on one case, in as few calls and placements as will do. What is not right
/// is looked into by [`Examiner::examine`], which says what.
fn is_right(examiner: &mut Examiner<'_>, target: Target, case: &Case, expected: u64) -> bool {
    let judged = fault::catch(|| match target {
        Target::SplitPoints => pieces_are_right(examiner, case, expected),
        Target::Combine => {
            combine_is_right(examiner, case, expected) && far_is_right(examiner, case)
        }
        _ => {
            values_are_right(examiner, case, expected)
                && pieces_are_right(examiner, case, expected)
                && combine_is_right(examiner, case, expected)
        }
    });
    judged.unwrap_or(false)
}

/// Says what is wrong with a case on which a law was broken. If all is right when it is looked into,
/// then the calls before it made the difference, and that is the finding.
fn explain(
    examiner: &mut Examiner<'_>,
    target: Target,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    let mut is_explained = false;
    examiner.examine(case, expected, target.checks(), &mut |finding| {
        is_explained = true;
        found(finding);
    });
    if !is_explained {
        let wrong = examiner.wrong(CheckId::History, Kind::HistoryDependent, case);
        found(wrong.says("broke a law once, and kept all of them when called again"));
    }
}

/// `agree` and `slack` where the case lies, `guard` at a flush side, `history` at one address.
fn values_are_right(examiner: &mut Examiner<'_>, case: &Case, expected: u64) -> bool {
    let checksum = examiner.checksum_in(case);
    let subject = examiner.subject();
    let (message, length) = (&case.message, case.message.len());
    let guard = if length.is_multiple_of(2) {
        GuardSide::End
    } else {
        GuardSide::Start
    };
    // Two fills: a result that depends on them differs in one of the two. The flush place is last,
    // because the history goes on there.
    let places = [
        (case.placement, length % 2),
        (Placement::flush(guard), 1 - length % 2),
    ];
    let memory = &mut examiner.probe.memory;
    places.into_iter().all(|(placement, fill)| {
        let view = memory.place(placement, message, FILLS[fill]);
        subject.update(checksum, view.message()) == expected
    }) && {
        // One other byte at the same address must not give the old result, and nor must going back.
        let at = Placement::flush(guard);
        let Some(first) = message.first() else {
            return true;
        };
        let other = memory.replace(at, length, &[!first]);
        let changed = subject.update(checksum, other.message());
        drop(other);
        let back = memory.replace(at, length, &[*first]);
        changed != expected && subject.update(checksum, back.message()) == expected
    }
}

fn pieces_are_right(examiner: &mut Examiner<'_>, case: &Case, expected: u64) -> bool {
    let checksum = examiner.checksum_in(case);
    let subject = examiner.subject();
    let view = examiner
        .probe
        .memory
        .place(case.placement, &case.message, FILLS[0]);
    let message = view.message();
    let chained = case.pieces().fold(checksum, |checksum, piece| {
        subject.update(checksum, &message[piece])
    });
    let streamed = subject.stream(checksum).map(|mut stream| {
        case.pieces()
            .for_each(|piece| stream.update(&message[piece]));
        stream.checksum()
    });
    chained == expected && streamed.unwrap_or(expected) == expected
}

fn combine_is_right(examiner: &Examiner<'_>, case: &Case, expected: u64) -> bool {
    let cut = case
        .splits
        .first()
        .copied()
        .unwrap_or(case.message.len() / 2);
    let (head, tail) = case.message.split_at(cut);
    let judge = examiner.panel().judges()[0].as_ref();
    let b = judge.update(examiner.model().initial_checksum(), tail);
    let a = judge.update(examiner.checksum_in(case), head);
    let combined = examiner.subject().combine(a, b, tail.len() as u64);
    combined.unwrap_or(expected) == expected
}

fn far_is_right(examiner: &Examiner<'_>, case: &Case) -> bool {
    let far = Far::of(case, examiner.model());
    let [a, b] = far.sums;
    let combined = examiner.subject().combine(a, b, far.len_b);
    combined.unwrap_or(far.expected) == far.expected
}

/// A finding that no subject is to blame for.
fn of_ours(check: CheckId, kind: Kind, case: Case, summary: String) -> Finding {
    Finding {
        check,
        kind,
        subject: "crcheck".to_owned(),
        case,
        expected: None,
        got: None,
        distance_bytes: None,
        instruction: None,
        summary,
    }
}

fn artifact_parse(input: &[u8], found: &mut dyn FnMut(Finding)) -> Taken {
    let Ok(text) = std::str::from_utf8(input) else {
        return Taken::Rejected;
    };
    // No folder: a message in a file of its own is an error, which is an answer.
    let nowhere = Path::new("/nonexistent");
    let Ok(artifact) = Artifact::parse(text, nowhere) else {
        return Taken::Judged;
    };
    let again = Artifact::parse(&artifact.to_text(), nowhere);
    if again.as_ref().ok() != Some(&artifact) {
        let summary = format!("an artifact is read back as {again:?}");
        found(of_ours(
            CheckId::Agree,
            Kind::WrongValue,
            artifact.case,
            summary,
        ));
    }
    Taken::Judged
}

/// One operation on one of a few hashers.
#[derive(Arbitrary, Debug)]
enum Operation {
    New(u8),
    /// Of `length` bytes made from `seed`.
    Update {
        which: u8,
        seed: u8,
        length: u8,
    },
    /// Of whole blocks, at whose edges buffers are full.
    Blocks {
        which: u8,
        seed: u8,
        count: u8,
    },
    Clone {
        from: u8,
        to: u8,
    },
    Reset(u8),
    Combine {
        into: u8,
        other: u8,
    },
    Finalize(u8),
}

/// Operations of one input at most.
const OPERATIONS_MAX: usize = 256;

/// The operations that an input spells, as many as it has bytes for.
fn operations(input: &[u8]) -> Vec<Operation> {
    let mut input = Unstructured::new(input);
    let next = || {
        let operation = (!input.is_empty()).then(|| Operation::arbitrary(&mut input));
        operation.and_then(Result::ok)
    };
    std::iter::from_fn(next).take(OPERATIONS_MAX).collect()
}

/// Bytes of a block.
const BLOCK_BYTES: usize = 16;

/// Hashers alive at a time.
const SLOTS: usize = 4;

/// Real streams beside what they were given.
struct Streams<'a> {
    subject: &'a dyn Subject,
    panel: &'a Panel,
    slots: Vec<(Box<dyn Stream>, Vec<u8>)>,
}

/// Bytes that a stream is given at most.
const STREAM_BYTES_MAX: usize = 1 << 16;

impl<'a> Streams<'a> {
    fn run(
        subject: &'a dyn Subject,
        panel: &'a Panel,
        operations: &[Operation],
    ) -> Result<(), String> {
        let fresh = panel.model().initial_checksum();
        let new = || Some((subject.stream(fresh)?, Vec::new()));
        let Some(slots) = (0..SLOTS).map(|_| new()).collect() else {
            return Ok(());
        };
        let mut streams = Self {
            subject,
            panel,
            slots,
        };
        operations
            .iter()
            .try_for_each(|operation| streams.apply(operation))?;
        (0..SLOTS).try_for_each(|slot| streams.judge(slot))
    }

    fn apply(&mut self, operation: &Operation) -> Result<(), String> {
        let at = |slot: &u8| usize::from(*slot) % SLOTS;
        match operation {
            Operation::New(slot) => {
                let fresh = self.panel.model().initial_checksum();
                if let Some(stream) = self.subject.stream(fresh) {
                    self.slots[at(slot)] = (stream, Vec::new());
                }
            }
            Operation::Update {
                which,
                seed,
                length,
            } => self.update(at(which), *seed, usize::from(*length)),
            Operation::Blocks { which, seed, count } => {
                self.update(at(which), *seed, usize::from(*count % 8) * BLOCK_BYTES);
            }
            Operation::Clone { from, to } => {
                let (stream, given) = &self.slots[at(from)];
                self.slots[at(to)] = (stream.fork(), given.clone());
            }
            Operation::Reset(slot) => {
                let (stream, given) = &mut self.slots[at(slot)];
                stream.reset();
                given.clear();
            }
            Operation::Combine { into, other } => self.combine(at(into), at(other)),
            Operation::Finalize(slot) => return self.judge(at(slot)),
        }
        Ok(())
    }

    fn update(&mut self, slot: usize, seed: u8, length: usize) {
        let mut message = vec![0; length];
        SplitMix64::new(u64::from(seed)).fill(&mut message);
        let (stream, given) = &mut self.slots[slot];
        if given.len() + message.len() <= STREAM_BYTES_MAX {
            stream.update(&message);
            given.extend_from_slice(&message);
        }
    }

    fn combine(&mut self, into: usize, other: usize) {
        let (stream, given) = &self.slots[other];
        let (stream, given) = (stream.fork(), given.clone());
        let (target, sum) = &mut self.slots[into];
        if sum.len() + given.len() <= STREAM_BYTES_MAX && target.append(stream.as_ref()) {
            sum.extend_from_slice(&given);
        }
    }

    fn judge(&self, slot: usize) -> Result<(), String> {
        let (stream, given) = &self.slots[slot];
        let expected = self.panel.judges()[0].update(self.panel.model().initial_checksum(), given);
        let got = stream.checksum();
        if got == expected {
            return Ok(());
        }
        Err(format!(
            "a hasher of {} bytes gives {got:#x} instead of {expected:#x}",
            given.len()
        ))
    }
}
