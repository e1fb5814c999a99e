//! `combine` gives the checksum of the concatenation.
#![no_main]

crcheck_fuzz::case_target!(crcheck_fuzz::Target::Combine);
