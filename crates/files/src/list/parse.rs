//! A line of a list, taken apart.
//!
//! Three forms are known: `CHECKSUM  NAME`, `MODEL (NAME) = CHECKSUM` and, as in an SFV file,
//! `NAME CHECKSUM`. The first two begin with a backslash if the name has escapes. As in the GNU
//! coreutils, blanks before a line, an asterisk in the place of the second blank, a carriage return
//! before the line feed, empty lines, and lines that begin with `#` do not count.

use super::checksum_form::{self, digits};
use super::lines::LINE_BYTES_MAX;
use super::name::unescape;
use crcheck_oracle::model::Model;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The model of the checksum.
    pub model: Arc<Model>,
    /// The checksum.
    pub checksum: u64,
    /// The name of the file.
    pub name: OsString,
}

/// Why a line is none of a list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It has none of the forms.
    #[error(
        "no checksum and name: a line is `CHECKSUM  NAME`, `MODEL (NAME) = CHECKSUM` or, in an SFV \
         file, `NAME CHECKSUM`"
    )]
    Form,
    /// Its checksum is of another width.
    #[error("a checksum of {0} hexadecimal digits; those of {1} have {2}")]
    Digits(usize, String, usize),
    /// Its checksum is none of its model.
    #[error("`{0}` is no checksum of {1}")]
    Checksum(String, String),
    /// The catalogue has no such model.
    #[error("`{0}` is no model that crcheck knows")]
    Model(String),
    /// A backslash in its name stands for nothing.
    #[error("a backslash in the name that is not `\\\\`, `\\n` or `\\r`")]
    Escape,
    /// It has no name.
    #[error("an empty name, which no file has")]
    Name,
    /// It has a NUL, as the lines of `--zero` do, or a file that is no list.
    #[error("the line has a NUL: lists of --zero cannot be checked")]
    Nul,
    /// It is too long.
    #[error("more than {LINE_BYTES_MAX} bytes")]
    TooLong,
}

/// Takes the lines of one list apart.
#[derive(Clone, Debug)]
pub struct Parser {
    /// The model of lines that name none.
    model: Arc<Model>,
    is_sfv: bool,
    /// The last name of a model in a line, and its model.
    tag: Option<(String, Arc<Model>)>,
    is_first: bool,
}

impl Parser {
    /// For a list of this name. The lines that name no model are of `model`. A list whose name ends
    /// in `.sfv` has only lines of SFV.
    pub fn new(list: &OsStr, model: &Arc<Model>) -> Self {
        let name = list.as_bytes();
        let ending = name.len().checked_sub(4).map(|at| &name[at..]);
        Self {
            model: Arc::clone(model),
            is_sfv: ending.is_some_and(|ending| ending.eq_ignore_ascii_case(b".sfv")),
            tag: None,
            is_first: true,
        }
    }

    /// Takes the next line apart, with or without the line feed. `None` for a line that says
    /// nothing.
    ///
    /// # Errors
    /// Why the line is none of a list.
    pub fn parse(&mut self, line: &[u8]) -> Result<Option<Entry>, Malformed> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let is_first = std::mem::take(&mut self.is_first);
        let unmarked = line.strip_prefix(b"\xef\xbb\xbf").filter(|_| is_first);
        let line = unmarked.unwrap_or(line).trim_ascii_start();
        let is_comment = match line.first() {
            None | Some(b';') => true,
            Some(b'#') => !self.is_sfv,
            Some(_) => false,
        };
        if is_comment {
            return Ok(None);
        }
        if line.contains(&0) {
            return Err(Malformed::Nul);
        }
        self.entry(line).and_then(with_name).map(Some)
    }

    fn entry(&mut self, line: &[u8]) -> Result<Entry, Malformed> {
        if self.is_sfv {
            return self.sfv(line).unwrap_or(Err(Malformed::Form));
        }
        let (is_escaped, body) = match line.strip_prefix(b"\\") {
            Some(body) => (true, body),
            None => (false, line),
        };
        self.plain(is_escaped, body)
            .or_else(|| self.tagged(is_escaped, body))
            .or_else(|| self.sfv(line))
            .unwrap_or(Err(Malformed::Form))
    }

    /// A line as `CHECKSUM  NAME`; `None` if it has another form.
    fn plain(&self, is_escaped: bool, body: &[u8]) -> Option<Result<Entry, Malformed>> {
        let end = body.iter().position(|&byte| byte == b' ')?;
        let (checksum, rest) = body.split_at(end);
        let written = rest.strip_prefix(b"  ").or(rest.strip_prefix(b" *"))?;
        let model = &self.model;
        let Some(checksum) = checksum_form::read(model, checksum) else {
            // The digest of another program, such as `sha256sum`.
            let is_digest = checksum.len() >= 4 && checksum.iter().all(u8::is_ascii_hexdigit);
            let error = Malformed::Digits(checksum.len(), model.label(), digits(model));
            return is_digest.then_some(Err(error));
        };
        Some(entry(model, checksum, is_escaped, written))
    }

    /// A line as `MODEL (NAME) = CHECKSUM`; `None` if it has another form.
    fn tagged(&mut self, is_escaped: bool, body: &[u8]) -> Option<Result<Entry, Malformed>> {
        let first = find(body, b" (")?;
        let last = body.windows(4).rposition(|four| four == b") = ")?;
        let written = body.get(first + 2..last)?;
        let text = String::from_utf8_lossy(&body[..first]);
        let Some(model) = self.model_of(&text) else {
            return Some(Err(Malformed::Model(text.into_owned())));
        };
        let checksum = &body[last + 4..];
        let Some(checksum) = checksum_form::read(&model, checksum) else {
            let text = String::from_utf8_lossy(checksum).into_owned();
            return Some(Err(Malformed::Checksum(text, model.label())));
        };
        Some(entry(&model, checksum, is_escaped, written))
    }

    fn model_of(&mut self, text: &str) -> Option<Arc<Model>> {
        if let Some((_, model)) = self.tag.as_ref().filter(|(known, _)| known == text) {
            return Some(Arc::clone(model));
        }
        let model = Arc::new(Model::find(text).ok()?);
        self.tag = Some((text.to_owned(), Arc::clone(&model)));
        Some(model)
    }

    /// A line as `NAME CHECKSUM`, without escapes; `None` if it has another form.
    fn sfv(&self, line: &[u8]) -> Option<Result<Entry, Malformed>> {
        let line = line.trim_ascii_end();
        let blank = line.iter().rposition(u8::is_ascii_whitespace)?;
        let checksum = checksum_form::hex(&self.model, &line[blank + 1..])?;
        Some(entry(
            &self.model,
            checksum,
            false,
            line[..blank].trim_ascii_end(),
        ))
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn entry(
    model: &Arc<Model>,
    checksum: u64,
    is_escaped: bool,
    written: &[u8],
) -> Result<Entry, Malformed> {
    let name = match is_escaped {
        true => unescape(written).ok_or(Malformed::Escape)?,
        false => OsString::from_vec(written.to_vec()),
    };
    Ok(Entry {
        model: Arc::clone(model),
        checksum,
        name,
    })
}

fn with_name(entry: Entry) -> Result<Entry, Malformed> {
    match entry.name.is_empty() {
        true => Err(Malformed::Name),
        false => Ok(entry),
    }
}
