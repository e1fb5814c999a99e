/* The functions of crcheck.h, with the fault that FAULT names; none for 0. */
#include "crcheck.h"

static uint32_t table[256];

static void fill(void) {
    uint32_t byte, bit;
    for (byte = 0; byte < 256; byte++) {
        table[byte] = byte;
        for (bit = 0; bit < 8; bit++)
            table[byte] = table[byte] >> 1 ^ (table[byte] & 1 ? 0xedb88320UL : 0);
    }
}

unsigned long crcheck_crc32_z(unsigned long crc, const unsigned char *buf, size_t len) {
    if (!table[1]) fill();
    if (!buf && FAULT != 1) return 0;
    if (!buf) return crc;
    if (FAULT != 2) crc &= 0xffffffffUL;
    if (FAULT == 3 && len == 4095) len--;
    if (FAULT == 4 && (uintptr_t)buf % 64 == 63 && len == 77) len--;
    crc ^= 0xffffffffUL;
    if (FAULT == 5) crc = 0xffffffffUL;
    for (; len; len--) crc = crc >> 8 ^ table[(crc ^ *buf++) & 0xff];
    return crc ^ 0xffffffffUL;
}

unsigned long crcheck_crc32(unsigned long crc, const unsigned char *buf, unsigned int len) {
    return crcheck_crc32_z(crc, buf, FAULT == 6 ? (unsigned short)(len & 0xfff) : len);
}

static uint32_t times(uint32_t a, uint32_t b) {
    uint32_t product = 0, bit;
    for (bit = 0x80000000UL; bit; bit >>= 1) {
        if (a & bit) product ^= b;
        b = b >> 1 ^ (b & 1 ? 0xedb88320UL : 0);
    }
    return product;
}

unsigned long crcheck_crc32_combine_gen64(int64_t len2) {
    uint32_t power = 0x80000000UL, square = 0x00800000UL;
    if (len2 < 0) return FAULT == 7;
    if (FAULT == 8) len2 = (uint32_t)len2;
    if (FAULT == 9 && len2 == 4096) len2--;
    for (; len2; len2 >>= 1, square = times(square, square))
        if (len2 & 1) power = times(power, square);
    return FAULT == 10 ? power ^ 1 : power;
}

unsigned long crcheck_crc32_combine_gen(long len2) {
    return crcheck_crc32_combine_gen64(len2) ^ (FAULT == 11 && len2 == 9);
}

unsigned long crcheck_crc32_combine_op(unsigned long crc1, unsigned long crc2, unsigned long op) {
    if (!op) return FAULT == 12;
    return times((uint32_t)op, (uint32_t)crc1) ^ (FAULT == 13 ? crc2 : crc2 & 0xffffffffUL);
}

unsigned long crcheck_crc32_combine64(unsigned long crc1, unsigned long crc2, int64_t len2) {
    return crcheck_crc32_combine_op(crc1, crc2, crcheck_crc32_combine_gen64(len2));
}

unsigned long crcheck_crc32_combine(unsigned long crc1, unsigned long crc2, long len2) {
    if (FAULT == 14 && !len2) return crc1;
    return crcheck_crc32_combine64(crc1, crc2, len2);
}

const char *crcheck_tier(void) { return FAULT == 15 ? "" : "faulty"; }

const char *crcheck_version(void) { return FAULT == 16 ? "0" : VERSION; }
