/* linear/linear.c - what is asked, by whom it is done, and the errors: see linear.h. */
#include "base/child.h"
#include "linear/internal.h"

static size_t least(size_t m, size_t n) { return m < n ? m : n; }

size_t linear_results(LinearOp op, size_t m, size_t n, size_t k)
{
    switch (op) {
    case LINEAR_DET:
    case LINEAR_LOGDET:
    case LINEAR_RANK: return 1;
    case LINEAR_SOLVE: return n * k;
    case LINEAR_PINV: return n * m;
    case LINEAR_EIG:
    case LINEAR_EIGH: return n + n * n;
    case LINEAR_SVD: return least(m, n) * (m + n + 1);
    case LINEAR_QR: return least(m, n) * (m + n);
    default: return n * n;
    }
}

double *linear_new(Env *env, size_t n)
{
    double *r = mem_alloc((n + 1) * sizeof *r);
    if (!r)
        env_error(env, LBZ_LIMIT, NULL, "out of memory for a matrix of %zu elements", n);
    return r;
}

Wide *linear_wide(Env *env, const double *a, size_t n)
{
    Wide *r = mem_alloc((n + 1) * sizeof *r);
    if (!r)
        env_error(env, LBZ_LIMIT, NULL, "out of memory for a matrix of %zu elements", n);
    for (size_t i = 0; r && i < n; i++)
        r[i] = a[i];
    return r;
}

/* ---- one job ---------------------------------------------------------------------------- */
static Outcome determinant(Env *env, const LinearJob *j)
{
    double sign, size, det;
    Outcome o = linear_det(env, j, &sign, &size, &det);
    if (o != DONE)
        return o;
    *j->out = j->op == LINEAR_DET ? det : sign > 0 ? size : sign < 0 ? NAN : -INFINITY;
    return DONE;
}

static Outcome perform(Env *env, const LinearJob *j)
{
    switch (j->op) {
    case LINEAR_DET:
    case LINEAR_LOGDET: return determinant(env, j);
    case LINEAR_SOLVE:
    case LINEAR_INVERSE: return linear_solve(env, j);
    case LINEAR_ADJ: return linear_adj(env, j);
    case LINEAR_DADJ: return linear_dadj(env, j);
    case LINEAR_PINV: return linear_pinv(env, j);
    case LINEAR_CHOLESKY: return linear_cholesky(env, j);
    case LINEAR_EXPM: return linear_expm(env, j);
    case LINEAR_DEXPM: return linear_dexpm(env, j);
    case LINEAR_EIG: return linear_eig(env, j);
    case LINEAR_EIGH: return linear_eigh(env, j);
    case LINEAR_SVD: return linear_svd(env, j);
    case LINEAR_QR: return linear_qr(env, j);
    case LINEAR_RANK: return linear_rank(env, j);
    }
    return FAILED;
}

/* About so many times n^3 operations. */
static double work_of(const LinearJob *j)
{
    static const double times[] = {
        [LINEAR_DET] = 1,     [LINEAR_LOGDET] = 1,   [LINEAR_SOLVE] = 1,
        [LINEAR_INVERSE] = 3, [LINEAR_ADJ] = 30,     [LINEAR_DADJ] = 35,
        [LINEAR_PINV] = 30,   [LINEAR_CHOLESKY] = 1, [LINEAR_EXPM] = 40,
        [LINEAR_DEXPM] = 320, [LINEAR_EIG] = 60,     [LINEAR_EIGH] = 20,
        [LINEAR_SVD] = 30,    [LINEAR_QR] = 4,       [LINEAR_RANK] = 30};
    double m = (double)j->m, n = (double)j->n, k = m < n ? m : n;
    return times[j->op] * m * n * (k + (double)j->k);
}

/* ---- in a child -------------------------------------------------------------------------- */
typedef struct {
    Env *env;
    const LinearJob *job;
} Task;

static void run_task(void *arg, Str *answer)
{
    const Task *t = arg;
    const LinearJob *j = t->job;
    Outcome o = perform(t->env, j);
    str_put(answer, (const char *)&o, sizeof o);
    if (o == DONE)
        str_put(answer, (const char *)j->out,
                linear_results(j->op, j->m, j->n, j->k) * sizeof(double));
}

static Outcome run_in_child(Env *env, const LinearJob *j)
{
    Str answer = {0};
    Outcome o = STOPPED;
    size_t bytes = linear_results(j->op, j->m, j->n, j->k) * sizeof(double);
    bool ok = child_run(env, run_task, &(Task){env, j}, &answer);
    if (ok && answer.n >= sizeof o)
        memcpy(&o, answer.s, sizeof o);
    if (o == DONE && answer.n == sizeof o + bytes)
        memcpy(j->out, answer.s + sizeof o, bytes);
    else if (o == DONE)
        o = FAILED;
    str_free(&answer);
    return o;
}

/* ---- the entry --------------------------------------------------------------------------- */
static bool is_finite(const double *a, size_t n)
{
    for (size_t i = 0; a && i < n; i++)
        if (!isfinite(a[i]))
            return false;
    return true;
}

static bool report(Env *env, Outcome o)
{
    switch (o) {
    case DONE: return true;
    case SINGULAR:
        env_error(env, LBZ_DOMAIN, "its determinant is 0; pinv(A) is its pseudoinverse",
                  "the matrix is singular");
        return false;
    case INDEFINITE:
        env_error(env, LBZ_DOMAIN,
                  "cholesky is of a matrix whose eigenvalues are positive",
                  "the matrix is not positive definite");
        return false;
    case ASYMMETRIC:
        env_error(env, LBZ_DOMAIN, "(A + A')/2 is the symmetric part of A",
                  "this needs a symmetric matrix");
        return false;
    case COMPLEX:
        env_error(env, LBZ_DOMAIN, "those of a symmetric matrix are all real",
                  "the matrix has eigenvalues that are not real");
        return false;
    default: break;
    }
    if (!env_poll(env))
        env_error(env, LBZ_UNABLE, NULL, "this does not converge for the matrix");
    return false;
}

bool linear_run(Env *env, const LinearJob *j)
{
    enum { QUICK = 500000000 }; /* operations in a second, at least */
    size_t n = linear_results(j->op, j->m, j->n, j->k);
    size_t nb = j->op == LINEAR_SOLVE ? j->n * j->k : j->n * j->n;
    if (!is_finite(j->a, j->m * j->n) || !is_finite(j->b, nb) || !is_finite(j->c, nb)) {
        for (size_t i = 0; i < n; i++)
            j->out[i] = NAN;
        return true;
    }
    return report(env, child_pays(env, work_of(j) / QUICK) ? run_in_child(env, j)
                                                           : perform(env, j));
}
