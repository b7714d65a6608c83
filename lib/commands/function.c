/* commands/function.c - lbz_compile and what runs what it made: an expression as a function of the caller's
 * arrays, without text and without the session.
 *
 * Owners: a function owns its code and copies of the arrays that the session's names stood for; buffers
 * are the caller's. It has an Env of its own, so that nothing that happens to the session concerns it. */
#include "commands/commands.h"
#include "cpu/cpu.h"
#include "expr/shape.h"
#include "flint/library.h"

#include <stdio.h>

struct lbz_function {
    Env env;
    size_t nin;
    Dims *in;
    Dims out;
    Code *value, *gradient; /* the second is made when it is first asked for */
    const Backend *runs, *runs_gradient;
    Program *p; /* until then; its env is this one's */
    uint32_t root;
    Tensor *t; /* of a run: inputs, then outputs */
    char message[sizeof(((Err *)0)->message)];
};

/* ---- reading ----------------------------------------------------------------------------- */
/* The inputs stand for nothing but themselves, with these shapes. */
static Node *read_body(lbz_session *s, const char *text, size_t n, const uint32_t *sym,
                       const uint32_t *shape, size_t nin)
{
    Ctx *c = s->c;
    Def **hidden = eval_hide_names(c, &s->names, sym, nin);
    ShapeScope scope = {.n = nin, .sym = sym, .shape = shape};
    if (!hidden)
        return c->poison;
    s->scope = nin ? &scope : NULL;
    s->keep_calls = true;
    Node *e = args_value(s, text, (Span){0, (uint32_t)n});
    s->scope = NULL;
    s->keep_calls = false;
    eval_show_names(&s->names, sym, nin, hidden);
    return ctx_failed(c) ? c->poison : e;
}

static bool read_inputs(lbz_session *s, const lbz_input *in, size_t nin, lbz_function *f,
                        uint32_t *sym, uint32_t *shape)
{
    Ctx *c = s->c;
    for (size_t i = 0; i < nin; i++) {
        Node *size[TENSOR_RANK];
        if (in[i].rank > TENSOR_RANK) {
            ctx_error(c, LBZ_SHAPE, NULL, "%.100s has more than %d axes", in[i].name,
                      TENSOR_RANK);
            return false;
        }
        f->in[i].rank = (unsigned)in[i].rank;
        for (size_t k = 0; k < in[i].rank; k++) {
            f->in[i].dim[k] = in[i].shape[k];
            size[k] = ex_int(c, (int64_t)in[i].shape[k]);
        }
        sym[i] = sym_intern(c, in[i].name, strlen(in[i].name));
        shape[i] =
            in[i].rank ? shape_of_sizes(c, f->in[i].rank, size) : (uint32_t)SHAPE_SCALAR;
    }
    return !ctx_failed(c);
}

/* Arrays that the program has in common with the session become its own. */
static bool own_data(lbz_function *f, Program *p)
{
    for (size_t i = 0; i < p->ndata; i++) {
        Tensor copy;
        if (!tensor_new(&f->env, p->data[i].type, &p->data[i].dims, "a copy", &copy))
            return false;
        tensor_write(&copy, &p->data[i]);
        tensor_release(&p->data[i]);
        p->data[i] = copy;
    }
    return true;
}

static bool make_program(lbz_session *s, lbz_function *f, Node *e, const uint32_t *sym)
{
    Ctx *c = s->c;
    Program *p = f->p = program_new_shaped(&c->env, (uint32_t)f->nin, f->in);
    if (!p || !program_compile_arrays(c, p, sym, e, &f->root))
        return false;
    if (p->nexts) {
        ctx_error(c, LBZ_UNABLE, NULL, "integrals cannot be compiled");
        return false;
    }
    f->out = *pg_dims(p, f->root);
    if (own_data(f, p)) {
        p->env = &f->env;
        p->pi = NULL;
        return true;
    }
    c->env.err = f->env.err;
    return false;
}

static Code *make_code(lbz_function *f, const uint32_t *outs, size_t n,
                       const Backend **runs)
{
    Plan *plan = program_plan(f->p, outs, n);
    *runs = plan ? cpu_backend_for(&f->env, plan) : NULL;
    return plan ? (*runs)->compile(&f->env, plan) : NULL;
}

static lbz_function *function_new(const lbz_session *s, size_t nin)
{
    lbz_function *f = mem_alloc(sizeof *f);
    if (!f)
        return NULL;
    memset(f, 0, sizeof *f);
    env_init(&f->env);
    f->env.threads = s->c->env.threads;
    f->env.backend = s->c->env.backend;
    f->env.data_cap = s->c->env.data_cap;
    f->nin = nin;
    f->in = mem_alloc((nin + 1) * sizeof *f->in);
    f->t = mem_alloc((2 * nin + 2) * sizeof *f->t);
    if (f->in && f->t) {
        memset(f->in, 0, (nin + 1) * sizeof *f->in);
        memset(f->t, 0, (2 * nin + 2) * sizeof *f->t);
        return f;
    }
    lbz_function_free(f);
    return NULL;
}

static bool compile(lbz_session *s, const char *text, size_t n, const lbz_input *in,
                    lbz_function *f)
{
    Ctx *c = s->c;
    uint32_t *sym = ARENA_NEW(ctx_arena(c), uint32_t, f->nin + 1),
             *shape = ARENA_NEW(ctx_arena(c), uint32_t, f->nin + 1);
    if (!sym || !shape || !read_inputs(s, in, f->nin, f, sym, shape))
        return false;
    Node *e = read_body(s, text, n, sym, shape, f->nin);
    if (ctx_failed(c) || !make_program(s, f, e, sym))
        return false;
    f->value = make_code(f, &f->root, 1, &f->runs);
    if (!f->value)
        c->env.err = f->env.err;
    return f->value != NULL;
}

lbz_status lbz_compile(lbz_session *s, const char *text, size_t len, const lbz_input *in,
                       size_t nin, lbz_function **out, lbz_result *r)
{
    *out = NULL;
    answer_clear(&s->ans);
    str_clear(&s->ans.notes);
    s->ans.nnotes = 0;
    s->ans.err.status = LBZ_OK;
    s->ans.err_base = 0;
    Env *before = library_enter(&s->c->env);
    statement_begin(s);
    lbz_function *f = function_new(s, nin);
    if (!f)
        env_error(&s->c->env, LBZ_LIMIT, NULL, "out of memory");
    bool ok = f && compile(s, text, len, in, f);
    s->ans.err = s->c->env.err;
    library_leave(before);
    if (ok)
        *out = f;
    else
        lbz_function_free(f);
    answer_fill(s, text, len, r);
    return r->status;
}

void lbz_function_free(lbz_function *f)
{
    if (!f)
        return;
    if (f->value)
        f->runs->free(f->value);
    if (f->gradient)
        f->runs_gradient->free(f->gradient);
    program_free(f->p);
    mem_free(f->in);
    mem_free(f->t);
    env_release(&f->env);
    mem_free(f);
}

size_t lbz_function_shape(const lbz_function *f, size_t *shape)
{
    memcpy(shape, f->out.dim, f->out.rank * sizeof *shape);
    return f->out.rank;
}

const char *lbz_function_error(const lbz_function *f) { return f->message; }

/* ---- running ----------------------------------------------------------------------------- */
static bool lend(lbz_function *f, size_t i, const double *x, const Dims *d)
{
    return tensor_borrow(&f->env, (double *)(uintptr_t)x, d, &f->t[i]);
}

/* What was made somewhere else comes to the caller's place. A result that does not depend on its
 * shape is one number for all. */
static void deliver(const Tensor *t, double *to, const Dims *d)
{
    size_t n = dims_count(d), have = tensor_count(t);
    const double *v = tensor_doubles(t);
    for (size_t i = 0; v != to && i < n; i++)
        to[i] = v[have == n ? i : 0];
}

/* outs[]: where results go, of these shapes. */
static lbz_status run(lbz_function *f, const Code *code, const Backend *b,
                      const double *const *in, double *const *outs, const Dims *shape,
                      size_t n)
{
    bool ok = true;
    env_reset(&f->env);
    for (size_t i = 0; ok && i < f->nin; i++)
        ok = lend(f, i, in[i], &f->in[i]);
    for (size_t i = 0; ok && i < n; i++)
        ok = lend(f, f->nin + i, outs[i], &shape[i]);
    ok =
        ok && b->run(code, &f->env, f->t, f->t + f->nin) && b->synchronize(code, &f->env);
    for (size_t i = 0; ok && i < n; i++)
        deliver(&f->t[f->nin + i], outs[i], &shape[i]);
    for (size_t i = 0; i < f->nin + n; i++)
        tensor_release(&f->t[i]);
    if (!ok && !env_failed(&f->env))
        env_error(&f->env, LBZ_INTERRUPT, NULL, "interrupted");
    snprintf(f->message, sizeof f->message, "%s", ok ? "" : f->env.err.message);
    return f->env.err.status;
}

lbz_status lbz_value(lbz_function *f, const double *const *in, double *out)
{
    return run(f, f->value, f->runs, in, &out, &f->out, 1);
}

/* The value, and its derivatives by all inputs. */
static bool make_gradient(lbz_function *f, uint32_t *outs)
{
    outs[0] = f->root;
    if (f->out.rank) {
        env_error(&f->env, LBZ_SHAPE, "take sum() of it",
                  "the gradient of an array is asked for");
        return false;
    }
    if (!program_gradient(f->p, f->root, pg_const(f->p, 1), outs + 1))
        return false;
    for (size_t i = 1; i <= f->nin; i++)
        if (outs[i] == P_NONE)
            outs[i] = pg_const(f->p, 0);
    f->gradient = make_code(f, outs, f->nin + 1, &f->runs_gradient);
    return f->gradient != NULL;
}

lbz_status lbz_gradient(lbz_function *f, const double *const *in, double *value,
                        double *const *grad)
{
    enum { FEW_INPUTS = 16 };
    double *outs_near[FEW_INPUTS + 1], **outs = outs_near;
    Dims shape_near[FEW_INPUTS + 1], *shape = shape_near;
    uint32_t *roots = f->gradient ? NULL : mem_alloc((f->nin + 1) * sizeof *roots);
    if (f->nin > FEW_INPUTS) {
        outs = mem_alloc((f->nin + 1) * sizeof *outs);
        shape = mem_alloc((f->nin + 1) * sizeof *shape);
    }
    env_reset(&f->env);
    bool ok = outs && shape && (f->gradient || roots) &&
              (f->gradient || make_gradient(f, roots));
    for (size_t i = 0; ok && i <= f->nin; i++) {
        outs[i] = i ? grad[i - 1] : value;
        shape[i] = i ? f->in[i - 1] : f->out;
    }
    if (!ok && !env_failed(&f->env))
        env_error(&f->env, LBZ_LIMIT, NULL, "out of memory");
    if (ok)
        run(f, f->gradient, f->runs_gradient, in, outs, shape, f->nin + 1);
    else
        snprintf(f->message, sizeof f->message, "%s", f->env.err.message);
    mem_free(roots);
    if (f->nin > FEW_INPUTS) {
        mem_free(outs);
        mem_free(shape);
    }
    return f->env.err.status;
}
