/* SPDX-License-Identifier: Apache-2.0 */
/* head.h - the exchange that the command line describes. */
#ifndef OPTOUT_CLI_HEAD_H
#define OPTOUT_CLI_HEAD_H

#include "core/arena.h"
#include "core/buf.h"
#include "http/exchange.h"

#include <sys/types.h>

#define HEAD_MAX (1u << 20) /* bytes of a stored response head */

/* What was given; texts are argv's. */
struct head_options {
    const char *url;          /* NULL: none */
    const char *method;       /* NULL: GET */
    const char *file;         /* NULL: none; "-": standard input */
    const char *content_type; /* NULL: as the head says */
    const char *const *line;  /* "Name: value" */
    size_t n_lines;
    const char *const *request_line; /* the same of the request */
    size_t n_request_lines;
    int status;   /* 0: as the head says, else 200 */
    bool no_body;
};

struct head {
    struct arena arena;
    struct buf text; /* the file's bytes, which the exchange points into */
    struct exchange x;
};

/* Builds the exchange. On failure a message has been printed. Give back with
 * head_free in either case. */
bool head_build(struct head *h, const struct head_options *o) OPTOUT_CHECKED;
void head_free(struct head *h);

/* A file for reading, or standard input for "-"; -1 with a message printed. */
int input_open(const char *path);
/* read(2) until `size` bytes are there or the end; -1 with a message printed. */
ssize_t input_read(int fd, const char *path, void *to, size_t size);
void input_close(int fd);

#endif
