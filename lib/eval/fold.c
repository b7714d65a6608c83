/* eval/fold.c - constants inside a result: decimals where a decimal went in, digits for
 * N, an error where there is no real value.
 *
 * Constants are taken as large as possible (the constant factors of a product together),
 * so that a value is rounded once.
 */
#include "eval/internal.h"

#include <stdio.h>

bool eval_is_constant(Ctx *c, Node *n)
{
    enum { NEVER = NF_STRUCTURAL | NF_POISON | NF_APPLY | NF_COND | NF_INF };
    if ((n->flags & NEVER) || n->op == OP_LIST || n->op == OP_RANGE ||
        n->op == OP_STRING || n->op == OP_DATA)
        return false;
    if (!n->syms || !(n->flags & NF_BINDER))
        return !n->syms;
    size_t k = 1; /* syms counts bound variables, too */
    ArenaMark m = arena_mark(&c->tmp);
    (void)ex_free_syms(c, n, &k);
    arena_release(&c->tmp, m);
    return k == 0;
}

/* ---- the walk over maximal constants */

typedef struct fold {
    Ctx *c;
    Node *(*constant)(struct fold *f, Node *k); /* what a maximal constant becomes */
    size_t digits;
} Fold;

static Node *fold_child(const Rewriting *w, Node *n)
{
    Fold *f = w->arg;
    return eval_is_constant(w->c, n) ? f->constant(f, n) : rewriting_of(w, n);
}

/* A sum or product: its constant operands as one. */
static Node *fold_group(const Rewriting *w, bool sum, Node *const *operand, size_t n)
{
    Ctx *c = w->c;
    Fold *f = w->arg;
    Node **k = ARENA_NEW(&c->tmp, Node *, n), **a = ARENA_NEW(&c->tmp, Node *, n + 1);
    size_t nk = 0, na = 0;
    if (!k || !a)
        return c->poison;
    for (size_t i = 0; i < n; i++)
        if (eval_is_constant(c, operand[i]))
            k[nk++] = operand[i];
        else
            a[na++] = rewriting_of(w, operand[i]);
    if (nk)
        a[na++] = f->constant(f, sum ? ex_add(c, nk, k) : ex_mul(c, nk, k));
    return sum ? ex_add(c, na, a) : ex_mul(c, na, a);
}

static Node *fold_scaled(const Rewriting *w, Node *n)
{
    Node *r = n->a[1];
    size_t k = ex_is(r, OP_MUL) ? r->n : 1;
    Node **operand = ARENA_NEW(&w->c->tmp, Node *, k + 1);
    if (!operand)
        return w->c->poison;
    operand[0] = n->a[0];
    memcpy(operand + 1, ex_is(r, OP_MUL) ? r->a : &n->a[1], k * sizeof *operand);
    return fold_group(w, false, operand, k + 1);
}

static Node *fold_step(const Rewriting *w, Node *n, Node *const *rewritten)
{
    Ctx *c = w->c;
    (void)rewritten; /* of constants it is the largest that count */
    if (!n->n || eval_is_constant(c, n))
        return n;
    if (ex_is(n, OP_SCALE))
        return fold_scaled(w, n);
    if (ex_is(n, OP_ADD) || ex_is(n, OP_MUL))
        return fold_group(w, ex_is(n, OP_ADD), n->a, n->n);
    Node **a = ARENA_NEW(&c->tmp, Node *, n->n);
    bool same = true;
    for (size_t i = 0; a && i < n->n; i++) {
        /* exponents and orders that are numbers stay what they are, and so does the e of
         * exp */
        bool stays = (ex_is_num(n->a[i]) && (ex_is(n, OP_POW) || ex_is(n, OP_APPLY))) ||
                     (i == 0 && ex_is_exp(n));
        a[i] = stays ? n->a[i] : fold_child(w, n->a[i]);
        same = same && a[i] == n->a[i];
    }
    return !a ? c->poison : same ? n : ex_rebuild(c, n, a);
}

static Node *fold_all(Fold *f, Node *e)
{
    return eval_is_constant(f->c, e) ? f->constant(f, e)
                                     : ex_rewrite(f->c, e, 0, fold_step, f);
}

/* ---- real values */

static Node *no_value(Ctx *c, const Node *bad)
{
    Str s = {0};
    print_brief(c, &s, (Node *)(uintptr_t)bad, 60);
    const char *domain =
        op_is_function((Op)bad->op) ? op_info((Op)bad->op)->domain : NULL;
    char hint[200] = "";
    if (domain && *domain) {
        snprintf(hint, sizeof hint, "the domain of %s: %s", op_info((Op)bad->op)->name,
                 domain);
    }
    c->env.about = bad;
    ctx_error(c, LBZ_DOMAIN, hint, "%s has no real value", str_cstr(&s));
    c->env.about = NULL;
    str_free(&s);
    return c->poison;
}

static bool is_risk(Ctx *c, Node *n, void *arg)
{
    (void)c, (void)arg;
    return ex_may_be_undefined(n);
}

/* False, with the error, when k certainly has no real value. */
static bool check_value(Ctx *c, Node *k)
{
    const Node *bad = NULL;
    if (ex_find(c, k, 0, is_risk, NULL) && ball_exists(c, k, &bad) == LBZ_DOMAIN)
        no_value(c, bad ? bad : k);
    return !ctx_failed(c);
}

/* Do so many bits leave it open whether k is 0? */
static bool is_open(Ctx *c, Node *k)
{
    enum { BITS = 256, MOST_BITS = 1 << 17 };
    arb_t x;
    slong bits = 0;
    arb_init(x);
    bool open = ball_eval(c, k, NULL, NULL, 0, BITS, x, NULL) == LBZ_OK &&
                arb_contains_zero(x) && mag_cmp_2exp_si(arb_radref(x), -BITS / 2) < 0;
    if (open)
        bits = ball_bits_wanted(x, BITS);
    if (bits && bits < MOST_BITS)
        open = ball_eval(c, k, NULL, NULL, 0, bits + BITS, x, NULL) == LBZ_OK &&
               arb_contains_zero(x);
    arb_clear(x);
    return open;
}

/* Is the constant 0 although no precision tells? A proof saves the search for digits. */
static bool proved_zero(Ctx *c, Node *k)
{
    bool open = !ex_is_num(k) && is_open(c, k);
    bool zero = open && !ctx_failed(c) && prove_zero(c, k) == PROOF_YES;
    (void)attempt_forgive(c, FORGIVE_UNDEFINED);
    return zero;
}

static Node *decimal_of(Fold *f, Node *k)
{
    Ctx *c = f->c;
    double d;
    if (ex_is_num(k) || !check_value(c, k) || !(k->flags & NF_DEC))
        return k;
    if (proved_zero(c, k))
        return ex_num(c, (Num){0, 1, true});
    if (ball_double(c, k, &d) != LBZ_OK || !(d - d == 0)) {
        (void)attempt_forgive(c, FORGIVE_UNDEFINED);
        return k;
    }
    Num x = num_from_double(ctx_arena(c), d);
    x.dec = true;
    return ex_num(c, x);
}

Node *eval_finish(Ctx *c, Node *e)
{
    enum {
        MOST_ROUNDS = 4
    }; /* a decimal that a sum takes in meets that sum's constants */
    Fold f = {c, decimal_of, 0};
    for (unsigned k = 0; k < MOST_ROUNDS; k++) {
        Node *r = ctx_failed(c) || !(e->flags & (NF_DEC | NF_RISK)) ? e : fold_all(&f, e);
        if (r == e)
            break;
        e = r;
    }
    return e;
}

/* ---- what was dropped */

void eval_check_dropped(Ctx *c)
{
    const Node *bad = c->ndropped ? ball_find_undefined(c, 0) : NULL;
    c->ndropped = 0;
    if (bad && !ctx_failed(c))
        no_value(c, bad);
}

/* ---- N */

/* k rounded to so many digits. */
static Node *round_constant(Fold *f, Node *k)
{
    Ctx *c = f->c;
    Str s = {0};
    Num x = NUM_ZERO;
    lbz_status st = ball_digits(c, k, f->digits, &s);
    size_t used = st == LBZ_OK ? num_parse(ctx_arena(c), str_cstr(&s), s.n, &x) : 0;
    bool negative = st == LBZ_OK && !used && s.n && s.s[0] == '-';
    if (negative && num_parse(ctx_arena(c), s.s + 1, s.n - 1, &x)) {
        x = num_neg(ctx_arena(c), x);
        used = s.n;
    }
    str_free(&s);
    if (!used)
        return ctx_failed(c) ? c->poison : k;
    if (ex_is_int(k) && num_cmp(x, k->num) == 0)
        return k;
    x.dec = true;
    return ex_num(c, x);
}

/* Integers inside a formula are exponents and factors: they stay. */
static Node *digits_of(Fold *f, Node *k)
{
    if (ex_is_int(k) && !(k->flags & NF_DEC))
        return k;
    return proved_zero(f->c, k) ? f->c->zero : round_constant(f, k);
}

/* An integral, sum or product without end that has no free names. */
static bool is_endless(Ctx *c, Node *x, void *arg)
{
    size_t k = 1;
    (void)arg;
    if ((ex_is(x, OP_INT) || ex_is(x, OP_SUM) || ex_is(x, OP_PROD)) &&
        ((x->a[2]->flags | x->a[3]->flags) & NF_INF)) {
        ArenaMark m = arena_mark(&c->tmp);
        (void)ex_free_syms(c, x, &k);
        arena_release(&c->tmp, m);
    }
    return k == 0;
}

static Node *endless_error(Ctx *c, Node *x)
{
    const char *what = ex_is(x, OP_INT)   ? "integral"
                       : ex_is(x, OP_SUM) ? "sum"
                                          : "product";
    c->env.about = x;
    ctx_error(
        c, LBZ_UNABLE,
        ex_is(x, OP_INT) ? "take a finite interval and bound the rest by hand"
                         : "take finitely many terms and bound the rest by hand",
        "the value of an infinite %s cannot be certified: no bound of its tail is known",
        what);
    c->env.about = NULL;
    return c->poison;
}

/* The digits as they are printed go to *text, unless the integer e has no more than these. */
static Node *numeric_text(Fold *f, Node *e, const char **text)
{
    Ctx *c = f->c;
    Num x;
    Str b = {0};
    bool ok = ball_digits(c, e, f->digits, &b) == LBZ_OK;
    const char *s = str_cstr(&b);
    size_t sign = *s == '-';
    bool whole = ok && ex_is_int(e) &&
                 num_parse(ctx_arena(c), s + sign, b.n - sign, &x) &&
                 num_cmp(x, num_abs(ctx_arena(c), e->num)) == 0;
    if (ok && !whole)
        *text = arena_strndup(&c->pool[1].arena, s, b.n);
    str_free(&b);
    return ctx_failed(c) ? c->poison : e;
}

/* Integers that are elements are rounded, those in formulas are not. Deeper lists than matrices
 * of matrices count as formulas. */
static Node *numeric_elements(Fold *f, Node *e, unsigned depth)
{
    Ctx *c = f->c;
    if (!ex_is(e, OP_LIST) || !depth)
        return ex_is_int(e) ? round_constant(f, e) : fold_all(f, e);
    Node **r = ARENA_NEW(&c->tmp, Node *, e->n + 1u);
    for (size_t i = 0; r && i < e->n; i++)
        r[i] = ctx_poll(c) ? c->poison : numeric_elements(f, e->a[i], depth - 1);
    return r ? ex_list(c, e->n, r) : c->poison;
}

Node *eval_numeric(Ctx *c, Node *e, size_t digits, bool integers, const char **text)
{
    enum { DEEPEST = 8 };
    Fold f = {c, digits_of, digits};
    Node *tail = e->flags & NF_INF ? ex_find(c, e, NF_INF, is_endless, NULL) : NULL;
    if (ctx_failed(c) || tail)
        return tail && !ctx_failed(c) ? endless_error(c, tail) : c->poison;
    if (ex_is_int(e) && !integers)
        return e;
    if (!text || !eval_is_constant(c, e))
        return integers ? numeric_elements(&f, e, DEEPEST) : fold_all(&f, e);
    return proved_zero(c, e) ? c->zero : numeric_text(&f, e, text);
}
