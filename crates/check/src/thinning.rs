//! A thinned check: some of its cases, spread over all that it plans.

use crcheck_platform::rng::SplitMix64;
use crcheck_subject::CheckId;
use serde::Serialize;
use std::fmt;

/// How many cells of its plan a thinned check visits at most. The seeds of the corpora, of which a
/// check has up to 250, make them 1000.
pub const CASES: usize = 750;

/// Chooses cases of a check: of each of equal parts of the plan one at random. So it meets lengths
/// and alignments of the whole plan, in whichever order the check goes through them.
#[derive(Debug)]
pub struct Thinning {
    explained: CheckId,
    /// How many cases the check plans, as far as is known before.
    planned: usize,
    /// How many of them it takes.
    parts: usize,
    /// How many cases it has come to.
    met: usize,
    taken: usize,
    /// The next case to take.
    next: usize,
    rng: SplitMix64,
}

/// How many of its cases a thinned check has visited, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Thinned {
    /// The check that has an explained finding.
    pub explained: CheckId,
    pub cases: usize,
    pub planned: usize,
}

impl Thinning {
    /// Of `planned` cases, which have at most `cells_each` cells each, after `explained` has
    /// explained a finding.
    pub(crate) fn new(
        explained: CheckId,
        planned: usize,
        cells_each: usize,
        rng: SplitMix64,
    ) -> Self {
        let mut thinning = Self {
            explained,
            planned,
            parts: planned.min(CASES / cells_each),
            met: 0,
            taken: 0,
            next: 0,
            rng,
        };
        thinning.choose();
        thinning
    }

    /// Chooses the case of the next part.
    fn choose(&mut self) {
        let begin = |part: usize| part * self.planned / self.parts.max(1);
        let (first, end) = (begin(self.taken), begin(self.taken + 1));
        self.next = first + self.rng.index((end - first).max(1));
    }

    /// Whether the check is to visit the next of its cases.
    pub(crate) fn takes_next(&mut self) -> bool {
        let is_due = self.taken < self.parts && self.met == self.next;
        self.met += 1;
        if is_due {
            self.taken += 1;
            self.choose();
        }
        is_due
    }

    /// Whether it has left out a case.
    pub(crate) fn has_left_out(&self) -> bool {
        self.taken < self.met
    }

    /// What it has done, if it has left out a case.
    pub(crate) fn thinned(&self) -> Option<Thinned> {
        self.has_left_out().then_some(Thinned {
            explained: self.explained,
            cases: self.taken,
            planned: self.met,
        })
    }
}

impl fmt::Display for Thinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            explained,
            cases,
            planned,
        } = self;
        let left_out = planned - cases;
        write!(
            f,
            "visited {cases} of {planned} cases, not the other {left_out}: `{explained}` has \
             explained a finding"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(planned: usize, cells_each: usize) -> Vec<usize> {
        let rng = SplitMix64::new(1);
        let mut thinning = Thinning::new(CheckId::new("agree"), planned, cells_each, rng);
        let taken: Vec<usize> = (0..planned).filter(|_| thinning.takes_next()).collect();
        let thinned = thinning.thinned();
        assert_eq!(thinned.is_some(), taken.len() < planned);
        assert!(thinned.is_none_or(|one| (one.cases, one.planned) == (taken.len(), planned)));
        taken
    }

    #[test]
    fn every_part_of_the_plan_has_one_case() {
        for (planned, cells_each) in [(CASES + 1, 1), (8194, 1), (700_000, 1), (1800, 3)] {
            let parts = CASES / cells_each;
            let taken = taken(planned, cells_each);
            assert_eq!(taken.len(), parts, "{planned}");
            for (part, case) in taken.iter().enumerate() {
                let part = part * planned / parts..(part + 1) * planned / parts;
                assert!(
                    part.contains(case),
                    "{case} of {planned} is not in {part:?}"
                );
            }
        }
        // Neither a length nor an alignment is left out by the step.
        let alignments: std::collections::HashSet<usize> =
            taken(64_000, 1).iter().map(|case| case % 64).collect();
        assert_eq!(alignments.len(), 64);
    }

    #[test]
    fn a_short_plan_is_whole() {
        for planned in [0, 1, CASES - 1, CASES] {
            assert_eq!(taken(planned, 1), (0..planned).collect::<Vec<_>>());
        }
    }
}
