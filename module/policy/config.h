/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - the filter's whole configuration as one immutable value: `optout.Directive
 * value …` in c-icap's file, as directive.h reads it.
 *
 * One limit depends on a mode: unlocked, HoldMax counts as 1M at most. */
#ifndef OPTOUT_POLICY_CONFIG_H
#define OPTOUT_POLICY_CONFIG_H

#include "core/format_list.h"
#include "policy/directive.h"
#include "policy/profile.h"
#include "site/kinds.h"

#define CONFIG_PROFILES_MAX 64
#define CONFIG_TEXT_MAX (1u << 20) /* bytes of config_print */
#define CONFIG_PREVIEW_MAX 60000 /* bytes; above it Squid 5.7 stalls on larger bodies */

/* Auto: locked where the proxy says that it can wait, by the ICAP field SQUID_VERSION_FIELD. */
enum hold_mode { HOLD_AUTO, HOLD_UNLOCKED, HOLD_LOCKED };
#define SQUID_VERSION_FIELD "X-Squid-Version"
/* Squid since 6.13 reads on while no answer has begun; before, it stalls at 64 KiB. */
bool config_squid_waits(struct slice version);
/* How much an unlocked body may hold back in all before Squid 5.7 stalls now and then;
 * released with a lag beyond. */
#define UNLOCKED_HOLD_MAX (1u << 20)
enum html_depth { HTML_DEPTH_DOCUMENT, HTML_DEPTH_HEAD };
enum audit_sync { AUDIT_SYNC_WRITE, AUDIT_SYNC_BATCH, AUDIT_SYNC_EACH };
enum audit_query { AUDIT_QUERY_KEEP, AUDIT_QUERY_HASH, AUDIT_QUERY_DROP };

struct config {
    struct profile profile[CONFIG_PROFILES_MAX];
    size_t n_profiles;    /* at least 1: the built-in one unless redefined */
    size_t default_profile;

    /* inspection */
    uint32_t preview_size; /* bytes */
    uint8_t html_depth;    /* enum html_depth */
    uint64_t expand_max;   /* decoded bytes of one body */
    uint32_t expand_ratio; /* decoded bytes per coded byte */

    /* holding back */
    uint8_t hold_mode;   /* enum hold_mode */
    uint64_t hold_max;   /* bytes of one body */
    uint64_t hold_format[FORMATS_COUNT]; /* the same for one file format; UINT64_MAX: hold_max */
    uint64_t hold_memory; /* bytes of one body kept in memory, the rest spools */
    uint64_t hold_total; /* bytes of all bodies, all children */
    uint32_t hold_time_s; /* longest wait for a verdict; 0: no limit */
    char spool_dir[CONFIG_PATH_MAX];

    /* site rules */
    char site_store[CONFIG_PATH_MAX];  /* folder; empty: no site rules */
    uint64_t site_store_size;          /* bytes */
    char site_socket[CONFIG_PATH_MAX]; /* of optoutd; empty: only what passes teaches */
    uint32_t site_wait_ms;             /* for the site files of an unknown origin */
    uint32_t site_waiters;             /* requests of one child that wait at a time */
    uint8_t site_choice[SITE_KIND_COUNT][SITE_STATE_COUNT]; /* enum site_meaning */
    bool site_terms;                   /* what terms say in words counts for the whole origin */
    char terms_file[CONFIG_PATH_MAX];  /* which pages those are; empty: the built-in table */
    char agents_file[CONFIG_PATH_MAX]; /* empty: the built-in tokens only */
    char clients_file[CONFIG_PATH_MAX]; /* empty: every client notices a cut */
    char phrases[CONFIG_PATH_MAX]; /* a file or folder; empty: the built-in ones; "none" */

    /* pages and the images that they embed */
    uint32_t image_map;    /* images that are remembered, of all children; 0: none */
    uint32_t image_time_s; /* how long at most */

    /* answers */
    uint32_t block_status;             /* 451, 403, … */
    char blocked_by[CONFIG_PATH_MAX];  /* URL for Link rel=blocked-by; may be empty */
    char contact[CONFIG_PATH_MAX];     /* operator's contact on the block page; may be empty */

    /* audit */
    char node[64];
    char audit_dir[CONFIG_PATH_MAX];
    uint8_t audit_sync;          /* enum audit_sync */
    uint32_t audit_batch_ms;     /* between two fdatasync of AUDIT_SYNC_BATCH */
    uint64_t audit_rotate_size;  /* bytes; 0: never by size */
    uint32_t audit_rotate_age_s; /* seconds; 0: never by age */
    uint64_t audit_keep_age_s;   /* segments older than that are removed; 0: none for its age */
    uint64_t audit_keep_size;    /* bytes of AuditDir beyond which the oldest are; 0: none */
    char audit_keep_shipped[CONFIG_PATH_MAX]; /* where optout-ship says what it has shipped;
                                                 empty: where it would by itself; or "none" */
    uint8_t on_audit_failure;    /* enum action: ACTION_BLOCK or ACTION_PASS */
    uint8_t audit_query;         /* enum audit_query */
    bool audit_client;           /* client addresses are recorded */
    bool audit_body_hash;        /* SHA-256 of bodies seen whole */

    char hash[65]; /* SHA-256, hex, of every setting in effect; set by whoever loads the data
                      files too: policy/snapshot.h */
};

extern const struct directive directives[]; /* ends with a row whose name is NULL */
extern const struct directive_set service_directives; /* of struct config */

void config_init(struct config *c); /* every default, the built-in profile */
/* One directive, name without prefix. */
enum optout_rc config_apply(struct config *c, const char *name, int argc,
                            const char *const *argv, struct config_error *e) OPTOUT_CHECKED;
/* Checks that concern several directives. Call last. */
enum optout_rc config_finish(struct config *c, struct config_error *e) OPTOUT_CHECKED;
/* Reads the lines `<prefix>.Directive …` of a c-icap configuration file,
 * following Include; other lines are left to c-icap. Starts with config_init
 * and ends with config_finish. Everything that is wrong is added to `all`; then what is
 * right is in effect, and nothing should use it. */
enum optout_rc config_load(struct config *c, const char *path, struct config_errors *all)
    OPTOUT_CHECKED;
/* directives_locate, of the filter's. */
void config_locate(const char *path, struct config_error *e);
/* Whether this process may write where records and held bodies go: AuditDir, or
 * the folder that it is to be made in, and SpoolDir. Apart from config_finish,
 * because whoever checks a file need not be c-icap's user. */
enum optout_rc config_check_folders(const struct config *c, struct config_error *e) OPTOUT_CHECKED;
/* Every setting in effect, one directive a line, as config_load would read it. */
void config_print(const struct config *c, struct buf *out);
/* The same, and its SHA-256, which becomes c->hash. */
enum optout_rc config_digest(struct config *c, struct buf *text, uint8_t sha256[32],
                             struct config_error *e) OPTOUT_CHECKED;
/* By name, case folded; NULL when there is none of that name. An empty name is
 * the default profile. */
const struct profile *config_profile(const struct config *c, struct slice name);

#endif
