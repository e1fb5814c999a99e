//! The keys of a configuration file. Each is an option of the command line by its name.

use crcheck_harness::oracle::nearest;

/// A key, and what its value is.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// The option, if it has another name.
    pub(crate) option: &'static str,
    pub(crate) form: Form,
}

/// What a value is in TOML. The parser of the option has the last word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A string.
    Text,
    /// A string, or an integer, which stands for its digits.
    Number,
    /// A string, or a list of strings.
    Texts,
    /// `true` or `false`.
    Flag,
    /// The file of a library.
    Library,
    /// A command line.
    Command,
    /// A list of tables with the keys of [`ALLOW`].
    Allows,
}

const fn key(name: &'static str, form: Form) -> Key {
    Key {
        name,
        option: name,
        form,
    }
}

/// The tables of a file.
pub(crate) const TABLES: [&str; 2] = ["subject", "profile"];

/// The keys of `[subject.NAME]`.
pub(crate) static SUBJECT: [Key; 14] = [
    key("lib", Form::Library),
    key("symbol", Form::Texts),
    key("signature", Form::Text),
    key("convention", Form::Text),
    key("model", Form::Text),
    key("init", Form::Texts),
    key("combine", Form::Text),
    key("result", Form::Text),
    key("stream", Form::Text),
    key("cmd", Form::Command),
    key("cmd-form", Form::Text),
    key("call-timeout", Form::Number),
    key("tier", Form::Texts),
    key("fault", Form::Texts),
];

/// The keys of `[subject.NAME]` that say what kind of subject it is: it has one of them.
pub(crate) const KINDS: [&str; 4] = ["lib", "cmd", "tier", "fault"];

/// The keys of `[profile.NAME]`.
pub(crate) static PROFILE: [Key; 10] = [
    Key {
        name: "subjects",
        option: "subject",
        form: Form::Texts,
    },
    key("depth", Form::Text),
    key("check", Form::Texts),
    key("messages", Form::Number),
    key("seed", Form::Number),
    key("budget", Form::Number),
    key("max-stack", Form::Number),
    key("require-tier", Form::Texts),
    key("fail-fast", Form::Flag),
    key("allow", Form::Allows),
];

/// The keys of an entry of `allow`, which are options too.
pub(crate) const ALLOW: [&str; 2] = ["finding", "because"];

/// How many names a message has at most.
const NAMES_SHOWN: usize = 20;

/// What is said of a name that nobody knows: the nearest one, and all.
pub(crate) fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    let near = nearest(name, known.iter().copied());
    let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    let shown = &known[..known.len().min(NAMES_SHOWN)];
    let known = match known.len() - shown.len() {
        _ if known.is_empty() => "there is none".to_owned(),
        0 => format!("known: {}", shown.join(", ")),
        more => format!("known: {} and {more} more", shown.join(", ")),
    };
    format!("unknown {what} `{name}`{near} ({known})")
}
