/* commands/numeric.c - forward, reverse: derivatives by accumulation, in float64.
 *
 * `E at x=1, y=2 [along (u, v)]`: the names that are bound are the inputs, whatever they stand
 * for otherwise; all other names must have values. E is compiled as it is: derivatives are
 * never found symbolically here (unless E itself asks for one).
 */
#include "expr/sizes.h"
#include "commands/request.h"

#include <math.h>
#include <stdio.h>

enum { MOST_NAMED = 10000 };

static bool out_of_memory(Ctx *c)
{
    env_error(&c->env, LBZ_LIMIT, NULL, "out of memory");
    return false;
}

/* ---- reading ----------------------------------------------------------------------- */

/* *at is evaluated; l gets its value. */
static bool read_value(Request *j, Node **at, ProcedureList *l)
{
    double d;
    EvalOptions opt = session_eval_options(j->s);
    Node *e = *at = eval_value(j->c, &j->s->names, &opt, NULL, *at);
    if (ctx_failed(j->c))
        return false;
    if (ex_is(e, OP_LIST) || ex_is(e, OP_DATA)) {
        j->lists = true;
        return procedure_list_from_node(j->c, e, l);
    }
    if (!answer_number(j->c, e, &d)) {
        ctx_error(j->c, LBZ_DOMAIN, j->example,
                  "a name is bound to something that is no number");
        return false;
    }
    *l = (ProcedureList){.n = 1, .v = mem_alloc(sizeof d)};
    if (!l->v)
        return out_of_memory(j->c);
    l->v[0] = d;
    return true;
}

static bool bound_once(const Request *j, Span a)
{
    for (size_t i = 1; i < j->nin; i++) {
        for (size_t k = 0; k < i; k++) {
            if (j->in[i] == j->in[k]) {
                env_error_at(&j->c->env, a, LBZ_SYNTAX, "give each name one value",
                             "%s is bound twice", sym_name(j->c, j->in[i]));
                return false;
            }
        }
    }
    return true;
}

static bool read_point(Request *j, const char *text, Span a)
{
    ParseEnv pe = session_parse_env(j->s);
    Node **by;
    size_t end;
    if (!parse_binds(j->c, &pe, text, a.pos, a.pos + a.len, &end, &j->in, &by, &j->nin))
        return false;
    Span rest = args_trim(text, (Span){(uint32_t)end, a.pos + a.len - (uint32_t)end});
    if (rest.len) {
        env_error_at(&j->c->env, rest, LBZ_SYNTAX, j->example,
                     "this does not belong here");
        return false;
    }
    if (!bound_once(j, args_trim(text, a)))
        return false;
    j->at = by;
    j->x = ARENA_NEW0(&j->c->pool[1].arena, ProcedureList, j->nin + 1);
    for (size_t i = 0; j->x && i < j->nin; i++) {
        j->c->env.at = args_trim(text, a);
        if (!read_value(j, &by[i], &j->x[i]))
            return false;
    }
    return j->x != NULL;
}

/* One entry of a direction, for the name i. */
static bool read_direction(Request *j, const char *text, Span a, size_t i)
{
    a = args_trim(text, a);
    Node *e = args_value(j->s, text, a);
    j->c->env.at = a;
    if (i >= j->nin) {
        ctx_error(j->c, LBZ_SHAPE, "give one number for each name after at",
                  "the direction has more entries than there are names");
        return false;
    }
    if (ctx_failed(j->c) || !read_value(j, &e, &j->dir[i]))
        return false;
    if (j->dir[i].n != j->x[i].n) {
        ctx_error(j->c, LBZ_SHAPE, NULL, "the direction does not fit its name");
        return false;
    }
    return true;
}

/* "(0.6, 0.8)", also in square brackets or bare. */
static bool read_along(Request *j, const char *text, Span a)
{
    uint32_t end, k = 0;
    a = args_trim(text, a);
    bool open = a.len > 1 && (text[a.pos] == '(' || text[a.pos] == '[');
    Span in = {a.pos + 1, a.len - 2};
    if (open && args_find(text, a, ",") == a.pos + a.len)
        a = in;
    end = a.pos + a.len;
    j->dir = ARENA_NEW0(&j->c->pool[1].arena, ProcedureList, j->nin + 1);
    for (uint32_t at = a.pos; j->dir && at < end;) {
        uint32_t comma = args_find(text, (Span){at, end - at}, ",");
        if (!read_direction(j, text, (Span){at, comma - at}, k++))
            return false;
        at = comma + 1;
    }
    if (j->dir && k != j->nin) {
        env_error_at(&j->c->env, a, LBZ_SHAPE, j->example,
                     "the direction has %u entries for %zu names", k, j->nin);
    }
    return !ctx_failed(j->c);
}

/* What the shapes of the point say of symbolic sizes in E. */
static Node *put_sizes(const Request *j, const Sizes *s)
{
    Sizes other = {0};
    for (size_t i = 0; i < s->n; i++) {
        size_t k = 0;
        while (k < j->nin && j->in[k] != s->sym[i])
            k++;
        if (k == j->nin)
            (void)sizes_put(&other, s->sym[i], s->value[i]);
    }
    return ex_subst(j->c, j->e, other.sym, other.value, other.n);
}

/* E with definitions put in; the bound names stay what they are. */
static bool read_expression(Request *j, const char *text, Span a)
{
    Names *names = &j->s->names;
    Def **hidden = eval_hide_names(j->c, names, j->in, j->nin);
    if (!hidden)
        return false;
    uint32_t *shape = ARENA_NEW(&j->c->pool[1].arena, uint32_t, j->nin + 1);
    for (size_t i = 0; shape && i < j->nin; i++)
        shape[i] = j->at[i]->shape;
    Sizes sizes = {0};
    if (!sizes_of_values(j->c, &sizes, j->nin, j->in, j->at)) {
        eval_show_names(names, j->in, j->nin, hidden);
        return false;
    }
    ShapeScope scope = {.n = shape ? j->nin : 0,
                        .sym = j->in,
                        .shape = shape,
                        .value = j->at,
                        .sizes = &sizes};
    j->s->scope = &scope;
    j->s->keep_calls = true;
    j->e = args_value(j->s, text, a);
    if (j->s->any_symbolic && !ctx_failed(j->c))
        j->e = put_sizes(j, &sizes);
    j->s->scope = NULL;
    j->s->keep_calls = false;
    j->s->place.own = j->in;
    j->s->place.nown = j->nin;
    j->s->place.keep_calls = true;
    eval_show_names(names, j->in, j->nin, hidden);
    j->c->env.at = args_trim(text, a);
    return !ctx_failed(j->c);
}

bool request_read(Request *j, const char *text, Span args)
{
    uint32_t end = args.pos + args.len, at = args_find(text, args, "at");
    Span e = {args.pos, at - args.pos};
    if (args_trim(text, e).len == 0) {
        env_error_at(&j->c->env, args, LBZ_SYNTAX, j->example,
                     "an expression is missing");
        return false;
    }
    uint32_t along = args_find(text, (Span){at, end - at}, "along");
    if (at < end && !read_point(j, text, (Span){at + 2, along - at - 2}))
        return false;
    if (along < end && !read_along(j, text, (Span){along + 5, end - along - 5}))
        return false;
    return read_expression(j, text, e);
}

void request_free(Request *j)
{
    for (size_t i = 0; i < j->nin; i++) {
        if (j->x)
            procedure_list_free(&j->x[i]);
        if (j->dir)
            procedure_list_free(&j->dir[i]);
    }
}

static size_t count_elements(const Request *j)
{
    size_t n = 0;
    for (size_t i = 0; i < j->nin; i++)
        n += j->x[i].n;
    return n;
}

/* ---- answers ----------------------------------------------------------------------- */

/* "x" or, for an element of a list, "x[2]" and "x[1,2]". */
static void element_name(const ProcedureList *l, size_t k, char *out, size_t cap)
{
    size_t left = l->n, n = 0;
    for (unsigned r = 0; r < l->rank && n < cap; r++) {
        left /= l->dim[r] ? l->dim[r] : 1;
        n += (size_t)snprintf(out + n, cap - n, "%s%zu", r ? "," : "[", k / left + 1);
        k %= left;
    }
    if (l->rank && n < cap)
        snprintf(out + n, cap - n, "]");
    else
        out[n < cap ? n : cap - 1] = '\0';
}

bool request_answer(Request *j, double value, size_t n, const Str *names,
                    const double *grad)
{
    Answer *a = &j->s->ans;
    if (!answer_names(j->s, n, names))
        return false;
    a->kind = LBZ_GRAD;
    a->has_number = true;
    a->number = value;
    double_put(&a->number_text, value);
    str_puts(&a->text, "value = ");
    double_put(&a->text, value);
    for (size_t i = 0; i < n; i++) {
        a->grad[i] = grad[i];
        str_printf(&a->text, strcmp(a->grad_name[i], "along") ? ", d/d%s = " : ", %s = ",
                   a->grad_name[i]);
        double_put(&a->text, grad[i]);
    }
    return true;
}

size_t request_names(const Request *j, Str *names)
{
    size_t n = 0;
    for (size_t i = 0; i < j->nin; i++) {
        for (size_t k = 0; k < j->x[i].n; k++, n++) {
            char element[100];
            element_name(&j->x[i], k, element, sizeof element);
            str_printf(names, "%s%s", sym_name(j->c, j->in[i]), element);
            str_putc(names, '\0');
        }
    }
    return n;
}

/* More derivatives than anybody reads: of each list the first ones and the last. */
static bool answer_in_short(Request *j, double value, const double *grad)
{
    enum { SHOWN = 3 };
    Str none = {0}, *out = &j->s->ans.text;
    if (!request_answer(j, value, 0, &none, NULL))
        return false;
    for (size_t i = 0; i < j->nin; grad += j->x[i++].n) {
        size_t n = j->x[i].n;
        str_printf(out, ", d/d%s = %s", sym_name(j->c, j->in[i]), n > 1 ? "[" : "");
        for (size_t k = 0; k < n && k < SHOWN; k++) {
            str_puts(out, k ? ", " : "");
            double_put(out, grad[k]);
        }
        if (n > 1) {
            str_puts(out, ", ..., ");
            double_put(out, grad[n - 1]);
            str_printf(out, "] (%zu numbers)", n);
        }
    }
    return true;
}

static bool answer_with_names(Request *j, double value, const double *grad, bool along)
{
    Str names = {0};
    size_t n = 1;
    if (!along && count_elements(j) > MOST_NAMED)
        return answer_in_short(j, value, grad);
    if (along)
        str_put(&names, "along", 6);
    else
        n = request_names(j, &names);
    bool ok =
        names.failed ? out_of_memory(j->c) : request_answer(j, value, n, &names, grad);
    str_free(&names);
    return ok;
}

/* ---- formulas ---------------------------------------------------------------------- */

/* "exp(800) in exp(x)"; returns what stands for it in the text. And the same with ", column 9". */
static const Node *describe_without_column(Request *j, const Accum *a, uint32_t v,
                                           const RequestRecord *in, Str *out)
{
    const ProcedureWhere *w =
        in && v < in->trail.n && in->trail.where[v].function ? &in->trail.where[v] : NULL;
    const Node *n = session_describe(j->s, a, v, out);
    if (w) {
        str_printf(out, w->text ? ", in %s, line %u: %s" : ", in %s", w->function,
                   w->line, w->text ? w->text : "");
    }
    return w ? w->call : n;
}

static void describe_value(Request *j, const Accum *a, uint32_t v,
                           const RequestRecord *in, Str *out)
{
    session_place_text(j->s, describe_without_column(j, a, v, in, out), out);
}

/* A value that is no number is an error, an infinite one a remark; both name the operation. */
bool request_explain(Request *j, const Accum *a, uint32_t v, const RequestRecord *in)
{
    Str why = {0};
    uint32_t culprit = program_culprit(a->p, a->v, v);
    uint32_t inside = culprit == P_NONE && !a->mended ? accum_overflow(a, v) : P_NONE;
    if (isnan(a->v[v])) {
        j->c->env.about = describe_without_column(j, a, culprit, in, &why);
        ctx_error(j->c, LBZ_DOMAIN, "choose a point inside the domain",
                  "no real value: %s", str_cstr(&why));
    } else if (culprit != P_NONE) {
        describe_value(j, a, culprit, in, &why);
        ctx_note(j->c, "infinite: %s", str_cstr(&why));
    } else if (inside != P_NONE) {
        describe_value(j, a, inside, in, &why);
        ctx_note(j->c, "a value on the way is %s: %s",
                 isnan(a->v[inside]) ? "not defined" : "infinite", str_cstr(&why));
    }
    str_free(&why);
    return !ctx_failed(j->c);
}

/* Where the i-th partial derivative becomes infinite or undefined, behind ": ". */
static void explain_slope(Request *j, Accum *a, size_t i, const RequestRecord *in,
                          Str *why)
{
    uint32_t *adj = mem_alloc((a->nin + 1) * sizeof *adj), culprit = P_NONE;
    if (adj && program_gradient(a->p, a->out[0], pg_const(a->p, 1), adj) &&
        accum_evaluate(a) && adj[i] != P_NONE)
        culprit = accum_overflow(a, adj[i]);
    if (culprit != P_NONE) {
        str_puts(why, ": ");
        describe_value(j, a, culprit, in, why);
    }
    mem_free(adj);
}

/* "x" or "v[2]", in the statement's arena. */
static const char *input_name(Request *j, size_t k)
{
    size_t i = 0;
    char element[100];
    for (; i + 1 < j->nin && k >= j->x[i].n; i++)
        k -= j->x[i].n;
    element_name(&j->x[i], k, element, sizeof element);
    Str s = {0};
    str_printf(&s, "%s%s", sym_name(j->c, j->in[i]), element);
    const char *name = arena_strndup(&j->c->pool[1].arena, str_cstr(&s), s.n);
    str_free(&s);
    return name;
}

/* By all elements of the inputs, or along a direction. */
static void explain_slopes(Request *j, Accum *a, const double *grad, size_t n,
                           const RequestRecord *in)
{
    for (size_t i = 0; i < n && !ctx_failed(j->c); i++) {
        Str why = {0};
        bool by = !j->dir;
        if (isfinite(grad[i]))
            continue;
        if ((by || a->nin == 1) && isfinite(a->v[a->out[0]]))
            explain_slope(j, a, i, in, &why);
        ctx_note(j->c, "the derivative%s%s is %s here%s", by ? " by " : "",
                 by ? input_name(j, i) : "", isnan(grad[i]) ? "not defined" : "infinite",
                 str_cstr(&why));
        str_free(&why);
    }
}

double *request_numbers(Request *j, const ProcedureList *l)
{
    double *v = ARENA_NEW(&j->c->pool[1].arena, double, j->nin + 1);
    for (size_t i = 0; v && i < j->nin; i++)
        v[i] = l[i].v[0];
    return v;
}

static bool run_formula(Request *j)
{
    Accum a;
    double *x = request_numbers(j, j->x),
           *dir = j->dir ? request_numbers(j, j->dir) : NULL;
    double *grad = ARENA_NEW(&j->c->pool[1].arena, double, j->nin + 1);
    bool ok = x && grad && accum_init(&a, j->c, j->in, x, j->nin, &j->e, 1);
    if (ok)
        accum_mend(&a);
    ok = ok && request_explain(j, &a, a.out[0], NULL) &&
         (dir ? accum_along(&a, 0, dir, grad) : accum_gradient(&a, j->mode, 0, grad));
    if (ok) {
        answer_note_kink(j->c, j->nin, &a.kink);
        explain_slopes(j, &a, grad, dir ? 1 : j->nin, NULL);
        ok = answer_with_names(j, a.v[a.out[0]], grad, dir != NULL);
    }
    accum_free(&a);
    return ok;
}

/* ---- functions made of statements, lists ------------------------------------------- */

double *request_elements(Request *j, const ProcedureList *l, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < j->nin; i++)
        *n += l[i].n;
    double *v = ARENA_NEW(&j->c->pool[1].arena, double, *n + 1);
    for (size_t i = 0, at = 0; v && i < j->nin; at += l[i++].n)
        memcpy(v + at, l[i].v, l[i].n * sizeof *v);
    return v;
}

/* Along the direction, or by all elements. *grad is to be freed; NULL: there are none. */
static bool procedure_slopes(Request *j, AccumMode mode, bool along, ProcedureList *out,
                             double **grad)
{
    *grad = NULL;
    ProcedurePoint p = {.s = j->s,
                        .c = j->c,
                        .world = session_procedure_scope(j->s),
                        .e = j->e,
                        .what = along ? OP_JVP : OP_JACOBIAN,
                        .in = j->in,
                        .x = j->x,
                        .nin = j->nin,
                        .nvars = j->nin,
                        .forced = true,
                        .mode = mode,
                        .nvec = count_elements(j)};
    size_t nvec;
    if (along && !(p.vec = request_elements(j, j->dir, &nvec)))
        return out_of_memory(j->c);
    bool ok = session_point_run(&p);
    if (ok && p.out.n == 1) {
        *grad = p.d;
        p.d = NULL;
        answer_note_kink(j->c, p.n, &p.kink);
    }
    if (ok) {
        *out = p.out;
        p.out = (ProcedureList){0};
    }
    session_point_free(&p);
    return ok;
}

bool request_procedure_gradient(Request *j, AccumMode mode, ProcedureList *out,
                                double *grad)
{
    double *d;
    bool ok = procedure_slopes(j, mode, false, out, &d);
    if (ok && d)
        memcpy(grad, d, count_elements(j) * sizeof *grad);
    mem_free(d);
    return ok;
}

bool request_record(Request *j, size_t most, RequestRecord *r)
{
    ProcedureScope w = session_procedure_scope(j->s);
    r->trail.most = most;
    return procedure_record(j->c, &w, j->e, j->in, j->x, j->nin, j->nin, &r->trail,
                            &r->shape, &r->p, &r->out);
}

void request_record_free(RequestRecord *r)
{
    program_free(r->p);
    procedure_list_free(&r->shape);
    mem_free(r->out);
    mem_free(r->trail.where);
    *r = (RequestRecord){0};
}

/* Which operation made a value or slope that is not finite: the run is recorded, if it is not too
 * long for that. */
static void explain_procedure(Request *j, const double *grad, size_t n)
{
    enum { MOST = 200000 };
    RequestRecord rec = {0};
    Accum a = {0};
    size_t nin;
    double *x = request_elements(j, j->x, &nin);
    if (x && request_record(j, MOST, &rec)) {
        Program *p = rec.p;
        rec.p = NULL;
        if (accum_adopt(&a, j->c, p, x, nin, rec.out, rec.shape.n) &&
            request_explain(j, &a, a.out[0], &rec))
            explain_slopes(j, &a, grad, n, &rec);
        accum_free(&a);
    }
    request_record_free(&rec);
    (void)attempt_forgive(j->c, FORGIVE(LBZ_LIMIT));
}

static bool finite_answer(const ProcedureList *out, const double *grad, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(grad[i]))
            return false;
    return isfinite(out->v[0]);
}

static bool run_procedure(Request *j)
{
    ProcedureList out = {0};
    size_t n = count_elements(j);
    double *grad;
    bool ok = procedure_slopes(j, j->mode, j->dir != NULL, &out, &grad);
    if (ok && out.n != 1) {
        ctx_error(j->c, LBZ_SHAPE, "take one element or sum() of it",
                  "the value is a list of %zu numbers, not a number", out.n);
        ok = false;
    }
    if (ok) {
        if (!finite_answer(&out, grad, j->dir ? 1 : n))
            explain_procedure(j, grad, j->dir ? 1 : n);
        ok = !ctx_failed(j->c) && answer_with_names(j, out.v[0], grad, j->dir != NULL);
    }
    procedure_list_free(&out);
    mem_free(grad);
    return ok;
}

/* ---- commands ---------------------------------------------------------------------- */

static bool run_derivatives(lbz_session *s, const char *text, Span args, AccumMode mode)
{
    Request j = {.s = s, .c = s->c, .mode = mode, .example = "forward x^2*y at x=3, y=4"};
    bool ok = request_read(&j, text, args);
    if (ok && ex_is(j.e, OP_LIST)) {
        ctx_error(s->c, LBZ_SHAPE, "ask for one element at a time, or use jacobian()",
                  "%s needs a number, not a list",
                  mode == ACC_FORWARD ? "forward" : "reverse");
        ok = false;
    }
    ok = ok && (j.lists || ex_has_data(s->c, j.e) || session_calls_procedures(s, j.e)
                    ? run_procedure(&j)
                    : run_formula(&j));
    request_free(&j);
    return ok;
}

bool cmd_forward(lbz_session *s, const char *text, Span args)
{
    return run_derivatives(s, text, args, ACC_FORWARD);
}

bool cmd_reverse(lbz_session *s, const char *text, Span args)
{
    return run_derivatives(s, text, args, ACC_REVERSE);
}
