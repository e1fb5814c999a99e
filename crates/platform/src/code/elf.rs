//! The machine code of an ELF program: its executable bytes, and the functions among them.

use crate::code::source_name;
use crate::files::regular;
use object::{
    Object, ObjectSection, ObjectSymbol, ObjectSymbolTable, RelocationTarget, SectionFlags,
    SymbolKind, elf,
};
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

/// A program's code and functions, at the addresses that its file gives them.
#[derive(Debug)]
pub struct Image {
    /// The address where it begins to run.
    pub entry: u64,
    /// The architecture, as [`arch`] names it.
    pub arch: &'static str,
    /// The executable sections: address of the first byte, and the bytes.
    pub code: Vec<(u64, Vec<u8>)>,
    /// The functions, by address.
    pub functions: Vec<Function>,
    /// The addresses of the names that other files may link to.
    pub exports: BTreeMap<String, u64>,
    /// The words of data that the loader fills: the address of the word, and what it then points
    /// to.
    pub pointers: BTreeMap<u64, u64>,
}

/// A function of the symbol table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The first byte, and the one behind the last.
    pub addresses: Range<u64>,
    /// The demangled name, without the compiler's hash.
    pub name: String,
}

impl Image {
    /// Reads a program.
    ///
    /// # Errors
    /// If the file cannot be read or is no ELF file.
    pub fn read(path: &Path) -> io::Result<Self> {
        let bytes = regular::read(path, regular::CODE_BYTES_MAX)?;
        Self::parse(&bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn parse(bytes: &[u8]) -> Result<Self, object::Error> {
        let file = object::File::parse(bytes)?;
        let mut code = Vec::new();
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags } = section.flags() else {
                continue;
            };
            if sh_flags & u64::from(elf::SHF_EXECINSTR) != 0 {
                // The loader runs it as it is, so it is not compressed.
                code.push((section.address(), section.data()?.to_vec()));
            }
        }
        let mut functions: Vec<Function> = file
            .symbols()
            // A stripped file has these alone.
            .chain(file.dynamic_symbols())
            .filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.size() > 0)
            .filter_map(|symbol| {
                // A malformed file may say anything.
                let end = symbol.address().checked_add(symbol.size())?;
                Some(Function {
                    addresses: symbol.address()..end,
                    name: function_name(symbol.name().ok()?),
                })
            })
            .collect();
        functions.sort_by(|one, other| {
            let key = |of: &Function| (of.addresses.start, of.addresses.end);
            key(one).cmp(&key(other)).then(one.name.cmp(&other.name))
        });
        functions.dedup();
        Ok(Self {
            exports: exports(&file),
            pointers: pointers(&file),
            entry: file.entry(),
            arch: arch(file.architecture()),
            code,
            functions,
        })
    }

    /// The function that covers `address`.
    pub fn function_at(&self, address: u64) -> Option<&Function> {
        let behind = self
            .functions
            .partition_point(|function| function.addresses.start <= address);
        self.functions[..behind]
            .iter()
            .rev()
            // A few aliases may share one address.
            .take(4)
            .find(|function| function.addresses.contains(&address))
    }

    /// The bytes at these addresses; `None` if they are not code.
    pub fn code_at(&self, addresses: &Range<u64>) -> Option<&[u8]> {
        self.code.iter().find_map(|(first, bytes)| {
            let start = addresses.start.checked_sub(*first)?;
            let end = addresses.end.checked_sub(*first)?;
            bytes.get(start as usize..end as usize)
        })
    }

    /// The code from `address` to the end of its section; `None` if it is not code.
    pub fn code_from(&self, address: u64) -> Option<&[u8]> {
        self.code.iter().find_map(|(first, bytes)| {
            let start = address.checked_sub(*first)?;
            bytes.get(start as usize..).filter(|rest| !rest.is_empty())
        })
    }
}

fn exports(file: &object::File<'_>) -> BTreeMap<String, u64> {
    let defined = file
        .dynamic_symbols()
        .filter(|symbol| symbol.address() != 0);
    let named =
        defined.filter_map(|symbol| Some((symbol.name().ok()?.to_owned(), symbol.address())));
    named.collect()
}

/// The dynamic relocations whose target is in the file itself.
fn pointers(file: &object::File<'_>) -> BTreeMap<u64, u64> {
    let symbols = file.dynamic_symbol_table();
    let target = |relocation: &object::Relocation| match relocation.target() {
        RelocationTarget::Absolute => Some(relocation.addend() as u64),
        RelocationTarget::Symbol(index) => {
            let symbol = symbols.as_ref()?.symbol_by_index(index).ok()?;
            (symbol.address() != 0)
                .then(|| symbol.address().wrapping_add_signed(relocation.addend()))
        }
        _ => None,
    };
    let relocations = file.dynamic_relocations().into_iter().flatten();
    relocations
        .filter_map(|(address, relocation)| Some((address, target(&relocation)?)))
        .collect()
}

/// The standard library's name of an architecture; `unknown` for one that no program of ours is
/// built for.
pub fn arch(of: object::Architecture) -> &'static str {
    use object::Architecture as A;
    match of {
        A::X86_64 => "x86_64",
        A::I386 => "x86",
        A::Aarch64 => "aarch64",
        A::Arm => "arm",
        A::Riscv64 => "riscv64",
        A::S390x => "s390x",
        A::PowerPc64 => "powerpc64",
        _ => "unknown",
    }
}

/// This program, and its load bias: how far its addresses are from those in its file. `None` if the
/// file cannot be read.
pub fn this_program() -> Option<&'static (Image, u64)> {
    static PROGRAM: OnceLock<Option<(Image, u64)>> = OnceLock::new();
    PROGRAM
        .get_or_init(|| {
            let image = Image::read(Path::new("/proc/self/exe")).ok()?;
            // SAFETY: reads a value that the operating system left at the start.
            let entry = unsafe { libc::getauxval(libc::AT_ENTRY) };
            let bias = entry.wrapping_sub(image.entry);
            Some((image, bias))
        })
        .as_ref()
}

/// The name of the function of this program that holds the code at `address`. `None` if the code
/// belongs to a library, or if the program was stripped.
pub fn function_at(address: usize) -> Option<String> {
    let (image, bias) = this_program()?;
    let function = image.function_at((address as u64).wrapping_sub(*bias))?;
    Some(function.name.clone())
}

/// The name of a function as Rust's source has it; the symbol itself if it is not one of Rust's.
fn function_name(symbol: &str) -> String {
    source_name::rust(symbol).unwrap_or_else(|| symbol.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_of_this_program_is_found_by_its_address() {
        let address = function_at as fn(usize) -> Option<String> as usize;
        let name = function_at(address + 1).expect("a name");
        assert!(name.ends_with("elf::function_at"), "{name}");
        assert_eq!(function_at(8), None);
    }

    #[test]
    fn a_file_that_is_not_a_program_is_refused() {
        let error = Image::read(Path::new(file!())).err();
        let toml = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        assert!(error.is_some() && Image::read(Path::new(toml)).is_err());
    }

    #[test]
    fn this_program_is_of_this_architecture_and_has_code() {
        let image = Image::read(Path::new("/proc/self/exe")).expect("an image");
        assert_eq!(image.arch, std::env::consts::ARCH);
        let function = &image.functions[image.functions.len() / 2];
        let code = image.code_at(&function.addresses).expect("code");
        assert_eq!(
            code.len() as u64,
            function.addresses.end - function.addresses.start
        );
    }

    /// A symbol of ELF64 has 24 bytes, and its size is the last word.
    #[test]
    #[cfg(target_pointer_width = "64")]
    fn functions_that_end_behind_all_memory_are_left_out() {
        let mut bytes = std::fs::read("/proc/self/exe").expect("this program");
        let file = object::File::parse(&*bytes).expect("an ELF file");
        let symbols = [".symtab", ".dynsym"].map(|name| {
            let section = file.section_by_name(name).expect("a table of symbols");
            section.file_range().expect("in the file")
        });
        for (start, len_bytes) in symbols {
            for symbol in (start..start + len_bytes).step_by(24) {
                bytes[symbol as usize + 16..][..8].fill(0xff);
            }
        }
        let image = Image::parse(&bytes).expect("the rest is right");
        // Those of other files have the address 0.
        let mut starts = image.functions.iter().map(|one| one.addresses.start);
        assert!(starts.all(|start| start == 0));
    }
}
