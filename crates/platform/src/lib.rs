//! The machine level of crcheck: memory, signals, calls and machine code. All machine-level
//! `unsafe` of the harness is here.
//!
//! Nothing here knows what a subject or a check is. From the ground up:
//!
//! - [`files`], [`leftovers`], [`standard_streams`]: files that users name, what must not outlive
//!   this process, and closed streams;
//! - [`rng`], [`clock`], [`ticks`], [`asan`], [`emulation`]: random numbers, time, the CPU's
//!   counter, AddressSanitizer's hooks, emulated CPUs;
//! - [`mapping`], [`readable`], [`message_memory`], [`repeated_memory`]: where messages lie, and
//!   what a subject must not read;
//! - [`page_cache`]: what of a file lies in memory;
//! - [`extension`], [`cpu_name`]: instruction-set extensions, which of them the CPU has, and what
//!   it is called;
//! - [`signal`]: calls that survive the CPU's signals;
//! - [`process_end`]: what is said when code ends the process that judges it;
//! - [`file_window`], [`page_buffer`], [`read_ring`], [`page_faults`]: the bytes of files, mapped,
//!   read to the start of a page, and read by io_uring; the page faults that they cost;
//! - [`traced_calls`]: how many system calls another program makes;
//! - [`raw_entry`]: a function of the C ABI, and plain calls of it;
//! - [`abi_audit`]: calls that report what a function does to its caller;
//! - [`forked_call`], [`race`]: calls in a copy of this process, and concurrent calls;
//! - [`c_library`]: the C library, whose functions interpreted code calls;
//! - [`code`]: object files, illegal instructions, the lengths that code compares with, the names
//!   of functions, and the lines of the source.

#[cfg(not(target_os = "linux"))]
compile_error!("crcheck's harness and program are for Linux; the kernel crate is for every target");

pub mod abi_audit;
pub mod asan;
pub mod c_library;
pub mod clock;
pub mod code;
pub mod cpu_name;
pub mod emulation;
pub mod extension;
pub mod file_window;
pub mod files;
pub mod forked_call;
pub mod leftovers;
pub mod mapping;
pub mod message_memory;
pub mod page_buffer;
pub mod page_cache;
pub mod page_faults;
pub mod presence;
pub mod process_end;
pub mod race;
pub mod raw_entry;
pub mod read_ring;
pub mod readable;
pub mod repeated_memory;
pub mod rng;
pub mod signal;
pub mod single_step;
pub mod standard_streams;
pub mod start_line;
pub mod ticks;
pub mod traced_calls;
