//! The soak's own judgement is tested: each fault is planted once, by a program in the place of
//! crcheck, and must be seen.

use crate::acts::{ENDS, FLIP, MEMORY, OUTSIDE, PROCESSES, REGISTERS};
use crate::arena::Arena;
use crate::draw::Draw;
use crate::hostile::{self, Expected};
use crate::run::{Ended, FAULTS, Fault, Run, run};
use std::collections::BTreeSet;
use std::time::Duration;

/// Runs a line of the shell in the place of crcheck, and returns the faults that are seen.
fn faults_of(line: &str) -> Vec<Fault> {
    let arena = Arena::new();
    let mut watched = Run::new("", Duration::from_secs(2));
    watched.program = "sh";
    let port = arena.udp_port();
    let line = line.replace("PORT", &port.to_string());
    watched.words = vec!["-c".to_owned(), line];
    let faults = run(&arena, &watched).faults;
    faults.into_iter().map(|(fault, _)| fault).collect()
}

pub(crate) fn a_planted_fault_is_seen() {
    let planted = [
        (Fault::Hung, "sleep 60"),
        (Fault::Died, "kill -SEGV $$"),
        (Fault::Died, "exit 101"),
        (Fault::Died, "echo \"thread 'main' panicked at x\" >&2"),
        (Fault::LeftBehind, "sleep 60 & exit 0"),
        (
            Fault::LeftBehind,
            "env -i sh -c \"sleep 60; : $CRCHECK_SOAK_MARK\" & exit 0",
        ),
        (Fault::LeftBehind, "echo > $TMPDIR/file"),
        (Fault::LeftBehind, "echo > .out.partial"),
        (Fault::LeftBehind, "echo > ../victim/new"),
        (Fault::LeftBehind, "echo gone > ../victim/kept"),
        (Fault::LeftBehind, "chmod 700 ../victim/kept"),
        (Fault::LeftBehind, "rm ../victim/kept"),
        (Fault::LeftBehind, "echo > /dev/shm/soak$CRCHECK_SOAK_MARK"),
        (
            Fault::LeftBehind,
            "bash -c 'echo out > /dev/udp/127.0.0.1/PORT'",
        ),
        (Fault::LeftBehind, "renice 5 $$; sleep 1"),
    ];
    let right = ["true", "exit 1", "sleep 1", "sleep 1 & wait", "echo > out"];
    std::thread::scope(|scope| {
        for &(fault, line) in &planted {
            scope.spawn(move || assert_eq!(faults_of(line), [fault], "{line}"));
        }
        for &line in &right {
            scope.spawn(move || assert_eq!(faults_of(line), [], "{line}"));
        }
    });
}

/// The faults of a run that ends with a code, by what crcheck had to say.
fn verdict(expected: Expected, code: i32) -> Vec<Fault> {
    let mut ended = Ended {
        code: Some(code),
        stdout: String::new(),
        stderr: String::new(),
        faults: Vec::new(),
        time: Duration::ZERO,
    };
    hostile::judge(expected, &mut ended);
    ended.faults.into_iter().map(|(fault, _)| fault).collect()
}

pub(crate) fn a_wrong_verdict_is_seen() {
    assert_eq!(verdict(Expected::Red, 0), [Fault::WronglyGreen]);
    assert_eq!(verdict(Expected::Red, 1), []);
    assert_eq!(verdict(Expected::Green, 1), [Fault::WronglyRed]);
    assert_eq!(verdict(Expected::Green, 0), []);
    assert_eq!(verdict(Expected::Either, 0), []);
    assert_eq!(verdict(Expected::Either, 1), []);
    assert_eq!(verdict(Expected::Either, 77), [Fault::EndedWrong]);
    assert_eq!(
        FAULTS
            .map(|(_, name)| name)
            .iter()
            .collect::<BTreeSet<_>>()
            .len(),
        FAULTS.len()
    );
}

pub(crate) fn a_seed_fixes_its_draws() {
    for is_program in [false, true] {
        let drawn = |seed| {
            let kernels = (0..50).map(move |index| {
                let mut draw = Draw::new(seed, index);
                format!("{:?}", hostile::draw_kernel(&mut draw, is_program))
            });
            kernels.collect::<Vec<String>>()
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
    }
}

/// A kernel that names every act compiles, so every draw does.
pub(crate) fn every_act_and_every_moment_is_written() {
    let arena = Arena::new();
    hostile::compile(&arena, &hostile::with_every_rule());
    let acts = [ENDS, MEMORY, PROCESSES, OUTSIDE, REGISTERS, &[FLIP]];
    let empty = acts
        .iter()
        .copied()
        .flatten()
        .find(|act| act.parameters.is_empty());
    assert!(empty.is_none(), "{empty:?}");
}
