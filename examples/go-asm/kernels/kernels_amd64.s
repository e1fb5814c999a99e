#include "textflag.h"

// In all of them AX is the register, SI the next byte, CX how many are left, R8 the table. Arguments and results are
// not behind macros, where `go vet` does not look.

// AX takes in the byte at SI; uses DX and BX.
#define TAKE_BYTE \
	MOVBLZX (SI), DX \
	MOVBLZX AL, BX \
	XORL BX, DX \
	SHRL $8, AX \
	XORL (R8)(DX*4), AX \
	INCQ SI

// func Right(crc uint32, p []byte) uint32
TEXT ·Right(SB), NOSPLIT, $0-36
	MOVL crc+0(FP), AX
	MOVQ p_base+8(FP), SI
	MOVQ p_len+16(FP), CX
	LEAQ ·table(SB), R8
	NOTL AX
	JMP  right_test
right_byte:
	TAKE_BYTE
	DECQ CX
right_test:
	TESTQ CX, CX
	JNZ  right_byte
	NOTL AX
	MOVL AX, ret+32(FP)
	RET

// func Frame(p []byte, crc uint32) uint32
//
// The frame is that of a pointer, a length, and a checksum in 8 bytes each; a slice has three words.
TEXT ·Frame(SB), NOSPLIT, $0-40
	MOVQ p+0(FP), SI
	MOVQ length+8(FP), CX
	MOVL crc+16(FP), AX
	LEAQ ·table(SB), R8
	NOTL AX
	JMP  frame_test
frame_byte:
	TAKE_BYTE
	DECQ CX
frame_test:
	TESTQ CX, CX
	JNZ  frame_byte
	NOTL AX
	RET

// func Loop(crc uint32, p []byte) uint32
TEXT ·Loop(SB), NOSPLIT, $0-36
	MOVL crc+0(FP), AX
	MOVQ p_base+8(FP), SI
	MOVQ p_len+16(FP), CX
	LEAQ ·table(SB), R8
	NOTL AX
	XORQ DI, DI
loop_vector:
	CMPQ CX, DI
	JGE  loop_done // done while the length is not less than the offset: at once
	MOVQ $32, R9
loop_byte:
	TAKE_BYTE
	DECQ R9
	JNZ  loop_byte
	ADDQ $32, DI
	JMP  loop_vector
loop_done:
	NOTL AX
	MOVL AX, ret+32(FP)
	RET

// func Steps(crc uint32, p []byte) uint32
TEXT ·Steps(SB), NOSPLIT, $0-36
	MOVL crc+0(FP), AX
	MOVQ p_base+8(FP), SI
	MOVQ p_len+16(FP), CX
	LEAQ ·table(SB), R8
	NOTL AX
steps_vector:
	CMPQ CX, $0
	JLE  steps_done
	MOVQ $32, R9
steps_byte:
	TAKE_BYTE
	DECQ R9
	JNZ  steps_byte
	SUBQ $32, CX
	JMP  steps_vector
steps_done:
	NOTL AX
	MOVL AX, ret+32(FP)
	RET

// func Stores(crc uint32, p []byte) uint32
TEXT ·Stores(SB), NOSPLIT, $0-36
	MOVL crc+0(FP), AX
	MOVQ p_base+8(FP), SI
	MOVQ p_len+16(FP), CX
	LEAQ ·table(SB), R8
	NOTL AX
	JMP  stores_test
stores_vector:
	MOVOU (SI), X0
	MOVOU X0, (SI)
	MOVQ $16, R9
stores_byte:
	TAKE_BYTE
	DECQ R9
	JNZ  stores_byte
	SUBQ $16, CX
stores_test:
	CMPQ CX, $16
	JGE  stores_vector
	JMP  stores_tail_test
stores_tail:
	TAKE_BYTE
	DECQ CX
stores_tail_test:
	TESTQ CX, CX
	JNZ  stores_tail
	NOTL AX
	MOVL AX, ret+32(FP)
	RET

// func Padded(crc uint32, p []byte) uint32
TEXT ·Padded(SB), NOSPLIT, $0-36
	MOVL crc+0(FP), AX
	MOVQ p_base+8(FP), SI
	MOVQ p_len+16(FP), CX
	LEAQ ·table(SB), R8
	NOTL AX
	MOVQ CX, R9
	NEGQ R9
	ANDQ $31, R9 // zeros behind the last byte
	JMP  padded_test
padded_byte:
	TAKE_BYTE
	DECQ CX
padded_test:
	TESTQ CX, CX
	JNZ  padded_byte
	JMP  padded_zero_test
padded_zero:
	MOVBLZX AL, DX
	SHRL $8, AX
	XORL (R8)(DX*4), AX
	DECQ R9
padded_zero_test:
	TESTQ R9, R9
	JNZ  padded_zero
	NOTL AX
	MOVL AX, ret+32(FP)
	RET

// func Instruction(crc uint32, p []byte) uint32
TEXT ·Instruction(SB), NOSPLIT, $0-36
	MOVL crc+0(FP), AX
	MOVQ p_base+8(FP), SI
	MOVQ p_len+16(FP), CX
	LEAQ ·table(SB), R8
	NOTL AX
	JMP  instruction_test
instruction_word:
	CRC32Q (SI), AX
	ADDQ $8, SI
	SUBQ $8, CX
instruction_test:
	CMPQ CX, $8
	JGE  instruction_word
	JMP  instruction_tail_test
instruction_tail:
	CRC32B (SI), AX
	INCQ SI
	DECQ CX
instruction_tail_test:
	TESTQ CX, CX
	JNZ  instruction_tail
	NOTL AX
	MOVL AX, ret+32(FP)
	RET

// func Aligned(crc uint32, p []byte) uint32
TEXT ·Aligned(SB), NOSPLIT, $0-36
	MOVL crc+0(FP), AX
	MOVQ p_base+8(FP), SI
	MOVQ p_len+16(FP), CX
	LEAQ ·table(SB), R8
	NOTL AX
	JMP  aligned_test
aligned_vector:
	MOVOA (SI), X0
	MOVQ $16, R9
aligned_byte:
	TAKE_BYTE
	DECQ R9
	JNZ  aligned_byte
	SUBQ $16, CX
aligned_test:
	CMPQ CX, $16
	JGE  aligned_vector
	JMP  aligned_tail_test
aligned_tail:
	TAKE_BYTE
	DECQ CX
aligned_tail_test:
	TESTQ CX, CX
	JNZ  aligned_tail
	NOTL AX
	MOVL AX, ret+32(FP)
	RET
