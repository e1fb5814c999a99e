//! What an executor knows.

use super::form::Form;
use super::generator::Generator;
use crate::executor::Executor;

/// How many cases say whether an executor knows a form: it may know a part of them.
const TRIES: u32 = 24;

/// The forms of which `executor` knows at least one case.
pub fn known_to<E: Executor>(executor: &mut E) -> Vec<Form> {
    let generator = Generator::default();
    let mut is_known = |form: &Form| {
        let mut instructions = (0..TRIES).filter_map(|number| generator.instruction(*form, number));
        instructions.any(|instruction| executor.prepare(&instruction).is_some())
    };
    Form::all().filter(|form| is_known(form)).collect()
}
