/* parse/index.c - what stands in an index only: ranges whose ends are not written (x[2:], A[:, 1]) and
 * `end`, the last element along the axis where it stands. */
#include "parse/internal.h"

static bool is_index(const ParserFrame *f)
{
    return f->kind == PF_CALL && f->fn == OP_INDEX;
}

/* Which axis of the value that frame k indexes is read now: what stands above the frame has begun
 * behind the indices that are complete. */
static uint32_t axis_at(const Parser *p, uint32_t k)
{
    uint32_t base = k + 1 < p->nf ? p->f[k + 1].base : p->nv;
    return base - p->f[k].base;
}

bool parser_open_range(Parser *p)
{
    uint8_t kind = kind_at(p, p->i);
    const ParserFrame *f = top(p);
    bool inside = is_index(&p->f[p->barrier]);
    bool begins = kind == TK_COLON && f == &p->f[p->barrier];
    bool ends = (kind == TK_COMMA || kind == TK_RBRACK) && f->kind == PF_RANGE;
    if (!inside || (!begins && !ends))
        return false;
    parser_put(p, TREE_OPEN, 0, tok(p, p->i)->pos, tok(p, p->i)->pos);
    return true;
}

bool parser_operand_end(Parser *p)
{
    uint32_t k = p->barrier;
    while (k && !is_index(&p->f[k]))
        k = p->f[k].outer;
    if (!is_index(&p->f[k]))
        return false;
    uint32_t axis = axis_at(p, k), root = p->v[p->f[k].base].root;
    TreeItem *i = parser_put(p, TREE_END, 0, tok(p, p->i)->pos, tok_end(p, p->i));
    i->at = root;
    i->op = (uint16_t)(axis < UINT16_MAX ? axis : UINT16_MAX);
    p->i++;
    return true;
}

void parser_note_slice(Parser *p, TreeItem *range, uint32_t base)
{
    const ParserFrame *f = &p->f[p->barrier];
    if (!is_index(f) || p->f + p->nf - 2 != f)
        return;
    range->flags = TREE_SLICE;
    range->at = p->v[f->base].root;
    range->op = (uint16_t)(base - f->base < UINT16_MAX ? base - f->base : UINT16_MAX);
}
