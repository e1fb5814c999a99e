//! The checksum of a range of a file, by one thread or several.

use super::auto::{Choice, FAULTS_PER_MIB_MAX, PROBE_BYTES};
use super::difference::Difference;
use super::holes::{Stretch, stretch};
use super::readers::Readers;
use super::request::SumOptions;
use super::running::{Pair, Part, Running, combine};
use crate::blocks::{BlockError, ReadOptions};
use crcheck_platform::page_faults;
use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

/// What a thread takes at once. The faster thread takes more of them.
const PIECE_BYTES: u64 = 16 << 20;

/// Why a range has no checksum.
#[derive(Debug)]
pub(super) enum Stop {
    Block(BlockError),
    Differs(Box<Difference>),
    Cancelled,
}

/// A range of a file to sum.
pub(super) struct Job<'a> {
    pub(super) file: &'a File,
    pub(super) range: Range<u64>,
    pub(super) is_sparse: bool,
    pub(super) choice: &'a Choice,
    pub(super) pair: Pair<'a>,
    pub(super) options: &'a SumOptions<'a>,
    /// The page faults that a MiB costs, as soon as they are known.
    faults_per_mib: OnceLock<u64>,
}

/// What became of a job.
pub(super) struct Done {
    pub(super) part: Part,
    /// How most of it was read.
    pub(super) options: ReadOptions,
    /// Why not as chosen.
    pub(super) reason: Option<String>,
    pub(super) threads: usize,
}

impl<'a> Job<'a> {
    pub(super) const fn new(
        file: &'a File,
        range: Range<u64>,
        is_sparse: bool,
        choice: &'a Choice,
        pair: Pair<'a>,
        options: &'a SumOptions<'a>,
    ) -> Self {
        Self {
            file,
            range,
            is_sparse,
            choice,
            pair,
            options,
            faults_per_mib: OnceLock::new(),
        }
    }

    /// Sums the range, with the buffers of `readers`, one for each thread.
    ///
    /// # Errors
    /// Why it has no checksum.
    pub(super) fn run(&self, readers: &mut Vec<Readers>) -> Result<Done, Stop> {
        let pieces = self.pieces();
        let threads = self.choice.threads.min(pieces.len().max(1));
        if readers.len() < threads {
            readers.resize_with(threads, Readers::default);
        }
        let part = match pieces.as_slice() {
            [] | [_] => self.sum(self.range.clone(), &mut readers[0])?,
            pieces => self.share(pieces, &mut readers[..threads])?,
        };
        let options = self.present();
        let is_changed = options != self.choice.options;
        let reason = is_changed.then(|| {
            let faults = self.faults_per_mib.get().copied().unwrap_or_default();
            format!(
                "{faults} page faults a MiB: the page cache holds it in small pieces, \
                 so after the first {} MiB it is read",
                PROBE_BYTES >> 20
            )
        });
        Ok(Done {
            part,
            options,
            reason,
            threads,
        })
    }

    fn pieces(&self) -> Vec<Range<u64>> {
        let len_bytes = self.range.end - self.range.start;
        if self.choice.threads == 1 || len_bytes <= PIECE_BYTES {
            return vec![self.range.clone()];
        }
        let starts = (self.range.start..self.range.end).step_by(PIECE_BYTES as usize);
        starts
            .map(|start| start..(start + PIECE_BYTES).min(self.range.end))
            .collect()
    }

    /// Sums the pieces on as many threads as there are readers.
    fn share(&self, pieces: &[Range<u64>], readers: &mut [Readers]) -> Result<Part, Stop> {
        let queue = Queue::default();
        let (own, others) = readers.split_first_mut().expect("one reader at least");
        thread::scope(|scope| {
            for readers in others {
                let work = || self.work(pieces, &queue, readers);
                // Without this thread the others do its pieces.
                let _ = thread::Builder::new().spawn_scoped(scope, work);
            }
            self.work(pieces, &queue, own);
        });
        let done = queue.done.into_inner();
        let parts = done.unwrap_or_else(PoisonError::into_inner);
        let parts: Result<Vec<Part>, Stop> = parts.into_values().collect();
        combine(self.pair, self.range.start, parts?).map_err(Stop::Differs)
    }

    /// Takes pieces until there are no more, or one before them has stopped.
    fn work(&self, pieces: &[Range<u64>], queue: &Queue, readers: &mut Readers) {
        loop {
            let index = queue.next.fetch_add(1, Ordering::Relaxed);
            let Some(piece) = pieces.get(index as usize) else {
                return;
            };
            let outcome = self.sum(piece.clone(), readers);
            if outcome.is_err() {
                // Nobody begins another, and those begun are before it or next to it.
                queue.next.fetch_max(pieces.len() as u64, Ordering::Relaxed);
            }
            let mut done = queue.done.lock().unwrap_or_else(PoisonError::into_inner);
            done.insert(index, outcome);
        }
    }

    /// The checksum of a piece.
    fn sum(&self, piece: Range<u64>, readers: &mut Readers) -> Result<Part, Stop> {
        let mut running = Running::new(self.pair, piece.start);
        let mut at = piece.start;
        while at < piece.end {
            let next = if self.is_sparse {
                stretch(self.file, at, piece.end)
            } else {
                Stretch::Data(at..piece.end)
            };
            let (end, goes_on) = match next {
                Stretch::Data(data) => (data.end, self.read(data, readers, &mut running)?),
                Stretch::Hole(hole) => {
                    let len_bytes = hole.end - hole.start;
                    let agrees = running.update_zeros(len_bytes);
                    (self.options.on_progress)(len_bytes);
                    (hole.end, agrees && !self.options.is_cancelled())
                }
            };
            if !goes_on {
                running.finish().map_err(Stop::Differs)?;
                return Err(Stop::Cancelled);
            }
            at = end;
        }
        running.finish().map_err(Stop::Differs)
    }

    /// Reads data, and finds out on the way how many page faults it costs if that matters.
    fn read(
        &self,
        data: Range<u64>,
        readers: &mut Readers,
        running: &mut Running<'_>,
    ) -> Result<bool, Stop> {
        let is_asked = self.choice.otherwise.is_some() && self.faults_per_mib.get().is_none();
        let len_bytes = (data.end - data.start).min(PROBE_BYTES);
        let mib = len_bytes >> 20;
        if !is_asked || mib == 0 {
            return self.read_by(&self.present(), data, readers, running);
        }
        let middle = data.start + len_bytes;
        let before = page_faults::of_this_thread();
        if !self.read_by(&self.choice.options, data.start..middle, readers, running)? {
            return Ok(false);
        }
        let faults = page_faults::of_this_thread() - before;
        // Another thread may have been first.
        let _ = self.faults_per_mib.set(faults / mib);
        self.read_by(&self.present(), middle..data.end, readers, running)
    }

    /// How to read, by what is known so far.
    fn present(&self) -> ReadOptions {
        let faults = self.faults_per_mib.get().copied().unwrap_or_default();
        let otherwise = self.choice.otherwise;
        otherwise
            .filter(|_| faults > FAULTS_PER_MIB_MAX)
            .unwrap_or(self.choice.options)
    }

    fn read_by(
        &self,
        options: &ReadOptions,
        data: Range<u64>,
        readers: &mut Readers,
        running: &mut Running<'_>,
    ) -> Result<bool, Stop> {
        let reader = readers.by(options);
        let mut blocks = reader.open(self.file).map_err(Stop::Block)?;
        let taken = blocks.read(data, &mut |bytes| {
            let agrees = running.update(bytes);
            (self.options.on_progress)(bytes.len() as u64);
            agrees && !self.options.is_cancelled()
        });
        taken.map_err(Stop::Block)
    }
}

/// The pieces that are left, and what became of the others.
#[derive(Default)]
struct Queue {
    next: AtomicU64,
    /// By their numbers. All pieces before one that is here are here at the end.
    done: Mutex<BTreeMap<u64, Result<Part, Stop>>>,
}
