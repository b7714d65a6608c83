/* print_plain.c - floor 4: forms to text that can be typed back in.
 *
 * A form is written by a stack of pieces: one step takes the last piece, and puts what it
 * consists of in its place. So depth costs memory, never the C stack, and no more is
 * visited than is printed.
 */
#include "print.h"
#include "print_form.h"

/* Text beyond this many bytes is refused: nobody asked for a file of that size. */
#define PLAIN_MAX 2e8

static Piece *piece_new(Emit *e)
{
    if (e->n == e->cap && !e->failed) {
        size_t cap = e->cap ? 2 * e->cap : 64;
        Piece *p = mem_realloc(e->p, cap * sizeof(*p));
        if (!p) {
            e->failed = true;
            env_error(&e->c->env, LBZ_LIMIT, "Ask for a smaller result.",
                      "out of memory while printing");
        } else {
            e->p = p;
            e->cap = cap;
        }
    }
    return e->failed ? &e->sink : &e->p[e->n++];
}

void emit_text(Emit *e, const char *s, size_t n)
{
    *piece_new(e) = (Piece){NULL, s, n, false};
}

void emit_puts(Emit *e, const char *s)
{
    emit_text(e, s, strlen(s));
}

void emit_form(Emit *e, const Form *f, bool bare)
{
    *piece_new(e) = (Piece){f, NULL, 0, bare};
}

static void reverse_pieces(Piece *p, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        Piece x = p[i];
        p[i] = p[n - 1 - i];
        p[n - 1 - i] = x;
    }
}

void emit_run(Ctx *c, Str *out, const Form *f, size_t most,
              void (*expand)(Emit *, const Form *, bool))
{
    Emit e = {.c = c, .out = out};
    size_t end = most < SIZE_MAX - out->n ? out->n + most : SIZE_MAX;

    emit_form(&e, f, false);
    while (e.n > 0 && out->n < end && !e.failed && !out->failed && !ctx_poll(c)) {
        Piece x = e.p[--e.n];
        size_t start = e.n;
        if (!x.f) {
            str_put(out, x.text, x.n);
            continue;
        }
        expand(&e, x.f, x.bare);
        reverse_pieces(e.p + start, e.n - start);
    }
    mem_free(e.p);
}

static void child(Emit *e, const Form *f, bool bare, int needs)
{
    bool paren = form_prec(f, bare) < needs;

    if (paren)
        emit_text(e, "(", 1);
    emit_form(e, f, bare);
    if (paren)
        emit_text(e, ")", 1);
}

static void joined(Emit *e, const Form *f, uint32_t from, uint32_t to, const char *sep)
{
    for (uint32_t i = from; i < to; i++) {
        if (i > from)
            emit_puts(e, sep);
        child(e, f->a[i].f, false, form_needs(f, i));
    }
}

static void plain_sum(Emit *e, const Form *f)
{
    for (uint32_t i = 0; i < f->n; i++) {
        if (i > 0)
            emit_text(e, f->a[i].neg ? " - " : " + ", 3);
        else if (f->a[i].neg)
            emit_text(e, "-", 1);
        child(e, f->a[i].f, true, P_PROD);
    }
}

static void plain_product(Emit *e, const Form *f)
{
    joined(e, f, 0, f->n, "*");
    if (!f->nden)
        return;
    emit_puts(e, f->nden > 1 ? "/(" : "/");
    joined(e, f, f->n, f->n + f->nden, "*");
    if (f->nden > 1)
        emit_text(e, ")", 1);
}

static void plain_binds(Emit *e, const Form *f)
{
    for (uint32_t i = 0; i < f->n; i++) {
        child(e, f->a[i].f, false, P_OR);
        if (i + 1 < f->n)
            emit_puts(e, i == 0 ? " at " : i % 2 ? " = " : ", ");
    }
}

static void plain_call(Emit *e, const Form *f)
{
    bool list = f->kind == F_LIST;

    emit_text(e, f->text, f->ntext);
    emit_text(e, list ? "[" : "(", 1);
    for (uint32_t i = 0; i < f->n; i++) {
        emit_puts(e, i ? form_separator(f, i) : "");
        emit_form(e, f->a[i].f, false);
    }
    emit_text(e, list ? "]" : ")", 1);
}

static void plain_if(Emit *e, const Form *f)
{
    static const char *const word[] = {"if ", " then ", " else "};

    for (uint32_t i = 0; i < f->n; i++) {
        emit_puts(e, word[i]);
        child(e, f->a[i].f, false, form_needs(f, i));
    }
}

static void plain_expand(Emit *e, const Form *f, bool bare)
{
    if (f->neg && !bare)
        emit_text(e, "-", 1);
    switch ((FormKind)f->kind) {
    case F_NUM:
    case F_NAME: emit_text(e, f->text, f->ntext); break;
    case F_SUM: plain_sum(e, f); break;
    case F_PROD: plain_product(e, f); break;
    case F_POW: joined(e, f, 0, f->n, "^"); break;
    case F_CALL:
    case F_APPLY:
    case F_LIST: plain_call(e, f); break;
    case F_IF: plain_if(e, f); break;
    case F_INFIX: joined(e, f, 0, f->n, f->text); break;
    case F_NOT:
        emit_puts(e, "not ");
        child(e, f->a[0].f, false, P_NOT);
        break;
    case F_BINDS: plain_binds(e, f); break;
    }
}

static void write_plain(Ctx *c, Str *out, const Form *f)
{
    if (f->len > PLAIN_MAX)
        ctx_error(c, LBZ_LIMIT, "Print it in shared form: set maxprint 2000.",
                  "the result is too long to be written out (about %.1e characters)",
                  f->len);
    else
        emit_run(c, out, f, SIZE_MAX, plain_expand);
}

void print_plain(Ctx *c, Str *out, Node *n)
{
    ArenaMark m = arena_mark(&c->tmp);
    Forms F;

    if (forms_build(&F, c, n))
        write_plain(c, out, F.root);
    arena_release(&c->tmp, m);
}

void print_brief(Ctx *c, Str *out, Node *n, size_t max)
{
    ArenaMark m = arena_mark(&c->tmp);
    size_t cut;
    Str s = {0};
    Forms F;

    if (forms_build(&F, c, n)) {
        emit_run(c, &s, F.root, max + 1, plain_expand);
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

    if (forms_build(&F, c, n))
        len = F.root->len + F.root->neg;
    arena_release(&c->tmp, m);
    return len;
}

/* "t1 = ...; t2 = ...; expr". False, with nothing written, when nothing is shared. */
static bool write_shared(Ctx *c, Str *out, Node *n)
{
    uint32_t *name;
    Node **def;
    size_t k = print_share(c, 1, &n, &name, &def);

    for (size_t i = 0; i < k && !ctx_failed(c); i++) {
        str_puts(out, sym_name(c, name[i]));
        str_puts(out, " = ");
        print_plain(c, out, def[i]);
        str_puts(out, "; ");
    }
    if (k > 0)
        print_plain(c, out, n);
    return k > 0;
}

bool print_limited(Ctx *c, Str *out, Node *n, size_t max)
{
    ArenaMark m = arena_mark(&c->tmp);
    Forms F;
    bool shared = false;

    if (forms_build(&F, c, n)) {
        bool fits = F.root->len + F.root->neg <= (double)max;
        if (!fits)
            shared = write_shared(c, out, n);
        if (!shared)
            write_plain(c, out, F.root);
    }
    arena_release(&c->tmp, m);
    return shared;
}
