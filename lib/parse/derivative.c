/* parse/derivative.c - derivatives as they are written: d/dx, d^2/(dx dy), partial signs,
 * d(e)/dx, dy/dx and dy/dx where F = c. The spelling is recognised by looking ahead over
 * tokens that stand without spaces; nothing is consumed unless all of it fits. */
#include "parse/internal.h"

enum { D_PLAIN, D_NAME, D_GROUP };
enum { VARS = 8 };

typedef struct {
    uint32_t tok, skip; /* a token; its name begins skip bytes in */
    uint32_t order;     /* token of its order, 0: none */
} DifferentialPart;

typedef struct {
    int form;
    bool wordy;    /* dloss/dw: a quotient of two names, unless loss is defined */
    uint32_t next; /* the token behind */
    DifferentialPart target; /* D_NAME: y of dy/dx; D_GROUP: the '(' */
    uint32_t order;          /* token of the order above, 0: none */
    uint32_t n;
    DifferentialPart var[VARS];
} Spelling;

static bool d_name(const Parser *p, uint32_t i)
{
    return kind_at(p, i) == TK_NAME && p->text[tok(p, i)->pos] == 'd';
}

/* dx, but not d, d1 or d_0: what follows the d must be a name itself. */
static bool is_differential(const Parser *p, uint32_t i)
{
    const Token *t = tok(p, i);
    return d_name(p, i) && t->len > 1 &&
           lex_name_len(p->text + t->pos + 1, t->len - 1) == t->len - 1;
}

static const char *part_name(Parser *p, DifferentialPart q, size_t *n)
{
    Token t = *tok(p, q.tok);
    t.pos += q.skip;
    t.len -= q.skip;
    return lex_name(&p->L, &t, n);
}

/* ^2, ^n or a superscript at token *i. */
static uint32_t read_order(const Parser *p, uint32_t *i)
{
    if (kind_at(p, *i) == TK_SUP && glued(p, *i))
        return (*i)++;
    uint8_t k = kind_at(p, *i + 1);
    if (kind_at(p, *i) != TK_CARET || !glued(p, *i) || !glued(p, *i + 1) ||
        (k != TK_NUM && k != TK_NAME))
        return 0;
    *i += 2;
    return *i - 1;
}

/* One dx or partial x; inside parentheses spaces and '*' may stand between them. */
static bool read_variable(const Parser *p, uint32_t *i, Spelling *s, bool loose)
{
    if (s->n == VARS || (!loose && !glued(p, *i)))
        return false;
    if (loose && s->n && kind_at(p, *i) == TK_STAR)
        ++*i;
    DifferentialPart *v = &s->var[s->n];
    if (kind_at(p, *i) == TK_PARTIAL && kind_at(p, *i + 1) == TK_NAME && glued(p, *i + 1))
        *v = (DifferentialPart){.tok = ++*i};
    else if (is_differential(p, *i))
        *v = (DifferentialPart){.tok = *i, .skip = 1};
    else
        return false;
    ++*i;
    v->order = read_order(p, i);
    s->n++;
    return true;
}

static bool read_below(const Parser *p, uint32_t i, Spelling *s)
{
    bool paren = kind_at(p, i) == TK_LPAREN && glued(p, i);
    i += paren;
    while (read_variable(p, &i, s, paren))
        ;
    if (paren && kind_at(p, i) != TK_RPAREN)
        return false;
    s->next = i + paren;
    return s->n > 0;
}

/* d/delta, d/dawson(x): names of their own. */
static bool own_name(const Parser *p, const Spelling *s)
{
    if (s->n != 1 || !s->var[0].skip)
        return false;
    const Token *t = tok(p, s->var[0].tok);
    const char *name = p->text + t->pos;
    if (lex_is_greek(name, t->len))
        return true;
    return op_find(name, t->len) != OP_POISON && kind_at(p, s->next) == TK_LPAREN &&
           glued(p, s->next);
}

static bool simple_name(const Parser *p, DifferentialPart q)
{
    const Token *t = tok(p, q.tok);
    const char *s = p->text + t->pos + q.skip;
    size_t n = t->len - q.skip;
    if ((unsigned char)s[0] & 0x80 || lex_is_greek(s, n))
        return true;
    for (size_t i = 1; i < n; i++)
        if (s[i] != '_' && (s[i] < '0' || s[i] > '9'))
            return false;
    return true;
}

static bool read_derivative(const Parser *p, uint32_t i, Spelling *s)
{
    memset(s, 0, sizeof *s);
    uint32_t j = i + 1;
    uint8_t kind = kind_at(p, i);
    if (kind == TK_PARTIALSUB) {
        s->n = 1;
        s->var[0] = (DifferentialPart){.tok = j};
        s->next = j + 1;
        if (kind_at(p, j) != TK_NAME || !glued(p, j))
            return false;
        s->var[0].order = s->order = read_order(p, &s->next);
        return true;
    }
    if (kind != TK_PARTIAL && !d_name(p, i))
        return false;
    if (kind == TK_NAME && tok(p, i)->len > 1) {
        if (!is_differential(p, i))
            return false;
        s->form = D_NAME;
        s->target = (DifferentialPart){.tok = i, .skip = 1};
    } else {
        s->order = read_order(p, &j);
        if (kind_at(p, j) == TK_NAME && glued(p, j) && (s->order || kind == TK_PARTIAL)) {
            s->form = D_NAME;
            s->target = (DifferentialPart){.tok = j++};
        } else if (kind_at(p, j) == TK_LPAREN && glued(p, j) && tok(p, j)->closed) {
            s->form = D_GROUP;
            s->target = (DifferentialPart){.tok = j};
            j = tok(p, j)->match + 1;
        }
    }
    if (kind_at(p, j) != TK_SLASH || !glued(p, j) || !read_below(p, j + 1, s) ||
        own_name(p, s))
        return false;
    s->wordy = s->form == D_NAME && !s->order && kind != TK_PARTIAL &&
               !(simple_name(p, s->target) && simple_name(p, s->var[0]));
    return true;
}

bool parser_derivative_begins(const Parser *p, uint32_t i)
{
    Spelling s;
    uint8_t kind = kind_at(p, i);
    return (kind == TK_PARTIAL || kind == TK_PARTIALSUB || d_name(p, i)) &&
           read_derivative(p, i, &s) && !s.wordy;
}

bool parser_derivative_by_e(Parser *p, uint32_t i)
{
    Spelling s;
    size_t n;
    if (!read_derivative(p, i, &s) || s.wordy)
        return false;
    for (uint32_t k = 0; k < s.n; k++)
        if (*part_name(p, s.var[k], &n) == 'e' && n == 1)
            return true;
    return false;
}

/* ---- meaning */

/* What a derivative differentiates by, and how often: a symbol, and a number, or the name n when
 * `name` is set. */
typedef struct {
    uint32_t sym, tok, order_tok, name;
    int64_t order;
    bool symbolic;
} DerivativeVariable;

typedef struct {
    uint32_t n;
    DerivativeVariable v[VARS];
} Meaning;

static int64_t digits_value(Parser *p, const Token *t)
{
    enum { MOST = 1000000000 }; /* more than any limit */
    int64_t k = 0;
    for (uint32_t j = 0; j < t->len; j++) {
        char ch = p->text[t->pos + j];
        if (ch < '0' || ch > '9')
            return 0;
        k = k < MOST / 10 ? 10 * k + (ch - '0') : MOST;
    }
    return k;
}

/* The order that token i says; 0: there is none, and it is 1. */
static void read_order_value(Parser *p, uint32_t i, DerivativeVariable *v)
{
    size_t n;
    const Token *t = tok(p, i);
    v->order_tok = i;
    v->order = 1;
    v->symbolic = false;
    if (!i)
        return;
    if (t->kind == TK_NAME) {
        const char *name = lex_name(&p->L, t, &n);
        v->name = sym_intern(p->c, name, n);
        v->symbolic = true;
    } else if (t->kind == TK_SUP) {
        bool is = lex_superscript(&p->L, t, &v->order, &v->symbolic);
        if (is && v->symbolic && v->order == 1)
            v->name = sym_intern(p->c, "n", 1);
        else if (!is || v->symbolic)
            v->order = 0;
    } else {
        v->order = digits_value(p, t);
    }
    if (v->order < 1) {
        stand_at_token(p, i);
        ctx_error(p->c, LBZ_SYNTAX, "write d^2/dx^2",
                  "the order of a derivative is a whole number from 1 on");
    }
}

static uint32_t variable_symbol(Parser *p, const char *name, size_t n, uint32_t i)
{
    if (parser_is_constant(name, n) && !(p->ebound && n == 1 && name[0] == 'e')) {
        stand_at_token(p, i);
        ctx_error(p->c, LBZ_NAME, "differentiate by a variable",
                  "%.*s is a constant and cannot vary", (int)n, name);
    }
    return sym_intern(p->c, name, n);
}

/* d^2/dxdy: one token, several variables of one letter (and digits) each. */
static bool split_variables(Parser *p, const Spelling *s, int64_t above, Meaning *d)
{
    const Token *t = tok(p, s->var[0].tok);
    const char *name = p->text + t->pos;
    uint32_t n = 0, i = 0;
    if (s->n != 1 || s->var[0].order || !s->var[0].skip || above < 2 || above > VARS)
        return false;
    while (i + 1 < t->len && name[i] == 'd' && n < above) {
        uint32_t from = ++i;
        for (i++; i < t->len && name[i] != 'd'; i++)
            if (name[i] < '0' || name[i] > '9')
                return false;
        d->v[n] = (DerivativeVariable){.tok = s->var[0].tok, .order = 1};
        d->v[n++].sym = variable_symbol(p, name + from, i - from, s->var[0].tok);
    }
    d->n = n;
    return i == t->len && n == above;
}

/* The orders above and below must agree. */
static bool orders_agree(Parser *p, const Spelling *s, Meaning *d)
{
    DerivativeVariable above;
    read_order_value(p, s->order, &above);
    int64_t total = 0;
    bool counts = !above.symbolic;
    for (uint32_t i = 0; i < s->n; i++) {
        counts = counts && !d->v[i].symbolic;
        total += d->v[i].order;
    }
    if (ctx_failed(p->c))
        return false;
    if (counts)
        return total == above.order || split_variables(p, s, above.order, d);
    return s->n == 1 && d->v[0].symbolic && above.symbolic && d->v[0].name == above.name;
}

static bool read_meaning(Parser *p, const Spelling *s, uint32_t at, Meaning *d)
{
    d->n = s->n;
    for (uint32_t i = 0; i < s->n && !ctx_failed(p->c); i++) {
        size_t n;
        const char *name = part_name(p, s->var[i], &n);
        read_order_value(p, s->var[i].order, &d->v[i]);
        d->v[i].tok = s->var[i].tok;
        d->v[i].sym = variable_symbol(p, name, n, s->var[i].tok);
    }
    if (ctx_failed(p->c) || orders_agree(p, s, d))
        return !ctx_failed(p->c);
    stand_at(p, tok(p, at)->pos, tok_end(p, s->next - 1));
    ctx_error(p->c, LBZ_SYNTAX, "write d^2/dx^2 or d^2/(dx dy)",
              "the orders above and below the bar of this derivative differ");
    return false;
}

/* Its names and orders as values; their number. */
static uint32_t put_meaning(Parser *p, const Meaning *d)
{
    for (uint32_t i = 0; i < d->n; i++) {
        const DerivativeVariable *v = &d->v[i];
        uint32_t t = v->order_tok ? v->order_tok : v->tok;
        parser_put_name(p, v->sym, tok(p, v->tok)->pos, tok_end(p, v->tok));
        if (v->symbolic)
            parser_put_name(p, v->name, tok(p, t)->pos, tok_end(p, t));
        else
            parser_put_integer(p, v->order, tok(p, t)->pos, tok_end(p, t));
    }
    return 2 * d->n;
}

void parser_put_derivative(Parser *p, uint32_t n, uint32_t pos, uint32_t end)
{
    parser_put(p, TREE_DIFF, n + 1, pos, end);
}

/* ---- dy/dx */

static void add_quotient(Parser *p, DerivativeQuotient q)
{
    if (p->nq == p->qcap) {
        uint32_t cap = p->qcap ? 2 * p->qcap : 8;
        DerivativeQuotient *v = ARENA_NEW(&p->c->tmp, DerivativeQuotient, cap);
        if (!v || ctx_failed(p->c))
            return;
        if (p->nq)
            memcpy(v, p->q, p->nq * sizeof *v);
        p->q = v;
        p->qcap = cap;
    }
    p->q[p->nq++] = q;
}

static void operand_quotient(Parser *p, const Spelling *s, const Meaning *d)
{
    size_t n;
    const char *name = part_name(p, s->target, &n);
    uint32_t pos = tok(p, p->i)->pos, end = tok_end(p, s->next - 1);
    uint32_t y = variable_symbol(p, name, n, s->target.tok);
    const uint32_t *params = NULL;
    size_t k = parser_parameters(p, name, n, &params);
    bool applied = d->n == 1 && parser_name_kind(p, name, n) == NAME_FUNCTION;
    if (ctx_failed(p->c))
        return;
    uint32_t by = put_meaning(p, d);
    bool whole = k > 1 || (k && d->n > 1);
    if (applied && !whole)
        parser_put_name(p, d->v[0].sym, pos, end);
    if (whole)
        parser_put_application(p, y, params, k, pos, end);
    else if (applied)
        parser_put(p, TREE_APPLY, 1, pos, end)->sym = y;
    else
        parser_put_name(p, y, pos, end);
    parser_put(p, TREE_DIFF, by + 1, pos, end)->flags = d->n == 1 ? TREE_QUOTIENT : 0;
    if (d->n == 1)
        add_quotient(
            p, (DerivativeQuotient){y, d->v[0].sym, pos, end - pos, false, applied});
    p->i = s->next;
}

/* dy/dx divides where dy or dx is a name of the user. */
static bool is_division(Parser *p, const Spelling *s)
{
    for (int k = 0; k < 2; k++) {
        size_t n;
        DifferentialPart q = k ? s->var[0] : s->target;
        q.skip = 0;
        const char *name = part_name(p, q, &n);
        if (kind_at(p, q.tok) == TK_NAME && tok(p, q.tok)->len > 1 &&
            parser_name_kind(p, name, n) == NAME_VARIABLE)
            return true;
    }
    return false;
}

/* dloss/dw is a derivative where loss is defined; else that is worth a word. */
static bool divides_words(Parser *p, const Spelling *s)
{
    size_t n, m;
    if (!s->wordy)
        return false;
    const char *name = part_name(p, s->target, &n), *by = part_name(p, s->var[0], &m);
    bool defined = parser_name_kind(p, name, n) != NAME_FREE;
    if (defined)
        parser_note(p, "read as d/d%.*s %.*s", (int)m, by, (int)n, name);
    else if (simple_name(p, s->var[0]))
        parser_note(p,
                    "d%.*s/d%.*s is read as a quotient of two names; the derivative is "
                    "d/d%.*s of %.*s, which has to be defined",
                    (int)n, name, (int)m, by, (int)m, by, (int)n, name);
    return !defined;
}

bool parser_operand_derivative(Parser *p)
{
    Spelling s;
    uint32_t at = p->i;
    if (!read_derivative(p, at, &s) || (s.form == D_NAME && s.target.skip &&
                                        (is_division(p, &s) || divides_words(p, &s))))
        return false;
    Meaning d;
    if (!read_meaning(p, &s, at, &d))
        return true; /* with an error */
    if (s.form == D_NAME) {
        operand_quotient(p, &s, &d);
        return true;
    }
    uint32_t by = put_meaning(p, &d);
    bool call = s.form == D_PLAIN && kind_at(p, s.next) == TK_LPAREN && glued(p, s.next);
    p->i = s.form == D_GROUP ? s.target.tok : s.next;
    ParserFrame *f = s.form == D_GROUP || call
                         ? parser_push_frame(p, PF_PAREN, BP_BARRIER)
                         : parser_push_frame(p, PF_PREFIX, BP_PREFIX);
    f->deriv = by;
    if (f->kind == PF_PREFIX) {
        f->fn = OP_DIFF;
        f->name = at;
    } else {
        f->count = at;
        f->name = call ? tok(p, s.next)->match : s.next - 1;
        p->i++;
    }
    return true;
}

/* ---- where */

/* The values are the expression, and both sides of the equation, or a comparison. */
void parser_reduce_where(Parser *p, ParserFrame *f)
{
    ParserValue v = p->v[f->base];
    uint32_t end = last(p)->end;
    const TreeItem *equation = root_of(p, last(p));
    if (!f->count && equation->kind != TREE_COMPARE) {
        stand_at(p, last(p)->pos, end);
        ctx_error(p->c, kind_at(p, p->i) == TK_END ? LBZ_INCOMPLETE : LBZ_SYNTAX,
                  "write dy/dx where F(x,y) = c",
                  "an equation is expected after `where`");
        return;
    }
    for (uint32_t i = 0; i < p->nq; i++)
        p->q[i].solved = p->q[i].solved || p->q[i].pos >= v.pos;
    parser_put(p, TREE_WHERE, p->nv - f->base, v.pos, end)->at = v.first;
}

void parser_note_quotients(Parser *p)
{
    for (uint32_t i = 0; i < p->nq; i++) {
        const DerivativeQuotient *q = &p->q[i];
        const char *y = sym_name(p->c, q->y), *x = sym_name(p->c, q->x);
        if (!q->solved && q->y != q->x && !q->applied &&
            parser_name_kind(p, y, strlen(y)) == NAME_FREE)
            parser_note(
                p,
                "read as d/d%s %s, and %s does not depend on %s; where an equation "
                "defines it write d%s/d%s where F(%s,%s) = c",
                x, y, y, x, y, x, x, y);
    }
    p->nq = 0;
}
