//! Carry-less products.

use super::form::{Form, UNMASKED, lanes};
use iced_x86::Mnemonic;

pub(super) fn form(mnemonic: Mnemonic) -> Option<Form> {
    match mnemonic {
        Mnemonic::Pclmulqdq | Mnemonic::Vpclmulqdq => {
            Some(lanes(2, UNMASKED, |[a, b, _], which| {
                let half = |lane: u128, bit: u8| (lane >> (64 * (which >> bit & 1))) as u64;
                carry_less_product(half(a, 0), half(b, 4))
            }))
        }
        _ => None,
    }
}

/// The product of polynomials over GF(2).
///
/// Every fifth bit of a factor is a number in base 32 whose digits are 0 or 1. It has at most 13 of
/// them, so that no digit of a product exceeds 13 and none carries into the next; the lowest bit of
/// a digit is its sum in GF(2).
pub(super) fn carry_less_product(a: u64, b: u64) -> u128 {
    const DIGITS: u64 = 0x1084_2108_4210_8421;
    const DIGITS_WIDE: u128 = 0x2108_4210_8421_0842_1084_2108_4210_8421;
    let every_fifth = |factor: u64| [0, 1, 2, 3, 4].map(|i| factor & DIGITS << i);
    let (a, b) = (every_fifth(a), every_fifth(b));
    let mut product = 0;
    for class in 0..5 {
        let terms = (0..5).map(|i| wide_product(a[i], b[(class + 5 - i) % 5]));
        let sums = terms.fold(0, |sums, term| sums ^ term);
        product |= sums & DIGITS_WIDE << class;
    }
    product
}

fn wide_product(a: u64, b: u64) -> u128 {
    u128::from(a).wrapping_mul(b.into())
}
