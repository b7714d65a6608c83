/* session/declare.c - names declared with a shape: var x[3], A[m,n], S[n,n] symmetric.
 *
 * Invariant: shape and structure stand in the context's symbol. What such a name is defined as has that
 * shape; sizes that are names (n) have one value in all definitions together.
 */
#include "expr/sizes.h"
#include "session/session.h"

static const struct {
    const char *name;
    uint8_t mask;
} structures[] = {
    {"symmetric", SYM_SYMMETRIC},
    {"positive definite", SYM_SYMMETRIC | SYM_POSITIVE},
    {"diagonal", SYM_SYMMETRIC | SYM_DIAGONAL},
    {"orthogonal", SYM_ORTHOGONAL},
};

/* ---- sizes ---------------------------------------------------------------------------- */
/* What definitions other than that of sym say of symbolic sizes. */
static void known_sizes(lbz_session *s, uint32_t sym, Sizes *out)
{
    const Names *names = &s->names;
    *out = (Sizes){0};
    for (uint32_t i = 0; i < names->n; i++) {
        const Def *d = i == sym ? NULL : names->by_sym[i];
        int64_t n;
        if (!d || d->kind == DEF_FUNCTION || d->broken)
            continue;
        if (shape_is_symbolic(s->c, s->c->syms[i].shape))
            (void)sizes_match(s->c, out, s->c->syms[i].shape, defs_shape(d));
        else if (ex_get_int(d->body, &n) && n >= 0)
            (void)sizes_put(out, i, d->body);
    }
}

uint32_t defs_name_shape(lbz_session *s, uint32_t sym)
{
    const Def *d = names_find(&s->names, sym);
    uint32_t declared = s->c->syms[sym].shape;
    Sizes sizes;
    if (d || !declared)
        return defs_shape(d);
    if (!shape_is_symbolic(s->c, declared))
        return declared;
    known_sizes(s, sym, &sizes);
    return shape_at_sizes(s->c, declared, &sizes);
}

bool defs_fits_declaration(lbz_session *s, const Stmt *st, const Node *body)
{
    uint32_t declared = s->c->syms[st->sym].shape, got = body->shape;
    Sizes sizes;
    if (!declared || st->kind == ST_FUNCTION)
        return true;
    known_sizes(s, st->sym, &sizes);
    if (sizes_match(s->c, &sizes, declared, got))
        return true;
    s->c->env.at = st->span;
    sizes_error(s->c, st->sym, declared, got);
    return false;
}

void defs_sizes_changed(lbz_session *s)
{
    Ctx *c = s->c;
    for (uint32_t i = 0; i < c->syms_kept; i++)
        if (shape_is_symbolic(c, c->syms[i].shape) && !names_find(&s->names, i))
            (void)symlist_add(&s->reshaped, i);
}

/* ---- declarations --------------------------------------------------------------------- */
void defs_set_shape(lbz_session *s, uint32_t sym, uint32_t shape, uint8_t structure)
{
    Symbol *info = &s->c->syms[sym];
    if (info->shape == shape && info->structure == structure)
        return;
    info->shape = shape;
    info->structure = structure;
    s->any_shape = s->any_shape || shape;
    s->any_symbolic = s->any_symbolic || shape_is_symbolic(s->c, shape);
    (void)symlist_add(&s->reshaped, sym);
}

/* One size: a number from 0 on, or a formula of names. */
static Node *read_size(lbz_session *s, const char *text, Span a)
{
    Ctx *c = s->c;
    int64_t n;
    Node *e = args_value(s, text, a);
    if (ctx_failed(c))
        return c->poison;
    if (e->shape || (ex_is_num(e) && (!ex_get_int(e, &n) || n < 0)) ||
        (!ex_is_num(e) && e->flags & (NF_DEC | NF_COND | NF_INF))) {
        c->env.at = args_trim(text, a);
        return ctx_error(c, LBZ_SHAPE, "write var x[3] or var x[n]",
                         "a size is a whole number or a name");
    }
    return e;
}

/* "3, n" inside brackets. */
static uint32_t read_shape(lbz_session *s, const char *text, Span a)
{
    Node *size[SHAPE_RANK];
    unsigned rank = 0;
    uint32_t end = a.pos + a.len;
    for (uint32_t at = a.pos; at <= end && !ctx_failed(s->c); rank++) {
        uint32_t comma = args_find(text, (Span){at, end - at}, ",");
        if (rank == SHAPE_RANK) {
            env_error_at(&s->c->env, a, LBZ_LIMIT, NULL, "tensors have at most %d axes",
                         SHAPE_RANK);
            break;
        }
        size[rank] = read_size(s, text, (Span){at, comma - at});
        at = comma + 1;
    }
    return ctx_failed(s->c) ? SHAPE_NONE : shape_of_sizes(s->c, rank, size);
}

/* The words behind the brackets. */
static bool read_structure(lbz_session *s, const char *text, Span a, uint32_t shape,
                           uint8_t *mask)
{
    Env *env = &s->c->env;
    Span all = a = args_trim(text, a);
    while (a.len) {
        size_t k = 0, n = sizeof structures / sizeof *structures;
        while (k < n &&
               (strlen(structures[k].name) > a.len ||
                !args_is(text, (Span){a.pos, (uint32_t)strlen(structures[k].name)},
                         structures[k].name)))
            k++;
        if (k == n) {
            env_error_at(
                env, a, LBZ_SYNTAX,
                "symmetric, positive definite, diagonal and orthogonal are known",
                "nothing like this can be declared of a matrix");
            return false;
        }
        *mask |= structures[k].mask;
        uint32_t w = (uint32_t)strlen(structures[k].name);
        a = args_trim(text, (Span){a.pos + w, a.len - w});
    }
    if (!*mask || shape_is_square(s->c, shape))
        return true;
    env_error_at(env, all, LBZ_SHAPE, "write var S[n,n] symmetric",
                 "this is declared of square matrices");
    return false;
}

/* A definition that is there already has the shape. */
static bool fits_definition(lbz_session *s, Span at, uint32_t sym, uint32_t shape)
{
    const Def *d = names_find(&s->names, sym);
    Sizes sizes;
    if (!d)
        return true;
    known_sizes(s, sym, &sizes);
    if (d->kind != DEF_FUNCTION && sizes_match(s->c, &sizes, shape, defs_shape(d)))
        return true;
    s->c->env.at = at;
    ctx_error(s->c, LBZ_SHAPE, "forget it first",
              "%s stands for something of another shape", sym_name(s->c, sym));
    return false;
}

bool defs_declare(lbz_session *s, const char *text, Span a)
{
    uint32_t end = a.pos + a.len, sym;
    const char *open = memchr(text + a.pos, '[', a.len);
    uint32_t from = open ? (uint32_t)(open - text) : end;
    const char *shut = open ? memchr(open, ']', end - from) : NULL;
    uint32_t close = shut ? (uint32_t)(shut - text) : end;
    uint8_t mask = 0;
    if (!args_name(s, text, (Span){a.pos, from - a.pos}, &sym))
        return false;
    if (open &&
        (close == end || !args_trim(text, (Span){from + 1, close - from - 1}).len)) {
        env_error_at(&s->c->env, a, LBZ_SYNTAX, "write var x[3], A[m,n]",
                     close == end ? "']' is missing" : "a size is missing");
        return false;
    }
    uint32_t shape = open ? read_shape(s, text, (Span){from + 1, close - from - 1}) : 0;
    if (shape == SHAPE_NONE ||
        (open &&
         !read_structure(s, text, (Span){close + 1, end - close - 1}, shape, &mask)) ||
        (open && !fits_definition(s, args_trim(text, a), sym, shape)))
        return false;
    return defs_know(s, sym, (NameFacts){s->c->syms[sym].assume, true, mask, shape});
}

/* ---- printing ------------------------------------------------------------------------- */
void defs_print_declaration(const lbz_session *s, Str *out, uint32_t sym)
{
    const Symbol *info = &s->c->syms[sym];
    const Shape *shape = shape_at(s->c, info->shape);
    str_printf(out, "var %s[", info->name);
    for (unsigned i = 0; i < shape->rank; i++) {
        str_puts(out, i ? "," : "");
        print_plain(s->c, out, shape_size_node(s->c, shape->size[i]));
    }
    str_putc(out, ']');
    for (size_t k = 0; k < sizeof structures / sizeof *structures; k++) {
        uint8_t mask = structures[k].mask;
        if ((info->structure & mask) == mask &&
            !(mask == SYM_SYMMETRIC && info->structure & (SYM_POSITIVE | SYM_DIAGONAL)))
            str_printf(out, " %s", structures[k].name);
    }
}

void defs_print_facts(const lbz_session *s, Str *out, uint32_t sym)
{
    const Symbol *info = &s->c->syms[sym];
    if (info->shape)
        defs_print_declaration(s, out, sym);
    if (info->assume == S_ANY && (info->shape || !info->decl_real))
        return;
    str_puts(out, info->shape ? "\nassume " : "assume ");
    defs_print_assumption(s, out, sym);
}
