/* number/num.c - exact rational arithmetic.
 *
 * Invariant: a Num is in lowest terms with q >= 1, and small whenever both parts fit
 * int64, so equal values have equal representations. Limbs of big ones are copied into
 * the caller's arena and never change; temporaries of GMP are freed before an operation
 * returns. Sizes are checked before GMP is asked, because GMP aborts when memory is out.
 */
#include "number/view.h"

static uint64_t gcd_u64(uint64_t a, uint64_t b)
{
    if (a == 0 || b == 0)
        return a | b;
    if (a == 1 || b == 1)
        return 1;
    int shift = __builtin_ctzll(a | b);
    a >>= __builtin_ctzll(a);
    while (b) {
        b >>= __builtin_ctzll(b);
        if (a > b) {
            uint64_t t = a;
            a = b;
            b = t;
        }
        b -= a;
    }
    return a << shift;
}

Num num_too_big(Arena *a)
{
    env_error(a->env, LBZ_LIMIT,
              "leave it as a power or product; N(...) gives leading digits",
              "the exact number would have more than %zu million digits",
              (size_t)((double)NUM_MAX_BITS * 0.30103) / 1000000);
    return NUM_ZERO;
}

/* ---- to and from GMP */

static void copy_limbs(mpz_t to, mpz_srcptr from, mp_limb_t *limbs)
{
    size_t n = mpz_size(from);
    memcpy(limbs, mpz_limbs_read(from), n * sizeof *limbs);
    mpz_roinit_n(to, limbs, mpz_sgn(from) < 0 ? -(mp_size_t)n : (mp_size_t)n);
}

static Num big_new(Arena *a, mpz_srcptr p, mpz_srcptr q, bool dec)
{
    size_t np = mpz_size(p), nq = mpz_size(q);
    if ((np + nq) * GMP_LIMB_BITS > NUM_MAX_BITS + 256)
        return num_too_big(a);
    BigRat *b = arena_alloc(a, sizeof *b + (np + nq) * sizeof(mp_limb_t));
    if (!b || arena_in_reserve(a, b))
        return NUM_ZERO;
    mp_limb_t *limbs = (mp_limb_t *)(b + 1);
    copy_limbs(b->p, p, limbs);
    copy_limbs(b->q, q, limbs + np);
    return (Num){(int64_t)(uintptr_t)b, 0, dec};
}

static Num set_pq(Arena *a, mpz_srcptr p, mpz_srcptr q, bool dec)
{
    if (mpz_fits_slong_p(p) && mpz_fits_slong_p(q))
        return (Num){mpz_get_si(p), mpz_get_si(q), dec};
    return big_new(a, p, q, dec);
}

Num num_set_mpq(Arena *a, const mpq_t q)
{
    return set_pq(a, mpq_numref(q), mpq_denref(q), false);
}

Num num_set_mpz(Arena *a, const mpz_t z)
{
    NumView one;
    return set_pq(a, z, mpq_denref(num_view(&one, NUM_ONE)), false);
}

Num num_take_mpq(Arena *a, mpq_t q, bool dec)
{
    Num x = num_set_mpq(a, q);
    mpq_clear(q);
    x.dec = dec;
    return x;
}

Num num_take_mpz(Arena *a, mpz_t z, bool dec)
{
    Num x = num_set_mpz(a, z);
    mpz_clear(z);
    x.dec = dec;
    return x;
}

void num_get_mpq(mpq_t q, Num x)
{
    NumView w;
    mpq_set(q, num_view(&w, x));
}

void num_get_mpz(mpz_t z, Num x)
{
    NumView w;
    mpz_set(z, mpq_numref(num_view(&w, x)));
}

Num num_copy(Arena *a, Num x)
{
    if (num_is_small(x))
        return x;
    NumView w;
    mpq_srcptr v = num_view(&w, x);
    return big_new(a, mpq_numref(v), mpq_denref(v), x.dec);
}

/* (negative ? -p : p)/q, q > 0, in lowest terms already */
static Num from_u64(Arena *a, uint64_t p, bool negative, uint64_t q, bool dec)
{
    if (q <= INT64_MAX && p <= (uint64_t)INT64_MAX + negative)
        return (Num){negative ? (int64_t)(0 - p) : (int64_t)p, (int64_t)q, dec};
    mpz_t zp, zq;
    mpz_roinit_n(zp, &p, negative ? -1 : 1);
    mpz_roinit_n(zq, &q, 1);
    return big_new(a, zp, zq, dec);
}

Num num_rat(Arena *a, int64_t p, int64_t q)
{
    uint64_t up = num_abs_u64(p), uq = num_abs_u64(q), g = gcd_u64(up, uq);
    return from_u64(a, up / g, (p < 0) != (q < 0) && p, uq / g, false);
}

/* ---- questions */

bool num_is_int_big(Num x)
{
    NumView w;
    return mpz_cmp_ui(mpq_denref(num_view(&w, x)), 1) == 0;
}

bool num_is_even(Num x)
{
    NumView w;
    if (num_is_small(x))
        return x.q == 1 && x.p % 2 == 0;
    return num_is_int(x) && mpz_even_p(mpq_numref(num_view(&w, x)));
}

int num_sgn_big(Num x)
{
    NumView w;
    return mpq_sgn(num_view(&w, x));
}

int num_cmp_any(Num x, Num y)
{
    if (num_is_small(x) && num_is_small(y)) {
        __int128 l = (__int128)x.p * y.q, r = (__int128)y.p * x.q;
        return (l > r) - (l < r);
    }
    NumView v, w;
    int c = mpq_cmp(num_view(&v, x), num_view(&w, y));
    return (c > 0) - (c < 0);
}

bool num_eq(Num x, Num y)
{
    if (x.dec != y.dec || num_is_small(x) != num_is_small(y))
        return false;
    NumView v, w;
    return num_is_small(x) ? x.p == y.p && x.q == y.q
                           : mpq_equal(num_view(&v, x), num_view(&w, y)) != 0;
}

static uint64_t hash_mpz(mpz_srcptr z, uint64_t seed)
{
    return hash_bytes(mpz_limbs_read(z), mpz_size(z) * sizeof(mp_limb_t),
                      seed + (mpz_sgn(z) < 0));
}

uint64_t num_hash(Num x)
{
    if (num_is_small(x))
        return hash_mix(hash_mix((uint64_t)x.p, (uint64_t)x.q), x.dec);
    NumView w;
    mpq_srcptr v = num_view(&w, x);
    return hash_mix(hash_mpz(mpq_denref(v), hash_mpz(mpq_numref(v), 1)), x.dec);
}

static size_t bits_u64(uint64_t u) { return u ? 64 - (size_t)__builtin_clzll(u) : 1; }

size_t num_bits(Num x)
{
    if (num_is_small(x))
        return bits_u64(num_abs_u64(x.p)) + bits_u64((uint64_t)x.q);
    NumView w;
    mpq_srcptr v = num_view(&w, x);
    return mpz_sizeinbase(mpq_numref(v), 2) + mpz_sizeinbase(mpq_denref(v), 2);
}

/* ---- sums, products */

/* Sizes at which the sum (product) of x and y is still computed. */
static bool sum_fits(Num x, Num y)
{
    size_t bx = num_bits(x), by = num_bits(y);
    if (num_is_int(x) && num_is_int(y))
        return (bx > by ? bx : by) < NUM_MAX_BITS;
    return bx + by <= NUM_MAX_FRACTION_BITS;
}

static bool product_fits(Num x, Num y)
{
    bool ints = num_is_int(x) && num_is_int(y);
    return num_bits(x) + num_bits(y) <= (ints ? NUM_MAX_BITS : NUM_MAX_FRACTION_BITS);
}

/* p1/q1 + p2/q2 in lowest terms; false when a step overflows */
static bool add_small(Num x, Num y, Num *r)
{
    if (x.q == 1 && y.q == 1) {
        r->q = 1;
        return !__builtin_add_overflow(x.p, y.p, &r->p);
    }
    int64_t g = (int64_t)gcd_u64((uint64_t)x.q, (uint64_t)y.q), a, b, t;
    if (__builtin_mul_overflow(x.p, y.q / g, &a) ||
        __builtin_mul_overflow(y.p, x.q / g, &b) || __builtin_add_overflow(a, b, &t))
        return false;
    int64_t h = (int64_t)gcd_u64(num_abs_u64(t), (uint64_t)g);
    r->p = t / h;
    if (t == 0) {
        r->q = 1;
        return true;
    }
    return !__builtin_mul_overflow(x.q / g, y.q / h, &r->q);
}

static Num by_gmp(Arena *a, Num x, Num y, void (*op)(mpq_ptr, mpq_srcptr, mpq_srcptr),
                  bool dec)
{
    NumView v, w;
    mpq_t z;
    mpq_init(z);
    op(z, num_view(&v, x), num_view(&w, y));
    return num_take_mpq(a, z, dec);
}

Num num_add_any(Arena *a, Num x, Num y)
{
    Num r = {0, 1, x.dec || y.dec};
    if (num_is_small(x) && num_is_small(y) && add_small(x, y, &r))
        return r;
    if (!sum_fits(x, y))
        return num_too_big(a);
    return by_gmp(a, x, y, mpq_add, r.dec);
}

Num num_sub(Arena *a, Num x, Num y) { return num_add(a, x, num_neg(a, y)); }

static bool mul_small(Num x, Num y, Num *r)
{
    if (x.q == 1 && y.q == 1) {
        r->q = 1;
        return !__builtin_mul_overflow(x.p, y.p, &r->p);
    }
    uint64_t g = gcd_u64(num_abs_u64(x.p), (uint64_t)y.q);
    uint64_t h = gcd_u64(num_abs_u64(y.p), (uint64_t)x.q);
    if (g > INT64_MAX || h > INT64_MAX)
        return false;
    if (g == 1 && h == 1) { /* divisions are slow */
        return !__builtin_mul_overflow(x.p, y.p, &r->p) &&
               !__builtin_mul_overflow(x.q, y.q, &r->q);
    }
    int64_t i = (int64_t)g, j = (int64_t)h;
    return !__builtin_mul_overflow(x.p / i, y.p / j, &r->p) &&
           !__builtin_mul_overflow(x.q / j, y.q / i, &r->q);
}

Num num_mul_any(Arena *a, Num x, Num y)
{
    Num r = {0, 1, x.dec || y.dec};
    if (num_is_small(x) && num_is_small(y) && mul_small(x, y, &r))
        return r;
    if (!product_fits(x, y))
        return num_too_big(a);
    return by_gmp(a, x, y, mpq_mul, r.dec);
}

Num num_inv(Arena *a, Num x)
{
    if (num_is_small(x))
        return from_u64(a, (uint64_t)x.q, x.p < 0, num_abs_u64(x.p), x.dec);
    mpq_t z;
    mpq_init(z);
    num_get_mpq(z, x);
    mpq_inv(z, z);
    return num_take_mpq(a, z, x.dec);
}

Num num_div(Arena *a, Num x, Num y)
{
    if (x.q == 1 && y.q == 1 && y.p > 0 && x.p % y.p == 0)
        return (Num){x.p / y.p, 1, x.dec || y.dec};
    return num_mul(a, x, num_inv(a, y));
}

Num num_neg_any(Arena *a, Num x)
{
    if (num_is_small(x))
        return from_u64(a, num_abs_u64(x.p), x.p > 0, (uint64_t)x.q, x.dec);
    NumView w;
    mpq_srcptr v = num_view(&w, x);
    mpz_t minus;
    mp_size_t n = (mp_size_t)mpz_size(mpq_numref(v));
    mpz_roinit_n(minus, mpz_limbs_read(mpq_numref(v)), mpq_sgn(v) > 0 ? -n : n);
    return set_pq(a, minus, mpq_denref(v), x.dec);
}

/* ---- powers */

static bool pow_small(Num x, uint64_t e, Num *r)
{
    int64_t p = x.p, q = x.q;
    r->p = r->q = 1;
    while (true) {
        if ((e & 1) && (__builtin_mul_overflow(r->p, p, &r->p) ||
                        __builtin_mul_overflow(r->q, q, &r->q)))
            return false;
        e >>= 1;
        if (e == 0)
            return true;
        if (__builtin_mul_overflow(p, p, &p) || __builtin_mul_overflow(q, q, &q))
            return false;
    }
}

Num num_pow(Arena *a, Num x, int64_t e)
{
    uint64_t n = num_abs_u64(e);
    Num r = {1, 1, x.dec};
    if (n == 0)
        return r;
    if (e < 0)
        x = num_inv(a, x);
    if (num_is_small(x) && x.q == 1 && num_abs_u64(x.p) <= 1) {
        r.p = x.p == -1 && n % 2 == 0 ? 1 : x.p;
        return r;
    }
    if (num_is_small(x) && pow_small(x, n, &r))
        return r;
    if (n > NUM_MAX_BITS || num_bits(x) > 2 + NUM_MAX_BITS / n)
        return num_too_big(a);
    NumView w;
    mpq_srcptr v = num_view(&w, x);
    mpq_t z;
    mpq_init(z);
    mpz_pow_ui(mpq_numref(z), mpq_numref(v), n);
    mpz_pow_ui(mpq_denref(z), mpq_denref(v), n);
    return num_take_mpq(a, z, x.dec);
}

/* ---- integer parts */

Num num_floor(Arena *a, Num x)
{
    if (num_is_small(x))
        return num_int(x.p / x.q - (x.p % x.q < 0));
    NumView w;
    mpq_srcptr v = num_view(&w, x);
    mpz_t z;
    mpz_init(z);
    mpz_fdiv_q(z, mpq_numref(v), mpq_denref(v));
    return num_take_mpz(a, z, false);
}

Num num_ceil(Arena *a, Num x) { return num_neg(a, num_floor(a, num_neg(a, x))); }

Num num_round(Arena *a, Num x)
{
    Num r = num_floor(a, num_add(a, num_abs(a, x), (Num){1, 2, false}));
    return num_sgn(x) < 0 ? num_neg(a, r) : r;
}

Num num_mod(Arena *a, Num x, Num y)
{
    bool dec = x.dec || y.dec;
    if (x.q == 1 && y.q == 1 && y.p > 0) {
        int64_t r = x.p % y.p;
        return (Num){r < 0 ? r + y.p : r, 1, dec};
    }
    Num r = num_sub(a, x, num_mul(a, y, num_floor(a, num_div(a, x, y))));
    r.dec = dec;
    return r;
}

Num num_gcd(Arena *a, Num x, Num y)
{
    bool dec = x.dec || y.dec;
    if (num_is_small(x) && num_is_small(y)) {
        uint64_t q = (uint64_t)x.q;
        if (y.q == x.q ||
            !__builtin_mul_overflow(q / gcd_u64(q, (uint64_t)y.q), (uint64_t)y.q, &q))
            return from_u64(a, gcd_u64(num_abs_u64(x.p), num_abs_u64(y.p)), false, q,
                            dec);
    }
    if (!product_fits(x, y))
        return num_too_big(a);
    NumView v, w;
    mpq_srcptr vx = num_view(&v, x), vy = num_view(&w, y);
    mpq_t z;
    mpq_init(z);
    mpz_gcd(mpq_numref(z), mpq_numref(vx), mpq_numref(vy));
    mpz_lcm(mpq_denref(z), mpq_denref(vx), mpq_denref(vy));
    return num_take_mpq(a, z, dec);
}

Num num_numer(Arena *a, Num x)
{
    if (num_is_small(x))
        return num_int(x.p);
    NumView w;
    return num_set_mpz(a, mpq_numref(num_view(&w, x)));
}

Num num_denom(Arena *a, Num x)
{
    if (num_is_small(x))
        return num_int(x.q);
    NumView w;
    return num_set_mpz(a, mpq_denref(num_view(&w, x)));
}
