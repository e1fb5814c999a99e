//! The command that runs a test again.

/// The command that runs a test again, and the variables in front of it.
pub(crate) struct Again {
    pub(crate) seed: u64,
    /// The command, without what the other fields say.
    pub(crate) command: String,
    /// The variable that says where cases are kept, if it is set. Saved cases leave it out: they
    /// tell nothing of a machine.
    pub(crate) kept_in: Option<String>,
}

impl Again {
    /// The command of a saved case.
    pub(crate) fn of_case(&self) -> String {
        format!("CRCHECK_SEED={:#x} {}", self.seed, self.command)
    }

    /// The command that makes the same calls.
    pub(crate) fn with_seed(&self) -> String {
        self.in_folder(&self.of_case())
    }

    /// The command that judges the saved cases, which every seed does.
    pub(crate) fn without_seed(&self) -> String {
        self.in_folder(&self.command)
    }

    fn in_folder(&self, command: &str) -> String {
        let kept_in = self.kept_in.iter().map(String::as_str);
        kept_in.chain([command]).collect::<Vec<_>>().join(" ")
    }
}
