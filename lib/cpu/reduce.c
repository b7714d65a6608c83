/* cpu/reduce.c - sums and other reductions of a row of elements, in a fixed order. */
#include "cpu/internal.h"
#include <math.h>

enum { STRIPES = 8 };

double cpu_reduce_start(ProgramReduce how)
{
    switch (how) {
    case REDUCE_MAX: return -INFINITY;
    case REDUCE_MIN: return INFINITY;
    case REDUCE_PROD:
    case REDUCE_ALL: return 1;
    default: return 0;
    }
}

double cpu_reduce_pair(ProgramReduce how, double a, double b)
{
    switch (how) {
    case REDUCE_MAX: return b > a || b != b ? b : a;
    case REDUCE_MIN: return b < a || b != b ? b : a;
    case REDUCE_PROD: return a * b;
    case REDUCE_ANY: return (a != 0) | (b != 0);
    case REDUCE_ALL: return (a != 0) & (b != 0);
    default: return a + b;
    }
}

double cpu_reduce_tree(ProgramReduce how, double *v, size_t n)
{
    if (n == 0)
        return cpu_reduce_start(how);
    for (; n > 1; n = (n + 1) / 2) {
        size_t half = (n + 1) / 2;
        for (size_t i = 0; i + half < n; i++)
            v[i] = cpu_reduce_pair(how, v[i], v[i + half]);
    }
    return how >= REDUCE_ANY ? v[0] != 0 : v[0];
}

double cpu_reduce_row(ProgramReduce how, const double *v, size_t n)
{
    double acc[STRIPES];
    size_t i = 0;
    for (size_t k = 0; k < STRIPES; k++)
        acc[k] = cpu_reduce_start(how);
    if (how == REDUCE_SUM)
        for (; i + STRIPES <= n; i += STRIPES)
            for (size_t k = 0; k < STRIPES; k++)
                acc[k] += v[i + k];
    for (; i < n; i++)
        acc[i % STRIPES] = cpu_reduce_pair(how, acc[i % STRIPES], v[i]);
    return cpu_reduce_tree(how, acc, STRIPES);
}

/* ---- norms ------------------------------------------------------------------------- */

/* Squares of what is between these do not leave the range of float64, nor do many of them. */
static bool is_tame(double size) { return size > 1e-140 && size < 1e140; }

void cpu_norm_add(NormSum *s, const double *v, size_t n)
{
    double size = 0, square[BLOCK];
    NormSum add = {0, 0};
    for (size_t i = 0; i < n; i++)
        size = fabs(v[i]) > size || isnan(v[i]) ? fabs(v[i]) : size;
    if (!is_tame(size) && size != 0 && isfinite(size))
        add.scale = ilogb(size);
    for (size_t i = 0; i < n; i++)
        square[i] =
            add.scale ? ldexp(v[i], -add.scale) * ldexp(v[i], -add.scale) : v[i] * v[i];
    add.sum = cpu_reduce_tree(REDUCE_SUM, square, n);
    *s = cpu_norm_pair(*s, add);
}

NormSum cpu_norm_pair(NormSum a, NormSum b)
{
    if (a.sum == 0 || b.sum == 0)
        return a.sum == 0 ? b : a;
    int scale = a.scale > b.scale ? a.scale : b.scale;
    return (NormSum){
        ldexp(a.sum, 2 * (a.scale - scale)) + ldexp(b.sum, 2 * (b.scale - scale)), scale};
}

double cpu_norm_value(NormSum s) { return ldexp(sqrt(s.sum), s.scale); }
