//! The JSON of `sum` and `identify` follows its schema, and says all that the text says.

use crate::common::{assert_follows, code, command_of_words, crcheck, folder, report, stderr};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

#[test]
fn sums_follow_the_schema_and_say_how_they_were_had() {
    let here = folder();
    fs::create_dir(here.path().join("top")).expect("a folder");
    fs::write(here.path().join("top/nine"), "123456789").expect("a file");
    symlink("nine", here.path().join("top/link")).expect("a link");
    let output = crcheck(
        here.path(),
        "sum --json -r top nowhere --io read --buffer 64K",
    );
    assert_eq!(code(&output), 6, "{}", stderr(&output));
    let document = report(&output);
    assert_follows("sum", None, &document);
    let [link, nine, nowhere] = document["files"].as_array().expect("a list").as_slice() else {
        panic!("{document:#}");
    };
    assert_eq!(link["skipped"], "a symbolic link");
    assert_eq!(nine["name"], "top/nine");
    assert_eq!(nine["checksum"], "0xcbf43926");
    assert_eq!(nine["base64"], "y/Q5Jg==");
    assert_eq!(
        (&nine["len_bytes"], &nine["threads"]),
        (&9.into(), &1.into())
    );
    assert_eq!(
        (&nine["method"], &nine["buffer_bytes"]),
        (&"read".into(), &65536.into())
    );
    assert!(
        nine["reasons"]
            .as_array()
            .is_some_and(|reasons| !reasons.is_empty())
    );
    assert!(
        nowhere["error"]
            .as_str()
            .is_some_and(|error| error.contains("No such file"))
    );
    assert_eq!(document["model"], "CRC-32/ISO-HDLC");
    let tiers = report(&crcheck(here.path(), "tiers --json"));
    let tiers = tiers["tiers"].as_array().expect("tiers").iter();
    let chosen = tiers
        .clone()
        .find(|tier| tier["chosen"] == true)
        .expect("one");
    assert_eq!(document["tier"], chosen["tier"]);
    let table = report(&crcheck(here.path(), "sum --json top/nine --model crc32c"));
    assert_eq!(table["tier"], "slicing-16");
}

#[test]
fn a_name_that_is_not_utf_8_keeps_its_bytes() {
    let here = folder();
    let name = OsStr::from_bytes(b"caf\xe9");
    fs::write(here.path().join(name), "").expect("a file");
    let words = [OsStr::new("sum"), OsStr::new("--json"), name];
    let document = report(
        &command_of_words(here.path(), &words)
            .output()
            .expect("it starts"),
    );
    assert_follows("sum", None, &document);
    assert_eq!(document["files"][0]["name"], "caf\u{fffd}");
    assert_eq!(document["files"][0]["name_base64"], "Y2Fm6Q==");
    let words = [
        OsStr::new("identify"),
        OsStr::new("--json"),
        OsStr::new("0"),
        name,
    ];
    let document = report(
        &command_of_words(here.path(), &words)
            .output()
            .expect("it starts"),
    );
    assert_follows("identify", None, &document);
    assert_eq!(document["message"]["name_base64"], "Y2Fm6Q==");
}

#[test]
fn lists_follow_the_schema_line_by_line() {
    let here = folder();
    fs::write(here.path().join("nine"), "123456789").expect("a file");
    let list = "cbf43926  nine\nCRC-32C (nine) = e3069284\nnonsense\ncbf43926  nowhere\n";
    fs::write(here.path().join("list"), list).expect("a list");
    let output = crcheck(here.path(), "sum --check --json list no-list");
    assert_eq!(code(&output), 1);
    let document = report(&output);
    assert_follows("sum", None, &document);
    let lines = document["lines"].as_array().expect("lines");
    let outcomes: Vec<_> = lines.iter().map(|line| line["outcome"].as_str()).collect();
    let expected = ["right", "wrong", "malformed", "unread", "unread-list"];
    assert_eq!(outcomes, expected.map(Some));
    assert_eq!(lines[1]["model"], "CRC-32/ISCSI");
    assert_eq!(lines[1]["expected"], "0xe3069284");
    assert_eq!(lines[1]["checksum"], "0xe3069283");
    assert_eq!(lines[2]["line"], 3);
    let ignoring = report(&crcheck(here.path(), "sum -c --json list --ignore-missing"));
    assert_follows("sum", None, &ignoring);
    assert_eq!(ignoring["lines"][3]["outcome"], "ignored");
}

#[test]
fn answers_of_identify_follow_the_schema() {
    let here = folder();
    let line = "identify --json 0xcbf43926 123456789";
    let found = report(&crcheck(here.path(), line));
    assert_follows("identify", None, &found);
    assert_eq!(found["models"][0]["model"], "CRC-32/ISO-HDLC");
    let near = report(&crcheck(here.path(), "identify --json 930766865 123456789"));
    assert_follows("identify", None, &near);
    assert_eq!(near["near_misses"][0]["slip"], "with-length");
    assert_eq!(near["models"].as_array().map(Vec::len), Some(0));
}
