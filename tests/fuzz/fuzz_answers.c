/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_answers.c - a segment of the log with any bytes in it, counted: report, publisher and
 * leads say the same whether it was counted at once or in parts, their JSON is JSON, their
 * pages have no element that is not ours, and a terminal obeys nothing of their text. */
#include "answers/leads.h"
#include "answers/publisher.h"
#include "answers/report.h"
#include "syntax/json_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS 8 /* so that tables are full */

static struct domains *domains;
static struct line_viewer *viewer;
static char path[64];
static int fd = -1;

static void check(bool ok)
{
    if (!ok)
        abort();
}

/* Everything that counts, twice: at once, and in parts that are merged. */
struct counted {
    struct sums *sums, *part;
    struct publisher *publisher, *publisher_part;
    struct leads *leads, *leads_part;
};

static bool take(void *ctx, const struct scan_line *line)
{
    struct counted *c = ctx;
    const struct line_view *v = line->kind == SCAN_DAMAGE ? NULL : line_view_of(viewer, line);
    if (!v)
        return true;
    void (*const add)(struct sums *, const struct line_view *) =
        v->event == LINE_PENDING ? sums_pending : sums_take;
    add(c->sums, v);
    add(c->part, v);
    publisher_take(c->publisher, v);
    publisher_take(c->publisher_part, v);
    leads_take(c->leads, v);
    leads_take(c->leads_part, v);
    return true;
}

static void set_up(struct counted *c, size_t rows)
{
    const struct sums_options o = { .rows_max = rows };
    *c = (struct counted){ sums_new(&o), sums_new(&o), publisher_new("x.example", false),
                           publisher_new("x.example", false), leads_new(domains, true),
                           leads_new(domains, true) };
    check(c->sums && c->part && c->publisher && c->publisher_part && c->leads && c->leads_part);
}

static void tear_down(struct counted *c)
{
    sums_free(c->sums);
    sums_free(c->part);
    publisher_free(c->publisher);
    publisher_free(c->publisher_part);
    leads_free(c->leads);
    leads_free(c->leads_part);
}

static void check_json(struct slice text)
{
    struct json_scan s;
    struct slice name, value, line;
    while (text.n && slice_split(&text, '\n', &line)) {
        bool open = json_scan_open(&s, line);
        while (json_scan_next(&s, &name, &value))
            continue;
        check(open && s.ended);
    }
}

/* No control character, and none that turns the writing direction. */
static void check_visible(struct slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        const uint8_t *p = text.p + i;
        check(!((*p < 0x20 && *p != '\n') || *p == 0x7F));
        check(!(i && p[-1] == 0xC2 && *p < 0xA0));
        check(!(i > 1 && p[-2] == 0xE2 && p[-1] == 0x80 && *p >= 0xA8 && *p <= 0xAE));
    }
}

/* Every '<' begins a tag of ours: a small letter, '/' or '!', up to '>', quotes in pairs. */
static void check_page(struct slice text)
{
    bool tag = false, quoted = false;
    check_visible(text);
    size_t from = slice_find_nocase(text, SLICE_OF("</style>"));
    for (size_t i = from; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (!tag) {
            tag = c == '<';
            check(c != '>' && (!tag || (i + 1 < text.n && (ascii_is_alpha(text.p[i + 1]) ||
                                                           text.p[i + 1] == '/'))));
        } else {
            quoted = (c == '"') != quoted;
            check(c != '<' || quoted);
            tag = quoted || c != '>';
        }
    }
    check(!tag && slice_find_nocase(text, SLICE_OF("<script")) == text.n);
}

static void print_report(const struct sums *t, struct buf *json, struct buf *page)
{
    struct report r;
    const struct report_options o = { .top = 5, .domains = domains, .version = "1" };
    check(report_make(t, &o, &r) == OPTOUT_OK);
    report_print_json(&r, json);
    report_print_html(&r, page);
    report_free(&r);
    check_json(buf_slice(json));
    check_page(buf_slice(page));
}

static void compare_reports(const struct counted *c, bool full)
{
    struct buf out[4];
    for (size_t i = 0; i < 4; i++)
        buf_init(&out[i], REPORT_OUTPUT_MAX);
    print_report(c->sums, &out[0], &out[1]);
    print_report(c->part, &out[2], &out[3]);
    /* Which names find room in a full table depends on the order. */
    check(full || slice_eq(buf_slice(&out[0]), buf_slice(&out[2])));
    for (size_t i = 0; i < 4; i++)
        buf_free(&out[i]);
}

static void print_publisher(struct publisher *p, struct buf *json)
{
    const struct publisher_head head = { .version = "1", .domain = true };
    struct buf out;
    buf_init(&out, REPORT_OUTPUT_MAX);
    check(publisher_finish(p) == OPTOUT_OK);
    publisher_print_json(p, &head, json);
    check_json(buf_slice(json));
    publisher_print_text(p, &head, &out);
    check_visible(buf_slice(&out));
    buf_clear(&out);
    publisher_print_html(p, &head, &out);
    check_page(buf_slice(&out));
    buf_free(&out);
}

static void print_leads(struct leads *l, struct buf *json)
{
    check(leads_finish(l, false) == OPTOUT_OK);
    for (size_t i = 0; i < l->n; i++)
        lead_print_json(l, l->lead[i], json);
    check_json(buf_slice(json));
}

static void compare_others(struct counted *c)
{
    struct buf out[4];
    for (size_t i = 0; i < 4; i++)
        buf_init(&out[i], REPORT_OUTPUT_MAX);
    print_publisher(c->publisher, &out[0]);
    print_publisher(c->publisher_part, &out[1]);
    print_leads(c->leads, &out[2]);
    print_leads(c->leads_part, &out[3]);
    check(slice_eq(buf_slice(&out[0]), buf_slice(&out[1])));
    check(slice_eq(buf_slice(&out[2]), buf_slice(&out[3])));
    for (size_t i = 0; i < 4; i++)
        buf_free(&out[i]);
}

/* The parts are merged in the middle, into something empty and into something that is not. */
static void merge_parts(struct counted *c, size_t rows)
{
    struct counted fresh;
    set_up(&fresh, rows);
    sums_merge(fresh.part, c->part);
    publisher_merge(fresh.publisher_part, c->publisher_part);
    leads_merge(fresh.leads_part, c->leads_part);
    sums_free(c->part);
    publisher_free(c->publisher_part);
    leads_free(c->leads_part);
    c->part = fresh.part;
    c->publisher_part = fresh.publisher_part;
    c->leads_part = fresh.leads_part;
    fresh.part = NULL;
    fresh.publisher_part = NULL;
    fresh.leads_part = NULL;
    tear_down(&fresh);
}

static void count(size_t rows)
{
    struct segment_scan *s;
    struct counted c;
    set_up(&c, rows);
    for (int i = 0; i < 2; i++) { /* the same twice: sums are doubled, examples are not */
        const struct scan_reader to = { .line = take, .part = &c };
        check(segment_scan_open(path, &s) == OPTOUT_OK);
        (void)!segment_scan_read(s, &to, true);
        segment_scan_close(s);
        merge_parts(&c, rows);
    }
    compare_reports(&c, rows == ROWS);
    compare_others(&c);
    tear_down(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!domains) {
        domains = domains_new();
        viewer = malloc(sizeof *viewer);
        fd = memfd_create("segment", MFD_CLOEXEC);
        check(domains && viewer && fd >= 0);
        line_viewer_init(viewer);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    check(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    count(SUMS_ROWS_MAX);
    count(ROWS);
    return 0;
}
