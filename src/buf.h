/* buf.h - growing bytes for the program. Running out of memory here ends the program with
 * status 5: there is nobody left to report to. A Buf owns its bytes. */
#ifndef BUF_H
#define BUF_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    char *s;
    size_t n, cap;
} Buf;

void buf_reserve(Buf *b, size_t more); /* room for more bytes beyond n */
void buf_put(Buf *b, const char *s, size_t n);
void buf_puts(Buf *b, const char *s);
void buf_putc(Buf *b, char c);
void buf_fill(Buf *b, char c, size_t n);
void buf_printf(Buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* With '?' for what a terminal would obey (lbz_is_control); ends of lines and tabs stay. */
void buf_visible(Buf *b, const char *s, size_t n);
void buf_make_visible(Buf *b, size_t from); /* the same for what is there from from on */
/* The shortest decimal text that reads back to x. */
void buf_double(Buf *b, double x);
void buf_free(Buf *b);
static inline void buf_clear(Buf *b) { b->n = 0; }

/* malloc, realloc and strdup that end the program when memory is out. */
void *xrealloc(void *p, size_t n);
char *xstrndup(const char *s, size_t n);

#endif
