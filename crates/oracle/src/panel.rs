//! The judges of one model, together.

mod disagreement;
mod qualify;

pub use disagreement::Disagreement;
pub use qualify::Disqualified;

use crate::bitwise::{self, Bitwise};
use crate::byte_table::ByteTable;
use crate::crc_crate::CrcCrate;
use crate::judge::Judge;
use crate::model::Model;
use crate::slicing_16::Slicing16;

/// Judges that have qualified for a model.
#[derive(Debug)]
pub struct Panel {
    model: Model,
    /// The definition last.
    judges: Vec<Box<dyn Judge>>,
}

/// Memory for [`Panel::prefixes_into`], for use again with the next message.
#[derive(Clone, Debug, Default)]
pub struct PrefixBuffers {
    joint: Vec<u64>,
    other: Vec<u64>,
}

impl Panel {
    /// All the judges of `model`, each of which has shown its `check` and `residue` and has agreed
    /// with the others.
    ///
    /// # Errors
    /// That the model is none; or the first judge that is not fit.
    pub fn qualify(model: &Model) -> Result<Self, Disqualified> {
        model.validate().map_err(Disqualified::Model)?;
        let judges: Vec<Box<dyn Judge>> = vec![
            Box::new(Slicing16::new(model)),
            Box::new(CrcCrate::new(model)),
            Box::new(ByteTable::new(model)),
            Box::new(Bitwise::new(model)),
        ];
        Self::qualify_judges(model, judges)
    }

    /// The same with judges of one's own.
    ///
    /// # Errors
    /// That the model is none; or the first judge that is not fit.
    ///
    /// # Panics
    /// If there is no judge.
    pub fn qualify_judges(
        model: &Model,
        mut judges: Vec<Box<dyn Judge>>,
    ) -> Result<Self, Disqualified> {
        assert!(!judges.is_empty(), "a panel has judges");
        model.validate().map_err(Disqualified::Model)?;
        for judge in &judges {
            qualify::show(model, judge.as_ref())?;
        }
        judges.sort_by_key(|judge| judge.id() == bitwise::ID);
        let panel = Self {
            model: model.clone(),
            judges,
        };
        qualify::agree(&panel).map_err(Disqualified::Disagreement)?;
        Ok(panel)
    }

    /// The judges, in the order given but `bitwise` last; those of [`Panel::qualify`] begin with the
    /// fastest.
    pub fn judges(&self) -> &[Box<dyn Judge>] {
        &self.judges
    }

    /// The judge with this id.
    pub fn judge(&self, id: &str) -> Option<&dyn Judge> {
        let found = self.judges.iter().find(|judge| judge.id() == id);
        found.map(AsRef::as_ref)
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
        ask(&self.judges, checksum, message)
    }

    /// What all judges but the definition say, which is the slowest by far (and is asked only if
    /// the panel has no other).
    ///
    /// # Errors
    /// That they differ.
    pub fn verdict_fast(&self, checksum: u64, message: &[u8]) -> Result<u64, Disagreement> {
        ask(self.fastest(usize::MAX), checksum, message)
    }

    /// What the first two judges say, which are as fast as tables are and have no code in common: for
    /// long messages.
    ///
    /// # Errors
    /// That they differ.
    pub fn verdict_fastest(&self, checksum: u64, message: &[u8]) -> Result<u64, Disagreement> {
        ask(self.fastest(2), checksum, message)
    }

    /// At most so many of the judges, without the definition unless there is no other.
    fn fastest(&self, most: usize) -> &[Box<dyn Judge>] {
        let fast = self.judges.iter().take(most);
        let fast = fast.take_while(|judge| judge.id() != bitwise::ID).count();
        &self.judges[..fast.max(1)]
    }

    /// The checksum after each prefix of `message`, by every judge: entry i belongs to i bytes.
    ///
    /// # Errors
    /// That they differ, at the first such length.
    pub fn prefixes(&self, checksum: u64, message: &[u8]) -> Result<Vec<u64>, Disagreement> {
        let mut buffers = PrefixBuffers::default();
        self.prefixes_into(&mut buffers, checksum, message)?;
        Ok(buffers.joint)
    }

    /// [`Panel::prefixes`] without new memory for each message.
    ///
    /// A judge that takes blocks can take none on the way from prefix to prefix, so the whole
    /// message is also put to the first two.
    ///
    /// # Errors
    /// That the judges differ, at the first such length.
    pub fn prefixes_into<'a>(
        &self,
        buffers: &'a mut PrefixBuffers,
        checksum: u64,
        message: &[u8],
    ) -> Result<&'a [u64], Disagreement> {
        let PrefixBuffers { joint, other } = buffers;
        self.judges[0].prefixes(checksum, message, joint);
        if joint.len() != message.len() + 1 {
            return Err(self.first_difference(checksum, message));
        }
        for judge in &self.judges[1..] {
            judge.prefixes(checksum, message, other);
            if other != joint {
                return Err(self.first_difference(checksum, message));
            }
        }
        let whole = self.verdict_fastest(checksum, message)?;
        let last = joint[message.len()];
        if last == whole {
            Ok(joint)
        } else {
            Err(Disagreement::of_forms(checksum, message.len(), last, whole))
        }
    }

    /// What each judge says of the shortest prefix on which two differ.
    fn first_difference(&self, checksum: u64, message: &[u8]) -> Disagreement {
        let said: Vec<Vec<u64>> = self
            .judges
            .iter()
            .map(|judge| {
                let mut prefixes = Vec::new();
                judge.prefixes(checksum, message, &mut prefixes);
                prefixes
            })
            .collect();
        let differs = |&length: &usize| {
            said.iter()
                .any(|prefixes| prefixes.get(length) != said[0].get(length))
        };
        let length = (0..message.len()).find(differs).unwrap_or(message.len());
        // One who gives too few entries has nothing to say here.
        let verdicts = self
            .judges
            .iter()
            .zip(&said)
            .filter_map(|(judge, prefixes)| Some((judge.id(), *prefixes.get(length)?)));
        Disagreement {
            length,
            checksum,
            verdicts: verdicts.collect(),
        }
    }
}

fn ask(judges: &[Box<dyn Judge>], checksum: u64, message: &[u8]) -> Result<u64, Disagreement> {
    let first = judges[0].update(checksum, message);
    let mut others = judges[1..].iter();
    if others.all(|judge| judge.update(checksum, message) == first) {
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
