//! Subjects that are not ours: libraries and programs, right ones, faulty ones, and what is neither.
//!
//! What is needed and is not there is ignored; `CRCHECK_REQUIRE=cc,zlib,libdeflate,isal,go` makes that a
//! failure.

use crcheck_harness::corpus;
use crcheck_harness::fault;
use crcheck_harness::finding::Finding;
use crcheck_harness::hunt::{Hunter, Taken, Target};
use crcheck_harness::oracle::model::Model;
use crcheck_harness::subject::Subject;
use crcheck_harness::subject::library::{LibraryHere, LibrarySpec};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// A function of a library that the system may have.
struct System {
    name: &'static str,
    file: &'static str,
    symbol: &'static str,
    signature: &'static str,
    /// What is known of it: docs/bring-your-own.md.
    accepted: &'static str,
}

const SYSTEMS: [System; 3] = [
    System {
        name: "zlib",
        file: "libz.so.1",
        symbol: "crc32",
        signature: "crc64,buf,len32",
        accepted: "",
    },
    System {
        name: "libdeflate",
        file: "libdeflate.so.0",
        symbol: "libdeflate_crc32",
        signature: "crc,buf,len",
        accepted: "",
    },
    System {
        name: "isal",
        file: "libisal.so.2",
        symbol: "crc32_gzip_refl",
        signature: "crc,buf,len",
        accepted: "--allow dirty-vector-state@crc32_gzip_refl --because 'it has no VZEROUPPER'",
    },
];

fn main() {
    let built: &[(&str, fn())] = &[
        (
            "a right library passes every check that applies",
            right_passes,
        ),
        (
            "every signature and convention is called as it says",
            signatures,
        ),
        ("models of other widths are judged", widths),
        (
            "a wrong value is found, saved, replayed and minimised",
            wrong_value,
        ),
        (
            "an over-read is found with its distance and its function",
            over_read,
        ),
        ("a write to the message is found", write_to_message),
        ("a crash is survived and the sweep goes on behind it", crash),
        ("a call that hangs is a finding", hang),
        (
            "lengths that the code compares with are visited",
            mined_lengths,
        ),
        (
            "a data race is found, in first calls and in steady ones",
            data_races,
        ),
        (
            "exit, abort, a ruined heap and closed descriptors are findings",
            lost_processes,
        ),
        (
            "thousands of crashing cells make a short report and leave nothing behind",
            many_crashes,
        ),
        (
            "the self-test judges the faults of its library and skips none",
            library_faults,
        ),
        (
            "a subject can neither change files nor signal us",
            sandboxed,
        ),
        ("what is no library is refused with a hint", no_library),
        ("a constructor that does not end well is told", constructors),
        ("a right program passes what applies to it", right_program),
        ("a faulty program is found out", faulty_programs),
        ("what is no program is refused", no_program),
        (
            "what fuzz targets do with an input judges a library",
            by_fuzz_target,
        ),
        (
            "models are named, described, and refused with a hint",
            models,
        ),
    ];
    let has_cc = runs("cc");
    let built = built
        .iter()
        .map(|&(name, test)| trial(name, test).with_ignored_flag(!(has_cc || required("cc"))));
    let of_system = SYSTEMS.iter().map(|one| {
        let is_here = library_paths().any(|folder| folder.join(one.file).is_file());
        trial(format!("{} passes", one.name), move || system(one))
            .with_ignored_flag(!(is_here || required(one.name)))
    });
    let has_go = runs("go") || required("go");
    let is_amd64 = cfg!(target_arch = "x86_64");
    let go: [(&str, fn(), bool); 3] = [
        ("Go's hash/crc32 passes as a program", go_program, true),
        (
            "kernels in Go assembly are told apart",
            go_assembly,
            is_amd64,
        ),
        (
            "what `go vet` says of them is in their README",
            go_vet,
            is_amd64,
        ),
    ];
    let go = go.map(|(name, test, is_for_this)| {
        trial(name, test).with_ignored_flag(!(has_go && is_for_this))
    });
    // The longest come first, so that none of them is waited for alone.
    let trials = go.into_iter().chain(built).chain(of_system).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn trial(name: impl Into<String>, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        test();
        Ok::<(), Failed>(())
    })
}

fn required(name: &str) -> bool {
    let names = std::env::var("CRCHECK_REQUIRE").unwrap_or_default();
    names.split(',').any(|required| required == name)
}

fn runs(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn library_paths() -> impl Iterator<Item = PathBuf> {
    let multiarch = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    [multiarch, "/usr/lib64".to_owned(), "/usr/lib".to_owned()]
        .into_iter()
        .map(PathBuf::from)
}

/// The folder of what the C sources are built into, once.
fn built() -> &'static Path {
    static BUILT: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        let folder = folder();
        let cc = |arguments: &str, source: &str, to: &str| {
            let source = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("tests/foreign")
                .join(source);
            let status = Command::new("cc")
                .args(arguments.split_whitespace())
                .args([source.as_os_str(), "-o".as_ref()])
                .arg(folder.path().join(to))
                .status();
            assert!(status.expect("cc starts").success(), "{to}");
        };
        cc("-O2 -shared -fPIC", "kernels.c", "kernels.so");
        cc("-O2", "program.c", "program");
        cc("-O2 -c", "kernels.c", "kernels.o");
        for case in 1..=3 {
            let arguments = format!("-O2 -shared -fPIC -DCASE={case}");
            cc(
                &arguments,
                "constructor.c",
                &format!("constructor{case}.so"),
            );
        }
        folder
    });
    folder.path()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Runs crcheck in `folder`, with `@` in the line for the folder of what was built.
fn crcheck(folder: &Path, line: &str) -> Output {
    let line = line.replace('@', &built().display().to_string());
    let words = shlex::split(&line).expect("quotation marks");
    run(folder, words)
}

fn run(folder: &Path, words: Vec<String>) -> Output {
    let mut command = match std::env::var_os("CRCHECK_RUNNER") {
        Some(runner) => {
            let mut command = Command::new(runner);
            command.arg(env!("CARGO_BIN_EXE_crcheck"));
            command
        }
        None => Command::new(env!("CARGO_BIN_EXE_crcheck")),
    };
    command.args(words).current_dir(folder);
    command.env("CRCHECK_TEST_VICTIM", folder.join("victim"));
    command.output().expect("the program starts")
}

/// As `CRCHECK_SUBJECT=lib:PATH:SYMBOL` has it: in this process, on the seeds of the target, without a fuzzer.
fn by_fuzz_target() {
    fault::silence_caught_panics();
    let kinds = |spec: &str| -> BTreeSet<&'static str> {
        let path = built().join("kernels.so");
        let spec = format!("{}:{spec}", path.display());
        let spec: LibrarySpec = spec.parse().expect("PATH:SYMBOL");
        let library = LibraryHere::load(spec, Model::CRC_32_ISO_HDLC).expect("the library");
        let subjects: [Box<dyn Subject>; 1] = [Box::new(library)];
        let target = Target::KernelVsOracle;
        let mut hunter = Hunter::new(target, &subjects).expect("judges and memory");
        let mut kinds = BTreeSet::new();
        let mut found = |finding: Finding| {
            kinds.insert(finding.kind.name());
        };
        hunter.once(&mut found);
        for (_, bytes) in corpus::seeds(target) {
            assert_eq!(hunter.judge(&bytes, &mut found), Taken::Judged);
        }
        kinds
    };
    for right in [
        "crc32_right",
        "crc32_register:register",
        "crc32_buf_len_crc:buf,len,crc",
        "crc32_whole:buf,len",
    ] {
        assert_eq!(kinds(right), BTreeSet::new(), "{right}");
    }
    for (faulty, kind) in [
        ("crc32_odd", "wrong-value"),
        ("crc32_reads_on", "over-read"),
        ("crc32_writes", "write-to-message"),
    ] {
        assert!(
            kinds(faulty).contains(kind),
            "{faulty}: {:?}",
            kinds(faulty)
        );
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("no signal")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const QUICK: &str = "verify --depth quick --seed 1 --lib @/kernels.so --symbol";

/// The report on a function of the kernels, and the exit code.
fn report(folder: &Path, rest: &str) -> (Value, i32) {
    let output = crcheck(folder, &format!("{QUICK} {rest} --format json"));
    let text = stdout(&output);
    let report =
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{}", stderr(&output)));
    (report, code(&output))
}

/// The finding of this kind.
fn finding<'r>(report: &'r Value, kind: &str) -> &'r Value {
    let findings = report["findings"].as_array().expect("an array");
    let found = findings.iter().find(|finding| finding["kind"] == kind);
    found.unwrap_or_else(|| panic!("no {kind} in {findings:#?}"))
}

fn right_passes() {
    let here = folder();
    let (report, code) = report(here.path(), "crc32_right");
    assert_eq!(code, 0, "{report:#}");
    let checks = report["checks"].as_array().expect("an array");
    // Of `history` 381 with seed 1: what it visits depends on the seed.
    let enough = |check: &Value| {
        let cells_min = if check["id"] == "history" { 350 } else { 400 };
        check["cells"].as_u64() > Some(cells_min)
    };
    let passed: Vec<&str> = checks
        .iter()
        .filter(|check| check["verdict"] == "pass" && enough(check))
        .filter_map(|check| check["id"].as_str())
        .collect();
    for wanted in ["agree", "guard", "slack", "split", "history"] {
        assert!(passed.contains(&wanted), "{wanted} in {passed:?}");
    }
    assert!(
        report["environment"]["sandbox"]
            .as_str()
            .expect("text")
            .starts_with("rlimit")
    );
    assert_eq!(fs::read_dir(here.path()).expect("a folder").count(), 0);
}

/// What a wrong order of arguments, or a wrong width, cannot pass.
const HOW_IT_IS_CALLED: &str = "--check agree --check guard --check abi --check basis";

fn signatures() {
    let here = folder();
    for right in [
        "crc32_buf_len_crc --signature buf,len,crc",
        "crc32_len_buf_crc --signature len32,buf,crc",
        "crc32_crc_len_buf --signature crc,len,buf",
        "crc32_register --convention register",
        "crc32_whole --signature buf,len",
    ] {
        let (report, code) = report(here.path(), &format!("{right} {HOW_IT_IS_CALLED}"));
        assert_eq!(code, 0, "{right}: {report:#}");
    }
    let (report, code) = report(here.path(), "crc32_register --check agree");
    assert_eq!(code, 1);
    let diagnosis = &finding(&report, "wrong-value")["diagnosis"];
    assert_eq!(
        diagnosis["summary"],
        "lacks the XOR with 0xffffffff at its start and lacks the XOR with 0xffffffff at its end"
    );
}

/// The third is wrong at the same lengths as the first and does not say so: what is not mined is missed.
fn mined_lengths() {
    let here = folder();
    let is_read = cfg!(target_arch = "x86_64");
    for (symbol, has_lengths, is_found) in [
        ("crc32_compares", true, true),
        ("crc32_two_paths", true, false),
        ("crc32_tells_nothing", false, false),
    ] {
        let (report, code) = report(here.path(), &format!("{symbol} --check agree"));
        assert_eq!(code, i32::from(is_found && is_read), "{report:#}");
        let mined = &report["mined"][0];
        let lengths = mined["lengths"].as_array().expect("an array");
        let has_it = lengths
            .iter()
            .any(|length| (100_002..=100_003).contains(&length.as_u64().unwrap_or(0)));
        assert_eq!(has_it, has_lengths && is_read, "{mined}");
        assert_eq!(mined["reason"].is_string(), !is_read, "{mined}");
        let list = stdout(&crcheck(here.path(), &format!("{QUICK} {symbol} --list")));
        assert!(list.contains("lengths from its code: "), "{list}");
        assert_eq!(list.contains("10000"), has_lengths && is_read, "{list}");
        let text = stdout(&crcheck(
            here.path(),
            &format!("{QUICK} {symbol} --check agree"),
        ));
        let wanted = if is_read {
            " mined"
        } else {
            "none mined: machine code of"
        };
        let line = text
            .lines()
            .find(|line| line.starts_with("lengths from the code of lib:"));
        assert!(line.is_some_and(|line| line.contains(wanted)), "{text}");
    }
}

fn data_races() {
    let here = folder();
    for (symbol, kind, words) in [
        (
            "crc32_lazy",
            "data-race",
            "when its first calls are made by",
        ),
        ("crc32_scratch", "data-race", "gives another checksum"),
        (
            "crc32_first",
            "history-dependent",
            "in the first call of a process",
        ),
        ("crc32_wrong", "wrong-value", ""),
        ("crc32_abort", "crash", "aborts"),
    ] {
        let (report, code) = report(here.path(), &format!("{symbol} --check threads"));
        // Whether the one length comes up is drawn.
        if symbol == "crc32_wrong" && code == 0 {
            continue;
        }
        assert_eq!(code, 1, "{symbol}: {report:#}");
        let findings = report["findings"].as_array().expect("an array");
        assert_eq!(findings.len(), 1, "{report:#}");
        let summary = finding(&report, kind)["diagnosis"]["summary"].as_str();
        assert!(summary.expect("text").contains(words), "{report:#}");
    }
    for right in ["crc32_right", "crc32_register --convention register"] {
        let (report, code) = report(here.path(), &format!("{right} --check threads"));
        assert_eq!(code, 0, "{report:#}");
        let check = &report["checks"][0];
        assert_eq!(
            (&check["id"], &check["verdict"]),
            (&"threads".into(), &"pass".into())
        );
    }
}

fn widths() {
    let here = folder();
    for right in [
        "crc16_xmodem --model CRC-16/XMODEM",
        "crc64_xz --model CRC-64/XZ",
        "crc16_xmodem --model 'width=16 poly=0x1021 init=0 refin=false refout=false xorout=0'",
    ] {
        let (report, code) = report(here.path(), &format!("{right} {HOW_IT_IS_CALLED}"));
        assert_eq!(code, 0, "{right}: {report:#}");
    }
    let (report, code) = report(here.path(), "crc64_xz --model CRC-64/WE --check agree");
    assert_eq!(code, 1);
    let finding = finding(&report, "wrong-value");
    assert_eq!(finding["diagnosis"]["model"], "CRC-64/XZ");
    assert_eq!(finding["expected"].as_str().expect("text").len(), 18);
    let artifact = finding["artifact"].as_str().expect("a path").to_owned();
    let replayed = crcheck(here.path(), &format!("replay {artifact}"));
    assert_eq!(
        code_and_model(&replayed),
        (1, true),
        "{}",
        stdout(&replayed)
    );
}

fn code_and_model(output: &Output) -> (i32, bool) {
    (code(output), stdout(output).contains("CRC-64/WE"))
}

fn wrong_value() {
    let here = folder();
    let output = crcheck(here.path(), &format!("{QUICK} crc32_wrong"));
    assert_eq!(code(&output), 1);
    let text = stdout(&output);
    assert!(
        text.contains("smallest case: 77 bytes at alignment 0"),
        "{text}"
    );
    let line = text
        .lines()
        .find(|line| line.starts_with("Reproduce with: crcheck "));
    let again = line
        .expect("the line")
        .trim_start_matches("Reproduce with: crcheck ");
    assert!(
        again.contains("--lib ") && again.contains("--symbol crc32_wrong"),
        "{again}"
    );
    assert_eq!(code(&crcheck(here.path(), again)), 1);
    let bare = again.split(" --lib").next().expect("the command");
    assert_eq!(
        code(&crcheck(here.path(), bare)),
        1,
        "by the artifact alone"
    );
    let minimize = again.replacen("replay", "minimize", 1);
    assert_eq!(code(&crcheck(here.path(), &minimize)), 1);
    let on_right = again.replace("crc32_wrong", "crc32_right");
    let artifact = bare.trim_start_matches("replay ").trim();
    let on_right = on_right.replacen(&artifact.replace("crc32_wrong", "crc32_right"), artifact, 1);
    assert_eq!(code(&crcheck(here.path(), &on_right)), 0);
}

fn over_read() {
    let here = folder();
    let (report, code) = report(here.path(), "crc32_over_read");
    assert_eq!(code, 1);
    let finding = finding(&report, "over-read");
    assert_eq!(finding["distance_bytes"], 3);
    let instruction = finding["instruction"].as_str().expect("text");
    assert!(
        instruction.contains(" at crc32_over_read+0x"),
        "{instruction}"
    );
    let summary = finding["diagnosis"]["summary"].as_str().expect("text");
    assert!(summary.contains("when length % 16 = 13"), "{summary}");
}

fn write_to_message() {
    let here = folder();
    let (report, code) = report(here.path(), "crc32_writes");
    assert_eq!(
        (
            code,
            &finding(&report, "write-to-message")["cell"]["length"]
        ),
        (1, &9.into())
    );
}

fn crash() {
    let here = folder();
    let (report, code) = report(here.path(), "crc32_crash --check agree");
    assert_eq!(code, 1);
    let finding = finding(&report, "crash");
    assert_eq!(finding["cell"]["length"], 40);
    // Every cell was visited all the same.
    let cells = |report: &Value| report["checks"][0]["cells"].as_u64();
    let (right, _) = self::report(here.path(), "crc32_right --check agree");
    assert_eq!(cells(&report), cells(&right));
}

fn hang() {
    let here = folder();
    let (report, code) = report(here.path(), "crc32_hang --check agree --call-timeout 300ms");
    assert_eq!(code, 1);
    let finding = finding(&report, "hang");
    assert_eq!(finding["cell"]["length"], 100);
    let summary = finding["diagnosis"]["summary"].as_str().expect("text");
    assert!(
        summary.contains("does not return within 0.3 s"),
        "{summary}"
    );
}

fn lost_processes() {
    let here = folder();
    for (symbol, length, words) in [
        ("crc32_exit", 33, "ends its process by exit(3)"),
        ("crc32_abort", 20, "aborts"),
        ("crc32_heap", 50, "aborts (`free(): invalid next size"),
        ("crc32_heap_later", 50, ""),
        ("crc32_closes", 64, ""),
    ] {
        let (report, code) = report(here.path(), &format!("{symbol} --check agree"));
        assert_eq!(code, 1, "{symbol}");
        let finding = finding(&report, "crash");
        assert_eq!(finding["cell"]["length"], length, "{symbol}: {finding:#}");
        let summary = finding["diagnosis"]["summary"].as_str().expect("text");
        assert!(summary.starts_with(words), "{symbol}: {summary}");
    }
}

fn library_faults() {
    let here = folder();
    // Two that take their process with them, and what is right.
    for (only, rows) in [
        ("library-exit", 1),
        ("library-heap", 1),
        ("good:library", 1),
    ] {
        let output = crcheck(
            here.path(),
            &format!("selftest {only} --seed 1 --format json"),
        );
        let report: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
        assert_eq!(
            (code(&output), &report["counts"]["right"]),
            (0, &rows.into()),
            "{report:#}"
        );
    }
    assert_eq!(fs::read_dir(here.path()).expect("a folder").count(), 0);
}

/// `crc32_abort` aborts in nearly every cell.
fn many_crashes() {
    let here = folder();
    let marker = here.path().join("kernels-with-a-name-of-its-own.so");
    fs::copy(built().join("kernels.so"), &marker).expect("a copy");
    let line = format!(
        "verify --depth quick --lib {} --symbol crc32_abort",
        marker.display()
    );
    let output = crcheck(here.path(), &line);
    assert_eq!(code(&output), 1);
    assert!(stdout(&output).lines().count() < 30, "{}", stdout(&output));
    let processes = fs::read_dir("/proc").expect("a folder").flatten();
    let left = processes.filter(|process| {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains("kernels-with-a-name-of-its-own")
    });
    assert_eq!(left.count(), 0);
    let entries = fs::read_dir(here.path()).expect("a folder");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["crcheck-artifacts", "kernels-with-a-name-of-its-own.so"]
    );
}

fn sandboxed() {
    let here = folder();
    fs::write(here.path().join("victim"), "kept").expect("a file");
    let (report, code) = report(here.path(), "crc32_attacks --check agree");
    let sandbox = report["environment"]["sandbox"].as_str().expect("text");
    if !sandbox.contains("landlock") {
        eprintln!("no Landlock here: {sandbox}");
        return;
    }
    assert_eq!(code, 0, "{report:#}");
    assert!(here.path().join("victim").is_file());
    assert_eq!(sandbox.ends_with(", seccomp"), cfg!(target_arch = "x86_64"));
}

fn no_library() {
    let here = folder();
    let text = here.path().join("text.so");
    fs::write(&text, "not a library").expect("a file");
    let other = here.path().join("other.so");
    let mut bytes = fs::read(built().join("kernels.so")).expect("the library");
    // e_machine: 8 is MIPS.
    bytes[18..20].copy_from_slice(&8_u16.to_le_bytes());
    fs::write(&other, bytes).expect("a file");
    for (line, expected, hint) in [
        ("--lib @/absent.so --symbol crc32", 3, "cannot read"),
        ("--lib text.so --symbol crc32", 2, "is not a shared object"),
        ("--lib other.so --symbol crc32", 3, "another architecture"),
        (
            "--lib @/kernels.o --symbol crc32",
            2,
            "link it with `cc -shared`",
        ),
        (
            "--lib @/kernels.so --symbol crc32_rihgt",
            2,
            "did you mean `crc32_right`?",
        ),
        ("--lib @/kernels.so --symbol zzz", 2, "crc32_right"),
        (
            "--lib @/kernels.so --symbol crc32_data",
            2,
            "is data, not a function",
        ),
        ("--lib @/kernels.so", 2, "crc32_right"),
        (
            "--lib @/kernels.so --symbol crc32_right --signature len,crc",
            2,
            "crc,buf,len",
        ),
        (
            "--lib @/kernels.so --symbol crc32_right --convention zlb",
            2,
            "zlib, register",
        ),
        ("--symbol crc32", 2, "--lib"),
    ] {
        let output = crcheck(here.path(), &format!("verify {line}"));
        assert_eq!(code(&output), expected, "{line}: {}", stderr(&output));
        assert!(
            stderr(&output).contains(hint),
            "{line}: {}",
            stderr(&output)
        );
        assert!(stdout(&output).is_empty(), "{line}");
    }
    missing_dependency(here.path());
}

fn missing_dependency(here: &Path) {
    let cc = |line: &str| {
        let status = Command::new("cc")
            .args(line.split_whitespace())
            .current_dir(here)
            .status();
        assert!(status.expect("cc starts").success());
    };
    fs::write(here.join("a.c"), "int f(void) { return 1; }").expect("a file");
    fs::write(
        here.join("b.c"),
        "int f(void); unsigned crc32(void) { return f(); }",
    )
    .expect("a file");
    cc("-shared -fPIC a.c -o libgone.so");
    cc("-shared -fPIC b.c -o needs.so -L. -lgone");
    fs::remove_file(here.join("libgone.so")).expect("it was there");
    let output = crcheck(here, "verify --lib needs.so --symbol crc32");
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("libgone.so"),
        "{}",
        stderr(&output)
    );
}

fn constructors() {
    let here = folder();
    for (case, hint) in [
        (1, "loading it ends its process by signal SIGSEGV"),
        (2, "loading it takes more than"),
        (3, "loading it ends its process by exit(9)"),
    ] {
        let line = format!("verify --lib @/constructor{case}.so --symbol crc32");
        let output = crcheck(here.path(), &line);
        assert_eq!(code(&output), 6, "{case}: {}", stderr(&output));
        assert!(
            stderr(&output).contains(hint),
            "{case}: {}",
            stderr(&output)
        );
    }
}

fn right_program() {
    let here = folder();
    let output = crcheck(
        here.path(),
        "verify --depth quick --format json --cmd '@/program right'",
    );
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    let report: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let checks = report["checks"].as_array().expect("an array");
    let ids: Vec<&str> = checks
        .iter()
        .filter_map(|check| check["id"].as_str())
        .collect();
    for wanted in ["agree", "split", "history"] {
        assert!(ids.contains(&wanted), "{ids:?}");
    }
    let skipped = report["skipped"].to_string();
    assert!(
        skipped.contains("a program reads a copy of the message"),
        "{skipped}"
    );
}

fn faulty_programs() {
    let here = folder();
    for (way, kind, words) in [
        ("wrong", "wrong-value", ""),
        (
            "dies",
            "crash",
            "ends its process by exit(5) (`seven is too many`)",
        ),
        ("never", "hang", "does not return within 0.3 s"),
        ("closes", "crash", "closes its pipes"),
        ("little", "hang", "answers 3 of 8 bytes and does not return"),
        ("much", "crash", ""),
    ] {
        let line = format!(
            "verify --depth quick --check agree --call-timeout 300ms --format json --cmd '@/program {way}'"
        );
        let output = crcheck(here.path(), &line);
        assert_eq!(code(&output), 1, "{way}: {}", stderr(&output));
        let report: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
        let finding = finding(&report, kind);
        let summary = finding["diagnosis"]["summary"].as_str().expect("text");
        assert!(summary.starts_with(words), "{way}: {summary}");
        if way != "much" {
            assert_eq!(finding["cell"]["length"], 7, "{way}");
        }
    }
    // One that is no such program at all: it ends at once.
    let output = crcheck(here.path(), "verify --depth quick --cmd true");
    assert_eq!(code(&output), 1);
    assert!(
        stdout(&output).contains("ends its process by exit(0)"),
        "{}",
        stdout(&output)
    );
}

fn no_program() {
    let here = folder();
    fs::write(here.path().join("text"), "not a program").expect("a file");
    for (name, text) in [("script", "#!/absent/shell\n"), ("other", "\u{7f}ELFother")] {
        let path = here.path().join(name);
        fs::write(&path, text).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its owner");
    }
    for (line, expected, hint) in [
        ("./script", 3, "cannot run ./script: No such file"),
        ("./other", 3, "cannot run ./other: Exec format error"),
        ("./absent", 3, "cannot run ./absent"),
        ("absent-from-path", 3, "is on PATH"),
        ("./text", 3, "is not executable"),
        (".", 3, "on PATH"),
        ("", 2, "names no program"),
        ("\"a", 2, "quotation mark"),
    ] {
        let words = ["verify", "--cmd", line].map(str::to_owned);
        let output = run(here.path(), words.to_vec());
        assert_eq!(code(&output), expected, "{line}: {}", stderr(&output));
        assert!(
            stderr(&output).contains(hint),
            "{line}: {}",
            stderr(&output)
        );
    }
}

fn models() {
    let here = folder();
    for (model, hint) in [
        ("CRC-32/ISO-HDCL", "did you mean `CRC-32/ISO-HDLC`?"),
        (
            "width=2 poly=1 init=0 refin=false refout=false xorout=0",
            "3 to 64",
        ),
        (
            "width=16 poly=0x1021 init=0 refin=false refout=false",
            "needs `xorout`",
        ),
        (
            "width=16 poly=0x1021 init=0 refin=no refout=false xorout=0",
            "is no value for `refin`",
        ),
        (
            "width=16 poly=0x1021 init=0 refin=false refout=false xorout=0 check=1",
            "which imply 0x31c3",
        ),
    ] {
        let line = format!("verify --lib @/kernels.so --symbol crc32_right --model '{model}'");
        let output = crcheck(here.path(), &line);
        assert_eq!(code(&output), 2, "{model}: {}", stderr(&output));
        assert!(
            stderr(&output).contains(hint),
            "{model}: {}",
            stderr(&output)
        );
    }
    let output = crcheck(here.path(), "verify --model CRC-16/XMODEM");
    assert_eq!(code(&output), 2, "{}", stderr(&output));
}

/// A run that starts many processes, and then none of them is there, nor any file but the artifacts.
fn system(system: &System) {
    let here = folder();
    let System {
        file,
        symbol,
        signature,
        accepted,
        ..
    } = system;
    let line = format!(
        "verify --depth quick --lib {file} --symbol {symbol} --signature {signature} --format json {accepted}"
    );
    let output = run(here.path(), shlex::split(&line).expect("words"));
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
}

fn example(name: &str) -> PathBuf {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    examples.join(name).canonicalize().expect("the example")
}

/// Go's tool in a folder, offline.
fn go(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("go");
    command.args(arguments).current_dir(folder);
    let output = command.env("GOPROXY", "off").env("GOFLAGS", "").output();
    output.expect("go starts")
}

fn go_builds(name: &str, arguments: &[&str], to: &Path) {
    let to = to.display().to_string();
    let arguments = [&["build"], arguments, &["-o", &to, "."]].concat();
    let output = go(&example(name), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
}

fn go_program() {
    let here = folder();
    let program = here.path().join("crc32");
    go_builds("go", &[], &program);
    let line = format!("verify --depth quick --cmd {}", program.display());
    let output = run(here.path(), shlex::split(&line).expect("words"));
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
}

/// Kernels in Go assembly, each with one fault of the listing that they are after, but for the first.
fn go_assembly() {
    let here = folder();
    let library = here.path().join("kernels.so");
    go_builds("go-asm", &["-buildmode=c-shared"], &library);
    let report = |symbol: &str, checks: &str| {
        let line = format!(
            "verify --depth quick --seed 1 --format json --lib {} --symbol {symbol} {checks}",
            library.display()
        );
        let output = run(here.path(), shlex::split(&line).expect("words"));
        let report = serde_json::from_str::<Value>(&stdout(&output));
        let report = report.unwrap_or_else(|_| panic!("{symbol}: {}", stderr(&output)));
        (report, code(&output))
    };
    let (right, code) = report("crc32_right", "");
    assert_eq!(code, 0, "{right:#}");
    let checks = right["checks"].as_array().expect("an array");
    let threads = checks.iter().find(|check| check["id"] == "threads");
    assert_eq!(threads.expect("the check")["verdict"], "pass");
    let steps = "reads on behind the message to a multiple of 32 bytes";
    let padded = "pads the tail with zeros to a multiple of 32 bytes";
    for (symbol, kind, words) in [
        ("crc32_frame", "wrong-value", "whatever it is given"),
        ("crc32_loop", "wrong-value", "reads no byte"),
        ("crc32_steps", "over-read", "reads 1 byte past the end"),
        ("crc32_steps", "wrong-value", steps),
        ("crc32_stores", "write-to-message", "from length 16 on"),
        ("crc32_padded", "wrong-value", padded),
        ("crc32_instruction", "wrong-value", "computes CRC-32/ISCSI"),
        (
            "crc32_aligned",
            "misaligned-access",
            "an aligned access of 16 bytes",
        ),
    ] {
        let check = if kind == "over-read" {
            "guard"
        } else {
            "agree"
        };
        let (report, code) = report(symbol, &format!("--check {check}"));
        assert_eq!(code, 1, "{symbol}: {report:#}");
        // A fault in Go's code is that fault, and not that of Go's runtime after it.
        let findings = report["findings"].as_array().expect("an array");
        assert!(
            findings.iter().all(|one| one["kind"] != "crash"),
            "{report:#}"
        );
        let finding = finding(&report, kind);
        let summary = finding["diagnosis"]["summary"].as_str().expect("text");
        assert!(summary.contains(words), "{symbol}: {summary}");
        if let Some(instruction) = finding["instruction"].as_str() {
            assert!(instruction.contains("goasm/kernels."), "{instruction}");
        }
    }
}

/// The README of the example shows what `go vet` says, but for headings, which differ between versions.
fn go_vet() {
    let folder = example("go-asm");
    let readme = fs::read_to_string(folder.join("README.md")).expect("the README");
    let (_, shown) = readme.split_once("$ go vet ./...\n").expect("the command");
    let (shown, _) = shown.split_once("```").expect("a closed block");
    let output = go(&folder, &["vet", "./..."]);
    assert!(!output.status.success());
    let said = stderr(&output);
    let of_code = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.starts_with("kernels/"));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(of_code(&said), of_code(shown), "{said}");
    assert!(!of_code(&said).is_empty());
}
