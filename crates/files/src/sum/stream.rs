//! The checksum of what comes out of a stream.

use super::outcome::SumError;
use super::request::SumOptions;
use super::running::{Pair, Part, Running};
use crate::blocks::read_stream;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;

/// How long a stream may be silent before somebody looks whether the user has had enough.
const PATIENCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};

/// Sums what `stream` still holds.
///
/// # Errors
/// Why it has no checksum.
pub(super) fn sum(
    stream: &mut impl Read,
    buffer: &mut [u8],
    pair: Pair<'_>,
    options: &SumOptions<'_>,
) -> Result<Part, SumError> {
    let mut running = Running::new(pair, 0);
    let is_all = read_stream(stream, buffer, |bytes| {
        let agrees = running.update(bytes);
        (options.on_progress)(bytes.len() as u64);
        agrees && !options.is_cancelled()
    })?;
    let part = running.finish().map_err(SumError::Differs)?;
    if is_all {
        Ok(part)
    } else {
        Err(SumError::Cancelled)
    }
}

/// A stream whose reads end, by an interruption, when nothing comes for a while.
pub(super) struct Patient<'a>(pub(super) &'a File);

impl Read for Patient<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut wait = [PollFd::from_borrowed_fd(self.0.as_fd(), PollFlags::IN)];
        if poll(&mut wait, Some(&PATIENCE))? == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        self.0.read(buffer)
    }
}
