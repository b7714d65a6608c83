/* print/order.c - the order in which terms and factors are shown.
 *
 * It depends on content only. Products: number, roots of numbers, constants, symbols by
 * name, polynomial sums, symbolic powers, radicals, exp, functions in the order of the
 * table, sums with functions. Sums: polynomial terms by falling degree, then terms with
 * functions by these, constants last; then the exceptions that keep a minus sign from
 * standing first.
 */
#include "expr/shape.h"
#include "print/form.h"

enum { FEW = 8 };

static bool numeric_exponent(const Entry *e)
{
    return !e->expo || ex_is_num(e->expo->node);
}

static void info_power(Entry *e)
{
    const Entry *b = e->base;
    bool num = numeric_exponent(e);
    bool integer = num && num_is_int(e->expo->node->num);

    e->has_sym = b->has_sym || e->expo->has_sym;
    e->poly = num && b->poly && (integer || b->rank == R_SYM || b->rank <= R_CONST);
    e->deg = e->poly ? b->deg * num_to_double(e->expo->node->num) : 0;
    if (ex_is_exp(e->node))
        e->rank = num ? R_CONST : R_EXP;
    else if (ex_is_num(b->node))
        e->rank = num ? R_ROOT : R_POWER;
    else if (!num)
        e->rank = R_POWER;
    else if (!integer && b->poly && b->rank > R_SYM)
        e->rank = R_RADICAL;
    else
        e->rank = b->rank;
    if (e->rank == R_CONST && num)
        e->poly = true;
}

static bool has_minus(const Node *term)
{
    const Node *k = ex_is(term, OP_SCALE) ? term->a[0] : term;

    return ex_is_num(k) && num_sgn(k->num) < 0;
}

static void info_sum(Forms *F, Entry *e)
{
    e->poly = true;
    e->deg = 0;
    for (uint32_t i = 0; i < e->node->n; i++) {
        const Entry *kid = form_entry(F, e->node->a[i]);
        e->poly = e->poly && kid->poly;
        e->has_sym = e->has_sym || kid->has_sym;
        e->minus += has_minus(e->node->a[i]);
        if (i == 0 || kid->deg > e->deg)
            e->deg = kid->deg;
    }
    e->rank = e->poly ? R_SUM : R_FSUM;
}

static void info_product(Entry *e)
{
    e->poly = true;
    e->deg = 0;
    for (uint32_t i = 0; i < e->nfac; i++) {
        e->poly = e->poly && e->fac[i]->poly;
        e->has_sym = e->has_sym || e->fac[i]->has_sym;
        if (e->fac[i]->poly)
            e->deg += e->fac[i]->deg;
    }
    e->rank = R_OTHER;
}

void form_set_order_info(Forms *F, Entry *e)
{
    Op op = (Op)e->node->op;

    e->has_sym = op == OP_SYM;
    switch (op) {
    case OP_NUM:
    case OP_CONST:
        e->rank = op == OP_NUM ? R_ROOT : R_CONST;
        e->poly = true;
        break;
    case OP_SYM:
        e->rank = R_SYM;
        e->poly = true;
        e->deg = 1;
        break;
    case OP_ADD: info_sum(F, e); break;
    case OP_MUL:
    case OP_SCALE: info_product(e); break;
    case OP_POW: info_power(e); break;
    default:
        e->rank = op_is_function(op) ? R_FUNCTION : op == OP_APPLY ? R_APPLY : R_OTHER;
        for (uint32_t i = 0; i < e->node->n; i++)
            e->has_sym = e->has_sym || form_entry(F, e->node->a[i])->has_sym;
    }
}

/* Larger numeric exponents first; symbolic ones after them. */
static int cmp_exponents(const Entry *a, const Entry *b)
{
    bool na = numeric_exponent(a), nb = numeric_exponent(b);
    Num xa, xb;

    if (na != nb)
        return na ? -1 : 1;
    if (!na)
        return ex_cmp(a->expo->node, b->expo->node);
    xa = a->expo ? a->expo->node->num : NUM_ONE;
    xb = b->expo ? b->expo->node->num : NUM_ONE;
    return num_cmp(xb, xa);
}

/* Functions by their row in the table, then by arguments. */
static int cmp_bases(const Entry *a, const Entry *b)
{
    const Node *x = a->base->node, *y = b->base->node;

    if (x == y)
        return 0;
    if (a->rank == R_FUNCTION && x->op != y->op)
        return x->op < y->op ? -1 : 1;
    if (a->rank == R_SUM && a->base->deg != b->base->deg)
        return a->base->deg < b->base->deg ? -1 : 1;
    return ex_cmp(x, y);
}

static int cmp_factors(const Entry *a, const Entry *b)
{
    int d;

    bool tensor = a->node && shape_is_tensor(a->node->shape);

    if (tensor !=
        (b->node && shape_is_tensor(b->node->shape))) /* numbers before tensors */
        return tensor ? 1 : -1;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->rank != R_EXP && (d = cmp_bases(a, b)) != 0)
        return d;
    if (a->rank == R_EXP)
        return ex_cmp(a->expo->node, b->expo->node);
    return cmp_exponents(a, b);
}

/* Factor lists from their first factor of rank `from` on; the longer one first. */
static int cmp_lists(const Entry *a, const Entry *b, int from)
{
    uint32_t i = 0, j = 0;

    while (i < a->nfac && a->fac[i]->rank < from)
        i++;
    while (j < b->nfac && b->fac[j]->rank < from)
        j++;
    for (; i < a->nfac && j < b->nfac; i++, j++) {
        int d = a->fac[i] == b->fac[j] ? 0 : cmp_factors(a->fac[i], b->fac[j]);
        if (d)
            return d;
    }
    return i < a->nfac ? -1 : j < b->nfac ? 1 : 0;
}

static int term_class(const Entry *rest)
{
    return !rest->poly ? 1 : rest->has_sym ? 0 : 2;
}

static int cmp_terms(const Entry *a, const Entry *b)
{
    int ca = term_class(a), cb = term_class(b), d;

    if (ca != cb)
        return ca < cb ? -1 : 1;
    if (ca == 1 && (d = cmp_lists(a, b, R_POWER)) != 0)
        return d;
    if (a->deg != b->deg)
        return a->deg > b->deg ? -1 : 1;
    d = cmp_lists(a, b, R_SYM);
    d = d ? d : cmp_lists(a, b, R_ROOT);
    return d || !a->node || !b->node ? d : ex_cmp(a->node, b->node);
}

bool print_merge_sort(Ctx *c, void *data, size_t n, size_t size,
                      bool (*le)(const void *, const void *))
{
    char *from = data, *to;
    ArenaMark m = arena_mark(&c->tmp);
    size_t sorted = 1;

    while (sorted < n && le(from + (sorted - 1) * size, from + sorted * size))
        sorted++;
    if (sorted >= n)
        return true;
    to = arena_alloc(&c->tmp, n * size);
    if (!to)
        return false;
    for (size_t w = 1; w < n; w *= 2) {
        char *t;
        for (size_t lo = 0; lo < n; lo += 2 * w) {
            size_t mid = lo + w < n ? lo + w : n, hi = mid + w < n ? mid + w : n;
            size_t i = lo, j = mid;
            for (size_t k = lo; k < hi; k++) {
                bool left = j == hi || (i < mid && le(from + i * size, from + j * size));
                memcpy(to + k * size, from + (left ? i++ : j++) * size, size);
            }
            if (ctx_poll(c))
                return false;
        }
        t = from;
        from = to;
        to = t;
    }
    if (from != (char *)data)
        memcpy(data, from, n * size);
    arena_release(&c->tmp, m);
    return true;
}

static bool le_factor(const void *a, const void *b)
{
    return cmp_factors(*(Entry *const *)a, *(Entry *const *)b) <= 0;
}

static bool le_term(const void *a, const void *b)
{
    return cmp_terms(((const OrderedTerm *)a)->rest, ((const OrderedTerm *)b)->rest) <= 0;
}

bool form_order_factors(Forms *F, Entry **f, size_t n)
{
    for (size_t i = 1; n <= FEW && i < n; i++) { /* by insertion */
        Entry *x = f[i];
        size_t j = i;
        for (; j > 0 && cmp_factors(f[j - 1], x) > 0; j--)
            f[j] = f[j - 1];
        f[j] = x;
    }
    return n <= FEW || print_merge_sort(F->c, f, n, sizeof(*f), le_factor);
}

static void move_to_front(OrderedTerm *t, size_t i)
{
    OrderedTerm x = t[i];

    memmove(t + 1, t, i * sizeof(*t));
    t[0] = x;
}

/* Its first function is a bounded one: 1 + cos(x). */
static bool leads_bounded(const Entry *rest)
{
    for (uint32_t i = 0; i < rest->nfac; i++) {
        const Entry *f = rest->fac[i];
        if (f->rank == R_EXP)
            return true;
        if (f->rank == R_FUNCTION)
            return op_info((Op)f->base->node->op)->flags & BOUNDED;
        if (f->rank >= R_POWER)
            return false;
    }
    return false;
}

/* The terms are powers of what is one factor each, and constants. */
static bool is_polynomial(const OrderedTerm *t, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (term_class(t[k].rest) == 1 ||
            (term_class(t[k].rest) == 0 && t[k].rest->nfac != 1))
            return false;
    return true;
}

static bool in_one_symbol(const OrderedTerm *t, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (term_class(t[k].rest) == 0 &&
            t[k].rest->fac[0]->base != t[0].rest->fac[0]->base)
            return false;
    return true;
}

static void reverse_terms(OrderedTerm *t, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        OrderedTerm x = t[i];
        t[i] = t[n - 1 - i];
        t[n - 1 - i] = x;
    }
}

static bool sort_terms(Forms *F, OrderedTerm *t, size_t n)
{
    for (size_t i = 1; n <= FEW && i < n; i++) { /* by insertion */
        OrderedTerm x = t[i];
        size_t j = i;
        for (; j > 0 && cmp_terms(t[j - 1].rest, x.rest) > 0; j--)
            t[j] = t[j - 1];
        t[j] = x;
    }
    return n <= FEW || print_merge_sort(F->c, t, n, sizeof(*t), le_term);
}

/* Its part before functions is a number times symbols above the fraction line. */
static bool has_monomial(const Entry *rest)
{
    for (uint32_t i = 0; i < rest->nfac && rest->fac[i]->rank < R_POWER; i++)
        if (rest->fac[i]->rank > R_SYM || rest->fac[i]->den)
            return false;
    return true;
}

/* Terms of one polynomial, alone or times the same functions, whose powers fall from a to b. */
static bool falls_from(const Entry *a, const Entry *b)
{
    bool functions = term_class(a) == 1;

    return a->deg > b->deg && functions == (term_class(b) == 1) && has_monomial(a) &&
           has_monomial(b) && (!functions || cmp_lists(a, b, R_POWER) == 0);
}

/* The first term that is not negative and may stand first: a polynomial's powers keep falling, but
 * for x - x^2. n: there is none. */
static size_t first_positive(const OrderedTerm *t, size_t n)
{
    size_t i = 0;

    while (i < n && (t[i].neg || (n > 2 && falls_from(t[0].rest, t[i].rest))))
        i++;
    return i;
}

/* Several terms of a polynomial, and a function to stand before them. */
static bool has_function_first(const OrderedTerm *t, size_t n)
{
    size_t i = n > 2 && term_class(t[1].rest) == 0 ? first_positive(t, n) : n;

    return i < n && term_class(t[i].rest) == 1;
}

bool form_order_terms(Forms *F, OrderedTerm *t, size_t n, bool *falls)
{
    const OrderedTerm *last;
    size_t first;

    if (!sort_terms(F, t, n))
        return false;
    if (n < 2)
        return true;
    *falls = t[0].neg;
    last = &t[n - 1];
    if (term_class(last->rest) == 2 && !last->neg && term_class(t[0].rest) != 2 &&
        (t[0].neg ? !has_function_first(t, n) : leads_bounded(t[0].rest))) {
        if (t[0].neg && is_polynomial(t, n - 1)) /* 1 + 2*x - x^3 */
            reverse_terms(t, n - 1);
        move_to_front(t, n - 1);
        return true;
    }
    if (t[0].neg && !last->neg && is_polynomial(t, n) && in_one_symbol(t, n)) {
        reverse_terms(t, n); /* x - x^2 + 2*x^3 - x^4 */
        return true;
    }
    first = t[0].neg ? first_positive(t, n) : n;
    if (first < n)
        move_to_front(t, first);
    return true;
}
