/* print/latex.c - forms to LaTeX, for math mode, with what amsmath offers.
 *
 * Functions are set by their rows in the table. Fractions, roots and braces group, so
 * fewer parentheses are needed than in plain text. Written piece by piece as plain text
 * is.
 */
#include "print/print.h"
#include "expr/shape.h"
#include "print/form.h"
#include "print/indexed.h"

/* Above this length of plain text common subexpressions are named. */
#define LATEX_FULL 1e5

/* Has a template a place for the last of n arguments? Attributes (axis=1) may stand behind those of
 * the row. */
static bool takes_arguments(const char *s, uint32_t n)
{
    char last[] = {(char)('0' + n), '\0'};

    return !strchr(s, '#') || n > 9 || strstr(s, last);
}

static const char *row_latex(const Form *f)
{
    const char *s = f->kind == FORM_CALL ? op_info((Op)f->op)->latex : NULL;
    bool binder = f->op == OP_INT || f->op == OP_SUM || f->op == OP_PROD;

    return s && *s && !binder && takes_arguments(s, f->n) ? s : NULL;
}

static bool is_template(const Form *f)
{
    const char *s = row_latex(f);

    return s && strchr(s, '#');
}

static int template_strength(const char *s)
{
    if (strstr(s, "bmod") || strstr(s, "cdot"))
        return BIND_NEG;
    return strncmp(s, "\\left", 5) == 0 || strncmp(s, "\\sqrt", 5) == 0 ? BIND_ATOM
                                                                        : BIND_POW;
}

static int latex_strength(const Form *f, bool bare)
{
    if (f->neg && !bare)
        return BIND_NEG;
    switch ((FormKind)f->kind) {
    case FORM_NUM: return memchr(f->text, 'e', f->ntext) ? BIND_POW : BIND_ATOM;
    case FORM_PROD:
        return f->nden && !(f->a[f->n].dot && f->a[0].f->tensor) ? BIND_POW : f->strength;
    case FORM_IF: return BIND_POW;
    case FORM_CALL:
        if (f->op == OP_SUM || f->op == OP_PROD)
            return BIND_NEG;
        return f->op == OP_INT  ? BIND_POW
               : is_template(f) ? template_strength(row_latex(f))
                                : BIND_ATOM;
    default: return f->strength;
    }
}

static void put_child(Emit *e, const Form *f, bool bare, int needs)
{
    bool paren = latex_strength(f, bare) < needs;

    if (paren)
        emit_puts(e, "\\left(");
    emit_form(e, f, bare);
    if (paren)
        emit_puts(e, "\\right)");
}

static void put_braced(Emit *e, const char *before, const Form *f)
{
    emit_puts(e, before);
    emit_form(e, f, false);
    emit_puts(e, "}");
}

static void put_arguments(Emit *e, const Form *f, const char *open, const char *close)
{
    emit_puts(e, open);
    for (uint32_t i = 0; i < f->n; i++) {
        emit_puts(e, i ? form_separator(f, i) : "");
        emit_form(e, f->a[i].f, false);
    }
    emit_puts(e, close);
}

/* Text made here lives in the tmp arena until the printer is done. */
static void emit_str(Emit *e, Str *s)
{
    char *t = arena_strndup(&e->c->tmp, str_cstr(s), s->n);

    if (t)
        emit_text(e, t, s->n);
    str_free(s);
}

/* ---- names and numbers
 * ----------------------------------------------------------------- */

static void put_word(Str *s, const char *w, size_t n, const char *font)
{
    bool omicron = n == 7 && memcmp(w, "omicron", n) == 0; /* LaTeX has none */
    bool greek = print_greek_find(w, n) >= 0 && !omicron;
    bool word = !greek && n > 1 && !(w[0] >= '0' && w[0] <= '9');

    if (greek)
        str_puts(s, "\\");
    else if (word)
        str_printf(s, "\\%s{", font);
    for (size_t i = 0; i < n; i++)
        if (w[i] == '_')
            str_puts(s, "\\_");
        else
            str_putc(s, w[i]);
    if (word)
        str_puts(s, "}");
}

/* A tensor's name is bold. */
static void put_bold(Str *s, const char *w, size_t n)
{
    bool greek = print_greek_find(w, n) >= 0;

    str_puts(s, greek ? "\\boldsymbol{" : n == 1 ? "\\mathbf{" : "");
    put_word(s, w, n, "mathbf");
    str_puts(s, greek || n == 1 ? "}" : "");
}

static void put_name(Str *s, const char *name, size_t n, const char *font)
{
    NameParts p = print_name_parts(name, n);

    if (strcmp(font, "mathbf") == 0)
        put_bold(s, p.stem, p.nstem);
    else
        put_word(s, p.stem, p.nstem, font);
    if (!p.nsub)
        return;
    str_puts(s, "_{");
    put_word(s, p.sub, p.nsub, "mathrm");
    str_puts(s, "}");
}

static void latex_name(Emit *e, const Form *f)
{
    const Node *n = f->node;
    Str s = {0};

    if (!n) {
        str_puts(&s, "\\text{");
        str_put(&s, f->text, f->ntext);
        str_puts(&s, "}");
        emit_str(e, &s);
    } else if (n->op == OP_CONST) {
        emit_puts(e, n->sym == C_PI ? "\\pi" : n->sym == C_INF ? "\\infty" : "e");
    } else if (n->op == OP_SYM) {
        put_name(&s, f->text, f->ntext, f->tensor ? "mathbf" : "mathit");
        emit_str(e, &s);
    } else {
        str_puts(&s, "\\text{");
        str_put(&s, f->text, f->ntext);
        str_puts(&s, "}");
        emit_str(e, &s);
    }
}

void print_latex_number(Str *out, const char *text, size_t len)
{
    const char *exp10 = memchr(text, 'e', len);
    size_t n = exp10 ? (size_t)(exp10 - text) : len;

    if (!exp10) {
        str_put(out, text, n);
        return;
    }
    if (n > 1 || text[0] != '1') {
        str_put(out, text, n);
        str_puts(out, " \\cdot ");
    }
    str_puts(out, "10^{");
    exp10 += exp10[1] == '+' ? 2 : 1;
    str_put(out, exp10, (size_t)(text + len - exp10));
    str_puts(out, "}");
}

static void latex_number(Emit *e, const Form *f)
{
    Str s = {0};
    print_latex_number(&s, f->text, f->ntext);
    emit_str(e, &s);
}

/* ---- sums, products, powers
 * ------------------------------------------------------------ */

static void latex_sum(Emit *e, const Form *f)
{
    for (uint32_t i = 0; i < f->n; i++) {
        if (i > 0)
            emit_puts(e, f->a[i].neg ? " - " : " + ");
        else if (f->a[i].neg)
            emit_puts(e, "-");
        put_child(e, f->a[i].f, true, BIND_PROD);
    }
}

/* Its LaTeX begins with a digit, so that it would grow together with a number before it.
 */
static bool starts_with_digit(const Form *f)
{
    const char *s;

    if (f->kind == FORM_POW)
        f = f->a[0].f;
    s = row_latex(f);
    return f->kind == FORM_NUM || (s && *s >= '0' && *s <= '9');
}

static void put_factor_list(Emit *e, const Form *f, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        if (i > from)
            emit_puts(e, f->a[i].dot                    ? " \\odot "
                         : starts_with_digit(f->a[i].f) ? " \\cdot "
                                                        : " ");
        put_child(e, f->a[i].f, false, to - from > 1 ? BIND_POW : BIND_IF);
    }
}

/* A tensor over a tensor, element by element. */
static void latex_elements(Emit *e, const Form *f)
{
    bool many = f->nden > 1;

    put_factor_list(e, f, 0, f->n);
    emit_puts(e, many ? " \\oslash \\left(" : " \\oslash ");
    if (many)
        put_factor_list(e, f, f->n, f->n + f->nden);
    else
        put_child(e, f->a[f->n].f, false, BIND_POW);
    emit_puts(e, many ? "\\right)" : "");
}

static void latex_product(Emit *e, const Form *f)
{
    if (!f->nden) {
        if (f->n == 1)
            put_child(e, f->a[0].f, false, BIND_POW);
        else
            put_factor_list(e, f, 0, f->n);
        return;
    }
    if (f->a[f->n].dot && f->a[0].f->tensor) {
        latex_elements(e, f);
        return;
    }
    emit_puts(e, "\\frac{");
    put_factor_list(e, f, 0, f->n);
    emit_puts(e, "}{");
    put_factor_list(e, f, f->n, f->n + f->nden);
    emit_puts(e, "}");
}

/* 1/n, for the n-th root */
static bool is_unit_fraction(const Form *f)
{
    return f->kind == FORM_PROD && !f->neg && f->n == 1 && f->nden == 1 &&
           f->a[0].f->kind == FORM_NUM && f->a[1].f->kind == FORM_NUM &&
           f->a[0].f->ntext == 1 && f->a[0].f->text[0] == '1';
}

static bool takes_exponent(const Form *f)
{
    const char *s = row_latex(f);

    return s && f->n == 1 && !strchr(s, '#') && !strchr(s, '^');
}

static void latex_power(Emit *e, const Form *f)
{
    const Form *b = f->a[0].f, *x = f->a[1].f;

    if (is_unit_fraction(x)) {
        emit_puts(e, "\\sqrt[");
        emit_form(e, x->a[1].f, false);
        put_braced(e, "]{", b);
    } else if (takes_exponent(b)) {
        emit_puts(e, row_latex(b));
        put_braced(e, "^{", x);
        put_arguments(e, b, "\\left(", "\\right)");
    } else {
        bool inner = row_latex(b) && strchr(row_latex(b), '^');
        inner = inner || b->kind == FORM_PRIME;
        put_child(e, b, false, inner ? BIND_ATOM + 1 : BIND_ATOM);
        put_braced(e, f->a[1].dot ? "^{\\odot " : "^{", x);
    }
}

/* ---- functions
 * ------------------------------------------------------------------------- */

static void template_argument(Emit *e, const Form *f, bool in_parens)
{
    bool plain = (f->kind == FORM_NAME || f->kind == FORM_NUM) && !f->neg &&
                 (f->kind == FORM_NUM || f->ntext == 1 ||
                  print_greek_find(f->text, f->ntext) >= 0);

    put_child(e, f, false, in_parens && !plain ? BIND_ATOM + 1 : BIND_IF);
}

/* The row's template with #1 and #(1) replaced. */
static void latex_template(Emit *e, const Form *f, const char *s)
{
    while (*s) {
        size_t n = strcspn(s, "#");
        bool parens;
        uint32_t i;
        emit_text(e, s, n);
        s += n;
        if (!*s)
            return;
        parens = s[1] == '(';
        i = (uint32_t)(s[parens ? 2 : 1] - '1');
        if (i < f->n)
            template_argument(e, f->a[i].f, parens);
        s += parens ? 4 : 2;
    }
}

static void latex_binder(Emit *e, const Form *f)
{
    const char *head = f->op == OP_SUM ? "\\sum_{" : "\\prod_{";

    if (f->op == OP_INT) {
        put_braced(e, "\\int_{", f->a[2].f);
        put_braced(e, "^{", f->a[3].f);
        emit_puts(e, " ");
        put_child(e, f->a[0].f, false, BIND_SUM);
        emit_puts(e, " \\, d");
        emit_form(e, f->a[1].f, false);
        return;
    }
    emit_puts(e, head);
    emit_form(e, f->a[1].f, false);
    emit_puts(e, " = ");
    emit_form(e, f->a[2].f, false);
    put_braced(e, "}^{", f->a[3].f);
    emit_puts(e, " ");
    put_child(e, f->a[0].f, false, BIND_PROD);
}

static void latex_call(Emit *e, const Form *f)
{
    const char *s = row_latex(f);
    Str t = {0};

    if ((f->op == OP_INT || f->op == OP_SUM || f->op == OP_PROD) && f->n == 4) {
        latex_binder(e, f);
        return;
    }
    if (s && strchr(s, '#')) {
        latex_template(e, f, s);
        return;
    }
    if (s) {
        emit_puts(e, s);
    } else {
        put_word(&t, f->text, f->ntext, "operatorname");
        emit_str(e, &t);
    }
    put_arguments(e, f, "\\left(", "\\right)");
}

/* foo', f^{(4)}, f^{(1,0)} */
static void latex_apply(Emit *e, const Form *f)
{
    const Node *n = f->node;
    uint32_t k = n->n / 2;
    const char *name = sym_name(e->c, n->sym);
    Str s = {0};
    int64_t d = 0;
    bool any = false;

    if (strcmp(name, "delta") == 0 && k >= 2) { /* the identity */
        emit_puts(e, "\\delta_{");
        emit_form(e, f->a[0].f, false);
        emit_puts(e, " ");
        emit_form(e, f->a[1].f, false);
        emit_puts(e, "}");
        return;
    }
    put_name(&s, name, strlen(name), "operatorname");
    for (uint32_t i = 0; i < k; i++)
        any = any || !num_is_zero(n->a[k + i]->num);
    if (any && k == 1 && ex_get_int(n->a[1], &d) && d <= 3) {
        str_put(&s, "'''", (size_t)d);
    } else if (any) {
        for (uint32_t i = 0; i < k; i++) {
            str_puts(&s, i ? "," : "^{(");
            num_print(&s, n->a[k + i]->num);
        }
        str_puts(&s, ")}");
    }
    emit_str(e, &s);
    put_arguments(e, f, "\\left(", "\\right)");
}

/* ---- the rest
 * -------------------------------------------------------------------------- */

/* if a then x else if b then y else z: one line for each case. */
static void latex_if(Emit *e, const Form *f)
{
    emit_puts(e, "\\begin{cases} ");
    for (; f->kind == FORM_IF; f = f->a[2].f) {
        emit_form(e, f->a[1].f, false);
        emit_puts(e, " & \\text{if } ");
        emit_form(e, f->a[0].f, false);
        emit_puts(e, " \\\\ ");
    }
    emit_form(e, f, false);
    emit_puts(e, " & \\text{otherwise} \\end{cases}");
}

static void latex_list(Emit *e, const Form *f)
{
    bool rows = f->n > 0;

    for (uint32_t i = 0; i < f->n; i++)
        rows = rows && f->a[i].f->kind == FORM_LIST && f->a[i].f->n == f->a[0].f->n;
    if (!rows) {
        put_arguments(e, f, "\\left[", "\\right]");
        return;
    }
    emit_puts(e, "\\begin{pmatrix} ");
    for (uint32_t i = 0; i < f->n; i++) {
        const Form *r = f->a[i].f;
        for (uint32_t j = 0; j < r->n; j++) {
            emit_puts(e, j ? " & " : i ? " \\\\ " : "");
            emit_form(e, r->a[j].f, false);
        }
    }
    emit_puts(e, " \\end{pmatrix}");
}

static void latex_infix(Emit *e, const Form *f)
{
    const char *le = f->text[1] == '<' ? " \\le " : " \\ge ";
    const char *s = f->op == OP_LE    ? le
                    : f->op == OP_NE  ? " \\ne "
                    : f->op == OP_EQ  ? " = "
                    : f->op == OP_AND ? " \\land "
                    : f->op == OP_OR  ? " \\lor "
                                      : f->text;

    for (uint32_t i = 0; i < f->n; i++) {
        if (i)
            emit_puts(e, s);
        put_child(e, f->a[i].f, false, form_needs(f, i));
    }
}

static void latex_binds(Emit *e, const Form *f)
{
    emit_puts(e, "\\left. ");
    emit_form(e, f->a[0].f, false);
    emit_puts(e, " \\right|_{");
    for (uint32_t i = 1; i < f->n; i++) {
        emit_puts(e, i == 1 ? "" : i % 2 ? ", " : " = ");
        emit_form(e, f->a[i].f, false);
    }
    emit_puts(e, "}");
}

static void latex_index(Emit *e, const Form *f)
{
    put_child(e, f->a[0].f, false, BIND_ATOM);
    emit_puts(e, "_{");
    for (uint32_t i = 1; i < f->n; i++) {
        emit_puts(e, i > 1 ? ", " : "");
        emit_form(e, f->a[i].f, false);
    }
    emit_puts(e, "}");
}

static void latex_expand(Emit *e, const Form *f, bool bare)
{
    if (f->neg && !bare)
        emit_puts(e, "-");
    switch ((FormKind)f->kind) {
    case FORM_NUM: latex_number(e, f); break;
    case FORM_NAME: latex_name(e, f); break;
    case FORM_SUM: latex_sum(e, f); break;
    case FORM_PROD: latex_product(e, f); break;
    case FORM_POW: latex_power(e, f); break;
    case FORM_CALL: latex_call(e, f); break;
    case FORM_APPLY: latex_apply(e, f); break;
    case FORM_LIST: latex_list(e, f); break;
    case FORM_IF: latex_if(e, f); break;
    case FORM_INFIX: latex_infix(e, f); break;
    case FORM_NOT:
        emit_puts(e, "\\lnot ");
        put_child(e, f->a[0].f, false, BIND_NOT);
        break;
    case FORM_PRIME:
        put_child(e, f->a[0].f, false, row_latex(f->a[0].f) ? BIND_ATOM + 1 : BIND_ATOM);
        emit_puts(e, "^{\\top}");
        break;
    case FORM_PART:
        put_child(e, f->a[0].f, false, BIND_ATOM);
        emit_puts(e, f->text);
        break;
    case FORM_INDEX: latex_index(e, f); break;
    case FORM_BINDS: latex_binds(e, f); break;
    }
}

static void write_latex(Ctx *c, Str *out, Node *n);

/* A tensor without a matrix form, by its elements. False: it is none. */
static bool latex_indexed(const Forms *F, Str *out, Node *n)
{
    Node *at[SHAPE_RANK];
    size_t rank;
    Node *e = F->indexed && shape_is_tensor(n->shape)
                  ? print_at_letters(F->c, n, at, &rank)
                  : NULL;

    if (!e)
        return false;
    str_puts(out, "J_{");
    for (size_t i = 0; i < rank; i++)
        str_printf(out, i ? " %s" : "%s", at[i]->name);
    str_puts(out, "} = ");
    write_latex(F->c, out, e); /* a number: it goes no deeper */
    return true;
}

static void write_latex(Ctx *c, Str *out, Node *n)
{
    ArenaMark m = arena_mark(&c->tmp);
    Forms F;

    if (form_build(&F, c, 1, &n) && !latex_indexed(&F, out, n))
        emit_run(c, out, F.root, SIZE_MAX, latex_expand);
    arena_release(&c->tmp, m);
}

void print_latex(Ctx *c, Str *out, Node *n)
{
    uint32_t *name;
    Node **def;
    size_t k = print_length(c, n) > LATEX_FULL ? print_share(c, 1, &n, &name, &def) : 0;

    for (size_t i = 0; i < k && !ctx_failed(c); i++) {
        write_latex(c, out, ex_sym(c, name[i]));
        str_puts(out, " = ");
        write_latex(c, out, def[i]);
        str_puts(out, ";\\quad ");
    }
    write_latex(c, out, n);
}
