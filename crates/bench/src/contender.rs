//! Contenders: the kernels that are timed.

use crate::function::{Checksum, Update};
use crate::inject::Injection;
use crate::limits::load;
use crate::memory::Memory;
use crate::scenario::{Mode, Scenario};
use crcheck_kernel::Tier;
use crcheck_kernel::cpu::{Feature, Features};
use crcheck_oracle::judge::Judge;
use crcheck_oracle::model::Model;
use crcheck_oracle::panel::Panel;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The role of a contender in the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContenderKind {
    /// What is measured: a tier, the dispatcher, a planted fault.
    Subject,
    /// A kernel by others.
    Peer,
    /// A table of the oracle.
    Table,
    /// Reads the message and does no more: the reference where memory is the limit.
    Load,
}

/// A kernel that computes checksums.
pub struct Contender {
    /// The name in reports and on the command line.
    pub name: String,
    /// Its role.
    pub kind: ContenderKind,
    /// The size of the vectors that it multiplies; `None` if it does not multiply.
    pub vector_bytes: Option<usize>,
    checksum: Checksum,
    update: Option<Update>,
}

/// Why a contender that has no [`Update`] is not timed in [`Mode::Register`].
pub const WITHOUT_UPDATE: &str = "it does not go on from a checksum";

/// The reference for messages that a cache can hold. The core limits it.
pub const TABLE: &str = "slicing-16";

/// The reference for messages that no cache holds. The memory limits it.
pub const LOAD: &str = "load";

/// The name of the dispatcher, as users call it.
const DISPATCH: &str = "checksum()";

/// [`LOAD`] is timed from this size on: loads are no limit for shorter messages.
const LOAD_FROM_BYTES: usize = 256 << 10;

/// [`LOAD`] is the reference from this size on. In the caches it is a bad one: other users of them
/// slow it down more than kernels that compute (measured at 512 KiB: 15 % against 0.2 %).
const MEMORY_FROM_BYTES: usize = 8 << 20;

/// A byte table is not timed above this size: it is equally slow from every level of memory.
const BYTE_TABLE_MAX_BYTES: usize = 1 << 20;

impl Contender {
    /// A contender with a name for reports and its role. It does not go on from a checksum.
    pub fn new(name: impl Into<String>, kind: ContenderKind, checksum: Checksum) -> Self {
        Self {
            name: name.into(),
            kind,
            vector_bytes: None,
            checksum,
            update: None,
        }
    }

    /// A subject that is one function for both: the checksum of a message is that after it, from
    /// 0.
    pub fn subject(
        name: impl Into<String>,
        update: impl Fn(u32, &[u8]) -> u32 + Clone + Send + Sync + 'static,
    ) -> Self {
        let from_zero = update.clone();
        let checksum: Checksum = Box::new(move |message| from_zero(0, message));
        Self::new(name, ContenderKind::Subject, checksum).with_update(Box::new(update))
    }

    /// The same contender, which goes on from a checksum by `update`.
    #[must_use]
    pub fn with_update(mut self, update: Update) -> Self {
        self.update = Some(update);
        self
    }

    /// A tier called directly; `None` if this CPU does not have it.
    pub fn tier(tier: Tier) -> Option<Self> {
        let kernel = tier.kernel()?;
        let update = move |checksum, message: &[u8]| kernel.update_uncounted(checksum, message);
        Some(Self::subject(tier.name(), update).with_vectors_of(tier))
    }

    /// A tier slowed on purpose; `None` if this CPU does not have it.
    pub fn injected_tier(tier: Tier, injection: Injection) -> Option<Self> {
        let kernel = tier.kernel()?;
        let update = move |checksum, message: &[u8]| kernel.update_uncounted(checksum, message);
        Some(Self::subject(tier.name(), injection.slow(update)).with_vectors_of(tier))
    }

    /// The same contender, with the vectors that `tier` multiplies.
    #[must_use]
    pub fn with_vectors_of(mut self, tier: Tier) -> Self {
        self.vector_bytes = vector_bytes(tier.required());
        self
    }

    /// `checksum()`, as users call it: the best tier, behind the dispatcher.
    pub fn dispatch() -> Self {
        let checksum: Checksum = Box::new(crcheck_kernel::checksum);
        Self::new(DISPATCH, ContenderKind::Subject, checksum)
            .with_update(Box::new(crcheck_kernel::update))
            .with_vectors_of(Tier::detect())
    }

    /// `checksum()`, slowed on purpose.
    pub fn injected_dispatch(injection: Injection) -> Self {
        Self::subject(DISPATCH, injection.slow(crcheck_kernel::update))
            .with_vectors_of(Tier::detect())
    }

    /// The peers if they were built in, the tables of the oracle, and a plain load.
    pub fn others() -> Vec<Self> {
        let model = Model::CRC_32_ISO_HDLC;
        let mut others = vec![
            Self::from_judge(crcheck_oracle::byte_table::ByteTable::new(&model)),
            Self::from_judge(crcheck_oracle::slicing_16::Slicing16::new(&model)),
            Self::new(LOAD, ContenderKind::Load, Box::new(load::xor_words)).with_update(Box::new(
                |checksum, message| checksum ^ load::xor_words(message),
            )),
        ];
        #[cfg(feature = "peers")]
        others.extend(crate::peers::peers().map(|(name, checksum, update)| {
            Self::new(name, ContenderKind::Peer, checksum).with_update(update)
        }));
        others.sort_by_key(|contender| contender.kind != ContenderKind::Peer);
        others
    }

    fn from_judge(judge: impl Judge + 'static) -> Self {
        let name = judge.id();
        let judge = Arc::new(judge);
        let from_zero = Arc::clone(&judge);
        let checksum: Checksum = Box::new(move |message| from_zero.update(0, message) as u32);
        Self::new(name, ContenderKind::Table, checksum).with_update(Box::new(
            move |checksum, message| judge.update(u64::from(checksum), message) as u32,
        ))
    }

    /// The checksum of `message`.
    #[inline]
    pub fn checksum(&self, message: &[u8]) -> u32 {
        (self.checksum)(message)
    }

    /// The checksum after `message`, from the checksum before it.
    ///
    /// # Panics
    /// If the contender does not go on from a checksum, and so takes no part in
    /// [`Mode::Register`].
    #[inline]
    pub fn update(&self, checksum: u32, message: &[u8]) -> u32 {
        self.update.as_ref().expect(WITHOUT_UPDATE)(checksum, message)
    }

    /// Whether it goes on from a checksum.
    pub fn has_update(&self) -> bool {
        self.update.is_some()
    }

    /// Whether it is timed in this scenario.
    pub fn takes_part(&self, scenario: &Scenario) -> bool {
        if scenario.mode == Mode::Register && !self.has_update() {
            return false;
        }
        match self.kind {
            ContenderKind::Load => {
                scenario.size_bytes >= LOAD_FROM_BYTES || scenario.mode == Mode::Flushed
            }
            ContenderKind::Table if self.name != TABLE => {
                scenario.size_bytes <= BYTE_TABLE_MAX_BYTES
            }
            _ => true,
        }
    }

    /// Compares its checksums with the expected ones, on every message that it will be timed on. A
    /// plain load computes no checksum and is not compared.
    ///
    /// # Errors
    /// The first difference.
    pub fn check(&self, expected: &ExpectedChecksums<'_>) -> Result<(), Difference> {
        if self.kind == ContenderKind::Load {
            return Ok(());
        }
        let timed = expected.0.iter();
        let timed = timed.filter(|(scenario, _)| self.takes_part(scenario));
        for call in timed.flat_map(|(_, calls)| calls) {
            let got = match call.before {
                None => self.checksum(call.message),
                Some(before) => self.update(before, call.message),
            };
            if got != call.expected {
                return Err(Difference {
                    len_bytes: call.message.len(),
                    before: call.before,
                    expected: call.expected,
                    got,
                });
            }
        }
        Ok(())
    }
}

/// The expected checksums of the messages of each scenario: of every length where lengths are
/// random.
#[derive(Debug)]
pub struct ExpectedChecksums<'m>(Vec<(Scenario, Vec<ExpectedCall<'m>>)>);

/// A call and its result.
#[derive(Debug)]
struct ExpectedCall<'m> {
    message: &'m [u8],
    /// The checksum that an update goes on from; `None` if the whole message is summed at once.
    before: Option<u32>,
    expected: u32,
}

impl<'m> ExpectedChecksums<'m> {
    /// Asks the judges for the checksums.
    ///
    /// # Panics
    /// If the judges do not qualify or disagree, which is a bug in the oracle.
    pub fn new(scenarios: &[Scenario], memory: &'m Memory) -> Self {
        let panel = Panel::qualify(&Model::CRC_32_ISO_HDLC).expect("the judges qualify");
        let expect = |message: &'m [u8], before: Option<u32>| {
            let expected = panel.update_fast(before.unwrap_or(0).into(), message);
            ExpectedCall {
                message,
                before,
                expected: expected.expect("the judges agree") as u32,
            }
        };
        let expected = scenarios.iter().map(|scenario| {
            let messages = memory.all_messages(scenario).into_iter();
            let calls = messages.flat_map(|message| {
                let whole = expect(message, None);
                // The first two calls of a chain.
                let second = (scenario.mode == Mode::Register).then(|| {
                    let first = expect(message, Some(0));
                    let second = expect(message, Some(first.expected));
                    [first, second]
                });
                [whole].into_iter().chain(second.into_iter().flatten())
            });
            (*scenario, calls.collect())
        });
        Self(expected.collect())
    }
}

/// A wrong checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{len_bytes} bytes{}: expected {expected:#010x}, got {got:#010x}", after(*.before))]
pub struct Difference {
    /// The message's length.
    pub len_bytes: usize,
    /// The checksum before it; `None` if the message was summed at once.
    pub before: Option<u32>,
    /// The expected checksum.
    pub expected: u32,
    /// The contender's checksum.
    pub got: u32,
}

fn after(before: Option<u32>) -> String {
    before.map_or(String::new(), |before| {
        format!(" after the checksum {before:#010x}")
    })
}

impl fmt::Debug for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Contender").field(&self.name).finish()
    }
}

/// The name of the contender whose time divides the others', so that runs can be compared although
/// the machine was faster or slower.
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
    fn every_contender_is_right() {
        let memory = Memory::new(4096, 7).expect("memory");
        let expected = ExpectedChecksums::new(&scenarios(), &memory);
        let tiers = Tier::available().filter_map(Contender::tier);
        for contender in tiers
            .chain([Contender::dispatch()])
            .chain(Contender::others())
        {
            let checked = contender.check(&expected);
            assert_eq!(checked, Ok(()), "{}", contender.name);
        }
    }

    #[test]
    fn one_wrong_length_is_seen() {
        let memory = Memory::new(4096, 7).expect("memory");
        let wrong =
            |message: &[u8]| crcheck_kernel::checksum(message) ^ u32::from(message.len() == 3777);
        let contender = Contender::new("wrong", ContenderKind::Peer, Box::new(wrong));
        let expected = ExpectedChecksums::new(&scenarios(), &memory);
        let found = contender.check(&expected).expect_err("wrong");
        assert_eq!((found.len_bytes, found.expected ^ found.got), (3777, 1));
    }

    #[test]
    fn a_wrong_chain_is_seen_and_a_contender_without_one_takes_no_part() {
        let memory = Memory::new(4096, 7).expect("memory");
        let of_register: Vec<Scenario> = scenarios()
            .into_iter()
            .filter(|scenario| scenario.mode == Mode::Register)
            .collect();
        let expected = ExpectedChecksums::new(&of_register, &memory);
        // Right from 0 alone.
        let wrong = |before, message: &[u8]| crcheck_kernel::update(before, message) ^ before;
        let found = Contender::subject("wrong", wrong).check(&expected);
        let found = found.expect_err("wrong");
        let first = crcheck_kernel::checksum(memory.message(&of_register[0]));
        assert_eq!(found.before, Some(first));
        assert!(found.to_string().contains("4096 bytes after the checksum"));
        let checksum = Box::new(crcheck_kernel::checksum);
        let without = Contender::new("without", ContenderKind::Peer, checksum);
        assert!(!without.takes_part(&of_register[0]) && !without.has_update());
        assert_eq!(without.check(&expected), Ok(()));
    }

    #[test]
    fn a_tier_multiplies_the_vectors_that_its_features_give() {
        assert_eq!(vector_bytes(Tier::Portable.required()), None);
        assert_eq!(vector_bytes(Tier::X86Avx2Pclmul.required()), Some(16));
        assert_eq!(vector_bytes(Tier::X86Avx2Vpclmul.required()), Some(32));
        assert_eq!(vector_bytes(Tier::X86Avx512Vpclmul.required()), Some(64));
    }
}
