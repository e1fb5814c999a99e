//! Mistakes in methods that take vectors off the multiplier, and in the path for messages that come
//! from memory.

use crate::crc32;
use crate::draw::Draw;
use crate::parts::removal::{
    Matrices, Multiple, ONE_OF_THREE, STREAM_FROM, Sparse, TWO_OF_FIVE, factor, factor_of_bit,
};
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;

/// Is right below `from` bytes, takes `update_register` from there on, and is right again for
/// messages from memory.
fn use_if_long(
    from: usize,
    update_register: impl Fn(u32, &[u8]) -> u32 + Send + Sync + 'static,
) -> TestKernel {
    let update = move |checksum: u32, message: &[u8]| {
        if (from..STREAM_FROM).contains(&message.len()) {
            !update_register(!checksum, message)
        } else {
            crc32::update(checksum, message)
        }
    };
    TestKernel::new(update).with_thresholds([from])
}

fn use_sparse_if_long(from: usize, sparse: Sparse) -> TestKernel {
    use_if_long(from, move |register, message| {
        sparse.update(register, message)
    })
}

/// Draws a loop by one of the multiples, and the length in bytes from which a kernel takes it.
fn draw_sparse(draw: &mut Draw) -> (Multiple, Sparse, usize) {
    let multiple = draw.one(&[ONE_OF_THREE, TWO_OF_FIVE]);
    (multiple, Sparse::new(multiple), 1024 * draw.number(24, 48))
}

/// Each bit of a byte is off by this factor.
fn same_factors(factor: u32) -> RightDiagnosis {
    RightDiagnosis::Factors([factor.reverse_bits().into(); 8])
}

/// Is right below `from` bytes, and takes `update` from there on.
fn use_if_from_memory(
    from: usize,
    update: impl Fn(u32, &[u8]) -> u32 + Send + Sync + 'static,
) -> TestKernel {
    let update = move |checksum: u32, message: &[u8]| {
        if message.len() < from {
            crc32::update(checksum, message)
        } else {
            update(checksum, message)
        }
    };
    TestKernel::new(update).with_thresholds([from])
}

/// Draws a length, in bytes, of messages that come from memory.
fn draw_stream(draw: &mut Draw) -> (usize, RightDiagnosis) {
    let from = STREAM_FROM + 4096 * draw.number(0, 1024);
    (from, RightDiagnosis::Said(format!("for {from} bytes")))
}

const OF_STREAM: &str = "made for the kernel's path from 12 MiB on";
const OF_SPARSE: &str = "made for the kernel's loop by sparse multiples";
const OF_MATRICES: &str = "made for the kernel's loop by matrices";

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::drawn(
        "sparse-exponent",
        "removes vectors by a sparse multiple of P one of whose exponents is wrong",
        OF_SPARSE,
        |draw| {
            let (multiple, mut sparse, from) = draw_sparse(draw);
            let mut distances = multiple.distances();
            let wrong = draw.number(0, distances.len() - 1);
            distances[wrong] -= draw.number(1, 6) as isize;
            let diagnosis = same_factors(factor(&distances));
            sparse.distances.fill(distances);
            (use_sparse_if_long(from, sparse), diagnosis)
        },
    ),
    FaultSpec::drawn(
        "sparse-term",
        "does not XOR removed vectors into one of the vectors that a sparse multiple of P says",
        OF_SPARSE,
        |draw| {
            let (multiple, mut sparse, from) = draw_sparse(draw);
            let mut distances = multiple.distances();
            distances.remove(draw.number(0, distances.len() - 1));
            let diagnosis = same_factors(factor(&distances));
            sparse.distances.fill(distances);
            (use_sparse_if_long(from, sparse), diagnosis)
        },
    ),
    FaultSpec::drawn(
        "sparse-column",
        "lacks one XOR in one column of an unrolled loop by a sparse multiple of P",
        OF_SPARSE,
        |draw| {
            let (multiple, mut sparse, from) = draw_sparse(draw);
            let column = draw.one(&multiple.removed_columns());
            let mut distances = multiple.distances();
            distances.remove(draw.number(0, distances.len() - 1));
            let diagnosis = same_factors(factor(&distances));
            sparse.distances[column] = distances;
            (use_sparse_if_long(from, sparse), diagnosis)
        },
    ),
    FaultSpec::drawn(
        "sparse-last",
        "forgets the last vector that it removes by a sparse multiple of P",
        OF_SPARSE,
        |draw| {
            let (_, mut sparse, from) = draw_sparse(draw);
            sparse.lost = 1;
            let kernel = use_sparse_if_long(from, sparse);
            (kernel, RightDiagnosis::Weight(None))
        },
    ),
    FaultSpec::drawn(
        "sparse-left",
        "multiplies the vectors that it removes by a sparse multiple of P as well",
        OF_SPARSE,
        |draw| {
            let (_, mut sparse, from) = draw_sparse(draw);
            sparse.is_left = true;
            let kernel = use_sparse_if_long(from, sparse);
            (kernel, RightDiagnosis::Weight(None))
        },
    ),
    FaultSpec::drawn(
        "sparse-first-block",
        "loses its first block if the register is not 0, in long messages",
        OF_SPARSE,
        |draw| {
            let (from, width) = (1024 * draw.number(16, 48), 64 * draw.number(1, 6));
            let kernel = use_if_long(from, move |register, message| {
                if register == 0 {
                    return crc32::update_register(register, message);
                }
                let mut bytes = message.to_vec();
                bytes[..width].fill(0);
                crc32::update_register(register, &bytes)
            });
            (kernel, RightDiagnosis::Weight(None))
        },
    ),
    FaultSpec::drawn(
        "matrix-bit",
        "has one bit wrong in one of the matrices that move removed vectors",
        OF_MATRICES,
        |draw| {
            let from = 1024 * draw.number(3, 8);
            let (removed, target) = (draw.number(0, 1), draw.number(0, 3));
            let bits = [draw.number(0, 7), draw.number(0, 7)];
            let mut matrices = Matrices::new();
            matrices.images[removed][target][bits[0]] ^= 1 << bits[1];
            let mut factors = [1; 8];
            factors[bits[0]] = factor_of_bit(removed, target, bits).reverse_bits().into();
            let kernel = use_if_long(from, matrices.into_update());
            (kernel, RightDiagnosis::Factors(factors))
        },
    ),
    FaultSpec::drawn(
        "matrix-row",
        "has a row of zeros in one of the matrices that move removed vectors",
        OF_MATRICES,
        |draw| {
            let from = 1024 * draw.number(3, 8);
            let (removed, target, to) = (draw.number(0, 1), draw.number(0, 3), draw.number(0, 7));
            let mut matrices = Matrices::new();
            let mut factors = [1; 8];
            for (bit, image) in matrices.images[removed][target].iter_mut().enumerate() {
                if *image >> to & 1 == 1 {
                    *image ^= 1 << to;
                    let factor = factor_of_bit(removed, target, [bit, to]);
                    factors[bit] = factor.reverse_bits().into();
                }
            }
            let kernel = use_if_long(from, matrices.into_update());
            (kernel, RightDiagnosis::Factors(factors))
        },
    ),
    FaultSpec::drawn(
        "stream-tail",
        "leaves out what is left over from whole strides, in messages from memory",
        OF_STREAM,
        |draw| {
            let (from, diagnosis) = draw_stream(draw);
            let stride = 64 * draw.number(2, 8);
            let kernel = use_if_from_memory(from, move |checksum, message| {
                crc32::update(checksum, &message[..(message.len() - 1) / stride * stride])
            });
            (kernel, diagnosis)
        },
    )
    .caught_only_by(CheckId::Huge, &[Kind::WrongValue]),
    FaultSpec::drawn(
        "stream-register",
        "starts from a word of its own in messages from memory",
        OF_STREAM,
        |draw| {
            let (from, diagnosis) = draw_stream(draw);
            let word = draw.word();
            (
                use_if_from_memory(from, move |_, message| crc32::update(word, message)),
                diagnosis,
            )
        },
    )
    .caught_only_by(CheckId::Huge, &[Kind::WrongValue]),
    FaultSpec::drawn(
        "stream-lane",
        "loses one lane of the first stride, in messages from memory",
        OF_STREAM,
        |draw| {
            let (from, diagnosis) = draw_stream(draw);
            let lane = 64 * draw.number(1, 7);
            let kernel = use_if_from_memory(from, move |checksum, message| {
                let (head, rest) = message.split_at(512);
                let mut bytes = head.to_vec();
                bytes[lane..lane + 64].fill(0);
                crc32::update(crc32::update(checksum, &bytes), rest)
            });
            (kernel, diagnosis)
        },
    )
    .caught_only_by(CheckId::Huge, &[Kind::WrongValue]),
];
