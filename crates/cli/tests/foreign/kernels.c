// CRC-32 kernels for the tests of foreign subjects: right ones under several conventions, and for each
// way in which code takes its process with it, one that goes that way at one length.
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint32_t table[256];

__attribute__((constructor)) static void fill_table(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t word = i;
        for (int bit = 0; bit < 8; bit++) word = word >> 1 ^ (0xedb88320 & -(word & 1));
        table[i] = word;
    }
}

static uint32_t right(uint32_t crc, const uint8_t *buf, size_t len) {
    crc = ~crc;
    while (len--) crc = crc >> 8 ^ table[(crc ^ *buf++) & 255];
    return ~crc;
}

#define KERNEL(name, before)                                            \
    uint32_t name(uint32_t crc, const uint8_t *buf, size_t len) {       \
        before;                                                         \
        return right(crc, buf, len);                                    \
    }

KERNEL(crc32_right, )
KERNEL(crc32_wrong, if (len == 77) crc ^= 1)
KERNEL(crc32_odd, if (len % 64 == 63) crc ^= 1)
KERNEL(crc32_over_read, if (len % 16 == 13) (void)*(const volatile uint8_t *)(buf + len + 2))
KERNEL(crc32_reads_on, if (len > 16) (void)*(const volatile uint8_t *)(buf + len))
KERNEL(crc32_writes, if (len > 8) ((volatile uint8_t *)buf)[3] = buf[3])
KERNEL(crc32_crash, if (len == 40) (void)*(volatile int *)8)
KERNEL(crc32_hang, if (len == 100) for (;;) __asm__ volatile(""))
KERNEL(crc32_exit, if (len == 33) exit(3))
KERNEL(crc32_abort, if (len >= 20) abort())
KERNEL(crc32_closes, if (len == 64) for (int i = 0; i < 256; i++) close(i))
KERNEL(crc32_heap, char *volatile block = malloc(32);
       if (len == 50) for (volatile char *at = block; at < block + 200; at++) *at = 65;
       free(block))
// To the end of the heap, so that what the allocator has left to give is ruined whatever lies before it.
KERNEL(crc32_heap_later, static char *block; if (!block) block = malloc(32);
       if (len == 50) for (volatile char *at = block; at < (char *)sbrk(0); at++) *at = 65)

// What a subject may not do: each answers wrongly if it could.
static int has_attacked;
static const char *victim(void) { return getenv("CRCHECK_TEST_VICTIM"); }
KERNEL(crc32_attacks, if (!has_attacked) {
    has_attacked = 1;
    if (victim() && unlink(victim()) == 0) crc ^= 1;
    if (kill(getppid(), 0) == 0) crc ^= 1;
})

uint32_t crc32_buf_len_crc(const uint8_t *buf, size_t len, uint32_t crc) { return right(crc, buf, len); }
uint32_t crc32_len_buf_crc(uint32_t len, const uint8_t *buf, uint32_t crc) { return right(crc, buf, len); }
uint32_t crc32_crc_len_buf(uint32_t crc, size_t len, const uint8_t *buf) { return right(crc, buf, len); }
uint32_t crc32_whole(const uint8_t *buf, size_t len) { return right(0, buf, len); }
uint32_t crc32_register(uint32_t crc, const uint8_t *buf, size_t len) { return ~right(~crc, buf, len); }

// CRC-16/XMODEM and CRC-64/XZ: other widths.
uint32_t crc16_xmodem(uint32_t crc, const uint8_t *buf, size_t len) {
    while (len--) {
        crc ^= (uint32_t)*buf++ << 8;
        for (int bit = 0; bit < 8; bit++) crc = (crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
    }
    return crc;
}

uint64_t crc64_xz(uint64_t crc, const uint8_t *buf, size_t len) {
    crc = ~crc;
    while (len--) {
        crc ^= *buf++;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xc96c5795d7870f42 & -(crc & 1));
    }
    return ~crc;
}

int crc32_data = 3;
