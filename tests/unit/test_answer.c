/* SPDX-License-Identifier: Apache-2.0 */
/* test_answer.c - from a verdict to what c-icap is told: the code, the head, the fields. */
#include "answer_fixture.h"

#include "icap/answer.h"
#include "icap/fields.h"

static void add(struct answering *a, const char *line)
{
    assert_non_null(ci_http_response_add_header(a->req, line));
}

static int answer(struct answering *a, enum action action)
{
    a->t->judge.record.action = action;
    return answer_in_preview(a->t, a->req, action, SLICE_OF("<p>"));
}

/* One field of our name, which names our record. */
static void assert_tagged(const struct answering *a)
{
    const char *tag = NULL;
    assert_int_equal(lines_of(a, "Optout:", &tag), 1);
    assert_non_null(strstr(tag, "reserved"));
    assert_non_null(strstr(tag, RECORD_ID));
}

static void what_passes_is_left_to_the_client(void **state)
{
    struct answering *a = answering_open();
    (void)state;
    assert_int_equal(answer(a, ACTION_PASS), CI_MOD_ALLOW204);
    assert_int_equal(a->t->phase, PHASE_ENDED);
    assert_int_equal(lines_of(a, "Optout:", NULL), 0);
    assert_line(a, "HTTP/", "HTTP/1.1 200 OK");
    answering_close(a);
}

static void a_forged_field_does_not_pass(void **state)
{
    struct answering *a = answering_open();
    (void)state;
    add(a, "Optout: clear");
    add(a, "oPTOUT: clear;id=" EARLIER_ID);
    a->t->strip = true;
    assert_int_equal(answer(a, ACTION_PASS), CI_MOD_ALLOW206);
    assert_int_equal(lines_of(a, "Optout:", NULL), 0);
    assert_line(a, "Content-Type:", "Content-Type: text/html");
    answering_close(a);
}

static void a_tag_takes_the_place_of_forged_ones(void **state)
{
    struct answering *a = answering_open();
    (void)state;
    add(a, "Optout: clear");
    add(a, "Content-Length: 5000");
    a->t->judge.record.length = 5000;
    assert_int_equal(answer(a, ACTION_TAG), CI_MOD_ALLOW206);
    assert_tagged(a);
    assert_line(a, "Content-Length:", "Content-Length: 5000");
    assert_line(a, "HTTP/", "HTTP/1.1 200 OK");
    answering_close(a);
}

static void a_client_without_206_gets_the_body_from_us(void **state)
{
    struct answering *a = answering_open();
    (void)state;
    a->req->allow206 = 0;
    assert_int_equal(answer(a, ACTION_TAG), CI_MOD_CONTINUE);
    assert_int_equal(a->t->phase, PHASE_STREAM);
    assert_true(a->t->unlocked);
    assert_tagged(a);
    answering_close(a);
}

static void a_blocked_answer_is_a_page(void **state)
{
    struct answering *a = answering_open();
    char length[64];
    (void)state;
    add(a, "Optout: clear");
    add(a, "Set-Cookie: a=b");
    a->snapshot.config.block_status = 451;
    snprintf(a->snapshot.config.blocked_by, sizeof a->snapshot.config.blocked_by, "%s",
             "https://proxy.test/<why>");
    assert_int_equal(answer(a, ACTION_BLOCK), CI_MOD_ALLOW206);
    assert_int_equal(a->t->phase, PHASE_PAGE);
    assert_line(a, "HTTP/", "HTTP/1.1 451 Unavailable For Legal Reasons");
    assert_line(a, "Link:", "Link: <https://proxy.test/why>; rel=\"blocked-by\"");
    snprintf(length, sizeof length, "Content-Length: %zu", a->t->page.n);
    assert_line(a, "Content-Length:", length);
    assert_int_equal(lines_of(a, "Set-Cookie:", NULL), 0);
    assert_tagged(a);
    assert_true(answer_has_body(a));
    answering_close(a);
}

static void head_gets_the_head_of_a_page(void **state)
{
    struct answering *a = answering_open();
    (void)state;
    a->t->judge.exchange.method = SLICE_OF("HEAD");
    a->snapshot.config.block_status = 403;
    ask_with(a, "Accept: application/json");
    assert_int_equal(answer(a, ACTION_BLOCK), CI_MOD_CONTINUE);
    assert_int_equal(a->t->phase, PHASE_ENDED);
    assert_line(a, "HTTP/", "HTTP/1.1 403 Forbidden");
    assert_line(a, "Content-Type:", "Content-Type: application/json");
    assert_false(answer_has_body(a));
    answering_close(a);
}

static void without_a_record_there_is_no_tag(void **state)
{
    struct answering *a = answering_open();
    (void)state;
    a->t->audit_failed = true;
    answer(a, ACTION_BLOCK);
    assert_line(a, "HTTP/", "HTTP/1.1 503 Service Unavailable");
    assert_line(a, "Retry-After:", "Retry-After: 60");
    assert_int_equal(lines_of(a, "Optout:", NULL), 0);
    answering_close(a);
}

/* A cut must not look like an end. */
static void an_open_verdict_may_drop_the_length(void **state)
{
    (void)state;
    for (int drop = 0; drop < 2; drop++) {
        struct answering *a = answering_open();
        add(a, "Optout: clear");
        add(a, "Content-Length: 5000");
        assert_true(fields_pending(a->t, a->req, drop));
        assert_int_equal(lines_of(a, "Content-Length:", NULL), !drop);
        assert_int_equal(a->t->length_gone, drop);
        assert_int_equal(lines_of(a, "Optout:", NULL), 1);
        answering_close(a);
    }
}

static int start(void **state)
{
    (void)state;
    return mem_init() < 0 || !init_body_system() || !ci_txt_template_init() ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_passes_is_left_to_the_client),
        cmocka_unit_test(a_forged_field_does_not_pass),
        cmocka_unit_test(a_tag_takes_the_place_of_forged_ones),
        cmocka_unit_test(a_client_without_206_gets_the_body_from_us),
        cmocka_unit_test(a_blocked_answer_is_a_page),
        cmocka_unit_test(head_gets_the_head_of_a_page),
        cmocka_unit_test(without_a_record_there_is_no_tag),
        cmocka_unit_test(an_open_verdict_may_drop_the_length),
    };
    return cmocka_run_group_tests_name("answer", tests, start, NULL);
}
