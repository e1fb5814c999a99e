//! What people change about a model or a message by mistake.

use crate::model::Model;
use std::fmt;

/// How much of a message is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All.
    Whole,
    /// All but the line feed at its end.
    WithoutLineFeed,
    /// All, and a line feed.
    WithLineFeed,
    /// All, and its length: as many bytes as that needs, the lowest first.
    WithLength,
}

/// One mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slip {
    /// The register instead of the checksum: xorout is left out.
    Register,
    /// The bits of the register are in the other order.
    Reversed,
    /// The first register is 0.
    InitZero,
    /// The first register has all bits set.
    InitOnes,
    /// The first register is 0, and xorout is left out.
    Remainder,
    /// Xorout has all bits set.
    Inverted,
    /// The value is of the message without the line feed at its end.
    WithoutLineFeed,
    /// The value is of the message and a line feed.
    WithLineFeed,
    /// The value is of the message and its length, as POSIX has it for `cksum`.
    WithLength,
}

impl Slip {
    /// Every one, the likeliest first.
    pub const ALL: [Self; 9] = [
        Self::WithLength,
        Self::Register,
        Self::InitZero,
        Self::InitOnes,
        Self::Remainder,
        Self::Inverted,
        Self::Reversed,
        Self::WithoutLineFeed,
        Self::WithLineFeed,
    ];

    /// Its name in reports for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Reversed => "reversed",
            Self::InitZero => "init-zero",
            Self::InitOnes => "init-ones",
            Self::Remainder => "remainder",
            Self::Inverted => "inverted",
            Self::WithoutLineFeed => "without-line-feed",
            Self::WithLineFeed => "with-line-feed",
            Self::WithLength => "with-length",
        }
    }

    /// The model with this slip; `None` if that changes nothing, or if nobody makes it there.
    pub(super) fn model(self, model: &Model) -> Option<Model> {
        let own = model.clone();
        let changed = match self {
            Self::Register => Model { xorout: 0, ..own },
            Self::Inverted => Model {
                xorout: model.mask(),
                ..own
            },
            Self::Reversed => Model {
                refout: !model.refout,
                ..own
            },
            Self::InitZero => Model { init: 0, ..own },
            Self::InitOnes => Model {
                init: model.mask(),
                ..own
            },
            // If one of them is 0 already, it is one of the others.
            Self::Remainder if model.init == 0 || model.xorout == 0 => own,
            Self::Remainder => Model {
                init: 0,
                xorout: 0,
                ..own
            },
            Self::WithLength if model.name != "CRC-32/CKSUM" => return None,
            Self::WithLength | Self::WithoutLineFeed | Self::WithLineFeed => return Some(own),
        };
        (changed != *model).then_some(changed)
    }

    /// How much of the message the value is of.
    pub(super) const fn extent(self) -> Extent {
        match self {
            Self::WithoutLineFeed => Extent::WithoutLineFeed,
            Self::WithLineFeed => Extent::WithLineFeed,
            Self::WithLength => Extent::WithLength,
            _ => Extent::Whole,
        }
    }
}

/// How the value comes about, behind the name of the model and `if`.
impl fmt::Display for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Register => "xorout is left out (the register, not the checksum)",
            Self::Reversed => "its bits are in reverse order (refout inverted)",
            Self::InitZero => "init is 0",
            Self::InitOnes => "init has all bits set",
            Self::Remainder => "init is 0 and xorout is left out",
            Self::Inverted => "xorout has all bits set",
            Self::WithoutLineFeed => "the message is without the line feed at its end",
            Self::WithLineFeed => "a line feed follows the message",
            Self::WithLength => "the length follows the message, as POSIX cksum has it",
        })
    }
}
