/* feed.c - see feed.h. */
#include "feed.h"

#include "reader.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_LIMIT = 1 << 20 }; /* a block of more bytes is taken as it stands */

/* Scans on from a state; comments and strings hide braces. */
typedef struct {
    size_t depth, block; /* open braces; those open when a block began, or 0 */
    char last;           /* the last character that is not blank */
    bool quoted, comment;
    char word[6]; /* the first word of the statement, as far as it goes */
    size_t nword;
    bool word_done;
} Braces;

typedef struct {
    const Consumer *to;
    Record rec;               /* number and place of the line at hand */
    Buf block;                /* the lines of an open block, joined by newlines */
    Braces braces;            /* at the end of block */
    size_t last;              /* offset in block of its last line, not yet handed on */
    unsigned long first_line; /* of the block */
} Feed;

/* ---- blocks */

/* for i = 1:3 { ..., while c { ..., pause { ... */
static bool opens_loop(const Braces *b)
{
    return (b->nword == 3 && !memcmp(b->word, "for", 3)) ||
           (b->nword == 5 &&
            (!memcmp(b->word, "while", 5) || !memcmp(b->word, "pause", 5)));
}

/* Outside braces: what the statement begins with. */
static void first_word(Braces *b, char c)
{
    if (c == ';' || c == '\n') {
        b->nword = 0;
        b->word_done = false;
    } else if (strchr(" \t\r", c)) {
        b->word_done = b->word_done || b->nword;
    } else if (!b->word_done) {
        b->word_done = c == '{' || b->nword == sizeof b->word;
        if (!b->word_done)
            b->word[b->nword++] = c;
    }
}

static void braces_step(Braces *b, char c)
{
    if (!b->depth)
        first_word(b, c);
    if (c == '\n')
        b->quoted = b->comment = false;
    else if (c == '"' && !b->comment)
        b->quoted = !b->quoted;
    if (b->quoted || b->comment)
        return;
    if (c == '#')
        b->comment = true;
    if (c == '{') {
        b->depth++;
        if (!b->block && (b->last == '=' || (b->depth == 1 && opens_loop(b))))
            b->block = b->depth;
    } else if (c == '}' && b->depth) {
        if (b->depth == b->block)
            b->block = 0;
        b->depth--;
    }
    if (!strchr(" \t\r\n", c))
        b->last = c;
}

/* Scans one more line; true when the text is inside a block then. */
static bool braces_line(Braces *b, const char *s, size_t n)
{
    if (!b->depth && !memchr(s, '{', n))
        return false;
    for (size_t i = 0; i < n; i++)
        braces_step(b, s[i]);
    braces_step(b, '\n');
    return b->block != 0;
}

/* ---- lines to statements */

static bool hand_on(Feed *f, RecordKind kind, const char *s, size_t n, unsigned long line)
{
    Record r = f->rec;
    r.kind = kind;
    r.in = s;
    r.in_len = n;
    r.line = line;
    return f->to->take(f->to->arg, &r);
}

static bool end_block(Feed *f)
{
    bool more =
        !f->block.n || hand_on(f, REC_STATEMENT, f->block.s, f->block.n, f->first_line);
    buf_clear(&f->block);
    return more;
}

/* The line joins the open block; the one before it is now known to be a part only. */
static bool continue_block(Feed *f, const char *s, size_t n)
{
    unsigned long number = f->rec.n, line = f->rec.line;
    f->rec.n--;
    bool more =
        hand_on(f, REC_PART, f->block.s + f->last, f->block.n - f->last, line - 1);
    f->rec.n = number;
    f->last = f->block.n + 1;
    buf_putc(&f->block, '\n');
    buf_put(&f->block, s, n);
    if (!more)
        return false;
    bool open = braces_line(&f->braces, s, n) && f->block.n < BLOCK_LIMIT;
    return open || end_block(f);
}

static bool feed_line(Feed *f, const char *s, size_t n)
{
    if (f->block.n)
        return continue_block(f, s, n);
    f->braces = (Braces){0};
    if (!braces_line(&f->braces, s, n))
        return hand_on(f, REC_STATEMENT, s, n, f->rec.line);
    f->first_line = f->rec.line;
    f->last = 0;
    buf_put(&f->block, s, n);
    return true;
}

/* False: stop. */
static bool feed_reader(Feed *f, Reader *r)
{
    const char *s;
    size_t n;
    bool more = true;
    while (more) {
        ReadResult got = reader_line(r, &s, &n);
        if (got == READ_INTERRUPTED && !signals_interrupted())
            continue;
        if (got == READ_INTERRUPTED)
            return false;
        if (got == READ_END)
            break;
        f->rec.n++;
        f->rec.line++;
        more = got == READ_LINE
                   ? feed_line(f, s, n)
                   : end_block(f) && hand_on(f, REC_TOO_LONG, "", 0, f->rec.line);
    }
    return more && end_block(f);
}

/* ---- inputs */

static int complain(const char *name, int error)
{
    bool word = error == ENOENT && !strpbrk(name, "./ '");
    Buf shown = {0};
    buf_visible(&shown, name, strlen(name));
    buf_putc(&shown, '\0');
    fprintf(stderr, "leibniz: %s: %s\n", shown.s, strerror(error));
    if (word)
        fprintf(stderr, "leibniz: to evaluate it: leibniz -e %s\n", shown.s);
    buf_free(&shown);
    return EXIT_USAGE;
}

static bool feed_fd(Feed *f, int fd, const char *name, int *status)
{
    Reader r;
    f->rec.file = name;
    f->rec.line = 0;
    reader_open_fd(&r, fd, f->to->idle, f->to->arg);
    bool more = feed_reader(f, &r);
    if (r.error)
        *status = complain(name, r.error);
    reader_close(&r);
    return more;
}

static bool feed_file(Feed *f, const char *name, int *status)
{
    if (!strcmp(name, "-"))
        return feed_fd(f, 0, "stdin", status);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        f->to->idle(f->to->arg);
        *status = complain(name, errno);
        return true;
    }
    bool more = feed_fd(f, fd, name, status);
    close(fd);
    return more;
}

/* Several -e count their lines together: -e:2 is the second. */
static bool feed_text(Feed *f, const char *text, unsigned long *line)
{
    Reader r;
    f->rec.file = "-e";
    f->rec.line = *line;
    reader_open_text(&r, *text ? text
                               : "\n"); /* -e '' is an empty line, and has its record */
    bool more = feed_reader(f, &r);
    *line = f->rec.line;
    reader_close(&r);
    return more;
}

int feed_inputs(const Options *o, const Consumer *to)
{
    Feed f = {.to = to};
    int status = EXIT_FINE;
    unsigned long text_line = 0;
    bool more = true;
    if (!o->ninputs)
        feed_fd(&f, 0, "stdin", &status);
    for (size_t i = 0; i < o->ninputs && more; i++)
        more = o->inputs[i].is_text ? feed_text(&f, o->inputs[i].arg, &text_line)
                                    : feed_file(&f, o->inputs[i].arg, &status);
    buf_free(&f.block);
    return status;
}
