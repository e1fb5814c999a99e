//! The `crc` crate: an implementation by other people.

use crate::judge::Judge;
use crate::model::Model;
use crc::{Algorithm, Crc, Table};
use std::collections::HashMap;
use std::fmt;
use std::sync::{LazyLock, Mutex};

/// The judge that calls the `crc` crate, with its tables of sixteen rows.
#[derive(Clone)]
pub struct CrcCrate {
    model: Model,
    inner: Inner,
}

#[derive(Clone, Copy)]
enum Inner {
    W8(&'static Crc<u8, Table<16>>),
    W16(&'static Crc<u16, Table<16>>),
    W32(&'static Crc<u32, Table<16>>),
    W64(&'static Crc<u64, Table<16>>),
}

/// The crate keeps a reference to its algorithm for ever, so this leaks each model once.
static KNOWN: LazyLock<Mutex<HashMap<Model, Inner>>> = LazyLock::new(Mutex::default);

impl CrcCrate {
    /// The crate's implementation of `model`.
    pub fn new(model: &Model) -> Self {
        let mut known = KNOWN
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let inner = *known
            .entry(model.clone())
            .or_insert_with(|| Inner::leak(model));
        Self {
            model: model.clone(),
            inner,
        }
    }
}

impl Inner {
    fn leak(model: &Model) -> Self {
        /// The model as the crate's type of this width.
        macro_rules! leaked {
            ($word:ty) => {{
                let algorithm: &'static Algorithm<$word> = Box::leak(Box::new(Algorithm {
                    width: model.width,
                    poly: model.poly as $word,
                    init: model.init as $word,
                    refin: model.refin,
                    refout: model.refout,
                    xorout: model.xorout as $word,
                    check: model.check as $word,
                    residue: model.residue as $word,
                }));
                Box::leak(Box::new(Crc::<$word, Table<16>>::new(algorithm)))
            }};
        }
        match model.width {
            ..=8 => Self::W8(leaked!(u8)),
            9..=16 => Self::W16(leaked!(u16)),
            17..=32 => Self::W32(leaked!(u32)),
            _ => Self::W64(leaked!(u64)),
        }
    }
}

impl Inner {
    /// The bits of the crate's type that holds the register.
    fn word_bits(self) -> u32 {
        match self {
            Self::W8(_) => u8::BITS,
            Self::W16(_) => u16::BITS,
            Self::W32(_) => u32::BITS,
            Self::W64(_) => u64::BITS,
        }
    }
}

impl Judge for CrcCrate {
    fn id(&self) -> &'static str {
        "crc-crate"
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        // The crate takes the register to start from in the form of `init`: as a polynomial.
        let initial = self.model.polynomial_of(checksum);
        /// One digest of the whole message.
        macro_rules! digest {
            ($crc:ident, $word:ty) => {{
                let mut digest = $crc.digest_with_initial(initial as $word);
                digest.update(message);
                u64::from(digest.finalize())
            }};
        }
        match self.inner {
            Inner::W8(crc) => digest!(crc, u8),
            Inner::W16(crc) => digest!(crc, u16),
            Inner::W32(crc) => digest!(crc, u32),
            Inner::W64(crc) => digest!(crc, u64),
        }
    }

    fn prefixes(&self, checksum: u64, message: &[u8], out: &mut Vec<u64>) {
        let initial = self.model.polynomial_of(checksum);
        out.clear();
        /// One digest, read after each byte.
        macro_rules! digests {
            ($crc:ident, $word:ty) => {{
                let mut digest = $crc.digest_with_initial(initial as $word);
                out.push(u64::from(digest.clone().finalize()));
                out.extend(message.iter().map(|byte| {
                    digest.update(std::slice::from_ref(byte));
                    u64::from(digest.clone().finalize())
                }));
            }};
        }
        match self.inner {
            Inner::W8(crc) => digests!(crc, u8),
            Inner::W16(crc) => digests!(crc, u16),
            Inner::W32(crc) => digests!(crc, u32),
            Inner::W64(crc) => digests!(crc, u64),
        }
    }
}

impl fmt::Debug for CrcCrate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrcCrate")
            .field("model", &self.model)
            .field("word_bits", &self.inner.word_bits())
            .finish_non_exhaustive()
    }
}
