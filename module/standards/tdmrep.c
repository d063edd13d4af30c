/* SPDX-License-Identifier: Apache-2.0 */
/* tdmrep.c - tdm-reservation and tdm-policy in header fields and meta elements.
 *
 * TDM Reservation Protocol, W3C Community Group Final Report of 2024-05-10,
 * sections 4 (properties), 5 (header), 6 (HTML). A value that is neither 0 nor
 * 1 is a protocol error and counts as no statement.
 *
 * MAX_* limits: none of its own; every value is looked at once. */
#include "standards/common.h"

/* signal.property */
enum { RESERVATION = 1, POLICY = 2 };

static const char *const reservation_names[] = { "tdm-reservation", "tdm:reservation", NULL };
static const char *const policy_names[] = { "tdm-policy", "tdm:policy", NULL };

static void set_all(struct prefs *p, enum preference to)
{
    p->of[USAGE_TDM] = (uint8_t)to;
    prefs_spread(p);
}

/* 1 or 0, or -1 for anything else. Lines merged into "1, 1" are no value of
 * the protocol, but their meaning is plain: any 1 reserves. */
static int reservation_value(struct slice value, bool *merged)
{
    int result = -1;
    *merged = slice_find(value, ',') < value.n;
    struct slice rest = value, piece;
    while (slice_split(&rest, ',', &piece)) {
        piece = slice_trim_space(piece);
        if (piece.n != 1 || (piece.p[0] != '0' && piece.p[0] != '1'))
            return -1;
        if (piece.p[0] - '0' > result)
            result = piece.p[0] - '0';
    }
    return result;
}

static void add_reservation(struct signals *out, struct signal *sig, struct slice value)
{
    bool merged;
    int v = reservation_value(value, &merged);
    sig->property = RESERVATION;
    sig->raw = value;
    if (v < 0) {
        sig->note = NULL; /* why nothing is read matters more than where it stood */
        signal_lax(sig, "malformed, treated as unset");
    } else {
        set_all(&sig->prefs, v == 1 ? PREF_DENY : PREF_ALLOW);
        if (merged)
            signal_lax(sig, "several values in one; any 1 counts");
    }
    signals_add(out, sig);
}

static void add_policy(struct signals *out, struct signal *sig, struct slice value)
{
    sig->property = POLICY;
    sig->raw = sig->url = value;
    if (value.n == 0)
        signal_lax(sig, "empty policy, treated as unset");
    signals_add(out, sig);
}

void tdmrep_headers(const struct exchange *x, struct signals *out)
{
    const struct header *h;
    for (size_t i = 0; (h = headers_next(&x->response, "tdm-reservation", &i)) != NULL;) {
        struct signal sig = signal_from_header(STD_TDMREP, h, i - 1);
        add_reservation(out, &sig, h->value);
    }
    for (size_t i = 0; (h = headers_next(&x->response, "tdm-policy", &i)) != NULL;) {
        struct signal sig = signal_from_header(STD_TDMREP, h, i - 1);
        add_policy(out, &sig, h->value);
    }
}

void tdmrep_page(const struct page_statement *s, const struct exchange *x, struct signals *out)
{
    (void)x;
    if (s->kind != PAGE_META)
        return;
    bool by_property;
    struct slice name = meta_name(s, &by_property);
    bool reservation = word_in(name, reservation_names);
    if (!reservation && !word_in(name, policy_names))
        return;
    struct signal sig = signal_from_page(STD_TDMREP, s);
    if (by_property)
        signal_lax(&sig, "property attribute in place of name");
    if (slice_find(name, ':') < name.n)
        signal_lax(&sig, "name of the EPUB form");
    struct slice value = meta_content(s, &sig);
    if (reservation)
        add_reservation(out, &sig, value);
    else
        add_policy(out, &sig, value);
}

/* Only a page that speaks as the protocol writes it lifts what the header
 * reserved: not a meta element in the body, nor one that is merely plain. */
static bool may_supersede(const struct signal *s, enum preference in_force)
{
    return in_force != PREF_DENY || s->prefs.of[USAGE_TDM] == PREF_DENY ||
           s->confidence == CONF_EXACT;
}

/* In one carrier any 1 reserves, and no carrier comes after the page. */
bool tdmrep_may_lift(const struct signal *const *sig, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (sig[i]->carrier == CARRIER_HTML && sig[i]->prefs.of[USAGE_TDM] == PREF_DENY)
            return false;
    return true;
}

/* Section 6: the order in which the carriers are processed. */
static unsigned rank(const struct signal *s)
{
    return s->carrier == CARRIER_SITE_FILE ? 0 : 1u + s->carrier;
}

/* Property by property the later carrier supersedes, absence never resets; in
 * one carrier any 1 reserves. */
void tdmrep_resolve(const struct signal *const *sig, size_t n, struct prefs *out)
{
    enum preference in_force = PREF_UNKNOWN;
    unsigned from = 0; /* rank of the carrier the reservation in force comes from */
    bool policy = false;
    for (size_t i = 0; i < n; i++) {
        const struct signal *s = sig[i];
        enum preference p = (enum preference)s->prefs.of[USAGE_TDM];
        policy = policy || s->url.n != 0; /* a rule of the site file has both */
        if (s->property == POLICY) {
            continue;
        } else if (p == PREF_UNKNOWN) {
            continue; /* malformed: unset, supersedes nothing */
        } else if (in_force == PREF_UNKNOWN || rank(s) > from) {
            if (!may_supersede(s, in_force))
                continue;
            in_force = p;
            from = rank(s);
        } else if (rank(s) == from && p > in_force) {
            in_force = p;
        }
    }
    if (in_force == PREF_DENY && policy)
        in_force = PREF_CONDITIONAL;
    set_all(out, in_force);
}

void tdmrep_property(const struct property *p, const struct exchange *x, struct signals *out)
{
    (void)p; (void)x; (void)out;
}
