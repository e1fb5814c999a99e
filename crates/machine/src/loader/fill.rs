//! Fills the words of libraries that depend on where they and others lie.

use super::error::{LoadError, Problem};
use super::object::Object;
use super::relocations::{self, Relocation};
use super::runtime::{Runtime, TLS_DESCRIPTOR};
use super::tree::{Meaning, Tree};
use object::elf;

/// A word that takes the address that a function returns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Indirect {
    /// Which object has the word.
    pub(super) object: usize,
    /// Where the word is in memory.
    pub(super) address: u64,
    /// The function.
    pub(super) resolver: u64,
    pub(super) addend: u64,
}

/// Fills what can be filled before any code runs, and returns what is left.
///
/// # Errors
/// If a library or a symbol is missing, or something is not modelled.
pub(super) fn fill(tree: &mut Tree, runtime: &Runtime) -> Result<Vec<Indirect>, LoadError> {
    let mut left = Vec::new();
    for index in 0..tree.objects.len() {
        let filled = fill_object(tree, index, runtime, &mut left);
        filled.map_err(|problem| tree.objects[index].error(problem))?;
    }
    Ok(left)
}

fn fill_object(
    tree: &mut Tree,
    index: usize,
    runtime: &Runtime,
    left: &mut Vec<Indirect>,
) -> Result<(), Problem> {
    let object = &tree.objects[index];
    let relocations = relocations::with_addends(&object.image, &object.dynamic)?;
    let outside = || Problem::Malformed("a relocation lies outside of what is loaded");
    for address in relocations::relative(&object.image, &object.dynamic)? {
        let object = &mut tree.objects[index];
        let word = object.image.u64(address).ok_or_else(outside)?;
        let word = word.wrapping_add(object.bias).to_le_bytes();
        object.image.write(address, &word).ok_or_else(outside)?;
    }
    for relocation in &relocations {
        let word = match word(tree, index, relocation, runtime)? {
            Word::Nothing => continue,
            Word::Filled(word) => word,
            Word::Left(resolver, addend) => {
                left.push(Indirect {
                    object: index,
                    address: relocation.address.wrapping_add(tree.objects[index].bias),
                    resolver,
                    addend,
                });
                Bytes::of(0)
            }
        };
        let image = &mut tree.objects[index].image;
        let written = image.write(relocation.address, word.bytes());
        written.ok_or_else(outside)?;
    }
    Ok(())
}

/// What a relocation writes.
enum Word {
    Nothing,
    Filled(Bytes),
    /// What this function returns, and an addend.
    Left(u64, u64),
}

struct Bytes {
    bytes: [u8; 16],
    len: usize,
}

impl Bytes {
    fn of(word: u64) -> Self {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&word.to_le_bytes());
        Self { bytes, len: 8 }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

fn word(
    tree: &Tree,
    index: usize,
    relocation: &Relocation,
    runtime: &Runtime,
) -> Result<Word, Problem> {
    let object = &tree.objects[index];
    let (kind, addend) = (relocation.kind, relocation.addend);
    let meaning = || meaning(tree, object, relocation, runtime);
    let not_known = |why| Err(Problem::Relocation(kind, why));
    let of_thread = || match meaning()? {
        Meaning::OfThread(start, offset) => Ok((start, offset)),
        // Without a symbol, or with that of a section.
        _ => object
            .thread_start()
            .map(|start| (start, 0))
            .ok_or(Problem::ThreadLocal),
    };
    Ok(match kind {
        elf::R_X86_64_NONE => Word::Nothing,
        elf::R_X86_64_RELATIVE | elf::R_X86_64_RELATIVE64 => {
            Word::Filled(Bytes::of(object.bias.wrapping_add(addend)))
        }
        elf::R_X86_64_IRELATIVE => Word::Left(object.bias.wrapping_add(addend), 0),
        elf::R_X86_64_64 | elf::R_X86_64_GLOB_DAT | elf::R_X86_64_JUMP_SLOT => {
            // The psABI gives an addend to the first of them alone.
            let addend = if kind == elf::R_X86_64_64 { addend } else { 0 };
            match meaning()? {
                Meaning::Address(address) => Word::Filled(Bytes::of(address.wrapping_add(addend))),
                Meaning::Indirect(resolver) => Word::Left(resolver, addend),
                Meaning::OfThread(..) => return not_known("names thread-local storage"),
            }
        }
        elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 => {
            let Meaning::Address(address) = meaning()? else {
                return not_known("names an indirect function");
            };
            let place = relocation.address.wrapping_add(object.bias);
            let distance = address.wrapping_add(addend).wrapping_sub(place);
            if i32::try_from(distance.cast_signed()).is_err() {
                return not_known("reaches too far; compile it with -fPIC");
            }
            let bytes = Bytes::of(distance);
            Word::Filled(Bytes { len: 4, ..bytes })
        }
        elf::R_X86_64_DTPMOD64 => Word::Filled(Bytes::of(of_thread()?.0)),
        elf::R_X86_64_DTPOFF64 => Word::Filled(Bytes::of(of_thread()?.1.wrapping_add(addend))),
        elf::R_X86_64_TLSDESC => {
            let (start, offset) = of_thread()?;
            let function = runtime.function(TLS_DESCRIPTOR).unwrap_or_default();
            let mut bytes = Bytes::of(function);
            let address = start.wrapping_add(offset).wrapping_add(addend);
            bytes.bytes[8..].copy_from_slice(&address.to_le_bytes());
            Word::Filled(Bytes { len: 16, ..bytes })
        }
        elf::R_X86_64_TPOFF64 | elf::R_X86_64_TPOFF32 => return Err(Problem::ThreadLocal),
        elf::R_X86_64_COPY => return not_known("copies data, which only programs ask for"),
        elf::R_X86_64_32 | elf::R_X86_64_32S => {
            return not_known("takes an address of 32 bits; compile it with -fPIC");
        }
        _ => return not_known("is not known to the loader"),
    })
}

/// What the relocation's symbol stands for; the address 0 without one.
fn meaning(
    tree: &Tree,
    object: &Object,
    relocation: &Relocation,
    runtime: &Runtime,
) -> Result<Meaning, Problem> {
    if relocation.symbol == 0 {
        return Ok(Meaning::Address(0));
    }
    let symbol = object.dynamic.symbol(&object.image, relocation.symbol);
    let symbol = symbol.ok_or(Problem::Malformed(
        "a relocation names a symbol that is not there",
    ))?;
    tree.meaning(object, &symbol, runtime)
}
