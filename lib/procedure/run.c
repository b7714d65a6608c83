/* procedure/run.c - the machine that runs procedures on numbers. Calls are frames, not C calls:
 * recursion in a procedure costs memory only, and the state can be copied. */
#include "procedure/vm.h"
#include <math.h>

static VMValue *register_at(VM *m, uint32_t r)
{
    return &m->reg[m->frame[m->nframes - 1].base + r];
}

static const VFun *current_function(const VM *m)
{
    return m->fun[m->frame[m->nframes - 1].fun];
}

static bool limit_error(VM *m, const char *what, uint64_t limit, const char *hint)
{
    ctx_error(m->c, LBZ_LIMIT, hint, "%s%s%s %llu times",
              current_function(m)->b->sym == P_NONE
                  ? ""
                  : sym_name(m->c, current_function(m)->b->sym),
              current_function(m)->b->sym == P_NONE ? "" : ": ", what,
              (unsigned long long)limit);
    return false;
}

static bool count_round(VM *m)
{
    if (++m->rounds > m->w->limits.steps)
        return limit_error(m, "loops and calls were entered", m->w->limits.steps,
                           "is it meant to end? `set looplimit N` allows more");
    return !(m->rounds % 256 == 0 && ctx_poll(m->c));
}

static bool push_frame(VM *m, uint32_t fun, uint32_t dst)
{
    size_t need = m->nregs + m->fun[fun]->nregs;
    if (m->nframes > m->w->limits.recursion)
        return limit_error(m, "functions call one another more than",
                           m->w->limits.recursion,
                           "is it meant to end? `set recursion N` allows more");
    if (!vm_grow(m, (void **)&m->frame, sizeof *m->frame, m->nframes, &m->frames_cap) ||
        !vm_grow(m, (void **)&m->reg, sizeof *m->reg, need, &m->regs_cap))
        return false;
    memset(m->reg + m->nregs, 0, m->fun[fun]->nregs * sizeof *m->reg);
    m->frame[m->nframes++] = (VMFrame){fun, 0, (uint32_t)m->nregs, dst};
    m->nregs = need;
    return true;
}

static void pop_frame(VM *m)
{
    const VMFrame *f = &m->frame[--m->nframes];
    for (size_t i = f->base; i < m->nregs; i++)
        vm_value_clear(&m->reg[i]);
    m->nregs = f->base;
}

bool vm_start(VM *m, const VMValue *args, size_t n)
{
    vm_value_clear(&m->result);
    while (m->nframes)
        pop_frame(m);
    m->step = m->rounds = 0;
    if (!push_frame(m, 0, 0))
        return false;
    for (size_t i = 0; i < n; i++)
        vm_value_copy(&m->reg[i], &args[i]);
    return true;
}

static bool unset_error(VM *m, uint32_t r)
{
    const VFun *f = current_function(m);
    if (r < f->nnames)
        ctx_error(m->c, LBZ_NAME, "assign it on every way that leads here",
                  "%s has no value yet", f->reg_name[r]);
    else
        ctx_error(m->c, LBZ_UNABLE,
                  "let its last statement be an expression, or use return",
                  "%s ends without a value",
                  f->b->sym == P_NONE ? "a block" : sym_name(m->c, f->b->sym));
    return false;
}

/* The operands of x. False when one has no value yet. */
static bool get_operands(VM *m, const VIns *x, const VMValue **arg)
{
    const uint32_t *r = current_function(m)->args + x->args;
    for (uint32_t i = 0; i < x->nargs; i++) {
        arg[i] = register_at(m, r[i]);
        if (!arg[i]->set)
            return unset_error(m, r[i]);
    }
    return true;
}

static bool run_call(VM *m, const VIns *x)
{
    const VFun *caller = current_function(m);
    uint32_t base = m->frame[m->nframes - 1].base;
    if (!count_round(m) || !push_frame(m, x->a, x->dst))
        return false;
    for (uint32_t i = 0; i < x->nargs; i++) {
        const VMValue *a = &m->reg[base + caller->args[x->args + i]];
        if (!a->set) {
            pop_frame(m);
            return unset_error(m, caller->args[x->args + i]);
        }
        vm_value_copy(register_at(m, i), a);
    }
    return true;
}

static bool run_return(VM *m, const VIns *x)
{
    VMValue r = {0};
    uint32_t dst = m->frame[m->nframes - 1].dst;
    if (!register_at(m, x->a)->set)
        return unset_error(m, x->a);
    vm_value_copy(&r, register_at(m, x->a));
    pop_frame(m);
    vm_value_copy(m->nframes ? register_at(m, dst) : &m->result, &r);
    vm_value_clear(&r);
    return true;
}

static bool run_unless(VM *m, const VIns *x, uint32_t *pc)
{
    const VMValue *v = register_at(m, x->a);
    if (v->a) {
        ctx_error(m->c, LBZ_SHAPE, "write all(c) or any(c)",
                  "a condition is one, and this is a tensor of them");
        return false;
    }
    bool jump = v->v == 0;
    if (jump)
        *pc = x->target;
    return true;
}

static bool run_for(VM *m, const VIns *x, uint32_t *pc)
{
    VMValue *s = register_at(m, x->a);
    if (s[1].a || s[2].a || s[3].a || !(s[2].v != 0)) {
        ctx_error(m->c, LBZ_DOMAIN, "write for i = 1:n or for i = 10:-1:1",
                  "the range of a loop needs numbers and a step that is not 0");
        return false;
    }
    double i = s[1].v + s[0].v * s[2].v, slack = 1e-9 * fabs(s[2].v);
    if (s[2].v > 0 ? i > s[3].v + slack : i < s[3].v - slack) {
        *pc = x->target;
        return true;
    }
    vm_value_clear(register_at(m, x->dst));
    *register_at(m, x->dst) = (VMValue){.v = i, .set = true};
    return count_round(m);
}

static bool any_list(const VMValue *const *arg, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (arg[i]->a)
            return true;
    return false;
}

static bool run_kernel(VM *m, const VIns *x)
{
    const VFun *f = current_function(m);
    const VMValue *small[8],
        **arg = x->nargs <= 8 ? small : mem_alloc(x->nargs * sizeof *arg);
    if (!arg) {
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
        return false;
    }
    bool ok = get_operands(m, x, arg);
    VMValue *dst = register_at(m, x->dst);
    if (ok && x->op == V_KERNEL && x->target)
        m->frame[m->nframes - 1].pc = any_list(arg, x->nargs) ? x->target : x->next;
    if (ok && x->op == V_KERNEL && x->target && any_list(arg, x->nargs))
        ; /* the operations one by one */
    else if (ok && x->op == V_KERNEL)
        ok = vm_kernel(m, &f->kernel[x->a], arg, x->nargs, dst);
    else if (ok && x->op == V_LIST)
        ok = vm_make_list(m, arg, x->nargs, dst);
    else if (ok && x->op == V_OP)
        ok = vm_is_range(f->site[x->a].op)
                 ? vm_range(m, f->site[x->a].op, arg, x->nargs, dst)
                 : vm_piece_run(m, &f->site[x->a], arg, x->nargs, dst);
    else if (ok && x->op == V_SLOPE)
        ok = count_round(m) &&
             vm_slope(m, x->a, arg, x->nargs, f->args + x->args + x->nargs, dst);
    else if (ok && x->op == V_STORE)
        ok = dst->set ? vm_store(m, dst, arg, x->nargs, register_at(m, x->a))
                      : unset_error(m, x->dst);
    else if (ok)
        ok = register_at(m, x->a)->set
                 ? vm_index(m, register_at(m, x->a), arg, x->nargs, dst)
                 : unset_error(m, x->a);
    if (arg != small)
        mem_free(arg);
    if (ok && m->trail)
        vm_note_where(m);
    return ok;
}

static bool run_copy(VM *m, const VIns *x)
{
    if (!register_at(m, x->a)->set)
        return unset_error(m, x->a);
    vm_value_copy(register_at(m, x->dst), register_at(m, x->a));
    return true;
}

static bool run_one(VM *m)
{
    VMFrame *f = &m->frame[m->nframes - 1];
    const VIns *x = &m->fun[f->fun]->code[f->pc++];
    switch ((VOp)x->op) {
    case V_KERNEL:
    case V_LIST:
    case V_OP:
    case V_STORE:
    case V_INDEX:
    case V_SLOPE: return run_kernel(m, x);
    case V_COPY: return run_copy(m, x);
    case V_CONST:
        vm_value_clear(register_at(m, x->dst));
        *register_at(m, x->dst) = (VMValue){.v = x->k, .set = true};
        return true;
    case V_CALL: return run_call(m, x);
    case V_UNLESS: return run_unless(m, x, &f->pc);
    case V_JUMP: {
        bool back = x->target < f->pc;
        f->pc = x->target;
        return !back || count_round(m);
    }
    case V_FOR: return run_for(m, x, &f->pc);
    case V_NEXT:
        register_at(m, x->a)->v += 1;
        f->pc = x->target;
        return true;
    case V_RETURN: return run_return(m, x);
    case V_MISSING: break;
    }
    return false;
}

bool vm_run(VM *m, uint64_t until)
{
    while (m->nframes && m->step < until && !m->tape.full) {
        m->step++;
        if (!run_one(m)) {
            vm_explain(m);
            return false;
        }
    }
    return !ctx_failed(m->c);
}
