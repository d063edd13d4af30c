/* SPDX-License-Identifier: Apache-2.0 */
/* natural_language.c - what people wrote for people in the metadata of a file.
 *
 * No specification. Fields that are about rights or hold instructions are searched for
 * a few phrases that can hardly mean anything else. A hit is weak and likely: it denies, and
 * never allows. An ordinary copyright notice gives no signal.
 *
 * Limits: TEXT_MAX bytes of a field, HITS_MAX places of one phrase. */
#include "standards/natural_language.h"

#include "standards/common.h"

#define TEXT_MAX 4096
#define HITS_MAX 8
#define NEAR 160 /* bytes between what is forbidden and that it is */

static bool is_word(uint8_t c)
{
    return ascii_is_alnum(c) || c >= 0x80;
}

/* Lower case, anything that is no letter or digit one blank, a blank at both ends: a
 * phrase with blanks around it is found as whole words. */
static struct slice fold(struct slice s, uint8_t out[TEXT_MAX + 2])
{
    size_t n = 0;
    out[n++] = ' ';
    for (size_t i = 0; i < s.n && n < TEXT_MAX; i++) {
        if (is_word(s.p[i]))
            out[n++] = ascii_lower(s.p[i]);
        else if (out[n - 1] != ' ' && s.p[i] != '\'')
            out[n++] = ' ';
    }
    if (out[n - 1] != ' ')
        out[n++] = ' ';
    return slice_of(out, n);
}

static size_t phrase_find(struct slice s, size_t from, const char *phrase)
{
    struct slice p = slice_cstr(phrase);
    for (size_t i = from; p.n <= s.n && i <= s.n - p.n; i++)
        if (memcmp(s.p + i, p.p, p.n) == 0)
            return i;
    return s.n;
}

static bool any(struct slice s, size_t from, const char *const *phrases)
{
    for (; *phrases; phrases++)
        if (phrase_find(s, from, *phrases) < s.n)
            return true;
    return false;
}

/* Each alone is enough. */
static const char *const training[] = {
    " noai ", " noimageai ", " no ai ", " no ai training ", " no generative ai ",
    " no ml training ", " no machine learning ", " do not train ", " not for ai ",
    " no use for ai ", " no use for machine learning ", " no use for training ",
    " ai training prohibited ", " ai training is prohibited ", " ai training not permitted ",
    " ai training forbidden ", " no scraping for ai ", " no artificial intelligence ", NULL,
};

/* A prohibition, and within NEAR bytes behind it what is prohibited. */
static const char *const prohibition[] = {
    " not be used ",   " may not use ",     " must not use ", " not be used to ", " not use ",
    " prohibited from ", " no permission ", " not permitted ", " not allowed ", " not granted ",
    " prohibits ",     " prohibited ",      " forbidden ",    NULL,
};
static const char *const purpose[] = {
    " training ai ",    " train ai ",         " ai training ",   " machine learning ",
    " train artificial ", " training artificial ", " training of ai ", " train any ai ",
    " generative ai ",  " artificial intelligence ", " ai models ", " ai model ",
    " training of artificial ", " training data ", " for ai ", " for training ",
    " ai systems ", " large language model ", NULL,
};

static bool prohibits_training(struct slice s)
{
    for (const char *const *p = prohibition; *p; p++)
        for (size_t i = phrase_find(s, 0, *p), k = 0; i < s.n && k < HITS_MAX;
             i = phrase_find(s, i + 1, *p), k++) {
            size_t from = i + strlen(*p) - 1;
            if (any(slice_sub(s, from, NEAR), 0, purpose))
                return true;
        }
    /* "use for machine learning is prohibited" */
    for (const char *const *p = purpose; *p; p++)
        for (size_t i = phrase_find(s, 0, *p), k = 0; i < s.n && k < HITS_MAX;
             i = phrase_find(s, i + 1, *p), k++) {
            static const char *const ends[] = {
                " is prohibited ", " are prohibited ", " strictly prohibited ",
                " expressly prohibited ", " is forbidden ", " is not permitted ",
                " not allowed ", " is not allowed ", NULL,
            };
            if (any(slice_sub(s, i + 1, NEAR / 2), 0, ends))
                return true;
        }
    return false;
}

/* Text and data mining, in words of the directive, and that it is reserved. */
static bool reserves_mining(struct slice s)
{
    static const char *const mining[] = {
        " text and data mining ", " data mining ", " text und data mining ", " tdm ",
        " fouille de textes ", " tekst en datamining ", NULL,
    };
    static const char *const reserved[] = {
        " reserv", " vorbehalt", " r\xc3\xa9serv", " voorbehoud", " prohibit", " not permitted ",
        " not allowed ", " forbidden ", " opt out ", " no tdm ", " no text and data mining ",
        " no data mining ", NULL,
    };
    if (phrase_find(s, 0, " no text and data mining ") < s.n ||
        phrase_find(s, 0, " no data mining ") < s.n)
        return true;
    for (const char *const *p = mining; *p; p++)
        for (size_t i = phrase_find(s, 0, *p), k = 0; i < s.n && k < HITS_MAX;
             i = phrase_find(s, i + 1, *p), k++) {
            size_t from = i > NEAR ? i - NEAR : 0;
            if (any(slice_sub(s, from, i - from + 2 * NEAR), 0, reserved))
                return true;
        }
    return false;
}

static bool is_read(const struct property *p)
{
    static const struct {
        const char *ns;
        struct slice name;
    } known[] = {
        { "http://ns.adobe.com/xap/1.0/rights", SLICE("UsageTerms") },
        { "http://purl.org/dc/elements/1.1", SLICE("rights") },
        { "http://ns.useplus.org/ldf/xmp/1.0", SLICE("OtherConstraints") },
        { "http://ns.adobe.com/photoshop/1.0", SLICE("Instructions") },
        { "http://ns.adobe.com/photoshop/1.0", SLICE("Credit") },
    };
    if (p->carrier == CARRIER_TEXT || p->carrier == CARRIER_FEED)
        return true;
    if (p->carrier == CARRIER_IIM)
        return slice_eq(p->name, SLICE_OF("2:40")) || slice_eq(p->name, SLICE_OF("2:116"));
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (slice_eq(p->name, known[i].name) && property_ns_is(p->ns, known[i].ns))
            return true;
    return false;
}

static void natural_language_property(const struct property *p, const struct hook_input *r)
{
    uint8_t text[TEXT_MAX + 2];
    if (p->value.n == 0 || !is_read(p))
        return;
    struct slice s = fold(p->value, text);
    bool no_training = any(s, 0, training) || prohibits_training(s);
    bool no_mining = reserves_mining(s);
    if (!no_training && !no_mining)
        return;
    struct signal sig = signal_from_property(STD_NATURAL_LANGUAGE, p);
    sig.property = PHRASE_LIKELY;
    signal_weak(&sig, "words for people");
    if (no_mining)
        sig.prefs.of[USAGE_TDM] = PREF_DENY;
    if (no_training)
        sig.prefs.of[USAGE_TRAIN_ML] = PREF_DENY;
    prefs_spread(&sig.prefs);
    signals_add(r->out, &sig);
}

const struct standard standard_natural_language = {
    .name = "natural-language",
    .title = "Words for people in the metadata of files",
    .spec = "none",
    .version = "as met in files",
    .reads = "XMP, IIM, text fields, feeds",
    .property = natural_language_property,
};
