//! Why a feature cannot be used.

use super::features::Architecture;
use core::fmt;

/// Why a feature cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// x86-64: the CPU does not have it, for this bit of CPUID is 0.
    Cpuid {
        /// Leaf and register.
        register: &'static str,
        /// The number of the bit, from 0.
        bit: u32,
    },
    /// x86-64: another vendor made the CPU; this is what leaf 0 of CPUID says.
    Vendor([u8; 12]),
    /// x86-64: the operating system has not enabled XGETBV, which reads XCR0.
    Osxsave,
    /// x86-64: the operating system does not save the registers; this is the value of XCR0.
    Xcr0(u64),
    /// CPUs of this other architecture have it.
    Architecture(Architecture),
    /// aarch64: this bit of AT_HWCAP is 0.
    Hwcap {
        /// The number of the bit, from 0.
        bit: u32,
    },
    /// aarch64: nothing can read AT_HWCAP.
    HwcapUnknown,
    /// riscv64: this bit of RISCV_HWPROBE_KEY_IMA_EXT_0 is 0.
    Hwprobe {
        /// The number of the bit, from 0.
        bit: u32,
    },
    /// riscv64: the operating system has no `riscv_hwprobe`.
    HwprobeUnknown,
}

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpuid { register, bit } => write!(f, "CPUID {register} bit {bit} is 0"),
            Self::Vendor(vendor) => {
                write!(f, "CPUID leaf 0 says {}", vendor.escape_ascii())
            }
            Self::Osxsave => f.write_str("the operating system has not set OSXSAVE"),
            Self::Xcr0(value) => write!(f, "XCR0 = {value:#x} does not save its registers"),
            Self::Architecture(architecture) => write!(f, "another architecture ({architecture})"),
            Self::Hwcap { bit } => write!(f, "AT_HWCAP bit {bit} is 0"),
            Self::HwcapUnknown => f.write_str("AT_HWCAP cannot be read"),
            Self::Hwprobe { bit } => {
                write!(f, "RISCV_HWPROBE_KEY_IMA_EXT_0 bit {bit} is 0")
            }
            Self::HwprobeUnknown => f.write_str("the operating system has no riscv_hwprobe"),
        }
    }
}
