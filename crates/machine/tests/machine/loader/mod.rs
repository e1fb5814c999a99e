//! Shared libraries, loaded for a machine and called. No code of them runs natively.

mod calls;
mod files;
mod system;

use crate::bench::{call_of, cpu};
use crcheck_machine::loader::{Library, LoadError};
use crcheck_machine::{Cpu, CpuidTable, Fault, Machine, State};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// A folder for compiled libraries.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Compiles the part `name` of the library with these options of `cc`.
fn build(folder: &Path, name: &str, options: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machine/loader/library.c");
    let file = folder.join(format!("lib{}.so", name.to_lowercase()));
    let status = Command::new("cc")
        .args(["-O1", &format!("-D{name}"), "-o"])
        .arg(&file)
        .arg(source)
        .args(options.split_whitespace())
        .status();
    assert!(status.expect("cc starts").success(), "{name}");
    file
}

/// The options of a shared library.
const SHARED: &str = "-shared -fPIC";

/// A library of the part `name`, and its machine.
struct Loaded {
    library: Library,
    machine: Machine,
    _folder: tempfile::TempDir,
}

impl Loaded {
    fn new(name: &str, options: &str, cpu: Cpu) -> Self {
        let folder = folder();
        let path = build(folder.path(), name, options);
        let mut machine = Machine::new(cpu).expect("the mappings of this process");
        let loaded = Library::load(&path, &mut machine);
        Self {
            library: loaded.unwrap_or_else(|error| panic!("{error}")),
            machine,
            _folder: folder,
        }
    }

    /// The result of a function, or what stopped it, and where.
    fn try_call(&mut self, name: &str, arguments: [u64; 6]) -> Result<u32, (Fault, String)> {
        let address = self.library.symbol(name).expect(name);
        match self.machine.call(&call_of(address, arguments)) {
            Ok(returned) => Ok(returned.state.general[State::RAX] as u32),
            Err(stopped) => {
                let place = self.library.place(stopped.state.ip);
                Err((stopped.fault, place.unwrap_or_default()))
            }
        }
    }

    fn call(&mut self, name: &str) -> u32 {
        let outcome = self.try_call(name, [0; 6]);
        outcome.unwrap_or_else(|stopped| panic!("{name}: {stopped:?}"))
    }

    /// The checksum of a message.
    fn checksum(&mut self, name: &str, message: &[u8]) -> u32 {
        let start = message.as_ptr().expose_provenance() as u64;
        let arguments = [0, start, message.len() as u64, 0, 0, 0];
        let outcome = self.try_call(name, arguments);
        outcome.unwrap_or_else(|stopped| panic!("{name}: {stopped:?}"))
    }
}

/// The error of loading a file.
fn error_of(path: &Path) -> LoadError {
    let mut machine = Machine::new(bare()).expect("the mappings of this process");
    Library::load(path, &mut machine).expect_err("it cannot be loaded")
}

/// A CPU of x86-64 without any extension.
fn bare() -> Cpu {
    answering(0)
}

/// A CPU that answers the leaf of features by this word in ECX.
fn answering(features: u32) -> Cpu {
    struct Answers(u32);
    impl CpuidTable for Answers {
        fn cpuid(&self, leaf: u32, _: u32) -> [u32; 4] {
            match leaf {
                0 => [1, 0, 0, 0],
                1 => [0, 0, self.0, 0],
                _ => [0; 4],
            }
        }

        fn xcr0(&self) -> Option<u64> {
            None
        }
    }
    Cpu {
        cpuid: Arc::new(Answers(features)),
        ..cpu(&[], None)
    }
}

/// A message of this length.
fn message(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 167 + 13) as u8).collect()
}

/// CRC-32/ISO-HDLC, bit by bit.
fn crc32(message: &[u8]) -> u32 {
    !message.iter().fold(!0, |register, &byte| {
        (0..8).fold(register ^ u32::from(byte), |register: u32, _| {
            register >> 1 ^ 0xedb8_8320 & 0_u32.wrapping_sub(register & 1)
        })
    })
}
