//! The profiled run: each subject runs each row in a loop, and samples belong to both.

use super::sampler::{self, Sampler, SamplerError};
use super::stacks::Stacks;
use crate::contender::Contender;
use crate::memory::Memory;
use crate::scenario::Scenario;
use crate::timer::Timer;
use crcheck_platform::clock::thread_time;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How a profile is taken.
#[derive(Clone, Copy)]
pub struct ProfilePlan<'a> {
    /// The samples in a second of processor time. The system's timer may give fewer.
    pub frequency_hz: u32,
    /// The processor time of all rows together.
    pub duration: Duration,
    /// Called before each row of each subject.
    pub on_begin: &'a dyn Fn(&Scenario, &Contender),
}

/// A profile.
#[derive(Clone, Debug)]
pub struct Profile {
    /// What took it.
    pub profiler: &'static str,
    /// The stacks: row, subject, and then functions.
    pub stacks: Stacks,
    /// The processor time of the rows.
    pub cpu_time: Duration,
    /// Whether every row ran as long as it should.
    pub is_complete: bool,
}

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// No samples can be taken.
    #[error(transparent)]
    Sampler(#[from] SamplerError),
    /// The system has no memory.
    #[error("no memory for messages: {0}")]
    Memory(#[from] io::Error),
}

/// Profiles `subjects` in each scenario in which they take part. What was sampled until `cancelled`
/// is set is a profile too.
///
/// # Errors
/// If there can be no samples here, or if the system has no memory.
pub fn profile(
    subjects: &[&Contender],
    scenarios: &[Scenario],
    plan: &ProfilePlan<'_>,
    seed: u64,
    cancelled: &AtomicBool,
) -> Result<Profile, ProfileError> {
    let pairs = scenarios.iter().flat_map(|scenario| {
        let subjects = subjects.iter();
        let subjects = subjects.filter(move |subject| subject.takes_part(scenario));
        subjects.map(move |subject| (scenario, *subject))
    });
    let pairs: Vec<(&Scenario, &Contender)> = pairs.collect();
    let share = plan.duration / pairs.len().max(1) as u32;
    let capacity_bytes = scenarios.iter().map(|scenario| scenario.size_bytes).max();
    let memory = Memory::new(capacity_bytes.unwrap_or(0), seed)?;
    let mut sampler = Sampler::start(plan.frequency_hz)?;
    let mut profile = Profile {
        profiler: sampler::NAME,
        stacks: Stacks::default(),
        cpu_time: Duration::ZERO,
        is_complete: true,
    };
    for (scenario, subject) in pairs {
        (plan.on_begin)(scenario, subject);
        let timer = Timer::new(*scenario, &memory, seed);
        let start = thread_time();
        let calls = timer.calls_per_sample(subject);
        while thread_time().saturating_sub(start) < share {
            if cancelled.load(Ordering::Relaxed) {
                profile.is_complete = false;
                break;
            }
            profiled_calls(&timer, subject, calls);
        }
        profile.cpu_time += thread_time().saturating_sub(start);
        for (stack, count) in sampler.take()? {
            if let Some(inner) = inside(stack) {
                let first = [scenario.to_string(), subject.name.clone()];
                profile
                    .stacks
                    .add(first.into_iter().chain(inner).collect(), count);
            }
        }
        if !profile.is_complete {
            break;
        }
    }
    Ok(profile)
}

/// The calls that count: what is sampled outside of this function is the profile's own work.
#[inline(never)]
fn profiled_calls(timer: &Timer<'_>, subject: &Contender, calls: usize) {
    timer.call_prepared(subject, calls);
    // A call in the last place would leave no frame of this function.
    std::hint::black_box(());
}

/// The functions that [`profiled_calls`] calls, the outermost first; `None` if it is not on the
/// stack. What calls a subject is left out with it.
fn inside(stack: Vec<String>) -> Option<Vec<String>> {
    let marker = stack
        .iter()
        .position(|name| name.ends_with("row_loop::profiled_calls"))?;
    let mut inner: Vec<String> = stack.into_iter().take(marker).collect();
    inner.reverse();
    Some(inner)
}
