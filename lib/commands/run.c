/* commands/run.c - `run` and the other words of an open descent. */
#include "commands/descend.h"
#include "print/print.h"

#include <math.h>
#include <stdio.h>

/* ---- run --------------------------------------------------------------------------- */

/* A condition on f, |g|, k and the variables, ready to be asked. */
typedef struct {
    Kernel *code;
    double *slots, *in;
} Until;

static bool is_word_char(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
           (ch >= '0' && ch <= '9') || ch == '_' || (unsigned char)ch >= 0x80;
}

/* f, k and |g| get names that nobody types. */
static void rename_quantities(const char *t, size_t n, Str *out)
{
    for (size_t i = 0; i < n;) {
        bool begins = i == 0 || !is_word_char(t[i - 1]);
        bool alone =
            begins && (i + 1 == n || (!is_word_char(t[i + 1]) && t[i + 1] != '('));
        if (i + 3 <= n && memcmp(t + i, "|g|", 3) == 0) {
            str_puts(out, "(descent_g)");
            i += 3;
        } else if (alone && (t[i] == 'f' || t[i] == 'k')) {
            str_puts(out, t[i] == 'f' ? "(descent_f)" : "(descent_k)");
            i++;
        } else {
            str_putc(out, t[i++]);
        }
    }
}

static void until_free(Until *u)
{
    kernel_free(u->code);
    mem_free(u->slots);
    mem_free(u->in);
}

static bool until_make(lbz_session *s, const char *t, size_t n, Span at, Until *u)
{
    static const char *const own[] = {"descent_f", "descent_g", "descent_k"};
    Ctx *c = s->c;
    const OpenDescent *o = s->descent;
    Str text = {0};
    size_t nin = 3 + o->code.n;
    uint32_t out, *in = ARENA_NEW(ctx_arena(c), uint32_t, nin + 1);
    rename_quantities(t, n, &text);
    for (size_t i = 0; in && i < nin; i++) {
        const char *name = i < 3 ? own[i] : o->code.name[i - 3];
        in[i] = sym_intern(c, name, strlen(name));
    }
    EvalResult r;
    bool ok = in && !text.failed &&
              going_eval(s, str_cstr(&text), (Span){0, (uint32_t)text.n}, in, nin, &r);
    Node *e = ok ? (r.value ? r.value : r.formula) : NULL;
    s->place = (ExpressionText){0};
    str_free(&text);
    Program *p = !e || ctx_failed(c) ? NULL : program_new(&c->env, (uint32_t)nin);
    if (p && program_compile(c, p, in, &e, 1, &out)) {
        u->code = kernel_new(p, &out, 1);
        u->slots = u->code ? kernel_slots(u->code) : NULL;
        u->in = mem_alloc(nin * sizeof *u->in);
    }
    program_free(p);
    if (u->slots && u->in && !ctx_failed(c))
        return true;
    (void)attempt_forgive(c, FORGIVE_ALL);
    env_error_at(&c->env, at, LBZ_SYNTAX, "run 200 until |g| < 1e-6",
                 "this is no condition on f, |g|, k and the variables");
    return false;
}

static bool until_holds(const Until *u, const OpenDescent *o)
{
    double holds;
    u->in[0] = descent_f(o->d);
    u->in[1] = descent_gnorm(o->d);
    u->in[2] = (double)descent_k(o->d);
    memcpy(u->in + 3, descent_x(o->d), o->code.n * sizeof *u->in);
    kernel_run(u->code, u->slots, u->in, &holds);
    return holds != 0;
}

static void judge_divergence(OpenDescent *o)
{
    const DescentRule *r = descent_rule_now(o->d);
    going_say(o, DESCENT_DIVERGED, "it runs away: f is %.4g at step %zu; try rate %.3g",
              descent_f(o->d), descent_k(o->d), r->rate / 10);
}

/* Has it come to an end? */
static bool judge(lbz_session *s, const Until *u)
{
    OpenDescent *o = s->descent;
    if (u->code && until_holds(u, o))
        going_say(o, DESCENT_CONVERGED, "the condition holds after step %zu",
                  descent_k(o->d));
    else if (!u->code && descent_converged(o->d))
        going_say(o, DESCENT_CONVERGED, "|g| is %.3g", descent_gnorm(o->d));
    else if (descent_diverges(o->d))
        judge_divergence(o);
    else
        return false;
    return true;
}

/* A maximum or a saddle has a gradient of 0, too. */
static void judge_point(lbz_session *s)
{
    OpenDescent *o = s->descent;
    size_t above, below;
    if (!descent_signs(o->d, &above, &below)) {
        (void)attempt_forgive(s->c, FORGIVE_ANY);
        return;
    }
    if (o->sign < 0) {
        size_t t = above;
        above = below;
        below = t;
    }
    if (below && above)
        ctx_note(s->c,
                 "this is a saddle: the Hessian has %zu positive and %zu negative "
                 "eigenvalues",
                 o->sign < 0 ? below : above, o->sign < 0 ? above : below);
    else if (below)
        ctx_note(s->c, "this is a %s: all eigenvalues of the Hessian are %s",
                 o->sign < 0 ? "minimum" : "maximum",
                 o->sign < 0 ? "positive" : "negative");
}

/* Rows of the first and last steps of a run, or of all where programs ask for them. */
enum { SHOWN = 5 };

/* The last rows, found by going back and doing the steps again. */
static bool add_last_rows(lbz_session *s, size_t from)
{
    const OpenDescent *o = s->descent;
    size_t k = descent_k(o->d), shown = from + SHOWN,
           last = shown + SHOWN < k ? k - SHOWN : shown;
    bool still = false;
    if (last > shown)
        str_printf(&s->ans.text, "\n%6s", "...");
    if (last < k && !descent_goto(o->d, last))
        return false;
    while (descent_k(o->d) < k && !still) {
        if (!descent_step(o->d, &still))
            return false;
        rows_add(s);
    }
    return true;
}

static bool run_steps(lbz_session *s, size_t n, const Until *u)
{
    OpenDescent *o = s->descent;
    bool all = setting_on(&s->set, SET_steps), still = false, ended = judge(s, u);
    size_t from = descent_k(o->d), made = 0;
    while (!ended && made < n) {
        if (!descent_step(o->d, &still))
            break;
        if (still) {
            going_judge_still(o);
            break;
        }
        made++;
        ended = judge(s, u);
        if (all || made <= SHOWN)
            rows_add(s);
    }
    if (s->c->env.err.status == LBZ_INTERRUPT) { /* what was done stays */
        (void)attempt_error(s->c);
        going_say(o, DESCENT_STOPPED, "stopped after step %zu", descent_k(o->d));
        rows_add(s);
        return true;
    }
    if (made == 0)
        rows_add(s);
    return !ctx_failed(s->c) && (all || made <= SHOWN || add_last_rows(s, from));
}

static bool read_until(lbz_session *s, const char *text, Span a, Until *u)
{
    const OpenDescent *o = s->descent;
    a = args_trim(text, a);
    if (a.len)
        return until_make(s, text + a.pos, a.len, a, u);
    return !o->until || until_make(s, o->until, strlen(o->until), a, u);
}

bool cmd_run(lbz_session *s, const char *text, Span args)
{
    OpenDescent *o = s->descent;
    args = args_trim(text, args);
    uint32_t end = args.pos + args.len, until = args_find(text, args, "until");
    Span rest;
    if (args_is(text, args_word(text, args, &rest), "until"))
        until = args.pos;
    Span count = {args.pos, until - args.pos},
         cond = until < end ? (Span){until + 5, end - until - 5} : (Span){end, 0};
    size_t n;
    Until u = {0};
    bool ok = going_count(s, text, count, 1000000, &n) && open_descent_resume(s) &&
              read_until(s, text, cond, &u);
    if (ok) {
        o->runs = true;
        o->state = DESCENT_RUNNING;
        rows_begin(s, true);
        ok = run_steps(s, n, &u);
    }
    until_free(&u);
    if (!ok)
        return false;
    if (o->state == DESCENT_RUNNING)
        going_say(o, DESCENT_RUNNING, "%zu steps made, |g| is %.3g", n,
                  descent_gnorm(o->d));
    ctx_note(s->c, "%s: %s", going_state_name(o->state), o->reason);
    if (o->state == DESCENT_CONVERGED)
        judge_point(s);
    return open_descent_publish(s) && rows_end(s);
}

/* ---- going back -------------------------------------------------------------------- */

static bool go(lbz_session *s, size_t k)
{
    OpenDescent *o = s->descent;
    o->state = DESCENT_RUNNING;
    if (!descent_goto(o->d, k) || !open_descent_publish(s))
        return false;
    rows_begin(s, false);
    rows_add(s);
    return rows_end(s);
}

bool cmd_back(lbz_session *s, const char *text, Span args)
{
    size_t n;
    if (!going_count(s, text, args, 1, &n) || !open_descent_resume(s))
        return false;
    size_t k = descent_k(s->descent->d);
    return go(s, n < k ? k - n : 0);
}

bool cmd_goto(lbz_session *s, const char *text, Span args)
{
    size_t k;
    if (!args_trim(text, args).len) {
        env_error_at(&s->c->env, args, LBZ_SYNTAX, "goto 5", "to which step?");
        return false;
    }
    return going_count(s, text, args, 0, &k) && open_descent_resume(s) && go(s, k);
}

bool cmd_reset(lbz_session *s, const char *text, Span args)
{
    return going_count(s, text, args, 0, &(size_t){0}) && open_descent_resume(s) &&
           go(s, 0);
}

/* ---- rules ------------------------------------------------------------------------- */

/* The rule from now on; says which. */
static bool take_rule(lbz_session *s, const DescentRule *r)
{
    OpenDescent *o = s->descent;
    DescentNeeds needs = descent_method(r->method)->needs;
    if (!objective_need(s->c, &o->code, needs))
        return false;
    descent_set_squares(o->d, o->code.m);
    if (!descent_set_rule(o->d, r))
        return false;
    o->state = DESCENT_RUNNING;
    Str *out = answer_text(s);
    str_printf(out, "%s, rate %.6g", descent_method(r->method)->name, r->rate);
    if (r->every > 0)
        str_printf(out, " times %.6g every %.6g steps", r->drop, r->every);
    if (r->search)
        str_printf(out, ", line search %s",
                   r->search == SEARCH_ARMIJO ? "armijo" : "wolfe");
    return true;
}

typedef bool ReadRule(lbz_session *s, const char *text, Span a, DescentRule *r);

static bool change_rule(lbz_session *s, const char *text, Span args, ReadRule *read)
{
    if (!open_descent_resume(s))
        return false;
    DescentRule r = *descent_rule_now(s->descent->d);
    return read(s, text, args, &r) && take_rule(s, &r);
}

bool cmd_rate(lbz_session *s, const char *text, Span args)
{
    return change_rule(s, text, args, going_read_rate);
}

bool cmd_method(lbz_session *s, const char *text, Span args)
{
    return change_rule(s, text, args, going_read_method);
}

bool cmd_linesearch(lbz_session *s, const char *text, Span args)
{
    return change_rule(s, text, args, going_read_search);
}

/* ---- showing ----------------------------------------------------------------------- */

bool cmd_columns(lbz_session *s, const char *text, Span args)
{
    OpenDescent *o = s->descent;
    Span rest, w = args_word(text, args, &rest);
    bool *shown = mem_alloc(o->code.n + 1);
    if (!shown) {
        env_error(&s->c->env, LBZ_LIMIT, NULL, "out of memory");
        return false;
    }
    memset(shown, 0, o->code.n + 1);
    bool all = args_is(text, w, "all") || !w.len;
    for (; !all && w.len; w = args_word(text, rest, &rest)) {
        size_t i = 0;
        while (i < o->code.n && !args_is(text, w, o->code.name[i]))
            i++;
        if (i == o->code.n) {
            env_error_at(&s->c->env, w, LBZ_NAME, "columns x, y; columns all",
                         "%.*s is no variable of this descent",
                         (int)(w.len < 60 ? w.len : 60), text + w.pos);
            mem_free(shown);
            return false;
        }
        shown[i] = true;
    }
    mem_free(o->shown);
    o->shown = all ? NULL : shown;
    if (all)
        mem_free(shown);
    rows_begin(s, true);
    rows_add(s);
    return rows_end(s);
}

/* table [a:b] */
bool cmd_table(lbz_session *s, const char *text, Span args)
{
    OpenDescent *o = s->descent;
    uint32_t end = args.pos + args.len, colon = args_find(text, args, ":");
    if (!open_descent_resume(s))
        return false;
    size_t k = descent_k(o->d), from, to;
    Span second = colon < end ? (Span){colon + 1, end - colon - 1} : (Span){end, 0};
    if (!going_count(s, text, (Span){args.pos, colon - args.pos}, 0, &from) ||
        !going_count(s, text, second, k, &to))
        return false;
    if (colon == end && args_trim(text, args).len)
        to = from;
    rows_begin(s, true);
    to = to < k ? to : k;
    bool ok = from >= k || descent_goto(o->d, from), still = false;
    while (ok && !still && descent_k(o->d) <= to && from <= to) {
        rows_add(s);
        if (descent_k(o->d) == to)
            break;
        ok = descent_step(o->d, &still);
    }
    return ok && descent_goto(o->d, k) && rows_end(s);
}

bool cmd_state(lbz_session *s, const char *text, Span args)
{
    OpenDescent *o = s->descent;
    const DescentRule *r = descent_rule_now(o->d);
    (void)text;
    (void)args;
    rows_begin(s, true);
    rows_add(s);
    str_printf(&s->ans.text, "\n%s, rate %.6g, %s%s%s", descent_method(r->method)->name,
               r->rate, going_state_name(o->state), *o->reason ? ": " : "", o->reason);
    return rows_end(s);
}

bool cmd_end(lbz_session *s, const char *text, Span args)
{
    (void)text;
    (void)args;
    if (!open_descent_resume(s))
        return false;
    rows_begin(s, true);
    rows_add(s);
    bool ok = rows_end(s);
    open_descent_close(s);
    return ok;
}

/* ---- why --------------------------------------------------------------------------- */

/* "(-25.52)" */
static void put_factor(Str *out, double x)
{
    str_puts(out, x < 0 ? "(" : "");
    double_put(out, x);
    str_puts(out, x < 0 ? ")" : "");
}

/* The partial derivative by the i-th variable, as a formula. */
static void put_slope(lbz_session *s, size_t i, double g, Str *out)
{
    enum { LONGEST = 300 };
    const OpenDescent *o = s->descent;
    Str text = {0};
    EvalResult r;
    str_printf(&text, "diff(%s, %s)", o->code.text, o->code.name[i]);
    str_printf(out, "df/d%s = ", o->code.name[i]);
    const uint32_t *in = objective_symbols(s->c, &o->code);
    bool ok =
        in && !text.failed &&
        going_eval(s, str_cstr(&text), (Span){0, (uint32_t)text.n}, in, o->code.n, &r);
    s->place = (ExpressionText){0};
    if (ok && print_length(s->c, r.formula) <= LONGEST) {
        print_plain(s->c, out, r.formula);
        str_puts(out, " = ");
    }
    (void)attempt_forgive(s->c, FORGIVE_ANY);
    double_put(out, g);
    str_free(&text);
}

/* x <- x0 - rate*g, or whatever the method makes of it. */
static void put_update(lbz_session *s, const char *name, double from, double to, double g,
                       const DescentRule *r, double rate, Str *out)
{
    const OpenDescent *o = s->descent;
    bool plain = !setting_on(&s->set, SET_unicode);
    str_printf(out, "%s %s ", name, plain ? "<-" : "←");
    double_put(out, from);
    if (r->method == METHOD_GD) {
        str_puts(out, o->sign < 0 ? " + " : " - ");
        double_put(out, rate);
        str_puts(out, plain ? "*" : "·");
        put_factor(out, g);
    } else {
        str_puts(out, " + ");
        put_factor(out, to - from);
    }
    str_puts(out, " = ");
    double_put(out, to);
}

bool cmd_why(lbz_session *s, const char *text, Span args)
{
    OpenDescent *o = s->descent;
    size_t n = o->code.n, k = descent_k(o->d);
    (void)text;
    (void)args;
    if (!open_descent_resume(s))
        return false;
    if (k == 0) {
        env_error_at(&s->c->env, args, LBZ_DOMAIN, "step", "no step has been made yet");
        return false;
    }
    double *from = ARENA_NEW(ctx_arena(s->c), double, 3 * n + 1), *g = from + n,
           *to = g + n;
    if (!from)
        return false;
    memcpy(to, descent_x(o->d), n * sizeof *to);
    double rate = descent_rate(o->d);
    if (!descent_goto(o->d, k - 1))
        return false;
    DescentRule r = *descent_rule_now(o->d);
    memcpy(from, descent_x(o->d), n * sizeof *from);
    for (size_t i = 0; i < n; i++)
        g[i] = descent_g(o->d)[i] * o->sign;
    if (!descent_goto(o->d, k))
        return false;
    Str *out = answer_text(s);
    str_printf(out, "step %zu, %s: %s", k, descent_method(r.method)->name,
               descent_method(r.method)->help);
    for (size_t i = 0; i < n; i++) {
        str_putc(out, '\n');
        put_slope(s, i, g[i], out);
    }
    for (size_t i = 0; i < n; i++) {
        str_putc(out, '\n');
        put_update(s, o->code.name[i], from[i], to[i], g[i], &r, rate, out);
    }
    return !ctx_failed(s->c);
}

/* ---- compare ----------------------------------------------------------------------- */

/* One method from the start, for as many steps as the open one has made. */
static bool compare_one(lbz_session *s, DescentRule *r, const double *x0, size_t k,
                        Str *out)
{
    OpenDescent *o = s->descent;
    if (!objective_need(s->c, &o->code, descent_method(r->method)->needs))
        return false;
    Objective of = objective_of(&o->code);
    Descent *d = descent_new(&of, r, x0, NULL, NULL, o->sign);
    bool still = false, ok = d != NULL;
    while (ok && !still && descent_k(d) < k && !descent_converged(d))
        ok = descent_step(d, &still);
    if (ok)
        str_printf(out, "\n%-12s %8zu %14.7g %10.3g%s", descent_method(r->method)->name,
                   descent_k(d), descent_f(d), descent_gnorm(d),
                   descent_diverges(d)    ? "  diverges"
                   : descent_converged(d) ? "  converged"
                                          : "");
    descent_free(d);
    return ok;
}

bool cmd_compare(lbz_session *s, const char *text, Span args)
{
    OpenDescent *o = s->descent;
    if (!open_descent_resume(s))
        return false;
    size_t n = o->code.n, k = descent_k(o->d);
    double *x0 = ARENA_NEW(ctx_arena(s->c), double, n + 1);
    if (!x0 || !descent_goto(o->d, 0))
        return false;
    memcpy(x0, descent_x(o->d), n * sizeof *x0);
    if (!descent_goto(o->d, k))
        return false;
    Str *out = answer_text(s);
    str_printf(out, "%-12s %8s %14s %10s", "method", "steps", "f", "|g|");
    size_t most = k ? k : 1000;
    DescentRule now = *descent_rule_now(o->d);
    Span rest, w = args_word(text, args, &rest);
    if (!w.len)
        return compare_one(s, &now, x0, most, out);
    for (; w.len; w = args_word(text, rest, &rest)) {
        DescentRule r = now;
        if (!going_read_method(s, text, w, &r) || !compare_one(s, &r, x0, most, out))
            return false;
    }
    return true;
}
