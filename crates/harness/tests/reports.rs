//! Reports in every format are complete and well-formed, and text in them stays text.
#![allow(missing_docs)]

use crcheck_harness::check::check_result::{CheckResult, Ending};
use crcheck_harness::check::checks;
use crcheck_harness::check::checks::CheckSet;
use crcheck_harness::check::control::Control;
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::run;
use crcheck_harness::check::saved::artifacts::SavedArtifacts;
use crcheck_harness::check::thinning::Thinned;
use crcheck_harness::oracle::judge::Judge;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::oracle::slicing_16::Slicing16;
use crcheck_harness::report;
use crcheck_harness::report::verdict::{ExitCode, Verdict};
use crcheck_harness::report::{
    Allow, Facts, Report, Skipped, github, html, human, human_in_full, json, junit, markdown,
};
use crcheck_harness::subject::{Account, ExecutedBy, Subject, SubjectName};
use quick_xml::Reader;
use quick_xml::events::Event;
use std::sync::LazyLock;

static JUDGE: LazyLock<Slicing16> = LazyLock::new(|| Slicing16::new(&Model::CRC_32_ISO_HDLC));

/// A name that would be markup, a workflow command, or the end of a script or a table's cell.
const HOSTILE: &str = "lib:</script><script>alert(1)</script>\n::error::|`\"'&:<b>";

/// A kernel that adds `difference` to the checksum of messages of 3 bytes.
struct Kernel {
    name: &'static str,
    difference: u64,
}

impl Subject for Kernel {
    fn name(&self) -> SubjectName {
        self.name.into()
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        let difference = if message.len() == 3 {
            self.difference
        } else {
            0
        };
        JUDGE.update(checksum, message) ^ difference
    }
}

/// The report of a right kernel, a wrong one with a hostile name, and one that is not available.
fn report() -> Report {
    let kernel = |name, difference| -> Box<dyn Subject> { Box::new(Kernel { name, difference }) };
    let subjects = [kernel("lib:right.so:crc32", 0), kernel(HOSTILE, 0x100)];
    let plan = Plan {
        depth: Depth {
            length_max: 16,
            ..Depth::of(DepthName::Quick)
        },
        checks: [checks::agree::ID, checks::slack::ID, checks::combine::ID]
            .into_iter()
            .collect::<CheckSet>(),
        max_stack_bytes: None,
        is_scaled: true,
        seed: 1,
    };
    let control = Control::default();
    let results = run::run(&subjects, &plan, &control).expect("a run");
    let results: Vec<_> = results.into_iter().flatten().collect();
    let groups = results.iter().flat_map(|result| &result.groups);
    let paths = groups.map(|group| (group.finding.id(), "<i>.toml".into()));
    Report::new(Facts {
        skipped: vec![Skipped::new(
            "tier:<em>none</em>",
            "]]> & \u{1b} is missing",
            false,
        )],
        artifacts: SavedArtifacts {
            paths: paths.collect(),
            has_failed: false,
        },
        ..Facts::of_run(&plan, Model::CRC_32_ISO_HDLC, &results)
    })
}

/// The report with the findings that `what` names accepted.
fn accepting(what: &str) -> Report {
    let allow: Allow = what.parse().expect("an allow");
    report().accepting(&[(allow, "known: issue <7>".to_owned())])
}

/// The names of a document's elements, without the content of its scripts and styles.
fn elements(document: &str) -> Vec<String> {
    let mut reader = Reader::from_str(document);
    let mut elements = Vec::new();
    let mut open = Vec::new();
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(start) => {
                let name = String::from_utf8(start.name().as_ref().to_vec()).expect("a name");
                for attribute in start.attributes() {
                    let attribute = attribute.expect("well-formed");
                    assert!(!attribute.key.as_ref().starts_with(b"on"), "{attribute:?}");
                }
                if ["script", "style"].contains(&name.as_str()) {
                    let end = start.to_end().into_owned();
                    reader.read_text(end.name()).expect("an end");
                } else {
                    open.push(name.clone());
                }
                elements.push(name);
            }
            Event::End(end) => {
                let name = open.pop().expect("an open element");
                assert_eq!(name.as_bytes(), end.name().as_ref());
            }
            Event::Empty(empty) => {
                elements.push(String::from_utf8(empty.name().as_ref().to_vec()).expect("a name"));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty(), "{open:?} are not closed");
    elements
}

#[test]
fn a_document_is_well_formed_and_no_name_becomes_markup() {
    let document = html(&report());
    // A script is not XML, so it is removed, up to the first end that a browser sees.
    let mut bare = String::new();
    let mut scripts = 0;
    let mut rest = document.as_str();
    while let Some((before, behind)) = rest.split_once("<script") {
        let (script, after) = behind.split_once("</script>").expect("an end");
        assert!(!script.contains("alert(1)</"), "{script}");
        scripts += 1;
        bare += before;
        rest = after;
    }
    bare += rest;
    assert_eq!(scripts, 2, "the data and the drawing");
    let elements = elements(&bare);
    let of = |name: &str| elements.iter().filter(|element| *element == name).count();
    for name in ["html", "head", "body", "main", "h1", "title", "noscript"] {
        assert_eq!(of(name), 1, "{name}");
    }
    for name in ["b", "i", "em", "script", "img", "iframe", "object"] {
        assert_eq!(of(name), 0, "{name}");
    }
    assert_eq!(of("details"), 1 + report().findings.len());
    assert!(document.contains("&lt;/script&gt;&lt;script&gt;alert(1)"));
    let network = ["http:", "https:", "src=", "@import", "fetch(", "url(//"];
    let own = document.replace("http://www.w3.org/2000/svg", "");
    for way in network {
        assert!(!own.contains(way), "{way}");
    }
}

/// The hostile name is a part of the finding's id.
#[test]
fn a_failure_leads_to_its_finding_and_only_the_first_finding_is_open() {
    let document = html(&report());
    let links: Vec<&str> = document.split("<a href=\"#").skip(1).collect();
    assert!(!links.is_empty(), "{document}");
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.:/%".contains(letter);
    for link in links {
        let fragment = &link[..link.find('"').expect("an end")];
        assert!(fragment.chars().all(is_plain), "{fragment}");
        let (subject, finding) = fragment
            .split_once("%3Cb%3E/")
            .expect("the end of the name");
        assert!(
            subject.starts_with("lib:%3C/script%3E%3Cscript%3E"),
            "{subject}"
        );
        assert_eq!(finding, "agree/wrong-value");
    }
    let id = "&lt;b&gt;/agree/wrong-value\" open=\"open\"";
    assert!(document.contains(id), "{document}");
    assert_eq!(document.matches("open=\"open\"").count(), 1);
    // The accepted ones are closed.
    assert!(!html(&accepting("wrong-value")).contains("open=\"open\""));
}

#[test]
fn the_map_has_every_cell_that_was_visited_and_every_finding() {
    let report = report();
    let map = |subject: &str, id: &str| {
        let is_same =
            |check: &&report::CheckReport| check.subject == subject && check.id.name() == id;
        let check = report.checks.iter().find(is_same).expect("a check");
        check.map.clone()
    };
    for length in 0..=16 {
        for subject in ["lib:right.so:crc32", HOSTILE] {
            let row = map(subject, "agree").of_length(length);
            assert_eq!(row.visited, u64::MAX, "{length}");
            let is_wrong = subject == HOSTILE && length == 3;
            assert_eq!(row.wrong != 0, is_wrong, "{length}");
            assert_eq!(row.stopped, 0);
        }
    }
    assert_eq!(map(HOSTILE, "agree").of_length(3).wrong, u64::MAX);
    assert_ne!(
        map(HOSTILE, "agree").of_length(17).visited,
        u64::MAX,
        "a threshold"
    );
    assert_eq!(map(HOSTILE, "agree").of_length(1 << 30).visited, 0);
}

#[test]
fn other_formats_keep_names_in_their_place() {
    let report = report();
    let text = github(&report);
    for line in text.lines() {
        let is_ours = ["::error title=wrong-value in ", "crcheck: "]
            .iter()
            .any(|start| line.starts_with(start));
        assert!(is_ours, "{line}");
    }
    let commands = text.lines().filter(|line| line.starts_with("::")).count();
    assert_eq!(commands, report.findings.len());
    let text = markdown(&report);
    assert!(!text.contains("<script>") || text.contains("\\<script\\>"));
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let bars = line.replace("\\|", "").matches('|').count();
        assert!([3, 8].contains(&bars), "{line}");
    }
    let suites = elements(&junit(&report));
    assert!(suites.contains(&"failure".to_owned()));
}

#[test]
fn junit_has_a_case_for_each_check_of_each_subject_and_skips_are_skips() {
    let text = junit(&report());
    let cases = |name: &str| text.matches(&format!("<testcase name=\"{name}\"")).count();
    for check in ["agree", "slack", "combine"] {
        assert_eq!(
            cases(check),
            3,
            "{check}: two subjects and the one that is not available"
        );
    }
    // `combine` of the two, and all three of the third.
    assert_eq!(text.matches("<skipped").count(), 5, "{text}");
    assert_eq!(text.matches("<failure").count(), 1, "{text}");
    assert!(!text.contains("tests=\"0\""), "{text}");
}

#[test]
fn an_accepted_finding_is_reported_and_counted_and_fails_nothing() {
    let plain = report();
    assert_eq!(
        (plain.verdict, plain.exit_code),
        (Verdict::Fail, ExitCode::Found)
    );
    assert!(plain.accepted().next().is_none());
    for what in ["wrong-value", &format!("wrong-value@{HOSTILE}")] {
        let report = accepting(what);
        assert_eq!(
            (report.verdict, report.exit_code),
            (Verdict::Pass, ExitCode::Passed)
        );
        assert_eq!(report.findings.len(), plain.findings.len());
        assert_eq!(report.allowed[0].findings, 1);
        let agree = report
            .checks
            .iter()
            .find(|check| !check.findings.is_empty());
        let agree = agree.expect("the check that found it");
        assert_eq!(agree.verdict, Verdict::Pass);
        assert!(agree.bound.is_none(), "it did not miss it by chance");
        let because = [
            "known: issue <7>",
            "known: issue &lt;7&gt;",
            "known: issue \\<7\\>",
        ];
        for text in [
            human(&report),
            json(&report, false),
            junit(&report),
            html(&report),
            markdown(&report),
            github(&report),
        ] {
            assert!(
                because.iter().any(|because| text.contains(because)),
                "{text}"
            );
        }
        assert!(human(&report).contains("1 finding accepted"));
        assert!(!junit(&report).contains("<failure"));
        assert!(github(&report).starts_with("::warning "));
    }
}

#[test]
fn an_allow_of_another_kind_or_subject_accepts_nothing_and_is_reported() {
    for what in ["over-read", "wrong-value@crc32"] {
        let report = accepting(what);
        assert_eq!(report.exit_code, ExitCode::Found, "{what}");
        assert_eq!(report.allowed[0].findings, 0);
        for text in [
            human(&report),
            junit(&report),
            html(&report),
            markdown(&report),
            github(&report),
        ] {
            assert!(
                text.contains(&format!("allowed {what}: no finding")),
                "{text}"
            );
        }
    }
}

#[test]
fn an_unknown_kind_is_refused_with_the_nearest() {
    let error = |text: &str| text.parse::<Allow>().expect_err(text);
    assert!(error("over-reed").contains("did you mean `over-read`?"));
    assert!(error("over-read@").contains("a symbol must follow"));
    assert!(error("").contains("the kinds are"));
}

#[test]
fn a_required_check_that_did_not_run_prevents_a_pass_whatever_is_allowed() {
    let mut report = report();
    report.skipped[0].required = true;
    let allow: Allow = "wrong-value".parse().expect("an allow");
    let report = report.accepting(&[(allow, "known".to_owned())]);
    assert_eq!(report.exit_code, ExitCode::Unavailable);
}

#[test]
fn every_report_has_the_time_of_each_check() {
    let mut report = report();
    for check in &report.checks {
        assert!(check.seconds >= 0.0, "{check:?}");
    }
    report.checks[0].seconds = 71.25;
    assert!(json(&report, true).contains("\"seconds\": 71.25"));
    assert!(json(&report, false).contains("\"seconds\":71.25"));
    for text in [markdown(&report), html(&report), human_in_full(&report)] {
        assert!(text.contains("71.2 s"), "{text}");
    }
    // What is the same in every run.
    assert!(!human(&report).contains("71.2 s"));
}

/// A check that has visited some of its cases.
#[test]
fn what_is_left_out_is_no_pass() {
    let thinned = Thinned {
        explained: checks::agree::ID,
        cases: 1000,
        planned: 8388,
    };
    let results = [CheckResult {
        ending: Ending::Thinned(thinned),
        cells: 1000,
        calls: 1000,
        ..CheckResult::new("mine".into(), checks::guard::ID)
    }];
    let report = Report::new(Facts::of_saved("test", Model::CRC_32_ISO_HDLC, &results));
    assert_eq!(report.verdict, Verdict::Incomplete);
    assert_eq!(report.exit_code, ExitCode::Incomplete);
    assert_eq!(report.checks[0].bound, None);
    for text in [human, junit, markdown, html, |report: &Report| {
        json(report, false)
    }]
    .map(|format| format(&report))
    {
        assert!(
            text.contains("visited 1000 of 8388 cases, not the other 7388"),
            "{text}"
        );
        assert!(!text.contains(">pass<"), "{text}");
    }
    let json = json(&report, false);
    let counts = r#""thinned":{"explained":"agree","cases":1000,"planned":8388}"#;
    assert!(json.contains(counts), "{json}");
    assert!(human(&report).contains(", 1 check not visited in full)"));
}

/// A check of an interpreted subject that has executed this number of instructions.
fn interpreted(subject: &str, instructions: u64) -> CheckResult {
    CheckResult {
        executed_by: ExecutedBy::Interpretation,
        account: Some(Account {
            cpu: "haswell".to_owned(),
            instructions,
            ..Account::default()
        }),
        ..CheckResult::new(subject.into(), checks::agree::ID)
    }
}

#[test]
fn what_was_interpreted_is_named_and_nothing_else() {
    let results = [
        interpreted("tier:x86-pclmul", 7),
        interpreted("tier:x86-avx2-pclmul", 0),
        CheckResult::new("mine".into(), checks::agree::ID),
    ];
    let report = Report::new(Facts::of_saved("test", Model::CRC_32_ISO_HDLC, &results));
    let text = human(&report);
    let end = "interpreted, not hardware: tier:x86-pclmul";
    assert!(text.trim_end().ends_with(end), "{text}");
    let document = junit(&report);
    let property = r#"<property name="executed_by" value="interpretation"/>"#;
    for suite in document
        .split("</testsuite>")
        .filter(|one| one.contains("<testcase"))
    {
        let is_interpreted = !suite.contains(r#"name="mine""#);
        assert_eq!(suite.contains(property), is_interpreted, "{suite}");
    }
}
