/* session/definitions.c - definitions and assumptions.
 *
 * Invariant: a Def in s->names, s->undo or s->redo has its body in the session pool of
 * the present context. When an assumption is dropped, formulas and functions are read
 * again from their text (rebuild.c).
 */
#include "expr/shape.h"
#include "session/session.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- Def objects */

void defs_free_definition(Def *d)
{
    if (!d)
        return;
    symlist_free(&d->params);
    symlist_free(&d->hidden);
    symlist_free(&d->mentions);
    symlist_free(&d->bound);
    symlist_free(&d->written);
    mem_free(d->source);
    mem_free(d->broken);
    mem_free(d);
}

static bool out_of_memory(Ctx *c)
{
    env_error(&c->env, LBZ_LIMIT, NULL, "out of memory");
    return false;
}

/* Parameters get symbols that nobody can type, so that they never meet a name of the
 * user. */
static Node *hide_parameters(Ctx *c, Def *d, Node *body)
{
    ArenaMark m = arena_mark(&c->tmp);
    size_t k = d->params.n;
    Node **by = ARENA_NEW(&c->tmp, Node *, k + 1);
    for (size_t i = 0; by && i < k; i++) {
        char name[200];
        int n = snprintf(name, sizeof name, "%.90s@%.90s", sym_name(c, d->sym),
                         sym_name(c, d->params.v[i]));
        uint32_t h = sym_intern(c, name, (size_t)n);
        by[i] = ex_sym(c, h);
        if (!symlist_add(&d->hidden, h))
            out_of_memory(c);
    }
    if (by && k && !ctx_failed(c))
        body = ex_subst(c, body, d->params.v, by, k);
    arena_release(&c->tmp, m);
    return by && !ctx_failed(c) ? body : c->poison;
}

/* Fills d from its body in the statement pool. */
static bool def_finish(Ctx *c, Def *d, Node *body)
{
    if (d->kind == DEF_FUNCTION)
        body = hide_parameters(c, d, body);
    if (!ctx_failed(c) && !eval_mentions(c, body, &d->mentions, &d->bound))
        return out_of_memory(c);
    sym_keep_all(c); /* also where body is a session node already */
    d->body = ctx_failed(c) ? c->poison : ex_keep(c, body);
    return !ctx_failed(c);
}

static Def *def_new(Ctx *c, const Stmt *st, Node *body, char *source)
{
    Def *d = mem_alloc(sizeof *d);
    if (!d) {
        mem_free(source);
        out_of_memory(c);
        return NULL;
    }
    memset(d, 0, sizeof *d);
    d->sym = st->sym;
    d->source = source;
    d->procedure = !st->expr;
    d->kind = st->kind == ST_FUNCTION ? DEF_FUNCTION
              : st->kind == ST_ASSIGN ? DEF_VALUE
                                      : DEF_FORMULA;
    bool ok = true;
    for (size_t i = 0; ok && i < st->nparams; i++)
        ok = symlist_add(&d->params, st->params[i]) || out_of_memory(c);
    if (!ok || !def_finish(c, d, body)) {
        defs_free_definition(d);
        return NULL;
    }
    return d;
}

/* ---- names and what they stand for */

uint32_t defs_shape(const Def *d)
{
    uint32_t shape =
        d && d->kind != DEF_FUNCTION && d->body ? d->body->shape : SHAPE_SCALAR;
    return shape == SHAPE_RAGGED ? SHAPE_ANY : shape;
}

Def *defs_exchange(lbz_session *s, uint32_t sym, Def *d)
{
    Def *old = s->names.by_sym[sym];
    s->names.by_sym[sym] = d;
    s->any_shape = s->any_shape || defs_shape(d);
    if (s->any_shape &&
        (s->any_by_value || defs_shape(old) != defs_shape(d) || s->c->syms[sym].shape) &&
        !symlist_add(&s->reshaped, sym))
        (void)out_of_memory(s->c);
    if (s->any_symbolic)
        defs_sizes_changed(s);
    s->names.count = s->names.count + (d != NULL) - (old != NULL);
    return old;
}

static bool make_room(lbz_session *s, uint32_t sym)
{
    Names *names = &s->names;
    if (sym < names->n)
        return true;
    size_t n = 2 * (size_t)sym + 16;
    Def **more = mem_realloc(names->by_sym, n * sizeof *more);
    if (!more)
        return false;
    memset(more + names->n, 0, (n - names->n) * sizeof *more);
    names->by_sym = more;
    names->n = n;
    return true;
}

static bool install_definition(lbz_session *s, uint32_t sym, Def *d)
{
    if (!make_room(s, sym)) {
        defs_free_definition(d);
        return out_of_memory(s->c);
    }
    Change *ch = defs_push_change(s, CHANGE_DEFINITION, sym);
    s->any_gradient = s->any_gradient || (d && strchr(sym_name(s->c, sym), '.'));
    Def *old = defs_exchange(s, sym, d);
    if (ch)
        ch->def = old;
    else
        defs_free_definition(old);
    return true;
}

bool defs_assign(lbz_session *s, uint32_t sym, Node *v)
{
    Stmt st = {.kind = ST_ASSIGN, .sym = sym, .expr = v};
    Def *d = def_new(s->c, &st, v, NULL);
    if (d)
        d->serial = ++s->serial;
    return d && install_definition(s, sym, d);
}

void defs_setting(lbz_session *s, SettingId id)
{
    Change *ch = defs_push_change(s, CHANGE_SETTING, (uint32_t)id);
    if (ch)
        memcpy(ch->text, s->set.text[id], sizeof ch->text);
}

NameFacts defs_facts(const lbz_session *s, uint32_t sym)
{
    const Symbol *info = &s->c->syms[sym];
    return (NameFacts){info->assume, info->decl_real, info->structure, info->shape};
}

void defs_set_facts(lbz_session *s, uint32_t sym, NameFacts f)
{
    Symbol *info = &s->c->syms[sym];
    s->rebuild_due = s->rebuild_due || info->assume != f.assume;
    bool weaker =
        (f.assume & ~info->assume & S_ANY) || (info->assume & ~f.assume & S_INTEGER);
    s->remake_due = s->remake_due || weaker;
    info->assume = f.assume;
    info->decl_real = f.declared;
    defs_set_shape(s, sym, f.shape, f.structure);
}

bool defs_know(lbz_session *s, uint32_t sym, NameFacts f)
{
    Change *ch = defs_push_change(s, CHANGE_ASSUMPTION, sym);
    if (ch)
        ch->facts = defs_facts(s, sym);
    sym_keep_all(s->c);
    shape_keep_all(s->c);
    defs_set_facts(s, sym, f);
    return ch != NULL;
}

bool defs_assumed(const lbz_session *s, uint32_t sym)
{
    const Symbol *info = &s->c->syms[sym];
    return info->assume != S_ANY || info->decl_real;
}

bool defs_forget(lbz_session *s, uint32_t sym)
{
    bool any = false;
    if (names_find(&s->names, sym))
        any = install_definition(s, sym, NULL);
    if (defs_assumed(s, sym)) {
        defs_know(s, sym, (NameFacts){.assume = S_ANY});
        any = true;
    }
    return any;
}

void defs_clear(lbz_session *s)
{
    symlist_free(&s->watched);
    for (uint32_t i = 0; i < s->c->syms_kept; i++)
        defs_forget(s, i);
}

void defs_free(lbz_session *s)
{
    defs_free_changes(s);
    for (size_t i = 0; i < s->names.n; i++)
        defs_free_definition(s->names.by_sym[i]);
    mem_free(s->names.by_sym);
    symlist_free(&s->reshaped);
    symlist_free(&s->watched);
}

/* ---- defining */

static bool one_of(const char *name, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(name, *words) == 0)
            return true;
    return false;
}

/* Letters name functions, and words of statistics and matrices do, and are wanted as names, too. */
static bool is_wanted(const char *name)
{
    static const char *const letters[] = {"gamma", "beta", "zeta", "psi", NULL};
    return !op_is_function(op_find(name, strlen(name))) || !name[1] ||
           one_of(name, letters);
}

static bool may_be_defined(lbz_session *s, const Stmt *st, const char *name)
{
    static const char *const constants[] = {"pi", "e", "inf", NULL};
    Ctx *c = s->c;
    if (one_of(name, constants)) {
        env_error_at(&c->env, st->name, LBZ_NAME, "use another name",
                     "%s is a constant and cannot be defined", name);
        return false;
    }
    if (op_find(name, strlen(name)) == OP_POISON)
        return true;
    if (st->kind != ST_FUNCTION && is_wanted(name)) {
        ctx_note(c, "%s(...) stays the function", name);
        return true;
    }
    env_error_at(&c->env, st->name, LBZ_NAME, "use another name",
                 "%s is a known function and cannot be defined", name);
    return false;
}

/* x = ... x ...: says what would turn round. */
static bool reject_cycle(lbz_session *s, const Stmt *st, const char *text,
                         const SymList *mentions)
{
    Ctx *c = s->c;
    Str path = {0};
    if (!eval_cycle(c, &s->names, st->sym, st->kind == ST_FUNCTION, mentions, &path)) {
        str_free(&path);
        return ctx_failed(c);
    }
    const char *name = sym_name(c, st->sym);
    const char *eq =
        memchr(text + st->name.pos, '=', st->span.pos + st->span.len - st->name.pos);
    char hint[300] = "";
    if (st->kind == ST_DEFINE && eq) {
        Span rest = {(uint32_t)(eq + 1 - text), 0};
        rest.len = st->span.pos + st->span.len - rest.pos;
        rest = args_trim(text, rest);
        snprintf(hint, sizeof hint, "use %s := %.*s to store the value now", name,
                 (int)(rest.len < 200 ? rest.len : 200), text + rest.pos);
    }
    env_error_at(&c->env, st->span, LBZ_NAME, hint, "%s would stand for itself: %.300s",
                 name, str_cstr(&path));
    str_free(&path);
    return true;
}

/* The right-hand side in one line without comments. */
static char *source_of(lbz_session *s, const Stmt *st, const char *text)
{
    uint32_t end = st->span.pos + st->span.len, at = st->name.pos + st->name.len;
    int depth = 0;
    for (; at < end && (depth || text[at] != '='); at++)
        depth += (text[at] == '(') - (text[at] == ')');
    Str b = {0};
    bool plain = s->used_result && !(st->expr->flags & NF_STRUCTURAL);
    Span rest = args_trim(text, (Span){at + 1, end > at ? end - at - 1 : 0});
    for (uint32_t i = rest.pos; !plain && i < rest.pos + rest.len; i++) {
        if (text[i] == '#')
            while (i < rest.pos + rest.len && text[i] != '\n')
                i++;
        str_putc(&b, i >= rest.pos + rest.len || text[i] == '\n' || text[i] == '\r'
                         ? ' '
                         : text[i]);
    }
    if (plain)
        print_limited(s->c, &b, st->expr, 100000);
    char *r = b.failed ? NULL : mem_strndup(str_cstr(&b), b.n);
    str_free(&b);
    return r;
}

/* An x.grad that is none has no value. */
static Node *without_gradients(lbz_session *s, const Stmt *st, Node *v)
{
    size_t n = 0;
    const uint32_t *sym = v->syms ? ex_free_syms(s->c, v, &n) : NULL;
    for (size_t i = 0; i < n; i++) {
        const char *name = sym_name(s->c, sym[i]), *dot = strchr(name, '.');
        if (!dot)
            continue;
        env_error_at(&s->c->env, st->span, LBZ_NAME, "backward y makes it", "%s is none",
                     name);
        return s->c->poison;
    }
    return v;
}

/* A decimal of more than 40 digits: bits of numerator and denominator. */
static bool is_long_decimal(Ctx *c, Node *n, void *arg)
{
    enum { BITS = 266 };
    (void)c, (void)arg;
    return ex_is_num(n) && n->num.dec && !num_is_small(n->num) && num_bits(n->num) > BITS;
}

/* Steps with exact decimals would get longer and longer: from a length on they are stored in float64. */
static Node *without_long_decimals(lbz_session *s, Node *v)
{
    Ctx *c = s->c;
    Tensor t;
    bool numbers = ex_is_num(v) || ex_is(v, OP_LIST);
    if (!numbers || !(v->flags & NF_DEC) ||
        !ex_find(c, v, NF_DEC, is_long_decimal, NULL) || !ex_numbers(c, v, &t))
        return v;
    if (!s->told_float64)
        ctx_note(c, "decimals of more than 40 digits are stored as float64");
    s->told_float64 = true;
    Node *r = ex_data(c, &t);
    tensor_release(&t);
    return r;
}

static Node *value_now(lbz_session *s, const Stmt *st, const Parsed *parsed)
{
    Ctx *c = s->c;
    EvalOptions opt = session_eval_options(s);
    c->env.at = st->span;
    Node *v = eval_value(c, &s->names, &opt, parsed, st->expr);
    if (!ctx_failed(c) && ex_depends(c, v, st->sym)) {
        const char *name = sym_name(c, st->sym);
        char hint[200];
        snprintf(hint, sizeof hint, "give it one first: %.80s := 0", name);
        env_error_at(&c->env, st->span, LBZ_NAME, hint, "%s has no value yet", name);
    }
    v = ctx_failed(c) ? c->poison : without_gradients(s, st, v);
    return ctx_failed(c) ? c->poison : without_long_decimals(s, v);
}

/* The statements of a function with their braces; line ends matter in them. */
static char *procedure_source(const Stmt *st, const char *text)
{
    return mem_strndup(text + st->body.pos - 1, st->body.len + 2);
}

/* The body was read with what is assumed of a name that is also a parameter. */
static void note_parameters(lbz_session *s, const Def *d)
{
    for (size_t i = 0; i < d->params.n; i++) {
        Str known = {0};
        if (s->c->syms[d->params.v[i]].assume != S_ANY) {
            defs_print_assumption(s, &known, d->params.v[i]);
            ctx_note(s->c,
                     "%s holds for the argument of %s, too; another letter is free of it",
                     str_cstr(&known), sym_name(s->c, d->sym));
        }
        str_free(&known);
    }
}

/* x = ... begins anew: x.grad is none. */
static bool drop_gradient(lbz_session *s, uint32_t sym)
{
    Str name = {0};
    str_puts(&name, sym_name(s->c, sym));
    str_puts(&name, ".grad");
    uint32_t grad = sym_intern(s->c, str_cstr(&name), name.n);
    str_free(&name);
    if (names_find(&s->names, grad))
        install_definition(s, grad, NULL);
    return true;
}

bool defs_define(lbz_session *s, const Stmt *st, const char *text, const Parsed *parsed)
{
    Ctx *c = s->c;
    const char *name = sym_name(c, st->sym);
    bool fresh = st->sym >= c->syms_kept; /* nothing that is kept has the name */
    if (!may_be_defined(s, st, name))
        return false;
    if (!st->expr && !session_check_procedure(s, st, text))
        return false;
    Node *body = !st->expr               ? c->zero
                 : st->kind == ST_ASSIGN ? value_now(s, st, parsed)
                                         : st->expr;
    eval_check_dropped(c);
    if (ctx_failed(c))
        return false;
    c->env.at = st->span;
    char *source = st->kind == ST_ASSIGN ? NULL
                   : !st->expr           ? procedure_source(st, text)
                                         : source_of(s, st, text);
    if (!st->expr && !source)
        return out_of_memory(c);
    Def *d = def_new(c, st, body, source);
    if (!d)
        return false;
    if (!defs_fits_declaration(s, st, d->body)) {
        defs_free_definition(d);
        return false;
    }
    bool may_turn =
        st->kind != ST_ASSIGN && (!fresh || symlist_has(&d->mentions, st->sym));
    if (may_turn && reject_cycle(s, st, text, &d->mentions)) {
        defs_free_definition(d);
        return false;
    }
    note_parameters(s, d);
    d->serial = ++s->serial;
    if (d->source && !d->procedure && !defs_names_written(c, parsed, &d->written)) {
        defs_free_definition(d);
        return out_of_memory(c);
    }
    return install_definition(s, d->sym, d) &&
           (!s->any_gradient || st->kind != ST_DEFINE || drop_gradient(s, st->sym));
}

/* ---- printing */

static int by_serial(const void *a, const void *b)
{
    const Def *x = *(Def *const *)a, *y = *(Def *const *)b;
    return (x->serial > y->serial) - (x->serial < y->serial);
}

Def **defs_sorted(const lbz_session *s, size_t *n)
{
    Def **v = s->names.count ? mem_alloc(s->names.count * sizeof *v) : NULL;
    *n = 0;
    for (size_t i = 0; v && i < s->names.n; i++)
        if (s->names.by_sym[i])
            v[(*n)++] = s->names.by_sym[i];
    if (v)
        qsort(v, *n, sizeof *v, by_serial);
    return v;
}

void defs_print(lbz_session *s, Str *out, const Def *d, size_t max)
{
    Ctx *c = s->c;
    str_puts(out, sym_name(c, d->sym));
    for (size_t i = 0; i < d->params.n; i++)
        str_printf(out, "%s%s", i ? ", " : "(", sym_name(c, d->params.v[i]));
    str_puts(out, d->params.n ? ") " : " ");
    str_puts(out, d->kind == DEF_VALUE ? ":= " : "= ");
    if (d->source) {
        size_t n = strlen(d->source);
        str_put(out, d->source, n);
    } else if (print_length(c, d->body) <= (double)max) {
        print_plain(c, out, d->body);
    } else {
        str_puts(out, "...");
    }
}

/* A value too large to be written out is read back through names that are forgotten
 * again. */
void defs_print_value(lbz_session *s, Str *out, const Def *d)
{
    enum { LONGEST = 100000 };
    Ctx *c = s->c;
    if (d->source || print_length(c, d->body) <= LONGEST) {
        defs_print(s, out, d, LONGEST);
        str_putc(out, '\n');
        return;
    }
    Node *root = d->body, **defs;
    uint32_t *names;
    size_t n = print_share(c, 1, &root, &names, &defs);
    for (size_t i = 0; i < n; i++) {
        str_printf(out, "%s := ", sym_name(c, names[i]));
        print_plain(c, out, defs[i]);
        str_puts(out, "; ");
    }
    str_printf(out, "%s := ", sym_name(c, d->sym));
    print_plain(c, out, root);
    str_puts(out, n ? "; forget" : "");
    for (size_t i = 0; i < n; i++)
        str_printf(out, " %s", sym_name(c, names[i]));
    str_putc(out, '\n');
}

void defs_print_assumption(const lbz_session *s, Str *out, uint32_t sym)
{
    const Symbol *info = &s->c->syms[sym];
    static const char *const relation[8] = {"",     " < 0",  "",      " <= 0",
                                            " > 0", " != 0", " >= 0", ""};
    const char *r = relation[info->assume & S_ANY];
    if (*r)
        str_printf(out, "%s%s", info->name, r);
    if (info->assume & S_INTEGER)
        str_printf(out, "%s%s integer", *r ? ", " : "", info->name);
    if (info->assume == S_ANY && info->decl_real)
        str_printf(out, "%s real", info->name);
}
