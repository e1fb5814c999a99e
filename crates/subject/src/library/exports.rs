//! What a library's file says before any of its code runs.

use crate::foreign::ForeignError;
use crcheck_oracle::nearest;
use crcheck_platform::code::elf;
use crcheck_platform::code::elf::Image;
use crcheck_platform::code::mined_lengths::Mined;
use crcheck_platform::files::regular;
use object::{Object, ObjectKind, ObjectSymbol, SymbolKind};
use std::path::{Path, PathBuf};

/// The most names that a message lists.
const SHOWN: usize = 24;

/// Words in the names of CRC functions.
const CRC_WORDS: [&str; 5] = ["crc", "checksum", "cksum", "fcs", "digest"];

/// Words in the names of functions that fill tables. `_init` itself is the loader's.
const INIT_WORDS: [&str; 8] = [
    "init", "setup", "prepare", "table", "tab", "make", "fill", "gen",
];

/// The most functions that are tried as initializers.
const TRIED: usize = 8;

/// The beginning of the names of Go's own halves of exported functions, which are not of the C ABI.
const CGO: &str = "_cgoexp_";

/// A shared object's exported symbols.
pub(super) struct Exports {
    path: PathBuf,
    functions: Vec<String>,
    others: Vec<String>,
    /// Whether it has Go's runtime, which does not survive a call that never returns.
    pub(super) has_go_runtime: bool,
}

impl Exports {
    /// Reads the file's dynamic symbols.
    ///
    /// # Errors
    /// The reason why it is not a library for this machine.
    pub(super) fn read(path: &Path) -> Result<Self, ForeignError> {
        let shown = path.display();
        let bytes = regular::read(path, regular::CODE_BYTES_MAX)
            .map_err(|error| ForeignError::Unavailable(format!("cannot read {shown}: {error}")))?;
        let not_shared = || ForeignError::Usage(format!("{shown} is not a shared object"));
        let file = object::File::parse(&*bytes).map_err(|_| not_shared())?;
        if file.kind() != ObjectKind::Dynamic {
            let what = match file.kind() {
                ObjectKind::Relocatable => ": it is an object file; link it with `cc -shared`",
                ObjectKind::Executable => ": it is a program; --cmd takes programs",
                _ => "",
            };
            return Err(ForeignError::Usage(format!(
                "{shown} is not a shared object{what}"
            )));
        }
        let (there, here) = (elf::arch(file.architecture()), std::env::consts::ARCH);
        if there != here {
            return Err(ForeignError::Unavailable(format!(
                "{shown} is for another architecture: {there}; this is {here}"
            )));
        }
        let (mut functions, mut others) = (Vec::new(), Vec::new());
        for symbol in file.dynamic_symbols() {
            let name = symbol.name().ok();
            let Some(name) = name.filter(|name| !name.is_empty() && !name.starts_with(CGO)) else {
                continue;
            };
            if !symbol.is_definition() && !is_indirect(&symbol) {
                continue;
            }
            if matches!(name, "_init" | "_fini") {
                continue;
            }
            if symbol.kind() == SymbolKind::Text || is_indirect(&symbol) {
                functions.push(name.to_owned());
            } else {
                others.push(name.to_owned());
            }
        }
        functions.sort();
        functions.dedup();
        Ok(Self {
            path: path.to_owned(),
            functions,
            others,
            has_go_runtime: file.section_by_name(".go.buildinfo").is_some(),
        })
    }

    /// Requires that `symbol` is a function.
    ///
    /// # Errors
    /// What it is instead, or the nearest names.
    pub(super) fn require(&self, symbol: &str) -> Result<(), ForeignError> {
        if self.functions.iter().any(|name| name == symbol) {
            return Ok(());
        }
        let shown = self.path.display();
        if self.others.iter().any(|name| name == symbol) {
            return Err(ForeignError::Usage(format!(
                "`{symbol}` of {shown} is data, not a function"
            )));
        }
        let names = self.functions.iter().map(String::as_str);
        let hint = match nearest(symbol, names) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => format!("; {}", self.list()),
        };
        Err(ForeignError::Usage(format!(
            "{shown} has no symbol `{symbol}`{hint}"
        )))
    }

    /// The lengths that the code of `symbol` compares with.
    pub(super) fn mined(&self, symbol: &str) -> Mined {
        match Image::read(&self.path) {
            Ok(image) => Mined::of_export(&image, symbol),
            Err(error) => Mined::nothing(error.to_string()),
        }
    }

    /// The functions whose names say that they prepare something, without `symbol`.
    pub(super) fn initializers(&self, symbol: &str) -> Vec<String> {
        let prepares = |name: &&String| {
            let lower = name.to_lowercase();
            INIT_WORDS.iter().any(|word| lower.contains(word)) && *name != symbol
        };
        let found = self.functions.iter().filter(prepares);
        found.take(TRIED).cloned().collect()
    }

    /// The exported functions; if some look like a CRC, only those.
    pub(super) fn list(&self) -> String {
        let looks_like_crc = |name: &&String| {
            let name = name.to_lowercase();
            CRC_WORDS.iter().any(|word| name.contains(word))
        };
        let crcs: Vec<&String> = self.functions.iter().filter(looks_like_crc).collect();
        let (what, names) = if crcs.is_empty() {
            ("it exports", self.functions.iter().collect())
        } else {
            ("it exports, among others,", crcs)
        };
        if names.is_empty() {
            return "it exports no function".to_owned();
        }
        let more = names.len().saturating_sub(SHOWN);
        let names: Vec<&str> = names.iter().take(SHOWN).map(|name| name.as_str()).collect();
        let more = match more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{what} {}{more}", names.join(", "))
    }
}

/// Whether the symbol is an indirect function, which the loader chooses (`STT_GNU_IFUNC`).
fn is_indirect<'data>(symbol: &impl ObjectSymbol<'data>) -> bool {
    use object::SymbolFlags;
    const STT_GNU_IFUNC: u8 = 10;
    matches!(symbol.flags(), SymbolFlags::Elf { st_info, .. } if st_info & 0xf == STT_GNU_IFUNC)
        && !symbol.is_undefined()
}
