//! Emulators: finding one, having it present a CPU, and understanding what it says.

pub mod mask;
mod qemu;
mod sde;

use crate::matrix::Cpu;
use serde::Serialize;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

pub use mask::Mask;
pub use qemu::Qemu;
pub use sde::Sde;

/// The emulators, in the order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Intel Software Development Emulator.
    Sde,
    /// QEMU user mode.
    Qemu,
    /// The CPU at hand, with features hidden.
    Mask,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Sde, Self::Qemu, Self::Mask];

    /// The name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sde => "sde",
            Self::Qemu => "qemu",
            Self::Mask => "mask",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| format!("no emulator is called `{name}` (auto, sde, qemu, mask)"))
    }
}

/// An emulator that is installed.
pub trait Emulator: Send + Sync {
    /// Which.
    fn kind(&self) -> Kind;

    /// Its version, as it gives it.
    fn version(&self) -> &str;

    /// How a program is started as if on `cpu`.
    ///
    /// # Errors
    /// Why this emulator cannot present it.
    fn launch(&self, cpu: &Cpu) -> Result<Launch, String>;

    /// Whether it refuses the instructions that the CPU does not have.
    fn traps(&self) -> bool;

    /// What its messages on stderr mean, if it says that something went wrong.
    fn explain(&self, stderr: &str) -> Option<Complaint>;
}

/// How a program is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// What stands before the program and its arguments.
    pub words: Vec<OsString>,
    /// A variable of the environment, and its value.
    pub variable: Option<(&'static str, &'static str)>,
}

impl Launch {
    /// The command that starts `program` behind this.
    pub fn command(&self, program: &Path) -> Command {
        let (first, rest) = self.words.split_first().expect("an emulator is a program");
        let mut command = Command::new(first);
        command.envs(self.variable);
        command.args(rest).arg(program);
        command
    }
}

/// What an emulator complains of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Complaint {
    /// The program executed an instruction that the CPU does not have.
    Illegal(String),
    /// The emulator itself could not go on: what happened, and what to do.
    Broken(String),
}

/// An emulator, or the reason why it cannot be used.
type Found = Result<Box<dyn Emulator>, String>;

/// Every kind of emulator for programs of `arch`: found, or the reason why not.
pub struct Installed(Vec<(Kind, Found)>);

impl Installed {
    /// Looks for them. `masker` is the crcheck that masks natively; `matrix` the file that it shall
    /// read instead of the built-in one.
    pub fn find(arch: &str, masker: &Path, matrix: Option<&Path>) -> Self {
        fn boxed<E: Emulator + 'static>(found: Result<E, String>) -> Found {
            found.map(|emulator| Box::new(emulator) as Box<dyn Emulator>)
        }
        Self(vec![
            (Kind::Sde, boxed(Sde::find(arch))),
            (Kind::Qemu, boxed(Qemu::find(arch))),
            (Kind::Mask, boxed(Mask::find(arch, masker, matrix))),
        ])
    }

    /// The first of `kinds` that is installed and presents `cpu`.
    ///
    /// # Errors
    /// The reasons of all of them.
    pub fn choose(&self, kinds: &[Kind], cpu: &Cpu) -> Result<(&dyn Emulator, Launch), String> {
        let mut reasons = Vec::new();
        for (kind, found) in self.0.iter().filter(|(kind, _)| kinds.contains(kind)) {
            let presented = found
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|emulator| Ok((emulator.as_ref(), emulator.launch(cpu)?)));
            match presented {
                Ok(chosen) => return Ok(chosen),
                Err(reason) => reasons.push(format!("{kind}: {reason}")),
            }
        }
        Err(reasons.join("; "))
    }
}

/// How long an emulator may take to say its version.
const VERSION_TIME: Duration = Duration::from_secs(20);

/// What `program` prints when it is asked for its version.
fn version_text(program: &Path, option: &str) -> Result<String, String> {
    let shown = program.display();
    let mut command = Command::new(program);
    command.arg(option);
    let ended = crate::program::run(&mut command, VERSION_TIME, &AtomicBool::new(false))
        .map_err(|error| format!("{shown} does not start: {error}"))?;
    match ended.how {
        crate::program::How::Itself(status) if status.success() => Ok(ended.stdout + &ended.stderr),
        crate::program::How::Itself(status) => Err(format!("{shown} {option} ends with {status}")),
        _ => Err(format!(
            "{shown} {option} does not end within {} s",
            VERSION_TIME.as_secs()
        )),
    }
}

/// The number that follows the word "version", such as `10.0.2`.
fn version_in(text: &str) -> Option<&str> {
    let lower = text.to_lowercase();
    let at = lower.find("version")? + "version".len();
    let rest = text.get(at..)?.trim_start_matches([':', ' ']);
    let end = rest
        .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .unwrap_or(rest.len());
    let number = rest[..end].trim_end_matches('.');
    (!number.is_empty()).then_some(number)
}

/// The first executable of these names on PATH.
fn on_path(names: &[String]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    names
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}

/// The last lines of a text, enough to see what happened.
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
            assert_eq!(version_in(text), version);
        }
    }
}
