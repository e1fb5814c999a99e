//! The tiers of aarch64.

// The compiler compiles the leaves without the features and inlines them into the entries, which
// have the features; the intrinsics follow there.
#![allow(unknown_lints, inline_always_mismatching_target_features)]

mod crc;
mod lane;
mod pmull;
mod pmull_eor3;
mod witness;

pub(crate) use crc::Crc;
pub(crate) use pmull::Pmull;
pub(crate) use pmull_eor3::PmullEor3;
