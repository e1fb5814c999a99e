//! A library in the process of a fuzz target, as `CRCHECK_SUBJECT=lib:PATH:SYMBOL` asks for it.

use crate::kernels::{NamedTest, built};
use crcheck_faults::resolve_from;
use crcheck_harness::check::artifact::Artifact;
use crcheck_harness::check::finding::Finding;
use crcheck_harness::check::fuzz::{Driver, FuzzFinding, FuzzProgress, FuzzRunner, Taken, Target};
use crcheck_harness::check::input::Header;
use crcheck_harness::check::input::mutate::Mutator;
use crcheck_harness::check::saved::corpus;
use crcheck_harness::platform::signal;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::subject::Subject;
use std::collections::BTreeSet;

pub(crate) const TRIALS: &[NamedTest] = &[
    (
        "a fuzz target judges a library on its seeds",
        judges_library,
    ),
    (
        "a fuzz target judges a library by the model that is said",
        judges_models,
    ),
    (
        "a fuzz target refuses what says nothing or contradicts",
        refuses_variables,
    ),
    (
        "a fuzz target refuses a library of which it would judge nothing",
        refuses_unsuited,
    ),
    (
        "a fuzz target finds a fault at one length",
        finds_one_length,
    ),
    (
        "a fuzz target finds what audited calls show, and again",
        finds_by_audits,
    ),
    (
        "a fuzz target leaves a call that does not return",
        finds_hang,
    ),
    ("a fuzz target's artifact has the model", keeps_the_model),
];

/// The subject of `CRCHECK_SUBJECT=lib:LIBRARY:REST` with more variables.
fn chosen(
    library: &str,
    rest: &str,
    variables: &[(&str, &str)],
) -> Result<Box<dyn Subject>, (String, ExitCode)> {
    let subject = format!("lib:{}:{rest}", built().join(library).display());
    let get = |name: &str| {
        let own = ("CRCHECK_SUBJECT", subject.as_str());
        let mut all = variables.iter().copied().chain([own]);
        all.find(|(variable, _)| *variable == name)
            .map(|(_, value)| value.to_owned())
    };
    let chosen = resolve_from(get).map_err(|error| (error.to_string(), error.exit_code()));
    chosen.map(|subject| subject.expect("a subject is named"))
}

fn library(library: &str, rest: &str, variables: &[(&str, &str)]) -> [Box<dyn Subject>; 1] {
    signal::silence_caught_panics();
    [chosen(library, rest, variables).unwrap_or_else(|(error, _)| panic!("{error}"))]
}

/// The kinds of finding on the seeds of the target, without a fuzzer.
fn kinds(subjects: &[Box<dyn Subject>]) -> BTreeSet<&'static str> {
    let target = Target::KernelVsOracle;
    let mut runner = FuzzRunner::new(target, subjects).expect("judges and memory");
    let mut kinds = BTreeSet::new();
    let mut found = |finding: Finding| {
        kinds.insert(finding.kind.name());
    };
    runner.once(&mut found).expect("a thread");
    for (_, bytes) in corpus::seeds(target) {
        assert_eq!(runner.judge(&bytes, &mut found), Taken::Judged);
    }
    kinds
}

fn judges_library() {
    for right in [
        "crc32_right",
        "crc32_register:register",
        "crc32_buf_len_crc:buf,len,crc",
        "crc32_whole:buf,len",
    ] {
        let kinds = kinds(&library("kernels.so", right, &[]));
        assert_eq!(kinds, BTreeSet::new(), "{right}");
    }
    for (faulty, kind) in [
        ("crc32_odd", "wrong-value"),
        ("crc32_reads_on", "over-read"),
        ("crc32_writes", "write-to-message"),
    ] {
        let kinds = kinds(&library("kernels.so", faulty, &[]));
        assert!(kinds.contains(kind), "{faulty}: {kinds:?}");
    }
}

const MODEL: &str = "CRCHECK_MODEL";
const SIGNATURE: &str = "CRCHECK_SIGNATURE";
const CONVENTION: &str = "CRCHECK_CONVENTION";

/// x^4 + 1.
const FOUR: &str = "width=4 poly=0x1 init=0 refin=false refout=false xorout=0";

fn judges_models() {
    let xz = [(MODEL, "CRC-64/XZ"), (SIGNATURE, "buf,len,crc")];
    let xmodem = [(MODEL, "CRC-16/XMODEM")];
    let narrow = [(MODEL, "CRC-16/XMODEM"), (SIGNATURE, "crc16,buf,len")];
    let whole = [(MODEL, "CRC-64/XZ"), (SIGNATURE, "buf,len")];
    let three = [(MODEL, "CRC-3/GSM")];
    let register = [(CONVENTION, "register")];
    for (right, variables) in [
        ("xz", &xz[..]),
        ("xz:buf,len,crc", &xz),
        ("xz_whole", &whole),
        ("xmodem", &xmodem),
        ("xmodem", &narrow),
        ("three", &three),
        ("four", &[(MODEL, FOUR)]),
    ] {
        let kinds = kinds(&library("fuzzed.so", right, variables));
        assert_eq!(kinds, BTreeSet::new(), "{right} {variables:?}");
    }
    let kinds_of_register = kinds(&library("kernels.so", "crc32_register", &register));
    assert_eq!(kinds_of_register, BTreeSet::new());
    for (faulty, variables) in [
        ("xz_cut", &xz[..]),
        ("xmodem_odd", &xmodem),
        ("xmodem", &three),
        ("three", &[(MODEL, FOUR)]),
    ] {
        let kinds = kinds(&library("fuzzed.so", faulty, variables));
        assert!(kinds.contains("wrong-value"), "{faulty}: {kinds:?}");
    }
}

fn refuses_variables() {
    for (rest, variables, says) in [
        ("xz", (MODEL, "CRC-64/XY"), "CRCHECK_MODEL: "),
        ("xz", (SIGNATURE, "buf,len,cry"), "CRCHECK_SIGNATURE: `buf"),
        ("xz", (CONVENTION, "zip"), "CRCHECK_CONVENTION: no conv"),
        (
            "xz:buf,len,crc64",
            (SIGNATURE, "buf,len,crc"),
            "CRCHECK_SIGNATURE: CRCHECK_SUBJECT says `buf,len,crc64`",
        ),
        (
            "xz:crc,buf,len",
            (SIGNATURE, "buf,len,crc"),
            "CRCHECK_SIGNATURE: CRCHECK_SUBJECT says `crc,buf,len`",
        ),
        (
            "xz:register",
            (CONVENTION, "zlib"),
            "CRCHECK_CONVENTION: CRCHECK_SUBJECT says `register`",
        ),
    ] {
        let refused = chosen("fuzzed.so", rest, &[variables]).err();
        let (error, code) = refused.expect("it is refused");
        assert!(error.starts_with(says), "{error}");
        assert_eq!(code, ExitCode::Usage, "{error}");
    }
    for subject in [None, Some("tier:portable")] {
        let get = |name: &str| match name {
            "CRCHECK_SUBJECT" => subject.map(str::to_owned),
            MODEL => Some("CRC-64/XZ".to_owned()),
            _ => None,
        };
        let error = resolve_from(get).err().expect("it is refused").to_string();
        assert!(error.starts_with("CRCHECK_MODEL: it is for"), "{error}");
    }
    assert!(resolve_from(|_| None).expect("nothing is wrong").is_none());
}

fn refuses_unsuited() {
    let stated = library("kernels.so", "crc32_right", &[]);
    let whole = library("kernels.so", "crc32_whole", &[(SIGNATURE, "buf,len")]);
    for (target, subjects, is_suited) in [
        (Target::KernelVsOracle, &stated, true),
        (Target::KernelVsOracle, &whole, true),
        (Target::SplitPoints, &stated, true),
        (Target::SplitPoints, &whole, false),
        (Target::Combine, &stated, false),
        (Target::HasherModel, &stated, false),
        (Target::ReaderModel, &stated, false),
        (Target::OracleVsOracle, &stated, false),
        (Target::ArtifactParse, &stated, false),
    ] {
        let reason = target.unsuited(subjects);
        assert_eq!(reason.is_none(), is_suited, "{target}: {reason:?}");
    }
    let tiers = crcheck_harness::subject::available_tiers();
    let suited = [
        Target::SplitPoints,
        Target::Combine,
        Target::HasherModel,
        Target::ReaderModel,
    ];
    for target in suited {
        assert_eq!(target.unsuited(&tiers), None);
    }
}

/// The first finding among this many inputs that are mutated from the seeds, without coverage.
fn first_found(subjects: &[Box<dyn Subject>], inputs: u32) -> Option<(Finding, Vec<u8>)> {
    let target = Target::KernelVsOracle;
    let mut runner = FuzzRunner::new(target, subjects).expect("judges and memory");
    let mut mutator = Mutator::for_subjects(subjects);
    let mut data = vec![0; 300];
    let mut size = 0;
    let mut first = None;
    for seed in 0..inputs {
        size = mutator.mutate(&mut data, size, 300, seed, |body, size, size_max| {
            let size = (size + 1) % size_max.min(64);
            body[..size].fill(seed as u8);
            size
        });
        runner.judge(&data[..size], &mut |finding| {
            first.get_or_insert(finding);
        });
        if let Some(finding) = first.take() {
            return Some((finding, data[..size].to_vec()));
        }
    }
    None
}

fn finds_one_length() {
    let subjects = library("fuzzed.so", "at_65521", &[]);
    let (finding, _) = first_found(&subjects, 20_000).expect("a finding");
    assert_eq!(finding.kind.name(), "wrong-value");
    assert_eq!(finding.case.message.len(), 65_521);
}

fn finds_by_audits() {
    if cfg!(not(target_arch = "x86_64")) {
        return;
    }
    let register = [(CONVENTION, "register")];
    for (symbol, variables, kind) in [
        ("keeps_x87", &[][..], "control-state"),
        ("rounds_register", &register, "control-state"),
        ("takes_upper_half", &[], "unset-read"),
    ] {
        let subjects = library("fuzzed.so", symbol, variables);
        let (finding, input) = first_found(&subjects, 3000).expect(symbol);
        assert_eq!(finding.kind.name(), kind, "{symbol}: {finding:?}");
        // A new process that judges this input alone finds the same.
        let mut runner = FuzzRunner::new(Target::KernelVsOracle, &subjects).expect("judges");
        let mut again = Vec::new();
        runner.judge(&input, &mut |finding| again.push(finding));
        let again = again.first().expect("the same finding");
        assert_eq!((again.id(), &again.case), (finding.id(), &finding.case));
    }
}

/// What a fuzzer's loop finds on messages of these lengths.
fn found_in_loop(subjects: &[Box<dyn Subject>], lengths: &[u32]) -> Vec<FuzzFinding> {
    let progress = FuzzProgress::new();
    let target = Target::KernelVsOracle;
    progress.begin(target);
    let mut found = Vec::new();
    let mut on_found = |one| found.push(one);
    let mut driver = Driver::start(target, subjects, &progress, &mut on_found).expect("judges");
    for &length in lengths {
        let header = Header {
            length,
            ..Header::default()
        };
        driver.judge(&header.write(), &mut on_found);
    }
    found
}

fn finds_hang() {
    let subjects = library("fuzzed.so", "hangs", &[]);
    let found = found_in_loop(&subjects, &[299, 300, 301]);
    let [FuzzFinding { finding, artifact }] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(finding.kind.name(), "hang");
    assert!(finding.summary.starts_with("does not return within "));
    let artifact = artifact.as_ref().expect("a case");
    assert_eq!(artifact.case.message.len(), 300);
    assert_eq!(artifact.subject, Some(subjects[0].name()));
}

/// An artifact says all that a replay needs.
fn keeps_the_model() {
    let variables = [(MODEL, "CRC-64/XZ"), (SIGNATURE, "buf,len,crc")];
    let subjects = library("fuzzed.so", "xz_cut", &variables);
    let found = found_in_loop(&subjects, &[]);
    let artifact = found.first().and_then(|one| one.artifact.as_ref());
    let text = artifact.expect("it is wrong").to_text();
    let read = Artifact::parse(&text, "/".as_ref()).expect("an artifact");
    assert_eq!(read.model, subjects[0].model());
    let subject = read.subject.expect("its name").to_string();
    assert!(subject.ends_with(":xz_cut:buf,len,crc"), "{subject}");
}
