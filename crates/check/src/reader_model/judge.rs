//! All operations of an input.

use super::ends::{Judged, Reader, Writer};
use super::expected::Expected;
use super::operation::{Operation, Script};
use super::scripted::{File, Scripted, SharedFile, write_at};
use crate::stream_operations::shrink;
use crcheck_oracle::panel::Panel;
use crcheck_platform::signal;
use crcheck_subject::{Kind, Subject};
use std::rc::Rc;

/// What is wrong with a subject's readers and writers.
pub(crate) struct Wrong {
    pub(crate) kind: Kind,
    pub(crate) summary: String,
}

/// Carries out the script, and judges every step. What is wrong comes with the operations that show
/// it, without those that are not needed. `None` if nothing is wrong, or the subject has no reader
/// or no writer.
pub(crate) fn judge(subject: &dyn Subject, panel: &Panel, script: &Script) -> Option<Wrong> {
    let judge_some = |operations: &[Operation]| {
        let outcome = signal::catch(|| {
            let mut model = Model::begin(subject, panel, script)?;
            let mut judged = operations.iter().map(|operation| model.apply(operation));
            judged.find_map(Result::err)
        });
        match outcome {
            Ok(summary) => summary.map(|summary| (Kind::WrongValue, summary)),
            Err(caught) => Some((Kind::Crash, format!("the reader or writer: {caught:?}"))),
        }
    };
    let (kind, mut summary) = judge_some(&script.operations)?;
    let fewer = shrink(&script.operations, &mut |fewer| {
        match judge_some(fewer).filter(|(other, _)| *other == kind) {
            Some((_, shown)) => summary = shown,
            None => return false,
        }
        true
    });
    let summary = format!("{summary}; on a file of {:?}: {fewer:?}", script.file);
    Some(Wrong { kind, summary })
}

/// Two readers and a writer on one file.
struct Model<'a> {
    file: SharedFile,
    /// What the file must hold.
    bytes: Vec<u8>,
    /// The present one first.
    readers: [Reader<'a>; 2],
    writer: Writer<'a>,
}

impl<'a> Model<'a> {
    fn begin(subject: &dyn Subject, panel: &'a Panel, script: &Script) -> Option<Self> {
        let file = SharedFile::new(File::default().into());
        let bytes = script.file.make();
        file.borrow_mut().rewrite(bytes.clone());
        let expected = Expected::new(panel);
        let reader = || {
            Some(Reader {
                reader: subject.reader(Box::new(Scripted::new(&file)))?,
                expected: expected.clone(),
                file: Rc::clone(&file),
            })
        };
        Some(Self {
            readers: [reader()?, reader()?],
            writer: Writer {
                writer: subject.writer(Box::new(Scripted::new(&file)))?,
                expected: expected.clone(),
                file: Rc::clone(&file),
            },
            bytes,
            file,
        })
    }

    fn apply(&mut self, operation: &Operation) -> Judged {
        let [reader, _] = &mut self.readers;
        let of_reader = |wrong: String| format!("the reader {wrong}");
        match *operation {
            Operation::Answers(answers) => self.file.borrow_mut().expect(answers),
            Operation::Rewrite(bytes) => {
                self.bytes = bytes.make();
                self.file.borrow_mut().rewrite(self.bytes.clone());
            }
            Operation::Read(length) => reader.read(&[length]).map_err(of_reader)?,
            Operation::ReadVectored(lengths) => reader.read(&lengths).map_err(of_reader)?,
            Operation::ReadExact(length) => reader.read_exact(length).map_err(of_reader)?,
            Operation::ReadToEnd => reader.read_to_end().map_err(of_reader)?,
            Operation::ReadToString => reader.read_to_string().map_err(of_reader)?,
            Operation::ReadUntil(last) => reader.read_until(last).map_err(of_reader)?,
            Operation::Fill { consumed } => reader.fill(consumed).map_err(of_reader)?,
            Operation::Seek(goal) => reader.seek(goal).map_err(of_reader)?,
            Operation::Reset => {
                reader.reader.reset();
                reader.expected.reset();
                let log = self.file.borrow_mut().take_log();
                reader.compare(&log).map_err(of_reader)?;
            }
            Operation::Fork => self.fork()?,
            Operation::Turn => self.readers.swap(0, 1),
            _ => self
                .apply_to_writer(operation)
                .map_err(|wrong| format!("the writer {wrong}"))?,
        }
        Ok(())
    }

    fn fork(&mut self) -> Judged {
        let [reader, other] = &mut self.readers;
        if let Some(fork) = reader.reader.fork() {
            other.reader = fork;
            other.expected = reader.expected.clone();
            let log = self.file.borrow_mut().take_log();
            let judged = reader.compare(&log).and_then(|()| other.compare(&log));
            judged
                .map_err(|wrong| format!("a copy of the reader, or the reader itself, {wrong}"))?;
        }
        Ok(())
    }

    fn apply_to_writer(&mut self, operation: &Operation) -> Judged {
        let start = self.writer.expected.position as usize;
        let (bytes, written) = match operation {
            Operation::Write(bytes) => {
                let bytes = [bytes.make()];
                let written = self.writer.write(&bytes)?;
                (bytes.concat(), written)
            }
            Operation::WriteVectored(pieces) => {
                let pieces = pieces.map(|piece| piece.make());
                let written = self.writer.write(&pieces)?;
                (pieces.concat(), written)
            }
            Operation::WriteAll(bytes) => {
                let bytes = bytes.make();
                let written = self.writer.write_all(&bytes)?;
                (bytes, written)
            }
            Operation::Flush => return self.writer.flush(),
            Operation::SeekWriter(goal) => return self.writer.seek(*goal),
            _ => {
                self.writer.writer.reset();
                self.writer.expected.reset();
                let log = self.file.borrow_mut().take_log();
                let Writer {
                    writer, expected, ..
                } = &self.writer;
                return expected.compare(writer.as_ref(), &log);
            }
        };
        write_at(&mut self.bytes, start, &bytes[..written]);
        if self.file.borrow().bytes() != self.bytes {
            return Err("says that it wrote other bytes than it did".to_owned());
        }
        Ok(())
    }
}
