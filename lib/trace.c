/* trace.c - floor 5: writes evaluation traces. The rows are the values of the program that the
 * result needs, in the order of their evaluation; constants are written where they are used. */
#include "trace.h"
#include <math.h>
#include <stdio.h>

typedef struct {
    Accum *a;
    AccumMode mode;
    const double *dir;
    TraceFormat format;
    Str *out;
    uint32_t *name;     /* of a value: its row, from 1; 0: has none */
    uint32_t *row;      /* the value of each row */
    size_t nrows;
    Edges e;
    size_t lanes;       /* tangents of each value */
    double *dot;        /* tangents, lanes of each value; reverse: adjoints, lanes 1 */
} Trace;

static void put_number(Trace *t, double x)
{
    if (t->format == TRACE_JSON && !isfinite(x))
        str_printf(t->out, "\"%g\"", x);
    else
        str_printf(t->out, "%.17g", x);
}

/* ---- expressions of rows ---------------------------------------------------------------------- */
static void put_operand(Trace *t, uint32_t v, bool first)
{
    const Val *x = &t->a->p->val[v];
    char d[32];
    if (x->op != P_CONST) {
        str_printf(t->out, t->format == TRACE_LATEX ? "v_{%u}" : "v%u", t->name[v]);
        return;
    }
    double_print(d, x->k);
    str_printf(t->out, x->k < 0 && !first ? "(%s)" : "%s", d);
}

static void put_list(Trace *t, const char *head, const char *sep, const char *tail,
                     const uint32_t *o, size_t n)
{
    str_puts(t->out, head);
    for (size_t k = 0; k < n; k++) {
        if (k)
            str_puts(t->out, sep);
        if (k == 8 && n > 12) {
            str_printf(t->out, "... (%zu terms)%s", n, sep);
            k = n - 1;
        }
        put_operand(t, o[k], k == 0 && *head != '-');
    }
    str_puts(t->out, tail);
}

static void put_select(Trace *t, const uint32_t *o)
{
    put_list(t, t->format == TRACE_LATEX ? "\\text{if }" : "if ", "", "", o, 1);
    put_list(t, t->format == TRACE_LATEX ? "\\text{ then }" : " then ", "", "", o + 1, 1);
    put_list(t, t->format == TRACE_LATEX ? "\\text{ else }" : " else ", "", "", o + 2, 1);
}

static void put_function(Trace *t, const Val *x, const uint32_t *o, size_t n)
{
    const OpInfo *info = op_info((Op)x->fn);
    if (t->format == TRACE_LATEX)
        str_printf(t->out, "\\operatorname{%s}", info->name);
    else
        str_puts(t->out, info->name);
    put_list(t, "(", ", ", ")", o, n);
}

static void put_root(Trace *t, const Val *x, const uint32_t *o)
{
    put_list(t, "", "", "", o, 1);
    str_printf(t->out, t->format == TRACE_LATEX ? "^{%.17g}" : "^%.17g", x->k);
}

static void put_expression(Trace *t, uint32_t v)
{
    static const char *const plain[P_OPS] = {
        [P_ADD] = " + ", [P_SUB] = " - ", [P_MUL] = "*", [P_DIV] = "/", [P_SUM] = " + ",
        [P_POW] = "^", [P_LT] = " < ", [P_LE] = " <= ", [P_EQ] = " == ", [P_NE] = " != ",
        [P_AND] = " and ", [P_OR] = " or "};
    static const char *const latex[P_OPS] = {
        [P_MUL] = " \\cdot ", [P_LE] = " \\le ", [P_EQ] = " = ", [P_NE] = " \\ne ",
        [P_AND] = " \\land ", [P_OR] = " \\lor "};
    const Accum *a = t->a;
    const Val *x = &a->p->val[v];
    uint32_t buf[3];
    const uint32_t *o;
    size_t n = pg_operands(a->p, v, &o, buf);
    const char *sign = t->format == TRACE_LATEX && latex[x->op] ? latex[x->op] : plain[x->op];
    if (x->op == P_IN)
        str_puts(t->out, sym_name(a->c, a->in[x->a]));
    else if (x->op == P_CONST)
        put_operand(t, v, true);
    else if (x->op == P_MUL && x->a == x->b)
        put_list(t, "", "", "^2", o, 1);
    else if (x->op >= P_FN1 && x->op <= P_FN3)
        put_function(t, x, o, n);
    else if (x->op == P_SELECT)
        put_select(t, o);
    else if (x->op == P_ROOT)
        put_root(t, x, o);
    else if (x->op == P_NEG || x->op == P_NOT)
        put_list(t, x->op == P_NEG ? "-" : "not ", "", "", o, n);
    else if (sign)
        put_list(t, "", sign, "", o, n);
    else
        put_list(t, x->op == P_HOLD ? "detach(" : "sum(", ", ", ")", o, n);
}

/* ---- what is to be written ----------------------------------------------------------------------- */
static bool number_rows(Trace *t)
{
    Accum *a = t->a;
    const Program *p = a->p;
    uint32_t n = a->nprimal, buf[3];
    const uint32_t *o;
    t->name = mem_alloc((n + 1) * sizeof *t->name);
    t->row = mem_alloc((n + 1) * sizeof *t->row);
    if (!t->name || !t->row)
        return false;
    memset(t->name, 0, n * sizeof *t->name);
    t->name[a->out[0]] = 1;
    for (uint32_t i = n; i-- > 0;)
        for (size_t k = t->name[i] ? pg_operands(p, i, &o, buf) : 0; k-- > 0;)
            t->name[o[k]] = 1;
    for (uint32_t i = 0; i < n; i++) {
        bool shown = p->val[i].op == P_IN || i == a->out[0] ||
                     (t->name[i] && p->val[i].op != P_CONST);
        t->name[i] = shown ? (uint32_t)t->nrows + 1 : 0;
        if (shown)
            t->row[t->nrows++] = i;
    }
    return true;
}

static bool tangents(Trace *t)
{
    const Accum *a = t->a;
    t->lanes = t->dir ? 1 : a->nin;
    if (t->lanes > 64) {
        ctx_error(a->c, LBZ_LIMIT, "give a direction: along (...), or use reverse",
                  "%zu tangents are too many to show", t->lanes);
        return false;
    }
    size_t bytes = (a->nprimal * t->lanes + 1) * sizeof *t->dot;
    t->dot = mem_alloc(bytes);
    if (!t->dot)
        return false;
    memset(t->dot, 0, bytes);
    for (size_t i = 0; i < a->nin; i++)
        if (t->dir)
            t->dot[i] = t->dir[i];
        else
            t->dot[i * t->lanes + i] = 1;
    accum_lanes(a, &t->e, t->lanes, t->dot);
    return true;
}

static bool adjoints(Trace *t)
{
    const Accum *a = t->a;
    t->lanes = 1;
    t->dot = mem_alloc((a->nprimal + 1) * sizeof *t->dot);
    if (!t->dot)
        return false;
    memset(t->dot, 0, a->nprimal * sizeof *t->dot);
    t->dot[a->out[0]] = 1;
    for (size_t i = t->e.n; i-- > 0;) {
        const Edge *e = &t->e.edge[i];
        if (t->dot[e->to] != 0 && a->v[e->partial] != 0)
            t->dot[e->from] += t->dot[e->to] * a->v[e->partial];
    }
    return true;
}

/* ---- text ------------------------------------------------------------------------------------------ */
/* The expression of a row, padded to width characters. */
static size_t expression_width(Trace *t)
{
    Str *out = t->out, s = {0};
    size_t width = 4;
    t->out = &s;
    for (size_t r = 0; r < t->nrows; r++) {
        str_clear(&s);
        put_expression(t, t->row[r]);
        width = s.n > width ? s.n : width;
    }
    str_free(&s);
    t->out = out;
    return width < 48 ? width : 48;
}

static void put_padded(Trace *t, double x, size_t width)
{
    size_t from = t->out->n;
    put_number(t, x);
    while (t->out->n < from + width)
        str_putc(t->out, ' ');
}

static void trim(Str *s)
{
    while (s->n && s->s[s->n - 1] == ' ')
        s->s[--s->n] = 0;
}

static void text_head(Trace *t, size_t width)
{
    str_printf(t->out, "%-5s   %-*s  %-24s", "", (int)width, "expression", "value");
    for (size_t k = 0; t->mode == ACC_FORWARD && k < t->lanes; k++) {
        char name[64];
        snprintf(name, sizeof name, t->dir ? "tangent" : "d/d%.50s",
                 sym_name(t->a->c, t->a->in[k]));
        str_printf(t->out, "%-24s", name);
    }
    trim(t->out);
}

static void text_row(Trace *t, size_t r, size_t width)
{
    uint32_t v = t->row[r];
    str_printf(t->out, "\nv%-4zu = ", r + 1);
    size_t from = t->out->n;
    put_expression(t, v);
    while (t->out->n < from + width)
        str_putc(t->out, ' ');
    str_puts(t->out, "  ");
    put_padded(t, t->a->v[v], 24);
    for (size_t k = 0; t->mode == ACC_FORWARD && k < t->lanes; k++)
        put_padded(t, t->dot[v * t->lanes + k], 24);
    trim(t->out);
}

/* "adjoint of its user times partial" for each use of value v. */
static void text_contributions(Trace *t, uint32_t v)
{
    size_t n = 0;
    for (size_t i = t->e.n; i-- > 0;) {
        const Edge *e = &t->e.edge[i];
        if (e->from != v)
            continue;
        str_puts(t->out, n++ ? " + " : "");
        str_printf(t->out, "a%u*(", t->name[e->to]);
        put_number(t, t->a->v[e->partial]);
        str_puts(t->out, ")");
    }
    if (n == 0)
        str_puts(t->out, v == t->a->out[0] ? "1" : "0");
}

static void text_sweep(Trace *t)
{
    str_puts(t->out, "\n\nbackward: a_i = d result / d v_i, the sum of what its users contribute");
    for (size_t r = t->nrows; r-- > 0;) {
        str_printf(t->out, "\na%-4zu = ", r + 1);
        put_padded(t, t->dot[t->row[r]], 24);
        str_puts(t->out, " = ");
        text_contributions(t, t->row[r]);
    }
}

static void write_text(Trace *t)
{
    size_t width = expression_width(t);
    text_head(t, width);
    for (size_t r = 0; r < t->nrows; r++)
        text_row(t, r, width);
    if (t->mode == ACC_REVERSE)
        text_sweep(t);
}

/* ---- JSON, CSV, LaTeX -------------------------------------------------------------------------------- */
static void json_contributions(Trace *t, uint32_t v)
{
    const char *sep = "";
    str_puts(t->out, ",\"contributions\":[");
    for (size_t i = t->e.n; i-- > 0;) {
        const Edge *e = &t->e.edge[i];
        if (e->from != v)
            continue;
        str_printf(t->out, "%s{\"from\":%u,\"adjoint\":", sep, t->name[e->to]);
        put_number(t, t->dot[e->to]);
        str_puts(t->out, ",\"partial\":");
        put_number(t, t->a->v[e->partial]);
        str_puts(t->out, "}");
        sep = ",";
    }
    str_puts(t->out, "]");
}

static void write_json(Trace *t)
{
    str_printf(t->out, "{\"mode\":\"%s\",\"rows\":[",
               t->mode == ACC_FORWARD ? "forward" : "reverse");
    for (size_t r = 0; r < t->nrows; r++) {
        uint32_t v = t->row[r];
        str_printf(t->out, "%s{\"i\":%zu,\"expr\":\"", r ? "," : "", r + 1);
        put_expression(t, v);
        str_puts(t->out, "\",\"value\":");
        put_number(t, t->a->v[v]);
        str_puts(t->out, t->mode == ACC_REVERSE ? ",\"adjoint\":" : ",\"tangent\":[");
        for (size_t k = 0; k < t->lanes; k++) {
            str_puts(t->out, k ? "," : "");
            put_number(t, t->dot[v * t->lanes + k]);
        }
        if (t->mode == ACC_REVERSE)
            json_contributions(t, v);
        str_puts(t->out, t->mode == ACC_REVERSE ? "}" : "]}");
    }
    str_puts(t->out, "]}");
}

static void write_csv(Trace *t)
{
    str_puts(t->out, "i,expression,value");
    for (size_t k = 0; t->mode == ACC_FORWARD && k < t->lanes; k++)
        str_printf(t->out, t->dir ? ",tangent" : ",d/d%s", sym_name(t->a->c, t->a->in[k]));
    str_puts(t->out, t->mode == ACC_REVERSE ? ",adjoint" : "");
    for (size_t r = 0; r < t->nrows; r++) {
        str_printf(t->out, "\n%zu,\"", r + 1);
        put_expression(t, t->row[r]);
        str_puts(t->out, "\",");
        put_number(t, t->a->v[t->row[r]]);
        for (size_t k = 0; k < t->lanes; k++) {
            str_putc(t->out, ',');
            put_number(t, t->dot[t->row[r] * t->lanes + k]);
        }
    }
}

static void write_latex(Trace *t)
{
    str_puts(t->out, "\\begin{array}{rl");
    for (size_t k = 0; k <= t->lanes; k++)
        str_putc(t->out, 'r');
    str_puts(t->out, "} & & \\text{value}");
    for (size_t k = 0; t->mode == ACC_FORWARD && k < t->lanes; k++) {
        if (t->dir)
            str_puts(t->out, " & \\text{tangent}");
        else
            str_printf(t->out, " & \\partial/\\partial %s", sym_name(t->a->c, t->a->in[k]));
    }
    str_puts(t->out, t->mode == ACC_REVERSE ? " & \\text{adjoint}" : "");
    for (size_t r = 0; r < t->nrows; r++) {
        str_printf(t->out, " \\\\ v_{%zu} & = ", r + 1);
        put_expression(t, t->row[r]);
        str_puts(t->out, " & ");
        put_number(t, t->a->v[t->row[r]]);
        for (size_t k = 0; k < t->lanes; k++) {
            str_puts(t->out, " & ");
            put_number(t, t->dot[t->row[r] * t->lanes + k]);
        }
    }
    str_puts(t->out, " \\end{array}");
}

static void read_gradient(const Trace *t, double *grad)
{
    const Accum *a = t->a;
    if (t->mode == ACC_FORWARD)
        memcpy(grad, t->dot + a->out[0] * t->lanes, t->lanes * sizeof *grad);
    else
        memcpy(grad, t->dot, a->nin * sizeof *grad);
}

bool trace_write(Accum *a, AccumMode mode, const double *dir, TraceFormat format, Str *out,
                 double *grad)
{
    Trace t = {.a = a, .mode = mode, .dir = dir, .format = format, .out = out};
    bool ok = accum_linearise(a, &t.e) && number_rows(&t) &&
              (mode == ACC_FORWARD ? tangents(&t) : adjoints(&t));
    if (ok) {
        read_gradient(&t, grad);
        if (format == TRACE_TEXT)
            write_text(&t);
        else if (format == TRACE_JSON)
            write_json(&t);
        else if (format == TRACE_CSV)
            write_csv(&t);
        else
            write_latex(&t);
    } else {
        env_error(&a->c->env, LBZ_LIMIT, NULL, "out of memory");
    }
    mem_free(t.e.edge);
    mem_free(t.name);
    mem_free(t.row);
    mem_free(t.dot);
    return ok && !out->failed;
}
