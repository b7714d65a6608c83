/* sink.c - see sink.h. */
#include "sink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FLUSH_AT = 64 << 10, HELD_MOST = 16 << 20 };

void sink_open(Sink *s, const Options *o)
{
    struct stat out, err;
    *s = (Sink){.table = {.format = o->format, .header = o->header}};
    s->joined = fstat(1, &out) == 0 && fstat(2, &err) == 0 && out.st_dev == err.st_dev &&
                out.st_ino == err.st_ino;
    s->watched = isatty(1);
}

/* Returns 0 or errno. A reader that has gone ends the program as SIGPIPE does, also where
 * that signal is ignored. */
static int write_all(int fd, Buf *b)
{
    size_t done = 0;
    while (done < b->n) {
        ssize_t n = write(fd, b->s + done, b->n - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EPIPE && fd == 1)
            _exit(141);
        if (n < 0)
            break;
        done += (size_t)n;
    }
    int failed = done < b->n ? errno : 0;
    b->n = 0;
    return failed;
}

void sink_flush(Sink *s)
{
    if (table_has(&s->table)) {
        table_take(&s->table, &s->out);
        if (s->watched)
            buf_make_visible(&s->out, 0);
    }
    if (s->out.n) {
        int failed = write_all(1, &s->out);
        if (failed && !s->error)
            s->error = failed;
    }
    if (s->err.n)
        write_all(2, &s->err);
}

void sink_put(Sink *s, const Buf *record, const Buf *reports)
{
    bool rows = table_has(&s->table);
    if (rows && s->joined)
        table_put(&s->table, reports->s, reports->n);
    else
        buf_put(s->joined ? &s->out : &s->err, reports->s, reports->n);
    if (rows)
        table_put(&s->table, record->s, record->n);
    else
        buf_put(&s->out, record->s, record->n);
    if (s->watched || s->out.n >= FLUSH_AT || s->table.held.n >= HELD_MOST)
        sink_flush(s);
    else if (s->err.n >= FLUSH_AT)
        (void)write_all(2, &s->err);
}

bool sink_close(Sink *s)
{
    sink_flush(s);
    int error = s->error;
    buf_free(&s->out);
    buf_free(&s->err);
    table_free(&s->table);
    if (error)
        fprintf(stderr, "leibniz: cannot write: %s\n", strerror(error));
    return !error;
}
