//! The listing's faults. Each is planted, and `verify` must find it.

use crate::claims::answer::Verdict;
use crate::claims::claim::{Claim, Judge};
use crate::claims::figures::{FRAME_BYTES, RESULT_OFFSET_BYTES};

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "listing-loop",
        says: "the loop takes in the message (it compares length and offset the wrong way round \
               and returns the initial value)",
        judge: Judge::PlantedFault("article-skeleton-loop"),
    },
    Claim {
        id: "listing-steps",
        says: "steps of 32 bytes need no tail",
        judge: Judge::PlantedFault("article-no-tail"),
    },
    Claim {
        id: "listing-store-back",
        says: "what is loaded may be stored back",
        judge: Judge::PlantedFault("article-store-back"),
    },
    Claim {
        id: "listing-padded-rest",
        says: "a rest may be padded with zeros",
        judge: Judge::PlantedFault("article-zero-padded-tail"),
    },
    Claim {
        id: "listing-result",
        says: "the result is returned through the frame $0-40",
        judge: Judge::PlantedFault("article-return-slot"),
    },
    Claim {
        id: "listing-frame",
        says: "a frame of $0-40 has its result of 32 bits at ret+24",
        judge: Judge::Arithmetic(frame),
    },
    Claim {
        id: "listing-crc32q",
        says: "crc32q computes this CRC",
        judge: Judge::PlantedFault("article-crc32q"),
    },
    Claim {
        id: "listing-fold",
        says: "the fold multiplies the low halves (immediate 0x00), and that is enough",
        judge: Judge::PlantedFault("article-fold-low-only"),
    },
];

/// Go's layout: arguments and result one after the other, the result at a multiple of 8.
fn frame() -> Verdict {
    const WORD_BYTES: usize = 8;
    let layout = |arguments_bytes: usize| {
        let result = arguments_bytes.next_multiple_of(WORD_BYTES);
        (result, result + size_of::<u32>())
    };
    // A slice has three words.
    let slice = 3 * WORD_BYTES;
    let of_slice = layout(slice);
    let of_both = layout(slice + size_of::<u32>());
    let found = format!(
        "a result of 4 bytes at ret+{RESULT_OFFSET_BYTES} ends a frame of {} bytes; \
         a slice alone gives $0-{} with ret+{}, a slice and a checksum $0-{} with ret+{}",
        RESULT_OFFSET_BYTES + size_of::<u32>(),
        of_slice.1,
        of_slice.0,
        of_both.1,
        of_both.0
    );
    let claimed = (RESULT_OFFSET_BYTES, FRAME_BYTES);
    if [of_slice, of_both].contains(&claimed) {
        Verdict::reproduced(found)
    } else {
        Verdict::refuted(found)
    }
}
