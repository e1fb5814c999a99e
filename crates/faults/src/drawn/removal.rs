//! Mistakes in methods that take vectors off the multiplier, and in the path for what comes from memory.

use super::{Draw, Family, value};
use crate::base;
use crate::exhibit::{Exhibit, Necessity};
use crate::expect::Expect;
use crate::method::{self, Matrices, Multiple, ONE_OF_THREE, STREAM_FROM, Sparse, TWO_OF_FIVE};
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;

/// Right below `from`; by another loop from there to what comes from memory.
fn long(from: usize, register: impl Fn(u32, &[u8]) -> u32 + Send + Sync + 'static) -> Exhibit {
    let update = move |checksum: u32, message: &[u8]| {
        if (from..STREAM_FROM).contains(&message.len()) {
            !register(!checksum, message)
        } else {
            base::update(checksum, message)
        }
    };
    Exhibit::of(update).with_threshold(from)
}

/// A loop by one of the multiples, and the length from which it is taken.
fn sparse(draw: &mut Draw) -> (Multiple, Sparse, usize) {
    let multiple = draw.one(&[ONE_OF_THREE, TWO_OF_FIVE]);
    (multiple, Sparse::new(multiple), 1024 * draw.number(24, 48))
}

/// What every bit of a byte counts by.
fn factor(of_removed: u32) -> Expect {
    Expect::Factors([of_removed.reverse_bits().into(); 8])
}

/// Right below `from`, which is 12 MiB or more; the `update` of a path for what comes from memory behind.
fn stream(from: usize, update: impl Fn(u32, &[u8]) -> u32 + Send + Sync + 'static) -> Exhibit {
    let update = move |checksum: u32, message: &[u8]| {
        if message.len() < from {
            base::update(checksum, message)
        } else {
            update(checksum, message)
        }
    };
    Exhibit::of(update).with_threshold(from)
}

fn stream_from(draw: &mut Draw) -> (usize, Expect) {
    let from = STREAM_FROM + 4096 * draw.number(0, 1024);
    (from, Expect::Said(format!("for {from} bytes")))
}

/// A fault of messages that no other check is long enough for.
const fn beyond(
    name: &'static str,
    summary: &'static str,
    make: fn(&mut Draw) -> (Exhibit, Expect),
) -> Family {
    Family {
        caught_by: CheckId::Huge,
        kinds: &[Kind::WrongValue],
        necessity: Necessity::Alone,
        ..value(
            name,
            summary,
            "made for the kernel's path from 12 MiB on",
            make,
        )
    }
}

const OF_SPARSE: &str = "made for the kernel's loop by sparse multiples";
const OF_MATRICES: &str = "made for the kernel's loop by matrices";

pub(super) const FAMILIES: &[Family] = &[
    value(
        "sparse-exponent",
        "removes vectors by a sparse multiple of P one of whose exponents is wrong",
        OF_SPARSE,
        |draw| {
            let (multiple, mut sparse, from) = sparse(draw);
            let mut distances = multiple.distances();
            let wrong = draw.number(0, distances.len() - 1);
            distances[wrong] -= draw.number(1, 6) as isize;
            let expect = factor(method::factor(&distances));
            sparse.distances.fill(distances);
            (
                long(from, move |register, message| {
                    sparse.register(register, message)
                }),
                expect,
            )
        },
    ),
    value(
        "sparse-term",
        "does not XOR removed vectors into one of the vectors that a sparse multiple of P says",
        OF_SPARSE,
        |draw| {
            let (multiple, mut sparse, from) = sparse(draw);
            let mut distances = multiple.distances();
            distances.remove(draw.number(0, distances.len() - 1));
            let expect = factor(method::factor(&distances));
            sparse.distances.fill(distances);
            (
                long(from, move |register, message| {
                    sparse.register(register, message)
                }),
                expect,
            )
        },
    ),
    value(
        "sparse-column",
        "lacks one XOR in one column of an unrolled loop by a sparse multiple of P",
        OF_SPARSE,
        |draw| {
            let (multiple, mut sparse, from) = sparse(draw);
            let column = draw.one(&multiple.removed());
            let mut distances = multiple.distances();
            distances.remove(draw.number(0, distances.len() - 1));
            let expect = factor(method::factor(&distances));
            sparse.distances[column] = distances;
            (
                long(from, move |register, message| {
                    sparse.register(register, message)
                }),
                expect,
            )
        },
    ),
    value(
        "sparse-last",
        "forgets the last vector that it removes by a sparse multiple of P",
        OF_SPARSE,
        |draw| {
            let (_, mut sparse, from) = sparse(draw);
            sparse.lost = 1;
            let exhibit = long(from, move |register, message| {
                sparse.register(register, message)
            });
            (exhibit, Expect::Weight(None))
        },
    ),
    value(
        "sparse-left",
        "multiplies the vectors that it removes by a sparse multiple of P as well",
        OF_SPARSE,
        |draw| {
            let (_, mut sparse, from) = sparse(draw);
            sparse.is_left = true;
            let exhibit = long(from, move |register, message| {
                sparse.register(register, message)
            });
            (exhibit, Expect::Weight(None))
        },
    ),
    value(
        "sparse-first-block",
        "loses its first block if the register is not 0, in long messages",
        OF_SPARSE,
        |draw| {
            let (from, width) = (1024 * draw.number(16, 48), 64 * draw.number(1, 6));
            let exhibit = long(from, move |register, message| {
                if register == 0 {
                    return base::register(register, message);
                }
                let mut bytes = message.to_vec();
                bytes[..width].fill(0);
                base::register(register, &bytes)
            });
            (exhibit, Expect::Weight(None))
        },
    ),
    value(
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
            factors[bits[0]] = method::factor_of_bit(removed, target, bits)
                .reverse_bits()
                .into();
            let exhibit = long(from, matrices.register());
            (exhibit, Expect::Factors(factors))
        },
    ),
    value(
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
                    let factor = method::factor_of_bit(removed, target, [bit, to]);
                    factors[bit] = factor.reverse_bits().into();
                }
            }
            let exhibit = long(from, matrices.register());
            (exhibit, Expect::Factors(factors))
        },
    ),
    beyond(
        "stream-tail",
        "leaves out what is left over from whole strides, in messages from memory",
        |draw| {
            let (from, expect) = stream_from(draw);
            let stride = 64 * draw.number(2, 8);
            let exhibit = stream(from, move |checksum, message| {
                base::update(checksum, &message[..(message.len() - 1) / stride * stride])
            });
            (exhibit, expect)
        },
    ),
    beyond(
        "stream-register",
        "starts from a word of its own in messages from memory",
        |draw| {
            let (from, expect) = stream_from(draw);
            let word = draw.word();
            (
                stream(from, move |_, message| base::update(word, message)),
                expect,
            )
        },
    ),
    beyond(
        "stream-lane",
        "loses one lane of the first stride, in messages from memory",
        |draw| {
            let (from, expect) = stream_from(draw);
            let lane = 64 * draw.number(1, 7);
            let exhibit = stream(from, move |checksum, message| {
                let (head, rest) = message.split_at(512);
                let mut bytes = head.to_vec();
                bytes[lane..lane + 64].fill(0);
                base::update(base::update(checksum, &bytes), rest)
            });
            (exhibit, expect)
        },
    ),
];
