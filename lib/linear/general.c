/* linear/general.c - real eigenvalues and eigenvectors of any square matrix: of a symmetric one by its
 * own way, of others by LAPACK where they are large, else by Arb's QR iteration, with more bits than
 * repeated eigenvalues lose. */
#include "linear/internal.h"

#include <acb_mat.h>

enum { BITS = 128, BITS_A_ROW = 53, MOST_BITS = 1024 };

/* Eigenvalues w ascending, each vector, a column of v, of length 1. */
static void put_sorted(size_t n, const double *w, const double *v, double *out)
{
    double *values = out, *vectors = out + n;
    for (size_t i = 0; i < n; i++) {
        size_t place = 0;
        for (size_t k = 0; k < n; k++)
            place += w[k] < w[i] || (w[k] == w[i] && k < i);
        double s = 0;
        for (size_t r = 0; r < n; r++)
            s = hypot(s, v[r * n + i]);
        s = s > 0 ? linear_sign(v, n, n, i) / s : 0;
        values[place] = w[i];
        for (size_t r = 0; r < n; r++)
            vectors[r * n + place] = v[r * n + i] * s;
    }
}

static bool all_real(size_t n, const double *w, const double *imaginary, double tolerance)
{
    double most = 0, off = 0;
    for (size_t i = 0; i < n; i++) {
        most = fmax(most, fabs(w[i]));
        off = fmax(off, fabs(imaginary[i]));
    }
    return off <= tolerance * most || off < 1e-300;
}

/* ---- LAPACK ------------------------------------------------------------------------------ */
static Outcome eig_lapack(Env *env, const Lapack *l, const LinearJob *j)
{
    size_t n = j->n, room = 40 * n;
    int size = (int)n, one = 1, lwork = (int)room, info = 0;
    double *t = linear_new(env, n * n), *v = linear_new(env, n * n),
           *w = linear_new(env, 2 * n), *work = linear_new(env, room);
    Outcome o = t && v && w && work ? DONE : FAILED;
    if (o == DONE) {
        linear_transpose(n, n, j->a, t);
        l->geev("N", "V", &size, t, &size, w, w + n, NULL, &one, v, &size, work, &lwork,
                &info, 1, 1);
        o = info ? FAILED : all_real(n, w, w + n, 1e-8) ? DONE : COMPLEX;
    }
    if (o == DONE) {
        linear_transpose(n, n, v, t);
        put_sorted(n, w, t, j->out);
    }
    mem_free(t);
    mem_free(v);
    mem_free(w);
    mem_free(work);
    return o;
}

/* ---- Arb --------------------------------------------------------------------------------- */
static double real_part(const acb_t x)
{
    return arf_get_d(arb_midref(acb_realref(x)), ARF_RND_NEAR);
}

/* Column k of r, turned so that its largest component is real. */
static void put_column(size_t n, acb_mat_t r, size_t k, double *v, slong bits)
{
    acb_t turn, x;
    size_t at = 0;
    acb_init(turn);
    acb_init(x);
    for (size_t i = 1; i < n; i++)
        if (hypot(real_part(acb_mat_entry(r, i, k)),
                  arf_get_d(arb_midref(acb_imagref(acb_mat_entry(r, i, k))),
                            ARF_RND_NEAR)) >
            hypot(real_part(acb_mat_entry(r, at, k)),
                  arf_get_d(arb_midref(acb_imagref(acb_mat_entry(r, at, k))),
                            ARF_RND_NEAR)))
            at = i;
    acb_inv(turn, acb_mat_entry(r, at, k), bits);
    for (size_t i = 0; i < n; i++) {
        acb_mul(x, acb_mat_entry(r, i, k), turn, bits);
        v[i * n + k] = real_part(x);
    }
    acb_clear(turn);
    acb_clear(x);
}

static Outcome eig_arb(Env *env, const LinearJob *j)
{
    size_t n = j->n;
    slong bits = BITS + BITS_A_ROW * (slong)n;
    bits = bits < MOST_BITS ? bits : MOST_BITS;
    double *w = linear_new(env, 2 * n), *v = linear_new(env, n * n);
    acb_mat_t a, r;
    acb_ptr e = _acb_vec_init((slong)n);
    acb_mat_init(a, (slong)n, (slong)n);
    acb_mat_init(r, (slong)n, (slong)n);
    for (size_t i = 0; i < n * n; i++)
        acb_set_d(acb_mat_entry(a, i / n, i % n), j->a[i]);
    Outcome o =
        w && v && acb_mat_approx_eig_qr(e, NULL, r, a, NULL, 0, bits) ? DONE : FAILED;
    for (size_t i = 0; o == DONE && i < n; i++) {
        w[i] = real_part(e + i);
        w[n + i] = arf_get_d(arb_midref(acb_imagref(e + i)), ARF_RND_NEAR);
        put_column(n, r, i, v, bits);
    }
    if (o == DONE)
        o = all_real(n, w, w + n, 1e-14) ? DONE : COMPLEX;
    if (o == DONE)
        put_sorted(n, w, v, j->out);
    _acb_vec_clear(e, (slong)n);
    acb_mat_clear(a);
    acb_mat_clear(r);
    mem_free(w);
    mem_free(v);
    return o;
}

Outcome linear_eig(Env *env, const LinearJob *j)
{
    const Lapack *l = linear_lapack(j->n);
    if (linear_is_symmetric(j->n, j->a))
        return linear_eigh(env, j);
    return l ? eig_lapack(env, l, j) : eig_arb(env, j);
}
