//! Every faulty kernel there is for one seed: the fixed ones, one of each family, and the library's.

use crate::exhibit::{Exhibit, Fault, Named, Necessity};
use crate::expect::{self, Expect};
use crate::family::{self, Family};
use crate::faults;
use crate::library::{self, Function, Library};
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;
use crcheck_harness::subject::Subject;
use std::rc::Rc;

/// A faulty kernel, and what must be found of it.
pub struct Specimen {
    /// The name on the command line: `fault:NAME`, or `fault:NAME@SEED` of a family.
    pub name: String,
    /// What is wrong, in one sentence.
    pub summary: &'static str,
    /// Where the mechanism was seen.
    pub source: &'static str,
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

enum Of {
    Fault(&'static Fault),
    Family(&'static Family, u64),
    Library(&'static Function, Shelf),
}

/// A library, or why there is none.
pub(crate) type Shelf = Rc<Result<Library, String>>;

impl Specimen {
    pub(crate) fn of_fault(fault: &'static Fault) -> Self {
        Self {
            name: format!("fault:{}", fault.name),
            summary: fault.summary,
            source: fault.source,
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
            source: family.source,
            caught_by: family.caught_by,
            kinds: family.kinds,
            necessity: family.necessity,
            expect,
            of: Of::Family(family, seed),
        }
    }

    fn of_library(function: &'static Function, seed: u64, shelf: &Shelf) -> Self {
        let (_, expect) = function.drawn(seed);
        Self {
            name: format!("fault:{}@{seed:#x}", function.name),
            summary: function.summary,
            source: function.source,
            caught_by: function.caught_by,
            kinds: function.kinds,
            necessity: library::NECESSITY,
            expect,
            of: Of::Library(function, Rc::clone(shelf)),
        }
    }

    /// Whether its parameters come from a seed.
    pub fn is_drawn(&self) -> bool {
        !matches!(self.of, Of::Fault(_))
    }

    /// Whether its calls take their process with them: each check then costs hundreds of processes.
    pub(crate) fn loses_processes(&self) -> bool {
        matches!(self.kinds, [Kind::Crash | Kind::Hang])
    }

    /// A new subject with this fault, and with a state of its own.
    ///
    /// # Panics
    /// If it is not available, or a process for it cannot be started.
    pub fn subject(&self) -> Box<dyn Subject> {
        let exhibit: Exhibit = match &self.of {
            Of::Fault(fault) => (fault.make)(),
            Of::Family(family, seed) => family.draw(*seed).0,
            Of::Library(function, shelf) => {
                let library = Result::as_ref(shelf).expect("`available` was asked before");
                let subject = function.subject(library);
                return subject.unwrap_or_else(|error| panic!("{}: {error}", self.name));
            }
        };
        Box::new(Named {
            name: self.name.clone(),
            exhibit,
        })
    }

    /// Whether it can be shown here.
    ///
    /// # Errors
    /// What is lacking.
    pub fn available(&self) -> Result<(), String> {
        match &self.of {
            Of::Fault(fault) => fault.available(),
            Of::Family(family, _) => family.available(),
            Of::Library(function, shelf) => {
                let lacking = |needed: &str| format!("it needs {needed}");
                let library = Result::as_ref(shelf).map_err(|needed| lacking(needed))?;
                (function.needs)().map_or(Ok(()), |needed| Err(lacking(needed)))?;
                function
                    .subject(library)
                    .map_err(|error| error.to_string())?;
                Ok(())
            }
        }
    }
}

/// Every family, by theme.
pub fn families() -> impl Iterator<Item = &'static Family> {
    family::THEMES.iter().copied().flatten()
}

/// Every faulty kernel of one seed: the fixed ones, one of each family, then those of a library.
pub(crate) fn specimens(seed: u64, shelf: &Shelf) -> Vec<Specimen> {
    let fixed = faults().map(Specimen::of_fault);
    let drawn = families().map(|family| Specimen::of_family(family, seed));
    let functions = library::FUNCTIONS.iter();
    let built = functions.map(|function| Specimen::of_library(function, seed, shelf));
    fixed.chain(drawn).chain(built).collect()
}
