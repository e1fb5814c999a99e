//! Lengths that recur with a period: "every multiple of 12".

use std::collections::BTreeSet;

/// Lengths that leave one of some residues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LengthPeriod {
    pub(crate) modulus: usize,
    pub(crate) residues: BTreeSet<usize>,
}

/// A kernel has no larger blocks.
const MODULUS_MAX: usize = 256;

/// Lengths recur if they are seen in at least so many periods.
const PERIODS_MIN: usize = 3;

/// Residues that fall into more runs follow no rule.
const RUNS_MAX: usize = 2;

/// So many periods are worth trying.
const CHOSEN_MAX: usize = 16;

/// Periods with which all of these lengths recur, those that hold for the fewest lengths first.
/// Powers of two up to `leave_out` are not among them.
pub(crate) fn of_lengths(lengths: &BTreeSet<usize>, leave_out: usize) -> Vec<LengthPeriod> {
    let moduli = 2..=MODULUS_MAX;
    let moduli = moduli.filter(|modulus| !modulus.is_power_of_two() || *modulus > leave_out);
    let mut periods: Vec<LengthPeriod> = moduli
        .filter_map(|modulus| of_modulus(lengths, modulus))
        .collect();
    periods.sort_by_key(|period| period.residues.len() * (1 << 20) / period.modulus);
    periods.truncate(CHOSEN_MAX);
    periods
}

fn of_modulus(lengths: &BTreeSet<usize>, modulus: usize) -> Option<LengthPeriod> {
    let mut has = vec![false; modulus];
    for length in lengths {
        has[length % modulus] = true;
    }
    let count = has.iter().filter(|&&has| has).count();
    let follows = |&residue: &usize| has[residue] && !has[(residue + modulus - 1) % modulus];
    let runs = (0..modulus).filter(follows).count();
    if count == modulus || runs.min(modulus - count) > RUNS_MAX {
        return None;
    }
    // A shorter period says the same.
    let repeats = |shorter: usize| {
        let mut residues = 0..modulus;
        residues.all(|residue| has[residue] == has[(residue + shorter) % modulus])
    };
    let mut shorter = (1..modulus).filter(|shorter| modulus.is_multiple_of(*shorter));
    if shorter.any(repeats) {
        return None;
    }
    let seen: BTreeSet<usize> = lengths.iter().map(|length| length / modulus).collect();
    (seen.len() >= PERIODS_MIN).then(|| LengthPeriod {
        modulus,
        residues: (0..modulus).filter(|&residue| has[residue]).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn periods(lengths: impl Iterator<Item = usize>) -> Vec<(usize, Vec<usize>)> {
        let all = of_lengths(&lengths.collect(), 64);
        let pair = |period: LengthPeriod| (period.modulus, period.residues.into_iter().collect());
        all.into_iter().map(pair).collect()
    }

    #[test]
    fn the_narrowest_period_comes_first() {
        let multiples = periods((2..9).map(|count| 150 * count));
        assert_eq!(multiples[0], (150, vec![0]));
        let two = periods((0..400).filter(|length| [1, 5].contains(&(length % 12))));
        assert_eq!(two[0], (12, vec![1, 5]));
        let but_one = periods((0..900).filter(|length| length % 100 != 7));
        assert_eq!(but_one.len(), 1);
        assert_eq!(but_one[0].0, 100);
    }

    #[test]
    fn neighbours_do_not_recur() {
        assert_eq!(periods(100..110), []);
        assert_eq!(periods(0..600), []);
    }
}
