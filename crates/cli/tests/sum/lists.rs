//! `--check`: lists as programs write them, right and wrong.

use crate::common::{code, crcheck, folder, shell, stderr, stdout};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A folder with the files `a`, `b` and `nine`, and a list of them.
fn listed() -> TempDir {
    let here = folder();
    for (name, content) in [("a", "a"), ("b", "b"), ("nine", "123456789")] {
        fs::write(here.path().join(name), content).expect("a file");
    }
    let list = "e8b7be43  a\n71beeff9  b\ncbf43926  nine\n";
    fs::write(here.path().join("list"), list).expect("a list");
    here
}

fn write_list(folder: &Path, list: impl AsRef<[u8]>) {
    fs::write(folder.join("list"), list).expect("a list");
}

#[test]
fn right_files_are_ok_and_a_planted_wrong_sum_is_found() {
    let here = listed();
    let right = crcheck(here.path(), "sum --check list");
    assert_eq!(
        (code(&right), stdout(&right)),
        (0, "a: OK\nb: OK\nnine: OK\n".to_owned())
    );
    assert_eq!(stderr(&right), "");
    let list = fs::read_to_string(here.path().join("list")).expect("the list");
    // Each line, and each digit of one.
    for at in (0..8).chain([12, 24]) {
        let mut wrong = list.clone().into_bytes();
        wrong[at] = if wrong[at] == b'0' { b'1' } else { b'0' };
        write_list(here.path(), &wrong);
        let output = crcheck(here.path(), "sum --check list");
        assert_eq!(code(&output), 1, "{}", String::from_utf8_lossy(&wrong));
        let failed = stdout(&output).matches(": FAILED\n").count();
        assert_eq!(failed, 1);
        assert!(stderr(&output).contains("warning: list: 1 file is wrong"));
    }
}

#[test]
fn a_changed_file_is_found_by_every_kind_of_list() {
    let here = listed();
    for (name, list) in [
        ("list", "cbf43926 *nine\r\n"),
        ("list", "y/Q5Jg==  nine\n"),
        ("list", "CRC32 (nine) = CBF43926\n"),
        ("list", "crc-64/xz (nine) = 995dc9bbdf1939fa"),
        ("list.sfv", "; comment\r\nnine CBF43926\r\n"),
        ("list", "nine cbf43926\n"),
    ] {
        fs::write(here.path().join("nine"), "123456789").expect("a file");
        fs::write(here.path().join(name), list).expect("a list");
        let line = format!("sum --check {name}");
        let right = crcheck(here.path(), &line);
        assert_eq!(code(&right), 0, "{list}: {}", stderr(&right));
        fs::write(here.path().join("nine"), "123456780").expect("a file");
        assert_eq!(code(&crcheck(here.path(), &line)), 1, "{list}");
    }
}

#[test]
fn quiet_status_and_ignore_missing_are_as_in_coreutils() {
    let here = listed();
    fs::remove_file(here.path().join("b")).expect("a file");
    let run = |line: &str| {
        let output = crcheck(here.path(), line);
        (code(&output), stdout(&output), stderr(&output))
    };
    let (exit, out, err) = run("sum --check list --quiet");
    assert_eq!((exit, out.as_str()), (6, "b: FAILED open or read\n"));
    assert!(err.contains("cannot sum b: No such file"), "{err}");
    assert!(
        err.contains("warning: list: 1 file could not be read"),
        "{err}"
    );
    let (exit, out, _) = run("sum --check list --status");
    assert_eq!((exit, out.as_str()), (6, ""));
    let quiet = run("sum --check list --quiet --ignore-missing");
    assert_eq!(quiet, (0, String::new(), String::new()));
    let (exit, out, _) = run("sum --check list --ignore-missing");
    assert_eq!((exit, out.as_str()), (0, "a: OK\nnine: OK\n"));
    for name in ["a", "nine"] {
        fs::remove_file(here.path().join(name)).expect("a file");
    }
    let (exit, _, err) = run("sum --check list --ignore-missing");
    assert_eq!(exit, 4, "{err}");
    assert!(err.contains("nothing was checked"), "{err}");
    for line in [
        "sum a --quiet",
        "sum --check -r list",
        "sum --check --tag list",
    ] {
        assert_eq!(run(line).0, 2, "{line}");
    }
}

#[test]
fn a_malformed_line_is_named_with_its_number_and_the_others_are_checked() {
    let here = listed();
    let sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
    let list = format!(
        "# a comment\n\ne8b7be43  a\nnonsense\n{sha1}  b\nSHA256 (b) = cbf43926\ncbf43926  nine\n"
    );
    for options in ["", "--strict", "--warn"] {
        write_list(here.path(), &list);
        let output = crcheck(here.path(), &format!("sum --check list {options}"));
        assert_eq!(code(&output), 6);
        assert_eq!(stdout(&output), "a: OK\nnine: OK\n");
        let err = stderr(&output);
        for line in [
            "error: list, line 4: no checksum and name",
            "error: list, line 5: a checksum of 40 hexadecimal digits",
            "error: list, line 6: `SHA256` is no model",
            "warning: list: 3 lines are malformed",
        ] {
            assert!(err.contains(line), "{err}");
        }
    }
    write_list(
        here.path(),
        list.replace("cbf43926  nine", "cbf43927  nine"),
    );
    assert_eq!(
        code(&crcheck(here.path(), "sum --check list")),
        1,
        "a mismatch outranks"
    );
}

#[test]
fn a_list_without_lines_is_an_error_and_the_next_list_is_checked() {
    let here = listed();
    for (name, content) in [
        ("empty", ""),
        ("comments", "# one\n\n"),
        ("noise", "\0\x01\x7f\n"),
    ] {
        fs::write(here.path().join(name), content).expect("a list");
        let output = crcheck(here.path(), &format!("sum --check {name} list nowhere"));
        assert_eq!(code(&output), 6);
        assert_eq!(stdout(&output), "a: OK\nb: OK\nnine: OK\n");
        let err = stderr(&output);
        assert!(
            err.contains(&format!("{name} has no line with a checksum")),
            "{err}"
        );
        assert!(err.contains("cannot read nowhere: No such file"), "{err}");
    }
    let folder = crcheck(here.path(), "sum --check .");
    assert_eq!(code(&folder), 6, "{}", stderr(&folder));
}

#[test]
fn names_are_taken_as_they_stand_as_often_as_they_come() {
    let here = listed();
    let inner = here.path().join("inner");
    fs::create_dir(&inner).expect("a folder");
    let absolute = here.path().join("a");
    let list = format!(
        "e8b7be43  ../a\ne8b7be43  ../a\ne8b7be44  ../a\ne8b7be43  {}\n",
        absolute.display()
    );
    fs::write(inner.join("list"), list).expect("a list");
    let output = crcheck(&inner, "sum --check list");
    assert_eq!(code(&output), 1);
    let expected = format!(
        "../a: OK\n../a: OK\n../a: FAILED\n{}: OK\n",
        absolute.display()
    );
    assert_eq!(stdout(&output), expected);
}

#[test]
fn a_list_may_come_from_stdin() {
    let here = listed();
    for line in ["sum --check", "sum --check -"] {
        let output = shell(here.path(), "\"$@\" < list", line).output();
        let output = output.expect("a shell starts");
        assert_eq!((code(&output), stdout(&output).lines().count()), (0, 3));
    }
    let itself = shell(here.path(), "echo 'cbf43926  -' | \"$@\"", "sum --check").output();
    let itself = itself.expect("a shell starts");
    assert_eq!(code(&itself), 6);
    assert!(
        stderr(&itself).contains("it is the list"),
        "{}",
        stderr(&itself)
    );
    write_list(here.path(), "cbf43926  -\n");
    let other = shell(here.path(), "\"$@\" < nine", "sum --check list").output();
    assert_eq!(code(&other.expect("a shell starts")), 0);
}

#[test]
fn untagged_lines_are_of_the_model_that_the_options_name() {
    let here = listed();
    write_list(here.path(), "e3069283  nine\nCRC-32 (nine) = cbf43926\n");
    assert_eq!(code(&crcheck(here.path(), "sum -c list")), 1);
    assert_eq!(code(&crcheck(here.path(), "sum -c list --model crc32c")), 0);
    let widths = crcheck(here.path(), "sum -c list --model crc-16/arc");
    assert_eq!(code(&widths), 6);
    assert!(stderr(&widths).contains("those of CRC-16/ARC have 4"));
}
