// A library whose constructor crashes, hangs or exits, as CASE says.
#include <stdint.h>
#include <stddef.h>
#include <stdlib.h>

__attribute__((constructor)) static void construct(void) {
#if CASE == 1
    (void)*(volatile int *)8;
#elif CASE == 2
    for (;;) __asm__ volatile("");
#else
    exit(9);
#endif
}

uint32_t crc32(uint32_t crc, const uint8_t *buf, size_t len) { return crc ^ (buf && len); }
