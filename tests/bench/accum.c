/* accum.c - the part of make bench on numeric programs: value and gradient against value alone, and
 * both against the same formulas written in C, which is compiled by the C compiler at hand
 * (-O3 -march=native) while this runs. Best of many runs; judges nothing: the target stands
 * beside the figure.
 *
 *     accum [part-of-name]
 */
#include "program/backend.h"
#include "parse/parse.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    Program *p;
    Code *value, *both;
    double *slots, *slots2, *in, *out;
    size_t nin;
} Compiled;

static const char *only;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void die(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

/* Seconds of one run of f(arg), the best of as many as fit into half a second. */
static double best_time(void (*f)(void *), void *arg)
{
    double best = 1e99, end = now() + 0.5;
    size_t n = 1;
    while (now() < end) {
        double t = now();
        for (size_t i = 0; i < n; i++)
            f(arg);
        t = now() - t;
        if (t < 1e-4 && n < 1000000) {
            n *= 2;
            continue;
        }
        best = t / (double)n < best ? t / (double)n : best;
    }
    return best;
}

static void run_value(void *arg)
{
    Compiled *c = arg;
    code_run(c->value, c->slots, c->in, c->out);
}

static void run_both(void *arg)
{
    Compiled *c = arg;
    code_run(c->both, c->slots2, c->in, c->out);
}

static Compiled compile(Ctx *c, Node *e, const uint32_t *in, size_t nin)
{
    Compiled r = {.p = program_new(&c->env, (uint32_t)nin), .nin = nin};
    uint32_t *outs = malloc((nin + 1) * sizeof *outs);
    if (!r.p || !outs || !program_compile(c, r.p, in, &e, 1, outs) ||
        !program_gradient(r.p, outs[0], pg_const(r.p, 1), outs + 1))
        die(c->env.err.message);
    for (size_t i = 1; i <= nin; i++)
        if (outs[i] == P_NONE)
            outs[i] = pg_const(r.p, 0);
    r.value = code_new(r.p, outs, 1);
    r.both = code_new(r.p, outs, nin + 1);
    if (!r.value || !r.both)
        die(c->env.err.message);
    code_speed_up(r.value);
    code_speed_up(r.both);
    r.slots = code_slots(r.value);
    r.slots2 = code_slots(r.both);
    r.in = malloc(nin * sizeof *r.in);
    r.out = malloc((nin + 1) * sizeof *r.out);
    for (size_t i = 0; i < nin; i++)
        r.in[i] = 0.1 + 0.8 * (double)(i * 7919 % 1009) / 1009;
    free(outs);
    return r;
}

static void release(Compiled *c)
{
    code_free(c->value);
    code_free(c->both);
    program_free(c->p);
    mem_free(c->slots);
    mem_free(c->slots2);
    free(c->in);
    free(c->out);
}

/* ---- value and gradient against value -------------------------------------------------------- */
static Node **symbols(Ctx *c, size_t n, uint32_t **sym)
{
    Node **x = malloc(n * sizeof *x);
    *sym = malloc(n * sizeof **sym);
    for (size_t i = 0; i < n; i++) {
        char name[24];
        int k = snprintf(name, sizeof name, "x%zu", i);
        (*sym)[i] = sym_intern(c, name, (size_t)k);
        x[i] = ex_sym(c, (*sym)[i]);
    }
    return x;
}

static Node *log_sum_exp(Ctx *c, Node **x, size_t n)
{
    Node **t = malloc(n * sizeof *t);
    for (size_t i = 0; i < n; i++)
        t[i] = ex_exp(c, x[i]);
    Node *r = ex_fn1(c, OP_log, ex_add(c, n, t));
    free(t);
    return r;
}

static Node *plain_sum(Ctx *c, Node **x, size_t n) { return ex_add(c, n, x); }

static Node *rosenbrock(Ctx *c, Node **x, size_t n)
{
    Node **t = malloc(2 * n * sizeof *t);
    size_t k = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        t[k++] = ex_scale(c, num_int(100),
                          ex_powi(c, ex_sub(c, x[i + 1], ex_powi(c, x[i], 2)), 2));
        t[k++] = ex_powi(c, ex_sub(c, c->one, x[i]), 2);
    }
    Node *r = ex_add(c, k, t);
    free(t);
    return r;
}

/* Five components in two dimensions, 1000 points: GradBench's smallest shape. x: weights (5),
 * means (10), log-diagonals (10), off-diagonals (5). */
static Node *mixture(Ctx *c, Node **x, size_t nin)
{
    enum { K = 5, N = 1000 };
    Node **t = malloc((N + 1) * sizeof *t), *part[K];
    for (size_t i = 0; i < N; i++) {
        Node *p[2] = {ex_num(c, num_from_double(ctx_arena(c), sin((double)i))),
                      ex_num(c, num_from_double(ctx_arena(c), cos(1.7 * (double)i)))};
        for (size_t k = 0; k < K; k++) {
            Node *d0 = ex_sub(c, p[0], x[5 + 2 * k]), *d1 = ex_sub(c, p[1], x[6 + 2 * k]);
            Node *q0 = x[15 + 2 * k], *q1 = x[16 + 2 * k];
            Node *z0 = ex_mul2(c, ex_exp(c, q0), d0);
            Node *z1 =
                ex_add2(c, ex_mul2(c, ex_exp(c, q1), d1), ex_mul2(c, x[25 + k], d0));
            Node *s = ex_add2(c, ex_powi(c, z0, 2), ex_powi(c, z1, 2));
            Node *a[4] = {x[k], q0, q1, ex_scale(c, num_rat(ctx_arena(c), -1, 2), s)};
            part[k] = ex_exp(c, ex_add(c, 4, a));
        }
        t[i] = ex_fn1(c, OP_log, ex_add(c, K, part));
    }
    (void)nin;
    Node *r = ex_add(c, N, t);
    free(t);
    return r;
}

static bool wanted(const char *name) { return !only || strstr(name, only); }

static void gradient_ratio(const char *name, Node *(*make)(Ctx *, Node **, size_t),
                           size_t n, const char *target)
{
    if (!wanted(name))
        return;
    Ctx *c = ctx_new();
    uint32_t *sym;
    Node **x = symbols(c, n, &sym);
    Compiled k = compile(c, make(c, x, n), sym, n);
    double v = best_time(run_value, &k), g = best_time(run_both, &k);
    printf("%-44s value %9.2f us, with gradient %9.2f us, ratio %5.2f  (target %s)\n",
           name, 1e6 * v, 1e6 * g, g / v, target);
    release(&k);
    free(x);
    free(sym);
    ctx_free(c);
}

/* ---- against C ----------------------------------------------------------------------------------- */
static const char formula[] = "exp(-x^2/2)*sin(3*x+1) + log(1+x^2)*cos(x)/(2+sin(x)) + "
                              "sqrt(1+exp(x))*tanh(x/3) + x^3*atan(x) "
                              "+ cosh(x/2)*log(2+cos(x)) + 5/(1+x^4)";

static const char by_hand[] =
    "#include <math.h>\n"
    "double both(double x, double *d) {\n"
    "  double x2 = x*x, e = exp(-x2/2), s = sin(3*x+1), c = cos(3*x+1), l = log(1+x2);\n"
    "  double sx = sin(x), cx = cos(x), q = 2+sx, ex = exp(x), r = sqrt(1+ex), t = "
    "tanh(x/3);\n"
    "  double a = atan(x);\n"
    "  *d = -x*e*s + 3*e*c + (2*x/(1+x2)*cx - l*sx)/q - l*cx*cx/(q*q) + ex/(2*r)*t\n"
    "     + r*(1-t*t)/3 + 3*x2*a + x2*x/(1+x2) + sinh(x/2)/2*log(2+cx) - "
    "cosh(x/2)*sx/(2+cx)\n"
    "     - 20*x2*x/((1+x2*x2)*(1+x2*x2));\n"
    "  return e*s + l*cx/q + r*t + x2*x*a + cosh(x/2)*log(2+cx) + 5/(1+x2*x2);\n"
    "}\n"
    "void loop(long n, const double *x, double *y, double *d) {\n"
    "  for (long i = 0; i < n; i++) y[i] = both(x[i], &d[i]);\n"
    "}\n"
    "void map(long n, const double *restrict x, double *restrict y) {\n"
    "  for (long i = 0; i < n; i++) { double v = x[i], v2 = v*v;\n"
    "    y[i] = exp(-v2/2)*sin(3*v+1) + log(1+v2)*cos(v)/(2+sin(v)) + "
    "sqrt(1+exp(v))*tanh(v/3)\n"
    "      + v2*v*atan(v) + cosh(v/2)*log(2+cos(v)) + 5/(1+v2*v2); }\n"
    "}\n";

/* The C text compiled with the flags and opened; NULL when there is no compiler. */
static void *compile_c(const char *dir, const char *name, const char *flags,
                       const char *libs)
{
    char file[200], command[900];
    snprintf(file, sizeof file, "%s/%s.c", dir, name);
    FILE *f = fopen(file, "w");
    if (!f)
        return NULL;
    fputs(by_hand, f);
    fclose(f);
    snprintf(command, sizeof command,
             "${CC:-cc} -O3 -march=native %s -shared -fPIC -o %s/%s.so "
             "%s/%s.c %s -lm 2>%s/log",
             flags, dir, name, dir, name, libs, dir);
    if (system(command) != 0)
        return NULL;
    snprintf(file, sizeof file, "%s/%s.so", dir, name);
    return dlopen(file, RTLD_NOW | RTLD_LOCAL);
}

typedef struct {
    Compiled k;
    Env *env;
    long n;
    double *x, *y, *d;
    void (*loop)(long, const double *, double *, double *);
    void (*map)(long, const double *, double *);
} Versus;

static void our_loop(void *arg)
{
    Versus *v = arg;
    for (long i = 0; i < v->n; i++) {
        code_run(v->k.both, v->k.slots2, v->x + i, v->k.out);
        v->y[i] = v->k.out[0];
        v->d[i] = v->k.out[1];
    }
}

static void their_loop(void *arg)
{
    Versus *v = arg;
    v->loop(v->n, v->x, v->y, v->d);
}

static void our_map(void *arg)
{
    Versus *v = arg;
    Column col = {v->x, 1};
    if (!cpu_backend.run(v->k.value, v->env, (size_t)v->n, &col, &v->y))
        die("the block executor failed");
}

static void their_map(void *arg)
{
    Versus *v = arg;
    v->map(v->n, v->x, v->y);
}

static void points(Versus *v, long n)
{
    v->n = n;
    v->x = realloc(v->x, (size_t)n * sizeof *v->x);
    v->y = realloc(v->y, (size_t)n * sizeof *v->y);
    v->d = realloc(v->d, (size_t)n * sizeof *v->d);
    if (!v->x || !v->y || !v->d)
        die("out of memory");
    for (long i = 0; i < n; i++)
        v->x[i] = 0.5 + (double)i / (double)n;
}

static void against_c(Versus *v, const char *dir)
{
    static const char one[] = "value and derivative, 40 nodes, one by one",
                      many[] = "value, 40 nodes, 10^7 points at once";
    void *plain = compile_c(dir, "plain", "", "");
    void *vec = compile_c(dir, "vec", "-ffast-math -mprefer-vector-width=512",
                          "-l:libsleefgnuabi.so.3");
    const char *which = "SLEEF";
    if (!vec) {
        vec = compile_c(dir, "vec", "-ffast-math -mprefer-vector-width=512", "-lmvec");
        which = "libmvec";
    }
    if (!plain || !vec) {
        printf("no C compiler: nothing to compare with\n");
        return;
    }
    *(void **)&v->loop = dlsym(plain, "loop");
    *(void **)&v->map = dlsym(vec, "map");
    if (wanted(one)) {
        points(v, 1000);
        double a = best_time(our_loop, v), b = best_time(their_loop, v);
        printf("%-44s ours %8.1f ns, C %8.1f ns, ratio %5.2f  (target 1.8)\n", one,
               1e6 * a, 1e6 * b, a / b);
    }
    if (wanted(many)) {
        points(v, 10000000);
        double a = best_time(our_map, v), b = best_time(their_map, v);
        printf("%-44s ours %8.2f ns, C with %s %.2f ns, ratio %5.2f  (target 1.6)\n",
               many, 100 * a, which, 100 * b, a / b);
    }
}

static void compare_with_c(void)
{
    char dir[] = "/tmp/leibniz-bench-XXXXXX", command[64];
    Ctx *c = ctx_new();
    uint32_t x = sym_intern(c, "x", 1);
    Versus v = {.env = &c->env, .k = compile(c, parse_text(c, formula), &x, 1)};
    if (ex_dag_size(c, parse_text(c, formula)) < 40)
        die("the formula has become smaller");
    if (!mkdtemp(dir))
        die("no folder for C programs");
    against_c(&v, dir);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    if (system(command) != 0)
        fprintf(stderr, "bench: %s is left over\n", dir);
    release(&v.k);
    free(v.x);
    free(v.y);
    free(v.d);
    ctx_free(c);
}

int main(int argc, char **argv)
{
    only = argc > 1 ? argv[1] : NULL;
    gradient_ratio("log-sum-exp of 16384 terms", log_sum_exp, 16384, "3, FastAD 1.8");
    gradient_ratio("sum of 16384 terms", plain_sum, 16384, "3, FastAD 1.5");
    gradient_ratio("Rosenbrock of 1000 variables", rosenbrock, 1000, "3");
    gradient_ratio("Gaussian mixture d=2 k=5 n=1000", mixture, 30, "3");
    compare_with_c();
    return 0;
}
