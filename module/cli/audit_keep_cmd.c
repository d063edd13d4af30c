/* SPDX-License-Identifier: Apache-2.0 */
/* optout audit keep: removes closed segments that AuditKeep no longer wants, and says so in the log.
 *
 * What is to be removed is read first, then told by a line of the log that is on the disk, and only then
 * removed: whatever ends this in between, nothing is missing without a line. Never touched are segments that
 * are written, the newest closed one of each node, what cannot be read, and what optout-ship still has to
 * ship. */
#include "audit/segment.h"
#include "cli/audit_keep.h"
#include "cli/cli.h"
#include "core/clock.h"
#include "policy/audit_keep_line.h"
#include "policy/snapshot.h"
#include "ship/position.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHIP_STATE "/var/lib/optout-ship" /* of the unit that comes with it */
#define LINE_MAX_BYTES 8192

static const char help_text[] =
    "Usage: optout audit keep [OPTION]... [FOLDER]\n"
    "Removes the closed segments of AuditDir, or of FOLDER, that AuditKeep no longer wants: those whose\n"
    "newest line is older than its days, and the oldest as far as the folder exceeds its size. Each is\n"
    "read and told of by a line of the log (\"event\":\"removed\") before it goes. Kept are segments that\n"
    "are written, the newest of each node, what is damaged, and what optout-ship has not shipped.\n\n"
    "Options:\n"
    "      --age DAYSd        in the place of what AuditKeep says\n"
    "      --size SIZEM|G|T   the same\n"
    "      --shipped FOLDER   where optout-ship has its positions; none: it is not asked\n"
    "                         [as AuditKeep says, else beside the segments, else\n"
    "                         " SHIP_STATE ", where these are]\n"
    "      --damaged          remove what cannot be read to its end, too\n"
    "  -n, --dry-run          only say what would be removed\n"
    "      --json             print the lines of the log instead of sentences\n"
    "  -c, --config FILE      where AuditKeep, AuditDir and Node stand\n"
    "  -h, --help             show this help\n"
    "      --version          show the version\n\n"
    "Exit status: 0 done; 1 something that is due was kept, which is said; 2 usage or file error.\n";

struct keeping {
    bool dry_run, json, damaged_too;
    const char *config_path, *age, *size, *shipped; /* as given; NULL: not */
    struct config config;
    char folder[CONFIG_PATH_MAX];
    int lock; /* on the folder; -1: none */
    uid_t owner;
    struct kept_folder files;
    const char *positions; /* folder of those of optout-ship; NULL: nobody ships */
    struct audit *log; /* NULL: nothing has been removed yet */
    size_t removed, kept;
    uint64_t freed, records;
};

/* ---- who may do what ---- */

/* Root writes as whoever owns the folder, so that the filter can read what is written, and reads positions,
 * which nobody else may, as itself. */
static bool act_as(uid_t user)
{
    return geteuid() == user || seteuid(user) == 0;
}

static bool lock_folder(struct keeping *k)
{
    struct stat st;
    k->lock = open(k->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (k->lock < 0 || fstat(k->lock, &st) != 0) {
        cli_error("%s: %s", k->folder, strerror(errno));
        return false;
    }
    if (flock(k->lock, LOCK_EX | LOCK_NB) != 0) {
        cli_error("%s: another 'optout audit keep' is at work there", k->folder);
        return false;
    }
    k->owner = geteuid();
    if (geteuid() != 0 || st.st_uid == 0)
        return true;
    k->owner = st.st_uid;
    if (setegid(st.st_gid) == 0 && act_as(k->owner))
        return true;
    cli_error("cannot act as the owner of %s: %s", k->folder, strerror(errno));
    return false;
}

/* ---- what was shipped ---- */

/* False: said why not. */
static bool find_positions(struct keeping *k)
{
    const char *said = k->shipped ? k->shipped : k->config.audit_keep_shipped;
    uid_t before = geteuid();
    struct stat st;
    if (strcmp(said, "none") == 0)
        return true;
    k->positions = *said ? said : k->files.has_positions ? k->folder : access(SHIP_STATE, F_OK) == 0 ? SHIP_STATE : NULL;
    if (!k->positions)
        return true;
    errno = 0;
    bool ok = act_as(getuid()) && stat(k->positions, &st) == 0 && S_ISDIR(st.st_mode) &&
              eaccess(k->positions, R_OK | X_OK) == 0;
    if (!ok)
        cli_error("%s: what was shipped cannot be told, so nothing is removed: %s", k->positions,
                  errno ? strerror(errno) : "no folder");
    return act_as(before) && ok;
}

/* Why it is not known to be shipped; NULL: it is. */
static const char *not_shipped(struct keeping *k, const struct survey *s)
{
    struct position p;
    uid_t before = geteuid();
    if (!k->positions)
        return NULL;
    enum optout_rc rc = act_as(getuid()) ? position_load(k->positions, s->removal.segment, &p) : OPTOUT_E_IO;
    if (!act_as(before))
        rc = OPTOUT_E_IO;
    if (rc == OPTOUT_DONE)
        return "it is not shipped yet";
    if (rc != OPTOUT_OK)
        return "what was shipped of it cannot be read";
    if (p.state == POSITION_OPEN)
        return "it is not shipped to its end";
    /* What is damaged and may go all the same was shipped as far as it can be read. */
    bool same = strcmp(p.first, s->first) == 0 && (p.lines == s->lines || s->damage);
    return same ? NULL : "what was shipped under its name is not what it holds";
}

/* ---- telling ---- */

static bool print_removal(const struct keeping *k, const struct removal *r, struct slice line)
{
    struct buf out;
    char hex[13];
    buf_init(&out, 2 * LINE_MAX_BYTES);
    if (k->json) {
        buf_append(&out, line.p, line.n);
    } else {
        for (size_t i = 0; i < 6; i++)
            snprintf(hex + 2 * i, 3, "%02x", r->sha256[i]);
        buf_printf(&out, "%s: %s, %s %s: %llu records", r->segment,
                   k->dry_run ? "would be removed" : "removed", r->rule, r->limit,
                   (unsigned long long)r->records);
        if (r->from[0])
            buf_printf(&out, ", %s to %s", r->from, r->to);
        buf_printf(&out, ", %llu bytes, SHA-256 %s…\n", (unsigned long long)r->bytes, hex);
    }
    bool ok = cli_write(&out);
    buf_free(&out);
    return ok;
}

static void say_kept(struct keeping *k, const char *name, const char *why)
{
    k->kept++;
    cli_error("%s: due, and kept: %s", name, why);
}

/* ---- removing ---- */

static bool open_log(struct keeping *k)
{
    struct config_error e = { .reason = "" };
    if (!k->log)
        k->log = audit_open(&k->config, &e);
    if (!k->log)
        cli_error("%s", e.reason);
    return k->log != NULL;
}

static bool remove_file(const struct keeping *k, const char *name, const char *end)
{
    char *path = NULL;
    if (asprintf(&path, "%s%s", name, end) < 0)
        return false;
    bool ok = unlinkat(k->lock, path, 0) == 0;
    free(path);
    return ok;
}

static bool remove_segment(struct keeping *k, const struct kept_segment *s, const struct removal *r)
{
    if (!remove_file(k, s->name, "")) {
        cli_error("%s: %s", s->path, strerror(errno));
        return false;
    }
    (void)remove_file(k, r->segment, ".idx"); /* what is left of them, the next run of index finds */
    (void)remove_file(k, r->segment, ".torn");
    k->removed++;
    k->freed += r->bytes;
    k->records += r->records;
    k->files.bytes -= r->bytes < k->files.bytes ? r->bytes : k->files.bytes;
    return true;
}

/* On a disk that is full the line may have no room before the segment is gone: then it is printed first. */
static bool tell_and_remove(struct keeping *k, const struct kept_segment *s, const struct removal *r,
                            struct slice line)
{
    if (k->dry_run)
        return print_removal(k, r, line);
    if (!open_log(k))
        return false;
    if (audit_append(k->log, line, NULL) == OPTOUT_OK)
        return remove_segment(k, s, r) && print_removal(k, r, line);
    if (errno != ENOSPC && errno != EDQUOT) {
        cli_error("the log cannot take what is to be removed: %s", strerror(errno));
        return false;
    }
    if (!print_removal(k, r, line) || !remove_segment(k, s, r))
        return false;
    if (audit_append(k->log, line, NULL) == OPTOUT_OK)
        return true;
    cli_error("%s was removed to make room, and the log still cannot take the line that says so: %s",
              r->segment, strerror(errno));
    return false;
}

/* ---- choosing ---- */

/* By its file alone, which is no older than what it holds. */
static const char *rule_of(const struct keeping *k, const struct kept_segment *s, int64_t now_s)
{
    const struct config *c = &k->config;
    if (c->audit_keep_age_s && now_s - s->mtime_s > (int64_t)c->audit_keep_age_s)
        return "age";
    return c->audit_keep_size && k->files.bytes > c->audit_keep_size ? "size" : NULL;
}

static void print_limit(const struct keeping *k, const char *rule, char out[32])
{
    if (strcmp(rule, "age") == 0)
        snprintf(out, 32, "%llud", (unsigned long long)(k->config.audit_keep_age_s / (24 * 3600)));
    else
        snprintf(out, 32, "%lluM", (unsigned long long)(k->config.audit_keep_size >> 20));
}

static bool is_younger(const struct keeping *k, const struct removal *r, int64_t now_s)
{
    int64_t to_ms;
    return clock_read(r->to, &to_ms) && now_s - to_ms / 1000 <= (int64_t)k->config.audit_keep_age_s;
}

/* False: it cannot go on. */
static bool look_at(struct keeping *k, const struct kept_segment *s, int64_t now_s)
{
    const char *rule = s->open || s->newest || s->twice ? NULL : rule_of(k, s, now_s), *why;
    struct survey found;
    char name[256], limit[32];
    struct buf line;
    if (!rule)
        return true;
    enum optout_rc rc = survey_segment(s, name, &found);
    if (rc == OPTOUT_E_IO && errno == ENOENT)
        return true; /* somebody was quicker, or compresses it: the next run finds it */
    if (rc == OPTOUT_E_NOMEM) {
        cli_error("out of memory");
        return false;
    }
    if (rc != OPTOUT_OK) {
        say_kept(k, name, strerror(errno));
        return true;
    }
    if (strcmp(rule, "age") == 0 && is_younger(k, &found.removal, now_s))
        return true; /* its file is old, what it holds is not */
    if (found.damage && !k->damaged_too)
        why = found.damage;
    else
        why = not_shipped(k, &found);
    if (why) {
        say_kept(k, name, why);
        return true;
    }
    print_limit(k, rule, limit);
    found.removal.node = k->config.node;
    found.removal.rule = rule;
    found.removal.limit = limit;
    buf_init(&line, LINE_MAX_BYTES);
    bool ok = removal_print(&found.removal, &line) == OPTOUT_OK &&
              tell_and_remove(k, s, &found.removal, buf_slice(&line));
    if (ok && k->dry_run) {
        k->removed++;
        k->freed += s->bytes;
        k->records += found.removal.records;
        k->files.bytes -= s->bytes < k->files.bytes ? s->bytes : k->files.bytes;
    }
    buf_free(&line);
    return ok;
}

static bool say_what_was_done(const struct keeping *k)
{
    char text[320];
    if (k->json)
        return true;
    int n = snprintf(text, sizeof text, "%zu segments %s, %llu records, %.1f MB; the folder has %.1f MB", k->removed,
                     k->dry_run ? "would be removed" : "removed", (unsigned long long)k->records,
                     (double)k->freed / 1e6, (double)k->files.bytes / 1e6);
    if (k->kept)
        n += snprintf(text + n, sizeof text - (size_t)n, "; %zu that are due were kept", k->kept);
    if (k->files.foreign)
        n += snprintf(text + n, sizeof text - (size_t)n, "; %zu files are not named by the filter, and were left alone",
                      k->files.foreign);
    snprintf(text + n, sizeof text - (size_t)n, "\n");
    return cli_write_text(text) == CLI_CLEAR;
}

static int keep_all(struct keeping *k)
{
    int64_t now_s = clock_wall_ms() / 1000;
    if (!lock_folder(k))
        return CLI_FAILED;
    if (!kept_folder_read(&k->files, k->folder)) {
        cli_error("%s: %s", k->folder, strerror(errno));
        return CLI_FAILED;
    }
    bool ok = find_positions(k);
    for (size_t i = 0; ok && i < k->files.n; i++)
        ok = look_at(k, &k->files.v[i], now_s);
    audit_close(k->log);
    ok = ok && say_what_was_done(k);
    return !ok ? CLI_FAILED : k->kept ? CLI_FOUND : CLI_CLEAR;
}

/* ---- the command ---- */

static int take_limits(struct keeping *k)
{
    struct config *c = &k->config;
    if (k->age && !audit_keep_age(slice_cstr(k->age), &c->audit_keep_age_s))
        return cli_misuse("optout audit keep", "--age takes days, 400d, not '%s'", k->age);
    if (k->size && !audit_keep_size(slice_cstr(k->size), &c->audit_keep_size))
        return cli_misuse("optout audit keep", "--size takes a size, 200G, not '%s'", k->size);
    c->audit_sync = AUDIT_SYNC_EACH;
    c->audit_rotate_age_s = 0;
    c->audit_rotate_size = 0;
    return CLI_CLEAR;
}

static bool load(struct keeping *k, const char *folder)
{
    const char *path = k->config_path;
    if (!path && access(OPTOUT_CONFIGDIR "/srv_optout.conf", R_OK) == 0)
        path = OPTOUT_CONFIGDIR "/srv_optout.conf";
    struct snapshot *s = cli_load_config(path);
    if (!s)
        return false;
    k->config = s->config;
    cli_free_config(s);
    if (folder && strlen(folder) >= sizeof k->config.audit_dir) {
        cli_error("%s: %s", folder, strerror(ENAMETOOLONG));
        return false;
    }
    if (folder)
        snprintf(k->config.audit_dir, sizeof k->config.audit_dir, "%s", folder);
    snprintf(k->folder, sizeof k->folder, "%s", k->config.audit_dir);
    return true;
}

/* -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct keeping *k)
{
    enum { AGE = 256, SIZE, SHIPPED, DAMAGED, JSON, VERSION };
    static const struct option options[] = {
        { "age", required_argument, NULL, AGE },         { "size", required_argument, NULL, SIZE },
        { "shipped", required_argument, NULL, SHIPPED }, { "damaged", no_argument, NULL, DAMAGED },
        { "dry-run", no_argument, NULL, 'n' },           { "json", no_argument, NULL, JSON },
        { "config", required_argument, NULL, 'c' },      { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, VERSION },       { NULL, 0, NULL, 0 },
    };
    for (int o; (o = getopt_long(argc, argv, "c:hn", options, NULL)) != -1;) {
        switch (o) {
        case AGE: k->age = optarg; break;
        case SIZE: k->size = optarg; break;
        case SHIPPED: k->shipped = optarg; break;
        case DAMAGED: k->damaged_too = true; break;
        case JSON: k->json = true; break;
        case 'n': k->dry_run = true; break;
        case 'c': k->config_path = optarg; break;
        case 'h': return cli_write_text(help_text);
        case VERSION: return cli_write_version();
        default: return cli_misuse_hint(argv[0]);
        }
    }
    return argc - optind > 1 ? cli_misuse(argv[0], "name one folder") : -1;
}

static int run(struct keeping *k, const char *folder)
{
    int status = load(k, folder) ? take_limits(k) : CLI_FAILED;
    if (status != CLI_CLEAR)
        return status;
    if (k->config.audit_keep_age_s || k->config.audit_keep_size)
        return keep_all(k);
    return cli_write_text("AuditKeep is off: nothing is removed\n");
}

int audit_keep(int argc, char **argv)
{
    struct keeping *k = calloc(1, sizeof *k);
    if (!k) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    k->lock = -1;
    int status = read_options(argc, argv, k);
    if (status < 0)
        status = run(k, optind < argc ? argv[optind] : NULL);
    kept_folder_free(&k->files);
    if (k->lock >= 0)
        close(k->lock);
    free(k);
    return status;
}
