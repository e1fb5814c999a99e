//! The C library and the runtimes of compilers, as this process has them.
//!
//! Code of others that is interpreted calls their functions by address. They are not code under
//! test.

use std::ffi::{CStr, CString, c_void};

/// The beginnings of the names of these libraries.
const NAMES: [&str; 12] = [
    "libc.so.",
    "libc.musl-",
    "libm.so.",
    "libmvec.so.",
    "libpthread.so.",
    "libdl.so.",
    "librt.so.",
    "libutil.so.",
    "ld-linux-x86-64.so.",
    "ld-musl-",
    "libgcc_s.so.",
    "libstdc++.so.",
];

/// One of these libraries. It stays loaded as long as the process lives.
#[derive(Debug)]
pub struct CLibrary {
    handle: *mut c_void,
}

// SAFETY: the loader's functions take a handle on any thread.
unsafe impl Send for CLibrary {}

impl CLibrary {
    /// Whether a library of this name is one of these.
    pub fn is(name: &str) -> bool {
        NAMES.iter().any(|own| name.starts_with(own))
    }

    /// The library of this name, loaded if it is not there yet.
    ///
    /// # Errors
    /// The loader's words, if it does not have it.
    ///
    /// # Panics
    /// If it is none of these libraries: the code of others runs when it is loaded.
    pub fn open(name: &str) -> Result<Self, String> {
        assert!(
            Self::is(name) && !name.contains('/'),
            "{name} is not the C library"
        );
        let c_name = CString::new(name).map_err(|error| error.to_string())?;
        // SAFETY: the name ends with a zero. What runs when such a library is loaded is what every
        // program trusts.
        let handle = unsafe { libc::dlopen(c_name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        if handle.is_null() {
            return Err(last_words());
        }
        Ok(Self { handle })
    }

    /// The address of a symbol of it, or of a library that it needs. Of a function that the loader
    /// chooses for the CPU, it is the one for the CPU of this machine: the C library is not code
    /// under test.
    pub fn symbol(&self, name: &str) -> Option<usize> {
        let name = CString::new(name).ok()?;
        // SAFETY: the handle is valid as long as the process lives, and the name ends with a zero.
        let address = unsafe { libc::dlsym(self.handle, name.as_ptr()) };
        (!address.is_null()).then(|| address.expose_provenance())
    }
}

/// What the loader says of its last error.
fn last_words() -> String {
    // SAFETY: the text is valid until this thread calls the loader again.
    unsafe {
        let text = libc::dlerror();
        match text.is_null() {
            true => "no reason given".to_owned(),
            false => CStr::from_ptr(text).to_string_lossy().into_owned(),
        }
    }
}
