//! Code of this program, as interpreters see it.

use super::calls::Calls;
use super::target::Function;
use crcheck_machine::Fault;
use crcheck_platform::raw_entry::RawEntry;
use std::fs;
use std::io;
use std::ops::Range;

/// The code of this program, where the interpreter's machine finds it.
pub(super) struct ProgramCode(());

impl ProgramCode {
    /// Makes it the judged code of the machine of `calls`.
    ///
    /// # Errors
    /// If this process cannot read what it has mapped.
    pub(super) fn judge(calls: &mut Calls) -> io::Result<Self> {
        calls.machine().set_judged_code(code_of_this_program()?);
        Ok(Self(()))
    }

    /// A function of the program.
    pub(super) fn function(self, entry: RawEntry) -> impl Function {
        OfProgram(entry)
    }
}

struct OfProgram(RawEntry);

impl Function for OfProgram {
    fn entry(&self) -> RawEntry {
        self.0
    }
}

/// The addresses of the executable mappings of this program's file (proc_pid_maps(5)).
fn code_of_this_program() -> io::Result<Vec<Range<u64>>> {
    let program = fs::read_link("/proc/self/exe")?;
    let program = program.to_string_lossy().into_owned();
    let maps = fs::read_to_string("/proc/self/maps")?;
    let code = maps.lines().filter(|line| line.ends_with(&program));
    let ranges = code.filter_map(|line| {
        let mut words = line.split_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        let is_code = words.next()?.contains('x');
        let number = |text| u64::from_str_radix(text, 16).ok();
        is_code.then_some(number(start)?..number(end)?)
    });
    Ok(ranges.collect())
}

/// The error of bytes that cannot be changed.
pub(super) fn refused(address: u64, fault: &Fault) -> io::Error {
    io::Error::other(format!("nothing can be changed at {address:#x}: {fault:?}"))
}
