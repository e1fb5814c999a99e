// Acts on descriptors, files, sockets and what else outlives a process. VICTIM is a folder and
// UDP_PORT a socket that are watched; KEY and MARK name what is left behind.
#include <arpa/inet.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <locale.h>
#include <mqueue.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>

ACT(close_all) { for (int file = 0; file < 256; file++) close(file); return 0; }
ACT(close_one) { close(n); return 0; }
ACT(null_all) {
    int null = open("/dev/null", O_RDWR);
    for (int file = 0; file < 64; file++) if (file != null) dup2(null, file);
    return 0;
}
ACT(many_files) { while (dup(0) >= 0); return 0; }
ACT(eat_all) {
    char bytes[512];
    for (int file = 3; file < 64; file++) if (recv(file, bytes, sizeof bytes, MSG_DONTWAIT)) {}
    return 0;
}
ACT(talk_to_all) {
    char bytes[256];
    memset(bytes, n, sizeof bytes);
    for (int file = 1; file < 64; file++)
        for (int i = 0; i < 1 + (n & 127); i++) if (send(file, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL)) {}
    return 0;
}
ACT(shut_all) { for (int file = 0; file < 64; file++) shutdown(file, n % 3); return 0; }
ACT(never_wait) { for (int file = 0; file < 64; file++) fcntl(file, F_SETFL, O_NONBLOCK); return 0; }
ACT(pass_files) {
    char byte = 1, space[CMSG_SPACE(4 * 4)] = {0};
    struct iovec text = {&byte, 1};
    struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET, head->cmsg_type = SCM_RIGHTS, head->cmsg_len = CMSG_LEN(4 * 4);
    for (int i = 0; i < 4; i++) ((int *)CMSG_DATA(head))[i] = n & 1 ? 2 : 0;
    for (int file = 3; file < 64; file++) for (int i = 0; i < 4; i++) if (sendmsg(file, &message, MSG_DONTWAIT)) {}
    return 0;
}
ACT(flood) {
    static char text[1 << 16];
    if (!ONCE) return 0;
    memset(text, n & 4 ? '\n' : n & 2 ? 0 : 'A', sizeof text);
    for (int i = 0; i < 2048; i++) if (write(1 + (n & 1), text, sizeof text) < 0) break;
    return 0;
}
ACT(chatter) { fprintf(stderr, "thread 'main' says \x1b[2J %lu \xff\n", c->nth); return 0; }

ACT(touch_victim) {
    int file = open(VICTIM "/kept", O_WRONLY);
    if (file >= 0) { if (write(file, "gone", 4)) {} close(file); }
    if (truncate(VICTIM "/kept", n & 1)) {}
    return 0;
}
ACT(truncate_victim) { close(open(VICTIM "/kept", O_RDONLY | O_TRUNC)); return 0; }
ACT(make_in_victim) {
    close(open(VICTIM "/new", O_CREAT | O_RDWR, 0600));
    mkdir(VICTIM "/folder", 0700);
    mkfifo(VICTIM "/fifo", 0600);
    if (symlink("kept", VICTIM "/link")) {}
    if (link(VICTIM "/kept", VICTIM "/second")) {}
    close(open(VICTIM, O_TMPFILE | O_RDWR, 0600));
    return 0;
}
ACT(remove_victim) {
    if (n & 1) unlink(VICTIM "/kept");
    else if (rename(VICTIM "/kept", VICTIM "/moved")) {}
    return 0;
}
ACT(change_victim) {
    struct timespec times[2] = {{1, 0}, {1, 0}};
    chmod(VICTIM "/kept", 0777);
    utimensat(AT_FDCWD, VICTIM "/kept", times, 0);
    setxattr(VICTIM "/kept", "user.soak", "x", 1, 0);
    if (chown(VICTIM "/kept", 1, 1)) {}
    return 0;
}
ACT(flag_victim) {
    int file = open(VICTIM "/kept", O_RDONLY), flags = 0;
    ioctl(file, FS_IOC_GETFLAGS, &flags);
    flags |= FS_NODUMP_FL | FS_NOATIME_FL;
    ioctl(file, FS_IOC_SETFLAGS, &flags);
    close(file);
    return 0;
}
ACT(change_tmp) {
    const char *folder = getenv("TMPDIR");
    char path[300];
    snprintf(path, sizeof path, "%s/left", folder ? folder : "/nowhere");
    close(open(path, O_CREAT | O_RDWR, 0600));
    return 0;
}

ACT(send_udp) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(UDP_PORT)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int file = socket(AF_INET, SOCK_DGRAM, 0);
    sendto(file, "out", 3, MSG_DONTWAIT, (void *)&to, sizeof to);
    close(file);
    return 0;
}
ACT(connect_tcp) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(TCP_PORT)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int file = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    connect(file, (void *)&to, sizeof to);
    close(file);
    return 0;
}
ACT(send_to_path) {
    struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = VICTIM "/socket"};
    int file = socket(AF_UNIX, SOCK_DGRAM, 0);
    sendto(file, "out", 3, MSG_DONTWAIT, (void *)&to, sizeof to);
    close(file);
    return 0;
}
ACT(ask_kernel) { close(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)); return 0; }
ACT(shared_memory) { if (ONCE) shmget(KEY, 4096, IPC_CREAT | 0600); return 0; }
ACT(message_queue) { if (ONCE) msgget(KEY, IPC_CREAT | 0600); return 0; }
ACT(semaphores) { if (ONCE) semget(KEY, 1, IPC_CREAT | 0600); return 0; }
ACT(named_queue) { if (ONCE) mq_open("/soak" MARK, O_CREAT | O_RDWR, 0600, 0); return 0; }
ACT(named_memory) { if (ONCE) close(shm_open("/soak" MARK, O_CREAT | O_RDWR, 0600)); return 0; }
ACT(key) { if (ONCE) syscall(SYS_add_key, "user", "soak" MARK, "x", 1, n & 1 ? -4 : -5); return 0; }

ACT(change_folder) { if (chdir("/")) {} return 0; }
ACT(change_environment) {
    setenv("TMPDIR", "/nowhere", 1), setenv("PATH", "", 1), setenv("LD_PRELOAD", "/nowhere.so", 1);
    if (n & 1) clearenv();
    return 0;
}
ACT(change_locale) { setlocale(LC_ALL, "C.UTF-8"); umask(0777); return 0; }
ACT(be_nice) { if (nice(5)) {} sched_yield(); return 0; }
