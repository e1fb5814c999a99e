//! The tiers execute what they declare, and a function that does more is seen.
#![cfg(target_arch = "x86_64")]
#![allow(missing_docs)]

use crcheck_emulate::leg_outcome::LegOutcome;
use crcheck_emulate::purity::{TierPurity, check_function, check_tiers};
use crcheck_harness::kernel::Tier;
use crcheck_harness::platform::code::elf::Image;
use std::collections::BTreeSet;
use std::hint::black_box;
use std::path::Path;

fn this_program() -> Image {
    Image::read(Path::new("/proc/self/exe")).expect("an image")
}

/// Calls every tier, so that all of them are linked.
fn link_every_tier() {
    for tier in Tier::available() {
        let kernel = tier.kernel().expect("available");
        assert_eq!(kernel.update(0, b"123456789"), 0xcbf4_3926);
    }
}

#[test]
fn every_tier_executes_what_it_declares() {
    link_every_tier();
    let tiers = check_tiers(&this_program());
    assert!(tiers.len() >= 5);
    for tier in &tiers {
        assert_eq!(tier.outcome, LegOutcome::Passed, "{tier}");
        assert!(tier.instructions > 50, "{tier}");
    }
}

/// Kernels of a faulty build: each has one feature more than its tier declares.
mod faulty {
    use std::arch::x86_64::*;

    #[inline(never)]
    #[target_feature(enable = "pclmulqdq,sse4.1")]
    pub(super) fn right(a: __m128i) -> __m128i {
        _mm_clmulepi64_si128::<0x11>(a, a)
    }

    #[inline(never)]
    #[target_feature(enable = "pclmulqdq,avx")]
    pub(super) fn one_feature_too_many(a: __m128i) -> __m128i {
        _mm_clmulepi64_si128::<0x11>(a, a)
    }

    #[inline(never)]
    #[target_feature(enable = "bmi2")]
    fn helper(a: u64) -> u64 {
        _pext_u64(a, 0x5555)
    }

    /// Itself it is right; what it calls is not.
    #[inline(never)]
    #[target_feature(enable = "pclmulqdq,sse4.1")]
    pub(super) fn calls_one(a: __m128i) -> u64 {
        let low = _mm_cvtsi128_si64(_mm_clmulepi64_si128::<0x11>(a, a)) as u64;
        // SAFETY: none on a CPU without BMI2, which is the fault: no test calls it there.
        unsafe { helper(low) ^ low }
    }
}

fn read_as_x86_pclmul(function: &str) -> TierPurity {
    let declared = BTreeSet::from(["pclmulqdq", "sse4.1", "ssse3", "sse3"]);
    let name = format!("{}::{function}", module_path!());
    check_function(&this_program(), &name, &declared)
}

fn link_the_faulty_ones() {
    use std::arch::x86_64::_mm_set1_epi8;
    let has = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("pclmulqdq");
    if black_box(has) {
        // SAFETY: the features were asked for; every x86-64 has SSE2.
        unsafe {
            black_box(faulty::right(_mm_set1_epi8(1)));
            black_box(faulty::one_feature_too_many(_mm_set1_epi8(1)));
            black_box(faulty::calls_one(_mm_set1_epi8(1)));
        }
    }
}

#[test]
fn a_function_that_does_what_is_declared_passes() {
    link_the_faulty_ones();
    let right = read_as_x86_pclmul("faulty::right");
    assert_eq!(right.outcome, LegOutcome::Passed, "{right}");
    assert_eq!(right.functions.len(), 1);
    let says = "declares no instruction beyond its tier: 1 functions, ";
    assert!(right.to_string().contains(says), "{right}");
}

#[test]
fn one_feature_too_many_is_seen_and_named() {
    link_the_faulty_ones();
    let faulty = read_as_x86_pclmul("faulty::one_feature_too_many");
    assert_eq!(faulty.outcome, LegOutcome::Faulty, "{faulty}");
    let first = &faulty.undeclared[0];
    assert_eq!(first.needs, ["avx"]);
    let mut located = faulty.clone();
    located.locate(Path::new("/proc/self/exe"));
    let location = located.undeclared[0].location.as_ref();
    let symbol = location.and_then(|location| location.symbol.as_deref());
    assert_eq!(symbol, Some(first.function.as_str()));
    let line = location.and_then(|location| location.line_in_words());
    assert!(
        line.as_ref()
            .is_some_and(|line| located.to_string().contains(line)),
        "{located}"
    );
    assert!(faulty.shows.is_none() && !faulty.to_string().contains("no instruction"));
    assert!(
        faulty
            .undeclared
            .iter()
            .any(|undeclared| undeclared.instruction.contains("clmul"))
    );
}

#[test]
fn a_callee_with_one_feature_too_many_is_seen() {
    link_the_faulty_ones();
    let faulty = read_as_x86_pclmul("faulty::calls_one");
    assert_eq!(faulty.outcome, LegOutcome::Faulty, "{faulty}");
    assert!(faulty.to_string().lines().count() <= 6, "{faulty}");
    assert!(
        faulty.undeclared[0].function.ends_with("faulty::helper"),
        "{faulty}"
    );
    assert_eq!(faulty.undeclared[0].needs, ["bmi2"]);
}

#[test]
fn code_that_is_not_there_is_no_pass() {
    let missing = read_as_x86_pclmul("faulty::nowhere");
    assert_eq!(missing.outcome, LegOutcome::Nothing);
    let mut stripped = this_program();
    stripped.functions.clear();
    for tier in check_tiers(&stripped) {
        assert_eq!(tier.outcome, LegOutcome::Nothing);
        assert!(tier.reason.expect("a reason").contains("stripped"));
    }
}
