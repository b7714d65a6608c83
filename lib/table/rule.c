/* table/rule.c - reading the texts of the rows: calls by id, + - * /, whole numbers, pi, x, y, z
 * and f. They are ours and short, so the reader may recurse; a text that it cannot read is a fault
 * of the table (tests/test_table.c reads them all) and counts as none.
 */
#include "table/rule.h"

struct rules {
    Rule rule[OP_COUNT][RULE_TEXTS];
};

typedef struct {
    const char *s;
    RuleStep *step;
    size_t n;
    bool bad;
} RuleReader;

static void read_sum(RuleReader *r);

static void put_step(RuleReader *r, RuleStep x)
{
    if (r->n < RULE_LONGEST)
        r->step[r->n++] = x;
    else
        r->bad = true;
}

static bool eat_char(RuleReader *r, char c)
{
    while (*r->s == ' ')
        r->s++;
    if (*r->s != c)
        return false;
    r->s++;
    return true;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

static void read_variable(RuleReader *r, const char *s, size_t n)
{
    if (n == 2 && memcmp(s, "pi", 2) == 0)
        put_step(r, (RuleStep){.op = RULE_PI});
    else if (n == 1 && *s == 'f')
        put_step(r, (RuleStep){.op = RULE_NAME, .k = RULE_F});
    else if (n == 1 && *s >= 'x' && *s <= 'z')
        put_step(r, (RuleStep){.op = RULE_NAME, .k = (uint32_t)(*s - 'x')});
    else
        r->bad = true;
}

static void read_call(RuleReader *r, const char *s, size_t n)
{
    uint8_t k = 0;
    do {
        read_sum(r);
    } while (++k < 3 && eat_char(r, ','));
    Op fn = op_find_n(s, n, k);
    r->bad = r->bad || !eat_char(r, ')') || !op_is_function(fn);
    put_step(r, (RuleStep){.op = RULE_CALL, .n = k, .fn = (uint16_t)fn});
}

static void read_number(RuleReader *r)
{
    uint32_t k = 0;
    while (is_digit(*r->s))
        k = 10 * k + (uint32_t)(*r->s++ - '0');
    put_step(r, (RuleStep){.op = RULE_NUMBER, .k = k});
}

static void read_atom(RuleReader *r)
{
    if (eat_char(r, '-')) {
        read_atom(r);
        put_step(r, (RuleStep){.op = RULE_NEG, .n = 1});
        return;
    }
    if (eat_char(r, '(')) {
        read_sum(r);
        r->bad = r->bad || !eat_char(r, ')');
        return;
    }
    if (is_digit(*r->s)) {
        read_number(r);
        return;
    }
    const char *s = r->s;
    while (is_name(*r->s))
        r->s++;
    size_t n = (size_t)(r->s - s);
    if (eat_char(r, '('))
        read_call(r, s, n);
    else
        read_variable(r, s, n);
}

static void read_product(RuleReader *r)
{
    read_atom(r);
    for (;;) {
        bool times = eat_char(r, '*');
        if (!times && !eat_char(r, '/'))
            return;
        read_atom(r);
        put_step(r, (RuleStep){.op = times ? RULE_MUL : RULE_DIV, .n = 2});
    }
}

static void read_sum(RuleReader *r)
{
    read_product(r);
    while (!r->bad) {
        bool plus = eat_char(r, '+');
        if (!plus && !eat_char(r, '-'))
            return;
        read_product(r);
        put_step(r, (RuleStep){.op = plus ? RULE_ADD : RULE_SUB, .n = 2});
    }
}

/* Do the names fit the arity, and the values that wait the room of rule_run? */
static bool fits_row(const RuleReader *r, const OpInfo *info, unsigned which)
{
    size_t waiting = 0, most = 0;
    bool ok = true;
    for (size_t i = 0; i < r->n; i++) {
        const RuleStep *x = &r->step[i];
        if (x->op == RULE_NAME)
            ok = ok && (x->k == RULE_F ? which < RULE_VALUE : x->k < info->max_args);
        waiting = waiting + 1 - x->n;
        most = waiting > most ? waiting : most;
    }
    return ok && most <= RULE_DEEPEST && waiting == 1;
}

size_t rule_read(Op op, unsigned which, RuleStep step[RULE_LONGEST])
{
    const OpInfo *info = op_info(op);
    const char *text = which == RULE_VALUE ? info->value : info->partial[which];
    RuleReader r = {.s = text, .step = step};
    if (!text || !*text)
        return 0;
    read_sum(&r);
    while (*r.s == ' ')
        r.s++;
    return r.bad || *r.s || !fits_row(&r, info, which) ? 0 : r.n;
}

/* ---- texts that were read */

static void rules_free(Env *env)
{
    struct rules *all = env->rules;
    for (size_t i = 0; i < OP_COUNT; i++)
        for (size_t k = 0; k < RULE_TEXTS; k++)
            mem_free((void *)(uintptr_t)all->rule[i][k].step);
    mem_free(all);
    env->rules = NULL;
}

static struct rules *rules_of(Env *env)
{
    if (env->rules)
        return env->rules;
    env->rules = mem_alloc(sizeof *env->rules);
    if (env->rules) {
        memset(env->rules, 0, sizeof *env->rules);
        env->free_rules = rules_free;
    } else {
        env_error(env, LBZ_LIMIT, NULL, "out of memory");
    }
    return env->rules;
}

const Rule *rule_find(Env *env, Op op, unsigned which)
{
    struct rules *all = rules_of(env);
    if (!all)
        return NULL;
    Rule *r = &all->rule[op][which];
    if (r->step)
        return r;
    RuleStep step[RULE_LONGEST];
    size_t n = rule_read(op, which, step);
    RuleStep *kept = n ? mem_alloc(n * sizeof *kept) : NULL;
    if (!kept) {
        if (n)
            env_error(env, LBZ_LIMIT, NULL, "out of memory");
        return NULL;
    }
    memcpy(kept, step, n * sizeof *kept);
    *r = (Rule){kept, n};
    return r;
}

uintptr_t rule_run(const Rule *r, const RuleMaker *m, void *arg,
                   const uintptr_t named[RULE_NAMES])
{
    uintptr_t v[RULE_DEEPEST], *top = v; /* top: behind the last one */
    for (const RuleStep *x = r->step; x < r->step + r->n; x++) {
        switch ((RuleOp)x->op) {
        case RULE_NUMBER: *top++ = m->number(arg, x->k); break;
        case RULE_PI: *top++ = m->pi(arg); break;
        case RULE_NAME: *top++ = named[x->k]; break;
        case RULE_CALL:
            top -= x->n - 1;
            top[-1] = m->call(arg, (Op)x->fn, x->n, top - 1);
            break;
        case RULE_NEG: top[-1] = m->combine(arg, RULE_NEG, top[-1], 0); break;
        default: top--; top[-1] = m->combine(arg, (RuleOp)x->op, top[-1], top[0]);
        }
    }
    return v[0];
}
