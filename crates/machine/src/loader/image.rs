//! A library's file, and the memory that it describes.

use super::error::{MEMORY_BYTES_MAX, Problem};
use crate::memory::{PAGE_BYTES, Protection};
use crcheck_platform::code::elf::arch;
use object::elf::{self, FileHeader64, ProgramHeader64};
use object::read::elf::{FileHeader, ProgramHeader};
use object::{LittleEndian, Object};
use std::ops::Range;

const LE: LittleEndian = LittleEndian;

/// The most segments. Linkers make less than ten.
const SEGMENTS_MAX: usize = 64;

/// More than any name has, in bytes.
const TEXT_BYTES_MAX: usize = 1 << 14;

/// The memory that a file describes, at the addresses that it gives itself.
#[derive(Debug)]
pub(super) struct Image {
    pub(super) segments: Vec<Segment>,
    /// Where its dynamic section lies.
    pub(super) dynamic: Range<u64>,
    /// What a thread's own memory of it holds.
    pub(super) thread: Option<ThreadImage>,
    /// From the first page to the last one.
    pub(super) span: Range<u64>,
    /// What the first page is a multiple of.
    pub(super) alignment: u64,
}

/// Pages of one protection.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) pages: Range<u64>,
    /// What they begin with. Zeros are behind it.
    pub(super) bytes: Vec<u8>,
    pub(super) protection: Protection,
}

/// What a thread's own memory begins with.
#[derive(Clone, Debug)]
pub(super) struct ThreadImage {
    /// The first bytes.
    pub(super) bytes: Range<u64>,
    pub(super) len_bytes: u64,
}

impl Image {
    /// Reads the file's headers and what it loads.
    ///
    /// # Errors
    /// If it is no shared library of x86-64, or damaged.
    pub(super) fn parse(file: &[u8]) -> Result<Self, Problem> {
        let headers = headers(file)?;
        let mut segments = Vec::new();
        let (mut dynamic, mut thread) = (None, None);
        let mut alignment = PAGE_BYTES;
        let mut file_bytes = 0_u64;
        for header in headers {
            let start = header.p_vaddr(LE);
            match header.p_type(LE) {
                elf::PT_DYNAMIC => dynamic = Some(range(start, header.p_filesz(LE))?),
                elf::PT_TLS if header.p_memsz(LE) > 0 => {
                    thread = Some(ThreadImage {
                        bytes: range(start, header.p_filesz(LE))?,
                        len_bytes: header.p_memsz(LE),
                    });
                }
                elf::PT_LOAD if header.p_memsz(LE) > 0 => {
                    // No two segments of a right file share bytes.
                    file_bytes = file_bytes.saturating_add(header.p_filesz(LE));
                    if segments.len() == SEGMENTS_MAX || file_bytes > file.len() as u64 {
                        return Err(Problem::Malformed("its segments overlap, or are too many"));
                    }
                    segments.push(Segment::parse(header, file)?);
                    alignment = alignment.max(header.p_align(LE));
                }
                _ => {}
            }
        }
        let first = segments.iter().map(|segment| segment.pages.start).min();
        let end = segments.iter().map(|segment| segment.pages.end).max();
        let (Some(first), Some(end)) = (first, end) else {
            return Err(Problem::Malformed("it has no segment to load"));
        };
        let len_bytes = (end - first).max(thread.as_ref().map_or(0, |thread| thread.len_bytes));
        if len_bytes > MEMORY_BYTES_MAX {
            return Err(Problem::TooLarge(len_bytes));
        }
        if !alignment.is_power_of_two() || alignment > MEMORY_BYTES_MAX {
            return Err(Problem::Malformed(
                "the alignment of a segment is no power of two",
            ));
        }
        Ok(Self {
            segments,
            dynamic: dynamic.ok_or(Problem::NoDynamicSection)?,
            thread,
            span: first..end,
            alignment,
        })
    }

    /// The bytes at these addresses, as far as the file states them.
    pub(super) fn bytes(&self, address: u64, len_bytes: u64) -> Option<&[u8]> {
        let bytes = self.bytes_from(address)?;
        bytes.get(..usize::try_from(len_bytes).ok()?)
    }

    /// The bytes from the address to the end of its segment.
    pub(super) fn bytes_from(&self, address: u64) -> Option<&[u8]> {
        let segment = self.segment(address)?;
        let start = (address - segment.pages.start) as usize;
        segment.bytes.get(start..)
    }

    /// The integers of `N` bytes from `address` on.
    pub(super) fn words<const N: usize>(
        &self,
        address: u64,
    ) -> Option<impl Iterator<Item = &[u8; N]>> {
        let (words, _) = self.bytes_from(address)?.as_chunks::<N>();
        Some(words.iter())
    }

    pub(super) fn u64(&self, address: u64) -> Option<u64> {
        let bytes = self.bytes(address, 8)?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    }

    /// The text at the address, up to its zero.
    pub(super) fn text(&self, address: u64) -> Option<&str> {
        let bytes = self.bytes_from(address)?;
        let mut bytes_of_name = bytes.iter().take(TEXT_BYTES_MAX);
        let end = bytes_of_name.position(|&byte| byte == 0)?;
        std::str::from_utf8(&bytes[..end]).ok()
    }

    /// Writes what is loaded at an address.
    pub(super) fn write(&mut self, address: u64, new: &[u8]) -> Option<()> {
        let mut segments = self.segments.iter_mut().rev();
        let segment = segments.find(|segment| segment.pages.contains(&address))?;
        let start = usize::try_from(address - segment.pages.start).ok()?;
        let end = start.checked_add(new.len())?;
        segment.bytes.get_mut(start..end)?.copy_from_slice(new);
        Some(())
    }

    /// The segment that has the address: the last one, as it is mapped over the others.
    pub(super) fn segment(&self, address: u64) -> Option<&Segment> {
        let mut segments = self.segments.iter().rev();
        segments.find(|segment| segment.pages.contains(&address))
    }
}

impl Segment {
    fn parse(header: &ProgramHeader64<LittleEndian>, file: &[u8]) -> Result<Self, Problem> {
        let (start, offset) = (header.p_vaddr(LE), header.p_offset(LE));
        let (in_file, in_memory) = (header.p_filesz(LE), header.p_memsz(LE));
        let stated = range(offset, in_file)?;
        if stated.end > file.len() as u64 {
            return Err(Problem::Malformed("it ends within a segment"));
        }
        let into_page = start % PAGE_BYTES;
        if in_file > in_memory || offset % PAGE_BYTES != into_page {
            return Err(Problem::Malformed(
                "the sizes of a segment contradict each other",
            ));
        }
        let end = range(start, in_memory)?.end;
        let pages = start - into_page..end.checked_next_multiple_of(PAGE_BYTES).ok_or(BEYOND)?;
        // Whole pages of the file are mapped. Zeros are behind the file's part of a larger one.
        let last = match in_file == in_memory {
            true => stated
                .end
                .next_multiple_of(PAGE_BYTES)
                .min(file.len() as u64),
            false => stated.end,
        };
        let flags = header.p_flags(LE);
        Ok(Self {
            pages,
            bytes: file[(offset - into_page) as usize..last as usize].to_vec(),
            protection: Protection {
                can_read: flags & elf::PF_R != 0,
                can_write: flags & elf::PF_W != 0,
                can_execute: flags & elf::PF_X != 0,
            },
        })
    }
}

const BEYOND: Problem = Problem::Malformed("an address lies beyond all memory");

fn range(start: u64, len_bytes: u64) -> Result<Range<u64>, Problem> {
    Ok(start..start.checked_add(len_bytes).ok_or(BEYOND)?)
}

/// The program headers of a shared library of x86-64.
fn headers(file: &[u8]) -> Result<&[ProgramHeader64<LittleEndian>], Problem> {
    const CUT: Problem = Problem::Malformed("it ends within its header");
    if !file.starts_with(&elf::ELFMAG) {
        return Err(Problem::NotElf);
    }
    let (&class, &order) = (file.get(4).ok_or(CUT)?, file.get(5).ok_or(CUT)?);
    let machine = file.get(18..20).ok_or(CUT)?;
    let machine = match order {
        elf::ELFDATA2MSB => u16::from_be_bytes([machine[0], machine[1]]),
        _ => u16::from_le_bytes([machine[0], machine[1]]),
    };
    if !matches!(machine, elf::EM_X86_64 | elf::EM_386) || order != elf::ELFDATA2LSB {
        let known = object::File::parse(file).map(|file| arch(file.architecture()));
        return Err(Problem::OtherArchitecture(match known {
            Ok(name) if name != "unknown" => name.to_owned(),
            _ => format!("another architecture (number {machine})"),
        }));
    }
    if class != elf::ELFCLASS64 || machine == elf::EM_386 {
        return Err(Problem::Narrow);
    }
    let header = FileHeader64::<LittleEndian>::parse(file).map_err(|_| CUT)?;
    match header.e_type(LE) {
        elf::ET_DYN => {}
        elf::ET_REL => return Err(Problem::ObjectFile),
        elf::ET_EXEC => return Err(Problem::PositionDependent),
        _ => return Err(Problem::Malformed("its type is none of the known ones")),
    }
    let headers = header.program_headers(LE, file);
    headers.map_err(|_| Problem::Malformed("its program headers lie outside of it"))
}
