//! What the functions compute, in the types of C.
//!
//! C's callers may leave anything in the upper half of an `unsigned long`: the casts drop it.

use core::ffi::{c_uchar, c_ulong};
use core::slice;
use crcheck_kernel::{Combiner, update};

/// The checksum after `len` bytes at `buf`, from the checksum before it; 0, the checksum of the
/// empty message, if `buf` is null.
///
/// # Safety
/// `buf` is null, or `len` bytes of one object can be read there, which nobody writes meanwhile.
pub(crate) unsafe fn checksum_after(crc: c_ulong, buf: *const c_uchar, len: usize) -> c_ulong {
    if buf.is_null() {
        return 0;
    }
    // SAFETY: the caller of the C function guarantees that `len` bytes of one object can be read at
    // `buf` and stay as they are. No object in C is larger than `PTRDIFF_MAX` bytes.
    let message = unsafe { slice::from_raw_parts(buf, len) };
    update(crc as u32, message).into()
}

/// The operator for second parts of `len2` bytes: x^(8 `len2`) mod P as zlib writes it, or 0, which
/// is no power of x, for a negative length.
pub(crate) fn operator(len2: i64) -> c_ulong {
    match u64::try_from(len2) {
        Ok(len_bytes) => Combiner::new(len_bytes).power().into(),
        Err(_) => 0,
    }
}

/// The checksum of both parts by the operator for the second one; 0 if the operator is 0.
pub(crate) fn combined(crc1: c_ulong, crc2: c_ulong, op: c_ulong) -> c_ulong {
    match op as u32 {
        0 => 0,
        power => {
            let combiner = Combiner::from_power(power);
            combiner.combine(crc1 as u32, crc2 as u32).into()
        }
    }
}

/// Exports zlib's functions by the names that are given.
///
/// `z_off_t` is `long`, as `off_t` is where nobody asks for a wider one; who does gets the names
/// that end in 64 from zlib's header.
macro_rules! export {
    (
        $crc32:ident,
        $crc32_z:ident,
        $combine:ident,
        $combine64:ident,
        $combine_gen:ident,
        $combine_gen64:ident,
        $combine_op:ident
    ) => {
        use core::ffi::{c_long, c_uchar, c_uint, c_ulong};

        /// The checksum after `len` bytes, from the checksum before them.
        ///
        /// # Safety
        /// `buf` is null, or `len` bytes can be read there, which nobody writes meanwhile.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $crc32(crc: c_ulong, buf: *const c_uchar, len: c_uint) -> c_ulong {
            // SAFETY: the caller guarantees the same.
            unsafe { $crate::sums::checksum_after(crc, buf, len as usize) }
        }

        /// The checksum after `len` bytes, from the checksum before them.
        ///
        /// # Safety
        /// `buf` is null, or `len` bytes can be read there, which nobody writes meanwhile.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $crc32_z(
            crc: c_ulong,
            buf: *const c_uchar,
            len: usize,
        ) -> c_ulong {
            // SAFETY: the caller guarantees the same.
            unsafe { $crate::sums::checksum_after(crc, buf, len) }
        }

        /// The checksum of two parts, of which the second has `len2` bytes.
        #[unsafe(no_mangle)]
        pub extern "C" fn $combine(crc1: c_ulong, crc2: c_ulong, len2: c_long) -> c_ulong {
            $crate::sums::combined(crc1, crc2, $crate::sums::operator(len2.into()))
        }

        /// The checksum of two parts, of which the second has `len2` bytes.
        #[unsafe(no_mangle)]
        pub extern "C" fn $combine64(crc1: c_ulong, crc2: c_ulong, len2: i64) -> c_ulong {
            $crate::sums::combined(crc1, crc2, $crate::sums::operator(len2))
        }

        /// The operator for second parts of `len2` bytes.
        #[unsafe(no_mangle)]
        pub extern "C" fn $combine_gen(len2: c_long) -> c_ulong {
            $crate::sums::operator(len2.into())
        }

        /// The operator for second parts of `len2` bytes.
        #[unsafe(no_mangle)]
        pub extern "C" fn $combine_gen64(len2: i64) -> c_ulong {
            $crate::sums::operator(len2)
        }

        /// The checksum of two parts, by the operator for the second one.
        #[unsafe(no_mangle)]
        pub extern "C" fn $combine_op(crc1: c_ulong, crc2: c_ulong, op: c_ulong) -> c_ulong {
            $crate::sums::combined(crc1, crc2, op)
        }
    };
}

pub(crate) use export;
