module crcheck.example/crc32

go 1.19
