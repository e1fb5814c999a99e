// Kernels for the tests of foreign subjects: those of the gallery, and what the gallery has no use for.
#include <signal.h>

#include "../../../gallery/src/library/kernels.c"

KERNEL(crc32_odd, if (len % 64 == 63) crc ^= 1)
KERNEL(crc32_reads_on, if (len > 16) (void)*(const volatile uint8_t *)(buf + len))

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
