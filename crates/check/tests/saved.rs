//! Saved cases: where findings go, whom they were found on, what a corpus holds.

use crcheck_check::artifact::Artifact;
use crcheck_check::case::Case;
use crcheck_check::check_result::CheckResult;
use crcheck_check::checks::CheckSet;
use crcheck_check::circumstances::Circumstances;
use crcheck_check::control::Control;
use crcheck_check::finding::{Finding, MessageForm, VALUE_CHECK};
use crcheck_check::fuzz::Target;
use crcheck_check::group::Group;
use crcheck_check::saved::artifacts::{ArtifactWriter, SavedArtifacts, Unwritten};
use crcheck_check::saved::corpus::{self, FolderSize};
use crcheck_check::saved::found_on::{self, FoundOn};
use crcheck_check::saved::load::{Content, Item};
use crcheck_check::saved::replay;
use crcheck_kernel::Tier;
use crcheck_oracle::model::Model;
use crcheck_subject::{Kind, Subject, SubjectName, TierSubject};
use std::path::Path;
use std::sync::Mutex;

fn case(len_bytes: usize) -> Case {
    Case {
        message: vec![7; len_bytes],
        ..Case::default()
    }
}

fn finding(kind: Kind, len_bytes: usize) -> Finding {
    Finding {
        check: VALUE_CHECK,
        kind,
        subject: "mine".into(),
        case: case(len_bytes),
        message_form: MessageForm::Message,
        expected: None,
        got: None,
        distance_bytes: None,
        instruction: None,
        illegal: None,
        place: None,
        called_at: None,
        summary: "is wrong".to_owned(),
    }
}

fn writer_of(folder: &Path, on_unwritten: fn(&Unwritten<'_>)) -> ArtifactWriter {
    let (folder, model) = (folder.to_owned(), Model::CRC_32_ISO_HDLC);
    let circumstances = Circumstances {
        seed: Some("0x7".to_owned()),
        ..Circumstances::here()
    };
    ArtifactWriter::new(
        folder,
        model,
        "a test".to_owned(),
        circumstances,
        on_unwritten,
    )
}

fn writer(folder: &Path) -> ArtifactWriter {
    writer_of(folder, |unwritten| panic!("{unwritten}"))
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.expect("an entry").file_name();
    let names = entries.map(name);
    let mut names: Vec<String> = names
        .map(|name| name.into_string().expect("text"))
        .collect();
    names.sort();
    names
}

fn len_bytes(saved: &SavedArtifacts, id: &str) -> usize {
    let artifact = Artifact::read(&saved.paths[id]).expect("an artifact");
    artifact.case.message.len()
}

#[test]
fn the_smallest_case_stands_for_a_finding() {
    let folder = tempfile::tempdir().expect("a folder");
    let artifacts = writer(folder.path());
    for length in [9, 3, 5] {
        artifacts.write(&finding(Kind::WrongValue, length));
    }
    artifacts.write_if_new(&finding(Kind::WrongValue, 1));
    artifacts.write_if_new(&finding(Kind::Crash, 4));
    let result = CheckResult {
        groups: vec![Group::of_one(finding(Kind::Hang, 2))],
        ..CheckResult::new("mine".into(), VALUE_CHECK)
    };
    artifacts.write_smallest(&result);
    let saved = artifacts.finish();
    assert!(!saved.has_failed);
    assert_eq!(saved.paths.len(), 3);
    assert_eq!(len_bytes(&saved, "mine/agree/wrong-value"), 3);
    assert_eq!(len_bytes(&saved, "mine/agree/crash"), 4);
    assert_eq!(len_bytes(&saved, "mine/agree/hang"), 2);
}

#[test]
fn only_the_smallest_case_stays_and_what_was_there_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let before = finding(Kind::WrongValue, 8);
    let artifact = Artifact::of(&before, &Model::CRC_32_ISO_HDLC, "an earlier run");
    artifact.write(folder.path()).expect("written");
    let artifacts = writer(folder.path());
    // The longest has a file for its message.
    for length in [10_000, 9, 8, 3] {
        artifacts.write(&finding(Kind::WrongValue, length));
    }
    assert_eq!(names(folder.path()).len(), 5, "each is written at once");
    let saved = artifacts.finish();
    let smallest = saved.paths["mine/agree/wrong-value"].clone();
    let mut kept = [artifact.path_in(folder.path()), smallest];
    kept.sort();
    assert_eq!(names(folder.path()).len(), 2);
    assert!(kept.iter().all(|path| path.exists()), "{kept:?}");
}

#[test]
fn a_case_that_is_found_again_has_the_same_name() {
    let folder = tempfile::tempdir().expect("a folder");
    for _ in 0..3 {
        let artifacts = writer(folder.path());
        artifacts.write(&finding(Kind::WrongValue, 5));
        artifacts.finish();
    }
    assert_eq!(names(folder.path()).len(), 1);
    let model = Model::CRC_32_ISO_HDLC;
    let one = Artifact::of(&finding(Kind::WrongValue, 5), &model, "somebody");
    let told = Artifact {
        summary: "in other words".to_owned(),
        expected: Some(7),
        found_by: "somebody else".to_owned(),
        circumstances: Circumstances::here(),
        ..one.clone()
    };
    assert_eq!(one.name(), told.name());
    let mut others = vec![one.clone(); 6];
    others[0].kind = Some(Kind::Crash);
    others[1].case.register = 7;
    others[2].case.splits = vec![1];
    others[3].case.message[4] = 9;
    others[4].check = None;
    others[5].subject = Some("other".into());
    for other in others {
        assert_ne!(one.name(), other.name(), "{other:?}");
    }
}

static UNWRITTEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[test]
fn artifacts_that_cannot_be_written_give_one_warning_and_the_smallest_case() {
    let folder = Path::new("/dev/null/folder");
    let artifacts = writer_of(folder, |unwritten| {
        let mut told = UNWRITTEN.lock().expect("no panic");
        told.push(unwritten.to_string());
    });
    for length in [900, 9, 3, 4] {
        artifacts.write(&finding(Kind::WrongValue, length));
    }
    let saved = artifacts.finish();
    assert!(saved.has_failed);
    assert!(saved.paths.is_empty());
    let told = UNWRITTEN.lock().expect("no panic");
    let [warning, smallest] = told.as_slice() else {
        panic!("{told:?}")
    };
    let begin = "warning: cannot write an artifact into /dev/null/folder: ";
    assert!(warning.starts_with(begin), "{warning}");
    let begin = "the smallest case of mine/agree/wrong-value, which is in no file:\n";
    let text = smallest.strip_prefix(begin).expect("an artifact");
    let read = Artifact::parse(text, Path::new(".")).expect("an artifact");
    assert_eq!(read.case.message.len(), 3);
}

#[test]
fn an_artifact_keeps_all_that_is_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let found = finding(Kind::WrongValue, 5);
    let artifact = Artifact {
        circumstances: Circumstances {
            depth: Some("quick".to_owned()),
            seed: Some("0x1".to_owned()),
            command: Some("crcheck verify --cmd 'a b'".to_owned()),
            code_sha256: Some("00ff".to_owned()),
            ..Circumstances::here()
        },
        message_form: MessageForm::TwoMessages,
        ..Artifact::of(&found.values(0x12, 0x34), &Model::CRC_32_ISO_HDLC, "a test")
    };
    let path = artifact.write(folder.path()).expect("written");
    assert_eq!(Artifact::read(&path).expect("an artifact"), artifact);
}

#[test]
fn every_version_so_far_is_read_and_no_later_one() {
    let parse = |text: &str| Artifact::parse(text, Path::new("."));
    let seeds = corpus::seeds(Target::ArtifactParse);
    let text_of = |name: &str| {
        let seed = seeds.iter().find(|(known, _)| known == name);
        String::from_utf8(seed.expect("a seed").1.clone()).expect("text")
    };
    let new = parse(&text_of("right.toml")).expect("an artifact");
    let old = parse(&text_of("version-1.toml")).expect("an artifact");
    assert_eq!((old.version, new.version), (1, 2));
    assert_eq!((old.expected, new.expected), (None, Some(0xcbf4_3926)));
    assert_eq!(old.case, new.case);
    let error = parse(&text_of("future-version.toml")).expect_err("version 3");
    assert!(
        error.to_string().contains("take a newer crcheck"),
        "{error}"
    );
    // The corpus keeps cases of the first version.
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/regressions");
    let kept = Artifact::read(&corpus.join("one-alignment.toml")).expect("an artifact");
    assert_eq!(kept.version, 1);
    // What is read is written anew.
    let again = parse(&kept.to_text()).expect("an artifact");
    assert_eq!(again, Artifact { version: 2, ..kept });
}

fn item(subject: Option<&str>, model: &str, tier_code: u8) -> Item {
    let model = Model::find(model).expect("a model");
    let case = Case {
        tier_code,
        ..case(9)
    };
    let artifact = Artifact {
        subject: subject.map(SubjectName::from),
        ..Artifact::of_case(case, &model, "")
    };
    Item {
        path: "case.toml".into(),
        content: Content::Artifact(Box::new(artifact)),
    }
}

fn input() -> Item {
    let (name, bytes) = corpus::seeds(Target::SplitPoints).remove(0);
    Item {
        path: name.into(),
        content: Content::Input(Target::SplitPoints, bytes),
    }
}

const CRC_32: &str = "CRC-32/ISO-HDLC";
const CRC_16: &str = "CRC-16/XMODEM";

#[test]
fn an_artifact_says_whom_it_was_found_on() {
    let found_on = FoundOn::of(&item(Some("cmd:crc"), CRC_16, 0)).expect("an artifact");
    assert_eq!(found_on.subject, Some(SubjectName::parse("cmd:crc")));
    assert_eq!(found_on.model, Model::find(CRC_16).expect("a model"));
    let found_on = FoundOn::of(&item(None, CRC_32, 0)).expect("an artifact");
    assert_eq!(found_on.subject, None);
    assert_eq!(FoundOn::of(&input()), None);
}

#[test]
fn cases_are_grouped_by_subject_and_model() {
    let items = || {
        vec![
            item(Some("fault:a"), CRC_32, 0),
            item(Some("cmd:crc"), CRC_16, 0),
            item(None, CRC_32, 0),
            input(),
            item(Some("fault:a"), CRC_32, 0),
            item(Some("cmd:crc"), CRC_32, 0),
        ]
    };
    let sizes = |is_subject_given| {
        let groups = found_on::group(items(), is_subject_given);
        let mut sizes: Vec<usize> = groups.iter().map(Vec::len).collect();
        sizes.sort_unstable();
        sizes
    };
    assert_eq!(sizes(false), [1, 1, 1, 1, 2]);
    assert_eq!(sizes(true), [1, 1, 4], "an input, CRC-16, CRC-32");
}

#[test]
fn a_replay_says_what_it_left_out() {
    let left_out = |tiers: &[Tier]| {
        let subjects = tiers.iter().map(|&tier| {
            let subject = TierSubject::native(tier).expect("every CPU has it");
            Box::new(subject) as Box<dyn Subject>
        });
        let subjects: Vec<_> = subjects.collect();
        let items = [item(None, CRC_32, u8::MAX), item(None, CRC_32, 0)];
        let control = Control::default();
        let replayed = replay::replay(&items, &subjects, CheckSet::all(), &control, &mut |_, _| {});
        let replayed = replayed.expect("judges");
        replayed.left_out().collect::<Vec<_>>()
    };
    let reason = "they need a tier that is not selected or not available";
    assert_eq!(left_out(&[Tier::Portable]), [(1, reason)]);
    assert_eq!(left_out(&[]), []);
}

#[test]
fn a_corpus_lists_the_folders_that_it_has() {
    let folder = tempfile::tempdir().expect("a folder");
    let corpus = folder.path();
    assert_eq!(corpus::folder_sizes(corpus).expect("a folder"), []);
    let regressions = corpus.join(corpus::REGRESSIONS);
    std::fs::create_dir(&regressions).expect("a folder");
    std::fs::create_dir(corpus.join("of-nobody")).expect("a folder");
    std::fs::write(regressions.join("one"), [0; 10]).expect("a file");
    std::fs::write(regressions.join("two"), [0; 20]).expect("a file");
    let listed = FolderSize {
        name: corpus::REGRESSIONS,
        files: 2,
        len_bytes: 30,
    };
    assert_eq!(corpus::folder_sizes(corpus).expect("a folder"), [listed]);
    assert!(corpus::folder_sizes(&corpus.join("missing")).is_err());
}

#[test]
fn a_kept_name_has_no_folder() {
    for name in ["odd-tail", "v1.2_x", "7"] {
        assert_eq!(corpus::parse_name(name).as_deref(), Ok(name));
    }
    for name in ["", ".hidden", "-x", "a/b", "..", "ä"] {
        assert!(corpus::parse_name(name).is_err(), "{name}");
    }
}
