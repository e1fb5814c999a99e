//! Right kernels in C whose interface or build is awkward: an accusation of one is wrong.

use super::GoodSpec;
use crate::library::{Build, Function};

const CC: Build = Build::awkward("cc", "-O2");

/// The kernel whose result is narrower than a register, by this compiler at this level.
const fn narrow(
    name: &'static str,
    summary: &'static str,
    (symbol, model, signature): (&'static str, &'static str, &'static str),
    build: Build,
) -> GoodSpec {
    let function = Function {
        build,
        symbol,
        interface: signature,
        model,
    };
    GoodSpec::in_library(name, summary, function)
}

/// A kernel of CRC-32 with this interface.
const fn crc32(
    name: &'static str,
    summary: &'static str,
    symbol: &'static str,
    interface: &'static str,
) -> GoodSpec {
    let function = Function {
        build: CC,
        interface,
        ..Function::of_kernels(symbol)
    };
    GoodSpec::in_library(name, summary, function)
}

const CRC_8: (&str, &str, &str) = ("crc8", "CRC-8/SMBUS", "crc8,buf,len");
const CRC_16: (&str, &str, &str) = ("crc16", "CRC-16/XMODEM", "crc16,buf,len");

/// The narrow kernels of one compiler and level.
macro_rules! narrow_kernels {
    ($($compiler:literal $level:literal)*) => {
        &[$(
            narrow(
                concat!("crc8-", $compiler, "-", $level),
                concat!("uint8_t by ", $compiler, " -", $level, ", garbage above it"),
                CRC_8,
                Build::awkward($compiler, concat!("-", $level)),
            ),
            narrow(
                concat!("crc16-", $compiler, "-", $level),
                concat!("uint16_t by ", $compiler, " -", $level, ", garbage above it"),
                CRC_16,
                Build::awkward($compiler, concat!("-", $level)),
            ),
        )*]
    };
}

/// Those whose results are narrow, each by every compiler and level.
pub(crate) const NARROW: &[GoodSpec] = narrow_kernels!(
    "gcc" "O0" "gcc" "O1" "gcc" "O2" "gcc" "O3"
    "clang" "O0" "clang" "O1" "clang" "O2" "clang" "O3"
);

/// The others.
pub(crate) const AWKWARD: &[GoodSpec] = &[
    narrow(
        "short-length",
        "a uint16_t for the checksum and one for the length",
        ("crc16_short", "CRC-16/XMODEM", "buf,len16,crc16"),
        CC,
    ),
    narrow(
        "crc64-one-shot",
        "CRC-64/XZ of a whole message",
        ("crc64_one_shot", "CRC-64/XZ", "buf,len"),
        CC,
    ),
    crc32(
        "register",
        "takes and gives the register",
        "crc32_register",
        "register",
    ),
    crc32(
        "indirect",
        "an indirect function, which the loader chooses",
        "crc32_indirect",
        "",
    ),
    crc32(
        "thread-local",
        "a table for each thread",
        "crc32_thread_local",
        "",
    ),
    crc32(
        "pthread-once",
        "a table behind pthread_once",
        "crc32_pthread_once",
        "",
    ),
    crc32(
        "call-once",
        "a table behind call_once of C11",
        "crc32_call_once",
        "",
    ),
    crc32(
        "double-checked",
        "a table behind an atomic flag, and a mutex behind that",
        "crc32_double_checked",
        "",
    ),
    crc32(
        "big-endian",
        "checksums with the highest byte first",
        "crc32_big_endian",
        "result=be",
    ),
    crc32(
        "in-place",
        "replaces the checksum at an address and returns a status",
        "crc32_in_place",
        "&crc,buf,len->status:1",
    ),
    crc32(
        "pointers",
        "takes the begin and the end of a message",
        "crc32_pointers",
        "buf,end,crc",
    ),
    crc32(
        "polynomial",
        "takes a polynomial first, and a uint32_t for the length",
        "crc32_polynomial",
        "const:0xedb88320,crc,buf,len32",
    ),
    crc32(
        "copy",
        "copies the message",
        "crc32_copy",
        "crc,dst,buf,len",
    ),
    crc32(
        "context",
        "takes a context that another function makes",
        "crc32_context",
        "call:make_context(const:0xedb88320),crc,buf,len",
    ),
    crc32(
        "text",
        "writes hexadecimal digits",
        "crc32_text",
        "result=hex:buf,len,out",
    ),
    crc32(
        "combine",
        "has a combine function for lengths of size_t",
        "crc32_by_eight",
        "combine=crc32_combine_size(crc,crc2,ulen)",
    ),
];
