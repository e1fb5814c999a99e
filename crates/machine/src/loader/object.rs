//! One library of those that are loaded together.

use super::dynamic::{Dynamic, Symbol};
use super::error::{LoadError, Problem};
use super::image::Image;
use crate::memory::{Memory, PAGE_BYTES, Protection};
use crcheck_platform::code::elf;
use crcheck_platform::files::regular;
use crcheck_platform::mapping::Mapping;
use object::elf::{DF_1_PIE, DT_FLAGS_1};
use std::collections::BTreeMap;
use std::iter;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Data.
pub(super) const WRITABLE: Protection = Protection {
    can_read: true,
    can_write: true,
    can_execute: false,
};

/// A library at its place in memory.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) path: PathBuf,
    pub(super) image: Image,
    pub(super) dynamic: Dynamic,
    pub(super) exports: BTreeMap<String, Symbol>,
    /// How far its addresses are from those in its file.
    pub(super) bias: u64,
    /// Where the memory lies that it has for each thread, of which there is one.
    thread: Option<Mapping>,
    /// The functions of its file, once somebody has asked for them.
    functions: OnceLock<Option<elf::Image>>,
    /// The addresses, which nobody else gets as long as this lives.
    reserved: Mapping,
}

impl Object {
    /// Reads the file and reserves addresses.
    ///
    /// # Errors
    /// If the file is no shared library of x86-64, or the operating system refuses the addresses.
    pub(super) fn read(path: &Path) -> Result<Self, LoadError> {
        Self::try_read(path).map_err(|problem| LoadError {
            path: path.to_owned(),
            problem,
        })
    }

    fn try_read(path: &Path) -> Result<Self, Problem> {
        let file = regular::read(path, regular::CODE_BYTES_MAX).map_err(Problem::Unreadable)?;
        let image = Image::parse(&file)?;
        let dynamic = Dynamic::read(&image)?;
        let is_program = |flags: u64| flags & u64::from(DF_1_PIE) != 0;
        if dynamic.value(DT_FLAGS_1).is_some_and(is_program) {
            return Err(Problem::Program);
        }
        // A page in front and one behind stay without memory.
        let span = image.span.end - image.span.start;
        let reserved = reserve(span + image.alignment + 2 * PAGE_BYTES)?;
        let start = reserved.start() as u64 + PAGE_BYTES;
        let lowest = image.span.start;
        // The bias keeps the alignment.
        let bias = start.wrapping_sub(lowest);
        let bias = bias.wrapping_add(image.alignment - 1) & !(image.alignment - 1);
        let thread = image.thread.as_ref();
        let thread = thread.map(|thread| reserve(thread_bytes(thread.len_bytes)));
        Ok(Self {
            exports: dynamic.exports(&image)?,
            path: path.to_owned(),
            thread: thread.transpose()?,
            functions: OnceLock::new(),
            image,
            dynamic,
            bias,
            reserved,
        })
    }

    /// Lays its segments out, and its memory for the thread.
    ///
    /// # Errors
    /// If that memory is described wrongly.
    pub(super) fn map(&self, memory: &mut Memory) -> Result<(), Problem> {
        for segment in &self.image.segments {
            let pages = self.place(&segment.pages);
            memory.map(pages, segment.protection, &segment.bytes);
        }
        if let (Some(mapping), Some(thread)) = (&self.thread, &self.image.thread) {
            let first = &thread.bytes;
            let bytes = self.image.bytes(first.start, first.end - first.start);
            let len_bytes = thread_bytes(thread.len_bytes) as u64;
            let bytes = bytes.filter(|bytes| bytes.len() as u64 <= len_bytes);
            let wrong = Problem::Malformed("its thread-local storage contradicts itself");
            let start = mapping.start() as u64;
            memory.map(start..start + len_bytes, WRITABLE, bytes.ok_or(wrong)?);
        }
        Ok(())
    }

    /// Where its memory for the thread lies.
    pub(super) fn thread_start(&self) -> Option<u64> {
        self.thread.as_ref().map(|thread| thread.start() as u64)
    }

    /// The addresses of its code.
    pub(super) fn code(&self) -> impl Iterator<Item = Range<u64>> {
        let segments = self.image.segments.iter();
        let code = segments.filter(|segment| segment.protection.can_execute);
        code.map(|segment| self.place(&segment.pages))
    }

    fn place(&self, pages: &Range<u64>) -> Range<u64> {
        pages.start.wrapping_add(self.bias)..pages.end.wrapping_add(self.bias)
    }

    /// Whether the address belongs to it.
    pub(super) fn has(&self, address: u64) -> bool {
        self.place(&self.image.span).contains(&address)
    }

    /// Where an address of it stands, such as `libmine.so+0x12 (my_crc32+0x2)`.
    pub(super) fn name_at(&self, address: u64) -> String {
        let own = address.wrapping_sub(self.bias);
        let file = self.path.file_name().unwrap_or(self.path.as_os_str());
        let place = format!("{}+{own:#x}", file.display());
        let functions = self
            .functions
            .get_or_init(|| elf::Image::read(&self.path).ok());
        let function = functions.as_ref().and_then(|file| file.function_at(own));
        match function {
            Some(function) => {
                let offset = own - function.addresses.start;
                format!("{place} ({}+{offset:#x})", function.name)
            }
            None => place,
        }
    }

    /// This problem of it.
    pub(super) fn error(&self, problem: Problem) -> LoadError {
        LoadError {
            path: self.path.clone(),
            problem,
        }
    }

    /// Takes it out of memory.
    pub(super) fn unmap(&self, memory: &mut Memory) {
        for mapping in iter::once(&self.reserved).chain(&self.thread) {
            let start = mapping.start() as u64;
            memory.unmap(start..start + mapping.len_bytes() as u64);
        }
    }
}

/// A block of one thread begins at a page, and some room is behind it.
fn thread_bytes(len_bytes: u64) -> usize {
    len_bytes.next_multiple_of(PAGE_BYTES) as usize
}

fn reserve(len_bytes: impl TryInto<usize>) -> Result<Mapping, Problem> {
    let refused = || Problem::Memory(std::io::ErrorKind::OutOfMemory.into());
    let len_bytes = len_bytes.try_into().map_err(|_| refused())?;
    Mapping::reserve(len_bytes).map_err(Problem::Memory)
}
