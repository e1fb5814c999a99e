//! A planted fault: this target must fail, which shows that the others can.
#![no_main]

crcheck_fuzz::case_target!(crcheck_fuzz::Target::Canary);
