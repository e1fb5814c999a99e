// Shows that Go's assembler knows YMM registers, for `crcheck bench claims`.
package main

import (
	"fmt"
	"os"
)

// XOR makes p the XOR of p and q.
//
//go:noescape
func xor(p, q *[32]byte)

func main() {
	if len(os.Args) < 2 || os.Args[1] != "run" {
		return
	}
	var p, q, expected [32]byte
	for i := range p {
		p[i], q[i] = byte(7*i), byte(i*i)
		expected[i] = p[i] ^ q[i]
	}
	xor(&p, &q)
	if p == expected {
		fmt.Println("right")
	}
}
