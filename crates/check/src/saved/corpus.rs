//! Corpora: seeds that reach every path without fuzzing, and kept inputs.

use crate::artifact::{Artifact, FILE_BYTES_MAX};
use crate::case::{Case, Forge};
use crate::checks::split;
use crate::circumstances::Circumstances;
use crate::fuzz::Target;
use crate::input;
use crate::input::Header;
use crate::lengths::thresholds_beyond;
use crate::saved::load::{Content, Item};
use crcheck_kernel::Tier;
use crcheck_oracle::catalogue;
use crcheck_oracle::model::Model;
use crcheck_platform::files::{regular, whole};
use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_platform::rng::SplitMix64;
use crcheck_subject::{Kind, Subject, SubjectName, TierSubject};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// The most bytes of a target's folder.
pub const FOLDER_BYTES_MAX: u64 = 2 << 20;

/// An input, and the name of its file.
pub type Named = (String, Vec<u8>);

/// The seeds of a target. They are the same on every machine.
pub fn seeds(target: Target) -> Vec<Named> {
    match target {
        Target::KernelVsOracle | Target::Canary => make_cases(|_| (0, Forge::None)),
        Target::SplitPoints => make_cases(|index| {
            let forge = [Forge::None, Forge::Zero, Forge::Ones][index % 3];
            (1 + index % 4, forge)
        }),
        Target::Combine => make_cases(|index| (1 + index % 2, Forge::None)),
        Target::HasherModel | Target::ReaderModel => (0..64).map(make_operations).collect(),
        Target::OracleVsOracle => make_model_inputs(),
        Target::ArtifactParse => make_artifacts(),
    }
}

/// The longest power of two among the lengths of seeds. A replay makes about fifty calls on each
/// seed, and on emulated CPUs a byte takes 10 ns.
const POWERS_TO_BYTES: usize = 256 << 10;

/// The lengths of seeds: every length up to 80, then those around the thresholds of every tier, and
/// powers of two.
fn seed_lengths() -> Vec<usize> {
    let mut lengths: Vec<usize> = (0..=80).collect();
    for tier in Tier::ALL {
        let own = tier
            .thresholds()
            .iter()
            .filter(|&&length| length * 4 <= input::LENGTH_MAX)
            .flat_map(|&length| [length, length * 2, length * 3]);
        lengths.extend(own.flat_map(|length| [length - 1, length, length + 1, length + 21]));
    }
    if let Some(portable) = TierSubject::native(Tier::Portable) {
        let beyond = thresholds_beyond(1000, POWERS_TO_BYTES, &portable as &dyn Subject);
        let is_seed = |length: &usize| length.is_power_of_two() && *length <= POWERS_TO_BYTES;
        lengths.extend(beyond.into_iter().filter(is_seed));
    }
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}

fn make_cases(cut: impl Fn(usize) -> (usize, Forge)) -> Vec<Named> {
    let mut rng = SplitMix64::new(0x5eed);
    let named = seed_lengths()
        .into_iter()
        .enumerate()
        .map(|(index, length)| {
            let (count, forge) = cut(index);
            let mut splits = [0; 4];
            splits[..count].fill_with(|| rng.index(length + 1) as u32);
            let header = Header {
                length: length as u32,
                alignment: (index * 11 % 64) as u8,
                guard: (index % 4) as u8,
                register: [u64::MAX, 0, rng.next_u64()][index % 3],
                seed: rng.next_u64(),
                split_count: count as u8,
                forge: forge as u8,
                ..Header::default()
            };
            let mut bytes = header.write().to_vec();
            bytes.extend_from_slice(&rng.next_u64().to_le_bytes());
            (name_of(&bytes), bytes)
        });
    named.collect()
}

/// The name of an input. That of a case describes its cell.
fn name_of(bytes: &[u8]) -> String {
    let Some(case) = input::decode(bytes, &Model::CRC_32_ISO_HDLC) else {
        return format!("input-{:08x}", hash(bytes));
    };
    let splits = case.splits.len();
    format!(
        "len-{:07}-at-{:02}-{}-splits-{splits}-{:08x}",
        case.message.len(),
        case.placement.offset,
        case.placement.guard,
        hash(bytes)
    )
}

fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash: u32, &byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

fn make_operations(index: u64) -> Named {
    let mut rng = SplitMix64::labelled(0x5eed, index);
    let mut bytes = vec![0; 8 + rng.index(400)];
    rng.fill(&mut bytes);
    (format!("operations-{index:02}"), bytes)
}

/// Makes one input for each model: the model's index, a register, a cut, a message.
fn make_model_inputs() -> Vec<Named> {
    let count = catalogue::all().len();
    let inputs = catalogue::all().iter().enumerate().map(|(index, model)| {
        let mut rng = SplitMix64::labelled(0x5eed, index as u64);
        let mut bytes = vec![0; 10 + 40];
        rng.fill(&mut bytes);
        // `choose_index` takes its byte from the end of the input.
        let last = bytes.len() - 1;
        bytes[last] = index.min(count) as u8;
        (model.name.replace('/', "-"), bytes)
    });
    inputs.collect()
}

fn make_artifacts() -> Vec<Named> {
    let case = Case {
        register: 0xffff_ffff,
        placement: Placement {
            offset: 5,
            guard: GuardSide::End,
        },
        splits: vec![3, 7],
        message: b"123456789".to_vec(),
        ..Case::default()
    };
    let artifact = Artifact {
        subject: Some(SubjectName::Tier(Tier::Portable)),
        check: Some(split::ID),
        kind: Some(Kind::Split),
        summary: "an example".to_owned(),
        expected: Some(0xcbf4_3926),
        got: Some(0),
        ..Artifact::of_case(case, &Model::CRC_32_ISO_HDLC, "crcheck corpus seed")
    };
    let text = artifact.to_text();
    let changed = |name: &str, from: &str, to: &str| {
        (
            format!("{name}.toml"),
            text.replacen(from, to, 1).into_bytes(),
        )
    };
    vec![
        ("right.toml".to_owned(), text.clone().into_bytes()),
        ("version-1.toml".to_owned(), version_1(&text).into_bytes()),
        changed("future-version", "artifact = 2", "artifact = 3"),
        changed("no-version", "artifact = 2\n", ""),
        changed("unknown-model", "CRC-32/ISO-HDLC", "CRC-33"),
        changed("unknown-check", "\"split\"", "\"splat\""),
        changed("unknown-key", "summary", "summery"),
        changed("wrong-length", "length = 9", "length = 8"),
        changed("wrong-digits", "3132", "31x2"),
        changed("split-outside", "7", "77"),
        (
            "truncated.toml".to_owned(),
            text.as_bytes()[..text.len() / 2].to_vec(),
        ),
    ]
}

/// An artifact as the first crcheck wrote it.
fn version_1(text: &str) -> String {
    let is_new = |line: &&str| {
        let new = ["kind = ", "expected = ", "got = "];
        new.iter().any(|new| line.starts_with(new))
    };
    let old = text.lines().filter(|line| !is_new(line));
    let old: String = old.map(|line| format!("{line}\n")).collect();
    old.replacen("artifact = 2", "artifact = 1", 1)
}

/// Writes a target's seeds below `corpus`, and returns how many they are.
///
/// # Errors
/// If the operating system refuses.
pub fn write_seeds(corpus: &Path, target: Target) -> io::Result<usize> {
    let folder = corpus.join(target.name());
    std::fs::create_dir_all(&folder)?;
    let seeds = seeds(target);
    for (name, bytes) in &seeds {
        whole::write(&folder.join(name), bytes)?;
    }
    Ok(seeds.len())
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many inputs are new and were kept.
    pub kept: usize,
    /// How many inputs have a cell that is there already.
    pub known: usize,
    /// How many inputs were left out because the folder is full.
    pub left_out: usize,
}

/// How many bytes of a body are kept. They are enough to be random, since bodies are repeated.
const BODY_BYTES_MAX: usize = 64;

/// Copies inputs into a target's folder below `corpus`. It shortens each as far as its cell stays
/// the same, names it after the cell, and keeps it if the folder has no input of that cell and has
/// room.
///
/// # Errors
/// If the operating system refuses.
pub fn import(corpus: &Path, target: Target, items: &[Item]) -> io::Result<Imported> {
    let folder = corpus.join(target.name());
    std::fs::create_dir_all(&folder)?;
    let mut cells = BTreeSet::new();
    let mut size = 0;
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        // Whatever else lies there is no input.
        if !path.is_file() {
            continue;
        }
        let bytes = regular::read(&path, FILE_BYTES_MAX)?;
        size += bytes.len() as u64;
        cells.insert(cell_of(target, &bytes));
    }
    let mut imported = Imported::default();
    for item in items {
        let Content::Input(_, bytes) = &item.content else {
            continue;
        };
        let bytes = shorten(target, bytes);
        let cell = cell_of(target, &bytes);
        if cells.contains(&cell) {
            imported.known += 1;
        } else if size + bytes.len() as u64 > FOLDER_BYTES_MAX {
            imported.left_out += 1;
        } else {
            let name = if target.takes_cases() {
                name_of(&bytes)
            } else {
                format!("input-{:08x}", hash(&bytes))
            };
            whole::write(&folder.join(name), &bytes)?;
            size += bytes.len() as u64;
            cells.insert(cell);
            imported.kept += 1;
        }
    }
    Ok(imported)
}

fn shorten(target: Target, bytes: &[u8]) -> Vec<u8> {
    let whole = if target.takes_cases() {
        bytes.len().min(input::HEADER_BYTES + BODY_BYTES_MAX)
    } else {
        bytes.len()
    };
    bytes[..whole].to_vec()
}

/// What two inputs share if one of them is enough: the cell of a case, else all bytes.
fn cell_of(target: Target, bytes: &[u8]) -> Vec<u8> {
    match Header::read(bytes) {
        Some((header, _)) if target.takes_cases() => {
            let only = Header {
                register: 0,
                seed: 0,
                splits: [0; 4],
                ..header
            };
            only.write().to_vec()
        }
        _ => bytes.to_vec(),
    }
}

/// How much a folder of a corpus holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderSize {
    /// The folder: a target's, or [`REGRESSIONS`].
    pub name: &'static str,
    /// Files in it.
    pub files: u64,
    /// Their bytes.
    pub len_bytes: u64,
}

/// The size of each folder that `corpus` has.
///
/// # Errors
/// If the operating system refuses.
pub fn folder_sizes(corpus: &Path) -> io::Result<Vec<FolderSize>> {
    // A missing corpus is an error, and a missing folder of one is not.
    std::fs::read_dir(corpus)?;
    let names = Target::ALL.map(Target::name).into_iter();
    let names = names.chain([REGRESSIONS]);
    let names = names.filter(|name| corpus.join(name).is_dir());
    names.map(|name| folder_size(corpus, name)).collect()
}

fn folder_size(corpus: &Path, name: &'static str) -> io::Result<FolderSize> {
    let (mut files, mut len_bytes) = (0, 0);
    for entry in std::fs::read_dir(corpus.join(name))? {
        let found = std::fs::metadata(entry?.path());
        if let Some(file) = found.ok().filter(|found| found.is_file()) {
            len_bytes += file.len();
            files += 1;
        }
    }
    Ok(FolderSize {
        name,
        files,
        len_bytes,
    })
}

/// The folder below a corpus that holds artifacts with a story.
pub const REGRESSIONS: &str = "regressions";

/// Checks the name of an artifact to keep: a file name without folders and without its ending.
///
/// # Errors
/// If another letter is in it.
pub fn parse_name(text: &str) -> Result<String, String> {
    let is_bare = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if text.starts_with(|letter: char| letter.is_ascii_alphanumeric()) && text.chars().all(is_bare)
    {
        Ok(text.to_owned())
    } else {
        Err("a name has only letters, digits, `-`, `_` and `.`".to_owned())
    }
}

/// Keeps an artifact as `name` in [`REGRESSIONS`] below `corpus`, and returns its path. The
/// artifact gets its story, and loses the subject that failed it with what is known of that, so
/// that it judges every subject.
///
/// # Errors
/// If the operating system refuses.
pub fn keep(corpus: &Path, name: &str, story: &str, artifact: &Artifact) -> io::Result<PathBuf> {
    let kept = Artifact {
        subject: None,
        got: None,
        story: story.to_owned(),
        circumstances: Circumstances::default(),
        ..artifact.clone()
    };
    kept.write_as(&corpus.join(REGRESSIONS), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_inputs_with_names_of_their_own() {
        for target in Target::ALL {
            let seeds = seeds(target);
            let mut names: Vec<&String> = seeds.iter().map(|(name, _)| name).collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), seeds.len(), "{target}");
            let size: usize = seeds.iter().map(|(_, bytes)| bytes.len()).sum();
            assert!(size as u64 <= FOLDER_BYTES_MAX);
            if target.takes_cases() {
                assert!(seeds.iter().all(|(_, bytes)| Header::read(bytes).is_some()));
            }
        }
    }

    #[test]
    fn an_import_keeps_one_input_of_a_cell() {
        let folder = tempfile::tempdir().expect("a folder");
        let item = |seed: u64, length: u32| {
            let header = Header {
                seed,
                length,
                ..Header::default()
            };
            let bytes = [&header.write()[..], &[7; 500]].concat();
            Item {
                path: "raw".into(),
                content: Content::Input(Target::Combine, bytes),
            }
        };
        let items = [item(1, 10), item(2, 10), item(1, 11)];
        let imported = import(folder.path(), Target::Combine, &items).expect("imported");
        assert_eq!(
            imported,
            Imported {
                kept: 2,
                known: 1,
                left_out: 0
            }
        );
        let second = import(folder.path(), Target::Combine, &items).expect("imported");
        assert_eq!(
            second,
            Imported {
                kept: 0,
                known: 3,
                left_out: 0
            }
        );
        for entry in std::fs::read_dir(folder.path().join("combine")).expect("a folder") {
            let length = entry.expect("a file").metadata().expect("metadata").len();
            assert_eq!(length, (input::HEADER_BYTES + BODY_BYTES_MAX) as u64);
        }
    }
}
