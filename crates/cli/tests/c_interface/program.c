/*
 * Compares the functions of the C interface with a loop over bits. Prints each law that does not
 * hold, and exits with 1 then. The last line is the tier.
 *
 * With ZLIB_NAMES the functions are zlib's, declared by zlib's own header; the last line is the file
 * that `crc32` is in.
 */
#ifdef ZLIB_NAMES
#define _GNU_SOURCE
#define _LARGEFILE64_SOURCE
#include <dlfcn.h>
#include <zlib.h>
#define THE(name) name
#else
#include "crcheck.h"
#define THE(name) crcheck_##name
#endif
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define LENGTH 4096
/* The longest message at every alignment. */
#define SHORT 256
#define ALIGNMENTS 64
/* Before a message at every alignment, and behind it. */
static unsigned char memory[ALIGNMENTS + LENGTH + ALIGNMENTS];
static unsigned char message[LENGTH];
/* The checksum of each prefix of the message, by the loop over bits. */
static unsigned long expected[LENGTH + 1];
static const unsigned long starts[] = {0, 1, 0x80000000UL, 0xcbf43926UL, 0xffffffffUL};
#define STARTS (sizeof starts / sizeof *starts)
static int wrong;

static void holds(int is_right, const char *law) {
    if (!is_right) {
        printf("wrong: %s\n", law);
        wrong = 1;
    }
}

static unsigned long bitwise(unsigned long crc, const unsigned char *buf, size_t len) {
    int bit;
    crc = crc ^ 0xffffffffUL;
    for (; len; len--) {
        crc ^= *buf++;
        for (bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320UL : 0);
    }
    return crc ^ 0xffffffffUL;
}

static void every_length_at_every_alignment(void) {
    size_t alignment, len, longest;
    int is_right = 1, is_right_z = 1;
    for (alignment = 0; alignment < ALIGNMENTS; alignment++) {
        unsigned char *buf = memory + alignment;
        memset(memory, 0x5a, sizeof memory);
        memcpy(buf, message, LENGTH);
        longest = alignment ? SHORT : LENGTH;
        for (len = 0; len <= longest; len++) {
            is_right &= THE(crc32)(0, buf, (unsigned int)len) == expected[len];
            is_right_z &= THE(crc32_z)(0, buf, len) == expected[len];
        }
    }
    holds(is_right, "crc32");
    holds(is_right_z, "crc32_z");
}

static void pieces_and_starts(void) {
    size_t cut, i;
    int is_right = 1;
    for (cut = 0; cut <= LENGTH; cut++) {
        unsigned long crc = THE(crc32)(0, message, (unsigned int)cut);
        is_right &= THE(crc32_z)(crc, message + cut, LENGTH - cut) == expected[LENGTH];
    }
    holds(is_right, "pieces");
    for (i = 0; i < STARTS; i++) {
        unsigned long padded = starts[i] | (ULONG_MAX ^ 0xffffffffUL);
        unsigned long crc = bitwise(starts[i], message, 1000);
        holds(THE(crc32)(starts[i], message, 1000) == crc, "start");
        holds(THE(crc32)(padded, message, 1000) == crc, "upper half of crc");
        holds(THE(crc32_z)(padded, message, 0) == starts[i], "empty message");
        holds(THE(crc32)(padded, NULL, 0) == 0, "null");
        holds(THE(crc32_z)(padded, NULL, 5) == 0, "null");
    }
}

static void combining(void) {
    size_t cut, i;
    int is_right = 1, is_right_64 = 1, is_right_op = 1, is_same = 1;
    for (cut = 0; cut <= LENGTH; cut++) {
        unsigned long upper = ULONG_MAX ^ 0xffffffffUL;
        unsigned long crc1 = expected[cut] | upper, whole = expected[LENGTH];
        unsigned long crc2 = THE(crc32_z)(0, message + cut, LENGTH - cut) | upper;
        unsigned long op = THE(crc32_combine_gen)((long)(LENGTH - cut));
        is_right &= THE(crc32_combine)(crc1, crc2, (long)(LENGTH - cut)) == whole;
        is_right_64 &= THE(crc32_combine64)(crc1, crc2, (long)(LENGTH - cut)) == whole;
        is_right_op &= THE(crc32_combine_op)(crc1, crc2, op) == whole;
        is_same &= THE(crc32_combine_gen64)((long)(LENGTH - cut)) == op;
    }
    holds(is_right, "combine");
    holds(is_right_64, "combine64");
    holds(is_right_op, "combine_op");
    holds(is_same, "combine_gen64");
    /* zlib's numbers for x^0, x^8 and x^16. */
    holds(THE(crc32_combine_gen)(0) == 0x80000000UL, "operator");
    holds(THE(crc32_combine_gen)(1) == 0x00800000UL, "operator");
    holds(THE(crc32_combine_gen)(2) == 0x00008000UL, "operator");
    holds(THE(crc32_combine)(0xf0UL, 0x11UL, 0) == 0xe1UL, "combine with length 0");
    for (i = 0; i < 62; i++) {
        unsigned long half = THE(crc32_combine64)(0xcbf43926UL, 0, (int64_t)1 << i);
        unsigned long both = THE(crc32_combine64)(0xcbf43926UL, 0, (int64_t)1 << i << 1);
        holds(THE(crc32_combine64)(half, 0, (int64_t)1 << i) == both, "long lengths");
    }
}

#ifdef ZLIB_NAMES
static void what_only_zlib_has(void) {
    unsigned char byte;
    Dl_info place;
    int is_right = 1, i;
    for (i = 0; i < 256; i++) {
        byte = (unsigned char)i;
        /* From a register of 0. */
        is_right &= get_crc_table()[i] == (bitwise(0xffffffffUL, &byte, 1) ^ 0xffffffffUL);
    }
    holds(is_right, "get_crc_table");
    /* That zlib itself is there too. */
    holds(adler32(1, message, 0) == 1, "adler32");
    if (dladdr((void *)crc32, &place)) puts(place.dli_fname);
}
#else
static void what_only_we_have(void) {
    holds(THE(crc32_combine)(1, 2, -1) == 0, "negative length");
    holds(THE(crc32_combine64)(1, 2, -5) == 0, "negative length");
    holds(THE(crc32_combine_gen)(LONG_MIN) == 0, "negative length");
    holds(THE(crc32_combine_gen64)(-1) == 0, "negative length");
    holds(THE(crc32_combine_op)(1, 2, 0) == 0, "operator of a negative length");
    holds(strlen(crcheck_tier()) > 0 && crcheck_tier() == crcheck_tier(), "tier");
    holds(strcmp(crcheck_version(), VERSION) == 0, "version");
    puts(crcheck_tier());
}
#endif

int main(void) {
    unsigned long state = 1;
    size_t i;
    for (i = 0; i < LENGTH; i++) {
        state = (state * 1103515245UL + 12345UL) & 0xffffffffUL;
        message[i] = (unsigned char)(state >> 16);
        expected[i + 1] = bitwise(expected[i], message + i, 1);
    }
    holds(bitwise(0, (const unsigned char *)"123456789", 9) == 0xcbf43926UL, "the loop over bits");
    every_length_at_every_alignment();
    pieces_and_starts();
    combining();
#ifdef ZLIB_NAMES
    what_only_zlib_has();
#else
    what_only_we_have();
#endif
    return wrong;
}
