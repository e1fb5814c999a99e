//! A stream of bytes that follows a script.

use super::operation::Answer;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, BufRead, ErrorKind, IoSlice, IoSliceMut, Read, Seek, SeekFrom, Write};
use std::rc::Rc;

/// The most bytes of a file. A write beyond them fails.
const FILE_BYTES_MAX: usize = 1 << 16;

/// The most bytes that a stream's own buffer has.
const BUFFER_BYTES: usize = 300;

/// What an error may be, beside an interruption.
const KINDS: [ErrorKind; 4] = [
    ErrorKind::TimedOut,
    ErrorKind::UnexpectedEof,
    ErrorKind::WouldBlock,
    ErrorKind::Other,
];

/// A file that several streams share, with the script of their answers.
#[derive(Default)]
pub(super) struct File {
    bytes: Vec<u8>,
    /// Grows with every change. A stream's buffer does not outlive a change.
    version: u64,
    script: VecDeque<Answer>,
    errors_made: u32,
    log: Log,
}

/// What the streams did during one operation.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    /// The errors, in words.
    pub(super) errors: Vec<String>,
    /// Whether one of them is not an interruption.
    pub(super) has_failed: bool,
    /// Whether a call that asked for bytes, or offered some, was answered by none.
    pub(super) is_at_end: bool,
    /// Whether the stream was flushed.
    pub(super) is_flushed: bool,
    /// Where the stream that was called last is.
    pub(super) position: Option<u64>,
}

pub(super) type SharedFile = Rc<RefCell<File>>;

impl File {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn rewrite(&mut self, bytes: Vec<u8>) {
        self.bytes = bytes;
        self.version += 1;
    }

    /// Adds answers to later calls.
    pub(super) fn expect(&mut self, answers: impl IntoIterator<Item = Answer>) {
        self.script.extend(answers);
    }

    /// What has been done since the last time.
    pub(super) fn take_log(&mut self) -> Log {
        std::mem::take(&mut self.log)
    }

    fn raise(&mut self, kind: ErrorKind) -> io::Error {
        self.errors_made += 1;
        let error = io::Error::new(kind, format!("error {}: {kind}", self.errors_made));
        self.log.has_failed |= kind != ErrorKind::Interrupted;
        self.log.errors.push(error.to_string());
        error
    }

    /// The most bytes that the next call moves.
    fn answer(&mut self) -> io::Result<usize> {
        match self.script.pop_front() {
            None => Ok(usize::MAX),
            Some(Answer::Short(most)) => Ok(usize::from(most).max(1)),
            Some(Answer::End) => Ok(0),
            Some(Answer::Interrupted) => Err(self.raise(ErrorKind::Interrupted)),
            Some(Answer::Failure(index)) => {
                Err(self.raise(KINDS[usize::from(index) % KINDS.len()]))
            }
        }
    }
}

/// A stream on a file. It asks no script while its own buffer has bytes.
#[derive(Clone)]
pub(super) struct Scripted {
    file: SharedFile,
    position: u64,
    buffer: Vec<u8>,
    /// That of the file when the buffer was filled.
    version: u64,
}

impl Scripted {
    pub(super) fn new(file: &SharedFile) -> Self {
        Self {
            file: Rc::clone(file),
            position: 0,
            buffer: Vec::new(),
            version: 0,
        }
    }

    /// Does something with the file, and notes where the stream is then.
    fn with<T>(&mut self, act: impl FnOnce(&mut Self, &mut File) -> T) -> T {
        let file = Rc::clone(&self.file);
        let mut file = file.borrow_mut();
        if self.version != file.version {
            self.buffer.clear();
            self.version = file.version;
        }
        let result = act(self, &mut file);
        file.log.position = Some(self.position);
        result
    }

    /// The bytes from here on, at most so many.
    fn rest<'f>(&self, file: &'f File, most: usize) -> &'f [u8] {
        let start = usize::try_from(self.position).unwrap_or(usize::MAX);
        let rest = file.bytes.get(start..).unwrap_or_default();
        &rest[..most.min(rest.len())]
    }

    fn move_by(&mut self, len_bytes: usize) {
        self.position += len_bytes as u64;
        self.buffer.drain(..len_bytes.min(self.buffer.len()));
    }
}

impl Read for Scripted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read_vectored(&mut [IoSliceMut::new(buffer)])
    }

    fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let asked = buffers.iter().map(|buffer| buffer.len()).sum::<usize>();
        if asked == 0 {
            return Ok(0);
        }
        self.with(|stream, file| {
            let most = match stream.buffer.len() {
                0 => file.answer()?,
                buffered => buffered,
            };
            let mut given = stream.rest(file, most.min(asked));
            let len_bytes = given.len();
            for buffer in buffers {
                let (first, rest) = given.split_at(buffer.len().min(given.len()));
                buffer[..first.len()].copy_from_slice(first);
                given = rest;
            }
            file.log.is_at_end |= len_bytes == 0;
            stream.move_by(len_bytes);
            Ok(len_bytes)
        })
    }
}

impl BufRead for Scripted {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.with(|stream, file| {
            if stream.buffer.is_empty() {
                let most = file.answer()?.min(BUFFER_BYTES);
                stream.buffer = stream.rest(file, most).to_vec();
                file.log.is_at_end |= stream.buffer.is_empty();
            }
            Ok::<(), io::Error>(())
        })?;
        Ok(&self.buffer)
    }

    fn consume(&mut self, len_bytes: usize) {
        assert!(
            len_bytes <= self.buffer.len(),
            "it consumes what is not there"
        );
        self.with(|stream, _| stream.move_by(len_bytes));
    }
}

impl Seek for Scripted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.with(|stream, file| {
            file.answer()?;
            let goal = match to {
                SeekFrom::Start(goal) => i128::from(goal),
                SeekFrom::Current(offset) => i128::from(stream.position) + i128::from(offset),
                SeekFrom::End(offset) => file.bytes.len() as i128 + i128::from(offset),
            };
            let goal = u64::try_from(goal);
            stream.position = goal.map_err(|_| file.raise(ErrorKind::InvalidInput))?;
            stream.buffer.clear();
            Ok(stream.position)
        })
    }

    fn stream_position(&mut self) -> io::Result<u64> {
        self.with(|stream, _| Ok(stream.position))
    }
}

impl Write for Scripted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut bytes: Vec<u8> = buffers
            .iter()
            .flat_map(|buffer| buffer.iter().copied())
            .collect();
        if bytes.is_empty() {
            return Ok(0);
        }
        self.with(|stream, file| {
            let most = file.answer()?;
            bytes.truncate(most);
            let start = usize::try_from(stream.position).unwrap_or(usize::MAX);
            let end = start.saturating_add(bytes.len());
            if end > FILE_BYTES_MAX {
                return Err(file.raise(ErrorKind::StorageFull));
            }
            file.log.is_at_end |= bytes.is_empty();
            write_at(&mut file.bytes, start, &bytes);
            file.version += 1;
            stream.move_by(bytes.len());
            Ok(bytes.len())
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.with(|_, file| {
            file.answer()?;
            file.log.is_flushed = true;
            Ok(())
        })
    }
}

/// Writes bytes into a file, which has zeros in between if it is shorter.
pub(super) fn write_at(file: &mut Vec<u8>, start: usize, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let end = start + bytes.len();
    file.resize(file.len().max(end), 0);
    file[start..end].copy_from_slice(bytes);
}
