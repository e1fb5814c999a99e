//! The tracer: follows a program with its threads and children, and answers its questions.

use super::sites::{Site, sites};
use super::{MaskError, answer};
use crate::matrix::Cpu;
use crcheck_harness::platform::code::elf::Image;
use libc::{c_int, pid_t};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::ptr;
use std::rc::Rc;

const BREAKPOINT: u8 = 0xcc;

/// The sites of a process, at the addresses where it has them.
type Sites = Rc<BTreeMap<u64, Site>>;

/// Follows the stopped process `main` to its end.
pub(super) fn follow(cpu: &Cpu, main: pid_t) -> Result<ExitStatus, MaskError> {
    let mut tracer = Tracer {
        cpu,
        sites: HashMap::new(),
        newborn: HashSet::new(),
        early: HashSet::new(),
    };
    let outcome = tracer.follow(main);
    if outcome.is_err() {
        for &process in tracer.sites.keys().chain([&main]) {
            // What cannot be masked must not run on.
            // SAFETY: a system call without memory.
            unsafe { libc::kill(process, libc::SIGKILL) };
        }
    }
    outcome
}

struct Tracer<'a> {
    cpu: &'a Cpu,
    /// Threads that are traced, with the sites of their program.
    sites: HashMap<pid_t, Sites>,
    /// Threads that were announced and have not stopped yet.
    newborn: HashSet<pid_t>,
    /// Threads that have stopped and were not announced yet.
    early: HashSet<pid_t>,
}

impl Tracer<'_> {
    fn follow(&mut self, main: pid_t) -> Result<ExitStatus, MaskError> {
        // The stop after exec, which TRACEME brings.
        let (_, status) = wait(main)?;
        if !libc::WIFSTOPPED(status) {
            return Ok(ExitStatus::from_raw(status));
        }
        let options = libc::PTRACE_O_TRACECLONE
            | libc::PTRACE_O_TRACEFORK
            | libc::PTRACE_O_TRACEVFORK
            | libc::PTRACE_O_TRACEEXEC
            | libc::PTRACE_O_EXITKILL;
        // SAFETY: this request takes a number for its data.
        let set = unsafe { libc::ptrace(libc::PTRACE_SETOPTIONS, main, 0, options) };
        if set == -1 {
            return Err(MaskError::Refused(io::Error::last_os_error()));
        }
        self.mask(main)?;
        resume(main, 0)?;
        loop {
            let (thread, status) = wait(-1)?;
            if libc::WIFEXITED(status) || libc::WIFSIGNALED(status) {
                self.sites.remove(&thread);
                if thread == main {
                    return Ok(ExitStatus::from_raw(status));
                }
            } else if libc::WIFSTOPPED(status) {
                self.stopped(thread, status)?;
            }
        }
    }

    fn stopped(&mut self, thread: pid_t, status: c_int) -> Result<(), MaskError> {
        let signal = libc::WSTOPSIG(status);
        match status >> 16 {
            0 => {}
            libc::PTRACE_EVENT_EXEC => {
                self.mask(thread)?;
                return resume(thread, 0);
            }
            _ => {
                self.born(thread)?;
                return resume(thread, 0);
            }
        }
        let Some(sites) = self.sites.get(&thread).cloned() else {
            // Until its parent's stop says whose child it is, it must wait.
            self.early.insert(thread);
            return Ok(());
        };
        if self.newborn.remove(&thread) {
            return resume(thread, 0);
        }
        if signal == libc::SIGTRAP
            && let Some(signal) = self.answer(thread, &sites)?
        {
            return resume(thread, signal);
        }
        resume(thread, signal)
    }

    /// A thread or process was made by `parent`, with the same code.
    fn born(&mut self, parent: pid_t) -> Result<(), MaskError> {
        let mut message: libc::c_ulong = 0;
        // SAFETY: the message is a `c_ulong`, which the request writes.
        let got = unsafe { libc::ptrace(libc::PTRACE_GETEVENTMSG, parent, 0, &raw mut message) };
        if got == -1 {
            return Err(MaskError::Trace(io::Error::last_os_error()));
        }
        let child = message as pid_t;
        if let Some(sites) = self.sites.get(&parent).cloned() {
            self.sites.insert(child, sites);
        }
        if self.early.remove(&child) {
            return resume(child, 0);
        }
        self.newborn.insert(child);
        Ok(())
    }

    /// Answers a breakpoint of ours: the signal to go on with. `None` if it is not ours.
    fn answer(&self, thread: pid_t, sites: &Sites) -> Result<Option<c_int>, MaskError> {
        // SAFETY: all-zero bytes are valid registers.
        let mut found: libc::user_regs_struct = unsafe { std::mem::zeroed() };
        registers(libc::PTRACE_GETREGS, thread, &mut found)?;
        let address = found.rip - 1;
        let Some(site) = sites.get(&address) else {
            return Ok(None);
        };
        found.rip = address + site.bytes().len() as u64;
        let mut signal = 0;
        match site {
            Site::Cpuid => {
                let words = answer::cpuid(self.cpu, found.rax as u32, found.rcx as u32);
                [found.rax, found.rbx, found.rcx, found.rdx] = words.map(u64::from);
            }
            Site::Xgetbv => match answer::xcr0(self.cpu) {
                Some(xcr0) => {
                    found.rax = xcr0 & 0xffff_ffff;
                    found.rdx = xcr0 >> 32;
                }
                None => {
                    found.rip = address;
                    signal = libc::SIGILL;
                }
            },
        }
        registers(libc::PTRACE_SETREGS, thread, &mut found)?;
        Ok(Some(signal))
    }

    /// Puts breakpoints into the program that `process` has just begun.
    fn mask(&mut self, process: pid_t) -> Result<(), MaskError> {
        let program = PathBuf::from(format!("/proc/{process}/exe"));
        let name = std::fs::read_link(&program).unwrap_or_else(|_| program.clone());
        let code = |error| MaskError::Code {
            program: name.clone(),
            error,
        };
        let image = Image::read(&program).map_err(code)?;
        let bias = entry(process).map_err(code)?.wrapping_sub(image.entry);
        let memory = std::fs::File::options()
            .write(true)
            .open(format!("/proc/{process}/mem"))
            .map_err(code)?;
        let mut here = BTreeMap::new();
        for (address, site) in sites(&image) {
            let address = address.wrapping_add(bias);
            memory.write_all_at(&[BREAKPOINT], address).map_err(code)?;
            here.insert(address, site);
        }
        // Helpers such as shells ask nothing: only the program at the start must.
        if here.is_empty() && self.sites.is_empty() {
            return Err(MaskError::NothingToMask(name));
        }
        self.sites.insert(process, Rc::new(here));
        Ok(())
    }
}

/// Reads or writes the registers of a stopped thread.
fn registers(
    request: libc::c_uint,
    thread: pid_t,
    registers: &mut libc::user_regs_struct,
) -> Result<(), MaskError> {
    // SAFETY: the structure is the one that both requests take.
    match unsafe { libc::ptrace(request, thread, 0, ptr::from_mut(registers)) } {
        -1 => Err(MaskError::Trace(io::Error::last_os_error())),
        _ => Ok(()),
    }
}

/// The address that a process begins to run its program at.
fn entry(process: pid_t) -> io::Result<u64> {
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

/// The next stop or end of a traced thread.
fn wait(of: pid_t) -> Result<(pid_t, c_int), MaskError> {
    loop {
        let mut status = 0;
        // SAFETY: the status is an int, which the call writes.
        let thread = unsafe { libc::waitpid(of, &raw mut status, libc::__WALL) };
        if thread != -1 {
            return Ok((thread, status));
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(MaskError::Trace(error));
        }
    }
}

fn resume(thread: pid_t, signal: c_int) -> Result<(), MaskError> {
    let signal = libc::c_long::from(signal);
    // SAFETY: this request takes a signal number for its data.
    let resumed = unsafe { libc::ptrace(libc::PTRACE_CONT, thread, ptr::null_mut::<u8>(), signal) };
    if resumed == -1 {
        let error = io::Error::last_os_error();
        // It was killed between its stop and this.
        if error.raw_os_error() != Some(libc::ESRCH) {
            return Err(MaskError::Trace(error));
        }
    }
    Ok(())
}
