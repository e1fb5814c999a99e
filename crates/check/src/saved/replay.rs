//! Judges saved cases and inputs again.

use crate::case::Case;
use crate::check_result::{CheckResult, Ending, Skip};
use crate::checks::{self, Check, CheckSet};
use crate::control::Control;
use crate::coverage::cell_map::CellMap;
use crate::describer::Describer;
use crate::examiner::{Examiner, expected_checksum, forge};
use crate::finding::{Finding, VALUE_CHECK};
use crate::fuzz::{FuzzRunner, Target};
use crate::group::Group;
use crate::halt::Why;
use crate::run::RunError;
use crate::same_cause;
use crate::saved::load::{Content, Item};
use crcheck_oracle::panel::Panel;
use crcheck_platform::message_memory::LENGTH_MAX;
use crcheck_subject::{Blindness, CheckId, FILLS, Kind, Subject, SubjectName, Wait};
use std::sync::Arc;
use std::time::Instant;

/// The results of a replay.
pub struct Replayed {
    /// The result of each check of each subject, over all items.
    pub results: Vec<CheckResult>,
    /// How many cases ask for a tier that is not among the subjects; 0 if there are no subjects.
    pub without_subject: usize,
    /// How many cases were left out because the subject had lost its process too often before.
    pub given_up: usize,
    /// How many cases were left out because the subject has no length for their message.
    pub too_long: usize,
}

impl Replayed {
    /// How many cases were left out, and why.
    pub fn left_out(&self) -> impl Iterator<Item = (usize, &'static str)> {
        let left_out = [
            (
                self.given_up,
                "the subject's process ended too often on earlier cases",
            ),
            (
                self.without_subject,
                "they need a tier that is not selected or not available",
            ),
            (
                self.too_long,
                "their message is longer than the subject's length can say",
            ),
        ];
        left_out.into_iter().filter(|(count, _)| *count > 0)
    }
}

/// The result of a check so far, the cells that it has visited, and the cases that it has not
/// judged.
struct Growing {
    result: CheckResult,
    map: CellMap,
    skipped: Vec<(Skip, usize)>,
}

impl Growing {
    fn skip(&mut self, skip: Skip) {
        match self.skipped.iter_mut().find(|(known, _)| *known == skip) {
            Some((_, count)) => *count += 1,
            None => self.skipped.push((skip, 1)),
        }
    }

    /// A check that has judged no case did not run. Else the cases that it has not judged are
    /// parts that it left out.
    fn into_result(self) -> CheckResult {
        let mut result = CheckResult {
            map: Arc::new(self.map.runs()),
            ..self.result
        };
        let mut skipped = self.skipped.into_iter();
        if result.cells == 0 {
            if let Some((skip, _)) = skipped.next() {
                result.ending = Ending::Skipped(skip);
            }
        } else {
            let parts = skipped.map(|(skip, count)| match count {
                1 => ("1 case".to_owned(), skip),
                more => (format!("{more} cases"), skip),
            });
            result.left_out.extend(parts);
        }
        result
    }
}

/// Judges every subject on every item, by those of `checks` that the item's target, or the
/// artifact, asks for. If `control` stops it before its end, each subject with items left has a
/// result that was stopped.
///
/// # Errors
/// If the judges do not qualify, or the operating system refuses the message memory.
pub fn replay(
    items: &[Item],
    subjects: &[Box<dyn Subject>],
    checks: CheckSet,
    control: &Control<'_>,
    on_found: &mut dyn FnMut(&Item, &Finding),
) -> Result<Replayed, RunError> {
    let mut replayed = Replayed {
        results: Vec::new(),
        without_subject: 0,
        given_up: 0,
        too_long: 0,
    };
    let mut visited = vec![false; items.len()];
    for subject in subjects {
        if control.should_stop() {
            let mut result = stopped(subject.name(), checks, control.why());
            result.executed_by = subject.capabilities().executed_by.here();
            replayed.results.push(result);
            continue;
        }
        let mut growing = Vec::new();
        let panel = Panel::qualify(&subject.model())?;
        let mut examiner = Examiner::new(subject.as_ref(), &panel, LENGTH_MAX)?;
        examiner.caller.renew(&control.until());
        let mut is_stopped = false;
        for (item, visited) in items.iter().zip(&mut visited) {
            is_stopped = control.should_stop();
            if is_stopped {
                break;
            }
            if examiner.caller.is_spent() {
                *visited = true;
                replayed.given_up += usize::from(has_lost_calls(&examiner));
                continue;
            }
            let mut on_found = |item: &Item, finding: &Finding| {
                control.note(finding, finding.check);
                on_found(item, finding);
            };
            match replay_case(&mut examiner, item, checks, &mut growing, &mut on_found) {
                Seen::Judged => *visited = true,
                Seen::TooLong => {
                    *visited = true;
                    replayed.too_long += 1;
                }
                Seen::OfAnother => {}
            }
        }
        is_stopped |= examiner.caller.is_cut();
        let mut results: Vec<CheckResult> = growing.into_iter().map(Growing::into_result).collect();
        if is_stopped && results.is_empty() {
            results.push(stopped(subject.name(), checks, control.why()));
        } else if is_stopped {
            for result in &mut results {
                result.ending = Ending::Stopped(control.why().into());
            }
        }
        conclude(&mut examiner, &mut results, control);
        replayed.results.extend(results);
    }
    replayed.results.extend(replay_inputs(
        items,
        subjects,
        &mut visited,
        control,
        on_found,
    )?);
    if !subjects.is_empty() && !control.should_stop() {
        replayed.without_subject = visited.iter().filter(|visited| !**visited).count();
    }
    Ok(replayed)
}

/// Describes the findings of the examiner's subject, and notes what has executed its code.
fn conclude(examiner: &mut Examiner<'_>, results: &mut [CheckResult], control: &Control<'_>) {
    let mut describer = Describer::new(checks::explain);
    describe(examiner, &mut describer, results, control);
    if !control.is_cancelled() {
        same_cause::join(examiner, results, describer.of_signature());
    }
    for result in results {
        result.executed_by = examiner.capabilities().executed_by.here();
        result.join_account(examiner.caller.account());
    }
}

/// Whether a subject that makes no more calls has lost too many. What is not modelled ends them
/// too, and each check says so.
fn has_lost_calls(examiner: &Examiner<'_>) -> bool {
    let account = examiner.caller.account();
    account.is_none_or(|account| account.unmodelled.is_none())
}

/// The result of a replay on `subject` that has not begun. It is one of the value check, or of the
/// first of `checks`.
pub fn stopped(subject: SubjectName, checks: CheckSet, why: Why) -> CheckResult {
    let of_values = checks.contains(VALUE_CHECK).then_some(VALUE_CHECK);
    let first = || checks.iter().next().map(|check| check.id);
    let check = of_values.or_else(first).unwrap_or(VALUE_CHECK);
    CheckResult {
        ending: Ending::Stopped(why.into()),
        ..CheckResult::new(subject, check)
    }
}

/// Describes every finding of the examiner's subject, until `control` is cancelled.
fn describe(
    examiner: &mut Examiner<'_>,
    describer: &mut Describer,
    results: &mut [CheckResult],
    control: &Control<'_>,
) {
    for result in results {
        let begun = Instant::now();
        for group in &mut result.groups {
            if control.is_cancelled() {
                return;
            }
            examiner.caller.renew(&control.until_described());
            group.describe(examiner, describer, None);
        }
        result.time += begun.elapsed();
    }
}

/// What became of an item for a subject.
enum Seen {
    /// The checks that apply judged it.
    Judged,
    /// It is not a case, or a case of another subject.
    OfAnother,
    /// The subject has no length for its message.
    TooLong,
}

/// Judges one item.
fn replay_case(
    examiner: &mut Examiner<'_>,
    item: &Item,
    wanted: CheckSet,
    growing: &mut Vec<Growing>,
    on_found: &mut dyn FnMut(&Item, &Finding),
) -> Seen {
    let Some(mut case) = item.content.case(examiner.model()) else {
        return Seen::OfAnother;
    };
    let number = examiner.capabilities().tier.map(|code| code.number());
    if case.tier_code != 0 && number.is_some_and(|number| number != case.tier_code) {
        return Seen::OfAnother;
    }
    if case.message.len() as u64 > examiner.capabilities().length_max {
        return Seen::TooLong;
    }
    let (own, asked) = match &item.content {
        Content::Artifact(artifact) => (artifact.check, Target::KernelVsOracle.checks()),
        Content::Input(target, _) => (None, target.checks()),
    };
    let asked = own.into_iter().fold(asked, CheckSet::with);
    let asked = asked.filter(|check| asked.contains(check.id) && wanted.contains(check.id));
    let skips = asked.iter().map(|check| skip_of(check, examiner, &case));
    let skips: Vec<Option<Skip>> = skips.collect();
    if skips.iter().any(Option::is_none) {
        forge(&mut case, examiner.panel());
    }
    let mut expected = None;
    for (check, skip) in asked.iter().zip(skips) {
        if let Some(skip) = skip {
            find_or_add(growing, examiner.subject().name(), check.id).skip(skip);
            continue;
        }
        let expected = *expected.get_or_insert_with(|| {
            let checksum = examiner.checksum_in(&case);
            expected_checksum(examiner.panel(), checksum, &case.message)
        });
        judge_by(
            check,
            examiner,
            (&case, expected),
            growing,
            &mut |finding| {
                on_found(item, finding);
            },
        );
    }
    Seen::Judged
}

/// Judges a case, whose expected checksum is known, by a check.
fn judge_by(
    check: &Check,
    examiner: &mut Examiner<'_>,
    (case, expected): (&Case, u64),
    growing: &mut Vec<Growing>,
    on_found: &mut dyn FnMut(&Finding),
) {
    let is_known_wrong = growing.iter().any(|one| {
        let groups = &mut one.result.groups.iter();
        groups.any(|group| (group.finding.check, group.finding.kind) == VALUE)
    });
    let Growing { result, map, .. } = find_or_add(growing, examiner.subject().name(), check.id);
    result.cells += 1;
    if !case.is_null {
        map.visit(&[case.message.len()], case.placement);
    }
    let (before, begun) = (examiner.calls_made(), Instant::now());
    let executed = examiner.instructions();
    let blindness = examine_with_signals(check, examiner, case, expected, &mut |mut finding| {
        // As in a plan, one cause is one finding.
        if check.defers_to_agree && is_known_wrong && finding.kind == VALUE.1 {
            finding.check = VALUE.0;
        }
        on_found(&finding);
        let length = usize::try_from(finding.len_bytes()).unwrap_or(usize::MAX);
        map.mark(finding.kind, length, finding.case.placement);
        Group::add(&mut result.groups, finding);
    });
    result.calls += examiner.calls_made() - before;
    let executed = examiner.instructions().zip(executed);
    let executed = executed.map(|(now, before)| now - before);
    result.instructions = sum(result.instructions, executed);
    result.time += begun.elapsed();
    if !blindness.is_none() {
        result.ending = Ending::prevented_by(blindness);
    }
}

/// The sum of two numbers of instructions, of those that are known.
fn sum(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    one.into_iter()
        .chain(other)
        .reduce(|one, other| one + other)
}

/// The check and the kind of a wrong value.
const VALUE: (CheckId, Kind) = (VALUE_CHECK, Kind::WrongValue);

/// Why a check does not judge a case; `None` if it does.
fn skip_of(check: &Check, examiner: &Examiner<'_>, case: &Case) -> Option<Skip> {
    let unfit = || (check.unfit)(examiner.subject(), case).map(str::to_owned);
    let inapplicable = (check.unsuited)(examiner.capabilities()).or_else(unfit);
    let inapplicable = inapplicable.map(Skip::inapplicable);
    inapplicable.or_else(|| (check.unavailable)().map(Skip::here))
}

/// Judges a case by a check. If the check relies on signals, and the subject has kept them from it,
/// it judges the case once more. Returns what has kept them from it then too.
fn examine_with_signals(
    check: &Check,
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) -> Blindness {
    let mut blindness = Blindness::default();
    let rounds = if check.relies_on_signals { 2 } else { 1 };
    for _ in 0..rounds {
        let mut findings = Vec::new();
        (check.examine)(examiner, case, expected, &mut |finding| {
            findings.push(finding);
        });
        // A call that was cut says nothing about the subject.
        if examiner.caller.is_cut() {
            return Blindness::default();
        }
        if examiner.caller.take_unsure() {
            findings = sure(examiner, findings);
        }
        let is_found = !findings.is_empty();
        findings.into_iter().for_each(&mut *found);
        if !check.relies_on_signals {
            return blindness;
        }
        blindness = examiner.caller.take_blindness();
        if is_found || blindness.is_none() {
            return Blindness::default();
        }
    }
    blindness
}

/// Of findings that were made when calls were given up before their time limit, those that are
/// sure. A hang is, if it can be confirmed; else a sure one is known.
fn sure(examiner: &mut Examiner<'_>, findings: Vec<Finding>) -> Vec<Finding> {
    let mut sure = Vec::new();
    for finding in findings {
        if finding.kind != Kind::Hang {
            sure.push(finding);
        } else if examiner.caller.can_confirm_hang() {
            let (case, checksum) = (&finding.case, examiner.checksum_in(&finding.case));
            let caller = &mut examiner.caller;
            caller.set_wait(Wait::Whole);
            let outcome = caller.call(case.placement, checksum, &case.message, FILLS[0]);
            caller.set_wait(Wait::Short);
            sure.extend(outcome.err().map(|stop| examiner.stopped(case, stop)));
        }
    }
    sure
}

fn find_or_add(growing: &mut Vec<Growing>, subject: SubjectName, check: CheckId) -> &mut Growing {
    let is_same = |one: &Growing| one.result.check == check;
    let index = growing.iter().position(is_same).unwrap_or_else(|| {
        growing.push(Growing {
            result: CheckResult::new(subject, check),
            map: CellMap::default(),
            skipped: Vec::new(),
        });
        growing.len() - 1
    });
    &mut growing[index]
}

/// Judges the inputs that are not cases by their own targets.
fn replay_inputs(
    items: &[Item],
    subjects: &[Box<dyn Subject>],
    visited: &mut [bool],
    control: &Control<'_>,
    on_found: &mut dyn FnMut(&Item, &Finding),
) -> Result<Vec<CheckResult>, RunError> {
    let mut results = Vec::new();
    for target in [
        Target::HasherModel,
        Target::ReaderModel,
        Target::OracleVsOracle,
        Target::ArtifactParse,
    ] {
        let is_wanted =
            |item: &Item| matches!(&item.content, Content::Input(of, _) if *of == target);
        if !items.iter().any(is_wanted) {
            continue;
        }
        let mut runner = FuzzRunner::new(target, subjects)?;
        let mut result = CheckResult::new(SubjectName::Own(target.name().to_owned()), VALUE_CHECK);
        let begun = Instant::now();
        for (item, visited) in items.iter().zip(visited.iter_mut()) {
            let Content::Input(of, bytes) = &item.content else {
                continue;
            };
            if *of != target {
                continue;
            }
            if control.should_stop() {
                result.ending = Ending::Stopped(control.why().into());
                break;
            }
            *visited = true;
            result.cells += 1;
            result.calls += 1;
            runner.judge(bytes, &mut |finding| {
                control.note(&finding, finding.check);
                on_found(item, &finding);
                Group::add(&mut result.groups, finding);
            });
        }
        result.time = begun.elapsed();
        results.push(result);
    }
    Ok(results)
}

/// Adds the results of a replay to those of a run of the same subjects and checks.
pub fn merge(results: &mut Vec<CheckResult>, replayed: Vec<CheckResult>) {
    for result in replayed {
        let is_same = |other: &&mut CheckResult| {
            other.subject == result.subject && other.check == result.check
        };
        let Some(known) = results.iter_mut().find(is_same) else {
            results.push(result);
            continue;
        };
        match (&known.ending, &result.ending) {
            // What one of them has judged is the result.
            (_, Ending::Skipped(_)) => continue,
            (Ending::Skipped(_), _) => known.ending = result.ending,
            // It has no verdict, however far the other one went.
            (Ending::Prevented(_), _) => {}
            // The plan's run of a check is complete, and that of the saved cases may not be.
            (_, Ending::Stopped(_)) => known.ending = result.ending,
            _ => {}
        }
        known.left_out.extend(result.left_out);
        known.cells += result.cells;
        known.calls += result.calls;
        known.instructions = sum(known.instructions, result.instructions);
        known.join_account(result.account);
        known.time += result.time;
        Arc::make_mut(&mut known.map).join(&result.map);
        for group in result.groups {
            Group::join(&mut known.groups, group);
        }
    }
}
