/* descent/dense.h - private to descent: small dense matrices, by rows. */
#ifndef LBZ_DESCENT_DENSE_H
#define LBZ_DESCENT_DENSE_H

#include <stdbool.h>
#include <stddef.h>

/* a[n*n], symmetric, becomes diagonal; the columns of v[n*n] are the eigenvectors, w[n] the
 * eigenvalues, in no order. By Jacobi's rotations (Golub, Van Loan, Matrix Computations, 8.5). False:
 * a has elements that are not finite. Cost: about 10 n^3. */
bool dense_eigen(double *a, double *v, double *w, size_t n);

/* a[m*n], m >= n or not: a becomes U*diag(s) by columns, v[n*n] with a = U*diag(s)*v', s[n] >= 0. By
 * rotations of columns (Hestenes), which keeps small singular values to the last digits where the
 * columns of a differ in size only (Demmel, Veselic 1992). */
bool dense_svd(double *a, double *v, double *s, size_t m, size_t n);

double dense_norm(const double *x, size_t n); /* Euclidean, without overflow */
double dense_distance(const double *x, const double *y, size_t n); /* |x - y| */
double dense_dot(const double *x, const double *y, size_t n);

#endif
