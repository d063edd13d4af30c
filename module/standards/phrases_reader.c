/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_reader.c - blocks become sentences, each with what surrounds it: the sentence before,
 * what introduces its list, its block, heading, and the titles of its page.
 *
 * A block is gathered in a window of FOLD_RAW_MAX bytes, and looked at when it has ended or the
 * window is full; then the sentence that is still open stays for the next window. So nothing
 * depends on where somebody cut the block. Memory is taken when the reader is opened.
 *
 * Limits: INTRO_MAX bytes of what introduces one list, INTROS_MAX of all; headings of
 * HEADING_MAX bytes; WORK_FIRST and WORK_BYTE for each byte of work, whose unit is a few
 * nanoseconds at most (phrases_span.c). */
#include "standards/phrases_need.h"

#include "syntax/literals.h"
#include "syntax/utf8.h"

#define INTRO_MAX 400
#define INTROS_MAX 1024
#define HEADING_MAX 512
#define HERE_MAX (INTROS_MAX + 1 + PHRASE_SENTENCE_MAX)
#define TAIL (PHRASE_SENTENCE_MAX + 512)
#define LATE_MAX 2048     /* of a block that is folded only if something asks for it */
#define SAMPLE_MAX 4096   /* bytes that tell the page's language */
#define SAMPLE_WEIGHT 12  /* at most, beside the words of a sentence */
#define SENTENCE_WEIGHT 4
#define WORDS_THAT_TELL 3 /* function words of one language, before another is ruled out */
#define PAGE_THAT_TELLS 30 /* likewise of a page */
#define LANGUAGES_ASKED 6 /* that find an object in a sentence and say nothing of it */
#define WORK_FIRST 4000000
#define WORK_BYTE 3

/* What stands before an entry of a list, folded and as it was written. What has its full stop
 * introduces nothing, but each entry may be its other half, as a sentence behind it would. */
struct intro {
    uint8_t text[INTRO_MAX];
    uint8_t raw[INTRO_MAX];
    size_t n, raw_n; /* of text that introduces */
    size_t ended_n;  /* of text that has its full stop; n is 0 then */
    uint8_t kind; /* enum text_kind of its block */
    uint8_t facts;
    bool holds; /* a literal */
    size_t late_n; /* not 0: it is in the last sentence of this block, which was not folded yet */
    uint8_t late[LATE_MAX];
};

struct phrase_reader {
    const struct phrases *p;
    const struct literals *literals;
    phrase_visit *visit;
    void *ctx;
    const struct phrase_trace *trace;
    enum optout_rc failed;
    uint64_t bytes;

    struct text_block block; /* the one that is open, without its text */
    bool open;
    bool first; /* no window of it was looked at yet */
    size_t raw_n;

    struct folded f;
    size_t before_n, heading_n, page_n;
    uint8_t before_facts;
    bool holds;        /* the window holds a literal */
    uint64_t owners, before_owners; /* languages of its literals, and of those of the one before */
    struct slice unmasked; /* the sentence that is looked at, with its quotations */
    bool before_holds; /* the sentence before it does, */
    bool led;          /* or what introduces its first one */
    bool has_h1;

    uint32_t sample[LANGUAGES_MAX];
    size_t sampled;

    size_t late_sample_n, late_before_n, late_heading_n;
    enum text_kind late_kind; /* of that block */

    struct matcher m;

    /* Filled before they are read: not cleared for each text, which would cost more than most. */
    uint8_t raw[FOLD_RAW_MAX];
    struct quotes q;
    struct sentences s;
    uint8_t masked[FOLD_MAX]; /* the window, quotations in blanks */
    struct intro intro[TEXT_DEPTH_MAX + 1]; /* 0: of the outermost list */
    uint8_t before[PHRASE_SENTENCE_MAX];
    uint8_t here[HERE_MAX];
    uint8_t heading[HEADING_MAX];
    uint8_t page[2 * HEADING_MAX + 1]; /* title, first heading */
    uint8_t evidence[PHRASE_SENTENCE_MAX];
    /* What was passed by without a literal, as it was written. */
    uint8_t late_sample[SAMPLE_MAX];
    uint8_t late_before[LATE_MAX]; /* the block before this one */
    uint8_t late_heading[LATE_MAX];
};

static void intro_forget(struct intro *in)
{
    in->n = in->raw_n = in->ended_n = in->late_n = 0;
}

static void forget_surroundings(struct phrase_reader *r)
{
    for (size_t d = 0; d <= TEXT_DEPTH_MAX; d++)
        intro_forget(&r->intro[d]);
    r->before_n = r->late_before_n = 0;
}

struct phrase_reader *phrase_reader_open(struct arena *arena, const struct phrases *p,
                                         phrase_visit *visit, void *ctx)
{
    struct phrase_reader *r = arena_take(arena, sizeof *r);
    if (!r)
        return NULL;
    memset(r, 0, offsetof(struct phrase_reader, raw));
    forget_surroundings(r);
    r->m.span = arena_take(arena, FIELD_COUNT * sizeof *r->m.span);
    r->m.lower = arena_take(arena, LOWER_MAX);
    r->m.last = arena_take(arena, NEED_LISTS_MAX * sizeof *r->m.last);
    r->f.p = arena_take(arena, FOLD_MAX);
    r->f.at = arena_take(arena, (FOLD_MAX + 1) * sizeof *r->f.at);
    r->literals = phrases_literals(p);
    if (!r->m.span || !r->m.lower || !r->m.last || !r->f.p || !r->f.at || !r->literals || !runner_open(&r->m.run, arena))
        return NULL;
    r->p = p;
    r->visit = visit;
    r->ctx = ctx;
    r->failed = OPTOUT_MORE;
    return r;
}

void phrase_reader_trace(struct phrase_reader *r, const struct phrase_trace *trace)
{
    r->trace = trace;
}

/* --- languages --- */

static void sample_words(struct phrase_reader *r)
{
    uint8_t count[LANGUAGES_MAX];
    if (r->sampled >= SAMPLE_MAX)
        return;
    words_count(r->p, slice_of(r->f.p, r->f.n), count);
    for (size_t i = 0; i < r->p->n; i++)
        r->sample[i] += count[i];
    r->sampled += r->f.n;
}

/* Those whose abbreviations hold: not much behind the one with the most words. */
static uint64_t likely_languages(const struct phrase_reader *r)
{
    uint8_t count[LANGUAGES_MAX];
    uint32_t most = 0;
    uint64_t bits = 0;
    words_count(r->p, slice_of(r->f.p, r->f.n), count);
    for (size_t i = 0; i < r->p->n; i++)
        most = count[i] + r->sample[i] > most ? count[i] + r->sample[i] : most;
    for (size_t i = 0; i < r->p->n && most; i++)
        bits |= 2 * (count[i] + r->sample[i]) >= most ? 1ull << i : 0;
    return bits;
}

/* --- one sentence --- */

struct best {
    struct verdict v;
    const struct phrase_language *l;
};

static uint32_t score_of(const struct phrase_reader *r, size_t i, unsigned words)
{
    uint32_t sample = r->sample[i] < SAMPLE_WEIGHT ? r->sample[i] : SAMPLE_WEIGHT;
    return words * SENTENCE_WEIGHT + sample;
}

static void turn_to(struct phrase_reader *r, size_t i)
{
    struct matcher *m = &r->m;
    if (m->l != &r->p->language[i])
        for (unsigned f = 0; f < FIELD_COUNT; f++)
            field_forget(&m->field[f]);
    field_forget(&m->field[FIELD_HERE]);
    field_forget(&m->field[FIELD_BEFORE]);
    m->l = &r->p->language[i];
}

/* A language that may be asked about a sentence. */
struct candidate {
    uint8_t index;
    uint8_t words;
    uint32_t score;
};

struct telling {
    unsigned words;  /* of the language that has the most in the sentence */
    uint32_t sample; /* and in the page so far */
};

/* Counted in the sentence as it is, with what it quotes. NULL: nobody asks. */
static struct telling tell_words(const struct phrase_reader *r, uint8_t words[LANGUAGES_MAX])
{
    struct telling t = { 0, 0 };
    if (!words)
        return t;
    words_count(r->p, r->unmasked, words);
    for (size_t i = 0; i < r->p->n; i++) {
        t.words = words[i] > t.words ? words[i] : t.words;
        t.sample = r->sample[i] > t.sample ? r->sample[i] : t.sample;
    }
    return t;
}

/* By the words of the sentence; or, if it has none of this language, by those of a page that is
 * clearly in another. */
static bool is_ruled_out(const struct phrase_reader *r, size_t i, unsigned words,
                         const struct telling *t)
{
    if (t->words >= WORDS_THAT_TELL && words * 2 + 1 < t->words)
        return true;
    return words == 0 && !r->p->language[i].everywhere && t->sample >= PAGE_THAT_TELLS &&
           r->sample[i] * 4 < t->sample;
}

/* Those that a literal names, and that are not ruled out by the words of another; the likeliest
 * first, of equals full ones, and then the first of the files. */
static size_t find_candidates(struct phrase_reader *r, unsigned facts, struct candidate *v)
{
    uint8_t words[LANGUAGES_MAX];
    size_t n = 0;
    const struct field *here = &r->m.field[FIELD_HERE];
    uint64_t owners = phrase_literal_owners(r->p, slice_of(here->p, here->n));
    uint64_t back = r->before_n ? r->before_owners : 0;
    r->owners = owners;
    struct telling t = tell_words(r, owners | back ? words : NULL);
    for (size_t i = 0; i < r->p->n && (owners | back); i++) {
        const struct phrase_language *l = &r->p->language[i];
        if (!((owners | (l->looks_back ? back : 0)) >> i & 1))
            continue;
        bool other = is_ruled_out(r, i, words[i], &t);
        if (other && r->trace)
            r->trace->sentence(r->trace->ctx, slice_of(here->p, here->n), facts, l, words[i], true);
        if (other)
            continue;
        uint32_t score = 2 * score_of(r, i, words[i]) + !l->partial;
        struct candidate c = { (uint8_t)i, words[i], score };
        size_t at = n++;
        for (; at && v[at - 1].score < c.score; at--)
            v[at] = v[at - 1];
        v[at] = c;
    }
    return n;
}

static bool has_object(struct phrase_reader *r)
{
    size_t here, before = 0;
    field_spans(&r->m, FIELD_HERE, SET_OBJECT, &here);
    if (!here)
        field_spans(&r->m, FIELD_BEFORE, SET_OBJECT, &before);
    return here + before != 0;
}

/* false: by the words of the sentence it can say nothing. */
static bool ask(struct phrase_reader *r, const struct candidate *c, struct situation *s,
                struct verdict *v)
{
    const struct field *here = &r->m.field[FIELD_HERE];
    turn_to(r, c->index);
    *v = (struct verdict){ .says = false };
    if (!r->trace && !match_may_say(&r->m, s))
        return false;
    if (r->trace)
        r->trace->sentence(r->trace->ctx, slice_of(here->p, here->n), s->facts, r->m.l, c->words,
                           false);
    clauses_split(&r->m, s->intro, &s->clauses);
    match_sentence(&r->m, s, r->trace, v);
    return true;
}

/* HERE and BEFORE are set; what does the likeliest language say that says anything? Of two that
 * are as likely one may know what the other takes for a hit, and that defeats it. */
static void look_at(struct phrase_reader *r, struct situation *s, struct best *best)
{
    struct candidate v[LANGUAGES_MAX];
    size_t n = find_candidates(r, s->facts, v), asked = 0, said = n;
    *best = (struct best){ .l = NULL };
    for (size_t i = 0; i < n && asked < LANGUAGES_ASKED && !r->m.run.limited; i++) {
        struct verdict verdict;
        if (said < n && (v[i].score / 2 < v[said].score / 2 || best->v.grade == PHRASE_NONE))
            break;
        if (!phrase_language_ready(r->p, v[i].index))
            continue;
        bool may = ask(r, &v[i], s, &verdict);
        asked += may && n > LANGUAGES_ASKED && has_object(r);
        if (!verdict.says || (said < n && verdict.grade != PHRASE_NONE))
            continue;
        best->v = verdict;
        best->l = r->m.l;
        said = i;
    }
}

/* A place of folded text as it was written. */
static struct slice raw_of(const struct folded *f, const uint8_t *raw, struct range g)
{
    return slice_trim_space(slice_of(raw + f->at[g.at], (size_t)(f->at[g.end] - f->at[g.at])));
}

static size_t append(uint8_t *to, size_t n, size_t max, struct slice s)
{
    s = utf8_clip(s, max - n);
    if (s.n)
        memcpy(to + n, s.p, s.n);
    return n + s.n;
}

/* The sentence as it was written, after what introduces it. */
static struct slice evidence_of(struct phrase_reader *r, struct range g, bool introduced)
{
    size_t n = 0;
    for (size_t d = 0; introduced && d < r->block.depth; d++) {
        const struct intro *in = &r->intro[d];
        if (in->n == 0)
            continue;
        n = append(r->evidence, n, INTROS_MAX, slice_of(in->raw, in->raw_n));
        n = append(r->evidence, n, INTROS_MAX, SLICE_OF(" "));
    }
    struct slice raw = raw_of(&r->f, r->raw, g);
    if (n == 0)
        return utf8_clip(raw, PHRASE_SENTENCE_MAX);
    return slice_of(r->evidence, append(r->evidence, n, PHRASE_SENTENCE_MAX, raw));
}

static void tell(struct phrase_reader *r, const struct best *best, struct range g,
                 bool introduced)
{
    if (best->v.grade == PHRASE_NONE)
        return;
    struct phrase_hit hit = {
        .grade = (enum phrase_grade)best->v.grade,
        .usages = best->v.usages,
        .text = evidence_of(r, g, introduced),
        .language = best->l->code,
        .phrase = best->v.rule->name,
        .version = best->l->version,
        .offset = r->block.offset,
    };
    r->visit(r->ctx, &hit);
}

/* What introduces the block: the beginnings of its list and of those around it. */
static size_t put_intros(struct phrase_reader *r)
{
    size_t n = 0;
    for (size_t d = 0; d < r->block.depth; d++) {
        if (r->intro[d].n == 0)
            continue;
        n = append(r->here, n, INTROS_MAX, slice_of(r->intro[d].text, r->intro[d].n));
        n = append(r->here, n, INTROS_MAX + 1, SLICE_OF(" "));
    }
    return n;
}

static bool begins_large(const struct phrase_reader *r, struct range g)
{
    uint8_t c = r->f.p[g.at];
    return c >= 0x80 || !(c >= 'a' && c <= 'z');
}

static void look_with(struct phrase_reader *r, const struct sentence *s, size_t intro,
                      struct situation *at, struct best *best)
{
    sentence_mask(&r->f, &r->q, s, r->here + intro);
    at->intro = (uint16_t)intro;
    r->unmasked = slice_of(r->f.p + s->r.at, (size_t)(s->r.end - s->r.at));
    field_set(&r->m.field[FIELD_HERE],
              slice_of(r->here, intro + (size_t)(s->r.end - s->r.at)));
    look_at(r, at, best);
}

/* What has its full stop is a sentence, in whatever size it is set: copyright lines stand in <h6>. */
static uint8_t facts_of(enum text_kind kind, const struct sentence *s)
{
    bool heading = kind == TEXT_HEADING && !s->stopped;
    return (uint8_t)((s->question ? FACT_QUESTION : 0) | (s->quoted ? FACT_QUOTE : 0) |
                     (s->quoting ? FACT_QUOTING : 0) | (heading ? FACT_HEADING : 0) |
                     (kind == TEXT_ITEM ? FACT_ITEM : 0));
}

/* The sentence before the list that the block is an entry of, when it has its full stop and
 * stands not just before this entry. */
static const struct intro *lead_of(const struct phrase_reader *r)
{
    if (r->block.kind != TEXT_ITEM || r->block.depth == 0)
        return NULL;
    const struct intro *in = &r->intro[r->block.depth - 1];
    struct slice text = slice_of(in->text, in->ended_n);
    return in->ended_n && !slice_eq(text, slice_of(r->before, r->before_n)) ? in : NULL;
}

/* As if it were the first entry of its list. */
static void look_behind(struct phrase_reader *r, const struct sentence *s, const struct intro *lead,
                        size_t intro, struct situation *at, struct best *best)
{
    struct slice text = slice_of(lead->text, lead->ended_n);
    size_t before_n = r->before_n;
    uint64_t owners = r->before_owners, mine = r->owners;
    field_set(&r->m.field[FIELD_BEFORE], text);
    at->before_facts = lead->facts;
    r->before_n = text.n;
    r->before_owners = phrase_literal_owners(r->p, text);
    look_with(r, s, intro, at, best);
    r->before_n = before_n;
    r->before_owners = owners;
    r->owners = mine;
}

static void look_at_sentence(struct phrase_reader *r, const struct sentence *s, bool leads)
{
    struct situation at = { .in_block = s->r, .facts = facts_of(r->block.kind, s),
                            .before_facts = r->before_facts };
    struct best best;
    size_t intro = leads && r->block.kind == TEXT_ITEM ? put_intros(r) : 0;
    const struct intro *lead = leads ? lead_of(r) : NULL;
    field_set(&r->m.field[FIELD_BEFORE], slice_of(r->before, r->before_n));
    look_with(r, s, intro, &at, &best);
    bool introduced = intro != 0;
    if (intro && !best.v.says && s->stopped && begins_large(r, s->r)) {
        look_with(r, s, 0, &at, &best); /* a sentence of its own */
        introduced = false;
    }
    if (lead && !best.v.says && !r->m.run.limited) {
        look_behind(r, s, lead, intro, &at, &best);
        introduced = intro != 0;
    }
    if (!r->m.run.limited)
        tell(r, &best, s->r, introduced);
}

/* --- a window --- */

static void keep_before(struct phrase_reader *r, enum text_kind kind, const struct sentence *s)
{
    sentence_mask(&r->f, &r->q, s, r->before);
    r->before_n = (size_t)(s->r.end - s->r.at);
    r->before_facts = facts_of(kind, s);
    r->before_owners = r->owners;
}

/* Literals hold no blanks: none goes on from one introduction to the next. */
static bool intro_has_literal(const struct phrase_reader *r)
{
    if (r->block.kind != TEXT_ITEM)
        return false;
    for (size_t d = 0; d < r->block.depth; d++)
        if ((r->intro[d].n || r->intro[d].ended_n) && r->intro[d].holds)
            return true;
    return false;
}

static bool has_literal(const struct phrase_reader *r, const struct sentence *s)
{
    if (!r->holds)
        return false;
    return literals_within(r->literals, slice_of(r->f.p, r->f.n), s->r.at, s->r.end);
}

static void set_fields(struct phrase_reader *r)
{
    struct sentence all = { .r = { 0, (uint16_t)r->f.n } };
    sentence_mask(&r->f, &r->q, &all, r->masked);
    field_set(&r->m.field[FIELD_BLOCK], slice_of(r->masked, r->f.n));
    field_set(&r->m.field[FIELD_HEADING], slice_of(r->heading, r->heading_n));
    field_set(&r->m.field[FIELD_PAGE], slice_of(r->page, r->page_n));
}

static void look_at_window(struct phrase_reader *r)
{
    bool before = r->before_holds;
    r->m.run.work_max = WORK_FIRST + r->bytes * WORK_BYTE;
    if (r->holds || r->led || before)
        set_fields(r);
    for (size_t i = 0; i < r->s.n && !r->m.run.limited; i++) {
        const struct sentence *s = &r->s.v[i];
        bool holds = has_literal(r, s);
        r->owners = 0; /* told when it is looked at */
        if (r->block.kind != TEXT_TITLE && (holds || before || (i == 0 && r->led)))
            look_at_sentence(r, s, r->first && i == 0);
        if (r->holds || i + 1 == r->s.n)
            keep_before(r, r->block.kind, s);
        before = r->owners != 0;
    }
}

/* Of a heading or a title: for the units that reach there. */
static void keep_heading(struct phrase_reader *r)
{
    struct slice text = utf8_clip(slice_of(r->f.p, r->f.n), HEADING_MAX);
    if (r->block.kind == TEXT_HEADING)
        r->heading_n = append(r->heading, 0, HEADING_MAX, text);
    if (r->block.kind == TEXT_TITLE && r->page_n == 0) {
        r->page_n = append(r->page, 0, HEADING_MAX, text);
    } else if (r->block.kind == TEXT_HEADING && !r->has_h1) {
        r->page_n = append(r->page, r->page_n, sizeof r->page, SLICE_OF(" "));
        r->page_n = append(r->page, r->page_n, sizeof r->page, text);
        r->has_h1 = true;
    }
}

/* How deep what the block introduces stands; what was said deeper is over. */
static struct intro *begin_intro(struct phrase_reader *r)
{
    size_t depth = r->block.kind == TEXT_ITEM ? r->block.depth : 0;
    for (size_t d = depth; d <= TEXT_DEPTH_MAX; d++)
        intro_forget(&r->intro[d]);
    return &r->intro[depth];
}

/* The last sentence, if a list may go on from there. `raw`: what was folded. */
static void keep_intro(struct phrase_reader *r, const uint8_t *raw, struct intro *in)
{
    if (r->s.n == 0)
        return;
    const struct sentence *s = &r->s.v[r->s.n - 1];
    size_t n = (size_t)(s->r.end - s->r.at);
    if (s->quoted || n > INTRO_MAX)
        return;
    if (s->stopped) {
        sentence_mask(&r->f, &r->q, s, in->text);
        in->ended_n = n;
        in->facts = facts_of((enum text_kind)in->kind, s);
        in->holds = literals_find(r->literals, slice_of(in->text, n), 0) < n;
        return;
    }
    in->n = append(in->text, 0, INTRO_MAX, slice_of(r->f.p + s->r.at, n));
    in->raw_n = append(in->raw, 0, INTRO_MAX, raw_of(&r->f, raw, s->r));
    in->holds = literals_find(r->literals, slice_of(in->text, in->n), 0) < in->n;
}

/* --- what is passed by ---
 *
 * Most blocks hold no literal, and nothing is found in them. They tell the language of the page,
 * introduce lists, and stand before others: for that they are folded when a block is looked at,
 * if it ever is. */

/* Letters or digits, not only rules, arrows and bullets: those of Latin-1 and of U+2000 on. */
static bool has_word(struct slice raw)
{
    for (size_t i = 0; i < raw.n; i++)
        if (ascii_is_alnum(raw.p[i]) || (raw.p[i] > 0xC2 && raw.p[i] != 0xE2))
            return true;
    return false;
}

/* The whole block is in the window, and can be left for later. */
static bool pass_by(struct phrase_reader *r)
{
    struct slice raw = slice_of(r->raw, r->raw_n);
    bool heading = r->block.kind == TEXT_HEADING;
    if (r->block.kind == TEXT_TITLE || (heading && !r->has_h1) || raw.n > LATE_MAX || (r->before_n && r->before_owners) ||
        intro_has_literal(r) || literals_find(r->literals, raw, 0) < raw.n)
        return false;
    struct intro *in = begin_intro(r);
    r->raw_n = 0;
    if (!has_word(raw))
        return true;
    in->kind = (uint8_t)r->block.kind;
    memcpy(in->late, raw.p, raw.n);
    memcpy(r->late_before, raw.p, raw.n);
    in->late_n = r->late_before_n = raw.n;
    r->late_kind = r->block.kind;
    if (heading) {
        memcpy(r->late_heading, raw.p, raw.n);
        r->late_heading_n = raw.n;
    }
    r->before_owners = 0;
    if (r->sampled + r->late_sample_n < SAMPLE_MAX) {
        size_t n = append(r->late_sample, r->late_sample_n, SAMPLE_MAX, raw);
        r->late_sample_n = append(r->late_sample, n, SAMPLE_MAX, SLICE_OF(" "));
    }
    return true;
}

/* Sentences of a block that was passed by, at least the last one. */
static void fold_late(struct phrase_reader *r, const uint8_t *raw, size_t n)
{
    size_t read = phrase_fold(slice_of(raw, n), &r->f);
    quotes_find(&r->f, &r->q);
    size_t from = r->f.n <= TAIL ? 0 : sentence_cut(&r->f, r->f.n - TAIL, 0);
    sentences_split(r->p, &r->f, &r->q, from, 0, read == n, &r->s);
}

static void catch_up(struct phrase_reader *r)
{
    if (r->late_sample_n) {
        phrase_fold(slice_of(r->late_sample, r->late_sample_n), &r->f);
        sample_words(r);
        r->late_sample_n = 0;
    }
    if (r->late_heading_n) {
        phrase_fold(slice_of(r->late_heading, r->late_heading_n), &r->f);
        r->heading_n = append(r->heading, 0, HEADING_MAX, slice_of(r->f.p, r->f.n));
        r->late_heading_n = 0;
    }
    for (size_t d = 0; d <= TEXT_DEPTH_MAX; d++) {
        struct intro *in = &r->intro[d];
        if (in->late_n == 0)
            continue;
        fold_late(r, in->late, in->late_n);
        in->late_n = 0;
        keep_intro(r, in->late, in);
    }
    if (r->late_before_n) {
        fold_late(r, r->late_before, r->late_before_n);
        r->owners = 0;
        if (r->s.n)
            keep_before(r, r->late_kind, &r->s.v[r->s.n - 1]);
        r->late_before_n = 0;
    }
}

/* --- what is looked at --- */

/* Looks at what was gathered; `last`: the block has ended. */
static void window(struct phrase_reader *r, bool last)
{
    if (r->first && last && pass_by(r))
        return;
    catch_up(r);
    size_t read = phrase_fold(slice_of(r->raw, r->raw_n), &r->f);
    bool whole = last && read == r->raw_n;
    struct slice text = slice_of(r->f.p, r->f.n);
    if (r->f.n && r->block.kind != TEXT_TITLE)
        sample_words(r);
    quotes_find(&r->f, &r->q);
    r->holds = literals_find(r->literals, text, 0) < text.n;
    r->led = r->first && intro_has_literal(r);
    r->before_holds = r->before_n && r->before_owners;
    /* Where nothing can be found the last sentence is enough, for what follows it. */
    bool any = r->holds || r->led || r->before_holds;
    uint64_t languages = r->holds ? likely_languages(r) : 0;
    size_t from = any || r->f.n <= TAIL ? 0 : sentence_cut(&r->f, r->f.n - TAIL, 0);
    sentences_split(r->p, &r->f, &r->q, from, languages, whole, &r->s);
    size_t taken = r->s.taken < r->f.n ? r->f.at[r->s.taken] : read;
    if (r->s.n == 0 && !whole && r->f.n) { /* all of it is one sentence that is still open */
        sentences_split(r->p, &r->f, &r->q, from, languages, true, &r->s);
        taken = read;
    }
    taken = taken ? taken : read;
    if (r->first)
        keep_heading(r);
    look_at_window(r);
    if (whole && taken == r->raw_n) {
        struct intro *in = begin_intro(r);
        in->kind = (uint8_t)r->block.kind;
        if (r->block.kind != TEXT_TITLE)
            keep_intro(r, r->raw, in);
    }
    memmove(r->raw, r->raw + taken, r->raw_n - taken);
    r->raw_n -= taken;
    r->first = false;
    if (r->m.run.limited)
        r->failed = OPTOUT_E_LIMIT;
}

/* --- blocks --- */

static void begin(struct phrase_reader *r, const struct text_block *b)
{
    r->block = *b;
    r->block.text = SLICE_EMPTY;
    if (b->kind != TEXT_ITEM || b->depth == 0)
        r->block.depth = b->kind == TEXT_ITEM ? 1 : 0;
    if (r->block.depth > TEXT_DEPTH_MAX)
        r->block.depth = TEXT_DEPTH_MAX;
    r->open = true;
    r->first = true;
    r->raw_n = 0;
    if (b->voice != VOICE_OWN)
        forget_surroundings(r);
}

static void gather(struct phrase_reader *r, struct slice text)
{
    while (text.n && r->failed == OPTOUT_MORE) {
        if (r->raw_n == FOLD_RAW_MAX)
            window(r, false);
        size_t n = text.n < FOLD_RAW_MAX - r->raw_n ? text.n : FOLD_RAW_MAX - r->raw_n;
        memcpy(r->raw + r->raw_n, text.p, n);
        r->raw_n += n;
        r->bytes += n;
        text = slice_from(text, n);
    }
}

static void finish(struct phrase_reader *r)
{
    while (r->open && r->raw_n && r->block.voice == VOICE_OWN && r->failed == OPTOUT_MORE)
        window(r, true);
    if (r->block.kind == TEXT_TITLE)
        r->before_n = r->late_before_n = 0;
    r->open = false;
}

enum optout_rc phrase_reader_block(struct phrase_reader *r, const struct text_block *b)
{
    if (r->failed != OPTOUT_MORE)
        return r->failed;
    if (!r->open)
        begin(r, b);
    if (r->block.voice == VOICE_OWN)
        gather(r, b->text);
    if (!b->goes_on)
        finish(r);
    return r->failed;
}

/* As after phrase_reader_open. */
static void forget_text(struct phrase_reader *r)
{
    forget_surroundings(r);
    r->failed = OPTOUT_MORE;
    r->bytes = 0;
    r->heading_n = r->page_n = 0;
    r->has_h1 = r->open = false;
    memset(r->sample, 0, sizeof r->sample);
    r->sampled = r->late_sample_n = r->late_heading_n = 0;
    r->m.run.work = 0;
    r->m.run.limited = false;
}

enum optout_rc phrase_reader_end(struct phrase_reader *r)
{
    if (r->failed == OPTOUT_MORE)
        finish(r);
    enum optout_rc rc = r->failed == OPTOUT_MORE ? OPTOUT_DONE : r->failed;
    forget_text(r);
    return rc;
}
