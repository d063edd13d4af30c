/* SPDX-License-Identifier: Apache-2.0 */
/* access.c - a server that wants payment, or refuses to serve at all.
 *
 * RFC 9110 section 15.5.3 (402), RFC 7725 (451), Cloudflare pay per crawl
 * (crawler-price, crawler-error, crawler-charged), x402 version 2
 * (PAYMENT-REQUIRED). All of it is about fetching, none of it about use.
 *
 * MAX_* limits: none of its own; one signal per field line. */
#include "standards/common.h"

static const struct {
    const char *field;
    enum preference acquire;
    const char *note;
} fields[] = {
    { "crawler-price", PREF_CONDITIONAL, NULL },
    { "crawler-charged", PREF_UNKNOWN, "access was paid for; says nothing of training" },
    { "payment-required", PREF_CONDITIONAL, NULL },
};

static const struct {
    int status;
    const char *text;
    enum preference acquire;
} statuses[] = {
    { 402, "402", PREF_CONDITIONAL },
    { 451, "451", PREF_DENY },
};

/* Codes of crawler-error that say something about the offer; the others are
 * faults of the request or of the server. */
static const struct {
    const char *code;
    enum preference acquire;
} errors[] = {
    { "CrawlerForbidden", PREF_DENY },
    { "MissingCrawlerPrice", PREF_CONDITIONAL },
    { "InvalidCrawlerExactPrice", PREF_CONDITIONAL },
    { "InvalidCrawlerMaxPrice", PREF_CONDITIONAL },
    { "PaymentFailed", PREF_CONDITIONAL },
};

static void read_status(const struct exchange *x, struct signals *out)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        if (x->status != statuses[i].status)
            continue;
        struct signal sig = {
            .standard = STD_ACCESS,
            .carrier = CARRIER_HTTP_STATUS,
            .scope = SCOPE_ASSET,
            .confidence = CONF_EXACT,
            .raw = slice_cstr(statuses[i].text),
        };
        sig.prefs.of[USAGE_ACQUIRE] = (uint8_t)statuses[i].acquire;
        signals_add(out, &sig);
    }
}

static void read_errors(const struct exchange *x, struct signals *out)
{
    const struct header *h;
    for (size_t i = 0; (h = headers_next(&x->response, "crawler-error", &i)) != NULL;) {
        struct signal sig = signal_from_header(STD_ACCESS, h, i - 1);
        sig.note = "a fault of the request or the server, not a preference";
        for (size_t k = 0; k < sizeof errors / sizeof *errors; k++) {
            if (!slice_eq_nocase(h->value, slice_cstr(errors[k].code)))
                continue;
            sig.prefs.of[USAGE_ACQUIRE] = (uint8_t)errors[k].acquire;
            sig.note = NULL;
        }
        signals_add(out, &sig);
    }
}

static void access_headers(const struct hook_input *r)
{
    read_status(r->x, r->out);
    for (size_t k = 0; k < sizeof fields / sizeof *fields; k++) {
        const struct header *h;
        for (size_t i = 0; (h = headers_next(&r->x->response, fields[k].field, &i)) != NULL;) {
            struct signal sig = signal_from_header(STD_ACCESS, h, i - 1);
            sig.prefs.of[USAGE_ACQUIRE] = (uint8_t)fields[k].acquire;
            sig.note = fields[k].note;
            signals_add(r->out, &sig);
        }
    }
    read_errors(r->x, r->out);
}

const struct standard standard_access = {
    .name = "access",
    .title = "Payment and refusal: 402, 451, pay per crawl, x402",
    .spec = "RFC 9110 section 15.5.3, RFC 7725, "
            "https://developers.cloudflare.com/ai-crawl-control/features/pay-per-crawl/",
    .version = "2026-11",
    .reads = "HTTP status, HTTP header",
    .fields = FIELDS("crawler-price", "crawler-error", "crawler-charged", "payment-required"),
    .headers = access_headers,
    .reads_status = true,
};
