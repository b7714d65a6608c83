/* diff/row_text.c - the texts jvp and vjp of the table's rows as nodes.
 *
 * A text is read for operands of the shapes at hand, over symbols: x, y, z the operands, dx, dy, dz their
 * tangents, f the value, g its cotangent, of plain shape. What a vjp comes to is linear in g; where the cotangent has further axes in
 * front, the nodes above g are made again with these axes (diff_batched).
 */
#include "diff/tensor.h"
#include "expr/attributes.h"
#include "expr/internal.h"
#include "parse/parse.h"
#include "print/print.h"
#include <ctype.h>
#include <stdio.h>

/* What a text is over. */
enum { F = 3, G, DX, WORDS = DX + 3 };
static const char *const words[WORDS] = {"x", "y", "z", "f", "g", "dx", "dy", "dz"};

typedef struct {
    Ctx *c;
    const Node *n;
    uint32_t sym[WORDS];
    Node *by[WORDS]; /* what they stand for: of these shapes */
} RowText;

static void text_open(RowText *t, Ctx *c, Node *n)
{
    *t = (RowText){.c = c, .n = n};
    for (unsigned k = 0; k < WORDS; k++) {
        char name[8] = "";
        snprintf(name, sizeof name, "%s_row", words[k]);
        t->sym[k] = sym_intern(c, name, strlen(name));
        t->by[k] = k < n->n && k < 3 ? n->a[k] : n;
    }
}

static bool is_word(char ch) { return isalnum((unsigned char)ch) || ch == '_'; }

/* The text number i of those divided by ';'. False: there is none. */
static bool piece_of(const char *text, unsigned i, const char **from, size_t *n)
{
    for (; i > 0 && text; i--) {
        text = strchr(text, ';');
        text = text ? text + 1 : NULL;
    }
    if (!text || !*text)
        return false;
    *from = text;
    *n = strcspn(text, ";");
    return true;
}

/* Of a text with an alternative behind |, which is that of a norm of an order, the one for n. */
static void choose_text(const char **text, size_t *len, const Node *order)
{
    const char *bar = memchr(*text, '|', *len);
    if (!bar)
        return;
    size_t k = (size_t)(bar - *text);
    *text += order ? k + 1 : 0;
    *len = order ? *len - k - 1 : k;
}

static bool is_operand(const char *s, size_t n)
{
    for (unsigned k = 0; k < WORDS; k++)
        if (strlen(words[k]) == n && !memcmp(words[k], s, n))
            return true;
    return false;
}

/* "-2,-1" of the attributes; NULL: a reduction over all axes. */
static const char *axes_of(const Node *n, size_t *len)
{
    const char *s = n->name ? strstr(n->name, "axis=") : NULL;
    *len = s ? strcspn(s + 5, " ") : 0;
    return s ? s + 5 : NULL;
}

/* `, axis=axis, keep=yes` with the axes of n; where it goes over all axes there is nothing to say. The
 * length of what was read; 0: it is not there. */
static size_t write_axes(Str *out, const Node *n, const char *s, size_t len)
{
    static const char axis[] = ", axis=axis", keep[] = ", keep=yes";
    size_t k = sizeof axis - 1, m = sizeof keep - 1, l;
    if (len < k || memcmp(s, axis, k) != 0)
        return 0;
    bool kept = len >= k + m && memcmp(s + k, keep, m) == 0;
    const char *axes = axes_of(n, &l);
    if (axes) {
        bool one = !memchr(axes, ',', l);
        str_puts(out, one ? ", axis=" : ", axis=[");
        str_put(out, axes, l);
        str_puts(out, one ? "" : "]");
        str_puts(out, kept ? keep : "");
    }
    return kept ? k + m : k;
}

/* `, reverse=yes` where n itself does not run in reverse. Its length; 0: it is not there. */
static size_t write_reverse(Str *out, const Node *n, const char *s, size_t len)
{
    static const char reverse[] = ", reverse=yes";
    size_t k = sizeof reverse - 1;
    if (len < k || memcmp(s, reverse, k) != 0)
        return 0;
    str_puts(out, attr_is(n->name, "reverse") ? "" : reverse);
    return k;
}

/* The text with names that nobody has typed: x_row for x. */
static void write_names(Str *out, Ctx *c, const Node *row, const char *s, size_t n)
{
    Node *order = attr_number(c, row->name, "p");
    for (size_t i = 0; i < n;) {
        size_t k = i + write_axes(out, row, s + i, n - i);
        k += k > i ? 0 : write_reverse(out, row, s + i, n - i);
        if (k > i) {
            i = k;
            continue;
        }
        while (k < n && is_word(s[k]))
            k++;
        k += k == i;
        if (order && k == i + 1 && s[i] == 'p')
            print_plain(c, out, order);
        else
            str_put(out, s + i, k - i);
        if (is_operand(s + i, k - i))
            str_puts(out, "_row");
        i = k;
    }
}

/* The text number i of a column of the row, over symbols. */
static Node *read_text(const RowText *t, const char *column, unsigned i)
{
    Ctx *c = t->c;
    const char *text;
    size_t len;
    if (!piece_of(column, i, &text, &len))
        return ctx_error(c, LBZ_UNABLE, NULL, "%s cannot be differentiated",
                         op_info((Op)t->n->op)->usage);
    Node *order = attr_number(c, t->n->name, "p");
    choose_text(&text, &len, order);
    if (order && order->flags & NF_INF)
        return ctx_error(c, LBZ_UNABLE, "write max(abs(x))",
                         "the largest element as a norm cannot be differentiated");
    uint32_t shape[WORDS];
    for (unsigned k = 0; k < WORDS; k++)
        shape[k] = t->by[k]->shape;
    ShapeScope scope = {.n = WORDS, .sym = t->sym, .shape = shape};
    ParseEnv pe = {.scope = &scope};
    Str s = {0};
    Span at = c->env.at;
    size_t notes = c->nnotes;
    write_names(&s, c, t->n, text, len);
    Node *r = parse_expr(c, &pe, str_cstr(&s), 0, s.n, NULL);
    str_free(&s);
    c->env.at = at;
    c->nnotes = notes;
    return r;
}

static uint32_t column_of(Ctx *c, uint32_t shape)
{
    return shape_is_row(c, shape) ? shape_column(c, shape) : shape;
}

/* ---- reductions: f and g with the axes they have lost ------------------------------------- */
static bool drops_axes(const Node *n)
{
    size_t len;
    return op_info((Op)n->op)->flags & AXES && axes_of(n, &len) && !attr_keep(n->name);
}

/* n with its axes kept. */
static Node *kept_value(Ctx *c, Node *n)
{
    return ex_tensor(c, (Op)n->op, attr_with(c, n->name, "keep", "yes"), n->n, n->a);
}

/* g, of the shape batch + n, with the axes of n kept. */
static Node *kept_axes(Ctx *c, const Node *n, Node *g, const Shape *batch)
{
    TensorSweep s = {.c = c, .batch = *batch};
    Product p;
    Indices of = {0}, to = {0};
    unsigned rank = shape_at(c, n->a[0]->shape)->rank, axes = attr_axes(n->name, rank);
    for (unsigned i = 0; i < rank; i++) {
        to.at[to.n++] = (uint8_t)i;
        if (!(axes >> i & 1))
            of.at[of.n++] = (uint8_t)i;
    }
    diff_product_begin(&s, &p, g, &of);
    for (unsigned i = 0; i < rank; i++)
        p.k.size[p.first + i] = (ShapeSize){1, NULL};
    return diff_product_end(&s, &p, &to);
}

Node *diff_row_vjp(Ctx *c, Node *n, uint32_t i, Node *g, const Shape *batch)
{
    RowText t;
    text_open(&t, c, n);
    bool drops = drops_axes(n);
    t.by[F] = drops ? kept_value(c, n) : n;
    g = drops ? kept_axes(c, n, g, batch) : g;
    uint32_t to = column_of(c, n->a[i]->shape);
    Node *sym = t.by[G] = ex_sym_shaped(c, t.sym[G], column_of(c, t.by[F]->shape));
    Node *r = ctx_failed(c) ? c->poison : read_text(&t, op_info((Op)n->op)->vjp, i);
    if (ctx_failed(c))
        return c->poison;
    if (batch->rank) /* g + 0*x has fewer axes than x */
        return diff_batched(c, ex_subst(c, r, t.sym, t.by, WORDS), sym, g, batch, to);
    t.by[G] = g;
    r = ex_subst(c, r, t.sym, t.by, WORDS);
    return ctx_failed(c) ? c->poison : ex_broadcast(c, r, to);
}

/* The tangent of a reduction comes with its axes kept, of size 1: they go. */
static Node *dropped_axes(Ctx *c, const Node *n, Node *d)
{
    Contraction k = {.n = 1, .a = {d}};
    unsigned rank = shape_at(c, d->shape)->rank, axes = attr_axes(n->name, rank);
    for (unsigned i = 0; i < rank; i++) {
        k.in[0].at[k.in[0].n++] = (uint8_t)i;
        if (!(axes >> i & 1))
            k.out.at[k.out.n++] = (uint8_t)i;
    }
    k.nindices = rank;
    return contract_make(c, &k, "a derivative");
}

Node *diff_row_jvp(Ctx *c, Node *n, Node *const *dx)
{
    RowText t;
    text_open(&t, c, n);
    for (uint32_t i = 0; i < n->n && i < 3; i++)
        t.by[DX + i] = dx[i];
    t.by[F] = drops_axes(n) ? kept_value(c, n) : n;
    Node *r = ctx_failed(c) ? c->poison : read_text(&t, op_info((Op)n->op)->jvp, 0);
    r = ctx_failed(c) ? c->poison : ex_subst(c, r, t.sym, t.by, WORDS);
    if (t.by[F] != n && !ctx_failed(c))
        r = dropped_axes(c, n, ex_broadcast(c, r, t.by[F]->shape));
    return ctx_failed(c) ? c->poison : ex_broadcast(c, r, n->shape);
}
