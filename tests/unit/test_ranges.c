/* SPDX-License-Identifier: Apache-2.0 */
/* test_ranges.c - what was decided of a whole body, asked for by its parts and its heads. */
#include "unit.h"

#include "policy/config.h"
#include "verdict/judge.h"

#define BODY "<meta name=\"tdm-reservation\" content=\"1\"><body><p>text"
#define HEAD(tag) "Content-Type: text/html\r\nETag: " tag "\r\n"
#define LENGTH "Content-Length: 54\r\n"
#define PART(total) "Content-Range: bytes 0-1/" total "\r\nContent-Length: 2\r\n"

_Static_assert(sizeof BODY - 1 == 54, "LENGTH says so");

static struct config config;
static struct remembered *wholes;
static char whole_id[ULID_TEXT]; /* of the record of the whole body */

static void judge_one(struct judge *j, struct arena *a, const char *method, unsigned status,
                      const char *head, const char *body)
{
    memset(j, 0, sizeof *j);
    struct judge_basis basis = { .config = &config, .wholes = wholes };
    judge_begin(j, &basis, config_profile(&config, SLICE_EMPTY), a);
    j->exchange.method = slice_cstr(method);
    j->exchange.url = SLICE_OF("http://h.example/a");
    j->exchange.status = (uint16_t)status;
    j->exchange.has_body = body != NULL;
    assert_int_equal(headers_parse(&j->exchange.response, a, slice_cstr(head)), OPTOUT_OK);
    assert_int_equal(judge_open(j), OPTOUT_OK);
    if (body)
        (void)judge_feed(j, slice_cstr(body));
    judge_settle(j, INSPECT_WHOLE, false);
    judge_close_record(j, INSPECT_WHOLE, j->decision.action, 0);
    judge_remember(j, INSPECT_WHOLE);
}

static void read_whole(const char *head)
{
    struct arena a = test_arena();
    struct judge j;
    judge_one(&j, &a, "GET", 200, head, BODY);
    assert_int_equal(j.decision.kind, DECISION_RESERVED);
    memcpy(whole_id, j.record.id, sizeof whole_id);
    arena_reset(&a);
}

static void asks(bool recalled, const char *method, unsigned status, const char *head,
                 const char *body)
{
    struct arena a = test_arena();
    struct judge j;
    judge_one(&j, &a, method, status, head, body);
    assert_int_equal(j.decision.kind, recalled ? DECISION_RESERVED : DECISION_UNDECIDED);
    assert_string_equal(j.record.earlier, recalled ? whole_id : "");
    arena_reset(&a);
}

static void what_speaks_of_the_same_bytes_recalls_the_verdict(void **state)
{
    (void)state;
    read_whole(HEAD("\"v1\"") LENGTH);
    asks(true, "GET", 206, HEAD("\"v1\"") PART("54"), "te");
    asks(true, "HEAD", 200, HEAD("\"v1\"") LENGTH, NULL);
    asks(true, "GET", 304, HEAD("\"v1\""), NULL);
}

static void other_bytes_do_not(void **state)
{
    (void)state;
    read_whole(HEAD("\"v1\"") LENGTH);
    asks(false, "GET", 206, HEAD("\"v2\"") PART("54"), "te");
    asks(false, "GET", 206, HEAD("\"v1\"") PART("55"), "te");
    asks(false, "GET", 206, HEAD("\"v1\"") PART("*"), "te");
    asks(false, "HEAD", 200, HEAD("\"v1\"") "Content-Length: 55\r\n", NULL);
}

static void a_weak_validator_names_no_bytes(void **state)
{
    (void)state;
    read_whole(HEAD("W/\"v1\"") LENGTH);
    asks(false, "GET", 206, HEAD("W/\"v1\"") PART("54"), "te");
    asks(false, "HEAD", 200, HEAD("W/\"v1\"") LENGTH, NULL);
    asks(false, "GET", 304, HEAD("W/\"v1\""), NULL);
}

static void another_configuration_or_profile_judges_anew(void **state)
{
    (void)state;
    read_whole(HEAD("\"v1\"") LENGTH);
    config.hash[0] = 'x';
    asks(false, "GET", 206, HEAD("\"v1\"") PART("54"), "te");
    config.hash[0] = '\0';
    asks(true, "GET", 206, HEAD("\"v1\"") PART("54"), "te");
    config.profile[0].name[0] ^= 1;
    asks(false, "GET", 206, HEAD("\"v1\"") PART("54"), "te");
}

static int begin(void **state)
{
    (void)state;
    config_init(&config);
    config.hash[0] = '\0';
    wholes = remember_make();
    return wholes ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    remember_free(wholes);
    return 0;
}

#define EACH(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(what_speaks_of_the_same_bytes_recalls_the_verdict),
        EACH(other_bytes_do_not),
        EACH(a_weak_validator_names_no_bytes),
        EACH(another_configuration_or_profile_judges_anew),
    };
    return cmocka_run_group_tests_name("ranges", tests, NULL, NULL);
}
