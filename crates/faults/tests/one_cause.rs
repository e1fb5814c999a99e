//! One cause is one finding, and a second cause never hides behind the first.
#![allow(missing_docs)]

use crcheck_faults::resolve;
use crcheck_harness::check::check_result::Ending;
use crcheck_harness::check::checks::{self, CheckSet};
use crcheck_harness::check::control::{AfterFinding, Control};
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::run;
use crcheck_harness::oracle::judge::Judge;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::oracle::slicing_16::Slicing16;
use crcheck_harness::report::verdict::Verdict;
use crcheck_harness::report::{Facts, Report, human};
use crcheck_harness::subject::{CheckId, Kind, Stream, Subject, SubjectName};
use std::any::Any;
use std::sync::{LazyLock, Mutex};

static JUDGE: LazyLock<Slicing16> = LazyLock::new(|| Slicing16::new(&Model::CRC_32_ISO_HDLC));

fn quick(checks: CheckSet) -> Plan {
    Plan {
        depth: Depth {
            length_max: 300,
            ..Depth::of(DepthName::Quick)
        },
        checks,
        seed: 1,
        max_stack_bytes: None,
        is_scaled: true,
    }
}

fn report_of(subject: Box<dyn Subject>, checks: CheckSet) -> Report {
    report_after(AfterFinding::GoOn, subject, checks)
}

fn report_after(
    after_finding: AfterFinding,
    subject: Box<dyn Subject>,
    checks: CheckSet,
) -> Report {
    let plan = quick(checks);
    let control = Control {
        after_finding,
        ..Control::default()
    };
    let results = run::run(&[subject], &plan, &control).expect("a run");
    Report::new(Facts::of_run(&plan, Model::CRC_32_ISO_HDLC, &results[0]))
}

fn of(ids: &[CheckId]) -> CheckSet {
    ids.iter().copied().collect()
}

/// The check and the kind of each finding, the best one first.
fn found(report: &Report) -> Vec<(CheckId, Kind)> {
    let findings = report.findings.iter();
    findings.map(|one| (one.check, one.kind)).collect()
}

#[test]
fn one_cause_is_one_finding_whichever_checks_meet_it() {
    let plan = CheckSet::all().without(checks::threads::ID);
    for (fault, kind, joined) in [
        ("article-crc32q", Kind::WrongValue, None),
        ("one-alignment", Kind::WrongValue, None),
        ("register-ignored", Kind::WrongValue, None),
        ("tail-of-thirteen", Kind::WrongValue, None),
        ("single-bit-shortcut", Kind::WrongValue, None),
        ("one-table-entry", Kind::WrongValue, Some(Kind::NotAffine)),
        ("article-no-tail", Kind::WrongValue, Some(Kind::OverRead)),
        (
            "cached-result",
            Kind::HistoryDependent,
            Some(Kind::WrongValue),
        ),
    ] {
        let subject = resolve(&format!("fault:{fault}")).expect("a fault");
        let report = report_of(subject, plan);
        let kinds: Vec<Kind> = found(&report).iter().map(|(_, kind)| *kind).collect();
        assert_eq!(kinds, [kind], "{}", human(&report));
        let finding = &report.findings[0];
        let others = &finding.also_seen_by;
        if let Some(joined) = joined {
            assert!(others.iter().any(|one| one.kind == joined), "{fault}");
        }
        // Each check that met it has failed, and the count is that of all.
        let own = (finding.check, finding.kind);
        assert!(others.iter().all(|one| (one.check, one.kind) != own));
        for other in others {
            let mut of_check = report.checks.iter().filter(|check| check.id == other.check);
            assert!(
                of_check.all(|check| check.verdict == Verdict::Fail),
                "{fault}"
            );
        }
        let counted: u64 = others.iter().map(|one| one.count).sum();
        assert!(counted < finding.count, "{fault}");
    }
}

/// What a kernel does besides that it leaves out the last byte when the length % 16 = 13.
#[derive(Clone, Copy)]
enum Second {
    /// It gives the last result again for the same length at the same address.
    Remembers,
    /// Its streams are wrong after pieces of seven bytes.
    LosesPieces,
    /// It is wrong for long messages with only one byte that is not 0.
    TakesShortcut,
    /// It panics for long messages from the register 0.
    Panics,
}

struct Kernel {
    second: Second,
    last: Mutex<(usize, usize, u64)>,
}

fn with_two_faults(second: Second) -> Box<dyn Subject> {
    Box::new(Kernel {
        second,
        last: Mutex::default(),
    })
}

/// The length from which the second fault shows.
const LONG: usize = 40;

impl Subject for Kernel {
    fn name(&self) -> SubjectName {
        SubjectName::Own("two faults".to_owned())
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        let length = message.len();
        let is_long = length >= LONG;
        let end = length - usize::from(length % 16 == 13);
        let result = JUDGE.update(checksum, &message[..end]);
        match self.second {
            Second::Remembers if is_long => {
                let mut last = self.last.lock().expect("no panic while held");
                let place = (message.as_ptr() as usize, length);
                if (last.0, last.1) != place {
                    *last = (place.0, place.1, result);
                }
                last.2
            }
            Second::TakesShortcut if is_long => {
                let set = message.iter().filter(|byte| **byte != 0);
                result ^ u64::from(set.take(2).count() == 1)
            }
            Second::Panics if is_long && checksum == Model::CRC_32_ISO_HDLC.mask() => {
                panic!("a long message from the register 0")
            }
            _ => result,
        }
    }

    fn stream(&self, checksum: u64) -> Option<Box<dyn Stream>> {
        let is_faulty = matches!(self.second, Second::LosesPieces);
        is_faulty.then(|| Box::new(Forgetful(checksum)) as Box<dyn Stream>)
    }
}

struct Forgetful(u64);

impl Stream for Forgetful {
    fn update(&mut self, message: &[u8]) {
        self.0 = JUDGE.update(self.0, message) ^ u64::from(message.len() == 7);
    }

    fn checksum(&self) -> u64 {
        self.0
    }

    fn fork(&self) -> Box<dyn Stream> {
        Box::new(Self(self.0))
    }

    fn reset(&mut self) {
        self.0 = 0;
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[test]
fn a_second_cause_is_a_second_finding() {
    crcheck_harness::platform::signal::silence_caught_panics();
    let agree = checks::agree::ID;
    for (second, check, finding) in [
        (
            Second::Remembers,
            checks::history::ID,
            (checks::history::ID, Kind::HistoryDependent),
        ),
        (
            Second::LosesPieces,
            checks::split::ID,
            (checks::split::ID, Kind::Split),
        ),
        // Both are wrong values.
        (
            Second::TakesShortcut,
            checks::basis::ID,
            (checks::basis::ID, Kind::WrongValue),
        ),
        (Second::Panics, checks::split::ID, (agree, Kind::Crash)),
    ] {
        let report = report_of(with_two_faults(second), of(&[agree, check]));
        let mut found = found(&report);
        found.sort_unstable();
        let mut wanted = vec![(agree, Kind::WrongValue), finding];
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{}", human(&report));
        let ids: Vec<&String> = report.findings.iter().map(|one| &one.id).collect();
        assert_ne!(ids[0], ids[1]);
        let value = report.findings.iter().find(|one| one.check == agree);
        let summary = &value.expect("a finding of agree").diagnosis.summary;
        let is_explained = summary.starts_with("leaves out the last byte");
        // The others are met by the calls of the diagnosis too.
        let is_known_alone = matches!(second, Second::LosesPieces | Second::TakesShortcut);
        assert!(is_explained || !is_known_alone, "{summary}");
    }
}

#[test]
fn what_is_accepted_does_not_hide_what_is_not() {
    let subject = || resolve("fault:one-table-entry").expect("a fault");
    let plan = of(&[checks::agree::ID, checks::affine::ID]);
    let accepting = |kinds: &[&str]| {
        let allow = |kind: &&str| (kind.parse().expect("an allow"), "known".to_owned());
        let allows: Vec<_> = kinds.iter().map(allow).collect();
        report_of(subject(), plan).accepting(&allows)
    };
    let verdicts = |report: &Report| -> Vec<Verdict> {
        report.checks.iter().map(|check| check.verdict).collect()
    };
    for (kinds, open, verdicts_then) in [
        (&[][..], 1, [Verdict::Fail, Verdict::Fail]),
        (&["not-affine"], 1, [Verdict::Fail, Verdict::Pass]),
        (&["wrong-value"], 1, [Verdict::Pass, Verdict::Fail]),
        (
            &["wrong-value", "not-affine"],
            0,
            [Verdict::Pass, Verdict::Pass],
        ),
    ] {
        let report = accepting(kinds);
        assert_eq!(report.open_findings().count(), open, "{kinds:?}");
        assert_eq!(verdicts(&report), verdicts_then, "{kinds:?}");
        assert!(report.allowed.iter().all(|allowed| allowed.findings == 1));
        let is_whole = open == 0 || kinds.is_empty();
        assert_eq!(report.findings.len(), if is_whole { 1 } else { 2 });
    }
}

#[test]
fn a_second_cause_still_shows() {
    crcheck_harness::platform::signal::silence_caught_panics();
    let plan = CheckSet::all().without(checks::threads::ID);
    // The first cause of each is explained.
    for (kernel, second) in [
        (Second::LosesPieces, (checks::split::ID, Kind::Split)),
        (Second::TakesShortcut, (checks::basis::ID, Kind::WrongValue)),
        (Second::Panics, (checks::agree::ID, Kind::Crash)),
    ] {
        let [whole, thinned] = [AfterFinding::GoOn, AfterFinding::Thin]
            .map(|after| report_after(after, with_two_faults(kernel), plan));
        let text = human(&thinned);
        assert!(text.contains("checks not visited in full"), "{text}");
        let (all, some) = (found(&whole), found(&thinned));
        assert!(
            some.contains(&(checks::agree::ID, Kind::WrongValue)),
            "{text}"
        );
        assert!(some.contains(&second), "{text}");
        // A rare case of it may be left out, and nothing else is accused.
        assert!(some.iter().all(|one| all.contains(one)), "{text}");
    }
}

#[test]
fn after_an_explained_finding_each_other_check_visits_at_most_1000_cells() {
    let plan = CheckSet::all().without(checks::threads::ID);
    let subject = || resolve("fault:tail-of-thirteen").expect("a fault");
    let whole = report_of(subject(), plan);
    let thinned = report_after(AfterFinding::Thin, subject(), plan);
    let mut left_out = Vec::new();
    for (whole, one) in whole.checks.iter().zip(&thinned.checks) {
        if one.id == checks::agree::ID || one.thinned.is_none() {
            assert_eq!(one.cells, whole.cells, "{}", one.id);
            assert!(
                one.id == checks::agree::ID || one.cells <= 1000,
                "{}",
                one.id
            );
            continue;
        }
        assert!(one.cells <= 1000, "{}: {}", one.id, one.cells);
        let count = one.thinned.expect("cases are left out");
        assert!(one.cells <= count.cases as u64 && count.cases < count.planned);
        assert_eq!(count.explained, checks::agree::ID);
        assert_ne!(one.verdict, Verdict::Pass, "{}", one.id);
        // Lengths of the whole plan are met.
        let (all, some) = (whole.visited.longest, one.visited.longest);
        assert!(some >= all.map(|longest| longest / 2), "{}", one.id);
        left_out.push(one.id);
    }
    for check in [checks::slack::ID, checks::affine::ID] {
        assert!(left_out.contains(&check), "{left_out:?}");
    }
    let text = human(&thinned);
    assert!(text.contains("not visited in full"), "{text}");
}

/// The finding is the same whether or not somebody accepts it; what else was visited is not.
#[test]
fn an_accepted_finding_thins_nothing() {
    let control = Control {
        after_finding: AfterFinding::Thin,
        is_accepted: &|finding| finding.kind == Kind::WrongValue,
        ..Control::default()
    };
    let subject = resolve("fault:tail-of-thirteen").expect("a fault");
    let plan = quick(of(&[checks::agree::ID, checks::slack::ID]));
    let results = run::run(&[subject], &plan, &control).expect("a run");
    let endings: Vec<&Ending> = results[0].iter().map(|result| &result.ending).collect();
    assert_eq!(endings, [&Ending::Complete; 2]);
}
