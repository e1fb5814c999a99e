//! Emulators: which are installed, how they present a CPU, and what their messages mean.

mod interpret;
pub mod mask;
mod qemu;
mod sde;

use crate::child_process::{self, ChildEnding};
use crate::matrix::Cpu;
use crcheck_harness::subject::ExecutedBy;
use serde::Serialize;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

pub use interpret::Interpret;
pub use mask::Mask;
pub use qemu::Qemu;
pub use sde::Sde;

/// The kinds of emulators, in the order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EmulatorKind {
    /// Intel Software Development Emulator.
    Sde,
    /// QEMU user mode.
    Qemu,
    /// This CPU, with features hidden.
    Mask,
    /// crcheck's interpreter of machine code.
    Interpret,
}

impl EmulatorKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Sde, Self::Qemu, Self::Mask, Self::Interpret];

    /// The name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sde => "sde",
            Self::Qemu => "qemu",
            Self::Mask => "mask",
            Self::Interpret => "interpret",
        }
    }

    /// What executes the code of a kernel on it.
    pub const fn executed_by(self) -> ExecutedBy {
        match self {
            Self::Sde | Self::Qemu => ExecutedBy::Emulator,
            Self::Mask => ExecutedBy::Hardware,
            Self::Interpret => ExecutedBy::Interpretation,
        }
    }
}

impl fmt::Display for EmulatorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for EmulatorKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| {
            format!("no emulator is called `{name}` (auto, sde, qemu, mask, interpret)")
        })
    }
}

/// An emulator that is installed.
pub trait Emulator: Send + Sync {
    /// Its kind.
    fn kind(&self) -> EmulatorKind;

    /// Its version, as it prints it.
    fn version(&self) -> &str;

    /// How a program starts as if on `cpu`.
    ///
    /// # Errors
    /// Why this emulator cannot present the CPU.
    fn command_prefix(&self, cpu: &Cpu) -> Result<CommandPrefix, String>;

    /// How it presents `cpu` to the kernel of this program.
    ///
    /// # Errors
    /// Why it cannot.
    fn present(&self, cpu: &Cpu) -> Result<Presentation, String> {
        self.command_prefix(cpu).map(Presentation::Program)
    }

    /// Whether it refuses instructions that the CPU does not have.
    fn traps(&self) -> bool;

    /// What its messages on stderr mean; `None` if it has no complaint.
    fn explain(&self, stderr: &str) -> Option<Complaint>;
}

/// How a program starts under an emulator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandPrefix {
    /// The words that stand before the program and its arguments.
    pub words: Vec<OsString>,
    /// A variable of the environment, and its value.
    pub variable: Option<(&'static str, &'static str)>,
}

impl CommandPrefix {
    /// The command that starts `program` under the emulator.
    pub fn command(&self, program: &Path) -> Command {
        let (first, rest) = self.words.split_first().expect("an emulator is a program");
        let mut command = Command::new(first);
        command.envs(self.variable);
        command.args(rest).arg(program);
        command
    }
}

/// How an emulator presents a CPU to the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presentation {
    /// A program with the kernel starts under it.
    Program(CommandPrefix),
    /// This process interprets the kernel's code.
    Interpretation,
}

/// A complaint of an emulator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Complaint {
    /// The program executed an instruction that the CPU does not have: the emulator's message.
    Illegal(String),
    /// The emulator itself could not go on: its message, and what the user can do.
    Broken(String),
}

/// An emulator, or the reason why it cannot be used.
type Found = Result<Box<dyn Emulator>, String>;

/// Every kind of emulator for programs of one architecture: found, or the reason why not.
pub struct Installed(Vec<(EmulatorKind, Found)>);

impl Installed {
    /// Looks for the emulators of `worker`, a program for `arch`. `masker` is a crcheck that runs
    /// natively; `matrix` is the file that it reads instead of the built-in matrix.
    pub fn find(arch: &str, worker: &Path, masker: &Path, matrix: Option<&Path>) -> Self {
        fn boxed<E: Emulator + 'static>(found: Result<E, String>) -> Found {
            found.map(|emulator| Box::new(emulator) as Box<dyn Emulator>)
        }
        let interpret = Interpret::find(arch, worker == masker);
        Self(vec![
            (EmulatorKind::Sde, boxed(Sde::find(arch))),
            (EmulatorKind::Qemu, boxed(Qemu::find(arch))),
            (EmulatorKind::Mask, boxed(Mask::find(arch, masker, matrix))),
            (EmulatorKind::Interpret, boxed(interpret)),
        ])
    }

    /// The first of `kinds` that is installed and can present `cpu` to the kernel.
    ///
    /// # Errors
    /// The reasons of all of them.
    pub fn choose(
        &self,
        kinds: &[EmulatorKind],
        cpu: &Cpu,
    ) -> Result<(&dyn Emulator, Presentation), String> {
        self.first(kinds, |emulator| emulator.present(cpu))
    }

    /// The first of `kinds` that is installed and starts programs as if on `cpu`.
    ///
    /// # Errors
    /// The reasons of all of them.
    pub fn choose_for_program(
        &self,
        kinds: &[EmulatorKind],
        cpu: &Cpu,
    ) -> Result<(&dyn Emulator, CommandPrefix), String> {
        self.first(kinds, |emulator| emulator.command_prefix(cpu))
    }

    fn first<T>(
        &self,
        kinds: &[EmulatorKind],
        present: impl Fn(&dyn Emulator) -> Result<T, String>,
    ) -> Result<(&dyn Emulator, T), String> {
        let mut reasons = Vec::new();
        for (kind, found) in self.0.iter().filter(|(kind, _)| kinds.contains(kind)) {
            let presented = found
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|emulator| Ok((emulator.as_ref(), present(emulator.as_ref())?)));
            match presented {
                Ok(chosen) => return Ok(chosen),
                Err(reason) => reasons.push(format!("{kind}: {reason}")),
            }
        }
        Err(reasons.join("; "))
    }
}

/// How long an emulator may take to print its version.
const VERSION_TIME: Duration = Duration::from_secs(20);

/// What `program` prints when `option` asks for its version.
fn version_text(program: &Path, option: &str) -> Result<String, String> {
    let shown = program.display();
    let mut command = Command::new(program);
    command.arg(option);
    let finished = child_process::run(&mut command, VERSION_TIME, &AtomicBool::new(false))
        .map_err(|error| format!("{shown} does not start: {error}"))?;
    match finished.ending {
        ChildEnding::Ended(status) if status.success() => Ok(finished.stdout + &finished.stderr),
        ChildEnding::Ended(status) => Err(format!("{shown} {option} ends with {status}")),
        ChildEnding::DeadlinePassed | ChildEnding::Interrupted => Err(format!(
            "{shown} {option} does not end within {} s",
            VERSION_TIME.as_secs()
        )),
    }
}

/// The number that follows the word "version", such as `10.0.2`.
fn parse_version(text: &str) -> Option<&str> {
    let lower = text.to_lowercase();
    let at = lower.find("version")? + "version".len();
    let rest = text.get(at..)?.trim_start_matches([':', ' ']);
    let end = rest
        .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .unwrap_or(rest.len());
    let number = rest[..end].trim_end_matches('.');
    (!number.is_empty()).then_some(number)
}

/// The first file of these names on PATH.
fn find_on_path(names: &[String]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    names
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}

/// The last lines of a text, in one line: enough to see what happened.
pub(crate) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(4)..].join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_emulators_print_them() {
        for (text, version) in [
            (
                "qemu-x86_64 version 7.2.22 (Debian 1:7.2+dfsg-7)",
                Some("7.2.22"),
            ),
            (
                "Software Development Emulator.  Version:  9.33.0 external",
                Some("9.33.0"),
            ),
            ("version unknown", None),
            ("no number", None),
        ] {
            assert_eq!(parse_version(text), version);
        }
    }
}
