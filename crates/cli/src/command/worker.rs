//! `crcheck worker`: the other end of a foreign subject.

use crate::failure::Failure;
use clap::Args;
use crcheck_harness::subject::library::Signature;
use crcheck_harness::verdict::ExitCode;
use crcheck_harness::worker::{self, Assignment, Inherited};
use std::os::fd::RawFd;
use std::path::PathBuf;

/// Make calls for another crcheck, which starts this and hands down what it needs.
#[derive(Args, Debug)]
pub(crate) struct Worker {
    /// Say what is given up, and stop
    #[arg(long)]
    sandbox: bool,
    /// Become this program, and say here why that cannot be
    #[arg(long)]
    program: Option<RawFd>,
    #[arg(long, requires_all = ["messages", "bell", "symbol", "signature"])]
    block: Option<RawFd>,
    #[arg(long)]
    messages: Option<RawFd>,
    #[arg(long)]
    bell: Option<RawFd>,
    #[arg(long)]
    symbol: Option<String>,
    #[arg(long)]
    signature: Option<Signature>,
    #[arg(long)]
    survives_faults: bool,
    /// The library; or the program and its arguments
    #[arg(last = true)]
    words: Vec<String>,
}

impl Worker {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let failed = |error: std::io::Error| Failure::new(ExitCode::Io, error.to_string());
        if self.sandbox {
            println!("{}", worker::enter_sandbox().map_err(failed)?);
            return Ok(ExitCode::Passed);
        }
        let Some((first, rest)) = self.words.split_first() else {
            return Err(Failure::new(ExitCode::Usage, "there is nothing to call"));
        };
        let path = PathBuf::from(first);
        if let Some(status) = self.program {
            // SAFETY: the parent has handed down this descriptor for this alone.
            let error = unsafe { worker::become_program(&path, rest, status) };
            let text = format!("cannot run {}: {error}", path.display());
            return Err(Failure::new(ExitCode::Io, text));
        }
        let (Some(block), Some(messages), Some(bell)) = (self.block, self.messages, self.bell)
        else {
            return Err(Failure::new(ExitCode::Usage, "there is no parent to serve"));
        };
        let inherited = Inherited {
            block,
            messages,
            bell,
        };
        let assignment = Assignment {
            path,
            symbol: self.symbol.unwrap_or_default(),
            signature: self.signature.unwrap_or_default(),
            survives_faults: self.survives_faults,
        };
        // SAFETY: the parent has handed down these descriptors for this alone; a number that is none of
        // them is refused as what it is.
        unsafe { worker::serve(inherited, &assignment) }.map_err(failed)?;
        Ok(ExitCode::Passed)
    }
}
