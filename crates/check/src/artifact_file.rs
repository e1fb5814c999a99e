//! The file of an artifact, as it stands on disk.
//!
//! Version 1 has neither kind, values, form of the message nor circumstances. Every crcheck reads
//! it.

use crate::case::{Case, Forge, SPLITS_MAX};
use crate::circumstances::Circumstances;
use crate::finding::MessageForm;
use crcheck_oracle::model::{Model, ModelError};
use crcheck_platform::files::regular;
use crcheck_platform::message_memory::LENGTH_MAX;
use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_subject::Kind;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// The version of the format that is written.
pub const VERSION: u32 = 2;

/// The largest page of any machine, in bytes.
const PAGE_BYTES: usize = 1 << 16;

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
    #[error("it has version {0}; this crcheck reads versions 1 to {VERSION}: take a newer crcheck")]
    Version(u32),
    /// Its model is unknown or wrong.
    #[error("its model is wrong: {0}")]
    Model(#[from] ModelError),
    /// Two parts of it contradict each other, or one is out of bounds.
    #[error("{0}")]
    Content(String),
}

/// The file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) artifact: u32,
    pub(crate) model: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) check: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<Kind>,
    #[serde(default)]
    pub(crate) summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expected: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) got: Option<String>,
    #[serde(default)]
    pub(crate) found_by: String,
    #[serde(default)]
    pub(crate) story: String,
    #[serde(default, skip_serializing_if = "Circumstances::is_unknown")]
    pub(crate) circumstances: Circumstances,
    pub(crate) cell: Cell,
    pub(crate) message: Message,
}

/// The case without its message.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cell {
    pub(crate) length: usize,
    pub(crate) alignment: usize,
    pub(crate) guard: String,
    pub(crate) register: String,
    #[serde(default)]
    pub(crate) splits: Vec<usize>,
    #[serde(default = "no_forge")]
    pub(crate) forge: String,
    #[serde(default)]
    pub(crate) tier_code: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_stack_bytes: Option<usize>,
    /// How many bytes into a page the message starts, if that is 64 or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) page_offset: Option<usize>,
    /// Whether the pointer to the message is null.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) null_pointer: bool,
}

fn no_forge() -> String {
    "none".to_owned()
}

/// The message, or the file of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Message {
    #[serde(default, skip_serializing_if = "MessageForm::is_message")]
    pub(crate) form: MessageForm,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
}

pub(crate) fn content_error(text: impl ToString) -> ArtifactError {
    ArtifactError::Content(text.to_string())
}

/// Reads the version first, since a later format may have keys that this one does not know.
pub(crate) fn read_file(text: &str) -> Result<File, ArtifactError> {
    #[derive(Deserialize)]
    struct Version {
        artifact: u32,
    }
    let syntax = |error: toml::de::Error| ArtifactError::Syntax(error.message().to_owned());
    let Version { artifact } = toml::from_str(text).map_err(syntax)?;
    if artifact > VERSION {
        return Err(ArtifactError::Version(artifact));
    }
    if artifact == 0 {
        return Err(content_error("no crcheck has written version 0"));
    }
    toml::from_str(text).map_err(syntax)
}

pub(crate) fn read_message(file: &File, folder: &Path) -> Result<Vec<u8>, ArtifactError> {
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

/// A case as a cell.
pub(crate) fn cell_of(case: &Case) -> Cell {
    Cell {
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
    }
}

pub(crate) fn read_case(
    cell: &Cell,
    message: Vec<u8>,
    model: &Model,
) -> Result<Case, ArtifactError> {
    let register =
        read_word(&cell.register).map_err(|error| content_error(format!("register: {error}")))?;
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

/// Reads a word as [`cell_of`] writes it.
pub(crate) fn read_word(text: &str) -> Result<u64, ArtifactError> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    u64::from_str_radix(digits, 16)
        .map_err(|_| content_error(format!("`{text}` is not a hexadecimal number")))
}

/// Writes lines of 32 bytes, so that a changed byte is a changed line.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
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
