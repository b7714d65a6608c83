/* cpu/move.c - steps that only move elements: gathering, scattering, parts put into a whole, arrays
 * one after the other.
 */
#include "cpu/internal.h"
#include <math.h>

/* The elements of an array with any strides, one innermost row after the other. */
typedef struct {
    double *to;
    const ptrdiff_t *to_stride;
    const double *from;
    const ptrdiff_t *from_stride;
    const Dims *d;
} Copy;

static void copy_elements(Copy c)
{
    size_t n = dims_count(c.d), index[TENSOR_RANK] = {0};
    unsigned last = c.d->rank ? c.d->rank - 1 : 0;
    size_t run = c.d->rank ? c.d->dim[last] : 1;
    ptrdiff_t ts = c.d->rank ? c.to_stride[last] : 0,
              fs = c.d->rank ? c.from_stride[last] : 0;
    for (size_t done = 0; done < n; done += run) {
        for (size_t i = 0; i < run; i++)
            c.to[(ptrdiff_t)i * ts] = c.from[(ptrdiff_t)i * fs];
        for (unsigned k = last; k-- > 0;) {
            c.to += c.to_stride[k];
            c.from += c.from_stride[k];
            if (++index[k] < c.d->dim[k])
                break;
            c.to -= (ptrdiff_t)c.d->dim[k] * c.to_stride[k];
            c.from -= (ptrdiff_t)c.d->dim[k] * c.from_stride[k];
            index[k] = 0;
        }
    }
}

static double *result_at(const CpuStep *s) { return s->at[s->step->result[0].store]; }

static void copy_operand(const CpuStep *s, size_t k, double *to, const ptrdiff_t *stride)
{
    const PlanRead *r = &s->step->read[k];
    copy_elements((Copy){.to = to,
                         .to_stride = stride,
                         .from = s->at[r->store] + r->offset,
                         .from_stride = r->stride,
                         .d = &s->step->shape[k]});
}

static void put(const CpuStep *s)
{
    ptrdiff_t stride[TENSOR_RANK];
    pg_strides(&s->step->space, stride);
    copy_operand(s, 0, result_at(s), stride);
    copy_operand(s, 1, result_at(s) + s->step->view.offset, s->step->view.stride);
}

static void concat(const CpuStep *s)
{
    ptrdiff_t stride[TENSOR_RANK], at = 0;
    unsigned axis = s->step->axis;
    pg_strides(&s->step->space, stride);
    for (size_t k = 0; k < s->step->nread; k++) {
        copy_operand(s, k, result_at(s) + at, stride);
        at += (ptrdiff_t)s->step->shape[k].dim[axis] * stride[axis];
    }
}

/* ---- parts by number: of the whole along an axis; around it outer, within it inner elements */

typedef struct {
    const CpuStep *s;
    size_t outer, inner, parts, chosen; /* parts of the whole; how many are chosen */
    ptrdiff_t index_stride[TENSOR_RANK];
} Parts;

static Parts parts_of(const CpuStep *s, const Dims *whole)
{
    Parts p = {s, 1, 1, whole->dim[s->step->axis], dims_count(&s->step->shape[1]), {0}};
    for (unsigned i = 0; i < whole->rank; i++)
        *(i < s->step->axis ? &p.outer : &p.inner) *= whole->dim[i];
    p.inner /= p.parts ? p.parts : 1;
    return p;
}

static ptrdiff_t element_offset(const Dims *d, const ptrdiff_t *stride, size_t i)
{
    ptrdiff_t at = 0;
    for (unsigned k = d->rank; k-- > 0; i /= d->dim[k])
        at += (ptrdiff_t)(i % d->dim[k]) * stride[k];
    return at;
}

/* The number of the part that the i-th index chooses. */
static bool part_number(Env *env, const Parts *p, size_t i, size_t *part)
{
    const PlanRead *r = &p->s->step->read[1];
    double x = p->s->at[r->store]
                       [r->offset + element_offset(&p->s->step->shape[1], r->stride, i)];
    if (!(x >= 0 && x < (double)p->parts) || x != floor(x)) {
        env_error(env, LBZ_DOMAIN, "elements are counted from 1",
                  "the index %g is not one of 1 ... %zu", x + 1, p->parts);
        return false;
    }
    *part = (size_t)x;
    return true;
}

/* The element of operand 0 where its elements are counted in the order of reading. */
static double operand_element(const CpuStep *s, size_t i)
{
    const PlanRead *r = &s->step->read[0];
    return s->at[r->store][r->offset + element_offset(&s->step->shape[0], r->stride, i)];
}

/* Parts along an axis of whole, by their numbers: to the result, or, back, added to where they came
 * from in the result. */
static bool move_parts(Env *env, const CpuStep *s, const Dims *whole, bool back)
{
    Parts p = parts_of(s, whole);
    double *to = result_at(s);
    if (back)
        memset(to, 0, dims_count(whole) * sizeof *to);
    for (size_t i = 0; i < p.chosen; i++) {
        size_t part;
        if (!part_number(env, &p, i, &part) || (i % 4096 == 4095 && env_poll(env)))
            return false;
        for (size_t o = 0; o < p.outer; o++) {
            for (size_t k = 0; k < p.inner; k++) {
                size_t in_whole = (o * p.parts + part) * p.inner + k,
                       in_parts = (o * p.chosen + i) * p.inner + k;
                if (back)
                    to[in_whole] += operand_element(s, in_parts);
                else
                    to[in_parts] = operand_element(s, in_whole);
            }
        }
    }
    return true;
}

bool cpu_move(Env *env, const CpuStep *s)
{
    switch (s->step->op) {
    case P_GATHER: return move_parts(env, s, &s->step->shape[0], false);
    case P_SCATTER: return move_parts(env, s, &s->step->space, true);
    case P_PUT: put(s); return true;
    default: concat(s); return true;
    }
}
