//! A run: every subject through every check of a plan.

use crate::case::{Case, RegisterClass};
use crate::cells::{CellSet, Cells, SplitClass};
use crate::check::{self, CheckId, CheckSet};
use crate::describe::Describer;
use crate::diagnose::Diagnosis;
use crate::environment::PLAYED;
use crate::examine::Examiner;
use crate::finding::{Finding, Kind};
use crate::input::LENGTH_MAX;
use crate::map::{CellMap, Runs};
use crate::memory::Placement;
use crate::minimize;
use crate::plan::{BasisDepth, Depth};
use crate::probe::Stop;
use crate::rng::SplitMix64;
use crate::subject::Subject;
use crcheck_oracle::model::Model;
use crcheck_oracle::panel::{Disagreement, Disqualified, Panel};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// What to run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How far.
    pub depth: Depth,
    /// Which checks.
    pub checks: CheckSet,
    /// The seed of all that is random.
    pub seed: u64,
    /// The most stack that a call may use, in bytes.
    pub max_stack_bytes: Option<usize>,
}

/// What may end a run early, and who hears of it while it runs.
pub struct Control<'a> {
    /// Set to stop.
    pub cancelled: &'a AtomicBool,
    /// When to stop.
    pub deadline: Option<Instant>,
    /// Called from any thread.
    pub on_event: &'a (dyn Fn(&Event<'_>) + Sync),
}

/// What happens during a run.
pub enum Event<'a> {
    /// A fault of a new kind, the moment it was found.
    Found(&'a Finding),
    /// A check of a subject begins.
    Begins {
        /// The subject.
        subject: &'a str,
        /// The check.
        check: CheckId,
    },
    /// A check of a subject has ended.
    Ended(&'a CheckResult),
}

/// Faults of one cause: one check, one kind.
#[derive(Clone, Debug)]
pub struct Group {
    /// The smallest case that shows the fault, as far as the minimizer came.
    pub finding: Finding,
    /// The case that showed it first.
    pub first: Finding,
    /// How many cases showed it.
    pub count: u64,
    /// What is known of it, once it was asked for.
    pub diagnosis: Option<Diagnosis>,
    /// The lengths at which it showed, to a limit.
    lengths: BTreeSet<usize>,
}

/// Lengths kept for a group, to see a pattern in.
const GROUP_LENGTHS_MAX: usize = 4096;

impl Group {
    /// Takes a finding into its group; a shorter case becomes the group's smallest.
    pub(crate) fn add(groups: &mut Vec<Self>, finding: Finding) {
        let length = finding.case.message.len();
        if let Some(group) = Self::of(groups, finding.check, finding.kind) {
            if group.count(length) {
                group.finding = finding;
            }
            return;
        }
        groups.push(Self::of_one(finding));
    }

    /// Takes the faults of `group` to those of the same cause, whose smallest case was minimised.
    pub(crate) fn join(groups: &mut Vec<Self>, group: Self) {
        match Self::of(groups, group.finding.check, group.finding.kind) {
            Some(known) => known.count += group.count,
            None => groups.push(group),
        }
    }

    /// A group of one finding.
    pub(crate) fn of_one(finding: Finding) -> Self {
        Self {
            first: finding.clone(),
            count: 1,
            diagnosis: None,
            lengths: BTreeSet::from([finding.case.message.len()]),
            finding,
        }
    }

    /// Says what is known of the fault.
    pub(crate) fn describe(&mut self, examiner: &mut Examiner<'_>, describer: &mut Describer) {
        let shown = [&self.finding, &self.first];
        let diagnosis = describer.describe(examiner, shown, &self.lengths);
        self.finding.summary.clone_from(&diagnosis.summary);
        self.diagnosis = Some(diagnosis);
    }

    fn of(groups: &mut [Self], check: CheckId, kind: Kind) -> Option<&mut Self> {
        let same = |group: &&mut Self| group.finding.check == check && group.finding.kind == kind;
        groups.iter_mut().find(same)
    }

    /// Counts one more case; answers whether it is shorter than the smallest.
    fn count(&mut self, length: usize) -> bool {
        self.count += 1;
        if self.lengths.len() < GROUP_LENGTHS_MAX {
            self.lengths.insert(length);
        }
        length < self.finding.case.message.len()
    }
}

/// What one check of one subject came to.
#[derive(Clone, Debug)]
pub struct CheckResult {
    /// The subject's name.
    pub subject: String,
    /// The check.
    pub check: CheckId,
    /// How it ended.
    pub ending: Ending,
    /// Cells visited.
    pub cells: u64,
    /// Calls made on them.
    pub calls: u64,
    /// What it is worth that nothing was found.
    pub bound: Option<Worth>,
    /// The most stack that a call used at each length, in bytes, where it was measured.
    pub stack: BTreeMap<usize, usize>,
    /// Parts that did not apply: what, and the reason.
    pub left_out: Vec<(String, String)>,
    /// The faults.
    pub groups: Vec<Group>,
    /// Which lengths and alignments it visited, and where it found something.
    pub map: Arc<Runs>,
}

/// What it is worth that a check which was complete has found nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// As many random messages were right in each (length, alignment) cell.
    Messages(usize),
    /// As many random trials of the affine law held.
    Trials(usize),
    /// Every unit vector was right in each of the plan's cells.
    Basis(BasisDepth),
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It visited all that it was to visit.
    Complete,
    /// It was stopped before.
    Stopped,
    /// It did not apply, for this reason.
    Skipped(String),
    /// It ran without entering the code that it was to judge.
    NotEntered,
}

/// What could not be begun.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The judges of the model are not fit.
    #[error("the judges did not qualify: {0}")]
    Judges(#[from] Disqualified),
    /// The operating system refused the message memory.
    #[error("cannot map message memory: {0}")]
    Memory(#[from] io::Error),
}

/// Runs every subject through the plan, and answers in the order of the subjects.
///
/// Subjects run side by side, one thread each, but under an emulator one after the other: one subject is
/// called by one thread at a time, but by the check `threads`.
///
/// # Errors
/// If a run could not be begun.
///
/// # Panics
/// If the judges differ on a case: that is a fault of theirs, and no verdict.
pub fn run(
    subjects: &[Box<dyn Subject>],
    plan: &Plan,
    control: &Control<'_>,
) -> Result<Vec<Vec<CheckResult>>, RunError> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<_>> = Mutex::new(subjects.iter().map(|_| None).collect());
    let threads = match std::env::var_os(PLAYED) {
        Some(_) => 1,
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let threads = threads.min(subjects.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(subject) = subjects.get(index) else {
                        break;
                    };
                    let results = run_subject(subject.as_ref(), plan, control);
                    done.lock().expect("no panic while held")[index] = Some(results);
                }
            });
        }
    });
    let done = done.into_inner().expect("no panic while held");
    done.into_iter()
        .map(|results| results.expect("every subject was taken"))
        .collect()
}

fn run_subject(
    subject: &dyn Subject,
    plan: &Plan,
    control: &Control<'_>,
) -> Result<Vec<CheckResult>, RunError> {
    let panel = Panel::qualify(&subject.model())?;
    let mut session = Session::new(subject, &panel, plan, control)?;
    Ok(plan
        .checks
        .iter()
        .map(|check| session.run_check(check))
        .collect())
}

/// Replayed results with the smallest case of each fault in the place of the one that was saved.
///
/// # Errors
/// If a run could not be begun.
pub fn minimized(
    subjects: &[Box<dyn Subject>],
    mut results: Vec<CheckResult>,
) -> Result<Vec<CheckResult>, RunError> {
    for subject in subjects {
        let panel = Panel::qualify(&subject.model())?;
        let mut examiner = Examiner::new(subject.as_ref(), &panel, LENGTH_MAX)?;
        let mut describer = Describer::default();
        for result in &mut results {
            if result.subject != subject.name() {
                continue;
            }
            for group in &mut result.groups {
                group.finding = minimize::minimize(&mut examiner, &group.finding);
                group.describe(&mut examiner, &mut describer);
            }
        }
    }
    Ok(results)
}

/// One subject on its way through the checks.
pub(crate) struct Session<'a> {
    pub(crate) examiner: Examiner<'a>,
    depth: Depth,
    seed: u64,
    max_stack_bytes: Option<usize>,
    control: &'a Control<'a>,
    check: CheckId,
    /// Whether `agree` has found a wrong value.
    is_known_wrong: bool,
    tally: Tally,
    describer: Describer,
}

/// Where a fault showed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    /// The length of the case's message, by which the smallest is known.
    length: usize,
    /// The length of the cell on the map.
    cell_length: usize,
    placement: Placement,
}

impl At {
    /// At a message of this length.
    pub(crate) fn message(length: usize, placement: Placement) -> Self {
        Self {
            length,
            cell_length: length,
            placement,
        }
    }

    fn of(finding: &Finding) -> Self {
        Self {
            length: finding.case.message.len(),
            // What was called has been in memory.
            cell_length: usize::try_from(finding.len_bytes()).unwrap_or(usize::MAX),
            placement: finding.case.placement,
        }
    }
}

/// What the current check has come to so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    cells: CellSet,
    map: CellMap,
    calls: u64,
    /// Calls that did not return.
    pub(crate) faults: u64,
    pub(crate) bound: Option<Worth>,
    stack: BTreeMap<usize, usize>,
    left_out: Vec<(String, String)>,
    groups: Vec<Group>,
    skipped: Option<String>,
    stopped: bool,
}

impl Tally {
    pub(crate) fn visit(&mut self, cells: Cells<'_>) {
        self.visit_many(cells, cells.lengths.len() as u64);
    }

    /// Counts cells that `calls` were made on.
    pub(crate) fn visit_many(&mut self, cells: Cells<'_>, calls: u64) {
        self.calls += calls;
        self.map.visit(cells.lengths, cells.placement);
        self.cells.insert(cells);
    }
}

impl<'a> Session<'a> {
    fn new(
        subject: &'a dyn Subject,
        panel: &'a Panel,
        plan: &Plan,
        control: &'a Control<'a>,
    ) -> Result<Self, RunError> {
        Ok(Self {
            examiner: Examiner::new(subject, panel, LENGTH_MAX)?,
            max_stack_bytes: plan.max_stack_bytes,
            depth: plan.depth.for_subject(subject),
            seed: plan.seed,
            control,
            check: CheckId::Agree,
            is_known_wrong: false,
            tally: Tally::default(),
            describer: Describer::default(),
        })
    }

    fn run_check(&mut self, check: CheckId) -> CheckResult {
        let subject = self.subject();
        self.check = check;
        self.tally = Tally::default();
        (self.control.on_event)(&Event::Begins {
            subject: &subject.name(),
            check,
        });
        self.examiner.probe.renew();
        let entered = subject.entered();
        match (subject.exempt_from(check), check) {
            (Some(reason), _) => self.skip(&reason),
            (None, check) => self.make(check),
        }
        let result = self.result(entered);
        (self.control.on_event)(&Event::Ended(&result));
        result
    }

    fn make(&mut self, check: CheckId) {
        match check {
            CheckId::Agree => check::agree::run(self),
            CheckId::Guard => check::guard::run(self),
            CheckId::Slack => check::slack::run(self),
            CheckId::Split => check::split::run(self),
            CheckId::Combine => check::combine::run(self),
            CheckId::History => check::history::run(self),
            CheckId::Threads => check::threads::run(self),
            CheckId::Dispatch => check::dispatch::run(self),
            CheckId::Abi => check::abi::run(self),
            CheckId::Paint => check::paint::run(self),
            CheckId::Affine => check::affine::run(self),
            CheckId::Basis => check::basis::run(self),
            CheckId::Huge => check::huge::run(self),
        }
    }

    fn result(&mut self, entered: Option<u64>) -> CheckResult {
        let mut tally = std::mem::take(&mut self.tally);
        for group in &mut tally.groups {
            group.finding = minimize::minimize(&mut self.examiner, &group.finding);
            group.describe(&mut self.examiner, &mut self.describer);
            // The smallest case is one that no plan may have visited.
            let (kind, at) = (group.finding.kind, At::of(&group.finding));
            if kind != Kind::WrongDispatch {
                tally.map.mark(kind, at.cell_length, at.placement);
            }
        }
        // `combine` and `dispatch` call other functions than the one that is counted.
        let counts = !matches!(self.check, CheckId::Combine | CheckId::Dispatch);
        let ending = if let Some(reason) = tally.skipped {
            Ending::Skipped(reason)
        } else if tally.stopped {
            Ending::Stopped
        } else if counts && entered.is_some() && self.subject().entered() == entered {
            Ending::NotEntered
        } else {
            Ending::Complete
        };
        CheckResult {
            subject: self.subject().name(),
            check: self.check,
            ending,
            cells: tally.cells.count(),
            calls: tally.calls,
            bound: tally.bound,
            stack: tally.stack,
            left_out: tally.left_out,
            groups: tally.groups,
            map: Arc::new(tally.map.runs()),
        }
    }

    pub(crate) fn depth(&self) -> Depth {
        self.depth
    }

    pub(crate) fn subject(&self) -> &'a dyn Subject {
        self.examiner.subject()
    }

    pub(crate) fn panel(&self) -> &'a Panel {
        self.examiner.panel()
    }

    pub(crate) fn model(&self) -> &'a Model {
        self.examiner.model()
    }

    pub(crate) fn tally(&mut self) -> &mut Tally {
        &mut self.tally
    }

    /// The random stream of one part of one check: the same whatever else runs.
    pub(crate) fn rng(&self, check: CheckId, label: u64) -> SplitMix64 {
        SplitMix64::labelled(self.seed, (check as u64) << 32 | label)
    }

    /// Whether to end the check now; remembers that it was not complete.
    pub(crate) fn should_stop(&mut self) -> bool {
        let late = self
            .control
            .deadline
            .is_some_and(|deadline| Instant::now() >= deadline);
        // A subject that takes its process with it again and again is known by then.
        let stop = late
            || self.examiner.probe.is_spent()
            || self.control.cancelled.load(Ordering::Relaxed);
        self.tally.stopped |= stop;
        stop
    }

    /// Whether faults are so many by now that one length in [`SAMPLED_ONE_IN`] will do: a subject that is
    /// faulty everywhere is known to be, and each fault costs a signal or a process.
    pub(crate) fn samples(&self) -> bool {
        let deaths = self.examiner.probe.losses().deaths;
        self.tally.faults > FAULTS_BEFORE_SAMPLING || deaths > DEATHS_BEFORE_SAMPLING
    }

    /// The register of these random bits, or that of nothing if the subject takes no other.
    pub(crate) fn register(&self, bits: u64) -> u64 {
        let model = self.model();
        if self.subject().takes_checksum() {
            bits & model.mask()
        } else {
            model.register_of(model.initial_checksum())
        }
    }

    pub(crate) fn skip(&mut self, reason: &str) {
        self.tally.skipped = Some(reason.to_owned());
    }

    /// Notes that a part of the check does not apply.
    pub(crate) fn leave_out(&mut self, what: &str, reason: &str) {
        let part = (what.to_owned(), reason.to_owned());
        self.tally.left_out.push(part);
    }

    /// The most stack that a call may use, in bytes, if that is judged.
    pub(crate) fn max_stack_bytes(&self) -> Option<usize> {
        self.max_stack_bytes
    }

    /// Notes how much stack a call used.
    pub(crate) fn note_stack(&mut self, length: usize, used_bytes: usize) {
        let most = self.tally.stack.entry(length).or_default();
        *most = used_bytes.max(*most);
    }

    /// Whether `agree` has found a wrong value of this subject.
    pub(crate) fn is_known_wrong(&self) -> bool {
        self.is_known_wrong
    }

    /// What all judges say of a case; the definition is asked where it is not too slow.
    pub(crate) fn verdict(&self, case: &Case) -> u64 {
        verdict(self.panel(), self.examiner.checksum_in(case), &case.message)
    }

    /// The checksums after the prefixes of these lengths, ascending, by all judges.
    pub(crate) fn references(&self, checksum: u64, message: &[u8], lengths: &[usize]) -> Vec<u64> {
        let is_dense = lengths.len() == message.len() + 1;
        if is_dense {
            return agreed(self.panel().prefixes(checksum, message));
        }
        let mut done = 0;
        let mut running = checksum;
        let next = |&length: &usize| {
            running = agreed(self.panel().verdict(running, &message[done..length]));
            done = length;
            running
        };
        lengths.iter().map(next).collect()
    }

    pub(crate) fn visit(&mut self, case: &Case) {
        self.visit_as(case, case.message.len(), 1);
    }

    /// Counts the cell of a case as one of messages of `length`, with as many calls.
    pub(crate) fn visit_as(&mut self, case: &Case, length: usize, calls: u64) {
        let cells = Cells {
            lengths: &[length],
            placement: case.placement,
            class: RegisterClass::of(case.register, self.model().mask()),
            split: SplitClass::of(case),
        };
        self.tally.visit_many(cells, calls);
    }

    /// Counts a case and judges it.
    pub(crate) fn examine(
        &mut self,
        case: &Case,
        judge: impl FnOnce(&mut Examiner<'a>, &mut dyn FnMut(Finding)),
    ) {
        self.visit(case);
        self.collect(judge);
    }

    /// Takes what `judge` finds.
    pub(crate) fn collect(
        &mut self,
        judge: impl FnOnce(&mut Examiner<'a>, &mut dyn FnMut(Finding)),
    ) {
        let mut found = Vec::new();
        judge(&mut self.examiner, &mut |finding| found.push(finding));
        for mut finding in found {
            self.tally.faults += 1;
            finding.check = self.attributed(finding.check, finding.kind);
            let (check, kind, at) = (finding.check, finding.kind, At::of(&finding));
            self.report(check, kind, at, |_| finding);
        }
    }

    /// Judges a case again by itself that was not well among others: what `judge` then finds is told, or if
    /// that is nothing what was seen, `among_others`.
    pub(crate) fn again(
        &mut self,
        judge: impl FnOnce(&mut Examiner<'a>, &mut dyn FnMut(Finding)),
        among_others: impl FnOnce(&Examiner<'a>) -> Option<Finding>,
    ) {
        self.collect(|examiner, found| {
            let mut is_so_alone = false;
            judge(examiner, &mut |finding| {
                is_so_alone = true;
                found(finding);
            });
            if let (false, Some(finding)) = (is_so_alone, among_others(examiner)) {
                found(finding);
            }
        });
    }

    pub(crate) fn report_stop(&mut self, case: Case, stop: Stop) {
        self.tally.faults += 1;
        let (check, kind) = (stop.check(), stop.kind);
        let at = At::message(case.message.len(), case.placement);
        self.report(check, kind, at, |examiner| examiner.stopped(&case, stop));
    }

    /// The check that a fault counts as one of: a wrong value that `agree` knows of is no other fault
    /// when `basis` meets it.
    fn attributed(&self, check: CheckId, kind: Kind) -> CheckId {
        match (check, kind) {
            (CheckId::Basis, Kind::WrongValue) if self.is_known_wrong => CheckId::Agree,
            _ => check,
        }
    }

    /// Counts a wrong value that `check` has met.
    pub(crate) fn report_wrong(
        &mut self,
        check: CheckId,
        at: At,
        finding: impl FnOnce(&Examiner<'a>) -> Finding,
    ) {
        let check = self.attributed(check, Kind::WrongValue);
        self.report(check, Kind::WrongValue, at, |examiner| Finding {
            check,
            ..finding(examiner)
        });
    }

    /// Counts a fault, and marks it on the map; `finding` is made only for the first of its kind and for shorter ones.
    pub(crate) fn report(
        &mut self,
        check: CheckId,
        kind: Kind,
        at: At,
        finding: impl FnOnce(&Examiner<'a>) -> Finding,
    ) {
        self.is_known_wrong |= (check, kind) == (CheckId::Agree, Kind::WrongValue);
        // What the dispatcher chooses is no matter of a message.
        if kind != Kind::WrongDispatch {
            self.tally.map.mark(kind, at.cell_length, at.placement);
        }
        if let Some(group) = Group::of(&mut self.tally.groups, check, kind) {
            if group.count(at.length) {
                group.finding = finding(&self.examiner);
            }
            return;
        }
        let finding = finding(&self.examiner);
        (self.control.on_event)(&Event::Found(&finding));
        Group::add(&mut self.tally.groups, finding);
    }
}

/// See [`Session::samples`].
const FAULTS_BEFORE_SAMPLING: u64 = 4096;

/// The same for calls that took their process with them.
const DEATHS_BEFORE_SAMPLING: u64 = 32;

/// See [`Session::samples`]; a prime, so that every residue stays in the sample.
pub(crate) const SAMPLED_ONE_IN: usize = 61;

/// Above this the definition judges no single case: it takes 7 ns a byte.
const DEFINITION_TO_BYTES: usize = 1024;

/// What the judges of `panel` say, the definition among them where it is not too slow.
pub(crate) fn verdict(panel: &Panel, checksum: u64, message: &[u8]) -> u64 {
    agreed(if message.len() <= DEFINITION_TO_BYTES {
        panel.verdict(checksum, message)
    } else {
        panel.verdict_fastest(checksum, message)
    })
}

/// Judges that differ are a bug of this program, never a verdict on a subject.
fn agreed<T>(verdict: Result<T, Disagreement>) -> T {
    verdict.unwrap_or_else(|disagreement| panic!("{disagreement}"))
}
