//! A profile names the functions that take the time: the kernel's, and the slow case that was
//! planted. One test, since a process has one profiler.

use crcheck_bench::contender::Contender;
use crcheck_bench::inject::Injection;
use crcheck_bench::profile::row_loop::{ProfilePlan, profile};
use crcheck_bench::profile::sampler::Sampler;
use crcheck_bench::profile::stacks::Stacks;
use crcheck_bench::scenario::{Mode, Scenario};
use crcheck_kernel::Tier;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The part of a row's samples that stands in functions of this name.
fn share(stacks: &Stacks, row: &str, name: &str) -> f64 {
    let of_row = || stacks.iter().filter(|(stack, _)| stack[0] == row);
    let all: u64 = of_row().map(|(_, count)| count).sum();
    let has_name = |stack: &[String]| stack.iter().any(|frame| frame.contains(name));
    let named = of_row().filter(|(stack, _)| has_name(stack));
    let named: u64 = named.map(|(_, count)| count).sum();
    named as f64 / all as f64
}

#[test]
fn a_profile_names_the_kernel_and_the_slow_case() {
    let scenario = |size_bytes| Scenario {
        mode: Mode::Throughput,
        size_bytes,
        offset_bytes: 0,
    };
    let tier = Tier::detect();
    let subject = Contender::injected_tier(tier, Injection::SlowTail).expect("this CPU has it");
    let plan = ProfilePlan {
        frequency_hz: 999,
        // Of processor time, in which even a slow timer ticks a hundred times.
        duration: Duration::from_secs(2),
        on_begin: &|_, _| {},
    };
    let scenarios = [scenario(64 << 10), scenario(1023)];
    let runs = AtomicBool::new(false);
    let take = |cancelled: &AtomicBool| profile(&[&subject], &scenarios, &plan, 1, cancelled);
    let profiled = take(&runs).expect("a profile");
    let stacks = &profiled.stacks;
    let folded = stacks.folded();
    assert!(profiled.is_complete && stacks.count() > 20, "{folded}");
    for (stack, _) in stacks.iter() {
        assert_eq!(stack[1], tier.name(), "{folded}");
        assert!(!stack.iter().any(|name| name.contains("profiled_calls")));
    }
    assert!(
        share(stacks, "throughput 64K", "crcheck_kernel::") > 0.5,
        "{folded}"
    );
    assert_eq!(share(stacks, "throughput 64K", "inject::slow_tail"), 0.0);
    assert!(
        share(stacks, "throughput 1023", "inject::slow_tail") > 0.5,
        "{folded}"
    );

    // A second profile begins from nothing, and one that is stopped at once has nothing.
    let stopped = take(&AtomicBool::new(true)).expect("a profile");
    assert!(!stopped.is_complete && stopped.stacks.count() == 0);
    let one = Sampler::start(99).expect("a sampler");
    assert!(Sampler::start(99).is_err());
    drop(one);
}
