/* print/box.c - sizes of boxes and their drawing on a canvas of code points.
 * Drawing uses a stack of boxes with their places, so depth costs memory only. */
#include "print/box.h"

enum { CANVAS_MAX = 1 << 22 };

const Signs box_unicode = {
    .left = {{"(", "⎛", "⎜", "⎝", "⎜"},
             {"[", "⎡", "⎢", "⎣", "⎢"},
             {"│", "│", "│", "│", "│"},
             {"⌊", "⎢", "⎢", "⎣", "⎢"},
             {"⌈", "⎡", "⎢", "⎢", "⎢"},
             {"{", "⎧", "⎪", "⎩", "⎨"}},
    .right = {{")", "⎞", "⎟", "⎠", "⎟"},
              {"]", "⎤", "⎥", "⎦", "⎥"},
              {"│", "│", "│", "│", "│"},
              {"⌋", "⎥", "⎥", "⎦", "⎥"},
              {"⌉", "⎤", "⎥", "⎥", "⎥"},
              {"", "", "", "", ""}},
    .bar = "─",
    .times = "·",
    .elements = "⊙",
    .power = "∘",
    .pi = "π",
    .inf = "∞",
    .le = " ≤ ",
    .ge = " ≥ ",
    .ne = " ≠ ",
    .over = "_",
    .root = "√",
    .root_top = "┌",
    .root_side = "│",
    .root_foot = "╲",
    .down = "╲",
    .up = "╱",
    .sum_foot = "‾",
    .prod_left = "┬",
    .prod_top = "─",
    .prod_right = "┬",
    .prod_side = "│",
    .int_top = "⌠",
    .int_side = "⎮",
    .int_foot = "⌡",
};

const Signs box_ascii = {
    .left = {{"(", "/", "|", "\\", "|"},
             {"[", "[", "[", "[", "["},
             {"|", "|", "|", "|", "|"},
             {"[", "[", "[", "[", "["},
             {"[", "[", "[", "[", "["},
             {"{", "/", "|", "\\", "<"}},
    .right = {{")", "\\", "|", "/", "|"},
              {"]", "]", "]", "]", "]"},
              {"|", "|", "|", "|", "|"},
              {"]", "]", "]", "]", "]"},
              {"]", "]", "]", "]", "]"},
              {"", "", "", "", ""}},
    .bar = "-",
    .times = "*",
    .elements = ".*",
    .power = ".",
    .pi = "pi",
    .inf = "inf",
    .le = " <= ",
    .ge = " >= ",
    .ne = " != ",
    .over = "_",
    .root = "/",
    .root_top = " ",
    .root_side = "|",
    .root_foot = "\\",
    .down = "\\",
    .up = "/",
    .sum_foot = "_",
    .prod_left = "_",
    .prod_top = "_",
    .prod_right = "_",
    .prod_side = "|",
    .int_top = "/",
    .int_side = "|",
    .int_foot = "/",
    .ascii = true,
};

static Box *box_new(Ctx *c, BoxKind kind, size_t n, Box *const *a)
{
    Box *b = ARENA_NEW0(&c->tmp, Box, 1);

    b->kind = (uint8_t)kind;
    b->h = 1;
    b->a = n ? ARENA_NEW(&c->tmp, Box *, n) : NULL;
    if (b->a) {
        memcpy(b->a, a, n * sizeof(*a));
        b->n = (uint32_t)n;
    } else if (n) {
        b->kind = B_ROW; /* an empty one; the error is recorded */
    }
    return b;
}

static int max2(int a, int b) { return a > b ? a : b; }

Box *box_text(Ctx *c, const char *s, size_t n)
{
    Box *b = box_new(c, B_TEXT, 0, NULL);

    b->text = s;
    b->ntext = n;
    b->w = (int)utf8_len(s, n);
    return b;
}

Box *box_puts(Ctx *c, const char *s) { return box_text(c, s, strlen(s)); }

Box *box_row(Ctx *c, size_t n, Box *const *a)
{
    Box *b = box_new(c, B_ROW, n, a);
    int down = 0;

    for (uint32_t i = 0; i < b->n; i++) {
        b->w += a[i]->w;
        b->base = max2(b->base, a[i]->base);
        down = max2(down, a[i]->h - 1 - a[i]->base);
    }
    b->h = b->base + 1 + down;
    return b;
}

/* A fraction in a fraction makes the line of the outer one longer. */
Box *box_frac(Ctx *c, Box *num, Box *den)
{
    Box *b = box_new(c, B_FRAC, 2, (Box *[]){num, den});

    b->w = max2(num->w, den->w);
    b->w += num->kind == B_FRAC || den->kind == B_FRAC ? 2 : 0;
    b->h = num->h + 1 + den->h;
    b->base = num->h;
    return b;
}

/* Beside a tall base the exponent begins at its top row, else one row higher. */
Box *box_sup(Ctx *c, Box *base, Box *up)
{
    Box *b = box_new(c, B_SUP, 2, (Box *[]){base, up});

    b->w = base->w + up->w;
    b->h = base->h + up->h - (base->h > 1);
    b->base = b->h - base->h + base->base;
    return b;
}

/* In ASCII the root sign is \/ and takes two columns always. */
Box *box_root(Ctx *c, const Signs *signs, Box *a)
{
    Box *b = box_new(c, B_ROOT, 1, &a);

    b->w = a->w + (a->h > 1 || signs->ascii ? 2 : 1);
    b->h = a->h + 1;
    b->base = a->base + 1;
    return b;
}

Box *box_fence(Ctx *c, int style, Box *a)
{
    Box *b = box_new(c, B_FENCE, 1, &a);

    b->style = (uint8_t)style;
    b->w = a->w + 2; /* a brace has a blank after it and no partner */
    b->h = a->h;
    b->base = a->base;
    return b;
}

Box *box_stack(Ctx *c, size_t n, Box *const *a, size_t pivot, bool left)
{
    Box *b = box_new(c, B_STACK, n, a);

    b->left = left;
    b->h = 0;
    for (uint32_t i = 0; i < b->n; i++) {
        if (i == pivot)
            b->base = b->h + a[i]->base;
        b->w = max2(b->w, a[i]->w);
        b->h += a[i]->h;
    }
    return b;
}

static int column_width(const Box *b, uint32_t j)
{
    int w = 0;

    for (uint32_t i = j; i < b->n; i += b->cols)
        w = max2(w, b->a[i]->w);
    return w;
}

/* Height of a row of the grid; *base gets its baseline. */
static int row_height(const Box *b, uint32_t from, int *base)
{
    int down = 0;

    *base = 0;
    for (uint32_t i = from; i < from + b->cols; i++) {
        *base = max2(*base, b->a[i]->base);
        down = max2(down, b->a[i]->h - 1 - b->a[i]->base);
    }
    return *base + 1 + down;
}

Box *box_grid(Ctx *c, size_t rows, size_t cols, Box *const *a, bool left)
{
    Box *b = box_new(c, B_GRID, rows * cols, a);
    int base;

    b->cols = (uint32_t)cols;
    b->left = left;
    b->h = 0;
    for (uint32_t j = 0; b->n && j < cols; j++)
        b->w += column_width(b, j) + (j ? 2 : 0);
    for (uint32_t i = 0; i < b->n; i += b->cols)
        b->h += row_height(b, i, &base);
    b->h = max2(b->h, 1);
    b->base = (b->h - 1) / 2;
    return b;
}

/* indent blanks, first, then count times fill. */
static Box *box_repeat(Ctx *c, int indent, const char *first, const char *fill, int count)
{
    size_t nfirst = strlen(first), nfill = strlen(fill),
           n = (size_t)indent + nfirst + (size_t)count * nfill;
    char *s = ARENA_NEW(&c->tmp, char, n + 1), *p = s;

    if (!s)
        return box_puts(c, first);
    memset(p, ' ', (size_t)indent);
    p += indent;
    memcpy(p, first, nfirst);
    p += nfirst;
    for (; count > 0; count--, p += nfill)
        memcpy(p, fill, nfill);
    return box_text(c, s, n);
}

/* A bar, strokes down and up again, a bar; in ASCII the second bar stands beside the last
 * stroke. The body's baseline meets the first stroke that goes up. */
static Box *sum_sign(Ctx *c, const Signs *g, int up, int down)
{
    int m = max2(1, max2(up, down + (g->ascii ? 1 : 0))), width = max2(4, m + 2);
    size_t n = 0;
    Box **row = ARENA_NEW(&c->tmp, Box *, 2 * m + 2);

    if (!row)
        return box_puts(c, "sum");
    row[n++] = box_repeat(c, 0, "_", "_", width - 1);
    for (int i = 0; i < m; i++)
        row[n++] = box_repeat(c, i, g->down, "", 0);
    for (int i = m - 1; i >= 0; i--)
        row[n++] = box_repeat(c, i, g->up, "_", g->ascii && i == 0 ? width - 1 : 0);
    if (!g->ascii)
        row[n++] = box_repeat(c, 0, g->sum_foot, g->sum_foot, width - 1);
    return box_stack(c, n, row, (size_t)m + 1, true);
}

static Box *product_sign(Ctx *c, const Signs *g, int up, int down)
{
    size_t n = 0;
    Box **row = ARENA_NEW(&c->tmp, Box *, up + down + 1);

    if (!row)
        return box_puts(c, "prod");
    row[n++] = box_row(c, 2,
                       (Box *[]){box_repeat(c, 0, g->prod_left, g->prod_top, 3),
                                 box_puts(c, g->prod_right)});
    for (int i = 0; i < up + down; i++)
        row[n++] = box_row(
            c, 2,
            (Box *[]){box_repeat(c, 0, g->prod_side, " ", 3), box_puts(c, g->prod_side)});
    return box_stack(c, n, row, (size_t)up, true);
}

Box *box_sign(Ctx *c, const Signs *g, Op op, const Box *body)
{
    Box *b, **column;
    int h = max2(3, body->h), up = max2(1, body->base),
        down = max2(1, body->h - 1 - body->base);

    if (op == OP_SUM)
        return sum_sign(c, g, body->base, body->h - 1 - body->base);
    if (op == OP_PROD)
        return product_sign(c, g, up, down);
    column = ARENA_NEW(&c->tmp, Box *, h);
    if (!column)
        return box_puts(c, "int");
    for (int i = 0; i < h; i++)
        column[i] = box_puts(c, i == 0       ? g->int_top
                                : i == h - 1 ? g->int_foot
                                             : g->int_side);
    b = box_stack(c, (size_t)h, column, 0, true);
    b->base = body->h < 3 ? 1 : body->base;
    return b;
}

/* ---- drawing
 * ---------------------------------------------------------------------------- */

typedef struct {
    const Box *b;
    int x, y; /* top left */
} BoxPlace;

typedef struct {
    Ctx *c;
    const Signs *signs;
    uint32_t *cell;
    int w, h;
    BoxPlace *st;
    size_t n, cap;
    bool failed;
} Canvas;

static void put_box(Canvas *v, const Box *b, int x, int y)
{
    if (!v->failed && !MEM_ROOM(v->st, v->n, v->cap)) {
        v->failed = true;
        env_error(&v->c->env, LBZ_LIMIT, NULL, "out of memory while drawing");
    }
    if (!v->failed)
        v->st[v->n++] = (BoxPlace){b, x, y};
}

static void write_at(Canvas *v, int x, int y, const char *s, size_t n)
{
    while (n > 0) {
        uint32_t cp = 0;
        unsigned k = utf8_get(s, n, &cp);
        if (k == 0) {
            cp = '?';
            k = 1;
        }
        if (x >= 0 && x < v->w && y >= 0 && y < v->h)
            v->cell[(size_t)y * (size_t)v->w + (size_t)x] = cp;
        x++;
        s += k;
        n -= k;
    }
}

static void write_one(Canvas *v, int x, int y, const char *s)
{
    write_at(v, x, y, s, strlen(s));
}

static void draw_fence(Canvas *v, const Box *b, int x, int y, const char *const *piece)
{
    for (int i = 0; i < b->h; i++) {
        int part = b->h == 1 ? 0 : i == 0 ? 1 : i == b->h - 1 ? 3 : 2;
        if (part == 2 && i == b->h / 2)
            part = 4;
        write_one(v, x, y + i, piece[part]);
    }
}

static void draw_root(Canvas *v, const Box *b, int x, int y)
{
    const Signs *g = v->signs;
    bool tall = b->h > 2;
    int left = b->w - b->a[0]->w;

    put_box(v, b->a[0], x + left, y + 1);
    for (int i = left; i < b->w; i++)
        write_one(v, x + i, y, tall && !g->ascii ? g->bar : g->over);
    if (!tall) {
        write_one(v, x, y + 1, g->root_foot);
        write_one(v, x + left - 1, y + 1, g->root);
        return;
    }
    write_one(v, x + 1, y, g->root_top);
    for (int i = 1; i < b->h; i++)
        write_one(v, x + 1, y + i, g->root_side);
    write_one(v, x, y + b->h - 1, g->root_foot);
}

static void draw_grid(Canvas *v, const Box *b, int x, int y)
{
    for (uint32_t i = 0; i < b->n; i += b->cols) {
        int base, h = row_height(b, i, &base), at = x;
        for (uint32_t j = 0; j < b->cols; j++) {
            const Box *k = b->a[i + j];
            int w = column_width(b, j);
            put_box(v, k, at + (b->left ? 0 : (w - k->w) / 2), y + base - k->base);
            at += w + 2;
        }
        y += h;
    }
}

static void draw_frac(Canvas *v, const Box *b, int x, int y)
{
    put_box(v, b->a[0], x + (b->w - b->a[0]->w) / 2, y);
    put_box(v, b->a[1], x + (b->w - b->a[1]->w) / 2, y + b->base + 1);
    for (int i = 0; i < b->w; i++)
        write_one(v, x + i, y + b->base, v->signs->bar);
}

static void draw_children(Canvas *v, const Box *b, int x, int y)
{
    for (uint32_t i = 0; i < b->n; i++) {
        const Box *k = b->a[i];
        if (b->kind == B_ROW) {
            put_box(v, k, x, y + b->base - k->base);
            x += k->w;
        } else {
            put_box(v, k, x + (b->left ? 0 : (b->w - k->w) / 2), y);
            y += k->h;
        }
    }
}

static void draw_one(Canvas *v, BoxPlace p)
{
    const Box *b = p.b;

    switch ((BoxKind)b->kind) {
    case B_TEXT: write_at(v, p.x, p.y, b->text, b->ntext); break;
    case B_ROW:
    case B_STACK: draw_children(v, b, p.x, p.y); break;
    case B_FRAC: draw_frac(v, b, p.x, p.y); break;
    case B_SUP:
        put_box(v, b->a[0], p.x, p.y + b->h - b->a[0]->h);
        put_box(v, b->a[1], p.x + b->a[0]->w, p.y);
        break;
    case B_ROOT: draw_root(v, b, p.x, p.y); break;
    case B_FENCE:
        draw_fence(v, b, p.x, p.y, v->signs->left[b->style]);
        draw_fence(v, b, p.x + b->w - 1, p.y, v->signs->right[b->style]);
        put_box(v, b->a[0], p.x + 1 + (b->style == FENCE_BRACE), p.y);
        break;
    case B_GRID: draw_grid(v, b, p.x, p.y); break;
    }
}

static void put_utf8(Str *out, uint32_t cp)
{
    char s[4];
    unsigned n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;

    for (unsigned i = n; i-- > 1; cp >>= 6)
        s[i] = (char)(0x80 | (cp & 0x3f));
    s[0] = (char)(n == 1 ? cp : (0xf00u >> n & 0xff) | cp);
    str_put(out, s, n);
}

static void put_canvas(Str *out, const Canvas *v)
{
    for (int y = 0; y < v->h; y++) {
        const uint32_t *row = v->cell + (size_t)y * (size_t)v->w;
        int w = v->w;
        while (w > 0 && row[w - 1] == 0)
            w--;
        for (int x = 0; x < w; x++)
            put_utf8(out, row[x] ? row[x] : ' ');
        if (y + 1 < v->h)
            str_putc(out, '\n');
    }
}

bool box_draw(Ctx *c, const Signs *signs, Str *out, Box *b)
{
    ArenaMark m = arena_mark(&c->tmp);
    Canvas v = {.c = c, .signs = signs, .w = b->w, .h = b->h};

    if (b->w <= 0 || (double)b->w * b->h > CANVAS_MAX)
        return false;
    v.cell = ARENA_NEW0(&c->tmp, uint32_t, (size_t)b->w * (size_t)b->h);
    if (v.cell) {
        put_box(&v, b, 0, 0);
        while (v.n > 0 && !v.failed && !ctx_poll(c))
            draw_one(&v, v.st[--v.n]);
        put_canvas(out, &v);
    }
    mem_free(v.st);
    arena_release(&c->tmp, m);
    return true;
}
