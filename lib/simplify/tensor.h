/* simplify/tensor.h - private to simplify: the normal form of tensor expressions.
 *
 * A tensor is a sum of terms; a term is a number (a formula without tensors) times cells. A cell is a
 * formula of numbers too, whose generators stand for elements of atoms: A@01 in a cell at [i,j] is A[i,j],
 * A@10 is A[j,i]. Indices below the rank are axes of the result, all others are summed over. Atoms are
 * names, what no rule knows (with its operands in normal form), and sums over indices that stand inside
 * other formulas. Products are expanded, contractions flattened; a part of a term without axes is a
 * number, an atom of rank 0.
 *
 * Invariant: a term has no two cells at the same set of indices; identities stand between two axes of the
 * result only; indices and cells are in one order for all terms that are equal up to names of summed
 * indices (up to a bound: beyond it equal terms may differ). So a sum that comes to no terms is a proof
 * that it is 0, for all sizes; one that does not proves nothing.
 * Owners: all lives in the tmp arena of the Ctx.
 */
#ifndef LBZ_SIMPLIFY_TENSOR_H
#define LBZ_SIMPLIFY_TENSOR_H

#include "expr/shape.h"
#include "simplify/internal.h"

enum { TERM_INDICES = 64, TERM_CELLS = 48, SUM_TERMS = 1500 };

typedef struct {
    Node *e; /* NULL: the identity, of rank 2 */
    uint8_t n, at[SHAPE_RANK];
} TensorCell;

typedef struct {
    Node *coef;
    unsigned ncells, nindices;
    TensorCell *cell;
    ShapeSize *size; /* of every index */
} TensorTerm;

typedef struct {
    unsigned rank;
    ShapeSize size[SHAPE_RANK];
    size_t n, cap;
    TensorTerm *t;
    bool plain; /* a number without tensors */
} TensorSum;

typedef struct {
    Op op;            /* CONTRACT: a sum over indices; else that of node */
    const Node *node; /* what it was first met as; NULL for sums over indices */
    size_t nargs;
    const TensorSum *arg; /* its operands; of a sum over indices: itself */
    unsigned rank;
    bool symmetric, orthogonal;
    uint8_t sign;
} TensorAtom;

typedef struct {
    uint32_t sym;
    unsigned atom;
    uint8_t n, at[SHAPE_RANK];
} TensorGenerator;

typedef struct {
    Ctx *c;
    TensorAtom *atom;
    size_t natoms, atoms_cap;
    TensorGenerator *gen;
    size_t ngens, gens_cap;
    Map by_sym;  /* symbol -> place in gen */
    Map done;    /* node id -> TensorSum */
    bool failed; /* too large, or something that has no normal form */
} TensorForm;

/* A term that is being made. */
typedef struct {
    Node *coef;
    unsigned ncells, nindices;
    TensorCell cell[TERM_CELLS];
    ShapeSize size[TERM_INDICES];
} TensorWork;

/* ---- tensor_term.c */
Node *normal_generator(TensorForm *T, unsigned atom, unsigned n, const uint8_t *at);
/* The generator that e is and nothing else; NULL. */
const TensorGenerator *normal_element(const TensorForm *T, const Node *e);
/* Elements at positions of e get other positions. */
Node *normal_move(TensorForm *T, Node *e, const uint8_t *to);
void normal_begin(TensorForm *T, TensorWork *w, unsigned rank, const ShapeSize *size);
/* Multiplies w by e, a formula whose positions are these indices. */
void normal_put(TensorForm *T, TensorWork *w, Node *e, unsigned n, const uint8_t *at);
void normal_put_identity(TensorForm *T, TensorWork *w, uint8_t x, uint8_t y);
/* w, brought into its form, is a term of s. */
void normal_finish(TensorForm *T, TensorWork *w, TensorSum *s);
/* Like terms of s are one. */
void normal_collect(TensorForm *T, TensorSum *s);
bool normal_same(const TensorSum *a, const TensorSum *b);
int normal_compare_terms(const TensorTerm *a, const TensorTerm *b);
/* The atom of that kind and content. */
unsigned normal_atom_of(TensorForm *T, const TensorAtom *like);
/* t as a formula, its axes as positions. NULL: it has identities. */
Node *normal_term_formula(TensorForm *T, const TensorTerm *t, unsigned rank);

/* ---- tensor_form.c */
void normal_form_begin(TensorForm *T, Ctx *c);
/* NULL: it has none within bounds. */
const TensorSum *normal_form(TensorForm *T, Node *n);
TensorSum *normal_sum_new(TensorForm *T, unsigned rank, const ShapeSize *size);
/* One factor of a product: its axis i is index at[i]; 255: an axis of size 1, repeated. */
typedef struct {
    const TensorSum *s;
    uint8_t at[SHAPE_RANK];
} TensorFactor;
/* Adds the product to s. n indices behind the axes of s are summed over, of these sizes. */
void normal_product(TensorForm *T, TensorSum *s, size_t k, const TensorFactor *f,
                    unsigned n, const ShapeSize *size);
/* n, of which nothing is known, with its operands in normal form. */
TensorSum *normal_opaque(TensorForm *T, const Node *n, size_t nargs,
                         const TensorSum *arg);

/* ---- tensor_rules.c: inverses and determinants of what has a normal form */
TensorSum *normal_inverse(TensorForm *T, const Node *n, const TensorSum *a);
Node *normal_det(TensorForm *T, const Node *n, const TensorSum *a);
/* inv(A)*A and the like in w. True: it has changed. */
bool normal_cancel(TensorForm *T, TensorWork *w, unsigned rank);

/* ---- tensor_node.c: the expression that s is */
Node *normal_node(TensorForm *T, const TensorSum *s);

/* ---- tensor_define.c: functions of tensors by sums, products and functions of elements */
Node *normal_define(Ctx *c, Node *n);

#endif
