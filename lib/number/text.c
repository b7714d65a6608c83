/* number/text.c - numbers to and from text and doubles.
 *
 * Both directions are exact or correctly rounded; decimal conversion is GMP's, which is
 * subquadratic. Scratch text is freed before a function returns.
 */
#include "number/view.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_EXPONENT 100000

/* ---- reading */

typedef struct {
    const char *s;
    size_t whole, frac; /* digits before and after the point */
    size_t frac_at;     /* where the latter begin */
    size_t used;
    int64_t exp;
    bool dec;
} Literal;

static size_t digits_at(const char *s, size_t n, size_t i)
{
    size_t k = 0;
    while (i + k < n && s[i + k] >= '0' && s[i + k] <= '9')
        k++;
    return k;
}

/* A point that no digit follows belongs to the number unless it begins an operator, a
 * range or a name: 2.*x, 1..3 */
static bool point_ends_number(const char *s, size_t n, size_t i)
{
    if (i >= n)
        return true;
    unsigned char c = (unsigned char)s[i];
    return c < 0x80 && !strchr("*/^'.", c) && !((c | 32) >= 'a' && (c | 32) <= 'z') &&
           c != '_';
}

/* the exponent at s[i], which is e or E, if one is there */
static void scan_exponent(Literal *l, size_t n, size_t i)
{
    size_t j = i + 1;
    bool negative = j < n && l->s[j] == '-';
    j += j < n && (l->s[j] == '-' || l->s[j] == '+');
    size_t k = digits_at(l->s, n, j);
    for (size_t d = 0; d < k && l->exp <= MAX_EXPONENT; d++)
        l->exp = 10 * l->exp + (l->s[j + d] - '0');
    if (k > 0) {
        l->exp = negative ? -l->exp : l->exp;
        l->used = j + k;
        l->dec = true;
    }
}

static bool scan_literal(Literal *l, const char *s, size_t n)
{
    *l = (Literal){.s = s, .whole = digits_at(s, n, 0)};
    size_t i = l->used = l->whole;
    if (i < n && s[i] == '.') {
        l->frac_at = i + 1;
        l->frac = digits_at(s, n, i + 1);
        if (l->frac > 0 || (l->whole > 0 && point_ends_number(s, n, i + 1))) {
            l->used = i = l->frac_at + l->frac;
            l->dec = true;
        }
    }
    if (l->whole + l->frac == 0)
        return false;
    if (i < n && (s[i] | 32) == 'e')
        scan_exponent(l, n, i);
    return true;
}

/* z = all digits as one integer; false: no memory */
static bool read_digits(mpz_t z, const Literal *l)
{
    size_t n = l->whole + l->frac;
    char *text = mem_alloc(n + 1);
    if (!text)
        return false;
    memcpy(text, l->s, l->whole);
    memcpy(text + l->whole, l->s + l->frac_at, l->frac);
    text[n] = '\0';
    mpz_set_str(z, text, 10);
    mem_free(text);
    return true;
}

static Num literal_big(Arena *a, const Literal *l)
{
    int64_t scale = l->exp - (int64_t)l->frac;
    mpq_t v;
    mpz_t ten;
    mpq_init(v);
    mpz_init(ten);
    if (read_digits(mpq_numref(v), l)) {
        mpz_ui_pow_ui(ten, 10, num_abs_u64(scale));
        if (scale >= 0) {
            mpz_mul(mpq_numref(v), mpq_numref(v), ten);
        } else {
            mpz_swap(mpq_denref(v), ten);
            mpq_canonicalize(v);
        }
    } else {
        env_error(a->env, LBZ_LIMIT, NULL, "there is not enough memory for this number");
    }
    mpz_clear(ten);
    return num_take_mpq(a, v, l->dec);
}

static Num literal_value(Arena *a, const Literal *l)
{
    int64_t p = 0, q = 1, scale = l->exp - (int64_t)l->frac;
    if (l->whole + l->frac > 18 || scale < -18 || scale > 0)
        return literal_big(a, l);
    for (size_t i = 0; i < l->whole; i++)
        p = 10 * p + (l->s[i] - '0');
    for (size_t i = 0; i < l->frac; i++)
        p = 10 * p + (l->s[l->frac_at + i] - '0');
    for (; scale < 0; scale++)
        q *= 10;
    Num x = num_rat(a, p, q);
    x.dec = l->dec;
    return x;
}

size_t num_parse(Arena *a, const char *s, size_t n, Num *x)
{
    Literal l;
    if (!scan_literal(&l, s, n))
        return 0;
    *x = NUM_ZERO;
    if (l.exp > MAX_EXPONENT || l.exp < -MAX_EXPONENT) {
        env_error(a->env, LBZ_LIMIT, "write it as a power: 2*10^(10^6)",
                  "the exponent of this number is beyond %d", MAX_EXPONENT);
    } else if ((double)(l.whole + l.frac) * 3.33 > (double)NUM_MAX_BITS ||
               (double)l.frac * 6.7 > (double)NUM_MAX_FRACTION_BITS) {
        *x = num_too_big(a);
    } else {
        *x = literal_value(a, &l);
    }
    return l.used;
}

/* ---- writing */

static void put_mpz(Str *b, mpz_srcptr z)
{
    char *text = mem_alloc(mpz_sizeinbase(z, 10) + 2);
    if (!text) {
        b->failed = true;
        return;
    }
    mpz_get_str(text, 10, z);
    str_puts(b, text);
    mem_free(text);
}

static void strip_zeros(Str *b, size_t from)
{
    while (b->n > from + 1 && b->s[b->n - 1] == '0')
        b->s[--b->n] = '\0';
}

/* d = round(p*10^k/q), ties to even; true when it is exact. p > 0. */
static bool scale_and_round(mpz_t d, mpz_srcptr p, mpz_srcptr q, int64_t k)
{
    mpz_t ten, rem, den;
    mpz_inits(ten, rem, den, NULL);
    mpz_ui_pow_ui(ten, 10, num_abs_u64(k));
    if (k >= 0) {
        mpz_mul(d, p, ten);
        mpz_set(den, q);
    } else {
        mpz_set(d, p);
        mpz_mul(den, q, ten);
    }
    mpz_fdiv_qr(d, rem, d, den);
    bool exact = mpz_sgn(rem) == 0;
    mpz_mul_2exp(rem, rem, 1);
    int c = mpz_cmp(rem, den);
    if (c > 0 || (c == 0 && mpz_odd_p(d)))
        mpz_add_ui(d, d, 1);
    mpz_clears(ten, rem, den, NULL);
    return exact;
}

/* floor(log10(p/q)) or, near powers of ten, one less: never more, for rounding too early
 * could not be mended */
static int64_t guess_exp10(mpz_srcptr p, mpz_srcptr q)
{
    long ep, eq;
    double mp = mpz_get_d_2exp(&ep, p), mq = mpz_get_d_2exp(&eq, q);
    return (int64_t)floor(log10(mp / mq) + (double)(ep - eq) * 0.30102999566398119521 -
                          1e-7);
}

bool num_digits(Str *b, Num x, size_t n, int64_t *exp10)
{
    NumView w;
    mpq_srcptr v = num_view(&w, x);
    mpz_t p, d, limit;
    mp_size_t np = (mp_size_t)mpz_size(mpq_numref(v));
    mpz_roinit_n(p, mpz_limbs_read(mpq_numref(v)), np);
    mpz_inits(d, limit, NULL);
    int64_t e = guess_exp10(p, mpq_denref(v));
    bool exact = scale_and_round(d, p, mpq_denref(v), (int64_t)n - 1 - e);
    mpz_ui_pow_ui(limit, 10, n);
    if (mpz_cmp(d, limit) >= 0)
        exact = scale_and_round(d, p, mpq_denref(v), (int64_t)n - 1 - ++e);
    size_t from = b->n;
    put_mpz(b, d);
    if (!b->failed) {
        e += (int64_t)(b->n - from) - (int64_t)n; /* 9.99 became 10.0 */
        strip_zeros(b, from);
    }
    *exp10 = e;
    mpz_clears(d, limit, NULL);
    return exact;
}

static void put_zeros(Str *b, int64_t n)
{
    for (; n > 0; n--)
        str_putc(b, '0');
}

void decimal_print(Str *b, bool negative, const char *digits, size_t n, int64_t exp10,
                   int64_t wide, bool dot)
{
    if (negative)
        str_putc(b, '-');
    size_t whole = exp10 < 0 ? 0 : (size_t)exp10 + 1;
    if (exp10 < -6 || exp10 >= wide) {
        str_put(b, digits, 1);
        if (n > 1) {
            str_putc(b, '.');
            str_put(b, digits + 1, n - 1);
        }
        str_printf(b, "e%+lld", (long long)exp10);
    } else if (whole >= n) {
        str_put(b, digits, n);
        put_zeros(b, (int64_t)(whole - n));
        str_puts(b, dot ? ".0" : "");
    } else {
        str_put(b, digits, whole);
        str_puts(b, whole ? "." : "0.");
        put_zeros(b, -1 - exp10);
        str_put(b, digits + whole, n - whole);
    }
}

/* Digits that write x out exactly; 0: no number of them does, or it is too many to be read. */
static size_t exact_digits(Num x)
{
    enum { MOST = 10000 };
    NumView w;
    mpq_srcptr v = num_view(&w, x);
    mpz_t q, five;
    mpz_inits(q, five, NULL);
    size_t two = mpz_scan1(mpq_denref(v), 0);
    mpz_fdiv_q_2exp(q, mpq_denref(v), two);
    mpz_set_ui(five, 5);
    size_t fives = mpz_remove(q, q, five), behind = two > fives ? two : fives;
    bool ends = mpz_cmp_ui(q, 1) == 0;
    mpz_clears(q, five, NULL);
    size_t n = behind + mpz_sizeinbase(mpq_numref(v), 10);
    return ends && n <= MOST ? n : 0;
}

bool num_prints_rounded(Num x)
{
    Str digits = {0};
    int64_t exp10;
    bool rounded = x.dec && !num_is_zero(x) && !num_digits(&digits, x, 40, &exp10) &&
                   !exact_digits(x);
    str_free(&digits);
    return rounded;
}

static void print_dec(Str *b, Num x)
{
    Str digits = {0};
    int64_t exp10 = 0;
    if (num_is_zero(x)) {
        str_puts(b, "0.0");
        return;
    }
    if (!num_digits(&digits, x, 40, &exp10)) {
        size_t n = exact_digits(x);
        str_clear(&digits);
        num_digits(&digits, x, n ? n : 17, &exp10);
    }
    decimal_print(b, num_sgn(x) < 0, str_cstr(&digits), digits.n, exp10, 21, true);
    b->failed |= digits.failed;
    str_free(&digits);
}

void num_print(Str *b, Num x)
{
    if (x.dec) {
        print_dec(b, x);
    } else if (num_is_small(x)) {
        str_printf(b, x.q == 1 ? "%lld" : "%lld/%lld", (long long)x.p, (long long)x.q);
    } else {
        NumView w;
        mpq_srcptr v = num_view(&w, x);
        put_mpz(b, mpq_numref(v));
        if (mpz_cmp_ui(mpq_denref(v), 1) != 0) {
            str_putc(b, '/');
            put_mpz(b, mpq_denref(v));
        }
    }
}

/* ---- doubles */

/* floor(p*2^s/q) for the s that gives it 64 to 66 bits, its last bit set when inexact. */
static void top_bits(mpz_t top, mpz_srcptr p, mpz_srcptr q, long *s)
{
    mpz_t rem, t;
    mpz_inits(rem, t, NULL);
    *s = 65 - (long)mpz_sizeinbase(p, 2) + (long)mpz_sizeinbase(q, 2);
    if (*s >= 0) {
        mpz_mul_2exp(t, p, (mp_bitcnt_t)*s);
        mpz_tdiv_qr(top, rem, t, q);
    } else {
        mpz_mul_2exp(t, q, (mp_bitcnt_t) - *s);
        mpz_tdiv_qr(top, rem, p, t);
    }
    if (mpz_sgn(rem))
        mpz_setbit(top, 0);
    mpz_clears(rem, t, NULL);
}

/* top*2^-s for top of 64 or more bits that stands for a value truncated below, correctly
 * rounded to the precision that a double has at that size */
static double round_bits(mpz_t top, long s)
{
    long bits = (long)mpz_sizeinbase(top, 2);
    long prec = bits - s + 1074 < DBL_MANT_DIG ? bits - s + 1074 : DBL_MANT_DIG;
    if (prec < 0)
        return 0;
    if (bits - s > DBL_MAX_EXP + 1)
        return HUGE_VAL;
    mp_bitcnt_t drop = (mp_bitcnt_t)(bits - prec);
    bool half = mpz_tstbit(top, drop - 1);
    bool more = mpz_scan1(top, 0) < drop - 1;
    mpz_tdiv_q_2exp(top, top, drop);
    if (half && (more || mpz_odd_p(top)))
        mpz_add_ui(top, top, 1);
    return ldexp((double)mpz_get_ui(top), (int)((long)drop - s));
}

double num_to_double(Num x)
{
    const int64_t exact = (int64_t)1 << DBL_MANT_DIG;
    if (num_is_small(x) && x.p >= -exact && x.p <= exact && x.q <= exact)
        return (double)x.p / (double)x.q;
    NumView w;
    mpq_srcptr v = num_view(&w, x);
    mpz_t top, p;
    long s;
    mpz_init(top);
    mpz_roinit_n(p, mpz_limbs_read(mpq_numref(v)), (mp_size_t)mpz_size(mpq_numref(v)));
    top_bits(top, p, mpq_denref(v), &s);
    double d = round_bits(top, s);
    mpz_clear(top);
    return mpq_sgn(v) < 0 ? -d : d;
}

typedef struct {
    char digits[20]; /* without trailing zeros */
    size_t n;
    int exp10;
} Shortest;

/* d > 0 to n significant digits by printf, whose decimal point depends on the locale */
static void round_digits(Shortest *r, double d, int n)
{
    char text[40];
    snprintf(text, sizeof text, "%.*e", n - 1, d);
    char *e = strchr(text, 'e');
    r->n = 0;
    r->exp10 = (int)strtol(e + 1, NULL, 10);
    for (char *s = text; s < e; s++)
        if (*s >= '0' && *s <= '9')
            r->digits[r->n++] = *s;
    while (r->n > 1 && r->digits[r->n - 1] == '0')
        r->n--;
    r->digits[r->n] = '\0';
}

/* The next decimal upwards with n digits. */
static void next_decimal(Shortest *r, size_t n)
{
    while (r->n < n)
        r->digits[r->n++] = '0';
    size_t i = n;
    while (i > 0 && r->digits[i - 1] == '9')
        i--;
    if (i == 0) {
        r->exp10++;
        r->digits[0] = '1';
    } else {
        r->digits[i - 1]++;
    }
    r->n = i ? i : 1;
    r->digits[r->n] = '\0';
}

static bool reads_back(const Shortest *r, double d)
{
    char text[40]; /* an integer with an exponent: no decimal point, no locale */
    snprintf(text, sizeof text, "%se%d", r->digits, r->exp10 - (int)r->n + 1);
    return strtod(text, NULL) == d;
}

/* d > 0 and finite. Below a power of two doubles lie closer than above it, so there the
 * nearest decimal of a length may fail although the next one up reads back. */
static void shortest(Shortest *r, double d)
{
    int exp2;
    bool power = frexp(d, &exp2) == 0.5;
    for (int n = d < 1e-290 ? 1 : 15; n <= 17; n++) {
        round_digits(r, d, n);
        if (reads_back(r, d))
            return;
        next_decimal(r, (size_t)n);
        if (power && n < 17 && reads_back(r, d))
            return;
    }
    round_digits(r, d, 17);
}

Num num_from_double(Arena *a, double d)
{
    Shortest r;
    char text[40];
    Num x = {0, 1, true};
    if (d == 0 || !isfinite(d))
        return x;
    shortest(&r, fabs(d));
    int n = snprintf(text, sizeof text, "%se%d", r.digits, r.exp10 - (int)r.n + 1);
    num_parse(a, text, (size_t)n, &x);
    return d < 0 ? num_neg(a, x) : x;
}

void double_print(char out[32], double d)
{
    Shortest r;
    if (d == 0 || !isfinite(d)) {
        strcpy(out, isnan(d) ? "nan"
                    : d == 0 ? signbit(d) ? "-0" : "0"
                    : d < 0  ? "-inf"
                             : "inf");
        return;
    }
    shortest(&r, fabs(d));
    Str b = {out, 0, 32, false}; /* sign, 17 digits, point, exponent: fits, never grows */
    decimal_print(&b, d < 0, r.digits, r.n, r.exp10, 21, false);
}

void double_put(Str *out, double d)
{
    char t[32];
    double_print(t, d);
    str_puts(out, t);
}
