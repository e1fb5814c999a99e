// Kernels for the tests of foreign subjects: those that `selftest` judges, and more.
#include <signal.h>
#include <sys/stat.h>

#include "../../../faults/src/library/kernels.c"

KERNEL(crc32_odd, if (len % 64 == 63) crc ^= 1)
KERNEL(crc32_reads_on, if (len > 16) (void)*(const volatile uint8_t *)(buf + len))

// Wrong at a few lengths that no list has: with a comparison that shows them, and without.
KERNEL(crc32_compares, if (len >= 100003 && len <= 100010) crc ^= 1)
static volatile size_t first_wrong = 100003;
KERNEL(crc32_tells_nothing, if (len - first_wrong < 8) crc ^= 1)
// Right, on another path from the same length on.
uint32_t crc32_two_paths(uint32_t crc, const uint8_t *buf, size_t len) {
    return len >= 100003 ? crc32_by_eight(crc, buf, len) : right(crc, buf, len);
}

// The first call fills a table. A second call takes it for filled as soon as the first one begins.
static uint32_t of_two_bytes[1 << 16];
uint32_t crc32_lazy(uint32_t crc, const uint8_t *buf, size_t len) {
    volatile uint32_t *table = of_two_bytes;
    if (!table[1])
        for (uint32_t i = 0; i < 1 << 16; i++) {
            uint32_t word = i;
            for (int bit = 0; bit < 16; bit++) word = word >> 1 ^ (0xedb88320 & -(word & 1));
            table[i] = word;
        }
    uint32_t reg = ~crc;
    for (; len >= 2; buf += 2, len -= 2) reg = reg >> 16 ^ table[(reg ^ (buf[0] | (uint32_t)buf[1] << 8)) & 0xffff];
    return ~bytes(reg, buf, len);
}

// A copy of the message that all threads share.
uint32_t crc32_scratch(uint32_t crc, const uint8_t *buf, size_t len) {
    static uint8_t scratch[512];
    uint32_t reg = ~crc;
    while (len) {
        size_t part = len < sizeof scratch ? len : sizeof scratch;
        memcpy(scratch, buf, part);
        __asm__ volatile("" ::: "memory");
        reg = bytes(reg, scratch, part);
        buf += part;
        len -= part;
    }
    return ~reg;
}

// Wrong in the first call of a process, with other threads or without.
KERNEL(crc32_first, static int calls; if (!calls++) crc ^= 1)

// Acts that the sandbox forbids. A call that succeeds in one returns a wrong checksum.
static int has_attacked;
static const char *victim(void) { return getenv("CRCHECK_TEST_VICTIM"); }
KERNEL(crc32_attacks, if (!has_attacked) {
    has_attacked = 1;
    if (victim() && unlink(victim()) == 0) crc ^= 1;
    if (victim() && chmod(victim(), 0600) == 0) crc ^= 1;
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

// Narrow results: the ABI leaves the bits of rax above the type undefined, and these fill them.
#ifdef __x86_64__
#define WITH_GARBAGE(value) ({ uint64_t all = ~0xffffull | (value); __asm__("" : "+a"(all)); all; })
#else
#define WITH_GARBAGE(value) (value)
#endif
uint64_t crc16_garbage(uint16_t crc, const uint8_t *buf, size_t len) { return WITH_GARBAGE(crc16_xmodem(crc, buf, len)); }
uint8_t crc8_smbus(uint8_t crc, const uint8_t *buf, size_t len) {
    while (len--) {
        crc ^= *buf++;
        for (int bit = 0; bit < 8; bit++) crc = crc & 0x80 ? (uint8_t)(crc << 1) ^ 0x07 : crc << 1;
    }
    return crc;
}
// Depends on what it must not: the bits of its register above a narrow argument.
uint16_t crc16_wide_argument(uint64_t crc, const uint8_t *buf, size_t len) {
    return crc16_xmodem((uint16_t)crc, buf, len) ^ (uint16_t)(crc >> 32 ? 1 : 0);
}

uint64_t crc64_xz_whole(const uint8_t *buf, size_t len) { return crc64_xz(0, buf, len); }

// Other parameters: a begin and an end, a constant, a table.
uint32_t crc32_begin_end(uint32_t crc, const uint8_t *buf, const uint8_t *end) { return right(crc, buf, (size_t)(end - buf)); }
uint32_t crc_by_poly(uint32_t poly, uint32_t crc, const uint8_t *buf, uint16_t len) {
    crc = ~crc;
    while (len--) {
        crc ^= *buf++;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (poly & -(crc & 1));
    }
    return ~crc;
}
const uint32_t nibbles[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
uint32_t crc32_by_table(const uint32_t *table, const uint8_t *buf, size_t len, uint32_t crc, void *log) {
    crc = ~crc;
    for (; len--; buf++) {
        crc = crc >> 4 ^ table[(crc ^ *buf) & 15];
        crc = crc >> 4 ^ table[(crc ^ *buf >> 4) & 15];
    }
    return log ? 0 : ~crc;
}

int crc32_data = 3;

// No state, and a fault of the place where a message lies.
#define PLACE(name, is_wrong) KERNEL(name, size_t at = (size_t)buf; size_t end = at + len; (void)end; if (len && (is_wrong)) crc ^= 1)
PLACE(crc32_at_0_of_16, at % 16 == 0)
PLACE(crc32_at_37_of_64, at % 64 == 37)
PLACE(crc32_ends_at_5_of_16, end % 16 == 5)
PLACE(crc32_crosses_a_page, at / 4096 != (end - 1) / 4096)
PLACE(crc32_late_in_a_page, at % 4096 >= 3000)
PLACE(crc32_inside_a_page, at % 4096 >= 100 && at % 4096 < 3000)
PLACE(crc32_ends_with_a_page, end % 4096 == 0)

// A null pointer with length 0: an access, a wrong checksum, and answers that are right.
uint32_t crc32_reads_null(uint32_t crc, const uint8_t *buf, size_t len) { return buf ? right(crc, buf, len) : *(const volatile uint8_t *)buf; }
uint32_t crc32_wrong_for_null(uint32_t crc, const uint8_t *buf, size_t len) { return buf ? right(crc, buf, len) : 0xffffffff; }
uint32_t crc32_begins_at_null(uint32_t crc, const uint8_t *buf, size_t len) { return buf ? right(crc, buf, len) : 0; }
uint32_t crc32_end_reads_null(uint32_t crc, const uint8_t *buf, const uint8_t *end) { return buf ? right(crc, buf, (size_t)(end - buf)) : *(const volatile uint8_t *)buf; }

// Wrong at short lengths, without bytes too, and not affine there.
KERNEL(crc32_scales, if (len < 4) crc = ~(~crc * 3))

#ifdef __x86_64__
KERNEL(crc32_loses_rbx, if (len >= 32) __asm__ volatile("xorl %%ebx, %%ebx" ::: "memory"))
// What each counts on is no promise of its caller.
uint32_t crc32_wide_argument(uint64_t crc, const uint8_t *buf, size_t len) { return right((uint32_t)crc, buf, len) ^ (crc >> 32 ? 1 : 0); }
uint32_t crc32_wide_length(uint32_t crc, const uint8_t *buf, uint64_t len) { return len >> 32 ? *(const volatile uint8_t *)0 : right(crc, buf, len); }
#define COUNTS_ON(name, taken) \
    __attribute__((used)) static uint32_t name##_rest(uint32_t crc, const uint8_t *buf, size_t len, uint64_t word) { return right(crc, buf, len) ^ (word + 1 ? 0 : 1); } \
    __asm__(".globl " #name "\n.type " #name ",@function\n" #name ":\n" taken "\njmp " #name "_rest\n");
COUNTS_ON(crc32_takes_r10, "mov %r10, %rcx")
COUNTS_ON(crc32_takes_stack, "mov -64(%rsp), %rcx")
COUNTS_ON(crc32_takes_xmm9, "movq %xmm9, %rcx")
#endif
