/* SPDX-License-Identifier: Apache-2.0 */
/* pdf_internal.h - the parts of the PDF reader: what a dictionary says (pdf_dict), what is
 * known of the document (pdf_doc), the bytes of a stream (pdf_body), objects inside of an
 * object stream (pdf_objstm). pdf.c drives them. */
#ifndef OPTOUT_FORMATS_DOC_PDF_INTERNAL_H
#define OPTOUT_FORMATS_DOC_PDF_INTERNAL_H

#include "formats/format.h"
#include "formats/doc/pdf_filter.h"
#include "formats/doc/pdf_lex.h"

/* ---- pdf_dict.c: one object ---- */

#define PDF_DEPTH_MAX 32 /* dictionaries and arrays in each other; deeper ones are passed over */
#define PDF_AF_MAX 8     /* associated files of the catalog that are kept */

enum pdf_type { PDF_TYPE_NONE, PDF_CATALOG, PDF_METADATA, PDF_OBJSTM, PDF_XREF, PDF_EMBEDDED,
                PDF_TYPE_OTHER };
enum pdf_subtype { PDF_SUBTYPE_NONE, PDF_XML, PDF_C2PA, PDF_SUBTYPE_OTHER };

/* What counts of a dictionary. An object number of 0: none (0 is never in use). */
struct pdf_object {
    uint32_t num, gen;
    enum pdf_type type;
    enum pdf_subtype subtype;
    /* Of a stream; of another object: what it says where a stream names it as its filters or
     * their parameters. */
    struct pdf_filters filters;
    bool is_dict, has_length, pages, linearized;
    bool encrypt_direct;          /* /Encrypt is a dictionary of its own */
    bool metadata_told, metadata_clear; /* /EncryptMetadata was there; and was false */
    uint64_t length, n, first, file_length;
    uint32_t metadata, root, encrypt;
    uint32_t af[PDF_AF_MAX];
    size_t n_af;
};

struct pdf_frame {
    bool dict, c2pa;
    uint8_t key;   /* whose value comes next */
    uint8_t owner; /* the key it is the value of, also through arrays */
    uint8_t at;    /* elements of an array that have come */
    uint32_t file; /* a file specification: its embedded stream */
};

struct pdf_doc;

struct pdf_dict {
    struct pdf_doc *doc;
    struct pdf_object object;
    struct pdf_frame frames[PDF_DEPTH_MAX];
    uint64_t depth;
    bool complete; /* the object's value has come to its end */
    bool broken;   /* closed what was not open */
    uint64_t number[2];
    unsigned numbers; /* that came since the key or bracket */
};

void pdf_dict_begin(struct pdf_dict *d, struct pdf_doc *doc, uint32_t num, uint32_t gen);
void pdf_dict_token(struct pdf_dict *d, enum pdf_token token, const struct pdf_lex *l);

/* ---- pdf_doc.c: the document ---- */

#define PDF_STREAMS_MAX 1024   /* metadata streams and manifest stores that are remembered */
#define PDF_PACKETS_MAX 256    /* that are read, the last 56 of them kept for those that may be
                                  the document's own, the last 6 for that which it names */
#define PDF_CATALOGS_MAX 64
#define PDF_COMPONENTS_MAX 8192 /* slots of a hash set of object numbers */
#define PDF_FILES_MAX 64
#define PDF_ENCRYPTIONS_MAX 16
#define PDF_VALUES_MAX 32      /* objects that say what the filters of streams are */
#define PDF_WAITING_MAX 8      /* metadata streams whose filters such an object says later */

struct pdf_entry {
    uint32_t num;
    uint8_t kind;    /* enum packet_kind */
    bool stale;      /* its object was defined again */
    bool skipped;    /* not read, for there are too many */
    bool unreadable; /* its bytes are not of its kind, or it cannot be unpacked */
    bool unsupported; /* a filter of it is not read */
    bool clear;       /* by its own crypt filter, also where the document is encrypted */
    unsigned handle;
};

struct pdf_doc {
    const struct format_env *env;
    struct pdf_entry *entries;
    size_t n;
    unsigned begun;
    bool lost; /* more streams than are remembered */
    uint64_t defined[64]; /* bits of the object numbers in entries, to look them up less */
    struct { uint32_t num, metadata; uint32_t af[PDF_AF_MAX]; size_t n_af; uint64_t order; }
        catalogs[PDF_CATALOGS_MAX];
    size_t n_catalogs;
    uint64_t order;
    uint32_t *components;
    size_t n_components;
    struct { uint32_t spec, inside, file; } files[PDF_FILES_MAX];
    size_t n_files;
    struct { uint32_t num; bool clear; } encryptions[PDF_ENCRYPTIONS_MAX];
    size_t n_encryptions;
    uint32_t root, encrypt;
    struct { uint32_t num; struct pdf_filters filters; } values[PDF_VALUES_MAX];
    size_t n_values;
    struct { struct pdf_entry *entry; struct pdf_object object; uint64_t from; }
        waiting[PDF_WAITING_MAX];
    size_t n_waiting;
    bool encrypted, direct_clear;
    uint64_t file_length; /* of a linearized file; 0: not told */
    uint64_t unpacked;    /* bytes of object streams */
    uint64_t worked;      /* bytes that filters put out */
    bool broken, limit, no_memory;
    bool objstm_broken, objstm_limit, objstm_unsupported;
};

bool pdf_doc_open(struct pdf_doc *d, const struct format_env *env);
/* An object is defined: what was read of its number before is superseded. */
void pdf_doc_define(struct pdf_doc *d, uint32_t num);
/* An object, or the dictionary of a trailer, has come to its end. */
void pdf_doc_object(struct pdf_doc *d, const struct pdf_object *o, bool trailer);
/* An object that is no stream has come to its end: it may say what filters are. */
void pdf_doc_value(struct pdf_doc *d, const struct pdf_object *o);
/* Puts in what the objects said that it names; of one that was not met the reference stays. */
void pdf_doc_resolve(const struct pdf_doc *d, struct pdf_filters *f);
/* One of the catalogs so far names object `num` as its metadata. */
bool pdf_doc_names(const struct pdf_doc *d, uint32_t num);
/* Something that is not the catalog names object `num` as its metadata. */
void pdf_doc_component(struct pdf_doc *d, uint32_t num);
/* A file specification says that stream `file` is a manifest store. `spec`: the object that
 * it is, or 0 when it stands inside of object `inside`. */
void pdf_doc_file(struct pdf_doc *d, uint32_t spec, uint32_t inside, uint32_t file);
/* A stream that is a packet; NULL when there is no room to remember it. */
struct pdf_entry *pdf_doc_stream(struct pdf_doc *d, const struct pdf_object *o,
                                 enum packet_kind kind);
/* Begins its packet, unless it is one of too many. */
void pdf_doc_begin(struct pdf_doc *d, struct pdf_entry *e, const struct pdf_object *o,
                   uint64_t offset);
/* Tells all roles. `whole`: the file had its end. */
enum optout_rc pdf_doc_settle(struct pdf_doc *d, bool whole);

/* ---- pdf_objstm.c ---- */

#define PDF_OBJSTM_OBJECTS_MAX 16384

struct pdf_objstm {
    struct pdf_doc *doc;
    struct pdf_lex lex;
    struct pdf_dict dict;
    uint64_t n, first, at;
    uint32_t *pairs; /* number and offset of each object, in turn */
    size_t n_pairs;  /* numbers read of it, twice the objects */
    size_t next;     /* object that has not begun yet */
    bool open, bad;
};

/* NULL when the arena is used up. */
struct pdf_objstm *pdf_objstm_new(struct pdf_doc *doc);
void pdf_objstm_begin(struct pdf_objstm *s, const struct pdf_object *o);
void pdf_objstm_feed(struct pdf_objstm *s, struct slice bytes);
/* False when it was not what its dictionary said. */
bool pdf_objstm_end(struct pdf_objstm *s);

/* ---- pdf_body.c: the bytes between "stream" and "endstream" ---- */

#define PDF_OBJSTM_MAX (8u << 20)        /* bytes unpacked of one object stream */
#define PDF_OBJSTM_FREE (8u << 20)       /* of all, and 2 for each byte of the body */
#define PDF_WORK_FREE (64u << 20)        /* that all filters put out, and PDF_WORK for each byte */
#define PDF_WORK 16
#define PDF_HEAD 40                      /* bytes looked at to tell a stream */
#define PDF_BLOCK 2048
#define PDF_HELD 64                      /* bytes that may belong to "endstream" */

enum pdf_want { PDF_SKIP, PDF_XMP, PDF_STORE, PDF_PEEK, PDF_OBJECTS };
enum pdf_mode {
    PDF_BY_LENGTH,
    PDF_TAIL,  /* its length is over, "endstream" must come */
    PDF_SEARCH /* its length is not known */
};
enum pdf_event { PDF_GO_ON, PDF_ENDED, PDF_WRONG /* the length is wrong: search from `from` */ };

struct pdf_body {
    struct pdf_doc *doc;
    struct pdf_object object;
    enum pdf_want want;
    enum pdf_mode mode;
    uint64_t from; /* offset of its first byte */
    uint64_t left; /* PDF_BY_LENGTH: bytes still to come */
    bool carried;  /* PDF_TAIL: what is held began before the length was over */
    bool wrong;    /* its length turned out to be wrong */
    uint8_t held[PDF_HELD];
    size_t n_held;
    unsigned matched; /* bytes of "endstream", then "endobj" */
    uint8_t head[PDF_HEAD];
    size_t n_head;
    bool told;     /* the head was looked at */
    bool open;     /* a packet is */
    struct pdf_entry *entry;
    struct pdf_decode *decode;
    uint8_t block[PDF_BLOCK]; /* goes to it as a whole: where its limits are met must not
                                 depend on how the body was cut */
    size_t n_block;
    struct pdf_objstm *objects; /* made when the first is met */
};

/* `trust`: believe /Length. */
void pdf_body_begin(struct pdf_body *b, const struct pdf_object *o, uint64_t from, bool trust);
/* The same stream again, now that its filters are known. */
void pdf_body_again(struct pdf_body *b, const struct pdf_object *o, uint64_t from,
                    struct pdf_entry *entry);
/* Returns how many bytes were consumed. */
size_t pdf_body_feed(struct pdf_body *b, struct slice s, enum pdf_event *event);
/* How many bytes to come are of no interest; pass over them, then call pdf_body_pass. */
uint64_t pdf_body_idle(const struct pdf_body *b);
void pdf_body_pass(struct pdf_body *b, uint64_t n);
/* From `from` again, for "endstream" only. */
void pdf_body_search(struct pdf_body *b);
/* The body ended in it, or it is given up. */
void pdf_body_cut(struct pdf_body *b);

#endif
