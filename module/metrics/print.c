/* SPDX-License-Identifier: Apache-2.0 */
/* print.c - the sums as Prometheus text (exposition format 0.0.4), as JSON, and the table itself.
 *
 * Nothing that is printed was chosen by strangers: names and members are ours, versions and
 * digests were looked at as they were read. */
#include "metrics/gather.h"

#include <stdio.h>

static const char *type_of(enum metric_kind kind)
{
    return kind == METRIC_COUNTER                                       ? "counter"
           : kind == METRIC_FILTER_TIMES || kind == METRIC_WAIT_TIMES ? "histogram"
                                                                      : "gauge";
}

static void put_member(struct buf *out, const char *member)
{
    for (; *member; member++)
        buf_putc(out, *member == '_' ? '-' : *member);
}

/* The labels of the i-th member of a family. */
struct member {
    const struct metric_labels *set[3];
    unsigned at[3];
    unsigned n;
};

static unsigned members_of(const struct metric *m)
{
    return metric_sets[m->set[0]].n * metric_sets[m->set[1]].n * metric_sets[m->set[2]].n;
}

static struct member member_of(const struct metric *m, unsigned i)
{
    struct member is = { .n = 0 };
    for (unsigned k = 3; k-- > 0; i /= metric_sets[m->set[k]].n)
        is.at[k] = i % metric_sets[m->set[k]].n;
    for (unsigned k = 0; k < 3; k++) {
        if (m->set[k] == METRIC_SET_NONE)
            continue;
        is.at[is.n] = is.at[k];
        is.set[is.n++] = &metric_sets[m->set[k]];
    }
    return is;
}

/* ---- Prometheus text ---- */

static void put_help(struct buf *out, const char *help)
{
    for (; *help; help++) {
        if (*help == '\\' || *help == '\n')
            buf_putc(out, '\\');
        buf_putc(out, *help == '\n' ? 'n' : *help);
    }
}

static void put_name(struct buf *out, const struct metric *m, const char *suffix,
                     const struct member *is, const char *le)
{
    buf_printf(out, METRIC_PREFIX "%s%s", m->name, suffix);
    const char *before = "{";
    for (unsigned k = 0; is && k < is->n; k++) {
        buf_printf(out, "%s%s=\"", before, is->set[k]->name);
        put_member(out, is->set[k]->member(is->at[k]));
        buf_putc(out, '"');
        before = ",";
    }
    if (le)
        buf_printf(out, "%sle=\"%s\"", before, le);
    if (le || (is && is->n))
        buf_putc(out, '}');
    buf_putc(out, ' ');
}

/* Without floating point, and without zeros at its end: buckets are known by this text. */
static void seconds_text(char out[32], uint64_t us)
{
    char digits[7];
    unsigned part = (unsigned)(us % 1000000), n = 6;
    for (unsigned i = 6; i-- > 0; part /= 10)
        digits[i] = (char)('0' + part % 10);
    while (n && digits[n - 1] == '0')
        n--;
    digits[n] = '\0';
    snprintf(out, 32, n ? "%llu.%s" : "%llu", (unsigned long long)(us / 1000000), digits);
}

static void put_value(struct buf *out, uint64_t v)
{
    buf_printf(out, "%llu\n", (unsigned long long)v);
}

/* The count is the sum of the buckets that are printed: what is counted meanwhile cannot part
 * them. */
static void print_histogram(struct buf *out, const struct metric *m, const struct member *is,
                            const uint64_t *cell)
{
    unsigned n;
    const uint32_t *bound = metric_bounds(m->kind, &n);
    uint64_t count = 0;
    char text[32];
    for (unsigned i = 0; i <= n; i++) {
        count += cell[i];
        if (i < n)
            seconds_text(text, bound[i]);
        put_name(out, m, "_bucket", is, i < n ? text : "+Inf");
        put_value(out, count);
    }
    seconds_text(text, cell[n + 1]);
    put_name(out, m, "_sum", is, NULL);
    buf_printf(out, "%s\n", text);
    put_name(out, m, "_count", is, NULL);
    put_value(out, count);
}

static void print_info(struct buf *out, const struct metric *m, unsigned family,
                       const struct metric_sums *s)
{
    if (family == METRIC_FAMILY_IGNORED_FILES) {
        put_name(out, m, "", NULL, NULL);
        put_value(out, s->ignored);
    } else if (family == METRIC_FAMILY_CONFIG_INFO) {
        for (size_t i = 0; i < s->n_configs; i++)
            buf_printf(out, METRIC_PREFIX "%s{digest=\"%016llx\"} 1\n", m->name,
                       (unsigned long long)s->config[i]);
    } else {
        for (size_t i = 0; i < s->n_builds; i++)
            buf_printf(out, METRIC_PREFIX "%s{program=\"%s\",version=\"%s\"} 1\n", m->name,
                       metric_sets[METRIC_SET_PROGRAM].member(s->build[i].program),
                       s->build[i].version);
    }
}

void metrics_print(const struct metric_sums *s, struct buf *out)
{
    for (unsigned f = 0; f < METRIC_FAMILIES; f++) {
        const struct metric *m = &metric_table[f];
        buf_printf(out, "# HELP " METRIC_PREFIX "%s ", m->name);
        put_help(out, m->help);
        buf_printf(out, "\n# TYPE " METRIC_PREFIX "%s %s\n", m->name, type_of(m->kind));
        if (m->kind == METRIC_INFO) {
            print_info(out, m, f, s);
            continue;
        }
        for (unsigned i = 0; i < members_of(m); i++) {
            struct member is = member_of(m, i);
            const uint64_t *cell = &s->value[m->first + i * m->cells];
            if (m->cells > 1) {
                print_histogram(out, m, &is, cell);
                continue;
            }
            put_name(out, m, "", &is, NULL);
            put_value(out, *cell);
        }
    }
}

/* ---- JSON ---- */

static void json_labels(struct buf *out, const struct member *is)
{
    for (unsigned k = 0; k < is->n; k++) {
        buf_printf(out, "\"%s\":\"", is->set[k]->name);
        put_member(out, is->set[k]->member(is->at[k]));
        buf_puts(out, "\",");
    }
}

static void json_histogram(struct buf *out, const struct metric *m, const uint64_t *cell)
{
    unsigned n;
    const uint32_t *bound = metric_bounds(m->kind, &n);
    uint64_t count = 0;
    char text[32];
    buf_puts(out, "\"buckets\":[");
    for (unsigned i = 0; i <= n; i++) {
        count += cell[i];
        if (i == n)
            break;
        seconds_text(text, bound[i]);
        buf_printf(out, "%s{\"le\":%s,\"count\":%llu}", i ? "," : "", text,
                   (unsigned long long)count);
    }
    seconds_text(text, cell[n + 1]);
    buf_printf(out, "],\"count\":%llu,\"sum\":%s", (unsigned long long)count, text);
}

static void json_info(struct buf *out, unsigned family, const struct metric_sums *s)
{
    if (family == METRIC_FAMILY_IGNORED_FILES) {
        buf_printf(out, "%u", s->ignored);
        return;
    }
    buf_putc(out, '[');
    for (size_t i = 0; family == METRIC_FAMILY_CONFIG_INFO && i < s->n_configs; i++)
        buf_printf(out, "%s{\"digest\":\"%016llx\",\"value\":1}", i ? "," : "",
                   (unsigned long long)s->config[i]);
    for (size_t i = 0; family == METRIC_FAMILY_BUILD_INFO && i < s->n_builds; i++)
        buf_printf(out, "%s{\"program\":\"%s\",\"version\":\"%s\",\"value\":1}", i ? "," : "",
                   metric_sets[METRIC_SET_PROGRAM].member(s->build[i].program),
                   s->build[i].version);
    buf_putc(out, ']');
}

static void json_family(struct buf *out, const struct metric *m, const struct metric_sums *s)
{
    bool labels = m->set[0] != METRIC_SET_NONE, first = true;
    const uint64_t *cell = &s->value[m->first];
    if (!labels && m->cells == 1) {
        buf_printf(out, "%llu", (unsigned long long)*cell);
        return;
    }
    if (labels)
        buf_putc(out, '[');
    for (unsigned i = 0; i < members_of(m); i++, cell += m->cells) {
        struct member is = member_of(m, i);
        if (m->cells == 1 && !*cell)
            continue;
        buf_puts(out, first ? "{" : ",{");
        first = false;
        json_labels(out, &is);
        if (m->cells > 1)
            json_histogram(out, m, cell);
        else
            buf_printf(out, "\"value\":%llu", (unsigned long long)*cell);
        buf_putc(out, '}');
    }
    if (labels)
        buf_putc(out, ']');
}

void metrics_print_json(const struct metric_sums *s, struct buf *out)
{
    for (unsigned f = 0; f < METRIC_FAMILIES; f++) {
        const struct metric *m = &metric_table[f];
        buf_printf(out, "%s\"" METRIC_PREFIX "%s\":", f ? ",\n " : "{", m->name);
        if (m->kind == METRIC_INFO)
            json_info(out, f, s);
        else
            json_family(out, m, s);
    }
    buf_puts(out, "}\n");
}

/* ---- the table ---- */

void metrics_print_names(struct buf *out)
{
    for (unsigned f = 0; f < METRIC_FAMILIES; f++) {
        const struct metric *m = &metric_table[f];
        buf_printf(out, METRIC_PREFIX "%s\t%s\t", m->name, type_of(m->kind));
        struct member is = member_of(m, 0);
        for (unsigned k = 0; k < is.n; k++)
            buf_printf(out, "%s%s", k ? " " : "", is.set[k]->name);
        buf_puts(out, f == METRIC_FAMILY_CONFIG_INFO  ? "digest"
                      : f == METRIC_FAMILY_BUILD_INFO ? "program version"
                                                      : "");
        buf_printf(out, "\t%s\n", m->help);
    }
}
