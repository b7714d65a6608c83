/* parse/tree.h - what a text says, in written order, before nodes are made of it.
 *
 * Reading has two steps. The first finds out what is written: operators, calls, what each name is
 * used as. The second (tree_build) makes nodes, which are sorted and commutative and so cannot be
 * read a second time: what depends on shapes is built from the tree once more.
 *
 * A tree is an array of items in postfix order: an item of n operands stands right behind the last
 * of n subtrees, which stand one behind the other. Invariant: nothing in it points into the text or
 * into a pool (symbols by their index), except past results (given). So a copy is a copy of bytes,
 * and building needs no recursion.
 */
#ifndef LBZ_PARSE_TREE_H
#define LBZ_PARSE_TREE_H

#include "expr/expr.h"

typedef enum {
    /* leaves */
    TREE_NUMBER,   /* number, or num[at] when op is 1 */
    TREE_CONSTANT, /* op: C_PI ..., TREE_TRUE, TREE_FALSE */
    TREE_NAME,     /* sym */
    TREE_GIVEN,    /* given[at] */
    TREE_END,  /* the last element along axis op of the value that item at made; x[end] */
    TREE_OPEN, /* where a range in an index says nothing: x[2:] */
    /* of one operand. MARK: op is the token that stands before it (- / % ...) or behind it (=); the
     * operand stays an operand of the item that follows */
    TREE_MARK,
    TREE_NEGATE,
    TREE_ROOT, /* op: 2, 3 or 4 */
    TREE_FACTORIAL,
    TREE_BARS,  /* |e| */
    TREE_PRIME, /* A' */
    TREE_NOT,
    /* of several */
    TREE_SUM,
    TREE_PRODUCT,
    TREE_JUXTAPOSED,
    TREE_POWER,
    TREE_COMPARE, /* a < b < c: each but the first is marked */
    TREE_AND,
    TREE_OR,
    TREE_RANGE, /* in an index: see TREE_SLICE */
    TREE_IF,
    TREE_CASES, /* value, condition ..., and the rest when n is odd */
    TREE_LIST,
    TREE_INDEX, /* value, indices */
    TREE_CALL,  /* op: of the table, or SUM, PROD, INT; see flags */
    TREE_APPLY, /* sym: an unknown function, or one of the user's; see flags */
    TREE_DIFF,  /* name, order ..., then what is differentiated */
    TREE_MAP,   /* function, X; or, where `at` binds: e, name, X; at: the item behind e */
    TREE_AT,    /* e, name, value ...; at: the item behind e */
    TREE_WHERE  /* e, equation, or e and its two sides; at: the first item of e */
} TreeKind;

enum { TREE_TRUE = 100, TREE_FALSE };

/* flags */
enum {
    TREE_EXPONENT =
        1, /* CALL, APPLY: the first operand is the power behind the name: sin^2 x */
    TREE_ORDER = 2,   /* ... the order of differentiation: f^(n)(x) */
    TREE_PRIMED = 4,  /* f'(x); how often: sym of CALL, op of APPLY */
    TREE_PARTIAL = 8, /* APPLY: behind the arguments as many orders: f_1_2(x, y) */
    TREE_BARE = 16,   /* CALL: expand x^2 - 1, without a list of arguments */
    TREE_NAMED = 128, /* CALL: the last operands are sym pairs of a name and its value */
    TREE_QUOTIENT = 32, /* DIFF: dy/dx, which `where` may define */
    TREE_MIXED = 64,    /* PRODUCT: with operators besides * and / */
    TREE_SLICE = 64,    /* RANGE: an index along axis op of the value that item at made */
    TREE_EACH = 64,     /* POWER: .^ */
    TREE_TRANSPOSES = 32, /* POWER: A^T; a power where A is a number */
    TREE_ROWS = 64        /* LIST: [1, 2; 3, 4] */
};

typedef struct {
    uint8_t kind, flags;
    uint16_t op;
    uint32_t n;        /* operands */
    uint32_t pos, end; /* bytes of the text */
    union {
        uint32_t sym;
        int32_t number;
        uint32_t
            at; /* SUM, PRODUCT, POWER, FACTORIAL: where the (last) operator stands, op bytes */
    };
} TreeItem;

typedef struct {
    TreeItem *item;
    uint32_t n, cap;
    Num *num; /* numbers that are no small integers */
    uint32_t nnum, num_cap;
    Node **given; /* nodes of the session or of the statement */
    uint32_t ngiven, given_cap;
    uint32_t nat; /* AT items */
} Tree;

/* A tree and the nodes that were made of its first n items. Both in the statement pool. */
typedef struct {
    const Tree *tree;
    Node **made;
    uint32_t n;
} Reading;

/* Names that have other shapes in a piece of text than elsewhere: parameters, what `at` binds. The
 * innermost scope that has a name counts. */
typedef struct shape_scope {
    const struct shape_scope *outer;
    size_t n;
    const uint32_t *sym, *shape;
    bool params;        /* of a function: ' of one that is a number now is no mistake */
    Node *const *value; /* what the names stand for here; NULL: that is not known */
    const struct sizes *sizes; /* what these shapes say of symbolic sizes; may be NULL */
} ShapeScope;

typedef struct {
    /* The shape of what a name stands for that no scope has; NULL: all are numbers. */
    uint32_t (*shape)(void *arg, uint32_t sym);
    /* What a formula of defined names comes to now: conditions in an index. NULL: not known. */
    Node *(*value)(void *arg, Node *n);
    void *arg;
    const ShapeScope *scope; /* may be NULL */
    /* Structural nodes and where they stand: id -> pos << 32 | len. */
    Map *spans;    /* may be NULL */
    Reading *made; /* may be NULL */
} BuildOptions;

/* The node of the whole tree; poison with the error in c. */
Node *tree_build(Ctx *c, const Tree *t, const BuildOptions *opt);

#endif
