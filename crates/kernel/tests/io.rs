//! Readers and writers that compute the checksum of what passes through them.
#![allow(missing_docs)]

use crcheck_kernel::io::{Crc32Reader, Crc32Writer, checksum_file};
use crcheck_kernel::{Hasher, checksum, combine};
use quickcheck::quickcheck;
use std::collections::VecDeque;
use std::io::{
    self, BufRead, BufReader, Cursor, ErrorKind, IoSlice, IoSliceMut, Read, Seek, SeekFrom, Write,
};

/// What a scripted stream answers to a call.
#[derive(Clone, Copy, Debug)]
enum Answer {
    /// At most so many bytes.
    Some(usize),
    Fail(ErrorKind),
}

use Answer::{Fail, Some as Short};

/// A stream that follows a script, and then does what it is asked.
struct Scripted {
    bytes: Cursor<Vec<u8>>,
    script: VecDeque<Answer>,
}

impl Scripted {
    fn new(bytes: &[u8], script: &[Answer]) -> Self {
        Self {
            bytes: Cursor::new(bytes.to_vec()),
            script: script.iter().copied().collect(),
        }
    }

    fn next(&mut self) -> io::Result<usize> {
        match self.script.pop_front() {
            None => Ok(usize::MAX),
            Some(Short(most)) => Ok(most),
            Some(Fail(kind)) => Err(io::Error::new(kind, "scripted")),
        }
    }
}

impl Read for Scripted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.next()?.min(buffer.len());
        self.bytes.read(&mut buffer[..most])
    }
}

impl Write for Scripted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let most = self.next()?.min(bytes.len());
        self.bytes.write(&bytes[..most])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.next().map(|_| ())
    }
}

const TEXT: &[u8] = b"The quick brown fox jumps over the lazy dog, and back over the same dog.";

fn kind_of<T>(result: io::Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

/// The reader's message has these bytes.
fn assert_message<R>(reader: &Crc32Reader<R>, bytes: &[u8]) {
    let got = (reader.checksum(), reader.len_bytes());
    assert_eq!(got, (checksum(bytes), bytes.len() as u64));
}

/// The writer's message has these bytes.
fn assert_written<W>(writer: &Crc32Writer<W>, bytes: &[u8]) {
    let got = (writer.checksum(), writer.len_bytes());
    assert_eq!(got, (checksum(bytes), bytes.len() as u64));
}

#[test]
fn a_short_read_counts_for_what_it_gave() {
    let mut reader = Crc32Reader::new(Scripted::new(TEXT, &[Short(3), Short(1)]));
    let mut buffer = [0; 10];
    for (len_bytes, so_far) in [(3, 3), (1, 4), (10, 14)] {
        assert_eq!(reader.read(&mut buffer).ok(), Some(len_bytes));
        assert_message(&reader, &TEXT[..so_far]);
    }
    assert_eq!(&buffer, &TEXT[4..14]);
}

#[test]
fn an_error_passes_through_and_counts_nothing() {
    for kind in [ErrorKind::Interrupted, ErrorKind::TimedOut] {
        let mut reader = Crc32Reader::new(Scripted::new(TEXT, &[Short(5), Fail(kind)]));
        let mut buffer = [0; 20];
        assert_eq!(reader.read(&mut buffer).ok(), Some(5));
        assert_eq!(kind_of(reader.read(&mut buffer)), Some(kind));
        assert_message(&reader, &TEXT[..5]);
        assert_eq!(reader.read(&mut buffer).ok(), Some(20));
        assert_message(&reader, &TEXT[..25]);
    }
}

#[test]
fn an_end_is_no_end_of_the_message() {
    let mut reader = Crc32Reader::new(Scripted::new(TEXT, &[Short(7), Short(0)]));
    let mut buffer = [0; 9];
    assert_eq!(reader.read(&mut []).ok(), Some(0));
    assert_eq!(reader.read(&mut buffer).ok(), Some(0));
    assert_message(&reader, b"");
    assert_eq!(reader.read(&mut buffer).ok(), Some(9));
    assert_message(&reader, &TEXT[..9]);
}

#[test]
fn reading_to_the_end_counts_what_it_read_before_an_error() {
    let script = [Short(4), Fail(ErrorKind::Interrupted), Short(6)];
    let failing = [&script[..], &[Fail(ErrorKind::BrokenPipe)]].concat();
    let mut reader = Crc32Reader::new(Scripted::new(TEXT, &failing));
    let mut bytes = Vec::with_capacity(1000);
    bytes.extend_from_slice(b"before");
    let result = reader.read_to_end(&mut bytes);
    assert_eq!(kind_of(result), Some(ErrorKind::BrokenPipe));
    assert_eq!(bytes, [b"before", &TEXT[..10]].concat());
    assert_message(&reader, &TEXT[..10]);
    assert_eq!(reader.read_to_end(&mut bytes).ok(), Some(TEXT.len() - 10));
    assert_message(&reader, TEXT);
}

#[test]
fn reading_exactly_counts_what_it_read_before_the_end() {
    let script = [Short(2), Fail(ErrorKind::Interrupted)];
    let mut reader = Crc32Reader::new(Scripted::new(TEXT, &script));
    reader.read_exact(&mut [0; 40]).expect("it reads");
    assert_message(&reader, &TEXT[..40]);
    let result = reader.read_exact(&mut [0; 40]);
    assert_eq!(kind_of(result), Some(ErrorKind::UnexpectedEof));
    assert_message(&reader, TEXT);
}

#[test]
fn text_that_is_none_is_of_the_message_too() {
    let bytes = b"text, then \xff";
    let mut reader = Crc32Reader::new(&bytes[..]);
    let mut text = String::new();
    let result = reader.read_to_string(&mut text);
    assert_eq!(kind_of(result), Some(ErrorKind::InvalidData));
    assert!(text.is_empty() && reader.get_ref().is_empty());
    assert_message(&reader, bytes);
}

#[test]
fn a_vectored_read_counts_each_buffer_as_far_as_it_is_filled() {
    for given in [0, 1, 3, 4, 9, 12, 15] {
        let mut reader = Crc32Reader::new(&TEXT[..given]);
        let (mut first, mut second, mut third) = ([0; 3], [0; 0], [0; 9]);
        let mut buffers = [
            IoSliceMut::new(&mut first),
            IoSliceMut::new(&mut second),
            IoSliceMut::new(&mut third),
        ];
        let len_bytes = reader.read_vectored(&mut buffers).expect("it reads");
        assert_eq!(len_bytes, given.min(12));
        assert_eq!(
            [&first[..], &third].concat()[..len_bytes],
            TEXT[..len_bytes]
        );
        assert_message(&reader, &TEXT[..len_bytes]);
    }
}

#[test]
fn what_is_buffered_counts_when_it_is_consumed() {
    let inner = Scripted::new(TEXT, &[Short(30), Fail(ErrorKind::Interrupted)]);
    let mut reader = Crc32Reader::new(BufReader::new(inner));
    assert_eq!(reader.fill_buf().expect("a buffer"), &TEXT[..30]);
    assert_message(&reader, b"");
    reader.consume(0);
    assert_message(&reader, b"");
    for so_far in [1, 12, 30] {
        reader.consume(so_far - reader.len_bytes() as usize);
        assert_message(&reader, &TEXT[..so_far]);
    }
    assert_eq!(kind_of(reader.fill_buf()), Some(ErrorKind::Interrupted));
    let mut sentence = Vec::new();
    reader.read_until(b'g', &mut sentence).expect("it reads");
    assert_eq!(sentence, &TEXT[30..43]);
    assert_message(&reader, &TEXT[..43]);
    assert_eq!(reader.read(&mut [0; 5]).ok(), Some(5));
    assert_message(&reader, &TEXT[..48]);
}

#[test]
#[should_panic]
fn what_no_buffer_has_is_not_consumed() {
    let mut reader = Crc32Reader::new(BufReader::new(TEXT));
    let len_bytes = reader.fill_buf().expect("a buffer").len();
    reader.consume(len_bytes + 1);
}

/// A stream that claims to have done more than it was asked.
struct Boasting;

impl Read for Boasting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(buffer.len() + 1)
    }

    fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        Ok(buffers.iter().map(|one| one.len()).sum::<usize>() + 1)
    }
}

impl Write for Boasting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len() + 1)
    }

    fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(buffers.iter().map(|one| one.len()).sum::<usize>() + 1)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn bytes_that_no_buffer_has_are_not_counted() {
    let calls: [fn(); 4] = [
        || drop(Crc32Reader::new(Boasting).read(&mut [0; 4])),
        || drop(Crc32Reader::new(Boasting).read_vectored(&mut [IoSliceMut::new(&mut [0; 4])])),
        || drop(Crc32Writer::new(Boasting).write(&[0; 4])),
        || drop(Crc32Writer::new(Boasting).write_vectored(&[IoSlice::new(&[0; 4])])),
    ];
    for call in calls {
        assert!(std::panic::catch_unwind(call).is_err());
    }
}

#[test]
fn a_seek_elsewhere_begins_a_new_message() {
    let mut reader = Crc32Reader::new(Cursor::new(TEXT));
    let mut buffer = [0; 10];
    for (to, position) in [
        (SeekFrom::Start(20), 20),
        (SeekFrom::Current(-7), 23),
        (SeekFrom::End(-15), TEXT.len() - 15),
        (SeekFrom::Start(0), 0),
    ] {
        assert_eq!(reader.seek(to).ok(), Some(position as u64));
        assert_message(&reader, b"");
        reader.read_exact(&mut buffer).expect("it reads");
        assert_message(&reader, &TEXT[position..position + 10]);
    }
    reader.seek_relative(3).expect("it seeks");
    assert_message(&reader, b"");
    reader.rewind().expect("it seeks");
    io::copy(&mut reader, &mut io::sink()).expect("it reads");
    assert_message(&reader, TEXT);
}

#[test]
fn a_seek_to_the_same_place_changes_nothing() {
    let mut reader = Crc32Reader::new(Cursor::new(TEXT));
    reader.read_exact(&mut [0; 10]).expect("it reads");
    assert_eq!(reader.seek(SeekFrom::Start(10)).ok(), Some(10));
    let here = SeekFrom::Current(0);
    assert_eq!(reader.seek(here).ok(), Some(10));
    assert_eq!(reader.stream_position().ok(), Some(10));
    reader.seek_relative(0).expect("it seeks");
    assert!(reader.seek(SeekFrom::Current(-11)).is_err());
    assert!(reader.seek_relative(-11).is_err());
    assert_message(&reader, &TEXT[..10]);
}

#[test]
fn a_message_goes_on_after_the_way_back() {
    let mut reader = Crc32Reader::new(Cursor::new(TEXT));
    let mut buffer = [0; 10];
    reader.read_exact(&mut buffer).expect("it reads");
    let length = reader.seek(SeekFrom::End(0)).expect("it seeks");
    assert_eq!(length, TEXT.len() as u64);
    assert_eq!(reader.read(&mut buffer).ok(), Some(0));
    assert_message(&reader, b"");
    reader.seek(SeekFrom::Start(3)).expect("it seeks");
    reader.seek(SeekFrom::Start(10)).expect("it seeks");
    assert_message(&reader, &TEXT[..10]);
    reader.read_exact(&mut buffer).expect("it reads");
    assert_message(&reader, &TEXT[..20]);

    reader.seek(SeekFrom::Start(15)).expect("it seeks");
    reader.read_exact(&mut [0; 1]).expect("it reads");
    reader.seek(SeekFrom::Start(20)).expect("it seeks");
    assert_message(&reader, b"");

    reader.rewind().expect("it seeks");
    reader.reset();
    reader.seek(SeekFrom::Start(20)).expect("it seeks");
    assert_message(&reader, b"");
}

#[test]
fn a_writer_seeks_as_a_reader_does() {
    let mut writer = Crc32Writer::new(Cursor::new(vec![0; 40]));
    writer.write_all(&TEXT[..10]).expect("it writes");
    writer.seek(SeekFrom::End(0)).expect("it seeks");
    assert_written(&writer, b"");
    writer.seek(SeekFrom::Start(10)).expect("it seeks");
    assert_written(&writer, &TEXT[..10]);
    writer.rewind().expect("it seeks");
    writer.write_all(b"new").expect("it writes");
    assert_written(&writer, b"new");
    writer.seek_relative(1).expect("it seeks");
    assert_written(&writer, b"");
    assert_eq!(writer.stream_position().ok(), Some(4));
}

#[test]
fn a_short_write_counts_for_what_it_did() {
    let script = [Short(3), Fail(ErrorKind::Interrupted), Short(0)];
    let mut writer = Crc32Writer::new(Scripted::new(b"", &script));
    assert_eq!(writer.write(TEXT).ok(), Some(3));
    assert_eq!(kind_of(writer.write(TEXT)), Some(ErrorKind::Interrupted));
    assert_eq!(writer.write(TEXT).ok(), Some(0));
    assert_written(&writer, &TEXT[..3]);
    assert_eq!(writer.into_inner().bytes.into_inner(), &TEXT[..3]);
}

#[test]
fn writing_all_counts_what_was_written_before_an_error() {
    let script = [
        Short(3),
        Fail(ErrorKind::Interrupted),
        Short(8),
        Fail(ErrorKind::StorageFull),
    ];
    let mut writer = Crc32Writer::new(Scripted::new(b"", &script));
    assert_eq!(
        kind_of(writer.write_all(TEXT)),
        Some(ErrorKind::StorageFull)
    );
    assert_written(&writer, &TEXT[..11]);
    assert_eq!(writer.get_ref().bytes.get_ref(), &TEXT[..11]);
}

#[test]
fn a_vectored_write_counts_each_buffer_as_far_as_it_is_written() {
    let parts = [&TEXT[..3], &[], &TEXT[3..12]].map(IoSlice::new);
    for room in [0, 1, 3, 4, 9, 12] {
        let mut memory = vec![0; room];
        let mut writer = Crc32Writer::new(&mut memory[..]);
        assert_eq!(writer.write_vectored(&parts).ok(), Some(room));
        assert_written(&writer, &TEXT[..room]);
        assert_eq!(memory, &TEXT[..room]);
    }
}

#[test]
fn a_flush_is_the_inner_writer_s() {
    let mut writer = Crc32Writer::new(Scripted::new(b"", &[Short(1), Fail(ErrorKind::TimedOut)]));
    assert_eq!(writer.write(b"ab").ok(), Some(1));
    assert_eq!(kind_of(writer.flush()), Some(ErrorKind::TimedOut));
    writer.flush().expect("the script is over");
    assert_written(&writer, b"a");
}

#[test]
fn the_parts_are_the_stream_behind_the_message_and_its_hasher() {
    let (head, body) = TEXT.split_at(31);
    let mut reader = Crc32Reader::new(BufReader::new(TEXT));
    reader.read_exact(&mut [0; 31]).expect("it reads");
    let (inner, hasher) = reader.into_parts();
    assert_eq!(hasher.finalize(), checksum(head));
    let mut reader = Crc32Reader::with_hasher(inner, hasher);
    reader.read_to_end(&mut Vec::new()).expect("it reads");
    assert_message(&reader, TEXT);

    let mut hasher = Hasher::new();
    hasher.update(head);
    let mut writer = Crc32Writer::with_hasher(Vec::new(), hasher);
    writer.write_all(body).expect("it writes");
    assert_written(&writer, TEXT);
    let (written, mut hasher) = writer.into_parts();
    assert_eq!(written, body);
    hasher.combine(&hasher.clone());
    let twice = combine(checksum(TEXT), checksum(TEXT), TEXT.len() as u64);
    assert_eq!(hasher.finalize(), twice);
    assert_eq!(hasher.len_bytes(), 2 * TEXT.len() as u64);
}

#[test]
fn a_copy_has_a_message_of_its_own() {
    let mut reader = Crc32Reader::new(TEXT);
    reader.read_exact(&mut [0; 10]).expect("it reads");
    let mut copy = reader.clone();
    copy.read_exact(&mut [0; 10]).expect("it reads");
    assert_message(&reader, &TEXT[..10]);
    assert_message(&copy, &TEXT[..20]);
    reader.reset();
    assert_message(&reader, b"");
    assert_message(&copy, &TEXT[..20]);
}

#[test]
fn the_checksum_of_a_file_is_that_of_its_bytes() {
    let path = std::env::temp_dir().join(format!("crcheck-io-{}", std::process::id()));
    for len_bytes in [0, 1, 65_535, 65_536, 65_537, (1 << 20) + 1, 3 << 20] {
        let bytes: Vec<u8> = (0..len_bytes)
            .map(|at: u32| ((at * 7) >> 3) as u8)
            .collect();
        std::fs::write(&path, &bytes).expect("a file");
        assert_eq!(checksum_file(&path).ok(), Some(checksum(&bytes)));
    }
    std::fs::remove_file(&path).expect("a file");
    assert_eq!(kind_of(checksum_file(&path)), Some(ErrorKind::NotFound));
    assert!(checksum_file(std::env::temp_dir()).is_err());
}

quickcheck! {
    /// Whatever the stream answers: the message is what the caller got.
    fn the_message_is_what_the_caller_got(
        bytes: Vec<u8>,
        script: Vec<Option<u8>>,
        size: u8
    ) -> bool {
        let script: Vec<Answer> = script
            .iter()
            .map(|answer| match answer {
                Some(most) => Short(usize::from(*most)),
                None => Fail(ErrorKind::Interrupted),
            })
            .collect();
        let mut reader = Crc32Reader::new(Scripted::new(&bytes, &script));
        let mut got = Vec::new();
        let mut buffer = vec![0; usize::from(size) + 1];
        for _ in 0..script.len() + bytes.len() + 1 {
            if let Ok(len_bytes) = reader.read(&mut buffer) {
                got.extend_from_slice(&buffer[..len_bytes]);
            }
            if reader.checksum() != checksum(&got) || reader.len_bytes() != got.len() as u64 {
                return false;
            }
        }
        got == bytes
    }
}
