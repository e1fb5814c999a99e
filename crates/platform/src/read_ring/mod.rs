//! Several reads of files under way at once, by io_uring.

#[cfg_attr(
    not(any(
        target_arch = "aarch64",
        target_arch = "loongarch64",
        target_arch = "powerpc64",
        target_arch = "riscv64",
        target_arch = "x86_64"
    )),
    path = "missing.rs"
)]
mod io_uring;

pub use io_uring::ReadRing;
