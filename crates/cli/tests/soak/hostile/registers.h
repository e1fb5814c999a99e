// Acts on registers: an inner call notes what is to be spoiled, and the outermost code, which no
// compiler mends, spoils it on the way back to the caller.
#if defined(__x86_64__)
__attribute__((used, visibility("hidden"))) uint32_t spoiled = 0;
ACT(spoil) { spoiled = 1u << n; return 0; }
ACT(round_up) { __builtin_ia32_ldmxcsr(0x5f80); return 0; }
ACT(fewer_digits) { uint16_t word = 0x007f; __asm__ volatile("fldcw %0" : : "m"(word)); return 0; }
ACT(leave_mmx) { __asm__ volatile("pxor %%mm0, %%mm0" : : : "memory"); return 0; }
ACT(leave_upper) {
    if (__builtin_cpu_supports("avx2")) __asm__ volatile("vpcmpeqd %%ymm5, %%ymm5, %%ymm5" : : : "memory");
    return 0;
}
ACT(no_clock) { prctl(PR_SET_TSC, PR_TSC_SIGSEGV); return 0; }
ACT(thread_base) { syscall(SYS_arch_prctl, 0x1002, n); return 0; }
__asm__(
    ".text\n.globl kernel\n.type kernel, @function\nkernel:\n"
    "subq $8, %rsp\ncall inner\naddq $8, %rsp\n"
    "movl spoiled(%rip), %ecx\ntestl %ecx, %ecx\njz 9f\n"
    "testl $1, %ecx\njz 1f\nnotq %rbx\n"
    "1: testl $2, %ecx\njz 1f\nnotq %r12\n"
    "1: testl $4, %ecx\njz 1f\nnotq %r13\n"
    "1: testl $8, %ecx\njz 1f\nnotq %r14\n"
    "1: testl $16, %ecx\njz 1f\nnotq %r15\n"
    "1: testl $32, %ecx\njz 1f\nnotq %rbp\n"
    "1: testl $64, %ecx\njz 9f\nstd\n"
    "9: ret\n.size kernel, . - kernel\n");
uint32_t kernel(uint32_t crc, const uint8_t *buf, size_t len);
#else
uint32_t inner(uint32_t crc, const uint8_t *buf, size_t len);
uint32_t kernel(uint32_t crc, const uint8_t *buf, size_t len) { return inner(crc, buf, len); }
#endif
