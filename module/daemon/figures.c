/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/figures.h"

#include "daemon/news.h"
#include "metrics/metrics.h"

static void put_counters(const struct counters *c)
{
    metrics_set(METRIC_SITE_ASKS, c->asks);
    metrics_set(METRIC_SITE_ANSWERS + METRIC_KNOWN, c->known);
    metrics_set(METRIC_SITE_ANSWERS + METRIC_LATE, c->late);
    metrics_set(METRIC_SITE_ANSWERS + METRIC_ANSWER_REFUSED, c->asks_refused);
    metrics_set(METRIC_SITE_FETCHES, c->fetched);
    metrics_set(METRIC_SITE_NOT_MODIFIED, c->not_modified);
    metrics_set(METRIC_SITE_FETCH_ERRORS, c->errors);
    metrics_set(METRIC_SITE_FETCHES_REFUSED, c->refused);
    metrics_set(METRIC_SITE_SHARED, c->shared);
    metrics_set(METRIC_SITE_LEARNED, c->learned);
    metrics_set(METRIC_SITE_KEPT_STALE, c->kept_stale);
    metrics_set(METRIC_SITE_TERMS + METRIC_TERMS_ASKED, c->terms_asked);
    metrics_set(METRIC_SITE_TERMS + METRIC_TERMS_READ, c->terms_read);
    metrics_set(METRIC_SITE_TERMS + METRIC_TERMS_REFUSED, c->terms_refused);
}

static void put_reader(const struct worker *w)
{
    struct worker_stat stat;
    worker_stat(w, &stat);
    metrics_set(METRIC_SITE_UNREAD, stat.unread);
    metrics_set(METRIC_SITE_READER_ENDS, stat.died + stat.late);
}

static void put_store(struct store *s)
{
    struct store_stat stat;
    store_stat(s, &stat);
    metrics_set(METRIC_STORE_KEYS, stat.keys);
    metrics_set(METRIC_STORE_USED_BYTES, stat.bytes_used);
    metrics_set(METRIC_STORE_SIZE_BYTES, stat.bytes_max);
    metrics_set(METRIC_STORE_EVICTED, stat.evicted);
    metrics_set(METRIC_STORE_SET_ASIDE, stat.set_aside);
}

static void put_news(const struct news *n)
{
    struct news_stat stat;
    news_stat(n, &stat);
    metrics_set(METRIC_SHARE_NEWS + METRIC_NEWS_TOLD, stat.told);
    metrics_set(METRIC_SHARE_NEWS + METRIC_NEWS_TAKEN, stat.taken);
    metrics_set(METRIC_SHARE_NEWS + METRIC_NEWS_REFUSED, stat.refused);
    metrics_set(METRIC_SHARE_NEWS + METRIC_NEWS_LOST, stat.lost);
    metrics_set(METRIC_SHARE_NEWS_WAITING, stat.waiting);
}

static void put_share(const struct share *s)
{
    struct share_stat stat;
    if (!s)
        return;
    share_stat(s, &stat);
    metrics_set(METRIC_SHARE_CONFIGURED, 1);
    metrics_set(METRIC_SHARE_CONNECTED, stat.connected);
    metrics_set(METRIC_SHARE_LOOKUPS + METRIC_FOUND, stat.found);
    metrics_set(METRIC_SHARE_LOOKUPS + METRIC_ABSENT, stat.absent);
    metrics_set(METRIC_SHARE_LOOKUPS + METRIC_LEASED, stat.leased);
    metrics_set(METRIC_SHARE_LOOKUPS + METRIC_HELD_BY_OTHER, stat.held);
    metrics_set(METRIC_SHARE_PUTS, stat.put);
    metrics_set(METRIC_SHARE_LOST, stat.lost);
}

void figures_put(const struct figures_of *f)
{
    size_t running, queued;
    polite_count(f->polite, &running, &queued);
    put_counters(f->intake->count);
    put_reader(f->intake->worker);
    put_store(f->intake->store);
    put_share(f->intake->share);
    put_news(f->intake->news);
    metrics_set(METRIC_SITE_WAITING, discovery_waiting(f->discovery));
    metrics_set(METRIC_SITE_INQUIRIES, inquiries_count(f->inquiries));
    metrics_set(METRIC_SITE_FETCHING, running);
    metrics_set(METRIC_SITE_QUEUED, queued);
    metrics_set(METRIC_DAEMON_CONNECTIONS, server_connections(f->server));
}
