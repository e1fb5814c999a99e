//! The limits of the machine, measured in the same run: how fast it multiplies without carry, and
//! how fast it loads from each level of memory.

mod caches;
mod clock;
pub(crate) mod load;
mod multiply;
#[cfg(target_arch = "x86_64")]
mod with_features;

use crate::memory::Memory;
use crate::scenario::{Mode, Scenario};
use serde::{Deserialize, Serialize};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// The limits of a machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// The core's clock in GHz, which is the number of dependent additions a nanosecond; `None`
    /// where it cannot be measured.
    pub clock_ghz: Option<f64>,
    /// The ticks of the time-stamp counter in a nanosecond; `None` where it cannot be read.
    #[serde(default)]
    pub tsc_ghz: Option<f64>,
    /// The cycles of the core's clock in a tick.
    #[serde(default)]
    pub core_cycles_per_tick: Option<f64>,
    /// Carry-less multiplication at each vector width of the CPU.
    pub multiply: Vec<Multiply>,
    /// Loads from each level of memory, the nearest first.
    pub load: Vec<Load>,
}

/// The limit of carry-less multiplication at one vector width.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Multiply {
    /// Bytes of a vector.
    pub vector_bytes: usize,
    /// Instructions a nanosecond.
    pub per_ns: f64,
    /// The rate of a fold that does nothing else: two multiplications for each vector.
    pub gb_per_s: f64,
}

/// The limit of loads from one level of memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// `L1`, `L2`, `L3` or `DRAM`.
    pub level: String,
    /// The level's size in bytes; `None` for the last.
    pub holds_bytes: Option<usize>,
    /// The bytes that were loaded from it.
    pub measured_bytes: usize,
    /// Gigabytes a second.
    pub gb_per_s: f64,
}

impl Limits {
    /// Measures the limits, which takes some tenths of a second. When `cancelled` is set it ends
    /// soon, and the limits mean nothing.
    ///
    /// # Errors
    /// What the system says when it has no memory.
    pub fn measure(cancelled: &AtomicBool) -> io::Result<Self> {
        let multiply = multiply::widths()
            .into_iter()
            .map(|(vector_bytes, multiply)| {
                let per_ns = best_rate(cancelled, multiply::COUNT, || {
                    multiply();
                });
                Multiply {
                    vector_bytes,
                    per_ns,
                    gb_per_s: per_ns * vector_bytes as f64 / 2.0,
                }
            });
        let clock_ghz =
            clock::additions().map(|additions| best_rate(cancelled, clock::COUNT, additions));
        let tsc_ghz = clock::ticks_per_ns();
        let rates = clock_ghz.zip(tsc_ghz);
        Ok(Self {
            clock_ghz,
            tsc_ghz,
            core_cycles_per_tick: rates.map(|(clock, tsc)| clock / tsc),
            multiply: multiply.collect(),
            load: measure_loads(cancelled)?,
        })
    }

    /// The rate that multiplication alone allows with vectors of this size, in GB/s.
    pub fn multiply_at(&self, vector_bytes: usize) -> Option<f64> {
        let mut widths = self.multiply.iter();
        let found = widths.find(|multiply| multiply.vector_bytes == vector_bytes);
        found.map(|multiply| multiply.gb_per_s)
    }

    /// The rate that loads alone allow, in GB/s: from the nearest level that holds the message, or
    /// from the last level if the message was flushed.
    pub fn load_at(&self, scenario: &Scenario) -> Option<f64> {
        let holds = |load: &&Load| {
            load.holds_bytes
                .is_none_or(|bytes| scenario.size_bytes <= bytes)
        };
        let level = match scenario.mode {
            Mode::Flushed => self.load.last(),
            _ => self.load.iter().find(holds),
        };
        level.map(|load| load.gb_per_s)
    }
}

/// The best of several counts: other load on the machine only makes samples worse.
const SAMPLES: usize = 15;

/// The rate of `work`, which does something `count` times: how often a nanosecond.
fn best_rate(cancelled: &AtomicBool, count: u64, mut work: impl FnMut()) -> f64 {
    let samples = (0..SAMPLES).take_while(|_| !cancelled.load(Ordering::Relaxed));
    let rates = samples.map(|_| {
        let start = Instant::now();
        work();
        count as f64 / start.elapsed().as_nanos().max(1) as f64
    });
    rates.fold(0.0, f64::max)
}

fn measure_loads(cancelled: &AtomicBool) -> io::Result<Vec<Load>> {
    let caches = caches::data_caches();
    let farthest = caches.last().map_or(0, |cache| cache.size_bytes);
    let dram_bytes = (farthest * 4).clamp(64 << 20, 256 << 20);
    let memory = Memory::new(dram_bytes, 1)?;
    let load = |level: String, holds_bytes, measured_bytes| Load {
        level,
        holds_bytes,
        measured_bytes,
        gb_per_s: measure_load_rate(cancelled, &memory.bytes()[..measured_bytes]),
    };
    let mut loads: Vec<Load> = caches
        .iter()
        .map(|cache| {
            let size = cache.size_bytes;
            // The farthest cache is often shared with others.
            let share = if size == farthest { 4 } else { 2 };
            load(format!("L{}", cache.level), Some(size), size / share)
        })
        .collect();
    loads.push(load("DRAM".to_owned(), None, dram_bytes));
    Ok(loads)
}

/// The rate in GB/s of loads from a message that is read again and again.
fn measure_load_rate(cancelled: &AtomicBool, message: &[u8]) -> f64 {
    /// A sample reads at least this much.
    const SAMPLE_BYTES: usize = 8 << 20;
    let passes = (SAMPLE_BYTES / message.len()).max(1);
    // Caches and pages are as they will be from the second pass on.
    if !cancelled.load(Ordering::Relaxed) {
        std::hint::black_box(load::xor_words(message));
    }
    best_rate(cancelled, (passes * message.len()) as u64, || {
        for _ in 0..passes {
            std::hint::black_box(load::xor_words(message));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_of_the_cpu_is_measured() {
        let limits = Limits::measure(&AtomicBool::new(false)).expect("memory");
        assert!(!limits.load.is_empty());
        let rates = limits.multiply.iter().map(|multiply| multiply.gb_per_s);
        let rates = rates.chain(limits.load.iter().map(|load| load.gb_per_s));
        assert!(rates.into_iter().all(|rate| rate.is_finite() && rate > 0.0));
        #[cfg(target_arch = "x86_64")]
        assert_eq!(
            limits.multiply_at(16).is_some(),
            is_x86_feature_detected!("pclmulqdq")
        );
    }

    #[test]
    fn a_message_is_held_by_the_nearest_level_that_is_large_enough() {
        let level = |level: &str, holds_bytes, gb_per_s| Load {
            level: level.to_owned(),
            holds_bytes,
            measured_bytes: 1,
            gb_per_s,
        };
        let limits = Limits {
            load: vec![level("L1", Some(1000), 3.0), level("DRAM", None, 1.0)],
            ..Limits::default()
        };
        let at = |mode, size_bytes| {
            limits.load_at(&Scenario {
                mode,
                size_bytes,
                offset_bytes: 0,
            })
        };
        assert_eq!(at(Mode::Throughput, 1000), Some(3.0));
        assert_eq!(at(Mode::Throughput, 1001), Some(1.0));
        assert_eq!(at(Mode::Flushed, 10), Some(1.0));
    }
}
