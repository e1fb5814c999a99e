// Functions for an interpreter: what they do on one CPU, they do not do on another.
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint32_t table[256];

/* A constructor, which the interpreter runs too. */
__attribute__((constructor)) static void fill(void) {
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ (0xedb88320 & -(table[i] & 1));
    }
}

static uint32_t by_table(uint32_t crc, const uint8_t *buf, size_t len) {
    crc = ~crc;
    while (len--)
        crc = crc >> 8 ^ table[(crc ^ *buf++) & 0xff];
    return ~crc;
}

uint32_t right(uint32_t crc, const uint8_t *buf, size_t len) {
    return by_table(crc, buf, len);
}

/* Reads two bytes behind a message of an odd length. */
uint32_t reads_on(uint32_t crc, const uint8_t *buf, size_t len) {
    if (len % 2)
        (void)*(const volatile uint8_t *)(buf + len + 1);
    return by_table(crc, buf, len);
}

static uint32_t wrong(uint32_t crc, const uint8_t *buf, size_t len) {
    return by_table(crc, buf, len) ^ 1;
}

/* Wrong where the CPU says that it has AVX-512. */
static void *choose(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") ? (void *)wrong : (void *)by_table;
}
uint32_t chosen(uint32_t crc, const uint8_t *buf, size_t len) __attribute__((ifunc("choose")));

__attribute__((target("avx512f,avx512bw,avx512vl"))) static uint64_t ones(void) {
    uint64_t mask;
    __asm__ volatile("vpternlogd $0xff, %%zmm0, %%zmm0, %%zmm0\n\tvpmovb2m %%zmm0, %%k1\n\t"
                     "kmovq %%k1, %0\n\tvzeroupper"
                     : "=r"(mask) : : "xmm0");
    return mask;
}

/* Executes AVX-512 without asking. */
uint32_t never_asks(uint32_t crc, const uint8_t *buf, size_t len) {
    return by_table(crc, buf, len) ^ (uint32_t)~ones();
}

uint32_t asks_the_system(uint32_t crc, const uint8_t *buf, size_t len) {
    syscall(SYS_getpid);
    return by_table(crc, buf, len);
}
