/* commands/check.c - check LHS == RHS: a verdict that can be trusted.
 *
 * FAIL needs a point where the two enclosures are disjoint; PASS proved a proof that the
 * difference is zero; PASS numeric agreement to 50 digits at 8 points. Anything else is
 * UNKNOWN with the reason. Points depend on the two sides only: the same in every run.
 */
#include "commands/constant.h"

#include <stdio.h>

enum {
    POINTS = 8,
    EARLY = 2,
    TRIES = 400,
    DIGITS = 50,
    SCALE = 1000,
    PREC_MAX = 2048,
    RANGE_SHARE = 16,
    CLOSE = 3,
    EXPENSIVE = 11
};

typedef struct {
    uint32_t sym;
    int64_t num;  /* its value here is num/SCALE, or lo + (hi - lo)*num/SCALE */
    int64_t good; /* num of the last point where both sides had a value */
    bool ranged, integer;
    Num lo, hi;
    uint8_t sign; /* the signs it may have */
} Var;

typedef struct {
    lbz_session *s;
    Ctx *c;
    Node *l, *r;
    ExpressionText left, right; /* where they stand */
    Var *var;
    size_t k;
    Num tol; /* 0: none given */
    uint64_t seed;
    arb_ptr at;
    uint32_t *syms;
    arb_t lv, rv, d;
    unsigned agreed, undefined, unable, tried;
    const Node *open; /* what could not be evaluated at the last point that failed */
} Check;

typedef enum { AGREE, DIFFER, SKIP } Outcome;

/* ---- points */

static uint64_t draw_random(Check *k)
{
    k->seed ^= k->seed << 13;
    k->seed ^= k->seed >> 7;
    k->seed ^= k->seed << 17;
    return k->seed;
}

/* Numbers of three decimals, near 0 and 1 first, then further out. */
static int64_t draw_number(Check *k, const Var *v, unsigned turn)
{
    static const int64_t widths[] = {SCALE, 4 * SCALE, 2 * SCALE, 12 * SCALE};
    int64_t w = v->ranged ? SCALE : widths[turn % 4];
    int64_t x = 1 + (int64_t)(draw_random(k) % (uint64_t)(w - 1));
    bool both = (v->sign & S_NEG) && (v->sign & S_POS);
    bool negative = both ? turn % 4 >= 2 && draw_random(k) % 2 : !(v->sign & S_POS);
    if (v->ranged)
        return x;
    if (v->integer)
        x = SCALE * (1 + x / SCALE + (int64_t)(draw_random(k) % 5));
    return negative ? -x : x;
}

static Num value_of(Check *k, const Var *v)
{
    Arena *a = ctx_arena(k->c);
    Num t = num_rat(a, v->num, SCALE);
    if (v->ranged) {
        t = num_add(a, v->lo, num_mul(a, num_sub(a, v->hi, v->lo), t));
        t = v->integer ? num_round(a, t) : t;
    }
    t.dec = !num_is_int(t);
    return t;
}

static void place_point(Check *k, arb_ptr at, slong prec)
{
    for (size_t i = 0; i < k->k; i++) {
        Num v = value_of(k, &k->var[i]);
        mpq_t q;
        fmpq_t f;
        mpq_init(q);
        fmpq_init(f);
        num_get_mpq(q, v);
        fmpq_set_mpq(f, q);
        arb_set_fmpq(at + i, f, prec);
        fmpq_clear(f);
        mpq_clear(q);
    }
}

/* ---- comparing at a point */

/* |l - r| against the given tolerance, relative for large values. */
static Outcome within_tolerance(Check *k, slong prec)
{
    arb_t t, one;
    arb_init(t);
    arb_init(one);
    arb_one(one);
    arb_abs(t, k->rv);
    arb_max(t, t, one, prec);
    arb_set_d(one, num_to_double(k->tol));
    arb_mul(t, t, one, prec);
    arb_abs(k->d, k->d);
    Outcome o = arb_le(k->d, t) ? AGREE : arb_gt(k->d, t) ? DIFFER : SKIP;
    arb_clear(t);
    arb_clear(one);
    return o;
}

/* Are the enclosures so narrow that they agree to DIGITS digits? */
static bool agree_closely(Check *k, slong prec)
{
    arb_t bound, size;
    arb_init(bound);
    arb_init(size);
    arb_abs(size, k->lv);
    arb_one(bound);
    arb_max(size, size, bound, prec);
    arb_set_ui(bound, 10);
    arb_pow_ui(bound, bound, DIGITS, prec);
    arb_div(bound, size, bound, prec);
    arb_abs(k->d, k->d);
    bool close = arb_le(k->d, bound);
    arb_clear(bound);
    arb_clear(size);
    return close;
}

static Outcome compare_here(Check *k)
{
    Ctx *c = k->c;
    lbz_status a = LBZ_UNABLE, b = LBZ_UNABLE;
    const Node *bad = NULL;
    for (slong prec = 64; prec <= PREC_MAX && !ctx_poll(c); prec *= 2) {
        place_point(k, k->at, prec);
        a = ball_eval(c, k->l, k->syms, k->at, k->k, prec, k->lv, &bad);
        b = a == LBZ_DOMAIN ? a
                            : ball_eval(c, k->r, k->syms, k->at, k->k, prec, k->rv,
                                        a == LBZ_OK ? &bad : NULL);
        if (a == LBZ_DOMAIN || b == LBZ_DOMAIN) {
            k->undefined++;
            return SKIP;
        }
        if (a != LBZ_OK || b != LBZ_OK) {
            if (bad && bad->op == OP_INT) { /* dear, and precision seldom helps */
                k->unable += EXPENSIVE;
                k->open = bad;
                return SKIP;
            }
            continue;
        }
        arb_sub(k->d, k->lv, k->rv, prec);
        if (!num_is_zero(k->tol)) {
            Outcome o = within_tolerance(k, prec);
            if (o != SKIP)
                return o;
        } else if (!arb_overlaps(k->lv, k->rv)) {
            return DIFFER;
        } else if (agree_closely(k, prec)) {
            return AGREE;
        }
    }
    k->unable++;
    k->open = bad;
    return SKIP;
}

/* The next point: anywhere, or, where the domain is narrow, near a good one. */
static void draw_point(Check *k)
{
    bool near = k->agreed && k->undefined > k->agreed && k->tried % 4 != 0;
    for (size_t i = 0; i < k->k; i++) {
        Var *v = &k->var[i];
        int64_t reach = (v->good < 0 ? -v->good : v->good) / RANGE_SHARE + 2;
        if (near && !v->integer && !v->ranged) {
            v->num =
                v->good + (int64_t)(draw_random(k) % (uint64_t)(2 * reach + 1)) - reach;
            v->num = v->num == 0 || (v->num < 0) != (v->good < 0) ? v->good : v->num;
        } else {
            v->num = draw_number(k, v, k->tried);
        }
    }
}

/* Looks at points until so many agree; true: one where the sides differ. */
static bool find_difference(Check *k, unsigned enough)
{
    while (k->agreed < enough && k->tried < TRIES && k->unable < 24 && !ctx_poll(k->c)) {
        draw_point(k);
        k->tried++;
        Outcome o = compare_here(k);
        if (o == DIFFER)
            return true;
        k->agreed += o == AGREE;
        for (size_t i = 0; o == AGREE && i < k->k; i++)
            k->var[i].good = k->var[i].num;
        if (k->k == 0)
            return false;
    }
    return false;
}

/* ---- verdicts */

static void set_answer(Check *k, lbz_verdict v, const char *proof)
{
    k->s->ans.kind = LBZ_CHECK;
    k->s->ans.verdict = v;
    k->s->ans.proof = proof;
}

/* As many digits as tell x from the other side. */
static void print_ball(Str *out, const arb_t x, const arb_t other)
{
    char text[40], also[40];
    double a = arf_get_d(arb_midref(x), ARF_RND_NEAR),
           b = arf_get_d(arb_midref(other), ARF_RND_NEAR);
    snprintf(text, sizeof text, "%.15g", a);
    snprintf(also, sizeof also, "%.15g", b);
    if (a - a == 0 && strcmp(text, also) != 0) {
        str_puts(out, text);
        return;
    }
    char *t = arb_get_str(x, 60, ARB_STR_NO_RADIUS);
    str_puts(out, t);
    flint_free(t);
}

/* The point of the counterexample and others close to it, one after the other. */
static arb_ptr close_points(Check *k)
{
    arb_ptr p = _arb_vec_init((slong)(k->k * CLOSE));
    int64_t *here = ARENA_NEW(&k->c->pool[1].arena, int64_t, k->k + 1);
    for (size_t j = 0; here && j < CLOSE; j++) {
        for (size_t i = 0; i < k->k; i++) {
            Var *v = &k->var[i];
            int64_t step = v->integer ? SCALE : v->ranged && v->num > SCALE / 2 ? -1 : 1;
            here[i] = j ? here[i] : v->num;
            v->num = here[i] + (int64_t)(j * (i + 1)) * step;
        }
        place_point(k, p + j * k->k, 256);
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

static void report_difference(Check *k)
{
    Str *out = &k->s->ans.text;
    str_puts(out, "FAIL");
    for (size_t i = 0; i < k->k; i++) {
        Num v = value_of(k, &k->var[i]);
        str_printf(out, "%s%s=", i ? ", " : " at ", sym_name(k->c, k->var[i].sym));
        num_print(out, v);
    }
    str_puts(out, ": lhs=");
    print_ball(out, k->lv, k->rv);
    str_puts(out, " rhs=");
    print_ball(out, k->rv, k->lv);
    set_answer(k, LBZ_FAIL, "counterexample");
    if (k->k)
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
    set_answer(k, LBZ_PASS, "symbolic");
}

static void report_numeric(Check *k)
{
    Str *out = &k->s->ans.text;
    str_puts(out, "PASS numeric (");
    if (num_is_zero(k->tol)) {
        str_printf(out, "%d digits", DIGITS);
    } else {
        str_puts(out, "within ");
        num_print(out, k->tol);
    }
    if (k->k)
        str_printf(out, " at %d points", POINTS);
    str_puts(out, ")");
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
                   DIGITS, k->agreed);
    } else if (k->undefined && !k->unable) {
        str_puts(out, "no point was found where both sides have a real value");
    } else {
        report_open(k, out);
    }
    set_answer(k, LBZ_UNKNOWN, "");
}

static void decide_verdict(Check *k)
{
    Ctx *c = k->c;
    Node *d = ex_sub(c, k->l, k->r);
    bool numeric = !num_is_zero(k->tol);
    if (ctx_failed(c))
        return;
    if (d == c->zero)
        report_proved(k);
    else if (find_difference(k, k->k ? EARLY : 1))
        report_difference(k);
    else if (!numeric && !ctx_failed(c) && prove_zero(c, d) == PROOF_YES)
        report_proved(k);
    else if (k->k && find_difference(k, POINTS))
        report_difference(k);
    else if (ex_is_num(d) && !numeric && !k->undefined)
        report_constant_difference(k, d->num);
    else if (k->agreed >= (k->k ? POINTS : 1))
        report_numeric(k);
    else
        report_unknown(k);
}

/* ---- setting up */

static bool collect_variables(Check *k, Node *both)
{
    Ctx *c = k->c;
    size_t n;
    uint32_t *syms = ex_free_syms(c, both, &n);
    k->var = ARENA_NEW0(&c->pool[1].arena, Var, n + 1);
    k->syms = ARENA_NEW0(&c->pool[1].arena, uint32_t, n + 1);
    if (!syms || !k->var || !k->syms)
        return n == 0 && k->var && k->syms;
    for (size_t i = 0; i < n; i++) {
        uint8_t assume = c->syms[syms[i]].assume;
        k->syms[i] = k->var[i].sym = syms[i];
        k->var[i].sign = assume & S_ANY;
        k->var[i].integer = (assume & S_INTEGER) != 0;
    }
    k->k = n;
    return true;
}

static bool number_in(lbz_session *s, const char *text, Span a, Num *out)
{
    Ctx *c = s->c;
    double d;
    Node *n = args_value(s, text, a);
    if (ctx_failed(c))
        return false;
    if (ex_is_num(n)) {
        *out = n->num;
        return true;
    }
    if (!answer_number(c, n, &d)) {
        env_error_at(&c->env, args_trim(text, a), LBZ_SYNTAX, NULL,
                     "a number is needed here");
        return false;
    }
    *out = num_from_double(ctx_arena(c), d);
    return true;
}

/* "x in 0:1" */
static bool read_range(Check *k, const char *text, Span a)
{
    Ctx *c = k->c;
    uint32_t in = args_find(text, a, "in"), end = a.pos + a.len, sym;
    uint32_t colon = in < end ? args_find(text, (Span){in, end - in}, ":") : end;
    if (colon == end) {
        env_error_at(&c->env, args_trim(text, a), LBZ_SYNTAX, "check A == B on x in 0:1",
                     "the range is not complete");
        return false;
    }
    Num lo, hi;
    if (!args_name(k->s, text, (Span){a.pos, in - a.pos}, &sym) ||
        !number_in(k->s, text, (Span){in + 2, colon - in - 2}, &lo) ||
        !number_in(k->s, text, (Span){colon + 1, end - colon - 1}, &hi))
        return false;
    for (size_t i = 0; i < k->k; i++) {
        if (k->var[i].sym == sym) {
            k->var[i].ranged = true;
            k->var[i].lo = lo;
            k->var[i].hi = hi;
        }
    }
    return true;
}

static bool read_ranges(Check *k, const char *text, Span a)
{
    uint32_t end = a.pos + a.len;
    for (uint32_t at = a.pos; at < end;) {
        uint32_t comma = args_find(text, (Span){at, end - at}, ",");
        if (!read_range(k, text, (Span){at, comma - at}))
            return false;
        at = comma + 1;
    }
    return true;
}

/* The pieces of `A == B at x=1 on x in a:b tol t`, each up to the next word. */
typedef struct {
    Span l, r, at, on, tol;
} Pieces;

/* Both sides at the point given. */
static bool read_point(Check *k, const char *text, const Pieces *p)
{
    Ctx *c = k->c;
    Span a = p->at;
    ParseEnv pe = session_parse_env(k->s);
    EvalOptions opt = session_eval_options(k->s);
    uint32_t *syms;
    Node **by;
    size_t n, end;
    if (!parse_binds(c, &pe, text, a.pos, a.pos + a.len, &end, &syms, &by, &n))
        return false;
    for (size_t i = 0; i < n && !ctx_failed(c); i++)
        by[i] = eval_value(c, &k->s->names, &opt, NULL, by[i]);
    c->env.at = a;
    k->s->place = k->left;
    k->l = ctx_failed(c) ? c->poison : ex_subst(c, k->l, syms, by, n);
    if (!ctx_failed(c))
        k->s->place = k->right;
    k->r = ctx_failed(c) ? c->poison : ex_subst(c, k->r, syms, by, n);
    return !ctx_failed(c);
}

static bool split_arguments(lbz_session *s, const char *text, Span args, Pieces *p)
{
    uint32_t end = args.pos + args.len, eq = args_find(text, args, "==");
    memset(p, 0, sizeof *p);
    if (eq == end) {
        env_error_at(&s->c->env, args_trim(text, args), LBZ_SYNTAX,
                     "check (x+1)^2 == x^2+2*x+1",
                     "check compares two expressions with ==");
        return false;
    }
    p->l = (Span){args.pos, eq - args.pos};
    p->r = (Span){eq + 2, end - eq - 2};
    const char *const words[] = {"at", "on", "tol"};
    Span *const pieces[] = {&p->at, &p->on, &p->tol};
    for (size_t i = 0; i < 3; i++) {
        uint32_t w = args_find(text, (Span){eq + 2, end - eq - 2}, words[i]);
        uint32_t from = w + (uint32_t)strlen(words[i]);
        if (w == end)
            continue;
        *pieces[i] = (Span){from, end - from};
        p->r.len = w - p->r.pos < p->r.len ? w - p->r.pos : p->r.len;
    }
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) { /* a piece ends where the next word begins */
            uint32_t next =
                pieces[j]->len ? pieces[j]->pos - (uint32_t)strlen(words[j]) : end;
            if (pieces[i]->len && next > pieces[i]->pos && next < end) {
                pieces[i]->len = next - pieces[i]->pos < pieces[i]->len
                                     ? next - pieces[i]->pos
                                     : pieces[i]->len;
            }
        }
    }
    return true;
}

static void run_check(Check *k)
{
    k->at = k->k ? _arb_vec_init((slong)k->k) : NULL;
    arb_init(k->lv);
    arb_init(k->rv);
    arb_init(k->d);
    k->seed = hash_mix(k->l->hash, k->r->hash) | 1;
    decide_verdict(k);
    arb_clear(k->lv);
    arb_clear(k->rv);
    arb_clear(k->d);
    if (k->at)
        _arb_vec_clear(k->at, (slong)k->k);
}

/* One pair of sides; the answer has its verdict and text then. False on error. */
static bool check_pair(const Check *whole, const char *text, const Pieces *p, Node *l,
                       Node *r)
{
    Ctx *c = whole->c;
    Check one = *whole;
    Node *both[] = {one.l = l, one.r = r};
    if (ex_is(l, OP_LIST) || ex_is(r, OP_LIST)) {
        ctx_error(c, LBZ_UNABLE, "check row by row", "nested lists are not compared");
        return false;
    }
    if (!collect_variables(&one, ex_list(c, 2, both)) ||
        (p->on.len && !read_ranges(&one, text, p->on)))
        return false;
    run_check(&one);
    return !ctx_failed(c);
}

/* How far a verdict is from proved: the worst element of a list decides. */
static int verdict_badness(const Answer *a)
{
    return a->verdict == LBZ_FAIL      ? 3
           : a->verdict == LBZ_UNKNOWN ? 2
                                       : strcmp(a->proof, "symbolic") != 0;
}

static bool check_lists(const Check *whole, const char *text, const Pieces *p)
{
    Answer *a = &whole->s->ans;
    Str worst = {0};
    lbz_verdict verdict = LBZ_PASS;
    const char *proof = "symbolic";
    int bad = -1;
    for (size_t i = 0; i < whole->l->n && bad < 3; i++) {
        str_clear(&a->text);
        if (!check_pair(whole, text, p, whole->l->a[i], whole->r->a[i])) {
            str_free(&worst);
            return false;
        }
        if (verdict_badness(a) > bad) {
            bad = verdict_badness(a);
            verdict = a->verdict;
            proof = a->proof;
            str_clear(&worst);
            str_put(&worst, str_cstr(&a->text), a->text.n);
        }
    }
    str_clear(&a->text);
    str_puts(&a->text, bad < 0 ? "PASS proved" : str_cstr(&worst));
    str_free(&worst);
    a->kind = LBZ_CHECK;
    a->verdict = verdict;
    a->proof = proof;
    return true;
}

/* Lists are compared element by element. */
static bool check_sides(const Check *k, const char *text, Span args, const Pieces *p)
{
    bool lists = ex_is(k->l, OP_LIST);
    if (lists != ex_is(k->r, OP_LIST) || (lists && k->l->n != k->r->n)) {
        env_error_at(&k->c->env, args, LBZ_SHAPE, NULL,
                     "the two sides have different shapes");
        return false;
    }
    return lists ? check_lists(k, text, p) : check_pair(k, text, p, k->l, k->r);
}

bool cmd_check(lbz_session *s, const char *text, Span args)
{
    Check k;
    Pieces p;
    memset(&k, 0, sizeof k);
    k.s = s;
    k.c = s->c;
    k.tol = NUM_ZERO;
    if (!split_arguments(s, text, args, &p))
        return false;
    k.l = args_value(s, text, p.l);
    k.left = s->place;
    k.r = ctx_failed(k.c) ? k.l : args_value(s, text, p.r);
    k.right = s->place;
    if (ctx_failed(k.c) || (p.tol.len && !number_in(s, text, p.tol, &k.tol)) ||
        (p.at.len && !read_point(&k, text, &p)))
        return false;
    return check_sides(&k, text, args_trim(text, args), &p);
}
