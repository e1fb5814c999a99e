//! Conditions on flags.

use crate::state::Flag;
use iced_x86::ConditionCode;

/// What a conditional instruction asks of the flags, by its number in machine code (Intel SDM 1,
/// appendix B).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Condition(u8);

impl Condition {
    /// `None` without a condition.
    pub(crate) const fn new(code: ConditionCode) -> Option<Self> {
        Some(Self(match code {
            ConditionCode::None => return None,
            ConditionCode::o => 0,
            ConditionCode::no => 1,
            ConditionCode::b => 2,
            ConditionCode::ae => 3,
            ConditionCode::e => 4,
            ConditionCode::ne => 5,
            ConditionCode::be => 6,
            ConditionCode::a => 7,
            ConditionCode::s => 8,
            ConditionCode::ns => 9,
            ConditionCode::p => 10,
            ConditionCode::np => 11,
            ConditionCode::l => 12,
            ConditionCode::ge => 13,
            ConditionCode::le => 14,
            ConditionCode::g => 15,
        }))
    }

    pub(crate) const fn number(self) -> u8 {
        self.0
    }

    /// That with the lowest four bits of `number`.
    pub(crate) const fn of_number(number: u8) -> Self {
        Self(number & 15)
    }

    /// Whether the flags fulfil it.
    #[inline]
    pub(crate) const fn holds(self, flags: u64) -> bool {
        let is_zero = flags & Flag::Zero.mask() != 0;
        let is_less = (flags >> Flag::Sign as u32 ^ flags >> Flag::Overflow as u32) & 1 != 0;
        let is_fulfilled = match self.0 >> 1 {
            0 => flags & Flag::Overflow.mask() != 0,
            1 => flags & Flag::Carry.mask() != 0,
            2 => is_zero,
            3 => flags & (Flag::Carry.mask() | Flag::Zero.mask()) != 0,
            4 => flags & Flag::Sign.mask() != 0,
            5 => flags & Flag::Parity.mask() != 0,
            6 => is_less,
            _ => is_zero || is_less,
        };
        // An odd number negates the condition before it.
        is_fulfilled != (self.0 & 1 != 0)
    }
}
