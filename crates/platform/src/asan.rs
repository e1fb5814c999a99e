//! The functions of AddressSanitizer, where the program was built with it.
//!
//! The runtime's functions are weak references. They are null in a program without a sanitizer,
//! where every function here does nothing. So one source serves both builds, on a stable compiler.

use std::ffi::c_void;

#[cfg(target_arch = "x86_64")]
std::arch::global_asm!(
    ".weak __asan_poison_memory_region",
    ".weak __asan_unpoison_memory_region",
    ".weak __asan_handle_no_return",
    ".weak __asan_set_error_report_callback",
    ".pushsection .text.crcheck_asan,\"ax\",@progbits",
    ".globl crcheck_asan_symbol",
    ".type crcheck_asan_symbol,@function",
    // rdi: 0 to 3; returns the address of that function of the runtime, or null.
    "crcheck_asan_symbol:",
    "mov rax, qword ptr [rip + __asan_poison_memory_region@GOTPCREL]",
    "test edi, edi",
    "je 2f",
    "mov rax, qword ptr [rip + __asan_unpoison_memory_region@GOTPCREL]",
    "dec edi",
    "je 2f",
    "mov rax, qword ptr [rip + __asan_handle_no_return@GOTPCREL]",
    "dec edi",
    "je 2f",
    "mov rax, qword ptr [rip + __asan_set_error_report_callback@GOTPCREL]",
    "2: ret",
    ".size crcheck_asan_symbol, . - crcheck_asan_symbol",
    ".popsection",
);

#[cfg(target_arch = "x86_64")]
unsafe extern "C" {
    fn crcheck_asan_symbol(index: u32) -> *const c_void;
}

/// A host without the weak references has no sanitizer support.
#[cfg(not(target_arch = "x86_64"))]
unsafe fn crcheck_asan_symbol(_index: u32) -> *const c_void {
    std::ptr::null()
}

type Region = unsafe extern "C" fn(*const c_void, usize);
type SetReport = unsafe extern "C" fn(OnReport);
type NoReturn = unsafe extern "C" fn();

fn symbol(index: u32) -> *const c_void {
    // SAFETY: the function reads the global offset table and nothing else.
    unsafe { crcheck_asan_symbol(index) }
}

/// Whether the program was built with AddressSanitizer.
#[inline]
pub fn is_active() -> bool {
    !symbol(0).is_null()
}

/// Forbids the program to read or write these bytes.
pub fn poison(start: *const u8, len_bytes: usize) {
    region(0, start, len_bytes);
}

/// Allows the program to read and write these bytes.
pub fn unpoison(start: *const u8, len_bytes: usize) {
    region(1, start, len_bytes);
}

fn region(index: u32, start: *const u8, len_bytes: usize) {
    let function = symbol(index);
    if !function.is_null() {
        // SAFETY: the runtime declares the function with this signature, and marking bytes of our
        // own mappings has no other effect.
        let function = unsafe { std::mem::transmute::<*const c_void, Region>(function) };
        // SAFETY: as above.
        unsafe { function(start.cast(), len_bytes) };
    }
}

/// Tells the runtime that the frames below the caller do not return, so that their poisoned stack
/// is usable again.
pub fn handle_no_return() {
    let function = symbol(2);
    if !function.is_null() {
        // SAFETY: the runtime declares the function with this signature and no precondition.
        let function = unsafe { std::mem::transmute::<*const c_void, NoReturn>(function) };
        // SAFETY: as above.
        unsafe { function() };
    }
}

/// What the runtime calls with the text of a report, before it ends the process.
type OnReport = extern "C" fn(*const std::ffi::c_char);

/// Makes the runtime call `on_report` when it finds a forbidden access.
pub fn on_report(on_report: extern "C" fn(*const std::ffi::c_char)) {
    let function = symbol(3);
    if !function.is_null() {
        // SAFETY: the runtime declares the function with this signature.
        let function = unsafe { std::mem::transmute::<*const c_void, SetReport>(function) };
        // SAFETY: the runtime calls a function pointer, which never dangles.
        unsafe { function(on_report) };
    }
}
