//! How many pages had to be put into this thread's address space one by one.

use std::mem::MaybeUninit;

/// The page faults of this thread that needed no disk, so far. One fault may bring one page, or, if
/// the page cache holds the file in large pieces, many.
pub fn of_this_thread() -> u64 {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: there is room for the answer, and all-zero bytes are a valid one.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_THREAD, usage.as_mut_ptr());
        usage.assume_init()
    };
    usage.ru_minflt as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::page_bytes;
    use crate::page_buffer::PageBuffer;

    #[test]
    fn the_first_use_of_fresh_pages_is_counted() {
        // Within 2 MiB of addresses, a huge page may be one fault for all of them.
        let mut buffer = PageBuffer::new(64 * page_bytes()).expect("memory");
        let before = of_this_thread();
        buffer.bytes_mut().fill(1);
        assert!(of_this_thread() > before);
    }
}
