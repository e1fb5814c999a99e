//! From names on a command line to subjects.

use crate::specimen::{Specimen, families};
use crate::{faults, good};
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu::Features;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::oracle::nearest;
use crcheck_harness::subject::library::{self, LibraryHere, LibrarySpec};
use crcheck_harness::subject::{ForeignError, Subject, TierSubject, available_tiers};
use crcheck_harness::verdict::ExitCode;

/// Why a name gives no subject.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// Nothing has this name; perhaps the second was meant.
    #[error("no {what} is called `{name}`{}", hint(nearest))]
    Unknown {
        /// `tier`, `fault` or `subject`.
        what: &'static str,
        /// The name.
        name: String,
        /// The nearest one.
        nearest: Option<String>,
    },
    /// It exists, but not here.
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
    /// The exit code that goes with it.
    pub const fn exit_code(&self) -> ExitCode {
        match self {
            Self::Unknown { .. } => ExitCode::Usage,
            Self::Unavailable { .. } => ExitCode::Unavailable,
            Self::Foreign(error) => error.exit_code(),
        }
    }
}

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or(String::new(), |nearest| {
        format!("; did you mean `{nearest}`?")
    })
}

/// The subject of `tier:NAME`, `tier:emu:NAME`, `emu:NAME`, `fault:NAME` or `good:NAME`.
///
/// # Errors
/// An unknown name, or what this CPU lacks.
pub fn resolve(text: &str) -> Result<Box<dyn Subject>, ResolveError> {
    match text.split_once(':') {
        Some(("tier", name)) => tier(name),
        Some(("emu", _)) => tier(text),
        Some(("fault" | "good", _)) => named(text),
        _ => Err(ResolveError::Unknown {
            what: "subject (tier:NAME, fault:NAME, good:NAME)",
            name: text.to_owned(),
            nearest: None,
        }),
    }
}

fn tier(name: &str) -> Result<Box<dyn Subject>, ResolveError> {
    let (bare, emulated) = match name.strip_prefix("emu:") {
        Some(bare) => (bare, true),
        None => (name, false),
    };
    let tier: Tier = bare.parse().map_err(|_| ResolveError::Unknown {
        what: "tier",
        name: name.to_owned(),
        nearest: nearest(bare, Tier::ALL.iter().map(|tier| tier.name())).map(str::to_owned),
    })?;
    let subject = if emulated {
        TierSubject::emulated(tier)
    } else {
        TierSubject::native(tier)
    };
    subject
        .map(|subject| Box::new(subject) as Box<dyn Subject>)
        .ok_or_else(|| {
            let missing = tier.required().without(Features::detect());
            let reason = if emulated {
                "it has no software version: it is software".to_owned()
            } else {
                format!("this CPU lacks {missing}")
            };
            ResolveError::Unavailable {
                name: name.to_owned(),
                reason,
            }
        })
}

/// The exhibit of this name, with or without `fault:` or `good:` before it; one of a family has its
/// seed behind the name, as in `fault:tail-dropped@0x5eed`.
///
/// # Errors
/// An unknown name, or what this CPU lacks.
pub fn named(text: &str) -> Result<Box<dyn Subject>, ResolveError> {
    if let Some(name) = text.strip_prefix("good:") {
        let found = good().iter().find(|good| good.name == name);
        return found.map(crate::Good::subject).ok_or_else(|| unknown(name));
    }
    let specimen = specimen(text.strip_prefix("fault:").unwrap_or(text))?;
    specimen
        .available()
        .map_err(|reason| ResolveError::Unavailable {
            name: text.to_owned(),
            reason,
        })?;
    Ok(specimen.subject())
}

/// The faulty kernel of a name; of a family the one of the seed behind `@`, or of seed 0.
fn specimen(text: &str) -> Result<Specimen, ResolveError> {
    if let Some(fault) = faults().find(|fault| fault.name == text) {
        return Ok(Specimen::of_fault(fault));
    }
    let (name, seed) = match text.split_once('@') {
        Some((name, seed)) => (name, parse_seed(seed).ok_or_else(|| unknown(text))?),
        None => (text, 0),
    };
    let family = families().find(|family| family.name == name);
    family
        .map(|family| Specimen::of_family(family, seed))
        .ok_or_else(|| unknown(name))
}

fn parse_seed(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The full name of a fault: that of a family is given the seed, unless it names one.
pub fn with_seed(text: &str, seed: u64) -> String {
    let name = text.strip_prefix("fault:").unwrap_or(text);
    if families().any(|family| family.name == name) {
        format!("fault:{name}@{seed:#x}")
    } else {
        text.to_owned()
    }
}

fn unknown(name: &str) -> ResolveError {
    let names = faults()
        .map(|fault| fault.name)
        .chain(families().map(|family| family.name))
        .chain(good().iter().map(|good| good.name));
    ResolveError::Unknown {
        what: "fault or good kernel",
        name: name.to_owned(),
        nearest: nearest(name, names).map(str::to_owned),
    }
}

/// The subjects that `CRCHECK_SUBJECT` asks for, or every available tier. `lib:PATH:SYMBOL` is loaded into
/// this process, and claims to compute CRC-32/ISO-HDLC.
///
/// # Errors
/// As [`resolve`], and for a library that cannot be called.
pub fn from_env() -> Result<Vec<Box<dyn Subject>>, ResolveError> {
    match std::env::var("CRCHECK_SUBJECT") {
        Ok(text) if !text.is_empty() => match text.strip_prefix("lib:") {
            Some(spec) => Ok(vec![library(spec)?]),
            None => Ok(vec![resolve(&text)?]),
        },
        _ => Ok(available_tiers()),
    }
}

fn library(text: &str) -> Result<Box<dyn Subject>, ResolveError> {
    let spec: LibrarySpec = text
        .parse()
        .map_err(|text| ResolveError::Foreign(ForeignError::Usage(text)))?;
    let spec = LibrarySpec {
        path: library::find(&spec.path),
        ..spec
    };
    Ok(Box::new(LibraryHere::load(spec, Model::CRC_32_ISO_HDLC)?))
}
