//! A buffer that begins with a page of memory, as reads past the page cache want it.

use crate::mapping::Mapping;
use std::io;

/// Zeroed memory of whole pages that this value owns. It costs nothing before its first use.
#[derive(Debug)]
pub struct PageBuffer(Mapping);

impl PageBuffer {
    /// A buffer of `len_bytes`.
    ///
    /// # Errors
    /// If the operating system refuses the memory, or `len_bytes` is 0.
    pub fn new(len_bytes: usize) -> io::Result<Self> {
        let mut mapping = Mapping::reserve(len_bytes)?;
        mapping.open(0, len_bytes)?;
        Ok(Self(mapping))
    }

    /// The size in bytes.
    pub fn len_bytes(&self) -> usize {
        self.0.len_bytes()
    }

    /// The first address.
    pub const fn start(&self) -> *mut u8 {
        self.0.start()
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: all of it is readable since `new`, and only `bytes_mut` writes, which borrows all
        // of it alone.
        unsafe { self.0.bytes(0, self.0.len_bytes()) }
    }

    /// The bytes, to be written.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let len_bytes = self.0.len_bytes();
        // SAFETY: all of it is writable since `new`, and `&mut self` borrows it alone.
        unsafe { self.0.bytes_mut(0, len_bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::page_bytes;

    #[test]
    fn a_buffer_begins_with_a_page_and_holds_what_was_written() {
        let mut buffer = PageBuffer::new(page_bytes() + 1).expect("memory");
        assert_eq!(buffer.bytes().as_ptr() as usize % page_bytes(), 0);
        assert!(buffer.bytes().iter().all(|&byte| byte == 0));
        buffer.bytes_mut().fill(7);
        assert_eq!(buffer.bytes(), vec![7; page_bytes() + 1]);
        assert_eq!(buffer.len_bytes(), page_bytes() + 1);
    }

    #[test]
    fn a_buffer_of_no_bytes_is_an_error() {
        assert!(PageBuffer::new(0).is_err());
    }
}
