/* field/convert.c - nodes to elements, by an explicit stack over the DAG.
 * Every distinct node is converted once; elements live as long as the field. */
#include "expr/internal.h"
#include "field/field.h"

/* ---- which children are converted -------------------------------------------------- */
/* Negative powers that expand leaves alone. */
static bool kept_power(const Field *f, const Node *n)
{
    return f->mode == FIELD_EXPAND && ex_is_num(n->a[1]) && ex_is_neg(n->a[1]);
}

static uint32_t wanted_children(const Field *f, const Node *n)
{
    switch (n->op) {
    case OP_ADD:
    case OP_SCALE:
    case OP_MUL: return n->n;
    case OP_POW: return n->a[0]->op == OP_CONST || kept_power(f, n) ? 0 : 1;
    default: return f->mode == FIELD_PROVE && op_is_function((Op)n->op) ? n->n : 0;
    }
}

static Elem *new_elem(Field *f)
{
    Ctx *c = f->c;
    bool room = ARENA_ROOM(&c->tmp, f->pool, f->npool, f->pool_cap);
    Elem *e = room ? ARENA_NEW(&c->tmp, Elem, 1) : NULL;
    if (!e) {
        f->failed = true;
        return NULL;
    }
    el_init(f, e);
    return f->pool[f->npool++] = e;
}

static const Elem *elem_of(const Field *f, const Node *n)
{
    uint64_t v;
    return map_get(&f->elem_of_node, n->id, &v) ? (const Elem *)(uintptr_t)v : NULL;
}

/* ---- exponentials and symbolic powers for display ---------------------------------- */
/* b^(k*v): v primitive. One generator b^(v/D) serves all k; D and the sign were found before. */
static Num exponent_direction(Ctx *c, Node *x, Node **v)
{
    if (x->op == OP_ADD) {
        Num k = ex_sum_content(c, x, true);
        *v = ex_scale(c, num_inv(&c->tmp, k), x);
        return k;
    }
    *v = ex_rest(c, x);
    return ex_coef(x);
}

/* Finds for each direction of exponents the common denominator: a map from the node b^v to
 * the lcm, negative when every exponent seen is negative. */
static void survey_power(Field *f, Map *seen, Node *b, Node *x)
{
    Ctx *c = f->c;
    Node *v;
    Num k = exponent_direction(c, x, &v);
    int64_t q, old;
    uint64_t raw;
    Node *key = ex_structural(c, OP_LIST, 2, (Node *[]){b, v});
    if (!num_get_int(num_denom(&c->tmp, k), &q) || q > 1000)
        return;
    bool neg = num_sgn(k) < 0;
    if (map_get(seen, key->id, &raw)) {
        old = (int64_t)raw;
        neg = neg && old < 0;
        int64_t a = old < 0 ? -old : old, g = a, h = q;
        while (h) {
            int64_t t = g % h;
            g = h;
            h = t;
        }
        q = a / g * q;
    }
    map_put(seen, key->id, (uint64_t)(neg ? -q : q));
}

static void survey_below(Field *f, Map *seen, Node *n)
{
    if (n->op != OP_POW || ex_is_num(n->a[1]))
        return;
    Node *b = n->a[0], *x = n->a[1];
    if (b->op == OP_CONST || x->op != OP_ADD) {
        survey_power(f, seen, b, x);
        return;
    }
    for (uint32_t i = 0; i < x->n; i++)
        if (!ex_is_num(x->a[i]))
            survey_power(f, seen, b, x->a[i]);
}

static void times_display_power(Field *f, Elem *r, Node *b, Node *x)
{
    Ctx *c = f->c;
    Node *v;
    Num k = exponent_direction(c, x, &v);
    uint64_t raw = 1;
    int64_t n;
    Node *key = ex_structural(c, OP_LIST, 2, (Node *[]){b, v});
    (void)map_get(&f->powers, key->id, &raw);
    int64_t d = (int64_t)raw;
    Node *unit =
        ex_pow(c, b, ex_scale(c, num_rat(&c->tmp, d < 0 ? -1 : 1, d < 0 ? -d : d), v));
    slong g = field_gen_of(f, unit);
    if (g < 0 || !num_get_int(num_mul(&c->tmp, k, num_int(d)), &n)) {
        f->failed = true;
        return;
    }
    el_mul_gen(f, r, g, n);
}

static void display_power(Field *f, Elem *r, Node *b, Node *x)
{
    Elem t;
    el_one(f, r);
    if (b->op == OP_CONST || x->op != OP_ADD) {
        times_display_power(f, r, b, x);
        return;
    }
    el_init(f, &t);
    for (uint32_t i = 0; i < x->n && !f->failed; i++) {
        if (!ex_is_num(x->a[i])) {
            times_display_power(f, r, b, x->a[i]);
            continue;
        }
        int64_t n;
        const Elem *base = elem_of(f, b);
        if (num_get_int(x->a[i]->num, &n))
            el_pow(f, &t, base, n);
        else
            field_root(f, &t, base, x->a[i]->num);
        if (!f->failed)
            el_mul(f, r, r, &t);
    }
    el_clear(f, &t);
}

/* ---- node by node ------------------------------------------------------------------ */
static void set_generator(Field *f, Elem *r, Node *n)
{
    slong g = field_gen_of(f, n);
    if (g >= 0)
        el_set_gen(f, r, g);
}

static void convert_power(Field *f, Elem *r, Node *n)
{
    Node *b = n->a[0], *x = n->a[1];
    int64_t k;
    if (b->op == OP_CONST && !ex_is_num(x)) {
        if (f->mode != FIELD_PROVE)
            display_power(f, r, b, x);
        else
            set_generator(f, r, n);
        return;
    }
    Elem t;
    const Elem *base = elem_of(f, b);
    el_init(f, &t);
    if (!base) { /* a constant base: pi, e */
        set_generator(f, &t, b);
        base = &t;
    }
    if (ex_get_int(x, &k))
        el_pow(f, r, base, k);
    else if (ex_is_num(x)) {
        f->written = n;
        field_root(f, r, base, x->num);
        f->written = NULL;
    } else if (f->mode == FIELD_PROVE)
        field_power(f, r, base, x);
    else
        display_power(f, r, b, x);
    el_clear(f, &t);
}

/* The generator that stands for that function of these arguments, known or new; -1 when full. */
static slong function_generator(Field *f, Node *n, const Elem *arg)
{
    for (slong g = 0; g < f->ngens; g++) {
        Generator *k = &f->gen[g];
        bool same = k->kind == G_FUNCTION && k->op == (Op)n->op && k->nargs == n->n;
        for (uint32_t j = 0; same && j < n->n; j++)
            same = el_equal(f, &k->arg[j], &arg[j]);
        if (same)
            return g;
    }
    slong g = field_new_gen(f, G_FUNCTION, n);
    if (g < 0)
        return g;
    Generator *k = &f->gen[g];
    k->op = (Op)n->op;
    k->nargs = n->n;
    for (uint32_t j = 0; j < n->n; j++) {
        el_init(f, &k->arg[j]);
        el_set(f, &k->arg[j], &arg[j]);
    }
    return g;
}

/* The generator op(args) for arguments in lowest terms; an argument with a negative leading
 * coefficient is turned round when the function is odd or even. */
static void convert_function(Field *f, Elem *r, Node *n)
{
    unsigned flags = op_info((Op)n->op)->flags;
    Elem arg[3];
    bool negate = false;
    for (uint32_t i = 0; i < n->n; i++) {
        el_init(f, &arg[i]);
        el_set(f, &arg[i], elem_of(f, n->a[i]));
        el_cancel(f, &arg[i]);
    }
    if ((flags & (ODD | EVEN)) && n->n == 1 && arg[0].num->length &&
        fmpz_sgn(arg[0].num->coeffs) < 0) {
        fmpz_mpoly_neg(arg[0].num, arg[0].num, f->ctx);
        negate = flags & ODD;
    }
    slong g = function_generator(f, n, arg);
    if (g >= 0) {
        el_set_gen(f, r, g);
        if (negate)
            fmpz_mpoly_neg(r->num, r->num, f->ctx);
    }
    for (uint32_t i = 0; i < n->n; i++)
        el_clear(f, &arg[i]);
}

static void convert_sum(Field *f, Elem *r, Node *n)
{
    Elem **a = ARENA_NEW(&f->c->tmp, Elem *, n->n);
    if (!a) {
        f->failed = true;
        return;
    }
    for (uint32_t i = 0; i < n->n; i++)
        a[i] = (Elem *)(uintptr_t)elem_of(f, n->a[i]);
    el_add(f, r, a, n->n);
}

static void convert_node(Field *f, Elem *r, Node *n)
{
    switch (n->op) {
    case OP_NUM: el_set_num(f, r, n->num); return;
    case OP_ADD: convert_sum(f, r, n); return;
    case OP_SCALE:
    case OP_MUL:
        el_set(f, r, elem_of(f, n->a[0]));
        for (uint32_t i = 1; i < n->n && !f->failed; i++)
            el_mul(f, r, r, elem_of(f, n->a[i]));
        return;
    case OP_POW:
        if (kept_power(f, n))
            set_generator(f, r, n);
        else
            convert_power(f, r, n);
        return;
    default: break;
    }
    if (f->mode != FIELD_PROVE || !op_is_function((Op)n->op))
        set_generator(f, r, n);
    else if (n->op == OP_log)
        field_log(f, r, elem_of(f, n->a[0]));
    else if (n->op == OP_abs || n->op == OP_sign)
        field_abs(f, r, elem_of(f, n->a[0]), n->op == OP_sign);
    else
        convert_function(f, r, n);
}

/* lcm of the denominators of rational and of symbolic exponents. */
static void survey_orders(Field *f, Node *n)
{
    Ctx *c = f->c;
    if (n->op != OP_POW || n->a[0]->op == OP_CONST)
        return;
    Node *x = n->a[1];
    bool sum = x->op == OP_ADD;
    for (uint32_t i = 0; i < (sum ? x->n : 1); i++) {
        Node *t = sum ? x->a[i] : x;
        int64_t q;
        if (!num_get_int(num_denom(&c->tmp, ex_coef(t)), &q) || q > 5040)
            continue;
        int64_t old = ex_is_num(t) ? (int64_t)f->root_order : f->power_denom, g = old,
                h = q;
        while (h) {
            int64_t m = g % h;
            g = h;
            h = m;
        }
        if (ex_is_num(t))
            f->root_order = (unsigned)(old / g * q);
        else
            f->power_denom = old / g * q;
    }
}

/* ---- traversal --------------------------------------------------------------------- */
typedef struct {
    Node *n;
    uint32_t next;
} Todo;

typedef struct {
    Todo *v;
    size_t n, cap;
} TodoStack;

static bool push_node(Field *f, TodoStack *s, Node *n)
{
    if (!ARENA_ROOM(&f->c->tmp, s->v, s->n, s->cap))
        return false;
    s->v[s->n++] = (Todo){n, 0};
    return true;
}

/* How many generators n may need by itself. */
static slong gens_of(const Field *f, const Node *n)
{
    if (n->op == OP_NUM || n->op == OP_ADD || n->op == OP_SCALE || n->op == OP_MUL ||
        n->op == OP_LIST)
        return 0;
    if (n->op != OP_POW)
        return f->mode == FIELD_PROVE && op_is_function((Op)n->op) ? 4 : 1;
    if (ex_is_int(n->a[1]))
        return n->a[0]->op == OP_CONST || kept_power(f, n);
    return f->mode == FIELD_PROVE ? 8 : n->a[1]->op == OP_ADD ? (slong)n->a[1]->n + 1 : 2;
}

slong field_survey(Field *f, Node *root)
{
    Map seen;
    TodoStack s = {0};
    slong count = 1;
    map_init(&seen, &f->c->tmp);
    if (!push_node(f, &s, root))
        return FIELD_GENS + 1;
    while (s.n) {
        Node *n = s.v[--s.n].n;
        uint64_t v;
        if (map_get(&seen, n->id, &v))
            continue;
        map_put(&seen, n->id, 1);
        count += gens_of(f, n);
        if (count > FIELD_GENS && f->mode != FIELD_PROVE)
            break;
        if (f->mode == FIELD_PROVE)
            survey_orders(f, n);
        else
            survey_below(f, &f->powers, n);
        uint32_t kids = n->op == OP_LIST ? n->n : wanted_children(f, n);
        for (uint32_t i = 0; i < kids; i++)
            if (!push_node(f, &s, n->a[i]))
                return FIELD_GENS + 1;
    }
    return count;
}

const Elem *field_elem(Field *f, Node *root)
{
    Ctx *c = f->c;
    TodoStack s = {0};
    if (f->failed || !push_node(f, &s, root))
        return NULL;
    while (s.n && !f->failed) {
        Todo *t = &s.v[s.n - 1];
        if (elem_of(f, t->n)) {
            s.n--;
        } else if (t->next < wanted_children(f, t->n)) {
            if (!push_node(f, &s, t->n->a[t->next++]))
                return NULL;
        } else {
            Elem *e = new_elem(f);
            if (!e)
                break;
            convert_node(f, e, t->n);
            if (env_poll(&c->env))
                f->failed = true;
            map_put(&f->elem_of_node, t->n->id, (uint64_t)(uintptr_t)e);
            s.n--;
        }
    }
    return f->failed ? NULL : elem_of(f, root);
}
