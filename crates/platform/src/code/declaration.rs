//! Where the source declares a function, from the DWARF of its unit.

use addr2line::gimli::{
    self, AttributeValue, DebuggingInformationEntry, DwAt, EndianSlice, RunTimeEndian, UnitRef,
};
use std::path::PathBuf;

/// What addr2line and this module read.
pub(super) type Bytes<'f> = EndianSlice<'f, RunTimeEndian>;

/// A line of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Declaration {
    pub file: String,
    /// From 1 on.
    pub line: u32,
    /// From 1 on.
    pub column: Option<u32>,
}

/// The most steps from a function to what it is an instance of.
const STEPS_MAX: usize = 4;

/// The declaration of the function that begins at `address`; `None` if its unit has none.
pub(super) fn declared_at(unit: UnitRef<'_, Bytes<'_>>, address: u64) -> Option<Declaration> {
    let mut entries = unit.entries();
    while let Some(entry) = entries.next_dfs().ok()? {
        if entry.tag() != gimli::DW_TAG_subprogram {
            continue;
        }
        let start = entry.attr_value(gimli::DW_AT_low_pc);
        if start.and_then(|start| unit.attr_address(start).ok()?) == Some(address) {
            return declaration_of(unit, entry);
        }
    }
    None
}

/// An instance of an inlined function and a method of a class name the entry that has the line.
fn declaration_of<'f>(
    unit: UnitRef<'_, Bytes<'f>>,
    entry: &DebuggingInformationEntry<Bytes<'f>>,
) -> Option<Declaration> {
    let mut entry = entry.clone();
    for _ in 0..STEPS_MAX {
        let number = |name: DwAt| entry.attr(name)?.udata_value().filter(|value| *value > 0);
        if let Some(line) = number(gimli::DW_AT_decl_line) {
            let column = number(gimli::DW_AT_decl_column);
            return Some(Declaration {
                file: file_of(unit, entry.attr_value(gimli::DW_AT_decl_file)?)?,
                line: u32::try_from(line).ok()?,
                column: column.and_then(|column| u32::try_from(column).ok()),
            });
        }
        let origin = entry.attr_value(gimli::DW_AT_abstract_origin);
        let origin = origin.or_else(|| entry.attr_value(gimli::DW_AT_specification));
        let Some(AttributeValue::UnitRef(offset)) = origin else {
            return None;
        };
        entry = unit.entry(offset).ok()?;
    }
    None
}

/// The name of a file of the unit's table of lines, in the folder of the compiler if it is not
/// absolute.
fn file_of(unit: UnitRef<'_, Bytes<'_>>, index: AttributeValue<Bytes<'_>>) -> Option<String> {
    let AttributeValue::FileIndex(index) = index else {
        return None;
    };
    let header = unit.line_program.as_ref()?.header();
    let file = header.file(index)?;
    let text = |value| {
        let name = unit.attr_string(value).ok()?;
        Some(name.to_string_lossy().into_owned())
    };
    let mut path = PathBuf::from(unit.comp_dir?.to_string_lossy().into_owned());
    // The first folder is the compiler's (DWARF 5, 6.2.4).
    if let Some(folder) = file
        .directory(header)
        .filter(|_| file.directory_index() > 0)
    {
        path.push(text(folder)?);
    }
    path.push(text(file.path_name())?);
    Some(path.display().to_string())
}
