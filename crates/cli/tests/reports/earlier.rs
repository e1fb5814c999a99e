//! Reports of an earlier run: none is taken for that of a run that has none.

use crate::common::{code, command, crcheck, files, folder, shell, stderr, stdout};
use crate::several::in_every_format;
use crate::{WRONG, artifact};
use crcheck_harness::report::Format;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;

/// Files with their content, which can be there again.
struct Saved(Vec<(String, String)>);

impl Saved {
    /// Those of a folder whose name begins with `in.`.
    fn of(folder: &Path) -> Self {
        let names = files(folder).into_iter();
        let names = names.filter(|name| name.starts_with("in."));
        let read = |name: &String| fs::read_to_string(folder.join(name)).expect("a report");
        Self(names.map(|name| (name.clone(), read(&name))).collect())
    }

    fn write(&self, folder: &Path) {
        for (name, text) in &self.0 {
            fs::write(folder.join(name), text).expect("a file");
        }
    }

    /// Those whose content shows that they are reports. Text for people never does.
    fn known(self) -> Self {
        let of_people = ["in.human", "in.markdown", "in.github"];
        let is_known = |(name, _): &(String, String)| !of_people.contains(&name.as_str());
        Self(self.0.into_iter().filter(is_known).collect())
    }

    fn left(&self, folder: &Path) -> Vec<&str> {
        let names = self.0.iter().map(|(name, _)| name.as_str());
        names.filter(|name| folder.join(name).exists()).collect()
    }
}

/// Lines that end before the first call of a subject, and their exit codes.
const EARLY: [(&str, i32); 9] = [
    ("verify --bogus", 2),
    ("verfy", 2),
    ("verify --seed", 2),
    ("verify --allow wrong-value", 2),
    ("verify --lib ./nowhere.so --symbol f", 3),
    ("replay empty", 4),
    ("replay nowhere", 6),
    (
        "verify --format json=no/such/file --output no/such/other",
        6,
    ),
    ("certify --again nowhere", 6),
];

#[test]
fn a_stale_report_does_not_survive_a_run_that_did_not_start() {
    let here = folder();
    fs::create_dir(here.path().join("empty")).expect("a folder");
    let every = in_every_format();
    assert_eq!(code(&crcheck(here.path(), &format!("{WRONG}{every}"))), 1);
    let saved = Saved::of(here.path()).known();
    assert_eq!(saved.0.len(), Format::ALL.len() - 3);
    for (line, expected) in EARLY {
        saved.write(here.path());
        // What is behind a word that is not understood counts too.
        let output = crcheck(here.path(), &format!("{line}{every}"));
        let is_usage = line.contains("--output");
        let expected = if is_usage { 2 } else { expected };
        assert_eq!(code(&output), expected, "{line}: {}", stderr(&output));
        let left = saved.left(here.path());
        assert!(left.is_empty(), "{line}: {left:?}");
    }
    for (name, _) in &saved.0 {
        for option in [format!("--output {name}"), format!("--output={name}")] {
            saved.write(here.path());
            let output = crcheck(here.path(), &format!("verify {option} --bogus"));
            assert_eq!(code(&output), 2);
            assert_eq!(saved.left(here.path()).len(), saved.0.len() - 1, "{name}");
        }
    }
}

#[test]
fn the_reports_of_every_command_that_judges_are_known() {
    let here = folder();
    for (line, formats) in [
        ("selftest polynomial-first --seed 1", "human json junit"),
        (
            "bench --tier portable --size 64 --mode register --budget 50ms",
            "human json jsonl markdown html",
        ),
        (
            "bench io --size 64K --method read --buffer 64K --threads 1 --runs 1 --budget 9s",
            "human json markdown html",
        ),
        ("bench claims --only plan-dd", "human json markdown html"),
        (
            "certify --tier emu:x86-pclmul --seed 1 --certificate in.certificate",
            "human json",
        ),
        (
            "emulate --purity",
            "human json jsonl junit markdown html github",
        ),
    ] {
        let formats = formats.split(' ');
        let options = formats.map(|format| format!(" --format {format}=in.{format}"));
        let line = line.to_owned() + &options.collect::<String>();
        if line.starts_with("emulate") && cfg!(not(target_arch = "x86_64")) {
            continue;
        }
        let output = crcheck(here.path(), &line);
        assert!(code(&output) <= 6, "{line}: {}", stderr(&output));
        let saved = Saved::of(here.path()).known();
        assert!(!saved.0.is_empty(), "{line}: {}", stderr(&output));
        assert_eq!(code(&crcheck(here.path(), &format!("{line} --bogus"))), 2);
        let left = saved.left(here.path());
        assert!(left.is_empty(), "{line}: {left:?}");
    }
}

/// It has a name without any option, so it is the first to be taken for that of this run.
#[test]
fn a_certificate_does_not_survive_a_run_that_makes_none() {
    let here = folder();
    let name = here.path().join("crcheck-certificate.json");
    let old = "{\"schema\": \"crcheck/certificate/1\", \"verdict\": \"pass\"}\n";
    for (line, expected) in [
        ("certify --bogus", 2),
        ("certify --lib ./nowhere.so --symbol f", 3),
        ("certify --fault article-no-tail --seed 1", 1),
    ] {
        for (text, stays) in [(old, false), ("my notes", true)] {
            fs::write(&name, text).expect("a file");
            let output = crcheck(here.path(), line);
            assert_eq!(code(&output), expected, "{line}: {}", stderr(&output));
            assert_eq!(name.exists(), stays, "{line}: {text}");
        }
    }
    fs::write(&name, old).expect("a file");
    for line in [
        "certify --certificate other --bogus",
        "certify --again nowhere",
        "certify --help",
    ] {
        crcheck(here.path(), line);
        assert!(name.exists(), "{line}");
    }
}

/// Even the end that no program can handle leaves no report of another run.
#[test]
fn a_run_that_is_killed_leaves_no_earlier_report() {
    let here = folder();
    let old = "{\"schema\": \"crcheck/report/1\", \"verdict\": \"pass\"}\n";
    fs::write(here.path().join("r.json"), old).expect("a file");
    let line = "verify --tier portable --seed 1 --format json=r.json";
    let mut command = command(here.path(), line);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut said = String::new();
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    stderr.read_line(&mut said).expect("a line");
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    assert!(said.contains("seed 0x1"), "{said}");
    assert!(!here.path().join("r.json").exists());
}

#[test]
fn what_is_no_report_is_never_removed() {
    let here = folder();
    let old = here.path().join("old");
    for text in [
        "",
        "old",
        "{}",
        "<?xml version=\"1.0\"?>\n<testsuites/>\n",
        "\u{feff}pass",
    ] {
        fs::write(&old, text).expect("a file");
        for (line, expected) in EARLY {
            let option = if line.contains("--output") {
                ""
            } else {
                " --output old"
            };
            let output = crcheck(here.path(), &format!("{line}{option} --format json=old"));
            let is_refused = [2, expected].contains(&code(&output));
            assert!(
                is_refused || line == "replay empty",
                "{line}: {}",
                stderr(&output)
            );
            assert_eq!(fs::read_to_string(&old).expect("the file"), text, "{line}");
        }
    }
    assert_eq!(files(here.path()), ["old"]);
}

/// A mere typo must not cost anybody's text: only the whole of a report is one.
#[test]
fn a_report_that_somebody_has_added_to_is_never_removed() {
    let here = folder();
    let every = in_every_format();
    assert_eq!(code(&crcheck(here.path(), &format!("{WRONG}{every}"))), 1);
    let saved = Saved::of(here.path()).0;
    for (name, text) in saved {
        for text in [format!("{text}my notes\n"), format!("my notes\n{text}")] {
            fs::write(here.path().join(&name), &text).expect("a file");
            let output = crcheck(here.path(), &format!("verify --output {name} --bogus"));
            assert_eq!(code(&output), 2);
            let now = fs::read_to_string(here.path().join(&name));
            assert_eq!(now.ok().as_deref(), Some(&*text), "{name}");
        }
    }
}

#[test]
fn what_the_line_names_elsewhere_is_never_removed() {
    let here = folder();
    let text = "{\"schema\": \"crcheck/bench/1\"}\n";
    let base = here.path().join("base.json");
    fs::write(&base, text).expect("a file");
    symlink("base.json", here.path().join("link")).expect("a link");
    for line in [
        "bench --compare base.json --output base.json",
        "bench --compare=./base.json --format json=link --bogus",
        "verify --cmd 'sh -c \"cat <base.json\"' --output base.json --bogus",
        "certify --again base.json --certificate base.json",
        "certify --again nowhere --certificate base.json",
        "sum --output base.json nowhere",
        "tiers --output base.json --bogus",
        "verify --list --lib ./nowhere.so --symbol f --output base.json",
        "verify --help --output base.json",
    ] {
        let output = crcheck(here.path(), line);
        assert_eq!(fs::read_to_string(&base).expect(line), text);
        assert!(code(&output) > 0 || line.contains("--help"), "{line}");
    }
    let config = "[subject.mine]\ncmd = \"sh -c 'exec ./judge --table=base.json'\"\n";
    fs::write(here.path().join("crcheck.toml"), config).expect("a file");
    fs::write(here.path().join("broken.toml"), config.to_owned() + "]").expect("a file");
    for line in [
        "verify --subject mine --output base.json --bogus",
        "verify --profile none --format json=base.json",
        "verify --config crcheck.toml --format json=base.json --trust",
        "verify --config=broken.toml --format json=link",
    ] {
        let output = crcheck(here.path(), line);
        assert_eq!(fs::read_to_string(&base).expect(line), text);
        assert!(code(&output) > 0, "{line}");
    }
    fs::remove_file(here.path().join("crcheck.toml")).expect("a file");
    fs::remove_file(here.path().join("broken.toml")).expect("a file");
    // A stream of the program is somebody else's.
    let script = "\"$@\" >>base.json 2>&1";
    for line in [
        "verify --bogus --output base.json",
        "verify --bogus --output /dev/stdout",
    ] {
        let mut run = shell(here.path(), script, line);
        assert_eq!(code(&run.output().expect("it runs")), 2, "{line}");
        let now = fs::read_to_string(&base).expect("the file");
        assert!(now.starts_with(text), "{line}: {now}");
        fs::write(&base, text).expect("a file");
    }
    // A link stays, and what it leads to is removed.
    assert_eq!(
        code(&crcheck(here.path(), "verify --bogus --output link")),
        2
    );
    assert_eq!(files(here.path()), ["link"]);
}

#[test]
fn github_sees_every_error() {
    let here = folder();
    let artifact = artifact(here.path());
    fs::create_dir(here.path().join("empty")).expect("a folder");
    for (line, expected, says) in [
        ("verify --bogus", 2, "unexpected argument"),
        ("verify --lib ./a%25.so --symbol f", 3, "./a%2525.so"),
        ("replay empty", 4, "no saved case"),
        ("replay nowhere", 6, "cannot read nowhere"),
        ("replay nowhere --target artifact_parse", 6, "nowhere"),
        (
            "verify --depth quick --check agree --tier portable --budget 1ms",
            5,
            "incomplete",
        ),
        (
            "verify --depth quick --check dispatch --tier portable",
            4,
            "void",
        ),
        (
            "verify --depth quick --check slack --require-tier none",
            2,
            "none",
        ),
        (&format!("replay {artifact} --output no/file"), 6, "no/file"),
        (
            "certify --tier emu:x86-pclmul --certificate no/file",
            6,
            "no/file",
        ),
    ] {
        let output = crcheck(here.path(), &format!("{line} --format github"));
        let said = stdout(&output) + &stderr(&output);
        assert_eq!(code(&output), expected, "{line}: {said}");
        let errors = said
            .lines()
            .filter(|line| line.starts_with("::error title=crcheck"));
        let errors: Vec<&str> = errors.collect();
        assert_eq!(errors.len(), 1, "{line}: {said}");
        assert!(errors[0].contains(says), "{line}: {said}");
        // It stands where the report would: on stdout, unless that has a file.
        let is_on_stdout = stdout(&output).contains("::error");
        assert_eq!(is_on_stdout, !line.contains("--output"), "{line}: {said}");
    }
    let plain = crcheck(here.path(), "replay nowhere --format json");
    assert!(!stderr(&plain).contains("::error"), "nobody asked for it");
}
