/* SPDX-License-Identifier: Apache-2.0 */
/* board.h - what every process of the service says of the last command it was given.
 *
 * c-icap hands a command to the master and to each child, and tells nobody how it
 * ended. Each writes its outcome into memory that all share and then all of that
 * into one file beside c-icap's command pipe, which `optout reload` reads. The file
 * is written under flock, in place; one of an older service never overwrites one of
 * a newer. Whoever cannot write it says so to the log and goes on. */
#ifndef OPTOUT_POLICY_BOARD_H
#define OPTOUT_POLICY_BOARD_H

#include "core/buf.h"
#include "core/rc.h"

#define BOARD_SUFFIX ".optout" /* of the file, behind the name of the pipe */
#define BOARD_PROCESSES 512
#define BOARD_ASKED_MAX 32     /* with NUL, as all of these */
#define BOARD_TEXT_MAX 600

enum board_command { BOARD_START, BOARD_RELOAD, BOARD_REOPEN };

/* A process, and the last that it was asked. */
struct board_line {
    long pid;
    bool child;             /* else the master */
    uint8_t command;        /* enum board_command */
    bool refused;
    char asked[BOARD_ASKED_MAX]; /* who asked, as he called himself; may be empty */
    char configuration[65];      /* the hash of what is in force */
    char why[BOARD_TEXT_MAX];    /* refused: file, line, reason, remedy */
};

struct board;
struct board *board_make(const char *pipe); /* before fork; NULL on failure */
void board_free(struct board *b);
/* Errors are OPTOUT_E_IO with errno, and OPTOUT_E_LIMIT when there are too many. */
enum optout_rc board_say(struct board *b, const struct board_line *line) OPTOUT_CHECKED;
enum optout_rc board_leave(struct board *b, long pid) OPTOUT_CHECKED; /* it is dead */

/* For those outside: the file's text. */
enum optout_rc board_read(const char *pipe, struct buf *text) OPTOUT_CHECKED;
/* Cuts the next process off the front of it; false at the end, and for what is none. */
bool board_next(struct slice *text, struct board_line *line);

#endif
