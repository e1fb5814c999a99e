//! One pass over the file, by crcheck's own methods.

use crate::io::content::PAGE_BYTES;
use crate::io::layers::chain;
use crate::io::method::IoMethod;
use crate::io::setup::Setup;
use crate::io::test_file::{FileAt, TestFile};
use crate::random::SplitMix64;
use crcheck_files::blocks::{self, BlockError, Paging, ReadOptions};
use crcheck_files::sum::{SumError, SumOptions, sum_path};
use crcheck_files::{Algorithm, Method, MethodChoice};
use crcheck_oracle::model::Model;
use crcheck_platform::file_window::FileWindow;
use std::fs::File;
use std::hint::black_box;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// At most this many random reads make a pass.
const RANDOM_READS_MAX: u64 = 1 << 18;

/// What a pass tells while it goes on, and what ends it.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Takes how many more bytes are done, from any thread.
    pub on_progress: &'a (dyn Fn(u64) + Sync),
    /// Ends the pass early.
    pub cancelled: &'a AtomicBool,
}

impl Watch<'_> {
    /// Tells that some bytes more are done, and returns whether to go on.
    fn goes_on(&self, more_bytes: u64) -> bool {
        (self.on_progress)(more_bytes);
        !self.cancelled.load(Ordering::Relaxed)
    }
}

/// What a pass gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// How many bytes it has read.
    pub len_bytes: u64,
    /// The checksum of them; `None` if the setup has none.
    pub checksum: Option<u64>,
    /// The time by another program's own clock, which does not count its start.
    pub elapsed: Option<Duration>,
}

/// Why there is no pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PassError {
    /// This machine, or this file, does not have the method.
    #[error("{0}")]
    NotHere(String),
    /// `cancelled` became true.
    #[error("interrupted")]
    Cancelled,
}

impl From<io::Error> for PassError {
    fn from(error: io::Error) -> Self {
        Self::NotHere(error.to_string())
    }
}

impl From<BlockError> for PassError {
    fn from(error: BlockError) -> Self {
        Self::NotHere(error.to_string())
    }
}

impl From<SumError> for PassError {
    fn from(error: SumError) -> Self {
        match error {
            SumError::Cancelled => Self::Cancelled,
            other => Self::NotHere(other.to_string()),
        }
    }
}

/// What reads a file.
pub trait Reader {
    /// Reads the file once.
    ///
    /// # Errors
    /// Why it cannot.
    fn pass(&self, file: FileAt<'_>, setup: &Setup, watch: Watch<'_>) -> Result<Pass, PassError>;
}

/// crcheck's own methods.
#[derive(Debug)]
pub struct Engine {
    algorithm: Algorithm,
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::new(&Model::CRC_32_ISO_HDLC),
        }
    }
}

impl Reader for Engine {
    fn pass(&self, file: FileAt<'_>, setup: &Setup, watch: Watch<'_>) -> Result<Pass, PassError> {
        match (setup.method, setup.threads) {
            (IoMethod::Chain(layers), _) => self.read_through(layers, file, setup, watch),
            (IoMethod::Random, _) => self.read_randomly(file, watch),
            (IoMethod::RandomMmap, _) => self.map_randomly(file, watch),
            (method, _) if method.is_program() => {
                Err(PassError::NotHere(format!("{method} is another program")))
            }
            (method, 1) if method != IoMethod::Auto => self.read(file, setup, watch),
            _ => self.sum(file, setup, watch),
        }
    }
}

impl Engine {
    /// One thread reads, and computes or only touches.
    fn read(&self, file: FileAt<'_>, setup: &Setup, watch: Watch<'_>) -> Result<Pass, PassError> {
        let mut options = ReadOptions::new(engine_method(setup.method));
        let len_bytes = file.len_bytes;
        let whole = usize::try_from(len_bytes).unwrap_or(usize::MAX);
        options = options.with_buffer(Some(setup.buffer_bytes.unwrap_or(whole)));
        if setup.method == IoMethod::MmapPopulate {
            options.paging = Paging::Populated;
        }
        let opened = File::open(file.path)?;
        let mut checksum = self.algorithm.initial_checksum();
        let mut reader = blocks::Reader::new(options);
        let mut blocks = reader.open(&opened)?;
        let is_mapped = options.method == Method::Mmap;
        let is_whole = blocks.read(0..len_bytes, &mut |block| {
            if setup.has_checksum {
                checksum = self.algorithm.update(checksum, block);
            } else if is_mapped {
                touch(block);
            }
            watch.goes_on(block.len() as u64)
        })?;
        if !is_whole {
            return Err(PassError::Cancelled);
        }
        Ok(Pass {
            len_bytes,
            checksum: setup.has_checksum.then_some(checksum),
            elapsed: None,
        })
    }

    /// The engine sums the file, on one thread or several.
    fn sum(&self, file: FileAt<'_>, setup: &Setup, watch: Watch<'_>) -> Result<Pass, PassError> {
        let asked = match setup.method {
            IoMethod::Auto => MethodChoice::Auto,
            method => MethodChoice::This(engine_method(method)),
        };
        let sum = sum_path(
            file.path,
            &SumOptions {
                algorithm: &self.algorithm,
                method: asked,
                buffer_bytes: setup.buffer_bytes,
                threads: Some(setup.threads),
                is_verified: false,
                on_progress: watch.on_progress,
                cancelled: watch.cancelled,
            },
        )?;
        let is_as_asked = [MethodChoice::Auto, MethodChoice::This(sum.method)].contains(&asked);
        if !is_as_asked || sum.threads != setup.threads {
            let (threads, reasons) = (sum.threads, sum.reasons.join("; "));
            let text = format!("read by {} on {threads} threads: {reasons}", sum.method);
            return Err(PassError::NotHere(text));
        }
        Ok(Pass {
            len_bytes: sum.len_bytes,
            checksum: Some(sum.checksum),
            elapsed: None,
        })
    }

    fn read_through(
        &self,
        layers: usize,
        file: FileAt<'_>,
        setup: &Setup,
        watch: Watch<'_>,
    ) -> Result<Pass, PassError> {
        let buffer_bytes = setup.buffer_bytes.unwrap_or(PAGE_BYTES);
        let mut stream = chain(File::open(file.path)?, layers, buffer_bytes);
        let mut checksum = self.algorithm.initial_checksum();
        let mut len_bytes = 0;
        let is_whole = blocks::read_stream(&mut stream, &mut vec![0; buffer_bytes], |block| {
            checksum = self.algorithm.update(checksum, block);
            len_bytes += block.len() as u64;
            watch.goes_on(block.len() as u64)
        })?;
        if !is_whole {
            return Err(PassError::Cancelled);
        }
        Ok(Pass {
            len_bytes,
            checksum: Some(checksum),
            elapsed: None,
        })
    }

    fn read_randomly(&self, file: FileAt<'_>, watch: Watch<'_>) -> Result<Pass, PassError> {
        let opened = File::open(file.path)?;
        let mut bytes = [0; PAGE_BYTES];
        self.take_pages(file, watch, |page| {
            opened.read_exact_at(&mut bytes, page * PAGE_BYTES as u64)?;
            Ok(self
                .algorithm
                .update(self.algorithm.initial_checksum(), &bytes))
        })
    }

    fn map_randomly(&self, file: FileAt<'_>, watch: Watch<'_>) -> Result<Pass, PassError> {
        let opened = File::open(file.path)?;
        let len_bytes = usize::try_from(file.len_bytes)
            .map_err(|_| PassError::NotHere("the addresses are too few for it".to_owned()))?;
        let window = FileWindow::new(opened.as_fd(), 0, len_bytes, Paging::OnDemand)?;
        self.take_pages(file, watch, |page| {
            let start = page as usize * PAGE_BYTES;
            let mut sum = self.algorithm.initial_checksum();
            let read = window.read(start..start + PAGE_BYTES, |bytes| {
                sum = self.algorithm.update(sum, bytes);
            });
            read.map_err(|_| io::Error::from(io::ErrorKind::UnexpectedEof))?;
            Ok(sum)
        })
    }

    /// Gives random pages to `take`, which returns their checksums.
    fn take_pages(
        &self,
        file: FileAt<'_>,
        watch: Watch<'_>,
        mut take: impl FnMut(u64) -> io::Result<u64>,
    ) -> Result<Pass, PassError> {
        let mut sum = 0;
        let mut len_bytes = 0;
        for page in random_pages(file)? {
            sum ^= take(page)?;
            len_bytes += PAGE_BYTES as u64;
            if !watch.goes_on(PAGE_BYTES as u64) {
                return Err(PassError::Cancelled);
            }
        }
        Ok(Pass {
            len_bytes,
            checksum: Some(sum),
            elapsed: None,
        })
    }
}

/// The engine's name of a method that is the engine's.
const fn engine_method(method: IoMethod) -> Method {
    match method {
        IoMethod::Mmap | IoMethod::MmapPopulate => Method::Mmap,
        IoMethod::Direct => Method::Direct,
        IoMethod::Uring => Method::Uring,
        _ => Method::Read,
    }
}

/// Reads a byte of each page: otherwise a mapping is never read.
fn touch(block: &[u8]) {
    for page in block.chunks(PAGE_BYTES) {
        black_box(page[0]);
    }
}

/// The checksum that a pass must give, by the oracle: of random pages, the XOR of their checksums.
pub fn expected_checksum(file: &TestFile, method: IoMethod) -> u64 {
    if !matches!(method, IoMethod::Random | IoMethod::RandomMmap) {
        return file.checksum();
    }
    let pages = random_pages(file.at()).into_iter().flatten();
    pages.fold(0, |sum, page| sum ^ file.content().page_checksum(page))
}

/// The pages of a random pass, the same in every pass over a file.
fn random_pages(file: FileAt<'_>) -> Result<impl Iterator<Item = u64>, PassError> {
    let pages = file.len_bytes / PAGE_BYTES as u64;
    if pages == 0 {
        let text = format!("the file is shorter than a read of {PAGE_BYTES} bytes");
        return Err(PassError::NotHere(text));
    }
    let mut random = SplitMix64(file.len_bytes);
    Ok((0..pages.min(RANDOM_READS_MAX)).map(move |_| random.next() % pages))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::setup::SetupSelection;

    #[test]
    fn every_method_that_is_here_gives_the_checksum_of_the_oracle() {
        let folder = tempfile::tempdir().expect("a folder");
        let go_on = AtomicBool::new(false);
        for (len_bytes, is_sparse) in [(3_000_001, false), (3_000_001, true), (4096, false)] {
            let made = TestFile::create(folder.path(), len_bytes, is_sparse, &go_on);
            let file = made.expect("a file").expect("nobody cancels");
            let engine = Engine::default();
            for setup in SetupSelection::default().setups() {
                let watch = Watch {
                    on_progress: &|_| (),
                    cancelled: &go_on,
                };
                match engine.pass(file.at(), &setup, watch) {
                    Ok(pass) => {
                        let expected = expected_checksum(&file, setup.method);
                        let expected = setup.has_checksum.then_some(expected);
                        assert_eq!(pass.checksum, expected, "{setup}");
                    }
                    Err(error) => assert!(!error.to_string().is_empty(), "{setup}"),
                }
            }
        }
    }
}
