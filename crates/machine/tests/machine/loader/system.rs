//! Libraries of this system: what is interpreted gives what the oracle does.

use super::{bare, crc32, message};
use crate::bench::call_of;
use crcheck_machine::loader::Library;
use crcheck_machine::{Machine, State};
use std::path::Path;

/// The checksum by the function of a library, if that is installed.
fn checksum(library: &str, function: &str, message: &[u8]) -> Option<u32> {
    let path = crcheck_platform::code::library_path::find(Path::new(library));
    if !path.exists() {
        eprintln!("skipped: {library} is not installed");
        return None;
    }
    let mut machine = Machine::new(bare()).expect("the mappings of this process");
    let library = Library::load(&path, &mut machine).unwrap_or_else(|error| panic!("{error}"));
    let start = message.as_ptr().expose_provenance() as u64;
    let address = library.symbol(function).expect(function);
    let call = call_of(address, [0, start, message.len() as u64, 0, 0, 0]);
    match machine.call(&call) {
        Ok(returned) => Some(returned.state.general[State::RAX] as u32),
        Err(stopped) => panic!(
            "{:?} at {:?}",
            stopped.fault,
            library.place(stopped.state.ip)
        ),
    }
}

#[test]
fn libraries_of_this_system_give_the_oracles_checksum() {
    let message = message(1000);
    for (library, function) in [
        ("libz.so.1", "crc32"),
        ("libdeflate.so.0", "libdeflate_crc32"),
        ("libisal.so.2", "crc32_gzip_refl"),
    ] {
        if let Some(got) = checksum(library, function, &message) {
            assert_eq!(got, crc32(&message), "{function} of {library}");
        }
    }
}
