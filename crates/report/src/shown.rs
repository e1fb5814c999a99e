//! A saved case as it is: what is known about it, its message, and what the judges say. No subject
//! is called.

use crate::count::count_in_words;
use crate::finding_report::CellReport;
use crate::hexdump::hexdump;
use crate::human::place;
use crate::visible::visible;
use crcheck_check::artifact::Artifact;
use crcheck_check::case::{Case, Forge};
use crcheck_check::circumstances::Circumstances;
use crcheck_check::examiner::forge;
use crcheck_check::finding::MessageForm;
use crcheck_check::saved::load::{Content, Item, Loaded, NotAFile};
use crcheck_oracle::model::Model;
use crcheck_oracle::panel::{Disqualified, Panel};
use crcheck_subject::{CheckId, Kind};
use serde::Serialize;

/// The version of the JSON form, whose schema is `schemas/show.schema.json`.
const SCHEMA: &str = "crcheck/show/1";

/// Saved cases as they are.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    schema: &'static str,
    /// In the order of their names.
    pub cases: Vec<ShownCase>,
    /// What lies among them and is no file.
    pub skipped: Vec<NotRead>,
}

/// What lies in a folder and is no file.
#[derive(Clone, Debug, Serialize)]
pub struct NotRead {
    pub what: String,
    pub reason: String,
}

/// A saved case, or an input of a fuzz target.
#[derive(Clone, Debug, Serialize)]
pub struct ShownCase {
    /// The file.
    pub file: String,
    /// The version of the format of an artifact; `None` for an input.
    pub version: Option<u32>,
    /// The target of an input.
    pub target: Option<String>,
    /// The subject that failed it.
    pub subject: Option<String>,
    pub check: Option<CheckId>,
    pub kind: Option<Kind>,
    pub summary: String,
    pub story: String,
    pub found_by: String,
    /// Where and how it was found.
    pub circumstances: Circumstances,
    /// The checksum that was expected when it was found.
    pub expected: Option<String>,
    /// The checksum that the subject gave.
    pub got: Option<String>,
    /// The case; `None` for an input that is none.
    pub case: Option<ShownContent>,
    /// All bytes of an input that is no case.
    #[serde(skip)]
    raw: Vec<u8>,
}

/// What a case consists of, and what the judges say of it.
#[derive(Clone, Debug, Serialize)]
pub struct ShownContent {
    pub model: String,
    pub cell: CellReport,
    /// The checksum at the first split, if the message was made for one: `zero` or `ones`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forge: Option<&'static str>,
    pub message_form: MessageForm,
    /// The message in hexadecimal.
    pub message: String,
    /// What each judge says of the message, from the register of the cell on.
    pub judges: Vec<Judged>,
    /// Whether the judges say what was expected when the case was found; `None` if that is another
    /// value than the checksum of the message, or not known.
    pub is_as_expected: Option<bool>,
    #[serde(skip)]
    bytes: Vec<u8>,
}

/// What a judge says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judged {
    pub judge: &'static str,
    pub checksum: String,
}

/// The judges of the model that was asked for last.
#[derive(Default)]
struct Judges(Option<Panel>);

impl Judges {
    fn of(&mut self, model: &Model) -> Result<&Panel, Disqualified> {
        if self.0.as_ref().is_none_or(|panel| panel.model() != model) {
            self.0 = Some(Panel::qualify(model)?);
        }
        Ok(self.0.as_ref().expect("it was made"))
    }
}

impl Shown {
    /// What was loaded.
    ///
    /// # Errors
    /// If the judges of a model do not qualify.
    pub fn of(loaded: &Loaded) -> Result<Self, Disqualified> {
        let mut judges = Judges::default();
        let cases = loaded.items.iter().map(|item| show(item, &mut judges));
        let not_read = |one: &NotAFile| NotRead {
            what: one.path.display().to_string(),
            reason: one.reason.clone(),
        };
        Ok(Self {
            schema: SCHEMA,
            cases: cases.collect::<Result<_, _>>()?,
            skipped: loaded.skipped.iter().map(not_read).collect(),
        })
    }

    /// The text for people. It has every byte of long messages if `is_whole`.
    pub fn text(&self, is_whole: bool) -> String {
        let cases = self.cases.iter().map(|case| case.text(is_whole));
        let mut text = cases.collect::<Vec<_>>().join("\n");
        for NotRead { what, reason } in &self.skipped {
            text += &format!("skipped {}: {reason}\n", visible(what));
        }
        text
    }

    /// The JSON form.
    pub fn json(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("plain data is always JSON");
        text + "\n"
    }
}

fn show(item: &Item, judges: &mut Judges) -> Result<ShownCase, Disqualified> {
    let file = item.path.display().to_string();
    match &item.content {
        Content::Artifact(artifact) => show_artifact(file, artifact, judges),
        Content::Input(target, bytes) => {
            let model = Model::CRC_32_ISO_HDLC;
            let case = item.content.case(&model);
            let artifact = Artifact::of_case(case.clone().unwrap_or_default(), &model, "");
            let shown = show_artifact(file, &artifact, judges)?;
            Ok(ShownCase {
                version: None,
                target: Some(target.to_string()),
                case: shown.case.filter(|_| case.is_some()),
                raw: bytes.clone(),
                ..shown
            })
        }
    }
}

fn show_artifact(
    file: String,
    artifact: &Artifact,
    judges: &mut Judges,
) -> Result<ShownCase, Disqualified> {
    let model = &artifact.model;
    let word = word_of(model);
    Ok(ShownCase {
        file,
        version: Some(artifact.version),
        target: None,
        subject: artifact.subject.as_ref().map(ToString::to_string),
        check: artifact.check,
        kind: artifact.kind,
        summary: artifact.summary.clone(),
        story: artifact.story.clone(),
        found_by: artifact.found_by.clone(),
        circumstances: artifact.circumstances.clone(),
        expected: artifact.expected.map(&word),
        got: artifact.got.map(&word),
        case: Some(content(artifact, judges.of(model)?)),
        raw: Vec::new(),
    })
}

/// Checksums as reports write them.
fn word_of(model: &Model) -> impl Fn(u64) -> String + use<> {
    let digits = 2 + usize::from(model.width).div_ceil(4);
    move |value| format!("{value:#0digits$x}")
}

fn content(artifact: &Artifact, panel: &Panel) -> ShownContent {
    let model = &artifact.model;
    let word = word_of(model);
    let mut case = artifact.case.clone();
    // As a replay does.
    forge(&mut case, panel);
    let checksum = model.checksum_of(case.register);
    let judged = panel.judges().iter();
    let judged: Vec<(&'static str, u64)> = judged
        .map(|judge| (judge.id(), judge.update(checksum, &case.message)))
        .collect();
    // Other kinds compare other values.
    let is_of_message = artifact.message_form == MessageForm::Message
        && matches!(artifact.kind, Some(Kind::WrongValue | Kind::Split));
    let expected = artifact.expected.filter(|_| is_of_message);
    ShownContent {
        model: model.label(),
        cell: cell(artifact, &case, &word),
        forge: match case.forge {
            Forge::None => None,
            Forge::Zero => Some("zero"),
            Forge::Ones => Some("ones"),
        },
        message_form: artifact.message_form,
        message: case
            .message
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        is_as_expected: expected.map(|expected| judged.iter().all(|(_, said)| *said == expected)),
        judges: judged
            .into_iter()
            .map(|(judge, said)| Judged {
                judge,
                checksum: word(said),
            })
            .collect(),
        bytes: case.message,
    }
}

fn cell(artifact: &Artifact, case: &Case, word: &impl Fn(u64) -> String) -> CellReport {
    CellReport {
        length: artifact.message_form.len_bytes(&case.message),
        alignment: case.alignment(),
        page_offset: Some(case.placement.offset).filter(|&offset| offset >= 64),
        null_pointer: case.is_null,
        guard: case.placement.guard.name(),
        register: word(case.register),
        splits: case.splits.clone(),
    }
}

impl ShownCase {
    fn text(&self, is_whole: bool) -> String {
        let what = match (self.version, &self.target) {
            (Some(version), _) => format!("an artifact of version {version}"),
            (None, Some(target)) => format!("an input of {target}, {}", self.raw_length()),
            (None, None) => "a case".to_owned(),
        };
        let mut text = format!("{}: {what}\n", visible(&self.file));
        for (name, value) in self.facts() {
            text += &format!("  {name:<9} {}\n", visible(&value));
        }
        match &self.case {
            Some(case) => text + &self.content_text(case, is_whole),
            None => {
                let dump = indented(&hexdump(&self.raw, &[], is_whole));
                format!("{text}  it is no case; its bytes:\n{dump}")
            }
        }
    }

    fn raw_length(&self) -> String {
        count_in_words(self.raw.len() as u64, "byte")
    }

    /// What is known beside the case, each with its name.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let check = self.check.map(|check| format!("check {check}"));
        let parts = [
            self.kind.map(|kind| kind.to_string()),
            Some(self.summary.clone()).filter(|summary| !summary.is_empty()),
            check,
        ];
        let finding: Vec<String> = parts.into_iter().flatten().collect();
        let Circumstances {
            crcheck,
            cpu,
            tier,
            depth,
            seed,
            command,
            code_sha256,
        } = self.circumstances.clone();
        let named = |name: &str, value: Option<String>| value.map(|value| format!("{name}{value}"));
        let machine = [cpu, named("tier chosen: ", tier)];
        let run = [named("depth ", depth), named("seed ", seed)];
        let join = |parts: &[Option<String>]| {
            let parts: Vec<String> = parts.iter().flatten().cloned().collect();
            parts.join(", ")
        };
        let facts = [
            ("subject", self.subject.clone().unwrap_or_default()),
            ("finding", finding.join("; ")),
            ("story", self.story.clone()),
            ("found by", self.found_by.clone()),
            ("command", command.unwrap_or_default()),
            ("run", join(&run)),
            ("crcheck", crcheck.unwrap_or_default()),
            ("CPU", join(&machine)),
            ("code", named("sha256 ", code_sha256).unwrap_or_default()),
        ];
        let known = facts.into_iter().filter(|(_, value)| !value.is_empty());
        known.collect()
    }

    fn content_text(&self, case: &ShownContent, is_whole: bool) -> String {
        let cell = &case.cell;
        let mut text = format!(
            "  model     {}\n  case      {}, register {}\n",
            visible(&case.model),
            place(cell),
            cell.register
        );
        if !cell.splits.is_empty() {
            let cuts: Vec<String> = cell.splits.iter().map(ToString::to_string).collect();
            text += &format!("  cut at    {}, where | stands\n", cuts.join(", "));
        }
        if let Some(forge) = case.forge {
            text += &format!("  forged    the checksum at the first cut is all {forge}\n");
        }
        let form = match case.message_form {
            MessageForm::Message => "message",
            MessageForm::TwoMessages => "two messages of one length, one behind the other",
            MessageForm::Length => "the length of a message, in 8 bytes, lowest first",
            MessageForm::Parts => {
                "parts whose checksums are combined, or what operations are drawn from"
            }
        };
        let dump = indented(&hexdump(&case.bytes, &cell.splits, is_whole));
        text += &format!("  {form}:\n{dump}");
        text += "  the judges say of these bytes:\n";
        for Judged { judge, checksum } in &case.judges {
            text += &format!("    {judge:<11} {checksum}\n");
        }
        text + &self.values_text(case)
    }

    fn values_text(&self, case: &ShownContent) -> String {
        let verdict = match case.is_as_expected {
            Some(true) => ", as the judges say",
            Some(false) => ", which the judges do not say",
            None => "",
        };
        let expected = self.expected.iter();
        let expected = expected.map(|value| format!("  expected  {value}{verdict}\n"));
        let got = self
            .got
            .iter()
            .map(|value| format!("  got       {value}\n"));
        expected.chain(got).collect()
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
