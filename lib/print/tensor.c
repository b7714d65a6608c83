/* print/tensor.c - arrays of numbers as text: all elements, or the corners with dots between; in one
 * line, or row by row with the columns below one another. */
#include "print/print.h"

#include <stdio.h>
#include <stdlib.h>

enum { EDGE = 3 }; /* shown at each end of an axis that is cut */

typedef struct {
    Str *out;
    const Tensor *t;
    const char *dots; /* NULL: all is shown */
    bool rows;
    size_t *width; /* of columns; NULL: not aligned */
} Writer;

/* The shortest text that is read back to the same float. */
static void put_float(Str *out, float x)
{
    char text[32];
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)x);
        if (strtof(text, NULL) == x)
            break;
    }
    double_put(out, strtod(text, NULL));
}

void print_element(Str *out, const Tensor *t, size_t i)
{
    double x = tensor_get(t, i);
    if (t->type == DT_FLOAT32 && x - x == 0)
        put_float(out, (float)x);
    else if (t->type == DT_INT64)
        str_printf(out, "%lld", (long long)tensor_get_whole(t, i));
    else
        double_put(out, x);
}

/* How many places an axis has, and which index stands at place k; SIZE_MAX: dots. */
static size_t places(const Writer *w, size_t size)
{
    return w->dots && size > 2 * EDGE + 1 ? 2 * EDGE + 1 : size;
}

static size_t index_at(const Writer *w, size_t size, size_t k)
{
    if (places(w, size) == size || k < EDGE)
        return k;
    return k == EDGE ? SIZE_MAX : size - (2 * EDGE + 1 - k);
}

static void put_cell(const Writer *w, size_t i, size_t column)
{
    if (!w->width) {
        print_element(w->out, w->t, i);
        return;
    }
    Str cell = {0};
    print_element(&cell, w->t, i);
    for (size_t pad = w->width[column]; pad > cell.n; pad--)
        str_putc(w->out, ' ');
    str_put(w->out, str_cstr(&cell), cell.n);
    str_free(&cell);
}

/* Behind an item of axis k: the next one follows. */
static void put_separator(const Writer *w, unsigned k)
{
    if (!w->rows || k + 1 == w->t->dims.rank) {
        str_puts(w->out, ", ");
        return;
    }
    str_puts(w->out, ",\n");
    for (unsigned i = 0; i <= k; i++)
        str_putc(w->out, ' ');
}

/* The part of axis k on that begins with element i. As deep as the rank. */
static void put_axis(const Writer *w, unsigned k, size_t i)
{
    const Dims *d = &w->t->dims;
    size_t size = d->dim[k], n = places(w, size), step = 1;
    for (unsigned r = k + 1; r < d->rank; r++)
        step *= d->dim[r];
    str_putc(w->out, '[');
    for (size_t p = 0; p < n && !w->out->failed; p++) {
        size_t at = index_at(w, size, p);
        if (p)
            put_separator(w, k);
        if (at == SIZE_MAX)
            str_puts(w->out, w->dots);
        else if (k + 1 == d->rank)
            put_cell(w, i + at, p);
        else
            put_axis(w, k + 1, i + at * step);
    }
    str_putc(w->out, ']');
}

/* Widths of the columns that are shown; NULL where they do not fit the width, or no memory. */
static size_t *measure_columns(const Writer *w)
{
    const Dims *d = &w->t->dims;
    size_t size = d->dim[d->rank - 1], n = places(w, size), all = 2 + 2 * n;
    size_t *width = mem_alloc((n + 1) * sizeof *width);
    size_t lines = size ? tensor_count(w->t) / size : 0;
    for (size_t p = 0; width && p < n; p++) {
        size_t at = index_at(w, size, p);
        width[p] = 0;
        for (size_t l = 0; l < lines && at != SIZE_MAX; l++) {
            if (w->dots && lines > 64 && l >= 32 && l + 32 < lines)
                continue; /* of many lines those at the ends */
            Str cell = {0};
            print_element(&cell, w->t, l * size + at);
            width[p] = cell.n > width[p] ? cell.n : width[p];
            str_free(&cell);
        }
        all += width[p];
    }
    if (width && all <= (size_t)print_width())
        return width;
    mem_free(width);
    return NULL;
}

void print_tensor(Str *out, const Tensor *t, const char *dots, bool rows)
{
    Writer w = {.out = out, .t = t, .dots = dots, .rows = rows && t->dims.rank > 1};
    if (t->dims.rank == 0) {
        print_element(out, t, 0);
        return;
    }
    if (w.rows)
        w.width = measure_columns(&w);
    put_axis(&w, 0, 0);
    mem_free(w.width);
}

bool print_tensor_fits(const Tensor *t, size_t most)
{
    enum { SHORTEST = 3 }; /* "1, " */
    size_t n = tensor_count(t), length = 0;
    if (n > most / SHORTEST)
        return false;
    for (size_t i = 0; i < n && length <= most; i++) {
        Str cell = {0};
        print_element(&cell, t, i);
        length += cell.n + 2;
        str_free(&cell);
    }
    return length <= most;
}
