//! The lengths at which a tier's code changes its path.

use crate::fold::thresholds;
use crate::selection::Tier;
use crate::{interleaved, portable};

impl Tier {
    /// The lengths in bytes from which on the tier's code takes another path.
    ///
    /// At 12 MiB it returns to a path of shorter messages.
    pub const fn thresholds(self) -> &'static [usize] {
        match self {
            Self::Portable => portable::THRESHOLDS,
            Self::X86Pclmul
            | Self::X86Avx2Pclmul
            | Self::Aarch64Pmull
            | Self::Aarch64PmullEor3
            | Self::RiscvZbc => thresholds::XMM,
            Self::Aarch64Crc => interleaved::THRESHOLDS,
            Self::X86Avx2Vpclmul => thresholds::YMM,
            Self::X86Avx512Vpclmul => thresholds::ZMM,
            Self::X86Avx512VpclmulGfni => thresholds::ZMM_AFFINE,
        }
    }
}
