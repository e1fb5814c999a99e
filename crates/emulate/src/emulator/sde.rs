//! Intel Software Development Emulator: every chip of Intel, and others by a definition of CPUID.
//!
//! The options and messages are those of its documentation, and of Pin's, which it is built on.

use super::{
    CommandPrefix, Complaint, Emulator, EmulatorKind, find_on_path, parse_version, version_text,
};
use crate::matrix::Cpu;
use crcheck_harness::platform::leftovers::ScratchFolder;
use std::ffi::OsString;
use std::path::PathBuf;

/// What CPUID says on CPUs that are no chips of SDE, by the name of the row.
const DEFINITIONS: [(&str, &str); 4] = [
    ("excavator", include_str!("../../cpus/sde/excavator.def")),
    ("zen2", include_str!("../../cpus/sde/zen2.def")),
    ("zen3", include_str!("../../cpus/sde/zen3.def")),
    ("zen4", include_str!("../../cpus/sde/zen4.def")),
];

/// An installed SDE.
pub struct Sde {
    path: PathBuf,
    version: String,
    /// The folder of the definitions while SDE is in use.
    definitions: ScratchFolder,
}

impl Sde {
    /// Finds `sde64` in the folder that `SDE_PATH` names, else on PATH.
    ///
    /// # Errors
    /// Why none can be used.
    pub fn find(arch: &str) -> Result<Self, String> {
        if arch != "x86_64" {
            return Err(format!("it runs no programs for {arch}"));
        }
        let path = Self::find_path()?;
        let text = version_text(&path, "-version")?;
        let version = parse_version(&text).ok_or_else(|| {
            let first = text.lines().next().unwrap_or_default();
            format!("{} -version is not understood: `{first}`", path.display())
        })?;
        let definitions = ScratchFolder::new().map_err(|error| error.to_string())?;
        for (name, text) in DEFINITIONS {
            std::fs::write(definitions.path().join(format!("{name}.def")), text)
                .map_err(|error| error.to_string())?;
        }
        Ok(Self {
            version: version.to_owned(),
            path,
            definitions,
        })
    }

    fn find_path() -> Result<PathBuf, String> {
        if let Some(folder) = std::env::var_os("SDE_PATH").filter(|folder| !folder.is_empty()) {
            let file = PathBuf::from(folder).join("sde64");
            return if file.is_file() {
                Ok(file)
            } else {
                Err(format!("SDE_PATH holds no sde64: {}", file.display()))
            };
        }
        find_on_path(&["sde64".to_owned()])
            .ok_or_else(|| "sde64 is not on PATH, and SDE_PATH is not set".to_owned())
    }
}

impl Emulator for Sde {
    fn kind(&self) -> EmulatorKind {
        EmulatorKind::Sde
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn command_prefix(&self, cpu: &Cpu) -> Result<CommandPrefix, String> {
        let Some(sde) = &cpu.sde else {
            return Err("it has no chip with these features".to_owned());
        };
        // The vdso and the loader may know more than the chip: the program alone is checked.
        let mut words: Vec<OsString> = vec![
            self.path.clone().into(),
            format!("-{}", sde.chip).into(),
            "-chip_check_exe_only".into(),
        ];
        if let Some(name) = &sde.cpuid {
            if !DEFINITIONS.iter().any(|(known, _)| known == name) {
                return Err(format!(
                    "there is no definition crates/emulate/cpus/sde/{name}.def"
                ));
            }
            words.push("-cpuid-in".into());
            words.push(self.definitions.path().join(format!("{name}.def")).into());
        }
        words.push("--".into());
        Ok(CommandPrefix {
            words,
            variable: None,
        })
    }

    fn traps(&self) -> bool {
        true
    }

    fn explain(&self, stderr: &str) -> Option<Complaint> {
        let line = |what: &str| stderr.lines().find(|line| line.contains(what));
        if let Some(refused) = line("not valid for specified chip") {
            let details = ["Image:", "Function:", "Instruction bytes are:"]
                .into_iter()
                .filter_map(line);
            let parts = [refused].into_iter().chain(details).map(str::trim);
            let text = parts.collect::<Vec<&str>>().join("; ");
            return Some(Complaint::Illegal(text));
        }
        let broken =
            |line: &str, hint: &str| Some(Complaint::Broken(format!("{}: {hint}", line.trim())));
        if let Some(line) = line("ptrace_scope").or_else(|| line("Attach to pid")) {
            return broken(
                line,
                "Pin must be allowed to trace: sysctl kernel.yama.ptrace_scope=0, as root",
            );
        }
        let lower = stderr.to_lowercase();
        if let Some(at) = lower
            .find("unknown chip")
            .or_else(|| lower.find("unknown option"))
        {
            let line = lower[..at].lines().count().saturating_sub(1);
            let line = stderr.lines().nth(line).unwrap_or_default();
            return broken(
                line,
                "this version does not know the chip; \
                 `sde64 -chip-check-list` lists those that it knows",
            );
        }
        if let Some(line) =
            line("caused signal").or_else(|| line("Pin is exiting due to fatal error"))
        {
            return broken(
                line,
                "Pin itself has crashed; another version of SDE may not",
            );
        }
        if let Some(line) = line("SDE-ERROR").or_else(|| line("SDE ERROR")) {
            return broken(line, "SDE cannot go on");
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;
    use crcheck_harness::kernel::Tier;
    use crcheck_harness::kernel::cpu::{CpuidWords, Features};

    /// EAX, EBX, ECX, EDX of a leaf in a definition.
    fn leaf(text: &str, leaf: u32, subleaf: u32) -> Option<[u32; 4]> {
        let hex = |word: &str| u32::from_str_radix(word, 16).ok();
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .find_map(|line| {
                let (input, output) = line.split_once("=>")?;
                let mut input = input.split_whitespace();
                let is_leaf = hex(input.next()?)? == leaf;
                let asked = input.next()?;
                let is_subleaf = asked == "********" || hex(asked)? == subleaf;
                let words: Vec<u32> = output.split_whitespace().filter_map(hex).collect();
                (is_leaf && is_subleaf).then(|| words.try_into().ok())?
            })
    }

    /// The definitions and the matrix are both written by hand: each checks the other.
    #[test]
    fn a_definition_has_the_features_of_its_row_and_chooses_its_tier() {
        let matrix = Matrix::built_in();
        for (name, text) in DEFINITIONS {
            let cpu = matrix.named(name).expect("a row of the same name");
            let [_, ebx_0, ecx_0, edx_0] = leaf(text, 0, 0).expect("leaf 0");
            let vendor = [ebx_0, edx_0, ecx_0].map(u32::to_le_bytes).concat();
            let [_, _, ecx_1, edx_1] = leaf(text, 1, 0).expect("leaf 1");
            let [_, ebx_7, ecx_7, _] = leaf(text, 7, 0).expect("leaf 7");
            let [xcr0, ..] = leaf(text, 0xd, 0).expect("leaf 0xd");
            let features = Features::from_cpuid(&CpuidWords {
                vendor: vendor.try_into().expect("three words"),
                leaf_1_ecx: ecx_1,
                leaf_1_edx: edx_1,
                leaf_7_ebx: ebx_7,
                leaf_7_ecx: ecx_7,
                xcr0: xcr0.into(),
            });
            assert_eq!(features, cpu.features(), "{name}");
            assert_eq!(Tier::select(&features), cpu.tier);
            for extension in crcheck_harness::platform::extension::EXTENSIONS {
                use crcheck_harness::platform::extension::CpuidRegister as R;
                let word = extension.word;
                let words = leaf(text, word.leaf, word.subleaf).unwrap_or_default();
                let index = [R::Eax, R::Ebx, R::Ecx, R::Edx];
                let index = index.iter().position(|register| *register == word.register);
                let has = words[index.expect("one of four")] >> extension.bit & 1 == 1;
                let expected = cpu.extensions.iter().any(|name| name == extension.name);
                assert_eq!(has, expected, "{name}: {}", extension.name);
            }
            let [max, ..] = leaf(text, 0, 0).expect("leaf 0");
            assert!(max >= 0xd);
            let [extended, ..] = leaf(text, 0x8000_0000, 0).expect("leaf 0x80000000");
            assert!(extended >= 0x8000_0001);
        }
    }
}
