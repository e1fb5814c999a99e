//! The kernel's tiers as subjects.

use crate::capabilities::{Capabilities, TierCode};
use crate::checked_io::{ByteStream, Checked, CheckedReader, CheckedWriter};
use crate::machine_answers::MachineAnswers;
use crate::rate::Pace;
use crate::subject::{Stream, Subject};
use crate::subject_name::SubjectName;
use crcheck_kernel::cpu::{CpuidWords, Features, HwcapWords, HwprobeWords};
use crcheck_kernel::io::{Crc32Reader, Crc32Writer};
use crcheck_kernel::tier::{Emulated, Kernel, Tier};
use crcheck_kernel::{Hasher, combine};
use std::any::Any;

/// One tier of the built-in kernel, in hardware or in software.
#[derive(Clone, Debug)]
pub struct TierSubject {
    tier: Tier,
    code: Code,
    /// Whether `Hasher` runs this code. It is kept here since CPUID is slow where it is emulated.
    has_hasher: bool,
}

#[derive(Clone, Debug)]
enum Code {
    Native(Kernel),
    Emulated(Emulated),
}

impl TierSubject {
    /// `tier` on this CPU; `None` if the CPU does not have it.
    pub fn native(tier: Tier) -> Option<Self> {
        Some(Self {
            tier,
            code: Code::Native(tier.kernel()?),
            has_hasher: tier == Tier::detect(),
        })
    }

    /// `emu:tier`: the same algorithm with the software backend; `None` for `portable`, which has
    /// no other form.
    pub fn emulated(tier: Tier) -> Option<Self> {
        Some(Self {
            tier,
            code: Code::Emulated(tier.emulate()?),
            has_hasher: false,
        })
    }

    pub fn tier(&self) -> Tier {
        self.tier
    }
}

impl Subject for TierSubject {
    fn name(&self) -> SubjectName {
        match self.code {
            Code::Native(_) => SubjectName::Tier(self.tier),
            Code::Emulated(_) => SubjectName::EmulatedTier(self.tier),
        }
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        let checksum = checksum as u32;
        u64::from(match &self.code {
            Code::Native(kernel) => kernel.update(checksum, message),
            Code::Emulated(emulated) => emulated.update(checksum, message),
        })
    }

    /// `Hasher` runs the tier that the dispatcher chooses, so only that tier has it as its stream.
    fn stream(&self, checksum: u64) -> Option<Box<dyn Stream>> {
        let hasher = || Box::new(Hasher::with_checksum(checksum as u32)) as Box<dyn Stream>;
        self.has_hasher.then(hasher)
    }

    /// As streams are, readers and writers are of the tier that the dispatcher chooses.
    fn reader(&self, stream: Box<dyn ByteStream>) -> Option<Box<dyn CheckedReader>> {
        self.has_hasher
            .then(|| Box::new(Crc32Reader::new(stream)) as Box<dyn CheckedReader>)
    }

    fn writer(&self, stream: Box<dyn ByteStream>) -> Option<Box<dyn CheckedWriter>> {
        self.has_hasher
            .then(|| Box::new(Crc32Writer::new(stream)) as Box<dyn CheckedWriter>)
    }

    fn combine(&self, a: u64, b: u64, len_b: u64) -> Option<u64> {
        Some(u64::from(combine(a as u32, b as u32, len_b)))
    }

    fn detect(&self, answers: &MachineAnswers) -> Option<Features> {
        self.has_hasher.then(|| kernel_features(answers))
    }

    fn select(&self, features: Features) -> Option<Tier> {
        self.has_hasher.then(|| Tier::select(&features))
    }

    fn capabilities(&self) -> Capabilities {
        let is_native = matches!(self.code, Code::Native(_));
        Capabilities {
            thresholds: self.tier.thresholds().to_vec(),
            pace: if is_native {
                Pace::Native
            } else {
                Pace::Software
            },
            tier: Some(TierCode {
                tier: self.tier,
                is_native,
            }),
            ..Capabilities::default()
        }
    }

    fn entered(&self) -> Option<u64> {
        Some(match self.code {
            Code::Native(_) => self.tier.entered(),
            Code::Emulated(_) => self.tier.entered_emulated(),
        })
    }
}

impl Stream for Hasher {
    fn update(&mut self, message: &[u8]) {
        Hasher::update(self, message);
    }

    fn checksum(&self) -> u64 {
        u64::from(self.finalize())
    }

    fn fork(&self) -> Box<dyn Stream> {
        Box::new(self.clone())
    }

    fn reset(&mut self) {
        Hasher::reset(self);
    }

    fn append(&mut self, other: &dyn Stream) -> bool {
        match other.as_any().downcast_ref::<Self>() {
            Some(other) => {
                self.combine(other);
                true
            }
            None => false,
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl<R> Checked for Crc32Reader<R> {
    fn checksum(&self) -> u64 {
        u64::from(Self::checksum(self))
    }

    fn len_bytes(&self) -> u64 {
        Self::len_bytes(self)
    }

    fn reset(&mut self) {
        Self::reset(self);
    }
}

impl CheckedReader for Crc32Reader<Box<dyn ByteStream>> {
    fn fork(&self) -> Option<Box<dyn CheckedReader>> {
        Some(Box::new(self.clone()))
    }
}

impl<W> Checked for Crc32Writer<W> {
    fn checksum(&self) -> u64 {
        u64::from(Self::checksum(self))
    }

    fn len_bytes(&self) -> u64 {
        Self::len_bytes(self)
    }

    fn reset(&mut self) {
        Self::reset(self);
    }
}

impl CheckedWriter for Crc32Writer<Box<dyn ByteStream>> {}

/// The features that the kernel sees on a machine that answers so.
pub fn kernel_features(answers: &MachineAnswers) -> Features {
    match answers {
        MachineAnswers::X86_64(cpuid) => {
            let words = CpuidWords::ask(|leaf| cpuid.leaf(leaf), || cpuid.xcr0());
            Features::from_cpuid(&words)
        }
        &MachineAnswers::Aarch64(hwcap) => Features::from_hwcap(&HwcapWords { hwcap }),
        &MachineAnswers::Riscv64(ima_ext_0) => Features::from_hwprobe(&HwprobeWords { ima_ext_0 }),
    }
}

/// Every tier that this CPU has, from `portable` to the best.
pub fn available_tiers() -> Vec<Box<dyn Subject>> {
    let natives = Tier::available().filter_map(TierSubject::native);
    natives
        .map(|subject| Box::new(subject) as Box<dyn Subject>)
        .collect()
}

/// The software version of every tier that has one.
pub fn emulated_tiers() -> Vec<Box<dyn Subject>> {
    let emulated = Tier::ALL.iter().copied().filter_map(TierSubject::emulated);
    emulated
        .map(|subject| Box::new(subject) as Box<dyn Subject>)
        .collect()
}
