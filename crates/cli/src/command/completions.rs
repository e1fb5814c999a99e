//! `crcheck completions`.

use crate::failure::Failure;
use crate::output::print;
use clap::{Args, Command};
use clap_complete::Shell;
use crcheck_harness::report::verdict::ExitCode;

/// Print the completion script of a shell
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck completions bash > ~/.local/share/bash-completion/completions/crcheck\n\
\x20 crcheck completions fish > ~/.config/fish/completions/crcheck.fish")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, program: &Command) -> Result<ExitCode, Failure> {
        let subcommands = program.get_subcommands();
        let shown = subcommands.filter(|one| !one.is_hide_set()).cloned();
        let mut shown = Command::new("crcheck")
            .version(env!("CARGO_PKG_VERSION"))
            .subcommands(shown);
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut shown, "crcheck", &mut text);
        print(&text)?;
        Ok(ExitCode::Passed)
    }
}
