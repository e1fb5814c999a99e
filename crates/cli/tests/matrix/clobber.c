/* The last bytes go through a buffer on the stack, which inline assembly reads. Nothing says that
   it reads memory, so a compiler that optimises need not store the bytes first. With -DFIX the
   clobber is there. x86-64 only. */
#include <stddef.h>
#include <stdint.h>

#ifdef FIX
#define CLOBBER : "memory"
#else
#define CLOBBER
#endif

static uint64_t load(const uint8_t *from) {
    uint64_t word;
    __asm__("movq (%1), %0" : "=r"(word) : "r"(from) CLOBBER);
    return word;
}

uint32_t crc(uint32_t crc, const uint8_t *buf, size_t len) {
    crc = ~crc;
    for (; len; len -= len < 8 ? len : 8, buf += 8) {
        size_t some = len < 8 ? len : 8;
        uint8_t bytes[8] = {0};
        for (size_t at = 0; at < some; at++) bytes[at] = buf[at];
        uint64_t word = load(bytes);
        for (size_t bit = 0; bit < 8 * some; bit++, word >>= 1)
            crc = crc >> 1 ^ (0xedb88320 & -((crc ^ word) & 1));
    }
    return ~crc;
}
