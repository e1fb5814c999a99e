//! A report as the end of a test.

use crate::human::human;
use crate::report::Report;
use crate::verdict::ExitCode;

impl Report {
    /// Does nothing if everything selected ran and passed. Accepted findings do no harm.
    ///
    /// # Panics
    /// With the report for people and the command that runs it again, if there is a finding, if the
    /// run was stopped, or if something required did not run.
    #[track_caller]
    pub fn assert_passed(&self) {
        if self.exit_code == ExitCode::Passed {
            return;
        }
        let again = self.again.as_ref();
        let again = again.map_or(String::new(), |command| format!("\nNext: {command}\n"));
        panic!("{}{again}", human(self));
    }
}
