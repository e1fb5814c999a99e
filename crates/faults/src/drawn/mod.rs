//! Faults whose parameters come from a seed, so that no diagnosis of them can be learnt by heart.
//!
//! A family draws its parameters, builds the kernel from them, and says from the same parameters what
//! a right diagnosis is.

mod algorithm;
#[cfg_attr(target_arch = "x86_64", path = "border/x86_64.rs")]
#[cfg_attr(not(target_arch = "x86_64"), path = "border/other.rs")]
mod border;
mod calls;
mod constant;
mod dispatch;
mod message;
mod method;
mod result;
mod shortcut;
mod state;

use crate::exhibit::{BY_VALUE, Exhibit, Necessity};
use crate::expect::Expect;
use crate::fault::ANYWHERE;
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;
use crcheck_harness::rng::SplitMix64;

/// A kind of fault.
pub struct Family {
    /// The name: `fault:NAME@SEED` on the command line.
    pub name: &'static str,
    /// What is wrong, in one sentence that leaves the parameters open.
    pub summary: &'static str,
    /// Where the mechanism was seen.
    pub source: &'static str,
    /// The check that must catch it.
    pub caught_by: CheckId,
    /// Any of these kinds is a right finding.
    pub kinds: &'static [Kind],
    /// Whether that check alone can.
    pub necessity: Necessity,
    /// Why it cannot be shown on this CPU, if so.
    pub(crate) unavailable: fn() -> Option<&'static str>,
    pub(crate) make: fn(&mut Draw) -> (Exhibit, Expect),
}

/// Every family, by theme.
pub(crate) const THEMES: [&[Family]; 10] = [
    algorithm::FAMILIES,
    result::FAMILIES,
    message::FAMILIES,
    constant::FAMILIES,
    method::FAMILIES,
    calls::FAMILIES,
    state::FAMILIES,
    border::FAMILIES,
    dispatch::FAMILIES,
    shortcut::FAMILIES,
];

impl Family {
    /// Whether this CPU can show it.
    ///
    /// # Errors
    /// What the CPU lacks.
    pub fn available(&self) -> Result<(), String> {
        (self.unavailable)().map_or(Ok(()), |needed| Err(format!("it needs {needed}")))
    }

    /// The kernel of this seed, and what is expected of its diagnosis. Families of one seed draw
    /// independently.
    pub(crate) fn draw(&self, seed: u64) -> (Exhibit, Expect) {
        (self.make)(&mut Draw::labelled(seed, self.name))
    }
}

/// A family of wrong values.
const fn value(
    name: &'static str,
    summary: &'static str,
    source: &'static str,
    make: fn(&mut Draw) -> (Exhibit, Expect),
) -> Family {
    Family {
        name,
        summary,
        source,
        caught_by: CheckId::Agree,
        kinds: &[Kind::WrongValue],
        necessity: BY_VALUE,
        unavailable: ANYWHERE,
        make,
    }
}

/// A family whose check alone can see it.
const fn alone(
    name: &'static str,
    summary: &'static str,
    source: &'static str,
    (caught_by, kinds): (CheckId, &'static [Kind]),
    make: fn(&mut Draw) -> (Exhibit, Expect),
) -> Family {
    Family {
        caught_by,
        kinds,
        necessity: Necessity::Alone,
        ..value(name, summary, source, make)
    }
}

/// Parameters, drawn from a seed.
pub(crate) struct Draw(SplitMix64);

impl Draw {
    /// The parameters of this name.
    pub(crate) fn labelled(seed: u64, name: &str) -> Self {
        let label = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        Self(SplitMix64::labelled(seed, label))
    }

    /// A number in `first..=last`.
    pub(crate) fn number(&mut self, first: usize, last: usize) -> usize {
        first + self.0.index(last - first + 1)
    }

    /// One of some.
    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.0.index(of.len())]
    }

    /// A word that is not 0.
    fn word(&mut self) -> u32 {
        (self.0.next_u64() as u32).max(1)
    }

    /// A length at which another path begins.
    fn threshold(&mut self) -> usize {
        match self.0.index(4) {
            0 => 0,
            1 => 1 << self.number(4, 10),
            _ => self.number(8, 500),
        }
    }
}
