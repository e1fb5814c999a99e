//! Memory that is there before it is used.
//!
//! After a fork a first access takes a page fault of some microseconds, and the threads of a
//! process wait for each other there. A race of first calls would be one of page faults. What is
//! asked for here changes no byte. An older system refuses it, and then nothing is lost but speed.

use rustix::mm::{Advice, madvise};
use rustix::param::page_size;
use std::ffi::{c_int, c_void};
use std::ops::Range;

/// How much of its stack a kernel may use without a page fault, in bytes.
const STACK_BYTES: usize = 32 << 10;

/// Maps the pages of these addresses, for reads.
pub fn make_present(addresses: Range<usize>) {
    populate(addresses, Advice::LinuxPopulateRead);
}

/// Maps the stack of this thread, as far below this call as kernels go.
pub fn make_stack_present() {
    let here = 0_u8;
    let here = (&raw const here).addr();
    populate(here - STACK_BYTES..here, Advice::LinuxPopulateWrite);
}

/// Maps the code and the data of this program and of every library that it has loaded.
pub fn make_objects_present() {
    // SAFETY: the callback has the type that the loader expects, and does not unwind.
    unsafe { libc::dl_iterate_phdr(Some(visit), std::ptr::null_mut()) };
}

unsafe extern "C" fn visit(object: *mut libc::dl_phdr_info, _: usize, _: *mut c_void) -> c_int {
    // SAFETY: the loader hands over one of its objects, which stays during the call.
    let object = unsafe { &*object };
    if object.dlpi_phdr.is_null() {
        return 0;
    }
    // SAFETY: the loader's object has this number of headers.
    let headers = unsafe { std::slice::from_raw_parts(object.dlpi_phdr, object.dlpi_phnum.into()) };
    let addresses = |header: &Header| {
        let start = (object.dlpi_addr as usize).wrapping_add(header.p_vaddr as usize);
        start..start.wrapping_add(header.p_memsz as usize)
    };
    let relocated = headers.iter().find(|of| of.p_type == libc::PT_GNU_RELRO);
    let relocated = relocated.map(addresses);
    for header in headers.iter().filter(|of| of.p_type == libc::PT_LOAD) {
        let segment = addresses(header);
        if header.p_flags & libc::PF_W == 0 {
            populate(segment, Advice::LinuxPopulateRead);
            continue;
        }
        // The first part of a writable segment is not writable once it is relocated.
        let start = match &relocated {
            Some(relocated) if segment.contains(&relocated.start) => {
                // The loader protects whole pages only.
                relocated.end / page_size() * page_size()
            }
            _ => segment.start,
        };
        populate(start..segment.end, Advice::LinuxPopulateWrite);
    }
    0
}

#[cfg(target_pointer_width = "64")]
type Header = libc::Elf64_Phdr;
#[cfg(target_pointer_width = "32")]
type Header = libc::Elf32_Phdr;

fn populate(addresses: Range<usize>, how: Advice) {
    let start = addresses.start / page_size() * page_size();
    let len_bytes = addresses.end.saturating_sub(start);
    // SAFETY: populating changes neither bytes nor rights; where nothing is mapped, it fails.
    let _ = unsafe { madvise(std::ptr::without_provenance_mut(start), len_bytes, how) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn presence_changes_no_byte() {
        static DATA: AtomicU64 = AtomicU64::new(0x0123_4567_89ab_cdef);
        let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        let before = bytes.clone();
        make_objects_present();
        make_stack_present();
        let range = bytes.as_ptr_range();
        make_present(range.start.addr()..range.end.addr());
        make_present(0..1 << 20);
        assert_eq!(bytes, before);
        assert_eq!(DATA.load(Ordering::Relaxed), 0x0123_4567_89ab_cdef);
    }
}
