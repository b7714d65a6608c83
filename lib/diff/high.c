/* diff/high.c - derivatives of high order at a number, and long Taylor polynomials, exactly, where the power
 * series there has rational coefficients.
 *
 * Those of exp, sin and their like grow as factorials do. A first run with few terms tells how large all will
 * be: too large ones are refused, large ones made in a child.
 */
#include "base/child.h"
#include "diff/rational.h"
#include "flint/wire.h"

#include <math.h>

enum {
    FIRST_TERMS = 96,
    MOST_BITS = 150000000, /* of the coefficients of one series */
    CHILD_BITS = 300000
};

/* The coefficients from..n are wanted. */
typedef struct {
    Rationals *s;
    Node *e;
    unsigned from, n;
    fmpq *k;   /* n + 1 of them */
    bool open; /* the first is no rational number */
    bool ok;
} Wanted;

static void find(Wanted *w, unsigned n)
{
    Rationals *s = w->s;
    ArenaMark m = arena_mark(&s->c->tmp);
    map_init(&s->of, &s->c->tmp);
    s->len = (slong)n + 1 + RATIONAL_MARGIN;
    w->ok = series_rational(s, w->e);
    const Rational *r = w->ok ? series_rational_get(s, w->e) : NULL;
    w->ok = r && r->v == 0 && r->n > (slong)n;
    w->open = r && r->open;
    for (unsigned i = w->from; w->ok && i <= n; i++)
        fmpq_poly_get_coeff_fmpq(w->k + i, r->p, i);
    series_rational_clear(s);
    arena_release(&s->c->tmp, m);
}

static void find_in_child(void *arg, Str *answer)
{
    Wanted *w = arg;
    find(w, w->n);
    wire_put_word(answer, w->ok);
    for (unsigned i = w->from; i <= w->n; i++) {
        wire_put_fmpz(answer, fmpq_numref(w->k + i));
        wire_put_fmpz(answer, fmpq_denref(w->k + i));
    }
}

static void find_aside(Wanted *w)
{
    Str answer = {0};
    w->ok = child_run(&w->s->c->env, find_in_child, w, &answer);
    Wire r = wire_read(&answer);
    w->ok = w->ok && wire_get_word(&r);
    for (unsigned i = w->from; w->ok && i <= w->n; i++) {
        wire_get_fmpz(&r, fmpq_numref(w->k + i));
        wire_get_fmpz(&r, fmpq_denref(w->k + i));
    }
    w->ok = w->ok && !r.bad;
    str_free(&answer);
}

/* So many bits are to be expected in the coefficients of a series of n terms. */
static double bits_expected(const Rationals *s, double n)
{
    return n * s->bits * n / FIRST_TERMS * log(n) / log(FIRST_TERMS);
}

static void find_within_bounds(Wanted *w)
{
    unsigned n = w->n;
    find(w, n < FIRST_TERMS ? n : FIRST_TERMS);
    double bits = bits_expected(w->s, n);
    if (w->ok && n > FIRST_TERMS && bits > MOST_BITS)
        w->ok = false;
    else if (w->ok && n > FIRST_TERMS && bits > CHILD_BITS)
        find_aside(w);
    else if (w->ok && n > FIRST_TERMS)
        find(w, n);
}

static Node *coefficient(Ctx *c, const fmpq_t k, Num times)
{
    Arena *a = ctx_arena(c);
    mpq_t q;
    mpq_init(q);
    fmpq_get_mpq(q, k);
    Node *r = ex_num(c, num_mul(a, num_set_mpq(a, q), times));
    mpq_clear(q);
    return r;
}

static bool wanted_init(Wanted *w, Ctx *c, Node *e, uint32_t x, Num at, unsigned n)
{
    *w = (Wanted){.s = mem_alloc(sizeof *w->s),
                  .e = e,
                  .n = n,
                  .k = mem_alloc((n + 1) * sizeof *w->k)};
    if (!w->s || !w->k)
        return false;
    *w->s = (Rationals){.c = c, .x = x, .at = at};
    for (unsigned i = 0; i <= n; i++)
        fmpq_init(w->k + i);
    return true;
}

static void wanted_clear(Wanted *w)
{
    for (unsigned i = 0; w->s && w->k && i <= w->n; i++)
        fmpq_clear(w->k + i);
    mem_free(w->k);
    mem_free(w->s);
}

Node *diff_high_rational(Ctx *c, Node *e, uint32_t x, Num at, unsigned n)
{
    Wanted w;
    Node *r = NULL;
    if (wanted_init(&w, c, e, x, at, n)) {
        w.from = n;
        find_within_bounds(&w);
        if (w.ok && w.s->filled)
            diff_note_filled(c, x, ex_num(c, at));
        r = w.ok ? coefficient(c, w.k + n, num_factorial(ctx_arena(c), n)) : NULL;
    }
    wanted_clear(&w);
    return attempt_forgive(c, FORGIVE_UNDEFINED) ? r : NULL;
}

bool diff_rational_series(Ctx *c, Node *e, uint32_t x, Num at, unsigned n, Node **out)
{
    Wanted w;
    bool ok = wanted_init(&w, c, e, x, at, n);
    if (ok) {
        find_within_bounds(&w);
        ok = w.ok && !w.open;
        if (ok && w.s->filled)
            diff_note_filled(c, x, ex_num(c, at));
        for (unsigned i = 0; ok && i <= n; i++)
            out[i] = coefficient(c, w.k + i, NUM_ONE);
    }
    wanted_clear(&w);
    return attempt_forgive(c, FORGIVE_UNDEFINED) && ok;
}
