/* commands/pages.c - see pages.h. */
#include "commands/pages.h"

const char page_first[] =
    "d/dx x^2*sin(x)      derivative of the product that follows; d^2/dx^2, ∂/∂x\n"
    "d/dx(x^2) + x        parentheses say what it covers; diff(e, x, 2), f'(2), f''\n"
    "d/dx x^x at x=1/2    its value at a point; several names: e at x=1, y=2\n"
    "dy/dx where x^2 + y^2 = 1    of what an equation defines\n"
    "grad(x^2*y, [x, y])  also jacobian hessian hvp laplacian div curl taylor\n"
    "x = 3                x stands for 3; w := w + 1 stores the value it has now\n"
    "f(x, y) = x^2*y      a function: f(2, 3), d/dx f(x, 1)\n"
    "g(x) = { while x < 9 { x = x^2 + 1 }; x }    made of statements: help blocks\n"
    "expand simplify factor together apart collect subs(e, x=a)     other forms\n"
    "1/3 + 1/6  0.1 + 0.2 exact; sin(1.0) is a decimal; N(pi, 30) has 30 digits\n"
    "sum(k^2, k, 1, 10)   prod(e, k, a, b)  int(e, t, a, b)  if x < 0 then -x else x\n"
    "forward E at x=1     reverse E at x=1  trace reverse E at x=1    in float64\n"
    "check (x+1)^2 == x^2 + 2*x + 1         proves it, or shows where it fails\n"
    "2x   2 sin x   ½x²   √x   π            as on paper; 1/2x is 1/(2*x)\n"
    "%   %3   ans         the last result, the third; a; b two statements; # remark\n"
    "assume x > 0         then sqrt(x^2) is x; forget x  vars  undo  redo  clear\n"
    "save FILE  load FILE set  unset  history  latex E  graph E  time E  quit\n"
    "\n"
    "help NAME or ?NAME   a function, command, setting or sign, and the topics:\n"
    "derivatives, definitions, blocks, numbers, lists, accumulation, descent,\n"
    "checks, output, keys, operators, names (all functions), commands, settings";

static const Page topics[] = {
    {"derivatives",
     "derivative derive differentiate differentiation differential derivation partial "
     "prime slope d dx kink kinks",
     "d/dx E            covers the whole product that follows: d/dx x^2*sin(x)\n"
     "d/dx(E)           glued to a parenthesis it covers that only\n"
     "d^2/dx^2 E   d^2/(dx dy) E   d/dx d/dy E   ∂/∂x E   D[E, x, {y, 2}]\n"
     "diff(E, x, n)     d^n/dx^n E for any n: of powers, fractions, log, exp, sin,\n"
     "                  cosh, x^2*sin(x), sin(x)*cos(x)\n"
     "f'(2)  f''(x)     of a function you defined or of an unknown one\n"
     "E at x=1, y=2     values are put in after differentiation\n"
     "dy/dx where F(x, y) = c      d^2y/dx^2 where F(x, y) = c\n"
     "grad(E, [x, y])   hessian(E, [x, y])   jacobian([f, g], [x, y])   hvp  jvp  vjp\n"
     "laplacian(E, [x, y])   div([f, g], [x, y])   curl([f, g, h], [x, y, z])\n"
     "taylor(E, x=a, n)   detach(E) is a constant for derivatives\n"
     "At a kink: the true slope where there is one, else the one of least size: abs\n"
     "has 0 at 0.\n"
     "Results are simplified; set simplify none|light|full."},
    {"definitions",
     "definition define variable variables function assign assignment constant constants",
     "x = 3             x stands for 3; y = x^2 follows x: it is 9, after x = 4 16\n"
     "d/dx x^2          shows the formula and its value: 2*x   (= 6 at x = 3)\n"
     "w := w - 0.1*g    stores the value that the right-hand side has now\n"
     "f(x) = x^2*sin(x) a function; its parameters hide names of the same spelling\n"
     "f   d/dx f   grad f   without arguments: its definition; f(x) in a formula\n"
     "f(n) = if n < 2 then 1 else n*f(n-1)      may call itself: set recursion\n"
     "foo(x)            with no definition: an unknown function; d/dx foo(x^2) works\n"
     "evalf(x)          a name of another system: an error that says what to write;\n"
     "                  help evalf, too\n"
     "xy  ax^2  sinx    are errors where x is a variable: write x*y; var xy keeps xy\n"
     "assume x > 0      or >= 0, < 0, <= 0, != 0, x integer; several with commas\n"
     "vars              what is defined; forget x, forget all, clear drop it\n"
     "undo  redo        take the last change back, and make it again\n"
     "save FILE         load FILE brings it all back\n"
     "pi, e and inf are constants; names are letters (Greek, too), digits and _"},
    {"blocks", "block procedure procedures statements loop loops program programs",
     "f(a) = { b = 2*a; while norm(b) < 1000 { b = 2*b }; if sum(b) > 0 { b } else {\n"
     "    100*b } }\n"
     "for i = 1:n { ... }   for i = 10:-2:1 { ... }   while c { ... }\n"
     "if c { ... } else { ... }     return e; else the last expression is the value\n"
     "v[i] = e   zeros(3)   zeros(2, 2)   length(v)   sum(v)   dot(u, v)   norm(v)\n"
     "Names that are assigned are local.\n"
     "Outside functions for and while act on the session's names:\n"
     "for i = 1:9 { zero w; backward L; w := w - 0.1*w.grad }\n"
     "f(3/10)           exact, on formulas; f(x) is a formula where no loop needs x\n"
     "f(0.3)            a decimal in a function with loops: in float64, step by step\n"
     "d/dx f(x)         by the formula; an if on x gives if x > 0 then ... else ...\n"
     "f'(3/10)          exact, along the branches taken there\n"
     "f''(0.3)          like grad, hessian, hvp, jvp, vjp, jacobian ... at v=[1, 2]:\n"
     "                  in float64 where there is no formula\n"
     "f(dual(0.3, 1))   value and tangent; f' may be used inside other functions\n"
     "forward f(x) at x=0.3   reverse f(x) at x=0.3    never by a formula\n"
     "set looplimit   set recursion   set tape (memory of reverse: more is computed\n"
     "again)"},
    {"numbers",
     "number decimal decimals exact fraction fractions rational digits precision evalf "
     "eval float real complex",
     "1/3, 2^100        exact fractions and integers of any size\n"
     "0.1 + 0.2         decimals are exact, too: 0.3\n"
     "sin(1)            stays; the prompt shows its value beside it\n"
     "sin(1.0)          a decimal inside makes the value decimal\n"
     "N(E)  N(E, 50)    certified digits: every one is right; set digits 30\n"
     "1000!             too long for the screen: a pipe and digits 1000! write it out\n"
     "cbrt(-8), (-8)^(1/3) are -2; asin(2) and log(-1) are errors: values are real\n"
     "taylor(E, x=a, n) lowest degree first; at a decimal, and in N(...), its numbers\n"
     "                  are certified; removable singularities are filled:\n"
     "                  taylor(sin(x)/x, x=0, 6)\n"
     "d^30/dx^30 E at x=2   exact where that can be written, else a value with a note\n"
     "N(int(E, x, a, b))    certified, also over removable singularities; intervals\n"
     "                  are finite"},
    {"lists", "list vector vectors matrix matrices array arrays tensor element elements",
     "[1, 2, 3]         a list; [[1, 2], [3, 4]] or [1, 2; 3, 4] a matrix, row by row\n"
     "var x[n], S[n,n] symmetric     names for tensors; sizes are numbers or names\n"
     "v[1]  A[2, 1]  v[end]  v[-1]     elements; the first is number 1\n"
     "v[2:]  v[1:2:5]  A[:, 1]  v[[3, 1]]  v[v > 0]     parts; 1:5 is a list\n"
     "A[1, :] = e       in a function made of statements\n"
     "A*B  A*x  x'*A  x'*y  x*y'  A^2     products by shape: x is a column, x' a row;\n"
     "A.*B  A./B  x.^2  A + b  sin(A)     by elements; b is added to each row\n"
     "sum(A, axis=1)  max(A, axis=2, keep=yes)  map(f, A)  map(x -> x'*x, A)\n"
     "sum(v)  dot(u, v)  outer(u, v)  trace(A)  norm(v)  length(v)  zeros(3)\n"
     "zeros(2, 2)  linspace(0, 1, 11)\n"
     "grad(E, [x, y])   a list of derivatives; hessian and jacobian give matrices\n"
     "grad(f(v), v) at v=[1, 2]     where v is the list\n"
     "JSON has lists of numbers in \"tensor\" with their \"shape\"; help data"},
    {"matrices",
     "linear algebra determinant inverse eigenvalues eigenvectors singular factorization",
     "det(A)  logdet(A)  inv(A)  A^-1  adj(A)  pinv(A)  rank(A)  solve(A, b)\n"
     "cholesky(S)  expm(A)  eigvals(A)  svdvals(A)  opnorm(A)  nucnorm(A)  tril(A)\n"
     "[w, V] = eigh(S)  [U, s, V] = svd(A)  [Q, R] = qr(A)     or svd(A)[2], a part\n"
     "Up to 100 elements are exact, with names, too, where there is an exact form;\n"
     "else, and for larger ones, float64, by OpenBLAS where it is installed\n"
     "var X[n,n]; grad(log(det(X)), X)     formulas; det also where X is singular\n"
     "eigenvalues ascend, singular values descend; repeated ones can be\n"
     "differentiated, their vectors cannot. Complex eigenvalues are errors"},
    {"data", "file files npy csv tsv numpy load save random large float64 float32",
     "X = load(\"x.npy\")    an array from a file: .npy of NumPy, .csv or .tsv\n"
     "save X \"x.npy\"       and to one; save FILE saves the session, arrays beside it\n"
     "linspace(0, 1, 10^6)  zeros(m, n)  ones(n)  rand(m, n)  randn(n)  seed 1\n"
     "float64(e)  float32(e)  turn exact elements into such numbers\n"
     "Up to 100 exact elements stay exact; more, and what comes from data, is float64.\n"
     "Long arrays are shown by their corners, shape and type; set maxprint 100000 and\n"
     "files give all of them; vars shows shapes and types.\n"
     "x.^2.*sin(x) is computed for all elements at once, by several threads; elements\n"
     "without a real value are nan, and counted\n"
     "set maxmem 8G         more memory for arrays; half the machine's by default\n"
     "x := E                stores the value; decimals of more than 40 digits as "
     "float64"},
    {"jacobians",
     "layout numerator denominator jvp vjp hvp nabla matrixcalculus matrixcalc",
     "grad(E, x)        has the shape of x: var x[n], A[n,n]; grad(x'*A*x, x)\n"
     "grad(E, [x, A])   a list of them; hessian(E, [x, A]) blocks by pairs of names\n"
     "jacobian(F, x)    the shape of F, then that of x; hessian(E, x) twice that of x\n"
     "jvp(F, x, v)      along v, of the shape of x; vjp(F, x, u): u has that of F\n"
     "hvp(E, x, v)      the Hessian times v, without making it\n"
     "d/dx F            numerator layout: of a number by a vector a row, of F[m] by\n"
     "                  x[n] (m, n), of a number by A[m,n] (n, m)\n"
     "set layout denominator        columns, and (m, n); jacobian: as jacobian(F, x)\n"
     "S[n,n] symmetric  derivatives by S are symmetric parts; a note says so\n"
     "dy/dx where F(x, y) = c       by a tensor x, where y is a number\n"
     "x = [1, 2, 3]     the formula is followed by its value there"},
    {"accumulation",
     "autodiff automatic ad numeric numerical backpropagation backprop tape",
     "forward E at x=1, y=2          value and derivatives in float64, in one sweep\n"
     "forward E at ... along (1, 0)  one derivative, in a direction\n"
     "reverse E at x=1, y=2          value and gradient, one sweep backwards\n"
     "trace forward E at ...         each step: v3 = v1*v2, its value and derivatives\n"
     "trace reverse E at ...         and what each step contributes to the adjoints\n"
     "trace ... as json|csv|latex    for programs and papers; or leibniz --json ...\n"
     "E may be a list, or call functions made of statements: loops are written out in\n"
     "traces.\n"
     "x = [0, 1, 2]; y = x'*x; backward y; x.grad   as in the frameworks: x.grad is\n"
     "none at first, each backward adds to it; zero x, x = ... begin anew; watch x;\n"
     "backward y with v; detach(e) and pause { u = y } are constants\n"
     "jacobian([f, g], [x, y]) at x=1.5, y=2    notes whether columns (forward) or\n"
     "rows (reverse) were fewer; set mode forward|reverse|symbolic forces the way,\n"
     "for hessian, grad ..., too\n"
     "gradcheck E at x=1             compares all ways: help checks\n"
     "Values that are infinite, or no number, are named with the operation and its\n"
     "column."},
    {"descent",
     "optimise optimize optimisation optimization optimizer minimise minimize maximise "
     "maximize fit fitting sgd adam newton",
     "descend E from x=1, y=2 [rate r] [method NAME] [x in a:b] [until C]   ascend E "
     "...\n"
     "opens a descent; x and y stand for its point from then on. While it is open:\n"
     "step [n]          steps, one row each; at the prompt an empty line does one\n"
     "run [n] [until |g| < 1e-6]   until it has arrived; f, |g| and k are its own\n"
     "back [n]  goto k  reset      exactly as it was, the method's memory included\n"
     "rate r [times c every n]     method NAME [b1=.9 ...]\n"
     "linesearch armijo|wolfe|none\n"
     "why               the last step in numbers       state   table [a:b]\n"
     "columns x, y      the variables that rows show   columns all\n"
     "compare gd adam   from the same start            save \"run.csv\"   its steps\n"
     "end               closes it; the names keep the point\n"
     "Methods: gd momentum nesterov adagrad rmsprop adam adamw lbfgs; newton (in a\n"
     "trust region; newton full, newton half); for sums of squares gaussnewton and lm.\n"
     "Everything else works meanwhile; x := 3 moves the point."},
    {"checks", "proof proofs prove verify test tests equal equality identity identities",
     "check A == B      PASS proved; PASS numeric: 50 digits at 8 points; FAIL with a\n"
     "                  point and both values; UNKNOWN with the reason\n"
     "                  looked at, too: zeros, kinks, jumps, integers, ends;\n"
     "                  where only one side has a value is said with a PASS\n"
     "                  a FAIL that is right up to a constant says so:\n"
     "                  check x^2 + 1 == x^2\n"
     "check A == B on x in 0:1     points of that range; assumptions are kept, too\n"
     "check A == B at x=2          at that point only; tol 1e-6: for answers given as\n"
     "                  decimals\n"
     "gradcheck E at x=1           formula, forward, reverse, certified difference:\n"
     "                  AGREE (relative, with its bound), DISAGREE, KINK, BRANCH or\n"
     "                  UNRESOLVED; what detach(...) hides is hidden from them all\n"
     "exit status       1 some check failed; 4 with --strict, when one stayed UNKNOWN"},
    {"output", "print printing format formats json csv tsv pipe pipes screen",
     "set pretty on     two dimensions, as on paper; set unicode off: in ASCII\n"
     "set latex on      LaTeX; latex E once; leibniz --latex in a pipe\n"
     "set digits 30     of N(e) and of the decimals beside exact constants\n"
     "set approx off    no decimals beside exact constants\n"
     "set maxprint N    longer results are printed with their common parts named once\n"
     "digits E          all digits of an integer, a fraction or a long decimal\n"
     "cse(E)            the common parts named, as for a program\n"
     "leibniz -e E      or a pipe: plain text; --records gives a line for each line,\n"
     "                  --json, --csv, --tsv records; man leibniz has the rest"},
    {"keys", "key keyboard editing readline shortcuts tab interrupt completion",
     "Tab               completes names; once more: what they are; after set, too\n"
     "Ctrl-C            stops a computation, or gives up the line; definitions stay\n"
     "Ctrl-D            leaves; so do quit and exit\n"
     "Up, Ctrl-R        earlier entries, and search among them; history shows results\n"
     "an open bracket   goes on in the next line; an empty line gives it up\n"
     "space, q          the next page of a long answer, and its end\n"
     "Ctrl-L            clears the screen; ~/.inputrc changes keys"},
    {"operators", "operator signs sign symbols precedence grammar syntax",
     "From loose to tight; ?^ and so on tell more:\n"
     "at                E at x=1, y=2\n"
     "if then else      if x < 0 then -x else x; {a if c; b otherwise}\n"
     "or  and  not      == != < <= > >=\n"
     "+ -\n"
     "* / % .* ./ @     % is modulo here; as an operand, the last result\n"
     "-x   d/dx\n"
     "2x   2 sin x      written together: tighter than /, looser than ^\n"
     "^ (or **) .^      right associative: 2^3^2 is 2^(3^2); -2^2 is -(2^2)\n"
     "f(x)  v[i]  f'  A'  n!\n"
     "=  :=  ;  #       define, assign, next statement, remark"},
};

/* Words of the language that are no functions, commands or settings. */
static const Page words[] = {
    {"sum", "summation add total",
     "sum(e, k, a, b): e added up for k = a, a + 1, ..., b; in closed form for a "
     "polynomial e"},
    {"prod", "product multiply",
     "prod(e, k, a, b): e multiplied for k = a, a + 1, ..., b"},
    {"int", "integrate integral integration antiderivative quad",
     "int(e, t, a, b): the integral of e over t from a to b; N(int(...)) is its value"},
    {"if", "then else case cases piecewise condition conditional",
     "if c then a else b: a where c holds, else b; in pieces {a if c; b if d; u "
     "otherwise}"},
    {"while", "",
     "while c { ... }: in functions made of statements, as long as c holds; help blocks"},
    {"for", "",
     "for i = a:b { ... } or a:step:b: in functions made of statements; help blocks"},
    {"return", "",
     "return e: leaves a function made of statements with the value e; help blocks"},
    {"let", "local",
     "let x = e: x is local to the function made of statements; help blocks"},
    {"otherwise", "",
     "{a if c; b if d; u otherwise}: the piece where no condition holds"},
    {"where", "implicit dy/dx",
     "dy/dx where F(x, y) = c: the derivative of what an equation defines, made "
     "smaller by that equation"},
    {"and", "", "a and b: holds where both do; behind if, and in {a if c; b otherwise}"},
    {"or", "", "a or b: holds where one of them does"},
    {"not", "", "not c: holds where c does not"},
    {"pi", "", "pi: the constant 3.14159..., also typed π"},
    {"e", "euler", "e: the constant 2.71828..., exp(1)"},
    {"inf", "infinity oo", "inf: infinity, as a bound of int, sum and prod"},
    {"ans", "last previous result results",
     "ans: the last result; % is the same, %3 the third result"},
};

static const Page signs[] = {
    {"+", "plus addition",
     "a + b: the sum; adjacent signs are read as on paper: 2 - -3 is 5"},
    {"-", "− minus subtraction negation",
     "a - b: the difference; -x: -2^2 is -(2^2), and 2^-1 is 1/2"},
    {"*", "· × times multiplication",
     "a*b: the product; also written together: 2x, 2(x + 1), x y, 2 sin x"},
    {"/", "÷ over division divide quotient ratio",
     "a/b: the quotient, exact; 1/2x is 1/(2*x), 1/2 x (with a space) is (1/2)*x, and\n"
     "a note says so; d/dx is the derivative, with spaces d / dx divides"},
    {"^", "** ² power powers exponent raise",
     "a^b: a to the power b, also a**b and x²; right associative: 2^3^2 is 2^(3^2);\n"
     "x^(1/3) is real for negative x, as cbrt(x)"},
    {"%", "%1 mod modulo remainder",
     "%: the last result, as ans; %3 the third\n"
     "a % b: the remainder, with the sign of b: -7 % 3 is 2"},
    {"!", "factorial", "n!: the factorial, gamma(n + 1)"},
    {"'", "′",
     "f'(2), f'', f''(x): derivatives of a function; help derivatives\n"
     "A', x': the transpose of a matrix, the row of a vector; help lists"},
    {".*", ".* ./ .^ @ elementwise",
     "A.*B, A./B, A.^2: element by element; A*B, A@B: the product by shape; help lists"},
    {"=", "",
     "x = 3: x stands for 3 from now on; f(x) = x^2: a function. Equations are\n"
     "written with == in check, and with = behind where: dy/dx where x^2 + y^2 = 1"},
    {":=", "", "w := w + 1: w stands for the value that the right-hand side has now"},
    {"==", "equals", "a == b: are they equal? in check a == b, and behind if"},
    {"!=", "≠ <>", "a != b: they differ; behind if, and in assume x != 0"},
    {"<", "> <= >= ≤ ≥ less greater comparison comparisons",
     "a < b, a <= b, a > b, a >= b: behind if, in assume x > 0; chains are written with\n"
     "and: 0 < x and x < 1"},
    {"|", "| bars", "|x|: abs(x); E |_{x=1} is E at x=1"},
    {"( )", "( ) () parentheses brackets",
     "(a + b)*c: groups; f(x): applies; 2(x + 1): a product; d/dx(E): covers E only"},
    {"[ ]", "[ ] []", "[a, b]: a list, [a, b; c, d] a matrix; v[1]: its first element"},
    {"{ }", "{ } {}",
     "{a if c; b otherwise}: a value in pieces; f(x) = { ... }: made of statements;\n"
     "D[e, x, {y, 2}]: the order of a derivative"},
    {":", "range", "a:b, a:step:b: in for i = 1:n { ... }, and in check ... on x in 0:1"},
    {";", ",",
     "a; b: two statements; the answer is that of the last. [a, b; c, d]: rows"},
    {"#", "comment comments remark", "# what follows it is a remark"},
    {"?", "", "?NAME: what it is, as help NAME"},
};

/* Names of functions, commands and settings under others; two words or more lead there. */
static const struct {
    const char *words, *name;
} elsewhere[] = {
    {"gradient nabla del", "grad"},
    {"jac jacobi", "jacobian"},
    {"hess", "hessian"},
    {"divergence", "div"},
    {"rot rotation", "curl"},
    {"series expansion maclaurin taylorseries", "taylor"},
    {"substitute substitution replace", "subs"},
    {"root squareroot", "sqrt"},
    {"cuberoot", "cbrt"},
    {"absolute absolutevalue modulus magnitude", "abs"},
    {"logarithm", "log"},
    {"exponential", "exp"},
    {"simplification", "simplify"},
    {"factorize factorise factorization", "factor"},
    {"multiply-out multiplyout", "expand"},
    {"partfrac partialfractions", "apart"},
    {"quit() exit() bye leave", "quit"},
    {"delete remove del unassign", "forget"},
    {"reset", "clear"},
    {"colour colors colours", "color"},
    {"tex", "latex"},
    {"tree dag dot", "graph"},
    {"stop stopgradient stop_gradient", "detach"},
    {"write export", "save"},
    {"read import open source", "load"},
    {"timing", "time"},
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

const Page *page_at(PageKind kind, size_t i)
{
    switch (kind) {
    case PAGE_TOPIC: return i < COUNT(topics) ? &topics[i] : NULL;
    case PAGE_WORD: return i < COUNT(words) ? &words[i] : NULL;
    default: return i < COUNT(signs) ? &signs[i] : NULL;
    }
}

/* Is name among the words, which stand between blanks? */
static bool among(const char *list, const char *name, size_t n)
{
    while (*list) {
        size_t k = strcspn(list, " ");
        if (k == n && memcmp(list, name, n) == 0)
            return true;
        list += k + (list[k] == ' ');
    }
    return false;
}

const Page *page_find(PageKind kind, const char *name, size_t n, bool also)
{
    const Page *p;
    for (size_t i = 0; (p = page_at(kind, i)); i++)
        if (strlen(p->name) == n && memcmp(p->name, name, n) == 0)
            return p;
    for (size_t i = 0; also && (p = page_at(kind, i)); i++)
        if (among(p->also, name, n))
            return p;
    return NULL;
}

const char *page_elsewhere(const char *name, size_t n)
{
    for (size_t i = 0; i < COUNT(elsewhere); i++)
        if (among(elsewhere[i].words, name, n))
            return elsewhere[i].name;
    return NULL;
}
