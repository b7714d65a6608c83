/* expr/sum.c - sums and coefficients: canonical by construction.
 * Invariant: see expr.h; like terms are found by sorting the terms without coefficients. */
#include "expr/internal.h"
#include "expr/shape.h"

typedef struct {
    Node *rest; /* first: what terms are sorted by */
    Num k;
    Node *whole; /* k*rest, as it came */
} Term;

typedef struct {
    Term *v;
    size_t n, cap;
    Num constant;
    int infinite; /* signs of infinite terms seen: 1 plus, 2 minus */
    bool sorted;
    Term few[FEW]; /* where v begins */
} Terms;

/* 1.0 times pi or pi*x is no less a decimal than 2.0 times it; 1.0*x is x. */
static bool forgets_decimal_one(const Node *rest)
{
    bool product = rest->op == OP_MUL, constant = false;
    for (uint32_t i = 0; i < (product ? rest->n : 1) && !constant; i++)
        constant = !(product ? rest->a[i] : rest)->syms;
    return !constant || rest->op == OP_LIST ||
           (rest->flags & (NF_INF | NF_COND | NF_APPLY));
}

/* Likewise -1.0*x, which is -x. */
static inline bool is_usual(Num k, const Node *rest)
{
    return LBZ_LIKELY(!k.dec) ||
           ((num_is_one(k) || num_is_minus_one(k)) && forgets_decimal_one(rest));
}

Node *ex_scale_raw(Ctx *c, Num k, Node *rest)
{
    if (num_is_zero(k)) {
        ctx_drop(c, rest);
        return c->zero;
    }
    k.dec = !is_usual(k, rest);
    if (num_is_one(k) && !k.dec)
        return rest;
    return ex_intern(c, OP_SCALE, 2, (Node *[]){ex_num(c, k), rest});
}

Node *ex_rest(Ctx *c, Node *t)
{
    return t->op == OP_SCALE ? t->a[1] : ex_is_num(t) ? c->one : t;
}

static void terms_begin(Terms *s)
{
    s->v = s->few;
    s->n = 0;
    s->cap = FEW;
    s->constant = NUM_ZERO;
    s->infinite = 0;
    s->sorted = true;
}

static void terms_push(Ctx *c, Terms *s, Node *rest, Num k, Node *whole)
{
    if (rest == c->inf) {
        s->infinite |= num_sgn(k) > 0 ? 1 : 2;
        return;
    }
    if (s->n == s->cap) {
        size_t cap = s->cap * 4;
        Term *t = ARENA_NEW(&c->tmp, Term, cap);
        if (!t)
            return;
        memcpy(t, s->v, s->n * sizeof *t);
        s->v = t;
        s->cap = cap;
    }
    if (s->n && s->sorted && ex_cmp(s->v[s->n - 1].rest, rest) > 0)
        s->sorted = false;
    s->v[s->n++] = (Term){rest, k, whole};
}

static void terms_add(Ctx *c, Terms *s, Node *t)
{
    if (ex_is_num(t))
        s->constant = num_add(&c->tmp, s->constant, t->num);
    else if (t->op == OP_SCALE)
        terms_push(c, s, t->a[1], t->a[0]->num, t);
    else
        terms_push(c, s, t, NUM_ONE, t);
}

static Node *infinite_sum(Ctx *c, int signs)
{
    if (signs == 3)
        return ctx_error(c, LBZ_DOMAIN, "take the limit another way",
                         "inf - inf has no value");
    return signs == 1 ? c->inf : c->minus_inf;
}

/* Sorts, collects like terms and makes the node. */
static Node *terms_finish(Ctx *c, Terms *s)
{
    if (s->infinite)
        return infinite_sum(c, s->infinite);
    if (!s->sorted)
        ex_sort_by_node(s->v, s->n, sizeof *s->v);
    Node *few[FEW + 1], **out = few;
    if (s->n > FEW)
        out = ARENA_NEW(&c->tmp, Node *, s->n + 1);
    if (!out)
        return c->poison;
    size_t n = 0;
    if (!num_is_zero(s->constant))
        out[n++] = ex_num(c, s->constant);
    for (size_t i = 0; i < s->n;) {
        const Term *t = &s->v[i++];
        if (i == s->n || s->v[i].rest != t->rest) { /* alone: what came is canonical */
            if (!num_is_zero(t->k))
                out[n++] = t->whole;
            continue;
        }
        Num k = t->k;
        while (i < s->n && s->v[i].rest == t->rest)
            k = num_add(&c->tmp, k, s->v[i++].k);
        if (!num_is_zero(k))
            out[n++] = ex_scale_raw(c, k, t->rest);
        else
            ctx_drop(c, t->rest);
    }
    if (n == 1 && s->constant.dec && num_is_zero(s->constant) && !ex_is_num(out[0]))
        return ex_plain_scale(c, (Num){1, 1, true},
                              out[0]); /* 0.0 + pi is a decimal, too */
    return n == 0 ? c->zero : n == 1 ? out[0] : ex_intern(c, OP_ADD, n, out);
}

Node *ex_plain_add(Ctx *c, size_t n, Node *const *t)
{
    ArenaMark m = arena_mark(&c->tmp);
    Terms s;
    for (size_t i = 0; i < n; i++)
        if (ex_is_poison(t[i]))
            return c->poison;
    terms_begin(&s);
    for (size_t i = 0; i < n; i++) {
        if (i % 32 == 31 && ctx_poll(c)) /* the sum of large numbers may take long */
            break;
        if (t[i]->op != OP_ADD) {
            terms_add(c, &s, t[i]);
            continue;
        }
        for (uint32_t j = 0; j < t[i]->n; j++)
            terms_add(c, &s, t[i]->a[j]);
    }
    Node *r = ctx_failed(c) ? c->poison : terms_finish(c, &s);
    arena_release(&c->tmp, m);
    return r;
}

Node *ex_add_sorted(Ctx *c, size_t n, Node *const *t)
{
    return n == 0 ? c->zero : n == 1 ? t[0] : ex_intern(c, OP_ADD, n, t);
}

/* A term with the coefficient one that is no sum, list or infinite. */
static bool plain_term(const Ctx *c, const Node *t)
{
    return t->op != OP_NUM && t->op != OP_SCALE && t->op != OP_ADD && t->op != OP_LIST &&
           t->op != OP_POISON && t != c->inf;
}

Node *ex_plain_add2(Ctx *c, Node *a, Node *b)
{
    Node *t[2] = {a, b};
    bool plain = plain_term(c, b) && a != b;
    if (plain && plain_term(c, a)) {
        if (ex_cmp(a, b) > 0)
            t[0] = b, t[1] = a;
        return ex_intern(c, OP_ADD, 2, t);
    }
    if (plain && ex_is_num(a))
        return !num_is_zero(a->num) ? ex_intern(c, OP_ADD, 2, t)
               : a->num.dec         ? ex_plain_scale(c, (Num){1, 1, true}, b)
                                    : b;
    return ex_plain_add(c, 2, t);
}

static Node *scale_sum(Ctx *c, Num k, Node *a)
{
    ArenaMark m = arena_mark(&c->tmp);
    Node **t = ARENA_NEW(&c->tmp, Node *, a->n);
    if (!t)
        return c->poison;
    for (uint32_t i = 0; i < a->n; i++)
        t[i] = ex_plain_scale(c, k, a->a[i]);
    Node *r = ex_intern(c, OP_ADD, a->n, t);
    arena_release(&c->tmp, m);
    return r;
}

Node *ex_plain_scale(Ctx *c, Num k, Node *a)
{
    if (ex_is_poison(a))
        return a;
    k.dec = !is_usual(k, a);
    if (num_is_one(k) && !k.dec)
        return a;
    switch (a->op) {
    case OP_NUM: return ex_num(c, num_mul(&c->tmp, k, a->num));
    case OP_ADD:
        if (num_is_zero(k))
            break;
        return scale_sum(c, k, a);
    case OP_LIST:
        if (a->shape != SHAPE_ANY)
            return ex_scale(c, k, a);
        break;
    case OP_SCALE:
        if (a->a[1] == c->inf)
            return ex_plain_scale(c, num_int(-num_sgn(k)), c->inf);
        return ex_scale_raw(c, num_mul(&c->tmp, k, a->a[0]->num), a->a[1]);
    default: break;
    }
    if (a == c->inf) {
        if (num_is_zero(k))
            return ctx_error(c, LBZ_DOMAIN, "take the limit another way",
                             "0*inf has no value");
        return num_sgn(k) > 0 ? a : ex_scale_raw(c, num_int(-1), a);
    }
    return ex_scale_raw(c, k, a);
}

/* ---- content ----------------------------------------------------------------------- */
/* Seen without arithmetic: the coefficients are integers and one of them is 1. */
static bool plainly_primitive(const Node *sum)
{
    bool one = false;
    for (uint32_t i = 0; i < sum->n; i++) {
        const Node *t = sum->a[i], *k = t->op == OP_SCALE ? t->a[0] : t;
        if (k->op != OP_NUM)
            one = true;
        else if (k->num.q != 1 || k->num.dec)
            return false;
    }
    return one;
}

Num ex_sum_content(Ctx *c, Node *sum, bool with_sign)
{
    Node *lead = sum->a[ex_is_num(sum->a[0]) ? 1 : 0];
    if (plainly_primitive(sum))
        return with_sign && lead->op == OP_SCALE && num_sgn(lead->a[0]->num) < 0
                   ? num_int(-1)
                   : NUM_ONE;
    Num g = NUM_ZERO;
    for (uint32_t i = 0; i < sum->n; i++) {
        Num k = ex_coef(sum->a[i]);
        if (k.dec) { /* its digits stay as they are */
            g = NUM_ONE;
            break;
        }
        if (num_is_one(g) && num_is_int(k))
            continue;
        g = i == 0 ? num_abs(&c->tmp, k) : num_gcd(&c->tmp, g, k);
    }
    if (with_sign && num_sgn(ex_coef(lead)) < 0)
        g = num_neg(&c->tmp, g);
    return g;
}

Node *ex_sum_divide(Ctx *c, Node *sum, Num k)
{
    return num_is_one(k) ? sum : scale_sum(c, num_inv(&c->tmp, k), sum);
}

bool ex_looks_negative(const Node *n)
{
    if (ex_is_num(n))
        return num_sgn(n->num) < 0;
    if (n->op == OP_SCALE)
        return num_sgn(n->a[0]->num) < 0;
    if (n->op != OP_ADD)
        return false;
    for (uint32_t i = 0; i < n->n; i++)
        if (num_sgn(ex_coef(n->a[i])) >= 0)
            return false;
    return true;
}
