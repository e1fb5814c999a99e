// What every hostile kernel is made of: a right CRC-32, and the moments at which it acts.
#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

// One call, and how many calls this process has had with it.
typedef struct {
    uint32_t crc;
    const uint8_t *buf;
    size_t len;
    unsigned long nth;
} call;

static uint32_t table[256];

__attribute__((noinline)) static uint32_t right_crc(uint32_t crc, const uint8_t *buf, size_t len) {
    crc = ~crc;
    while (len--) crc = crc >> 8 ^ table[(crc ^ *buf++) & 255];
    return ~crc;
}

// The moments. Each has one parameter.
#define WHEN(name) static int when_##name(const call *c, unsigned long n)
WHEN(always) { return 1; }
WHEN(nth) { return c->nth == n; }
WHEN(every) { return c->nth % n == 0; }
WHEN(length) { return c->len == n; }
WHEN(at_least) { return c->len >= n; }
WHEN(alignment) { return ((uintptr_t)c->buf & 63) == n; }
WHEN(cell) { return c->len == n >> 6 && ((uintptr_t)c->buf & 63) == (n & 63); }
WHEN(checksum) { return c->crc == (uint32_t)n; }
WHEN(first_byte) { return c->len && c->buf[0] == n; }
WHEN(second_thread) {
    static __thread int here;
    static int first;
    int expected = 0;
    if (!here) here = __atomic_add_fetch(&first, 1, __ATOMIC_SEQ_CST);
    return here == 2;
}

// An act returns the bits that are wrong in the result.
#define ACT(name) static uint32_t act_##name(const call *c, unsigned long n)

// Whether this process has not been here before.
#define ONCE ({ static int been; !__atomic_exchange_n(&been, 1, __ATOMIC_SEQ_CST); })
