// Kernels for the tests of fuzz targets: wrong where only a fuzzer of somebody else's library looks.
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

static uint32_t right(uint32_t crc, const uint8_t *buf, size_t len) {
    static const uint32_t nibbles[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    crc = ~crc;
    for (; len--; buf++) {
        crc = crc >> 4 ^ nibbles[(crc ^ *buf) & 15];
        crc = crc >> 4 ^ nibbles[(crc ^ *buf >> 4) & 15];
    }
    return ~crc;
}

#define FUZZED(name, before)                                             \
    uint32_t name(uint32_t crc, const uint8_t *buf, size_t len) {        \
        before;                                                          \
        return right(crc, buf, len);                                     \
    }

// Wrong at one length alone.
FUZZED(at_65521, if (len == 65521) crc ^= 1)

// Does not return.
static volatile int always = 1;
FUZZED(hangs, if (len == 300) while (always) {})

// Break the ABI from a length on that no call before the first input has.
FUZZED(keeps_x87, if (len > 2000) __asm__ volatile("fldz"))
uint32_t rounds_register(uint32_t reg, const uint8_t *buf, size_t len) {
    if (len > 2000) _mm_setcsr(_mm_getcsr() ^ 0x6000);
    return ~right(~reg, buf, len);
}
// The upper half of the register of an argument of 32 bits.
uint32_t takes_upper_half(uint64_t crc, const uint8_t *buf, size_t len) {
    return right((uint32_t)crc, buf, len) ^ (len > 2000 && crc >> 32 ? 1 : 0);
}

// Other models, right and wrong.
uint16_t xmodem(uint16_t crc, const uint8_t *buf, size_t len) {
    for (; len--; buf++) {
        crc ^= (uint16_t)(*buf << 8);
        for (int bit = 0; bit < 8; bit++) crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
    }
    return crc;
}
uint16_t xmodem_odd(uint16_t crc, const uint8_t *buf, size_t len) { return xmodem(crc, buf, len) ^ (len % 64 == 63); }
uint64_t xz(const uint8_t *buf, size_t len, uint64_t crc) {
    for (crc = ~crc; len--; buf++) {
        crc ^= *buf;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xc96c5795d7870f42 & -(crc & 1));
    }
    return ~crc;
}
uint64_t xz_cut(const uint8_t *buf, size_t len, uint64_t crc) { return xz(buf, len, crc) & 0xffffffff; }
uint64_t xz_whole(const uint8_t *buf, size_t len) { return xz(buf, len, 0); }
// x^4 + 1: a byte and its complement lead to the same register.
uint8_t four(uint8_t crc, const uint8_t *buf, size_t len) {
    while (len--) crc ^= (uint8_t)(*buf & 15) ^ (*buf >> 4), buf++;
    return crc;
}
// CRC-3/GSM.
uint8_t three(uint8_t crc, const uint8_t *buf, size_t len) {
    for (crc ^= 7; len--; buf++)
        for (int bit = 7; bit >= 0; bit--) {
            int top = (crc >> 2 ^ *buf >> bit) & 1;
            crc = (uint8_t)((crc << 1 & 7) ^ (top ? 3 : 0));
        }
    return crc ^ 7;
}
