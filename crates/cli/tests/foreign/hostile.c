// What a hostile kernel tries against the outside: each attempt must be refused. The same file is a
// library, whose function tries all of them in its first call, and a program, which tries each
// without a sandbox in a child of its own and prints what is refused there too.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/quota.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

// An address that nobody can read: a request that is not refused says so, or does nothing.
#define NOWHERE 1L
// Numbers that older headers do not have.
#define PIDFD_SEND_SIGNAL 424
#define OPEN_TREE 428
#define MOVE_MOUNT 429
#define FSOPEN 430
#define FSCONFIG 431
#define FSMOUNT 432
#define FSPICK 433
#define PIDFD_OPEN 434
#define CLONE3 435
#define PIDFD_GETFD 438
#define PROCESS_MADVISE 440
#define MOUNT_SETATTR 442
#define QUOTACTL_FD 443
#define PROCESS_MRELEASE 448
#define FCHMODAT2 452
#define SETXATTRAT 463
#define REMOVEXATTRAT 466
#define OPEN_TREE_ATTR 467
#define FILE_SETATTR 469

static uint64_t secret = 1;
static struct iovec secret_place = {&secret, sizeof secret};

static long pidfd_of_parent(void) { return syscall(PIDFD_OPEN, getppid(), 0); }

static long limits_parent(int resource) {
    struct rlimit none = {0, 0};
    return prlimit(getppid(), resource, &none, NULL);
}

// These seem to succeed: what counts is what they change.
static long pins_parent(void) {
    cpu_set_t before, one, after;
    if (sched_getaffinity(getppid(), sizeof before, &before)) return -1;
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &before)) { CPU_SET(cpu, &one); break; }
    sched_setaffinity(getppid(), sizeof one, &one);
    sched_getaffinity(getppid(), sizeof after, &after);
    errno = EPERM;
    return CPU_EQUAL(&before, &after) ? -1 : 0;
}

static long sees_policy(int policy) {
    errno = EPERM;
    return sched_getscheduler(getppid()) == policy ? 0 : -1;
}

static long schedules_parent(void) {
    struct sched_param parameter = {0};
    sched_setscheduler(getppid(), SCHED_BATCH, &parameter);
    return sees_policy(SCHED_BATCH);
}

static long sets_attributes_of_parent(void) {
    struct { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t priority; uint64_t rest[3]; } idle = {48, SCHED_IDLE};
    syscall(SYS_sched_setattr, getppid(), &idle, 0);
    return sees_policy(SCHED_IDLE);
}

static long is_asked_for_parameter(void) {
    sched_setparam(getppid(), NULL);
    if (errno == EINVAL) return 0;
    errno = EPERM;
    return -1;
}

static long queues_signal(int number, long first, long second) {
    siginfo_t info = {.si_code = SI_QUEUE};
    return number == SYS_rt_sigqueueinfo ? syscall(number, first, 0, &info) : syscall(number, first, second, 0, &info);
}

// The leader of a group cannot.
static long child_leaves_session(void) {
    pid_t child = fork();
    if (child == 0) _exit(setsid() >= 0 ? 0 : 1);
    int status = 1;
    waitpid(child, &status, 0);
    errno = EPERM;
    return status == 0 ? 0 : -1;
}

static long clones(long flags) {
    long child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    if (child > 0) waitpid(child, NULL, 0);
    return child;
}

static long clones_anew(void) {
    struct { uint64_t flags, fields[10]; } arguments = {0x10000000};
    long child = syscall(CLONE3, &arguments, sizeof arguments);
    if (child == 0) _exit(0);
    return child;
}

static long pair_of(int domain, int type) {
    int pair[2];
    return socketpair(domain, type, 0, pair);
}

static long removes(long id, long (*remove)(int)) {
    if (id >= 0) remove((int)id);
    return id;
}
static long remove_memory(int id) { return shmctl(id, IPC_RMID, NULL); }
static long remove_semaphores(int id) { return semctl(id, 0, IPC_RMID); }
static long remove_queue(int id) { return msgctl(id, IPC_RMID, NULL); }

static long opens_queue(void) {
    mqd_t queue = mq_open("/crcheck-hostile", O_CREAT | O_RDWR, 0600, NULL);
    if (queue >= 0) mq_unlink("/crcheck-hostile");
    return queue;
}

// Root reaches the files of its mappings by their addresses.
static long truncates_mappings(void) {
    long truncated = -1;
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512], path[128], range[64];
    while (fgets(line, sizeof line, maps)) {
        if (!strstr(line, "memfd:") || sscanf(line, "%63s", range) != 1) continue;
        snprintf(path, sizeof path, "/proc/self/map_files/%s", range);
        int file = open(path, O_RDWR);
        if (file >= 0 && ftruncate(file, 0) == 0) truncated = 0;
    }
    fclose(maps);
    errno = EPERM;
    return truncated;
}

static long finds_victim(void) {
    char *victim = getenv("CRCHECK_TEST_VICTIM");
    for (int number = 3; victim && number < 256; number++) {
        char path[64], name[4096] = {0};
        snprintf(path, sizeof path, "/proc/self/fd/%d", number);
        if (readlink(path, name, sizeof name - 1) > 0 && !strcmp(name, victim)) return 0;
    }
    errno = EPERM;
    return -1;
}

#ifdef __x86_64__
// `getpid` by the gate of 32-bit programs, in a child, since the answer may be a signal.
static long calls_as_i386(void) {
    pid_t child = fork();
    if (child == 0) {
        long number = 20;
        __asm__ volatile("int $0x80" : "+a"(number) : : "memory");
        _exit(number == getpid() ? 0 : 1);
    }
    int status = 1;
    waitpid(child, &status, 0);
    errno = EPERM;
    return status == 0 ? 0 : -1;
}
#endif

#define ATTEMPTS(TRY) \
    TRY(prlimit, limits_parent(RLIMIT_FSIZE)) \
    TRY(prlimit_reads, prlimit(getppid(), RLIMIT_CORE, NULL, NULL)) \
    TRY(setpriority, setpriority(PRIO_PROCESS, getppid(), 19)) \
    TRY(setpriority_of_group, (setpgid(0, 0), setpriority(PRIO_PGRP, 0, getpriority(PRIO_PGRP, 0)))) \
    TRY(setpriority_of_user, setpriority(PRIO_USER, -2, 19)) \
    TRY(ioprio_set, syscall(SYS_ioprio_set, 1, getppid(), 0x4007)) \
    TRY(ioprio_set_of_group, (setpgid(0, 0), syscall(SYS_ioprio_set, 2, 0, 0x4004))) \
    TRY(ioprio_set_of_user, syscall(SYS_ioprio_set, 3, -2, 0x4007)) \
    TRY(sched_setaffinity, pins_parent()) \
    TRY(sched_setscheduler, schedules_parent()) \
    TRY(sched_setparam, is_asked_for_parameter()) \
    TRY(sched_setattr, sets_attributes_of_parent()) \
    TRY(kill, kill(getppid(), 0)) \
    TRY(tkill, syscall(SYS_tkill, getppid(), 0)) \
    TRY(tgkill, syscall(SYS_tgkill, getppid(), getppid(), 0)) \
    TRY(sigqueue, queues_signal(SYS_rt_sigqueueinfo, getppid(), 0)) \
    TRY(tgsigqueue, queues_signal(SYS_rt_tgsigqueueinfo, getppid(), getppid())) \
    TRY(pidfd_send_signal, syscall(PIDFD_SEND_SIGNAL, pidfd_of_parent(), 0, NULL, 0)) \
    TRY(f_setown, fcntl(0, F_SETOWN, getppid())) \
    TRY(f_setown_ex, fcntl(0, F_SETOWN_EX, NOWHERE)) \
    TRY(f_setsig, fcntl(0, F_SETSIG, SIGUSR1)) \
    TRY(f_setlease, fcntl(-1, F_SETLEASE, F_WRLCK)) \
    TRY(ptrace, ptrace(PTRACE_SEIZE, getppid(), 0, 0)) \
    TRY(process_vm_readv, process_vm_readv(getppid(), &secret_place, 1, &secret_place, 1, 0)) \
    TRY(process_vm_writev, process_vm_writev(getppid(), &secret_place, 1, &secret_place, 1, 0)) \
    TRY(kcmp, syscall(SYS_kcmp, getppid(), getpid(), 1, 0, 0)) \
    TRY(pidfd_getfd, syscall(PIDFD_GETFD, pidfd_of_parent(), 0, 0)) \
    TRY(process_madvise, syscall(PROCESS_MADVISE, -1, &secret_place, 1, 20, 0)) \
    TRY(process_mrelease, syscall(PROCESS_MRELEASE, -1, 0)) \
    TRY(migrate_pages, syscall(SYS_migrate_pages, getppid(), -1L, NOWHERE, NOWHERE)) \
    TRY(move_pages, syscall(SYS_move_pages, getppid(), 0, NULL, NULL, NULL, 0)) \
    TRY(setsid, child_leaves_session()) \
    TRY(setpgid, setpgid(0, 0)) \
    TRY(outlive_parent, prctl(PR_SET_PDEATHSIG, 0)) \
    TRY(unshare, unshare(0)) \
    TRY(setns, syscall(SYS_setns, -1, 0)) \
    TRY(chroot, chroot("/")) \
    TRY(pivot_root, syscall(SYS_pivot_root, NOWHERE, NOWHERE)) \
    TRY(mount, syscall(SYS_mount, NOWHERE, NOWHERE, NOWHERE, 0, 0)) \
    TRY(umount, syscall(SYS_umount2, NOWHERE, 0)) \
    TRY(open_tree, syscall(OPEN_TREE, -1, NOWHERE, 0)) \
    TRY(move_mount, syscall(MOVE_MOUNT, -1, NOWHERE, -1, NOWHERE, 0)) \
    TRY(fsopen, syscall(FSOPEN, NOWHERE, 0)) \
    TRY(fsconfig, syscall(FSCONFIG, -1, 0, 0, 0, 0)) \
    TRY(fsmount, syscall(FSMOUNT, -1, 0, 0)) \
    TRY(fspick, syscall(FSPICK, -1, NOWHERE, 0)) \
    TRY(mount_setattr, syscall(MOUNT_SETATTR, -1, NOWHERE, 0, NOWHERE, 0)) \
    TRY(open_tree_attr, syscall(OPEN_TREE_ATTR, -1, NOWHERE, 0, NULL, 0)) \
    TRY(clone_newns, clones(CLONE_NEWNS)) \
    TRY(clone_newcgroup, clones(CLONE_NEWCGROUP)) \
    TRY(clone_newuts, clones(CLONE_NEWUTS)) \
    TRY(clone_newipc, clones(CLONE_NEWIPC)) \
    TRY(clone_newuser, clones(CLONE_NEWUSER)) \
    TRY(clone_newpid, clones(CLONE_NEWPID)) \
    TRY(clone_newnet, clones(CLONE_NEWNET)) \
    TRY(clone_parent, clones(CLONE_PARENT)) \
    TRY(clone3, clones_anew()) \
    TRY(socket_udp, socket(AF_INET, SOCK_DGRAM, 0)) \
    TRY(socket_tcp, socket(AF_INET6, SOCK_STREAM, 0)) \
    TRY(socket_netlink, socket(AF_NETLINK, SOCK_RAW, 0)) \
    TRY(socket_unix, socket(AF_UNIX, SOCK_STREAM, 0)) \
    TRY(socketpair_datagram, pair_of(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC)) \
    TRY(socketpair_raw, pair_of(AF_UNIX, SOCK_RAW)) \
    TRY(socketpair_other, pair_of(30, SOCK_STREAM)) \
    TRY(io_uring, syscall(SYS_io_uring_setup, 1, NOWHERE)) \
    TRY(shmget, removes(shmget(IPC_PRIVATE, 4096, 0600), remove_memory)) \
    TRY(shmat, (long)shmat(-1, NULL, 0)) \
    TRY(shmctl, shmctl(-1, IPC_RMID, NULL)) \
    TRY(semget, removes(semget(IPC_PRIVATE, 1, 0600), remove_semaphores)) \
    TRY(semop, syscall(SYS_semop, -1, NOWHERE, 1)) \
    TRY(semtimedop, syscall(SYS_semtimedop, -1, NOWHERE, 1, 0)) \
    TRY(semctl, semctl(-1, 0, IPC_RMID)) \
    TRY(msgget, removes(msgget(IPC_PRIVATE, 0600), remove_queue)) \
    TRY(msgsnd, syscall(SYS_msgsnd, -1, NOWHERE, 1, 0)) \
    TRY(msgrcv, syscall(SYS_msgrcv, -1, NOWHERE, 1, 0, 0)) \
    TRY(msgctl, msgctl(-1, IPC_RMID, NULL)) \
    TRY(mq_open, opens_queue()) \
    TRY(mq_unlink, mq_unlink("/crcheck-absent")) \
    TRY(mq_notify, syscall(SYS_mq_notify, -1, NULL)) \
    TRY(add_key, syscall(SYS_add_key, "user", "crcheck", "1", 1, -2)) \
    TRY(request_key, syscall(SYS_request_key, "user", "crcheck-absent", NULL, 0)) \
    TRY(keyctl, syscall(SYS_keyctl, 0, -2, 1)) \
    TRY(fs_ioc_setflags, ioctl(-1, 0x40086602, NOWHERE)) \
    TRY(fs_ioc_fssetxattr, ioctl(-1, 0x401c5820, NOWHERE)) \
    TRY(fs_ioc_enable_verity, ioctl(-1, 0x40806685, NOWHERE)) \
    TRY(fifreeze, ioctl(-1, 0xc0045877, 0)) \
    TRY(tiocsti, ioctl(-1, TIOCSTI, NOWHERE)) \
    TRY(tcsets, ioctl(-1, TCSETS, NOWHERE)) \
    TRY(fiosetown, ioctl(-1, FIOSETOWN, NOWHERE)) \
    TRY(fchmod, fchmod(-1, 0600)) \
    TRY(fchmodat, fchmodat(-1, "x", 0600, 0)) \
    TRY(fchown, fchown(-1, -1, -1)) \
    TRY(fchownat, fchownat(-1, "x", -1, -1, 0)) \
    TRY(setxattr, syscall(SYS_setxattr, NOWHERE, NOWHERE, NOWHERE, 0, 0)) \
    TRY(lsetxattr, syscall(SYS_lsetxattr, NOWHERE, NOWHERE, NOWHERE, 0, 0)) \
    TRY(fsetxattr, syscall(SYS_fsetxattr, -1, NOWHERE, NOWHERE, 0, 0)) \
    TRY(removexattr, syscall(SYS_removexattr, NOWHERE, NOWHERE)) \
    TRY(lremovexattr, syscall(SYS_lremovexattr, NOWHERE, NOWHERE)) \
    TRY(fremovexattr, syscall(SYS_fremovexattr, -1, NOWHERE)) \
    TRY(utimensat, syscall(SYS_utimensat, -1, NOWHERE, NULL, 0)) \
    TRY(fchmodat2, syscall(FCHMODAT2, -1, NOWHERE, 0, 0)) \
    TRY(setxattrat, syscall(SETXATTRAT, -1, NOWHERE, 0, NOWHERE, NOWHERE, 16)) \
    TRY(removexattrat, syscall(REMOVEXATTRAT, -1, NOWHERE, 0, NOWHERE)) \
    TRY(file_setattr, syscall(FILE_SETATTR, -1, NOWHERE, NOWHERE, 24, 0)) \
    TRY(open_by_handle_at, syscall(SYS_open_by_handle_at, -1, NOWHERE, 0)) \
    TRY(fanotify_init, syscall(SYS_fanotify_init, -1, 0)) \
    TRY(bpf, syscall(SYS_bpf, -1, NOWHERE, 0)) \
    TRY(perf_event_open, syscall(SYS_perf_event_open, NOWHERE, 0, -1, -1, 0)) \
    TRY(userfaultfd, syscall(SYS_userfaultfd, 1)) \
    TRY(sethostname, syscall(SYS_sethostname, NOWHERE, 1)) \
    TRY(setdomainname, syscall(SYS_setdomainname, NOWHERE, 1)) \
    TRY(settimeofday, syscall(SYS_settimeofday, NOWHERE, 0)) \
    TRY(clock_settime, syscall(SYS_clock_settime, 0, NOWHERE)) \
    TRY(clock_adjtime, syscall(SYS_clock_adjtime, 0, NOWHERE)) \
    TRY(adjtimex, syscall(SYS_adjtimex, NOWHERE)) \
    TRY(reboot, syscall(SYS_reboot, 0, 0, 0, 0)) \
    TRY(kexec_load, syscall(SYS_kexec_load, 0, 0, 0, 0xff00)) \
    TRY(init_module, syscall(SYS_init_module, NOWHERE, 0, NOWHERE)) \
    TRY(finit_module, syscall(SYS_finit_module, -1, NOWHERE, 0)) \
    TRY(delete_module, syscall(SYS_delete_module, NOWHERE, 0)) \
    TRY(swapon, syscall(SYS_swapon, NOWHERE, 0)) \
    TRY(swapoff, syscall(SYS_swapoff, NOWHERE)) \
    TRY(acct, syscall(SYS_acct, NOWHERE)) \
    TRY(quotactl, syscall(SYS_quotactl, -1, NOWHERE, 0, 0)) \
    TRY(quotactl_fd, syscall(QUOTACTL_FD, -1, -1, 0, 0)) \
    TRY(syslog, syscall(SYS_syslog, -1, NOWHERE, 0)) \
    TRY(unknown_request, syscall(470, NOWHERE, NOWHERE, NOWHERE, -1)) \
    TRY(truncate_mapping, truncates_mappings()) \
    TRY(inherited_descriptor, finds_victim()) \
    ATTEMPTS_ON_X86_64(TRY)

#ifdef __x86_64__
#define ATTEMPTS_ON_X86_64(TRY) \
    TRY(chmod, syscall(SYS_chmod, NOWHERE, 0)) \
    TRY(chown, syscall(SYS_chown, NOWHERE, -1, -1)) \
    TRY(lchown, syscall(SYS_lchown, NOWHERE, -1, -1)) \
    TRY(utime, syscall(SYS_utime, NOWHERE, 0)) \
    TRY(utimes, syscall(SYS_utimes, NOWHERE, 0)) \
    TRY(futimesat, syscall(SYS_futimesat, -1, NOWHERE, 0)) \
    TRY(kexec_file_load, syscall(SYS_kexec_file_load, -1, -1, 0, 0, -1L)) \
    TRY(iopl, syscall(SYS_iopl, 7)) \
    TRY(ioperm, syscall(SYS_ioperm, -1L, -1L, 0)) \
    TRY(x32, syscall(0x40000000 | SYS_getpid)) \
    TRY(i386, calls_as_i386())
#else
#define ATTEMPTS_ON_X86_64(TRY)
#endif

// A request that the operating system takes up, even to complain about its arguments.
static int is_taken_up(long result) {
    return result != -1 || (errno != EPERM && errno != EACCES && errno != ENOSYS);
}

#define FUNCTION(name, request) static int tries_##name(void) { errno = 0; return is_taken_up(request); }
ATTEMPTS(FUNCTION)

static const struct { const char *name; int (*tries)(void); } attempts[] = {
#define ROW(name, request) {#name, tries_##name},
    ATTEMPTS(ROW)
};
#define COUNT (sizeof attempts / sizeof *attempts)

static uint32_t right(uint32_t crc, const uint8_t *buf, size_t len) {
    crc = ~crc;
    while (len--) {
        crc ^= *buf++;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
    }
    return ~crc;
}

uint32_t crc32_hostile(uint32_t crc, const uint8_t *buf, size_t len) {
    static int has_tried;
    if (!has_tried) {
        int taken = has_tried = 1;
        for (size_t at = 0; at < COUNT; at++)
            if (attempts[at].tries()) {
                fprintf(stderr, "%s ", attempts[at].name);
                taken = 9;
            }
        if (taken != 1) exit(taken);
    }
    return right(crc, buf, len);
}

// Starts a process that is nobody's child and would go on for long.
uint32_t crc32_lingers(uint32_t crc, const uint8_t *buf, size_t len) {
    static int has_begun;
    if (!has_begun && (has_begun = 1) && fork() == 0) {
        setsid();
        if (fork() == 0) sleep(1000);
        _exit(0);
    }
    return right(crc, buf, len);
}

int main(void) {
    int file = memfd_create("crcheck", 0);
    if (ftruncate(file, 1) || mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) == MAP_FAILED) return 1;
    for (size_t at = 0; at < COUNT; at++) {
        // The attempt's parent is nobody else's.
        pid_t parent = fork();
        if (parent == 0) {
            pid_t child = fork();
            if (child == 0) _exit(attempts[at].tries() ? 0 : 1);
            int status = 1;
            waitpid(child, &status, 0);
            _exit(status == 0 ? 0 : 1);
        }
        int status = 1;
        waitpid(parent, &status, 0);
        printf("%s %s\n", attempts[at].name, status == 0 ? "taken" : "refused");
        fflush(stdout);
    }
    return 0;
}
