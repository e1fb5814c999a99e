//! Which findings of a subject have the same cause, by evidence. Findings stay apart where there is
//! none: a second cause must not hide behind the first.
//!
//! In this order, a finding has the cause of another one if
//!
//! 1. the diagnosis of wrong values predicts what each of its cases shows;
//! 2. both depend on earlier calls: its calls give something else when other calls come before
//!    each of them;
//! 3. the calls return in a state that their caller does not survive, and an audit shows one;
//! 4. the same instruction stops the calls in the same way; or its result changes with the bytes
//!    around the message, and that instruction stops the same call beside an inaccessible page;
//! 5. the calls depend on the same part of the caller's state;
//! 6. its affine law is broken by wrong values that no cause predicts.
//!
//! A function that is called by another signature than it has shows nothing else.

use crate::case::Case;
use crate::check_result::CheckResult;
use crate::checks::{self, caller_state};
use crate::examiner::{Examiner, expected_checksum};
use crate::finding::{Finding, VALUE_CHECK};
use crate::group::Group;
use crcheck_diagnose::{Call, Cause, Confidence};
use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_subject::{CALLER_CRASHES, CheckId, FILLS, Kind, Wait};
use std::cmp::Reverse;

/// Notes which findings of one subject have the same cause. Of those the best stands for all: an
/// explained one, then the one with the smallest case, then the one that its own check has met.
///
/// A wrong value that the diagnosis of the others does not predict becomes a finding of the check
/// that met it.
///
/// `of_signature` is what is said of calls that a wrong signature stops.
pub fn join(examiner: &mut Examiner<'_>, results: &mut [CheckResult], of_signature: Option<&str>) {
    let member_of = |seen_by| move |group| Member::new(group, seen_by);
    let mut members: Vec<Member<'_>> = results
        .iter_mut()
        .flat_map(|result| result.groups.iter_mut().map(member_of(result.check)))
        .collect();
    if members.len() < 2 {
        return;
    }
    examiner.caller.set_wait(Wait::Short);
    join_wrong_signature(&mut members, of_signature);
    join_predicted(examiner, &mut members);
    join_dependent_on_calls(examiner, &mut members);
    join_broken_callers(&mut members);
    join_stops(examiner, &mut members);
    join_unset_reads(examiner, &mut members);
    join_values(examiner, &mut members);
    lead_by_plain_values(&mut members);
    name_clusters(&mut members);
}

/// The findings of one check's run, and the cluster that they belong to.
struct Member<'g> {
    group: &'g mut Group,
    /// The check that met them.
    seen_by: CheckId,
    /// The index of the member that stands for them.
    cluster: Option<usize>,
}

impl<'g> Member<'g> {
    fn new(group: &'g mut Group, seen_by: CheckId) -> Self {
        Self {
            group,
            seen_by,
            cluster: None,
        }
    }

    fn kind(&self) -> Kind {
        self.group.finding.kind
    }

    /// The cause of wrong values, if it is known.
    fn cause(&self) -> Option<&Cause> {
        let cause = self.group.diagnosis.as_ref()?.cause.as_ref();
        cause.filter(|_| self.kind() == Kind::WrongValue)
    }

    /// Whether its sentence predicted every answer.
    fn is_explained(&self) -> bool {
        let diagnosis = self.group.diagnosis.as_ref();
        diagnosis.is_some_and(|one| one.confidence == Confidence::Explained)
    }

    /// Whether its sentence says why values are wrong.
    fn is_explained_value(&self) -> bool {
        self.kind() == Kind::WrongValue && self.is_explained()
    }

    /// Whether a single call shows it, whichever check made that.
    fn is_plain_value(&self) -> bool {
        self.kind() == Kind::WrongValue && self.group.finding.check == VALUE_CHECK
    }

    /// The least stands for its cluster.
    fn rank(&self) -> impl Ord + use<> {
        let is_explained = self.is_explained();
        let finding = &self.group.finding;
        (
            !is_explained,
            finding.len_bytes(),
            // That check has visited its own lengths for it.
            self.seen_by != finding.check,
            Reverse(self.group.count),
        )
    }
}

/// The members that no cluster has yet.
fn open(members: &[Member<'_>]) -> Vec<usize> {
    let indices = 0..members.len();
    indices
        .filter(|&one| members[one].cluster.is_none())
        .collect()
}

/// Clusters everything, if the signature is another one.
fn join_wrong_signature(members: &mut [Member<'_>], sentence: Option<&str>) {
    let is_so = |&one: &usize| Some(members[one].group.finding.summary.as_str()) == sentence;
    let all = open(members);
    let says = all.iter().copied().filter(is_so);
    if let Some(first) = says.min_by_key(|&one| members[one].rank()) {
        assign(members, first, all);
    }
}

/// Clusters around known causes of wrong values. The one that predicts most comes first.
fn join_predicted(examiner: &mut Examiner<'_>, members: &mut [Member<'_>]) {
    loop {
        let open = open(members);
        let mut largest: Option<(usize, Vec<usize>)> = None;
        for &one in &open {
            let Some(cause) = members[one].cause() else {
                continue;
            };
            let mut cluster = open.clone();
            // A cause that does not predict its own cases stands for nothing else.
            let is_sure = predicts(examiner, cause, members[one].group);
            cluster.retain(|&other| {
                let group = &members[other].group;
                other != one && is_sure && predicts(examiner, cause, group)
            });
            let key = |one: usize, cluster: &[usize]| (Reverse(cluster.len()), members[one].rank());
            let is_larger = largest
                .as_ref()
                .is_none_or(|(known, others)| key(one, &cluster) < key(*known, others));
            if is_larger {
                largest = Some((one, cluster));
            }
        }
        let Some((first, cluster)) = largest else {
            return;
        };
        assign(members, first, cluster);
    }
}

fn assign(members: &mut [Member<'_>], first: usize, others: Vec<usize>) {
    for one in others.into_iter().chain([first]) {
        members[one].cluster = Some(first);
    }
}

/// Whether the cause predicts what each of the group's cases shows.
fn predicts(examiner: &mut Examiner<'_>, cause: &Cause, group: &Group) -> bool {
    let model = examiner.model().clone();
    let predict = cause.predictor(&model);
    let mut cases = group.cases();
    cases.all(|finding| {
        let mut answer = |case: &Case, fill| Some(predict(&call_of(examiner, case, fill)));
        if checks::shows(&model, finding, &mut answer) {
            return true;
        }
        // A value may come from the bytes around the message, which no case has. Then the call
        // between other bytes decides.
        let call = call_of(examiner, &finding.case, FILLS[0]);
        let is_value = (finding.check, finding.kind) == (VALUE_CHECK, Kind::WrongValue);
        is_value && answer_of(examiner, &call) == Some(predict(&call))
    })
}

/// What the subject gives for a call; `None` if it does not return.
fn answer_of(examiner: &mut Examiner<'_>, call: &Call) -> Option<u64> {
    let caller = &mut examiner.caller;
    let outcome = caller.call(call.placement, call.checksum, &call.message, call.fill);
    outcome.ok()
}

fn call_of(examiner: &Examiner<'_>, case: &Case, fill: u8) -> Call {
    Call {
        placement: case.placement,
        checksum: examiner.checksum_in(case),
        message: case.message.clone(),
        fill,
    }
}

/// Clusters what depends on earlier calls. The finding that says so stands for the others.
fn join_dependent_on_calls(examiner: &mut Examiner<'_>, members: &mut [Member<'_>]) {
    let mut dependent = open(members);
    dependent.retain(|&one| {
        let group = &members[one].group;
        match group.finding.kind {
            Kind::HistoryDependent => true,
            Kind::WrongValue if !is_observed(group) => false,
            Kind::WrongValue | Kind::NotAffine | Kind::Split => {
                let mut cases = group.cases();
                cases.all(|finding| depends_on_calls(examiner, finding))
            }
            _ => false,
        }
    });
    let rank = |one: &usize| {
        let member = &members[*one];
        (member.kind() != Kind::HistoryDependent, member.rank())
    };
    if let Some(first) = dependent.iter().copied().min_by_key(rank) {
        assign(members, first, dependent);
    }
}

/// Whether the same call was answered in two ways: of wrong values, nothing else is observed.
fn is_observed(group: &Group) -> bool {
    let diagnosis = group.diagnosis.as_ref();
    diagnosis.is_some_and(|one| one.confidence == Confidence::Observed)
}

/// The lengths of the calls before a call, whose results it might give again.
const ELSEWHERE: [usize; 3] = [0, 5, 40];

/// Whether the finding does not show any more when its calls are made again: by themselves, or with
/// an unrelated call before each of them.
fn depends_on_calls(examiner: &mut Examiner<'_>, finding: &Finding) -> bool {
    // A stream is no sequence of calls.
    let has_streams = examiner.subject().stream(0).is_some();
    if finding.case.is_null || finding.kind == Kind::Split && has_streams {
        return false;
    }
    let model = examiner.model().clone();
    let mut is_stopped = false;
    let mut shows = |before: Option<usize>| {
        checks::shows(&model, finding, &mut |case, fill| {
            let call = call_of(examiner, case, fill);
            if let Some(length) = before {
                let unrelated = Call {
                    placement: Placement::aligned(case.placement.offset + 1),
                    checksum: call.checksum ^ 1,
                    message: vec![0xa5; length],
                    fill,
                };
                answer_of(examiner, &unrelated);
            }
            let answer = answer_of(examiner, &call);
            is_stopped |= answer.is_none();
            answer
        })
    };
    let mut before = [None].into_iter().chain(ELSEWHERE.map(Some));
    let shows_always = before.all(&mut shows);
    !shows_always && !is_stopped
}

/// Clusters calls that the same instruction stops, and results that depend on what it reads.
fn join_stops(examiner: &mut Examiner<'_>, members: &mut [Member<'_>]) {
    let mut stops = open(members);
    stops.retain(|&one| members[one].kind().stops_the_call());
    stops.sort_by_key(|&one| members[one].rank());
    for first in stops {
        if members[first].cluster.is_some() {
            continue;
        }
        if let Some(head) = cluster_of_same_stop(members, first) {
            members[first].cluster = Some(head);
            continue;
        }
        let stops: Vec<Finding> = members[first].group.cases().cloned().collect();
        let mut others = open(members);
        others.retain(|&other| {
            let mut is_so = |finding: &Finding| match finding.kind {
                Kind::SlackDependent => reads_by(examiner, finding, &stops),
                _ => stops.iter().any(|stop| is_same_stop(finding, stop)),
            };
            other != first && members[other].group.cases().all(&mut is_so)
        });
        assign(members, first, others);
    }
}

/// The cluster of a finding that the same instruction shows, if one has it.
fn cluster_of_same_stop(members: &[Member<'_>], one: usize) -> Option<usize> {
    let known = members.iter().filter(|member| member.cluster.is_some());
    let mut stops = known.filter(|member| member.kind().stops_the_call());
    let is_same = |member: &&Member<'_>| {
        let mut cases = members[one].group.cases();
        cases.all(|finding| member.group.cases().any(|stop| is_same_stop(finding, stop)))
    };
    stops.find(is_same)?.cluster
}

/// Whether the same instruction stops both calls in the same way. A message of no bytes may lie
/// beside an inaccessible page, or nowhere.
fn is_same_stop(one: &Finding, other: &Finding) -> bool {
    let is_empty_access = |finding: &Finding| {
        let is_access = matches!(finding.kind, Kind::Crash | Kind::OverRead | Kind::UnderRead);
        is_access && finding.case.message.is_empty()
    };
    let is_alike = one.kind == other.kind || is_empty_access(one) && is_empty_access(other);
    one.instruction.is_some() && one.instruction == other.instruction && is_alike
}

/// Whether the call, with its message beside an inaccessible page, ends by one of `stops`.
fn reads_by(examiner: &mut Examiner<'_>, finding: &Finding, stops: &[Finding]) -> bool {
    let side = match stops[0].kind {
        Kind::OverRead => GuardSide::End,
        Kind::UnderRead => GuardSide::Start,
        _ => return false,
    };
    let (case, checksum) = (&finding.case, examiner.checksum_in(&finding.case));
    let (placement, caller) = (Placement::flush(side), &mut examiner.caller);
    let outcome = caller.call(placement, checksum, &case.message, FILLS[0]);
    let Some(seen) = outcome.err().map(|stop| examiner.stopped(case, stop)) else {
        return false;
    };
    let is_same = |stop: &Finding| seen.kind == stop.kind && is_same_stop(&seen, stop);
    stops.iter().any(is_same)
}

/// Clusters calls after which the caller crashes, with what it does not get back.
fn join_broken_callers(members: &mut [Member<'_>]) {
    let mut broken = open(members);
    broken.retain(|&one| {
        let finding = &members[one].group.finding;
        let is_crash = finding.summary.starts_with(CALLER_CRASHES);
        is_crash || is_of_returned_state(finding.kind)
    });
    let mut crashes = broken.clone();
    crashes.retain(|&one| members[one].kind() == Kind::Crash);
    broken.retain(|one| !crashes.contains(one));
    let named = |one: &usize| (members[*one].kind() != Kind::ClobberedRegister, *one);
    let stands = broken.iter().copied().min_by_key(named);
    let stands = stands.or_else(|| {
        crashes
            .iter()
            .copied()
            .min_by_key(|&one| members[one].rank())
    });
    if let Some(first) = stands.filter(|_| !crashes.is_empty()) {
        assign(members, first, crashes);
    }
}

/// Whether the finding is about what a call does not give back.
fn is_of_returned_state(kind: Kind) -> bool {
    matches!(kind, Kind::ClobberedRegister | Kind::ControlState)
}

/// Clusters what `paint` and `abi` show of the same part of the caller's state. The one that names
/// the part stands for the other.
fn join_unset_reads(examiner: &mut Examiner<'_>, members: &mut [Member<'_>]) {
    let mut reads = open(members);
    reads.retain(|&one| members[one].kind() == Kind::UnsetRead);
    let parts_of = |member: &Member<'_>| caller_state::parts_in(&member.group.finding.summary);
    reads.sort_by_key(|&one| (parts_of(&members[one]).is_empty(), members[one].rank()));
    let Some((&first, others)) = reads.split_first() else {
        return;
    };
    let named = parts_of(&members[first]);
    let mut others = others.to_vec();
    others.retain(|&other| {
        let parts = parts_of(&members[other]);
        (parts.is_empty() || parts == named)
            && (members[other].group.cases()).all(|finding| shows_painted(examiner, &finding.case))
    });
    assign(members, first, others);
}

/// Whether `paint` shows that the call depends on what no caller sets.
fn shows_painted(examiner: &mut Examiner<'_>, case: &Case) -> bool {
    let checksum = examiner.checksum_in(case);
    let expected = expected_checksum(examiner.panel(), checksum, &case.message);
    let mut is_unset_read = false;
    checks::paint::examine(examiner, case, expected, &mut |finding| {
        is_unset_read |= finding.kind == Kind::UnsetRead;
    });
    is_unset_read
}

/// Clusters the wrong values of one id that no cause predicts: whichever check meets one, it is a
/// wrong value of a single call. The right function is affine, so each trial of `affine` that fails
/// has one among its calls.
fn join_values(examiner: &mut Examiner<'_>, members: &mut [Member<'_>]) {
    let mut trials = open(members);
    trials.retain(|&one| {
        members[one].kind() == Kind::NotAffine
            && (members[one].group.cases()).all(|finding| has_wrong_value(examiner, &finding.case))
    });
    let mut values = open(members);
    values.retain(|&one| {
        let finding = &members[one].group.finding;
        (finding.check, finding.kind) == (VALUE_CHECK, Kind::WrongValue)
    });
    if let Some(first) = values
        .iter()
        .copied()
        .min_by_key(|&one| members[one].rank())
    {
        values.append(&mut trials);
        assign(members, first, values);
    }
}

/// Whether one of the calls of a trial of `affine` gives a wrong value.
fn has_wrong_value(examiner: &mut Examiner<'_>, trial: &Case) -> bool {
    let calls = checks::affine::calls(trial, examiner.model().mask());
    calls.iter().any(|case| {
        let call = call_of(examiner, case, FILLS[0]);
        let expected = expected_checksum(examiner.panel(), call.checksum, &call.message);
        answer_of(examiner, &call).is_some_and(|got| got != expected)
    })
}

/// A wrong value of a single call stands for one of another check that is known as well: it has the
/// same id in every run.
fn lead_by_plain_values(members: &mut [Member<'_>]) {
    for head in 0..members.len() {
        let led = &members[head];
        if led.cluster != Some(head) || !led.is_explained_value() || led.is_plain_value() {
            continue;
        }
        let all: Vec<usize> = (0..members.len())
            .filter(|&one| members[one].cluster == Some(head))
            .collect();
        let mut plain = all.clone();
        plain.retain(|&one| members[one].is_plain_value() && members[one].is_explained());
        if let Some(first) = plain.into_iter().min_by_key(|&one| members[one].rank()) {
            assign(members, first, all);
        }
    }
}

/// Writes the clusters into the groups.
fn name_clusters(members: &mut [Member<'_>]) {
    for (index, member) in members.iter_mut().enumerate() {
        member.cluster.get_or_insert(index);
    }
    let head_of = |index: usize| members[index].cluster.unwrap_or(index);
    let mut heads: Vec<usize> = (0..members.len()).map(head_of).collect();
    // The cluster in which `agree` itself has met a wrong value keeps that id.
    let is_own = |&index: &usize| members[index].seen_by == members[index].group.finding.check;
    let own: Vec<usize> = (0..members.len()).filter(is_own).map(head_of).collect();
    heads.sort_unstable_by_key(|head| (!own.contains(head), *head));
    heads.dedup();
    let is_value = |&head: &usize| {
        let finding = &members[head].group.finding;
        (finding.check, finding.kind) == (VALUE_CHECK, Kind::WrongValue)
    };
    let renamed: Vec<usize> = heads.into_iter().filter(is_value).skip(1).collect();
    for head in renamed {
        let member = &mut members[head];
        member.group.finding.check = member.seen_by;
    }
    let ids: Vec<String> = members.iter().map(|one| one.group.finding.id()).collect();
    for (index, member) in members.iter_mut().enumerate() {
        let id = &ids[member.cluster.unwrap_or(index)];
        member.group.same_cause_as = (*id != ids[index]).then(|| id.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crcheck_diagnose::Diagnosis;
    use crcheck_subject::SubjectName;

    fn group(check: CheckId, kind: Kind, length: usize, summary: &str) -> Group {
        let case = Case {
            message: vec![0; length],
            ..Case::default()
        };
        let mut group = Group::of_one(Finding {
            check,
            kind,
            subject: SubjectName::Own("one".to_owned()),
            case,
            message_form: Default::default(),
            expected: None,
            got: None,
            distance_bytes: None,
            instruction: None,
            illegal: None,
            place: None,
            called_at: None,
            summary: summary.to_owned(),
        });
        let mut diagnosis = Diagnosis::observed(summary);
        if kind == Kind::WrongValue {
            diagnosis.confidence = Confidence::Explained;
        }
        group.diagnosis = Some(diagnosis);
        group
    }

    #[test]
    fn a_plain_wrong_value_stands_for_its_cluster() {
        let (agree, basis) = (VALUE_CHECK, checks::basis::ID);
        let value = Kind::WrongValue;
        let mut groups = [
            group(basis, value, 1, "drops a byte"),
            group(agree, value, 2, "drops a byte"),
            group(basis, value, 1, "ignores the register"),
        ];
        let seen_by = [basis, agree, basis];
        let of_all = groups.iter_mut().zip(seen_by);
        let mut members: Vec<Member<'_>> =
            of_all.map(|(group, by)| Member::new(group, by)).collect();
        assign(&mut members, 0, vec![1]);
        lead_by_plain_values(&mut members);
        name_clusters(&mut members);
        let same = groups.each_ref().map(|group| group.same_cause_as.clone());
        assert_eq!(same, [Some(groups[1].finding.id()), None, None]);
    }

    #[test]
    fn a_caller_that_crashes_has_the_cause_of_its_lost_register() {
        let mut groups = [
            group(VALUE_CHECK, Kind::Crash, 1, CALLER_CRASHES),
            group(VALUE_CHECK, Kind::Crash, 1, "raises signal 6"),
            group(checks::abi::ID, Kind::ClobberedRegister, 9, "loses rbx"),
        ];
        let of_all = groups.iter_mut();
        let mut members: Vec<Member<'_>> = of_all
            .map(|group| Member::new(group, VALUE_CHECK))
            .collect();
        join_broken_callers(&mut members);
        name_clusters(&mut members);
        let same = groups.each_ref().map(|group| group.same_cause_as.clone());
        assert_eq!(same, [Some(groups[2].finding.id()), None, None]);
    }
}
