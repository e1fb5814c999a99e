//! What a right diagnosis of a fault says.

use crcheck_harness::diagnose::{
    Cause, ChangedMessage, ChangedRegister, ChangedResult, Confidence, Diagnosis, Effect, Half,
    Region, SignedWord,
};

/// What a diagnosis must say to be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RightDiagnosis {
    /// What the check observed, and no cause: the kind of the finding names the fault.
    Observed,
    /// What the check observed, in a sentence with these words.
    Said(String),
    /// That values are wrong, and no cause: no hypothesis covers this fault.
    Unexplained,
    /// That the subject contradicts itself, or a cause that all its answers bear out.
    Contradiction,
    /// The algorithm of this name.
    Catalogue(String),
    /// An algorithm with these parameters, in the catalogue or not.
    Parameters {
        poly: u64,
        refin: bool,
        refout: bool,
    },
    /// The right algorithm with other words at its ends.
    Ends {
        /// XORed with the checksum before; `None` if that is ignored.
        xor_in: Option<u64>,
        /// XORed with the register to give the result.
        xor_out: u64,
    },
    /// The right algorithm from this register, whatever it is given.
    Start { register: u64 },
    /// A table of one bit order in a loop of the other.
    MixedBitOrder,
    /// The register loses bits.
    RegisterMasked {
        /// The bits that are left, by the start modulo the number of entries.
        kept: Vec<u64>,
    },
    /// The register is read with its bytes in reverse order.
    RegisterSwapped,
    /// Calls start from the initial register, whatever they are given.
    RegisterInitial,
    /// The register is changed.
    Register(ChangedRegister),
    /// The register before and the result have their bytes in reverse order.
    EndsSwapped,
    /// The result is changed.
    Result(ChangedResult),
    /// The message is changed.
    Message(ChangedMessage),
    /// Words are put together from bytes with a sign.
    Word(SignedWord),
    /// These bytes have a sign.
    SignedBytes(Region),
    /// The register shifts by this many bits as a signed number, in the loop or for its table.
    SignedShift { by: u32, is_in_table: bool },
    /// One entry of a table of this many rows.
    TableEntry { rows: usize, row: usize, index: u8 },
    /// A weight that is off by this power of x; `None` if the bytes are lost.
    Weight(Option<i64>),
    /// Weights that are off by these polynomials, one for each bit of a byte; 1 is right.
    Factors([u64; 8]),
    /// `combine` takes the length modulo 2^bits.
    CombineLength { bits: u32 },
    /// `combine` with nothing forgets the first part.
    CombineForgets,
    /// A constant of a fold by `stride` bytes is off by this power of x; `None` if it is left out.
    Fold {
        stride: usize,
        half: Half,
        exponent: Option<i64>,
    },
    /// Any of these, which no call distinguishes.
    AnyOf(Vec<RightDiagnosis>),
}

/// How a diagnosis compares with the right one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It says what is wrong.
    Right,
    /// It says something else.
    Wrong(String),
    /// It says that it does not know, and should.
    Unexplained,
}

impl RightDiagnosis {
    pub(crate) fn judge(&self, diagnosis: &Diagnosis) -> Judgement {
        if let Self::AnyOf(all) = self {
            let mut judgements = all.iter().map(|one| one.judge(diagnosis));
            let first = judgements.next().unwrap_or(Judgement::Unexplained);
            let is_right = first == Judgement::Right || judgements.any(|it| it == Judgement::Right);
            return if is_right { Judgement::Right } else { first };
        }
        let wrong = || Judgement::Wrong(diagnosis.summary.clone());
        let Some(cause) = &diagnosis.cause else {
            return self.judge_without_cause(diagnosis);
        };
        match self {
            // A cause that all answers bear out is more than is asked for.
            Self::Contradiction => Judgement::Right,
            _ if self.matches(cause) => Judgement::Right,
            _ => wrong(),
        }
    }

    fn judge_without_cause(&self, diagnosis: &Diagnosis) -> Judgement {
        match (self, diagnosis.confidence) {
            (Self::Said(words), Confidence::Observed | Confidence::Unexplained)
                if diagnosis.summary.contains(words) =>
            {
                Judgement::Right
            }
            (Self::Observed | Self::Contradiction, Confidence::Observed)
            | (Self::Unexplained, Confidence::Unexplained) => Judgement::Right,
            (Self::Said(_), _) => Judgement::Wrong(diagnosis.summary.clone()),
            _ => Judgement::Unexplained,
        }
    }

    fn matches(&self, cause: &Cause) -> bool {
        match &cause.effect {
            Effect::Algorithm(algorithm) => {
                let model = &algorithm.model;
                match self {
                    Self::Catalogue(name) => model.name == *name,
                    Self::Parameters {
                        poly,
                        refin,
                        refout,
                    } => (model.poly, model.refin, model.refout) == (*poly, *refin, *refout),
                    Self::Ends { xor_in, xor_out } => {
                        let given = (!algorithm.ignores_register).then_some(algorithm.xor_in);
                        algorithm.has_claimed_core() && given == *xor_in && model.xorout == *xor_out
                    }
                    Self::Start { register } => {
                        algorithm.has_claimed_core()
                            && algorithm.ignores_register
                            && (algorithm.xor_in, model.xorout) == (*register, 0xffff_ffff)
                    }
                    _ => false,
                }
            }
            Effect::MixedBitOrder(mixed) => {
                *self == Self::MixedBitOrder
                    && mixed.is_table_reflected != mixed.is_update_reflected
            }
            effect => self.matches_structure(effect),
        }
    }

    fn matches_structure(&self, effect: &Effect) -> bool {
        match (self, effect) {
            (
                Self::RegisterMasked { kept },
                Effect::Register(ChangedRegister::Masked { kept: said, .. }),
            ) => kept == said,
            (Self::RegisterSwapped, Effect::Register(said)) => {
                *said == ChangedRegister::BytesReversed
            }
            (Self::RegisterInitial, Effect::Register(said)) => *said == ChangedRegister::Initial,
            (Self::Register(register), Effect::Register(said)) => register == said,
            (Self::EndsSwapped, Effect::Ends(_)) => true,
            (Self::Result(result), Effect::Result(said)) => result == said,
            (Self::Message(message), Effect::Message(said)) => message == said,
            (Self::Word(word), Effect::Word(said)) => word == said,
            (Self::SignedBytes(region), Effect::Weight(said)) => {
                said.is_of_sign && *region == said.region
            }
            (Self::SignedShift { by, is_in_table }, Effect::Shift(said)) => {
                (*by, *is_in_table) == (said.by, said.is_in_table)
            }
            (Self::TableEntry { rows, row, index }, Effect::Table(said)) => {
                (*rows, *row, *index) == (said.rows, said.row, said.index)
            }
            (Self::Factors(factors), Effect::Weight(said)) => *factors == said.factors,
            (Self::CombineLength { bits }, Effect::Combine(said)) => {
                *bits == said.bits && !said.forgets_first && !said.swaps
            }
            (Self::CombineForgets, Effect::Combine(said)) => said.forgets_first,
            (Self::Weight(None), Effect::Weight(said)) => said.factor() == Some(0),
            (Self::Weight(by), Effect::Weight(said)) => *by == said.exponent,
            (
                Self::Fold {
                    stride,
                    half,
                    exponent,
                },
                Effect::Fold(said),
            ) => {
                let by = if said.factor == 0 {
                    None
                } else {
                    said.exponent
                };
                (*stride, *half, *exponent) == (said.stride, said.half, by)
            }
            _ => false,
        }
    }
}
