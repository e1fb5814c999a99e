//! The lengths that plans visit beyond the dense ones.

use crate::coverage::cell_map::SINGLE_TO;
use crate::coverage::visited::Drawn;
use crcheck_platform::message_memory::LENGTH_MAX;
use crcheck_platform::rng::SplitMix64;
use crcheck_subject::{Subject, thresholds};
use std::collections::BTreeSet;

/// The distances at which a length lies on the other side of a threshold: one byte, and the widths
/// of vectors.
const STEPS: [usize; 4] = [1, 16, 32, 64];

/// The lengths around thresholds beyond `length_max`, up to `longest`. Thresholds are the powers of
/// two, and the subject's own with their doubles. The lengths lie at ± 1 and ± a vector around
/// each.
pub(crate) fn thresholds_beyond(
    length_max: usize,
    longest: usize,
    subject: &dyn Subject,
) -> Vec<usize> {
    let powers = (0..=LENGTH_MAX.ilog2()).map(|bit| 1_usize << bit);
    let own = thresholds(subject).into_iter();
    let own = own.flat_map(|length| [length, length.saturating_mul(2)]);
    let around = powers.chain(own).flat_map(|threshold| {
        let below = STEPS
            .iter()
            .map(move |step| threshold.saturating_sub(*step));
        below
            .chain(STEPS.iter().map(move |step| threshold + step))
            .chain([threshold])
    });
    let mut lengths: Vec<usize> = around
        .filter(|length| (length_max + 1..=longest.min(LENGTH_MAX)).contains(length))
        .collect();
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}

/// The longest message of a software version, in bytes. It takes a microsecond for what the
/// hardware does in a nanosecond, and goes to the end of its own paths.
pub(crate) fn longest_in_software(subject: &dyn Subject) -> usize {
    let own = thresholds(subject).into_iter();
    let own_max = own.filter(|&length| length <= LENGTH_MAX).max();
    (2 * own_max.unwrap_or(0) + 64).clamp(1 << 14, LENGTH_MAX)
}

/// Lengths that are drawn are longer, in bytes.
const DRAWN_BEYOND: usize = SINGLE_TO;

/// Draws `count` lengths up to `longest`, ascending. Each doubling beyond 4096 bytes is as likely
/// as the others, since code takes another path at lengths that grow by factors; and each length of
/// a doubling is as likely as the others.
pub(crate) fn draw_lengths(rng: &mut SplitMix64, count: usize, longest: usize) -> Vec<usize> {
    let Some(drawn) = drawn_of(count, longest) else {
        return Vec::new();
    };
    let mut lengths = BTreeSet::new();
    // More draws than that would hardly find new lengths.
    let most = count.min((drawn.to - drawn.beyond) / 4);
    while lengths.len() < most {
        let first = drawn.beyond << rng.index(drawn.doublings() as usize);
        lengths.insert(first + 1 + rng.index(first));
    }
    lengths.into_iter().collect()
}

/// What `count` drawn lengths up to `longest` are; `None` if they have no doubling.
pub(crate) fn drawn_of(count: usize, longest: usize) -> Option<Drawn> {
    let doublings = (longest.min(LENGTH_MAX) / DRAWN_BEYOND).checked_ilog2()?;
    (count > 0 && doublings > 0).then_some(Drawn {
        lengths: count,
        beyond: DRAWN_BEYOND,
        to: DRAWN_BEYOND << doublings,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crcheck_subject::available_tiers;

    #[test]
    fn software_versions_go_beyond_their_own_thresholds() {
        for subject in crcheck_subject::emulated_tiers() {
            let subject = subject.as_ref();
            let own = crcheck_subject::thresholds(subject).into_iter();
            let own_max = own.filter(|&length| length <= LENGTH_MAX).max();
            let own_max = own_max.expect("thresholds");
            let longest = longest_in_software(subject);
            let lengths = thresholds_beyond(640.min(own_max - 2), longest, subject);
            for wanted in [own_max - 1, own_max, 2 * own_max, 2 * own_max + 64] {
                assert!(lengths.contains(&wanted), "{}: {wanted}", subject.name());
            }
        }
    }

    #[test]
    fn thresholds_are_visited_from_both_sides() {
        let subjects = available_tiers();
        let lengths = thresholds_beyond(4096, LENGTH_MAX, subjects[0].as_ref());
        for wanted in [
            4097,
            8191,
            8192,
            8193,
            65_536 - 64,
            65_536 + 64,
            LENGTH_MAX - 1,
            LENGTH_MAX,
        ] {
            assert!(lengths.contains(&wanted), "{wanted}");
        }
        assert!(lengths.is_sorted());
        assert!(
            lengths
                .iter()
                .all(|length| (4097..=LENGTH_MAX).contains(length))
        );
    }

    #[test]
    fn drawn_lengths_are_distinct_and_as_many_in_each_doubling() {
        let mut rng = SplitMix64::new(1);
        let lengths = draw_lengths(&mut rng, 900, LENGTH_MAX);
        assert_eq!(lengths.len(), 900);
        assert!(lengths.is_sorted_by(|one, next| one < next));
        for doubling in 0..9 {
            let first = 4096 << doubling;
            let of_doubling = lengths
                .iter()
                .filter(|&&length| first < length && length <= 2 * first);
            assert!((60..150).contains(&of_doubling.count()), "beyond {first}");
        }
        assert!(
            draw_lengths(&mut rng, 5, 8191).is_empty(),
            "no whole doubling"
        );
    }

    /// The stated share is the one at which the stated probability holds.
    #[test]
    fn the_share_of_drawn_lengths_fits_its_probability() {
        let drawn = drawn_of(1024, LENGTH_MAX).expect("nine doublings");
        let share = drawn.share_at(-10.0);
        let missed = (1.0 - share / 9.0).powi(1024);
        assert!((missed.log2() + 10.0).abs() < 1e-6, "{missed}");
        assert!((0.05..0.07).contains(&share), "{share}");
        assert!((drawn_of(1, 1 << 14).expect("two").share_at(-10.0) - 1.0).abs() < 1e-9);
    }
}
