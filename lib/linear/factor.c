/* linear/factor.c - LU, Cholesky, QR, and exponentials by scaling and squaring. */
#include "linear/internal.h"

/* ---- products ---------------------------------------------------------------------------- */
void linear_product(Env *env, size_t m, size_t k, size_t n, const double *a,
                    const double *b, double *c)
{
    const Lapack *l = linear_lapack(m < n ? m : n);
    if (l) { /* of columns: c' = b'*a' */
        int mi = (int)m, ki = (int)k, ni = (int)n;
        double one = 1, zero = 0;
        l->gemm("N", "N", &ni, &mi, &ki, &one, b, &ni, a, &ki, &zero, c, &ni, 1, 1);
        return;
    }
    memset(c, 0, m * n * sizeof *c);
    for (size_t i = 0; i < m && !env_poll(env); i++)
        for (size_t p = 0; p < k; p++)
            for (size_t j = 0; j < n; j++)
                c[i * n + j] += a[i * k + p] * b[p * n + j];
}

/* ---- LU ---------------------------------------------------------------------------------- */
/* a = p*l*u in place, with partial pivoting: row i was exchanged with piv[i]. SINGULAR: a pivot is
 * 0; the elimination goes on beyond it. */
static Outcome lu_here(Env *env, size_t n, double *a, int *piv)
{
    Outcome o = DONE;
    for (size_t k = 0; k < n; k++) {
        size_t p = k;
        if (env_poll(env))
            return STOPPED;
        for (size_t i = k + 1; i < n; i++)
            if (fabs(a[i * n + k]) > fabs(a[p * n + k]))
                p = i;
        piv[k] = (int)p;
        if (a[p * n + k] == 0) {
            o = SINGULAR;
            continue;
        }
        for (size_t j = 0; p != k && j < n; j++) {
            double t = a[p * n + j];
            a[p * n + j] = a[k * n + j];
            a[k * n + j] = t;
        }
        for (size_t i = k + 1; i < n; i++) {
            double f = a[i * n + k] /= a[k * n + k];
            for (size_t j = k + 1; f != 0 && j < n; j++)
                a[i * n + j] -= f * a[k * n + j];
        }
    }
    return o;
}

/* x, n*k, becomes inv(a)*x, where a is factored. */
static void lu_solve_here(size_t n, size_t k, const double *a, const int *piv, double *x)
{
    for (size_t i = 0; i < n; i++) {
        size_t p = (size_t)piv[i];
        for (size_t c = 0; p != i && c < k; c++) {
            double t = x[p * k + c];
            x[p * k + c] = x[i * k + c];
            x[i * k + c] = t;
        }
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            for (size_t c = 0; c < k; c++)
                x[i * k + c] -= a[i * n + j] * x[j * k + c];
    for (size_t i = n; i-- > 0;) {
        for (size_t j = i + 1; j < n; j++)
            for (size_t c = 0; c < k; c++)
                x[i * k + c] -= a[i * n + j] * x[j * k + c];
        for (size_t c = 0; c < k; c++)
            x[i * k + c] /= a[i * n + i];
    }
}

typedef struct {
    const Lapack *lapack; /* a is factored by columns, that is, its transpose is */
    size_t n;
    double *a;
    int *piv;
} Lu;

static Outcome lu_open(Env *env, Lu *f, size_t n, const double *a)
{
    *f = (Lu){.lapack = linear_lapack(n), .n = n, .a = linear_new(env, n * n)};
    f->piv = mem_alloc((n + 1) * sizeof *f->piv);
    if (!f->a || !f->piv)
        return FAILED;
    memcpy(f->a, a, n * n * sizeof *a);
    if (!f->lapack)
        return lu_here(env, n, f->a, f->piv);
    int size = (int)n, info = 0;
    f->lapack->getrf(&size, &size, f->a, &size, f->piv, &info);
    return info > 0 ? SINGULAR : DONE;
}

static void lu_close(Lu *f)
{
    mem_free(f->a);
    mem_free(f->piv);
}

/* x becomes inv(a)*x. */
static Outcome lu_solve(Env *env, const Lu *f, size_t k, double *x)
{
    if (!f->lapack) {
        lu_solve_here(f->n, k, f->a, f->piv, x);
        return DONE;
    }
    double *t = linear_new(env, f->n * k);
    int n = (int)f->n, columns = (int)k, info = 0;
    if (!t)
        return FAILED;
    linear_transpose(f->n, k, x, t);
    f->lapack->getrs("T", &n, &columns, f->a, &n, f->piv, t, &n, &info, 1);
    linear_transpose(k, f->n, t, x);
    mem_free(t);
    return DONE;
}

Outcome linear_solve(Env *env, const LinearJob *j)
{
    Lu f;
    size_t n = j->n, k = j->b ? j->k : n;
    Outcome o = lu_open(env, &f, n, j->a);
    if (j->b)
        memcpy(j->out, j->b, n * k * sizeof *j->out);
    for (size_t i = 0; !j->b && i < n * n; i++)
        j->out[i] = i % (n + 1) ? 0 : 1;
    if (o == DONE)
        o = lu_solve(env, &f, k, j->out);
    lu_close(&f);
    return o;
}

Outcome linear_det(Env *env, const LinearJob *j, double *sign, double *log_size,
                   double *det)
{
    Lu f;
    Outcome o = lu_open(env, &f, j->n, j->a);
    int first = f.lapack ? 1 : 0; /* LAPACK counts rows from 1 */
    *sign = *det = 1;
    *log_size = 0;
    for (size_t i = 0; o == DONE && i < j->n; i++) {
        double d = f.a[i * (j->n + 1)];
        d = f.piv[i] - first == (int)i ? d : -d;
        *det *= d;
        *sign = d < 0 ? -*sign : *sign;
        *log_size += log(fabs(d));
    }
    if (o == SINGULAR)
        *sign = *det = 0;
    lu_close(&f);
    return o == SINGULAR ? DONE : o;
}

/* ---- Cholesky ---------------------------------------------------------------------------- */
static Outcome cholesky_here(Env *env, size_t n, double *a)
{
    for (size_t i = 0; i < n; i++) {
        if (env_poll(env))
            return STOPPED;
        for (size_t k = 0; k <= i; k++) {
            double s = a[i * n + k];
            for (size_t j = 0; j < k; j++)
                s -= a[i * n + j] * a[k * n + j];
            if (k == i && !(s > 0))
                return INDEFINITE;
            a[i * n + k] = k == i ? sqrt(s) : s / a[k * n + k];
        }
    }
    return DONE;
}

Outcome linear_cholesky(Env *env, const LinearJob *j)
{
    size_t n = j->n;
    const Lapack *l = linear_lapack(n);
    Outcome o = DONE;
    if (!linear_is_symmetric(n, j->a))
        return ASYMMETRIC;
    memcpy(j->out, j->a, n * n * sizeof *j->a);
    if (l) { /* the upper triangle of columns is the lower one of rows */
        int size = (int)n, info = 0;
        l->potrf("U", &size, j->out, &size, &info, 1);
        o = info > 0 ? INDEFINITE : DONE;
    } else {
        o = cholesky_here(env, n, j->out);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++)
            j->out[i * n + k] = 0;
    return o;
}

/* ---- QR ---------------------------------------------------------------------------------- */
/* The reflection that takes column c of a, from row c on, to a multiple of the first axis, put there;
 * its factor. 0: nothing is to be reflected. */
static Wide reflection(size_t m, size_t n, Wide *a, size_t c)
{
    Wide s = 0, first = a[c * n + c];
    for (size_t i = c; i < m; i++)
        s += a[i * n + c] * a[i * n + c];
    s = sqrtl(s);
    if (s == 0)
        return 0;
    Wide alpha = first > 0 ? -s : s, v = first - alpha;
    for (size_t i = c + 1; i < m; i++)
        a[i * n + c] /= v;
    a[c * n + c] = alpha;
    return -v / alpha;
}

/* Column k of b, m*w, reflected by column c of a. */
static void reflect(size_t m, size_t n, const Wide *a, size_t c, Wide tau, Wide *b,
                    size_t w, size_t k)
{
    Wide s = b[c * w + k];
    for (size_t i = c + 1; i < m; i++)
        s += a[i * n + c] * b[i * w + k];
    s *= tau;
    b[c * w + k] -= s;
    for (size_t i = c + 1; i < m; i++)
        b[i * w + k] -= s * a[i * n + c];
}

static Outcome qr_here(Env *env, size_t m, size_t n, Wide *a, Wide *tau, Wide *q)
{
    size_t k = m < n ? m : n;
    for (size_t c = 0; c < k; c++) {
        if (env_poll(env))
            return STOPPED;
        tau[c] = reflection(m, n, a, c);
        for (size_t i = c + 1; i < n; i++)
            reflect(m, n, a, c, tau[c], a, n, i);
    }
    for (size_t i = 0; i < m * k; i++)
        q[i] = i / k == i % k;
    for (size_t c = k; c-- > 0;)
        for (size_t i = 0; i < k; i++)
            reflect(m, n, a, c, tau[c], q, k, i);
    return DONE;
}

/* Row i of R and column i of Q change their sign where R has a negative number on its diagonal. */
static void make_positive(size_t m, size_t n, size_t k, double *q, double *r)
{
    for (size_t i = 0; i < k; i++) {
        if (!(r[i * n + i] < 0))
            continue;
        for (size_t j = i; j < n; j++)
            r[i * n + j] = -r[i * n + j];
        for (size_t j = 0; j < m; j++)
            q[j * k + i] = -q[j * k + i];
    }
}

static Outcome qr_lapack(Env *env, const Lapack *l, const LinearJob *j, double *q,
                         double *r)
{
    size_t m = j->m, n = j->n, k = m < n ? m : n;
    int mi = (int)m, ni = (int)n, ki = (int)k, info = 0, room = 64 * (int)(m + n);
    double *t = linear_new(env, m * n), *tau = linear_new(env, k),
           *work = linear_new(env, (size_t)room);
    if (t && tau && work) {
        linear_transpose(m, n, j->a, t);
        l->geqrf(&mi, &ni, t, &mi, tau, work, &room, &info);
        for (size_t i = 0; i < k; i++)
            for (size_t c = 0; c < n; c++)
                r[i * n + c] = c >= i ? t[c * m + i] : 0;
        l->orgqr(&mi, &ki, &ki, t, &mi, tau, work, &room, &info);
        linear_transpose(k, m, t, q);
    }
    bool ok = t && tau && work;
    mem_free(t);
    mem_free(tau);
    mem_free(work);
    return ok && !info ? DONE : FAILED;
}

Outcome linear_qr(Env *env, const LinearJob *j)
{
    size_t m = j->m, n = j->n, k = m < n ? m : n;
    double *q = j->out, *r = q + m * k;
    const Lapack *l = linear_lapack(k);
    Outcome o = FAILED;
    if (l) {
        o = qr_lapack(env, l, j, q, r);
    } else {
        Wide *a = linear_wide(env, j->a, m * n), *tau = mem_alloc((k + 1) * sizeof *tau),
             *w = mem_alloc((m * k + 1) * sizeof *w);
        o = a && tau && w ? qr_here(env, m, n, a, tau, w) : FAILED;
        for (size_t i = 0; o == DONE && i < m * k; i++)
            q[i] = (double)w[i];
        for (size_t i = 0; o == DONE && i < k * n; i++)
            r[i] = i % n >= i / n ? (double)a[i] : 0;
        mem_free(a);
        mem_free(tau);
        mem_free(w);
    }
    make_positive(m, n, k, q, r);
    return o;
}

/* ---- exponentials ------------------------------------------------------------------------ */
static double norm1(size_t n, const double *a)
{
    double most = 0;
    for (size_t k = 0; k < n; k++) {
        double s = 0;
        for (size_t i = 0; i < n; i++)
            s += fabs(a[i * n + k]);
        most = fmax(most, s);
    }
    return most;
}

/* u and v of the [13/13] approximant of Padé: odd and even part of the numerator, for powers
 * a, a^2, a^4, a^6 in p[1], p[2], p[4], p[6]; t: room. (Higham, SIAM J. Matrix Anal. Appl. 26, 2005) */
static void pade_parts(Env *env, size_t n, double *const *p, double *u, double *v,
                       double *t)
{
    static const double b[] = {64764752532480000.,
                               32382376266240000.,
                               7771770303897600.,
                               1187353796428800.,
                               129060195264000.,
                               10559470521600.,
                               670442572800.,
                               33522128640.,
                               1323241920.,
                               40840800.,
                               960960.,
                               16380.,
                               182.,
                               1.};
    size_t nn = n * n;
    for (size_t i = 0; i < nn; i++)
        t[i] = b[13] * p[6][i] + b[11] * p[4][i] + b[9] * p[2][i];
    linear_product(env, n, n, n, p[6], t, u);
    for (size_t i = 0; i < nn; i++)
        u[i] +=
            b[7] * p[6][i] + b[5] * p[4][i] + b[3] * p[2][i] + (i % (n + 1) ? 0 : b[1]);
    memcpy(v, u, nn * sizeof *u);
    linear_product(env, n, n, n, p[1], v, u);
    for (size_t i = 0; i < nn; i++)
        t[i] = b[12] * p[6][i] + b[10] * p[4][i] + b[8] * p[2][i];
    linear_product(env, n, n, n, p[6], t, v);
    for (size_t i = 0; i < nn; i++)
        v[i] +=
            b[6] * p[6][i] + b[4] * p[4][i] + b[2] * p[2][i] + (i % (n + 1) ? 0 : b[0]);
}

/* x = expm(a). */
static Outcome exponential(Env *env, size_t n, const double *a, double *x)
{
    enum { ROOMS = 7 };
    const double most = 5.371920351148152;
    size_t nn = n * n;
    double *m = linear_new(env, ROOMS * nn), norm = norm1(n, a);
    int squarings = norm > most ? (int)ceil(log2(norm / most)) : 0;
    if (!m)
        return FAILED;
    double *p[] = {NULL, m, m + nn, NULL, m + 2 * nn, NULL, m + 3 * nn}, *u = m + 4 * nn,
           *v = m + 5 * nn, *t = m + 6 * nn;
    for (size_t i = 0; i < nn; i++)
        p[1][i] = ldexp(a[i], -squarings);
    linear_product(env, n, n, n, p[1], p[1], p[2]);
    linear_product(env, n, n, n, p[2], p[2], p[4]);
    linear_product(env, n, n, n, p[4], p[2], p[6]);
    pade_parts(env, n, p, u, v, t);
    for (size_t i = 0; i < nn; i++) {
        t[i] = v[i] + u[i];
        v[i] -= u[i];
    }
    Outcome o = linear_solve(env, &(LinearJob){.n = n, .k = n, .a = v, .b = t, .out = x});
    for (int i = 0; o == DONE && i < squarings && !env_poll(env); i++) {
        memcpy(t, x, nn * sizeof *x);
        linear_product(env, n, n, n, t, t, x);
    }
    mem_free(m);
    return o;
}

Outcome linear_expm(Env *env, const LinearJob *j)
{
    return exponential(env, j->n, j->a, j->out);
}

/* part (i, k) of a matrix of `of` times `of` matrices of n rows: a where it is none yet */
static void put_part(size_t n, size_t of, double *big, size_t i, size_t k,
                     const double *a)
{
    for (size_t r = 0; r < n; r++)
        memcpy(big + (i * n + r) * n * of + k * n, a + r * n, n * sizeof *a);
}

/* The last part of the first row of expm([A, E; 0, A]), or of
 * expm([A, E, F, 0; 0, A, 0, F; 0, 0, A, E; 0, 0, 0, A]). */
Outcome linear_dexpm(Env *env, const LinearJob *j)
{
    size_t n = j->n, of = j->c ? 4 : 2, size = of * n;
    double *big = linear_new(env, size * size), *x = linear_new(env, size * size);
    Outcome o = FAILED;
    if (big && x) {
        memset(big, 0, size * size * sizeof *big);
        for (size_t i = 0; i < of; i++)
            put_part(n, of, big, i, i, j->a);
        put_part(n, of, big, 0, 1, j->b);
        if (j->c) {
            put_part(n, of, big, 2, 3, j->b);
            put_part(n, of, big, 0, 2, j->c);
            put_part(n, of, big, 1, 3, j->c);
        }
        o = exponential(env, size, big, x);
    }
    for (size_t i = 0; o == DONE && i < n; i++)
        memcpy(j->out + i * n, x + i * size + (of - 1) * n, n * sizeof *x);
    mem_free(big);
    mem_free(x);
    return o;
}
