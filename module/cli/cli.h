/* SPDX-License-Identifier: Apache-2.0 */
/* cli.h - what the sub-commands of `optout` share: exit status, messages,
 * output that is checked, text that is safe on a terminal. */
#ifndef OPTOUT_CLI_CLI_H
#define OPTOUT_CLI_CLI_H

#include "core/buf.h"
#include "core/slice.h"
#include "syntax/visible.h"

enum {
    CLI_CLEAR = 0,     /* clear, licensed, or nothing went wrong */
    CLI_RESERVED = 1,  /* reserved or conditional */
    CLI_FOUND = 1,     /* config squid: content can pass unfiltered */
    CLI_FAILED = 2,    /* usage or file error */
    CLI_UNDECIDED = 3, /* could not be read to the end */
};

#define CLI_OUTPUT_MAX (16u << 20) /* bytes of output that are put together at once */

struct command {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv); /* argv[0]: "optout NAME"; returns the exit status */
};

int inspect_command(int argc, char **argv);
int formats_command(int argc, char **argv);
int standards_command(int argc, char **argv);
int config_command(int argc, char **argv);
int robots_command(int argc, char **argv);
int tdmrep_command(int argc, char **argv);
int rsl_command(int argc, char **argv);
int phrases_command(int argc, char **argv);
int site_command(int argc, char **argv);
int urls_command(int argc, char **argv);
int audit_command(int argc, char **argv);
int explain_command(int argc, char **argv);
int audit_leads(int argc, char **argv);
int audit_publisher(int argc, char **argv);
int audit_report(int argc, char **argv); /* argv[0]: "optout audit report", and so on */
int metrics_command(int argc, char **argv);
int warc_command(int argc, char **argv);
int doctor_command(int argc, char **argv);
int setup_command(int argc, char **argv);
int reload_command(int argc, char **argv);
int reopen_command(int argc, char **argv);
/* The command of that name, without arguments; CLI_CLEAR where this version has none. */
int cli_run(const char *name);
/* Commands of optout audit; argv[0] is "optout audit NAME". */
int audit_query(int argc, char **argv);
int audit_index(int argc, char **argv);
int audit_keep(int argc, char **argv);
/* AuditDir of that configuration, or of the installed one; to be freed. NULL: said why. */
char *cli_audit_folder(const char *config_path);
/* optout config squid: names the lines of a squid.conf that let content pass
 * unfiltered. Returns the exit status. */
int config_squid(const char *path, bool json);

/* Bytes on standard error, as they are. */
void cli_write_error(struct slice text);
/* One line on standard error, "optout: …". Control characters of the arguments
 * are made visible. */
void cli_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same, followed by where to find help. `command` as in argv[0]. Returns
 * CLI_FAILED. */
int cli_misuse(const char *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* After getopt_long has said what is wrong: only where to find help. */
int cli_misuse_hint(const char *command);

/* snapshot_load, into new memory, with its error printed as "FILE:LINE: DIRECTIVE: REASON;
 * REMEDY"; then NULL. */
struct snapshot;
struct snapshot *cli_load_config(const char *path);
void cli_free_config(struct snapshot *s); /* NULL is fine */

/* The store of site rules in this folder, for reading; NULL with a message printed. */
struct site *cli_open_store(const char *dir);

/* Writes everything to standard output now. On failure says why and returns
 * false: the caller must then end with CLI_FAILED. */
bool cli_write(const struct buf *out) OPTOUT_CHECKED;
/* The same for a text; returns the exit status. */
int cli_write_text(const char *text);
int cli_write_version(void);
/* The options of a command that has but --json, --help and --version; optind is
 * then the first argument. False: the command ends with *status. */
bool cli_json_option(int argc, char **argv, const char *help_text, bool *json, int *status);
/* Standard output is a terminal that shows colours, and nobody said NO_COLOR. */
bool cli_colour(void);

#endif
