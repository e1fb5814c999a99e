//! What a right diagnosis of a fault says.

use crcheck_harness::diagnose::{Cause, Confidence, Diagnosis, Effect, Half, Outcome, Rewrite};

/// What a diagnosis must say to be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// What was seen: the kind of the finding tells the fault.
    Observed,
    /// What was seen, in these words among others.
    Said(String),
    /// That values are wrong, and no more: nobody has thought of this one.
    Unexplained,
    /// That the subject contradicts itself, or a cause that it bears out.
    Contradiction,
    /// The algorithm of this name.
    Catalogue(String),
    /// An algorithm of no catalogue.
    Parameters {
        /// The polynomial.
        poly: u64,
        /// The order of bits in a byte.
        refin: bool,
        /// The order of the result.
        refout: bool,
    },
    /// The right algorithm with other words at its ends.
    Ends {
        /// What the checksum is XORed with; `None` if it is ignored.
        xor_in: Option<u64>,
        /// What the register is XORed with to give the result.
        xor_out: u64,
    },
    /// A table of one bit order in a loop of the other.
    Mixed,
    /// The register loses bits.
    RegisterMasked {
        /// What is left at each start modulo the number of entries.
        kept: Vec<u64>,
    },
    /// The register has its bytes in reverse order.
    RegisterSwapped,
    /// The register that is given is ignored.
    RegisterInitial,
    /// The result is changed.
    Outcome(Outcome),
    /// The message is changed.
    Message(Rewrite),
    /// An entry of the table.
    TableEntry {
        /// The rows.
        rows: usize,
        /// The row.
        row: usize,
        /// The index.
        index: u8,
    },
    /// A weight that is off by this power of x; `None` if the bytes are lost.
    Weight(Option<i64>),
    /// Weights that are off by these polynomials, one for each bit of a byte; 1 is right.
    Factors([u64; 8]),
    /// `combine` takes the length modulo 2 to this.
    CombineLength {
        /// The bits that are kept.
        bits: u32,
    },
    /// `combine` with nothing forgets the first part.
    CombineForgets,
    /// A constant of the fold that is off by this power of x; `None` if it is left out.
    Fold {
        /// The bytes that are folded by.
        stride: usize,
        /// The half of a lane.
        half: Half,
        /// The power.
        exponent: Option<i64>,
    },
    /// Any of these, which no call can tell from each other.
    AnyOf(Vec<Expect>),
}

/// How a diagnosis compares with what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It says what is wrong.
    Right,
    /// It says something else.
    Wrong(String),
    /// It says that it does not know, and should.
    Unexplained,
}

impl Expect {
    /// Judges what was said of a fault.
    pub fn judge(&self, diagnosis: &Diagnosis) -> Judgement {
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
            // A cause that every answer bears out is more than was asked for.
            Self::Contradiction => Judgement::Right,
            _ if self.is(cause) => Judgement::Right,
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

    fn is(&self, cause: &Cause) -> bool {
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
                    _ => false,
                }
            }
            Effect::Mixed(mixed) => {
                *self == Self::Mixed && mixed.table_reflected != mixed.update_reflected
            }
            effect => self.is_structure(effect),
        }
    }

    fn is_structure(&self, effect: &Effect) -> bool {
        use crcheck_harness::diagnose::Register;
        match (self, effect) {
            (
                Self::RegisterMasked { kept },
                Effect::Register(Register::Masked { kept: said, .. }),
            ) => kept == said,
            (Self::RegisterSwapped, Effect::Register(said)) => *said == Register::BytesReversed,
            (Self::RegisterInitial, Effect::Register(said)) => *said == Register::Initial,
            (Self::Outcome(outcome), Effect::Outcome(said)) => outcome == said,
            (Self::Message(rewrite), Effect::Message(said)) => rewrite == said,
            (Self::TableEntry { rows, row, index }, Effect::Table(said)) => {
                (*rows, *row, *index) == (said.rows, said.row, said.index)
            }
            (Self::Factors(factors), Effect::Weight(said)) => *factors == said.factors,
            (Self::CombineLength { bits }, Effect::Combine(said)) => {
                *bits == said.bits && !said.forgets_first
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

/// What is expected of the fixed faults whose values are wrong; all others are told by their kind.
pub(crate) fn of_fixed(name: &str) -> Expect {
    let xor = |word| Expect::Outcome(Outcome::Xor(word));
    let said = |words: &str| Expect::Said(words.to_owned());
    match name {
        "article-polynomial" | "article-crc32q" => Expect::Catalogue("CRC-32/ISCSI".to_owned()),
        "article-table" => Expect::Mixed,
        "article-skeleton-loop" => Expect::Outcome(Outcome::Given),
        "article-no-tail" => Expect::Message(Rewrite::PadTail {
            modulus: 32,
            with: crcheck_harness::diagnose::Padding::Slack,
        }),
        "article-zero-padded-tail" => Expect::Message(Rewrite::PadTail {
            modulus: 32,
            with: crcheck_harness::diagnose::Padding::Zeros,
        }),
        "article-eight-way" => Expect::Unexplained,
        "article-fold-low-only" => Expect::Fold {
            stride: 16,
            half: Half::Last,
            exponent: None,
        },
        "article-rounded-length" | "article-return-slot" => Expect::Contradiction,
        "register-lost-in-prologue" => Expect::RegisterMasked {
            kept: vec![0xffff_ffff, 0xff, 0xffff, 0x00ff_ffff],
        },
        "register-ignored" => Expect::Ends {
            xor_in: None,
            xor_out: 0xffff_ffff,
        },
        "inverted-twice" => Expect::Ends {
            xor_in: Some(0),
            xor_out: 0xffff_ffff,
        },
        "tail-of-thirteen" => Expect::Message(Rewrite::DropLast(1)),
        "one-table-entry" => Expect::TableEntry {
            rows: 16,
            row: 11,
            index: 0x9c,
        },
        "one-block-weight" => Expect::Weight(Some(1)),
        "sixteen-bit-length" => Expect::Message(Rewrite::TruncateLength { bits: 16 }),
        "word-order" | "words-in-native-order" => {
            Expect::Message(Rewrite::ReverseWords { bytes: 4 })
        }
        "canary" | "one-alignment" | "page-end" => xor(1),
        planted if planted.starts_with("planted-") => xor(1),
        "single-bit-shortcut" => Expect::Unexplained,
        "length-of-32-bits" => said("its length modulo 2^32 was taken"),
        "length-of-31-bits" => said("its length modulo 2^31 was taken"),
        "length-with-a-sign" => said("it was taken for empty"),
        "forgets-rbx" => said("does not give back rbx"),
        "forgets-r12" => said("does not give back r12"),
        "one-more-at-seven" => said("reads 1 byte past the end"),
        "combine-32-bit-length" => Expect::CombineLength { bits: 32 },
        "combine-bits-overflow" => Expect::CombineLength { bits: 61 },
        "combine-zero-length" => Expect::CombineForgets,
        _ => Expect::Observed,
    }
}
