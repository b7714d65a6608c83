/* terms.h - random expressions as trees of their own: made, written as text, and evaluated with a
 * strict view of where there is a value. Exact as far as it matters: what rounding leaves open near
 * zeros and ends of domains is said to be open.
 */
#ifndef TEST_TERMS_H
#define TEST_TERMS_H

#include "base/base.h"
#include <math.h>
#include <stdio.h>

enum { TERMS = 14 };

typedef enum { X, Y, TWO, HALF, MINUS, ADD, SUB, MUL, DIV, CALL, POWER } Kind;

typedef struct {
    Kind kind;
    int a, b; /* operands: earlier nodes */
    int which;
} Term;

static const char *const functions[] = {"sqrt", "cbrt", "abs", "sign", "relu",
                                        "log",  "exp",  "sin", "cos",  "asin",
                                        "atan", "max",  "min"};
static const char *const powers[] = {"2",   "3",    "-1",  "-2", "1/2",
                                     "3/2", "-1/2", "2/3", "1/3"};

static uint64_t seed;

static uint32_t roll(uint32_t sides)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 33) % sides;
}

/* ---- random terms; the last is the whole */

static void make_terms(Term *t, int n)
{
    for (int i = 0; i < n; i++) {
        static const Kind kinds[] = {ADD, SUB, MUL, MUL, DIV, CALL, CALL, POWER, POWER};
        uint32_t leaf = roll(10);
        t[i].kind = i >= 3     ? kinds[roll(9)]
                    : leaf < 5 ? X
                    : leaf < 8 ? Y
                    : leaf < 9 ? TWO
                               : HALF;
        t[i].a = i ? (int)roll((uint32_t)i) : 0;
        t[i].b = i > 2 ? i - 1 - (int)roll(3) : 0;
        t[i].which = (int)roll(t[i].kind == POWER ? 9 : 13);
    }
}

static void write_term(const Term *t, int i, Str *s)
{
    static const char sign[] = "+-*/";
    const Term *u = &t[i];
    switch (u->kind) {
    case X: str_puts(s, "x"); return;
    case Y: str_puts(s, "y"); return;
    case TWO: str_puts(s, "2"); return;
    case HALF: str_puts(s, "(1/2)"); return;
    case MINUS:
    case CALL: str_puts(s, functions[u->which]); break;
    case POWER:
        str_puts(s, "(");
        write_term(t, u->a, s);
        str_printf(s, ")^(%s)", powers[u->which]);
        return;
    default: break;
    }
    str_puts(s, "(");
    write_term(t, u->a, s);
    if (u->kind != CALL)
        str_printf(s, " %c ", sign[u->kind - ADD]);
    else if (u->which >= 11)
        str_puts(s, ", ");
    if (u->kind != CALL || u->which >= 11)
        write_term(t, u->b, s);
    str_puts(s, ")");
}

/* ---- their values */

typedef enum { VALUE, NONE, OPEN } Existence;

typedef struct {
    Existence is;
    double v;
    bool rough; /* rounded */
} Value;

static Value of(double v, bool rough)
{
    bool lost = !isfinite(v) || fabs(v) > 1e6 || (rough && v != 0 && fabs(v) < 1e-6);
    return (Value){lost ? OPEN : VALUE, v, rough};
}
static const Value none = {NONE, 0, false}, open = {OPEN, 0, false};

static Value power_of(Value b, const char *text)
{
    double p = 0, q = 1;
    sscanf(text, "%lf/%lf", &p, &q);
    if (b.v == 0)
        return b.rough ? open : p < 0 ? none : of(0, false);
    if (b.v < 0 && fmod(q, 2) == 0)
        return none;
    double r = pow(fabs(b.v), p / q);
    return of(b.v < 0 && fmod(p, 2) != 0 ? -r : r, b.rough || q != 1);
}

static Value call_of(int f, Value x, Value y)
{
    bool rough = x.rough;
    switch (f) {
    case 0: return power_of(x, "1/2");
    case 1: return power_of(x, "1/3");
    case 2: return of(fabs(x.v), rough);
    case 3: return x.v == 0 && rough ? open : of((x.v > 0) - (x.v < 0), false);
    case 4: return of(x.v > 0 ? x.v : 0, rough && x.v > 0);
    case 5:
        return x.v == 0 && rough ? open
               : x.v <= 0        ? none
                                 : of(log(x.v), x.v != 1 || rough);
    case 6: return of(exp(x.v), x.v != 0 || rough);
    case 7: return of(sin(x.v), x.v != 0 || rough);
    case 8: return of(cos(x.v), x.v != 0 || rough);
    case 9:
        return fabs(fabs(x.v) - 1) < 1e-6 && rough ? open
               : fabs(x.v) > 1                     ? none
                                                   : of(asin(x.v), x.v != 0 || rough);
    case 10: return of(atan(x.v), x.v != 0 || rough);
    default: {
        bool first = (x.v > y.v) == (f == 11);
        return fabs(x.v - y.v) < 1e-6 && (x.rough || y.rough) ? open : first ? x : y;
    }
    }
}

static Value value_of(const Term *t, int n, double x, double y)
{
    Value v[TERMS];
    for (int i = 0; i < n; i++) {
        const Term *u = &t[i];
        Value a = i ? v[u->a] : of(0, false), b = i > 2 ? v[u->b] : of(0, false);
        bool binary =
            u->kind >= ADD && (u->kind <= DIV || (u->kind == CALL && u->which >= 11));
        bool unary = u->kind == CALL || u->kind == POWER;
        Existence worst = (binary && b.is != VALUE) ? b.is : VALUE;
        worst = (binary || unary) && a.is != VALUE && worst != OPEN ? a.is : worst;
        bool rough = a.rough || b.rough;
        if ((binary || unary) && worst != VALUE) {
            v[i] = (Value){worst, 0, false};
            continue;
        }
        switch (u->kind) {
        case X: v[i] = of(x, false); break;
        case Y: v[i] = of(y, false); break;
        case TWO: v[i] = of(2, false); break;
        case HALF: v[i] = of(0.5, false); break;
        case ADD: v[i] = of(a.v + b.v, rough); break;
        case SUB: v[i] = of(a.v - b.v, rough); break;
        case MUL: v[i] = of(a.v * b.v, a.v != 0 && b.v != 0 && rough); break;
        case DIV:
            v[i] = b.v == 0 ? (b.rough ? open : none) : of(a.v / b.v, true);
            v[i].rough = v[i].v != 0 && (rough || fmod(a.v * 1024, b.v) != 0);
            break;
        case POWER: v[i] = power_of(a, powers[u->which]); break;
        default: v[i] = call_of(u->which, a, b);
        }
        if (v[i].is == VALUE && v[i].v == 0 && v[i].rough)
            v[i] = open;
    }
    return v[n - 1];
}

#endif
