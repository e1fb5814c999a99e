//! Malformed files: artifacts, fuzz inputs, certificates, benchmarks and matrices that somebody
//! cut, changed or made, and what is no file.

use crate::arena::Arena;
use crate::common::repository;
use crate::draw::Draw;
use crate::mutated::mutate_bytes;
use crate::run::{Fault, Run, run};
use crate::stage::{benchmark, certificate, corpus};
use crate::tried::Tried;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

/// Values that take the place of another one.
const VALUES: &[&str] = &[
    "0",
    "-1",
    "18446744073709551615",
    "9223372036854775807",
    "9223372036854775808",
    "4294967296",
    "1e400",
    "nan",
    "inf",
    "0.0",
    "\"\"",
    "\"0x\"",
    "\"0xffffffffffffffffff\"",
    "\"\\u0000\"",
    "\"\u{202e}é\u{1F980}\"",
    "\"../../../../etc/passwd\"",
    "\"cmd:touch started\"",
    "\"lib:./none.so:kernel\"",
    "[]",
    "{}",
    "null",
    "true",
    "[0, 0, 0]",
    "[18446744073709551615]",
    "1979-05-27T07:32:00Z",
];

/// Changes a text by lines and values.
fn mutate_text(draw: &mut Draw, file: &mut Vec<u8>) -> String {
    let text = String::from_utf8_lossy(file).into_owned();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut steps = Vec::new();
    for _ in 0..1 + draw.small(4) {
        if lines.is_empty() {
            break;
        }
        let at = draw.index(lines.len());
        let other = draw.index(lines.len());
        let step = match draw.number(0..12) {
            0..=5 => {
                let separator = [" = ", ": "].iter().find(|text| lines[at].contains(**text));
                let separator = *separator.unwrap_or(&" = ");
                let key = lines[at].split(separator).next().unwrap_or_default();
                let comma = if lines[at].ends_with(',') { "," } else { "" };
                let value = draw.one_of(VALUES);
                lines[at] = format!("{key}{separator}{value}{comma}");
                value
            }
            6 => {
                lines.remove(at);
                "line removed"
            }
            7 => {
                lines.insert(at, lines[other].clone());
                "line doubled"
            }
            8 => {
                lines.swap(at, other);
                "lines swapped"
            }
            9 => {
                let depth = 1 << draw.number(4..18);
                let open = *draw.one_of(&["[", "{\"a\":", "{a=", "a.", "(", "[["]);
                lines[at] = format!("x = {}", open.repeat(depth));
                "nested"
            }
            10 => {
                lines[at] = "z".repeat(1 << draw.number(4..20));
                "long"
            }
            _ => {
                let first = lines[at].clone();
                lines[at] = first.replace('"', "").replace('=', ":");
                "unquoted"
            }
        };
        steps.push(format!("line {at}: {step}"));
    }
    *file = lines
        .join(*draw.one_of(&["\n", "\n", "\n", "\r\n", "\r"]))
        .into_bytes();
    steps.join(", ")
}

/// A file to change, and what reads it. `@` is the file.
fn draw_reader(draw: &mut Draw) -> (Vec<u8>, &'static str, &'static str) {
    let read = |path| fs::read(path).expect("a file");
    let from = |draw: &mut Draw, folder: &str| read(draw.one_of(&corpus(folder)).clone());
    match draw.number(0..20) {
        0 => (
            certificate().to_vec(),
            "certificate.json",
            "certify --again @ --certificate again",
        ),
        1 => (
            benchmark().to_vec(),
            "bench.json",
            "bench --compare @ --budget 500ms --size 64 --tier portable",
        ),
        2 => {
            let matrix = read(repository().join("crates/emulate/cpus/cpus.toml"));
            (
                matrix,
                "cpus.toml",
                "emulate --emulator mask --matrix @ --list",
            )
        }
        3..=4 => {
            let (folder, line) = *draw.one_of(&[
                ("kernel_vs_oracle", "replay --target kernel_vs_oracle @"),
                (
                    "kernel_vs_oracle",
                    "minimize --target kernel_vs_oracle --fault article-crc32q @",
                ),
                ("split_points", "replay --target split_points @"),
                ("combine", "replay --target combine @"),
                ("hasher_model", "replay --target hasher_model @"),
                ("reader_model", "replay --target reader_model @"),
                ("artifact_parse", "replay --target artifact_parse @"),
                (
                    "oracle_vs_oracle",
                    "corpus import --target oracle_vs_oracle --corpus new @",
                ),
            ]);
            (from(draw, folder), "input", line)
        }
        _ => {
            let folder = *draw.one_of(&["regressions", "regressions", "artifact_parse"]);
            let line = *draw.one_of(&[
                "replay @",
                "replay --tier portable @",
                "replay --fault article-crc32q --format json @",
                "replay --format html @",
                "minimize @",
                "minimize --fault article-crc32q @",
                "diagnose @",
                "diagnose --fault article-no-tail @",
                "verify --depth quick --tier portable --check basis --corpus @",
                "corpus import --target artifact_parse --corpus new @",
            ]);
            (from(draw, folder), "artifact.toml", line)
        }
    }
}

/// What is no file, in the place of one.
fn put_no_file(draw: &mut Draw, path: &Path) -> &'static str {
    let link = |to: &str| symlink(to, path).expect("a link");
    match draw.number(0..8) {
        0 => {
            let mode = Mode::from_raw_mode(0o600);
            mknodat(CWD, path, FileType::Fifo, mode, 0).expect("a FIFO");
            "a FIFO"
        }
        1 => {
            UnixListener::bind(path).expect("a socket");
            "a socket"
        }
        2 => {
            fs::create_dir(path).expect("a folder");
            "a folder"
        }
        kind => {
            let to = [
                "/dev/zero",
                "/dev/urandom",
                "/dev/null",
                "none",
                "/proc/self/mem",
            ];
            let to = to[kind as usize - 3];
            link(to);
            to
        }
    }
}

/// Where standard output and the report go.
fn draw_output(draw: &mut Draw, name: &str) -> String {
    match draw.number(0..16) {
        0 => format!(" --output {name}"),
        1 => format!(" --output ./{name}"),
        2 => " --output /dev/full".to_owned(),
        3 => " --output .".to_owned(),
        4 => " --output none/out".to_owned(),
        5..=7 => " --output out".to_owned(),
        _ => String::new(),
    }
}

pub(crate) fn attempt(draw: &mut Draw, arena: &Arena) -> Tried {
    let (mut file, name, line) = draw_reader(draw);
    let path = arena.work().join(name);
    let is_file = !draw.one_in(10);
    let whole = 0..file.len();
    let what = if !is_file {
        put_no_file(draw, &path).to_owned()
    } else if draw.one_in(3) {
        mutate_bytes(draw, &mut file, &[whole])
    } else {
        mutate_text(draw, &mut file)
    };
    if is_file {
        fs::write(&path, &file).expect("a file");
    }
    let output = match line.starts_with("corpus") {
        true => String::new(),
        false => draw_output(draw, name),
    };
    let line = line.replace('@', name) + &output;
    let mut watched = Run::new(&line, Duration::from_secs(60));
    // What is still valid runs as long as the original: that is cut.
    watched.signals.push((Duration::from_secs(10), Signal::INT));
    let mut ended = run(arena, &watched);
    if arena.work().join("started").exists() {
        let text = "the program that the file names has run".to_owned();
        ended.faults.push((Fault::LeftBehind, text));
    }
    if is_file && fs::read(&path).ok() != Some(file) {
        let text = "the input is no longer what it was".to_owned();
        ended.faults.push((Fault::EndedWrong, text));
    }
    match ended.code {
        Some(0..=6 | 130 | 101) | None => {}
        Some(code) => ended
            .faults
            .push((Fault::EndedWrong, format!("exit code {code}"))),
    }
    Tried {
        kind: line,
        what,
        words: watched.words,
        ended,
    }
}
