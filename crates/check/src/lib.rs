//! Cases, plans, sessions and checks: everything that judges a subject.

#![forbid(unsafe_code)]

pub mod artifact;
pub mod case;
pub mod check_result;
pub mod checks;
pub mod control;
pub mod coverage;
pub mod depth;
pub mod describer;
pub mod examiner;
pub mod far_combination;
mod fast_law;
pub mod finding;
pub mod fuzz;
pub mod group;
pub mod input;
pub mod minimize;
pub mod plan;
pub mod run;
pub mod saved;
pub mod session;
pub mod verification;
