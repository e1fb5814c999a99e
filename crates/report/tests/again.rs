//! A certificate made again: which differences are of claims, and which of other things.

use crcheck_check::coverage::visited::Visited;
use crcheck_report::again::{Differences, Earlier};
use crcheck_report::certificate::{Certificate, Certified, Covered, Hashed, SCHEMA};
use crcheck_report::environment::Environment;
use crcheck_report::verdict::Verdict;
use crcheck_subject::ExecutedBy;
use serde_json::Value;

fn certificate(subject: &str, file: &str, calls: u64) -> Certificate {
    let hashed = |file: &str| Hashed {
        file: file.to_owned(),
        sha256: "0".repeat(64),
    };
    Certificate {
        schema: SCHEMA,
        verdict: Verdict::Pass,
        subject: Certified {
            name: subject.to_owned(),
            code: hashed(file),
            executed_by: ExecutedBy::Hardware,
            interpreted_on: None,
        },
        program: hashed("built in"),
        model: "CRC-32/ISO-HDLC".to_owned(),
        seed: "0x1".to_owned(),
        max_stack_bytes: None,
        environment: Environment::of_this_process(),
        covered: vec![Covered {
            check: "agree".to_owned(),
            what: format!("{calls} calls"),
            visited: Visited {
                lengths_beyond: calls as usize,
                ..Visited::default()
            },
            cells: 1,
            calls,
            bound: None,
            stack_bytes: None,
        }],
        not_covered: Vec::new(),
        assumptions: vec!["a".to_owned(), "b".to_owned()],
    }
}

fn compare(before: &Certificate, now: &Certificate) -> Differences {
    let earlier = Earlier::parse(&before.json()).expect("a certificate");
    earlier.compare(now)
}

#[test]
fn the_same_certificate_has_no_difference() {
    let one = certificate("tier:portable", "built in", 9);
    let same = compare(&one, &one);
    let lists = [
        &same.of_files,
        &same.of_machine,
        &same.of_extent,
        &same.of_claims,
    ];
    assert!(lists.iter().all(|list| list.is_empty()), "{same:?}");
    assert!(same.compared > 15, "{same:?}");
}

/// The JSON pointers of all statements in `value`.
fn statements(value: &Value, at: &str, into: &mut Vec<String>) {
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| statements(value, &format!("{at}/{key}"), into)),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(index, value)| statements(value, &format!("{at}/{index}"), into)),
        _ => into.push(at.to_owned()),
    }
}

/// Every statement, whatever it is: one that somebody adds later is compared too.
#[test]
fn a_change_of_any_statement_is_a_difference() {
    let one = certificate("tier:portable", "built in", 9);
    let stated: Value = serde_json::from_str(&one.json()).expect("JSON");
    let mut all = Vec::new();
    statements(&stated, "", &mut all);
    assert!(all.len() > 15, "{all:?}");
    for at in all.iter().filter(|at| *at != "/schema") {
        let mut changed = stated.clone();
        *changed.pointer_mut(at).expect("it is there") = match at.as_str() {
            "/max_stack_bytes" => 77.into(),
            _ => "changed".into(),
        };
        let earlier = Earlier::parse(&changed.to_string()).expect("a certificate");
        let found = earlier.compare(&one);
        let count = [
            found.of_files,
            found.of_machine,
            found.of_extent,
            found.of_claims,
        ]
        .iter()
        .map(Vec::len)
        .sum::<usize>();
        assert!(count > 0, "{at}");
    }
}

#[test]
fn how_far_a_plan_goes_is_a_claim_unless_the_speed_of_a_program_decides_it() {
    let of = |subject: &str| {
        let file = "/opt/mine";
        compare(
            &certificate(subject, file, 9),
            &certificate(subject, file, 10),
        )
    };
    let library = of("lib:/opt/mine:crc32");
    assert!(!library.of_claims.is_empty() && library.of_extent.is_empty());
    let program = of("cmd:/opt/mine");
    assert!(program.of_claims.is_empty());
    assert_eq!(program.of_extent, library.of_claims);
    let says = |what: &str| program.not_compared.iter().any(|of| of.contains(what));
    assert!(says("measured speed"), "{program:?}");
    assert!(says("files that /opt/mine loads"), "{program:?}");
}

/// A program of Go, or a library: calls of one seed use another stack in every run.
#[test]
fn the_stack_of_a_call_is_a_claim_unless_the_go_runtime_decides_it() {
    let of = |content: &[u8]| {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), content).expect("a file");
        let path = file.path().display().to_string();
        let with = |stack_bytes| {
            let mut one = certificate(&format!("lib:{path}:crc32"), &path, 9);
            one.covered[0].stack_bytes = Some(stack_bytes);
            one
        };
        compare(&with(632), &with(1968))
    };
    let plain = of(b"\x7fELF");
    let claim = "covered.agree.stack_bytes was 632, is 1968";
    assert_eq!(plain.of_claims, [claim]);
    let go = of(b"\x7fELF ... \xff Go buildinf: ...");
    assert_eq!(go.of_claims, Vec::<String>::new());
    assert_eq!(go.compared + 1, plain.compared);
    let says = |of: &Differences| of.not_compared.iter().any(|of| of.contains("Go runtime"));
    assert!(says(&go) && !says(&plain), "{go:?}");
}

#[test]
fn an_assumption_more_or_less_is_a_difference_and_their_order_is_none() {
    let one = certificate("tier:portable", "built in", 9);
    let mut other = one.clone();
    other.assumptions.reverse();
    assert_eq!(compare(&one, &other).of_claims, Vec::<String>::new());
    other.assumptions.push("b".to_owned());
    other.assumptions.push("c".to_owned());
    let claims = compare(&one, &other).of_claims;
    let expected = [
        "assumptions had 1 times, and has 2 times, b",
        "assumptions now has c",
    ];
    assert_eq!(claims, expected);
}

#[test]
fn another_crcheck_is_another_program_and_not_another_machine() {
    let now = certificate("tier:portable", "built in", 9);
    let mut before = now.clone();
    before.environment.crcheck = "0.0.1";
    let found = compare(&before, &now);
    assert!(found.of_machine.is_empty(), "{found:?}");
    assert!(
        found.of_files[0].starts_with("environment.crcheck was 0.0.1, is "),
        "{found:?}"
    );
    before.environment.cpu = "6502".to_owned();
    assert_eq!(compare(&before, &now).of_machine.len(), 1);
}
