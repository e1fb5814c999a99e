//! A run: every subject through every check of a plan.

use crate::case::{Case, RegisterClass};
use crate::cells::{CellSet, Cells, SplitClass};
use crate::check::{self, CheckId, CheckSet};
use crate::describe::Describer;
use crate::diagnose::Diagnosis;
use crate::examine::Examiner;
use crate::finding::{Finding, Kind};
use crate::input::LENGTH_MAX;
use crate::minimize;
use crate::plan::Depth;
use crate::probe::Stop;
use crate::rng::SplitMix64;
use crate::subject::Subject;
use crcheck_oracle::model::Model;
use crcheck_oracle::panel::{Disagreement, Disqualified, Panel};
use std::collections::BTreeSet;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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
    /// Random messages in each (length, alignment) cell, if all of them were visited.
    pub bound_messages: Option<usize>,
    /// The faults.
    pub groups: Vec<Group>,
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
/// Subjects run side by side, one thread each: one subject is called by one thread at a time, but
/// by the check `threads`.
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
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(subjects.len());
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
    control: &'a Control<'a>,
    check: CheckId,
    tally: Tally,
    describer: Describer,
}

/// What the current check has come to so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    cells: CellSet,
    calls: u64,
    /// Calls that did not return.
    pub(crate) faults: u64,
    pub(crate) bound_messages: Option<usize>,
    groups: Vec<Group>,
    skipped: Option<String>,
    stopped: bool,
}

impl Tally {
    pub(crate) fn visit(&mut self, cells: Cells<'_>) {
        self.calls += cells.lengths.len() as u64;
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
            depth: plan.depth.for_subject(subject),
            seed: plan.seed,
            control,
            check: CheckId::Agree,
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
        let entered = subject.entered();
        match check {
            CheckId::Agree => check::agree::run(self),
            CheckId::Guard => check::guard::run(self),
            CheckId::Slack => check::slack::run(self),
            CheckId::Split => check::split::run(self),
            CheckId::Combine => check::combine::run(self),
            CheckId::History => check::history::run(self),
            CheckId::Threads => check::threads::run(self),
            CheckId::Dispatch => check::dispatch::run(self),
        }
        let result = self.result(entered);
        (self.control.on_event)(&Event::Ended(&result));
        result
    }

    fn result(&mut self, entered: Option<u64>) -> CheckResult {
        let mut tally = std::mem::take(&mut self.tally);
        for group in &mut tally.groups {
            group.finding = minimize::minimize(&mut self.examiner, &group.finding);
            group.describe(&mut self.examiner, &mut self.describer);
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
            bound_messages: tally.bound_messages,
            groups: tally.groups,
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
        let stop = late || self.control.cancelled.load(Ordering::Relaxed);
        self.tally.stopped |= stop;
        stop
    }

    pub(crate) fn skip(&mut self, reason: &str) {
        self.tally.skipped = Some(reason.to_owned());
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
        self.tally.visit(Cells {
            lengths: &[case.message.len()],
            placement: case.placement,
            class: RegisterClass::of(case.register, self.model().mask()),
            split: SplitClass::of(case),
        });
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
        for finding in found {
            let (check, kind, length) = (finding.check, finding.kind, finding.case.message.len());
            self.report(check, kind, length, |_| finding);
        }
    }

    pub(crate) fn report_stop(&mut self, case: Case, stop: Stop) {
        self.tally.faults += 1;
        let (check, kind, length) = (stop.check(), stop.kind, case.message.len());
        self.report(check, kind, length, |examiner| {
            examiner.stopped(&case, stop)
        });
    }

    /// Counts a fault; `finding` is made only for the first of its kind and for shorter ones.
    pub(crate) fn report(
        &mut self,
        check: CheckId,
        kind: Kind,
        length: usize,
        finding: impl FnOnce(&Examiner<'a>) -> Finding,
    ) {
        if let Some(group) = Group::of(&mut self.tally.groups, check, kind) {
            if group.count(length) {
                group.finding = finding(&self.examiner);
            }
            return;
        }
        let finding = finding(&self.examiner);
        (self.control.on_event)(&Event::Found(&finding));
        Group::add(&mut self.tally.groups, finding);
    }
}

/// Above this the definition judges no single case: it takes 7 ns a byte.
const DEFINITION_TO_BYTES: usize = 4096;

/// What the judges of `panel` say, the definition among them where it is not too slow.
pub(crate) fn verdict(panel: &Panel, checksum: u64, message: &[u8]) -> u64 {
    agreed(if message.len() <= DEFINITION_TO_BYTES {
        panel.verdict(checksum, message)
    } else {
        panel.verdict_fast(checksum, message)
    })
}

/// Judges that differ are a bug of this program, never a verdict on a subject.
fn agreed<T>(verdict: Result<T, Disagreement>) -> T {
    verdict.unwrap_or_else(|disagreement| panic!("{disagreement}"))
}
