/* procedure/branch.c - the statements of a procedure on formulas. A condition without an
 * answer lets both branches of an `if` run, one after the other; what they assign
 * differently becomes `if cond then a else b`, and so do the values they return. A loop
 * needs an answer.
 *
 * Where a point is given, it answers what the formulas leave open, except at a tie.
 */
#include "procedure/formula.h"
#include "expr/tensors.h"

static FormulaCall *top_call(FormulaRun *j) { return &j->frame[j->n - 1].call_; }

/* ---- conditions -------------------------------------------------------------------- */
/* The value of x where the values of its operands are in done; NULL: it has none. */
static Node *node_at_point(FormulaRun *j, Node *x, const NodeMap *done, bool *tie)
{
    Ctx *c = j->c;
    if (ex_is(x, OP_SYM))
        return ex_subst(c, x, j->w->point, j->w->at, j->w->npoint);
    if (x->n == 0 || ex_is_num(x))
        return x;
    Node **a = ARENA_NEW(&c->tmp, Node *, x->n);
    for (uint32_t i = 0; a && i < x->n; i++)
        a[i] = nodemap_get(done, x->a[i]);
    if (!a)
        return c->poison;
    if (x->op >= OP_LT && x->op <= OP_NE)
        *tie = *tie || formula_condition(c, ex_compare(c, OP_EQ, a[0], a[1])) == c->yes;
    return formula_condition(c, ex_rebuild(c, x, a));
}

/* The answer at the point; NULL: there is none. A tie: some comparison is of equals there. */
static Node *at_point(FormulaRun *j, Node *cond, bool *tie)
{
    Ctx *c = j->c;
    ArenaMark m = arena_mark(&c->tmp);
    NodeMap done;
    size_t n;
    nodemap_init(&done, c);
    Node **order = j->w->npoint ? ex_walk(c, 1, &cond, &n) : NULL;
    *tie = false;
    for (size_t i = 0; order && i < n && !ctx_poll(c); i++)
        nodemap_put(&done, order[i], node_at_point(j, order[i], &done, tie));
    Node *r = order ? nodemap_get(&done, cond) : NULL;
    arena_release(&c->tmp, m);
    return r && (r == c->yes || r == c->no || ex_is_num(r)) ? r : NULL;
}

/* 1: v holds, 0: it does not, -1: no answer. */
static int truth_of(const Ctx *c, const Node *v)
{
    if (v == c->yes || (ex_is_num(v) && !num_is_zero(v->num)))
        return 1;
    return v == c->no || ex_is_num(v) ? 0 : -1;
}

/* ---- forks ------------------------------------------------------------------------- */
/* `if cond then a else b`, of lists element by element. NULL: there is no such thing. */
static Node *merge_values(FormulaRun *j, Node *cond, Node *a, Node *b)
{
    Ctx *c = j->c;
    if (a == b || !a || !b)
        return a == b ? a : NULL;
    if (!ex_is(a, OP_LIST) && !ex_is(b, OP_LIST))
        return ex_if(c, cond, a, b);
    if (!ex_is(a, OP_LIST) || !ex_is(b, OP_LIST) || a->n != b->n) {
        ctx_error(
            c, LBZ_UNABLE, "ask at a point: d/dx f(x) at x=0.3, or forward and reverse",
            "there is no formula: lists of different sizes come out of the branches");
        return c->poison;
    }
    Node **e = ARENA_NEW(ctx_arena(c), Node *, a->n + 1u);
    for (uint32_t i = 0; e && i < a->n; i++) /* at most as deep as lists are nested */
        e[i] = merge_values(j, cond, a->a[i], b->a[i]);
    return e ? ex_list(c, a->n, e) : c->poison;
}

static Node **copy_values(FormulaRun *j, const FormulaCall *k)
{
    Node **v = ARENA_NEW(&j->c->tmp, Node *, k->info->nlocals + 1);
    if (v)
        memcpy(v, k->val, (k->info->nlocals + 1) * sizeof *v);
    return v;
}

static bool open_fork(FormulaRun *j, FormulaCall *k, Node *cond, const ProcedureStmt *s)
{
    Ctx *c = j->c;
    k->fork = formula_grow(j, k->fork, sizeof *k->fork, k->nforks, &k->forks_cap);
    Node **before = k->fork ? copy_values(j, k) : NULL;
    if (!before)
        return false;
    bool logic = ex_is_condition(cond) && !ex_is(cond, OP_IF);
    k->fork[k->nforks++] =
        (Fork){.cond = logic ? cond : ex_compare(c, OP_NE, cond, c->zero),
               .other = s->target,
               .join = s->join,
               .before = before};
    k->info->open += !k->open;
    k->info->cond = k->fork[k->nforks - 1].cond;
    k->open = true;
    return !ctx_failed(c);
}

static void take_values(FormulaCall *k, Node *const *v)
{
    memcpy(k->val, v, (k->info->nlocals + 1) * sizeof *v);
}

/* At the end of a branch: the other one is due, or they meet. */
static void at_join(FormulaRun *j, FormulaCall *k)
{
    Fork *f = &k->fork[k->nforks - 1];
    if (!f->second) {
        f->first = copy_values(j, k);
        f->second = true;
        take_values(k, f->before);
        k->pc = f->other;
        return;
    }
    for (size_t i = 0; !f->ended && f->first && i <= k->info->nlocals; i++)
        k->val[i] = merge_values(j, f->cond, f->first[i], k->val[i]);
    k->nforks--;
}

/* The condition under which the present branches run. */
static Node *branch_condition(FormulaRun *j, const FormulaCall *k)
{
    Ctx *c = j->c;
    Node **t = ARENA_NEW(&c->tmp, Node *, k->nforks + 1);
    for (size_t i = 0; t && i < k->nforks; i++) {
        Node *cond = k->fork[i].cond;
        t[i] = k->fork[i].second ? ex_logic(c, OP_NOT, 1, &cond) : cond;
    }
    return !t ? c->poison : k->nforks == 1 ? t[0] : ex_logic(c, OP_AND, k->nforks, t);
}

static void finish_call(FormulaRun *j, Node *v)
{
    FormulaCall *k = top_call(j);
    Ctx *c = j->c;
    Node *key = k->key;
    while (k->nret && !ctx_failed(c)) {
        const Return *r = &k->ret[--k->nret];
        v = v ? merge_values(j, r->cond, r->value, v) : r->value;
    }
    if (ctx_failed(c))
        return;
    k->info->open -= k->open;
    if (!v) {
        ctx_error(c, LBZ_UNABLE, "let its last statement be an expression, or use return",
                  "%s ends without a value", sym_name(c, k->info->b->sym));
        return;
    }
    j->depth--;
    if (key)
        map_put(&j->known, key->id, (uint64_t)(uintptr_t)v);
    formula_deliver(j, v);
}

/* A branch has returned: the other one goes on alone. False: none does. */
static bool leave_branch(FormulaCall *k)
{
    while (k->nforks) {
        Fork *f = &k->fork[k->nforks - 1];
        if (!f->second) {
            f->ended = f->second = true;
            take_values(k, f->before);
            k->pc = f->other;
            return true;
        }
        k->nforks--;
        if (!f->ended && f->first) {
            take_values(k, f->first);
            k->pc = f->join;
            return true;
        }
    }
    return false;
}

static void give_back(FormulaRun *j, Node *v)
{
    FormulaCall *k = top_call(j);
    if (!k->nforks) {
        if (!v)
            ctx_error(j->c, LBZ_UNABLE,
                      "let its last statement be an expression, or use return",
                      "%s ends without a value", sym_name(j->c, k->info->b->sym));
        else
            finish_call(j, v);
        return;
    }
    k->ret = formula_grow(j, k->ret, sizeof *k->ret, k->nret, &k->ret_cap);
    Node *cond = branch_condition(j, k);
    if (!k->ret || !v || ctx_failed(j->c)) {
        if (!v)
            ctx_error(j->c, LBZ_UNABLE,
                      "let its last statement be an expression, or use return",
                      "%s ends without a value", sym_name(j->c, k->info->b->sym));
        return;
    }
    k->ret[k->nret++] = (Return){cond, v};
    if (!leave_branch(k))
        finish_call(j, NULL);
}

/* ---- statements -------------------------------------------------------------------- */
/* The i-th expression of a statement; NULL: it has no more. */
static Node *statement_operand(const ProcedureStmt *s, unsigned i)
{
    switch (s->op) {
    case STEP_ASSIGN:
    case STEP_VALUE:
    case STEP_UNLESS:
    case STEP_RETURN: return i == 0 ? s->e : NULL;
    case STEP_STORE: return i < s->nindex ? s->index[i] : i == s->nindex ? s->e : NULL;
    case STEP_FOR: return i == 0 ? s->e : i == 1 ? s->step : i == 2 ? s->limit : NULL;
    default: return NULL;
    }
}

static Node **place_of_local(FormulaCall *k, uint32_t sym)
{
    size_t i = 0;
    while (i < k->info->nlocals && k->info->local[i] != sym)
        i++;
    return &k->val[i];
}

static void run_unless(FormulaRun *j, FormulaCall *k, const ProcedureStmt *s)
{
    Node *v = k->got[0];
    bool tie = false;
    if (ex_is(v, OP_LIST)) {
        ctx_error(j->c, LBZ_SHAPE, "write all(c) or any(c)",
                  "a condition is one, and this is a tensor of them");
        return;
    }
    int yes = truth_of(j->c, v);
    if (yes < 0) {
        Node *at = at_point(j, v, &tie);
        if (at && !(tie && s->join))
            yes = truth_of(j->c, at);
    }
    if (yes >= 0)
        k->pc = yes ? k->pc : s->target;
    else if (!s->join)
        formula_refuse(j, k->info->b, v);
    else
        open_fork(j, k, v, s);
}

static void run_store(FormulaRun *j, FormulaCall *k, const ProcedureStmt *s)
{
    Node **v = place_of_local(k, s->sym);
    if (*v)
        *v = ex_store(j->c, *v, s->nindex, k->got, k->got[s->nindex]);
    else
        ctx_error(j->c, LBZ_NAME, NULL, "%s has no value yet", sym_name(j->c, s->sym));
}

/* The next round of the loop, or behind it. */
static void next_round(FormulaRun *j, FormulaCall *k, size_t at)
{
    Ctx *c = j->c;
    const ProcedureStmt *s = &k->info->b->code[at];
    const FormulaLoop *l = &k->loop[s->loop];
    Node *v = ex_add2(c, l->from, ex_mul2(c, ex_int(c, l->done), l->step));
    if (!ex_is_num(v) || !ex_is_num(l->limit) || !ex_is_num(l->step) ||
        num_is_zero(l->step->num)) {
        ctx_error(c, LBZ_UNABLE,
                  "ask at a point: d/dx f(x) at x=0.3, or forward and reverse",
                  "%s has no formula: the range of a loop is not known",
                  sym_name(c, k->info->b->sym));
        return;
    }
    int d = num_cmp(v->num, l->limit->num);
    if (num_sgn(l->step->num) > 0 ? d > 0 : d < 0) {
        k->pc = s->target;
        return;
    }
    *place_of_local(k, s->sym) = v;
    k->pc = at + 1;
    formula_count_round(j, k->info->b);
}

static void run_statement_of(FormulaRun *j, FormulaCall *k, const ProcedureStmt *s)
{
    size_t at = k->pc++;
    k->ngot = 0;
    switch (s->op) {
    case STEP_ASSIGN: *place_of_local(k, s->sym) = k->got[0]; break;
    case STEP_STORE: run_store(j, k, s); break;
    case STEP_VALUE: k->val[k->info->nlocals] = k->got[0]; break;
    case STEP_UNLESS: run_unless(j, k, s); break;
    case STEP_JUMP:
        k->pc = s->target;
        if (s->target <= at)
            formula_count_round(j, k->info->b);
        break;
    case STEP_FOR:
        k->loop[s->loop] = (FormulaLoop){0, k->got[0], k->got[1], k->got[2]};
        next_round(j, k, at);
        break;
    case STEP_NEXT:
        k->loop[s->loop].done++;
        next_round(j, k, s->target);
        break;
    case STEP_RETURN: give_back(j, s->e ? k->got[0] : k->val[k->info->nlocals]); break;
    case STEP_END: give_back(j, k->val[k->info->nlocals]); break;
    }
}

void formula_step_call(FormulaRun *j)
{
    FormulaCall *k = top_call(j);
    if (k->ngot == 0 && k->nforks && k->pc == k->fork[k->nforks - 1].join) {
        at_join(j, k);
        return;
    }
    const ProcedureStmt *s = &k->info->b->code[k->at = k->pc];
    Node *e = statement_operand(s, k->ngot);
    if (e)
        formula_push_eval(j, e);
    else
        run_statement_of(j, k, s);
}
