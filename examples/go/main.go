// A program for `crcheck verify --cmd`: the CRC-32 of Go's standard library.
//
// A request is a checksum and a length, 8 bytes each, lowest byte first, and as many bytes as the length
// says. The answer is the checksum after them, in 8 bytes.
package main

import (
	"bufio"
	"encoding/binary"
	"hash/crc32"
	"io"
	"os"
)

func main() {
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	var head, answer [16]byte
	var message []byte
	for {
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return
		}
		checksum := uint32(binary.LittleEndian.Uint64(head[:8]))
		length := int(binary.LittleEndian.Uint64(head[8:]))
		if cap(message) < length {
			message = make([]byte, length)
		}
		message = message[:length]
		if _, err := io.ReadFull(in, message); err != nil {
			return
		}
		checksum = crc32.Update(checksum, crc32.IEEETable, message)
		binary.LittleEndian.PutUint64(answer[:8], uint64(checksum))
		out.Write(answer[:8])
		if out.Flush() != nil {
			return
		}
	}
}
