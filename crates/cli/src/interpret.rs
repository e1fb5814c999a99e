//! Subjects whose machine code is interpreted, from options.

use crate::failure::Failure;
use crcheck_emulate::matrix::Matrix;
use crcheck_emulate::{every_extension, interpreted_cpu};
use crcheck_harness::kernel::Tier;
use crcheck_harness::machine::Cpu;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::subject::interpretation::{InterpretedLibrary, InterpretedTier};
use crcheck_harness::subject::library::LibrarySpec;
use crcheck_harness::subject::{Subject, is_of_this_architecture, missing_features};
use std::convert::Infallible;
use std::str::FromStr;

/// What is interpreted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Interpret {
    /// The tiers that this CPU lacks, and functions of libraries, on a CPU with every extension.
    Lacking,
    /// Everything, as on this CPU.
    On(String),
}

impl FromStr for Interpret {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(match name {
            "" => Self::Lacking,
            name => Self::On(name.to_owned()),
        })
    }
}

/// The CPU that has every extension, by its name on the command line.
const ANY: &str = "any";

impl Interpret {
    /// The CPU.
    fn cpu(&self) -> Result<Cpu, Failure> {
        if cfg!(not(target_arch = "x86_64")) {
            let text = "--interpret interprets machine code of x86-64: it is not available here";
            return Err(Failure::new(ExitCode::Unavailable, text));
        }
        let name = match self {
            Self::Lacking => return Ok(every_extension()),
            Self::On(name) if name == ANY => return Ok(every_extension()),
            Self::On(name) => name,
        };
        let matrix = Matrix::built_in();
        let usage = |text: String| Failure::new(ExitCode::Usage, text);
        let cpu = matrix.named(name).map_err(|error| {
            usage(format!(
                "--interpret: {error} (`crcheck emulate --list` lists them; `{ANY}` has every \
                 extension)"
            ))
        })?;
        if cpu.arch != "x86_64" {
            return Err(usage(format!(
                "--interpret: {name} is of {}; machine code of x86-64 is interpreted",
                cpu.arch
            )));
        }
        Ok(interpreted_cpu(cpu))
    }

    /// Whether this tier is interpreted.
    fn takes(&self, tier: Tier) -> bool {
        is_of_this_architecture(tier)
            && (matches!(self, Self::On(_)) || !missing_features(tier).is_empty())
    }

    /// A built-in tier, unless it runs on this CPU. The inner error says what the interpreted CPU
    /// lacks.
    pub(crate) fn tier(
        &self,
        tier: Tier,
    ) -> Result<Option<Result<Box<dyn Subject>, String>>, Failure> {
        if !self.takes(tier) {
            return Ok(None);
        }
        let subject = InterpretedTier::new(tier, self.cpu()?);
        Ok(Some(subject.map(|subject| Box::new(subject) as _)))
    }

    /// A function of a library.
    pub(crate) fn library(
        &self,
        spec: LibrarySpec,
        model: Model,
    ) -> Result<Box<dyn Subject>, Failure> {
        Ok(Box::new(InterpretedLibrary::new(spec, model, self.cpu()?)?))
    }
}

/// What a tier that is not available here says of it.
pub(crate) fn offer(tier: Tier) -> &'static str {
    if cfg!(target_arch = "x86_64") && is_of_this_architecture(tier) {
        "; --interpret runs it without them, interpreted"
    } else {
        ""
    }
}
