/* ball/eval.c - certified evaluation of DAGs: which node is evaluated when,
 * conditions, sums and products. The operations themselves are in real.c and
 * complex.c.
 *
 * No recursion but into the bodies of binders, at most BALL_MAX_DEPTH deep. A value is
 * computed at most once per generation of its frame. Vals may move when a new node gets
 * its slot, so a pointer to one is fetched again after anything that may visit a node.
 */
#include "ball/internal.h"
#include "base/child.h"
#include "flint/wire.h"

/* ---- frames */

bool ball_frame_init(BallFrame *f, BallFrame *outer, uint32_t sym, slong prec)
{
    memset(f, 0, sizeof *f);
    f->outer = outer;
    f->sym = sym;
    f->prec = prec;
    f->complex = outer && outer->complex;
    f->analytic = outer && outer->analytic;
    f->gen = 1;
    f->nslots = 64;
    f->slots = mem_alloc(f->nslots * sizeof *f->slots);
    acb_init(&f->at);
    if (f->slots)
        memset(f->slots, 0, f->nslots * sizeof *f->slots);
    return f->slots != NULL;
}

void ball_frame_clear(BallFrame *f)
{
    for (size_t i = 0; i < f->n; i++)
        acb_clear(&f->vals[i].z);
    mem_free(f->vals);
    mem_free(f->slots);
    acb_clear(&f->at);
}

static BallSlot *slot_find(BallSlot *slots, size_t nslots, uint32_t key)
{
    size_t i = (key * 0x9e3779b1u >> 7) & (nslots - 1);
    while (slots[i].key && slots[i].key != key)
        i = (i + 1) & (nslots - 1);
    return &slots[i];
}

static bool slots_grow(BallFrame *f)
{
    size_t n = 2 * f->nslots;
    BallSlot *s = mem_alloc(n * sizeof *s);
    if (!s)
        return false;
    memset(s, 0, n * sizeof *s);
    for (size_t i = 0; i < f->nslots; i++)
        if (f->slots[i].key)
            *slot_find(s, n, f->slots[i].key) = f->slots[i];
    mem_free(f->slots);
    f->slots = s;
    f->nslots = n;
    return true;
}

void ball_no_memory(BallEval *ev)
{
    env_error(&ev->c->env, LBZ_LIMIT, NULL,
              "there is not enough memory to evaluate this");
    ev->stop = LBZ_LIMIT;
}

/* The place for n's value in f, made when it is not there. */
static BallVal *frame_val(BallEval *ev, BallFrame *f, const Node *n)
{
    BallSlot *s = slot_find(f->slots, f->nslots, n->id + 1);
    if (s->key)
        return &f->vals[s->val];
    if ((4 * (f->n + 1) > 3 * f->nslots && !slots_grow(f)) ||
        !MEM_ROOM(f->vals, f->n, f->cap)) {
        ball_no_memory(ev);
        return NULL;
    }
    s = slot_find(f->slots, f->nslots, n->id + 1);
    *s = (BallSlot){n->id + 1, (uint32_t)f->n};
    BallVal *v = &f->vals[f->n++];
    memset(v, 0, sizeof *v);
    acb_init(&v->z);
    return v;
}

/* The innermost frame from f outwards on whose variable n may depend. */
static BallFrame *frame_of(BallFrame *f, const Node *n)
{
    while (f->outer && !(n->syms >> (f->sym & 63) & 1))
        f = f->outer;
    return f;
}

BallVal *ball_done(BallEval *ev, BallFrame *f, const Node *n)
{
    return frame_val(ev, frame_of(f, n), n);
}

void ball_fail(BallVal *v, lbz_status st, const Node *bad)
{
    v->status = (uint8_t)st;
    v->bad = bad;
}

/* ---- the stack of nodes that wait for others */

static void push_todo(BallEval *ev, BallFrame *f, const Node *n)
{
    if (MEM_ROOM(ev->todo, ev->ntodo, ev->todo_cap))
        ev->todo[ev->ntodo++] = (BallTodo){n, f, 0};
    else
        ball_no_memory(ev);
}

/* The value of n if it is there; else n is put on the stack, the answer is NULL, and the
 * step has to end: it will be done again. */
static BallVal *value_or_push(BallEval *ev, BallFrame *f, const Node *n)
{
    f = frame_of(f, n);
    BallVal *v = frame_val(ev, f, n);
    if (v && v->gen == f->gen)
        return v;
    push_todo(ev, f, n);
    return NULL;
}

static void finish_value(BallEval *ev, BallFrame *f, BallVal *v)
{
    v->gen = f->gen;
    ev->ntodo--;
}

static void copy_result(BallVal *v, const BallVal *w)
{
    acb_set(&v->z, &w->z);
    v->truth = w->truth;
    ball_fail(v, (lbz_status)w->status, w->bad);
}

/* ---- conditions */

static void either_branch(BallEval *ev, BallFrame *f, const Node *n)
{
    if (!value_or_push(ev, f, n->a[1]) || !value_or_push(ev, f, n->a[2]))
        return;
    BallVal *v = frame_val(ev, f, n), *a = ball_done(ev, f, n->a[1]),
            *b = ball_done(ev, f, n->a[2]);
    ball_fail(v, a->status ? a->status : b->status, a->status ? a->bad : b->bad);
    if (!v->status)
        acb_union(&v->z, &a->z, &b->z, f->prec);
    finish_value(ev, f, v);
}

/* Only the branch that is taken is evaluated. Where the condition is open, a precision
 * that decides it is needed, except that an integrand may be enclosed by both branches.
 */
static void step_if(BallEval *ev, BallFrame *f, const Node *n)
{
    BallVal *cond = value_or_push(ev, f, n->a[0]);
    if (!cond)
        return;
    if (!cond->status && cond->truth == T_EITHER && f->complex && !f->analytic) {
        either_branch(ev, f, n);
        return;
    }
    lbz_status st = cond->status              ? cond->status
                    : cond->truth == T_EITHER ? LBZ_UNABLE
                                              : LBZ_OK;
    const Node *bad = cond->status ? cond->bad : n;
    BallVal *branch =
        st ? NULL : value_or_push(ev, f, n->a[cond->truth == T_TRUE ? 1 : 2]);
    if (!st && !branch)
        return;
    BallVal *v = frame_val(ev, f, n);
    if (branch)
        copy_result(v, branch);
    else
        ball_fail(v, st, bad);
    finish_value(ev, f, v);
}

/* AND, OR: one child that decides is enough, whatever the others are; the order of
 * children is not the user's. */
static void step_logic(BallEval *ev, BallFrame *f, const Node *n)
{
    Truth deciding = n->op == OP_AND ? T_FALSE : T_TRUE, truth = !deciding;
    lbz_status st = LBZ_OK;
    const Node *bad = NULL;
    for (uint32_t i = 0; i < n->n; i++) {
        BallVal *w = value_or_push(ev, f, n->a[i]);
        if (!w)
            return;
        if (w->status && !st) {
            st = w->status;
            bad = w->bad;
        } else if (!w->status && w->truth == deciding) {
            truth = deciding;
            st = LBZ_OK;
            break;
        } else if (!w->status && w->truth == T_EITHER) {
            truth = T_EITHER;
        }
    }
    BallVal *v = frame_val(ev, f, n);
    ball_fail(v, st, bad);
    v->truth = (uint8_t)truth;
    finish_value(ev, f, v);
}

/* ---- sums and products */

static bool get_int(const BallVal *v, fmpz_t k)
{
    return acb_is_real(&v->z) && arb_is_int(acb_realref(&v->z)) &&
           arf_cmpabs_2exp_si(arb_midref(acb_realref(&v->z)), 62) < 0 &&
           arf_get_fmpz(k, arb_midref(acb_realref(&v->z)), ARF_RND_DOWN) == 0;
}

/* acc = the terms for k = lo ... hi put together */
static void run_terms(BallEval *ev, BallFrame *f, const Node *n, slong lo, slong hi,
                      acb_t acc, BallVal *out)
{
    BallFrame in;
    acb_set_ui(acc, n->op == OP_PROD);
    if (!ball_frame_init(&in, f, n->a[1]->sym, f->prec))
        ball_no_memory(ev);
    for (slong k = lo; k <= hi && !ev->stop && !out->status; k++) {
        acb_set_si(&in.at, k);
        in.gen++;
        const BallVal *w = ball_node(ev, &in, n->a[0]);
        if (!w || w->status)
            ball_fail(out, w ? w->status : ev->stop, w ? w->bad : n);
        else if (n->op == OP_SUM)
            acb_add(acc, acc, &w->z, f->prec);
        else
            acb_mul(acc, acc, &w->z, f->prec);
    }
    ball_frame_clear(&in);
}

static void eval_terms(BallEval *ev, BallFrame *f, const Node *n, BallVal *out)
{
    fmpz_t lo, hi;
    acb_t acc;
    fmpz_init(lo);
    fmpz_init(hi);
    acb_init(acc);
    if (!get_int(ball_done(ev, f, n->a[2]), lo) ||
        !get_int(ball_done(ev, f, n->a[3]), hi))
        ball_fail(out, LBZ_UNABLE, n);
    else if (fmpz_get_si(hi) - fmpz_get_si(lo) >= BALL_MAX_TERMS)
        ball_fail(out, LBZ_LIMIT, n);
    else
        run_terms(ev, f, n, fmpz_get_si(lo), fmpz_get_si(hi), acc, out);
    acb_swap(&out->z, acc);
    acb_clear(acc);
    fmpz_clear(lo);
    fmpz_clear(hi);
}

/* The body is run with a value of our own: its nodes may make ours move. */
static void step_binder(BallEval *ev, BallFrame *f, const Node *n)
{
    BallVal out = {0};
    acb_init(&out.z);
    for (uint32_t i = 2; i < 4; i++) {
        const BallVal *w = value_or_push(ev, f, n->a[i]);
        if (!w)
            return;
        if (w->status && !out.status)
            ball_fail(&out, w->status, w->bad);
    }
    if (!out.status && ev->depth >= BALL_MAX_DEPTH) {
        ball_fail(&out, LBZ_LIMIT, n);
    } else if (!out.status) {
        ev->depth++;
        if (n->op == OP_INT)
            ball_integrate(ev, f, n, &out);
        else
            eval_terms(ev, f, n, &out);
        ev->depth--;
    }
    if (!ev->stop) {
        BallVal *v = frame_val(ev, f, n);
        copy_result(v, &out);
        finish_value(ev, f, v);
    }
    acb_clear(&out.z);
}

/* ---- all other nodes: children first */

static void eval_symbol(BallEval *ev, BallFrame *f, const Node *n, BallVal *v)
{
    uint64_t i;
    for (; f->outer; f = f->outer) {
        if (f->sym == n->sym) {
            acb_set(&v->z, &f->at);
            return;
        }
    }
    if (map_get(&ev->bound, n->sym, &i))
        acb_set_arb(&v->z, &ev->at[i]);
    else
        ball_fail(v, LBZ_UNABLE, n);
}

bool ball_is_special(Op op)
{
    return (op >= OP_gamma && op <= OP_lambertw) ||
           (op >= OP_polygamma && op <= OP_polylog);
}

static void step_strict(BallEval *ev, BallTodo *t)
{
    const Node *n = t->n;
    BallFrame *f = t->f;
    for (; t->next < ball_arity(n); t->next++) {
        const BallVal *w = value_or_push(ev, f, n->a[t->next]);
        if (!w)
            return;
        if (w->status) {
            BallVal *v = frame_val(ev, f, n);
            ball_fail(v, w->status, w->bad);
            finish_value(ev, f, v);
            return;
        }
    }
    BallVal *v = frame_val(ev, f, n);
    ball_fail(v, LBZ_OK, NULL);
    ev->work += ball_is_special((Op)n->op) ? BALL_SPECIAL_WORK : 1;
    if (n->op == OP_SYM)
        eval_symbol(ev, f, n, v);
    else if (f->complex)
        ball_complex_op(ev, f, n, v);
    else
        ball_real_op(ev, f, n, v);
    finish_value(ev, f, v);
}

static void run_top_todo(BallEval *ev)
{
    BallTodo *t = &ev->todo[ev->ntodo - 1];
    const Node *n = t->n;
    BallFrame *f = t->f;
    BallVal *v = frame_val(ev, f, n);
    if (!v)
        return;
    if (v->gen == f->gen) { /* it waited twice */
        ev->ntodo--;
        return;
    }
    switch (n->op) {
    case OP_IF: step_if(ev, f, n); break;
    case OP_AND:
    case OP_OR: step_logic(ev, f, n); break;
    case OP_INT:
    case OP_SUM:
    case OP_PROD: step_binder(ev, f, n); break;
    default: step_strict(ev, t);
    }
}

BallVal *ball_node(BallEval *ev, BallFrame *f, const Node *n)
{
    size_t base = ev->ntodo;
    f = frame_of(f, n);
    push_todo(ev, f, n);
    while (ev->ntodo > base && !ev->stop)
        if (ctx_poll(ev->c))
            ev->stop = ev->c->env.err.status;
        else
            run_top_todo(ev);
    ev->ntodo = base;
    return ev->stop ? NULL : frame_val(ev, f, n);
}

static lbz_status eval_here(Ctx *c, Node *n, const uint32_t *syms, const arb_struct *vals,
                            size_t k, slong prec, arb_t out, const Node **bad,
                            uint64_t *work)
{
    ArenaMark m = arena_mark(&c->tmp);
    BallEval ev = {.c = c, .at = vals};
    lbz_status st = LBZ_LIMIT;
    map_init(&ev.bound, &c->tmp);
    for (size_t i = 0; i < k; i++)
        map_put(&ev.bound, syms[i], i);
    if (!ball_frame_init(&ev.base, NULL, 0, prec))
        ball_no_memory(&ev);
    const BallVal *v = ev.stop ? NULL : ball_node(&ev, &ev.base, n);
    st = v ? v->status : ev.stop;
    if (bad)
        *bad = v ? v->bad : NULL;
    if (!st && !arb_is_finite(acb_realref(&v->z)))
        st = LBZ_UNABLE;
    if (st)
        arb_indeterminate(out);
    else
        arb_set(out, acb_realref(&v->z));
    if (work)
        *work = ev.work;
    ball_frame_clear(&ev.base);
    mem_free(ev.todo);
    arena_release(&c->tmp, m);
    return st;
}

/* ---- in a child process */
typedef struct {
    Ctx *c;
    Node *n;
    const uint32_t *syms;
    const arb_struct *vals;
    size_t k;
    slong prec;
    arb_ptr out;
} EvalTask;

static void run_eval(void *arg, Str *answer)
{
    EvalTask *t = arg;
    const Node *bad = NULL;
    uint64_t work = 0;
    wire_put_word(answer, eval_here(t->c, t->n, t->syms, t->vals, t->k, t->prec, t->out,
                                    &bad, &work));
    wire_put_word(answer, (uintptr_t)bad);
    wire_put_word(answer, work);
    wire_put_arb(answer, t->out);
}

static bool is_node(Ctx *c, Node *n, void *arg)
{
    (void)c;
    return n == arg;
}

static lbz_status eval_in_child(EvalTask *t, const Node **bad, uint64_t *work)
{
    Str answer = {0};
    lbz_status st = LBZ_LIMIT;
    arb_indeterminate(t->out);
    if (bad)
        *bad = NULL;
    if (child_run(&t->c->env, run_eval, t, &answer)) {
        Wire w = wire_read(&answer);
        st = (lbz_status)wire_get_word(&w);
        Node *at = (Node *)(uintptr_t)wire_get_word(&w);
        if (bad && at) /* what the child made is not here */
            *bad = ex_find(t->c, t->n, 0, is_node, at) ? at : t->n;
        if (work)
            *work = wire_get_word(&w);
        else
            (void)wire_get_word(&w);
        wire_get_arb(&w, t->out);
    } else {
        st = t->c->env.err.status;
    }
    str_free(&answer);
    return st;
}

static bool is_slow(Ctx *c, Node *n, void *arg)
{
    (void)c;
    (void)arg;
    return ball_is_special((Op)n->op) || n->op == OP_INT;
}

/* Arb's functions do not ask whether they should stop. */
static bool is_heavy(Ctx *c, Node *n, slong prec)
{
    enum { SLOW_BITS = 3000, HEAVY_BITS = 300000 };
    return prec > SLOW_BITS && child_pays(&c->env, 1) &&
           (prec > HEAVY_BITS || ex_find(c, n, 0, is_slow, NULL));
}

lbz_status ball_eval_work(Ctx *c, Node *n, const uint32_t *syms, const arb_struct *vals,
                          size_t k, slong prec, arb_t out, const Node **bad,
                          uint64_t *work)
{
    EvalTask t = {c, n, syms, vals, k, prec, out};
    return is_heavy(c, n, prec) ? eval_in_child(&t, bad, work)
                                : eval_here(c, n, syms, vals, k, prec, out, bad, work);
}

lbz_status ball_eval(Ctx *c, Node *n, const uint32_t *syms, const arb_struct *vals,
                     size_t k, slong prec, arb_t out, const Node **bad)
{
    return ball_eval_work(c, n, syms, vals, k, prec, out, bad, NULL);
}
