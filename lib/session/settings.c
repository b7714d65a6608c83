/* session/settings.c - the table of settings and what values they take. */
#include "session/settings.h"

#include <stdlib.h>

typedef enum { CHOICE, INT, SIZE } Kind;

static const SettingInfo infos[SET_COUNT] = {
#define SETTING(id, kind, dflt, values, help) {#id, dflt, values, help},
    SETTINGS(SETTING)
#undef SETTING
};

static const Kind kinds[SET_COUNT] = {
#define SETTING(id, kind, dflt, values, help) kind,
    SETTINGS(SETTING)
#undef SETTING
};

const SettingInfo *setting_info(SettingId id) { return &infos[id]; }

SettingId setting_find(const char *name, size_t n)
{
    size_t i = 0;
    while (i < SET_COUNT &&
           (strlen(infos[i].name) != n || memcmp(infos[i].name, name, n)))
        i++;
    return (SettingId)i;
}

/* The place of value among the words in "a|b|c"; -1: it is none of them. */
static int64_t find_choice(const char *words, const char *value, size_t n)
{
    for (int64_t i = 0;; i++) {
        size_t k = strcspn(words, "|");
        if (k == n && memcmp(words, value, n) == 0)
            return i;
        if (!words[k])
            return -1;
        words += k + 1;
    }
}

enum { MOST_DIGITS = 15 };

/* The zeros of 1e9 or 10^9, from the sign on; -1: not written like that. */
static int read_zeros(const char *s, size_t n, int64_t v)
{
    int zeros = 0;
    if (n < 2 || n > 3 || (*s != 'e' && (*s != '^' || v != 10)))
        return -1;
    for (size_t i = 1; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return -1;
        zeros = 10 * zeros + (s[i] - '0');
    }
    return *s == 'e' ? zeros : zeros - 1;
}

/* Digits, or 1e9, 10^9; with K, M or G behind them when size is set; -1 when it is no such number. */
static int64_t read_number(const char *s, size_t n, bool size)
{
    int64_t v = 0;
    size_t i = 0;
    for (; i < n && s[i] >= '0' && s[i] <= '9'; i++) {
        if (i >= MOST_DIGITS)
            return -1;
        v = 10 * v + (s[i] - '0');
    }
    if (i == 0)
        return -1;
    if (size && i + 1 == n) {
        int shift = s[i] == 'K' ? 10 : s[i] == 'M' ? 20 : s[i] == 'G' ? 30 : -1;
        return shift < 0 || v >> (62 - shift) ? -1 : v << shift;
    }
    int zeros = i == n ? 0 : read_zeros(s + i, n - i, v);
    if (zeros < 0 || zeros + i > MOST_DIGITS)
        return -1;
    for (; zeros; zeros--)
        v *= 10;
    return v;
}

static int64_t read_value(SettingId id, const char *value, size_t n)
{
    const char *range = infos[id].values;
    if (kinds[id] == CHOICE)
        return find_choice(range, value, n);
    const char *dots = strstr(range, "..");
    bool size = kinds[id] == SIZE;
    int64_t v = read_number(value, n, size);
    bool fits = v >= read_number(range, (size_t)(dots - range), size) &&
                v <= read_number(dots + 2, strlen(dots + 2), size);
    return fits ? v : -1;
}

bool setting_put(Settings *set, SettingId id, const char *value, size_t n)
{
    int64_t v = n < sizeof set->text[id] ? read_value(id, value, n) : -1;
    if (v < 0)
        return false;
    memcpy(set->text[id], value, n);
    set->text[id][n] = '\0';
    set->value[id] = v;
    return true;
}

void settings_init(Settings *set)
{
    memset(set, 0, sizeof *set);
    for (size_t i = 0; i < SET_COUNT; i++)
        setting_default(set, (SettingId)i, infos[i].dflt, strlen(infos[i].dflt));
}

bool setting_default(Settings *set, SettingId id, const char *value, size_t n)
{
    bool changed = setting_changed(set, id);
    char before[sizeof set->text[id]];
    memcpy(before, set->text[id], sizeof before);
    if (!setting_put(set, id, value, n))
        return false;
    memcpy(set->dflt[id], set->text[id], sizeof before);
    return !changed || setting_put(set, id, before, strlen(before));
}

bool setting_changed(const Settings *set, SettingId id)
{
    return strcmp(set->text[id], set->dflt[id]) != 0;
}
