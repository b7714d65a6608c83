/* commands/show.c - settings, timing and other forms of a result: set, unset,
 * time, digits, latex, graph. */
#include "commands/commands.h"

#include "cpu/cpu.h"

#include <stdio.h>
#include <time.h>

enum { MOST_DIGITS = 1000000 }; /* that digits writes */

/* ---- set, unset */

static void list_settings(lbz_session *s)
{
    Str *out = answer_text(s);
    s->ans.kind = LBZ_HELP;
    for (size_t i = 0; i < SET_COUNT; i++) {
        const SettingInfo *info = setting_info((SettingId)i);
        str_printf(out, "%s%-10s %-8s  %s (%s)", i ? "\n" : "", info->name,
                   s->set.text[i], info->help, info->values);
    }
    str_printf(out, "\nfunctions of many numbers: %s", cpu_vector_library());
}

static bool find_setting(lbz_session *s, const char *text, Span w, SettingId *id)
{
    *id = setting_find(text + w.pos, w.len);
    if (*id != SET_COUNT)
        return true;
    env_error_at(&s->c->env, w, LBZ_NAME, "set lists the settings",
                 "there is no setting %.*s", (int)(w.len < 60 ? w.len : 60),
                 text + w.pos);
    return false;
}

bool cmd_set(lbz_session *s, const char *text, Span args)
{
    SettingId id;
    Span rest, none, w = args_word(text, args, &rest);
    if (!w.len) {
        list_settings(s);
        return true;
    }
    const char *eq = memchr(text + w.pos, '=', w.len);
    if (eq) { /* set digits=30 */
        rest.len = rest.pos + rest.len;
        rest.pos = (uint32_t)(eq + 1 - text);
        rest.len -= rest.pos;
        w.len = (uint32_t)(eq - text) - w.pos;
    }
    Span value = args_word(text, rest, &none);
    if (value.len && text[value.pos] == '=') { /* set digits = 30 */
        value = args_word(
            text, (Span){value.pos + 1, rest.pos + rest.len - value.pos - 1}, &none);
    }
    if (!find_setting(s, text, w, &id))
        return false;
    if (!value.len) {
        str_puts(answer_text(s), s->set.text[id]);
        return true;
    }
    Settings before = s->set;
    if (none.len || !setting_put(&s->set, id, text + value.pos, value.len)) {
        char hint[120];
        snprintf(hint, sizeof hint, "it takes %s", setting_info(id)->values);
        value.len = none.len ? none.pos + none.len - value.pos : value.len;
        env_error_at(&s->c->env, value, LBZ_SYNTAX, hint, "%s cannot be %.*s",
                     setting_info(id)->name, (int)(value.len < 60 ? value.len : 60),
                     text + value.pos);
        return false;
    }
    Settings after = s->set;
    s->set = before;
    defs_setting(s, id); /* undo brings the old value back */
    s->set = after;
    return true;
}

bool cmd_unset(lbz_session *s, const char *text, Span args)
{
    SettingId id;
    Span rest, w = args_word(text, args, &rest);
    if (!find_setting(s, text, w, &id))
        return false;
    defs_setting(s, id);
    const char *dflt = s->set.dflt[id];
    return setting_put(&s->set, id, dflt, strlen(dflt));
}

/* ---- time */

bool cmd_time(lbz_session *s, const char *text, Span args)
{
    struct timespec t0, t1;
    Span a = args_trim(text, args);
    if (s->timing || !a.len) {
        env_error_at(&s->c->env, a, LBZ_SYNTAX, "time d/dx x^x",
                     a.len ? "time within time" : "time what?");
        return false;
    }
    size_t base = s->ans.err_base + a.pos;
    s->timing = true;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    bool ok = statement_run(s, text + a.pos, a.len);
    clock_gettime(CLOCK_MONOTONIC, &t1);
    s->timing = false;
    double ms =
        (double)(t1.tv_sec - t0.tv_sec) * 1e3 + (double)(t1.tv_nsec - t0.tv_nsec) / 1e6;
    if (ok) {
        char note[100];
        size_t peak = s->c->env.data_peak >> 20;
        snprintf(note, sizeof note,
                 peak ? "took %.3g ms, arrays %zu MiB at most" : "took %.3g ms", ms,
                 peak);
        session_note(s, note);
    } else {
        base += s->ans.err_base;
    }
    s->ans.err_base = base;
    return ok;
}

/* ---- digits, latex, graph */

/* x in full: as a decimal that it is exactly, else as it is. */
static void print_all_digits(Str *out, Num x)
{
    Str digits = {0};
    int64_t exp10;
    if (x.dec && !num_is_zero(x) && num_digits(&digits, x, MOST_DIGITS, &exp10)) {
        decimal_print(out, num_sgn(x) < 0, str_cstr(&digits), digits.n, exp10,
                      MOST_DIGITS, true);
    } else {
        x.dec = false;
        num_print(out, x);
    }
    str_free(&digits);
}

bool cmd_digits(lbz_session *s, const char *text, Span args)
{
    EvalResult r;
    Num x;
    if (!args_eval(s, text, args, &r))
        return false;
    switch (eval_exact_value(s->c, r.value ? r.value : r.formula, MOST_DIGITS, &x)) {
    case EXACT_OK: print_all_digits(answer_text(s), x); break;
    case EXACT_LONG:
        env_error_at(&s->c->env, args, LBZ_LIMIT, "N(E, 50) gives its first digits",
                     "it has more than %d digits", MOST_DIGITS);
        break;
    case EXACT_NO:
        env_error_at(&s->c->env, args, LBZ_UNABLE, "N(E, 50) gives 50 certified digits",
                     "this is no integer, fraction or decimal whose digits end");
    }
    return !ctx_failed(s->c);
}

bool cmd_latex(lbz_session *s, const char *text, Span args)
{
    EvalResult r;
    bool ok = args_eval(s, text, args, &r);
    if (ok)
        answer_latex(s->c, answer_text(s), &r);
    return ok;
}

bool cmd_graph(lbz_session *s, const char *text, Span args)
{
    Span rest, w = args_word(text, args, &rest);
    bool dot = args_is(text, w, "--dot") || args_is(text, w, "dot");
    EvalResult r;
    if (!args_eval(s, text, dot ? rest : args, &r))
        return false;
    Str *out = answer_text(s);
    if (dot)
        print_dot(s->c, out, r.formula);
    else
        print_tree(s->c, out, r.formula);
    while (out->n && out->s[out->n - 1] == '\n')
        out->s[--out->n] = '\0';
    return true;
}
