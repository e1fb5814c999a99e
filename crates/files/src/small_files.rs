//! Small files, summed ahead of their turn on all CPUs.
//!
//! What a small file costs is system calls: four of them, and no look at the file before it is
//! read. A file that was changed before it was opened, by its own clock, was not changed while it
//! was read, so that one look afterwards suffices. Whatever is not so simple is left to its turn.

use crate::algorithm::Algorithm;
use crate::method::Method;
use crate::sum::Sum;
use rustix::fs::{FileType, Mode, OFlags};
use rustix::time::{ClockId, Timespec, clock_gettime};
use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// The longest small file, and one byte more.
const BUFFER_BYTES: usize = 1 << 16;

/// How many items a thread takes at once: so many that threads rarely meet.
const CHUNK_ITEMS: usize = 32;

/// How many chunks may wait for their turn.
const CHUNKS_MAX: u64 = 64;

/// The system's clock for files moves in steps of up to 10 ms.
const CLOCK_STEP_NS: i64 = 20_000_000;

/// Items in their order, each with its checksum if it is that of a small file.
pub type Chunk<I> = Vec<(I, Option<Sum>)>;

/// Hands all items on in their order, chunk by chunk, until `take` returns `false`. Each has its
/// checksum if `path_of` gives the path of a small file that does not change. Up to `threads`
/// threads compute; `take` is called on this one.
pub fn sum_ahead<I: Send>(
    items: impl Iterator<Item = I> + Send,
    path_of: impl Fn(&I) -> Option<&Path> + Sync,
    algorithm: &Algorithm,
    threads: usize,
    mut take: impl FnMut(Chunk<I>) -> bool,
) {
    let line = Line::new(items);
    let compute = |items: Vec<I>, buffer: &mut [u8]| -> Chunk<I> {
        let before = clock_gettime(ClockId::RealtimeCoarse);
        let sum = |item: &I| sum_small(path_of(item)?, algorithm, before, buffer);
        let mut sum = sum;
        let each = items.into_iter().map(|item| {
            let sum = sum(&item);
            (item, sum)
        });
        each.collect()
    };
    let mut buffer = vec![0; BUFFER_BYTES];
    // The first chunk tells whether there is anything for others to do.
    let Some((_, first)) = line.next() else {
        return;
    };
    let is_all = first.len() < CHUNK_ITEMS;
    if !take(compute(first, &mut buffer)) || is_all {
        return;
    }
    line.emitted();
    thread::scope(|scope| {
        for _ in 1..threads {
            let help = || {
                let mut buffer = vec![0; BUFFER_BYTES];
                while let Some((turn, items)) = line.next_when_due() {
                    line.put(turn, compute(items, &mut buffer));
                }
            };
            // Without help it takes longer.
            let _ = thread::Builder::new().spawn_scoped(scope, help);
        }
        loop {
            let chunk = match line.due() {
                Due::Chunk(chunk) => chunk,
                Due::End => break,
                Due::Nothing => match line.next() {
                    Some((turn, items)) => {
                        line.put(turn, compute(items, &mut buffer));
                        continue;
                    }
                    None => match line.wait() {
                        Some(chunk) => chunk,
                        None => break,
                    },
                },
            };
            if !take(chunk) {
                line.stop();
                break;
            }
            line.emitted();
        }
    });
}

/// The items that nobody has taken, and the chunks that wait for their turn.
struct Line<I, N> {
    items: Mutex<Source<N>>,
    state: Mutex<State<I>>,
    changed: Condvar,
}

struct Source<N> {
    items: N,
    /// The turn of the next chunk.
    next: u64,
    is_empty: bool,
}

struct State<I> {
    waiting: BTreeMap<u64, Chunk<I>>,
    /// Whose turn it is.
    turn: u64,
    /// How many chunks there are; known once all items are taken.
    end: Option<u64>,
    is_stopped: bool,
}

enum Due<I> {
    Chunk(Chunk<I>),
    Nothing,
    End,
}

impl<I, N: Iterator<Item = I>> Line<I, N> {
    const fn new(items: N) -> Self {
        let source = Source {
            items,
            next: 0,
            is_empty: false,
        };
        let state = State {
            waiting: BTreeMap::new(),
            turn: 0,
            end: None,
            is_stopped: false,
        };
        Self {
            items: Mutex::new(source),
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<I>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next items, and their turn.
    fn next(&self) -> Option<(u64, Vec<I>)> {
        let mut source = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        if source.is_empty {
            return None;
        }
        let items: Vec<I> = source.items.by_ref().take(CHUNK_ITEMS).collect();
        source.is_empty = items.len() < CHUNK_ITEMS;
        let turn = source.next;
        source.next += u64::from(!items.is_empty());
        if source.is_empty {
            self.lock().end = Some(source.next);
            self.changed.notify_all();
        }
        (!items.is_empty()).then_some((turn, items))
    }

    /// As [`Line::next`], once not too many chunks wait. `None` if it has stopped, too.
    fn next_when_due(&self) -> Option<(u64, Vec<I>)> {
        let state = self.lock();
        let is_early = |state: &mut State<I>| {
            !state.is_stopped && state.waiting.len() as u64 >= CHUNKS_MAX
        };
        let state = self.changed.wait_while(state, is_early);
        let is_stopped = state.unwrap_or_else(PoisonError::into_inner).is_stopped;
        if is_stopped { None } else { self.next() }
    }

    fn put(&self, turn: u64, chunk: Chunk<I>) {
        let mut state = self.lock();
        let is_due = turn == state.turn;
        state.waiting.insert(turn, chunk);
        drop(state);
        if is_due {
            self.changed.notify_all();
        }
    }

    fn due(&self) -> Due<I> {
        let mut state = self.lock();
        let turn = state.turn;
        match state.waiting.remove(&turn) {
            Some(chunk) => Due::Chunk(chunk),
            None if state.end == Some(turn) => Due::End,
            None => Due::Nothing,
        }
    }

    /// The chunk whose turn it is, when another thread has it; `None` at the end.
    fn wait(&self) -> Option<Chunk<I>> {
        let state = self.lock();
        let is_pending = |state: &mut State<I>| {
            !state.waiting.contains_key(&state.turn) && state.end != Some(state.turn)
        };
        let state = self.changed.wait_while(state, is_pending);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        let turn = state.turn;
        state.waiting.remove(&turn)
    }

    /// The chunk whose turn it was is done.
    fn emitted(&self) {
        let mut state = self.lock();
        state.turn += 1;
        let has_room = state.waiting.len() as u64 == CHUNKS_MAX - 1;
        drop(state);
        if has_room {
            self.changed.notify_all();
        }
    }

    fn stop(&self) {
        self.lock().is_stopped = true;
        self.changed.notify_all();
    }
}

/// The checksum of a file that is small, and that was changed long enough before `before`.
fn sum_small(
    path: &Path,
    algorithm: &Algorithm,
    before: Timespec,
    buffer: &mut [u8],
) -> Option<Sum> {
    // To open a FIFO must not wait for its writer.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let file: OwnedFd = rustix::fs::open(path, flags, Mode::empty()).ok()?;
    // What has no position is no file.
    let len_bytes = rustix::io::pread(&file, &mut *buffer, 0).ok()?;
    let found = rustix::fs::fstat(&file).ok()?;
    let is_file = FileType::from_raw_mode(found.st_mode) == FileType::RegularFile;
    let is_whole = found.st_size as u64 == len_bytes as u64 && len_bytes < buffer.len();
    let changed_ns = found.st_ctime as i128 * 1_000_000_000 + found.st_ctime_nsec as i128;
    let before_ns = before.tv_sec as i128 * 1_000_000_000 + before.tv_nsec as i128;
    let is_old = changed_ns + i128::from(CLOCK_STEP_NS) < before_ns;
    // A file of length 0 may be one that the system makes up as it is read.
    if !(is_file && is_whole && is_old && len_bytes > 0) {
        return None;
    }
    let initial = algorithm.initial_checksum();
    Some(Sum {
        checksum: algorithm.update(initial, &buffer[..len_bytes]),
        len_bytes: len_bytes as u64,
        method: Method::Read,
        buffer_bytes: buffer.len(),
        threads: 1,
        reasons: vec!["a small file is read at once: all else costs more".to_owned()],
    })
}
