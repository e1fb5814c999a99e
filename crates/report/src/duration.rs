//! Durations in words.

use crate::count::count_in_words;

/// A number of seconds as people say it.
pub fn duration_in_words(seconds: f64) -> String {
    match seconds {
        ..1.0 => format!("{:.0} ms", seconds * 1000.0),
        ..120.0 => format!("{seconds:.1} s"),
        ..7200.0 => count_in_words((seconds / 60.0).round(), "minute"),
        _ => format!("{:.1} hours", seconds / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_people_say_them() {
        let times = [0.25, 12.34, 600.0, 9000.0].map(duration_in_words);
        assert_eq!(times, ["250 ms", "12.3 s", "10 minutes", "2.5 hours"]);
    }
}
