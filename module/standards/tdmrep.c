/* SPDX-License-Identifier: Apache-2.0 */
/* tdmrep.c - tdm-reservation and tdm-policy in header fields, meta elements and files.
 *
 * TDM Reservation Protocol, W3C Community Group Final Report of 2024-05-10,
 * sections 4 (properties), 5 (header), 6 (HTML), 7 (EPUB, PDF). A value that is neither 0
 * nor 1 is a protocol error and counts as no statement.
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

/* Without quotation marks, brackets and the like around it. */
static struct slice bare(struct slice s)
{
    static const struct slice marks = SLICE("\"'`()[]{}?.!:\xE2\x80\x98\x99\x9C\x9D");
    while (s.n && (ascii_is_space(s.p[0]) || slice_find(marks, s.p[0]) < marks.n))
        s = slice_from(s, 1);
    while (s.n && (ascii_is_space(s.p[s.n - 1]) || slice_find(marks, s.p[s.n - 1]) < marks.n))
        s.n--;
    return s;
}

/* Whether a value that the protocol does not have reserves plainly: "true", "\"1\"", "1.0",
 * "1; tdm-policy=...". Of several, parted by commas, any. */
static bool plainly_reserves(struct slice value)
{
    static const char *const yes[] = { "1", "1.0", "true", "yes", "on", "reserved", "y", NULL };
    struct slice rest = value, piece;
    while (slice_split(&rest, ',', &piece)) {
        piece = bare(piece);
        size_t n = 0;
        while (n < piece.n && piece.p[n] != ';' && !ascii_is_space(piece.p[n]))
            n++;
        struct slice word = bare(slice_sub(piece, 0, n));
        static const char *const names[] = { "tdm-reservation=", "tdm-reservation:", NULL };
        for (size_t i = 0; names[i]; i++)
            if (slice_starts_nocase(word, slice_cstr(names[i])))
                word = bare(slice_from(word, strlen(names[i])));
        if (word_in(word, yes))
            return true;
    }
    return false;
}

static void add_reservation(struct signals *out, struct signal *sig, struct slice value,
                            bool may_allow)
{
    bool merged;
    int v = reservation_value(value, &merged);
    sig->property = RESERVATION;
    sig->raw = value;
    if (v < 0 && plainly_reserves(value)) {
        set_all(&sig->prefs, PREF_DENY);
        signal_lax(sig, "not a value of the protocol, but plain");
    } else if (v < 0) {
        sig->note = NULL; /* why nothing is read matters more than where it stood */
        signal_lax(sig, "malformed, treated as unset");
    } else {
        set_all(&sig->prefs, v == 1 ? PREF_DENY : PREF_ALLOW);
        if (merged)
            signal_lax(sig, "several values in one; any 1 counts");
    }
    if (!may_allow)
        prefs_drop_allow(&sig->prefs);
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

static void tdmrep_headers(const struct hook_input *r)
{
    const struct header *h;
    for (size_t i = 0; (h = headers_next(&r->x->response, "tdm-reservation", &i)) != NULL;) {
        struct signal sig = signal_from_header(STD_TDMREP, h, i - 1);
        add_reservation(r->out, &sig, h->value, true);
    }
    for (size_t i = 0; (h = headers_next(&r->x->response, "tdm-policy", &i)) != NULL;) {
        struct signal sig = signal_from_header(STD_TDMREP, h, i - 1);
        add_policy(r->out, &sig, h->value);
    }
}

static void tdmrep_page(const struct page_statement *s, const struct hook_input *r)
{
    if (s->kind != PAGE_META)
        return;
    bool by_property, field = false;
    struct slice name = meta_name(s, &by_property);
    if (!word_in(name, reservation_names) && !word_in(name, policy_names)) {
        name = meta_field(s);
        field = true;
        if (name.n == 0)
            return;
    }
    bool reservation = word_in(name, reservation_names);
    if (!reservation && !word_in(name, policy_names))
        return;
    struct signal sig = signal_from_page(STD_TDMREP, s);
    if (field)
        signal_lax(&sig, NOTE_FIELD);
    if (by_property && !field)
        signal_lax(&sig, "property attribute in place of name");
    if (slice_find(name, ':') < name.n)
        signal_lax(&sig, "name of the EPUB form");
    struct slice value = meta_content(s, &sig);
    if (!reservation) {
        if (!field && !page_denies_only(s)) /* a condition is less than a denial */
            add_policy(r->out, &sig, value);
        return;
    }
    if (meta_content_cut(s)) /* "0", and far behind it a 1 */
        r->out->overflow = true;
    add_reservation(r->out, &sig, value, !field && !page_denies_only(s));
}

/* Only a page or a file that speaks as the protocol writes it lifts what the header
 * reserved: not a meta element in the body, nor one that is merely plain. */
static bool may_supersede(const struct signal *s, enum preference in_force)
{
    return in_force != PREF_DENY || s->prefs.of[USAGE_TDM] == PREF_DENY ||
           s->confidence == CONF_EXACT;
}

static bool is_in_file(const struct signal *s)
{
    return s->carrier == CARRIER_XMP || s->carrier == CARRIER_EPUB || s->carrier == CARRIER_JUMBF;
}

/* In one carrier any 1 reserves, and no carrier comes after the page or the file. */
static bool tdmrep_may_lift(const struct signal *const *sig, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((sig[i]->carrier == CARRIER_HTML || is_in_file(sig[i])) &&
            sig[i]->prefs.of[USAGE_TDM] == PREF_DENY)
            return false;
    return true;
}

/* Section 6: the order in which the carriers are processed. */
static unsigned rank(const struct signal *s)
{
    return s->carrier == CARRIER_SITE_FILE    ? 0
           : s->carrier == CARRIER_HTTP_HEADER ? 1
           : s->carrier == CARRIER_HTML        ? 2
                                               : 3;
}

/* Property by property the later carrier supersedes, absence never resets; in
 * one carrier any 1 reserves. */
static void tdmrep_resolve(const struct signal *const *sig, size_t n, struct prefs *out)
{
    enum preference in_force = PREF_UNKNOWN;
    unsigned from = 0; /* rank of the carrier the reservation in force comes from */
    bool policy = false;
    for (size_t i = 0; i < n; i++) {
        const struct signal *s = sig[i];
        enum preference p = (enum preference)s->prefs.of[USAGE_TDM];
        /* A rule of the site file has both; what is about a part is none of the whole. */
        policy = policy || (s->url.n != 0 && s->confidence != CONF_WEAK);
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

static bool is_ours(const struct property *p, bool *wrong)
{
    *wrong = property_ns_is(p->ns, "http://www.w3.org/ns/tdm");
    return *wrong || property_ns_is(p->ns, "http://www.w3.org/ns/tdmrep");
}

/* The protocol knows XMP in PDF and the package document of EPUB; elsewhere the meaning is
 * plain, but lifts nothing that another carrier reserves. */
static bool is_protocols_own(const struct property *p)
{
    return p->carrier == CARRIER_EPUB || (p->carrier == CARRIER_XMP && p->format &&
                                          slice_eq(slice_cstr(p->format), SLICE_OF("pdf")));
}

static struct slice value_01(struct slice value, bool *word)
{
    *word = true;
    if (slice_eq_nocase(value, SLICE_OF("true")))
        return SLICE_OF("1");
    if (slice_eq_nocase(value, SLICE_OF("false")))
        return SLICE_OF("0");
    *word = false;
    return value;
}

/* A permission must be written as the protocol writes it. */
static void file_reservation(const struct property *p, bool right_ns, struct signal *sig,
                             struct signals *out)
{
    bool word, merged;
    struct slice value = value_01(p->value, &word);
    int v = reservation_value(value, &merged);
    sig->property = RESERVATION;
    if (v < 0 && plainly_reserves(value)) {
        v = 1;
        word = true;
    }
    if (v < 0)
        signal_lax(sig, "malformed, treated as unset");
    else
        set_all(&sig->prefs, v == 1 ? PREF_DENY : PREF_ALLOW);
    if (v >= 0 && merged)
        signal_lax(sig, "several values in one; any 1 counts");
    if (v >= 0 && word)
        signal_lax(sig, "word in place of 0 or 1");
    if (!right_ns || word || merged || sig->confidence == CONF_WEAK || property_denies_only(p))
        prefs_drop_allow(&sig->prefs);
    signals_add(out, sig);
}

static void tdmrep_property(const struct property *p, const struct hook_input *r)
{
    bool wrong;
    struct signal sig = signal_from_property(STD_TDMREP, p);
    if (slice_eq(p->name, SLICE_OF("reserve_tdm")) &&
        slice_find_nocase(p->ns, SLICE_OF("tdm-alliance.org")) < p->ns.n) {
        sig.property = RESERVATION;
        signal_weak(&sig, "property that no protocol has");
        signals_add(r->out, &sig);
        return;
    }
    if (!is_ours(p, &wrong))
        return;
    if (wrong)
        signal_lax(&sig, "name space that the protocol does not have");
    if (!is_protocols_own(p))
        signal_lax(&sig, "in a format that the protocol does not name");
    if (slice_eq(p->name, SLICE_OF("reservation")))
        file_reservation(p, !wrong, &sig, r->out);
    else if (slice_eq(p->name, SLICE_OF("policy")))
        add_policy(r->out, &sig, p->value);
}

const struct standard standard_tdmrep = {
    .name = "tdmrep",
    .title = "TDM Reservation Protocol",
    .spec = "https://www.w3.org/community/reports/tdmrep/CG-FINAL-tdmrep-20240510/",
    .version = "2024-05-10",
    .reads = "HTTP header, HTML meta, site file, XMP, EPUB, feeds, "
             "structured data of pages",
    .fields = FIELDS("tdm-reservation", "tdm-policy"),
    .meta_names = META_NAMES("tdm-reservation", "tdm:reservation", "tdm-policy", "tdm:policy"),
    .headers = tdmrep_headers,
    .page = tdmrep_page,
    .property = tdmrep_property,
    .resolve = tdmrep_resolve,
    .may_lift = tdmrep_may_lift,
};
