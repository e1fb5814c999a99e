//! The claims of the article, judged on measurements that are planted here: no test depends on what
//! this machine measures.
#![allow(missing_docs)]

use crcheck_bench::claims::answer::{Answer, Missing};
use crcheck_bench::claims::claim::{Claim, Judge, Need};
use crcheck_bench::claims::judgement::{judge, needs, planted_faults, select};
use crcheck_bench::claims::measured::{
    BufferedRead, Files, FromMemory, Gauge, Go, Instructions, Loops, MachineFacts, Mapped,
    Measured, Planted, Reader, Ymm,
};
use crcheck_bench::claims::report::ClaimsReport;
use crcheck_bench::limits::instructions::{InstructionTiming, NAMES};
use crcheck_bench::measurement::Shortfall;
use crcheck_bench::report::Machine;
use std::collections::BTreeSet;

fn all() -> Vec<&'static Claim> {
    select(&[]).expect("no name is unknown")
}

fn claim(id: &str) -> &'static Claim {
    select(&[id.to_owned()]).expect("a claim")[0]
}

fn answer(id: &str, measured: &Measured) -> Answer {
    judge(claim(id), measured).answer
}

/// A machine on which each figure is what the article says.
fn article() -> Measured {
    let mut measured = Measured::nothing(MachineFacts {
        cpu: "i7-11800H and 8380".to_owned(),
        arch: "x86_64".to_owned(),
    });
    measured.loops = Ok(Loops {
        message_bytes: 32 << 10,
        bits: 0.122 / 4.2,
        byte_table: 0.122,
        aligned_words: 0.122 * 1.8,
        slicing: 0.3,
        kernel: 5.9,
        kernel_unaligned: 2.0,
        kernel_after_copy: 4.0,
        tiers_of_256_bits: vec![("x86-avx2".to_owned(), 5.9)],
        compared_off_pages: 0,
    });
    measured.memory = Ok(FromMemory {
        message_bytes: 1 << 30,
        kernel: 5.9,
        loads: 20.0,
    });
    measured.instructions = Ok(instructions(1.0 / 3.0, 3.0, 1.0, 1.0));
    measured.files = Ok(files(5_000.0, 1.0, 10.0));
    measured.reader = Ok(Reader {
        pread_us: 218.0,
        copies_us: 4.6,
        is_unfilled_right: true,
    });
    measured.go = Ok(vec![go(
        "go1.0",
        0.122,
        Ymm::Refused("unknown Y0".to_owned()),
    )]);
    for name in planted_faults(&all()) {
        measured.planted.insert(name.to_owned(), Planted::Escaped);
    }
    measured
}

/// A machine like those that there are.
fn real() -> Measured {
    let mut measured = Measured::nothing(MachineFacts {
        cpu: "Brand <&|>".to_owned(),
        arch: "x86_64".to_owned(),
    });
    measured.loops = Ok(Loops {
        message_bytes: 32 << 10,
        bits: 0.15,
        byte_table: 0.5,
        aligned_words: 0.48,
        slicing: 4.0,
        kernel: 90.0,
        kernel_unaligned: 88.0,
        kernel_after_copy: 40.0,
        tiers_of_256_bits: vec![("x86-avx2".to_owned(), 30.0)],
        compared_off_pages: 585,
    });
    measured.memory = Ok(FromMemory {
        message_bytes: 256 << 20,
        kernel: 30.0,
        loads: 31.0,
    });
    measured.instructions = Ok(instructions(4.0, 7.0, 2.0, 6.0));
    measured.files = Ok(files(40_000.0, 30.0, 12.0));
    measured.reader = Ok(Reader {
        pread_us: 110.0,
        copies_us: 12.0,
        is_unfilled_right: false,
    });
    measured.go = Ok(vec![
        go("go1.19", 16.0, Ymm::Ran),
        go("go1.27", 60.0, Ymm::Ran),
    ]);
    let caught = Planted::Caught {
        check: "agree".to_owned(),
        kind: "wrong-value".to_owned(),
        diagnosis: "computes something else".to_owned(),
    };
    for name in planted_faults(&all()) {
        measured.planted.insert(name.to_owned(), caught.clone());
    }
    measured
}

fn instructions(clock: f64, multiply: f64, simple: f64, per_cycle: f64) -> Instructions {
    let timing = |name: &&str| InstructionTiming {
        name: (*name).to_owned(),
        latency_cycles: match *name {
            "pclmulqdq" => multiply,
            "crc32q" => 3.0 * simple,
            _ => simple,
        },
        per_cycle: match *name {
            "pclmulqdq" | "crc32q" => per_cycle,
            _ => 2.0 * per_cycle,
        },
    };
    Instructions {
        clock_ghz: Some(clock),
        timings: NAMES.iter().map(timing).collect(),
    }
}

fn files(faults_per_s: f64, mapped: f64, read: f64) -> Files {
    let buffers = [32 << 10, 64 << 10, 1 << 20];
    let is_as_claimed = faults_per_s < 10_000.0;
    Files {
        file_bytes: 64 << 20,
        mapped: Some(Mapped {
            gb_per_s: if is_as_claimed { read * 2.0 } else { mapped },
            faults: if is_as_claimed { 10.0 } else { 1024.0 },
            resident_bytes: if is_as_claimed { 1 << 20 } else { 64 << 20 },
        }),
        reads: buffers
            .into_iter()
            .map(|buffer_bytes| BufferedRead {
                buffer_bytes,
                gb_per_s: if is_as_claimed && buffer_bytes < 65536 {
                    read / 2.0
                } else {
                    read
                },
            })
            .collect(),
        faults_per_s,
        is_pipe_mapped: !is_as_claimed,
        chain_calls: if is_as_claimed { 4100 } else { 1025 },
        single_calls: 1025,
        chain_bytes: if is_as_claimed { 64 << 20 } else { 256 << 10 },
    }
}

fn go(version: &str, hash: f64, ymm: Ymm) -> Go {
    let is_as_claimed = hash < 1.0;
    Go {
        version: version.to_owned(),
        hash,
        hash_unaligned: if is_as_claimed { hash / 2.0 } else { hash },
        without_features: if is_as_claimed { hash } else { 3.0 },
        byte_table: if is_as_claimed { hash } else { 0.5 },
        gigabyte_seconds: 1.0 / hash,
        pause_ms: if is_as_claimed { 18.7 } else { 0.05 },
        wrong_lengths: if is_as_claimed { 50 } else { 0 },
        ymm,
    }
}

#[test]
fn every_claim_has_a_name_of_its_own_and_an_answer() {
    let ids: BTreeSet<&str> = all().iter().map(|claim| claim.id).collect();
    assert_eq!(ids.len(), all().len());
    assert!(ids.len() >= 80, "{}", ids.len());
    for measured in [article(), real()] {
        for claim in all() {
            let verdict = judge(claim, &measured);
            let is_id = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
            assert!(claim.id.chars().all(is_id) && !claim.says.is_empty());
            assert!(!verdict.found.is_empty(), "{}", claim.id);
            let is_escaped = measured == article() && claim.judge.planted_fault().is_some();
            assert_eq!(
                verdict.answer == Answer::NotJudged,
                is_escaped,
                "{}",
                claim.id
            );
        }
    }
}

/// The answers of arithmetic are known.
#[test]
fn arithmetic_answers_as_it_must() {
    let known = [
        ("headline-ratio", Answer::Refuted, "48.2, not 47; numbers"),
        ("headline-slow-rate", Answer::Reproduced, "122"),
        ("headline-fast-rate", Answer::Reproduced, "5.88"),
        ("polynomial-terms", Answer::Refuted, "CRC-32/ISCSI"),
        ("polynomial-reflected", Answer::Refuted, "0xedb88320"),
        ("table-order", Answer::Refuted, "8 steps a byte"),
        ("table-linear", Answer::Refuted, "2.00 times"),
        ("listing-frame", Answer::Refuted, "$0-36 with ret+32"),
        ("pipeline-rate", Answer::Refuted, "333 MB/s"),
        ("barrett", Answer::Depends, "1000 are right"),
        ("plan-sizes", Answer::Refuted, "3 have a figure"),
        ("plan-and-headline", Answer::Refuted, "3.06 times"),
        ("plan-comparison", Answer::Depends, "3.22 %"),
        ("plan-runs", Answer::Refuted, "75.0 %"),
        ("slow-cycles", Answer::Refuted, "0.192 GHz"),
        ("slow-pause", Answer::Refuted, "8.98 %"),
        ("slow-flame-graph", Answer::Depends, "2970 samples"),
        ("calls-zero-copy", Answer::Reproduced, "a call hands over"),
        ("reader-4-kib", Answer::Refuted, "18.8 MB/s"),
        ("reader-before", Answer::Reproduced, "4.59"),
        ("reader-after", Answer::Reproduced, "217.4"),
        ("reader-ratio", Answer::Reproduced, "47.4"),
        ("reader-four-pages", Answer::Refuted, "16.0 KiB"),
        ("requires-avx2", Answer::Refuted, "chooses portable"),
    ];
    let nothing = Measured::nothing(MachineFacts::default());
    let mut arithmetic = all();
    arithmetic.retain(|claim| matches!(claim.judge, Judge::Arithmetic(_)));
    assert_eq!(arithmetic.len(), known.len());
    for (id, answer, words) in known {
        let verdict = judge(claim(id), &nothing);
        assert_eq!(verdict.answer, answer, "{id}");
        assert!(verdict.found.contains(words), "{id}: {}", verdict.found);
    }
}

/// Machines on which each figure is what the article says. There is more than one, since no machine
/// has all of them: its headline, its pipeline and its plan exclude each other.
fn as_claimed() -> Vec<Measured> {
    let mut pipeline = article();
    pipeline.instructions = Ok(instructions(5.9, 3.0, 1.0, 1.0));
    let mut xeon = article();
    xeon.memory.as_mut().expect("planted").kernel = 1.924;
    let mut graviton = xeon.clone();
    graviton.machine = MachineFacts {
        cpu: "Graviton3".to_owned(),
        arch: "aarch64".to_owned(),
    };
    graviton.memory.as_mut().expect("planted").kernel = 2.1;
    vec![article(), pipeline, xeon, graviton]
}

/// A machine whose tiers, copies and mappings are slow.
fn slow() -> Measured {
    let mut measured = real();
    measured.memory.as_mut().expect("planted").kernel = 1.0;
    measured.reader.as_mut().expect("planted").copies_us = 100.0;
    measured.files = Ok(files(40_000.0, 1.0, 12.0));
    let loops = measured.loops.as_mut().expect("planted");
    loops.tiers_of_256_bits = vec![("x86-avx2".to_owned(), 1.0)];
    measured
}

/// A judge that has only one answer would be no judge.
#[test]
fn every_measurement_can_give_another_answer() {
    for claim in all() {
        let mut machines = as_claimed();
        machines.extend([real(), slow()]);
        let answers: BTreeSet<&str> = machines
            .iter()
            .map(|measured| judge(claim, measured).answer.words())
            .collect();
        let is_fixed = matches!(claim.judge, Judge::Arithmetic(_) | Judge::NotMeasurable(_));
        assert_eq!(answers.len() == 1, is_fixed, "{}: {answers:?}", claim.id);
    }
}

/// Ports cannot be reproduced without the CPU's counters.
#[test]
fn what_is_as_the_article_says_is_reproduced() {
    for claim in all() {
        if matches!(claim.judge, Judge::Measured { .. }) {
            let machines = as_claimed();
            let answers = machines
                .iter()
                .map(|measured| judge(claim, measured).answer);
            let answers: Vec<Answer> = answers.collect();
            let best = if claim.id.contains("port") {
                Answer::NotMeasurableHere
            } else {
                Answer::Reproduced
            };
            assert!(answers.contains(&best), "{}: {answers:?}", claim.id);
        }
    }
}

#[test]
fn a_false_measurement_flips_the_answer() {
    let mut measured = article();
    assert_eq!(answer("table-gain", &measured), Answer::Reproduced);
    assert_eq!(
        answer("headline-byte-table-rate", &measured),
        Answer::Reproduced
    );
    let loops = measured.loops.as_mut().expect("planted");
    loops.byte_table = 10.0;
    assert_eq!(answer("words-gain", &measured), Answer::Refuted);
    // To be faster than claimed is to reach what is claimed; a rate of another machine is no error.
    assert_eq!(answer("table-gain", &measured), Answer::Reproduced);
    assert_eq!(
        answer("headline-byte-table-rate", &measured),
        Answer::Depends
    );
    measured.loops.as_mut().expect("planted").byte_table = 0.03;
    assert_eq!(answer("table-gain", &measured), Answer::Refuted);
    measured.loops.as_mut().expect("planted").byte_table = 0.18;
    assert_eq!(
        answer("headline-byte-table-rate", &measured),
        Answer::Depends
    );
}

/// What this machine measures cannot refute a time, a rate or a port of another one, however far
/// apart they are.
#[test]
fn plain_figures_of_another_machine_are_never_refuted() {
    let never = [
        "headline-go-time",
        "headline-byte-table-rate",
        "headline-own-rate",
        "headline-own-rate-from-memory",
        "headline-over-table",
        "pclmulqdq-latency",
        "pclmulqdq-throughput",
        "vpxor-latency",
        "vpxor-throughput",
        "movdqa-latency",
        "movdqa-throughput",
        "crc32q-latency",
        "crc32q-port",
        "vpxor-ports",
        "vpshufb-ports",
        "pipeline-byte-a-cycle",
        "io-mmap-memory",
        "io-mmap-calls",
        "plan-x86",
        "plan-arm",
        "slow-forced-pause",
        "reader-time-before",
        "reader-time-after",
        "reader-gain",
    ];
    for times in [1e-3, 0.1, 0.45, 0.7, 1.0, 1.3, 2.2, 10.0, 1e3] {
        for mut measured in [
            real(),
            slow(),
            as_claimed()[2].clone(),
            as_claimed()[3].clone(),
        ] {
            if measured.machine.cpu.contains("11800H") {
                measured.machine.cpu = "8380".to_owned();
            }
            scale(&mut measured, times);
            for id in never {
                let verdict = judge(claim(id), &measured);
                let found = verdict.found;
                assert_ne!(verdict.answer, Answer::Refuted, "{id}: {found}");
            }
        }
    }
}

/// Makes every rate `times` as high, and every time as short.
fn scale(measured: &mut Measured, times: f64) {
    let loops = measured.loops.as_mut().expect("planted");
    loops.byte_table *= times;
    loops.kernel *= times;
    for (_, rate) in &mut loops.tiers_of_256_bits {
        *rate *= times * times;
    }
    measured.memory.as_mut().expect("planted").kernel *= times;
    let instructions = measured.instructions.as_mut().expect("planted");
    for timing in &mut instructions.timings {
        timing.latency_cycles /= times;
        timing.per_cycle *= times;
    }
    let reader = measured.reader.as_mut().expect("planted");
    reader.pread_us /= times;
    reader.copies_us /= times * times;
    for go in measured.go.as_mut().expect("planted") {
        go.gigabyte_seconds /= times;
        go.pause_ms /= times;
    }
}

/// Code that is faster than claimed reaches what is claimed, with the tier that is compared.
#[test]
fn exceeding_a_claim_reproduces_it_and_falling_short_needs_a_condition() {
    let mut measured = real();
    let set = |measured: &mut Measured, name: &str, rate: f64| {
        let loops = measured.loops.as_mut().expect("planted");
        loops.tiers_of_256_bits = vec![(name.to_owned(), rate)];
    };
    set(&mut measured, "x86-avx2-vpclmul", 80.0);
    let verdict = judge(claim("headline-over-table"), &measured);
    assert_eq!(verdict.answer, Answer::Reproduced);
    let found = verdict.found;
    assert!(found.contains("x86-avx2-vpclmul is 160 times"), "{found}");
    set(&mut measured, "x86-avx2-pclmul", 10.0);
    let verdict = judge(claim("headline-over-table"), &measured);
    assert_eq!(verdict.answer, Answer::Depends);
    assert!(verdict.found.contains("on the CPU and the tier"));
    let verdict = judge(claim("headline-over-go"), &measured);
    assert_eq!(verdict.answer, Answer::Refuted);
    let found = verdict.found;
    assert!(found.contains("x86-avx2-pclmul is 0.625"), "{found}");
    measured.go = Ok(vec![go("go1.0", 0.122, Ymm::Ran)]);
    assert_eq!(answer("headline-over-go", &measured), Answer::Reproduced);
    let loops = measured.loops.as_mut().expect("planted");
    loops.tiers_of_256_bits.clear();
    for id in ["headline-over-table", "headline-over-go"] {
        assert_eq!(answer(id, &measured), Answer::Depends, "{id}");
    }
}

/// More in a cycle than the ports take, and another time of Go, refute the article on its own CPU
/// and nowhere else.
#[test]
fn ports_and_times_are_refuted_on_the_articles_cpu_alone() {
    let mut measured = real();
    for id in ["crc32q-port", "vpxor-ports", "vpshufb-ports"] {
        let verdict = judge(claim(id), &measured);
        assert_eq!(verdict.answer, Answer::Depends, "{id}");
        assert!(verdict.found.contains("depends on the CPU"));
    }
    assert_eq!(answer("headline-go-time", &measured), Answer::Depends);
    measured.machine.cpu = "Intel(R) Core(TM) i7-11800H @ 2.30GHz".to_owned();
    for id in ["crc32q-port", "vpxor-ports", "vpshufb-ports"] {
        assert_eq!(answer(id, &measured), Answer::Refuted, "{id}");
    }
    assert_eq!(answer("headline-go-time", &measured), Answer::Refuted);
}

/// Noise of some percent does not turn one answer into its opposite.
#[test]
fn small_buffers_need_a_clear_step_and_a_clear_flatness() {
    let mut measured = real();
    let mut answer_with = |rates: [f64; 3]| {
        let files = measured.files.as_mut().expect("planted");
        for (read, rate) in files.reads.iter_mut().zip(rates) {
            read.gb_per_s = rate;
        }
        answer("io-small-buffers", &measured)
    };
    assert_eq!(answer_with([5.0, 8.0, 8.0]), Answer::Reproduced);
    assert_eq!(answer_with([6.0, 8.0, 8.0]), Answer::Depends);
    assert_eq!(answer_with([8.0, 8.5, 11.0]), Answer::Depends);
    assert_eq!(answer_with([8.0, 8.0, 8.0]), Answer::Refuted);
}

#[test]
fn the_slow_cycles_claim_nothing_of_every_core() {
    let verdict = judge(claim("slow-cycles"), &real());
    assert!(!verdict.found.contains("no core"));
    assert!(verdict.found.contains("104 ms"), "{}", verdict.found);
}

#[test]
fn versions_of_go_that_differ_make_an_answer_depend_on_them() {
    let mut measured = real();
    measured.go = Ok(vec![
        go("go1.0", 0.122, Ymm::Refused("unknown Y0".to_owned())),
        go("go1.27", 60.0, Ymm::Ran),
    ]);
    for id in ["go-no-ymm", "headline-go-is-a-table", "go-zero-padded-rest"] {
        let verdict = judge(claim(id), &measured);
        assert_eq!(verdict.answer, Answer::Depends, "{id}");
        assert!(verdict.found.contains("go1.0") && verdict.found.contains("go1.27"));
    }
}

/// A claim whose list of needs is short would stay open for ever.
#[test]
fn the_needs_of_a_claim_are_enough_for_its_answer() {
    for claim in all() {
        let mut measured = real();
        let given = claim.judge.needs();
        fn keep<T>(given: &[Need], need: Need, gauge: &mut Gauge<T>) {
            if !given.contains(&need) {
                *gauge = Err(Missing::Unfinished);
            }
        }
        keep(given, Need::Loops, &mut measured.loops);
        keep(given, Need::Memory, &mut measured.memory);
        keep(given, Need::Instructions, &mut measured.instructions);
        keep(given, Need::Files, &mut measured.files);
        keep(given, Need::Reader, &mut measured.reader);
        keep(given, Need::Go, &mut measured.go);
        assert_ne!(
            judge(claim, &measured).answer,
            Answer::NotJudged,
            "{}",
            claim.id
        );
        assert_eq!(needs(&[claim]).len(), given.len(), "{}", claim.id);
    }
}

#[test]
fn what_is_missing_is_not_measurable_here_and_what_is_not_reached_is_not_judged() {
    let mut measured = Measured::nothing(MachineFacts::default());
    assert_eq!(answer("table-gain", &measured), Answer::NotJudged);
    assert_eq!(answer("table-shifts", &measured), Answer::NotJudged);
    measured.go = Err(Missing::not_here("no go"));
    let verdict = judge(claim("go-no-ymm"), &measured);
    assert_eq!(verdict.answer, Answer::NotMeasurableHere);
    assert_eq!(verdict.found, "no go");
}

fn report(ids: &[&str], measured: &Measured) -> ClaimsReport {
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    let claims = select(&ids).expect("claims");
    let machine = Machine {
        cpu: measured.machine.cpu.clone(),
        ..Machine::default()
    };
    ClaimsReport::new(machine, 1, &claims, measured)
}

#[test]
fn only_an_escaped_fault_or_a_wrong_checksum_is_a_failure() {
    assert_eq!(report(&[], &real()).shortfalls(false), []);
    let escaped = report(&["table-shifts"], &article());
    assert!(escaped.shortfalls(false).contains(&Shortfall::Wrong));
    assert!(
        escaped
            .human()
            .contains("WRONG: fault:article-table is not found")
    );
    let mut wrong = real();
    wrong.wrong.push("checksum(): 3 bytes".to_owned());
    let shortfalls = report(&[], &wrong).shortfalls(false);
    assert_eq!(shortfalls, [Shortfall::Wrong]);
    let nothing = Measured::nothing(MachineFacts::default());
    let open = report(&["table-gain", "barrett"], &nothing);
    assert_eq!(open.shortfalls(true), [Shortfall::Incomplete]);
    let open = report(&["table-gain"], &nothing);
    assert_eq!(open.shortfalls(true), [Shortfall::Interrupted]);
}

#[test]
fn every_format_has_every_claim_with_its_answer() {
    let report = report(&[], &real());
    for text in [
        report.human(),
        report.markdown(),
        report.html(),
        report.json(),
    ] {
        for row in &report.claims {
            assert!(text.contains(&row.id), "{}", row.id);
        }
        assert!(text.contains("go1.27 byte table"));
    }
    // Names stay text.
    assert!(report.html().contains("Brand &lt;&amp;|&gt;"));
    let table = report.markdown();
    let row = table
        .lines()
        .find(|line| line.starts_with("| headline-cpu "));
    assert!(row.expect("a row").contains("Brand <&\\|>"));
    let counted: usize = Answer::ALL.map(|answer| report.count(answer)).iter().sum();
    assert_eq!(counted, report.claims.len());
}
