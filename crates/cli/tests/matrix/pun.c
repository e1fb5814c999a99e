/* A word is put together as two halves and read through a pointer to another type, which the
   language does not allow: with strict aliasing the read may come before the writes. */
#include <stddef.h>
#include <stdint.h>

static uint32_t read_word(uint32_t *word, uint16_t *low, uint16_t *high, const uint8_t *buf) {
    *word = 0;
    *low = buf[0] | buf[1] << 8;
    *high = buf[2] | buf[3] << 8;
    return *word;
}

uint32_t crc(uint32_t crc, const uint8_t *buf, size_t len) {
    crc = ~crc;
    for (; len >= 4; len -= 4, buf += 4) {
        uint32_t word;
        uint16_t *halves = (uint16_t *)&word;
        crc ^= read_word(&word, halves, halves + 1, buf);
        for (int bit = 0; bit < 32; bit++) crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
    }
    while (len--) {
        crc ^= *buf++;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
    }
    return ~crc;
}
