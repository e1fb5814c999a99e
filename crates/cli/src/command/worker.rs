//! `crcheck worker`: the process that calls a library or becomes a program.

use crate::failure::Failure;
use clap::Args;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::subject::library::Interface;
use crcheck_harness::subject::worker;
use crcheck_harness::subject::worker::{Assignment, Inherited};
use std::os::fd::RawFd;
use std::path::PathBuf;

/// Call a subject for another crcheck, which starts this process and passes descriptors to it
#[derive(Args, Debug)]
pub(crate) struct Worker {
    /// Enter the sandbox, print its restrictions, and stop
    #[arg(long)]
    sandbox: bool,
    /// Become the program. If that fails, write the reason to this descriptor
    #[arg(long)]
    program: Option<RawFd>,
    /// Descriptor of the memory that is shared with the parent
    #[arg(long, requires_all = ["messages", "bell", "symbol", "interface"])]
    block: Option<RawFd>,
    /// Descriptor of the messages
    #[arg(long)]
    messages: Option<RawFd>,
    /// Descriptor of the socket that wakes the other side
    #[arg(long)]
    bell: Option<RawFd>,
    /// The function of the library
    #[arg(long)]
    symbol: Option<String>,
    /// How the function is called
    #[arg(long)]
    interface: Option<Interface>,
    /// What makes a checksum of what the function takes and gives
    #[arg(long, default_value = "0")]
    xor: u64,
    /// Take further calls after a signal in the function
    #[arg(long)]
    survives_faults: bool,
    /// The library, or the program and its arguments
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
            return Err(Failure::new(
                ExitCode::Usage,
                "no library or program is named",
            ));
        };
        let path = PathBuf::from(first);
        if let Some(status) = self.program {
            let error = worker::become_program(&path, rest, status);
            let text = format!("cannot run {}: {error}", path.display());
            return Err(Failure::new(ExitCode::Io, text));
        }
        let (Some(block), Some(messages), Some(bell)) = (self.block, self.messages, self.bell)
        else {
            return Err(Failure::new(
                ExitCode::Usage,
                "this command is for crcheck itself, which starts it with descriptors",
            ));
        };
        let inherited = Inherited {
            block,
            messages,
            bell,
        };
        let assignment = Assignment {
            path,
            symbol: self.symbol.unwrap_or_default(),
            interface: self.interface.unwrap_or_default(),
            xor: self.xor,
            survives_faults: self.survives_faults,
        };
        worker::serve(inherited, &assignment).map_err(failed)?;
        Ok(ExitCode::Passed)
    }
}
