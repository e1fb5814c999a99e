//! What `crcheck.toml` may have wrong: the place, the nearest name, and nothing that hangs.

use crate::common::{code, crcheck as run, folder, stderr, stdout};
use crate::configuration::{PROFILE, with};
use crate::kernels::NamedTest;
use std::fs;
use std::process::Command;

pub(crate) const TRIALS: &[NamedTest] = &[
    (
        "an unknown key has the nearest name",
        an_unknown_key_has_the_nearest_name,
    ),
    ("a wrong value has its place", a_wrong_value_has_its_place),
    (
        "a hostile file is refused at once",
        a_hostile_file_is_refused_at_once,
    ),
    (
        "without being asked the file is not read",
        without_being_asked_the_file_is_not_read,
    ),
];

/// Asserts that a run with this file is refused with all these texts.
#[track_caller]
fn assert_refused(text: &str, expected: &[&str]) {
    let here = with(text);
    let output = run(here.path(), "verify --profile ci --list");
    let stderr = stderr(&output);
    assert_eq!(code(&output), 2, "{text}: {stderr}");
    for expected in expected {
        assert!(stderr.contains(expected), "{text}: {expected}: {stderr}");
    }
    assert!(stdout(&output).is_empty(), "{text}");
}

fn an_unknown_key_has_the_nearest_name() {
    for (text, place, near, known) in [
        (
            "[profile.ci]\ndept = 1",
            "2:1",
            "`depth`",
            "subjects, depth, check",
        ),
        (
            "[profile.ci]\n \"max-stak\" = 1",
            "2:2",
            "`max-stack`",
            "require-tier",
        ),
        (
            "[subject.a]\ntier = \"x\"\nmodl = 1",
            "3:1",
            "`model`",
            "lib, symbol",
        ),
        ("[profiles.ci]", "1:2", "`profile`", "subject, profile"),
        (
            "[subject.mine]\ntier = \"portable\"\n[profile.ci]\nsubjects = [\"mien\"]",
            "4:13",
            "`mine`",
            "known: mine",
        ),
        (
            "[profile.ci]\nallow = [{ finding = \"hang\", becuase = \"x\" }]",
            "2:30",
            "`because`",
            "finding, because",
        ),
    ] {
        let place = format!("crcheck.toml:{place}: unknown ");
        assert_refused(text, &[&place, &format!("did you mean {near}?"), known]);
    }
    let here = with(PROFILE);
    for (line, near) in [
        ("verify --profile fsat --list", "`fast`"),
        ("verify --subject plian --list", "`plain`"),
        ("certify --subject faultly", "`faulty`"),
    ] {
        let output = run(here.path(), line);
        assert_eq!(code(&output), 2, "{line}");
        let text = stderr(&output);
        assert!(
            text.contains(&format!("did you mean {near}?")),
            "{line}: {text}"
        );
    }
}

/// What a profile may have wrong, and what is said of it.
const WRONG_IN_PROFILES: &[(&str, &str)] = &[
    (
        "depth = \"quik\"",
        "2:9: `depth` of [profile.ci]: no depth is called `quik`",
    ),
    (
        "check = [\"agree\", \"gaurd\"]",
        "2:19: `check` of [profile.ci]: no check",
    ),
    (
        "messages = 0",
        "2:12: `messages` of [profile.ci]: 0 is not in 1..=65535",
    ),
    ("seed = -1", "2:8: `seed` of [profile.ci]"),
    ("budget = \"3y\"", "500ms, 30s, 2m or 1h"),
    (
        "budget = 3.5",
        "takes a string or an integer; this is of type float",
    ),
    ("check = []", "2:9: `check` of [profile.ci] is empty"),
    ("check = [\"agree\", \"agree\"]", "has `agree` twice"),
    ("depth = \"\"", "is empty"),
    (
        "depth = \"quick\"\ndepth = \"deep\"",
        "3:1: duplicate key: `depth`",
    ),
    ("depth = \"quick", "2:15"),
    ("require-tier = \"portabel\"", "did you mean `portable`?"),
    ("allow = [{ finding = \"hang\" }]", "needs `because`"),
    (
        "allow = [{ finding = \"hang\", because = \" \" }]",
        "empty `because`",
    ),
    (
        "allow = [{ finding = \"hagn\", because = \"x\" }]",
        "did you mean `hang`?",
    ),
    ("fail-fast = \"yes\"", "takes true or false"),
];

/// The same of tables of subjects.
const WRONG_IN_SUBJECTS: &[(&str, &str)] = &[
    (
        "[subject]\nlib = 1",
        "3:1: `lib` is no table: write [subject.NAME]",
    ),
    (
        "[subject.a]",
        "2:10: [subject.a] has none of lib, cmd, tier, fault",
    ),
    ("[subject.a]\nlib = \"x\"\ncmd = \"y\"", "has lib and cmd"),
    (
        "[subject.a]\ntier = \"portable\"\nmodel = \"CRC-8/SMBUS\"",
        "4:9: `model`",
    ),
    (
        "[subject.a]\nlib = \"x\"\nsymbol = \"f\"\nstream = \"new=a,update=b,final=c,free=d\"",
        "4:10: `symbol` and `stream` of [subject.a] exclude each other",
    ),
    (
        "allow = [{ finding = \"hang@a\", because = \"x\" }]\n[subject.a]\ntier = \"portable\"",
        "`a` is a subject of this file",
    ),
    (
        "[subject.a]\ncmd = \"x\"\nsymbol = \"f\"",
        "[subject.a] needs `lib`",
    ),
    (
        "[subject.a]\ncmd = \"x\"\ncmd-form = \"once\"",
        "persistent, one-shot",
    ),
    (
        "[subject.a]\ncmd = \"x\"\nmodel = \"CRC-32/ISO-HDCL\"",
        "did you mean",
    ),
    (
        "[subject.a]\nlib = \"x\"\nsymbol = \"f\"\nsignature = \"len\"",
        "5:13: `signature`",
    ),
    ("[subject.\"\\u001b[2K\"]\ntier = 1", "\\u{1b}"),
    ("[subject.a]\nlib = \"x\\u0000y\"", "has a zero byte"),
];

fn a_wrong_value_has_its_place() {
    for (text, expected) in WRONG_IN_PROFILES.iter().chain(WRONG_IN_SUBJECTS) {
        assert_refused(&format!("[profile.ci]\n{text}\n"), &[expected]);
    }
    let here = with(PROFILE);
    for (line, expected) in [
        (
            "verify --subject plain --model CRC-32/ISCSI",
            "has a key for it",
        ),
        (
            "verify --config crcheck.toml --tier portable",
            "add --subject NAME",
        ),
    ] {
        let output = run(here.path(), line);
        assert_eq!(code(&output), 2, "{line}");
        assert!(
            stderr(&output).contains(expected),
            "{line}: {}",
            stderr(&output)
        );
    }
}

fn a_hostile_file_is_refused_at_once() {
    let here = folder();
    let at = |name: &str| here.path().join(name);
    let names: String = (0..20_000)
        .map(|number| format!("\"a{number}\","))
        .collect();
    let deep = |open: &str| format!("[profile.ci]\ncheck = {}", open.repeat(50_000));
    let texts: [(&str, Vec<u8>, i32, &str); 8] = [
        ("long", vec![b'#'; 1 << 20], 6, "crcheck reads at most"),
        ("binary", (0..=255).collect(), 6, "it is not text"),
        ("zeros", vec![0; 4096], 2, "zeros:"),
        ("lists", deep("[").into_bytes(), 2, "recurs"),
        ("tables", deep("{a=").into_bytes(), 2, "recurs"),
        (
            "keys",
            format!("[{}a]", "a.".repeat(50_000)).into_bytes(),
            2,
            "recurs",
        ),
        (
            "names",
            format!("[profile.ci]\nsubjects = [{names}]").into_bytes(),
            2,
            "`a0`",
        ),
        (
            "checks",
            format!("[profile.ci]\ncheck = [{names}]").into_bytes(),
            2,
            "`a0`",
        ),
    ];
    for (name, bytes, _, _) in &texts {
        fs::write(at(name), bytes).expect("a file");
    }
    fs::create_dir(at("folder")).expect("a folder");
    let made = Command::new("mkfifo").arg(at("fifo")).status();
    assert!(made.expect("mkfifo starts").success());
    let others = [
        ("folder", "it is a folder"),
        ("fifo", "it is a FIFO"),
        ("absent", "No such"),
    ];
    let others = others.map(|(name, text)| (name, Vec::new(), 6, text));
    for (name, _, expected, text) in texts.iter().chain(&others) {
        let output = run(
            here.path(),
            &format!("verify --config {name} --profile ci --list"),
        );
        let stderr = stderr(&output);
        assert_eq!(code(&output), *expected, "{name}: {stderr}");
        assert!(stderr.contains(text), "{name}: {stderr}");
        assert!(stderr.len() < 1000, "{name}: {stderr}");
    }
    // The file that is found by its name is refused in the same way.
    fs::create_dir(at("crcheck.toml")).expect("a folder");
    assert_eq!(code(&run(here.path(), "verify --profile ci --list")), 6);
}

fn without_being_asked_the_file_is_not_read() {
    let here = with("this is no TOML");
    let list = "verify --tier portable --seed 1 --list";
    let output = run(here.path(), list);
    assert_eq!((code(&output), stderr(&output).as_str()), (0, ""));
    for asking in ["--profile ci", "--subject a", "--config crcheck.toml"] {
        let output = run(here.path(), &format!("{list} {asking}"));
        assert_eq!(code(&output), 2, "{asking}");
        let text = stderr(&output);
        assert!(
            text.contains("error: crcheck.toml:1:6: "),
            "{asking}: {text}"
        );
    }
    // Nor is it replaced by a report.
    let here = with(PROFILE);
    let output = run(here.path(), "verify --profile ci --output crcheck.toml");
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("which this command reads"));
}
