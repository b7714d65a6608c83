/* simplify/worth.c - does a region look as if terms of it were tied together?
 *
 * A field finds every common factor and uses every relation, but costs more than all other
 * candidates. Small regions are always tried; of larger ones those with few generators, whose
 * polynomials are cheap and meet often, and those with squares of functions that have relations
 * with others there.
 */
#include "simplify/internal.h"
#include "expr/internal.h"

enum { FEW_GENERATORS = 2 };
static const double FEW_LARGE = 150; /* beyond this measure few generators say nothing */

/* What a region is made of: symbols, functions, roots, powers with symbols in the exponent. */
static bool is_generator(const Node *n)
{
    if (n->op == OP_ADD || n->op == OP_MUL || n->op == OP_SCALE || n->op == OP_NUM)
        return false;
    return n->op != OP_POW || !ex_is_int(n->a[1]);
}

typedef struct {
    Ctx *c;
    Map seen;
    NodeVec todo;
    size_t gens;       /* distinct generators */
    NodeVec squares;   /* f of even powers of functions f, each place once */
    NodeVec functions; /* in TRIG_IDENTITIES, distinct */
} Scan;

static bool has_identity(const Node *n)
{
    for (const SquareIdentity *t = TRIG_IDENTITIES;
         t < TRIG_IDENTITIES + N_TRIG_IDENTITIES; t++)
        if (n->op == (uint16_t)t->a || n->op == (uint16_t)t->b)
            return true;
    return false;
}

static void visit_node(Scan *s, Node *n)
{
    uint64_t v;
    int64_t e;
    if (n->op == OP_POW && has_identity(n->a[0]) && ex_get_int(n->a[1], &e) && e % 2 == 0)
        nodevec_push(s->c, &s->squares, n->a[0]);
    if (map_get(&s->seen, n->id, &v))
        return;
    map_put(&s->seen, n->id, 1);
    if (is_generator(n)) {
        s->gens++;
        if (has_identity(n))
            nodevec_push(s->c, &s->functions, n);
        return;
    }
    for (uint32_t i = 0; i < n->n; i++)
        nodevec_push(s->c, &s->todo, n->a[i]);
}

/* Two functions of the same argument whose squares are tied, and two of those squares. */
static bool has_squares_of_pair(const Scan *s)
{
    for (size_t i = 0; i < s->functions.n; i++)
        for (size_t j = 0; j < s->functions.n; j++) {
            const Node *f = s->functions.v[i], *g = s->functions.v[j];
            const SquareIdentity *t = TRIG_IDENTITIES;
            size_t k = 0;
            while (t < TRIG_IDENTITIES + N_TRIG_IDENTITIES &&
                   (f->op != (uint16_t)t->a || g->op != (uint16_t)t->b))
                t++;
            for (size_t l = 0; l < s->squares.n; l++)
                k += s->squares.v[l] == f || s->squares.v[l] == g;
            if (t < TRIG_IDENTITIES + N_TRIG_IDENTITIES && f->a[0] == g->a[0] && k >= 2)
                return true;
        }
    return false;
}

bool simplify_worth_field(Ctx *c, Node *n, double cost)
{
    ArenaMark m = arena_mark(&c->tmp);
    Scan s = {.c = c};
    map_init(&s.seen, &c->tmp);
    nodevec_push(c, &s.todo, n);
    while (s.todo.n)
        visit_node(&s, s.todo.v[--s.todo.n]);
    bool yes = (s.gens <= FEW_GENERATORS && cost <= FEW_LARGE) ||
               (cost <= FEW_LARGE && has_squares_of_pair(&s));
    arena_release(&c->tmp, m);
    return yes;
}

/* ---- what a field would not better ------------------------------------------------- */
/* Two of the functions have squares that are tied. */
static bool has_related_squares(const PlainGenerators *k)
{
    for (size_t i = 0; i < k->n; i++)
        for (size_t j = 0; j < k->n; j++)
            for (const SquareIdentity *t = TRIG_IDENTITIES;
                 t < TRIG_IDENTITIES + N_TRIG_IDENTITIES; t++)
                if (k->v[i]->op == (uint16_t)t->a && k->v[j]->op == (uint16_t)t->b &&
                    k->v[i]->a[0] == k->v[j]->a[0])
                    return true;
    return false;
}

/* n without its factor s, which becomes the sum of its terms times the powers above the line. */
static Node *distribute_factor(Ctx *c, Node *n, Node *s)
{
    Node *body = n->op == OP_SCALE ? n->a[1] : n;
    NodeVec above = {0}, below = {0}, sum = {0};
    for (uint32_t i = 0; body != s && i < body->n; i++) {
        Node *f = body->a[i];
        if (f != s)
            nodevec_push(c, f->op == OP_POW && ex_is_neg(f->a[1]) ? &below : &above, f);
    }
    if (!above.n)
        return n;
    Node *m = ex_mul(c, above.n, above.v);
    for (uint32_t i = 0; i < s->n; i++)
        nodevec_push(c, &sum, ex_mul2(c, m, s->a[i]));
    nodevec_push(c, &below, ex_add(c, sum.n, sum.v));
    nodevec_push(c, &below, ex_num(c, ex_coef(n)));
    return ex_mul(c, below.n, below.v);
}

/* One fraction of plain generators, irreducible sums and no more than one of them above
 * the line: the factors of a canonical product are distinct and primitive, so it is in
 * lowest terms, and factored. What else a field might make of it is the numerator
 * multiplied out. */
Node *simplify_lowest_terms(Ctx *c, Node *n)
{
    ArenaMark m = arena_mark(&c->tmp);
    Node *body = n->op == OP_SCALE ? n->a[1] : n, *above = NULL;
    PlainGenerators k = {.n = 0};
    bool yes = true;
    for (uint32_t i = 0; yes && i < (body->op == OP_MUL ? body->n : 1); i++) {
        Node *f = body->op == OP_MUL ? body->a[i] : body, *b = ex_base(f);
        if (f->op == OP_POW && !ex_is_int(f->a[1])) {
            yes = false;
        } else if (b->op != OP_ADD) {
            yes = field_read_term(&k, b, NULL);
        } else {
            bool below = f->op == OP_POW && ex_is_neg(f->a[1]);
            yes = (below || (f == b && !above)) && field_sum_is_irreducible(c, b, &k);
            above = below ? above : b;
        }
    }
    yes = yes && !has_related_squares(&k);
    Node *r = !yes ? NULL : above ? distribute_factor(c, n, above) : n;
    arena_release(&c->tmp, m);
    return r;
}
