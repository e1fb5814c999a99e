//! Memory for the code of single instructions. One mapping of it is written, another is executed,
//! and none is both.

use crcheck_platform::mapping::{MapAccess, Mapping};
use iced_x86::{Encoder, Instruction};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use std::arch::x86_64::__cpuid;
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};

/// The size of the code in bytes.
pub(super) const LEN_BYTES: usize = 1 << 20;

/// The room of one instruction and the jump behind it: at most 15 + 14 bytes.
const SLOT_BYTES: usize = 32;

/// `jmp [rip]`: the address to go on at lies behind it.
const JUMP: [u8; 6] = [0xff, 0x25, 0, 0, 0, 0];

/// The code of single instructions, until it is full; then it begins anew.
pub(super) struct Code {
    written: Mapping,
    /// Where it is executed.
    start: u64,
    used_bytes: usize,
    generation: u64,
    encoder: Encoder,
    /// Where every instruction goes on.
    exit: u64,
}

impl Code {
    /// Maps the code at the start of `view`.
    pub(super) fn new(view: &mut Mapping, exit: u64) -> io::Result<Self> {
        let file = memfd_create(c"crcheck-code", MemfdFlags::CLOEXEC)?;
        ftruncate(&file, LEN_BYTES as u64)?;
        view.map_file(0, file.as_fd(), LEN_BYTES, MapAccess::Execute)?;
        Ok(Self {
            written: Mapping::of_file(file.as_fd(), LEN_BYTES, MapAccess::Write)?,
            start: view.start() as u64,
            used_bytes: 0,
            generation: next_generation(),
            encoder: Encoder::new(64),
            exit,
        })
    }

    /// Which code the addresses of [`Code::add`] belong to. No other code of this process has the
    /// same number.
    pub(super) const fn generation(&self) -> u64 {
        self.generation
    }

    /// Begins anew if no instruction has room.
    pub(super) fn make_room(&mut self) {
        if self.used_bytes + SLOT_BYTES > LEN_BYTES {
            self.used_bytes = 0;
            self.generation = next_generation();
        }
    }

    /// Whether `instruction` can be encoded here.
    pub(super) fn can_encode(&mut self, instruction: &Instruction) -> bool {
        let is_encoded = self.encoder.encode(instruction, self.start).is_ok();
        let _ = self.encoder.take_buffer();
        is_encoded
    }

    /// Adds an instruction and returns its address; `None` if it cannot be encoded.
    ///
    /// # Panics
    /// If there is no room.
    pub(super) fn add(&mut self, instruction: &Instruction) -> Option<u64> {
        let address = self.start + self.used_bytes as u64;
        let encoded = self.encoder.encode(instruction, address);
        let mut bytes = self.encoder.take_buffer();
        encoded.ok()?;
        bytes.extend(JUMP);
        bytes.extend(self.exit.to_le_bytes());
        assert!(bytes.len() <= SLOT_BYTES);
        // SAFETY: the mapping is this value's own, and no instruction of it is executed now.
        let slot = unsafe { self.written.bytes_mut(self.used_bytes, bytes.len()) };
        slot.copy_from_slice(&bytes);
        self.used_bytes += SLOT_BYTES;
        // Code that is written at one address and executed at another wants a serialising
        // instruction in between (Intel SDM 3A, 9.1.3).
        let _ = __cpuid(0);
        Some(address)
    }
}

fn next_generation() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
