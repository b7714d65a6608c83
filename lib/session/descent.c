/* session/descent.c - the open descent and the names of its variables. */
#include "session/descent.h"

#include <math.h>

void open_descent_free(OpenDescent *o)
{
    if (!o)
        return;
    descent_free(o->d);
    objective_free(&o->code);
    mem_free(o->until);
    mem_free(o->shown);
    mem_free(o);
}

void open_descent_close(lbz_session *s)
{
    open_descent_free(s->descent);
    s->descent = NULL;
}

bool lbz_descending(const lbz_session *s, unsigned long *k)
{
    *k = s->descent ? descent_k(s->descent->d) : 0;
    return s->descent != NULL;
}

bool open_descent_publish(lbz_session *s)
{
    Ctx *c = s->c;
    const OpenDescent *o = s->descent;
    const double *x = descent_x(o->d);
    const uint32_t *sym = objective_symbols(c, &o->code);
    for (size_t i = 0; sym && i < o->code.n && !ctx_failed(c); i++) {
        Node *v = ex_num(c, num_from_double(ctx_arena(c), x[i]));
        defs_assign(s, sym[i], v);
    }
    return !ctx_failed(c);
}

/* What the names stand for; *moved: that is not where the descent left them. */
static bool read_names(lbz_session *s, double *x, bool *moved)
{
    Ctx *c = s->c;
    const OpenDescent *o = s->descent;
    EvalOptions opt = session_eval_options(s);
    const uint32_t *sym = objective_symbols(c, &o->code);
    *moved = false;
    for (size_t i = 0; sym && i < o->code.n; i++) {
        const Def *d = names_find(&s->names, sym[i]);
        double v = x[i] = descent_x(o->d)[i];
        if (!d || d->kind == DEF_FUNCTION)
            continue;
        Node *e = eval_value(c, &s->names, &opt, NULL, ex_sym(c, sym[i]));
        if (ctx_failed(c))
            return false;
        if (answer_number(c, e, &v) && v != x[i]) {
            x[i] = v;
            *moved = true;
        }
    }
    return !ctx_failed(c);
}

bool open_descent_resume(lbz_session *s)
{
    Ctx *c = s->c;
    OpenDescent *o = s->descent;
    bool moved;
    double *x = ARENA_NEW(ctx_arena(c), double, o->code.n + 1);
    if (!x || !objective_renew(c, &o->code) || !read_names(s, x, &moved))
        return false;
    if (!moved)
        return true;
    ctx_note(c, "the point was changed by hand: the descent goes on from there");
    o->state = DESCENT_RUNNING;
    return descent_move(o->d, x);
}
