//! A finding names what the kernel does, and nothing that it does not do.

use crate::common::{code, folder, stdout};
use crate::kernels::{NamedTest, crcheck, finding, report, summary};
use serde_json::Value;
use std::collections::BTreeSet;

pub(crate) const TRIALS: &[NamedTest] = &[
    (
        "a fault of place without a state is a wrong value and nothing else",
        faults_of_place,
    ),
    (
        "a null pointer with length 0 is read by no right function",
        null_pointers,
    ),
    (
        "wrong values show at a null pointer and break the affine law: one finding",
        wrong_at_short_lengths,
    ),
    (
        "a replay judges what the case is for, and skips the rest",
        replays,
    ),
    (
        "lengths that no check has visited are said",
        lengths_not_covered,
    ),
];

pub(crate) const TRIALS_ON_AMD64: &[NamedTest] = &[
    (
        "each part of the caller's state that a function counts on is named",
        parts_of_the_callers_state,
    ),
    (
        "a caller that crashes since a register is lost is no access of the function",
        lost_register,
    ),
];

fn kinds(report: &Value) -> BTreeSet<&str> {
    let findings = report["findings"].as_array().expect("an array");
    let kinds = findings
        .iter()
        .filter_map(|finding| finding["kind"].as_str());
    kinds.collect()
}

/// Every check but `threads`, whose calls lie elsewhere.
const CHECKS: &str = "--check agree --check guard --check slack --check split --check history \
     --check abi --check paint --check affine --check basis";

fn faults_of_place() {
    let here = folder();
    for symbol in [
        "crc32_at_0_of_16",
        "crc32_at_37_of_64",
        "crc32_ends_at_5_of_16",
        "crc32_crosses_a_page",
        "crc32_late_in_a_page",
        "crc32_inside_a_page",
        "crc32_ends_with_a_page",
    ] {
        let (report, code) = report(here.path(), &format!("{symbol} {CHECKS}"));
        assert_eq!(code, 1, "{symbol}: {report:#}");
        assert_eq!(
            kinds(&report),
            BTreeSet::from(["wrong-value"]),
            "{report:#}"
        );
        // The case lies where it was wrong, so that it shows the finding again.
        let artifact = finding(&report, "wrong-value")["artifact"].as_str();
        let replay = format!("replay {} --trust", artifact.expect("a path"));
        let again = crcheck(here.path(), &replay);
        assert_eq!(self::code(&again), 1, "{symbol}: {}", stdout(&again));
    }
}

fn null_pointers() {
    let here = folder();
    for (rest, kind) in [
        ("crc32_reads_null", "crash"),
        ("crc32_end_reads_null --signature crc,buf,end", "crash"),
        ("crc32_wrong_for_null", "wrong-value"),
    ] {
        let (report, code) = report(here.path(), &format!("{rest} --check guard"));
        assert_eq!(code, 1, "{rest}: {report:#}");
        assert_eq!(kinds(&report), BTreeSet::from([kind]), "{report:#}");
        let finding = finding(&report, kind);
        let said = summary(finding);
        let called = "when it is called with a null pointer and length 0";
        assert!(said.ends_with(called), "{said}");
        assert_eq!(finding["cell"]["null_pointer"], true, "{finding:#}");
        let artifact = finding["artifact"].as_str().expect("a path");
        let again = crcheck(here.path(), &format!("replay {artifact} --trust"));
        let text = stdout(&again);
        assert_eq!(self::code(&again), 1, "{text}");
        assert!(text.contains(called), "{text}");
        // Nobody else judges a message that lies nowhere.
        assert!(!text.contains("  pass "), "{text}");
    }
    for right in [
        "crc32_right",
        "crc32_begins_at_null",
        "crc32_whole --signature buf,len",
        "crc32_begin_end --signature crc,buf,end",
    ] {
        let (report, code) = report(here.path(), &format!("{right} --check guard"));
        assert_eq!(code, 0, "{right}: {report:#}");
        let visited = &report["checks"][0]["visited"];
        assert_eq!(visited["null_pointer"], true, "{visited}");
    }
}

fn wrong_at_short_lengths() {
    let here = folder();
    let rest = "crc32_scales --check agree --check guard --check affine";
    let (report, code) = report(here.path(), rest);
    assert_eq!(code, 1, "{report:#}");
    let findings = report["findings"].as_array().expect("an array");
    assert_eq!(findings.len(), 1, "{findings:#?}");
    let others = &finding(&report, "wrong-value")["also_seen_by"];
    assert!(others.to_string().contains("not-affine"), "{others}");
}

fn lost_register() {
    let here = folder();
    let (alone, _) = report(here.path(), "crc32_loses_rbx --check agree");
    let crash = finding(&alone, "crash");
    let said = summary(crash);
    assert!(
        said.starts_with("returns, and its caller crashes"),
        "{said}"
    );
    assert_eq!(crash["location"], Value::Null, "{crash:#}");
    let (both, _) = report(here.path(), "crc32_loses_rbx --check agree --check abi");
    assert_eq!(kinds(&both), BTreeSet::from(["clobbered-register"]));
}

fn replays() {
    let here = folder();
    let (found, _) = report(here.path(), "crc32_wrong --check agree");
    let artifact = finding(&found, "wrong-value")["artifact"].as_str();
    let artifact = artifact.expect("a path").to_owned();
    let line = format!("replay {artifact} --lib @/kernels.so --symbol crc32_right --format json");
    let output = crcheck(here.path(), &line);
    let replayed = crate::common::report(&output);
    assert_eq!(code(&output), 0, "{replayed:#}");
    let checks = replayed["checks"].as_array().expect("an array");
    let judged: BTreeSet<&str> = checks.iter().filter_map(|one| one["id"].as_str()).collect();
    for (skipped, why) in [
        ("split", "the case has no split"),
        ("combine", "--combine names no function for it"),
    ] {
        assert!(!judged.contains(skipped), "{replayed:#}");
        let all = replayed["skipped"].to_string();
        assert!(
            all.contains(&format!("/{skipped}")) && all.contains(why),
            "{all}"
        );
    }
    // One plain call, and one at each side.
    for (id, calls) in [("agree", 1), ("guard", 2), ("slack", 2)] {
        let check = checks.iter().find(|one| one["id"] == id).expect("it ran");
        assert_eq!(
            (&check["cells"], &check["calls"]),
            (&1.into(), &calls.into()),
            "{check}"
        );
    }
    // Nothing is judged: that is no pass.
    let (found, _) = report(here.path(), "crc32_reads_null --check guard");
    let artifact = finding(&found, "crash")["artifact"].as_str();
    let line = format!("replay {} --tier portable", artifact.expect("a path"));
    let output = crcheck(here.path(), &line);
    assert_eq!(code(&output), 4, "{}", stdout(&output));
    assert!(stdout(&output).contains("void: "), "{}", stdout(&output));
}

fn lengths_not_covered() {
    let here = folder();
    let open = |rest: &str| {
        let (report, code) = report(here.path(), &format!("{rest} --check agree --check huge"));
        assert_eq!(code, 0, "{report:#}");
        let line = report["not_covered"][0]["what"].clone();
        line.as_str().unwrap_or_default().to_owned()
    };
    let said = open("crc32_right");
    assert!(
        said.contains("all above 2 MiB") && said.contains("2^31"),
        "{said}"
    );
    assert!(said.contains("`huge` did not run: "), "{said}");
    // Lengths that the argument cannot express are no gap.
    let said = open("crc_by_poly --signature const:0xedb88320,crc,buf,len16");
    assert!(
        said.starts_with("most lengths above 4") && !said.contains("all above"),
        "{said}"
    );
}

fn parts_of_the_callers_state() {
    let here = folder();
    const PARTS: [&str; 6] = [
        "upper half of an argument",
        "aligned to 16 and no better",
        "general registers",
        "upper halves of vector registers",
        "the stack below",
        "vector registers that no caller sets",
    ];
    for (rest, kind, part) in [
        ("crc32_wide_argument", "unset-read", PARTS[0]),
        (
            "crc32_wide_length --signature crc,buf,len32",
            "crash",
            PARTS[0],
        ),
        ("crc32_takes_r10", "unset-read", PARTS[2]),
        ("crc32_takes_stack", "unset-read", PARTS[4]),
        ("crc32_takes_xmm9", "unset-read", PARTS[5]),
    ] {
        let (report, code) = report(here.path(), &format!("{rest} --check abi --check paint"));
        assert_eq!(code, 1, "{rest}: {report:#}");
        let said = summary(finding(&report, kind));
        let named: Vec<&str> = PARTS.into_iter().filter(|one| said.contains(one)).collect();
        assert_eq!(named, [part], "{rest}: {said}");
        assert_eq!(kinds(&report), BTreeSet::from([kind]), "{report:#}");
        let findings = report["findings"].as_array().expect("an array");
        assert_eq!(findings.len(), 1, "{findings:#?}");
    }
}
