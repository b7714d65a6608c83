/* print/rows.c - matrices row by row, columns below one another: plain text that can be typed
 * back in as well. */
#include "print/print.h"

/* The texts of all elements, one behind the other. */
typedef struct {
    Ctx *c;
    Str text;
    size_t *end;   /* where each ends */
    size_t *width; /* of each column */
    size_t cols;
} Cells;

/* Lists of the same length all, at least one, of no lists. */
bool print_is_matrix(const Node *n)
{
    if (!ex_is(n, OP_LIST) || !n->n || !ex_is(n->a[0], OP_LIST) || !n->a[0]->n)
        return false;
    for (uint32_t i = 0; i < n->n; i++) {
        const Node *row = n->a[i];
        if (!ex_is(row, OP_LIST) || row->n != n->a[0]->n)
            return false;
        for (uint32_t j = 0; j < row->n; j++)
            if (ex_is(row->a[j], OP_LIST))
                return false;
    }
    return true;
}

static bool print_cells(Cells *t, Node *n)
{
    Ctx *c = t->c;
    size_t k = 0;
    t->cols = n->a[0]->n;
    t->end = ARENA_NEW(&c->tmp, size_t, n->n * t->cols);
    t->width = ARENA_NEW0(&c->tmp, size_t, t->cols);
    if (!t->end || !t->width)
        return false;
    for (uint32_t i = 0; i < n->n && !ctx_poll(c); i++) {
        for (uint32_t j = 0; j < t->cols; j++, k++) {
            size_t before = t->text.n;
            print_plain(c, &t->text, n->a[i]->a[j]);
            t->end[k] = t->text.n;
            if (t->text.n - before > t->width[j])
                t->width[j] = t->text.n - before;
        }
    }
    return !ctx_failed(c) && !t->text.failed;
}

static bool fits_width(const Cells *t)
{
    size_t all = 2 + 2 * t->cols;
    for (size_t j = 0; j < t->cols; j++)
        all += t->width[j];
    return all <= (size_t)print_width();
}

static void put_row(const Cells *t, Str *out, size_t row, bool aligned)
{
    for (size_t j = 0; j < t->cols; j++) {
        size_t k = row * t->cols + j, from = k ? t->end[k - 1] : 0, n = t->end[k] - from;
        str_puts(out, j ? ", " : "[");
        for (size_t pad = aligned ? t->width[j] - n : 0; pad; pad--)
            str_putc(out, ' ');
        str_put(out, t->text.s + from, n);
    }
    str_putc(out, ']');
}

void print_rows(Ctx *c, Str *out, Node *n)
{
    ArenaMark m = arena_mark(&c->tmp);
    Cells t = {.c = c};
    if (print_cells(&t, n)) {
        bool aligned = fits_width(&t);
        for (uint32_t i = 0; i < n->n; i++) {
            str_puts(out, i ? ",\n " : "[");
            put_row(&t, out, i, aligned);
        }
        str_putc(out, ']');
    }
    str_free(&t.text);
    arena_release(&c->tmp, m);
}
