/* print/plain.c - forms to text that can be typed back in.
 *
 * The forms that are being written stand on a stack of their own, so depth costs memory, never
 * the C stack, and no more is visited than is printed.
 */
#include "print/print.h"
#include "expr/shape.h"
#include "print/form.h"
#include "print/indexed.h"

/* Text beyond this many bytes is refused: nobody asked for a file of that size. */
#define PLAIN_MAX 2e8

/* A form that is being written: the children before `next` are done. */
typedef struct {
    const Form *f;
    uint32_t next;
    bool paren;
} Writing;

enum { STACK_ROOM = 64 };

typedef struct {
    Ctx *c;
    Str *out;
    Writing *w;
    size_t n, cap;
    bool heap; /* w is no longer the caller's */
    bool failed;
} PlainWriter;

static bool writer_push(PlainWriter *w, const Form *f, bool paren)
{
    if (w->n == w->cap) {
        size_t cap = 4 * w->cap;
        Writing *p = mem_realloc(w->heap ? w->w : NULL, cap * sizeof *p);
        if (!p) {
            w->failed = true;
            env_error(&w->c->env, LBZ_LIMIT, "Ask for a smaller result.",
                      "out of memory while printing");
            return false;
        }
        if (!w->heap)
            memcpy(p, w->w, w->n * sizeof *p);
        w->w = p;
        w->cap = cap;
        w->heap = true;
    }
    w->w[w->n++] = (Writing){f, 0, paren};
    return true;
}

/* Text that is mostly a letter or a digit or two. */
static inline void put_short(Str *out, const char *s, size_t n)
{
    if (n >= 4 || n >= out->cap - out->n || out->failed) {
        str_put(out, s, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        out->s[out->n++] = s[i];
    out->s[out->n] = '\0';
}

static inline void put_char(Str *out, char ch)
{
    if (LBZ_LIKELY(out->n + 1 < out->cap && !out->failed)) {
        out->s[out->n++] = ch;
        out->s[out->n] = '\0';
    } else {
        str_putc(out, ch);
    }
}

/* Writes what comes before the children of f, and all of a leaf. */
static inline void begin_form(PlainWriter *w, const Form *f, bool bare, int needs)
{
    bool paren = form_strength(f, bare) < needs;
    unsigned kind = f->kind;

    if (paren)
        put_char(w->out, '(');
    if (f->neg && !bare)
        put_char(w->out, '-');
    if (kind == FORM_NUM || kind == FORM_NAME) {
        put_short(w->out, f->text, f->ntext);
        if (paren)
            put_char(w->out, ')');
        return;
    }
    if (kind == FORM_CALL || kind == FORM_APPLY) {
        put_short(w->out, f->text, f->ntext);
        put_char(w->out, '(');
    } else if (kind == FORM_LIST) {
        put_char(w->out, '[');
    } else if (kind == FORM_IF || kind == FORM_NOT) {
        str_puts(w->out, kind == FORM_IF ? "if " : "not ");
    }
    writer_push(w, f, paren);
}

/* x/(y*z); but x/y/z... of many, as what stands in parentheses would be read as a long product,
 * one factor. */
static bool below_in_parentheses(const Form *f)
{
    return f->kind == FORM_PROD && f->nden > 1 && f->nden <= MUL_LONG;
}

/* What stands before child i > 0, or before a first child that is subtracted. */
static void put_between(Str *out, const Form *f, uint32_t i)
{
    switch ((FormKind)f->kind) {
    case FORM_SUM:
        if (i > 0)
            put_short(out, f->a[i].neg ? " - " : " + ", 3);
        else if (f->a[i].neg)
            put_char(out, '-');
        break;
    case FORM_PROD:
        if (i > 0 && f->a[i].dot)
            put_char(out, '.');
        if (i == f->n && f->spaced)
            put_short(out, below_in_parentheses(f) ? " / (" : " / ",
                      3 + below_in_parentheses(f));
        else if (i == f->n)
            put_short(out, "/(", below_in_parentheses(f) ? 2 : 1);
        else if (i > 0)
            put_char(out, i > f->n && !below_in_parentheses(f) ? '/' : '*');
        break;
    case FORM_POW:
        if (i > 0)
            put_short(out, f->a[i].dot ? ".^" : "^", 1 + f->a[i].dot);
        break;
    case FORM_IF: str_puts(out, i == 0 ? "" : i == 1 ? " then " : " else "); break;
    case FORM_INFIX: str_puts(out, i ? f->text : ""); break;
    case FORM_INDEX: str_puts(out, i == 0 ? "" : i == 1 ? "[" : ", "); break;
    case FORM_BINDS:
        str_puts(out, i == 0 ? "" : i == 1 ? " at " : i % 2 ? ", " : " = ");
        break;
    default:
        if (i > 0)
            str_puts(out, form_separator(f, i));
    }
}

static void end_form(PlainWriter *w, const Writing *x)
{
    const Form *f = x->f;
    bool call = f->kind == FORM_CALL || f->kind == FORM_APPLY;

    if (call || below_in_parentheses(f))
        put_char(w->out, ')');
    else if (f->kind == FORM_LIST || f->kind == FORM_INDEX)
        put_char(w->out, ']');
    else if (f->kind == FORM_PRIME)
        put_char(w->out, '\'');
    else if (f->kind == FORM_PART)
        put_short(w->out, f->text, f->ntext);
    if (x->paren)
        put_char(w->out, ')');
    w->n--;
}

/* Writes f; stops where a piece would begin after `most` bytes. */
static void write_form(Ctx *c, Str *out, const Form *f, size_t most)
{
    Writing near[STACK_ROOM];
    PlainWriter w = {.c = c, .out = out, .w = near, .cap = STACK_ROOM};
    size_t end = most < SIZE_MAX - out->n ? out->n + most : SIZE_MAX;

    begin_form(&w, f, false, BIND_IF);
    while (w.n > 0 && out->n < end && !w.failed) {
        Writing *x = &w.w[w.n - 1];
        const Form *g = x->f;
        uint32_t i = x->next++;
        if (i == g->n + g->nden) {
            end_form(&w, x);
            if (out->failed || ctx_poll(c))
                break;
            continue;
        }
        put_between(out, g, i);
        begin_form(&w, g->a[i].f, g->kind == FORM_SUM, form_needs(g, i));
    }
    if (w.heap)
        mem_free(w.w);
}

static void write_plain(Ctx *c, Str *out, const Form *f)
{
    if (f->len > PLAIN_MAX)
        ctx_error(c, LBZ_LIMIT, "Print it in shared form: set maxprint 2000.",
                  "the result is too long to be written out (about %.1e characters)",
                  f->len);
    else
        write_form(c, out, f, SIZE_MAX);
}

/* A tensor without a matrix form, as the definition of its elements. False: it is none. */
static bool write_indexed(const Forms *F, Str *out, Node *n)
{
    Ctx *c = F->c;
    Node *at[SHAPE_RANK];
    size_t rank;
    Node *e = F->indexed && shape_is_tensor(n->shape) ? print_at_letters(c, n, at, &rank)
                                                      : NULL;

    if (!e)
        return false;
    print_indexed_head(c, out, n, at, rank);
    print_plain(c, out, e); /* a number: it goes no deeper */
    return true;
}

void print_plain(Ctx *c, Str *out, Node *n)
{
    ArenaMark m = arena_mark(&c->tmp);
    Forms F;

    if (form_build(&F, c, 1, &n) && !write_indexed(&F, out, n))
        write_plain(c, out, F.root);
    arena_release(&c->tmp, m);
}

void print_brief(Ctx *c, Str *out, Node *n, size_t max)
{
    ArenaMark m = arena_mark(&c->tmp);
    size_t cut;
    Str s = {0};
    Forms F;

    if (form_build(&F, c, 1, &n)) {
        write_form(c, &s, F.root, max + 1);
        cut = s.n < max ? s.n : max;
        while (cut > 0 && cut < s.n && (s.s[cut] & 0xc0) == 0x80)
            cut--; /* not in the middle of a character */
        str_put(out, str_cstr(&s), cut);
        str_puts(out, cut < s.n ? "..." : "");
    }
    str_free(&s);
    arena_release(&c->tmp, m);
}

double print_length(Ctx *c, Node *n)
{
    ArenaMark m = arena_mark(&c->tmp);
    Forms F;
    double len = 0;

    if (form_build(&F, c, 1, &n))
        len = F.root->len + F.root->neg;
    arena_release(&c->tmp, m);
    return len;
}

/* n expressions laid out together, those that have names as definitions: "t1 = ...; t2 = ...; ".
 */
static void write_definitions(Ctx *c, Str *out, const uint32_t *name, Node *const *e,
                              size_t n, size_t named)
{
    ArenaMark m = arena_mark(&c->tmp);
    Forms F;
    bool built = form_build(&F, c, n, e);

    for (size_t i = 0; built && i < n && !ctx_failed(c); i++) {
        str_puts(out, i < named ? sym_name(c, name[i]) : "");
        str_puts(out, i < named ? " = " : "");
        write_plain(c, out, form_entry(&F, e[i])->stand);
        str_puts(out, i < named ? "; " : "");
    }
    arena_release(&c->tmp, m);
}

/* Definitions, then the expression in their names. False, with nothing written, when nothing is
 * shared. Layouts take memory: they are made for so many at a time. */
static bool write_shared(Ctx *c, Str *out, Node *n)
{
    enum { TOGETHER = 4096 };
    uint32_t *name;
    Node **def;
    size_t k = print_share(c, 1, &n, &name, &def), i = 0;
    Node **all = k ? ARENA_NEW(&c->tmp, Node *, k + 1) : NULL;

    if (!all)
        return false;
    memcpy(all, def, k * sizeof *all);
    all[k] = n;
    for (; k - i > TOGETHER && !ctx_failed(c); i += TOGETHER)
        write_definitions(c, out, name + i, all + i, TOGETHER, TOGETHER);
    write_definitions(c, out, name + i, all + i, k + 1 - i, k - i);
    return true;
}

/* Surely longer than max, as every symbol is written wherever it occurs. Asked only where there
 * are enough nodes for that to be likely, and forms of them all would be worth saving. */
static bool surely_longer(Ctx *c, Node *n, size_t max)
{
    ArenaMark m = arena_mark(&c->tmp);
    size_t count = 0;
    double most = 0;
    Node **order = c->pool[1].n > max / 4 ? ex_walk(c, 1, &n, &count) : NULL;
    double *syms = order ? ARENA_NEW(&c->tmp, double, count) : NULL;

    for (size_t i = 0; syms && i < count && most <= (double)max; i++) {
        const Node *x = order[i];
        syms[i] = x->op == OP_SYM;
        for (uint32_t k = 0; k < x->n; k++)
            syms[i] += syms[x->a[k]->pos];
        most = syms[i];
    }
    arena_release(&c->tmp, m);
    return most > (double)max;
}

bool print_limited(Ctx *c, Str *out, Node *n, size_t max)
{
    ArenaMark m = arena_mark(&c->tmp);
    Forms F;
    bool shared = surely_longer(c, n, max) && write_shared(c, out, n);

    if (!shared && !ctx_failed(c) && form_build(&F, c, 1, &n)) {
        bool fits = F.root->len + F.root->neg <= (double)max;
        if (!fits && !F.indexed)
            shared = write_shared(c, out, n);
        if (!shared && !write_indexed(&F, out, n))
            write_plain(c, out, F.root);
    }
    arena_release(&c->tmp, m);
    return shared;
}
