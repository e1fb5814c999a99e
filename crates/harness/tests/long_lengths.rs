//! Lengths beyond the dense ones: every length to 65,536 at depth `default`, and lengths that are
//! drawn from the seed at every depth.

use crcheck_harness::check::check_result::CheckResult;
use crcheck_harness::check::checks::{self, CheckSet};
use crcheck_harness::check::control::Control;
use crcheck_harness::check::depth::{Depth, DepthName, EveryLength};
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::run;
use crcheck_harness::kernel;
use crcheck_harness::subject::{Subject, SubjectName};

/// A kernel that is wrong at these lengths.
struct WrongAt<F>(F);

impl<F: Fn(usize) -> bool + Send + Sync> Subject for WrongAt<F> {
    fn name(&self) -> SubjectName {
        "wrong-at".into()
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        let right = kernel::update(checksum as u32, message);
        u64::from(right ^ u32::from((self.0)(message.len())))
    }
}

/// Judges a kernel that is wrong at these lengths by `agree`, without most of the dense cells.
fn judge(
    depth: Depth,
    seed: u64,
    is_wrong: impl Fn(usize) -> bool + Send + Sync + 'static,
) -> CheckResult {
    let plan = Plan {
        depth: Depth {
            length_max: depth.length_max.min(64),
            ..depth.with_messages(1)
        },
        is_scaled: false,
        checks: CheckSet::none().with(checks::agree::ID),
        seed,
        max_stack_bytes: None,
    };
    let control = Control::default();
    let subjects: [Box<dyn Subject>; 1] = [Box::new(WrongAt(is_wrong))];
    let results = run::run(&subjects, &plan, &control).expect("a run");
    results.concat().remove(0)
}

#[test]
fn one_wrong_length_to_65536_is_found_at_depth_default() {
    let default = Depth::of(DepthName::Default);
    for (seed, wrong) in [20_003, 65_529].into_iter().enumerate() {
        let result = judge(default, seed as u64, move |length| length == wrong);
        let [group] = &result.groups[..] else {
            panic!("{wrong} bytes: {} findings", result.groups.len())
        };
        assert_eq!(group.finding.case.message.len(), wrong);
    }
    assert!(judge(default, 1, |_| false).groups.is_empty());
}

/// No threshold shows the fault: the drawn lengths do, at every depth and with any seed.
#[test]
fn drawn_lengths_find_what_thresholds_leave_out() {
    let is_wrong = |length: usize| length > 70_000 && (2..5).contains(&(length / 64 % 8));
    for name in DepthName::ALL {
        let depth = Depth {
            every_length: EveryLength {
                to: 0,
                ..Depth::of(name).every_length
            },
            ..Depth::of(name)
        };
        let seed = name as u64;
        assert_eq!(judge(depth, seed, is_wrong).groups.len(), 1, "{name}");
        let undrawn = Depth {
            drawn_lengths: 0,
            ..depth
        };
        assert!(judge(undrawn, 1, is_wrong).groups.is_empty(), "{name}");
    }
}

#[test]
fn the_drawn_lengths_are_those_of_the_seed_and_are_counted() {
    let quick = Depth::of(DepthName::Quick);
    let one = judge(quick, 1, |_| false);
    assert_eq!(one.map, judge(quick, 1, |_| false).map);
    assert_ne!(one.map, judge(quick, 2, |_| false).map);
    let drawn = one.visited.drawn.expect("drawn lengths");
    assert_eq!(
        (drawn.lengths, drawn.beyond, drawn.to),
        (128, 4096, 2 << 20)
    );
}
