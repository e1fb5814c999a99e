//! Interrupts: every command gets SIGINT or SIGTERM, and at times a second one.

use crate::arena::Arena;
use crate::common::repository;
use crate::draw::Draw;
use crate::run::{Fault, Run, run};
use crate::stage::stage;
use crate::tried::Tried;
use rustix::process::Signal;
use std::fs;
use std::time::Duration;

/// Commands that take seconds. `@` is the folder of the compiled sources, `%` the repository.
const LINES: &[&str] = &[
    "verify --lib @/right.so --symbol kernel --format json --output out",
    "verify --depth quick --lib @/right.so --symbol kernel --format json --output out",
    "verify --depth quick --cmd '@/program right' --format json --output out",
    "verify --cmd '@/program never' --format json --output out",
    "verify --cmd '@/program dies' --format json --output out",
    "verify --format json --output out",
    "verify --depth deep --tier portable --format json --output out",
    "verify --fault article-polynomial --format json --output out",
    "verify --fault article-crc32q --depth quick --format json --output out",
    "selftest --format json --output out",
    "selftest article --format json --output out",
    "replay %/corpus --format json --output out",
    "replay %/corpus/regressions --lib @/right.so --symbol kernel --format json --output out",
    "minimize % --fault article-crc32q --format json --output out",
    "diagnose --fault article-polynomial --format json --output out",
    "diagnose --lib @/right.so --symbol kernel --format json --output out",
    "diagnose --cmd '@/program wrong' --format json --output out",
    "certify --tier portable --certificate certificate --format json --output out",
    "certify --lib @/right.so --symbol kernel --certificate certificate --format json --output out",
    "emulate --emulator mask --depth quick --format json --output out",
    "emulate --emulator mask --cpu haswell --cpu nehalem --format json --output out",
    "emulate --purity --format json --output out",
    "bench --budget 5s --size 64 --tier portable --format json --output out",
    "bench --budget 5s --format json --output out",
];

pub(crate) fn attempt(draw: &mut Draw, arena: &Arena) -> Tried {
    let mut line = draw
        .one_of(LINES)
        .replace('@', &stage().display().to_string());
    if line.starts_with("minimize") {
        let mut artifacts = crate::stage::corpus("regressions");
        artifacts.retain(|path| path.extension().is_some_and(|end| end == "toml"));
        line = line.replace('%', &draw.one_of(&artifacts).display().to_string());
    }
    let line = line.replace('%', &repository().display().to_string());
    let mut watched = Run::new(&line, Duration::from_secs(30));
    for count in 0..2 {
        let signal = *draw.one_of(&[Signal::INT, Signal::TERM]);
        // The second comes soon, or after the first had its effect.
        let most = if count == 0 { 3000 } else { 300 };
        let delay = draw.time(Duration::from_millis(most));
        if count == 0 || draw.one_in(3) {
            watched.signals.push((delay, signal));
        }
    }
    let mut ended = run(arena, &watched);
    match ended.code {
        Some(0 | 1 | 3 | 5 | 6 | 130 | 101) | None => {}
        Some(code) => ended
            .faults
            .push((Fault::EndedWrong, format!("exit code {code}"))),
    }
    for name in ["out", "certificate"] {
        let Ok(text) = fs::read_to_string(arena.work().join(name)) else {
            continue;
        };
        if let Err(error) = serde_json::from_str::<serde_json::Value>(&text) {
            ended
                .faults
                .push((Fault::EndedWrong, format!("{name} is not whole: {error}")));
        }
    }
    let signals = watched.signals.iter();
    let signals = signals.map(|(after, signal)| format!("{signal:?} after {after:?}"));
    let signals: Vec<String> = signals.collect();
    let parts = watched.words.iter();
    let kind: Vec<&str> = parts.take(4).map(String::as_str).collect();
    Tried {
        kind: kind.join(" "),
        what: signals.join(", then "),
        words: watched.words,
        ended,
    }
}
