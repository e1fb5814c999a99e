//! 512-bit vectors.

/// `a ^ b ^ c` as a truth table for `vpternlog`: bit i of it is the parity of the bits of i.
pub(super) const XOR_OF_THREE: i32 = 0x96;

/// The operations on 512-bit vectors, which are the same for every tier with AVX-512.
macro_rules! zmm_operations {
    () => {
        type Vector = __m512i;
        type Block = [u8; 64];
        type Lane = __m128i;

        const VECTOR_BYTES: usize = 64;
        const IS_WIDE: bool = false;
        const HAS_MASKED_LOADS: bool = true;

        #[inline(always)]
        fn vectors(message: &[u8]) -> (&[[u8; 64]], &[u8]) {
            message.as_chunks()
        }

        #[inline(always)]
        fn load(self, block: &[u8; 64]) -> __m512i {
            // SAFETY: the reference is valid for 64 bytes at any alignment, and the witness proves
            // AVX-512.
            unsafe { _mm512_loadu_si512(block.as_ptr().cast()) }
        }

        #[inline(always)]
        fn load_at_start(self, message: &[u8]) -> __m512i {
            let mask = FIRST_BYTES[message.len()];
            // SAFETY: the mask has a bit for each byte of the message, the load reads no byte
            // without one, and the witness proves AVX-512.
            unsafe { _mm512_maskz_loadu_epi8(mask, message.as_ptr().cast()) }
        }

        #[inline(always)]
        fn load_at_end(self, message: &[u8]) -> __m512i {
            let mask = LAST_BYTES[message.len()];
            let start = message.as_ptr_range().end.wrapping_sub(64);
            // SAFETY: as in `load_at_start`.
            unsafe { _mm512_maskz_loadu_epi8(mask, start.cast()) }
        }

        #[inline(always)]
        fn lane_load_at_start(self, message: &[u8]) -> __m128i {
            let mask = FIRST_BYTES[message.len()] as u16;
            // SAFETY: as in `load_at_start`; a longer message has more bytes than the mask has
            // bits.
            unsafe { _mm_maskz_loadu_epi8(mask, message.as_ptr().cast()) }
        }

        #[inline(always)]
        fn lane_load_at_end(self, message: &[u8]) -> __m128i {
            let mask = (LAST_BYTES[message.len()] >> 48) as u16;
            let start = message.as_ptr_range().end.wrapping_sub(16);
            // SAFETY: as in `lane_load_at_start`.
            unsafe { _mm_maskz_loadu_epi8(mask, start.cast()) }
        }

        #[inline(always)]
        fn xor_register(self, vector: __m512i, register: u32) -> __m512i {
            let register = lane::pair([register.into(), 0]);
            // SAFETY: the witness proves AVX-512.
            unsafe { _mm512_xor_si512(vector, _mm512_zextsi128_si512(register)) }
        }

        #[inline(always)]
        fn multipliers(self, multipliers: [u64; 2]) -> __m512i {
            // SAFETY: the witness proves AVX-512.
            unsafe { _mm512_broadcast_i32x4(lane::pair(multipliers)) }
        }

        #[inline(always)]
        fn product(self, a: __m512i, b: __m512i) -> __m512i {
            // SAFETY: the witness proves AVX-512 and VPCLMULQDQ.
            unsafe {
                let low = _mm512_clmulepi64_epi128::<0x00>(a, b);
                let high = _mm512_clmulepi64_epi128::<0x11>(a, b);
                _mm512_xor_si512(low, high)
            }
        }

        #[inline(always)]
        fn fold(self, accumulator: __m512i, by: __m512i, next: __m512i) -> __m512i {
            // SAFETY: the witness proves AVX-512 and VPCLMULQDQ.
            unsafe {
                let low = _mm512_clmulepi64_epi128::<0x00>(accumulator, by);
                let high = _mm512_clmulepi64_epi128::<0x11>(accumulator, by);
                _mm512_ternarylogic_epi64::<{ XOR_OF_THREE }>(low, high, next)
            }
        }

        #[inline(always)]
        fn weights(self, weights: &[u64; 8]) -> __m512i {
            // SAFETY: the reference is valid for 64 bytes, and the witness proves AVX-512.
            unsafe { _mm512_loadu_si512(weights.as_ptr().cast()) }
        }

        #[inline(always)]
        fn xor(self, a: __m512i, b: __m512i) -> __m512i {
            // SAFETY: the witness proves AVX-512.
            unsafe { _mm512_xor_si512(a, b) }
        }

        #[inline(always)]
        fn xor_two(self, a: __m512i, b: __m512i, c: __m512i) -> __m512i {
            // SAFETY: the witness proves AVX-512.
            unsafe { _mm512_ternarylogic_epi64::<{ XOR_OF_THREE }>(a, b, c) }
        }
    };
}
pub(super) use zmm_operations;
