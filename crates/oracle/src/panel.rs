//! The judges of one model, together.

use crate::bitwise::Bitwise;
use crate::byte_table::ByteTable;
use crate::crc_crate::CrcCrate;
use crate::judge::Judge;
use crate::model::{CHECK_MESSAGE, Model};
use crate::slicing_16::Slicing16;
use std::fmt;

/// Judges that have qualified for a model.
#[derive(Debug)]
pub struct Panel {
    model: Model,
    judges: Vec<Box<dyn Judge>>,
}

/// A judge that may not judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disqualified {
    /// The judge's checksum of `123456789` is not the model's `check`.
    Check {
        /// The judge's id.
        judge: &'static str,
        /// What it gave.
        got: u64,
        /// The model's value.
        expected: u64,
    },
    /// The register that the judge reaches after a codeword is not the model's `residue`.
    Residue {
        /// The judge's id.
        judge: &'static str,
        /// What it gave.
        got: u64,
        /// The model's value.
        expected: u64,
    },
    /// The judges differ on a message.
    Disagreement(Disagreement),
}

impl fmt::Display for Disqualified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check {
                judge,
                got,
                expected,
            } => {
                write!(
                    f,
                    "judge {judge} gives check {got:#x} where the model has {expected:#x}"
                )
            }
            Self::Residue {
                judge,
                got,
                expected,
            } => {
                write!(
                    f,
                    "judge {judge} gives residue {got:#x} where the model has {expected:#x}"
                )
            }
            Self::Disagreement(disagreement) => disagreement.fmt(f),
        }
    }
}

impl std::error::Error for Disqualified {}

/// Judges that gave different checksums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The length of the message in bytes.
    pub length: usize,
    /// The checksum before it.
    pub checksum: u64,
    /// What each judge gave.
    pub verdicts: Vec<(&'static str, u64)>,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the judges differ on {} bytes after {:#x}:",
            self.length, self.checksum
        )?;
        self.verdicts
            .iter()
            .try_for_each(|(judge, got)| write!(f, " {judge} {got:#x}"))
    }
}

impl std::error::Error for Disagreement {}

impl Panel {
    /// All the judges of `model`, each of which has shown its `check` and `residue` and has agreed
    /// with the others.
    ///
    /// # Errors
    /// The first judge that is not fit.
    pub fn qualify(model: &Model) -> Result<Self, Disqualified> {
        let judges: Vec<Box<dyn Judge>> = vec![
            Box::new(Slicing16::new(model)),
            Box::new(ByteTable::new(model)),
            Box::new(CrcCrate::new(model)),
            Box::new(Bitwise::new(model)),
        ];
        Self::qualify_judges(model, judges)
    }

    /// The same with judges of one's own.
    ///
    /// # Errors
    /// The first judge that is not fit.
    ///
    /// # Panics
    /// If there is no judge.
    pub fn qualify_judges(
        model: &Model,
        judges: Vec<Box<dyn Judge>>,
    ) -> Result<Self, Disqualified> {
        assert!(!judges.is_empty(), "a panel has judges");
        for judge in &judges {
            check(model, judge.as_ref())?;
            residue(model, judge.as_ref())?;
        }
        let panel = Self {
            model: model.clone(),
            judges,
        };
        panel
            .agree_among_themselves()
            .map_err(Disqualified::Disagreement)?;
        Ok(panel)
    }

    /// Every length to 300 from three registers: past the blocks of every judge, and through all
    /// entries of their tables.
    fn agree_among_themselves(&self) -> Result<(), Disagreement> {
        let message: Vec<u8> = (0..300_u32)
            .map(|i| (i * i * 7 + i * 13 + (i >> 4)) as u8)
            .collect();
        let alternating = 0xa5a5_a5a5_a5a5_a5a5 & self.model.mask();
        for checksum in [self.model.initial_checksum(), 0, alternating] {
            for length in 0..=message.len() {
                self.verdict(checksum, &message[..length])?;
            }
        }
        for byte in 0..=255 {
            self.verdict(alternating, &[byte; 16])?;
            self.verdict(alternating, &[byte])?;
        }
        Ok(())
    }

    /// The judges, the fastest first and `bitwise` last.
    pub fn judges(&self) -> &[Box<dyn Judge>] {
        &self.judges
    }

    /// The model judged.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// What all judges say.
    ///
    /// # Errors
    /// That they differ, which is a fault of theirs, not of a subject.
    pub fn verdict(&self, checksum: u64, message: &[u8]) -> Result<u64, Disagreement> {
        self.ask(&self.judges, checksum, message)
    }

    /// What all judges but the definition say, which is the slowest by far.
    ///
    /// # Errors
    /// That they differ.
    pub fn verdict_fast(&self, checksum: u64, message: &[u8]) -> Result<u64, Disagreement> {
        let fast = self
            .judges
            .iter()
            .filter(|judge| judge.id() != "bitwise")
            .count();
        self.ask(&self.judges[..fast.max(1)], checksum, message)
    }

    fn ask(
        &self,
        judges: &[Box<dyn Judge>],
        checksum: u64,
        message: &[u8],
    ) -> Result<u64, Disagreement> {
        let first = judges[0].update(checksum, message);
        if judges[1..]
            .iter()
            .all(|judge| judge.update(checksum, message) == first)
        {
            return Ok(first);
        }
        let verdicts = judges
            .iter()
            .map(|judge| (judge.id(), judge.update(checksum, message)));
        Err(Disagreement {
            length: message.len(),
            checksum,
            verdicts: verdicts.collect(),
        })
    }

    /// The checksum after each prefix of `message`, by every judge: entry i belongs to i bytes.
    ///
    /// # Errors
    /// That they differ, at the first such length.
    pub fn prefixes(&self, checksum: u64, message: &[u8]) -> Result<Vec<u64>, Disagreement> {
        let mut first = Vec::with_capacity(message.len() + 1);
        self.judges[0].prefixes(checksum, message, &mut first);
        let mut other = Vec::with_capacity(message.len() + 1);
        for judge in &self.judges[1..] {
            judge.prefixes(checksum, message, &mut other);
            if let Some(length) = (0..first.len()).find(|&length| first[length] != other[length]) {
                let verdicts = vec![
                    (self.judges[0].id(), first[length]),
                    (judge.id(), other[length]),
                ];
                return Err(Disagreement {
                    length,
                    checksum,
                    verdicts,
                });
            }
        }
        Ok(first)
    }
}

fn check(model: &Model, judge: &dyn Judge) -> Result<(), Disqualified> {
    let got = judge.update(model.initial_checksum(), CHECK_MESSAGE);
    if got == model.check {
        return Ok(());
    }
    Err(Disqualified::Check {
        judge: judge.id(),
        got,
        expected: model.check,
    })
}

/// The residue by whole bytes: the register after w zero bits that follow `xorout`. Where w is no
/// multiple of 8, both sides are taken on to the next whole byte by further zeros.
fn residue(model: &Model, judge: &dyn Judge) -> Result<(), Disqualified> {
    let width = usize::from(model.width);
    let zeros = vec![0; width.div_ceil(8)];
    // The register `xorout`, in the order of output, is the checksum 0.
    let got = judge.update(0, &zeros);
    // The catalogue gives the residue in the order of reading: turned to that of output.
    let residue = if model.refin == model.refout {
        model.residue
    } else {
        model.reflect(model.residue)
    };
    let missing = zeros.len() * 8 - width;
    let mut polynomial = model.to_polynomial(model.checksum_of(residue));
    for _ in 0..missing {
        let carry = polynomial >> (width - 1) & 1;
        polynomial = ((polynomial << 1) & model.mask()) ^ (model.poly * carry);
    }
    let expected = model.from_polynomial(polynomial);
    if got == expected {
        return Ok(());
    }
    Err(Disqualified::Residue {
        judge: judge.id(),
        got: model.register_of(got),
        expected: model.register_of(expected),
    })
}
