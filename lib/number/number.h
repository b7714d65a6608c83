/* number/number.h - exact rational numbers, a machine word fast path over GMP.
 *
 * A Num is a value: copy it freely. Small ones (both parts fit int64) need no memory; big ones
 * point to immutable limbs, owned by the arena that was given to the operation. Invariant: lowest
 * terms, positive denominator, small whenever both parts fit. `dec` says that the number was
 * written (or computed) as a decimal: it is exact all the same, prints as a decimal, and makes
 * what it is combined with decimal (0.1 + 1/5 is 0.3).
 * May use: base.
 * Files: num.c (arithmetic, comparison, GMP), integer.c (factorials, binomials, roots, factors),
 * text.c (to and from text and doubles), view.h (shared by these: a Num seen by GMP in place).
 */
#ifndef LBZ_NUMBER_H
#define LBZ_NUMBER_H

#include "base/base.h"
#include <gmp.h>

typedef struct {
    int64_t p, q; /* q >= 1: p/q. q == 0: p is a pointer to a BigRat */
    bool dec;
} Num;

typedef struct {
    mpz_t p, q; /* limbs live in an arena; read only, never clear them */
} BigRat;

#define NUM_ZERO ((Num){0, 1, false})
#define NUM_ONE ((Num){1, 1, false})

static inline bool num_is_small(Num x) { return x.q != 0; }
static inline bool num_is_zero(Num x) { return x.p == 0 && x.q == 1; }
static inline bool num_is_one(Num x) { return x.p == 1 && x.q == 1; }
static inline bool num_is_minus_one(Num x) { return x.p == -1 && x.q == 1; }
static inline Num num_int(int64_t p) { return (Num){p, 1, false}; }
Num num_rat(Arena *a, int64_t p, int64_t q); /* q != 0; reduced */

static inline bool num_is_int(Num x);
bool num_is_even(Num x); /* an even integer */
static inline int num_sgn(Num x);
static inline int num_cmp(Num x, Num y); /* by value; dec is ignored */
bool num_eq(Num x, Num y);               /* same value and same dec */
uint64_t num_hash(Num x);                /* from content only */
/* true when x is an integer in int64 */
static inline bool num_get_int(Num x, int64_t *i);
size_t num_bits(Num x); /* bits of numerator plus denominator */

/* Results that would need more than about 2^27 bits (2^24 where fractions have to be reduced)
 * record LBZ_LIMIT and return 0. floor, ceil, round, numer and denom are exact integers: never
 * dec. */
static inline Num num_add(Arena *a, Num x, Num y);
Num num_sub(Arena *a, Num x, Num y);
static inline Num num_mul(Arena *a, Num x, Num y);
Num num_div(Arena *a, Num x, Num y); /* y != 0 */
static inline Num num_neg(Arena *a, Num x);
static inline Num num_abs(Arena *a, Num x);
Num num_inv(Arena *a, Num x);            /* x != 0 */
Num num_pow(Arena *a, Num x, int64_t e); /* x != 0 or e >= 0 */
Num num_floor(Arena *a, Num x);
Num num_ceil(Arena *a, Num x);
Num num_round(Arena *a, Num x);      /* half away from zero */
Num num_mod(Arena *a, Num x, Num y); /* x - y*floor(x/y), y != 0 */
Num num_gcd(Arena *a, Num x, Num y); /* gcd(p)/lcm(q), >= 0: the content of {x, y} */
Num num_numer(Arena *a, Num x);
Num num_denom(Arena *a, Num x);
Num num_copy(Arena *a, Num x); /* the same value with its limbs in a */
Num num_factorial(Arena *a, uint64_t n);
Num num_binomial(Arena *a, int64_t n, uint64_t k);

/* For an integer n >= 1: n = out^k * rest with the k-th power taken out as far as trial
 * division by small primes and perfect-power tests reach. */
void num_split_power(Arena *a, Num n, unsigned k, Num *out, Num *rest);
/* Prime factors (value, multiplicity) of a machine-word integer >= 2; returns their number,
 * at most 15. */
size_t num_factor(uint64_t n, uint64_t prime[16], unsigned mult[16]);

/* Text "123", "0.1", "2e3", "1.5e-7" to its exact value; dec is set when there is a '.' or an
 * exponent. Returns the bytes used, 0 when there is no number. An 'e' that is not followed by
 * digits (or sign and digits) is left alone. Exponents beyond 10^5 record LBZ_LIMIT. */
size_t num_parse(Arena *a, const char *s, size_t n, Num *x);
/* Exact text: "-3/4"; of a dec its exact decimal where that has at most 40 digits, else 17
 * significant digits. A dec prints with a '.' or an exponent ("5.0", "1e-12"), so that it reads
 * back as a dec. */
void num_print(Str *b, Num x);
/* A dec that does not end, or not soon enough: 0.1 + 1/6 prints 17 digits of 4/15. */
bool num_prints_rounded(Num x);
/* x != 0 correctly rounded (ties to even) to at most n >= 1 significant digits: appends the
 * digits of |x|, the first of them not 0, without trailing zeros; *exp10 is the decimal exponent
 * of the first. True when nothing was rounded away. */
bool num_digits(Str *b, Num x, size_t n, int64_t *exp10);
/* Writes n digits whose first has decimal exponent exp10: positional for exponents from -6 to
 * below `wide` (21 is usual), else as d.ddde-30. With dot, an integer is written 5.0. */
void decimal_print(Str *b, bool negative, const char *digits, size_t n, int64_t exp10,
                   int64_t wide, bool dot);
/* The double nearest to x, correctly rounded; +-inf on overflow. */
double num_to_double(Num x);
/* The shortest decimal that reads back to d, as an exact dec; d must be finite. */
Num num_from_double(Arena *a, double d);
/* Shortest text that reads back to d ("0.1", "1e+300", "nan", "inf"); at least 32 bytes. */
void double_print(char out[32], double d);
void double_put(Str *out, double d); /* the same text */

void num_get_mpq(mpq_t q, Num x);         /* q is initialised by the caller */
void num_get_mpz(mpz_t z, Num x);         /* numerator */
Num num_set_mpq(Arena *a, const mpq_t q); /* q in lowest terms */
Num num_set_mpz(Arena *a, const mpz_t z);

/* ---- the ways of small integers; the rest is in num.c */
bool num_is_int_big(Num x);
int num_sgn_big(Num x);
int num_cmp_any(Num x, Num y);
Num num_add_any(Arena *a, Num x, Num y);
Num num_mul_any(Arena *a, Num x, Num y);
Num num_neg_any(Arena *a, Num x);

static inline bool num_is_int(Num x)
{
    return num_is_small(x) ? x.q == 1 : num_is_int_big(x);
}
static inline int num_sgn(Num x)
{
    return num_is_small(x) ? (x.p > 0) - (x.p < 0) : num_sgn_big(x);
}
static inline bool num_get_int(Num x, int64_t *i)
{
    if (x.q != 1)
        return false;
    *i = x.p;
    return true;
}
static inline int num_cmp(Num x, Num y)
{
    return x.q == 1 && y.q == 1 ? (x.p > y.p) - (x.p < y.p) : num_cmp_any(x, y);
}
static inline Num num_add(Arena *a, Num x, Num y)
{
    Num r = {0, 1, x.dec || y.dec};
    bool small = x.q == 1 && y.q == 1 && !__builtin_add_overflow(x.p, y.p, &r.p);
    return small ? r : num_add_any(a, x, y);
}
static inline Num num_mul(Arena *a, Num x, Num y)
{
    Num r = {0, 1, x.dec || y.dec};
    bool small = x.q == 1 && y.q == 1 && !__builtin_mul_overflow(x.p, y.p, &r.p);
    return small ? r : num_mul_any(a, x, y);
}
static inline Num num_neg(Arena *a, Num x)
{
    return num_is_small(x) && x.p != INT64_MIN ? (Num){-x.p, x.q, x.dec}
                                               : num_neg_any(a, x);
}
static inline Num num_abs(Arena *a, Num x) { return num_sgn(x) < 0 ? num_neg(a, x) : x; }

#endif
