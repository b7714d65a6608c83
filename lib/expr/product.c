/* expr/product.c - products: exact content times sorted powers of distinct bases.
 * Invariant: see expr.h, there also what is done with long products. A sum that is a
 * factor with an integer exponent is primitive and its first term that is no number has a
 * positive coefficient; content and sign go to the front, so that (2*x + 2)*(1 + x) is
 * 2*(x + 1)^2. */
#include "expr/internal.h"

typedef struct {
    Node *base; /* first: what factors are sorted by */
    Node *exponent;
    Node *whole;   /* base^exponent */
    uint32_t from; /* which operand it came with */
} Factor;

typedef struct {
    Factor *v;
    size_t n, cap;
    Num content;
    bool sorted;
    bool in_run; /* the next factor follows the last one in a product: they are sorted */
    size_t at,
        breaks; /* how often the order breaks, and the first place behind a break */
    int infinite;
    uint32_t from;
    size_t longs;    /* long products among the factors */
    size_t numbers;  /* bases that are numbers: perhaps radicals */
    size_t kinks;    /* bases that are abs or sign */
    Factor few[FEW]; /* where v begins */
} Factors;

static void factors_begin(Factors *s, Num content)
{
    s->v = s->few;
    s->n = 0;
    s->cap = FEW;
    s->content = content;
    s->sorted = true;
    s->in_run = false;
    s->at = s->breaks = 0;
    s->infinite = 0;
    s->from = 0;
    s->longs = s->numbers = s->kinks = 0;
}

static void factors_put(Ctx *c, Factors *s, Node *base, Node *exponent, Node *whole)
{
    if (s->n == s->cap) {
        size_t cap = s->cap * 4;
        Factor *t = ARENA_NEW(&c->tmp, Factor, cap);
        if (!t)
            return;
        memcpy(t, s->v, s->n * sizeof *t);
        s->v = t;
        s->cap = cap;
    }
    if (s->n && !s->in_run && s->breaks < 2 && ex_cmp(s->v[s->n - 1].base, base) > 0) {
        s->sorted = false;
        s->at = s->breaks++ ? s->at : s->n;
    }
    s->longs += ex_is_long(base);
    s->numbers += base->op == OP_NUM;
    s->kinks += base->op == OP_abs || base->op == OP_sign;
    s->v[s->n++] = (Factor){base, exponent, whole, s->from};
}

/* A sum to the power one enters as content times its primitive part. */
static void factors_put_sum(Ctx *c, Factors *s, Node *f)
{
    Num k = ex_sum_content(c, f, true);
    if (!num_is_one(k) || k.dec) {
        s->content = num_mul(&c->tmp, s->content, k);
        f = ex_sum_divide(c, f, k);
    }
    factors_put(c, s, f, c->one, f);
}

static void factors_add1(Ctx *c, Factors *s, Node *f)
{
    if (f == c->inf)
        s->infinite = 1;
    else if (f->op == OP_POW)
        factors_put(c, s, f->a[0], f->a[1], f);
    else if (f->op == OP_ADD)
        factors_put_sum(c, s, f);
    else
        factors_put(c, s, f, c->one, f);
}

static void factors_add(Ctx *c, Factors *s, Node *f)
{
    s->from++;
    if (f->op == OP_SCALE) {
        s->content = num_mul(&c->tmp, s->content, f->a[0]->num);
        f = f->a[1];
    }
    if (ex_is_num(f))
        s->content = num_mul(&c->tmp, s->content, f->num);
    else if (f->op == OP_MUL && !ex_is_long(f))
        for (uint32_t i = 0; i < f->n; i++) {
            factors_add1(c, s, f->a[i]);
            s->in_run = i + 1 < f->n;
        }
    else
        factors_add1(c, s, f);
}

/* Has the product p a factor of that base? */
static bool has_base(const Node *p, const Node *base)
{
    uint32_t lo = 0, hi = p->n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int d = ex_cmp(ex_base(p->a[mid]), base);
        if (d == 0)
            return true;
        if (d < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return ex_is_num(base) && ex_is_num(ex_base(p->a[0])); /* radicals */
}

static bool have_common_base(const Node *p, const Node *q)
{
    uint32_t i = 0, j = 0;
    while (i < p->n && j < q->n) {
        int d = ex_cmp(ex_base(p->a[i]), ex_base(q->a[j]));
        if (d == 0)
            return true;
        i += d < 0;
        j += d > 0;
    }
    return false;
}

static bool is_long_factor(const Factor *f)
{
    return ex_is_long(f->base) && ex_is_int(f->exponent);
}

/* What the long product at i has bases in common with: another long product, or factors of other
 * operands. False: with nothing. */
static bool has_common_bases(Ctx *c, const Factors *s, size_t i, NodeVec *met)
{
    const Node *p = s->v[i].base;
    for (size_t j = 0; j < s->n; j++) {
        const Factor *g = &s->v[j];
        bool both = is_long_factor(g);
        if (g->from == s->v[i].from || g->base == p)
            continue;
        if (both ? have_common_base(p, g->base) : has_base(p, g->base)) {
            met->n = both ? 0 : met->n;
            nodevec_push(c, met, g->whole);
        }
        if (both && met->n && met->v[0] == g->whole)
            break;
    }
    return met->n > 0;
}

/* Takes the factor at i out of s, and those that met it. */
static void factors_drop(Factors *s, size_t i, const NodeVec *met)
{
    size_t n = 0;
    uint32_t from = s->v[i].from;
    for (size_t j = 0; j < s->n; j++) {
        bool drop = j == i;
        for (size_t k = 0; !drop && k < met->n; k++)
            drop = s->v[j].whole == met->v[k] && s->v[j].from != from;
        s->longs -= drop && ex_is_long(s->v[j].base);
        if (!drop)
            s->v[n++] = s->v[j];
    }
    s->n = n;
    s->sorted = false;
    s->breaks = 2;
}

/* The factors of a long product to a whole power; another factor itself. */
static void put_parts(Ctx *c, NodeVec *parts, Node *f)
{
    Node *p = ex_base(f), *x = ex_exponent(c, f);
    if (!ex_is_long(p) || !ex_is_int(x))
        nodevec_push(c, parts, f);
    else
        for (uint32_t j = 0; j < p->n; j++)
            nodevec_push(c, parts, ex_plain_pow(c, p->a[j], x));
}

/* Long products take in what has bases in common with them. */
static void absorb_into_long(Ctx *c, Factors *s)
{
    for (size_t i = 0; s->longs && i < s->n && !ctx_poll(c);) {
        NodeVec met = {0}, parts = {0};
        if (!is_long_factor(&s->v[i]) || !has_common_bases(c, s, i, &met)) {
            i++;
            continue;
        }
        put_parts(c, &parts, s->v[i].whole);
        for (size_t j = 0; j < met.n; j++)
            put_parts(c, &parts, met.v[j]);
        factors_drop(s, i, &met);
        factors_add(c, s, ex_plain_mul(c, parts.n, parts.v));
        i = 0;
    }
}

/* b to the sum of the exponents of factors i to j. */
static Node *power_of_base(Ctx *c, const Factors *s, size_t i, size_t j)
{
    ArenaMark m = arena_mark(&c->tmp);
    Node **e = ARENA_NEW(&c->tmp, Node *, j - i);
    if (!e)
        return c->poison;
    for (size_t k = i; k < j; k++)
        e[k - i] = s->v[k].exponent;
    Node *x = j - i == 2 ? ex_plain_add2(c, e[0], e[1]) : ex_plain_add(c, j - i, e);
    arena_release(&c->tmp, m);
    return ex_plain_pow(c, s->v[i].base, x);
}

/* Collects equal bases. True when some power became something else than a power of its base,
 * so that the result must be collected anew. */
static bool collect_bases(Ctx *c, Factors *s, NodeVec *out)
{
    bool again = false;
    for (size_t i = 0, j; i < s->n; i = j) {
        Node *b = s->v[i].base, *p = s->v[i].whole;
        for (j = i + 1; j < s->n && s->v[j].base == b;)
            j++;
        if (j > i + 1)
            p = power_of_base(c, s, i, j);
        if (p == c->one || (ex_is_num(p) && num_is_one(p->num)))
            continue;
        again |= j > i + 1 && (ex_base(p) != b || p->op == OP_MUL || p->op == OP_SCALE ||
                               p->op == OP_ADD || ex_is_num(p));
        nodevec_push(c, out, p);
    }
    return again;
}

static bool is_radical(const Node *f)
{
    return f->op == OP_POW && ex_is_num(f->a[0]) && ex_is_num(f->a[1]) &&
           !f->a[0]->num.dec && !f->a[1]->num.dec;
}

/* Several powers of integers become one product over primes. True when that changed f. */
static bool merge_radicals(Ctx *c, NodeVec *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        n += is_radical(f->v[i]);
    if (n < 2)
        return false;
    NodeVec r = {0}, rest = {0};
    for (size_t i = 0; i < f->n; i++)
        nodevec_push(c, is_radical(f->v[i]) ? &r : &rest, f->v[i]);
    Node *p = ex_mul_radicals(c, r.n, r.v);
    if (p->op == OP_MUL && p->n == n && memcmp(p->a, r.v, n * sizeof(Node *)) == 0)
        return false;
    nodevec_push(c, &rest, p);
    *f = rest;
    return true;
}

enum { FAR = 1 << 30 }; /* exponents that are added up are below it */

/* abs(u)^k * u^l, k odd, one of them above and one below the fraction line, by u^2 = abs(u)^2 as
 * abs(u) * u^n, sign(u) or 1/abs(u). NULL: it is so already. */
static Node *cancelled_modulus(Ctx *c, Node *u, int64_t k, int64_t l)
{
    int64_t n = k + l - 1;
    if (n == -1)
        return ex_plain_fn1(c, OP_sign, u);
    Node *a = ex_plain_fn1(c, OP_abs, u);
    if (n == -2)
        return ex_plain_pow(c, a, c->minus_one);
    return k == 1 ? NULL : ex_plain_mul2(c, a, ex_plain_powi(c, u, n));
}

static bool are_opposite(Ctx *c, Node *u, Node *v)
{
    return u->op == OP_ADD && v->op == OP_ADD && u->n == v->n && u->syms == v->syms &&
           ex_plain_neg(c, u) == v;
}

/* sign(u)*u = abs(u), u^2/abs(u) = abs(u), sign(u)/abs(u) = 1/u: the pair of factors f, g. */
static Node *kink_pair(Ctx *c, Node *f, Node *g)
{
    Node *a = ex_base(f), *b = ex_base(g), *u;
    int64_t k, l;
    if ((a->op != OP_abs && a->op != OP_sign) || !ex_get_int(ex_exponent(c, f), &k) ||
        !ex_get_int(ex_exponent(c, g), &l))
        return NULL;
    u = a->a[0];
    bool near = k > -FAR && k < FAR && l > -FAR && l < FAR;
    if (a->op == OP_abs && near && k % 2 != 0 && (k < 0) != (l < 0) &&
        (b == u || are_opposite(c, u, b)))
        return cancelled_modulus(c, b, k, l);
    if (a->op != OP_sign || k != 1)
        return NULL;
    if (b == u && near)
        return ex_plain_mul2(c, ex_plain_fn1(c, OP_abs, u), ex_plain_powi(c, u, l - 1));
    if (b->op == OP_abs && b->a[0] == u && l % 2 != 0)
        return l == 1 ? u : ex_plain_powi(c, u, l);
    return are_opposite(c, u, b)
               ? ex_plain_neg(c, ex_plain_mul2(c, ex_plain_fn1(c, OP_abs, b),
                                               ex_plain_powi(c, b, l - 1)))
               : NULL;
}

static bool merge_kinks(Ctx *c, NodeVec *f)
{
    for (size_t i = 0; i < f->n; i++) {
        Op op = (Op)ex_base(f->v[i])->op;
        if (op != OP_abs && op != OP_sign)
            continue;
        for (size_t j = 0; j < f->n; j++) {
            Node *p = i == j ? NULL : kink_pair(c, f->v[i], f->v[j]);
            if (!p)
                continue;
            f->v[i] = p;
            f->v[j] = f->v[--f->n];
            return true;
        }
    }
    return false;
}

static Node *infinite_product(Ctx *c, Factors *s)
{
    int sign = num_sgn(s->content);
    for (size_t i = 0; i < s->n; i++) {
        Node *f = ex_plain_pow(c, s->v[i].base, s->v[i].exponent);
        sign = ex_is_pos(f) ? sign : ex_is_neg(f) ? -sign : 0;
        if (!ex_is_pos(f) && !ex_is_neg(f))
            return ctx_error(c, LBZ_UNABLE, "give the variables values or assume signs",
                             "the sign of an infinite product is not known");
    }
    if (sign == 0)
        return ctx_error(c, LBZ_DOMAIN, "take the limit another way",
                         "0*inf has no value");
    return sign > 0 ? c->inf : c->minus_inf;
}

/* 0 times the factors of s */
static Node *zero_product(Ctx *c, const Factors *s)
{
    for (size_t i = 0; i < s->n; i++)
        ctx_drop(c, s->v[i].whole);
    return c->zero;
}

/* The node of a collected product, whose content is not 0: content, then sorted factors. */
static Node *product_node(Ctx *c, Num content, NodeVec *f)
{
    if (f->n == 0)
        return ex_num(c, content);
    if (f->n == 1)
        return ex_plain_scale(c, content, f->v[0]);
    return ex_scale_raw(c, content, ex_intern(c, OP_MUL, f->n, f->v));
}

/* Two sorted runs, one much shorter: it is put into the longer one by bisection, as comparing
 * factors that are deep costs more than moving them. False: it is no such case. */
static bool merge_short(Ctx *c, Factors *s)
{
    size_t p = s->at, n = s->n, few = p < n - p ? p : n - p, many = n - few;
    const Factor *a = few == p ? s->v : s->v + p, *b = few == p ? s->v + p : s->v;
    Factor *out = s->breaks == 1 && few * 16 <= n ? ARENA_NEW(&c->tmp, Factor, n) : NULL;
    size_t k = 0;
    for (size_t i = 0; out && i < few; i++) {
        size_t lo = k, hi = many;
        while (lo < hi) {
            size_t mid = lo + (hi - lo) / 2;
            if (ex_cmp(b[mid].base, a[i].base) > 0)
                hi = mid;
            else
                lo = mid + 1;
        }
        memcpy(out + k + i, b + k, (lo - k) * sizeof *out);
        out[lo + i] = a[i];
        k = lo;
    }
    if (!out)
        return false;
    memcpy(out + k + few, b + k, (many - k) * sizeof *out);
    s->v = out;
    return true;
}

static Node *mul_scalars(Ctx *c, size_t n, Node *const *f)
{
    Factors s;
    Node *near[FEW];
    factors_begin(&s, NUM_ONE);
    for (size_t i = 0; i < n; i++)
        factors_add(c, &s, f[i]);
    for (int round = 0; round < 8 && !ctx_failed(c); round++) {
        if (s.infinite)
            return infinite_product(c, &s);
        if (num_is_zero(s.content))
            return zero_product(c, &s);
        if (s.longs)
            absorb_into_long(c, &s);
        if (!s.sorted && (s.n <= FEW || !merge_short(c, &s)))
            ex_sort_by_node(s.v, s.n, sizeof *s.v);
        NodeVec out = {.v = near, .cap = FEW};
        bool again = collect_bases(c, &s, &out);
        /* what is collected without `again` has the bases that were put in */
        if (again || s.numbers > 1)
            again |= merge_radicals(c, &out);
        if (again || s.kinks)
            again |= merge_kinks(c, &out);
        /* one sum alone distributes the content again */
        if (!again)
            return product_node(c, s.content, &out);
        factors_begin(&s, s.content);
        for (size_t i = 0; i < out.n; i++)
            factors_add(c, &s, out.v[i]);
    }
    return ctx_failed(c) ? c->poison
                         : ctx_error(c, LBZ_UNABLE, NULL, "product does not settle");
}

Node *ex_plain_mul(Ctx *c, size_t n, Node *const *f)
{
    ArenaMark m = arena_mark(&c->tmp);
    for (size_t i = 0; i < n; i++)
        if (ex_is_poison(f[i]))
            return c->poison;
    Node *r = mul_scalars(c, n, f);
    arena_release(&c->tmp, m);
    return r;
}

/* Is a factor of that base changed by its own base alone? */
static bool plain_base(const Node *b)
{
    return b->op == OP_SYM || b->op == OP_ADD ||
           (op_is_function((Op)b->op) && b->op != OP_abs && b->op != OP_sign);
}

static bool plain_factor(Ctx *c, Node *f)
{
    return f->op == OP_POW   ? plain_base(f->a[0])
           : f->op == OP_ADD ? num_is_one(ex_sum_content(c, f, true))
                             : plain_base(f);
}

/* A plain factor put into a product that has no other of its base, and no abs or sign that might
 * be of it. NULL: it is no such case. */
static Node *insert_factor(Ctx *c, Node *f, Node *p)
{
    Node *a[MUL_LONG + 1], *b = ex_base(f);
    uint32_t at = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        Node *q = ex_base(p->a[i]);
        if (q == b || q->op == OP_abs || q->op == OP_sign ||
            (ex_is_long(q) && has_base(q, b)))
            return NULL;
        at = at == i && ex_cmp(q, b) < 0 ? i + 1 : at;
    }
    memcpy(a, p->a, at * sizeof *a);
    a[at] = f;
    memcpy(a + at + 1, p->a + at, (p->n - at) * sizeof *a);
    return ex_intern(c, OP_MUL, p->n + 1u, a);
}

/* A plain factor times a product; NULL: it is no plain case. */
static Node *times_product(Ctx *c, Node *f, Node *p)
{
    if (!ex_is_long(p))
        return insert_factor(c, f, p);
    if (has_base(p, ex_base(f)))
        return NULL;
    bool first = ex_cmp(ex_base(f), p) < 0;
    return ex_intern(c, OP_MUL, 2, (Node *[]){first ? f : p, first ? p : f});
}

Node *ex_plain_mul2(Ctx *c, Node *a, Node *b)
{
    if (ex_is_num(a))
        return ex_plain_scale(c, a->num, b);
    if (ex_is_num(b))
        return ex_plain_scale(c, b->num, a);
    Node *f[2] = {a, b}, *r = NULL;
    bool plain = plain_factor(c, a);
    if (plain && ex_base(a) != ex_base(b) && plain_factor(c, b)) {
        if (ex_cmp(ex_base(a), ex_base(b)) > 0)
            f[0] = b, f[1] = a;
        return ex_intern(c, OP_MUL, 2, f);
    }
    if (plain && b->op == OP_MUL)
        r = times_product(c, a, b);
    else if (a->op == OP_MUL && plain_factor(c, b))
        r = times_product(c, b, a);
    return r ? r : ex_plain_mul(c, 2, f);
}
