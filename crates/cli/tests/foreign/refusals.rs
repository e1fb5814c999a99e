//! Files that are no library or program, and models that do not exist: a refusal with a hint.

use crate::common::{code, crcheck as run, folder, stderr, stdout};
use crate::kernels::{NamedTest, built, crcheck, crcheck_with_words};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

pub(crate) const TRIALS: &[NamedTest] = &[
    (
        "a file that is no library is refused with a hint",
        no_library,
    ),
    (
        "a constructor that does not end well is reported",
        constructors,
    ),
    ("a file that is no program is refused", no_program),
    ("a report does not replace the library", own_library),
    (
        "models are named, described, and refused with a hint",
        models,
    ),
];

/// Asserts the exit code and that stderr has `hint`. `what` names the case.
#[track_caller]
fn assert_refused(output: &Output, code_expected: i32, hint: &str, what: &str) {
    let stderr = stderr(output);
    assert_eq!(code(output), code_expected, "{what}: {stderr}");
    assert!(stderr.contains(hint), "{what}: {stderr}");
}

fn own_library() {
    let here = folder();
    for option in ["--output", "--certificate"] {
        let command = if option == "--output" {
            "verify"
        } else {
            "certify"
        };
        let line = format!("{command} --lib @/kernels.so --symbol crc32_right {option}");
        let output = crcheck(here.path(), &format!("{line} @/kernels.so"));
        assert_refused(&output, 2, "which this command reads", option);
    }
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
        (
            "--lib @/kernels.so --symbol zzz",
            2,
            "--symbol crc32_right\n",
        ),
        (
            "--lib @/kernels.so --symbol crc32_data",
            2,
            "is data, not a function",
        ),
        ("--lib @/kernels.so", 2, "--symbol crc32_right\n"),
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
        assert_refused(&output, expected, hint, line);
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
    let output = run(here, "verify --lib needs.so --symbol crc32");
    assert_refused(&output, 3, "libgone.so", "a library that needs another");
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
        assert_refused(&output, 6, hint, &line);
    }
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
        let output = crcheck_with_words(here.path(), &["verify", "--cmd", line]);
        assert_refused(&output, expected, hint, line);
    }
}

fn models() {
    let here = folder();
    for (model, hint) in [
        ("CRC-32/ISO-HDCL", "did you mean `CRC-32/ISO-HDLC`?"),
        ("quux", "`crcheck models` lists them"),
        ("CRC-82/DARC", "82 bits"),
        (
            "width=32 poly=0xedb88320 init=0 refin=true refout=true xorout=0",
            "write poly=0x04c11db7",
        ),
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
        assert_refused(&output, 2, hint, model);
    }
    let list = "verify --list --lib @/kernels.so --symbol crc32_right";
    let remark = |model: &str| {
        let output = crcheck(here.path(), &format!("{list} --model '{model}'"));
        assert_eq!(code(&output), 0, "{model}: {}", stderr(&output));
        stderr(&output)
    };
    assert_eq!(remark("CRC-32/ISCSI"), "");
    assert_eq!(remark("crc32c"), "note: model crc32c is CRC-32/ISCSI\n");
    let swapped = "width=16 poly=0xa001 init=0 refin=true refout=true xorout=0";
    assert!(remark(swapped).contains("write poly=0x8005"));
    let output = run(here.path(), "verify --model CRC-16/XMODEM");
    assert_eq!(code(&output), 2, "{}", stderr(&output));
}
