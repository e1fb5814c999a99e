//! Laws of lists: what is written is read again, and nothing that is read panics.

use crcheck_files::list::checksum_form::ChecksumForm;
use crcheck_files::list::line::{LineEnd, LineForm, Style};
use crcheck_files::list::parse::{Entry, Malformed, Parser};
use crcheck_oracle::catalogue;
use crcheck_oracle::model::Model;
use quickcheck::{Arbitrary, Gen, QuickCheck};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::sync::Arc;

/// A name that a file may have: what lists are made of is more likely in it.
#[derive(Clone, Debug)]
struct HostileName(Vec<u8>);

impl Arbitrary for HostileName {
    fn arbitrary(g: &mut Gen) -> Self {
        const PARTS: [&[u8]; 18] = [
            b"\n",
            b"\r",
            b"\\",
            b"\\n",
            b" ",
            b"  ",
            b" *",
            b" (",
            b") = ",
            b"\xff",
            b"\xc3",
            b"cbf43926",
            b"CRC-32 (",
            b";",
            b"#",
            b"/",
            b"..",
            b"\t",
        ];
        let mut name = Vec::new();
        for _ in 0..1 + usize::arbitrary(g) % 8 {
            match bool::arbitrary(g) {
                true => name.extend_from_slice(g.choose(&PARTS).expect("parts")),
                false => name.push(u8::arbitrary(g).max(1)),
            }
        }
        Self(name)
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let shorter = self.0.shrink();
        Box::new(
            shorter
                .filter(|name| !name.is_empty() && !name.contains(&0))
                .map(Self),
        )
    }
}

fn models() -> Vec<Model> {
    let other = "width=17 poly=0x1685b init=0x1 refin=true refout=false xorout=0x2";
    let other = Model::find(other).expect("a model");
    catalogue::all().iter().cloned().chain([other]).collect()
}

fn styles() -> impl Iterator<Item = Style> {
    let lines = [LineForm::Plain, LineForm::Tagged];
    let both = lines.into_iter().flat_map(|line| {
        [ChecksumForm::Hex, ChecksumForm::Base64].map(|checksum| (line, checksum))
    });
    both.map(|(line, checksum)| Style {
        line,
        checksum,
        end: LineEnd::LineFeed,
    })
}

#[test]
fn what_is_written_is_read_again_whatever_the_name() {
    let models = models();
    let holds = |name: HostileName, model: usize, checksum: u64, is_dos: bool| {
        let model = Arc::new(models[model % models.len()].clone());
        let entry = Entry {
            checksum: checksum & model.mask(),
            name: OsString::from_vec(name.0),
            model: Arc::clone(&model),
        };
        styles().all(|style| {
            let mut line = Vec::new();
            style.write(&model, entry.checksum, &entry.name, &mut line);
            assert_eq!(line.iter().filter(|&&byte| byte == b'\n').count(), 1);
            if is_dos {
                line.insert(line.len() - 1, b'\r');
            }
            // A tag says its model, so the default does not matter.
            let default = match style.line {
                LineForm::Plain => &model,
                LineForm::Tagged => &Arc::new(Model::CRC_32_ISO_HDLC),
            };
            Parser::new(OsStr::new("list"), default).parse(&line) == Ok(Some(entry.clone()))
        })
    };
    let mut g = Gen::new(20);
    for _ in 0..500 {
        let (name, model) = (HostileName::arbitrary(&mut g), usize::arbitrary(&mut g));
        let (checksum, is_dos) = (u64::arbitrary(&mut g), bool::arbitrary(&mut g));
        assert!(
            holds(name.clone(), model, checksum, is_dos),
            "{name:?} {model} {checksum:#x} {is_dos}"
        );
    }
}

#[test]
fn no_bytes_make_the_parser_panic() {
    fn parses(line: Vec<u8>, parts: Vec<HostileName>) -> bool {
        let parts: Vec<u8> = parts.into_iter().flat_map(|name| name.0).collect();
        let model = Arc::new(Model::CRC_32_ISO_HDLC);
        for list in ["list", "list.SFV"] {
            let mut parser = Parser::new(OsStr::new(list), &model);
            for line in [&line, &parts, &[&line[..], b"  ", &parts[..]].concat()] {
                if let Ok(Some(entry)) = parser.parse(line) {
                    assert!(!entry.name.is_empty());
                }
            }
        }
        true
    }
    let mut tests = QuickCheck::new().tests(500);
    tests.quickcheck(parses as fn(Vec<u8>, Vec<HostileName>) -> bool);
}

fn parse(list: &str, line: &str) -> Result<Option<(String, u64, String)>, Malformed> {
    let model = Arc::new(Model::CRC_32_ISO_HDLC);
    let mut parser = Parser::new(OsStr::new(list), &model);
    let entry = parser.parse(line.as_bytes())?;
    Ok(entry.map(|entry| {
        let name = entry.name.to_string_lossy().into_owned();
        (entry.model.name.to_string(), entry.checksum, name)
    }))
}

#[test]
fn lines_of_other_programs_are_read() {
    let own = "CRC-32/ISO-HDLC";
    for (list, line, model, checksum, name) in [
        ("list", "cbf43926  a", own, 0xcbf4_3926, "a"),
        ("list", "CBF43926 *a b\r\n", own, 0xcbf4_3926, "a b"),
        ("list", "  \tcbf43926   a", own, 0xcbf4_3926, " a"),
        ("list", "\u{feff}cbf43926  a", own, 0xcbf4_3926, "a"),
        ("list", "y/Q5Jg==  a", own, 0xcbf4_3926, "a"),
        (
            "list",
            "CRC32 (a (1)) = cbf43926",
            own,
            0xcbf4_3926,
            "a (1)",
        ),
        (
            "list",
            "crc32c (a) = e3069283",
            "CRC-32/ISCSI",
            0xe306_9283,
            "a",
        ),
        ("list", "a (1).zip CBF43926", own, 0xcbf4_3926, "a (1).zip"),
        ("a.sfv", "deadbeef  cbf43926", own, 0xcbf4_3926, "deadbeef"),
        ("list", "deadbeef  cbf43926", own, 0xdead_beef, "cbf43926"),
        (
            "a.Sfv",
            "a\\b.zip   CBF43926  ",
            own,
            0xcbf4_3926,
            "a\\b.zip",
        ),
        (
            "a.sfv",
            "#1 (x) = y cbf43926",
            own,
            0xcbf4_3926,
            "#1 (x) = y",
        ),
    ] {
        let expected = Some((model.to_owned(), checksum, name.to_owned()));
        assert_eq!(parse(list, line), Ok(expected), "{line}");
    }
    for line in ["", "\r\n", "# comment", "; made by cksfv", "   "] {
        assert_eq!(parse("list", line), Ok(None), "{line}");
    }
}

#[test]
fn what_is_no_line_says_why() {
    let sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709  a";
    for (line, says) in [
        ("nonsense", "no checksum and name"),
        ("cbf43926", "no checksum and name"),
        ("cbf43926 ", "no checksum and name"),
        ("cbf43926  ", "an empty name, which no file has"),
        (
            "cbf43926  a\0b",
            "the line has a NUL: lists of --zero cannot be checked",
        ),
        ("\\cbf43926  a\\x", "a backslash in the name"),
        ("\\cbf43926  a\\", "a backslash in the name"),
        (
            sha1,
            "40 hexadecimal digits; those of CRC-32/ISO-HDLC have 8",
        ),
        ("SHA256 (a) = cbf43926", "`SHA256` is no model"),
        (
            "CRC-32 (a) = cbf4392",
            "`cbf4392` is no checksum of CRC-32/ISO-HDLC",
        ),
        ("CRC-5/USB (a) = ff", "`ff` is no checksum of CRC-5/USB"),
        ("3421780262 9 a", "no checksum and name"),
    ] {
        let malformed = parse("list", line).expect_err(line).to_string();
        assert!(malformed.contains(says), "{line}: {malformed}");
    }
}
