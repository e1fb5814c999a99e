//! Kernels that are right: what a check accuses of these is the check's fault.

use crate::base;
use crate::exhibit::{Exhibit, Good};
use crate::method::{Matrices, ONE_OF_THREE, STREAM_FROM, Sparse, TWO_OF_FIVE};
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu::{Feature, Features};
use crcheck_harness::subject::Stream;
use std::any::Any;

pub(crate) const GOOD: &[Good] = &[
    Good {
        name: "slicing",
        summary: "slicing by sixteen, with a hasher that buffers, a combine and a dispatcher",
        make: || Exhibit {
            stream: Some(Box::new(|checksum| Box::new(Buffered::new(checksum)))),
            combine: Some(Box::new(base::combine)),
            select: Some(Box::new(select)),
            thresholds: vec![16],
            ..Exhibit::right()
        },
    },
    Good {
        name: "bytes",
        summary: "a byte at a time, a bit at a time inside it",
        make: || {
            Exhibit::of(|checksum, message| {
                !message.iter().fold(!checksum, |register, &byte| {
                    base::register(register, std::slice::from_ref(&byte))
                })
            })
        },
    },
    Good {
        name: "sparse",
        summary: "a shortcut by powers of x for messages that are nearly zero, slicing by sixteen for others",
        make: crate::fault::sparse_right,
    },
    Good {
        name: "removal",
        summary: "vectors removed by matrices from 3 KiB on, and by a sparse multiple of P from 24 KiB on",
        make: removal,
    },
    Good {
        name: "nibbles",
        summary: "four bits at a time, by a table of sixteen entries",
        make: || {
            let table = nibbles();
            Exhibit::of(move |checksum, message| {
                let step = |register: u32| (register >> 4) ^ table[(register & 15) as usize];
                !message.iter().fold(!checksum, |register, &byte| {
                    step(step(register ^ u32::from(byte)))
                })
            })
        },
    },
    Good {
        name: "lazy",
        summary: "a table that is filled at the first call, once, whoever comes first",
        make: || {
            let table = std::sync::OnceLock::new();
            Exhibit::of(move |checksum, message| {
                let rows = table.get_or_init(|| Box::new(base::rows(base::IEEE)));
                !base::by_rows(rows, !checksum, message)
            })
        },
    },
    #[cfg(target_arch = "x86_64")]
    Good {
        name: "careful",
        summary: "assembly that uses every register and state of its caller, and gives them back",
        make: crate::fault::careful,
    },
];

/// What four bits become when four bits follow them.
fn nibbles() -> [u32; 16] {
    std::array::from_fn(|nibble| {
        (0..4).fold(nibble as u32, |word, _| {
            (word >> 1) ^ (base::IEEE * (word & 1))
        })
    })
}

fn removal() -> Exhibit {
    let (matrices, sparse) = (
        Matrices::new().register(),
        [ONE_OF_THREE, TWO_OF_FIVE].map(Sparse::new),
    );
    let update = move |checksum: u32, message: &[u8]| match message.len() {
        ..0xc00 | STREAM_FROM.. => base::update(checksum, message),
        0xc00..0x6000 => !matrices(!checksum, message),
        // One multiple or the other.
        length => !sparse[length / 7 % 2].register(!checksum, message),
    };
    Exhibit {
        thresholds: vec![0xc00, 0x6000, STREAM_FROM],
        ..Exhibit::of(update)
    }
}

fn select(features: Features) -> Tier {
    let has = |feature| features.contains(feature);
    match (has(Feature::Pmull), has(Feature::Sha3)) {
        (true, true) => return Tier::Aarch64PmullEor3,
        (true, false) => return Tier::Aarch64Pmull,
        (false, _) if has(Feature::Crc) => return Tier::Aarch64Crc,
        (false, _) => {}
    }
    if has(Feature::Zbc) {
        return Tier::RiscvZbc;
    }
    if !has(Feature::Pclmulqdq) || !has(Feature::Sse41) {
        return Tier::Portable;
    }
    let avx512 = [
        Feature::Avx512f,
        Feature::Avx512bw,
        Feature::Avx512dq,
        Feature::Avx512vl,
    ];
    match (has(Feature::Avx2), has(Feature::Vpclmulqdq)) {
        (false, _) => Tier::X86Pclmul,
        (true, false) => Tier::X86Avx2Pclmul,
        (true, true) if avx512.into_iter().all(has) && has(Feature::Gfni) && has(Feature::Amd) => {
            Tier::X86Avx512VpclmulGfni
        }
        (true, true) if avx512.into_iter().all(has) => Tier::X86Avx512Vpclmul,
        (true, true) => Tier::X86Avx2Vpclmul,
    }
}

/// A hasher that collects whole blocks before it works on them.
#[derive(Clone)]
pub(crate) struct Buffered {
    pub(crate) checksum: u32,
    pub(crate) buffer: Vec<u8>,
    /// Bytes that the buffer holds.
    pub(crate) buffer_bytes: usize,
    pub(crate) len_bytes: u64,
}

/// Bytes that the buffer of a block holds.
pub(crate) const BUFFER_BYTES: usize = 64;

impl Buffered {
    pub(crate) fn new(checksum: u32) -> Self {
        Self::of(BUFFER_BYTES, checksum)
    }

    pub(crate) fn of(buffer_bytes: usize, checksum: u32) -> Self {
        Self {
            checksum,
            buffer: Vec::new(),
            buffer_bytes,
            len_bytes: 0,
        }
    }

    pub(crate) fn append(&mut self, message: &[u8]) {
        self.len_bytes += message.len() as u64;
        self.buffer.extend_from_slice(message);
        let whole = self.buffer.len() / self.buffer_bytes * self.buffer_bytes;
        self.checksum = base::update(self.checksum, &self.buffer[..whole]);
        self.buffer.drain(..whole);
    }

    pub(crate) fn value(&self) -> u32 {
        base::update(self.checksum, &self.buffer)
    }
}

impl Stream for Buffered {
    fn update(&mut self, message: &[u8]) {
        self.append(message);
    }

    fn checksum(&self) -> u64 {
        self.value().into()
    }

    fn fork(&self) -> Box<dyn Stream> {
        Box::new(self.clone())
    }

    fn reset(&mut self) {
        *self = Self::of(self.buffer_bytes, 0);
    }

    fn append(&mut self, other: &dyn Stream) -> bool {
        let Some(other) = other.as_any().downcast_ref::<Self>() else {
            return false;
        };
        self.checksum = base::combine(self.value(), other.value(), other.len_bytes);
        self.buffer.clear();
        self.len_bytes += other.len_bytes;
        true
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
