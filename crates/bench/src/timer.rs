//! A sample: the time of one call, measured over many.

use crate::contender::Contender;
use crate::flush::flush;
use crate::memory::{Memory, Slot};
use crate::scenario::{Mode, Scenario};
use crcheck_platform::clock::thread_time;
use crcheck_platform::ticks;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// The duration of a sample: long against a reading of the clock, short against an interruption.
const SAMPLE: Duration = Duration::from_micros(100);

/// Calls are repeated for this long to learn how long one takes.
const TRIAL: Duration = Duration::from_micros(20);

/// The random messages of a round; fewer if they are long.
const SLOTS: usize = 8192;

/// Up to this length of random messages a round has all [`SLOTS`].
const SLOTS_MAX_BYTES: usize = 256;

/// The samples of one scenario in one memory.
#[derive(Debug)]
pub struct Timer<'a> {
    scenario: Scenario,
    memory: &'a Memory,
    slots: Vec<Slot>,
}

impl<'a> Timer<'a> {
    /// A timer whose random lengths and offsets come from `seed`.
    pub fn new(scenario: Scenario, memory: &'a Memory, seed: u64) -> Self {
        let count = if scenario.size_bytes <= SLOTS_MAX_BYTES {
            SLOTS
        } else {
            SLOTS / 4
        };
        let slots = match scenario.mode {
            Mode::Random => memory.random_slots(&scenario, count, seed),
            _ => Vec::new(),
        };
        Self {
            scenario,
            memory,
            slots,
        }
    }

    /// How many calls make a sample of [`SAMPLE`].
    pub(crate) fn calls_per_sample(&self, contender: &Contender) -> usize {
        if self.scenario.mode == Mode::Random {
            // All messages, so that every contender gets the same ones.
            return self.slots.len();
        }
        let mut calls = 1;
        loop {
            // The very first call finds cold caches, and any call may be interrupted.
            let times = (0..3).map(|_| self.time(contender, calls).time);
            let time = times.min().unwrap_or_default();
            if time >= TRIAL || calls >= 1 << 24 {
                let per_call = time.as_secs_f64() / calls as f64;
                return (SAMPLE.as_secs_f64() / per_call.max(1e-10)).ceil() as usize;
            }
            calls *= 4;
        }
    }

    /// The cost of a call, on average over `calls`.
    pub(crate) fn measure(&self, contender: &Contender, calls: usize) -> Sample {
        let total = self.time(contender, calls);
        Sample {
            ns: total.time.as_secs_f64() * 1e9 / calls as f64,
            ticks: total.ticks.map(|ticks| ticks as f64 / calls as f64),
        }
    }

    /// The cost of `calls` calls.
    fn time(&self, contender: &Contender, calls: usize) -> Total {
        if self.scenario.mode != Mode::Flushed {
            return Total::of(thread_time, || self.call(contender, calls));
        }
        let start = Instant::now();
        let calls = (0..calls).map(|_| {
            self.prepare();
            Total::of(|| start.elapsed(), || self.call(contender, 1))
        });
        calls.fold(Total::default(), Total::and)
    }

    /// The same as [`Self::call`], with what goes before each call.
    pub(crate) fn call_prepared(&self, contender: &Contender, calls: usize) {
        if self.scenario.mode != Mode::Flushed {
            return self.call(contender, calls);
        }
        for _ in 0..calls {
            self.prepare();
            self.call(contender, 1);
        }
    }

    /// Calls `contender` `calls` times. It does not flush the message: see [`Self::prepare`].
    pub fn call(&self, contender: &Contender, calls: usize) {
        match self.scenario.mode {
            Mode::Throughput | Mode::Flushed | Mode::Guard => {
                self.call_independently(contender, calls)
            }
            Mode::Latency => self.call_dependently(contender, calls),
            Mode::Register => self.call_in_chain(contender, calls),
            Mode::Random => self.call_randomly(contender, calls),
        }
    }

    /// Flushes the message if the scenario asks for that before each call.
    pub fn prepare(&self) {
        if self.scenario.mode == Mode::Flushed {
            flush(self.memory.message(&self.scenario));
        }
    }

    /// How many calls belong together: all random messages of a round, else 1.
    pub fn calls_at_least(&self) -> usize {
        self.slots.len().max(1)
    }

    fn call_independently(&self, contender: &Contender, calls: usize) {
        let message = self.memory.message(&self.scenario);
        for _ in 0..calls {
            black_box(contender.checksum(message));
        }
    }

    /// The result of a call decides where the next message starts. It is always the same place,
    /// since the mask is 0, but the CPU has to wait for the result.
    fn call_dependently(&self, contender: &Contender, calls: usize) {
        let mask = black_box(0);
        let mut last = 0;
        for _ in 0..calls {
            last = contender.checksum(self.message_after(last & mask));
        }
        black_box(last);
    }

    /// Each call goes on from the checksum of the one before.
    fn call_in_chain(&self, contender: &Contender, calls: usize) {
        let message = self.memory.message(&self.scenario);
        let mut last = 0;
        for _ in 0..calls {
            last = contender.update(last, message);
        }
        black_box(last);
    }

    /// The message of a scenario with a fixed length.
    pub fn message(&self) -> &[u8] {
        self.memory.message(&self.scenario)
    }

    /// The message that starts `bytes` bytes later.
    #[inline]
    pub fn message_after(&self, bytes: u32) -> &[u8] {
        let start = self.scenario.offset_bytes % 64 + bytes as usize;
        &self.memory.bytes()[start..][..self.scenario.size_bytes]
    }

    fn call_randomly(&self, contender: &Contender, calls: usize) {
        for &slot in self.slots.iter().cycle().take(calls) {
            black_box(contender.checksum(self.memory.message_at(slot)));
        }
    }
}

/// The cost of a call, on average over a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    /// Nanoseconds.
    pub ns: f64,
    /// Ticks of the CPU's counter; `None` where it has none that can be read.
    pub ticks: Option<f64>,
}

/// The cost of some calls together.
#[derive(Clone, Copy, Debug)]
struct Total {
    time: Duration,
    ticks: Option<u64>,
}

impl Default for Total {
    /// The cost of no calls.
    fn default() -> Self {
        let time = Duration::ZERO;
        let ticks = ticks::UNIT.map(|_| 0);
        Self { time, ticks }
    }
}

impl Total {
    /// The cost of `work`. A clock that counts the time of this thread stands still while the
    /// system runs another thread on the core, and takes some hundred nanoseconds to read, so calls
    /// that are timed alone use the ordinary one. The counter never stands still.
    fn of(clock: impl Fn() -> Duration, work: impl FnOnce()) -> Self {
        let start = clock();
        let first = ticks::now();
        work();
        let last = ticks::now();
        let ticks = last.zip(first);
        Self {
            time: clock().saturating_sub(start),
            ticks: ticks.map(|(last, first)| last.saturating_sub(first)),
        }
    }

    fn and(self, other: Self) -> Self {
        let ticks = self.ticks.zip(other.ticks);
        Self {
            time: self.time + other.time,
            ticks: ticks.map(|(own, other)| own + other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contender::ContenderKind;
    use std::sync::Arc;
    use std::sync::Mutex;

    /// The offsets and lengths of the messages that a contender gets.
    fn calls_of(mode: Mode, calls: usize) -> Vec<(usize, usize)> {
        let scenario = Scenario {
            mode,
            size_bytes: 5000,
            offset_bytes: 3,
        };
        let memory = Memory::new(5000, 1).expect("memory");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let start = memory.bytes().as_ptr() as usize;
        let record = move |_, message: &[u8]| {
            let offset = message.as_ptr() as usize - start;
            log.lock()
                .expect("no panic while held")
                .push((offset, message.len()));
            !0
        };
        let contender = Contender::subject("log", record);
        Timer::new(scenario, &memory, 5).measure(&contender, calls);
        let seen = seen.lock().expect("no panic while held");
        seen.clone()
    }

    #[test]
    fn every_call_gets_the_message_of_the_scenario() {
        assert_eq!(calls_of(Mode::Throughput, 7), vec![(3, 5000); 7]);
        assert_eq!(calls_of(Mode::Latency, 7), vec![(3, 5000); 7]);
        assert_eq!(calls_of(Mode::Register, 7), vec![(3, 5000); 7]);
        let guarded = calls_of(Mode::Guard, 2);
        assert!(
            guarded
                .iter()
                .all(|(offset, length)| (offset + length) % 4096 == 0)
        );
        if crate::flush::is_available() {
            assert_eq!(calls_of(Mode::Flushed, 2), vec![(3, 5000); 2]);
        }
    }

    #[test]
    fn each_call_of_a_chain_goes_on_from_the_checksum_before() {
        let memory = Memory::new(100, 1).expect("memory");
        let scenario = Scenario {
            mode: Mode::Register,
            size_bytes: 100,
            offset_bytes: 0,
        };
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let record = move |checksum, _: &[u8]| {
            log.lock().expect("no panic while held").push(checksum);
            checksum * 3 + 1
        };
        let contender = Contender::subject("log", record);
        let sample = Timer::new(scenario, &memory, 1).measure(&contender, 4);
        assert_eq!(*seen.lock().expect("no panic while held"), [0, 1, 4, 13]);
        assert_eq!(sample.ticks.is_some(), ticks::UNIT.is_some());
    }

    /// A sample of too few calls would measure the clock.
    #[test]
    fn a_first_call_that_is_slow_does_not_decide_how_many_make_a_sample() {
        let scenario = Scenario {
            mode: Mode::Throughput,
            size_bytes: 1,
            offset_bytes: 0,
        };
        let memory = Memory::new(1, 1).expect("memory");
        let is_first = std::sync::atomic::AtomicBool::new(true);
        let slow_at_first = move |_: &[u8]| {
            if is_first.swap(false, std::sync::atomic::Ordering::Relaxed) {
                // Busy, since the thread time stands still while a thread sleeps.
                let start = thread_time();
                while thread_time() - start < TRIAL * 100 {}
            }
            0
        };
        let contender = Contender::new(
            "slow at first",
            ContenderKind::Subject,
            Box::new(slow_at_first),
        );
        assert!(Timer::new(scenario, &memory, 1).calls_per_sample(&contender) > 100);
    }

    #[test]
    fn random_messages_have_all_lengths_and_alignments() {
        let calls = calls_of(Mode::Random, 2048);
        assert_eq!(calls.len(), 2048);
        assert!(calls.iter().all(|(_, length)| (1..=5000).contains(length)));
        let mean = calls.iter().map(|(_, length)| length).sum::<usize>() / calls.len();
        assert!((2300..2700).contains(&mean), "{mean}");
        for alignment in 0..64 {
            assert!(calls.iter().any(|(offset, _)| offset % 64 == alignment));
        }
        assert_eq!(
            calls,
            calls_of(Mode::Random, 2048),
            "the same for every contender"
        );
    }
}
