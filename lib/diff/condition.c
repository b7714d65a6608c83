/* diff/condition.c - the derivative of `if u == v then A else B` by a name that u == v fixes.
 *
 * A holds at single points only: the derivative there is that of B, if B comes to A's value. It is
 * found by the series of B, which may be a quotient that is filled there, as sin(x)/x.
 */
#include "ball/ball.h"
#include "diff/germ.h"
#include "diff/internal.h"
#include "expr/internal.h"
#include "print/print.h"

enum { MOST_NAMES = 8 };

/* ---- conditions that hold at single points */

static bool fixes(Ctx *c, Node *eq, uint32_t x)
{
    return eq->op == OP_EQ && ex_depends(c, eq, x);
}

/* An equality in x, alone or beside others. */
static bool is_point(Ctx *c, Node *cond, uint32_t x)
{
    for (uint32_t i = 0; cond->op == OP_AND && i < cond->n; i++)
        if (fixes(c, cond->a[i], x))
            return true;
    return fixes(c, cond, x);
}

bool diff_is_point(Ctx *c, Node *cond, uint32_t x)
{
    for (uint32_t i = 0; cond->op == OP_OR && i < cond->n; i++)
        if (is_point(c, cond->a[i], x))
            return true;
    return is_point(c, cond, x) || (cond->op == OP_NE && ex_depends(c, cond, x));
}

/* The value of x where l == r, if that is one and free of x; NULL: it is not. */
static Node *solution(Ctx *c, uint32_t x, Node *l, Node *r)
{
    Node *d = ex_sub(c, l, r), *k = diff(c, d, x), *sym = ex_sym(c, x);
    if (ctx_failed(c) || !ex_is_num(k) || num_is_zero(k->num))
        return NULL;
    Node *a = ex_sub(c, sym, ex_scale(c, num_inv(&c->tmp, k->num), d));
    return ctx_failed(c) || ex_depends(c, a, x) ? NULL : a;
}

/* ---- the point */

typedef struct {
    Ctx *c;
    uint32_t x;
    Node *cond, *a;                /* x is a there */
    uint32_t name[MOST_NAMES + 1]; /* other names that cond fixes; behind them x */
    Node *by[MOST_NAMES + 1];
    size_t n;
} Point;

/* name == value, the value being free of x and of what is fixed. */
static void fix_name(Point *p, Node *eq)
{
    for (uint32_t i = 0; i < 2 && p->n < MOST_NAMES; i++) {
        Node *s = eq->a[i], *v = eq->a[1 - i];
        if (s->op != OP_SYM || s->sym == p->x || ex_depends(p->c, v, p->x) ||
            ex_depends(p->c, v, s->sym) || ex_depends_any(p->c, v, p->name, p->n))
            continue;
        p->name[p->n] = s->sym;
        p->by[p->n++] = v;
        return;
    }
}

static bool find_point(Point *p)
{
    Node *cond = p->cond, *const *part = cond->op == OP_AND ? cond->a : &cond;
    size_t n = cond->op == OP_AND ? cond->n : 1;
    for (size_t i = 0; i < n; i++)
        if (fixes(p->c, part[i], p->x))
            p->a = p->a ? p->a : solution(p->c, p->x, part[i]->a[0], part[i]->a[1]);
        else if (part[i]->op == OP_EQ)
            fix_name(p, part[i]);
    if (p->a)
        p->a = ex_subst(p->c, p->a, p->name, p->by, p->n);
    p->name[p->n] = p->x;
    p->by[p->n] = p->a;
    return p->a && !ctx_failed(p->c);
}

/* The limits of B and of its slope at the point; false: they are not known, or differ. */
static bool limits_of(const Point *p, Node *b, Node **value, Node **slope)
{
    Ctx *c = p->c;
    Node *k[2];
    Attempt t = attempt_begin(c);
    bool ok = diff_series(c, b, p->x, p->a, 1, k);
    if (attempt_end(c, &t) && ok) {
        *value = k[0];
        *slope = k[1];
        return true;
    }
    Germ l, r;
    if (ctx_failed(c) || p->a->syms)
        return false;
    diff_germ(c, b, p->x, p->a, -1, 1, &l);
    diff_germ(c, b, p->x, p->a, 1, 1, &r);
    *value = l.limit[0];
    *slope = l.limit[1];
    return l.state == GERM_KNOWN && r.state == GERM_KNOWN && *value && *slope &&
           l.limit[0] == r.limit[0] && l.limit[1] == r.limit[1] &&
           !((*value)->flags & NF_INF);
}

/* Is u - v 0 (1), not 0 (0), or not known (2)? */
static int agree(Ctx *c, Node *u, Node *v)
{
    Node *d = ex_sub(c, u, v);
    if (d == c->zero || ex_is_poison(d))
        return d == c->zero ? 1 : 2;
    if (ex_is_num(d))
        return 0;
    int s = d->syms || (d->flags & (NF_APPLY | NF_COND)) ? 2 : ball_sign(c, d);
    return s == 2 ? 2 : s == 0;
}

static void note_point(const Point *p, const char *text)
{
    Str s = {0};
    print_brief(p->c, &s, p->cond, 60);
    ctx_note(p->c, text, str_cstr(&s));
    str_free(&s);
}

static const char jumps[] = "the function jumps where %s: there is no derivative",
                  unknown[] = "the derivative where %s is that of the other branch, if "
                              "the function is continuous there";

/* d if cond then A else B, dB being the derivative of B. */
static Node *at_point(Point *p, Node *a, Node *b, Node *db)
{
    Ctx *c = p->c;
    Node *value, *slope;
    uint32_t *name = p->name;
    if (!find_point(p)) {
        note_point(p, unknown);
        return ctx_failed(c) ? c->poison : db;
    }
    a = ex_subst(c, a, name, p->by, p->n + 1);
    b = ex_subst(c, b, name, p->by, p->n);
    int same = 2;
    if (!ctx_failed(c) && limits_of(p, b, &value, &slope))
        same = agree(c, a, value);
    if (same != 1) {
        note_point(p, same == 0 ? jumps : unknown);
        return ctx_failed(c) ? c->poison : db;
    }
    Attempt t = attempt_begin(c);
    Node *plain = ex_subst(c, db, name, p->by, p->n + 1);
    bool fits = attempt_end(c, &t) && agree(c, plain, slope) == 1;
    return fits ? db : ex_if(c, p->cond, slope, db);
}

Node *diff_if(Ctx *c, Node *n, uint32_t x, Node *da, Node *db)
{
    Node *cond = n->a[0], *a = n->a[1], *b = n->a[2];
    if (!diff_is_point(c, cond, x))
        return ex_if(c, cond, da, db);
    if (cond->op == OP_NE) {
        Point p = {.c = c, .x = x, .cond = ex_compare(c, OP_EQ, cond->a[0], cond->a[1])};
        return at_point(&p, b, a, da);
    }
    if (cond->op == OP_OR) { /* one after the other */
        Node *rest = ex_if(c, ex_logic(c, OP_OR, cond->n - 1, cond->a + 1), a, b);
        return diff(c, ex_if(c, cond->a[0], a, rest), x);
    }
    Point p = {.c = c, .x = x, .cond = cond};
    return at_point(&p, a, b, db);
}
