/* Libraries for the loader. Each test compiles one of them by its name. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Code that stays out of the compiler's sight. */
#define OPAQUE(x) __asm__ volatile("" : "+r"(x))

#ifdef KERNELS
static uint32_t table[256];
uint32_t builds;

/* Builds its table at the first call. */
uint32_t lazy(uint32_t crc, const uint8_t *buf, size_t len) {
    if (!table[1]) {
        builds++;
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t r = i;
            for (int k = 0; k < 8; k++) r = r >> 1 ^ (0xedb88320 & -(r & 1));
            table[i] = r;
        }
    }
    crc = ~crc;
    while (len--) crc = crc >> 8 ^ table[(uint8_t)crc ^ *buf++];
    return ~crc;
}

/* Goes through the procedure linkage table. */
uint32_t copies(uint32_t crc, const uint8_t *buf, size_t len) {
    uint8_t copy[512];
    size_t part = len < sizeof copy ? len : sizeof copy;
    OPAQUE(part);
    memcpy(copy, buf, part);
    return lazy(crc, copy, part);
}

uint32_t allocates(uint32_t crc, const uint8_t *buf, size_t len) {
    uint8_t *one = malloc(len + 1), *two = calloc(len + 1, 3), *three = NULL;
    OPAQUE(one);
    OPAQUE(two);
    for (size_t i = 0; i < len * 3; i++) if (two[i]) return 1;
    for (size_t i = 0; i < len; i++) one[i] = buf[i];
    one = realloc(one, 4 * len + 100);
    if (posix_memalign((void **)&three, 256, len + 1) || (uintptr_t)three % 256) return 2;
    for (size_t i = 0; i < len; i++) three[i] = one[i];
    crc = lazy(crc, three, len);
    free(three);
    free(one);
    free(two);
    return crc;
}

uint32_t by_rep_movsb(uint32_t crc, const uint8_t *buf, size_t len) {
    uint8_t copy[512];
    size_t part = len < sizeof copy ? len : sizeof copy, count = part;
    void *to = copy;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(buf), "+c"(count) : : "memory");
    return lazy(crc, copy, part);
}

_Thread_local uint32_t calls_made = 7;
uint32_t counts(void) { return ++calls_made; }

uint32_t system_call(void) {
    uint64_t result = 39;
    __asm__ volatile("syscall" : "+a"(result) : : "rcx", "r11");
    return result;
}
uint32_t endless(void) { for (;;) __asm__ volatile(""); }
uint32_t x87(void) { double d = 1; __asm__ volatile("fldl %0; fstpl %0" : "+m"(d)); return d; }
uint32_t aes(void) { uint32_t r; __asm__ volatile("aesenc %%xmm0, %%xmm0; movd %%xmm0, %0" : "=r"(r)); return r; }
uint32_t leaves(void) { abort(); }
#endif

#ifdef SELF_MODIFYING
__attribute__((section(".rwx,\"awx\",@progbits#"))) uint8_t code[] = {
    0xb8, 1, 0, 0, 0, 0xc3 /* mov eax, 1; ret */
};
uint32_t modifies(void) {
    code[1] = 2;
    return ((uint32_t(*)(void))(void *)code)();
}
#endif

#ifdef CHOOSES
static uint32_t with(void) { return 1; }
static uint32_t without(void) { return 2; }
static int has_pclmul(void) {
    uint32_t a = 1, b, c = 0, d;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return c >> 1 & 1;
}
static uint32_t (*resolver(void))(void) { return has_pclmul() ? with : without; }
uint32_t chosen(void) __attribute__((ifunc("resolver")));
static uint32_t hidden(void) __attribute__((ifunc("resolver")));
uint32_t through_plt(void) { return chosen(); }
uint32_t through_word(void) { return hidden(); }
uint32_t by_constructor;
__attribute__((constructor)) static void construct(void) { by_constructor = 1 + !has_pclmul(); }
uint32_t constructed(void) { return by_constructor; }
#endif

#ifdef CRASHES
__attribute__((constructor)) static void construct(void) { *(volatile int *)8 = 0; }
uint32_t f(void) { return 1; }
#endif

#ifdef HANGS
__attribute__((constructor)) static void construct(void) { for (;;) __asm__ volatile(""); }
uint32_t f(void) { return 1; }
#endif

#ifdef HELPER
uint32_t help(void) { return 41; }
uint32_t helper_data = 1;
#endif

#ifdef NEEDS
uint32_t help(void);
extern uint32_t helper_data;
uint32_t f(void) { return help() + helper_data; }
#endif

#ifdef MISSING
uint32_t nobody_has_this(void);
uint32_t f(void) { return nobody_has_this(); }
#endif

#ifdef ASKS
unsigned long getauxval(unsigned long);
uint32_t f(void) { return getauxval(16); }
#endif

#ifdef INITIAL_EXEC
__attribute__((tls_model("initial-exec"))) _Thread_local uint32_t own = 3;
uint32_t f(void) { return own; }
#endif

#ifdef PROGRAM
int main(void) { return 0; }
#endif
