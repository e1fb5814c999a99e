//! A program that reads one message, writes its checksum and ends: one process for each call.

use super::account::Account;
use super::launch::{Launch, StartError};
use super::link::{Link, WorkerLink};
use super::patience::Patience;
use super::process::how_it_ended;
use super::program_process::{Came, ProgramCommand, ProgramProcess};
use super::shared_block::Call;
use crate::output_form::OutputForm;
use crate::stop::Stop;
use crcheck_platform::leftovers::ScratchFolder;
use crcheck_platform::message_memory::Placement;
use std::io;
use std::time::{Duration, Instant};

/// In an argument, this stands for the name of a file with the message. Without it, the program
/// reads the message from its stdin.
const FILE: &str = "{}";

/// How a program of one message writes its checksum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    pub form: OutputForm,
    /// Of the checksum, in bits.
    pub width: u32,
}

/// A program of one message, and the message of its next call.
#[derive(Debug)]
pub(crate) struct OneShot {
    launch: Launch,
    command: ProgramCommand,
    written: Written,
    /// Holds the file of the message, if the program reads one.
    folder: Option<ScratchFolder>,
    message: Vec<u8>,
    capacity_bytes: usize,
    account: Account,
}

/// How often the parent looks whether it is time to end.
const LOOK: Duration = Duration::from_millis(20);

/// A program that writes more bytes than this does not write a checksum.
const WRITTEN_MAX: usize = 1 << 16;

impl OneShot {
    /// A program for messages of up to `capacity_bytes`.
    ///
    /// # Errors
    /// If the operating system refuses a folder for the file of the message.
    pub(crate) fn new(
        launch: &Launch,
        command: &ProgramCommand,
        written: Written,
        patience: &Patience,
        capacity_bytes: usize,
    ) -> io::Result<Self> {
        let mut command = command.clone();
        let reads_file = command.arguments.iter().any(|word| word.contains(FILE));
        let folder = reads_file.then(ScratchFolder::new).transpose()?;
        if let Some(folder) = &folder {
            let file = folder.path().join("message").display().to_string();
            for word in &mut command.arguments {
                *word = word.replace(FILE, &file);
            }
        }
        Ok(Self {
            launch: launch.clone(),
            command,
            written,
            folder,
            message: Vec::new(),
            capacity_bytes,
            account: Account::new(patience),
        })
    }

    fn call(&mut self, call: &Call) -> Result<u64, Stop> {
        // All messages lie at one place.
        if self.account.spares(call.len_bytes, 0) {
            return Err(self.account.spare());
        }
        if let Some(stop) = self.account.refusal() {
            return Err(stop);
        }
        let began = Instant::now();
        let allowed = self.account.deadline(call.len_bytes, false);
        let made = self.make(call, began + allowed);
        match made {
            Ok(checksum) => {
                let patience = self.account.patience();
                patience.note_answered(1, call.len_bytes, began.elapsed(), false);
                Ok(checksum)
            }
            Err(Failure::Late) => {
                self.account.patience().note_cell(call.len_bytes, 0);
                Err(self.account.lose_late("", allowed))
            }
            Err(Failure::Cut) => Err(Stop::not_made()),
            Err(Failure::Wrong(how)) => Err(self.account.lose(how)),
        }
    }

    fn make(&mut self, call: &Call, deadline: Instant) -> Result<u64, Failure> {
        let message = &self.message[call.offset..call.offset + call.len_bytes];
        let on_stdin = match &self.folder {
            Some(folder) => {
                let written = std::fs::write(folder.path().join("message"), message);
                written.map_err(|error| Failure::Wrong(format!("gets no message: {error}")))?;
                &[]
            }
            None => message,
        };
        let started = ProgramProcess::start(&self.launch, &self.command);
        let mut running = started.map_err(|error| match error {
            StartError::Process(text) | StartError::Loader(text) => {
                Failure::Wrong(format!("does not start: {text}"))
            }
        })?;
        let output = converse(&mut running, on_stdin, deadline, &mut self.account)?;
        let status = loop {
            if let Some(status) = running.process.exit_status() {
                break status;
            }
            check_time(deadline, &mut self.account)?;
            std::thread::sleep(Duration::from_micros(100));
        };
        if !status.success() {
            let how = how_it_ended(status, running.process.last_words());
            return Err(Failure::Wrong(how));
        }
        let Written { form, width } = self.written;
        form.read(&output, width).map_err(Failure::Wrong)
    }
}

/// Why a call has no result.
enum Failure {
    Late,
    /// It was time to end.
    Cut,
    /// The rest of a sentence that begins with the program's name.
    Wrong(String),
}

fn check_time(deadline: Instant, account: &mut Account) -> Result<(), Failure> {
    if Instant::now() >= deadline {
        Err(Failure::Late)
    } else if account.cuts() {
        Err(Failure::Cut)
    } else {
        Ok(())
    }
}

/// Writes the message, and reads all that the program writes.
fn converse(
    running: &mut ProgramProcess,
    message: &[u8],
    deadline: Instant,
    account: &mut Account,
) -> Result<Vec<u8>, Failure> {
    let (mut sent, mut output, mut some) = (0, Vec::new(), [0; 1 << 12]);
    let mut is_open = true;
    loop {
        while is_open {
            match running
                .write(&message[sent..])
                .filter(|_| sent < message.len())
            {
                Some(0) => break,
                Some(count) => sent += count,
                // All is sent, or the program reads no further.
                None => {
                    running.close_stdin();
                    is_open = false;
                }
            }
        }
        match running.read(&mut some) {
            Came::End => return Ok(output),
            Came::Bytes(count) => output.extend_from_slice(&some[..count]),
            Came::Nothing => {
                check_time(deadline, account)?;
                let left = deadline.saturating_duration_since(Instant::now());
                running.sleep(is_open, LOOK.min(left));
            }
        }
        if output.len() > WRITTEN_MAX {
            let text = format!("writes more than {WRITTEN_MAX} bytes for one message");
            return Err(Failure::Wrong(text));
        }
    }
}

impl Link for OneShot {
    fn capacity_bytes(&self) -> usize {
        self.capacity_bytes
    }

    fn account(&self) -> &Account {
        &self.account
    }

    fn account_mut(&mut self) -> &mut Account {
        &mut self.account
    }

    fn place(&mut self, _: Placement, message: &[u8], _: u8) -> usize {
        self.message.clear();
        self.message.extend_from_slice(message);
        0
    }

    fn replace(&mut self, _: Placement, _: usize, bytes: &[u8]) -> usize {
        self.message[..bytes.len()].copy_from_slice(bytes);
        0
    }

    fn run(
        &mut self,
        call: &dyn Fn(usize) -> Call,
        results: &mut [u64],
        stopped: &mut dyn FnMut(usize, Stop),
    ) {
        for (index, result) in results.iter_mut().enumerate() {
            // It begins anew each time, so a call that goes on from another is not asked for.
            match self.call(&call(index)) {
                Ok(checksum) => *result = checksum,
                Err(_) if self.account.is_cut() => return,
                Err(stop) => {
                    stopped(index, stop);
                    if self.account.is_spent() {
                        return;
                    }
                }
            }
        }
    }

    fn worker(&mut self) -> Option<&mut dyn WorkerLink> {
        None
    }
}
