//! A program that answers requests: its pipes, and what can go wrong with them.
//!
//! A request is `u64 checksum_in, u64 len`, lowest byte first, and `len` bytes; an answer is
//! `u64 checksum_out`.

use super::account::Account;
use super::launch::{Launch, StartError};
use super::link::{Link, WorkerLink};
use super::patience::Patience;
use super::process::how_it_ended;
use super::program_process::{Came, ProgramCommand, ProgramProcess};
use super::shared_block::Call;
use crate::stop::Stop;
use crcheck_platform::message_memory::Placement;
use std::time::{Duration, Instant};

/// A program, and the message of its next request.
#[derive(Debug)]
pub(crate) struct Pipes {
    launch: Launch,
    command: ProgramCommand,
    message: Vec<u8>,
    capacity_bytes: usize,
    running: Option<ProgramProcess>,
    /// Whether the running program has answered nothing yet.
    is_new: bool,
    account: Account,
}

/// How long a program may take to end once it has closed its pipes.
const ENDING: Duration = Duration::from_secs(1);

/// How often the parent looks whether it is time to end.
const LOOK: Duration = Duration::from_millis(20);

impl Pipes {
    /// A program for messages of up to `capacity_bytes`. The first request starts it.
    pub(crate) fn new(
        launch: &Launch,
        command: &ProgramCommand,
        patience: &Patience,
        capacity_bytes: usize,
    ) -> Self {
        Self {
            launch: launch.clone(),
            command: command.clone(),
            message: Vec::new(),
            capacity_bytes,
            running: None,
            is_new: true,
            account: Account::new(patience),
        }
    }

    /// Starts the program.
    ///
    /// # Errors
    /// The reason why it does not start.
    pub(crate) fn begin(&mut self) -> Result<(), StartError> {
        self.running = Some(ProgramProcess::start(&self.launch, &self.command)?);
        self.is_new = true;
        Ok(())
    }

    fn call(&mut self, checksum: u64, call: &Call) -> Result<u64, Stop> {
        // All messages lie at one place.
        if self.account.spares(call.len_bytes, 0) {
            return Err(self.account.spare());
        }
        if self.running.is_none() {
            self.restart()?;
        }
        let running = self.running.as_mut().expect("it was started");
        let message = &self.message[call.offset..call.offset + call.len_bytes];
        let allowed = self.account.deadline(call.len_bytes, self.is_new);
        let began = Instant::now();
        match ask(
            running,
            checksum,
            message,
            began + allowed,
            &mut self.account,
        ) {
            Ok(answer) => {
                let (patience, took) = (self.account.patience(), began.elapsed());
                patience.note_answered(1, call.len_bytes, took, self.is_new);
                self.is_new = false;
                Ok(answer)
            }
            Err(failure) => {
                if matches!(failure, Failure::Late(_)) {
                    self.account.patience().note_cell(call.len_bytes, 0);
                }
                Err(self.end_after(failure, allowed))
            }
        }
    }

    /// Starts the program again. Nothing else does, so what the account allows bounds their number.
    fn restart(&mut self) -> Result<(), Stop> {
        if let Some(stop) = self.account.refusal() {
            return Err(stop);
        }
        let started = self.begin();
        started.map_err(|error| self.account.lose(format!("does not start: {error}")))
    }

    /// Explains how a program failed in a request, and ends it.
    fn end_after(&mut self, failure: Failure, allowed: Duration) -> Stop {
        let mut running = self.running.take().expect("it was asked");
        match failure {
            Failure::Late(got) => {
                let mut before = part(&got);
                // One that reads to the end of its input answers only there.
                if self.is_new
                    && got.is_empty()
                    && let Some(text) = text_at_end(&mut running)
                {
                    before = format!("{WITH_TEXT} {text} when its input ends and ");
                }
                self.account.lose_late(&before, allowed)
            }
            Failure::Cut => Stop::not_made(),
            Failure::Closed(got) => {
                let ended = running.process.ends_within(ENDING);
                let how = match ended {
                    Some(status) => how_it_ended(status, running.process.last_words()),
                    None => "closes its pipes".to_owned(),
                };
                self.account.lose(part(&got) + &how)
            }
            Failure::TooMuch(got) => self.account.lose(match text_of(&got) {
                Some(text) => format!("{WITH_TEXT} {text} instead of 8 bytes"),
                None => format!("answers {} bytes instead of 8", got.len()),
            }),
            Failure::Unasked(got) => self.account.lose(match text_of(&got) {
                Some(text) => format!("writes the text {text} before it is asked for anything"),
                None => format!("writes {} bytes before it is asked for them", got.len()),
            }),
        }
    }
}

/// The beginning of a sentence about a program that does not answer in bytes.
const WITH_TEXT: &str = "answers with the text";

/// Whether a stop says that the program answers with a text, as one of another form does.
pub(crate) fn answers_with_text(stop: &Stop) -> bool {
    stop.summary.starts_with(WITH_TEXT)
}

/// The beginning of a sentence about a program that has written these bytes of an answer.
fn part(got: &[u8]) -> String {
    match (text_of(got), got.len()) {
        (_, 0) => String::new(),
        (Some(text), _) => format!("{WITH_TEXT} {text} instead of 8 bytes and "),
        (None, got) => format!("answers {got} of 8 bytes and "),
    }
}

/// The bytes between backquotes, if people can read them.
pub(super) fn text_of(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let is_plain = |letter: char| !letter.is_control() || letter.is_ascii_whitespace();
    let shown = text.trim();
    let is_text = !shown.is_empty() && text.chars().all(is_plain);
    is_text.then(|| format!("`{}`", shown.escape_debug()))
}

/// The text that a program writes when its input ends.
fn text_at_end(running: &mut ProgramProcess) -> Option<String> {
    running.close_stdin();
    let (mut bytes, mut got) = ([0; 64], 0);
    let began = Instant::now();
    while began.elapsed() < ENDING && got < bytes.len() {
        match running.read(&mut bytes[got..]) {
            Came::Bytes(count) => got += count,
            Came::End => break,
            Came::Nothing => running.sleep(false, LOOK),
        }
    }
    text_of(&bytes[..got])
}

impl Link for Pipes {
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
        let mut previous = None;
        for (index, result) in results.iter_mut().enumerate() {
            let call = call(index);
            let Some(checksum) = call.checksum.or(previous) else {
                continue;
            };
            previous = match self.call(checksum, &call) {
                Ok(answer) => {
                    *result = answer;
                    Some(answer)
                }
                Err(_) if self.account.is_cut() => return,
                Err(stop) => {
                    stopped(index, stop);
                    if self.account.is_spent() {
                        return;
                    }
                    None
                }
            };
        }
    }

    fn worker(&mut self) -> Option<&mut dyn WorkerLink> {
        None
    }
}

/// Why a request has no answer, with the bytes that came.
enum Failure {
    Late(Vec<u8>),
    Closed(Vec<u8>),
    TooMuch(Vec<u8>),
    Unasked(Vec<u8>),
    /// It was time to end.
    Cut,
}

fn ask(
    running: &mut ProgramProcess,
    checksum: u64,
    message: &[u8],
    deadline: Instant,
    account: &mut Account,
) -> Result<u64, Failure> {
    let mut answer = [0; 64];
    // Bytes that lie in the pipe before the request do not answer it.
    match running.read(&mut answer) {
        Came::End => return Err(Failure::Closed(Vec::new())),
        Came::Bytes(got) => return Err(Failure::Unasked(answer[..got].to_vec())),
        Came::Nothing => {}
    }
    let mut request = Vec::with_capacity(16 + message.len());
    request.extend_from_slice(&checksum.to_le_bytes());
    request.extend_from_slice(&(message.len() as u64).to_le_bytes());
    request.extend_from_slice(message);
    let (mut sent, mut got) = (0, 0);
    // A program may answer before it has read the whole request. It gets the whole request before
    // the next one.
    while got < 8 || sent < request.len() {
        if sent < request.len() {
            match running.write(&request[sent..]) {
                Some(count) => sent += count,
                // The failure says which bytes came before the end of the pipe.
                None => return Err(Failure::Closed(rest_of(running, &answer[..got]))),
            }
        }
        match running.read(&mut answer[got..]) {
            Came::End => return Err(Failure::Closed(answer[..got].to_vec())),
            Came::Bytes(count) if got + count > 8 => {
                return Err(Failure::TooMuch(answer[..got + count].to_vec()));
            }
            Came::Bytes(count) => got += count,
            Came::Nothing => {
                let now = Instant::now();
                if now >= deadline {
                    return Err(Failure::Late(answer[..got].to_vec()));
                }
                if account.cuts() {
                    return Err(Failure::Cut);
                }
                running.sleep(sent < request.len(), LOOK.min(deadline - now));
            }
        }
    }
    let word = std::array::from_fn(|index| answer[index]);
    Ok(u64::from_le_bytes(word))
}

/// `got`, and what lies in the pipe behind it.
fn rest_of(running: &mut ProgramProcess, got: &[u8]) -> Vec<u8> {
    let mut bytes = [0; 64];
    match running.read(&mut bytes) {
        Came::Bytes(count) => [got, &bytes[..count]].concat(),
        Came::Nothing | Came::End => got.to_vec(),
    }
}
