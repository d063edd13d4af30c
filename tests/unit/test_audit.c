/* SPDX-License-Identifier: Apache-2.0 */
/* Records: what is printed, what is left out, what may never get out. Every
 * record printed here is also written to audit-samples.jsonl, which
 * validate_samples holds against the schema. */
#include "unit.h"

#include "audit/gap.h"
#include "audit/record.h"
#include "policy/config.h"
#include "site/bundle.h"
#include "syntax/json.h"

#include <jansson.h>
#include <unistd.h>

#define WALL_MS 1764000000123

static FILE *samples;

/* Everything that one record is made from. */
struct scene {
    struct arena arena;
    struct config config;
    struct profile profile;
    struct exchange exchange;
    struct header request[2];
    struct signals signals;
    struct decision decision;
    struct record record;
    struct buf out;
    json_t *json; /* the record, read back */
};

static struct scene *scene_new(void)
{
    struct scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    arena_init(&s->arena, 64u << 20, NULL, 0);
    snprintf(s->config.node, sizeof s->config.node, "proxy-1");
    memset(s->config.hash, 'a', 64);
    snprintf(s->profile.name, sizeof s->profile.name, "training");
    s->config.profile[0] = s->profile;
    s->config.n_profiles = 1;
    s->profile.purpose = usage_bit(USAGE_TRAIN_AI);
    s->request[0] = (struct header){ SLICE("Host"), SLICE("news.example") };
    s->request[1] = (struct header){ SLICE("user-agent"), SLICE("ExampleBot/2.1 (+https://e.x)") };
    s->exchange = (struct exchange){ .method = SLICE("GET"),
                                     .url = SLICE("https://news.example/a?b=c"),
                                     .minor = 1,
                                     .status = 200,
                                     .request = { s->request, 2 } };
    signals_init(&s->signals, &s->arena);
    s->record = (struct record){ .event = RECORD_FINAL,
                                 .wall_ms = WALL_MS,
                                 .config = &s->config,
                                 .profile = &s->profile,
                                 .exchange = &s->exchange,
                                 .signals = &s->signals,
                                 .decision = &s->decision,
                                 .media_type = SLICE("text/html; charset=utf-8"),
                                 .inspected = "html",
                                 .length = 5120,
                                 .seen = 5120,
                                 .micros = 42 };
    ulid_make(WALL_MS, s->record.id);
    buf_init(&s->out, RECORD_MAX);
    return s;
}

static void scene_free(struct scene *s)
{
    json_decref(s->json);
    buf_free(&s->out);
    arena_reset(&s->arena);
    free(s);
}

/* One line, one JSON object, kept as a sample; read back into s->json. */
static void read_back(struct scene *s)
{
    json_error_t e;
    json_decref(s->json);
    assert_true(s->out.n > 0 && s->out.n <= RECORD_MAX);
    assert_int_equal(slice_find(buf_slice(&s->out), '\n'), s->out.n - 1);
    s->json = json_loadb((const char *)s->out.p, s->out.n,
                         JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
    if (!s->json)
        fail_msg("%s in %.*s", e.text, SLICE_FMT(buf_slice(&s->out)));
    assert_int_equal(fwrite(s->out.p, 1, s->out.n, samples), s->out.n);
}

static void print_scene(struct scene *s)
{
    buf_clear(&s->out);
    assert_int_equal(record_print(&s->record, &s->out), OPTOUT_OK);
    read_back(s);
}

static const char *text_of(const struct scene *s, const char *key)
{
    const char *text = json_string_value(json_object_get(s->json, key));
    return text ? text : "(no string)";
}

static void assert_left_out(const struct scene *s, const char *key)
{
    if (json_object_get(s->json, key))
        fail_msg("\"%s\" is there", key);
}

static struct signal tdm_header(void)
{
    struct signal sig = { .standard = STD_TDMREP,
                          .carrier = CARRIER_HTTP_HEADER,
                          .scope = SCOPE_ASSET,
                          .confidence = CONF_EXACT,
                          .place_kind = PLACE_HEADER,
                          .at = 3,
                          .raw = SLICE("1"),
                          .url = SLICE("https://news.example/policy.json") };
    sig.prefs.of[USAGE_TDM] = PREF_CONDITIONAL;
    prefs_spread(&sig.prefs);
    return sig;
}

/* A reservation found in a header and a weak one of the page. */
static void reserve(struct scene *s)
{
    struct signal header = tdm_header();
    struct signal page = { .standard = STD_AI_META,
                           .carrier = CARRIER_HTML,
                           .scope = SCOPE_PAGE,
                           .confidence = CONF_WEAK,
                           .place_kind = PLACE_BYTE,
                           .at = 1204,
                           .agent = SLICE("ExampleBot"),
                           .raw = SLICE("noai"),
                           .note = "no specification has it" };
    page.prefs.of[USAGE_TRAIN_AI] = PREF_DENY;
    assert_int_equal(signals_add(&s->signals, &header), OPTOUT_OK);
    assert_int_equal(signals_add(&s->signals, &page), OPTOUT_OK);
    s->decision.kind = DECISION_RESERVED;
    s->decision.action = s->decision.would = s->record.action = ACTION_BLOCK;
    prefs_join(&s->decision.usage, &header.prefs);
    s->decision.conflicts = usage_bit(USAGE_TRAIN_AI);
    s->decision.by[s->decision.n_by++] = &s->signals.v[0];
    s->decision.contact = s->signals.v[0].url;
}

static void statements_of_another_page_name_it(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    struct signal sig = { .standard = STD_ROBOTS_META, .carrier = CARRIER_HTML,
                          .scope = SCOPE_EMBEDDED_IMAGES, .confidence = CONF_EXACT,
                          .raw = SLICE("noimageai"), .image = SLICE("https://news.example/i.jpg"),
                          .page = SLICE("https://news.example/p") };
    sig.prefs.of[USAGE_TRAIN_AI] = PREF_DENY;
    assert_int_equal(signals_add(&s->signals, &sig), OPTOUT_OK);
    print_scene(s);
    json_t *printed = json_array_get(json_object_get(s->json, "signals"), 0);
    assert_string_equal(json_string_value(json_object_get(printed, "scope")), "embedded-images");
    assert_string_equal(json_string_value(json_object_get(printed, "image")),
                        "https://news.example/i.jpg");
    assert_string_equal(json_string_value(json_object_get(printed, "page")),
                        "https://news.example/p");
    scene_free(s);
}

static void clear_exchanges_are_recorded_whole(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->record.whole = s->record.has_sha256 = true;
    memset(s->record.sha256, 0xAB, sizeof s->record.sha256);
    print_scene(s);
    char want[4096];
    snprintf(want, sizeof want,
             "{\"v\":2,\"id\":\"%s\",\"time\":\"2025-11-24T16:00:00.123Z\","
             "\"agent\":\"ExampleBot\","
             "\"url\":\"https://news.example/a?b=c\","
             "\"media_type\":\"text/html; charset=utf-8\",\"seen\":5120,"
             "\"sha256\":\"abababababababababababababababab"
             "abababababababababababababababab\",\"inspected\":\"html\",\"decision\":\"clear\","
             "\"config\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"micros\":42}\n",
             s->record.id);
    assert_slice(buf_slice(&s->out), want);
    scene_free(s);
}

static void blocks_name_their_evidence(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    reserve(s);
    s->record.transaction = SLICE_OF("4711.3");
    snprintf(s->profile.name, sizeof s->profile.name, "search");
    print_scene(s);
    assert_string_equal(text_of(s, "profile"), "search"); /* not the default one */
    assert_string_equal(text_of(s, "decision"), "reserved");
    assert_string_equal(text_of(s, "action"), "block");
    assert_string_equal(text_of(s, "transaction"), "4711.3");
    assert_string_equal(text_of(s, "contact"), "https://news.example/policy.json");
    json_t *list = json_object_get(s->json, "signals");
    assert_int_equal(json_array_size(list), 2);
    char *first = json_dumps(json_array_get(list, 0), JSON_COMPACT | JSON_PRESERVE_ORDER);
    assert_string_equal(first,
                        "{\"standard\":\"tdmrep\",\"carrier\":\"http-header\",\"scope\":\"asset\","
                        "\"place\":{\"kind\":\"header-line\",\"at\":3},"
                        "\"raw\":\"1\","
                        "\"preferences\":{\"tdm\":\"conditional\",\"train-ml\":\"conditional\","
                        "\"train-ai\":\"conditional\",\"ai-use\":\"conditional\"},"
                        "\"url\":\"https://news.example/policy.json\",\"deciding\":true}");
    free(first);
    json_t *second = json_array_get(list, 1);
    assert_null(json_object_get(second, "deciding"));
    assert_string_equal(json_string_value(json_object_get(second, "agent")), "ExampleBot");
    assert_string_equal(json_string_value(json_array_get(json_object_get(s->json, "conflicts"), 0)),
                        "train-ai");
    assert_null(json_object_get(s->json, "client"));
    assert_null(json_object_get(s->json, "released"));
    assert_null(json_object_get(s->json, "would"));
    scene_free(s);
}

static void words_have_their_grade_and_phrase(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    struct signal sig = { .standard = STD_NATURAL_LANGUAGE, .carrier = CARRIER_HTML,
                          .scope = SCOPE_PAGE, .property = PHRASE_LIKELY,
                          .name = SLICE("de/reserved@1"), .raw = SLICE("Kein KI-Training.") };
    sig.prefs.of[USAGE_TRAIN_AI] = PREF_DENY;
    assert_int_equal(signals_add(&s->signals, &sig), OPTOUT_OK);
    print_scene(s);
    char *text = json_dumps(json_array_get(json_object_get(s->json, "signals"), 0),
                            JSON_COMPACT | JSON_PRESERVE_ORDER);
    assert_string_equal(text,
                        "{\"standard\":\"natural-language\",\"carrier\":\"html\",\"scope\":\"page\","
                        "\"raw\":\"Kein KI-Training.\",\"grade\":\"likely\","
                        "\"phrase\":\"de/reserved@1\",\"preferences\":{\"train-ai\":\"deny\"},"
                        "\"confidence\":\"weak\"}");
    free(text);
    scene_free(s);
}

static void pending_records_know_no_verdict(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    reserve(s);
    s->record.event = RECORD_PENDING; /* the decision at hand is not printed */
    s->record.length = -1;
    print_scene(s);
    assert_string_equal(text_of(s, "event"), "pending");
    assert_left_out(s, "decision");
    assert_left_out(s, "action");
    assert_left_out(s, "length");
    assert_left_out(s, "sha256");
    assert_left_out(s, "usage");
    json_t *list = json_object_get(s->json, "signals");
    assert_int_equal(json_array_size(list), 2);
    assert_null(json_object_get(json_array_get(list, 0), "deciding"));
    s->record.decision = NULL;
    print_scene(s);
    scene_free(s);
}

static void cuts_say_what_had_left(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    reserve(s);
    s->record.action = ACTION_CUT;
    s->record.released = 98304;
    print_scene(s);
    assert_string_equal(text_of(s, "action"), "cut");
    assert_int_equal(json_integer_value(json_object_get(s->json, "released")), 98304);
    scene_free(s);
}

/* What the store knows of an origin: the text, and the reference to it. */
static void make_bundle(struct site_document d[SITE_KIND_COUNT], const char *key, struct buf *text,
                        struct site_reliance *r)
{
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++)
        d[kind].kind = (uint8_t)kind;
    buf_init(text, BUNDLE_MAX);
    assert_int_equal(bundle_print(slice_cstr(key), d, text), OPTOUT_OK);
    r->bundle = buf_slice(text);
    assert_true(bundle_id(r->bundle, r->id));
}

static const json_t *reference(struct scene *s, const struct reference *ref)
{
    buf_clear(&s->out);
    ref->print(ref, &s->out);
    read_back(s);
    assert_int_equal(strncmp(text_of(s, "id"), ref->id, REFERENCE_ID_SIZE), 0);
    return s->json;
}

static void site_files_are_referred_to(void **state)
{
    (void)state;
    struct site_document d[SITE_KIND_COUNT] = {
        [SITE_ROBOTS] = { .state = SITE_PUBLISHED, .source = SITE_FETCHED, .has_sha256 = true,
                          .status = 200, .sha256 = { 0xAB }, .fetched_ms = WALL_MS,
                          .url = SLICE("https://news.example/robots.txt") },
        [SITE_TDMREP] = { .state = SITE_NONE, .source = SITE_SHARED, .status = 404,
                          .fetched_ms = WALL_MS, .url = SLICE("https://news.example/x") },
        [SITE_AI_TXT] = { .state = SITE_UNREACHABLE, .source = SITE_PASSIVE,
                          .fetched_ms = WALL_MS, .url = SLICE("https://cdn.example/ai.txt") },
    };
    struct site_result site = { .n = 1 };
    struct reference_list refs;
    struct buf text;
    struct scene *s = scene_new();
    make_bundle(d, "https://news.example\nexamplebot", &text, &site.reliance[0]);
    site.reliance[0].line[SITE_ROBOTS] = 7;
    site.reliance[0].stale = 1u << SITE_AI_TXT;
    s->record.site = &site;
    print_scene(s);
    char *said = json_dumps(json_object_get(s->json, "site"), JSON_COMPACT | JSON_PRESERVE_ORDER);
    char want[256];
    snprintf(want, sizeof want, "[{\"id\":\"%.32s\",\"rules\":[{\"file\":\"robots.txt\","
             "\"line\":7}],\"stale\":[\"ai.txt\"]}]", site.reliance[0].id);
    assert_string_equal(said, want);
    free(said);

    record_references(&s->record, &refs);
    assert_int_equal(refs.n, 2);
    const json_t *bundle = json_object_get(reference(s, &refs.of[1]), "bundle");
    said = json_dumps(bundle, JSON_COMPACT | JSON_PRESERVE_ORDER);
    assert_string_equal(said,
        "{\"origin\":\"https://news.example\",\"token\":\"examplebot\",\"files\":["
        "{\"file\":\"robots.txt\",\"state\":\"published\","
        "\"url\":\"https://news.example/robots.txt\","
        "\"fetched_at\":\"2025-11-24T16:00:00.123Z\",\"status\":200,"
        "\"sha256\":\"ab00000000000000000000000000000000000000000000000000000000000000\","
        "\"source\":\"fetched\"},"
        "{\"file\":\"tdmrep.json\",\"state\":\"none\","
        "\"fetched_at\":\"2025-11-24T16:00:00.123Z\",\"status\":404,\"source\":\"shared\"},"
        "{\"file\":\"ai.txt\",\"state\":\"unreachable\",\"url\":\"https://cdn.example/ai.txt\","
        "\"fetched_at\":\"2025-11-24T16:00:00.123Z\",\"source\":\"passive\"}]}");
    free(said);
    s->record.event = RECORD_PENDING; /* nothing is known yet */
    print_scene(s);
    assert_left_out(s, "site");
    record_references(&s->record, &refs);
    assert_int_equal(refs.n, 1);
    buf_free(&text);
    scene_free(s);
}

/* Whatever else is known, the same documents have the same name, and others another. */
static void bundles_are_named_by_what_they_say(void **state)
{
    (void)state;
    struct site_document d[SITE_KIND_COUNT] = { [0] = { .state = SITE_NONE, .status = 404 } };
    struct site_reliance first, again, other;
    struct buf text[3];
    make_bundle(d, "rsl https://news.example/terms.xml", &text[0], &first);
    d[0].expires_ms = 17;
    make_bundle(d, "rsl https://news.example/terms.xml", &text[1], &again);
    d[0].fetched_ms = 1;
    make_bundle(d, "rsl https://news.example/terms.xml", &text[2], &other);
    assert_memory_equal(first.id, again.id, sizeof first.id);
    assert_true(memcmp(first.id, other.id, sizeof first.id) != 0);
    assert_true(slice_find_nocase(first.bundle, SLICE_OF("\"licence\":\"https://news.example/terms.xml\"")) < first.bundle.n);
    for (size_t i = 0; i < 3; i++)
        buf_free(&text[i]);
}

static void the_configuration_is_referred_to(void **state)
{
    (void)state;
    struct reference_list refs;
    struct scene *s = scene_new();
    s->config.profile[0] = s->profile;
    s->record.settings = SLICE_OF("Node proxy-1\n");
    record_references(&s->record, &refs);
    assert_int_equal(refs.n, 1);
    char *said = json_dumps(reference(s, &refs.of[0]), JSON_COMPACT | JSON_PRESERVE_ORDER);
    assert_string_equal(said,
        "{\"v\":2,\"event\":\"config\",\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
        "\"sha256\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
        "\"node\":\"proxy-1\",\"profile\":\"training\",\"profiles\":[{\"name\":\"training\",\"purpose\":[\"train-ai\"],"
        "\"mode\":\"enforce\"}],\"settings\":\"Node proxy-1\\n\"}");
    free(said);
    static uint8_t long_text[SETTINGS_PRINTED_MAX + 1];
    memset(long_text, 'x', sizeof long_text);
    s->record.settings = slice_of(long_text, sizeof long_text);
    reference(s, &refs.of[0]);
    assert_left_out(s, "settings");
    scene_free(s);
}

static void monitor_mode_says_what_it_would_do(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    reserve(s);
    s->profile.monitor = true;
    s->decision.action = s->record.action = ACTION_PASS;
    print_scene(s);
    assert_string_equal(text_of(s, "mode"), "monitor");
    assert_left_out(s, "action");
    assert_string_equal(text_of(s, "would"), "block");
    s->decision.would = ACTION_PASS;
    print_scene(s);
    assert_null(json_object_get(s->json, "would"));
    scene_free(s);
}

static void undecided_reasons_are_all_listed(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->decision.kind = DECISION_UNDECIDED;
    s->decision.action = s->decision.would = s->record.action = ACTION_TAG;
    for (unsigned u = 0; u < UNDECIDED_COUNT; u++)
        s->decision.undecided |= undecided_bit((enum undecided)u);
    s->decision.undecided &= (undecided_set)~undecided_bit(UNDECIDED_PARTIAL);
    print_scene(s);
    assert_string_equal(json_string_value(json_array_get(json_object_get(s->json, "undecided"), 0)),
                        "truncated");
    assert_int_equal(json_array_size(json_object_get(s->json, "undecided")), UNDECIDED_COUNT - 1);
    /* A denial stands whatever could not be read. */
    s->decision.kind = DECISION_RESERVED;
    print_scene(s);
    assert_int_equal(json_array_size(json_object_get(s->json, "undecided")), UNDECIDED_COUNT - 1);
    scene_free(s);
}

static void every_kind_has_its_name(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < DECISION_COUNT; kind++) {
        struct scene *s = scene_new();
        s->decision.kind = (enum decision_kind)kind;
        if (kind == DECISION_UNDECIDED)
            s->decision.undecided = undecided_bit(UNDECIDED_CODING);
        for (unsigned u = 0; u < USAGE_COUNT; u++) {
            s->decision.usage.of[u] = (uint8_t)(PREF_ALLOW + (u + kind) % 3);
            s->profile.purpose |= usage_bit((enum usage)u);
        }
        for (unsigned std = 0; std < STD_COUNT; std++) {
            struct signal sig = tdm_header();
            sig.standard = (uint8_t)std;
            sig.carrier = (uint8_t)(std % CARRIER_COUNT);
            sig.scope = (uint8_t)(std % SCOPE_COUNT);
            sig.confidence = (uint8_t)(std % CONF_COUNT);
            sig.place_kind = (uint8_t)(std % (PLACE_LINE + 1));
            assert_int_equal(signals_add(&s->signals, &sig), OPTOUT_OK);
        }
        s->record.action = (enum action)(kind % ACTION_COUNT);
        print_scene(s);
        assert_string_equal(text_of(s, "decision"), decision_name((enum decision_kind)kind));
        scene_free(s);
    }
}

static void what_is_missing_is_left_out(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->exchange = (struct exchange){ .minor = 1 };
    s->record.signals = NULL;
    s->record.media_type = SLICE_EMPTY;
    s->record.request = true;
    s->record.inspected = "none";
    s->record.length = -1;
    s->record.seen = 0;
    s->config.audit_client = true;
    print_scene(s);
    static const char *const keys[] = { "client", "agent",      "transaction", "method", "url",
                                        "status", "media_type", "length",      "sha256",
                                        "seen",   "whole",      "undecided",   "usage",  "signals",
                                        "site",   "conflicts",  "contact",     "mode",   "would" };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_left_out(s, keys[i]);
    s->record.client = SLICE_OF("192.0.2.7");
    print_scene(s);
    assert_string_equal(text_of(s, "client"), "192.0.2.7");
    assert_string_equal(text_of(s, "vector"), "reqmod");
    scene_free(s);
}

static void credentials_never_reach_the_log(void **state)
{
    (void)state;
    static const char *const vector[][2] = {
        { "http://h/x@y?z@w", "http://h/x@y?z@w" },
        { "http://u:p@h/", "http://h/" },
        { "http://u@h:80/x@y", "http://h:80/x@y" },
        { "http://u:p@ss@h/?q=a@b#f@g", "http://h/?q=a@b" },
        { "http://h#secret", "http://h" },
        { "http://u:p@h?q", "http://h?q" },
        { "ftp://anonymous:a%40b@[2001:db8::1]:21/f", "ftp://[2001:db8::1]:21/f" },
        { "h.example:443", "h.example:443" },
        { "u:p@h.example:443", "h.example:443" },
        { "//u:p@h/x", "//h/x" },
        { "/only/a/path@x", "/only/a/path@x" },
        { "http:/u:p@h/x", "http:/h/x" },
        { "http:///u:p@h/x", "http:///h/x" },
        { "http:\\\\u:p@h/x", "http:\\\\h/x" },
        { "http://u:p\\@h/x", "http://h/x" },
        { " http://u:p@h/x", " http://h/x" },
        { "?q=a@b", "?q=a@b" },
        { "http://", "http://" },
        { "http://u@", "http://" },
    };
    struct scene *s = scene_new();
    for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
        s->exchange.url = slice_cstr(vector[i][0]);
        print_scene(s);
        assert_string_equal(text_of(s, "url"), vector[i][1]);
    }
    scene_free(s);
}

static void queries_are_kept_hashed_or_dropped(void **state)
{
    (void)state;
    static const char *const vector[][3] = {
        { "http://u:p@h/a?b=c?d#e", "http://h/a?sha256=4baf42bc1284f4cd", "http://h/a" },
        { "http://h/a?", "http://h/a?sha256=e3b0c44298fc1c14", "http://h/a" },
        { "http://h/a#e?f", "http://h/a", "http://h/a" },
        { "?b=c?d", "?sha256=4baf42bc1284f4cd", "(no string)" },
    };
    struct scene *s = scene_new();
    for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
        s->exchange.url = slice_cstr(vector[i][0]);
        s->config.audit_query = AUDIT_QUERY_HASH;
        print_scene(s);
        assert_string_equal(text_of(s, "url"), vector[i][1]);
        s->config.audit_query = AUDIT_QUERY_DROP;
        print_scene(s);
        assert_string_equal(text_of(s, "url"), vector[i][2]);
    }
    scene_free(s);
}

static void long_urls_are_cut_and_said_to_be(void **state)
{
    (void)state;
    static char url[70000];
    struct scene *s = scene_new();
    memset(url, 'x', sizeof url);
    memcpy(url, "http://u:p@h/", 13);
    url[sizeof url - 3] = '?';
    s->exchange.url = slice_of(url, sizeof url);
    for (unsigned q = AUDIT_QUERY_KEEP; q <= AUDIT_QUERY_DROP; q++) {
        s->config.audit_query = (uint8_t)q;
        print_scene(s);
        assert_true(json_is_true(json_object_get(s->json, "url_cut")));
        assert_true(strlen(text_of(s, "url")) <= 16384);
        assert_memory_equal(text_of(s, "url"), "http://h/xxx", 12);
    }
    assert_true(strlen(text_of(s, "url")) == 16384);
    url[0] = '/'; /* no user info: printed without a copy */
    print_scene(s);
    assert_true(json_is_true(json_object_get(s->json, "url_cut")));
    scene_free(s);
}

static void agents_are_product_tokens(void **state)
{
    (void)state;
    static const char *const vector[][2] = {
        { "ExampleBot/2.1", "ExampleBot" },
        { "ExampleBot (x)", "ExampleBot" },
        { "  ExampleBot", "ExampleBot" },
        { "ExampleBot", "ExampleBot" },
        { "/1", "(no string)" },
        { "", "(no string)" },
        { "0123456789012345678901234567890123456789012345678901234567890123456789",
          "0123456789012345678901234567890123456789012345678901234567890123" },
    };
    struct scene *s = scene_new();
    for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
        s->request[1].value = slice_cstr(vector[i][0]);
        print_scene(s);
        assert_string_equal(text_of(s, "agent"), vector[i][1]);
    }
    scene_free(s);
}

static void hostile_bytes_stay_in_their_string(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    uint8_t all[256];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    struct slice bytes = slice_of(all, sizeof all);
    reserve(s);
    struct signal sig = tdm_header();
    sig.raw = sig.url = sig.agent = bytes;
    assert_int_equal(signals_add(&s->signals, &sig), OPTOUT_OK);
    s->exchange.method = s->exchange.url = s->record.media_type = bytes;
    s->record.transaction = s->record.client = s->request[1].value = bytes;
    s->decision.contact = bytes;
    s->config.audit_client = true;
    s->config.node[0] = '\xFF';
    s->exchange.status = 999;
    print_scene(s);
    json_t *kept = json_array_get(json_object_get(s->json, "signals"), 2);
    assert_true(json_string_length(json_object_get(kept, "raw")) > 256);
    scene_free(s);
}

/* Who the crawler is to the origin stays between them. */
static void authority_is_never_recorded(void **state)
{
    (void)state;
    static const char *const names[] = { "Authorization", "Proxy-Authorization", "Cookie",
                                         "Cookie2", "X-Api-Key", "Set-Cookie", "WWW-Authenticate",
                                         "Authentication-Info" };
    struct scene *s = scene_new();
    struct header all[2 + sizeof names / sizeof *names];
    size_t n = sizeof names / sizeof *names;
    memcpy(all, s->request, sizeof s->request);
    for (size_t i = 0; i < n; i++)
        all[2 + i] = (struct header){ slice_cstr(names[i]), SLICE("Basic s3cret") };
    reserve(s);
    s->exchange.request = (struct headers){ all, 2 + n };
    s->exchange.response = (struct headers){ all, 2 + n };
    s->exchange.url = SLICE_OF("https://u:s3cret@news.example/a");
    s->config.audit_client = true;
    print_scene(s);
    struct slice record = buf_slice(&s->out);
    assert_int_equal(slice_find_nocase(record, SLICE_OF("s3cret")), record.n);
    scene_free(s);
}

/* Separators of Unicode and commands of terminals are inside of a string, whose line ends once. */
static void what_a_record_says_is_one_line(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    struct signal sig = tdm_header();
    reserve(s);
    sig.raw = SLICE_OF("a\r\nX: b\n{\"event\":\"final\"}\n\xe2\x80\xa8\xe2\x80\xae\xc2\x85\x1b[2J\"\\");
    s->exchange.url = sig.url = SLICE_OF("https://h/\r\n\xe2\x80\xa9\"\x7f\xc2\x9b");
    assert_int_equal(signals_add(&s->signals, &sig), OPTOUT_OK);
    print_scene(s);
    struct slice record = buf_slice(&s->out);
    assert_int_equal(slice_find(record, '\n'), record.n - 1);
    for (size_t i = 0; i + 1 < record.n; i++)
        assert_true(record.p[i] >= 0x20);
    scene_free(s);
}

static void too_many_signals_are_left_out_and_counted(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    static uint8_t bytes[SIGNAL_URL_MAX];
    memset(bytes, 0x01, sizeof bytes); /* six characters each */
    struct signal sig = tdm_header();
    sig.raw = slice_of(bytes, SIGNAL_RAW_MAX + 1);
    sig.url = slice_of(bytes, sizeof bytes);
    for (uint8_t i = 0; s->signals.n < SIGNALS_MAX; i++) { /* equal ones would count once */
        bytes[0] = i;
        assert_int_equal(signals_add(&s->signals, &sig), OPTOUT_OK);
    }
    s->decision.contact = sig.url;
    print_scene(s);
    size_t kept = json_array_size(json_object_get(s->json, "signals"));
    json_int_t omitted = json_integer_value(json_object_get(s->json, "signals_omitted"));
    assert_true(kept > 50 && omitted > 0);
    assert_int_equal(kept + (size_t)omitted, SIGNALS_MAX);
    assert_true(s->out.n > RECORD_MAX - 256 * 1024);
    json_t *first = json_array_get(json_object_get(s->json, "signals"), 0);
    assert_true(json_is_true(json_object_get(first, "raw_cut")));
    scene_free(s);
}

static void half_a_record_is_never_left_behind(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    reserve(s);
    struct buf small;
    buf_init(&small, 400);
    assert_int_equal(buf_puts(&small, "before\n"), OPTOUT_OK);
    assert_int_equal(record_print(&s->record, &small), OPTOUT_E_LIMIT);
    assert_slice(buf_slice(&small), "before\n");
    buf_clear(&small);
    for (size_t i = 0; i < 6; i++)
        buf_puts(&small, "0123456789012345678901234567890123456789012345678901234567890123");
    struct gap g = { "writer-died", "proxy-1", "proxy-1-x.jsonl", 17, 3 };
    assert_int_equal(gap_print(&g, &small), OPTOUT_E_LIMIT);
    assert_int_equal(small.n, 384);
    buf_free(&small);
    scene_free(s);
}

static void gaps_are_records(void **state)
{
    (void)state;
    static const char *const reasons[] = { "writer-died", "write-failed", "sync-failed",
                                           "segment-removed" };
    struct scene *s = scene_new();
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        struct gap g = { reasons[i], "proxy-1", "proxy-1-x.jsonl", 17, (int64_t)i - 1 };
        buf_clear(&s->out);
        assert_int_equal(gap_print(&g, &s->out), OPTOUT_OK);
        read_back(s);
        assert_string_equal(text_of(s, "event"), "gap");
        assert_string_equal(text_of(s, "reason"), reasons[i]);
        assert_int_equal(json_integer_value(json_object_get(s->json, "torn_bytes")), 17);
        assert_true(!json_object_get(s->json, "lost") == (i == 0));
    }
    scene_free(s);
}

/* The tool prints the same members without a decision. */
static void members_print_alone(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    struct json j = json_to(&s->out);
    json_open(&j, NULL, '{');
    record_print_usage(&j, &s->decision.usage);
    record_print_signals(&j, NULL, NULL);
    json_close(&j, '}');
    assert_slice(buf_slice(&s->out), "{\"usage\":{},\"signals\":[]}");
    scene_free(s);
}

static void ids_sort_by_time_and_differ(void **state)
{
    (void)state;
    char a[ULID_TEXT], b[ULID_TEXT];
    ulid_make(1469918176385, a); /* the specification's example */
    assert_memory_equal(a, "01ARYZ6S41", 10);
    assert_int_equal(strlen(a), 26);
    assert_int_equal(strspn(a, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), 26);
    ulid_make(1469918176385, b);
    assert_string_not_equal(a, b);
    ulid_make(1469918176386, b);
    assert_true(strcmp(a, b) < 0);
    ulid_make(INT64_MAX, b);
    assert_memory_equal(b, "7ZZZZZZZZZ", 10);
    ulid_make(-1, b);
    assert_memory_equal(b, "0000000000", 10);
}

/* A child that inherits the state of its parent must not repeat its ids. */
static void ids_differ_across_fork(void **state)
{
    (void)state;
    char mine[ULID_TEXT], theirs[ULID_TEXT] = "";
    int pipe_fd[2];
    ulid_make(1, mine);
    assert_int_equal(pipe(pipe_fd), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        ulid_make(1, theirs);
        _exit(write(pipe_fd[1], theirs, sizeof theirs) != (ssize_t)sizeof theirs);
    }
    ulid_make(1, mine);
    assert_int_equal(read(pipe_fd[0], theirs, sizeof theirs), sizeof theirs);
    assert_string_not_equal(mine, theirs);
    close(pipe_fd[0]);
    close(pipe_fd[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clear_exchanges_are_recorded_whole),
        cmocka_unit_test(statements_of_another_page_name_it),
        cmocka_unit_test(blocks_name_their_evidence),
        cmocka_unit_test(words_have_their_grade_and_phrase),
        cmocka_unit_test(pending_records_know_no_verdict),
        cmocka_unit_test(cuts_say_what_had_left),
        cmocka_unit_test(monitor_mode_says_what_it_would_do),
        cmocka_unit_test(undecided_reasons_are_all_listed),
        cmocka_unit_test(every_kind_has_its_name),
        cmocka_unit_test(what_is_missing_is_left_out),
        cmocka_unit_test(credentials_never_reach_the_log),
        cmocka_unit_test(queries_are_kept_hashed_or_dropped),
        cmocka_unit_test(long_urls_are_cut_and_said_to_be),
        cmocka_unit_test(agents_are_product_tokens),
        cmocka_unit_test(hostile_bytes_stay_in_their_string),
        cmocka_unit_test(authority_is_never_recorded),
        cmocka_unit_test(what_a_record_says_is_one_line),
        cmocka_unit_test(too_many_signals_are_left_out_and_counted),
        cmocka_unit_test(half_a_record_is_never_left_behind),
        cmocka_unit_test(site_files_are_referred_to),
        cmocka_unit_test(bundles_are_named_by_what_they_say),
        cmocka_unit_test(the_configuration_is_referred_to),
        cmocka_unit_test(gaps_are_records),
        cmocka_unit_test(members_print_alone),
        cmocka_unit_test(ids_sort_by_time_and_differ),
        cmocka_unit_test(ids_differ_across_fork),
    };
    const char *build = getenv("OPTOUT_BUILDDIR");
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/unit/audit-samples.jsonl", build ? build : ".");
    samples = fopen(build ? path : "audit-samples.jsonl", "wb");
    if (!samples) {
        perror(path);
        return 1;
    }
    int failed = cmocka_run_group_tests_name("audit", tests, NULL, NULL);
    return fclose(samples) == 0 ? failed : 1;
}
