/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_mock: librdkafka's mock cluster as a process of its own, and somebody who reads from it.
 *
 *   kafka_mock serve [BROKERS]       prints the brokers' addresses; then obeys lines of standard
 *                                    input, answering each with "ok", to its end:
 *     down | up                      all brokers
 *     errors NUMBER CODE             the next so many produce requests fail so
 *     partitions TOPIC NUMBER        makes a topic
 *   kafka_mock read ADDRESSES TOPIC COUNT   all that is in the topic, a message a line, parted by
 *       tabs: partition, key, headers segment, line, event, id, and the value. Ends when nothing
 *       more comes after COUNT of them, or after five seconds without any. */
#include <librdkafka/rdkafka.h>

#include <librdkafka/rdkafka_mock.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRODUCE 0 /* API key */
#define PATIENCE_MS 5000
#define MORE_MS 100

static int say(const char *text)
{
    return printf("%s\n", text) < 0 || fflush(stdout) != 0;
}

static int fail(const char *text)
{
    fprintf(stderr, "kafka_mock: %s\n", text);
    return 2;
}

static int set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[512];
    return rd_kafka_conf_set(conf, name, value, why, sizeof why) == RD_KAFKA_CONF_OK ? 0
                                                                                     : fail(why);
}

/* ---- the cluster ---- */

static void set_all(rd_kafka_mock_cluster_t *cluster, int brokers, int up)
{
    for (int i = 1; i <= brokers; i++)
        (void)(up ? rd_kafka_mock_broker_set_up(cluster, i)
                  : rd_kafka_mock_broker_set_down(cluster, i));
}

static int obey(rd_kafka_mock_cluster_t *cluster, int brokers, const char *line)
{
    int n, code;
    char topic[200];
    if (strncmp(line, "down", 4) == 0 || strncmp(line, "up", 2) == 0) {
        set_all(cluster, brokers, line[0] == 'u');
    } else if (sscanf(line, "errors %d %d", &n, &code) == 2) {
        for (int i = 0; i < n; i++)
            rd_kafka_mock_push_request_errors(cluster, PRODUCE, 1, (rd_kafka_resp_err_t)code);
    } else if (sscanf(line, "partitions %199s %d", topic, &n) == 2) {
        (void)rd_kafka_mock_topic_create(cluster, topic, n, 1);
    } else {
        return fail(line);
    }
    return say("ok");
}

static int serve(int brokers)
{
    char why[512], line[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (set(conf, "log_level", "0"))
        return 2;
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!rk)
        return fail(why);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(rk, brokers);
    int status = say(rd_kafka_mock_cluster_bootstraps(cluster));
    while (status == 0 && fgets(line, sizeof line, stdin))
        status = obey(cluster, brokers, line);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(rk);
    return status;
}

/* ---- the reader ---- */

static void print_header(const rd_kafka_headers_t *all, const char *name)
{
    const void *value = "-";
    size_t n = 1;
    if (all)
        (void)rd_kafka_header_get_last(all, name, &value, &n);
    printf("%.*s\t", (int)n, (const char *)value);
}

static void print_message(const rd_kafka_message_t *m)
{
    static const char *const names[] = { "segment", "line", "event", "id" };
    rd_kafka_headers_t *headers = NULL;
    (void)rd_kafka_message_headers(m, &headers);
    printf("%d\t%.*s\t", m->partition, (int)m->key_len, (const char *)m->key);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        print_header(headers, names[i]);
    printf("%.*s\n", (int)m->len, (const char *)m->payload);
}

static int read_topic(const char *brokers, const char *topic, long count)
{
    char why[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (set(conf, "bootstrap.servers", brokers) || set(conf, "group.id", "reader") ||
        set(conf, "auto.offset.reset", "earliest") || set(conf, "log_level", "0") ||
        set(conf, "enable.auto.commit", "false") || set(conf, "fetch.wait.max.ms", "50"))
        return 2;
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    if (!rk)
        return fail(why);
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(4);
    for (int i = 0; i < 4; i++) /* as many as the mock cluster makes by itself */
        rd_kafka_topic_partition_list_add(all, topic, i)->offset = 0;
    (void)rd_kafka_assign(rk, all);
    rd_kafka_topic_partition_list_destroy(all);
    long n = 0;
    for (rd_kafka_message_t *m;
         (m = rd_kafka_consumer_poll(rk, n >= count ? MORE_MS : PATIENCE_MS)) != NULL;) {
        if (!m->err) {
            print_message(m);
            n++;
        }
        rd_kafka_message_destroy(m);
    }
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return fflush(stdout) ? 2 : 0;
}

int main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "serve") == 0)
        return serve(argc > 2 ? atoi(argv[2]) : 1);
    if (argc == 5 && strcmp(argv[1], "read") == 0)
        return read_topic(argv[2], argv[3], atol(argv[4]));
    return fail("serve [BROKERS] or read ADDRESSES TOPIC COUNT");
}
