/* commands/check_tensor.c - check LHS == RHS of tensors, or of numbers made of them.
 *
 * PASS proved: the difference has no term in its normal form, so both are equal for all sizes. Else
 * tensors are drawn, with small exact numbers as elements (what a declaration says of them holds), and
 * both sides are carried out: a difference is a FAIL with the data it was found at. Sizes that are names
 * are drawn, too.
 */
#include "commands/compare.h"
#include "expr/sizes.h"
#include "expr/tensors.h"
#include "print/print.h"

enum { DRAWS = 40, ENOUGH = 6, MOST_SIDE = 8 };

typedef struct {
    Check *k;
    Ctx *c;
    size_t n; /* names */
    uint32_t *sym;
    Node **name, **by;
    Sizes sizes;
    unsigned turn;
    bool symbolic;
    /* where the sides differ, and what they are there */
    size_t place[SHAPE_RANK];
    unsigned rank;
    Node *left, *right;
} Draw;

/* ---- what is there -------------------------------------------------------------------- */
static bool is_shaped_name(Ctx *c, Node *n, void *arg)
{
    (void)c, (void)arg;
    return ex_is(n, OP_SYM) && shape_is_tensor(n->shape);
}

bool compare_is_of_tensors(const Check *k) { return compare_has(k, is_shaped_name); }

static void take_sizes(Draw *d, const Node *n)
{
    const Shape *s = shape_at(d->c, n->shape);
    for (unsigned i = 0; i < s->rank; i++) {
        size_t nsyms;
        if (!s->size[i].e)
            continue;
        d->symbolic = true;
        uint32_t *syms = ex_free_syms(d->c, s->size[i].e, &nsyms);
        for (size_t j = 0; syms && j < nsyms; j++)
            (void)sizes_put(&d->sizes, syms[j], ex_int(d->c, 1));
    }
}

static bool collect_names(Draw *d)
{
    Ctx *c = d->c;
    Node *both[] = {d->k->l, d->k->r};
    size_t count;
    Node **order = ex_walk(c, 2, both, &count);
    d->sym = ARENA_NEW(&c->pool[1].arena, uint32_t, count + SIZES_MOST);
    d->name = ARENA_NEW(&c->pool[1].arena, Node *, count + SIZES_MOST);
    d->by = ARENA_NEW(&c->pool[1].arena, Node *, count + SIZES_MOST);
    if (!order || !d->sym || !d->name || !d->by)
        return false;
    for (size_t i = 0; i < count; i++)
        if (ex_is(order[i], OP_SYM) &&
            (!order[i]->shape || shape_is_tensor(order[i]->shape))) {
            d->sym[d->n] = order[i]->sym;
            d->name[d->n++] = order[i];
        }
    for (size_t i = 0; i < d->n; i++)
        if (d->name[i]->shape)
            take_sizes(d, d->name[i]);
    return !ctx_failed(c);
}

/* ---- data ----------------------------------------------------------------------------- */
static int64_t draw_below(Draw *d, int64_t n)
{
    d->k->seed ^= d->k->seed << 13;
    d->k->seed ^= d->k->seed >> 7;
    d->k->seed ^= d->k->seed << 17;
    return (int64_t)(d->k->seed % (uint64_t)n);
}

/* Small whole numbers first, fractions later; positive ones every other time, for logarithms. */
static Num draw_element(Draw *d, const Node *name)
{
    Arena *a = ctx_arena(d->c);
    bool positive = !(name->sign & S_NEG) || d->turn % 4 == 3;
    int64_t q = d->turn < 6 ? 1 : 4, most = 2 + d->turn / 4;
    int64_t p = positive ? 1 + draw_below(d, most * q)
                         : draw_below(d, 2 * most * q + 1) - most * q;
    if ((name->sign & S_INTEGER) || q == 1)
        return num_int(p);
    return num_rat(a, p, q);
}

typedef struct {
    int64_t n;
    Num e[MOST_SIDE][MOST_SIDE];
} Square;

/* Rotations by (3/5, 4/5) in planes of neighbours. */
static void make_orthogonal(Draw *d, Square *m)
{
    Arena *a = ctx_arena(d->c);
    Num s = num_rat(a, 3, 5), co = num_rat(a, 4, 5);
    for (int64_t i = 0; i < m->n; i++)
        for (int64_t j = 0; j < m->n; j++)
            m->e[i][j] = num_int(i == j);
    for (int64_t k = 0; k + 1 < m->n; k++) {
        bool swap = draw_below(d, 2);
        Num x = swap ? co : s, y = swap ? s : co;
        for (int64_t i = 0; i < m->n; i++) {
            Num u = m->e[i][k], v = m->e[i][k + 1];
            m->e[i][k] = num_sub(a, num_mul(a, x, u), num_mul(a, y, v));
            m->e[i][k + 1] = num_add(a, num_mul(a, y, u), num_mul(a, x, v));
        }
    }
}

static void make_positive(Draw *d, Square *m)
{
    Arena *a = ctx_arena(d->c);
    Square g = *m;
    for (int64_t i = 0; i < m->n; i++)
        for (int64_t j = 0; j < m->n; j++) {
            m->e[i][j] = num_int(i == j);
            for (int64_t l = 0; l < m->n; l++)
                m->e[i][j] = num_add(a, m->e[i][j], num_mul(a, g.e[l][i], g.e[l][j]));
        }
}

/* A square matrix as it was declared; every other one has a heavy diagonal, so that it has an inverse
 * and a positive determinant. */
static void make_square(Draw *d, const Node *name, Square *m)
{
    Arena *a = ctx_arena(d->c);
    unsigned is = ex_is(name, OP_SYM) ? sym_structure(d->c, name->sym) : 0;
    for (int64_t i = 0; i < m->n; i++)
        for (int64_t j = 0; j < m->n; j++)
            m->e[i][j] = draw_element(d, name);
    for (int64_t i = 0; i < m->n; i++)
        for (int64_t j = 0; j < m->n; j++) {
            if (i < j && (is & SYM_SYMMETRIC))
                m->e[i][j] = m->e[j][i];
            if (i != j && (is & SYM_DIAGONAL))
                m->e[i][j] = NUM_ZERO;
            if (i == j && d->turn % 2)
                m->e[i][j] = num_add(a, m->e[i][j], num_int(3 * m->n));
        }
    for (int64_t i = 0; i < m->n && (is & SYM_SYMMETRIC); i++)
        for (int64_t j = 0; j < i; j++)
            m->e[j][i] = m->e[i][j];
    if (is & SYM_ORTHOGONAL)
        make_orthogonal(d, m);
    else if (is & SYM_POSITIVE)
        make_positive(d, m);
}

static Node *draw_axes(Draw *d, const Node *name, const Shape *s, unsigned left)
{
    Ctx *c = d->c;
    if (!left)
        return ex_num(c, draw_element(d, name));
    size_t n = (size_t)s->size[s->rank - left].n;
    Node **e = ARENA_NEW(&c->pool[1].arena, Node *, n + 1);
    for (size_t i = 0; e && i < n; i++)
        e[i] = draw_axes(d, name, s, left - 1);
    return e ? ex_list(c, n, e) : c->poison;
}

static Node *draw_tensor(Draw *d, const Node *name)
{
    Ctx *c = d->c;
    uint32_t shape = shape_at_sizes(c, name->shape, &d->sizes);
    Shape s = *shape_at(c, shape);
    Square m = {.n = s.size[0].n};
    if (!shape_is_square(c, shape) || m.n > MOST_SIDE)
        return draw_axes(d, name, &s, s.rank);
    make_square(d, name, &m);
    Node *row[MOST_SIDE];
    for (int64_t i = 0; i < m.n; i++) {
        Node *e[MOST_SIDE];
        for (int64_t j = 0; j < m.n; j++)
            e[j] = ex_num(c, m.e[i][j]);
        row[i] = ex_list(c, (size_t)m.n, e);
    }
    return ex_list(c, (size_t)m.n, row);
}

static bool is_size(const Draw *d, uint32_t sym)
{
    for (size_t i = 0; i < d->sizes.n; i++)
        if (d->sizes.sym[i] == sym)
            return true;
    return false;
}

/* Names get data, sizes numbers; two sizes are seldom the same. */
static void draw_all(Draw *d)
{
    Ctx *c = d->c;
    size_t n = d->n;
    for (size_t i = 0; i < d->sizes.n; i++)
        d->sizes.value[i] = ex_int(c, 1 + (int64_t)((i + d->turn) % 4));
    for (size_t i = 0; i < n; i++)
        d->by[i] = is_size(d, d->sym[i]) ? ex_int(c, 1)
                   : d->name[i]->shape   ? draw_tensor(d, d->name[i])
                                         : ex_num(c, draw_element(d, d->name[i]));
    for (size_t i = 0; i < d->sizes.n; i++) {
        for (size_t j = 0; j < n; j++)
            if (d->sym[j] == d->sizes.sym[i])
                d->by[j] = d->sizes.value[i];
        d->sym[n + i] = d->sizes.sym[i];
        d->by[n + i] = d->sizes.value[i];
    }
}

/* ---- comparing ------------------------------------------------------------------------ */
/* Numbers with decimals have gone by float64 where no exact value exists. */
static Outcome compare_doubles(Draw *d, Node *l, Node *r)
{
    double a, b;
    if (!answer_number(d->c, l, &a) || !answer_number(d->c, r, &b) || a - a != 0 ||
        b - b != 0)
        return SKIP;
    double size = fmax(1, fmax(fabs(a), fabs(b))), off = fabs(a - b);
    return off <= 1e-8 * size ? AGREE : off > 1e-4 * size ? DIFFER : SKIP;
}

static Outcome compare_numbers(Draw *d, Node *l, Node *r)
{
    Ctx *c = d->c;
    Check *k = d->k;
    if (l == r)
        return AGREE;
    if ((l->flags | r->flags) & NF_DEC)
        return compare_doubles(d, l, r);
    if (ex_is_num(l) && ex_is_num(r))
        return DIFFER;
    for (slong prec = 64; prec <= 512 && !ctx_poll(c); prec *= 2) {
        if (ball_eval(c, l, NULL, NULL, 0, prec, k->lv, NULL) != LBZ_OK ||
            ball_eval(c, r, NULL, NULL, 0, prec, k->rv, NULL) != LBZ_OK)
            continue;
        if (!arb_overlaps(k->lv, k->rv))
            return DIFFER;
        arb_sub(k->d, k->lv, k->rv, prec);
        if (mag_cmp_2exp_si(arb_radref(k->d), -160) < 0)
            return AGREE;
    }
    return SKIP;
}

/* Element by element; as deep as a tensor has axes. */
static Outcome compare_elements(Draw *d, Node *l, Node *r, unsigned depth)
{
    Outcome all = AGREE;
    bool lists = ex_is(l, OP_LIST) || ex_is(r, OP_LIST);
    if (!lists) {
        d->rank = depth;
        d->left = l;
        d->right = r;
        return l->shape || r->shape ? SKIP : compare_numbers(d, l, r);
    }
    size_t n = ex_is(l, OP_LIST) ? l->n : r->n;
    if (depth == SHAPE_RANK || (ex_is(l, OP_LIST) && ex_is(r, OP_LIST) && l->n != r->n))
        return SKIP;
    for (size_t i = 0; i < n && !ctx_poll(d->c); i++) {
        d->place[depth] = i + 1;
        Outcome o = compare_elements(d, ex_is(l, OP_LIST) ? l->a[i] : l,
                                     ex_is(r, OP_LIST) ? r->a[i] : r, depth + 1);
        if (o == DIFFER)
            return o;
        all = o == SKIP ? o : all;
    }
    return all;
}

/* Identities of so many rows as a number says are written out. */
static Node *write_out(Ctx *c, Node *n, void *arg)
{
    (void)arg;
    return ex_is(n, OP_EYE) && ex_is_num(n->a[0]) ? ex_tensor(c, OP_EYE, NULL, 1, n->a)
                                                  : NULL;
}

static Node *side_there(Draw *d, Node *e)
{
    e = ex_swap(d->c, e, write_out, NULL);
    e = ex_subst(d->c, e, d->sym, d->by, d->n + d->sizes.n);
    if (shape_is_row(d->c, e->shape) && ex_is(e, OP_ROW))
        e = e->a[0];
    return e;
}

static Outcome compare_draw_once(Draw *d)
{
    Ctx *c = d->c;
    Attempt at = attempt_begin(c);
    draw_all(d);
    Node *l = side_there(d, d->k->l), *r = ctx_failed(c) ? l : side_there(d, d->k->r);
    Outcome o = ctx_failed(c) ? SKIP : compare_elements(d, l, r, 0);
    return attempt_end(c, &at) ? o : SKIP;
}

/* ---- the verdict ---------------------------------------------------------------------- */
static void put_name(Draw *d, uint32_t sym, Node *value, bool first)
{
    Answer *a = &d->k->s->ans;
    str_printf(&a->text, first ? " at %s=" : ", %s=", sym_name(d->c, sym));
    print_plain(d->c, &a->text, value);
    str_puts(&a->at, sym_name(d->c, sym));
    str_putc(&a->at, 0);
    print_plain(d->c, &a->at, value);
    str_putc(&a->at, 0);
}

static void put_side(Draw *d, const char *side, Node *value, Str *also)
{
    Str *out = &d->k->s->ans.text;
    str_puts(out, side);
    for (unsigned i = 0; i < d->rank; i++)
        str_printf(out, i ? ",%zu" : "[%zu", d->place[i]);
    str_puts(out, d->rank ? "]=" : "=");
    if (ex_is_num(value)) {
        print_plain(d->c, out, value);
    } else {
        (void)ball_eval(d->c, value, NULL, NULL, 0, 128, d->k->d, NULL);
        ball_put(out, d->k->d, 17);
    }
    double x = 0;
    (void)answer_number(d->c, value, &x);
    double_put(also, x);
}

static void set_verdict(Draw *d, lbz_verdict v, const char *proof)
{
    Answer *a = &d->k->s->ans;
    a->kind = LBZ_CHECK;
    a->verdict = v;
    a->proof = proof;
}

static void report_counterexample(Draw *d)
{
    Answer *a = &d->k->s->ans;
    bool first = true;
    str_puts(&a->text, "FAIL");
    for (size_t i = 0; i < d->n; i++) {
        put_name(d, d->sym[i], d->by[i], first);
        first = false;
    }
    put_side(d, ": lhs", d->left, &a->lhs);
    put_side(d, " rhs", d->right, &a->rhs);
    set_verdict(d, LBZ_FAIL, "counterexample");
}

static void report_agreement(Draw *d, unsigned agreed)
{
    Str *out = &d->k->s->ans.text;
    if (agreed >= ENOUGH) {
        str_printf(out, "PASS numeric (random exact data, %u draws%s)", agreed,
                   d->symbolic ? " of several shapes" : "");
        set_verdict(d, LBZ_PASS, "numeric");
        return;
    }
    str_puts(out, "UNKNOWN ");
    if (agreed)
        str_printf(out, "they agree for %u draws of random data, and no more were found",
                   agreed);
    else
        str_puts(out, "no data were found for which both sides have a value");
    set_verdict(d, LBZ_UNKNOWN, "");
}

static void decide(Draw *d)
{
    Ctx *c = d->c;
    Node *diff = ex_sub(c, d->k->l, d->k->r);
    unsigned agreed = 0;
    if (ctx_failed(c))
        return;
    if (prove_tensor_zero(c, diff)) {
        str_puts(&d->k->s->ans.text, "PASS proved");
        set_verdict(d, LBZ_PASS, "symbolic");
        return;
    }
    if (!collect_names(d))
        return;
    for (d->turn = 0; d->turn < DRAWS && agreed < ENOUGH && !ctx_poll(c); d->turn++) {
        Outcome o = compare_draw_once(d);
        if (o == DIFFER) {
            report_counterexample(d);
            return;
        }
        agreed += o == AGREE;
    }
    if (!ctx_failed(c))
        report_agreement(d, agreed);
}

/* From what the sides say: the same data for it, whatever else the table has. */
static uint64_t seed_of(const Check *k)
{
    Str s = {0};
    print_plain(k->c, &s, k->l);
    str_puts(&s, " == ");
    print_plain(k->c, &s, k->r);
    uint64_t seed = hash_bytes(str_cstr(&s), s.n, 1) | 1;
    str_free(&s);
    return seed;
}

bool compare_tensors(Check *k, Span args)
{
    Draw d = {.k = k, .c = k->c};
    if (k->l->shape != k->r->shape && k->l->shape && k->r->shape) {
        Str s = {0};
        shape_print(k->c, &s, k->l->shape);
        str_puts(&s, " and ");
        shape_print(k->c, &s, k->r->shape);
        env_error_at(&k->c->env, args, LBZ_SHAPE, NULL,
                     "the two sides have different shapes: %s", str_cstr(&s));
        str_free(&s);
        return false;
    }
    arb_init(k->lv);
    arb_init(k->rv);
    arb_init(k->d);
    k->seed = seed_of(k);
    decide(&d);
    arb_clear(k->lv);
    arb_clear(k->rv);
    arb_clear(k->d);
    return !ctx_failed(k->c);
}
