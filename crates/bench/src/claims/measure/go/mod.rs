//! Go: its library's rate, and whether its assembler knows YMM registers. The programs are built in
//! a temporary folder, without the network.

mod child;

use super::control::MeasureControl;
use crate::claims::answer::Missing;
use crate::claims::measured::{Go, Ymm};
use child::Child;
use crcheck_oracle::Judge;
use crcheck_oracle::model::Model;
use crcheck_oracle::slicing_16::Slicing16;
use crcheck_platform::leftovers::ScratchFolder;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const RATES: &str = include_str!("rates.go");
const YMM: &str = include_str!("ymm.go");
const YMM_ASSEMBLY: &str = include_str!("ymm_amd64.s");

/// Any Go that has modules takes it.
const GO_MOD: &str = "module crcheck.example/claims\n\ngo 1.17\n";

/// Lengths at which checksums are compared.
const SUMS: usize = 65;

/// Every `go` on PATH, the first first.
pub fn find_on_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> = Vec::new();
    for folder in std::env::split_paths(&path) {
        let program = folder.join("go");
        let real = |path: &Path| fs::canonicalize(path).ok();
        let is_known = found.iter().any(|known| real(known) == real(&program));
        if is_program(&program) && !is_known {
            found.push(program);
        }
    }
    found
}

/// Whether this is a file that can be started.
pub fn is_program(path: &Path) -> bool {
    let metadata = fs::metadata(path);
    metadata.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Measures every Go. One that cannot be measured goes to `left_out` if another can.
pub(super) fn measure(
    control: &MeasureControl<'_>,
    left_out: &mut Vec<String>,
) -> Result<Vec<Go>, Missing> {
    let mut measured = Vec::new();
    let mut first_missing = None;
    for program in control.go {
        match measure_one(program, control) {
            Ok(go) => measured.push(go),
            Err(Missing::Unfinished) => return Err(Missing::Unfinished),
            Err(Missing::NotHere(reason)) => {
                let reason = format!("{}: {reason}", program.display());
                left_out.push(reason.clone());
                first_missing.get_or_insert(Missing::NotHere(reason));
            }
        }
    }
    if let [only] = measured.as_slice() {
        let version = &only.version;
        left_out.push(format!("another Go than {version}: --go PATH names one"));
    }
    if !measured.is_empty() {
        return Ok(measured);
    }
    let none = || Missing::not_here("no go is on PATH, and --go names none");
    Err(first_missing.unwrap_or_else(none))
}

fn measure_one(program: &Path, control: &MeasureControl<'_>) -> Result<Go, Missing> {
    let folder =
        ScratchFolder::new().map_err(|error| Missing::refused("no temporary folder", &error))?;
    let no_file = |error: io::Error| Missing::refused("no temporary file", &error);
    let child = Child {
        folder: folder.path(),
        control,
    };
    let rates = folder.path().join("rates");
    write_all(&rates, &[("rates.go", RATES)]).map_err(no_file)?;
    if let Err(said) = child.build(program, &rates)? {
        return Err(Missing::not_here(said));
    }
    let program_of_rates = rates.join("program");
    let text = child.run(&program_of_rates, &[], "")?;
    let without = child.run(&program_of_rates, &["hash"], "cpu.all=off")?;
    let figure = |text: &str, name: &str| {
        let value = word(text, name).and_then(|word| word.parse::<f64>().ok());
        value.ok_or_else(|| Missing::not_here(format!("the program in Go printed no {name}")))
    };
    Ok(Go {
        version: word(&text, "version").unwrap_or("go").to_owned(),
        hash: figure(&text, "hash")?,
        hash_unaligned: figure(&text, "hash_unaligned")?,
        without_features: figure(&without, "hash")?,
        byte_table: figure(&text, "byte_table")?,
        gigabyte_seconds: figure(&text, "gigabyte_seconds")?,
        pause_ms: figure(&text, "pause_ms")?,
        wrong_lengths: wrong_lengths(&text),
        ymm: ymm(program, &child)?,
    })
}

/// Builds the function with YMM registers, and runs it where the CPU has them.
fn ymm(program: &Path, child: &Child<'_>) -> Result<Ymm, Missing> {
    if !cfg!(target_arch = "x86_64") {
        return Ok(Ymm::Foreign);
    }
    let folder = child.folder.join("ymm");
    let sources = [("ymm.go", YMM), ("ymm_amd64.s", YMM_ASSEMBLY)];
    write_all(&folder, &sources).map_err(|error| Missing::refused("no temporary file", &error))?;
    if let Err(said) = child.build(program, &folder)? {
        return Ok(Ymm::Refused(said));
    }
    if !has_avx2() {
        return Ok(Ymm::Built);
    }
    let text = child.run(&folder.join("program"), &["run"], "")?;
    Ok(if text.trim() == "right" {
        Ymm::Ran
    } else {
        Ymm::Refused("the function computes something else".to_owned())
    })
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx2() -> bool {
    false
}

fn write_all(folder: &Path, files: &[(&str, &str)]) -> io::Result<()> {
    fs::create_dir(folder)?;
    fs::write(folder.join("go.mod"), GO_MOD)?;
    for (name, text) in files {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// The word after `name` at the start of a line.
fn word<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut lines = text.lines().map(str::split_whitespace);
    lines.find_map(|mut words| (words.next() == Some(name)).then(|| words.next())?)
}

/// How many checksums of the program differ from a judge's, or are not there.
fn wrong_lengths(text: &str) -> usize {
    let judge = Slicing16::new(&Model::CRC_32_ISO_HDLC);
    let message = message(SUMS);
    let is_right = |len_bytes: &usize| {
        let expected = judge.update(0, &message[..*len_bytes]);
        let line = format!("sum {len_bytes} {expected}");
        text.lines().any(|found| found == line)
    };
    SUMS - (0..SUMS).filter(is_right).count()
}

/// The message of the program in Go.
fn message(len_bytes: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len_bytes).map(|_| next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_padded_rest_is_one_wrong_length() {
        let judge = Slicing16::new(&Model::CRC_32_ISO_HDLC);
        let message = message(SUMS);
        let sum = |length: usize| judge.update(0, &message[..length]);
        let mut text = "hash 1.5\n".to_owned();
        for length in 0..SUMS {
            let of = if length == 9 { 16 } else { length };
            text += &format!("sum {length} {}\n", sum(of));
        }
        assert_eq!(wrong_lengths(&text), 1);
        assert_eq!(wrong_lengths(""), SUMS);
        assert_eq!(word(&text, "hash"), Some("1.5"));
        assert_eq!(word(&text, "has"), None);
    }
}
