//! A loaded library's function, called as its signature says.

use super::combine::CombineEntry;
use super::interface::Interface;
use super::live_stream::{LiveStream, StreamFunctions};
use super::loaded::Loaded;
use crcheck_platform::abi_audit::{self, Audit, Paint};
use crcheck_platform::raw_entry::RawEntry;
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use std::path::Path;

/// The functions of a loaded library that an interface names.
#[derive(Debug)]
pub(crate) struct Functions {
    /// The function whose code is judged.
    pub(crate) raw: RawEntry,
    pub(crate) stream: Option<StreamFunctions>,
    pub(crate) combine: Option<CombineEntry>,
}

impl Functions {
    /// Makes the calls that the interface wants before the others, and finds the functions. What
    /// they take and give are checksums exclusive-ored with `xor`.
    ///
    /// # Errors
    /// What `library` says.
    ///
    /// # Safety
    /// The library stays loaded as long as the result is used. Its functions have the types that
    /// the interface states, or whoever calls them survives that they do not.
    pub(crate) unsafe fn find(
        library: &dyn Loaded,
        symbol: &str,
        how: &Interface,
        xor: u64,
    ) -> Result<Self, String> {
        // SAFETY: the caller vouches for the library.
        unsafe {
            for call in &how.init {
                call.make(library)?;
            }
            let combine = how.combine.as_ref();
            let combine = combine.map(|combine| combine.load(library, how.result, xor));
            let combine = combine.transpose()?;
            if let Some(stream) = &how.stream {
                let functions = StreamFunctions::load(stream, how.result, xor, library)?;
                return Ok(Self {
                    raw: functions.update_entry(),
                    stream: Some(functions),
                    combine,
                });
            }
            let arguments = how.signature.arguments(library)?;
            let returns = how.signature.returns(how.result);
            let raw = RawEntry::new(library.address_of(symbol)?, &arguments, returns.bits);
            Ok(Self {
                raw: raw.returning(returns).of_registers(xor),
                stream: None,
                combine,
            })
        }
    }
}

/// A function of a loaded library. The library stays loaded as long as this lives.
#[derive(Debug)]
pub struct Entry {
    functions: Functions,
    _library: Library,
}

/// A library that the system's loader has loaded into this process.
struct Native<'l>(&'l Library);

impl Loaded for Native<'_> {
    fn address_of(&self, symbol: &str) -> Result<usize, String> {
        // SAFETY: only the address is taken here.
        let found = unsafe { self.0.get::<*const ()>(symbol) };
        found
            .map(|address| *address as usize)
            .map_err(|error| text_of(&error))
    }

    unsafe fn call_first(&self, entry: &RawEntry) -> Result<u64, String> {
        // SAFETY: the caller vouches for the function, and there is no message.
        Ok(unsafe { entry.call(0, std::ptr::null(), 0) })
    }
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
        // SAFETY: the library stays loaded as long as the entry, and the user states the types of
        // the functions. If a statement is wrong, calls go wrong, and the harness survives that, as
        // it survives what constructors do.
        let functions = unsafe { Functions::find(&Native(&library), symbol, how, xor) }?;
        Ok(Self {
            functions,
            _library: library,
        })
    }

    /// The function's address, and what goes into its registers.
    pub const fn raw(&self) -> RawEntry {
        self.functions.raw
    }

    /// The functions of its streams, if it has streams.
    pub const fn stream(&self) -> Option<&StreamFunctions> {
        self.functions.stream.as_ref()
    }

    /// Calls the function, or makes a stream of the message alone.
    ///
    /// # Safety
    /// `buf` is valid for reads of `len_bytes` while the call lasts. The caller survives whatever
    /// else the function does, as in [`Entry::load`].
    #[inline]
    pub unsafe fn call(&self, crc: u64, buf: *const u8, len_bytes: usize) -> u64 {
        // SAFETY: the caller vouches for the buffer; the library is loaded.
        unsafe {
            match &self.functions.stream {
                None => self.functions.raw.call(crc, buf, len_bytes),
                Some(functions) => functions.call(buf, len_bytes),
            }
        }
    }

    /// Makes an audited call of the function; of a stream, of the function that takes the message.
    ///
    /// # Panics
    /// If calls cannot be audited on this architecture.
    ///
    /// # Safety
    /// The caller survives whatever the function does, as in [`Entry::load`].
    pub unsafe fn audit(&self, crc: u64, message: &[u8], paint: &Paint) -> Audit {
        match &self.functions.stream {
            None => abi_audit::call(&self.functions.raw, crc, message, paint),
            // SAFETY: the caller vouches for itself; the library is loaded.
            Some(functions) => unsafe { functions.audit(message, paint) },
        }
    }

    /// Calls the function that combines checksums; `None` if there is none. A negative length is in
    /// two's complement.
    ///
    /// # Safety
    /// The caller survives whatever the function does, as in [`Entry::load`].
    pub unsafe fn combine(&self, a: u64, b: u64, len_b: u64) -> Option<u64> {
        let combine = self.functions.combine.as_ref()?;
        // SAFETY: the caller vouches for itself; the library is loaded.
        Some(unsafe { combine.of(b, len_b).call(a, std::ptr::null(), 0) })
    }
}

/// Calls one after the other, of which some go on from the one before.
#[derive(Debug)]
pub struct Chain<'e> {
    entry: &'e Entry,
    previous: u64,
    live: Option<LiveStream>,
}

impl<'e> Chain<'e> {
    /// No calls yet.
    pub const fn new(entry: &'e Entry) -> Self {
        Self {
            entry,
            previous: 0,
            live: None,
        }
    }

    /// Makes a call that begins with a checksum, or goes on from the call before if there is none.
    /// A stream begins or goes on, and gives its checksum only if no call `goes_on` from this one;
    /// else the result is 0.
    ///
    /// # Safety
    /// As of [`Entry::call`].
    #[inline]
    pub unsafe fn call(
        &mut self,
        checksum: Option<u64>,
        buf: *const u8,
        len_bytes: usize,
        goes_on: impl FnOnce() -> bool,
    ) -> u64 {
        // SAFETY: the caller vouches for the buffer and for itself.
        unsafe {
            let Some(functions) = &self.entry.functions.stream else {
                let checksum = checksum.unwrap_or(self.previous);
                self.previous = self.entry.call(checksum, buf, len_bytes);
                return self.previous;
            };
            let before = self.live.take().filter(|_| checksum.is_none());
            let mut live = before.unwrap_or_else(|| functions.begin());
            functions.update(&mut live, buf, len_bytes);
            if goes_on() {
                self.live = Some(live);
                return 0;
            }
            let checksum = functions.finish(&mut live);
            functions.free(live);
            checksum
        }
    }
}

/// The loader's own words.
fn text_of(error: &libloading::Error) -> String {
    use std::error::Error;
    error.source().map_or(error.to_string(), |source| {
        source.to_string().trim_matches('"').to_owned()
    })
}
