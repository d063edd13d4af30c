/* SPDX-License-Identifier: Apache-2.0 */
#include "site_eval.h"

/* What one text says of one path; letters: u unknown, a allow, c conditional,
 * d deny. */
static const struct vector {
    const char *file, *path;
    const char *agent; /* NULL: somebody else */
    char train, ai_use, acquire;
} vectors[] = {
    /* file types */
    { "User-Agent: *\nDisallow: *.jpg\n", "/a.jpg", NULL, 'd', 'u', 'u' },
    { "User-Agent: *\nDisallow: *.jpg\n", "/a.jpg?w=1", NULL, 'd', 'u', 'u' },
    { "User-Agent: *\nDisallow: *.jpg\n", "/a.JPG", NULL, 'd', 'u', 'u' },
    { "User-Agent: *\nDisallow: *.JPG\n", "/a.jpg", NULL, 'd', 'u', 'u' },
    { "User-Agent: *\nDisallow: *.jpg\n", "/a.jpgx", NULL, 'u', 'u', 'u' },
    { "User-Agent: *\nDisallow: *.jpg\n", "/a.html", NULL, 'u', 'u', 'u' },
    { "User-Agent: *\nDisallow: .jpg\n", "/a.jpg", NULL, 'd', 'u', 'u' },
    { "User-Agent: *\nDisallow: /*.jpg$\n", "/a.jpg", NULL, 'd', 'u', 'u' },
    { "User-Agent: *\nDisallow: /\nDisallow: *\n", "/any", NULL, 'd', 'u', 'u' },
    { "User-Agent: *\nAllow: *.html\nDisallow: /\n", "/x.html", NULL, 'u', 'u', 'u' },
    { "User-Agent: *\nAllow: *.html\nDisallow: /\n", "/x.png", NULL, 'd', 'u', 'u' },
    { "User-Agent: *\nAllow: *.gz\nDisallow: *.gz\n", "/x.gz", NULL, 'd', 'u', 'u' },
    { "User-Agent: *\nAllow: *.txt\nDisallow: /private/\nDisallow: /\n", "/private/x.txt", NULL,
      'd',
      'u', 'u' },
    { "User-Agent: *\nAllow: /images/\nDisallow: *.jpg\n", "/images/x.jpg", NULL, 'd', 'u', 'u' },
    { "User-Agent: *\nAllow: /open/\nDisallow: /\n", "/open/x", NULL, 'u', 'u', 'u' },
    { "User-Agent: *\nDisallow:\n", "/a", NULL, 'u', 'u', 'u' },
    { "User-Agent: *\nDisallow: img/\n", "/img/a", NULL, 'd', 'u', 'u' },
    { "Disallow: *.jpg\n", "/a.jpg", NULL, 'd', 'u', 'u' },
    { "# Spawning AI\nUser-agent : *\rdisallow:*.jpg # photos\r", "/a.jpg", NULL, 'd', 'u', 'u' },
    { "User-Agent: Foo/1.0\nDisallow: *.jpg\n", "/a.jpg", NULL, 'u', 'u', 'u' },
    { "User-Agent: Foo/1.0\nDisallow: *.jpg\n", "/a.jpg", "foo", 'd', 'u', 'u' },
    /* an agent of its own finds what is said to all */
    { "User-Agent: *\nDisallow: /\nUser-Agent: Foo\nDisallow: *.jpg\n", "/a.txt", "foo", 'd', 'u',
      'u' },
    { "User-Agent: Foo\nUser-Agent: *\nDisallow: *.jpg\n", "/a.jpg", NULL, 'd', 'u', 'u' },
    { "User-Agent: *\nUser-Agent: Foo\nDisallow: *.jpg\n", "/a.jpg", "foo", 'd', 'u', 'u' },

    /* the training lines of robots.txt */
    { "User-Agent: *\nDisallow-AI-Training: /\n", "/a", NULL, 'd', 'u', 'u' },
    { "DisallowAITraining: /a\n", "/a/b", NULL, 'd', 'u', 'u' },
    { "DisallowAITraining: /a\n", "/b", NULL, 'u', 'u', 'u' },
    { "Disallow-AI-Training: yes\n", "/b", NULL, 'd', 'u', 'u' },
    { "Disallow-AI-Training: no\n", "/b", NULL, 'u', 'u', 'u' },
    { "Allow-AI-Training: No\n", "/b", NULL, 'd', 'u', 'u' },
    { "Allow-AI-Training: /\n", "/b", NULL, 'u', 'u', 'u' },
    { "Disallow-AI-Training: /\nAllow-AI-Training: /open/\n", "/open/x", NULL, 'u', 'u', 'u' },
    { "Disallow-AI-Training: /\nAllow-AI-Training: /open/\n", "/x", NULL, 'd', 'u', 'u' },
    { "Disallow-Generative-AI: /\n", "/x", NULL, 'd', 'u', 'u' },
    { "User-Agent: Foo\nDisallow-AI-Training: /\n", "/x", NULL, 'u', 'u', 'u' },
    { "User-Agent: Foo\nDisallow-AI-Training: /\n", "/x", "foo", 'd', 'u', 'u' },

    /* policies by other names: they deny, and allow nothing */
    { "Name: X\nPolicy: allow-ai-search\nPolicy: disallow-ai-training\n", "/", NULL,
      'd', 'u', 'u' },
    { "Policy: allow-ai-search, noai\n", "/", NULL, 'd', 'u', 'u' },
    { "Policy: allow-ai-training\n", "/", NULL, 'u', 'u', 'u' },
    { "Policy: no\n", "/", NULL, 'u', 'u', 'u' },
    { "Policy: https://example.com/no-ai\n", "/", NULL, 'u', 'u', 'u' },
    { "AI-Training: disallow\n", "/", NULL, 'd', 'u', 'u' },
    { "AI-Training: no\n", "/", NULL, 'd', 'u', 'u' },
    { "AI-Training: yes\n", "/", NULL, 'u', 'u', 'u' },
    { "AI-Training: deny\nTraining: allow\n", "/", NULL, 'd', 'u', 'u' },

    /* behind a notice, in UTF-16: what it denies */
    { "<b>Notice</b><br />\nUser-Agent: *\nDisallow: /\nTraining: allow\n", "/", NULL,
      'd', 'u', 'u' },
    { "<b>Notice</b><br />\nScraping: deny\nTraining: allow\n", "/", NULL, 'u', 'u', 'd' },

    /* policies of a site */
    { "Site-Name: X\n", "/", NULL, 'd', 'u', 'u' },
    { "Site-Name: X\nTraining: allow\n", "/", NULL, 'a', 'u', 'u' },
    { "Site-Name: X\nTraining: deny\nScraping: deny\nIndexing: deny\nCaching: deny\n", "/", NULL,
      'd', 'd', 'd' },
    { "Site-Name: X\nTraining: allow\nScraping: allow\nIndexing: allow\n", "/", NULL, 'a', 'u',
      'a' },
    { "Training: conditional\nTraining-Deny: /premium/*\n", "/free/a", NULL, 'c', 'u', 'u' },
    { "Training: conditional\nTraining-Deny: /premium/*\n", "/premium/a", NULL, 'd', 'u', 'u' },
    { "Training: deny\nTraining-Allow: /blog/*\nTraining-Deny: /blog/x\n", "/blog/a", NULL, 'a',
      'u', 'u' },
    { "Training: deny\nTraining-Allow: /blog/*\nTraining-Deny: /blog/x\n", "/blog/x1", NULL, 'd',
      'u', 'u' },
    { "Training: allow\nTraining-Allow: /a\nTraining-Deny: /a\n", "/a", NULL, 'd', 'u', 'u' },
    { "Training: allow\nTraining-Deny: /a, /b\n", "/b", NULL, 'd', 'u', 'u' },
    { "Training: deny\nTraining-Allow: /a,b\n", "/a", NULL, 'd', 'u', 'u' },
    { "Training: allow\nTraining-Deny: *\n", "/b", NULL, 'd', 'u', 'u' },
    /* a path says nothing of the other usages */
    { "Training: allow\nScraping: deny\nIndexing: conditional\nTraining-Deny: /a\n", "/a", NULL,
      'd',
      'c', 'd' },
    { "Training: allow\nTraining: deny\n", "/", NULL, 'd', 'u', 'u' },
    { "Training: deny\nTraining: allow\n", "/", NULL, 'd', 'u', 'u' },
    { "Training: no\n", "/", NULL, 'd', 'u', 'u' },
    { "TRAINING: Allow\n", "/", NULL, 'a', 'u', 'u' },
    { "Training: perhaps\nScraping: allow\n", "/", NULL, 'd', 'u', 'a' },
    { "\xef\xbb\xbfTraining: allow # all of it\r\n", "/", NULL, 'a', 'u', 'u' },

    /* agents */
    { "Training: allow\nAgent: GPTBot\n  Training: deny\n", "/", "gptbot", 'd', 'u', 'u' },
    { "Training: allow\nAgent: GPTBot\n  Training: deny\n", "/", NULL, 'a', 'u', 'u' },
    { "Agent: GPTBot\n\tTraining: allow\n", "/", "gptbot", 'a', 'u', 'u' },
    { "Agent: GPTBot\n\tTraining: allow\n", "/", NULL, 'd', 'u', 'u' },
    { "Agent: GPTBot\n\n  # why\n\tTraining: allow\n", "/", NULL, 'd', 'u', 'u' },
    { "Agent: GPTBot/2.1\n  Scraping: deny\nTraining: deny\n", "/", "gptbot", 'd', 'u', 'd' },
    { "Agent: GPTBot/2.1\n  Scraping: deny\nTraining: deny\n", "/", NULL, 'd', 'u', 'u' },
    { "Training: deny\nTraining-Deny: /p\nAgent: A\n  Training: allow\n", "/p", "a", 'd', 'u', 'u'
      },
    { "Training: deny\nTraining-Deny: /p\nAgent: A\n  Training: allow\n", "/q", "a", 'a', 'u', 'u'
      },
    { "Training-Deny: /p\nAgent: A\n  Training-Allow: /p\n", "/p", "a", 'a', 'u', 'u' },
    { "Training-Deny: /p\nAgent: A\n  Training-Allow: /p\n", "/p", NULL, 'd', 'u', 'u' },
    { "Training-Allow: /p\nAgent: A\n  Training: deny\n", "/p", "a", 'd', 'u', 'u' },
    { "Training-Allow: /p\nAgent: A\n  Scraping: deny\n", "/p", "a", 'a', 'u', 'd' },
    { "Agent: A\n  Training: deny\nAgent: B\n  Training: allow\nTraining: conditional\n", "/", "a",
      'd', 'u', 'u' },
    { "Agent: A\n  Training: deny\nAgent: B\n  Training: allow\nTraining: conditional\n", "/", "b",
      'a', 'u', 'u' },
    { "Agent: A\n  Training: deny\nAgent: B\n  Training: allow\nTraining: conditional\n", "/", NULL,
      'c', 'u', 'u' },
    { "Agent: *\n  Training: allow\n", "/", NULL, 'a', 'u', 'u' },
    /* not indented: what refuses is for all, what allows is not */
    { "Agent: A\nTraining: deny\n\nScraping: allow\n", "/", NULL, 'd', 'u', 'a' },
    { "Agent: A\nTraining: allow\n\nScraping: allow\n", "/", NULL, 'd', 'u', 'a' },
    { "Agent: A\nTraining: allow\n\nScraping: allow\n", "/", "a", 'a', 'u', 'a' },
    { "Agent: A\nTraining: deny\n", "/", "a", 'd', 'u', 'u' },

    /* both in one, and neither */
    { "User-Agent: *\nDisallow: *.jpg\n\nTraining: allow\n", "/a.jpg", NULL, 'd', 'u', 'u' },
    { "# Acme Ltd\n\n> We sell anvils.\n\n- Training: we train you\n", "/", NULL, 'u', 'u', 'u' },
    { "## Training\nTraining: every Monday\nAgent: our shop\n", "/", NULL, 'u', 'u', 'u' },
    { "", "/", NULL, 'u', 'u', 'u' },
};

static char letter(const struct prefs *p, enum usage u)
{
    return "uacd"[p->of[u]];
}

static void each_vector(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const struct vector *v = &vectors[i];
        struct site_eval e;
        eval_open(&e, ai_txt_parse, slice_cstr(v->file));
        assert_int_equal(e.rc, OPTOUT_OK);
        eval_ask(&e, v->path, v->agent);
        struct prefs joined = { { 0 } }; /* weak ones too, which the verdict leaves out */
        for (size_t k = 0; k < e.signals.n; k++)
            prefs_join(&joined, &e.signals.v[k].prefs);
        const struct prefs *p = &joined;
        if (letter(p, USAGE_TRAIN_AI) != v->train || letter(p, USAGE_AI_USE) != v->ai_use ||
            letter(p, USAGE_ACQUIRE) != v->acquire)
            fail_msg("'%s' on %s for %s: %c%c%c, want %c%c%c", v->file, v->path,
                     v->agent ? v->agent : "anybody", letter(p, USAGE_TRAIN_AI),
                     letter(p, USAGE_AI_USE), letter(p, USAGE_ACQUIRE), v->train, v->ai_use,
                     v->acquire);
        if (p->of[USAGE_TDM] || p->of[USAGE_TRAIN_ML] || p->of[USAGE_SEARCH])
            fail_msg("'%s' says more than it should", v->file);
        eval_close(&e);
    }
}

static void the_default_is_weak(void **state)
{
    (void)state;
    struct site_eval e;
    eval_open(&e, ai_txt_parse, SLICE_OF("\nSite-Name: X\nScraping: allow\n"));
    eval_ask(&e, "/", NULL);
    assert_int_equal(e.signals.n, 2);
    assert_int_equal(e.signals.v[0].confidence, CONF_WEAK);
    assert_int_equal(e.signals.v[0].at, 2);
    assert_non_null(e.signals.v[0].note);
    assert_int_equal(e.signals.v[1].confidence, CONF_EXACT);
    assert_int_equal(e.signals.v[1].at, 3);
    eval_close(&e);
}

static void conditions_name_their_terms(void **state)
{
    (void)state;
    static const struct {
        const char *file, *url;
    } row[] = {
        { "Training: conditional\nTraining-Fee: https://a.example/fee#2026\n",
          "https://a.example/fee#2026" },
        { "Training: conditional\nTraining-License: https://a.example/l\n", "https://a.example/l" },
        { "Training: conditional\nTraining-License: CC-BY-4.0\n", "" },
        { "Training: allow\nTraining-Fee: https://a.example/fee\n", "" },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct site_eval e;
        eval_open(&e, ai_txt_parse, slice_cstr(row[i].file));
        eval_ask(&e, "/", NULL);
        assert_int_equal(e.signals.n, 1);
        assert_slice(e.signals.v[0].url, row[i].url);
        eval_close(&e);
    }
}

static void an_agents_rule_names_it(void **state)
{
    (void)state;
    struct site_eval e;
    eval_open(&e, ai_txt_parse, SLICE_OF("Agent: GPTBot\n  Training: deny\n"));
    eval_ask(&e, "/", "gptbot");
    assert_int_equal(e.signals.n, 1);
    assert_slice(e.signals.v[0].agent, "gptbot");
    assert_slice(e.signals.v[0].raw, "Training: deny");
    assert_int_equal(e.signals.v[0].at, 2);
    assert_int_equal(e.signals.v[0].standard, STD_AI_TXT);
    assert_int_equal(e.signals.v[0].carrier, CARRIER_SITE_FILE);
    eval_close(&e);
}

static enum optout_rc parse(struct slice text)
{
    struct site_eval e;
    eval_open(&e, ai_txt_parse, text);
    enum optout_rc rc = e.rc;
    eval_close(&e);
    return rc;
}

static enum optout_rc parse_lines(const char *head, const char *line, size_t count)
{
    struct buf b;
    buf_init(&b, 2u << 20);
    buf_puts(&b, head);
    for (size_t i = 0; i < count; i++)
        buf_puts(&b, line);
    assert_int_equal(b.failed, OPTOUT_OK);
    enum optout_rc rc = parse(buf_slice(&b));
    buf_free(&b);
    return rc;
}

static void limits_are_told(void **state)
{
    (void)state;
    assert_int_equal(parse_lines("", "Disallow: /a\n", 65000), OPTOUT_OK);
    assert_int_equal(parse_lines("", "Disallow: /a\n", 65537), OPTOUT_E_LIMIT);
    assert_int_equal(parse_lines("", "Training:no\n", 16384), OPTOUT_OK);
    assert_int_equal(parse_lines("", "Training:no\n", 16385), OPTOUT_E_LIMIT);
    assert_int_equal(parse_lines("", "Training-Deny: /a\n", 1025), OPTOUT_E_LIMIT);
    assert_int_equal(parse_lines("Site-Name: X\n", "Agent: a\n", 1024), OPTOUT_OK);
    assert_int_equal(parse_lines("Site-Name: X\n", "Agent: a\n", 1025), OPTOUT_E_LIMIT);
    /* patterns of the site times agents */
    struct buf b;
    buf_init(&b, 2u << 20);
    for (size_t i = 0; i < 1000; i++)
        buf_puts(&b, "Training-Deny: /a\n");
    for (size_t i = 0; i < 1000; i++)
        buf_puts(&b, "Agent: a\n");
    assert_int_equal(parse(buf_slice(&b)), OPTOUT_E_LIMIT);
    buf_free(&b);
    assert_int_equal(parse_lines("", "#\n", SITE_FILE_MAX / 2), OPTOUT_OK);
    assert_int_equal(parse_lines("x", "#\n", SITE_FILE_MAX / 2), OPTOUT_E_LIMIT);
}

static void other_documents_are_refused(void **state)
{
    (void)state;
    assert_int_equal(parse(SLICE_OF("\n <!doctype html>\nTraining: allow")), OPTOUT_E_UNSUP);
    assert_int_equal(parse(SLICE_OF("\xef\xbb\xbf<p>")), OPTOUT_E_UNSUP);
    assert_int_equal(parse(SLICE_OF("{\"error\":\"not found\"}")), OPTOUT_E_UNSUP);
    assert_int_equal(parse(SLICE_OF("<b>Notice</b>: x<br />\nTraining: deny")), OPTOUT_OK);
    assert_int_equal(parse(SLICE_OF("\xff\xfeT\0r\0")), OPTOUT_OK);
    assert_int_equal(parse(SLICE_OF("\0\0\0\n\0: \0\n")), OPTOUT_OK);
}

static void long_lines_are_cut_and_warned_of(void **state)
{
    (void)state;
    struct site_eval e;
    struct buf b;
    buf_init(&b, 1u << 20);
    buf_printf(&b, "Disallow: /%020000d\nDisallow: *.gif\n", 1);
    eval_open(&e, ai_txt_parse, buf_slice(&b));
    assert_int_equal(e.rc, OPTOUT_OK);
    assert_int_equal(e.rules->n_warnings, 1);
    assert_int_equal(e.rules->warning[0].kind, SITE_WARN_CUT);
    assert_int_equal(e.rules->rule[0].raw.n, SIGNAL_RAW_MAX);
    assert_int_equal(e.rules->rule[1].line, 2);
    eval_close(&e);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_vector),
        cmocka_unit_test(the_default_is_weak),
        cmocka_unit_test(conditions_name_their_terms),
        cmocka_unit_test(an_agents_rule_names_it),
        cmocka_unit_test(limits_are_told),
        cmocka_unit_test(other_documents_are_refused),
        cmocka_unit_test(long_lines_are_cut_and_warned_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
