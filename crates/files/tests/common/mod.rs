//! What the tests of files share.

#![allow(dead_code, reason = "each test binary uses a part")]

use crcheck_files::{
    Algorithm, Method, MethodChoice, Sum, SumError, SumOptions, Summer, blocks::Unavailable,
};
use crcheck_oracle::model::Model;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::AtomicBool;

pub(crate) const MODEL: Model = Model::CRC_32_ISO_HDLC;

/// The fast kernel.
pub(crate) fn kernel() -> Algorithm {
    Algorithm::new(&MODEL)
}

/// What a judge says of the bytes.
pub(crate) fn expected(bytes: &[u8]) -> u64 {
    let oracle = kernel().oracle();
    oracle.update(MODEL.initial_checksum(), bytes)
}

/// Bytes that look random, other ones for another `seed`.
pub(crate) fn noise(len_bytes: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(len_bytes + 8);
    while bytes.len() < len_bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len_bytes);
    bytes
}

/// A file with these bytes in `folder`.
pub(crate) fn file_of(folder: &Path, name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let path = folder.join(name);
    let mut file = File::create(&path).expect("a file");
    file.write_all(bytes).expect("written");
    path
}

/// What a test asks for; the rest is as usual.
pub(crate) struct Ask<'a> {
    pub(crate) algorithm: &'a Algorithm,
    pub(crate) method: MethodChoice,
    pub(crate) buffer_bytes: Option<usize>,
    pub(crate) threads: Option<usize>,
    pub(crate) is_verified: bool,
    pub(crate) on_progress: &'a (dyn Fn(u64) + Sync),
    pub(crate) cancelled: &'a AtomicBool,
}

static NEVER: AtomicBool = AtomicBool::new(false);

impl<'a> Ask<'a> {
    pub(crate) fn of(algorithm: &'a Algorithm, method: MethodChoice) -> Self {
        Self {
            algorithm,
            method,
            buffer_bytes: None,
            threads: None,
            is_verified: false,
            on_progress: &|_| {},
            cancelled: &NEVER,
        }
    }

    pub(crate) fn options(&self) -> SumOptions<'a> {
        SumOptions {
            algorithm: self.algorithm,
            method: self.method,
            buffer_bytes: self.buffer_bytes,
            threads: self.threads,
            is_verified: self.is_verified,
            on_progress: self.on_progress,
            cancelled: self.cancelled,
        }
    }

    pub(crate) fn sum(&self, path: &Path) -> Result<Sum, SumError> {
        Summer::new(self.options()).sum_path(path)
    }
}

/// Every method, and the choice among them.
pub(crate) fn choices() -> Vec<MethodChoice> {
    let methods = Method::ALL.into_iter().map(MethodChoice::This);
    methods.chain([MethodChoice::Auto]).collect()
}

/// The sum, or nothing where this machine lacks the method, which stderr says.
pub(crate) fn if_available(outcome: Result<Sum, SumError>) -> Option<Result<Sum, SumError>> {
    match outcome {
        Err(SumError::Unavailable(why)) => {
            skip(&why);
            None
        }
        other => Some(other),
    }
}

pub(crate) fn skip(why: &Unavailable) {
    eprintln!("skipped: {why}");
}
