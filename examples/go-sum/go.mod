module crcheck.example/gosum

go 1.18
