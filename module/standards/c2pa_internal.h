/* SPDX-License-Identifier: Apache-2.0 */
/* c2pa_internal.h - what is kept of a manifest store, between c2pa_store.c, which collects
 * it while the boxes go by, c2pa_verdict.c, which finds out at the end whose word counts, and
 * c2pa_metadata.c, which reads JSON-LD. */
#ifndef OPTOUT_STANDARDS_C2PA_INTERNAL_H
#define OPTOUT_STANDARDS_C2PA_INTERNAL_H

#include "standards/c2pa_store.h"
#include "standards/common.h"
#include "standards/training_mining.h"

#define C2PA_MANIFESTS_MAX 256
#define C2PA_ASSERTIONS_MAX 1024 /* of one manifest */
#define C2PA_WALK_MAX 32         /* ingredients followed one after the other */
#define C2PA_CLAIM_MAX (256u << 10)
#define C2PA_ASSERTION_MAX (64u << 10)
#define C2PA_KEPT_MAX (256u << 10) /* bytes of memory for what is kept of a store */

/* An assertion that may state something. */
struct c2pa_assertion {
    struct c2pa_assertion *next;
    struct slice label;
    bool cawg, training;
    bool rights; /* jpt.rights; says has what it comes to */
    bool unreadable, redacted;
    bool whole, hashed;
    uint8_t sha256[32];
    struct training *says;            /* training; NULL: it could not be read */
    struct c2pa_property *properties; /* metadata */
};

/* A property of a metadata assertion; waits for the end. */
struct c2pa_property {
    struct c2pa_property *next;
    struct slice ns, name, top_ns, top_name, value;
};

/* What a claim says of an assertion that may state something. */
struct c2pa_ref {
    struct c2pa_ref *next;
    struct slice manifest; /* label; empty: the claim's own */
    struct slice label;
    struct slice alg;
    uint8_t sha256[32];
    bool is_sha256; /* 32 bytes, and the algorithm fits */
};

struct c2pa_link {
    struct c2pa_link *next;
    struct slice manifest; /* label of the ingredient's */
    bool parent;           /* parentOf */
};

/* How a manifest is reached from the active one; the smaller counts more. */
enum c2pa_rank {
    C2PA_OWN,        /* it speaks about this asset */
    C2PA_PARENT,     /* of what this asset was made from */
    C2PA_SUPERSEDED, /* the same, but a later manifest has spoken */
    C2PA_INGREDIENT,
    C2PA_ORPHAN
};

struct c2pa_manifest {
    struct slice label;
    bool update, whole, has_claim, claim_bad;
    uint8_t rank; /* enum c2pa_rank */
    uint8_t depth; /* links from the active one */
    bool walked;
    unsigned n_assertions;
    struct c2pa_assertion *assertions;
    struct c2pa_ref *refs, *redactions; /* of its claim */
    struct c2pa_link *links;
};

struct c2pa_store {
    struct arena *arena;
    struct property base;
    property_visit *visit;
    void *ctx;
    size_t kept; /* bytes of C2PA_KEPT_MAX that are used */
    enum optout_rc rc; /* OPTOUT_OK, or the first thing that could not be read */
    struct c2pa_manifest *manifest[C2PA_MANIFESTS_MAX];
    size_t n;
    struct cbor_pool pool;
    void *json; /* of the assertion at hand */

    /* The boxes that are open. */
    struct c2pa_manifest *in; /* NULL: none */
    struct c2pa_assertion *assertion;
    bool in_claim, in_ingredient;
    struct training scratch;
};

/* Memory of what is kept, all zero; NULL: s->rc tells why. */
void *c2pa_keep(struct c2pa_store *s, size_t n);
/* A copy of at most `max` bytes; empty when there is no room. */
struct slice c2pa_keep_text(struct c2pa_store *s, struct slice text, size_t max);
void c2pa_failed(struct c2pa_store *s, enum optout_rc rc);

/* c2pa_metadata.c */
bool c2pa_is_metadata(struct slice label);
/* JSON in the shape of the CBOR reader's tree, for assertions that are written in either;
 * c2pa_json_free when it was read. */
enum optout_rc c2pa_json_items(struct c2pa_store *s, struct slice json, struct cbor_item **root);
void c2pa_json_free(struct c2pa_store *s);
/* The properties of a JSON-LD assertion into a->properties. */
void c2pa_metadata_read(struct c2pa_store *s, struct c2pa_assertion *a,
                        const struct cbor_item *root);

/* jpt_rights.c */
bool jpt_rights_label(struct slice label);
/* One entry: what the declaration comes to. */
void jpt_rights_read(const struct cbor_item *root, struct training *t);
/* How far the declaration is evaluated. */
void jpt_rights_weigh(const struct training *t, struct signal *sig);

/* c2pa_verdict.c */
void c2pa_verdict(struct c2pa_store *s, bool broken, struct signals *out);

#endif
