//! The reports of `emulate` in each format.

use crate::common::{assert_follows, crcheck, lines_of_json, report};
use crate::setup::{
    NamedTest, assert_ends, crcheck_with, folder_with_corpus, write_matrix, write_qemu_stand_in,
};

pub(crate) const TRIALS: &[NamedTest] =
    &[("reports follow their schema", reports_follow_their_schema)];

fn reports_follow_their_schema() {
    let here = folder_with_corpus();
    let old = write_qemu_stand_in(here.path(), "5.2.0", "exit 9");
    let run = |line: &str| crcheck_with(here.path(), line, "CRCHECK_QEMU", &old);
    write_matrix(here.path(), "tier = 'x86-pclmul'");
    for (line, verdict) in [
        ("emulate --cpu westmere,penryn --emulator mask", "pass"),
        ("emulate --matrix matrix.toml --emulator mask", "fail"),
        ("emulate --cpu penryn --emulator qemu --require", "void"),
        ("emulate --purity", "pass"),
    ] {
        let report = report(&run(&format!("{line} --format json")));
        assert_follows("emulate", None, &report);
        assert_eq!(report["verdict"], verdict, "{line}");
    }
    let output = run("emulate --cpu penryn --emulator qemu --require --format junit");
    assert_ends(&output, 3, &["<error", "7.2 or newer"]);
    let line = "emulate --cpu penryn --emulator mask --format jsonl";
    let lines = lines_of_json(&crcheck(here.path(), line));
    assert_eq!(lines[0]["leg"]["outcome"], "passed");
    assert_eq!(lines[1]["schema"], "crcheck/emulate/1");
}
