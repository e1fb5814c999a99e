//! Functions that a library finds instead of those of the C library.
//!
//! Blocks of memory come from here: the C library's allocator keeps its books in memory that this
//! process changes at the same time. What would register destructors does nothing, since they never
//! run. A function that ends the process ends the call with an interrupt.

use super::error::Problem;
use super::object::WRITABLE;
use super::runtime_code::{ALIGNMENT, CONTROL, FUNCTIONS};
use crate::memory::{Memory, PAGE_BYTES, Protection};
use crcheck_platform::mapping::Mapping;
use std::ops::Range;

/// What a library asks for, and which function it gets.
const REPLACED: &[(&str, &str)] = &[
    ("malloc", "malloc"),
    ("calloc", "calloc"),
    ("realloc", "realloc"),
    ("free", "free"),
    ("cfree", "free"),
    ("memalign", "memalign"),
    ("aligned_alloc", "memalign"),
    ("posix_memalign", "posix_memalign"),
    ("malloc_usable_size", "usable_size"),
    // C++: operator new and delete, of arrays too, with an alignment too.
    ("_Znwm", "malloc"),
    ("_Znam", "malloc"),
    ("_ZnwmRKSt9nothrow_t", "malloc"),
    ("_ZnamRKSt9nothrow_t", "malloc"),
    ("_ZnwmSt11align_val_t", "new_aligned"),
    ("_ZnamSt11align_val_t", "new_aligned"),
    ("_ZdlPv", "free"),
    ("_ZdaPv", "free"),
    ("_ZdlPvm", "free"),
    ("_ZdaPvm", "free"),
    ("_ZdlPvSt11align_val_t", "free"),
    ("_ZdaPvSt11align_val_t", "free"),
    ("_ZdlPvmSt11align_val_t", "free"),
    ("_ZdaPvmSt11align_val_t", "free"),
    ("atexit", "zero"),
    ("__cxa_atexit", "zero"),
    ("__cxa_thread_atexit_impl", "zero"),
    ("abort", "end"),
    ("exit", "end"),
    ("_exit", "end"),
    ("_Exit", "end"),
    ("quick_exit", "end"),
    ("__assert_fail", "end"),
    ("__stack_chk_fail", "end"),
    ("__chk_fail", "end"),
    ("_ZSt9terminatev", "end"),
    ("__tls_get_addr", "tls_address"),
];

/// The function that a descriptor of thread-local storage names.
pub(super) const TLS_DESCRIPTOR: &str = "tls_descriptor";

/// What there is to allocate from, in bytes.
const HEAP_BYTES: u64 = 1 << 28;

/// The words behind [`CONTROL`], of which the last ones are zero, and the heap.
const DATA_BYTES: u64 = PAGE_BYTES + HEAP_BYTES;

/// The functions in memory, and the memory that they give out.
#[derive(Debug)]
pub(super) struct Runtime {
    reserved: Mapping,
}

impl Runtime {
    /// Reserves the addresses.
    ///
    /// # Errors
    /// If the operating system refuses them.
    pub(super) fn new() -> Result<Self, Problem> {
        let reserved = Mapping::reserve((CONTROL + DATA_BYTES + PAGE_BYTES) as usize);
        Ok(Self {
            reserved: reserved.map_err(Problem::Memory)?,
        })
    }

    /// Lays the functions and their memory out.
    pub(super) fn map(&self, memory: &mut Memory) {
        let mut code = Vec::new();
        for (_, instructions) in FUNCTIONS {
            code.resize(code.len().next_multiple_of(ALIGNMENT), 0xcc);
            code.extend(instructions.concat());
        }
        let executable = Protection {
            can_read: true,
            can_execute: true,
            ..Protection::default()
        };
        memory.map(self.start()..self.start() + CONTROL, executable, &code);
        let data = self.data();
        let control = [data.start + PAGE_BYTES, data.end].map(u64::to_le_bytes);
        memory.map(data, WRITABLE, control.as_flattened());
    }

    /// All its addresses.
    pub(super) fn reserved(&self) -> Range<u64> {
        let start = self.start();
        start..start + self.reserved.len_bytes() as u64
    }

    /// The memory that the functions write.
    fn data(&self) -> Range<u64> {
        let start = self.start() + CONTROL;
        start..start + DATA_BYTES
    }

    /// An empty list of pointers, as a process without arguments has it.
    pub(super) fn empty_list(&self) -> u64 {
        self.data().start + PAGE_BYTES - 8
    }

    /// The function that a library gets for a symbol, if it is one of these.
    pub(super) fn symbol(&self, symbol: &str) -> Option<u64> {
        let mut replaced = REPLACED.iter();
        let (_, name) = replaced.find(|(replaced, _)| *replaced == symbol)?;
        self.function(name)
    }

    /// The function of this name.
    pub(super) fn function(&self, name: &str) -> Option<u64> {
        let mut functions = self.functions();
        let (range, _) = functions.find(|(_, own)| *own == name)?;
        Some(range.start)
    }

    /// The function that has this address.
    pub(super) fn name_at(&self, address: u64) -> Option<&'static str> {
        let mut functions = self.functions();
        let (_, name) = functions.find(|(range, _)| range.contains(&address))?;
        Some(name)
    }

    fn functions(&self) -> impl Iterator<Item = (Range<u64>, &'static str)> {
        let mut end = self.start();
        FUNCTIONS.iter().map(move |(name, instructions)| {
            let start = end.next_multiple_of(ALIGNMENT as u64);
            end = start + instructions.iter().map(|one| one.len() as u64).sum::<u64>();
            (start..end, *name)
        })
    }

    fn start(&self) -> u64 {
        self.reserved.start() as u64
    }
}
