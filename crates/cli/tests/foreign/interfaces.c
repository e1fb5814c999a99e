// Right kernels behind every interface that a signature can say, and faulty ones that break only
// what the interface owes besides the checksum.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t right(uint32_t crc, const uint8_t *buf, size_t len) {
    crc = ~crc;
    while (len--) {
        crc ^= *buf++;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
    }
    return ~crc;
}

int by_address(uint32_t *crc, const uint8_t *buf, size_t len) {
    *crc = right(*crc, buf, len);
    return 0;
}
int by_address_fails_at_17(uint32_t *crc, const uint8_t *buf, size_t len) {
    *crc = right(*crc, buf, len);
    return len == 17 ? -5 : 0;
}
int status_of_one(const uint8_t *buf, size_t len, uint8_t *out) {
    uint32_t crc = right(0, buf, len);
    memcpy(out, &crc, 4);
    return 1;
}
void big_endian_out(const uint8_t *buf, size_t len, uint8_t *out) {
    uint32_t crc = __builtin_bswap32(right(0, buf, len));
    memcpy(out, &crc, 4);
}
void text_out(const uint8_t *buf, uint32_t len, char *out) { sprintf(out, "%08x", right(0, buf, len)); }
const char *text(const uint8_t *buf, size_t len) {
    static _Thread_local char text[16];
    sprintf(text, "0x%X", right(0, buf, len));
    return text;
}
const char *no_text(const uint8_t *buf, size_t len) { return right(0, buf, len) & 1 ? "odd" : "even"; }
uint32_t big_endian(uint32_t crc, const uint8_t *buf, size_t len) {
    return __builtin_bswap32(right(__builtin_bswap32(crc), buf, len));
}
uint32_t big_endian_once(const uint8_t *buf, size_t len) { return __builtin_bswap32(right(0, buf, len)); }
int64_t with_sign(const uint8_t *buf, size_t len) { return (int32_t)right(0, buf, len); }
uint32_t at_offset(uint32_t crc, const uint8_t *buf, int32_t offset, int32_t len) {
    return right(crc, buf + offset, (size_t)len);
}
uint32_t ignores_offset_at_40(uint32_t crc, const uint8_t *buf, size_t offset, size_t len) {
    return right(crc, buf + (len == 40 ? 0 : offset), len);
}
uint32_t short_message(uint32_t crc, const uint8_t *buf, uint8_t len) { return right(crc, buf, len); }
uint32_t copies(uint32_t crc, uint8_t *dst, const uint8_t *buf, size_t len) {
    memcpy(dst, buf, len);
    return right(crc, buf, len);
}
uint32_t copies_not_the_last(uint32_t crc, uint8_t *dst, const uint8_t *buf, size_t len) {
    memcpy(dst, buf, len < 33 ? len : len - 1);
    return right(crc, buf, len);
}
uint32_t copies_one_more(uint32_t crc, uint8_t *dst, const uint8_t *buf, size_t len) {
    uint32_t now = copies(crc, dst, buf, len);
    if (len == 50) dst[len] = 0;
    return now;
}

struct maker { uint32_t poly; };
struct context { uint32_t poly, table[256]; };
struct maker *new_maker(uint32_t poly) {
    struct maker *made = malloc(sizeof *made);
    made->poly = poly;
    return made;
}
struct context *new_context(const struct maker *maker) {
    struct context *made = malloc(sizeof *made);
    made->poly = maker->poly;
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (made->poly & -(crc & 1));
        made->table[byte] = crc;
    }
    return made;
}
uint32_t with_context(const struct context *context, uint32_t crc, const uint8_t *buf, size_t len) {
    for (crc = ~crc; len--;) crc = crc >> 8 ^ context->table[(uint8_t)crc ^ *buf++];
    return ~crc;
}

static uint32_t filled[256];
static uint32_t count;
void allow(uint32_t entries) { count = entries; }
void fill(void) {
    for (uint32_t byte = 0; byte < count; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
        filled[byte] = crc;
    }
}
uint32_t after_init(uint32_t crc, const uint8_t *buf, size_t len) {
    for (crc = ~crc; len--;) crc = crc >> 8 ^ filled[(uint8_t)crc ^ *buf++];
    return ~crc;
}
void fails(void) { abort(); }

uint32_t register_buf_len_crc(const uint8_t *buf, size_t len, uint32_t crc) { return ~right(~crc, buf, len); }
uint32_t castagnoli(uint32_t crc, const uint8_t *buf, size_t len) {
    crc = ~crc;
    while (len--) {
        crc ^= *buf++;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0x82f63b78u & -(crc & 1));
    }
    return ~crc;
}
uint64_t xz(uint64_t crc, const uint8_t *buf, size_t len) {
    crc = ~crc;
    while (len--) {
        crc ^= *buf++;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xc96c5795d7870f42u & -(crc & 1));
    }
    return ~crc;
}
void fill_all(void) {
    allow(256);
    fill();
}
uint32_t after_fill(uint32_t crc, const uint8_t *buf, size_t len) { return after_init(crc, buf, len); }
