/* table.c - see table.h. */
#include "table.h"

#include <string.h>

enum { MOST_COLUMNS = 1000 };

/* The name and value that cell points to; *cell moves on. False: the row ends. */
static bool next_cell(const char **cell, const char **name, const char **value)
{
    if (**cell == '\n')
        return false;
    *name = *cell;
    *value = *name + strlen(*name) + 1;
    *cell = *value + strlen(*value) + 1;
    return true;
}

static bool has_column(const Table *t, const char *name)
{
    const char *s = t->names.s;
    for (size_t i = 0; i < t->columns; i++, s += strlen(s) + 1)
        if (strcmp(s, name) == 0)
            return true;
    return false;
}

void table_put(Table *t, const char *s, size_t n)
{
    if (!n)
        return;
    buf_put(&t->held, (const char *)&n, sizeof n);
    buf_put(&t->held, s, n);
    const char *cell = memchr(s, 0, n), *name, *value;
    for (cell += cell != NULL; cell && next_cell(&cell, &name, &value);)
        if (t->columns < MOST_COLUMNS && !has_column(t, name)) {
            buf_put(&t->names, name, strlen(name) + 1);
            t->columns++;
        }
}

static void put_names(Table *t, Buf *out)
{
    const char *s = t->names.s;
    record_header(t->format, out);
    out->n--; /* the end of the line */
    for (size_t i = 0; i < t->columns; i++, s += strlen(s) + 1)
        record_field(t->format, out, s);
    buf_putc(out, '\n');
    t->begun = true;
    t->written = t->columns;
}

static const char *value_in(const char *cell, const char *column)
{
    const char *name, *value;
    while (next_cell(&cell, &name, &value))
        if (strcmp(name, column) == 0)
            return value;
    return "";
}

static void put_row(const Table *t, const char *s, const char *cells, Buf *out)
{
    const char *column = t->names.s;
    buf_put(out, s, (size_t)(cells - s));
    for (size_t i = 0; i < t->columns; i++, column += strlen(column) + 1)
        record_field(t->format, out, value_in(cells + 1, column));
    buf_putc(out, '\n');
}

void table_take(Table *t, Buf *out)
{
    const char *s = t->held.s, *end = s + t->held.n;
    size_t n;
    if (t->header && (!t->begun || t->columns > t->written))
        put_names(t, out);
    for (; s < end; s += n) {
        memcpy(&n, s, sizeof n);
        s += sizeof n;
        const char *cells = memchr(s, 0, n);
        if (cells)
            put_row(t, s, cells, out);
        else
            buf_put(out, s, n);
    }
    buf_clear(&t->held);
}

void table_free(Table *t)
{
    buf_free(&t->held);
    buf_free(&t->names);
}
