//! A measurement refuses what is wrong, times the rest, and says why it is not a pass.

use crcheck_bench::RowSelection;
use crcheck_bench::contender::{Contender, ContenderKind};
use crcheck_bench::measurement::{Base, MeasureError, Measurement, Shortfall};
use crcheck_bench::report::{BenchReport, Machine};
use crcheck_bench::run::BenchControl;
use crcheck_bench::scenario::{Mode, Scenario};
use crcheck_kernel::Tier;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

static RUNS: AtomicBool = AtomicBool::new(false);
static CANCELLED: AtomicBool = AtomicBool::new(true);

const SCENARIO: Scenario = Scenario {
    mode: Mode::Throughput,
    size_bytes: 64,
    offset_bytes: 0,
};

fn portable() -> Contender {
    Contender::tier(Tier::Portable).expect("every CPU has it")
}

fn wrong() -> Contender {
    Contender::new("wrong", ContenderKind::Subject, Box::new(|_| 7))
}

fn measurement<'a>(cancelled: &'a AtomicBool, base: Option<&'a BenchReport>) -> Measurement<'a> {
    Measurement {
        scenarios: vec![SCENARIO],
        budget: Duration::from_millis(200),
        core: None,
        seed: 1,
        base: base.map(|report| Base {
            name: "base".to_owned(),
            report,
            tolerance: 0.5,
        }),
        profile: None,
        control: BenchControl {
            cancelled,
            on_begin: &|_, _| {},
        },
    }
}

fn run(measurement: &Measurement<'_>, subjects: Vec<Contender>) -> (Vec<Shortfall>, BenchReport) {
    let mut report = BenchReport::empty(Machine::default(), 1);
    let measured = measurement.run(subjects, &mut report).expect("memory");
    assert!(measured.profile.is_none());
    (measured.shortfalls, report)
}

#[test]
fn a_right_subject_gets_a_figure_and_a_wrong_one_does_not() {
    let (shortfalls, report) = run(&measurement(&RUNS, None), vec![portable(), wrong()]);
    assert_eq!(shortfalls, [Shortfall::Wrong]);
    assert_eq!(report.refused.len(), 1);
    assert_eq!(report.refused[0].contender, "wrong");
    let row = &report.rows[0];
    assert!(row.figure("portable").is_some());
    assert!(row.figure("wrong").is_none());
    assert!(report.comparison.is_none());
}

#[test]
fn a_contender_that_does_not_go_on_from_a_checksum_has_no_figure_of_the_register() {
    let scenario = |mode| Scenario { mode, ..SCENARIO };
    let measurement = Measurement {
        scenarios: vec![scenario(Mode::Throughput), scenario(Mode::Register)],
        ..measurement(&RUNS, None)
    };
    let checksum = Box::new(crcheck_kernel::checksum);
    let whole = Contender::new("whole", ContenderKind::Subject, checksum);
    let (_, report) = run(&measurement, vec![portable(), whole]);
    let [throughput, register] = &report.rows[..] else {
        panic!("{:?}", report.rows);
    };
    assert!(throughput.figure("whole").is_some() && register.figure("whole").is_none());
    assert!(register.figure("portable").is_some());
    assert_eq!(report.skipped[0].what, "whole in register");
    // Ticks are there for every figure or for none.
    let figures = report.rows.iter().flat_map(|row| &row.figures);
    let has_ticks = figures.map(|figure| figure.cost.and_then(|cost| cost.tsc_ticks).is_some());
    assert!(
        has_ticks
            .into_iter()
            .all(|has| has == cfg!(target_arch = "x86_64"))
    );
}

#[test]
fn without_a_right_subject_nothing_is_timed() {
    let (shortfalls, report) = run(&measurement(&RUNS, None), vec![wrong()]);
    assert_eq!(shortfalls, [Shortfall::Wrong]);
    assert!(report.rows.is_empty());
    let (shortfalls, report) = run(&measurement(&RUNS, None), Vec::new());
    assert_eq!(shortfalls, []);
    assert!(report.rows.is_empty());
}

#[test]
fn an_interrupt_before_the_first_figure_is_reported() {
    let (shortfalls, _) = run(&measurement(&CANCELLED, None), vec![portable()]);
    assert_eq!(shortfalls, [Shortfall::Interrupted]);
}

#[test]
fn a_base_without_the_rows_compares_nothing() {
    let base = BenchReport::empty(Machine::default(), 1);
    let (shortfalls, report) = run(&measurement(&RUNS, Some(&base)), vec![portable()]);
    assert_eq!(shortfalls, [Shortfall::NothingCompared]);
    let comparison = report.comparison.expect("a comparison");
    assert_eq!(comparison.base, "base");
}

#[test]
fn a_regression_is_slower() {
    let (_, mut base) = run(&measurement(&RUNS, None), vec![portable()]);
    let figures = base.rows[0].figures.iter_mut();
    for figure in figures.filter(|figure| figure.contender == "portable") {
        figure.ratios.iter_mut().for_each(|ratio| *ratio /= 10.0);
    }
    let (shortfalls, _) = run(&measurement(&RUNS, Some(&base)), vec![portable()]);
    assert_eq!(shortfalls, [Shortfall::Slower]);
}

#[test]
fn a_core_that_does_not_exist_is_an_error() {
    let measurement = Measurement {
        core: Some(usize::MAX),
        ..measurement(&RUNS, None)
    };
    let mut report = BenchReport::empty(Machine::default(), 1);
    let error = measurement.run(vec![portable()], &mut report);
    assert!(matches!(
        error,
        Err(MeasureError::Core {
            core: usize::MAX,
            ..
        })
    ));
}

#[test]
fn rows_are_selected_once_each() {
    let (all, refused) = RowSelection::default().scenarios();
    assert!(Mode::ALL.iter().all(|mode| {
        let mut of_mode = all.iter().filter(|scenario| scenario.mode == *mode);
        of_mode.next().is_some() || refused.iter().any(|row| row.what.contains(mode.name()))
    }));
    let selection = RowSelection {
        modes: &[Mode::Throughput, Mode::Throughput],
        sizes_bytes: &[64, 64, 100],
        offsets_bytes: &[0, 1],
    };
    let (scenarios, refused) = selection.scenarios();
    let cells: Vec<_> = scenarios
        .iter()
        .map(|scenario| (scenario.size_bytes, scenario.offset_bytes))
        .collect();
    assert_eq!(cells, [(64, 0), (64, 1), (100, 0), (100, 1)]);
    assert!(refused.is_empty());
}
