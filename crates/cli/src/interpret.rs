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
use std::str::FromStr;

/// A tier on an interpreted CPU, or why that one lacks it.
type Interpretable = Result<Box<dyn Subject>, String>;

/// What is interpreted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Interpret {
    /// The tiers that this CPU lacks, and functions of libraries, on a CPU with every extension.
    Lacking,
    /// Everything, as on this CPU.
    On(String),
}

/// The value of the option without a CPU. No CPU has such a name.
pub(crate) const LACKING: &str = "<lacking>";

impl FromStr for Interpret {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            LACKING => Ok(Self::Lacking),
            "" => Err(format!(
                "the name of a CPU is missing: --interpret alone, or --interpret={ANY}"
            )),
            name if name != ANY && name.eq_ignore_ascii_case(ANY) => {
                Err(format!("no CPU has this name; did you mean `{ANY}`?"))
            }
            name => Ok(Self::On(name.to_owned())),
        }
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
                "--interpret: {name} is a CPU of {}; only code of x86-64 can be interpreted",
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
    pub(crate) fn tier(&self, tier: Tier) -> Result<Option<Interpretable>, Failure> {
        if !self.takes(tier) {
            return Ok(None);
        }
        let cpu = self.cpu()?;
        let missing = missing_on(&cpu, tier);
        if !missing.is_empty() {
            let reason = format!("CPU {} lacks {}", cpu.name, missing.join(", "));
            return Ok(Some(Err(reason)));
        }
        let subject = InterpretedTier::new(tier, cpu);
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

/// The features that the tier requires and `cpu` cannot execute.
fn missing_on(cpu: &Cpu, tier: Tier) -> Vec<&'static str> {
    let required = tier.required().iter().map(|feature| feature.name());
    required
        .filter(|name| !cpu.extensions.contains(*name))
        .collect()
}

/// What a tier that is not available here says of it.
pub(crate) fn offer(tier: Tier) -> &'static str {
    if cfg!(target_arch = "x86_64") && is_of_this_architecture(tier) {
        "; with --interpret it is interpreted"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn a_tier_is_available_on_a_cpu_that_has_what_it_requires() {
        let on = |cpu: &str, tier| {
            let interpret: Interpret = cpu.parse().expect("a name");
            interpret.tier(tier).expect("a CPU").expect("interpreted")
        };
        assert!(on("haswell", Tier::X86Avx2Pclmul).is_ok());
        assert!(on("haswell", Tier::X86Pclmul).is_ok());
        assert!(on(ANY, Tier::X86Avx512VpclmulGfni).is_ok());
        let reason = on("haswell", Tier::X86Avx2Vpclmul).err();
        assert_eq!(reason.as_deref(), Some("CPU haswell lacks vpclmulqdq"));
        let reason = on("avx512-without-state", Tier::X86Avx512Vpclmul).err();
        assert!(reason.is_some_and(|reason| reason.contains("lacks avx512f")));
    }

    #[test]
    fn an_empty_name_and_one_in_capitals_are_refused() {
        assert_eq!(LACKING.parse(), Ok(Interpret::Lacking));
        assert!("".parse::<Interpret>().is_err());
        let any = "ANY".parse::<Interpret>();
        assert!(any.is_err_and(|text| text.contains("did you mean `any`?")));
    }
}
