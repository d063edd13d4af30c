/* SPDX-License-Identifier: Apache-2.0 */
/* log_events.h - the kinds of events that our programs log, with the ids that the journal finds
 * them by (`journalctl MESSAGE_ID=...`). An id never changes and is never used again; the table of
 * docs/operator-guide.md ("Logs") is compared with this one by a test. */
#ifndef OPTOUT_CORE_LOG_EVENTS_H
#define OPTOUT_CORE_LOG_EVENTS_H

#include <stddef.h>

/* As in syslog(3), whose names c-icap's headers have. */
enum log_priority {
    LOG_PRIORITY_CRITICAL = 2,
    LOG_PRIORITY_ERROR,
    LOG_PRIORITY_WARNING,
    LOG_PRIORITY_NOTICE,
    LOG_PRIORITY_INFO,
    LOG_PRIORITY_DETAIL, /* with -v alone */
};

/* Name, word, priority, field of the subject or NULL, id: what has happened. */
#define LOG_EVENTS(X)                                                                              \
    /* all programs */                                                                             \
    X(STARTED, "started", NOTICE, NULL, "17ca1fc275a24dc1982ee2dec020d98c")                        \
    X(STOPPING, "stopping", NOTICE, NULL, "214a9e0843b246859640fd56b674be6e")                      \
    X(STOPPED, "stopped", NOTICE, NULL, "1e59ef424a4141b98720e77f792329b2")                        \
    X(REFUSED_TO_START, "refused-to-start", ERROR, NULL, "fab1cf8aa59b41c3a6bb2335a28df9e8")       \
    X(CONFIG_WRONG, "config-wrong", ERROR, NULL, "882c4bb6ec4f4895b7260eadd114c871")               \
    X(CONFIG_LOADED, "config-loaded", NOTICE, NULL, "267ca3dcb50747de9a8718d2f1463650")            \
    X(RESOURCES_LOW, "resources-low", WARNING, NULL, "c76d7ea87c324b6e9b4d56bf6c8137d3")           \
    X(METRICS, "metrics", WARNING, NULL, "9cf2e8944cbd41259a74d6e79d474e94")                       \
    X(RUNS_AS_ROOT, "runs-as-root", WARNING, NULL, "7ddeaf0aab464d2ea0c6d06cc195805f")             \
    X(NOT_WELL, "not-well", CRITICAL, NULL, "7230bc48a6d44dd3970a86ed42174190")                    \
    /* optoutd */                                                                                  \
    X(AGENTS_LOADED, "agents-loaded", NOTICE, NULL, "2fd451443dfa48ff8ce7684bce9c87ea")            \
    X(STORE, "store", WARNING, NULL, "9b7ca4d904fe4ede98ac652dc266bb24")                           \
    X(STORE_NOT_WRITTEN, "store-not-written", ERROR, "OPTOUT_URL",                                 \
      "16fd60aefed84a29adc80a3fa8c74439")                                                          \
    X(SHARE, "share", WARNING, NULL, "1416541167c1444e87b00baf056ed6ad")                           \
    X(SOCKET, "socket", WARNING, "OPTOUT_FILE", "ebd16afa16704789a09afa0f1329fe33")                \
    X(FORGOTTEN, "forgotten", NOTICE, "OPTOUT_ORIGIN", "95389f5827ee4d4fa4bba1369bf2ef7a")         \
    X(SITE_FILE_READ, "site-file-read", DETAIL, "OPTOUT_URL", "5f18a959d2bb456e9acad62c83697280")  \
    X(TERMS_READ, "terms-read", DETAIL, "OPTOUT_URL", "e322fa6afb7341fd80de5b22a4432636")          \
    X(DOCUMENT_GIVEN_UP, "document-given-up", WARNING, "OPTOUT_URL",                               \
      "2934c534b0704dd4a4e866cb6a3b4f09")                                                          \
    X(READER, "reader", WARNING, NULL, "b962a299ea854ca6afd29cd96119c4c0")                         \
    X(NOT_TAKEN, "not-taken", DETAIL, NULL, "b4ac29ac8cf941c796eba092b733b4e0")                    \
    /* srv_optout in c-icap */                                                                     \
    X(AUDIT_FAILURE, "audit-failure", CRITICAL, NULL, "f69ef59c626343cdbc2f0e5dc9fe801f")          \
    X(PROFILE_UNKNOWN, "profile-unknown", ERROR, NULL, "28fe657808584a62b120c8092b83af74")         \
    X(IMAGES_LOST, "images-lost", WARNING, NULL, "35c9d6052c8841ae83c1ac648dcb5b84")               \
    X(COMMAND_OUTCOME, "command-outcome", WARNING, NULL, "3dc470c8092b42fd84db0cb709ec2966")       \
    /* optout-ship */                                                                              \
    X(SHIP_FIGURES, "ship-figures", INFO, NULL, "aa8ee4289ba344e9bdf7615569326ff1")                \
    X(SEGMENT_SHIPPED, "segment-shipped", DETAIL, "OPTOUT_SEGMENT",                                \
      "485f31db7881421a9dc063dc81a385e7")                                                          \
    X(SEGMENT_TROUBLE, "segment-trouble", ERROR, "OPTOUT_SEGMENT",                                 \
      "9163238beaaf4b68a1833b73d448a5e4")                                                          \
    X(LINE_SET_ASIDE, "line-set-aside", ERROR, "OPTOUT_SEGMENT",                                   \
      "5a3743e49f064a348298c2ee3ba6cc1b")                                                          \
    X(POSITIONS_NOT_WRITTEN, "positions-not-written", ERROR, NULL,                                 \
      "9ec854a2fcbc4715824c51540161faff")                                                          \
    X(KAFKA_TROUBLE, "kafka-trouble", WARNING, NULL, "8a315767ee87420fa33bbd0d8dcdd548")           \
    X(KAFKA_BACK, "kafka-back", NOTICE, NULL, "7685c616fd1146b098c6759b9cb95f90")                  \
    X(KAFKA_SAID, "kafka-said", DETAIL, NULL, "d5fea16e64dd42a3bd062d09fe04f53b")

enum log_event {
#define LOG_EVENT_NAME(name, word, priority, field, id) LOG_##name,
    LOG_EVENTS(LOG_EVENT_NAME)
#undef LOG_EVENT_NAME
    LOG_EVENT_KINDS
};

struct log_event_row {
    const char *word, *field, *id;
    int priority;
};

/* Never NULL. */
const struct log_event_row *log_event_row(enum log_event e);

#endif
