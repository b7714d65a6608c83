/* parse/lex.c - text to tokens. One pass; nothing is read twice and nothing is copied. Brackets
 * are matched here, so that the parser can look past them in constant time. */
#include "parse/lex.h"

typedef struct {
    const char *name;
    uint8_t len, kind;
} Keyword;

static const Keyword words[] = {
    {"at", 2, TK_AT},         {"if", 2, TK_IF},
    {"then", 4, TK_THEN},     {"else", 4, TK_ELSE},
    {"and", 3, TK_AND},       {"or", 2, TK_OR},
    {"not", 3, TK_NOT},       {"for", 3, TK_FOR},
    {"while", 5, TK_WHILE},   {"let", 3, TK_LET},
    {"in", 2, TK_IN},         {"on", 2, TK_ON},
    {"where", 5, TK_WHERE},   {"wrt", 3, TK_WRT},
    {"return", 6, TK_RETURN}, {"otherwise", 9, TK_OTHERWISE},
};

/* Spelled-out names from U+03B1 on; capitals begin with a capital letter. */
static const char *const greek[25] = {
    "alpha",   "beta", "gamma", "delta",  "epsilon", "zeta", "eta",
    "theta",   "iota", "kappa", "lambda", "mu",      "nu",   "xi",
    "omicron", "pi",   "rho",   "sigma",  "sigma",   "tau",  "upsilon",
    "phi",     "chi",  "psi",   "omega",
};

static inline bool is_alpha(unsigned char ch) { return (unsigned)((ch | 32) - 'a') < 26; }

static inline bool is_digit(unsigned char ch) { return (unsigned)(ch - '0') < 10; }

static inline bool is_word(unsigned char ch)
{
    return is_alpha(ch) || is_digit(ch) || ch == '_';
}

static const char *greek_name(uint32_t cp, bool *capital)
{
    *capital = false;
    switch (cp) {
    case 0xb5: return "mu";
    case 0x3d1: return "theta";
    case 0x3d5: return "phi";
    case 0x3f0: return "kappa";
    case 0x3f1: return "rho";
    case 0x3f5: return "epsilon";
    default: break;
    }
    if (cp >= 0x3b1 && cp <= 0x3c9)
        return greek[cp - 0x3b1];
    *capital = cp >= 0x391 && cp <= 0x3a9 && cp != 0x3a2;
    return *capital ? greek[cp - 0x391] : NULL;
}

bool lex_is_greek(const char *name, size_t n)
{
    if (n < 2 || n > 7)
        return false;
    for (size_t i = 0; i < 25; i++)
        if ((name[0] | 32) == greek[i][0] && strlen(greek[i]) == n &&
            !memcmp(greek[i] + 1, name + 1, n - 1))
            return true;
    return false;
}

/* Letters of the alphabets people write formulas in; what is not here is refused by name.
 */
static bool is_uni_letter(uint32_t cp)
{
    static const uint32_t ranges[][2] = {
        {0xaa, 0xaa},     {0xb5, 0xb5},       {0xba, 0xba},     {0xc0, 0xd6},
        {0xd8, 0xf6},     {0xf8, 0x2af},      {0x370, 0x373},   {0x376, 0x377},
        {0x37b, 0x37d},   {0x37f, 0x37f},     {0x386, 0x386},   {0x388, 0x481},
        {0x48a, 0x52f},   {0x531, 0x556},     {0x561, 0x587},   {0x5d0, 0x5ea},
        {0x620, 0x64a},   {0x904, 0x939},     {0xe01, 0xe30},   {0x1e00, 0x1fbc},
        {0x210a, 0x2113}, {0x2115, 0x2115},   {0x2119, 0x211d}, {0x2128, 0x2138},
        {0x3041, 0x3096}, {0x30a1, 0x30fa},   {0x3400, 0x4dbf}, {0x4e00, 0x9fff},
        {0xac00, 0xd7a3}, {0x1d400, 0x1d7cb},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (cp <= ranges[i][1])
            return cp >= ranges[i][0];
    return false;
}

static bool is_subscript(uint32_t cp) { return cp >= 0x2080 && cp <= 0x2089; }

static bool is_uni_word(uint32_t cp)
{
    return is_uni_letter(cp) || is_subscript(cp) || (cp >= 0x300 && cp <= 0x36f);
}

/* The value of a superscript character: 0-9, '+', '-', 'n'; -1 for others. */
static int superscript_value(uint32_t cp)
{
    switch (cp) {
    case 0xb9: return 1;
    case 0xb2: return 2;
    case 0xb3: return 3;
    case 0x2070: return 0;
    case 0x207a: return '+';
    case 0x207b: return '-';
    case 0x207f: return 'n';
    default: return cp >= 0x2074 && cp <= 0x2079 ? (int)(cp - 0x2070) : -1;
    }
}

static bool is_uni_space(uint32_t cp)
{
    return cp == 0xa0 || (cp >= 0x2000 && cp <= 0x200b) || cp == 0x202f || cp == 0x205f ||
           cp == 0x3000 || cp == 0xfeff || cp == 0x2028 || cp == 0x2029 || cp == 0x2062;
}

/* The fraction p/q that a character such as one half stands for. */
static bool fraction_of_character(uint32_t cp, int *p, int *q)
{
    static const struct {
        uint16_t cp;
        uint8_t p, q;
    } table[] = {{0xbc, 1, 4},   {0xbd, 1, 2},    {0xbe, 3, 4},   {0x2150, 1, 7},
                 {0x2151, 1, 9}, {0x2152, 1, 10}, {0x2153, 1, 3}, {0x2154, 2, 3},
                 {0x2155, 1, 5}, {0x2156, 2, 5},  {0x2157, 3, 5}, {0x2158, 4, 5},
                 {0x2159, 1, 6}, {0x215a, 5, 6},  {0x215b, 1, 8}, {0x215c, 3, 8},
                 {0x215d, 5, 8}, {0x215e, 7, 8}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].cp == cp) {
            *p = table[i].p;
            *q = table[i].q;
            return true;
        }
    return false;
}

bool lex_fraction(const Lexer *L, const Token *t, int *p, int *q)
{
    uint32_t cp;
    return (t->flags & T_UNI) && utf8_get(L->text + t->pos, t->len, &cp) &&
           fraction_of_character(cp, p, q);
}

unsigned lex_root(const Lexer *L, const Token *t)
{
    uint32_t cp;
    (void)utf8_get(L->text + t->pos, t->len, &cp);
    return cp == 0x221c ? 4 : cp == 0x221b ? 3 : 2;
}

/* Tokens of one character outside ASCII; TK_END for others. */
static TokenKind uni_token(uint32_t cp)
{
    int p, q;
    switch (cp) {
    case 0xb7:
    case 0xd7:
    case 0x22c5:
    case 0x2217:
    case 0x2022: return TK_STAR;
    case 0xf7:
    case 0x2215:
    case 0x2044: return TK_SLASH;
    case 0x2212:
    case 0x2013: return TK_MINUS;
    case 0x2264: return TK_LE;
    case 0x2265: return TK_GE;
    case 0x2260: return TK_NE;
    case 0x221e: return TK_NAME;
    case 0x221a:
    case 0x221b:
    case 0x221c: return TK_SQRT;
    case 0x2202: return TK_PARTIAL;
    case 0x2032:
    case 0x2033:
    case 0x2019: return TK_PRIME;
    case 0x2227: return TK_AND;
    case 0x2228: return TK_OR;
    case 0xac: return TK_NOT;
    default: return fraction_of_character(cp, &p, &q) ? TK_NUM : TK_END;
    }
}

void lex_init(Lexer *L, Ctx *c, const char *text, size_t from, size_t to)
{
    *L = (Lexer){.c = c, .text = text, .at = from, .to = to, .open = LEX_NONE};
}

static bool grow_tokens(Lexer *L)
{
    uint32_t cap = L->cap ? 2 * L->cap : (uint32_t)((L->to - L->at) / 2 + 16);
    Token *tok = ARENA_NEW(&L->c->tmp, Token, cap);
    if (!tok || env_failed(&L->c->env))
        return false;
    if (L->n)
        memcpy(tok, L->tok, L->n * sizeof *tok);
    L->tok = tok;
    L->cap = cap;
    return true;
}

static inline Token *emit_token(Lexer *L, TokenKind kind, size_t len, unsigned flags)
{
    if (L->n == L->cap && !grow_tokens(L))
        return NULL;
    Token *t = &L->tok[L->n++];
    *t = (Token){.kind = (uint8_t)kind,
                 .flags = (uint8_t)flags,
                 .pos = (uint32_t)L->at,
                 .len = (uint32_t)len,
                 .match = LEX_NONE};
    L->at += len;
    return t;
}

static void lex_error(Lexer *L, size_t len, const char *hint, const char *fmt,
                      const char *arg)
{
    Span at = {(uint32_t)L->at, (uint32_t)len};
    env_error_at(&L->c->env, at, LBZ_SYNTAX, hint, fmt, arg);
}

/* While a bracket is open its match is the one around it. */
static bool open_bracket(Lexer *L, TokenKind kind, unsigned flags)
{
    Token *t = emit_token(L, kind, 1, flags);
    if (!t)
        return false;
    t->match = L->open;
    L->open = L->n - 1;
    return true;
}

static bool close_bracket(Lexer *L, TokenKind kind, unsigned flags)
{
    Token *t = emit_token(L, kind, 1, flags);
    if (!t)
        return false;
    if (L->open == LEX_NONE || L->tok[L->open].kind + 1u != (unsigned)kind)
        return true; /* the parser says what is wrong */
    Token *o = &L->tok[L->open];
    t->match = L->open;
    L->open = o->match;
    o->match = L->n - 1;
    o->closed = true;
    return true;
}

static TokenKind word_kind(const char *s, size_t n)
{
    enum {
        FIRST_LETTERS = 1 << ('a' - 'a') | 1 << ('e' - 'a') | 1 << ('f' - 'a') |
                        1 << ('i' - 'a') | 1 << ('l' - 'a') | 1 << ('n' - 'a') |
                        1 << ('o' - 'a') | 1 << ('r' - 'a') | 1 << ('t' - 'a') |
                        1 << ('w' - 'a')
    }; /* letters that words begin with */
    if (n < 2 || n > 9 || s[0] < 'a' || s[0] > 'w' ||
        !(FIRST_LETTERS >> (s[0] - 'a') & 1))
        return TK_NAME;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].name[0] == s[0] && words[i].len == n && !memcmp(words[i].name, s, n))
            return (TokenKind)words[i].kind;
    return TK_NAME;
}

static unsigned char byte_at(const Lexer *L, size_t at)
{
    return at < L->to ? (unsigned char)L->text[at] : 0;
}

/* Bytes of the name at s. Pi is a name of its own wherever it stands (2 pi r), unless an
 * index follows it. */
size_t lex_name_len(const char *s, size_t n)
{
    size_t i = 0;
    for (uint32_t cp; i < n;) {
        if (!((unsigned char)s[i] & 0x80)) {
            if (!is_word((unsigned char)s[i]) || (!i && !is_alpha((unsigned char)s[i])))
                break;
            i++;
            continue;
        }
        unsigned k = utf8_get(s + i, n - i, &cp);
        if (!k || !is_uni_word(cp) || (!i && !is_uni_letter(cp)) || (i && cp == 0x3c0))
            break;
        i += k;
        uint32_t next = 0;
        if (cp == 0x3c0 && (i == n || (s[i] != '_' && (!utf8_get(s + i, n - i, &next) ||
                                                       !is_subscript(next)))))
            break;
    }
    return i;
}

static bool lex_name_token(Lexer *L, unsigned flags)
{
    const char *s = L->text + L->at;
    size_t n = 0, most = L->to - L->at;
    while (n < most && is_word((unsigned char)s[n])) /* the first is a letter */
        n++;
    if (n < most && (unsigned char)s[n] & 0x80) { /* perhaps a longer name */
        size_t ascii = n;
        n = lex_name_len(s, most);
        flags |= n > ascii ? T_UNI : 0;
    }
    TokenKind kind = flags & T_UNI ? TK_NAME : word_kind(s, n);
    L->seen_at |= kind == TK_AT;
    L->seen_de |= n == 2 && s[0] == 'd' && s[1] == 'e';
    return emit_token(L, kind, n, flags) != NULL;
}

/* Digits, a fraction, an exponent; 2e is the number 2 before the name e. A last '.'
 * belongs to the number unless it begins an elementwise operator. */
static bool lex_number(Lexer *L, unsigned flags)
{
    size_t i = L->at;
    while (is_digit(byte_at(L, i)))
        i++;
    if (byte_at(L, i) == '.') {
        unsigned char next = byte_at(L, i + 1);
        if (is_digit(next) || (i > L->at && !is_alpha(next) && !strchr("*/^.'", next)))
            i++;
        else if (i > L->at && (!next || next == '\n'))
            i++;
        while (is_digit(byte_at(L, i)))
            i++;
    }
    if ((byte_at(L, i) | 32) == 'e') {
        size_t k = i + 1;
        k += byte_at(L, k) == '+' || byte_at(L, k) == '-';
        if (is_digit(byte_at(L, k)))
            for (i = k; is_digit(byte_at(L, i)); i++)
                ;
    }
    return emit_token(L, TK_NUM, i - L->at, flags) != NULL;
}

static bool lex_superscripts(Lexer *L, unsigned flags)
{
    size_t i = L->at;
    uint32_t cp;
    for (unsigned k; i < L->to && (k = utf8_get(L->text + i, L->to - i, &cp)) > 1 &&
                     superscript_value(cp) >= 0;)
        i += k;
    return emit_token(L, TK_SUP, i - L->at, flags | T_UNI) != NULL;
}

static bool lex_unicode(Lexer *L, unsigned *flags)
{
    uint32_t cp;
    unsigned k = utf8_get(L->text + L->at, L->to - L->at, &cp);
    if (!k) {
        lex_error(L, 1, "save the text as UTF-8", "this byte is not valid UTF-8%s", "");
        return false;
    }
    if (is_uni_space(cp)) {
        L->at += k;
        *flags |= T_SPACE;
        return true;
    }
    unsigned fl = *flags | T_UNI;
    TokenKind kind = uni_token(cp);
    *flags = 0;
    L->seen_de |= kind == TK_PARTIAL;
    if (kind == TK_PARTIAL && byte_at(L, L->at + k) == '_')
        return emit_token(L, TK_PARTIALSUB, k + 1, fl) != NULL;
    if (kind != TK_END)
        return emit_token(L, kind, k, fl) != NULL;
    if (superscript_value(cp) >= 0)
        return lex_superscripts(L, fl);
    if (is_uni_letter(cp))
        return lex_name_token(L, fl);
    char ch[5] = {0};
    memcpy(ch, L->text + L->at, k);
    lex_error(L, k, lex_sign_hint(ch), "the character '%s' means nothing here", ch);
    return false;
}

static bool lex_bar(Lexer *L, unsigned flags)
{
    bool sub = byte_at(L, L->at + 1) == '_';
    L->seen_at |= sub;
    return emit_token(L, sub ? TK_BARAT : TK_BAR, sub ? 2 : 1, flags) != NULL;
}

static bool lex_dot(Lexer *L, unsigned flags)
{
    switch (byte_at(L, L->at + 1)) {
    case '*': return emit_token(L, TK_DOTSTAR, 2, flags) != NULL;
    case '/': return emit_token(L, TK_DOTSLASH, 2, flags) != NULL;
    case '^': return emit_token(L, TK_DOTCARET, 2, flags) != NULL;
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': return lex_number(L, flags);
    default: return emit_token(L, TK_DOT, 1, flags) != NULL;
    }
}

static bool lex_bad(Lexer *L)
{
    char ch[2] = {L->text[L->at], 0};
    if ((unsigned char)ch[0] < 32 || ch[0] == 127)
        lex_error(L, 1, "remove it", "there is a control character in the text%s", "");
    else
        lex_error(L, 1, lex_sign_hint(ch), "the character '%s' means nothing here", ch);
    return false;
}

/* "ij,jk->ik": up to the next quote, on one line. */
static bool lex_string(Lexer *L, unsigned flags)
{
    const char *s = L->text + L->at + 1, *end = memchr(s, '"', L->to - L->at - 1);
    if (end && !memchr(s, '\n', (size_t)(end - s)))
        return emit_token(L, TK_STRING, (size_t)(end - s) + 2, flags) != NULL;
    lex_error(L, 1, "write einsum(\"ij,jk->ik\", A, B)",
              "the text behind this quote is not closed%s", "");
    return false;
}

static bool lex_punct(Lexer *L, unsigned fl)
{
    unsigned char next = byte_at(L, L->at + 1);
    size_t primes = 1;
    switch (L->text[L->at]) {
    case '+': return emit_token(L, TK_PLUS, 1, fl) != NULL;
    case '-': return emit_token(L, TK_MINUS, 1, fl) != NULL;
    case '*':
        return emit_token(L, next == '*' ? TK_CARET : TK_STAR, 1 + (next == '*'), fl) !=
               NULL;
    case '/': return emit_token(L, TK_SLASH, 1, fl) != NULL;
    case '^': return emit_token(L, TK_CARET, 1, fl) != NULL;
    case '%': return emit_token(L, TK_PERCENT, 1, fl) != NULL;
    case '!':
        return emit_token(L, next == '=' ? TK_NE : TK_BANG, 1 + (next == '='), fl) !=
               NULL;
    case '<':
        return emit_token(L, next == '=' ? TK_LE : TK_LT, 1 + (next == '='), fl) != NULL;
    case '>':
        return emit_token(L, next == '=' ? TK_GE : TK_GT, 1 + (next == '='), fl) != NULL;
    case '=':
        return emit_token(L, next == '=' ? TK_EQ : TK_ASSIGN, 1 + (next == '='), fl) !=
               NULL;
    case ':':
        return emit_token(L, next == '=' ? TK_WALRUS : TK_COLON, 1 + (next == '='), fl) !=
               NULL;
    case ',': return emit_token(L, TK_COMMA, 1, fl) != NULL;
    case '@': return emit_token(L, TK_MATMUL, 1, fl) != NULL;
    case '(': return open_bracket(L, TK_LPAREN, fl);
    case '[': return open_bracket(L, TK_LBRACK, fl);
    case '{': return open_bracket(L, TK_LBRACE, fl);
    case ')': return close_bracket(L, TK_RPAREN, fl);
    case ']': return close_bracket(L, TK_RBRACK, fl);
    case '}': return close_bracket(L, TK_RBRACE, fl);
    case '|': return lex_bar(L, fl);
    case '.': return lex_dot(L, fl);
    case '"': return lex_string(L, fl);
    case '\'':
        while (byte_at(L, L->at + primes) == '\'')
            primes++;
        return emit_token(L, TK_PRIME, primes, fl) != NULL;
    default: return lex_bad(L);
    }
}

/* White space and comments; false at a line break outside all brackets. */
static bool skip_space(Lexer *L, unsigned *flags)
{
    for (; L->at < L->to; L->at++) {
        char ch = L->text[L->at];
        if ((unsigned char)ch > ' ' && ch != '#')
            break;
        if (ch == '#') {
            const char *nl = memchr(L->text + L->at, '\n', L->to - L->at);
            L->at = nl ? (size_t)(nl - L->text) : L->to;
            if (!nl)
                break;
            ch = '\n';
        }
        if (ch == '\n') {
            *flags |= T_NEWLINE;
            if (L->open == LEX_NONE)
                return false;
        } else if (ch != ' ' && ch != '\t' && ch != '\r' && ch != '\f' && ch != '\v') {
            break;
        }
        *flags |= T_SPACE;
    }
    return true;
}

bool lex_more(Lexer *L)
{
    unsigned flags = 0;
    for (;;) {
        if (!skip_space(L, &flags))
            return emit_token(L, TK_NL, 1, flags) != NULL;
        if (L->at >= L->to)
            return emit_token(L, TK_END, 0, flags) != NULL;
        unsigned char ch = (unsigned char)L->text[L->at];
        bool ok;
        if (is_alpha(ch)) {
            ok = lex_name_token(L, flags);
        } else if (is_digit(ch)) {
            ok = lex_number(L, flags);
        } else if (ch & 0x80) {
            ok = lex_unicode(L, &flags);
            if (ok)
                continue;
        } else if (ch == ';') {
            if (!emit_token(L, TK_SEMI, 1, flags))
                return false;
            if (L->open == LEX_NONE)
                return true;
            ok = true;
        } else {
            ok = lex_punct(L, flags);
        }
        if (!ok)
            return false;
        flags = 0;
    }
}

const char *lex_name(const Lexer *L, const Token *t, size_t *n)
{
    const char *s = L->text + t->pos;
    *n = t->len;
    if (!(t->flags & T_UNI))
        return s;
    char *out = ARENA_NEW(&L->c->tmp, char, 8 * (size_t)t->len + 8);
    size_t k = 0;
    if (!out) {
        *n = 0;
        return "";
    }
    bool sub = false, cap;
    uint32_t cp = 0;
    for (size_t i = 0; i < t->len; i += utf8_get(s + i, t->len - i, &cp)) {
        unsigned len = utf8_get(s + i, t->len - i, &cp);
        const char *g = greek_name(cp, &cap);
        if (is_subscript(cp)) {
            if (!sub && (!k || out[k - 1] != '_'))
                out[k++] = '_';
            out[k++] = (char)('0' + (cp - 0x2080));
        } else if (g || cp == 0x221e) {
            memcpy(out + k, g ? g : "inf", strlen(g ? g : "inf"));
            if (cap)
                out[k] = (char)(out[k] - 32);
            k += strlen(g ? g : "inf");
        } else {
            memcpy(out + k, s + i, len);
            k += len;
        }
        sub = is_subscript(cp);
    }
    *n = k;
    return out;
}

bool lex_superscript(const Lexer *L, const Token *t, int64_t *value, bool *symbolic)
{
    const char *s = L->text + t->pos;
    int64_t v = 0, sign = 1;
    unsigned digits = 0, len;
    uint32_t cp;
    *symbolic = false;
    for (size_t i = 0; i < t->len; i += len) {
        len = utf8_get(s + i, t->len - i, &cp);
        int d = superscript_value(cp);
        if ((d == '+' || d == '-') && i == 0) {
            sign = d == '-' ? -1 : 1;
        } else if (d == 'n' && !digits && i + len == t->len) {
            *symbolic = true;
            v = 1;
        } else if (d >= 0 && d <= 9 && digits < 18) {
            v = 10 * v + d;
            digits++;
        } else {
            return false;
        }
    }
    *value = sign * v;
    return digits || *symbolic;
}

unsigned lex_primes(const Lexer *L, const Token *t)
{
    uint32_t cp;
    if (!(t->flags & T_UNI))
        return t->len;
    utf8_get(L->text + t->pos, t->len, &cp);
    return cp == 0x2033 ? 2 : 1;
}
