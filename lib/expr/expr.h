/* expr/expr.h - immutable, hash-consed expression nodes: what everything else works on.
 *
 * Invariant: structural equality is pointer equality, and nodes are canonical by construction (the
 * forms stand below). Constructors pass POISON through; the error is in ctx->env.err.
 * Owners: nodes live in one of two pools of a Ctx, the session pool (definitions) and the
 * statement pool, which ctx_begin_statement empties. Session nodes never point into the statement
 * pool. A Ctx belongs to whoever made it.
 * May use: base, number, table, tensor, linear.
 * Files: ctx.c (the context, pools, symbols, notes), expr.c (leaves, what is known of a node,
 * conditions, binders, rebuilding), sum.c, product.c, power.c, function.c (the constructors), linear.[ch] with
 * linear_exact.c, linear_symbolic.c, linear_float.c and linear_elements.h (linear algebra),
 * exact.c (exact values of functions), data.c (arrays of numbers as leaves), lists.[ch] (functions of lists), walk.c (order, walks,
 * substitution), rewrite.c (rewriting, replacing, finding), attempt.c (work that may fail), internal.h (shared by these).
 * All but lists.c, rewrite.c and attempt.c are one circle: a sum collects products, a product powers, a power
 * may turn out a sum, and making a context makes its first nodes.
 */
#ifndef LBZ_EXPR_H
#define LBZ_EXPR_H

/* The canonical forms:
 *
 *   NUM            an exact rational (number/number.h)
 *   CONST          pi, e, inf (which one: sym)
 *   SYM            a symbol (sym: its index in the context)
 *   ADD   t1 ... tn    n >= 2; at most one NUM and it stands first; no ADD inside, no
 *                  SCALE of an ADD inside; like terms collected; sorted by ex_cmp of the terms
 *                  without their coefficients
 *   SCALE c r      coefficient times rest; c a NUM not 0, 1; r neither NUM, SCALE nor ADD
 *                  (a number times a sum is distributed)
 *   MUL   f1 ... fn    n >= 2; no NUM or SCALE inside; like bases collected; sorted by ex_cmp of
 *                  the bases; a MUL inside only where it is long
 *   POW   b x      never x = 0, 1; exp(u) is POW(e, u), sqrt(u) is POW(u, 1/2), 1/u POW(u, -1);
 *                  rational powers of integers are reduced (sqrt(12) is 2*sqrt(3), 1/sqrt(2) is
 *                  sqrt(2)/2)
 *   APPLY f; a1 ... ak, n1 ... nk    the unknown function f (sym), differentiated n_i times with
 *                  respect to its i-th argument; numbers n_i are NUMs
 *   LIST  e1 ... en    n >= 0; nested for matrices
 *   DATA           an array of numbers: a leaf, equal to itself only (sym: its serial number, by
 *                  which it is ordered); constructors never compute with it
 *   IF    c a b    c a condition;   LT LE EQ NE AND OR NOT TRUE FALSE: conditions
 *   INT SUM PROD   body, variable (SYM), from, to
 *   functions      OP_sin ... from ops.def: one child per argument
 *   structural     OP_DIFF ... from ops.def: what the parser read and evaluation carries out
 *
 * A long product (more than MUL_LONG factors) that is multiplied, or raised to a power, stays one
 * factor, so that chains of products of products have nodes of bounded size; factors that are
 * multiplied all at once, as in x1*x2*...*x1000, make one flat product of any length. A long
 * product to a whole power has no base in common with the factors beside it: it takes them in.
 * Between what lies deeper like factors stay uncollected; the normal forms of rational.h and the
 * proofs of check see through that.
 *
 * So every term t is coef(t)*rest(t), every factor f is base(f)^exponent(f), in O(1).
 *
 * Real domain: constructors only rewrite what holds for every real value at which the original
 * is defined. x^(p/q) with odd q is the real root ((-8)^(1/3) is -2); even q needs x >= 0.
 */

#include "number/number.h"
#include "table/table.h"
#include "tensor/tensor.h"

typedef struct node Node;

/* What is known of the sign of a node's value: the signs it may have, and integrality. */
enum { S_NEG = 1, S_ZERO = 2, S_POS = 4, S_ANY = 7, S_INTEGER = 8 };
/* flags */
enum {
    NF_DEC = 1,        /* has a decimal inside */
    NF_STRUCTURAL = 2, /* has structural operators inside: evaluation has work to do */
    NF_POISON = 4,
    NF_APPLY = 8,   /* has APPLY inside */
    NF_BINDER = 16, /* has INT, SUM or PROD inside */
    NF_COND = 32,   /* has IF or a condition inside */
    NF_INF = 64,    /* has inf inside */
    NF_RISK = 128   /* has something constant inside that may have no real value */
};

struct node {
    uint64_t hash; /* from content only: the same in every run */
    uint64_t syms; /* which symbols occur free: bit (sym index mod 64) */
    /* children have smaller ids; session nodes smaller than statement nodes */
    uint32_t id;
    uint16_t op;   /* Op */
    uint8_t sign;  /* S_... */
    uint8_t flags; /* NF_... */
    uint32_t n;    /* number of children */
    /* SYM, APPLY: symbol index; CONST: which; STRING: length; DATA: serial number */
    uint32_t sym;
    uint32_t shape;   /* 0: scalar; else see shape.h */
    uint32_t mark;    /* scratch of ex_walk ... */
    uint32_t pos;     /* ... and the node's place in the latest walk that met it */
    uint32_t height;  /* 0 for leaves, else 1 + the highest child's */
    const char *name; /* SYM, APPLY: the symbol's name; lives as long as the node */
    union {
        Num num;            /* NUM */
        Node *a[1];         /* children, n of them */
        char text[1];       /* STRING */
        const Tensor *data; /* DATA: the pool's */
    };
};

enum { C_PI, C_E, C_INF };
enum { MUL_LONG = 32 };
enum { EXACT_MOST = 100 }; /* arrays of more elements are DATA, in float64 */
enum { INT_LEAST = -16, INT_MOST = 47 }; /* these integers have their nodes at hand */

typedef struct {
    /* NUL-terminated, UTF-8 (Greek letters are stored as their names: alpha) */
    const char *name;
    uint64_t hash;
    uint8_t assume; /* S_... mask as assumed; S_ANY when nothing is */
    bool decl_real;
    uint32_t shape;    /* as declared */
    uint8_t structure; /* SYM_... of a matrix, as declared */
} Symbol;

/* What is known of a declared matrix; a diagonal or positive definite one is symmetric. */
enum { SYM_SYMMETRIC = 1, SYM_POSITIVE = 2, SYM_DIAGONAL = 4, SYM_ORTHOGONAL = 8 };

enum { SHAPE_RANK = 8 };

typedef struct {
    int64_t n; /* where e is NULL */
    Node *e;   /* a formula over symbols of sizes */
} ShapeSize;

typedef struct {
    uint8_t rank;
    bool row; /* of rank 1: the transpose of a vector */
    ShapeSize size[SHAPE_RANK];
} Shape;

typedef struct ctx Ctx;

typedef struct {
    Arena arena;
    Node **table; /* open addressing by hash */
    size_t n, cap;
    uint32_t next_id;
    Node **data; /* its DATA: they are released with it */
    size_t ndata, data_cap;
} Pool;

/* How large a node looks, and how many additions it has when written out; {0}: not measured. */
typedef struct {
    uint32_t cost, additions;
} Size;

enum { FIRST_STATEMENT_ID = 1 << 30 }; /* ids of session nodes are smaller */

struct ctx {
    Env env;
    Pool pool[2]; /* 0: session, 1: statement */
    int into;     /* the pool that new nodes go to */
    Arena tmp;    /* scratch: arena_mark / arena_release in stack order */
    Symbol *syms;
    size_t nsyms, syms_cap;
    size_t syms_kept;    /* the first so many outlive the statement */
    uint32_t *sym_table; /* open addressing by hash of the name: index + 1 */
    Shape *shapes;
    size_t nshapes, shapes_cap;
    size_t shapes_kept;    /* the first so many outlive the statement */
    uint32_t *shape_table; /* open addressing by content: index + 1; 4*shapes_cap */
    Node *integer[INT_MOST - INT_LEAST + 1];
    Node *poison, *zero, *one, *two, *half, *minus_one, *pi, *e, *inf, *minus_inf, *yes,
        *no;
    Map diff_memo; /* (node id, symbol) -> derivative; emptied with the statement pool */
    /* by pool and node id: see measure.c; emptied with the statement pool */
    Size *sizes[2];
    size_t nsizes[2];
    /* remarks for the user on this statement, in the statement pool */
    const char **notes;
    size_t nnotes, notes_cap;
    Node **facts; /* nodes that are not negative on the domain of the statement */
    size_t nfacts, facts_cap;
    /* What left an expression by 0*u or u - u while names were put in or text was read, with a
     * constant inside that may have no value: whether it has one is to be asked. */
    Node **dropped;
    size_t ndropped, dropped_cap;
    bool keeps_dropped;
    uint32_t data_serial; /* of the newest DATA */
    bool has_floats;      /* float64(e) of a formula may stand somewhere */
    bool dry; /* a text is only looked at: nothing is drawn, no file is read */
    uint64_t seed, drawn; /* of random numbers */
    /* the array in a file; NULL: there are no files */
    Node *(*load)(Ctx *c, const char *name);
    unsigned gave_up; /* how often a transformation left a part as it was, as too large */
    uint32_t mark;    /* last mark handed out by ex_walk */
    void *owner;      /* the session above; unused here */
};

Ctx *ctx_new(void); /* NULL: no memory */
void ctx_free(Ctx *c);
void ctx_begin_statement(Ctx *c); /* empties the statement pool, error, notes, memos */
void ctx_note(Ctx *c, const char *fmt, ...) LBZ_PRINTF(2, 3) LBZ_COLD; /* once per text */
void ctx_keep_dropped(Ctx *c, Node *u) LBZ_COLD;
static inline bool ctx_poll(Ctx *c) { return env_poll(&c->env); }
static inline bool ctx_failed(const Ctx *c) { return env_failed(&c->env); }
/* What a function's domain says of its argument (log u: u > 0; asin u: 1 - u, 1 + u >= 0 ...)
 * becomes facts of the statement. Called when the function is differentiated: the derivative is
 * asked for where the function is defined. */
void ctx_domain_facts(Ctx *c, Node *f);
void ctx_fact(Ctx *c, Node *n); /* n >= 0 on the domain of the statement */
/* Record an error and return poison. */
Node *ctx_error(Ctx *c, lbz_status st, const char *hint, const char *fmt, ...)
    LBZ_PRINTF(4, 5) LBZ_COLD;
static inline Arena *ctx_arena(Ctx *c) { return &c->pool[c->into].arena; }

/* u leaves an expression, which goes on as if it had a value. */
static inline void ctx_drop(Ctx *c, Node *u)
{
    if (c->keeps_dropped && (u->flags & NF_RISK))
        ctx_keep_dropped(c, u);
}

/* ---- leaves */
uint32_t sym_intern(Ctx *c, const char *name, size_t n); /* index of the symbol */
void sym_keep_all(Ctx *c); /* the symbols made so far outlive the statement */
const char *sym_name(const Ctx *c, uint32_t sym);
unsigned sym_structure(const Ctx *c, uint32_t sym); /* SYM_SYMMETRIC ... */
uint32_t sym_fresh(Ctx *c, const char *like); /* a symbol that occurs nowhere: t_1 ... */
Node *ex_num(Ctx *c, Num x);
Node *ex_int(Ctx *c, int64_t i);
Node *ex_rat(Ctx *c, int64_t p, int64_t q);
Node *ex_sym(Ctx *c, uint32_t sym);
Node *ex_sym_shaped(Ctx *c, uint32_t sym, uint32_t shape);
Node *ex_sym_named(Ctx *c, const char *name);
Node *ex_string(Ctx *c, const char *s, size_t n);
/* ---- data.c */
/* A new leaf that holds a reference of its own to t. One number becomes a NUM where it can. */
Node *ex_data(Ctx *c, const Tensor *t);
/* The DATA n, of this or of another context. */
Node *ex_data_again(Ctx *c, const Node *n);
/* All elements x; n from a to b in equal steps. what names the operation where there is no room. */
Node *ex_data_filled(Ctx *c, const Dims *dims, double x, const char *what);
Node *ex_data_steps(Ctx *c, double a, double b, int64_t n);
/* A list, or stack, of more than EXACT_MOST numbers that are written out as DATA; others as they are. */
Node *ex_data_of_list(Ctx *c, Node *e);
/* The numbers that e, a number, list, stack or DATA, has written out, in float64. False: it has none, or
 * an error. */
bool ex_numbers(Ctx *c, Node *e, Tensor *out);
/* Is there DATA in e, or float64(...)? */
bool ex_has_data(Ctx *c, Node *e);
/* The session pool lets go of the tensors that none of the roots has inside. */
void ctx_sweep_data(Ctx *c, size_t n, Node *const *roots);
size_t ctx_data_bytes(const Ctx *c); /* of the session pool's tensors */
/* What `to` has of the tensors of `from`, which ends, counts as its own from now on. */
void ctx_take_data(Ctx *to);

/* ---- sums, products, powers, functions (with their special values, parity and inverses), element
 * by element; arguments in any order, in any form. */
/* Where no operand has a shape; and in the files of expr, where the shape of the whole is seen to by
 * who called from outside. */
Node *ex_plain_add(Ctx *c, size_t n, Node *const *t);
Node *ex_plain_add2(Ctx *c, Node *a, Node *b);
Node *ex_plain_scale(Ctx *c, Num k, Node *a);
Node *ex_plain_mul(Ctx *c, size_t n, Node *const *f);
Node *ex_plain_mul2(Ctx *c, Node *a, Node *b);
Node *ex_plain_pow(Ctx *c, Node *b, Node *x);
Node *ex_plain_fn(Ctx *c, Op op, size_t n, Node *const *args);
/* Where one has: pointwise.c. */
LBZ_COLD Node *ex_shaped_sum(Ctx *c, size_t n, Node *const *a);
LBZ_COLD Node *ex_shaped_multiple(Ctx *c, Num k, Node *a);
LBZ_COLD Node *ex_shaped_product(Ctx *c, size_t n, Node *const *a);
LBZ_COLD Node *ex_shaped_power(Ctx *c, Node *b, Node *x);
LBZ_COLD Node *ex_shaped_function(Ctx *c, Op op, size_t n, Node *const *a);
/* Is one of them a tensor? */
static inline bool ex_any_shape(size_t n, Node *const *a)
{
    uint32_t shapes = 0;
    for (size_t i = 0; i < n; i++)
        shapes |= a[i]->shape;
    return shapes != 0;
}
static inline Node *ex_add(Ctx *c, size_t n, Node *const *t)
{
    return LBZ_LIKELY(!ex_any_shape(n, t)) ? ex_plain_add(c, n, t)
                                           : ex_shaped_sum(c, n, t);
}
static inline Node *ex_add2(Ctx *c, Node *a, Node *b)
{
    return LBZ_LIKELY(!(a->shape | b->shape)) ? ex_plain_add2(c, a, b)
                                              : ex_shaped_sum(c, 2, (Node *[]){a, b});
}
static inline Node *ex_scale(Ctx *c, Num k, Node *a)
{
    return LBZ_LIKELY(!a->shape) ? ex_plain_scale(c, k, a) : ex_shaped_multiple(c, k, a);
}
static inline Node *ex_mul(Ctx *c, size_t n, Node *const *f)
{
    return LBZ_LIKELY(!ex_any_shape(n, f)) ? ex_plain_mul(c, n, f)
                                           : ex_shaped_product(c, n, f);
}
static inline Node *ex_mul2(Ctx *c, Node *a, Node *b)
{
    return LBZ_LIKELY(!(a->shape | b->shape)) ? ex_plain_mul2(c, a, b)
                                              : ex_shaped_product(c, 2, (Node *[]){a, b});
}
static inline Node *ex_pow(Ctx *c, Node *b, Node *x)
{
    return LBZ_LIKELY(!(b->shape | x->shape)) ? ex_plain_pow(c, b, x)
                                              : ex_shaped_power(c, b, x);
}
static inline Node *ex_fn(Ctx *c, Op op, size_t n, Node *const *args)
{
    return LBZ_LIKELY(!ex_any_shape(n, args)) ? ex_plain_fn(c, op, n, args)
                                              : ex_shaped_function(c, op, n, args);
}
Node *ex_sub(Ctx *c, Node *a, Node *b);
Node *ex_neg(Ctx *c, Node *a);
Node *ex_div(Ctx *c, Node *a, Node *b);
Node *ex_powi(Ctx *c, Node *b, int64_t n);
Node *ex_sqrt(Ctx *c, Node *a);
Node *ex_exp(Ctx *c, Node *a);
Node *ex_fn1(Ctx *c, Op op, Node *x);
Node *ex_fn2(Ctx *c, Op op, Node *x, Node *y);
/* As ex_add for operands that are already canonical, distinct and sorted (cheap). */
Node *ex_add_sorted(Ctx *c, size_t n, Node *const *t);

/* ---- the rest */
Node *ex_apply(Ctx *c, uint32_t f, size_t k, Node *const *args, Node *const *orders);
Node *ex_list(Ctx *c, size_t n, Node *const *e);
Node *ex_if(Ctx *c, Node *cond, Node *a, Node *b);
Node *ex_compare(Ctx *c, Op op, Node *a, Node *b);       /* LT LE EQ NE */
Node *ex_logic(Ctx *c, Op op, size_t n, Node *const *a); /* AND OR NOT */
/* INT SUM PROD */
Node *ex_binder(Ctx *c, Op op, Node *body, Node *var, Node *lo, Node *hi);
Node *ex_structural(Ctx *c, Op op, size_t n, Node *const *a); /* no rewriting */
/* The node n with children a instead of its own, by the constructor of its op. */
Node *ex_rebuild(Ctx *c, const Node *n, Node *const *a);

/* ---- reading */
static inline bool ex_is(const Node *n, Op op) { return n->op == (uint16_t)op; }
static inline bool ex_is_long(const Node *n)
{
    return n->op == OP_MUL && n->n > MUL_LONG;
}
static inline bool ex_is_num(const Node *n) { return n->op == OP_NUM; }
static inline bool ex_is_int(const Node *n) { return ex_is_num(n) && num_is_int(n->num); }
/* a comparison, a connective, true or false: they stand together in the table */
static inline bool ex_is_condition(const Node *n)
{
    return n->op >= OP_LT && n->op <= OP_FALSE;
}
static inline bool ex_is_poison(const Node *n) { return n->op == OP_POISON; }
static inline bool ex_is_exp(const Node *n)
{
    return n->op == OP_POW && n->a[0]->op == OP_CONST && n->a[0]->sym == C_E;
}
static inline bool ex_is_rat(const Node *n, int64_t p, int64_t q)
{
    return ex_is_num(n) && n->num.p == p && n->num.q == q;
}
static inline bool ex_get_int(const Node *n, int64_t *i)
{
    return ex_is_num(n) && num_get_int(n->num, i);
}
static inline Num ex_coef(const Node *t)
{
    return t->op == OP_SCALE ? t->a[0]->num : ex_is_num(t) ? t->num : NUM_ONE;
}
Node *ex_rest(Ctx *c, Node *t); /* t without its coefficient; one for a NUM */
static inline Node *ex_base(Node *f) { return f->op == OP_POW ? f->a[0] : f; }
static inline Node *ex_exponent(Ctx *c, Node *f)
{
    return f->op == OP_POW ? f->a[1] : c->one;
}
static inline bool ex_is_pos(const Node *n) { return (n->sign & S_ANY) == S_POS; }
static inline bool ex_is_neg(const Node *n) { return (n->sign & S_ANY) == S_NEG; }
static inline bool ex_is_nonneg(const Node *n) { return !(n->sign & S_NEG); }
static inline bool ex_is_nonzero(const Node *n) { return !(n->sign & S_ZERO); }
static inline bool ex_is_integer(const Node *n) { return (n->sign & S_INTEGER) != 0; }
bool ex_depends(Ctx *c, Node *n, uint32_t sym); /* sym occurs free in n */
bool ex_depends_any(Ctx *c, Node *n, const uint32_t *syms, size_t k);
/* The free symbols of n, sorted by name; in the tmp arena. */
uint32_t *ex_free_syms(Ctx *c, Node *n, size_t *k);

/* A total order that depends on content only: numbers by value, symbols by name (x2 before x10),
 * then by kind, then by children from left to right. Cost: the depth of the first
 * difference. */
int ex_cmp(const Node *a, const Node *b);

/* All nodes below and including the roots, children before parents; in the tmp arena (mark it
 * before). NULL with an error when memory is out. order[i] has position i. */
Node **ex_walk(Ctx *c, size_t nroots, Node *const *roots, size_t *count);
/* The same, but what lies below the roots only as far as nodes have one of these flags and
 * one of these symbols (bits of node.syms); 0: any. */
Node **ex_walk_some(Ctx *c, size_t nroots, Node *const *roots, unsigned flags,
                    uint64_t syms, size_t *count);
/* Could n itself, its operands being fine, be undefined? */
bool ex_may_be_undefined(const Node *n);
size_t ex_dag_size(Ctx *c, Node *n);  /* distinct nodes */
double ex_tree_size(Ctx *c, Node *n); /* nodes when written out; may be huge */

/* A node -> value table for passes, in the tmp arena: the result for each node by its id. */
typedef Map NodeMap;
static inline void nodemap_init(NodeMap *m, Ctx *c) { map_init(m, &c->tmp); }
static inline Node *nodemap_get(const NodeMap *m, const Node *n)
{
    uint64_t v;
    return map_get(m, n->id, &v) ? (Node *)(uintptr_t)v : NULL;
}
static inline void nodemap_put(NodeMap *m, const Node *n, Node *v)
{
    map_put(m, n->id, (uint64_t)(uintptr_t)v);
}

/* n rebuilt in the session pool (for definitions). */
Node *ex_keep(Ctx *c, Node *n);

/* Parallel substitution of symbols by expressions, capture-avoiding under binders; linear in the
 * number of distinct nodes. As a Subst, in many expressions one after the other: what became of
 * a node is kept (in the tmp arena), so a symbol gets its replacement before the first
 * expression that has it. */
typedef struct {
    Ctx *c;
    Map which;     /* symbol -> replacement */
    NodeMap done;  /* nodes that may have such symbols -> what they became */
    uint64_t mask; /* bits (as in node.syms) of the symbols */
} Subst;
void subst_begin(Subst *s, Ctx *c);
void subst_put(Subst *s, uint32_t sym, Node *by);
Node *subst_run(Subst *s, Node *n);
Node *ex_subst(Ctx *c, Node *n, const uint32_t *syms, Node *const *by, size_t k);

/* ---- rewrite.c */
/* What the node x becomes, given what its children have become: a, which is x->a itself where none
 * of them has changed. */
typedef struct rewriting Rewriting;
typedef Node *RewriteStep(const Rewriting *w, Node *x, Node *const *a);
struct rewriting {
    Ctx *c;
    RewriteStep *step;
    void *arg;      /* the step's own */
    NodeMap became; /* nodes that have changed -> what they are now */
};
/* root rewritten node by node, children first; nodes without one of the flags (0: any) below
 * it stay as they are, and steps do not see them. Linear in the number of distinct nodes. */
Node *ex_rewrite(Ctx *c, Node *root, unsigned flags, RewriteStep *step, void *arg);
static inline Node *rewriting_of(const Rewriting *w, Node *n)
{
    Node *r = nodemap_get(&w->became, n);
    return r ? r : n;
}
/* x with the children a, as a step gets them. */
static inline Node *ex_with(Ctx *c, Node *x, Node *const *a)
{
    return a == x->a ? x : ex_rebuild(c, x, a);
}
/* The same; errors are about x, unless a caller has said more. */
Node *ex_rebuild_about(Ctx *c, Node *x, Node *const *a);
/* Decimals are exact numbers: n with these as fractions. */
Node *ex_without_decimals(Ctx *c, Node *n);
/* Replaces whole subexpressions: from[i] by to[i]; ... */
Node *ex_replace(Ctx *c, Node *n, Node *const *from, Node *const *to, size_t k);
/* ... every node of root for which swap has another form, not NULL, by that form. */
typedef Node *NodeSwap(Ctx *c, Node *n, void *arg);
Node *ex_swap(Ctx *c, Node *root, NodeSwap *swap, void *arg);
/* The first node of root, children before parents, that `is` accepts; NULL: there is none. Looks
 * below root only at nodes that have one of the flags; 0: at all. */
typedef bool NodeTest(Ctx *c, Node *n, void *arg);
Node *ex_find(Ctx *c, Node *root, unsigned flags, NodeTest *is, void *arg);

/* ---- attempt.c */
/* Statuses whose errors concern nobody, as the work was only tried. An interrupt always stays; a
 * limit is forgiven only to work that had smaller limits than its statement, or was only asked in
 * addition to a result that stands. */
#define FORGIVE(status) (1u << (status))
enum {
    FORGIVE_UNDEFINED = FORGIVE(LBZ_DOMAIN) | FORGIVE(LBZ_UNABLE),
    FORGIVE_ALL = ~0u >> 1,
    FORGIVE_ANY = FORGIVE_ALL & ~FORGIVE(LBZ_LIMIT)
};
/* Forgets the error there is if it is one of these. True: none is left. */
bool attempt_forgive(Ctx *c, unsigned what);
/* Takes the error away, to be put back into c->env.err when the work in between does no better. */
Err attempt_error(Ctx *c);
/* A candidate that may have no value: end forgives what is in FORGIVE_ANY, drops the notes taken
 * since begin, and tells whether the work went well. */
typedef struct {
    bool failed; /* before */
    size_t nnotes, ndropped;
} Attempt;
Attempt attempt_begin(Ctx *c);
bool attempt_end(Ctx *c, const Attempt *a);

#endif
