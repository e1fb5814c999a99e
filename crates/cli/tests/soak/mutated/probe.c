// Whether two libraries have the same kernel: probe RIGHT OTHER. It ends with 0 if thousands of
// drawn calls agree, with 7 if one differs, and otherwise if it cannot say.
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

typedef uint32_t kernel(uint32_t crc, const uint8_t *buf, size_t len);

static uint64_t state = 1;
static uint64_t next(void) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
}

int main(int argc, char **argv) {
    static uint8_t bytes[1024] __attribute__((aligned(64)));
    kernel *of[2];
    alarm(20);
    for (int i = 0; i < 2; i++) {
        void *library = argc > 2 ? dlopen(argv[1 + i], RTLD_NOW) : 0;
        of[i] = library ? (kernel *)dlsym(library, "kernel") : 0;
        if (!of[i]) return 2;
    }
    for (int i = 0; i < 20000; i++) {
        size_t len = next() % 641, start = next() % 64;
        uint32_t crc = next() >> 32;
        for (size_t k = 0; k < sizeof bytes; k += 8) *(uint64_t *)(bytes + k) = next() * 0x9e3779b97f4a7c15;
        if (of[0](crc, bytes + start, len) != of[1](crc, bytes + start, len)) return 7;
    }
    _exit(0);
}
