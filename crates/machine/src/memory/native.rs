//! Accesses to the memory of this process, all of them checked before.

use super::PAGE_BYTES;
use super::maps::Maps;
use std::ptr;

/// A byte of this process.
///
/// # Panics
/// If no mapping allows reads there.
pub(super) fn read(maps: &Maps, address: u64) -> u8 {
    assert!(maps.known(address).is_some_and(|known| known.can_read));
    let pointer = ptr::with_exposed_provenance::<u8>(address as usize);
    // SAFETY: a mapping of this process allows reads there, as asked above.
    unsafe { pointer.read_volatile() }
}

/// Writes a byte of this process.
///
/// # Panics
/// If no mapping allows writes there.
pub(super) fn write(maps: &Maps, address: u64, byte: u8) {
    assert!(maps.known(address).is_some_and(|known| known.can_write));
    let pointer = ptr::with_exposed_provenance_mut::<u8>(address as usize);
    // SAFETY: a mapping allows writes there, and `Memory::share` has promised that nobody else
    // uses these bytes.
    unsafe { pointer.write_volatile(byte) }
}

/// The page of this process that begins at `start`; zeros if nothing can be read there.
pub(super) fn page(maps: &Maps, start: u64) -> Box<[u8]> {
    let can_read = maps.known(start).is_some_and(|known| known.can_read);
    let bytes = start..start + PAGE_BYTES;
    bytes
        .map(|address| if can_read { read(maps, address) } else { 0 })
        .collect()
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
