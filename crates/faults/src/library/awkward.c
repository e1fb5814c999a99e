// Right kernels whose interface or build is awkward. Each is built by several compilers.
#define _GNU_SOURCE
#include "kernels.c"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <threads.h>

// Results narrower than a register. Nothing clears the bits above them, neither here nor in the tables.
static uint32_t of_8[256], of_16[256];
static uint64_t of_64[256];

__attribute__((constructor)) static void fill_more_tables(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t word = i, wide = i << 8;
        uint64_t long_word = i;
        for (int bit = 0; bit < 8; bit++) {
            word = word << 1 ^ (0x07 & -(word >> 7 & 1));
            wide = wide << 1 ^ (0x1021 & -(wide >> 15 & 1));
            long_word = long_word >> 1 ^ (0xc96c5795d7870f42 & -(long_word & 1));
        }
        of_8[i] = word;
        of_16[i] = wide;
        of_64[i] = long_word;
    }
}

uint8_t crc8(uint8_t crc, const uint8_t *buf, size_t len) {
    uint32_t reg = crc;
    while (len--) reg = of_8[(reg ^ *buf++) & 255];
    return reg;
}

static uint32_t bytes_16(uint32_t reg, const uint8_t *buf, size_t len) {
    while (len--) reg = reg << 8 ^ of_16[(reg >> 8 ^ *buf++) & 255];
    return reg;
}
uint16_t crc16(uint16_t crc, const uint8_t *buf, size_t len) { return bytes_16(crc, buf, len); }
uint16_t crc16_short(const uint8_t *buf, uint16_t len, uint16_t crc) { return bytes_16(crc, buf, len); }

uint64_t crc64_one_shot(const uint8_t *buf, size_t len) {
    uint64_t reg = -1;
    while (len--) reg = reg >> 8 ^ of_64[(reg ^ *buf++) & 255];
    return ~reg;
}

uint32_t crc32_register(uint32_t reg, const uint8_t *buf, size_t len) { return ~crc32_by_eight(~reg, buf, len); }
uint32_t crc32_pointers(const uint8_t *begin, const uint8_t *end, uint32_t crc) {
    return crc32_by_eight(crc, begin, end - begin);
}
uint32_t crc32_big_endian(uint32_t crc, const uint8_t *buf, size_t len) {
    return __builtin_bswap32(crc32_by_eight(__builtin_bswap32(crc), buf, len));
}
int crc32_in_place(uint32_t *crc, const uint8_t *buf, size_t len) {
    *crc = crc32_by_eight(*crc, buf, len);
    return 1;
}
uint32_t crc32_copy(uint32_t crc, uint8_t *to, const uint8_t *buf, size_t len) {
    if (len) memcpy(to, buf, len);
    return crc32_by_eight(crc, buf, len);
}
uint32_t crc32_polynomial(uint32_t poly, uint32_t crc, const uint8_t *buf, uint32_t len) {
    if (poly == 0xedb88320) return crc32_by_eight(crc, buf, len);
    for (crc = ~crc; len--; crc ^= *buf++)
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (poly & -(crc & 1));
    return ~crc;
}
void crc32_text(const uint8_t *buf, size_t len, char *text) { sprintf(text, "%08x", right(0, buf, len)); }

// The loader chooses.
typedef uint32_t kernel(uint32_t, const uint8_t *, size_t);
static kernel *choose(void) { return crc32_by_eight; }
uint32_t crc32_indirect(uint32_t, const uint8_t *, size_t) __attribute__((ifunc("choose")));

static uint32_t by_table(const uint32_t *table, uint32_t crc, const uint8_t *buf, size_t len) {
    uint32_t reg = ~crc;
    while (len--) reg = reg >> 8 ^ table[(reg ^ *buf++) & 255];
    return ~reg;
}
static void fill(uint32_t *table, uint32_t poly) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t word = i;
        for (int bit = 0; bit < 8; bit++) word = word >> 1 ^ (poly & -(word & 1));
        table[i] = word;
    }
}

// Tables that are filled late: by each thread, once, or by whoever comes first while the others wait.
uint32_t crc32_thread_local(uint32_t crc, const uint8_t *buf, size_t len) {
    static _Thread_local uint32_t table[256];
    if (!table[1]) fill(table, 0xedb88320);
    return by_table(table, crc, buf, len);
}

static uint32_t of_once[256];
static void fill_once(void) { fill(of_once, 0xedb88320); }
uint32_t crc32_pthread_once(uint32_t crc, const uint8_t *buf, size_t len) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_once);
    return by_table(of_once, crc, buf, len);
}
uint32_t crc32_call_once(uint32_t crc, const uint8_t *buf, size_t len) {
    static once_flag once = ONCE_FLAG_INIT;
    call_once(&once, fill_once);
    return by_table(of_once, crc, buf, len);
}
uint32_t crc32_double_checked(uint32_t crc, const uint8_t *buf, size_t len) {
    static uint32_t table[256];
    static atomic_bool is_filled;
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    if (!atomic_load_explicit(&is_filled, memory_order_acquire)) {
        pthread_mutex_lock(&mutex);
        if (!atomic_load_explicit(&is_filled, memory_order_relaxed)) {
            fill(table, 0xedb88320);
            atomic_store_explicit(&is_filled, 1, memory_order_release);
        }
        pthread_mutex_unlock(&mutex);
    }
    return by_table(table, crc, buf, len);
}

// A table of the caller.
struct context {
    uint32_t table[256];
};
static struct context made;
struct context *make_context(uint32_t poly) {
    fill(made.table, poly);
    return &made;
}
uint32_t crc32_context(const struct context *context, uint32_t crc, const uint8_t *buf, size_t len) {
    return by_table(context->table, crc, buf, len);
}

static uint32_t times(uint32_t a, uint32_t b) {
    uint32_t product = 0;
    for (uint32_t bit = 1u << 31; bit; bit >>= 1, b = b >> 1 ^ (0xedb88320 & -(b & 1)))
        if (a & bit) product ^= b;
    return product;
}
uint32_t crc32_combine_size(uint32_t crc, uint32_t crc2, size_t len) {
    uint32_t power = 1u << 31, square = 1u << 23;
    for (; len; len >>= 1, square = times(square, square))
        if (len & 1) power = times(power, square);
    return times(power, crc) ^ crc2;
}
