//! Comparisons and tests of elements, and their upper bits as a mask.

use super::element::{Element, where_};
use super::form::{Form, Meaning, OfLane, elements};
use iced_x86::Mnemonic;

pub(super) fn form(mnemonic: Mnemonic) -> Option<Form> {
    let comparison = two(mnemonic).map(|(size, of_lane)| elements(2, size, of_lane));
    let form = comparison.or_else(|| upper_bits(mnemonic))?;
    Some(form.meaning(Meaning::Signs))
}

/// Comparisons of two vectors.
fn two(mnemonic: Mnemonic) -> Option<(usize, OfLane)> {
    use Mnemonic::*;
    let (size, of_lane): (usize, OfLane) = match mnemonic {
        Pcmpeqb | Vpcmpeqb => (1, equal::<u8>),
        Pcmpeqw | Vpcmpeqw => (2, equal::<u16>),
        Pcmpeqd | Vpcmpeqd => (4, equal::<u32>),
        Pcmpeqq | Vpcmpeqq => (8, equal::<u64>),
        Pcmpgtb | Vpcmpgtb => (1, greater::<i8>),
        Pcmpgtw | Vpcmpgtw => (2, greater::<i16>),
        Pcmpgtd | Vpcmpgtd => (4, greater::<i32>),
        Pcmpgtq | Vpcmpgtq => (8, greater::<i64>),
        Vpcmpb => (1, by_predicate::<i8>),
        Vpcmpw => (2, by_predicate::<i16>),
        Vpcmpd => (4, by_predicate::<i32>),
        Vpcmpq => (8, by_predicate::<i64>),
        Vpcmpub => (1, by_predicate::<u8>),
        Vpcmpuw => (2, by_predicate::<u16>),
        Vpcmpud => (4, by_predicate::<u32>),
        Vpcmpuq => (8, by_predicate::<u64>),
        Vptestmb => (1, |[a, b, _], _| where_(a & b, 0, |x: u8, zero| x != zero)),
        Vptestmw => (2, |[a, b, _], _| where_(a & b, 0, |x: u16, zero| x != zero)),
        Vptestmd => (4, |[a, b, _], _| where_(a & b, 0, |x: u32, zero| x != zero)),
        Vptestmq => (8, |[a, b, _], _| where_(a & b, 0, |x: u64, zero| x != zero)),
        Vptestnmb => (1, |[a, b, _], _| equal::<u8>([a & b, 0, 0], 0)),
        Vptestnmw => (2, |[a, b, _], _| equal::<u16>([a & b, 0, 0], 0)),
        Vptestnmd => (4, |[a, b, _], _| equal::<u32>([a & b, 0, 0], 0)),
        Vptestnmq => (8, |[a, b, _], _| equal::<u64>([a & b, 0, 0], 0)),
        _ => return None,
    };
    Some((size, of_lane))
}

/// Upper bits of one vector.
fn upper_bits(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let size = match mnemonic {
        Pmovmskb | Vpmovmskb | Vpmovb2m => 1,
        Vpmovw2m => 2,
        Movmskps | Vmovmskps | Vpmovd2m => 4,
        Movmskpd | Vmovmskpd | Vpmovq2m => 8,
        _ => return None,
    };
    Some(elements(1, size, |[a, ..], _| a))
}

fn equal<E: Element + PartialEq>([a, b, _]: [u128; 3], _: u8) -> u128 {
    where_(a, b, |a: E, b| a == b)
}

fn greater<E: Element + PartialOrd>([a, b, _]: [u128; 3], _: u8) -> u128 {
    where_(a, b, |a: E, b| a > b)
}

/// The eight predicates of integers (Intel SDM 2, VPCMPD).
fn by_predicate<E: Element + PartialOrd>([a, b, _]: [u128; 3], predicate: u8) -> u128 {
    where_(a, b, |a: E, b| match predicate & 7 {
        0 => a == b,
        1 => a < b,
        2 => a <= b,
        3 => false,
        4 => a != b,
        5 => a >= b,
        6 => a > b,
        _ => true,
    })
}
