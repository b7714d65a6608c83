/* commands/help.c - help: one page that teaches the whole, and a page for each
 * name. What a function is comes from the operator table. */
#include "commands/commands.h"

#include <stdio.h>

static const char first_page[] =
    "d/dx x^2*sin(x)        derivative of the whole product that follows; d^2/dx^2, "
    "d^2/(dx dy)\n"
    "d/dx(x^2) + x          parentheses say what it covers; also diff(e, x, 2), f'(2), "
    "f''\n"
    "d/dx x^x at x=1/2      value at a point; several names: e at x=1, y=2\n"
    "grad(x^2*y, [x, y])    also jacobian, hessian, hvp, laplacian, div, curl\n"
    "dy/dx where x^2+y^2=1  of a function given by an equation; taylor(sin(x), x=0, 5)\n"
    "x = 3                  x stands for 3 wherever it is used; w := w + 1 stores a "
    "value\n"
    "f(x, y) = x^2*y        a function: f(2, 3), d/dx f(x, 1), f(n) = if n < 2 then 1 "
    "else n*f(n-1)\n"
    "g(x) = { while x < 9 { x = x^2 + 1 }; x }    one made of statements: help blocks\n"
    "expand simplify factor together apart collect subs(e, x=a)    other forms\n"
    "1/3 + 1/6   0.1 + 0.2  exact; sin(1.0) is a decimal; N(pi, 30) has 30 certified "
    "digits\n"
    "sum(k^2, k, 1, 10)     also prod(e, k, a, b), int(e, t, a, b); if x < 0 then -x "
    "else x\n"
    "forward E at x=1   reverse E at x=1   trace reverse E at x=1     numeric, in "
    "float64\n"
    "check (x+1)^2 == x^2+2*x+1    proves it, or shows where it fails\n"
    "2x   2 sin x   ½x²   √x   π   may be typed as on paper; 1/2x is 1/(2*x)\n"
    "%  %3  ans             the last result, the third; a ; b: two statements; # "
    "comment\n"
    "assume x > 0           then sqrt(x^2) is x;  forget x   vars   undo   clear\n"
    "save FILE  load FILE   set  unset            latex E  graph E  time E  quit\n"
    "help NAME or ?NAME     one function, command or setting\n"
    "help names, derivatives, definitions, blocks, numbers, accumulation, commands, "
    "settings";

typedef struct {
    const char *name, *text;
} Topic;

static const Topic topics[] = {
    {"derivatives",
     "d/dx E            covers the whole product that follows: d/dx x^2*sin(x)\n"
     "d/dx(E)           glued to a parenthesis it covers that only\n"
     "d^2/dx^2 E   d^2/(dx dy) E   d/dx d/dy E   ∂/∂x E   D[E, x, {y, 2}]   diff(E, x, "
     "n)\n"
     "d^n/dx^n E        for any n: of powers, fractions, log, exp, sin, cosh, "
     "x^2*sin(x), "
     "sin(x)*cos(x)\n"
     "f'(2)  f''(x)     derivatives of a function you defined or of an unknown one\n"
     "E at x=1, y=2     values are put in after differentiation\n"
     "dy/dx where F(x, y) = c      d^2y/dx^2 where F(x, y) = c\n"
     "grad(E, [x, y])   jacobian([f, g], [x, y])   hessian(E, [x, y])   hvp   jvp   vjp\n"
     "laplacian(E, [x, y])   div([f, g], [x, y])   curl([f, g, h], [x, y, z])\n"
     "taylor(E, x=a, n)   detach(E) is a constant for derivatives\n"
     "At a kink: the true slope where there is one, else the one of least size: abs has "
     "0 at 0.\n"
     "Results are simplified; set simplify none|light|full."},
    {"accumulation",
     "forward E at x=1, y=2          value and derivatives in float64, all names in one "
     "sweep\n"
     "forward E at ... along (1, 0)  one derivative, in a direction\n"
     "reverse E at x=1, y=2          value and gradient, one sweep backwards\n"
     "trace forward E at ...         each step: v3 = v1*v2, its value and derivatives\n"
     "trace reverse E at ...         the same, and what each step contributes to the "
     "adjoints\n"
     "trace ... as json|csv|latex    for programs and papers; or run leibniz --json, "
     "--csv, "
     "--latex\n"
     "E may be a list, or call functions made of statements: loops are written out in "
     "traces.\n"
     "jacobian([f, g], [x, y]) at x=1.5, y=2    notes whether columns (forward) or rows "
     "(reverse)\n"
     "were fewer; set mode forward|reverse|symbolic forces the way, for hessian, grad "
     "..., too\n"
     "Values that are infinite, or no number, are named with the operation and its "
     "column."},
    {"definitions",
     "x = 3             x stands for 3; y = x^2 follows x: y is 9, after x = 4 it is 16\n"
     "d/dx x^2          shows the formula and its value: 2*x   (= 6 at x = 3)\n"
     "w := w - 0.1*g    stores the value that the right-hand side has now\n"
     "f(x) = x^2*sin(x) a function; its parameters hide names of the same spelling\n"
     "foo(x)            with no definition: an unknown function; d/dx foo(x^2) works\n"
     "assume x > 0      or >= 0, < 0, <= 0, != 0, x integer; several with commas\n"
     "forget x   forget all   vars   undo   clear   save FILE   load FILE\n"
     "pi, e and inf are constants; names are letters (Greek, too), digits and _"},
    {"blocks",
     "f(a) = { b = 2*a; while norm(b) < 1000 { b = 2*b }; if sum(b) > 0 { b } else { "
     "100*b } }\n"
     "for i = 1:n { ... }   for i = 10:-2:1 { ... }   while c { ... }   if c { ... } "
     "else { ... }\n"
     "return e; else the last expression is the value. Names that are assigned are "
     "local.\n"
     "v[i] = e   zeros(3)   zeros(2, 2)   length(v)   sum(v)   dot(u, v)   norm(v)   [a, "
     "b]\n"
     "f(3/10)           exact, on formulas; f(x) is a formula where loops do not depend "
     "on x\n"
     "f(0.3)            a decimal in a function with loops: in float64, step by step\n"
     "d/dx f(x)         by the formula; an if on x gives if x > 0 then ... else ...\n"
     "f'(3/10)          exact, along the branches taken there; f''(0.3), grad(f(v), v) "
     "at "
     "v=[1, 2],\n"
     "                  hessian, hvp, jvp, vjp, jacobian ... at: in float64 where there "
     "is no "
     "formula\n"
     "f(dual(0.3, 1))   value and tangent together; f' may be used inside other "
     "functions\n"
     "forward f(x) at x=0.3   reverse f(x) at x=0.3    never by a formula\n"
     "set looplimit   set recursion   set tape (memory of reverse: more is computed "
     "again)"},
    {"numbers",
     "1/3, 2^100        exact fractions and integers of any size\n"
     "0.1 + 0.2         decimals are exact, too: 0.3\n"
     "sin(1)            stays; the prompt shows its value beside it\n"
     "sin(1.0)          a decimal inside makes the value decimal\n"
     "N(E)  N(E, 50)    certified digits: every one is right; set digits 30\n"
     "cbrt(-8), (-8)^(1/3) are -2; asin(2) and log(-1) are errors: values are real\n"
     "taylor(E, x=a, n) lowest degree first; at a decimal, and in N(...), its numbers "
     "are "
     "certified;\n"
     "                  removable singularities are filled: taylor(sin(x)/x, x=0, 6)\n"
     "d^30/dx^30 E at x=2   exact where that can be written, else a value, with a note\n"
     "N(int(E, x, a, b))    certified, also over removable singularities; intervals are "
     "finite"},
    {"checks",
     "check A == B      PASS proved; PASS numeric: 50 digits at 8 points; FAIL with a "
     "point and "
     "both\n"
     "                  values; UNKNOWN with the reason\n"
     "                  a FAIL that is right up to a constant says so: check x^2 + 1 == "
     "x^2\n"
     "check A == B on x in 0:1     points of that range; assumptions are kept, too\n"
     "check A == B at x=2          at that point only; tol 1e-6: for answers given as "
     "decimals\n"
     "gradcheck E at x=1           formula, forward, reverse and a certified "
     "difference:\n"
     "                  AGREE, DISAGREE, KINK, BRANCH or UNRESOLVED; what detach(...) "
     "hides is\n"
     "                  hidden from all of them\n"
     "exit status       1 some check failed; 4 with --strict, when one stayed UNKNOWN"},
};

/* Words of the language that are no functions, commands or settings. */
static const Topic words[] = {
    {"sum", "sum(e, k, a, b): e added up for k = a, a + 1, ..., b; in closed form "
            "for a polynomial e"},
    {"prod", "prod(e, k, a, b): e multiplied for k = a, a + 1, ..., b"},
    {"int",
     "int(e, t, a, b): the integral of e over t from a to b; N(int(...)) is its value"},
    {"if", "if c then a else b: a where c holds, else b; in pieces {a if c; b if d; u "
           "otherwise}"},
    {"while",
     "while c { ... }: in functions made of statements, as long as c holds; help blocks"},
    {"for",
     "for i = a:b { ... } or a:step:b: in functions made of statements; help blocks"},
    {"return",
     "return e: leaves a function made of statements with the value e; help blocks"},
    {"let", "let x = e: x is local to the function made of statements; help blocks"},
    {"otherwise", "{a if c; b if d; u otherwise}: the piece where no condition holds"},
    {"where", "dy/dx where F(x, y) = c: the derivative of what an equation defines, made "
              "smaller by that equation"},
    {"pi", "pi: the constant 3.14159..., also typed π"},
    {"e", "e: the constant 2.71828..., exp(1)"},
    {"inf", "inf: infinity, as a bound of int, sum and prod"},
    {"ans", "ans: the last result; % is the same, %3 the third result"},
};

static const char *find_topic(const Topic *t, size_t n, const char *text, Span w)
{
    for (size_t i = 0; i < n; i++)
        if (args_is(text, w, t[i].name))
            return t[i].text;
    return NULL;
}

static void put_line(Str *out, const char *label, const char *text)
{
    if (text && *text)
        str_printf(out, "\n  %-12s%s", label, text);
}

static bool same_name(const char *name, const char *text, Span w)
{
    return name && strlen(name) == w.len && memcmp(name, text + w.pos, w.len) == 0;
}

/* ---- functions */

static void help_synonyms(Str *out, Op op)
{
    bool any = false;
    for (size_t i = 0; i < synonym_count(); i++) {
        const char *name;
        Op other;
        synonym_at(i, &name, &other);
        if (other == op) {
            str_printf(out, any ? ", %s" : "\n  also        %s", name);
            any = true;
        }
    }
}

/* The k-th of the names in "x, lo, hi". */
static void argument_name(const char *args, size_t k, char out[16])
{
    for (; k && *args; k--) {
        args += strcspn(args, ",");
        args += strspn(args, ", ");
    }
    snprintf(out, 16, "%.*s", (int)strcspn(args, ","), args);
}

/* The table's columns speak of x, y, z and f; the reader sees the argument names. */
static void help_partial(Str *out, const OpInfo *info, size_t i)
{
    const char *text = info->partial[i];
    char name[3][16] = {{0}}, label[24];
    for (size_t k = 0; k < info->max_args && k < 3; k++)
        argument_name(info->args, k, name[k]);
    snprintf(label, sizeof label, "d/d%s", name[i]);
    str_printf(out, "\n  %-12s", label);
    bool uses_f = false;
    if (!*text)
        str_puts(out, "no formula is known");
    for (const char *p = text; *p;) {
        size_t n;
        const char *word = op_word(p, &n);
        size_t k = n == 1 && *p >= 'x' && *p <= 'z' ? (size_t)(*p - 'x') : 3;
        bool number = p > text && p[-1] >= '0' && p[-1] <= '9';
        if (k < info->max_args && k < 3 && !number)
            str_puts(out, name[k]);
        else if (word)
            str_puts(out, word);
        else
            str_put(out, p, n ? n : 1);
        uses_f = uses_f || (n == 1 && *p == 'f');
        p += n ? n : 1;
    }
    if (uses_f)
        str_printf(out, ", where f = %s(%s)", info->name, info->args);
}

static void help_function(Str *out, Op op)
{
    const OpInfo *info = op_info(op);
    if (out->n)
        str_putc(out, '\n');
    if (op_is_structural(op)) {
        str_printf(out, "%s: %s", info->usage, info->help);
        return;
    }
    str_printf(out, "%s(%s): %s", info->name, info->args, info->help);
    for (size_t i = 0; i < info->max_args && i < 3; i++)
        help_partial(out, info, i);
    put_line(out, "domain", info->domain);
    help_synonyms(out, op);
}

static bool help_functions_named(Str *out, const char *text, Span w)
{
    bool any = false;
    for (int op = OP_FIRST_STRUCTURAL + 1; op < OP_COUNT; op++) {
        if (op != OP_FIRST_FUNCTION && same_name(op_info((Op)op)->name, text, w)) {
            help_function(out, (Op)op);
            any = true;
        }
    }
    Op op = any ? OP_POISON : op_find(text + w.pos, w.len);
    if (op_is_function(op) || op_is_structural(op)) {
        help_function(out, op);
        any = true;
    }
    return any;
}

/* ---- lists */

static void put_name(Str *out, size_t *col, const char *name)
{
    enum { WIDTH = 88 };
    size_t n = strlen(name);
    if (*col && *col + n + 2 > WIDTH) {
        str_putc(out, '\n');
        *col = 0;
    }
    str_printf(out, "%s%s", *col ? "  " : "", name);
    *col += n + (*col ? 2 : 0);
}

static void list_functions(Str *out)
{
    size_t col = 0;
    for (int op = OP_FIRST_FUNCTION + 1; op < OP_COUNT; op++) {
        const char *name = op_info((Op)op)->name;
        if (op_find(name, strlen(name)) == (Op)op) /* once, whatever its arguments */
            put_name(out, &col, name);
    }
    str_puts(out, "\n\n");
    col = 0;
    for (int op = OP_FIRST_STRUCTURAL + 1; op < OP_FIRST_FUNCTION; op++)
        if (op != OP_AT && op != OP_IMPLICIT)
            put_name(out, &col, op_info((Op)op)->name);
    str_puts(out, "  sum  prod  int\n\nother names\n");
    col = 0;
    char pair[80] = "", last[80] = "";
    for (size_t i = 0; i < synonym_count(); i++) {
        const char *name;
        Op op;
        synonym_at(i, &name, &op);
        snprintf(pair, sizeof pair, "%s = %s", name, op_info(op)->name);
        if (strcmp(name, op_info(op)->name) != 0 && strcmp(pair, last) != 0)
            put_name(out, &col, pair);
        memcpy(last, pair, sizeof last);
    }
}

static void list_commands(Str *out)
{
    for (size_t i = 0; i < command_count(); i++) {
        const CommandInfo *info = command_at(i);
        str_printf(out, "%s%-34s %s", out->n ? "\n" : "", info->usage, info->help);
    }
}

static void help_setting(Str *out, const lbz_session *s, SettingId id)
{
    const SettingInfo *info = setting_info(id);
    str_printf(out, "%sset %s %s: %s\n  now         %s\n  default     %s",
               out->n ? "\n" : "", info->name, info->values, info->help, s->set.text[id],
               s->set.dflt[id]);
}

/* ---- the user's own */

static bool help_definition(lbz_session *s, Str *out, const char *text, Span w)
{
    uint32_t sym = sym_intern(s->c, text + w.pos, w.len);
    const Def *d = names_find(&s->names, sym);
    if (d) {
        str_puts(out, out->n ? "\n" : "");
        defs_print(s, out, d, 1000);
    }
    if (defs_assumed(s, sym)) {
        str_puts(out, out->n ? "\nassume " : "assume ");
        defs_print_assumption(s, out, sym);
    }
    return d || defs_assumed(s, sym);
}

/* ---- the command */

static bool help_topic(lbz_session *s, Str *out, const char *text, Span w)
{
    bool operator= w.len> 1 && text[w.pos] == 'd' && memchr(text + w.pos, '/', w.len);
    const char *page = operator
                           ? topics[0].text
                           : find_topic(topics, sizeof topics / sizeof *topics, text, w);
    if (page) {
        str_puts(out, page);
        return true;
    }
    if (args_is(text, w, "names") || args_is(text, w, "functions"))
        list_functions(out);
    else if (args_is(text, w, "commands"))
        list_commands(out);
    else if (args_is(text, w, "settings"))
        for (size_t i = 0; i < SET_COUNT; i++)
            help_setting(out, s, (SettingId)i);
    else
        return false;
    return true;
}

static bool help_name(lbz_session *s, Str *out, const char *text, Span w)
{
    const char *word = find_topic(words, sizeof words / sizeof *words, text, w);
    str_puts(out, word ? word : "");
    bool any = help_functions_named(out, text, w) || word;
    const CommandInfo *cmd = command_find(text + w.pos, w.len);
    if (cmd) {
        str_printf(out, "%s%s: %s", out->n ? "\n" : "", cmd->usage, cmd->help);
        any = true;
    }
    SettingId id = setting_find(text + w.pos, w.len);
    if (id != SET_COUNT) {
        help_setting(out, s, id);
        any = true;
    }
    return help_definition(s, out, text, w) || any;
}

bool cmd_help(lbz_session *s, const char *text, Span args)
{
    Span w = args_trim(text, args);
    Str *out = answer_text(s);
    if (!w.len) {
        str_puts(out, first_page);
        return true;
    }
    Span rest, first = args_word(text, w, &rest);
    if (args_is(text, first, "set") && args_trim(text, rest).len)
        w = args_trim(text, rest);
    if (help_topic(s, out, text, w) || help_name(s, out, text, w))
        return true;
    env_error_at(&s->c->env, w, LBZ_NAME, "help names lists what there is",
                 "nothing is known of %.*s", (int)(w.len < 60 ? w.len : 60),
                 text + w.pos);
    return false;
}
