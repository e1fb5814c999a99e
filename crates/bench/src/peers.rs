//! Kernels by others, which have columns of their own.

use std::sync::LazyLock;

/// The checksum of a message. A box of a pointer to a function would cost a second indirect call.
type Kernel = Box<dyn Fn(&[u8]) -> u32 + Send + Sync>;

/// Every peer, with its name in reports.
pub(crate) fn peers() -> [(&'static str, Kernel); 7] {
    [
        ("crc32fast", Box::new(crc32fast::hash)),
        ("crc-fast", Box::new(crc_fast)),
        ("libdeflate", Box::new(libdeflater::crc32)),
        ("zlib-ng", Box::new(zlib_ng)),
        (
            "zlib-rs",
            Box::new(|message| zlib_rs::crc32::crc32(0, message)),
        ),
        ("crc", Box::new(|message| SIXTEEN_ROWS.checksum(message))),
        ("crc-1-row", Box::new(|message| ONE_ROW.checksum(message))),
    ]
}

static SIXTEEN_ROWS: LazyLock<crc::Crc<u32, crc::Table<16>>> =
    LazyLock::new(|| crc::Crc::<u32, crc::Table<16>>::new(&crc::CRC_32_ISO_HDLC));

static ONE_ROW: LazyLock<crc::Crc<u32, crc::Table<1>>> =
    LazyLock::new(|| crc::Crc::<u32, crc::Table<1>>::new(&crc::CRC_32_ISO_HDLC));

fn crc_fast(message: &[u8]) -> u32 {
    crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, message) as u32
}

fn zlib_ng(message: &[u8]) -> u32 {
    /// The length is an `unsigned int`: longer messages go in pieces.
    const PIECE_BYTES: usize = 1 << 30;
    message.chunks(PIECE_BYTES).fold(0, |checksum, piece| {
        // SAFETY: zlib-ng.h asks for a pointer and a length of readable bytes, which a slice has.
        unsafe { libz_ng_sys::crc32(checksum, piece.as_ptr(), piece.len() as u32) }
    })
}
