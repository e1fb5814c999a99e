//! When wrong answers appear: conditions, learned from calls with wrong answers and from calls with
//! right ones.

use crate::call::{Call, start};
use crate::condition::Condition;
use crcheck_oracle::model::Model;
use crcheck_platform::message_memory::Placement;
use std::fmt;

/// Conditions that hold together. None of them means always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions(pub Vec<Condition>);

impl Conditions {
    /// The simplest conditions that hold for all of `shown` and for none of `hidden`.
    pub(crate) fn learn(model: &Model, shown: &[&Call], hidden: &[&Call]) -> Option<Self> {
        if hidden.is_empty() {
            return Some(Self::default());
        }
        let candidates: Vec<Candidate> = Condition::all_of(model, shown)
            .into_iter()
            .map(|condition| Candidate::new(model, condition, hidden))
            .filter(|candidate| candidate.excluded.iter().any(|&word| word != 0))
            .collect();
        let all = low_bits(hidden.len());
        let mut search = Search {
            candidates: &candidates,
            all: &all,
            best: None,
        };
        search.extend(&mut Vec::new(), &vec![0; all.len()], 0, 0);
        let (_, chosen) = search.best?;
        let mut chosen: Vec<Condition> = chosen
            .iter()
            .map(|&index| candidates[index].condition.clone())
            .collect();
        chosen.sort_by_key(|condition| matches!(condition, Condition::LengthFrom(_)));
        Some(Self(chosen))
    }

    /// Whether all of them hold for a call.
    pub(crate) fn hold(&self, call: &Call, model: &Model) -> bool {
        self.0.iter().all(|condition| condition.holds(call, model))
    }

    /// Whether all of them hold for a call of this length at this placement, for the right message
    /// and register.
    pub(crate) fn can_hold_at(&self, length: usize, placement: Placement) -> bool {
        let start = start(length, placement);
        self.0
            .iter()
            .all(|condition| condition.can_hold_at(length, start))
    }

    /// Sets the register and the bytes that they demand.
    pub(crate) fn impose(&self, call: &mut Call, model: &Model) {
        for condition in &self.0 {
            condition.impose(call, model);
        }
    }

    /// How hard they are to say.
    pub(crate) fn cost(&self) -> u32 {
        self.0.iter().map(Condition::cost).sum()
    }

    /// The lengths at which they begin or cease to hold.
    pub(crate) fn borders(&self) -> Vec<usize> {
        let border = |condition: &Condition| match condition {
            Condition::LengthFrom(length) | Condition::LengthTo(length) => Some(*length),
            _ => None,
        };
        self.0.iter().filter_map(border).collect()
    }
}

/// A condition with a bit for each hidden call, set if the condition excludes that call.
struct Candidate {
    condition: Condition,
    cost: u32,
    excluded: Vec<u64>,
}

impl Candidate {
    fn new(model: &Model, condition: Condition, hidden: &[&Call]) -> Self {
        let mut excluded = vec![0; hidden.len().div_ceil(64)];
        for (index, call) in hidden.iter().enumerate() {
            if !condition.holds(call, model) {
                excluded[index / 64] |= 1 << (index % 64);
            }
        }
        Self {
            cost: condition.cost(),
            condition,
            excluded,
        }
    }
}

/// A set of the first `count` bits.
fn low_bits(count: usize) -> Vec<u64> {
    let mut bits = vec![u64::MAX; count.div_ceil(64)];
    if let Some(last) = bits.last_mut().filter(|_| !count.is_multiple_of(64)) {
        *last = (1 << (count % 64)) - 1;
    }
    bits
}

/// More conditions than this are no explanation.
const CONDITIONS_MAX: usize = 3;

/// A search for the candidates of least cost that together exclude all hidden calls.
struct Search<'c> {
    candidates: &'c [Candidate],
    all: &'c [u64],
    best: Option<(u32, Vec<usize>)>,
}

impl Search<'_> {
    fn extend(&mut self, chosen: &mut Vec<usize>, excluded: &[u64], cost: u32, next: usize) {
        if excluded == self.all {
            if self.best.as_ref().is_none_or(|(best, _)| cost < *best) {
                self.best = Some((cost, chosen.clone()));
            }
            return;
        }
        if chosen.len() == CONDITIONS_MAX {
            return;
        }
        for index in next..self.candidates.len() {
            let candidate = &self.candidates[index];
            let cost = cost + candidate.cost;
            if self.best.as_ref().is_some_and(|(best, _)| cost >= *best) {
                continue;
            }
            let joined: Vec<u64> = excluded
                .iter()
                .zip(&candidate.excluded)
                .map(|(a, b)| a | b)
                .collect();
            chosen.push(index);
            self.extend(chosen, &joined, cost, index + 1);
            chosen.pop();
        }
    }
}

impl fmt::Display for Conditions {
    /// The lengths come last, in one phrase.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut from, mut to) = (None, None);
        for condition in &self.0 {
            match condition {
                Condition::LengthFrom(first) => from = Some(*first),
                Condition::LengthTo(last) => to = Some(*last),
                other => write!(f, ", {other}")?,
            }
        }
        match (from, to) {
            (None, None) => Ok(()),
            (None, Some(0)) => f.write_str(", at length 0 alone"),
            (Some(first), Some(last)) if first == last => write!(f, ", at length {first} alone"),
            (Some(first), Some(last)) => write!(f, ", from length {first} to length {last}"),
            (Some(first), None) => write!(f, ", {}", Condition::LengthFrom(first)),
            (None, Some(last)) => write!(f, ", {}", Condition::LengthTo(last)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crcheck_platform::message_memory::Placement;

    fn call(length: usize, offset: usize) -> Call {
        Call {
            placement: Placement::aligned(offset),
            checksum: 0x1234_5678,
            message: (0..length).map(|i| (i * 37 + offset * 11) as u8).collect(),
            fill: 0,
        }
    }

    fn learnt(shows: fn(&Call) -> bool) -> String {
        let calls: Vec<Call> = (0..20_000)
            .step_by(7)
            .map(|i| call(i % 321, (i / 321) % 64))
            .collect();
        let (shown, hidden): (Vec<&Call>, Vec<&Call>) = calls.iter().partition(|call| shows(call));
        Conditions::learn(&Model::CRC_32_ISO_HDLC, &shown, &hidden)
            .map_or("nothing".to_owned(), |conditions| conditions.to_string())
    }

    #[test]
    fn the_simplest_conditions_are_learnt() {
        assert_eq!(learnt(|_| true), "");
        assert_eq!(learnt(|call| call.length() >= 200), ", from length 200 on");
        assert_eq!(
            learnt(|call| call.length() % 16 == 13),
            ", when length % 16 = 13"
        );
        assert_eq!(
            learnt(|call| call.length() >= 100 && call.start() % 4 != 0),
            ", unless start address % 4 = 0, from length 100 on"
        );
        assert_eq!(
            learnt(|call| (call.start() + call.length()).is_multiple_of(8)),
            ", when end address % 8 = 0"
        );
    }

    #[test]
    fn lengths_are_the_last_phrase() {
        let odd = Condition::Residue {
            of: crate::condition::Quantity::Start,
            modulus: 2,
            residues: [1].into(),
        };
        let (from, to) = (Condition::LengthFrom, Condition::LengthTo);
        for (conditions, words) in [
            (vec![to(2), from(1)], ", from length 1 to length 2"),
            (vec![to(13), from(13)], ", at length 13 alone"),
            (vec![to(0)], ", at length 0 alone"),
            (
                vec![to(15), odd.clone()],
                ", when start address % 2 = 1, to length 15",
            ),
            (
                vec![to(15), odd, from(1)],
                ", when start address % 2 = 1, from length 1 to length 15",
            ),
        ] {
            assert_eq!(Conditions(conditions).to_string(), words);
        }
    }

    #[test]
    fn chance_is_not_explained() {
        let noise = |call: &Call| (call.length() * 7919 + call.start() * 104_729) % 13 == 5;
        assert_eq!(learnt(noise), "nothing");
        let of_length = |call: &Call| ((call.length() * 7919) >> 3) % 13 == 5;
        assert_eq!(learnt(of_length), "nothing");
    }

    #[test]
    fn lengths_that_recur_are_learnt_with_their_period() {
        assert_eq!(
            learnt(|call| call.length() % 100 == 0 && call.length() >= 100),
            ", when length % 100 = 0, from length 100 on"
        );
        assert_eq!(
            learnt(|call| [4, 5].contains(&(call.length() % 12)) && call.length() >= 40),
            ", when length % 12 = 4, 5, from length 40 on"
        );
        assert_eq!(
            learnt(|call| call.length() % 7 != 3),
            ", unless length % 7 = 3"
        );
    }
}
