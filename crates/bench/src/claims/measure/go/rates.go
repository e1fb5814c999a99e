// Measures hash/crc32 for `crcheck bench claims`. Prints a name and a value on each line.
//
// With the argument "hash" it prints the rate of hash/crc32 alone.
package main

import (
	"fmt"
	"hash/crc32"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

// A message that both sides know.
func message(length int) []byte {
	bytes := make([]byte, length)
	state := uint32(1)
	for i := range bytes {
		state = state*1664525 + 1013904223
		bytes[i] = byte(state >> 24)
	}
	return bytes
}

var sink uint32

// The best of several samples, in GB/s: other load on the machine only makes them worse.
func rate(p []byte, sum func([]byte) uint32) float64 {
	best := 0.0
	start := time.Now()
	for time.Since(start) < 300*time.Millisecond {
		sample := time.Now()
		bytes := 0
		for time.Since(sample) < 5*time.Millisecond {
			sink += sum(p)
			bytes += len(p)
		}
		now := float64(bytes) / float64(time.Since(sample).Nanoseconds())
		if now > best {
			best = now
		}
	}
	return best
}

// One table look-up a byte.
func byteTable(p []byte) uint32 {
	table := crc32.IEEETable
	register := ^uint32(0)
	for _, b := range p {
		register = table[byte(register)^b] ^ (register >> 8)
	}
	return ^register
}

// The seconds of 10^9 bytes that no cache holds.
func gigabyte() float64 {
	const gigabyte = 1000 * 1000 * 1000
	p := message(128 << 20)
	sum := uint32(0)
	start := time.Now()
	for done := 0; done < gigabyte; {
		part := p
		if gigabyte-done < len(part) {
			part = part[:gigabyte-done]
		}
		sum = crc32.Update(sum, crc32.IEEETable, part)
		done += len(part)
	}
	sink += sum
	return time.Since(start).Seconds()
}

// The longest pause of forced collections in milliseconds, with a million pointers on the heap,
// to 64 bytes each.
func pause() float64 {
	heap := make([]*[64]byte, 0, 1<<20)
	for len(heap) < cap(heap) {
		heap = append(heap, new([64]byte))
	}
	for i := 0; i < 20; i++ {
		runtime.GC()
	}
	var stats debug.GCStats
	debug.ReadGCStats(&stats)
	longest := time.Duration(0)
	for _, pause := range stats.Pause {
		if pause > longest {
			longest = pause
		}
	}
	runtime.KeepAlive(heap)
	return float64(longest.Nanoseconds()) / 1e6
}

func main() {
	p := message(32<<10 + 1)
	aligned := p[:32<<10]
	fmt.Println("hash", rate(aligned, crc32.ChecksumIEEE))
	if len(os.Args) > 1 && os.Args[1] == "hash" {
		return
	}
	fmt.Println("hash_unaligned", rate(p[1:], crc32.ChecksumIEEE))
	fmt.Println("byte_table", rate(aligned, byteTable))
	fmt.Println("gigabyte_seconds", gigabyte())
	fmt.Println("pause_ms", pause())
	fmt.Println("version", runtime.Version())
	for length := 0; length <= 64; length++ {
		fmt.Println("sum", length, crc32.ChecksumIEEE(p[:length]))
	}
}
