/* commands/trace.c - trace forward | reverse E at x=1: the steps of an accumulation.
 *
 * Lists and functions made of statements are run first, and what the run came to is traced.
 */
#include "commands/request.h"
#include "trace/trace.h"

#include <math.h>

enum { MOST_VALUES = 20000 };

/* What is traced, and all it needs. */
typedef struct {
    Request *j;
    Accum a;
    RequestRecord rec; /* its program is a's */
    bool recorded;     /* else it is a formula */
    double *x, *dir;
    Str names;
    const char **name;
} Tracing;

static bool read_names(Tracing *t)
{
    size_t n = request_names(t->j, &t->names), at = 0;
    t->name = ARENA_NEW(&t->j->c->pool[1].arena, const char *, n + 1);
    for (size_t i = 0; t->name && !t->names.failed && i < n; i++) {
        t->name[i] = t->names.s + at;
        at += strlen(t->names.s + at) + 1;
    }
    return t->name && !t->names.failed;
}

static bool open_tracing(Tracing *t)
{
    Request *j = t->j;
    size_t nin;
    t->recorded =
        j->lists || ex_is(j->e, OP_LIST) || session_calls_procedures(j->s, j->e);
    t->x = request_elements(j, j->x, &nin);
    t->dir = j->dir ? request_elements(j, j->dir, &nin) : NULL;
    if (!t->x || !read_names(t))
        return false;
    if (!t->recorded)
        return accum_init(&t->a, j->c, j->in, t->x, nin, &j->e, 1);
    if (!request_record(j, MOST_VALUES, &t->rec))
        return false;
    Program *p = t->rec.p;
    t->rec.p = NULL;
    return accum_adopt(&t->a, j->c, p, t->x, nin, t->rec.out, t->rec.shape.n);
}

static void close_tracing(Tracing *t)
{
    accum_free(&t->a);
    request_record_free(&t->rec);
    str_free(&t->names);
}

static bool same_number(double x, double y)
{
    return x == y || (isnan(x) && isnan(y)) || fabs(x - y) <= 1e-9 * (fabs(x) + fabs(y));
}

/* A trace shows plain accumulation; at special points the derivative is another. */
static void note_rule(Tracing *t, const double *grad, size_t n, bool along)
{
    Ctx *c = t->j->c;
    double *rule = ARENA_NEW(&c->pool[1].arena, double, n + 1);
    bool ok = rule && (along ? accum_along(&t->a, 0, t->dir, rule)
                             : accum_gradient(&t->a, t->j->mode, 0, rule));
    for (size_t i = 0; ok && i < n; i++) {
        if (!same_number(rule[i], grad[i])) {
            char d[32];
            double_print(d, rule[i]);
            ctx_note(c, "the steps do not tell the derivative%s%s here: it is %s",
                     along ? "" : " by ", along ? "" : t->name[i], d);
        }
    }
}

/* The answer to programs: of a number, value and derivatives; of a list, its values. */
static bool answer_values(Tracing *t, const Trace *tr)
{
    Request *j = t->j;
    bool along = t->dir && j->mode == ACC_FORWARD;
    size_t n = along ? 1 : t->a.nin;
    double *grad = ARENA_NEW0(&j->c->pool[1].arena, double, n + 1);
    if (!grad)
        return false;
    if (t->rec.shape.rank) {
        print_plain(j->c, answer_text(j->s), procedure_list_to_node(j->c, &t->rec.shape));
        return !ctx_failed(j->c);
    }
    trace_derivatives(tr, 0, grad);
    note_rule(t, grad, n, along);
    Str one = {0};
    str_put(&one, "along", 6);
    bool ok = request_answer(j, t->a.v[t->a.out[0]], n, along ? &one : &t->names, grad);
    str_free(&one);
    return ok;
}

static void write_trace(Tracing *t, Trace *tr, TraceFormat format)
{
    Answer *a = &t->j->s->ans;
    if (format != TRACE_TEXT) {
        str_clear(&a->text);
        a->kind = LBZ_TEXT;
    }
    if (format == TRACE_JSON) {
        trace_json(tr, &a->text);
    } else if (format == TRACE_CSV) {
        trace_csv(tr, &a->text);
    } else if (format == TRACE_LATEX) {
        trace_latex(tr, &a->text);
    } else {
        trace_text(tr, &a->shown);
        a->has_shown = true;
    }
    if ((format == TRACE_TEXT || format == TRACE_LATEX) && trace_omitted(tr)) {
        ctx_note(t->j->c, "the trace has %zu steps: `as json` and `as csv` show them all",
                 trace_rows(tr));
    }
    trace_json(tr, &a->trace);
    a->columns = trace_table(tr, &a->cells);
    if (setting_on(&t->j->s->set, SET_latex) && format == TRACE_TEXT) {
        trace_latex(tr, &a->latex);
        a->has_latex = true;
    }
}

static bool in_functions(const RequestRecord *r)
{
    for (size_t i = 0; i < r->trail.n; i++)
        if (r->trail.where[i].function)
            return true;
    return false;
}

static Trace *make_trace(Tracing *t)
{
    Request *j = t->j;
    TraceOf of = {.a = &t->a,
                  .mode = j->mode,
                  .name = t->name,
                  .at = t->recorded ? NULL : j->at,
                  .dir = j->mode == ACC_FORWARD ? t->dir : NULL,
                  .shape = t->recorded ? &t->rec.shape : NULL,
                  .where = t->rec.trail.where,
                  .nwhere = in_functions(&t->rec) ? t->rec.trail.n : 0};
    return trace_new(&of);
}

static bool run_trace(Request *j, TraceFormat format)
{
    Tracing t = {.j = j};
    bool ok = open_tracing(&t);
    for (size_t k = 0; ok && k < t.a.nout; k++)
        ok = request_explain(j, &t.a, t.a.out[k], t.recorded ? &t.rec : NULL);
    Trace *tr = ok ? make_trace(&t) : NULL;
    ok = tr && answer_values(&t, tr);
    if (ok)
        write_trace(&t, tr, format);
    trace_free(tr);
    close_tracing(&t);
    return ok && !ctx_failed(j->c);
}

/* "json", "csv" or "latex" behind as. */
static bool read_format(lbz_session *s, const char *text, Span how, TraceFormat *format)
{
    static const char *const names[] = {"text", "json", "csv", "latex"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (args_is(text, how, names[i])) {
            *format = (TraceFormat)i;
            return true;
        }
    }
    env_error_at(&s->c->env, how, LBZ_SYNTAX, "as json, as csv or as latex",
                 "a trace cannot be written like that");
    return false;
}

/* trace forward E at ... | trace reverse E at ... [as json|csv|latex] */
bool cmd_trace(lbz_session *s, const char *text, Span args)
{
    Request j = {.s = s, .c = s->c, .example = "trace forward x^2*y at x=3, y=4"};
    TraceFormat format = TRACE_TEXT;
    Span rest, w = args_word(text, args, &rest);
    bool forward = args_is(text, w, "forward");
    if (!forward && !args_is(text, w, "reverse")) {
        env_error_at(&s->c->env, args_trim(text, args), LBZ_SYNTAX,
                     "trace forward x*sin(x) at x=1", "trace needs forward or reverse");
        return false;
    }
    j.mode = forward ? ACC_FORWARD : ACC_REVERSE;
    uint32_t end = rest.pos + rest.len, as = args_find(text, rest, "as");
    if (as < end) {
        Span how = args_trim(text, (Span){as + 2, end - as - 2});
        if (!read_format(s, text, how, &format))
            return false;
        rest.len = as - rest.pos;
    }
    bool ok = request_read(&j, text, rest) && run_trace(&j, format);
    request_free(&j);
    return ok;
}
