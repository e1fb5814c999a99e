//! A verification: it judges subjects by a plan and by the seeds of the corpora.

use crate::check_result::{CheckResult, Ending};
use crate::checks::{Check, CheckSet};
use crate::control::Control;
use crate::depth::Depth;
use crate::effort::Effort;
use crate::finding::Finding;
use crate::fuzz::Target;
use crate::plan::Plan;
use crate::run::{self, RunError, skip_of};
use crate::saved::corpus;
use crate::saved::load::{Content, Item};
use crate::saved::replay;
use crcheck_subject::Subject;
use std::ops::Add;

/// What a plan does with one subject.
#[derive(Debug)]
pub struct SubjectPlan {
    /// The depth for this subject.
    pub depth: Depth,
    /// The checks to run.
    pub made: Vec<&'static Check>,
    /// The checks to skip, and the reasons.
    pub skipped: Vec<(&'static Check, String)>,
}

impl SubjectPlan {
    /// What `plan` does with `subject`.
    pub fn of(subject: &dyn Subject, plan: &Plan) -> Self {
        let depth = plan.depth_for(subject);
        let (mut made, mut skipped) = (Vec::new(), Vec::new());
        for check in plan.checks.iter() {
            match skip_of(check, subject, &depth) {
                Some(skip) => skipped.push((check, skip.reason)),
                None => made.push(check),
            }
        }
        Self {
            depth,
            made,
            skipped,
        }
    }

    /// About how much the checks ask of the subject, as far as it counts for a slow one.
    pub fn effort(&self) -> Effort {
        let efforts = self.made.iter().map(|check| (check.effort)(&self.depth));
        efforts.fold(Effort::default(), Effort::add)
    }
}

/// Whether a verification judges the seeds of the corpora too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Seeds {
    /// It does.
    #[default]
    Judged,
    /// It leaves them out.
    LeftOut,
}

/// Judges every subject by a plan, then by saved cases and by the seeds of the corpora. It hands
/// each finding of the latter to `on_replayed` at once.
///
/// # Errors
/// If a run does not start.
///
/// # Panics
/// If the judges differ on a case: that is a bug of theirs, and says nothing about a subject.
pub fn judge(
    subjects: &[Box<dyn Subject>],
    plan: &Plan,
    mut saved: Vec<Item>,
    seeds: Seeds,
    control: &Control<'_>,
    on_replayed: &mut dyn FnMut(&Finding),
) -> Result<Vec<CheckResult>, RunError> {
    let results = run::run(subjects, plan, control)?;
    let mut results: Vec<CheckResult> = results.into_iter().flatten().collect();
    if seeds == Seeds::Judged {
        saved.extend(seeds_for(plan.checks));
    }
    let mut on_found = |_: &Item, finding: &Finding| on_replayed(finding);
    let is_known_incomplete = results
        .iter()
        .any(|one| matches!(one.ending, Ending::Stopped(_)));
    if saved.is_empty() || is_known_incomplete && control.should_stop() {
        return Ok(results);
    }
    let mut replayed = replay::replay(&saved, subjects, plan.checks, control, &mut on_found)?;
    // The plan has cases of its own for each check.
    for result in &mut replayed.results {
        result.left_out.clear();
    }
    replay::merge(&mut results, replayed.results);
    Ok(results)
}

/// The seeds of the targets that take cases and ask for one of these checks.
fn seeds_for(checks: CheckSet) -> impl Iterator<Item = Item> {
    let targets = [Target::KernelVsOracle, Target::SplitPoints, Target::Combine];
    let wanted = targets.into_iter().filter(move |target| {
        let mut asked = target.checks().iter();
        asked.any(|check| checks.contains(check.id))
    });
    wanted.flat_map(|target| {
        let seeds = corpus::seeds(target).into_iter();
        seeds.map(move |(name, bytes)| Item {
            path: name.into(),
            content: Content::Input(target, bytes),
        })
    })
}
