/* ball/decimal.c - decimal digits of balls and numbers: a string of digits and the exponent of the
 * first, which may be too large for a machine word.
 */
#include "ball/internal.h"

/* e = floor(log10(|x|)) or one less, x not 0 */
static void guess_exp10(fmpz_t e, const arb_t x)
{
    slong prec = 64 + (slong)fmpz_bits(ARF_EXPREF(arb_midref(x)));
    arb_t t;
    arb_init(t);
    arb_get_lbound_arf(arb_midref(t), x, 64);
    arb_log_base_ui(t, t, 10, prec);
    arb_get_lbound_arf(arb_midref(t), t, prec);
    arf_floor(arb_midref(t), arb_midref(t));
    arf_get_fmpz(e, arb_midref(t), ARF_RND_DOWN);
    arb_clear(t);
}

/* d = the integer nearest to x*10^k if the ball x > 0 decides it; by force that of its
 * middle */
static bool scaled_digits(fmpz_t d, const arb_t x, const fmpz_t k, slong prec, bool force)
{
    arb_t y, p;
    arb_init(y);
    arb_init(p);
    arb_set_ui(p, 10);
    fmpz_t m;
    fmpz_init(m);
    fmpz_abs(m, k);
    prec += 64 + (slong)fmpz_bits(k);
    arb_pow_fmpz(p, p, m, prec);
    if (fmpz_sgn(k) < 0)
        arb_div(y, x, p, prec);
    else
        arb_mul(y, x, p, prec);
    if (force)
        mag_zero(arb_radref(y));
    arb_set_d(p, 0.5);
    arb_add(y, y, p, prec);
    arb_floor(y, y, prec);
    bool ok = arb_get_unique_fmpz(d, y);
    fmpz_clear(m);
    arb_clear(y);
    arb_clear(p);
    return ok;
}

bool ball_decimal_read(BallDecimal *r, const arb_t ball, size_t n, slong prec, bool force)
{
    arb_t x;
    fmpz_t d, k;
    bool ok = true;
    arb_init(x);
    fmpz_init(d);
    fmpz_init(k);
    arb_abs(x, ball);
    guess_exp10(r->exp10, x);
    for (int round = 0; round < 2; round++) {
        fmpz_sub_ui(k, r->exp10, n - 1);
        fmpz_neg(k, k);
        ok = scaled_digits(d, x, k, prec, force);
        if (!ok)
            break;
        char *text = fmpz_get_str(NULL, 10, d);
        str_clear(&r->digits);
        str_puts(&r->digits, text);
        flint_free(text);
        if (r->digits.n <= n)
            break;
        fmpz_add_ui(r->exp10, r->exp10, 1); /* the guess was low, or 9.99 became 10.0 */
    }
    if (!ok)
        str_clear(&r->digits);
    else if (r->digits.n > n)
        r->digits.n = n;
    arb_clear(x);
    fmpz_clear(d);
    fmpz_clear(k);
    return ok;
}

void ball_decimal_of(BallDecimal *r, Num x, size_t n)
{
    int64_t e = 0;
    str_clear(&r->digits);
    r->exact = num_digits(&r->digits, x, n, &e);
    fmpz_set_si(r->exp10, e);
}

void ball_decimal_put(Str *out, bool negative, const BallDecimal *d, size_t n)
{
    const char *s = d->digits.s;
    size_t len = d->digits.n;
    if (fmpz_fits_si(d->exp10)) {
        decimal_print(out, negative, s, len, fmpz_get_si(d->exp10),
                      n > 21 ? (int64_t)n : 21, false);
        return;
    }
    char *e = fmpz_get_str(NULL, 10, d->exp10);
    str_printf(out, "%s%c%s", negative ? "-" : "", s[0], len > 1 ? "." : "");
    str_put(out, s + 1, len - 1);
    str_printf(out, "e%s%s", *e == '-' ? "" : "+", e);
    flint_free(e);
}

void ball_put_num(Num x, size_t digits, Str *out)
{
    BallDecimal d = {0};
    fmpz_init(d.exp10);
    if (num_is_zero(x))
        str_puts(&d.digits, "0");
    else
        ball_decimal_of(&d, x, digits);
    ball_decimal_put(out, num_sgn(x) < 0, &d, digits);
    out->failed |= d.digits.failed;
    str_free(&d.digits);
    fmpz_clear(d.exp10);
}

void ball_put(Str *out, const arb_t x, size_t digits)
{
    BallDecimal d = {0};
    fmpz_init(d.exp10);
    if (!arf_is_zero(arb_midref(x)))
        (void)ball_decimal_read(&d, x, digits, 4 * (slong)digits + 64, true);
    else
        str_putc(&d.digits, '0');
    while (d.digits.n > 1 && d.digits.s[d.digits.n - 1] == '0')
        d.digits.s[--d.digits.n] = 0;
    ball_decimal_put(out, arf_sgn(arb_midref(x)) < 0, &d, digits);
    out->failed |= d.digits.failed;
    str_free(&d.digits);
    fmpz_clear(d.exp10);
}
