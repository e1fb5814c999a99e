// Acts on memory: the heap, the message, its guard pages, and what the harness keeps.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PAGE(address) ((uint8_t *)((uintptr_t)(address) & ~(uintptr_t)4095))

ACT(read_behind) { return 0 & *(volatile uint8_t *)(c->buf + c->len); }
ACT(read_before) { return 0 & *(volatile uint8_t *)(c->buf - 1); }
ACT(use_behind) { return ((volatile uint8_t *)c->buf)[c->len] & 1; }
ACT(write_message) {
    if (c->len) *(volatile uint8_t *)c->buf = *c->buf;
    return 0;
}
ACT(unprotect_message) {
    uint8_t *first = PAGE(c->buf);
    size_t bytes = PAGE(c->buf + c->len) + 4096 - first;
    if (c->len && !mprotect(first, bytes, PROT_READ | PROT_WRITE)) ((uint8_t *)c->buf)[0] ^= 1;
    return 0;
}
ACT(unmap_message) { munmap(PAGE(c->buf), PAGE(c->buf + c->len) + 4096 - PAGE(c->buf)); return 0; }
ACT(replace_message) {
    mmap(PAGE(c->buf), 4096, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return 0;
}
ACT(remove_message) { madvise(PAGE(c->buf), 4096, n & 1 ? MADV_REMOVE : MADV_DONTNEED); return 0; }
// It looks where it must not, and opens the pages there first.
ACT(open_guards) {
    for (long page = -2; page < 4; page++) mprotect(PAGE(c->buf) + page * 4096, 4096, PROT_READ);
    return 0;
}

ACT(overrun_heap) {
    uint8_t *piece = malloc(24);
    memset(piece, n, 24 + (n & 127) + 1);
    free(piece);
    return 0;
}
ACT(free_twice) { void *piece = malloc(40); free(piece); free(piece); return 0; }
ACT(free_message) { free((void *)c->buf); return 0; }
ACT(free_stack) { int here; free(&here); return 0; }
ACT(much_memory) {
    size_t bytes = 256ul << 20;
    uint8_t *block = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) return 0;
    for (size_t at = 0; at < bytes; at += 4096) block[at] = 1;
    munmap(block, bytes);
    return 0;
}
ACT(leak) {
    static size_t taken;
    if (__atomic_add_fetch(&taken, 1, __ATOMIC_SEQ_CST) < 256) memset(malloc(1 << 20), 1, 1 << 20);
    return 0;
}
ACT(lock_memory) { mlockall(MCL_CURRENT | MCL_FUTURE); return 0; }
ACT(close_itself) {
    Dl_info of;
    dladdr(table, &of);
    void *self = dlopen(of.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    for (int i = 0; self && i < 8; i++) dlclose(self);
    return 0;
}

// Goes through the process's mappings that have these rights and this word in their line.
typedef void visit(uint8_t *start, size_t bytes, unsigned long n);
static void each_mapping(const char *rights, const char *word, visit *does, unsigned long n) {
    static char maps[1 << 17];
    int file = open("/proc/self/maps", O_RDONLY);
    size_t size = 0;
    for (ssize_t got; size < sizeof maps - 1 && (got = read(file, maps + size, sizeof maps - 1 - size)) > 0;)
        size += got;
    close(file);
    maps[size] = 0;
    for (char *line = maps, *end; (end = strchr(line, '\n')); line = end + 1) {
        unsigned long from, to;
        char has[8] = "";
        *end = 0;
        if (sscanf(line, "%lx-%lx %7s", &from, &to, has) < 3 || strcmp(has, rights)) continue;
        uint8_t *here = (uint8_t *)&line;
        if (!strstr(line, word) || ((uint8_t *)from <= here && here < (uint8_t *)to)) continue;
        if ((uint8_t *)from <= (uint8_t *)maps && (uint8_t *)maps < (uint8_t *)to) continue;
        does((uint8_t *)from, to - from, n);
    }
}
// n & 3 says with what, and the rest of n is the seed of the random one.
static void scribble(uint8_t *start, size_t bytes, unsigned long n) {
    uint64_t state = n | 1;
    if ((n & 3) < 2) memset(start, n & 1 ? 255 : 0, bytes);
    else for (size_t at = 0; at + 8 <= bytes; at += n & 1 ? 8 : 64 * 8) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        *(volatile uint64_t *)(start + at) = n & 4 ? state : state & 15;
    }
}
static void unmap(uint8_t *start, size_t bytes, unsigned long n) { munmap(start, bytes); }
static void freeze(uint8_t *start, size_t bytes, unsigned long n) { mprotect(start, bytes, n & 1 ? PROT_READ : PROT_NONE); }
static void punch(uint8_t *start, size_t bytes, unsigned long n) { madvise(start, bytes, n & 1 ? MADV_REMOVE : MADV_DONTNEED); }
ACT(scribble_program) { each_mapping("rw-p", "crcheck", scribble, n); return 0; }
ACT(scribble_heap) { each_mapping("rw-p", "[heap]", scribble, n); return 0; }
ACT(scribble_libraries) { each_mapping("rw-p", ".so", scribble, n); return 0; }
ACT(scribble_shared) { each_mapping("rw-s", "", scribble, n); return 0; }
ACT(unmap_shared) { each_mapping("rw-s", "", unmap, n); return 0; }
ACT(unmap_all) { each_mapping("rw-p", "", unmap, n); return 0; }
ACT(freeze_shared) { each_mapping("rw-s", "", freeze, n); return 0; }
ACT(punch_shared) { each_mapping("rw-s", "", punch, n); return 0; }
static void *scribble_on(void *n) {
    for (int i = 0; i < 20000; i++) each_mapping("rw-s", "", scribble, (unsigned long)n + i * 8), usleep(100);
    return 0;
}
ACT(keep_scribbling) {
    pthread_t thread;
    if (ONCE) pthread_create(&thread, 0, scribble_on, (void *)n);
    return 0;
}

// Truncates what lies behind mappings and descriptors.
#include <dirent.h>
static void truncate_all(const char *folder, unsigned long n) {
    DIR *all = opendir(folder);
    for (struct dirent *entry; all && (entry = readdir(all));) {
        int file = openat(dirfd(all), entry->d_name, O_RDWR | O_NONBLOCK);
        struct stat is;
        char name[64] = "", path[300];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (readlink(path, name, 63) > 6 && !strncmp(name, "/memfd:", 7) && file >= 0 && !fstat(file, &is)) {
            if (ftruncate(file, n & 1 ? 0 : 1 << 16)) {}
            if (fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, is.st_size)) {}
            if (n & 2) fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL);
        }
        if (file >= 0) close(file);
    }
    if (all) closedir(all);
}
ACT(truncate_mapped) { truncate_all("/proc/self/map_files", n); return 0; }
ACT(truncate_open) { truncate_all("/proc/self/fd", n); return 0; }
