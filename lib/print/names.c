/* print/names.c - symbols' names for people: Greek letters and subscripts.
 * A name is data of the user's; nothing here depends on a Ctx. */
#include "print/form.h"

static const char *const greek_name[] = {
    "alpha", "beta",  "gamma",  "delta",      "epsilon",  "zeta",   "eta",     "theta",
    "iota",  "kappa", "lambda", "mu",         "nu",       "xi",     "omicron", "pi",
    "rho",   "sigma", "tau",    "upsilon",    "phi",      "chi",    "psi",     "omega",
    "Gamma", "Delta", "Theta",  "Lambda",     "Xi",       "Pi",     "Sigma",   "Upsilon",
    "Phi",   "Psi",   "Omega",  "varepsilon", "vartheta", "varphi", "ell",     "hbar",
};

const char *const print_greek_utf8[] = {
    "α", "β", "γ", "δ", "ε", "ζ", "η", "θ", "ι", "κ", "λ", "μ", "ν", "ξ",
    "ο", "π", "ρ", "σ", "τ", "υ", "φ", "χ", "ψ", "ω", "Γ", "Δ", "Θ", "Λ",
    "Ξ", "Π", "Σ", "Υ", "Φ", "Ψ", "Ω", "ε", "ϑ", "φ", "ℓ", "ħ",
};

int print_greek_find(const char *s, size_t n)
{
    for (size_t i = 0; i < sizeof(greek_name) / sizeof(*greek_name); i++)
        if (strlen(greek_name[i]) == n && memcmp(s, greek_name[i], n) == 0)
            return (int)i;
    return -1;
}

const char *print_greek_name(size_t i, const char **letter)
{
    if (i >= sizeof(greek_name) / sizeof(*greek_name))
        return NULL;
    *letter = print_greek_utf8[i];
    return greek_name[i];
}

static bool is_ascii_digit(char ch) { return ch >= '0' && ch <= '9'; }

NameParts print_name_parts(const char *s, size_t n)
{
    NameParts p = {s, s + n, n, 0};
    const char *bar = memchr(s, '_', n);
    size_t k = n;

    while (k > 0 && is_ascii_digit(s[k - 1]))
        k--;
    if (bar && bar > s && bar + 1 < s + n) {
        p.nstem = (size_t)(bar - s);
        p.sub = bar + 1;
        p.nsub = n - p.nstem - 1;
    } else if (k > 0 && k < n && !(bar && bar + 1 == s + n)) {
        p.nstem = k;
        p.sub = s + k;
        p.nsub = n - k;
    }
    return p;
}
