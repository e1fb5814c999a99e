//! A chunk that is read again, since the subject does not move past it.

use crate::call::Call;
use crate::experiment::Experiment;
use crate::hypothesis::{Hypothesis, likely_first, plausible};
use crate::number_list::numbered;
use crate::reference::Reference;
use std::fmt;

/// A chunk of the message that counts more than once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RereadChunk {
    /// The size of the chunk in bytes.
    pub chunk: usize,
    pub place: ChunkPlace,
    pub then: Then,
}

/// Which whole chunk of a message is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkPlace {
    /// The one of this index.
    Index(usize),
    /// The last one.
    Last,
    /// Each of them.
    Every,
    /// Each of them but the first.
    EveryButFirst,
}

/// What the subject reads after the chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The chunk once more, and then all that follows.
    AllBytes,
    /// The chunk once more, and then what follows up to the length of the message: the last bytes,
    /// a chunk of them, are never read.
    RightCount,
    /// The chunk in place of every later whole chunk, and then the tail of the message.
    Tail,
    /// The chunk in place of every later whole chunk, and its first bytes in place of the tail.
    NoTail,
    /// Every whole chunk as it is, and the first bytes of the chunk in place of the tail.
    TailAgain,
    /// The message, with the chunk, or its first bytes, in place of the chunk of this index.
    InPlaceOf(usize),
}

const CHUNK_BYTES_MAX: usize = 256;

/// Chunks beyond those of each size.
const LARGE_CHUNKS: [usize; 4] = [512, 1024, 2048, 4096];

/// The last index of a chunk in a hypothesis.
const INDEX_MAX: usize = 16;

pub(crate) fn candidates(experiment: &mut Experiment<'_>) -> Vec<RereadChunk> {
    let chunks = likely_first(1..=CHUNK_BYTES_MAX).chain(LARGE_CHUNKS);
    let candidates = chunks.flat_map(|chunk| {
        let rereads = |place: ChunkPlace, then: &[Then]| -> Vec<RereadChunk> {
            let of = |&then: &Then| RereadChunk { chunk, place, then };
            then.iter().map(of).collect()
        };
        let once = [Then::AllBytes, Then::RightCount];
        let mut all = rereads(ChunkPlace::Last, &once);
        all.extend(rereads(ChunkPlace::Every, &once[..1]));
        all.extend(rereads(ChunkPlace::EveryButFirst, &once[..1]));
        for index in 0..=INDEX_MAX {
            let place = ChunkPlace::Index(index);
            all.extend(rereads(place, &once));
            all.extend(rereads(place, &[Then::Tail, Then::NoTail, Then::TailAgain]));
        }
        all
    });
    plausible(experiment, candidates)
}

/// A chunk in place of another one, where that changes the shortest wrong message.
pub(crate) fn in_place(experiment: &mut Experiment<'_>) -> Vec<RereadChunk> {
    let wrong = experiment.wrong();
    let length = wrong.first().map_or(0, |seen| seen.call.length());
    let candidates = likely_first(1..=CHUNK_BYTES_MAX).flat_map(move |chunk| {
        let indices = 0..=INDEX_MAX.min(length.saturating_sub(1) / chunk);
        let pairs = indices
            .clone()
            .flat_map(move |read| indices.clone().map(move |never| (read, never)));
        let others = pairs.filter(|(read, never)| read != never);
        others.map(move |(read, never)| RereadChunk {
            chunk,
            place: ChunkPlace::Index(read),
            then: Then::InPlaceOf(never),
        })
    });
    plausible(experiment, candidates)
}

impl RereadChunk {
    /// What the subject reads of a message. `None` if it reads the message itself.
    fn read(&self, message: &[u8]) -> Option<Vec<u8>> {
        let (chunk, length) = (self.chunk, message.len());
        let whole = length / chunk;
        if let (ChunkPlace::Index(index), Then::InPlaceOf(never)) = (self.place, self.then) {
            let replaced = never * chunk..length.min((never + 1) * chunk);
            if index >= whole || replaced.is_empty() {
                return None;
            }
            let mut bytes = message.to_vec();
            let from = index * chunk;
            bytes[replaced.clone()].copy_from_slice(&message[from..from + replaced.len()]);
            return Some(bytes);
        }
        let index = match self.place {
            ChunkPlace::Index(index) => index,
            ChunkPlace::Last => whole.checked_sub(1)?,
            ChunkPlace::Every | ChunkPlace::EveryButFirst => {
                let is_first_once = self.place == ChunkPlace::EveryButFirst;
                let once = if is_first_once { chunk.min(length) } else { 0 };
                let (first, chunks) = message.split_at(once);
                let chunks = chunks.chunks_exact(chunk);
                let tail = chunks.remainder();
                let twice = chunks.flat_map(|chunk| [chunk, chunk]);
                let read = [first].into_iter().chain(twice).chain([tail]);
                return Some(read.flatten().copied().collect());
            }
        };
        if index >= whole {
            return None;
        }
        let (from, to) = (index * chunk, (index + 1) * chunk);
        let mut bytes = message[..to].to_vec();
        match self.then {
            Then::AllBytes | Then::InPlaceOf(_) => bytes.extend_from_slice(&message[from..]),
            Then::RightCount => bytes.extend_from_slice(&message[from..length - chunk]),
            Then::TailAgain => {
                bytes.extend_from_slice(&message[to..whole * chunk]);
                bytes.extend_from_slice(&message[from..from + length % chunk]);
            }
            Then::Tail | Then::NoTail => {
                for _ in index + 1..whole {
                    bytes.extend_from_slice(&message[from..to]);
                }
                let tail = match self.then {
                    Then::Tail => &message[whole * chunk..],
                    _ => &message[from..from + length % chunk],
                };
                bytes.extend_from_slice(tail);
            }
        }
        Some(bytes)
    }
}

impl Hypothesis for RereadChunk {
    fn predict(&self, reference: &Reference, call: &Call, expected: u64) -> u64 {
        match self.read(&call.message) {
            Some(bytes) => reference.update(call.checksum, &bytes),
            None => expected,
        }
    }
}

impl fmt::Display for RereadChunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chunk = match self.chunk {
            1 => "byte".to_owned(),
            bytes => format!("{bytes} bytes"),
        };
        let place = match self.place {
            ChunkPlace::Index(0) => format!("the first {chunk}"),
            ChunkPlace::Index(index) => format!("the {chunk} at index {}", index * self.chunk),
            ChunkPlace::Last => format!("the last whole {chunk}"),
            ChunkPlace::Every => format!("each whole {chunk}"),
            ChunkPlace::EveryButFirst => format!("each whole {chunk} but the first"),
        };
        let them = if self.chunk == 1 { "it" } else { "them" };
        match (self.then, self.place) {
            (Then::InPlaceOf(never), ChunkPlace::Index(read)) => {
                let of = |index: usize| numbered(index * self.chunk..(index + 1) * self.chunk);
                write!(f, "reads {} in place of {}", of(read), of(never))
            }
            (Then::AllBytes | Then::InPlaceOf(_), _) => write!(f, "reads {place} twice"),
            (Then::RightCount, ChunkPlace::Last) => write!(
                f,
                "does not move past {place}: it reads the tail, length % {}, from there",
                self.chunk
            ),
            (Then::RightCount, _) => write!(
                f,
                "does not move past {place} and reads {them} again, so that it never reads the \
                 last {chunk}"
            ),
            (Then::TailAgain, ChunkPlace::Index(index)) if index > 0 => write!(
                f,
                "reads the tail, length % {}, from index {}",
                self.chunk,
                index * self.chunk
            ),
            (Then::TailAgain, _) => write!(
                f,
                "reads the tail, length % {}, from the start of the message",
                self.chunk
            ),
            (Then::Tail, _) => write!(
                f,
                "never moves past {place}: it reads {them} again for each whole {chunk} that follow"
            ),
            (Then::NoTail, _) => write!(
                f,
                "never moves past {place}: it reads {them} again for each whole {chunk} that \
                 follow and for the tail"
            ),
        }
    }
}
