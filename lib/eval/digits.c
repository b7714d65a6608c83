/* eval/digits.c - exact values that constructors leave as they are because of their length:
 * 100000!, 2^100000 + 1. */
#include "eval/eval.h"

#include <math.h>

typedef struct {
    Ctx *c;
    const Num *v; /* of the nodes before, by their place in the walk */
    size_t most;  /* bits */
    ExactStatus st;
} Exact;

static Num give_up(Exact *x, ExactStatus st)
{
    if (x->st == EXACT_OK)
        x->st = st;
    return NUM_ZERO;
}

static Num value_of(const Exact *x, const Node *n)
{
    return ex_is_num(n) ? n->num : x->v[n->pos];
}

static Num checked(Exact *x, Num r)
{
    return num_bits(r) > x->most ? give_up(x, EXACT_LONG) : r;
}

static Num factorial(Exact *x, Num n)
{
    int64_t k;
    if (!num_get_int(n, &k) || k < 0)
        return give_up(x, EXACT_NO);
    if (lgamma((double)k + 1) > (double)x->most * M_LN2)
        return give_up(x, EXACT_LONG);
    return num_factorial(ctx_arena(x->c), (uint64_t)k);
}

static Num binomial(Exact *x, Num n, Num k)
{
    int64_t i, j;
    if (!num_get_int(n, &i) || !num_get_int(k, &j) || j < 0 || j > i)
        return give_up(x, EXACT_NO);
    j = j > i - j ? i - j : j;
    double a =
        lgamma((double)i + 1) - lgamma((double)j + 1) - lgamma((double)(i - j) + 1);
    if (a > (double)x->most * M_LN2)
        return give_up(x, EXACT_LONG);
    return num_binomial(ctx_arena(x->c), i, (uint64_t)j);
}

static Num power(Exact *x, Num b, Num e)
{
    int64_t k;
    if (!num_get_int(e, &k) || (num_is_zero(b) && k <= 0))
        return give_up(x, EXACT_NO);
    if ((double)num_bits(b) * fabs((double)k) > 2 * (double)x->most)
        return give_up(x, EXACT_LONG);
    return num_pow(ctx_arena(x->c), b, k);
}

static Num combine(Exact *x, const Node *n)
{
    Arena *a = ctx_arena(x->c);
    bool sum = n->op == OP_ADD;
    Num r = sum ? NUM_ZERO : NUM_ONE;
    for (uint32_t i = 0; i < n->n && x->st == EXACT_OK; i++) {
        Num v = value_of(x, n->a[i]);
        r = checked(x, sum ? num_add(a, r, v) : num_mul(a, r, v));
    }
    return r;
}

static Num exact_node(Exact *x, const Node *n)
{
    switch (n->op) {
    case OP_NUM: return n->num;
    case OP_ADD:
    case OP_SCALE:
    case OP_MUL: return combine(x, n);
    case OP_POW: return checked(x, power(x, value_of(x, n->a[0]), value_of(x, n->a[1])));
    case OP_factorial: return checked(x, factorial(x, value_of(x, n->a[0])));
    case OP_gamma:
        return checked(
            x, factorial(x, num_sub(ctx_arena(x->c), value_of(x, n->a[0]), NUM_ONE)));
    case OP_binomial:
        return checked(x, binomial(x, value_of(x, n->a[0]), value_of(x, n->a[1])));
    default: return give_up(x, EXACT_NO);
    }
}

ExactStatus eval_exact_value(Ctx *c, Node *e, size_t digits, Num *out)
{
    size_t n;
    ArenaMark m = arena_mark(&c->tmp);
    Node **order = e->syms ? NULL : ex_walk(c, 1, &e, &n);
    Num *v = order ? ARENA_NEW(&c->tmp, Num, n) : NULL;
    Exact x = {c, v, (size_t)((double)digits * M_LN10 / M_LN2) + 4,
               v ? EXACT_OK : EXACT_NO};
    for (size_t i = 0; v && i < n && x.st == EXACT_OK && !ctx_poll(c); i++)
        v[i] = exact_node(&x, order[i]);
    *out = v && x.st == EXACT_OK ? v[e->pos] : NUM_ZERO;
    arena_release(&c->tmp, m);
    return ctx_failed(c) ? EXACT_NO : x.st;
}
