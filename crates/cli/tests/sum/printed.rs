//! What is printed for files: lines, tags, bytes, base64; which files, and in which order.

use crate::common::{
    code, command, command_of_words, crcheck, files, folder, shell, stderr, stdout,
};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    fs::write(folder.join(name), content).expect("a file");
}

#[test]
fn every_style_has_the_check_of_the_catalogue() {
    let here = folder();
    write(here.path(), "nine", "123456789");
    for (options, line) in [
        ("", "cbf43926  nine\n"),
        ("--tag", "CRC-32/ISO-HDLC (nine) = cbf43926\n"),
        ("--base64", "y/Q5Jg==  nine\n"),
        ("--tag --base64", "CRC-32/ISO-HDLC (nine) = y/Q5Jg==\n"),
        ("--zero", "cbf43926  nine\0"),
        ("--model crc32c", "e3069283  nine\n"),
        ("--model CRC-3/GSM", "4  nine\n"),
        ("--model CRC-5/USB --tag", "CRC-5/USB (nine) = 19\n"),
        ("--model crc-64/xz --base64", "mV3Ju98ZOfo=  nine\n"),
        (
            "--model \"width=16 poly=0x1021 init=0 refin=false refout=false xorout=0\"",
            "31c3  nine\n",
        ),
    ] {
        let output = crcheck(here.path(), &format!("sum nine {options}"));
        assert_eq!(stdout(&output), line, "{options}");
        assert_eq!(code(&output), 0);
    }
    let raw = crcheck(here.path(), "sum --raw nine");
    assert_eq!(raw.stdout, [0xcb, 0xf4, 0x39, 0x26]);
    let two = crcheck(here.path(), "sum --raw nine nine");
    assert_eq!(code(&two), 2);
    assert!(two.stdout.is_empty());
    assert_eq!(code(&crcheck(here.path(), "sum --model no-such nine")), 2);
}

#[test]
fn files_come_in_the_order_of_the_command_line_and_the_run_goes_on_after_a_bad_one() {
    let here = folder();
    write(here.path(), "a", "a");
    write(here.path(), "b", "b");
    let output = crcheck(here.path(), "sum b nowhere a b .");
    assert_eq!(code(&output), 6);
    let (a, b) = ("e8b7be43  a\n", "71beeff9  b\n");
    assert_eq!(stdout(&output), format!("{b}{a}{b}"));
    let text = stderr(&output);
    assert!(text.contains("cannot sum nowhere: No such file"), "{text}");
    assert!(text.contains("cannot sum .: it is a folder; -r"), "{text}");
}

#[test]
fn an_unreadable_file_is_named_and_the_others_are_summed() {
    use std::os::unix::fs::PermissionsExt;
    let here = folder();
    write(here.path(), "shut", "x");
    write(here.path(), "open", "a");
    fs::set_permissions(here.path().join("shut"), fs::Permissions::from_mode(0o0)).expect("own");
    if fs::read(here.path().join("shut")).is_ok() {
        // Root reads everything.
        return;
    }
    let output = crcheck(here.path(), "sum shut open");
    assert_eq!(code(&output), 6);
    assert_eq!(stdout(&output), "e8b7be43  open\n");
    assert!(stderr(&output).contains("cannot sum shut: Permission denied"));
}

#[test]
fn a_folder_gives_its_files_by_name_and_names_what_it_leaves_out() {
    let here = folder();
    let deep = here.path().join("top/deep");
    fs::create_dir_all(&deep).expect("folders");
    for (name, content) in [("top/z", "z"), ("top/deep/one", "1"), ("top/a", "a")] {
        write(here.path(), name, content);
    }
    symlink("a", here.path().join("top/link")).expect("a link");
    let made = Command::new("mkfifo").arg(deep.join("fifo")).status();
    assert!(made.expect("mkfifo starts").success());
    let output = crcheck(here.path(), "sum -r top");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let lines = "e8b7be43  top/a\n83dcefb7  top/deep/one\n62d277af  top/z\n";
    assert_eq!(stdout(&output), lines);
    let said = "skipped top/deep/fifo: it is a FIFO\nskipped top/link: it is a symbolic link\n";
    assert_eq!(stderr(&output), said);
    // A link on the command line is followed.
    symlink("top", here.path().join("link")).expect("a link");
    let linked = crcheck(here.path(), "sum -r link");
    assert_eq!(stdout(&linked), lines.replace("top/", "link/"));
    // A new output may lie in the folder.
    let output = crcheck(here.path(), "sum -r top --output top/list");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let list = fs::read_to_string(here.path().join("top/list"));
    assert_eq!(list.expect("the list"), lines);
    assert_eq!(
        files(&here.path().join("top")),
        ["a", "deep", "link", "list", "z"]
    );
}

/// Names of any bytes, which a shell or another program may have made.
const NAMES: [&[u8]; 9] = [
    b"plain",
    b"two\nlines",
    b"carriage\rreturn",
    b"back\\slash",
    b"not \xff UTF-8 \xc3",
    b" blank",
    b"*star",
    b"a (b) = c",
    b"#comment",
];

#[test]
fn every_name_is_printed_so_that_check_finds_it_again() {
    let here = folder();
    for name in NAMES {
        fs::write(here.path().join(OsStr::from_bytes(name)), name).expect("a file");
    }
    let names: Vec<&OsStr> = NAMES.iter().map(|name| OsStr::from_bytes(name)).collect();
    for style in ["", "--tag", "--base64"] {
        let mut words = vec![
            OsStr::new("sum"),
            OsStr::new("--output"),
            OsStr::new("list"),
        ];
        words.extend(Some(OsStr::new(style)).filter(|style| !style.is_empty()));
        let words: Vec<&OsStr> = words.into_iter().chain(names.iter().copied()).collect();
        let output = command_of_words(here.path(), &words).output();
        assert_eq!(code(&output.expect("it starts")), 0);
        let list = fs::read(here.path().join("list")).expect("the list");
        assert_eq!(
            list.iter().filter(|&&byte| byte == b'\n').count(),
            NAMES.len()
        );
        let checked = crcheck(here.path(), "sum --check list");
        assert_eq!(code(&checked), 0, "{}", stderr(&checked));
        let oks = checked.stdout.windows(5).filter(|part| part == b": OK\n");
        assert_eq!(oks.count(), NAMES.len());
    }
    let output = command_of_words(here.path(), &[OsStr::new("sum"), names[1], names[3]]).output();
    let text = stdout(&output.expect("it starts"));
    assert!(text.lines().all(|line| line.starts_with('\\')), "{text}");
    assert!(
        text.contains("  two\\nlines\n") && text.contains("  back\\\\slash\n"),
        "{text}"
    );
    // With NULs, names are as they are.
    let output = command_of_words(
        here.path(),
        &[OsStr::new("sum"), OsStr::new("-z"), names[1]],
    );
    let mut output = output;
    assert!(
        output
            .output()
            .expect("it starts")
            .stdout
            .ends_with(b"  two\nlines\0")
    );
}

/// The lines of `sha256sum` with such a name show how coreutils escape, where they are installed.
#[test]
fn names_are_escaped_as_coreutils_escape_them() {
    let here = folder();
    for name in NAMES {
        let path = here.path().join(OsStr::from_bytes(name));
        fs::write(&path, "").expect("a file");
        let mut theirs = Command::new("sha256sum");
        let theirs = theirs
            .arg("--")
            .arg(OsStr::from_bytes(name))
            .current_dir(here.path());
        let Ok(theirs) = theirs.output() else {
            return;
        };
        // Older ones do not escape a carriage return.
        if name.contains(&b'\r') {
            continue;
        }
        let words = [OsStr::new("sum"), OsStr::from_bytes(name)];
        let ours = command_of_words(here.path(), &words)
            .output()
            .expect("it starts");
        let name_of = |line: &[u8], digits: usize| {
            let escaped = usize::from(line.first() == Some(&b'\\'));
            (escaped, line[escaped + digits..].to_vec())
        };
        assert_eq!(
            name_of(&ours.stdout, 8),
            name_of(&theirs.stdout, 64),
            "{name:?}"
        );
    }
}

#[test]
fn every_way_to_read_gives_the_same_and_the_oracle_agrees() {
    let here = folder();
    let content: Vec<u8> = (0..3_000_000_u32)
        .map(|i| (i.wrapping_mul(i) >> 5) as u8)
        .collect();
    write(here.path(), "long", &content);
    let first = stdout(&crcheck(here.path(), "sum long"));
    for options in [
        "--io read",
        "--io read --buffer 1",
        "--io mmap",
        "--io mmap --buffer 64K --threads 3",
        "--io auto --threads 0",
        "--threads 2 --verify",
        "--buffer 12345 --verify",
    ] {
        // One byte at a time is for a short file.
        if options.contains("--buffer 1 ") || options.ends_with("--buffer 1") {
            write(here.path(), "short", "123456789");
            let output = crcheck(here.path(), &format!("sum short {options}"));
            assert_eq!(stdout(&output), "cbf43926  short\n", "{options}");
            continue;
        }
        let output = crcheck(here.path(), &format!("sum long {options}"));
        assert_eq!(stdout(&output), first, "{options}: {}", stderr(&output));
    }
    // These a file system or a system may lack, which is said, with exit code 3.
    for options in ["--io direct", "--io uring"] {
        let output = crcheck(here.path(), &format!("sum long {options}"));
        match code(&output) {
            0 => assert_eq!(stdout(&output), first, "{options}"),
            other => assert_eq!(other, 3, "{}", stderr(&output)),
        }
    }
    for bad in [
        "--io fast",
        "--buffer 0",
        "--buffer 1025M",
        "--buffer 100G",
        "--artifacts here",
        "--buffer 4X",
        "--threads -1",
    ] {
        assert_eq!(
            code(&crcheck(here.path(), &format!("sum long {bad}"))),
            2,
            "{bad}"
        );
    }
}

/// A buffer beyond the file would be memory for nothing, and too large a one for io_uring.
#[test]
fn the_buffer_is_what_was_used() {
    let here = folder();
    let len_bytes = (5 << 20) + 1;
    write(here.path(), "long", vec![7; len_bytes]);
    let first = stdout(&crcheck(here.path(), "sum long"));
    for (io, used_bytes) in [
        ("mmap", 16 << 20),
        ("read", len_bytes),
        ("direct", len_bytes.next_multiple_of(4096)),
        ("uring", len_bytes.next_multiple_of(4096)),
    ] {
        let output = crcheck(
            here.path(),
            &format!("sum long --io {io} --buffer 1G --json"),
        );
        if code(&output) == 3 && matches!(io, "direct" | "uring") {
            continue;
        }
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let document: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
        let entry = &document["files"][0];
        assert_eq!(entry["checksum"], format!("0x{}", &first[..8]));
        // Pages may be larger.
        let got = entry["buffer_bytes"].as_u64().expect("a number") as usize;
        assert!(
            (used_bytes..used_bytes + (64 << 10)).contains(&got),
            "{io}: {got}"
        );
    }
}

/// A thread without a descriptor for its ring reads plainly.
#[test]
fn auto_reads_whatever_the_limit_of_descriptors() {
    let here = folder();
    write(here.path(), "small", "123456789");
    write(here.path(), "long", vec![7; 64 << 20]);
    let file = fs::File::open(here.path().join("long")).expect("a file");
    file.sync_all().expect("a disk");
    for limit in 7..12 {
        // What is in the page cache needs no ring.
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).expect("advice");
        let script = format!("ulimit -n {limit}; \"$@\"");
        let line = "sum --threads 8 small long";
        let output = shell(here.path(), &script, line).output().expect("a shell");
        assert_eq!(code(&output), 0, "{limit}: {}", stderr(&output));
    }
}

#[test]
fn a_command_line_without_a_file_is_not_passed() {
    let here = folder();
    fs::create_dir(here.path().join("empty")).expect("a folder");
    let empty = crcheck(here.path(), "sum -r empty");
    assert_eq!(code(&empty), 4, "{}", stderr(&empty));
    assert!(stderr(&empty).contains("there is no file"));
    assert_eq!(code(&crcheck(here.path(), "sum -r")), 2);
    let words = [OsStr::new("sum"), OsStr::new("")];
    let output = command_of_words(here.path(), &words).output();
    let unnamed = output.expect("it starts");
    assert_eq!(code(&unnamed), 6);
    assert!(stderr(&unnamed).contains("the name is empty"));
    let gone = crcheck(here.path(), "sum -r gone");
    assert_eq!(
        stderr(&gone).matches("gone").count(),
        1,
        "{}",
        stderr(&gone)
    );
}

/// The tier of an older CPU computes the same, and is named.
#[test]
#[cfg_attr(
    not(target_arch = "x86_64"),
    ignore = "these features are those of x86-64"
)]
fn the_tier_in_use_follows_the_features() {
    let here = folder();
    write(here.path(), "nine", "123456789");
    let mut command = command(here.path(), "sum --json nine");
    let output = command
        .env("CRCHECK_DISABLE", "pclmulqdq")
        .output()
        .expect("it starts");
    let text = stdout(&output);
    assert!(
        text.contains("\"tier\": \"portable\"") && text.contains("0xcbf43926"),
        "{text}"
    );
    let wrong = command
        .env("CRCHECK_DISABLE", "no-such")
        .output()
        .expect("it starts");
    assert_eq!(code(&wrong), 2);
}
