//! The article's reader: random reads of one megabyte, from the page cache and from memory, and a
//! reader whose hits do not fill the caller's buffer.

use super::control::MeasureControl;
use crate::claims::answer::Missing;
use crate::claims::figures::{READ_BYTES, READER_BYTES};
use crate::claims::measured::Reader;
use crate::random::SplitMix64;
use crate::statistics::median;
use crcheck_files::sum::{SumOptions, sum_stream};
use crcheck_files::{Algorithm, MethodChoice};
use crcheck_oracle::model::Model;
use crcheck_platform::leftovers::ScratchFolder;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::time::Instant;

/// The bytes of a read.
const CHUNK_BYTES: usize = READ_BYTES as usize;

/// The reads of a pass: the article's megabyte.
const READS: usize = (READER_BYTES / READ_BYTES) as usize;

/// The file and the cache: whole pages of the article's megabyte.
const FILE_BYTES: usize = READS * CHUNK_BYTES;

/// Passes of which the median counts.
const PASSES: usize = 201;

pub(super) fn measure(control: &MeasureControl<'_>) -> Result<Reader, Missing> {
    measure_files(control).map_err(|error| Missing::refused("no file for the reader", &error))?
}

fn measure_files(control: &MeasureControl<'_>) -> io::Result<Result<Reader, Missing>> {
    let mut random = SplitMix64(control.seed);
    let content: Vec<u8> = (0..FILE_BYTES).map(|_| random.next() as u8).collect();
    let folder = ScratchFolder::new()?;
    let path = folder.path().join("reader");
    fs::write(&path, &content)?;
    let file = File::open(&path)?;
    let places: Vec<usize> = (0..READS)
        .map(|_| random.next() as usize % READS * CHUNK_BYTES)
        .collect();
    let mut buffer = vec![0; CHUNK_BYTES];
    let (mut preads, mut copies) = (Vec::new(), Vec::new());
    for _ in 0..PASSES {
        if control.is_over() {
            return Ok(Err(Missing::Unfinished));
        }
        let start = Instant::now();
        for &place in &places {
            file.read_exact_at(&mut buffer, place as u64)?;
            black_box(&mut buffer);
        }
        preads.push(start.elapsed().as_secs_f64() * 1e6);
        let start = Instant::now();
        for &place in &places {
            buffer.copy_from_slice(&content[place..][..CHUNK_BYTES]);
            black_box(&mut buffer);
        }
        copies.push(start.elapsed().as_secs_f64() * 1e6);
    }
    // The passes read whole pages, which are a little less than the megabyte.
    let scale = READER_BYTES / FILE_BYTES as f64;
    Ok(Ok(Reader {
        pread_us: median(&preads) * scale,
        copies_us: median(&copies) * scale,
        is_unfilled_right: is_unfilled_right(&content, control),
    }))
}

/// A reader that knows its content, and answers a hit by its length alone.
struct Unfilled<'a> {
    rest: &'a [u8],
}

impl Read for Unfilled<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len_bytes = buffer.len().min(self.rest.len());
        self.rest = &self.rest[len_bytes..];
        Ok(len_bytes)
    }
}

/// Whether the checksum of what such a reader gives is that of its content.
fn is_unfilled_right(content: &[u8], control: &MeasureControl<'_>) -> bool {
    let algorithm = Algorithm::new(&Model::CRC_32_ISO_HDLC);
    let options = SumOptions {
        algorithm: &algorithm,
        method: MethodChoice::Auto,
        buffer_bytes: Some(CHUNK_BYTES),
        threads: Some(1),
        is_verified: false,
        on_progress: &|_| {},
        cancelled: control.cancelled,
    };
    let sum = sum_stream(&mut Unfilled { rest: content }, &options);
    let expected = algorithm.update(algorithm.initial_checksum(), content);
    sum.is_ok_and(|sum| sum.checksum == expected)
}
