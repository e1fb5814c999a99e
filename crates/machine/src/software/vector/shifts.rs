//! Shifts and rotations of elements and of lanes.

use super::element::{map, zip};
use super::form::{Form, UNMASKED, elements, lanes};
use iced_x86::Mnemonic;

pub(super) fn form(mnemonic: Mnemonic) -> Option<Form> {
    by_one_count(mnemonic)
        .or_else(|| by_own_count(mnemonic))
        .or_else(|| rotation(mnemonic))
        .or_else(|| of_bytes(mnemonic))
}

/// The count in the lowest 64 bits of a lane; one that no element is wide enough for becomes 255.
fn count(lane: u128) -> u32 {
    (lane as u64).min(255) as u32
}

/// Shifts of all elements by one count.
fn by_one_count(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Psllw | Vpsllw => elements(2, 2, |[a, by, _], _| {
            map(a, |x: u16| x.checked_shl(count(by)).unwrap_or(0))
        }),
        Pslld | Vpslld => elements(2, 4, |[a, by, _], _| {
            map(a, |x: u32| x.checked_shl(count(by)).unwrap_or(0))
        }),
        Psllq | Vpsllq => elements(2, 8, |[a, by, _], _| {
            map(a, |x: u64| x.checked_shl(count(by)).unwrap_or(0))
        }),
        Psrlw | Vpsrlw => elements(2, 2, |[a, by, _], _| {
            map(a, |x: u16| x.checked_shr(count(by)).unwrap_or(0))
        }),
        Psrld | Vpsrld => elements(2, 4, |[a, by, _], _| {
            map(a, |x: u32| x.checked_shr(count(by)).unwrap_or(0))
        }),
        Psrlq | Vpsrlq => elements(2, 8, |[a, by, _], _| {
            map(a, |x: u64| x.checked_shr(count(by)).unwrap_or(0))
        }),
        Psraw | Vpsraw => elements(2, 2, |[a, by, _], _| {
            map(a, |x: i16| x >> count(by).min(15))
        }),
        Psrad | Vpsrad => elements(2, 4, |[a, by, _], _| {
            map(a, |x: i32| x >> count(by).min(31))
        }),
        Vpsraq => elements(2, 8, |[a, by, _], _| {
            map(a, |x: i64| x >> count(by).min(63))
        }),
        _ => return None,
    };
    Some(form.count())
}

/// Shifts of each element by a count of its own.
fn by_own_count(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Vpsllvw => elements(2, 2, |[a, by, _], _| {
            zip(a, by, |x: u16, by| x.checked_shl(by.into()).unwrap_or(0))
        }),
        Vpsllvd => elements(2, 4, |[a, by, _], _| {
            zip(a, by, |x: u32, by| x.checked_shl(by).unwrap_or(0))
        }),
        Vpsllvq => elements(2, 8, |[a, by, _], _| {
            zip(a, by, |x: u64, by| {
                x.checked_shl(count(by.into())).unwrap_or(0)
            })
        }),
        Vpsrlvw => elements(2, 2, |[a, by, _], _| {
            zip(a, by, |x: u16, by| x.checked_shr(by.into()).unwrap_or(0))
        }),
        Vpsrlvd => elements(2, 4, |[a, by, _], _| {
            zip(a, by, |x: u32, by| x.checked_shr(by).unwrap_or(0))
        }),
        Vpsrlvq => elements(2, 8, |[a, by, _], _| {
            zip(a, by, |x: u64, by| {
                x.checked_shr(count(by.into())).unwrap_or(0)
            })
        }),
        Vpsravw => elements(2, 2, |[a, by, _], _| {
            zip(a, by, |x: i16, by| x >> (by as u16).min(15))
        }),
        Vpsravd => elements(2, 4, |[a, by, _], _| {
            zip(a, by, |x: i32, by| x >> (by as u32).min(31))
        }),
        Vpsravq => elements(2, 8, |[a, by, _], _| {
            zip(a, by, |x: i64, by| x >> (by as u64).min(63))
        }),
        _ => return None,
    };
    Some(form)
}

fn rotation(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Vprold => elements(1, 4, |[a, ..], by| {
            map(a, |x: u32| x.rotate_left(by.into()))
        }),
        Vprolq => elements(1, 8, |[a, ..], by| {
            map(a, |x: u64| x.rotate_left(by.into()))
        }),
        Vprord => elements(1, 4, |[a, ..], by| {
            map(a, |x: u32| x.rotate_right(by.into()))
        }),
        Vprorq => elements(1, 8, |[a, ..], by| {
            map(a, |x: u64| x.rotate_right(by.into()))
        }),
        Vprolvd => elements(2, 4, |[a, by, _], _| zip(a, by, u32::rotate_left)),
        Vprolvq => elements(2, 8, |[a, by, _], _| {
            zip(a, by, |x: u64, by| x.rotate_left((by % 64) as u32))
        }),
        Vprorvd => elements(2, 4, |[a, by, _], _| zip(a, by, u32::rotate_right)),
        Vprorvq => elements(2, 8, |[a, by, _], _| {
            zip(a, by, |x: u64, by| x.rotate_right((by % 64) as u32))
        }),
        _ => return None,
    };
    Some(form)
}

/// Shifts of a lane by bytes.
fn of_bytes(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Pslldq | Vpslldq => lanes(1, UNMASKED, |[a, ..], bytes| {
            a.checked_shl(8 * u32::from(bytes)).unwrap_or(0)
        }),
        Psrldq | Vpsrldq => lanes(1, UNMASKED, |[a, ..], bytes| {
            a.checked_shr(8 * u32::from(bytes)).unwrap_or(0)
        }),
        _ => return None,
    };
    Some(form)
}
