#include "textflag.h"

// func xor(p, q *[32]byte)
TEXT ·xor(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), SI
	MOVQ q+8(FP), DI
	VMOVDQU (SI), Y0
	VPXOR   (DI), Y0, Y0
	VMOVDQU Y0, (SI)
	VZEROUPPER
	RET
