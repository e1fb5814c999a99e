//! The worker's side of requests for combined checksums.

use super::report_stop::report_stop;
use super::shared_block::SharedBlock;
use crate::c_function::Entry;
use crcheck_platform::signal;

/// What a request says besides the first checksum: the second one, and the length of its part.
pub(super) fn parameter(b: u64, len_b: u64) -> String {
    format!("{b} {len_b}")
}

fn read(parameter: &str) -> Option<(u64, u64)> {
    let (b, len_b) = parameter.split_once(' ')?;
    Some((b.parse().ok()?, len_b.parse().ok()?))
}

/// Combines two checksums.
pub(super) fn answer_combined(block: &SharedBlock, entry: &Entry) {
    let (Some((b, len_b)), Some(a)) = (read(&block.parameter()), block.call(0).checksum) else {
        return block.complete(0);
    };
    block.announce(0);
    // SAFETY: a worker survives whatever the function does, or its parent starts another.
    match signal::catch(|| unsafe { entry.combine(a, b, len_b) }) {
        Ok(Some(result)) => block.set_result(0, result),
        Ok(None) => return block.complete(0),
        Err(caught) => {
            report_stop(block, 0, &caught);
        }
    }
    block.complete(1);
}
