module crcheck.example/goasm

go 1.19
