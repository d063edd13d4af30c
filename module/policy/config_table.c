/* SPDX-License-Identifier: Apache-2.0 */
/* config_table.c - every directive of the filter, once. */
#include "policy/config.h"
#include "policy/audit_keep_line.h"
#include "policy/hold_format_line.h"
#include "policy/profile_line.h"
#include "policy/site_file_line.h"

#define KIB 1024ull
#define MIB (1024ull * KIB)
#define GIB (1024ull * MIB)

#define AT(field) offsetof(struct config, field)
#define ROOM(field) sizeof(((struct config *)0)->field)

static const char *const depth_words[] = { "document", "head", NULL };
static const char *const hold_words[] = { "auto", "unlocked", "locked", NULL };
static const char *const sync_words[] = { "write", "batch", "each", NULL };
static const char *const query_words[] = { "keep", "hash", "drop", NULL };
/* In the order of enum action, of which only two make sense here. */
static const char *const failure_words[] = { "pass", "", "block", NULL };

static enum optout_rc apply_default_profile(void *target, int argc, const char *const *argv,
                                            struct config_error *e)
{
    struct config *c = target;
    if (argc != 1)
        return config_fail(e, "write: DefaultProfile NAME", "takes one name");
    const struct profile *p = config_profile(c, slice_cstr(argv[0]));
    if (!p || !*argv[0])
        return config_fail(e, "define it first with: Profile NAME key=value …",
                           "there is no profile \"%.40s\"", argv[0]);
    c->default_profile = (size_t)(p - c->profile);
    return OPTOUT_OK;
}

const struct directive directives[] = {
    { "Profile", "NAME key=value …", "training purpose=train-ai",
      "Defines a crawl programme, or changes one of that name. Keys: purpose=train-ai,… "
      "(tdm train-ml train-ai ai-use search), agents=token,… (whose agent-scoped signals count), "
      "clear= reserved= conditional= licensed= undecided= (pass, tag or block), "
      "undecided.REASON= (the same for one reason), weak= (ignore, tag or block), "
      "natural=GRADE:CHOICE,… (the same for words, by their grade: plain, likely, hint), "
      "natural-binding= (yes: plain words are obeyed as any other statement), "
      "others= (training crawlers that a robots.txt refuses the path: so many are a weak denial of "
      "train-ai; 0: never), "
      "user= (commercial, non-commercial, education, government or personal) and country= (DE) "
      "for licences that ask, user-agent= (site files are asked for with it), "
      "late= (cut or refuse), mode= (enforce or monitor).",
      DIRECTIVE_OTHER, 0, 0, 0, NULL, profile_line_apply },
    { "DefaultProfile", "NAME", "training",
      "The profile of requests whose ICAP URL names none.",
      DIRECTIVE_OTHER, 0, 0, 0, NULL, apply_default_profile },
    { "PreviewSize", "BYTES", "32768",
      "How much of a body the proxy sends before it waits for an answer. Most verdicts fall here.",
      DIRECTIVE_NUMBER, AT(preview_size), 1024, CONFIG_PREVIEW_MAX, NULL, NULL },
    { "HtmlDepth", "document|head", "document",
      "How far a page is read: to its end, or until its head is closed.",
      DIRECTIVE_WORD, AT(html_depth), 0, 0, depth_words, NULL },
    { "ExpandMax", "BYTES[K|M|G]", "64M",
      "How many bytes a compressed body may decode to before it counts as a bomb.",
      DIRECTIVE_SIZE, AT(expand_max), 64 * KIB, 4 * GIB, NULL, NULL },
    { "ExpandRatio", "N", "1000",
      "How many bytes each compressed byte may decode to, counted from the first decoded MiB on.",
      DIRECTIVE_NUMBER, AT(expand_ratio), 10, 100000, NULL, NULL },
    { "HoldMode", "auto|unlocked|locked", "auto",
      "How a body is held back until its verdict. unlocked: for any Squid; locked: nothing is "
      "answered before the verdict, for Squid 6.13 and later only (older ones stall at 64 KiB); "
      "auto: locked for a Squid that says so, by adaptation_meta X-Squid-Version.",
      DIRECTIVE_WORD, AT(hold_mode), 0, 0, hold_words, NULL },
    { "HoldMax", "BYTES[K|M|G]", "16M",
      "How much of one body is held back at most. Unlocked, 1M is the limit that Squid allows.",
      DIRECTIVE_SIZE, AT(hold_max), 64 * KIB, 4 * GIB, NULL, NULL },
    { "HoldFormat", "FORMAT BYTES[K|M|G]", "none",
      "How much of a body of one file format (optout formats lists them) is held back at most, "
      "where that is less than HoldMax. Beyond it the body goes on, undecided: limit-size. 0: "
      "it is judged by what the preview shows. May be repeated.",
      DIRECTIVE_OTHER, 0, 0, 0, NULL, hold_format_apply },
    { "HoldMemory", "BYTES[K|M|G]", "1M",
      "How much of a held body stays in memory; the rest goes to an unlinked file in SpoolDir.",
      DIRECTIVE_SIZE, AT(hold_memory), 64 * KIB, 1 * GIB, NULL, NULL },
    { "HoldTotal", "BYTES[K|M|G]", "1G",
      "How much may be held back of all bodies together, over all children. What comes beyond it "
      "is undecided: limit-memory.",
      DIRECTIVE_SIZE, AT(hold_total), 1 * MIB, 1024 * GIB, NULL, NULL },
    { "HoldTime", "SECONDS", "0",
      "How long a body is held back at most before it is undecided: limit-time. 0: as long as "
      "the proxy waits.",
      DIRECTIVE_NUMBER, AT(hold_time_s), 0, 3600, NULL, NULL },
    { "SpoolDir", "DIR", "/var/tmp",
      "Where held bodies beyond HoldMemory are kept, in files without a name.",
      DIRECTIVE_TEXT, AT(spool_dir), 0, ROOM(spool_dir), NULL, NULL },
    { "SiteStore", "DIR", "",
      "Where the site rules of origins are kept. Empty: no site rules.",
      DIRECTIVE_TEXT, AT(site_store), 0, ROOM(site_store), NULL, NULL },
    { "SiteStoreSize", "BYTES[K|M|G]", "1G",
      "How large the store may grow. Beyond it, what expires first is dropped.",
      DIRECTIVE_SIZE, AT(site_store_size), 1 * MIB, 1024 * GIB, NULL, NULL },
    { "SiteSocket", "PATH", "",
      "Where optoutd listens. Empty: no daemon; then only site files that crawlers fetch "
      "themselves are known.",
      DIRECTIVE_TEXT, AT(site_socket), 0, 108, NULL, NULL },
    { "SiteWait", "MILLISECONDS", "3000",
      "How long a request waits for the site files of an origin that is not known. After it the "
      "request is undecided: site-unknown.",
      DIRECTIVE_NUMBER, AT(site_wait_ms), 0, 60000, NULL, NULL },
    { "SiteWaiters", "N", "8",
      "How many requests of one child wait at a time; others are site-unknown at once. Keep it "
      "below ThreadsPerChild.",
      DIRECTIVE_NUMBER, AT(site_waiters), 1, 10000, NULL, NULL },
    { "SiteFile", "NAME STATE=MEANING …", "rsl none=deny unreachable=deny unparseable=deny",
      "What it means that a site file (robots.txt, tdmrep.json, ai.txt, well-known/ai.txt, "
      "trust.txt, well-known/trust.txt, rsl) is none, unreachable or unparseable: clear, "
      "undecided or deny. By default none is clear and the others are undecided; for rsl, a "
      "licence that a publisher points to, all three deny.",
      DIRECTIVE_OTHER, 0, 0, 0, NULL, site_file_line_apply },
    { "SiteTerms", "on|off", "on",
      "Whether a reservation in words that stands in the terms of a site, its imprint or its legal "
      "notice counts, weak and of its grade, for all pages of that origin, for 7 to 30 days. Needs "
      "SiteStore.",
      DIRECTIVE_SWITCH, AT(site_terms), 0, 0, NULL, NULL },
    { "TermsPages", "FILE", "",
      "The table of paths and titles by which such pages are told. Empty: the built-in one.",
      DIRECTIVE_TEXT, AT(terms_file), 0, ROOM(terms_file), NULL, NULL },
    { "Agents", "FILE", "",
      "The catalogue of agent tokens, for site files that the module reads itself. Empty: the "
      "built-in tokens that are no crawlers.",
      DIRECTIVE_TEXT, AT(agents_file), 0, ROOM(agents_file), NULL, NULL },
    { "Clients", "FILE", "",
      "The table of clients that do not notice a cut, and are refused what may have to be cut. "
      "Empty: every client notices.",
      DIRECTIVE_TEXT, AT(clients_file), 0, ROOM(clients_file), NULL, NULL },
    { "ImageMap", "N", "131072",
      "How many images are remembered of pages that reserve them (noimageai), for all children "
      "together; about 260 bytes each. 0: what a page says of its images reaches none of them. "
      "Another number counts from the next start on.",
      DIRECTIVE_NUMBER, AT(image_map), 0, 16777216, NULL, NULL },
    { "ImageTime", "SECONDS", "86400",
      "How long that is remembered at most; less when the page is fresh for less, but 300 at "
      "least.",
      DIRECTIVE_NUMBER, AT(image_time_s), 300, 31536000, NULL, NULL },
    { "Phrases", "PATH", "",
      "What is looked for in words written for people: a phrase file, or a folder whose files "
      "NAME.phr are read. Empty: the built-in ones, which are installed as examples. none: words "
      "are not read.",
      DIRECTIVE_TEXT, AT(phrases), 0, ROOM(phrases), NULL, NULL },
    { "BlockStatus", "STATUS", "451",
      "The status of the page that replaces a blocked response.",
      DIRECTIVE_NUMBER, AT(block_status), 400, 599, NULL, NULL },
    { "BlockedBy", "URL", "",
      "Who blocks: goes into Link rel=\"blocked-by\" (RFC 7725). Empty: no such link.",
      DIRECTIVE_TEXT, AT(blocked_by), 0, ROOM(blocked_by), NULL, NULL },
    { "Contact", "TEXT", "",
      "Whom to ask about this filter: shown on the block page.",
      DIRECTIVE_TEXT, AT(contact), 0, ROOM(contact), NULL, NULL },
    { "Node", "NAME", "",
      "Names this machine in records and segment files. Empty: the host name.",
      DIRECTIVE_TEXT, AT(node), 0, ROOM(node), NULL, NULL },
    { "AuditDir", "DIR", "/var/log/c-icap/optout",
      "Where the records are written. Made when missing.",
      DIRECTIVE_TEXT, AT(audit_dir), 0, ROOM(audit_dir), NULL, NULL },
    { "AuditSync", "write|batch|each", "write",
      "When a record counts as written: handed to the kernel, on disk within AuditBatchInterval, "
      "or on disk before the answer.",
      DIRECTIVE_WORD, AT(audit_sync), 0, 0, sync_words, NULL },
    { "AuditBatchInterval", "MILLISECONDS", "200",
      "The longest time a record waits for the disk with AuditSync batch.",
      DIRECTIVE_NUMBER, AT(audit_batch_ms), 10, 60000, NULL, NULL },
    { "AuditRotateSize", "BYTES[K|M|G]", "256M",
      "A segment is closed before it grows beyond this. 0: never by size.",
      DIRECTIVE_SIZE, AT(audit_rotate_size), 0, 1024 * GIB, NULL, NULL },
    { "AuditRotateAge", "SECONDS", "3600",
      "A segment is closed when it is older than this. 0: never by age.",
      DIRECTIVE_NUMBER, AT(audit_rotate_age_s), 0, 31536000, NULL, NULL },
    { "AuditKeep", "off|[DAYSd] [SIZEM|G|T] [shipped=FOLDER]", "off",
      "What 'optout audit keep', which a timer runs, leaves of closed segments: those that are not older, and "
      "of these the newest as far as AuditDir does not exceed the size. What is removed is told in the log. What "
      "optout-ship has not shipped is kept; shipped= names the folder of its positions.",
      DIRECTIVE_OTHER, 0, 0, 0, NULL, audit_keep_apply },
    { "OnAuditFailure", "block|pass", "block",
      "What happens to a response whose record cannot be written. block: nothing more is asked for until one can be.",
      DIRECTIVE_WORD, AT(on_audit_failure), 0, 0, failure_words, NULL },
    { "AuditQuery", "keep|hash|drop", "keep",
      "What is recorded of the query of a URL.",
      DIRECTIVE_WORD, AT(audit_query), 0, 0, query_words, NULL },
    { "AuditClient", "on|off", "off",
      "Whether the address of the client is recorded.",
      DIRECTIVE_SWITCH, AT(audit_client), 0, 0, NULL, NULL },
    { "AuditBodyHash", "on|off", "on",
      "Whether the SHA-256 of a body that was seen whole is recorded.",
      DIRECTIVE_SWITCH, AT(audit_body_hash), 0, 0, NULL, NULL },
    { NULL, NULL, NULL, NULL, DIRECTIVE_OTHER, 0, 0, 0, NULL, NULL },
};
