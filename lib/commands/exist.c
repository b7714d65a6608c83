/* commands/exist.c - where only one side of a check has a value: "x > 0; the left side also at
 * x < 0". Ranges are told when all ends of the domains are seen to be rational and the points
 * looked at between two of them say the same; else a point is told.
 */
#include "commands/compare.h"

enum { MOST_CELLS = 16, SAMPLES = 3, MOST_RUNS = 3 };
/* points to look at where all that were tried before exist on both sides, and else */
enum { FURTHER_POINTS = 5, RANDOM_POINTS = 8 };

/* What is the case at a point, or all along an interval. */
typedef enum { NEITHER, LEFT, RIGHT, BOTH, MIXED } Sides;

/* The line cut at ascending numbers: cell 2*i lies before x[i], cell 2*i + 1 is x[i] itself. */
typedef struct {
    Check *k;
    Var *v;
    const Num *x;
    size_t n;
    Sides at[2 * MOST_CELLS + 1];
} Line;

static Sides sides_here(Check *k)
{
    (void)compare_briefly(k);
    if (k->exist[0] == NOT_KNOWN || k->exist[1] == NOT_KNOWN)
        return MIXED;
    return (Sides)((k->exist[0] == HAS_VALUE) + 2 * (k->exist[1] == HAS_VALUE));
}

static Sides sides_at(const Line *l, Num x)
{
    l->v->fixed = true;
    l->v->value = x;
    Sides s = special_allows(l->v, x) ? sides_here(l->k) : NEITHER;
    l->v->fixed = false;
    return s;
}

/* The j-th point to look at inside the cell before x[i]. */
static Num inner_point(const Line *l, size_t i, size_t j)
{
    static const int64_t far[SAMPLES] = {137, 1013, 17003},
                         share[SAMPLES] = {137, 509, 867};
    Arena *a = ctx_arena(l->k->c);
    if (i == 0)
        return num_sub(a, l->x[0], num_rat(a, far[j], 1000));
    if (i == l->n)
        return num_add(a, l->x[l->n - 1], num_rat(a, far[j], 1000));
    return num_add(
        a, l->x[i - 1],
        num_mul(a, num_sub(a, l->x[i], l->x[i - 1]), num_rat(a, share[j], 1000)));
}

static Sides sides_between(const Line *l, size_t i)
{
    Sides s = sides_at(l, inner_point(l, i, 0));
    for (size_t j = 1; j < SAMPLES && s != MIXED; j++)
        s = sides_at(l, inner_point(l, i, j)) == s ? s : MIXED;
    return s;
}

static bool look_along(Line *l)
{
    bool clear = true;
    for (size_t i = 0; i <= l->n && clear; i++) {
        l->at[2 * i] = sides_between(l, i);
        if (i < l->n)
            l->at[2 * i + 1] = sides_at(l, l->x[i]);
        clear = l->at[2 * i] != MIXED && (i == l->n || l->at[2 * i + 1] != MIXED) &&
                !ctx_poll(l->k->c);
    }
    return clear;
}

/* ---- ranges as text */

/* The cells from `from` to `to`, all that are next to each other: "x > 0". */
static void put_run(const Line *l, Str *out, size_t from, size_t to)
{
    const char *name = sym_name(l->k->c, l->v->sym);
    const Num *lo = from ? &l->x[(from - 1) / 2] : NULL;
    const Num *hi = to < 2 * l->n ? &l->x[to / 2] : NULL;
    if (from == to && from % 2) {
        str_printf(out, "%s = ", name);
        num_print(out, *lo);
        return;
    }
    if (lo && hi) {
        num_print(out, *lo);
        str_puts(out, from % 2 ? " <= " : " < ");
    }
    str_puts(out, name);
    if (lo && !hi) {
        str_puts(out, from % 2 ? " >= " : " > ");
        num_print(out, *lo);
    } else if (hi) {
        str_puts(out, to % 2 ? " <= " : " < ");
        num_print(out, *hi);
    }
}

/* Where the sides are as wanted; how many runs that is. */
static size_t put_cells(const Line *l, Str *out, Sides wanted)
{
    size_t runs = 0;
    for (size_t i = 0; i <= 2 * l->n; i++) {
        size_t from = i;
        if (l->at[i] != wanted)
            continue;
        while (i < 2 * l->n && l->at[i + 1] == wanted)
            i++;
        str_puts(out, runs++ ? " or " : "");
        put_run(l, out, from, i);
    }
    return runs;
}

/* "x != 1", where that is all: only numbers are left out. */
static bool put_excluded(const Line *l, Str *out)
{
    size_t out_of = 0;
    for (size_t i = 0; i <= 2 * l->n; i++)
        if (l->at[i] != BOTH && i % 2 == 0)
            return false;
        else
            out_of += l->at[i] != BOTH;
    for (size_t i = 1, told = 0; i < 2 * l->n && out_of <= MOST_RUNS; i += 2) {
        if (l->at[i] == BOTH)
            continue;
        str_printf(out, "%s%s != ", told++ ? ", " : "", sym_name(l->k->c, l->v->sym));
        num_print(out, l->x[i / 2]);
    }
    return out_of <= MOST_RUNS;
}

/* False: ranges do not tell it in short. */
static bool put_line(const Line *l, Str *out)
{
    static const char *const names[] = {"left", "right"};
    Str where = {0}, also = {0};
    bool brief = put_excluded(l, &where) || put_cells(l, &where, BOTH) <= MOST_RUNS;
    for (Sides s = LEFT; s <= RIGHT; s++) {
        Str cells = {0};
        size_t runs = put_cells(l, &cells, s);
        brief = brief && runs <= MOST_RUNS;
        if (runs)
            str_printf(&also, "; the %s side also at %s", names[s - LEFT],
                       str_cstr(&cells));
        str_free(&cells);
    }
    if (brief && also.n && where.n)
        str_printf(out, " where both sides exist (%s%s)", str_cstr(&where),
                   str_cstr(&also));
    str_free(&where);
    str_free(&also);
    return brief;
}

/* ---- single points */

static void put_point(Check *k, Str *out)
{
    for (size_t i = 0; i < k->k; i++) {
        str_printf(out, "%s%s=", i ? ", " : "", sym_name(k->c, k->var[i].sym));
        num_print(out, compare_value(k, &k->var[i]));
    }
}

static void put_examples(Check *k, Str *out)
{
    Str left = {0}, right = {0};
    unsigned most = k->agreed && !k->undefined ? FURTHER_POINTS : RANDOM_POINTS;
    for (unsigned i = 0; i < most && !(left.n && right.n) && !ctx_poll(k->c); i++) {
        k->tried = i;
        compare_draw(k);
        Sides s = sides_here(k);
        Str *example = s == LEFT ? &left : s == RIGHT ? &right : NULL;
        if (example && !example->n)
            put_point(k, example);
    }
    if (left.n || right.n) {
        str_puts(out, " where both sides exist (");
        if (left.n)
            str_printf(out, "the left side also at %s%s", str_cstr(&left),
                       right.n ? "; " : "");
        if (right.n)
            str_printf(out, "the right side also at %s", str_cstr(&right));
        str_puts(out, ")");
    }
    str_free(&left);
    str_free(&right);
}

static bool is_risk(Ctx *c, Node *n, void *arg)
{
    (void)c, (void)arg;
    return ex_may_be_undefined(n) || n->op == OP_IF;
}

/* Cuts the line where a side may begin or cease to exist, and looks; false: that is not clear. */
static bool look_at_line(Check *k, Line *l)
{
    bool all = false;
    *l = (Line){.k = k, .v = k->var};
    if (k->k != 1 || k->var->ranged || k->var->integer)
        return false;
    l->x = special_values(k, k->var, true, &l->n, &all);
    return all && l->n && l->n <= MOST_CELLS && look_along(l);
}

bool exist_nowhere(Check *k)
{
    Line l;
    bool none = k->undefined && !k->agreed && !k->unable && look_at_line(k, &l);
    for (size_t i = 0; none && i <= 2 * l.n; i++)
        none = l.at[i] != BOTH;
    return none;
}

void exist_describe(Check *k, Str *out)
{
    if (!k->k || !compare_has(k, is_risk))
        return;
    Line l;
    if (!(look_at_line(k, &l) && put_line(&l, out)))
        put_examples(k, out);
}
