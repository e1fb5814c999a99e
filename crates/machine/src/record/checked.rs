//! Compares software with silicon, and with recordings.

use super::format::{Entry, Recording};
use crate::compare::{Agreement, Difference, Rig, Side, compare};
use crate::executor::Executor;
use crate::forms::{Form, Generator, known_to};
use crate::host;
use serde::Serialize;
use std::collections::BTreeMap;

/// What is compared.
#[derive(Clone, Debug)]
pub struct Options {
    /// Only forms whose names contain this.
    pub form: String,
    /// The seed of the cases that silicon executes.
    pub seed: u64,
    /// How many cases of each form silicon executes.
    pub case_count: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            form: String::new(),
            seed: Generator::default().seed,
            case_count: 256,
        }
    }
}

/// What the comparisons have given.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Checked {
    pub rows: Vec<Row>,
    pub differences: Vec<Difference>,
}

/// The forms that need the same extensions.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Row {
    /// What they need; nothing if every CPU of x86-64 has them.
    pub extensions: Vec<String>,
    /// How many forms software knows.
    pub form_count: usize,
    /// How many cases were compared.
    pub case_count: u64,
    /// How many forms silicon confirms here.
    pub silicon: usize,
    /// How many forms the recordings of each CPU confirm.
    pub recordings: BTreeMap<String, usize>,
    /// The forms that nothing confirms.
    pub unconfirmed: Vec<String>,
    /// The forms on which there is a difference.
    pub different: Vec<String>,
}

impl Checked {
    /// Whether anything was compared, or could have been.
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many forms nothing confirms.
    pub fn unconfirmed_count(&self) -> usize {
        self.rows.iter().map(|row| row.unconfirmed.len()).sum()
    }
}

/// Compares `software` with `silicon`, where there is one, and with the recordings, on every form
/// that it knows.
pub fn check<E: Executor, S: Executor>(
    software: &mut Rig<E>,
    mut silicon: Option<&mut Rig<S>>,
    recordings: &[Recording],
    options: &Options,
) -> Checked {
    let mut rows = BTreeMap::<Vec<String>, Row>::new();
    let mut differences = Vec::new();
    let mut known = known_to(software.executor());
    known.retain(|form| form.to_string().contains(&options.form));
    for form in known {
        let extensions = form.extensions();
        let row = rows.entry(extensions.clone()).or_default();
        row.extensions = extensions;
        row.form_count += 1;
        let mut is_different = false;
        let mut take = |agreement: Agreement, row: &mut Row| {
            row.case_count += u64::from(agreement.case_count);
            let is_equal = agreement.differences.is_empty();
            is_different |= !is_equal;
            differences.extend(agreement.differences);
            is_equal && agreement.case_count > 0
        };
        let mut is_confirmed = false;
        if let Some(silicon) = silicon
            .as_deref_mut()
            .filter(|_| host::has(&row.extensions))
        {
            let generator = Generator { seed: options.seed };
            let numbers = 0..options.case_count;
            let agreement = compare(silicon, software, &generator, form, numbers);
            if take(agreement, row) {
                row.silicon += 1;
                is_confirmed = true;
            }
        }
        for (recording, entry) in entries(recordings, form) {
            let agreement = compare_with_recording(software, recording, entry, form);
            if take(agreement, row) {
                *row.recordings.entry(recording.cpu.clone()).or_default() += 1;
                is_confirmed = true;
            }
        }
        if is_different {
            row.different.push(form.to_string());
        } else if !is_confirmed {
            row.unconfirmed.push(form.to_string());
        }
    }
    let rows = rows.into_values().collect();
    Checked { rows, differences }
}

fn entries(recordings: &[Recording], form: Form) -> impl Iterator<Item = (&Recording, &Entry)> {
    let name = form.to_string();
    recordings.iter().filter_map(move |recording| {
        let mut entries = recording.entries.iter();
        Some((recording, entries.find(|entry| entry.form == name)?))
    })
}

/// A form with as many differences is wrong as a whole.
const DIFFERENCES_MAX: usize = 4;

/// Compares an executor with what a recording holds of a form.
fn compare_with_recording<E: Executor>(
    rig: &mut Rig<E>,
    recording: &Recording,
    entry: &Entry,
    form: Form,
) -> Agreement {
    let generator = Generator {
        seed: recording.seed,
    };
    let mut agreement = Agreement::default();
    for (number, digest) in (0..).zip(&entry.digests) {
        let case = generator.case(form, number);
        let executed = case.and_then(|case| Some((rig.run(&case)?, case)));
        let (Some((outcome, case)), Some(digest)) = (executed, digest) else {
            continue;
        };
        agreement.case_count += 1;
        if outcome.digest() == *digest {
            continue;
        }
        let shown = entry.shown.as_ref().filter(|shown| shown.case == number);
        let recorded = match shown {
            Some(shown) => shown.changes.clone(),
            None => format!("digest {digest:08x}"),
        };
        let own = match shown {
            Some(_) => outcome.changes(&case.state, &case.content),
            None => {
                let changes = outcome.changes(&case.state, &case.content);
                format!("digest {:08x}: {changes}", outcome.digest())
            }
        };
        let sides = [
            Side {
                name: format!("recording on {}", recording.cpu),
                result: recorded,
            },
            Side {
                name: E::NAME.to_owned(),
                result: own,
            },
        ];
        agreement.differences.push(Difference::new(&case, sides));
        if agreement.differences.len() == DIFFERENCES_MAX {
            break;
        }
    }
    agreement
}
