//! From names on a command line to subjects.

use crate::faults;
use crate::good::good_kernels;
use crate::interpreted_fault::InterpretedFault;
use crate::kept_library::KeptLibrary;
use crate::planter::Planter;
use crate::reader_fault::reader_faults;
use crate::spec::FaultSpec;
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu::Features;
use crcheck_harness::machine::Cpu;
use crcheck_harness::oracle::nearest;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::subject::worker::Launch;
use crcheck_harness::subject::{ForeignError, Subject, TierSubject};

/// Why a name gives no subject.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// Nothing has this name.
    #[error("no {what} is called `{name}`{}", hint(nearest))]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// The name.
        name: String,
        /// The nearest name that exists.
        nearest: Option<String>,
    },
    /// It exists, but not on this machine.
    #[error("`{name}` is not available here: {reason}")]
    Unavailable {
        /// The name.
        name: String,
        /// What is missing.
        reason: String,
    },
    /// A library that cannot be called.
    #[error(transparent)]
    Foreign(#[from] ForeignError),
}

impl ResolveError {
    /// The exit code of a command that ends with this error.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Unknown { .. } => ExitCode::Usage,
            Self::Unavailable { .. } => ExitCode::Unavailable,
            Self::Foreign(error) => error.into(),
        }
    }
}

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or(String::new(), |nearest| {
        format!("; did you mean `{nearest}`?")
    })
}

/// The subject of `tier:NAME`, `tier:emu:NAME`, `emu:NAME`, `fault:NAME`, `fault:NAME@SEED` or
/// `good:NAME`. A drawn fault without a seed has seed 0.
///
/// # Errors
/// An unknown name, or what this CPU lacks; for a kernel in C, that no process calls it.
pub fn resolve(text: &str) -> Result<Box<dyn Subject>, ResolveError> {
    resolve_with(text, None)
}

/// The same, where `launch` starts the processes that call kernels in C.
///
/// # Errors
/// An unknown name, or what this machine lacks.
pub fn resolve_with(text: &str, launch: Option<&Launch>) -> Result<Box<dyn Subject>, ResolveError> {
    match text.split_once(':') {
        Some(("tier", name)) => resolve_tier(name),
        Some(("emu", _)) => resolve_tier(text),
        Some(("fault", name)) => resolve_fault(text, name),
        Some(("good", name)) => resolve_good(text, name, launch),
        _ => Err(ResolveError::Unknown {
            what: "subject (tier:NAME, fault:NAME, good:NAME)",
            name: text.to_owned(),
            nearest: None,
        }),
    }
}

fn resolve_tier(name: &str) -> Result<Box<dyn Subject>, ResolveError> {
    let (bare, is_emulated) = match name.strip_prefix("emu:") {
        Some(bare) => (bare, true),
        None => (name, false),
    };
    let tier: Tier = bare.parse().map_err(|_| ResolveError::Unknown {
        what: "tier",
        name: name.to_owned(),
        nearest: nearest(bare, Tier::ALL.iter().map(|tier| tier.name())).map(str::to_owned),
    })?;
    let subject = if is_emulated {
        TierSubject::emulated(tier)
    } else {
        TierSubject::native(tier)
    };
    subject
        .map(|subject| Box::new(subject) as Box<dyn Subject>)
        .ok_or_else(|| {
            let missing = tier.required().without(Features::detect());
            let reason = if is_emulated {
                "it has no software version: it is software".to_owned()
            } else {
                format!("this CPU lacks {missing}")
            };
            unavailable(name, reason)
        })
}

fn resolve_fault(text: &str, name: &str) -> Result<Box<dyn Subject>, ResolveError> {
    if let Some(of_reader) = reader_faults().iter().find(|fault| fault.name == name) {
        return Ok(of_reader.plant());
    }
    let (fault, seed) = find_fault(name)?;
    let subject = Planter::new(seed).plant(fault);
    subject.map_err(|reason| unavailable(text, reason))
}

/// The fixed fault of this name on `cpu`, interpreted.
///
/// # Errors
/// An unknown name, or that nobody can interpret it.
pub fn interpreted_fault(name: &str, cpu: Cpu) -> Result<Box<dyn Subject>, ResolveError> {
    let (fault, _) = find_fault(name)?;
    let reason = || unavailable(name, "its machine code cannot be interpreted".to_owned());
    let interpreted = InterpretedFault::new(fault, cpu).ok_or_else(reason)?;
    Ok(Box::new(interpreted))
}

/// The fault of NAME or NAME@SEED, and its seed. Fixed faults have none.
fn find_fault(text: &str) -> Result<(&'static FaultSpec, u64), ResolveError> {
    if let Some(fault) = in_process().find(|fault| !fault.is_drawn() && fault.name == text) {
        return Ok((fault, 0));
    }
    let (name, seed) = match text.split_once('@') {
        Some((name, seed)) => (name, parse_seed(seed).ok_or_else(|| unknown(text))?),
        None => (text, 0),
    };
    let drawn = in_process().find(|fault| fault.is_drawn() && fault.name == name);
    let fault = drawn.ok_or_else(|| unknown(name))?;
    Ok((fault, seed))
}

fn resolve_good(
    text: &str,
    name: &str,
    launch: Option<&Launch>,
) -> Result<Box<dyn Subject>, ResolveError> {
    let good = good_kernels().find(|good| good.name == name);
    let good = good.ok_or_else(|| unknown(name))?;
    let subject: Result<Box<dyn Subject>, String> = if good.is_in_library() {
        KeptLibrary::build(good, launch).map(|kept| Box::new(kept) as Box<dyn Subject>)
    } else {
        Planter::new(0).make_good(good)
    };
    subject.map_err(|reason| unavailable(text, reason))
}

/// The faults that have a name on the command line: the self-test alone builds the library.
fn in_process() -> impl Iterator<Item = &'static FaultSpec> {
    faults().filter(|fault| !fault.is_in_library())
}

fn parse_seed(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The name of a fault with its seed: a drawn one gets `seed`, unless its name has one.
pub fn add_seed(text: &str, seed: u64) -> String {
    let name = text.strip_prefix("fault:").unwrap_or(text);
    if in_process().any(|fault| fault.is_drawn() && fault.name == name) {
        format!("fault:{name}@{seed:#x}")
    } else {
        text.to_owned()
    }
}

fn unavailable(name: &str, reason: String) -> ResolveError {
    ResolveError::Unavailable {
        name: name.to_owned(),
        reason,
    }
}

fn unknown(name: &str) -> ResolveError {
    let of_readers = reader_faults().iter().map(|fault| fault.name);
    let faults = in_process().map(|fault| fault.name).chain(of_readers);
    let names = faults.chain(good_kernels().map(|good| good.name));
    ResolveError::Unknown {
        what: "fault or good kernel",
        name: name.to_owned(),
        nearest: nearest(name, names).map(str::to_owned),
    }
}
