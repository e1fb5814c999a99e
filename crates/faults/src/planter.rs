//! From rows to subjects.

use crate::draw::Draw;
use crate::good::{GoodRecipe, GoodSpec};
use crate::interpreted_fault::InterpretedFault;
use crate::library::{self, Function, Library};
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::{FaultSpec, Macros, Recipe};
use crcheck_harness::machine::Cpu;
use crcheck_harness::subject::Kind;
use crcheck_harness::subject::Subject;
use crcheck_harness::subject::worker::{DEADLINE, Launch};
use std::time::Duration;

/// How long a call may take of a fault that never returns.
const HANG_DEADLINE: Duration = Duration::from_millis(500);

/// Makes subjects of faults and good kernels. It holds the seed of their parameters, and the
/// library with those in C.
pub struct Planter {
    seed: u64,
    library: Result<Library, String>,
}

impl Planter {
    /// A planter for code of this process.
    pub fn new(seed: u64) -> Self {
        Self::with_library(seed, None)
    }

    /// A planter for the faults in C too, if `cc` can build them. `worker` starts the processes
    /// that call them.
    pub fn with_library(seed: u64, worker: Option<&Launch>) -> Self {
        let macros = library::FAULTS
            .iter()
            .flat_map(|fault| macros(fault, seed))
            .collect();
        let library = Library::build(macros, worker);
        Self { seed, library }
    }

    /// The name on the command line: `fault:NAME`, or `fault:NAME@SEED`.
    pub fn full_name(&self, fault: &FaultSpec) -> String {
        let FaultSpec { name, .. } = fault;
        if fault.is_drawn() {
            format!("fault:{name}@{:#x}", self.seed)
        } else {
            format!("fault:{name}")
        }
    }

    /// What a right diagnosis of the fault says.
    pub(crate) fn right_diagnosis(&self, fault: &FaultSpec) -> RightDiagnosis {
        let mut parameters = Draw::new(self.seed, fault.name);
        match fault.recipe {
            Recipe::Fixed { diagnosis, .. } => diagnosis(),
            Recipe::Drawn(draw) => draw(&mut parameters).1,
            Recipe::Library { draw, .. } => draw(&mut parameters).1,
        }
    }

    /// A new subject with the fault. It shares no state with others.
    ///
    /// # Errors
    /// What this machine lacks.
    pub fn plant(&self, fault: &FaultSpec) -> Result<Box<dyn Subject>, String> {
        let name = self.full_name(fault);
        match fault.recipe {
            Recipe::Fixed { make, .. } => match has(fault) {
                Ok(()) => Ok(make().into_subject(name)),
                Err(needed) => {
                    // What this CPU cannot run can be interpreted.
                    let cpu = Cpu::with_every_extension();
                    let interpreted = InterpretedFault::new(fault, cpu).ok_or(needed)?;
                    Ok(Box::new(interpreted))
                }
            },
            Recipe::Drawn(draw) => {
                has(fault)?;
                let (kernel, _) = draw(&mut Draw::new(self.seed, fault.name));
                Ok(kernel.into_subject(name))
            }
            Recipe::Library { symbol, .. } => {
                let is_endless = fault.kinds == [Kind::Hang];
                let deadline = if is_endless { HANG_DEADLINE } else { DEADLINE };
                let library = self.library()?;
                has(fault)?;
                library.subject(&Function::of_kernels(symbol), deadline)
            }
        }
    }

    /// A new subject that is right.
    ///
    /// # Errors
    /// What this machine lacks.
    pub fn make_good(&self, good: &GoodSpec) -> Result<Box<dyn Subject>, String> {
        match good.recipe {
            GoodRecipe::Rust(make) => Ok(make().into_subject(good.full_name())),
            GoodRecipe::Library(function) => self.library()?.subject(&function, DEADLINE),
        }
    }

    fn library(&self) -> Result<&Library, String> {
        let library = self.library.as_ref();
        library.map_err(|needed| format!("it needs {needed}"))
    }
}

fn has(fault: &FaultSpec) -> Result<(), String> {
    (fault.need)().map_or(Ok(()), |needed| Err(format!("it needs {needed}")))
}

fn macros(fault: &FaultSpec, seed: u64) -> Macros {
    match fault.recipe {
        Recipe::Library { draw, .. } => draw(&mut Draw::new(seed, fault.name)).0,
        Recipe::Fixed { .. } | Recipe::Drawn(_) => Macros::new(),
    }
}
