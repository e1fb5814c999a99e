//! A function of your own crate as a subject.

use crate::first_panic::FirstPanic;
use crcheck_oracle::model::Model;
use crcheck_platform::process_end::{self, LastWords};
use crcheck_subject::c_function::Convention;
use crcheck_subject::{Capabilities, Subject, SubjectName};
use std::marker::PhantomData;

/// An integer that holds a checksum: `u8`, `u16`, `u32` or `u64`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no checksum",
    label = "a kernel is `|crc, buf|` or `|buf|`, which returns `u8`, `u16`, `u32` or `u64`"
)]
pub trait Register: Copy + 'static {
    /// How many bits it has.
    const BITS: u8;

    /// The lowest bits of `word`.
    fn of_word(word: u64) -> Self;

    /// It, with zero bits above.
    fn word(self) -> u64;
}

macro_rules! register {
    ($($integer:ty),*) => {
        $(impl Register for $integer {
            const BITS: u8 = <$integer>::BITS as u8;

            fn of_word(word: u64) -> Self {
                word as $integer
            }

            fn word(self) -> u64 {
                u64::from(self)
            }
        })*
    };
}

register!(u8, u16, u32, u64);

/// A function that goes on from a checksum: `fn(R, &[u8]) -> R`.
pub struct GoesOn<R>(PhantomData<R>);

/// A function that begins anew in every call: `fn(&[u8]) -> R`.
pub struct OneShot<R>(PhantomData<R>);

/// A function or a closure that computes a checksum. `Form` follows from its signature: [`GoesOn`]
/// or [`OneShot`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no kernel",
    label = "a kernel is `|crc, buf|` or `|buf|`, which returns `u8`, `u16`, `u32` or `u64`",
    note = "`crc` has the type of the result, and `buf` is a `&[u8]`"
)]
pub trait Kernel<Form>: Send + Sync + 'static {
    /// Whether it goes on from a checksum.
    const GOES_ON: bool;

    /// How many bits its result has.
    const BITS: u8;

    /// Calls it.
    fn call(&self, word: u64, message: &[u8]) -> u64;
}

impl<F, R> Kernel<GoesOn<R>> for F
where
    F: Fn(R, &[u8]) -> R + Send + Sync + 'static,
    R: Register,
{
    const GOES_ON: bool = true;
    const BITS: u8 = R::BITS;

    fn call(&self, word: u64, message: &[u8]) -> u64 {
        self(R::of_word(word), message).word()
    }
}

impl<F, R> Kernel<OneShot<R>> for F
where
    F: Fn(&[u8]) -> R + Send + Sync + 'static,
    R: Register,
{
    const GOES_ON: bool = false;
    const BITS: u8 = R::BITS;

    fn call(&self, _: u64, message: &[u8]) -> u64 {
        self(message).word()
    }
}

/// A call that takes and returns words.
type Call = dyn Fn(u64, &[u8]) -> u64 + Send + Sync;

/// A kernel of any form.
pub(crate) struct AnyKernel {
    call: Box<Call>,
    goes_on: bool,
    pub(crate) bits: u8,
}

impl AnyKernel {
    pub(crate) fn new<Form, K: Kernel<Form>>(kernel: K) -> Self {
        Self {
            call: Box::new(move |word, message| kernel.call(word, message)),
            goes_on: K::GOES_ON,
            bits: K::BITS,
        }
    }
}

/// A kernel as a subject.
pub(crate) struct Function {
    pub(crate) name: SubjectName,
    pub(crate) kernel: AnyKernel,
    pub(crate) model: Model,
    pub(crate) convention: Convention,
    /// What is said if a call ends the process.
    pub(crate) words: &'static LastWords,
    pub(crate) first_panic: FirstPanic,
}

impl Subject for Function {
    fn name(&self) -> SubjectName {
        self.name.clone()
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        let xor = self.convention.xor(&self.model);
        let call = || (self.kernel.call)(checksum ^ xor, message);
        let call = || process_end::during(self.words, message, call);
        self.first_panic.named_by(call) ^ xor
    }

    fn model(&self) -> Model {
        self.model.clone()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            takes_checksum: self.kernel.goes_on,
            ..Capabilities::default()
        }
    }
}
