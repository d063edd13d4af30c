/* SPDX-License-Identifier: Apache-2.0 */
/* node.h - optout setup: a machine with the packages becomes a filtering node.
 *
 * node_cmd.c      the command: options, the order of things, what is left to the admin
 * node_answers.c  what can be answered, how each answer is checked and remembered
 * node_ask.c      questions on a terminal
 * node_text.c     the configurations, out of the templates in conf/setup
 * node_file.c     whole files of ours, told from those that somebody has changed
 * node_line.c     marked lines in files of others
 * node_ca.c       the fleet's CA and Squid's database of certificates
 * node_service.c  services, where systemd runs
 *
 * All of it is for one thread and ends with the command. */
#ifndef OPTOUT_CLI_NODE_H
#define OPTOUT_CLI_NODE_H

#include "cli/cli.h"
#include "policy/config.h"

/* Where things are; OPTOUT_CONFIGDIR is c-icap's folder. */
#define NODE_C_ICAP_CONF OPTOUT_CONFIGDIR "/c-icap.conf"
#define NODE_FILTER_CONF OPTOUT_CONFIGDIR "/optout-node.conf"
#define NODE_OPTOUTD_CONF OPTOUT_CONFIGDIR "/optoutd.conf"
#define NODE_DAEMON_CONF OPTOUT_CONFIGDIR "/optoutd-node.conf"
#define NODE_SQUID_DIR "/etc/squid"
#define NODE_SQUID_CONF NODE_SQUID_DIR "/squid.conf"
#define NODE_SNIPPET NODE_SQUID_DIR "/conf.d/optout.conf"
#define NODE_CA_DIR NODE_SQUID_DIR "/optout"
#define NODE_CA_KEY NODE_CA_DIR "/fleet-ca.key"
#define NODE_CA_CERT NODE_CA_DIR "/fleet-ca.crt"
#define NODE_NEVER_BUMP NODE_CA_DIR "/never-bump.txt"
#define NODE_CERTGEN "/usr/lib/squid/security_file_certgen"
#define NODE_CERTIFICATES "/var/spool/squid/optout_certs"

#define NODE_FILE_MAX (4u << 20) /* bytes of one configuration, as others have it */
#define NODE_PATH_MAX (2 * CONFIG_PATH_MAX)

/* --- answers (node_answers.c) ------------------------------------------------ */

enum node_answer_id {
    NODE_FLEET,
    NODE_USER_AGENT,
    NODE_AGENTS,
    NODE_PROFILES,
    NODE_NETWORKS,
    NODE_HTTPS,
    NODE_REDIS,
    NODE_CONTACT,
    NODE_NAME,
    NODE_PORT,
    NODE_ANSWERS
};

#define NODE_ANSWER_MAX 1024 /* bytes with the NUL */
#define NODE_LISTED_MAX 16   /* profiles, networks */

/* One line each, in one alphabet: what is remembered can be read back. */
struct node_answers {
    char text[NODE_ANSWERS][NODE_ANSWER_MAX];
    bool given[NODE_ANSWERS]; /* by an option or on the terminal */
};

struct node_answer {
    const char *name;     /* of the option, and in the remembered lines */
    const char *question; /* NULL: asked by an option alone */
    const char *hint;     /* what may be answered */
    bool list;            /* words; an option that is given again adds to it */
    bool needed;
    enum optout_rc (*check)(struct slice value, struct config_error *e);
};
extern const struct node_answer node_answer_table[NODE_ANSWERS];

/* What is told where nothing is answered; `root` as in struct node. */
void node_answers_preset(struct node_answers *a, const char *root);
/* Checks it and takes it, or says why not. */
enum optout_rc node_answer_set(struct node_answers *a, enum node_answer_id id, struct slice value,
                               struct config_error *e) OPTOUT_CHECKED;
/* The remembered lines: printed, and taken out of a file that has them. */
void node_answers_print(const struct node_answers *a, struct buf *out);
void node_answers_recall(struct node_answers *a, struct slice file);

struct node_profile {
    char name[PROFILE_NAME_MAX];
    char purpose[128]; /* separated by commas */
};
/* One item of NODE_PROFILES: [NAME=]PURPOSE[,PURPOSE]. */
enum optout_rc node_profile_parse(struct slice word, struct node_profile *p,
                                  struct config_error *e) OPTOUT_CHECKED;
/* "ExampleBot" of "ExampleBot/1.0 (+https://example.org)". */
struct slice node_product(struct slice user_agent);
/* The next word of a list. */
bool node_word(struct slice *rest, struct slice *word);

/* Asks for what is not given; false: the input ended, or was wrong too often. */
bool node_ask(struct node_answers *a);
/* A question with yes or no; `preset` on an empty line, false at the end of the input. */
bool node_ask_yes(const char *question, bool preset);

/* --- the node ------------------------------------------------------------------ */

struct node {
    struct node_answers answers;
    const char *root; /* stands before every path; "" for this machine */
    const char *squid_version;
    bool edit, dry, start, undo;
    bool changed; /* something was, or with `dry` would be, written */
    bool c_icap_changed, daemon_changed;
    unsigned left;   /* things that are left to the admin */
    struct buf told; /* they, a line each */
};

/* `path` below the root. */
void node_path(const struct node *n, const char *path, char out[NODE_PATH_MAX]);
bool node_exists(const struct node *n, const char *path);
/* One line on standard output: what is done, or with --dry-run would be, and to what. */
void node_say(const struct node *n, const char *what, const char *path, const char *more);
/* Told at the end, as something that is left to the admin. */
void node_leave(struct node *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* --- texts (node_text.c) --------------------------------------------------------- */

extern const struct slice node_filter_text, node_daemon_text, node_squid_text,
    node_never_bump_text; /* of conf/setup, compiled in */

/* What the texts ask for beside the answers. */
struct node_facts {
    unsigned icap_port;
    bool own_port;             /* the snippet has to open the port itself */
    const char *squid_version;
    char listen[128]; /* where the port that opens HTTPS listens */
};
/* The template with answers and facts put in. OPTOUT_E_SYNTAX: the template is wrong. */
enum optout_rc node_render(struct slice template, const struct node_answers *a,
                           const struct node_facts *f, struct buf *out) OPTOUT_CHECKED;

/* --- files (node_file.c) ---------------------------------------------------------- */

/* A file of ours begins with a line that has the SHA-256 of the rest. Writes it where there is
 * none, renews it where nobody else has changed it; else keeps it and writes the new one beside
 * it, as PATH.optout-new. False: said why. */
bool node_file_put(struct node *n, const char *path, struct slice text, bool *changed)
    OPTOUT_CHECKED;
/* Written where there is none, and the admin's from then on. */
bool node_file_seed(struct node *n, const char *path, struct slice text, bool *changed)
    OPTOUT_CHECKED;
/* Takes a file of ours away. One that was changed is put aside as PATH.optout-saved. */
bool node_file_drop(struct node *n, const char *path, bool *changed) OPTOUT_CHECKED;
/* Takes a seeded file away, if it is as it was. */
bool node_file_unseed(struct node *n, const char *path, struct slice text) OPTOUT_CHECKED;
/* Whole or not at all: beside its place first. Owner and mode of the file that is there are kept,
 * a new one is `mode`. */
bool node_file_write(struct node *n, const char *path, struct slice text, unsigned mode)
    OPTOUT_CHECKED;
/* Appends the file; false: said why. One that is not there is empty, `*there` tells. */
bool node_file_read(const struct node *n, const char *path, struct buf *out, bool *there)
    OPTOUT_CHECKED;
bool node_folder(struct node *n, const char *path, unsigned mode) OPTOUT_CHECKED;

/* --- lines (node_line.c) ------------------------------------------------------------ */

/* One change to a file of somebody else. */
struct node_change {
    size_t line;          /* from 1; SIZE_MAX: at the end */
    bool take_out;        /* this line */
    bool is_wish;         /* not told to an admin who edits himself */
    const char *add;      /* before it; NULL: nothing */
};
#define NODE_CHANGES_MAX 32
struct node_changes {
    size_t n;
    struct node_change at[NODE_CHANGES_MAX]; /* may point to port_line: not to be copied */
    char port_line[64];
};

/* Which lines the file needs for the node. */
void node_c_icap_changes(struct slice file, struct node_changes *c);
void node_optoutd_changes(struct slice file, struct node_changes *c);
void node_squid_changes(const struct node *n, struct slice file, struct node_changes *c);
/* Makes them, marked, if `allowed`; else they are told. False: said why. */
bool node_lines_put(struct node *n, const char *path, struct slice file,
                    const struct node_changes *c, bool allowed, bool *changed) OPTOUT_CHECKED;
/* Takes marked lines out, and puts back what they stand for. */
bool node_lines_drop(struct node *n, const char *path, bool *changed) OPTOUT_CHECKED;
/* The port of ICAP as c-icap.conf has it, or 1344. */
unsigned node_icap_port(struct slice c_icap_conf);
/* squid.conf opens that port itself. */
bool node_squid_has_port(struct slice squid_conf, unsigned port);
/* "3128", or with the address that its line has: "10.0.0.5:3128". */
void node_squid_listen(struct slice squid_conf, unsigned port, char *out, size_t size);

/* --- HTTPS (node_ca.c) ----------------------------------------------------------------- */

/* Both are left alone where they are there. False: said why. */
bool node_ca_make(struct node *n) OPTOUT_CHECKED;
bool node_certificates_make(struct node *n) OPTOUT_CHECKED;

/* --- services (node_service.c) ------------------------------------------------------------ */

/* Runs a program of the system and waits; its exit status, -1 where it cannot be run. `user`: it
 * gives up root for that one. `quiet`: what it prints is dropped, else it goes to standard error. */
int node_run(const char *const *argv, const char *user, bool quiet);
/* Enables them, and starts anew what has changed. False: said why. */
bool node_services_start(struct node *n) OPTOUT_CHECKED;
/* As root, on this machine: what is where systemd runs. */
bool node_has_systemd(void);

#endif
