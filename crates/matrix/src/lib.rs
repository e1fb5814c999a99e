//! Builds a kernel by every compiler and level that is here, and has the harness judge each build.
//!
//! A missing memory clobber, an aliasing pun or a signed overflow shows at one level only. A
//! [`Profile`](profile::Profile) is a compiler with a level; a [report] has a row for each.
//!
//! # Modules
//!
//! Each uses only modules above it.
//!
//! | module | what it holds |
//! |---|---|
//! | `tool` | runs a build program to its end |
//! | [`compiler`] | the compilers that are here |
//! | [`source`] | what is built: files in C, or a crate |
//! | [`profile`] | the profiles as data, and their selection |
//! | `c_build`, `cargo_build` | builds one profile |
//! | [`build`] | builds all profiles, and finds those of equal code |
//! | [`judge`] | has the harness judge each build |
//! | [`report`] | the table, the distinct findings, the verdict |

#![forbid(unsafe_code)]

pub mod build;
mod c_build;
mod cargo_build;
pub mod compiler;
pub mod judge;
pub mod profile;
pub mod report;
pub mod source;
mod tool;
