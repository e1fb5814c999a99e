// A hostile kernel: RULES are the acts of a call, AT_START and AT_END those of the library's
// loading and unloading. With PROGRAM it is a program for --cmd, and REPLY how that answers.
#include "kernel.h"
#include "ends.h"
#include "memory.h"
#include "processes.h"
#include "outside.h"
#include "registers.h"

static unsigned long calls;
static const uint8_t own[64];

__attribute__((constructor)) static void start(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t entry = i;
        for (int bit = 0; bit < 8; bit++) entry = entry >> 1 ^ (0xedb88320 & -(entry & 1));
        table[i] = entry;
    }
    call at_load = {0, own, sizeof own, 0};
    const call *c = &at_load;
    AT_START;
}

__attribute__((destructor)) static void end(void) {
    call at_unload = {0, own, sizeof own, 0};
    const call *c = &at_unload;
    AT_END;
}

#define RULE(when, m, act, n) if (when_##when(c, m)) wrong ^= act_##act(c, n)

__attribute__((used, visibility("hidden"))) uint32_t inner(uint32_t crc, const uint8_t *buf, size_t len) {
    call this = {crc, buf, len, __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST)};
    const call *c = &this;
    uint32_t wrong = 0;
    RULES;
    return right_crc(crc, buf, len) ^ wrong;
}

#ifdef PROGRAM
#include "program.h"
#endif
