//! Libraries that end their process or do not return. The run goes on, and leaves nothing behind.

use crate::common::{code, files, folder, stdout};
use crate::kernels::{NamedTest, built, crcheck, finding, report, summary};
use std::fs;

pub(crate) const TRIALS: &[NamedTest] = &[
    ("a crash is survived and the sweep goes on behind it", crash),
    ("a call that hangs is a finding", hang),
    (
        "exit, abort, a ruined heap and closed descriptors are findings",
        ends_its_process,
    ),
    (
        "thousands of crashing cells make a short report and leave nothing behind",
        many_crashes,
    ),
];

fn crash() {
    let here = folder();
    let (faulty, code) = report(here.path(), "crc32_crash --check agree");
    assert_eq!(code, 1);
    let finding = finding(&faulty, "crash");
    assert_eq!(finding["cell"]["length"], 40);
    // The sweep visits every cell all the same.
    let (right, _) = report(here.path(), "crc32_right --check agree");
    let [cells, cells_of_right] =
        [&faulty, &right].map(|report| report["checks"][0]["cells"].as_u64());
    assert_eq!(cells, cells_of_right);
}

fn hang() {
    let here = folder();
    let (report, code) = report(here.path(), "crc32_hang --check agree --call-timeout 300ms");
    assert_eq!(code, 1);
    let finding = finding(&report, "hang");
    assert_eq!(finding["cell"]["length"], 100);
    let summary = summary(finding);
    assert!(
        summary.contains("does not return within 0.3 s"),
        "{summary}"
    );
}

fn ends_its_process() {
    let here = folder();
    for (symbol, length, words) in [
        ("crc32_exit", 33, "ends its process by exit(3)"),
        ("crc32_abort", 20, "aborts"),
        ("crc32_heap", 50, "aborts (`free(): invalid next size"),
        ("crc32_heap_later", 50, ""),
        (
            "crc32_closes",
            64,
            "closes descriptors that are not its own",
        ),
    ] {
        let (report, code) = report(here.path(), &format!("{symbol} --check agree"));
        assert_eq!(code, 1, "{symbol}");
        let finding = finding(&report, "crash");
        assert_eq!(finding["cell"]["length"], length, "{symbol}: {finding:#}");
        let summary = summary(finding);
        assert!(summary.starts_with(words), "{symbol}: {summary}");
    }
}

/// `crc32_abort` aborts in nearly every cell.
fn many_crashes() {
    let here = folder();
    let library = "kernels-with-a-name-of-its-own.so";
    let path = here.path().join(library);
    fs::copy(built().join("kernels.so"), &path).expect("a copy");
    let line = format!(
        "verify --depth quick --lib {} --symbol crc32_abort",
        path.display()
    );
    let output = crcheck(here.path(), &line);
    assert_eq!(code(&output), 1);
    assert!(stdout(&output).lines().count() < 30, "{}", stdout(&output));
    let processes = fs::read_dir("/proc").expect("a folder").flatten();
    let left = processes.filter(|process| {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains("kernels-with-a-name-of-its-own")
    });
    assert_eq!(left.count(), 0);
    assert_eq!(files(here.path()), ["crcheck-artifacts", library]);
}
