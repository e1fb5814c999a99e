//! AT_HWCAP, from the operating system.
//!
//! With `std` the standard library answers. It reads the auxiliary vector that the C library keeps,
//! without a system call, and it knows other systems than Linux. Without `std`, system calls of our
//! own read the vector from `/proc/self/auxv`. The ID registers are no way: user code may read them
//! only if HWCAP_CPUID says so, which is a bit of the same vector. Where neither answers, the
//! program's compile-time features are all that is known.

use crate::cpu::hwcap::HwcapWords;

/// Asks the operating system.
pub(super) fn words() -> HwcapWords {
    #[cfg(feature = "std")]
    let asked = Some(standard());
    #[cfg(all(not(feature = "std"), target_os = "linux"))]
    let asked = auxv::hwcap();
    #[cfg(all(not(feature = "std"), not(target_os = "linux")))]
    let asked = None;
    let compiled_for = compiled_for();
    HwcapWords {
        hwcap: asked
            .map(|hwcap| hwcap | compiled_for)
            .or((compiled_for != 0).then_some(compiled_for)),
    }
}

const fn compiled_for() -> u64 {
    let mut hwcap = 0;
    if cfg!(target_feature = "aes") {
        hwcap |= HwcapWords::PMULL;
    }
    if cfg!(target_feature = "crc") {
        hwcap |= HwcapWords::CRC32;
    }
    if cfg!(target_feature = "sha3") {
        hwcap |= HwcapWords::SHA3;
    }
    hwcap
}

#[cfg(feature = "std")]
fn standard() -> u64 {
    use std::arch::is_aarch64_feature_detected as has;
    let mut hwcap = 0;
    if has!("aes") && has!("pmull") {
        hwcap |= HwcapWords::PMULL;
    }
    if has!("crc") {
        hwcap |= HwcapWords::CRC32;
    }
    if has!("sha3") {
        hwcap |= HwcapWords::SHA3;
    }
    hwcap
}

#[cfg(all(any(not(feature = "std"), test), target_os = "linux"))]
mod auxv {
    use core::arch::asm;

    const OPENAT: usize = 56;
    const CLOSE: usize = 57;
    const READ: usize = 63;
    const AT_FDCWD: isize = -100;
    const O_CLOEXEC: usize = 0o2_000_000;
    const AT_NULL: u64 = 0;
    const AT_HWCAP: u64 = 16;

    /// The value of AT_HWCAP; `None` if the file cannot be read.
    pub(super) fn hwcap() -> Option<u64> {
        let path = c"/proc/self/auxv";
        // Linux has some twenty entries.
        let mut entries = [[AT_NULL; 2]; 64];
        let len_bytes = size_of_val(&entries);
        // SAFETY: `path` ends with a zero byte; the call changes no memory of ours.
        let file = unsafe {
            let path = path.as_ptr() as usize;
            system_call(OPENAT, [AT_FDCWD as usize, path, O_CLOEXEC, 0])
        };
        let file = usize::try_from(file).ok()?;
        // SAFETY: `entries` is ours and has `len_bytes` bytes, and every bit pattern is a value of
        // it; the file is ours to close.
        let read = unsafe {
            let read = system_call(READ, [file, entries.as_mut_ptr() as usize, len_bytes, 0]);
            system_call(CLOSE, [file, 0, 0, 0]);
            read
        };
        let read = usize::try_from(read).ok()?;
        let entries = entries[..read / size_of::<[u64; 2]>()].iter();
        let mut entries = entries.take_while(|[key, _]| *key != AT_NULL);
        entries.find_map(|&[key, value]| (key == AT_HWCAP).then_some(value))
    }

    /// A system call of Linux; negative answers are errors.
    ///
    /// # Safety
    /// The arguments must be those that the system call allows.
    unsafe fn system_call(number: usize, arguments: [usize; 4]) -> isize {
        let answer;
        // SAFETY: the caller vouches for the call; Linux keeps every register but x0.
        unsafe {
            asm!(
                "svc 0",
                in("x8") number,
                inlateout("x0") arguments[0] => answer,
                in("x1") arguments[1],
                in("x2") arguments[2],
                in("x3") arguments[3],
                options(nostack),
            );
        }
        answer
    }
}

#[cfg(all(test, feature = "std", target_os = "linux"))]
mod tests {
    use super::*;
    use crate::cpu::features::Features;

    #[test]
    fn the_auxiliary_vector_says_what_the_standard_library_says() {
        let by = |hwcap| Features::from_hwcap(&HwcapWords { hwcap });
        let own = auxv::hwcap();
        assert!(own.is_some());
        assert_eq!(by(own), by(Some(standard())));
    }
}
