/* SPDX-License-Identifier: Apache-2.0 */
/* audit_ask.h - what the commands share that read the whole log to answer one question:
 * which records are meant, where the log is, on which cores it is read, what was damaged. */
#ifndef OPTOUT_CLI_AUDIT_ASK_H
#define OPTOUT_CLI_AUDIT_ASK_H

#include "answers/line_view.h"
#include "answers/question.h"
#include "answers/scan.h"
#include "core/clock.h"

struct audit_ask {
    int64_t since_ms, until_ms; /* from, and before; 0: no bound */
    const char *profile, *node; /* NULL: all */
    const char *output;         /* file; NULL: standard output */
    const char *config_path;
    bool json;
    bool damaged; /* after the scan: something could not be read, which was said */
    char since[CLOCK_TEXT], until[CLOCK_TEXT];
    struct question *question; /* hosts and so on that are meant; NULL: all. Freed by the close */
    struct segment_list list;
};

/* For getopt_long: these options, and their letters. */
#define AUDIT_ASK_SHORT "c:o:h"
enum { ASK_SINCE = 256, ASK_UNTIL, ASK_PROFILE, ASK_NODE, ASK_JSON, ASK_VERSION, ASK_OTHER };
#define AUDIT_ASK_OPTIONS                                                                   \
    { "since", required_argument, NULL, ASK_SINCE },                                        \
    { "until", required_argument, NULL, ASK_UNTIL },                                        \
    { "profile", required_argument, NULL, ASK_PROFILE },                                    \
    { "node", required_argument, NULL, ASK_NODE }, { "json", no_argument, NULL, ASK_JSON }, \
    { "output", required_argument, NULL, 'o' }, { "config", required_argument, NULL, 'c' }, \
    { "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, ASK_VERSION }
#define AUDIT_ASK_HELP                                                                      \
    "      --since TIME      records from then on: 2026-11-01, 2026-11-01T10:00Z, 7d\n"         \
    "      --until TIME      records before then\n"                                         \
    "      --profile NAME    of this profile\n"                                             \
    "      --node NAME       of this node\n"                                                \
    "  -o, --output FILE     write there; never half of it\n"                               \
    "  -c, --config FILE     where AuditDir stands\n"                                       \
    "  -h, --help            show this help\n"                                              \
    "      --version         show the version\n\n"                                          \
    "Exit status: 0 done, 1 something in the log is damaged or missing, which is said;\n"   \
    "2 usage or file error.\n"

/* One of these options. -1: go on; else the command ends with that status. */
int audit_ask_option(struct audit_ask *a, int c, const char *command, const char *help_text);
/* Finds the segments; without arguments those of AuditDir. False: said why. */
bool audit_ask_open(struct audit_ask *a, char **paths, int n);
void audit_ask_close(struct audit_ask *a);

/* Who adds up. A part holds what one thread counted; parts are merged one at a time. */
struct audit_counter {
    void *(*begin)(void *self); /* NULL: memory is used up */
    /* True: the part has grown large, and is to be merged now. */
    bool (*take)(void *part, const struct line_view *v, const struct scan_line *line);
    bool (*merge)(void *self, void *part); /* the part is empty then; false: no memory */
    void (*end)(void *part);               /* frees it */
    void *self;
};
/* Hands out records that are meant, pending ones without an end, and gaps. False: said why. */
bool audit_ask_scan(struct audit_ask *a, const struct audit_counter *by);
/* To `output`, or standard output. Returns the exit status. */
int audit_ask_write(const struct audit_ask *a, const struct buf *out);

#endif
