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

int main(int argc, char **argv) {
    const char *way = argc > 1 ? argv[1] : "right";
    if (!strcmp(way, "late")) sleep(2);
    uint64_t request[2];
    while (fread(request, 8, 2, stdin) == 2) {
        uint64_t len = request[1];
        uint8_t *buf = malloc(len + 1);
        if (fread(buf, 1, len, stdin) != len) return 4;
        uint64_t answer = update((uint32_t)request[0], buf, len);
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
