/* SPDX-License-Identifier: Apache-2.0 */
/* metric_list.h - everything that is counted, in one list.
 *
 * Name, kind, label sets and help of each family; enum, table, files, Prometheus text, JSON and
 * the table of docs/metrics.md come from it. Label sets are closed: every member is there from
 * the start with 0, for a series that appears with its first event has no increase.
 *
 * A family that is added, or a label set that grows, changes the layout of the files: what was
 * counted with another one begins at zero, as after a reset. Names are never given another
 * meaning: docs/metrics.md. */
#ifndef OPTOUT_METRICS_METRIC_LIST_H
#define OPTOUT_METRICS_METRIC_LIST_H

/* Upper bounds of buckets, microseconds; one for all above comes behind them. Never changed
 * within a minor version: rates over a change are wrong. */
#define FILTER_BOUNDS_US \
    10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 50000, 250000, 1000000, 5000000
#define WAIT_BOUNDS_US 10000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000

/* X(ID, kind, name without its prefix, up to three label sets, help). Kinds: COUNTER;
 * GAUGE_SUM, GAUGE_MAX, GAUGE_NEWEST of the processes that live (the last: of the one that
 * wrote to its log last); FILTER_TIMES and WAIT_TIMES, histograms; INFO, whose labels are no
 * closed sets and which print.c knows. */
#define METRICS(X) \
    X(EXCHANGES, COUNTER, "exchanges_total", VECTOR, DECISION, ACTION, \
      "Exchanges that have a record, by what was decided and what was done. vector reqmod: judged before anything was fetched") \
    X(REQUESTS_PASSED, COUNTER, "requests_passed_total", NONE, NONE, NONE, \
      "Requests let through to the origin; the response has the record") \
    X(UNASKED, COUNTER, "requests_not_recordable_total", NONE, NONE, NONE, \
      "Requests refused before the origin was asked, because no record could be written") \
    X(MONITORED, COUNTER, "monitored_total", ACTION, NONE, NONE, \
      "Exchanges of profiles in monitor mode, by what would have been done") \
    X(SIGNALS, COUNTER, "signals_total", STANDARD, CARRIER, NONE, \
      "Statements of publishers in exchanges that have a record") \
    X(UNDECIDED, COUNTER, "undecided_total", REASON, NONE, NONE, \
      "Exchanges that could not be read to their end, by each reason that was met; what was read may have decided all the same") \
    X(FILTER_SECONDS, FILTER_TIMES, "filter_seconds", VECTOR, NONE, NONE, \
      "Time of the filter itself in an exchange, waits for site files included, transfer and writing of the record not") \
    X(SITE_WAIT_SECONDS, WAIT_TIMES, "site_wait_seconds", NONE, NONE, NONE, \
      "Waits of exchanges for optoutd, when the site files of their origin were not known") \
    X(HELD, COUNTER, "held_total", NONE, NONE, NONE, \
      "Bodies that were held back because their preview did not decide") \
    X(HOLD_USED_BYTES, GAUGE_SUM, "hold_used_bytes", NONE, NONE, NONE, \
      "Bytes of bodies that are held back, in memory and in the spool") \
    X(HOLD_LIMIT_BYTES, GAUGE_NEWEST, "hold_limit_bytes", NONE, NONE, NONE, \
      "What all bodies together may hold back (HoldTotal)") \
    X(HOLD_FULL, COUNTER, "hold_full_total", NONE, NONE, NONE, \
      "Times that a piece of a body was not held because HoldTotal was used up") \
    X(BEGUN_EARLY, COUNTER, "answers_begun_early_total", NONE, NONE, NONE, \
      "Answers whose head had to leave before the verdict") \
    X(CUTS, COUNTER, "cuts_total", NONE, NONE, NONE, \
      "Answers broken off after they had begun: the denial came late, or the origin itself broke off") \
    X(ABANDONED, COUNTER, "abandoned_total", NONE, NONE, NONE, \
      "Exchanges that client or proxy left before their verdict") \
    X(BODY_SEEN_BYTES, COUNTER, "body_seen_bytes_total", NONE, NONE, NONE, \
      "Bytes of bodies that came to the filter before their verdict") \
    X(NOT_FETCHED_BYTES, COUNTER, "not_fetched_bytes_total", NONE, NONE, NONE, \
      "Bytes of bodies that refused responses announced and that had not come when they were refused; what was refused before the origin was asked has no known size") \
    X(IMAGES_LOST, COUNTER, "images_not_remembered_total", NONE, NONE, NONE, \
      "Images of pages that reserve them for which the map had no room (ImageMap)") \
    X(RELOADS, COUNTER, "reloads_total", OUTCOME, NONE, NONE, \
      "Configurations that processes of the filter were told to read again") \
    X(CONFIG_INFO, INFO, "config_info", NONE, NONE, NONE, \
      "1 for each configuration in force, named by the first 16 digits of its digest") \
    X(BUILD_INFO, INFO, "build_info", NONE, NONE, NONE, \
      "1 for each version that runs, of the filter and of optoutd") \
    X(PROCESSES, GAUGE_SUM, "processes", PROGRAM, NONE, NONE, "Processes that run") \
    X(PROCESS_STARTS, COUNTER, "process_starts_total", PROGRAM, NONE, NONE, \
      "Processes that have begun; c-icap begins new ones by itself as load changes") \
    X(PROCESS_START_TIME, GAUGE_MAX, "process_start_timestamp_seconds", PROGRAM, NONE, NONE, \
      "When the youngest process that runs has begun; 0: none runs") \
    X(AUDIT_RECORDS, COUNTER, "audit_records_total", EVENT, NONE, NONE, \
      "Records written to the audit log") \
    X(AUDIT_LINES, COUNTER, "audit_lines_total", NONE, NONE, NONE, \
      "Lines written to the audit log: records, what they refer to, and gaps") \
    X(AUDIT_BYTES, COUNTER, "audit_written_bytes_total", NONE, NONE, NONE, \
      "Bytes written to the audit log") \
    X(AUDIT_FAILURES, COUNTER, "audit_failures_total", NONE, NONE, NONE, \
      "Records that could not be written, or segments not reopened; of records, what OnAuditFailure says was done") \
    X(AUDIT_GAPS, COUNTER, "audit_gaps_total", NONE, NONE, NONE, \
      "Gap records: places of the log where records are missing") \
    X(AUDIT_SEGMENTS, COUNTER, "audit_segments_total", NONE, NONE, NONE, \
      "Segments of the audit log that were begun") \
    X(AUDIT_ADOPTED, COUNTER, "audit_segments_adopted_total", NONE, NONE, NONE, \
      "Segments of processes that died, closed by others") \
    X(AUDIT_SYNC_FAILURES, COUNTER, "audit_sync_failures_total", NONE, NONE, NONE, \
      "Failures of the log's disk beside those of records: syncing, rotating, reopening") \
    X(AUDIT_UNSYNCED, GAUGE_SUM, "audit_unsynced_lines", NONE, NONE, NONE, \
      "Lines that are written and not yet synced to the disk (AuditSync batch)") \
    X(AUDIT_LAST, GAUGE_MAX, "audit_last_record_timestamp_seconds", NONE, NONE, NONE, \
      "Time of the newest record; 0: none since the processes began") \
    X(AUDIT_FREE_BYTES, GAUGE_NEWEST, "audit_dir_free_bytes", NONE, NONE, NONE, \
      "Room on the disk of AuditDir for the filter's user, looked at every three seconds") \
    X(AUDIT_SIZE_BYTES, GAUGE_NEWEST, "audit_dir_size_bytes", NONE, NONE, NONE, \
      "Size of the disk of AuditDir; 0: nothing was written yet") \
    X(STORE_KEYS, GAUGE_MAX, "store_keys", NONE, NONE, NONE, \
      "Entries of the store of site rules: origins, their variants for a token, licences") \
    X(STORE_USED_BYTES, GAUGE_MAX, "store_used_bytes", NONE, NONE, NONE, \
      "Bytes used of the store") \
    X(STORE_SIZE_BYTES, GAUGE_MAX, "store_size_bytes", NONE, NONE, NONE, \
      "Bytes that the store may use (SiteStoreSize)") \
    X(STORE_EVICTED, COUNTER, "store_evicted_total", NONE, NONE, NONE, \
      "Entries that optoutd dropped from a full store") \
    X(STORE_SET_ASIDE, COUNTER, "store_set_aside_total", NONE, NONE, NONE, \
      "Damaged stores that optoutd set aside") \
    X(STORE_TROUBLES, COUNTER, "store_troubles_total", PROGRAM, NONE, NONE, \
      "What a process told its log of the store: damaged, deleted, not to be opened, replaced") \
    X(SITE_ASKS, COUNTER, "site_asks_total", NONE, NONE, NONE, \
      "Questions of exchanges to optoutd") \
    X(SITE_ANSWERS, COUNTER, "site_answers_total", ANSWER, NONE, NONE, \
      "Answers to them: known in time, too late for who asked, or refused as malformed or too many") \
    X(SITE_FETCHES, COUNTER, "site_fetches_total", NONE, NONE, NONE, \
      "Site files that origins were asked for") \
    X(SITE_NOT_MODIFIED, COUNTER, "site_not_modified_total", NONE, NONE, NONE, \
      "Site files that origins said were not modified") \
    X(SITE_FETCH_ERRORS, COUNTER, "site_fetch_errors_total", NONE, NONE, NONE, \
      "Site files that origins gave no answer for") \
    X(SITE_FETCHES_REFUSED, COUNTER, "site_fetches_refused_total", NONE, NONE, NONE, \
      "Site files at addresses that optoutd must not ask (AllowPrivate)") \
    X(SITE_SHARED, COUNTER, "site_shared_total", NONE, NONE, NONE, \
      "Site files had from another node instead of the origin") \
    X(SITE_LEARNED, COUNTER, "site_learned_total", NONE, NONE, NONE, \
      "Site files learned as they passed the filter") \
    X(SITE_KEPT_STALE, COUNTER, "site_kept_stale_total", NONE, NONE, NONE, \
      "Site files kept beyond their time because their origin could not be reached") \
    X(SITE_TERMS, COUNTER, "site_terms_total", TERMS, NONE, NONE, \
      "Pages of terms that exchanges told of: asked for, read, refused") \
    X(SITE_UNREAD, COUNTER, "site_documents_given_up_total", NONE, NONE, NONE, \
      "Site files and terms given up: they ended who read them, or took too long") \
    X(SITE_READER_ENDS, COUNTER, "site_reader_ends_total", NONE, NONE, NONE, \
      "Processes that read site files and were ended by one, by the deadline, or for a wrong answer") \
    X(SITE_WAITING, GAUGE_SUM, "site_waiting_asks", NONE, NONE, NONE, \
      "Questions that wait for an answer") \
    X(SITE_INQUIRIES, GAUGE_SUM, "site_inquiries", NONE, NONE, NONE, \
      "Site files that are being found out") \
    X(SITE_FETCHING, GAUGE_SUM, "site_fetching", NONE, NONE, NONE, \
      "Requests to origins that are under way") \
    X(SITE_QUEUED, GAUGE_SUM, "site_queued", NONE, NONE, NONE, \
      "Requests to origins that wait for their turn (Concurrency, HostConnections, HostDelay)") \
    X(DAEMON_CONNECTIONS, GAUGE_SUM, "daemon_connections", NONE, NONE, NONE, \
      "Connections of the filter to optoutd") \
    X(SHARE_CONFIGURED, GAUGE_MAX, "share_configured", NONE, NONE, NONE, \
      "1: optoutd shares with other nodes (Share)") \
    X(SHARE_CONNECTED, GAUGE_MAX, "share_connected", NONE, NONE, NONE, \
      "1: connected to Redis") \
    X(SHARE_LOOKUPS, COUNTER, "share_lookups_total", SHARED, NONE, NONE, \
      "Questions to Redis: found, absent, leased to this node, or held by another that fetches it") \
    X(SHARE_PUTS, COUNTER, "share_puts_total", NONE, NONE, NONE, "Site files given to Redis") \
    X(SHARE_LOST, COUNTER, "share_connections_lost_total", NONE, NONE, NONE, \
      "Connections to Redis that were lost or could not be made") \
    X(SHARE_NEWS, COUNTER, "share_learned_total", NEWS, NONE, NONE, \
      "What pages say of their images, and terms of their site: told to the other nodes, taken from them, refused because it could not be read, lost because there was no room") \
    X(SHARE_NEWS_WAITING, GAUGE_MAX, "share_learned_waiting", NONE, NONE, NONE, \
      "The same: not told yet, because Redis is away") \
    X(IGNORED_FILES, INFO, "metrics_ignored_files", NONE, NONE, NONE, \
      "Files beside those of the processes that hold no counters of this version: damaged, foreign, or of another version")

#endif
