//! What goes wrong beside the reports: on stderr, and in the log of GitHub's workflows.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::stderr::tell_lines;
use crcheck_harness::report::Annotation;
use std::fmt::Display;
use std::io::{self, Write};

/// Says that something is wrong.
pub(crate) fn complain(error: &Failure) {
    tell_lines(format_args!("error: {error}"));
    annotate(error);
}

/// Makes an annotation of it if the command line asks for a report in the format `github`. Where
/// that goes to a file, the log has the annotation from stderr.
pub(crate) fn annotate(error: impl Display) {
    let asked = Asked::of_this_process();
    if !asked.has_github {
        return;
    }
    let annotation = Annotation {
        level: "error",
        title: "crcheck".to_owned(),
        message: error.to_string(),
    };
    if asked.has_github_on_stdout {
        // If stdout is full, stderr has the text.
        let mut stdout = io::stdout();
        let written = write!(stdout, "{annotation}");
        let _ = written.and_then(|()| stdout.flush());
    } else {
        tell_lines(annotation.to_string().trim_end());
    }
}
