//! Reports of earlier runs. None survives a run that was to replace it, however that ends: a
//! program of CI that reads it would take it for the report of this run.

use crate::asked::Asked;
use crate::config;
use crate::destination::{id, is_descriptor};
use crate::stderr::tell;
use crcheck_files::walk::FileId;
use crcheck_harness::platform::files::regular;
use crcheck_harness::report::is_report;
use rustix::fs::fstat;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Removes the reports of earlier runs from the files that the command line names for its own.
/// What is no report of crcheck stays, and so does what any other word of the line names, or the
/// line of a program in the configuration file.
pub(crate) fn remove_reports(asked: &Asked) {
    let here = Path::new("");
    let mut in_use: Vec<FileId> = streams().collect();
    in_use.extend(asked.others.iter().flat_map(|word| named(word, here)));
    if !asked.files.is_empty() && asked.has_config() {
        // Its arguments are relative to the working folder, its program to the file.
        for (folder, line) in config::lines_of_programs(asked.config()) {
            let line = OsStr::new(&line);
            in_use.extend(named(line, here).into_iter().chain(named(line, &folder)));
        }
    }
    for file in &asked.files {
        let is_free = id(file).is_some_and(|id| !in_use.contains(&id));
        if !is_free || is_descriptor(file) || !holds_report(file) {
            continue;
        }
        if let Err(error) = remove(file) {
            tell(format_args!(
                "warning: {} is the report of an earlier run, and cannot be removed: {error}",
                file.display()
            ));
        }
    }
}

/// The files that a word names, as a whole or by a part: `--lib=PATH`, or a line for `--cmd`. A
/// name in quotes may have blanks.
fn named(word: &OsStr, folder: &Path) -> Vec<FileId> {
    let text = word.to_string_lossy();
    let is_quote = |letter: char| "'\"\\".contains(letter);
    let is_end =
        |letter: char| letter.is_whitespace() || is_quote(letter) || "=,;<>|&()".contains(letter);
    let parts = text.split(is_end).chain(text.split(is_quote));
    let words = parts.map(OsStr::new).chain([word]);
    words.filter_map(|part| id(&folder.join(part))).collect()
}

/// The files that the standard streams are.
fn streams() -> impl Iterator<Item = FileId> {
    let stats = [fstat(io::stdin()), fstat(io::stdout()), fstat(io::stderr())];
    let found = stats.into_iter().flatten();
    found.map(|stat| (stat.st_dev, stat.st_ino))
}

fn holds_report(file: &Path) -> bool {
    let text = regular::read_text(file, regular::TEXT_BYTES_MAX);
    text.is_ok_and(|text| is_report(&text))
}

/// Removes the file that a name leads to. A link stays. In a folder that cannot be written to, the
/// file becomes empty.
fn remove(file: &Path) -> io::Result<()> {
    let path = fs::canonicalize(file)?;
    fs::remove_file(&path).or_else(|error| {
        let emptied = File::options().write(true).truncate(true).open(&path);
        emptied.map(drop).map_err(|_| error)
    })
}
