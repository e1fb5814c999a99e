//! `CRCHECK_DISABLE`: the features that a test takes away before a tier is selected.

use super::features::{Feature, Features, UnknownFeature};
use core::fmt;
use std::string::String;
use std::sync::OnceLock;
use std::vec::Vec;

/// The error for an entry of `CRCHECK_DISABLE` that is not a feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskError(String);

impl fmt::Display for MaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CRCHECK_DISABLE: `{}` is {UnknownFeature}", self.0)
    }
}

impl core::error::Error for MaskError {}

/// The features that `CRCHECK_DISABLE=avx2,vpclmulqdq,...` takes away before a tier is selected.
///
/// `avx512` stands for all of AVX-512. A feature takes those with it that build on it. The first
/// call reads the variable, later ones repeat its answer.
///
/// # Errors
/// The first entry that is not a feature.
pub fn mask() -> Result<Features, MaskError> {
    static MASK: OnceLock<Result<Features, MaskError>> = OnceLock::new();
    MASK.get_or_init(|| parse(&std::env::var("CRCHECK_DISABLE").unwrap_or_default()))
        .clone()
}

fn parse(text: &str) -> Result<Features, MaskError> {
    let entries = text
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty());
    let masked: Result<Vec<Features>, MaskError> = entries.map(parse_entry).collect();
    Ok(masked?.into_iter().flat_map(Features::iter).collect())
}

fn parse_entry(name: &str) -> Result<Features, MaskError> {
    let first = if name == "avx512" { "avx512f" } else { name };
    let feature: Feature = first
        .parse()
        .map_err(|UnknownFeature| MaskError(name.into()))?;
    let is_masked = |other: &Feature| *other == feature || builds_on(*other, feature);
    Ok(Feature::ALL.iter().copied().filter(is_masked).collect())
}

fn builds_on(feature: Feature, other: Feature) -> bool {
    use Feature as F;
    let bases: &[Feature] = match feature {
        F::Sse41 | F::Pclmulqdq | F::Gfni | F::Amd => &[],
        F::Avx => &[F::Sse41],
        F::Avx2 => &[F::Sse41, F::Avx],
        F::Vpclmulqdq => &[F::Sse41, F::Avx, F::Avx2, F::Pclmulqdq],
        F::Avx512f => &[F::Sse41, F::Avx, F::Avx2],
        F::Crc | F::Pmull | F::Sha3 | F::Zbc => &[],
        F::Avx512bw | F::Avx512dq | F::Avx512vl => &[F::Sse41, F::Avx, F::Avx2, F::Avx512f],
    };
    bases.contains(&other)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_mask_takes_away_what_builds_on_it() {
        let masked = |text| parse(text).map(|set| set.iter().count());
        assert_eq!(masked(""), Ok(0));
        assert_eq!(masked("vpclmulqdq"), Ok(1));
        assert_eq!(masked("avx512"), Ok(4));
        assert_eq!(masked(" avx2 , avx512bw"), Ok(6));
        assert_eq!(masked("sse4.1"), Ok(8));
        assert_eq!(masked("crc,pmull,sha3,zbc"), Ok(4));
        let error = parse("avx2,avx9").expect_err("unknown");
        assert!(std::format!("{error}").contains("`avx9` is not a known CPU feature"));
    }
}
