/* report.c - errors and notes for people: FILE:LINE:COL: error: message, the source line
 * with a caret below, a hint. Columns of the screen are counted, not bytes: wide and
 * combining characters and tabs keep the caret where it belongs. Long lines are shown in
 * part. */
#include "record.h"

#include <string.h>

enum {
    WINDOW = 76,  /* columns shown of a line */
    CONTEXT = 30, /* those before the caret */
    MOST_NOTES = 8
};

/* One code point as it is shown: tabs stay, what a terminal would not print is a '?'. */
typedef struct {
    size_t bytes, width;
    bool tab, odd;
} Cell;

static Cell cell_at(const char *s, size_t n)
{
    size_t valid = lbz_character(s, n), len = valid ? valid : 1;
    if (*s == '\t')
        return (Cell){1, 1, true, false};
    if (lbz_is_control(s, n))
        return (Cell){len, 1, false, true};
    return (Cell){len, len == 1 ? 1 : lbz_width(s, len), false, false};
}

/* Offset of the code point number col (1-based), at most n. */
static size_t offset_of(const char *s, size_t n, unsigned col)
{
    size_t at = 0;
    for (unsigned i = 1; i < col && at < n; i++) {
        size_t len = lbz_character(s + at, n - at);
        at += len ? len : 1;
    }
    return at;
}

/* The piece [from, to) of a line that is shown: all of it, or what surrounds the
 * caret. */
typedef struct {
    size_t from, to;
} Piece;

static Piece choose_piece(const char *s, size_t n, size_t caret)
{
    size_t total = 0, before = 0, at = 0;
    for (; at < n && total <= WINDOW; at += cell_at(s + at, n - at).bytes)
        total += cell_at(s + at, n - at).width;
    if (total <= WINDOW)
        return (Piece){0, n};
    size_t back[CONTEXT] = {0},
           k = 0; /* offsets of the last code points before the caret */
    for (at = 0; at < caret; at += cell_at(s + at, n - at).bytes) {
        back[k++ % CONTEXT] = at;
        before += cell_at(s + at, n - at).width;
    }
    Piece p = {before < WINDOW - CONTEXT ? 0 : back[k % CONTEXT], 0};
    size_t width = 0;
    for (p.to = p.from; p.to < n; p.to += cell_at(s + p.to, n - p.to).bytes) {
        width += cell_at(s + p.to, n - p.to).width;
        if (width > WINDOW)
            break;
    }
    return p;
}

static void put_source(Buf *err, const char *s, Piece p, size_t n)
{
    buf_puts(err, p.from ? "..." : "");
    for (size_t at = p.from; at < p.to;) {
        Cell c = cell_at(s + at, n - at);
        if (c.odd)
            buf_putc(err, '?');
        else
            buf_put(err, s + at, c.bytes);
        at += c.bytes;
    }
    buf_puts(err, p.to < n ? "...\n" : "\n");
}

/* "    ^~~" under [caret, end); tabs are repeated so that they move the caret alike. */
static void put_caret(const Style *style, Buf *err, const char *s, size_t n, Piece p,
                      size_t caret, size_t end)
{
    buf_puts(err, p.from ? "   " : "");
    for (size_t at = p.from; at < caret;) {
        Cell c = cell_at(s + at, n - at);
        buf_fill(err, c.tab ? '\t' : ' ', c.tab ? 1 : c.width);
        at += c.bytes;
    }
    buf_puts(err, style->caret);
    size_t width = 0;
    for (size_t at = caret; at < end && at < p.to;) {
        Cell c = cell_at(s + at, n - at);
        width += c.width;
        at += c.bytes;
    }
    buf_putc(err, '^');
    if (width > 1)
        buf_fill(err, '~', width - 1);
    buf_puts(err, style->off);
    buf_putc(err, '\n');
}

static void put_both(const Style *style, const char *line, size_t n, lbz_span at,
                     size_t indent, bool source, Buf *err)
{
    size_t caret = offset_of(line, n, at.col);
    size_t end = caret + offset_of(line + caret, n - caret, at.len + 1);
    Piece p = source ? choose_piece(line, n, caret) : (Piece){0, n};
    if (source) {
        buf_fill(err, ' ', indent);
        put_source(err, line, p, n);
    }
    if (!at.col)
        return;
    buf_fill(err, ' ', indent);
    put_caret(style, err, line, n, p, caret, end);
}

void report_caret(const Style *style, const char *line, size_t n, lbz_span at,
                  size_t indent, Buf *err)
{
    put_both(style, line, n, at, indent, false, err);
}

void report_source(const Style *style, const char *text, size_t n, lbz_span at,
                   size_t indent, Buf *err)
{
    const char *end = text + n;
    for (unsigned i = 1; i < at.line; i++) {
        const char *nl = memchr(text, '\n', (size_t)(end - text));
        if (!nl)
            break;
        text = nl + 1;
    }
    const char *nl = end > text ? memchr(text, '\n', (size_t)(end - text)) : NULL;
    put_both(style, text, (size_t)((nl ? nl : end) - text), at, indent, true, err);
}

static void put_line(Buf *err, const char *text)
{
    buf_visible(err, text, strlen(text));
    buf_putc(err, '\n');
}

/* How a text was read, and could have been otherwise: that is not to be overlooked. */
static bool tells_reading(const char *note)
{
    return !strncmp(note, "read as ", 8) || strstr(note, " is read as ");
}

void report_notes(const Style *style, const lbz_result *r, Buf *err)
{
    for (size_t i = 0; i < r->nnotes && i < MOST_NOTES; i++) {
        buf_printf(err,
                   "%snote: ", tells_reading(r->notes[i]) ? style->reading : style->note);
        buf_visible(err, r->notes[i], strlen(r->notes[i]));
        buf_printf(err, "%s\n", style->off);
    }
    if (r->nnotes > MOST_NOTES)
        buf_printf(err, "%snote: and %zu notes more%s\n", style->note,
                   r->nnotes - MOST_NOTES, style->off);
}

void report_write(const Style *style, const Record *rec, Buf *err)
{
    const lbz_result *r = rec->result;
    if (!r)
        return;
    report_notes(style, r, err);
    if (r->status == LBZ_OK)
        return;
    unsigned long line = rec->line + (r->span.line > 1 ? r->span.line - 1 : 0);
    buf_visible(err, rec->file, strlen(rec->file));
    buf_printf(err, ":%lu:%u: %serror:%s ", line, r->span.col ? r->span.col : 1,
               style->error, style->off);
    put_line(err, r->message);
    report_source(style, rec->in, rec->in_len, r->span, 2, err);
    if (r->hint && *r->hint) {
        buf_printf(err, "  %shint:%s ", style->hint, style->off);
        put_line(err, r->hint);
    }
}
