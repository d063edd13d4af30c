/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_metrics_file.c - files of counters that somebody else wrote: whatever is in them, the text
 * that Prometheus gets is well formed, and no counter is beyond what it may be.
 *
 * The first byte says how: bit 0 a total instead of a process, bit 1 the bytes as they are; else
 * a good file with patches of ten bytes each, where and what. */
#include <stdlib.h>

#include "metrics/gather.h"
#include "metrics/metric_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static union {
    struct metric_file file;
    struct metric_total total;
    uint8_t bytes[sizeof(struct metric_file)];
} room;

static void begin_good(bool total)
{
    memset(room.bytes, 0, sizeof room.bytes);
    if (total) {
        memcpy(room.total.magic, METRIC_TOTAL_MAGIC, 8);
        room.total.layout = metric_layout();
        return;
    }
    memcpy(room.file.head.magic, METRIC_FILE_MAGIC, 8);
    room.file.head.layout = metric_layout();
    room.file.head.shards = METRIC_SHARDS;
    room.file.head.stride = METRIC_STRIDE;
    memcpy(room.file.head.version, "1.0", 4);
}

static void patch(const uint8_t *data, size_t size)
{
    for (; size >= 10; data += 10, size -= 10) {
        size_t at = (size_t)(data[0] | data[1] << 8) % (sizeof room.bytes - 8);
        memcpy(room.bytes + at, data + 2, 8);
    }
}

static void check_text(const struct buf *text)
{
    if (text->failed != OPTOUT_OK || !text->n || text->p[text->n - 1] != '\n')
        abort();
    for (size_t i = 0; i < text->n; i++)
        if (text->p[i] != '\n' && (text->p[i] < 0x20 || text->p[i] > 0x7E))
            abort();
    struct slice rest = buf_slice(text), line;
    while (slice_split(&rest, '\n', &line)) {
        if (line.n == 0 && rest.n)
            abort();
        if (line.n && line.p[0] != '#' && !slice_starts_nocase(line, SLICE_OF("optout_")))
            abort();
    }
}

static void check_values(const uint64_t v[METRIC_CELLS])
{
    for (unsigned f = 0; f < METRIC_FAMILIES; f++)
        for (unsigned i = metric_table[f].first; i < metric_family_end(f); i++)
            if (metric_is_lasting(&metric_table[f]) && v[i] > METRIC_VALUE_MAX)
                abort();
}

static void print(struct metric_sums *s)
{
    struct buf text;
    check_values(s->value);
    buf_init(&text, METRIC_TEXT_MAX);
    metrics_print(s, &text);
    check_text(&text);
    buf_clear(&text);
    metrics_print_json(s, &text);
    if (text.failed != OPTOUT_OK)
        abort();
    buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct metric_sums sums;
    static struct metric_process process;
    static struct metric_total total;
    if (size == 0)
        return 0;
    bool of_total = data[0] & 1, raw = data[0] & 2;
    struct slice bytes = slice_of(data + 1, size - 1);
    if (!raw) {
        begin_good(of_total);
        patch(data + 1, size - 1);
        if (of_total)
            room.total.sum = metric_total_sum(&room.total);
        bytes = slice_of(room.bytes, of_total ? sizeof room.total : sizeof room.file);
    }
    memset(&sums, 0, sizeof sums);
    if (of_total) {
        if (!metric_total_read(bytes, &total))
            return 0;
        (void)metric_is_folded(&total, 1);
        metric_add_lasting(sums.value, total.value);
    } else {
        if (!metric_file_read(bytes, &process))
            return 0;
        metric_add_lasting(sums.value, process.value);
        sums.n_builds = 1;
        sums.build[0].program = process.program;
        memcpy(sums.build[0].version, process.version, sizeof process.version);
        sums.n_configs = 1;
        sums.config[0] = process.config;
    }
    print(&sums);
    return 0;
}
