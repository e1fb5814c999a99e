//! The memory that one call reads and writes besides its message.

use super::destination::Destination;
use super::returns::{Form, Returns};
use super::{ARGUMENTS_MAX, Argument, IntegerBits, RawEntry};
use std::ops::Range;

/// The most bytes of a result that a function writes to memory.
pub const ANSWER_BYTES: usize = 128;

/// The longest text that is read where a function returns its address, in bytes.
pub(super) const TEXT_BYTES: usize = 24;

/// What an answer holds before the call: no digit, and no end of a text.
const UNWRITTEN: u8 = 0xa5;

/// What a function owes its caller besides the checksum, and did not keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// It returned this status, and not the one that means success.
    Status(u32),
    /// The destination does not hold the message, or bytes around it changed.
    Copy,
    /// The text of the checksum is not hexadecimal.
    Text,
    /// Bytes around the memory of a stream's state changed.
    State,
}

/// The upper half of a value that stands for a [`Broken`] promise. A model of 64 bits has this
/// value as a checksum too, with a probability of 2^-32 for each wrong call.
const BROKEN: u64 = 0xbad5_0b1e;

/// The lower halves for what is no status. No function is known to have these as statuses.
const COPY: u32 = 0xdead_c0b1;
const TEXT: u32 = 0xdead_7e87;
const STATE: u32 = 0xdead_57a7;

impl Broken {
    /// The value that a call gives instead of a checksum.
    pub const fn value(self) -> u64 {
        let low = match self {
            Self::Status(status) => status,
            Self::Copy => COPY,
            Self::Text => TEXT,
            Self::State => STATE,
        };
        BROKEN << 32 | low as u64
    }

    /// What a value says; `None` if it is a checksum.
    pub const fn of(value: u64) -> Option<Self> {
        if value >> 32 != BROKEN {
            return None;
        }
        Some(match value as u32 {
            COPY => Self::Copy,
            TEXT => Self::Text,
            STATE => Self::State,
            status => Self::Status(status),
        })
    }
}

/// The memory of one call. It stays where it is from [`CallMemory::values`] to
/// [`CallMemory::checksum`].
#[derive(Debug, Default)]
pub(crate) struct CallMemory {
    checksum: [u8; 8],
    answer: Option<[u8; ANSWER_BYTES]>,
    destination: Option<Destination>,
}

impl CallMemory {
    /// The value of each argument, and the bits of its type.
    ///
    /// # Safety
    /// `message` is valid for reads of `len_bytes` if the function takes a destination.
    #[inline]
    pub(crate) unsafe fn values(
        &mut self,
        entry: &RawEntry,
        checksum: u64,
        message: *const u8,
        len_bytes: usize,
    ) -> [Option<(u64, IntegerBits)>; ARGUMENTS_MAX] {
        const ADDRESS: IntegerBits = IntegerBits::ADDRESS;
        let takes_answer = entry.arguments.contains(&Some(Argument::Answer));
        let checksum = match checksum ^ entry.xor {
            // The form is that of the answer.
            checksum if takes_answer => checksum,
            checksum => entry.returns.swap(checksum),
        };
        entry.arguments.map(|argument| {
            Some(match argument? {
                Argument::Checksum(bits) => (checksum & bits.mask(), bits),
                Argument::ChecksumAt(bits) => (
                    self.store(checksum, bits).expose_provenance() as u64,
                    ADDRESS,
                ),
                Argument::Answer => {
                    let answer = self.answer.insert([UNWRITTEN; ANSWER_BYTES]);
                    (answer.as_mut_ptr().expose_provenance() as u64, ADDRESS)
                }
                Argument::Message => {
                    let before = match entry.has_offset {
                        true => offset_of(message, len_bytes),
                        false => 0,
                    };
                    (message.wrapping_sub(before) as u64, ADDRESS)
                }
                Argument::End => (message.wrapping_add(len_bytes) as u64, ADDRESS),
                Argument::Length(bits) => (len_bytes as u64 & bits.mask(), bits),
                Argument::Offset(bits) => (offset_of(message, len_bytes) as u64, bits),
                Argument::Destination => {
                    // SAFETY: the caller vouches for the message; one call of a thread ends
                    // before the next begins.
                    let to = unsafe { Destination::prepare(message, len_bytes) };
                    self.destination = to.ok();
                    // Without memory the call gets a null pointer, and no copy to judge.
                    let start = self
                        .destination
                        .map_or(std::ptr::null_mut(), |to| to.start());
                    (start as u64, ADDRESS)
                }
                Argument::Word(word) => (word, ADDRESS),
                Argument::State(bits) => (entry.state & bits.mask(), bits),
            })
        })
    }

    /// Writes the checksum as an integer of these bits, and returns where.
    fn store(&mut self, checksum: u64, bits: IntegerBits) -> *mut u8 {
        self.checksum = checksum.to_ne_bytes();
        if cfg!(target_endian = "big") {
            let bytes = (checksum << (64 - bits.get())).to_ne_bytes();
            self.checksum = bytes;
        }
        self.checksum.as_mut_ptr()
    }

    /// The checksum after the call that returned `returned`, or [`Broken::value`].
    ///
    /// # Safety
    /// The call had these values. `message` is the one of [`CallMemory::values`].
    #[inline]
    pub(crate) unsafe fn checksum(
        &self,
        entry: &RawEntry,
        returned: u64,
        message: *const u8,
        text_at: impl FnOnce(u64) -> [u8; TEXT_BYTES],
    ) -> u64 {
        if let Some(status) = entry.returns.status
            && returned as u32 != status
        {
            return Broken::Status(returned as u32).value();
        }
        if let Some(destination) = &self.destination {
            // SAFETY: `values` prepared it for this message, and the call is over.
            if !unsafe { destination.holds(message) } {
                return Broken::Copy.value();
            }
        }
        match self.read(entry, returned, text_at) {
            Some(value) => (value ^ entry.xor) & entry.returns.mask(),
            None => Broken::Text.value(),
        }
    }

    /// What the call has left where the checksum is.
    fn read(
        &self,
        entry: &RawEntry,
        returned: u64,
        text_at: impl FnOnce(u64) -> [u8; TEXT_BYTES],
    ) -> Option<u64> {
        let Returns { form, .. } = entry.returns;
        if let Some(answer) = &self.answer {
            // SAFETY: of the array itself; the function has written it through its address.
            let answer = unsafe { std::ptr::from_ref(answer).read_volatile() };
            return entry.returns.read(&answer);
        }
        let cell = entry
            .arguments
            .iter()
            .flatten()
            .find_map(|argument| match argument {
                Argument::ChecksumAt(bits) => Some(*bits),
                _ => None,
            });
        if let Some(bits) = cell {
            // SAFETY: as of the answer.
            let bytes = unsafe { std::ptr::from_ref(&self.checksum).read_volatile() };
            let integer = match cfg!(target_endian = "big") {
                true => u64::from_ne_bytes(bytes) >> (64 - bits.get()),
                false => u64::from_ne_bytes(bytes) & bits.mask(),
            };
            return Some(entry.returns.swap(integer));
        }
        if form == Form::Hexadecimal {
            return entry.returns.read(&text_at(returned));
        }
        Some(entry.returns.swap(returned))
    }

    /// The addresses that the function may write, the bytes that judge a copy included.
    pub(crate) fn writable(&self) -> Vec<Range<usize>> {
        let of = |bytes: &[u8]| {
            let range = bytes.as_ptr_range();
            range.start.expose_provenance()..range.end.expose_provenance()
        };
        let answer = self.answer.as_ref().map(|answer| of(answer));
        let destination = self.destination.as_ref().map(Destination::addresses);
        let cells = [Some(of(&self.checksum)), answer, destination];
        cells.into_iter().flatten().collect()
    }
}

/// The text at an address of this process, up to its zero.
///
/// # Safety
/// The caller survives that there is none.
pub(crate) unsafe fn text_of_this_process(address: u64) -> [u8; TEXT_BYTES] {
    let mut text = [0; TEXT_BYTES];
    for (index, byte) in text.iter_mut().enumerate() {
        // SAFETY: the caller survives a wrong address. A text goes on to its zero.
        *byte = unsafe { (address as usize as *const u8).add(index).read_volatile() };
        if *byte == 0 {
            break;
        }
    }
    text
}

fn offset_of(message: *const u8, len_bytes: usize) -> usize {
    (message as usize / 64 + 7 * len_bytes) % 97 + 1
}
