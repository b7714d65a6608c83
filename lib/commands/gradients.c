/* commands/gradients.c - gradients kept in the session, as the frameworks keep them: backward y adds the
 * gradient of y to x.grad of every name x that it depends on and that is watched, or, where none is
 * watched, that is defined by a value.
 *
 * x.grad is a name of its own, with a value; undefined it is none.
 */
#include "commands/commands.h"
#include "expr/shape.h"
#include "print/print.h"

/* ---- names ---------------------------------------------------------------------------- */
/* The symbol of x.grad. */
static uint32_t grad_name(lbz_session *s, uint32_t sym)
{
    Str name = {0};
    str_puts(&name, sym_name(s->c, sym));
    str_puts(&name, ".grad");
    uint32_t r = sym_intern(s->c, str_cstr(&name), name.n);
    str_free(&name);
    return r;
}

/* All names that e depends on, by way of definitions. */
static bool reach_names(lbz_session *s, Node *e, SymList *out)
{
    SymList bound = {0};
    bool ok = eval_mentions(s->c, e, out, &bound);
    for (size_t i = 0; ok && i < out->n; i++) {
        const Def *d = names_find(&s->names, out->v[i]);
        for (size_t k = 0; ok && d && k < d->mentions.n; k++)
            ok = symlist_add(out, d->mentions.v[k]);
    }
    symlist_free(&bound);
    return ok;
}

static bool is_watched(const lbz_session *s, uint32_t sym)
{
    return symlist_has(&s->watched, sym);
}

/* Is it defined by a value, not by other names? */
static bool is_leaf(const lbz_session *s, uint32_t sym)
{
    const Def *d = names_find(&s->names, sym);
    return d && d->kind != DEF_FUNCTION && d->mentions.n == 0 &&
           !strchr(sym_name(s->c, sym), '.');
}

/* Of all names those whose gradients are asked for. */
static void choose_names(const lbz_session *s, const SymList *all, SymList *out)
{
    bool any = false;
    for (size_t i = 0; i < all->n; i++)
        any = any || is_watched(s, all->v[i]);
    for (size_t i = 0; i < all->n; i++)
        if (any ? is_watched(s, all->v[i]) : is_leaf(s, all->v[i]))
            (void)symlist_add(out, all->v[i]);
}

/* ---- backward ------------------------------------------------------------------------- */
/* The derivative t, which has no formula, by accumulation; poison with the error that there was. */
static Node *without_formula(lbz_session *s, const Str *t)
{
    Ctx *c = s->c;
    Err why = attempt_error(c);
    Parsed parsed = {0};
    ParseEnv pe = session_parse_env(s);
    map_init(&parsed.spans, &c->pool[1].arena);
    Node *e = parse_expr(c, &pe, t->s, 0, t->n, &parsed);
    c->env.err = why;
    Node *r = session_derivative_now(s, &parsed, e);
    return r ? r : c->poison;
}

/* grad(e, x), or vjp(e, x, v), at the present values. */
static Node *gradient_of(lbz_session *s, const char *text, Span e, Span v, uint32_t sym)
{
    Str t = {0};
    str_puts(&t, v.len ? "vjp((" : "grad((");
    str_put(&t, text + e.pos, e.len);
    str_printf(&t, "), %s", sym_name(s->c, sym));
    if (v.len) {
        str_puts(&t, ", (");
        str_put(&t, text + v.pos, v.len);
        str_putc(&t, ')');
    }
    str_putc(&t, ')');
    Node *r = args_value(s, t.s, (Span){0, (uint32_t)t.n});
    if (ctx_failed(s->c))
        r = without_formula(s, &t);
    s->place = (ExpressionText){0}; /* that text is not in sight */
    if (ctx_failed(s->c))
        s->c->env.err.span = e;
    str_free(&t);
    return r;
}

/* x.grad becomes x.grad + g. */
static bool add_gradient(lbz_session *s, uint32_t sym, Node *g)
{
    uint32_t grad = grad_name(s, sym);
    const Def *old = names_find(&s->names, grad);
    Node *sum = old ? ex_add2(s->c, old->body, g) : g;
    return !ctx_failed(s->c) && defs_assign(s, grad, sum);
}

/* A number, or what v gives one. */
static bool check_scalar(lbz_session *s, const char *text, Span e, Span v)
{
    Node *y = args_value(s, text, e);
    if (ctx_failed(s->c))
        return false;
    if (!y->shape || v.len)
        return true;
    env_error_at(&s->c->env, e, LBZ_SHAPE,
                 "write backward sum(y), or backward y with v, where v has its shape",
                 "only a number has a gradient, and this is a tensor");
    return false;
}

bool cmd_backward(lbz_session *s, const char *text, Span args)
{
    Ctx *c = s->c;
    Span a = args_trim(text, args), v = {0, 0}, e = a;
    uint32_t end = a.pos + a.len, with = args_find(text, a, "with");
    SymList all = {0}, names = {0};
    if (with < end) {
        e = args_trim(text, (Span){a.pos, with - a.pos});
        v = args_trim(text, (Span){with + 4, end - with - 4});
    }
    if (!e.len || (with < end && !v.len)) {
        env_error_at(&c->env, a, LBZ_SYNTAX, "backward y, backward y with v",
                     "a formula is missing");
        return false;
    }
    ParseEnv pe = session_parse_env(s);
    Node *y = parse_expr(c, &pe, text, e.pos, e.pos + e.len, NULL);
    bool ok = !ctx_failed(c) && check_scalar(s, text, e, v) && reach_names(s, y, &all);
    if (ok)
        choose_names(s, &all, &names);
    if (ok && !names.n)
        env_error_at(&c->env, e, LBZ_NAME, "define it first: x = [1, 2, 3]",
                     "this depends on no name that has a value");
    for (size_t i = 0; ok && i < names.n && !ctx_failed(c); i++) {
        Node *g = gradient_of(s, text, e, v, names.v[i]);
        ok = !ctx_failed(c) && add_gradient(s, names.v[i], g);
    }
    symlist_free(&all);
    symlist_free(&names);
    return ok && !ctx_failed(c);
}

/* ---- watch, zero ---------------------------------------------------------------------- */
/* Each name in a. */
static bool each_name(lbz_session *s, const char *text, Span a,
                      bool (*act)(lbz_session *, uint32_t))
{
    Span rest = args_trim(text, a), w;
    do {
        uint32_t sym;
        w = args_word(text, rest, &rest);
        if (!args_name(s, text, w, &sym) || !act(s, sym))
            return false;
    } while (rest.len);
    return true;
}

static bool watch_name(lbz_session *s, uint32_t sym)
{
    sym_keep_all(s->c);
    return symlist_add(&s->watched, sym);
}

bool cmd_watch(lbz_session *s, const char *text, Span args)
{
    return each_name(s, text, args, watch_name);
}

static bool zero_name(lbz_session *s, uint32_t sym)
{
    (void)defs_forget(s, grad_name(s, sym));
    return true;
}

bool cmd_zero(lbz_session *s, const char *text, Span args)
{
    return each_name(s, text, args, zero_name);
}
