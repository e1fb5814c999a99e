//! How many first calls have raced, and how closely together they began.

use crcheck_subject::FirstCall;
use std::collections::BTreeMap;

/// The races of first calls of a check. They are facts of what ran, not a bound: whether calls meet
/// in the moment in which something is wrong is chance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Races {
    /// The races of each number of threads.
    pub by_threads: BTreeMap<usize, RacesOf>,
    /// How many of the processes had a call that was wrong.
    pub wrong_processes: usize,
    /// Whether the plan has races that time did not allow.
    pub is_cut_short: bool,
    /// What was seen of first calls instruction by instruction, where that is possible.
    pub lazy: Option<Lazy>,
}

/// First calls, instruction by instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lazy {
    /// How many instructions a first call takes more than the next one, as far as it was followed.
    pub extra_instructions: u64,
    /// How many first calls were stopped in the middle while another thread made its own.
    pub stopped: usize,
}

/// The races of one number of threads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RacesOf {
    /// How many fresh processes raced.
    pub processes: usize,
    /// How many threads made their first call in them.
    pub calls: usize,
    /// How many of those calls were under way while another one was.
    pub overlapping: usize,
    /// For each process whose threads began together: how long after the first call the second one
    /// began, in nanoseconds.
    pub second_ns: Vec<u64>,
    /// The same of the last call.
    pub last_ns: Vec<u64>,
}

impl Races {
    /// Counts the first calls of one process of `threads` threads.
    pub(crate) fn add(
        &mut self,
        threads: usize,
        calls: &[Option<FirstCall>],
        began_together: bool,
    ) {
        let of = self.by_threads.entry(threads).or_default();
        let mut times: Vec<_> = calls.iter().flatten().map(|call| &call.time_ns).collect();
        times.sort_by_key(|time| time.start);
        of.processes += 1;
        of.calls += times.len();
        let overlaps = |(index, time): &(usize, &&std::ops::Range<u64>)| {
            let others = times.iter().enumerate();
            let mut others = others.filter(|(other, _)| other != index);
            others.any(|(_, other)| other.start < time.end && time.start < other.end)
        };
        of.overlapping += times.iter().enumerate().filter(overlaps).count();
        if let (true, [first, second, ..]) = (began_together, times.as_slice()) {
            of.second_ns.push(second.start - first.start);
            let last = times.last().map_or(0, |last| last.start - first.start);
            of.last_ns.push(last);
        }
    }

    /// How many fresh processes raced.
    pub fn processes(&self) -> usize {
        self.by_threads.values().map(|of| of.processes).sum()
    }

    /// How many first calls raced.
    pub fn calls(&self) -> usize {
        self.by_threads.values().map(|of| of.calls).sum()
    }

    /// How many of them were under way while another one was.
    pub fn overlapping(&self) -> usize {
        self.by_threads.values().map(|of| of.overlapping).sum()
    }

    /// How long after the first call of a process the second one began, in nanoseconds: the median
    /// of all processes whose threads began together.
    pub fn median_spread_ns(&self) -> Option<u64> {
        let all = self.by_threads.values().flat_map(|of| &of.second_ns);
        median(all.copied().collect())
    }
}

/// The middle of these numbers; `None` if there are none.
pub fn median(mut numbers: Vec<u64>) -> Option<u64> {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(time_ns: std::ops::Range<u64>) -> Option<FirstCall> {
        let outcome = Ok(0);
        Some(FirstCall { outcome, time_ns })
    }

    #[test]
    fn a_spread_is_from_the_first_start_and_calls_overlap_that_are_under_way_at_once() {
        let mut races = Races::default();
        races.add(3, &[call(150..160), call(100..151), call(400..500)], true);
        races.add(3, &[call(10..20), None, call(15..30)], true);
        races.add(3, &[call(0..1), call(900..901), call(950..951)], false);
        assert_eq!((races.processes(), races.calls()), (3, 8));
        assert_eq!(races.overlapping(), 4);
        let of = &races.by_threads[&3];
        assert_eq!(of.second_ns, [50, 5]);
        assert_eq!(of.last_ns, [300, 5]);
        assert_eq!(races.median_spread_ns(), Some(50));
        assert_eq!(Races::default().median_spread_ns(), None);
    }
}
