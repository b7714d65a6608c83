/* print/emit.c - forms to text by a stack of pieces: one step takes the last piece and
 * puts what it consists of in its place, in the order that the caller's function gives. Depth
 * costs memory, never the C stack.
 */
#include "print/form.h"

static Piece *piece_new(Emit *e)
{
    if (!e->failed && !MEM_ROOM(e->p, e->n, e->cap)) {
        e->failed = true;
        env_error(&e->c->env, LBZ_LIMIT, "Ask for a smaller result.",
                  "out of memory while printing");
    }
    return e->failed ? &e->sink : &e->p[e->n++];
}

void emit_text(Emit *e, const char *s, size_t n)
{
    *piece_new(e) = (Piece){NULL, s, n, false};
}

void emit_puts(Emit *e, const char *s) { emit_text(e, s, strlen(s)); }

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
