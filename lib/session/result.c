/* session/result.c - from nodes to the texts and numbers of an lbz_result, and the
 * history of results that %, %n and ans read.
 *
 * History keeps texts: they cost little and outlive any change of the session. Only the
 * last result that was too long for that is kept as a node.
 */
#include "expr/shape.h"
#include "session/session.h"

#include <math.h>
#include <stdio.h>

void answer_clear(Answer *a)
{
    Str *const all[] = {&a->text,  &a->latex,       &a->pretty,   &a->approx,
                        &a->shown, &a->number_text, &a->at_value, &a->constant,
                        &a->trace, &a->latex_shown, &a->cells,    &a->at,
                        &a->lhs,   &a->rhs};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        str_clear(all[i]);
    a->kind = LBZ_NOTHING;
    a->cleared = true;
    a->has_latex = a->has_pretty = a->has_approx = a->has_shown = false;
    a->has_number = a->has_at_value = false;
    a->proof = "";
    a->mode = NULL;
    a->index = 0;
    a->ngrad = 0;
    a->state = NULL;
    a->missed = false;
    answer_drop_tensor(a);
    a->cut = a->cut_value = false;
    a->verdict = LBZ_UNKNOWN;
}

void answer_free(Answer *a)
{
    Str *const all[] = {&a->text,  &a->latex,       &a->pretty,   &a->approx,
                        &a->shown, &a->number_text, &a->at_value, &a->constant,
                        &a->trace, &a->latex_shown, &a->cells,    &a->at,
                        &a->lhs,   &a->rhs,         &a->notes};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        str_free(all[i]);
    mem_free(a->note_list);
    mem_free(a->grad_name);
    mem_free(a->grad);
    answer_drop_tensor(a);
}

void answer_drop_tensor(Answer *a)
{
    tensor_release(&a->tensor);
    tensor_release(&a->numbers);
    a->dtype = NULL;
    a->row = false;
}

/* The names stand behind the array of pointers. */
bool answer_names(lbz_session *s, size_t n, const Str *names)
{
    Answer *a = &s->ans;
    mem_free(a->grad); /* of an earlier statement */
    mem_free(a->grad_name);
    a->grad = mem_alloc((n + 1) * sizeof *a->grad);
    a->grad_name = mem_alloc((n + 1) * sizeof *a->grad_name + names->n);
    if (!a->grad || !a->grad_name) {
        env_error(&s->c->env, LBZ_LIMIT, NULL, "out of memory");
        return false;
    }
    char *t = (char *)(a->grad_name + n + 1);
    if (names->n)
        memcpy(t, names->s, names->n);
    for (size_t i = 0; i < n; i++) {
        a->grad_name[i] = t;
        t += strlen(t) + 1;
    }
    a->ngrad = n;
    return true;
}

Str *answer_text(lbz_session *s)
{
    s->ans.kind = LBZ_TEXT;
    return &s->ans.text;
}

/* ---- numbers */

bool answer_number(Ctx *c, Node *n, double *d)
{
    if (ex_is_num(n)) {
        *d = num_to_double(n->num);
        return isfinite(*d);
    }
    if (!eval_is_constant(c, n))
        return false;
    bool ok = ball_double(c, n, d) == LBZ_OK && !ctx_failed(c) && isfinite(*d);
    (void)attempt_forgive(c, FORGIVE_ALL);
    return ok;
}

/* Decimal digits of a constant that is no decimal or integer itself. */
static bool put_approximation(lbz_session *s, Node *n, Str *out)
{
    Ctx *c = s->c;
    if (!eval_is_constant(c, n) || ex_is_int(n) || (ex_is_num(n) && n->num.dec))
        return false;
    size_t digits = (size_t)s->set.value[SET_digits];
    bool ok = ball_digits(c, n, digits, out) == LBZ_OK && !ctx_failed(c);
    (void)attempt_forgive(c, FORGIVE_ALL); /* it is only added to the result */
    if (!ok)
        str_clear(out);
    return ok;
}

/* The shape of nested lists along their first elements. */
static bool list_dims(const Node *n, Dims *d)
{
    for (; ex_is(n, OP_LIST); n = n->a[0]) {
        if (d->rank == TENSOR_RANK)
            return false;
        d->dim[d->rank++] = n->n;
        if (n->n == 0)
            break;
    }
    return d->rank > 0;
}

/* The elements row by row; False: rows differ, or there is something that is no number. Levels are
 * at most TENSOR_RANK. */
static bool fill_elements(Ctx *c, Node *n, const Tensor *t, unsigned level, size_t *at)
{
    if (level == t->dims.rank)
        return !ex_is(n, OP_LIST) && answer_number(c, n, tensor_doubles(t) + (*at)++);
    if (!ex_is(n, OP_LIST) || n->n != t->dims.dim[level])
        return false;
    for (uint32_t i = 0; i < n->n; i++)
        if (ctx_poll(c) || !fill_elements(c, n->a[i], t, level + 1, at))
            return false;
    return true;
}

bool answer_array(lbz_session *s, Node *n, Tensor *t, const char **dtype)
{
    Dims d = {0};
    size_t at = 0;
    if (ex_is(n, OP_DATA)) {
        *t = tensor_share(n->data);
        *dtype = dtype_name(t->type);
        return true;
    }
    if (!list_dims(n, &d) || dims_count(&d) == SIZE_MAX ||
        !tensor_new(&s->c->env, DT_FLOAT64, &d, "the result", t))
        return false;
    *dtype = n->flags & NF_DEC ? "float64" : "exact";
    if (fill_elements(s->c, n, t, 0, &at))
        return true;
    tensor_release(t);
    return false;
}

static void set_tensor(lbz_session *s, Node *n)
{
    Answer *a = &s->ans;
    a->row = ex_is(n, OP_ROW);
    if (answer_array(s, a->row ? n->a[0] : n, &a->tensor, &a->dtype) &&
        !tensor_pack(&s->c->env, &a->tensor, DT_FLOAT64, &a->numbers))
        answer_drop_tensor(a);
}

static void set_number(lbz_session *s, Node *n)
{
    Answer *a = &s->ans;
    a->has_number = answer_number(s->c, n, &a->number);
    if (a->has_number)
        double_put(&a->number_text, a->number);
}

/* ---- texts */

/* DATA, or the row of it; NULL: something else. */
static const Tensor *data_of(const Node *n)
{
    n = ex_is(n, OP_ROW) ? n->a[0] : n;
    return ex_is(n, OP_DATA) ? n->data : NULL;
}

static const char *dots_of(const lbz_session *s)
{
    return setting_on(&s->set, SET_unicode) ? "…" : "...";
}

/* All of an array of at most so many characters, else its corners, shape and type. True: cut. */
static bool put_array(lbz_session *s, Str *out, const Node *n, size_t most, bool rows)
{
    const Tensor *t = data_of(n);
    bool cut = !print_tensor_fits(t, most);
    print_tensor(out, t, cut ? dots_of(s) : NULL, rows);
    str_puts(out, ex_is(n, OP_ROW) ? "'" : "");
    if (cut) {
        str_puts(out, "   ");
        shape_print(s->c, out, n->shape);
        str_printf(out, " %s", dtype_name(t->type));
    }
    return cut;
}

static void put_brief(lbz_session *s, Str *out, Node *n, size_t most)
{
    if (data_of(n))
        put_array(s, out, n, most, false);
    else
        print_limited(s->c, out, n, most);
}

/* "(= 6 at x = 3)": what the formula is where its names stand for something. */
static void put_value(lbz_session *s, const EvalResult *r, const char *digits, Str *out)
{
    enum { LONGEST = 200 };
    Ctx *c = s->c;
    str_puts(out, "(= ");
    put_brief(s, out, r->value, LONGEST);
    if (*digits)
        str_printf(out, " %s %s", setting_on(&s->set, SET_unicode) ? "≈" : "~", digits);
    for (size_t i = 0; i < r->nat; i++) {
        str_printf(out, "%s%s = ", i ? ", " : " at ", sym_name(c, r->at_sym[i]));
        put_brief(s, out, r->at_val[i], LONGEST);
    }
    str_putc(out, ')');
}

/* Behind the formula, or below what has several lines. */
static void show_value(lbz_session *s, const EvalResult *r, const char *digits)
{
    Answer *a = &s->ans;
    if (!a->has_shown)
        str_puts(&a->shown, str_cstr(&a->text));
    str_puts(&a->shown, a->has_shown ? "\n" : "   ");
    put_value(s, r, digits, &a->shown);
    a->has_shown = true;
    if (a->has_pretty) {
        str_putc(&a->pretty, '\n');
        put_value(s, r, digits, &a->pretty);
    }
}

static void show_latex_value(lbz_session *s, const EvalResult *r, const char *digits)
{
    Ctx *c = s->c;
    Str *out = &s->ans.latex_shown;
    str_printf(out, "%s \\quad \\left(= ", str_cstr(&s->ans.latex));
    print_latex(c, out, r->value);
    if (*digits) {
        str_puts(out, " \\approx ");
        print_latex_number(out, digits, strlen(digits));
    }
    for (size_t i = 0; i < r->nat; i++) {
        str_puts(out, i ? ",\\, " : "\\;\\text{at}\\; ");
        print_latex(c, out, ex_sym(c, r->at_sym[i]));
        str_puts(out, " = ");
        print_latex(c, out, r->at_val[i]);
    }
    str_puts(out, "\\right)");
}

/* An array that fills more than a screen is shown by its corners, unless the user has set how much
 * may be printed. */
static void show_array(lbz_session *s, const Node *n)
{
    enum { SCREEN = 2000 };
    size_t most = (size_t)s->set.value[SET_maxprint];
    if (!setting_changed(&s->set, SET_maxprint) && most > SCREEN)
        most = SCREEN;
    put_array(s, &s->ans.shown, n, most, setting_on(&s->set, SET_rows));
    s->ans.has_shown = true;
}

/* A matrix by rows, unless it is long. */
static void show_rows(lbz_session *s, const EvalResult *r)
{
    Answer *a = &s->ans;
    if (data_of(r->formula)) {
        show_array(s, r->formula);
        return;
    }
    a->has_shown = setting_on(&s->set, SET_rows) && print_is_matrix(r->formula) &&
                   a->text.n <= (size_t)s->set.value[SET_maxprint] &&
                   str_cstr(&a->text)[0] == '[';
    if (a->has_shown)
        print_rows(s->c, &a->shown, r->formula);
}

static void answer_value(lbz_session *s, const EvalResult *r)
{
    Answer *a = &s->ans;
    Str digits = {0};
    size_t most = (size_t)s->set.value[SET_maxprint];
    if (data_of(r->value))
        a->cut_value = put_array(s, &a->at_value, r->value, most, false);
    else
        print_limited(s->c, &a->at_value, r->value, most);
    a->has_at_value = true;
    if (!ex_is_num(r->value) && !ctx_failed(s->c))
        put_approximation(s, r->value, &digits);
    show_value(s, r, str_cstr(&digits));
    if (a->has_latex)
        show_latex_value(s, r, str_cstr(&digits));
    str_free(&digits);
}

void answer_latex(Ctx *c, Str *out, const EvalResult *r)
{
    if (r->text)
        print_latex_number(out, r->text, strlen(r->text));
    else
        print_latex(c, out, r->formula);
}

/* cse(e): the shared parts first, as definitions. */
static void print_shared(Ctx *c, Str *out, Node *root)
{
    Node **defs;
    uint32_t *names;
    size_t n = print_share(c, 1, &root, &names, &defs);
    for (size_t i = 0; i < n && !ctx_failed(c); i++) {
        str_printf(out, "%s = ", sym_name(c, names[i]));
        print_plain(c, out, defs[i]);
        str_puts(out, "; ");
    }
    print_plain(c, out, root);
}

/* 5000!: whoever types it wants its digits, if they fit; 2^5000 stays. */
static bool write_out(lbz_session *s, Node *e, Str *out)
{
    size_t most = (size_t)s->set.value[SET_maxdigits];
    Num x;
    bool asked = ex_is(e, OP_factorial) || ex_is(e, OP_gamma) || ex_is(e, OP_binomial);
    if (!asked || eval_exact_value(s->c, e, most, &x) != EXACT_OK)
        return false;
    num_print(out, x);
    return true;
}

static bool is_rounded(Ctx *c, Node *n, void *arg)
{
    (void)c, (void)arg;
    return ex_is_num(n) && num_prints_rounded(n->num);
}

/* What is read back from digits that were rounded is another number: that is said, but of lists, whose
 * elements are computed at points mostly. */
static void note_rounded(lbz_session *s, const EvalResult *r)
{
    enum { SHORT_BITS = 60 };
    Node *n = r->text || !(r->formula->flags & NF_DEC) || ex_is(r->formula, OP_LIST)
                  ? NULL
                  : ex_find(s->c, r->formula, NF_DEC, is_rounded, NULL);
    Str text = {0};
    if (!n)
        return;
    num_print(&text, n->num);
    str_puts(&text, " is rounded");
    if (num_is_small(n->num) && num_bits(n->num) <= SHORT_BITS) {
        str_puts(&text, ": it stands for ");
        num_print(&text, (Num){n->num.p, n->num.q, false});
    }
    session_note(s, str_cstr(&text));
    str_free(&text);
}

static void print_text(lbz_session *s, const EvalResult *r)
{
    Str *out = &s->ans.text;
    if (!r->text && write_out(s, r->formula, out))
        return;
    if (data_of(r->formula)) {
        size_t most = (size_t)s->set.value[SET_maxprint];
        s->ans.cut = put_array(s, out, r->formula, most, false);
    } else if (r->text) {
        str_puts(out, r->text);
    } else if (r->series && strlen(r->series) <= (size_t)s->set.value[SET_maxprint]) {
        str_puts(out, r->series);
    } else if (r->shared) {
        print_shared(s->c, out, r->formula);
    } else if (print_limited(s->c, out, r->formula, (size_t)s->set.value[SET_maxprint])) {
        session_note(
            s, "printed in shared form, as it is long: t1 = ... stand for its parts");
    }
}

/* ---- history */

static void keep_result(lbz_session *s, const EvalResult *r, const char *input, size_t n)
{
    enum { INPUT_MAX = 200 };
    Kept *k = &s->kept[s->nresults % RESULTS_KEPT];
    s->ans.index = ++s->nresults;
    mem_free(k->text);
    mem_free(k->input);
    k->text = NULL;
    size_t cut = n < INPUT_MAX ? n : INPUT_MAX;
    while (cut && cut < n && ((unsigned char)input[cut] & 0xc0) == 0x80)
        cut--;
    k->input = mem_strndup(input, cut);
    k->data = NULL;
    if (data_of(r->formula)) {
        k->data = ex_keep(s->c, r->formula);
        return;
    }
    if (s->ans.text.n <= RESULT_TEXT_MAX && !r->shared) {
        k->text = mem_strndup(str_cstr(&s->ans.text), s->ans.text.n);
        return;
    }
    Node *kept = ex_keep(s->c, r->formula);
    if (!ctx_failed(s->c)) {
        s->large = kept;
        s->large_index = s->nresults;
    }
}

Node *session_result(void *arg, long k)
{
    lbz_session *s = arg;
    unsigned long n = s->nresults,
                  want = k > 0 ? n - (unsigned long)k + 1 : (unsigned long)-k;
    s->used_result = true;
    if (n == 0 || (k > 0 && (unsigned long)k > n) || want == 0 || want > n) {
        return ctx_error(s->c, LBZ_NAME, NULL,
                         n == 0 ? "there is no result yet" : "there are only %lu results",
                         n);
    }
    if (s->large && s->large_index == want)
        return s->large;
    const Kept *kept = &s->kept[(want - 1) % RESULTS_KEPT];
    if (n - want < RESULTS_KEPT && kept->data)
        return kept->data;
    if (n - want >= RESULTS_KEPT || !kept->text)
        return ctx_error(s->c, LBZ_NAME, NULL, "the result %%%lu was not kept", want);
    return parse_text(s->c, kept->text);
}

/* ---- the result of an expression */

static void answer_forms(lbz_session *s, const EvalResult *r)
{
    Answer *a = &s->ans;
    a->has_latex = setting_on(&s->set, SET_latex);
    if (a->has_latex)
        answer_latex(s->c, &a->latex, r);
    a->has_pretty = setting_on(&s->set, SET_pretty) && !data_of(r->formula);
    if (a->has_pretty && r->text)
        str_puts(&a->pretty, r->text);
    else if (a->has_pretty && setting_on(&s->set, SET_unicode))
        print_pretty(s->c, &a->pretty, r->formula);
    else if (a->has_pretty)
        print_pretty_ascii(s->c, &a->pretty, r->formula);
}

void answer_expr(lbz_session *s, const EvalResult *r, const char *input, size_t n)
{
    Ctx *c = s->c;
    Answer *a = &s->ans;
    Node *known = r->value ? r->value : r->formula;
    print_text(s, r);
    note_rounded(s, r);
    if (ctx_failed(c))
        return;
    a->kind = LBZ_EXPR;
    answer_forms(s, r);
    show_rows(s, r);
    bool decimals = setting_on(&s->set, SET_approx);
    if (decimals || ex_is_num(known))
        set_number(s, known);
    if (data_of(known) || (decimals && (ex_is(known, OP_LIST) || ex_is(known, OP_ROW))))
        set_tensor(s, known);
    a->has_approx = decimals && !r->text && put_approximation(s, r->formula, &a->approx);
    if (r->value && !ctx_failed(c))
        answer_value(s, r);
    keep_result(s, r, input, n);
}

/* ---- lbz_result */

/* Line, column and length in code points of the bytes [pos, pos + len). */
static lbz_span locate_span(const char *text, size_t n, size_t pos, size_t len)
{
    lbz_span sp = {1, 1, 0};
    for (size_t i = 0; i < n && i < pos; i++) {
        if (text[i] == '\n') {
            sp.line++;
            sp.col = 1;
        } else {
            sp.col += ((unsigned char)text[i] & 0xc0) != 0x80;
        }
    }
    for (size_t i = pos; i < n && i < pos + len && text[i] != '\n'; i++)
        sp.len += ((unsigned char)text[i] & 0xc0) != 0x80;
    return sp;
}

static void fill_notes(Answer *a, lbz_result *r)
{
    mem_free(a->note_list);
    a->note_list = a->nnotes ? mem_alloc(a->nnotes * sizeof *a->note_list) : NULL;
    const char *at = a->notes.s;
    for (size_t i = 0; a->note_list && i < a->nnotes; i++) {
        a->note_list[i] = at;
        at += strlen(at) + 1;
    }
    r->nnotes = a->note_list ? a->nnotes : 0;
    r->notes = a->note_list;
}

static void fill_error(const Answer *a, const char *text, size_t n, lbz_result *r)
{
    r->status = a->err.status;
    r->kind = LBZ_NOTHING;
    r->text = "";
    r->message = a->err.message;
    r->hint = a->err.hint;
    r->span = locate_span(text, n, a->err_base + a->err.span.pos, a->err.span.len);
}

static void fill_counterexample(Answer *a, lbz_result *r)
{
    size_t ends = 0;
    if (!a->lhs.n)
        return;
    for (size_t i = 0; i < a->at.n; i++)
        ends += a->at.s[i] == '\0';
    r->nat = ends / 2;
    r->at = str_cstr(&a->at);
    r->lhs = str_cstr(&a->lhs);
    r->rhs = str_cstr(&a->rhs);
}

static void fill_trace(Answer *a, lbz_result *r)
{
    if (!a->trace.n || !a->columns)
        return;
    r->trace = str_cstr(&a->trace);
    r->table = str_cstr(&a->cells);
    r->columns = a->columns;
    for (size_t i = 0; i < a->cells.n; i++)
        r->rows += a->cells.s[i] == '\0';
    r->rows /= a->columns;
}

/* A row has shape [1, n]. */
static void fill_tensor(Answer *a, lbz_result *r)
{
    const Tensor *t = &a->numbers;
    if (!t->buf)
        return;
    a->shape[0] = 1;
    for (unsigned i = 0; i < t->dims.rank; i++)
        a->shape[a->row + i] = t->dims.dim[i];
    r->tensor = tensor_doubles(t);
    r->rank = t->dims.rank + a->row;
    r->shape = a->shape;
    r->dtype = a->dtype;
}

void answer_fill(lbz_session *s, const char *text, size_t n, lbz_result *r)
{
    Answer *a = &s->ans;
    memset(r, 0, sizeof *r);
    r->message = r->hint = r->proof = "";
    fill_notes(a, r);
    if (a->err.status == LBZ_OK &&
        (a->text.failed || a->shown.failed || a->pretty.failed || a->trace.failed ||
         a->cells.failed)) {
        a->err.status = LBZ_LIMIT;
        snprintf(a->err.message, sizeof a->err.message, "out of memory");
        a->err.hint[0] = '\0';
    }
    if (a->err.status != LBZ_OK) {
        fill_error(a, text, n, r);
        return;
    }
    r->kind = a->kind;
    r->index = a->index;
    r->text = a->kind == LBZ_NOTHING ? "" : str_cstr(&a->text);
    r->latex = a->has_latex ? str_cstr(&a->latex) : NULL;
    r->latex_shown = a->latex_shown.n ? str_cstr(&a->latex_shown) : r->latex;
    r->at_value = a->has_at_value ? str_cstr(&a->at_value) : NULL;
    r->pretty = a->has_pretty ? str_cstr(&a->pretty) : NULL;
    r->approx = a->has_approx ? str_cstr(&a->approx) : NULL;
    r->shown = a->has_shown ? str_cstr(&a->shown) : r->text;
    r->has_number = a->has_number;
    r->number = a->number;
    r->number_text = a->has_number ? str_cstr(&a->number_text) : NULL;
    r->verdict = a->verdict;
    r->proof = a->proof ? a->proof : "";
    r->constant = a->constant.n ? str_cstr(&a->constant) : NULL;
    r->state = a->state;
    r->missed = a->missed;
    r->k = a->k;
    r->gnorm = a->gnorm;
    r->ngrad = a->ngrad;
    r->grad_name = a->grad_name;
    r->grad = a->grad;
    r->mode = a->mode;
    r->cut = a->cut;
    r->cut_value = a->cut_value;
    fill_tensor(a, r);
    fill_counterexample(a, r);
    fill_trace(a, r);
}
