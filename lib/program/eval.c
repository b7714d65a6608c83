/* program/eval.c - values of a program one by one, without slots or blocks: for
 * constants, traces, kinks and for finding what made a NaN. */
#include "table/float64.h"
#include "print/print.h"
#include "program/program.h"
#include <math.h>

/* The real power x^k whose exponent is a fraction with odd denominator; odd: the numerator. */
double program_root(double x, double k, bool odd)
{
    double r = pow(fabs(x), k);
    return odd && x < 0 ? -r : r;
}

double program_apply(const ProgramValue *v, double a, double b, double c)
{
    switch ((POp)v->op) {
    case P_CONST: return v->k;
    case P_ADD: return a + b;
    case P_SUB: return a - b;
    case P_MUL: return a * b;
    case P_DIV: return a / b;
    case P_NEG: return -a;
    case P_HOLD: return a;
    case P_POW: return pow(a, b);
    case P_ROOT: return program_root(a, v->k, v->b != 0);
    case P_FN1: return float64_fn((Op)v->fn)->v1(a);
    case P_FN2: return float64_fn((Op)v->fn)->v2(a, b);
    case P_FN3: return float64_fn((Op)v->fn)->v3(a, b, c);
    case P_PART1: return float64_fn((Op)v->fn)->d1[0](a, b);
    case P_PART2X: return float64_fn((Op)v->fn)->d2[0](a, b, c);
    case P_PART2Y: return float64_fn((Op)v->fn)->d2[1](a, b, c);
    case P_LT: return a < b;
    case P_LE: return a <= b;
    case P_EQ: return a == b;
    case P_NE: return a != b;
    case P_AND: return a != 0 && b != 0;
    case P_OR: return a != 0 || b != 0;
    case P_NOT: return a == 0;
    case P_SELECT: return a != 0 ? b : c;
    case P_IN:
    case P_SUM:
    case P_LOOP:
    case P_QUAD:
    case P_OPS: break;
    }
    return NAN;
}

static double sum_value(const Program *p, const double *v, const ProgramValue *x)
{
    const uint32_t *l = p->args + x->a;
    double s = v[l[0]];
    for (uint32_t i = 1; i < x->b; i++)
        s += v[l[i]];
    return s;
}

/* One output of a loop; the other outputs are computed again for theirs: this is the slow
 * route. */
static double loop_value(const Program *p, const double *v, const ProgramValue *x)
{
    const ProgramLoop *l = &p->loop[x->a];
    double *in = mem_alloc((l->body->nin + l->body->n) * sizeof *in);
    if (!in) {
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
        return NAN;
    }
    for (size_t i = 0; i < l->nargs; i++)
        in[1 + i] = v[l->args[i]];
    double s = 0;
    for (double k = l->lo; k <= l->hi; k++) {
        in[0] = k;
        if (!program_values(l->body, in, in + l->body->nin))
            break;
        s += in[l->body->nin + l->out[x->b]];
    }
    mem_free(in);
    return s;
}

double program_value(const Program *p, const double *v, uint32_t i)
{
    const ProgramValue *x = &p->val[i];
    if (x->op == P_SUM)
        return sum_value(p, v, x);
    if (x->op == P_LOOP)
        return loop_value(p, v, x);
    if (x->op == P_QUAD)
        return program_quad_value(p, v, x);
    uint32_t buf[3];
    const uint32_t *o;
    size_t n = pg_operands(p, i, &o, buf);
    return program_apply(x, n > 0 ? v[o[0]] : 0, n > 1 ? v[o[1]] : 0,
                         n > 2 ? v[o[2]] : 0);
}

bool program_values(const Program *p, const double *in, double *v)
{
    for (uint32_t i = 0; i < p->n; i++) {
        if (i % 1024 == 0 && env_poll(p->env))
            return false;
        v[i] = p->val[i].op == P_IN ? in[p->val[i].a] : program_value(p, v, i);
    }
    return !env_failed(p->env);
}

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

static void put_value(Str *text, double x)
{
    char t[32];
    double_print(t, x);
    str_puts(text, t);
}

static bool is_divisor(const Node *n)
{
    return n->op == OP_POW && ex_is_num(n->a[1]) && num_sgn(n->a[1]->num) < 0;
}

const Node *program_node(const Program *p, uint32_t i)
{
    const Node *n = p->origin[i], *divisor = NULL;
    if (!n || p->val[i].op != P_DIV)
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
        [P_ADD] = " + ", [P_SUB] = " - ", [P_MUL] = "*",
        [P_DIV] = "/",   [P_POW] = "^",   [P_ROOT] = "^"};
    uint32_t buf[3];
    const uint32_t *o;
    size_t n = pg_operands(p, i, &o, buf);
    const ProgramValue *x = &p->val[i];
    bool fn = x->op >= P_FN1 && x->op <= P_FN3;
    if (fn)
        str_printf(text, "%s(", op_info((Op)x->fn)->name);
    for (size_t k = 0; k < n && k < 4; k++) {
        if (k)
            str_puts(text, fn || !sign[x->op] ? ", " : sign[x->op]);
        put_value(text, v[o[k]]);
    }
    str_puts(text, n > 4 ? ", ...)" : fn ? ")" : "");
    if (x->op == P_ROOT)
        str_printf(text, "^%g", x->k);
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
