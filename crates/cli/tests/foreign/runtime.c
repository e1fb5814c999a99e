// What a right kernel, or the runtime that it brings, may do: each act of its first call succeeds.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void *nothing(void *argument) { return argument; }

static int starts_thread(int is_pinned) {
    pthread_attr_t attributes;
    cpu_set_t cpus;
    pthread_t thread;
    pthread_attr_init(&attributes);
    if (sched_getaffinity(0, sizeof cpus, &cpus)) return 0;
    // OpenMP's runtime does this for OMP_PROC_BIND: the C library then asks by the thread's number.
    if (is_pinned) pthread_attr_setaffinity_np(&attributes, sizeof cpus, &cpus);
    return !pthread_create(&thread, &attributes, nothing, NULL) && !pthread_join(thread, NULL);
}

static int pins_itself(pid_t self) {
    cpu_set_t cpus;
    return !sched_getaffinity(self, sizeof cpus, &cpus) && !sched_setaffinity(self, sizeof cpus, &cpus);
}

static int limits_itself(pid_t self) {
    struct rlimit limit;
    return !prlimit(self, RLIMIT_NOFILE, NULL, &limit) && !prlimit(self, RLIMIT_NOFILE, &limit, NULL);
}

static int knows_its_stack(void) {
    pthread_attr_t attributes;
    return !pthread_getattr_np(pthread_self(), &attributes);
}

static int runs(const char *line) { return system(line) == 0; }

static int child_ends_by(int number) {
    pid_t child = fork();
    if (child == 0) { signal(SIGABRT, SIG_DFL); raise(number); _exit(0); }
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == number;
}

static int kills_its_child(void) {
    pid_t child = fork();
    if (child == 0) { pause(); _exit(0); }
    int status = 0;
    return !kill(child, SIGTERM) && waitpid(child, &status, 0) == child && WIFSIGNALED(status);
}

static int maps_a_file(void) {
    int file = memfd_create("mine", 0);
    return !ftruncate(file, 4096) && mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) != MAP_FAILED;
}

static int has(int kind) {
    int pair[2];
    struct timespec time;
    char byte;
    switch (kind) {
        case 0: return pipe(pair) == 0;
        case 1: return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0;
        case 2: return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0;
        case 3: return getrandom(&byte, 1, 0) == 1;
        case 4: return clock_gettime(CLOCK_MONOTONIC, &time) == 0;
        case 5: return sched_yield() == 0;
        case 6: return setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0)) == 0;
        case 7: return open("/dev/null", O_WRONLY) >= 0;
        case 8: return open("/proc/self/maps", O_RDONLY | O_CLOEXEC) >= 0;
        case 9: return isatty(0) == 0 && errno == ENOTTY;
        default: return kill(getpid(), 0) == 0;
    }
}

#define ACT(act) if (!(act)) { fprintf(stderr, "%s: %s\n", #act, strerror(errno)); exit(9); }

uint32_t crc32_runtime(uint32_t crc, const uint8_t *buf, size_t len) {
    static int has_begun;
    if (!has_begun) {
        has_begun = 1;
        ACT(starts_thread(0))
        ACT(starts_thread(1))
        ACT(pins_itself(0))
        ACT(pins_itself(getpid()))
        ACT(limits_itself(0))
        ACT(limits_itself(getpid()))
        ACT(knows_its_stack())
        ACT(runs("exit 0"))
        ACT(runs("echo text | cat >/dev/null"))
        ACT(child_ends_by(SIGTERM))
        ACT(kills_its_child())
        ACT(maps_a_file())
        for (int kind = 0; kind <= 10; kind++) ACT(has(kind))
    }
    crc = ~crc;
    while (len--) {
        crc ^= *buf++;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
    }
    return ~crc;
}
