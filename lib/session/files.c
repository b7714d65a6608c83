/* session/files.c - reading and replacing files, once for all sessions that run the same line.
 *
 * Invariant: the sessions of a parallel run carry out the same loads and saves in the same order, so
 * a number tells which. Owners: lbz_files belongs to the caller, who sees to it that no session
 * leads while others follow. */
#include "session/session.h"

#include <errno.h>

struct lbz_files {
    FileResult *v;
    size_t n, cap;
    size_t dropped; /* before v[0] */
    size_t size;    /* bytes of the texts */
};

lbz_files *lbz_files_new(void)
{
    lbz_files *f = mem_alloc(sizeof *f);
    if (f)
        *f = (lbz_files){0};
    return f;
}

void lbz_files_drop(lbz_files *f)
{
    for (size_t i = 0; i < f->n; i++)
        mem_free(f->v[i].text);
    f->dropped += f->n;
    f->n = f->size = 0;
}

void lbz_files_free(lbz_files *f)
{
    if (!f)
        return;
    lbz_files_drop(f);
    mem_free(f->v);
    mem_free(f);
}

size_t lbz_files_size(const lbz_files *f) { return f->size; }

void lbz_files_lead(lbz_session *s, lbz_files *f)
{
    s->files = f;
    s->follows = false;
}

void lbz_files_follow(lbz_session *s, lbz_files *f)
{
    s->files = f;
    s->follows = true;
    s->next_file = f->dropped;
}

/* The result that the leader had; none: it did not get that far. */
FileResult session_follow(lbz_session *s)
{
    size_t i = s->next_file++ - s->files->dropped;
    return i < s->files->n ? s->files->v[i] : (FileResult){.err = EIO};
}

/* Keeps r for those that follow; no memory: they see an error. */
FileResult session_lead(lbz_session *s, FileResult r)
{
    lbz_files *f = s->files;
    FileResult copy = r;
    if (!f)
        return r;
    copy.text = r.text ? mem_strndup(r.text, r.n) : NULL;
    copy.err = r.text && !copy.text ? ENOMEM : r.err;
    if (!MEM_ROOM(f->v, f->n, f->cap)) {
        mem_free(copy.text);
        return r;
    }
    f->size += copy.text ? copy.n : 0;
    f->v[f->n++] = copy;
    return r;
}

FileResult session_read(lbz_session *s, const char *name)
{
    enum { MOST = 256 << 20 };
    Str text = {0};
    if (s->follows)
        return session_follow(s);
    int err = file_read(&s->c->env, name, &text, MOST);
    (void)str_cstr(&text);
    if (err) {
        str_free(&text);
        return session_lead(s, (FileResult){.err = err});
    }
    return session_lead(s, (FileResult){.text = text.s, .n = text.n});
}

void session_read_done(lbz_session *s, FileResult r)
{
    if (!s->follows)
        mem_free(r.text);
}

FileResult session_replace(lbz_session *s, const char *name, const char *text, size_t n)
{
    if (s->follows)
        return session_follow(s);
    FileResult r = {0};
    r.err = file_replace(name, text, n, &r.why);
    return session_lead(s, r);
}
