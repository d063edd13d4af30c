/* SPDX-License-Identifier: Apache-2.0 */
/* common.h - what the files of this folder share. Only they and the table
 * include it. */
#ifndef OPTOUT_STANDARDS_COMMON_H
#define OPTOUT_STANDARDS_COMMON_H

#include "standards/standard.h"

/* For the fields and meta_names of a row. */
#define FIELDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define META_NAMES FIELDS

#define AGENT_MAX 64 /* bytes of a product token that are kept */

/* A signal with empty preferences, exact, about the asset, found in the header
 * line `index`. raw is the whole value of the line. */
struct signal signal_from_header(enum standard_id id, const struct header *h, size_t index);
/* The same, about the page, found in an element. An element that is not in the
 * head, or only in its noscript, is lax and says so. raw is left empty. */
struct signal signal_from_page(enum standard_id id, const struct page_statement *s);

/* The same, about the file (or about something inside of it), found in a property of its
 * metadata; raw is the value. What may not allow by the role of its packet is weak, or lax
 * and marked by property_denies_only. */
struct signal signal_from_property(enum standard_id id, const struct property *p);
/* True when nothing that this property says may allow: broken or pointless packets. */
bool property_denies_only(const struct property *p);

/* The value of a property that is a URL; absolute where the property has a base of its own. */
struct slice property_url(const struct property *p, const struct hook_input *r);

/* The same of an element: only some readers take it for one (page.h: lenient). */
bool page_denies_only(const struct page_statement *s);

/* The trimmed name of a meta element, as written; `property` serves where
 * there is no name, and sets *by_property. Empty when it has neither. */
struct slice meta_name(const struct page_statement *s, bool *by_property);
/* Its trimmed content; `value` serves where there is no content, and makes
 * `sig` lax. p is NULL when it has neither. */
struct slice meta_content(const struct page_statement *s, struct signal *sig);
/* Whether what was cut off that may have said more. */
bool meta_content_cut(const struct page_statement *s);
/* For names that no specification defines: the signal of a meta element of one of `names` (lower
 * case, NULL at the end), raw being its content. Where it stands matters less than that nobody
 * defines it, and is not noted. False: another element, or one without content. */
bool meta_of_nobody(enum standard_id id, const struct page_statement *s, const char *const *names,
                    struct signals *out, struct signal *sig);
/* The trimmed http-equiv of a meta element: the name of a header field. */
struct slice meta_field(const struct page_statement *s);
#define NOTE_FIELD "http-equiv: a header field written into the page"

/* True when `s` is one of `words` (lower case, NULL at the end), case folded. */
bool word_in(struct slice s, const char *const *words);
/* The product token in lower case in `out`, cut to AGENT_MAX bytes. */
struct slice agent_fold(struct slice token, uint8_t out[AGENT_MAX]);

/* Calls `each` for the links of all Link lines that have the relation `rel`
 * and are about the response itself (no anchor). `at` is the line's index. Links
 * that did not fit set out->overflow. */
struct link_value;
typedef void link_visit(void *ctx, const struct link_value *link, const struct header *h,
                        size_t at);
void links_each(const struct exchange *x, struct signals *out, const char *rel, link_visit *each,
                void *ctx);
/* True for application/rsl+xml, parameters or not. */
bool type_is_rsl(struct slice type);

/* True for the meta names that are a row's own. */
bool standards_read_meta(struct slice name);

/* One Content-Usage value (a header's joined lines, or the statement of a line of
 * robots.txt): one signal for the labels of today and one, lax, for those of
 * older drafts, made from `from`, and one, lax too, for what pairs that are parted wrong
 * refuse. Returns how many. 0: the value does not parse, and out[0] says so. `*overflow` is
 * set when memory ran out. */
#define AIPREF_READ_MAX 3
size_t aipref_read(struct arena *a, struct slice value, const struct signal *from,
                   struct signal out[AIPREF_READ_MAX], bool *overflow);

/* What a value of the ai-license grammar restricts; its note says so. */
void ai_license_read(struct slice value, struct signal *sig);

/* What a Content-Signal value says, joined into sig->prefs. */
enum content_signal_place {
    CONTENT_SIGNAL_HEADER, /* a vendor's habit: all is weak, and a yes allows nothing */
    CONTENT_SIGNAL_ROBOTS  /* a line of robots.txt, without its path */
};
void content_signal_read(struct slice value, enum content_signal_place place,
                         struct signal *sig);

#endif
