//! What a run shows people: colours, progress, what a check rests on, and why it gave up.

mod common;

use common::{code, command, crcheck, folder, report, stderr, stdout};

#[test]
fn the_words_that_decide_are_coloured() {
    let here = folder();
    let fault = "verify --depth quick --fault article-no-tail --check agree";
    let bold = |colour: u8, word: &str| format!("\u{1b}[1m\u{1b}[{colour}m{word}\u{1b}[0m");
    let text = stdout(&crcheck(here.path(), &format!("{fault} --color always")));
    for word in [bold(31, "FINDING"), bold(31, "fail")] {
        assert!(text.contains(&word), "{word:?}: {text:?}");
    }
    let text = stdout(&crcheck(here.path(), &format!("{fault} --color never")));
    assert!(!text.contains('\u{1b}'), "{text:?}");
}

/// `--color` decides, then these variables.
#[test]
fn the_environment_says_whether_there_are_colours() {
    let here = folder();
    let line = "verify --depth quick --tier portable --check guard --seed 1";
    let is_coloured = |variables: &[(&str, &str)], option: &str| {
        let mut command = command(here.path(), &format!("{line} {option}"));
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        let output = command.envs(variables.iter().copied()).output();
        stdout(&output.expect("the program starts")).contains('\u{1b}')
    };
    let (forced, no) = (("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1"));
    assert!(!is_coloured(&[], ""), "the output is a pipe");
    assert!(is_coloured(&[forced], ""));
    assert!(!is_coloured(&[forced, no], ""));
    assert!(!is_coloured(&[forced], "--color never"));
    assert!(is_coloured(&[no], "--color always"));
}

#[test]
fn the_bound_follows_from_the_number_of_messages() {
    let here = folder();
    let line = "verify --depth quick --tier portable --check agree --seed 1";
    for (messages, sample, bound) in [
        ("", "2 random messages a cell", "p <= 2^-2 per"),
        ("--messages 1", "1 random message a cell", "p <= 2^-1 per"),
        ("--messages 5", "5 random messages a cell", "p <= 2^-5 per"),
    ] {
        for (verbose, has_bound) in [("", false), ("-v", true)] {
            let output = crcheck(here.path(), &format!("{line} {messages} {verbose}"));
            assert_eq!(code(&output), 0, "{}", stderr(&output));
            let text = stdout(&output);
            assert!(text.contains(sample), "{text}");
            assert_eq!(text.contains(bound), has_bound, "{text}");
        }
    }
}

#[test]
fn a_failure_has_no_bound_beside_it() {
    let here = folder();
    let line = "verify --depth quick --fault one-alignment --check agree --seed 1";
    let text = stdout(&crcheck(here.path(), &format!("{line} -v")));
    assert!(text.contains("fail       agree"), "{text}");
    assert!(!text.contains("2^-2") && !text.contains("a cell"), "{text}");
    let json = report(&crcheck(here.path(), &format!("{line} --format json")));
    assert!(json["checks"][0].get("bound").is_none(), "{json}");
}

/// Without a terminal, progress is a line now and then, and nothing that moves a cursor.
#[test]
fn progress_says_what_is_done_of_all_how_fast_and_how_long_the_rest_takes() {
    let here = folder();
    let line = "verify --depth deep --tier portable --check agree --progress always";
    let mut command = command(here.path(), &format!("{line} --budget 4s"));
    let output = command.env("TERM", "dumb").output();
    let output = output.expect("the program starts");
    assert_eq!(code(&output), 5, "{}", stdout(&output));
    let text = stderr(&output);
    for words in [" cells, ", " of about ", " calls/s", " left, ", "% done"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains('\u{1b}') && !text.contains('\r'), "{text:?}");
}

/// After what, where, and why: in text and in JSON.
#[test]
fn a_check_that_gave_up_says_where() {
    let here = folder();
    let line = "verify --depth deep --tier portable --check agree --seed 1 --budget 500ms";
    let text = stdout(&crcheck(here.path(), line));
    let words = text.split("gave up after ").nth(1).expect(&text);
    assert!(
        words.contains(" cells, the last of ") && words.contains(" at alignment "),
        "{text}"
    );
    let json = report(&crcheck(here.path(), &format!("{line} --format json")));
    let gave_up = &json["checks"][0]["gave_up"];
    assert_eq!(gave_up["why"], "budget", "{json}");
    assert!(gave_up["last"]["length"].is_u64(), "{json}");
    assert!(gave_up["last"]["alignment"].is_u64(), "{json}");
}

/// After what, and how many lengths it still visits: in text and in JSON.
#[test]
fn a_check_that_samples_says_so() {
    let here = folder();
    let line = "verify --depth quick --fault article-no-tail --check slack --seed 1";
    let text = stdout(&crcheck(here.path(), line));
    let words = "after 4096 cases with a finding, one length in 61";
    assert!(text.contains(words), "{text}");
    // The lengths that it has left out make no rule.
    assert!(text.contains(", first at length "), "{text}");
    assert!(!text.contains("at every length"), "{text}");
    let json = report(&crcheck(here.path(), &format!("{line} --format json")));
    let sampled = &json["checks"][0]["sampled"];
    assert_eq!(sampled["after"], "findings", "{json}");
    assert_eq!(sampled["one_in"], 61, "{json}");
}
