/* SPDX-License-Identifier: Apache-2.0 */
/* Every directive with values that are taken and refused, the keys of a
 * profile, and files as c-icap reads them. A refusal is compared as text:
 * whoever meets it has nothing else to go by. */
#include "unit.h"

#include "policy/config.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEN(v) (sizeof(v) / sizeof *(v))
#define X8 "xxxxxxxx"
#define X64 X8 X8 X8 X8 X8 X8 X8 X8
#define X512 X64 X64 X64 X64 X64 X64 X64 X64
#define X1023 X512 X64 X64 X64 X64 X64 X64 X64 X8 X8 X8 X8 X8 X8 X8 "xxxxxxx"

static char folder[64]; /* of this run's files */

static struct config *new_config(void)
{
    struct config *c = malloc(sizeof *c);
    assert_non_null(c);
    config_init(c);
    return c;
}

static void assert_text(const struct buf *got, const char *want)
{
    assert_int_equal(got->failed, OPTOUT_OK);
    if (!slice_eq(buf_slice(got), slice_cstr(want)))
        fail_msg("got \"%.*s\", want \"%s\"", (int)got->n, (const char *)got->p, want);
}

static void assert_error(const struct config_error *e, const char *want)
{
    struct buf text;
    buf_init(&text, 8192);
    config_error_print(e, &text);
    assert_text(&text, want);
    buf_free(&text);
}

/* True when config_print gives this very line. */
static bool prints(const struct config *c, const char *line)
{
    struct buf text;
    char wanted[2048];
    buf_init(&text, 1u << 20);
    buf_putc(&text, '\n');
    config_print(c, &text);
    assert_int_equal(text.failed, OPTOUT_OK);
    snprintf(wanted, sizeof wanted, "\n%s\n", line);
    bool found = memmem(text.p, text.n, wanted, strlen(wanted)) != NULL;
    buf_free(&text);
    return found;
}

/* ---- values ---- */

static const struct value {
    const char *directive;
    const char *given;
    const char *printed; /* NULL: refused */
    const char *error;   /* reason; remedy */
} values[] = {
#define RANGE(v, from, to) NULL, v " is out of range; use a value from " from " to " to
#define NO_NUMBER(v) NULL, "\"" v "\" is no number; write digits only"
#define NO_SIZE(v) NULL, "\"" v "\" is no number; write digits and K, M or G, such as 16M"
    { "PreviewSize", "1024", "1024", NULL },
    { "PreviewSize", "60000", "60000", NULL },
    { "PreviewSize", "0032768", "32768", NULL },
    { "PreviewSize", "1023", RANGE("1023", "1024", "60000") },
    { "PreviewSize", "60001", RANGE("60001", "1024", "60000") },
    { "PreviewSize", "4294968320", RANGE("4294968320", "1024", "60000") }, /* 2^32 + 1024 */
    { "PreviewSize", "32K", NO_NUMBER("32K") },
    { "PreviewSize", "-1024", NO_NUMBER("-1024") },
    { "PreviewSize", "+1024", NO_NUMBER("+1024") },
    { "PreviewSize", "0x8000", NO_NUMBER("0x8000") },
    { "PreviewSize", "1e4", NO_NUMBER("1e4") },
    { "PreviewSize", "", NO_NUMBER("") },
    { "PreviewSize", " 2048", NO_NUMBER(" 2048") },
    { "PreviewSize", "18446744073709551616", NO_NUMBER("18446744073709551616") },
    { "HtmlDepth", "head", "head", NULL },
    { "HtmlDepth", "Document", "document", NULL },
    { "HtmlDepth", "body", NULL, "\"body\" is not known; use one of document|head" },
    { "HtmlDepth", "", NULL, "\"\" is not known; use one of document|head" },
    { "ExpandMax", "64K", "65536", NULL },
    { "ExpandMax", "64k", "65536", NULL },
    { "ExpandMax", "4G", "4294967296", NULL },
    { "ExpandMax", "65537", "65537", NULL },
    { "ExpandMax", "65535", RANGE("65535", "65536", "4294967296") },
    { "ExpandMax", "4294967297", RANGE("4294967297", "65536", "4294967296") },
    { "ExpandMax", "17179869183G", RANGE("18446744072635809792", "65536", "4294967296") },
    { "ExpandMax", "17179869184G", NO_SIZE("17179869184G") },
    { "ExpandMax", "18446744073709551615M", NO_SIZE("18446744073709551615M") },
    { "ExpandMax", "K", NO_SIZE("K") },
    { "ExpandMax", "", NO_SIZE("") },
    { "ExpandMax", "1T", NO_SIZE("1T") },
    { "ExpandMax", "64KB", NO_SIZE("64KB") },
    { "ExpandMax", "64KK", NO_SIZE("64KK") },
    { "ExpandMax", "1.5M", NO_SIZE("1.5M") },
    { "ExpandRatio", "10", "10", NULL },
    { "ExpandRatio", "100000", "100000", NULL },
    { "ExpandRatio", "9", RANGE("9", "10", "100000") },
    { "ExpandRatio", "100001", RANGE("100001", "10", "100000") },
    { "HoldMode", "locked", "locked", NULL },
    { "HoldMode", "UNLOCKED", "unlocked", NULL },
    { "HoldMode", "lock", NULL, "\"lock\" is not known; use one of auto|unlocked|locked" },
    { "HoldMax", "64K", "65536", NULL },
    { "HoldMax", "4G", "4294967296", NULL },
    { "HoldMax", "63K", RANGE("64512", "65536", "4294967296") },
    { "HoldMax", "5G", RANGE("5368709120", "65536", "4294967296") },
    { "HoldMemory", "64K", "65536", NULL },
    { "HoldMemory", "1G", "1073741824", NULL },
    { "HoldMemory", "65535", RANGE("65535", "65536", "1073741824") },
    { "HoldMemory", "1025M", RANGE("1074790400", "65536", "1073741824") },
    { "HoldTotal", "1M", "1048576", NULL },
    { "HoldTotal", "1024G", "1099511627776", NULL },
    { "HoldTotal", "1023K", RANGE("1047552", "1048576", "1099511627776") },
    { "HoldTotal", "1025G", RANGE("1100585369600", "1048576", "1099511627776") },
    { "HoldTime", "0", "0", NULL },
    { "HoldTime", "3600", "3600", NULL },
    { "HoldTime", "3601", RANGE("3601", "0", "3600") },
    { "SpoolDir", "/tmp", "\"/tmp\"", NULL },
    { "SpoolDir", X1023 "x", NULL, "longer than 1023 bytes; shorten it" },
    { "SiteStore", "/var/lib/optout", "\"/var/lib/optout\"", NULL },
    { "SiteStore", "", "\"\"", NULL },
    { "SiteStoreSize", "1M", "1048576", NULL },
    { "SiteStoreSize", "1023K", RANGE("1047552", "1048576", "1099511627776") },
    { "SiteSocket", "/run/optout/optoutd.sock", "\"/run/optout/optoutd.sock\"", NULL },
    { "SiteWait", "0", "0", NULL },
    { "SiteWait", "60001", RANGE("60001", "0", "60000") },
    { "SiteWaiters", "1", "1", NULL },
    { "SiteWaiters", "0", RANGE("0", "1", "10000") },
    { "ImageMap", "0", "0", NULL },
    { "SiteTerms", "off", "off", NULL },
    { "SiteTerms", "yes", NULL, "\"yes\" is neither on nor off; write on or off" },
    { "TermsPages", "/etc/terms.tsv", "\"/etc/terms.tsv\"", NULL },
    { "TermsPages", X1023 "x", NULL, "longer than 1023 bytes; shorten it" },
    { "ImageMap", "16777216", "16777216", NULL },
    { "ImageMap", "16777217", RANGE("16777217", "0", "16777216") },
    { "ImageTime", "300", "300", NULL },
    { "ImageTime", "299", RANGE("299", "300", "31536000") },
    { "Agents", "/etc/agents.tsv", "\"/etc/agents.tsv\"", NULL },
    { "Clients", "/etc/clients.tsv", "\"/etc/clients.tsv\"", NULL },
    { "Phrases", "/etc/phrases", "\"/etc/phrases\"", NULL },
    { "Phrases", "none", "\"none\"", NULL },
    { "Phrases", X1023 "x", NULL, "longer than 1023 bytes; shorten it" },
    { "SiteStore", X1023 "x", NULL, "longer than 1023 bytes; shorten it" },
    { "SiteSocket", X1023, NULL, "longer than 107 bytes; shorten it" },
    { "Agents", X1023 "x", NULL, "longer than 1023 bytes; shorten it" },
    { "Clients", X1023 "x", NULL, "longer than 1023 bytes; shorten it" },
    { "BlockStatus", "400", "400", NULL },
    { "BlockStatus", "599", "599", NULL },
    { "BlockStatus", "399", RANGE("399", "400", "599") },
    { "BlockStatus", "600", RANGE("600", "400", "599") },
    { "BlockedBy", "https://o.example/why", "\"https://o.example/why\"", NULL },
    { "BlockedBy", "", "\"\"", NULL },
    { "BlockedBy", "http://a\nb", NULL, "holds a control character; remove it" },
    { "Contact", "ask us, café", "\"ask us, café\"", NULL },
    { "Contact", "", "\"\"", NULL },
    { "Contact", "a\rb", NULL, "holds a control character; remove it" },
    { "Contact", "a\x7F", NULL, "holds a control character; remove it" },
    { "Contact", X1023 "x", NULL, "longer than 1023 bytes; shorten it" },
    { "Node", "n-1.example_x", "\"n-1.example_x\"", NULL },
    { "Node", X64, NULL, "longer than 63 bytes; shorten it" },
    { "AuditDir", "/" X512, "\"/" X512 "\"", NULL },
    { "AuditDir", X1023 "x", NULL, "longer than 1023 bytes; shorten it" },
    { "AuditSync", "write", "write", NULL },
    { "AuditSync", "batch", "batch", NULL },
    { "AuditSync", "each", "each", NULL },
    { "AuditSync", "always", NULL, "\"always\" is not known; use one of write|batch|each" },
    { "AuditBatchInterval", "10", "10", NULL },
    { "AuditBatchInterval", "60000", "60000", NULL },
    { "AuditBatchInterval", "9", RANGE("9", "10", "60000") },
    { "AuditBatchInterval", "60001", RANGE("60001", "10", "60000") },
    { "AuditRotateSize", "0", "0", NULL },
    { "AuditRotateSize", "1024G", "1099511627776", NULL },
    { "AuditRotateSize", "1025G", RANGE("1100585369600", "0", "1099511627776") },
    { "AuditRotateAge", "0", "0", NULL },
    { "AuditRotateAge", "31536000", "31536000", NULL },
    { "AuditRotateAge", "31536001", RANGE("31536001", "0", "31536000") },
    { "OnAuditFailure", "pass", "pass", NULL },
    { "OnAuditFailure", "block", "block", NULL },
    { "OnAuditFailure", "tag", NULL, "\"tag\" is not known; use one of block|pass" },
    { "OnAuditFailure", "", NULL, "\"\" is not known; use one of block|pass" },
    { "AuditQuery", "keep", "keep", NULL },
    { "AuditQuery", "hash", "hash", NULL },
    { "AuditQuery", "drop", "drop", NULL },
    { "AuditQuery", "none", NULL, "\"none\" is not known; use one of keep|hash|drop" },
    { "AuditClient", "on", "on", NULL },
    { "AuditClient", "OFF", "off", NULL },
    { "AuditClient", "yes", NULL, "\"yes\" is neither on nor off; write on or off" },
    { "AuditBodyHash", "off", "off", NULL },
    { "AuditBodyHash", "1", NULL, "\"1\" is neither on nor off; write on or off" },
    { "DefaultProfile", "training", "training", NULL },
    { "DefaultProfile", "Training", "training", NULL },
    { "DefaultProfile", "other", NULL,
      "there is no profile \"other\"; define it first with: Profile NAME key=value …" },
    { "DefaultProfile", "", NULL,
      "there is no profile \"\"; define it first with: Profile NAME key=value …" },
    { "Profile", "two=", NULL,
      "\"two=\" is no name of a profile; begin with a letter; letters, digits, '-', '_' and '.' "
      "follow" },
    { "Previewsize", "2048", "2048", NULL }, /* names are compared without case */
    { "Preview", "2048", NULL,
      "unknown directive; see srv_optout.conf(5) or `optout config directives`" },
    { "", "2048", NULL,
      "unknown directive; see srv_optout.conf(5) or `optout config directives`" },
};

static void a_value(void **state)
{
    const struct value *v = *state;
    struct config *c = new_config();
    struct config_error e = { .line = 0 };
    char text[4096];
    enum optout_rc rc = config_apply(c, v->directive, 1, &v->given, &e);
    if (v->printed) {
        assert_int_equal(rc, OPTOUT_OK);
        const struct directive *d = directives;
        while (d->name && !slice_eq_nocase(slice_cstr(d->name), slice_cstr(v->directive)))
            d++;
        assert_non_null(d->name);
        snprintf(text, sizeof text, "optout.%s %s", d->name, v->printed);
        assert_true(prints(c, text));
    } else {
        assert_int_equal(rc, OPTOUT_E_SYNTAX);
        snprintf(text, sizeof text, "%s%s%s", v->directive, *v->directive ? ": " : "", v->error);
        assert_error(&e, text);
    }
    free(c);
}

/* A directive that is added without rows of its own makes this fail. */
static void every_directive_has_values_that_are_taken_and_refused(void **state)
{
    (void)state;
    for (const struct directive *d = directives; d->name; d++) {
        size_t taken = 0, refused = 0;
        for (size_t i = 0; i < LEN(values); i++)
            if (strcmp(values[i].directive, d->name) == 0) {
                taken += values[i].printed != NULL;
                refused += values[i].printed == NULL;
            }
        bool own = strcmp(d->name, "Profile") == 0 || strcmp(d->name, "SiteFile") == 0 ||
                   strcmp(d->name, "HoldFormat") == 0 || strcmp(d->name, "AuditKeep") == 0;
        if (!own && (taken == 0 || refused == 0))
            fail_msg("%s: %zu values taken, %zu refused", d->name, taken, refused);
    }
}

static void plain_directives_take_one_argument(void **state)
{
    static const char *const two[] = { "1024", "1024" };
    struct config *c = new_config();
    (void)state;
    for (const struct directive *d = directives; d->name; d++) {
        struct config_error e = { .line = 0 };
        if (d->kind == DIRECTIVE_OTHER)
            continue;
        assert_int_equal(config_apply(c, d->name, 2, two, &e), OPTOUT_E_SYNTAX);
        assert_string_equal(e.reason, "takes one argument, not 2");
        assert_int_equal(strncmp(e.remedy, "write: ", 7), 0);
        assert_non_null(strstr(e.remedy, d->name));
        assert_int_equal(config_apply(c, d->name, 0, two, &e), OPTOUT_E_SYNTAX);
        assert_string_equal(e.reason, "takes one argument, not 0");
    }
    free(c);
}

/* The column for people says what config_init does. */
static void defaults_are_those_of_the_table(void **state)
{
    struct config *c = new_config();
    (void)state;
    for (const struct directive *d = directives; d->name; d++) {
        struct config *other = new_config();
        struct config_error e;
        if (d->kind != DIRECTIVE_OTHER) {
            assert_int_equal(config_apply(other, d->name, 1, &d->preset, &e), OPTOUT_OK);
            assert_memory_equal(c, other, sizeof *c);
        }
        assert_true(strlen(d->help) > 20 && *d->args);
        free(other);
    }
    free(c);
}

/* ---- profiles ---- */

#define WHO " user=commercial country= \"user-agent=\""
#define TRAINING WHO " clear=pass reserved=block conditional=block licensed=tag undecided=tag " \
                 "undecided.partial=tag undecided.truncated=tag undecided.coding=tag "        \
                 "undecided.limit-size=tag undecided.limit-expansion=tag "                    \
                 "undecided.limit-memory=tag undecided.limit-signals=tag "                    \
                 "undecided.limit-time=tag undecided.aborted=tag undecided.tunnel=pass "        \
                 "undecided.site-unknown=block undecided.robots-unreachable=block "           \
                 "undecided.site-unreachable=tag undecided.site-unparseable=tag "             \
                 "undecided.limit-rules=tag undecided.malformed=tag undecided.encrypted=tag "        \
                 "undecided.limit-metadata=tag undecided.container=tag undecided.unread=pass "       \
                 "undecided.unseen=pass undecided.limit-phrases=tag "
#define WORDS "natural=plain:tag,likely:tag,hint:ignore natural-binding=no "
#define CHOICES "write plain, likely or hint, a colon, and ignore, tag or block; commas between them"
#define KEYS "see srv_optout.conf(5) for the keys of a profile"
#define PURPOSE "name tdm, train-ml, train-ai, ai-use or search, separated by commas"

static const struct profile_line {
    const char *given;
    const char *printed; /* NULL: refused */
    const char *error;
} profile_lines[] = {
    { "training", "training purpose=train-ai agents=" TRAINING "weak=tag " WORDS "others=0 late=cut mode=enforce",
      NULL },
    { "TRAINING purpose=Search,tdm", /* changed, keeping its name */
      "training purpose=tdm,search agents=" TRAINING "weak=tag " WORDS "others=0 late=cut mode=enforce", NULL },
    { "new purpose=ai-use agents=GPTBot,x.Y_z-1 weak=ignore late=refuse mode=monitor",
      "new purpose=ai-use agents=gptbot,x.y_z-1" TRAINING "weak=ignore " WORDS "others=0 late=refuse mode=monitor",
      NULL },
    { "training agents=a agents=b,c agents=",
      "training purpose=train-ai agents=" TRAINING "weak=tag " WORDS "others=0 late=cut mode=enforce", NULL },
    { "training WEAK=Block Mode=Enforce",
      "training purpose=train-ai agents=" TRAINING "weak=block " WORDS "others=0 late=cut mode=enforce", NULL },
    { "training clear=tag reserved=tag conditional=pass licensed=pass undecided=block "
      "undecided.tunnel=pass undecided.coding=tag",
      "training purpose=train-ai agents=" WHO " clear=tag reserved=tag conditional=pass licensed=pass "
      "undecided=block undecided.partial=block undecided.truncated=block undecided.coding=tag "
      "undecided.limit-size=block undecided.limit-expansion=block undecided.limit-memory=block "
      "undecided.limit-signals=block undecided.limit-time=block undecided.aborted=block "
      "undecided.tunnel=pass undecided.site-unknown=block undecided.robots-unreachable=block "
      "undecided.site-unreachable=block undecided.site-unparseable=block "
      "undecided.limit-rules=block undecided.malformed=block undecided.encrypted=block "
      "undecided.limit-metadata=block undecided.container=block undecided.unread=block "
      "undecided.unseen=block undecided.limit-phrases=block weak=tag " WORDS "others=0 late=cut mode=enforce",
      NULL },
    { "training agents=a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a",
      "training purpose=train-ai "
      "agents=a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a" TRAINING
      "weak=tag " WORDS "others=0 late=cut mode=enforce",
      NULL },
    { "training weak=x clear=tag mode late=now", NULL,
      "wrong value of weak (and 2 more of this line); write ignore, tag or block" },
    { "", NULL, "names no profile; write: Profile NAME purpose=train-ai …" },
    { "1st", NULL,
      "\"1st\" is no name of a profile; begin with a letter; letters, digits, '-', '_' and '.' "
      "follow" },
    { "abcdefghijklmnopqrstuvwxyz0123456", NULL,
      "\"abcdefghijklmnopqrstuvwxyz0123456\" is no name of a profile; begin with a letter; "
      "letters, digits, '-', '_' and '.' follow" },
    { "a/b", NULL,
      "\"a/b\" is no name of a profile; begin with a letter; letters, digits, '-', '_' and '.' "
      "follow" },
    { "new purpose=", NULL, "\"\" is no purpose; " PURPOSE },
    { "new purpose=train", NULL, "\"train\" is no purpose; " PURPOSE },
    { "new purpose=acquire", NULL, "\"acquire\" is no purpose; " PURPOSE },
    { "new purpose=search,", NULL, "\"\" is no purpose; " PURPOSE },
    { "new agents=a,,b", NULL,
      "\"\" is no product token; name product tokens such as GPTBot, separated by commas" },
    { "new agents=*", NULL,
      "\"*\" is no product token; name product tokens such as GPTBot, separated by commas" },
    { "new agents=GPTBot/1.0", NULL,
      "\"GPTBot/1.0\" is no product token; name product tokens such as GPTBot, separated by "
      "commas" },
    { "new agents=" X64, NULL,
      "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\" is no product token; name product tokens "
      "such as GPTBot, separated by commas" },
    { "new agents=a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a", NULL,
      "more than 32 agents; split the profile" },
    { "new reserved=cut", NULL, "\"cut\" is no action; write pass, tag or block" },
    { "new reserved=", NULL, "\"\" is no action; write pass, tag or block" },
    { "new undecided=deny", NULL, "\"deny\" is no action; write pass, tag or block" },
    { "new undecided.partial=", NULL, "\"\" is no action; write pass, tag or block" },
    { "new undecided.size=tag", NULL,
      "\"undecided.size\" names no reason; see srv_optout.conf(5) for the reasons" },
    { "new undecided.=tag", NULL,
      "\"undecided.\" names no reason; see srv_optout.conf(5) for the reasons" },
    { "new weak=deny", NULL, "wrong value of weak; write ignore, tag or block" },
    { "new natural=plain:block,,hint:tag", NULL, "\"\" is no choice for words; " CHOICES },
    { "new natural=plain:block,Hint:Tag natural-binding=YES",
      "new purpose=train-ai agents=" TRAINING "weak=tag natural=plain:block,likely:tag,hint:tag "
      "natural-binding=yes others=0 late=cut mode=enforce", NULL },
    { "new natural=plain:block natural=likely:ignore", /* what is not named stays */
      "new purpose=train-ai agents=" TRAINING "weak=tag natural=plain:block,likely:ignore,hint:ignore "
      "natural-binding=no others=0 late=cut mode=enforce", NULL },
    { "new natural=", NULL, "\"\" is no choice for words; " CHOICES },
    { "new natural=block", NULL, "\"block\" is no choice for words; " CHOICES },
    { "new natural=plain", NULL, "\"plain\" is no choice for words; " CHOICES },
    { "new natural=permission:tag", NULL, "\"permission:tag\" is no choice for words; " CHOICES },
    { "new natural-binding=maybe", NULL, "wrong value of natural-binding; write yes or no" },
    { "new others=9 Others=12", "new purpose=train-ai agents=" TRAINING
      "weak=tag " WORDS "others=12 late=cut mode=enforce", NULL },
    { "new others=", NULL, "wrong value of others; write a number up to 1000, or 0 for never" },
    { "new others=-1", NULL, "wrong value of others; write a number up to 1000, or 0 for never" },
    { "new others=1001", NULL, "wrong value of others; write a number up to 1000, or 0 for never" },
    { "new late=pass", NULL, "wrong value of late; write cut or refuse" },
    { "new mode=on", NULL, "wrong value of mode; write enforce or monitor" },
    { "new colour=red", NULL, "unknown key \"colour\"; " KEYS },
    { "new =red", NULL, "unknown key \"\"; " KEYS },
    { "new purpose", NULL, "\"purpose\" is no key=value; write key=value without spaces" },
};

static enum optout_rc apply_words(struct config *c, const char *name, const char *text,
                                  struct config_error *e)
{
    char copy[1024];
    const char *argv[64];
    int argc = 0;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    return config_apply(c, name, argc, argv, e);
}

static void a_profile_line(void **state)
{
    const struct profile_line *v = *state;
    struct config *c = new_config();
    struct config_error e = { .line = 0 };
    char text[1024];
    enum optout_rc rc = apply_words(c, "Profile", v->given, &e);
    if (v->printed) {
        assert_int_equal(rc, OPTOUT_OK);
        snprintf(text, sizeof text, "optout.Profile %s", v->printed);
        assert_true(prints(c, text));
    } else {
        assert_int_equal(rc, OPTOUT_E_SYNTAX);
        snprintf(text, sizeof text, "Profile: %s", v->error);
        assert_error(&e, text);
    }
    free(c);
}

static void there_is_a_most_number_of_profiles(void **state)
{
    struct config *c = new_config();
    struct config_error e = { .line = 0 };
    char name[16];
    (void)state;
    for (size_t i = 1; i < CONFIG_PROFILES_MAX; i++) {
        snprintf(name, sizeof name, "p%zu", i);
        assert_int_equal(apply_words(c, "Profile", name, &e), OPTOUT_OK);
    }
    assert_int_equal(apply_words(c, "Profile", "p5 weak=block", &e), OPTOUT_OK);
    assert_int_equal(apply_words(c, "Profile", "another", &e), OPTOUT_E_SYNTAX);
    assert_error(&e, "Profile: more than 64 profiles; leave some out");
    assert_int_equal(config_finish(c, &e), OPTOUT_OK);
    free(c);
}

static void profiles_are_found_by_name(void **state)
{
    struct config *c = new_config();
    struct config_error e;
    (void)state;
    assert_int_equal(apply_words(c, "Profile", "Second purpose=search", &e), OPTOUT_OK);
    assert_ptr_equal(config_profile(c, SLICE_OF("second")), &c->profile[1]);
    assert_ptr_equal(config_profile(c, SLICE_OF("training")), &c->profile[0]);
    assert_ptr_equal(config_profile(c, SLICE_EMPTY), &c->profile[0]);
    assert_null(config_profile(c, SLICE_OF("secon")));
    assert_null(config_profile(c, SLICE_OF("second ")));
    assert_int_equal(apply_words(c, "DefaultProfile", "SECOND", &e), OPTOUT_OK);
    assert_ptr_equal(config_profile(c, SLICE_EMPTY), &c->profile[1]);
    free(c);
}

/* ---- what concerns the whole ---- */

static const struct whole {
    const char *directive;
    const char *given;
    const char *error; /* NULL: taken */
} wholes[] = {
    { "Node", "a b", "Node: \"a b\" cannot name a node; use letters, digits, '-', '.' and '_'" },
    { "Node", "../x", "Node: \"../x\" cannot name a node; use letters, digits, '-', '.' and '_'" },
    { "SiteStore", "s", "SiteStore: \"s\" is not absolute; write an absolute path" },
    { "SiteSocket", "/s",
      "SiteSocket: there is a daemon, and no store; set SiteStore to the folder that optoutd uses" },
    { "Node", "n.1-_Z", NULL },
    { "Node", "", NULL }, /* the host name */
    { "BlockedBy", "", NULL },
    { "BlockedBy", "http://h/", NULL },
    { "BlockedBy", "ftp://h/", "BlockedBy: is no URL; write an http or https URL" },
    { "BlockedBy", "//h/", "BlockedBy: is no URL; write an http or https URL" },
    { "BlockedBy", "http://h/>; rel=x",
      "BlockedBy: holds a character that no URL has; percent-encode it" },
    { "BlockedBy", "http://h/\"",
      "BlockedBy: holds a character that no URL has; percent-encode it" },
    { "AuditDir", "audit", "AuditDir: \"audit\" is not absolute; write an absolute path" },
    { "AuditDir", "", "AuditDir: \"\" is not absolute; write an absolute path" },
    { "AuditDir", "/nonexistent/a", NULL }, /* looked at by config_check_folders */
    { "SpoolDir", "tmp", "SpoolDir: \"tmp\" is not absolute; write an absolute path" },
};

/* The digest of what has been applied. */
static void digest(struct config *c)
{
    struct config_error e;
    struct buf text;
    uint8_t sha256[32];
    buf_init(&text, CONFIG_TEXT_MAX);
    assert_true(config_digest(c, &text, sha256, &e) == OPTOUT_OK);
    buf_free(&text);
}

static void a_whole(void **state)
{
    const struct whole *v = *state;
    struct config *c = new_config();
    struct config_error e = { .line = 0 };
    assert_int_equal(config_apply(c, v->directive, 1, &v->given, &e), OPTOUT_OK);
    enum optout_rc rc = config_finish(c, &e);
    if (v->error) {
        assert_int_equal(rc, OPTOUT_E_SYNTAX);
        assert_error(&e, v->error);
    } else {
        assert_int_equal(rc, OPTOUT_OK);
        assert_true(c->node[0] != '\0');
    }
    free(c);
}

static void unlocked_holds_back_what_the_mode_can(void **state)
{
    struct config *c = new_config();
    struct config_error e;
    (void)state;
    assert_int_equal(config_finish(c, &e), OPTOUT_OK);
    assert_int_equal(c->hold_max, 16u << 20); /* auto: the proxy will tell */
    config_init(c);
    assert_int_equal(apply_words(c, "HoldMode", "unlocked", &e), OPTOUT_OK);
    assert_int_equal(config_finish(c, &e), OPTOUT_OK);
    assert_int_equal(c->hold_max, 1u << 20);
    config_init(c);
    assert_int_equal(apply_words(c, "HoldMode", "locked", &e), OPTOUT_OK);
    assert_int_equal(config_finish(c, &e), OPTOUT_OK);
    assert_int_equal(c->hold_max, 16u << 20);
    free(c);
}

static void folders_are_checked_for_who_runs(void **state)
{
    struct config *c = new_config();
    struct config_error e = { .line = 0 };
    const char *missing = "/nonexistent/x", *here = folder;
    char below[128];
    (void)state;
    snprintf(below, sizeof below, "%s/audit", folder);
    const char *to_be_made = below;
    assert_int_equal(config_apply(c, "SpoolDir", 1, &here, &e), OPTOUT_OK);
    assert_int_equal(config_apply(c, "AuditDir", 1, &to_be_made, &e), OPTOUT_OK);
    assert_int_equal(config_check_folders(c, &e), OPTOUT_OK);
    assert_int_equal(config_apply(c, "AuditDir", 1, &missing, &e), OPTOUT_OK);
    assert_int_equal(config_check_folders(c, &e), OPTOUT_E_SYNTAX);
    assert_error(&e, "AuditDir: \"/nonexistent/x\" cannot be written to (No such file or "
                     "directory); name a folder that c-icap's user may make and write to");
    assert_int_equal(config_apply(c, "SpoolDir", 1, &missing, &e), OPTOUT_OK);
    assert_int_equal(config_check_folders(c, &e), OPTOUT_E_SYNTAX);
    assert_error(&e, "SpoolDir: \"/nonexistent/x\" cannot be written to (No such file or "
                     "directory); name a folder that c-icap's user may write to");
    free(c);
}

/* ---- the hash ---- */

static const char *const changes[][2] = {
    { "Profile", "training weak=block" },
    { "Profile", "training agents=gptbot" },
    { "Profile", "training purpose=train-ai,search" },
    { "Profile", "training clear=tag" },
    { "Profile", "training reserved=tag" },
    { "Profile", "training conditional=tag" },
    { "Profile", "training licensed=pass" },
    { "Profile", "training undecided=pass" },
    { "Profile", "training undecided.partial=block" },
    { "Profile", "training undecided.tunnel=block" },
    { "Profile", "training late=refuse" },
    { "Profile", "training mode=monitor" },
    { "Profile", "another" },
    { "PreviewSize", "4096" },
    { "HtmlDepth", "head" },
    { "ExpandMax", "1M" },
    { "ExpandRatio", "10" },
    { "HoldMode", "locked" },
    { "HoldMax", "64K" },
    { "HoldMemory", "64K" },
    { "HoldTotal", "1M" },
    { "HoldTime", "1" },
    { "SiteStore", "/s" },
    { "SiteStoreSize", "2M" },
    { "SiteWait", "1" },
    { "SiteWaiters", "9" },
    { "ImageMap", "0" },
    { "SiteTerms", "off" },
    { "TermsPages", "/a" },
    { "ImageTime", "300" },
    { "Agents", "/a" },
    { "Clients", "/a" },
    { "Phrases", "/a" },
    { "SiteFile", "robots.txt unreachable=deny" },
    { "HoldFormat", "pdf 2M" },
    { "SpoolDir", "/tmp" },
    { "BlockStatus", "403" },
    { "BlockedBy", "https://o.example/" },
    { "Contact", "us" },
    { "Node", "another.node" },
    { "AuditDir", "/a" },
    { "AuditSync", "each" },
    { "AuditBatchInterval", "201" },
    { "AuditRotateSize", "1M" },
    { "AuditRotateAge", "0" },
    { "AuditKeep", "400d" },
    { "AuditKeep", "400d 200G" },
    { "AuditKeep", "400d 200G shipped=/a" },
    { "OnAuditFailure", "pass" },
    { "AuditQuery", "drop" },
    { "AuditClient", "on" },
    { "AuditBodyHash", "off" },
};

static void the_hash_changes_with_every_setting(void **state)
{
    char hash[LEN(changes) + 1][65];
    struct config *c = new_config();
    struct config_error e;
    (void)state;
    assert_int_equal(config_finish(c, &e), OPTOUT_OK);
    digest(c);
    memcpy(hash[0], c->hash, 65);
    assert_int_equal(strlen(c->hash), 64);
    config_init(c);
    assert_int_equal(config_finish(c, &e), OPTOUT_OK);
    digest(c);
    assert_string_equal(c->hash, hash[0]); /* and with nothing else */
    for (size_t i = 0; i < LEN(changes); i++) {
        config_init(c);
        assert_int_equal(apply_words(c, changes[i][0], changes[i][1], &e), OPTOUT_OK);
        assert_int_equal(config_finish(c, &e), OPTOUT_OK);
        digest(c);
        memcpy(hash[i + 1], c->hash, 65);
        for (size_t k = 0; k <= i; k++)
            if (strcmp(hash[k], c->hash) == 0)
                fail_msg("%s %s: the hash is that of %s", changes[i][0], changes[i][1],
                         k ? changes[k - 1][1] : "the defaults");
    }
    for (const struct directive *d = directives; d->name; d++) {
        bool listed = strcmp(d->name, "DefaultProfile") == 0 || /* needs two profiles: below */
                      strcmp(d->name, "SiteSocket") == 0;       /* needs SiteStore */
        for (size_t i = 0; i < LEN(changes); i++)
            listed = listed || strcmp(changes[i][0], d->name) == 0;
        if (!listed)
            fail_msg("%s is not among the changes", d->name);
    }
    free(c);
}

static void the_hash_changes_with_the_default_profile(void **state)
{
    struct config *c = new_config();
    struct config_error e;
    char hash[65];
    (void)state;
    assert_int_equal(apply_words(c, "Profile", "another", &e), OPTOUT_OK);
    assert_int_equal(config_finish(c, &e), OPTOUT_OK);
    digest(c);
    memcpy(hash, c->hash, 65);
    assert_int_equal(apply_words(c, "DefaultProfile", "another", &e), OPTOUT_OK);
    assert_int_equal(config_finish(c, &e), OPTOUT_OK);
    digest(c);
    assert_string_not_equal(c->hash, hash);
    free(c);
}

/* ---- site files ---- */

static void what_the_states_of_a_site_file_mean(void **state)
{
    static const struct {
        const char *given, *printed; /* NULL: refused */
    } rows[] = {
        { "robots.txt none=deny", "robots.txt none=deny unreachable=undecided unparseable=undecided" },
        { "ROBOTS.TXT Unreachable=Clear unparseable=deny",
          "robots.txt none=clear unreachable=clear unparseable=deny" },
        { "rsl none=clear", "rsl none=clear unreachable=deny unparseable=deny" },
        { "well-known/ai.txt unreachable=deny",
          "well-known/ai.txt none=clear unreachable=deny unparseable=undecided" },
        { "robots.txt", NULL },
        { "robots none=deny", NULL },
        { "robots.txt published=deny", NULL },
        { "robots.txt none=maybe", NULL },
        { "robots.txt none", NULL },
    };
    (void)state;
    for (size_t i = 0; i < LEN(rows); i++) {
        struct config *c = new_config();
        struct config_error e = { .line = 0 };
        struct buf out;
        enum optout_rc rc = apply_words(c, "SiteFile", rows[i].given, &e);
        assert_int_equal(rc, rows[i].printed ? OPTOUT_OK : OPTOUT_E_SYNTAX);
        buf_init(&out, 1u << 20);
        config_print(c, &out);
        buf_putc(&out, '\0');
        if (rows[i].printed)
            assert_non_null(strstr((const char *)out.p, rows[i].printed));
        else
            assert_true(e.reason[0] && e.remedy[0]);
        buf_free(&out);
        free(c);
    }
}

static void what_is_kept_of_the_log(void **state)
{
    static const struct {
        const char *given, *printed; /* NULL: refused; "": off */
    } rows[] = {
        { "off", "" },
        { "OFF", "" },
        { "400d", "AuditKeep 400d\n" },
        { "200G", "AuditKeep 204800M\n" },
        { "1T 1D", "AuditKeep 1d 1048576M\n" },
        { "1d 5m shipped=/var/lib/s", "AuditKeep 1d 5M \"shipped=/var/lib/s\"\n" },
        { "shipped=none 1d", "AuditKeep 1d \"shipped=none\"\n" },
        { "36500d 1024T", "AuditKeep 36500d 1073741824M\n" },
        { "", NULL },
        { "400", NULL },
        { "0d", NULL },
        { "0G", NULL },
        { "36501d", NULL },
        { "1025T", NULL },
        { "99999999999999999999d", NULL },
        { "12K", NULL },
        { "-1d", NULL },
        { "d", NULL },
        { "1d 2d", NULL },
        { "1G 2G", NULL },
        { "1d off", NULL },
        { "shipped=/a", NULL },
        { "1d shipped=", NULL },
        { "1d shipped=a", NULL },
        { "1d shipped=/a shipped=/b", NULL },
    };
    (void)state;
    for (size_t i = 0; i < LEN(rows); i++) {
        struct config *c = new_config();
        struct config_error e = { .line = 0 };
        struct buf out;
        enum optout_rc rc = apply_words(c, "AuditKeep", rows[i].given, &e);
        assert_int_equal(rc, rows[i].printed ? OPTOUT_OK : OPTOUT_E_SYNTAX);
        buf_init(&out, 1u << 20);
        config_print(c, &out);
        buf_putc(&out, '\0');
        const char *printed = strstr((const char *)out.p, "AuditKeep");
        if (rows[i].printed && *rows[i].printed)
            assert_true(printed && strncmp(printed, rows[i].printed, strlen(rows[i].printed)) == 0);
        else
            assert_null(printed); /* what is wrong leaves it off: nothing is removed by mistake */
        if (!rows[i].printed)
            assert_true(e.reason[0] && e.remedy[0]);
        buf_free(&out);
        free(c);
    }
}

/* ---- files ---- */

static void write_file(const char *name, const void *text, size_t n)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static enum optout_rc load(struct config *c, const char *name, struct config_error *e)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    struct config_errors first = config_first_error(e);
    return config_load(c, path, &first);
}

/* The text of an error with "DIR" for the folder of this run. */
static void print_file_error(const struct config_error *e, struct buf *out)
{
    struct buf text;
    buf_init(&text, 8192);
    config_error_print(e, &text);
    struct slice rest = buf_slice(&text);
    for (size_t at; (at = slice_find_nocase(rest, slice_cstr(folder))) < rest.n;) {
        buf_append(out, rest.p, at);
        buf_puts(out, "DIR");
        rest = slice_from(rest, at + strlen(folder));
    }
    buf_append(out, rest.p, rest.n);
    buf_free(&text);
}

static void assert_file_error(const struct config_error *e, const char *want)
{
    struct buf text;
    buf_init(&text, 8192);
    print_file_error(e, &text);
    assert_text(&text, want);
    buf_free(&text);
}

static const struct file_case {
    const char *name;
    const char *text;    /* main.conf */
    const char *other;   /* other.conf */
    const char *error;   /* NULL: it loads */
    const char *lines[3]; /* of what is then in effect */
} files[] = {
    { "a file that loads us gives the defaults", "Service optout srv_optout.so\n", NULL, NULL,
      { "optout.PreviewSize 32768", "optout.DefaultProfile training" } },
    { "an empty file", "", NULL,
      "DIR/main.conf: no line loads srv_optout.so; name the right file; c-icap.conf must have "
      "the line: Include srv_optout.conf", { NULL } },
    { "a file of comments alone", "# Service optout srv_optout.so\n\n#optout.HoldTime 3\n", NULL,
      "DIR/main.conf: no line loads srv_optout.so; name the right file; c-icap.conf must have "
      "the line: Include srv_optout.conf", { NULL } },
    { "a file of others alone", "Port 1344\nService echo srv_echo.so\necho.x y\n", NULL,
      "DIR/main.conf: no line loads srv_optout.so; name the right file; c-icap.conf must have "
      "the line: Include srv_optout.conf", { NULL } },
    { "comments, blank lines, tabs and CRLF", "\n# optout.PreviewSize 1\n \t\n\t optout.PreviewSize"
      "\t2048 \t# c\r\noptout.HoldTime 7\r\n", NULL, NULL,
      { "optout.PreviewSize 2048", "optout.HoldTime 7" } },
    { "a last line without its end", "optout.PreviewSize 2048", NULL, NULL,
      { "optout.PreviewSize 2048" } },
    { "the last of two values counts", "optout.HoldTime 1\noptout.HoldTime 2\n", NULL, NULL,
      { "optout.HoldTime 2" } },
    { "quoted words, with escapes and hashes", "optout.Contact \"a # b\\tc\"\n", NULL, NULL,
      { "optout.Contact \"a # btc\"" } },
    { "an empty quoted word", "optout.Contact \"\"\n", NULL, NULL, { "optout.Contact \"\"" } },
    { "a quotation mark inside a word is a letter", "optout.Contact a\"b\n", NULL, NULL, { NULL } },
    { "lines of others are left alone",
      "Port 1344\necho.PreviewSize nonsense\nAcceptEncoding \"x y\"\nacl.x\n"
      "Service optout srv_optout.so\n", NULL, NULL,
      { "optout.PreviewSize 32768" } },
    { "directives that c-icap reads itself are left alone",
      "optout.TransferPreview *\noptout.transferignore a, b\noptout.TransferComplete html\n"
      "optout.MaxConnections x\noptout.OptionsTTL\noptout.Allow206 on off\n", NULL, NULL,
      { NULL } },
    { "prefixes are compared without case", "OptOut.previewsize 2048\nSRV_OPTOUT.HOLDTIME 3\n",
      NULL, NULL, { "optout.PreviewSize 2048", "optout.HoldTime 3" } },
    { "the Service line names a prefix",
      "tdm.HoldTime nonsense\nservice tdm /usr/lib/c_icap/srv_optout.so\nTDM.HoldTime 3\n", NULL,
      NULL, { "optout.HoldTime 3" } },
    { "the Service line of another module names none",
      "Service tdm srv_echo.so\ntdm.HoldTime nonsense\nService optout srv_optout.so\n", NULL, NULL,
      { "optout.HoldTime 0" } },
    { "an unknown directive of the service's own name",
      "Service tdm srv_optout.so\n\ntdm.Hold 3\n", NULL,
      "DIR/main.conf:3: Hold: unknown directive; see srv_optout.conf(5) or `optout config "
      "directives`", { NULL } },
    { "an error names file, line, directive and remedy", "\n#\noptout.PreviewSize 1\n", NULL,
      "DIR/main.conf:3: PreviewSize: 1 is out of range; use a value from 1024 to 60000",
      { NULL } },
    { "a directive without a value", "optout.HoldTime # 5\n", NULL,
      "DIR/main.conf:1: HoldTime: takes one argument, not 0; write: HoldTime SECONDS",
      { NULL } },
    { "an open quotation mark", "optout.Contact \"a b\n", NULL,
      "DIR/main.conf:1: a quotation mark is left open; close the quotation mark", { NULL } },
    { "an error about the whole names the line", "\noptout.AuditDir a\n\n", NULL,
      "DIR/main.conf:2: AuditDir: \"a\" is not absolute; write an absolute path", { NULL } },
    { "an error about the whole names the line in force",
      "optout.Node a/b\noptout.auditdir /a\nInclude other.conf\n#\n",
      "#\noptout.AuditDir c\nOPTOUT.NODE b/c\noptout.AuditDir /c\n",
      "DIR/other.conf:3: Node: \"b/c\" cannot name a node; use letters, digits, '-', '.' and '_'",
      { NULL } },
    { "an error about the whole names the line of another prefix",
      "Service tdm srv_optout.so\ntdm.SpoolDir a\nx.SpoolDir /b\n", NULL,
      "DIR/main.conf:2: SpoolDir: \"a\" is not absolute; write an absolute path", { NULL } },
    { "an included file beside the including one", "Include other.conf\noptout.HoldTime 2\n",
      "optout.PreviewSize 2048\noptout.HoldTime 1\n", NULL,
      { "optout.PreviewSize 2048", "optout.HoldTime 2" } },
    { "an error in an included file", "#\nInclude other.conf\n", "\n\noptout.HoldTime x\n",
      "DIR/other.conf:3: HoldTime: \"x\" is no number; write digits only", { NULL } },
    { "a prefix learnt in an included file holds afterwards",
      "Include other.conf\ntdm.HoldTime 4\n", "Service tdm srv_optout.so\n", NULL,
      { "optout.HoldTime 4" } },
    { "a missing included file", "Include missing.conf\n", NULL,
      "DIR/main.conf:1: Include: \"" OPTOUT_CONFIGDIR "/missing.conf\" cannot be read: No such file "
      "or directory; check its name and permissions", { NULL } },
    { "a missing included file with its whole path", "Include /nonexistent/x.conf\n", NULL,
      "DIR/main.conf:1: Include: \"/nonexistent/x.conf\" cannot be read: No such file or "
      "directory; check its name and permissions", { NULL } },
    { "a folder in place of a file", "Include sub\n", NULL,
      "DIR/main.conf:1: Include: \"DIR/sub\" cannot be read: Is a directory; name a file, not a "
      "folder", { NULL } },
    { "a file that includes itself ends", "Include main.conf\n", NULL,
      "DIR/main.conf:1: Include is nested more than 5 deep; include fewer files in one another",
      { NULL } },
    { "two files that include each other end", "Include other.conf\n", "Include main.conf\n",
      "DIR/other.conf:1: Include is nested more than 5 deep; include fewer files in one another",
      { NULL } },
};

static void a_file(void **state)
{
    const struct file_case *v = *state;
    struct config *c = new_config();
    struct config_error e;
    write_file("main.conf", v->text, strlen(v->text));
    if (v->other)
        write_file("other.conf", v->other, strlen(v->other));
    enum optout_rc rc = load(c, "main.conf", &e);
    if (v->error) {
        assert_true(rc < 0);
        assert_file_error(&e, v->error);
    } else {
        if (rc != OPTOUT_OK)
            assert_file_error(&e, "");
        for (size_t i = 0; i < LEN(v->lines) && v->lines[i]; i++)
            if (!prints(c, v->lines[i]))
                fail_msg("not in effect: %s", v->lines[i]);
    }
    free(c);
}

/* ---- all that is wrong with a file ---- */

#define UNKNOWN ": unknown directive; see srv_optout.conf(5) or `optout config directives`\n"
#define RELATIVE(v) ": \"" v "\" is not absolute; write an absolute path\n"

static const struct several {
    const char *name, *text, *other;
    const char *errors; /* of all files, a line each */
} several[] = {
    { "every wrong line is told, and the right ones count",
      "optout.HoldTime x\noptout.PreviewSize 2048\noptout.Knit 1\n\noptout.HtmlDepth half\n", NULL,
      "DIR/main.conf:1: HoldTime: \"x\" is no number; write digits only\n"
      "DIR/main.conf:3: Knit" UNKNOWN
      "DIR/main.conf:5: HtmlDepth: \"half\" is not known; use one of document|head\n" },
    { "what concerns the whole stands among the lines",
      "optout.Node a/b\noptout.Knit 1\noptout.AuditDir a\noptout.Knot 1\n", NULL,
      "DIR/main.conf:1: Node: \"a/b\" cannot name a node; use letters, digits, '-', '.' and '_'\n"
      "DIR/main.conf:2: Knit" UNKNOWN
      "DIR/main.conf:3: AuditDir" RELATIVE("a")
      "DIR/main.conf:4: Knot" UNKNOWN },
    { "an error of a line is not told a second time for what it leaves unset",
      "optout.SiteStore \"a\tb\"\noptout.SiteSocket /s\n", NULL,
      "DIR/main.conf:1: SiteStore: holds a control character; remove it\n" },
    { "what rests on a wrong setting is told when that is right",
      "optout.SiteStore s\noptout.SiteSocket /s\n", NULL,
      "DIR/main.conf:1: SiteStore" RELATIVE("s") },
    { "lines that cannot be split", "optout.Contact \"a\noptout.Contact \"a\"b\noptout.Knit\n",
      NULL,
      "DIR/main.conf:1: a quotation mark is left open; close the quotation mark\n"
      "DIR/main.conf:2: something follows a quotation mark at once; put a space there, or one "
      "quotation mark around it all\n"
      "DIR/main.conf:3: Knit" UNKNOWN },
    { "files that are included", "optout.Knit 1\nInclude other.conf\noptout.Knot 1\n",
      "\noptout.Knot 2\noptout.AuditDir a\n",
      "DIR/main.conf:1: Knit" UNKNOWN
      "DIR/other.conf:2: Knot" UNKNOWN
      "DIR/main.conf:3: Knot" UNKNOWN
      "DIR/other.conf:3: AuditDir" RELATIVE("a") },
    { "a file that is included twice is told of once",
      "Include other.conf\nInclude other.conf\n", "optout.Knit 1\n",
      "DIR/other.conf:1: Knit" UNKNOWN },
    { "lines after a file that is missing", "Include /nonexistent/x.conf\noptout.Knit 1\n", NULL,
      "DIR/main.conf:1: Include: \"/nonexistent/x.conf\" cannot be read: No such file or "
      "directory; check its name and permissions\n"
      "DIR/main.conf:2: Knit" UNKNOWN },
    { "nothing after files that include each other", "Include other.conf\noptout.Knit 1\n",
      "Include main.conf\nInclude main.conf\n",
      "DIR/other.conf:1: Include is nested more than 5 deep; include fewer files in one another\n" },
    { "a wrong file is not taken for that of somebody else", "echo.x \"\n", NULL,
      "DIR/main.conf:1: a quotation mark is left open; close the quotation mark\n" },
};

static void several_errors(void **state)
{
    static struct config_error room[8];
    const struct several *v = *state;
    struct config_errors all = { .listed = room, .max = LEN(room) };
    struct config *c = new_config();
    struct buf text;
    char path[128];
    write_file("main.conf", v->text, strlen(v->text));
    if (v->other)
        write_file("other.conf", v->other, strlen(v->other));
    snprintf(path, sizeof path, "%s/main.conf", folder);
    assert_int_equal(config_load(c, path, &all),
                     strstr(v->errors, "cannot be read") ? OPTOUT_E_IO : OPTOUT_E_SYNTAX);
    buf_init(&text, 8192);
    for (size_t i = 0; i < config_errors_listed(&all); i++) {
        print_file_error(&room[i], &text);
        buf_putc(&text, '\n');
    }
    assert_text(&text, v->errors);
    assert_int_equal(all.n, config_errors_listed(&all));
    if (strstr(v->text, "PreviewSize"))
        assert_int_equal(c->preview_size, 2048);
    buf_free(&text);
    free(c);
}

static void errors_beyond_the_room_are_counted(void **state)
{
    static const char text[] = "optout.A 1\noptout.AuditDir a\noptout.B 1\noptout.C 1\n"
                               "optout.D 1\n";
    static struct config_error room[3];
    struct config_errors all = { .listed = room, .max = LEN(room) };
    struct config *c = new_config();
    char path[128];
    (void)state;
    write_file("main.conf", text, sizeof text - 1);
    snprintf(path, sizeof path, "%s/main.conf", folder);
    assert_int_equal(config_load(c, path, &all), OPTOUT_E_SYNTAX);
    assert_int_equal(all.n, 5);
    assert_int_equal(config_errors_listed(&all), 3);
    assert_file_error(&room[2], "DIR/main.conf:4: C: unknown directive; see srv_optout.conf(5) or "
                                "`optout config directives`");
    free(c);
}

/* As many as are read, and one more. */
static void files_are_read_so_many_times(void **state)
{
    struct config *c = new_config();
    struct config_error e;
    struct buf text;
    (void)state;
    buf_init(&text, 1u << 16);
    for (size_t i = 0; i < 999; i++)
        buf_puts(&text, "Include other.conf\n");
    write_file("other.conf", "optout.HoldTime 3\n", 18);
    write_file("main.conf", text.p, text.n);
    assert_int_equal(load(c, "main.conf", &e), OPTOUT_OK);
    buf_puts(&text, "Include other.conf\n");
    write_file("main.conf", text.p, text.n);
    assert_int_equal(load(c, "main.conf", &e), OPTOUT_E_SYNTAX);
    assert_file_error(&e, "DIR/main.conf:1000: more than 999 files are included; include fewer "
                          "files");
    buf_free(&text);
    free(c);
}

/* A line that is too long is one error: what is beyond its limit is no line. */
static void the_rest_of_a_long_line_is_not_read(void **state)
{
    static struct config_error room[3];
    static char text[9000 + 20];
    struct config_errors all = { .listed = room, .max = LEN(room) };
    struct config *c = new_config();
    char path[128];
    (void)state;
    memset(text, '"', 9000);
    memcpy(text + 9000, "\noptout.Knit 1\n", 15);
    write_file("main.conf", text, 9015);
    snprintf(path, sizeof path, "%s/main.conf", folder);
    assert_int_equal(config_load(c, path, &all), OPTOUT_E_SYNTAX);
    assert_int_equal(all.n, 2);
    assert_int_equal(room[0].line, 1);
    assert_int_equal(room[1].line, 2);
    free(c);
}

static void a_missing_file(void **state)
{
    struct config *c = new_config();
    struct config_error e;
    (void)state;
    assert_int_equal(load(c, "missing.conf", &e), OPTOUT_E_IO);
    assert_file_error(&e, "DIR/missing.conf: cannot be read: No such file or directory; check "
                          "its name and permissions");
    assert_int_equal(load(c, "sub", &e), OPTOUT_E_IO);
    assert_file_error(&e, "DIR/sub: cannot be read: Is a directory; name a file, not a folder");
    free(c);
}

static void what_no_line_sets_is_located_in_the_file(void **state)
{
    struct config_error e = { .directive = "SpoolDir", .reason = "a", .remedy = "b" };
    char path[128];
    (void)state;
    write_file("main.conf", "optout.AuditDir /a\n", 19);
    snprintf(path, sizeof path, "%s/main.conf", folder);
    config_locate(path, &e);
    assert_file_error(&e, "DIR/main.conf: SpoolDir: a; b");
    snprintf(e.directive, sizeof e.directive, "AuditDir");
    config_locate(path, &e);
    assert_file_error(&e, "DIR/main.conf:1: AuditDir: a; b");
}

/* main.conf and five more, each relative to its own folder, and then a sixth. */
static void files_nest_five_deep(void **state)
{
    struct config *c = new_config();
    struct config_error e;
    (void)state;
    write_file("main.conf", "Include sub/n1.conf\n", 20);
    for (unsigned i = 1; i <= 6; i++) {
        char name[32], text[64];
        snprintf(name, sizeof name, "sub/n%u.conf", i);
        snprintf(text, sizeof text, "optout.HoldTime %u\n%sInclude n%u.conf\n", i,
                 i == 5 ? "#" : "", i + 1);
        write_file(name, text, strlen(text));
    }
    assert_int_equal(load(c, "main.conf", &e), OPTOUT_OK);
    assert_true(prints(c, "optout.HoldTime 5"));
    write_file("sub/n5.conf", "Include n6.conf\n", 16);
    assert_int_equal(load(c, "main.conf", &e), OPTOUT_E_SYNTAX);
    assert_file_error(&e, "DIR/sub/n5.conf:1: Include is nested more than 5 deep; include fewer "
                          "files in one another");
    free(c);
}

static void lines_have_a_most_length(void **state)
{
    static char text[9000];
    struct config *c = new_config();
    struct config_error e;
    (void)state;
    memset(text, ' ', sizeof text);
    memcpy(text, "optout.HoldTime 3", 17);
    text[8190] = '\n';
    write_file("main.conf", text, 8191);
    assert_int_equal(load(c, "main.conf", &e), OPTOUT_OK);
    assert_true(prints(c, "optout.HoldTime 3"));
    text[8190] = ' ';
    text[8191] = '\n';
    write_file("main.conf", text, 8192);
    assert_int_equal(load(c, "main.conf", &e), OPTOUT_E_SYNTAX);
    assert_file_error(&e, "DIR/main.conf:1: the line is longer than 8190 bytes; break it up");
    free(c);
}

static void a_nul_byte_does_not_hide_a_line(void **state)
{
    static const char text[] = "optout.HoldTime 3\0 # \noptout.HoldTime x\n";
    struct config *c = new_config();
    struct config_error e;
    (void)state;
    write_file("main.conf", text, sizeof text - 1);
    assert_int_equal(load(c, "main.conf", &e), OPTOUT_E_SYNTAX);
    assert_int_equal(e.line, 1);
    free(c);
}

/* No word of a line is dropped in silence: c-icap gives services at most fifty. */
static void more_words_than_are_read_are_refused(void **state)
{
    struct config *c = new_config();
    struct config_error e;
    struct buf text;
    (void)state;
    buf_init(&text, 4096);
    buf_puts(&text, "optout.Profile training");
    for (size_t i = 0; i < 48; i++)
        buf_puts(&text, " weak=tag");
    buf_puts(&text, " weak=block\n");
    write_file("main.conf", text.p, text.n);
    enum optout_rc rc = load(c, "main.conf", &e);
    assert_true(rc == OPTOUT_E_SYNTAX || c->profile[0].weak == WEAK_BLOCK);
    buf_free(&text);
    free(c);
}

static void text_behind_a_closing_quotation_mark_is_not_lost(void **state)
{
    struct config *c = new_config();
    struct config_error e;
    (void)state;
    write_file("main.conf", "optout.Node \"a\"b\n", 17);
    assert_int_equal(load(c, "main.conf", &e), OPTOUT_E_SYNTAX);
    assert_int_equal(e.line, 1);
    free(c);
}

/* ---- printed and read again ---- */

static void print_to_file(const struct config *c, const char *name)
{
    struct buf text;
    buf_init(&text, 1u << 20);
    config_print(c, &text);
    assert_int_equal(text.failed, OPTOUT_OK);
    write_file(name, text.p, text.n);
    buf_free(&text);
}

static void assert_reads_back(struct config *c)
{
    struct config *again = new_config();
    struct config_error e = { .line = 0 };
    assert_int_equal(config_finish(c, &e), OPTOUT_OK);
    print_to_file(c, "printed.conf");
    if (load(again, "printed.conf", &e) != OPTOUT_OK)
        assert_file_error(&e, "");
    digest(c);
    digest(again);
    assert_string_equal(again->hash, c->hash);
    assert_memory_equal(again, c, sizeof *c);
    free(again);
}

static void what_is_printed_reads_back(void **state)
{
    struct config *c = new_config();
    struct config_error e;
    (void)state;
    assert_reads_back(c);
    config_init(c);
    for (size_t i = 0; i < LEN(changes); i++)
        assert_int_equal(apply_words(c, changes[i][0], changes[i][1], &e), OPTOUT_OK);
    assert_int_equal(apply_words(c, "DefaultProfile", "another", &e), OPTOUT_OK);
    assert_reads_back(c);
    free(c);
}

static void texts_of_any_letters_read_back(void **state)
{
    static const char *const texts[] = {
        "plain", "two words", "# hash", "a\"b", "\"quoted\"", "back\\slash", "end\\", "ünïcode, ;",
    };
    struct config *c = new_config();
    struct config_error e;
    (void)state;
    for (size_t i = 0; i < LEN(texts); i++) {
        config_init(c);
        assert_int_equal(config_apply(c, "Contact", 1, &texts[i], &e), OPTOUT_OK);
        assert_reads_back(c);
    }
    free(c);
}

static int make_folder(void **state)
{
    const char *tmp = getenv("TMPDIR");
    char path[80];
    (void)state;
    snprintf(folder, sizeof folder, "%.40s/optout-confXXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/sub", folder);
    return mkdir(path, 0700);
}

static int remove_folder(void **state)
{
    static const char *const names[] = { "main.conf", "other.conf", "printed.conf",
                                         "sub/n1.conf", "sub/n2.conf", "sub/n3.conf",
                                         "sub/n4.conf", "sub/n5.conf", "sub/n6.conf" };
    char path[128];
    (void)state;
    for (size_t i = 0; i < LEN(names); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/sub", folder);
    rmdir(path);
    return rmdir(folder);
}

/* ---- rows and functions in one list ---- */

struct list {
    struct CMUnitTest v[LEN(values) + LEN(profile_lines) + LEN(wholes) + LEN(files) +
                        LEN(several) + 32];
    char name[LEN(values) + LEN(profile_lines) + LEN(wholes)][100];
    size_t n, n_names;
};

static void add(struct list *l, const char *name, CMUnitTestFunction f, const void *row)
{
    l->v[l->n++] = (struct CMUnitTest){
        .name = name, .test_func = f, .initial_state = (void *)(uintptr_t)row
    };
}

/* A name of `directive` and `given`, and whether that is taken. */
static void add_value(struct list *l, CMUnitTestFunction f, const void *row,
                      const char *directive, const char *given, bool taken)
{
    char *name = l->name[l->n_names++];
    snprintf(name, sizeof l->name[0], "%s %.60s is %s", directive, given,
             taken ? "taken" : "refused");
    for (char *p = name; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7F || *p == '#')
            *p = '.';
    add(l, name, f, row);
}

int main(void)
{
    static struct list l;
    const struct CMUnitTest others[] = {
        cmocka_unit_test(every_directive_has_values_that_are_taken_and_refused),
        cmocka_unit_test(plain_directives_take_one_argument),
        cmocka_unit_test(defaults_are_those_of_the_table),
        cmocka_unit_test(there_is_a_most_number_of_profiles),
        cmocka_unit_test(profiles_are_found_by_name),
        cmocka_unit_test(what_is_kept_of_the_log),
        cmocka_unit_test(unlocked_holds_back_what_the_mode_can),
        cmocka_unit_test(folders_are_checked_for_who_runs),
        cmocka_unit_test(the_hash_changes_with_every_setting),
        cmocka_unit_test(the_hash_changes_with_the_default_profile),
        cmocka_unit_test(what_the_states_of_a_site_file_mean),
        cmocka_unit_test(errors_beyond_the_room_are_counted),
        cmocka_unit_test(files_are_read_so_many_times),
        cmocka_unit_test(the_rest_of_a_long_line_is_not_read),
        cmocka_unit_test(a_missing_file),
        cmocka_unit_test(what_no_line_sets_is_located_in_the_file),
        cmocka_unit_test(files_nest_five_deep),
        cmocka_unit_test(lines_have_a_most_length),
        cmocka_unit_test(a_nul_byte_does_not_hide_a_line),
        cmocka_unit_test(more_words_than_are_read_are_refused),
        cmocka_unit_test(text_behind_a_closing_quotation_mark_is_not_lost),
        cmocka_unit_test(what_is_printed_reads_back),
        cmocka_unit_test(texts_of_any_letters_read_back),
    };
    for (size_t i = 0; i < LEN(values); i++)
        add_value(&l, a_value, &values[i], values[i].directive, values[i].given,
                  values[i].printed);
    for (size_t i = 0; i < LEN(profile_lines); i++)
        add_value(&l, a_profile_line, &profile_lines[i], "Profile", profile_lines[i].given,
                  profile_lines[i].printed);
    for (size_t i = 0; i < LEN(wholes); i++)
        add_value(&l, a_whole, &wholes[i], wholes[i].directive, wholes[i].given,
                  !wholes[i].error);
    for (size_t i = 0; i < LEN(files); i++)
        add(&l, files[i].name, a_file, &files[i]);
    for (size_t i = 0; i < LEN(several); i++)
        add(&l, several[i].name, several_errors, &several[i]);
    memcpy(l.v + l.n, others, sizeof others);
    l.n += LEN(others);
    return _cmocka_run_group_tests("config", l.v, l.n, make_folder, remove_folder);
}
