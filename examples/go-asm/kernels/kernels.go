// Package kernels holds CRC-32 kernels in assembly: a right one, and those of a listing that was never run.
//
// Assembly of Go cannot be in a package that uses cgo, so this is one of its own.
package kernels

import "hash/crc32"

// What the assembly looks registers up in.
var table = *crc32.IEEETable

// Right computes what it should, a byte at a time.
//
//go:noescape
func Right(crc uint32, p []byte) uint32

// Frame takes the capacity of p for crc, and leaves its result in a register, where Go does not look.
//
//go:noescape
func Frame(p []byte, crc uint32) uint32

// Loop compares offset and length the wrong way round: it reads nothing and returns crc.
//
//go:noescape
func Loop(crc uint32, p []byte) uint32

// Steps goes on in steps of 32 bytes, past the end of what is no multiple of them.
//
//go:noescape
func Steps(crc uint32, p []byte) uint32

// Stores writes each vector back to where it has loaded it from.
//
//go:noescape
func Stores(crc uint32, p []byte) uint32

// Padded takes what is left of 32 bytes for a whole vector, with zeros behind it.
//
//go:noescape
func Padded(crc uint32, p []byte) uint32

// Instruction uses CRC32Q and CRC32B, which compute another polynomial.
//
//go:noescape
func Instruction(crc uint32, p []byte) uint32

// Aligned loads vectors as if every slice began at a multiple of 16.
//
//go:noescape
func Aligned(crc uint32, p []byte) uint32
