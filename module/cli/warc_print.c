/* SPDX-License-Identifier: Apache-2.0 */
/* warc_print.c - docs/answers.md, "Stored WARC files": the lines of `optout warc`. */
#include "cli/warc.h"

#include "cli/report.h"
#include "core/clock.h"
#include "standards/standard.h"
#include "syntax/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define BLOCK_MAX (2u << 20) /* bytes of a metadata record */

static const char *action_of(const struct decision *d)
{
    return action_name(d->action);
}

/* ---- what every line of a record begins with ---- */

static void print_text(struct json *j, const char *key, struct slice s)
{
    if (s.n)
        json_slice(j, key, s);
}

static struct slice digest_of(const struct warc_record *rec)
{
    return rec->head.payload_digest.n ? rec->head.payload_digest : rec->head.block_digest;
}

static void print_place(struct json *j, const char *file, const struct warc_record *rec)
{
    json_str(j, "file", file);
    if (rec->shared) { /* it cannot be read alone */
        json_nil(j, "offset");
        json_nil(j, "length");
    } else {
        json_count(j, "offset", rec->offset);
        json_count(j, "length", rec->length);
    }
}

static void print_identity(struct json *j, const struct warc_record *rec, const struct judged *v)
{
    const struct warc_head *h = &rec->head;
    struct slice url = v->judge ? v->judge->exchange.url : h->url;
    json_slice(j, "url", url);
    print_text(j, "date", h->date);
    json_str(j, "type", warc_type_name(h->type));
    print_text(j, "id", h->id);
    print_text(j, "digest", digest_of(rec));
}

/* ---- why ---- */

static void print_reason(struct json *j, const struct decision *d)
{
    char text[256];
    const struct signal *s = d->n_by ? d->by[0] : NULL;
    if (s && d->kind != DECISION_UNDECIDED && d->kind != DECISION_CLEAR)
        snprintf(text, sizeof text, "%s, %s", standards[s->standard]->name,
                 carrier_name((enum carrier)s->carrier));
    else if (d->kind == DECISION_UNDECIDED && d->undecided)
        snprintf(text, sizeof text, "%s", undecided_name(undecided_first(d->undecided)));
    else
        return;
    json_str(j, "reason", text);
}

static void print_notes(struct json *j, uint32_t notes)
{
    if (!notes)
        return;
    json_open(j, "notes", '[');
    for (unsigned n = 0; n < NOTE_COUNT; n++)
        if (notes & 1u << n)
            json_str(j, NULL, judging_note_name((enum judging_note)n));
    json_close(j, ']');
}

static void print_checks(struct json *j, const struct judged *v)
{
    if (v->block)
        json_str(j, "block_digest", warc_check_name(v->block));
    if (v->payload)
        json_str(j, "payload_digest", warc_check_name(v->payload));
}

/* ---- the tag of a proxy ---- */

/* The value of a member of the Optout field: a token. */
static struct slice tag_member(struct slice tag, const char *name)
{
    struct slice piece;
    while (slice_split(&tag, ';', &piece)) {
        struct slice part;
        for (struct slice rest = piece; slice_split(&rest, ',', &part);) {
            size_t equals = slice_find(part, '=');
            struct slice value = slice_trim_ows(slice_from(part, equals + 1));
            if (!slice_eq(slice_trim_ows(slice_sub(part, 0, equals)), slice_cstr(name)))
                continue;
            bool quoted = value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"';
            return quoted ? slice_sub(value, 1, value.n - 2) : value;
        }
    }
    return SLICE_EMPTY;
}

/* What a proxy said of it when it was fetched, completed where it could not say yet. */
static void print_tag(struct json *j, struct slice tag, const struct warc_resolved *log)
{
    struct slice decision = tag_member(tag, "decision"), id = tag_member(tag, "id");
    struct warc_outcome o;
    if (!decision.n)
        return;
    json_open(j, "proxy", '{');
    json_slice(j, "decision", decision);
    print_text(j, "id", id);
    if (log && slice_eq(decision, SLICE_OF("pending"))) {
        bool found = warc_resolved_find(log, id, &o);
        json_bool(j, "resolved", found);
        if (found) {
            json_str(j, "final", decision_name((enum decision_kind)o.decision));
            json_str(j, "action", action_name((enum action)o.action));
        }
    }
    json_close(j, '}');
}

/* ---- lines ---- */

static void print_verdict(struct json *j, const struct warc_record *rec, const struct judged *v)
{
    const struct judge *judge = v->judge;
    struct report r = {
        .exchange = &judge->exchange,
        .profile = judge->profile,
        .signals = judge->record.signals,
        .decision = &judge->decision,
        .site = judge->record.site,
        .inspected = judge->record.inspected,
    };
    report_members(&r, j);
    print_reason(j, &judge->decision);
    print_notes(j, v->notes);
    print_checks(j, v);
    if (rec->damage)
        json_str(j, "damage", warc_damage_name((enum warc_damage)rec->damage));
}

void warc_print_record(const char *file, const struct warc_record *rec, const struct judged *v,
                       const struct warc_resolved *log, struct buf *out)
{
    struct json j = json_to(out);
    json_open(&j, NULL, '{');
    json_str(&j, "event", "record");
    print_place(&j, file, rec);
    print_identity(&j, rec, v);
    print_verdict(&j, rec, v);
    print_tag(&j, v->tag, log);
    json_close(&j, '}');
    buf_putc(out, '\n');
}

/* Tabs and line ends cannot stand in a cell: as URLs write them. */
static void print_cell(struct buf *out, struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < ' ' || s.p[i] == 0x7F)
            buf_printf(out, "%%%02X", s.p[i]);
        else
            buf_putc(out, (char)s.p[i]);
    }
    buf_putc(out, '\t');
}

static void print_row(const char *file, const struct warc_record *rec, const struct judged *v,
                      struct buf *out)
{
    print_cell(out, v->judge->exchange.url);
    print_cell(out, digest_of(rec));
    print_cell(out, slice_cstr(file));
    if (rec->shared)
        buf_puts(out, "\t\t");
    else
        buf_printf(out, "%llu\t%llu\t", (unsigned long long)rec->offset,
                   (unsigned long long)rec->length);
    print_cell(out, rec->head.id);
    buf_printf(out, "%s\n", decision_name(v->judge->decision.kind));
}

bool warc_print_removal(enum warc_list form, const char *file, const struct warc_record *rec,
                        const struct judged *v, struct buf *out)
{
    const struct decision *d = &v->judge->decision;
    if (d->would < ACTION_BLOCK || v->judge->site_file)
        return false;
    if (form == WARC_LIST_TSV) {
        print_row(file, rec, v, out);
        return true;
    }
    struct json j = json_to(out);
    json_open(&j, NULL, '{');
    print_identity(&j, rec, v);
    print_place(&j, file, rec);
    json_str(&j, "decision", decision_name(d->kind));
    print_reason(&j, d);
    json_close(&j, '}');
    buf_putc(out, '\n');
    return true;
}

void warc_print_damage(const char *file, enum warc_damage d, uint64_t from, uint64_t to,
                       const char *why, struct buf *out)
{
    struct json j = json_to(out);
    json_open(&j, NULL, '{');
    json_str(&j, "event", "damage");
    json_str(&j, "file", file);
    json_count(&j, "offset", from);
    json_count(&j, "length", to - from);
    json_str(&j, "damage", warc_damage_name(d));
    if (why)
        json_str(&j, "reason", why);
    json_close(&j, '}');
    buf_putc(out, '\n');
}

void warc_print_file(const char *file, const struct warc_reader *r, const struct warc_counts *c,
                     struct buf *out)
{
    static const char *const kinds[] = { "plain", "gzip", "zstd" };
    struct json j = json_to(out);
    json_open(&j, NULL, '{');
    json_str(&j, "event", "file");
    json_str(&j, "file", file);
    json_str(&j, "form", kinds[r->s.kind]);
    json_bool(&j, "record_at_a_time", !r->shared);
    json_count(&j, "records", c->records);
    json_count(&j, "judged", c->judged);
    json_open(&j, "decisions", '{');
    for (unsigned d = 0; d < DECISION_COUNT; d++)
        if (c->decision[d])
            json_count(&j, decision_name((enum decision_kind)d), c->decision[d]);
    json_close(&j, '}');
    json_open(&j, "skipped", '{');
    for (unsigned s = SKIP_NOT + 1; s < SKIP_COUNT; s++)
        if (c->skipped[s])
            json_count(&j, judging_skip_name((enum judging_skip)s), c->skipped[s]);
    json_close(&j, '}');
    json_count(&j, "damaged", c->damaged);
    json_count(&j, "bytes_skipped", r->skipped);
    json_close(&j, '}');
    buf_putc(out, '\n');
}

/* ---- WARC ---- */

/* One gzip member of its own. */
static bool pack(struct slice text, struct buf *out)
{
    z_stream z = { .zalloc = NULL };
    union { const uint8_t *in; uint8_t *z; } u = { text.p };
    if (deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    size_t room = deflateBound(&z, text.n);
    uint8_t *to = buf_room(out, room);
    z.next_in = u.z;
    z.avail_in = (uInt)text.n;
    z.next_out = to;
    z.avail_out = (uInt)room;
    bool ok = to && deflate(&z, Z_FINISH) == Z_STREAM_END;
    if (ok)
        out->n += room - z.avail_out;
    deflateEnd(&z);
    return ok;
}

/* A version 4 UUID out of a record id's random bits. */
static void print_id(struct buf *out)
{
    uint8_t b[16];
    arc4random_buf(b, sizeof b);
    b[6] = (uint8_t)((b[6] & 0x0F) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3F) | 0x80);
    buf_puts(out, "WARC-Record-ID: <urn:uuid:");
    for (size_t i = 0; i < sizeof b; i++)
        buf_printf(out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
    buf_puts(out, ">\r\n");
}

/* A value that was read in another head: no control, or it would end the field. */
static void print_field(struct buf *out, const char *name, const char *open, struct slice s,
                        const char *close)
{
    if (!s.n)
        return;
    buf_printf(out, "%s: %s", name, open);
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= ' ' && s.p[i] != 0x7F)
            buf_putc(out, (char)s.p[i]);
    buf_printf(out, "%s\r\n", close);
}

static void print_head(struct buf *out, const char *type)
{
    char time[CLOCK_TEXT];
    clock_text(clock_wall_ms(), time);
    memcpy(time + 19, "Z", 2); /* seconds, which WARC 1.0 has too */
    buf_printf(out, "WARC/1.1\r\nWARC-Type: %s\r\n", type);
    print_id(out);
    buf_printf(out, "WARC-Date: %s\r\n", time);
}

static bool finish(struct buf *head, struct slice block, const char *media, struct buf *out)
{
    char digest[WARC_SHA1_TEXT];
    warc_sha1_text(block, digest);
    buf_printf(head, "WARC-Block-Digest: %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
               digest, media, block.n);
    buf_append(head, block.p, block.n);
    buf_puts(head, "\r\n\r\n");
    bool ok = head->failed == OPTOUT_OK && pack(buf_slice(head), out);
    buf_free(head);
    return ok;
}

bool warc_print_metadata(const char *file, const struct warc_record *rec, const struct judged *v,
                         struct buf *scratch, struct buf *out)
{
    struct buf head;
    const struct decision *d = &v->judge->decision;
    buf_init(&head, BLOCK_MAX);
    buf_clear(scratch);
    buf_printf(scratch, "optout-decision: %s\r\noptout-action: %s\r\noptout-profile: %s\r\n",
               decision_name(d->kind), action_of(d), v->judge->profile->name);
    buf_puts(scratch, "optout-report: ");
    warc_print_record(file, rec, v, NULL, scratch);
    if (scratch->n && scratch->failed == OPTOUT_OK)
        scratch->n--; /* its LF */
    buf_puts(scratch, "\r\n");
    print_head(&head, "metadata");
    print_field(&head, "WARC-Target-URI", "", v->judge->exchange.url, "");
    print_field(&head, "WARC-Refers-To", "<", rec->head.id, ">");
    return finish(&head, buf_slice(scratch), "application/warc-fields", out) &&
           scratch->failed == OPTOUT_OK;
}

bool warc_print_warcinfo(struct buf *scratch, struct buf *out)
{
    struct buf head;
    buf_init(&head, BLOCK_MAX);
    buf_clear(scratch);
    buf_puts(scratch, "software: optout\r\nformat: WARC File Format 1.1\r\n"
                      "description: what publishers state about the use of archived records\r\n");
    print_head(&head, "warcinfo");
    return finish(&head, buf_slice(scratch), "application/warc-fields", out);
}
