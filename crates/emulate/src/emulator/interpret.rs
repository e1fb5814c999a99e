//! crcheck's own interpreter of machine code: every CPU of x86-64, on any of them.
//!
//! It interprets the kernel of this process. No program starts under it.

use super::{CommandPrefix, Complaint, Emulator, EmulatorKind, Presentation};
use crate::matrix::Cpu;

/// The interpreter.
pub struct Interpret;

impl Interpret {
    /// Checks that the kernel of programs for `arch` can be interpreted. `is_this_program` says
    /// whether that is this program.
    ///
    /// # Errors
    /// Elsewhere than on x86-64 under Linux; if the program is another one.
    pub fn find(arch: &str, is_this_program: bool) -> Result<Self, String> {
        if arch != "x86_64" {
            return Err(format!(
                "it interprets machine code of x86_64, not of {arch}"
            ));
        }
        if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
            return Err("it is available on x86_64 under Linux alone".to_owned());
        }
        if !is_this_program {
            let reason = "it interprets the kernel of this crcheck, and the worker is another one";
            return Err(reason.to_owned());
        }
        Ok(Self)
    }
}

impl Emulator for Interpret {
    fn kind(&self) -> EmulatorKind {
        EmulatorKind::Interpret
    }

    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    fn command_prefix(&self, _: &Cpu) -> Result<CommandPrefix, String> {
        let reason = "it interprets the kernel of crcheck, and starts no program";
        Err(reason.to_owned())
    }

    fn present(&self, _: &Cpu) -> Result<Presentation, String> {
        Ok(Presentation::Interpretation)
    }

    fn traps(&self) -> bool {
        true
    }

    fn explain(&self, _: &str) -> Option<Complaint> {
        None
    }
}
