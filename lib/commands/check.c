/* commands/check.c - check LHS == RHS: what is to be compared where.
 */
#include "commands/compare.h"

/* ---- setting up */

static bool collect_variables(Check *k, Node *both)
{
    Ctx *c = k->c;
    size_t n;
    uint32_t *syms = ex_free_syms(c, both, &n);
    k->var = ARENA_NEW0(&c->pool[1].arena, Var, n + 1);
    k->syms = ARENA_NEW0(&c->pool[1].arena, uint32_t, n + 1);
    if (!syms || !k->var || !k->syms)
        return n == 0 && k->var && k->syms;
    for (size_t i = 0; i < n; i++) {
        uint8_t assume = c->syms[syms[i]].assume;
        k->syms[i] = k->var[i].sym = syms[i];
        k->var[i].sign = assume & S_ANY;
        k->var[i].integer = (assume & S_INTEGER) != 0;
    }
    k->k = n;
    return true;
}

static bool number_in(lbz_session *s, const char *text, Span a, Num *out)
{
    Ctx *c = s->c;
    double d;
    Node *n = args_value(s, text, a);
    if (ctx_failed(c))
        return false;
    if (ex_is_num(n)) {
        *out = n->num;
        return true;
    }
    if (!answer_number(c, n, &d)) {
        env_error_at(&c->env, args_trim(text, a), LBZ_SYNTAX, NULL,
                     "a number is needed here");
        return false;
    }
    *out = num_from_double(ctx_arena(c), d);
    return true;
}

/* "x in 0:1" */
static bool read_range(Check *k, const char *text, Span a)
{
    Ctx *c = k->c;
    uint32_t in = args_find(text, a, "in"), end = a.pos + a.len, sym;
    uint32_t colon = in < end ? args_find(text, (Span){in, end - in}, ":") : end;
    if (colon == end) {
        env_error_at(&c->env, args_trim(text, a), LBZ_SYNTAX, "check A == B on x in 0:1",
                     "the range is not complete");
        return false;
    }
    Num lo, hi;
    if (!args_name(k->s, text, (Span){a.pos, in - a.pos}, &sym) ||
        !number_in(k->s, text, (Span){in + 2, colon - in - 2}, &lo) ||
        !number_in(k->s, text, (Span){colon + 1, end - colon - 1}, &hi))
        return false;
    for (size_t i = 0; i < k->k; i++) {
        if (k->var[i].sym == sym) {
            k->var[i].ranged = true;
            k->var[i].lo = lo;
            k->var[i].hi = hi;
        }
    }
    return true;
}

static bool read_ranges(Check *k, const char *text, Span a)
{
    uint32_t end = a.pos + a.len;
    for (uint32_t at = a.pos; at < end;) {
        uint32_t comma = args_find(text, (Span){at, end - at}, ",");
        if (!read_range(k, text, (Span){at, comma - at}))
            return false;
        at = comma + 1;
    }
    return true;
}

/* The pieces of `A == B at x=1 on x in a:b tol t`, each up to the next word. */
typedef struct {
    Span l, r, at, on, tol;
} Pieces;

/* The point given as a list of names and values by turns. NULL: there is none, or an error. */
static Node *read_point(Check *k, const char *text, Span a)
{
    Ctx *c = k->c;
    ParseEnv pe = session_parse_env(k->s);
    EvalOptions opt = session_eval_options(k->s);
    uint32_t *syms;
    Node **by;
    size_t n, end;
    if (!a.len || !parse_binds(c, &pe, text, a.pos, a.pos + a.len, &end, &syms, &by, &n))
        return NULL;
    Node **v = ARENA_NEW(&c->pool[1].arena, Node *, 2 * n + 1);
    for (size_t i = 0; v && i < n && !ctx_failed(c); i++) {
        v[2 * i] = ex_sym(c, syms[i]);
        v[2 * i + 1] = eval_value(c, &k->s->names, &opt, NULL, by[i]);
    }
    return v && !ctx_failed(c) ? ex_list(c, 2 * n, v) : NULL;
}

static bool split_arguments(lbz_session *s, const char *text, Span args, Pieces *p)
{
    uint32_t end = args.pos + args.len, eq = args_find(text, args, "==");
    memset(p, 0, sizeof *p);
    if (eq == end) {
        env_error_at(&s->c->env, args_trim(text, args), LBZ_SYNTAX,
                     "check (x+1)^2 == x^2+2*x+1",
                     "check compares two expressions with ==");
        return false;
    }
    p->l = (Span){args.pos, eq - args.pos};
    p->r = (Span){eq + 2, end - eq - 2};
    const char *const words[] = {"at", "on", "tol"};
    Span *const pieces[] = {&p->at, &p->on, &p->tol};
    for (size_t i = 0; i < 3; i++) {
        uint32_t w = args_find(text, (Span){eq + 2, end - eq - 2}, words[i]);
        uint32_t from = w + (uint32_t)strlen(words[i]);
        if (w == end)
            continue;
        *pieces[i] = (Span){from, end - from};
        p->r.len = w - p->r.pos < p->r.len ? w - p->r.pos : p->r.len;
    }
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) { /* a piece ends where the next word begins */
            uint32_t next =
                pieces[j]->len ? pieces[j]->pos - (uint32_t)strlen(words[j]) : end;
            if (pieces[i]->len && next > pieces[i]->pos && next < end) {
                pieces[i]->len = next - pieces[i]->pos < pieces[i]->len
                                     ? next - pieces[i]->pos
                                     : pieces[i]->len;
            }
        }
    }
    return true;
}

static void run_check(Check *k)
{
    k->at = k->k ? _arb_vec_init((slong)k->k) : NULL;
    arb_init(k->lv);
    arb_init(k->rv);
    arb_init(k->d);
    k->seed = hash_mix(k->l->hash, k->r->hash) | 1;
    verdict_decide(k);
    arb_clear(k->lv);
    arb_clear(k->rv);
    arb_clear(k->d);
    if (k->at)
        _arb_vec_clear(k->at, (slong)k->k);
}

/* One pair of sides; the answer has its verdict and text then. False on error. */
static bool check_pair(const Check *whole, const char *text, const Pieces *p, Node *l,
                       Node *r)
{
    Ctx *c = whole->c;
    Check one = *whole;
    Node *both[] = {one.l = l, one.r = r};
    if (!collect_variables(&one, ex_list(c, 2, both)) ||
        (p->on.len && !read_ranges(&one, text, p->on)))
        return false;
    run_check(&one);
    return !ctx_failed(c);
}

/* How far a verdict is from proved: the worst element of a list decides. */
static int verdict_badness(const Answer *a)
{
    return a->verdict == LBZ_FAIL      ? 3
           : a->verdict == LBZ_UNKNOWN ? 2
                                       : strcmp(a->proof, "symbolic") != 0;
}

static bool check_lists(const Check *whole, const char *text, const Pieces *p)
{
    Answer *a = &whole->s->ans;
    Str worst = {0};
    lbz_verdict verdict = LBZ_PASS;
    const char *proof = "symbolic";
    int bad = -1;
    for (size_t i = 0; i < whole->l->n && bad < 3; i++) {
        str_clear(&a->text);
        if (!check_pair(whole, text, p, whole->l->a[i], whole->r->a[i])) {
            str_free(&worst);
            return false;
        }
        if (verdict_badness(a) > bad) {
            bad = verdict_badness(a);
            verdict = a->verdict;
            proof = a->proof;
            str_clear(&worst);
            str_put(&worst, str_cstr(&a->text), a->text.n);
        }
    }
    str_clear(&a->text);
    str_puts(&a->text, bad < 0 ? "PASS proved" : str_cstr(&worst));
    str_free(&worst);
    a->kind = LBZ_CHECK;
    a->verdict = verdict;
    a->proof = proof;
    return true;
}

/* The elements of l's lists as one list; the same of r's must be of the same lengths. NULL: they are
 * not, or an error. */
static Node *joined(Ctx *c, const Node *l, const Node *r)
{
    size_t n = 0;
    for (uint32_t i = 0; i < l->n; i++) {
        const Node *x = l->a[i], *y = r->a[i];
        if (ex_is(x, OP_LIST) != ex_is(y, OP_LIST) || (ex_is(x, OP_LIST) && x->n != y->n))
            return NULL;
        n += ex_is(x, OP_LIST) ? x->n : 1;
    }
    Node **v = ARENA_NEW(&c->pool[1].arena, Node *, n + 1);
    size_t k = 0;
    for (uint32_t i = 0; v && i < l->n; i++) {
        Node *x = l->a[i];
        bool list = ex_is(x, OP_LIST);
        memcpy(v + k, list ? x->a : &x, (list ? x->n : 1) * sizeof *v);
        k += list ? x->n : 1;
    }
    return v && !ctx_failed(c) ? ex_list(c, n, v) : NULL;
}

static bool holds_lists(const Node *l)
{
    for (uint32_t i = 0; i < l->n; i++)
        if (ex_is(l->a[i], OP_LIST))
            return true;
    return false;
}

/* Lists are compared element by element, those in them, too. */
static bool check_sides(Check *k, const char *text, Span args, const Pieces *p)
{
    bool lists = ex_is(k->l, OP_LIST);
    bool same = lists == ex_is(k->r, OP_LIST) && (!lists || k->l->n == k->r->n);
    while (same && lists && (holds_lists(k->l) || holds_lists(k->r))) {
        Node *l = joined(k->c, k->l, k->r), *r = l ? joined(k->c, k->r, k->l) : NULL;
        same = r && !ctx_poll(k->c);
        k->l = l;
        k->r = r;
    }
    if (!same) {
        if (!ctx_failed(k->c))
            env_error_at(&k->c->env, args, LBZ_SHAPE, NULL,
                         "the two sides have different shapes");
        return false;
    }
    return lists ? check_lists(k, text, p) : check_pair(k, text, p, k->l, k->r);
}

bool cmd_check(lbz_session *s, const char *text, Span args)
{
    Check k;
    Pieces p;
    memset(&k, 0, sizeof k);
    k.s = s;
    k.c = s->c;
    k.tol = NUM_ZERO;
    if (!split_arguments(s, text, args, &p))
        return false;
    Node *at = read_point(&k, text, p.at);
    k.l = ctx_failed(k.c) ? k.c->poison : args_value_at(s, text, p.l, at);
    k.left = s->place;
    k.r = ctx_failed(k.c) ? k.l : args_value_at(s, text, p.r, at);
    k.right = s->place;
    if (ctx_failed(k.c) || (p.tol.len && !number_in(s, text, p.tol, &k.tol)))
        return false;
    if (compare_is_of_tensors(&k))
        return compare_tensors(&k, args_trim(text, args));
    return check_sides(&k, text, args_trim(text, args), &p);
}
