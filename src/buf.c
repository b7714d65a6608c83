/* buf.c - see buf.h. */
#include "buf.h"

#include "leibniz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *xrealloc(void *p, size_t n)
{
    void *q = realloc(p, n ? n : 1);
    if (!q) {
        static const char sorry[] = "leibniz: memory is out\n";
        ssize_t ignored = write(2, sorry, sizeof sorry - 1);
        (void)ignored;
        _exit(5);
    }
    return q;
}

char *xstrndup(const char *s, size_t n)
{
    char *t = xrealloc(NULL, n + 1);
    memcpy(t, s, n);
    t[n] = 0;
    return t;
}

void buf_reserve(Buf *b, size_t more)
{
    if (b->cap - b->n >= more)
        return;
    size_t cap = b->cap ? b->cap : 256;
    while (cap - b->n < more)
        cap += cap / 2;
    b->s = xrealloc(b->s, cap);
    b->cap = cap;
}

void buf_put(Buf *b, const char *s, size_t n)
{
    if (!n)
        return;
    buf_reserve(b, n);
    memcpy(b->s + b->n, s, n);
    b->n += n;
}

void buf_puts(Buf *b, const char *s) { buf_put(b, s, strlen(s)); }

void buf_putc(Buf *b, char c)
{
    buf_reserve(b, 1);
    b->s[b->n++] = c;
}

void buf_fill(Buf *b, char c, size_t n)
{
    buf_reserve(b, n);
    memset(b->s + b->n, c, n);
    b->n += n;
}

void buf_printf(Buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    buf_reserve(b, (size_t)n + 1);
    va_start(ap, fmt);
    vsnprintf(b->s + b->n, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
}

/* Bytes of what is shown of s, at least 1; *odd: it is not to be shown. */
static size_t visible_step(const char *s, size_t n, bool *odd)
{
    size_t k = lbz_character(s, n);
    *odd = lbz_is_control(s, n) && *s != '\n' && *s != '\t';
    return k ? k : 1;
}

void buf_visible(Buf *b, const char *s, size_t n)
{
    bool odd;
    for (size_t i = 0, k; i < n; i += k) {
        k = visible_step(s + i, n - i, &odd);
        buf_put(b, odd ? "?" : s + i, odd ? 1 : k);
    }
}

void buf_make_visible(Buf *b, size_t from)
{
    bool odd;
    size_t to = from;
    for (size_t i = from, k; i < b->n; i += k) {
        k = visible_step(b->s + i, b->n - i, &odd);
        memmove(b->s + to, odd ? "?" : b->s + i, odd ? 1 : k);
        to += odd ? 1 : k;
    }
    b->n = to;
}

void buf_double(Buf *b, double x)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    buf_puts(b, text);
}

void buf_free(Buf *b)
{
    free(b->s);
    *b = (Buf){0};
}
