/* commands/descend.c - opening a descent, and the words that are commands while one is open. */
#include "commands/descend.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char example[] = "descend (1-x)^2 + 10*(y-x^2)^2 from x=-1.2, y=1 rate 0.01";

/* ---- options ----------------------------------------------------------------------- */

static bool wrong(lbz_session *s, Span at, const char *hint, const char *what)
{
    env_error_at(&s->c->env, at, LBZ_SYNTAX, hint, "%s", what);
    return false;
}

/* The number that the text stands for. */
static bool number_of(lbz_session *s, const char *text, Span a, double *x)
{
    a = args_trim(text, a);
    if (!a.len)
        return wrong(s, a, example, "a number is missing");
    Node *e = args_value(s, text, a);
    if (ctx_failed(s->c))
        return false;
    if (answer_number(s->c, e, x))
        return true;
    env_error_at(&s->c->env, a, LBZ_SYNTAX, "write a number", "%.*s is no number",
                 (int)(a.len < 60 ? a.len : 60), text + a.pos);
    return false;
}

static bool positive_of(lbz_session *s, const char *text, Span a, double *x)
{
    if (!number_of(s, text, a, x))
        return false;
    return *x > 0 ||
           wrong(s, args_trim(text, a), "rate 0.01", "a positive number is wanted here");
}

/* rate r [times c every n] */
bool going_read_rate(lbz_session *s, const char *text, Span a, DescentRule *r)
{
    uint32_t end = a.pos + a.len, times = args_find(text, a, "times"),
             every = args_find(text, a, "every");
    if (!positive_of(s, text, (Span){a.pos, (times < every ? times : every) - a.pos},
                     &r->rate))
        return false;
    r->every = 0;
    if (times == end && every == end)
        return true;
    if (times > every || every == end)
        return wrong(s, args_trim(text, a), "rate 0.1 times 0.5 every 100",
                     "a rate that changes is written with times and every");
    return positive_of(s, text, (Span){times + 5, every - times - 5}, &r->drop) &&
           positive_of(s, text, (Span){every + 5, end - every - 5}, &r->every);
}

static bool read_parameter(lbz_session *s, const char *text, Span w, DescentRule *r)
{
    const struct {
        const char *name;
        double *to;
    } known[] = {{"mu", &r->mu},   {"b1", &r->b1},       {"b2", &r->b2},
                 {"eps", &r->eps}, {"decay", &r->decay}, {"rate", &r->rate}};
    const char *eq = memchr(text + w.pos, '=', w.len);
    Span name = {w.pos, eq ? (uint32_t)(eq - text) - w.pos : 0};
    for (size_t i = 0; eq && i < sizeof known / sizeof *known; i++)
        if (args_is(text, name, known[i].name))
            return number_of(s, text,
                             (Span){name.pos + name.len + 1, w.len - name.len - 1},
                             known[i].to);
    env_error_at(&s->c->env, w, LBZ_NAME, "method adam b1=.9 b2=.999; method newton full",
                 "%.*s is no parameter of a method", (int)(w.len < 60 ? w.len : 60),
                 text + w.pos);
    return false;
}

static bool unknown_method(lbz_session *s, const char *text, Span w)
{
    Str list = {0};
    for (DescentMethod m = 0; m < METHOD_COUNT; m++)
        str_printf(&list, "%s%s", m ? " " : "", descent_method(m)->name);
    env_error_at(&s->c->env, w, LBZ_NAME, str_cstr(&list),
                 w.len ? "there is no method %.*s" : "which method?%.*s",
                 (int)(w.len < 60 ? w.len : 60), text + w.pos);
    str_free(&list);
    return false;
}

/* NAME [full|half] [b1=.9 ...] */
bool going_read_method(lbz_session *s, const char *text, Span a, DescentRule *r)
{
    Span rest, w = args_word(text, a, &rest);
    bool sgd = args_is(text, w, "sgd");
    DescentMethod m = sgd ? METHOD_GD : descent_method_find(text + w.pos, w.len);
    if (m == METHOD_COUNT)
        return unknown_method(s, text, w);
    DescentRule old = *r;
    *r = descent_rule(m);
    if (old.search && m <= METHOD_LBFGS)
        r->search = old.search;
    for (w = args_word(text, rest, &rest); w.len; w = args_word(text, rest, &rest)) {
        if (args_is(text, w, "full") || args_is(text, w, "half")) {
            if (m != METHOD_NEWTON)
                return wrong(s, w, "method newton full",
                             "only Newton's steps are full or half");
            r->damp = args_is(text, w, "full") ? 1 : 0.5;
        } else if (!read_parameter(s, text, w, r)) {
            return false;
        }
    }
    return true;
}

bool going_read_search(lbz_session *s, const char *text, Span a, DescentRule *r)
{
    Span rest, w = args_word(text, a, &rest);
    if (r->method > METHOD_LBFGS)
        return wrong(s, w, NULL, "this method finds its steps without a line search");
    if (args_is(text, w, "armijo"))
        r->search = SEARCH_ARMIJO;
    else if (args_is(text, w, "wolfe"))
        r->search = SEARCH_WOLFE;
    else if (args_is(text, w, "none") && r->method != METHOD_LBFGS)
        r->search = SEARCH_NONE;
    else
        return wrong(s, w, "linesearch armijo, wolfe or none", "which line search?");
    return true;
}

/* ---- opening ----------------------------------------------------------------------- */

enum { FROM, IN, RATE, METHOD_WORD, MOMENTUM, UNTIL, SEARCH, WORDS };
static const char *const words[WORDS] = {"from",     "in",    "rate",      "method",
                                         "momentum", "until", "linesearch"};

/* A piece of the text: what stands behind a word. */
typedef struct {
    int word;
    Span text;
} Piece;

typedef struct {
    lbz_session *s;
    const char *text;
    double sign;
    Piece piece[24];
    size_t npieces;
    Span objective;
    DescentRule rule;
    uint32_t *in;
    Node **at;
    size_t n;
    double *x, *lo, *hi; /* lo NULL: no bounds */
    Span until;
} Opening;

/* The next word from `at` on; WORDS: none. */
static int next_word(const char *text, uint32_t at, uint32_t end, uint32_t *where)
{
    int found = WORDS;
    *where = end;
    for (int w = 0; w < WORDS; w++) {
        uint32_t i = args_find(text, (Span){at, end - at}, words[w]);
        if (i < *where) {
            *where = i;
            found = w;
        }
    }
    return found;
}

static bool cut(Opening *o, Span args)
{
    uint32_t end = args.pos + args.len, at;
    int word = next_word(o->text, args.pos, end, &at);
    o->objective = args_trim(o->text, (Span){args.pos, at - args.pos});
    if (!o->objective.len)
        return wrong(o->s, args, example, "an objective is missing");
    while (word != WORDS) {
        uint32_t from = at + (uint32_t)strlen(words[word]), next;
        int following = next_word(o->text, from, end, &next);
        if (o->npieces == sizeof o->piece / sizeof *o->piece)
            return wrong(o->s, args, example, "these are too many options");
        o->piece[o->npieces++] =
            (Piece){word, args_trim(o->text, (Span){from, next - from})};
        word = following;
        at = next;
    }
    return true;
}

/* `x in`: the name is the last word before `in`; what stands before stays. */
static Span take_last_word(const char *text, Span *a)
{
    uint32_t end = a->pos + a->len, i = end;
    while (i > a->pos && text[i - 1] != ' ' && text[i - 1] != ',' && text[i - 1] != '\t')
        i--;
    Span w = {i, end - i};
    *a = args_trim(text, (Span){a->pos, i - a->pos});
    while (a->len && text[a->pos + a->len - 1] == ',')
        *a = args_trim(text, (Span){a->pos, a->len - 1});
    return w;
}

static bool read_start(Opening *o)
{
    lbz_session *s = o->s;
    Ctx *c = s->c;
    ParseEnv pe = session_parse_env(s);
    Span a = {0, 0};
    for (size_t i = 0; i < o->npieces; i++)
        if (o->piece[i].word == FROM)
            a = o->piece[i].text;
    if (!a.len)
        return wrong(s, o->objective, example, "a start is missing: from x=...");
    size_t end;
    if (!parse_binds(c, &pe, o->text, a.pos, a.pos + a.len, &end, &o->in, &o->at, &o->n))
        return false;
    Span rest = args_trim(o->text, (Span){(uint32_t)end, a.pos + a.len - (uint32_t)end});
    if (rest.len)
        return wrong(s, rest, example, "this does not belong here");
    o->x = ARENA_NEW0(ctx_arena(c), double, 3 * o->n + 1);
    for (size_t i = 0; o->x && i < o->n; i++) {
        EvalOptions opt = session_eval_options(s);
        for (size_t k = 0; k < i; k++)
            if (o->in[k] == o->in[i])
                return wrong(s, a, "give each name one value", "a name is bound twice");
        c->env.at = a;
        Node *v = eval_value(c, &s->names, &opt, NULL, o->at[i]);
        if (ctx_failed(c))
            return false;
        if (ex_is(v, OP_LIST)) {
            env_error_at(&c->env, a, LBZ_SHAPE, "give each of its elements a name",
                         "%s is a list: a descent is by numbers", sym_name(c, o->in[i]));
            return false;
        }
        if (!answer_number(c, v, &o->x[i])) {
            env_error_at(&c->env, a, LBZ_DOMAIN, example, "%s begins with no number",
                         sym_name(c, o->in[i]));
            return false;
        }
    }
    return o->x != NULL;
}

/* x in a:b */
static bool read_bounds(Opening *o, Span name, Span a)
{
    uint32_t colon = args_find(o->text, a, ":"), end = a.pos + a.len, sym;
    if (!args_name(o->s, o->text, name, &sym))
        return false;
    if (colon == end)
        return wrong(o->s, a, "x in 0:1", "bounds are written a:b");
    size_t i = 0;
    while (i < o->n && o->in[i] != sym)
        i++;
    if (i == o->n)
        return wrong(o->s, name, "give it a start: from x=...", "this name has no start");
    if (!o->lo) {
        o->lo = o->x + o->n;
        o->hi = o->lo + o->n;
        for (size_t k = 0; k < o->n; k++) {
            o->lo[k] = -INFINITY;
            o->hi[k] = INFINITY;
        }
    }
    Span lo = args_trim(o->text, (Span){a.pos, colon - a.pos}),
         hi = args_trim(o->text, (Span){colon + 1, end - colon - 1});
    bool open_lo = args_is(o->text, lo, "-inf"), open_hi = args_is(o->text, hi, "inf");
    if ((!open_lo && !number_of(o->s, o->text, lo, &o->lo[i])) ||
        (!open_hi && !number_of(o->s, o->text, hi, &o->hi[i])))
        return false;
    return o->lo[i] <= o->hi[i] ||
           wrong(o->s, a, "x in 0:1", "the lower bound is the larger");
}

static bool read_options(Opening *o)
{
    lbz_session *s = o->s;
    const char *t = o->text;
    o->rule = descent_rule(METHOD_GD);
    for (int pass = 0; pass < 2; pass++) { /* the method first, whatever the order */
        for (size_t i = 0; i < o->npieces; i++) {
            const Piece *p = &o->piece[i];
            bool method = p->word == METHOD_WORD || p->word == MOMENTUM, ok = true;
            if (method != (pass == 0))
                continue;
            switch (p->word) {
            case METHOD_WORD: ok = going_read_method(s, t, p->text, &o->rule); break;
            case MOMENTUM:
                if (o->rule.method != METHOD_NESTEROV)
                    o->rule = descent_rule(METHOD_MOMENTUM);
                ok = number_of(s, t, p->text, &o->rule.mu);
                break;
            case RATE: ok = going_read_rate(s, t, p->text, &o->rule); break;
            case SEARCH: ok = going_read_search(s, t, p->text, &o->rule); break;
            case UNTIL: o->until = p->text; break;
            default: break;
            }
            if (!ok)
                return false;
        }
    }
    return true;
}

/* The names before `in` leave the pieces they stand in. */
static bool read_boxes(Opening *o, const Span *name)
{
    for (size_t i = 0; i < o->npieces; i++)
        if (o->piece[i].word == IN && !read_bounds(o, name[i], o->piece[i].text))
            return false;
    return true;
}

bool going_eval(lbz_session *s, const char *text, Span a, const uint32_t *own, size_t n,
                EvalResult *r)
{
    Def **hidden = eval_hide_names(s->c, &s->names, own, n);
    if (!hidden)
        return false;
    bool ok = args_eval(s, text, a, r);
    eval_show_names(&s->names, own, n, hidden);
    return ok;
}

static Node *read_objective(Opening *o)
{
    lbz_session *s = o->s;
    Ctx *c = s->c;
    EvalResult r;
    if (!going_eval(s, o->text, o->objective, o->in, o->n, &r))
        return NULL;
    Node *e = r.value ? r.value : r.formula;
    c->env.at = o->objective;
    if (ex_is(e, OP_LIST))
        ctx_error(c, LBZ_SHAPE, "minimise a sum of squares of its elements",
                  "the objective is a list, not a number");
    return ctx_failed(c) ? NULL : e;
}

static bool open_at(Opening *o, Node *e)
{
    lbz_session *s = o->s;
    Ctx *c = s->c;
    OpenDescent *d = mem_alloc(sizeof *d);
    if (!d) {
        env_error(&c->env, LBZ_LIMIT, NULL, "out of memory");
        return false;
    }
    *d = (OpenDescent){.sign = o->sign};
    bool ok = objective_make(c, e, o->in, o->n, &d->code) &&
              (descent_method(o->rule.method)->needs == NEEDS_SLOPE ||
               objective_need(c, &d->code, descent_method(o->rule.method)->needs));
    if (ok) {
        Objective of = objective_of(&d->code);
        d->d = descent_new(&of, &o->rule, o->x, o->lo, o->hi, o->sign);
    }
    if (d->d && isnan(descent_f(d->d)))
        env_error_at(&c->env, o->objective, LBZ_DOMAIN, "start where it has a value",
                     "the objective has no value at the start");
    d->until = o->until.len ? mem_strndup(o->text + o->until.pos, o->until.len) : NULL;
    if (!d->d || ctx_failed(c)) {
        open_descent_free(d);
        return false;
    }
    if (s->descent)
        ctx_note(c, "the descent before it is closed");
    open_descent_close(s);
    s->descent = d;
    return true;
}

static bool open_descent(lbz_session *s, const char *text, Span args, double sign)
{
    Opening o = {.s = s, .text = text, .sign = sign};
    Span name[sizeof o.piece / sizeof *o.piece] = {{0, 0}};
    if (!cut(&o, args))
        return false;
    for (size_t i = 0; i < o.npieces; i++)
        if (o.piece[i].word == IN)
            name[i] = take_last_word(text, i ? &o.piece[i - 1].text : &o.objective);
    if (!read_start(&o) || !read_boxes(&o, name) || !read_options(&o))
        return false;
    Node *e = read_objective(&o);
    if (!e || !open_at(&o, e) || !open_descent_publish(s))
        return false;
    rows_begin(s, true);
    rows_add(s);
    return rows_end(s);
}

bool cmd_descend(lbz_session *s, const char *text, Span args)
{
    return open_descent(s, text, args, 1);
}

bool cmd_ascend(lbz_session *s, const char *text, Span args)
{
    return open_descent(s, text, args, -1);
}

/* ---- steps ------------------------------------------------------------------------- */

bool going_count(lbz_session *s, const char *text, Span a, size_t other, size_t *n)
{
    double x;
    *n = other;
    if (!args_trim(text, a).len)
        return true;
    if (!number_of(s, text, a, &x))
        return false;
    if (!(x >= 0 && x <= 1e12 && x == floor(x)))
        return wrong(s, args_trim(text, a), NULL, "a number of steps is wanted here");
    *n = (size_t)x;
    return true;
}

void going_say(OpenDescent *o, DescentState state, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(o->reason, sizeof o->reason, fmt, ap);
    va_end(ap);
    o->state = state;
}

void going_judge_still(OpenDescent *o)
{
    bool fast =
        descent_rule_now(o->d)->method >= METHOD_LBFGS || descent_rule_now(o->d)->search;
    if (!fast)
        going_say(o, DESCENT_DIVERGED,
                  "the next step leads to where the objective has no finite value: try "
                  "rate %.3g",
                  descent_rule_now(o->d)->rate / 10);
    else if (descent_gnorm(o->d) <= 1e-4 * fmax(1, fabs(descent_f(o->d))))
        going_say(o, DESCENT_CONVERGED, "no step makes f %s any more",
                  o->sign < 0 ? "larger" : "smaller");
    else
        going_say(o, DESCENT_STOPPED, "no step makes f %s, though |g| is %.3g",
                  o->sign < 0 ? "larger" : "smaller", descent_gnorm(o->d));
}

bool cmd_step(lbz_session *s, const char *text, Span args)
{
    enum { MOST_ROWS = 10000 };
    OpenDescent *o = s->descent;
    size_t n, rises = 0;
    bool still = false;
    if (!going_count(s, text, args, 1, &n) || !open_descent_resume(s))
        return false;
    o->state = DESCENT_RUNNING;
    rows_begin(s, n > 1);
    for (size_t i = 0; i < n && !still; i++) {
        if (!descent_step(o->d, &still))
            break;
        rises += !still && descent_drop(o->d) * o->sign < 0;
        if (!still && (n <= MOST_ROWS || i + 1 == n))
            rows_add(s);
    }
    if (still) {
        going_judge_still(o);
        ctx_note(s->c, "%s", o->reason);
        if (!s->ans.text.n)
            rows_add(s);
    } else if (rises) {
        ctx_note(s->c, "f %s in %zu of these steps: a smaller rate may help",
                 o->sign < 0 ? "fell" : "rose", rises);
    }
    return !ctx_failed(s->c) && open_descent_publish(s) && rows_end(s);
}

/* ---- saving ------------------------------------------------------------------------ */

static void put_number(Str *out, const char *before, double x)
{
    str_puts(out, before);
    double_put(out, x);
}

static void print_rule(const DescentRule *r, Str *out)
{
    DescentRule d = descent_rule(r->method);
    str_printf(out, " method %s", descent_method(r->method)->name);
    if (r->method == METHOD_NEWTON && r->damp > 0)
        str_puts(out, r->damp < 1 ? " half" : " full");
    if (r->mu != d.mu)
        put_number(out, " mu=", r->mu);
    if (r->b1 != d.b1)
        put_number(out, " b1=", r->b1);
    if (r->b2 != d.b2)
        put_number(out, " b2=", r->b2);
    if (r->eps != d.eps)
        put_number(out, " eps=", r->eps);
    if (r->decay != d.decay)
        put_number(out, " decay=", r->decay);
    put_number(out, " rate ", r->rate);
    if (r->every > 0) {
        put_number(out, " times ", r->drop);
        put_number(out, " every ", r->every);
    }
    if (r->search != d.search)
        str_printf(out, " linesearch %s",
                   r->search == SEARCH_WOLFE    ? "wolfe"
                   : r->search == SEARCH_ARMIJO ? "armijo"
                                                : "none");
}

void going_print(const OpenDescent *o, Str *out)
{
    str_printf(out, "%s %s from ", o->sign < 0 ? "ascend" : "descend", o->code.text);
    for (size_t i = 0; i < o->code.n; i++) {
        str_printf(out, "%s%s", i ? ", " : "", o->code.name[i]);
        put_number(out, "=", descent_x(o->d)[i]);
    }
    for (size_t i = 0; i < o->code.n; i++) {
        double lo, hi;
        if (!descent_bounds(o->d, i, &lo, &hi))
            continue;
        str_printf(out, " %s in ", o->code.name[i]);
        if (isinf(lo))
            str_puts(out, "-inf");
        else
            double_put(out, lo);
        str_puts(out, ":");
        if (isinf(hi))
            str_puts(out, "inf");
        else
            double_put(out, hi);
    }
    print_rule(descent_rule_now(o->d), out);
    if (o->until)
        str_printf(out, " until %s", o->until);
    str_putc(out, '\n');
}
