//! `crcheck identify`: every model by its value, in every form, of a text, a file or stdin.

use crate::common::{code, crcheck, folder, shell, stderr, stdout};
use std::fs;

#[test]
fn every_model_of_the_catalogue_is_named_by_its_check() {
    let here = folder();
    for line in stdout(&crcheck(here.path(), "models --format json")).lines() {
        let Some(name) = line.trim().strip_prefix("\"name\": \"") else {
            continue;
        };
        let name = name.trim_end_matches("\",");
        // One of each width is enough here: the oracle has a test of all.
        if ![
            "CRC-3/GSM",
            "CRC-8/ROHC",
            "CRC-17/CAN-FD",
            "CRC-32/MEF",
            "CRC-64/WE",
        ]
        .contains(&name)
        {
            continue;
        }
        let model = crcheck_harness::oracle::catalogue::find(name).expect("an entry");
        let output = crcheck(
            here.path(),
            &format!("identify {:#x} 123456789", model.check),
        );
        assert_eq!(code(&output), 0);
        assert!(
            stdout(&output).lines().any(|line| line == name),
            "{}",
            stdout(&output)
        );
    }
}

#[test]
fn a_value_is_known_in_every_form_and_the_form_is_said() {
    let here = folder();
    for (value, line) in [
        ("0xcbf43926", "CRC-32/ISO-HDLC"),
        ("CBF43926", "CRC-32/ISO-HDLC"),
        ("3421780262", "CRC-32/ISO-HDLC (decimal)"),
        ("-873187034", "CRC-32/ISO-HDLC (decimal)"),
        ("y/Q5Jg==", "CRC-32/ISO-HDLC (base64)"),
        ("2639f4cb", "CRC-32/ISO-HDLC (lowest byte first)"),
        ("Jjn0yw==", "CRC-32/ISO-HDLC (base64, lowest byte first)"),
        ("340bc6d9", "CRC-32/JAMCRC"),
    ] {
        let output = crcheck(here.path(), &format!("identify {value} 123456789"));
        let expected = format!("{value} of the text `123456789`, 9 bytes:\n{line}\n");
        assert_eq!(stdout(&output), expected, "{}", stderr(&output));
        assert_eq!(code(&output), 0);
    }
    for bad in ["xyz", "0x", "0x12345678123456789", "''"] {
        let output = crcheck(here.path(), &format!("identify {bad} 123456789"));
        assert_eq!(code(&output), 2, "{bad}");
        assert!(stderr(&output).contains("is no checksum of up to 64 bits"));
    }
}

#[test]
fn a_value_of_no_model_is_exit_code_1_with_the_mistake_that_may_explain_it() {
    let here = folder();
    let none = crcheck(here.path(), "identify 0xdeadbeef 123456789");
    assert_eq!(code(&none), 1);
    assert!(stdout(&none).ends_with("no model of the catalogue gives this value\n"));
    let register = crcheck(here.path(), "identify 0x66a2364420e6c605 123456789");
    assert_eq!(code(&register), 1, "{}", stdout(&register));
    let says = "CRC-64/XZ gives it if xorout is left out";
    assert!(stdout(&register).contains(says), "{}", stdout(&register));
}

#[test]
fn a_text_that_looks_like_a_file_is_remarked_on() {
    let here = folder();
    for (text, is_remarked) in [
        ("./nofile.txt", true),
        ("archive.zip", true),
        ("a/b", true),
        ("123456789", false),
        ("3.14", false),
        ("Hello.", false),
    ] {
        let err = stderr(&crcheck(here.path(), &format!("identify 0x1 {text}")));
        let note = format!("note: there is no file {text}; it is taken as text\n");
        assert_eq!(err == note, is_remarked, "{err}");
        assert_eq!(err.is_empty(), !is_remarked, "{err}");
    }
    let long = "x".repeat(100_000);
    let output = crcheck(here.path(), &format!("identify 0x1 --text {long}"));
    assert!(stdout(&output).len() < 1000);
}

#[test]
fn the_message_is_a_file_a_text_or_stdin_and_the_answer_says_which() {
    let here = folder();
    fs::write(here.path().join("nine"), "123456789").expect("a file");
    fs::write(here.path().join("123456789"), "nine").expect("a file");
    let nine = "cbf43926";
    let of_nine = stdout(&crcheck(here.path(), "sum 123456789"));
    for (line, value, what) in [
        ("nine", nine, "the file nine, 9 bytes"),
        ("--file nine", nine, "the file nine, 9 bytes"),
        ("--text 123456789", nine, "the text `123456789`, 9 bytes"),
        ("123456789", &of_nine[..8], "the file 123456789, 4 bytes"),
        (
            "--file 123456789",
            &of_nine[..8],
            "the file 123456789, 4 bytes",
        ),
        ("--text nine", &of_nine[..8], "the text `nine`, 4 bytes"),
    ] {
        let output = crcheck(here.path(), &format!("identify {value} {line}"));
        assert_eq!(code(&output), 0, "{line}: {}", stdout(&output));
        let expected = format!("{value} of {what}:\nCRC-32/ISO-HDLC\n");
        assert_eq!(stdout(&output), expected);
    }
    let piped = shell(here.path(), "cat nine | \"$@\"", "identify cbf43926 -").output();
    let piped = stdout(&piped.expect("a shell"));
    assert_eq!(piped, "cbf43926 of stdin, 9 bytes:\nCRC-32/ISO-HDLC\n");
    for (line, expected) in [
        ("identify cbf43926", 2),
        ("identify cbf43926 nine --text nine", 2),
        ("identify cbf43926 --file nowhere", 6),
        ("identify cbf43926 .", 6),
    ] {
        assert_eq!(code(&crcheck(here.path(), line)), expected, "{line}");
    }
}
