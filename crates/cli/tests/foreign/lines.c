// Functions that stop at known lines, and functions whose signature is not the stated one.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static uint32_t bits(uint32_t crc, const uint8_t *buf, size_t len) {
    crc = ~crc;
    while (len--) {
        crc ^= *buf++;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
    }
    return ~crc;
}

static inline __attribute__((always_inline)) void peek(const uint8_t *at) {
    *(volatile const uint8_t *)at; // READ
}

// Reads 3 bytes past the end of some messages.
uint32_t crc32_peeks(uint32_t crc, const uint8_t *buf, size_t len) {
    if (len % 16 == 13) {
        peek(buf + len + 2); // INLINED
    }
    return bits(crc, buf, len);
}

// my::crc32(unsigned int, unsigned char const*, unsigned long)
uint32_t cpp_crc32(uint32_t crc, const uint8_t *buf, size_t len) __asm__("_ZN2my5crc32EjPKhm");
uint32_t cpp_crc32(uint32_t crc, const uint8_t *buf, size_t len) {
    if (len % 16 == 13) {
        *(volatile const uint8_t *)(buf + len + 2); // DIRECT
    }
    return bits(crc, buf, len);
}

// Flips a bit of every checksum.
uint32_t crc32_flips(uint32_t crc, const uint8_t *buf, size_t len) // FLIPS
{
    uint32_t before = bits(crc, buf, len);
    return before ^ 1;
}

// Copies 3 bytes too many, by the C library.
uint32_t crc32_copies(uint32_t crc, const uint8_t *buf, size_t len) {
    static uint8_t copy[1 << 13];
    void *(*volatile by)(void *, const void *, size_t) = memcpy;
    by(copy, buf, (len < 8000 ? len : 8000) + 3); // CALL
    return bits(crc, buf, len);
}

uint32_t crc32_buf_len_crc(const uint8_t *buf, size_t len, uint32_t crc) {
    return bits(crc, buf, len);
}

// Right by no signature.
uint32_t crc32_other(uint32_t crc, size_t len, const uint8_t *buf, uint32_t more) {
    return bits(crc + more + 1, buf, len) + 1;
}

// Its signature is the stated one, and no call survives.
static const uint8_t *volatile nowhere;
uint32_t crc32_null_table(uint32_t crc, const uint8_t *buf, size_t len) {
    return bits(crc, buf, len) ^ nowhere[0];
}
