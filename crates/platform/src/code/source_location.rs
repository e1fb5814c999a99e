//! From a place in machine code to the function and the line of its source.
//!
//! This is the one resolver of addresses: text, JSON and what CI shows come from it. Files that are
//! judged may be hostile, and their DWARF may ask for endless time or memory. So a copy of this
//! process reads it, under limits. Where it fails, what is left is what the symbols say; where
//! there are none, the file and the address. Nothing is guessed.

use crate::code::debug_info::{self, Known, SourceLine};
use crate::code::place::Place;
use crate::emulation::is_emulated;
use crate::forked_call::{self, ForkOutcome};
use rustix::process::{Resource, Rlimit, setrlimit};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::OpenOptions;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

pub use crate::code::debug_info::SourceLine as Line;

/// Where an instruction stands, as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SourceLocation {
    /// The program or library.
    pub object: String,
    /// The instruction's address in that file.
    pub offset: String,
    /// The innermost function, and the line. Without DWARF, the function of the symbol table.
    #[serde(flatten)]
    pub line: SourceLine,
    /// The function of the symbol table, demangled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// The distance from its start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol_offset: Option<String>,
    /// The functions that this one is inlined into, from the innermost outwards, each with the line
    /// of the call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inlined_by: Vec<SourceLine>,
}

/// How long a file may take. A large program takes a second.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much memory it may take beyond what this process has, in bytes.
const MEMORY_BYTES: u64 = 2 << 30;

/// What is known of a place, as long as its file is as old as then.
type KnownPlaces = HashMap<(Place, Option<SystemTime>), Known>;

/// Finds one place.
pub fn locate(place: &Place) -> SourceLocation {
    let mut locations = locate_all(std::slice::from_ref(place));
    locations.pop().unwrap_or_default()
}

/// Finds places, those of one file at once.
pub fn locate_all(places: &[Place]) -> Vec<SourceLocation> {
    static KNOWN: Mutex<Option<KnownPlaces>> = Mutex::new(None);
    let age = |path: &Path| {
        std::fs::metadata(path)
            .and_then(|found| found.modified())
            .ok()
    };
    let keys: Vec<_> = places
        .iter()
        .map(|place| (place.clone(), age(&place.object)))
        .collect();
    let mut guard = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = guard.get_or_insert_default();
    let mut missing: BTreeMap<&Path, Vec<_>> = BTreeMap::new();
    for key in keys.iter().filter(|key| !known.contains_key(key)) {
        missing.entry(&key.0.object).or_default().push(key);
    }
    for (path, keys) in missing {
        let addresses: Vec<u64> = keys.iter().map(|key| key.0.address).collect();
        let answers = look_up(path, &addresses).into_iter();
        known.extend(keys.into_iter().cloned().zip(answers));
    }
    keys.iter()
        .map(|key| SourceLocation::new(&key.0, known.get(key).cloned().unwrap_or_default()))
        .collect()
}

/// What a file says about its addresses, or its symbols alone if its DWARF leads nowhere.
fn look_up(path: &Path, addresses: &[u64]) -> Vec<Known> {
    // A copy may hang in an emulator, and symbols alone need none.
    if is_emulated() {
        return debug_info::look_up(path, addresses, false);
    }
    static WITHOUT_LINES: Mutex<Option<HashSet<PathBuf>>> = Mutex::new(None);
    let mut guard = WITHOUT_LINES.lock().unwrap_or_else(PoisonError::into_inner);
    let without_lines = guard.get_or_insert_default();
    if !without_lines.contains(path) {
        if let Some(known) = ask_a_copy(path, addresses, true) {
            return known;
        }
        without_lines.insert(path.to_owned());
    }
    let known = ask_a_copy(path, addresses, false);
    known.unwrap_or_else(|| vec![Known::default(); addresses.len()])
}

/// Finds the call that returns to a place. `None` if there is no call in front of it: then it is no
/// place to return to.
pub fn locate_call(returns_to: &Place) -> Option<SourceLocation> {
    if is_emulated() {
        return None;
    }
    let look = || debug_info::call_before(&returns_to.object, returns_to.address);
    let address = in_a_copy(PATIENCE, look)??;
    let call = Place {
        address,
        ..returns_to.clone()
    };
    Some(locate(&call))
}

/// Finds where the source declares a function of a library, by the name that the loader knows; else
/// its first line. `None` if the file has no such function, or cannot be read.
pub fn locate_function(library: &Path, symbol: &str) -> Option<SourceLocation> {
    let look = || debug_info::declaration_of(library, symbol);
    // A copy may hang in an emulator.
    if is_emulated() {
        return None;
    }
    let (address, line) = in_a_copy(PATIENCE, look)??;
    let object = library.to_owned();
    let mut location = locate(&Place { object, address });
    if let Some(line) = line {
        (location.line, location.inlined_by) = (line, Vec::new());
    }
    Some(location)
}

fn ask_a_copy(path: &Path, addresses: &[u64], with_lines: bool) -> Option<Vec<Known>> {
    let look = || debug_info::look_up(path, addresses, with_lines);
    let known: Vec<Known> = in_a_copy(PATIENCE, look)?;
    (known.len() == addresses.len()).then_some(known)
}

/// Lets a copy of this process look. `None` if it does not come to an end.
fn in_a_copy<T>(patience: Duration, look: impl FnOnce() -> T) -> Option<T>
where
    T: Serialize + DeserializeOwned,
{
    let outcome = forked_call::run(patience, || {
        let found = hold_back().then(|| catch_unwind(AssertUnwindSafe(look)).ok());
        serde_json::to_vec(&found.flatten()).expect("plain data is always JSON")
    });
    match outcome {
        Ok(ForkOutcome::Answered(text)) => serde_json::from_slice::<Option<T>>(&text).ok()?,
        _ => None,
    }
}

/// Limits the memory of this process, and keeps it from writing to stderr how it ends. Returns
/// whether that worked.
fn hold_back() -> bool {
    let sizes = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = sizes.split(' ').next().and_then(|pages| pages.parse().ok());
    let Some(pages) = pages else {
        return false;
    };
    let page_bytes = rustix::param::page_size() as u64;
    let limit = |resource, bytes: u64| {
        let limit = Some(bytes);
        let limit = Rlimit {
            current: limit,
            maximum: limit,
        };
        setrlimit(resource, limit).is_ok()
    };
    let all: u64 = pages;
    let Ok(nowhere) = OpenOptions::new().write(true).open("/dev/null") else {
        return false;
    };
    rustix::stdio::dup2_stderr(&nowhere).is_ok()
        && limit(Resource::Core, 0)
        && limit(Resource::As, all * page_bytes + MEMORY_BYTES)
}

impl SourceLocation {
    fn new(place: &Place, known: Known) -> Self {
        let mut lines = known.lines.into_iter();
        let mut line = lines.next().unwrap_or_default();
        let inlined_by: Vec<SourceLine> = lines.collect();
        let (symbol, symbol_offset) = known.symbol.unzip();
        if line.function.is_none() && inlined_by.is_empty() {
            line.function.clone_from(&symbol);
        }
        Self {
            object: place.object.display().to_string(),
            offset: format!("{:#x}", place.address),
            line,
            symbol,
            symbol_offset: symbol_offset.map(|distance| format!("{distance:#x}")),
            inlined_by,
        }
    }

    /// The line in a phrase: `fold.c:117`.
    pub fn line_in_words(&self) -> Option<String> {
        in_words(&self.line)
    }

    /// The location in a phrase: `my_crc32+0x42, fold.c:117`. It names the file of the code unless
    /// that is known anyway.
    pub fn in_words(&self, is_object_known: bool) -> String {
        let object = Path::new(&self.object).file_name();
        let object = object.map_or(self.object.as_str().into(), |name| name.to_string_lossy());
        let (mut text, names_object) = match (&self.symbol, &self.symbol_offset) {
            (Some(symbol), Some(offset)) => (format!("{symbol}+{offset}"), false),
            _ => (format!("{object}+{}", self.offset), true),
        };
        if !is_object_known && !names_object {
            text += &format!(" in {object}");
        }
        if let Some(line) = self.line_in_words() {
            text += &format!(", {line}");
        }
        if let Some(outer) = self.inlined_by.last() {
            if let Some(function) = &self.line.function {
                text += &format!(" in {function}");
            }
            if let Some(line) = in_words(outer) {
                text += &format!(", inlined at {line}");
            }
        }
        text
    }
}

/// `fold.c:117`, from the current folder if the file is below it.
fn in_words(line: &SourceLine) -> Option<String> {
    let file = Path::new(line.file.as_ref()?);
    let here = std::env::current_dir().ok();
    let shown = here.and_then(|here| file.strip_prefix(here).ok().map(Path::to_owned));
    let shown = shown.unwrap_or_else(|| file.to_owned());
    let number = line.line.map_or(String::new(), |line| format!(":{line}"));
    Some(format!("{}{number}", shown.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    fn here() -> Place {
        Place::of(here as *const () as usize).expect("code")
    }

    /// Of Rust code, which has lines in every profile of this workspace.
    #[test]
    fn code_of_this_program_has_its_function_and_its_line() {
        let place = here();
        let location = locate(&place);
        let symbol = location.symbol.as_deref().expect("a symbol");
        assert!(symbol.ends_with("source_location::tests::here"), "{symbol}");
        assert_eq!(location.symbol_offset.as_deref(), Some("0x0"));
        let file = location.line.file.as_deref().expect("a file");
        assert!(file.ends_with("src/code/source_location.rs"), "{file}");
        assert!(location.line.line.is_some(), "{location:?}");
        let words = location.in_words(true);
        assert!(
            words.contains("here+0x0, ") && words.contains("source_location.rs:"),
            "{words}"
        );
        assert_eq!(
            locate_all(&[place.clone(), place]),
            [location.clone(), location]
        );
    }

    #[test]
    fn a_look_that_panics_or_never_ends_or_takes_all_memory_finds_nothing() {
        assert_eq!(in_a_copy(PATIENCE, || 7), Some(7));
        let panics = || -> u32 { panic!("broken") };
        assert_eq!(in_a_copy(PATIENCE, panics), None);
        let endless = || -> u32 {
            loop {
                std::thread::sleep(Duration::from_secs(1));
            }
        };
        assert_eq!(in_a_copy(Duration::from_millis(50), endless), None);
        let grows = || {
            let mut all: Vec<Vec<u8>> = Vec::new();
            while all.len() < 64 {
                all.push(Vec::with_capacity(256 << 20));
            }
            all.len()
        };
        assert_eq!(in_a_copy(PATIENCE, grows), None);
        let deep = || {
            fn descend(depth: u64) -> u64 {
                match std::hint::black_box(depth) {
                    0 => 0,
                    depth => descend(depth - 1) + std::hint::black_box(1),
                }
            }
            descend(1 << 40)
        };
        assert_eq!(in_a_copy(PATIENCE, deep), None);
    }

    #[test]
    fn what_is_no_program_has_no_more_than_its_address() {
        for object in ["/proc/self/maps", "/", "/none", "/dev/zero", file!()] {
            let place = Place {
                object: object.into(),
                address: 0x1234,
            };
            let location = locate(&place);
            let bare = SourceLocation {
                object: object.to_owned(),
                offset: "0x1234".to_owned(),
                ..SourceLocation::default()
            };
            assert_eq!(location, bare);
        }
    }

    #[test]
    fn what_is_inlined_is_told_with_the_line_of_the_call() {
        let line = |function: &str, line| SourceLine {
            function: Some(function.to_owned()),
            file: Some("/src/fold.c".to_owned()),
            line: Some(line),
            column: None,
        };
        let place = Place {
            object: "/lib/libmine.so".into(),
            address: 0x1042,
        };
        let known = Known {
            symbol: Some(("my_crc32".to_owned(), 0x42)),
            lines: vec![line("step", 117), line("my_crc32", 80)],
        };
        let location = SourceLocation::new(&place, known);
        let words = "my_crc32+0x42, /src/fold.c:117 in step, inlined at /src/fold.c:80";
        assert_eq!(location.in_words(true), words);
        let bare = SourceLocation::new(&place, Known::default());
        assert_eq!(bare.in_words(true), "libmine.so+0x1042");
        let words = location.in_words(false);
        assert!(
            words.starts_with("my_crc32+0x42 in libmine.so, "),
            "{words}"
        );
    }
}
