/* Whether a bit is set is told by a difference of signed numbers that overflows. The language has
   no such difference, so a compiler that optimises compares the numbers instead. */
#include <stddef.h>
#include <stdint.h>

static int is_before(int one, int other) { return one - other < 0; }

uint32_t crc(uint32_t crc, const uint8_t *buf, size_t len) {
    crc = ~crc;
    while (len--) {
        crc ^= *buf++;
        for (int bit = 0; bit < 8; bit++) {
            /* The lowest number minus one is the highest, if it wraps. */
            int lowest_bit = (int)(crc << 31);
            crc = crc >> 1 ^ (is_before(lowest_bit, 1) ? 0 : 0xedb88320);
        }
    }
    return ~crc;
}
