//! Runs the self-test.

use super::row::{SelftestOutcome, SelftestRow};
use super::selection::Selection;
use crate::planter::Planter;
use crate::right_diagnosis::{Judgement, RightDiagnosis};
use crate::spec::{FaultSpec, Necessity};
use crcheck_harness::check::check_result::{CheckResult, Ending};
use crcheck_harness::check::checks;
use crcheck_harness::check::checks::CheckSet;
use crcheck_harness::check::control::Control;
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::check::group::Group;
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::run;
use crcheck_harness::check::run::RunError;
use crcheck_harness::diagnose::{Call, Diagnosis};
use crcheck_harness::platform::message_memory::Placement;
use crcheck_harness::platform::rng::SplitMix64;
use crcheck_harness::subject::CheckId;
use crcheck_harness::subject::Kind;
use crcheck_harness::subject::Subject;
use crcheck_harness::subject::{FILLS, open};

/// First calls of each number of threads for faults that no race shows: each process that makes
/// them is a copy of this one, which costs milliseconds.
const FEW_FIRST_CALLS: usize = 8;

/// The plan with few races of first calls.
fn with_few_races(plan: Plan) -> Plan {
    let mut plan = plan;
    plan.depth.first_calls.each = FEW_FIRST_CALLS;
    plan
}

/// The only check for faults that end their process, each call of which costs a process.
fn checks_for_ended_processes() -> CheckSet {
    CheckSet::none().with(checks::agree::ID)
}

/// Runs the faults and good kernels of a selection, side by side: the faults at depth `quick`.
///
/// # Errors
/// If a run cannot begin.
pub fn run(selection: Selection<'_>, control: &Control<'_>) -> Result<Vec<SelftestRow>, RunError> {
    let planter = selection.planter();
    let run = Run {
        selection,
        planter: &planter,
        control,
    };
    let mut rows = run.judge_faults()?;
    rows.extend(run.judge_good_kernels()?);
    Ok(rows)
}

#[derive(Clone, Copy)]
struct Run<'r> {
    selection: Selection<'r>,
    planter: &'r Planter,
    control: &'r Control<'r>,
}

impl Run<'_> {
    fn judge_faults(self) -> Result<Vec<SelftestRow>, RunError> {
        let mut unavailable = Vec::new();
        let mut available = Vec::new();
        for fault in self.selection.faults(self.planter) {
            // Each in C costs a process.
            let is_planted = || self.planter.plant(fault).map(|_| ());
            match self.unless_cancelled(is_planted) {
                Some(Err(reason)) => unavailable.push(self.skipped_row(fault, reason)),
                Some(Ok(())) | None => available.push(fault),
            }
        }
        let (mut faults, ending): (Vec<_>, Vec<_>) = available
            .into_iter()
            .partition(|fault| !fault.ends_process());
        // Those that race come first.
        let is_race = |fault: &&FaultSpec| fault.caught_by == checks::threads::ID;
        faults.sort_by_key(|fault| !is_race(fault));
        let races = faults.iter().filter(|fault| is_race(fault)).count();
        let all = self.plan(DepthName::Quick, CheckSet::all());
        let mut results = self.run_faults(&faults[..races], &all)?;
        results.extend(self.run_faults(&faults[races..], &with_few_races(all))?);
        let one = self.plan(DepthName::Quick, checks_for_ended_processes());
        results.extend(self.run_faults(&ending, &one)?);
        faults.extend(ending);

        let is_huge = |fault: &&FaultSpec| fault.caught_by == checks::huge::ID;
        let huge: Vec<_> = faults.iter().copied().filter(is_huge).collect();
        let of_huge = faults.iter().zip(&mut results);
        let of_huge = of_huge.filter(|(fault, _)| is_huge(fault));
        let more = self.run_faults(&huge, &self.huge_plan())?;
        for ((_, results), more) in of_huge.zip(more) {
            results.extend(more);
        }

        let judged = faults.iter().zip(&results);
        let mut rows: Vec<SelftestRow> = judged
            .map(|(fault, results)| self.fault_row(fault, results))
            .collect();
        self.ablate(&faults, &mut rows)?;
        rows.extend(unavailable);
        Ok(rows)
    }

    fn judge_good_kernels(self) -> Result<Vec<SelftestRow>, RunError> {
        // The fast ones, then the others: `huge` judges the fast ones alone.
        let (mut fast, mut others) = (Vec::new(), Vec::new());
        let mut not_judged = Vec::new();
        for good in self.selection.good_kernels() {
            let name = good.full_name();
            match self.unless_cancelled(|| self.planter.make_good(good)) {
                None => not_judged.push(good_row(name, &[], SelftestOutcome::Unfinished)),
                Some(Ok(subject)) if good.is_fast() => fast.push((name, subject)),
                Some(Ok(subject)) => others.push((name, subject)),
                Some(Err(reason)) => {
                    not_judged.push(good_row(name, &[], SelftestOutcome::Skipped(reason)));
                }
            }
        }
        let fast_ones = fast.len();
        let (names, subjects): (Vec<_>, Vec<_>) = fast.into_iter().chain(others).unzip();
        let all = self.plan(DepthName::Quick, CheckSet::all());
        let mut results = self.run_plan(&subjects, &all)?;
        let more = self.run_plan(&subjects[..fast_ones], &self.huge_plan())?;
        for (results, more) in results.iter_mut().zip(more) {
            results.extend(more);
        }
        let rows = names.into_iter().zip(results).map(|(name, results)| {
            let outcome = match (found(&results).is_empty(), unfinished(&results).is_empty()) {
                (true, true) => SelftestOutcome::Right,
                (true, false) => SelftestOutcome::Unfinished,
                (false, _) => SelftestOutcome::Accused,
            };
            good_row(name, &results, outcome)
        });
        Ok(rows.chain(not_judged).collect())
    }

    /// Runs each fault that its check alone has found, or alone should find, without that check.
    fn ablate(self, faults: &[&FaultSpec], rows: &mut [SelftestRow]) -> Result<(), RunError> {
        for check in checks::ids() {
            let (tried, rows): (Vec<&FaultSpec>, Vec<&mut SelftestRow>) = faults
                .iter()
                .copied()
                .zip(&mut *rows)
                .filter(|(fault, row)| {
                    let is_alone = row.found.iter().all(|(found_by, _)| *found_by == check);
                    let is_tried = fault.caught_by == check && !fault.ends_process();
                    is_tried && (is_alone || fault.necessity == Necessity::Alone)
                })
                .unzip();
            let without = CheckSet::all().without(check);
            let plan = with_few_races(self.plan(self.selection.ablation, without));
            let results = self.run_faults(&tried, &plan)?;
            for ((fault, row), results) in tried.into_iter().zip(rows).zip(results) {
                note_ablation(fault, row, &results);
            }
        }
        Ok(())
    }

    /// The check that depth `quick` leaves out.
    fn huge_plan(self) -> Plan {
        self.plan(DepthName::Default, CheckSet::none().with(checks::huge::ID))
    }

    fn plan(self, depth: DepthName, checks: CheckSet) -> Plan {
        Plan {
            depth: Depth::of(depth),
            checks,
            seed: self.selection.seed,
            max_stack_bytes: None,
            is_scaled: true,
        }
    }

    fn run_plan(
        self,
        subjects: &[Box<dyn Subject>],
        plan: &Plan,
    ) -> Result<Vec<Vec<CheckResult>>, RunError> {
        run::run(subjects, plan, self.control)
    }

    /// Plants the faults and runs a plan on them.
    fn run_faults(
        self,
        faults: &[&FaultSpec],
        plan: &Plan,
    ) -> Result<Vec<Vec<CheckResult>>, RunError> {
        let plant_all = || faults.iter().map(|fault| self.plant(fault)).collect();
        let planted: Option<Vec<Box<dyn Subject>>> = self.unless_cancelled(plant_all);
        if let Some(planted) = planted {
            return self.run_plan(&planted, plan);
        }
        let why = self.control.why();
        let names = faults.iter().map(|fault| self.planter.full_name(fault));
        let stopped = names.map(|name| run::stopped(&name.into(), plan.checks, why));
        Ok(stopped.collect())
    }

    /// What `make` makes; `None` if somebody waits for the end.
    fn unless_cancelled<T>(self, make: impl FnOnce() -> T) -> Option<T> {
        (!self.control.is_cancelled()).then(make)
    }

    /// A new subject of a fault that could be planted before.
    fn plant(self, fault: &FaultSpec) -> Box<dyn Subject> {
        let subject = self.planter.plant(fault);
        subject.unwrap_or_else(|error| panic!("{}: {error}", fault.name))
    }

    fn fault_row(self, fault: &FaultSpec, results: &[CheckResult]) -> SelftestRow {
        let found = found(results);
        let is_caught = found
            .iter()
            .any(|&(check, kind)| fault.is_right_finding(check, kind));
        let unfinished = unfinished(results);
        let right = self.planter.right_diagnosis(fault);
        // Without the findings of every check, a diagnosis may be of another finding.
        let is_cut = self.control.is_cancelled() && !unfinished.is_empty();
        let diagnosis = find_diagnosis(fault, &right, results)
            .filter(|_| !is_cut)
            .map(|diagnosis| self.judge_diagnosis(fault, &right, diagnosis));
        let outcome = match (is_caught, unfinished.is_empty(), &diagnosis) {
            (true, _, Some(Judgement::Right)) => SelftestOutcome::Right,
            // The last finding came when no diagnosis was made any more.
            (true, _, None) if self.control.is_cancelled() => SelftestOutcome::Unfinished,
            (true, _, Some(Judgement::Unexplained)) => SelftestOutcome::Unexplained,
            (true, ..) => SelftestOutcome::Misread,
            (false, true, _) => SelftestOutcome::Escaped,
            (false, false, _) => SelftestOutcome::Unfinished,
        };
        SelftestRow {
            name: self.planter.full_name(fault),
            expected: Some(fault.caught_by),
            checks: completed(results),
            found,
            found_without: None,
            unfinished,
            diagnosis,
            outcome,
        }
    }

    fn skipped_row(self, fault: &FaultSpec, reason: String) -> SelftestRow {
        SelftestRow {
            name: self.planter.full_name(fault),
            expected: Some(fault.caught_by),
            checks: CheckSet::none(),
            found: Vec::new(),
            found_without: None,
            unfinished: Vec::new(),
            diagnosis: None,
            outcome: SelftestOutcome::Skipped(reason),
        }
    }

    /// A diagnosis is right if it says what it should, and predicts calls that it has not seen.
    fn judge_diagnosis(
        self,
        fault: &FaultSpec,
        right: &RightDiagnosis,
        diagnosis: &Diagnosis,
    ) -> Judgement {
        match right.judge(diagnosis) {
            Judgement::Right if !self.is_predicted_by(diagnosis, fault) => {
                Judgement::Wrong(diagnosis.summary.clone())
            }
            judgement => judgement,
        }
    }

    /// Whether the cause that the diagnosis names gives the values of calls that it has not seen.
    fn is_predicted_by(self, diagnosis: &Diagnosis, fault: &FaultSpec) -> bool {
        let Some(cause) = &diagnosis.cause else {
            return true;
        };
        let subject = self.plant(fault);
        let mut rng = SplitMix64::labelled(self.selection.seed, HELD_BACK as u64);
        let mut probe = open(subject.as_ref(), 1 << 16).expect("memory");
        let calls: Vec<Call> = (0..HELD_BACK)
            .map(|_| {
                let bits = 4 + rng.index(8);
                let mut message = vec![0; rng.index(1 << bits)];
                rng.fill(&mut message);
                Call {
                    placement: Placement::aligned(rng.index(64)),
                    checksum: rng.next_u64() & subject.model().mask(),
                    message,
                    fill: FILLS[rng.index(2)],
                }
            })
            .collect();
        let predicted = cause.answers(&subject.model(), &calls);
        calls.iter().zip(predicted).all(|(call, predicted)| {
            let got = probe.call(call.placement, call.checksum, &call.message, call.fill);
            got.is_err() || got == Ok(predicted)
        })
    }
}

/// Calls that the diagnosis has not seen.
const HELD_BACK: usize = 2000;

/// What the run without its check says of a fault.
fn note_ablation(fault: &FaultSpec, row: &mut SelftestRow, results: &[CheckResult]) {
    let still = found(results);
    let unfinished = unfinished(results);
    let is_needed = fault.necessity != Necessity::Alone || still.is_empty();
    if row.outcome == SelftestOutcome::Right && !is_needed {
        row.outcome = SelftestOutcome::NotNeeded;
    } else if row.outcome == SelftestOutcome::Right && !unfinished.is_empty() && still.is_empty() {
        row.outcome = SelftestOutcome::Unfinished;
    }
    row.unfinished.extend(unfinished);
    row.found_without = Some(still);
}

/// The diagnosis of the fault: of a wrong value if there is one, else of what its check found.
fn find_diagnosis<'r>(
    fault: &FaultSpec,
    right: &RightDiagnosis,
    results: &'r [CheckResult],
) -> Option<&'r Diagnosis> {
    let of_threads = |is_race: bool| {
        let of = move |result: &&CheckResult| (result.check == checks::threads::ID) == is_race;
        results.iter().filter(of).flat_map(|result| &result.groups)
    };
    // `threads` comes last: it visits few lengths, too few for a fault that shows without threads.
    let groups = || of_threads(false).chain(of_threads(true));
    let is_meant = |group: &&Group| fault.is_right_finding(group.finding.check, group.finding.kind);
    let of_value = groups().find(|group| group.finding.kind == Kind::WrongValue);
    let meant = match right {
        RightDiagnosis::Observed => groups().find(is_meant),
        _ => of_value.or_else(|| groups().find(is_meant)),
    };
    meant?.diagnosis.as_ref()
}

fn found(results: &[CheckResult]) -> Vec<(CheckId, Kind)> {
    let groups = results.iter().flat_map(|result| &result.groups);
    let mut found: Vec<_> = groups
        .map(|group| (group.finding.check, group.finding.kind))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn completed(results: &[CheckResult]) -> CheckSet {
    let completed = results
        .iter()
        .filter(|result| !matches!(result.ending, Ending::Skipped(_) | Ending::Prevented(_)));
    completed.map(|result| result.check).collect()
}

fn unfinished(results: &[CheckResult]) -> Vec<CheckId> {
    let stopped = results
        .iter()
        .filter(|result| matches!(result.ending, Ending::Stopped(_)));
    stopped.map(|result| result.check).collect()
}

fn good_row(name: String, results: &[CheckResult], outcome: SelftestOutcome) -> SelftestRow {
    SelftestRow {
        name,
        expected: None,
        checks: completed(results),
        found: found(results),
        found_without: None,
        unfinished: unfinished(results),
        diagnosis: None,
        outcome,
    }
}
