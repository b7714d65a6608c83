/* simplify/addition.c - addition theorems in both directions.
 * trig_expand: functions of sums and multiples by those of the parts. trig_reduce: products and
 * powers of sines and cosines as sums of sines and cosines of multiples. */
#include "expr/internal.h"
#include "field/rational.h"
#include "simplify/simplify.h"

enum { MAX_MULTIPLE = 64, MAX_DEGREE = 40, MAX_ANGLES = 16, MAX_WAVES = 20000 };

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
        bool whole = !ex_is_num(t) && num_get_int(k, &n) && n <= MAX_MULTIPLE &&
                     n >= -MAX_MULTIPLE;
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

static Node *expand_step(const Rewriting *w, Node *x, Node *const *a)
{
    Node *r = ex_with(w->c, x, a);
    bool parts = op_is_function((Op)r->op) && r->n == 1 && has_parts(r->a[0]);
    return parts ? expand_function(w->c, r) : r;
}

Node *trig_expand(Ctx *c, Node *root)
{
    return ex_rewrite(c, root, 0, expand_step, NULL);
}

/* ---- reduce ------------------------------------------------------------------------ */
/* sin(u)^s*cos(u)^c is (1/2i)^s (1/2)^c (z - 1/z)^s (z + 1/z)^c, z = exp(iu): in a product of such,
 * with S sines in all, the frequencies m and -m have the same coefficient, but for the sign (-1)^S.
 * So all waves are sines when S is odd, else cosines, and half of the frequencies give them all. */
typedef struct {
    Node *u;
    int sines, cosines;
    int64_t k[MAX_DEGREE + 1]; /* of z^degree, z^(degree-2), ... */
} Angle;

typedef struct {
    Angle angle[MAX_ANGLES];
    int n, sines, degree;
    NodeVec rest; /* factors that are no waves */
} WaveProduct;

/* (z - 1/z)^s (z + 1/z)^c */
static void multiply_angle(Angle *a)
{
    int n = a->sines + a->cosines;
    memset(a->k, 0, sizeof a->k);
    a->k[0] = 1;
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j > 0; j--)
            a->k[j] += i < a->sines ? -a->k[j - 1] : a->k[j - 1];
}

/* A natural power of a sine or cosine. */
static bool is_wave(Node *f)
{
    Node *b = ex_base(f);
    int64_t e = 1;
    return (b->op == OP_sin || b->op == OP_cos) &&
           (f->op != OP_POW || (ex_get_int(f->a[1], &e) && e > 0));
}

/* Takes f in when it is a power of a sine or cosine, and there is room. */
static bool take_wave(WaveProduct *p, Node *f)
{
    Node *b = ex_base(f);
    int64_t e = 1;
    if ((b->op != OP_sin && b->op != OP_cos) ||
        (f->op == OP_POW && !ex_get_int(f->a[1], &e)) || e <= 0 ||
        e > MAX_DEGREE - p->degree)
        return false;
    int i = 0;
    while (i < p->n && p->angle[i].u != b->a[0])
        i++;
    if (i == MAX_ANGLES)
        return false;
    if (i == p->n)
        p->angle[p->n++] = (Angle){.u = b->a[0]};
    *(b->op == OP_sin ? &p->angle[i].sines : &p->angle[i].cosines) += (int)e;
    p->sines += b->op == OP_sin ? (int)e : 0;
    p->degree += (int)e;
    return true;
}

/* The wave whose frequencies are those numbered at[], with its coefficient; NULL: it is the other
 * half of one with the first frequency that is not 0 positive. */
static Node *wave_at(Ctx *c, const WaveProduct *p, const int *at)
{
    Node *part[MAX_ANGLES];
    int64_t k = p->sines % 4 >= 2 ? -1 : 1;
    size_t n = 0;
    for (int i = 0; i < p->n; i++) {
        const Angle *a = &p->angle[i];
        int m = a->sines + a->cosines - 2 * at[i];
        if (m < 0 && n == 0)
            return NULL;
        if (m != 0)
            part[n++] = ex_scale(c, num_int(m), a->u);
        k *= a->k[at[i]];
    }
    Num half = num_rat(&c->tmp, k, (int64_t)1 << (p->degree - (n > 0)));
    Node *x = n == 1 ? part[0] : ex_add(c, n, part);
    if (n > 1 && x->op == OP_ADD && num_sgn(ex_sum_content(c, x, true)) < 0) {
        x = ex_neg(c, x); /* waves of other terms meet it so: x - y, never y - x */
        half = p->sines % 2 ? num_neg(&c->tmp, half) : half;
    }
    return ex_scale(c, half, ex_fn1(c, p->sines % 2 ? OP_sin : OP_cos, x));
}

static Node *reduce_term(Ctx *c, Node *t)
{
    Node *body = t->op == OP_SCALE ? t->a[1] : t;
    uint32_t n = body->op == OP_MUL ? body->n : 1;
    WaveProduct p = {.n = 0};
    for (uint32_t i = 0; i < n; i++) {
        Node *f = body->op == OP_MUL ? body->a[i] : body;
        if (!take_wave(&p, f)) {
            c->gave_up += is_wave(f);
            nodevec_push(c, &p.rest, f);
        }
    }
    if (p.degree < 2)
        return t;
    double waves = 1;
    for (int i = 0; i < p.n; i++) {
        waves *= p.angle[i].sines + p.angle[i].cosines + 1;
        multiply_angle(&p.angle[i]);
    }
    if (waves > MAX_WAVES) {
        c->gave_up++;
        return t;
    }
    nodevec_push(c, &p.rest, ex_num(c, ex_coef(t)));
    Node *k = ex_mul(c, p.rest.n, p.rest.v);
    NodeVec sum = {0};
    for (int at[MAX_ANGLES] = {0}, i = 0; i < p.n && !ctx_poll(c);) {
        Node *w = wave_at(c, &p, at);
        if (w)
            nodevec_push(c, &sum, ex_mul2(c, k, w));
        for (i = 0; i < p.n && at[i] == p.angle[i].sines + p.angle[i].cosines; i++)
            at[i] = 0; /* the next one, as an odometer */
        if (i < p.n)
            at[i]++;
    }
    return ex_add(c, sum.n, sum.v);
}

static Node *reduce_region(Ctx *c, Node *n, void *arg)
{
    (void)arg;
    ArenaMark m = arena_mark(&c->tmp);
    n = rat_expand(c, n);
    bool sum = n->op == OP_ADD;
    NodeVec out = {0};
    for (uint32_t i = 0; i < (sum ? n->n : 1) && !ctx_poll(c); i++)
        nodevec_push(c, &out, reduce_term(c, sum ? n->a[i] : n));
    Node *r = ex_add(c, out.n, out.v);
    arena_release(&c->tmp, m);
    return r;
}

Node *trig_reduce(Ctx *c, Node *n)
{
    return rat_regions(c, n, true, reduce_region, NULL);
}
