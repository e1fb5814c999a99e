//! Artifacts: cases on disk, which any machine can replay.
//!
//! An artifact is a small TOML file. It has the case, the subject that failed it, who found it and
//! how, and the message as hexadecimal digits. A long message lies beside it in a file of its own.

use crate::case::{Case, Forge, SPLITS_MAX};
use crate::checks;
use crate::finding::Finding;
use crcheck_oracle::model::{Model, ModelError};
use crcheck_platform::files::{regular, whole};
use crcheck_platform::message_memory::LENGTH_MAX;
use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_subject::{CheckId, SubjectName};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// The version of the format.
pub const VERSION: u32 = 1;

/// Messages up to this length stand in the file itself.
const INLINE_BYTES: usize = 4096;

/// The largest page of any machine, in bytes.
const PAGE_BYTES: usize = 1 << 16;

/// No artifact is larger: it holds the longest message in hexadecimal, and has room for a story.
pub(crate) const FILE_BYTES_MAX: u64 = 8 << 20;

/// A case, and what is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The model that the subject claims to compute.
    pub model: Model,
    /// The subject that failed it.
    pub subject: Option<SubjectName>,
    /// The check that the subject failed.
    pub check: Option<CheckId>,
    /// What was wrong, in one sentence.
    pub summary: String,
    /// The command or the person that found it.
    pub found_by: String,
    /// Why it is kept.
    pub story: String,
    /// The case.
    pub case: Case,
}

/// Why a file is not an artifact.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// It cannot be read.
    #[error("cannot read it: {0}")]
    Io(#[from] io::Error),
    /// It is not the TOML of an artifact.
    #[error("it is not an artifact: {0}")]
    Syntax(String),
    /// A later program wrote it.
    #[error("it has version {0}; this program reads version {VERSION}: take a newer crcheck")]
    Version(u32),
    /// Its model is unknown or wrong.
    #[error("its model is wrong: {0}")]
    Model(#[from] ModelError),
    /// Two parts of it contradict each other, or one is out of bounds.
    #[error("{0}")]
    Content(String),
}

/// The file as it stands on disk.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    artifact: u32,
    model: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<String>,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    found_by: String,
    #[serde(default)]
    story: String,
    cell: Cell,
    message: Message,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cell {
    length: usize,
    alignment: usize,
    guard: String,
    register: String,
    #[serde(default)]
    splits: Vec<usize>,
    #[serde(default = "no_forge")]
    forge: String,
    #[serde(default)]
    tier_code: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_stack_bytes: Option<usize>,
    /// How many bytes into a page the message starts, if that is 64 or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    page_offset: Option<usize>,
    /// Whether the pointer to the message is null.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    null_pointer: bool,
}

fn no_forge() -> String {
    "none".to_owned()
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    #[serde(skip_serializing_if = "Option::is_none")]
    hex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
}

impl Artifact {
    /// The artifact of a finding.
    pub fn of(finding: &Finding, model: &Model, found_by: &str) -> Self {
        Self {
            model: model.clone(),
            subject: Some(finding.subject.clone()),
            check: Some(finding.check),
            summary: finding.summary.clone(),
            found_by: found_by.to_owned(),
            story: String::new(),
            case: finding.case.clone(),
        }
    }

    /// A name that describes the case: subject, check, length, alignment, and a hash of the whole.
    pub fn name(&self) -> String {
        let check = self.check.map_or("case", CheckId::name);
        let subject = self.subject.as_ref().map(SubjectName::to_string);
        let subject = file_name(subject.as_deref().unwrap_or("any"));
        let text = self.to_file(None);
        let hash = text.bytes().chain(self.case.message.iter().copied()).fold(
            // FNV-1a.
            0xcbf2_9ce4_8422_2325_u64,
            |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3),
        );
        format!(
            "{subject}-{check}-len{}-at{}-{:08x}",
            self.case.message.len(),
            self.case.alignment(),
            hash as u32
        )
    }

    /// Writes the artifact into `folder`, which it makes if it is missing, and returns its path. It
    /// replaces a file of that name at once and as a whole.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub fn write(&self, folder: &Path) -> io::Result<PathBuf> {
        self.write_as(folder, &self.name())
    }

    /// Writes the artifact as [`Artifact::write`] does, under this name, which has no ending.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub fn write_as(&self, folder: &Path, name: &str) -> io::Result<PathBuf> {
        std::fs::create_dir_all(folder)?;
        let beside = (self.case.message.len() > INLINE_BYTES).then(|| format!("{name}.bin"));
        if let Some(beside) = &beside {
            whole::write(&folder.join(beside), &self.case.message)?;
        }
        let path = folder.join(format!("{name}.toml"));
        whole::write(&path, self.to_file(beside).as_bytes())?;
        Ok(path)
    }

    /// The artifact's text, with the message in it.
    pub fn to_text(&self) -> String {
        self.to_file(None)
    }

    fn to_file(&self, beside: Option<String>) -> String {
        let case = &self.case;
        let model = if self.model.name.is_empty() {
            self.model.to_string()
        } else {
            self.model.name.to_string()
        };
        let file = File {
            artifact: VERSION,
            model,
            subject: self.subject.as_ref().map(SubjectName::to_string),
            check: self.check.map(|check| check.name().to_owned()),
            summary: self.summary.clone(),
            found_by: self.found_by.clone(),
            story: self.story.clone(),
            cell: Cell {
                length: case.message.len(),
                alignment: case.placement.offset % 64,
                guard: case.placement.guard.name().to_owned(),
                register: format!("{:#x}", case.register),
                splits: case.splits.clone(),
                forge: forge_name(case.forge).to_owned(),
                tier_code: case.tier_code,
                max_stack_bytes: case.max_stack_bytes,
                page_offset: Some(case.placement.offset).filter(|&offset| offset >= 64),
                null_pointer: case.is_null,
            },
            message: Message {
                hex: beside.is_none().then(|| to_hex(&case.message)),
                file: beside,
            },
        };
        toml::to_string(&file).expect("plain data is always TOML")
    }

    /// Reads an artifact and the message beside it.
    ///
    /// # Errors
    /// The reason why the file is not an artifact.
    pub fn read(path: &Path) -> Result<Self, ArtifactError> {
        Self::read_with_file(path).map(|(artifact, _)| artifact)
    }

    /// Reads an artifact as [`Artifact::read`] does. Returns the file of its message too, if the
    /// message has one.
    ///
    /// # Errors
    /// As [`Artifact::read`].
    pub fn read_with_file(path: &Path) -> Result<(Self, Option<PathBuf>), ArtifactError> {
        let bytes = regular::read(path, FILE_BYTES_MAX)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| ArtifactError::Syntax("it is not text".to_owned()))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let file = read_file(&text)?;
        let beside = file.message.file.as_ref().map(|name| folder.join(name));
        Ok((Self::of_file(file, folder)?, beside))
    }

    /// Reads an artifact from its text. It looks for a message file in `folder`.
    ///
    /// # Errors
    /// The reason why the text is not an artifact.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, ArtifactError> {
        Self::of_file(read_file(text)?, folder)
    }

    fn of_file(file: File, folder: &Path) -> Result<Self, ArtifactError> {
        let model = Model::find(&file.model)?;
        let check = file.check.as_deref().map(checks::named).transpose();
        let check = check.map_err(content_error)?;
        let message = read_message(&file, folder)?;
        let case = read_case(&file.cell, message, &model)?;
        Ok(Self {
            model,
            subject: file.subject.map(SubjectName::from),
            check,
            summary: file.summary,
            found_by: file.found_by,
            story: file.story,
            case,
        })
    }
}

/// The most characters of a subject's name in a file's name.
const NAME_CHARS: usize = 80;

/// A subject's name as part of a file's name. It keeps the end, which says most of a path.
fn file_name(subject: &str) -> String {
    let is_kept = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let kept: Vec<char> = subject
        .chars()
        .map(|c| if is_kept(c) { c } else { '-' })
        .collect();
    let first = kept.len().saturating_sub(NAME_CHARS);
    let name: String = kept[first..].iter().collect();
    name.trim_start_matches('.').to_owned()
}

fn content_error(text: impl ToString) -> ArtifactError {
    ArtifactError::Content(text.to_string())
}

/// Reads the version first, since a later format may have keys that this one does not know.
fn read_file(text: &str) -> Result<File, ArtifactError> {
    #[derive(Deserialize)]
    struct Version {
        artifact: u32,
    }
    let syntax = |error: toml::de::Error| ArtifactError::Syntax(error.message().to_owned());
    let Version { artifact } = toml::from_str(text).map_err(syntax)?;
    if artifact != VERSION {
        return Err(ArtifactError::Version(artifact));
    }
    toml::from_str(text).map_err(syntax)
}

fn read_message(file: &File, folder: &Path) -> Result<Vec<u8>, ArtifactError> {
    let message = match (&file.message.hex, &file.message.file) {
        (Some(hex), None) => from_hex(hex)?,
        (None, Some(name)) => {
            // The name must be bare, since an artifact does not reach out of its folder.
            if Path::new(name).file_name() != Some(name.as_ref()) {
                return Err(content_error(format!(
                    "message file `{name}` is not a bare file name"
                )));
            }
            let bytes = regular::read(&folder.join(name), LENGTH_MAX as u64);
            bytes.map_err(|error| content_error(format!("message file `{name}`: {error}")))?
        }
        _ => return Err(content_error("a message has either `hex` or `file`")),
    };
    let length = file.cell.length;
    if message.len() != length {
        let got = message.len();
        return Err(content_error(format!(
            "the cell has length {length}, the message {got} bytes"
        )));
    }
    if length > LENGTH_MAX {
        return Err(content_error(format!(
            "length {length} is more than {LENGTH_MAX}"
        )));
    }
    Ok(message)
}

fn read_case(cell: &Cell, message: Vec<u8>, model: &Model) -> Result<Case, ArtifactError> {
    let digits = cell.register.strip_prefix("0x").unwrap_or(&cell.register);
    let register = u64::from_str_radix(digits, 16).map_err(|_| {
        content_error(format!(
            "register `{}` is not a hexadecimal number",
            cell.register
        ))
    })?;
    if register & !model.mask() != 0 {
        return Err(content_error(format!(
            "register {register:#x} does not fit the model"
        )));
    }
    if cell.alignment >= 64 {
        return Err(content_error(format!(
            "alignment {} is not below 64",
            cell.alignment
        )));
    }
    let offset = cell.page_offset.unwrap_or(cell.alignment);
    if offset % 64 != cell.alignment || offset >= PAGE_BYTES {
        return Err(content_error(format!(
            "page offset {offset} is not below {PAGE_BYTES}, or does not have alignment {}",
            cell.alignment
        )));
    }
    if cell.null_pointer && !message.is_empty() {
        return Err(content_error("a message at a null pointer has no bytes"));
    }
    let is_ascending = cell.splits.is_sorted() && cell.splits.iter().all(|&at| at <= message.len());
    if !is_ascending || cell.splits.len() > SPLITS_MAX {
        return Err(content_error(
            "splits must be ascending, within the message, and at most four",
        ));
    }
    let forges = [Forge::None, Forge::Zero, Forge::Ones];
    let forge = forges
        .into_iter()
        .find(|forge| forge_name(*forge) == cell.forge);
    Ok(Case {
        tier_code: cell.tier_code,
        register,
        placement: Placement {
            offset,
            guard: cell.guard.parse::<GuardSide>().map_err(content_error)?,
        },
        splits: cell.splits.clone(),
        forge: forge
            .ok_or_else(|| content_error(format!("no forge is called `{}`", cell.forge)))?,
        max_stack_bytes: cell.max_stack_bytes,
        is_null: cell.null_pointer,
        message,
    })
}

fn forge_name(forge: Forge) -> &'static str {
    match forge {
        Forge::None => "none",
        Forge::Zero => "zero",
        Forge::Ones => "ones",
    }
}

/// Writes lines of 32 bytes, so that a changed byte is a changed line.
fn to_hex(bytes: &[u8]) -> String {
    let line = |row: &[u8]| {
        row.iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    bytes.chunks(32).map(line).collect::<Vec<_>>().join("\n")
}

fn from_hex(text: &str) -> Result<Vec<u8>, ArtifactError> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let (pairs, rest) = digits.as_chunks::<2>();
    let value = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    let byte = |&[high, low]: &[u8; 2]| Some(value(high)? << 4 | value(low)?);
    let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
    let bytes = bytes.filter(|_| rest.is_empty());
    bytes.ok_or_else(|| content_error("the message is not made of pairs of hexadecimal digits"))
}
