//! Kernels by others, which have columns of their own.

use crate::function::{Checksum, Update};
use std::sync::LazyLock;

/// A box of a pointer to a function would cost a second indirect call.
type Peer = (&'static str, Checksum, Update);

/// Every peer: its name in reports, its one-shot function, and how it goes on from a checksum.
pub(crate) fn peers() -> [Peer; 7] {
    fn peer(
        name: &'static str,
        checksum: impl Fn(&[u8]) -> u32 + Send + Sync + 'static,
        update: impl Fn(u32, &[u8]) -> u32 + Send + Sync + 'static,
    ) -> Peer {
        (name, Box::new(checksum), Box::new(update))
    }
    [
        peer("crc32fast", crc32fast::hash, |checksum, message| {
            let mut hasher = crc32fast::Hasher::new_with_initial(checksum);
            hasher.update(message);
            hasher.finalize()
        }),
        peer("crc-fast", crc_fast, crc_fast_from),
        peer("libdeflate", libdeflater::crc32, |checksum, message| {
            let mut crc = libdeflater::Crc::with_initial(checksum);
            crc.update(message);
            crc.sum()
        }),
        peer("zlib-ng", |message| zlib_ng(0, message), zlib_ng),
        peer(
            "zlib-rs",
            |message| zlib_rs::crc32::crc32(0, message),
            zlib_rs::crc32::crc32,
        ),
        peer(
            "crc",
            |message| SIXTEEN_ROWS.checksum(message),
            |checksum, message| {
                let mut digest = SIXTEEN_ROWS.digest_with_initial(crc_initial(checksum));
                digest.update(message);
                digest.finalize()
            },
        ),
        peer(
            "crc-1-row",
            |message| ONE_ROW.checksum(message),
            |checksum, message| {
                let mut digest = ONE_ROW.digest_with_initial(crc_initial(checksum));
                digest.update(message);
                digest.finalize()
            },
        ),
    ]
}

/// The register behind a checksum, in the bit order of the model's `init`, which the crate `crc`
/// reflects.
fn crc_initial(checksum: u32) -> u32 {
    (!checksum).reverse_bits()
}

static SIXTEEN_ROWS: LazyLock<crc::Crc<u32, crc::Table<16>>> =
    LazyLock::new(|| crc::Crc::<u32, crc::Table<16>>::new(&crc::CRC_32_ISO_HDLC));

static ONE_ROW: LazyLock<crc::Crc<u32, crc::Table<1>>> =
    LazyLock::new(|| crc::Crc::<u32, crc::Table<1>>::new(&crc::CRC_32_ISO_HDLC));

fn crc_fast(message: &[u8]) -> u32 {
    crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, message) as u32
}

/// Its digest begins with the register, before xorout.
fn crc_fast_from(checksum: u32, message: &[u8]) -> u32 {
    let algorithm = crc_fast::CrcAlgorithm::Crc32IsoHdlc;
    let mut digest = crc_fast::Digest::new_with_init_state(algorithm, u64::from(!checksum));
    digest.update(message);
    digest.finalize() as u32
}

fn zlib_ng(checksum: u32, message: &[u8]) -> u32 {
    /// The length is an `unsigned int`: longer messages go in pieces.
    const PIECE_BYTES: usize = 1 << 30;
    let pieces = message.chunks(PIECE_BYTES);
    pieces.fold(checksum, |checksum, piece| {
        // SAFETY: zlib-ng.h asks for a pointer and a length of readable bytes, which a slice has.
        unsafe { libz_ng_sys::crc32(checksum, piece.as_ptr(), piece.len() as u32) }
    })
}
