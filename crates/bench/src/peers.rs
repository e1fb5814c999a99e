//! Kernels by others, as columns.

use crate::contender::{Checksum, Contender, Kind};
use std::sync::LazyLock;

/// Every peer.
pub(crate) fn all() -> Vec<Contender> {
    let peers: Vec<(&str, Checksum)> = vec![
        ("crc32fast", Box::new(crc32fast::hash)),
        ("crc-fast", Box::new(crc_fast)),
        ("libdeflate", Box::new(libdeflate)),
        ("zlib-ng", Box::new(zlib_ng)),
        (
            "zlib-rs",
            Box::new(|message| zlib_rs::crc32::crc32(0, message)),
        ),
        ("crc", Box::new(|message| SIXTEEN_ROWS.checksum(message))),
        ("crc-1-row", Box::new(|message| ONE_ROW.checksum(message))),
    ];
    let contender = |(name, checksum)| Contender::new(name, Kind::Peer, checksum);
    peers.into_iter().map(contender).collect()
}

static SIXTEEN_ROWS: LazyLock<crc::Crc<u32, crc::Table<16>>> =
    LazyLock::new(|| crc::Crc::<u32, crc::Table<16>>::new(&crc::CRC_32_ISO_HDLC));

static ONE_ROW: LazyLock<crc::Crc<u32, crc::Table<1>>> =
    LazyLock::new(|| crc::Crc::<u32, crc::Table<1>>::new(&crc::CRC_32_ISO_HDLC));

fn crc_fast(message: &[u8]) -> u32 {
    crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, message) as u32
}

fn libdeflate(message: &[u8]) -> u32 {
    // SAFETY: the pointer and the length are those of a slice, which is all that libdeflate.h asks.
    unsafe { libdeflate_sys::libdeflate_crc32(0, message.as_ptr().cast(), message.len()) }
}

fn zlib_ng(message: &[u8]) -> u32 {
    /// The length is an `unsigned int`: longer messages go in pieces.
    const PIECE_BYTES: usize = 1 << 30;
    message.chunks(PIECE_BYTES).fold(0, |checksum, piece| {
        // SAFETY: the pointer and the length are those of a slice, which is all that zlib-ng.h asks.
        unsafe { libz_ng_sys::crc32(checksum, piece.as_ptr(), piece.len() as u32) }
    })
}
