//! This CPU with features hidden: native speed, and nothing to install.

use super::{CommandPrefix, Complaint, Emulator, EmulatorKind};
use crate::matrix::Cpu;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The start of every message of the masking program. It tells them from those of the masked
/// program.
pub const MESSAGE: &str = "crcheck mask-cpu: ";

/// crcheck itself as an emulator.
pub struct Mask {
    masker: PathBuf,
    matrix: Option<PathBuf>,
}

impl Mask {
    /// Checks that programs can be masked. `masker` is a crcheck that runs natively; `matrix` is
    /// the file that it reads instead of the built-in matrix.
    ///
    /// # Errors
    /// On other architectures than x86-64, which have no CPUID; if programs must not be traced.
    pub fn find(arch: &str, masker: &Path, matrix: Option<&Path>) -> Result<Self, String> {
        if arch != "x86_64" || std::env::consts::ARCH != arch {
            return Err(format!("{arch} has no CPUID here to be masked"));
        }
        #[cfg(target_arch = "x86_64")]
        crate::mask::check_permission().map_err(|error| error.to_string())?;
        Ok(Self {
            masker: masker.to_owned(),
            matrix: matrix.map(Path::to_owned),
        })
    }
}

impl Emulator for Mask {
    fn kind(&self) -> EmulatorKind {
        EmulatorKind::Mask
    }

    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    fn command_prefix(&self, cpu: &Cpu) -> Result<CommandPrefix, String> {
        let missing = cpu.missing_here();
        if !cpu.can_be_masked {
            return Err("hiding features cannot present it".to_owned());
        }
        if !missing.is_empty() {
            return Err(format!("this CPU lacks {}", missing.join(", ")));
        }
        let mut words: Vec<OsString> = vec![self.masker.clone().into(), "mask-cpu".into()];
        if let Some(matrix) = &self.matrix {
            words.extend(["--matrix".into(), matrix.clone().into()]);
        }
        words.extend([cpu.name.clone().into(), "--".into()]);
        Ok(CommandPrefix {
            words,
            variable: None,
        })
    }

    fn traps(&self) -> bool {
        false
    }

    fn explain(&self, stderr: &str) -> Option<Complaint> {
        let line = stderr.lines().find_map(|line| line.strip_prefix(MESSAGE))?;
        Some(Complaint::Broken(line.to_owned()))
    }
}
