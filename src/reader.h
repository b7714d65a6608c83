/* reader.h - lines from a file descriptor or from a text. Takes what is there: LF or
 * CRLF, a byte-order mark, a missing last newline, NUL bytes, lines of any length up to a
 * limit. */
#ifndef READER_H
#define READER_H

#include "buf.h"

typedef struct {
    int fd;  /* -1: the text is all there is */
    Buf buf; /* bytes read; from pos on not yet handed out */
    size_t pos;
    bool eof, first; /* first: nothing handed out yet, a byte-order mark may stand here */
    int error;       /* errno of a failed read, or 0 */
    /* Called before a read that would block: the time to show what is finished. */
    void (*idle)(void *arg);
    void *arg;
} Reader;

enum {
    LINE_LIMIT = 64 << 20
}; /* longer lines come as READ_TOO_LONG, without their bytes */

typedef enum { READ_LINE, READ_TOO_LONG, READ_END, READ_INTERRUPTED } ReadResult;

void reader_open_fd(Reader *r, int fd, void (*idle)(void *arg), void *arg);
void reader_open_text(Reader *r, const char *text);
/* The next line without its end; it stays valid until the next call. */
ReadResult reader_line(Reader *r, const char **line, size_t *n);
void reader_close(Reader *r); /* the descriptor stays open */

#endif
