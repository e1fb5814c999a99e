//! Files name libraries and programs. crcheck starts none of them unless the user says so.

mod common;

use common::{code, command_of_words, crcheck, folder, report, stderr, stdout};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

/// A program that gives no answer, and leaves a mark on stderr: it cannot write elsewhere.
fn write_marker(folder: &Path) {
    let path = folder.join("marker");
    fs::write(&path, "#!/bin/sh\nexit 37\n").expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its mode");
}

/// An artifact that names this subject.
fn write_artifact(folder: &Path, name: &str, subject: &str) {
    let text = format!(
        "artifact = 1\nmodel = \"CRC-32/ISO-HDLC\"\nsubject = '{subject}'\ncheck = \"agree\"\n\
         [cell]\nlength = 2\nalignment = 0\nguard = \"none\"\nregister = \"0xffffffff\"\n\
         [message]\nhex = \"6162\"\n"
    );
    fs::create_dir_all(folder).expect("a folder");
    fs::write(folder.join(name), text).expect("an artifact");
}

/// A certificate that names this subject.
fn write_certificate(folder: &Path, subject: &str) {
    let output = crcheck(folder, "certify --tier emu:x86-pclmul --seed 5");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let path = folder.join("crcheck-certificate.json");
    let text = fs::read_to_string(&path).expect("the certificate");
    fs::write(&path, text.replace("tier:emu:x86-pclmul", subject)).expect("a file");
}

fn has_started(output: &Output) -> bool {
    let is_marked = stderr(output).contains("exit(37)");
    assert_eq!(is_marked, code(output) == 3, "{}", stderr(output));
    is_marked
}

#[test]
fn nothing_that_a_file_names_is_started_without_trust() {
    let here = folder();
    write_marker(here.path());
    write_artifact(here.path(), "case.toml", "cmd:./marker now");
    write_certificate(here.path(), "cmd:./marker now");
    for line in [
        "replay case.toml",
        "diagnose case.toml",
        "minimize case.toml",
        "certify --again crcheck-certificate.json",
    ] {
        let refused = crcheck(here.path(), line);
        assert_eq!(code(&refused), 2, "{line}: {}", stderr(&refused));
        assert!(!has_started(&refused), "{line}");
        let said = stderr(&refused);
        let pasted = said
            .lines()
            .filter_map(|line| line.strip_prefix("    crcheck "));
        let pasted: Vec<&str> = pasted.collect();
        let [named, trusted] = pasted.as_slice() else {
            panic!("{line}: {said}")
        };
        assert!(trusted.ends_with("--trust") && named.contains("--cmd './marker now'"));
        for pasted in [named, trusted] {
            let pasted = crcheck(here.path(), pasted);
            assert!(has_started(&pasted), "{line}: {}", stderr(&pasted));
        }
    }
}

/// No library is opened either. The one of somebody else is not here.
#[test]
fn a_library_that_is_not_here_is_asked_for_by_its_options() {
    let here = folder();
    let subject = "lib:/home/ann/libfoo.so:crc:buf,len,crc";
    write_artifact(here.path(), "case.toml", subject);
    let own = "--lib PATH --symbol crc --signature buf,len,crc";
    for command in ["replay", "minimize", "diagnose"] {
        for (trust, expected) in [("", 2), (" --trust", 3)] {
            let output = crcheck(here.path(), &format!("{command} case.toml{trust}"));
            assert_eq!(code(&output), expected, "{command}: {}", stderr(&output));
            let told = format!(
                "the case is of {subject}, which is not here: name your own build by {own}:\n    \
                 crcheck {command} case.toml {own}\n"
            );
            assert!(stderr(&output).contains(&told), "{}", stderr(&output));
        }
    }
    let shown = crcheck(here.path(), "show case.toml");
    assert_eq!(code(&shown), 0, "{}", stderr(&shown));
    write_artifact(here.path(), "case.toml", "cmd:./nowhere now");
    let output = crcheck(here.path(), "replay case.toml --trust");
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    assert!(stderr(&output).contains("name your own build by --cmd COMMAND"));
}

#[test]
fn among_others_what_is_not_here_is_skipped_and_never_green() {
    let here = folder();
    let found = here.path().join("found");
    write_artifact(&found, "a.toml", "tier:portable");
    write_artifact(&found, "b.toml", "lib:/no/such/lib.so:crc");
    write_artifact(&found, "c.toml", "lib:/no/such/lib.so:crc");
    for (more, expected) in [(&[][..], 2), (&["--trust"], 3)] {
        let output = replay_folder(here.path(), more);
        assert_eq!(code(&output), expected, "{}", stdout(&output));
        assert!(stderr(&output).contains("2 cases are of lib:/no/such/lib.so:crc, which is not"));
        let report = report(&output);
        assert_eq!(report["verdict"], "void");
        assert_eq!(report["checks"][0]["verdict"], "pass");
        let skipped = report["skipped"].as_array().expect("an array");
        let is_named = |one: &serde_json::Value| one["what"] == "lib:/no/such/lib.so:crc: 2 cases";
        assert!(skipped.iter().any(is_named), "{skipped:?}");
    }
}

#[test]
fn code_that_has_changed_since_is_named_in_one_line() {
    let here = folder();
    let program = here.path().join("constant");
    let write = |text: &str| {
        fs::write(&program, text).expect("a file");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("its mode");
    };
    write("#!/bin/sh\necho deadbeef\n");
    let options = "--cmd ./constant --cmd-form one-shot --no-guess";
    let verify = format!("verify --depth quick --check agree --budget 1s --artifacts a {options}");
    let verified = crcheck(here.path(), &verify);
    assert_eq!(code(&verified), 1, "{}", stderr(&verified));
    let told = |line: &str| {
        let output = crcheck(here.path(), line);
        let expected = i32::from(!line.contains("--tier"));
        assert_eq!(code(&output), expected, "{line}: {}", stderr(&output));
        let said = stderr(&output);
        said.lines()
            .filter(|line| line.starts_with("the program has changed since: it has sha256 "))
            .count()
    };
    assert_eq!(told("replay a --trust"), 0);
    write("#!/bin/sh\necho deadbeef # again\n");
    assert_eq!(told("replay a --trust"), 1);
    assert_eq!(told("replay a --tier portable"), 0);
}

/// A library that only a certificate names is not looked at.
#[test]
fn a_library_that_a_certificate_names_is_not_looked_at() {
    let here = folder();
    write_certificate(here.path(), "lib:/no/such/lib.so:crc");
    let refused = crcheck(here.path(), "certify --again crcheck-certificate.json");
    assert_eq!(code(&refused), 2, "{}", stderr(&refused));
}

#[test]
fn tiers_and_planted_faults_need_no_trust() {
    let here = folder();
    for (subject, expected) in [("tier:portable", 0), ("fault:article-polynomial", 1)] {
        write_artifact(here.path(), "case.toml", subject);
        let output = crcheck(here.path(), "replay case.toml");
        assert_eq!(code(&output), expected, "{subject}: {}", stderr(&output));
    }
}

fn replay_folder(here: &Path, more: &[&str]) -> Output {
    let words = [&["replay", "found", "--format", "json"], more].concat();
    command_of_words(here, &words).output().expect("it starts")
}

#[test]
fn among_others_what_is_not_trusted_is_skipped_and_never_green() {
    let here = folder();
    write_marker(here.path());
    let found = here.path().join("found");
    write_artifact(&found, "a.toml", "tier:portable");
    write_artifact(&found, "b.toml", "cmd:./marker");
    let output = replay_folder(here.path(), &[]);
    assert_eq!(code(&output), 2, "{}", stdout(&output));
    assert!(stderr(&output).contains("crcheck replay found --trust"));
    let report = report(&output);
    assert_eq!(report["verdict"], "void");
    assert_eq!(report["checks"][0]["subject"], "tier:portable");
    assert_eq!(report["checks"][0]["verdict"], "pass");
    let skipped = report["skipped"].as_array().expect("an array");
    let is_named = |one: &serde_json::Value| one["what"] == "cmd:./marker: 1 case";
    assert!(skipped.iter().any(is_named), "{skipped:?}");
    // Judged on a subject that the user names, every case is judged.
    let on_tier = replay_folder(here.path(), &["--tier", "portable"]);
    assert_eq!(code(&on_tier), 0, "{}", stderr(&on_tier));
    assert!(has_started(&replay_folder(here.path(), &["--trust"])));
    write_artifact(&found, "c.toml", "fault:article-polynomial");
    let output = replay_folder(here.path(), &[]);
    assert_eq!(code(&output), 1, "a finding outranks it");
    assert!(!has_started(&output));
}
