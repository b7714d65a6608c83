/* linear/spectral.c - eigenvalues of symmetric matrices and singular values by Jacobi's rotations, and
 * what is made of singular values. */
#include "linear/internal.h"

enum { SWEEPS = 60 };

bool linear_is_symmetric(size_t n, const double *a)
{
    double most = 0, off = 0;
    for (size_t i = 0; i < n * n; i++) {
        most = fmax(most, fabs(a[i]));
        off = fmax(off, fabs(a[i] - a[i % n * n + i / n]));
    }
    return off <= 1e-12 * most;
}

double linear_sign(const double *v, size_t n, size_t k, size_t i)
{
    size_t at = 0;
    for (size_t r = 1; r < n; r++)
        if (fabs(v[r * k + i]) > fabs(v[at * k + i]) * (1 + 1e-12))
            at = r;
    return v[at * k + i] < 0 ? -1 : 1;
}

/* ---- symmetric matrices ------------------------------------------------------------------ */
typedef struct {
    Wide c, s;
} Rotation;

/* The one that makes 0 of the element between diagonal elements x and y. */
static Rotation rotation_of(Wide x, Wide between, Wide y)
{
    Wide theta = (y - x) / (2 * between);
    Wide t = (theta < 0 ? -1 : 1) / (fabsl(theta) + sqrtl(theta * theta + 1));
    Wide c = 1 / sqrtl(t * t + 1);
    return (Rotation){c, t * c};
}

static void rotate(Wide *x, Wide *y, Rotation r)
{
    Wide a = *x, b = *y;
    *x = r.c * a - r.s * b;
    *y = r.s * a + r.c * b;
}

/* One sweep over all pairs; false: nothing was left to do. */
static bool sweep_symmetric(size_t n, Wide *a, Wide *v)
{
    bool any = false;
    for (size_t p = 0; p + 1 < n; p++) {
        for (size_t q = p + 1; q < n; q++) {
            Wide x = a[p * n + p], y = a[q * n + q], e = a[p * n + q];
            if (fabsl(e) <= 1e-21L * sqrtl(fabsl(x * y)) || e == 0)
                continue;
            if (x + e == x && y + e == y && fabsl(e) <= 1e-20L * (fabsl(x) + fabsl(y))) {
                a[p * n + q] = a[q * n + p] = 0;
                continue;
            }
            Rotation r = rotation_of(x, e, y);
            for (size_t i = 0; i < n; i++)
                rotate(&a[i * n + p], &a[i * n + q], r);
            for (size_t i = 0; i < n; i++)
                rotate(&a[p * n + i], &a[q * n + i], r);
            a[p * n + q] = a[q * n + p] = 0;
            for (size_t i = 0; i < n; i++)
                rotate(&v[i * n + p], &v[i * n + q], r);
            any = true;
        }
    }
    return any;
}

/* A component of a vector of length 1, or 0 for what rounding left of it. */
static double component(Wide x) { return fabsl(x) < 1e-18L ? 0 : (double)x; }

/* order[] of n numbers x[i*step], ascending or descending */
static void sort_values(size_t n, const Wide *x, size_t step, bool descending,
                        size_t *order)
{
    for (size_t i = 0; i < n; i++) {
        size_t k = i;
        for (; k > 0; k--) {
            Wide a = x[order[k - 1] * step], b = x[i * step];
            if (descending ? a >= b : a <= b)
                break;
            order[k] = order[k - 1];
        }
        order[k] = i;
    }
}

static void flip_columns(size_t n, size_t k, double *v)
{
    for (size_t i = 0; i < k; i++) {
        double s = linear_sign(v, n, k, i);
        for (size_t r = 0; s < 0 && r < n; r++)
            v[r * k + i] = -v[r * k + i];
    }
}

static Outcome eigh_here(Env *env, size_t n, const double *a, double *w, double *v)
{
    Wide *x = linear_wide(env, a, n * n), *y = mem_alloc((n * n + 1) * sizeof *y);
    size_t *order = mem_alloc((n + 1) * sizeof *order);
    Outcome o = x && y && order ? DONE : FAILED;
    for (size_t i = 0; o == DONE && i < n * n; i++) {
        y[i] = i % (n + 1) ? 0 : 1;
        x[i] = ((Wide)a[i] + a[i % n * n + i / n]) / 2;
    }
    for (int i = 0; o == DONE && i < SWEEPS && sweep_symmetric(n, x, y); i++)
        if (env_poll(env))
            o = STOPPED;
    if (o == DONE)
        sort_values(n, x, n + 1, false, order);
    for (size_t k = 0; o == DONE && k < n; k++) {
        w[k] = (double)x[order[k] * (n + 1)];
        for (size_t i = 0; i < n; i++)
            v[i * n + k] = component(y[i * n + order[k]]);
    }
    mem_free(x);
    mem_free(y);
    mem_free(order);
    return o;
}

static Outcome eigh_lapack(Env *env, const Lapack *l, size_t n, const double *a,
                           double *w, double *v)
{
    size_t room = 1 + 6 * n + 2 * n * n;
    int size = (int)n, info = 0, lwork = (int)room, liwork = 3 + 5 * (int)n;
    double *t = linear_new(env, n * n), *work = linear_new(env, room);
    int *iwork = mem_alloc((size_t)liwork * sizeof *iwork);
    bool ok = t && work && iwork;
    for (size_t i = 0; ok && i < n * n; i++)
        t[i] = (a[i] + a[i % n * n + i / n]) / 2;
    if (ok) {
        l->syevd("V", "L", &size, t, &size, w, work, &lwork, iwork, &liwork, &info, 1, 1);
        linear_transpose(n, n, t, v);
    }
    mem_free(t);
    mem_free(work);
    mem_free(iwork);
    return ok && !info ? DONE : FAILED;
}

Outcome linear_eigh(Env *env, const LinearJob *j)
{
    size_t n = j->n;
    const Lapack *l = linear_lapack(n);
    double *w = j->out, *v = w + n;
    if (!linear_is_symmetric(n, j->a))
        return ASYMMETRIC;
    Outcome o = l && n < 30000 ? eigh_lapack(env, l, n, j->a, w, v)
                               : eigh_here(env, n, j->a, w, v);
    if (o == DONE)
        flip_columns(n, n, v);
    return o;
}

/* ---- singular values --------------------------------------------------------------------- */
/* One sweep over all pairs of columns of a, m*n, which become orthogonal, and of v; false: they are. */
static bool sweep_columns(size_t m, size_t n, Wide *a, Wide *v)
{
    bool any = false;
    for (size_t p = 0; p + 1 < n; p++) {
        for (size_t q = p + 1; q < n; q++) {
            Wide x = 0, y = 0, e = 0;
            for (size_t i = 0; i < m; i++) {
                x += a[i * n + p] * a[i * n + p];
                y += a[i * n + q] * a[i * n + q];
                e += a[i * n + p] * a[i * n + q];
            }
            if (fabsl(e) <= 2e-19L * sqrtl(x) * sqrtl(y) || e == 0)
                continue;
            Rotation r = rotation_of(x, e, y);
            for (size_t i = 0; i < m; i++)
                rotate(&a[i * n + p], &a[i * n + q], r);
            for (size_t i = 0; i < n; i++)
                rotate(&v[i * n + p], &v[i * n + q], r);
            any = true;
        }
    }
    return any;
}

/* Column k of u, m rows of `columns`, becomes one of length 1 orthogonal to those before it. */
static void complete_column(size_t m, size_t columns, double *u, size_t k)
{
    for (size_t axis = 0; axis < m; axis++) {
        double s = 0;
        for (size_t i = 0; i < m; i++)
            u[i * columns + k] = i == axis;
        for (int twice = 0; twice < 2; twice++)
            for (size_t c = 0; c < k; c++) {
                double d = 0;
                for (size_t i = 0; i < m; i++)
                    d += u[i * columns + c] * u[i * columns + k];
                for (size_t i = 0; i < m; i++)
                    u[i * columns + k] -= d * u[i * columns + c];
            }
        for (size_t i = 0; i < m; i++)
            s += u[i * columns + k] * u[i * columns + k];
        if (s < 0.5 / (double)m)
            continue;
        for (size_t i = 0; i < m; i++)
            u[i * columns + k] /= sqrt(s);
        return;
    }
}

/* a, m*n with m >= n, which is b*v' with orthogonal columns of b. */
static void put_svd(size_t m, size_t n, const Wide *b, const Wide *v, const Wide *size,
                    const size_t *order, double *u, double *s, double *w)
{
    for (size_t k = 0; k < n; k++) {
        size_t c = order[k];
        bool zero = size[c] <= 1e-18L * size[order[0]];
        s[k] = zero ? 0 : (double)size[c];
        for (size_t i = 0; i < n; i++)
            w[i * n + k] = component(v[i * n + c]);
        for (size_t i = 0; !zero && i < m; i++)
            u[i * n + k] = component(b[i * n + c] / size[c]);
        if (zero)
            complete_column(m, n, u, k);
    }
}

static Outcome svd_tall(Env *env, size_t m, size_t n, const double *a, double *u,
                        double *s, double *v)
{
    Wide *b = linear_wide(env, a, m * n), *w = mem_alloc((n * n + 1) * sizeof *w),
         *size = mem_alloc((n + 1) * sizeof *size);
    size_t *order = mem_alloc((n + 1) * sizeof *order);
    Outcome o = b && w && size && order ? DONE : FAILED;
    for (size_t i = 0; o == DONE && i < n * n; i++)
        w[i] = i % (n + 1) ? 0 : 1;
    for (int i = 0; o == DONE && i < SWEEPS && sweep_columns(m, n, b, w); i++)
        if (env_poll(env))
            o = STOPPED;
    for (size_t k = 0; o == DONE && k < n; k++) {
        Wide x = 0;
        for (size_t i = 0; i < m; i++)
            x += b[i * n + k] * b[i * n + k];
        size[k] = sqrtl(x);
    }
    if (o == DONE) {
        sort_values(n, size, 1, true, order);
        put_svd(m, n, b, w, size, order, u, s, v);
    }
    mem_free(b);
    mem_free(w);
    mem_free(size);
    mem_free(order);
    return o;
}

/* Of a transposed, as LAPACK sees rows: its left vectors are v. */
static Outcome svd_lapack(Env *env, const Lapack *l, const LinearJob *j, double *u,
                          double *s, double *v)
{
    size_t m = j->m, n = j->n, k = m < n ? m : n, most = m < n ? n : m;
    size_t room = 4 * k * k + 7 * k + most + 64 * (m + n);
    int mi = (int)n, ni = (int)m, ki = (int)k, info = 0, lwork = (int)room;
    double *t = linear_new(env, m * n), *left = linear_new(env, n * k),
           *work = linear_new(env, room);
    int *iwork = mem_alloc(8 * (k + 1) * sizeof *iwork);
    bool ok = t && left && work && iwork;
    if (ok) {
        memcpy(t, j->a, m * n * sizeof *t);
        l->gesdd("S", &mi, &ni, t, &mi, s, left, &mi, u, &ki, work, &lwork, iwork, &info,
                 1);
        linear_transpose(k, n, left, v);
    }
    mem_free(t);
    mem_free(left);
    mem_free(work);
    mem_free(iwork);
    return ok && !info ? DONE : FAILED;
}

/* The sign of column i of v, and of u with it. */
static void flip_pairs(size_t m, size_t n, size_t k, double *u, double *v)
{
    for (size_t i = 0; i < k; i++) {
        double s = linear_sign(v, n, k, i);
        for (size_t r = 0; s < 0 && r < n; r++)
            v[r * k + i] = -v[r * k + i];
        for (size_t r = 0; s < 0 && r < m; r++)
            u[r * k + i] = -u[r * k + i];
    }
}

Outcome linear_svd(Env *env, const LinearJob *j)
{
    size_t m = j->m, n = j->n, k = m < n ? m : n;
    double *u = j->out, *s = u + m * k, *v = s + k;
    const Lapack *l = linear_lapack(k);
    Outcome o = FAILED;
    if (l && k < 20000) {
        o = svd_lapack(env, l, j, u, s, v);
    } else if (m >= n) {
        o = svd_tall(env, m, n, j->a, u, s, v);
    } else {
        double *t = linear_new(env, m * n);
        if (t) {
            linear_transpose(m, n, j->a, t);
            o = svd_tall(env, n, m, t, v, s, u);
        }
        mem_free(t);
    }
    if (o == DONE)
        flip_pairs(m, n, k, u, v);
    return o;
}

/* ---- what is made of them ---------------------------------------------------------------- */
typedef struct {
    size_t m, n, k;
    double *u, *s, *v; /* one block, at u */
    double largest;
} Svd;

static Outcome svd_open(Env *env, Svd *d, const LinearJob *j)
{
    size_t k = j->m < j->n ? j->m : j->n;
    *d = (Svd){.m = j->m, .n = j->n, .k = k};
    d->u = linear_new(env, linear_results(LINEAR_SVD, j->m, j->n, 0));
    if (!d->u)
        return FAILED;
    d->s = d->u + j->m * k;
    d->v = d->s + k;
    LinearJob svd = {.op = LINEAR_SVD, .m = j->m, .n = j->n, .a = j->a, .out = d->u};
    Outcome o = linear_svd(env, &svd);
    d->largest = k ? d->s[0] : 0;
    return o;
}

/* What is not 0 for certain. */
static bool counts(const Svd *d, double s)
{
    double size = (double)(d->m > d->n ? d->m : d->n);
    return s > size * 2.220446049250313e-16 * d->largest;
}

Outcome linear_rank(Env *env, const LinearJob *j)
{
    Svd d;
    Outcome o = svd_open(env, &d, j);
    *j->out = 0;
    for (size_t i = 0; o == DONE && i < d.k; i++)
        *j->out += counts(&d, d.s[i]);
    mem_free(d.u);
    return o;
}

/* out = v*x*u', n*m, where x is k*k */
static void between(Env *env, const Svd *d, const double *x, double *t, double *ut,
                    double *out)
{
    linear_transpose(d->m, d->k, d->u, ut);
    linear_product(env, d->n, d->k, d->k, d->v, x, t);
    linear_product(env, d->n, d->k, d->m, t, ut, out);
}

Outcome linear_pinv(Env *env, const LinearJob *j)
{
    Svd d;
    Outcome o = svd_open(env, &d, j);
    double *x = linear_new(env, d.k * d.k), *t = linear_new(env, d.n * d.k),
           *ut = linear_new(env, d.k * d.m);
    if (!x || !t || !ut)
        o = FAILED;
    if (o == DONE) {
        memset(x, 0, d.k * d.k * sizeof *x);
        for (size_t i = 0; i < d.k; i++)
            x[i * (d.k + 1)] = counts(&d, d.s[i]) ? 1 / d.s[i] : 0;
        between(env, &d, x, t, ut, j->out);
    }
    mem_free(d.u);
    mem_free(x);
    mem_free(t);
    mem_free(ut);
    return o;
}

/* The product of all singular values but the i-th and the k-th; SIZE_MAX: none of them. */
static double product_without(const Svd *d, size_t i, size_t k)
{
    double p = 1;
    for (size_t c = 0; c < d->k; c++)
        p *= c == i || c == k ? 1 : d->s[c];
    return p;
}

/* det(u)*det(v), 1 or -1 */
static Outcome orientation(Env *env, const Svd *d, double *sign)
{
    double s[2], size, det;
    LinearJob u = {.op = LINEAR_DET, .m = d->n, .n = d->n, .a = d->u}, v = u;
    v.a = d->v;
    Outcome o = linear_det(env, &u, &s[0], &size, &det);
    if (o == DONE)
        o = linear_det(env, &v, &s[1], &size, &det);
    *sign = s[0] * s[1];
    return o;
}

/* adj(u*s*v') is det(u*v')*v*adj(s)*u'. */
static void adj_of_values(const Svd *d, double *x)
{
    memset(x, 0, d->k * d->k * sizeof *x);
    for (size_t i = 0; i < d->k; i++)
        x[i * (d->k + 1)] = product_without(d, i, SIZE_MAX);
}

/* m becomes the derivative of adj(s) along m. */
static void dadj_of_values(const Svd *d, const double *m, double *x)
{
    size_t n = d->k;
    for (size_t i = 0; i < n; i++) {
        x[i * n + i] = 0;
        for (size_t k = 0; k < n; k++) {
            if (k == i)
                continue;
            double p = product_without(d, i, k);
            x[i * n + k] = -m[i * n + k] * p;
            x[i * n + i] += m[k * n + k] * p;
        }
    }
}

static Outcome adj_or_derivative(Env *env, const LinearJob *j)
{
    Svd d;
    size_t n = j->n;
    double sign = 1;
    Outcome o = svd_open(env, &d, j);
    double *x = linear_new(env, n * n), *t = linear_new(env, n * n),
           *ut = linear_new(env, n * n), *m = linear_new(env, n * n);
    if (!x || !t || !ut || !m)
        o = FAILED;
    if (o == DONE)
        o = orientation(env, &d, &sign);
    if (o == DONE && j->b) {
        linear_transpose(n, n, d.u, ut);
        linear_product(env, n, n, n, ut, j->b, t);
        linear_product(env, n, n, n, t, d.v, m);
        dadj_of_values(&d, m, x);
    } else if (o == DONE) {
        adj_of_values(&d, x);
    }
    if (o == DONE)
        between(env, &d, x, t, ut, j->out);
    for (size_t i = 0; o == DONE && i < n * n; i++)
        j->out[i] *= sign;
    mem_free(d.u);
    mem_free(x);
    mem_free(t);
    mem_free(ut);
    mem_free(m);
    return o;
}

Outcome linear_adj(Env *env, const LinearJob *j) { return adj_or_derivative(env, j); }
Outcome linear_dadj(Env *env, const LinearJob *j) { return adj_or_derivative(env, j); }
