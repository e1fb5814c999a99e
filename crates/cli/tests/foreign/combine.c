// Functions that combine checksums of CRC-32: right ones, and one for each way in which they go wrong.
#include "../../../faults/src/library/kernels.c"

// a * b modulo P; bit 31 is x^0.
static uint32_t times(uint32_t a, uint32_t b) {
    uint32_t product = 0;
    for (uint32_t bit = 1u << 31; bit; bit >>= 1) {
        if (a & bit) product ^= b;
        b = b >> 1 ^ (0xedb88320 & -(b & 1));
    }
    return product;
}

static uint32_t combine(uint32_t a, uint32_t b, uint64_t len) {
    uint32_t power = 1u << 31, square = 1u << 23;
    for (; len; len >>= 1, square = times(square, square))
        if (len & 1) power = times(power, square);
    return times(power, a) ^ b;
}

#define COMBINE(name, type, before)                          \
    uint32_t name(uint32_t crc, uint32_t crc2, type len) {   \
        before;                                              \
        return combine(crc, crc2, len);                      \
    }

COMBINE(combine_signed, int64_t, if (len < 0) return crc)
COMBINE(combine_size, size_t, )
COMBINE(combine_int, int32_t, if (len < 0) return 0)
COMBINE(combine_unsigned, uint32_t, )
const uint32_t combine_context = 1;
uint32_t combine_registers(size_t len, uint32_t reg2, const uint32_t *context, uint32_t reg, uint32_t poly) {
    return *context == 1 && poly == 0xedb88320 ? ~combine(~reg, ~reg2, len) : 0;
}
int combine_in_place(uint32_t *crc, uint32_t crc2, size_t len) {
    *crc = combine(*crc, crc2, len);
    return 1;
}
uint32_t combine_swapped_bytes(uint32_t crc, uint32_t crc2, size_t len) {
    return __builtin_bswap32(combine(__builtin_bswap32(crc), __builtin_bswap32(crc2), len));
}
uint32_t crc32_swapped_bytes(uint32_t crc, const uint8_t *buf, size_t len) {
    return __builtin_bswap32(right(__builtin_bswap32(crc), buf, len));
}
uint32_t crc32_register(uint32_t reg, const uint8_t *buf, size_t len) { return bytes(reg, buf, len); }

COMBINE(combine_forgets, int64_t, if (len <= 0) return crc2)
COMBINE(combine_cuts, int64_t, len = (uint32_t)len)
COMBINE(combine_swaps, int64_t, uint32_t first = crc2; crc2 = crc; crc = first)
// An arithmetic shift of a negative number never ends at 0.
COMBINE(combine_hangs, int64_t, for (volatile int64_t rest = len; rest; rest >>= 1))
COMBINE(combine_crashes, int64_t, if (len >> 40) (void)*(volatile int *)8)
COMBINE(combine_exits, int64_t, if (len >> 40) exit(3))
