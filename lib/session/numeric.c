/* session/numeric.c - expressions that are not evaluated as formulas: dual numbers, and
 * derivatives at a point when `set mode` asks for accumulation. */
#include "point/point.h"
#include "session/procedure.h"
#include "session/session.h"

#include <math.h>

/* ---- dual numbers ------------------------------------------------------------------ */

static bool has_duals(Ctx *c, Node *e)
{
    size_t n;
    bool found = false;
    ArenaMark m = arena_mark(&c->tmp);
    Node **order = ex_walk_some(c, 1, &e, NF_STRUCTURAL, 0, &n);
    for (size_t i = 0; order && i < n && !found; i++)
        found = ex_is(order[i], OP_DUAL);
    arena_release(&c->tmp, m);
    return found;
}

/* e with every dual(a, b) as a + b*t. NULL: there is none. */
static Node *without_duals(Ctx *c, Node *e, Node *t)
{
    size_t n, k = 0;
    ArenaMark m = arena_mark(&c->tmp);
    Node **order = ex_walk(c, 1, &e, &n);
    Node **from = ARENA_NEW(&c->tmp, Node *, n + 1),
         **to = ARENA_NEW(&c->tmp, Node *, n + 1);
    for (size_t i = 0; order && from && to && i < n; i++) {
        if (ex_is(order[i], OP_DUAL)) {
            from[k] = order[i];
            to[k++] = ex_add2(c, order[i]->a[0], ex_mul2(c, order[i]->a[1], t));
        }
    }
    Node *r = k ? ex_replace(c, e, from, to, k) : NULL;
    arena_release(&c->tmp, m);
    return r;
}

static Node *value_at_zero(lbz_session *s, const Parsed *parsed, Node *e, Node *t,
                           bool slope)
{
    Ctx *c = s->c;
    EvalOptions opt = session_eval_options(s);
    if (slope)
        e = ex_structural(c, OP_DIFF, 3, (Node *[]){e, t, c->one});
    return eval_value(c, &s->names, &opt, parsed,
                      ex_structural(c, OP_AT, 3, (Node *[]){e, t, c->zero}));
}

/* By formulas; where there are none, or decimals run through loops, in float64. */
static bool find_dual(lbz_session *s, const Parsed *parsed, Node *e, Node **v, Node **d)
{
    Ctx *c = s->c;
    ProcedureUse use = session_procedure_use(s, e);
    if (use.loops && (e->flags & NF_DEC))
        return session_dual_numbers(s, parsed, e, v, d);
    Node *t = ex_sym(c, sym_fresh(c, "t")), *real = without_duals(c, e, t);
    *v = real ? value_at_zero(s, parsed, real, t, false) : c->poison;
    *d = ctx_failed(c) ? c->poison : value_at_zero(s, parsed, real, t, true);
    if (!use.procedures || c->env.err.status != LBZ_UNABLE)
        return !ctx_failed(c);
    Err why = attempt_error(c);
    if (session_dual_numbers(s, parsed, e, v, d))
        return true;
    c->env.err = ctx_failed(c) ? c->env.err : why;
    return false;
}

/* "dual(f(a), f'(a)*b)" */
static bool run_dual(lbz_session *s, const Parsed *parsed, Node *e)
{
    Ctx *c = s->c;
    Node *v, *d;
    if (!find_dual(s, parsed, e, &v, &d))
        return false;
    Str *out = answer_text(s);
    str_puts(out, "dual(");
    print_limited(c, out, v, 10000);
    str_puts(out, ", ");
    print_limited(c, out, d, 10000);
    str_putc(out, ')');
    return true;
}

/* ---- set mode forward | reverse ---------------------------------------------------- */

/* The words of `set mode`. */
enum { MODE_AUTO, MODE_SYMBOLIC, MODE_FORWARD, MODE_REVERSE };

typedef struct {
    lbz_session *s;
    Ctx *c;
    AccumMode mode;
    Node *op;     /* GRAD, JACOBIAN ... */
    uint32_t *in; /* the names to differentiate by ... */
    double *x;    /* ... and their values */
    size_t nin;
    Node **out;
    size_t nout;
    double *v; /* the vector of a product */
    size_t nv;
} PointTask;

static bool is_derivative(const Node *n)
{
    return n->op == OP_GRAD || n->op == OP_JACOBIAN || n->op == OP_HESSIAN ||
           n->op == OP_HVP || n->op == OP_JVP || n->op == OP_VJP ||
           (n->op == OP_DIFF && n->n == 3 && ex_is_rat(n->a[2], 1, 1));
}

/* The names, from the operator or, when it has none, all that are bound. False: some is not. */
static bool read_names(PointTask *j, const Node *at)
{
    const Node *list = j->op->n > 1 ? j->op->a[1] : NULL;
    size_t bound = (at->n - 1) / 2, n = !list                  ? bound
                                        : ex_is(list, OP_LIST) ? list->n
                                                               : 1;
    Arena *a = &j->c->pool[1].arena;
    j->in = ARENA_NEW(a, uint32_t, n + 1);
    j->x = ARENA_NEW(a, double, n + 1);
    for (size_t i = 0; j->in && j->x && i < n; i++) {
        const Node *x = !list                  ? at->a[1 + 2 * i]
                        : ex_is(list, OP_LIST) ? list->a[i]
                                               : list;
        j->x[i] = NAN;
        for (size_t k = 0; k < bound; k++)
            if (at->a[1 + 2 * k]->sym == x->sym &&
                answer_number(j->c, at->a[2 + 2 * k], &j->x[i]))
                break;
        if (!ex_is(x, OP_SYM) || isnan(j->x[i]))
            return false;
        j->in[j->nin++] = x->sym;
    }
    return j->in && j->x && j->nin > 0;
}

static bool is_input(const PointTask *j, const Node *x)
{
    for (size_t i = 0; i < j->nin; i++)
        if (x->sym == j->in[i])
            return true;
    return false;
}

/* The function with definitions put in, but for the inputs; other bound names by their values. */
static Node *read_function(PointTask *j, const Node *at, const Parsed *parsed)
{
    Ctx *c = j->c;
    Names *names = &j->s->names;
    EvalOptions opt = session_eval_options(j->s);
    size_t bound = (at->n - 1) / 2, k = 0;
    Arena *a = &c->pool[1].arena;
    uint32_t *own = ARENA_NEW(a, uint32_t, bound + 1);
    uint32_t *syms = ARENA_NEW(a, uint32_t, bound + 1);
    Node **by = ARENA_NEW(a, Node *, bound + 1);
    if (!own || !syms || !by)
        return c->poison;
    for (size_t i = 0; i < bound; i++) {
        const Node *x = at->a[1 + 2 * i];
        own[i] = x->sym;
        if (!is_input(j, x)) {
            syms[k] = x->sym;
            by[k++] = at->a[2 + 2 * i];
        }
    }
    Def **hidden = eval_hide_names(c, names, own, bound);
    if (!hidden)
        return c->poison;
    Node *e = eval_value(c, names, &opt, parsed, j->op->a[0]);
    eval_show_names(names, own, bound, hidden);
    j->s->place.sub = syms;
    j->s->place.by = by;
    j->s->place.nsub = k;
    return ctx_failed(c) ? c->poison : ex_subst(c, e, syms, by, k);
}

/* Is there something in e whose value at decimals is no exact decimal? */
static bool is_rounded(Ctx *c, Node *e)
{
    size_t n;
    bool found = false;
    ArenaMark m = arena_mark(&c->tmp);
    Node **order = ex_walk(c, 1, &e, &n);
    for (size_t i = 0; order && i < n && !found; i++) {
        found = op_is_function((Op)order[i]->op) || ex_is(order[i], OP_CONST) ||
                (ex_is(order[i], OP_POW) && !ex_is_int(order[i]->a[1]));
    }
    arena_release(&c->tmp, m);
    return found;
}

/* Is a name bound to a decimal? */
static bool at_decimals(const Node *at)
{
    for (uint32_t i = 2; i < at->n; i += 2)
        if (at->a[i]->flags & NF_DEC)
            return true;
    return false;
}

static bool read_vector(PointTask *j, const Parsed *parsed)
{
    EvalOptions opt = session_eval_options(j->s);
    if (j->op->n < 3 || j->op->op == OP_DIFF)
        return true;
    Node *v = eval_value(j->c, &j->s->names, &opt, parsed, j->op->a[2]);
    j->nv = ex_is(v, OP_LIST) ? v->n : 1;
    j->v = ARENA_NEW(&j->c->pool[1].arena, double, j->nv + 1);
    for (size_t i = 0; j->v && i < j->nv; i++)
        if (!answer_number(j->c, ex_is(v, OP_LIST) ? v->a[i] : v, &j->v[i]))
            return false;
    size_t want = j->op->op == OP_VJP ? j->nout : j->nin;
    if (j->v && j->nv != want) {
        ctx_error(j->c, LBZ_SHAPE, NULL, "the vector has %zu entries, not %zu", j->nv,
                  want);
    }
    return j->v != NULL;
}

/* ---- what is not finite */

/* A value that is no number is an error, an infinite one a remark. */
static bool explain_outputs(PointTask *j, const Accum *a)
{
    for (size_t k = 0; k < a->nout && !ctx_failed(j->c); k++) {
        uint32_t culprit = program_culprit(a->p, a->v, a->out[k]);
        Str why = {0};
        if (culprit == P_NONE)
            continue;
        j->c->env.about = session_describe(j->s, a, culprit, &why);
        if (isnan(a->v[a->out[k]])) {
            ctx_error(j->c, LBZ_DOMAIN, "choose a point inside the domain",
                      "no real value: %s", str_cstr(&why));
        } else {
            session_place_text(j->s, j->c->env.about, &why);
            ctx_note(j->c, "infinite: %s", str_cstr(&why));
        }
        j->c->env.about = NULL;
        str_free(&why);
    }
    return !ctx_failed(j->c);
}

/* What made d output k / d in[i], or for i2 < nin its derivative by in[i2], not finite. */
static uint32_t slope_culprit(Accum *a, size_t k, size_t i, size_t i2)
{
    Program *p = a->p;
    uint32_t *adj = mem_alloc((a->nin + 1) * sizeof *adj), v = P_NONE;
    if (adj && program_gradient(p, a->out[k], pg_const(p, 1), adj)) {
        v = adj[i];
        if (v != P_NONE && i2 < a->nin)
            v = program_gradient(p, v, pg_const(p, 1), adj) ? adj[i2] : P_NONE;
    }
    mem_free(adj);
    return v != P_NONE && accum_evaluate(a) ? accum_overflow(a, v) : P_NONE;
}

/* The entry e of the result r is not finite: an error that says why. */
static void explain_entry(PointTask *j, Accum *a, const double *r, size_t e)
{
    size_t n = j->nin;
    bool second = j->op->op == OP_HESSIAN || j->op->op == OP_HVP;
    uint32_t culprit = P_NONE;
    if (second) {
        for (size_t i = 0; i < n && culprit == P_NONE; i++) {
            culprit = slope_culprit(a, 0, e / (j->op->op == OP_HVP ? 1 : n),
                                    j->op->op == OP_HVP ? i : e % n);
        }
    } else if (j->op->op == OP_JVP || j->op->op == OP_VJP) {
        for (size_t i = 0; i < n * j->nout && culprit == P_NONE; i++)
            culprit = slope_culprit(a, i / n, i % n, n);
    } else {
        culprit = slope_culprit(a, e / n, e % n, n);
    }
    Str why = {0};
    str_puts(&why, culprit == P_NONE ? "" : ": ");
    j->c->env.about = culprit == P_NONE ? NULL : session_describe(j->s, a, culprit, &why);
    ctx_error(j->c, LBZ_DOMAIN, "choose another point", "a derivative is %s here%s",
              isnan(r[e]) ? "not defined" : "infinite", str_cstr(&why));
    j->c->env.about = NULL;
    str_free(&why);
}

/* r[n], all finite; else the reason why one is not. */
static bool explain_result(PointTask *j, Accum *a, const double *r, size_t n)
{
    for (size_t e = 0; e < n; e++) {
        if (!isfinite(r[e])) {
            explain_entry(j, a, r, e);
            return false;
        }
    }
    return true;
}

/* ---- results */

static Node *number_list(Ctx *c, const double *v, size_t n)
{
    Node **e = ARENA_NEW(&c->pool[1].arena, Node *, n + 1);
    for (size_t i = 0; e && i < n; i++)
        e[i] = ex_num(c, num_from_double(ctx_arena(c), v[i]));
    return e ? ex_list(c, n, e) : c->poison;
}

static Node *rows_to_node(Ctx *c, const double *v, size_t m, size_t n)
{
    Node **e = ARENA_NEW(&c->pool[1].arena, Node *, m + 1);
    for (size_t i = 0; e && i < m; i++)
        e[i] = number_list(c, v + i * n, n);
    return e ? ex_list(c, m, e) : c->poison;
}

static Node *first_element(Node *list)
{
    return ex_is(list, OP_LIST) && list->n == 1 ? list->a[0] : list;
}

/* r gets the derivatives that are asked for; their number, 0 on error. */
static size_t compute_derivatives(PointTask *j, Accum *a, double *r)
{
    bool ok = true;
    switch ((int)j->op->op) {
    case OP_HESSIAN: return accum_hessian(a, 0, r) ? j->nin * j->nin : 0;
    case OP_HVP: return accum_hvp(a, 0, j->v, r) ? j->nin : 0;
    case OP_VJP: return accum_vjp(a, j->v, r) ? j->nin : 0;
    case OP_JVP:
        for (size_t k = 0; ok && k < j->nout; k++)
            ok = accum_along(a, k, j->v, &r[k]);
        return ok ? j->nout : 0;
    case OP_JACOBIAN: return accum_jacobian(a, j->mode, r) ? j->nout * j->nin : 0;
    default: return accum_gradient(a, j->mode, 0, r) ? j->nin : 0;
    }
}

static Node *derivatives_as_node(PointTask *j, Accum *a, double *r)
{
    Ctx *c = j->c;
    size_t n = explain_outputs(j, a) ? compute_derivatives(j, a, r) : 0;
    if (!n || !explain_result(j, a, r, n))
        return c->poison;
    switch ((int)j->op->op) {
    case OP_HESSIAN: return rows_to_node(c, r, j->nin, j->nin);
    case OP_JACOBIAN: return rows_to_node(c, r, j->nout, j->nin);
    case OP_DIFF: return first_element(number_list(c, r, 1));
    default: return number_list(c, r, n);
    }
}

static const char *route_name(const PointTask *j)
{
    switch ((int)j->op->op) {
    case OP_HESSIAN:
    case OP_HVP: return "forward over reverse";
    case OP_JVP: return "forward";
    case OP_VJP: return "reverse";
    default: return j->mode == ACC_FORWARD ? "forward" : "reverse";
    }
}

static Node *run_task(PointTask *j)
{
    Accum a;
    Ctx *c = j->c;
    size_t most = (j->nin > j->nout ? j->nin : j->nout);
    double *r = mem_alloc((most * j->nin + most + 1) * sizeof *r);
    Node *v = c->poison;
    if (!r) {
        ctx_error(c, LBZ_LIMIT, NULL, "out of memory");
    } else if (accum_init(&a, c, j->in, j->x, j->nin, j->out, j->nout)) {
        accum_mend(&a);
        if (j->s->set.value[SET_mode] == MODE_AUTO)
            j->mode = accum_best_mode(&a);
        v = derivatives_as_node(j, &a, r);
        j->s->ans.mode = route_name(j);
    }
    if (!ctx_failed(c)) {
        ctx_note(c, "by %s accumulation: %zu input%s, %zu output%s", route_name(j),
                 j->nin, j->nin == 1 ? "" : "s", j->nout, j->nout == 1 ? "" : "s");
        answer_note_kink(c, j->nin, &a.kink);
    }
    if (r)
        accum_free(&a);
    mem_free(r);
    return v;
}

/* A derivative at numbers; NULL: it is none, or its names are not all bound to numbers. */
static Node *by_accumulation(lbz_session *s, const Parsed *parsed, const Node *at)
{
    Ctx *c = s->c;
    PointTask j = {.s = s, .c = c, .op = at->a[0]};
    j.mode = strcmp(s->set.text[SET_mode], "forward") == 0 ? ACC_FORWARD : ACC_REVERSE;
    if (!is_derivative(j.op) || !read_names(&j, at))
        return ctx_failed(c) ? c->poison : NULL;
    Node *f = read_function(&j, at, parsed);
    if (ctx_failed(c))
        return c->poison;
    if (s->set.value[SET_mode] == MODE_AUTO && !is_rounded(c, f))
        return NULL;
    j.nout = ex_is(f, OP_LIST) ? f->n : 1;
    j.out = ex_is(f, OP_LIST) ? f->a : ARENA_NEW(&c->pool[1].arena, Node *, 1);
    if (!ex_is(f, OP_LIST) && j.out)
        j.out[0] = f;
    bool vector = j.op->op == OP_JACOBIAN || j.op->op == OP_JVP || j.op->op == OP_VJP;
    if (!vector && ex_is(f, OP_LIST))
        return NULL;
    return j.out && read_vector(&j, parsed) && !ctx_failed(c) ? run_task(&j) : c->poison;
}

bool session_special(lbz_session *s, const Stmt *st, const Parsed *parsed,
                     const char *text, bool *handled)
{
    Ctx *c = s->c;
    Node *e = st->expr;
    *handled = false;
    if (!(e->flags & NF_STRUCTURAL))
        return true;
    if (has_duals(c, e)) {
        *handled = true;
        return run_dual(s, parsed, e);
    }
    int64_t mode = s->set.value[SET_mode];
    bool jacobian = ex_is(e, OP_AT) && ex_is(e->a[0], OP_JACOBIAN);
    s->ans.mode = jacobian ? "symbolic" : NULL;
    if (!ex_is(e, OP_AT) || mode == MODE_SYMBOLIC || ctx_failed(c))
        return !ctx_failed(c);
    Node *v = session_procedure_at(s, parsed, e);
    if (!v && (mode != MODE_AUTO || (jacobian && at_decimals(e))))
        v = by_accumulation(s, parsed, e);
    if (v && !ctx_failed(c)) {
        EvalResult r = {.formula = v};
        answer_expr(s, &r, text + st->span.pos, st->span.len);
    }
    *handled = v != NULL;
    return !ctx_failed(c);
}

/* e at x=x, y=y ..., for the names it differentiates by; NULL: they have no values, or e is none. */
static Node *at_present(lbz_session *s, Node *e)
{
    enum { MOST = 64 };
    Node *v[2 * MOST + 1] = {e};
    size_t n = 1;
    if (!(op_info((Op)e->op)->flags & BINDS_LIST) || e->n < 2)
        return NULL;
    const Node *x = e->a[1];
    bool list = ex_is(x, OP_LIST) || ex_is(x, OP_STACK);
    uint32_t k = list ? x->n : 1;
    for (uint32_t i = 0; i < k; i++) {
        Node *name = list ? x->a[i] : (Node *)(uintptr_t)x;
        const Def *d = ex_is(name, OP_SYM) ? names_find(&s->names, name->sym) : NULL;
        if (!d || d->kind == DEF_FUNCTION || k > MOST)
            return NULL;
        v[n] = v[n + 1] = ex_sym_shaped(s->c, name->sym, defs_shape(d));
        n += 2;
    }
    return ex_structural(s->c, OP_AT, n, v);
}

Node *session_derivative_now(lbz_session *s, const Parsed *parsed, Node *e)
{
    Ctx *c = s->c;
    Err why = c->env.err;
    if (why.status != LBZ_UNABLE || !attempt_forgive(c, FORGIVE(LBZ_UNABLE)))
        return NULL;
    Node *at = at_present(s, e), *v = at ? session_procedure_at(s, parsed, at) : NULL;
    if (!v || ctx_failed(c)) {
        (void)attempt_forgive(c, FORGIVE_ANY);
        if (!ctx_failed(c))
            c->env.err = why;
        return NULL;
    }
    return v;
}
