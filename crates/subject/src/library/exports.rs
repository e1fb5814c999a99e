//! What a library's file says before any of its code runs.

use super::symbol_choice::{self, Function, NoChoice};
use crate::foreign::ForeignError;
use crcheck_platform::code::elf;
use crcheck_platform::code::elf::Image;
use crcheck_platform::code::mined_lengths::Mined;
use crcheck_platform::files::regular;
use object::{Object, ObjectKind, ObjectSymbol, SymbolKind};
use std::path::{Path, PathBuf};

/// Words in the names of functions that fill tables. `_init` itself is the loader's.
const INIT_WORDS: [&str; 8] = [
    "init", "setup", "prepare", "table", "tab", "make", "fill", "gen",
];

/// The most functions that are tried as initializers.
const TRIED: usize = 8;

/// The beginning of the names of Go's own halves of exported functions, which are not of the C ABI.
const CGO: &str = "_cgoexp_";

/// A shared object's exported symbols.
pub(crate) struct Exports {
    path: PathBuf,
    functions: Vec<Function>,
    others: Vec<String>,
    /// Whether it has Go's runtime, which does not survive a call that never returns.
    pub(crate) has_go_runtime: bool,
}

impl Exports {
    /// Reads the file's dynamic symbols.
    ///
    /// # Errors
    /// The reason why it is not a library for this machine.
    pub(crate) fn read(path: &Path) -> Result<Self, ForeignError> {
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
                functions.push(Function {
                    symbol: name.to_owned(),
                    address: symbol.address(),
                });
            } else {
                others.push(name.to_owned());
            }
        }
        functions.sort_by(|one: &Function, other| one.symbol.cmp(&other.symbol));
        functions.dedup_by(|one, other| one.symbol == other.symbol);
        Ok(Self {
            path: path.to_owned(),
            functions,
            others,
            has_go_runtime: file.section_by_name(".go.buildinfo").is_some(),
        })
    }

    /// The symbol of the function that `name` means: a symbol, or a name as the source has it.
    ///
    /// # Errors
    /// What it is instead, or the nearest names.
    pub(crate) fn choose(&self, name: &str) -> Result<&str, ForeignError> {
        let shown = self.path.display();
        if self.others.iter().any(|other| other == name) {
            return Err(ForeignError::Usage(format!(
                "`{name}` of {shown} is data, not a function"
            )));
        }
        symbol_choice::choose(&self.functions, name).map_err(|error| {
            ForeignError::Usage(match error {
                NoChoice::Unknown(hint) => format!("{shown} has no symbol `{name}`; {hint}"),
                NoChoice::Ambiguous(list) => {
                    format!("{shown} has more than one `{name}`; name one of them:\n{list}")
                }
            })
        })
    }

    /// Requires that `symbol` is the symbol of a function.
    ///
    /// # Errors
    /// What it is instead, or the symbol that is meant.
    pub(crate) fn require(&self, symbol: &str) -> Result<(), ForeignError> {
        match self.choose(symbol)? {
            found if found == symbol => Ok(()),
            found => Err(ForeignError::Usage(format!(
                "`{symbol}` is `{found}` in {}: write it so here",
                self.path.display()
            ))),
        }
    }

    /// The lengths that the code of `symbol` compares with.
    pub(crate) fn mined(&self, symbol: &str) -> Mined {
        match Image::read(&self.path) {
            Ok(image) => Mined::of_export(&image, symbol),
            Err(error) => Mined::nothing(error.to_string()),
        }
    }

    /// The functions whose names say that they prepare something, without `symbol`.
    pub(crate) fn initializers(&self, symbol: &str) -> Vec<String> {
        let names = self.functions.iter().map(|function| &function.symbol);
        let prepares = |name: &&String| {
            let lower = name.to_lowercase();
            INIT_WORDS.iter().any(|word| lower.contains(word)) && *name != symbol
        };
        names.filter(prepares).take(TRIED).cloned().collect()
    }

    /// The functions that may be meant.
    pub(crate) fn list(&self) -> String {
        symbol_choice::list(&self.functions)
    }
}

/// Whether the symbol is an indirect function, which the loader chooses (`STT_GNU_IFUNC`).
fn is_indirect<'data>(symbol: &impl ObjectSymbol<'data>) -> bool {
    use object::SymbolFlags;
    const STT_GNU_IFUNC: u8 = 10;
    matches!(symbol.flags(), SymbolFlags::Elf { st_info, .. } if st_info & 0xf == STT_GNU_IFUNC)
        && !symbol.is_undefined()
}
