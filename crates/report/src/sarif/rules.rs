//! The rules of SARIF: one for each kind of finding, with what it means and what to do.

use crcheck_subject::Kind;
use serde_json::json;
use serde_sarif::sarif::{
    MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor,
};

/// The page with all checks and kinds.
pub(super) const HELP: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/checks.md");

/// The rules, in the order of [`Kind::ALL`]: it is the same in every report.
pub(super) fn rules() -> Vec<ReportingDescriptor> {
    Kind::ALL.iter().map(|kind| rule(*kind)).collect()
}

/// The place of a kind's rule among [`rules`].
pub(super) fn rule_index(kind: Kind) -> i64 {
    let index = Kind::ALL.iter().position(|one| *one == kind);
    index.map_or(-1, |index| index as i64)
}

fn rule(kind: Kind) -> ReportingDescriptor {
    let [what, why] = words(kind);
    let full = format!("{what}. {why}.");
    let markdown = format!("{full}\n\n[What each check requires]({HELP})");
    let help = MultiformatMessageString::builder()
        .text(format!("{full} See {HELP}"))
        .markdown(markdown)
        .build();
    let properties = [("precision", "very-high"), ("problem.severity", "error")];
    let properties = properties.map(|(key, value)| (key.to_owned(), json!(value)));
    ReportingDescriptor::builder()
        .id(kind.name())
        .name(name(kind))
        .short_description(text(what.to_owned()))
        .full_description(text(full))
        .default_configuration(
            ReportingConfiguration::builder()
                .level(json!("error"))
                .build(),
        )
        .help(help)
        .help_uri(HELP)
        .properties(
            PropertyBag::builder()
                .tags(vec!["crc".to_owned(), "correctness".to_owned()])
                .additional_properties(properties)
                .build(),
        )
        .build()
}

fn text(text: String) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

/// `over-read` as SARIF writes names: `OverRead`.
fn name(kind: Kind) -> String {
    let parts = kind.name().split('-');
    let upper = |part: &str| {
        let (first, rest) = part.split_at(1);
        first.to_ascii_uppercase() + rest
    };
    parts.map(upper).collect()
}

/// Of a kind that has no words yet, which a test notices.
const NO_WORDS: [&str; 2] = [
    "The kernel breaks the law of a check",
    "The finding says which check it is",
];

/// What each kind is, and what follows from it. Each is a sentence without its full stop.
const WORDS: &[(Kind, [&str; 2])] = &[
    (
        Kind::WrongValue,
        [
            "The checksum is wrong",
            "It differs from the one that independent judges of the model agree on, so other \
             programs refuse the data",
        ],
    ),
    (
        Kind::OverRead,
        [
            "The kernel reads at or behind the end of the message",
            "Such a read crashes where the next page is not there, and may read what is secret",
        ],
    ),
    (
        Kind::UnderRead,
        [
            "The kernel reads in front of the message",
            "Such a read crashes where the page before is not there, and may read what is secret",
        ],
    ),
    (
        Kind::WriteToMessage,
        [
            "The kernel writes to the message or around it",
            "A checksum only reads, so callers pass memory that is shared or read-only",
        ],
    ),
    (
        Kind::SlackDependent,
        [
            "The checksum changes with the bytes around the message",
            "The kernel uses bytes that are not the message's",
        ],
    ),
    (
        Kind::HistoryDependent,
        [
            "The checksum changes with earlier calls",
            "The kernel keeps state between calls that it must not keep",
        ],
    ),
    (
        Kind::DataRace,
        [
            "Concurrent calls give another checksum than single ones",
            "Threads share state without synchronisation, often tables that are built at the \
             first call",
        ],
    ),
    (
        Kind::Crash,
        [
            "The call ends the process or is stopped by a signal",
            "The case crashes every program that calls the kernel with it",
        ],
    ),
    (
        Kind::Hang,
        [
            "The call does not return",
            "A loop of the kernel does not end for this case",
        ],
    ),
    (
        Kind::IllegalInstruction,
        [
            "The kernel executes an instruction that this CPU does not have",
            "The choice of the code at run time does not ask for the right CPU features",
        ],
    ),
    (
        Kind::MisalignedAccess,
        [
            "The kernel uses an aligned access at an address that is not aligned",
            "Messages begin at any address, so such a load must be an unaligned one",
        ],
    ),
    (
        Kind::ClobberedRegister,
        [
            "The call does not give back a register or a part of the stack that is the caller's",
            "The calling convention preserves it, so callers go on with a wrong value",
        ],
    ),
    (
        Kind::DirtyVectorState,
        [
            "The call leaves upper halves of vector registers in use",
            "Old vector instructions of the caller become slow: `vzeroupper` is missing",
        ],
    ),
    (
        Kind::ControlState,
        [
            "The call changes the direction flag, the modes of floating point or the x87 state",
            "The calling convention preserves them, so the caller's own code goes wrong",
        ],
    ),
    (
        Kind::UnsetRead,
        [
            "The checksum changes with registers or stack that no caller sets",
            "The kernel reads something uninitialised, such as the upper half of an argument",
        ],
    ),
    (
        Kind::NotAffine,
        [
            "The checksum is no affine function of register and message",
            "Every CRC is one (over GF(2)), so the kernel computes something else for some \
             messages",
        ],
    ),
    (
        Kind::OutsideTier,
        [
            "The call uses more than it may",
            "It needs more stack than was granted",
        ],
    ),
    (
        Kind::WrongDispatch,
        [
            "The dispatcher chooses another tier than it should",
            "The CPU has what a better tier needs, or lacks what the chosen one needs",
        ],
    ),
    (
        Kind::Combine,
        [
            "`combine` differs from the checksum of the concatenation",
            "Checksums that were computed in parts become wrong",
        ],
    ),
    (
        Kind::Split,
        [
            "The message in pieces gives another checksum than the whole",
            "Callers that stream their data get wrong checksums",
        ],
    ),
];

fn words(kind: Kind) -> [&'static str; 2] {
    let mut all = WORDS.iter();
    all.find(|(of, _)| *of == kind)
        .map_or(NO_WORDS, |(_, words)| *words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// GitHub shows the first 1024 characters of a description.
    #[test]
    fn each_kind_has_a_rule_of_its_own_that_is_shown_whole() {
        let rules = rules();
        for (kind, rule) in Kind::ALL.iter().zip(&rules) {
            assert_eq!(rules[rule_index(*kind) as usize].id, kind.name());
            assert_ne!(words(*kind), NO_WORDS, "{kind}");
            let full = rule.full_description.as_ref().expect("a description");
            assert!((40..1024).contains(&full.text.len()), "{}", full.text);
        }
        let short = rules.iter().map(|rule| rule.short_description.as_ref());
        let short: HashSet<_> = short.map(|text| &text.expect("a text").text).collect();
        assert_eq!(short.len(), Kind::ALL.len());
        assert_eq!(name(Kind::IllegalInstruction), "IllegalInstruction");
    }
}
