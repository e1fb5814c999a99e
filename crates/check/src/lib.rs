//! Cases, plans, sessions and checks: everything that judges a subject.
//!
//! # Modules
//!
//! Each uses only modules above it.
//!
//! | module | what it holds |
//! |---|---|
//! | [`case`] | everything that a call depends on |
//! | [`input`] | from the bytes of a fuzzer to a case |
//! | [`finding`] | what a check found wrong, at one case |
//! | [`coverage`] | the cells that a check visited |
//! | `lengths`, [`depth`] | which lengths plans visit beyond the dense ones; how far a plan goes |
//! | [`effort`] | how much a plan asks of a slow subject |
//! | [`examiner`] | one subject, its judges, and the memory between them |
//! | `stream_operations`, `stream_script` | operations on streams, with what they give |
//! | `stream_judge` | judges a library's streams |
//! | `reader_model` | judges readers and writers that compute checksums |
//! | `length_rule` | at which lengths a finding shows, in words |
//! | [`describer`], [`group`] | the description of a finding; findings of one cause |
//! | [`halt`], [`thinning`] | why a check ended before its plan did, and where; some of its cases |
//! | [`check_result`], [`control`] | the result of a check; what ends a run, and its events |
//! | `tally` | the result of a check so far |
//! | [`session`] | takes one subject through the checks of a plan |
//! | [`far_combination`], `fast_law` | what fuzz targets judge with every input |
//! | [`guess`] | the interface or the model that a function has instead of the stated one |
//! | [`checks`] | the table of checks; each has one law and one file |
//! | [`same_cause`] | which findings of a subject have the same cause |
//! | [`plan`], [`minimize`], [`run`] | what to run; the smallest case; runs a plan on subjects |
//! | [`circumstances`], [`code_hash`] | where and how a case was found; the hash of its code |
//! | `artifact_file`, [`artifact`] | a saved case |
//! | [`fuzz`] | the bodies of the fuzz targets |
//! | [`saved`] | corpora, and the replay of saved cases |
//! | [`verification`] | judges subjects by a plan and by the seeds |
//! | [`estimate`] | how much of a run is done, and how long the rest takes |

#![forbid(unsafe_code)]

pub mod artifact;
mod artifact_file;
pub mod case;
pub mod check_result;
pub mod checks;
pub mod circumstances;
pub mod code_hash;
pub mod control;
pub mod coverage;
pub mod depth;
pub mod describer;
pub mod effort;
pub mod estimate;
pub mod examiner;
pub mod far_combination;
mod fast_law;
pub mod finding;
pub mod fuzz;
pub mod group;
pub mod guess;
pub mod halt;
pub mod input;
mod length_rule;
mod lengths;
pub mod minimize;
pub mod plan;
pub mod races;
mod reader_model;
pub mod run;
pub mod same_cause;
pub mod saved;
pub mod session;
mod stream_judge;
mod stream_operations;
mod stream_script;
mod tally;
pub mod thinning;
pub mod verification;
mod wrong_signature;
