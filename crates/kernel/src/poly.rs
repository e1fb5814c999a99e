//! Arithmetic in GF(2)\[x\] modulo the generator P, at compile time, and the constants of the
//! algorithms.
//!
//! ```text
//! P(x) = x^32 + x^26 + x^23 + x^22 + x^16 + x^12 + x^11 + x^10
//!      + x^8 + x^7 + x^5 + x^4 + x^2 + x + 1
//! ```
//!
//! **Reflected words.** The first message bit is the lowest bit of the first byte and the highest
//! power of x, so a word of n bits stands for the polynomial whose coefficient of x^(n-1-i) is bit
//! i. The carry-less product of two such words of 64 bits, read as one of 128 bits, stands for
//!
//! ```text
//! clmul(a, b) = a(x) b(x) x
//! ```
//!
//! because the product has 127 bits. The exponent of a constant is one lower, which cancels that x.

/// P without x^32, highest power in the highest bit.
pub(crate) const POLY: u32 = 0x04c1_1db7;

/// P without x^32, reflected.
pub(crate) const POLY_REFLECTED: u32 = POLY.reverse_bits();

/// x^n mod P, highest power in the highest bit. n may be negative: P is primitive, so
/// x^(2^32 - 1) = 1 and x^-n = x^(2^32 - 1 - n).
pub(crate) const fn x_pow_mod(n: i32) -> u32 {
    let exponent = (n as i64).rem_euclid(u32::MAX as i64);
    let mut power = 1 << 31;
    let mut i = 0;
    while i < 32 {
        if exponent >> i & 1 == 1 {
            power = multiply(power, X_POW_2_POW[i]);
        }
        i += 1;
    }
    power.reverse_bits()
}

/// The quotient of x^n by P for 32 <= n <= 95, highest power in the highest bit.
const fn x_pow_div(n: u32) -> u64 {
    // Long division: the bit that leaves the 33-bit remainder at the top is the next bit of the
    // quotient.
    let mut remainder: u64 = 1;
    let mut quotient = 0;
    let mut i = 0;
    while i < n {
        remainder <<= 1;
        quotient <<= 1;
        if remainder >> 32 == 1 {
            remainder ^= (1 << 32) | POLY as u64;
            quotient |= 1;
        }
        i += 1;
    }
    quotient
}

/// The two multipliers that move the two halves of a 128-bit lane `bits` bits towards the end of
/// the message: a lane is `lo(x) x^64 + hi(x)`, so it becomes
///
/// ```text
/// lo(x) x^(bits+64) + hi(x) x^bits
/// ```
///
/// A remainder r in the low 32 bits of a reflected word of 64 stands for r(x) x^32. With the x of
/// the product that makes x^33, hence the exponents bits + 64 - 33 and bits - 33. Linux and
/// libdeflate use this form. Intel's paper has exponents one higher, and words shifted left by one.
pub(crate) const fn fold_across(bits: i32) -> [u64; 2] {
    [
        x_pow_mod(bits + 31).reverse_bits() as u64,
        x_pow_mod(bits - 33).reverse_bits() as u64,
    ]
}

/// mu = floor(x^95 / P), reflected: the multiplier of Barrett's quotient for words below x^96.
pub(crate) const BARRETT_MU: u64 = x_pow_div(95).reverse_bits();

/// P x^31, reflected: the multiplier that turns Barrett's quotient into the multiple of P to
/// subtract. Bits 64 to 95 of the product stand for its terms below x^32.
pub(crate) const BARRETT_P: u64 = (POLY_REFLECTED as u64) << 1 | 1;

/// The product of two remainders modulo P, reflected.
pub(crate) const fn multiply(a: u32, b: u32) -> u32 {
    let mut product = 0;
    let mut shifted = b;
    let mut bit = 32;
    // From x^0, the highest bit, upwards.
    while bit > 0 {
        bit -= 1;
        if a >> bit & 1 == 1 {
            product ^= shifted;
        }
        shifted = (shifted >> 1) ^ (POLY_REFLECTED * (shifted & 1));
    }
    product
}

/// x^(2^i) mod P, reflected, for i below 32. P is primitive, so x^(2^32) = x, and the powers
/// repeat.
pub(crate) const X_POW_2_POW: [u32; 32] = {
    let mut table = [0; 32];
    table[0] = 1 << 30;
    let mut i = 1;
    while i < 32 {
        table[i] = multiply(table[i - 1], table[i - 1]);
        i += 1;
    }
    table
};

/// Gopal et al., "Fast CRC computation for generic polynomials using PCLMULQDQ instruction", Intel,
/// 2009: k1 to k5, mu and P of the gzip polynomial, each reflected and shifted left by one.
const _: () = {
    const fn intel(n: i32) -> u64 {
        (x_pow_mod(n).reverse_bits() as u64) << 1
    }
    assert!(intel(544) == 0x1_5444_2bd4, "k1");
    assert!(intel(480) == 0x1_c6e4_1596, "k2");
    assert!(intel(160) == 0x1_7519_97d0, "k3");
    assert!(intel(96) == 0x0_ccaa_009e, "k4");
    assert!(intel(64) == 0x1_63cd_6124, "k5");
    assert!(x_pow_div(64).reverse_bits() >> 31 == 0x1_f701_1641, "mu");
    assert!(BARRETT_P == 0x1_db71_0641, "P");
    assert!(BARRETT_MU == 0xb4e5_b025_f701_1641, "mu of 64 bits");
    assert!(
        multiply(X_POW_2_POW[31], X_POW_2_POW[31]) == X_POW_2_POW[0],
        "P is primitive"
    );
};

/// The multipliers for 1, 2, 3, 4, 8 and 16 lanes, both words, as libdeflate publishes them
/// (crc32_multipliers.h): x^(bits + 31) and x^(bits - 33), reflected and not shifted.
const _: () = {
    const fn are(bits: i32, low: u64, high: u64) -> bool {
        let [by_low, by_high] = fold_across(bits);
        by_low == low && by_high == high
    }
    assert!(are(128, 0xae68_9191, 0xccaa_009e), "x^159, x^95");
    assert!(are(256, 0xf1da_05aa, 0x8125_6527), "x^287, x^223");
    assert!(are(384, 0x3db1_ecdc, 0xaf44_9247), "x^415, x^351");
    assert!(are(512, 0x8f35_2d95, 0x1d95_13d7), "x^543, x^479");
    assert!(are(1024, 0x33ff_f533, 0x910e_eec1), "x^1055, x^991");
    assert!(are(2048, 0xce33_71cb, 0xe95c_1271), "x^2079, x^2015");
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_multiply_by_adding_exponents() {
        for (a, b) in [
            (0, 0),
            (0, 1),
            (1, 31),
            (31, 31),
            (40, 90),
            (543, 479),
            (-33, 33),
            (-7, -60),
        ] {
            let product =
                multiply(x_pow_mod(a).reverse_bits(), x_pow_mod(b).reverse_bits()).reverse_bits();
            assert_eq!(product, x_pow_mod(a + b));
        }
    }

    #[test]
    fn powers_are_repeated_shifts() {
        let mut power = 1_u32;
        for n in 0..600 {
            assert_eq!(x_pow_mod(n), power);
            power = (power << 1) ^ (POLY * (power >> 31));
        }
    }

    /// Up to the longest stride: 32 vectors of 64 bytes.
    #[test]
    fn each_half_of_a_lane_moves_across_every_stride() {
        let mut powers = [1_u32; 32 * 512 + 32];
        for n in 1..powers.len() {
            let last = powers[n - 1];
            powers[n] = (last << 1) ^ (POLY * (last >> 31));
        }
        for bits in (128..=32 * 512).step_by(128) {
            let [low, high] = fold_across(bits as i32);
            for (word, power) in [(low, bits + 31), (high, bits - 33)] {
                assert_eq!(word, u64::from(powers[power].reverse_bits()), "{power}");
            }
        }
    }

    #[test]
    fn a_quotient_times_p_and_the_remainder_are_the_power() {
        for n in [32, 33, 64, 95] {
            let quotient = u128::from(x_pow_div(n));
            let p = 1 << 32 | u128::from(POLY);
            let product = (0..64).fold(0, |sum, bit| sum ^ ((p << bit) * (quotient >> bit & 1)));
            assert_eq!(product ^ u128::from(x_pow_mod(n as i32)), 1 << n);
        }
    }
}
