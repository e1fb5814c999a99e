// CRC-32 kernels in C: right ones, and one for each way in which C goes wrong or ends its process. The build may
// set each number by a macro.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef ROWS_LATE
#define ROWS_LATE 128
#endif
#ifndef WRONG_AT
#define WRONG_AT 77
#endif
#ifndef OVER_READ_AT
#define OVER_READ_AT 13
#endif
#ifndef OVER_READ_BYTES
#define OVER_READ_BYTES 3
#endif
#ifndef WRITES_FROM
#define WRITES_FROM 9
#endif
#ifndef CRASH_AT
#define CRASH_AT 40
#endif
#ifndef HANG_AT
#define HANG_AT 100
#endif
#ifndef EXIT_AT
#define EXIT_AT 33
#endif
#ifndef EXIT_CODE
#define EXIT_CODE 3
#endif
#ifndef ABORT_FROM
#define ABORT_FROM 20
#endif
#ifndef CLOSES_AT
#define CLOSES_AT 64
#endif
#ifndef HEAP_AT
#define HEAP_AT 50
#endif
#ifndef LENGTH_BITS
#define LENGTH_BITS 16
#endif

static uint32_t tables[8][256];

__attribute__((constructor)) static void fill_tables(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t word = i;
        for (int bit = 0; bit < 8; bit++) word = word >> 1 ^ (0xedb88320 & -(word & 1));
        tables[0][i] = word;
    }
    for (int row = 1; row < 8; row++)
        for (int i = 0; i < 256; i++) {
            uint32_t word = tables[row - 1][i];
            tables[row][i] = word >> 8 ^ tables[0][word & 255];
        }
}

static uint32_t bytes(uint32_t reg, const uint8_t *buf, size_t len) {
    while (len--) reg = reg >> 8 ^ tables[0][(reg ^ *buf++) & 255];
    return reg;
}

static uint32_t right(uint32_t crc, const uint8_t *buf, size_t len) { return ~bytes(~crc, buf, len); }

// Eight bytes at a time, from the first address that is a multiple of eight.
uint32_t crc32_by_eight(uint32_t crc, const uint8_t *buf, size_t len) {
    uint32_t reg = ~crc;
    size_t head = -(uintptr_t)buf & 7;
    if (head > len) head = len;
    reg = bytes(reg, buf, head);
    buf += head;
    len -= head;
    for (; len >= 8; buf += 8, len -= 8) {
        uint32_t word = 0, next = 0;
        for (int i = 0; i < 4; i++) {
            word |= (uint32_t)buf[i] << 8 * i;
            next |= (uint32_t)buf[4 + i] << 8 * i;
        }
        word ^= reg;
        reg = 0;
        for (int i = 0; i < 4; i++) reg ^= tables[7 - i][word >> 8 * i & 255] ^ tables[3 - i][next >> 8 * i & 255];
    }
    return ~bytes(reg, buf, len);
}

#define KERNEL(name, before)                                            \
    uint32_t name(uint32_t crc, const uint8_t *buf, size_t len) {       \
        before;                                                         \
        return right(crc, buf, len);                                    \
    }

KERNEL(crc32_right, )
KERNEL(crc32_wrong, if (len == WRONG_AT) crc ^= 1)
KERNEL(crc32_over_read,
       if (len % 16 == OVER_READ_AT) (void)*(const volatile uint8_t *)(buf + len + OVER_READ_BYTES - 1))
KERNEL(crc32_writes, if (len >= WRITES_FROM) ((volatile uint8_t *)buf)[3] = buf[3])
KERNEL(crc32_crash, if (len == CRASH_AT) (void)*(volatile int *)8)
KERNEL(crc32_hang, if (len == HANG_AT) for (;;) usleep(1000))
KERNEL(crc32_exit, if (len == EXIT_AT) exit(EXIT_CODE))
KERNEL(crc32_abort, if (len >= ABORT_FROM) abort())
KERNEL(crc32_closes, if (len == CLOSES_AT) for (int i = 0; i < 256; i++) close(i))
KERNEL(crc32_heap, char *volatile block = malloc(32);
       if (len == HEAP_AT) for (volatile char *at = block; at < block + 200; at++) *at = 65;
       free(block))
// To the end of the heap, so that what the allocator has left to give is ruined whatever lies before it.
KERNEL(crc32_heap_later, static char *block; if (!block) block = malloc(32);
       if (len == HEAP_AT) for (volatile char *at = block; at < (char *)sbrk(0); at++) *at = 65)
// A size_t in a shorter type.
KERNEL(crc32_short_length, len &= ((size_t)1 << LENGTH_BITS) - 1)

// The first call makes a table, and calls it ready when the last rows are not there yet.
uint32_t crc32_table_early(uint32_t crc, const uint8_t *buf, size_t len) {
    static volatile uint32_t table[256];
    static volatile int is_ready;
    if (!is_ready)
        for (uint32_t i = 0; i < 256; i++) {
            if (i == 256 - ROWS_LATE) is_ready = 1;
            uint32_t row = i;
            for (int bit = 0; bit < 8; bit++) row = row >> 1 ^ (0xedb88320 & -(row & 1));
            table[i] = row;
        }
    for (crc = ~crc; len--; buf++) crc = crc >> 8 ^ table[(crc ^ *buf) & 255];
    return ~crc;
}

#ifdef __x86_64__
// Assembly that reads memory and does not say so: the compiler need not have stored what it reads.
uint32_t crc32_unsaid(uint32_t crc, const uint8_t *buf, size_t len) {
    size_t whole = len / 8 * 8;
    uint32_t reg = bytes(~crc, buf, whole);
    uint8_t tail[8] = {0};
    for (size_t i = 0; i < len - whole; i++) tail[i] = buf[whole + i];
    uint64_t word;
    __asm__("movq (%1), %0" : "=r"(word) : "r"(tail));
    for (size_t i = whole; i < len; i++, word >>= 8) reg = reg >> 8 ^ tables[0][(reg ^ word) & 255];
    return ~reg;
}

// Loads that want an address which is a multiple of 16, behind a prologue that does not care for it.
KERNEL(crc32_aligned, for (size_t at = len % 32; at + 16 <= len; at += 16)
       __asm__ volatile("movdqa (%0), %%xmm0" ::"r"(buf + at) : "xmm0", "memory"))
#endif
