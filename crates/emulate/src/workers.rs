//! The programs that run on the CPUs.

use crate::emulator::{CommandPrefix, Emulator, EmulatorKind, Installed};
use crate::matrix::Cpu;
use crate::path_error::PathError;
use crate::purity::{self, TierPurity};
use crcheck_harness::platform::code::elf::Image;
use crcheck_harness::report::Skipped;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The programs that run on the CPUs, by architecture.
#[derive(Clone, Debug)]
pub struct Workers(BTreeMap<String, PathBuf>);

/// Why a program cannot run on CPUs.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// It cannot be read.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Another one is of its architecture.
    #[error("{} is a second worker for {arch}", path.display())]
    Second {
        /// The program.
        path: PathBuf,
        /// The architecture.
        arch: String,
    },
}

/// The file of this program.
///
/// # Errors
/// If the operating system does not tell it.
pub fn this_program() -> Result<PathBuf, PathError> {
    std::env::current_exe().map_err(PathError::of("find", Path::new("/proc/self/exe")))
}

impl Workers {
    /// The given programs; this program if there are none.
    ///
    /// # Errors
    /// If one cannot be read, or two are of one architecture.
    pub fn find(given: &[PathBuf]) -> Result<Self, WorkerError> {
        if given.is_empty() {
            let arch = std::env::consts::ARCH.to_owned();
            return Ok(Self(BTreeMap::from([(arch, this_program()?)])));
        }
        let mut workers = BTreeMap::new();
        for path in given {
            let path = path.canonicalize().map_err(PathError::of("read", path))?;
            let image = Image::read(&path).map_err(PathError::of("run", &path))?;
            let arch = image.arch.to_owned();
            if workers.insert(arch.clone(), path.clone()).is_some() {
                return Err(WorkerError::Second { path, arch });
            }
        }
        Ok(Self(workers))
    }

    /// The programs, by architecture.
    pub fn by_arch(&self) -> &BTreeMap<String, PathBuf> {
        &self.0
    }

    /// The emulators of each architecture, see [`Installed::find`].
    pub fn installed(&self, masker: &Path, matrix: Option<&Path>) -> BTreeMap<String, Installed> {
        let find = |(arch, worker): (&String, &PathBuf)| {
            (arch.clone(), Installed::find(arch, worker, masker, matrix))
        };
        self.0.iter().map(find).collect()
    }

    /// The purity of the tiers' machine code, and the programs that cannot be read.
    pub fn purity(&self) -> (Vec<TierPurity>, Vec<Skipped>) {
        let mut read = Vec::new();
        let mut skipped = Vec::new();
        for (arch, path) in &self.0 {
            let checked = if arch == "x86_64" {
                let image = Image::read(path).map_err(|error| error.to_string());
                image.map(|image| {
                    let mut tiers = purity::check_tiers(&image);
                    tiers.iter_mut().for_each(|tier| tier.locate(path));
                    tiers
                })
            } else {
                Err(format!("crcheck cannot read machine code of {arch}"))
            };
            match checked {
                Ok(tiers) => read.extend(tiers),
                Err(reason) => {
                    let what = format!("purity of {}", path.display());
                    skipped.push(Skipped::new(what, reason, false));
                }
            }
        }
        (read, skipped)
    }
}

/// The emulator of `kinds` that presents `cpu` to the kernel of the CPU's architecture.
///
/// # Errors
/// Why there is none.
pub fn choose<'i>(
    cpu: &Cpu,
    installed: &'i BTreeMap<String, Installed>,
    kinds: &[EmulatorKind],
) -> Result<&'i dyn Emulator, String> {
    let (emulator, _) = of_arch(cpu, installed)?.choose(kinds, cpu)?;
    Ok(emulator)
}

/// The emulator of `kinds` under which a program of the CPU's architecture starts as if on `cpu`.
///
/// # Errors
/// Why there is none.
pub fn choose_for_program<'i>(
    cpu: &Cpu,
    installed: &'i BTreeMap<String, Installed>,
    kinds: &[EmulatorKind],
) -> Result<(&'i dyn Emulator, CommandPrefix), String> {
    of_arch(cpu, installed)?.choose_for_program(kinds, cpu)
}

fn of_arch<'i>(
    cpu: &Cpu,
    installed: &'i BTreeMap<String, Installed>,
) -> Result<&'i Installed, String> {
    installed
        .get(&cpu.arch)
        .ok_or_else(|| format!("there is no worker for {} (--worker)", cpu.arch))
}
