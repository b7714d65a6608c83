/* session/procedure_at.c - `D E at x = 0.3` where E calls functions made of statements:
 * what is asked, and the answer as numbers and lists. The work is in procedure_point.c.
 *
 * By formulas where there are some; in float64 where a function has none, where a name stands for a
 * list of decimals or a long one, and where the point is inexact and a loop runs: decimals in loops grow
 * without end.
 */
#include "session/procedure.h"

#include <math.h>

typedef struct {
    ProcedurePoint p;
    const Parsed *parsed;
    Node *at, *op;
    uint32_t *in;
    ProcedureList *x;
    double *vec;
    unsigned *order;
    bool inexact, lists;
} Ask;

static bool is_derivative(const Node *n)
{
    return n->op == OP_DIFF || n->op == OP_GRAD || n->op == OP_JACOBIAN ||
           n->op == OP_HESSIAN || n->op == OP_HVP || n->op == OP_JVP || n->op == OP_VJP;
}

/* ---- what is asked */

/* The name that is the i-th to differentiate by; NULL: no more. */
static const Node *variable_at(const Node *op, size_t i)
{
    if (ex_is(op, OP_DIFF))
        return 1 + 2 * i < op->n ? op->a[1 + 2 * i] : NULL;
    if (op->n < 2)
        return NULL;
    if (!ex_is(op->a[1], OP_LIST))
        return i ? NULL : op->a[1];
    return i < op->a[1]->n ? op->a[1]->a[i] : NULL;
}

static size_t place_of_input(const Ask *q, uint32_t sym)
{
    size_t i = 0;
    while (i < q->p.nin && q->in[i] != sym)
        i++;
    return i;
}

static bool read_value(Ask *q, Node *e, ProcedureList *l)
{
    lbz_session *s = q->p.s;
    EvalOptions opt = session_eval_options(s);
    Node *v = eval_value(q->p.c, &s->names, &opt, q->parsed, e);
    if (ctx_failed(q->p.c))
        return false;
    q->inexact = q->inexact || (v->flags & NF_DEC);
    bool list = ex_is(v, OP_LIST) || ex_is(v, OP_DATA);
    q->lists = q->lists || list;
    double d;
    if (!list && !answer_number(q->p.c, v, &d))
        return false;
    if (list)
        return procedure_list_from_node(q->p.c, v, l);
    *l = (ProcedureList){.n = 1, .v = mem_alloc(sizeof d)};
    if (l->v)
        l->v[0] = d;
    return l->v != NULL;
}

/* The value of x is bound to; false: to nothing, or to no number. */
static bool add_input(Ask *q, const Node *x)
{
    const Node *at = q->at;
    size_t i = place_of_input(q, x->sym);
    if (i < q->p.nin)
        return true;
    for (uint32_t k = 1; k + 1 < at->n; k += 2) {
        if (ex_is(x, OP_SYM) && at->a[k]->sym == x->sym) {
            q->in[i] = x->sym;
            q->p.nin++; /* job of ask_free */
            return read_value(q, at->a[k + 1], &q->x[i]);
        }
    }
    return false;
}

/* First the names to differentiate by, in their order, then the others. False: not all have
 * numbers or lists. */
static bool read_inputs(Ask *q)
{
    size_t bound = (q->at->n - 1) / 2;
    Arena *a = &q->p.c->pool[1].arena;
    const Node *v;
    q->p.in = q->in = ARENA_NEW0(a, uint32_t, bound + 1);
    q->p.x = q->x = ARENA_NEW0(a, ProcedureList, bound + 1);
    if (!q->in || !q->x)
        return false;
    for (size_t i = 0; (v = variable_at(q->op, i)) != NULL; i++)
        if (!ex_is(v, OP_SYM) || !add_input(q, v))
            return false;
    q->p.nvars = q->op->n < 2 ? bound : q->p.nin;
    for (uint32_t k = 1; k + 1 < q->at->n; k += 2)
        if (!add_input(q, q->at->a[k]))
            return false;
    return q->p.nvars > 0;
}

/* d^2/(dx dy): how often by each. True when it is more than one first derivative. */
static bool read_orders(Ask *q)
{
    int64_t k, all = 0;
    const Node *op = q->op;
    if (!ex_is(op, OP_DIFF))
        return true;
    q->order = ARENA_NEW0(&q->p.c->pool[1].arena, unsigned, q->p.nvars + 1);
    for (size_t i = 0; q->order && i < q->p.nvars; i++)
        if (q->x[i].n != 1 && op->n > 3)
            return false;
    for (uint32_t i = 1; q->order && i + 1 < op->n; i += 2) {
        if (!ex_get_int(op->a[i + 1], &k) || k < 0 || k > 100)
            return false;
        q->order[place_of_input(q, op->a[i]->sym)] += (unsigned)k;
        all += k;
    }
    q->p.order = all == 1 && q->p.nvars == 1 ? NULL : q->order;
    return q->order && (!q->p.order || q->x[0].rank == 0);
}

/* E with definitions put in, but for the bound names; calls of functions stay. */
static Node *read_function(Ask *q)
{
    Ctx *c = q->p.c;
    lbz_session *s = q->p.s;
    Names *names = &s->names;
    Def **hidden = eval_hide_names(c, names, q->in, q->p.nin);
    if (!hidden)
        return c->poison;
    s->keep_calls = true;
    EvalOptions opt = session_eval_options(s);
    Node *e = eval_value(c, names, &opt, q->parsed, q->op->a[0]);
    s->keep_calls = false;
    eval_show_names(names, q->in, q->p.nin, hidden);
    return e;
}

/* The vector of jvp, vjp, hvp; lists in it one after the other. */
static bool read_vector(Ask *q)
{
    ProcedureList l = {0};
    bool keep = q->inexact, lists = q->lists;
    if (q->op->op != OP_JVP && q->op->op != OP_VJP && q->op->op != OP_HVP)
        return true;
    if (!read_value(q, q->op->a[2], &l))
        return false;
    q->inexact = keep;
    q->lists = lists;
    q->vec = ARENA_NEW(&q->p.c->pool[1].arena, double, l.n + 1);
    if (q->vec)
        memcpy(q->vec, l.v, l.n * sizeof *q->vec);
    q->p.vec = q->vec;
    q->p.nvec = l.n;
    procedure_list_free(&l);
    return q->vec != NULL;
}

/* ---- the answer */

static bool all_finite(Ask *q, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(q->p.d[i])) {
            ctx_error(q->p.c, LBZ_DOMAIN, "choose another point",
                      "a derivative is %s here",
                      isnan(q->p.d[i]) ? "not defined" : "infinite");
            return false;
        }
    }
    return true;
}

static Node *shaped_node(Ask *q, const ProcedureList *shape, double *v)
{
    ProcedureList l = *shape;
    l.v = v;
    return procedure_list_to_node(q->p.c, &l);
}

/* Derivatives by all names: a list of them, or what the single name's shape is. */
static Node *by_names(Ask *q, double *row)
{
    Ctx *c = q->p.c;
    bool product =
        q->op->op == OP_HVP || q->op->op == OP_VJP; /* their names are always a list */
    if (q->op->n > 1 &&
        (ex_is(q->op->a[1], OP_SYM) || (product && q->p.nvars == 1 && q->x[0].rank)))
        return shaped_node(q, &q->x[0], row);
    Node **e = ARENA_NEW(&c->pool[1].arena, Node *, q->p.nvars + 1);
    for (size_t i = 0; e && i < q->p.nvars; i++) {
        e[i] = shaped_node(q, &q->x[i], row);
        row += q->x[i].n;
    }
    return e ? ex_list(c, q->p.nvars, e) : c->poison;
}

/* shape(value) + shape(names); at most PROCEDURE_RANK deep. */
static Node *nested_rows(Ask *q, unsigned level, double **row)
{
    Ctx *c = q->p.c;
    if (level == q->p.out.rank) {
        Node *r = by_names(q, *row);
        *row += q->p.n;
        return r;
    }
    size_t n = q->p.out.dim[level];
    Node **e = ARENA_NEW(&c->pool[1].arena, Node *, n + 1);
    for (size_t i = 0; e && i < n; i++)
        e[i] = nested_rows(q, level + 1, row);
    return e ? ex_list(c, n, e) : c->poison;
}

static Node *answer_as_node(Ask *q)
{
    ProcedurePoint *p = &q->p;
    ProcedureList square = {.rank = 2, .dim = {p->n, p->n}, .n = p->n * p->n};
    double *row = p->d;
    size_t m = p->out.n;
    if (p->order || p->what == OP_JVP)
        return all_finite(q, m) ? shaped_node(q, &p->out, p->d) : p->c->poison;
    if (p->what == OP_HESSIAN)
        return all_finite(q, p->n * p->n) ? shaped_node(q, &square, p->d) : p->c->poison;
    if (p->what == OP_HVP || p->what == OP_VJP)
        return all_finite(q, p->n) ? by_names(q, p->d) : p->c->poison;
    return all_finite(q, m * p->n) ? nested_rows(q, 0, &row) : p->c->poison;
}

void answer_note_kink(Ctx *c, size_t n, const PointKink *k)
{
    char lo[32], hi[32];
    if (k->jump)
        ctx_note(c, "the function jumps here: there is no derivative");
    if (k->jump || !k->sides)
        return;
    if (n > 1) {
        ctx_note(c, "not differentiable here: the subgradient of least norm");
        return;
    }
    double_print(lo, k->lo);
    double_print(hi, k->hi);
    ctx_note(c, "not differentiable here: subderivative [%s, %s]", lo, hi);
}

static void note_route(Ask *q)
{
    ProcedurePoint *p = &q->p;
    p->s->ans.mode = p->route;
    ctx_note(p->c, "by %s accumulation: %zu input%s, %zu output%s", p->route, p->n,
             p->n == 1 ? "" : "s", p->out.n, p->out.n == 1 ? "" : "s");
    answer_note_kink(p->c, p->n, &p->kink);
}

static Node *run_at_point(Ask *q)
{
    ProcedurePoint *p = &q->p;
    int64_t mode = p->s->set.value[SET_mode];
    Node *r = p->c->poison;
    p->world = session_procedure_scope(p->s);
    p->what = (Op)q->op->op;
    p->forced = mode > 1;
    p->mode = mode == 2 ? ACC_FORWARD : ACC_REVERSE;
    p->e = read_function(q);
    if (!ctx_failed(p->c) && read_vector(q) && session_point_run(p)) {
        r = answer_as_node(q);
        note_route(q);
    }
    session_point_free(p);
    return r;
}

/* Is one of the names to differentiate by a tensor? */
static bool by_tensors(const Ask *q)
{
    bool any = false;
    const Node *x, *at = q->at;
    for (uint32_t k = 1; k + 1 < at->n; k += 2) {
        bool by = q->op->n < 2;
        for (size_t i = 0; !by && (x = variable_at(q->op, i)) != NULL; i++)
            by = ex_is(x, OP_SYM) && x->sym == at->a[k]->sym;
        any = any || (by && at->a[k + 1]->shape);
    }
    return any;
}

/* More elements than are kept exact? */
static bool is_large(const Ask *q)
{
    enum { EXACT = 100 };
    size_t n = 0;
    for (size_t i = 0; i < q->p.nin; i++)
        n = q->x[i].n > n ? q->x[i].n : n;
    return n > EXACT;
}

/* By formulas; NULL: there are none. Errors of this way are kept in *why. */
static Node *by_formula(Ask *q, Err *why)
{
    Ctx *c = q->p.c;
    EvalOptions opt = session_eval_options(q->p.s);
    size_t notes = c->nnotes;
    Node *r = eval_value(c, &q->p.s->names, &opt, q->parsed, q->at);
    if (!ctx_failed(c))
        return r;
    *why = c->env.err;
    if (!attempt_forgive(c, FORGIVE_ALL & ~FORGIVE(LBZ_SYNTAX)))
        return c->poison;
    c->nnotes = notes;
    return NULL;
}

Node *session_procedure_at(lbz_session *s, const Parsed *parsed, Node *at)
{
    Ctx *c = s->c;
    Ask q = {.p = {.s = s, .c = c}, .parsed = parsed, .at = at, .op = at->a[0]};
    Err why = {0};
    Node *r = NULL;
    if (!is_derivative(q.op))
        return NULL;
    ProcedureUse use = session_procedure_use(s, q.op->a[0]);
    if (!use.procedures && !by_tensors(&q))
        return NULL;
    bool can = read_inputs(&q) && read_orders(&q);
    bool machine = can && ((q.lists && (q.inexact || use.procedures || is_large(&q))) ||
                           (q.inexact && use.loops) || s->set.value[SET_mode] > 1);
    if (!ctx_failed(c) && !machine)
        r = by_formula(&q, &why);
    if (!r && !ctx_failed(c) && can)
        r = run_at_point(&q);
    if (!r && !ctx_failed(c))
        c->env.err = why;
    for (size_t i = 0; q.x && i < q.p.nin; i++)
        procedure_list_free(&q.x[i]);
    return ctx_failed(c) ? c->poison : r;
}
