// Streams of CRC-32/ISO-HDLC in the forms that libraries have, right ones and faulty ones.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static uint32_t step(uint32_t crc, const uint8_t *buf, size_t len) {
    while (len--) {
        crc ^= *buf++;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
    }
    return crc;
}

// A handle.
typedef struct {
    uint32_t crc;
} handle;

handle *h_new(void) {
    handle *h = malloc(sizeof *h);
    h->crc = ~0u;
    return h;
}
void h_update(handle *h, const void *buf, size_t len) { h->crc = step(h->crc, buf, len); }
uint32_t h_final(handle *h) { return ~h->crc; }
void h_reset(handle *h) { h->crc = ~0u; }
void h_free(handle *h) { free(h); }

// It frees itself in final.
uint32_t h_final_free(handle *h) {
    uint32_t crc = ~h->crc;
    h->crc = 0xdead;
    free(h);
    return crc;
}

// A polynomial, 32-bit lengths in front of the buffer, a status.
handle *p_new(uint32_t poly, const uint32_t *magic) {
    return poly == 0xedb88320u && *magic == 7 ? h_new() : 0;
}
const uint32_t p_magic = 7;
int p_update(uint32_t len, handle *h, const void *buf) {
    h_update(h, buf, len);
    return 1;
}
int p_final(handle *h, uint32_t *crc) {
    *crc = ~h->crc;
    return 1;
}
// Begin and end.
void e_update(handle *h, const uint8_t *buf, const uint8_t *end) { h_update(h, buf, end - buf); }

// A struct of the caller, with a buffer.
typedef struct {
    uint32_t crc;
    uint32_t fill;
    uint8_t block[16];
} buffered;

int b_init(buffered *b) {
    b->crc = ~0u;
    b->fill = 0;
    return 0;
}
int b_update(buffered *b, const uint8_t *buf, size_t len) {
    while (len) {
        size_t take = 16 - b->fill < len ? 16 - b->fill : len;
        memcpy(b->block + b->fill, buf, take);
        b->fill += take;
        buf += take;
        len -= take;
        if (b->fill == 16) {
            b->crc = step(b->crc, b->block, 16);
            b->fill = 0;
        }
    }
    return 0;
}
int b_final(buffered *b, uint8_t out[4]) {
    uint32_t crc = ~step(b->crc, b->block, b->fill);
    for (int i = 0; i < 4; i++) out[i] = crc >> (24 - 8 * i);
    b->fill = 1000; // No second final.
    return 0;
}

// The state by value.
uint32_t v_init(void) { return ~0u; }
uint32_t v_update(uint32_t crc, const void *buf, size_t len) { return step(crc, buf, len); }
uint32_t v_final(uint32_t crc) { return ~crc; }

// The state is the checksum, by value and in memory.
uint32_t z_init(void) { return 0; }
uint32_t z_update(uint32_t crc, const void *buf, size_t len) { return ~step(~crc, buf, len); }
void m_init(uint32_t *crc) { *crc = 0; }
void m_update(uint32_t *crc, const void *buf, size_t len) { *crc = z_update(*crc, buf, len); }

// Of 16 bits, with garbage above it in the register.
uint64_t x_init(void) { return 0xbadbad0000; }
uint64_t x_update(uint64_t state, const uint8_t *buf, size_t len) {
    uint16_t crc = state;
    while (len--) {
        crc ^= *buf++ << 8;
        for (int bit = 0; bit < 8; bit++) crc = crc << 1 ^ (crc >> 15 ? 0x1021 : 0);
    }
    return crc | 0xbadbad0000;
}

// Faults.

// Reset does nothing.
void f_reset(handle *h) { (void)h; }

// The state is a global.
static uint32_t global;
handle *g_new(void) {
    global = ~0u;
    return malloc(1);
}
void g_update(handle *h, const void *buf, size_t len) { (void)h, global = step(global, buf, len); }
uint32_t g_final(handle *h) { return (void)h, ~global; }

// Bytes that an update leaves behind the last whole block take the place of those before them.
int d_update(buffered *b, const uint8_t *buf, size_t len) {
    if (b->fill + len < 16) {
        memcpy(b->block, buf, len);
        b->fill = len;
        return 0;
    }
    return b_update(b, buf, len);
}
// Final ignores what is buffered.
int i_final(buffered *b, uint8_t out[4]) {
    b->fill = 0;
    return b_final(b, out);
}
// Init leaves a field as it is.
typedef struct {
    uint32_t crc;
    uint32_t is_begun;
} lazy;
void l_init(lazy *l) { l->crc = 0; }
void l_update(lazy *l, const uint8_t *buf, size_t len) {
    if (!l->is_begun) l->crc = ~0u, l->is_begun = 1;
    l->crc = step(l->crc, buf, len);
}
uint32_t l_final(lazy *l) { return ~l->crc; }
// Update writes beyond the struct: right behind it, and a page behind it.
int o_update(buffered *b, const uint8_t *buf, size_t len) {
    int status = b_update(b, buf, len);
    if (len > 40) ((uint8_t *)(b + 1))[0] ^= 1;
    return status;
}
int w_update(buffered *b, const uint8_t *buf, size_t len) {
    int status = b_update(b, buf, len);
    if (len > 40) ((volatile uint8_t *)b)[100] = 1;
    return status;
}
// A status that is none at one length.
int s_update(buffered *b, const uint8_t *buf, size_t len) {
    b_update(b, buf, len);
    return len == 77 ? -1 : 0;
}
// The third reset of a handle does nothing.
typedef struct {
    uint32_t crc;
    uint32_t resets;
} counting;

counting *c_new(void) {
    counting *c = malloc(sizeof *c);
    c->crc = ~0u;
    c->resets = 0;
    return c;
}
void c_reset(counting *c) {
    if (++c->resets != 3) c->crc = ~0u;
}
// What was freed is handed out again as it was.
static handle *kept;
handle *k_new(void) {
    if (!kept) return h_new();
    handle *again = kept;
    kept = 0;
    return again;
}
void k_free(handle *h) {
    if (kept) free(h);
    else kept = h;
}
// Reset after an update of 16 bytes or more reads a null pointer.
static volatile uint8_t *volatile nothing;
static size_t longest;
void n_update(handle *h, const void *buf, size_t len) {
    if (len > longest) longest = len;
    h_update(h, buf, len);
}
void n_reset(handle *h) { h->crc = longest >= 16 ? ~(uint32_t)*nothing : ~0u; }
