//! Concatenation, and the streaming interface.
#![allow(missing_docs)]

use crcheck_kernel::{Combiner, Hasher, checksum, combine, update};
use quickcheck::quickcheck;
use std::io::Write;

#[test]
fn combining_with_nothing_is_the_identity() {
    for a in [0, 1, 0xcbf4_3926, u32::MAX] {
        assert_eq!(combine(a, 0, 0), a);
        assert_eq!(
            combine(a, 0xdead_beef, 0),
            a,
            "whatever the second checksum is"
        );
    }
}

/// x^(2^32 - 1) = 1 mod P: a gap of (2^32 - 1) bytes, eight times that many bits, changes nothing.
#[test]
fn the_order_of_x_is_that_of_a_primitive_polynomial() {
    let order = u64::from(u32::MAX);
    for a in [1, 0x1234_5678, 0xcbf4_3926] {
        assert_eq!(combine(a, 0, order), a);
        assert_eq!(combine(a, 7, order + 5), combine(a, 7, 5));
        assert_eq!(
            combine(a, 7, u64::MAX),
            combine(a, 7, u64::MAX % order + order)
        );
        assert_ne!(combine(a, 0, order - 1), a);
    }
}

#[test]
fn a_combiner_is_the_function_with_its_length_fixed() {
    for len_b in [0, 1, 5, 4096, 1 << 33, u64::MAX] {
        let combiner = Combiner::new(len_b);
        assert_eq!(
            combiner.combine(0xcbf4_3926, 0x1234),
            combine(0xcbf4_3926, 0x1234, len_b)
        );
    }
}

/// As zlib's `crc32_combine_gen` has it: x^0, x^8 and x^16, the highest bit for x^0.
#[test]
fn powers_are_those_of_zlib() {
    for (len_b, power) in [(0, 0x8000_0000), (1, 0x0080_0000), (2, 0x0000_8000)] {
        assert_eq!(Combiner::new(len_b).power(), power);
    }
}

quickcheck! {
    fn a_combiner_is_its_power(a: u32, b: u32, len_b: u64) -> bool {
        let combiner = Combiner::new(len_b.max(1));
        Combiner::from_power(combiner.power()).combine(a, b) == combiner.combine(a, b)
    }

    fn combine_is_the_checksum_of_the_concatenation(a: Vec<u8>, b: Vec<u8>) -> bool {
        let whole = [&a[..], &b].concat();
        combine(checksum(&a), checksum(&b), b.len() as u64) == checksum(&whole)
    }

    fn combine_is_associative(a: u32, b: u32, c: u32, len_b: u64, len_c: u64) -> bool {
        let (len_b, len_c) = (len_b / 4 + 1, len_c / 4 + 1);
        combine(combine(a, b, len_b), c, len_c) == combine(a, combine(b, c, len_c), len_b + len_c)
    }

    fn a_hasher_is_its_model(pieces: Vec<Vec<u8>>, cut: usize) -> bool {
        let mut hasher = Hasher::new();
        let mut given = Vec::new();
        for piece in &pieces {
            hasher.update(piece);
            given.extend_from_slice(piece);
        }
        let (head, tail) = given.split_at(cut % (given.len() + 1));
        let mut first = Hasher::with_checksum(checksum(head));
        let mut second = Hasher::default();
        second.write_all(tail).expect("never fails");
        let copy = second.clone();
        first.combine(&second);
        second.reset();
        hasher.finalize() == checksum(&given)
            && first.finalize() == checksum(&given)
            && copy.finalize() == checksum(tail)
            && second == Hasher::new()
            && hasher.finalize() == hasher.finalize()
    }

    fn combining_twice_keeps_the_lengths(a: Vec<u8>, b: Vec<u8>, c: Vec<u8>) -> bool {
        let of = |message: &[u8]| {
            let mut hasher = Hasher::new();
            hasher.update(message);
            hasher
        };
        let mut right = of(&b);
        right.combine(&of(&c));
        let mut whole = of(&a);
        whole.combine(&right);
        whole.finalize() == checksum(&[&a[..], &b, &c].concat())
    }

    fn updating_goes_on_where_it_stopped(a: Vec<u8>, b: Vec<u8>) -> bool {
        update(checksum(&a), &b) == checksum(&[&a[..], &b].concat())
    }
}
