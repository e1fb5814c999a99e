//! Reads by the operating system's io_uring.

use crate::page_buffer::PageBuffer;
use ::io_uring::{IoUring, opcode, types};
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, BorrowedFd};

/// What a buffer of the ring is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Idle,
    /// The system may write to the buffer.
    Reading,
    /// The read has ended with this number of bytes, or this error below 0.
    Done(i32),
}

/// A ring, and buffers of one size that it reads into, one read each.
pub struct ReadRing {
    ring: IoUring,
    /// Not given back while the system may still write to it.
    memory: ManuallyDrop<PageBuffer>,
    buffer_bytes: usize,
    slots: Vec<Slot>,
}

impl ReadRing {
    /// A ring of `depth` buffers of `buffer_bytes`.
    ///
    /// # Errors
    /// If the operating system has no io_uring, refuses it to this process, or refuses the memory;
    /// if a buffer has more than 2^32 - 1 bytes, or all of them more than there are addresses.
    pub fn new(depth: usize, buffer_bytes: usize) -> io::Result<Self> {
        let all_bytes = depth.checked_mul(buffer_bytes);
        let all_bytes = all_bytes.filter(|_| u32::try_from(buffer_bytes).is_ok());
        let (Some(all_bytes), Ok(entries)) = (all_bytes, u32::try_from(depth)) else {
            let text = format!("{depth} reads of {buffer_bytes} bytes are too large for it");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        };
        let ring = IoUring::new(entries)?;
        Ok(Self {
            ring,
            memory: ManuallyDrop::new(PageBuffer::new(all_bytes)?),
            buffer_bytes,
            slots: vec![Slot::Idle; depth],
        })
    }

    /// How many reads can be under way.
    pub fn depth(&self) -> usize {
        self.slots.len()
    }

    /// The size of each buffer.
    pub fn buffer_bytes(&self) -> usize {
        self.buffer_bytes
    }

    /// Starts to read up to `len_bytes` bytes of `file` at `offset_bytes` into the buffer of
    /// `slot`.
    ///
    /// # Errors
    /// If the operating system does not take the request.
    ///
    /// # Panics
    /// If the slot still reads, or `len_bytes` does not fit its buffer.
    pub fn start(
        &mut self,
        slot: usize,
        file: BorrowedFd<'_>,
        offset_bytes: u64,
        len_bytes: usize,
    ) -> io::Result<()> {
        assert!(self.slots[slot] != Slot::Reading && len_bytes <= self.buffer_bytes);
        let at = slot * self.buffer_bytes;
        let buffer = self.memory.start().wrapping_add(at);
        // `new` has seen that a length fits.
        let read = opcode::Read::new(types::Fd(file.as_raw_fd()), buffer, len_bytes as u32)
            .offset(offset_bytes)
            .build()
            .user_data(slot as u64);
        // SAFETY: the file is open until `submit` returns, and then the system holds it. The buffer
        // lives until the read has ended, since `drop` waits, and nobody sees its bytes before:
        // `bytes` looks at the slot.
        unsafe { self.ring.submission().push(&read) }.expect("a place for each slot");
        self.slots[slot] = Slot::Reading;
        loop {
            match self.ring.submit() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(_) => return Ok(()),
            }
        }
    }

    /// Waits for the read of `slot`, and returns how many bytes it got: 0 at the end of the file.
    ///
    /// # Errors
    /// What the read ended with.
    ///
    /// # Panics
    /// If no read was started.
    pub fn finish(&mut self, slot: usize) -> io::Result<usize> {
        loop {
            match self.slots[slot] {
                Slot::Idle => panic!("no read was started"),
                Slot::Reading => self.wait()?,
                Slot::Done(result) => {
                    self.slots[slot] = Slot::Idle;
                    return usize::try_from(result)
                        .map_err(|_| io::Error::from_raw_os_error(-result));
                }
            }
        }
    }

    /// Waits until a read has ended, or several.
    fn wait(&mut self) -> io::Result<()> {
        if self.ring.completion().is_empty() {
            match self.ring.submit_and_wait(1) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
        }
        for ended in self.ring.completion() {
            self.slots[ended.user_data() as usize] = Slot::Done(ended.result());
        }
        Ok(())
    }

    /// The buffer of `slot`.
    ///
    /// # Panics
    /// If it is being read into.
    pub fn bytes(&self, slot: usize) -> &[u8] {
        assert!(self.slots[slot] != Slot::Reading, "its read has not ended");
        let start = self.memory.start().wrapping_add(slot * self.buffer_bytes);
        // SAFETY: the buffer lies in the memory that this value owns, and nobody writes to it: its
        // read has ended. The other buffers may be written to, and are not borrowed.
        unsafe { std::slice::from_raw_parts(start, self.buffer_bytes) }
    }

    /// The buffer of `slot`, to be written.
    ///
    /// # Panics
    /// If it is being read into.
    pub fn bytes_mut(&mut self, slot: usize) -> &mut [u8] {
        let bytes = self.bytes(slot);
        let (start, len_bytes) = (bytes.as_ptr().cast_mut(), bytes.len());
        // SAFETY: as `bytes`, and `&mut self` borrows it alone.
        unsafe { std::slice::from_raw_parts_mut(start, len_bytes) }
    }

    /// Waits until no read is under way, and forgets what they got.
    ///
    /// # Errors
    /// If the operating system does not let this wait.
    pub fn drain(&mut self) -> io::Result<()> {
        while self.slots.contains(&Slot::Reading) {
            self.wait()?;
        }
        self.slots.fill(Slot::Idle);
        Ok(())
    }
}

impl Drop for ReadRing {
    fn drop(&mut self) {
        if self.drain().is_ok() {
            // SAFETY: no read is under way, and nothing uses the memory after this.
            unsafe { ManuallyDrop::drop(&mut self.memory) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::Write;
    use std::os::fd::AsFd;

    /// `None`: the system refuses io_uring to this process.
    fn ring(depth: usize, buffer_bytes: usize) -> Option<ReadRing> {
        match ReadRing::new(depth, buffer_bytes) {
            Ok(ring) => Some(ring),
            Err(error) => {
                eprintln!("skipped: no io_uring here: {error}");
                None
            }
        }
    }

    fn file_of(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("written");
        file
    }

    #[test]
    fn each_read_gives_its_own_part_of_the_file() {
        let Some(mut ring) = ring(4, 1000) else {
            return;
        };
        let bytes: Vec<u8> = (0..5500).map(|i| (i % 251) as u8).collect();
        let file = file_of(&bytes);
        for first in [0, 3500] {
            for slot in 0..4 {
                let offset = first + slot as u64 * 1000;
                ring.start(slot, file.as_fd(), offset, 1000)
                    .expect("started");
            }
            for slot in [2, 0, 3, 1] {
                let at = first as usize + slot * 1000;
                let expected = &bytes[at.min(5500)..(at + 1000).min(5500)];
                assert_eq!(ring.finish(slot).expect("a read"), expected.len());
                assert_eq!(&ring.bytes(slot)[..expected.len()], expected);
            }
        }
    }

    #[test]
    fn buffers_that_are_too_large_are_an_error() {
        for (depth, buffer_bytes) in [(2, 1 << 32), (usize::MAX, 1 << 20), (1 << 33, 1)] {
            let error = ReadRing::new(depth, buffer_bytes).err().expect("too large");
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn a_read_that_the_system_refuses_is_an_error() {
        let Some(mut ring) = ring(1, 100) else {
            return;
        };
        let folder = File::open("/").expect("a folder");
        ring.start(0, folder.as_fd(), 0, 100).expect("started");
        let error = ring.finish(0).expect_err("a folder has no bytes");
        assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
    }

    /// Reads of a pipe that nobody writes to end when it is closed.
    #[test]
    fn a_ring_that_is_dropped_waits_for_its_reads() {
        let Some(mut ring) = ring(2, 100) else {
            return;
        };
        let (reader, writer) = io::pipe().expect("a pipe");
        ring.start(1, reader.as_fd(), u64::MAX, 100)
            .expect("started");
        let is_closed = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(std::time::Duration::from_millis(20));
                is_closed.store(true, std::sync::atomic::Ordering::SeqCst);
                drop(writer);
            });
            drop(ring);
            assert!(is_closed.load(std::sync::atomic::Ordering::SeqCst));
        });
    }

    #[test]
    #[should_panic(expected = "its read has not ended")]
    fn a_buffer_is_not_seen_while_it_is_read_into() {
        let Some(mut ring) = ring(1, 100) else {
            panic!("its read has not ended: skipped")
        };
        let (reader, _writer) = io::pipe().expect("a pipe");
        ring.start(0, reader.as_fd(), u64::MAX, 100)
            .expect("started");
        // The unwinding closes the pipe before it drops the ring, which waits for the read.
        let _ = ring.bytes(0);
    }
}
