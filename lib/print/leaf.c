/* print/leaf.c - forms of what is shown as it stands (names, numbers, calls,
 * lists, conditions), and the lengths of forms. What is rearranged is in form.c. */
#include "expr/attributes.h"
#include "expr/shape.h"
#include "print/form.h"
#include "print/print.h"

Form *form_text(Forms *F, FormKind kind, const char *s, size_t n)
{
    Form *f = form_new(F, kind, BIND_ATOM, 0);

    f->text = s;
    f->ntext = n;
    f->len = (double)n;
    return f;
}

Form *form_number(Forms *F, Num x)
{
    char small[24];
    Str s = {0};
    Form *f;

    if (x.q == 1 && !x.dec && x.p >= 0 && x.p <= 9)
        return form_text(F, FORM_NUM, "0123456789" + x.p, 1);
    if (x.q == 1 && !x.dec && x.p >= 0) {
        size_t n = sizeof(small);
        do
            small[--n] = (char)('0' + x.p % 10);
        while ((x.p /= 10) > 0);
        return form_text(F, FORM_NUM,
                         arena_strndup(&F->c->tmp, small + n, sizeof(small) - n),
                         sizeof(small) - n);
    }
    num_print(&s, x);
    f = form_text(F, FORM_NUM, arena_strndup(&F->c->tmp, str_cstr(&s), s.n), s.n);
    if (!f->text)
        f->ntext = 0;
    str_free(&s);
    return f;
}

/* Length of the children plus that of what stands between them. */
void form_measure(Form *f, size_t between, size_t around)
{
    double len = (double)(f->ntext + around);
    bool sum = f->kind == FORM_SUM;

    for (uint32_t i = 0; i < f->n; i++)
        len += form_placed(f->a[i].f, sum, sum ? BIND_PROD : form_needs(f, i));
    if (f->n > 1)
        len += (double)between * (f->n - 1);
    f->len = len + (f->kind == FORM_SUM && f->n && f->a[0].neg);
}

/* ---- nodes that are shown as they stand
 * ------------------------------------------------- */

static Form *form_list(Forms *F, FormKind kind, int strength, const Node *n, size_t kids,
                       const char *text, size_t ntext, size_t between, size_t around)
{
    Form *f = form_new(F, kind, strength, kids);

    f->op = n->op;
    f->text = text;
    f->ntext = ntext;
    for (uint32_t i = 0; i < f->n; i++)
        f->a[i] = (Item){.f = form_entry(F, n->a[i])->stand};
    form_measure(f, between, around);
    return f;
}

static Form *form_named(Forms *F, const char *s)
{
    return form_text(F, FORM_NAME, s, strlen(s));
}

/* ' or _i, d times */
static void put_order(Forms *F, Str *s, uint32_t i, int64_t d)
{
    if (d > 10000) {
        ctx_error(F->c, LBZ_LIMIT, "Ask for a lower order.",
                  "a derivative of order %lld is too long to print", (long long)d);
        return;
    }
    for (int64_t j = 0; j < d; j++)
        if (i)
            str_printf(s, "_%u", (unsigned)i);
        else
            str_putc(s, '\'');
}

/* f'(x), f^(4)(x), f_1_2(x, y): the name with what was differentiated. */
static Form *build_apply(Forms *F, const Node *n)
{
    Str s = {0};
    uint32_t k = n->n / 2;
    int64_t d;
    Form *f;

    str_puts(&s, sym_name(F->c, n->sym));
    for (uint32_t i = 0; i < k; i++) {
        if (!ex_get_int(n->a[k + i], &d))
            d = 0;
        if (k == 1 && d > 3)
            str_printf(&s, "^(%lld)", (long long)d);
        else
            put_order(F, &s, k == 1 ? 0 : i + 1, d);
    }
    f = form_list(F, FORM_APPLY, BIND_ATOM, n, k,
                  arena_strndup(&F->c->tmp, str_cstr(&s), s.n), s.n, 2, 2);
    str_free(&s);
    return f;
}

static Form *build_string(Forms *F, const Node *n)
{
    Str s = {0};
    Form *f;

    str_putc(&s, '"');
    str_put(&s, n->text, n->sym);
    str_putc(&s, '"');
    f = form_text(F, FORM_NAME, arena_strndup(&F->c->tmp, str_cstr(&s), s.n), s.n);
    str_free(&s);
    return f;
}

/* x > 0 for 0 < x. */
static void turn_around(Form *f)
{
    Item left = f->a[0];

    if (f->op != OP_LT && f->op != OP_LE && f->op != OP_EQ && f->op != OP_NE)
        return;
    f->a[0] = f->a[1];
    f->a[1] = left;
    f->text = f->op == OP_LT ? " > " : f->op == OP_LE ? " >= " : f->text;
}

static Form *build_infix(Forms *F, const Node *n)
{
    static const struct {
        uint16_t op;
        uint8_t strength;
        const char *text;
    } infix[] = {
        {OP_LT, BIND_CMP, " < "},    {OP_LE, BIND_CMP, " <= "},
        {OP_EQ, BIND_CMP, " == "},   {OP_NE, BIND_CMP, " != "},
        {OP_AND, BIND_AND, " and "}, {OP_OR, BIND_OR, " or "},
        {OP_RANGE, BIND_RANGE, ":"}, {OP_MATMUL, BIND_PROD, "*"},
        {OP_MATPOW, BIND_POW, "^"},  {OP_SEQUENCE, BIND_RANGE, ":"},
    };
    size_t i = 0;
    Form *f;

    while (infix[i].op != n->op)
        i++;
    f = form_list(F, FORM_INFIX, infix[i].strength, n, n->n, infix[i].text, 0,
                  strlen(infix[i].text), 0);
    if (f->n == 2 && ex_is_num(n->a[0]) && !ex_is_num(n->a[1]))
        turn_around(f);
    f->ntext = strlen(f->text);
    return f;
}

/* Axes are shown as they are counted: from 1, where the shape of the operand is known. */
static void put_attribute(Ctx *c, Str *s, const Node *n, const char *text, size_t len)
{
    uint32_t shape = n->a[0]->shape;
    unsigned rank = shape_is_tensor(shape) ? shape_at(c, shape)->rank : 0;
    unsigned axes = attr_axes(n->name, rank), k = 0;
    if (!rank || len < 5 || memcmp(text, "axis=", 5) != 0) {
        str_put(s, text, len);
        return;
    }
    bool one = (axes & (axes - 1)) == 0;
    str_puts(s, one ? "axis=" : "axis=[");
    for (unsigned i = 0; i < rank; i++)
        if (axes >> i & 1)
            str_printf(s, "%s%u", k++ ? ", " : "", i + 1);
    str_puts(s, one ? "" : "]");
}

/* f with the attributes of n behind its arguments. */
static Form *with_attributes(Forms *F, const Node *n, Form *f)
{
    enum { MOST = 8 };
    size_t k = 0;
    Form *g = form_new(F, FORM_CALL, BIND_ATOM, f->n + MOST);
    if (!g->n)
        return f;
    memcpy(g->a, f->a, f->n * sizeof *g->a);
    for (const char *t = n->name; *t && k < MOST; k++) {
        Str s = {0};
        size_t len = strcspn(t, " ");
        if (shape_has_rank(F->c, n->a[0]->shape, 1) && !memcmp(t, "axis=-1", len)) {
            t += len + (t[len] == ' '); /* the only one there is */
            k--;
            continue;
        }
        put_attribute(F->c, &s, n, t, len);
        const char *text = arena_strndup(&F->c->tmp, str_cstr(&s), s.n);
        g->a[f->n + k] = (Item){.f = form_text(F, FORM_NAME, text, text ? s.n : 0)};
        str_free(&s);
        t += len;
        t += *t == ' ';
    }
    g->n = f->n + (uint32_t)k;
    g->op = f->op;
    g->text = f->text;
    g->ntext = f->ntext;
    form_measure(g, 2, 2);
    return g;
}

/* eigh(A)[2]: a part, whose name is written like that. */
static Form *build_part(Forms *F, const Node *n, const char *name)
{
    const char *part = strchr(name, '[');
    size_t tail = strlen(part);
    Form *call =
        form_list(F, FORM_CALL, BIND_ATOM, n, n->n, name, strcspn(name, "("), 2, 2);
    Form *f = form_list(F, FORM_PART, BIND_ATOM, n, 1, part, tail, 0, tail);
    f->len = call->len + (double)tail;
    f->a[0].f = call;
    return f;
}

/* A[i, :]: a range over all of an axis is shown as ':', conditions as what they are. */
static Form *build_index(Forms *F, const Node *n)
{
    Form *f = form_list(F, FORM_INDEX, BIND_ATOM, n, n->n, "", 0, 2, 0);
    uint32_t shape = n->a[0]->shape;
    const Shape *s = shape_at(F->c, shape);
    for (uint32_t i = 1; i < f->n; i++) {
        const Node *x = n->a[i];
        int64_t k;
        bool whole =
            ex_is(x, OP_RANGE) && x->n == 2 && x->a[0] == F->c->one &&
            shape_is_tensor(shape) && i <= s->rank &&
            (s->size[i - 1].e ? x->a[1] == s->size[i - 1].e
                              : ex_get_int(x->a[1], &k) && k == s->size[i - 1].n);
        if (whole)
            f->a[i].f = form_named(F, ":");
    }
    form_measure(f, 2, 0);
    return f;
}

static Form *build_call(Forms *F, const Node *n)
{
    const char *name = n->op == OP_INT    ? "int"
                       : n->op == OP_SUM  ? "sum"
                       : n->op == OP_PROD ? "prod"
                                          : op_info((Op)n->op)->name;
    Form *f;

    if (strchr(name, '['))
        return build_part(F, n, name);
    if (n->op == OP_AT && n->n >= 3 && n->n % 2)
        return form_list(F, FORM_BINDS, BIND_IF, n, n->n, "", 0, 0,
                         5 * ((n->n - 1) / 2) + 2);
    f = form_list(F, FORM_CALL, BIND_ATOM, n, n->n, name, strlen(name), 2, 2);
    for (uint32_t i = 1; i < f->n; i++)
        f->len += (double)strlen(form_separator(f, i)) - 2;
    bool named = op_is_tensor((Op)n->op) && n->name && !ex_is(n, OP_CONTRACT);
    return named ? with_attributes(F, n, f) : f;
}

/* Hidden names of parameters are shown as they were typed: f@x. */
static const char *shown_name(const char *name)
{
    const char *own = strchr(name, '@');
    return own ? own + 1 : name;
}

/* Of many numbers the corners. */
static Form *build_data(Forms *F, const Node *n)
{
    Str s = {0};
    print_tensor(&s, n->data, tensor_count(n->data) > EXACT_MOST ? "..." : NULL, false);
    Form *f = form_text(F, FORM_NAME, arena_strndup(&F->c->tmp, str_cstr(&s), s.n), s.n);
    str_free(&s);
    return f;
}

/* One that may be changed: f may be that of another node. */
static Form *form_copy(Forms *F, const Form *f)
{
    Form *g = ARENA_NEW(&F->c->tmp, Form, 1);
    *g = *f;
    return g;
}

Form *form_other(Forms *F, const Node *n)
{
    static const char *const constant[] = {"pi", "e", "inf"};

    switch ((Op)n->op) {
    case OP_CONST: return form_named(F, constant[n->sym]);
    case OP_SYM: return form_named(F, shown_name(sym_name(F->c, n->sym)));
    case OP_TRUE:
    case OP_FALSE: return form_named(F, n->op == OP_TRUE ? "true" : "false");
    case OP_POISON: return form_named(F, "undefined");
    case OP_STRING: return build_string(F, n);
    case OP_DATA: return build_data(F, n);
    case OP_APPLY: return build_apply(F, n);
    case OP_STACK:
    case OP_LIST: return form_list(F, FORM_LIST, BIND_ATOM, n, n->n, "", 0, 2, 2);
    case OP_IF: return form_list(F, FORM_IF, BIND_IF, n, 3, "", 0, 6, 3);
    case OP_NOT: return form_list(F, FORM_NOT, BIND_NOT, n, 1, "", 0, 0, 4);
    case OP_ROW:
    case OP_TRANSPOSE:
        return form_copy(F, form_transposed(F, n->a[0], form_entry(F, n->a[0])->stand));
    case OP_CONTRACT: return form_copy(F, form_contraction(F, n));
    case OP_BROADCAST: return form_copy(F, form_repeated(F, n));
    case OP_LT:
    case OP_LE:
    case OP_EQ:
    case OP_NE:
    case OP_AND:
    case OP_OR:
    case OP_MATMUL:
    case OP_MATPOW:
    case OP_SEQUENCE:
    case OP_RANGE: return build_infix(F, n);
    case OP_INDEX: return build_index(F, n);
    case OP_POSITIONS: return form_entry(F, n->a[0])->stand;
    default: return build_call(F, n);
    }
}
