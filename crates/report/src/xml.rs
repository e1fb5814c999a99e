//! JUnit XML that Jenkins, GitLab and an XML parser take, whatever a name holds.

use quick_junit::Report;

/// Text in which every character that XML 1.0 has not, or that a terminal would obey, stands as its
/// number.
pub fn xml_text(text: &str) -> String {
    let show = |letter: char| match letter {
        '\n' | '\t' => letter.to_string(),
        // Of those that Rust has, XML 1.0 (2.2) lacks these two besides most control characters.
        '\u{fffe}' | '\u{ffff}' => letter.escape_unicode().to_string(),
        _ if letter.is_control() => letter.escape_unicode().to_string(),
        _ => letter.to_string(),
    };
    text.chars().map(show).collect()
}

/// The document. Its root has no `skipped`, which the schema of Jenkins' xunit plugin refuses
/// there; the suites have it.
///
/// # Panics
/// Never: what it writes to does not fail.
pub fn junit_document(report: &Report) -> String {
    let text = report.to_string().expect("a report is always XML");
    let of_root = format!(" skipped=\"{}\"", report.skipped);
    // The first start tag with it is the root's: before it there is the root's name alone, whose
    // quotation marks are escaped.
    text.replacen(&of_root, "", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_no_character_that_xml_has_not() {
        let all = (0..=0x10_ffff).filter_map(char::from_u32);
        let text = xml_text(&all.collect::<String>());
        let is_of_xml = |letter: char| {
            matches!(letter, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}'
                | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
        };
        assert!(text.chars().all(is_of_xml));
        assert_eq!(xml_text("a\u{1b}[31m<b>\n"), "a\\u{1b}[31m<b>\n");
    }

    #[test]
    fn the_root_alone_has_no_total_of_skipped() {
        let mut report = Report::new("a \" skipped=\"0");
        report.add_test_suite(quick_junit::TestSuite::new("one"));
        let text = junit_document(&report);
        let root = text.lines().find(|line| line.starts_with("<testsuites"));
        let root = root.expect("a root");
        assert!(root.contains("tests=\"0\" failures=\"0\""), "{root}");
        assert_eq!(text.matches(" skipped=\"0\"").count(), 1, "{text}");
    }
}
