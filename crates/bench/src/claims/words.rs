//! How figures are compared and written.

use super::answer::{Answer, Verdict};

/// Figures within this factor are the same: what machines of one kind differ by.
pub(super) const NEAR_TIMES: f64 = 1.25;

/// Figures beyond this factor are different, whatever the machine.
pub(super) const FAR_TIMES: f64 = 2.0;

/// How far apart two figures are: at least 1.
pub(super) fn times_apart(one: f64, other: f64) -> f64 {
    (one / other).max(other / one)
}

/// Judges a figure by its distance from the claimed one. Between near and far it depends on the
/// machine.
pub(super) fn by_distance(claimed: f64, measured: f64, found: String) -> Verdict {
    let apart = times_apart(claimed, measured);
    let answer = if apart <= NEAR_TIMES {
        Answer::Reproduced
    } else if apart > FAR_TIMES {
        Answer::Refuted
    } else {
        Answer::Depends
    };
    Verdict::new(answer, with_condition(answer, "on the machine", found))
}

/// Judges how many times as fast one thing is as another. What is hardly faster is no gain, however
/// near the claimed one is.
pub(super) fn by_gain(claimed: f64, times: f64, found: String) -> Verdict {
    if times <= NEAR_TIMES && claimed > NEAR_TIMES {
        return Verdict::refuted(format!("{found}: no gain"));
    }
    by_distance(claimed, times, found)
}

/// Judges a number that follows from others: it must be that number, in as many digits as the
/// article prints.
pub(super) fn by_rounding(claimed: f64, computed: f64, decimals: usize, sum: &str) -> Verdict {
    let written = format!("{computed:.decimals$}");
    let is_same = written == format!("{claimed:.decimals$}");
    // One more digit shows how near it is.
    let found = format!("{sum} is {computed:.*}", decimals + 1);
    if is_same {
        Verdict::reproduced(found)
    } else {
        Verdict::refuted(format!("{found}, not {claimed:.decimals$}"))
    }
}

/// The sentence, which says what the answer depends on if it does.
pub(super) fn with_condition(answer: Answer, condition: &str, found: String) -> String {
    if answer == Answer::Depends {
        format!("{found}: it depends {condition}")
    } else {
        found
    }
}

/// Three significant digits, or the whole number if that has more.
pub(super) fn digits(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// A rate in the unit that people say: MB/s below 1 GB/s.
pub(super) fn rate(gb_per_s: f64) -> String {
    if gb_per_s < 1.0 {
        format!("{} MB/s", digits(gb_per_s * 1e3))
    } else {
        format!("{} GB/s", digits(gb_per_s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_has_three_answers() {
        let answer = |measured| by_distance(10.0, measured, String::new()).answer;
        assert_eq!(answer(12.0), Answer::Reproduced);
        assert_eq!(answer(8.1), Answer::Reproduced);
        assert_eq!(answer(15.0), Answer::Depends);
        assert_eq!(answer(21.0), Answer::Refuted);
        assert_eq!(answer(1.0), Answer::Refuted);
    }

    #[test]
    fn what_is_hardly_faster_is_no_gain() {
        let answer = |times| by_gain(1.8, times, String::new()).answer;
        assert_eq!(answer(1.7), Answer::Reproduced);
        assert_eq!(answer(1.3), Answer::Depends);
        assert_eq!(answer(1.2), Answer::Refuted);
        assert_eq!(answer(4.0), Answer::Refuted);
    }

    #[test]
    fn a_number_is_the_one_that_the_article_prints_or_it_is_not() {
        let answer = |computed| by_rounding(5.9, computed, 1, "").answer;
        assert_eq!(answer(5.88), Answer::Reproduced);
        assert_eq!(answer(5.84), Answer::Refuted);
    }
}
