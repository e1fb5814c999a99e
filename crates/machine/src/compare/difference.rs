//! What two executions of one case do not agree on.

use super::outcome::Outcome;
use crate::forms::Case;
use iced_x86::FastFormatter;
use serde::Serialize;
use std::fmt;

/// One side of a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Side {
    /// Who says so, such as `silicon`.
    pub name: String,
    pub result: String,
}

/// A case on which two executions differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The form's name.
    pub form: String,
    pub case: u32,
    /// The instruction in assembly.
    pub instruction: String,
    /// What is wrong: each side with what only it has.
    pub sides: [Side; 2],
}

impl Difference {
    /// That of two outcomes of `case`; each by what it changes that the other does not change so.
    pub(crate) fn of(case: &Case, [one, other]: [(&str, &Outcome); 2]) -> Self {
        let side = |(name, own): (&str, &Outcome), other: &Outcome| {
            let text = own.changes(&other.state, &other.memory);
            let fault = own.fault != other.fault && own.fault.is_none();
            let result = match (fault, text.is_empty()) {
                (true, _) => format!("no fault {text}").trim_end().to_owned(),
                (false, true) => "nothing more".to_owned(),
                (false, false) => text,
            };
            Side {
                name: name.to_owned(),
                result,
            }
        };
        let sides = [side(one, other.1), side(other, one.1)];
        Self::new(case, sides)
    }

    pub(crate) fn new(case: &Case, sides: [Side; 2]) -> Self {
        Self {
            form: case.form.to_string(),
            case: case.number,
            instruction: assembly(case),
            sides,
        }
    }
}

fn assembly(case: &Case) -> String {
    let mut text = String::new();
    FastFormatter::new().format(&case.instruction, &mut text);
    text
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, other] = &self.sides;
        write!(
            f,
            "{} case {}: {}: {}: {}; {}: {}",
            self.form, self.case, self.instruction, one.name, one.result, other.name, other.result
        )
    }
}
