// A shared library for `crcheck verify --lib`: kernels in Go assembly behind the C ABI.
//
//	go build -buildmode=c-shared -o kernels.so .
package main

// #include <stddef.h>
// #include <stdint.h>
import "C"

import (
	"unsafe"

	"crcheck.example/goasm/kernels"
)

func slice(buf *C.uint8_t, length C.size_t) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(buf)), int(length))
}

//export crc32_right
func crc32_right(crc C.uint32_t, buf *C.uint8_t, length C.size_t) C.uint32_t {
	return C.uint32_t(kernels.Right(uint32(crc), slice(buf, length)))
}

//export crc32_frame
func crc32_frame(crc C.uint32_t, buf *C.uint8_t, length C.size_t) C.uint32_t {
	return C.uint32_t(kernels.Frame(slice(buf, length), uint32(crc)))
}

//export crc32_loop
func crc32_loop(crc C.uint32_t, buf *C.uint8_t, length C.size_t) C.uint32_t {
	return C.uint32_t(kernels.Loop(uint32(crc), slice(buf, length)))
}

//export crc32_steps
func crc32_steps(crc C.uint32_t, buf *C.uint8_t, length C.size_t) C.uint32_t {
	return C.uint32_t(kernels.Steps(uint32(crc), slice(buf, length)))
}

//export crc32_stores
func crc32_stores(crc C.uint32_t, buf *C.uint8_t, length C.size_t) C.uint32_t {
	return C.uint32_t(kernels.Stores(uint32(crc), slice(buf, length)))
}

//export crc32_padded
func crc32_padded(crc C.uint32_t, buf *C.uint8_t, length C.size_t) C.uint32_t {
	return C.uint32_t(kernels.Padded(uint32(crc), slice(buf, length)))
}

//export crc32_instruction
func crc32_instruction(crc C.uint32_t, buf *C.uint8_t, length C.size_t) C.uint32_t {
	return C.uint32_t(kernels.Instruction(uint32(crc), slice(buf, length)))
}

//export crc32_aligned
func crc32_aligned(crc C.uint32_t, buf *C.uint8_t, length C.size_t) C.uint32_t {
	return C.uint32_t(kernels.Aligned(uint32(crc), slice(buf, length)))
}

func main() {}
