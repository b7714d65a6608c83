/* procedure/formula.c - procedures on formulas: expressions, sums and calls. What comes out is a
 * formula like any other, which can be differentiated.
 */
#include "procedure/formula.h"
#include "ball/ball.h"
#include "expr/tensors.h"
#include "print/print.h"
#include <stdio.h>

enum {
    FORMULA_ROUNDS = 1000000,
    LONGEST_SUM = 100000,
    LONG_RESULT = 64,
    MOST_TERMS = 5000000
};

/* ---- small things ------------------------------------------------------------------ */
void *formula_grow(FormulaRun *j, void *old, size_t size, size_t n, size_t *cap)
{
    if (n < *cap)
        return old;
    size_t more = *cap ? 2 * *cap : 8;
    void *v = ARENA_NEW(&j->c->tmp, char, size *more);
    if (v && n)
        memcpy(v, old, n * size);
    *cap = v ? more : *cap;
    return v;
}

Node *formula_refuse(FormulaRun *j, const Procedure *b, Node *why)
{
    Str t = {0};
    print_limited(j->c, &t, why, 120);
    ctx_error(j->c, LBZ_UNABLE,
              "ask at a point: d/dx f(x) at x=0.3, or forward and reverse",
              "%s has no formula: what it does depends on whether %s",
              sym_name(j->c, b->sym), str_cstr(&t));
    str_free(&t);
    return j->c->poison;
}

bool formula_count_round(FormulaRun *j, const Procedure *b)
{
    char hint[160];
    uint64_t most =
        j->w->limits.steps < FORMULA_ROUNDS ? j->w->limits.steps : FORMULA_ROUNDS;
    if (++j->rounds <= most)
        return !ctx_poll(j->c);
    snprintf(
        hint, sizeof hint,
        most == FORMULA_ROUNDS
            ? "with a decimal, as in %s(1.0), it runs in float64 and may go on for longer"
            : "is it meant to end? `set looplimit N` allows more",
        sym_name(j->c, b->sym));
    ctx_error(j->c, LBZ_LIMIT, hint, "%s: loops and calls were entered %llu times",
              sym_name(j->c, b->sym), (unsigned long long)most);
    return false;
}

Node *formula_condition(Ctx *c, Node *n)
{
    if (n->n != 2 || n->op < OP_LT || n->op > OP_NE)
        return n;
    size_t m;
    ArenaMark mark = arena_mark(&c->tmp);
    ex_free_syms(c, n, &m);
    arena_release(&c->tmp, mark);
    int s = m || (n->flags & NF_APPLY) ? 2 : ball_sign(c, ex_sub(c, n->a[0], n->a[1]));
    if (s == 2)
        return n;
    bool yes = n->op == OP_LT   ? s < 0
               : n->op == OP_LE ? s <= 0
               : n->op == OP_EQ ? s == 0
                                : s != 0;
    return yes ? c->yes : c->no;
}

/* ---- frames ------------------------------------------------------------------------ */
static FormulaFrame *push_frame(FormulaRun *j, FormulaFrameKind kind)
{
    if (j->n == j->cap) {
        size_t cap = j->cap ? 2 * j->cap : 32;
        FormulaFrame *f = mem_realloc(j->frame, cap * sizeof *f);
        if (!f) {
            ctx_error(j->c, LBZ_LIMIT, NULL, "out of memory");
            return NULL;
        }
        j->frame = f;
        j->cap = cap;
    }
    FormulaFrame *f = &j->frame[j->n], *below = j->n ? f - 1 : NULL;
    memset(f, 0, sizeof *f);
    f->kind = kind;
    f->mark = arena_mark(&j->c->tmp);
    f->call = kind == FORMULA_CALL ? j->n : below ? below->call : FORMULA_NO_FRAME;
    f->sum = kind == FORMULA_SUM             ? j->n
             : kind == FORMULA_EVAL && below ? below->sum
                                             : FORMULA_NO_FRAME;
    if (kind == FORMULA_SUM)
        f->sum = below->sum; /* its limits do not see its variable */
    j->n++;
    return f;
}

void formula_deliver(FormulaRun *j, Node *v)
{
    arena_release(&j->c->tmp, j->frame[--j->n].mark);
    FormulaFrame *f = j->n ? &j->frame[j->n - 1] : NULL;
    if (!f)
        j->result = v;
    else if (f->kind == FORMULA_CALL)
        f->call_.got[f->call_.ngot++] = v;
    else if (f->kind == FORMULA_EVAL)
        nodemap_put(&f->eval.done, f->eval.waiting, v);
    else if (f->sum_.nlimits < 2)
        f->sum_.limit[f->sum_.nlimits++] = v;
    else
        f->sum_.term[f->sum_.got++] = v;
}

static bool push_due(FormulaRun *j, NodeStack *s, Node *x)
{
    s->v = formula_grow(j, s->v, sizeof *s->v, s->n, &s->cap);
    if (s->v)
        s->v[s->n++] = x;
    return s->v != NULL;
}

bool formula_push_eval(FormulaRun *j, Node *e)
{
    FormulaFrame *f = push_frame(j, FORMULA_EVAL);
    if (!f)
        return false;
    f->eval.root = e;
    nodemap_init(&f->eval.done, j->c);
    return push_due(j, &f->eval.due, e);
}

/* ---- names ------------------------------------------------------------------------- */
/* The variable of a sum around the frame; NULL. */
static Node *sum_variable(const FormulaRun *j, const FormulaFrame *f, const Node *x)
{
    for (size_t i = f->sum; i != FORMULA_NO_FRAME; i = j->frame[i].sum)
        if (j->frame[i].sum_.n->a[1] == x && j->frame[i].sum_.k)
            return j->frame[i].sum_.k;
    return NULL;
}

static Node *name_value(FormulaRun *j, const FormulaFrame *f, Node *x)
{
    Node *v = sum_variable(j, f, x);
    const FormulaCall *k = &j->frame[f->call].call_;
    if (v)
        return v;
    for (size_t i = 0; i < k->info->nlocals; i++)
        if (k->info->local[i] == x->sym)
            return k->val[i] ? k->val[i]
                             : ctx_error(j->c, LBZ_NAME,
                                         "assign it on every way that leads here",
                                         "%s has no value yet", sym_name(j->c, x->sym));
    v = j->w->variable ? j->w->variable(j->w->arg, j->c, x->sym) : NULL;
    return v ? v : x;
}

/* ---- calls ------------------------------------------------------------------------- */
static void add_local(CalleeInfo *f, uint32_t sym)
{
    for (size_t i = 0; i < f->nlocals; i++)
        if (f->local[i] == sym)
            return;
    f->local[f->nlocals++] = sym;
}

static CalleeInfo *info_of(FormulaRun *j, Procedure *b)
{
    Arena *a = ctx_arena(j->c);
    CalleeInfo *f = ARENA_NEW0(a, CalleeInfo, 1);
    if (!f || !(f->local = ARENA_NEW(a, uint32_t, b->nparams + b->n + 1)))
        return NULL;
    f->b = b;
    for (size_t i = 0; i < b->nparams; i++)
        f->local[f->nlocals++] = b->params[i];
    for (size_t i = 0; i < b->n; i++)
        if (b->code[i].op == STEP_ASSIGN || b->code[i].op == STEP_FOR ||
            b->code[i].op == STEP_STORE)
            add_local(f, b->code[i].sym);
    return f;
}

/* The function that n calls; NULL: it is unknown, or an error. */
static CalleeInfo *find_info(FormulaRun *j, const Node *n)
{
    Ctx *c = j->c;
    uint64_t key = (uint64_t)n->sym << 16 | n->n, got;
    if (map_get(&j->info, key, &got))
        return (CalleeInfo *)(uintptr_t)got;
    Procedure *b = j->w->function ? j->w->function(j->w->arg, c, n->sym, n->n / 2) : NULL;
    if (b && !ctx_failed(c) && b->nparams != n->n / 2) {
        ctx_error(c, LBZ_SYNTAX, NULL, "%s takes %zu arguments, here are %u",
                  sym_name(c, n->sym), b->nparams, n->n / 2);
        return NULL;
    }
    CalleeInfo *f = b && !ctx_failed(c) ? info_of(j, b) : NULL;
    if (f)
        map_put(&j->info, key, (uint64_t)(uintptr_t)f);
    return f;
}

static bool push_call(FormulaRun *j, CalleeInfo *info, Node *const *args, Node *key)
{
    const Procedure *b = info->b;
    if (j->depth >= j->w->limits.recursion) {
        ctx_error(j->c, LBZ_LIMIT, "is it meant to end? `set recursion N` allows more",
                  "%s: functions call one another more than %u times",
                  sym_name(j->c, b->sym), j->w->limits.recursion);
        return false;
    }
    FormulaFrame *f = formula_count_round(j, b) ? push_frame(j, FORMULA_CALL) : NULL;
    if (!f)
        return false;
    FormulaCall *k = &f->call_;
    k->info = info;
    k->key = key;
    k->val = ARENA_NEW0(&j->c->tmp, Node *, info->nlocals + 1);
    k->loop = ARENA_NEW0(&j->c->tmp, FormulaLoop, b->nloops + 1);
    if (!k->val || !k->loop)
        return false;
    memcpy(k->val, args, b->nparams * sizeof *args);
    j->depth++;
    return true;
}

/* The value of the call n of a; NULL: a frame is at work on it (or an error). */
static Node *call_function(FormulaRun *j, Node *n, Node *const *a)
{
    Ctx *c = j->c;
    for (size_t i = n->n / 2; i < n->n; i++)
        if (a[i] != c->zero)
            return j->w->slope ? j->w->slope(j->w->arg, c, n, a) : ex_rebuild(c, n, a);
    CalleeInfo *info = find_info(j, n);
    Node *key = ex_rebuild(c, n, a);
    if (!info || ctx_failed(c))
        return ctx_failed(c) ? c->poison : key;
    uint64_t known;
    if (map_get(&j->known, key->id, &known))
        return (Node *)(uintptr_t)known;
    if (info->open)
        return formula_refuse(j, info->b, info->cond); /* it would not end */
    return push_call(j, info, a, key) ? NULL : c->poison;
}

/* ---- expressions ------------------------------------------------------------------- */
static Node *evaluate_node(FormulaRun *j, Node *n, Node *const *a)
{
    Ctx *c = j->c;
    if (ex_is(n, OP_APPLY))
        return call_function(j, n, a);
    return formula_condition(c, ex_rebuild(c, n, a));
}

/* Which children are due: of an `if` first the condition, then the branch it chooses, or both when
 * it has no answer. */
static void due_children(const Ctx *c, const Node *x, const NodeMap *done, uint32_t *from,
                         uint32_t *to)
{
    *from = 0;
    *to = x->n;
    if (!ex_is(x, OP_IF))
        return;
    const Node *cond = nodemap_get(done, x->a[0]);
    if (!cond)
        *to = 1;
    else if (cond == c->yes)
        *from = 1, *to = 2;
    else if (cond == c->no)
        *from = 2;
}

/* Pushes what is missing; false: nothing is. */
static bool push_missing(FormulaRun *j, FormulaEval *e, const Node *x, uint32_t from,
                         uint32_t to)
{
    bool any = false;
    for (uint32_t i = to; i-- > from;)
        if (!nodemap_get(&e->done, x->a[i])) {
            any = true;
            if (!push_due(j, &e->due, x->a[i]))
                break;
        }
    return any;
}

/* A sum that gets one more term in each round takes quadratic time: it has its limit. */
static Node *count_terms(FormulaRun *j, const FormulaFrame *f, Node *r)
{
    if (r->n <= LONG_RESULT || (!ex_is(r, OP_ADD) && !ex_is(r, OP_MUL)))
        return r;
    j->terms += r->n;
    if (j->terms <= MOST_TERMS || ctx_failed(j->c))
        return r;
    char hint[160];
    const Procedure *b = j->frame[f->call].call_.info->b;
    snprintf(hint, sizeof hint, "with a decimal, as in %s(1.0), it runs in float64",
             sym_name(j->c, b->sym));
    return ctx_error(j->c, LBZ_LIMIT, hint,
                     "%s: the formula gets too long: %u terms after %llu "
                     "rounds",
                     sym_name(j->c, b->sym), r->n, (unsigned long long)j->rounds);
}

static Node *combine_values(FormulaRun *j, Node *x, const FormulaEval *e, uint32_t from,
                            uint32_t to)
{
    if (to - from < x->n) /* the branch of an `if` that was chosen */
        return nodemap_get(&e->done, x->a[from]);
    Node *small[8], **a = x->n <= 8 ? small : ARENA_NEW(ctx_arena(j->c), Node *, x->n);
    for (uint32_t i = 0; a && i < x->n; i++)
        a[i] = nodemap_get(&e->done, x->a[i]);
    return a ? evaluate_node(j, x, a) : j->c->poison;
}

/* The value of a node without looking at its children; NULL: they are needed. */
static Node *known_value(FormulaRun *j, const FormulaFrame *f, Node *x)
{
    if (ex_is(x, OP_SYM))
        return name_value(j, f, x);
    return x->n == 0 || ex_is_num(x) ? x : NULL;
}

/* Goes on until the value is there or a frame has to be worked on first. An `if` whose
 * condition has an answer evaluates that branch only: that ends recursions. */
static void eval_step(FormulaRun *j)
{
    FormulaFrame *f = &j->frame[j->n - 1];
    FormulaEval *e = &f->eval;
    while (e->due.n && !ctx_poll(j->c)) {
        Node *x = e->due.v[e->due.n - 1];
        uint32_t from, to;
        if (nodemap_get(&e->done, x)) {
            e->due.n--;
            continue;
        }
        e->waiting = x;
        if (ex_is(x, OP_SUM) || ex_is(x, OP_PROD)) {
            FormulaFrame *s = push_frame(j, FORMULA_SUM);
            if (s)
                s->sum_.n = x;
            return;
        }
        Node *r = known_value(j, f, x);
        due_children(j->c, x, &e->done, &from, &to);
        if (!r && (push_missing(j, e, x, from, to) || (ex_is(x, OP_IF) && to == 1)))
            continue;
        r = r ? r : combine_values(j, x, e, from, to);
        if (!r || ctx_failed(j->c))
            return; /* a call; f may have moved */
        nodemap_put(&e->done, x, count_terms(j, f, r));
        e->due.n--;
    }
    if (!ctx_failed(j->c))
        formula_deliver(j, nodemap_get(&e->done, e->root));
}

static bool sum_limits(FormulaRun *j, FormulaSum *s, const Procedure *b)
{
    int64_t hi;
    Ctx *c = j->c;
    if (!ex_get_int(s->limit[0], &s->lo) || !ex_get_int(s->limit[1], &hi) ||
        hi - s->lo > LONGEST_SUM) {
        ctx_error(c, LBZ_UNABLE, NULL, "the limits of a sum in %s are not known",
                  sym_name(c, b->sym));
        return false;
    }
    s->count = hi >= s->lo ? (size_t)(hi - s->lo) + 1 : 0;
    s->term = ARENA_NEW(&c->tmp, Node *, s->count + 1);
    return s->term != NULL;
}

static void sum_step(FormulaRun *j)
{
    FormulaFrame *f = &j->frame[j->n - 1];
    FormulaSum *s = &f->sum_;
    Ctx *c = j->c;
    if (s->nlimits < 2) {
        formula_push_eval(j, s->n->a[2 + s->nlimits]);
        return;
    }
    if (!s->term && !sum_limits(j, s, j->frame[f->call].call_.info->b))
        return;
    if (s->got == s->count) {
        formula_deliver(j, s->n->op == OP_SUM ? ex_add(c, s->count, s->term)
                                              : ex_mul(c, s->count, s->term));
        return;
    }
    s->k = ex_int(c, s->lo + (int64_t)s->got);
    size_t self = j->n - 1;
    if (formula_push_eval(j, s->n->a[0]))
        j->frame[self + 1].sum = self;
}

/* ---- from outside ------------------------------------------------------------------ */
/* Where an error stems from: the innermost call. */
static void explain_call(const FormulaRun *j)
{
    size_t i = j->n;
    while (i && j->frame[i - 1].kind != FORMULA_CALL)
        i--;
    if (i) {
        const FormulaCall *k = &j->frame[i - 1].call_;
        procedure_explain(j->c, k->info->b, &k->info->b->code[k->at]);
    }
}

Node *procedure_formula(Ctx *c, const ProcedureScope *w, Procedure *b, Node *const *args)
{
    FormulaRun j = {.c = c, .w = w};
    ArenaMark mark = arena_mark(&c->tmp);
    map_init(&j.info, ctx_arena(c));
    map_init(&j.known, ctx_arena(c));
    CalleeInfo *info = info_of(&j, b);
    if (info) {
        map_put(&j.info, (uint64_t)b->sym << 16 | 2 * b->nparams,
                (uint64_t)(uintptr_t)info);
        push_call(&j, info, args, NULL);
    }
    while (j.n && !ctx_poll(c)) {
        FormulaFrameKind kind = j.frame[j.n - 1].kind;
        if (kind == FORMULA_CALL)
            formula_step_call(&j);
        else if (kind == FORMULA_EVAL)
            eval_step(&j);
        else
            sum_step(&j);
    }
    if (ctx_failed(c))
        explain_call(&j);
    mem_free(j.frame);
    arena_release(&c->tmp, mark);
    return ctx_failed(c) || !j.result ? c->poison : j.result;
}
