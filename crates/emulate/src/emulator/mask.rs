//! The CPU at hand, with features hidden: native speed, and no emulator to install.

use super::{Complaint, Emulator, Kind, Launch};
use crate::matrix::Cpu;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What every message of the masking program begins with, so that it is told from the masked one's.
pub const MESSAGE: &str = "crcheck mask-cpu: ";

/// This program as an emulator.
pub struct Mask {
    masker: PathBuf,
    matrix: Option<PathBuf>,
}

impl Mask {
    /// `masker` is a crcheck that runs natively.
    ///
    /// # Errors
    /// On other architectures than x86-64, where there is no CPUID; if programs may not be traced.
    pub fn find(arch: &str, masker: &Path, matrix: Option<&Path>) -> Result<Self, String> {
        if arch != "x86_64" || std::env::consts::ARCH != arch {
            return Err(format!("{arch} has no CPUID here to be masked"));
        }
        #[cfg(target_arch = "x86_64")]
        crate::mask::permission().map_err(|error| error.to_string())?;
        Ok(Self {
            masker: masker.to_owned(),
            matrix: matrix.map(Path::to_owned),
        })
    }
}

impl Emulator for Mask {
    fn kind(&self) -> Kind {
        Kind::Mask
    }

    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    fn launch(&self, cpu: &Cpu) -> Result<Launch, String> {
        let missing = cpu.missing_here();
        if !cpu.mask {
            return Err("it cannot be made by hiding features".to_owned());
        }
        if !missing.is_empty() {
            return Err(format!("this CPU lacks {}", missing.join(", ")));
        }
        let mut words: Vec<OsString> = vec![self.masker.clone().into(), "mask-cpu".into()];
        if let Some(matrix) = &self.matrix {
            words.extend(["--matrix".into(), matrix.clone().into()]);
        }
        words.extend([cpu.name.clone().into(), "--".into()]);
        Ok(Launch {
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
