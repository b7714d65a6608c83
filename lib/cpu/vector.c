/* cpu/vector.c - vector versions of the functions, through the GNU vector ABI.
 *
 * The functions are looked for at run time: SLEEF's library (at most 1 ulp) first, then glibc's
 * libmvec (at most 4 ulp); without them blocks use libm, element by element. The library stays
 * open for the life of the process.
 */
#include "cpu/cpu.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

typedef double V4 __attribute__((vector_size(32)));
typedef double V8 __attribute__((vector_size(64)));
typedef V4 Fn4(V4);
typedef V8 Fn8(V8);
typedef V4 Fn4x2(V4, V4);
typedef V8 Fn8x2(V8, V8);

/* The functions that vector libraries have under the C name of the operator. */
/* clang-format off */
#define VEC1(X)                                                                              \
    X(sin) X(cos) X(tan) X(asin) X(acos) X(atan) X(sinh) X(cosh) X(tanh) X(asinh) X(acosh)   \
    X(atanh) X(exp) X(exp2) X(exp10) X(expm1) X(log) X(log2) X(log10) X(log1p) X(cbrt)       \
    X(erf) X(erfc)
/* clang-format on */
#define VEC2(X) X(atan2) X(hypot)

typedef struct {
    void *f8[OP_COUNT], *f4[OP_COUNT];
    void *pow8, *pow4;
} Table;

static Table table; /* written once, under once */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *find_routine(void *const *lib, size_t n, const char *isa, const char *args,
                          const char *name)
{
    char symbol[64];
    snprintf(symbol, sizeof symbol, "_ZGV%s%s_%s", isa, args, name);
    for (size_t i = 0; i < n; i++) {
        void *f = lib[i] ? dlsym(lib[i], symbol) : NULL;
        if (f)
            return f;
    }
    return NULL;
}

static void open_routines(void)
{
    void *lib[2] = {dlopen("libsleefgnuabi.so.3", RTLD_NOW | RTLD_LOCAL),
                    dlopen("libmvec.so.1", RTLD_NOW | RTLD_LOCAL)};
    bool has8 = __builtin_cpu_supports("avx512f"), has4 = __builtin_cpu_supports("avx2");
#define FIND(id, args, name)                                              \
    table.f8[id] = has8 ? find_routine(lib, 2, "eN8", args, name) : NULL; \
    table.f4[id] = has4 ? find_routine(lib, 2, "dN4", args, name) : NULL;
#define FIND1(f) FIND(OP_##f, "v", #f)
#define FIND2(f) FIND(OP_##f, "vv", #f)
    VEC1(FIND1)
    VEC2(FIND2)
    FIND(OP_POW, "vv", "pow")
}

/* The last elements are padded with the first of them: always in the domain. */
#define MAP1(width)                              \
    {                                            \
        size_t i = 0;                            \
        for (; i + width <= n; i += width) {     \
            V##width v;                          \
            memcpy(&v, a + i, sizeof v);         \
            v = f(v);                            \
            memcpy(d + i, &v, sizeof v);         \
        }                                        \
        if (i < n) {                             \
            V##width v;                          \
            for (size_t j = 0; j < width; j++)   \
                v[j] = a[i + j < n ? i + j : i]; \
            v = f(v);                            \
            for (size_t j = 0; i + j < n; j++)   \
                d[i + j] = v[j];                 \
        }                                        \
    }
#define MAP2(width)                              \
    {                                            \
        size_t i = 0;                            \
        for (; i + width <= n; i += width) {     \
            V##width v, w;                       \
            memcpy(&v, a + i, sizeof v);         \
            memcpy(&w, b + i, sizeof w);         \
            v = f(v, w);                         \
            memcpy(d + i, &v, sizeof v);         \
        }                                        \
        if (i < n) {                             \
            V##width v, w;                       \
            for (size_t j = 0; j < width; j++) { \
                v[j] = a[i + j < n ? i + j : i]; \
                w[j] = b[i + j < n ? i + j : i]; \
            }                                    \
            v = f(v, w);                         \
            for (size_t j = 0; i + j < n; j++)   \
                d[i + j] = v[j];                 \
        }                                        \
    }

__attribute__((target("avx512f"))) static void map8(Fn8 *f, double *d, const double *a,
                                                    size_t n) MAP1(8)
    __attribute__((target("avx2"))) static void map4(Fn4 *f, double *d, const double *a,
                                                     size_t n) MAP1(4)
        __attribute__((target("avx512f"))) static void map8x2(Fn8x2 *f, double *d,
                                                              const double *a,
                                                              const double *b, size_t n)
            MAP2(8) __attribute__((target("avx2"))) static void map4x2(
                Fn4x2 *f, double *d, const double *a, const double *b, size_t n) MAP2(4)

                bool cpu_vec1(Op fn, double *d, const double *a, size_t n)
{
    pthread_once(&once, open_routines);
    if (table.f8[fn])
        map8((Fn8 *)table.f8[fn], d, a, n);
    else if (table.f4[fn])
        map4((Fn4 *)table.f4[fn], d, a, n);
    else
        return false;
    return true;
}

bool cpu_vec2(Op fn, double *d, const double *a, const double *b, size_t n)
{
    pthread_once(&once, open_routines);
    if (table.f8[fn])
        map8x2((Fn8x2 *)table.f8[fn], d, a, b, n);
    else if (table.f4[fn])
        map4x2((Fn4x2 *)table.f4[fn], d, a, b, n);
    else
        return false;
    return true;
}
#else
bool cpu_vec1(Op fn, double *d, const double *a, size_t n)
{
    (void)fn, (void)d, (void)a, (void)n;
    return false;
}
bool cpu_vec2(Op fn, double *d, const double *a, const double *b, size_t n)
{
    (void)fn, (void)d, (void)a, (void)b, (void)n;
    return false;
}
#endif
