//! A loaded library's function, called as its signature says.

use super::combine::CombineEntry;
use super::interface::Interface;
use crcheck_platform::code::elf::Image;
use crcheck_platform::raw_entry::RawEntry;
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A function of a loaded library. The library stays loaded as long as this lives.
#[derive(Debug)]
pub struct Entry {
    raw: RawEntry,
    combine: Option<CombineEntry>,
    _library: Library,
}

impl Entry {
    /// Loads the library at `path`, whose constructors run, finds the function, and makes the
    /// calls that the interface wants before it. What the function takes and gives are checksums
    /// exclusive-ored with `xor`.
    ///
    /// # Errors
    /// The loader's message, if it refuses the library or does not find a symbol.
    pub fn load(path: &Path, symbol: &str, how: &Interface, xor: u64) -> Result<Self, String> {
        // SAFETY: the caller survives what constructors do: it is a worker process, or a fuzz
        // target whose user asked for it.
        let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
        let library = library.map_err(|error| text_of(&error))?;
        let address_of = |symbol: &str| {
            // SAFETY: only the address is taken here.
            let found = unsafe { library.get::<*const ()>(symbol) };
            found
                .map(|address| *address as usize)
                .map_err(|error| text_of(&error))
        };
        let address = address_of(symbol)?;
        let returns = how.signature.returns(how.result);
        // SAFETY: the library stays loaded as long as the entry, and the user states the types of
        // the functions. If a statement is wrong, calls go wrong, and the harness survives that, as
        // it survives what constructors do.
        let (raw, combine) = unsafe {
            for call in &how.init {
                call.make(&address_of)?;
            }
            let arguments = how.signature.arguments(&address_of)?;
            let combine = match &how.combine {
                Some(combine) => Some(combine.load(&address_of, how.result, xor)?),
                None => None,
            };
            (RawEntry::new(address, &arguments, returns.bits), combine)
        };
        Ok(Self {
            raw: raw.returning(returns).of_registers(xor),
            combine,
            _library: library,
        })
    }

    /// The function's address, and what goes into its registers.
    pub const fn raw(&self) -> RawEntry {
        self.raw
    }

    /// Calls the function.
    ///
    /// # Safety
    /// `buf` is valid for reads of `len_bytes` while the call lasts. The caller survives whatever
    /// else the function does, as in [`Entry::load`].
    #[inline]
    pub unsafe fn call(&self, crc: u64, buf: *const u8, len_bytes: usize) -> u64 {
        // SAFETY: the caller vouches for the buffer; the library is loaded.
        unsafe { self.raw.call(crc, buf, len_bytes) }
    }

    /// Calls the function that combines checksums; `None` if there is none. A negative length is in
    /// two's complement.
    ///
    /// # Safety
    /// The caller survives whatever the function does, as in [`Entry::load`].
    pub unsafe fn combine(&self, a: u64, b: u64, len_b: u64) -> Option<u64> {
        let combine = self.combine.as_ref()?;
        // SAFETY: the caller vouches for itself; the library is loaded.
        Some(unsafe { combine.call(a, b, len_b) })
    }
}

/// The loader's own words.
fn text_of(error: &libloading::Error) -> String {
    use std::error::Error;
    error.source().map_or(error.to_string(), |source| {
        source.to_string().trim_matches('"').to_owned()
    })
}

/// The function that holds `address`, and the distance from its start. The loader knows exported
/// functions. The file's table of symbols, if there is one, knows the others.
pub fn describe_address(address: usize) -> Option<String> {
    // SAFETY: all-zero bytes are a valid `Dl_info`.
    let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
    // SAFETY: `dladdr` accepts any address, and returns 0 for one that it does not know.
    if unsafe { libc::dladdr(address as *const libc::c_void, &raw mut info) } == 0 {
        return None;
    }
    let text = |pointer: *const libc::c_char| {
        // SAFETY: the loader's strings end with a zero and live as long as the library.
        (!pointer.is_null()).then(|| unsafe { std::ffi::CStr::from_ptr(pointer) }.to_string_lossy())
    };
    if let Some(name) = text(info.dli_sname) {
        return Some(format!(
            "{name}+{:#x}",
            address.wrapping_sub(info.dli_saddr as usize)
        ));
    }
    let file = text(info.dli_fname)?;
    let path = Path::new(file.as_ref());
    let offset = address.wrapping_sub(info.dli_fbase as usize);
    // These functions are not exported: static ones, and all of Go's.
    static FIRST: OnceLock<Option<(PathBuf, Image)>> = OnceLock::new();
    let image = FIRST.get_or_init(|| Some((path.to_owned(), Image::read(path).ok()?)));
    if let Some((of, image)) = image
        && of == path
        && let Some(function) = image.function_at(offset as u64)
    {
        let start = function.addresses.start as usize;
        return Some(format!("{}+{:#x}", function.name, offset - start));
    }
    let file = path.file_name()?.to_string_lossy();
    Some(format!("{file}+{offset:#x}"))
}
