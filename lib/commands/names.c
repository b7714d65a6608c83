/* commands/names.c - commands about names: vars, var, assume, forget, undo,
 * redo, clear, save, load, history; and lbz_dump. */
#include "commands/commands.h"
#include "commands/descend.h"
#include "expr/shape.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- vars, var, history */

/* Of an array its shape, and the type where it is data, as a comment. */
static void put_shape(lbz_session *s, Str *out, const Def *d)
{
    const Node *n = d->kind == DEF_FUNCTION ? NULL : d->body;
    if (!n || !shape_is_tensor(n->shape))
        return;
    str_puts(out, "   # ");
    shape_print(s->c, out, n->shape);
    if (ex_is(n, OP_DATA))
        str_printf(out, " %s", dtype_name(n->data->type));
}

bool cmd_vars(lbz_session *s, const char *text, Span args)
{
    enum { LONGEST = 200 };
    (void)text;
    (void)args;
    size_t n;
    Def **defs = defs_sorted(s, &n);
    Str *out = answer_text(s);
    for (size_t i = 0; i < n; i++) {
        defs_print(s, out, defs[i], LONGEST);
        put_shape(s, out, defs[i]);
        str_putc(out, '\n');
    }
    mem_free(defs);
    for (uint32_t i = 0; i < s->c->syms_kept; i++) {
        if (defs_assumed(s, i)) {
            defs_print_facts(s, out, i);
            str_putc(out, '\n');
        }
    }
    if (!out->n)
        str_puts(out, "no names are defined");
    else
        out->s[--out->n] = '\0'; /* the caller ends the last line */
    return true;
}

bool cmd_var(lbz_session *s, const char *text, Span args)
{
    Span rest = args_trim(text, args);
    uint32_t end = rest.pos + rest.len, at = rest.pos;
    if (rest.len && text[at] == '(') {
        env_error_at(&s->c->env, rest, LBZ_NAME, "write variance(x); var x[3] declares x",
                     "var declares names, it is no function");
        return false;
    }
    do { /* x y: names without shapes need no commas */
        uint32_t comma = args_find(text, (Span){at, end - at}, ",");
        Span one = args_trim(text, (Span){at, comma - at});
        while (!memchr(text + one.pos, '[', one.len) && one.len) {
            Span w = args_word(text, one, &one);
            if (!defs_declare(s, text, w))
                return false;
        }
        if ((one.len || comma == at) && !defs_declare(s, text, one))
            return false;
        at = comma + 1;
    } while (at < end);
    return true;
}

bool cmd_history(lbz_session *s, const char *text, Span args)
{
    unsigned long n = 20, most = s->nresults < RESULTS_KEPT ? s->nresults : RESULTS_KEPT;
    Span a = args_trim(text, args);
    char count[20];
    if (a.len) {
        snprintf(count, sizeof count, "%.*s", (int)a.len, text + a.pos);
        if (sscanf(count, "%lu", &n) != 1) {
            env_error_at(&s->c->env, a, LBZ_SYNTAX, "history 20",
                         "history takes a number");
            return false;
        }
    }
    n = n < most ? n : most;
    Str *out = answer_text(s);
    for (unsigned long i = s->nresults - n; i < s->nresults; i++) {
        const char *input = s->kept[i % RESULTS_KEPT].input;
        str_printf(out, "%s%%%lu: %s", out->n ? "\n" : "", i + 1, input ? input : "");
    }
    return true;
}

/* ---- assume */

typedef struct {
    const char *text;
    uint8_t mask;
    bool integer, real;
} Fact;

/* Longer signs before those they begin with. */
static const Fact facts[] = {
    {">=", S_ZERO | S_POS, false, false},
    {"<=", S_ZERO | S_NEG, false, false},
    {"!=", S_NEG | S_POS, false, false},
    {">", S_POS, false, false},
    {"<", S_NEG, false, false},
    {"≥", S_ZERO | S_POS, false, false},
    {"≤", S_ZERO | S_NEG, false, false},
    {"≠", S_NEG | S_POS, false, false},
    {"integer", S_ANY, true, false},
    {"real", S_ANY, false, true},
    {"positive", S_POS, false, false},
    {"negative", S_NEG, false, false},
    {"nonnegative", S_ZERO | S_POS, false, false},
};

static bool bad_fact(lbz_session *s, Span a)
{
    env_error_at(&s->c->env, a, LBZ_SYNTAX,
                 "assume x > 0, x >= 0, x < 0, x <= 0, x != 0, x integer or x real",
                 "this cannot be assumed");
    return false;
}

/* Finds the fact in a; *name gets what stands before it. */
static const Fact *read_fact(const char *text, Span a, Span *name)
{
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        const Fact *f = &facts[i];
        uint32_t at = args_find(text, a, f->text), n = (uint32_t)strlen(f->text);
        if (at == a.pos + a.len)
            continue;
        Span tail = args_trim(text, (Span){at + n, a.pos + a.len - at - n});
        bool word = f->integer || f->real || (f->text[0] | 32) >= 'n';
        if ((word && !tail.len) || (!word && args_is(text, tail, "0"))) {
            *name = args_trim(text, (Span){a.pos, at - a.pos});
            uint32_t is = args_find(text, *name, "is");
            name->len = is < name->pos + name->len ? is - name->pos : name->len;
            return f;
        }
        return NULL;
    }
    return NULL;
}

static bool run_assume(lbz_session *s, const char *text, Span a)
{
    Ctx *c = s->c;
    Span name = a;
    uint32_t sym;
    a = args_trim(text, a);
    const Fact *f = read_fact(text, a, &name);
    if (!f)
        return bad_fact(s, a);
    if (!args_name(s, text, name, &sym))
        return false;
    uint8_t old = c->syms[sym].assume;
    uint8_t mask = (uint8_t)(old & f->mask & S_ANY);
    if (!mask) {
        Str known = {0};
        defs_print_assumption(s, &known, sym);
        env_error_at(&c->env, a, LBZ_DOMAIN, "forget it first", "%s is assumed already",
                     str_cstr(&known));
        str_free(&known);
        return false;
    }
    mask = (uint8_t)(mask | (old & S_INTEGER) | (f->integer ? S_INTEGER : 0));
    NameFacts known = defs_facts(s, sym);
    known.assume = mask;
    known.declared = true;
    defs_know(s, sym, known);
    return true;
}

bool cmd_assume(lbz_session *s, const char *text, Span args)
{
    Span a = args_trim(text, args);
    if (!a.len)
        return bad_fact(s, args);
    while (a.len) {
        uint32_t comma = args_find(text, a, ","), end = a.pos + a.len;
        if (!run_assume(s, text, (Span){a.pos, comma - a.pos}))
            return false;
        uint32_t next = comma < end ? comma + 1 : end;
        a = args_trim(text, (Span){next, end - next});
    }
    return true;
}

/* ---- forget, undo, clear */

/* Everything is forgotten, and how much that was is told. */
static void forget_all(lbz_session *s)
{
    size_t n = s->names.count;
    for (uint32_t i = 0; i < s->c->syms_kept; i++)
        n += defs_assumed(s, i) && !names_find(&s->names, i);
    if (n) {
        ctx_note(s->c, "%zu name%s forgotten; undo brings %s back", n,
                 n == 1 ? " is" : "s are", n == 1 ? "it" : "them");
    } else {
        ctx_note(s->c, "no names were defined; Ctrl-L clears the screen");
    }
    defs_clear(s);
}

bool cmd_forget(lbz_session *s, const char *text, Span args)
{
    Ctx *c = s->c;
    Span rest = args_trim(text, args), w;
    if (args_is(text, rest, "all")) {
        forget_all(s);
        return true;
    }
    do {
        uint32_t sym;
        w = args_word(text, rest, &rest);
        if (!args_name(s, text, w, &sym))
            return false;
        if (!defs_forget(s, sym)) {
            env_error_at(&c->env, w, LBZ_NAME, "vars lists the names",
                         "nothing is known of %s", sym_name(c, sym));
            return false;
        }
    } while (rest.len);
    return true;
}

static bool nothing_left(lbz_session *s, Span args, const char *what)
{
    env_error_at(&s->c->env, args, LBZ_NAME, NULL, "there is nothing to %s", what);
    return false;
}

bool cmd_undo(lbz_session *s, const char *text, Span args)
{
    (void)text;
    return defs_undo(s) || nothing_left(s, args, "take back");
}

bool cmd_redo(lbz_session *s, const char *text, Span args)
{
    (void)text;
    return defs_redo(s) || nothing_left(s, args, "make again");
}

bool cmd_clear(lbz_session *s, const char *text, Span args)
{
    (void)text;
    (void)args;
    if (s->descent)
        ctx_note(s->c, "the descent is closed");
    open_descent_close(s);
    forget_all(s);
    return true;
}

/* ---- save, load */

/* An array that no text gives again. */
static bool is_drawn(const Def *d)
{
    return d->kind != DEF_FUNCTION && ex_is(d->body, OP_DATA) &&
           (!d->source || strstr(d->source, "rand"));
}

/* file: beside which large arrays may be written; NULL: nowhere. False with the error. */
static bool dump_lines(lbz_session *s, Str *out, const char *file)
{
    size_t n;
    bool ok = true;
    for (size_t i = 0; i < SET_COUNT; i++) {
        if (setting_changed(&s->set, (SettingId)i)) {
            str_printf(out, "set %s %s\n", setting_info((SettingId)i)->name,
                       s->set.text[i]);
        }
    }
    for (uint32_t i = 0; i < s->c->syms_kept; i++) {
        if (defs_assumed(s, i)) {
            defs_print_facts(s, out, i);
            str_putc(out, '\n');
        }
    }
    Def **defs = defs_sorted(s, &n);
    for (size_t i = 0; ok && i < n; i++)
        if (is_drawn(defs[i]))
            ok = session_print_array(s, out, defs[i], file);
        else
            defs_print_value(s, out, defs[i]);
    mem_free(defs);
    for (size_t i = 0; i < s->watched.n; i++)
        str_printf(out, "watch %s\n", sym_name(s->c, s->watched.v[i]));
    if (s->descent)
        going_print(s->descent, out);
    return ok;
}

void lbz_dump(lbz_session *s, void (*put)(const char *text, size_t len, void *arg),
              void *arg)
{
    Str out = {0};
    ctx_begin_statement(s->c);
    (void)dump_lines(s, &out, NULL);
    put(str_cstr(&out), out.n, arg);
    str_free(&out);
}

/* "~/x" with the home folder put in; false: the name is missing or too long. */
static bool file_name(lbz_session *s, const char *text, Span args, char *name,
                      size_t size)
{
    Span a = args_trim(text, args);
    if (a.len >= 2 && (text[a.pos] == '"' || text[a.pos] == '\'') &&
        text[a.pos + a.len - 1] == text[a.pos])
        a = (Span){a.pos + 1, a.len - 2};
    if (session_file_name(text + a.pos, a.len, name, size))
        return true;
    env_error_at(&s->c->env, args, LBZ_SYNTAX, "save session.lbz",
                 a.len ? "the file name is too long" : "the name of a file is missing");
    return false;
}

static bool file_error(lbz_session *s, Span args, const char *what, const char *name,
                       FileResult r)
{
    if (r.err != EINTR || !ctx_failed(s->c))
        env_error_at(&s->c->env, args, LBZ_UNABLE, NULL, "cannot %s %.300s: %s", what,
                     name, r.why ? r.why : strerror(r.err));
    return false;
}

/* X "file.npy": what stands before a name in quotes. False: nothing does. */
static bool splits_array(const char *text, Span args, Span *e, Span *file)
{
    Span a = args_trim(text, args);
    uint32_t end = a.pos + a.len, at = end ? end - 1 : 0;
    if (a.len < 3 || text[at] != '"')
        return false;
    while (at > a.pos && text[at - 1] != '"')
        at--;
    *file = (Span){at, end - 1 - at};
    *e = args_trim(text, (Span){a.pos, at > a.pos ? at - 1 - a.pos : 0});
    return at > a.pos && e->len > 0;
}

static bool save_array(lbz_session *s, const char *text, Span e, Span file)
{
    char name[1024];
    Node *v = args_value(s, text, e);
    return !ctx_failed(s->c) && file_name(s, text, file, name, sizeof name) &&
           session_save_array(s, v, name, e);
}

bool cmd_seed(lbz_session *s, const char *text, Span args)
{
    int64_t n = 0;
    Node *v = args_value(s, text, args);
    if (!ctx_failed(s->c) && !ex_get_int(v, &n))
        env_error_at(&s->c->env, args, LBZ_SYNTAX, "seed 1", "seed takes a whole number");
    if (ctx_failed(s->c))
        return false;
    s->c->seed = (uint64_t)n;
    s->c->drawn = 0;
    return true;
}

bool cmd_save(lbz_session *s, const char *text, Span args)
{
    char name[1024];
    Span array, file;
    if (splits_array(text, args, &array, &file))
        return save_array(s, text, array, file);
    if (!file_name(s, text, args, name, sizeof name))
        return false;
    Str out = {0};
    size_t len = strlen(name);
    if (s->descent && len > 4 && strcmp(name + len - 4, ".csv") == 0) {
        if (!open_descent_resume(s) || !rows_csv(s, &out)) {
            str_free(&out);
            return false;
        }
    } else {
        str_puts(&out, "# leibniz session\n");
        if (!dump_lines(s, &out, name)) {
            str_free(&out);
            return false;
        }
    }
    FileResult r = {.err = ENOMEM};
    if (!out.failed)
        r = session_replace(s, name, str_cstr(&out), out.n);
    str_free(&out);
    return !r.err || file_error(s, args_trim(text, args), "write", name, r);
}

/* Runs one entry of a file. 1: done, 0: an error, -1: it goes on in the next line. */
static int run_entry(lbz_session *s, const char *text, size_t n)
{
    s->ans.err.status = LBZ_OK;
    if (statement_run(s, text, n))
        return 1;
    return s->ans.err.status == LBZ_INCOMPLETE ? -1 : 0;
}

/* All entries of the text; the line of the first error, 0 when there is none. */
static unsigned run_lines(lbz_session *s, const char *text, size_t n)
{
    unsigned line = 1, first = 1;
    size_t from = 0;
    int done = 1;
    for (size_t at = 0; at < n; line++) {
        const char *nl = memchr(text + at, '\n', n - at);
        size_t end = nl ? (size_t)(nl - text) : n;
        if (done == 1) {
            from = at;
            first = line;
        }
        done = run_entry(s, text + from, end - from);
        if (done == 0)
            return first;
        at = end + 1;
    }
    return done == 1 ? 0 : first;
}

bool cmd_load(lbz_session *s, const char *text, Span args)
{
    enum { DEEPEST = 16 };
    char name[1024];
    Span where = args_trim(text, args);
    if (!file_name(s, text, args, name, sizeof name))
        return false;
    if (s->load_depth >= DEEPEST) {
        env_error_at(&s->c->env, where, LBZ_LIMIT, NULL,
                     "files load each other without end");
        return false;
    }
    FileResult file = session_read(s, name);
    if (file.err)
        return file_error(s, where, "read", name, file);
    size_t base = s->ans.err_base;
    uint64_t began = s->statement;
    s->load_depth++;
    unsigned line = run_lines(s, file.text, file.n);
    s->load_depth--;
    defs_join_changes(s, began);
    session_read_done(s, file);
    answer_clear(&s->ans);
    s->ans.err_base = base;
    ctx_begin_statement(s->c);
    if (line) {
        Err e = s->ans.err;
        s->ans.err.status = LBZ_OK;
        env_error_at(&s->c->env, where,
                     e.status == LBZ_INCOMPLETE ? LBZ_SYNTAX : e.status, e.hint,
                     "%.200s:%u: %.380s", name, line, e.message);
    }
    return line == 0;
}
