/* ball/integral.c - certified definite integrals over finite intervals, by
 * adaptive Gauss-Legendre quadrature with rigorous bounds (acb_calc_integrate).
 *
 * The integrand is evaluated in a complex frame of its own. What goes wrong in it for
 * good (a point of the interval where it certainly has no value, a limit, an interrupt)
 * ends the integral; what is only undecided makes the integrator split the interval. Removable
 * singularities are looked for first, and filled.
 */
#include "ball/internal.h"
#include "ball/removable.h"
#include <acb_calc.h>

typedef struct {
    BallEval *ev;
    BallFrame *frame;
    const Node *body;
    bool analytic; /* at every point, not only where the integrator asks for it */
    const Removables *gaps; /* NULL: none */
    lbz_status status;
    const Node *bad;
} Integrand;

/* Values of products that are 0/0 somewhere in x are put where they will be looked up. */
static void fill_gaps(Integrand *g, const acb_t x, slong prec)
{
    acb_t v;
    acb_init(v);
    for (size_t i = 0; i < g->gaps->n; i++) {
        const Removable *r = &g->gaps->v[i];
        if (!arb_contains_zero(acb_imagref(x)) || !arb_contains(acb_realref(x), r->at))
            continue;
        if (!ball_removable_value(g->gaps, i, x, prec, v))
            continue;
        BallVal *to = ball_done(g->ev, g->frame, r->product);
        if (to) {
            acb_set(&to->z, v);
            ball_fail(to, LBZ_OK, NULL);
            to->gen = g->frame->gen;
        }
    }
    acb_clear(v);
}

static int integrand(acb_ptr out, const acb_t x, void *param, slong order, slong prec)
{
    Integrand *g = param;
    acb_indeterminate(out);
    if (g->status || order > 1)
        return 0;
    g->frame->analytic = order == 1 || g->analytic;
    g->frame->prec = prec;
    g->frame->gen++;
    acb_set(&g->frame->at, x);
    if (g->gaps)
        fill_gaps(g, x, prec);
    const BallVal *w = ball_node(g->ev, g->frame, g->body);
    if (!w) {
        g->status = g->ev->stop;
    } else if (w->status == LBZ_OK) {
        acb_set(out, &w->z);
    } else if (w->status != LBZ_UNABLE) {
        g->status = w->status;
        g->bad = w->bad;
    }
    return 0;
}

static void integrate(acb_t r, Integrand *g, const acb_t lo, const acb_t hi, slong prec)
{
    acb_calc_integrate_opt_t opt;
    mag_t tol;
    acb_calc_integrate_opt_init(opt);
    if (g->ev->depth > 1) /* it is evaluated many times */
        opt->eval_limit = 500 + 20 * prec;
    mag_init(tol);
    mag_set_ui_2exp_si(tol, 1, -prec);
    acb_calc_integrate(r, integrand, g, lo, hi, prec, tol, opt, prec);
    mag_clear(tol);
}

/* The names of the integrand and their values; false when one is a variable of an outer integral,
 * or there is nothing to divide by. */
static bool gaps_possible(Removables *r, BallEval *ev, BallFrame *f, const Node *n)
{
    size_t k = 0;
    uint32_t *syms = ex_free_syms(ev->c, (Node *)(uintptr_t)n, &k);
    arb_struct *vals = ARENA_NEW(&ev->c->tmp, arb_struct, k + 1);
    *r = (Removables){
        .c = ev->c, .x = n->a[1]->sym, .syms = syms, .vals = vals, .nsyms = k};
    if (!syms || !vals || f->outer)
        return false;
    for (size_t i = 0; i < k; i++) {
        uint64_t at;
        if (!map_get(&ev->bound, syms[i], &at))
            return false;
        vals[i] = ev->at[at]; /* shared, not owned */
    }
    return true;
}

static void integrate_filled(acb_t r, Integrand *g, BallFrame *f, const Node *n,
                             const acb_t lo, const acb_t hi, slong prec)
{
    Removables gaps;
    ArenaMark m = arena_mark(&g->ev->c->tmp);
    if (gaps_possible(&gaps, g->ev, f, n))
        ball_removables(&gaps, g->body, lo, hi);
    g->gaps = gaps.n ? &gaps : NULL;
    integrate(r, g, lo, hi, prec);
    g->gaps = NULL;
    ball_removables_clear(&gaps);
    arena_release(&g->ev->c->tmp, m);
}

/* Inside another integral the bounds and the integrand may depend on its complex
 * variable; then the value is analytic in that if the integrand is so throughout. */
void ball_integrate(BallEval *ev, BallFrame *f, const Node *n, BallVal *out)
{
    BallFrame in;
    Integrand g = {.ev = ev, .frame = &in, .body = n->a[0]};
    acb_t lo, hi;
    acb_init(lo);
    acb_init(hi);
    acb_set(lo, ball_carg(ev, f, n, 2));
    acb_set(hi, ball_carg(ev, f, n, 3));
    g.analytic = (f->complex && f->analytic) || !acb_is_real(lo) || !acb_is_real(hi);
    if (!acb_is_finite(lo) || !acb_is_finite(hi)) {
        ball_fail(out, LBZ_UNABLE, n);
    } else if (!ball_frame_init(&in, f, n->a[1]->sym, f->prec)) {
        ball_no_memory(ev);
        ball_frame_clear(&in);
    } else {
        in.complex = true;
        integrate_filled(&out->z, &g, f, n, lo, hi, f->prec);
        if (!f->complex)
            arb_zero(acb_imagref(&out->z)); /* the value is real */
        if (g.status || !ball_sane(acb_realref(&out->z)) ||
            !ball_sane(acb_imagref(&out->z)))
            ball_fail(out, g.status ? g.status : LBZ_UNABLE, g.status ? g.bad : n);
        ball_frame_clear(&in);
    }
    acb_clear(lo);
    acb_clear(hi);
}
