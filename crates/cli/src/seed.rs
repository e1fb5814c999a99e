//! The seed of a run that names none.

pub(crate) use crcheck_harness::values::fresh_seed as fresh;
