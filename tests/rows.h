/* rows.h - the points at which tests drive the rows of the operator table, and their domains, by
 * the text of that column. */
#ifndef TEST_ROWS_H
#define TEST_ROWS_H

#include "table/table.h"
#include "suite.h"

#include <math.h>
#include <string.h>

/* ---- points */
static const double points1[] = {-200.75, -30.2, -5.5, -3,    -2.75, -2,   -1.25, -1,
                                 -0.9,    -0.5,  -0.3, -1e-3, -1e-9, 0,    1e-9,  1e-3,
                                 0.1,     0.3,   0.5,  0.7,   0.95,  1,    1.1,   1.5,
                                 2,       2.25,  3,    5.5,   12.75, 30.2, 100.5};
static const double points2[] = {-30.2, -2.75, -1,   -0.5, -1e-3, 0,
                                 0.3,   1,     2.25, 7,    12.75};
static const double orders[] = {0, 1, 2, 5};
static const double indices[] = {-3, -1.5, 0, 0.3, 1, 2.5, 10};
static const double exponents[] = {-2.5, -1, 0, 0.5, 1, 2, 3};
static const double args[] = {0.01, 0.3, 0.9, 1, 2.25, 12.75, -0.5, -1.75, 0, -4, -30.5};

typedef struct {
    const double *p;
    size_t n;
} Points;

#define POINTS(a) ((Points){a, sizeof(a) / sizeof *(a)})

static Points points_for(Op op, unsigned i)
{
    const OpInfo *f = op_info(op);

    if (f->max_args == 1)
        return POINTS(points1);
    if (!strchr("sn", f->args[0]) || op == OP_binomial)
        return POINTS(points2);
    if (i > 0)
        return POINTS(args);
    if (f->args[0] == 's')
        return POINTS(exponents);
    return strncmp(f->args, "nu", 2) == 0 ? POINTS(indices) : POINTS(orders);
}

/* Calls each at all points of the row that p has for its arguments. */
static void at_points(Op op, const Points *p, void (*each)(Op op, const double *a))
{
    unsigned k = op_info(op)->max_args;

    for (size_t i = 0; i < p[0].n; i++)
        for (size_t j = 0; j < (k > 1 ? p[1].n : 1); j++)
            for (size_t l = 0; l < (k > 2 ? p[2].n : 1); l++)
                each(op, (double[3]){p[0].p[i], k > 1 ? p[1].p[j] : 0,
                                     k > 2 ? p[2].p[l] : 0});
}

static void at_all_points(Op op, void (*each)(Op op, const double *a))
{
    Points p[3] = {{NULL, 0}};

    for (unsigned i = 0; i < op_info(op)->max_args; i++)
        p[i] = points_for(op, i);
    at_points(op, p, each);
}

/* ---- domains, by the text of their column */
static bool whole(double x) { return x == floor(x); }
static bool no_pole(double x) { return x > 0 || !whole(x); }
static double turns(double x) { return fmod(fabs(x), 180); }

/* Is the point in the domain that the row tells? */
static bool in_domain(Op op, const double *a)
{
    const char *t = op_info(op)->domain;
    double x = a[0], y = a[1], z = a[2];

#define IF(text, condition)   \
    if (strcmp(t, text) == 0) \
        return condition;
    IF("all x", true)
    IF("all x, y", true)
    IF("all x, n", true)
    IF("all x, v", true)
    IF("all a, b", true)
    IF("cos(x) != 0", true) /* at no double */
    IF("sin(x) != 0", x != 0)
    IF("cosd(x) != 0", turns(x) != 90)
    IF("sind(x) != 0", turns(x) != 0)
    IF("cospi(x) != 0", !whole(x + 0.5))
    IF("-1 < x < 1", x > -1 && x < 1)
    IF("-1 <= x <= 1", x >= -1 && x <= 1)
    IF("0 < x < 1", x > 0 && x < 1)
    IF("0 < x < 2", x > 0 && x < 2)
    IF("0 < x <= 1", x > 0 && x <= 1)
    IF("abs(x) > 1", fabs(x) > 1)
    IF("abs(x) >= 1", fabs(x) >= 1)
    IF("x != 0", x != 0)
    IF("x != 1", x != 1)
    IF("x < 0", x < 0)
    IF("x < log(2)", x < log(2))
    IF("x <= 1", x <= 1)
    IF("x > -1", x > -1)
    IF("x >= 0, x != 1", x >= 0 && x != 1)
    IF("x > 0 or not an integer", no_pole(x))
    IF("x >= -exp(-1)", x >= -exp(-1))
    IF("x >= 0", x >= 0)
    IF("x >= 0 or not an integer", no_pole(x + 1))
    IF("x >= 1", x >= 1)
    IF("a, b > 0 or not integers",
       no_pole(x) && no_pole(y) && (op == OP_beta || no_pole(x + y)))
    IF("n = 0, 1, 2, ...", true) /* orders[] has no other */
    IF("n = 0, 1, 2, ...; s != 1", y != 1)
    IF("n = 0, 1, 2, ...; x > 0 or not an integer", no_pole(y))
    IF("n no negative integer, or k an integer", x >= 0 || !whole(x) || whole(y))
    IF("not both 0", x != 0 || y != 0)
    IF("s != 1, a > 0", x != 1 && y > 0)
    IF("x != y", x != y)
    IF("x > 0, b > 0, b != 1", x > 0 && y > 0 && y != 1)
    IF("y != 0", y != 0)
    IF("y > -1 or x = 0, y = -1", y > -1 || (x == 0 && y == -1))
    IF("y > 0 or x = y = 0", y > 0 || (x == 0 && y == 0))
    IF("lo <= hi", y <= z)
    if (op_info(op)->max_args == 1) {
        IF("x < 1", x < 1)
        IF("x > 0", x > 0)
    }
    /* of two arguments, the second is called x */
    IF("x < 1", y < 1 || (y == 1 && x > 1) || (y > 1 && x <= 0 && whole(x)))
    IF("x > 0", y > 0 || (op == OP_expint_nu &&
                          ((y == 0 && x > 1) || (y < 0 && x <= 0 && whole(x)))))
    IF("x > 0, or an integer order", y > 0 || whole(x) || (y == 0 && x > 0))
#undef IF
    ck_abort_msg("%s: the domain '%s' is not known to this test", op_info(op)->name, t);
    return false;
}

/* At integers and ties pieces meet. */
static bool at_an_integer(const double *a, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (whole(a[i]) || (n > 1 && a[i] == a[(i + 1) % n]))
            return true;
    return false;
}

#endif
