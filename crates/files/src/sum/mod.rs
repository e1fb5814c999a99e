//! The checksum of a whole file.
//!
//! [`Summer`] sums many files with the same buffers; [`sum_path`] and [`sum_stream`] sum one.

mod auto;
mod difference;
mod holes;
mod kind;
mod outcome;
mod pace;
mod range;
mod readers;
mod request;
mod running;
mod stamp;
mod stream;

pub use difference::Difference;
pub use outcome::{Sum, SumError};
pub use request::SumOptions;

use crate::blocks::{BlockError, ReadOptions, Unavailable};
use crate::method::{Method, MethodChoice};
use auto::Choice;
use crcheck_oracle::Judge;
use range::{Job, Stop};
use readers::Readers;
use running::{Pair, Part};
use rustix::fs::{Mode, OFlags, SeekFrom};
use stamp::Stamp;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// Sums files one after the other, and keeps its buffers.
pub struct Summer<'a> {
    options: SumOptions<'a>,
    oracle: Option<Box<dyn Judge>>,
    readers: Vec<Readers>,
}

/// The checksum of the file, device, FIFO or other stream of this name. [`Summer::sum_path`] is
/// faster for many.
///
/// # Errors
/// Why there is none.
pub fn sum_path(path: &Path, options: &SumOptions<'_>) -> Result<Sum, SumError> {
    Summer::new(*options).sum_path(path)
}

/// The checksum of what a stream still holds. [`Summer::sum_file`] knows better ways for an open
/// file.
///
/// # Errors
/// Why there is none.
pub fn sum_stream(stream: &mut impl Read, options: &SumOptions<'_>) -> Result<Sum, SumError> {
    Summer::new(*options).sum_stream(stream)
}

impl<'a> Summer<'a> {
    /// Sums by `options`.
    pub fn new(options: SumOptions<'a>) -> Self {
        Self {
            options,
            oracle: options.is_verified.then(|| options.algorithm.oracle()),
            readers: vec![Readers::default()],
        }
    }

    /// The checksum of the file, device, FIFO or other stream of this name.
    ///
    /// # Errors
    /// Why there is none.
    pub fn sum_path(&mut self, path: &Path) -> Result<Sum, SumError> {
        // To open a FIFO would wait for its writer, and could not be cancelled.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
        let opened = rustix::fs::open(path, flags, Mode::empty());
        let file = File::from(opened.map_err(io::Error::from)?);
        let found = file.metadata()?;
        if !found.is_file() {
            let flags = rustix::fs::fcntl_getfl(&file).map_err(io::Error::from)?;
            rustix::fs::fcntl_setfl(&file, flags - OFlags::NONBLOCK).map_err(io::Error::from)?;
        }
        self.sum_opened(&file, &found, 0)
    }

    /// The checksum of what an open file, or any other descriptor, still holds from its position
    /// on. Where the position is afterwards is not defined.
    ///
    /// # Errors
    /// Why there is none.
    pub fn sum_file(&mut self, file: &File) -> Result<Sum, SumError> {
        let found = file.metadata()?;
        // What has no position begins where it is.
        let start = rustix::fs::tell(file).unwrap_or(0);
        self.sum_opened(file, &found, start)
    }

    /// The checksum of what a stream still holds.
    ///
    /// # Errors
    /// Why there is none.
    pub fn sum_stream(&mut self, stream: &mut impl Read) -> Result<Sum, SumError> {
        self.sum_by_reads(stream, "a stream")
    }

    fn sum_opened(&mut self, file: &File, found: &Metadata, start: u64) -> Result<Sum, SumError> {
        if found.is_dir() {
            let text = "it is a folder; only the files in it have checksums";
            return Err(io::Error::new(io::ErrorKind::IsADirectory, text).into());
        }
        if found.file_type().is_block_device() {
            let end = rustix::fs::seek(file, SeekFrom::End(0)).map_err(io::Error::from)?;
            return self.sum_range(file, start..end.max(start), None);
        }
        if let Some(what) = kind::stream(found) {
            return self.sum_by_reads(&mut stream::Patient(file), what);
        }
        if found.len() == 0 || kind::is_made_up(file, found) {
            return self.sum_without_length(file, found);
        }
        self.sum_range(file, start..found.len().max(start), Some(found))
    }

    /// Sums a file whose length says nothing: it is empty, or the system makes it up as it is
    /// read.
    fn sum_without_length(&mut self, mut file: &File, found: &Metadata) -> Result<Sum, SumError> {
        let mut first = [0];
        let is_read = matches!(
            self.options.method,
            MethodChoice::Auto | MethodChoice::This(Method::Read)
        );
        if !is_read && file.read(&mut first)? > 0 {
            self.require_stream_method("a file that the system makes up as it is read")?;
        }
        let what = "a file without a length";
        let reads = SumOptions {
            method: MethodChoice::Auto,
            ..self.options
        };
        let asked = std::mem::replace(&mut self.options, reads);
        let sum = self.sum_by_reads(&mut file, what);
        self.options = asked;
        if found.len() == 0 && file.metadata()?.len() != 0 {
            Stamp::of(found).require_same(file)?;
        }
        sum
    }

    fn require_stream_method(&self, what: &str) -> Result<(), SumError> {
        match self.options.method {
            MethodChoice::Auto | MethodChoice::This(Method::Read) => Ok(()),
            MethodChoice::This(method) => {
                let reason = format!("it is {what}, which only `read` can read");
                Err(Unavailable::new(method, reason).into())
            }
        }
    }

    fn sum_by_reads(&mut self, stream: &mut impl Read, what: &str) -> Result<Sum, SumError> {
        self.require_stream_method(what)?;
        let read = ReadOptions::new(Method::Read).with_buffer(self.options.buffer_bytes);
        let pair = Pair {
            algorithm: self.options.algorithm,
            oracle: self.oracle.as_deref(),
        };
        let buffer = self.readers[0].by(&read).buffer()?;
        let part = stream::sum(stream, buffer, pair, &self.options)?;
        Ok(sum_of(
            &part,
            &read,
            1,
            vec![format!("it is {what}: one thread reads it as it comes")],
        ))
    }

    /// Sums a range of a file, which `found` describes, or of a device.
    fn sum_range(
        &mut self,
        file: &File,
        range: Range<u64>,
        found: Option<&Metadata>,
    ) -> Result<Sum, SumError> {
        let len_bytes = range.end - range.start;
        let mut choice = auto::choose(file, found.is_none(), len_bytes, &self.options);
        if self.options.method == MethodChoice::Auto {
            self.require_possible(file, len_bytes, &mut choice);
        }
        let is_sparse = found.is_some_and(holes::is_sparse);
        let pair = Pair {
            algorithm: self.options.algorithm,
            oracle: self.oracle.as_deref(),
        };
        let job = Job::new(file, range, is_sparse, &choice, pair, &self.options);
        let outcome = job.run(&mut self.readers);
        let stamp = found.map(Stamp::of);
        let done = outcome.map_err(|stop| why_stopped(stop, file, stamp.as_ref()))?;
        if let Some(stamp) = stamp {
            stamp.require_same(file)?;
        }
        let mut reasons = choice.reasons;
        reasons.extend(done.reasons);
        Ok(sum_of(&done.part, &done.options, done.threads, reasons))
    }

    /// Falls back, to `read` at last, if the file cannot be opened as `choice` says.
    fn require_possible(&mut self, file: &File, len_bytes: u64, choice: &mut Choice) {
        let mut fallbacks = std::mem::take(&mut choice.fallbacks).into_iter();
        while choice.options.method != Method::Read {
            let Err(error) = self.readers[0].by(&choice.options).open(file) else {
                return;
            };
            choice.reasons.push(error.to_string());
            let next = ReadOptions::new(fallbacks.next().unwrap_or(Method::Read));
            choice.options = next.with_buffer_for(self.options.buffer_bytes, len_bytes);
        }
    }
}

fn sum_of(part: &Part, options: &ReadOptions, threads: usize, reasons: Vec<String>) -> Sum {
    Sum {
        checksum: part.checksum,
        len_bytes: part.len_bytes,
        method: options.method,
        buffer_bytes: options.buffer_bytes,
        threads,
        reasons,
    }
}

fn why_stopped(stop: Stop, file: &File, stamp: Option<&Stamp>) -> SumError {
    match (stop, stamp) {
        (Stop::Block(BlockError::Ended { at_bytes }), Some(stamp)) => {
            stamp.why_ended(file, at_bytes)
        }
        (Stop::Block(error), _) => error.into(),
        (Stop::Differs(difference), _) => SumError::Differs(difference),
        (Stop::Cancelled, _) => SumError::Cancelled,
    }
}
