/* simplify/simplify.c - the smallest form among candidates.
 *
 * Candidates of an arithmetic region, cheapest first: the region itself; the common
 * factor of its terms taken out, common denominators too; then, where that promises
 * something, by way of a field (fraction.c). Then the same is tried on what whole
 * expressions become by rewriting trigonometric functions (trig.c). The cheapest by
 * measure_cost() wins if it saves enough; ties go to the earlier candidate in ex_cmp
 * order, so the result depends on content only.
 *
 * Arguments of functions are left as the user wrote them unless simplify() is asked for by name.
 */
#include "simplify/internal.h"
#include "expr/internal.h"
#include "simplify/measure.h"

enum { MAX_TERMS = 400, SHORT_SUM = 4 };
/* multiplied out by constructors */
static const double FEW_TERMS = 8, TERMS_PER_COST = 0.3;
static const double SMALL = 30, PROMISING = 0.9; /* when a field is tried */
static const double LARGEST = 20000; /* beyond this measure nothing is tried */
static const double LARGE = 1500;    /* beyond this measure only local rules are tried */
static const double WORTH = 0.86;    /* a rewriting must save this much to be worth it */
/* they are worth it around what a common factor leaves */
static const double PARENTHESES = 0.5;
/* what a function that was not there before costs */
static const double NEW_FUNCTION_COST = 2.2;

/* What a root of a square is: no new function in the eyes of who reads it. */
static bool is_kink(const Node *n) { return n->op == OP_abs || n->op == OP_sign; }

/* Function nodes of n that root does not have. */
static int count_new_functions(Ctx *c, Node *root, Node *n)
{
    ArenaMark m = arena_mark(&c->tmp);
    size_t count = 0;
    int k = 0;
    Map old;
    map_init(&old, &c->tmp);
    Node **order = ex_walk(c, 1, &root, &count);
    for (size_t i = 0; order && i < count; i++)
        if (op_is_function((Op)order[i]->op))
            map_put(&old, order[i]->id, 1);
    order = ex_walk(c, 1, &n, &count);
    for (size_t i = 0; order && i < count; i++) {
        uint64_t v;
        k += op_is_function((Op)order[i]->op) && !is_kink(order[i]) &&
             !map_get(&old, order[i]->id, &v);
    }
    arena_release(&c->tmp, m);
    return k;
}

/* deep: asked for by name; whatever is smaller is better. */
static Best best_begin(Ctx *c, Node *n, bool deep)
{
    double m = measure_cost(c, n);
    return (Best){.c = c,
                  .root = n,
                  .node = n,
                  .cost = deep ? m : WORTH * m,
                  .limit = m,
                  .deep = deep};
}

static bool was_offered(Best *b, Node *n)
{
    for (size_t i = 0; i < b->nseen; i++)
        if (b->seen[i] == n)
            return true;
    if (b->nseen < sizeof b->seen / sizeof *b->seen)
        b->seen[b->nseen++] = n;
    return false;
}

/* n measures *m, which may grow: does it take the place of the best form? */
static bool is_better(Best *b, Node *n, double *m)
{
    bool first = b->node == b->root;
    if (b->freely)
        return *m < (first ? b->limit : b->cost);
    /* WORTH is asked of rewritings only: where additions go away, terms have met */
    if (*m > b->cost - 1e-9 && first && *m < b->limit - 1e-9 &&
        measure_additions(b->c, n) < measure_additions(b->c, b->root))
        b->cost = b->limit;
    if (*m > b->cost + 1e-9)
        return false;
    if (b->new_functions)
        *m += NEW_FUNCTION_COST * count_new_functions(b->c, b->root, n);
    return *m < b->cost - 1e-9 || (*m < b->cost + 1e-9 && ex_cmp(n, b->node) < 0);
}

static void best_take(Best *b, Node *n, double m)
{
    b->node = n;
    b->cost = m < b->cost ? m : b->cost;
}

void best_offer(Best *b, Node *n)
{
    if (!n || ex_is_poison(n) || n == b->node || n == b->root ||
        (!b->freely && was_offered(b, n)))
        return;
    double m = measure_cost(b->c, n);
    if (is_better(b, n, &m))
        best_take(b, n, m);
}

static void best_offer_freely(Best *b, Node *n)
{
    b->freely = true;
    best_offer(b, n);
    b->freely = false;
}

/* ---- common factors and denominators of the terms of a sum ------------------------- */
/* The exponent of base in the term t: 0 when it is not there. */
static Node *exponent_in(Ctx *c, Node *t, const Node *base)
{
    if (t->op == OP_SCALE)
        t = t->a[1];
    if (t->op != OP_MUL)
        return ex_base(t) == base && !ex_is_num(t) ? ex_exponent(c, t) : c->zero;
    for (uint32_t i = 0; i < t->n; i++)
        if (ex_base(t->a[i]) == base)
            return ex_exponent(c, t->a[i]);
    return c->zero;
}

/* The smaller of two exponents whose difference is a number, or NULL. */
static Node *smaller_exponent(Ctx *c, Node *x, Node *y)
{
    if (x == y)
        return x;
    if (ex_is_num(x) && ex_is_num(y))
        return num_cmp(x->num, y->num) < 0 ? x : y;
    Node *d = ex_sub(c, x, y);
    return !ex_is_num(d) ? NULL : num_sgn(d->num) < 0 ? x : y;
}

/* The least exponent of base in all terms of the sum n, or NULL. */
static Node *least_exponent(Ctx *c, Node *n, const Node *base)
{
    Node *x = exponent_in(c, n->a[0], base);
    for (uint32_t j = 1; x && j < n->n; j++)
        x = smaller_exponent(c, x, exponent_in(c, n->a[j], base));
    return x;
}

/* Bases worth looking at: those of the first term, and every one below a fraction line. */
static void common_of(Ctx *c, Node *n, bool denominators, NodeVec *common)
{
    Map seen;
    map_init(&seen, &c->tmp);
    for (uint32_t j = 0; j < n->n && (denominators || j == 0); j++) {
        Node *t = n->a[j]->op == OP_SCALE ? n->a[j]->a[1] : n->a[j];
        uint32_t k = t->op == OP_MUL ? t->n : 1;
        for (uint32_t i = 0; i < k; i++) {
            Node *f = t->op == OP_MUL ? t->a[i] : t, *base = ex_base(f);
            uint64_t v;
            bool below = f->op == OP_POW && ex_is_num(f->a[1]) && ex_is_neg(f->a[1]);
            if (ex_is_num(f) || (j > 0 && !below) || map_get(&seen, base->id, &v))
                continue;
            map_put(&seen, base->id, 1);
            Node *x = least_exponent(c, n, base);
            if (x && x != c->zero &&
                (denominators || !ex_is_num(x) || ex_is_pos(x) ||
                 exponent_in(c, n->a[n->n - 1], base) != c->zero))
                nodevec_push(c, common, ex_pow(c, base, x));
        }
    }
}

Node *simplify_factor_terms(Ctx *c, Node *n, bool denominators)
{
    if (n->op != OP_ADD || n->n > MAX_TERMS)
        return n;
    ArenaMark m = arena_mark(&c->tmp);
    NodeVec common = {0};
    common_of(c, n, denominators, &common);
    Node *r = n;
    if (common.n) {
        Node *g = ex_mul(c, common.n, common.v), *inv = ex_pow(c, g, c->minus_one);
        Node **s = ARENA_NEW(&c->tmp, Node *, n->n);
        for (uint32_t i = 0; s && i < n->n; i++)
            s[i] = ex_mul2(c, n->a[i], inv);
        if (s)
            r = ex_mul2(c, g, ex_add(c, n->n, s));
    }
    arena_release(&c->tmp, m);
    return r;
}

/* n with the same done to the sums among its factors. */
static Node *factor_all(Ctx *c, Node *n, bool denominators)
{
    if (n->op == OP_ADD)
        return simplify_factor_terms(c, n, denominators);
    Node *body = n->op == OP_SCALE ? n->a[1] : n;
    if (body->op != OP_MUL)
        return n;
    ArenaMark m = arena_mark(&c->tmp);
    NodeVec f = {0};
    for (uint32_t i = 0; i < body->n; i++)
        nodevec_push(c, &f, simplify_factor_terms(c, body->a[i], denominators));
    nodevec_push(c, &f, ex_num(c, ex_coef(n)));
    Node *r = ex_mul(c, f.n, f.v);
    arena_release(&c->tmp, m);
    return r;
}

/* ---- is a field worth its while? --------------------------------------------------- */
/* Terms of the sum n when multiplied out, as an upper bound; *work: something would be. */
static double expanded_terms(const Node *n, bool *work)
{
    double sum = 0;
    for (uint32_t i = 0; i < n->n; i++) {
        const Node *t = n->a[i]->op == OP_SCALE ? n->a[i]->a[1] : n->a[i];
        uint32_t k = t->op == OP_MUL ? t->n : 1;
        double p = 1;
        for (uint32_t j = 0; j < k; j++) {
            const Node *f = t->op == OP_MUL ? t->a[j] : t;
            int64_t e = 1;
            if (f->op == OP_POW && ex_is_num(f->a[1]) &&
                (ex_is_neg(f->a[1]) || op_is_function((Op)f->a[0]->op)))
                *work = true; /* a fraction in a sum, the square of a sine */
            if (ex_base((Node *)(uintptr_t)f)->op != OP_ADD)
                continue;
            *work = true;
            if (f->op == OP_POW && !ex_get_int(f->a[1], &e))
                continue;
            for (double l = f->op == OP_POW ? f->a[0]->n : f->n; e > 0 && p < 1e6; e--)
                p *= l;
        }
        sum += p;
    }
    return sum;
}

static bool is_below(const Node *f)
{
    return f->op == OP_POW && ex_is_num(f->a[1]) && ex_is_neg(f->a[1]);
}

/* n with its sums multiplied out by constructors: cheap for few terms. */
static Node *multiply_out(Ctx *c, Node *n)
{
    ArenaMark m = arena_mark(&c->tmp);
    NodeVec out = {0};
    for (uint32_t i = 0; i < n->n; i++) {
        Node *t = n->a[i], *body = t->op == OP_SCALE ? t->a[1] : t;
        uint32_t k = body->op == OP_MUL ? body->n : 1;
        Node *acc = ex_num(c, ex_coef(t));
        NodeVec rest = {0}, now = {0};
        for (uint32_t j = 0; j < k; j++) {
            Node *f = body->op == OP_MUL ? body->a[j] : body;
            int64_t e = 1;
            bool sum = ex_base(f)->op == OP_ADD &&
                       (f->op != OP_POW || (ex_get_int(f->a[1], &e) && e > 0));
            if (ex_is_num(f))
                continue;
            if (!sum)
                nodevec_push(c, &rest, f);
            for (; sum && e > 0; e--)
                nodevec_push(c, &now, ex_base(f));
        }
        acc = ex_mul2(c, acc, ex_mul(c, rest.n, rest.v));
        for (size_t j = 0; j < now.n; j++) {
            NodeVec terms = {0};
            Node *s = now.v[j];
            for (uint32_t a = 0; a < (acc->op == OP_ADD ? acc->n : 1); a++)
                for (uint32_t b = 0; b < s->n; b++)
                    nodevec_push(
                        c, &terms,
                        ex_mul2(c, acc->op == OP_ADD ? acc->a[a] : acc, s->a[b]));
            acc = ex_add(c, terms.n, terms.v);
        }
        nodevec_push(c, &out, acc);
    }
    Node *r = ex_add(c, out.n, out.v);
    arena_release(&c->tmp, m);
    return r;
}

/* The factors of n with their sums multiplied out where that takes few terms. *work: there was
 * something to multiply, or sums above and below a fraction line that may have a common factor. */
static Node *expand_few(Ctx *c, Node *n, double most, bool *work)
{
    Node *body = n->op == OP_SCALE ? n->a[1] : n;
    if (body->op == OP_ADD) {
        double t = expanded_terms(body, work);
        return *work && t <= most ? multiply_out(c, body) : n;
    }
    if (body->op != OP_MUL)
        return n;
    ArenaMark m = arena_mark(&c->tmp);
    NodeVec f = {0};
    uint64_t above = 0, below = 0;
    for (uint32_t i = 0; i < body->n; i++) {
        Node *s = body->a[i];
        if (ex_base(s)->op == OP_ADD)
            *(s->op == OP_POW && ex_is_neg(s->a[1]) ? &below : &above) |=
                ex_base(s)->syms;
        bool inside = false;
        if (ex_base(s)->op == OP_ADD && expanded_terms(ex_base(s), &inside) <= most &&
            inside && s->op == OP_ADD)
            s = multiply_out(c, s);
        *work |= inside;
        nodevec_push(c, &f, s);
    }
    *work |= (above & below) != 0;
    nodevec_push(c, &f, ex_num(c, ex_coef(n)));
    Node *r = ex_mul(c, f.n, f.v);
    arena_release(&c->tmp, m);
    return r;
}

/* The sum with the sums among its factors multiplied out, where that takes few terms. */
static Node *plain_sum(Ctx *c, Node *sum)
{
    bool nested = false, work = false;
    for (uint32_t i = 0; i < sum->n && !nested; i++) {
        const Node *t = sum->a[i]->op == OP_SCALE ? sum->a[i]->a[1] : sum->a[i];
        for (uint32_t j = 0; t->op == OP_MUL && j < t->n; j++)
            nested |= t->a[j]->op == OP_ADD;
    }
    return nested && expanded_terms(sum, &work) <= FEW_TERMS ? multiply_out(c, sum) : sum;
}

/* Sums above and below the fraction line of n may have a factor in common. */
static bool may_cancel(Ctx *c, const Node *n)
{
    const Node *body = n->op == OP_SCALE ? n->a[1] : n;
    for (uint32_t i = 0; body->op == OP_MUL && i < body->n; i++) {
        Node *f = body->a[i], *u = ex_base(f);
        for (uint32_t j = 0; u->op == OP_ADD && !is_below(f) && j < body->n; j++) {
            Node *g = body->a[j], *v = ex_base(g);
            if (v->op == OP_ADD && is_below(g) && (u->syms & v->syms) &&
                field_may_have_common_factor(plain_sum(c, u), plain_sum(c, v)))
                return true;
        }
    }
    return false;
}

/* ---- a region ---------------------------------------------------------------------- */
static bool has_sum(const Node *n)
{
    if (n->op == OP_SCALE)
        n = n->a[1];
    if (n->op == OP_ADD || (n->op == OP_POW && n->a[0]->op == OP_ADD))
        return true;
    for (uint32_t i = 0; n->op == OP_MUL && i < n->n; i++)
        if (ex_base(n->a[i])->op == OP_ADD || ex_is_long(ex_base(n->a[i])))
            return true;
    return false;
}

/* Terms that all stand over the same denominator share one fraction line: (1 - log(x))/x^2. NULL:
 * they do not. */
static Node *one_denominator(Ctx *c, Node *n)
{
    if (n->op != OP_ADD || n->n > MAX_TERMS)
        return NULL;
    ArenaMark m = arena_mark(&c->tmp);
    Node *t = n->a[0]->op == OP_SCALE ? n->a[0]->a[1] : n->a[0], *r = NULL;
    NodeVec below = {0}, s = {0};
    for (uint32_t i = 0; i < (t->op == OP_MUL ? t->n : 1); i++) {
        Node *f = t->op == OP_MUL ? t->a[i] : t;
        if (f->op != OP_POW || !ex_is_num(f->a[1]) || !ex_is_neg(f->a[1]) ||
            ex_is_num(f->a[0]))
            continue;
        bool all = true;
        for (uint32_t j = 1; all && j < n->n; j++)
            all = exponent_in(c, n->a[j], f->a[0]) == f->a[1];
        if (all)
            nodevec_push(c, &below, f);
    }
    if (below.n) {
        Node *g = ex_mul(c, below.n, below.v), *inv = ex_pow(c, g, c->minus_one);
        for (uint32_t i = 0; i < n->n; i++)
            nodevec_push(c, &s, ex_mul2(c, n->a[i], inv));
        r = ex_mul2(c, g, ex_add(c, s.n, s.v));
    }
    arena_release(&c->tmp, m);
    return r;
}

/* Has the sum a term over a sum? */
static bool has_fraction(const Node *sum)
{
    for (uint32_t i = 0; i < sum->n; i++) {
        Node *t = sum->a[i]->op == OP_SCALE ? sum->a[i]->a[1] : sum->a[i];
        for (uint32_t j = 0; j < (t->op == OP_MUL ? t->n : 1); j++) {
            Node *f = t->op == OP_MUL ? t->a[j] : t;
            if (ex_base(f)->op == OP_ADD && is_below(f))
                return true;
        }
    }
    return false;
}

static bool has_root_of_sum(const Node *product)
{
    for (uint32_t i = 0; i < product->n; i++)
        if (product->a[i]->op == OP_POW && product->a[i]->a[0]->op == OP_ADD &&
            !ex_is_int(product->a[i]->a[1]))
            return true;
    return false;
}

/* A product one of whose factors is a sum of fractions, with that sum as one fraction, where a root
 * of such sums beside it keeps the whole from being one. */
static Node *join_inner_fractions(Ctx *c, Node *n)
{
    Node *body = n->op == OP_SCALE ? n->a[1] : n;
    bool root = body->op == OP_MUL && has_root_of_sum(body);
    for (uint32_t i = 0; root && i < body->n; i++) {
        Node *f = body->a[i];
        if (f->op != OP_ADD || f->n > SHORT_SUM || !has_fraction(f))
            continue;
        Node *g = rat_together(c, f);
        if (g != f && measure_cost(c, g) < measure_cost(c, f))
            return ex_mul2(c, ex_div(c, n, f), g);
    }
    return n;
}

/* The last touch: factors of the best form made one, common factors taken out of its
 * factors. g: the latter, done to the region as it was. */
static void polish_best(Best *b, Node *g)
{
    Ctx *c = b->c;
    if (b->node->op == OP_ADD)
        return;
    best_offer(b, join_inner_fractions(c, b->node));
    best_offer(b, simplify_join_factors(c, b->node));
    best_offer(b, simplify_split_fraction(c, b->node));
    if (b->node->op != OP_ADD && b->node != g) {
        Node *f = b->node == b->root ? g : factor_all(c, b->node, false);
        double m = measure_cost(c, b->node);
        if (!ex_is_poison(f) && measure_cost(c, f) <= m + PARENTHESES)
            b->node = f;
    }
    best_offer_freely(b, simplify_join_radicals(c, b->node));
}

Node *simplify_region(Ctx *c, Node *n, void *arg)
{
    bool deep = arg != NULL;
    if (!has_sum(n))
        return simplify_join_radicals(c, n);
    Best b = best_begin(c, n, deep);
    if (b.limit > LARGE)
        return n;
    Attempt at = attempt_begin(c);
    Node *g = factor_all(c, n, false), *h = factor_all(c, n, true);
    best_offer_freely(&b, one_denominator(c, n));
    best_offer_freely(&b, simplify_clear_denominators(c, n));
    best_offer(&b, g);
    best_offer(&b, h);
    if (h != n)
        best_offer(&b, factor_all(c, h, false));
    bool work = false;
    Node *e = expand_few(c, h, FEW_TERMS + b.limit * TERMS_PER_COST, &work);
    if (e != h) {
        best_offer(&b, e);
        best_offer(&b, factor_all(c, e, false));
    }
    if (deep || (work && (b.limit <= SMALL || measure_cost(c, e) <= PROMISING * b.limit ||
                          simplify_worth_field(c, n, b.limit) || may_cancel(c, e)))) {
        Node *done = simplify_lowest_terms(c, e);
        if (done)
            best_offer(&b, done);
        else
            best_offer_field(&b, b.node, b.limit > SMALL && !deep);
    }
    polish_best(&b, g);
    Node *r = simplify_shorten_products(c, b.node);
    return attempt_end(c, &at) ? r : n;
}

static void offer_roots(Best *b, Node *n)
{
    Ctx *c = b->c;
    Attempt at = attempt_begin(c);
    Node *r = simplify_radicands(c, n);
    if (r != n && !ctx_failed(c))
        best_offer(b, rat_regions(c, r, b->deep, simplify_region, b->deep ? b : NULL));
    (void)attempt_end(c, &at);
}

static Node *simplify_numbers(Ctx *c, Node *n, SimplifyLevel level)
{
    if (level == SIMPLIFY_NONE || ex_is_poison(n) || (n->flags & NF_DEC) || n->n == 0)
        return n;
    if (level == SIMPLIFY_LIGHT)
        return simplify_factor_terms(c, n, false);
    bool deep = level == SIMPLIFY_DEEP;
    Best b = best_begin(c, n, deep);
    if (b.limit > LARGEST)
        return n;
    Node *r = rat_regions(c, n, deep, simplify_region, deep ? &deep : NULL);
    if (ctx_failed(c))
        return c->poison;
    if (r != n) /* a region has found it worth its while */
        best_take(&b, r, measure_cost(c, r));
    b.new_functions = true;
    offer_roots(&b, b.node);
    best_offer_trig(&b, b.node);
    return b.node;
}

Node *simplify(Ctx *c, Node *n, SimplifyLevel level)
{
    Node *r = simplify_numbers(c, n, level);
    bool tensors = level >= SIMPLIFY_FULL && !ctx_failed(c) && simplify_has_tensors(c, r);
    return tensors ? simplify_tensor(c, r) : r;
}
