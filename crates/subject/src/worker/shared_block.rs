//! The memory that a worker and its parent share: requests, answers, and who sleeps.
//!
//! The code under test runs in the worker and may write anywhere. So every word is an atomic, and a
//! reader trusts no word: it holds every number to its bounds.

use super::whereabouts::Whereabouts;
use crate::blindness::Blindness;
use crcheck_platform::code::place::Place;
use crcheck_platform::mapping::{MapAccess, Mapping};
use crcheck_platform::message_memory::MemoryFile;
use crcheck_platform::signal::Signal;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};

/// The most calls of one request.
pub(super) const CALLS_MAX: usize = 8192;

/// The most stops that one request can report. The request ends at the last of them.
pub(super) const STOPS_MAX: usize = 256;

/// The size of a text in bytes.
const TEXT_BYTES: usize = 2048;

/// How the calls of a request are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Mode {
    /// Plain calls.
    Plain = 0,
    /// One audited call. The parameter is the paint, the answer is the audit.
    Audited = 1,
    /// One call on a message that repeats the placed tile. The parameter is the message's length in
    /// bytes, the answer is its address.
    Repeated = 2,
    /// Concurrent calls by several threads. The parameter is the race, the results are the expected
    /// ones at first, the answer is how often the threads met.
    Raced = 3,
    /// Several audited calls. The parameter is the paint. Each clean call writes down the stack
    /// that it used.
    Audits = 4,
    /// First calls in fresh processes. The parameter is how they race, and the answer how that
    /// ended.
    FirstCalls = 6,
    /// Operations on streams.
    Streams = 7,
    /// One call of the combine function, whose first checksum is that of the call. The parameter is
    /// the second checksum and the length of its part.
    Combined = 5,
}

impl Mode {
    pub(super) fn of(number: u32) -> Option<Self> {
        [
            Self::Plain,
            Self::Audited,
            Self::Repeated,
            Self::Raced,
            Self::Audits,
            Self::FirstCalls,
            Self::Streams,
            Self::Combined,
        ]
        .into_iter()
        .find(|mode| *mode as u32 == number)
    }
}

/// One call of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// Where the piece begins in the view.
    pub offset: usize,
    /// Its length in bytes.
    pub len_bytes: usize,
    /// The checksum before it; `None` stands for the result of the call before.
    pub checksum: Option<u64>,
}

impl Call {
    /// The offset that stands for no place in the view.
    const NULL: usize = (CHAINED - 1) as usize;

    /// A call with a null pointer and length 0.
    pub(crate) fn at_null(checksum: u64) -> Self {
        Self {
            offset: Self::NULL,
            len_bytes: 0,
            checksum: Some(checksum),
        }
    }

    /// Whether its pointer is null.
    pub(crate) fn is_null(&self) -> bool {
        self.offset == Self::NULL
    }
}

/// Bit 31 of an offset: the call goes on from the result of the one before.
const CHAINED: u32 = 1 << 31;

#[derive(Debug)]
#[repr(C)]
struct CallSlot {
    checksum: AtomicU64,
    offset: AtomicU32,
    len_bytes: AtomicU32,
}

/// When a call began and ended, in nanoseconds; 0 if it did not.
#[derive(Debug)]
#[repr(C)]
struct TimeSlot {
    began: AtomicU64,
    ended: AtomicU64,
}

/// A call that did not return.
#[derive(Debug)]
#[repr(C)]
struct StopSlot {
    index: AtomicU32,
    signal: [AtomicU64; Signal::WORDS],
    place: PlaceSlot,
    returns_to: PlaceSlot,
    is_beside_state: AtomicU32,
}

/// A place in machine code; one without a file is none.
#[derive(Debug)]
#[repr(C)]
struct PlaceSlot {
    address: AtomicU64,
    object: Text<1024>,
}

impl PlaceSlot {
    fn set(&self, place: Option<&Place>) {
        let object = place.map_or("", |place| place.object.to_str().unwrap_or(""));
        self.object.set(object);
        let address = place.map_or(0, |place| place.address);
        self.address.store(address, Ordering::Relaxed);
    }

    fn get(&self) -> Option<Place> {
        let object = self.object.get();
        (!object.is_empty()).then(|| Place {
            object: object.into(),
            address: self.address.load(Ordering::Relaxed),
        })
    }
}

/// A text that may be cut short.
#[derive(Debug)]
#[repr(C)]
struct Text<const LEN_BYTES: usize> {
    len_bytes: AtomicU32,
    bytes: [AtomicU8; LEN_BYTES],
}

impl<const LEN_BYTES: usize> Text<LEN_BYTES> {
    fn set(&self, text: &str) {
        let bytes = &text.as_bytes()[..text.len().min(LEN_BYTES)];
        for (slot, &byte) in self.bytes.iter().zip(bytes) {
            slot.store(byte, Ordering::Relaxed);
        }
        self.len_bytes.store(bytes.len() as u32, Ordering::Release);
    }

    fn get(&self) -> String {
        let len_bytes = (self.len_bytes.load(Ordering::Acquire) as usize).min(LEN_BYTES);
        let bytes = self.bytes[..len_bytes].iter();
        let bytes: Vec<u8> = bytes.map(|byte| byte.load(Ordering::Relaxed)).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// How far a worker has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Phase {
    /// It has not begun.
    Starting = 0,
    /// It loads the library, whose constructors run.
    Loading = 1,
    /// It takes requests.
    Ready = 2,
    /// It cannot; the text says why.
    Failed = 3,
}

/// The words of a block.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Words {
    phase: AtomicU32,
    text: Text<TEXT_BYTES>,
    /// Where the worker sees the message memory.
    view_start: AtomicU64,
    /// The number of the last request, and of the last one that was answered.
    pub(super) requested: AtomicU32,
    pub(super) answered: AtomicU32,
    /// Whether that end has stopped looking and wants a byte on the socket.
    pub(super) worker_sleeps: AtomicU32,
    pub(super) parent_sleeps: AtomicU32,
    mode: AtomicU32,
    /// What a mode needs besides its calls, and what it answers besides their results.
    parameter: Text<TEXT_BYTES>,
    answer: Text<TEXT_BYTES>,
    count: AtomicU32,
    /// Written before each call, so that the parent knows the call at which something happened.
    current: AtomicU32,
    completed: AtomicU32,
    stop_count: AtomicU32,
    /// What the calls have done to what sees their accesses, as [`Blindness`] writes it.
    blindness: AtomicU32,
    calls: [CallSlot; CALLS_MAX],
    results: [AtomicU64; CALLS_MAX],
    /// The stack that a clean audited call used, in bytes and one more; else 0.
    stacks: [AtomicU32; CALLS_MAX],
    times: [TimeSlot; CALLS_MAX],
    stops: [StopSlot; STOPS_MAX],
}

/// One end's mapping of a block's words.
pub(super) struct SharedBlock(Mapping);

impl std::ops::Deref for SharedBlock {
    type Target = Words;

    fn deref(&self) -> &Words {
        // SAFETY: the mapping has the size of `Words` (`map` checks it), begins at a page, and is
        // writable as long as `self` lives. Zeros are a value of every word, and every word is an
        // atomic.
        unsafe { &*self.0.start().cast::<Words>() }
    }
}

impl SharedBlock {
    const LEN_BYTES: usize = size_of::<Words>();

    /// A new block, and the file behind it.
    ///
    /// # Errors
    /// If the operating system refuses the file or its mapping.
    pub(super) fn new() -> io::Result<(Self, MemoryFile)> {
        let file = MemoryFile::new(Self::LEN_BYTES)?;
        // Else a worker could take the memory from under this process.
        file.fix_size()?;
        Ok((Self::map(&file)?, file))
    }

    /// The block in a file.
    ///
    /// # Errors
    /// If the file does not have the size of a block, or if the operating system refuses the
    /// mapping.
    pub(super) fn map(file: &MemoryFile) -> io::Result<Self> {
        if file.len_bytes() != Self::LEN_BYTES {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(Self(file.map(MapAccess::Write)?))
    }
}

/// What the parent does.
impl Words {
    /// How far the worker has come, and its text about it.
    pub(super) fn phase(&self) -> (Phase, String) {
        let number = self.phase.load(Ordering::Acquire);
        let phases = [Phase::Loading, Phase::Ready, Phase::Failed];
        let phase = phases.into_iter().find(|phase| *phase as u32 == number);
        (phase.unwrap_or(Phase::Starting), self.text.get())
    }

    /// Prepares the block for another worker.
    pub(super) fn reset(&self) {
        for word in [
            &self.phase,
            &self.requested,
            &self.answered,
            &self.worker_sleeps,
            &self.parent_sleeps,
        ] {
            word.store(0, Ordering::Relaxed);
        }
        self.text.set("");
    }

    /// Writes a request with the first calls, up to [`CALLS_MAX`], and returns how many they are.
    pub(super) fn ask(&self, mode: Mode, calls: impl Iterator<Item = Call>) -> usize {
        let mut count = 0;
        for (slot, call) in self.calls.iter().zip(calls) {
            let chained = if call.checksum.is_none() { CHAINED } else { 0 };
            let offset = call.offset as u32 | chained;
            slot.offset.store(offset, Ordering::Relaxed);
            let len_bytes = call.len_bytes as u32;
            slot.len_bytes.store(len_bytes, Ordering::Relaxed);
            let checksum = call.checksum.unwrap_or(0);
            slot.checksum.store(checksum, Ordering::Relaxed);
            count += 1;
        }
        self.mode.store(mode as u32, Ordering::Relaxed);
        self.count.store(count as u32, Ordering::Relaxed);
        self.current.store(0, Ordering::Relaxed);
        self.completed.store(0, Ordering::Relaxed);
        self.stop_count.store(0, Ordering::Relaxed);
        self.blindness.store(0, Ordering::Relaxed);
        count
    }

    /// Writes what the mode of the next request needs.
    pub(super) fn set_parameter(&self, parameter: &str) {
        self.answer.set("");
        self.parameter.set(parameter);
    }

    pub(super) fn answer(&self) -> String {
        self.answer.get()
    }

    pub(super) fn view_start(&self) -> usize {
        self.view_start.load(Ordering::Relaxed) as usize
    }

    pub(super) fn current(&self) -> usize {
        self.current.load(Ordering::Acquire) as usize
    }

    pub(super) fn completed(&self) -> usize {
        self.completed.load(Ordering::Acquire) as usize
    }

    pub(super) fn blindness(&self) -> Blindness {
        Blindness::of_word(self.blindness.load(Ordering::Acquire))
    }

    /// Writes the expected values of the first results.
    pub(super) fn expect(&self, results: &[u64]) {
        for (index, result) in results.iter().enumerate() {
            self.set_result(index, *result);
        }
    }

    pub(super) fn forget_stacks(&self, count: usize) {
        let stacks = self.stacks.iter().take(count);
        stacks.for_each(|stack| stack.store(0, Ordering::Relaxed));
    }

    pub(super) fn forget_times(&self, count: usize) {
        (0..count).for_each(|index| self.set_time(index, 0..0));
    }

    /// When a call began and ended, in nanoseconds; `None` if it was not made.
    pub(super) fn time(&self, index: usize) -> Option<Range<u64>> {
        let TimeSlot { began, ended } = &self.times[index];
        let time = began.load(Ordering::Relaxed)..ended.load(Ordering::Relaxed);
        (time.end != 0).then_some(time)
    }

    /// The stack that a clean call used, in bytes.
    pub(super) fn stack_bytes(&self, index: usize) -> Option<usize> {
        let stack = self.stacks[index].load(Ordering::Relaxed);
        stack.checked_sub(1).map(|bytes| bytes as usize)
    }

    /// Copies the first results.
    pub(super) fn results(&self, results: &mut [u64]) {
        for (result, slot) in results.iter_mut().zip(&self.results) {
            *result = slot.load(Ordering::Relaxed);
        }
    }

    /// The calls that did not return: index, signal, and where the code stands.
    pub(super) fn stops(&self) -> impl Iterator<Item = (usize, Signal, Whereabouts)> + '_ {
        let count = self.stop_count.load(Ordering::Acquire) as usize;
        self.stops.iter().take(count).map(|slot| {
            let words = std::array::from_fn(|word| slot.signal[word].load(Ordering::Relaxed));
            (
                slot.index.load(Ordering::Relaxed) as usize,
                Signal::from_words(&words),
                Whereabouts {
                    place: slot.place.get(),
                    returns_to: slot.returns_to.get(),
                    is_beside_state: slot.is_beside_state.load(Ordering::Relaxed) != 0,
                },
            )
        })
    }
}

/// What the worker does.
impl Words {
    pub(super) fn enter(&self, phase: Phase, text: &str) {
        self.text.set(text);
        self.phase.store(phase as u32, Ordering::Release);
    }

    pub(super) fn set_view_start(&self, address: usize) {
        self.view_start.store(address as u64, Ordering::Relaxed);
    }

    pub(super) fn parameter(&self) -> String {
        self.parameter.get()
    }

    pub(super) fn set_answer(&self, answer: &str) {
        self.answer.set(answer);
    }

    pub(super) fn mode(&self) -> Option<Mode> {
        Mode::of(self.mode.load(Ordering::Relaxed))
    }

    pub(super) fn count(&self) -> usize {
        (self.count.load(Ordering::Relaxed) as usize).min(CALLS_MAX)
    }

    pub(super) fn call(&self, index: usize) -> Call {
        let slot = &self.calls[index];
        let offset = slot.offset.load(Ordering::Relaxed);
        Call {
            offset: (offset & !CHAINED) as usize,
            len_bytes: slot.len_bytes.load(Ordering::Relaxed) as usize,
            checksum: (offset & CHAINED == 0).then(|| slot.checksum.load(Ordering::Relaxed)),
        }
    }

    pub(super) fn announce(&self, index: usize) {
        self.current.store(index as u32, Ordering::Release);
    }

    pub(super) fn set_result(&self, index: usize, result: u64) {
        self.results[index].store(result, Ordering::Relaxed);
    }

    pub(super) fn set_time(&self, index: usize, time: Range<u64>) {
        let TimeSlot { began, ended } = &self.times[index];
        began.store(time.start, Ordering::Relaxed);
        ended.store(time.end, Ordering::Relaxed);
    }

    pub(super) fn set_stack_bytes(&self, index: usize, bytes: usize) {
        self.stacks[index].store(bytes as u32 + 1, Ordering::Relaxed);
    }

    pub(super) fn result(&self, index: usize) -> u64 {
        self.results[index].load(Ordering::Relaxed)
    }

    /// Reports a call that did not return. Returns `false` if there is no room for another.
    pub(super) fn add_stop(&self, index: usize, signal: &Signal, at: &Whereabouts) -> bool {
        let count = self.stop_count.load(Ordering::Relaxed) as usize;
        let Some(slot) = self.stops.get(count) else {
            return false;
        };
        slot.index.store(index as u32, Ordering::Relaxed);
        for (to, from) in slot.signal.iter().zip(signal.to_words()) {
            to.store(from, Ordering::Relaxed);
        }
        slot.place.set(at.place.as_ref());
        slot.returns_to.set(at.returns_to.as_ref());
        let is_beside_state = u32::from(at.is_beside_state);
        slot.is_beside_state
            .store(is_beside_state, Ordering::Relaxed);
        self.stop_count.store(count as u32 + 1, Ordering::Release);
        count + 1 < STOPS_MAX
    }

    pub(super) fn set_blindness(&self, blindness: Blindness) {
        self.blindness.store(blindness.to_word(), Ordering::Release);
    }

    pub(super) fn complete(&self, count: usize) {
        self.completed.store(count as u32, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    /// A worker that shrinks the file would end its parent by SIGBUS.
    #[test]
    fn the_file_of_a_block_keeps_its_size() {
        let (block, file) = SharedBlock::new().expect("a block");
        let theirs = file
            .descriptor()
            .try_clone_to_owned()
            .expect("a descriptor");
        let theirs = File::from(theirs);
        for len_bytes in [0, SharedBlock::LEN_BYTES as u64 * 2] {
            assert!(theirs.set_len(len_bytes).is_err(), "{len_bytes}");
        }
        block.set_answer("it is mapped");
        let theirs = MemoryFile::of(theirs.into()).expect("a file");
        let theirs = SharedBlock::map(&theirs).expect("of a block's size");
        assert_eq!(theirs.answer(), "it is mapped");
    }
}
