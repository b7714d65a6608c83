/* linear/internal.h - what the files of linear share; nobody else includes it. */
#ifndef LBZ_LINEAR_INTERNAL_H
#define LBZ_LINEAR_INTERNAL_H

#include "linear/linear.h"
#include <math.h>

typedef long double Wide;

typedef enum { DONE, SINGULAR, INDEFINITE, ASYMMETRIC, COMPLEX, STOPPED, FAILED } Outcome;

/* FAILED where memory is out: n doubles, not cleared. */
double *linear_new(Env *env, size_t n);
Wide *linear_wide(Env *env, const double *a, size_t n);

/* ---- factor.c */
Outcome linear_det(Env *env, const LinearJob *j, double *sign, double *log_size,
                   double *det);
Outcome linear_solve(Env *env, const LinearJob *j); /* b NULL: the inverse */
Outcome linear_cholesky(Env *env, const LinearJob *j);
Outcome linear_qr(Env *env, const LinearJob *j);
Outcome linear_expm(Env *env, const LinearJob *j);
Outcome linear_dexpm(Env *env, const LinearJob *j);
/* c = a*b of m*k and k*n */
void linear_product(Env *env, size_t m, size_t k, size_t n, const double *a,
                    const double *b, double *c);

/* ---- spectral.c */
Outcome linear_eigh(Env *env, const LinearJob *j);
Outcome linear_svd(Env *env, const LinearJob *j);
Outcome linear_adj(Env *env, const LinearJob *j);
Outcome linear_dadj(Env *env, const LinearJob *j);
Outcome linear_pinv(Env *env, const LinearJob *j);
Outcome linear_rank(Env *env, const LinearJob *j);
bool linear_is_symmetric(size_t n, const double *a);
/* Column i of v, n*k, times this so that its largest component is positive. */
double linear_sign(const double *v, size_t n, size_t k, size_t i);

/* ---- general.c */
Outcome linear_eig(Env *env, const LinearJob *j);

/* ---- lapack.c: column by column, as LAPACK has it. NULL: it is not installed. */
typedef struct {
    void (*getrf)(int *m, int *n, double *a, int *lda, int *piv, int *info);
    void (*getrs)(const char *trans, int *n, int *nrhs, double *a, int *lda, int *piv,
                  double *b, int *ldb, int *info, size_t);
    void (*potrf)(const char *uplo, int *n, double *a, int *lda, int *info, size_t);
    void (*geqrf)(int *m, int *n, double *a, int *lda, double *tau, double *work,
                  int *lwork, int *info);
    void (*orgqr)(int *m, int *n, int *k, double *a, int *lda, double *tau, double *work,
                  int *lwork, int *info);
    void (*syevd)(const char *jobz, const char *uplo, int *n, double *a, int *lda,
                  double *w, double *work, int *lwork, int *iwork, int *liwork, int *info,
                  size_t, size_t);
    void (*gesdd)(const char *jobz, int *m, int *n, double *a, int *lda, double *s,
                  double *u, int *ldu, double *vt, int *ldvt, double *work, int *lwork,
                  int *iwork, int *info, size_t);
    void (*geev)(const char *jobvl, const char *jobvr, int *n, double *a, int *lda,
                 double *wr, double *wi, double *vl, int *ldvl, double *vr, int *ldvr,
                 double *work, int *lwork, int *info, size_t, size_t);
    void (*gemm)(const char *ta, const char *tb, int *m, int *n, int *k, double *alpha,
                 const double *a, int *lda, const double *b, int *ldb, double *beta,
                 double *c, int *ldc, size_t, size_t);
} Lapack;
/* For matrices with so many rows or columns; NULL: do it here. */
const Lapack *linear_lapack(size_t size);
void linear_transpose(size_t m, size_t n, const double *a, double *t);

#endif
