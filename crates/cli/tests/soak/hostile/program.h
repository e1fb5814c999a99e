// The loop of a program: requests on stdin, answers on stdout. REPLY changes an answer.
#include <stdio.h>

// What an answer may become: `at` says whether this is the request to act at.
#define REPLY_OF(name) static void reply_##name(uint64_t answer, int at)
static void say(const void *bytes, size_t size) { if (write(1, bytes, size) < 0) _exit(3); }
REPLY_OF(rightly) { say(&answer, 8); }
REPLY_OF(wrongly) { answer ^= at; say(&answer, 8); }
REPLY_OF(wide) { answer |= (uint64_t)at << 40; say(&answer, 8); }
REPLY_OF(little) { say(&answer, at ? 3 : 8); }
REPLY_OF(much) { say(&answer, 8); if (at) say(&answer, 5); }
REPLY_OF(in_pieces) { for (int i = 0; i < 8; i++) say((char *)&answer + i, 1); }
REPLY_OF(late) { if (at) usleep(30000); say(&answer, 8); }
REPLY_OF(never) { if (at) for (;;) pause(); say(&answer, 8); }
REPLY_OF(closing) { if (at) { close(1); for (;;) pause(); } say(&answer, 8); }
REPLY_OF(deaf) { if (at) close(0); say(&answer, 8); if (at) for (;;) pause(); }
REPLY_OF(dying) { if (at) _exit(5); say(&answer, 8); }
REPLY_OF(flooding) { if (at) for (int i = 0; i < 1 << 16; i++) say(&answer, 8); say(&answer, 8); }
REPLY_OF(shouting) { if (at) for (int i = 0; i < 1 << 16; i++) fprintf(stderr, "%d %lx\n", i, (long)answer); say(&answer, 8); }

static int read_all(void *to, size_t size) {
    for (size_t got = 0; got < size;) {
        ssize_t more = read(0, (char *)to + got, size - got);
        if (more <= 0) return 0;
        got += more;
    }
    return 1;
}

int main(void) {
    uint64_t request[2];
    if (EARLY) say(own, EARLY);
    while (read_all(request, 16)) {
        uint8_t *buf = malloc(request[1] + 1);
        if (!read_all(buf, request[1])) return 4;
        uint64_t answer = kernel((uint32_t)request[0], buf, request[1]);
        call this = {request[0], buf, request[1], calls};
        const call *c = &this;
        REPLY(answer, REPLY_AT);
        free(buf);
    }
    return 0;
}
