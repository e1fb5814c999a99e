//! The CRC functions of libraries that the system may have.

use crate::common::{code, crcheck, folder, is_required, stderr, stdout, trial};
use libtest_mimic::Trial;
use std::path::PathBuf;

/// A function of a library that the system may have.
struct SystemLibrary {
    name: &'static str,
    file: &'static str,
    symbol: &'static str,
    signature: &'static str,
    /// The findings that docs/bring-your-own.md explains.
    accepted: &'static str,
}

const LIBRARIES: [SystemLibrary; 3] = [
    SystemLibrary {
        name: "zlib",
        file: "libz.so.1",
        symbol: "crc32",
        signature: "crc64,buf,len32",
        accepted: "",
    },
    SystemLibrary {
        name: "libdeflate",
        file: "libdeflate.so.0",
        symbol: "libdeflate_crc32",
        signature: "crc,buf,len",
        accepted: "",
    },
    SystemLibrary {
        name: "isal",
        file: "libisal.so.2",
        symbol: "crc32_gzip_refl",
        signature: "crc,buf,len",
        accepted: "--allow dirty-vector-state@crc32_gzip_refl --because 'it has no VZEROUPPER'",
    },
];

pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    LIBRARIES.iter().map(|library| {
        let is_here = folders().any(|folder| folder.join(library.file).is_file());
        let is_possible = is_here || is_required(library.name);
        let name = format!("{} passes", library.name);
        trial(name, move || passes(library)).with_ignored_flag(!is_possible)
    })
}

fn folders() -> impl Iterator<Item = PathBuf> {
    let multiarch = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    [multiarch, "/usr/lib64".to_owned(), "/usr/lib".to_owned()]
        .into_iter()
        .map(PathBuf::from)
}

fn passes(library: &SystemLibrary) {
    let here = folder();
    let SystemLibrary {
        file,
        symbol,
        signature,
        accepted,
        ..
    } = library;
    let line = format!(
        "verify --depth quick --lib {file} --symbol {symbol} --signature {signature} \
         --format json {accepted}"
    );
    let output = crcheck(here.path(), &line);
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
}
