//! Arithmetic of integer elements.

use super::element::{map, pairs, zip};
use super::form::{Form, UNMASKED, elements, lanes};
use iced_x86::Mnemonic;

pub(super) fn form(mnemonic: Mnemonic) -> Option<Form> {
    sum(mnemonic)
        .or_else(|| saturated_sum(mnemonic))
        .or_else(|| extreme(mnemonic))
        .or_else(|| product(mnemonic))
        .or_else(|| sum_of_products(mnemonic))
        .or_else(|| of_neighbours(mnemonic))
        .or_else(|| sign_or_mean(mnemonic))
        .or_else(|| bits(mnemonic))
}

fn sum(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Paddb | Vpaddb => elements(2, 1, |[a, b, _], _| zip(a, b, u8::wrapping_add)),
        Paddw | Vpaddw => elements(2, 2, |[a, b, _], _| zip(a, b, u16::wrapping_add)),
        Paddd | Vpaddd => elements(2, 4, |[a, b, _], _| zip(a, b, u32::wrapping_add)),
        Paddq | Vpaddq => elements(2, 8, |[a, b, _], _| zip(a, b, u64::wrapping_add)),
        Psubb | Vpsubb => elements(2, 1, |[a, b, _], _| zip(a, b, u8::wrapping_sub)),
        Psubw | Vpsubw => elements(2, 2, |[a, b, _], _| zip(a, b, u16::wrapping_sub)),
        Psubd | Vpsubd => elements(2, 4, |[a, b, _], _| zip(a, b, u32::wrapping_sub)),
        Psubq | Vpsubq => elements(2, 8, |[a, b, _], _| zip(a, b, u64::wrapping_sub)),
        _ => return None,
    };
    Some(form)
}

fn saturated_sum(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Paddsb | Vpaddsb => elements(2, 1, |[a, b, _], _| zip(a, b, i8::saturating_add)),
        Paddsw | Vpaddsw => elements(2, 2, |[a, b, _], _| zip(a, b, i16::saturating_add)),
        Paddusb | Vpaddusb => elements(2, 1, |[a, b, _], _| zip(a, b, u8::saturating_add)),
        Paddusw | Vpaddusw => elements(2, 2, |[a, b, _], _| zip(a, b, u16::saturating_add)),
        Psubsb | Vpsubsb => elements(2, 1, |[a, b, _], _| zip(a, b, i8::saturating_sub)),
        Psubsw | Vpsubsw => elements(2, 2, |[a, b, _], _| zip(a, b, i16::saturating_sub)),
        Psubusb | Vpsubusb => elements(2, 1, |[a, b, _], _| zip(a, b, u8::saturating_sub)),
        Psubusw | Vpsubusw => elements(2, 2, |[a, b, _], _| zip(a, b, u16::saturating_sub)),
        _ => return None,
    };
    Some(form)
}

fn extreme(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Pminub | Vpminub => elements(2, 1, |[a, b, _], _| zip(a, b, u8::min)),
        Pminuw | Vpminuw => elements(2, 2, |[a, b, _], _| zip(a, b, u16::min)),
        Pminud | Vpminud => elements(2, 4, |[a, b, _], _| zip(a, b, u32::min)),
        Vpminuq => elements(2, 8, |[a, b, _], _| zip(a, b, u64::min)),
        Pminsb | Vpminsb => elements(2, 1, |[a, b, _], _| zip(a, b, i8::min)),
        Pminsw | Vpminsw => elements(2, 2, |[a, b, _], _| zip(a, b, i16::min)),
        Pminsd | Vpminsd => elements(2, 4, |[a, b, _], _| zip(a, b, i32::min)),
        Vpminsq => elements(2, 8, |[a, b, _], _| zip(a, b, i64::min)),
        Pmaxub | Vpmaxub => elements(2, 1, |[a, b, _], _| zip(a, b, u8::max)),
        Pmaxuw | Vpmaxuw => elements(2, 2, |[a, b, _], _| zip(a, b, u16::max)),
        Pmaxud | Vpmaxud => elements(2, 4, |[a, b, _], _| zip(a, b, u32::max)),
        Vpmaxuq => elements(2, 8, |[a, b, _], _| zip(a, b, u64::max)),
        Pmaxsb | Vpmaxsb => elements(2, 1, |[a, b, _], _| zip(a, b, i8::max)),
        Pmaxsw | Vpmaxsw => elements(2, 2, |[a, b, _], _| zip(a, b, i16::max)),
        Pmaxsd | Vpmaxsd => elements(2, 4, |[a, b, _], _| zip(a, b, i32::max)),
        Vpmaxsq => elements(2, 8, |[a, b, _], _| zip(a, b, i64::max)),
        _ => return None,
    };
    Some(form)
}

fn product(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Pmullw | Vpmullw => elements(2, 2, |[a, b, _], _| zip(a, b, u16::wrapping_mul)),
        Pmulld | Vpmulld => elements(2, 4, |[a, b, _], _| zip(a, b, u32::wrapping_mul)),
        Vpmullq => elements(2, 8, |[a, b, _], _| zip(a, b, u64::wrapping_mul)),
        Pmulhuw | Vpmulhuw => elements(2, 2, |[a, b, _], _| {
            zip(a, b, |a: u16, b| {
                ((u32::from(a) * u32::from(b)) >> 16) as u16
            })
        }),
        Pmulhw | Vpmulhw => elements(2, 2, |[a, b, _], _| {
            zip(a, b, |a: i16, b| {
                ((i32::from(a) * i32::from(b)) >> 16) as i16
            })
        }),
        Pmulhrsw | Vpmulhrsw => elements(2, 2, |[a, b, _], _| {
            zip(a, b, |a: i16, b| {
                ((((i32::from(a) * i32::from(b)) >> 14) + 1) >> 1) as i16
            })
        }),
        Pmuludq | Vpmuludq => elements(2, 8, |[a, b, _], _| {
            zip(a, b, |a: u64, b| u64::from(a as u32) * u64::from(b as u32))
        }),
        Pmuldq | Vpmuldq => elements(2, 8, |[a, b, _], _| {
            zip(a, b, |a: i64, b| i64::from(a as i32) * i64::from(b as i32))
        }),
        _ => return None,
    };
    Some(form)
}

fn sum_of_products(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Pmaddwd | Vpmaddwd => lanes(2, 4, |[a, b, _], _| {
            zip(a, b, |a: i32, b| {
                let low = i32::from(a as i16) * i32::from(b as i16);
                low.wrapping_add((a >> 16) * (b >> 16))
            })
        }),
        Pmaddubsw | Vpmaddubsw => lanes(2, 2, |[a, b, _], _| {
            zip(a, b, |a: i16, b| {
                let low = i32::from(a as u8) * i32::from(b as i8);
                let high = i32::from((a >> 8) as u8) * i32::from((b >> 8) as i8);
                (low + high).clamp(i16::MIN.into(), i16::MAX.into()) as i16
            })
        }),
        Psadbw | Vpsadbw => lanes(2, UNMASKED, |[a, b, _], _| {
            zip(a, b, |a: u64, b| {
                let differences = a.to_le_bytes().into_iter().zip(b.to_le_bytes());
                differences.map(|(a, b)| u64::from(a.abs_diff(b))).sum()
            })
        }),
        _ => return None,
    };
    Some(form)
}

fn of_neighbours(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Phaddw | Vphaddw => lanes(2, UNMASKED, |[a, b, _], _| pairs(a, b, i16::wrapping_add)),
        Phaddd | Vphaddd => lanes(2, UNMASKED, |[a, b, _], _| pairs(a, b, i32::wrapping_add)),
        Phaddsw | Vphaddsw => lanes(2, UNMASKED, |[a, b, _], _| pairs(a, b, i16::saturating_add)),
        Phsubw | Vphsubw => lanes(2, UNMASKED, |[a, b, _], _| pairs(a, b, i16::wrapping_sub)),
        Phsubd | Vphsubd => lanes(2, UNMASKED, |[a, b, _], _| pairs(a, b, i32::wrapping_sub)),
        Phsubsw | Vphsubsw => lanes(2, UNMASKED, |[a, b, _], _| pairs(a, b, i16::saturating_sub)),
        _ => return None,
    };
    Some(form)
}

fn sign_or_mean(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Pabsb | Vpabsb => elements(1, 1, |[a, ..], _| map(a, i8::wrapping_abs)),
        Pabsw | Vpabsw => elements(1, 2, |[a, ..], _| map(a, i16::wrapping_abs)),
        Pabsd | Vpabsd => elements(1, 4, |[a, ..], _| map(a, i32::wrapping_abs)),
        Vpabsq => elements(1, 8, |[a, ..], _| map(a, i64::wrapping_abs)),
        Psignb | Vpsignb => elements(2, UNMASKED, |[a, b, _], _| {
            zip(a, b, |a: i8, b| a.wrapping_mul(b.signum()))
        }),
        Psignw | Vpsignw => elements(2, UNMASKED, |[a, b, _], _| {
            zip(a, b, |a: i16, b| a.wrapping_mul(b.signum()))
        }),
        Psignd | Vpsignd => elements(2, UNMASKED, |[a, b, _], _| {
            zip(a, b, |a: i32, b| a.wrapping_mul(b.signum()))
        }),
        Pavgb | Vpavgb => elements(2, 1, |[a, b, _], _| {
            zip(a, b, |a: u8, b| {
                ((u16::from(a) + u16::from(b) + 1) >> 1) as u8
            })
        }),
        Pavgw | Vpavgw => elements(2, 2, |[a, b, _], _| {
            zip(a, b, |a: u16, b| {
                ((u32::from(a) + u32::from(b) + 1) >> 1) as u16
            })
        }),
        _ => return None,
    };
    Some(form)
}

/// Counts and choices of bits.
fn bits(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Vplzcntd => elements(1, 4, |[a, ..], _| map(a, u32::leading_zeros)),
        Vplzcntq => elements(1, 8, |[a, ..], _| map(a, |a: u64| a.leading_zeros().into())),
        Vpopcntb => elements(1, 1, |[a, ..], _| map(a, |a: u8| a.count_ones() as u8)),
        Vpopcntw => elements(1, 2, |[a, ..], _| map(a, |a: u16| a.count_ones() as u16)),
        Vpopcntd => elements(1, 4, |[a, ..], _| map(a, u32::count_ones)),
        Vpopcntq => elements(1, 8, |[a, ..], _| map(a, |a: u64| a.count_ones().into())),
        Vpmultishiftqb => lanes(2, 1, |[by, a, _], _| {
            zip(by, a, |by: u64, a| {
                let bytes = by.to_le_bytes().map(|by| a.rotate_right(by.into()) as u8);
                u64::from_le_bytes(bytes)
            })
        }),
        _ => return None,
    };
    Some(form)
}
