/* commands/gradcheck.c - gradcheck E at x=1: every route to the derivative, beside
 * differences of certified values, and a verdict (slope.h). Each name has its row.
 */
#include "commands/request.h"
#include "point/slope.h"

#include <math.h>
#include <stdio.h>

typedef struct {
    Request j;
    SlopeRow *row;
    size_t n;
    Node **formula; /* the symbolic gradient; NULL: none */
    Node *held;     /* E with every detach(u) as the constant that u is at the point */
    bool hides;     /* there is one */
    SlopeProbe probe;
} GradCheck;

/* ---- routes ------------------------------------------------------------------------ */

/* How large the terms are that accumulation adds up: derivatives with all partials positive. */
static bool term_sizes(GradCheck *k, Accum *a, double *size)
{
    Edges e = {0};
    bool ok = accum_linearise(a, &e);
    for (size_t i = 0; ok && i < e.n; i++)
        a->v[e.edge[i].partial] = fabs(a->v[e.edge[i].partial]);
    double *dot = ok ? mem_alloc((a->nv + 1) * sizeof *dot) : NULL;
    for (size_t i = 0; dot && i < k->n; i++) {
        memset(dot, 0, (a->nv + 1) * sizeof *dot);
        for (uint32_t v = 0; v < a->nprimal; v++)
            dot[v] = a->p->val[v].op == P_IN && a->p->val[v].a == i;
        for (size_t q = 0; q < e.n; q++)
            dot[e.edge[q].to] += a->v[e.edge[q].partial] * dot[e.edge[q].from];
        size[i] = isfinite(dot[a->out[0]]) ? dot[a->out[0]] : 0;
    }
    ok = ok && dot;
    mem_free(dot);
    mem_free(e.edge);
    return ok || !ctx_failed(k->j.c);
}

/* Which operation of E has no finite value, and where it was typed. */
static void note_culprit(GradCheck *k, const Accum *a)
{
    lbz_session *s = k->j.s;
    Str why = {0};
    uint32_t v = program_culprit(a->p, a->v, a->out[0]);
    if (v == P_NONE)
        return;
    session_place_text(s, session_describe(s, a, v, &why), &why);
    ctx_note(k->j.c, "%s: %s", isnan(a->v[a->out[0]]) ? "no real value" : "infinite",
             str_cstr(&why));
    str_free(&why);
}

static bool run_accumulation(GradCheck *k, const double *x, AccumMode mode, double *grad)
{
    Accum a;
    Request *j = &k->j;
    bool ok = accum_init(&a, j->c, j->in, x, j->nin, &j->e, 1);
    k->probe.overflows = false;
    for (uint32_t i = 0; ok && i < a.nprimal; i++) {
        double v = fabs(a.v[i]);
        k->probe.overflows = k->probe.overflows || !(v == 0 || (v > 1e-300 && v < 1e150));
    }
    if (ok) {
        accum_mend(&a);
        note_culprit(k, &a);
    }
    ok = ok && accum_gradient(&a, mode, 0, grad);
    accum_free(&a);
    return ok;
}

static bool run_sizes(GradCheck *k, const double *x, double *size)
{
    Accum a;
    Request *j = &k->j;
    bool ok = accum_init(&a, j->c, j->in, x, j->nin, &j->e, 1) && term_sizes(k, &a, size);
    accum_free(&a);
    return ok;
}

static void take_route(GradCheck *k, int route, const double *grad)
{
    for (size_t i = 0; i < k->n; i++) {
        k->row[i].d[route] = grad[i];
        k->row[i].has[route] = true;
    }
}

static bool float_routes(GradCheck *k, const double *x)
{
    double *grad = ARENA_NEW0(&k->j.c->pool[1].arena, double, k->n + 1);
    if (!grad)
        return false;
    for (int route = FORWARD; route <= REVERSE; route++) {
        AccumMode mode = route == FORWARD ? ACC_FORWARD : ACC_REVERSE;
        if (!run_accumulation(k, x, mode, grad))
            return false;
        take_route(k, route, grad);
    }
    if (!run_sizes(k, x, grad))
        return false;
    for (size_t i = 0; i < k->n; i++)
        k->row[i].size = grad[i];
    return true;
}

/* The formula's value: by the rule for kinks and singular points, as in d/dx E at x=1. */
static bool value_at_point(GradCheck *k, size_t i, double *d)
{
    Request *j = &k->j;
    Ctx *c = j->c;
    EvalOptions opt = session_eval_options(j->s);
    size_t notes = c->nnotes;
    Node **a = ARENA_NEW(&c->pool[1].arena, Node *, 2 * j->nin + 1);
    if (!a)
        return false;
    opt.level = SIMPLIFY_NONE;
    a[0] = ex_structural(c, OP_DIFF, 3, (Node *[]){j->e, ex_sym(c, j->in[i]), c->one});
    for (size_t q = 0; q < j->nin; q++) {
        a[1 + 2 * q] = ex_sym(c, j->in[q]);
        a[2 + 2 * q] = j->at[q];
    }
    Node *v = eval_value(c, &j->s->names, &opt, NULL,
                         ex_structural(c, OP_AT, 2 * j->nin + 1, a));
    c->nnotes = notes; /* the verdict tells as much */
    if (v == c->inf || v == c->minus_inf) {
        *d = v == c->inf ? INFINITY : -INFINITY;
        return true;
    }
    return !ctx_failed(c) && ball_double(c, v, d) == LBZ_OK;
}

/* The formulas, and their values at the exact point. */
static bool symbolic_route(GradCheck *k)
{
    Request *j = &k->j;
    Ctx *c = j->c;
    Node **g = ARENA_NEW0(&c->pool[1].arena, Node *, j->nin + 1);
    if (g && diff_gradient(c, j->e, j->in, j->nin, g))
        k->formula = g;
    bool kinks = eval_has_kinks(c, j->e);
    for (size_t i = 0; k->formula && i < j->nin && attempt_forgive(c, FORGIVE_UNDEFINED);
         i++) {
        SlopeRow *r = &k->row[i];
        if (!kinks) {
            Node *v =
                ex_subst(c, eval_hold(c, g[i], NULL, NULL, 0), j->in, j->at, j->nin);
            r->has[SYMBOLIC] =
                !ctx_failed(c) && ball_double(c, v, &r->d[SYMBOLIC]) == LBZ_OK;
        }
        if (!r->has[SYMBOLIC] && attempt_forgive(c, FORGIVE_UNDEFINED))
            r->has[SYMBOLIC] = value_at_point(k, i, &r->d[SYMBOLIC]);
    }
    return attempt_forgive(c, FORGIVE_UNDEFINED);
}

/* ---- answers ----------------------------------------------------------------------- */

static void put_value(char out[32], bool has, double d)
{
    if (has)
        double_print(out, d);
    else
        strcpy(out, "none");
}

static void print_line(Str *out, const SlopeRow *r)
{
    char t[32];
    str_printf(out, "%s d/d%s: ", slope_verdict_names[r->verdict], r->name);
    for (int i = 0; i < ROUTES; i++) {
        put_value(t, r->has[i], r->d[i]);
        str_printf(out, "%s %s, ", slope_route_names[i], t);
    }
    put_value(t, r->has_difference, r->difference);
    str_printf(out, "difference %s%s%s", t, r->why[0] ? "; " : "", r->why);
}

enum { COLUMNS = 6 };

static void format_cell(const SlopeRow *r, int column, char out[32])
{
    if (column == 0)
        snprintf(out, 32, "d/d%.20s", r->name);
    else if (column <= ROUTES)
        put_value(out, r->has[column - 1], r->d[column - 1]);
    else if (column == ROUTES + 1)
        put_value(out, r->has_difference, r->difference);
    else
        snprintf(out, 32, "%s", slope_verdict_names[r->verdict]);
}

static void print_table(Str *out, const GradCheck *k, SlopeVerdict overall)
{
    static const char *const head[COLUMNS] = {"",        "symbolic",   "forward",
                                              "reverse", "difference", "verdict"};
    int width[COLUMNS];
    char t[32];
    for (int c = 0; c < COLUMNS; c++) {
        width[c] = (int)strlen(head[c]);
        for (size_t i = 0; i < k->n; i++) {
            format_cell(&k->row[i], c, t);
            width[c] = (int)strlen(t) > width[c] ? (int)strlen(t) : width[c];
        }
    }
    str_puts(out, slope_verdict_names[overall]);
    for (size_t i = 0; i <= k->n; i++) {
        str_puts(out, "\n");
        for (int c = 0; c < COLUMNS - 1; c++) {
            if (i)
                format_cell(&k->row[i - 1], c, t);
            str_printf(out, "%-*s  ", width[c], i ? t : head[c]);
        }
        str_puts(out, i ? slope_verdict_names[k->row[i - 1].verdict] : head[COLUMNS - 1]);
        if (i && k->row[i - 1].why[0])
            str_printf(out, "; %s", k->row[i - 1].why);
    }
}

static void set_answer_gradient(const GradCheck *k)
{
    Answer *a = &k->j.s->ans;
    SlopeVerdict worst = VERDICT_AGREE;
    for (size_t i = 0; i < k->n; i++)
        worst = k->row[i].verdict > worst ? k->row[i].verdict : worst;
    if (k->n == 1)
        print_line(&a->text, k->row);
    else
        print_table(&a->text, k, worst);
    if (k->hides) {
        str_printf(&a->text, "%sdetach(...) is held constant in all routes",
                   k->n == 1 ? "; " : "\n");
    }
    a->kind = LBZ_CHECK;
    a->verdict = worst == VERDICT_DISAGREE     ? LBZ_FAIL
                 : worst == VERDICT_UNRESOLVED ? LBZ_UNKNOWN
                                               : LBZ_PASS;
    a->proof = worst == VERDICT_UNRESOLVED ? "" : "numeric";
}

/* ---- the command ------------------------------------------------------------------- */

static bool make_rows(GradCheck *k)
{
    Str names = {0};
    k->n = request_names(&k->j, &names);
    k->row = ARENA_NEW0(&k->j.c->pool[1].arena, SlopeRow, k->n + 1);
    char *t = ARENA_NEW(&k->j.c->pool[1].arena, char, names.n + 1);
    bool ok = !names.failed && k->row && t;
    if (ok && names.n)
        memcpy(t, names.s, names.n);
    for (size_t i = 0; ok && i < k->n; i++) {
        k->row[i].name = t;
        t += strlen(t) + 1;
    }
    str_free(&names);
    return ok;
}

static bool open_probe(GradCheck *k, const double *x)
{
    Request *j = &k->j;
    k->held = eval_hold(j->c, j->e, j->in, j->at, j->nin);
    k->hides = k->held != j->e;
    return !ctx_failed(j->c) && x &&
           slope_open(&k->probe, j->c, k->held, j->in, j->at, x, j->nin);
}

/* The routes are taken: their verdicts. */
static bool judge_routes(GradCheck *k)
{
    Request *j = &k->j;
    lbz_status st = slope_value(&k->probe);
    for (size_t i = 0; i < k->n && !ctx_failed(j->c); i++) {
        if (st == LBZ_OK) {
            slope_judge(&k->probe,
                        k->formula ? eval_hold(j->c, k->formula[i], j->in, j->at, j->nin)
                                   : NULL,
                        i, &k->row[i]);
        } else if (st == LBZ_DOMAIN || k->probe.overflows) {
            slope_unresolved(&k->row[i],
                             st == LBZ_DOMAIN
                                 ? "E has no real value at this point"
                                 : "the value of E leaves the range of float64");
        } else {
            slope_compare(&k->row[i], "the value of E cannot be enclosed at this point");
        }
    }
    return !ctx_failed(j->c);
}

static bool check_formula(GradCheck *k)
{
    const double *x = request_numbers(&k->j, k->j.x);
    return open_probe(k, x) && float_routes(k, x) && symbolic_route(k) && judge_routes(k);
}

/* ---- functions made of statements: the formula of the path that is taken at the point */

/* How near to the point other paths are looked for: 2^-NEAR_BITS. */
enum { NEAR_BITS = 64 };

/* E as a formula of its names where conditions are what they are at at[]; NULL: there is none. */
static Node *path_formula(GradCheck *k, Node *const *at)
{
    Request *j = &k->j;
    Ctx *c = j->c;
    ProcedureScope w = session_procedure_scope(j->s);
    Node **arg = ARENA_NEW(&c->pool[1].arena, Node *, j->nin + 1);
    for (size_t i = 0; arg && i < j->nin; i++)
        arg[i] = ex_sym(c, j->in[i]);
    w.point = j->in;
    w.at = at;
    w.npoint = j->nin;
    Node *f = session_path_formula(c, w, j->e, j->in, arg, j->nin);
    if (ctx_failed(c))
        f = attempt_forgive(c, FORGIVE_ALL) ? NULL : c->poison;
    return f;
}

/* Is another path taken just beside the point along in[i]? here: the path at it. */
static bool path_turns(GradCheck *k, const Node *here, size_t i)
{
    Request *j = &k->j;
    Ctx *c = j->c;
    Node **at = ARENA_NEW(&c->pool[1].arena, Node *, j->nin + 1);
    Node *h = ex_pow(c, ex_int(c, 2), ex_int(c, -NEAR_BITS));
    bool turns = false;
    for (int side = 0; at && side < 2 && !turns && !ctx_failed(c); side++) {
        memcpy(at, j->at, j->nin * sizeof *at);
        at[i] = ex_add2(c, at[i], side ? h : ex_neg(c, h));
        const Node *f = path_formula(k, at);
        turns = f && f != here;
    }
    return turns;
}

/* The two modes have been run on the statements; the rest is asked of the path's formula. */
static bool check_path(GradCheck *k, Node *path)
{
    Request *j = &k->j;
    Node *e = j->e;
    const double *x = request_numbers(j, j->x);
    j->e = path;
    bool ok = open_probe(k, x) && symbolic_route(k) && judge_routes(k);
    j->e = e;
    for (size_t i = 0; ok && i < k->n; i++) {
        SlopeRow *r = &k->row[i];
        if (r->verdict == VERDICT_AGREE && path_turns(k, path, i)) {
            r->verdict = VERDICT_BRANCH;
            snprintf(r->why, sizeof r->why,
                     "another path is taken just beside the point");
        }
    }
    return ok && !ctx_failed(j->c);
}

static bool check_procedures(GradCheck *k)
{
    double *grad = ARENA_NEW0(&k->j.c->pool[1].arena, double, k->n + 1);
    bool ok = grad != NULL;
    for (int route = FORWARD; ok && route <= REVERSE; route++) {
        ProcedureList out = {0};
        AccumMode mode = route == FORWARD ? ACC_FORWARD : ACC_REVERSE;
        ok = request_procedure_gradient(&k->j, mode, &out, grad);
        if (ok && out.n != 1) {
            ctx_error(k->j.c, LBZ_SHAPE, "take one element or sum() of it",
                      "the value is a list of %zu numbers, not a number", out.n);
            ok = false;
        }
        procedure_list_free(&out);
        if (ok)
            take_route(k, route, grad);
    }
    for (size_t i = 0; ok && i < k->n; i++)
        k->row[i].size = fabs(k->row[i].d[FORWARD]);
    Node *path = ok && !k->j.lists ? path_formula(k, k->j.at) : NULL;
    if (path && !ex_is(path, OP_LIST))
        return check_path(k, path);
    for (size_t i = 0; ok && i < k->n; i++) {
        slope_compare(&k->row[i], k->j.lists ? "lists have no certified values"
                                             : "the path at the point has no formula");
    }
    return ok && !ctx_failed(k->j.c);
}

static bool is_checkable(const GradCheck *k, const char *text, Span args)
{
    Ctx *c = k->j.c;
    if (k->j.nin == 0) {
        env_error_at(&c->env, args_trim(text, args), LBZ_SYNTAX, k->j.example,
                     "gradcheck needs a point");
    } else if (k->j.dir) {
        env_error_at(&c->env, args_trim(text, args), LBZ_SYNTAX, k->j.example,
                     "gradcheck looks at each name by itself, not along a direction");
    } else if (ex_is(k->j.e, OP_LIST)) {
        ctx_error(c, LBZ_SHAPE, "ask for one element at a time",
                  "gradcheck needs a number, not a list");
    }
    return !ctx_failed(c);
}

bool cmd_gradcheck(lbz_session *s, const char *text, Span args)
{
    GradCheck k = {.j = {.s = s, .c = s->c, .example = "gradcheck x^2*y at x=3, y=4"}};
    bool ok =
        request_read(&k.j, text, args) && is_checkable(&k, text, args) && make_rows(&k);
    ok = ok && (k.j.lists || session_calls_procedures(s, k.j.e) ? check_procedures(&k)
                                                                : check_formula(&k));
    if (ok)
        set_answer_gradient(&k);
    slope_close(&k.probe);
    request_free(&k.j);
    return ok;
}
