//! A loaded library's function, called as its signature says.

use super::signature::{Order, Signature};
use crcheck_platform::abi_audit::{Argument, RawEntry};
use crcheck_platform::code::elf::Image;
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

type Buf = *const u8;

/// Declares the types of all orders for a checksum and a length of these types.
macro_rules! entry {
    ($name:ident, $crc:ty, $len:ty) => {
        #[derive(Clone, Copy, Debug)]
        enum $name {
            CrcBufLen(unsafe extern "C" fn($crc, Buf, $len) -> $crc),
            CrcLenBuf(unsafe extern "C" fn($crc, $len, Buf) -> $crc),
            BufLenCrc(unsafe extern "C" fn(Buf, $len, $crc) -> $crc),
            LenBufCrc(unsafe extern "C" fn($len, Buf, $crc) -> $crc),
            BufCrcLen(unsafe extern "C" fn(Buf, $crc, $len) -> $crc),
            LenCrcBuf(unsafe extern "C" fn($len, $crc, Buf) -> $crc),
            BufLen(unsafe extern "C" fn(Buf, $len) -> $crc),
            LenBuf(unsafe extern "C" fn($len, Buf) -> $crc),
        }

        impl $name {
            /// # Safety
            /// `address` is that of a C function whose arguments have this order.
            unsafe fn new(order: Order, address: *const ()) -> Self {
                // SAFETY: the caller vouches for the function's type.
                unsafe {
                    use std::mem::transmute as of;
                    match order {
                        Order::CrcBufLen => Self::CrcBufLen(of::<
                            *const (),
                            unsafe extern "C" fn($crc, Buf, $len) -> $crc,
                        >(address)),
                        Order::CrcLenBuf => Self::CrcLenBuf(of::<
                            *const (),
                            unsafe extern "C" fn($crc, $len, Buf) -> $crc,
                        >(address)),
                        Order::BufLenCrc => Self::BufLenCrc(of::<
                            *const (),
                            unsafe extern "C" fn(Buf, $len, $crc) -> $crc,
                        >(address)),
                        Order::LenBufCrc => Self::LenBufCrc(of::<
                            *const (),
                            unsafe extern "C" fn($len, Buf, $crc) -> $crc,
                        >(address)),
                        Order::BufCrcLen => Self::BufCrcLen(of::<
                            *const (),
                            unsafe extern "C" fn(Buf, $crc, $len) -> $crc,
                        >(address)),
                        Order::LenCrcBuf => Self::LenCrcBuf(of::<
                            *const (),
                            unsafe extern "C" fn($len, $crc, Buf) -> $crc,
                        >(address)),
                        Order::BufLen => Self::BufLen(of::<
                            *const (),
                            unsafe extern "C" fn(Buf, $len) -> $crc,
                        >(address)),
                        Order::LenBuf => Self::LenBuf(of::<
                            *const (),
                            unsafe extern "C" fn($len, Buf) -> $crc,
                        >(address)),
                    }
                }
            }

            /// # Safety
            /// As of [`Entry::call`].
            #[inline]
            unsafe fn call(self, crc: u64, buf: Buf, len_bytes: usize) -> u64 {
                let (crc, len) = (crc as $crc, len_bytes as $len);
                // SAFETY: the caller vouches for the arguments.
                u64::from(unsafe {
                    match self {
                        Self::CrcBufLen(function) => function(crc, buf, len),
                        Self::CrcLenBuf(function) => function(crc, len, buf),
                        Self::BufLenCrc(function) => function(buf, len, crc),
                        Self::LenBufCrc(function) => function(len, buf, crc),
                        Self::BufCrcLen(function) => function(buf, crc, len),
                        Self::LenCrcBuf(function) => function(len, crc, buf),
                        Self::BufLen(function) => function(buf, len),
                        Self::LenBuf(function) => function(len, buf),
                    }
                })
            }
        }
    };
}

entry!(Narrow, u32, usize);
entry!(NarrowShort, u32, u32);
entry!(Wide, u64, usize);
entry!(WideShort, u64, u32);

#[derive(Clone, Copy, Debug)]
enum Typed {
    Narrow(Narrow),
    NarrowShort(NarrowShort),
    Wide(Wide),
    WideShort(WideShort),
}

/// A function of a loaded library. The library stays loaded as long as this lives.
#[derive(Debug)]
pub struct Entry {
    typed: Typed,
    address: usize,
    arguments: Vec<Argument>,
    result_bits: u32,
    _library: Library,
}

impl Entry {
    /// Loads the library at `path`, whose constructors run, and finds the function.
    ///
    /// # Errors
    /// The loader's message, if it refuses the library or does not find the function.
    pub fn load(path: &Path, symbol: &str, signature: &Signature) -> Result<Self, String> {
        // SAFETY: the caller survives what constructors do: it is a worker process, or a fuzz
        // target whose user asked for it.
        let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
        let library = library.map_err(|error| text_of(&error))?;
        // SAFETY: only the address is taken here.
        let found = unsafe { library.get::<*const ()>(symbol) };
        let address: *const () = *found.map_err(|error| text_of(&error))?;
        let (order, crc) = (signature.order, signature.wide_crc.unwrap_or(false));
        // SAFETY: the user states the function's type by the signature. If the statement is wrong,
        // calls go wrong, and the harness survives that.
        let typed = unsafe {
            match (crc, signature.is_len_short) {
                (false, false) => Typed::Narrow(Narrow::new(order, address)),
                (false, true) => Typed::NarrowShort(NarrowShort::new(order, address)),
                (true, false) => Typed::Wide(Wide::new(order, address)),
                (true, true) => Typed::WideShort(WideShort::new(order, address)),
            }
        };
        Ok(Self {
            typed,
            address: address as usize,
            arguments: signature.arguments(),
            result_bits: if crc { 64 } else { 32 },
            _library: library,
        })
    }

    /// The function's address, and what goes into its registers.
    pub fn raw(&self) -> RawEntry {
        // SAFETY: the function is loaded as long as `self` lives, and its user vouches for its
        // type.
        unsafe { RawEntry::new(self.address, &self.arguments, self.result_bits) }
    }

    /// Calls the function.
    ///
    /// # Safety
    /// `buf` is valid for reads of `len_bytes` while the call lasts. The caller survives whatever
    /// else the function does, as in [`Entry::load`].
    #[inline]
    pub unsafe fn call(&self, crc: u64, buf: *const u8, len_bytes: usize) -> u64 {
        // SAFETY: the caller vouches for the buffer.
        unsafe {
            match self.typed {
                Typed::Narrow(function) => function.call(crc, buf, len_bytes),
                Typed::NarrowShort(function) => function.call(crc, buf, len_bytes),
                Typed::Wide(function) => function.call(crc, buf, len_bytes),
                Typed::WideShort(function) => function.call(crc, buf, len_bytes),
            }
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
        return Some(format!("{name}+{:#x}", address - info.dli_saddr as usize));
    }
    let file = text(info.dli_fname)?;
    let path = Path::new(file.as_ref());
    let offset = address - info.dli_fbase as usize;
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
