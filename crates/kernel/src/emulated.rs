//! The software version of each tier: the same algorithm with the software backend, on every CPU.

use crate::emu::{Emu, EmuCrc};
#[cfg(feature = "testing")]
use crate::entry_counter;
use crate::fold::update;
use crate::selection::Tier;
use crate::{interleaved, portable};

/// The software version of a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emulated(Tier);

impl Tier {
    /// The software version of the tier; `None` for `portable`, which is software already.
    pub const fn emulate(self) -> Option<Emulated> {
        match self {
            Self::Portable => None,
            _ => Some(Emulated(self)),
        }
    }
}

impl Emulated {
    /// The tier that this is the software version of.
    pub const fn tier(self) -> Tier {
        self.0
    }

    /// The checksum after `message`, from the checksum before it (0 at first).
    pub fn update(self, checksum: u32, message: &[u8]) -> u32 {
        #[cfg(feature = "testing")]
        entry_counter::count_emulated(self.0);
        match self.0 {
            Tier::Portable => portable::entry(checksum, message),
            Tier::X86Pclmul
            | Tier::X86Avx2Pclmul
            | Tier::Aarch64Pmull
            | Tier::Aarch64PmullEor3
            | Tier::RiscvZbc => update(Emu::<1, 16>, checksum, message),
            Tier::Aarch64Crc => interleaved::update(EmuCrc, checksum, message),
            Tier::X86Avx2Vpclmul => update(Emu::<2, 32>, checksum, message),
            Tier::X86Avx512Vpclmul => update(Emu::<4, 64>, checksum, message),
            Tier::X86Avx512VpclmulGfni => update(Emu::<4, 64, true>, checksum, message),
        }
    }
}
