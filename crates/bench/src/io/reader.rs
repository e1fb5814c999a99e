//! One pass over the file, by crcheck's own methods.

use crate::io::content::PAGE_BYTES;
use crate::io::layers::chain;
use crate::io::method::IoMethod;
use crate::io::setup::Setup;
use crate::io::test_file::TestFile;
use crate::random::SplitMix64;
use crcheck_files::sum::{SumError, SumOptions, sum_path, sum_stream};
use crcheck_files::{Algorithm, Method, MethodChoice};
use std::fs::File;
use std::io;
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

/// What a pass gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// How many bytes it has read.
    pub len_bytes: u64,
    /// The checksum of them; `None` of a bound.
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
    fn pass(&self, file: &TestFile, setup: &Setup, watch: Watch<'_>) -> Result<Pass, PassError>;
}

/// crcheck's own methods.
#[derive(Debug)]
pub struct Engine {
    algorithm: Algorithm,
}

impl Engine {
    /// For files of this content.
    pub fn new(file: &TestFile) -> Self {
        Self {
            algorithm: Algorithm::new(file.content().model()),
        }
    }

    fn options<'a>(&'a self, setup: &Setup, method: Method, watch: Watch<'a>) -> SumOptions<'a> {
        SumOptions {
            algorithm: &self.algorithm,
            method: MethodChoice::This(method),
            buffer_bytes: setup.buffer_bytes,
            threads: Some(setup.threads),
            is_verified: false,
            on_progress: watch.on_progress,
            cancelled: watch.cancelled,
        }
    }

    fn read(
        &self,
        file: &TestFile,
        setup: &Setup,
        method: Method,
        watch: Watch<'_>,
    ) -> Result<Pass, PassError> {
        let sum = sum_path(file.path(), &self.options(setup, method, watch))?;
        if sum.method != method {
            let reasons = sum.reasons.join("; ");
            return Err(PassError::NotHere(format!("read by {}: {reasons}", sum.method)));
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
        file: &TestFile,
        setup: &Setup,
        watch: Watch<'_>,
    ) -> Result<Pass, PassError> {
        let buffer_bytes = setup.buffer_bytes.unwrap_or(PAGE_BYTES);
        let mut stream = chain(File::open(file.path())?, layers, buffer_bytes);
        let sum = sum_stream(&mut stream, &self.options(setup, Method::Read, watch))?;
        Ok(Pass {
            len_bytes: sum.len_bytes,
            checksum: Some(sum.checksum),
            elapsed: None,
        })
    }

    fn read_randomly(&self, file: &TestFile, watch: Watch<'_>) -> Result<Pass, PassError> {
        let opened = File::open(file.path())?;
        let mut page_bytes = [0; PAGE_BYTES];
        let mut sum = 0;
        let initial = self.algorithm.initial_checksum();
        let mut read = 0;
        for page in random_pages(file)? {
            opened.read_exact_at(&mut page_bytes, page * PAGE_BYTES as u64)?;
            sum ^= self.algorithm.update(initial, &page_bytes);
            read += PAGE_BYTES as u64;
            if read.is_multiple_of(1 << 20) {
                (watch.on_progress)(1 << 20);
                if watch.cancelled.load(Ordering::Relaxed) {
                    return Err(PassError::Cancelled);
                }
            }
        }
        Ok(Pass {
            len_bytes: read,
            checksum: Some(sum),
            elapsed: None,
        })
    }
}

impl Reader for Engine {
    fn pass(&self, file: &TestFile, setup: &Setup, watch: Watch<'_>) -> Result<Pass, PassError> {
        match setup.method {
            IoMethod::Mmap | IoMethod::MmapPopulate => self.read(file, setup, Method::Mmap, watch),
            IoMethod::Read => self.read(file, setup, Method::Read, watch),
            IoMethod::Direct => self.read(file, setup, Method::Direct, watch),
            IoMethod::Uring => self.read(file, setup, Method::Uring, watch),
            IoMethod::Chain(layers) => self.read_through(layers, file, setup, watch),
            IoMethod::Random => self.read_randomly(file, watch),
            bound => Err(PassError::NotHere(format!("{bound} is another program"))),
        }
    }
}

/// The checksum that a pass must give, by the oracle: of random pages, the XOR of their checksums.
pub fn expected_checksum(file: &TestFile, method: IoMethod) -> u64 {
    if method != IoMethod::Random {
        return file.checksum();
    }
    let pages = random_pages(file).into_iter().flatten();
    pages.fold(0, |sum, page| sum ^ file.content().page_checksum(page))
}

/// The pages of a random pass, the same in every pass over a file.
fn random_pages(file: &TestFile) -> Result<impl Iterator<Item = u64>, PassError> {
    let pages = file.len_bytes() / PAGE_BYTES as u64;
    if pages == 0 {
        let text = format!("the file is shorter than a read of {PAGE_BYTES} bytes");
        return Err(PassError::NotHere(text));
    }
    let mut random = SplitMix64(file.len_bytes());
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
            let made = TestFile::create(folder.path(), len_bytes, is_sparse, 3, &go_on);
            let file = made.expect("a file").expect("nobody cancels");
            let engine = Engine::new(&file);
            for setup in SetupSelection::default().setups() {
                let watch = Watch {
                    on_progress: &|_| (),
                    cancelled: &go_on,
                };
                match engine.pass(&file, &setup, watch) {
                    Ok(pass) => {
                        let expected = expected_checksum(&file, setup.method);
                        assert_eq!(pass.checksum, Some(expected), "{setup}");
                    }
                    Err(error) => assert!(!error.to_string().is_empty(), "{setup}"),
                }
            }
        }
    }
}
