//! Artifacts: cases on disk, which any machine can replay.
//!
//! An artifact is a small TOML file. It has the case, the subject that failed it, who found it,
//! where and how, and the message as hexadecimal digits. A long message lies beside it in a file of
//! its own.

pub use crate::artifact_file::{ArtifactError, VERSION};

use crate::artifact_file::{
    File, Message, cell_of, content_error, read_case, read_file, read_message, read_word, to_hex,
};
use crate::case::Case;
use crate::checks;
use crate::circumstances::Circumstances;
use crate::finding::{Finding, MessageForm};
use crcheck_oracle::model::Model;
use crcheck_platform::files::{regular, whole};
use crcheck_subject::{CheckId, Kind, SubjectName};
use std::io;
use std::path::{Path, PathBuf};

/// Messages up to this length stand in the file itself.
const INLINE_BYTES: usize = 4096;

/// No artifact is larger: it holds the longest message in hexadecimal, and has room for a story.
pub(crate) const FILE_BYTES_MAX: u64 = 8 << 20;

/// A case, and what is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The version of the format that it has on disk; [`VERSION`] for a new one.
    pub version: u32,
    /// The model that the subject claims to compute.
    pub model: Model,
    /// The subject that failed it.
    pub subject: Option<SubjectName>,
    /// The check that the subject failed.
    pub check: Option<CheckId>,
    /// What kind of finding that was.
    pub kind: Option<Kind>,
    /// What was wrong, in one sentence.
    pub summary: String,
    /// The checksum that the judges expected, if the check is about a value.
    pub expected: Option<u64>,
    /// The checksum that the subject gave.
    pub got: Option<u64>,
    /// The command or the person that found it.
    pub found_by: String,
    /// Why it is kept.
    pub story: String,
    /// Where and how it was found.
    pub circumstances: Circumstances,
    /// The case.
    pub case: Case,
    /// What the case's message stands for.
    pub message_form: MessageForm,
}

impl Artifact {
    /// An artifact of a case about which nothing else is known.
    pub fn of_case(case: Case, model: &Model, found_by: impl Into<String>) -> Self {
        Self {
            version: VERSION,
            model: model.clone(),
            subject: None,
            check: None,
            kind: None,
            summary: String::new(),
            expected: None,
            got: None,
            found_by: found_by.into(),
            story: String::new(),
            circumstances: Circumstances::default(),
            case,
            message_form: MessageForm::Message,
        }
    }

    /// The artifact of a finding.
    pub fn of(finding: &Finding, model: &Model, found_by: &str) -> Self {
        Self {
            subject: Some(finding.subject.clone()),
            check: Some(finding.check),
            kind: Some(finding.kind),
            summary: finding.summary.clone(),
            expected: finding.expected,
            got: finding.got,
            message_form: finding.message_form,
            ..Self::of_case(finding.case.clone(), model, found_by)
        }
    }

    /// A name that describes the case: subject, check, length, alignment, and a hash of what makes
    /// it this case. Who found it, where and how does not count, so a case that is found again has
    /// the same name.
    pub fn name(&self) -> String {
        let check = self.check.map_or("case", CheckId::name);
        let subject = self.subject.as_ref().map(SubjectName::to_string);
        let subject = subject.as_deref().unwrap_or("any");
        let kind = self.kind.map_or("", Kind::name);
        let cell = toml::to_string(&cell_of(&self.case)).expect("plain data is always TOML");
        let model = self.model_text();
        let form = self.message_form;
        let text = format!("{model}\0{subject}\0{check}\0{kind}\0{form:?}\0{cell}\0");
        let hash = text.bytes().chain(self.case.message.iter().copied()).fold(
            // FNV-1a.
            0xcbf2_9ce4_8422_2325_u64,
            |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3),
        );
        format!(
            "{}-{check}-len{}-at{}-{:08x}",
            file_name(subject),
            self.case.message.len(),
            self.case.alignment(),
            hash as u32
        )
    }

    /// The file that [`Artifact::write`] writes.
    pub fn path_in(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.toml", self.name()))
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
        let is_new = !path.exists();
        let written = whole::write(&path, self.to_file(beside.clone()).as_bytes());
        if let (Err(_), true, Some(beside)) = (&written, is_new, beside) {
            // Without its artifact the message is of no use.
            let _ = std::fs::remove_file(folder.join(beside));
        }
        written.map(|()| path)
    }

    /// The artifact's text, with the message in it.
    pub fn to_text(&self) -> String {
        self.to_file(None)
    }

    /// The model as [`Model::find`] takes it.
    fn model_text(&self) -> String {
        match self.model.name.is_empty() {
            true => self.model.to_string(),
            false => self.model.name.to_string(),
        }
    }

    fn to_file(&self, beside: Option<String>) -> String {
        let case = &self.case;
        let digits = 2 + usize::from(self.model.width).div_ceil(4);
        let hex = |value: u64| format!("{value:#0digits$x}");
        let file = File {
            artifact: VERSION,
            model: self.model_text(),
            subject: self.subject.as_ref().map(SubjectName::to_string),
            check: self.check.map(|check| check.name().to_owned()),
            kind: self.kind,
            summary: self.summary.clone(),
            expected: self.expected.map(hex),
            got: self.got.map(hex),
            found_by: self.found_by.clone(),
            story: self.story.clone(),
            circumstances: self.circumstances.clone(),
            cell: cell_of(case),
            message: Message {
                form: self.message_form,
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
        let word = |word: Option<&String>| word.map(|word| read_word(word)).transpose();
        Ok(Self {
            version: file.artifact,
            model,
            subject: file.subject.map(SubjectName::from),
            check,
            kind: file.kind,
            summary: file.summary,
            expected: word(file.expected.as_ref())?,
            got: word(file.got.as_ref())?,
            found_by: file.found_by,
            story: file.story,
            circumstances: file.circumstances,
            case,
            message_form: file.message.form,
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
