//! Who is timed.

use crate::limits;
use crate::memory::Memory;
use crate::scenario::{Mode, Scenario};
use crcheck_kernel::Tier;
use crcheck_kernel::cpu::{Feature, Features};
use crcheck_oracle::judge::Judge;
use crcheck_oracle::model::Model;
use crcheck_oracle::panel::Panel;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The checksum of a message.
pub type Checksum = Box<dyn Fn(&[u8]) -> u32 + Send + Sync>;

/// What a contender is to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// What is measured: a tier, the dispatcher, a kernel of the gallery.
    Subject,
    /// A kernel by others.
    Peer,
    /// A table of the oracle.
    Table,
    /// Reads the message and does no more: the reference where memory sets the pace.
    Load,
}

/// Someone who computes checksums.
pub struct Contender {
    /// The name in reports and on the command line.
    pub name: String,
    /// What it is to the others.
    pub kind: Kind,
    /// Bytes of the vectors that it multiplies, if it multiplies.
    pub vector_bytes: Option<usize>,
    checksum: Checksum,
}

/// The reference of messages that a cache may hold: its pace is the core's.
pub const TABLE: &str = "slicing-16";

/// The reference of messages that no cache holds: its pace is the memory's.
pub const LOAD: &str = "load";

/// From this size on [`LOAD`] is timed as well: below it loads are no limit.
const LOAD_FROM_BYTES: usize = 256 << 10;

/// From this size on [`LOAD`] is the reference. In the caches it is a bad one: others who use them slow
/// it more than those who compute (measured: 15 % against 0.2 % at 512 KiB).
const MEMORY_FROM_BYTES: usize = 8 << 20;

/// A byte table is as slow from anywhere: above this size it is not timed.
const BYTE_TABLE_MAX_BYTES: usize = 1 << 20;

impl Contender {
    /// A subject that is `name` in reports.
    pub fn new(name: impl Into<String>, kind: Kind, checksum: Checksum) -> Self {
        Self {
            name: name.into(),
            kind,
            vector_bytes: None,
            checksum,
        }
    }

    /// A tier called directly; `None` if this CPU does not have it.
    pub fn tier(tier: Tier) -> Option<Self> {
        let kernel = tier.kernel()?;
        let checksum: Checksum = Box::new(move |message| kernel.update_uncounted(0, message));
        Some(Self::new(tier.name(), Kind::Subject, checksum).of_tier(tier))
    }

    /// The same contender, with the vectors that `tier` multiplies.
    #[must_use]
    pub fn of_tier(mut self, tier: Tier) -> Self {
        self.vector_bytes = vector_bytes(tier.required());
        self
    }

    /// `checksum()`, as users call it: the best tier, behind the dispatcher.
    pub fn dispatch() -> Self {
        let checksum: Checksum = Box::new(crcheck_kernel::checksum);
        Self::new("checksum()", Kind::Subject, checksum).of_tier(Tier::detect())
    }

    /// The tables of the oracle, a plain load, and the peers if they were built in.
    pub fn others() -> Vec<Self> {
        let model = Model::CRC_32_ISO_HDLC;
        let mut others = vec![
            Self::judge(crcheck_oracle::byte_table::ByteTable::new(&model)),
            Self::judge(crcheck_oracle::slicing_16::Slicing16::new(&model)),
            Self::new(LOAD, Kind::Load, Box::new(limits::load::all)),
        ];
        #[cfg(feature = "peers")]
        others.extend(crate::peers::all());
        others.sort_by_key(|contender| contender.kind != Kind::Peer);
        others
    }

    fn judge(judge: impl Judge + 'static) -> Self {
        let name = judge.id();
        let checksum: Checksum = Box::new(move |message| judge.update(0, message) as u32);
        Self::new(name, Kind::Table, checksum)
    }

    /// The checksum of `message`.
    #[inline]
    pub fn checksum(&self, message: &[u8]) -> u32 {
        (self.checksum)(message)
    }

    /// Whether it is timed in this scenario.
    pub fn takes_part(&self, scenario: &Scenario) -> bool {
        match self.kind {
            Kind::Load => scenario.size_bytes >= LOAD_FROM_BYTES || scenario.mode == Mode::Flushed,
            Kind::Table if self.name != TABLE => scenario.size_bytes <= BYTE_TABLE_MAX_BYTES,
            _ => true,
        }
    }

    /// Compares it with the judges on every message that it will be timed on.
    ///
    /// # Errors
    /// The first difference. A plain load computes no checksum and is not compared.
    pub fn check(&self, answers: &Answers<'_>) -> Result<(), Difference> {
        if self.kind == Kind::Load {
            return Ok(());
        }
        let asked = answers.0.iter();
        let asked = asked.filter(|(scenario, _)| self.takes_part(scenario));
        for &(message, expected) in asked.flat_map(|(_, messages)| messages) {
            let got = self.checksum(message);
            if got != expected {
                return Err(Difference {
                    len_bytes: message.len(),
                    expected,
                    got,
                });
            }
        }
        Ok(())
    }
}

/// What the judges say of the messages of each scenario: of every length where lengths are random.
#[derive(Debug)]
pub struct Answers<'m>(Vec<(Scenario, Vec<Answer<'m>>)>);

/// A message and its checksum.
type Answer<'m> = (&'m [u8], u32);

impl<'m> Answers<'m> {
    /// Asks the judges.
    ///
    /// # Panics
    /// If they do not qualify or disagree, which is a fault of theirs.
    pub fn of(scenarios: &[Scenario], memory: &'m Memory) -> Self {
        let panel = Panel::qualify(&Model::CRC_32_ISO_HDLC).expect("the judges are fit");
        let answer = |message: &'m [u8]| {
            let sum = panel.update_fast(0, message);
            (message, sum.expect("the judges agree") as u32)
        };
        let answers = scenarios.iter().map(|scenario| {
            let messages = memory.all_messages(scenario);
            (*scenario, messages.into_iter().map(answer).collect())
        });
        Self(answers.collect())
    }
}

/// A checksum that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{len_bytes} bytes: expected {expected:#010x}, got {got:#010x}")]
pub struct Difference {
    /// The message's length.
    pub len_bytes: usize,
    /// What the judges say.
    pub expected: u32,
    /// What the contender gave.
    pub got: u32,
}

impl fmt::Debug for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Contender").field(&self.name).finish()
    }
}

/// Whose time all others are divided by, so that runs on a faster or slower day can be compared.
pub fn reference(scenario: &Scenario) -> &'static str {
    let is_long = scenario.size_bytes >= MEMORY_FROM_BYTES;
    if is_long || scenario.mode == Mode::Flushed {
        LOAD
    } else {
        TABLE
    }
}

fn vector_bytes(features: Features) -> Option<usize> {
    let has = |feature| features.contains(feature);
    if has(Feature::Vpclmulqdq) && has(Feature::Avx512f) {
        Some(64)
    } else if has(Feature::Vpclmulqdq) {
        Some(32)
    } else if has(Feature::Pclmulqdq) {
        Some(16)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenarios() -> Vec<Scenario> {
        Mode::ALL
            .into_iter()
            .map(|mode| Scenario {
                mode,
                size_bytes: 4096,
                offset_bytes: 1,
            })
            .collect()
    }

    #[test]
    fn everybody_here_is_right() {
        let memory = Memory::new(4096, 7).expect("memory");
        let answers = Answers::of(&scenarios(), &memory);
        let tiers = Tier::available().filter_map(Contender::tier);
        for contender in tiers
            .chain([Contender::dispatch()])
            .chain(Contender::others())
        {
            let checked = contender.check(&answers);
            assert_eq!(checked, Ok(()), "{}", contender.name);
        }
    }

    #[test]
    fn one_wrong_length_is_seen() {
        let memory = Memory::new(4096, 7).expect("memory");
        let wrong =
            |message: &[u8]| crcheck_kernel::checksum(message) ^ u32::from(message.len() == 3777);
        let contender = Contender::new("wrong", Kind::Peer, Box::new(wrong));
        let answers = Answers::of(&scenarios(), &memory);
        let found = contender.check(&answers).expect_err("wrong");
        assert_eq!((found.len_bytes, found.expected ^ found.got), (3777, 1));
    }

    #[test]
    fn a_tier_multiplies_the_vectors_that_its_features_give() {
        assert_eq!(vector_bytes(Tier::Portable.required()), None);
        assert_eq!(vector_bytes(Tier::X86Avx2Pclmul.required()), Some(16));
        assert_eq!(vector_bytes(Tier::X86Avx2Vpclmul.required()), Some(32));
        assert_eq!(vector_bytes(Tier::X86Avx512Vpclmul.required()), Some(64));
    }
}
