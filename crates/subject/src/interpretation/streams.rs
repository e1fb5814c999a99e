//! Streams of a library, interpreted.

use super::calls::Calls;
use crate::c_function::{LiveStream, Makes, StreamFunctions};
use crate::calls::{STREAMS_MAX, StreamOperation, StreamStep};
use crcheck_machine::Stopped;
use crcheck_platform::abi_audit::{Audit, Paint};
use crcheck_platform::raw_entry::RawEntry;
use std::ops::Range;

impl Makes for Calls {
    type Stop = Box<Stopped>;

    unsafe fn make(
        &mut self,
        entry: &RawEntry,
        checksum: u64,
        (message, len_bytes): (*const u8, usize),
        writable: Option<Range<usize>>,
    ) -> Result<u64, Box<Stopped>> {
        // SAFETY: the state of a stream belongs to it alone, and lies in memory of its own.
        unsafe { self.set_writable(writable) };
        let value = if message.is_null() {
            self.call_null(entry, checksum)
        } else {
            // SAFETY: the caller vouches for the message.
            let message = unsafe { std::slice::from_raw_parts(message, len_bytes) };
            self.call(entry, checksum, message)
        };
        // SAFETY: none are.
        unsafe { self.set_writable(None) };
        value
    }
}

/// A stream of all pieces: its checksum.
///
/// # Errors
/// What stopped a call.
pub(super) fn checksum(
    functions: &StreamFunctions,
    calls: &mut Calls,
    pieces: &[&[u8]],
) -> Result<u64, Box<Stopped>> {
    checksum_of(
        functions,
        calls,
        pieces.iter().map(|piece| (piece.as_ptr(), piece.len())),
    )
}

/// A stream of one piece without bytes, whose address is null.
///
/// # Errors
/// What stopped a call.
pub(super) fn checksum_of_null(
    functions: &StreamFunctions,
    calls: &mut Calls,
) -> Result<u64, Box<Stopped>> {
    checksum_of(functions, calls, [(std::ptr::null(), 0)].into_iter())
}

fn checksum_of(
    functions: &StreamFunctions,
    calls: &mut Calls,
    pieces: impl Iterator<Item = (*const u8, usize)>,
) -> Result<u64, Box<Stopped>> {
    // SAFETY: both callers give slices, or nothing to read, and interpreted calls do nothing to
    // this process.
    unsafe {
        let mut live = functions.begin_by(calls)?;
        for piece in pieces {
            functions.update_by(calls, &mut live, piece)?;
        }
        let checksum = functions.finish_by(calls, &mut live)?;
        functions.free_by(calls, live)?;
        Ok(checksum)
    }
}

/// A stream of one message, which an audited call appends.
///
/// # Errors
/// What stopped a call.
pub(super) fn audit(
    functions: &StreamFunctions,
    calls: &mut Calls,
    message: &[u8],
    paint: &Paint,
) -> Result<Audit, Box<Stopped>> {
    // SAFETY: interpreted calls do nothing to this process. The state belongs to the stream alone.
    unsafe {
        let mut live = functions.begin_by(calls)?;
        calls.set_writable(live.memory());
        let audit = calls.audit(&functions.update_of(&live), 0, message, paint);
        calls.set_writable(None);
        let mut audit = audit?;
        functions.note_audited(&mut live, audit.value);
        audit.value = functions.finish_by(calls, &mut live)?;
        functions.free_by(calls, live)?;
        Ok(audit)
    }
}

/// Carries out operations on streams, and returns the checksum of each; 0 if it gives none.
///
/// # Errors
/// What stopped an operation.
pub(super) fn operate(
    functions: &StreamFunctions,
    calls: &mut Calls,
    message: &[u8],
    steps: &[StreamStep],
) -> Result<Vec<u64>, Box<Stopped>> {
    let mut streams: [Option<LiveStream>; STREAMS_MAX] = [const { None }; STREAMS_MAX];
    let mut results = Vec::with_capacity(steps.len());
    for step in steps {
        results.push(operate_once(functions, calls, message, step, &mut streams)?);
    }
    Ok(results)
}

fn operate_once(
    functions: &StreamFunctions,
    calls: &mut Calls,
    message: &[u8],
    step: &StreamStep,
    streams: &mut [Option<LiveStream>; STREAMS_MAX],
) -> Result<u64, Box<Stopped>> {
    // SAFETY: interpreted calls do nothing to this process, a slice is valid for reads, and the
    // caller asks for what the streams can do.
    unsafe {
        match (&step.operation, &mut streams[step.slot]) {
            (StreamOperation::New, stream) => *stream = Some(functions.begin_by(calls)?),
            (StreamOperation::Update(part), Some(live)) => {
                let piece = &message[part.clone()];
                functions.update_by(calls, live, (piece.as_ptr(), piece.len()))?;
            }
            (StreamOperation::Final, Some(live)) => return functions.finish_by(calls, live),
            (StreamOperation::Reset, Some(live)) => functions.reset_by(calls, live)?,
            (StreamOperation::Free, stream) => {
                if let Some(live) = stream.take() {
                    functions.free_by(calls, live)?;
                }
            }
            (StreamOperation::CopyOf(original), _) => {
                let copy = streams[*original].as_ref().map(|from| functions.copy(from));
                streams[step.slot] = copy;
            }
            _ => {}
        }
    }
    Ok(0)
}
