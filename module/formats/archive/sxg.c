/* SPDX-License-Identifier: Apache-2.0 */
/* sxg.c - containers of answers that are told and not looked into: signed exchanges
 * (draft-yasskin-http-origin-signed-responses section 5.3), web bundles
 * (draft-ietf-wpack-bundled-responses section 4.1), ARC files of web archives. */
#include "core/member.h"
#include "formats/rows.h"

static const struct slice marks[] = {
    SLICE("sxg1-b"),
    SLICE("\x86\x48\xF0\x9F\x8C\x90\xF0\x9F\x93\xA6"), /* magic number of a bundle, bytes(8) */
    SLICE("\x85\x48\xF0\x9F\x8C\x90\xF0\x9F\x93\xA6"), /* of its later drafts */
    SLICE("filedesc://"),
};

static bool sxg_sniff(struct slice head)
{
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (slice_eq(slice_sub(head, 0, marks[i].n), marks[i]))
            return true;
    return false;
}

static void *sxg_open(const struct format_env *env)
{
    member_missed(env->members);
    return (void *)(uintptr_t)env; /* there is no state, and NULL would be a failure */
}

static enum optout_rc sxg_feed(void *state, struct slice bytes)
{
    (void)state;
    (void)bytes;
    return OPTOUT_DONE;
}

static enum optout_rc sxg_end(void *state)
{
    (void)state;
    return OPTOUT_DONE;
}

static const char *const sxg_types[] = {
    "application/signed-exchange", "application/webbundle", "application/x-internet-archive", NULL
};

const struct format format_sxg = {
    .name = "sxg",
    .title = "Signed exchanges, web bundles, ARC",
    .reads = "nothing: they are told, and undecided as a container",
    .types = sxg_types,
    .sniff = sxg_sniff,
    .by_type = true,
    .contains = true,
    .open = sxg_open,
    .feed = sxg_feed,
    .end = sxg_end,
};
