//! The text of a fuzz target's finding, and its artifact on disk.

use crcheck_check::artifact::Artifact;
use crcheck_check::case::Case;
use crcheck_check::finding::{Finding, MessageForm, VALUE_CHECK};
use crcheck_check::fuzz::{FuzzFinding, SanitizerFinding};
use crcheck_oracle::model::Model;
use crcheck_report::{save_fuzz_finding, save_sanitizer_finding};
use crcheck_subject::{Kind, SubjectName};
use std::path::{Path, PathBuf};

const NOWHERE: &str = "/dev/null/folder";

fn found() -> FuzzFinding {
    let finding = Finding {
        check: VALUE_CHECK,
        kind: Kind::WrongValue,
        subject: SubjectName::Fault("canary".to_owned()),
        case: Case {
            message: b"123456789".to_vec(),
            ..Case::default()
        },
        message_form: MessageForm::Message,
        expected: Some(0xcbf4_3926),
        got: Some(0xcbf4_3927),
        distance_bytes: None,
        instruction: None,
        illegal: None,
        place: None,
        called_at: None,
        summary: "is wrong".to_owned(),
    };
    let artifact = Artifact::of(&finding, &Model::CRC_32_ISO_HDLC, "a test");
    FuzzFinding {
        finding,
        artifact: Some(artifact),
    }
}

/// The only artifact in a folder.
fn artifact_in(folder: &Path) -> PathBuf {
    let mut entries = std::fs::read_dir(folder).expect("a folder");
    entries
        .next()
        .expect("an artifact")
        .expect("an entry")
        .path()
}

#[test]
fn a_finding_names_its_artifact() {
    let folder = tempfile::tempdir().expect("a folder");
    let found = found();
    let text = save_fuzz_finding(&found, folder.path());
    let path = artifact_in(folder.path());
    assert!(
        text.starts_with("FINDING wrong-value: fault:canary is wrong\n"),
        "{text}"
    );
    let command = format!("crcheck replay {} --fault canary\n", path.display());
    assert!(text.contains(&command), "{text}");
    assert_eq!(Artifact::read(&path).ok(), found.artifact);
}

#[test]
fn an_artifact_that_cannot_be_written_stands_in_the_text() {
    let found = found();
    let text = save_fuzz_finding(&found, Path::new(NOWHERE));
    assert!(text.contains("\ncannot write the artifact: "), "{text}");
    let artifact = found.artifact.expect("an artifact");
    assert!(text.ends_with(&artifact.to_text()), "{text}");
}

#[test]
fn a_finding_of_operations_has_no_artifact() {
    let folder = tempfile::tempdir().expect("a folder");
    let found = FuzzFinding {
        artifact: None,
        ..found()
    };
    let text = save_fuzz_finding(&found, folder.path());
    assert!(
        text.starts_with("FINDING wrong-value: fault:canary is wrong\n  the input"),
        "{text}"
    );
    assert_eq!(folder.path().read_dir().expect("a folder").count(), 0);
}

fn seen(artifact: Option<Artifact>) -> SanitizerFinding {
    SanitizerFinding {
        subjects: vec!["tier:portable".into(), "fault:canary".into()],
        summary: "AddressSanitizer: heap-buffer-overflow".to_owned(),
        artifact,
    }
}

const HEADLINE: &str = "FINDING over-read: tier:portable, fault:canary AddressSanitizer: \
                        heap-buffer-overflow\n";

#[test]
fn a_sanitizer_finding_names_its_artifact() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = save_sanitizer_finding(&seen(found().artifact), folder.path());
    let path = artifact_in(folder.path());
    assert!(text.starts_with(HEADLINE), "{text}");
    let command = format!("crcheck replay {}\n", path.display());
    assert!(text.contains(&command), "{text}");
    let text = save_sanitizer_finding(&seen(found().artifact), Path::new(NOWHERE));
    assert!(text.starts_with(HEADLINE), "{text}");
    let artifact = found().artifact.expect("an artifact");
    assert!(text.ends_with(&artifact.to_text()), "{text}");
}

#[test]
fn a_sanitizer_finding_before_the_first_input_has_no_artifact() {
    let text = save_sanitizer_finding(&seen(None), Path::new(NOWHERE));
    assert_eq!(
        text,
        format!("{HEADLINE}  in a call before the first input")
    );
}
