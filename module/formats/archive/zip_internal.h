/* SPDX-License-Identifier: Apache-2.0 */
/* zip_internal.h - between zip.c (the walk), zip_member.c (what is read of members) and
 * zip_directory.c (the check against the central directory). */
#ifndef OPTOUT_FORMATS_ARCHIVE_ZIP_INTERNAL_H
#define OPTOUT_FORMATS_ARCHIVE_ZIP_INTERNAL_H

#include "core/member.h"
#include "formats/format.h"
#include "formats/parts/unpack.h"

#include <zlib.h>

#define ZIP_NAME_MAX 1024          /* bytes of a name that are kept; longer ones are not read */
#define ZIP_WANTED_MAX 16          /* members of each kind that are read */
#define ZIP_ROOTFILES_MAX 16
#define ZIP_CONTAINER_MAX (64u << 10)
#define ZIP_TEXTS_MAX (256u << 10) /* document properties */
#define ZIP_PROPERTY_TEXTS 16      /* text packets of one file of properties */
#define ZIP_LISTED_MAX 128         /* wanted names in the central directory */
#define ZIP_MET_BLOCKS 24          /* of local headers that are remembered */
#define ZIP_MET_BLOCK 512
#define ZIP_DENSE_MAX (64u << 20)  /* unpacked from members at any ratio, of one archive */
#define ZIP_TYPE_MAX 64            /* bytes of the member "mimetype" that are looked at */
#define ZIP_LOCAL_HEAD 30
#define ZIP_CENTRAL_HEAD 46
#define ZIP_END_HEAD 22
#define ZIP64_END_HEAD 56

enum zip_kind { ZIP_OTHER, ZIP_CONTAINER, ZIP_OPF, ZIP_XMP, ZIP_C2PA, ZIP_TEXTS,
                ZIP_MEMBER, /* a file for itself, of an archive that is no document */
                ZIP_KINDS };

struct zip_read { /* a wanted member that was met */
    uint64_t offset; /* of its local header */
    enum zip_kind kind;
    unsigned handle; /* ZIP_OPF: its packet */
    bool pending;    /* whose role is not told */
    struct slice name;
};

struct zip_listed { /* a wanted member that the central directory names */
    uint64_t offset; /* as written */
    uint64_t packed;
    uint16_t flags, method;
    struct slice name;
};

struct zip_head { /* of the member or the directory record that is being read */
    uint64_t at; /* of its signature */
    uint16_t flags, method;
    uint64_t packed, size, local; /* local: offset of the local header, as written */
    unsigned name_n, extra_n, comment_n;
    uint8_t name[ZIP_NAME_MAX];
    unsigned name_kept;
};

struct zip {
    const struct format_env *env;
    enum optout_rc rc; /* worst so far, else OPTOUT_DONE */
    uint64_t pos;      /* of the next byte */

    /* the walk: zip.c */
    unsigned state;
    uint8_t fixed[64];
    unsigned fixed_n;
    uint8_t back[64]; /* bytes to be read once more */
    unsigned back_n;
    struct zip_head head;
    bool central;
    unsigned left;    /* bytes of the name, extra field or comment to come */
    uint8_t extra[32];
    unsigned extra_n, extra_left;
    uint64_t data;      /* where the member's data begins */
    uint64_t data_left; /* of known length */
    uint64_t data_end;  /* of deflated data that was inflated; else UINT64_MAX */
    uint8_t last[24];   /* bytes in front of `pos`, while its end is searched for */
    size_t last_n;
    z_stream z;
    bool z_open;
    uint64_t discarded;

    /* central directory */
    uint64_t central_from, central_to; /* of the records that were met in a row */
    struct zip_listed listed[ZIP_LISTED_MAX];
    size_t n_listed;
    bool end_seen, end64_seen;
    uint64_t end_at, end64_at;
    uint8_t end[ZIP_END_HEAD], end64[ZIP64_END_HEAD];

    /* members: zip_member.c */
    enum zip_kind kind;
    bool reading;
    struct zip_read *now;
    struct unpack *unpack;
    unsigned handle;
    uint64_t taken, max;
    uint8_t *whole; /* container.xml and properties: all their bytes */
    size_t whole_size;
    struct zip_read read[ZIP_KINDS * ZIP_WANTED_MAX];
    size_t n_read;
    unsigned count[ZIP_KINDS];
    bool container; /* one was read */
    struct slice rootfile[ZIP_ROOTFILES_MAX];
    size_t n_rootfile;

    /* archives: zip_archive.c */
    uint64_t unpacked;  /* of members */
    bool book;          /* "mimetype" says so */
    bool document;      /* it is one: what is inside are its parts */
    bool sated;         /* nobody wants more of the member */
    bool member_whole;  /* the last one came to its own end */
    bool member_broken; /* one did not */
    bool met_lost;      /* more local headers than are remembered */
    uint64_t *met[ZIP_MET_BLOCKS]; /* their offsets, rising */
    size_t n_met;
    uint64_t missing;   /* members that the central directory names and that were not met */
    uint8_t type[ZIP_TYPE_MAX]; /* of "mimetype" */
    size_t n_type;
    bool is_type;
};

static inline void zip_note(struct zip *z, enum optout_rc rc)
{
    if (z->rc == OPTOUT_DONE)
        z->rc = rc;
}

/* ---- zip.c ---- */
enum zip_state { ZIP_SIGNATURE, ZIP_SCAN, ZIP_FIXED, ZIP_NAME, ZIP_EXTRA, ZIP_COMMENT, ZIP_SKIP,
                 ZIP_DATA, ZIP_INFLATE, ZIP_HUNT, ZIP_HUNT_SIGNATURE };
void zip_walk(struct zip *z, struct slice bytes);

/* ---- zip_member.c ---- */
enum zip_kind zip_kind_of(const struct zip *z, struct slice name);
/* A member begins whose name and head are in z->head. False: it is not read. */
bool zip_member_begin(struct zip *z, enum zip_kind kind);
bool zip_member_unpack(struct zip *z); /* it is deflated; false: no memory */
/* Its stored bytes. *used tells how many belonged to it (deflate knows its own end); false
 * when no more are wanted. */
bool zip_member_bytes(struct zip *z, struct slice bytes, size_t *used);
/* Its data has ended: `whole` when by its own length. */
void zip_member_end(struct zip *z, bool whole);
void zip_settle_roles(struct zip *z);
bool zip_same_name(struct slice a, struct slice b);

/* ---- zip_archive.c ---- */
/* A local header: ZIP_MEMBER when its file is to be inspected for itself, else `kind`. */
enum zip_kind zip_archive_local(struct zip *z, enum zip_kind kind);
/* A record of the central directory. */
void zip_archive_listed(struct zip *z);
/* False: it is not read. */
bool zip_archive_begin(struct zip *z);
void zip_archive_bytes(struct zip *z, struct slice bytes);
void zip_archive_finish(struct zip *z, enum packet_end how);
void zip_archive_end(struct zip *z);

/* ---- zip_texts.c ---- */
void zip_read_container(struct zip *z, struct slice document);
void zip_read_texts(struct zip *z, struct slice document);

/* ---- zip_directory.c ---- */
void zip_check_directory(struct zip *z);

#endif
