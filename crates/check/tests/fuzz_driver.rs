//! A fuzz target in a fuzzer's loop.

use crcheck_check::fuzz::{Driver, FuzzFinding, FuzzProgress, Taken, Target};
use crcheck_check::saved::corpus;
use crcheck_kernel::Tier;
use crcheck_oracle::model::Model;
use crcheck_subject::{Subject, SubjectName, TierSubject};

/// A kernel that is right up to 63 bytes.
struct LosesBit;

impl Subject for LosesBit {
    fn name(&self) -> SubjectName {
        "loses-bit".into()
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        let lost = u64::from(message.len() > 63);
        portable().update(checksum, message) ^ lost
    }
}

fn portable() -> TierSubject {
    TierSubject::native(Tier::Portable).expect("every CPU has it")
}

/// Judges the seeds of `target`, and returns the findings.
fn findings_on(
    target: Target,
    subjects: &[Box<dyn Subject>],
    progress: &FuzzProgress,
) -> Vec<FuzzFinding> {
    progress.begin(target);
    let mut driver = Driver::start(target, subjects, progress, &mut |_| {}).expect("judges");
    let mut found = Vec::new();
    for (_, bytes) in corpus::seeds(target) {
        let taken = driver.judge(&bytes, &mut |one| found.push(one));
        assert_eq!(taken, Taken::Judged);
    }
    assert_eq!(driver.judge(&[], &mut |_| {}), Taken::Rejected);
    found
}

#[test]
fn a_finding_comes_with_its_artifact() {
    let subjects: [Box<dyn Subject>; 1] = [Box::new(LosesBit)];
    let found = findings_on(Target::SplitPoints, &subjects, &FuzzProgress::new());
    assert!(!found.is_empty());
    for FuzzFinding { finding, artifact } in found {
        let artifact = artifact.expect("a case");
        assert_eq!(artifact.case, finding.case);
        assert_eq!(artifact.check, Some(finding.check));
        assert_eq!(artifact.subject, Some(finding.subject));
        assert_eq!(artifact.model, Model::CRC_32_ISO_HDLC);
        assert_eq!(artifact.found_by, "fuzz target split_points");
    }
}

#[test]
fn the_summary_counts_the_inputs_before_the_last() {
    let subjects: [Box<dyn Subject>; 1] = [Box::new(portable())];
    let progress = FuzzProgress::new();
    assert!(progress.take_summary().is_none());
    let found = findings_on(Target::Combine, &subjects, &progress);
    assert!(found.is_empty());
    let seeds = corpus::seeds(Target::Combine).len();
    let summary = progress.take_summary().expect("not taken");
    assert_eq!(summary.tally.inputs, seeds as u64);
    let text = summary.to_string();
    assert!(
        text.starts_with(&format!("{seeds} inputs judged, ")),
        "{text}"
    );
    assert!(text.contains(" longer than 4096, 0 skipped"), "{text}");
    assert!(progress.take_summary().is_none());
}

const REPORT: &str = "\
=================================================================
==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x1
READ of size 8
";

#[test]
fn a_sanitizer_report_belongs_to_the_input() {
    let subjects: [Box<dyn Subject>; 1] = [Box::new(portable())];
    let progress = FuzzProgress::new();
    progress.begin(Target::Combine);
    let mut driver =
        Driver::start(Target::Combine, &subjects, &progress, &mut |_| {}).expect("judges");
    let (_, seed) = &corpus::seeds(Target::Combine)[7];
    driver.judge(seed, &mut |_| {});
    let found = progress.take_sanitizer_finding(REPORT).expect("it began");
    assert_eq!(found.subjects, [SubjectName::Tier(Tier::Portable)]);
    let summary = "AddressSanitizer: heap-buffer-overflow on address 0x1";
    assert_eq!(found.summary, summary);
    let artifact = found.artifact.expect("the input is a case");
    assert_eq!(artifact.case.message.len(), 7);
    assert_eq!(artifact.subject, Some(SubjectName::Tier(Tier::Portable)));
    assert_eq!(artifact.summary, summary);
    assert_eq!(
        artifact.found_by,
        "fuzz target combine, by AddressSanitizer"
    );
    assert!(
        progress.take_summary().is_none(),
        "the process ends without it"
    );
}

#[test]
fn of_several_subjects_a_sanitizer_names_none() {
    let subjects: [Box<dyn Subject>; 2] = [Box::new(portable()), Box::new(portable())];
    let progress = FuzzProgress::new();
    progress.begin(Target::Combine);
    let mut driver =
        Driver::start(Target::Combine, &subjects, &progress, &mut |_| {}).expect("judges");
    driver.judge(&corpus::seeds(Target::Combine)[0].1, &mut |_| {});
    let found = progress.take_sanitizer_finding(REPORT).expect("it began");
    assert_eq!(found.subjects.len(), 2);
    assert_eq!(found.artifact.expect("a case").subject, None);
}

#[test]
fn before_the_first_input_a_sanitizer_has_no_case() {
    let progress = FuzzProgress::new();
    assert!(progress.take_sanitizer_finding(REPORT).is_none());
    progress.begin(Target::Combine);
    let found = progress.take_sanitizer_finding(REPORT).expect("it began");
    assert!(found.artifact.is_none());
}
