//! Requests for operations on streams. Each operation is a call whose checksum says what it is.

use super::report_stop::report_stop;
use super::shared_block::{Call, SharedBlock};
use crate::c_function::{Entry, LiveStream, StreamFunctions};
use crate::calls::{STREAMS_MAX, StreamOperation, StreamStep};
use crcheck_platform::message_memory::Reader;
use crcheck_platform::signal;

/// The lowest byte of an operation's word. The slot is in the second, that of a copy's original in
/// the third.
mod code {
    pub(super) const NEW: u8 = 0;
    pub(super) const UPDATE: u8 = 1;
    pub(super) const FINAL: u8 = 2;
    pub(super) const RESET: u8 = 3;
    pub(super) const FREE: u8 = 4;
    pub(super) const COPY: u8 = 5;
}

/// The operation as a call. The message begins at `start`.
pub(super) fn call_of(step: &StreamStep, start: usize) -> Call {
    let (code, part, original) = match &step.operation {
        StreamOperation::New => (code::NEW, 0..0, 0),
        StreamOperation::Update(part) => (code::UPDATE, part.clone(), 0),
        StreamOperation::Final => (code::FINAL, 0..0, 0),
        StreamOperation::Reset => (code::RESET, 0..0, 0),
        StreamOperation::Free => (code::FREE, 0..0, 0),
        StreamOperation::CopyOf(original) => (code::COPY, 0..0, *original),
    };
    assert!(step.slot < STREAMS_MAX && original < STREAMS_MAX, "a slot");
    let word = [code, step.slot as u8, original as u8, 0, 0, 0, 0, 0];
    Call {
        offset: start + part.start,
        len_bytes: part.len(),
        checksum: Some(u64::from_le_bytes(word)),
    }
}

/// Carries out the operations of a request, up to the first that is stopped.
pub(super) fn answer_operations(block: &SharedBlock, view: &Reader, entry: &Entry) {
    let Some(functions) = entry.stream() else {
        return block.complete(0);
    };
    let count = block.count();
    let outcome = signal::catch(|| {
        let mut streams: [Option<LiveStream>; STREAMS_MAX] = [const { None }; STREAMS_MAX];
        for index in 0..count {
            let call = block.call(index);
            block.announce(index);
            // SAFETY: the parent asks for pieces of the view only, which is mapped, and for what
            // the streams can do.
            let result = unsafe { operate(functions, &mut streams, &call, view) };
            block.set_result(index, result);
        }
    });
    if let Err(caught) = outcome {
        report_stop(block, block.current().min(count.saturating_sub(1)), &caught);
    }
    block.complete(count);
}

/// Carries out one operation, and returns the checksum that it gives; 0 if it gives none.
///
/// # Safety
/// The call's part is a part of the view. The streams can do what the operation says, and the
/// caller survives what their functions do.
unsafe fn operate(
    functions: &StreamFunctions,
    streams: &mut [Option<LiveStream>; STREAMS_MAX],
    call: &Call,
    view: &Reader,
) -> u64 {
    let [code, slot, original, ..] = call.checksum.unwrap_or(0).to_le_bytes();
    let [slot, original] = [slot, original].map(|slot| usize::from(slot) % STREAMS_MAX);
    // SAFETY: the caller vouches for all of it.
    unsafe {
        match (code, &mut streams[slot]) {
            (code::NEW, stream) => *stream = Some(functions.begin()),
            (code::UPDATE, Some(live)) => {
                functions.update(live, view.start().add(call.offset), call.len_bytes);
            }
            (code::FINAL, Some(live)) => return functions.finish(live),
            (code::RESET, Some(live)) => functions.reset(live),
            (code::FREE, stream) => {
                if let Some(live) = stream.take() {
                    functions.free(live);
                }
            }
            (code::COPY, _) => {
                let copy = streams[original].as_ref().map(|from| functions.copy(from));
                streams[slot] = copy;
            }
            _ => {}
        }
    }
    0
}
