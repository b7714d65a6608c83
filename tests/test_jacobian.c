/* test_jacobian.c - derivatives by tensors: random expressions, whose Jacobians are compared with the
 * derivatives of their elements written out, one by one, by names that are numbers. */
#include "ball/ball.h"
#include "diff/diff.h"
#include "expr/contract.h"
#include "expr/shape.h"
#include "expr/tensors.h"
#include "in_ctx.h"
#include <math.h>

enum { N = 3, NAMES = 3, DEPTH = 5, ROUNDS = 300 };

static uint64_t state = 1;

static unsigned below(unsigned n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % n;
}

static uint32_t vector, matrix;
static Node *name[NAMES];   /* x a vector, A a matrix, s a number */
static Node *listed[NAMES]; /* the same, elements being names */
static Node *point[NAMES];  /* the same, elements being numbers */

static uint32_t shape_of(unsigned rank)
{
    Node *size[2] = {ex_int(c, N), ex_int(c, N)};
    return shape_of_sizes(c, rank, size);
}

static Node *element_name(unsigned k, unsigned i, unsigned j)
{
    char text[16];
    snprintf(text, sizeof text, "e%u%u%u", k, i, j);
    return ex_sym_named(c, text);
}

static Node *element_number(unsigned k, unsigned i, unsigned j)
{
    (void)k, (void)i, (void)j;
    return ex_rat(c, 1 + below(9), 2 + below(5)); /* log, roots: above 0 */
}

static Node *written_out(unsigned k, unsigned rank,
                         Node *element(unsigned k, unsigned i, unsigned j))
{
    Node *row[N], *v[N];
    for (unsigned i = 0; rank && i < N; i++) {
        for (unsigned j = 0; j < N; j++)
            row[j] = element(k, i, j);
        v[i] = rank == 1 ? row[0] : ex_list(c, N, row);
    }
    return rank ? ex_list(c, N, v) : element(k, 0, 0);
}

static void make_names(void)
{
    static const char *const text[NAMES] = {"x", "A", "s"};
    static const unsigned rank[NAMES] = {1, 2, 0};
    vector = shape_of(1);
    matrix = shape_of(2);
    for (unsigned k = 0; k < NAMES; k++) {
        name[k] = ex_sym_shaped(c, sym_intern(c, text[k], 1), shape_of(rank[k]));
        listed[k] = written_out(k, rank[k], element_name);
        point[k] = written_out(k, rank[k], element_number);
    }
}

/* ---- random expressions ---------------------------------------------------------------- */
static Node *random_of(unsigned rank, unsigned depth);

static Node *positive(unsigned rank, unsigned depth)
{
    Node *u = random_of(rank, depth);
    return ex_add2(c, c->one, ex_mul2(c, u, u));
}

/* Of a rank that broadcasts to it. */
static Node *smaller(unsigned rank, unsigned depth)
{
    return random_of(below(3) ? rank : below(rank + 1), depth);
}

static Node *pointwise(unsigned rank, unsigned depth)
{
    Node *a = random_of(rank, depth), *b;
    switch (below(9)) {
    case 0: return ex_add2(c, a, smaller(rank, depth));
    case 1: return ex_mul2(c, a, smaller(rank, depth));
    case 2: return ex_sub(c, smaller(rank, depth), a);
    case 3: return ex_div(c, a, positive(rank, depth));
    case 4: return ex_fn1(c, OP_sin, a);
    case 5: return ex_fn1(c, OP_log, positive(rank, depth));
    case 6: return ex_scale(c, (Num){2, 3, false}, a);
    case 7: return ex_pow(c, positive(rank, depth), smaller(rank, 0));
    default:
        b = random_of(rank, depth);
        return ex_if(c, ex_compare(c, OP_LT, a, b), a, smaller(rank, depth));
    }
}

static Node *scalar(unsigned depth)
{
    Node *x = random_of(1, depth), *A = random_of(2, depth);
    switch (below(7)) {
    case 0: return ex_contract(c, "a,a->", 2, (Node *[]){x, random_of(1, depth)}, "dot");
    case 1: return ex_contract(c, "aa->", 1, &A, "trace");
    case 2: return ex_tensor(c, OP_NORM, NULL, 1, &x);
    case 3:
        return ex_contract(c, "a,ab,b->", 3, (Node *[]){x, A, random_of(1, depth)},
                           "form");
    case 4:
        return ex_tensor(c, OP_INDEX, NULL, 2, (Node *[]){x, ex_int(c, 1 + below(N))});
    case 5: return ex_contract(c, "ab->", 1, &A, "sum");
    default: return pointwise(0, depth);
    }
}

static Node *of_vector(unsigned depth)
{
    Node *x = random_of(1, depth), *A = random_of(2, depth);
    switch (below(8)) {
    case 6: return ex_tensor(c, OP_NORM, below(2) ? "axis=-1" : "axis=-2", 1, &A);
    case 7: return ex_tensor(c, OP_TOTAL, below(2) ? "axis=-1" : "axis=-2", 1, &A);
    case 0: return ex_product(c, A, x);
    case 1: return ex_transpose(c, ex_product(c, ex_transpose(c, x), A));
    case 2: return ex_contract(c, "aa->a", 1, &A, "diag");
    case 3:
        return ex_tensor(c, OP_INDEX, NULL, 2, (Node *[]){A, ex_int(c, 1 + below(N))});
    case 4:
        return ex_list(c, N,
                       (Node *[]){random_of(0, depth), random_of(0, depth), c->one});
    default: return pointwise(1, depth);
    }
}

static Node *of_matrix(unsigned depth)
{
    Node *x = random_of(1, depth), *A = random_of(2, depth);
    switch (below(7)) {
    case 6: return ex_add2(c, A, ex_tensor(c, OP_NORM, "axis=-2 keep=yes", 1, &A));
    case 0: return ex_product(c, A, random_of(2, depth));
    case 1: return ex_transpose(c, A);
    case 2:
        return ex_contract(c, "a,b->ab", 2, (Node *[]){x, random_of(1, depth)}, "outer");
    case 3: return ex_list(c, N, (Node *[]){x, random_of(1, depth), x});
    case 4: return ex_broadcast(c, x, matrix);
    default: return pointwise(2, depth);
    }
}

static Node *random_of(unsigned rank, unsigned depth)
{
    static const unsigned leaf[] = {2, 0, 1};
    if (!depth || !below(4))
        return rank || below(2) ? name[leaf[rank]] : ex_int(c, 1 + below(3));
    depth -= 1 + below(2);
    depth = depth > DEPTH ? 0 : depth;
    return rank == 0 ? scalar(depth) : rank == 1 ? of_vector(depth) : of_matrix(depth);
}

/* ---- comparison ------------------------------------------------------------------------ */
static Node *write_eye(Ctx *ctx, Node *n, void *arg)
{
    (void)arg;
    return ex_is(n, OP_EYE) ? ex_tensor(ctx, OP_EYE, NULL, 1, n->a) : NULL;
}

/* e at the point, its elements numbers. */
static Node *at_point(Node *e)
{
    Node *by[NAMES * (1 + N * N)];
    uint32_t sym[NAMES * (1 + N * N)];
    size_t k = 0;
    for (unsigned i = 0; i < NAMES; i++) {
        sym[k] = name[i]->sym;
        by[k++] = point[i];
        for (unsigned p = 0; p < N && point[i]->shape; p++)
            for (unsigned q = 0; q < N; q++) {
                bool two = point[i]->shape == matrix;
                if (!two && q)
                    continue;
                sym[k] = element_name(i, p, q)->sym;
                by[k++] = two ? point[i]->a[p]->a[q] : point[i]->a[p];
            }
    }
    sym[k] = element_name(2, 0, 0)->sym;
    by[k++] = point[2];
    return ex_subst(c, ex_swap(c, e, write_eye, NULL), sym, by, k);
}

static Node *element(Node *a, unsigned rank, unsigned i, unsigned j)
{
    for (unsigned k = 0; k < rank; k++) {
        unsigned at = k ? j : i;
        ck_assert_msg(ex_is(a, OP_LIST) && a->n == N, "not written out");
        a = a->a[at];
    }
    return a;
}

static void same_number(Node *got, Node *want)
{
    double x = 0, y = 0;
    if (got == want)
        return;
    ck_assert_int_eq(ball_double(c, got, &x), LBZ_OK);
    ck_assert_int_eq(ball_double(c, want, &y), LBZ_OK);
    ck_assert_msg(fabs(x - y) <= 1e-9 * fmax(1, fabs(y)), "%.17g is not %.17g", x, y);
}

static unsigned rank_of(const Node *a)
{
    return a->shape == matrix ? 2 : a->shape == vector ? 1 : 0;
}

/* J[.., i, j] is d f[..]/d name[i, j] */
static void compare_element(Node *f, Node *J, unsigned rank_f, unsigned fi, unsigned fj,
                            unsigned k)
{
    unsigned rank = rank_of(listed[k]);
    Node *fe = element(f, rank_f, fi, fj), *Je = element(J, rank_f, fi, fj);
    for (unsigned i = 0; i < (rank ? N : 1); i++)
        for (unsigned j = 0; j < (rank == 2 ? N : 1); j++) {
            Node *want = at_point(diff(c, fe, element_name(k, i, j)->sym));
            same_number(element(Je, rank, i, j), want);
        }
}

static void compare_jacobian(Node *e, Node *J, unsigned k)
{
    uint32_t sym[NAMES];
    for (unsigned i = 0; i < NAMES; i++)
        sym[i] = name[i]->sym;
    Node *f = ex_subst(c, e, sym, listed, NAMES);
    unsigned rank = rank_of(f);
    J = at_point(J);
    ck_assert_msg(!ctx_failed(c), "%s", c->env.err.message);
    for (unsigned i = 0; i < (rank ? N : 1); i++)
        for (unsigned j = 0; j < (rank == 2 ? N : 1); j++)
            compare_element(f, J, rank, i, j, k);
}

START_TEST(jacobians_are_those_of_the_elements)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        ctx_begin_statement(c);
        state = round + 1;
        make_names();
        Node *e = random_of(round % 3, DEPTH), *J[NAMES];
        ck_assert_msg(!ctx_failed(c), "round %u: %s", round, c->env.err.message);
        if (!diff_jacobian(c, e, name, NAMES, J))
            ck_abort_msg("round %u: %s", round, c->env.err.message);
        for (unsigned k = 0; k < NAMES; k++)
            compare_jacobian(e, J[k], k);
    }
}
END_TEST

/* u contracted with J, of the shape of e and that of name k. */
static Node *pulled(Node *u, Node *J, unsigned rank_e, unsigned rank)
{
    static const char *const text[3][3] = {{",->", ",a->a", ",ab->ab"},
                                           {"a,a->", "a,ab->b", "a,abc->bc"},
                                           {"ab,ab->", "ab,abc->c", "ab,abcd->cd"}};
    return ex_contract(c, text[rank_e][rank], 2, (Node *[]){u, J}, "vjp");
}

/* The same number everywhere. */
static void same_tensor(Node *got, Node *want, unsigned rank)
{
    got = at_point(got);
    want = at_point(want);
    for (unsigned i = 0; i < (rank ? N : 1); i++)
        for (unsigned j = 0; j < (rank == 2 ? N : 1); j++)
            same_number(element(got, rank, i, j), element(want, rank, i, j));
}

START_TEST(hessians_are_those_of_the_elements)
{
    for (unsigned round = 0; round < ROUNDS / 6; round++) {
        ctx_begin_statement(c);
        state = round + 1;
        make_names();
        Node *e = random_of(0, DEPTH - 2), *g, *H[NAMES];
        ck_assert(diff_jacobian(c, e, &name[0], 1, &g));
        g = ex_swap(c, g, write_eye, NULL);
        ck_assert(diff_jacobian(c, g, name, NAMES, H));
        for (unsigned k = 0; k < NAMES; k++)
            compare_jacobian(g, H[k], k);
    }
}
END_TEST

START_TEST(a_pulled_back_vector_is_that_times_the_jacobian)
{
    for (unsigned round = 0; round < ROUNDS / 3; round++) {
        ctx_begin_statement(c);
        state = round + 1;
        make_names();
        unsigned rank = round % 3;
        Node *e = random_of(rank, DEPTH), *u = random_of(rank, 0), *J[NAMES], *g[NAMES];
        ck_assert(diff_jacobian(c, e, name, NAMES, J));
        ck_assert(diff_vjp(c, e, u, name, NAMES, g));
        for (unsigned k = 0; k < NAMES; k++) {
            unsigned rank_k = rank_of(name[k]);
            same_tensor(g[k], pulled(u, J[k], rank, rank_k), rank_k);
        }
    }
}
END_TEST

START_TEST(a_derivative_by_a_number_is_the_jacobian_by_it)
{
    for (unsigned round = 0; round < ROUNDS / 3; round++) {
        ctx_begin_statement(c);
        state = round + 1;
        make_names();
        Node *e = random_of(round % 3, DEPTH), *J;
        ck_assert(diff_jacobian(c, e, &name[2], 1, &J));
        same_tensor(diff(c, e, name[2]->sym), J, round % 3);
    }
}
END_TEST

int main(void)
{
    TCase *t = suite_case("jacobian", 300, setup, teardown);
    tcase_add_test(t, jacobians_are_those_of_the_elements);
    tcase_add_test(t, hessians_are_those_of_the_elements);
    tcase_add_test(t, a_pulled_back_vector_is_that_times_the_jacobian);
    tcase_add_test(t, a_derivative_by_a_number_is_the_jacobian_by_it);
    return suite_run();
}
