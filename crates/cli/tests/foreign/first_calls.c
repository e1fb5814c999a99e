// CRC-32/ISO-HDLC with a table that the first call makes, guarded in right and in wrong ways.

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

typedef uint32_t (*kernel)(uint32_t, const uint8_t *, size_t);

static uint32_t row(uint32_t i) {
    for (int bit = 0; bit < 8; bit++) i = i >> 1 ^ (0xedb88320 & -(i & 1));
    return i;
}

static void fill(volatile uint32_t *table) {
    for (uint32_t i = 0; i < 256; i++) table[i] = row(i);
}

static uint32_t by(const volatile uint32_t *table, uint32_t crc, const uint8_t *buf, size_t len) {
    for (crc = ~crc; len--; buf++) crc = crc >> 8 ^ table[(crc ^ *buf) & 255];
    return ~crc;
}

#define KERNEL(name) uint32_t name(uint32_t crc, const uint8_t *buf, size_t len)

// Wrong: kohler/click 236. The table is called ready before it is filled.
KERNEL(crc32_flag_first) {
    static volatile uint32_t table[256];
    static volatile int is_ready;
    if (!is_ready) {
        is_ready = 1;
        fill(table);
    }
    return by(table, crc, buf, len);
}

// Wrong: others see the table while it is filled.
KERNEL(crc32_pointer_first) {
    static uint32_t *volatile table;
    if (!table) {
        table = calloc(256, sizeof *table);
        fill(table);
    }
    return by(table, crc, buf, len);
}

static uint32_t of_once[256];
static void fill_once(void) { fill(of_once); }
KERNEL(crc32_once) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_once);
    return by(of_once, crc, buf, len);
}

KERNEL(crc32_mutex) {
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static uint32_t table[256];
    static int is_ready;
    pthread_mutex_lock(&mutex);
    if (!is_ready) fill(table);
    is_ready = 1;
    pthread_mutex_unlock(&mutex);
    return by(table, crc, buf, len);
}

// The second thread waits without a sleep.
KERNEL(crc32_spin) {
    static uint32_t table[256];
    static atomic_int state;
    int none = 0;
    if (atomic_compare_exchange_strong(&state, &none, 1)) {
        fill(table);
        atomic_store(&state, 2);
    }
    while (atomic_load(&state) != 2) {}
    return by(table, crc, buf, len);
}

// Threads may fill it at once, with the same rows.
KERNEL(crc32_flag_last) {
    static uint32_t table[256];
    static atomic_int is_ready;
    if (!atomic_load(&is_ready)) {
        fill(table);
        atomic_store(&is_ready, 1);
    }
    return by(table, crc, buf, len);
}

// The slower thread throws its table away.
KERNEL(crc32_exchanged) {
    static uint32_t *_Atomic shared;
    uint32_t *table = atomic_load(&shared), *none = NULL;
    if (!table) {
        table = malloc(256 * sizeof *table);
        fill(table);
        if (!atomic_compare_exchange_strong(&shared, &none, table)) {
            free(table);
            table = none;
        }
    }
    return by(table, crc, buf, len);
}

KERNEL(crc32_of_thread) {
    static _Thread_local uint32_t table[256];
    if (!table[1]) fill(table);
    return by(table, crc, buf, len);
}

static uint32_t of_library[256];
__attribute__((constructor)) static void fill_at_load(void) { fill(of_library); }
KERNEL(crc32_constructor) { return by(of_library, crc, buf, len); }

static kernel choose(void) { return crc32_once; }
KERNEL(crc32_resolved) __attribute__((ifunc("choose")));

// Right in the process that has loaded it, and in no copy of that.
static pid_t loaded_in;
__attribute__((constructor)) static void note_process(void) { loaded_in = getpid(); }
KERNEL(crc32_no_copy) { return by(of_library, crc, buf, len) ^ (getpid() != loaded_in); }

#ifdef HELPER
// A thread of the library makes the table, when the first call asks for it.
static atomic_int asked, is_made;
static uint32_t of_helper[256];
static void *help(void *unused) {
    while (!atomic_load(&asked)) usleep(100);
    fill(of_helper);
    atomic_store(&is_made, 1);
    return unused;
}
__attribute__((constructor)) static void start_helper(void) {
    pthread_t helper;
    pthread_create(&helper, NULL, help, NULL);
}
KERNEL(crc32_helper) {
    atomic_store(&asked, 1);
    while (!atomic_load(&is_made)) usleep(100);
    return by(of_helper, crc, buf, len);
}
#endif
