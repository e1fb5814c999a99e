//! What an instruction computes, apart from where its operands are.

use crate::state::Vector;

/// A function of one lane of 128 bits of up to three inputs, and of the immediate byte. The same
/// for every width and encoding.
pub(super) type OfLane = fn([u128; 3], u8) -> u128;

/// A function of whole vectors: of their lowest bytes, as many as the second argument says.
pub(super) type OfVector = fn([&Vector; 3], usize, u8) -> Vector;

#[derive(Clone, Copy, Debug)]
pub(super) enum Semantics {
    Lane(OfLane),
    Vector(OfVector),
}

/// What the result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The value of the destination.
    Value,
    /// Elements whose upper bits are the destination, if that is a mask or a general register.
    Signs,
    /// The arithmetic flags. There is no destination.
    Flags,
}

/// How the mask acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Masking {
    /// On the destination, which keeps the other elements or clears them.
    Merge,
    /// It chooses between the first input and the result.
    Blend,
    /// It is the last input; the result holds the enabled elements without gaps.
    Compress,
    /// It is the last input; the source holds the enabled elements without gaps.
    Expand,
    /// It is the upper bits of a vector, the first source.
    Signs,
}

/// A form of an instruction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    pub(super) semantics: Semantics,
    /// How many inputs it has. The destination is the first if too few others are there.
    pub(super) arity: usize,
    /// The bytes of an element that a bit of the mask stands for; 0 if it takes no mask.
    pub(super) element: usize,
    /// The bytes of an element of the source.
    pub(super) source_element: usize,
    /// Whether an element of the result depends on those of its own place alone, so that memory
    /// under a cleared bit of the mask is not accessed (Intel SDM 2, exception classes E4 to E6).
    pub(super) is_elementwise: bool,
    pub(super) meaning: Meaning,
    pub(super) masking: Masking,
    /// How many bits of the immediate each lane takes as its own; 0 if all take the same.
    pub(super) immediate_bits: u32,
    /// Whether the last input is a count: the immediate, or the lowest lane for all lanes.
    pub(super) takes_count: bool,
}

/// A form that computes each element of `element` bytes by itself.
pub(super) const fn elements(arity: usize, element: usize, of_lane: OfLane) -> Form {
    Form {
        is_elementwise: true,
        ..lanes(arity, element, of_lane)
    }
}

/// A form that computes each lane by itself.
pub(super) const fn lanes(arity: usize, element: usize, of_lane: OfLane) -> Form {
    Form {
        semantics: Semantics::Lane(of_lane),
        arity,
        element,
        source_element: element,
        is_elementwise: false,
        meaning: Meaning::Value,
        masking: Masking::Merge,
        immediate_bits: 0,
        takes_count: false,
    }
}

/// A form that computes with whole vectors.
pub(super) const fn vectors(arity: usize, element: usize, of_vector: OfVector) -> Form {
    Form {
        semantics: Semantics::Vector(of_vector),
        ..lanes(arity, element, |_, _| 0)
    }
}

impl Form {
    pub(super) const fn elementwise(self) -> Self {
        Self {
            is_elementwise: true,
            ..self
        }
    }

    pub(super) const fn source_element(self, source_element: usize) -> Self {
        Self {
            source_element,
            ..self
        }
    }

    pub(super) const fn meaning(self, meaning: Meaning) -> Self {
        Self { meaning, ..self }
    }

    pub(super) const fn masking(self, masking: Masking) -> Self {
        Self { masking, ..self }
    }

    pub(super) const fn immediate_bits(self, immediate_bits: u32) -> Self {
        Self {
            immediate_bits,
            ..self
        }
    }

    pub(super) const fn count(self) -> Self {
        Self {
            takes_count: true,
            ..self
        }
    }
}

/// The bytes of an element where there is no mask.
pub(super) const UNMASKED: usize = 0;
