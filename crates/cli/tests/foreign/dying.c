// A right kernel that ends its process, or its call, in a way and at a point that the environment names:
// CRCHECK_TEST_DEATH="WAY POINT NUMBER". Before it does so it takes the byte that the test
// has put into the pipe CRCHECK_TEST_REACHED: a worker can read, and write nowhere.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "../../../faults/src/library/kernels.c"

static char way[32], point[32];
static size_t number;

__attribute__((constructor)) static void read_environment(void) {
    const char *line = getenv("CRCHECK_TEST_DEATH");
    if (line) sscanf(line, "%31s %31s %zu", way, point, &number);
}

static int is(const char *word, const char *text) { return !strcmp(word, text); }

static int is_here(uint32_t crc, const uint8_t *buf, size_t len) {
    static _Atomic size_t calls;
    size_t before = calls++;
    if (is(point, "call")) return before == number;
    if (is(point, "length")) return len == number;
    if (is(point, "from-length")) return len >= number;
    if (is(point, "alignment")) return (uintptr_t)buf % 64 == number % 64;
    if (is(point, "register")) return crc % 64 == number % 64;
    if (is(point, "chained")) return crc != 0 && before > number;
    if (is(point, "thread")) return syscall(SYS_gettid) != getpid();
    return 0;
}

static void *end_soon(void *_) {
    usleep(100);
    _exit(0);
    return _;
}

static void *flood(void *_) {
    static const char bytes[1 << 12];
    for (;;)
        for (int i = 3; i < 64; i++) (void)!send(i, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
    return _;
}

// Writes zeros to all memory that this process shares.
static void scribble(void) {
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512], rights[8];
    for (uintptr_t first, end; maps && fgets(line, sizeof line, maps);)
        if (sscanf(line, "%lx-%lx %7s", &first, &end, rights) == 3 && is(rights, "rw-s"))
            memset((void *)first, 0, end - first);
}

static uint64_t recurse(uint64_t depth) {
    volatile uint64_t frame[64] = {depth};
    return depth == UINT64_MAX ? 0 : recurse(depth + 1) + frame[depth % 64];
}

static void tell(void) {
    const char *path = getenv("CRCHECK_TEST_REACHED");
    char byte;
    int pipe = path ? open(path, O_RDONLY | O_NONBLOCK) : -1;
    if (pipe >= 0) {
        (void)!read(pipe, &byte, 1);
        close(pipe);
    }
}

static void die(void) {
    pthread_t thread;
    tell();
    if (is(way, "abort")) abort();
    if (is(way, "segv")) (void)*(volatile int *)8;
    if (is(way, "exit")) _exit(0);
    if (is(way, "killed")) kill(getpid(), SIGKILL);
    if (is(way, "stopped")) kill(getpid(), SIGSTOP);
    if (is(way, "hangs")) for (;;) usleep(1000);
    if (is(way, "stack")) recurse(0);
    if (is(way, "jumps")) ((void (*)(void))16)();
    if (is(way, "closes")) for (int i = 3; i < 256; i++) close(i);
    if (is(way, "ends-thread")) pthread_exit(0);
    if (is(way, "ends-later") && pthread_create(&thread, 0, end_soon, 0)) _exit(0);
    if (is(way, "heap")) {
        char *volatile block = malloc(32);
        for (volatile char *at = block; at < block + 200; at++) *at = 65;
        free(block);
    }
    if (is(way, "scribbles")) scribble();
    static _Atomic int times;
    if (times++) return;
    if (is(way, "forks")) fork();
    if (is(way, "floods")) pthread_create(&thread, 0, flood, 0);
    if (is(way, "heap-later")) {
        char *volatile block = malloc(98304);
        for (int i = 0; i < 64; i++) ((volatile char *)block)[98304 + i] = -1;
    }
}

KERNEL(crc32_dies, if (is_here(crc, buf, len)) die())
// They hang at one length. At another the first is wrong at one alignment, and the second slow.
static void hang(void) { for (;;) usleep(1000); }
uint32_t crc32_hangs_and_errs(uint32_t crc, const uint8_t *buf, size_t len) {
    if (len == 37) hang();
    return right(crc, buf, len) ^ (len == 100 && (uintptr_t)buf % 64 == 40);
}
KERNEL(crc32_hangs_and_is_slow, {
    if (len == 90) hang();
    if (len == 37) usleep(300000);
})
KERNEL(crc32_overflows_stack, if (len == 50) recurse(0))
KERNEL(crc32_slow, sleep(1))

// Right, with a frame that a first thread's stack has room for.
uint32_t crc32_large_frame(uint32_t crc, const uint8_t *buf, size_t len) {
    volatile uint8_t frame[1500000];
    for (size_t i = 0; i < sizeof frame; i += 4096) frame[i] = 0;
    return right(crc, buf, len) + frame[4096];
}

// They take the memory of the message, or what lies behind it, from themselves.
static uintptr_t page_of(const uint8_t *at) { return (uintptr_t)at & ~(uintptr_t)4095; }
KERNEL(crc32_unmaps, if (len == 50) munmap((void *)page_of(buf), 8192))
KERNEL(crc32_reads_closed, if (len) {
    void *behind = (void *)page_of(buf + len + 4095);
    mprotect(behind, 4096, PROT_NONE);
    (void)*(const volatile uint8_t *)behind;
})
// It counts on a stack that its caller has aligned to 32.
KERNEL(crc32_aligned_stack, if ((uintptr_t)__builtin_frame_address(0) % 32 == 0) abort())
