/* session/settings.h - the settings of a session, as one table. */
#ifndef LBZ_SESSION_SETTINGS_H
#define LBZ_SESSION_SETTINGS_H

#include "base/base.h"

/* SETTING(id, kind, default, values or range, help). CHOICE: one of the words; INT: an integer
 * in the range; SIZE: the same with K, M or G behind it. */
#define SETTINGS(SETTING)                                                             \
    SETTING(simplify, CHOICE, "full", "none|light|full",                              \
            "how far derivatives are simplified")                                     \
    SETTING(strict, CHOICE, "off", "off|on", "ambiguous input is an error")           \
    SETTING(pretty, CHOICE, "off", "off|on", "two-dimensional output")                \
    SETTING(rows, CHOICE, "off", "off|on", "matrices row by row; on at the prompt")   \
    SETTING(steps, CHOICE, "off", "off|on",                                           \
            "run keeps all its steps; on in JSON, CSV and TSV")                       \
    SETTING(latex, CHOICE, "off", "off|on", "output as LaTeX; in JSON as well")       \
    SETTING(unicode, CHOICE, "on", "off|on",                                          \
            "signs beyond ASCII in text for people; off in a locale without them")    \
    SETTING(approx, CHOICE, "on", "off|on",                                           \
            "values of exact constants as decimals, too")                             \
    SETTING(digits, INT, "17", "1..1000000",                                          \
            "significant digits of N(e) and of the value "                            \
            "shown beside an exact constant")                                         \
    SETTING(maxdigits, INT, "1000000", "100..1000000",                                \
            "longer values stay as they are typed: 100000!")                          \
    SETTING(maxprint, INT, "20000", "100..1000000000",                                \
            "longer results are printed in "                                          \
            "shared form, in characters")                                             \
    SETTING(maxmem, SIZE, "2G", "16M..1024G", "memory that a session may use")        \
    SETTING(fuel, INT, "0", "0..1000000000000",                                       \
            "steps that one statement may take; 0: any "                              \
            "number")                                                                 \
    SETTING(recursion, INT, "1000", "1..1000000",                                     \
            "levels of functions that call themselves")                               \
    SETTING(looplimit, INT, "10000000", "1..1000000000000",                           \
            "rounds of loops and calls that one "                                     \
            "call of a function made of statements may run")                          \
    SETTING(tape, SIZE, "256M", "1K..64G",                                            \
            "memory for recording such a function; more is "                          \
            "recomputed from checkpoints")                                            \
    SETTING(maxterms, INT, "10000", "0..10000000",                                    \
            "longer sums and products are not "                                       \
            "written out")                                                            \
    SETTING(                                                                          \
        mode, CHOICE, "auto", "auto|symbolic|forward|reverse",                        \
        "how derivatives at numbers are found; auto: by formulas, "                   \
        "where there are none and for Jacobians at decimals by accumulation, in the " \
        "mode that needs fewer sweeps")                                               \
    SETTING(layout, CHOICE, "numerator", "numerator|denominator|jacobian",            \
            "how d/dx lays out derivatives of tensors: of a number by a vector as a " \
            "row, as a column; jacobian: the axes of f, then those of x")             \
    SETTING(color, CHOICE, "auto", "auto|always|never", "colours on the terminal")

typedef enum {
#define SETTING(id, ...) SET_##id,
    SETTINGS(SETTING)
#undef SETTING
        SET_COUNT
} SettingId;

typedef struct {
    const char *name, *dflt, *values, *help;
} SettingInfo;

typedef struct {
    char text[SET_COUNT][24];
    char dflt[SET_COUNT][24]; /* what it is when nobody changes it */
    int64_t value[SET_COUNT]; /* CHOICE: which word, from 0 */
} Settings;

const SettingInfo *setting_info(SettingId id);
SettingId setting_find(const char *name, size_t n); /* SET_COUNT: none */
void settings_init(Settings *set);
/* false: invalid */
bool setting_put(Settings *set, SettingId id, const char *value, size_t n);
/* The caller's own default; a setting that nobody has changed follows it. */
bool setting_default(Settings *set, SettingId id, const char *value, size_t n);
bool setting_changed(const Settings *set, SettingId id);
static inline bool setting_on(const Settings *set, SettingId id)
{
    return set->value[id] != 0;
}

#endif
