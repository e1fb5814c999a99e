//! Values from what people write.

use crcheck_check::checks;
use crcheck_check::depth::DepthName;
use crcheck_oracle::nearest;
use crcheck_subject::CheckId;
use std::hash::{BuildHasher, RandomState};

/// A seed in decimal, or in hexadecimal after `0x`.
///
/// # Errors
/// If it is not a number of 64 bits.
pub fn seed(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| {
        "a seed is a number of 64 bits, in decimal, or in hexadecimal after `0x`".to_owned()
    })
}

/// A seed that differs from run to run.
pub fn fresh_seed() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

/// The check of this name.
///
/// # Errors
/// An unknown name, with the nearest known one.
pub fn check(name: &str) -> Result<CheckId, String> {
    checks::named(name).map_err(|error| {
        let near = nearest(name, checks::ids().map(CheckId::name));
        error.to_string() + &meant(near)
    })
}

/// The depth of this name.
///
/// # Errors
/// An unknown name, with the nearest known one.
pub fn depth(name: &str) -> Result<DepthName, String> {
    name.parse().map_err(|error: String| {
        let near = nearest(name, DepthName::ALL.map(DepthName::name));
        error + &meant(near)
    })
}

fn meant(near: Option<&str>) -> String {
    near.map_or(String::new(), |near| format!("; did you mean `{near}`?"))
}
