/* session/arrays.c - arrays in files: load("x.npy"), save X "x.npy", and the arrays of a session that is
 * saved. In a parallel run one session reads and writes, the others take what it had. */
#include "session/session.h"
#include "expr/shape.h"
#include "tensor/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

bool session_file_name(const char *text, size_t n, char *name, size_t size)
{
    const char *home = n > 1 && text[0] == '~' && text[1] == '/' ? getenv("HOME") : NULL;
    size_t skip = home ? 1 : 0;
    int k =
        snprintf(name, size, "%s%.*s", home ? home : "", (int)(n - skip), text + skip);
    return n && k > 0 && (size_t)k < size && !memchr(text, '\0', n);
}

/* The error under way begins with the name of the file. */
static void name_error(Ctx *c, const char *what, const char *name)
{
    Err e = attempt_error(c);
    if (e.status == LBZ_INTERRUPT || e.status == LBZ_OK)
        c->env.err = e;
    else
        ctx_error(c, e.status, e.hint, "cannot %s %.200s: %.300s", what, name, e.message);
}

/* ---- reading ----------------------------------------------------------------------------- */
static bool read_source(Ctx *c, const char *name, TensorFormat f, Tensor *t)
{
    TensorSource from;
    Str header = {0};
    int err = tensor_source_open(&from, &c->env, name);
    if (err) {
        ctx_error(c, LBZ_UNABLE, NULL, "%s", strerror(err));
        return false;
    }
    bool ok = f == TENSOR_NPY ? tensor_read_npy(&from, t)
                              : tensor_read_table(&from, f, &header, t);
    tensor_source_close(&from);
    if (ok && header.n)
        ctx_note(c, "the first line of %.100s names the columns: %.200s", name,
                 str_cstr(&header));
    str_free(&header);
    return ok;
}

/* For those that follow: the elements as bytes, or the error. */
static FileResult result_of(Ctx *c, const Tensor *t)
{
    FileResult r = {.failed = c->env.err};
    if (ctx_failed(c))
        return r;
    r.type = t->type;
    r.dims = t->dims;
    r.n = tensor_count(t) * dtype_size(t->type);
    r.text = tensor_data(t);
    return r;
}

static bool take_result(Ctx *c, const FileResult *r, Tensor *t)
{
    if (r->failed.status != LBZ_OK || !r->text) {
        Span at = c->env.at;
        c->env.err = r->failed;
        c->env.err.span = at;
        if (!ctx_failed(c))
            ctx_error(c, LBZ_UNABLE, NULL, "%s", strerror(r->err ? r->err : EIO));
        return false;
    }
    if (!tensor_new(&c->env, r->type, &r->dims, "the array in the file", t))
        return false;
    memcpy(tensor_data(t), r->text, r->n);
    return true;
}

static bool load_array(lbz_session *s, const char *name, TensorFormat f, Tensor *t)
{
    if (s->follows) {
        FileResult r = session_follow(s);
        return take_result(s->c, &r, t);
    }
    bool ok = read_source(s->c, name, f, t);
    if (!ok)
        name_error(s->c, "read", name);
    if (s->files)
        (void)session_lead(s, result_of(s->c, t));
    return ok;
}

static Node *load_node(Ctx *c, const char *typed)
{
    char name[1024];
    Tensor t = {0};
    size_t n = strlen(typed);
    TensorFormat f = tensor_format(typed, n);
    if (f == TENSOR_UNKNOWN)
        return ctx_error(c, LBZ_UNABLE, "load FILE, without parentheses, runs a session",
                         "load(...) reads .npy, .csv and .tsv");
    if (!session_file_name(typed, n, name, sizeof name))
        return ctx_error(c, LBZ_SYNTAX, NULL, "the file name is too long");
    if (!load_array(c->owner, name, f, &t))
        return c->poison;
    Node *r = ex_data(c, &t);
    tensor_release(&t);
    return r;
}

void session_own_context(lbz_session *s, Ctx *c)
{
    c->owner = s;
    c->load = load_node;
}

/* ---- writing ----------------------------------------------------------------------------- */
static bool write_bytes(lbz_session *s, const char *name, const Str *bytes)
{
    Ctx *c = s->c;
    FileResult r = session_replace(s, name, bytes->s, bytes->n);
    if (r.err)
        ctx_error(c, LBZ_UNABLE, NULL, "cannot write %.300s: %s", name,
                  r.why ? r.why : strerror(r.err));
    return !r.err;
}

static bool save_tensor(lbz_session *s, const Tensor *t, const char *name)
{
    Ctx *c = s->c;
    Str bytes = {0};
    TensorFormat f = tensor_format(name, strlen(name));
    bool ok = f == TENSOR_NPY ? tensor_write_npy(&c->env, t, &bytes)
                              : tensor_write_table(&c->env, t, f, &bytes);
    if (ok)
        ok = write_bytes(s, name, &bytes);
    else
        name_error(c, "write", name);
    str_free(&bytes);
    return ok;
}

bool session_save_array(lbz_session *s, Node *e, const char *name, Span where)
{
    Tensor t;
    double x;
    const char *dtype;
    Ctx *c = s->c;
    c->env.at = where;
    if (tensor_format(name, strlen(name)) == TENSOR_UNKNOWN) {
        ctx_error(c, LBZ_UNABLE, "save FILE, without a name, saves the session",
                  "arrays are saved as .npy, .csv or .tsv");
        return false;
    }
    Node *v = ex_is(e, OP_ROW) ? e->a[0] : e;
    bool ok = answer_array(s, v, &t, &dtype);
    if (!ok && !ctx_failed(c) && answer_number(c, v, &x))
        ok = tensor_scalar(&c->env, x, &t);
    if (!ok) {
        ctx_error(c, LBZ_SHAPE, "give its names values first",
                  "this is no array of numbers");
        return false;
    }
    ok = save_tensor(s, &t, name);
    tensor_release(&t);
    return ok;
}

/* Can it be typed, and is it short enough for that? */
static bool is_written_out(const Tensor *t)
{
    enum { MOST = 1000 };
    bool plain = t->type == DT_FLOAT64 && tensor_count(t) <= MOST && tensor_count(t) > 0;
    for (size_t i = 0; plain && i < tensor_count(t); i++) {
        double x = tensor_get(t, i);
        plain = x - x == 0;
    }
    return plain;
}

/* "run.lbz" and w: run.lbz.w.npy */
static bool print_beside(lbz_session *s, Str *out, const Def *d, const char *file)
{
    char name[1300];
    const char *w = sym_name(s->c, d->sym);
    snprintf(name, sizeof name, "%s.%.200s.npy", file, w);
    if (strchr(name, '"') || !save_tensor(s, d->body->data, name))
        return false;
    str_printf(out, "%s := load(\"%s\")\n", w, name);
    ctx_note(s->c, "%s is in %s", w, name);
    return true;
}

bool session_print_array(lbz_session *s, Str *out, const Def *d, const char *file)
{
    const Tensor *t = d->body->data;
    if (!is_written_out(t) && file)
        return print_beside(s, out, d, file);
    if (!is_written_out(t)) {
        str_printf(out, "# %s: an array of shape ", sym_name(s->c, d->sym));
        dims_print(out, &t->dims);
        str_puts(out, " is not written here\n");
        return true;
    }
    str_printf(out, "%s := float64(", sym_name(s->c, d->sym));
    print_tensor(out, t, NULL, false);
    str_puts(out, ")\n");
    return true;
}
