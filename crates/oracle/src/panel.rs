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

/// Memory of [`Panel::prefixes_into`]. The next message uses it again.
#[derive(Clone, Debug, Default)]
pub struct PrefixBuffers {
    joint: Vec<u64>,
    other: Vec<u64>,
}

impl Panel {
    /// All judges of `model`. Each has reached its `check` and `residue` and has agreed with the
    /// others.
    ///
    /// # Errors
    /// What is wrong with the model, or else the first judge that fails.
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

    /// [`Panel::qualify`] with the caller's judges.
    ///
    /// # Errors
    /// What is wrong with the model, or else the first judge that fails.
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

    /// The judges in the order given, except that `bitwise` is last. Those of [`Panel::qualify`]
    /// begin with the fastest.
    pub fn judges(&self) -> &[Box<dyn Judge>] {
        &self.judges
    }

    /// The judge with this id.
    pub fn judge(&self, id: &str) -> Option<&dyn Judge> {
        let found = self.judges.iter().find(|judge| judge.id() == id);
        found.map(AsRef::as_ref)
    }

    /// The model that the judges implement.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The checksum after `message` by all judges.
    ///
    /// # Errors
    /// Judges that differ. Then a judge is wrong, and no subject is.
    pub fn update(&self, checksum: u64, message: &[u8]) -> Result<u64, Disagreement> {
        ask(&self.judges, checksum, message)
    }

    /// The checksum after `message` by all judges but the definition, which is the slowest by far.
    /// A panel of the definition alone asks it.
    ///
    /// # Errors
    /// Judges that differ.
    pub fn update_fast(&self, checksum: u64, message: &[u8]) -> Result<u64, Disagreement> {
        ask(self.fastest(usize::MAX), checksum, message)
    }

    /// The checksum after `message` by the first two judges, for long messages. Those of
    /// [`Panel::qualify`] are as fast as tables are and have no code in common.
    ///
    /// # Errors
    /// Judges that differ.
    pub fn update_fastest(&self, checksum: u64, message: &[u8]) -> Result<u64, Disagreement> {
        ask(self.fastest(2), checksum, message)
    }

    /// At most `most` judges, without the definition unless there is no other.
    fn fastest(&self, most: usize) -> &[Box<dyn Judge>] {
        let fast = self.judges.iter().take(most);
        let fast = fast.take_while(|judge| judge.id() != bitwise::ID).count();
        &self.judges[..fast.max(1)]
    }

    /// The checksum after each prefix of `message`, by every judge: entry i belongs to i bytes.
    ///
    /// # Errors
    /// Judges that differ, at the shortest prefix on which they do.
    pub fn prefixes(&self, checksum: u64, message: &[u8]) -> Result<Vec<u64>, Disagreement> {
        let mut buffers = PrefixBuffers::default();
        self.prefixes_into(&mut buffers, checksum, message)?;
        Ok(buffers.joint)
    }

    /// [`Panel::prefixes`] without new memory for each message.
    ///
    /// A judge that reads blocks reads none on the way from prefix to prefix. So the first two
    /// judges also read the whole message.
    ///
    /// # Errors
    /// Judges that differ, at the shortest prefix on which they do.
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
        let whole = self.update_fastest(checksum, message)?;
        let last = joint[message.len()];
        if last == whole {
            Ok(joint)
        } else {
            Err(Disagreement::of_forms(checksum, message.len(), last, whole))
        }
    }

    /// What each judge gives for the shortest prefix on which two differ.
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
        // A judge that gave too few entries has none for this length.
        let checksums = self
            .judges
            .iter()
            .zip(&said)
            .filter_map(|(judge, prefixes)| Some((judge.id(), *prefixes.get(length)?)));
        Disagreement {
            length,
            checksum,
            checksums: checksums.collect(),
        }
    }
}

fn ask(judges: &[Box<dyn Judge>], checksum: u64, message: &[u8]) -> Result<u64, Disagreement> {
    let first = judges[0].update(checksum, message);
    let mut others = judges[1..].iter();
    if others.all(|judge| judge.update(checksum, message) == first) {
        return Ok(first);
    }
    let checksums = judges
        .iter()
        .map(|judge| (judge.id(), judge.update(checksum, message)));
    Err(Disagreement {
        length: message.len(),
        checksum,
        checksums: checksums.collect(),
    })
}
