//! A session: it takes one subject through the checks of a plan.

use crate::case::{Case, RegisterClass};
use crate::check_result::{CheckResult, Skip};
use crate::control::{AfterFinding, Control, Event};
use crate::coverage::cells::{Cells, SplitClass};
use crate::depth::Depth;
use crate::effort::Effort;
use crate::examiner::{Examiner, expected_checksum, expected_checksums};
use crate::finding::{Finding, VALUE_CHECK, check_of};
use crate::group::{At, Group};
use crate::halt::{Sampled, SampledAfter, Why};
use crate::tally::Tally;
use crate::thinning::Thinning;
use crcheck_diagnose::Confidence;
use crcheck_oracle::model::Model;
use crcheck_oracle::panel::Panel;
use crcheck_platform::message_memory::LENGTH_MAX;
use crcheck_platform::rng::SplitMix64;
use crcheck_subject::{CheckId, FILLS, Kind, Pace, Stop, Subject, Wait};
use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, Instant};

/// Takes one subject through the checks of a plan.
pub struct Session<'a> {
    pub examiner: Examiner<'a>,
    depth: Depth,
    seed: u64,
    max_stack_bytes: Option<usize>,
    control: &'a Control<'a>,
    check: Current,
    /// Whether `agree` has found a wrong value.
    is_known_wrong: bool,
    /// The check whose finding was explained first, if the others are thinned after that.
    explained: Option<CheckId>,
    /// The kinds that were reported.
    known_kinds: BTreeSet<Kind>,
    tally: Tally,
    /// When somebody last heard how far the check is.
    heard: Instant,
}

/// What a session knows about the check that it runs.
#[derive(Clone, Copy, Debug)]
pub struct Current {
    pub id: CheckId,
    /// The permanent number of its random streams.
    pub stream: u64,
    /// Whether a wrong value counts as one of `agree`'s when `agree` has met one before.
    pub defers_to_agree: bool,
}

impl<'a> Session<'a> {
    /// A session of `subject`, of the depth that its plan has for it.
    ///
    /// # Errors
    /// If the operating system refuses the message memory or the other process.
    pub fn new(
        subject: &'a dyn Subject,
        panel: &'a Panel,
        depth: Depth,
        seed: u64,
        max_stack_bytes: Option<usize>,
        control: &'a Control<'a>,
    ) -> io::Result<Self> {
        Ok(Self {
            examiner: Examiner::new(subject, panel, LENGTH_MAX)?,
            max_stack_bytes,
            depth,
            seed,
            control,
            check: Current {
                id: VALUE_CHECK,
                stream: 0,
                defers_to_agree: false,
            },
            is_known_wrong: false,
            explained: None,
            known_kinds: BTreeSet::new(),
            tally: Tally::default(),
            heard: Instant::now(),
        })
    }

    /// Begins a check, from an empty tally.
    pub(crate) fn begin(&mut self, check: Current) {
        self.check = check;
        self.tally = Tally::default();
        self.examiner.caller.renew(&self.control.until());
        self.examiner.caller.set_wait(Wait::Sparing);
        // What earlier calls have done is undone here.
        self.examiner.caller.take_blindness();
    }

    /// Ends a check, and returns its result.
    pub(crate) fn end(&mut self) -> Tally {
        self.note_cut();
        if self.tally.groups.is_empty() {
            self.report_last_stop();
        }
        std::mem::take(&mut self.tally)
    }

    /// Reports a call of several that did not return, if no call that was made again alone has
    /// shown it. Nobody knows its case any more.
    fn report_last_stop(&mut self) {
        let Some(stop) = self.examiner.caller.last_stop().cloned() else {
            return;
        };
        self.tally.give_up(Why::LostCall);
        if self.known_kinds.contains(&stop.kind) {
            return;
        }
        let (summary, check) = (&stop.summary, self.check.id);
        let summary = format!("{summary} in one of several calls that `{check}` makes");
        self.report_stop(Case::default(), Stop { summary, ..stop });
    }

    pub(crate) fn control(&self) -> &'a Control<'a> {
        self.control
    }

    pub fn depth(&self) -> Depth {
        self.depth
    }

    pub fn subject(&self) -> &'a dyn Subject {
        self.examiner.subject()
    }

    pub fn panel(&self) -> &'a Panel {
        self.examiner.panel()
    }

    pub fn model(&self) -> &'a Model {
        self.examiner.model()
    }

    pub fn tally(&mut self) -> &mut Tally {
        &mut self.tally
    }

    /// The random stream of one part of the check. It does not depend on what else runs.
    pub fn rng(&self, label: u64) -> SplitMix64 {
        SplitMix64::labelled(self.seed, self.check.stream << 32 | label)
    }

    /// Whether to end the check now. If so, the session remembers that the check is not complete.
    pub fn should_stop(&mut self) -> bool {
        self.tell_progress();
        self.should_stop_before(0)
    }

    /// Says how far the check is, if nobody has heard of it for a while.
    fn tell_progress(&mut self) {
        if self.heard.elapsed() < PROGRESS_EVERY {
            return;
        }
        self.heard = Instant::now();
        let Tally { calls, bytes, .. } = self.tally;
        (self.control.on_event)(&Event::Proceeds {
            subject: &self.subject().name(),
            check: self.check.id,
            cells: self.tally.cells.count(),
            done: Effort {
                calls: calls as f64,
                bytes: bytes as f64,
            },
        });
    }

    /// Whether to end the check now, since the budget does not last for this number of calls.
    pub fn should_stop_before(&mut self, calls: usize) -> bool {
        let takes = match self.subject().capabilities().pace {
            Pace::Measured(rate) => calls as f64 / rate.calls_per_second,
            Pace::Software | Pace::Native => 0.0,
        };
        let late = calls > 0
            && self.control.deadline.is_some_and(|deadline| {
                let left = deadline.saturating_duration_since(Instant::now());
                left.as_secs_f64() <= takes
            });
        let why = if self.control.should_stop() {
            self.control.why()
        } else if late {
            Why::Budget
        } else if self.examiner.caller.is_spent() {
            // A subject that ends its process again and again is known by then.
            self.why_spent()
        } else {
            return false;
        };
        self.tally.give_up(why);
        true
    }

    /// Why the subject's caller makes no more calls.
    fn why_spent(&self) -> Why {
        match self.examiner.caller.losses().of_check() {
            (0, 0) => self.control.why(),
            (deaths, hangs) => Why::Losses { deaths, hangs },
        }
    }

    /// Gives up if a call was cut.
    fn note_cut(&mut self) -> bool {
        let is_cut = self.examiner.caller.is_cut();
        if is_cut {
            let why = if self.control.should_stop() {
                self.control.why()
            } else {
                self.why_spent()
            };
            self.tally.give_up(why);
        }
        is_cut
    }

    /// How many calls to make between two questions whether to stop: a slow subject makes them in
    /// about a second.
    pub fn calls_at_a_time(&self) -> usize {
        match self.subject().capabilities().pace {
            Pace::Measured(rate) => (rate.calls_per_second as usize).max(1),
            Pace::Software | Pace::Native => usize::MAX,
        }
    }

    /// Whether there are enough findings by now to visit only one length in [`SAMPLED_ONE_IN`]. A
    /// subject that is wrong everywhere is known by then, and each stop costs a signal or a
    /// process. If there are, the session remembers that the check is a sample from now on.
    pub fn should_sample(&mut self) -> bool {
        let deaths = self.examiner.caller.losses().deaths;
        let (after, count) = if self.tally.findings > FINDINGS_BEFORE_SAMPLING {
            (SampledAfter::Findings, FINDINGS_BEFORE_SAMPLING)
        } else if deaths > DEATHS_BEFORE_SAMPLING {
            (SampledAfter::Deaths, DEATHS_BEFORE_SAMPLING)
        } else {
            return false;
        };
        self.tally.sampled.get_or_insert(Sampled {
            after,
            count,
            one_in: SAMPLED_ONE_IN,
        });
        true
    }

    /// Says how many cases the check is about to visit. After an explained finding of another check
    /// it has [`thinning::CASES`](crate::thinning::CASES) of them. It asks
    /// [`Session::takes_case`] before each.
    pub fn expect_cases(&mut self, planned: usize) {
        self.expect_cases_of(planned, 1);
    }

    /// Says the same of cases that have this number of cells each.
    pub fn expect_cases_of(&mut self, planned: usize, cells_each: usize) {
        let by = self.explained.filter(|by| *by != self.check.id);
        let rng = self.rng(THINNED);
        self.tally.thinning = by.map(|by| Thinning::new(by, planned, cells_each, rng));
    }

    /// Whether the check is to visit the next of its cases.
    pub fn takes_case(&mut self) -> bool {
        let thinning = self.tally.thinning.as_mut();
        thinning.is_none_or(Thinning::takes_next)
    }

    /// Notes whether a finding of a check is explained, if that thins the checks after it.
    pub(crate) fn note_explained(&mut self, result: &CheckResult) {
        if self.control.after_finding != AfterFinding::Thin {
            return;
        }
        let is_explained = |group: &&Group| {
            let diagnosis = group.diagnosis.as_ref();
            diagnosis.is_some_and(|one| one.confidence == Confidence::Explained)
                && !(self.control.is_accepted)(&group.finding)
        };
        let explained = result.groups.iter().find(is_explained);
        self.explained = self
            .explained
            .or(explained.map(|group| group.finding.check));
    }

    /// The register of these random bits, or the initial one if the subject takes no other.
    pub fn register(&self, bits: u64) -> u64 {
        let model = self.model();
        if self.examiner.takes_checksum() {
            bits & model.mask()
        } else {
            model.register_of(model.initial_checksum())
        }
    }

    /// Whether the check has a finding, or was stopped, so far.
    pub(crate) fn has_ended_early(&self) -> bool {
        !self.tally.groups.is_empty() || self.tally.halted.is_some()
    }

    /// Notes that the check does not run.
    pub fn skip(&mut self, skip: Skip) {
        self.tally.skipped = Some(skip);
    }

    /// Notes that a part of the check does not run.
    pub fn leave_out(&mut self, what: &str, skip: Skip) {
        self.tally.left_out.push((what.to_owned(), skip));
    }

    /// The most stack that a call may use, in bytes; `None` if no check judges that.
    pub fn max_stack_bytes(&self) -> Option<usize> {
        self.max_stack_bytes
    }

    /// Notes how much stack a call used.
    pub fn note_stack(&mut self, length: usize, used_bytes: usize) {
        let most = self.tally.stack.entry(length).or_default();
        *most = used_bytes.max(*most);
    }

    /// Whether `agree` has found a wrong value of this subject.
    pub fn is_known_wrong(&self) -> bool {
        self.is_known_wrong
    }

    /// Whether a call that does not return was reported.
    pub fn knows_hang(&self) -> bool {
        self.known_kinds.contains(&Kind::Hang)
    }

    /// The checksum of a case by all judges. The definition is among them unless it is too slow.
    pub fn expected_checksum(&self, case: &Case) -> u64 {
        expected_checksum(self.panel(), self.examiner.checksum_in(case), &case.message)
    }

    /// The checksums after the prefixes of these lengths, ascending, by all judges.
    pub fn references(&self, checksum: u64, message: &[u8], lengths: &[usize]) -> Vec<u64> {
        expected_checksums(self.panel(), checksum, message, lengths)
    }

    pub fn visit(&mut self, case: &Case) {
        self.visit_as(case, case.message.len(), 1);
    }

    /// Counts the cell of a case as one of messages of `length`, with this number of calls.
    pub fn visit_as(&mut self, case: &Case, length: usize, calls: u64) {
        let cells = Cells {
            lengths: &[length],
            placement: case.placement,
            class: RegisterClass::of(case.register, self.model().mask()),
            split: SplitClass::of(case),
        };
        self.tally.visit_many(cells, calls);
    }

    /// Counts a case and judges it.
    pub fn examine(
        &mut self,
        case: &Case,
        judge: impl FnOnce(&mut Examiner<'a>, &mut dyn FnMut(Finding)),
    ) {
        self.visit(case);
        self.collect(judge);
    }

    /// Reports what `judge` finds.
    pub fn collect(&mut self, judge: impl FnOnce(&mut Examiner<'a>, &mut dyn FnMut(Finding))) {
        let mut found = Vec::new();
        self.examiner.caller.take_unsure();
        judge(&mut self.examiner, &mut |finding| found.push(finding));
        if self.note_cut() {
            return;
        }
        if self.examiner.caller.take_unsure() {
            found.retain(|finding| self.is_sure(finding));
        }
        for mut finding in found {
            self.tally.findings += 1;
            finding.check = self.attribute(finding.check, finding.kind);
            let (check, kind, at) = (finding.check, finding.kind, At::of(&finding));
            self.report(check, kind, at, |_| finding);
        }
    }

    /// Judges a case again by itself that was not right among others. Reports what `judge` then
    /// finds, or, if it finds nothing, what was seen `among_others`.
    pub fn recheck_alone(
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

    pub fn report_stop(&mut self, case: Case, stop: Stop) {
        if stop == Stop::not_made() {
            if !self.note_cut() {
                self.tally.give_up(Why::Hang);
            }
            return;
        }
        if stop.is_provisional {
            if self.known_kinds.contains(&Kind::Hang) {
                self.tally.give_up(Why::Hang);
                self.tally
                    .count_hang(At::message(case.message.len(), case.placement));
            } else {
                self.report_whole(case);
            }
            return;
        }
        self.tally.findings += 1;
        let (check, kind) = (check_of(stop.kind), stop.kind);
        let at = At::message(case.message.len(), case.placement).reaching(stop.distance_bytes);
        self.report(check, kind, at, |examiner| examiner.stopped(&case, stop));
    }

    /// Whether a finding is sure that was made when calls were given up before their time limit.
    /// A hang is not, once a sure one is known: it only counts.
    fn is_sure(&mut self, finding: &Finding) -> bool {
        if finding.kind != Kind::Hang {
            return true;
        }
        let is_made = finding.summary != Stop::not_made().summary;
        if !is_made || self.known_kinds.contains(&Kind::Hang) {
            self.tally.give_up(Why::Hang);
            if is_made {
                self.tally.count_hang(At::of(finding));
            }
            return false;
        }
        // If the call alone returns, the finding is all that there is to show.
        !self.report_whole(finding.case.clone())
    }

    /// Makes a call that was given up once more, and reports it if it takes its whole time limit.
    /// Returns whether it does.
    fn report_whole(&mut self, case: Case) -> bool {
        let checksum = self.examiner.checksum_in(&case);
        let caller = &mut self.examiner.caller;
        // This confirms a hang, and nothing else does.
        caller.can_confirm_hang();
        caller.set_wait(Wait::Whole);
        let outcome = caller.call(case.placement, checksum, &case.message, FILLS[0]);
        caller.set_wait(Wait::Sparing);
        match outcome {
            Ok(_) => false,
            Err(stop) => {
                self.report_stop(case, stop);
                true
            }
        }
    }

    /// The check that a finding belongs to. A wrong value that a check defers to `agree` belongs to
    /// `agree` when that has met one before.
    fn attribute(&self, check: CheckId, kind: Kind) -> CheckId {
        let is_deferred = self.check.defers_to_agree && check == self.check.id;
        if is_deferred && kind == Kind::WrongValue && self.is_known_wrong {
            VALUE_CHECK
        } else {
            check
        }
    }

    /// Reports a wrong value that `check` has met.
    pub fn report_wrong(
        &mut self,
        check: CheckId,
        at: At,
        finding: impl FnOnce(&Examiner<'a>) -> Finding,
    ) {
        let check = self.attribute(check, Kind::WrongValue);
        self.report(check, Kind::WrongValue, at, |examiner| Finding {
            check,
            ..finding(examiner)
        });
    }

    /// Counts a finding, and marks it on the map. It calls `finding` only for the first of its kind
    /// and for shorter ones.
    pub fn report(
        &mut self,
        check: CheckId,
        kind: Kind,
        at: At,
        finding: impl FnOnce(&Examiner<'a>) -> Finding,
    ) {
        self.is_known_wrong |= (check, kind) == (VALUE_CHECK, Kind::WrongValue);
        let is_new = self.known_kinds.insert(kind);
        // The dispatcher's choice does not depend on a message.
        if kind != Kind::WrongDispatch {
            self.tally.map.mark(kind, at.cell_length, at.placement);
        }
        if let Some(group) = Group::of(&mut self.tally.groups, check, kind) {
            if group.count(at) {
                group.take(finding(&self.examiner));
            }
            return;
        }
        let finding = finding(&self.examiner);
        self.control.note(&finding, self.check.id);
        // The right function is affine: where the law breaks, a value is wrong.
        let is_told = kind == Kind::NotAffine && self.known_kinds.contains(&Kind::WrongValue);
        if is_new && !is_told {
            (self.control.on_event)(&Event::Found {
                finding: &finding,
                by: self.check.id,
            });
        }
        Group::add(&mut self.tally.groups, finding);
    }
}

/// The label of the random stream of a thinned check, which no part of a check has.
const THINNED: u64 = u32::MAX as u64;

/// How often a check says how far it is.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// The number of findings at which [`Session::should_sample`] holds.
const FINDINGS_BEFORE_SAMPLING: u64 = 4096;

/// The number of lost processes at which it holds.
const DEATHS_BEFORE_SAMPLING: u64 = 32;

/// The step of a sample, a prime, so that it has every residue.
pub const SAMPLED_ONE_IN: usize = 61;
