/* cpu/lanes.h - the loops over a block. Included by lanes_2.c, lanes_4.c and lanes_8.c, each of
 * which is compiled for its own width of vectors, and names WIDTH and the table TABLE.
 *
 * The arithmetic is that of single numbers: only the vector functions behind map1 and map2 may
 * differ from one width to the other.
 */
#include "cpu/internal.h"
#include "program/pointwise.h"

typedef double V __attribute__((vector_size(8 * WIDTH)));

/* d may be an operand itself, never overlap one. */
#define LOOP _Pragma("GCC ivdep") for (size_t i = 0; i < n; i++)

#define UNARY(name, expr)                                          \
    static void lanes_##name(double *d, const double *a, size_t n) \
    {                                                              \
        LOOP                                                       \
        {                                                          \
            const double x = a[i];                                 \
            d[i] = expr;                                           \
        }                                                          \
    }

/* One loop for each of the ways in which operands are single values. */
#define BINARY(name, expr)                                                         \
    static void lanes_##name(double *d, const double *a, bool a1, const double *b, \
                             bool b1, size_t n)                                    \
    {                                                                              \
        if (a1) {                                                                  \
            const double x = *a;                                                   \
            LOOP                                                                   \
            {                                                                      \
                const double y = b[i];                                             \
                d[i] = expr;                                                       \
            }                                                                      \
        } else if (b1) {                                                           \
            const double y = *b;                                                   \
            LOOP                                                                   \
            {                                                                      \
                const double x = a[i];                                             \
                d[i] = expr;                                                       \
            }                                                                      \
        } else {                                                                   \
            LOOP                                                                   \
            {                                                                      \
                const double x = a[i], y = b[i];                                   \
                d[i] = expr;                                                       \
            }                                                                      \
        }                                                                          \
    }

/* Single values are there BLOCK times, too: only the frequent ways have loops of their own. */
#define TERNARY(name, expr)                                                        \
    static void lanes_##name(double *d, const double *a, bool a1, const double *b, \
                             bool b1, const double *c, bool c1, size_t n)          \
    {                                                                              \
        (void)b1, (void)c1;                                                        \
        if (a1) {                                                                  \
            const double x = *a;                                                   \
            LOOP                                                                   \
            {                                                                      \
                const double y = b[i], z = c[i];                                   \
                d[i] = expr;                                                       \
            }                                                                      \
        } else {                                                                   \
            LOOP                                                                   \
            {                                                                      \
                const double x = a[i], y = b[i], z = c[i];                         \
                d[i] = expr;                                                       \
            }                                                                      \
        }                                                                          \
    }

#define ROWS_1 UNARY
#define ROWS_2 BINARY
#define ROWS_3 TERNARY
#define PW(name, n, expr) ROWS_##n(name, expr)
#define CALL(...)
#define FUSED PW
#include "program/pointwise.def"
UNARY(sqrt, __builtin_sqrt(x))

/* ---- reductions: x what there is, y what comes */
#define REDUCTION(name, expr)                                        \
    static void lanes_##name(double *acc, const double *v, size_t n) \
    {                                                                \
        LOOP                                                         \
        {                                                            \
            const double x = acc[i], y = v[i];                       \
            acc[i] = expr;                                           \
        }                                                            \
    }
REDUCTION(to_sum, x + y)
REDUCTION(to_max, y > x || y != y ? y : x)
REDUCTION(to_min, y < x || y != y ? y : x)
REDUCTION(to_prod, x *y)
REDUCTION(to_any, (x != 0) | (y != 0))
REDUCTION(to_all, (x != 0) & (y != 0))

/* ---- vector functions. The last elements are padded with the first of them: always in the
 * domain. */
static void lanes_map1(void *function, double *d, const double *a, size_t n)
{
    V (*f)(V) = (V(*)(V))function;
    size_t i = 0;
    V v = {0};
    for (; i + WIDTH <= n; i += WIDTH) {
        memcpy(&v, a + i, sizeof v);
        v = f(v);
        memcpy(d + i, &v, sizeof v);
    }
    if (i == n)
        return;
    for (size_t j = 0; j < WIDTH; j++)
        v[j] = a[i + j < n ? i + j : i];
    v = f(v);
    for (size_t j = 0; i + j < n; j++)
        d[i + j] = v[j];
}

static void lanes_map2(void *function, double *d, const double *a, const double *b,
                       size_t n)
{
    V (*f)(V, V) = (V(*)(V, V))function;
    size_t i = 0;
    V v, w = {0};
    for (; i + WIDTH <= n; i += WIDTH) {
        memcpy(&v, a + i, sizeof v);
        memcpy(&w, b + i, sizeof w);
        v = f(v, w);
        memcpy(d + i, &v, sizeof v);
    }
    if (i == n)
        return;
    for (size_t j = 0; j < WIDTH; j++) {
        v[j] = a[i + j < n ? i + j : i];
        w[j] = b[i + j < n ? i + j : i];
    }
    v = f(v, w);
    for (size_t j = 0; i + j < n; j++)
        d[i + j] = v[j];
}

const CpuLanes TABLE = {.width = WIDTH,
#define TABLE_1(name) .unary[I_##name] = lanes_##name,
#define TABLE_2(name) .binary[I_##name] = lanes_##name,
#define TABLE_3(name) .ternary[I_##name] = lanes_##name,
#define PW(name, n, expr) TABLE_##n(name)
#define CALL(...)
#define FUSED PW
#include "program/pointwise.def"
                        .unary[I_SQRT] = lanes_sqrt,
                        .reduce = {[REDUCE_SUM] = lanes_to_sum,
                                   [REDUCE_MAX] = lanes_to_max,
                                   [REDUCE_MIN] = lanes_to_min,
                                   [REDUCE_PROD] = lanes_to_prod,
                                   [REDUCE_ANY] = lanes_to_any,
                                   [REDUCE_ALL] = lanes_to_all},
                        .map1 = lanes_map1,
                        .map2 = lanes_map2};
