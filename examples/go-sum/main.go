// Prints the CRC-32 of a file, by the ways that programs in Go have. scripts/bench-files times them.
//
//	gosum copy FILE     io.Copy into hash/crc32
//	gosum buffer FILE   io.CopyBuffer with 1 MiB
package main

import (
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// An io.Reader and nothing else: os.File and the hash would bring their own ways to copy.
type plain struct{ io.Reader }

type sink struct{ io.Writer }

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: gosum copy|buffer FILE")
		os.Exit(2)
	}
	file, err := os.Open(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer file.Close()
	hash := crc32.NewIEEE()
	if os.Args[1] == "buffer" {
		_, err = io.CopyBuffer(sink{hash}, plain{file}, make([]byte, 1<<20))
	} else {
		_, err = io.Copy(hash, file)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("%08x\n", hash.Sum32())
}
