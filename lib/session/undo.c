/* session/undo.c - changes of definitions, assumptions and settings that undo takes back and redo
 * makes again.
 *
 * Invariant: a change holds the other state of its thing: in s->undo the one before it, in
 * s->redo the one after it. Taking it back or making it again exchanges the two and moves it to
 * the other list. Changes of one statement go together. A new change empties s->redo. */
#include "session/session.h"

/* ---- the lists */

static void free_changes(Change *ch)
{
    while (ch) {
        Change *older = ch->older;
        defs_free_definition(ch->def);
        mem_free(ch);
        ch = older;
    }
}

void defs_free_changes(lbz_session *s)
{
    free_changes(s->undo);
    free_changes(s->redo);
    s->undo = s->redo = NULL;
    s->nchanges = 0;
}

/* Old changes go, but what one statement changed (clear, load) is kept or goes as a whole. */
static void trim_undo(lbz_session *s)
{
    if (s->nchanges < 2 * UNDO_LEVELS)
        return;
    Change *ch = s->undo;
    size_t kept = 1;
    while (ch->older && (kept < UNDO_LEVELS || ch->older->statement == ch->statement)) {
        ch = ch->older;
        kept++;
    }
    free_changes(ch->older);
    ch->older = NULL;
    s->nchanges = kept;
}

static void drop_redo(lbz_session *s)
{
    for (const Change *ch = s->redo; ch; ch = ch->older)
        s->nchanges--;
    free_changes(s->redo);
    s->redo = NULL;
}

Change *defs_push_change(lbz_session *s, ChangeKind kind, uint32_t sym)
{
    Change *ch = mem_alloc(sizeof *ch);
    drop_redo(s);
    if (!ch)
        return NULL;
    memset(ch, 0, sizeof *ch);
    ch->kind = kind;
    ch->sym = sym;
    ch->statement = s->statement;
    if (s->undo && s->undo->statement != s->statement)
        trim_undo(s);
    ch->older = s->undo;
    s->undo = ch;
    s->nchanges++;
    return ch;
}

void defs_join_changes(lbz_session *s, uint64_t since)
{
    for (Change *ch = s->undo; ch && ch->statement > since; ch = ch->older)
        ch->statement = since;
}

/* ---- what a change is, in words */

enum { LONGEST = 60, MOST_NAMED = 3 };

/* The statement that brings about the state in which its thing is. */
static void print_cause(lbz_session *s, const Change *ch, Str *out)
{
    const Def *d = ch->kind == CHANGE_DEFINITION ? names_find(&s->names, ch->sym) : NULL;
    if (ch->kind == CHANGE_SETTING) {
        str_printf(out, "set %s %s", setting_info((SettingId)ch->sym)->name,
                   s->set.text[ch->sym]);
    } else if (d) {
        defs_print(s, out, d, LONGEST);
    } else if (ch->kind == CHANGE_ASSUMPTION && defs_assumed(s, ch->sym)) {
        defs_print_facts(s, out, ch->sym);
    } else {
        str_printf(out, "forget %s", sym_name(s->c, ch->sym));
    }
}

static void print_state(lbz_session *s, const Change *ch, Str *out)
{
    if (ch->kind == CHANGE_DEFINITION && !names_find(&s->names, ch->sym))
        str_printf(out, "%s is free", sym_name(s->c, ch->sym));
    else if (ch->kind == CHANGE_ASSUMPTION && !defs_assumed(s, ch->sym))
        str_printf(out, "nothing is assumed of %s", sym_name(s->c, ch->sym));
    else if (ch->kind == CHANGE_ASSUMPTION && s->c->syms[ch->sym].shape)
        defs_print_facts(s, out, ch->sym);
    else if (ch->kind == CHANGE_ASSUMPTION)
        defs_print_assumption(s, out, ch->sym);
    else if (ch->kind == CHANGE_SETTING)
        str_printf(out, "%s is %s", setting_info((SettingId)ch->sym)->name,
                   s->set.text[ch->sym]);
    else
        print_cause(s, ch, out);
}

/* ---- undo, redo */

static void exchange_state(lbz_session *s, Change *ch)
{
    if (ch->kind == CHANGE_DEFINITION) {
        ch->def = defs_exchange(s, ch->sym, ch->def);
    } else if (ch->kind == CHANGE_ASSUMPTION) {
        NameFacts now = defs_facts(s, ch->sym);
        defs_set_facts(s, ch->sym, ch->facts);
        ch->facts = now;
    } else {
        char now[sizeof ch->text];
        memcpy(now, s->set.text[ch->sym], sizeof now);
        setting_put(&s->set, (SettingId)ch->sym, ch->text, strlen(ch->text));
        memcpy(ch->text, now, sizeof now);
    }
}

/* Of several changes in one statement the first few are named. */
static void name_change(lbz_session *s, const Change *ch, size_t i, Str *out)
{
    if (i < MOST_NAMED) {
        str_puts(out, i ? ", " : "");
        print_cause(s, ch, out);
    } else if (i == MOST_NAMED) {
        str_puts(out, " ...");
    }
}

/* Exchanges the states of one statement's changes and moves them from one list to the other.
 * cause and state tell which, and how the last of them stands now. */
static size_t move_changes(lbz_session *s, Change **from, Change **to, bool after,
                           Str *cause, Str *state)
{
    uint64_t statement = (*from)->statement;
    size_t n = 0;
    while (*from && (*from)->statement == statement) {
        Change *ch = *from;
        *from = ch->older;
        if (!after)
            name_change(s, ch, n, cause);
        exchange_state(s, ch);
        if (after)
            name_change(s, ch, n, cause);
        ch->older = *to;
        *to = ch;
        n++;
    }
    print_state(s, *to, state);
    return n;
}

bool defs_undo(lbz_session *s)
{
    Str cause = {0}, state = {0};
    if (!s->undo)
        return false;
    if (move_changes(s, &s->undo, &s->redo, false, &cause, &state) == 1)
        ctx_note(s->c, "took back %s; now %s", str_cstr(&cause), str_cstr(&state));
    else
        ctx_note(s->c, "took back %s", str_cstr(&cause));
    str_free(&cause);
    str_free(&state);
    return true;
}

bool defs_redo(lbz_session *s)
{
    Str cause = {0}, state = {0};
    if (!s->redo)
        return false;
    move_changes(s, &s->redo, &s->undo, true, &cause, &state);
    ctx_note(s->c, "did again %s", str_cstr(&cause));
    str_free(&cause);
    str_free(&state);
    return true;
}
