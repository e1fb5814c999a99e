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
    let is_here = folders().any(|folder| folder.join("libz.so.1").is_file());
    let combining = trial("zlib combines checksums", zlib_combines)
        .with_ignored_flag(!is_here && !is_required("zlib"));
    let passing = LIBRARIES.iter().map(|library| {
        let is_here = folders().any(|folder| folder.join(library.file).is_file());
        let is_possible = is_here || is_required(library.name);
        let name = format!("{} passes", library.name);
        trial(name, move || passes(library)).with_ignored_flag(!is_possible)
    });
    passing.chain([combining])
}

/// Some versions never return for a negative length. That is the only thing to find.
fn zlib_combines() {
    let here = folder();
    for symbol in ["crc32_combine", "crc32_combine64"] {
        let line = format!(
            "verify --depth quick --check combine --lib libz.so.1 --symbol crc32 \
             --combine {symbol} --call-timeout 2s --format json --allow hang@crc32 \
             --because some-versions-shift-a-negative-length-for-ever"
        );
        let output = crcheck(here.path(), &line);
        assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    }
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
