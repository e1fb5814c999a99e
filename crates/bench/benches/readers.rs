//! `cargo bench -p crcheck-bench --bench readers`: what a checking reader costs beside a plain one.
//!
//! Memory is the hard case: there, a plain read is one copy. A file costs a system call for each
//! read besides.

use crcheck_kernel::io::{Crc32Reader, checksum_file};
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use std::fs::File;
use std::io::{self, Cursor, Read, Write};
use std::path::PathBuf;
use std::sync::LazyLock;

/// The length of the stream, in bytes.
const STREAM_BYTES: usize = 64 << 20;

/// The lengths of the buffers that it is read into, in bytes.
const BUFFERS: [usize; 3] = [4 << 10, 64 << 10, 1 << 20];

static BYTES: LazyLock<Vec<u8>> =
    LazyLock::new(|| (0..STREAM_BYTES).map(|at| ((at * 7) >> 3) as u8).collect());

/// A file of those bytes, which stays in the page cache.
static PATH: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = std::env::temp_dir().join(format!("crcheck-readers-{}", std::process::id()));
    File::create(&path)
        .and_then(|mut file| file.write_all(&BYTES))
        .expect("a temporary file");
    path
});

fn main() {
    divan::main();
    // Without a benchmark of files there is none.
    std::fs::remove_file(&*PATH).expect("the temporary file");
}

fn file() -> File {
    File::open(&*PATH).expect("the temporary file")
}

/// Reads everything into one buffer.
fn drain(mut reader: impl Read, buffer: &mut [u8]) -> io::Result<u64> {
    let mut sum = 0;
    loop {
        match reader.read(buffer)? {
            0 => return Ok(sum),
            length => sum += black_box(&buffer[..length]).len() as u64,
        }
    }
}

fn bench<R: Read>(bencher: Bencher<'_, '_>, buffer_bytes: usize, open: impl Fn() -> R) {
    let mut buffer = vec![0; buffer_bytes];
    bencher
        .counter(BytesCount::new(STREAM_BYTES))
        .bench_local(|| drain(open(), &mut buffer).expect("it reads"));
}

#[divan::bench(args = BUFFERS)]
fn memory_plain(bencher: Bencher<'_, '_>, buffer_bytes: usize) {
    bench(bencher, buffer_bytes, || Cursor::new(&BYTES[..]));
}

#[divan::bench(args = BUFFERS)]
fn memory_checking(bencher: Bencher<'_, '_>, buffer_bytes: usize) {
    bench(bencher, buffer_bytes, || {
        Crc32Reader::new(Cursor::new(&BYTES[..]))
    });
}

#[divan::bench(args = BUFFERS)]
fn file_plain(bencher: Bencher<'_, '_>, buffer_bytes: usize) {
    bench(bencher, buffer_bytes, file);
}

#[divan::bench(args = BUFFERS)]
fn file_checking(bencher: Bencher<'_, '_>, buffer_bytes: usize) {
    bench(bencher, buffer_bytes, || Crc32Reader::new(file()));
}

/// Reads everything into a vector.
fn to_end<R: Read>(bencher: Bencher<'_, '_>, open: impl Fn() -> R) {
    bencher
        .counter(BytesCount::new(STREAM_BYTES))
        .bench_local(|| {
            let mut bytes = Vec::new();
            open().read_to_end(&mut bytes).expect("it reads");
            bytes
        });
}

#[divan::bench]
fn file_to_end_plain(bencher: Bencher<'_, '_>) {
    to_end(bencher, file);
}

#[divan::bench]
fn file_to_end_checking(bencher: Bencher<'_, '_>) {
    to_end(bencher, || Crc32Reader::new(file()));
}

#[divan::bench]
fn file_checksum(bencher: Bencher<'_, '_>) {
    let counted = bencher.counter(BytesCount::new(STREAM_BYTES));
    counted.bench_local(|| checksum_file(&*PATH).expect("it reads"));
}
