/* parse/derivative.c - derivatives as they are written: d/dx, d^2/(dx dy), partial signs,
 * d(e)/dx, dy/dx and dy/dx where F = c. The spelling is recognised by looking ahead over
 * tokens that stand without spaces; nothing is consumed unless all of it fits. */
#include "parse/internal.h"

#include <ctype.h>

enum { D_PLAIN, D_NAME, D_GROUP };
enum { VARS = 8 };

typedef struct {
    uint32_t tok, skip; /* a token; its name begins skip bytes in */
    uint32_t order;     /* token of its order, 0: none */
} DifferentialPart;

typedef struct {
    int form;
    uint32_t next;           /* the token behind */
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
    return s->form != D_NAME || s->order || kind == TK_PARTIAL ||
           (simple_name(p, s->target) && simple_name(p, s->var[0]));
}

bool parser_derivative_begins(const Parser *p, uint32_t i)
{
    Spelling s;
    uint8_t kind = kind_at(p, i);
    return (kind == TK_PARTIAL || kind == TK_PARTIALSUB || d_name(p, i)) &&
           read_derivative(p, i, &s);
}

bool parser_derivative_by_e(Parser *p, uint32_t i)
{
    Spelling s;
    size_t n;
    if (!read_derivative(p, i, &s))
        return false;
    for (uint32_t k = 0; k < s.n; k++)
        if (*part_name(p, s.var[k], &n) == 'e' && n == 1)
            return true;
    return false;
}

/* ---- meaning */

static Node *order_node(Parser *p, uint32_t i)
{
    int64_t k = 0;
    bool symbolic = false;
    size_t n;
    const Token *t = tok(p, i);
    if (!i)
        return p->c->one;
    if (t->kind == TK_NAME) {
        const char *name = lex_name(&p->L, t, &n);
        return ex_sym(p->c, sym_intern(p->c, name, n));
    }
    if (t->kind == TK_SUP) {
        if (lex_superscript(&p->L, t, &k, &symbolic) && symbolic && k == 1)
            return ex_sym_named(p->c, "n");
    } else {
        enum { MOST = 1000000000 }; /* more than any limit */
        for (uint32_t j = 0; j < t->len; j++) {
            char ch = p->text[t->pos + j];
            if (ch < '0' || ch > '9') {
                k = 0;
                break;
            }
            k = k < MOST / 10 ? 10 * k + (ch - '0') : MOST;
        }
    }
    if (k < 1) {
        stand_at_token(p, i);
        return ctx_error(p->c, LBZ_SYNTAX, "write d^2/dx^2",
                         "the order of a derivative is a whole number from 1 on");
    }
    return ex_int(p->c, k);
}

static Node *variable_node(Parser *p, const char *name, size_t n, uint32_t i)
{
    if (parser_is_constant(name, n) && !(p->ebound && n == 1 && name[0] == 'e')) {
        stand_at_token(p, i);
        return ctx_error(p->c, LBZ_NAME, "differentiate by a variable",
                         "%.*s is a constant and cannot vary", (int)n, name);
    }
    if (n == 1 && isalpha((unsigned char)name[0]))
        p->by |= 1ull << parser_letter_bit(name[0]);
    return ex_sym(p->c, sym_intern(p->c, name, n));
}

/* d^2/dxdy: one token, several variables of one letter (and digits) each. */
static bool split_variables(Parser *p, const Spelling *s, int64_t above, Deriv *d)
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
        d->a[2 * n] = variable_node(p, name + from, i - from, s->var[0].tok);
        d->a[2 * n + 1] = p->c->one;
        n++;
    }
    d->n = 2 * n;
    return i == t->len && n == above;
}

/* The orders above and below must agree. */
static bool orders_agree(Parser *p, const Spelling *s, Deriv *d)
{
    Node *above = order_node(p, s->order);
    int64_t total = 0, k = 0;
    bool counts = ex_get_int(above, &k);
    for (uint32_t i = 0; i < s->n; i++) {
        int64_t m;
        counts = counts && ex_get_int(d->a[2 * i + 1], &m);
        total += counts ? m : 0;
    }
    if (ctx_failed(p->c))
        return false;
    if (counts ? total == k : s->n == 1 && d->a[1] == above)
        return true;
    return counts && split_variables(p, s, k, d);
}

static Deriv *read_meaning(Parser *p, const Spelling *s, uint32_t at)
{
    Deriv *d = ARENA_NEW(&p->c->tmp, Deriv, 1);
    if (!d)
        return NULL;
    d->n = 2 * s->n;
    for (uint32_t i = 0; i < s->n && !ctx_failed(p->c); i++) {
        size_t n;
        const char *name = part_name(p, s->var[i], &n);
        d->a[2 * i] = variable_node(p, name, n, s->var[i].tok);
        d->a[2 * i + 1] = order_node(p, s->var[i].order);
    }
    if (ctx_failed(p->c))
        return NULL;
    if (orders_agree(p, s, d))
        return d;
    stand_at(p, tok(p, at)->pos, tok_end(p, s->next - 1));
    ctx_error(p->c, LBZ_SYNTAX, "write d^2/dx^2 or d^2/(dx dy)",
              "the orders above and below the bar of this derivative differ");
    return NULL;
}

Node *parser_apply_derivative(Parser *p, const Deriv *d, Node *e, uint32_t pos,
                              uint32_t end)
{
    Node *a[2 * VARS + 1] = {e};
    memcpy(a + 1, d->a, d->n * sizeof *a);
    if (value_is_condition(e)) {
        stand_at(p, pos, end);
        return ctx_error(p->c, LBZ_SYNTAX, NULL, "a condition has no derivative");
    }
    return parser_build_structural(p, OP_DIFF, d->n + 1, a, pos, end);
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

static void operand_quotient(Parser *p, const Spelling *s, const Deriv *d)
{
    size_t n;
    const char *name = part_name(p, s->target, &n);
    uint32_t pos = tok(p, p->i)->pos, end = tok_end(p, s->next - 1);
    Node *y = variable_node(p, name, n, s->target.tok), *e = y;
    if (ctx_failed(p->c))
        return;
    if (parser_name_kind(p, name, n) == NAME_FUNCTION && d->n == 2)
        e = ex_apply(p->c, y->sym, 1, d->a, &p->c->zero);
    Node *q = parser_apply_derivative(p, d, e, pos, end);
    if (d->n == 2)
        add_quotient(p,
                     (DerivativeQuotient){q, y, d->a[0], d->a[1], pos, end - pos, false});
    parser_push_value(p, q, pos, end, 0);
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

bool parser_operand_derivative(Parser *p)
{
    Spelling s;
    uint32_t at = p->i;
    if (!read_derivative(p, at, &s) ||
        (s.form == D_NAME && s.target.skip && is_division(p, &s)))
        return false;
    Deriv *d = read_meaning(p, &s, at);
    if (!d)
        return true; /* with an error */
    if (s.form == D_NAME) {
        operand_quotient(p, &s, d);
        return true;
    }
    bool call = s.form == D_PLAIN && kind_at(p, s.next) == TK_LPAREN && glued(p, s.next);
    p->i = s.form == D_GROUP ? s.target.tok : s.next;
    ParserFrame *f = s.form == D_GROUP || call
                         ? parser_push_frame(p, PF_PAREN, BP_BARRIER)
                         : parser_push_frame(p, PF_PREFIX, BP_PREFIX);
    f->deriv = d;
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

/* The values are the expression, and both sides of the equation. */
void parser_finish_where(Parser *p, ParserFrame *f)
{
    ParserValue *v = &p->v[f->base];
    uint32_t pos = v->pos, end = last(p)->end;
    Node *F, *e = v->n;
    stand_at(p, v[1].pos, end);
    if (f->count) {
        need_number(p, &v[1]);
        need_number(p, &v[2]);
        F = ctx_failed(p->c) ? p->c->poison : ex_sub(p->c, v[1].n, v[2].n);
    } else if (ex_is(v[1].n, OP_EQ)) {
        F = ex_sub(p->c, v[1].n->a[0], v[1].n->a[1]);
    } else {
        ctx_error(p->c, kind_at(p, p->i) == TK_END ? LBZ_INCOMPLETE : LBZ_SYNTAX,
                  "write dy/dx where F(x,y) = c",
                  "an equation is expected after `where`");
        return;
    }
    for (uint32_t i = 0; i < p->nq && !ctx_failed(p->c); i++) {
        DerivativeQuotient *q = &p->q[i];
        if (q->solved || q->pos < pos)
            continue;
        Node *y = parser_build_structural(
            p, OP_IMPLICIT, 4, (Node *[]){F, q->y, q->x, q->order}, q->pos, end);
        e = e == q->diff ? y : ex_replace(p->c, e, &q->diff, &y, 1);
        q->solved = true;
    }
    p->nv = f->base;
    parser_push_value(p, e, pos, end, 0);
}

void parser_note_quotients(Parser *p)
{
    for (uint32_t i = 0; i < p->nq; i++) {
        const DerivativeQuotient *q = &p->q[i];
        const char *y = sym_name(p->c, q->y->sym), *x = sym_name(p->c, q->x->sym);
        if (!q->solved && q->y != q->x && ex_is(q->diff->a[0], OP_SYM) &&
            parser_name_kind(p, y, strlen(y)) == NAME_FREE)
            parser_note(
                p,
                "read as d/d%s %s, and %s does not depend on %s; where an equation "
                "defines it write d%s/d%s where F(%s,%s) = c",
                x, y, y, x, y, x, x, y);
    }
    p->nq = 0;
}
