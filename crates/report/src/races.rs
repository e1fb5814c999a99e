//! The races of first calls, in a report.

use crate::count::count_in_words;
use crcheck_check::races::{Races, median};
use serde::Serialize;
use std::fmt;

/// How many first calls raced, and how closely together they began. This is what ran, and no bound:
/// whether threads meet in the moment in which something is wrong is chance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RacesReport {
    /// How many fresh processes raced, and how many of them had a call that was wrong.
    pub processes: usize,
    pub wrong_processes: usize,
    /// How many threads made a first call in them, and how many of these calls were under way while
    /// another one was.
    pub calls: usize,
    pub overlapping: usize,
    /// The numbers of threads.
    pub threads: Vec<usize>,
    /// How long after the first call the second one began, in nanoseconds: the median of the
    /// processes whose threads began together. `null` if there were none.
    pub median_spread_ns: Option<u64>,
    /// The same for each number of threads.
    pub by_threads: Vec<RacesOfReport>,
    /// Whether time ended the races before the plan did.
    pub is_cut_short: bool,
    /// How many instructions a first call takes more than the next one, as far as it was followed;
    /// `null` if nobody can follow calls here.
    pub extra_instructions: Option<u64>,
    /// How many first calls were stopped in the middle while another thread made its own.
    pub stopped: usize,
}

/// The races of one number of threads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RacesOfReport {
    pub threads: usize,
    pub processes: usize,
    pub calls: usize,
    pub overlapping: usize,
    /// Medians, in nanoseconds after the first call began: when the second one did, ...
    pub median_spread_ns: Option<u64>,
    /// ... and when the last one did.
    pub median_spread_to_last_ns: Option<u64>,
}

impl RacesReport {
    pub(crate) fn new(races: &Races) -> Self {
        let by_threads = races.by_threads.iter().map(|(&threads, of)| RacesOfReport {
            threads,
            processes: of.processes,
            calls: of.calls,
            overlapping: of.overlapping,
            median_spread_ns: median(of.second_ns.clone()),
            median_spread_to_last_ns: median(of.last_ns.clone()),
        });
        Self {
            processes: races.processes(),
            wrong_processes: races.wrong_processes,
            calls: races.calls(),
            overlapping: races.overlapping(),
            threads: races.by_threads.keys().copied().collect(),
            median_spread_ns: races.median_spread_ns(),
            by_threads: by_threads.collect(),
            is_cut_short: races.is_cut_short,
            extra_instructions: races.lazy.map(|lazy| lazy.extra_instructions),
            stopped: races.lazy.map_or(0, |lazy| lazy.stopped),
        }
    }
}

impl fmt::Display for RacesReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = count_in_words(self.calls as u64, "first call");
        let es = if self.processes == 1 { "" } else { "es" };
        write!(f, "{calls} raced in {} fresh process{es}", self.processes)?;
        if self.processes == 0 {
            return Ok(());
        }
        let numbers: Vec<String> = self.threads.iter().map(usize::to_string).collect();
        write!(f, " of {} threads", numbers.join(", "))?;
        if let Some(spread_ns) = self.median_spread_ns {
            write!(f, ", the second {spread_ns} ns after the first (median)")?;
        }
        if self.is_cut_short {
            f.write_str("; time ended the races early")?;
        }
        match self.extra_instructions {
            None => Ok(()),
            Some(0) => f.write_str("; a first call takes no more instructions than the next"),
            Some(extra) => write!(
                f,
                "; a first call takes {extra} instructions more than the next, {} stopped in the \
                 middle while another thread called",
                self.stopped
            ),
        }
    }
}
