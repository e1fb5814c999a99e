//! A checksum and a name as a line.

use super::checksum_form::ChecksumForm;
use super::name;
use crcheck_oracle::model::Model;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// The form of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineForm {
    /// `CHECKSUM  NAME`
    #[default]
    Plain,
    /// `MODEL (NAME) = CHECKSUM`, as BSD has it. It says which model it is of.
    Tagged,
}

/// What ends a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnd {
    /// A line feed. Names are escaped.
    #[default]
    LineFeed,
    /// A NUL. Names are as they are, since none has a NUL.
    Nul,
}

/// How a checksum is written as a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// The form of the line.
    pub line: LineForm,
    /// The form of the checksum in it.
    pub checksum: ChecksumForm,
    /// What ends it.
    pub end: LineEnd,
}

impl Style {
    /// Adds the line of a file's checksum to `lines`.
    pub fn write(self, model: &Model, checksum: u64, name: &OsStr, lines: &mut Vec<u8>) {
        let is_escaped = self.end == LineEnd::LineFeed && name::is_escaped(name);
        let write_name = |lines: &mut Vec<u8>| {
            if is_escaped {
                name::escape(name, lines);
            } else {
                lines.extend_from_slice(name.as_bytes());
            }
        };
        if is_escaped {
            lines.push(b'\\');
        }
        let checksum = self.checksum.write(model, checksum);
        match self.line {
            LineForm::Plain => {
                lines.extend_from_slice(checksum.as_bytes());
                lines.extend_from_slice(b"  ");
                write_name(lines);
            }
            LineForm::Tagged => {
                lines.extend_from_slice(model.label().as_bytes());
                lines.extend_from_slice(b" (");
                write_name(lines);
                lines.extend_from_slice(b") = ");
                lines.extend_from_slice(checksum.as_bytes());
            }
        }
        lines.push(match self.end {
            LineEnd::LineFeed => b'\n',
            LineEnd::Nul => 0,
        });
    }
}
