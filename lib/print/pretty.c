/* print/pretty.c - forms to two-dimensional text.
 *
 * Boxes are made for the forms from below, each form once. What is wider than the terminal is
 * broken at operators, inside fractions and brackets, too; what cannot be, or is too large to be
 * read in two dimensions, is printed as plain text in lines.
 */
#include "print/print.h"
#include "print/box.h"
#include "print/form.h"
#include <stdlib.h>

/* Longer plain text than this is not drawn. */
#define PRETTY_MAX 20000.0

typedef struct {
    Ctx *c;
    const Signs *signs;
    Map done; /* Form address -> Box */
    Box **v;  /* boxes of the row being put together */
    size_t n, cap;
} Pretty;

static void push_box(Pretty *P, Box *b)
{
    if (!ARENA_ROOM(&P->c->tmp, P->v, P->n, P->cap))
        return;
    P->v[P->n++] = b;
}

static void push_puts(Pretty *P, const char *s) { push_box(P, box_puts(P->c, s)); }

/* The row of what was pushed since start. */
static Box *row_from(Pretty *P, size_t start)
{
    Box *b = P->n == start + 1 ? P->v[start] : box_row(P->c, P->n - start, P->v + start);

    P->n = start;
    return b;
}

static bool is_done(const Pretty *P, const Form *f, Box **b)
{
    uint64_t v;

    if (!map_get(&P->done, (uint64_t)(uintptr_t)f, &v))
        return false;
    *b = (Box *)(uintptr_t)v;
    return true;
}

/* The finished box of f, with its sign. */
static Box *signed_box(Pretty *P, const Form *f, bool bare)
{
    Box *b = NULL;

    if (!is_done(P, f, &b))
        return box_puts(P->c, "?");
    if (!f->neg || bare)
        return b;
    return box_row(P->c, 2, (Box *[]){box_puts(P->c, b->kind == B_FRAC ? "- " : "-"), b});
}

/* Fractions, roots and matrices need fewer parentheses than in a line. */
static int pretty_strength(const Form *f, bool bare)
{
    int p = form_strength(f, bare);

    if (p == BIND_PROD && f->kind == FORM_PROD && f->nden)
        return BIND_POW;
    if (f->kind == FORM_CALL && (f->op == OP_SUM || f->op == OP_PROD || f->op == OP_INT))
        return BIND_NEG;
    return p;
}

static Box *child_box(Pretty *P, const Form *f, bool bare, int needs)
{
    Box *b = signed_box(P, f, bare);

    return pretty_strength(f, bare) < needs ? box_fence(P->c, FENCE_PAREN, b) : b;
}

static Box *joined_boxes(Pretty *P, const Form *f, uint32_t from, uint32_t to,
                         const char *sep, int needs)
{
    size_t start = P->n;

    for (uint32_t i = from; i < to; i++) {
        if (i > from)
            push_puts(P, sep);
        push_box(P, child_box(P, f->a[i].f, false, needs));
    }
    return row_from(P, start);
}

static Box *pretty_name(Pretty *P, const Form *f)
{
    const Node *n = f->node;
    NameParts p = print_name_parts(f->text, f->ntext);
    int g = n && n->op == OP_SYM ? print_greek_find(p.stem, p.nstem) : -1;

    if (n && n->op == OP_CONST && n->sym != C_E)
        return box_puts(P->c, n->sym == C_PI ? P->signs->pi : P->signs->inf);
    if (g < 0 || P->signs->ascii)
        return box_text(P->c, f->text, f->ntext);
    return box_row(P->c, 2,
                   (Box *[]){box_puts(P->c, print_greek_utf8[g]),
                             box_text(P->c, f->text + p.nstem, f->ntext - p.nstem)});
}

static Box *pretty_sum(Pretty *P, const Form *f)
{
    size_t start = P->n;

    for (uint32_t i = 0; i < f->n; i++) {
        const Form *t = f->a[i].f;
        bool frac = t->kind == FORM_PROD && t->nden;
        if (i > 0)
            push_puts(P, f->a[i].neg ? " - " : " + ");
        else if (f->a[i].neg)
            push_puts(P, frac ? "- " : "-");
        push_box(P, child_box(P, t, true, BIND_PROD));
    }
    return row_from(P, start);
}

static Box *factor_boxes(Pretty *P, const Form *f, uint32_t from, uint32_t to, int needs)
{
    size_t start = P->n;

    for (uint32_t i = from; i < to; i++) {
        if (i > from)
            push_puts(P, f->a[i].dot ? P->signs->elements : P->signs->times);
        push_box(P, child_box(P, f->a[i].f, false, needs));
    }
    return row_from(P, start);
}

static Box *pretty_product(Pretty *P, const Form *f)
{
    uint32_t all = f->n + f->nden;
    Box *num, *den;

    if (!f->nden)
        return factor_boxes(P, f, 0, f->n, BIND_POW);
    num = factor_boxes(P, f, 0, f->n, f->n > 1 ? BIND_POW : BIND_IF);
    den = factor_boxes(P, f, f->n, all, f->nden > 1 ? BIND_POW : BIND_IF);
    return box_frac(P->c, num, den);
}

static bool is_drawn(const Pretty *P, const Form *f)
{
    switch ((Op)f->op) {
    case OP_sqrt:
    case OP_exp:
    case OP_abs:
    case OP_INT:
    case OP_SUM:
    case OP_PROD: return true;
    case OP_floor:
    case OP_ceil: return !P->signs->ascii;
    default: return false;
    }
}

static Box *argument_box(Pretty *P, const Form *f)
{
    return box_fence(P->c, FENCE_PAREN, joined_boxes(P, f, 0, f->n, ", ", BIND_IF));
}

static bool is_short(const Form *f)
{
    return f->kind == FORM_NUM || f->kind == FORM_NAME;
}

/* 1/3 stays on one line up there. */
static Box *exponent_box(Pretty *P, const Form *f)
{
    if (f->kind != FORM_PROD || f->n != 1 || f->nden != 1 || !is_short(f->a[0].f) ||
        !is_short(f->a[1].f))
        return signed_box(P, f, false);
    return box_row(P->c, 4,
                   (Box *[]){box_puts(P->c, f->neg ? "-" : ""),
                             signed_box(P, f->a[0].f, false), box_puts(P->c, "/"),
                             signed_box(P, f->a[1].f, false)});
}

/* sin(x) to a power has it at the name. */
static Box *pretty_power(Pretty *P, const Form *f)
{
    const Form *b = f->a[0].f;
    Box *up = exponent_box(P, f->a[1].f);

    if (f->a[1].dot)
        up = box_row(P->c, 2, (Box *[]){box_puts(P->c, P->signs->power), up});
    if (b->kind == FORM_CALL && !is_drawn(P, b)) {
        Box *name = box_text(P->c, b->text, b->ntext);
        return box_row(P->c, 2, (Box *[]){box_sup(P->c, name, up), argument_box(P, b)});
    }
    if (b->kind == FORM_CALL && b->op == OP_exp)
        return box_sup(P->c, box_fence(P->c, FENCE_PAREN, signed_box(P, b, false)), up);
    return box_sup(P->c, child_box(P, b, false, BIND_ATOM), up);
}

static Box *pretty_binder(Pretty *P, const Form *f)
{
    Ctx *c = P->c;
    Box *body = child_box(P, f->a[0].f, false, f->op == OP_INT ? BIND_SUM : BIND_PROD),
        *part[4];
    Box *var = signed_box(P, f->a[1].f, false), *lo = signed_box(P, f->a[2].f, false);
    Box *sign = box_sign(c, P->signs, (Op)f->op, body);

    if (f->op != OP_INT)
        lo = box_row(c, 3, (Box *[]){var, box_puts(c, " = "), lo});
    part[0] =
        box_stack(c, 3, (Box *[]){signed_box(P, f->a[3].f, false), sign, lo}, 1, false);
    part[1] = box_puts(c, " ");
    part[2] = body;
    part[3] = f->op == OP_INT ? box_row(c, 2, (Box *[]){box_puts(c, " d"), var})
                              : box_puts(c, "");
    return box_row(c, 4, part);
}

static Box *pretty_call(Pretty *P, const Form *f)
{
    switch ((Op)f->op) {
    case OP_sqrt: return box_root(P->c, P->signs, signed_box(P, f->a[0].f, false));
    case OP_exp: return box_sup(P->c, box_puts(P->c, "e"), exponent_box(P, f->a[0].f));
    case OP_abs: return box_fence(P->c, FENCE_BAR, signed_box(P, f->a[0].f, false));
    case OP_floor:
    case OP_ceil:
        if (P->signs->ascii)
            break;
        return box_fence(P->c, f->op == OP_floor ? FENCE_FLOOR : FENCE_CEIL,
                         signed_box(P, f->a[0].f, false));
    case OP_INT:
    case OP_SUM:
    case OP_PROD:
        if (f->n == 4)
            return pretty_binder(P, f);
        break;
    default: break;
    }
    return box_row(P->c, 2,
                   (Box *[]){box_text(P->c, f->text, f->ntext), argument_box(P, f)});
}

/* Cases of a chain of ifs, a line each, behind a brace. */
static Box *pretty_if(Pretty *P, const Form *f)
{
    size_t start = P->n, rows = 1;
    Box *grid;

    for (; f->kind == FORM_IF; f = f->a[2].f, rows++) {
        Box *cond = signed_box(P, f->a[0].f, false);
        push_box(P, signed_box(P, f->a[1].f, false));
        push_box(P, box_row(P->c, 2, (Box *[]){box_puts(P->c, "if "), cond}));
    }
    push_box(P, signed_box(P, f, false));
    push_puts(P, "otherwise");
    grid = box_grid(P->c, rows, 2, P->v + start, true);
    P->n = start;
    return box_fence(P->c, FENCE_BRACE, grid);
}

static Box *pretty_list(Pretty *P, const Form *f)
{
    bool rows = f->n > 0 && f->a[0].f->kind == FORM_LIST && f->a[0].f->n > 0;
    size_t start = P->n;
    Box *grid;

    for (uint32_t i = 0; i < f->n; i++)
        rows = rows && f->a[i].f->kind == FORM_LIST && f->a[i].f->n == f->a[0].f->n;
    if (!rows)
        return box_fence(P->c, FENCE_BRACKET, joined_boxes(P, f, 0, f->n, ", ", BIND_IF));
    for (uint32_t i = 0; i < f->n; i++)
        for (uint32_t j = 0; j < f->a[i].f->n; j++)
            push_box(P, signed_box(P, f->a[i].f->a[j].f, false));
    grid = box_grid(P->c, f->n, f->a[0].f->n, P->v + start, false);
    P->n = start;
    return box_fence(P->c, FENCE_BRACKET, grid);
}

static Box *pretty_infix(Pretty *P, const Form *f)
{
    const char *le = f->text[1] == '<' ? P->signs->le : P->signs->ge;
    const char *s = f->op == OP_LE   ? le
                    : f->op == OP_NE ? P->signs->ne
                    : f->op == OP_EQ ? " = "
                                     : f->text;

    return joined_boxes(P, f, 0, f->n, s, form_needs(f, 0));
}

static Box *pretty_binds(Pretty *P, const Form *f)
{
    size_t start = P->n;

    for (uint32_t i = 0; i < f->n; i++) {
        push_box(P, child_box(P, f->a[i].f, false, BIND_OR));
        if (i + 1 < f->n)
            push_puts(P, i == 0 ? " at " : i % 2 ? " = " : ", ");
    }
    return row_from(P, start);
}

/* The box of f without its sign; those of the children are done. */
static Box *make_box(Pretty *P, const Form *f)
{
    switch ((FormKind)f->kind) {
    case FORM_NUM: return box_text(P->c, f->text, f->ntext);
    case FORM_NAME: return pretty_name(P, f);
    case FORM_SUM: return pretty_sum(P, f);
    case FORM_PROD: return pretty_product(P, f);
    case FORM_POW: return pretty_power(P, f);
    case FORM_CALL: return pretty_call(P, f);
    case FORM_APPLY:
        return box_row(P->c, 2,
                       (Box *[]){box_text(P->c, f->text, f->ntext), argument_box(P, f)});
    case FORM_LIST: return pretty_list(P, f);
    case FORM_IF: return pretty_if(P, f);
    case FORM_INFIX: return pretty_infix(P, f);
    case FORM_NOT:
        return box_row(
            P->c, 2,
            (Box *[]){box_puts(P->c, "not "), child_box(P, f->a[0].f, false, BIND_NOT)});
    case FORM_PRIME:
        return box_row(
            P->c, 2,
            (Box *[]){child_box(P, f->a[0].f, false, BIND_ATOM), box_puts(P->c, "'")});
    case FORM_PART:
        return box_row(P->c, 2,
                       (Box *[]){child_box(P, f->a[0].f, false, BIND_ATOM),
                                 box_text(P->c, f->text, f->ntext)});
    case FORM_INDEX:
        return box_row(P->c, 2,
                       (Box *[]){child_box(P, f->a[0].f, false, BIND_ATOM),
                                 box_fence(P->c, FENCE_BRACKET,
                                           joined_boxes(P, f, 1, f->n, ", ", BIND_IF))});
    case FORM_BINDS: return pretty_binds(P, f);
    }
    return box_puts(P->c, "");
}

typedef struct {
    const Form *f;
    uint32_t next;
} PrettyStep;

/* Boxes of all forms below root, children first. */
static Box *make_boxes(Pretty *P, const Form *root)
{
    size_t n = 1, cap = 64;
    PrettyStep *st = ARENA_NEW(&P->c->tmp, PrettyStep, cap);
    Box *b = NULL;

    st[0] = (PrettyStep){root, 0};
    while (n > 0 && !ctx_poll(P->c)) {
        PrettyStep *f = &st[n - 1];
        const Form *k;
        if (f->next == f->f->n + f->f->nden) {
            map_put(&P->done, (uint64_t)(uintptr_t)f->f,
                    (uint64_t)(uintptr_t)make_box(P, f->f));
            n--;
            continue;
        }
        k = f->f->a[f->next++].f;
        if (is_done(P, k, &b))
            continue;
        if (!ARENA_ROOM(&P->c->tmp, st, n, cap))
            return NULL;
        st[n++] = (PrettyStep){k, 0};
    }
    return ctx_failed(P->c) ? NULL : signed_box(P, root, false);
}

/* ---- lines
 * ----------------------------------------------------------------------------- */

int print_width(void)
{
    const char *s = getenv("COLUMNS");
    int w = s ? atoi(s) : 0;

    return w >= 20 && w < 10000 ? w : 80;
}

static void draw_pretty(Ctx *c, const Signs *signs, Str *out, Node *n)
{
    ArenaMark m = arena_mark(&c->tmp);
    Pretty P = {.c = c, .signs = signs};
    Forms F;
    int width = print_width();
    bool drawn = false;

    if (form_build(&F, c, 1, &n) && !F.indexed && F.root->len <= PRETTY_MAX) {
        map_init(&P.done, &c->tmp);
        Box *b = make_boxes(&P, F.root);
        b = b ? box_break(c, signs, b, width) : NULL;
        drawn = b && b->w <= width && box_draw(c, signs, out, b);
    }
    if (!drawn && !ctx_failed(c)) {
        Str text = {0};
        (void)print_limited(c, &text, n, (size_t)PRETTY_MAX);
        box_wrap(out, str_cstr(&text), text.n, width);
        out->failed |= text.failed;
        str_free(&text);
    }
    arena_release(&c->tmp, m);
}

void print_pretty(Ctx *c, Str *out, Node *n) { draw_pretty(c, &box_unicode, out, n); }

void print_pretty_ascii(Ctx *c, Str *out, Node *n) { draw_pretty(c, &box_ascii, out, n); }
