// A program that answers the requests of `crcheck --cmd`: rightly, or with the fault that its
// argument names.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint32_t update(uint32_t crc, const uint8_t *buf, size_t len) {
    crc = ~crc;
    while (len--) {
        crc ^= *buf++;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
    }
    return ~crc;
}

// Reads one message, from the file of this name or from stdin, and prints its checksum.
static int answer_once(const char *way, const char *path) {
    static uint8_t buf[1 << 22];
    FILE *in = path ? fopen(path, "rb") : stdin;
    if (!in) { perror(path); return 6; }
    size_t len = fread(buf, 1, sizeof buf, in);
    uint32_t crc = update(0, buf, len);
    int at = len == 7;
    if (!strcmp(way, "once-wrong") && at) crc ^= 1;
    if (!strcmp(way, "once-dies") && at) { fprintf(stderr, "seven is too many\n"); return 5; }
    if (!strcmp(way, "once-never") && at) pause();
    if (!strcmp(way, "once-silent") && at) return 0;
    if (!strcmp(way, "once-register")) crc = ~crc;
    if (!strcmp(way, "once-signed")) printf("checksum: %d (%zu bytes)\n", (int32_t)crc, len);
    else if (!strcmp(way, "once-decimal")) printf("%u %zu\n", crc, len);
    else if (!strcmp(way, "once-be")) for (int i = 24; i >= 0; i -= 8) putchar(crc >> i & 255);
    else printf("CRC-32 (message) = 0x%08X\n", crc);
    return 0;
}

int main(int argc, char **argv) {
    const char *way = argc > 1 ? argv[1] : "right";
    if (!strncmp(way, "once", 4)) return answer_once(way, argc > 2 ? argv[2] : 0);
    if (!strcmp(way, "usage")) { fprintf(stderr, "usage: program FILE\n"); return 2; }
    int is_register = !strcmp(way, "register");
    if (!strcmp(way, "late")) sleep(2);
    uint64_t request[2];
    while (fread(request, 8, 2, stdin) == 2) {
        uint64_t len = request[1];
        uint8_t *buf = malloc(len + 1);
        if (fread(buf, 1, len, stdin) != len) return 4;
        uint32_t before = is_register ? ~(uint32_t)request[0] : (uint32_t)request[0];
        uint64_t answer = update(before, buf, len);
        if (is_register) answer ^= 0xffffffff;
        if (!strcmp(way, "always")) abort();
        if (!strcmp(way, "none")) pause();
        if (!strcmp(way, "text")) { printf("%08x\n", (uint32_t)answer); fflush(stdout); continue; }
        free(buf);
        int at = len == 7;
        if (!strcmp(way, "wrong") && at) answer ^= 1;
        if (!strcmp(way, "dies") && at) { fprintf(stderr, "seven is too many\n"); return 5; }
        if (!strcmp(way, "slow")) usleep(2000);
        if (!strcmp(way, "never") && at) pause();
        if (!strcmp(way, "closes") && at) { close(1); pause(); }
        fwrite(&answer, 1, !strcmp(way, "little") && at ? 3 : 8, stdout);
        if (!strcmp(way, "much") && at) fwrite(&answer, 1, 5, stdout);
        fflush(stdout);
    }
    return 0;
}
