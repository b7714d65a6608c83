/* trace/data.c - traces for programs: JSON, and tables for CSV. Nothing is left out. */
#include "trace/internal.h"
#include <math.h>

/* ---- JSON -------------------------------------------------------------------------- */
static void put_text(const char *s, size_t n, void *out) { str_put(out, s, n); }

static void json_string(Str *out, const char *s)
{
    lbz_json(s, strlen(s), put_text, out);
}

/* The number written from there on, or null for what is not finite. */
static void json_null(Str *out, size_t from, double x)
{
    if (isfinite(x))
        return;
    out->n = from;
    str_puts(out, "null");
}

static void json_value(const Trace *t, uint32_t v, Str *out)
{
    size_t from = out->n;
    trace_value(t, v, WRITE_PLAIN, out);
    json_null(out, from, t->a->v[v]);
}

static void json_dot(const Trace *t, size_t i, Str *out)
{
    size_t from = out->n;
    trace_dot(t, i, WRITE_PLAIN, out);
    json_null(out, from, t->dot[i]);
}

/* One number, or a list of them. */
static void json_lanes(const Trace *t, uint32_t v, Str *out)
{
    str_puts(out, t->lanes == 1 ? "" : "[");
    for (size_t k = 0; k < t->lanes; k++) {
        str_puts(out, k ? "," : "");
        json_dot(t, v * t->lanes + k, out);
    }
    str_puts(out, t->lanes == 1 ? "" : "]");
}

static void json_contributions(const Trace *t, uint32_t v, Str *out)
{
    const char *sep = "";
    str_puts(out, ",\"contributions\":[");
    for (uint32_t i = t->use[v]; i;) {
        uint32_t to;
        double partial;
        i = trace_use(t, i, &to, &partial);
        str_printf(out, "%s{\"from\":\"v%u\",\"adjoint\":", sep, t->name[to]);
        json_lanes(t, to, out);
        str_puts(out, ",\"partial\":");
        size_t from = out->n;
        trace_partial(t, v, to, partial, WRITE_PLAIN, out);
        json_null(out, from, partial);
        str_puts(out, "}");
        sep = ",";
    }
    str_puts(out, "]");
}

static void json_row(const Trace *t, size_t r, Str *expr, Str *out)
{
    uint32_t v = t->row[r];
    const ProcedureWhere *w = trace_where(t, r);
    str_clear(expr);
    trace_expression(t, v, WRITE_PLAIN, expr);
    str_printf(out, "%s{\"v\":\"v%zu\",\"expr\":", r ? "," : "", r + 1);
    json_string(out, str_cstr(expr));
    str_puts(out, ",\"value\":");
    json_value(t, v, out);
    str_puts(out, t->of.mode == ACC_REVERSE ? ",\"adjoint\":" : ",\"tangent\":");
    json_lanes(t, v, out);
    if (t->of.mode == ACC_REVERSE)
        json_contributions(t, v, out);
    if (w) {
        str_puts(out, ",\"function\":");
        json_string(out, w->function);
        if (w->line)
            str_printf(out, ",\"line\":%u", w->line);
    }
    str_puts(out, "}");
}

void trace_json(Trace *t, Str *out)
{
    Str expr = {0};
    const Accum *a = t->a;
    str_printf(out, "{\"mode\":\"%s\",\"inputs\":[",
               t->of.mode == ACC_FORWARD ? "forward" : "reverse");
    for (size_t i = 0; i < a->nin; i++) {
        str_puts(out, i ? "," : "");
        json_string(out, t->of.name[i]);
    }
    str_puts(out, "],\"outputs\":[");
    for (size_t k = 0; k < a->nout; k++)
        str_printf(out, "%s\"v%u\"", k ? "," : "", t->name[a->out[k]]);
    str_puts(out, "]");
    for (size_t i = 0; t->of.dir && i < a->nin; i++) {
        str_puts(out, i ? "," : ",\"along\":[");
        double_put(out, t->of.dir[i]);
    }
    str_puts(out, t->of.dir ? "],\"rows\":[" : ",\"rows\":[");
    for (size_t r = 0; r < t->nrows; r++)
        json_row(t, r, &expr, out);
    str_puts(out, "]}");
    str_free(&expr);
}

/* ---- tables ------------------------------------------------------------------------ */
static void end_cell(Str *cells, size_t *n)
{
    str_putc(cells, '\0');
    ++*n;
}

static size_t table_head(const Trace *t, Str *cells)
{
    size_t n = 0;
    bool forward = t->of.mode == ACC_FORWARD, one = t->lanes == 1;
    static const char *const first[] = {"v", "expr", "value"};
    for (size_t i = 0; i < 3; i++) {
        str_puts(cells, first[i]);
        end_cell(cells, &n);
    }
    for (size_t k = 0; k < t->lanes; k++) {
        uint32_t out = forward ? 0 : t->name[t->a->out[k]];
        if (t->of.dir || !forward)
            str_printf(cells,
                       forward ? "tangent"
                       : one   ? "adjoint"
                               : "adjoint of v%u",
                       out);
        else
            str_printf(cells, "d/d%s", t->of.name[k]);
        end_cell(cells, &n);
        if (forward)
            continue;
        str_printf(cells, one ? "contributions" : "contributions to v%u", out);
        end_cell(cells, &n);
    }
    if (t->of.nwhere) {
        str_puts(cells, "function");
        end_cell(cells, &n);
        str_puts(cells, "line");
        end_cell(cells, &n);
    }
    return n;
}

static void table_row(const Trace *t, size_t r, Str *cells)
{
    uint32_t v = t->row[r];
    const ProcedureWhere *w = trace_where(t, r);
    size_t n = 0;
    str_printf(cells, "v%zu", r + 1);
    end_cell(cells, &n);
    trace_expression(t, v, WRITE_PLAIN, cells);
    end_cell(cells, &n);
    trace_value(t, v, WRITE_PLAIN, cells);
    end_cell(cells, &n);
    for (size_t k = 0; k < t->lanes; k++) {
        trace_dot(t, v * t->lanes + k, WRITE_PLAIN, cells);
        end_cell(cells, &n);
        if (t->of.mode == ACC_FORWARD)
            continue;
        trace_contributions(t, v, k, WRITE_PLAIN, cells);
        end_cell(cells, &n);
    }
    if (t->of.nwhere) {
        str_puts(cells, w ? w->function : "");
        end_cell(cells, &n);
        if (w && w->line)
            str_printf(cells, "%u", w->line);
        end_cell(cells, &n);
    }
}

size_t trace_table(Trace *t, Str *cells)
{
    size_t n = table_head(t, cells);
    for (size_t r = 0; r < t->nrows; r++)
        table_row(t, r, cells);
    return n;
}

void trace_csv(Trace *t, Str *out)
{
    Str cells = {0};
    size_t n = trace_table(t, &cells), k = 0;
    for (size_t at = 0; at < cells.n && !cells.failed;
         at += strlen(cells.s + at) + 1, k++) {
        const char *s = cells.s + at;
        bool quote = strpbrk(s, ",\"\n") != NULL;
        str_puts(out, k == 0 ? "" : k % n ? "," : "\n");
        str_puts(out, quote ? "\"" : "");
        for (; *s; s++) {
            str_puts(out, *s == '"' ? "\"" : "");
            str_putc(out, *s);
        }
        str_puts(out, quote ? "\"" : "");
    }
    str_free(&cells);
}
