//! Accesses to memory that a kernel must not make. The harness survives each of them: it calls
//! kernels under a fault handler.

/// Reads the byte that lies `distance` bytes from `start`, wherever that is.
pub(crate) fn touch(start: *const u8, distance: isize) -> u8 {
    // SAFETY: none: this reads outside the message on purpose. The harness's fault handler survives
    // an address that is not mapped.
    unsafe { start.wrapping_offset(distance).read_volatile() }
}

/// Reads `len_bytes` bytes from the start of `message` on, whether they belong to it or not.
pub(crate) fn read_beyond(message: &[u8], len_bytes: usize) -> Vec<u8> {
    let start = message.as_ptr();
    (0..len_bytes)
        .map(|index| touch(start, index as isize))
        .collect()
}

/// Loads the byte at `index` of `message` and stores it back.
pub(crate) fn store_back(message: &[u8], index: usize) {
    let at = message.as_ptr().wrapping_add(index).cast_mut();
    // SAFETY: none: a kernel must not write to the message, which is the fault. The harness's fault
    // handler survives the read-only page.
    unsafe { at.write_volatile(at.read_volatile()) };
}

/// Loads 16 bytes as if their address were a multiple of 16.
pub(crate) fn load_aligned(block: &[u8; 16]) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: none at an address that is no multiple of 16, which is the fault. The harness's fault
    // handler survives it.
    unsafe {
        std::arch::asm!(
            "movdqa {x}, [{p}]",
            x = out(xmm_reg) _,
            p = in(reg) block,
            options(nostack),
        );
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = block;
}
