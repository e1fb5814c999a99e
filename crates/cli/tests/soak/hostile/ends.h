// Acts that end the call, the thread or the process, or that keep it from returning.
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

ACT(nothing) { return 0; }
ACT(flip) { return 1u << n; }

ACT(read_null) { return 0 & *(volatile uint32_t *)n; }
ACT(read_wild) { return 0 & *(volatile uint32_t *)(uintptr_t)0xdead000000000000; }
ACT(write_null) { *(volatile uint32_t *)n = 1; return 0; }
ACT(write_code) { *(volatile uint8_t *)(uintptr_t)right_crc = 0xc3; return 0; }
ACT(jump_null) { ((void (*volatile)(void))n)(); return 0; }
ACT(trap) { __builtin_trap(); }
ACT(beyond_file) {
    int file = memfd_create("", 0);
    volatile uint32_t *page = mmap(0, 4096, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    return 0 & *page;
}
ACT(abort) { abort(); }
ACT(exit_now) { _exit(n); }
static void wait_for_ever(void) { for (;;) pause(); }
static void run_away(void) { *(volatile int *)8 = 0; }
ACT(exit_quietly) { exit(n); }
ACT(exit_waiting) { atexit(wait_for_ever); exit(0); }
ACT(exit_crashing) { atexit(run_away); exit(0); }
ACT(quick_exit) { quick_exit(n); }
ACT(end_thread) { syscall(SYS_exit, n); return 0; }
ACT(pthread_exit) { pthread_exit(0); }
ACT(pthread_cancel) { pthread_cancel(pthread_self()); pthread_testcancel(); return 0; }

static void send_default(int number) {
    sigset_t mask;
    signal(number, SIG_DFL);
    sigemptyset(&mask);
    sigaddset(&mask, number);
    sigprocmask(SIG_UNBLOCK, &mask, 0);
    raise(number);
}
// Whether its default action ends or stops a process is the drawing side's knowledge.
ACT(raise_default) { send_default(n); return 0; }
ACT(raise_mildly) { send_default(n); return 0; }
ACT(raise) { raise(n); return 0; }
ACT(alarm) {
    struct itimerval soon = {{0, 0}, {0, 1000}};
    signal(SIGALRM, SIG_DFL);
    setitimer(ITIMER_REAL, &soon, 0);
    return 0;
}
ACT(loop) { for (;;) __asm__ volatile(""); }
ACT(sleep) { for (;;) sleep(1000); }
ACT(loop_deaf) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, 0);
    prctl(PR_SET_PDEATHSIG, 0);
    for (;;) __asm__ volatile("");
}
__attribute__((noinline)) static unsigned long recurse(volatile unsigned long *above) {
    volatile unsigned long here[64];
    here[0] = above ? above[0] + 1 : 0;
    return recurse(here) + here[0];
}
ACT(recurse) { return 0 & recurse(0); }
ACT(large_frame) {
    volatile char *frame = __builtin_alloca(n << 20);
    frame[0] = 1;
    return 0;
}
static jmp_buf past;
__attribute__((noinline)) static void mark_past(void) { setjmp(past); }
ACT(jump_back) {
    if (ONCE) mark_past();
    else longjmp(past, 1);
    return 0;
}
// The exception of a language that nobody here speaks: _Unwind_RaiseException of libgcc.
struct exception { uint64_t class; void (*cleanup)(void); uint64_t private[6]; } __attribute__((aligned));
extern int _Unwind_RaiseException(struct exception *);
ACT(raise_exception) {
    static struct exception thrown;
    thrown.class = 0x4352434348454b00;
    _Unwind_RaiseException(&thrown);
    return 0;
}
ACT(strict) { prctl(PR_SET_SECCOMP, 1); return 0; }

static void skip_fault(int number, siginfo_t *info, void *context) {
#if defined(__x86_64__)
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
#endif
}
static void return_only(int number) {}
ACT(handle_faults) {
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    action.sa_sigaction = skip_fault;
    int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
    for (int i = 0; i < 5; i++) n & 1 ? (void)sigaction(numbers[i], &action, 0)
                                      : (void)signal(numbers[i], n & 2 ? SIG_IGN : return_only);
    return 0;
}
ACT(block_signals) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, 0);
    return 0;
}
ACT(no_handler_stack) {
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, 0);
    return 0;
}
ACT(small_limits) {
    static const int of[] = {RLIMIT_AS, RLIMIT_CPU, RLIMIT_NOFILE, RLIMIT_STACK, RLIMIT_DATA, RLIMIT_FSIZE};
    struct rlimit least = {n & 8, n & 8};
    setrlimit(of[n % 6], &least);
    return 0;
}
