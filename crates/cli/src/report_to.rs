//! `KIND[=FILE]`: a report in a format, and the file that it goes to.

use clap::builder::{OsStringValueParser, TypedValueParser};
use crcheck_harness::oracle::nearest;
use crcheck_harness::report::Format;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// A report that the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportTo {
    pub(crate) format: Format,
    /// `None`: the file of `--output`, or stdout.
    pub(crate) file: Option<PathBuf>,
}

impl fmt::Display for ReportTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--format {}", self.format)?;
        match &self.file {
            Some(file) => write!(f, "={}", file.display()),
            None => Ok(()),
        }
    }
}

/// Reads `KIND[=FILE]` for a command that has these formats.
pub(crate) fn report_in(
    formats: &'static [Format],
) -> impl TypedValueParser<Value = ReportTo> + 'static {
    OsStringValueParser::new().try_map(move |text| read(&text, formats))
}

/// The kind, and the file if one is named.
pub(crate) fn split(text: &OsStr) -> (&OsStr, Option<&OsStr>) {
    let bytes = text.as_bytes();
    let parts = match bytes.iter().position(|&byte| byte == b'=') {
        Some(at) => (&bytes[..at], Some(&bytes[at + 1..])),
        None => (bytes, None),
    };
    (OsStr::from_bytes(parts.0), parts.1.map(OsStr::from_bytes))
}

fn read(text: &OsStr, formats: &[Format]) -> Result<ReportTo, String> {
    let (kind, file) = split(text);
    let kind = kind.to_string_lossy();
    let Some(&format) = formats.iter().find(|format| format.name() == kind) else {
        let known: Vec<&str> = formats.iter().map(|format| format.name()).collect();
        let near = nearest(&kind, known.iter().copied());
        let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        let known = known.join(", ");
        return Err(format!(
            "no format here is called `{kind}`; the formats are {known}{near}"
        ));
    };
    match file {
        Some(file) if file.is_empty() => Err(format!("no file is named: write {kind}=FILE")),
        _ => Ok(ReportTo {
            format,
            file: file.map(PathBuf::from),
        }),
    }
}
