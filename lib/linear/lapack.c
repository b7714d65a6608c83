/* linear/lapack.c - OpenBLAS, opened when a matrix is first large enough for it. */
#include "linear/internal.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>

enum { LAPACK_LEAST = 48 };

static Lapack lapack; /* written once, under once */
static bool there;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* POSIX wants it so: data pointers are no function pointers. */
static bool find(void *lib, const char *name, void *slot)
{
    void *f = dlsym(lib, name);
    memcpy(slot, &f, sizeof f);
    return f != NULL;
}

static void open_lapack(void)
{
    void *lib = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    void (*threads)(int);
    Lapack *l = &lapack;
    there = lib && find(lib, "openblas_set_num_threads", &threads) &&
            find(lib, "dgetrf_", &l->getrf) && find(lib, "dgetrs_", &l->getrs) &&
            find(lib, "dpotrf_", &l->potrf) && find(lib, "dgeqrf_", &l->geqrf) &&
            find(lib, "dorgqr_", &l->orgqr) && find(lib, "dsyevd_", &l->syevd) &&
            find(lib, "dgesdd_", &l->gesdd) && find(lib, "dgeev_", &l->geev) &&
            find(lib, "dgemm_", &l->gemm);
    if (there)
        threads(1);
}

const Lapack *linear_lapack(size_t size)
{
    if (size < LAPACK_LEAST || size > INT_MAX)
        return NULL;
    pthread_once(&once, open_lapack);
    return there ? &lapack : NULL;
}

void linear_transpose(size_t m, size_t n, const double *a, double *t)
{
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < n; k++)
            t[k * m + i] = a[i * n + k];
}
