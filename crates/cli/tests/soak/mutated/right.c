// A right CRC-32, small enough that a drawn byte of its library matters.
#include <stddef.h>
#include <stdint.h>

static uint32_t table[256];

__attribute__((constructor)) static void fill(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t entry = i;
        for (int bit = 0; bit < 8; bit++) entry = entry >> 1 ^ (0xedb88320 & -(entry & 1));
        table[i] = entry;
    }
}

uint32_t kernel(uint32_t crc, const uint8_t *buf, size_t len) {
    crc = ~crc;
    while (len >= 2) {
        crc = crc >> 8 ^ table[(crc ^ *buf++) & 255];
        crc = crc >> 8 ^ table[(crc ^ *buf++) & 255];
        len -= 2;
    }
    if (len) crc = crc >> 8 ^ table[(crc ^ *buf) & 255];
    return ~crc;
}
