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

/// Judges a plain figure of another machine. This machine's own figure cannot refute it: it depends
/// on `condition` unless both are near.
pub(super) fn by_figure(claimed: f64, measured: f64, condition: &str, found: String) -> Verdict {
    let answer = if times_apart(claimed, measured) <= NEAR_TIMES {
        Answer::Reproduced
    } else {
        Answer::Depends
    };
    Verdict::new(answer, with_condition(answer, condition, found))
}

/// Judges a figure that is claimed to be reached: to exceed it is to reach it. What stays below it
/// here refutes nothing: it depends on `condition`.
pub(super) fn by_reach(claimed: f64, measured: f64, condition: &str, found: String) -> Verdict {
    by_figure(claimed, measured.min(claimed), condition, found)
}

/// Judges how many times as fast one thing is as another on any machine: to exceed it is to reach
/// it, and to stay far below refutes it. What is hardly faster is no gain, however near the claimed
/// one is.
pub(super) fn by_gain(claimed: f64, times: f64, found: String) -> Verdict {
    if times <= NEAR_TIMES && claimed > NEAR_TIMES {
        return Verdict::refuted(format!("{found}: no gain"));
    }
    by_distance(claimed, times.min(claimed), found)
}

/// Judges whether two figures are the same on any machine, `times` apart. In the margin between
/// near and far it depends on the machine.
pub(super) fn by_sameness(times: f64, found: String, otherwise: &str) -> Verdict {
    let verdict = by_distance(1.0, times, found.clone());
    if verdict.answer == Answer::Refuted {
        Verdict::refuted(found + otherwise)
    } else {
        verdict
    }
}

/// Judges a number that follows from others: it must be that number, in as many digits as the
/// article prints. The numbers that it follows from are taken as they are printed.
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

/// A number as the article prints it, with its decimals.
#[derive(Clone, Copy)]
pub(super) struct Printed(pub(super) f64, pub(super) usize);

impl Printed {
    /// The least and the greatest number that is printed so.
    fn range(self) -> (f64, f64) {
        let half = 0.5 * 0.1_f64.powi(self.1 as i32);
        (self.0 - half, self.0 + half)
    }
}

/// Judges a printed quotient by [`by_rounding`]. If it is not that of the printed numbers, the
/// sentence also says what the numbers could give before they were rounded.
pub(super) fn by_quotient(claimed: Printed, dividend: Printed, divisor: Printed) -> Verdict {
    let sum = format!("{} / {}", dividend.0, divisor.0);
    let verdict = by_rounding(claimed.0, dividend.0 / divisor.0, claimed.1, &sum);
    if verdict.answer != Answer::Refuted {
        return verdict;
    }
    let (dividend, divisor) = (dividend.range(), divisor.range());
    let least = dividend.0 / divisor.1;
    let greatest = dividend.1 / divisor.0;
    let wanted = claimed.range();
    let could = if least < wanted.1 && greatest > wanted.0 {
        "could"
    } else {
        "could not"
    };
    Verdict::refuted(format!(
        "as printed, {}; numbers that round to these give {} to {}, so unrounded ones {could} \
         give {}",
        verdict.found,
        digits(least),
        digits(greatest),
        claimed.0
    ))
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
        assert_eq!(answer(4.0), Answer::Reproduced);
        assert_eq!(by_gain(47.0, 20.0, String::new()).answer, Answer::Refuted);
    }

    #[test]
    fn a_figure_of_another_machine_is_never_refuted() {
        for measured in [0.001, 0.5, 2.0, 1000.0] {
            let answer = by_figure(1.0, measured, "", String::new()).answer;
            assert_eq!(answer, Answer::Depends);
        }
        let answer = |measured| by_reach(1.0, measured, "", String::new()).answer;
        assert_eq!(answer(1000.0), Answer::Reproduced);
        assert_eq!(answer(0.001), Answer::Depends);
    }

    #[test]
    fn a_quotient_that_rounding_explains_says_so() {
        let quotient = |claimed| by_quotient(claimed, Printed(8.2, 1), Printed(0.17, 2));
        let verdict = quotient(Printed(47.0, 0));
        assert_eq!(verdict.answer, Answer::Refuted);
        assert!(verdict.found.contains("46.6 to 50.0"), "{}", verdict.found);
        assert!(verdict.found.contains("could give 47"));
        assert!(quotient(Printed(60.0, 0)).found.contains("could not give"));
        assert_eq!(quotient(Printed(48.0, 0)).answer, Answer::Reproduced);
    }

    #[test]
    fn a_number_is_the_one_that_the_article_prints_or_it_is_not() {
        let answer = |computed| by_rounding(5.9, computed, 1, "").answer;
        assert_eq!(answer(5.88), Answer::Reproduced);
        assert_eq!(answer(5.84), Answer::Refuted);
    }
}
