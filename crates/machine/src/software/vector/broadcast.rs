//! One element, or a few, in all places.

use super::form::{Form, UNMASKED, vectors};
use crate::state::Vector;
use iced_x86::Mnemonic;

pub(super) fn form(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Vpbroadcastb => vectors(1, 1, broadcast::<1>),
        Vpbroadcastw => vectors(1, 2, broadcast::<2>),
        Vpbroadcastd | Vbroadcastss => vectors(1, 4, broadcast::<4>),
        Vpbroadcastq | Vbroadcastsd => vectors(1, 8, broadcast::<8>),
        Vbroadcasti32x2 | Vbroadcastf32x2 => vectors(1, 4, broadcast::<8>),
        Vbroadcasti128 | Vbroadcastf128 => vectors(1, UNMASKED, broadcast::<16>),
        Vbroadcasti32x4 | Vbroadcastf32x4 => vectors(1, 4, broadcast::<16>),
        Vbroadcasti64x2 | Vbroadcastf64x2 => vectors(1, 8, broadcast::<16>),
        Vbroadcasti32x8 | Vbroadcastf32x8 => vectors(1, 4, broadcast::<32>),
        Vbroadcasti64x4 | Vbroadcastf64x4 => vectors(1, 8, broadcast::<32>),
        Vpbroadcastmb2q => vectors(1, UNMASKED, |inputs, len_bytes, _| {
            let mask = inputs[0].lanes()[0] & 0xff;
            repeat(&mask.to_le_bytes()[..8], len_bytes)
        }),
        Vpbroadcastmw2d => vectors(1, UNMASKED, |inputs, len_bytes, _| {
            let mask = inputs[0].lanes()[0] & 0xffff;
            repeat(&mask.to_le_bytes()[..4], len_bytes)
        }),
        _ => return None,
    };
    Some(form.elementwise())
}

fn broadcast<const SIZE: usize>(inputs: [&Vector; 3], len_bytes: usize, _: u8) -> Vector {
    repeat(&inputs[0].0[..SIZE], len_bytes)
}

/// Some bytes again and again.
#[inline]
pub(super) fn repeat(bytes: &[u8], len_bytes: usize) -> Vector {
    let mut result = Vector::ZERO;
    for to in result.0[..len_bytes].chunks_exact_mut(bytes.len()) {
        to.copy_from_slice(bytes);
    }
    result
}
