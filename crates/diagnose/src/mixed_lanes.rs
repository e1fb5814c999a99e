//! Lanes that are taken for one another: a loop over whole strides of several lanes reads them in
//! a wrong order, or one of them in place of another.

use crate::call::Call;
use crate::experiment::Experiment;
use crate::hypothesis::{Hypothesis, likely_first, plausible};
use crate::reference::Reference;
use std::fmt;

/// A wrong lane, or a wrong half of each lane. A lane has 16 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MixedLanes {
    /// The bytes of a stride.
    pub stride: usize,
    pub unit: LaneUnit,
    pub order: LaneOrder,
    pub strides: Strides,
}

/// What is mixed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneUnit {
    /// The lanes of a stride.
    Lane,
    /// The halves of each lane, 8 bytes each.
    Half,
}

/// In which way, by the index of a lane or half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneOrder {
    Swapped {
        first: usize,
        second: usize,
    },
    /// One is read in place of another, which is never read.
    Twice {
        read: usize,
        never: usize,
    },
    /// Each is read in place of the one this many before it, and the first ones come last.
    Rotated {
        by: usize,
    },
}

/// The whole strides of a message that are affected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strides {
    All,
    First,
    AllButFirst,
    Last,
    /// All of them, and the register, which is in the first lane: a fold joins its lanes so.
    Joined,
    /// Each of them and the register, as often as strides follow: a fold moves its lanes so at
    /// each step.
    EachStep,
}

const LANE_BYTES: usize = 16;

const STRIDE_LANES_MAX: usize = 16;

pub(crate) fn candidates(experiment: &mut Experiment<'_>) -> Vec<MixedLanes> {
    let candidates = likely_first(1..=STRIDE_LANES_MAX).flat_map(|lanes| {
        let halves = orders(2).into_iter().map(|order| (LaneUnit::Half, order));
        let whole = orders(lanes)
            .into_iter()
            .map(|order| (LaneUnit::Lane, order));
        halves.chain(whole).flat_map(move |(unit, order)| {
            let strides = Strides::with(unit, order, lanes).into_iter();
            strides.map(move |strides| MixedLanes {
                stride: LANE_BYTES * lanes,
                unit,
                order,
                strides,
            })
        })
    });
    plausible(experiment, candidates)
}

/// Every wrong order of so many. Two that are swapped are not said to be rotated.
fn orders(count: usize) -> Vec<LaneOrder> {
    let mut orders = Vec::new();
    for first in 0..count {
        for second in first + 1..count {
            orders.push(LaneOrder::Swapped { first, second });
        }
        let others = (0..count).filter(|&read| read != first);
        orders.extend(others.map(|read| LaneOrder::Twice { read, never: first }));
    }
    if count > 2 {
        orders.extend((1..count).map(|by| LaneOrder::Rotated { by }));
    }
    orders
}

impl Strides {
    /// Those that a wrong order of so many lanes tells from others.
    fn with(unit: LaneUnit, order: LaneOrder, lanes: usize) -> Vec<Self> {
        let mut strides = vec![Self::All, Self::AllButFirst, Self::Last];
        // Lanes behind those that are mixed up do not tell where the first stride ends.
        if unit == LaneUnit::Half || order.reaches(lanes) {
            strides.push(Self::First);
        }
        if order.has_first() {
            strides.push(Self::Joined);
        }
        if unit == LaneUnit::Lane {
            strides.push(Self::EachStep);
        }
        strides
    }

    /// How often the stride of this index is mixed up, of `whole` strides.
    fn times(self, index: usize, whole: usize) -> usize {
        let is_mixed = match self {
            Self::All | Self::Joined => true,
            Self::First => index == 0,
            Self::AllButFirst => index > 0,
            Self::Last => index + 1 == whole,
            Self::EachStep => return whole - 1 - index,
        };
        usize::from(is_mixed)
    }

    /// Whether the register is mixed up with the first stride.
    fn has_register(self) -> bool {
        matches!(self, Self::Joined | Self::EachStep)
    }
}

impl LaneOrder {
    /// Whether it moves the first one.
    fn has_first(self) -> bool {
        match self {
            Self::Swapped { first, .. } => first == 0,
            Self::Twice { read, never } => read.min(never) == 0,
            Self::Rotated { .. } => true,
        }
    }

    /// Whether it moves the last one of so many.
    fn reaches(self, count: usize) -> bool {
        match self {
            Self::Swapped { second, .. } => second + 1 == count,
            Self::Twice { read, never } => read.max(never) + 1 == count,
            Self::Rotated { .. } => true,
        }
    }

    /// The least number of times that does the same as `times`, among so many units.
    fn times_less(self, times: usize, units: usize) -> usize {
        match self {
            Self::Swapped { .. } => times % 2,
            Self::Twice { .. } => times.min(1),
            Self::Rotated { .. } => times % units,
        }
    }

    /// Mixes the units of a group.
    fn mix(self, group: &mut [u8], unit: usize) {
        match self {
            Self::Swapped { first, second } => {
                let (head, tail) = group.split_at_mut(second * unit);
                head[first * unit..][..unit].swap_with_slice(&mut tail[..unit]);
            }
            Self::Twice { read, never } => {
                group.copy_within(read * unit..(read + 1) * unit, never * unit);
            }
            Self::Rotated { by } => group.rotate_left(by * unit),
        }
    }
}

impl Hypothesis for MixedLanes {
    fn predict(&self, reference: &Reference, call: &Call, expected: u64) -> u64 {
        let whole = call.length() / self.stride;
        if whole == 0 {
            return expected;
        }
        let mut bytes = call.message.clone();
        let mut checksum = call.checksum;
        if self.strides.has_register() {
            for (at, byte) in bytes.iter_mut().take(LANE_BYTES).enumerate() {
                *byte ^= reference.register_byte(checksum, at);
            }
            checksum = reference.model.checksum_of(0);
        }
        let (group, unit) = match self.unit {
            LaneUnit::Lane => (self.stride, LANE_BYTES),
            LaneUnit::Half => (LANE_BYTES, LANE_BYTES / 2),
        };
        for (index, stride) in bytes.chunks_exact_mut(self.stride).enumerate() {
            let times = self
                .order
                .times_less(self.strides.times(index, whole), group / unit);
            for _ in 0..times {
                let groups = stride.chunks_exact_mut(group);
                groups.for_each(|group| self.order.mix(group, unit));
            }
        }
        reference.update(checksum, &bytes)
    }
}

impl fmt::Display for MixedLanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stride = self.stride;
        let of = match self.strides {
            Strides::All => format!("of each whole {stride} bytes"),
            Strides::First => format!("of the first {stride} bytes"),
            Strides::AllButFirst => format!("of each whole {stride} bytes but the first"),
            Strides::Last => format!("of the last whole {stride} bytes"),
            Strides::Joined => format!("of its fold by {stride} bytes, where it joins them,"),
            Strides::EachStep => format!("of its fold by {stride} bytes, at each step,"),
        };
        let halves_of = match (stride, self.strides) {
            (LANE_BYTES, Strides::All | Strides::First | Strides::AllButFirst | Strides::Last) => {
                of.clone()
            }
            _ => format!("of each {LANE_BYTES} bytes {of}"),
        };
        let half = |index: usize| if index == 0 { "first" } else { "last" };
        let bytes = |lane: usize| format!("{} to {}", LANE_BYTES * lane, LANE_BYTES * lane + 15);
        match (self.unit, self.order) {
            (LaneUnit::Half, LaneOrder::Twice { read, never }) => write!(
                f,
                "reads the {} half {halves_of} twice and the {} half never",
                half(read),
                half(never)
            ),
            (LaneUnit::Half, _) => write!(f, "reads the two halves {halves_of} in the wrong order"),
            (LaneUnit::Lane, LaneOrder::Swapped { first, second })
                if self.strides == Strides::First =>
            {
                let (first, second) = (bytes(first), bytes(second));
                write!(f, "takes bytes {first} and bytes {second} for each other")
            }
            (LaneUnit::Lane, LaneOrder::Twice { read, never })
                if self.strides == Strides::First =>
            {
                let (read, never) = (bytes(read), bytes(never));
                write!(
                    f,
                    "reads bytes {read} twice, for themselves and for bytes {never}"
                )
            }
            (LaneUnit::Lane, LaneOrder::Swapped { first, second }) => write!(
                f,
                "takes lanes {first} and {second} {of} for each other (a lane has 16 bytes)"
            ),
            (LaneUnit::Lane, LaneOrder::Twice { read, never }) => write!(
                f,
                "reads lane {read} {of} twice, for itself and for lane {never} \
                 (a lane has 16 bytes)"
            ),
            (LaneUnit::Lane, LaneOrder::Rotated { by }) => write!(
                f,
                "reads the lanes {of} from lane {by} on, and those before it last \
                 (a lane has 16 bytes)"
            ),
        }
    }
}
