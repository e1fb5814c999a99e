//! Explains an illegal instruction: what it is, where it stands, and what the CPU lacks for it.

use crate::code::elf;
use crate::code::place::Place;
use crate::code::source_location;
#[cfg(target_arch = "x86_64")]
use crate::extension::Extension;
use crate::signal;
use crate::signal::Signal;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is known about an instruction that the CPU refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Illegal {
    /// Its bytes, in hexadecimal.
    pub bytes: String,
    /// Its disassembly.
    pub instruction: String,
    /// The extensions that it needs.
    pub needs: Vec<String>,
    /// Those of them that this CPU lacks, with the bit that says so.
    pub absent: Vec<String>,
    /// The function that it stands in.
    pub function: Option<String>,
    /// The function with the distance from its start, and the line, if somebody has found them.
    #[serde(skip)]
    pub place: Option<String>,
    /// The tier whose code was running.
    pub tier: Option<String>,
}

impl Illegal {
    /// Reads the instruction under the signal.
    pub fn of(signal: &Signal) -> Self {
        let needs = signal.needs();
        Self {
            bytes: signal.bytes(),
            instruction: signal.disassembly(),
            absent: needs.iter().filter_map(|name| absence(name)).collect(),
            needs,
            function: elf::function_at(signal.instruction_pointer),
            place: None,
            tier: None,
        }
    }

    /// Whether both are known: what the CPU lacks, and which tier's code it is.
    pub fn is_attributed(&self) -> bool {
        !self.absent.is_empty() && self.tier.is_some()
    }

    /// The rest of a sentence that begins with the subject's name.
    pub fn summary(&self) -> String {
        if self.needs.is_empty() {
            return if cfg!(target_arch = "x86_64") {
                "executes an instruction that no CPU has".to_owned()
            } else {
                "executes an instruction that this CPU does not have".to_owned()
            };
        }
        format!(
            "executes an instruction that needs {}",
            self.needs.join(", ")
        )
    }
}

/// Why this CPU lacks the extension of this name; `None` if it has it.
#[cfg(target_arch = "x86_64")]
fn absence(name: &str) -> Option<String> {
    Extension::named(name).and_then(Extension::absence)
}

/// Why this CPU lacks the feature of this name; `None` if it has it, or if no tier asks for it.
#[cfg(not(target_arch = "x86_64"))]
fn absence(name: &str) -> Option<String> {
    use crcheck_kernel::cpu::Features;
    let absence = Features::absence_here(name.parse().ok()?)?;
    Some(format!("{name}: {absence}"))
}

impl fmt::Display for Illegal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.instruction, self.bytes)?;
        if let Some(place) = self.place.as_ref().or(self.function.as_ref()) {
            write!(f, " in {place}")?;
        }
        if let Some(tier) = &self.tier {
            write!(f, ", tier {tier}")?;
        }
        self.absent
            .iter()
            .try_for_each(|absent| write!(f, "; {absent}"))
    }
}

/// Makes an illegal instruction outside of every call of [`signal::catch`] report itself on stderr
/// before it ends the process.
pub fn report_on_stderr() {
    // SAFETY: all-zero bytes are a valid `sigaction`; the handler has SA_SIGINFO's signature.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = crcheck_report_illegal as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigaction(libc::SIGILL, &raw const action, std::ptr::null_mut());
    }
}

signal::signal_entry!(crcheck_report_illegal, report);

extern "C" fn report(number: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the operating system passes a valid `siginfo_t` and `ucontext_t`.
    let signal = unsafe { signal::note(number, &*info, &*context.cast::<libc::ucontext_t>()) };
    // The default action follows: the instruction raises its signal again when this returns.
    // SAFETY: a signal number and an action that exist.
    unsafe { libc::signal(number, libc::SIG_DFL) };
    // Reading the symbols takes more stack than a signal handler has.
    let reporting = std::thread::Builder::new().spawn(move || {
        let mut illegal = Illegal::of(&signal);
        if let Some(place) = Place::of(signal.instruction_pointer) {
            illegal.place = Some(source_location::locate(&place).in_words(true));
        }
        eprintln!("illegal instruction: {illegal}");
    });
    // Without a report, the signal that ends the process still shows what happened.
    let _ = reporting.map(std::thread::JoinHandle::join);
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use crate::signal::{Caught, catch};

    /// Holds `ud2`, so that its place is known. The `nop` makes it unlike every other function:
    /// the compiler merges functions with the same code, and one name is left.
    #[inline(never)]
    fn illegal() {
        // SAFETY: raises SIGILL, which is what both tests ask for.
        unsafe { std::arch::asm!("ud2", "nop") };
    }

    #[test]
    fn an_illegal_instruction_is_attributed_to_its_function() {
        let Err(Caught::Signal(signal)) = catch(illegal) else {
            panic!("no signal")
        };
        let illegal = Illegal::of(&signal);
        assert_eq!(
            (illegal.bytes.as_str(), illegal.instruction.as_str()),
            ("0f 0b", "ud2")
        );
        let function = illegal.function.clone().expect("a function");
        assert!(
            function.ends_with("illegal_instruction::tests::illegal"),
            "{function}"
        );
        assert_eq!(illegal.summary(), "executes an instruction that no CPU has");
        assert!(!illegal.is_attributed(), "nothing is known to be absent");
    }

    /// The test starts itself: an instruction outside of any call ends the process.
    #[test]
    fn outside_of_a_call_it_is_reported_before_the_process_ends() {
        const CHILD: &str = "CRCHECK_TEST_ILLEGAL";
        if std::env::var_os(CHILD).is_some() {
            report_on_stderr();
            catch(|| ()).expect("the handler of calls stands before this one");
            illegal();
        }
        let name = concat!(
            "code::illegal_instruction::tests::",
            "outside_of_a_call_it_is_reported_before_the_process_ends"
        );
        let output = std::process::Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", name, "--nocapture"])
            .env(CHILD, "1")
            .output()
            .expect("it starts");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success());
        assert!(
            text.contains("illegal instruction: ud2 (0f 0b) in ")
                && text.contains("illegal_instruction::tests::illegal"),
            "{text}"
        );
    }
}
