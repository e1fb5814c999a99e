//! Saved cases: where findings go, whom they were found on, what a corpus holds.

use crcheck_check::artifact::Artifact;
use crcheck_check::case::Case;
use crcheck_check::check_result::CheckResult;
use crcheck_check::checks::CheckSet;
use crcheck_check::control::Control;
use crcheck_check::finding::{Finding, MessageForm, VALUE_CHECK};
use crcheck_check::fuzz::Target;
use crcheck_check::group::Group;
use crcheck_check::saved::artifacts::{ArtifactWriter, SavedArtifacts};
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

fn writer(folder: &Path) -> ArtifactWriter {
    let folder = folder.to_owned();
    let model = Model::CRC_32_ISO_HDLC;
    ArtifactWriter::new(folder, model, "a test".to_owned(), |unwritten| {
        panic!("{unwritten}")
    })
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

static UNWRITTEN: Mutex<String> = Mutex::new(String::new());

#[test]
fn an_artifact_that_cannot_be_written_is_handed_on() {
    let folder = "/dev/null/folder";
    let model = Model::CRC_32_ISO_HDLC;
    let artifacts = ArtifactWriter::new(folder.into(), model, "a test".to_owned(), |unwritten| {
        *UNWRITTEN.lock().expect("no panic") = unwritten.to_string();
    });
    let finding = finding(Kind::WrongValue, 3);
    artifacts.write(&finding);
    let saved = artifacts.finish();
    assert!(saved.has_failed);
    assert!(saved.paths.is_empty());
    let text = UNWRITTEN.lock().expect("no panic");
    let begin = format!("cannot write an artifact into {folder}: ");
    assert!(text.starts_with(&begin), "{text}");
    let artifact = Artifact::of(&finding, &Model::CRC_32_ISO_HDLC, "a test");
    let end = format!(". The artifact:\n{}", artifact.to_text());
    assert!(text.ends_with(&end), "{text}");
}

fn item(subject: Option<&str>, model: &str, tier_code: u8) -> Item {
    let artifact = Artifact {
        model: Model::find(model).expect("a model"),
        subject: subject.map(SubjectName::from),
        check: None,
        summary: String::new(),
        found_by: String::new(),
        story: String::new(),
        case: Case {
            tier_code,
            ..case(9)
        },
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
