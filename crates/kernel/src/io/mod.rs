//! Readers and writers that compute the checksum of what passes through them. Feature `std`.
//!
//! ```
//! use crcheck_kernel::io::{Crc32Reader, checksum_file};
//!
//! let mut reader = Crc32Reader::new(std::fs::File::open("Cargo.toml")?);
//! let text = std::io::read_to_string(&mut reader)?;
//! assert_eq!(reader.checksum(), crcheck_kernel::checksum(text.as_bytes()));
//! assert_eq!(reader.checksum(), checksum_file("Cargo.toml")?);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # The message
//!
//! The checksum is always one of a **message**: one contiguous piece of the stream, which ends at
//! the present position. It has the bytes that the caller got, or that the inner stream took, and
//! no others:
//!
//! * A short read or write counts for what it did.
//! * An error, `Interrupted` among them, passes through as it is and counts nothing. Of a call that
//!   makes several, such as `read_to_end` or `write_all`, what was done before the error counts.
//! * `fill_buf` counts nothing. [`consume`](std::io::BufRead::consume) counts what it consumes.
//! * A seek to another position begins a new message there, so a rewind makes a fresh pass. If the
//!   stream comes back to the end of the old message before anything is read or written, the old
//!   one goes on: to seek to the end and back, for the length of a stream, changes nothing. A seek
//!   that fails changes nothing either.
//!
//! Nothing is buffered: the inner stream is always where the caller believes it to be, and no error
//! is kept back until the end. To have a buffer, put it inside: `Crc32Reader<BufReader<File>>`
//! counts what the caller consumes, and `BufReader<Crc32Reader<File>>` what it reads ahead.
//!
//! # Panics
//!
//! A reader or writer panics if the inner stream claims more bytes than the buffer has.

mod file;
mod message;
mod reader;
mod writer;

pub use file::checksum_file;
pub use reader::Crc32Reader;
pub use writer::Crc32Writer;
