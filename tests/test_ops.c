/* test_ops.c - the operator table as data: names, arities, texts, synonyms, commands. */
#include "table/float64.h"
#include "table/rule.h"
#include "suite.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

static Op find(const char *s) { return op_find(s, strlen(s)); }
static Op find_n(const char *s, size_t argc) { return op_find_n(s, strlen(s), argc); }

/* Every row: found by its name with its arity, described, and no other row has that place. */
START_TEST(row)
{
    Op op = (Op)_i;
    const OpInfo *f = op_info(op);

    if (op == OP_FIRST_TENSOR || (op_is_tensor(op) && !f->name[0]))
        return; /* written in signs */
    ck_assert_msg(f->name[0] != 0, "op %d has no name", op);
    ck_assert_ptr_eq(op_info(op), f);
    Op found = find_n(f->name, f->min_args); /* inv is of numbers, too */
    ck_assert_msg(found == op || (op_is_tensor(op) && op_is_function(found)),
                  "%s with %u arguments is another row", f->name, f->min_args);
    ck_assert_str_eq(op_info(find(f->name))->name, f->name);
    ck_assert_msg(f->help[0] && f->help[strlen(f->help) - 1] != '.', "help of %s",
                  f->name);
    ck_assert_msg(strlen(f->help) <= 90, "help of %s is long", f->name);
    ck_assert_msg(f->usage[0] != 0, "usage of %s", f->name);
    ck_assert_uint_le(f->min_args, f->max_args);
    if (op_is_structural(op) || op_is_tensor(op))
        return;
    ck_assert(op_is_function(op));
    ck_assert_uint_eq(f->min_args, f->max_args);
    ck_assert_msg(f->domain[0] && f->latex[0] && f->value[0] && f->args[0], "%s",
                  f->name);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_msg(!f->partial[i] == (i >= f->max_args), "%s: partial %u", f->name, i);
    unsigned commas = 0;
    for (const char *s = f->args; *s; s++)
        commas += *s == ',';
    ck_assert_msg(commas + 1 == f->max_args, "%s: names of arguments", f->name);
    ck_assert_msg(strlen(f->usage) == strlen(f->name) + strlen(f->args) + 2, "%s",
                  f->usage);
    ck_assert_msg(!(f->flags & POSITIVE) || (f->flags & NONNEG), "%s", f->name);
    ck_assert_msg((f->flags & (ODD | EVEN)) != (ODD | EVEN), "%s", f->name);
    ck_assert_msg((f->flags & (SMOOTH | PIECEWISE)) != 0,
                  "%s is neither smooth nor made of pieces", f->name);
}
END_TEST

/* The reader of the texts against the C compiler: numbers are kept in a list, results are their
 * places in it. */
typedef struct {
    double v[64];
    size_t n;
} Numbers;

static uintptr_t keep(Numbers *k, double x)
{
    k->v[k->n] = x;
    return k->n++;
}

static uintptr_t read_number(void *k, unsigned x) { return keep(k, x); }
static uintptr_t read_pi(void *k) { return keep(k, 3.14159265358979323846); }

static double call_function(Op fn, const double *x)
{
    const Float64Fn *f = float64_fn(fn);
    return f->arity == 1   ? f->v1(x[0])
           : f->arity == 2 ? f->v2(x[0], x[1])
                           : f->v3(x[0], x[1], x[2]);
}

static uintptr_t read_call(void *arg, Op fn, size_t n, const uintptr_t *a)
{
    Numbers *k = arg;
    double x[3];
    for (size_t i = 0; i < n; i++)
        x[i] = k->v[a[i]];
    return keep(k, call_function(fn, x));
}

static uintptr_t read_combined(void *arg, RuleOp op, uintptr_t a, uintptr_t b)
{
    Numbers *k = arg;
    double x = k->v[a], y = k->v[b];
    return keep(k, op == RULE_ADD   ? x + y
                   : op == RULE_SUB ? x - y
                   : op == RULE_MUL ? x * y
                   : op == RULE_DIV ? x / y
                                    : -x);
}

/* What C makes of the text; the value, or partial i. */
static double compiled_text(Op op, unsigned i, const double *x, double f)
{
    const Float64Fn *k = float64_fn(op);
    return i == RULE_VALUE ? f
           : k->arity == 1 ? k->d1[0](x[0], f)
           : k->arity == 2 ? k->d2[i](x[0], x[1], f)
                           : k->d3[i](x[0], x[1], x[2], f);
}

START_TEST(texts_are_read_as_c_reads_them)
{
    static const RuleMaker maker = {read_number, read_pi, read_call, read_combined};
    static const uintptr_t named[RULE_NAMES] = {0, 1, 2, 3};
    Op op = (Op)_i;
    const OpInfo *info = op_info(op);
    Env env;
    env_init(&env);
    for (unsigned i = 0; op_is_function(op) && i < RULE_TEXTS; i++) {
        const char *text = i == RULE_VALUE ? info->value : info->partial[i];
        if (!text || !*text)
            continue;
        const Rule *r = rule_find(&env, op, i);
        ck_assert_msg(r, "%s: %s", info->name, text);
        ck_assert_ptr_eq(r, rule_find(&env, op, i));
        Numbers k = {{0.31, 0.47, 0.62}, 4};
        k.v[3] = call_function(op, k.v);
        double got = k.v[rule_run(r, &maker, &k, named)],
               want = compiled_text(op, i, k.v, k.v[3]);
        bool own = i != RULE_VALUE && float64_fn(op)->own[i];
        ck_assert_msg(got == want || (isnan(got) && isnan(want)) ||
                          (own && fabs(got - want) <= 1e-13 * fabs(want)),
                      "%s: %s: %.17g, not %.17g", info->name, text, got, want);
    }
    env_release(&env);
}
END_TEST

START_TEST(latex_templates_name_arguments)
{
    for (Op op = OP_FIRST_FUNCTION + 1; op < OP_COUNT; op++) {
        const OpInfo *f = op_info(op);
        const char *s = strchr(f->latex, '#');
        int braces = 0;

        for (const char *p = f->latex; *p; p++)
            braces += *p == '{' ? 1 : *p == '}' ? -1 : 0;
        ck_assert_msg(braces == 0, "%s: braces of %s", f->name, f->latex);
        for (; s; s = strchr(s + 1, '#')) {
            int i = s[1] == '(' ? s[2] - '0' : s[1] - '0';
            ck_assert_msg(i >= 1 && i <= (int)f->max_args, "%s: %s", f->name, f->latex);
            ck_assert_msg(s[1] != '(' || s[3] == ')', "%s: %s", f->name, f->latex);
        }
    }
}
END_TEST

START_TEST(arity_chooses_the_row)
{
    ck_assert_int_eq(find("log"), OP_log);
    ck_assert_int_eq(find_n("log", 1), OP_log);
    ck_assert_int_eq(find_n("log", 2), OP_log_base);
    ck_assert_int_eq(find_n("ln", 2), OP_log_base);
    ck_assert_int_eq(find_n("log", 3), OP_POISON);
    ck_assert_int_eq(find_n("atan", 1), OP_atan);
    ck_assert_int_eq(find_n("atan", 2), OP_atan2);
    ck_assert_int_eq(find_n("psi", 2), OP_polygamma);
    ck_assert_int_eq(find_n("zeta", 2), OP_zeta_hurwitz);
    ck_assert_int_eq(find_n("step", 2), OP_step_at);
    ck_assert_int_eq(find_n("expint", 2), OP_expint_nu);
    ck_assert_int_eq(find_n("erf", 2), OP_erf_between);
    ck_assert_int_eq(find_n("max", 2), OP_max);
    ck_assert_int_eq(find_n("max", 5), OP_max);
    ck_assert_int_eq(find_n("max", 1), OP_MAXIMUM);
    ck_assert_int_eq(find_n("sum", 1), OP_TOTAL);
    ck_assert_int_eq(find_n("atan2", 3), OP_POISON);
    ck_assert_int_eq(find_n("sin", (size_t)-1), OP_POISON);
    ck_assert_int_eq(find_n("diff", 2), OP_DIFF);
    ck_assert_int_eq(find("sum"), OP_SUM);
    ck_assert_int_eq(find_n("integrate", 4), OP_INT);
}
END_TEST

START_TEST(names_that_are_none)
{
    static const char *const none[] = {"",     "s",      "si", "sinn",    "Sin",
                                       "SIN",  "poison", "+",  "x",       "help",
                                       "sin ", "_",      "1",  "\xce\xb1"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        ck_assert_msg(find(none[i]) == OP_POISON, "'%s' is found", none[i]);
    ck_assert_int_eq(op_find("sinh", 3), OP_sin); /* not NUL-terminated */
    ck_assert_int_eq(op_find("a\0b", 3), OP_POISON);
    ck_assert_str_eq(op_info(OP_ADD)->name, "+");
    ck_assert_ptr_eq(op_info(OP_COUNT), op_info(OP_POISON));
}
END_TEST

START_TEST(synonyms)
{
    ck_assert_uint_gt(synonym_count(), 40);
    for (size_t i = 0; i < synonym_count(); i++) {
        const char *name;
        Op op;
        synonym_at(i, &name, &op);
        ck_assert_msg(find_n(name, op_info(op)->min_args) == op, "synonym %s is shadowed",
                      name);
    }
    ck_assert_int_eq(find("sigmoid"), OP_logistic);
    ck_assert_int_eq(find("logistic"), OP_logistic);
    ck_assert_int_eq(find("softplus"), OP_log1pexp);
    ck_assert_int_eq(find("Si"), OP_sinint);
    ck_assert_int_eq(find("W"), OP_lambertw);
    ck_assert_int_eq(find("arcsinh"), OP_asinh);
    ck_assert_int_eq(find("arsinh"), OP_asinh);
    ck_assert_int_eq(find("tg"), OP_tan);
}
END_TEST

START_TEST(commands)
{
    ck_assert_uint_gt(command_count(), 15);
    for (size_t i = 0; i < command_count(); i++) {
        const CommandInfo *c = command_at(i);
        ck_assert_ptr_eq(command_find(c->name, strlen(c->name)), c);
        ck_assert_msg(c->usage[0] && c->help[0], "%s", c->name);
        Op f = find(c->name);
        ck_assert_msg(c->open || f == OP_POISON || f == OP_TRACE || f == OP_LOAD,
                      "command %s is a function, too", c->name);
    }
    ck_assert_ptr_null(command_at(command_count()));
    ck_assert_ptr_null(command_find("hel", 3));
    ck_assert_ptr_nonnull(command_find("helper", 4));
}
END_TEST

int main(void)
{
    TCase *t = suite_case("ops", 60, NULL, NULL);

    tcase_add_loop_test(t, row, OP_FIRST_STRUCTURAL + 1, OP_FIRST_FUNCTION);
    tcase_add_loop_test(t, row, OP_FIRST_FUNCTION + 1, OP_COUNT);
    tcase_add_loop_test(t, texts_are_read_as_c_reads_them, OP_FIRST_FUNCTION + 1,
                        OP_COUNT);
    tcase_add_test(t, latex_templates_name_arguments);
    tcase_add_test(t, arity_chooses_the_row);
    tcase_add_test(t, names_that_are_none);
    tcase_add_test(t, synonyms);
    tcase_add_test(t, commands);
    return suite_run();
}
