/* print/box.h - private to print: two-dimensional text.
 *
 * A Box knows its width, height and baseline (the row, from the top, that lines up with
 * what stands beside it). Boxes are made from smaller ones and may be shared; they are
 * drawn once the whole is known. All in the tmp arena.
 */
#ifndef LBZ_PRINT_BOX_H
#define LBZ_PRINT_BOX_H

#include "expr/expr.h"

typedef enum {
    B_TEXT,  /* one line */
    B_ROW,   /* side by side on one baseline */
    B_FRAC,  /* a[0] over a[1] */
    B_SUP,   /* a[0] with a[1] raised */
    B_ROOT,  /* root sign over a[0] */
    B_FENCE, /* a[0] between brackets as tall as it is */
    B_STACK, /* one above the other */
    B_GRID   /* rows of `cols` boxes */
} BoxKind;

/* Kinds of brackets of B_FENCE. */
enum { FENCE_PAREN, FENCE_BRACKET, FENCE_BAR, FENCE_FLOOR, FENCE_CEIL, FENCE_BRACE };

/* What things are drawn with. Pieces of brackets: alone, then top, middle, bottom, and the waist
 * of a brace. */
typedef struct {
    const char *left[6][5], *right[6][5];
    const char *bar, *times, *elements, *power, *pi, *inf, *le, *ge, *ne;
    const char *over, *root, *root_top, *root_side, *root_foot; /* over: of a low root */
    const char *down, *up, *sum_foot, *prod_left, *prod_top, *prod_right, *prod_side;
    const char *int_top, *int_side, *int_foot;
    bool ascii;
} Signs;
extern const Signs box_unicode, box_ascii;

typedef struct box Box;
struct box {
    uint8_t kind, style;
    bool left; /* STACK, GRID: cells are not centred */
    uint32_t n, cols;
    int w, h, base;
    const char *text;
    size_t ntext;
    Box **a;
};

/* Boxes never fail: when memory is out the error is recorded and something small comes
 * back. */
Box *box_text(Ctx *c, const char *s, size_t n); /* s must outlive the box */
Box *box_puts(Ctx *c, const char *s);
Box *box_row(Ctx *c, size_t n, Box *const *a);
Box *box_frac(Ctx *c, Box *num, Box *den);
Box *box_sup(Ctx *c, Box *base, Box *up);
Box *box_root(Ctx *c, const Signs *signs, Box *a);
Box *box_fence(Ctx *c, int style, Box *a);
/* baseline: a[pivot]'s */
Box *box_stack(Ctx *c, size_t n, Box *const *a, size_t pivot, bool left);
Box *box_grid(Ctx *c, size_t rows, size_t cols, Box *const *a, bool left);
/* One of the drawn signs of calculus, as tall as body needs: op is OP_INT, OP_SUM,
 * OP_PROD. */
Box *box_sign(Ctx *c, const Signs *signs, Op op, const Box *body);

/* ---- break.c: a box at most width columns wide, rows in it cut into lines at operators and
 * commas, with blank lines between lines that are tall. What cannot be cut stays as wide as it
 * is. */
Box *box_break(Ctx *c, const Signs *signs, Box *b, int width);
/* Text cut into lines at operators and commas, never inside a word. */
void box_wrap(Str *out, const char *text, size_t n, int width);

/* Draws b, lines separated by '\n', no blanks at their ends. False, with nothing written,
 * when it would be larger than a canvas may be. */
bool box_draw(Ctx *c, const Signs *signs, Str *out, Box *b);

#endif
