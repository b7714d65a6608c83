/* trig.c - addition theorems in both directions.
 * trig_expand: functions of sums and multiples by those of the parts. trig_reduce: products and
 * powers of sines and cosines as sums of sines and cosines of multiples. */
#include "expr_internal.h"
#include "rational.h"
#include "simplify.h"

enum { MAX_MULTIPLE = 64, MAX_DEGREE = 40 };

typedef struct {
    Node *c, *s; /* cos and sin, or cosh and sinh */
    bool hyperbolic;
} Pair;

static Pair pair_add(Ctx *c, Pair a, Pair b)
{
    Node *cc = ex_mul2(c, a.c, b.c), *ss = ex_mul2(c, a.s, b.s);
    Pair r = {a.hyperbolic ? ex_add2(c, cc, ss) : ex_sub(c, cc, ss),
              ex_add2(c, ex_mul2(c, a.s, b.c), ex_mul2(c, a.c, b.s)), a.hyperbolic};
    return r;
}

/* The pair of n*u, multiplied out. */
static Pair pair_multiple(Ctx *c, Node *u, int64_t n, bool hyperbolic)
{
    Op oc = hyperbolic ? OP_cosh : OP_cos, os = hyperbolic ? OP_sinh : OP_sin;
    Pair one = {ex_fn1(c, oc, u), ex_fn1(c, os, u), hyperbolic}, r = one;
    for (int64_t i = 1; i < (n < 0 ? -n : n) && !ctx_failed(c); i++) {
        r = pair_add(c, r, one);
        r.c = rat_expand(c, r.c);
        r.s = rat_expand(c, r.s);
    }
    if (n < 0)
        r.s = ex_neg(c, r.s);
    return r;
}

static Pair pair_of(Ctx *c, Node *x, bool hyperbolic)
{
    Pair r = {c->one, c->zero, hyperbolic};
    bool sum = x->op == OP_ADD;
    for (uint32_t i = 0; i < (sum ? x->n : 1); i++) {
        Node *t = sum ? x->a[i] : x;
        int64_t n;
        Num k = ex_coef(t);
        bool whole = !ex_is_num(t) && num_get_int(k, &n) && n <= MAX_MULTIPLE && n >= -MAX_MULTIPLE;
        Pair p = whole ? pair_multiple(c, ex_rest(c, t), n, hyperbolic)
                       : pair_multiple(c, t, 1, hyperbolic);
        r = i == 0 ? p : pair_add(c, r, p);
    }
    return r;
}

static bool has_parts(const Node *x)
{
    return x->op == OP_ADD || (x->op == OP_SCALE && num_is_int(x->a[0]->num));
}

static Node *expand_function(Ctx *c, Node *n)
{
    Node *x = n->a[0];
    Pair p;
    switch (n->op) {
    case OP_sin: return pair_of(c, x, false).s;
    case OP_cos: return pair_of(c, x, false).c;
    case OP_sinh: return pair_of(c, x, true).s;
    case OP_cosh: return pair_of(c, x, true).c;
    case OP_tan: p = pair_of(c, x, false); return ex_div(c, p.s, p.c);
    case OP_cot: p = pair_of(c, x, false); return ex_div(c, p.c, p.s);
    case OP_sec: return ex_pow(c, pair_of(c, x, false).c, c->minus_one);
    case OP_csc: return ex_pow(c, pair_of(c, x, false).s, c->minus_one);
    case OP_tanh: p = pair_of(c, x, true); return ex_div(c, p.s, p.c);
    case OP_coth: p = pair_of(c, x, true); return ex_div(c, p.c, p.s);
    default: return n;
    }
}

Node *trig_expand(Ctx *c, Node *root)
{
    ArenaMark m = arena_mark(&c->tmp);
    size_t count = 0;
    Node **order = ex_walk(c, 1, &root, &count), *r = c->poison;
    NodeMap done;
    nodemap_init(&done, c);
    for (size_t i = 0; order && i < count && !ctx_poll(c); i++) {
        Node *n = order[i];
        uint32_t k = n->op == OP_NUM || n->op == OP_STRING ? 0 : n->n;
        Node **a = ARENA_NEW(&c->tmp, Node *, k + 1);
        for (uint32_t j = 0; a && j < k; j++)
            a[j] = nodemap_get(&done, n->a[j]);
        r = k && a ? ex_rebuild(c, n, a) : n;
        if (op_is_function((Op)r->op) && r->n == 1 && has_parts(r->a[0]))
            r = expand_function(c, r);
        nodemap_put(&done, n, r);
    }
    arena_release(&c->tmp, m);
    return ctx_failed(c) ? c->poison : r;
}

/* ---- reduce ------------------------------------------------------------------------------------- */
typedef struct {
    Node *k, *angle; /* k*sin(angle) or k*cos(angle) */
    bool sine;
} Wave;

typedef struct {
    Wave *v;
    size_t n;
} Waves;

/* All waves times sin(u) or cos(u): twice as many, halved. */
static Waves waves_times(Ctx *c, Waves w, Node *u, bool sine)
{
    Waves r = {ARENA_NEW(&c->tmp, Wave, 2 * w.n), 0};
    for (size_t i = 0; r.v && i < w.n; i++) {
        Node *a = w.v[i].angle, *k = ex_mul2(c, c->half, w.v[i].k);
        Node *sum = ex_add2(c, a, u), *dif = ex_sub(c, a, u), *mk = ex_neg(c, k);
        bool s = w.v[i].sine;
        if (s && sine) { /* sin a sin u = (cos(a-u) - cos(a+u))/2 */
            r.v[r.n++] = (Wave){k, dif, false};
            r.v[r.n++] = (Wave){mk, sum, false};
        } else if (s) { /* sin a cos u = (sin(a+u) + sin(a-u))/2 */
            r.v[r.n++] = (Wave){k, sum, true};
            r.v[r.n++] = (Wave){k, dif, true};
        } else if (sine) { /* cos a sin u = (sin(a+u) - sin(a-u))/2 */
            r.v[r.n++] = (Wave){k, sum, true};
            r.v[r.n++] = (Wave){mk, dif, true};
        } else {
            r.v[r.n++] = (Wave){k, sum, false};
            r.v[r.n++] = (Wave){k, dif, false};
        }
    }
    return r;
}

/* Equal angles together: keeps powers from doubling without end. */
static Waves waves_collect(Ctx *c, Waves w)
{
    size_t n = 0;
    for (size_t i = 0; i < w.n; i++) {
        size_t j = 0;
        while (j < n && !(w.v[j].angle == w.v[i].angle && w.v[j].sine == w.v[i].sine))
            j++;
        if (j == n)
            w.v[n++] = w.v[i];
        else
            w.v[j].k = ex_add2(c, w.v[j].k, w.v[i].k);
    }
    w.n = n;
    return w;
}

static bool wave_factor(Node *f, Node **u, bool *sine, int64_t *e)
{
    Node *b = ex_base(f);
    *e = 1;
    if (b->op != OP_sin && b->op != OP_cos)
        return false;
    if (f->op == OP_POW && !ex_get_int(f->a[1], e))
        return false;
    *u = b->a[0];
    *sine = b->op == OP_sin;
    return *e > 0 && *e <= MAX_DEGREE;
}

static Node *reduce_term(Ctx *c, Node *t)
{
    Node *body = t->op == OP_SCALE ? t->a[1] : t;
    uint32_t n = body->op == OP_MUL ? body->n : 1;
    int64_t degree = 0;
    Vec rest = {0};
    Waves w = {ARENA_NEW(&c->tmp, Wave, 1), 1};
    if (!w.v)
        return t;
    w.v[0] = (Wave){c->one, c->zero, false};
    for (uint32_t i = 0; i < n; i++) {
        Node *f = body->op == OP_MUL ? body->a[i] : body, *u;
        bool sine;
        int64_t e;
        if (!wave_factor(f, &u, &sine, &e) || degree + e > MAX_DEGREE) {
            vec_push(c, &rest, f);
            continue;
        }
        for (degree += e; e > 0 && w.v; e--)
            w = waves_collect(c, waves_times(c, w, u, sine));
    }
    if (degree < 2 || !w.v)
        return t;
    Vec sum = {0};
    for (size_t i = 0; i < w.n; i++)
        vec_push(c, &sum, ex_mul2(c, w.v[i].k,
                                  ex_fn1(c, w.v[i].sine ? OP_sin : OP_cos, w.v[i].angle)));
    vec_push(c, &rest, ex_num(c, ex_coef(t)));
    Node *k = ex_mul(c, rest.n, rest.v);
    for (size_t i = 0; i < sum.n; i++)
        sum.v[i] = ex_mul2(c, k, sum.v[i]);
    return ex_add(c, sum.n, sum.v);
}

static Node *reduce_region(Ctx *c, Node *n, void *arg)
{
    (void)arg;
    ArenaMark m = arena_mark(&c->tmp);
    n = rat_expand(c, n);
    bool sum = n->op == OP_ADD;
    Vec out = {0};
    for (uint32_t i = 0; i < (sum ? n->n : 1) && !ctx_poll(c); i++)
        vec_push(c, &out, reduce_term(c, sum ? n->a[i] : n));
    Node *r = ex_add(c, out.n, out.v);
    arena_release(&c->tmp, m);
    return r;
}

Node *trig_reduce(Ctx *c, Node *n) { return rat_regions(c, n, true, reduce_region, NULL); }
