/* simplify/prove.c - is an expression zero for all real values at which it is defined?
 *
 * YES by normal form: after basis_rewrite the generators are independent, so the expression is zero
 * if its numerator is, modulo the relations of roots and signs. NO by a certified value that
 * is not 0. Expressions with branches are proved branch by branch.
 */
#include "ball/ball.h"
#include "expr/internal.h"
#include "simplify/internal.h"

enum { PROOF_FUEL = 40000000, MAX_CASES = 6, POINTS = 6 };

/* ---- normal form ------------------------------------------------------------------- */
/* What n's own functions and the statement's facts say of signs. A fact that the field cannot
 * take in is left out. */
static void use_facts(Field *f, Node *const *fact, size_t n)
{
    for (size_t i = 0; i < n && !f->failed; i++) {
        const Elem *e = field_elem(f, fact[i]);
        if (e)
            field_nonnegative(f, e);
    }
}

static bool zero_by_field(Ctx *c, Node *all, size_t nfacts)
{
    Field f;
    ArenaMark m = arena_mark(&c->tmp);
    field_init(&f, c, FIELD_PROVE, PROOF_FUEL, all);
    use_facts(&f, all->a + 1, nfacts);
    const Elem *e = field_elem(&f, all->a[0]);
    bool zero = false;
    if (e) {
        Elem t;
        el_init(&f, &t);
        el_set(&f, &t, e);
        zero = field_is_zero(&f, &t);
        el_clear(&f, &t);
    }
    field_clear(&f);
    arena_release(&c->tmp, m);
    return zero;
}

static void own_facts(Ctx *c, Node *n)
{
    size_t count = 0;
    ArenaMark m = arena_mark(&c->tmp);
    Node **order = ex_walk(c, 1, &n, &count);
    for (size_t i = 0; order && i < count; i++)
        if (op_is_function((Op)order[i]->op))
            ctx_domain_facts(c, order[i]);
    arena_release(&c->tmp, m);
}

/* The facts are rewritten together with n: they need the same generators. */
static bool zero_by_normal_form(Ctx *c, Node *n)
{
    Attempt at = attempt_begin(c);
    size_t nfacts = c->nfacts;
    own_facts(c, n);
    Node **v = ARENA_NEW(&c->tmp, Node *, c->nfacts + 1);
    bool zero = false;
    if (v) {
        v[0] = n;
        if (c->nfacts)
            memcpy(v + 1, c->facts, c->nfacts * sizeof *v);
        Node *b = basis_rewrite(c, ex_list(c, c->nfacts + 1, v));
        if (!ctx_failed(c) && b->op == OP_LIST)
            zero = b->a[0] == c->zero || (c->nfacts && zero_by_field(c, b, c->nfacts)) ||
                   zero_by_field(c, b, 0);
    }
    c->nfacts = nfacts;
    return attempt_end(c, &at) && zero;
}

static bool is_if(Ctx *c, Node *n, void *arg)
{
    (void)c, (void)arg;
    return ex_is(n, OP_IF);
}

typedef struct {
    Node *e;
    Node *fact[MAX_CASES + 2]; /* what the branches taken so far say: >= 0 */
    size_t n;
} Case;

/* What the condition says, as something that is not negative; NULL when it says no such thing. */
static Node *condition_fact(Ctx *c, Node *cond, bool holds)
{
    if (cond->op != OP_LT && cond->op != OP_LE)
        return NULL;
    Node *d = ex_sub(c, cond->a[1], cond->a[0]);
    return holds ? d : ex_neg(c, d);
}

static bool zero_in_case(Ctx *c, const Case *k)
{
    size_t nfacts = c->nfacts;
    for (size_t i = 0; i < k->n; i++)
        ctx_fact(c, k->fact[i]);
    bool zero = zero_by_normal_form(c, k->e);
    c->nfacts = nfacts;
    return zero;
}

/* Zero in every branch: at most MAX_CASES of them are tried. */
static bool zero_by_cases(Ctx *c, Node *n)
{
    Case todo[MAX_CASES + 2] = {{.e = n}};
    size_t k = 1, tried = 0;
    while (k) {
        Case now = todo[--k];
        /* the first: its branches hold no other */
        Node *branch =
            now.e->flags & NF_COND ? ex_find(c, now.e, NF_COND, is_if, NULL) : NULL;
        if (!branch) {
            if (++tried > MAX_CASES || !zero_in_case(c, &now))
                return false;
            continue;
        }
        if (k + 2 > MAX_CASES)
            return false;
        for (int i = 1; i <= 2; i++) {
            Case *next = &todo[k++];
            *next = now;
            next->e = ex_replace(c, now.e, &branch, &branch->a[i], 1);
            Node *fact = condition_fact(c, branch->a[0], i == 1);
            if (fact && next->n < MAX_CASES)
                next->fact[next->n++] = fact;
        }
    }
    return true;
}

/* ---- a value that is not zero ------------------------------------------------------ */
static uint64_t next_random(uint64_t *s)
{
    *s = *s * 6364136223846793005u + 1442695040888963407u;
    return *s >> 33;
}

static bool nonzero_at(Ctx *c, Node *n, const uint32_t *syms, size_t k, uint64_t seed)
{
    arb_struct *v = ARENA_NEW(&c->tmp, arb_struct, k + 1);
    if (!v)
        return false;
    for (size_t i = 0; i < k; i++) {
        int64_t a = (int64_t)(next_random(&seed) % 4000) -
                    (c->syms[syms[i]].assume == S_POS ? 0 : 1200);
        arb_init(&v[i]);
        arb_set_si(&v[i], a == 0 ? 7 : a);
        arb_div_si(&v[i], &v[i], 1009, 128);
        arb_get_mid_arb(&v[i], &v[i]);
    }
    arb_t r;
    arb_init(r);
    bool ok =
        ball_eval(c, n, syms, v, k, 128, r, NULL) == LBZ_OK && !arb_contains_zero(r);
    arb_clear(r);
    for (size_t i = 0; i < k; i++)
        arb_clear(&v[i]);
    return ok;
}

static bool nonzero_somewhere(Ctx *c, Node *n)
{
    size_t k;
    ArenaMark m = arena_mark(&c->tmp);
    uint32_t *syms = ex_free_syms(c, n, &k);
    bool found = false;
    for (uint64_t i = 0; i < POINTS && !found && !ctx_poll(c); i++)
        found = nonzero_at(c, n, syms, k, 0x9e3779b9u * (i + 1));
    arena_release(&c->tmp, m);
    return found;
}

/* A square root of a sum as what it is by itself: abs(a + b) where the sum is a square. */
static Node *root_alone(Ctx *c, Node *n, void *arg)
{
    (void)arg;
    bool root = ex_is(n, OP_POW) && ex_is(n->a[0], OP_ADD) && ex_is_num(n->a[1]) &&
                n->a[1]->num.q == 2 && n->syms;
    Node *r = root ? simplify(c, n, SIMPLIFY_DEEP) : n;
    return r == n ? NULL : r;
}

static bool zero_by_roots(Ctx *c, Node *n)
{
    Node *r = ctx_failed(c) ? n : ex_swap(c, n, root_alone, NULL);
    return r != n && !ctx_failed(c) && zero_by_cases(c, r);
}

Proof prove_zero(Ctx *c, Node *n)
{
    if (n->flags & NF_DEC) {
        Attempt at = attempt_begin(c);
        n = ex_without_decimals(c, n);
        if (!attempt_end(c, &at))
            return PROOF_UNKNOWN;
    }
    if (n->op == OP_LIST) {
        for (uint32_t i = 0; i < n->n; i++) {
            Proof p = prove_zero(c, n->a[i]); /* depth of lists: bounded by the parser */
            if (p != PROOF_YES)
                return p;
        }
        return PROOF_YES;
    }
    if (ex_is_num(n))
        return num_is_zero(n->num) ? PROOF_YES : PROOF_NO;
    if (ex_is_nonzero(n))
        return PROOF_NO;
    if (zero_by_cases(c, n))
        return PROOF_YES;
    Node *t = ctx_failed(c) ? n : simplify(c, n, SIMPLIFY_DEEP);
    if (t != n && !ctx_failed(c) && (t == c->zero || zero_by_cases(c, t)))
        return PROOF_YES;
    if (zero_by_roots(c, n))
        return PROOF_YES;
    return !ctx_failed(c) && nonzero_somewhere(c, n) ? PROOF_NO : PROOF_UNKNOWN;
}
