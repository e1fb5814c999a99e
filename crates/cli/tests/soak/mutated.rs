//! Mutated libraries: bytes of a right one are changed, anywhere in the file.

use crate::arena::Arena;
use crate::draw::Draw;
use crate::run::{Fault, Run, run};
use crate::stage::stage;
use crate::tried::Tried;
use std::fs;
use std::ops::Range;
use std::process::Command;
use std::time::Duration;

/// Numbers at which arithmetic on offsets and sizes goes wrong.
const ODD: [u64; 8] = [
    0,
    1,
    0x7f,
    0x7fff_ffff,
    0xffff_ffff,
    1 << 32,
    i64::MAX.cast_unsigned(),
    u64::MAX,
];

/// Where sections lie in an ELF file of 64 bits, lowest byte first.
fn sections(file: &[u8]) -> Vec<Range<usize>> {
    let number = |at: usize, size: usize| {
        let bytes = file.get(at..at + size).unwrap_or_default();
        bytes
            .iter()
            .rev()
            .fold(0, |high, &byte| high << 8 | usize::from(byte))
    };
    let (headers, size, count) = (number(0x28, 8), number(0x3a, 2), number(0x3c, 2));
    let all = (0..count).map(|index| {
        let header = headers + index * size;
        let (start, bytes) = (number(header + 0x18, 8), number(header + 0x20, 8));
        start..start + bytes
    });
    let mut all: Vec<_> = all
        .filter(|at| !at.is_empty() && at.end <= file.len())
        .collect();
    all.extend([0..64, 64..0x300, headers..file.len()]);
    all
}

/// Changes a file by some drawn steps, and says by which.
pub(crate) fn mutate_bytes(draw: &mut Draw, file: &mut Vec<u8>, places: &[Range<usize>]) -> String {
    let mut steps = Vec::new();
    for _ in 0..1 + draw.small(8) {
        let place = draw.one_of(places).clone();
        let place = place.start.min(file.len())..place.end.min(file.len());
        if place.is_empty() {
            continue;
        }
        let at = place.start + draw.index(place.len());
        let step = match draw.number(0..16) {
            0..=4 => {
                file[at] ^= 1 << draw.number(0..8);
                "bit"
            }
            5..=8 => {
                file[at] = draw.number(0..256) as u8;
                "byte"
            }
            9..=11 => {
                let number = draw.one_of(&ODD).wrapping_sub(draw.number(0..2));
                let at = at & !7;
                let end = file.len().min(at + 8);
                file[at..end].copy_from_slice(&number.to_le_bytes()[..end - at]);
                "number"
            }
            12 => {
                let fill = *draw.one_of(&[0, 0xff, 0x90, 0xcc]);
                let end = file.len().min(at + 1 + draw.small(4096) as usize);
                file[at..end].fill(fill);
                "fill"
            }
            13 => {
                let from = draw.index(file.len());
                let count = (1 + draw.small(256) as usize).min(file.len() - from.max(at));
                file.copy_within(from..from + count, at);
                "copy"
            }
            14 => {
                file.truncate(at);
                "truncate"
            }
            _ => {
                let count = draw.small(1 << 16) as usize;
                file.extend(draw.bytes(count));
                "append"
            }
        };
        steps.push(format!("{step} at {at:#x}"));
    }
    steps.join(", ")
}

pub(crate) fn attempt(draw: &mut Draw, arena: &Arena) -> Tried {
    let right = stage().join("right.so");
    let mut file = fs::read(&right).expect("a library");
    let places = sections(&file);
    let what = mutate_bytes(draw, &mut file, &places);
    fs::write(arena.work().join("kernel.so"), file).expect("a file");
    let seed = draw.number(0..1 << 32);
    let subject = "--lib ./kernel.so --symbol kernel --call-timeout 300ms";
    let verify = format!("verify --depth quick --seed {seed} --budget 20s {subject}");
    let (line, is_whole) = match draw.number(0..10) {
        0 => ("verify --depth quick --lib ./kernel.so".to_owned(), false),
        1 => (format!("{verify} --list"), false),
        2 => (format!("diagnose {subject} --check agree"), false),
        _ => (verify, true),
    };
    let watched = Run::new(&line, Duration::from_secs(90));
    let mut ended = run(arena, &watched);
    match ended.code {
        Some(0) if is_whole => {
            // It passed thousands of calls, so it is no danger to call it here.
            let probe = Command::new(stage().join("probe"))
                .arg(right)
                .arg(arena.work().join("kernel.so"))
                .status();
            if probe.expect("the probe starts").code() == Some(7) {
                let text = "another program sees wrong results".to_owned();
                ended.faults.push((Fault::WronglyGreen, text));
            }
        }
        Some(0..=6 | 101) | None => {}
        Some(code) => ended
            .faults
            .push((Fault::EndedWrong, format!("exit code {code}"))),
    }
    Tried {
        kind: watched.words[0].clone(),
        what,
        words: watched.words,
        ended,
    }
}
