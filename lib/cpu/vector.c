/* cpu/vector.c - vector versions of the functions, through the GNU vector ABI of SLEEF's library
 * (at most 1 ulp), which is looked for at run time and stays open for the life of the process.
 * Without it blocks use libm, element by element. glibc's own vector library is up to 4 ulp off, and
 * is not used.
 */
#include "cpu/internal.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

/* The functions that vector libraries have under the C name of the operator. */
/* clang-format off */
#define VEC1(X)                                                                              \
    X(sin) X(cos) X(tan) X(asin) X(acos) X(atan) X(sinh) X(cosh) X(tanh) X(asinh) X(acosh)   \
    X(atanh) X(exp) X(exp2) X(exp10) X(expm1) X(log) X(log2) X(log10) X(log1p) X(cbrt)       \
    X(erf) X(erfc)
/* clang-format on */
#define VEC2(X) X(atan2) X(hypot)

typedef struct {
    void *f[OP_COUNT]; /* OP_POW: pow */
} Routines;

static Routines routines[3]; /* of 2, 4, 8 lanes; written once, under once */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *library = "libm";

static void *find_routine(void *lib, const char *isa, const char *args, const char *name)
{
    char symbol[64];
    snprintf(symbol, sizeof symbol, "_ZGV%s%s_%s", isa, args, name);
    return dlsym(lib, symbol);
}

static void open_routines(void)
{
    static const char *const isa[3] = {"bN2", "dN4", "eN8"};
    void *lib = dlopen("libsleefgnuabi.so.3", RTLD_NOW | RTLD_LOCAL);
    if (!lib)
        return;
    library = "SLEEF";
    for (int i = 0; i < 3; i++) {
#define FIND1(name) routines[i].f[OP_##name] = find_routine(lib, isa[i], "v", #name);
#define FIND2(name) routines[i].f[OP_##name] = find_routine(lib, isa[i], "vv", #name);
        VEC1(FIND1)
        VEC2(FIND2)
        routines[i].f[OP_POW] = find_routine(lib, isa[i], "vv", "pow");
    }
}

static void *routine_for(const CpuLanes *l, Op fn)
{
    pthread_once(&once, open_routines);
    return routines[l->width == 8 ? 2 : l->width == 4].f[fn];
}

const CpuLanes *cpu_lanes(unsigned most)
{
    if (most >= 8 && cpu_lanes_8.width && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw"))
        return &cpu_lanes_8;
    if (most >= 4 && cpu_lanes_4.width && __builtin_cpu_supports("avx2") &&
        __builtin_cpu_supports("fma")) /* SLEEF's functions of four use it */
        return &cpu_lanes_4;
    return &cpu_lanes_2;
}

const char *cpu_vector_library(void)
{
    pthread_once(&once, open_routines);
    return library;
}
#else
static void *routine_for(const CpuLanes *l, Op fn)
{
    (void)l, (void)fn;
    return NULL;
}

const CpuLanes *cpu_lanes(unsigned most)
{
    (void)most;
    return &cpu_lanes_2;
}

const char *cpu_vector_library(void) { return "libm"; }
#endif

bool cpu_vec1(const CpuLanes *l, Op fn, double *d, const double *a, size_t n)
{
    void *f = routine_for(l, fn);
    if (f)
        l->map1(f, d, a, n);
    return f != NULL;
}

bool cpu_vec2(const CpuLanes *l, Op fn, double *d, const double *a, const double *b,
              size_t n)
{
    void *f = routine_for(l, fn);
    if (f)
        l->map2(f, d, a, b, n);
    return f != NULL;
}
