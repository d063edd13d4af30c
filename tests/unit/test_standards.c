/* SPDX-License-Identifier: Apache-2.0 */
/* What the vectors cannot say: the table itself, evidence (raw, place, URL),
 * limits, and time. */
#include "unit.h"

#include "core/clock.h"

#include "standards/standard.h"

struct fixture {
    struct arena arena;
    struct exchange x;
    struct signals s;
};

static void read_head(struct fixture *f, const char *head)
{
    f->arena = test_arena();
    f->x = (struct exchange){ .status = 200, .minor = 1 };
    signals_init(&f->s, &f->arena);
    assert_int_equal(headers_parse(&f->x.response, &f->arena, slice_cstr(head)), OPTOUT_OK);
    standards_read_headers(&(struct hook_input){ &f->x, &f->s, NULL });
}

static void add_page(struct fixture *f, struct page_statement *s, const char *const *attrs)
{
    static struct page_attr v[8];
    s->attr = v;
    s->n_attr = 0;
    for (; *attrs; attrs += 2)
        v[s->n_attr++] = (struct page_attr){ .name = slice_cstr(attrs[0]),
                                                 .value = slice_cstr(attrs[1]), .cut = s->cut };
    standards_read_page(s, &(struct hook_input){ &f->x, &f->s, NULL });
}

#define ATTRS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void table_rows_are_complete(void **state)
{
    (void)state;
    for (unsigned i = 0; i < STD_COUNT; i++) {
        const struct standard *row = standards[i];
        assert_non_null(row->name);
        assert_non_null(row->title);
        assert_non_null(row->spec);
        assert_non_null(row->version);
        assert_non_null(row->reads);
        assert_true(row->headers || row->page || row->property || strstr(row->reads, "site file") ||
                    strstr(row->reads, "manifest store"));
        assert_true((row->fields != NULL) == (row->headers != NULL));
        for (const char *const *f = row->fields; f && *f; f++)
            for (const char *c = *f; *c; c++)
                assert_true(*c == '-' || (*c >= 'a' && *c <= 'z'));
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(row->name, standards[k]->name);
    }
}

static void evidence_names_rule_and_line(void **state)
{
    (void)state;
    struct fixture f;
    read_head(&f, "Server: x\r\nX-Robots-Tag: index, CCBot: Max-Snippet: 0 , noai\r\n");
    assert_int_equal(f.s.n, 2);
    assert_slice(f.s.v[0].raw, "Max-Snippet: 0");
    assert_slice(f.s.v[0].agent, "ccbot");
    assert_slice(f.s.v[1].raw, "noai");
    assert_slice(f.s.v[1].name, "X-Robots-Tag");
    assert_int_equal(f.s.v[1].place_kind, PLACE_HEADER);
    assert_int_equal(f.s.v[1].at, 2);
    arena_reset(&f.arena);
}

static void evidence_of_joined_lines_is_their_value(void **state)
{
    (void)state;
    struct fixture f;
    read_head(&f, "A: b\r\nContent-Usage: train-ai=n\r\nC: d\r\ncontent-usage: search=y\r\n");
    assert_int_equal(f.s.n, 1);
    assert_slice(f.s.v[0].raw, "train-ai=n, search=y");
    assert_int_equal(f.s.v[0].at, 2);
    arena_reset(&f.arena);
}

static void pages_give_their_offset(void **state)
{
    (void)state;
    struct fixture f;
    read_head(&f, "");
    struct page_statement s = { .kind = PAGE_META, .offset = 1204, .in_head = true };
    add_page(&f, &s, ATTRS("name", "robots", "content", "noindex, NoAI"));
    add_page(&f, &s, ATTRS("name", "tdm-policy", "content", " https://example.com/p "));
    assert_int_equal(f.s.n, 3);
    assert_slice(f.s.v[1].raw, "NoAI");
    assert_slice(f.s.v[1].name, "robots");
    assert_int_equal(f.s.v[1].place_kind, PLACE_BYTE);
    assert_int_equal(f.s.v[1].at, 1204);
    assert_slice(f.s.v[2].url, "https://example.com/p");
    arena_reset(&f.arena);
}

static void scripts_keep_the_start_of_their_text(void **state)
{
    (void)state;
    struct fixture f;
    read_head(&f, "");
    char text[2 * SIGNAL_RAW_MAX];
    memset(text, 'x', sizeof text);
    struct page_statement s = { .kind = PAGE_SCRIPT, .text = { (uint8_t *)text, sizeof text } };
    add_page(&f, &s, ATTRS("type", "Application/RSL+XML; charset=utf-8"));
    assert_int_equal(f.s.n, 1);
    assert_int_equal(f.s.v[0].raw.n, SIGNAL_RAW_MAX);
    assert_true(f.s.v[0].raw_cut);
    assert_int_equal(f.s.v[0].confidence, CONF_LAX); /* it cannot be read as a document */
    arena_reset(&f.arena);
}

static void challenge_carries_the_licence_url(void **state)
{
    (void)state;
    struct fixture f;
    read_head(&f, "WWW-Authenticate: License\r\nLink: <https://e.example/l>; rel=license\r\n");
    assert_int_equal(f.s.n, 2);
    assert_int_equal(f.s.v[1].standard, STD_RSL);
    assert_slice(f.s.v[1].url, "https://e.example/l");
    arena_reset(&f.arena);
}

static void status_alone_is_read(void **state)
{
    (void)state;
    struct fixture f;
    read_head(&f, "");
    f.x.status = 451;
    standards_read_headers(&(struct hook_input){ &f.x, &f.s, NULL });
    assert_int_equal(f.s.n, 1);
    assert_int_equal(f.s.v[0].carrier, CARRIER_HTTP_STATUS);
    assert_slice(f.s.v[0].raw, "451");
    arena_reset(&f.arena);
}

/* A page's word comes after its header's, in whatever order they are listed. */
static void tdmrep_goes_by_carrier(void **state)
{
    (void)state;
    struct fixture f;
    read_head(&f, "");
    struct page_statement s = { .kind = PAGE_META, .in_head = true };
    add_page(&f, &s, ATTRS("name", "tdm-reservation", "content", "0"));
    struct signals header;
    struct fixture g;
    read_head(&g, "tdm-reservation: 1\r\n");
    header = g.s;
    const struct signal *list[] = { &f.s.v[0], &header.v[0] };
    struct prefs p;
    standard_resolve(STD_TDMREP, list, 2, &p);
    assert_int_equal(p.of[USAGE_TDM], PREF_ALLOW);
    assert_int_equal(p.of[USAGE_TRAIN_AI], PREF_ALLOW);
    assert_int_equal(p.of[USAGE_SEARCH], PREF_UNKNOWN);
    standard_resolve(STD_TDMREP, list + 1, 1, &p);
    assert_int_equal(p.of[USAGE_TDM], PREF_DENY);
    standard_resolve(STD_TDMREP, list, 0, &p);
    assert_true(prefs_empty(&p));
    assert_non_null(standards[STD_TDMREP]->may_lift);
    arena_reset(&f.arena);
    arena_reset(&g.arena);
}

static void a_date_takes_effect_when_it_is_past(void **state)
{
    (void)state;
    const char *head = "X-Robots-Tag: unavailable_after: Tue, 25 Nov 2025 00:00:00 GMT\r\n";
    struct fixture f;
    clock_freeze(1764000000000); /* the day before */
    read_head(&f, head);
    assert_int_equal(f.s.n, 1);
    assert_true(prefs_empty(&f.s.v[0].prefs));
    assert_slice(f.s.v[0].raw, "unavailable_after: Tue, 25 Nov 2025 00:00:00 GMT");
    arena_reset(&f.arena);
    clock_freeze(1764100000000); /* the day after */
    read_head(&f, head);
    assert_int_equal(f.s.v[0].prefs.of[USAGE_SEARCH], PREF_DENY);
    arena_reset(&f.arena);
    clock_freeze(-1);
}

/* What does not fit must never look like silence. */
static void floods_are_told(void **state)
{
    (void)state;
    struct fixture f;
    char head[400 * 14 + 64] = "X-Robots-Tag: ";
    for (size_t i = 0; i < 400; i++)
        sprintf(head + strlen(head), "bot%u: noai,", (unsigned)i);
    strcat(head, "noai\r\n");
    read_head(&f, head);
    assert_int_equal(f.s.n, SIGNALS_MAX);
    assert_true(f.s.overflow);
    arena_reset(&f.arena);
}

static void near_misses_crowd_out_no_rule(void **state)
{
    (void)state;
    struct fixture f;
    char head[400 * 6 + 64] = "X-Robots-Tag: ";
    for (size_t i = 0; i < 400; i++)
        strcat(head, "no-ai,");
    strcat(head, "noai\r\n");
    read_head(&f, head);
    assert_false(f.s.overflow);
    assert_slice(f.s.v[f.s.n - 1].raw, "noai");
    assert_int_equal(f.s.v[f.s.n - 1].prefs.of[USAGE_TRAIN_AI], PREF_DENY);
    arena_reset(&f.arena);
}

static void cut_rules_are_told(void **state)
{
    (void)state;
    struct fixture f;
    char content[PAGE_VALUE_MAX + 1];
    memset(content, ' ', sizeof content);
    memcpy(content, "index,", 6);
    content[PAGE_VALUE_MAX - 1] = 'n'; /* of noai, perhaps */
    content[PAGE_VALUE_MAX] = '\0';
    read_head(&f, "");
    struct page_statement s = { .kind = PAGE_META, .in_head = true, .cut = true };
    add_page(&f, &s, ATTRS("name", "robots", "content", content));
    assert_true(f.s.overflow);
    arena_reset(&f.arena);
}

static void memory_that_is_used_up_is_told(void **state)
{
    (void)state;
    _Alignas(16) uint8_t first[2048];
    struct arena a;
    struct exchange x = { .status = 200 };
    struct signals s;
    arena_init(&a, 0, first, sizeof first);
    signals_init(&s, &a);
    struct slice head = SLICE("Content-Usage: train-ai=n, search=y\r\nX-Robots-Tag: noai\r\n");
    struct arena big = test_arena();
    assert_int_equal(headers_parse(&x.response, &big, head), OPTOUT_OK);
    arena_alloc(&a, sizeof first - 64);
    standards_read_headers(&(struct hook_input){ &x, &s, NULL });
    assert_true(s.overflow);
    arena_reset(&a);
    arena_reset(&big);
}

static void agents_are_cut_not_overrun(void **state)
{
    (void)state;
    struct fixture f;
    char head[300] = "X-Robots-Tag: ";
    memset(head + strlen(head), 'B', 200);
    strcat(head, ": noai\r\n");
    read_head(&f, head);
    assert_int_equal(f.s.n, 1);
    assert_int_equal(f.s.v[0].agent.n, 64);
    assert_int_equal(f.s.v[0].agent.p[63], 'b');
    arena_reset(&f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_rows_are_complete),
        cmocka_unit_test(evidence_names_rule_and_line),
        cmocka_unit_test(evidence_of_joined_lines_is_their_value),
        cmocka_unit_test(pages_give_their_offset),
        cmocka_unit_test(scripts_keep_the_start_of_their_text),
        cmocka_unit_test(challenge_carries_the_licence_url),
        cmocka_unit_test(status_alone_is_read),
        cmocka_unit_test(tdmrep_goes_by_carrier),
        cmocka_unit_test(a_date_takes_effect_when_it_is_past),
        cmocka_unit_test(floods_are_told),
        cmocka_unit_test(near_misses_crowd_out_no_rule),
        cmocka_unit_test(cut_rules_are_told),
        cmocka_unit_test(memory_that_is_used_up_is_told),
        cmocka_unit_test(agents_are_cut_not_overrun),
    };
    return cmocka_run_group_tests_name("standards", tests, NULL, NULL);
}
