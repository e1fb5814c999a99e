//! The registers of x86-64.

use iced_x86::Register;

/// A vector register of 512 bits, the lowest byte first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct Vector(pub [u8; 64]);

impl Vector {
    pub const ZERO: Self = Self([0; 64]);

    /// Its lanes of 128 bits.
    pub fn lanes(&self) -> [u128; 4] {
        let (lanes, _) = self.0.as_chunks();
        [0, 1, 2, 3].map(|i| u128::from_le_bytes(lanes[i]))
    }

    /// One of its lanes of 128 bits.
    ///
    /// # Panics
    /// If `index` is 4 or more.
    #[inline]
    pub fn lane(&self, index: usize) -> u128 {
        u128::from_le_bytes(self.0.as_chunks().0[index])
    }

    /// The vector with these lanes.
    pub fn of_lanes(lanes: [u128; 4]) -> Self {
        let mut bytes = [0; 64];
        for (to, lane) in bytes.as_chunks_mut().0.iter_mut().zip(lanes) {
            *to = lane.to_le_bytes();
        }
        Self(bytes)
    }
}

impl Default for Vector {
    fn default() -> Self {
        Self::ZERO
    }
}

/// An arithmetic flag, or the direction flag, by its bit in RFLAGS (Intel SDM 1, 3.4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Flag {
    Carry = 0,
    Parity = 2,
    Adjust = 4,
    Zero = 6,
    Sign = 7,
    Direction = 10,
    Overflow = 11,
}

impl Flag {
    /// Its bit in RFLAGS.
    pub const fn mask(self) -> u64 {
        1 << self as u32
    }

    /// The bits of the six arithmetic flags.
    pub const ARITHMETIC: u64 = Self::Carry.mask()
        | Self::Parity.mask()
        | Self::Adjust.mask()
        | Self::Zero.mask()
        | Self::Sign.mask()
        | Self::Overflow.mask();
}

/// The whole register file. One layout in memory, whatever the CPU's own is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct State {
    /// ZMM0 to ZMM31; XMM and YMM are their lowest bits.
    pub vectors: [Vector; 32],
    /// rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15.
    pub general: [u64; 16],
    /// k0 to k7.
    pub masks: [u64; 8],
    /// RFLAGS: the arithmetic flags and the direction flag; bit 1 is set.
    pub flags: u64,
    /// The address of the next instruction.
    pub ip: u64,
    /// The base of segment fs, where a thread's own memory lies.
    pub fs_base: u64,
    /// The base of segment gs.
    pub gs_base: u64,
    /// MXCSR.
    pub mxcsr: u32,
}

impl Default for State {
    fn default() -> Self {
        Self {
            vectors: [Vector::ZERO; 32],
            general: [0; 16],
            masks: [0; 8],
            flags: 0x202,
            ip: 0,
            fs_base: 0,
            gs_base: 0,
            mxcsr: 0x1f80,
        }
    }
}

impl State {
    pub const RAX: usize = 0;
    pub const RCX: usize = 1;
    pub const RDX: usize = 2;
    pub const RBX: usize = 3;
    pub const RSP: usize = 4;
    pub const RBP: usize = 5;
    pub const RSI: usize = 6;
    pub const RDI: usize = 7;

    /// Whether the flag is set.
    #[inline]
    pub const fn has(&self, flag: Flag) -> bool {
        self.flags & flag.mask() != 0
    }

    #[inline]
    pub const fn set(&mut self, flag: Flag, value: bool) {
        self.flags = self.flags & !flag.mask() | (value as u64) << flag as u32;
    }

    /// The value of a general register of any width, such as `AH` or `R8D`, in its lowest bits.
    ///
    /// # Panics
    /// If it is no general register.
    pub fn general(&self, register: Register) -> u64 {
        assert!(register.is_gpr(), "{register:?} is no general register");
        let whole = self.general[register.full_register().number()];
        if is_high_byte(register) {
            return whole >> 8 & 0xff;
        }
        match register.size() {
            8 => whole,
            size => whole & ((1 << (8 * size)) - 1),
        }
    }

    /// Writes a general register of any width. A write of 32 bits clears the upper half; narrower
    /// ones leave the other bits (Intel SDM 1, 3.4.1.1).
    ///
    /// # Panics
    /// If it is no general register.
    pub fn set_general(&mut self, register: Register, value: u64) {
        assert!(register.is_gpr(), "{register:?} is no general register");
        let whole = &mut self.general[register.full_register().number()];
        *whole = match register.size() {
            8 => value,
            4 => value & 0xffff_ffff,
            _ if is_high_byte(register) => *whole & !0xff00 | (value & 0xff) << 8,
            size => {
                let mask = (1 << (8 * size)) - 1;
                *whole & !mask | value & mask
            }
        };
    }
}

fn is_high_byte(register: Register) -> bool {
    matches!(
        register,
        Register::AH | Register::BH | Register::CH | Register::DH
    )
}
