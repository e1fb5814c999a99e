//! Small files, summed ahead of their turn on all CPUs.
//!
//! What a small file costs is system calls. A file that was changed before it was opened, by the
//! time in its inode, was not changed while it was read, so one look afterwards suffices. Whatever
//! is not so simple is left to its turn.

use crate::algorithm::Algorithm;
use crate::method::Method;
use crate::sum::Sum;
use rustix::fs::{FileType, Mode, OFlags, Stat, fcntl_getfl, fcntl_setfl};
use rustix::time::{ClockId, Timespec, clock_gettime};
use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// The longest small file, and one byte more.
const BUFFER_BYTES: usize = 1 << 16;

/// How many items a thread takes at once: so many that threads rarely meet.
const CHUNK_ITEMS: usize = 64;

/// How many chunks may wait for their turn.
const CHUNKS_MAX: u64 = 8;

/// The system's clock for files moves in steps of up to 10 ms.
const CLOCK_STEP_NS: i128 = 20_000_000;

/// What is known of an item ahead of its turn.
#[derive(Debug)]
pub enum Ahead {
    /// It is a small file, and this is its checksum.
    Sum(Sum),
    /// It is no file, and to open it twice could be seen: a FIFO has a writer that waits.
    Opened(File),
    /// Nothing.
    Unknown,
}

/// Items in their order, each with what is known of it.
pub type Chunk<I> = Vec<(I, Ahead)>;

/// What may be looked at ahead of its turn.
#[derive(Clone, Copy, Debug)]
pub enum Candidate<'p> {
    /// A folder says that this is a file.
    File(&'p Path),
    /// It may be anything.
    Any(&'p Path),
}

/// Hands all items on in their order, chunk by chunk, until `take` returns `false`. Up to `threads`
/// threads look at what `candidate` gives for an item; `take` is called on this one.
pub fn sum_ahead<I: Send>(
    items: impl Iterator<Item = I> + Send,
    candidate: impl Fn(&I) -> Option<Candidate<'_>> + Sync,
    algorithm: &Algorithm,
    threads: usize,
    mut take: impl FnMut(Chunk<I>) -> bool,
) {
    let line = Line::new(items);
    let compute = |items: Vec<I>, buffer: &mut [u8]| -> Chunk<I> {
        let before = clock_gettime(ClockId::RealtimeCoarse);
        let mut look = |item: &I| match candidate(item) {
            None => Ahead::Unknown,
            Some(candidate) => look_at(candidate, algorithm, before, buffer),
        };
        let each = items.into_iter().map(|item| {
            let ahead = look(&item);
            (item, ahead)
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
        let is_early =
            |state: &mut State<I>| !state.is_stopped && state.waiting.len() as u64 >= CHUNKS_MAX;
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

/// What there is to know about a file, if it is small, or about what is no file. `before` is the
/// time before it is opened.
fn look_at(
    candidate: Candidate<'_>,
    algorithm: &Algorithm,
    before: Timespec,
    buffer: &mut [u8],
) -> Ahead {
    let (Candidate::File(path) | Candidate::Any(path)) = candidate;
    // To open a FIFO must not wait for its writer.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let Ok(file) = rustix::fs::open(path, flags, Mode::empty()) else {
        return Ahead::Unknown;
    };
    if matches!(candidate, Candidate::Any(_)) {
        match rustix::fs::fstat(&file) {
            Ok(found) if !is_file(&found) => return opened(file),
            Ok(found) if (1..buffer.len() as i64).contains(&found.st_size) => {}
            _ => return Ahead::Unknown,
        }
    }
    let read = rustix::io::pread(&file, &mut *buffer, 0);
    let (Ok(len_bytes), Ok(found)) = (read, rustix::fs::fstat(&file)) else {
        return Ahead::Unknown;
    };
    let changed_ns = nanoseconds(found.st_ctime, found.st_ctime_nsec as i64);
    let is_old = changed_ns + CLOCK_STEP_NS < nanoseconds(before.tv_sec, before.tv_nsec);
    let is_whole = len_bytes < buffer.len() && found.st_size == len_bytes as i64;
    // A file of length 0 may be one that the system makes up as it is read.
    if !(is_file(&found) && is_old && is_whole && len_bytes > 0) {
        return Ahead::Unknown;
    }
    let initial = algorithm.initial_checksum();
    Ahead::Sum(Sum {
        checksum: algorithm.update(initial, &buffer[..len_bytes]),
        len_bytes: len_bytes as u64,
        method: Method::Read,
        buffer_bytes: buffer.len(),
        threads: 1,
        reasons: vec!["a small file is read at once: all else costs more".to_owned()],
    })
}

/// What is no file, to be read as any other: its reads wait.
fn opened(file: OwnedFd) -> Ahead {
    let waits = fcntl_getfl(&file).and_then(|flags| fcntl_setfl(&file, flags - OFlags::NONBLOCK));
    match waits {
        Ok(()) => Ahead::Opened(file.into()),
        Err(_) => Ahead::Unknown,
    }
}

fn is_file(found: &Stat) -> bool {
    FileType::from_raw_mode(found.st_mode) == FileType::RegularFile
}

fn nanoseconds(seconds: i64, nanoseconds: i64) -> i128 {
    i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crcheck_oracle::model::Model;
    use std::fs;
    use std::path::PathBuf;
    use std::time::Duration;

    #[test]
    fn all_items_come_in_order_whoever_looks_at_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let algorithm = Algorithm::new(&Model::CRC_32_ISO_HDLC);
        let path = |index: usize| folder.path().join(format!("{index}"));
        let content = |index: usize| vec![index as u8; index * 7 % 1000 + 1];
        for index in (0..1000).filter(|index| index % 10 != 0) {
            fs::write(path(index), content(index)).expect("a file");
        }
        thread::sleep(Duration::from_millis(50));
        for threads in [1, 2, 5] {
            for count in [0, 1, CHUNK_ITEMS - 1, CHUNK_ITEMS, CHUNK_ITEMS + 1, 1000] {
                let items = (0..count).map(|index| (index, path(index)));
                fn candidate((index, path): &(usize, PathBuf)) -> Option<Candidate<'_>> {
                    Some(match index % 2 {
                        0 => Candidate::File(path),
                        _ => Candidate::Any(path),
                    })
                }
                let mut next = 0;
                sum_ahead(items, candidate, &algorithm, threads, |chunk| {
                    for ((index, _), ahead) in chunk {
                        assert_eq!(index, next);
                        next += 1;
                        let initial = algorithm.initial_checksum();
                        let expected = algorithm.update(initial, &content(index));
                        match ahead {
                            Ahead::Sum(sum) => assert_eq!(sum.checksum, expected),
                            Ahead::Unknown => assert_eq!(index % 10, 0, "no file"),
                            Ahead::Opened(file) => panic!("{file:?}"),
                        }
                    }
                    true
                });
                assert_eq!(next, count);
            }
        }
    }

    #[test]
    fn whoever_has_enough_ends_it() {
        let algorithm = Algorithm::new(&Model::CRC_32_ISO_HDLC);
        for threads in [1, 3] {
            let mut taken = 0;
            sum_ahead(
                0..,
                |_: &u64| None,
                &algorithm,
                threads,
                |chunk| {
                    taken += chunk.len();
                    taken < 1000
                },
            );
            assert_eq!(taken, 1024);
        }
    }

    #[test]
    fn what_is_new_long_empty_or_no_file_is_left_to_its_turn() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("long"), vec![1; BUFFER_BYTES]).expect("a file");
        fs::write(at("empty"), "").expect("a file");
        thread::sleep(Duration::from_millis(50));
        fs::write(at("new"), "new").expect("a file");
        let algorithm = Algorithm::new(&Model::CRC_32_ISO_HDLC);
        let items = ["long", "empty", "new", "nowhere"].map(|name| Item(at(name)));
        #[derive(Clone, Debug)]
        struct Item(PathBuf);
        fn file(Item(path): &Item) -> Option<Candidate<'_>> {
            Some(Candidate::File(path))
        }
        fn any(Item(path): &Item) -> Option<Candidate<'_>> {
            Some(Candidate::Any(path))
        }
        for candidate in [file, any] {
            sum_ahead(items.iter().cloned(), candidate, &algorithm, 2, |chunk| {
                for (path, ahead) in chunk {
                    assert!(matches!(ahead, Ahead::Unknown), "{path:?}: {ahead:?}");
                }
                true
            });
        }
        let null = [Item("/dev/null".into())];
        sum_ahead(null.into_iter(), any, &algorithm, 2, |chunk| {
            assert!(matches!(chunk[..], [(_, Ahead::Opened(_))]), "{chunk:?}");
            true
        });
    }
}
