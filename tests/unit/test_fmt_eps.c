/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "findings.h"
#include "formats/rows.h"

#define PACKET(name) "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x>" name "</x><?xpacket end='w'?>"

static const struct {
    const char *body;
    enum packet_role role[2];
    size_t n;
    enum optout_rc rc;
} rows[] = {
    { "%!PS-Adobe-3.0\n%%EOF\n", { PACKET_MAIN }, 0, OPTOUT_DONE },
    { "%!PS-Adobe-3.0\n" PACKET("a") "\n", { PACKET_SALVAGED }, 1, OPTOUT_DONE },
    { "%!PS-Adobe-3.0\n%ADO_ContainsXMP: MainFirst\n" PACKET("a") "x < y" PACKET("b"),
      { PACKET_MAIN, PACKET_COMPONENT }, 2, OPTOUT_DONE },
    { "%!PS-Adobe-3.0\n%ADO_ContainsXMP: MainLast\n" PACKET("a") "%%%<" PACKET("b"),
      { PACKET_COMPONENT, PACKET_MAIN }, 2, OPTOUT_DONE },
    { "%!PS-Adobe-3.0\n%ADO_ContainsXMP: NoMain\n" PACKET("a"), { PACKET_COMPONENT }, 1,
      OPTOUT_DONE },
    { "%!PS-Adobe-3.0\n<?xpacket begin=''?><x>", { PACKET_SALVAGED }, 1, OPTOUT_E_SYNTAX },
    { "%!PS-Adobe-3.0\n<?xpacket begin=''?><x/><?xpacket end='w'?", { PACKET_SALVAGED }, 1,
      OPTOUT_E_SYNTAX },
    /* told of, and not there */
    { "%!PS-Adobe-3.0\n%ADO_ContainsXMP: MainFirst\n%%EOF", { PACKET_MAIN }, 0, OPTOUT_E_SYNTAX },
    { "%!PS-Adobe-3.0\n%ADO_ContainsXMP: NoMain\n%%EOF", { PACKET_MAIN }, 0, OPTOUT_DONE },
};

static void packets_have_their_roles(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice body = slice_cstr(rows[i].body);
        struct findings *f = findings_of(&format_eps, body, 0, NULL);
        if (f->n != rows[i].n || f->rc != rows[i].rc)
            fail_msg("row %zu: %zu packets, result %d", i, f->n, f->rc);
        for (size_t k = 0; k < f->n; k++) {
            assert_int_equal(f->v[k].packet.role, rows[i].role[k]);
            struct slice found = buf_slice(&f->v[k].bytes);
            assert_memory_equal(found.p, body.p + f->v[k].packet.offset, found.n);
        }
        findings_free(f);
        assert_true(findings_same_in_pieces(&format_eps, body, NULL));
    }
}

static void a_packet_is_all_of_it(void **state)
{
    (void)state;
    struct findings *f = findings_of(&format_eps, slice_cstr(rows[1].body), 0, NULL);
    assert_slice(buf_slice(&f->v[0].bytes), PACKET("a"));
    assert_int_equal(f->v[0].end, PACKET_WHOLE);
    findings_free(f);
}

static void a_cut_packet_is_never_whole(void **state)
{
    (void)state;
    for (size_t i = 1; i < 5; i++)
        assert_true(findings_cuts_are_told(&format_eps, slice_cstr(rows[i].body), NULL));
}

/* Inside of a packet, and only there, the file cannot end well. */
static void a_cut_in_a_packet_is_an_error(void **state)
{
    (void)state;
    struct slice body = slice_cstr(rows[2].body);
    size_t begin = sizeof "<?xpacket begin=" - 1, size = sizeof PACKET("a") - 1;
    size_t first = slice_find(body, '<'), second = body.n - size;
    for (size_t n = 0; n < body.n; n++) {
        struct findings *f = findings_of(&format_eps, slice_sub(body, 0, n), 5, NULL);
        bool in_first = n >= first + begin && n < first + size;
        bool in_second = n >= second + begin;
        for (size_t k = 0; k < f->n; k++)
            assert_int_equal(f->v[k].end == PACKET_WHOLE,
                             !(k == 0 && in_first) && !(k == 1 && in_second));
        if (in_first || in_second)
            assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
        findings_free(f);
    }
}

static void it_is_told_by_its_first_bytes(void **state)
{
    (void)state;
    assert_true(format_eps.sniff(SLICE_OF("%!PS-Adobe-3.1 EPSF-3.0")));
    assert_true(format_eps.sniff(SLICE_OF("\xC5\xD0\xD3\xC6 ")));
    assert_false(format_eps.sniff(SLICE_OF("%!PS-Adobe")));
    assert_false(format_eps.sniff(SLICE_OF("%PDF-1.7")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_have_their_roles),
        cmocka_unit_test(a_packet_is_all_of_it),
        cmocka_unit_test(a_cut_packet_is_never_whole),
        cmocka_unit_test(a_cut_in_a_packet_is_an_error),
        cmocka_unit_test(it_is_told_by_its_first_bytes),
    };
    return cmocka_run_group_tests_name("eps", tests, NULL, NULL);
}
