//! One operation on a reader, or on the writer.

use super::expected::Expected;
use super::operation::{Goal, Length};
use super::scripted::{Log, SharedFile};
use crcheck_subject::{CheckedReader, CheckedWriter};
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Seek, SeekFrom};

/// What buffers hold before a call.
const PAINT: u8 = 0xa5;

/// What is wrong, as the rest of a sentence about the reader or writer.
pub(super) type Judged = Result<(), String>;

/// A reader with what is known of it.
pub(super) struct Reader<'a> {
    pub(super) reader: Box<dyn CheckedReader>,
    pub(super) expected: Expected<'a>,
    pub(super) file: SharedFile,
}

impl Reader<'_> {
    /// Compares all that the reader says.
    pub(super) fn compare(&self, log: &Log) -> Judged {
        self.expected.compare(self.reader.as_ref(), log)
    }

    fn take_log(&self) -> Log {
        self.file.borrow_mut().take_log()
    }

    /// The next bytes of the file.
    fn next(&self, len_bytes: usize) -> Result<Vec<u8>, String> {
        if len_bytes == 0 {
            return Ok(Vec::new());
        }
        let file = self.file.borrow();
        let start = self.expected.position as usize;
        let bytes = file.bytes().get(start..start + len_bytes);
        let beyond = || format!("hands over {len_bytes} bytes, and the file ends before");
        bytes.map(<[u8]>::to_vec).ok_or_else(beyond)
    }

    /// The caller has got these bytes.
    fn get(&mut self, got: &[u8]) -> Judged {
        let next = self.next(got.len())?;
        let differs = next.iter().zip(got).position(|(file, got)| file != got);
        if let Some(at) = differs {
            let (file, got) = (next[at], got[at]);
            return Err(format!(
                "hands over {got:#04x} as byte {at} of {} where the file has {file:#04x}",
                next.len()
            ));
        }
        self.expected.append(&next);
        Ok(())
    }

    /// The stream was read so far, whether or not the caller has got that.
    fn skip(&mut self, log: &Log) -> Judged {
        let position = log.position.unwrap_or(self.expected.position);
        let skipped = position.checked_sub(self.expected.position);
        let skipped = skipped.ok_or("goes back in the stream")?;
        let next = self.next(skipped as usize)?;
        self.expected.append(&next);
        Ok(())
    }

    /// A call that reads once, into buffers of these lengths.
    pub(super) fn read(&mut self, lengths: &[Length]) -> Judged {
        let mut buffers: Vec<Vec<u8>> =
            lengths.iter().map(|one| vec![PAINT; one.bytes()]).collect();
        let result = match &mut buffers[..] {
            [only] => self.reader.read(only),
            many => {
                let mut many: Vec<_> = many.iter_mut().map(|one| IoSliceMut::new(one)).collect();
                self.reader.read_vectored(&mut many)
            }
        };
        let log = self.take_log();
        let buffers = buffers.concat();
        let got = once(result, &log)?.unwrap_or(0);
        let got = buffers
            .get(..got)
            .ok_or("claims more bytes than the buffer has")?;
        if got.is_empty() && log.errors.is_empty() && !buffers.is_empty() && !log.is_at_end {
            return Err("says that the stream ends, which it does not".to_owned());
        }
        self.get(got)?;
        self.compare(&log)
    }

    pub(super) fn read_exact(&mut self, length: Length) -> Judged {
        let mut buffer = vec![PAINT; length.bytes()];
        let result = self.reader.read_exact(&mut buffer);
        let log = self.take_log();
        match result {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof && log.is_at_end => {
                self.skip(&log)?;
            }
            result => match to_the_end(result, &log)? {
                Some(()) => self.get(&buffer)?,
                None => self.skip(&log)?,
            },
        }
        self.compare(&log)
    }

    pub(super) fn read_to_end(&mut self) -> Judged {
        let mut bytes = vec![PAINT; 5];
        let result = self.reader.read_to_end(&mut bytes);
        let log = self.take_log();
        let got = bytes.strip_prefix(&[PAINT; 5]);
        let got = got.ok_or("changes what was in the vector before")?;
        let length = to_the_end(result, &log)?;
        if length.is_some_and(|length| length != got.len() || !log.is_at_end) {
            return Err("says that it read to the end, and did not".to_owned());
        }
        self.get(got)?;
        self.compare(&log)
    }

    /// Bytes that are no text are read, and the caller does not get them.
    pub(super) fn read_to_string(&mut self) -> Judged {
        let mut text = String::from("before");
        let result = self.reader.read_to_string(&mut text);
        let log = self.take_log();
        let got = text.strip_prefix("before");
        let got = got.ok_or("changes what was in the string before")?;
        match result {
            Err(error) if error.kind() == ErrorKind::InvalidData => {}
            result => {
                let length = to_the_end(result, &log)?;
                if length.is_some_and(|length| length != got.len() || !log.is_at_end) {
                    return Err("says that it read to the end, and did not".to_owned());
                }
            }
        }
        self.get(got.as_bytes())?;
        self.skip(&log)?;
        self.compare(&log)
    }

    pub(super) fn read_until(&mut self, last: u8) -> Judged {
        let mut got = Vec::new();
        let result = self.reader.read_until(last, &mut got);
        let log = self.take_log();
        let length = to_the_end(result, &log)?;
        let is_found = got.ends_with(&[last]);
        if length.is_some_and(|length| length != got.len() || !(is_found || log.is_at_end)) {
            return Err("says that it read to a byte, and did not".to_owned());
        }
        self.get(&got)?;
        self.compare(&log)
    }

    /// What is only in the buffer is not of the message.
    pub(super) fn fill(&mut self, consumed: Length) -> Judged {
        let filled = self.reader.fill_buf().map(<[u8]>::to_vec);
        let mut log = self.take_log();
        let filled = once(filled, &log)?.unwrap_or_default();
        if filled.is_empty() && log.errors.is_empty() && !log.is_at_end {
            return Err("says that the stream ends, which it does not".to_owned());
        }
        self.compare(&log)?;
        let consumed = consumed.bytes().min(filled.len());
        self.reader.consume(consumed);
        log.position = self.take_log().position.or(log.position);
        self.get(&filled[..consumed])?;
        self.compare(&log)
    }

    pub(super) fn seek(&mut self, goal: Goal) -> Judged {
        let expected = &mut self.expected;
        for goal in steps(goal, expected.position) {
            let log = seek(self.reader.as_mut(), expected, &self.file, goal)?;
            expected.compare(self.reader.as_ref(), &log)?;
        }
        Ok(())
    }
}

/// The writer with what is known of it.
pub(super) struct Writer<'a> {
    pub(super) writer: Box<dyn CheckedWriter>,
    pub(super) expected: Expected<'a>,
    pub(super) file: SharedFile,
}

impl Writer<'_> {
    /// A call that writes once. Returns how many bytes it says that it wrote.
    pub(super) fn write(&mut self, buffers: &[Vec<u8>]) -> Result<usize, String> {
        let result = match buffers {
            [only] => self.writer.write(only),
            many => {
                let many: Vec<_> = many.iter().map(|one| IoSlice::new(one)).collect();
                self.writer.write_vectored(&many)
            }
        };
        let log = self.file.borrow_mut().take_log();
        let bytes = buffers.concat();
        let written = once(result, &log)?.unwrap_or(0);
        self.put(&bytes, written, &log)
    }

    /// A call that writes all. Returns how many bytes it wrote.
    pub(super) fn write_all(&mut self, bytes: &[u8]) -> Result<usize, String> {
        let result = self.writer.write_all(bytes);
        let log = self.file.borrow_mut().take_log();
        let moved = || {
            let position = log.position.unwrap_or(self.expected.position);
            position.saturating_sub(self.expected.position) as usize
        };
        let written = match result {
            Err(error) if error.kind() == ErrorKind::WriteZero && log.is_at_end => moved(),
            result => match to_the_end(result, &log)? {
                Some(()) => bytes.len(),
                None => moved(),
            },
        };
        self.put(bytes, written, &log)
    }

    fn put(&mut self, bytes: &[u8], written: usize, log: &Log) -> Result<usize, String> {
        let put = bytes
            .get(..written)
            .ok_or("claims more bytes than the buffer has")?;
        self.expected.append(put);
        self.expected.compare(self.writer.as_ref(), log)?;
        Ok(written)
    }

    pub(super) fn flush(&mut self) -> Judged {
        let result = self.writer.flush();
        let log = self.file.borrow_mut().take_log();
        if once(result, &log)?.is_some() && !log.is_flushed {
            return Err("does not flush the stream".to_owned());
        }
        self.expected.compare(self.writer.as_ref(), &log)
    }

    pub(super) fn seek(&mut self, goal: Goal) -> Judged {
        let expected = &mut self.expected;
        for goal in steps(goal, expected.position) {
            let log = seek(self.writer.as_mut(), expected, &self.file, goal)?;
            expected.compare(self.writer.as_ref(), &log)?;
        }
        Ok(())
    }
}

/// The result of a call that asks the stream once: an error is that of the stream, and none is
/// lost.
fn once<T>(result: io::Result<T>, log: &Log) -> Result<Option<T>, String> {
    match result {
        Ok(_) if !log.errors.is_empty() => Err(format!("keeps {} back", log.errors.join(", "))),
        Ok(value) => Ok(Some(value)),
        Err(error) if log.errors.contains(&error.to_string()) => Ok(None),
        Err(error) => Err(format!("makes up an error: {error}")),
    }
}

/// The result of a call that asks the stream again when it is interrupted.
fn to_the_end<T>(result: io::Result<T>, log: &Log) -> Result<Option<T>, String> {
    match &result {
        Ok(_) if !log.has_failed => Ok(result.ok()),
        Err(error) if error.kind() == ErrorKind::Interrupted => {
            Err("ends at an interruption, and does not try again".to_owned())
        }
        _ => once(result, log),
    }
}

/// One seek.
#[derive(Clone, Copy)]
enum Step {
    To(SeekFrom),
    Relative(i64),
    Rewind,
    Here,
}

/// The seeks of a goal, from this position.
fn steps(goal: Goal, position: u64) -> Vec<Step> {
    match goal {
        Goal::Start(goal) => vec![Step::To(SeekFrom::Start(goal.bytes() as u64))],
        Goal::Current(offset) => vec![Step::To(SeekFrom::Current(offset.into()))],
        Goal::End(offset) => vec![Step::To(SeekFrom::End(offset.into()))],
        Goal::Relative(offset) => vec![Step::Relative(offset.into())],
        Goal::Rewind => vec![Step::Rewind],
        Goal::Here => vec![Step::Here],
        Goal::Length => {
            let back = Step::To(SeekFrom::Start(position));
            vec![Step::To(SeekFrom::End(0)), back]
        }
    }
}

fn seek<S: Seek + ?Sized>(
    stream: &mut S,
    expected: &mut Expected<'_>,
    file: &SharedFile,
    step: Step,
) -> Result<Log, String> {
    let position = expected.position as i64;
    let result = match step {
        Step::To(to) => stream.seek(to),
        Step::Relative(offset) => stream.seek_relative(offset).map(|()| 0),
        Step::Rewind => stream.rewind().map(|()| 0),
        Step::Here => stream.stream_position(),
    };
    let mut file = file.borrow_mut();
    let log = file.take_log();
    let goal = match step {
        Step::To(SeekFrom::Start(goal)) => goal as i64,
        Step::To(SeekFrom::End(offset)) => file.bytes().len() as i64 + offset,
        Step::To(SeekFrom::Current(offset)) | Step::Relative(offset) => position + offset,
        Step::Rewind => 0,
        Step::Here => position,
    };
    let Some(reached) = once(result, &log)? else {
        return Ok(log);
    };
    let is_said = matches!(step, Step::To(_) | Step::Here);
    if is_said && reached as i64 != goal {
        return Err(format!("says that it is at {reached} instead of {goal}"));
    }
    match step {
        Step::Relative(_) => expected.seek_relative(goal as u64),
        _ => expected.seek(goal as u64),
    }
    Ok(log)
}
