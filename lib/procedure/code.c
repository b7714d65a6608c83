/* procedure/code.c - procedures to the instructions of the machine.
 *
 * An expression is cut at the operations that are not elementwise (indices, lists, calls,
 * sums over a range, branches with such things inside): each piece between is one kernel, a
 * program with its derivatives. Cuts inside cuts are followed by recursion, NESTED deep at most.
 */
#include "procedure/vm.h"

enum { NESTED = 400 };

typedef struct {
    VM *m;
    Ctx *c;
    VFun *f;
    Map reg;            /* symbol -> register + 1 */
    uint32_t *loop_reg; /* of each loop of the procedure */
    /* Products by shape are cuts, for lists. known: registers of what has been computed for both. */
    bool by_shape;
    Map known;
    VIns sink; /* when memory is out: never run */
} CodeGen;

static uint32_t gen_node(CodeGen *g, Node *e);
static uint32_t gen_kernel(CodeGen *g, Node *e);

/* ---- small makers ------------------------------------------------------------------ */
bool vm_grow(VM *m, void **a, size_t size, size_t n, size_t *cap)
{
    if (n < *cap)
        return true;
    size_t want = *cap ? 2 * *cap : 16;
    while (want <= n)
        want *= 2;
    void *q = mem_realloc(*a, want * size);
    if (!q) {
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
        return false;
    }
    *a = q;
    *cap = want;
    return true;
}

static VIns *emit_op(CodeGen *g, VOp op)
{
    VFun *f = g->f;
    if (!vm_grow(g->m, (void **)&f->code, sizeof *f->code, f->n, &f->cap))
        return &g->sink;
    f->code[f->n] = (VIns){.op = (uint8_t)op};
    return &f->code[f->n++];
}

static uint32_t new_reg(CodeGen *g) { return g->f->nregs++; }

static uint32_t put_args(CodeGen *g, const uint32_t *r, size_t n)
{
    VFun *f = g->f;
    uint32_t at = (uint32_t)f->nargs;
    for (size_t i = 0; i < n; i++) {
        if (!vm_grow(g->m, (void **)&f->args, sizeof *f->args, f->nargs, &f->args_cap))
            return 0;
        f->args[f->nargs++] = r[i];
    }
    return at;
}

/* dst = op(args) */
static uint32_t emit_args(CodeGen *g, VOp op, uint32_t a, const uint32_t *r, size_t n)
{
    uint32_t at = put_args(g, r, n), dst = new_reg(g);
    VIns *x = emit_op(g, op);
    x->a = a;
    x->args = at;
    x->nargs = (uint32_t)n;
    x->dst = dst;
    return dst;
}

static uint32_t gen_constant(CodeGen *g, double k)
{
    uint32_t dst = new_reg(g);
    VIns *x = emit_op(g, V_CONST);
    x->k = k;
    x->dst = dst;
    return dst;
}

static void copy_to(CodeGen *g, uint32_t dst, uint32_t a)
{
    VIns *x = emit_op(g, V_COPY);
    x->a = a;
    x->dst = dst;
}

static size_t emit_jump(CodeGen *g, VOp op, uint32_t a)
{
    emit_op(g, op)->a = a;
    return g->f->n - 1;
}

static void land_jump(CodeGen *g, size_t at)
{
    if (at < g->f->n)
        g->f->code[at].target = (uint32_t)g->f->n;
}

/* ---- what is elementwise ----------------------------------------------------------- */
/* An operation whose shapes say what it means, and which is plain on numbers. */
static bool is_by_shape(const Node *n)
{
    return op_is_tensor((Op)n->op) && op_info((Op)n->op)->flags & OF_NUMBERS;
}

static bool is_cut(const Node *n)
{
    if (op_is_tensor((Op)n->op))
        return !is_by_shape(n);
    switch ((int)n->op) {
    case OP_LIST:
    case OP_DATA:
    case OP_APPLY:
    case OP_SUM:
    case OP_PROD:
    case OP_RANGE:
    case OP_INT: return true;
    default: return false;
    }
}

/* Is there a cut below n (or n itself)? Fine for branches: they are small. */
static bool has_cut(CodeGen *g, Node *n)
{
    ArenaMark m = arena_mark(&g->c->tmp);
    size_t count;
    Node **order = ex_walk(g->c, 1, &n, &count);
    bool found = false;
    for (size_t i = 0; order && i < count && !found; i++)
        found = is_cut(order[i]);
    arena_release(&g->c->tmp, m);
    return found;
}

static bool is_leaf(CodeGen *g, Node *n)
{
    return ex_is(n, OP_SYM) || is_cut(n) || (g->by_shape && is_by_shape(n)) ||
           (ex_is(n, OP_IF) && (has_cut(g, n->a[1]) || has_cut(g, n->a[2])));
}

/* The leaves of the elementwise expression e, by an explicit stack; in the tmp arena. */
static Node **leaves_of(CodeGen *g, Node *e, size_t *count, bool *by_shape)
{
    Map seen;
    Arena *tmp = &g->c->tmp;
    size_t cap = ex_dag_size(g->c, e) + 1, n = 0, todo = 1;
    Node **leaf = ARENA_NEW(tmp, Node *, cap), **stack = ARENA_NEW(tmp, Node *, cap);
    if (!leaf || !stack)
        return NULL;
    map_init(&seen, tmp);
    stack[0] = e;
    *by_shape = false;
    while (todo && !ctx_poll(g->c)) {
        Node *x = stack[--todo];
        *by_shape = *by_shape || is_by_shape(x);
        if (is_leaf(g, x)) {
            leaf[n++] = x;
            continue;
        }
        if (ex_is_num(x) || ex_is(x, OP_CONST) || ex_is(x, OP_STRING))
            continue;
        for (uint32_t i = 0; i < x->n; i++) {
            uint64_t v;
            if (map_get(&seen, x->a[i]->id, &v))
                continue;
            map_put(&seen, x->a[i]->id, 1);
            stack[todo++] = x->a[i];
        }
    }
    *count = n;
    return ctx_failed(g->c) ? NULL : leaf;
}

/* ---- kernels ----------------------------------------------------------------------- */
/* Has value i kinks or jumps where an operand passes through some number? */
static bool has_kinks_or_jumps(const Program *p, uint32_t i)
{
    const ProgramValue *v = &p->val[i];
    return !v->known &&
           (pg_is_comparison(v) ||
            (pg_is_function(v) && (op_info(pg_fn_op(v))->flags & PIECEWISE)));
}

/* The values whose operands have to be looked at, and those as outputs; their number. */
static size_t find_tests(VKernel *k, uint32_t *outs)
{
    uint32_t buf[3];
    const uint32_t *o;
    size_t n = 0;
    for (uint32_t i = 0; i <= k->out; i++) {
        if (!has_kinks_or_jumps(k->p, i))
            continue;
        k->test[k->ntests++] = i;
        size_t m = pg_operands(k->p, i, &o, buf);
        for (size_t j = 0; j < 3; j++)
            outs[n++] = o[j < m ? j : 0];
    }
    return n;
}

static bool build_kernel(VM *m, VKernel *k, size_t n)
{
    k->arrays = (VMSite){.p = k->p, .out = k->out};
    size_t most = k->out + 1u;
    uint32_t *outs = mem_alloc((n + 3 * most + 2) * sizeof *outs);
    k->test = mem_alloc(most * sizeof *k->test);
    k->answers = k->p->val[k->out].op >= P_LT && k->p->val[k->out].op <= P_NOT;
    bool ok = outs && k->test;
    if (ok) {
        outs[0] = k->out;
        k->value = kernel_new(k->p, outs, 1);
        size_t tests = find_tests(k, outs + 1 + n);
        ok = k->value && program_gradient(k->p, k->out, pg_const(k->p, 1), outs + 1);
        for (size_t i = 0; ok && i < n; i++)
            if (outs[1 + i] == P_NONE)
                outs[1 + i] = pg_const(k->p, 0);
        k->grad = ok ? kernel_new(k->p, outs, n + 1 + tests) : NULL;
    }
    k->slots = k->value ? kernel_slots(k->value) : NULL;
    k->gslots = k->grad ? kernel_slots(k->grad) : NULL;
    k->in = mem_alloc((n + 1) * sizeof *k->in);
    k->res = mem_alloc((n + 3 * k->ntests + 2) * sizeof *k->res);
    mem_free(outs);
    if (k->slots && k->gslots && k->in && k->res)
        return true;
    ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
    return false;
}

static void vkernel_free(VKernel *k)
{
    program_free(k->p);
    kernel_free(k->value);
    kernel_free(k->grad);
    mem_free(k->slots);
    mem_free(k->gslots);
    mem_free(k->in);
    mem_free(k->res);
    mem_free(k->test);
    vm_site_free(&k->arrays);
}

/* e of the leaves, whose registers are r. */
static uint32_t emit_kernel(CodeGen *g, Node *e, Node *const *leaf, const uint32_t *r,
                            size_t n)
{
    VM *m = g->m;
    VFun *f = g->f;
    VKernel k = {.p = program_new(&g->c->env, (uint32_t)n)};
    if (k.p && program_compile_over(g->c, k.p, leaf, &e, 1, &k.out) &&
        build_kernel(m, &k, n) &&
        vm_grow(m, (void **)&f->kernel, sizeof *f->kernel, f->nkernels,
                &f->kernels_cap)) {
        f->kernel[f->nkernels] = k;
        return emit_args(g, V_KERNEL, (uint32_t)f->nkernels++, r, n);
    }
    vkernel_free(&k);
    return 0;
}

/* The kernel at that place is for numbers; for lists, what was emitted from `slow` on gives dst. */
static void end_choice(CodeGen *g, size_t kernel, size_t slow)
{
    if (ctx_failed(g->c))
        return;
    g->f->code[kernel].target = (uint32_t)slow;
    g->f->code[kernel].next = (uint32_t)g->f->n;
}

/* What the last instruction, a kernel, is for lists: its operations one by one. */
static void gen_by_shape(CodeGen *g, Node *e, Node *const *leaf, const uint32_t *r,
                         size_t n)
{
    size_t kernel = g->f->n - 1;
    uint32_t dst = g->f->code[kernel].dst;
    map_init(&g->known, &g->c->tmp);
    for (size_t i = 0; i < n; i++)
        map_put(&g->known, leaf[i]->id, r[i]);
    g->by_shape = true;
    copy_to(g, dst, gen_node(g, e));
    g->by_shape = false;
    end_choice(g, kernel, kernel + 1);
}

/* dst = what e, of a T row, does with args. */
static uint32_t emit_site(CodeGen *g, const Node *e, const uint32_t *r, size_t n)
{
    VFun *f = g->f;
    if (!vm_grow(g->m, (void **)&f->site, sizeof *f->site, f->nsites, &f->sites_cap))
        return 0;
    f->site[f->nsites] = (VMSite){.op = e};
    return emit_args(g, V_OP, (uint32_t)f->nsites++, r, n);
}

/* One operation by shape, of numbers or lists. */
static uint32_t gen_shape_operation(CodeGen *g, Node *e)
{
    uint32_t r[2] = {gen_node(g, e->a[0]), e->n > 1 ? gen_node(g, e->a[1]) : 0};
    uint32_t dst = ctx_failed(g->c) ? 0 : emit_kernel(g, e, e->a, r, e->n);
    if (ctx_failed(g->c))
        return 0;
    size_t kernel = g->f->n - 1;
    uint32_t slow = emit_site(g, e, r, e->n);
    copy_to(g, dst, slow);
    end_choice(g, kernel, kernel + 1);
    return dst;
}

static uint32_t gen_kernel(CodeGen *g, Node *e)
{
    ArenaMark mark = arena_mark(&g->c->tmp);
    size_t n = 0;
    bool by_shape = false;
    Node **leaf = leaves_of(g, e, &n, &by_shape);
    uint32_t *r = ARENA_NEW(&g->c->tmp, uint32_t, n + 1), dst = 0;
    for (size_t i = 0; leaf && r && i < n && !ctx_failed(g->c); i++)
        r[i] = gen_node(g, leaf[i]);
    if (leaf && r && !ctx_failed(g->c))
        dst = emit_kernel(g, e, leaf, r, n);
    if (by_shape && !g->by_shape && !ctx_failed(g->c))
        gen_by_shape(g, e, leaf, r, n);
    arena_release(&g->c->tmp, mark);
    return dst;
}

/* ---- cuts -------------------------------------------------------------------------- */
/* In the tmp arena; NULL with an error. */
static uint32_t *gen_registers(CodeGen *g, Node *const *e, size_t n)
{
    uint32_t *r = ARENA_NEW(&g->c->tmp, uint32_t, n + 1);
    for (size_t i = 0; r && i < n && !ctx_failed(g->c); i++)
        r[i] = gen_node(g, e[i]);
    return ctx_failed(g->c) ? NULL : r;
}

static uint32_t gen_operands(CodeGen *g, VOp op, uint32_t a, Node *const *e, size_t n)
{
    ArenaMark mark = arena_mark(&g->c->tmp);
    uint32_t *r = gen_registers(g, e, n), dst = r ? emit_args(g, op, a, r, n) : 0;
    arena_release(&g->c->tmp, mark);
    return dst;
}

static uint32_t gen_symbol(CodeGen *g, Node *e)
{
    uint64_t v;
    if (map_get(&g->reg, e->sym, &v))
        return (uint32_t)v - 1;
    const ProcedureScope *w = g->m->w;
    Node *def = w && w->variable ? w->variable(w->arg, g->c, e->sym) : NULL;
    if (def && !ctx_failed(g->c))
        return gen_node(g, def);
    ctx_error(g->c, LBZ_NAME, "give it one, or make it a parameter",
              "%s has no value%s%s", sym_name(g->c, e->sym),
              g->f->b->sym == P_NONE ? "" : " in the function ",
              g->f->b->sym == P_NONE ? "" : sym_name(g->c, g->f->b->sym));
    return 0;
}

/* f'(x): the orders of differentiation stand behind the registers. */
static uint32_t gen_slope(CodeGen *g, Node *e, uint32_t index)
{
    uint32_t k = e->n / 2, dst = gen_operands(g, V_SLOPE, index, e->a, k);
    for (uint32_t i = 0; i < k && !ctx_failed(g->c); i++) {
        int64_t order;
        if (!ex_get_int(e->a[k + i], &order) || order < 0 || order > 100) {
            ctx_error(g->c, LBZ_UNABLE, "write f'(x) or f''(x)",
                      "the order of a derivative of %s is not a number",
                      sym_name(g->c, e->sym));
            return 0;
        }
        put_args(g, &(uint32_t){(uint32_t)order}, 1);
    }
    return dst;
}

static uint32_t gen_call(CodeGen *g, Node *e)
{
    uint32_t k = e->n / 2, index; /* arguments, then orders of differentiation */
    if (!vm_function(g->m, e->sym, k, &index))
        return 0;
    for (uint32_t i = 0; i < k; i++)
        if (!ex_is_num(e->a[k + i]) || !num_is_zero(e->a[k + i]->num))
            return gen_slope(g, e, index);
    uint32_t dst = gen_operands(g, V_CALL, index, e->a, k);
    if (!ctx_failed(g->c))
        g->f->code[g->f->n - 1].call = e;
    return dst;
}

/* One branch runs only. */
static uint32_t gen_if(CodeGen *g, Node *e)
{
    uint32_t cond = gen_node(g, e->a[0]), dst = new_reg(g);
    size_t skip = emit_jump(g, V_UNLESS, cond);
    copy_to(g, dst, gen_node(g, e->a[1]));
    size_t out = emit_jump(g, V_JUMP, 0);
    land_jump(g, skip);
    copy_to(g, dst, gen_node(g, e->a[2]));
    land_jump(g, out);
    return dst;
}

/* Registers of a loop: steps done, first, step, limit. The loop's start; its body follows. */
static size_t gen_loop_head(CodeGen *g, uint32_t var, uint32_t from, uint32_t step,
                            uint32_t limit, uint32_t *base)
{
    *base = g->f->nregs;
    g->f->nregs += 4;
    VIns *x = emit_op(g, V_CONST);
    x->dst = *base;
    copy_to(g, *base + 1, from);
    copy_to(g, *base + 2, step);
    copy_to(g, *base + 3, limit);
    size_t top = emit_jump(g, V_FOR, *base);
    g->f->code[top].dst = var;
    return top;
}

static void gen_loop_end(CodeGen *g, size_t top, uint32_t base)
{
    size_t next = emit_jump(g, V_NEXT, base);
    if (!ctx_failed(g->c))
        g->f->code[next].target = (uint32_t)top;
    land_jump(g, top);
}

/* acc op= body, as a kernel of two inputs. */
static uint32_t gen_accumulate(CodeGen *g, Op op, uint32_t acc, uint32_t body)
{
    VFun *f = g->f;
    VKernel k = {.p = program_new(&g->c->env, 2)};
    if (k.p) {
        k.out = op == OP_SUM ? pg_add(k.p, 0, 1) : pg_mul(k.p, 0, 1);
        if (build_kernel(g->m, &k, 2) &&
            vm_grow(g->m, (void **)&f->kernel, sizeof *f->kernel, f->nkernels,
                    &f->kernels_cap)) {
            f->kernel[f->nkernels] = k;
            uint32_t r[2] = {acc, body};
            return emit_args(g, V_KERNEL, (uint32_t)f->nkernels++, r, 2);
        }
    }
    vkernel_free(&k);
    return 0;
}

/* sum(e, k, a, b) with the variable in a register of its own, hidden from the rest. */
static uint32_t gen_binder(CodeGen *g, Node *e)
{
    uint32_t from = gen_node(g, e->a[2]), limit = gen_node(g, e->a[3]), var = new_reg(g),
             base;
    uint32_t acc = gen_constant(g, e->op == OP_SUM ? 0 : 1);
    uint64_t old = 0;
    bool had = map_get(&g->reg, e->a[1]->sym, &old);
    map_put(&g->reg, e->a[1]->sym, var + 1);
    size_t top = gen_loop_head(g, var, from, gen_constant(g, 1), limit, &base);
    copy_to(g, acc, gen_accumulate(g, (Op)e->op, acc, gen_node(g, e->a[0])));
    gen_loop_end(g, top, base);
    if (had)
        map_put(&g->reg, e->a[1]->sym, old);
    return acc;
}

/* Of a T row. */
static uint32_t gen_operation(CodeGen *g, Node *e)
{
    ArenaMark mark = arena_mark(&g->c->tmp);
    uint32_t *r = gen_registers(g, e->a, e->n), dst = r ? emit_site(g, e, r, e->n) : 0;
    arena_release(&g->c->tmp, mark);
    return dst;
}

static uint32_t gen_leaf(CodeGen *g, Node *e)
{
    switch ((int)e->op) {
    case OP_SYM: return gen_symbol(g, e);
    case OP_INDEX: {
        uint32_t v = gen_node(g, e->a[0]);
        return gen_operands(g, V_INDEX, v, e->a + 1, e->n - 1);
    }
    case OP_LIST: return gen_operands(g, V_LIST, 0, e->a, e->n);
    case OP_APPLY: return gen_call(g, e);
    case OP_IF: return gen_if(g, e);
    case OP_SUM:
    case OP_PROD: return gen_binder(g, e);
    case OP_INT:
        ctx_error(
            g->c, LBZ_UNABLE, "use it outside: forward int(f(t), t, 0, x) at x=1",
            "integrals cannot be accumulated in lists and functions made of statements");
        return 0;
    default: return is_by_shape(e) ? gen_shape_operation(g, e) : gen_operation(g, e);
    }
}

/* The register that has the value of e. */
static uint32_t gen_node(CodeGen *g, Node *e)
{
    uint32_t r = 0;
    uint64_t known;
    if (ctx_failed(g->c))
        return 0;
    if (g->by_shape && map_get(&g->known, e->id, &known))
        return (uint32_t)known;
    if (g->m->depth++ > NESTED)
        ctx_error(g->c, LBZ_LIMIT, "name inner parts",
                  "an expression is nested too deep");
    else if (ex_is_num(e))
        r = gen_constant(g, num_to_double(e->num));
    else
        r = is_leaf(g, e) ? gen_leaf(g, e) : gen_kernel(g, e);
    g->m->depth--;
    return r;
}

/* ---- statements -------------------------------------------------------------------- */
static uint32_t local_reg(const CodeGen *g, uint32_t sym)
{
    uint64_t v = 1;
    map_get(&g->reg, sym, &v);
    return (uint32_t)v - 1;
}

static void gen_for(CodeGen *g, const ProcedureStmt *s)
{
    uint32_t from = gen_node(g, s->e), step = gen_node(g, s->step),
             limit = gen_node(g, s->limit);
    gen_loop_head(g, local_reg(g, s->sym), from, step, limit, &g->loop_reg[s->loop]);
}

static void gen_store(CodeGen *g, const ProcedureStmt *s)
{
    uint32_t r[PROCEDURE_RANK];
    for (size_t i = 0; i < s->nindex; i++)
        r[i] = gen_node(g, s->index[i]);
    uint32_t v = gen_node(g, s->e), at = put_args(g, r, s->nindex);
    VIns *x = emit_op(g, V_STORE);
    x->dst = local_reg(g, s->sym);
    x->a = v;
    x->args = at;
    x->nargs = (uint32_t)s->nindex;
}

static void gen_statement(CodeGen *g, const ProcedureStmt *s, uint32_t result)
{
    switch (s->op) {
    case STEP_ASSIGN: copy_to(g, local_reg(g, s->sym), gen_node(g, s->e)); break;
    case STEP_STORE: gen_store(g, s); break;
    case STEP_VALUE: copy_to(g, result, gen_node(g, s->e)); break;
    case STEP_UNLESS: emit_jump(g, V_UNLESS, gen_node(g, s->e)); break;
    case STEP_JUMP: emit_jump(g, V_JUMP, 0); break;
    case STEP_FOR: gen_for(g, s); break;
    case STEP_NEXT: emit_jump(g, V_NEXT, g->loop_reg[s->loop]); break;
    case STEP_RETURN: emit_jump(g, V_RETURN, s->e ? gen_node(g, s->e) : result); break;
    case STEP_END: emit_jump(g, V_RETURN, result); break;
    }
}

/* Every name that is assigned anywhere in the procedure is local. */
static void declare_local(CodeGen *g, uint32_t sym)
{
    uint64_t v;
    VFun *f = g->f;
    if (map_get(&g->reg, sym, &v))
        return;
    uint32_t r = new_reg(g);
    map_put(&g->reg, sym, r + 1);
    f->reg_name[r] = sym_name(g->c, sym);
    f->nnames = r + 1;
}

/* Where the code of a statement that jumps has its jump, and where each begins. */
static void link_jumps(CodeGen *g, const size_t *begin, const size_t *jumps)
{
    const Procedure *b = g->f->b;
    for (size_t i = 0; i < b->n; i++) {
        const ProcedureStmt *s = &b->code[i];
        if (s->op == STEP_UNLESS || s->op == STEP_JUMP || s->op == STEP_FOR)
            g->f->code[jumps[i]].target = (uint32_t)begin[s->target];
        else if (s->op == STEP_NEXT)
            g->f->code[jumps[i]].target = (uint32_t)jumps[s->target];
    }
}

static bool gen_procedure(CodeGen *g)
{
    const Procedure *b = g->f->b;
    Arena *a = ctx_arena(g->c);
    size_t *begin = ARENA_NEW(a, size_t, b->n + 1),
           *jumps = ARENA_NEW(a, size_t, b->n + 1);
    g->f->begin = begin;
    g->loop_reg = ARENA_NEW0(a, uint32_t, b->nloops + 1);
    g->f->reg_name = ARENA_NEW0(a, const char *, b->nparams + b->n + 1);
    if (!begin || !jumps || !g->loop_reg || !g->f->reg_name)
        return false;
    for (size_t i = 0; i < b->nparams; i++)
        declare_local(g, b->params[i]);
    for (size_t i = 0; i < b->n; i++)
        if (b->code[i].op == STEP_ASSIGN || b->code[i].op == STEP_FOR ||
            b->code[i].op == STEP_STORE)
            declare_local(g, b->code[i].sym);
    uint32_t result = new_reg(g);
    for (size_t i = 0; i < b->n && !ctx_poll(g->c); i++) {
        begin[i] = g->f->n;
        gen_statement(g, &b->code[i], result);
        jumps[i] = g->f->n - 1;
    }
    if (!ctx_failed(g->c))
        link_jumps(g, begin, jumps);
    return !ctx_failed(g->c);
}

/* ---- functions --------------------------------------------------------------------- */
static bool add_function(VM *m, Procedure *b, uint32_t *index)
{
    VFun *f = mem_alloc(sizeof *f);
    if (!f || !vm_grow(m, (void **)&m->fun, sizeof *m->fun, m->nfun, &m->fun_cap)) {
        mem_free(f);
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
        return false;
    }
    *f = (VFun){.b = b};
    *index = (uint32_t)m->nfun;
    m->fun[m->nfun++] = f;
    CodeGen g = {.m = m, .c = m->c, .f = f};
    map_init(&g.reg, ctx_arena(m->c));
    return gen_procedure(&g);
}

bool vm_function(VM *m, uint32_t sym, size_t nargs, uint32_t *index)
{
    for (size_t i = 1; i < m->nfun; i++)
        if (m->fun[i]->b->sym == sym && m->fun[i]->b->nparams == nargs) {
            *index = (uint32_t)i;
            return true;
        }
    Procedure *b =
        m->w && m->w->function ? m->w->function(m->w->arg, m->c, sym, nargs) : NULL;
    if (b && !ctx_failed(m->c) && b->nparams == nargs)
        return add_function(m, b, index);
    if (b)
        ctx_error(m->c, LBZ_SYNTAX, NULL, "%s takes %zu arguments, here are %zu",
                  sym_name(m->c, sym), b->nparams, nargs);
    else
        ctx_error(m->c, LBZ_NAME, "define it: f(x) = ...",
                  "the function %s is not defined", sym_name(m->c, sym));
    return false;
}

bool vm_main(VM *m, Node *e, const uint32_t *in, size_t nin)
{
    uint32_t index;
    Procedure *b = procedure_of_formula(m->c, e, P_NONE, in, nin);
    return b && add_function(m, b, &index);
}

static void function_free(VFun *f)
{
    for (size_t i = 0; i < f->nkernels; i++)
        vkernel_free(&f->kernel[i]);
    for (size_t i = 0; i < f->nsites; i++)
        vm_site_free(&f->site[i]);
    mem_free(f->site);
    mem_free(f->kernel);
    mem_free(f->code);
    mem_free(f->args);
    mem_free(f);
}

void vm_free(VM *m)
{
    for (size_t i = 0; i < m->nregs; i++)
        vm_value_clear(&m->reg[i]);
    vm_value_clear(&m->result);
    for (size_t i = 0; i < m->nfun; i++)
        function_free(m->fun[i]);
    mem_free(m->fun);
    mem_free(m->frame);
    mem_free(m->reg);
    tape_free(&m->tape);
}
