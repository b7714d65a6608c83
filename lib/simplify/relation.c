/* simplify/relation.c - forms of an expression that hold where an equation F = 0 does.
 *
 * A term k*b^m of F, k free of b, is what the other terms say: b^m = -(F - k*b^m)/k. Powers of b
 * in the numerator of the expression are rewritten by that, for each such term, and the smallest
 * form wins: -(x^2 + y^2)/y^3 where x^2 + y^2 = 1 is -1/y^3. */
#include "simplify/relation.h"

#include "expr/internal.h"
#include "simplify/measure.h"
#include "field/rational.h"

enum { MAX_TERMS = 12, MAX_POWER = 24, ROUNDS = 8 };
static const double LARGE = 3000; /* symbols */

typedef struct {
    Node *base, *rest; /* base^power = rest */
    Num power;
} PowerRule;

static Node *const *factors_of(Node *const *n, size_t *count)
{
    if ((*n)->op == OP_SCALE)
        n = &(*n)->a[1];
    *count = (*n)->op == OP_MUL ? (*n)->n : 1;
    return (*n)->op == OP_MUL ? (*n)->a : n;
}

static bool occurs_in(Ctx *c, Node *in, Node *what)
{
    return ex_replace(c, in, &what, &c->zero, 1) != in;
}

/* The rule that the term t = k*base^power of F gives. */
static bool power_rule_of(Ctx *c, Node *F, Node *t, const uint32_t *free, PowerRule *r)
{
    size_t n;
    Node *const *f = factors_of(&t, &n), *moving = NULL;
    for (size_t i = 0; i < n; i++)
        if (ex_depends_any(c, f[i], free, 2)) {
            if (moving)
                return false;
            moving = f[i];
        }
    if (!moving)
        return false;
    bool exp = ex_is_exp(moving);
    Node *power = exp ? c->one : ex_exponent(c, moving), *k = ex_div(c, t, moving);
    r->base = exp ? moving : ex_base(moving);
    if (!ex_is_num(power) || num_sgn(power->num) <= 0 || occurs_in(c, k, r->base))
        return false;
    r->power = power->num;
    r->rest = rat_expand(c, ex_div(c, ex_sub(c, t, F), k));
    return !ctx_failed(c);
}

/* One term with base^m turned into base^(m - q*power)*rest^q. */
static Node *by_rule(Ctx *c, Node *t, const PowerRule *r)
{
    size_t n;
    Node *const *f = factors_of(&t, &n);
    for (size_t i = 0; i < n; i++) {
        Node *m = ex_is_exp(f[i]) ? c->one : ex_exponent(c, f[i]);
        if ((ex_is_exp(f[i]) ? f[i] : ex_base(f[i])) != r->base || !ex_is_num(m))
            continue;
        Num q = num_floor(&c->tmp, num_div(&c->tmp, m->num, r->power));
        if (!num_is_small(q) || q.p < 1 || q.p > MAX_POWER)
            return t;
        Node *left = ex_sub(c, m, ex_num(c, num_mul(&c->tmp, q, r->power)));
        return ex_mul(c, 4,
                      (Node *[]){ex_div(c, t, f[i]), ex_pow(c, r->base, left),
                                 ex_powi(c, r->rest, q.p), c->one});
    }
    return t;
}

static Node *reduce_power(Ctx *c, Node *n, const PowerRule *r)
{
    for (int round = 0; round < ROUNDS && !ctx_poll(c); round++) {
        ArenaMark m = arena_mark(&c->tmp);
        bool sum = n->op == OP_ADD;
        NodeVec t = {0};
        for (uint32_t i = 0; i < (sum ? n->n : 1); i++)
            nodevec_push(c, &t, by_rule(c, sum ? n->a[i] : n, r));
        Node *next = rat_expand(c, ex_add(c, t.n, t.v));
        arena_release(&c->tmp, m);
        if (next == n || ctx_failed(c) || measure_cost(c, next) > LARGE)
            return next;
        n = next;
    }
    return n;
}

/* n = top/bottom */
static void split_quotient(Ctx *c, Node *n, Node **top, Node **bottom)
{
    size_t count;
    Node *const *f = factors_of(&n, &count);
    *bottom = c->one;
    for (size_t i = 0; i < count; i++) {
        Node *e = ex_exponent(c, f[i]);
        if (!ex_is_exp(f[i]) && ex_is_num(e) && num_sgn(e->num) < 0)
            *bottom = ex_div(c, *bottom, f[i]);
    }
    *top = rat_expand(c, ex_mul2(c, n, *bottom));
}

Node *simplify_where(Ctx *c, Node *n, Node *F, const uint32_t *free, SimplifyLevel level)
{
    Node *best = simplify(c, n, level), *top, *bottom;
    if (level < SIMPLIFY_FULL || ctx_failed(c) || best->op == OP_LIST ||
        measure_cost(c, best) + measure_cost(c, F) > LARGE)
        return best;
    double least = measure_cost(c, best);
    Attempt a = attempt_begin(c);
    F = rat_expand(c, F);
    split_quotient(c, rat_together(c, best), &top, &bottom);
    for (uint32_t i = 0; F->op == OP_ADD && F->n <= MAX_TERMS && i < F->n && !ctx_poll(c);
         i++) {
        PowerRule r;
        if (!power_rule_of(c, F, F->a[i], free, &r))
            continue;
        Node *t = reduce_power(c, top, &r), *b = bottom;
        if (num_is_one(r.power)) /* elsewhere, too */
            b = ex_replace(c, bottom, &r.base, &r.rest, 1);
        Node *s = t == top && b == bottom ? best : simplify(c, ex_div(c, t, b), level);
        if (!ctx_failed(c) && measure_cost(c, s) < least) {
            best = s;
            least = measure_cost(c, s);
        }
    }
    (void)attempt_end(c, &a);
    return best;
}
