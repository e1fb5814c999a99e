// CRC-16/KERMIT by a table that the compiler makes.
#include <array>
#include <cstddef>
#include <cstdint>

static constexpr auto table = [] {
    std::array<std::uint16_t, 256> table{};
    for (int byte = 0; byte < 256; byte++) {
        int crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x8408 : 0);
        table[byte] = crc;
    }
    return table;
}();

namespace checksums {

std::uint16_t crc16(std::uint16_t crc, const std::uint8_t *buf, std::size_t len) {
    while (len--) crc = crc >> 8 ^ table[(crc ^ *buf++) & 0xff];
    return crc;
}

}
