/* by_hand.c - a formula of 40 nodes and its derivative as one would write them in C: the peer of rows
 * of make bench, built once plainly (by_hand), and once for the
 * vector library at hand (by_hand_many).
 *
 *     by_hand N      the sum of the formula over N points, and its gradient
 *     by_hand N e0   the sum of x^2*sin(x); e1 with its gradient; e2 that of a formula of two arrays with
 *                    both gradients
 *
 * It tells what it took in the words of leibniz.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double both(double x, double *d)
{
    double x2 = x * x, e = exp(-x2 / 2), s = sin(3 * x + 1), c = cos(3 * x + 1);
    double l = log(1 + x2), sx = sin(x), cx = cos(x), q = 2 + sx, ex = exp(x);
    double r = sqrt(1 + ex), t = tanh(x / 3), a = atan(x);
    *d = -x * e * s + 3 * e * c + (2 * x / (1 + x2) * cx - l * sx) / q -
         l * cx * cx / (q * q) + ex / (2 * r) * t + r * (1 - t * t) / 3 + 3 * x2 * a +
         x2 * x / (1 + x2) + sinh(x / 2) / 2 * log(2 + cx) - cosh(x / 2) * sx / (2 + cx) -
         20 * x2 * x / ((1 + x2 * x2) * (1 + x2 * x2));
    return e * s + l * cx / q + r * t + x2 * x * a + cosh(x / 2) * log(2 + cx) +
           5 / (1 + x2 * x2);
}

/* The points of the list in numbers.c. */
static double sum(long n, const double *x, double *d)
{
    double s = 0;
    for (long i = 0; i < n; i++)
        s += both(x[i], &d[i]);
    return s;
}

static double sum_e0(long n, const double *x)
{
    double s = 0;
    for (long i = 0; i < n; i++)
        s += x[i] * x[i] * sin(x[i]);
    return s;
}

static double sum_e1(long n, const double *x, double *d)
{
    double s = 0;
    for (long i = 0; i < n; i++) {
        double sx = sin(x[i]), cx = cos(x[i]);
        s += x[i] * x[i] * sx;
        d[i] = 2 * x[i] * sx + x[i] * x[i] * cx;
    }
    return s;
}

/* sin(x)*exp(-x^2) + log(1 + y^2)/sqrt(1 + x^2*y^2) */
static double sum_e2(long n, const double *x, const double *y, double *dx, double *dy)
{
    double s = 0;
    for (long i = 0; i < n; i++) {
        double u = x[i], v = y[i], e = exp(-u * u), sx = sin(u), cx = cos(u);
        double q = 1 + u * u * v * v, r = 1 / sqrt(q), l = log(1 + v * v), w = l * r / q;
        s += sx * e + l * r;
        dx[i] = e * (cx - 2 * u * sx) - w * u * v * v;
        dy[i] = 2 * v / (1 + v * v) * r - w * u * u * v;
    }
    return s;
}

int main(int argc, char **argv)
{
    long n = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    char e = argc > 2 ? argv[2][1] : ' ';
    double *x = malloc((size_t)n * sizeof *x), *d = malloc((size_t)n * sizeof *d), s = 0;
    double *y = malloc((size_t)n * sizeof *y), *dy = malloc((size_t)n * sizeof *dy);

    if (n <= 0 || !x || !d || !y || !dy)
        return 1;
    for (long i = 0; i < n; i++)
        y[i] = x[i] = 0.5 + (double)i / (double)n;
    for (int k = 0; k < 6; k++) {
        struct timespec a, b;
        clock_gettime(CLOCK_MONOTONIC, &a);
        s += e == '0'   ? sum_e0(n, x)
             : e == '1' ? sum_e1(n, x, d) + d[n / 2]
             : e == '2' ? sum_e2(n, x, y, d, dy) + d[n / 2] + dy[n / 2]
                        : sum(n, x, d) + d[n / 2];
        clock_gettime(CLOCK_MONOTONIC, &b);
        fprintf(stderr, "note: took %.3g ms\n",
                (double)(b.tv_sec - a.tv_sec) * 1e3 +
                    (double)(b.tv_nsec - a.tv_nsec) * 1e-6);
    }
    return s == 0;
}
