//! A library's dynamic section and its symbols (gABI, chapter 5, "Dynamic Linking").

use super::error::Problem;
use super::image::Image;
use object::elf;
use std::collections::BTreeMap;

/// What a dynamic section says.
#[derive(Debug, Default)]
pub(super) struct Dynamic {
    /// Tag and value. Of most tags the last one counts.
    entries: Vec<(i64, u64)>,
}

/// A symbol.
#[derive(Clone, Copy, Debug)]
pub(super) struct Symbol {
    name: u64,
    info: u8,
    section: u16,
    pub(super) value: u64,
}

impl Symbol {
    pub(super) fn is_defined(&self) -> bool {
        self.section != elf::SHN_UNDEF
    }

    /// Whether it is an integer and not an address.
    pub(super) fn is_absolute(&self) -> bool {
        self.section == elf::SHN_ABS
    }

    pub(super) fn is_weak(&self) -> bool {
        self.info >> 4 == elf::STB_WEAK
    }

    pub(super) fn is_local(&self) -> bool {
        self.info >> 4 == elf::STB_LOCAL
    }

    /// Whether it stands for a function that returns the address of another one.
    pub(super) fn is_indirect(&self) -> bool {
        self.info & 15 == elf::STT_GNU_IFUNC
    }

    /// Whether its value counts from the start of a thread's own memory.
    pub(super) fn is_of_thread(&self) -> bool {
        self.info & 15 == elf::STT_TLS
    }
}

/// The bytes of a symbol, and of a relocation with an addend.
const ENTRY_BYTES: u64 = 24;

/// A bit of a symbol's version: it is not the one for new programs.
const HIDDEN: u16 = 0x8000;

impl Dynamic {
    /// Reads the dynamic section.
    ///
    /// # Errors
    /// If it does not lie in the image.
    pub(super) fn read(image: &Image) -> Result<Self, Problem> {
        let outside = Problem::Malformed("its dynamic section lies outside of what is loaded");
        let bytes = image.bytes(image.dynamic.start, image.dynamic.end - image.dynamic.start);
        let (words, _) = bytes.ok_or(outside)?.as_chunks::<16>();
        let entry = |word: &[u8; 16]| {
            let word = u128::from_le_bytes(*word);
            ((word as u64).cast_signed(), (word >> 64) as u64)
        };
        let entries = words.iter().map(entry);
        Ok(Self {
            entries: entries
                .take_while(|(tag, _)| *tag != elf::DT_NULL)
                .collect(),
        })
    }

    /// The value of a tag.
    pub(super) fn value(&self, tag: i64) -> Option<u64> {
        self.all(tag).last()
    }

    fn all(&self, tag: i64) -> impl Iterator<Item = u64> {
        let entries = self.entries.iter().filter(move |(own, _)| *own == tag);
        entries.map(|(_, value)| *value)
    }

    /// The text of the string table at an offset.
    pub(super) fn text<'i>(&self, image: &'i Image, offset: u64) -> Result<&'i str, Problem> {
        let table = self.value(elf::DT_STRTAB);
        let address = table.and_then(|table| table.checked_add(offset));
        let text = address.and_then(|address| image.text(address));
        text.ok_or(Problem::Malformed("a name lies outside of what is loaded"))
    }

    /// The texts of a tag: needed libraries, or folders.
    pub(super) fn texts<'i>(&self, image: &'i Image, tag: i64) -> Result<Vec<&'i str>, Problem> {
        self.all(tag)
            .map(|offset| self.text(image, offset))
            .collect()
    }

    /// The bytes of a table: the tags of its address and its size.
    pub(super) fn table<'i>(
        &self,
        image: &'i Image,
        (address, len_bytes): (i64, i64),
    ) -> Result<&'i [u8], Problem> {
        let (Some(address), Some(len_bytes)) = (self.value(address), self.value(len_bytes)) else {
            return Ok(&[]);
        };
        let table = image.bytes(address, len_bytes);
        table.ok_or(Problem::Malformed("a table lies outside of what is loaded"))
    }

    /// The symbol of a number.
    pub(super) fn symbol(&self, image: &Image, index: u32) -> Option<Symbol> {
        let table = self.value(elf::DT_SYMTAB)?;
        let address = table.checked_add(u64::from(index) * ENTRY_BYTES)?;
        let bytes = image.bytes(address, ENTRY_BYTES)?;
        let word = |at: usize| bytes[at..at + 8].try_into().map(u64::from_le_bytes).ok();
        let head = word(0)?;
        Some(Symbol {
            name: head & 0xffff_ffff,
            info: (head >> 32) as u8,
            section: (head >> 48) as u16,
            value: word(8)?,
        })
    }

    /// The name of a symbol.
    pub(super) fn name<'i>(&self, image: &'i Image, symbol: &Symbol) -> Result<&'i str, Problem> {
        self.text(image, symbol.name)
    }

    /// The symbols that others may use, by name.
    ///
    /// # Errors
    /// If their names are longer than what is loaded.
    pub(super) fn exports(&self, image: &Image) -> Result<BTreeMap<String, Symbol>, Problem> {
        let mut exports = BTreeMap::new();
        let loaded = image.segments.iter().map(|segment| segment.bytes.len());
        let mut left_bytes: usize = loaded.sum();
        for index in 1..self.symbol_count(image) {
            let Some(symbol) = self.symbol(image, index) else {
                break;
            };
            let Ok(name) = self.name(image, &symbol) else {
                continue;
            };
            if !symbol.is_defined() || symbol.is_local() || name.is_empty() {
                continue;
            }
            left_bytes = left_bytes
                .checked_sub(name.len())
                .ok_or(Problem::Malformed("its symbols have too long names"))?;
            // Of several versions the one for new programs counts.
            if !self.is_old_version(image, index) || !exports.contains_key(name) {
                exports.insert(name.to_owned(), symbol);
            }
        }
        Ok(exports)
    }

    fn is_old_version(&self, image: &Image, index: u32) -> bool {
        let version = || {
            let table = self.value(elf::DT_VERSYM)?;
            let bytes = image.bytes(table.checked_add(2 * u64::from(index))?, 2)?;
            Some(u16::from_le_bytes([bytes[0], bytes[1]]))
        };
        version().is_some_and(|version| version & HIDDEN != 0)
    }

    /// How many symbols there are, as the hash tables say. No other place says it to loaders.
    fn symbol_count(&self, image: &Image) -> u32 {
        let gnu = self.value(elf::DT_GNU_HASH);
        let count = match (self.value(elf::DT_HASH), gnu) {
            (Some(table), _) => word(image, table.checked_add(4)),
            (None, Some(table)) => gnu_count(image, table),
            (None, None) => None,
        };
        count.unwrap_or(0)
    }
}

fn word(image: &Image, address: Option<u64>) -> Option<u32> {
    let bytes = image.bytes(address?, 4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

/// The symbols of a GNU hash table: the last chain ends at a word whose lowest bit is set.
fn gnu_count(image: &Image, table: u64) -> Option<u32> {
    let [buckets, first, bloom_words] =
        [0, 4, 8].map(|at| word(image, table.checked_add(at)).unwrap_or(0));
    let buckets_at = table.checked_add(16 + 8 * u64::from(bloom_words))?;
    let chains_at = buckets_at.checked_add(4 * u64::from(buckets))?;
    let starts = image.bytes(buckets_at, 4 * u64::from(buckets))?;
    let starts = starts.as_chunks::<4>().0.iter();
    let last = starts.map(|bytes| u32::from_le_bytes(*bytes)).max()?;
    if last < first {
        return Some(first);
    }
    let chain = chains_at.checked_add(4 * u64::from(last - first))?;
    let rest = image.words::<4>(chain)?.position(|word| word[0] & 1 == 1)?;
    last.checked_add(u32::try_from(rest).ok()?)?.checked_add(1)
}
