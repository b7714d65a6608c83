/* simplify/trig.c - candidates with other trigonometric or hyperbolic functions, and with Bessel
 * functions of fewer orders. */
#include "expr/internal.h"
#include "simplify/measure.h"
#include "simplify/internal.h"

/* larger expressions are not rewritten, larger ones are not turned into sums of waves */
static const double TRIG_LARGE = 100, WAVES_LARGE = 50;
/* a power may be longer than sin(atan(x)) by that much; asked for by name, what is besides twice
 * as long */
static const double ALGEBRAIC = 2, ALGEBRAIC_DEEP = 12;

static bool is_cosine(const Node *n) { return n->op == OP_cos || n->op == OP_cosh; }

static Node *inverse_of(Ctx *c, Op op, Node *x)
{
    return ex_pow(c, ex_fn1(c, op, x), c->minus_one);
}

static Node *to_quotients(Ctx *c, Node *f, void *arg)
{
    (void)arg;
    Node *x = f->a[0];
    switch (f->op) {
    case OP_tan: return ex_div(c, ex_fn1(c, OP_sin, x), ex_fn1(c, OP_cos, x));
    case OP_cot: return ex_div(c, ex_fn1(c, OP_cos, x), ex_fn1(c, OP_sin, x));
    case OP_sec: return inverse_of(c, OP_cos, x);
    case OP_csc: return inverse_of(c, OP_sin, x);
    case OP_tanh: return ex_div(c, ex_fn1(c, OP_sinh, x), ex_fn1(c, OP_cosh, x));
    case OP_coth: return ex_div(c, ex_fn1(c, OP_cosh, x), ex_fn1(c, OP_sinh, x));
    case OP_sech: return inverse_of(c, OP_cosh, x);
    case OP_csch: return inverse_of(c, OP_sinh, x);
    default: return NULL;
    }
}

/* sin = tan*cos: where the cosines cancel, tangents are left. */
static Node *to_tangents(Ctx *c, Node *f, void *arg)
{
    (void)arg;
    Node *x = f->a[0];
    if (f->op == OP_sin)
        return ex_mul2(c, ex_fn1(c, OP_tan, x), ex_fn1(c, OP_cos, x));
    if (f->op == OP_sinh)
        return ex_mul2(c, ex_fn1(c, OP_tanh, x), ex_fn1(c, OP_cosh, x));
    return NULL;
}

/* An angle or the like with a coefficient that is no integer. */
static bool is_part(const Node *x)
{
    return x->op == OP_SCALE && !num_is_int(x->a[0]->num);
}

/* The sine and cosine of the double angle: sin u = K*S/(1 + C), cos u = K, K^2 = (1 + C)/2, and
 * the same for hyperbolic ones. A result that still holds the root K says nothing of signs and
 * is thrown away. */
static Node *to_double_angle(Ctx *c, Node *f, void *arg)
{
    (void)arg;
    bool circular = trig_is_circular(f);
    if ((!circular && !trig_is_hyperbolic(f)) || !is_part(f->a[0]))
        return NULL;
    Node *u2 = ex_scale(c, num_int(2), f->a[0]);
    Node *s = ex_fn1(c, circular ? OP_sin : OP_sinh, u2);
    Node *k = ex_fn1(c, circular ? OP_cos : OP_cosh, u2);
    Node *one_k = ex_add2(c, c->one, k), *root = ex_sqrt(c, ex_mul2(c, c->half, one_k));
    switch (f->op) {
    case OP_tan:
    case OP_tanh: return ex_div(c, s, one_k);
    case OP_cot:
    case OP_coth: return ex_div(c, one_k, s);
    case OP_cos:
    case OP_cosh: return root;
    case OP_sin:
    case OP_sinh: return ex_div(c, ex_mul2(c, root, s), one_k);
    case OP_sec:
    case OP_sech: return ex_pow(c, root, c->minus_one);
    default: return ex_div(c, one_k, ex_mul2(c, root, s));
    }
}

static bool is_root_of_cos(Ctx *c, Node *n, void *arg)
{
    bool yes = false;
    (void)arg;
    if (ex_is(n, OP_POW) && ex_is_num(n->a[1]) && !ex_is_int(n->a[1]) &&
        ex_is(n->a[0], OP_ADD))
        for (uint32_t j = 0; j < n->a[0]->n; j++)
            yes |= is_cosine(ex_rest(c, n->a[0]->a[j]));
    return yes;
}

/* ---- cosines of double angles in sums ---------------------------------------------- */
/* An even number times something. */
static bool is_twofold(const Node *x)
{
    int64_t k;
    return x->op == OP_SCALE && ex_get_int(x->a[0], &k) && k % 2 == 0;
}

/* A sum with k + w*cos(2*u), w = k or -k, as one with 2*k*cos(u)^2 or 2*k*sin(u)^2; or NULL. */
static Node *joined_cosine(Ctx *c, Node *n, void *arg)
{
    (void)arg;
    for (uint32_t i = 1; n->op == OP_ADD && ex_is_num(n->a[0]) && i < n->n; i++) {
        Node *t = n->a[i], *f = ex_rest(c, t), *k = n->a[0], *w = ex_num(c, ex_coef(t));
        bool same = w == k;
        if (!is_cosine(f) || !is_twofold(f->a[0]) || (!same && w != ex_neg(c, k)))
            continue;
        Op sine = f->op == OP_cos ? OP_sin : OP_sinh;
        Node *u = ex_scale(c, num_inv(&c->tmp, num_int(2)), f->a[0]);
        Node *g = ex_powi(c, ex_fn1(c, same ? (Op)f->op : sine, u), 2);
        Node *twice = ex_scale(c, num_int(2), f->op == OP_cos ? k : w);
        return ex_add(c, 4,
                      (Node *[]){n, ex_neg(c, k), ex_neg(c, t), ex_mul2(c, twice, g)});
    }
    return NULL;
}

/* ---- Bessel functions of three neighbouring orders --------------------------------- */
static bool is_bessel(const Node *n)
{
    return n->op == OP_besselj || n->op == OP_bessely || n->op == OP_besseli ||
           n->op == OP_besselk;
}

typedef struct {
    int step;  /* to the next orders below: -1, above: 1 */
    Map there; /* the functions that occur: node ids */
} Orders;

/* f by those of the next two orders, if they occur:
 * J_(m-1) + J_(m+1) = 2*m/x*J_m, Y the same; I_(m-1) - I_(m+1) = 2*m/x*I_m; -K as I. */
static Node *by_neighbours(Ctx *c, Node *f, void *arg)
{
    const Orders *o = arg;
    int step = o->step;
    if (!is_bessel(f))
        return NULL;
    Node *m = ex_add2(c, f->a[0], ex_int(c, step)), *x = f->a[1];
    Node *near = ex_fn2(c, (Op)f->op, m, x);
    Node *far = ex_fn2(c, (Op)f->op, ex_add2(c, m, ex_int(c, step)), x);
    /* I and K of negative integers are those of positive ones */
    if (!map_get(&o->there, near->id, NULL) || !map_get(&o->there, far->id, NULL) ||
        near->a[0] != m)
        return NULL;
    bool circular = f->op == OP_besselj || f->op == OP_bessely;
    int sign = circular ? 1 : f->op == OP_besseli ? step : -step;
    Node *t = ex_mul(
        c, 4, (Node *[]){ex_int(c, 2 * sign), m, near, ex_pow(c, x, c->minus_one)});
    return ex_add2(c, t, circular ? ex_neg(c, far) : far);
}

static bool note_bessel(Ctx *c, Node *n, void *there)
{
    (void)c;
    if (is_bessel(n))
        map_put(there, n->id, 1);
    return false;
}

static Node *fewer_orders(Ctx *c, Node *root, int step)
{
    ArenaMark m = arena_mark(&c->tmp);
    Orders o = {.step = step};
    map_init(&o.there, &c->tmp);
    (void)ex_find(c, root, 0, note_bessel, &o.there);
    Node *r = ex_swap(c, root, by_neighbours, &o);
    arena_release(&c->tmp, m);
    return r;
}

/* Is there a division by something that may be 0, other than in old? */
static bool divides_anew(Ctx *c, Node *old, Node *n)
{
    ArenaMark m = arena_mark(&c->tmp);
    size_t count = 0;
    Node **order = ex_walk(c, 1, &old, &count);
    Map below;
    map_init(&below, &c->tmp);
    uint64_t v;
    bool yes = false;
    for (size_t i = 0; order && i < count; i++)
        if (order[i]->op == OP_POW && ex_is_neg(order[i]->a[1]))
            map_put(&below, order[i]->a[0]->id, 1);
    order = ex_walk(c, 1, &n, &count);
    for (size_t i = 0; order && i < count; i++)
        yes |= order[i]->op == OP_POW && ex_is_neg(order[i]->a[1]) &&
               !ex_is_nonzero(order[i]->a[0]) && !map_get(&below, order[i]->a[0]->id, &v);
    arena_release(&c->tmp, m);
    return yes;
}

/* ---- what there is to do ----------------------------------------------------------- */
/* Which of the rewritings have something to do: a look at the arguments of the function nodes
 * outside of other functions' arguments. */
typedef struct {
    bool quotients; /* tangents and the like together with sines or cosines of the same */
    bool tangents;  /* a sine over a cosine of the same */
    bool products;  /* sines and cosines of the same multiplied */
    bool halves;    /* multiples of an angle that are no integers */
    bool doubles;   /* cosines of even multiples */
    bool inverses;  /* functions of inverse functions */
    int bessels;
} Signs;

enum {
    HAS_SIN = 1,
    HAS_COS = 2,
    HAS_QUOTIENT = 4,
    HAS_SIN_BELOW = 8,
    HAS_COS_BELOW = 16
};

static void note_factor(Ctx *c, Map *seen, Node *f, Signs *s)
{
    Node *b = ex_base(f);
    s->bessels += f == b && is_bessel(b);
    s->inverses |= trig_is_of_inverse(f);
    if (!op_is_function((Op)b->op) || (!trig_is_circular(b) && !trig_is_hyperbolic(b)))
        return;
    uint64_t had = 0, key = b->a[0]->id * 2 + trig_is_circular(b);
    bool below = f->op == OP_POW && ex_is_num(f->a[1]) && ex_is_neg(f->a[1]);
    (void)map_get(seen, key, &had);
    bool sine = b->op == OP_sin || b->op == OP_sinh,
         cosine = b->op == OP_cos || b->op == OP_cosh;
    had |= sine     ? (below ? HAS_SIN_BELOW : HAS_SIN)
           : cosine ? (below ? HAS_COS_BELOW : HAS_COS)
                    : HAS_QUOTIENT;
    map_put(seen, key, had);
    s->halves |= is_part(b->a[0]);
    s->doubles |= is_cosine(b) && is_twofold(b->a[0]);
    s->quotients |= (had & HAS_QUOTIENT) && (had & (HAS_QUOTIENT - 1));
    s->tangents |= (had & HAS_COS_BELOW) && (had & HAS_SIN);
    s->products |= (had & HAS_SIN) && (had & HAS_COS);
    (void)c;
}

static Signs signs_of(Ctx *c, Node *root)
{
    ArenaMark m = arena_mark(&c->tmp);
    size_t count = 0;
    Node **order = ex_walk(c, 1, &root, &count);
    Signs s = {0};
    Map seen;
    map_init(&seen, &c->tmp);
    for (size_t i = 0; order && i < count; i++)
        if (order[i]->op == OP_POW || op_is_function((Op)order[i]->op))
            note_factor(c, &seen, order[i], &s);
    arena_release(&c->tmp, m);
    return s;
}

/* r, a rewriting of n, with its regions simplified; NULL: it is n itself. */
static Node *finish_rewriting(Best *b, const Node *n, Node *r)
{
    return r != n && !ctx_failed(b->c)
               ? rat_regions(b->c, r, b->deep, simplify_region, b->deep ? b : NULL)
               : NULL;
}

static void offer_swapped(Best *b, Node *n, NodeSwap *swap, bool no_roots)
{
    Ctx *c = b->c;
    Attempt at = attempt_begin(c);
    Node *r = finish_rewriting(b, n, ex_swap(c, n, swap, b));
    if (r && (!no_roots || !ex_find(c, r, 0, is_root_of_cos, NULL)))
        best_offer(b, r);
    (void)attempt_end(c, &at);
}

static void offer_cosines(Best *b)
{
    Attempt at = attempt_begin(b->c);
    b->new_functions = false; /* one for another */
    best_offer(b,
               finish_rewriting(b, b->node, ex_swap(b->c, b->node, joined_cosine, NULL)));
    b->new_functions = true;
    (void)attempt_end(b->c, &at);
}

static void offer_bessels(Best *b)
{
    Attempt at = attempt_begin(b->c);
    Node *n = b->node;
    for (int step = -1; step <= 1; step += 2) {
        Node *r = finish_rewriting(b, n, fewer_orders(b->c, n, step));
        if (r && !divides_anew(b->c, n, r))
            best_offer(b, r);
    }
    (void)attempt_end(b->c, &at);
}

/* gamma(x + n), factorials and binomials by gamma(x): for quotients of them. */
static Node *to_gamma(Ctx *c, Node *f, void *arg)
{
    (void)arg;
    if (f->op != OP_gamma && f->op != OP_factorial && f->op != OP_binomial &&
        f->op != OP_beta)
        return NULL;
    Node *r = define_by_others(c, f);
    return r == f ? NULL : r;
}

void best_offer_trig(Best *b, Node *n)
{
    Ctx *c = b->c;
    if (b->deep)
        offer_swapped(b, n, to_gamma, false);
    if (b->limit > TRIG_LARGE)
        return;
    Signs s = signs_of(c, n);
    if (s.quotients)
        offer_swapped(b, n, to_quotients, false);
    if (s.tangents && !ctx_failed(c))
        offer_swapped(b, b->node, to_tangents, false);
    if (s.halves && !ctx_failed(c))
        offer_swapped(b, n, to_double_angle, true);
    if (s.inverses && !ctx_failed(c)) {
        if (b->node == b->root) /* where functions go away, it may be longer */
            b->cost = b->deep ? 2 * b->limit + ALGEBRAIC_DEEP : b->limit + ALGEBRAIC;
        offer_swapped(b, n, trig_to_algebraic, false);
    }
    if (s.doubles && !ctx_failed(c))
        offer_cosines(b);
    if (s.bessels > 2 && !ctx_failed(c))
        offer_bessels(b);
    if (s.products && b->limit <= WAVES_LARGE && !ctx_failed(c)) {
        Attempt at = attempt_begin(c);
        Node *r = trig_reduce(c, b->node);
        if (!ctx_failed(c))
            best_offer(b,
                       rat_regions(c, r, b->deep, simplify_region, b->deep ? b : NULL));
        (void)attempt_end(c, &at);
    }
}
