// Acts on processes and threads: children that stay, the parent, its limits and its priority.
#include <errno.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>

// A child that stays for a while, and is bounded whatever happens.
static void stay(int spins) {
    alarm(45);
    for (int i = 0; i < 45; i++) if (spins) for (volatile long k = 0; k < 100000000; k++); else sleep(1);
    _exit(0);
}
ACT(child_stays) { if (ONCE && !fork()) stay(0); return 0; }
ACT(child_spins) { if (ONCE && !fork()) stay(1); return 0; }
ACT(child_deaf) {
    if (!ONCE || fork()) return 0;
    for (int i = 1; i < 65; i++) if (i != SIGALRM) signal(i, SIG_IGN);
    stay(0);
}
ACT(child_returns) { if (ONCE) if (!fork()) alarm(45); return 0; }
ACT(child_ends) { if (ONCE && !fork()) _exit(n); return 0; }
ACT(grandchild_own_session) {
    if (!ONCE) return 0;
    pid_t child = fork();
    if (!child) { setsid(); if (!fork()) stay(0); _exit(0); }
    waitpid(child, 0, 0);
    return 0;
}
ACT(own_group) { setpgid(0, 0); return 0; }
ACT(own_session) { setsid(); return 0; }
ACT(child_own_group) { if (ONCE && !fork()) { setpgid(0, 0); stay(0); } return 0; }
ACT(child_executes) {
    if (!ONCE || fork()) return 0;
    char *words[] = {"sh", "-c", "sleep 45; : " MARK, 0}, *nothing[] = {0};
    execve("/bin/sh", words, nothing);
    _exit(1);
}
ACT(children) { if (ONCE) for (int i = 0; i < 6; i++) if (!fork()) { if (fork()) _exit(0); stay(0); } return 0; }
ACT(vfork) { if (ONCE && !vfork()) _exit(0); return 0; }
ACT(refuse_death) { prctl(PR_SET_PDEATHSIG, 0); prctl(PR_SET_CHILD_SUBREAPER, 1); return 0; }

// The parent, if it is crcheck: nobody else is ever to be hit.
static pid_t parent(void) {
    char path[64], name[16] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", getppid());
    FILE *file = fopen(path, "r");
    if (file) { if (fgets(name, sizeof name, file)) {} fclose(file); }
    return strncmp(name, "crcheck", 7) ? 0 : getppid();
}
ACT(signal_parent) { if (parent()) kill(getppid(), n); return 0; }
ACT(signal_parent_thread) { if (parent()) syscall(SYS_tgkill, getppid(), getppid(), n); return 0; }
ACT(queue_to_parent) { union sigval value = {0}; if (parent()) sigqueue(getppid(), n, value); return 0; }
ACT(pidfd_to_parent) {
    int file = parent() ? syscall(SYS_pidfd_open, getppid(), 0) : -1;
    if (file >= 0) syscall(SYS_pidfd_send_signal, file, n, 0, 0), close(file);
    return 0;
}
// crcheck has a group of its own here, so nobody else is in it.
ACT(signal_group) { signal(n, SIG_IGN); if (getpgrp() != 1) kill(0, n); return 0; }
ACT(own_for_parent) {
    for (int file = 0; parent() && file < 32; file++) {
        fcntl(file, F_SETOWN, getppid());
        fcntl(file, F_SETSIG, n);
        fcntl(file, F_SETFL, fcntl(file, F_GETFL) | O_ASYNC);
    }
    return 0;
}
ACT(limit_parent) {
    static const int of[] = {RLIMIT_FSIZE, RLIMIT_CPU, RLIMIT_AS, RLIMIT_NOFILE, RLIMIT_STACK, RLIMIT_DATA};
    struct rlimit least = {n & 8, n & 8 ? RLIM_INFINITY : 0};
    if (parent()) prlimit(getppid(), of[n % 6], &least, 0);
    return 0;
}
ACT(schedule_parent) {
    struct sched_param none = {0};
    if (parent()) sched_setscheduler(getppid(), n & 1 ? SCHED_IDLE : SCHED_BATCH, &none);
    return 0;
}
ACT(slow_parent) { if (parent()) setpriority(n & 1 ? PRIO_PROCESS : PRIO_PGRP, n & 1 ? getppid() : 0, 19); return 0; }
ACT(io_of_parent) { if (parent()) syscall(SYS_ioprio_set, 1, getppid(), 3 << 13); return 0; }
ACT(bind_parent) {
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    if (parent()) sched_setaffinity(getppid(), sizeof first, &first);
    return 0;
}
ACT(trace_parent) { if (parent()) ptrace(n & 1 ? PTRACE_ATTACH : PTRACE_SEIZE, getppid(), 0, 0); return 0; }
ACT(write_parent) {
    static char zeros[4096];
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/maps", getppid());
    FILE *maps = parent() ? fopen(path, "r") : 0;
    for (unsigned long from, to; maps && fscanf(maps, "%lx-%lx%*[^\n]", &from, &to) == 2;) {
        struct iovec here = {zeros, 4096}, there = {(void *)from, 4096};
        process_vm_writev(getppid(), &here, 1, &there, 1, 0);
        snprintf(path, sizeof path, "/proc/%d/mem", getppid());
        int file = open(path, O_WRONLY);
        if (file >= 0) { if (pwrite(file, zeros, 4096, from)) {} close(file); }
    }
    if (maps) fclose(maps);
    return 0;
}
ACT(sacrifice_parent) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/oom_score_adj", parent());
    int file = open(path, O_WRONLY);
    if (file >= 0) { if (write(file, "1000", 4)) {} close(file); }
    return 0;
}

static void *call_on(void *message) {
    static const uint8_t own[64];
    for (;;) right_crc(0, own, 64);
}
ACT(threads_stay) {
    pthread_t thread;
    if (ONCE) for (int i = 0; i < 3; i++) pthread_create(&thread, 0, call_on, 0);
    return 0;
}
ACT(main_thread_ends) {
    pthread_t thread;
    pthread_create(&thread, 0, call_on, 0);
    syscall(SYS_exit, 0);
    return 0;
}
