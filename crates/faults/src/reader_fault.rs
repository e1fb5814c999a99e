//! Faulty readers and writers. The fuzz target `reader_model` is judged by them.

use crate::checked_io::{CheckedIo, Mistake};
use crate::test_kernel::TestKernel;
use crcheck_harness::subject::Subject;

/// A planted fault of a reader or writer whose kernel is right. Checks call the kernel alone, so
/// only the fuzz target `reader_model` and the replay of its inputs see it.
pub struct ReaderFault {
    /// The name: `fault:NAME` on the command line and for fuzz targets.
    pub name: &'static str,
    /// What is wrong, in one sentence.
    pub summary: &'static str,
    /// Where the mechanism was seen.
    pub source: &'static str,
    /// What a finding says of it.
    pub says: &'static str,
    mistake: Mistake,
}

/// Every planted fault of readers and writers.
pub fn reader_faults() -> &'static [ReaderFault] {
    FAULTS
}

impl ReaderFault {
    /// A new subject with the fault.
    pub fn plant(&self) -> Box<dyn Subject> {
        let mistake = self.mistake;
        TestKernel::right()
            .with_checked_io(move |stream| CheckedIo::new(stream, Some(mistake)))
            .into_subject(format!("fault:{}", self.name))
    }
}

const ARTICLE: &str = "the article's cached reader";

const FAULTS: &[ReaderFault] = &[
    ReaderFault {
        name: "unfilled-hit",
        summary: "answers a hit in its page with a length, and leaves the caller's buffer as it is",
        source: ARTICLE,
        says: "the reader hands over 0xa5 as byte 0 ",
        mistake: Mistake::UnfilledHit,
    },
    ReaderFault {
        name: "stale-page",
        summary: "serves a page that it read before the file changed",
        source: ARTICLE,
        says: "the reader hands over ",
        mistake: Mistake::StalePage,
    },
    ReaderFault {
        name: "short-read-whole",
        summary: "counts the whole buffer of a short read",
        source: "readers that hash the buffer, and not what was read into it",
        says: "the reader counts ",
        mistake: Mistake::WholeBuffer,
    },
    ReaderFault {
        name: "short-write-whole",
        summary: "counts all that a write was offered, whether it was short or failed",
        source: "writers that hash first and write then",
        says: "the writer counts ",
        mistake: Mistake::WholeOffer,
    },
    ReaderFault {
        name: "counts-at-fill",
        summary: "counts what is in the buffer before it is consumed",
        source: "readers that hash in `fill_buf`",
        says: "the reader counts ",
        mistake: Mistake::FilledForConsumed,
    },
    ReaderFault {
        name: "first-buffer",
        summary: "counts the first buffer of a vectored read",
        source: "made for the vectored operations of `reader_model`",
        says: "the reader counts ",
        mistake: Mistake::FirstBuffer,
    },
    ReaderFault {
        name: "nothing-before-error",
        summary: "does not count what `read_to_end` read before an error",
        source: "wrappers that leave `read_to_end` by `?`",
        says: "the reader counts ",
        mistake: Mistake::NothingBeforeError,
    },
    ReaderFault {
        name: "interruption-for-end",
        summary: "takes an interruption for the end of the stream",
        source: "readers that answer every error by 0 bytes",
        says: "the reader keeps ",
        mistake: Mistake::InterruptionForEnd,
    },
    ReaderFault {
        name: "seek-unnoticed",
        summary: "appends to the message behind a seek",
        source: "wrappers that pass a seek on and keep their checksum",
        says: "the reader counts ",
        mistake: Mistake::SeekUnnoticed,
    },
];
