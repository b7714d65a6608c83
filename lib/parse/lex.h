/* parse/lex.h - text to tokens. Tokens point into the text and own nothing. */
#ifndef LBZ_PARSE_LEX_H
#define LBZ_PARSE_LEX_H

#include "expr/expr.h"

typedef enum {
    TK_END,
    TK_NL,
    TK_SEMI, /* these three end a run of lex_more */
    TK_NUM,
    TK_NAME,
    TK_STRING, /* "text", the quotes included; behind ( or , only */
    TK_SUP,
    TK_PLUS,
    TK_MINUS,
    TK_STAR,
    TK_SLASH,
    TK_CARET,
    TK_PERCENT,
    TK_BANG,
    TK_PRIME,
    TK_LPAREN,
    TK_RPAREN,
    TK_LBRACK,
    TK_RBRACK,
    TK_LBRACE,
    TK_RBRACE,
    TK_BAR,
    TK_BARAT,
    TK_COMMA,
    TK_COLON,
    TK_ASSIGN,
    TK_WALRUS,
    TK_EQ,
    TK_NE,
    TK_LT,
    TK_LE,
    TK_GT,
    TK_GE,
    TK_SQRT,
    TK_PARTIAL,
    TK_PARTIALSUB,
    TK_MATMUL,
    TK_DOTSTAR,
    TK_DOTSLASH,
    TK_DOTCARET,
    TK_DOT,
    TK_FIRST_WORD,
    TK_AT = TK_FIRST_WORD,
    TK_IF,
    TK_THEN,
    TK_ELSE,
    TK_OTHERWISE,
    TK_AND,
    TK_OR,
    TK_NOT,
    TK_FOR,
    TK_WHILE,
    TK_LET,
    TK_RETURN,
    TK_IN,
    TK_ON,
    TK_WHERE,
    TK_WRT
} TokenKind;

enum {
    T_SPACE = 1,  /* white space before it */
    T_UNI = 2,    /* not all ASCII: lex_name gives its name */
    T_NEWLINE = 4 /* a line break before it */
};

#define LEX_NONE UINT32_MAX

typedef struct {
    uint8_t kind, flags;
    bool closed; /* opening brackets: match is the closing one */
    uint32_t pos, len;
    uint32_t match; /* brackets: the partner, or LEX_NONE */
} Token;

/* Reads on demand: lex_more appends the tokens up to the end of the text, or up to a line
 * break or ';' outside all brackets; that is the last token then. */
typedef struct {
    Ctx *c;
    const char *text;
    size_t at, to;
    Token *tok; /* in the tmp arena */
    uint32_t n, cap;
    uint32_t open; /* innermost open bracket, or LEX_NONE */
    bool seen_at;  /* an `at` or '|_' was read */
    bool seen_de;  /* a name "de" or a partial sign was read */
} Lexer;

/* What a character that means nothing is answered with. */
const char *lex_sign_hint(const char *sign);
void lex_init(Lexer *L, Ctx *c, const char *text, size_t from, size_t to);
bool lex_more(Lexer *L); /* false: the error is in the context */

/* The name of a TK_NAME as symbols are stored: Greek letters spelled out, x with a
 * subscript 1 as x_1. Not NUL-terminated. */
const char *lex_name(const Lexer *L, const Token *t, size_t *n);
/* The exponent a TK_SUP stands for: an integer, or 'n' with *symbolic set; false:
 * neither. */
bool lex_superscript(const Lexer *L, const Token *t, int64_t *value, bool *symbolic);
/* The fraction that a TK_NUM of one character stands for: one half and its like. */
bool lex_fraction(const Lexer *L, const Token *t, int *p, int *q);
/* Which root a TK_SQRT takes: 2, 3 or 4. */
unsigned lex_root(const Lexer *L, const Token *t);
/* How often a TK_PRIME differentiates: 2 for '' and for a double prime character. */
unsigned lex_primes(const Lexer *L, const Token *t);
/* Is this the spelled-out name of a Greek letter? */
bool lex_is_greek(const char *name, size_t n);
/* Bytes of the name that begins at s, 0 when none does. */
size_t lex_name_len(const char *s, size_t n);

#endif
