/* trace/text.c - traces as text for people and as LaTeX, for math mode. Long ones are cut
 * in the middle.
 */
#include "print/print.h"
#include "trace/internal.h"
#include <stdio.h>

enum { NUMBER = 24, WIDEST = 48 };

/* ---- text -------------------------------------------------------------------------- */
static void pad_to(Str *out, size_t from, size_t width)
{
    while (out->n < from + width)
        str_putc(out, ' ');
}

static void put_value(const Trace *t, uint32_t v, Str *out)
{
    size_t from = out->n;
    trace_value(t, v, WRITE_PLAIN, out);
    pad_to(out, from, NUMBER);
}

static void put_dot(const Trace *t, size_t i, Str *out)
{
    size_t from = out->n;
    trace_dot(t, i, WRITE_PLAIN, out);
    pad_to(out, from, NUMBER);
}

static void trim_blanks(Str *s)
{
    while (s->n && s->s[s->n - 1] == ' ')
        s->s[--s->n] = 0;
}

static size_t expression_width(const Trace *t)
{
    Str s = {0};
    size_t width = strlen("expression");
    for (size_t r = 0; r < t->nrows; r++) {
        if (trace_omits(t, r))
            continue;
        str_clear(&s);
        trace_expression(t, t->row[r], WRITE_PLAIN, &s);
        width = s.n > width ? s.n : width;
    }
    str_free(&s);
    return width < WIDEST ? width : WIDEST;
}

static void text_head(const Trace *t, size_t width, Str *out)
{
    str_printf(out, "%-5s   %-*s  %-24s", "", (int)width, "expression", "value");
    for (size_t k = 0; t->of.mode == ACC_FORWARD && k < t->lanes; k++) {
        char name[80];
        snprintf(name, sizeof name, t->of.dir ? "tangent" : "d/d%.60s", t->of.name[k]);
        str_printf(out, "%-24s", name);
    }
    if (t->of.nwhere)
        str_puts(out, "statement");
    trim_blanks(out);
}

static void text_row(const Trace *t, size_t r, size_t width, Str *out)
{
    uint32_t v = t->row[r];
    str_printf(out, "\nv%-4zu = ", r + 1);
    size_t from = out->n;
    trace_expression(t, v, WRITE_PLAIN, out);
    pad_to(out, from, width);
    str_puts(out, "  ");
    put_value(t, v, out);
    for (size_t k = 0; t->of.mode == ACC_FORWARD && k < t->lanes; k++)
        put_dot(t, v * t->lanes + k, out);
    const ProcedureWhere *w = trace_where(t, r);
    if (w)
        str_puts(out, w->text ? w->text : w->function);
    trim_blanks(out);
}

static void text_gap(const Trace *t, Str *out)
{
    str_printf(out, "\n...   (%zu steps)", trace_omitted(t));
}

static void text_sweep(const Trace *t, size_t k, Str *out)
{
    bool gap = false;
    if (t->a->nout == 1)
        str_puts(
            out,
            "\n\nbackward: a_i = d result / d v_i, the sum of what its users contribute");
    else
        str_printf(out, "\n\nbackward from v%u: a_i = d v%u / d v_i",
                   t->name[t->a->out[k]], t->name[t->a->out[k]]);
    for (size_t r = t->nrows; r-- > 0;) {
        uint32_t v = t->row[r];
        if (t->a->nout > 1 && !trace_reaches(t, v, k) && t->a->p->val[v].op != P_IN)
            continue;
        if (trace_omits(t, r)) {
            if (!gap)
                text_gap(t, out);
            gap = true;
            continue;
        }
        str_printf(out, "\na%-4zu = ", r + 1);
        put_dot(t, v * t->lanes + k, out);
        str_puts(out, " = ");
        trace_contributions(t, v, k, WRITE_PLAIN, out);
    }
}

void trace_text(Trace *t, Str *out)
{
    size_t width = expression_width(t);
    text_head(t, width, out);
    for (size_t r = 0; r < t->nrows; r++)
        if (!trace_omits(t, r))
            text_row(t, r, width, out);
        else if (!trace_omits(t, r - 1))
            text_gap(t, out);
    if (t->of.shape && t->of.shape->rank) {
        str_puts(out, "\nresult: ");
        trace_outputs(t, WRITE_PLAIN, out);
    }
    for (size_t k = 0; t->of.mode == ACC_REVERSE && k < t->a->nout; k++)
        text_sweep(t, k, out);
}

/* ---- LaTeX ------------------------------------------------------------------------- */
static void latex_head(const Trace *t, Str *out)
{
    size_t numbers = t->of.mode == ACC_FORWARD ? t->lanes + 1 : 1;
    str_puts(out, "\\begin{array}{rl");
    for (size_t k = 0; k < numbers; k++)
        str_putc(out, 'l');
    str_puts(out, "} & & \\text{value}");
    for (size_t k = 0; k + 1 < numbers; k++) {
        if (t->of.dir) {
            str_puts(out, " & \\text{tangent}");
            continue;
        }
        str_puts(out, " & \\partial/\\partial ");
        trace_expression(t, (uint32_t)k, WRITE_LATEX, out); /* the inputs come first */
    }
}

static void latex_row(const Trace *t, size_t r, Str *out)
{
    uint32_t v = t->row[r];
    str_printf(out, " \\\\ v_{%zu} & = ", r + 1);
    trace_expression(t, v, WRITE_LATEX, out);
    str_puts(out, " & ");
    trace_value(t, v, WRITE_LATEX, out);
    for (size_t k = 0; t->of.mode == ACC_FORWARD && k < t->lanes; k++) {
        str_puts(out, " & ");
        trace_dot(t, v * t->lanes + k, WRITE_LATEX, out);
    }
}

static void latex_sweep(const Trace *t, size_t k, Str *out)
{
    bool gap = false;
    str_printf(out, " \\\\ \\hline & \\bar{v}_{i} = \\partial v_{%u}/\\partial v_{i} &",
               t->name[t->a->out[k]]);
    for (size_t r = t->nrows; r-- > 0;) {
        uint32_t v = t->row[r];
        if (t->a->nout > 1 && !trace_reaches(t, v, k) && t->a->p->val[v].op != P_IN)
            continue;
        if (trace_omits(t, r)) {
            str_puts(out, gap ? "" : " \\\\ & \\vdots &");
            gap = true;
            continue;
        }
        str_printf(out, " \\\\ \\bar{v}_{%zu} & = ", r + 1);
        trace_contributions(t, v, k, WRITE_LATEX, out);
        str_puts(out, " & ");
        trace_dot(t, v * t->lanes + k, WRITE_LATEX, out);
    }
}

void trace_latex(Trace *t, Str *out)
{
    latex_head(t, out);
    for (size_t r = 0; r < t->nrows; r++)
        if (!trace_omits(t, r))
            latex_row(t, r, out);
        else if (!trace_omits(t, r - 1))
            str_puts(out, " \\\\ & \\vdots &");
    for (size_t k = 0; t->of.mode == ACC_REVERSE && k < t->a->nout; k++)
        latex_sweep(t, k, out);
    str_puts(out, " \\end{array}");
}
