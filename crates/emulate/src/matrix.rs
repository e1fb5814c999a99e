//! The CPUs that are emulated, as data.

use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu::{Feature, Features};
use crcheck_harness::oracle::nearest;
use crcheck_harness::platform::extension::{Extension, State};
use crcheck_harness::platform::files::regular;
use serde::Deserialize;
use std::path::Path;

/// The matrix that is part of the program.
const BUILT_IN: &str = include_str!("../cpus/cpus.toml");

/// CPUs, in the order of their file.
#[derive(Clone, Debug)]
pub struct Matrix(Vec<Cpu>);

/// A CPU that can be emulated.
#[derive(Clone, Debug)]
pub struct Cpu {
    /// The name on the command line and in reports.
    pub name: String,
    /// A description for people.
    pub title: String,
    /// The architecture, as Rust names it.
    pub arch: String,
    /// Its extensions, by the names that compilers use.
    pub extensions: Vec<String>,
    /// Its vendor; `None` on architectures whose CPUs do not tell it.
    pub vendor: Option<Vendor>,
    /// The registers that its operating system saves.
    pub state: State,
    /// The features that `CRCHECK_DISABLE` takes away before a tier is chosen, where no emulator
    /// can.
    pub disable: Option<String>,
    /// The tier that must be chosen.
    pub tier: Tier,
    /// A planted fault that must be caught on it, beside the one of its tier.
    pub plant: Option<String>,
    /// The `-cpu` of QEMU; `None` if QEMU cannot present the CPU.
    pub qemu: Option<String>,
    /// How SDE presents it; `None` if SDE cannot.
    pub sde: Option<SdeChip>,
    /// Whether a CPU with more features can present it by hiding them.
    pub can_be_masked: bool,
}

/// The vendor of an x86-64 CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vendor {
    /// Intel.
    Intel,
    /// AMD.
    Amd,
}

impl Vendor {
    /// EBX, EDX and ECX of CPUID leaf 0, as text.
    pub const fn text(self) -> &'static [u8; 12] {
        match self {
            Self::Intel => b"GenuineIntel",
            Self::Amd => b"AuthenticAMD",
        }
    }
}

/// How SDE presents a CPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SdeChip {
    /// The chip whose instructions are allowed, without the dash.
    pub chip: String,
    /// The name of a definition of CPUID, if it is not the chip's own.
    pub cpuid: Option<String>,
}

/// What is wrong with a matrix, or with the name of a CPU.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatrixError {
    /// The file cannot be read.
    #[error("cannot read {path}: {error}")]
    Io {
        /// The file.
        path: String,
        /// What the operating system says.
        error: String,
    },
    /// The file is not TOML, or not of this form.
    #[error("{path}: {error}")]
    Form {
        /// The file.
        path: String,
        /// What is wrong, and where.
        error: String,
    },
    /// A row is wrong.
    #[error("{path}: CPU `{cpu}`: {error}")]
    Row {
        /// The file.
        path: String,
        /// The row.
        cpu: String,
        /// What is wrong.
        error: String,
    },
    /// No row has this name.
    #[error("no CPU is called `{name}`{}", did_you_mean(nearest.as_deref()))]
    Unknown {
        /// The name.
        name: String,
        /// The name that comes nearest.
        nearest: Option<String>,
    },
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or(String::new(), |near| format!("; did you mean `{near}`?"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    cpu: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    title: String,
    #[serde(default = "x86_64")]
    arch: String,
    from: Option<String>,
    #[serde(default)]
    with: String,
    #[serde(default)]
    without: String,
    vendor: Option<Vendor>,
    state: Option<State>,
    disable: Option<String>,
    tier: String,
    plant: Option<String>,
    qemu: Option<String>,
    sde: Option<String>,
    sde_cpuid: Option<String>,
    mask: Option<bool>,
}

fn x86_64() -> String {
    "x86_64".to_owned()
}

impl Matrix {
    /// The matrix that is part of the program.
    ///
    /// # Panics
    /// If it is malformed, which a test excludes.
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN, "crates/emulate/cpus/cpus.toml")
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Reads a matrix from a file.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn read(path: &Path) -> Result<Self, MatrixError> {
        let name = path.display().to_string();
        let text =
            regular::read_text(path, regular::TEXT_BYTES_MAX).map_err(|error| MatrixError::Io {
                path: name.clone(),
                error: error.to_string(),
            })?;
        Self::parse(&text, &name)
    }

    fn parse(text: &str, path: &str) -> Result<Self, MatrixError> {
        let file: File = toml::from_str(text).map_err(|error| MatrixError::Form {
            path: path.to_owned(),
            error: error.to_string(),
        })?;
        let mut cpus: Vec<Cpu> = Vec::new();
        for row in file.cpu {
            let name = row.name.clone();
            let cpu = row.resolve(&cpus).map_err(|error| MatrixError::Row {
                path: path.to_owned(),
                cpu: name,
                error,
            })?;
            cpus.push(cpu);
        }
        Ok(Self(cpus))
    }

    /// Every CPU.
    pub fn cpus(&self) -> &[Cpu] {
        &self.0
    }

    /// The CPU of this name.
    ///
    /// # Errors
    /// [`MatrixError::Unknown`].
    pub fn named(&self, name: &str) -> Result<&Cpu, MatrixError> {
        let found = self.0.iter().find(|cpu| cpu.name == name);
        found.ok_or_else(|| MatrixError::Unknown {
            name: name.to_owned(),
            nearest: nearest(name, self.0.iter().map(|cpu| cpu.name.as_str())).map(str::to_owned),
        })
    }
}

impl Row {
    fn resolve(self, before: &[Cpu]) -> Result<Cpu, String> {
        if before.iter().any(|cpu| cpu.name == self.name) {
            return Err("there is another of this name before it".to_owned());
        }
        let base = match &self.from {
            None => None,
            Some(name) => {
                let base = before.iter().find(|cpu| cpu.name == *name);
                Some(base.ok_or_else(|| format!("`from` names `{name}`, which is not before it"))?)
            }
        };
        let mut extensions = base.map_or(Vec::new(), |base| base.extensions.clone());
        for name in self.with.split_whitespace() {
            require_known(&self.arch, name)?;
            extensions.push(name.to_owned());
        }
        for name in self.disable.iter().flat_map(|names| names.split(',')) {
            if self.arch == "x86_64" {
                let error = "`disable` is for architectures whose features cannot be hidden";
                return Err(error.to_owned());
            }
            require_known(&self.arch, name)?;
        }
        for name in self.without.split_whitespace() {
            if !extensions.iter().any(|has| has == name) {
                return Err(format!("`without` names `{name}`, which it does not have"));
            }
            extensions.retain(|has| has != name);
        }
        let tier: Tier = self.tier.parse().map_err(|error| {
            let near = nearest(&self.tier, Tier::ALL.iter().map(|tier| tier.name()));
            format!("`{}` is {error}{}", self.tier, did_you_mean(near))
        })?;
        let is_x86_64 = self.arch == "x86_64";
        if self.sde_cpuid.is_some() && self.sde.is_none() {
            return Err("`sde_cpuid` without `sde`".to_owned());
        }
        if self.vendor.is_some() && !is_x86_64 {
            return Err("`vendor` is for x86_64, where CPUs say who made them".to_owned());
        }
        let inherited = base.map_or(is_x86_64.then_some(Vendor::Intel), |base| base.vendor);
        Ok(Cpu {
            name: self.name,
            title: self.title,
            state: self.state.unwrap_or_else(|| needed_state(&extensions)),
            vendor: self.vendor.or(inherited),
            extensions,
            disable: self.disable,
            tier,
            plant: self.plant,
            qemu: self.qemu,
            sde: self.sde.map(|chip| SdeChip {
                chip,
                cpuid: self.sde_cpuid,
            }),
            can_be_masked: self.mask.unwrap_or(is_x86_64) && is_x86_64,
            arch: self.arch,
        })
    }
}

/// Refuses a feature that does not exist: on x86-64 one without a bit in CPUID, elsewhere one that
/// the kernel does not ask for.
fn require_known(arch: &str, name: &str) -> Result<(), String> {
    let exists = if arch == "x86_64" {
        Extension::named(name).is_some()
    } else {
        name.parse::<Feature>().is_ok()
    };
    if exists {
        Ok(())
    } else {
        Err(format!("`{name}` is no feature of {arch} that is known"))
    }
}

fn needed_state(extensions: &[String]) -> State {
    let states = extensions
        .iter()
        .filter_map(|name| Extension::named(name))
        .map(|extension| extension.state);
    states.max().unwrap_or_default()
}

impl Cpu {
    /// The features that the kernel must see: those that it asks for, that the CPU has, and whose
    /// registers the operating system saves; and the vendor. Those in `disable` are not among them.
    pub fn features(&self) -> Features {
        let disabled = self.disable.iter().flat_map(|names| names.split(','));
        let disabled: Vec<&str> = disabled.map(str::trim).collect();
        let usable = |name: &&String| {
            Extension::named(name).is_none_or(|extension| extension.state <= self.state)
        };
        self.extensions
            .iter()
            .filter(usable)
            .filter(|name| !disabled.contains(&name.as_str()))
            .filter_map(|name| name.parse::<Feature>().ok())
            .chain((self.vendor == Some(Vendor::Amd)).then_some(Feature::Amd))
            .collect()
    }

    /// The features that this machine's CPU lacks to present it by hiding others.
    pub fn missing_here(&self) -> Vec<&str> {
        let is_absent = |name: &&String| {
            Extension::named(name).is_none_or(|extension| extension.absence().is_some())
        };
        // A feature that no tier uses need not be there.
        self.extensions
            .iter()
            .filter(|name| name.parse::<Feature>().is_ok())
            .filter(is_absent)
            .map(String::as_str)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file and the kernel's pure function must agree.
    #[test]
    fn the_tier_of_each_cpu_is_the_one_that_its_features_select() {
        for cpu in Matrix::built_in().cpus() {
            let selected = Tier::select(&cpu.features());
            assert_eq!(cpu.tier, selected, "{} has {:?}", cpu.name, cpu.features());
        }
    }

    #[test]
    fn the_matrix_has_every_cpu_that_a_dispatcher_must_distinguish() {
        let matrix = Matrix::built_in();
        for name in [
            "penryn",
            "nehalem",
            "westmere",
            "sandy-bridge",
            "haswell",
            "excavator",
            "zen2",
            "skylake-x",
            "ice-lake",
            "alder-lake",
            "zen3",
            "zen4",
            "sapphire-rapids",
            "pclmul-without-avx",
            "avx-without-avx2",
            "avx2-without-pclmul",
        ] {
            assert!(matrix.named(name).is_ok(), "{name}");
        }
        for tier in Tier::ALL {
            let has_cpu = matrix.cpus().iter().any(|cpu| cpu.tier == *tier);
            assert!(has_cpu, "no CPU is expected to choose {tier}");
        }
    }

    #[test]
    fn a_dispatcher_that_asks_for_avx2_alone_is_planted_wherever_it_is_wrong() {
        for cpu in Matrix::built_in().cpus() {
            let features = cpu.features();
            let is_tempting = features.contains(Feature::Avx2)
                && features.contains(Feature::Pclmulqdq)
                && !features.contains(Feature::Vpclmulqdq);
            let is_planted = cpu.plant.as_deref() == Some("dispatch-avx2-runs-vpclmul");
            assert_eq!(is_tempting, is_planted, "{}", cpu.name);
        }
    }

    #[test]
    fn an_unknown_cpu_is_refused_with_the_nearest() {
        let error = Matrix::built_in().named("nehalm").expect_err("unknown");
        assert!(error.to_string().ends_with("did you mean `nehalem`?"));
    }

    #[test]
    fn a_malformed_row_is_refused_with_what_is_wrong() {
        let row = |text: &str| {
            let file = format!("[[cpu]]\nname = 'a'\ntitle = 'A'\n{text}");
            Matrix::parse(&file, "file")
                .expect_err("malformed")
                .to_string()
        };
        for (text, what) in [
            ("tier = 'x86-pclmull'", "did you mean `x86-pclmul`?"),
            ("tier = 'portable'\nwith = 'avx9'", "`avx9` is no feature"),
            ("tier = 'portable'\nwithout = 'avx'", "does not have"),
            ("tier = 'portable'\nfrom = 'b'", "not before it"),
            ("tier = 'portable'\nqmeu = 'x'", "unknown field"),
            ("tier = 'portable'\nsde_cpuid = 'x'", "without `sde`"),
            ("tier = 'portable'\nvendor = 'via'", "unknown variant `via`"),
            (
                "arch = 'aarch64'\ntier = 'portable'\nvendor = 'amd'",
                "`vendor` is for x86_64",
            ),
            ("tier = 'portable'\ndisable = 'avx'", "cannot be hidden"),
            (
                "arch = 'aarch64'\ntier = 'portable'\ndisable = 'sha9'",
                "`sha9` is no feature",
            ),
            ("", "missing field `tier`"),
            (
                "tier = 'portable'\n[[cpu]]\nname = 'a'\ntitle = 'B'\ntier = 'portable'",
                "another",
            ),
        ] {
            assert!(row(text).contains(what), "{}", row(text));
        }
    }
}
