//! The oracles against each other, on any model of the catalogue.
#![no_main]

crcheck_fuzz::bytes_target!(crcheck_fuzz::Target::OracleVsOracle);
