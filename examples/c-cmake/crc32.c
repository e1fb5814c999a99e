/* CRC-32/ISO-HDLC, four bytes a step ("slicing by 4"). */
#include <stddef.h>
#include <stdint.h>

/* table[n][b] is the register after the byte b and n zeros. */
static uint32_t table[4][256];

__attribute__((constructor)) static void fill(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
        table[0][byte] = crc;
    }
    for (int zeros = 1; zeros < 4; zeros++)
        for (int byte = 0; byte < 256; byte++) {
            uint32_t crc = table[zeros - 1][byte];
            table[zeros][byte] = crc >> 8 ^ table[0][(uint8_t)crc];
        }
}

uint32_t crc32(uint32_t crc, const uint8_t *buf, size_t len) {
    crc = ~crc;
    for (; len >= 4; buf += 4, len -= 4)
        crc = table[3][(uint8_t)(crc ^ buf[0])] ^ table[2][(uint8_t)(crc >> 8 ^ buf[1])]
            ^ table[1][(uint8_t)(crc >> 16 ^ buf[2])] ^ table[0][crc >> 24 ^ buf[3]];
#ifndef PLANT_FAULT
    while (len--) crc = crc >> 8 ^ table[0][(uint8_t)(crc ^ *buf++)];
#endif
    return ~crc;
}
