/*
 * crcheck.h: CRC-32/ISO-HDLC, the checksum of zlib, gzip and PNG, by the fastest code that the CPU
 * has.
 *
 * The functions have the signatures and the meaning of zlib's functions without the prefix. Any
 * number of threads may call them at the same time, the first call included. None of them fails,
 * and none allocates but crcheck_tier. Only the lower 32 bits of each `unsigned long` count. The
 * upper bits of a result are 0.
 *
 * The header is for C89 with <stdint.h> and later, and for C++.
 */
#ifndef CRCHECK_H
#define CRCHECK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The checksum after the `len` bytes at `buf`, from the checksum `crc` of what came before them: 0
 * at first. If `buf` is a null pointer, the result is 0, whatever `crc` and `len` are.
 *
 *     unsigned long crc = crcheck_crc32(0, NULL, 0);
 *     while (read_piece(&buf, &len))
 *         crc = crcheck_crc32(crc, buf, len);
 *
 * The bytes must be those of one object, and nobody may write them meanwhile.
 */
unsigned long crcheck_crc32(unsigned long crc, const unsigned char *buf, unsigned int len);

/* The same for a `len` of any size. */
unsigned long crcheck_crc32_z(unsigned long crc, const unsigned char *buf, size_t len);

/*
 * The checksum of two parts, from `crc1` of the first and `crc2` of the second, which has `len2`
 * bytes. If `len2` is negative, the result is 0, as in zlib 1.3.2; some older versions never return.
 */
unsigned long crcheck_crc32_combine(unsigned long crc1, unsigned long crc2, long len2);

/* The same for a length of 64 bits on every platform. */
unsigned long crcheck_crc32_combine64(unsigned long crc1, unsigned long crc2, int64_t len2);

/*
 * The operator for second parts of `len2` bytes, to be given to crcheck_crc32_combine_op as often
 * as parts have this length. It is the number that zlib computes: x^(8 len2) modulo the polynomial,
 * the highest of 32 bits for x^0. If `len2` is negative, it is 0.
 */
unsigned long crcheck_crc32_combine_gen(long len2);

/* The same for a length of 64 bits on every platform. */
unsigned long crcheck_crc32_combine_gen64(int64_t len2);

/* crcheck_crc32_combine, with the operator instead of the length. If `op` is 0, the result is 0. */
unsigned long crcheck_crc32_combine_op(unsigned long crc1, unsigned long crc2, unsigned long op);

/*
 * The name of the code that this CPU gets, such as "x86-avx512-vpclmul". The string stays valid.
 * The first call allocates.
 */
const char *crcheck_tier(void);

/* The version of the library, such as "0.1.0". The string stays valid. */
const char *crcheck_version(void);

#ifdef __cplusplus
}
#endif

#endif
