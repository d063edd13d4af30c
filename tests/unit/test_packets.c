/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of packets: roles that are told late, and limits. */
#include "unit.h"

#include "inspect/packets.h"
#include "standards/standard.h"

#define XMP(value)                                                                       \
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description " \
    "rdf:about='' xmlns:plus='http://ns.useplus.org/ldf/xmp/1.0/' plus:DataMining="      \
    "'http://ns.useplus.org/ldf/vocab/DMI-" value "'/></rdf:RDF>"

struct bench {
    struct arena arena;
    struct exchange x;
    struct signals signals;
    undecided_set undecided;
    struct packets *packets;
    const struct packet_sink *sink;
};

static struct bench *new_bench(void)
{
    struct bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    arena_init(&b->arena, 8u << 20, NULL, 0);
    signals_init(&b->signals, &b->arena);
    const struct hook_input in = { &b->x, &b->signals, NULL };
    b->packets = packets_open(&b->arena, &in, NULL, &b->undecided);
    b->sink = packets_sink(b->packets, "pdf");
    return b;
}

static void free_bench(struct bench *b)
{
    arena_reset(&b->arena);
    free(b);
}

static unsigned put(struct bench *b, enum packet_role role, const char *bytes,
                    enum packet_end how)
{
    struct packet p = { .kind = PACKET_XMP, .role = role, .where = SLICE_OF("object 1 0") };
    return packet_put(b->sink, &p, slice_cstr(bytes), how);
}

static enum preference training(const struct bench *b, size_t i)
{
    assert_true(i < b->signals.n);
    return (enum preference)b->signals.v[i].prefs.of[USAGE_TRAIN_ML];
}

static void a_main_packet_speaks_at_once(void **state)
{
    struct bench *b = new_bench();
    (void)state;
    put(b, PACKET_MAIN, XMP("PROHIBITED"), PACKET_WHOLE);
    assert_int_equal(training(b, 0), PREF_DENY);
    assert_int_equal(b->signals.v[0].confidence, CONF_EXACT);
    assert_int_equal(b->undecided, 0);
    free_bench(b);
}

static void a_pending_one_waits_for_its_role(void **state)
{
    static const struct {
        enum packet_role role;
        enum confidence confidence;
        enum scope scope;
        enum preference denied, allowed;
    } rows[] = {
        { PACKET_MAIN, CONF_EXACT, SCOPE_ASSET, PREF_DENY, PREF_ALLOW },
        { PACKET_COMPONENT, CONF_WEAK, SCOPE_COMPONENT, PREF_DENY, PREF_UNKNOWN },
        { PACKET_STALE, CONF_WEAK, SCOPE_ASSET, PREF_DENY, PREF_UNKNOWN },
        { PACKET_SALVAGED, CONF_LAX, SCOPE_ASSET, PREF_DENY, PREF_UNKNOWN },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench *b = new_bench();
        unsigned deny = put(b, PACKET_PENDING, XMP("PROHIBITED"), PACKET_WHOLE);
        unsigned allow = put(b, PACKET_PENDING, XMP("ALLOWED"), PACKET_WHOLE);
        assert_int_equal(b->signals.n, 0);
        b->sink->role(b->sink->ctx, deny, rows[i].role);
        b->sink->role(b->sink->ctx, allow, rows[i].role);
        assert_int_equal(training(b, 0), rows[i].denied);
        assert_int_equal(training(b, 1), rows[i].allowed);
        assert_int_equal(b->signals.v[0].confidence, rows[i].confidence);
        assert_int_equal(b->signals.v[0].scope, rows[i].scope);
        free_bench(b);
    }
}

static void a_role_told_while_it_is_open_holds_for_all_of_it(void **state)
{
    struct bench *b = new_bench();
    struct packet p = { .kind = PACKET_XMP, .role = PACKET_PENDING };
    struct slice bytes = SLICE_OF(XMP("ALLOWED"));
    (void)state;
    unsigned handle = b->sink->begin(b->sink->ctx, &p);
    b->sink->bytes(b->sink->ctx, handle, slice_sub(bytes, 0, 40));
    b->sink->role(b->sink->ctx, handle, PACKET_STALE);
    b->sink->bytes(b->sink->ctx, handle, slice_from(bytes, 40));
    b->sink->end(b->sink->ctx, handle, PACKET_WHOLE);
    assert_int_equal(b->signals.n, 1);
    assert_int_equal(training(b, 0), PREF_UNKNOWN);
    assert_int_equal(b->signals.v[0].confidence, CONF_WEAK);
    free_bench(b);
}

static void a_role_that_nobody_tells_is_salvaged(void **state)
{
    struct bench *b = new_bench();
    (void)state;
    put(b, PACKET_PENDING, XMP("ALLOWED"), PACKET_WHOLE);
    put(b, PACKET_PENDING, XMP("PROHIBITED"), PACKET_WHOLE);
    packets_close(b->packets);
    assert_int_equal(training(b, 0), PREF_UNKNOWN);
    assert_int_equal(training(b, 1), PREF_DENY);
    assert_int_equal(b->signals.v[1].confidence, CONF_LAX);
    free_bench(b);
}

static void how_it_ended_is_a_reason(void **state)
{
    static const struct {
        enum packet_end how;
        undecided_set want;
    } rows[] = {
        { PACKET_WHOLE, 0 },
        { PACKET_CUT, 1u << UNDECIDED_MALFORMED },
        { PACKET_CORRUPT, 1u << UNDECIDED_MALFORMED },
        { PACKET_LIMIT, 1u << UNDECIDED_LIMIT_METADATA },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench *b = new_bench();
        put(b, PACKET_MAIN, XMP("PROHIBITED"), rows[i].how);
        assert_int_equal(b->undecided, rows[i].want);
        assert_int_equal(training(b, 0), PREF_DENY);
        free_bench(b);
    }
}

static void few_packets_over_a_limit_are_taken(void **state)
{
    struct bench *b = new_bench();
    (void)state;
    for (unsigned i = 0; i < PACKETS_LIMITED_MAX; i++)
        assert_int_not_equal(put(b, PACKET_MAIN, "<x/>", PACKET_LIMIT), 0);
    assert_int_equal(put(b, PACKET_MAIN, XMP("PROHIBITED"), PACKET_WHOLE), 0);
    assert_true(b->undecided & undecided_bit(UNDECIDED_LIMIT_METADATA));
    free_bench(b);
}

static void no_more_are_open_or_kept_than_said(void **state)
{
    struct bench *b = new_bench();
    struct packet p = { .kind = PACKET_XMP, .role = PACKET_MAIN };
    (void)state;
    for (unsigned i = 0; i < PACKETS_OPEN_MAX; i++)
        assert_int_not_equal(b->sink->begin(b->sink->ctx, &p), 0);
    assert_int_equal(b->sink->begin(b->sink->ctx, &p), 0);
    assert_true(b->undecided & undecided_bit(UNDECIDED_LIMIT_METADATA));
    packets_close(b->packets); /* ends what is open, as cut */
    assert_true(b->undecided & undecided_bit(UNDECIDED_MALFORMED));
    free_bench(b);
    b = new_bench();
    for (unsigned i = 0; i < PACKETS_MAX; i++)
        assert_int_not_equal(put(b, PACKET_MAIN, XMP("UNSPECIFIED"), PACKET_WHOLE), 0);
    assert_int_equal(put(b, PACKET_MAIN, XMP("UNSPECIFIED"), PACKET_WHOLE), 0);
    free_bench(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_main_packet_speaks_at_once),
        cmocka_unit_test(a_pending_one_waits_for_its_role),
        cmocka_unit_test(a_role_told_while_it_is_open_holds_for_all_of_it),
        cmocka_unit_test(a_role_that_nobody_tells_is_salvaged),
        cmocka_unit_test(how_it_ended_is_a_reason),
        cmocka_unit_test(few_packets_over_a_limit_are_taken),
        cmocka_unit_test(no_more_are_open_or_kept_than_said),
    };
    return cmocka_run_group_tests_name("packets", tests, NULL, NULL);
}
