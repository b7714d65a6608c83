/* batch.c - pipes, files and -e: one record per line. */
#include "batch.h"
#include "feed.h"
#include "signals.h"
#include "sink.h"

#include <time.h>
#include <unistd.h>

lbz_session *eval_open(const Options *o, bool decimals)
{
    lbz_session *s = lbz_open();
    if (!s)
        return NULL;
    if (o->simplify)
        lbz_default(s, "simplify", o->simplify);
    if (o->strict)
        lbz_default(s, "strict", "on");
    if (o->format == FORMAT_LATEX)
        lbz_default(s, "latex", "on");
    if (o->ascii)
        lbz_default(s, "unicode", "off");
    if (o->jobs > 1)
        lbz_threads(s, 1); /* the workers share the processors out by lines */
    if (!decimals)
        lbz_default(s, "approx", "off");
    if (o->format != FORMAT_PLAIN && o->format != FORMAT_LATEX)
        lbz_default(s, "steps", "on");
    return s;
}

/* Plain text in a pipe shows none, and certified digits take time. */
bool eval_wants_decimals(const Making *m)
{
    Format f = m->options->format;
    return m->approx || (f != FORMAT_PLAIN && f != FORMAT_LATEX);
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int status_of(const Options *o, const lbz_result *r)
{
    if (r->status != LBZ_OK)
        return EXIT_LINE_ERROR;
    if (r->kind == LBZ_DESCENT)
        return r->missed ? EXIT_CHECK_FAILED : EXIT_FINE;
    if (r->kind != LBZ_CHECK || r->verdict == LBZ_PASS)
        return EXIT_FINE;
    if (r->verdict == LBZ_FAIL)
        return EXIT_CHECK_FAILED;
    return o->strict ? EXIT_CHECK_UNKNOWN : EXIT_FINE;
}

static void evaluate(const Making *m, lbz_session *s, Record *rec, lbz_result *r)
{
    *r = (lbz_result){.text = "", .message = "", .hint = ""};
    if (rec->kind == REC_TOO_LONG) {
        r->status = LBZ_LIMIT;
        r->message = "the line is longer than 64 MiB";
        r->hint = "split it into definitions, one a line";
        return;
    }
    bool timed = m->options->format == FORMAT_JSON;
    double start = timed ? now_ms() : 0;
    lbz_eval(s, rec->in, rec->in_len, r);
    rec->ms = timed ? now_ms() - start : 0;
}

int eval_record(const Making *m, lbz_session *s, Record *rec, Buf *out, Buf *err,
                bool *quit, bool *valued)
{
    lbz_result r;
    *quit = *valued = false;
    rec->result = NULL;
    if (rec->kind != REC_PART) {
        evaluate(m, s, rec, &r);
        rec->result = &r;
        *quit = r.status == LBZ_OK && r.kind == LBZ_QUIT;
        *valued = r.status == LBZ_OK && r.index;
    }
    if (signals_interrupted()) /* the end is near: nothing half done is shown */
        return EXIT_LINE_ERROR;
    size_t from = out->n;
    record_write(m->options, m->approx, rec, out);
    if (m->screen && m->options->format != FORMAT_CSV && m->options->format != FORMAT_TSV)
        buf_make_visible(out, from);
    report_write(m->err_style, rec, err);
    int status = rec->result ? status_of(m->options, &r) : EXIT_FINE;
    rec->result = NULL;
    return status;
}

typedef struct {
    const Making *m;
    lbz_session *s;
    Sink sink;
    Buf out, err; /* of one line */
    int status;
} Batch;

static bool take(void *arg, const Record *given)
{
    Batch *b = arg;
    Record rec = *given;
    bool quit, valued;
    buf_clear(&b->out);
    buf_clear(&b->err);
    int status = eval_record(b->m, b->s, &rec, &b->out, &b->err, &quit, &valued);
    sink_put(&b->sink, &b->out, &b->err);
    b->status = worst_status(b->status, status);
    bool bail = b->m->options->bail && status == EXIT_LINE_ERROR;
    return !quit && !bail && !b->sink.error && !signals_interrupted();
}

/* Nothing comes for a while, or ever. */
static void idle(void *arg) { sink_flush(&((Batch *)arg)->sink); }

static int serial_run(const Making *m)
{
    Batch b = {.m = m, .s = eval_open(m->options, eval_wants_decimals(m))};
    if (!b.s)
        return EXIT_INTERNAL;
    sink_open(&b.sink, m->options);
    lbz_at_abort(b.s, idle, &b);
    int status = feed_inputs(m->options, &(Consumer){take, idle, &b});
    if (!sink_close(&b.sink))
        status = EXIT_INTERNAL;
    lbz_close(b.s);
    buf_free(&b.out);
    buf_free(&b.err);
    return worst_status(status, b.status);
}

int batch_run(const Options *o)
{
    Making m = {
        .options = o,
        .err_style =
            style_for(o->color == COLOR_AUTO && !isatty(0) ? COLOR_NEVER : o->color, 2),
        .approx = o->format == FORMAT_PLAIN && isatty(1),
        .screen = isatty(1),
    };
    signals_catch_int(true);
    int status = o->jobs > 1 ? parallel_run(&m) : serial_run(&m);
    if (signals_interrupted())
        signals_die(SIGINT);
    return status;
}
