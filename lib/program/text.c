/* program/text.c - what the values of a program say: what made one that is not finite, in words. */
#include "print/print.h"
#include "program/program.h"
#include <math.h>

/* Among the operands of v that matter, one that is not finite; P_NONE when all are. */
static uint32_t bad_operand(const Program *p, const double *v, uint32_t i)
{
    uint32_t buf[3];
    const uint32_t *o;
    size_t n = pg_operands(p, i, &o, buf);
    uint32_t found = P_NONE;
    for (size_t k = 0; k < n; k++) {
        if (p->val[i].op == P_SELECT && k > 0 && (k == 1) != (v[o[0]] != 0))
            continue;
        bool first = found == P_NONE || (isnan(v[o[k]]) && !isnan(v[found]));
        if (!isfinite(v[o[k]]) && first)
            found = o[k];
    }
    return found;
}

uint32_t program_culprit(const Program *p, const double *v, uint32_t out)
{
    if (isfinite(v[out]))
        return P_NONE;
    for (;;) { /* operands have smaller indices: this ends */
        uint32_t next = bad_operand(p, v, out);
        if (next == P_NONE ||
            (isnan(v[out]) && !isnan(v[next]) && p->val[out].op != P_SELECT))
            return out;
        out = next;
    }
}

static bool is_divisor(const Node *n)
{
    return n->op == OP_POW && ex_is_num(n->a[1]) && num_sgn(n->a[1]->num) < 0;
}

const Node *program_node(const Program *p, uint32_t i)
{
    const Node *n = p->origin[i], *divisor = NULL;
    if (!n || (p->val[i].op != P_DIV && p->val[i].op != P_OVER))
        return n;
    const Node *m = n->op == OP_SCALE ? n->a[1] : n;
    if (m->op != OP_MUL)
        return is_divisor(m) ? m : n;
    for (uint32_t k = 0; k < m->n; k++) {
        if (is_divisor(m->a[k])) {
            if (divisor)
                return n;
            divisor = m->a[k];
        }
    }
    return divisor ? divisor : n;
}

void program_operation(const Program *p, const double *v, uint32_t i, Str *text)
{
    static const char *const sign[P_OPS] = {
        [P_ADD] = " + ", [P_SUB] = " - ", [P_MUL] = "*", [P_DIV] = "/",
        [P_TIMES] = "*", [P_OVER] = "/",  [P_POW] = "^"};
    uint32_t buf[3];
    const uint32_t *o;
    size_t n = pg_operands(p, i, &o, buf);
    const ProgramValue *x = &p->val[i];
    bool root = x->op == P_EVEN_ROOT || x->op == P_ODD_ROOT;
    bool fn = x->op == P_FN1 || x->op == P_FN2 || x->op == P_FN3;
    bool own = fn && pg_fn_part(x); /* a partial of f, at the arguments and f */
    if (fn)
        str_printf(text, own ? "%s'(" : "%s(", op_info(pg_fn_op(x))->name);
    n = root ? 1 : own ? n - 1 : n;
    for (size_t k = 0; k < n && k < 4; k++) {
        if (k)
            str_puts(text, fn || !sign[x->op] ? ", " : sign[x->op]);
        double_put(text, v[o[k]]);
    }
    str_puts(text, n > 4 ? ", ...)" : fn ? ")" : "");
    if (root)
        str_printf(text, "^%g", v[o[1]]);
}

static bool is_name(char c)
{
    return c == '_' || (c & 0x80) || (c >= '0' && c <= '9') ||
           ((c | 32) >= 'a' && (c | 32) <= 'z');
}

void program_origin(Ctx *c, const Program *p, uint32_t i, Str *text)
{
    Str s = {0};
    size_t from = text->n;
    print_brief(c, &s, (Node *)(uintptr_t)p->origin[i], 60);
    for (size_t k = 0; k < s.n; k++) {
        if (s.s[k] != '@') {
            str_putc(text, s.s[k]);
            continue;
        }
        while (text->n > from &&
               is_name(text->s[text->n - 1])) /* f@x: the parameter x of f */
            text->s[--text->n] = '\0';
    }
    str_free(&s);
}

void program_describe(Ctx *c, const Program *p, const double *v, uint32_t i, Str *text)
{
    program_operation(p, v, i, text);
    if (p->origin[i]) {
        str_puts(text, " in ");
        program_origin(c, p, i, text);
    }
}

bool program_blame(Ctx *c, const Program *p, const double *v, uint32_t out, Str *text)
{
    uint32_t i = program_culprit(p, v, out);
    if (i != P_NONE)
        program_describe(c, p, v, i, text);
    return i != P_NONE;
}

/* ---- 0 times what is not finite */

/* Is v[i], which is 0, so because its branch is not taken? masked: the same of earlier values. */
static bool is_masked(const Program *p, const double *v, const unsigned char *masked,
                      uint32_t i)
{
    const ProgramValue *x = &p->val[i];
    uint32_t chosen;
    switch ((POp)x->op) {
    case P_SELECT:
        chosen = v[x->a] != 0 ? x->b : x->c;
        return pg_is_const(p, chosen, 0) || masked[chosen];
    case P_NEG:
    case P_TIMES:
    case P_OVER:
    case P_HOLD: return masked[x->a];
    case P_MUL: return masked[x->a] || masked[x->b];
    case P_DIV: return masked[x->a];
    case P_ADD:
    case P_SUB: return masked[x->a] && masked[x->b];
    default: return false;
    }
}

bool program_hides(const Program *p, const double *v)
{
    bool any = false;
    uint32_t last = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        const ProgramValue *x = &p->val[i];
        if (!pg_is_guarded(x) || v[x->a] != 0 || v[i] != 0)
            continue;
        double r = x->op == P_TIMES ? v[x->a] * v[x->b] : v[x->a] / v[x->b];
        any = any || isnan(r);
        last = isnan(r) ? i : last;
    }
    unsigned char *masked = any ? mem_alloc(last + 1u) : NULL;
    if (!masked)
        return any;
    any = false;
    for (uint32_t i = 0; i <= last && !any; i++) {
        const ProgramValue *x = &p->val[i];
        masked[i] = v[i] == 0 && is_masked(p, v, masked, i);
        if (pg_is_guarded(x) && v[x->a] == 0 && !masked[x->a])
            any = isnan(x->op == P_TIMES ? v[x->a] * v[x->b] : v[x->a] / v[x->b]);
    }
    mem_free(masked);
    return any;
}
