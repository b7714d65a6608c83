/* trace/write.c - the pieces of a trace as plain text or LaTeX: numbers, expressions of
 * rows over the names of others, contributions to adjoints.
 */
#include "print/print.h"
#include "trace/internal.h"
#include <math.h>
#include <stdio.h>

enum { LIST_SHOWN = 8, LIST_WHOLE = 12 };

typedef struct {
    const Trace *t;
    TraceWrite how;
    Str *out;
} TraceWriter;

/* The digits s of a finite number. */
static void put_digits(const char *s, TraceWrite how, Str *out)
{
    if (how == WRITE_LATEX)
        print_latex_number(out, s, strlen(s));
    else
        str_puts(out, s);
}

/* Float64 with 17 digits. */
static void put_double(double x, TraceWrite how, Str *out)
{
    char d[40];
    bool latex = how == WRITE_LATEX;
    if (isnan(x)) {
        str_puts(out, latex ? "\\text{nan}" : "nan");
    } else if (isinf(x)) {
        str_puts(out,
                 latex ? (x > 0 ? "\\infty" : "-\\infty") : (x > 0 ? "inf" : "-inf"));
    } else {
        snprintf(d, sizeof d, "%.17g", x);
        put_digits(d, how, out);
    }
}

/* What was written into exact, if anything was, else x. */
static void put_either(Str *exact, double x, TraceWrite how, Str *out)
{
    if (exact->n)
        put_digits(exact->s, how, out);
    else
        put_double(x, how, out);
    str_free(exact);
}

void trace_value(const Trace *t, uint32_t v, TraceWrite how, Str *out)
{
    Str s = {0};
    if (t->exact)
        trace_exact_value(t->exact, v, &s);
    put_either(&s, t->a->v[v], how, out);
}

void trace_dot(const Trace *t, size_t i, TraceWrite how, Str *out)
{
    Str s = {0};
    if (t->exact)
        trace_exact_dot(t->exact, i, &s);
    put_either(&s, t->dot[i], how, out);
}

void trace_partial(const Trace *t, uint32_t v, uint32_t to, double partial,
                   TraceWrite how, Str *out)
{
    Str s = {0};
    if (t->exact)
        trace_exact_partial(t, v, to, &s);
    put_either(&s, partial, how, out);
}

static void put_name(const TraceWriter *w, char letter, uint32_t row)
{
    if (w->how == WRITE_PLAIN)
        str_printf(w->out, "%c%u", letter, row);
    else
        str_printf(w->out, letter == 'a' ? "\\bar{v}_{%u}" : "v_{%u}", row);
}

/* first: nothing stands before it that a minus would follow. */
static void put_operand(const TraceWriter *w, uint32_t v, bool first)
{
    const ProgramValue *x = &w->t->a->p->val[v];
    char d[32];
    if (!x->known) {
        put_name(w, 'v', w->t->name[v]);
        return;
    }
    double_print(d, x->k);
    bool paren = x->k < 0 && !first;
    str_puts(w->out, paren ? "(" : "");
    if (w->how == WRITE_LATEX && isfinite(x->k))
        print_latex_number(w->out, d, strlen(d));
    else
        str_puts(w->out, d);
    str_puts(w->out, paren ? ")" : "");
}

static void put_list(const TraceWriter *w, const char *head, const char *sep,
                     const char *tail, const uint32_t *o, size_t n)
{
    str_puts(w->out, head);
    for (size_t k = 0; k < n; k++) {
        str_puts(w->out, k ? sep : "");
        if (k == LIST_SHOWN && n > LIST_WHOLE) {
            if (w->how == WRITE_LATEX)
                str_puts(w->out, "\\cdots");
            else
                str_printf(w->out, "... (%zu terms)", n);
            str_puts(w->out, sep);
            k = n - 1;
        }
        put_operand(w, o[k], k == 0 && *head != '-');
    }
    str_puts(w->out, tail);
}

static void put_select(const TraceWriter *w, const uint32_t *o)
{
    bool latex = w->how == WRITE_LATEX;
    put_list(w, latex ? "\\text{if } " : "if ", "", "", o, 1);
    put_list(w, latex ? " \\text{ then } " : " then ", "", "", o + 1, 1);
    put_list(w, latex ? " \\text{ else } " : " else ", "", "", o + 2, 1);
}

/* The table's template with #1 and #(1) replaced: operands are names and numbers. */
static void put_template(const TraceWriter *w, const char *s, const uint32_t *o, size_t n)
{
    while (*s) {
        size_t k = strcspn(s, "#");
        str_put(w->out, s, k);
        s += k;
        if (!*s)
            return;
        bool paren = s[1] == '(';
        size_t i = (size_t)(s[paren ? 2 : 1] - '1');
        if (i < n)
            put_operand(w, o[i], !paren);
        s += paren ? 4 : 2;
    }
}

static void put_function(const TraceWriter *w, const ProgramValue *x, const uint32_t *o,
                         size_t n)
{
    const OpInfo *info = op_info(pg_fn_op(x));
    if (w->how == WRITE_PLAIN) {
        str_puts(w->out, info->name);
        put_list(w, "(", ", ", ")", o, n);
    } else if (strchr(info->latex, '#')) {
        put_template(w, info->latex, o, n);
    } else {
        str_puts(w->out, info->latex);
        put_list(w, "\\left(", ", ", "\\right)", o, n);
    }
}

static void put_power(const TraceWriter *w, const uint32_t *o)
{
    bool latex = w->how == WRITE_LATEX;
    put_list(w, "", "", latex ? "^{" : "^", o, 1);
    put_operand(w, o[1], latex);
    str_puts(w->out, latex ? "}" : "");
}

static void put_quotient(const TraceWriter *w, const uint32_t *o)
{
    if (w->how == WRITE_PLAIN) {
        put_list(w, "", "/", "", o, 2);
        return;
    }
    put_list(w, "\\frac{", "", "}", o, 1);
    put_list(w, "{", "", "}", o + 1, 1);
}

/* An input "x" or "x[2]". */
static void put_input(const TraceWriter *w, uint32_t i)
{
    const char *s = w->t->of.name[i], *rest = s + strcspn(s, "[");
    Ctx *c = w->t->a->c;
    if (w->how == WRITE_PLAIN) {
        str_puts(w->out, s);
        return;
    }
    print_latex(c, w->out, ex_sym(c, sym_intern(c, s, (size_t)(rest - s))));
    str_puts(w->out, rest);
}

/* A sum that is a loop and an integral stand as they were written. */
static void put_loop(const TraceWriter *w, uint32_t v)
{
    Node *n = (Node *)(uintptr_t)w->t->a->p->origin[v];
    if (!n)
        str_puts(w->out, w->how == WRITE_LATEX ? "\\sum" : "sum(...)");
    else if (w->how == WRITE_LATEX)
        print_latex(w->t->a->c, w->out, n);
    else
        print_brief(w->t->a->c, w->out, n, 60);
}

static const char *infix_sign(POp op, TraceWrite how)
{
    static const char *const plain[P_OPS] = {
        [P_ADD] = " + ",   [P_SUB] = " - ", [P_MUL] = "*",   [P_SUM] = " + ",
        [P_LT] = " < ",    [P_LE] = " <= ", [P_EQ] = " == ", [P_NE] = " != ",
        [P_AND] = " and ", [P_OR] = " or "};
    static const char *const latex[P_OPS] = {
        [P_MUL] = " \\cdot ", [P_LE] = " \\le ",    [P_EQ] = " = ",
        [P_NE] = " \\ne ",    [P_AND] = " \\land ", [P_OR] = " \\lor "};
    return how == WRITE_LATEX && latex[op] ? latex[op] : plain[op];
}

void trace_expression(const Trace *t, uint32_t v, TraceWrite how, Str *out)
{
    TraceWriter w = {t, how, out};
    const ProgramValue *x = &t->a->p->val[v];
    uint32_t buf[3];
    const uint32_t *o;
    size_t n = pg_operands(t->a->p, v, &o, buf);
    bool latex = how == WRITE_LATEX;
    if (x->known) {
        put_operand(&w, v, true);
        return;
    }
    switch ((POp)x->op) {
    case P_IN: put_input(&w, x->a); break;
    case P_FN1:
    case P_FN2:
    case P_FN3: put_function(&w, x, o, n); break;
    case P_SELECT: put_select(&w, o); break;
    case P_POW:
    case P_EVEN_ROOT:
    case P_ODD_ROOT: put_power(&w, o); break;
    case P_DIV: put_quotient(&w, o); break;
    case P_NEG: put_list(&w, "-", "", "", o, n); break;
    case P_NOT: put_list(&w, latex ? "\\lnot " : "not ", "", "", o, n); break;
    case P_HOLD:
        put_list(&w, latex ? "\\operatorname{detach}(" : "detach(", "", ")", o, n);
        break;
    case P_LOOP:
    case P_EXTERN: put_loop(&w, v); break;
    case P_MUL:
        if (x->a == x->b) {
            put_list(&w, "", "", latex ? "^{2}" : "^2", o, 1);
            break;
        }
        /* fallthrough */
    default: put_list(&w, "", infix_sign((POp)x->op, how), "", o, n);
    }
}

void trace_contributions(const Trace *t, uint32_t v, size_t k, TraceWrite how, Str *out)
{
    TraceWriter w = {t, how, out};
    bool any = v == t->a->out[k];
    str_puts(out, any ? "1" : "");
    for (uint32_t i = t->use[v]; i;) {
        uint32_t to;
        double partial;
        i = trace_use(t, i, &to, &partial);
        if (t->lanes > 1 && !trace_reaches(t, to, k))
            continue;
        str_puts(out, any ? " + " : "");
        put_name(&w, 'a', t->name[to]);
        str_puts(out, how == WRITE_LATEX ? " \\cdot (" : "*(");
        trace_partial(t, v, to, partial, how, out);
        str_puts(out, ")");
        any = true;
    }
    str_puts(out, any ? "" : "0");
}

static void put_outputs(const TraceWriter *w, const ProcedureList *l, unsigned level,
                        size_t *at)
{
    if (!l || level == l->rank) {
        put_name(w, 'v', w->t->name[w->t->a->out[(*at)++]]);
        return;
    }
    str_puts(w->out, "[");
    for (size_t i = 0; i < l->dim[level]; i++) {
        str_puts(w->out, i ? ", " : "");
        put_outputs(w, l, level + 1, at);
    }
    str_puts(w->out, "]");
}

void trace_outputs(const Trace *t, TraceWrite how, Str *out)
{
    TraceWriter w = {t, how, out};
    size_t at = 0;
    put_outputs(&w, t->of.shape, 0, &at);
}
