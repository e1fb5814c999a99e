//! A file in the page cache: mapped, read with buffers of several sizes, and read by a chain of
//! readers.

use super::control::MeasureControl;
use crate::claims::answer::Missing;
use crate::claims::measured::{BufferedRead, Files, Mapped};
use crate::random::SplitMix64;
use crate::statistics::median;
use crcheck_files::sum::{Sum, SumError, SumOptions, sum_path};
use crcheck_files::{Algorithm, Method, MethodChoice};
use crcheck_oracle::model::Model;
use crcheck_platform::leftovers::ScratchFolder;
use crcheck_platform::mapping::{MapAccess, Mapping};
use memmap2::{Advice, MmapMut};
use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

const FILE_BYTES: usize = 64 << 20;

/// The buffers, the smallest first.
const BUFFERS_BYTES: [usize; 5] = [4 << 10, 16 << 10, 32 << 10, 64 << 10, 1 << 20];

/// The buffer of each reader in the chain.
const CHAIN_BUFFER_BYTES: usize = 64 << 10;

const READERS: usize = 4;

/// Passes of which the median counts.
const PASSES: usize = 5;

pub(super) fn measure(
    control: &MeasureControl<'_>,
    wrong: &mut Vec<String>,
) -> Result<Files, Missing> {
    let no_file = |error| Missing::refused("no file of 64 MiB", &error);
    let no_memory = |error| Missing::refused("no memory for page faults", &error);
    let folder = ScratchFolder::new().map_err(no_file)?;
    let path = folder.path().join("file");
    let content = content(control.seed);
    fs::write(&path, &content).map_err(no_file)?;
    let algorithm = Algorithm::new(&Model::CRC_32_ISO_HDLC);
    let passes = Passes {
        path: &path,
        algorithm: &algorithm,
        expected: algorithm.update(algorithm.initial_checksum(), &content),
        control,
    };
    drop(content);
    let mapped = passes.mapped(wrong)?;
    let mut rates = vec![Vec::new(); BUFFERS_BYTES.len()];
    // Side by side, so that other load on the machine meets all of them.
    for _ in 0..PASSES {
        for (rates, buffer_bytes) in rates.iter_mut().zip(BUFFERS_BYTES) {
            let (sum, seconds) = passes.once(Method::Read, Some(buffer_bytes), &|_| {})?;
            passes.compare(&sum, wrong);
            rates.push(FILE_BYTES as f64 / seconds / 1e9);
        }
    }
    let reads = BUFFERS_BYTES.iter().zip(&rates);
    let reads = reads.map(|(&buffer_bytes, rates)| BufferedRead {
        buffer_bytes,
        gb_per_s: median(rates),
    });
    Ok(Files {
        file_bytes: FILE_BYTES,
        mapped,
        reads: reads.collect(),
        faults_per_s: faults_per_s().map_err(no_memory)?,
        is_pipe_mapped: is_pipe_mapped(),
        chain_calls: calls_of_readers(&path, READERS).map_err(no_file)?,
        single_calls: calls_of_readers(&path, 1).map_err(no_file)?,
        chain_bytes: READERS * CHAIN_BUFFER_BYTES,
    })
}

fn content(seed: u64) -> Vec<u8> {
    let mut random = SplitMix64(seed);
    let mut content = vec![0; FILE_BYTES];
    for chunk in content.as_chunks_mut::<8>().0 {
        *chunk = random.next().to_le_bytes();
    }
    content
}

/// Passes over one file.
struct Passes<'a> {
    path: &'a Path,
    algorithm: &'a Algorithm,
    expected: u64,
    control: &'a MeasureControl<'a>,
}

impl Passes<'_> {
    /// One pass, and its seconds.
    fn once(
        &self,
        method: Method,
        buffer_bytes: Option<usize>,
        on_progress: &(dyn Fn(u64) + Sync),
    ) -> Result<(Sum, f64), Missing> {
        self.control.go_on()?;
        let options = SumOptions {
            algorithm: self.algorithm,
            method: MethodChoice::This(method),
            buffer_bytes,
            threads: Some(1),
            is_verified: false,
            on_progress,
            cancelled: self.control.cancelled,
        };
        let start = Instant::now();
        let sum = sum_path(self.path, &options).map_err(|error| match error {
            SumError::Cancelled => Missing::Unfinished,
            other => Missing::not_here(format!("the file is not read: {other}")),
        })?;
        Ok((sum, start.elapsed().as_secs_f64()))
    }

    fn compare(&self, sum: &Sum, wrong: &mut Vec<String>) {
        if sum.checksum != self.expected {
            wrong.push(format!(
                "the sum of a file by {}: expected {:#010x}, got {:#010x}",
                sum.method, self.expected, sum.checksum
            ));
        }
    }

    /// `None` if another method than the mapping was used.
    fn mapped(&self, wrong: &mut Vec<String>) -> Result<Option<Mapped>, Missing> {
        let (mut seconds, mut faults) = (Vec::new(), Vec::new());
        let resident_bytes = AtomicUsize::new(0);
        for _ in 0..PASSES {
            let (faults_before, resident_before) = (faults_so_far(), resident_bytes_now());
            let note = |_| {
                let grown = resident_bytes_now().saturating_sub(resident_before);
                resident_bytes.fetch_max(grown, Ordering::Relaxed);
            };
            let (sum, time) = self.once(Method::Mmap, None, &note)?;
            if sum.method != Method::Mmap {
                return Ok(None);
            }
            self.compare(&sum, wrong);
            seconds.push(time);
            faults.push((faults_so_far() - faults_before) as f64);
        }
        let (seconds, faults) = (median(&seconds), median(&faults));
        Ok(Some(Mapped {
            gb_per_s: FILE_BYTES as f64 / seconds / 1e9,
            faults,
            resident_bytes: resident_bytes.into_inner(),
        }))
    }
}

/// The page faults of this process without a read of a disk.
fn faults_so_far() -> u64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The program's name, in parentheses, may hold spaces. The faults are the eighth word after it.
    let words = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let word = words.split_whitespace().nth(7);
    word.and_then(|word| word.parse().ok()).unwrap_or(0)
}

/// The page faults that this thread takes in a second, on memory that nobody else has.
fn faults_per_s() -> io::Result<f64> {
    let mut memory = MmapMut::map_anon(FILE_BYTES)?;
    // Where the system refuses this advice, a fault brings more than a page.
    let _ = memory.advise(Advice::NoHugePage);
    let (before, start) = (faults_so_far(), Instant::now());
    for page in memory.chunks_mut(rustix::param::page_size()) {
        page[0] = 1;
    }
    let seconds = start.elapsed().as_secs_f64();
    std::hint::black_box(&memory);
    Ok((faults_so_far() - before) as f64 / seconds)
}

/// The resident memory of this process.
fn resident_bytes_now() -> usize {
    let text = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: Option<usize> = text
        .split_whitespace()
        .nth(1)
        .and_then(|word| word.parse().ok());
    pages.unwrap_or(0) * rustix::param::page_size()
}

/// Whether the system maps what a pipe holds.
fn is_pipe_mapped() -> bool {
    let Ok((reader, mut writer)) = io::pipe() else {
        return false;
    };
    if writer.write_all(&[0; 4096]).is_err() {
        return false;
    }
    Mapping::of_file(reader.as_fd(), 4096, MapAccess::Read).is_ok()
}

/// A reader that counts the calls that reach the file.
struct Counted {
    file: File,
    calls: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.calls.set(self.calls.get() + 1);
        self.file.read(buffer)
    }
}

/// The system calls of a file that goes through so many readers with buffers.
fn calls_of_readers(path: &Path, readers: usize) -> io::Result<u64> {
    let calls = Rc::new(Cell::new(0));
    let mut chain: Box<dyn Read> = Box::new(Counted {
        file: File::open(path)?,
        calls: calls.clone(),
    });
    for _ in 0..readers {
        chain = Box::new(BufReader::with_capacity(CHAIN_BUFFER_BYTES, chain));
    }
    // The user asks for less than a buffer at once, or the buffers would be passed by.
    let mut part = vec![0; 4096];
    while chain.read(&mut part)? > 0 {}
    Ok(calls.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_of_readers_makes_the_calls_of_one() {
        let folder = ScratchFolder::new().expect("a folder");
        let path = folder.path().join("file");
        fs::write(&path, vec![1; 300_000]).expect("written");
        let calls = |readers| calls_of_readers(&path, readers).expect("read");
        assert_eq!(calls(1), 300_000_u64.div_ceil(65536) + 1);
        assert!(calls(4) >= calls(1));
        assert!(calls(0) > 10 * calls(1), "without a buffer there are more");
    }

    #[test]
    fn a_pipe_is_not_mapped_and_a_fault_is_counted() {
        assert!(!is_pipe_mapped());
        let before = faults_so_far();
        let mut fresh = MmapMut::map_anon(8 << 20).expect("memory");
        fresh.fill(1);
        assert!(faults_so_far() > before);
        assert!(resident_bytes_now() > 0);
    }
}
