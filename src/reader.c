/* reader.c - see reader.h. */
#include "reader.h"

#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 64 << 10 };

void reader_open_fd(Reader *r, int fd, void (*idle)(void *arg), void *arg)
{
    *r = (Reader){.fd = fd, .first = true, .idle = idle, .arg = arg};
}

void reader_open_text(Reader *r, const char *text)
{
    *r = (Reader){.fd = -1, .first = true, .eof = true};
    buf_puts(&r->buf, text);
}

void reader_close(Reader *r) { buf_free(&r->buf); }

static bool would_block(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) == 0;
}

/* Reads more behind what is there. False: interrupted by a signal. */
static bool fill(Reader *r)
{
    if (r->pos) {
        memmove(r->buf.s, r->buf.s + r->pos, r->buf.n - r->pos);
        r->buf.n -= r->pos;
        r->pos = 0;
    }
    if (r->idle && would_block(r->fd)) {
        r->idle(r->arg);
        signals_wait(r->fd);
        if (signals_interrupted())
            return false;
    }
    buf_reserve(&r->buf, CHUNK);
    ssize_t n = read(r->fd, r->buf.s + r->buf.n, r->buf.cap - r->buf.n);
    if (n < 0 && errno == EINTR)
        return false;
    if (n < 0)
        r->error = errno;
    if (n <= 0)
        r->eof = true;
    else
        r->buf.n += (size_t)n;
    return true;
}

/* Drops the rest of a line that is over the limit. */
static ReadResult skip_line(Reader *r)
{
    for (;;) {
        char *nl =
            r->buf.n > r->pos ? memchr(r->buf.s + r->pos, '\n', r->buf.n - r->pos) : NULL;
        if (nl) {
            r->pos = (size_t)(nl - r->buf.s) + 1;
            return READ_TOO_LONG;
        }
        r->pos = r->buf.n;
        if (r->eof)
            return READ_TOO_LONG;
        if (!fill(r))
            return READ_INTERRUPTED;
    }
}

static void skip_mark(Reader *r)
{
    if (r->first && r->buf.n - r->pos >= 3 &&
        !memcmp(r->buf.s + r->pos, "\xef\xbb\xbf", 3))
        r->pos += 3;
    r->first = false;
}

ReadResult reader_line(Reader *r, const char **line, size_t *n)
{
    size_t seen = r->pos; /* there is no newline in [pos, seen) */
    for (;;) {
        char *nl =
            r->buf.n > seen ? memchr(r->buf.s + seen, '\n', r->buf.n - seen) : NULL;
        if (!nl && !r->eof) {
            if (r->buf.n - r->pos > LINE_LIMIT)
                return skip_line(r);
            seen = r->buf.n - r->pos; /* fill moves pos to 0 */
            if (!fill(r))
                return READ_INTERRUPTED;
            continue;
        }
        skip_mark(r);
        size_t end = nl ? (size_t)(nl - r->buf.s) : r->buf.n;
        if (!nl && end == r->pos)
            return READ_END;
        *line = r->buf.s + r->pos;
        *n = end - r->pos;
        if (*n && (*line)[*n - 1] == '\r')
            --*n;
        r->pos = nl ? end + 1 : end;
        return READ_LINE;
    }
}
