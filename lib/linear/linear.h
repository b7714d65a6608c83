/* linear/linear.h - linear algebra in float64, on plain arrays: determinants, solutions, factorizations,
 * eigenvalues, exponentials.
 *
 * One entry, linear_run, takes a LinearJob: what is asked, sizes, operands, and where the results go, one
 * after the other. Matrices are stored by rows. Large ones are LAPACK's (OpenBLAS, opened at its first
 * use, its own threads off), in a child process where they take long, so that an interrupt can drop them;
 * small ones, and all where it is not installed, are computed here: by elimination with partial pivoting,
 * Householder's reflections, Jacobi's rotations (in long double, so that eigenvalues and singular values
 * of small matrices are right to the last digit), scaling and squaring.
 * Invariant: operands are not changed. Elements that are not finite give results that are all NaN.
 * Conventions: eigenvalues ascend, singular values descend; of each vector the component of largest
 * modulus is positive (of u_i and v_i that of v_i); the diagonal of R is not negative.
 * Owns nothing. Uses: base, flint (Arb, for eigenvectors of matrices that are not symmetric).
 * Files: linear.c (the entry), factor.c (LU, Cholesky, QR, exponentials), spectral.c (Jacobi, what is
 * made of singular values), general.c (eigenvectors of any matrix), lapack.c (OpenBLAS),
 * internal.h (shared by these).
 */
#ifndef LBZ_LINEAR_H
#define LBZ_LINEAR_H

#include "base/base.h"

typedef enum {
    LINEAR_DET,      /* 1 */
    LINEAR_LOGDET,   /* 1 */
    LINEAR_SOLVE,    /* n*k: inv(a)*b, b n*k */
    LINEAR_INVERSE,  /* n*n */
    LINEAR_ADJ,      /* n*n */
    LINEAR_DADJ,     /* n*n: the derivative of adj along b */
    LINEAR_PINV,     /* n*m */
    LINEAR_CHOLESKY, /* n*n */
    LINEAR_EXPM,     /* n*n */
    LINEAR_DEXPM, /* n*n: the derivative of expm along b, and then c where it is not NULL */
    LINEAR_EIG,   /* n + n*n: eigenvalues, eigenvectors */
    LINEAR_EIGH, /* the same of a symmetric matrix */
    LINEAR_SVD,  /* m*k + k + n*k with k = min(m, n): U, s, V */
    LINEAR_QR,   /* m*k + k*n: Q, R */
    LINEAR_RANK  /* 1 */
} LinearOp;

typedef struct {
    LinearOp op;
    size_t m, n, k; /* a is m*n; k: columns of b */
    const double *a, *b, *c;
    double *out;
} LinearJob;

size_t linear_results(LinearOp op, size_t m, size_t n, size_t k); /* how many numbers */
/* False with the error: DOMAIN (singular, not positive definite, complex eigenvalues), LIMIT, or an
 * interrupt. */
bool linear_run(Env *env, const LinearJob *job);

#endif
