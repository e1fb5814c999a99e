// Kernels that keep signals from their caller, as a runtime does that handles them itself, and that make pages
// readable which their caller has made inaccessible. Some of them read beyond their message.
#include <signal.h>
#include <sys/mman.h>

#include "../../../faults/src/library/kernels.c"

static void go_on(int _, siginfo_t *info, void *context) {
    // The instruction is made again, and nothing stands in its way then.
    uintptr_t page = (uintptr_t)info->si_addr & ~(uintptr_t)4095;
    if (mprotect((void *)page, 4096, PROT_READ)) _exit(0);
    (void)_, (void)context;
}

static void take_signal(void) {
    struct sigaction action = {.sa_sigaction = go_on, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, 0);
}

static void take_signal_once(void) {
    static _Atomic int calls;
    if (!calls++) take_signal();
}

static void block_signal(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    sigprocmask(SIG_BLOCK, &set, 0);
}

static void open_guard(const uint8_t *buf, size_t len) {
    uintptr_t end = (uintptr_t)buf + len;
    if (end % 4096 == 0) mprotect((void *)end, 4096, PROT_READ);
}

#define READ_ON if (len > 16) (void)*(const volatile uint8_t *)(buf + len)

KERNEL(crc32_takes_signal_once, take_signal_once())
KERNEL(crc32_takes_signal_once_and_reads_on, take_signal_once(); READ_ON)
KERNEL(crc32_takes_signal, take_signal())
KERNEL(crc32_takes_signal_and_reads_on, take_signal(); READ_ON)
KERNEL(crc32_blocks_signal, block_signal())
KERNEL(crc32_blocks_signal_and_reads_on, block_signal(); READ_ON)
KERNEL(crc32_opens_guard_and_reads_on, open_guard(buf, len); READ_ON)
