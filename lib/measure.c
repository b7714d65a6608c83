/* measure.c - how large an expression looks: the cost that simplification minimises.
 *
 * Roughly the symbols a reader meets: names, operators, digits, a function's parentheses. The
 * cost of a node is that of its children plus its own, as if written out; shared nodes
 * count each time they are seen. Linear in the distinct nodes.
 */
#include "measure.h"

static double num_cost(Num x)
{
    if (!num_is_small(x))
        return 4 + (double)num_bits(x) / 10;
    double c = x.p < 0 ? 1.5 : 1;
    uint64_t p = (uint64_t)(x.p < 0 ? -x.p : x.p);
    for (; p >= 100; p /= 10)
        c += 0.25;
    return x.q == 1 ? c : c + 1 + (x.q >= 100 ? 1 : 0);
}

typedef struct {
    Ctx *c;
    Map cost;
} Costs;

static double cost_of(const Costs *s, const Node *n)
{
    uint64_t v;
    double d = 1;
    if (map_get(&s->cost, n->id, &v))
        memcpy(&d, &v, sizeof d);
    return d;
}

/* As a factor: a negative power is a divisor. */
static double power_cost(const Costs *s, const Node *n)
{
    const Node *x = n->a[1];
    double b = cost_of(s, n->a[0]);
    if (n->a[0]->op == OP_ADD)
        b += 0.5; /* parentheses */
    if (ex_is_exp(n))
        return 2 + cost_of(s, x);
    if (!ex_is_num(x))
        return b + 1 + cost_of(s, x);
    double one = num_sgn(x->num) < 0 ? 0.5 : 0; /* 1/ or / */
    Num v = x->num;
    if (num_is_small(v) && (v.p == 1 || v.p == -1))
        return v.q == 2 ? b + 1.5 + one : v.q == 1 ? b + one : b + 3 + one;
    if (num_is_small(v) && v.p < 0)
        v.p = -v.p;
    return b + 0.75 + num_cost(v) + one;
}

static double own_cost(const Costs *s, const Node *n)
{
    double d = 0;
    if (n->op == OP_NUM)
        return num_cost(n->num);
    if (n->n == 0 || n->op == OP_STRING)
        return 1;
    if (n->op == OP_POW)
        return power_cost(s, n);
    for (uint32_t i = 0; i < n->n; i++) {
        d += cost_of(s, n->a[i]);
        if (n->op == OP_MUL && n->a[i]->op == OP_ADD)
            d += 0.5;
    }
    switch (n->op) {
    case OP_ADD: return d + n->n - 1;
    case OP_SCALE:
        if (num_is_minus_one(n->a[0]->num))
            return d - num_cost(n->a[0]->num) + 0.6;
        return d + (num_is_small(n->a[0]->num) && n->a[0]->num.p == 1 ? 0 : 0.9);
    case OP_MUL: return d + 0.9 * (n->n - 1);
    default: return d + 1;
    }
}

/* The sum of own(s, n) where own may ask for those of its children. */
static double over_nodes(Ctx *c, Node *root, double (*own)(const Costs *s, const Node *n))
{
    ArenaMark m = arena_mark(&c->tmp);
    Costs s = {.c = c};
    size_t count = 0;
    Node **order = ex_walk(c, 1, &root, &count);
    map_init(&s.cost, &c->tmp);
    double d = 0;
    for (size_t i = 0; order && i < count; i++) {
        uint64_t v;
        d = own(&s, order[i]);
        memcpy(&v, &d, sizeof v);
        map_put(&s.cost, order[i]->id, v);
    }
    arena_release(&c->tmp, m);
    return d;
}

double measure(Ctx *c, Node *root) { return over_nodes(c, root, own_cost); }

static double own_additions(const Costs *s, const Node *n)
{
    double d = n->op == OP_ADD ? n->n - 1 : 0;
    for (uint32_t i = 0; i < n->n; i++)
        d += cost_of(s, n->a[i]);
    return d;
}

double additions(Ctx *c, Node *root) { return over_nodes(c, root, own_additions); }
