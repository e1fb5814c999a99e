//! One cause is one finding, whichever checks met it.

use crate::finding_report::FindingReport;
use crcheck_diagnose::Confidence;
use std::cmp::Reverse;

/// The findings of what each check met, the best one first. What is accepted is not joined with
/// what is not, nor with what is accepted for another reason.
pub(crate) fn join(parts: &[FindingReport]) -> Vec<FindingReport> {
    let mut findings: Vec<FindingReport> = Vec::new();
    for part in parts {
        let is_same = |known: &&mut FindingReport| {
            known.cause_id() == part.cause_id() && known.accepted == part.accepted
        };
        match findings.iter_mut().find(is_same) {
            Some(known) => add(known, part),
            None => findings.push(part.clone()),
        }
    }
    findings.iter_mut().for_each(list_others);
    sort(&mut findings);
    findings
}

fn add(known: &mut FindingReport, part: &FindingReport) {
    let (count, ids) = (known.count + part.count, known.ids.iter().chain(&part.ids));
    let (ids, mut seen_by) = (ids.cloned().collect(), known.seen_by.clone());
    for new in &part.seen_by {
        let mut same = seen_by.iter_mut();
        match same.find(|old| (old.check, old.kind) == (new.check, new.kind)) {
            Some(old) => old.count += new.count,
            None => seen_by.push(new.clone()),
        }
    }
    // The finding that the evidence is about stands for the others.
    let rank = |of: &FindingReport| (of.same_cause_as.is_some(), rank(of));
    if rank(part) < rank(known) {
        *known = part.clone();
    }
    (known.count, known.ids, known.seen_by) = (count, ids, seen_by);
}

/// Lists the checks that met the cause, besides the one that the finding is of.
fn list_others(finding: &mut FindingReport) {
    let (check, kind) = (finding.check, finding.kind);
    let mut seen_by = finding.seen_by.clone();
    let own = seen_by
        .iter()
        .position(|one| (one.check, one.kind) == (check, kind));
    seen_by.remove(own.unwrap_or(0));
    finding.also_seen_by = seen_by;
}

/// The best finding has the least: what is explained, then what is seen at a short message, then
/// what many cases show.
fn rank(finding: &FindingReport) -> impl Ord + use<> {
    let confidence = match finding.diagnosis.confidence {
        Confidence::Explained => 0,
        Confidence::Observed => 1,
        Confidence::Unexplained => 2,
    };
    (confidence, finding.cell.length, Reverse(finding.count))
}

/// Sorts findings, those of one subject together: the subject with the best one comes first.
fn sort(findings: &mut [FindingReport]) {
    let of_all = findings.to_vec();
    findings.sort_by_cached_key(|finding| {
        let own = of_all.iter().filter(|one| one.subject == finding.subject);
        (own.map(rank).min(), finding.subject.clone(), rank(finding))
    });
}
