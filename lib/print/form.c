/* print/form.c - how a node is shown, decided once for all printers.
 *
 * Children are seen before parents, so every form is made from finished ones. A product
 * keeps its factors sorted; the coefficient around it, and the sign, are put in by the
 * form of the SCALE. Where a minus sign or an integer can be taken into a sum so that the
 * text becomes shorter, it is: (1 - x)*y for -y*(x - 1). The constructors undo that on
 * input.
 */
#include "expr/shape.h"
#include "print/form.h"

/* ---- products
 * -------------------------------------------------------------------------- */

static bool is_d(const Form *f)
{
    f = f->kind == FORM_POW ? f->a[0].f : f;
    return (f->kind == FORM_NAME || f->kind == FORM_APPLY) && f->ntext == 1 &&
           f->text[0] == 'd';
}

/* dy, dx1, dalpha; of longer words the parser knows that they are none. */
static bool is_differential(const Form *f)
{
    size_t n = 2;

    if (f->kind != FORM_NAME || f->ntext < 2 || f->text[0] != 'd')
        return false;
    while (n < f->ntext &&
           ((f->text[n] >= '0' && f->text[n] <= '9') || f->text[n] == '_'))
        n++;
    return n == f->ntext || print_greek_find(f->text + 1, f->ntext - 1) >= 0;
}

/* d^2/dx^2, d(x)/dx, dy/dx: a quotient that spaces tell from a derivative. */
static bool looks_like_derivative(const Form *f)
{
    const Form *last = f->a[f->n - 1].f, *x = f->a[f->n].f;

    x = x->kind == FORM_POW ? x->a[0].f : x;
    if (x->kind != FORM_NAME || x->text[0] != 'd')
        return false;
    return is_d(last) || (is_differential(last) && is_differential(x));
}

static void measure_product(Form *f)
{
    double len = 0;
    uint32_t all = f->n + f->nden;

    for (uint32_t i = 0; i < all; i++)
        len += form_placed(f->a[i].f, false, BIND_POW);
    for (uint32_t i = 0; i < all; i++)
        len += f->a[i].dot;
    len += f->n - 1;
    if (f->nden) {
        len += f->nden + (f->nden > 1 && f->nden <= MUL_LONG ? 2 : 0);
        f->spaced = looks_like_derivative(f);
        len += f->spaced ? 2 : 0;
    }
    f->len = len;
}

/* A product of matrices that comes last is continued by what stands before it: 2*A*x. */
static size_t continued_links(const Form **num, size_t n)
{
    const Form *last = n ? num[n - 1] : NULL;
    for (size_t i = 0; i + 1 < n; i++)
        if (num[i]->tensor)
            return 0;
    return last && last->nlink && last->kind == FORM_PROD && !last->neg ? last->n : 0;
}

/* Factors in a row: between two tensors operators have a point. Is any a tensor? */
static bool place_row(Item *to, const Form **from, size_t n)
{
    bool tensor = false;
    for (size_t i = 0; i < n; i++) {
        to[i] = (Item){.f = from[i], .dot = tensor && from[i]->tensor};
        tensor = tensor || from[i]->tensor;
    }
    return tensor;
}

/* The product of num over den; one is put where num is empty. */
static Form *form_product(Forms *F, bool neg, const Form **num, size_t n,
                          const Form **den, size_t nden)
{
    const Form *one[1];
    size_t more;
    Form *f;

    if (!n) {
        one[0] = form_text(F, FORM_NUM, "1", 1);
        num = one;
        n = 1;
    }
    more = continued_links(num, n);
    f = form_new(F, FORM_PROD, BIND_PROD, n + nden + more);
    if (!f->n)
        return f;
    f->neg = neg;
    f->tensor = place_row(f->a, num, n);
    if (more)
        memcpy(f->a + n - 1, num[n - 1]->a, more * sizeof *f->a);
    f->n = (uint32_t)(more ? n - 1 + more : n);
    f->nden = (uint32_t)nden;
    if (place_row(f->a + f->n, den, nden))
        f->tensor = f->a[f->n].dot = true;
    measure_product(f);
    return f;
}

static Form *form_power(Forms *F, const Form *base, const Form *expo)
{
    Form *f = form_new(F, FORM_POW, BIND_POW, 2);

    if (f->n) {
        f->tensor = base->tensor || expo->tensor;
        f->a[0] = (Item){.f = base};
        f->a[1] = (Item){.f = expo, .dot = f->tensor};
        form_measure(f, 1 + f->tensor, 0);
    }
    return f;
}

static Form *build_sum(Forms *F, Entry *e, Num k);

static const Form *negated_form(Forms *F, Entry *e)
{
    if (!e->negated)
        e->negated = build_sum(F, e, num_int(-1));
    return e->negated;
}

/* A sum that has fewer minus signs when it is negated: x^2 - x + 1 for x - x^2 - 1. */
static bool better_negated(const Entry *e)
{
    return 2 * e->minus > e->node->n && ex_is(e->node, OP_ADD);
}

/* The sum takes a minus sign from before the product: it has as many as before then, or
 * one more and a falling polynomial begins with plus: x/(x^2 - x - 1). */
static bool may_flip(const Entry *sum)
{
    uint32_t minus = sum->minus, n = sum->node->n;

    return 2 * minus == n || (sum->sum->falls && 2 * minus + 1 == n);
}

/* A factor that is a sum to an odd power: its sign may be changed. Yields the form with
 * the sum negated. */
static const Form *flipped_form(Forms *F, Entry *f)
{
    int64_t k = 1;
    Entry *b = f->base;

    if (!ex_is(b->node, OP_ADD))
        return NULL;
    if (f->expo && (!ex_get_int(f->expo->node, &k) || k % 2 == 0))
        return NULL;
    if (k == 1 || k == -1)
        return negated_form(F, b);
    return form_power(F, negated_form(F, b), form_number(F, num_int(k < 0 ? -k : k)));
}

typedef struct {
    Forms *F;
    const Form **num, **den;
    size_t n, nden;
    Num p; /* integer above, decimal or not; its sign is in neg */
    bool neg;
    bool first_flipped; /* num[0] is shown negated */
} FractionParts;

/* Negates the sums that read better so; the signs go to the front. */
static void flip_factors(FractionParts *P, const Entry *rest)
{
    size_t i = 0, j = 0;

    for (uint32_t k = 0; k < rest->nfac; k++) {
        Entry *f = rest->fac[k];
        const Form **slot = f->den ? &P->den[j++] : &P->num[i++];
        const Form *g = better_negated(f->base) ? flipped_form(P->F, f) : NULL;
        if (g) {
            P->first_flipped = P->first_flipped || slot == P->num;
            *slot = g;
            P->neg = !P->neg;
        }
    }
}

/* A difference of two terms neither of which is a symbol or a multiple of one, not in a power. */
static bool is_plain_difference(const Entry *f)
{
    const Node *n = f->base->node;
    int64_t k = 1;

    if (n->n != 2 || (f->expo && (!ex_get_int(f->expo->node, &k) || k != -1)))
        return false;
    for (uint32_t i = 0; i < 2; i++) {
        const Node *t = ex_is(n->a[i], OP_SCALE) ? n->a[i]->a[1] : n->a[i];
        if (ex_is(t, OP_SYM))
            return false;
    }
    return true;
}

/* Takes the minus sign into the first sum that gets no longer by it. In a sum only where
 * differences are told in either direction: + 1/(1 - x^2) for - 1/(x^2 - 1), but
 * 1/(x + 1) - 1/(x - 1). */
static void absorb_sign(FractionParts *P, const Entry *rest, bool in_sum)
{
    size_t i = 0, j = 0;

    for (uint32_t k = 0; k < rest->nfac; k++) {
        Entry *f = rest->fac[k];
        const Form **slot = f->den ? &P->den[j++] : &P->num[i++];
        const Form *g = ex_is(f->base->node, OP_ADD) && may_flip(f->base) &&
                                (!in_sum || is_plain_difference(f))
                            ? flipped_form(P->F, f)
                            : NULL;
        if (g && g->len <= (*slot)->len) {
            *slot = g;
            P->neg = false;
            return;
        }
    }
}

/* Constructors keep the digits of a sum with decimals: a number that is multiplied into it cannot be
 * taken out again. */
static bool has_decimals(const Node *sum)
{
    for (uint32_t i = 0; i < sum->n; i++)
        if (ex_coef(sum->a[i]).dec)
            return true;
    return false;
}

/* (4*x^2 - 2)*f for 2*(2*x^2 - 1)*f, where the number would stand right before the sum.
 * Only in sums of a few terms: the sum is laid out anew. */
static bool absorb_number(FractionParts *P, const Entry *rest, bool signs_too)
{
    Arena *t = &P->F->c->tmp;
    Entry *f = NULL;
    const Form *best, *other;
    double plain, saved;
    Num p = P->first_flipped ? num_neg(t, P->p) : P->p;

    for (uint32_t k = 0; k < rest->nfac && !f; k++)
        if (!rest->fac[k]->den)
            f = rest->fac[k];
    if (!f || !ex_is(f->node, OP_ADD) || f->node->n > 8 || num_is_one(P->p) || P->p.dec ||
        has_decimals(f->node))
        return false;
    plain = P->num[0]->len + form_number(P->F, P->p)->len + 1;
    best = build_sum(P->F, f, p);
    saved = plain - best->len;
    if (P->neg && signs_too) {
        other = build_sum(P->F, f, num_neg(t, p));
        if (plain + 1 - other->len > (saved > 0 ? saved : 0)) {
            P->num[0] = other;
            P->neg = false;
            P->p = NUM_ONE;
            return true;
        }
    }
    if (saved <= 0)
        return false;
    P->num[0] = best;
    P->p = NUM_ONE;
    return true;
}

static void place_factors(FractionParts *P, const Entry *rest)
{
    for (uint32_t i = 0; i < rest->nfac; i++) {
        const Entry *f = rest->fac[i];
        if (f->den)
            P->den[P->nden++] = f->flip;
        else
            P->num[P->n++] = f->sum;
    }
}

/* Would a denominator before the factors below the line be multiplied into one of them when it is
 * read? Then it stands apart: (2/3)/(x + 0.1). */
static bool stands_apart(const Entry *rest)
{
    const Entry *below = NULL;

    for (uint32_t i = 0; i < rest->nfac; i++)
        if (rest->fac[i]->den && below)
            return false;
        else if (rest->fac[i]->den)
            below = rest->fac[i];
    return below && ex_is(below->base->node, OP_ADD) && below->expo &&
           ex_is_rat(below->expo->node, -1, 1) && has_decimals(below->base->node);
}

static const Form *number_over(Forms *F, Num p, Num q)
{
    const Form *num = form_number(F, p), *den = form_number(F, q);

    return form_product(F, false, &num, 1, &den, 1);
}

/* coefficient times rest. In a sum the sign mostly stays outside. */
static Form *build_product(Forms *F, const Entry *rest, Num coef, bool in_sum)
{
    Arena *t = &F->c->tmp;
    bool frac = !coef.dec && !num_is_int(coef);
    FractionParts P = {.F = F, .neg = num_sgn(coef) < 0};
    Form *f;

    P.num = ARENA_NEW(t, const Form *, rest->nfac + 1);
    P.den = ARENA_NEW(t, const Form *, rest->nfac + 1);
    if (!P.num || !P.den)
        return form_text(F, FORM_NAME, "", 0);
    P.p = num_abs(t, frac ? num_numer(t, coef) : coef);
    P.num++; /* room before the factors for the coefficient */
    P.den++;
    place_factors(&P, rest);
    if (rest->sums) {
        flip_factors(&P, rest);
        if (!absorb_number(&P, rest, !in_sum) && P.neg)
            absorb_sign(&P, rest, in_sum);
    }
    if (frac && rest->sums && stands_apart(rest)) {
        *--P.num = number_over(F, P.p, num_denom(t, coef));
        P.n++;
        frac = false;
    } else if (!num_is_one(P.p) || P.p.dec || P.n == 0) {
        *--P.num = form_number(F, P.p);
        P.n++;
    }
    if (frac) {
        *--P.den = form_number(F, num_denom(t, coef));
        P.nden++;
    }
    if (P.n != 1 || P.nden || (P.neg && P.num[0]->kind != FORM_NUM))
        return form_product(F, P.neg, P.num, P.n, P.den, P.nden);
    f = ARENA_NEW(t, Form, 1);
    *f = *P.num[0];
    f->neg = P.neg;
    return f;
}

/* ---- sums
 * ------------------------------------------------------------------------------ */

/* k times the sum of entry e, number distributed. */
static Form *build_sum(Forms *F, Entry *e, Num k)
{
    Arena *t = &F->c->tmp;
    Node *n = e->node;
    bool same = num_is_one(k) && !k.dec;
    Form *f = form_new(F, FORM_SUM, BIND_SUM, n->n);
    OrderedTerm *terms = ARENA_NEW(t, OrderedTerm, n->n);

    if (!f->n || !terms)
        return f;
    for (uint32_t i = 0; i < n->n; i++) {
        Node *x = n->a[i];
        Num c = ex_coef(x);
        OrderedTerm *s = &terms[i];
        s->rest =
            ex_is_num(x) ? &F->unit : form_entry(F, ex_is(x, OP_SCALE) ? x->a[1] : x);
        if (!same)
            c = num_mul(t, c, k);
        s->f = same ? form_entry(F, x)->term : build_product(F, s->rest, c, true);
        s->neg = s->f->neg;
    }
    if (!form_order_terms(F, terms, n->n, &f->falls))
        return f->n = 0, f;
    for (uint32_t i = 0; i < n->n; i++) {
        f->a[i] = (Item){.f = terms[i].f, .neg = terms[i].neg};
        f->tensor = f->tensor || terms[i].f->tensor;
    }
    form_measure(f, 3, 0);
    return f;
}

/* 10*(x + y + z) and (x + y + z)/10 where that is shorter; (x + 3)/8 where it is no longer, each
 * term of the polynomial having that denominator. */
static Form *sum_with_content(Forms *F, Entry *e)
{
    Arena *t = &F->c->tmp;
    const Node *n = e->node;
    Num g = num_abs(t, ex_coef(n->a[0]));
    bool neg = true, over = e->poly && !num_is_int(g);
    const Form *num[2], *den[1];
    size_t nnum = 0, nden = 0;
    Form *f;

    for (uint32_t i = 0; i < n->n; i++) {
        Num c = ex_coef(n->a[i]);
        neg = neg && num_sgn(c) < 0;
        over = over && num_cmp(num_denom(t, c), num_denom(t, ex_coef(n->a[0]))) == 0;
        if (c.dec || (num_is_one(g) && i))
            return e->sum;
        g = num_gcd(t, g, c);
    }
    if (num_is_one(g) || num_is_zero(g) || num_bits(g) > 256)
        return e->sum;
    if (!num_is_one(num_numer(t, g)))
        num[nnum++] = form_number(F, num_numer(t, g));
    num[nnum++] = build_sum(F, e, num_inv(t, neg ? num_neg(t, g) : g));
    if (!num_is_int(g))
        den[nden++] = form_number(F, num_denom(t, g));
    f = form_product(F, neg, num, nnum, den, nden);
    return f->len + f->neg < e->sum->len + (over ? 0.5 : 0) ? f : e->sum;
}

/* ---- powers
 * ---------------------------------------------------------------------------- */

/* The exponent without its sign, when it has one: x^(-2*n) stands below the line. */
static const Form *exponent_flipped(Forms *F, Entry *x)
{
    Form *f;

    if (ex_is(x->node, OP_ADD))
        return x->minus == x->node->n ? negated_form(F, x) : NULL;
    f = x->term;
    if (num_sgn(ex_coef(x->node)) >= 0 || !f->neg)
        return NULL;
    if (f->kind == FORM_PROD && f->n == 1 && f->nden == 0)
        return f->a[0].f;
    f = ARENA_NEW(&F->c->tmp, Form, 1);
    *f = *x->term;
    f->neg = false;
    return f;
}

static Form *form_call1(Forms *F, Op op, const char *name, const Form *arg)
{
    Form *f = form_new(F, FORM_CALL, BIND_ATOM, 1);

    f->op = (uint16_t)op;
    f->text = name;
    f->ntext = strlen(name);
    if (f->n) {
        f->tensor = arg->tensor;
        f->a[0] = (Item){.f = arg};
        form_measure(f, 2, 2);
    }
    return f;
}

static Form *reciprocal_form(Forms *F, const Form *den)
{
    return form_product(F, false, NULL, 0, &den, 1);
}

static void build_exp(Forms *F, Entry *e)
{
    if (ex_is_rat(e->expo->node, -1, 1) && !e->expo->node->num.dec) {
        e->den = true;
        e->flip = e->base->stand;
        e->stand = reciprocal_form(F, e->flip);
    } else {
        e->stand = form_call1(F, OP_exp, "exp", e->expo->stand);
    }
}

/* The base of a power, negated where that reads better and changes nothing. */
static const Form *even_base(Forms *F, const Entry *e)
{
    const Node *x = e->expo->node;
    bool even = ex_is_num(x) && !x->num.dec && num_is_even(x->num);

    return even && better_negated(e->base) ? negated_form(F, e->base) : e->base->sum;
}

static void build_power(Forms *F, Entry *e)
{
    const Node *x = e->expo->node;
    const Form *up = ex_is_exp(e->node) ? NULL : exponent_flipped(F, e->expo), *size;
    bool exact = ex_is_num(x) && !x->num.dec;
    Form *f;

    if (ex_is_exp(e->node)) {
        build_exp(F, e);
        return;
    }
    e->den = up != NULL;
    size = up ? up : e->expo->stand;
    if (exact && num_is_minus_one(x->num))
        f = e->base->sum;
    else if (exact && x->num.q == 2 && (x->num.p == 1 || x->num.p == -1))
        f = form_call1(F, OP_sqrt, "sqrt", e->base->stand);
    else
        f = form_power(F, even_base(F, e), size);
    if (!e->den)
        e->stand = f;
    else if (e->alone || e->in_sum)
        e->stand = reciprocal_form(F, f);
    e->flip = e->den ? f : NULL;
}

/* ---- the walk
 * -------------------------------------------------------------------------- */

/* Factors of e: of a product its children, of a number none, else e itself. */
static bool list_factors(Forms *F, Entry *e)
{
    Node *n = e->node;

    if (ex_is(n, OP_SCALE)) {
        Entry *r = form_entry(F, n->a[1]);
        e->fac = r->fac;
        e->nfac = r->nfac;
        e->sums = r->sums;
        return true;
    }
    if (!ex_is(n, OP_MUL)) {
        e->self = e;
        e->fac = &e->self;
        e->nfac = 1;
        e->sums = ex_is(e->base->node, OP_ADD);
        return true;
    }
    e->nfac = n->n;
    e->fac = ARENA_NEW(&F->c->tmp, Entry *, e->nfac);
    if (!e->fac)
        return false;
    for (uint32_t i = 0; i < n->n; i++) {
        e->fac[i] = form_entry(F, n->a[i]);
        e->sums = e->sums || e->fac[i]->sums;
    }
    return form_order_factors(F, e->fac, e->nfac);
}

/* A product whose sums read better negated, as a term; NULL: it is what stands by itself. */
static Form *signed_term(Forms *F, const Entry *e)
{
    for (uint32_t i = 0; e->sums && i < e->nfac; i++)
        if (better_negated(e->fac[i]->base))
            return build_product(F, e, NUM_ONE, true);
    return NULL;
}

static void scaled_forms(Forms *F, Entry *e)
{
    Num k = e->node->a[0]->num;
    bool plus = num_sgn(k) > 0;

    if (e->alone || (e->in_sum && plus))
        e->stand = build_product(F, e, k, false);
    if (e->in_sum && !plus)
        e->term = build_product(F, e, k, true);
}

static void product_forms(Forms *F, Entry *e)
{
    if (e->in_sum)
        e->term = signed_term(F, e);
    if (e->alone || (e->in_sum && !e->term))
        e->stand = build_product(F, e, NUM_ONE, false);
}

static void power_forms(Forms *F, Entry *e)
{
    build_power(F, e);
    e->sum = e->stand;
    if (!e->alone && !e->in_sum)
        return;
    e->term = signed_term(F, e);
    if (e->term)
        e->stand = build_product(F, e, NUM_ONE, false);
}

static void build_forms(Forms *F, Entry *e)
{
    Node *n = e->node;

    switch ((Op)n->op) {
    case OP_NUM:
        if (!e->alone &&
            !e->in_sum) /* a coefficient, shown by what it is the coefficient of */
            return;
        e->stand = num_is_int(n->num) && num_sgn(n->num) >= 0 && !n->num.dec
                       ? form_number(F, n->num)
                       : build_product(F, &F->unit, n->num, true);
        break;
    case OP_SCALE: scaled_forms(F, e); break;
    case OP_MUL: product_forms(F, e); break;
    case OP_POW: power_forms(F, e); break;
    case OP_ADD:
        e->sum = build_sum(F, e, NUM_ONE);
        e->stand = e->alone || e->in_sum ? sum_with_content(F, e) : NULL;
        break;
    default:
        e->stand = form_other(F, n);
        e->stand->node = n;
        e->stand->tensor = shape_is_tensor(n->shape);
    }
    if (!e->term)
        e->term = e->stand;
    if (!e->sum)
        e->sum = e->stand;
}

/* Says to the children of e how e shows them. What is a factor is always there, but for long
 * products, which are factors as they stand. */
static void mark_children(Forms *F, const Entry *e)
{
    const Node *n = e->node;
    bool power = ex_is(n, OP_POW);

    if (ex_is(n, OP_CONTRACT) && n->n == 1) /* x.*y summed up is shown as x'*y */
        for (uint32_t i = 0; i < n->a[0]->n; i++)
            form_entry(F, n->a[0]->a[i])->alone = true;
    for (uint32_t i = 0; i < n->n && !ex_is(n, OP_SCALE); i++) {
        Entry *k = form_entry(F, n->a[i]);
        if (ex_is(n, OP_ADD))
            k->in_sum = true;
        else if (ex_is(n, OP_MUL))
            k->alone = k->alone || ex_is(k->node, OP_MUL) || ex_is(k->node, OP_SCALE);
        else if (!power || i == 1)
            k->alone = k->in_sum = true;
        else
            k->alone = k->alone || !ex_is(k->node, OP_ADD) || !ex_is_num(n->a[1]) ||
                       n->a[1]->num.q == 2;
    }
}

static bool build_entry(Forms *F, Entry *e)
{
    Node *n = e->node;

    e->base = ex_is(n, OP_POW) ? form_entry(F, n->a[0]) : e;
    e->expo = ex_is(n, OP_POW) ? form_entry(F, n->a[1]) : NULL;
    if (!list_factors(F, e))
        return false;
    form_set_order_info(F, e);
    build_forms(F, e);
    return !ctx_failed(F->c);
}

bool form_build(Forms *F, Ctx *c, size_t n, Node *const *roots)
{
    size_t count;
    Node **order = ex_walk(c, n, roots, &count);
    Entry *e;

    *F = (Forms){.c = c};
    if (!order)
        return false;
    F->unit.poly = true;
    F->unit.base = &F->unit;
    e = ARENA_NEW(&c->tmp, Entry, count);
    if (!e)
        return false;
    F->entry = e;
    F->count = count;
    for (size_t i = 0; i < count; i++)
        e[i] = (Entry){.node = order[i]};
    for (size_t i = 0; i < n; i++)
        form_entry(F, roots[i])->alone = true;
    for (size_t i = count; i-- > 0;)
        mark_children(F, &e[i]);
    for (size_t i = 0; i < count; i++)
        if (ctx_poll(c) || !build_entry(F, &e[i]))
            return false;
    F->root = form_entry(F, roots[n - 1])->stand;
    return true;
}
