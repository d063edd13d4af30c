/* SPDX-License-Identifier: Apache-2.0 */
/* Reservations in words: phrase files, sentences, and what is found in them. */
#include "phrases_fixture.h"

#include "standards/phrases_internal.h"
#include "syntax/literals.h"

#define HEAD                                                                                \
    "language en English\n"                                                                 \
    "version 7\n"                                                                           \
    "abbreviations Art. No. z.B.\n"                                                         \
    "function-words the of and to in is for we our not may this be by with or any you\n"    \
    "look-for mining train =AI =TDM\n"                                                      \
    "set mining usage tdm\n"                                                                \
    "  (text and )?data mining\n"                                                           \
    "  =TDM\n"                                                                              \
    "set train usage train-ai\n"                                                            \
    "  train(ing)? {model}\n"                                                                 \
    "  =AI training\n"                                                                      \
    "set model\n"                                                                           \
    "  =AI\n"                                                                               \
    "  language model~\n"                                                                   \
    "set forbid\n"                                                                          \
    "  (is|are) (strictly )?prohibited\n"                                                   \
    "  may not\n"                                                                           \
    "  must not\n"                                                                          \
    "set reserve\n"                                                                         \
    "  reserves?\n"                                                                         \
    "set never\n"                                                                           \
    "  never\n"

#define RULE(name, body)                                                                    \
    "phrase " name " plain\n  for A test\n" body                                            \
    "  hit Data mining is prohibited.\n  hit TDM is prohibited.\n"

/* --- what a file may say --- */

static void parts_in_any_order(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(HEAD RULE("any", "  find object & forbid\n"));
    assert_phrase(p, "Data mining of our books is strictly prohibited.", "any");
    assert_phrase(p, "You may not use this for data mining.", "any");
    assert_phrase(p, "Copying is prohibited. Data mining is fun.", "-");
    assert_phrase(p, "DATA MINING IS PROHIBITED.", "any");
    phrases_free(p);
}

static void parts_in_this_order(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(HEAD RULE("after", "  find reserve > object\n"));
    assert_phrase(p, "The publisher reserves data mining.", "after");
    assert_phrase(p, "Data mining: who reserves?", "-");
    assert_phrase(p, "Data mining it reserves.", "-");
    phrases_free(p);
}

static void distances_are_in_characters(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(HEAD RULE("near", "  find reserve >10 object\n")
                                       RULE("far", "  find never & object\n  within 20\n"));
    assert_phrase(p, "It reserves 12345678 TDM.", "near"); /* 10 with both blanks */
    assert_phrase(p, "It reserves 123456789 TDM.", "-");
    assert_phrase(p, "It reserves \xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4 TDM.",
                  "near");
    assert_phrase(p, "TDM, 12345678901234567 never.", "far");
    assert_phrase(p, "TDM, 123456789012345678 1 never.", "-");
    phrases_free(p);
}

static void alternatives_of_parts_and_lines(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(
        HEAD RULE("one", "  find reserve|forbid & mining\n  find never > train\n"));
    assert_phrase(p, "We reserve TDM.", "one");
    assert_phrase(p, "TDM is prohibited.", "one");
    assert_phrase(p, "Never train AI on this.", "one");
    assert_phrase(p, "We reserve AI training.", "-");
    phrases_free(p);
}

/* A span may begin inside of another one of its set. */
static void spans_overlap(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(HEAD "set gap usage tdm\n  text .{0,80}mining\n  data mining\n"
                                        RULE("it", "  find forbid >10 gap\n"));
    assert_phrase(p, "The text of ours may not be for data mining.", "it");
    phrases_free(p);
}

static void what_must_not_occur(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(HEAD RULE("bare", "  find object & forbid & !never\n")
                                       RULE("less", "  find object & reserve\n  unless never\n"));
    assert_phrase(p, "TDM is prohibited.", "bare");
    assert_phrase(p, "TDM is prohibited, never fear.", "-");
    assert_phrase(p, "We reserve TDM.", "less");
    assert_phrase(p, "We never reserve TDM.", "-");
    phrases_free(p);
}

static void the_beginning(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(HEAD RULE("begins", "  find ^never > object\n"));
    assert_phrase(p, "Never TDM.", "begins");
    assert_phrase(p, "A: never TDM.", "begins");
    assert_phrase(p, "(b) \"Never TDM.\"", "begins");
    assert_phrase(p, "\xE2\x80\xA2 Never TDM.", "begins");
    assert_phrase(p, "We never TDM.", "-");
    phrases_free(p);
}

static void facts_of_a_sentence(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(HEAD RULE("plainly", "  find object & forbid\n")
                                       RULE("asked", "  find #question & object & reserve\n")
                                           RULE("headed", "  find #heading & object & never\n"));
    assert_phrase(p, "Data mining is prohibited?", "-");
    assert_phrase(p, "Do we reserve TDM?", "asked");
    assert_phrase(p, "We reserve TDM.", "-");
    assert_phrase(p, "# Never TDM\n\nOr so.", "headed");
    assert_phrase(p, "Never TDM\n", "-");
    assert_phrase(p, "# TDM is prohibited\n", "-");
    assert_phrase(p, "# TDM is prohibited.\n", "plainly");
    assert_phrase(p, "# Never TDM.\n", "-"); /* a sentence like others */
    assert_phrase(p, "> TDM is prohibited\n", "-");
    assert_phrase(p, "\"TDM is prohibited here by us.\"", "-");
    phrases_free(p);
}

static void pairs_of_sentences(void **state)
{
    (void)state;
    struct phrases *p =
        phrases_of(HEAD "set no\n  no\nset that\n  (that|it)\n" RULE("told", "  find object / that & forbid\n")
                       RULE("answer", "  find #question & object / ^no\n")
                           RULE("both", "  find object & reserve\n  unit pair\n"));
    assert_phrase(p, "People ask about TDM. It is prohibited.", "told");
    assert_phrase(p, "People ask about TDM. Well. It is prohibited.", "-");
    assert_phrase(p, "People ask about TDM.\n\nIt is prohibited.", "told");
    assert_phrase(p, "May you train AI here? No.", "answer");
    assert_phrase(p, "## May you train AI here?\n\nNo.", "answer");
    assert_phrase(p, "You train AI here. No.", "-");
    assert_phrase(p, "TDM is a use. The publisher reserves it.", "both");
    assert_phrase(p, "We reserve this. TDM is a use.", "both");
    assert_phrase(p, "We reserve TDM.", "both");
    phrases_free(p);
}

static void blocks_and_sections(void **state)
{
    (void)state;
    struct phrases *p =
        phrases_of(HEAD "set rights\n  rights\n" RULE("block", "  find rights & object\n  unit block\n")
                       RULE("section", "  find reserve & object\n  unit section\n"));
    assert_phrase(p, "These are our rights. Copies are fine. TDM is one.", "block");
    assert_phrase(p, "These are our rights.\n\nTDM is one.", "-");
    assert_phrase(p, "# We reserve\n\nTDM is one.", "section");
    assert_phrase(p, "# We reserve\n\nNothing.\n\n# Other\n\nTDM is one.", "-");
    phrases_free(p);
}

static void grades_and_usages(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(
        HEAD "set allow\n  you may\n"
             "phrase weaker hint\n  for Hint\n  find object & reserve\n  hit a TDM\n  hit b TDM\n"
             "phrase open permission\n  for Allowed\n  find allow > object\n  hit a TDM\n  hit b TDM\n"
             "phrase own likely\n  for Its own\n  find never\n  usage ai-use,train-ml\n  hit a TDM\n  hit b TDM\n"
             RULE("both", "  find object & forbid\n"));
    struct hits h = hits_of_plain(p, SLICE_OF("We reserve TDM and AI training is prohibited."));
    assert_int_equal(h.n, 1);
    assert_int_equal(h.v[0].grade, PHRASE_PLAIN);
    assert_string_equal(h.v[0].phrase, "both");
    assert_string_equal(h.v[0].language, "en");
    assert_int_equal(h.v[0].version, 7);
    assert_int_equal(h.v[0].offset, 100);
    assert_int_equal(h.v[0].usages, usage_bit(USAGE_TDM) | usage_bit(USAGE_TRAIN_AI));
    h = hits_of_plain(p, SLICE_OF("It is so.\n\nYou may do TDM."));
    assert_int_equal(h.v[0].grade, PHRASE_PERMISSION);
    assert_int_equal(h.v[0].offset, 111);
    h = hits_of_plain(p, SLICE_OF("You may do TDM, but AI training is prohibited."));
    assert_int_equal(h.v[0].grade, PHRASE_PLAIN);
    h = hits_of_plain(p, SLICE_OF("Trains never stop here."));
    assert_int_equal(h.v[0].usages, usage_bit(USAGE_AI_USE) | usage_bit(USAGE_TRAIN_ML));
    assert_string_equal(h.v[0].phrase, "own");
    phrases_free(p);
}

static void defeaters(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(
        HEAD "set promise\n  your data\nset report\n  (the )?paper says\nset sample\n  for example\n"
             "set topic\n  glossary\nset clause-break\n  , but\n"
             RULE("it", "  find object & forbid\n") RULE("sure", "  find object & reserve\n  despite report\n")
             "defeat promise\n  for Data of users\n  find promise\n  unit clause\n  miss TDM x\n"
             "defeat report\n  for Others\n  find report\n  miss TDM x\n"
             "defeat sample\n  for Examples\n  find sample\n  unit pair\n  miss TDM x\n"
             "defeat page\n  for Glossaries\n  find topic\n  unit page\n  miss TDM x\n");
    assert_phrase(p, "TDM of your data is prohibited.", "-");
    assert_phrase(p, "TDM of your data is prohibited, but AI training is prohibited, too.", "it");
    assert_phrase(p, "Your data is safe; TDM is prohibited.", "it");
    assert_phrase(p, "TDM is prohibited, the paper says.", "-");
    assert_phrase(p, "TDM we reserve, the paper says.", "sure");
    assert_phrase(p, "Write for example this. TDM is prohibited.", "-");
    assert_phrase(p, "Write for example this. And more. TDM is prohibited.", "it");
    assert_phrase(p, "# Glossary\n\nTDM is prohibited.", "-");
    phrases_free(p);
}

static void lists_go_on_where_they_began(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(HEAD RULE("it", "  find forbid > object\n"));
    assert_phrase(p, "You may not:\n- copy it\n- use it for TDM", "it");
    assert_phrase(p, "You may not\n\n- use it for TDM", "it");
    assert_phrase(p, "You may not copy.\n- use it for TDM", "-");
    assert_phrase(p, "You may not:\n- use it\n  - for TDM\n  - or so", "it");
    assert_phrase(p, "You must:\n- be good\n\nFor\n- TDM", "-");
    assert_phrase(p, "You may not: (a) copy; (b) use it for TDM.", "it");
    assert_phrase(p, "Know this:\n- You may not do TDM.", "it");
    struct hits h = hits_of_plain(p, SLICE_OF("You may not:\n- copy\n- do \xE2\x80\x9CTDM\xE2\x80\x9D"));
    assert_string_equal(h.v[0].text, "You may not: do \xE2\x80\x9CTDM\xE2\x80\x9D");
    phrases_free(p);
}

/* A sentence with its full stop introduces nothing, but stands before each entry. */
static void each_entry_is_behind_what_is_before_the_list(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(HEAD RULE("it", "  find forbid / #item & object\n"));
    assert_phrase(p, "This is prohibited.\n- TDM", "it");
    assert_phrase(p, "This is prohibited.\n- copying\n- printing\n- TDM", "it");
    assert_phrase(p, "This is prohibited.\n- copying\n  - printing\n- TDM", "it");
    assert_phrase(p, "It is prohibited.\n\nThis is not.\n- copying\n- TDM", "-");
    assert_phrase(p, "This is prohibited.\n- copying\n\nNext.\n- printing\n- TDM", "-");
    assert_phrase(p, "This is prohibited.\n- copying\n\nTDM", "-");
    assert_phrase(p, "\"All of this is prohibited.\"\n- copying\n- TDM", "-");
    struct hits h = hits_of_plain(p, SLICE_OF("This is prohibited.\n- TDM\n- copy\n- TDM, too"));
    assert_int_equal(h.n, 2);
    assert_string_equal(h.v[1].text, "TDM, too");
    phrases_free(p);
}

static void quotations_are_not_the_sites_words(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(HEAD RULE("it", "  find object & forbid\n")
                                       RULE("quoted", "  find #quote & object & reserve\n"));
    assert_phrase(p, "They wrote \xE2\x80\x9E" "data mining here is prohibited\xE2\x80\x9C to us.", "-");
    assert_phrase(p, "They wrote \xC2\xAB data mining here is prohibited \xC2\xBB to us.", "-");
    assert_phrase(p, "So-called \xE2\x80\x9C" "data mining\xE2\x80\x9D is prohibited.", "it");
    assert_phrase(p, "The 5\" screen and TDM is prohibited for all of you.", "it");
    assert_phrase(p, "\"We reserve TDM for us.\"", "quoted");
    assert_phrase(p, "\"It said so. It is theirs.\" TDM is prohibited.", "it");
    phrases_free(p);
}

static void sentences_may_go_on_in_anothers_words(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(HEAD RULE("it", "  find object & !#quoting & forbid\n")
                                       RULE("half", "  find #quoting & object & forbid\n"));
    assert_phrase(p, "TDM is prohibited, \"and whoever does it all the same is liable\".", "half");
    assert_phrase(p, "TDM is prohibited, \xC2\xAB et qui le fait en est responsable \xC2\xBB.", "half");
    assert_phrase(p, "TDM is prohibited. It is \"what all of the others say here\".", "it");
    assert_phrase(p, "TDM is prohibited, \"And Whoever Does It All the Same\".", "it");
    assert_phrase(p, "TDM is prohibited, \"text and data mining\", too.", "it");
    assert_phrase(p, "tdm, TDM is prohibited, \"25 of all the things are ours\".", "it");
    assert_phrase(p, "tdm data mining is prohibited, \"and whoever does it is liable\".", "it");
    phrases_free(p);
}

static void sentences_end_where_they_end(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(HEAD RULE("it", "  find reserve > object\n"));
    static const char *const one[] = {
        "We reserve under Art. 4 TDM.",          "We reserve at No. Five TDM.",
        "We reserve, with J. Smith, TDM.",       "We reserve on the 3. Tag TDM.",
        "We reserve at a.example/b?c=d TDM.",    "We reserve z.B. TDM.",
        "We reserve at Yahoo! and others TDM.",  "We reserve (see U.S. Law) TDM.",
        "We reserve under Abs. 3 TDM.",          "We reserve \"It. Is\" TDM.",
    };
    static const char *const two[] = {
        "We reserve. TDM is.",      "We reserve! TDM is.",          "We reserve? TDM is.",
        "We reserve... TDM is.",    "We reserve (all.) TDM is.",    "We reserve \xE3\x80\x82TDM is.",
        "We reserve | TDM is",      "We reserve \xC2\xB7 TDM is",   "we reserve. and then TDM",
        "We reserve 26(3). TDM is.", "We reserve 44b. TDM is.",     "We reserve.\" TDM is.",
    };
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        assert_phrase(p, one[i], "it");
    for (size_t i = 0; i < sizeof two / sizeof *two; i++) {
        bool small = strstr(two[i], "and then") != NULL;
        assert_phrase(p, two[i], small ? "it" : "-"); /* TDM has capitals */
    }
    phrases_free(p);
}

static void text_is_folded(void **state)
{
    (void)state;
    static const char *const written[] = {
        "da\xC2\xADta min\xE2\x80\x8Bing is prohibited",                    /* soft, zero width */
        "data\xC2\xA0mining is \xE2\x80\x83prohibited",                       /* blanks */
        "\xEF\xBD\x84\xEF\xBD\x81\xEF\xBD\x94\xEF\xBD\x81 mining is prohibited", /* full width */
        "\xEF\xBC\xB4\xEF\xBC\xA4\xEF\xBC\xAD is prohibited",
        "text and data\nmining\tis\r\n prohibited",
        "TDM\xE2\x84\xA2 is prohibited",
    };
    struct phrases *p = phrases_of(HEAD RULE("it", "  find object > forbid\n"));
    for (size_t i = 0; i < sizeof written / sizeof *written; i++)
        assert_phrase(p, written[i], "it");
    struct hits h = hits_of_plain(p, slice_cstr(written[0]));
    assert_string_equal(h.v[0].text, written[0]); /* the evidence is as it was written */
    phrases_free(p);
}

static void composed(const char *raw, const char *want)
{
    uint8_t text[FOLD_MAX];
    uint16_t at[FOLD_MAX + 1];
    struct folded f = { text, at, 0 };
    assert_int_equal(phrase_fold(slice_cstr(raw), &f), strlen(raw));
    assert_slice(slice_of(f.p, f.n), want);
}

static void folding(void **state)
{
    (void)state;
    composed("u\xCC\x88" "ber", "\xC3\xBC" "ber");
    composed("\xEF\xAC\x81ne", "fine");                               /* ligature */
    composed("\xE2\x80\x98" "a\xE2\x80\x99 \xE2\x80\x93 b", "'a' - b");
    composed("\xEF\xBD\xB6\xEF\xBE\x9E", "\xE3\x82\xAC");             /* half width, voiced */
    composed("\xE1\x84\x80\xE1\x85\xA1", "\xEA\xB0\x80");             /* Hangul */
    composed("26\xC2\xB3 \xE2\x80\xA6", "263 ...");
    composed(" \xFF x\xE2\x82 ", "\xEF\xBF\xBD x\xEF\xBF\xBD\xEF\xBF\xBD ");
    composed("\xEF\xB7\xBA", "\xD8\xB5\xD9\x84\xD9\x89 \xD8\xA7\xD9\x84\xD9\x84\xD9\x87 "
                             "\xD8\xB9\xD9\x84\xD9\x8A\xD9\x87 \xD9\x88\xD8\xB3\xD9\x84\xD9\x85");
}

static void bounds_of_words(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(
        "language de Deutsch\nlook-for mining =KI\nfunction-words der\n"
        "set mining usage tdm\n  mining\n  =KI\nset forbid\n  verbiet~\n  ~verbot\n  {kinds}n? weg\n"
        "set kinds\n  art~\n"
        RULE("it", "  find mining & forbid\n"));
    assert_phrase(p, "mining verbieten", "it");
    assert_phrase(p, "Ein mining-Totalverbot", "it");
    assert_phrase(p, "Mining Verbot", "it");
    assert_phrase(p, "Undermining verbieten", "-");
    assert_phrase(p, "KI verbieten wir", "it");
    assert_phrase(p, "ki verbieten wir", "-");
    assert_phrase(p, "minings verbieten", "-");
    assert_phrase(p, "mining artikel weg", "it");
    phrases_free(p);
}

/* Programs run only where words stand that a set cannot do without: none of these may get lost. */
static void words_that_a_set_needs(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(
        "language de Deutsch\nlook-for wort\nfunction-words der\n"
        "set mining usage tdm\n"
        "  {train}.{0,40}? {ai}\n  (lern|lehr)(daten|stoff)s?\n  data[- ]?mining\n"
        "  l[e\xC3\xA9]ktionen?\n  (ab)?b(er)?gen\n  x{2}y\n"
        "set train\n  trainings?-?daten\n  train(s|ed)?\n"
        "set ai\n  =(A\\.I\\.|(Gen)?-?AIs?|K\\.?I\\.?)\n  ki-~\n"
        "set forbid\n  nicht\n  ~n't\n"
        RULE("it", "  find mining & forbid\n"));
    static const char *const hits[] = {
        "trainingsdaten A.I.", "Trainingdaten der GenAIs", "TRAINED AI", "trains K.I.",
        "trainings-daten f\xC3\xBCr KI", "train my ki-modell", "Lehrstoffs", "lerndaten", "datamining",
        "Data Mining", "l\xC3\xA9ktione", "L\xC3\x89KTIONEN", "abbgen", "bergen", "xxy",
    };
    for (size_t i = 0; i < sizeof hits / sizeof *hits; i++) {
        char text[120];
        snprintf(text, sizeof text, "Wort: %s nicht", hits[i]);
        assert_phrase(p, text, "it");
        snprintf(text, sizeof text, "Wort, don't %s.", hits[i]);
        assert_phrase(p, text, "it");
    }
    assert_phrase(p, "Wort: train der ai nicht", "-");
    assert_phrase(p, "Wort: train der MAIL nicht", "-");
    assert_phrase(p, "Wort: GenAIs nicht", "-");
    phrases_free(p);
}

/* What was passed by without a literal still introduces, heads and stands before. */
static void what_was_passed_by_is_not_lost(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(
        "language en English\nlook-for mining\nfunction-words the\n"
        "set mining usage tdm\n  mining\nset forbid\n  forbidden\n"
        RULE("before", "  find forbid / mining\n")
        RULE("list", "  find #item & forbid & mining\n")
        RULE("section", "  unit section\n  find forbid & mining\n  unless before\n")
        "set before\n  pass by\n");
    assert_phrase(p, "The following is forbidden.\n\nMining.", "before");
    assert_phrase(p, "Forbidden.\n\nThe weather.\n\nMining.", "-");
    assert_phrase(p, "The weather.\n\nIt is forbidden:\n- to cook\n- mining", "list");
    assert_phrase(p, "# A page\n\n# The forbidden\n\nThe weather.\n\nMining.", "section");
    assert_phrase(p, "# The forbidden\n\n# The rest\n\n# Other\n\nMining.", "-");
    phrases_free(p);
}

static void joined_words(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(
        "language ja \xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\njoined-words\n"
        "look-for =AI \xE5\xAD\xA6\xE7\xBF\x92\nfunction-words \xE3\x81\xAE \xE3\x81\xAF\n"
        "set learn usage train-ai\n  AI(\xE3\x81\xB8)?\xE3\x81\xAE\xE5\xAD\xA6\xE7\xBF\x92\n"
        "set forbid\n  \xE7\xA6\x81\xE6\xAD\xA2\n"
        RULE("it", "  find learn > forbid\n"));
    assert_phrase(p, "\xE5\xBD\x93\xE7\xA4\xBE\xE3\x81\xAF" "AI\xE3\x81\xAE\xE5\xAD\xA6\xE7\xBF\x92\xE3\x82\x92\xE7\xA6\x81\xE6\xAD\xA2\xE3\x81\x97\xE3\x81\xBE\xE3\x81\x99\xE3\x80\x82", "it");
    assert_phrase(p, "AI\xE3\x81\xAE\xE5\xAD\xA6\xE7\xBF\x92\xE3\x80\x82\xE7\xA6\x81\xE6\xAD\xA2\xE3\x80\x82", "-");
    phrases_free(p);
}

static void the_language_is_told_by_its_words(void **state)
{
    (void)state;
    static const char german[] =
        "language de Deutsch\nlook-for mining =TDM\nfunction-words der die das und ist wir hier\n"
        "set mining usage tdm\n  =TDM\nset forbid\n  verboten\n  is prohibited\n"
        RULE("deutsch", "  find mining & forbid\n");
    const char *const both[] = { german, HEAD RULE("english", "  find object & forbid\n")
        "defeat never\n  for Never\n  find never\n  miss TDM x\n" };
    struct phrases *p = phrases_of_texts(both, 2);
    assert_phrase(p, "TDM ist hier verboten.", "deutsch");
    assert_phrase(p, "The use of this for TDM is prohibited.", "english");
    assert_phrase(p, "The use of this for TDM never is prohibited.", "-"); /* German would hit */
    assert_phrase(p, "Wir sind hier und das ist gut.\n\nThe use of this for TDM is prohibited.", "english");
    assert_phrase(p, "Wir sind hier und das ist die Seite.\n\nTDM is prohibited.", "deutsch");
    phrases_free(p);
}

static void the_page_tells_where_a_sentence_does_not(void **state)
{
    (void)state;
    static const char german[] =
        "language de Deutsch\nlook-for =TDM\nfunction-words der die das und ist wir hier\n"
        "set mining usage tdm\n  =TDM\nset forbid\n  verboten\n" RULE("deutsch", "  find mining & forbid\n");
    const char *const strict[] = { german, HEAD RULE("english", "  find object & reserve\n") };
    const char *const open[] = { german, "read-everywhere\n" HEAD RULE("english", "  find object & reserve\n") };
    struct phrases *p = phrases_of_texts(strict, 2), *q = phrases_of_texts(open, 2);
    char text[400] = "";
    for (int i = 0; i < 6; i++)
        strcat(text, "Der die das und ist wir hier. ");
    strcat(text, "\n\nPublisher reserves TDM.");
    assert_phrase(p, text, "-");
    assert_phrase(q, text, "english");
    assert_phrase(p, "Publisher reserves TDM.", "english");
    strcat(text, " And this is for you: we reserve TDM.");
    assert_phrase(p, text, "english"); /* its own words tell */
    phrases_free(p);
    phrases_free(q);
}

static void data_is_no_text(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(
        "language en English\nlook-for 44b =TDM\nset law usage tdm\n  ~44b~\n  ~TDM~\nset x\n  ~f~\n"
        RULE("it", "  find law & x\n"));
    assert_phrase(p, "44b f", "it");
    assert_phrase(p, "(44b)f", "it");
    assert_phrase(p, "a44b f", "-");
    assert_phrase(p, "44b1 f", "-");
    assert_phrase(p, "xTDMx f", "it");
    assert_phrase(p, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaTDMaaaaaaaaaaaaaaaaaaaaaaaaaaaaa f", "-");
    phrases_free(p);
}

/* --- bounds --- */

static const char long_text[] =
    "Our terms, in short. We reserve, under Art. 4 of the law, text and data mining.\n"
    "You may not:\n- copy this\n- train AI with it\n\nThe paper says \xE2\x80\x9E" "data mining here is "
    "prohibited\xE2\x80\x9C; data mi\xC2\xADning is prohibited.\n";

/* The text as one block, in parts of `cut` bytes. */
static struct hits hits_in_parts(const struct phrases *p, struct slice text, size_t cut)
{
    struct arena arena = test_arena();
    struct hits h = { .n = 0 };
    struct phrase_reader *r = phrase_reader_open(&arena, p, note_hit, &h);
    h.rc = OPTOUT_MORE;
    for (size_t at = 0; at < text.n && h.rc == OPTOUT_MORE; at += cut) {
        struct text_block b = { .text = slice_sub(text, at, cut), .offset = at,
                                .goes_on = at + cut < text.n };
        h.rc = phrase_reader_block(r, &b);
    }
    enum optout_rc end = phrase_reader_end(r);
    h.rc = h.rc == OPTOUT_MORE ? end : h.rc;
    arena_reset(&arena);
    return h;
}

static void assert_same_hits(const struct hits *a, const struct hits *b)
{
    assert_int_equal(a->rc, b->rc);
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        assert_string_equal(a->v[i].text, b->v[i].text);
        assert_string_equal(a->v[i].phrase, b->v[i].phrase);
        assert_int_equal(a->v[i].usages, b->v[i].usages);
    }
}

static void whole_is_pieces(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(HEAD RULE("it", "  find object & forbid|reserve\n"));
    static char text[40000];
    size_t n = 0;
    for (unsigned i = 0; n + 600 < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s %.*s", i % 7 ? "" : long_text,
                              i % 3 ? "Words, u\xCC\x88 and \xEF\xAC\x81ne words." : "And on",
                              (int)(i * 37 % 300), "no end of words that say nothing and have no stop and go on "
                              "for as long as they like and longer and then even longer than that so that a "
                              "sentence comes to be that has more bytes than are looked at in one piece by "
                              "whoever looks at it, and on it goes, on and on, to no end at all, as was said");
    struct hits whole = hits_in_parts(p, slice_of(text, n), n);
    assert_int_equal(whole.rc, OPTOUT_DONE);
    assert_true(whole.n >= 6);
    for (size_t cut = 1; cut < 5000; cut = cut < 20 ? cut + 1 : cut * 3 + 1) {
        struct hits h = hits_in_parts(p, slice_of(text, n), cut);
        assert_same_hits(&whole, &h);
    }
    phrases_free(p);
}

static void a_long_sentence_is_looked_at_whole(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(HEAD RULE("it", "  find forbid > object\n"));
    static char text[30000];
    for (size_t at = 0; at < 20000; at += 613) {
        memset(text, 'x', sizeof text);
        for (size_t i = 7; i < sizeof text; i += 8)
            text[i] = ' ';
        static const char said[] = " you may not do data mining ";
        memcpy(text + at, said, sizeof said - 1);
        struct hits h = hits_in_parts(p, slice_of(text, sizeof text), sizeof text);
        assert_int_equal(h.rc, OPTOUT_DONE);
        assert_in_range(h.n, 1, 2);
        assert_non_null(strstr(h.v[0].text, "x"));
    }
    phrases_free(p);
}

static void hostile_texts_are_bounded(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(
        HEAD "set bait\n  ((a{1,9}b?){1,9}){1,9}c\n" RULE("it", "  find object & forbid & never\n  within 2000\n")
             RULE("bait", "  find object & bait\n"));
    static const char *const again[] = { "TDM ", "TDM is prohibited ", "TDM. ", "TDM. a", "\"TDM",
                                         "TDM aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa c ", "a\xCC\x88\xCC\x88",
                                         ("\xEF\xB7\xBA" "AI"), ".\"'?!", "\xE3\x80\x82", "(a) TDM; ", ": " };
    size_t n = 1u << 20;
    char *text = malloc(n);
    for (size_t i = 0; i < sizeof again / sizeof *again; i++) {
        size_t k = strlen(again[i]);
        for (size_t at = 0; at < n; at++)
            text[at] = again[i][at % k];
        struct hits h = hits_in_parts(p, slice_of(text, n), n);
        assert_true(h.rc == OPTOUT_DONE || h.rc == OPTOUT_E_LIMIT);
    }
    /* after its limit a reader reads the next text */
    struct arena arena = test_arena();
    struct hits h = { .n = 0 };
    struct phrase_reader *r = phrase_reader_open(&arena, p, note_hit, &h);
    for (size_t at = 0; at < n; at++)
        text[at] = again[5][at % strlen(again[5])];
    assert_int_equal(phrase_reader_plain(r, slice_of(text, n), 0), OPTOUT_E_LIMIT);
    assert_int_equal(phrase_reader_end(r), OPTOUT_E_LIMIT);
    assert_int_equal(phrase_reader_plain(r, SLICE_OF("TDM never is prohibited."), 0), OPTOUT_MORE);
    assert_int_equal(phrase_reader_end(r), OPTOUT_DONE);
    assert_int_equal(h.n, 1);
    arena_reset(&arena);
    free(text);
    phrases_free(p);
}

static void memory_is_taken_when_it_is_opened(void **state)
{
    (void)state;
    struct phrases *p = phrases_of(HEAD RULE("it", "  find object & forbid|reserve\n"));
    struct arena arena = test_arena();
    struct hits h = { .n = 0 };
    struct phrase_reader *r = phrase_reader_open(&arena, p, note_hit, &h);
    assert_in_range(arena.used, 100u << 10, 340u << 10);
    size_t used = arena.used, left = arena.left;
    for (int i = 0; i < 100; i++)
        assert_int_equal(phrase_reader_plain(r, SLICE_OF(long_text), 0), OPTOUT_MORE);
    assert_int_equal(phrase_reader_end(r), OPTOUT_DONE);
    assert_int_equal(h.n, HITS_MAX);
    assert_int_equal(arena.used, used);
    assert_int_equal(arena.left, left);
    for (size_t limit = 0; limit < 300u << 10; limit += 9000) {
        struct arena small;
        arena_init(&small, limit, NULL, 0);
        struct phrase_reader *none = phrase_reader_open(&small, p, note_hit, &h);
        assert_true(!none || limit > 200u << 10);
        arena_reset(&small);
    }
    arena_reset(&arena);
    phrases_free(p);
}

/* --- files that are wrong --- */

struct faults {
    size_t n;
    unsigned line[16];
    char why[16][160];
};

static void note_fault(void *ctx, const struct phrase_fault *f)
{
    struct faults *x = ctx;
    assert_string_equal(f->path, "test.phr");
    assert_true(f->why[0] && f->remedy[0]);
    if (x->n < 16) {
        x->line[x->n] = f->line;
        snprintf(x->why[x->n++], sizeof x->why[0], "%s", f->why);
    }
}

static struct faults faults_of(const char *text)
{
    struct phrase_text file = { "test.phr", slice_cstr(text) };
    struct faults x = { .n = 0 };
    struct phrases *p = NULL;
    enum optout_rc rc = phrases_compile(&file, 1, false, note_fault, &x, &p);
    assert_int_equal(rc, x.n ? OPTOUT_E_SYNTAX : OPTOUT_OK);
    assert_true((p == NULL) == (x.n != 0));
    phrases_free(p);
    return x;
}

#define GOOD RULE("good", "  find object & forbid\n")
#define BODY "  hit TDM is.\n  hit TDM was.\n"

static void each_fault_is_told_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line; /* after HEAD, whose last line is 22 */
        const char *why;
    } rows[] = {
        { "colour red\n", 23, "unknown word 'colour'" },
        { "find object\n", 23, "belongs to a phrase" },
        { "  find object\n", 0, NULL }, /* an alternative of the last set */
        { "status maybe\n", 23, "status 'maybe'" },
        { "version 0\n", 23, "version '0'" },
        { "language de Deutsch\n", 23, "a second 'language'" },
        { "look-for x\n", 23, "shorter than two" },
        { "look-for a-b\n", 23, "holds a mark" },
        { "look-for\n", 23, "without anything" },
        { "set Mining\n", 23, "no name of a set" },
        { "set mining\n  x\n", 23, "is a set 'mining' already" },
        { "set object\n  x\n", 23, "is a set 'object' already" },
        { "set x usage search\n  x\n", 23, "no usage" },
        { "set x\n", 23, "is empty" },
        { "set x\n  (a\n", 24, "character 2: missing closing parenthesis" },
        { "set x\n  ok\n  a|b)\n", 25, "character 4" },
        { "set x\n  a?\n", 24, "matches the empty text" },
        { "set x\n  a.*b\n", 24, "character 2: an unbounded repeat" },
        { "set x\n  a[^b]+c\n", 24, "character 2: an unbounded repeat" },
        { "set x\n  a\\S{2,}c\n", 24, "character 2: an unbounded repeat" },
        { "set x\n  a\\.*[.]+b{0,3}\n", 0, NULL },
        { "set x\n  (a)\\1\n", 24, "character 4: a back reference" },
        { "set x\n  (?R)\n", 24, "character 1: a group" },
        { "set x\n  (?<n>a)\n", 24, "character 1: a named group" },
        { "set x\n  (*UCP)a\n", 24, "character 1: a verb" },
        { "set x\n  a~ b\n", 24, "character 2: '~' stands at the ends" },
        { "set x\n  (?C)a\n", 24, "character 1: a group" },
        { "set x\n  {y}\n", 24, "there is no set 'y'" },
        { "set x\n  a {y}\nset y\n  b {x}\n", 26, "takes in itself" },
        { "set x\n  don\xE2\x80\x99t\n", 24, "never stands in a folded text" },
        { "set x\n  a  b\n", 24, "never stands in a folded text" },
        { "set x\n  \xEF\xBC\xA1\n", 24, "which has 'A'" },
        { "set x\n  ~a\xFF\n", 24, "not UTF-8" },
        { "phrase good plain\n  for x\n  find object\n" BODY GOOD, 28, "a phrase 'good' in line 23" },
        { "phrase p strong\n  for x\n  find object\n" BODY, 23, "'strong' after the name" },
        { "phrase p plain\n  find object\n" BODY, 23, "has no 'for'" },
        { "phrase p plain\n  for x\n" BODY, 23, "has no 'find'" },
        { "phrase p plain\n  for x\n  find object\n  hit TDM\n", 23, "fewer than two 'hit'" },
        { "phrase p plain\n  for x\n  find forbid\n" BODY, 25, "without a usage" },
        { "phrase p plain\n  for x\n  find forbid\n  usage tdm\n" BODY, 0, NULL },
        { "phrase p plain\n  for x\n  find object & gone\n" BODY, 25, "no set 'gone'" },
        { "phrase p plain\n  for x\n  find object & never > train\n" BODY, 25, "& and > on one side" },
        { "phrase p plain\n  for x\n  find object never\n" BODY, 25, "'n' where & or >" },
        { "phrase p plain\n  for x\n  find object &\n" BODY, 25, "a name is missing" },
        { "phrase p plain\n  for x\n  find object & #red\n" BODY, 25, "unknown fact '#red'" },
        { "phrase p plain\n  for x\n  find object / never / never\n" BODY, 25, "more than one '/'" },
        { "phrase p plain\n  for x\n  find object >9999 never\n" BODY, 25, "a distance of" },
        { "phrase p plain\n  for x\n  find object & !never / #item\n" BODY, 25, "nothing but conditions" },
        { "phrase p plain\n  for x\n  find object & a|b|c|d\n" BODY, 25, "no set 'a'" },
        { "phrase p plain\n  for x\n  find object&never&never&never&never&never&never\n" BODY, 25, "more than 6 parts" },
        { "phrase p plain\n  for x\n  find object\n  within 0\n" BODY, 26, "within '0'" },
        { "phrase p plain\n  for x\n  find object\n  unit word\n" BODY, 26, "unit 'word'" },
        { "phrase p plain\n  for x\n  find object\n  unit page\n" BODY, 23, "unit of titles" },
        { "phrase p plain\n  for x\n  find object\n  unless gone\n" BODY, 26, "no set 'gone'" },
        { "phrase p plain\n  for x\n  find object\n  despite gone\n" BODY, 26, "no defeater 'gone'" },
        { "phrase p plain\n  for x\n  find object\n  usage none\n" BODY, 26, "usage 'none'" },
        { "defeat d\n  for x\n  find never\n", 23, "has no 'miss'" },
        { "defeat d plain\n  for x\n  find never\n  miss TDM\n", 23, "'plain' after the name" },
        { "defeat d\n  for x\n  find never\n  despite d\n  miss TDM\n", 26, "no 'despite'" },
        { "defeat d\n  for x\n  find never\n  usage tdm\n  miss TDM\n", 23, "has a usage" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[4096];
        snprintf(text, sizeof text, HEAD "%s", rows[i].text);
        struct faults x = faults_of(text);
        if (!rows[i].line && x.n)
            fail_msg("%s: %s", rows[i].text, x.why[0]);
        if (!rows[i].line)
            continue;
        bool told = false;
        for (size_t k = 0; k < x.n; k++)
            told = told || (x.line[k] == rows[i].line && strstr(x.why[k], rows[i].why));
        if (!told)
            fail_msg("%s: %zu faults, line %u: %s", rows[i].text, x.n, x.line[0], x.why[0]);
    }
}

static void all_faults_are_told(void **state)
{
    (void)state;
    struct faults x = faults_of("version x\nsomething\nset a\n  (\nphrase p plain\n  unit x\n");
    static const char *const whys[] = { "version 'x'", "unknown word", "unit 'x'", "no 'for'",
                                        "no 'find'", "two 'hit'", "no set is an object",
                                        "no 'look-for'", "closing parenthesis", "names the language" };
    assert_int_equal(x.n, sizeof whys / sizeof *whys);
    for (size_t i = 0; i < sizeof whys / sizeof *whys; i++) {
        bool told = false;
        for (size_t k = 0; k < x.n; k++)
            told = told || strstr(x.why[k], whys[i]);
        if (!told)
            fail_msg("not told: %s", whys[i]);
    }
    char text[6000] = "language en English\nlook-for ";
    memset(text + strlen(text), 'x', 5000);
    x = faults_of(text);
    assert_int_equal(x.line[0], 2);
    assert_non_null(strstr(x.why[0], "a line of 5009 bytes"));
}

static void comments(void **state)
{
    (void)state;
    struct phrases *p = phrases_of("# All of it.\n  # Indented.\n" HEAD
                                   "set hash   # a set\n  no#x  # not this\n  no #1\n\t# neither\n"
                                   RULE("it", "  find object & hash\n"));
    assert_phrase(p, "TDM no#x", "it");
    assert_phrase(p, "TDM no #1", "it");
    assert_phrase(p, "TDM no#x # not this", "it");
    phrases_free(p);
}

static void literals_of_all_languages(void **state)
{
    (void)state;
    const char *const both[] = { HEAD GOOD, "language uk \xD0\xA3\nlook-for \xD0\xBD\xD0\xB0\xD0\xB2\xD1\x87\n"
                                            "set x usage tdm\n  y\n" RULE("z", "  find x\n") };
    struct phrases *p = phrases_of_texts(both, 2);
    const struct literals *l = phrases_literals(p);
    static const char *const found[] = { "xx MINING", "is AI.", "\xD0\xBD\xD0\xB0\xD0\xB2\xD1\x87",
                                         "\xD0\x9D\xD0\xB0\xD0\xB2\xD1\x87", "\xD0\x9D\xD0\x90\xD0\x92\xD0\xA7" };
    for (size_t i = 0; i < sizeof found / sizeof *found; i++)
        assert_true(literals_find(l, slice_cstr(found[i]), 0) < strlen(found[i]));
    static const char *const none[] = { "miners", "said", "ai", "\xD0\xBD\xD0\xB0\xD0\xB2" };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(literals_find(l, slice_cstr(none[i]), 0), strlen(none[i]));
    phrases_free(p);
}

static void compiled_for_this_processor_it_finds_the_same(void **state)
{
    (void)state;
    const char *text = HEAD RULE("it", "  find object & forbid|reserve\n");
    struct phrase_text file = { "test.phr", slice_cstr(text) };
    struct phrases *fast, *slow = phrases_of(text);
    assert_int_equal(phrases_compile(&file, 1, true, fail_on_fault, NULL, &fast), OPTOUT_OK);
    struct hits a = hits_of_plain(fast, SLICE_OF(long_text)), b = hits_of_plain(slow, SLICE_OF(long_text));
    assert_true(a.n == 3);
    assert_same_hits(&a, &b);
    phrases_free(fast);
    phrases_free(slow);
}

static void what_is_built_in_is_compiled_when_it_is_needed(void **state)
{
    (void)state;
    const struct phrases *p = phrases_builtin();
    assert_non_null(p);
    assert_ptr_equal(p, phrases_builtin());
    for (size_t i = 0; i < p->n; i++)
        assert_int_equal(p->language[i].program_size, 0);
    struct hits h = hits_of_plain(p, SLICE_OF("Nothing of the kind."));
    assert_int_equal(h.n, 0);
    assert_true(phrases_ready(p));
    for (size_t i = 0; i < p->n; i++)
        assert_true(p->language[i].program_size > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_in_any_order),
        cmocka_unit_test(parts_in_this_order),
        cmocka_unit_test(distances_are_in_characters),
        cmocka_unit_test(alternatives_of_parts_and_lines),
        cmocka_unit_test(spans_overlap),
        cmocka_unit_test(what_must_not_occur),
        cmocka_unit_test(the_beginning),
        cmocka_unit_test(facts_of_a_sentence),
        cmocka_unit_test(pairs_of_sentences),
        cmocka_unit_test(blocks_and_sections),
        cmocka_unit_test(grades_and_usages),
        cmocka_unit_test(defeaters),
        cmocka_unit_test(lists_go_on_where_they_began),
        cmocka_unit_test(each_entry_is_behind_what_is_before_the_list),
        cmocka_unit_test(quotations_are_not_the_sites_words),
        cmocka_unit_test(sentences_may_go_on_in_anothers_words),
        cmocka_unit_test(sentences_end_where_they_end),
        cmocka_unit_test(text_is_folded),
        cmocka_unit_test(folding),
        cmocka_unit_test(bounds_of_words),
        cmocka_unit_test(words_that_a_set_needs),
        cmocka_unit_test(what_was_passed_by_is_not_lost),
        cmocka_unit_test(joined_words),
        cmocka_unit_test(the_language_is_told_by_its_words),
        cmocka_unit_test(the_page_tells_where_a_sentence_does_not),
        cmocka_unit_test(data_is_no_text),
        cmocka_unit_test(whole_is_pieces),
        cmocka_unit_test(a_long_sentence_is_looked_at_whole),
        cmocka_unit_test(hostile_texts_are_bounded),
        cmocka_unit_test(memory_is_taken_when_it_is_opened),
        cmocka_unit_test(each_fault_is_told_with_its_line),
        cmocka_unit_test(all_faults_are_told),
        cmocka_unit_test(comments),
        cmocka_unit_test(literals_of_all_languages),
        cmocka_unit_test(compiled_for_this_processor_it_finds_the_same),
        cmocka_unit_test(what_is_built_in_is_compiled_when_it_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
