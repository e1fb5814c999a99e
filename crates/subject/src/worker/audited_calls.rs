//! The worker's side of requests for audited calls, and for calls on long messages.

use super::report_stop::report_stop;
use super::shared_block::SharedBlock;
use crate::c_function::Entry;
use crcheck_platform::abi_audit::Paint;
use crcheck_platform::message_memory::Reader;
use crcheck_platform::repeated_memory::{RepeatedMemory, TILE_BYTES};
use crcheck_platform::signal;

/// Makes one audited call.
pub(super) fn answer_audited(block: &SharedBlock, view: &Reader, entry: &Entry) {
    let Ok(paint) = serde_json::from_str::<Paint>(&block.parameter()) else {
        return block.complete(0);
    };
    let call = block.call(0);
    // SAFETY: the parent does not write to the view while a request is under way.
    let message = unsafe { view.piece(call.offset, call.len_bytes) };
    block.announce(0);
    let checksum = call.checksum.unwrap_or(0);
    // SAFETY: the worker survives what the function does.
    match signal::catch(|| unsafe { entry.audit(checksum, message, &paint) }) {
        Ok(audit) => {
            block.set_result(0, audit.value);
            let text = serde_json::to_string(&audit).expect("plain data is always JSON");
            block.set_answer(&text);
        }
        Err(caught) => {
            report_stop(block, 0, &caught);
        }
    }
    block.complete(1);
}

/// Makes audited calls. The parent audits those that are not clean once more.
pub(super) fn answer_audits(
    block: &SharedBlock,
    view: &Reader,
    entry: &Entry,
    survives_faults: bool,
) {
    let Ok(paint) = serde_json::from_str::<Paint>(&block.parameter()) else {
        return block.complete(0);
    };
    let count = block.count();
    for index in 0..count {
        let call = block.call(index);
        // SAFETY: as in `answer_audited`.
        let message = unsafe { view.piece(call.offset, call.len_bytes) };
        block.announce(index);
        let checksum = call.checksum.unwrap_or(0);
        // SAFETY: the worker survives what the function does.
        match signal::catch(|| unsafe { entry.audit(checksum, message, &paint) }) {
            Ok(audit) if audit.is_clean() => {
                block.set_result(index, audit.value);
                block.set_stack_bytes(index, audit.stack_bytes);
            }
            Ok(_) => {}
            Err(caught) => {
                if !report_stop(block, index, &caught) || !survives_faults {
                    break;
                }
            }
        }
    }
    block.complete(count);
}

/// Makes a call on a message of any length.
pub(super) fn answer_repeated(block: &SharedBlock, view: &Reader, entry: &Entry) {
    let Ok(len_bytes) = block.parameter().parse::<usize>() else {
        return block.complete(0);
    };
    let call = block.call(0);
    // SAFETY: the parent does not write to the view while a request is under way.
    let tile = unsafe { view.piece(call.offset, TILE_BYTES) };
    let memory = match RepeatedMemory::new(tile, len_bytes) {
        Ok(memory) => memory,
        Err(_) => return block.complete(0),
    };
    let message = memory.message(len_bytes);
    block.set_answer(&(message.as_ptr() as usize).to_string());
    block.announce(0);
    let outcome = signal::catch(|| {
        // SAFETY: the message is readable as long as `memory` lives.
        unsafe { entry.call(call.checksum.unwrap_or(0), message.as_ptr(), message.len()) }
    });
    match outcome {
        Ok(result) => block.set_result(0, result),
        Err(caught) => {
            report_stop(block, 0, &caught);
        }
    }
    block.complete(1);
}
