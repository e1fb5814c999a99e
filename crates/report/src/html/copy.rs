//! Text that readers take with them: a command, a hash.

use maud::{Markup, html};

/// The text with a button that copies it. Without a script there is no button.
pub(super) fn copied(text: &str) -> Markup {
    html! {
        span.copied {
            code { (text) } " "
            button.copy type="button" hidden="hidden" aria-label={ "Copy " (text) } { "Copy" }
        }
    }
}
