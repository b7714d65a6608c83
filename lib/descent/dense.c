/* descent/dense.c - eigenvalues and singular values by rotations. */
#include "descent/dense.h"

#include <float.h>
#include <math.h>
#include <string.h>

double dense_dot(const double *x, const double *y, size_t n)
{
    double s = 0;
    for (size_t i = 0; i < n; i++)
        s += x[i] * y[i];
    return s;
}

double dense_norm(const double *x, size_t n)
{
    double s = dense_dot(x, x, n), big = 0;
    if (s > 1e-290 && s < 1e290)
        return sqrt(s);
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]))
            return x[i];
        big = fmax(big, fabs(x[i]));
    }
    if (big == 0 || isinf(big))
        return big;
    s = 0;
    for (size_t i = 0; i < n; i++)
        s += (x[i] / big) * (x[i] / big);
    return big * sqrt(s);
}

double dense_distance(const double *x, const double *y, size_t n)
{
    double s = 0;
    for (size_t i = 0; i < n; i++)
        s += (x[i] - y[i]) * (x[i] - y[i]);
    if (s > 1e-290 && s < 1e290)
        return sqrt(s);
    s = 0;
    for (size_t i = 0; i < n; i++)
        s = hypot(s, x[i] - y[i]);
    return s;
}

static bool all_finite(const double *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(a[i]))
            return false;
    return true;
}

static void set_identity(double *v, size_t n)
{
    memset(v, 0, n * n * sizeof *v);
    for (size_t i = 0; i < n; i++)
        v[i * n + i] = 1;
}

/* The columns p and q of the m rows of a turn by (c, s). */
static void rotate_columns(double *a, size_t m, size_t n, size_t p, size_t q, double c,
                           double s)
{
    for (size_t i = 0; i < m; i++) {
        double x = a[i * n + p], y = a[i * n + q];
        a[i * n + p] = c * x - s * y;
        a[i * n + q] = s * x + c * y;
    }
}

static void rotate_rows(double *a, size_t n, size_t p, size_t q, double c, double s)
{
    for (size_t i = 0; i < n; i++) {
        double x = a[p * n + i], y = a[q * n + i];
        a[p * n + i] = c * x - s * y;
        a[q * n + i] = s * x + c * y;
    }
}

/* The rotation that makes [a d; d b] diagonal. */
static void rotation(double a, double b, double d, double *c, double *s)
{
    double t = (b - a) / (2 * d);
    t = (t < 0 ? -1 : 1) / (fabs(t) + hypot(1, t));
    *c = 1 / hypot(1, t);
    *s = t * *c;
}

enum { SWEEPS = 60 };

bool dense_eigen(double *a, double *v, double *w, size_t n)
{
    if (!all_finite(a, n * n))
        return false;
    set_identity(v, n);
    bool turned = true;
    for (int sweep = 0; sweep < SWEEPS && turned; sweep++) {
        turned = false;
        for (size_t p = 0; p + 1 < n; p++) {
            for (size_t q = p + 1; q < n; q++) {
                double c, s, d = a[p * n + q], x = a[p * n + p], y = a[q * n + q];
                if (fabs(d) <= DBL_EPSILON * sqrt(fabs(x)) * sqrt(fabs(y)) ||
                    fabs(d) < DBL_MIN)
                    continue;
                rotation(x, y, d, &c, &s);
                rotate_columns(a, n, n, p, q, c, s);
                rotate_rows(a, n, p, q, c, s);
                rotate_columns(v, n, n, p, q, c, s);
                a[p * n + q] = a[q * n + p] = 0;
                turned = true;
            }
        }
    }
    for (size_t i = 0; i < n; i++)
        w[i] = a[i * n + i];
    return true;
}

bool dense_svd(double *a, double *v, double *s, size_t m, size_t n)
{
    if (!all_finite(a, m * n))
        return false;
    set_identity(v, n);
    bool turned = true;
    for (int sweep = 0; sweep < SWEEPS && turned; sweep++) {
        turned = false;
        for (size_t p = 0; p + 1 < n; p++) {
            for (size_t q = p + 1; q < n; q++) {
                double x = 0, y = 0, d = 0, c, t;
                for (size_t i = 0; i < m; i++) {
                    x += a[i * n + p] * a[i * n + p];
                    y += a[i * n + q] * a[i * n + q];
                    d += a[i * n + p] * a[i * n + q];
                }
                if (fabs(d) <= 4 * DBL_EPSILON * sqrt(x) * sqrt(y) || d == 0)
                    continue;
                rotation(x, y, d, &c, &t);
                rotate_columns(a, m, n, p, q, c, t);
                rotate_columns(v, n, n, p, q, c, t);
                turned = true;
            }
        }
    }
    for (size_t j = 0; j < n; j++) {
        s[j] = 0;
        for (size_t i = 0; i < m; i++)
            s[j] = hypot(s[j], a[i * n + j]);
    }
    return true;
}
