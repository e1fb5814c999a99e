//! Which forms are recorded, and by which CPU: what a program knows without the recordings.

use super::format::Recording;
use crate::forms::Form;
use std::collections::HashMap;
use std::fmt::Write;

/// The forms that recordings hold, each with the CPU that it was recorded on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// By CPU, in the order of the text.
    parts: Vec<(String, Vec<String>)>,
}

const HEAD: &str =
    "# The forms in corpus/vectors/instructions, by `crcheck machine record --index`.\n";

impl Index {
    /// That of some recordings.
    pub fn of(recordings: &[Recording]) -> Self {
        let mut index = Self::default();
        for recording in recordings {
            let forms = recording.entries.iter().map(|entry| entry.form.clone());
            let part = index
                .parts
                .iter_mut()
                .find(|(cpu, _)| *cpu == recording.cpu);
            match part {
                Some((_, known)) => known.extend(forms),
                None => index.parts.push((recording.cpu.clone(), forms.collect())),
            }
        }
        index
    }

    /// Its text: a line `cpu NAME`, and a line for each form.
    pub fn render(&self) -> String {
        let mut text = HEAD.to_owned();
        for (cpu, forms) in &self.parts {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "cpu {cpu}");
            forms.iter().for_each(|form| text += &format!("{form}\n"));
        }
        text
    }

    /// The forms of a text that [`Index::render`] has written, each with its CPU.
    pub(crate) fn parse(text: &str) -> HashMap<Form, &str> {
        let mut cpu = "";
        let mut forms = HashMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            match line.strip_prefix("cpu ") {
                Some(name) => cpu = name,
                None => forms.extend(Form::named(line).map(|form| (form, cpu))),
            }
        }
        forms
    }
}
