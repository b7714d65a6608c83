/* session/place.c - where in the text of a statement a node was typed.
 *
 * Nodes are shared and have no place, but the items of the tree they were made of have. Definitions
 * are put into the nodes of all items at once; what then is the node in question, or else is the
 * shortest piece of text that contains it, is the place. Nothing of this happens where nothing goes
 * wrong.
 */
#include "session/session.h"

typedef struct {
    Node **node; /* in the statement pool */
    Span *at;
    size_t n;
} Places;

enum { MOST_PLACES = 20000 };

/* The error, notes and place of the statement under way, put aside. */
typedef struct {
    Err err;
    Span at;
    const void *about;
    size_t nnotes;
    bool keep_calls, used_result;
} SavedState;

static SavedState save_state(lbz_session *s)
{
    Env *env = &s->c->env;
    SavedState a = {attempt_error(s->c), env->at,       env->about,
                    s->c->nnotes,        s->keep_calls, s->used_result};
    env->about = NULL;
    return a;
}

static void restore_state(lbz_session *s, const SavedState *a)
{
    Env *env = &s->c->env;
    if (env->err.status != LBZ_INTERRUPT || a->err.status != LBZ_OK)
        env->err = a->err;
    env->at = a->at;
    env->about = a->about;
    s->c->nnotes = a->nnotes;
    s->keep_calls = a->keep_calls;
    s->used_result = a->used_result;
}

static bool has_image(const Node *n)
{
    return !(n->flags & (NF_STRUCTURAL | NF_POISON)) && !ex_is_condition(n) &&
           n->op != OP_LIST && n->op != OP_RANGE && n->op != OP_STRING;
}

/* What each place stands for with definitions put in; the nodes themselves where that fails. */
static void put_in_definitions(lbz_session *s, Places *q)
{
    Ctx *c = s->c;
    size_t k = 0;
    Node **e = ARENA_NEW(ctx_arena(c), Node *, q->n + 1);
    EvalOptions opt = session_eval_options(s);
    opt.call_procedure = s->place.keep_calls ? NULL : opt.call_procedure;
    for (size_t i = 0; e && i < q->n; i++)
        if (has_image(q->node[i]))
            e[k++] = q->node[i];
    const ExpressionText *p = &s->place;
    Def **hidden = e && k ? eval_hide_names(c, &s->names, p->own, p->nown) : NULL;
    if (!hidden)
        return;
    Node *r = eval_value(c, &s->names, &opt, NULL, ex_list(c, k, e));
    eval_show_names(&s->names, p->own, p->nown, hidden);
    if (!ctx_failed(c) && s->place.nsub)
        r = ex_subst(c, r, s->place.sub, s->place.by, s->place.nsub);
    bool ok = !ctx_failed(c) && ex_is(r, OP_LIST) && r->n == k;
    for (size_t i = 0, j = 0; ok && i < q->n; i++)
        if (has_image(q->node[i]))
            q->node[i] = r->a[j++];
}

/* The place with the shortest text whose node is about. */
static size_t exact_place(const Places *q, const Node *about)
{
    size_t best = q->n;
    for (size_t i = 0; i < q->n; i++)
        if (q->node[i] == about && (best == q->n || q->at[i].len < q->at[best].len))
            best = i;
    return best;
}

/* The place with the shortest text whose node has about inside. */
static size_t enclosing_place(Ctx *c, const Places *q, const Node *about)
{
    size_t n, best = q->n;
    ArenaMark m = arena_mark(&c->tmp);
    NodeMap in;
    nodemap_init(&in, c);
    Node **order = ex_walk(c, q->n, q->node, &n);
    for (size_t i = 0; order && i < n; i++) {
        bool yes = order[i] == about;
        uint32_t kids =
            ex_is_num(order[i]) || ex_is(order[i], OP_STRING) ? 0 : order[i]->n;
        for (uint32_t k = 0; k < kids && !yes; k++)
            yes = nodemap_get(&in, order[i]->a[k]) != NULL;
        if (yes)
            nodemap_put(&in, order[i], order[i]);
    }
    for (size_t i = 0; order && i < q->n; i++)
        if (nodemap_get(&in, q->node[i]) &&
            (best == q->n || q->at[i].len < q->at[best].len))
            best = i;
    arena_release(&c->tmp, m);
    return best;
}

static size_t find_place(lbz_session *s, Places *q, const Node *about)
{
    size_t i = exact_place(q, about);
    if (i == q->n) {
        put_in_definitions(s, q);
        (void)attempt_forgive(s->c, FORGIVE_ALL);
        i = exact_place(q, about);
    }
    return i < q->n ? i : enclosing_place(s->c, q, about);
}

/* What stands where it was made first; a divisor's reciprocal at its '/'. */
static bool gather_places(Ctx *c, const Reading *r, Places *q)
{
    Map seen;
    map_init(&seen, ctx_arena(c));
    q->node = ARENA_NEW(ctx_arena(c), Node *, r->n + 1u);
    q->at = ARENA_NEW(ctx_arena(c), Span, r->n + 1u);
    for (uint32_t i = 0; q->node && q->at && i < r->n; i++) {
        const TreeItem *t = &r->tree->item[i];
        if (ex_is_poison(r->made[i]) || map_get(&seen, r->made[i]->id, NULL))
            continue;
        map_put(&seen, r->made[i]->id, 1);
        q->node[q->n] = r->made[i];
        q->at[q->n++] = (Span){t->pos, t->end - t->pos};
    }
    return q->n > 0;
}

bool session_place(lbz_session *s, const Node *about, Span *at)
{
    Ctx *c = s->c;
    Places q = {0};
    const ExpressionText *p = &s->place;
    if (!p->text || !about || !p->made.n || p->made.n > MOST_PLACES)
        return false;
    SavedState aside = save_state(s);
    size_t i = gather_places(c, &p->made, &q) ? find_place(s, &q, about) : q.n;
    bool found = i < q.n;
    if (found)
        *at = q.at[i];
    restore_state(s, &aside);
    return found;
}

void session_place_error(lbz_session *s)
{
    Err *e = &s->c->env.err;
    Span at;
    bool ours =
        e->status == LBZ_DOMAIN || e->status == LBZ_UNABLE || e->status == LBZ_NAME;
    if (ours && e->about && session_place(s, e->about, &at))
        e->span = at;
}

const Node *session_describe(lbz_session *s, const Accum *a, uint32_t v, Str *out)
{
    program_operation(a->p, a->v, v, out);
    if (a->p->origin[v]) {
        str_puts(out, v < a->nprimal ? " in " : " in the slope of ");
        program_origin(s->c, a->p, v, out);
    }
    return program_node(a->p, v);
}

void session_place_text(lbz_session *s, const Node *about, Str *out)
{
    Span at;
    if (!session_place(s, about, &at))
        return;
    size_t from = at.pos;
    while (from > 0 && s->place.text[from - 1] != '\n')
        from--;
    str_printf(out, ", column %zu", utf8_len(s->place.text + from, at.pos - from) + 1);
}
