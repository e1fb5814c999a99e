//! At which lengths and addresses a finding shows, in words that no judged case contradicts.
//!
//! Only a check that has visited all of its lengths states a rule. One that gave up or went on with
//! a sample knows the first length alone.

use crate::coverage::cell_map::ALIGNMENTS;
use crcheck_subject::{CheckId, Kind};
use std::collections::{BTreeMap, BTreeSet};

/// The cells at which a finding showed.
#[derive(Clone, Debug, Default)]
pub(crate) struct ShownAt {
    /// The alignments of each length, a bit for each.
    cells: BTreeMap<usize, u64>,
    /// Whether longer lengths were dropped.
    is_cut: bool,
}

/// The most lengths that are kept, the shortest ones.
const LENGTHS_MAX: usize = 1 << 14;

impl ShownAt {
    pub(crate) fn insert(&mut self, length: usize, alignment: usize) {
        *self.cells.entry(length).or_default() |= 1 << alignment;
        if self.cells.len() > LENGTHS_MAX {
            self.cells.pop_last();
            self.is_cut = true;
        }
    }
}

/// The cells that were judged, the ones with findings included.
#[derive(Clone, Debug, Default)]
pub(crate) struct JudgedAt {
    lengths: BTreeSet<usize>,
    /// The alignments of the shorter lengths, a bit for each.
    alignments: BTreeMap<usize, u64>,
    /// Whether the check has visited all of its lengths.
    is_whole: bool,
}

/// What a rule may speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Lengths and starts.
    Starts,
    /// Lengths: an inaccessible page beside the message shows the finding, and where that is
    /// decides the start.
    Lengths,
    /// The first length: the finding is one of another check, which visits its own lengths.
    First,
}

impl Scope {
    /// What the lengths of the check `seen_by` say of a finding of `check`. `None` if chance
    /// decides where it shows.
    pub(crate) fn of(seen_by: CheckId, check: CheckId, kind: Kind) -> Option<Self> {
        match kind {
            Kind::DataRace => None,
            _ if seen_by != check => Some(Self::First),
            Kind::OverRead | Kind::UnderRead => Some(Self::Lengths),
            _ => Some(Self::Starts),
        }
    }
}

/// Fewer lengths do not make a rule.
const LENGTHS_MIN: usize = 8;

impl JudgedAt {
    pub(crate) fn new(
        lengths: impl IntoIterator<Item = usize>,
        alignments: impl IntoIterator<Item = (usize, u64)>,
    ) -> Self {
        Self {
            lengths: lengths.into_iter().collect(),
            alignments: alignments.into_iter().collect(),
            is_whole: true,
        }
    }

    /// The cells of a check that has perhaps not visited all of its lengths.
    #[must_use]
    pub(crate) fn whole_if(self, is_whole: bool) -> Self {
        Self { is_whole, ..self }
    }

    /// What the judged cells say of the lengths and alignments at which a finding showed.
    pub(crate) fn rule(&self, shown: &ShownAt, scope: Scope) -> Option<String> {
        let wrong: BTreeSet<usize> = shown.cells.keys().copied().collect();
        let judged: BTreeSet<usize> = self.lengths.union(&wrong).copied().collect();
        let (&first, &last) = (wrong.first()?, wrong.last()?);
        if judged.len() < LENGTHS_MIN {
            return None;
        }
        let right_beyond = judged.range(last + 1..).count();
        let irregular = || match right_beyond {
            _ if first == last => format!("at length {first} alone"),
            0 => format!("first at length {first}"),
            _ => format!("seen between lengths {first} and {last}"),
        };
        if shown.is_cut || !self.is_whole || scope == Scope::First {
            return Some(format!("first at length {first}"));
        }
        let Some(rule) = length_rule(&wrong, &judged) else {
            return Some(irregular());
        };
        if scope == Scope::Lengths {
            return Some(rule);
        }
        Some(match self.starts(shown) {
            Starts::All => rule,
            Starts::Residues(residues) => format!("{rule}, {residues}"),
            Starts::Some => format!("seen {rule}"),
        })
    }

    /// At which of the judged starts a finding showed, among the lengths that show it.
    fn starts(&self, shown: &ShownAt) -> Starts {
        let cells: Vec<(u64, u64)> = shown
            .cells
            .iter()
            .filter_map(|(length, &wrong)| Some((wrong, self.alignments.get(length)? | wrong)))
            .collect();
        if cells.iter().all(|(wrong, judged)| wrong == judged) {
            return Starts::All;
        }
        for modulus in [2, 4, 8, 16, 32, 64] {
            let of_residue = |residue: usize| -> u64 {
                let starts = (residue..ALIGNMENTS).step_by(modulus);
                starts.fold(0, |bits, start| bits | 1 << start)
            };
            let shows = |&residue: &usize| {
                let bits = of_residue(residue);
                cells.iter().any(|(wrong, _)| wrong & bits != 0)
            };
            let residues: BTreeSet<usize> = (0..modulus).filter(shows).collect();
            let bits = residues.iter().fold(0, |bits, &it| bits | of_residue(it));
            if cells.iter().all(|(wrong, judged)| *wrong == judged & bits) {
                return Starts::Residues(residues_in_words("start address", modulus, &residues));
            }
        }
        Starts::Some
    }
}

/// At which starts a finding shows.
enum Starts {
    /// At every start that was judged.
    All,
    /// At these, in words.
    Residues(String),
    /// At some of them.
    Some,
}

/// The rule that tells the wrong lengths from the other judged ones, in words.
fn length_rule(wrong: &BTreeSet<usize>, judged: &BTreeSet<usize>) -> Option<String> {
    let (&first, &last) = (wrong.first()?, wrong.last()?);
    if wrong.len() < LENGTHS_MIN {
        return None;
    }
    for modulus in [1, 2, 4, 8, 16, 32, 64] {
        let residues: BTreeSet<usize> = wrong.iter().map(|length| length % modulus).collect();
        let follows = |length: &&usize| residues.contains(&(*length % modulus));
        let mut within = judged.range(first..=last).filter(follows);
        if last - first < 2 * modulus || !within.all(|length| wrong.contains(length)) {
            continue;
        }
        let has_before = judged.range(..first).any(|length| follows(&length));
        let has_beyond = judged.range(last + 1..).any(|length| follows(&length));
        let which = match residues.len() == modulus {
            true => "at every length".to_owned(),
            false => residues_in_words("length", modulus, &residues),
        };
        return Some(match (has_before, has_beyond) {
            (false, false) => which,
            (true, false) => format!("{which} from length {first} on"),
            (false, true) if last == 0 => "at length 0 alone".to_owned(),
            (false, true) => format!("{which} to length {last}"),
            (true, true) => format!("{which} from length {first} to length {last}"),
        });
    }
    None
}

/// "when length % 16 = 13", or with "unless" if that is shorter.
fn residues_in_words(of: &str, modulus: usize, residues: &BTreeSet<usize>) -> String {
    let list = |values: &mut dyn Iterator<Item = usize>| {
        let values: Vec<String> = values.map(|value| value.to_string()).collect();
        values.join(", ")
    };
    if residues.len() * 2 <= modulus {
        let residues = list(&mut residues.iter().copied());
        format!("when {of} % {modulus} = {residues}")
    } else {
        let others = &mut (0..modulus).filter(|residue| !residues.contains(residue));
        format!("unless {of} % {modulus} = {}", list(others))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every length to 640 was judged at every start.
    fn judged() -> JudgedAt {
        JudgedAt::new(0..=640, (0..=640).map(|length| (length, u64::MAX)))
    }

    fn shown(is_shown: impl Fn(usize, usize) -> bool) -> ShownAt {
        let mut shown = ShownAt::default();
        for length in 0..=640 {
            let alignments = (0..64).filter(|&start| is_shown(length, start));
            alignments.for_each(|start| shown.insert(length, start));
        }
        shown
    }

    fn rule_of(is_shown: impl Fn(usize, usize) -> bool) -> Option<String> {
        judged().rule(&shown(is_shown), Scope::Starts)
    }

    #[test]
    fn a_rule_says_no_more_than_its_scope() {
        let shown = shown(|length, start| length >= 16 && start % 8 == 3);
        let rule = |judged: JudgedAt, scope| judged.rule(&shown, scope).expect("a rule");
        let whole = "at every length from length 16 on, when start address % 8 = 3";
        assert_eq!(rule(judged(), Scope::Starts), whole);
        let lengths = "at every length from length 16 on";
        assert_eq!(rule(judged(), Scope::Lengths), lengths);
        let first = "first at length 16";
        assert_eq!(rule(judged(), Scope::First), first);
        for scope in [Scope::Starts, Scope::Lengths, Scope::First] {
            assert_eq!(rule(judged().whole_if(false), scope), first);
        }
    }

    #[test]
    fn a_rule_is_described_and_chance_is_not() {
        type Shown = fn(usize, usize) -> bool;
        let rules: [(Shown, &str); 9] = [
            (|_, _| true, "at every length"),
            (
                |length, _| length >= 16,
                "at every length from length 16 on",
            ),
            (|length, _| length <= 15, "at every length to length 15"),
            (
                |length, _| (1..=15).contains(&length),
                "at every length from length 1 to length 15",
            ),
            (|length, _| length % 16 == 13, "when length % 16 = 13"),
            (
                |length, _| length >= 100 && length % 16 == 13,
                "when length % 16 = 13 from length 109 on",
            ),
            (|length, _| length % 32 != 0, "unless length % 32 = 0"),
            (
                |length, start| length <= 15 && start % 2 == 1,
                "at every length to length 15, when start address % 2 = 1",
            ),
            (
                |length, start| length <= 15 && (length * 7 + start * 3) % 5 < 2,
                "seen at every length to length 15",
            ),
        ];
        for (is_shown, rule) in rules {
            assert_eq!(rule_of(is_shown).as_deref(), Some(rule));
        }
        let odd_lot = [1, 5, 77, 200, 203, 240, 333, 500];
        let rule = rule_of(|length, _| odd_lot.contains(&length));
        assert_eq!(rule.as_deref(), Some("seen between lengths 1 and 500"));
        let rule = rule_of(|length, _| length == 640 || odd_lot.contains(&length));
        assert_eq!(rule.as_deref(), Some("first at length 1"));
        let rule = rule_of(|length, _| length == 13);
        assert_eq!(rule.as_deref(), Some("at length 13 alone"));
        assert_eq!(rule_of(|_, _| false), None);
    }

    /// Lengths that nobody judged are neither right nor wrong.
    #[test]
    fn lengths_that_were_not_judged_say_nothing() {
        let mut shown = ShownAt::default();
        (16..=640)
            .step_by(16)
            .for_each(|length| shown.insert(length, 0));
        let judged = JudgedAt::new((0..=640).step_by(16), []);
        let rule = judged.rule(&shown, Scope::Starts);
        assert_eq!(rule.as_deref(), Some("at every length from length 16 on"));
        assert_eq!(
            JudgedAt::default().rule(&ShownAt::default(), Scope::Starts),
            None
        );
    }

    #[test]
    fn dropped_lengths_make_no_rule() {
        let mut shown = ShownAt::default();
        let lengths = 3..=LENGTHS_MAX + 10;
        lengths
            .clone()
            .rev()
            .for_each(|length| shown.insert(length, 0));
        let judged = JudgedAt::new(lengths, []);
        assert_eq!(
            judged.rule(&shown, Scope::Starts).as_deref(),
            Some("first at length 3")
        );
    }
}
