/* commands/verdict.c - the verdict of a check and what is told with it.
 *
 * FAIL needs a point where the two enclosures are disjoint; PASS proved a proof that the difference
 * is zero, and no such point among those where proofs do not look: zeros, kinks, jumps, ends. PASS
 * numeric is agreement to 50 digits at 8 points. Anything else is UNKNOWN with the reason.
 */
#include "commands/compare.h"
#include "print/print.h"

#include <stdio.h>

enum { EARLY = 2, CLOSE = 3 };

static void set_answer(Check *k, lbz_verdict v, const char *proof)
{
    k->s->ans.kind = LBZ_CHECK;
    k->s->ans.verdict = v;
    k->s->ans.proof = proof;
}

/* As many digits as tell x from the other side: those of float64, if these do. */
static void print_ball(Str *out, const arb_t x, const arb_t other)
{
    enum { DIGITS = 60 };
    char text[32], also[32];
    double a = arf_get_d(arb_midref(x), ARF_RND_NEAR),
           b = arf_get_d(arb_midref(other), ARF_RND_NEAR);
    double_print(text, a);
    double_print(also, b);
    if (a - a == 0 && (a != 0 || arb_is_zero(x)) && strcmp(text, also) != 0)
        str_puts(out, text);
    else
        ball_put(out, x, DIGITS);
}

/* The point of the counterexample and others close to it, one after the other. */
static arb_ptr close_points(Check *k)
{
    arb_ptr p = _arb_vec_init((slong)(k->k * CLOSE));
    int64_t *here = ARENA_NEW(&k->c->pool[1].arena, int64_t, k->k + 1);
    for (size_t j = 0; here && j < CLOSE; j++) {
        for (size_t i = 0; i < k->k; i++) {
            Var *v = &k->var[i];
            int64_t step = v->integer                              ? CHECK_SCALE
                           : v->ranged && v->num > CHECK_SCALE / 2 ? -1
                                                                   : 1;
            here[i] = j ? here[i] : v->num;
            v->num = here[i] + (int64_t)(j * (i + 1)) * step;
        }
        compare_place(k, p + j * k->k, 256);
    }
    for (size_t i = 0; here && i < k->k; i++)
        k->var[i].num = here[i];
    return p;
}

/* An answer that is right up to a constant is told as such. */
static void report_constant(Check *k)
{
    Answer *a = &k->s->ans;
    arb_ptr p = close_points(k);
    str_clear(&a->constant);
    ConstantKind kind =
        constant_difference(k->c, k->l, k->r, k->syms, p, k->k, CLOSE, &a->constant);
    _arb_vec_clear(p, (slong)(k->k * CLOSE));
    if (kind == CONSTANT_EVERYWHERE) {
        str_printf(&a->text, "; right up to a constant: lhs - rhs = %s",
                   str_cstr(&a->constant));
    } else if (kind == CONSTANT_PIECEWISE) {
        str_printf(&a->text,
                   "; right up to a constant on each interval: the derivatives agree, "
                   "lhs - rhs = %s here",
                   str_cstr(&a->constant));
    } else {
        str_clear(&a->constant);
    }
}

/* The point as names and numbers, each ended by a NUL. */
static void set_point(Check *k)
{
    Answer *a = &k->s->ans;
    for (size_t i = 0; i < k->k; i++) {
        str_puts(&a->at, sym_name(k->c, k->var[i].sym));
        str_putc(&a->at, 0);
        double_put(&a->at, num_to_double(compare_value(k, &k->var[i])));
        str_putc(&a->at, 0);
    }
}

static void report_difference(Check *k)
{
    Answer *a = &k->s->ans;
    str_puts(&a->text, "FAIL");
    for (size_t i = 0; i < k->k; i++) {
        str_printf(&a->text, "%s%s=", i ? ", " : " at ", sym_name(k->c, k->var[i].sym));
        if (k->var[i].fixed && k->var[i].exact)
            print_plain(k->c, &a->text, k->var[i].exact);
        else if (k->var[i].fixed && k->var[i].rounded)
            double_put(&a->text, num_to_double(k->var[i].value));
        else
            num_print(&a->text, compare_value(k, &k->var[i]));
    }
    set_point(k);
    print_ball(&a->lhs, k->lv, k->rv);
    print_ball(&a->rhs, k->rv, k->lv);
    str_printf(&a->text, ": lhs=%s rhs=%s", str_cstr(&a->lhs), str_cstr(&a->rhs));
    if (strcmp(str_cstr(&a->lhs), str_cstr(&a->rhs)) == 0) {
        str_puts(&a->text, ", lhs - rhs = ");
        arb_sub(k->d, k->lv, k->rv, ARF_PREC_EXACT);
        ball_put(&a->text, k->d, 17);
    }
    set_answer(k, LBZ_FAIL, "counterexample");
    bool special = false;
    for (size_t i = 0; i < k->k; i++)
        special = special || k->var[i].fixed;
    if (k->k && !special)
        report_constant(k);
}

/* No point was found, but the difference itself is a number that is not 0: unknown functions. */
static void report_constant_difference(Check *k, const Num d)
{
    Answer *a = &k->s->ans;
    num_print(&a->constant, d);
    str_printf(&a->text, "FAIL: right up to a constant: lhs - rhs = %s",
               str_cstr(&a->constant));
    set_answer(k, LBZ_FAIL, "symbolic");
}

static void report_proved(Check *k)
{
    str_puts(&k->s->ans.text, "PASS proved");
    exist_describe(k, &k->s->ans.text);
    set_answer(k, LBZ_PASS, "symbolic");
}

static void report_numeric(Check *k)
{
    Str *out = &k->s->ans.text;
    str_puts(out, "PASS numeric (");
    if (num_is_zero(k->tol)) {
        str_printf(out, "%d digits", CHECK_DIGITS);
    } else {
        str_puts(out, "within ");
        num_print(out, k->tol);
    }
    if (k->k)
        str_printf(out, " at %d points", CHECK_POINTS);
    str_puts(out, ")");
    exist_describe(k, out);
    set_answer(k, LBZ_PASS, "numeric");
}

static void report_open(const Check *k, Str *out)
{
    Op op = k->open ? (Op)k->open->op : OP_POISON;
    if (op == OP_APPLY) {
        str_printf(out, "%s is an unknown function: it has no values to compare",
                   k->open->name);
    } else if (op == OP_INT) {
        str_puts(out, "an integral in it could not be enclosed");
    } else if (op == OP_SUM || op == OP_PROD) {
        str_puts(out, "a sum or product in it has no end, or none that is known");
    } else {
        str_puts(out, "the sides cannot be evaluated certainly enough to tell");
    }
}

static void report_unknown(Check *k)
{
    Str *out = &k->s->ans.text;
    str_puts(out, "UNKNOWN ");
    if (k->agreed) {
        str_printf(out,
                   "they agree to %d digits at %u points, and no more points were found",
                   CHECK_DIGITS, k->agreed);
    } else if (k->undefined && !k->unable) {
        str_puts(out, "no point was found where both sides have a real value");
    } else {
        report_open(k, out);
    }
    set_answer(k, LBZ_UNKNOWN, "");
}

void verdict_decide(Check *k)
{
    Ctx *c = k->c;
    Node *d = ex_sub(c, k->l, k->r);
    bool numeric = !num_is_zero(k->tol);
    if (ctx_failed(c))
        return;
    if (d == c->zero)
        report_proved(k);
    else if (compare_find(k, k->k ? EARLY : 1) || special_find(k))
        report_difference(k);
    else if (exist_nowhere(k))
        report_unknown(k);
    else if (!numeric && !ctx_failed(c) && prove_zero(c, d) == PROOF_YES)
        report_proved(k);
    else if (k->k && compare_find(k, CHECK_POINTS))
        report_difference(k);
    else if (ex_is_num(d) && !numeric && !k->undefined)
        report_constant_difference(k, d->num);
    else if (k->agreed >= (k->k ? CHECK_POINTS : 1))
        report_numeric(k);
    else
        report_unknown(k);
}
