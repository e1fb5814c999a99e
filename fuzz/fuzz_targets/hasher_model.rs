//! Sequences of operations on hashers, against a model of them.
#![no_main]

crcheck_fuzz::bytes_target!(crcheck_fuzz::Target::HasherModel);
