//! Accesses to the memory of this process, at addresses that [`Memory`](super::Memory) has checked.

use std::ptr;

/// Reads `N` bytes at `host`.
///
/// # Safety
/// Reads are allowed there.
#[inline]
pub(super) unsafe fn read_array<const N: usize>(host: u64) -> [u8; N] {
    let pointer = ptr::with_exposed_provenance::<[u8; N]>(host as usize);
    // SAFETY: the caller promises it; an array of bytes has no alignment and any value.
    unsafe { pointer.read() }
}

/// Reads bytes at `host`.
///
/// # Safety
/// Reads are allowed there.
#[inline]
pub(super) unsafe fn read(host: u64, into: &mut [u8]) {
    let pointer = ptr::with_exposed_provenance::<u8>(host as usize);
    // SAFETY: the caller promises it. The interpreted code may read where `into` lies.
    unsafe { ptr::copy(pointer, into.as_mut_ptr(), into.len()) };
}

/// Writes bytes at `host`.
///
/// # Safety
/// Writes are allowed there, and nobody else uses these bytes.
#[inline]
pub(super) unsafe fn write(host: u64, bytes: &[u8]) {
    let pointer = ptr::with_exposed_provenance_mut::<u8>(host as usize);
    // SAFETY: the caller promises it.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), pointer, bytes.len()) };
}

/// Where segment fs begins for this thread; 0 on other architectures.
#[cfg(target_arch = "x86_64")]
pub(super) fn thread_pointer() -> u64 {
    let pointer;
    // SAFETY: the ABI of x86-64 has the first word of a thread's own memory hold its own address
    // (ELF Handling For Thread-Local Storage, 3.4.6), and reading it changes nothing.
    unsafe {
        std::arch::asm!(
            "mov {}, fs:[0]",
            out(reg) pointer,
            options(nostack, preserves_flags, readonly, pure)
        );
    }
    pointer
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn thread_pointer() -> u64 {
    0
}
