"""Compares `crc32` of zlib and binascii with a loop over bits; ends with 1 if a checksum is wrong."""

import binascii
import gzip
import random
import sys
import zlib

TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0xEDB88320 if byte & 1 else 0)
    TABLE.append(byte)


def expected(message, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in message:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


wrong = []
lengths = [*range(300), 4095, 4096, 4097, 65535, 100000]
for length in lengths:
    message = random.Random(length).randbytes(length)
    checksum = expected(message)
    for name, crc32 in (("zlib", zlib.crc32), ("binascii", binascii.crc32)):
        cut = length // 3
        if crc32(message) != checksum or crc32(message[cut:], crc32(message[:cut])) != checksum:
            wrong.append(f"{name}.crc32 of {length} bytes")
    # zlib computes the checksums of a gzip stream on its own.
    stream = gzip.compress(message, 1)
    if int.from_bytes(stream[-8:-4], "little") != checksum or gzip.decompress(stream) != message:
        wrong.append(f"gzip of {length} bytes")
print(*wrong, sep="\n")
sys.exit(1 if wrong else 0)
