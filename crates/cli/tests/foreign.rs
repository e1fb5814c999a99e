//! Subjects that are not ours: libraries and programs, right ones, faulty ones, and what is neither.
//!
//! What is needed and is not there is ignored; `CRCHECK_REQUIRE=cc,zlib,libdeflate,isal,go` makes that a
//! failure.

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

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
            "exit, abort, a ruined heap and closed descriptors are findings",
            lost_processes,
        ),
        (
            "thousands of crashing cells make a short report soon",
            many_crashes,
        ),
        (
            "the self-test judges the gallery's library, and none of it is skipped",
            gallery,
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
            "models are named, described, and refused with a hint",
            models,
        ),
        (
            "nothing is left running and nothing is left behind",
            nothing_is_left,
        ),
    ];
    let systems: &[(&str, &str, &str, &str)] = &[
        ("zlib", "libz.so.1", "crc32", "crc64,buf,len32"),
        (
            "libdeflate",
            "libdeflate.so.0",
            "libdeflate_crc32",
            "crc,buf,len",
        ),
        ("isal", "libisal.so.2", "crc32_gzip_refl", "crc,buf,len"),
    ];
    let has_cc = runs("cc");
    let built = built
        .iter()
        .map(|&(name, test)| trial(name, test).with_ignored_flag(!(has_cc || required("cc"))));
    let of_system = systems.iter().map(|&(name, file, symbol, signature)| {
        let is_here = library_paths().any(|folder| folder.join(file).is_file());
        trial(format!("{name} passes"), move || {
            system(file, symbol, signature)
        })
        .with_ignored_flag(!(is_here || required(name)))
    });
    let has_go = runs("go") || required("go");
    let go = trial("Go's hash/crc32 passes as a program", go_program).with_ignored_flag(!has_go);
    let trials = built.chain(of_system).chain([go]).collect();
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
    let passed: Vec<&str> = checks
        .iter()
        .filter(|check| check["verdict"] == "pass" && check["cells"].as_u64() > Some(400))
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

fn signatures() {
    let here = folder();
    for right in [
        "crc32_buf_len_crc --signature buf,len,crc",
        "crc32_len_buf_crc --signature len32,buf,crc",
        "crc32_crc_len_buf --signature crc,len,buf",
        "crc32_register --convention register",
        "crc32_whole --signature buf,len",
    ] {
        let (report, code) = report(here.path(), right);
        assert_eq!(code, 0, "{right}: {report:#}");
    }
    let (report, code) = report(here.path(), "crc32_register --check agree");
    assert_eq!(code, 1);
    let diagnosis = &finding(&report, "wrong-value")["diagnosis"];
    assert_eq!(diagnosis["model"], "CRC-32/JAMCRC");
}

fn widths() {
    let here = folder();
    for right in [
        "crc16_xmodem --model CRC-16/XMODEM",
        "crc64_xz --model CRC-64/XZ",
        "crc16_xmodem --model 'width=16 poly=0x1021 init=0 refin=false refout=false xorout=0'",
    ] {
        let (report, code) = report(here.path(), right);
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

fn gallery() {
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

/// `crc32_abort` aborts in nearly every cell. No time is asserted but that of a run which would start a
/// process for each.
fn many_crashes() {
    let here = folder();
    let began = Instant::now();
    let output = crcheck(here.path(), &format!("{QUICK} crc32_abort"));
    assert_eq!(code(&output), 1);
    assert!(stdout(&output).lines().count() < 30, "{}", stdout(&output));
    assert!(began.elapsed() < Duration::from_secs(600));
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
    for (line, expected, hint) in [
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
fn nothing_is_left() {
    let here = folder();
    let marker = here.path().join("kernels-with-a-name-of-its-own.so");
    fs::copy(built().join("kernels.so"), &marker).expect("a copy");
    let line = format!(
        "verify --depth quick --lib {} --symbol crc32_abort",
        marker.display()
    );
    assert_eq!(code(&crcheck(here.path(), &line)), 1);
    let processes = fs::read_dir("/proc").expect("a folder").flatten();
    let left = processes.filter(|process| {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains("kernels-with-a-name-of-its-own")
    });
    assert_eq!(left.count(), 0);
    let mut names: Vec<String> = fs::read_dir(here.path())
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["crcheck-artifacts", "kernels-with-a-name-of-its-own.so"]
    );
}

fn system(file: &str, symbol: &str, signature: &str) {
    let here = folder();
    let line = format!(
        "verify --depth quick --lib {file} --symbol {symbol} --signature {signature} --format json"
    );
    let output = run(
        here.path(),
        line.split_whitespace().map(str::to_owned).collect(),
    );
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
}

fn go_program() {
    let here = folder();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/go");
    let program = here.path().join("crc32");
    let status = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(source)
        .env("GOFLAGS", "-mod=mod")
        .status();
    assert!(status.expect("go starts").success());
    let line = format!("verify --depth quick --cmd {}", program.display());
    let output = run(here.path(), shlex::split(&line).expect("words"));
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
}
