//! What a subject computes instead of the checksum: one kind of effect for each family of
//! hypotheses, and the families in the order in which a diagnosis tries them.

use crate::algorithm::{self, Algorithm};
use crate::call::Call;
use crate::changed_message::{self, ChangedMessage};
use crate::changed_register::{self, ChangedRegister};
use crate::changed_result::{self, ChangedResult};
use crate::combine::Combine;
use crate::experiment::Experiment;
use crate::fold::{self, Fold};
use crate::hypothesis::Hypothesis;
use crate::mixed_bit_order::{self, MixedBitOrder};
use crate::mixed_lanes::{self, MixedLanes};
use crate::reference::Reference;
use crate::reordered_message::{self, ReorderedMessage};
use crate::reread_chunk::{self, RereadChunk};
use crate::signed_shift::{self, SignedShift};
use crate::signed_word::{self, SignedWord};
use crate::swapped_ends::{self, SwappedEnds};
use crate::uncut_register::{self, UncutRegister};
use crate::weight::{self, Weight};
use crate::wrong_half::{self, WrongHalf};
use crate::wrong_table::{self, WrongTable};
use std::fmt;

/// What is wrong, so exactly that it predicts every answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is another algorithm, or this one with other words at its ends.
    Algorithm(Algorithm),
    MixedBitOrder(MixedBitOrder),
    Register(ChangedRegister),
    Result(ChangedResult),
    /// Both are changed in the same way.
    Ends(SwappedEnds),
    /// Bits above the model's width are left in the result.
    Uncut(UncutRegister),
    /// Its register shifts as a signed number.
    Shift(SignedShift),
    /// Its words are put together from bytes with a sign.
    Word(SignedWord),
    Message(ChangedMessage),
    Reordered(ReorderedMessage),
    Reread(RereadChunk),
    Lanes(MixedLanes),
    Table(WrongTable),
    /// Some bytes count by a wrong power of x.
    Weight(Weight),
    /// A constant of its fold is wrong.
    Fold(Fold),
    /// Its fold takes a wrong half of each lane.
    Half(WrongHalf),
    /// `combine` gives wrong checksums. Calls are right.
    Combine(Combine),
}

/// A family of hypotheses: those that may hold, with parameters from measurements.
pub(crate) type Family = fn(&mut Experiment<'_>) -> Vec<Effect>;

/// The families, from the simplest to say to the hardest.
pub(crate) const FAMILIES: &[Family] = &[
    |it| wrap(changed_result::candidates(it), Effect::Result),
    |it| wrap(uncut_register::candidates(it), Effect::Uncut),
    |it| wrap(swapped_ends::candidate(it), Effect::Ends),
    |it| wrap(changed_register::reversed(it), Effect::Register),
    |it| wrap(algorithm::candidate(it), Effect::Algorithm),
    |it| wrap(mixed_bit_order::candidates(it), Effect::MixedBitOrder),
    |it| wrap(changed_register::candidates(it), Effect::Register),
    |it| wrap(signed_shift::candidates(it), Effect::Shift),
    |_| wrap(signed_word::candidates(), Effect::Word),
    |it| wrap(changed_message::candidates(it), Effect::Message),
    |it| wrap(reordered_message::candidates(it), Effect::Reordered),
    |it| wrap(reread_chunk::candidates(it), Effect::Reread),
    |it| wrap(mixed_lanes::candidates(it), Effect::Lanes),
    |it| wrap(reread_chunk::in_place(it), Effect::Reread),
    |it| wrap(weight::candidates(it), Effect::Weight),
    |it| wrap(wrong_table::candidates(it), Effect::Table),
    |it| wrap(fold::candidates(it), Effect::Fold),
    |it| wrap(wrong_half::candidates(it), Effect::Half),
];

fn wrap<T>(candidates: impl IntoIterator<Item = T>, effect: fn(T) -> Effect) -> Vec<Effect> {
    candidates.into_iter().map(effect).collect()
}

impl Effect {
    fn hypothesis(&self) -> &dyn Hypothesis {
        match self {
            Self::Algorithm(algorithm) => algorithm,
            Self::MixedBitOrder(mixed) => mixed,
            Self::Register(register) => register,
            Self::Result(result) => result,
            Self::Ends(ends) => ends,
            Self::Uncut(register) => register,
            Self::Shift(shift) => shift,
            Self::Word(word) => word,
            Self::Message(message) => message,
            Self::Reordered(message) => message,
            Self::Reread(chunk) => chunk,
            Self::Lanes(lanes) => lanes,
            Self::Table(table) => table,
            Self::Weight(weight) => weight,
            Self::Fold(fold) => fold,
            Self::Half(half) => half,
            Self::Combine(combine) => combine,
        }
    }

    /// The answer of a subject with this effect. `expected` is the right answer.
    pub(crate) fn predict(&self, reference: &Reference, call: &Call, expected: u64) -> u64 {
        self.hypothesis().predict(reference, call, expected)
    }

    /// What the subject does, in words. `is_given` says whether it is given a register. A word has
    /// this many hexadecimal digits.
    pub(crate) fn text(&self, is_given: bool, digits: usize) -> String {
        match is_given {
            true => format!("{self:digits$}"),
            false => self.hypothesis().text_of_one_shot(digits),
        }
    }

    /// Another algorithm that does what the text says.
    pub(crate) fn namesake(&self) -> Option<&str> {
        match self {
            Self::Algorithm(algorithm) => algorithm.namesake(),
            _ => None,
        }
    }

    /// The algorithm that the subject computes, if it is another one.
    pub(crate) fn model(&self) -> Option<String> {
        match self {
            Self::Algorithm(algorithm) => Some(algorithm.model.label()),
            _ => None,
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.hypothesis().fmt(f)
    }
}
