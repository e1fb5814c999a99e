//! What a file says of the source of its machine code: DWARF and symbols, its own or those of the
//! file that was split from it.
//!
//! A file may be broken or hostile. So this is for a process that ends when it takes too long or
//! too much memory: see [`source_location`](super::source_location).

use crate::code::declaration::{Bytes, declared_at};
use crate::code::source_name::SourceName;
use crate::files::regular;
use addr2line::gimli::{self, EndianSlice, RunTimeEndian, SectionId};
use addr2line::{Context, Frame as DwarfFrame};
use iced_x86::{Decoder, DecoderOptions, FlowControl};
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use object::{CompressionFormat, Object, ObjectSection, ObjectSymbol, SymbolKind};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A line of source code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceLine {
    /// The function, demangled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// The file, as the compiler has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// From 1 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// From 1 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

/// What is known about an address of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    /// The function of the table of symbols, demangled, and the distance from its start in bytes.
    pub symbol: Option<(String, u64)>,
    /// The lines, from the innermost function that the compiler has inlined outwards.
    pub lines: Vec<SourceLine>,
}

/// The most bytes of all sections of one file that are read for lines.
const DWARF_BYTES_MAX: usize = 256 << 20;

/// The most functions that are inlined into each other and told.
const LINES_MAX: usize = 32;

/// The most bytes of a name.
const NAME_BYTES_MAX: usize = 1024;

/// Where the files lie that were split from those of the system.
const DEBUG_FOLDER: &str = "/usr/lib/debug";

/// What the file at `path` and the one that was split from it say about addresses. Each answer is
/// empty where they say nothing.
pub(super) fn look_up(path: &Path, addresses: &[u64], with_lines: bool) -> Vec<Known> {
    let mut known = vec![Known::default(); addresses.len()];
    let Ok(bytes) = regular::read(path, regular::CODE_BYTES_MAX) else {
        return known;
    };
    let Ok(file) = object::File::parse(&*bytes) else {
        return known;
    };
    let split = split_from(path, &file);
    let split = split
        .as_ref()
        .and_then(|bytes| object::File::parse(&**bytes).ok());
    let files: Vec<&object::File<'_>> = [Some(&file), split.as_ref()]
        .into_iter()
        .flatten()
        .collect();
    for (known, address) in known.iter_mut().zip(addresses) {
        known.symbol = files.iter().find_map(|file| symbol_at(file, *address));
    }
    if with_lines {
        let files = files.iter().copied().map(Some);
        let lines = with_dwarf(files, |context| lines_at(context, addresses));
        for (known, lines) in known.iter_mut().zip(lines.unwrap_or_default()) {
            known.lines = lines;
        }
    }
    known
}

/// The address of a function that the file at `path` gives to others by this name, and the line
/// that declares it. `None` if there is no such function.
pub(super) fn declaration_of(path: &Path, symbol: &str) -> Option<(u64, Option<SourceLine>)> {
    let bytes = regular::read(path, regular::CODE_BYTES_MAX).ok()?;
    let file = object::File::parse(&*bytes).ok()?;
    let mut exported = file.dynamic_symbols();
    let found = exported.find(|one| one.address() > 0 && one.name() == Ok(symbol))?;
    let address = found.address();
    let split = split_from(path, &file);
    let split = split
        .as_deref()
        .and_then(|bytes| object::File::parse(bytes).ok());
    let line = with_dwarf([Some(&file), split.as_ref()], |context| {
        let unit = context.find_dwarf_and_unit(address).skip_all_loads()?;
        let declared = declared_at(unit, address)?;
        Some(SourceLine {
            function: Some(source_name(symbol)),
            file: Some(clean(&declared.file)),
            line: Some(declared.line),
            column: declared.column,
        })
    });
    Some((address, line))
}

/// The sizes of calls, the usual one first: all of another size have a prefix that no compiler
/// writes (Intel SDM 2, "CALL").
const CALL_BYTES: [u64; 5] = [5, 2, 3, 6, 7];

/// The address of the call in front of `address`, to which it returns. `None` if there is none, or
/// if it is code of another architecture than x86-64.
pub(super) fn call_before(path: &Path, address: u64) -> Option<u64> {
    let bytes = regular::read(path, regular::CODE_BYTES_MAX).ok()?;
    let file = object::File::parse(&*bytes).ok()?;
    let is_call = |start: u64| {
        let len_bytes = address - start;
        let mut code = file.sections().filter_map(|section| {
            let is_code = section.kind() == object::SectionKind::Text;
            let code = section.data_range(start, len_bytes).ok()??;
            is_code.then_some(code)
        });
        code.next().is_some_and(|code| {
            let call = Decoder::with_ip(64, code, start, DecoderOptions::NONE).decode();
            let flow = call.flow_control();
            call.len() as u64 == len_bytes
                && matches!(flow, FlowControl::Call | FlowControl::IndirectCall)
        })
    };
    let starts = CALL_BYTES
        .iter()
        .filter_map(|size| address.checked_sub(*size));
    (file.architecture() == object::Architecture::X86_64)
        .then(|| starts.into_iter().find(|start| is_call(*start)))?
}

/// The function of the symbol tables that holds `address`, and the distance from its start.
fn symbol_at(file: &object::File<'_>, address: u64) -> Option<(String, u64)> {
    let mut best: Option<(u64, bool, String)> = None;
    // A stripped file has the dynamic ones alone.
    for symbol in file.symbols().chain(file.dynamic_symbols()) {
        let Some(distance) = address.checked_sub(symbol.address()) else {
            continue;
        };
        if symbol.kind() != SymbolKind::Text || distance >= symbol.size() {
            continue;
        }
        // The nearest start; of several names those that other files see.
        let rank = |best: &(u64, bool, String)| (best.0, !best.1);
        let candidate = (distance, symbol.is_global(), String::new());
        if best
            .as_ref()
            .is_none_or(|best| rank(&candidate) < rank(best))
            && let Ok(name) = symbol.name()
        {
            best = Some((distance, candidate.1, name.to_owned()));
        }
    }
    let best = best.map(|(distance, _, name)| (name, distance));
    let (name, distance) = best.or_else(|| label_before(file, address))?;
    Some((source_name(&name), distance))
}

/// The nearest symbol without a size in front of `address`, in the same section: functions of
/// assembly have none if their author states none.
fn label_before(file: &object::File<'_>, address: u64) -> Option<(String, u64)> {
    let section = file.sections().find(|section| {
        section.kind() == object::SectionKind::Text
            && address.wrapping_sub(section.address()) < section.size()
    })?;
    let labels = file.symbols().chain(file.dynamic_symbols());
    let labels = labels.filter(|symbol| {
        (section.address()..=address).contains(&symbol.address())
            && !symbol.is_undefined()
            && matches!(
                symbol.kind(),
                SymbolKind::Text | SymbolKind::Unknown | SymbolKind::Label
            )
    });
    // A sized function in between has ended, so the code behind it is not the label's.
    let nearest = labels.max_by_key(|symbol| (symbol.address(), symbol.size()))?;
    let name = nearest.name().ok()?;
    (nearest.size() == 0 && !name.is_empty())
        .then(|| (name.to_owned(), address - nearest.address()))
}

/// Looks into the DWARF of the first of some files that has lines; `None` if none has, or if it is
/// broken: a right line needs every section to be right.
fn with_dwarf<'a, 'f: 'a, T>(
    files: impl IntoIterator<Item = Option<&'a object::File<'f>>>,
    look: impl FnOnce(&Context<Bytes<'_>>) -> Option<T>,
) -> Option<T> {
    let mut files = files.into_iter().flatten();
    let file = files.find(|file| file.section_by_name(".debug_line").is_some())?;
    let endian = match file.is_little_endian() {
        true => RunTimeEndian::Little,
        false => RunTimeEndian::Big,
    };
    let mut left = DWARF_BYTES_MAX;
    let mut sections: HashMap<&'static str, Cow<'_, [u8]>> = HashMap::new();
    let load = |id: SectionId| {
        let bytes = section_bytes(file, id.name(), left)?;
        left -= bytes.len();
        sections.insert(id.name(), bytes);
        Some(())
    };
    [
        SectionId::DebugAbbrev,
        SectionId::DebugAddr,
        SectionId::DebugAranges,
        SectionId::DebugInfo,
        SectionId::DebugLine,
        SectionId::DebugLineStr,
        SectionId::DebugRanges,
        SectionId::DebugRngLists,
        SectionId::DebugStr,
        SectionId::DebugStrOffsets,
    ]
    .into_iter()
    .try_for_each(load)?;
    let section = |id: SectionId| {
        let bytes = sections.get(id.name()).map_or(&[][..], |bytes| bytes);
        Ok::<_, gimli::Error>(EndianSlice::new(bytes, endian))
    };
    let dwarf = gimli::Dwarf::load(section).ok()?;
    look(&Context::from_dwarf(dwarf).ok()?)
}

/// The lines at each address; `None` if the DWARF is broken.
fn lines_at(context: &Context<Bytes<'_>>, addresses: &[u64]) -> Option<Vec<Vec<SourceLine>>> {
    let lines_of = |address: &u64| {
        let mut frames = context.find_frames(*address).skip_all_loads().ok()?;
        let mut lines = Vec::new();
        while let Some(frame) = frames.next().ok()? {
            lines.push(line_of(&frame));
            if lines.len() == LINES_MAX {
                break;
            }
        }
        Some(lines)
    };
    addresses.iter().map(lines_of).collect()
}

fn line_of(frame: &DwarfFrame<'_, Bytes<'_>>) -> SourceLine {
    let function = frame.function.as_ref();
    let function = function.and_then(|function| Some(function.raw_name().ok()?.into_owned()));
    let location = frame.location.as_ref();
    SourceLine {
        function: function.map(|name| source_name(&name)),
        file: location.and_then(|location| Some(clean(location.file?))),
        // A line of 0 is code that no line stands for (DWARF 5, 6.2.2).
        line: location.and_then(|location| location.line.filter(|line| *line > 0)),
        column: location.and_then(|location| location.column.filter(|column| *column > 0)),
    }
}

/// The bytes of a section, decompressed; none if there is no such section. `None` if they are more
/// than `bytes_max`, or broken, or compressed by something else than zlib.
fn section_bytes<'f>(
    file: &object::File<'f>,
    name: &str,
    bytes_max: usize,
) -> Option<Cow<'f, [u8]>> {
    let Some(section) = file.section_by_name(name) else {
        return Some(Cow::Borrowed(&[]));
    };
    let found = section.compressed_data().ok()?;
    let stated = usize::try_from(found.uncompressed_size).ok()?;
    if stated > bytes_max {
        return None;
    }
    match found.format {
        CompressionFormat::None => Some(Cow::Borrowed(found.data)),
        CompressionFormat::Zlib => {
            let bytes = decompress_to_vec_zlib_with_limit(found.data, stated).ok()?;
            (bytes.len() == stated).then_some(Cow::Owned(bytes))
        }
        _ => None,
    }
}

/// The bytes of the file that was split from the one at `path`, if the latter names one, and it
/// exists and is that file.
fn split_from(path: &Path, file: &object::File<'_>) -> Option<Vec<u8>> {
    if file.section_by_name(".debug_line").is_some() {
        return None;
    }
    by_build_id(file).or_else(|| by_link(path, file))
}

fn by_build_id(file: &object::File<'_>) -> Option<Vec<u8>> {
    let id = file.build_id().ok()??;
    let digits: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let (folder, name) = digits.split_at_checked(2)?;
    let path = format!("{DEBUG_FOLDER}/.build-id/{folder}/{name}.debug");
    let bytes = regular::read(Path::new(&path), regular::CODE_BYTES_MAX).ok()?;
    let found = object::File::parse(&*bytes).ok()?;
    (found.build_id().ok()?? == id).then_some(bytes)
}

/// The section `.gnu_debuglink` has the name of a file and its CRC-32.
fn by_link(path: &Path, file: &object::File<'_>) -> Option<Vec<u8>> {
    let (name, checksum) = file.gnu_debuglink().ok()??;
    let name = Path::new(std::str::from_utf8(name).ok()?);
    // A name, and no way to somewhere else.
    if name.file_name()? != name {
        return None;
    }
    let folder = std::path::absolute(path).ok()?.parent()?.to_owned();
    let of_system = folder.strip_prefix("/").ok()?;
    let places: [PathBuf; 3] = [
        folder.join(name),
        folder.join(".debug").join(name),
        Path::new(DEBUG_FOLDER).join(of_system).join(name),
    ];
    places.iter().find_map(|place| {
        let bytes = regular::read(place, regular::CODE_BYTES_MAX).ok()?;
        (crcheck_kernel::checksum(&bytes) == checksum).then_some(bytes)
    })
}

/// The name of a function as its source has it, without parameters.
fn source_name(symbol: &str) -> String {
    clean(&SourceName::of(symbol).map_or_else(|| symbol.to_owned(), |name| name.path))
}

/// A name without what would move a terminal's cursor, and not too long.
fn clean(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if text.len() >= NAME_BYTES_MAX {
            text.push_str("...");
            break;
        }
        text.push(if letter.is_control() {
            '\u{fffd}'
        } else {
            letter
        });
    }
    text
}
