/* field/heavy.c - see heavy.h. What will take long runs in a child process, in about the time that
 * the numbers of terms and limbs let expect; factorisations, of which nothing can be told before,
 * from a size on that takes them much longer than making a child. */
#include "field/heavy.h"
#include "base/child.h"
#include "flint/wire.h"

#include <math.h>

/* seconds a product of two coefficients takes, and of two limbs in it */
static const double PRODUCT = 3e-8, LIMB = 5e-9;
enum { LONG_POLY = 150, HIGH_POLY = 40, HIGH_UNIVARIATE = 100 };

typedef struct task {
    Field *f;
    fmpz_mpoly_struct *r;
    const fmpz_mpoly_struct *a, *b;
    ulong n;
    fmpz_mpoly_factor_struct *fac;
    fmpz_poly_factor_struct *ufac;
    const fmpz_poly_struct *u;
    bool (*work)(struct task *t);
} Task;

static void run_task(void *arg, Str *answer)
{
    Task *t = arg;
    const fmpz_mpoly_ctx_struct *ctx = t->f->ctx;
    bool ok = t->work(t);
    wire_put_word(answer, ok);
    if (ok && t->r)
        wire_put_mpoly(answer, t->r, ctx);
    if (ok && t->fac)
        wire_put_mpoly_factor(answer, t->fac, ctx);
    if (ok && t->ufac)
        wire_put_poly_factor(answer, t->ufac);
}

static bool run(Task *t, double seconds)
{
    Env *env = &t->f->c->env;
    if (!child_pays(env, seconds))
        return t->work(t);
    Str answer = {0};
    bool ok = child_run(env, run_task, t, &answer);
    Wire w = wire_read(&answer);
    ok = ok && wire_get_word(&w);
    if (ok && t->r)
        wire_get_mpoly(&w, t->r, t->f->ctx);
    if (ok && t->fac)
        wire_get_mpoly_factor(&w, t->fac, t->f->ctx);
    if (ok && t->ufac)
        wire_get_poly_factor(&w, t->ufac);
    str_free(&answer);
    return ok && !w.bad;
}

static double bits_of(const fmpz_mpoly_t p)
{
    return fabs((double)fmpz_mpoly_max_bits(p));
}

/* ---- products and powers */
static bool do_mul(Task *t)
{
    fmpz_mpoly_mul(t->r, t->a, t->b, t->f->ctx);
    return true;
}

bool heavy_mul(Field *f, fmpz_mpoly_t r, const fmpz_mpoly_t a, const fmpz_mpoly_t b)
{
    Task t = {.f = f, .r = r, .a = a, .b = b, .work = do_mul};
    double products = (double)a->length * (double)b->length;
    if (products < 64)
        return do_mul(&t);
    double limbs = bits_of(a) / 64 + bits_of(b) / 64;
    return run(&t, products * (PRODUCT + LIMB * limbs));
}

double heavy_limbs(const fmpz_mpoly_t a, ulong n)
{
    return (double)n * (bits_of(a) + log2((double)a->length + 1)) / 64;
}

static bool do_pow(Task *t) { return fmpz_mpoly_pow_ui(t->r, t->a, t->n, t->f->ctx); }

bool heavy_pow(Field *f, fmpz_mpoly_t r, const fmpz_mpoly_t a, ulong n, double terms)
{
    Task t = {.f = f, .r = r, .a = a, .n = n, .work = do_pow};
    return run(&t, terms * (double)a->length * (PRODUCT + LIMB * heavy_limbs(a, n)));
}

/* ---- factors */
static bool do_factor(Task *t)
{
    return t->n ? fmpz_mpoly_factor_squarefree(t->fac, t->a, t->f->ctx)
                : fmpz_mpoly_factor(t->fac, t->a, t->f->ctx);
}

bool heavy_factor(Field *f, fmpz_mpoly_factor_t fac, const fmpz_mpoly_t p,
                  bool powers_only)
{
    Task t = {.f = f, .a = p, .n = powers_only, .fac = fac, .work = do_factor};
    slong degree[FIELD_GENS], sum = 0;
    fmpz_mpoly_degrees_si(degree, p, f->ctx);
    for (slong g = 0; g < f->nvars; g++)
        sum += degree[g];
    return run(&t, p->length > LONG_POLY || sum > HIGH_POLY ? 1 : 0);
}

static bool do_factor_univariate(Task *t)
{
    fmpz_poly_factor(t->ufac, t->u);
    return true;
}

bool heavy_factor_univariate(Field *f, fmpz_poly_factor_t fac, const fmpz_poly_t p)
{
    Task t = {.f = f, .ufac = fac, .u = p, .work = do_factor_univariate};
    return run(&t, fmpz_poly_degree(p) > HIGH_UNIVARIATE ? 1 : 0);
}
