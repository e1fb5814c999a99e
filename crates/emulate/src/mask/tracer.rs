//! The tracer: follows a program with its threads and children, and answers its CPUID and XGETBV.

use super::breakpoints::{Question, find_questions};
use super::{MaskingError, cpuid};
use crate::matrix::Cpu;
use crcheck_harness::platform::code::elf::Image;
use libc::{c_int, c_long};
use nix::sys::ptrace::{self, Options};
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::ptr;
use std::rc::Rc;

const BREAKPOINT: u8 = 0xcc;

/// The questions of a process, by the address of their breakpoints.
type Questions = Rc<BTreeMap<u64, Question>>;

/// Follows the child `main`, which waits for its tracer, to its end.
pub(super) fn follow(cpu: &Cpu, main: Pid) -> Result<ExitStatus, MaskingError> {
    let mut tracer = Tracer {
        cpu,
        questions: HashMap::new(),
        announced: HashSet::new(),
        unannounced: HashSet::new(),
    };
    let result = tracer.follow(main);
    if result.is_err() {
        // A program that cannot be masked must not run on.
        for &thread in tracer.questions.keys().chain([&main]) {
            let _ = rustix::process::kill_process(thread, Signal::KILL);
        }
    }
    result
}

/// Kills a child that waits for its tracer.
pub(super) fn kill(child: Pid) -> Result<(), MaskingError> {
    rustix::process::kill_process(child, Signal::KILL).map_err(trace_error)?;
    while wait_for(child)?.stopped() {}
    Ok(())
}

struct Tracer<'a> {
    cpu: &'a Cpu,
    /// The threads that are traced, with the questions of their program.
    questions: HashMap<Pid, Questions>,
    /// Threads whose parent has announced them, and that have not stopped yet.
    announced: HashSet<Pid>,
    /// Threads that have stopped, and that no parent has announced yet.
    unannounced: HashSet<Pid>,
}

impl Tracer<'_> {
    fn follow(&mut self, main: Pid) -> Result<ExitStatus, MaskingError> {
        // The stop after exec, which PTRACE_TRACEME brings.
        let status = wait_for(main)?;
        if !status.stopped() {
            return Ok(ExitStatus::from_raw(status.as_raw()));
        }
        let options = Options::PTRACE_O_TRACECLONE
            | Options::PTRACE_O_TRACEFORK
            | Options::PTRACE_O_TRACEVFORK
            | Options::PTRACE_O_TRACEEXEC
            | Options::PTRACE_O_EXITKILL;
        ptrace::setoptions(nix_pid(main), options)
            .map_err(|error| MaskingError::Refused(error.into()))?;
        self.mask(main)?;
        resume(main, 0)?;
        loop {
            let (thread, status) = wait_for_any()?;
            if status.exited() || status.signaled() {
                self.questions.remove(&thread);
                if thread == main {
                    return Ok(ExitStatus::from_raw(status.as_raw()));
                }
            } else if let Some(signal) = status.stopping_signal() {
                self.handle_stop(thread, signal, status.as_raw() >> 16)?;
            }
        }
    }

    /// A thread has stopped at a signal, or at a ptrace event if that is not 0.
    fn handle_stop(
        &mut self,
        thread: Pid,
        signal: c_int,
        event: c_int,
    ) -> Result<(), MaskingError> {
        match event {
            0 => {}
            libc::PTRACE_EVENT_EXEC => {
                self.mask(thread)?;
                return resume(thread, 0);
            }
            _ => {
                self.adopt_child(thread)?;
                return resume(thread, 0);
            }
        }
        let Some(questions) = self.questions.get(&thread).cloned() else {
            // It waits until its parent's stop announces it.
            self.unannounced.insert(thread);
            return Ok(());
        };
        if self.announced.remove(&thread) {
            return resume(thread, 0);
        }
        if signal == libc::SIGTRAP
            && let Some(signal) = self.answer(thread, &questions)?
        {
            return resume(thread, signal);
        }
        resume(thread, signal)
    }

    /// `parent` announces a new thread or process, which has the same code.
    fn adopt_child(&mut self, parent: Pid) -> Result<(), MaskingError> {
        let child = ptrace::getevent(nix_pid(parent)).map_err(trace_error)?;
        let child = Pid::from_raw(child as i32)
            .ok_or_else(|| trace_error(io::Error::other("a child without a number")))?;
        if let Some(questions) = self.questions.get(&parent).cloned() {
            self.questions.insert(child, questions);
        }
        if self.unannounced.remove(&child) {
            return resume(child, 0);
        }
        self.announced.insert(child);
        Ok(())
    }

    /// Answers a question and returns the signal to continue with; `None` if the thread has not
    /// stopped at one of our breakpoints.
    fn answer(&self, thread: Pid, questions: &Questions) -> Result<Option<c_int>, MaskingError> {
        let mut registers = ptrace::getregs(nix_pid(thread)).map_err(trace_error)?;
        let address = registers.rip - 1;
        let Some(question) = questions.get(&address) else {
            return Ok(None);
        };
        registers.rip = address + question.bytes().len() as u64;
        let mut signal = 0;
        match question {
            Question::Cpuid => {
                let (leaf, subleaf) = (registers.rax as u32, registers.rcx as u32);
                let [eax, ebx, ecx, edx] = cpuid::cpuid(self.cpu, leaf, subleaf);
                registers.rax = eax.into();
                registers.rbx = ebx.into();
                registers.rcx = ecx.into();
                registers.rdx = edx.into();
            }
            Question::Xgetbv => match cpuid::xcr0(self.cpu) {
                Some(xcr0) => {
                    registers.rax = xcr0 & 0xffff_ffff;
                    registers.rdx = xcr0 >> 32;
                }
                None => {
                    registers.rip = address;
                    signal = libc::SIGILL;
                }
            },
        }
        ptrace::setregs(nix_pid(thread), registers).map_err(trace_error)?;
        Ok(Some(signal))
    }

    /// Puts breakpoints into the program that `process` is about to run.
    fn mask(&mut self, process: Pid) -> Result<(), MaskingError> {
        let program = PathBuf::from(format!("/proc/{process}/exe"));
        let name = std::fs::read_link(&program).unwrap_or_else(|_| program.clone());
        let code_error = |error| MaskingError::Code {
            program: name.clone(),
            error,
        };
        let image = Image::read(&program).map_err(code_error)?;
        let bias = entry(process)
            .map_err(code_error)?
            .wrapping_sub(image.entry);
        let memory = std::fs::File::options()
            .write(true)
            .open(format!("/proc/{process}/mem"))
            .map_err(code_error)?;
        let mut questions = BTreeMap::new();
        for (address, question) in find_questions(&image) {
            let address = address.wrapping_add(bias);
            let written = memory.write_all_at(&[BREAKPOINT], address);
            written.map_err(code_error)?;
            questions.insert(address, question);
        }
        // Helpers such as shells have no question. Only the first program must have one.
        if questions.is_empty() && self.questions.is_empty() {
            return Err(MaskingError::NothingToMask(name));
        }
        self.questions.insert(process, Rc::new(questions));
        Ok(())
    }
}

/// The address at which a process begins to run its program.
fn entry(process: Pid) -> io::Result<u64> {
    let bytes = std::fs::read(format!("/proc/{process}/auxv"))?;
    let words: Vec<u64> = bytes
        .as_chunks::<8>()
        .0
        .iter()
        .map(|word| u64::from_ne_bytes(*word))
        .collect();
    let pairs = words.as_chunks::<2>().0.iter();
    let entry = pairs.copied().find(|[key, _]| *key == libc::AT_ENTRY);
    entry
        .map(|[_, address]| address)
        .ok_or_else(|| io::Error::other("its auxiliary vector has no entry"))
}

/// The next stop or end of one thread.
fn wait_for(thread: Pid) -> Result<WaitStatus, MaskingError> {
    let wait = || rustix::process::waitpid(Some(thread), WALL);
    let waited = rustix::io::retry_on_intr(wait).map_err(trace_error)?;
    Ok(waited.expect(BLOCKS).1)
}

/// The next stop or end of any traced thread.
fn wait_for_any() -> Result<(Pid, WaitStatus), MaskingError> {
    let waited = rustix::io::retry_on_intr(|| rustix::process::wait(WALL)).map_err(trace_error)?;
    Ok(waited.expect(BLOCKS))
}

/// Threads are waited for as well as processes.
const WALL: WaitOptions = WaitOptions::from_bits_retain(libc::__WALL as u32);

const BLOCKS: &str = "without WNOHANG the call waits";

/// Lets a stopped thread run on, with a signal unless that is 0. A real-time signal has no name in
/// nix, which therefore cannot pass it on.
fn resume(thread: Pid, signal: c_int) -> Result<(), MaskingError> {
    let (thread, signal) = (thread.as_raw_nonzero().get(), c_long::from(signal));
    // SAFETY: PTRACE_CONT takes the numbers of a thread and a signal, and touches no memory of this
    // process.
    let result = unsafe { libc::ptrace(libc::PTRACE_CONT, thread, ptr::null_mut::<u8>(), signal) };
    if result == -1 {
        let error = io::Error::last_os_error();
        // ESRCH: the thread was killed between its stop and this call.
        if error.raw_os_error() != Some(libc::ESRCH) {
            return Err(MaskingError::Trace(error));
        }
    }
    Ok(())
}

fn nix_pid(thread: Pid) -> nix::unistd::Pid {
    nix::unistd::Pid::from_raw(thread.as_raw_nonzero().get())
}

fn trace_error(error: impl Into<io::Error>) -> MaskingError {
    MaskingError::Trace(error.into())
}
