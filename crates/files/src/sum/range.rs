//! The checksum of a range of a file, by one thread or several.

use super::auto::{Choice, PIECE_BYTES};
use super::difference::Difference;
use super::holes::{Stretch, stretch};
use super::pace::Pace;
use super::readers::Readers;
use super::request::SumOptions;
use super::running::{Pair, Part, Running, combine};
use crate::blocks::{BlockError, ReadOptions, Unavailable};
use crate::method::{Method, MethodChoice};
use crcheck_platform::page_faults;
use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

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
    /// How many bytes were not mapped, though that was the choice.
    copied_bytes: AtomicU64,
    /// How many bytes nobody needed to read.
    hole_bytes: AtomicU64,
    /// How many bytes were read plainly, since a thread could not read as chosen, and why.
    refused_bytes: AtomicU64,
    refusal: OnceLock<Unavailable>,
}

/// What one thread keeps from piece to piece.
struct Worker<'a> {
    readers: &'a mut Readers,
    pace: Pace,
}

impl<'a> Worker<'a> {
    fn new(readers: &'a mut Readers) -> Self {
        Self {
            readers,
            pace: Pace::default(),
        }
    }
}

/// What became of a job.
pub(super) struct Done {
    pub(super) part: Part,
    /// How most of it was read.
    pub(super) options: ReadOptions,
    /// What was read otherwise, or not at all, and why.
    pub(super) reasons: Vec<String>,
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
            copied_bytes: AtomicU64::new(0),
            hole_bytes: AtomicU64::new(0),
            refused_bytes: AtomicU64::new(0),
            refusal: OnceLock::new(),
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
            [] | [_] => self.sum(self.range.clone(), &mut Worker::new(&mut readers[0]))?,
            pieces => self.share(pieces, &mut readers[..threads])?,
        };
        let (options, reasons) = self.way(part.len_bytes);
        Ok(Done {
            part,
            options,
            reasons,
            threads,
        })
    }

    /// How most of the bytes were read, and why the others were not read so.
    fn way(&self, len_bytes: u64) -> (ReadOptions, Vec<String>) {
        let copied_bytes = self.copied_bytes.load(Ordering::Relaxed);
        let hole_bytes = self.hole_bytes.load(Ordering::Relaxed);
        let (mut options, mut reasons) = (self.choice.options, Vec::new());
        let all = len_bytes.div_ceil(1 << 20);
        if hole_bytes > 0 {
            let holes = hole_bytes.div_ceil(1 << 20);
            reasons.push(format!(
                "{holes} of {all} MiB are holes, whose zeros need no reads"
            ));
        }
        if let Some(copied) = self.choice.otherwise.filter(|_| copied_bytes > 0) {
            reasons.push(format!(
                "{} of {all} MiB are read, not mapped: the page cache holds them in small pieces",
                copied_bytes.div_ceil(1 << 20)
            ));
            if copied_bytes > (len_bytes - hole_bytes) / 2 {
                options = copied;
            }
        }
        if let Some(refusal) = self.refusal.get() {
            let refused_bytes = self.refused_bytes.load(Ordering::Relaxed);
            let refused = refused_bytes.div_ceil(1 << 20);
            reasons.push(format!(
                "{refused} of {all} MiB are read plainly: {refusal}"
            ));
            if refused_bytes > (len_bytes - hole_bytes) / 2 {
                options = self.plainly();
            }
        }
        (options, reasons)
    }

    /// What reads every file.
    fn plainly(&self) -> ReadOptions {
        let len_bytes = self.range.end - self.range.start;
        ReadOptions::new(Method::Read).with_buffer_for(self.options.buffer_bytes, len_bytes)
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
        let mut worker = Worker::new(readers);
        loop {
            let index = queue.next.fetch_add(1, Ordering::Relaxed);
            let Some(piece) = pieces.get(index as usize) else {
                return;
            };
            let outcome = self.sum(piece.clone(), &mut worker);
            if outcome.is_err() {
                // Nobody begins another, and those begun are before it or next to it.
                queue.next.fetch_max(pieces.len() as u64, Ordering::Relaxed);
            }
            let mut done = queue.done.lock().unwrap_or_else(PoisonError::into_inner);
            done.insert(index, outcome);
        }
    }

    /// The checksum of a piece.
    fn sum(&self, piece: Range<u64>, worker: &mut Worker<'_>) -> Result<Part, Stop> {
        let mut running = Running::new(self.pair, piece.start);
        let mut at = piece.start;
        while at < piece.end {
            let next = if self.is_sparse {
                stretch(self.file, at, piece.end)
            } else {
                Stretch::Data(at..piece.end)
            };
            let (end, goes_on) = match next {
                Stretch::Data(data) => (data.end, self.read(data, worker, &mut running)?),
                Stretch::Hole(hole) => {
                    let len_bytes = hole.end - hole.start;
                    let agrees = running.update_zeros(len_bytes);
                    self.hole_bytes.fetch_add(len_bytes, Ordering::Relaxed);
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

    /// Reads data. If there is a choice, page faults make it, stretch by stretch.
    fn read(
        &self,
        data: Range<u64>,
        worker: &mut Worker<'_>,
        running: &mut Running<'_>,
    ) -> Result<bool, Stop> {
        let mapped = &self.choice.options;
        let Some(copied) = &self.choice.otherwise else {
            return self.read_by(mapped, data, worker.readers, running);
        };
        let mut at = data.start;
        while at < data.end {
            let stretch = worker.pace.next(data.end - at);
            let options = if stretch.is_mapped { mapped } else { copied };
            let before = page_faults::of_this_thread();
            let end = at + stretch.len_bytes;
            if !self.read_by(options, at..end, worker.readers, running)? {
                return Ok(false);
            }
            if stretch.is_probe {
                let faults = page_faults::of_this_thread() - before;
                worker.pace.decide(faults, stretch.len_bytes);
            }
            if !stretch.is_mapped {
                self.copied_bytes
                    .fetch_add(stretch.len_bytes, Ordering::Relaxed);
            }
            at = end;
        }
        Ok(true)
    }

    fn read_by(
        &self,
        options: &ReadOptions,
        data: Range<u64>,
        readers: &mut Readers,
        running: &mut Running<'_>,
    ) -> Result<bool, Stop> {
        // What the first thread got, such as a ring, the system may refuse to another.
        let mut options = *options;
        if self.options.method == MethodChoice::Auto
            && let Err(BlockError::Unavailable(refusal)) = readers.by(&options).open(self.file)
        {
            let len_bytes = data.end - data.start;
            self.refused_bytes.fetch_add(len_bytes, Ordering::Relaxed);
            let _ = self.refusal.set(refusal);
            options = self.plainly();
        }
        let reader = readers.by(&options);
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
