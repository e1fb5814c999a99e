//! The same kernel behind functions of the C ABI with other parameters: without a checksum, with
//! its arguments in another order, and with narrower and wider ones.

use crcheck_harness::oracle::model::Model;
use crcheck_harness::platform::raw_entry::{Argument, IntegerBits, RawEntry};
use crcheck_harness::subject::{Capabilities, Subject, SubjectName};
use std::cell::Cell;

/// The parameters of a function of the C ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signature {
    /// `buf,len`, which returns a register whose upper half is undefined.
    MessageFirst,
    /// `len32,buf`
    LengthFirst,
    /// `crc32,buf,len32`
    Narrow,
    /// `crc64,buf,len64->crc32`
    Wide,
}

impl Signature {
    pub(crate) const ALL: [Self; 4] = [
        Self::MessageFirst,
        Self::LengthFirst,
        Self::Narrow,
        Self::Wide,
    ];

    /// Whether a call can go on from a checksum.
    pub(crate) fn takes_checksum(self) -> bool {
        matches!(self, Self::Narrow | Self::Wide)
    }

    /// The kernel behind a function with this signature.
    pub(crate) fn wrap(self, kernel: Box<dyn Subject>) -> Box<dyn Subject> {
        let arguments: &[Argument] = match self {
            Self::MessageFirst => &[Argument::Message, Argument::Length(IntegerBits::B64)],
            Self::LengthFirst => &[Argument::Length(IntegerBits::B32), Argument::Message],
            Self::Narrow => &[
                Argument::Checksum(IntegerBits::B32),
                Argument::Message,
                Argument::Length(IntegerBits::B32),
            ],
            Self::Wide => &[
                Argument::Checksum(IntegerBits::B64),
                Argument::Message,
                Argument::Length(IntegerBits::B64),
            ],
        };
        let address = match self {
            Self::MessageFirst => message_first as *const (),
            Self::LengthFirst => length_first as *const (),
            Self::Narrow => narrow as *const (),
            Self::Wide => wide as *const (),
        };
        Box::new(Function {
            // SAFETY: the functions below live as long as the process.
            entry: unsafe { RawEntry::new(address as usize, arguments, 32) },
            takes_checksum: self.takes_checksum(),
            kernel,
        })
    }
}

/// A kernel behind a function of the C ABI.
struct Function {
    kernel: Box<dyn Subject>,
    entry: RawEntry,
    takes_checksum: bool,
}

impl Subject for Function {
    fn name(&self) -> SubjectName {
        self.kernel.name()
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        CALLED.set(Some(&raw const *self.kernel));
        // SAFETY: a slice is valid for reads, and the functions read nothing but the message.
        unsafe { self.entry.call(checksum, message.as_ptr(), message.len()) }
    }

    fn model(&self) -> Model {
        self.kernel.model()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            takes_checksum: self.takes_checksum,
            ..self.kernel.capabilities()
        }
    }
}

thread_local! {
    /// The kernel of the call that this thread makes.
    static CALLED: Cell<Option<*const dyn Subject>> = const { Cell::new(None) };
}

/// What the ABI lets stand above a result of 32 bits.
const ABOVE: u64 = 0xdead_beef << 32;

fn call(checksum: u64, buf: *const u8, len: usize) -> u64 {
    let kernel = CALLED.get().expect("a call of `Function`");
    // SAFETY: `Function::update` has set the kernel, which outlives its call, and passes a slice.
    let right = unsafe { (*kernel).update(checksum, std::slice::from_raw_parts(buf, len)) };
    right | ABOVE
}

extern "C" fn message_first(buf: *const u8, len: usize) -> u64 {
    call(0, buf, len)
}

extern "C" fn length_first(len: u32, buf: *const u8) -> u64 {
    call(0, buf, len as usize)
}

extern "C" fn narrow(crc: u32, buf: *const u8, len: u32) -> u64 {
    call(crc.into(), buf, len as usize)
}

extern "C" fn wide(crc: u64, buf: *const u8, len: u64) -> u64 {
    call(crc, buf, len as usize)
}
