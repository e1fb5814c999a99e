//! Where an instruction stands: the file that its code comes from, and its address there.

use serde::{Deserialize, Serialize};
use std::ffi::{CStr, OsStr, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// A place in the machine code of a file, which is the same in every process that runs it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The program, or the library.
    pub object: PathBuf,
    /// The address that the file gives to the instruction.
    pub address: u64,
}

/// What the loader is asked: an address, and the object that holds it.
struct Question {
    address: usize,
    /// Its name, and how far its addresses are from those in its file.
    found: Option<(PathBuf, usize)>,
}

impl Place {
    /// The place of the code at `address` of this process; `None` if no file that the loader knows
    /// has code there.
    pub fn of(address: usize) -> Option<Self> {
        let mut question = Question {
            address,
            found: None,
        };
        // SAFETY: the function has the type that the loader calls, and the data is a `Question`,
        // which lives longer than the walk.
        unsafe { libc::dl_iterate_phdr(Some(look_at), (&raw mut question).cast()) };
        let (name, bias) = question.found?;
        // The loader has no name for the program itself.
        let object = match name.as_os_str().is_empty() {
            true => this_program()?,
            false => name,
        };
        Some(Self {
            object,
            address: address.wrapping_sub(bias) as u64,
        })
    }
}

/// The file of this program.
pub fn this_program() -> Option<PathBuf> {
    std::fs::read_link("/proc/self/exe").ok()
}

/// Looks whether a segment of the object holds the address. Returns 1, which ends the walk, if one
/// does.
unsafe extern "C" fn look_at(
    info: *mut libc::dl_phdr_info,
    _len_bytes: usize,
    question: *mut c_void,
) -> c_int {
    // SAFETY: the loader passes a valid object, and `Place::of` its question.
    let (info, question) = unsafe { (&*info, &mut *question.cast::<Question>()) };
    if info.dlpi_phdr.is_null() {
        return 0;
    }
    // SAFETY: the loader states where the object's segments are described, and how many they are.
    let segments =
        unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
    let bias = info.dlpi_addr as usize;
    let holds = segments.iter().any(|segment| {
        let start = bias.wrapping_add(segment.p_vaddr as usize);
        segment.p_type == libc::PT_LOAD
            && question.address.wrapping_sub(start) < segment.p_memsz as usize
    });
    if !holds {
        return 0;
    }
    let name = match info.dlpi_name.is_null() {
        true => PathBuf::new(),
        // SAFETY: the loader's names end with a zero.
        false => OsStr::from_bytes(unsafe { CStr::from_ptr(info.dlpi_name) }.to_bytes()).into(),
    };
    question.found = Some((name, bias));
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_of_this_program_and_of_a_library_has_a_place_and_other_memory_has_none() {
        let own = Place::of(Place::of as *const () as usize).expect("code");
        assert_eq!(Some(own.object), this_program());
        let of_libc = Place::of(libc::getpid as *const () as usize).expect("code");
        assert!(!of_libc.object.as_os_str().is_empty() && of_libc.address > 0);
        let on_heap = Box::new(0_u8);
        assert_eq!(Place::of(&raw const *on_heap as usize), None);
        assert_eq!(Place::of(8), None);
    }
}
