/* print/break.c - what is too wide for the terminal, cut into lines: boxes, and plain text. */
#include "print/box.h"

enum { DEEPEST = 12, MOST_PARTS = 20000, INDENT = 2 };

/* ---- boxes */

typedef struct {
    Ctx *c;
    const Signs *signs;
} Breaker;

/* The parts of a row, of which lines are made. */
typedef struct {
    Ctx *c;
    Box **v;
    size_t n;
} Parts;

static bool is_blank_at(const Box *b, size_t i) { return b->text[i] == ' '; }

/* A line may begin with " + ", " - ", " = " and the like ... */
static bool breaks_before(const Box *b)
{
    return b->kind == B_TEXT && b->ntext >= 3 && is_blank_at(b, 0) &&
           is_blank_at(b, b->ntext - 1);
}

/* ... and end with "·", "*" and ", ". */
static bool breaks_after(const Box *b)
{
    return b->kind == B_TEXT && ((b->ntext == 2 && !memcmp(b->text, "·", 2)) ||
                                 (b->ntext == 2 && !memcmp(b->text, ", ", 2)) ||
                                 (b->ntext == 1 && *b->text == '*'));
}

/* Rows that are too wide by their parts, those in turn by theirs. */
static void flatten_row(Parts *p, Box *root, int width)
{
    size_t n = 0;
    Box **st = ARENA_NEW(&p->c->tmp, Box *, MOST_PARTS);

    p->v = ARENA_NEW(&p->c->tmp, Box *, MOST_PARTS);
    if (!st || !p->v)
        return;
    st[n++] = root;
    while (n > 0) {
        Box *b = st[--n];
        bool open = b->kind == B_ROW && (b->w > width || b == root) &&
                    n + p->n + b->n < MOST_PARTS;
        if (!open)
            p->v[p->n++] = b;
        for (uint32_t i = open ? b->n : 0; i-- > 0;)
            st[n++] = b->a[i];
    }
}

static Box *make_line(Parts *p, size_t from, size_t to)
{
    Box *row = box_row(p->c, to - from, p->v + from);

    return from ? box_row(p->c, 2, (Box *[]){box_puts(p->c, "  "), row}) : row;
}

/* Where the line that begins at from has to end; p->n: it holds the rest. */
static size_t line_end(const Parts *p, size_t from, int width)
{
    size_t last = from;
    int w = from ? INDENT : 0;

    for (size_t i = from; i < p->n; i++) {
        if (i > from && breaks_before(p->v[i]))
            last = i;
        w += p->v[i]->w;
        if (w > width && last > from)
            return last;
        if (breaks_after(p->v[i]) && i + 1 < p->n)
            last = i + 1;
    }
    return p->n;
}

/* Lines one above the other, a blank one between two of which one is tall. */
static Box *stack_lines(Parts *p, int width)
{
    size_t n = 0;
    Box **line = ARENA_NEW(&p->c->tmp, Box *, 2 * p->n + 1);
    bool tall = false;

    for (size_t from = 0, to; line && from < p->n; from = to) {
        to = line_end(p, from, width);
        Box *row = make_line(p, from, to);
        if (n && (row->h > 1 || tall))
            line[n++] = box_puts(p->c, "");
        tall = row->h > 1;
        line[n++] = row;
    }
    return line && n ? box_stack(p->c, n, line, 0, true) : NULL;
}

static Box *break_box(const Breaker *k, Box *b, int width, int depth);

static Box *break_row(const Breaker *k, Box *b, int width, int depth)
{
    Parts p = {.c = k->c};

    flatten_row(&p, b, width - INDENT);
    for (size_t i = 0; i < p.n; i++)
        p.v[i] = break_box(k, p.v[i], width - (p.n > 1 ? INDENT : 0), depth);
    Box *lines = p.n ? stack_lines(&p, width) : NULL;
    return lines ? lines : b;
}

static Box *break_power(const Breaker *k, Box *b, int width, int depth)
{
    Box *base = break_box(k, b->a[0], width - b->a[1]->w, depth);

    return box_sup(k->c, base, break_box(k, b->a[1], width - base->w, depth));
}

/* What lies deeper than a few levels stays as it is. */
static Box *break_box(const Breaker *k, Box *b, int width, int depth)
{
    if (b->w <= width || width < 10 || depth >= DEEPEST || ctx_failed(k->c))
        return b;
    depth++;
    switch ((BoxKind)b->kind) {
    case B_ROW: return break_row(k, b, width, depth);
    case B_SUP: return break_power(k, b, width, depth);
    case B_FRAC:
        return box_frac(k->c, break_box(k, b->a[0], width - 2, depth),
                        break_box(k, b->a[1], width - 2, depth));
    case B_FENCE:
        return box_fence(k->c, b->style, break_box(k, b->a[0], width - 2, depth));
    case B_ROOT: return box_root(k->c, k->signs, break_box(k, b->a[0], width - 2, depth));
    default: return b;
    }
}

Box *box_break(Ctx *c, const Signs *signs, Box *b, int width)
{
    return break_box(&(Breaker){c, signs}, b, width, 0);
}

/* ---- text */

/* How many bytes from s on belong together: up to behind an operator, a comma or a blank. */
static size_t piece(const char *s, size_t n)
{
    size_t i = 0;
    while (i < n && s[i] != ' ' && s[i] != '*' && s[i] != '/' && s[i] != ',')
        i++;
    while (i < n && (s[i] == '*' || s[i] == '/' || s[i] == ','))
        i++;
    while (i < n && s[i] == ' ')
        i++;
    return i;
}

void box_wrap(Str *out, const char *text, size_t n, int width)
{
    size_t w = 0;
    for (size_t at = 0; at < n;) {
        size_t k = piece(text + at, n - at), end = k;
        while (end && text[at + end - 1] == ' ')
            end--;
        if (w && w + end > (size_t)width) {
            while (out->n && out->s[out->n - 1] == ' ')
                out->s[--out->n] = '\0';
            str_puts(out, "\n  ");
            w = INDENT;
        }
        str_put(out, text + at, k);
        w += k;
        at += k;
    }
}
