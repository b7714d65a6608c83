/* cpu/matmul.c - matrix products: by OpenBLAS where it is installed and the matrices are not tiny,
 * else by loops of our own. The library is opened at its first use, with its own threads off: the
 * product is cut into panels of rows, which are pieces of work for ours. The panels depend on the
 * shapes alone.
 */
#include "cpu/internal.h"
#include <dlfcn.h>
#include <pthread.h>

enum { TINY = 4096 /* multiplications */, PANEL_WORK = 1 << 26, PANEL_LEAST = 64 };

enum { ROW_MAJOR = 101, NO_TRANS = 111, TRANS = 112 }; /* CBLAS's words */
typedef void Dgemm(int order, int ta, int tb, int m, int n, int k, double alpha,
                   const double *a, int lda, const double *b, int ldb, double beta,
                   double *c, int ldc);

static Dgemm *dgemm; /* written once, under once */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void open_blas(void)
{
    void *lib = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    void *f = lib ? dlsym(lib, "cblas_dgemm") : NULL;
    void *set = lib ? dlsym(lib, "openblas_set_num_threads") : NULL;
    if (!f || !set)
        return;
    ((void (*)(int))set)(1);
    dgemm = (Dgemm *)f;
}

/* A matrix in memory. */
typedef struct {
    const double *at;
    size_t rows, cols;
    ptrdiff_t row, col; /* strides */
} Matrix;

typedef struct {
    Env *env;
    const CpuLanes *lanes;
    Matrix a, b;
    double *c;            /* without gaps */
    const double *b_rows; /* b without gaps, for our own loops; NULL: OpenBLAS does it */
    size_t panel;         /* rows of a */
} Product;

/* Strides as BLAS takes them: rows or columns without gaps. */
static bool blas_layout(const Matrix *m, int *trans, int *ld)
{
    bool rows = m->col == 1 || m->cols == 1, cols = m->row == 1 || m->rows == 1;
    ptrdiff_t s = rows ? m->row : m->col, least = (ptrdiff_t)(rows ? m->cols : m->rows);
    *trans = rows ? NO_TRANS : TRANS;
    if ((rows ? m->rows : m->cols) == 1)
        s = least;
    *ld = (int)s;
    return (rows || cols) && s >= least && s < INT32_MAX && m->rows < INT32_MAX &&
           m->cols < INT32_MAX;
}

static void multiply_rows(const Product *p, size_t from, size_t to)
{
    size_t n = p->b.cols;
    for (size_t i = from; i < to; i++) {
        double *c = p->c + i * n;
        const double *a = p->a.at + (ptrdiff_t)i * p->a.row;
        memset(c, 0, n * sizeof *c);
        for (size_t k = 0; k < p->a.cols; k++)
            p->lanes->ternary[I_MULADD](c, a + (ptrdiff_t)k * p->a.col, true,
                                        p->b_rows + k * n, false, c, false, n);
    }
}

static void run_panel(void *arg, size_t i, unsigned worker)
{
    const Product *p = arg;
    size_t from = i * p->panel, to = from + p->panel;
    (void)worker;
    to = to < p->a.rows ? to : p->a.rows;
    if (p->b_rows) {
        multiply_rows(p, from, to);
        return;
    }
    int ta, tb, lda, ldb;
    blas_layout(&p->a, &ta, &lda);
    blas_layout(&p->b, &tb, &ldb);
    dgemm(ROW_MAJOR, ta, tb, (int)(to - from), (int)p->b.cols, (int)p->a.cols, 1,
          p->a.at + (ptrdiff_t)from * p->a.row, lda, p->b.at, ldb, 0,
          p->c + from * p->b.cols, (int)p->b.cols);
}

static double *copy_rows(Env *env, const Matrix *m)
{
    double *r = mem_alloc((m->rows * m->cols + 1) * sizeof *r);
    if (!r) {
        env_error(env, LBZ_LIMIT, NULL, "out of memory for a product of matrices");
        return NULL;
    }
    for (size_t i = 0; i < m->rows; i++)
        for (size_t k = 0; k < m->cols; k++)
            r[i * m->cols + k] = m->at[(ptrdiff_t)i * m->row + (ptrdiff_t)k * m->col];
    return r;
}

static bool multiply(Product *p)
{
    int trans, ld;
    size_t m = p->a.rows, n = p->b.cols, k = p->a.cols;
    double work = (double)m * (double)n * (double)k, *rows = NULL;
    pthread_once(&once, open_blas);
    p->b_rows = NULL;
    if (!dgemm || work < TINY || !blas_layout(&p->a, &trans, &ld) ||
        !blas_layout(&p->b, &trans, &ld)) {
        bool ready = p->b.col == 1 && p->b.row == (ptrdiff_t)n;
        rows = ready ? NULL : copy_rows(p->env, &p->b);
        p->b_rows = ready ? p->b.at : rows;
        if (!p->b_rows)
            return false;
    }
    double panel = PANEL_WORK / ((double)n * (double)k + 1);
    p->panel = panel < PANEL_LEAST ? PANEL_LEAST : panel < (double)m ? (size_t)panel : m;
    bool ok = cpu_parallel(p->env, (m + p->panel - 1) / p->panel, run_panel, p);
    mem_free(rows);
    return ok;
}

static Matrix matrix_of(const CpuStep *s, size_t k)
{
    const Dims *d = &s->step->shape[k];
    const PlanRead *r = &s->step->read[k];
    return (Matrix){s->at[r->store] + r->offset, d->dim[d->rank - 2], d->dim[d->rank - 1],
                    r->stride[d->rank - 2], r->stride[d->rank - 1]};
}

/* Where the matrix number i of operand k is: the axes before its last two, broadcast. */
static ptrdiff_t batch_offset(const CpuStep *s, size_t k, size_t i)
{
    const Dims *all = &s->step->space, *d = &s->step->shape[k];
    ptrdiff_t at = 0;
    for (unsigned j = 2; j < all->rank; j++) {
        size_t dim = all->dim[all->rank - 1 - j], index = i % dim;
        i /= dim;
        if (j < d->rank && d->dim[d->rank - 1 - j] != 1)
            at += (ptrdiff_t)index * s->step->read[k].stride[d->rank - 1 - j];
    }
    return at;
}

bool cpu_matmul(Env *env, const CpuStep *s)
{
    Matrix a = matrix_of(s, 0), b = matrix_of(s, 1);
    size_t size = a.rows * b.cols, n = dims_count(&s->step->space);
    double *c = s->at[s->step->result[0].store];
    for (size_t i = 0; size && i < n / size; i++) {
        Product p = {.env = env, .lanes = s->lanes, .a = a, .b = b, .c = c + i * size};
        p.a.at += batch_offset(s, 0, i);
        p.b.at += batch_offset(s, 1, i);
        if (!multiply(&p))
            return false;
    }
    return true;
}
