//! What a call has left of what it owes its caller.

use std::borrow::Cow;

/// The registers that a function gives back as it found them, in the order of [`Left::kept`].
const KEPT: [&str; 6] = ["rbx", "rbp", "r12", "r13", "r14", "r15"];

/// What the caller's part of the stack holds.
pub const CANARY: u64 = 0x6372_6368_6563_6b00;

/// What the registers that a function gives back hold: rbx, rbp, r12, r13, r14, r15.
pub const CANARIES: [u64; KEPT.len()] = [
    CANARY,
    CANARY + 1,
    CANARY + 2,
    CANARY + 3,
    CANARY + 4,
    CANARY + 5,
];

/// How many bytes of the caller's frame an audit compares.
pub const FRAME_CHECKED_BYTES: usize = 256;

/// MXCSR as a process starts with it: exceptions masked, round to nearest (AMD64 ABI, 3.4.1).
pub const MXCSR: u32 = 0x1f80;

/// The bits of MXCSR that a function gives back. The others are the flags of exceptions.
const MXCSR_CONTROL: u32 = 0xffc0;

/// The x87 control word after FNINIT.
pub const X87_CONTROL: u16 = 0x037f;

/// The x87 tag word when all registers are empty.
pub const X87_EMPTY: u16 = 0xffff;

/// The direction flag.
const DIRECTION: u64 = 1 << 10;

/// The state after a call that began with [`CANARIES`], [`MXCSR`] and an empty x87.
#[derive(Clone, Copy, Debug)]
pub struct Left {
    /// rbx, rbp, r12, r13, r14, r15.
    pub kept: [u64; KEPT.len()],
    /// Whether the stack pointer is back where it was.
    pub has_stack_back: bool,
    /// Whether the caller's frame is as it was.
    pub is_frame_kept: bool,
    /// RFLAGS.
    pub flags: u64,
    pub mxcsr: u32,
    pub x87_control: u16,
    pub x87_tags: u16,
}

impl Left {
    /// The registers and the parts of its frame that the caller did not get back.
    pub fn clobbered(&self) -> Vec<Cow<'static, str>> {
        let kept = KEPT.iter().zip(self.kept.iter().zip(&CANARIES));
        let lost = kept.filter(|(_, (left, canary))| left != canary);
        let mut clobbered: Vec<Cow<'static, str>> = lost.map(|(name, _)| (*name).into()).collect();
        if !self.has_stack_back {
            clobbered.push("rsp".into());
        }
        if !self.is_frame_kept {
            clobbered.push("the caller's stack frame".into());
        }
        clobbered
    }

    /// The control state that is not as it was, a phrase each.
    pub fn control(&self) -> Vec<Cow<'static, str>> {
        let states = [
            (
                self.flags & DIRECTION != 0,
                "the direction flag set, so that string instructions go backwards",
            ),
            (
                (self.mxcsr ^ MXCSR) & MXCSR_CONTROL != 0,
                "other control bits in MXCSR, so that floating point rounds or traps differently",
            ),
            (self.x87_control != X87_CONTROL, "another x87 control word"),
            (
                self.x87_tags != X87_EMPTY,
                "x87 or MMX registers in use (no EMMS), so that the next long double is a NaN",
            ),
        ];
        let changed = states.iter().filter(|(is_changed, _)| *is_changed);
        changed.map(|(_, what)| (*what).into()).collect()
    }
}
