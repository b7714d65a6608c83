/* simplify/measure.c - how large an expression looks: the cost that simplification minimises.
 *
 * Roughly the symbols a reader meets: names, operators, digits, a function's parentheses. The
 * cost of a node is that of its children plus its own, as if written out; shared nodes
 * count each time they are seen.
 *
 * Sizes are kept in the context by node id for the length of the statement, as candidates are
 * built out of each other: only nodes that were never measured are visited. Costs are whole
 * numbers of twentieths, so that equal ones are equal however they are added up.
 */
#include "simplify/measure.h"

#include "expr/internal.h"

enum { UNIT = 20 };
static const uint64_t MOST = 4000000000; /* costs and counts end here */

static uint64_t num_cost(Num x) /* in units */
{
    if (!num_is_small(x))
        return 4 * UNIT + (uint64_t)num_bits(x) * (UNIT / 10);
    uint64_t c = x.p < 0 ? UNIT + UNIT / 2 : UNIT, p = (uint64_t)(x.p < 0 ? -x.p : x.p);
    for (; p >= 100; p /= 10)
        c += UNIT / 4;
    return x.q == 1 ? c : c + UNIT + (x.q >= 100 ? UNIT : 0);
}

/* ---- what is known ----------------------------------------------------------------- */
static bool sizes_grow(Ctx *c, int pool, size_t index)
{
    size_t n = 2 * (index + 64);
    Size *s = ARENA_NEW0(&c->pool[1].arena, Size, n);
    if (!s || ctx_failed(c))
        return false;
    if (c->nsizes[pool])
        memcpy(s, c->sizes[pool], c->nsizes[pool] * sizeof *s);
    c->sizes[pool] = s;
    c->nsizes[pool] = n;
    return true;
}

/* The place for n's size; NULL: no memory. */
static inline Size *size_at(Ctx *c, const Node *n)
{
    int pool = n->id >= FIRST_STATEMENT_ID;
    size_t i = n->id - (pool ? FIRST_STATEMENT_ID : 0);
    return LBZ_LIKELY(i < c->nsizes[pool]) || sizes_grow(c, pool, i) ? &c->sizes[pool][i]
                                                                     : NULL;
}

/* The cost is 0 when n has to be measured first. */
static inline Size size_of(Ctx *c, const Node *n)
{
    if (n->n == 0)
        return (Size){(uint32_t)(n->op == OP_NUM ? num_cost(n->num) : UNIT), 0};
    const Size *known = size_at(c, n);
    return known ? *known : (Size){(uint32_t)MOST, (uint32_t)MOST};
}

/* ---- own costs, in units ----------------------------------------------------------- */
/* As a factor: a negative power is a divisor. b: the base's cost, x: the exponent's */
static uint64_t power_cost(const Node *n, uint64_t b, uint64_t x)
{
    if (ex_is_exp(n))
        return 2 * UNIT + x;
    if (n->a[0]->op == OP_ADD)
        b += UNIT / 2; /* parentheses */
    if (!ex_is_num(n->a[1]))
        return b + UNIT + x;
    Num v = n->a[1]->num;
    b += num_sgn(v) < 0 ? UNIT / 2 : 0; /* 1/ or / */
    if (num_is_small(v) && (v.p == 1 || v.p == -1))
        return b + (v.q == 2 ? 3 * UNIT / 2 : v.q == 1 ? 0 : 3 * UNIT);
    if (num_is_small(v) && v.p < 0)
        v.p = -v.p;
    return b + 3 * UNIT / 4 + num_cost(v);
}

/* Of matrices a product, or a transpose, a trace, a sum. */
static uint64_t contraction_cost(const Node *n)
{
    uint64_t k = n->n > 1 ? (n->n - 1) * (9 * UNIT / 10) : UNIT / 2;
    for (uint32_t i = 0; i < n->n; i++)
        k += n->a[i]->op == OP_ADD ? UNIT / 2 : 0;
    return n->n == 1 && strcmp(n->name, "ab->ba") != 0 ? k + UNIT / 2 : k;
}

/* inner: the costs of the children, added up */
static uint64_t own_cost(Ctx *c, const Node *n, uint64_t inner)
{
    uint64_t first;
    switch (n->op) {
    case OP_POW:
        first = size_of(c, n->a[0]).cost;
        return power_cost(n, first, inner - first);
    case OP_ADD: return inner + (n->n - 1) * UNIT;
    case OP_SCALE:
        if (num_is_minus_one(n->a[0]->num))
            return inner - num_cost(n->a[0]->num) + 3 * UNIT / 5;
        return inner +
               (num_is_small(n->a[0]->num) && n->a[0]->num.p == 1 ? 0 : 9 * UNIT / 10);
    case OP_MUL:
        for (uint32_t i = 0; i < n->n; i++)
            inner += n->a[i]->op == OP_ADD ? UNIT / 2 : 0;
        return inner + (n->n - 1) * (9 * UNIT / 10);
    case OP_CONTRACT: return inner + contraction_cost(n);
    default: return inner + UNIT;
    }
}

/* n's size, when its children's are known; those that are not go to todo. */
static Size size_by_children(Ctx *c, Node *n, NodeVec *todo)
{
    uint64_t inner = 0, additions = n->op == OP_ADD ? n->n - 1 : 0;
    size_t before = todo->n;
    for (uint32_t i = 0; i < n->n; i++) {
        Size s = size_of(c, n->a[i]);
        inner += s.cost;
        additions += s.additions;
        if (!s.cost)
            nodevec_push(c, todo, n->a[i]);
    }
    if (todo->n > before)
        return (Size){0};
    uint64_t cost = own_cost(c, n, inner);
    return (Size){(uint32_t)(cost < MOST ? cost : MOST),
                  (uint32_t)(additions < MOST ? additions : MOST)};
}

/* ---- a whole expression ------------------------------------------------------------ */
static Size expression_size(Ctx *c, Node *root)
{
    Size s = size_of(c, root);
    if (s.cost)
        return s;
    ArenaMark m = arena_mark(&c->tmp);
    NodeVec todo = {0};
    nodevec_push(c, &todo, root);
    while (todo.n && !ctx_poll(c)) {
        Node *n = todo.v[todo.n - 1];
        s = size_by_children(c, n, &todo);
        if (!s.cost)
            continue;
        Size *at = size_at(c, n);
        if (at)
            *at = s;
        todo.n--;
    }
    arena_release(&c->tmp, m);
    return s;
}

double measure_cost(Ctx *c, Node *n) { return (double)expression_size(c, n).cost / UNIT; }
double measure_additions(Ctx *c, Node *n) { return expression_size(c, n).additions; }
