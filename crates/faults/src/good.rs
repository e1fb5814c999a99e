//! Kernels that are right: a check that finds something in one of them is wrong itself.

mod awkward;

use crate::checked_io::CheckedIo;
use crate::crc32;
use crate::library::Function;
#[cfg(target_arch = "x86_64")]
use crate::parts::assembly::{assembly, call_c};
use crate::parts::buffered::Buffered;
use crate::parts::removal::{Matrices, ONE_OF_THREE, STREAM_FROM, Sparse, TWO_OF_FIVE};
use crate::parts::shortcut;
use crate::test_kernel::TestKernel;
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu::{Feature, Features};
use crcheck_harness::subject::kernel_features;

/// A kernel that is right, of another design than the tiers.
pub struct GoodSpec {
    /// The name: `good:NAME` on the command line.
    pub name: &'static str,
    /// How it works.
    pub summary: &'static str,
    pub(crate) recipe: GoodRecipe,
}

/// How a good kernel is made.
#[derive(Clone, Copy)]
pub(crate) enum GoodRecipe {
    /// Code of this process.
    Rust(fn() -> TestKernel),
    /// A function in C.
    Library(Function),
}

impl GoodSpec {
    /// A function in C.
    pub(crate) const fn in_library(
        name: &'static str,
        summary: &'static str,
        function: Function,
    ) -> Self {
        Self {
            name,
            summary,
            recipe: GoodRecipe::Library(function),
        }
    }

    /// The name on the command line.
    pub fn full_name(&self) -> String {
        format!("good:{}", self.name)
    }

    /// Whether it is a function of the library in C, which needs a worker process.
    pub fn is_in_library(&self) -> bool {
        matches!(self.recipe, GoodRecipe::Library(_))
    }

    /// Whether it is fast enough for messages of gigabytes.
    pub(crate) fn is_fast(&self) -> bool {
        match self.recipe {
            GoodRecipe::Rust(_) => true,
            GoodRecipe::Library(_) => FAST.contains(&self.name),
        }
    }
}

/// Every good kernel.
pub fn good_kernels() -> impl Iterator<Item = &'static GoodSpec> {
    [GOOD, awkward::NARROW, awkward::AWKWARD]
        .into_iter()
        .flatten()
}

/// The functions in C that the check `huge` judges: one of each type of length.
const FAST: [&str; 2] = ["library", "pointers"];

const GOOD: &[GoodSpec] = &[
    GoodSpec {
        name: "slicing",
        summary: "slicing by sixteen, with a hasher that buffers, a reader, a writer, a combine, \
            a detection and a dispatcher",
        recipe: GoodRecipe::Rust(|| {
            TestKernel::right()
                .with_stream(Buffered::new)
                .with_checked_io(|stream| CheckedIo::new(stream, None))
                .with_combine(crc32::combine)
                .with_detect(kernel_features)
                .with_select(select)
                .with_thresholds([16])
        }),
    },
    GoodSpec {
        name: "bytes",
        summary: "a byte at a time, a bit at a time inside it",
        recipe: GoodRecipe::Rust(|| {
            TestKernel::new(|checksum, message| {
                !message.iter().fold(!checksum, |register, &byte| {
                    crc32::update_register(register, std::slice::from_ref(&byte))
                })
            })
        }),
    },
    GoodSpec {
        name: "sparse",
        summary: "a shortcut by powers of x for messages that are nearly zero, slicing by sixteen \
            for others",
        recipe: GoodRecipe::Rust(|| {
            TestKernel::new(|checksum, message| match shortcut::few(message) {
                Some(bytes) => shortcut::checksum(checksum, message.len(), &bytes),
                None => crc32::update(checksum, message),
            })
        }),
    },
    GoodSpec {
        name: "removal",
        summary: "vectors removed by matrices from 3 KiB on, and by a sparse multiple of P from \
            24 KiB on",
        recipe: GoodRecipe::Rust(remove_vectors),
    },
    GoodSpec {
        name: "nibbles",
        summary: "four bits at a time, by a table of sixteen entries",
        recipe: GoodRecipe::Rust(|| {
            let table = nibble_table();
            TestKernel::new(move |checksum, message| {
                let step = |register: u32| (register >> 4) ^ table[(register & 15) as usize];
                !message.iter().fold(!checksum, |register, &byte| {
                    step(step(register ^ u32::from(byte)))
                })
            })
        }),
    },
    GoodSpec {
        name: "lazy",
        summary: "a table that is filled at the first call, once, whoever comes first",
        recipe: GoodRecipe::Rust(|| {
            let table = std::sync::OnceLock::new();
            TestKernel::new(move |checksum, message| {
                let table = table.get_or_init(|| Box::new(crc32::table(crc32::IEEE)));
                !crc32::update_by_table(table, !checksum, message)
            })
        }),
    },
    #[cfg(target_arch = "x86_64")]
    GoodSpec {
        name: "careful",
        summary: "assembly that uses every register and state of its caller, and gives them back",
        recipe: GoodRecipe::Rust(|| call_c(crcheck_careful as *const ())),
    },
    GoodSpec {
        name: "library",
        summary: "slicing by eight in C, in a shared library",
        recipe: GoodRecipe::Library(Function::of_kernels("crc32_by_eight")),
    },
];

/// What four bits become when four bits follow them.
fn nibble_table() -> [u32; 16] {
    std::array::from_fn(|nibble| {
        (0..4).fold(nibble as u32, |word, _| {
            (word >> 1) ^ (crc32::IEEE * (word & 1))
        })
    })
}

fn remove_vectors() -> TestKernel {
    let matrices = Matrices::new().into_update();
    let sparse = [ONE_OF_THREE, TWO_OF_FIVE].map(Sparse::new);
    let update = move |checksum: u32, message: &[u8]| match message.len() {
        ..0xc00 | STREAM_FROM.. => crc32::update(checksum, message),
        0xc00..0x6000 => !matrices(!checksum, message),
        // The lengths take the two multiples in turn.
        length => !sparse[length / 7 % 2].update(!checksum, message),
    };
    TestKernel::new(update).with_thresholds([0xc00, 0x6000, STREAM_FROM])
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

#[cfg(target_arch = "x86_64")]
assembly!(crcheck_careful:
    "push rbx"
    "push rbp"
    "push r12"
    "push r13"
    "push r14"
    "push r15"
    "sub rsp, 8"
    "mov rbx, rdi"
    "mov rbp, rsi"
    "mov r12, rdx"
    "xor r13d, r13d"
    "mov r14, rsp"
    "or r15, -1"
    "movd mm0, edi"
    "emms"
    "std"
    "cld"
    "mov edi, ebx"
    "call {right}"
    "add rsp, 8"
    "pop r15"
    "pop r14"
    "pop r13"
    "pop r12"
    "pop rbp"
    "pop rbx"
    "ret"
);
