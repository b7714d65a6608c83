/* test_forms.c - the normal form of tensors: what is proved equal is equal at random data, and what is
 * equal at random data is proved, for sums and products of random shape; rules of inverses and
 * determinants hold at random data.
 */
#include "expr/contract.h"
#include "expr/shape.h"
#include "expr/tensors.h"
#include "in_ctx.h"
#include "simplify/simplify.h"

enum { SIDE = 3, NAMES = 6, MADE = 36 };

static uint64_t seed;

static unsigned below(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

static uint32_t vector, matrix, syms[NAMES];
static Node *names[NAMES];

/* x, y, z; A, B, and S, which is symmetric */
static void make_names(void)
{
    static const char *const text[NAMES] = {"x", "y", "z", "A", "B", "S"};
    Node *side[] = {ex_int(c, SIDE), ex_int(c, SIDE)};
    vector = shape_of_sizes(c, 1, side);
    matrix = shape_of_sizes(c, 2, side);
    for (size_t i = 0; i < NAMES; i++) {
        syms[i] = sym_intern(c, text[i], 1);
        c->syms[syms[i]].structure = i == 5 ? SYM_SYMMETRIC : 0;
        names[i] = ex_sym_shaped(c, syms[i], i < 3 ? vector : matrix);
    }
}

static Node *drawn(bool is_matrix, bool symmetric)
{
    Node *e[SIDE][SIDE], *row[SIDE];
    for (size_t i = 0; i < SIDE; i++)
        for (size_t j = 0; j < SIDE; j++)
            e[i][j] = symmetric && j < i ? e[j][i] : ex_int(c, (int64_t)below(41) - 20);
    for (size_t i = 0; i < SIDE; i++)
        row[i] = ex_list(c, SIDE, e[i]);
    return is_matrix ? ex_list(c, SIDE, row) : row[0];
}

static Node *at_data(Node *e, Node *const *data)
{
    Node *r = ex_subst(c, e, syms, data, NAMES);
    return ex_is(r, OP_ROW) ? r->a[0] : r;
}

static Node *made[MADE];
static size_t nmade;

static Node *any_of(uint32_t shape)
{
    for (;;) {
        Node *e = made[below((unsigned)nmade)];
        if (e->shape == shape)
            return e;
    }
}

static Node *trace_of(Node *a) { return ex_tensor(c, OP_TRACE, NULL, 1, &a); }

/* Sums, products, transposes, traces of what there is. */
static Node *next_one(void)
{
    Node *a = any_of(matrix), *b = any_of(matrix), *x = any_of(vector),
         *y = any_of(vector);
    switch (below(12)) {
    case 0: return ex_transpose(c, a);
    case 1: return ex_product(c, a, x);
    case 2: return ex_product(c, a, b);
    case 3: return ex_add2(c, a, b);
    case 4: return ex_sub(c, x, y);
    case 5: return ex_product(c, ex_transpose(c, x), y);
    case 6: return ex_product(c, x, ex_transpose(c, y));
    case 7: return trace_of(ex_product(c, a, b));
    case 8: return ex_mul2(c, x, y);
    case 9: return ex_transpose(c, ex_product(c, ex_transpose(c, x), a));
    case 10: return ex_scale(c, num_int(2), x);
    default: return ex_mul2(c, a, b);
    }
}

START_TEST(proofs_agree_with_values)
{
    Node *data[2][NAMES];
    seed = (uint64_t)_i + 1;
    make_names();
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < NAMES; i++)
            data[k][i] = drawn(i > 2, i == 5);
    nmade = NAMES;
    memcpy(made, names, sizeof names);
    while (nmade < MADE) {
        Node *e = next_one();
        ck_assert_msg(!ctx_failed(c), "%s", c->env.err.message);
        if (ex_dag_size(c, e) < 12)
            made[nmade++] = e;
    }
    for (size_t i = 0; i < MADE; i++)
        for (size_t j = 0; j < i; j++) {
            if (made[i] == made[j] || made[i]->shape != made[j]->shape)
                continue;
            bool same = at_data(made[i], data[0]) == at_data(made[j], data[0]) &&
                        at_data(made[i], data[1]) == at_data(made[j], data[1]);
            bool zero = prove_tensor_zero(c, ex_sub(c, made[i], made[j]));
            ck_assert_msg(same == zero, "%zu and %zu are %s, and %s", i, j,
                          same ? "equal" : "different", zero ? "proved" : "not proved");
        }
}
END_TEST

static Node *sum_of(Node *a) { return ex_tensor(c, OP_TOTAL, NULL, 1, &a); }

static void is_proved(Node *a, Node *b)
{
    ck_assert_msg(!ctx_failed(c), "%s", c->env.err.message);
    ck_assert(prove_tensor_zero(c, ex_sub(c, a, b)));
}

START_TEST(rules_of_products_are_proved)
{
    seed = (uint64_t)_i + 1;
    make_names();
    nmade = NAMES;
    memcpy(made, names, sizeof names);
    while (nmade < 20) {
        Node *e = next_one();
        if (ex_dag_size(c, e) < 9)
            made[nmade++] = e;
    }
    Node *a = any_of(matrix), *b = any_of(matrix), *x = any_of(vector),
         *y = any_of(vector);
    Node *at = ex_transpose(c, a), *bt = ex_transpose(c, b), *ab = ex_product(c, a, b);
    is_proved(ex_transpose(c, ab), ex_product(c, bt, at));
    is_proved(trace_of(ab), trace_of(ex_product(c, b, a)));
    is_proved(sum_of(ex_mul2(c, a, b)), trace_of(ex_product(c, at, b)));
    is_proved(ex_product(c, ex_transpose(c, x), ex_product(c, a, y)),
              ex_product(c, ex_transpose(c, y), ex_product(c, at, x)));
    is_proved(ex_product(c, ab, x), ex_product(c, a, ex_product(c, b, x)));
    is_proved(ex_product(c, ex_add2(c, a, b), x),
              ex_add2(c, ex_product(c, a, x), ex_product(c, b, x)));
}
END_TEST

static Node *row_of(Op op, Node *a) { return ex_tensor(c, op, NULL, 1, &a); }

static void equal(Node *a, Node *b, bool yes)
{
    Node *data[NAMES];
    bool same = true;
    ck_assert_msg(!ctx_failed(c), "%s", c->env.err.message);
    ck_assert(prove_tensor_zero(c, ex_sub(c, a, b)) == yes);
    for (int k = 0; k < 3; k++) {
        for (size_t i = 0; i < NAMES; i++)
            data[i] = drawn(i > 2, i == 5);
        same = same && at_data(a, data) == at_data(b, data);
    }
    ck_assert(same == yes);
}

START_TEST(inverses_and_determinants)
{
    seed = 7;
    make_names();
    Node *x = names[0], *A = names[3], *B = names[4], *S = names[5];
    Node *ab = ex_product(c, A, B), *sum = ex_add2(c, A, B);
    Node *ia = row_of(OP_INVERSE, A), *ib = row_of(OP_INVERSE, B),
         *is = row_of(OP_INVERSE, S);
    equal(row_of(OP_INVERSE, ab), ex_product(c, ib, ia), true);
    equal(row_of(OP_INVERSE, ab), ex_product(c, ia, ib), false);
    equal(row_of(OP_INVERSE, ex_transpose(c, A)), ex_transpose(c, ia), true);
    equal(ex_transpose(c, is), is, true);
    equal(ex_transpose(c, ia), ia, false);
    equal(ex_product(c, ia, ex_product(c, A, x)), x, true);
    equal(ex_product(c, row_of(OP_INVERSE, sum), ex_product(c, sum, x)), x, true);
    equal(row_of(OP_INVERSE, ia), A, true);
    equal(row_of(OP_DET, ab), ex_mul2(c, row_of(OP_DET, B), row_of(OP_DET, A)), true);
    equal(row_of(OP_DET, ia), ex_powi(c, row_of(OP_DET, A), -1), true);
    equal(row_of(OP_DET, ex_scale(c, num_int(2), A)),
          ex_scale(c, num_int(8), row_of(OP_DET, A)), true);
    equal(row_of(OP_DET, sum), ex_add2(c, row_of(OP_DET, A), row_of(OP_DET, B)), false);
    equal(row_of(OP_ADJ, A), ex_mul2(c, row_of(OP_DET, A), ia), true);
}
END_TEST

int main(void)
{
    TCase *t = suite_case("forms", 120, setup, teardown);
    tcase_add_loop_test(t, proofs_agree_with_values, 0, 12);
    tcase_add_loop_test(t, rules_of_products_are_proved, 0, 20);
    tcase_add_test(t, inverses_and_determinants);
    return suite_run();
}
