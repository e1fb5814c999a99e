//! Updating piece by piece equals updating once.
#![no_main]

crcheck_fuzz::case_target!(crcheck_fuzz::Target::SplitPoints);
