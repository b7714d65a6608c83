/* simplify_trig.c - candidates with other trigonometric or hyperbolic kernels. */
#include "expr_internal.h"
#include "measure.h"
#include "simplify_internal.h"

/* larger expressions are not rewritten, larger ones are not turned into sums of waves */
static const double TRIG_LARGE = 100, WAVES_LARGE = 50;

typedef Node *(*Swap)(Ctx *c, Node *f); /* another form of one function node, or NULL */

static bool is_circular(const Node *n)
{
    return n->op == OP_sin || n->op == OP_cos || n->op == OP_tan || n->op == OP_cot ||
           n->op == OP_sec || n->op == OP_csc;
}

static bool is_hyperbolic(const Node *n)
{
    return n->op == OP_sinh || n->op == OP_cosh || n->op == OP_tanh || n->op == OP_coth ||
           n->op == OP_sech || n->op == OP_csch;
}

/* root with every function node that swap knows replaced. */
static Node *swapped(Ctx *c, Node *root, Swap swap)
{
    ArenaMark m = arena_mark(&c->tmp);
    size_t count = 0;
    Node **order = ex_walk(c, 1, &root, &count);
    Vec from = {0}, to = {0};
    for (size_t i = 0; order && i < count; i++) {
        Node *r = op_is_function((Op)order[i]->op) ? swap(c, order[i]) : NULL;
        if (r) {
            vec_push(c, &from, order[i]);
            vec_push(c, &to, r);
        }
    }
    Node *r = from.n ? ex_replace(c, root, from.v, to.v, from.n) : NULL;
    arena_release(&c->tmp, m);
    return r;
}

static Node *inverse_of(Ctx *c, Op op, Node *x)
{
    return ex_pow(c, ex_fn1(c, op, x), c->minus_one);
}

static Node *to_quotients(Ctx *c, Node *f)
{
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
static Node *to_tangents(Ctx *c, Node *f)
{
    Node *x = f->a[0];
    if (f->op == OP_sin)
        return ex_mul2(c, ex_fn1(c, OP_tan, x), ex_fn1(c, OP_cos, x));
    if (f->op == OP_sinh)
        return ex_mul2(c, ex_fn1(c, OP_tanh, x), ex_fn1(c, OP_cosh, x));
    return NULL;
}

/* The sine and cosine of the double angle: sin u = K*S/(1 + C), cos u = K, K^2 = (1 + C)/2. A
 * result that still holds the root K says nothing of signs and is thrown away. */
static Node *to_double(Ctx *c, Node *f)
{
    if (!is_circular(f))
        return NULL;
    Node *u2 = ex_scale(c, num_int(2), f->a[0]);
    Node *s = ex_fn1(c, OP_sin, u2), *k = ex_fn1(c, OP_cos, u2);
    Node *one_k = ex_add2(c, c->one, k), *root = ex_sqrt(c, ex_mul2(c, c->half, one_k));
    switch (f->op) {
    case OP_tan: return ex_div(c, s, one_k);
    case OP_cot: return ex_div(c, one_k, s);
    case OP_cos: return root;
    case OP_sin: return ex_div(c, ex_mul2(c, root, s), one_k);
    case OP_sec: return ex_pow(c, root, c->minus_one);
    default: return ex_div(c, one_k, ex_mul2(c, root, s));
    }
}

static bool has_root_of_cos(Ctx *c, Node *n)
{
    ArenaMark m = arena_mark(&c->tmp);
    size_t count = 0;
    Node **order = ex_walk(c, 1, &n, &count);
    bool yes = !order;
    for (size_t i = 0; order && i < count; i++)
        if (order[i]->op == OP_POW && ex_is_num(order[i]->a[1]) && !ex_is_int(order[i]->a[1]) &&
            order[i]->a[0]->op == OP_ADD)
            for (uint32_t j = 0; j < order[i]->a[0]->n; j++)
                yes |= ex_rest(c, order[i]->a[0]->a[j])->op == OP_cos;
    arena_release(&c->tmp, m);
    return yes;
}

/* Which of the rewritings have something to do: a look at the arguments of the function nodes
 * outside of other functions' arguments. */
typedef struct {
    bool quotients; /* tangents and the like together with sines or cosines of the same */
    bool tangents;  /* a sine over a cosine of the same */
    bool products;  /* sines and cosines of the same multiplied */
    bool halves;    /* multiples of an angle that are no integers */
} Signs;

enum { HAS_SIN = 1, HAS_COS = 2, HAS_QUOTIENT = 4, HAS_SIN_BELOW = 8, HAS_COS_BELOW = 16 };

static void note_factor(Ctx *c, Map *seen, Node *f, Signs *s)
{
    Node *b = ex_base(f);
    if (!op_is_function((Op)b->op) || (!is_circular(b) && !is_hyperbolic(b)))
        return;
    uint64_t had = 0, key = b->a[0]->id * 2 + is_circular(b);
    bool below = f->op == OP_POW && ex_is_num(f->a[1]) && ex_is_neg(f->a[1]);
    (void)map_get(seen, key, &had);
    bool sine = b->op == OP_sin || b->op == OP_sinh, cosine = b->op == OP_cos || b->op == OP_cosh;
    had |= sine ? (below ? HAS_SIN_BELOW : HAS_SIN) : cosine ? (below ? HAS_COS_BELOW : HAS_COS)
                                                            : HAS_QUOTIENT;
    map_put(seen, key, had);
    s->halves |= is_circular(b) && b->a[0]->op == OP_SCALE && !num_is_int(b->a[0]->a[0]->num);
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

static void offer_swapped(Best *b, Node *n, Swap swap, bool no_roots)
{
    Ctx *c = b->c;
    Attempt at = attempt_begin(c);
    Node *r = swapped(c, n, swap);
    if (r && !ctx_failed(c)) {
        r = rat_regions(c, r, b->deep, simplify_region, b->deep ? b : NULL);
        if (!no_roots || !has_root_of_cos(c, r))
            best_offer(b, r);
    }
    (void)attempt_end(c, &at);
}

/* gamma(x + n), factorials and binomials by gamma(x): for quotients of them. */
static Node *to_gamma(Ctx *c, Node *f)
{
    if (f->op != OP_gamma && f->op != OP_factorial && f->op != OP_binomial && f->op != OP_beta)
        return NULL;
    Node *r = define_kernel(c, f);
    return r == f ? NULL : r;
}

void offer_trig(Best *b, Node *n)
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
        offer_swapped(b, n, to_double, true);
    if (s.products && b->limit <= WAVES_LARGE && !ctx_failed(c)) {
        Attempt at = attempt_begin(c);
        Node *r = trig_reduce(c, b->node);
        if (!ctx_failed(c))
            best_offer(b, rat_regions(c, r, b->deep, simplify_region, b->deep ? b : NULL));
        (void)attempt_end(c, &at);
    }
}
