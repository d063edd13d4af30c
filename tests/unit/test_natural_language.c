/* SPDX-License-Identifier: Apache-2.0 */
/* From sentences that phrases find to statements: fields, texts, comments of site files. */
#include "unit.h"

#include "core/buf.h"
#include "site/compiled.h"
#include "standards/natural_language.h"
#include "standards/site_rules.h"
#include "standards/standard.h"
#include "syntax/utf8.h"

static const char file[] =
    "language xx Test\nstatus partial\nversion 7\nfunction-words nada\nlook-for minado\n"
    "set mining usage tdm\n  minado\nset ban\n  vetado\nset may\n  permitido\nset odd\n  raro\n"
    "phrase banned plain\n  for Mining is banned\n  find mining & ban\n  within 2000\n"
    "  hit Minado vetado.\n  hit El minado es vetado.\n"
    "phrase odd hint\n  for It is spoken of\n  find mining & odd\n"
    "  hit Minado raro.\n  hit El minado es raro.\n"
    "phrase may permission\n  for Mining is permitted\n  find mining & may\n"
    "  hit Minado permitido.\n  hit El minado es permitido.\n";

static struct phrases *phrases;
static struct arena arena;
static struct signals found;
static undecided_set undecided;
static struct words words;

static void no_fault(void *ctx, const struct phrase_fault *f)
{
    (void)ctx;
    fail_msg("%u: %s; %s", f->line, f->why, f->remedy);
}

static int compile(void **state)
{
    const struct phrase_text text = { "xx.phr", slice_cstr(file) };
    (void)state;
    return phrases_compile(&text, 1, false, no_fault, NULL, &phrases) == OPTOUT_OK ? 0 : -1;
}

static int release(void **state)
{
    (void)state;
    phrases_free(phrases);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    arena = test_arena();
    undecided = 0;
    signals_init(&found, &arena);
    words = (struct words){ .phrases = phrases, .arena = &arena, .undecided = &undecided };
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_reset(&arena);
    return 0;
}

static struct property property_of(const char *value)
{
    return (struct property){
        .carrier = CARRIER_XMP, .role = PACKET_MAIN, .ns = SLICE("http://purl.org/dc/elements/1.1/"),
        .name = SLICE("rights"), .value = slice_cstr(value), .where = SLICE("APP1 segment 2"),
        .offset = 40, .format = "jpeg",
    };
}

static void read_property(const struct property *p)
{
    static const struct exchange x = { .url = SLICE("https://b.example/file") };
    const struct hook_input in = { &x, &found, &words };
    standards_read_property(p, &in);
}

static void a_field_says_what_found_it_and_where(void **state)
{
    (void)state;
    struct property p = property_of("Minado: vetado. Minado raro. Nada. Minado permitido.");
    read_property(&p);
    assert_int_equal(found.n, 3);
    const struct signal *s = found.v;
    assert_int_equal(natural_grade(&s[0]), PHRASE_PLAIN);
    assert_int_equal(natural_grade(&s[1]), PHRASE_HINT);
    assert_int_equal(natural_grade(&s[2]), PHRASE_PERMISSION);
    assert_slice(s[0].name, "xx/banned@7");
    assert_slice(s[0].raw, "Minado: vetado.");
    assert_slice(s[0].part, "APP1 segment 2: rights");
    assert_int_equal(s[0].at, 40);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(s[i].carrier, CARRIER_XMP);
        assert_int_equal(s[i].scope, SCOPE_ASSET);
        assert_int_equal(s[i].confidence, CONF_WEAK);
        assert_non_null(s[i].note);
        for (unsigned u = 0; u < USAGE_COUNT; u++) {
            bool of_mining = u <= USAGE_AI_USE && i < 2;
            assert_int_equal(s[i].prefs.of[u], of_mining ? PREF_DENY : PREF_UNKNOWN);
        }
    }
    assert_int_equal(undecided, 0);
}

/* The words of one field are not those of the next. */
static void fields_are_texts_of_their_own(void **state)
{
    (void)state;
    struct property p = property_of("El minado"), q = property_of("vetado.");
    read_property(&p);
    read_property(&q);
    assert_int_equal(found.n, 0);
}

static void what_is_of_a_part_or_superseded_is_aside(void **state)
{
    static const uint8_t roles[] = { PACKET_MAIN, PACKET_SALVAGED, PACKET_STALE, PACKET_COMPONENT };
    (void)state;
    for (size_t i = 0; i < sizeof roles; i++) {
        struct property p = property_of("Minado vetado.");
        p.role = roles[i];
        read_property(&p);
        assert_int_equal(found.n, i + 1);
        assert_int_equal(found.v[i].aside, i >= 2);
        assert_int_equal(found.v[i].confidence, CONF_WEAK);
    }
}

/* Of a long sentence what is kept is whole characters. */
static void a_long_sentence_is_cut_at_a_character(void **state)
{
    char text[1400] = "Minado vetado ";
    (void)state;
    while (strlen(text) < 1200)
        strcat(text, "xá");
    struct property p = property_of(text);
    read_property(&p);
    assert_int_equal(found.n, 1);
    assert_true(found.v[0].raw_cut);
    assert_in_range(found.v[0].raw.n, SIGNAL_RAW_MAX - 1, SIGNAL_RAW_MAX);
    assert_true(utf8_is_valid(found.v[0].raw));
}

static void without_phrases_nothing_is_read(void **state)
{
    (void)state;
    struct property p = property_of("Minado vetado.");
    words.phrases = NULL;
    read_property(&p);
    static const struct exchange x = { .url = SLICE("https://b.example/file") };
    standards_read_property(&p, &(struct hook_input){ &x, &found, NULL });
    assert_int_equal(found.n, 0);
    assert_int_equal(undecided, 0);
}

static void add_block(struct words_text *t, const char *text, uint64_t at)
{
    const struct text_block b = { .text = slice_cstr(text), .offset = at };
    words_text_block(t, &b);
}

static void no_memory_is_a_reason(void **state)
{
    struct arena small;
    (void)state;
    arena_init(&small, 4096, NULL, 0);
    words.arena = &small;
    struct property p = property_of("Minado vetado.");
    read_property(&p);
    assert_int_equal(undecided, undecided_bit(UNDECIDED_LIMIT_MEMORY));
    undecided = 0;
    struct words_text t = { .words = &words, .out = &found, .carrier = CARRIER_HTML };
    add_block(&t, "Minado vetado.", 0);
    words_text_end(&t);
    assert_int_equal(undecided, undecided_bit(UNDECIDED_LIMIT_MEMORY));
    arena_reset(&small);
}

static void blocks_of_a_page_have_their_place(void **state)
{
    (void)state;
    struct words_text t = { .words = &words, .out = &found, .carrier = CARRIER_HTML, .scope = SCOPE_PAGE };
    add_block(&t, "Nada.", 10);
    add_block(&t, "Minado vetado.", 700);
    words_text_end(&t);
    assert_int_equal(found.n, 1);
    assert_int_equal(found.v[0].carrier, CARRIER_HTML);
    assert_int_equal(found.v[0].scope, SCOPE_PAGE);
    assert_int_equal(found.v[0].place_kind, PLACE_BYTE);
    assert_int_equal(found.v[0].at, 700);
    words_text_end(&t); /* a second time is nothing */
}

/* More sentences than are looked at: told once, and what was found stands. */
static void too_many_sentences_are_limit_phrases(void **state)
{
    (void)state;
    struct words_text t = { .words = &words, .out = &found, .carrier = CARRIER_HTML, .scope = SCOPE_PAGE };
    for (unsigned i = 0; i < 200000 && !t.failed; i++)
        add_block(&t, "Minado vetado.", i); /* equal statements count once */
    words_text_end(&t);
    assert_true(t.failed);
    assert_int_equal(undecided, undecided_bit(UNDECIDED_LIMIT_PHRASES));
    assert_int_equal(found.n, 1);
}

/* ---- comments ---- */

static const struct site_rule *word_rule(const struct site_rules *r, unsigned nth)
{
    for (uint32_t i = 0; i < r->n_rules; i++)
        if (r->rule[i].kind == RULE_WORDS && nth-- == 0)
            return &r->rule[i];
    return NULL;
}

static void comments_become_rules_of_the_file(void **state)
{
    struct site_rules r;
    (void)state;
    site_rules_init(&r, &arena);
    assert_int_equal(robots_txt_parse(SLICE_OF("User-agent: a\r\nDisallow: /x\r\n"
                                               "# Text und Data Mining\r\n# ist untersagt.\r\n"
                                               "Disallow: /y\r\n"), &r), OPTOUT_OK);
    const struct site_rule *w = word_rule(&r, 0);
    assert_non_null(w);
    assert_null(word_rule(&r, 1));
    assert_int_equal(w->group, RULE_GROUP_FILE);
    assert_int_equal(w->line, 3);
    assert_int_equal(w->confidence, CONF_WEAK);
    assert_int_equal(w->property, PHRASE_PLAIN);
    assert_int_equal(w->pattern.n, 0);
    assert_int_equal(w->prefs.of[USAGE_TDM], PREF_DENY);
    assert_int_equal(w->prefs.of[USAGE_ACQUIRE], PREF_UNKNOWN);
    assert_slice(slice_sub(w->name, 0, 3), "de/");
    assert_slice(w->raw, "Text und Data Mining ist untersagt.");
}

/* The line of a paragraph is told, not that of the comments' first. */
static void a_later_paragraph_has_its_line(void **state)
{
    struct site_rules r;
    (void)state;
    site_rules_init(&r, &arena);
    assert_int_equal(robots_txt_parse(SLICE_OF("# Willkommen.\n# ----\n#\n# Text und Data Mining "
                                               "ist untersagt.\n"), &r), OPTOUT_OK);
    assert_non_null(word_rule(&r, 0));
    assert_int_equal(word_rule(&r, 0)->line, 4);
}

static void more_comments_than_are_read_are_told(void **state)
{
    struct site_rules r;
    struct buf text;
    (void)state;
    buf_init(&text, 1u << 20);
    for (unsigned i = 0; text.n < 100000; i++)
        buf_puts(&text, "# lorem ipsum dolor sit amet\n");
    site_rules_init(&r, &arena);
    assert_int_equal(robots_txt_parse(buf_slice(&text), &r), OPTOUT_OK);
    const struct site_rule *w = word_rule(&r, 0);
    assert_non_null(w);
    assert_true(prefs_empty(&w->prefs));
    assert_non_null(strstr(w->note, "more words"));
    buf_free(&text);
}

/* As they come out of the store; `Phrases none` leaves them out. */
static void compiled_comments_keep_grade_and_phrase(void **state)
{
    struct site_rules r;
    struct buf form;
    (void)state;
    site_rules_init(&r, &arena);
    buf_init(&form, 1u << 20);
    assert_int_equal(robots_txt_parse(SLICE_OF("# Text und Data Mining ist untersagt.\n"), &r),
                     OPTOUT_OK);
    assert_int_equal(compiled_make(&r, NULL, &form), OPTOUT_OK);
    for (unsigned none = 0; none < 2; none++) {
        struct rules_query q = { .origin = SLICE("https://a.example"), .path = SLICE("/x"),
                                 .no_words = none };
        struct rules_verdict v;
        signals_init(&found, &arena);
        assert_int_equal(compiled_apply(buf_slice(&form), &q, &found, &v), OPTOUT_OK);
        assert_int_equal(found.n, none ? 0 : 1);
        if (none)
            break;
        assert_int_equal(natural_grade(&found.v[0]), PHRASE_PLAIN);
        assert_slice(slice_sub(found.v[0].name, 0, 3), "de/");
        assert_int_equal(found.v[0].scope, SCOPE_SITE);
        assert_int_equal(found.v[0].carrier, CARRIER_SITE_FILE);
        assert_int_equal(found.v[0].at, 1);
    }
    buf_free(&form);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
        TEST(a_field_says_what_found_it_and_where),
        TEST(fields_are_texts_of_their_own),
        TEST(what_is_of_a_part_or_superseded_is_aside),
        TEST(a_long_sentence_is_cut_at_a_character),
        TEST(without_phrases_nothing_is_read),
        TEST(no_memory_is_a_reason),
        TEST(blocks_of_a_page_have_their_place),
        TEST(too_many_sentences_are_limit_phrases),
        TEST(comments_become_rules_of_the_file),
        TEST(a_later_paragraph_has_its_line),
        TEST(more_comments_than_are_read_are_told),
        TEST(compiled_comments_keep_grade_and_phrase),
#undef TEST
    };
    return cmocka_run_group_tests_name("natural_language", tests, compile, release);
}
