//! Every faulty kernel there is for one seed: the fixed ones, and one of each family.

use crate::exhibit::{Exhibit, Fault, Named, Necessity};
use crate::expect::{self, Expect};
use crate::family::{self, Family};
use crate::faults;
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;
use crcheck_harness::subject::Subject;

/// A faulty kernel, and what must be found of it.
pub struct Specimen {
    /// The name on the command line: `fault:NAME`, or `fault:NAME@SEED` of a family.
    pub name: String,
    /// What is wrong, in one sentence.
    pub summary: &'static str,
    /// The check that must catch it.
    pub caught_by: CheckId,
    /// Any of these kinds is a right finding.
    pub kinds: &'static [Kind],
    /// Whether that check alone can.
    pub necessity: Necessity,
    /// What a right diagnosis says.
    pub expect: Expect,
    of: Of,
}

#[derive(Clone, Copy)]
enum Of {
    Fault(&'static Fault),
    Family(&'static Family, u64),
}

impl Specimen {
    pub(crate) fn of_fault(fault: &'static Fault) -> Self {
        Self {
            name: format!("fault:{}", fault.name),
            summary: fault.summary,
            caught_by: fault.caught_by,
            kinds: fault.kinds,
            necessity: fault.necessity,
            expect: expect::of_fixed(fault.name),
            of: Of::Fault(fault),
        }
    }

    pub(crate) fn of_family(family: &'static Family, seed: u64) -> Self {
        let (_, expect) = family.draw(seed);
        Self {
            name: format!("fault:{}@{seed:#x}", family.name),
            summary: family.summary,
            caught_by: family.caught_by,
            kinds: family.kinds,
            necessity: family.necessity,
            expect,
            of: Of::Family(family, seed),
        }
    }

    /// A new subject with this fault, and with a state of its own.
    pub fn subject(&self) -> Box<dyn Subject> {
        let exhibit: Exhibit = match self.of {
            Of::Fault(fault) => (fault.make)(),
            Of::Family(family, seed) => family.draw(seed).0,
        };
        Box::new(Named {
            name: self.name.clone(),
            exhibit,
        })
    }

    /// Whether this CPU can show it.
    ///
    /// # Errors
    /// What the CPU lacks.
    pub fn available(&self) -> Result<(), String> {
        match self.of {
            Of::Fault(fault) => fault.available(),
            Of::Family(..) => Ok(()),
        }
    }
}

/// Every family, by theme.
pub fn families() -> impl Iterator<Item = &'static Family> {
    family::THEMES.iter().copied().flatten()
}

/// Every faulty kernel of one seed: the fixed ones, then one of each family.
pub fn specimens(seed: u64) -> Vec<Specimen> {
    let fixed = faults().map(Specimen::of_fault);
    let drawn = families().map(|family| Specimen::of_family(family, seed));
    fixed.chain(drawn).collect()
}
