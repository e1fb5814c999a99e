//! QEMU user mode.
//!
//! It interprets every instruction and refuses those that the model lacks with SIGILL. It knows
//! extensions up to AVX2, and no VPCLMULQDQ, GFNI or AVX-512. A program that is started with exec
//! leaves it.

use super::{
    CommandPrefix, Complaint, Emulator, EmulatorKind, find_on_path, parse_version, version_text,
};
use crate::matrix::Cpu;
use std::path::{Path, PathBuf};

/// The oldest version that works, major and minor: older ones have no AVX on x86-64, no
/// `riscv_hwprobe` on RISC-V and no Neoverse V1 on ARM.
fn oldest_version(arch: &str) -> (u32, u32) {
    if arch == "x86_64" { (7, 2) } else { (10, 0) }
}

/// Keeps the C library from copying and searching in AVX vectors. QEMU interprets them, and a leg
/// takes three to four times as long. CPUID stays as it is. QEMU's own option for variables splits
/// at commas.
const GLIBC_WITHOUT_AVX2: (&str, &str) = (
    "GLIBC_TUNABLES",
    "glibc.cpu.hwcaps=-AVX2,-AVX_Fast_Unaligned_Load",
);

/// An installed QEMU for one architecture.
pub struct Qemu {
    path: PathBuf,
    version: String,
}

impl Qemu {
    /// Finds the emulator of programs for `arch`: `CRCHECK_QEMU`, which names it or its folder,
    /// else `qemu-ARCH` on PATH.
    ///
    /// # Errors
    /// Why none can be used.
    pub fn find(arch: &str) -> Result<Self, String> {
        let path = Self::find_path(arch)?;
        let text = version_text(&path, "--version")?;
        let shown = path.display();
        let version = parse_version(&text).ok_or_else(|| {
            let first = text.lines().next().unwrap_or_default();
            format!("{shown} --version is not understood: `{first}`")
        })?;
        let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
        let found: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        let (major, minor) = oldest_version(arch);
        if found < (major, minor) {
            return Err(format!(
                "{shown} is QEMU {version}; {major}.{minor} or newer is needed"
            ));
        }
        Ok(Self {
            version: version.to_owned(),
            path,
        })
    }

    fn find_path(arch: &str) -> Result<PathBuf, String> {
        let name = format!("qemu-{}", qemu_arch(arch));
        if let Some(given) = std::env::var_os("CRCHECK_QEMU").filter(|given| !given.is_empty()) {
            let given = PathBuf::from(given);
            let file = if given.is_dir() {
                given.join(&name)
            } else {
                given
            };
            return if is_for(&file, &name) && file.is_file() {
                Ok(file)
            } else {
                Err(format!("CRCHECK_QEMU names no {name}: {}", file.display()))
            };
        }
        find_on_path(&[name.clone(), format!("{name}-static")])
            .ok_or_else(|| format!("{name} is not on PATH; scripts/emulate installs it"))
    }
}

/// Whether a file that the user names can be the emulator of this name. A QEMU for another
/// architecture refuses the program with a message that does not help.
fn is_for(file: &Path, name: &str) -> bool {
    let stem = file.file_name().unwrap_or_default().to_string_lossy();
    !stem.starts_with("qemu-") || stem == name || stem == format!("{name}-static")
}

/// QEMU's name for an architecture of Rust.
fn qemu_arch(arch: &str) -> &str {
    match arch {
        "x86" => "i386",
        "powerpc64" => "ppc64le",
        other => other,
    }
}

impl Emulator for Qemu {
    fn kind(&self) -> EmulatorKind {
        EmulatorKind::Qemu
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn command_prefix(&self, cpu: &Cpu) -> Result<CommandPrefix, String> {
        let Some(model) = &cpu.qemu else {
            return Err("no version has a model with its features".to_owned());
        };
        let words = [self.path.as_os_str(), "-cpu".as_ref(), model.as_ref()];
        Ok(CommandPrefix {
            words: words.map(ToOwned::to_owned).to_vec(),
            variable: (cpu.arch == "x86_64").then_some(GLIBC_WITHOUT_AVX2),
        })
    }

    fn traps(&self) -> bool {
        true
    }

    fn explain(&self, stderr: &str) -> Option<Complaint> {
        let line = |what: &str| stderr.lines().find(|line| line.contains(what));
        if line("uncaught target signal 4").is_some() {
            let text = line("illegal instruction: ");
            let text = text.unwrap_or("an illegal instruction, which QEMU does not name");
            return Some(Complaint::Illegal(text.to_owned()));
        }
        if let Some(line) = line("uncaught target signal") {
            return Some(Complaint::Broken(format!("the program died: {line}")));
        }
        if let Some(line) = line("unable to find CPU model") {
            return Some(Complaint::Broken(format!(
                "{line}; `{} -cpu help` lists what QEMU {} has",
                self.path.display(),
                self.version
            )));
        }
        if let Some(line) = line("Could not open '/lib") {
            return Some(Complaint::Broken(format!(
                "{line}: QEMU_LD_PREFIX must name the system of the program's architecture"
            )));
        }
        None
    }
}
