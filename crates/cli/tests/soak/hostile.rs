//! Hostile kernels: a right CRC-32 that does something else at a drawn moment.

use crate::acts::{
    ALWAYS, Act, Breaks, ENDS, FLIP, MEMORY, MOMENTS, Moment, OUTSIDE, PROCESSES, REGISTERS,
};
use crate::arena::Arena;
use crate::draw::Draw;
use crate::run::{Ended, Fault, Run, run};
use crate::tried::Tried;
use rustix::process::Signal;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// What crcheck has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Green,
    Red,
    Either,
}

/// An act with its parameter at a moment with its own.
struct Rule {
    moment: Moment,
    at: u64,
    act: Act,
    with: u64,
}

impl Rule {
    fn draw(draw: &mut Draw) -> Self {
        let act = draw_act(draw);
        Self::of(draw, act)
    }

    fn of(draw: &mut Draw, act: Act) -> Self {
        let is_every_call = act.breaks == Breaks::EveryCall && !draw.one_in(4);
        let moment = if is_every_call {
            ALWAYS
        } else {
            draw.one_of(MOMENTS).clone()
        };
        Self {
            at: draw.number(moment.parameters.clone()),
            with: draw.number(act.parameters.clone()),
            moment,
            act,
        }
    }

    fn words(&self) -> String {
        let (moment, act) = (self.moment.name, self.act.name);
        format!("{moment} {}, {act} {}", self.at, self.with)
    }

    fn text(&self) -> String {
        let (moment, act) = (self.moment.name, self.act.name);
        format!("RULE({moment}, {}ul, {act}, {}ul)", self.at, self.with)
    }

    /// Whether `agree` alone may not find it: its messages have few first bytes, and no threads.
    fn needs_all_checks(&self) -> bool {
        self.act.breaks == Breaks::EveryCall
            || ["first_byte", "second_thread"].contains(&self.moment.name)
    }

    /// Whether crcheck must find it, if it is the only one.
    fn must_be_found(&self, is_program: bool) -> bool {
        let is_met = match is_program {
            true => self.moment.is_met_by_programs,
            false => self.moment.is_met,
        };
        match self.act.breaks {
            Breaks::Call | Breaks::Result => is_met,
            Breaks::EveryCall => self.moment.name == ALWAYS.name && !is_program,
            Breaks::Perhaps | Breaks::PerhapsMends => false,
        }
    }
}

fn draw_act(draw: &mut Draw) -> Act {
    let acts: Vec<&Act> = EVERYTHING.iter().copied().flatten().collect();
    (*draw.one_of(&acts)).clone()
}

/// How a program answers, and whether that is wrong in every run at depth `quick`.
const REPLIES: &[(&str, Expected)] = &[
    ("in_pieces", Expected::Green),
    ("wrongly", Expected::Red),
    ("wide", Expected::Either),
    ("little", Expected::Red),
    ("much", Expected::Red),
    ("late", Expected::Either),
    ("never", Expected::Red),
    ("closing", Expected::Red),
    ("deaf", Expected::Red),
    ("dying", Expected::Red),
    ("flooding", Expected::Red),
    ("shouting", Expected::Either),
];

/// A kernel: what it is made of, and what crcheck has to say on it.
#[derive(Debug)]
pub(crate) struct Kernel {
    rules: String,
    start: String,
    end: String,
    program: Option<String>,
    expected: Expected,
    /// Whether `agree` alone may not find what must be found.
    needs_all_checks: bool,
    kind: String,
    what: String,
}

const EVERYTHING: &[&[Act]] = &[ENDS, MEMORY, PROCESSES, OUTSIDE, REGISTERS, &[FLIP]];

/// A kernel without a rule.
fn right(is_program: bool) -> Kernel {
    Kernel {
        rules: String::new(),
        start: String::new(),
        end: String::new(),
        program: is_program.then(String::new),
        expected: Expected::Either,
        needs_all_checks: false,
        kind: "right".to_owned(),
        what: "right".to_owned(),
    }
}

pub(crate) fn draw_kernel(draw: &mut Draw, is_program: bool) -> Kernel {
    let mut kernel = right(is_program);
    match draw.number(0..20) {
        0 => {
            kernel.expected = Expected::Green;
        }
        1..=2 => at_an_end(draw, &mut kernel),
        3..=4 => two_rules(draw, &mut kernel),
        5..=7 => with_a_wrong_result(draw, &mut kernel),
        _ => {
            let rule = Rule::draw(draw);
            if rule.must_be_found(is_program) {
                kernel.expected = Expected::Red;
            }
            kernel.rules = rule.text();
            kernel.needs_all_checks = rule.needs_all_checks();
            kernel.kind = rule.act.name.to_owned();
            kernel.what = rule.words();
        }
    }
    if is_program && draw.one_in(2) {
        kernel.rules = String::new();
        answer_otherwise(draw, &mut kernel);
    }
    kernel
}

/// A program with every act at every moment.
pub(crate) fn with_every_rule() -> Kernel {
    let acts = EVERYTHING.iter().copied().flatten();
    let rules = acts.flat_map(|act| {
        MOMENTS.iter().map(|moment| Rule {
            moment: moment.clone(),
            at: moment.parameters.start,
            act: act.clone(),
            with: act.parameters.start,
        })
    });
    let rules: Vec<String> = rules.map(|rule| rule.text()).collect();
    let mut kernel = right(true);
    kernel.rules = rules.join("; ");
    kernel
}

/// An act when the library is loaded or unloaded.
fn at_an_end(draw: &mut Draw, kernel: &mut Kernel) {
    let act = draw_act(draw);
    let with = draw.number(act.parameters.clone());
    let text = format!("act_{}(c, {with}ul)", act.name);
    kernel.kind = act.name.to_owned();
    if draw.one_in(2) {
        kernel.what = format!("at its end {} {with}", act.name);
        kernel.end = text;
    } else {
        kernel.what = format!("at its start {} {with}", act.name);
        kernel.start = text;
        if act.breaks == Breaks::Call {
            kernel.expected = Expected::Red;
        }
    }
}

/// A wrong result, which is a function of the arguments, beside another act that is none.
fn with_a_wrong_result(draw: &mut Draw, kernel: &mut Kernel) {
    let is_program = kernel.program.is_some();
    let rule = Rule::draw(draw);
    let mut wrong = Rule::of(draw, FLIP);
    while !(wrong.moment.is_of_arguments && wrong.must_be_found(is_program)) {
        wrong = Rule::of(draw, FLIP);
    }
    // A kernel that mends itself is right.
    if rule.act.breaks != Breaks::PerhapsMends {
        kernel.expected = Expected::Red;
    }
    // Two wrong bits may be the same one.
    kernel.rules = match rule.act.name == FLIP.name {
        true => wrong.text(),
        false => format!("{}; {}", rule.text(), wrong.text()),
    };
    kernel.needs_all_checks = wrong.needs_all_checks();
    kernel.kind = rule.act.name.to_owned();
    kernel.what = format!("{}, {}", rule.words(), wrong.words());
}

/// Two rules, of which only the first may start processes or stop calls: a crash in each call
/// beside a child in each worker would fill the machine.
fn two_rules(draw: &mut Draw, kernel: &mut Kernel) {
    let first = Rule::draw(draw);
    let mut second = Rule::draw(draw);
    while second.act.breaks == Breaks::Call
        || PROCESSES.iter().any(|act| act.name == second.act.name)
    {
        second = Rule::draw(draw);
    }
    kernel.rules = format!("{}; {}", first.text(), second.text());
    kernel.kind = format!("{} and {}", first.act.name, second.act.name);
    kernel.what = format!("{}, {}", first.words(), second.words());
}

fn answer_otherwise(draw: &mut Draw, kernel: &mut Kernel) {
    let &(reply, expected) = draw.one_of(REPLIES);
    let at = draw.number(0..600);
    let early = if draw.one_in(8) {
        draw.number(1..20)
    } else {
        0
    };
    let defined = format!("-DREPLY=reply_{reply} -DREPLY_AT=this.len=={at} -DEARLY={early}");
    kernel.program = Some(defined);
    kernel.start = String::new();
    kernel.end = String::new();
    kernel.expected = if early > 0 { Expected::Red } else { expected };
    kernel.kind = format!("answers {reply}");
    kernel.what = format!("{early} bytes early, and answers {reply} at length {at}");
}

/// Compiles a kernel in the arena: `kernel.so`, or the program `kernel`.
pub(crate) fn compile(arena: &Arena, kernel: &Kernel) {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/soak/hostile");
    let mut words = vec![
        format!("-DRULES={}", kernel.rules),
        format!("-DAT_START={}", kernel.start),
        format!("-DAT_END={}", kernel.end),
        format!("-DVICTIM=\"{}\"", arena.victim().display()),
        format!("-DMARK=\"{}\"", arena.mark),
        format!("-DKEY={}", arena.key),
        format!("-DUDP_PORT={}", arena.udp_port()),
        format!("-DTCP_PORT={}", arena.tcp_port()),
    ];
    words.extend("-w -O1 -pthread".split(' ').map(str::to_owned));
    let name = match &kernel.program {
        Some(replies) => {
            let replies = match replies.is_empty() {
                true => "-DREPLY=reply_rightly -DREPLY_AT=0 -DEARLY=0",
                false => replies,
            };
            words.extend(replies.split(' ').map(str::to_owned));
            words.push("-DPROGRAM".to_owned());
            "kernel"
        }
        None => {
            words.extend(["-shared", "-fPIC"].map(str::to_owned));
            "kernel.so"
        }
    };
    words.extend(["-o", name].map(str::to_owned));
    words.push(sources.join("kernel.c").display().to_string());
    words.extend(["-ldl", "-lrt"].map(str::to_owned));
    let line = shlex::try_join(words.iter().map(String::as_str)).expect("no NUL");
    std::fs::write(arena.work().join("cc"), format!("cc {line}\n")).expect("a file");
    let status = Command::new("cc")
        .args(&words)
        .current_dir(arena.work())
        .status();
    assert!(status.expect("cc starts").success(), "cc {line}");
}

/// Programs that are none of ours, and no kernels.
const ODD_PROGRAMS: &[&str] = &[
    "true",
    "false",
    "cat",
    "yes",
    "sleep 100",
    "./",
    "./none",
    "/dev/null",
    "/dev/zero",
    "head -c 8 /dev/zero",
    "head -c 100000000 /dev/zero",
    "sh -c \"exec sleep 100 >&-\"",
    "sh -c \"sleep 100 & exit\"",
];

/// The checks that are drawn for a kernel that crcheck may judge either way.
const CHECKS: &[&str] = &[
    "threads", "agree", "guard", "slack", "split", "history", "abi", "paint", "affine", "basis",
];

/// The checks of a run: all of them, or one, if that is enough to find what must be found.
fn draw_checks(draw: &mut Draw, kernel: &Kernel) -> String {
    let is_enough = !kernel.needs_all_checks && kernel.program.is_none();
    match kernel.expected {
        Expected::Either if draw.one_in(2) => format!("--check {}", draw.one_of(CHECKS)),
        Expected::Red if is_enough && draw.one_in(2) => "--check agree".to_owned(),
        _ => String::new(),
    }
}

/// Tries a kernel on `crcheck verify`, and at times on `crcheck diagnose`.
pub(crate) fn attempt(draw: &mut Draw, arena: &Arena, is_program: bool) -> Tried {
    let mut kernel = draw_kernel(draw, is_program);
    let mut subject = match is_program {
        true => "--cmd ./kernel".to_owned(),
        false => "--lib ./kernel.so --symbol kernel".to_owned(),
    };
    if is_program && draw.one_in(10) {
        let program = draw.one_of(ODD_PROGRAMS);
        kernel.expected = Expected::Red;
        kernel.kind = (*program).to_owned();
        subject = format!("--cmd '{program}'");
    } else {
        compile(arena, &kernel);
    }
    // A right kernel has the time that it needs on a machine with much else to do.
    let (budget, call, limit) = match kernel.expected {
        Expected::Green => (100, "5s", 200),
        Expected::Red | Expected::Either => (4, "300ms", 60),
    };
    let seed = draw.number(0..1 << 32);
    let options = format!("--seed {seed} --call-timeout {call} {subject}");
    let checks = draw_checks(draw, &kernel);
    let line = format!("verify --depth quick --budget {budget}s {checks} {options}");
    let mut watched = Run::new(&line, Duration::from_secs(limit));
    if kernel.expected == Expected::Either && draw.one_in(6) {
        let line = format!("diagnose --check agree {options}");
        watched = Run::new(&line, Duration::from_secs(limit));
        // It has no budget.
        watched.signals.push((Duration::from_secs(10), Signal::INT));
    }
    let mut ended = run(arena, &watched);
    judge(kernel.expected, &mut ended);
    Tried {
        kind: format!("{} {subject}", kernel.kind),
        what: kernel.what,
        words: watched.words,
        ended,
    }
}

pub(crate) fn judge(expected: Expected, ended: &mut Ended) {
    let Some(code) = ended.code else { return };
    let last = ended.stdout.lines().last().unwrap_or_default().to_owned();
    match (expected, code) {
        (Expected::Red, 0) => ended.faults.push((Fault::WronglyGreen, last)),
        (Expected::Green, 0 | 5) => {}
        (Expected::Green, _) => {
            let text = format!("exit code {code}: {last}");
            ended.faults.push((Fault::WronglyRed, text));
        }
        (_, 0..=6 | 101 | 130) => {}
        (_, _) => ended
            .faults
            .push((Fault::EndedWrong, format!("exit code {code}"))),
    }
}
