// Functions whose symbols are those that compilers of C++ and Rust give.
#include <stddef.h>
#include <stdint.h>

#define KERNEL(name, symbol) \
    uint32_t name(uint32_t crc, const uint8_t *buf, size_t len) __asm__(symbol); \
    uint32_t name(uint32_t crc, const uint8_t *buf, size_t len)

static uint32_t update(uint32_t crc, const uint8_t *buf, size_t len) {
    crc = ~crc;
    while (len--) {
        crc ^= *buf++;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
    }
    return ~crc;
}

// crc::update(unsigned int, unsigned char const*, unsigned long)
KERNEL(cpp_update, "_ZN3crc6updateEjPKhm") { return update(crc, buf, len); }

// my::crc32(unsigned int, unsigned char const*, unsigned long)
KERNEL(cpp_crc32, "_ZN2my5crc32EjPKhm") { return update(crc, buf, len); }

// my::crc32(unsigned char const*, unsigned long)
uint32_t cpp_short(const uint8_t *buf, size_t len) __asm__("_ZN2my5crc32EPKhm");
uint32_t cpp_short(const uint8_t *buf, size_t len) { return update(0, buf, len); }

// my::drops_tail(unsigned int, unsigned char const*, unsigned long)
KERNEL(cpp_wrong, "_ZN2my10drops_tailEjPKhm") { return update(crc, buf, len & ~(size_t)3); }

// my::make_crc_table()
void cpp_table(void) __asm__("_ZN2my14make_crc_tableEv");
void cpp_table(void) {}

// lib::fast::crc, in both manglings of Rust
KERNEL(rust_legacy, "_ZN3lib4fast3crc17h0123456789abcdefE") { return update(crc, buf, len); }
KERNEL(rust_v0, "_RNvNtCs1234_5other4fast3crc") { return update(crc, buf, len); }
