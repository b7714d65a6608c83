/* commands/rows.c - the steps of a descent as rows: for people as many columns as fit, for programs
 * all of them. */
#include "commands/descend.h"
#include "print/print.h"

#include <math.h>
#include <stdio.h>

const char *going_state_name(DescentState state)
{
    static const char *const names[] = {"running", "converged", "diverged", "stopped"};
    return names[state];
}

/* Widths of the columns, and which there are. */
typedef struct {
    int k, number,
        small; /* of k; of variables and f; of |g|, rate and change: 0: not shown */
    size_t variables;
    bool rate, more; /* more: variables that do not fit */
} Layout;

static size_t count_shown(const OpenDescent *o)
{
    size_t n = 0;
    for (size_t i = 0; i < o->code.n; i++)
        n += !o->shown || o->shown[i];
    return n;
}

/* Rows are never wider than the terminal. */
static Layout layout_of(const OpenDescent *o)
{
    int width = print_width();
    Layout l = {.k = width < 40 ? 4 : 6, .number = width < 40 ? 10 : 13, .small = 11};
    if (width < 60)
        l.small = width < 40 ? 0 : 10;
    int left = width - l.k - l.number - l.small - 2;
    size_t fit = left >= l.number ? (size_t)(left / l.number) : width < 26 ? 0 : 1;
    l.variables = count_shown(o);
    if (l.variables > fit) {
        l.more = fit > 0;
        l.variables = fit;
    }
    l.rate = l.small && left - (int)l.variables * l.number >= 2 * l.small;
    return l;
}

static void put_head(lbz_session *s, Str *out)
{
    const OpenDescent *o = s->descent;
    Layout l = layout_of(o);
    str_printf(out, "%*s", l.k, "k");
    for (size_t i = 0, k = 0; i < o->code.n && k < l.variables; i++) {
        if (o->shown && !o->shown[i])
            continue;
        bool cut = ++k == l.variables && l.more;
        str_printf(out, " %*.*s%s", l.number - (cut ? 3 : 1), l.number - 4,
                   o->code.name[i], cut ? ".." : "");
    }
    str_printf(out, "%*s", l.number, "f");
    if (l.small)
        str_printf(out, "%*s", l.small, "|g|");
    if (l.rate)
        str_printf(out, "%*s%*s", l.small, "rate", l.small, "change");
}

/* f that fell, or rose: an arrow for people, if the terminal has one. */
static const char *arrow(const lbz_session *s, double drop)
{
    bool plain = !setting_on(&s->set, SET_unicode);
    if (drop == 0)
        return "";
    return drop > 0 ? (plain ? " v" : " ↓") : plain ? " ^" : " ↑";
}

static void put_row(lbz_session *s, Str *out)
{
    const OpenDescent *o = s->descent;
    const Descent *d = o->d;
    Layout l = layout_of(o);
    size_t step = descent_k(d);
    str_printf(out, "%*zu", l.k, step);
    for (size_t i = 0, k = 0; i < o->code.n && k < l.variables; i++) {
        if (o->shown && !o->shown[i])
            continue;
        bool cut = ++k == l.variables && l.more;
        str_printf(out, " %*.*g%s", l.number - (cut ? 3 : 1), l.number - (cut ? 8 : 6),
                   descent_x(d)[i], cut ? ".." : "");
    }
    str_printf(out, " %*.*g", l.number - 1, l.number - 6, descent_f(d));
    if (l.small)
        str_printf(out, " %*.3g", l.small - 1, descent_gnorm(d));
    if (l.rate && step)
        str_printf(out, " %*.3g %*.3g", l.small - 1, descent_rate(d), l.small - 1,
                   descent_moved(d));
    str_puts(out, arrow(s, descent_drop(d)));
}

static void put_cell(Str *cells, double x)
{
    double_put(cells, x);
    str_putc(cells, '\0');
}

/* One row for programs: k, the variables, f, |g|, rate, change. */
static void put_cells(lbz_session *s)
{
    const OpenDescent *o = s->descent;
    const Descent *d = o->d;
    Str *cells = &s->ans.cells;
    str_printf(cells, "%zu", descent_k(d));
    str_putc(cells, '\0');
    for (size_t i = 0; i < o->code.n; i++)
        put_cell(cells, descent_x(d)[i]);
    put_cell(cells, descent_f(d));
    put_cell(cells, descent_gnorm(d));
    put_cell(cells, descent_rate(d));
    put_cell(cells, descent_moved(d));
}

static void head_cells(lbz_session *s)
{
    static const char *const last[] = {"f", "gnorm", "rate", "change"};
    const OpenDescent *o = s->descent;
    Str *cells = &s->ans.cells;
    str_put(cells, "k", 2);
    for (size_t i = 0; i < o->code.n; i++)
        str_put(cells, o->code.name[i], strlen(o->code.name[i]) + 1);
    for (size_t i = 0; i < 4; i++)
        str_put(cells, last[i], strlen(last[i]) + 1);
    s->ans.columns = o->code.n + 5;
}

void rows_begin(lbz_session *s, bool head)
{
    Str *out = answer_text(s);
    s->ans.kind = LBZ_DESCENT;
    if (head)
        put_head(s, out);
    head_cells(s);
}

void rows_add(lbz_session *s)
{
    Str *out = &s->ans.text;
    if (out->n)
        str_putc(out, '\n');
    put_row(s, out);
    put_cells(s);
}

/* The point by name, with value and state. */
bool rows_end(lbz_session *s)
{
    const OpenDescent *o = s->descent;
    Answer *a = &s->ans;
    Str names = {0};
    for (size_t i = 0; i < o->code.n; i++)
        str_put(&names, o->code.name[i], strlen(o->code.name[i]) + 1);
    bool ok = !names.failed && answer_names(s, o->code.n, &names);
    str_free(&names);
    if (!ok) {
        env_error(&s->c->env, LBZ_LIMIT, NULL, "out of memory");
        return false;
    }
    memcpy(a->grad, descent_x(o->d), o->code.n * sizeof *a->grad);
    a->has_number = isfinite(descent_f(o->d));
    a->number = descent_f(o->d);
    double_put(&a->number_text, a->number);
    a->state = going_state_name(o->state);
    a->missed = o->runs && o->state != DESCENT_CONVERGED;
    a->k = descent_k(o->d);
    a->gnorm = descent_gnorm(o->d);
    return true;
}

/* The steps made as comma-separated values, 17 digits. */
bool rows_csv(lbz_session *s, Str *out)
{
    OpenDescent *o = s->descent;
    size_t k = descent_k(o->d), columns;
    bool still = false, ok = descent_goto(o->d, 0);
    Str *cells = &s->ans.cells;
    str_clear(cells);
    head_cells(s);
    columns = s->ans.columns;
    put_cells(s);
    while (ok && !still && descent_k(o->d) < k) {
        ok = descent_step(o->d, &still);
        put_cells(s);
    }
    for (size_t at = 0, i = 1; ok && at < cells->n; at += strlen(cells->s + at) + 1, i++)
        str_printf(out, "%s%s", cells->s + at, i % columns ? "," : "\n");
    str_clear(cells);
    s->ans.columns = 0;
    return ok && !out->failed;
}
