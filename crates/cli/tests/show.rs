//! `crcheck show` says what a saved case is and what the judges say, and starts nothing.

mod common;

use common::{
    assert_follows, code, command_of_words, crcheck, folder, report, repository, stderr, stdout,
};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// An artifact of a program that leaves a mark when it starts.
fn write_artifact(folder: &Path, values: &str) {
    let program = folder.join("marker");
    fs::write(&program, "#!/bin/sh\nexit 37\n").expect("a file");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("its mode");
    let text = format!(
        "artifact = 2\nmodel = \"CRC-32/ISO-HDLC\"\nsubject = 'cmd:./marker now'\n\
         check = \"agree\"\nkind = \"wrong-value\"\nsummary = \"evil\\u001b[2K\"\n{values}\
         [circumstances]\ncpu = \"a CPU\"\ncommand = \"crcheck verify --cmd './marker now'\"\n\
         code_sha256 = \"00ff\"\n\
         [cell]\nlength = 9\nalignment = 5\nguard = \"none\"\nregister = \"0xffffffff\"\n\
         splits = [2, 9]\n[message]\nhex = \"313233343536373839\"\n"
    );
    fs::write(folder.join("case.toml"), text).expect("an artifact");
}

#[test]
fn a_case_is_shown_with_what_the_judges_say_and_nothing_starts() {
    let here = folder();
    write_artifact(here.path(), "expected = \"0xcbf43926\"\ngot = \"0x1\"\n");
    let output = crcheck(here.path(), "show case.toml");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let text = stdout(&output);
    for part in [
        "case.toml: an artifact of version 2\n",
        "  subject   cmd:./marker now\n",
        "  finding   wrong-value; evil\\u{1b}[2K; check agree\n",
        "  command   crcheck verify --cmd './marker now'\n",
        "  CPU       a CPU\n",
        "  code      sha256 00ff\n",
        "  case      9 bytes at alignment 5, guard none, register 0xffffffff\n",
        "  cut at    2, 9, where | stands\n",
        "    00000000  31 32|33 34 35 36 37 38  39|                      |123456789|\n",
        "    slicing-16  0xcbf43926\n",
        "    bitwise     0xcbf43926\n",
        "  expected  0xcbf43926, as the judges say\n",
        "  got       0x00000001\n",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains('\u{1b}'), "{text}");
    assert!(!stderr(&output).contains("37"), "{}", stderr(&output));
    write_artifact(here.path(), "expected = \"0x12\"\n");
    let text = stdout(&crcheck(here.path(), "show case.toml"));
    let told = "  expected  0x00000012, which the judges do not say\n";
    assert!(text.contains(told), "{text}");
}

#[test]
fn the_json_follows_its_schema() {
    let here = folder();
    write_artifact(here.path(), "expected = \"0xcbf43926\"\n");
    let shown = report(&crcheck(here.path(), "show case.toml --format json"));
    assert_follows("show", None, &shown);
    let case = &shown["cases"][0];
    assert_eq!(case["case"]["message"], "313233343536373839");
    assert_eq!(case["case"]["is_as_expected"], true);
    assert_eq!(case["case"]["judges"][0]["checksum"], "0xcbf43926");
    // Every kind of saved file.
    let corpus = repository().join("corpus");
    for folder in [
        "regressions",
        "split_points",
        "hasher_model",
        "artifact_parse",
    ] {
        let path = corpus.join(folder);
        let words = ["show", path.to_str().expect("text"), "--format", "json"];
        let output = command_of_words(here.path(), &words).output();
        let shown = report(&output.expect("it starts"));
        assert_follows("show", None, &shown);
        let cases = shown["cases"].as_array().expect("an array");
        assert!(cases.len() > 5, "{folder}");
        let is_case = !["hasher_model", "artifact_parse"].contains(&folder);
        assert!(cases.iter().all(|case| case["case"].is_null() != is_case));
    }
}

#[test]
fn inputs_are_shown_by_their_target() {
    let here = folder();
    let seed = repository().join("corpus/split_points/len-0000007-at-13-cross-splits-4-f811bd59");
    fs::copy(seed, here.path().join("input")).expect("a copy");
    let untold = crcheck(here.path(), "show input");
    assert_eq!(code(&untold), 2, "{}", stderr(&untold));
    let case = crcheck(here.path(), "show input --target split_points");
    assert_eq!(code(&case), 0, "{}", stderr(&case));
    assert!(stdout(&case).starts_with("input: an input of split_points, 52 bytes\n"));
    assert!(stdout(&case).contains("  the judges say of these bytes:\n"));
    let text = stdout(&crcheck(here.path(), "show input --target hasher_model"));
    assert!(
        text.contains("  it is no case; its bytes:\n    00000000  "),
        "{text}"
    );
}

#[test]
fn what_cannot_be_shown_is_an_error_of_its_own() {
    let here = folder();
    assert_eq!(code(&crcheck(here.path(), "show")), 2);
    assert_eq!(code(&crcheck(here.path(), "show missing.toml")), 6);
    fs::write(here.path().join("broken.toml"), "artifact = 2\n").expect("a file");
    assert_eq!(code(&crcheck(here.path(), "show broken.toml")), 6);
    fs::write(here.path().join("later.toml"), "artifact = 3\n").expect("a file");
    let later = crcheck(here.path(), "show later.toml");
    assert_eq!(code(&later), 6);
    assert!(stderr(&later).contains("take a newer crcheck"));
    fs::create_dir(here.path().join("empty")).expect("a folder");
    assert_eq!(code(&crcheck(here.path(), "show empty")), 4);
}
