//! The known name that an unknown one means.

use strsim::osa_distance as distance;

/// The candidate with the least edit distance to `name`, if at most a third of the longer one's
/// characters differ. Upper and lower case are the same. An edit inserts, deletes or replaces a
/// character, or swaps two neighbours.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let scored = candidates.into_iter().map(|candidate| {
        let distance = distance(&wanted, &candidate.to_lowercase());
        (distance, candidate)
    });
    let (distance, candidate) = scored.min_by_key(|&(distance, _)| distance)?;
    let longer = name.chars().count().max(candidate.chars().count());
    (distance * 3 <= longer).then_some(candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_levenshtein() {
        for (a, b, expected) in [
            ("kitten", "sitting", 3),
            ("", "abc", 3),
            ("abc", "abc", 0),
            ("flaw", "lawn", 2),
        ] {
            assert_eq!(distance(a, b), expected);
            assert_eq!(distance(b, a), expected);
        }
    }

    #[test]
    fn a_slip_finds_its_name_and_nonsense_finds_none() {
        let names = ["agree", "split", "guard"];
        assert_eq!(nearest("agre", names), Some("agree"));
        assert_eq!(nearest("SPLITT", names), Some("split"));
        assert_eq!(nearest("quux", names), None);
        assert_eq!(nearest("", []), None);
    }

    #[test]
    fn neighbours_that_changed_places_are_one_edit() {
        assert_eq!(distance("slpit", "split"), 1);
        assert_eq!(nearest("slpit", ["agree", "split"]), Some("split"));
    }

    #[test]
    fn a_third_of_the_characters_may_differ_and_no_more() {
        assert_eq!(nearest("abcdef", ["abcdxx"]), Some("abcdxx"));
        assert_eq!(nearest("abcdefgh", ["abcdexxx"]), None);
        assert_eq!(nearest("ab", ["abc"]), Some("abc"));
        assert_eq!(nearest("abc", ["ab"]), Some("ab"));
    }
}
