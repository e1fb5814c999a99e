//! Faulty libraries: a wrong value, an access out of bounds, a data race.

use crate::common::{code, folder, replay_line, stderr, stdout};
use crate::kernels::{NamedTest, QUICK, crcheck, finding, report, summary};

pub(crate) const TRIALS: &[NamedTest] = &[
    (
        "a wrong value is found, saved, replayed and minimised",
        wrong_value,
    ),
    (
        "an over-read is found with its distance and its function",
        over_read,
    ),
    ("a write to the message is found", write_to_message),
    (
        "a data race is found, in first calls and in steady ones",
        data_races,
    ),
];

fn wrong_value() {
    let here = folder();
    let output = crcheck(here.path(), &format!("{QUICK} crc32_wrong"));
    assert_eq!(code(&output), 1);
    let text = stdout(&output);
    assert!(
        text.contains("smallest case: 77 bytes at alignment 0"),
        "{text}"
    );
    let replay = replay_line(&text);
    assert!(
        replay.contains("--lib ") && replay.contains("--symbol crc32_wrong"),
        "{replay}"
    );
    assert_eq!(code(&crcheck(here.path(), &replay)), 1);
    let bare = replay.split(" --lib").next().expect("the command");
    let refused = crcheck(here.path(), bare);
    assert_eq!(code(&refused), 2, "by the artifact alone");
    assert!(
        stderr(&refused).contains("--symbol crc32_wrong"),
        "the line"
    );
    assert_eq!(code(&crcheck(here.path(), &format!("{bare} --trust"))), 1);
    let minimize = replay.replacen("replay", "minimize", 1);
    assert_eq!(code(&crcheck(here.path(), &minimize)), 1);
    let on_right = replay.replace("crc32_wrong", "crc32_right");
    let artifact = bare.trim_start_matches("replay ").trim();
    let on_right = on_right.replacen(&artifact.replace("crc32_wrong", "crc32_right"), artifact, 1);
    assert_eq!(code(&crcheck(here.path(), &on_right)), 0);
}

fn over_read() {
    let here = folder();
    let (report, code) = report(here.path(), "crc32_over_read");
    assert_eq!(code, 1);
    let finding = finding(&report, "over-read");
    assert_eq!(finding["distance_bytes"], 3);
    assert_eq!(finding["location"]["symbol"], "crc32_over_read");
    let summary = summary(finding);
    assert!(summary.contains("when length % 16 = 13"), "{summary}");
}

fn write_to_message() {
    let here = folder();
    let (report, code) = report(here.path(), "crc32_writes");
    assert_eq!(
        (
            code,
            &finding(&report, "write-to-message")["cell"]["length"]
        ),
        (1, &9.into())
    );
}

fn data_races() {
    let here = folder();
    for (symbol, kind, words) in [
        (
            "crc32_lazy",
            "data-race",
            "the same call alone in a fresh process is right",
        ),
        ("crc32_scratch", "data-race", "gives another checksum"),
        (
            "crc32_first",
            "history-dependent",
            "in the first call of a process",
        ),
        ("crc32_wrong", "wrong-value", ""),
        ("crc32_abort", "crash", "aborts"),
    ] {
        let (report, code) = report(here.path(), &format!("{symbol} --check threads"));
        // The check draws its lengths, and may not draw the one that is wrong.
        if symbol == "crc32_wrong" && code == 0 {
            continue;
        }
        assert_eq!(code, 1, "{symbol}: {report:#}");
        let findings = report["findings"].as_array().expect("an array");
        assert_eq!(findings.len(), 1, "{report:#}");
        let summary = summary(finding(&report, kind));
        assert!(summary.contains(words), "{report:#}");
    }
    for right in ["crc32_right", "crc32_register --convention register"] {
        let (report, code) = report(here.path(), &format!("{right} --check threads"));
        assert_eq!(code, 0, "{report:#}");
        let check = &report["checks"][0];
        assert_eq!(
            (&check["id"], &check["verdict"]),
            (&"threads".into(), &"pass".into())
        );
    }
}
