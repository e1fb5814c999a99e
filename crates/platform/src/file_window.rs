//! A part of a file, mapped to be read. Others may make the file shorter meanwhile, and the disk
//! may fail: both are SIGBUS at a read, and an error here.

use crate::mapping::{Mapping, Paging, page_bytes};
use crate::signal::{self, Caught};
use std::io;
use std::ops::Range;
use std::os::fd::BorrowedFd;

/// A part of a file in memory.
#[derive(Debug)]
pub struct FileWindow {
    mapping: Mapping,
    /// The bytes in front of the part: a mapping begins with a page.
    lead_bytes: usize,
}

/// The system could not give the bytes: the file has become shorter, or the disk failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vanished;

impl FileWindow {
    /// Whether a read of what is no longer there is an error on this architecture. Elsewhere it
    /// ends the process.
    pub const SURVIVES: bool = signal::SURVIVES;

    /// Maps the `len_bytes` bytes of `file` at `offset_bytes`.
    ///
    /// # Errors
    /// If the operating system refuses the mapping.
    pub fn new(
        file: BorrowedFd<'_>,
        offset_bytes: u64,
        len_bytes: usize,
        paging: Paging,
    ) -> io::Result<Self> {
        let lead_bytes = (offset_bytes % page_bytes() as u64) as usize;
        let start = offset_bytes - lead_bytes as u64;
        let mapping = Mapping::of_file_part(file, start, lead_bytes + len_bytes, paging)?;
        Ok(Self {
            mapping,
            lead_bytes,
        })
    }

    /// The size in bytes.
    pub fn len_bytes(&self) -> usize {
        self.mapping.len_bytes() - self.lead_bytes
    }

    /// Whether the byte at `offset` is in memory already, as far as the system tells this user.
    ///
    /// # Panics
    /// If the window has no such byte.
    pub fn is_resident(&self, offset: usize) -> bool {
        self.mapping.is_resident(self.lead_bytes + offset)
    }

    /// Calls `call` with a part of the bytes. If they vanish, `call` is abandoned where it is:
    /// what it owns then leaks, and a lock that it holds stays locked. So it owns nothing while it
    /// reads them.
    ///
    /// Whoever writes to the file changes the bytes under the reader's eyes, and no mapping can
    /// prevent that. What `call` computes from such bytes means nothing. So it must not rely on two
    /// reads of a byte to agree.
    ///
    /// # Errors
    /// If the bytes vanish.
    ///
    /// # Panics
    /// If the window has no such part, if `call` panics, or if it raises another signal.
    pub fn read<T>(
        &self,
        part: Range<usize>,
        call: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, Vanished> {
        let len_bytes = part.len();
        // SAFETY: the addresses are mapped readable. That nobody writes is what a mapping of a file
        // cannot promise; the caller's part of it is above.
        let bytes = unsafe { self.mapping.bytes(self.lead_bytes + part.start, len_bytes) };
        match signal::catch(|| call(bytes)) {
            Ok(value) => Ok(value),
            Err(Caught::Signal(signal)) if self.is_end(&signal) => Err(Vanished),
            Err(Caught::Panic(message)) => panic!("{message}"),
            Err(other) => panic!("what reads a file ended by {other:?}"),
        }
    }

    /// Whether the signal says that bytes of the window are not there.
    fn is_end(&self, signal: &signal::Signal) -> bool {
        let start = self.mapping.start() as usize;
        let range = start..start + self.mapping.len_bytes().next_multiple_of(page_bytes());
        signal.number == libc::SIGBUS && signal.address.is_some_and(|at| range.contains(&at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::fd::AsFd;

    fn file_of(bytes: &[u8]) -> std::fs::File {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("written");
        file
    }

    #[test]
    fn a_window_gives_the_bytes_of_the_file_whatever_its_start() {
        let bytes: Vec<u8> = (0..3 * page_bytes()).map(|i| (i % 251) as u8).collect();
        let file = file_of(&bytes);
        for paging in [Paging::OnDemand, Paging::Sequential, Paging::Populated] {
            for offset in [0, 1, page_bytes() - 1, page_bytes(), page_bytes() + 7] {
                let len_bytes = page_bytes() + 100;
                let window = FileWindow::new(file.as_fd(), offset as u64, len_bytes, paging);
                let window = window.expect("a window");
                assert_eq!(window.len_bytes(), len_bytes);
                let part = window.read(5..len_bytes, <[u8]>::to_vec).expect("bytes");
                assert_eq!(part, bytes[offset + 5..offset + len_bytes]);
                assert!(window.is_resident(len_bytes - 1));
            }
        }
    }

    #[test]
    fn bytes_that_vanish_are_an_error_and_not_the_end_of_the_process() {
        let len_bytes = 4 * page_bytes();
        let file = file_of(&vec![1; len_bytes]);
        for paging in [Paging::OnDemand, Paging::Populated] {
            file.set_len(len_bytes as u64).expect("a length");
            let window = FileWindow::new(file.as_fd(), 0, len_bytes, paging).expect("a window");
            let sum = |bytes: &[u8]| bytes.iter().map(|&byte| u64::from(byte)).sum::<u64>();
            assert!(window.read(0..len_bytes, sum).is_ok());
            file.set_len(page_bytes() as u64).expect("a length");
            assert_eq!(window.read(0..len_bytes, sum), Err(Vanished));
            assert!(window.read(0..page_bytes(), sum).is_ok());
        }
    }

    #[test]
    #[should_panic(expected = "the reader's own")]
    fn a_panic_of_the_reader_stays_a_panic() {
        let file = file_of(&[1; 10]);
        let window = FileWindow::new(file.as_fd(), 0, 10, Paging::OnDemand).expect("a window");
        let _ = window.read(0..10, |_| panic!("the reader's own"));
    }
}
