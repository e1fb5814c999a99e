//! The fold algorithm, once for every instruction set.
//!
//! A message is a polynomial M(x), the register is XORed into its first four bytes, and the register
//! after it is M(x) x^32 mod P (Gopal et al. 2009). A vector of the message is moved towards the end
//! by multiplication with x^distance mod P, which keeps the remainder:
//!
//! ```text
//! fold(a, k, b) = a(x) x^distance + b(x)  (mod P)
//! ```
//!
//! Each vector is multiplied once, whatever the order. What is left to choose is how the message is
//! cut, by its length:
//!
//! * [`short`]: up to one vector,
//! * [`vectors`]: some vectors, each weighed by what follows it, or strides of them side by side.
//!
//! The sum of the weighed lanes is reduced to 32 bits ([`reduce`]). There is no `unsafe` here: what
//! differs between instruction sets are the leaf operations of [`Isa`].

#![forbid(unsafe_code)]

mod reduce;
mod short;
mod vectors;
mod weights;

use crate::arch::Isa;

/// The register after `message`, from the register before it.
#[inline(always)]
pub(crate) fn update<I: Isa>(isa: I, register: u32, message: &[u8]) -> u32 {
    if message.len() <= I::VECTOR_BYTES {
        return short::update(isa, register, message);
    }
    if message.len() <= I::VECTOR_BYTES * 2 {
        return vectors::few::<I, 1>(isa, register, message);
    }
    if message.len() <= I::VECTOR_BYTES * 3 {
        return vectors::few::<I, 2>(isa, register, message);
    }
    if message.len() < I::VECTOR_BYTES * 4 {
        return vectors::few::<I, 3>(isa, register, message);
    }
    if I::WIDE && message.len() >= I::VECTOR_BYTES * 8 {
        return vectors::strides::<I, 8>(isa, register, message);
    }
    vectors::strides::<I, 4>(isa, register, message)
}
