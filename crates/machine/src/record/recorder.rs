//! Records what an executor does.

use super::format::{Entry, Recording, Shown};
use crate::compare::Rig;
use crate::executor::Executor;
use crate::forms::{Form, Generator};
use std::collections::BTreeMap;

/// How many cases of a form are recorded.
const CASES: u32 = 64;

/// How many, if an immediate of 8 bits is an operand: all of its values occur.
const CASES_WITH_IMMEDIATE: u32 = 256;

/// Records `forms` on the CPU `cpu`: one recording for each set of extensions. What every CPU of
/// x86-64 has needs none.
pub fn record<E: Executor>(rig: &mut Rig<E>, forms: &[Form], cpu: &str) -> Vec<Recording> {
    let generator = Generator::default();
    let mut recordings = BTreeMap::new();
    for form in forms {
        let extensions = form.extensions();
        if extensions.is_empty() || !crate::host::has(&extensions) {
            continue;
        }
        let Some(entry) = entry(rig, &generator, *form) else {
            continue;
        };
        let recording = recordings.entry(extensions.clone());
        let recording = recording.or_insert_with(|| Recording {
            generator: Generator::NAME.to_owned(),
            seed: generator.seed,
            cpu: cpu.to_owned(),
            extensions,
            entries: Vec::new(),
        });
        recording.entries.push(entry);
    }
    recordings.into_values().collect()
}

/// The results of a form; `None` if the executor knows no case of it.
fn entry<E: Executor>(rig: &mut Rig<E>, generator: &Generator, form: Form) -> Option<Entry> {
    let mut shown = None;
    let mut digests = Vec::new();
    let count = match form.has_short_immediate() {
        true => CASES_WITH_IMMEDIATE,
        false => CASES,
    };
    for number in 0..count {
        let case = generator.case(form, number);
        let outcome = case.and_then(|case| Some((rig.run(&case)?, case)));
        digests.push(outcome.as_ref().map(|(outcome, _)| outcome.digest()));
        if let Some((outcome, case)) = outcome.filter(|_| shown.is_none()) {
            let changes = outcome.changes(&case.state, &case.content);
            let is_worth_it = outcome.fault.is_none() && !changes.is_empty();
            shown = is_worth_it.then_some(Shown {
                case: number,
                changes,
            });
        }
    }
    let is_known = digests.iter().any(Option::is_some);
    is_known.then(|| Entry {
        form: form.to_string(),
        shown,
        digests,
    })
}
