//! Opens a subject's caller.

use crate::caller::Caller;
use crate::in_process::InProcess;
use crate::subject::Subject;
use std::io;

/// Opens a caller of `subject` for messages of up to `capacity_bytes`.
///
/// # Errors
/// If the operating system refuses the memory or the other process.
pub fn open<'a>(
    subject: &'a dyn Subject,
    capacity_bytes: usize,
) -> io::Result<Box<dyn Caller + 'a>> {
    if let Some(interpreted) = subject.interpreted() {
        return interpreted.open(capacity_bytes);
    }
    Ok(match subject.foreign() {
        Some(foreign) => Box::new(foreign.open(capacity_bytes)?),
        None => Box::new(InProcess::new(subject, capacity_bytes)?),
    })
}
