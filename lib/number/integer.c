/* number/integer.c - number theory that exact values need: factorials, binomials,
 * factors. Sizes are bounded before GMP is asked, as in num.c.
 */
#include "number/view.h"

#include <flint/flint.h>
#include <flint/ulong_extras.h>
#include <math.h>

/* ---- factorials, binomial coefficients */

Num num_factorial(Arena *a, uint64_t n)
{
    if (n > 1 && (double)n * (log2((double)n) - 1.4426) > (double)NUM_MAX_BITS)
        return num_too_big(a);
    mpz_t z;
    mpz_init(z);
    mpz_fac_ui(z, n);
    return num_take_mpz(a, z, false);
}

Num num_binomial(Arena *a, int64_t n, uint64_t k)
{
    uint64_t m = num_abs_u64(n);
    bool negative = n < 0 && k % 2 == 1;
    if (n < 0 && __builtin_add_overflow(m - 1, k, &m))
        return num_too_big(a);
    if (k > m)
        return NUM_ZERO;
    k = k < m - k ? k : m - k;
    if (k > 0 &&
        (double)k * (log2((double)m / (double)k) + 1.4427) > (double)NUM_MAX_BITS)
        return num_too_big(a);
    mpz_t z;
    mpz_init(z);
    mpz_bin_uiui(z, m, k);
    if (negative)
        mpz_neg(z, z);
    return num_take_mpz(a, z, false);
}

/* ---- factors */

/* r^k, or UINT64_MAX when that is more than 2^64 - 2 */
static uint64_t pow_u64(uint64_t r, unsigned k)
{
    uint64_t z = 1;
    while (k-- > 0) {
        if (__builtin_mul_overflow(z, r, &z))
            return UINT64_MAX;
        if (r <= 1)
            break;
    }
    return z;
}

/* Small factors by trial division: most questions end there, and FLINT, which does the
 * rest, is opened only when it is needed. */
static size_t small_factors(uint64_t *n, uint64_t prime[16], unsigned mult[16])
{
    size_t count = 0;
    for (uint64_t d = 2; d < 1024 && d * d <= *n; d += 1 + (d > 2)) {
        if (*n % d == 0) {
            prime[count] = d;
            for (mult[count] = 0; *n % d == 0; *n /= d)
                mult[count]++;
            count++;
        }
    }
    return count;
}

size_t num_factor(uint64_t n, uint64_t prime[16], unsigned mult[16])
{
    size_t count = small_factors(&n, prime, mult), from = count;
    n_factor_t f;
    n_factor_init(&f);
    if (n >= 1024 * 1024) {
        n_factor(&f, n, 1);
    } else if (n > 1) { /* no divisor up to its square root */
        f.num = 1;
        f.p[0] = n;
        f.exp[0] = 1;
    }
    for (int i = 0; i < f.num; i++) {
        size_t j = count++;
        for (; j > from && prime[j - 1] > f.p[i]; j--) {
            prime[j] = prime[j - 1];
            mult[j] = mult[j - 1];
        }
        prime[j] = f.p[i];
        mult[j] = (unsigned)f.exp[i];
    }
    return count;
}

/* out *= base^(m/k), rest *= base^(m%k) */
static void deal_power(mpz_t out, mpz_t rest, mpz_srcptr base, unsigned long m,
                       unsigned k)
{
    mpz_t t;
    mpz_init(t);
    mpz_pow_ui(t, base, m / k);
    mpz_mul(out, out, t);
    mpz_pow_ui(t, base, m % k);
    mpz_mul(rest, rest, t);
    mpz_clear(t);
}

/* Takes the primes below limit out of z. */
static void split_small_primes(mpz_t out, mpz_t rest, mpz_t z, unsigned k, unsigned limit)
{
    mpz_t p;
    mpz_init(p);
    for (unsigned d = 2; d < limit; d += 1 + (d > 2)) {
        if (mpz_divisible_ui_p(z,
                               d)) { /* composite d never divide: their primes are out */
            mpz_set_ui(p, d);
            deal_power(out, rest, p, mpz_remove(z, z, p), k);
        }
    }
    mpz_clear(p);
}

static void split_word(mpz_t out, mpz_t rest, uint64_t u, unsigned k)
{
    uint64_t prime[16];
    unsigned mult[16];
    size_t n = u > 1 ? num_factor(u, prime, mult) : 0;
    for (size_t i = 0; i < n; i++) {
        mpz_t p;
        mpz_roinit_n(p, &prime[i], 1);
        deal_power(out, rest, p, mult[i], k);
    }
}

/* z has no prime factor below 2^10; the highest exponents are tried first */
static void split_perfect_power(mpz_t out, mpz_t rest, mpz_t z, unsigned k)
{
    size_t bits = mpz_sizeinbase(z, 2), most = bits / 10;
    mpz_t r;
    mpz_init(r);
    unsigned long m = bits > 4096 && most > k ? k : most;
    for (; m >= k; m--) {
        if (mpz_root(r, z, m)) {
            deal_power(out, rest, r, m, k);
            mpz_set_ui(z, 1);
            break;
        }
    }
    mpz_mul(rest, rest, z);
    mpz_clear(r);
}

static void split_big(mpz_t out, mpz_t rest, Num n, unsigned k)
{
    mpz_t z;
    mpz_init(z);
    num_get_mpz(z, n);
    split_small_primes(out, rest, z, k, mpz_sizeinbase(z, 2) > (1u << 17) ? 1024 : 10000);
    if (mpz_fits_ulong_p(z))
        split_word(out, rest, mpz_get_ui(z), k);
    else
        split_perfect_power(out, rest, z, k);
    mpz_clear(z);
}

static void split_small(int64_t n, unsigned k, int64_t *out, int64_t *rest)
{
    uint64_t prime[16], root = 1;
    unsigned mult[16];
    size_t count = n > 1 ? num_factor((uint64_t)n, prime, mult) : 0;
    for (size_t i = 0; i < count; i++)
        root *= pow_u64(prime[i], mult[i] / k);
    *out = (int64_t)root;
    *rest = n / (int64_t)pow_u64(root, k);
}

void num_split_power(Arena *a, Num n, unsigned k, Num *out, Num *rest)
{
    *out = *rest = (Num){1, 1, n.dec};
    if (k < 2) {
        *out = n;
    } else if (num_is_small(n)) {
        split_small(n.p, k, &out->p, &rest->p);
    } else {
        mpz_t o, r;
        mpz_init_set_ui(o, 1);
        mpz_init_set_ui(r, 1);
        split_big(o, r, n, k);
        *out = num_take_mpz(a, o, n.dec);
        *rest = num_take_mpz(a, r, n.dec);
    }
}
