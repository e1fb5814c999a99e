//! Kernels that read a chunk of the message again, since they do not move past it.

use super::rewrite_from;
use crate::draw::Draw;
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::diagnose::{ChunkPlace, Effect, RereadChunk, Then};

/// From `from` bytes on, reads what `rewrite` makes of the message.
fn reread(
    from: usize,
    chunk: RereadChunk,
    rewrite: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static,
) -> (TestKernel, RightDiagnosis) {
    let diagnosis = RightDiagnosis::from_length(Effect::Reread(chunk), from);
    (rewrite_from(from, rewrite), diagnosis)
}

/// A chunk size, the index of a chunk, and a length from which on a message has that chunk and one
/// more.
fn draw_chunk(draw: &mut Draw) -> (usize, usize, usize) {
    let chunk = draw.one(&[4, 8, 12, 16, 32, 64, 100, 128, 256]);
    let index = draw.number(0, 5);
    (chunk, index, chunk * (index + 2) + draw.number(1, 100))
}

/// Stays at one chunk for all that follows. With `has_tail` it finds its tail in spite of that.
fn never_leave(draw: &mut Draw, has_tail: bool) -> (TestKernel, RightDiagnosis) {
    let (chunk, index, from) = draw_chunk(draw);
    let reread_chunk = RereadChunk {
        chunk,
        place: ChunkPlace::Index(index),
        then: if has_tail { Then::Tail } else { Then::NoTail },
    };
    reread(from, reread_chunk, move |message| {
        let whole = message.len() - message.len() % chunk;
        let stuck = chunk * index;
        let mut read = message[..stuck].to_vec();
        for _ in (stuck..whole).step_by(chunk) {
            read.extend_from_slice(&message[stuck..stuck + chunk]);
        }
        let tail = if has_tail { whole } else { stuck };
        read.extend_from_slice(&message[tail..][..message.len() - whole]);
        read
    })
}

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::drawn(
        "chunk-read-twice",
        "reads a chunk twice, and then all that follows",
        "xxHash 378: a buffer that was consumed and is consumed again",
        |draw| {
            let (chunk, index, from) = draw_chunk(draw);
            let reread_chunk = RereadChunk {
                chunk,
                place: ChunkPlace::Index(index),
                then: Then::AllBytes,
            };
            reread(from, reread_chunk, move |message| {
                let at = chunk * index;
                [&message[..at + chunk], &message[at..]].concat()
            })
        },
    ),
    FaultSpec::drawn(
        "chunk-in-place-of-another",
        "reads a chunk in place of another one, which is never read",
        "an unrolled loop with a wrong offset in one of its loads",
        |draw| {
            // Chunks of 16 bytes are lanes, and those of 8 bytes are their halves.
            let chunk = draw.one(&[4, 12, 24, 32, 48, 96, 100, 128]);
            let read = draw.number(0, 4);
            let never = (read + draw.number(1, 4)) % 5;
            let from = chunk * (read.max(never) + 1) + draw.number(1, 100);
            let reread_chunk = RereadChunk {
                chunk,
                place: ChunkPlace::Index(read),
                then: Then::InPlaceOf(never),
            };
            reread(from, reread_chunk, move |message| {
                let mut bytes = message.to_vec();
                bytes.copy_within(chunk * read..chunk * (read + 1), chunk * never);
                bytes
            })
        },
    ),
    FaultSpec::drawn(
        "chunks-read-twice",
        "reads each whole chunk but the first twice",
        "a buffer that each refill leaves full, so that it is consumed twice",
        |draw| {
            let (chunk, _, from) = draw_chunk(draw);
            let reread_chunk = RereadChunk {
                chunk,
                place: ChunkPlace::EveryButFirst,
                then: Then::AllBytes,
            };
            reread(from, reread_chunk, move |message| {
                let chunks = message.chunks(chunk).enumerate();
                let times = |(at, bytes): (usize, &[u8])| {
                    bytes.repeat(if at > 0 && bytes.len() == chunk { 2 } else { 1 })
                };
                chunks.flat_map(times).collect()
            })
        },
    ),
    FaultSpec::drawn(
        "last-chunk-read-twice",
        "reads the last whole chunk twice, and then the tail",
        "xxHash 378: a buffer that was consumed and is consumed again",
        |draw| {
            let (chunk, _, from) = draw_chunk(draw);
            let reread_chunk = RereadChunk {
                chunk,
                place: ChunkPlace::Last,
                then: Then::AllBytes,
            };
            reread(from, reread_chunk, move |message| {
                let (whole, tail) = message.split_at(message.len() - message.len() % chunk);
                [whole, &whole[whole.len() - chunk..], tail].concat()
            })
        },
    ),
    FaultSpec::drawn(
        "chunk-not-advanced",
        "does not move past one chunk, so that each later byte comes too late",
        "a pointer that one step of an unrolled loop forgets to move",
        |draw| {
            let (chunk, index, from) = draw_chunk(draw);
            let reread_chunk = RereadChunk {
                chunk,
                place: ChunkPlace::Index(index),
                then: Then::RightCount,
            };
            reread(from, reread_chunk, move |message| {
                let again = chunk * index;
                let end = message.len() - chunk;
                [&message[..again + chunk], &message[again..end]].concat()
            })
        },
    ),
    FaultSpec::drawn(
        "chunk-never-left",
        "reads one chunk again for each whole chunk that follows, and then its tail",
        "a pointer that a loop never moves",
        |draw| never_leave(draw, true),
    ),
    FaultSpec::drawn(
        "chunk-never-left-for-tail",
        "reads one chunk again for all that follows, the tail too",
        "a pointer that a loop never moves",
        |draw| never_leave(draw, false),
    ),
    FaultSpec::drawn(
        "tail-from-last-chunk",
        "takes its tail from the last whole chunk, which it does not move past",
        "a pointer that the last step of a loop does not move",
        |draw| {
            let (chunk, _, from) = draw_chunk(draw);
            let reread_chunk = RereadChunk {
                chunk,
                place: ChunkPlace::Last,
                then: Then::RightCount,
            };
            reread(from, reread_chunk, move |message| {
                let (whole, tail) = message.split_at(message.len() - message.len() % chunk);
                [whole, &whole[whole.len() - chunk..][..tail.len()]].concat()
            })
        },
    ),
    FaultSpec::drawn(
        "tail-from-start",
        "takes its tail from the start of the message",
        "a loop that counts its blocks by an index and leaves the pointer where it is",
        |draw| {
            let (chunk, _, from) = draw_chunk(draw);
            let reread_chunk = RereadChunk {
                chunk,
                place: ChunkPlace::Index(0),
                then: Then::TailAgain,
            };
            reread(from, reread_chunk, move |message| {
                let (whole, tail) = message.split_at(message.len() - message.len() % chunk);
                [whole, &message[..tail.len()]].concat()
            })
        },
    ),
];
