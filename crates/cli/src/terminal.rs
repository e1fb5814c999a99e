//! What a terminal can show, and what its user wants of colours.

use crate::options::Toggle;
use anstyle_query::{clicolor, clicolor_force, no_color, term_supports_ansi_color};

/// Whether a report has colours. The command line decides, then `NO_COLOR`
/// (<https://no-color.org>), then `CLICOLOR_FORCE` and `CLICOLOR`
/// (<https://bixense.com/clicolors>), then `TERM` and whether the report goes to a terminal.
pub(crate) fn has_colour(wanted: Toggle, is_terminal: bool) -> bool {
    match wanted {
        Toggle::Always => true,
        Toggle::Never => false,
        Toggle::Auto if no_color() => false,
        Toggle::Auto
            if clicolor_force() && std::env::var("CLICOLOR_FORCE").as_deref() != Ok("0") =>
        {
            true
        }
        Toggle::Auto => is_terminal && clicolor().unwrap_or(true) && can_move_cursor(),
    }
}

/// Whether the terminal understands control sequences: one whose `TERM` is `dumb`, or that says
/// nothing of itself, does not.
pub(crate) fn can_move_cursor() -> bool {
    term_supports_ansi_color()
}
