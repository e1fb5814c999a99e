//! Why a library is not loaded.

use crate::fault::Fault;
use crate::machine::Stopped;
use std::fmt;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why a library is not loaded: the file, and what is wrong with it.
#[derive(Debug, Error)]
#[error("{}: {problem}", path.display())]
pub struct LoadError {
    /// The library, or the one that it needs.
    pub path: PathBuf,
    pub problem: Problem,
}

/// What is wrong with a file, or missing.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Problem {
    #[error("it cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("it is not an ELF file; name a shared library")]
    NotElf,
    /// The file contradicts itself, or ends too early.
    #[error("it is damaged: {0}")]
    Malformed(&'static str),
    #[error("it has code of 32 bits; interpretation executes code of x86-64 with 64 bits only")]
    Narrow,
    /// The architecture.
    #[error("it is for {0}; interpretation executes code of x86-64 only")]
    OtherArchitecture(String),
    #[error("it is an object file; link it with `cc -shared`")]
    ObjectFile,
    #[error(
        "it is a program for one fixed address, not a shared library; compile its function with \
         `cc -shared -fPIC`"
    )]
    PositionDependent,
    #[error("it is a program, not a shared library; compile its function with `cc -shared -fPIC`")]
    Program,
    #[error("it has no dynamic section, so nothing in it can be called by name")]
    NoDynamicSection,
    /// How many bytes.
    #[error("it takes {0} bytes of memory; the loader gives it at most {MEMORY_BYTES_MAX}")]
    TooLarge(u64),
    #[error("no memory for it: {0}")]
    Memory(io::Error),
    /// The library's name, and the folders without it.
    #[error("it needs {0}, which is not there ({1}); add its folder to LD_LIBRARY_PATH")]
    MissingLibrary(String, String),
    /// The library's name, and why it is not there.
    #[error("it needs {0}, which this process cannot load: {1}")]
    MissingRuntime(String, String),
    /// How many.
    #[error("it needs more than {0} libraries")]
    TooManyLibraries(usize),
    /// The symbol.
    #[error("it needs the symbol `{0}`, which none of its libraries has")]
    MissingSymbol(String),
    /// The type of the relocation, and what is wrong with it.
    #[error("its relocation of type {0} {1}")]
    Relocation(u32, &'static str),
    #[error(
        "it has thread-local storage of the initial-exec model, which is not modelled; compile it \
         with -ftls-model=global-dynamic"
    )]
    ThreadLocal,
    /// The function of the C library.
    #[error(
        "it asks the C library about the CPU ({0}), which answers for the CPU of this machine and \
         not for the one that is interpreted"
    )]
    AsksAboutThisCpu(String),
    /// Code of the library that runs before any call.
    #[error("{what} stops at {place}: {}", in_words(&stopped.fault))]
    Stopped {
        /// Which code, such as `its constructor`.
        what: String,
        /// Where it stands.
        place: String,
        stopped: Box<Stopped>,
    },
}

/// The most memory that a library spans, in bytes.
pub(super) const MEMORY_BYTES_MAX: u64 = 1 << 32;

/// The fault as the end of a sentence.
fn in_words(fault: &Fault) -> impl fmt::Display {
    match fault {
        Fault::Page { address, access } => {
            let access = format!("{access:?}").to_lowercase();
            format!("there is no memory to {access} at {address:#x}")
        }
        Fault::Misaligned {
            address, alignment, ..
        } => format!("the address {address:#x} is not a multiple of {alignment}"),
        Fault::NotCanonical { address } => format!("{address:#x} is no address"),
        Fault::Lacks(extensions) => format!("the CPU lacks {}", extensions.join(", ")),
        Fault::Undefined => "no CPU knows the instruction".to_owned(),
        Fault::Divide => "it divides by zero, or the quotient does not fit".to_owned(),
        Fault::Interrupt => "it raises a software interrupt".to_owned(),
        Fault::SystemCall => "system calls are not modelled".to_owned(),
        Fault::NotModelled => "the instruction is not modelled".to_owned(),
        Fault::WrittenCode => "it executes code that it has written itself".to_owned(),
        Fault::OutOfSteps => "it does not come to an end".to_owned(),
    }
}
