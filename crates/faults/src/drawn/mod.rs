//! Faults whose parameters come from a seed, by theme. From the same parameters each builds its
//! kernel and says what a right diagnosis is, so that nobody can learn the diagnosis by heart.

#[cfg(target_arch = "x86_64")]
mod abi;
mod algorithm;
mod combine;
mod constant;
mod dispatch;
mod lane;
mod memory;
mod message;
mod period;
mod removal;
mod reordered;
mod reread;
mod result;
mod shortcut;
mod state;
mod stream;
mod table;

use crate::crc32;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;

/// From `from` bytes on, gives the checksum of what `rewrite` makes of the message.
fn rewrite_from(
    from: usize,
    rewrite: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static,
) -> TestKernel {
    TestKernel::new(move |checksum, message| {
        if message.len() < from {
            crc32::update(checksum, message)
        } else {
            crc32::update(checksum, &rewrite(message))
        }
    })
}

pub(crate) const THEMES: &[&[FaultSpec]] = &[
    algorithm::FAULTS,
    result::FAULTS,
    message::FAULTS,
    period::FAULTS,
    reordered::FAULTS,
    reread::FAULTS,
    lane::FAULTS,
    constant::FAULTS,
    table::FAULTS,
    removal::FAULTS,
    memory::FAULTS,
    combine::FAULTS,
    state::FAULTS,
    stream::FAULTS,
    #[cfg(target_arch = "x86_64")]
    abi::FAULTS,
    dispatch::FAULTS,
    shortcut::FAULTS,
];
