//! The custom mutator. It changes length, alignment, splits and register more than bytes, because a
//! kernel's paths depend on those, and a byte flip in the body changes none of them.

use super::{FORMAT, HEADER_BYTES, Header, LENGTH_COMMON, LENGTH_MAX};
use crate::case::SPLITS_MAX;
use crcheck_platform::rng::SplitMix64;
use crcheck_subject::{Subject, thresholds};

/// Lengths at which most kernels take another path.
const LANDMARKS: [u32; 18] = [
    1, 4, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 512, 640, 1024, 2048, 4096,
];

/// One mutation in this number may leave a length above [`LENGTH_COMMON`].
const LONG_ONE_IN: u64 = 768;

/// Of as many mutations, two take a length of the subject itself, and one takes the next length of
/// the march.
const OWN_ROUND: u64 = 16;

/// The march visits the lengths below this, each once in a round.
const MARCH_LENGTHS: u32 = 1 << 16;

/// The step of the march: odd, so that it visits every length, and near the golden section, so that
/// it soon visits the neighbourhood of each.
const MARCH_STEP: u32 = 40_503;

/// Distances from a length of the subject to the lengths that are as telling: one byte, and the
/// widths of vectors.
const OWN_STEPS: [i64; 10] = [0, 0, 0, -1, 1, -1, 1, 16, 32, 64];

/// The mutator of a target.
#[derive(Clone, Debug, Default)]
pub struct Mutator {
    /// The lengths at which the subjects take another path, as far as anybody knows.
    own: Vec<usize>,
    /// Whether there are subjects of others.
    has_others: bool,
    /// The last length of the march.
    marched: Option<u32>,
}

impl Mutator {
    /// The mutator for subjects of others: besides what it does for every subject, it draws their
    /// own thresholds, and marches through all lengths up to 64 KiB, since nothing in the code may
    /// say at which of them it goes wrong. Built-in tiers have a corpus for theirs.
    pub fn for_subjects(subjects: &[Box<dyn Subject>]) -> Self {
        let others = || {
            subjects
                .iter()
                .filter(|one| one.capabilities().tier.is_none())
        };
        let mut own: Vec<usize> = others().flat_map(|one| thresholds(one.as_ref())).collect();
        own.retain(|&length| length <= LENGTH_MAX);
        own.sort_unstable();
        own.dedup();
        Self {
            own,
            has_others: others().next().is_some(),
            marched: None,
        }
    }

    /// Mutates the input in `data[..size]` in place and returns its new size, at most `size_max`.
    ///
    /// `mutate_bytes(data, size, size_max)` is the fuzzer's own byte mutation. It mutates the body.
    pub fn mutate(
        &mut self,
        data: &mut [u8],
        size: usize,
        size_max: usize,
        seed: u32,
        mutate_bytes: impl Fn(&mut [u8], usize, usize) -> usize,
    ) -> usize {
        if size_max < HEADER_BYTES {
            return mutate_bytes(data, size, size_max);
        }
        let mut rng = SplitMix64::new(u64::from(seed));
        let read = Header::read(&data[..size]).map(|(header, body)| (header, body.len()));
        let (mut header, body_bytes) = read.unwrap_or_default();
        mutate_header(&mut header, &mut rng);
        ration_length(&mut header, &mut rng);
        if let Some(length) = self.own_length(&mut rng) {
            header.length = length;
        }
        data[..HEADER_BYTES].copy_from_slice(&header.write());
        debug_assert_eq!(data[0], FORMAT);
        // One mutation in four changes the body; an empty body always gets bytes.
        let body_bytes = if body_bytes == 0 || rng.below(4) == 0 {
            let (_, body) = data.split_at_mut(HEADER_BYTES);
            mutate_bytes(body, body_bytes, size_max - HEADER_BYTES)
        } else {
            body_bytes
        };
        HEADER_BYTES + body_bytes
    }

    /// A length for the subjects of others, in one mutation of some.
    fn own_length(&mut self, rng: &mut SplitMix64) -> Option<u32> {
        if !self.has_others {
            return None;
        }
        match rng.below(OWN_ROUND) {
            0 | 1 if !self.own.is_empty() => {
                let own = self.own[rng.index(self.own.len())] as i64;
                let length = (own + OWN_STEPS[rng.index(OWN_STEPS.len())]).max(0) as u64;
                // An execution takes the time of its message, so longer lengths are rarer.
                let share = (length / LENGTH_COMMON as u64).max(1);
                let is_due = length <= LENGTH_MAX as u64 && rng.below(share) == 0;
                is_due.then_some(length as u32)
            }
            2 => {
                // Processes that fuzz side by side begin at other places.
                let from = self.marched.unwrap_or_else(|| rng.next_u64() as u32);
                self.marched = Some(from.wrapping_add(MARCH_STEP) % MARCH_LENGTHS);
                self.marched
            }
            _ => None,
        }
    }
}

fn mutate_header(header: &mut Header, rng: &mut SplitMix64) {
    for _ in 0..=rng.below(3) {
        match rng.below(10) {
            0..=3 => header.length = draw_length(header.length, rng),
            4 => header.alignment = rng.below(64) as u8,
            5 => header.guard = rng.below(4) as u8,
            6 | 7 => mutate_splits(header, rng),
            8 => header.register = draw_register(rng),
            _ => header.seed = if rng.below(8) == 0 { 0 } else { rng.next_u64() },
        }
    }
}

fn mutate_splits(header: &mut Header, rng: &mut SplitMix64) {
    header.split_count = rng.below(SPLITS_MAX as u64 + 1) as u8;
    header.forge = if rng.below(4) == 0 {
        rng.below(3) as u8
    } else {
        0
    };
    let bound = header.length_bytes() as u64 + 1;
    for split in &mut header.splits {
        *split = match rng.below(4) {
            0 => *split,
            1 => rng.below(bound.min(70)) as u32,
            _ => rng.below(bound) as u32,
        };
    }
}

/// Draws a length: near the old one, near a landmark, or from any size class with equal
/// probability.
fn draw_length(old: u32, rng: &mut SplitMix64) -> u32 {
    match rng.below(6) {
        0 => old
            .wrapping_add(rng.below(33) as u32)
            .wrapping_sub(16)
            .min(LENGTH_MAX as u32),
        1 => {
            let landmark = LANDMARKS[rng.index(LANDMARKS.len())];
            (landmark + rng.below(5) as u32).saturating_sub(2)
        }
        _ => {
            let bits = rng.below(u64::from(LENGTH_MAX.ilog2()) + 1);
            rng.below(1 << (bits + 1)) as u32
        }
    }
}

fn draw_register(rng: &mut SplitMix64) -> u64 {
    match rng.below(4) {
        0 => 0,
        1 => u64::MAX,
        2 => 1 << rng.below(64),
        _ => rng.next_u64(),
    }
}

fn ration_length(header: &mut Header, rng: &mut SplitMix64) {
    if header.length_bytes() > LENGTH_COMMON && rng.below(LONG_ONE_IN) != 0 {
        // Each size class has equal probability, since the time of an execution is that of its
        // message.
        let bits = rng.below(u64::from(LENGTH_COMMON.ilog2()));
        header.length = rng.below(2 << bits) as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::decode;
    use crcheck_oracle::model::Model;
    use crcheck_subject::{Capabilities, SubjectName};
    use std::collections::HashSet;

    fn chain(steps: u32) -> Vec<crate::case::Case> {
        chain_of(&mut Mutator::default(), steps)
    }

    fn chain_of(mutator: &mut Mutator, steps: u32) -> Vec<crate::case::Case> {
        let mut data = vec![0; 300];
        let mut size = 0;
        (0..steps)
            .map(|seed| {
                size = mutator.mutate(&mut data, size, 300, seed, |body, size, size_max| {
                    let grown = (size + 1).min(size_max);
                    body[..grown].fill(seed as u8);
                    grown
                });
                decode(&data[..size], &Model::CRC_32_ISO_HDLC).expect("a valid input")
            })
            .collect()
    }

    #[test]
    fn every_mutation_is_a_valid_input() {
        assert_eq!(chain(1000).len(), 1000);
    }

    #[test]
    fn length_alignment_and_splits_all_change() {
        let cases = chain(20_000);
        for alignment in 0..64 {
            assert!(cases.iter().any(|case| case.placement.offset == alignment));
        }
        for landmark in LANDMARKS {
            assert!(
                cases
                    .iter()
                    .any(|case| case.message.len() == landmark as usize)
            );
        }
        for count in 0..=SPLITS_MAX {
            assert!(cases.iter().any(|case| case.splits.len() == count));
        }
    }

    #[test]
    fn long_messages_are_a_small_share_and_not_none() {
        let long = chain(50_000)
            .iter()
            .filter(|case| case.message.len() > LENGTH_COMMON)
            .count();
        assert!((1..=50_000 / 100).contains(&long), "{long} of 50000");
    }

    #[test]
    fn without_room_for_a_header_the_bytes_are_mutated_as_they_are() {
        let mut data = vec![0; 10];
        let size = Mutator::default().mutate(&mut data, 3, 10, 1, |_, size, _| size + 1);
        assert_eq!(size, 4);
    }

    /// A kernel of somebody else that takes another path at some lengths.
    struct Theirs(Vec<usize>);

    impl Subject for Theirs {
        fn name(&self) -> SubjectName {
            "theirs".into()
        }

        fn update(&self, checksum: u64, _: &[u8]) -> u64 {
            checksum
        }

        fn capabilities(&self) -> Capabilities {
            Capabilities {
                thresholds: self.0.clone(),
                ..Capabilities::default()
            }
        }
    }

    fn times(cases: &[crate::case::Case], length: usize) -> usize {
        cases
            .iter()
            .filter(|case| case.message.len() == length)
            .count()
    }

    #[test]
    fn both_sides_of_a_subjects_own_lengths_are_drawn_often() {
        let own = vec![100, 65_521, 1_000_003];
        let mut mutator = Mutator::for_subjects(&[Box::new(Theirs(own.clone()))]);
        let cases = chain_of(&mut mutator, 200_000);
        for length in own.into_iter().flat_map(|own| own - 1..=own + 1) {
            assert!(times(&cases, length) >= 2, "{length}");
        }
        // Without their lengths, nothing is near.
        let others = chain(200_000);
        assert_eq!(times(&others, 1_000_003), 0);
    }

    #[test]
    fn the_march_visits_every_length_up_to_64_kib() {
        let mut mutator = Mutator::for_subjects(&[Box::new(Theirs(Vec::new()))]);
        let mut rng = SplitMix64::new(1);
        let lengths: HashSet<u32> = (0..1_200_000)
            .filter_map(|_| mutator.own_length(&mut rng))
            .collect();
        assert_eq!(lengths.len(), MARCH_LENGTHS as usize);
    }

    #[test]
    fn for_built_in_tiers_nothing_is_added() {
        let tiers = crcheck_subject::available_tiers();
        let mut mutator = Mutator::for_subjects(&tiers);
        assert_eq!(chain_of(&mut mutator, 2000), chain(2000));
    }
}
