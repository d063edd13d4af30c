/* SPDX-License-Identifier: Apache-2.0 */
/* ai_license.c - the licence grammar of plugins for content management systems: meta
 * ai-license, AI-License and X-License-Terms, and the offer of a 402 answer.
 *
 *   value = ("allow" / "deny" / "no-training" …) *( ";" key ":" text )
 *
 * keys: distribution, price, payto, also source=URL. No specification defines it, but the word
 * of a refusal and a price are plain: lax. An allowance without a price allows nothing.
 *
 * Limits: none of its own; one signal per element or field line. */
#include "standards/common.h"

#include "http/link.h"

#define NOTE_PLAIN "no specification defines it; the word is plain"
#define NOTE_PRICE "allowed for a price; no specification defines it"
#define NOTE_NOTHING "no specification defines it; it allows nothing"
#define NOTE_OFFER "where a licence is offered"

static const char *const negative[] = {
    "deny", "denied", "disallow", "disallowed", "no-training", "notraining", "no-ai", "noai",
    "prohibited", "forbidden", "none", "no", "opt-out", NULL,
};

/* What every reader takes for training alone; the other words refuse any use. */
static const char *const training_only[] = { "no-training", "notraining", NULL };

/* All digits of it are 0, or there are none. */
static bool is_free(struct slice price)
{
    for (size_t i = 0; i < price.n; i++)
        if (price.p[i] >= '1' && price.p[i] <= '9')
            return false;
    return true;
}

static bool is_url(struct slice s)
{
    return slice_starts_nocase(s, SLICE_OF("https://")) ||
           slice_starts_nocase(s, SLICE_OF("http://"));
}

struct terms {
    bool deny, deny_training, allow, price;
    struct slice url;
};

/* "key:text" or "key=text". */
static void read_key(struct slice part, struct terms *t)
{
    size_t colon = slice_find(part, ':'), equals = slice_find(part, '=');
    size_t at = colon < equals ? colon : equals;
    struct slice key = slice_trim_space(slice_sub(part, 0, at));
    struct slice text = slice_trim_space(slice_from(part, at + 1));
    if (slice_eq_nocase(key, SLICE_OF("price")))
        t->price = t->price || !is_free(text);
    else if (is_url(text) && slice_eq_nocase(key, SLICE_OF("source")))
        t->url = text;
}

static struct terms terms_of(struct slice value)
{
    struct terms t = { .deny = false };
    struct slice part;
    value = slice_trim_space(value);
    if (is_url(value)) {
        t.url = value;
        return t;
    }
    while (value.n && slice_split(&value, ';', &part)) {
        part = slice_trim_space(part);
        t.deny_training = t.deny_training || word_in(part, training_only);
        t.deny = t.deny || (word_in(part, negative) && !word_in(part, training_only));
        t.allow = t.allow || slice_eq_nocase(part, SLICE_OF("allow"));
        if (slice_find(part, ':') < part.n || slice_find(part, '=') < part.n)
            read_key(part, &t);
    }
    return t;
}

/* Puts it into a signal; false when nothing of the grammar is there. */
static bool apply(const struct terms *t, struct signal *sig)
{
    sig->url = t->url;
    if (t->deny || t->deny_training) {
        sig->prefs.of[USAGE_TRAIN_AI] = PREF_DENY;
        sig->prefs.of[USAGE_AI_USE] = t->deny ? PREF_DENY : PREF_UNKNOWN;
        signal_lax(sig, NOTE_PLAIN);
    } else if (t->price) {
        sig->prefs.of[USAGE_TRAIN_AI] = sig->prefs.of[USAGE_AI_USE] = PREF_CONDITIONAL;
        signal_lax(sig, NOTE_PRICE);
    } else {
        signal_weak(sig, t->url.n ? NOTE_OFFER : NOTE_NOTHING);
        return t->allow || t->url.n;
    }
    return true;
}

void ai_license_read(struct slice value, struct signal *sig)
{
    struct terms t = terms_of(value);
    (void)apply(&t, sig);
}

static const char *const fields[] = { "ai-license", "x-license-terms", NULL };

static void read_field(const struct hook_input *r, const char *field, bool own)
{
    const struct header *h;
    for (size_t i = 0; (h = headers_next(&r->x->response, field, &i)) != NULL;) {
        struct signal sig = signal_from_header(STD_AI_LICENSE, h, i - 1);
        struct terms t = terms_of(h->value);
        /* Others use the general name for texts of their own. */
        if (apply(&t, &sig) || own)
            signals_add(r->out, &sig);
    }
}

static void add_offer(void *ctx, const struct link_value *link, const struct header *h, size_t at)
{
    struct signals *out = ctx;
    struct signal sig = signal_from_header(STD_AI_LICENSE, h, at);
    sig.raw = sig.url = link->target;
    signal_weak(&sig, NOTE_OFFER);
    signals_add(out, &sig);
}

static void ai_license_headers(const struct hook_input *r)
{
    read_field(r, fields[0], true);
    read_field(r, fields[1], false);
    if (r->x->status == 402)
        links_each(r->x, r->out, "license-register", add_offer, r->out);
}

static const char *const names[] = { "ai-license", NULL };

static void ai_license_page(const struct page_statement *s, const struct hook_input *r)
{
    struct signal sig;
    if (!meta_of_nobody(STD_AI_LICENSE, s, names, r->out, &sig))
        return;
    struct terms t = terms_of(sig.raw);
    (void)apply(&t, &sig);
    signals_add(r->out, &sig);
}

const struct standard standard_ai_license = {
    .name = "ai-license",
    .title = "Licence words of plugins: meta ai-license and 402 offers",
    .spec = "none",
    .version = "as met in pages",
    .reads = "HTTP header, HTTP status, HTML meta",
    .fields = fields,
    .meta_names = names,
    .headers = ai_license_headers,
    .page = ai_license_page,
    .reads_status = true,
};
