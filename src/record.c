/* record.c - output records: plain, JSON (one object per line), CSV (RFC 4180), TSV,
 * LaTeX. */
#include "record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- JSON */

static void put_text(const char *s, size_t n, void *out) { buf_put(out, s, n); }

static void json_string_n(Buf *out, const char *s, size_t n)
{
    lbz_json(s, n, put_text, out);
}

static void json_string(Buf *out, const char *s) { json_string_n(out, s, strlen(s)); }

/* JSON has no numbers for these. */
static void json_number(Buf *out, double x)
{
    if (isfinite(x))
        buf_double(out, x);
    else
        buf_puts(out, isnan(x) ? "\"nan\"" : x > 0 ? "\"inf\"" : "\"-inf\"");
}

static void json_notes(Buf *out, const lbz_result *r)
{
    if (!r->nnotes)
        return;
    buf_puts(out, ",\"notes\":[");
    for (size_t i = 0; i < r->nnotes; i++) {
        if (i)
            buf_putc(out, ',');
        json_string(out, r->notes[i]);
    }
    buf_putc(out, ']');
}

/* Of an element's name, "mu[2,1]": the length of "mu". */
static size_t base_length(const char *name) { return strcspn(name, "["); }

/* How many lists begin with that element: the indices at the end that are 1; and *rank. */
static size_t lists_begun(const char *name, size_t *rank)
{
    const char *s = name + base_length(name);
    size_t ones = 0;
    *rank = 0;
    while (*s == '[' || *s == ',') {
        char *end;
        unsigned long i = strtoul(s + 1, &end, 10);
        ones = i == 1 ? ones + 1 : 0;
        ++*rank;
        s = end;
    }
    return ones;
}

static bool same_base(const char *x, const char *y)
{
    size_t n = base_length(x);
    return n == base_length(y) && strncmp(x, y, n) == 0;
}

/* {"x": 2, "y": [3, 4]}: the elements of a list stand next to each other, in order. */
static void json_grad(Buf *out, const lbz_result *r, const char *key)
{
    buf_printf(out, ",\"%s\":{", key);
    for (size_t i = 0; i < r->ngrad; i++) {
        const char *name = r->grad_name[i];
        size_t rank, next, begun = lists_begun(name, &rank);
        bool first = i == 0 || !same_base(name, r->grad_name[i - 1]);
        bool last = i + 1 == r->ngrad || !same_base(name, r->grad_name[i + 1]);
        if (i)
            buf_putc(out, ',');
        if (first) {
            json_string_n(out, name, base_length(name));
            buf_putc(out, ':');
        }
        for (; begun; begun--)
            buf_putc(out, '[');
        json_number(out, r->grad[i]);
        for (size_t k = last ? rank : lists_begun(r->grad_name[i + 1], &next); k; k--)
            buf_putc(out, ']');
    }
    buf_putc(out, '}');
}

static void json_descent(Buf *out, const lbz_result *r)
{
    buf_printf(out, ",\"k\":%lu,\"f\":", r->k);
    json_number(out, r->number);
    buf_puts(out, ",\"gnorm\":");
    json_number(out, r->gnorm);
    json_grad(out, r, "x");
    buf_printf(out, ",\"state\":\"%s\"", r->state);
}

static size_t tensor_size(const lbz_result *r)
{
    size_t n = 1;
    for (size_t i = 0; i < r->rank; i++)
        n *= r->shape[i];
    return n;
}

/* How many dimensions begin, or end, before element i. */
static size_t tensor_edges(const lbz_result *r, size_t i)
{
    size_t k = r->rank, size = 1;
    while (k > 0 && i % (size * r->shape[k - 1]) == 0)
        size *= r->shape[--k];
    return r->rank - k;
}

static void json_tensor(Buf *out, const lbz_result *r)
{
    size_t n = tensor_size(r);
    buf_puts(out, ",\"tensor\":");
    for (size_t i = 0; i < n; i++) {
        size_t edges = tensor_edges(r, i);
        if (i)
            buf_putc(out, ',');
        while (edges--)
            buf_putc(out, '[');
        json_number(out, r->tensor[i]);
        for (edges = tensor_edges(r, i + 1); edges; edges--)
            buf_putc(out, ']');
    }
    buf_puts(out, n ? ",\"shape\":[" : "[],\"shape\":[");
    for (size_t i = 0; i < r->rank; i++)
        buf_printf(out, i ? ",%zu" : "%zu", r->shape[i]);
    buf_printf(out, "],\"dtype\":\"%s\"", r->dtype);
}

/* Where the sides of a check differ, and what they are there. */
static void json_counterexample(Buf *out, const lbz_result *r)
{
    const char *s = r->at;
    buf_puts(out, ",\"at\":{");
    for (size_t i = 0; i < r->nat; i++) {
        buf_puts(out, i ? "," : "");
        json_string(out, s);
        s += strlen(s) + 1;
        buf_printf(out, ":%s", s);
        s += strlen(s) + 1;
    }
    buf_printf(out, "},\"lhs\":%s,\"rhs\":%s", r->lhs, r->rhs);
}

static const char *verdict_name(lbz_verdict v)
{
    return v == LBZ_PASS ? "PASS" : v == LBZ_FAIL ? "FAIL" : "UNKNOWN";
}

/* A line that stops in the middle is to a pipe a syntax error like others. */
static const char *error_code(lbz_status st)
{
    return lbz_status_name(st == LBZ_INCOMPLETE ? LBZ_SYNTAX : st);
}

static unsigned long error_line(const Record *rec)
{
    return rec->line + (rec->result->span.line > 1 ? rec->result->span.line - 1 : 0);
}

static void json_error(Buf *out, const Record *rec)
{
    const lbz_result *r = rec->result;
    buf_printf(
        out, "\"ok\":false,\"error\":{\"code\":\"%s\",\"line\":%lu,\"col\":%u,\"len\":%u",
        error_code(r->status), error_line(rec), r->span.col, r->span.len);
    buf_puts(out, ",\"message\":");
    json_string(out, r->message);
    buf_puts(out, ",\"hint\":");
    json_string(out, r->hint ? r->hint : "");
    buf_putc(out, '}');
}

static void json_value(Buf *out, const Record *rec)
{
    const lbz_result *r = rec->result;
    buf_puts(out, "\"ok\":true,\"value\":");
    if (r && r->cut)
        buf_puts(out, "null");
    else
        json_string(out, r ? r->text : "");
    buf_puts(out, ",\"approx\":");
    if (r && r->approx)
        json_string(out, r->approx);
    else
        buf_puts(out, "null");
    if (r && r->at_value) {
        buf_puts(out, ",\"at_value\":");
        if (r->cut_value)
            buf_puts(out, "null");
        else
            json_string(out, r->at_value);
    }
    if (r && r->latex) {
        buf_puts(out, ",\"latex\":");
        json_string(out, r->latex);
    }
    if (r && r->has_number) {
        buf_puts(out, ",\"number\":");
        json_number(out, r->number);
    }
    if (r && r->tensor)
        json_tensor(out, r);
    if (r && r->kind == LBZ_GRAD)
        json_grad(out, r, "grad");
    if (r && r->state)
        json_descent(out, r);
    if (r && r->mode)
        buf_printf(out, ",\"mode\":\"%s\"", r->mode);
    if (r && r->trace)
        buf_printf(out, ",\"trace\":%s", r->trace);
    if (r && r->kind == LBZ_CHECK) {
        buf_printf(out, ",\"verdict\":\"%s\",\"proof\":", verdict_name(r->verdict));
        json_string(out, r->proof ? r->proof : "");
        if (r->lhs)
            json_counterexample(out, r);
        if (r->constant) {
            buf_puts(out, ",\"constant\":");
            json_string(out, r->constant);
        }
    }
    buf_printf(out, ",\"ms\":%.3g", rec->ms < 1e-3 ? 0 : rec->ms);
}

static void write_json(const Record *rec, Buf *out)
{
    buf_printf(out, "{\"n\":%lu,\"in\":", rec->n);
    json_string_n(out, rec->in, rec->in_len);
    buf_putc(out, ',');
    if (rec->result && rec->result->status != LBZ_OK)
        json_error(out, rec);
    else
        json_value(out, rec);
    if (rec->result)
        json_notes(out, rec->result);
    buf_puts(out, "}\n");
}

/* ---- CSV and TSV: n, in, ok, value, approx, number, error, at_value, verdict, proof; then the names
 * and values of a gradient, which table.c puts in their columns */

/* Per RFC 4180; quoted also where spreadsheets would trim spaces. */
static bool csv_needs_quotes(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strchr(",\"\n\r", s[i]) && s[i])
            return true;
    return n && (s[0] == ' ' || s[n - 1] == ' ');
}

static void tsv_char(Buf *out, char c)
{
    switch (c) {
    case '\t': buf_puts(out, "\\t"); break;
    case '\n': buf_puts(out, "\\n"); break;
    case '\r': buf_puts(out, "\\r"); break;
    case '\\': buf_puts(out, "\\\\"); break;
    default: buf_putc(out, c);
    }
}

/* NUL bytes and what is not UTF-8 become U+FFFD here too: readers of tables choke on
 * them. */
static void field(Format f, Buf *out, const char *s, size_t n)
{
    bool quotes = f == FORMAT_CSV && csv_needs_quotes(s, n);
    if (quotes)
        buf_putc(out, '"');
    for (size_t i = 0; i < n;) {
        size_t k = lbz_character(s + i, n - i), len = k ? k : 1;
        if (!k || !s[i])
            buf_puts(out, "\xef\xbf\xbd");
        else if (f == FORMAT_TSV && len == 1)
            tsv_char(out, s[i]);
        else
            buf_put(out, s + i, len);
        if (quotes && s[i] == '"')
            buf_putc(out, '"');
        i += len;
    }
    if (quotes)
        buf_putc(out, '"');
}

void record_field(Format f, Buf *out, const char *s)
{
    buf_putc(out, f == FORMAT_CSV ? ',' : '\t');
    field(f, out, s, strlen(s));
}

/* A trace is a table of its own: the number of the record, and one row per step. */
static void write_table(Format f, const Record *rec, Buf *out)
{
    const lbz_result *r = rec->result;
    const char *cell = r->table;
    for (size_t i = 0; i < r->rows; i++) {
        if (i)
            buf_printf(out, "%lu", rec->n);
        else
            buf_putc(out, 'n');
        for (size_t k = 0; k < r->columns; k++) {
            record_field(f, out, cell);
            cell += strlen(cell) + 1;
        }
        buf_putc(out, '\n');
    }
}

/* A NUL, by which it is a row; then "d/dx", NUL, its value, NUL, and so on. */
static void write_cells(const lbz_result *r, Buf *out)
{
    buf_putc(out, 0);
    for (size_t i = 0; r && r->kind == LBZ_GRAD && i < r->ngrad; i++) {
        if (strcmp(r->grad_name[i], "along") != 0)
            buf_puts(out, "d/d");
        buf_put(out, r->grad_name[i], strlen(r->grad_name[i]) + 1);
        buf_double(out, r->grad[i]);
        buf_putc(out, 0);
    }
    buf_putc(out, '\n');
}

static void write_fields(Format f, const Record *rec, Buf *out)
{
    const lbz_result *r = rec->result;
    bool ok = !r || r->status == LBZ_OK;
    Buf number = {0};
    buf_printf(out, "%lu%c", rec->n, f == FORMAT_CSV ? ',' : '\t');
    field(f, out, rec->in, rec->in_len);
    record_field(f, out, ok ? "true" : "false");
    record_field(f, out, ok && r ? r->text : "");
    record_field(f, out, ok && r && r->approx ? r->approx : "");
    if (ok && r && r->has_number)
        buf_double(&number, r->number);
    buf_putc(&number, 0);
    record_field(f, out, number.s);
    record_field(f, out, ok ? "" : r->message);
    record_field(f, out, ok && r && r->at_value ? r->at_value : "");
    bool check = ok && r && r->kind == LBZ_CHECK;
    record_field(f, out, check ? verdict_name(r->verdict) : "");
    record_field(f, out, check && r->proof ? r->proof : "");
    write_cells(ok ? r : NULL, out);
    buf_free(&number);
}

void record_header(Format f, Buf *out)
{
    if (f == FORMAT_CSV)
        buf_puts(out, "n,in,ok,value,approx,number,error,at_value,verdict,proof\n");
    else if (f == FORMAT_TSV)
        buf_puts(out,
                 "n\tin\tok\tvalue\tapprox\tnumber\terror\tat_value\tverdict\tproof\n");
}

/* ---- plain and LaTeX */

/* What people read, and whether decimals may follow it; NULL: the line has no value. */
static const char *text_of(const lbz_result *r, Format f, bool records, bool *plain)
{
    *plain = false;
    if (!r || r->status != LBZ_OK || r->kind == LBZ_NOTHING || r->kind == LBZ_QUIT)
        return NULL;
    if (r->latex_shown)
        return r->latex_shown;
    if (r->pretty && !records)
        return r->pretty;
    *plain = f == FORMAT_PLAIN;
    return r->shown ? r->shown : r->text;
}

/* One line, whatever text is: \n stands for its ends of lines. */
static void put_line(const char *text, Buf *out)
{
    for (const char *nl; (nl = strchr(text, '\n')); text = nl + 1) {
        buf_put(out, text, (size_t)(nl - text));
        if (nl[1])
            buf_puts(out, "\\n");
    }
    buf_puts(out, text);
}

static void write_text(const Options *o, bool approx, const lbz_result *r, Buf *out)
{
    bool plain;
    const char *text = text_of(r, o->format, o->records, &plain);
    if (!text || (!*text && !o->records)) {
        buf_puts(out, o->records ? "\n" : "");
        return;
    }
    if (o->records)
        put_line(text, out);
    else
        buf_puts(out, text);
    approx = approx && plain && r->approx;
    if (approx)
        buf_printf(out, "   %s %s", o->ascii ? "~" : "\xe2\x89\x88", r->approx);
    if (approx || o->records || text[strlen(text) - 1] != '\n')
        buf_putc(out, '\n');
}

void record_write(const Options *o, bool approx, const Record *rec, Buf *out)
{
    switch (o->format) {
    case FORMAT_JSON: write_json(rec, out); break;
    case FORMAT_CSV:
    case FORMAT_TSV:
        if (rec->result && rec->result->status == LBZ_OK && rec->result->table)
            write_table(o->format, rec, out);
        else
            write_fields(o->format, rec, out);
        break;
    default: write_text(o, approx, rec->result, out);
    }
}
