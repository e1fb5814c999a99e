//! The words of a library that depend on where it and others lie (psABI of x86-64, 4.4).

use super::dynamic::Dynamic;
use super::error::Problem;
use super::image::Image;
use object::elf::{self, DT_JMPREL, DT_PLTREL, DT_PLTRELSZ, DT_RELA, DT_RELASZ};

/// A word to fill.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relocation {
    /// Where, at the address that the file gives.
    pub(super) address: u64,
    /// As `R_X86_64_*`.
    pub(super) kind: u32,
    /// The number of its symbol; 0 for none.
    pub(super) symbol: u32,
    pub(super) addend: u64,
}

/// The relocations that have addends of their own.
///
/// # Errors
/// If a table lies outside of the image, or is of another form.
pub(super) fn with_addends(image: &Image, dynamic: &Dynamic) -> Result<Vec<Relocation>, Problem> {
    let plain = dynamic.value(elf::DT_REL);
    let plt_is_plain = dynamic
        .value(DT_PLTREL)
        .is_some_and(|tag| tag == elf::DT_REL as u64);
    if plain.is_some() || plt_is_plain {
        return Err(Problem::Malformed(
            "it has relocations without addends, as i386 has",
        ));
    }
    let mut all = Vec::new();
    for tags in [(DT_RELA, DT_RELASZ), (DT_JMPREL, DT_PLTRELSZ)] {
        let (entries, _) = dynamic.table(image, tags)?.as_chunks::<24>();
        all.extend(entries.iter().map(|entry| {
            let (words, _) = entry.as_chunks::<8>();
            let [address, info, addend] = [0, 1, 2].map(|at| u64::from_le_bytes(words[at]));
            Relocation {
                address,
                kind: info as u32,
                symbol: (info >> 32) as u32,
                addend,
            }
        }));
    }
    Ok(all)
}

/// The addresses of the words to which the bias alone is added (gABI, "Relative Relocation Table").
///
/// # Errors
/// If the table lies outside of the image, or begins in the middle.
pub(super) fn relative(image: &Image, dynamic: &Dynamic) -> Result<Vec<u64>, Problem> {
    let mut addresses = Vec::new();
    let mut next = None;
    let table = dynamic.table(image, (elf::DT_RELR, elf::DT_RELRSZ))?;
    for word in table.as_chunks::<8>().0 {
        let word = u64::from_le_bytes(*word);
        if word & 1 == 0 {
            addresses.push(word);
            next = Some(word.wrapping_add(8));
            continue;
        }
        // A bitmap of the 63 words behind the last ones.
        let start = next.ok_or(Problem::Malformed(
            "a table of relocations begins in the middle",
        ))?;
        let set = (1..64).filter(|bit| word >> bit & 1 == 1);
        addresses.extend(set.map(|bit| start.wrapping_add(8 * (bit - 1))));
        next = Some(start.wrapping_add(8 * 63));
        if addresses.len() > RELATIVE_MAX {
            return Err(Problem::Malformed("it has too many relocations"));
        }
    }
    Ok(addresses)
}

/// More words than libraries have.
const RELATIVE_MAX: usize = 1 << 26;
