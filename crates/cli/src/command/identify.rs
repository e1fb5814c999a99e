//! `crcheck identify`.

use crate::failure::Failure;
use crate::interrupt;
use crate::meter::Meter;
use crate::options::{ResultOptions, heading};
use crate::output::Output;
use crate::progress::Progress;
use crate::stage;
use crate::stderr::tell;
use clap::Args;
use crcheck_files::blocks;
use crcheck_files::list::name::readable;
use crcheck_harness::oracle::identify::identifier::{Identified, Identifier, expected_by_chance};
use crcheck_harness::oracle::identify::value::{ByteOrder, Reading, Written, readings};
use crcheck_harness::oracle::model::Model;
use crcheck_harness::platform::standard_streams;
use crcheck_harness::report::count_in_words;
use crcheck_harness::report::verdict::ExitCode;
use data_encoding::BASE64;
use serde_json::{Value, json};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// The version of the JSON format. Its schema is `schemas/identify.schema.json`.
const SCHEMA: &str = "crcheck/identify/1";

/// Find the models that give a value for a text or a file
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck identify 0xcbf43926 123456789\n\
\x20 crcheck identify y/Q5Jg== --text 123456789\n\
\x20 crcheck identify --file archive.zip 2639f4cb\n\
\x20 crcheck identify 930766865 123456789 --json")]
pub(crate) struct Identify {
    /// The value: hexadecimal, decimal or base64, in either order of its bytes
    #[arg(allow_negative_numbers = true)]
    value: String,
    /// The message: a file if there is one of this name, else this text itself. - is stdin
    #[arg(
        value_name = "FILE|TEXT",
        required_unless_present_any = ["text", "path"],
        conflicts_with_all = ["text", "path"]
    )]
    message: Option<OsString>,
    /// The message is this text, whatever files there are
    #[arg(long, conflicts_with = "path", help_heading = heading::MESSAGE)]
    text: Option<OsString>,
    /// The message is what this file holds
    #[arg(long = "file", value_name = "PATH", help_heading = heading::MESSAGE)]
    path: Option<PathBuf>,
    /// Print JSON
    #[arg(long, help_heading = heading::REPORTS)]
    json: bool,
    #[command(flatten)]
    results: ResultOptions,
}

/// Where the message is.
#[derive(Clone, Copy)]
enum Message<'m> {
    Text(&'m OsStr),
    File(&'m Path),
    Stdin,
}

impl Identify {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let usage = |error| Failure::new(ExitCode::Usage, format!("{error}"));
        let readings = readings(&self.value).map_err(usage)?;
        let message = self.message();
        let inputs: Vec<PathBuf> = match message {
            Message::File(path) => vec![path.to_owned()],
            Message::Stdin => vec![PathBuf::from("/dev/stdin")],
            Message::Text(_) => Vec::new(),
        };
        if let (Message::Text(name), Some(_)) = (message, &self.message)
            && is_like_a_path(name)
        {
            let name = shortened(name);
            tell(format_args!(
                "note: there is no file {name}; it is taken as text"
            ));
        }
        let output = Output::open(&self.results.as_report(), &inputs)?;
        let progress = Progress::of_bytes(&self.results.as_report());
        let meter = Meter::new(&progress);
        let cancelled: &AtomicBool = interrupt::flag();
        let read = Mutex::new(None);
        let work = || {
            let identifier = take(message, &meter, cancelled);
            *read.lock().expect("no panic while held") = Some(identifier);
        };
        stage::run(work, || meter.tick(), || ExitCode::Interrupted)?;
        progress.finish();
        let read = read.into_inner().expect("no panic while held");
        let identifier = read.expect("the work is done")?;
        if cancelled.load(Ordering::Relaxed) {
            return Err(Failure::new(ExitCode::Interrupted, "interrupted"));
        }
        let found = identifier.identify(&readings);
        let code = match found.iter().any(|one| one.slip.is_none()) {
            true => ExitCode::Passed,
            false => ExitCode::Found,
        };
        let text = match self.json {
            true => self.render_json(message, identifier.len_bytes(), &found),
            false => self.render_human(message, identifier.len_bytes(), &readings, &found),
        };
        Ok(output.finish_text(&text, code))
    }

    fn message(&self) -> Message<'_> {
        match (&self.text, &self.path, &self.message) {
            (Some(text), ..) => Message::Text(text),
            (_, Some(path), _) => Message::File(path),
            (.., Some(name)) if name == "-" => Message::Stdin,
            (.., Some(name)) if Path::new(name).exists() => Message::File(Path::new(name)),
            (.., Some(text)) => Message::Text(text),
            (None, None, None) => unreachable!("one of them is required"),
        }
    }
}

impl Identify {
    fn render_human(
        &self,
        message: Message<'_>,
        len_bytes: u64,
        readings: &[Reading],
        found: &[Identified],
    ) -> String {
        let len = count_in_words(len_bytes as usize, "byte");
        let mut text = format!("{} of {}, {len}:\n", self.value, message.described());
        if found.iter().all(|one| one.slip.is_some()) {
            text += "no model of the catalogue gives this value\n";
        }
        for one in found {
            text += &line(one);
        }
        let mut widths: Vec<u8> = found.iter().map(|one| one.model.width).collect();
        widths.dedup();
        for width in widths {
            let expected = expected_by_chance(readings, width);
            if expected >= 0.001 {
                text += &format!(
                    "By chance, {expected:.3} models of {width} bits fit any value. The value of \
                     a second message decides\n"
                );
            }
        }
        text
    }

    fn render_json(&self, message: Message<'_>, len_bytes: u64, found: &[Identified]) -> String {
        let (exact, near): (Vec<_>, Vec<_>) = found.iter().partition(|one| one.slip.is_none());
        let entries = |found: &[&Identified]| found.iter().map(|one| entry(one)).collect::<Value>();
        let mut of = message.json();
        of["len_bytes"] = len_bytes.into();
        let answer = json!({
            "schema": SCHEMA,
            "value": self.value,
            "message": of,
            "models": entries(&exact),
            "near_misses": entries(&near),
        });
        format!("{answer:#}\n")
    }
}

fn line(found: &Identified) -> String {
    let Identified {
        model,
        written,
        order,
        slip,
    } = found;
    let mut read = Vec::new();
    if *written != Written::Hex {
        read.push(format!("{written}"));
    }
    if *order == ByteOrder::Little {
        read.push("lowest byte first".to_owned());
    }
    let read = match read.is_empty() {
        true => String::new(),
        false => format!(" ({})", read.join(", ")),
    };
    let slip = slip.map_or(String::new(), |slip| format!(" gives it if {slip}"));
    format!("{}{slip}{read}\n", model.name)
}

fn entry(found: &Identified) -> Value {
    let Model { name, width, .. } = found.model;
    json!({
        "model": name,
        "width": width,
        "written": found.written.name(),
        "byte_order": found.order.name(),
        "slip": found.slip.map(|slip| slip.name()),
    })
}

impl Message<'_> {
    fn described(self) -> String {
        match self {
            Self::Text(text) => format!("the text `{}`", shortened(text)),
            Self::File(path) => format!("the file {}", readable(path.as_os_str())),
            Self::Stdin => "stdin".to_owned(),
        }
    }

    fn json(self) -> Value {
        let (kind, name) = match self {
            Self::Text(text) => ("text", text),
            Self::File(path) => ("file", path.as_os_str()),
            Self::Stdin => ("stdin", OsStr::new("-")),
        };
        let mut value = json!({ "kind": kind, "name": name.to_string_lossy() });
        if name.to_str().is_none() {
            value["name_base64"] = BASE64.encode(name.as_bytes()).into();
        }
        value
    }
}

/// Whether a text looks like the name of a file.
fn is_like_a_path(text: &OsStr) -> bool {
    let text = text.to_string_lossy();
    let ending = text.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_ending = (1..=5).contains(&ending.len())
        && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && ending.bytes().any(|byte| byte.is_ascii_alphabetic());
    text.contains('/') || is_ending
}

/// How many letters of a text are shown.
const SHOWN_LETTERS: usize = 80;

/// A text on one line, or its beginning.
fn shortened(text: &OsStr) -> String {
    let text = readable(text);
    match text.char_indices().nth(SHOWN_LETTERS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// Takes the whole message.
fn take(
    message: Message<'_>,
    meter: &Meter<'_>,
    cancelled: &AtomicBool,
) -> Result<Identifier, Failure> {
    let mut identifier = Identifier::new();
    let read = match message {
        Message::Text(text) => {
            identifier.update(text.as_bytes());
            return Ok(identifier);
        }
        Message::Stdin if standard_streams::is_stdin_closed() => {
            Err(io::Error::other("it is closed"))
        }
        Message::Stdin => meter.measure(
            || ("stdin".to_owned(), None),
            || read(&mut io::stdin().lock(), &mut identifier, meter, cancelled),
        ),
        Message::File(path) => File::open(path).and_then(|mut file| {
            let found = file.metadata()?;
            let len_bytes = found.is_file().then_some(found.len());
            meter.measure(
                || (readable(path.as_os_str()), len_bytes),
                || read(&mut file, &mut identifier, meter, cancelled),
            )
        }),
    };
    let name = match message {
        Message::File(path) => path,
        _ => Path::new("stdin"),
    };
    read.map_err(|error| Failure::io("read", name, &error))?;
    Ok(identifier)
}

/// Bytes of a read.
const READ_BYTES: usize = 1 << 20;

fn read(
    stream: &mut impl Read,
    identifier: &mut Identifier,
    meter: &Meter<'_>,
    cancelled: &AtomicBool,
) -> io::Result<()> {
    let take = |block: &[u8]| {
        identifier.update(block);
        meter.add(block.len() as u64);
        !cancelled.load(Ordering::Relaxed)
    };
    blocks::read_stream(stream, &mut vec![0; READ_BYTES], take).map(drop)
}
