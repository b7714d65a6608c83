/* parse/build.c - frames that are complete to nodes. Sums and products arrive with all
 * their operands, so that a line of n terms costs one constructor call. Before each call
 * the place in the text is set, for the errors of constructors. */
#include "parse/internal.h"

void parser_condition_error(Parser *p, const ParserValue *v)
{
    stand_at(p, v->pos, v->end);
    ctx_error(p->c, LBZ_SYNTAX, "write if ... then 1 else 0 to make a number of it",
              "a condition stands where a number is needed");
}

static void need_condition(Parser *p, const ParserValue *v, const char *word)
{
    if (value_is_condition(v->n))
        return;
    stand_at(p, v->pos, v->end);
    ctx_error(p->c, LBZ_SYNTAX, "write a comparison, as in x > 0",
              "`%s` connects conditions, and this is none", word);
}

Node *parser_build_structural(Parser *p, Op op, size_t n, Node *const *a, uint32_t pos,
                              uint32_t end)
{
    stand_at(p, pos, end);
    Node *s = ex_structural(p->c, op, n, a);
    if (p->out && p->out->spans.arena && !ctx_failed(p->c)) {
        uint64_t seen;
        if (!map_get(&p->out->spans, s->id, &seen))
            map_put(&p->out->spans, s->id, (uint64_t)pos << 32 | (end - pos));
    }
    return s;
}

/* The values from f->base on, as an array of nodes; in the tmp arena. */
static Node **nodes_from(Parser *p, uint32_t base, uint32_t *n)
{
    *n = p->nv - base;
    Node **a = ARENA_NEW(&p->c->tmp, Node *, *n + 1);
    if (!a) {
        *n = 0;
        return NULL;
    }
    for (uint32_t i = 0; i < *n; i++)
        a[i] = p->v[base + i].n;
    return a;
}

/* Replaces the values from base on by one. */
static void replace_values(Parser *p, uint32_t base, Node *n, uint32_t pos, uint32_t end,
                           uint32_t flags)
{
    p->nv = base;
    parser_push_value(p, n, pos, end, flags);
}

/* ---- sums */

void parser_add_term(Parser *p, ParserFrame *f)
{
    ParserValue *v = last(p);
    need_number(p, v);
    if (f->op != TK_MINUS || p->nv - f->base < 2)
        return;
    stand_at_token(p, f->tok);
    v->n = ex_neg(p->c, v->n);
}

/* d/dx x^2 + x: says where the derivative ends. */
static void note_sum(Parser *p, const ParserFrame *f)
{
    for (uint32_t i = f->base; i + 1 < p->nv; i++) {
        const ParserValue *v = &p->v[i], *next = v + 1;
        if (!(v->flags & VAL_DERIV) || next->flags & VAL_DERIV)
            continue;
        uint32_t end = last(p)->end;
        bool whole = end - p->v[f->base].pos <= 100;
        parser_note(
            p, "read as %s(%s)%s%s",
            i > f->base && whole ? parser_excerpt(p, p->v[f->base].pos, v->pos, 100) : "",
            parser_excerpt(p, v->pos, v->end, 100),
            parser_excerpt(p, v->end, whole ? end : next->pos, 100), whole ? "" : "...");
        return;
    }
}

static void build_sum(Parser *p, ParserFrame *f)
{
    parser_add_term(p, f);
    note_sum(p, f);
    ArenaMark m = arena_mark(&p->c->tmp);
    uint32_t n;
    Node **a = nodes_from(p, f->base, &n);
    stand_at_token(p, f->tok);
    Node *s = ctx_failed(p->c) ? p->c->poison
              : n == 2         ? ex_add2(p->c, a[0], a[1])
                               : ex_add(p->c, n, a);
    arena_release(&p->c->tmp, m);
    replace_values(p, f->base, s, p->v[f->base].pos, last(p)->end, VAL_SUM);
}

/* ---- products */

static Node *product_from(Parser *p, uint32_t base)
{
    ArenaMark m = arena_mark(&p->c->tmp);
    uint32_t n;
    Node **a = nodes_from(p, base, &n);
    Node *r = ctx_failed(p->c) ? p->c->poison
              : n == 1         ? a[0]
              : n == 2         ? ex_mul2(p->c, a[0], a[1])
                               : ex_mul(p->c, n, a);
    arena_release(&p->c->tmp, m);
    return r;
}

void parser_add_factor(Parser *p, ParserFrame *f)
{
    ParserValue *v = last(p);
    need_number(p, v);
    if (p->nv - f->base < 2 || f->op == TK_STAR || ctx_failed(p->c))
        return;
    stand_at_token(p, f->tok);
    if (f->op == TK_SLASH) {
        v->n = ex_pow(p->c, v->n, p->c->minus_one);
        if (p->out && p->out->places)
            parser_place(p, v->n, tok(p, f->tok)->pos, tok_end(p, f->tok));
        return;
    }
    Node *right = v->n;
    uint32_t end = v->end;
    p->nv--;
    Node *left = product_from(p, f->base);
    stand_at_token(p, f->tok);
    Node *r =
        ctx_failed(p->c) ? p->c->poison : ex_fn2(p->c, op_find("mod", 3), left, right);
    replace_values(p, f->base, r, p->v[f->base].pos, end, 0);
}

static void build_product(Parser *p, ParserFrame *f)
{
    uint32_t deriv = last(p)->flags & VAL_DERIV, end = last(p)->end;
    parser_add_factor(p, f);
    Node *r = product_from(p, f->base);
    replace_values(p, f->base, r, p->v[f->base].pos, end, deriv | VAL_PRODUCT);
}

/* 1/2x is 1/(2*x): a remark, or an error when ambiguity is one. */
static void note_quotient(Parser *p, const ParserFrame *f)
{
    const ParserFrame *g = &p->f[p->nf - 2];
    if (g->kind != PF_MUL || g->op != TK_SLASH)
        return;
    const ParserValue *left = &p->v[f->base - 1];
    uint32_t end = last(p)->end;
    const char *over = parser_excerpt(p, left->pos, left->end, 60);
    Str s = {0};
    for (uint32_t i = f->base; i < p->nv && s.n < 200; i++)
        str_printf(&s, "%s%s", i > f->base ? "*" : "",
                   parser_excerpt(p, p->v[i].pos, p->v[i].end, 60));
    str_puts(&s, s.n < 200 ? "" : "...");
    const char *below = str_cstr(&s);
    if (p->pe && p->pe->strict) {
        stand_at(p, left->pos, end);
        ctx_error(p->c, LBZ_SYNTAX, "put the parentheses",
                  "%s can be read in two ways: %s/(%s) or %s/%s",
                  parser_excerpt(p, left->pos, end, 60), over, below, over, below);
    } else {
        parser_note(p, "read as %s/(%s)", over, below);
    }
    str_free(&s);
}

static void build_juxtaposition(Parser *p, ParserFrame *f)
{
    need_number(p, last(p));
    note_quotient(p, f);
    stand_at(p, p->v[f->base].pos, last(p)->end);
    uint32_t end = last(p)->end;
    Node *r = product_from(p, f->base);
    replace_values(p, f->base, r, p->v[f->base].pos, end, VAL_PRODUCT);
}

static void build_power(Parser *p, ParserFrame *f)
{
    ParserValue *b = last(p) - 1, *x = last(p);
    need_number(p, b);
    need_number(p, x);
    stand_at_token(p, f->tok);
    Node *r = ctx_failed(p->c) ? p->c->poison : ex_pow(p->c, b->n, x->n);
    replace_values(p, f->base, r, b->pos, x->end, x->flags & VAL_DERIV);
}

/* ---- conditions */

static Node *build_compare(Parser *p, uint8_t op, Node *a, Node *b)
{
    switch (op) {
    case TK_LT: return ex_compare(p->c, OP_LT, a, b);
    case TK_LE: return ex_compare(p->c, OP_LE, a, b);
    case TK_GT: return ex_compare(p->c, OP_LT, b, a);
    case TK_GE: return ex_compare(p->c, OP_LE, b, a);
    case TK_NE: return ex_compare(p->c, OP_NE, a, b);
    default: return ex_compare(p->c, OP_EQ, a, b);
    }
}

/* a < b < c: the values are the comparisons made so far, then the last operand. */
void parser_add_comparison(Parser *p, ParserFrame *f)
{
    ParserValue *b = last(p), *a = b - 1;
    if (p->nv - f->base < 2)
        return;
    need_number(p, a);
    need_number(p, b);
    stand_at_token(p, f->tok);
    if (ctx_failed(p->c))
        return;
    a->n = build_compare(p, f->op, a->n, b->n);
    a->end = b->end;
    f->count++;
}

static void build_comparison(Parser *p, ParserFrame *f)
{
    uint32_t pos = p->v[f->base].pos, end = last(p)->end;
    parser_add_comparison(p, f);
    if (ctx_failed(p->c))
        return;
    p->nv--;
    ArenaMark m = arena_mark(&p->c->tmp);
    uint32_t n;
    Node **a = nodes_from(p, f->base, &n);
    Node *r = n == 1 ? a[0] : ex_logic(p->c, OP_AND, n, a);
    arena_release(&p->c->tmp, m);
    replace_values(p, f->base, r, pos, end, 0);
}

static void build_logic(Parser *p, ParserFrame *f)
{
    Op op = f->kind == PF_AND ? OP_AND : f->kind == PF_OR ? OP_OR : OP_NOT;
    for (uint32_t i = f->base; i < p->nv && !ctx_failed(p->c); i++)
        need_condition(p, &p->v[i], op_info(op)->name);
    if (ctx_failed(p->c))
        return;
    uint32_t pos = op == OP_NOT ? tok(p, f->tok)->pos : p->v[f->base].pos;
    uint32_t end = last(p)->end, n;
    ArenaMark m = arena_mark(&p->c->tmp);
    Node **a = nodes_from(p, f->base, &n);
    stand_at(p, pos, end);
    Node *r = ex_logic(p->c, op, n, a);
    arena_release(&p->c->tmp, m);
    replace_values(p, f->base, r, pos, end, 0);
}

static void build_if(Parser *p, ParserFrame *f)
{
    ParserValue *v = &p->v[f->base];
    uint32_t pos = tok(p, f->tok)->pos, end = last(p)->end;
    stand_at(p, pos, end);
    Node *r = ex_if(p->c, v[0].n, v[1].n, v[2].n);
    replace_values(p, f->base, r, pos, end, 0);
}

/* Do conditions a and b (comparisons of the same two sides) and perhaps c leave nothing
 * out? */
static bool is_exhaustive(Parser *p, const ParserValue *v, uint32_t k)
{
    Node *none[3];
    if (k < 2 || k > 3)
        return false;
    for (uint32_t i = 0; i < k; i++)
        none[i] = ex_logic(p->c, OP_NOT, 1, &v[2 * i + 1].n);
    Node *rest = none[0];
    if (k == 3) { /* what two comparisons leave: a < b, a == b leave b < a */
        Node *x = v[1].n, *y = v[3].n, *z = v[5].n;
        Node *eq = ex_is(x, OP_EQ) ? x : ex_is(y, OP_EQ) ? y : z;
        Node *lt = eq == x ? y : x, *gt = eq == z ? y : z;
        return ex_is(eq, OP_EQ) && ex_is(lt, OP_LT) && ex_is(gt, OP_LT) &&
               lt->a[0] == gt->a[1] && lt->a[1] == gt->a[0] &&
               ((eq->a[0] == lt->a[0] && eq->a[1] == lt->a[1]) ||
                (eq->a[0] == lt->a[1] && eq->a[1] == lt->a[0]));
    }
    return rest == v[3].n;
}

/* {a if x<0; b if x==0; c otherwise}: the values alternate, a condition after each but
 * the last. */
void parser_build_cases(Parser *p, ParserFrame *f)
{
    ParserValue *v = &p->v[f->base];
    uint32_t n = p->nv - f->base, pos = tok(p, f->tok)->pos, end = tok_end(p, p->i);
    uint32_t base = f->base;
    stand_at(p, pos, end);
    bool rest = n % 2;
    for (uint32_t i = 1; i < n && !ctx_failed(p->c); i += 2)
        need_condition(p, &v[i], "if");
    stand_at(p, pos, end);
    if (ctx_failed(p->c))
        return;
    if (n < 2) {
        ctx_error(p->c, LBZ_SYNTAX, "write {a if x < 0; b otherwise}",
                  "braces hold cases, and these have no `if`");
        return;
    }
    if (!rest && !is_exhaustive(p, v, n / 2)) {
        ctx_error(p->c, LBZ_SYNTAX, "end with ; ... otherwise",
                  "these cases do not say what holds otherwise");
        return;
    }
    Node *r = v[rest ? n - 1 : n - 2].n;
    for (uint32_t i = rest ? n - 1 : n - 2; i >= 2; i -= 2)
        r = ex_if(p->c, v[i - 1].n, v[i - 2].n, r);
    parser_pop_frame(p);
    replace_values(p, base, r, pos, end, 0);
}

/* ---- lists */

static bool same_length(Parser *p, uint32_t first, uint32_t row, uint32_t want)
{
    if (row == want)
        return true;
    stand_at(p, p->v[first].pos, p->v[first + row - 1].end);
    ctx_error(p->c, LBZ_SHAPE, "give every row the same number of elements",
              "this row has %u element%s, the first has %u", row, row == 1 ? "" : "s",
              want);
    return false;
}

void parser_build_list(Parser *p, ParserFrame *f)
{
    uint32_t base = f->base, pos = tok(p, f->tok)->pos, end = tok_end(p, p->i), n;
    uint32_t rows = 0, want = 0, start = base;
    ArenaMark m = arena_mark(&p->c->tmp);
    Node **a = nodes_from(p, base, &n);
    stand_at(p, pos, end);
    for (uint32_t i = base; i < base + n && !ctx_failed(p->c); i++) {
        if (!(p->v[i].flags & VAL_ROW) && (i + 1 < base + n || !rows))
            continue;
        want = rows ? want : i + 1 - start;
        if (!same_length(p, start, i + 1 - start, want))
            break;
        stand_at(p, p->v[start].pos, p->v[i].end);
        a[rows++] = ex_list(p->c, i + 1 - start, a + (start - base));
        start = i + 1;
    }
    stand_at(p, pos, end);
    Node *r = ctx_failed(p->c) ? p->c->poison : ex_list(p->c, rows ? rows : n, a);
    arena_release(&p->c->tmp, m);
    parser_pop_frame(p);
    replace_values(p, base, r, pos, end, 0);
}

static void build_range(Parser *p, ParserFrame *f)
{
    uint32_t n = p->nv - f->base, pos = p->v[f->base].pos, end = last(p)->end;
    stand_at(p, pos, end);
    if (n > 3) {
        ctx_error(p->c, LBZ_SYNTAX, NULL, "a range is from:to or from:step:to");
        return;
    }
    Node *a[3];
    for (uint32_t i = 0; i < n; i++) {
        need_number(p, &p->v[f->base + i]);
        a[i] = p->v[f->base + i].n;
    }
    replace_values(p, f->base, ex_structural(p->c, OP_RANGE, n, a), pos, end, 0);
}

/* ---- prefixes */

static void build_negation(Parser *p, ParserFrame *f)
{
    ParserValue *v = last(p);
    need_number(p, v);
    stand_at_token(p, f->tok);
    v->n = ex_neg(p->c, v->n);
    v->pos = tok(p, f->tok)->pos;
    v->flags &= VAL_DERIV;
}

static void build_root(Parser *p, ParserFrame *f)
{
    ParserValue *v = last(p);
    need_number(p, v);
    stand_at(p, tok(p, f->tok)->pos, v->end);
    unsigned k = lex_root(&p->L, tok(p, f->tok));
    v->n = k == 2 ? ex_sqrt(p->c, v->n) : ex_pow(p->c, v->n, ex_rat(p->c, 1, k));
    v->pos = tok(p, f->tok)->pos;
    v->flags = 0;
}

static void build_function_argument(Parser *p, ParserFrame *f)
{
    ParserValue *v = last(p);
    uint32_t pos = tok(p, f->name)->pos;
    const Token *t = tok(p, f->name);
    if (lex_is_greek(p->text + t->pos, t->len) || t->flags & T_UNI)
        parser_note(p, "read as %s(%s)", parser_excerpt(p, pos, tok_end(p, f->name), 40),
                    parser_excerpt(p, v->pos, v->end, 60));
    need_number(p, v);
    stand_at(p, pos, v->end);
    if (!ctx_failed(p->c) && f->fn == OP_APPLY)
        v->n = ex_apply(p->c, f->sym, 1, &v->n, &p->c->zero);
    else if (!ctx_failed(p->c))
        v->n = parser_apply_function(p, (Op)f->fn, v->n, f->expo);
    v->pos = pos;
    v->flags = 0;
}

/* d/dx (x^2)*x takes the product and expand x^2 - 1 the sum, and they say so. */
static void build_prefix(Parser *p, ParserFrame *f)
{
    ParserValue *v = last(p);
    uint32_t pos = tok(p, f->name)->pos;
    bool deriv = f->fn == OP_DIFF;
    if ((v->flags & VAL_PRODUCT && kind_at(p, f->tok) == TK_LPAREN) ||
        (!deriv && v->flags & VAL_SUM))
        parser_note(p, "read as %s(%s)",
                    parser_excerpt(p, pos, deriv ? v->pos : tok_end(p, f->name), 60),
                    parser_excerpt(p, v->pos, v->end, 100));
    v->n = deriv ? parser_apply_derivative(p, f->deriv, v->n, pos, v->end)
                 : parser_build_structural(p, (Op)f->fn, 1, &v->n, pos, v->end);
    v->pos = pos;
    v->flags = deriv ? VAL_DERIV : 0;
}

/* e at x=1, y=2: the values are e, x, 1, y, 2. */
static void build_at(Parser *p, ParserFrame *f)
{
    uint32_t n, pos = p->v[f->base].pos, end = last(p)->end;
    for (uint32_t i = f->base + 2; i < p->nv; i += 2)
        need_number(p, &p->v[i]);
    ArenaMark m = arena_mark(&p->c->tmp);
    Node **a = nodes_from(p, f->base, &n);
    Node *r = ctx_failed(p->c) ? p->c->poison
                               : parser_build_structural(p, OP_AT, n, a, pos, end);
    arena_release(&p->c->tmp, m);
    replace_values(p, f->base, r, pos, end, 0);
}

void parser_reduce_top(Parser *p)
{
    ParserFrame f = *top(p);
    switch (f.kind) {
    case PF_ADD: build_sum(p, &f); break;
    case PF_MUL: build_product(p, &f); break;
    case PF_JUXT: build_juxtaposition(p, &f); break;
    case PF_POW: build_power(p, &f); break;
    case PF_NEG: build_negation(p, &f); break;
    case PF_SQRT: build_root(p, &f); break;
    case PF_CMP: build_comparison(p, &f); break;
    case PF_AND:
    case PF_OR:
    case PF_NOT: build_logic(p, &f); break;
    case PF_RANGE: build_range(p, &f); break;
    case PF_ELSE: build_if(p, &f); break;
    case PF_PREFIX: build_prefix(p, &f); break;
    case PF_FUNARG: build_function_argument(p, &f); break;
    case PF_AT: build_at(p, &f); break;
    case PF_WHERE: parser_finish_where(p, &f); break;
    default: break;
    }
    parser_pop_frame(p);
}
