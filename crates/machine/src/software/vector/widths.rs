//! Elements made wider or narrower.

use super::element::{Element, pack};
use super::form::{Form, OfVector, lanes, vectors};
use crate::state::Vector;
use iced_x86::Mnemonic;

pub(super) fn form(mnemonic: Mnemonic) -> Option<Form> {
    packing(mnemonic)
        .or_else(|| widening(mnemonic))
        .or_else(|| narrowing(mnemonic))
}

/// Two vectors packed into one, lane by lane.
fn packing(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Packsswb | Vpacksswb => lanes(2, 1, |[a, b, _], _| {
            pack(a, b, |x: i16| x.clamp(i8::MIN.into(), i8::MAX.into()) as i8)
        }),
        Packssdw | Vpackssdw => lanes(2, 2, |[a, b, _], _| {
            pack(a, b, |x: i32| {
                x.clamp(i16::MIN.into(), i16::MAX.into()) as i16
            })
        }),
        Packuswb | Vpackuswb => lanes(2, 1, |[a, b, _], _| {
            pack(a, b, |x: i16| x.clamp(0, u8::MAX.into()) as u8)
        }),
        Packusdw | Vpackusdw => lanes(2, 2, |[a, b, _], _| {
            pack(a, b, |x: i32| x.clamp(0, u16::MAX.into()) as u16)
        }),
        _ => return None,
    };
    Some(form)
}

/// The lowest elements made wider.
fn widening(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Pmovzxbw | Vpmovzxbw => widened::<u8, u16>(),
        Pmovzxbd | Vpmovzxbd => widened::<u8, u32>(),
        Pmovzxbq | Vpmovzxbq => widened::<u8, u64>(),
        Pmovzxwd | Vpmovzxwd => widened::<u16, u32>(),
        Pmovzxwq | Vpmovzxwq => widened::<u16, u64>(),
        Pmovzxdq | Vpmovzxdq => widened::<u32, u64>(),
        Pmovsxbw | Vpmovsxbw => widened::<i8, i16>(),
        Pmovsxbd | Vpmovsxbd => widened::<i8, i32>(),
        Pmovsxbq | Vpmovsxbq => widened::<i8, i64>(),
        Pmovsxwd | Vpmovsxwd => widened::<i16, i32>(),
        Pmovsxwq | Vpmovsxwq => widened::<i16, i64>(),
        Pmovsxdq | Vpmovsxdq => widened::<i32, i64>(),
        _ => return None,
    };
    Some(form)
}

fn widened<N: Element, W: Element + From<N>>() -> Form {
    let form = vectors(1, W::BYTES, widen::<N, W>);
    form.elementwise().source_element(N::BYTES)
}

/// All elements made narrower: cut, or saturated as signed or unsigned ones.
fn narrowing(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form: (usize, usize, OfVector) = match mnemonic {
        Vpmovwb => (1, 2, |inputs, len, _| narrow(inputs, len, |x: u16| x as u8)),
        Vpmovdb => (1, 4, |inputs, len, _| narrow(inputs, len, |x: u32| x as u8)),
        Vpmovqb => (1, 8, |inputs, len, _| narrow(inputs, len, |x: u64| x as u8)),
        Vpmovdw => (2, 4, |inputs, len, _| {
            narrow(inputs, len, |x: u32| x as u16)
        }),
        Vpmovqw => (2, 8, |inputs, len, _| {
            narrow(inputs, len, |x: u64| x as u16)
        }),
        Vpmovqd => (4, 8, |inputs, len, _| {
            narrow(inputs, len, |x: u64| x as u32)
        }),
        Vpmovswb => (1, 2, saturate::<i16, i8>),
        Vpmovsdb => (1, 4, saturate::<i32, i8>),
        Vpmovsqb => (1, 8, saturate::<i64, i8>),
        Vpmovsdw => (2, 4, saturate::<i32, i16>),
        Vpmovsqw => (2, 8, saturate::<i64, i16>),
        Vpmovsqd => (4, 8, saturate::<i64, i32>),
        Vpmovuswb => (1, 2, saturate::<u16, u8>),
        Vpmovusdb => (1, 4, saturate::<u32, u8>),
        Vpmovusqb => (1, 8, saturate::<u64, u8>),
        Vpmovusdw => (2, 4, saturate::<u32, u16>),
        Vpmovusqw => (2, 8, saturate::<u64, u16>),
        Vpmovusqd => (4, 8, saturate::<u64, u32>),
        _ => return None,
    };
    let (size, source_size, of_vector) = form;
    Some(vectors(1, size, of_vector).source_element(source_size))
}

/// The lowest elements as wider ones that fill the vector.
fn widen<N: Element, W: Element + From<N>>(
    inputs: [&Vector; 3],
    len_bytes: usize,
    _: u8,
) -> Vector {
    let mut result = Vector::ZERO;
    let wide = result.0[..len_bytes].chunks_exact_mut(W::BYTES);
    for (to, from) in wide.zip(inputs[0].0.chunks_exact(N::BYTES)) {
        W::from(N::read(from)).write(to);
    }
    result
}

/// All elements as narrower ones, and zeros behind them.
fn narrow<W: Element, N: Element>(
    inputs: [&Vector; 3],
    len_bytes: usize,
    f: impl Fn(W) -> N,
) -> Vector {
    let mut result = Vector::ZERO;
    let wide = inputs[0].0[..len_bytes].chunks_exact(W::BYTES);
    for (from, to) in wide.zip(result.0.chunks_exact_mut(N::BYTES)) {
        f(W::read(from)).write(to);
    }
    result
}

/// The nearest narrower elements of the same signedness.
fn saturate<W, N>(inputs: [&Vector; 3], len_bytes: usize, _: u8) -> Vector
where
    W: Element + PartialOrd + Default,
    N: Element + TryFrom<W> + Limits,
{
    narrow(inputs, len_bytes, |x: W| {
        let limit = if x < W::default() { N::MIN } else { N::MAX };
        N::try_from(x).unwrap_or(limit)
    })
}

trait Limits {
    const MIN: Self;
    const MAX: Self;
}

macro_rules! limits {
    ($($integer:ident)*) => {$(
        impl Limits for $integer {
            const MIN: Self = $integer::MIN;
            const MAX: Self = $integer::MAX;
        }
    )*};
}

limits!(i8 i16 i32 u8 u16 u32);
