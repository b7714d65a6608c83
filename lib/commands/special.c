/* commands/special.c - points where identities fail that hold everywhere else: zeros of what stands
 * in the sides, kinks and jumps, integers and halves, ends of intervals. Random points never meet
 * them, and proofs are about the rest.
 */
#include "commands/compare.h"

enum { MOST_VALUES = 16, MOST_POINTS = 64, MOST_NODES = 400 };

typedef struct {
    Check *k;
    const Var *v;
    Num *x;
    size_t n;
    bool critical, all;
} Values;

bool special_allows(const Var *v, Num x)
{
    if (v->ranged)
        return num_cmp(x, v->lo) >= 0 && num_cmp(x, v->hi) <= 0;
    int s = num_sgn(x);
    return (!v->integer || num_is_int(x)) && (v->sign & (s > 0   ? S_POS
                                                         : s < 0 ? S_NEG
                                                                 : S_ZERO));
}

/* Kept in ascending order. */
static void add_value(Values *l, Num x)
{
    Arena *a = ctx_arena(l->k->c);
    size_t i = 0;
    x.dec = !num_is_int(x) && num_is_int(num_mul(a, x, num_int(CHECK_SCALE)));
    while (i < l->n && num_cmp(l->x[i], x) < 0)
        i++;
    if ((i < l->n && num_cmp(l->x[i], x) == 0) || !special_allows(l->v, x))
        return;
    if (l->n == MOST_VALUES) {
        l->all = false;
        return;
    }
    memmove(l->x + i + 1, l->x + i, (l->n - i) * sizeof *l->x);
    l->x[i] = x;
    l->n++;
}

/* Adds the zero of u = a*x + b; false: u is no such. */
static bool add_linear_zero(Values *l, Node *u)
{
    Ctx *c = l->k->c;
    Arena *a = ctx_arena(c);
    Node *t = u;
    Num b = NUM_ZERO;
    if (ex_is(u, OP_ADD) && u->n == 2 && ex_is_num(u->a[0])) {
        b = u->a[0]->num;
        t = u->a[1];
    }
    Node *x = ex_rest(c, t);
    if (!ex_is(x, OP_SYM) || x->sym != l->v->sym)
        return false;
    add_value(l, num_neg(a, num_div(a, b, ex_coef(t))));
    return true;
}

/* What is 0 where u is. */
static Node *root_of(Ctx *c, Node *u)
{
    enum { DEEPEST = 8 };
    for (int i = 0; i < DEEPEST; i++)
        if ((ex_is(u, OP_POW) && ex_is_num(u->a[1])) || ex_is(u, OP_abs))
            u = u->a[0];
        else
            u = ex_rest(c, u);
    return u;
}

/* Adds the zeros of u, as far as they are rational and seen at a glance. */
static void add_zeros(Values *l, Node *u)
{
    Ctx *c = l->k->c;
    Node *r = root_of(c, u);
    bool product = ex_is(r, OP_MUL);
    for (uint32_t i = 0; i < (product ? r->n : 1); i++) {
        Node *f = product ? root_of(c, r->a[i]) : r;
        bool never = !ex_depends(c, f, l->v->sym) || ex_is_exp(f);
        l->all = (never || add_linear_zero(l, f)) && l->all;
    }
}

/* Where the node may cease to have a value. */
static void add_critical(Values *l, Node *n)
{
    Ctx *c = l->k->c;
    if (!ex_may_be_undefined(n) || !ex_depends(c, n, l->v->sym))
        return;
    if (n->op == OP_POW && ex_depends(c, n->a[1], l->v->sym))
        l->all = false;
    switch (n->op) {
    case OP_POW:
    case OP_log: add_zeros(l, n->a[0]); break;
    case OP_asin:
    case OP_acos:
    case OP_atanh:
    case OP_acosh:
        add_zeros(l, ex_sub(c, n->a[0], c->one));
        add_zeros(l, ex_add2(c, n->a[0], c->one));
        break;
    default: l->all = false;
    }
}

/* Where n or what it compares is 0. */
static void add_turning(Values *l, Node *n)
{
    bool compares =
        ex_is(n, OP_max) || ex_is(n, OP_min) || (n->op >= OP_LT && n->op <= OP_NE);
    if (compares)
        (void)add_linear_zero(l, ex_sub(l->k->c, n->a[0], n->a[1]));
    else if (ex_is(n, OP_ADD) && n->n == 2)
        (void)add_linear_zero(l, n);
}

static void add_usual(Values *l)
{
    static const int64_t twice[] = {0, 2, -2, 1, -1, 4, -4, 3, -3};
    Arena *a = ctx_arena(l->k->c);
    if (l->v->ranged) {
        Num half = num_rat(a, 1, 2);
        Num mid = num_mul(a, half, num_add(a, l->v->lo, l->v->hi));
        Num near = num_mul(a, half, num_round(a, num_add(a, mid, mid)));
        add_value(l, l->v->lo);
        add_value(l, l->v->hi);
        add_value(l, near);
        add_value(l, num_add(a, near, half));
        add_value(l, num_sub(a, near, half));
    }
    for (size_t i = 0; i < sizeof twice / sizeof *twice; i++)
        add_value(l, num_rat(a, twice[i], 2));
}

Num *special_values(Check *k, const Var *v, bool critical, size_t *n, bool *all)
{
    Ctx *c = k->c;
    Node *both[] = {k->l, k->r};
    size_t count = 0;
    Values l = {k, v,        ARENA_NEW(&c->pool[1].arena, Num, MOST_VALUES + 1),
                0, critical, true};
    ArenaMark m = arena_mark(&c->tmp);
    Node **order = ex_walk(c, 2, both, &count);
    *n = 0;
    *all = false;
    if (!l.x || !order)
        return l.x;
    l.all = count <= MOST_NODES;
    for (size_t i = 0; i < count && l.all + !critical; i++)
        if (critical)
            add_critical(&l, order[i]);
        else if (i < MOST_NODES)
            add_turning(&l, order[i]);
    arena_release(&c->tmp, m);
    if (critical)
        add_value(&l, NUM_ZERO);
    else
        add_usual(&l);
    *n = l.n;
    *all = l.all && !ctx_failed(c);
    return l.x;
}

/* ---- differences */

/* May the node be other at single points than all around them? Powers whose exponent may be 0 are
 * so, too. */
static bool may_jump(Ctx *c, Node *n, void *arg)
{
    (void)c, (void)arg;
    if (op_is_function((Op)n->op))
        return !(op_info((Op)n->op)->flags & SMOOTH);
    return n->op == OP_IF ||
           (n->op == OP_POW && !ex_is_num(n->a[1]) && !ex_is_pos(n->a[0]));
}

/* What is 0 where n, a node that may jump, does. NULL: that is not told by one number. */
static Node *turns_with(Ctx *c, Node *n)
{
    switch (n->op) {
    case OP_POW:
    case OP_abs:
    case OP_sign:
    case OP_relu:
    case OP_step:
    case OP_step_at: return n->a[0];
    case OP_max:
    case OP_min: return ex_sub(c, n->a[0], n->a[1]);
    default: return NULL;
    }
}

/* Notes what decides where the sides jump. */
static void find_turns(Check *k)
{
    Ctx *c = k->c;
    Node *both[] = {k->l, k->r};
    size_t n = 0;
    Node **order = ex_walk(c, 2, both, &n);
    k->turn = ARENA_NEW(&c->pool[1].arena, Node *, n + 1);
    k->nturns = 0;
    for (size_t i = 0; order && k->turn && i < n && !ctx_poll(c); i++) {
        Node *u = may_jump(c, order[i], NULL) ? turns_with(c, order[i]) : c->one;
        if (!u) {
            k->turn = NULL; /* anywhere, as far as we know */
            return;
        }
        if (!ex_is_num(u) || u == c->zero)
            k->turn[k->nturns++] = u;
    }
}

/* May a side jump at the point? Between jumps random points tell as much. */
static bool may_jump_here(Check *k)
{
    enum { BITS = 64 };
    bool may = !k->turn;
    compare_place(k, k->at, BITS);
    for (size_t i = 0; i < k->nturns && !may; i++)
        may = ball_eval(k->c, k->turn[i], k->syms, k->at, k->k, BITS, k->d, NULL) !=
                  LBZ_OK ||
              arb_contains_zero(k->d);
    return may;
}

static bool differ_here(Check *k)
{
    return may_jump_here(k) && compare_briefly(k) == DIFFER;
}

static void set_value(Var *v, Num x)
{
    v->fixed = true;
    v->value = x;
    v->exact = NULL;
}

/* ---- points that are no fractions */

static bool is_trigonometric(Ctx *c, Node *n, void *arg)
{
    (void)c, (void)arg;
    return ex_is(n, OP_sin) || ex_is(n, OP_cos) || ex_is(n, OP_tan);
}

bool special_differ_at(Check *k, Var *v, Node *x)
{
    double d;
    if (ctx_failed(k->c) || ball_double(k->c, x, &d) != LBZ_OK)
        return false;
    Num near = num_from_double(ctx_arena(k->c), d);
    if (!special_allows(v, near))
        return false;
    set_value(v, near);
    v->exact = x;
    if (differ_here(k))
        return true;
    v->fixed = false;
    v->exact = NULL;
    return false;
}

/* Quarter turns. */
static bool differ_at_turns(Check *k, Var *v)
{
    static const int64_t quarters[] = {1, -1, 2, -2, 3};
    Ctx *c = k->c;
    if (!compare_has(k, is_trigonometric))
        return false;
    for (size_t i = 0; i < sizeof quarters / sizeof *quarters; i++)
        if (special_differ_at(k, v,
                              ex_scale(c, num_rat(ctx_arena(c), quarters[i], 2), c->pi)))
            return true;
    return false;
}

/* Where a*x^m + b is 0 and that is no fraction; NULL: n is no such. */
static Node *root_of_binomial(Check *k, const Var *v, Node *n)
{
    Ctx *c = k->c;
    Arena *a = ctx_arena(c);
    if (!ex_is(n, OP_ADD) || n->n != 2 || !ex_is_num(n->a[0]))
        return NULL;
    Node *p = ex_rest(c, n->a[1]);
    if (!ex_is(p, OP_POW) || !ex_is(p->a[0], OP_SYM) || p->a[0]->sym != v->sym ||
        !ex_is_int(p->a[1]))
        return NULL;
    Num q = num_neg(a, num_div(a, n->a[0]->num, ex_coef(n->a[1])));
    return num_sgn(q) > 0 ? ex_pow(c, ex_num(c, q), ex_num(c, num_inv(a, p->a[1]->num)))
                          : NULL;
}

static bool differ_at_roots(Check *k, Var *v)
{
    enum { MOST_ROOTS = 4 };
    Ctx *c = k->c;
    Node *both[] = {k->l, k->r}, *root[MOST_ROOTS];
    size_t n = 0, found = 0;
    ArenaMark m = arena_mark(&c->tmp);
    Node **order = ex_walk(c, 2, both, &n);
    for (size_t i = 0; order && i < n && found < MOST_ROOTS && !ctx_failed(c); i++) {
        Node *x = i < MOST_NODES ? root_of_binomial(k, v, order[i]) : NULL;
        if (x)
            root[found++] = x;
    }
    arena_release(&c->tmp, m);
    for (size_t i = 0; i < found; i++)
        if (special_differ_at(k, v, root[i]) ||
            special_differ_at(k, v, ex_neg(c, root[i])))
            return true;
    return false;
}

/* ---- all of them */

/* All variables at the same number. */
static bool differ_along(Check *k, Num x)
{
    for (size_t i = 0; i < k->k; i++)
        if (!special_allows(&k->var[i], x))
            return false;
    for (size_t i = 0; i < k->k; i++)
        set_value(&k->var[i], x);
    if (differ_here(k))
        return true;
    for (size_t i = 0; i < k->k; i++)
        k->var[i].fixed = false;
    return false;
}

bool special_find(Check *k)
{
    Ctx *c = k->c;
    unsigned tried = 0;
    if (!k->k || !compare_has(k, may_jump))
        return false;
    find_turns(k);
    for (size_t i = 0; i < k->k && tried < MOST_POINTS && !ctx_failed(c); i++) {
        Var *v = &k->var[i];
        size_t n;
        bool all;
        Num *x = special_values(k, v, false, &n, &all);
        for (size_t j = 0; x && j < n && tried < MOST_POINTS && !ctx_poll(c); j++) {
            tried += 2;
            if (i == 0 && k->k > 1 && differ_along(k, x[j]))
                return true;
            set_value(v, x[j]);
            if (differ_here(k))
                return true;
            v->fixed = false;
        }
        if (differ_at_turns(k, v) || differ_at_roots(k, v))
            return true;
    }
    return jump_find(k);
}
