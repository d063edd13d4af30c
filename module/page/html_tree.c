/* SPDX-License-Identifier: Apache-2.0 */
/* html_tree.c - the little of tree construction (HTML standard section 13.2.6)
 * that a scanner needs: which tokenizer state follows a start tag, whether the
 * head is still open, and whether an element exists in the page at all.
 *
 * Not a tree: only templates, svg, math and the integration points in them are
 * kept on a stack. Where that is too little to know, the guess is the one that
 * leaves foreign content, so that no later meta is lost.
 *
 * The noscript of a head is read as without scripting as long as it holds what
 * belongs there; its metas are reported with in_noscript. At the first thing
 * that does not (a tracking pixel, text) the rest of it is read as with
 * scripting, as raw text, and the head stays open: without scripting that pixel
 * would close the head, and what the author wrote below it would count as body.
 * The noscript of a body is raw text. All such raw text is read by a second scanner as well
 * (html_inner.c), for crawlers run no scripts.
 *
 * An end tag that closes nothing known to be open in svg or math closes something outside of
 * it, and so the svg too, or closes nothing at all. Which of both would take a stack of all
 * open elements; so in doubt the svg is left, and until its own end tag raw text is read
 * as markup too, which it is in an svg.
 *
 * MAX: HTML_OPEN_MAX templates and foreign elements are tracked. */
#include "page/html_internal.h"
#include "page/html_text.h"

#define NOT_SURE "it is not sure that the text of this element is one"
#define NO_SCRIPTS "only where no scripts run"
#define FALLBACK "only where frames or plug-ins are not known"

static const struct html_name no_name = { "", 0, TAG_OTHER, 0 };

static bool is_foreign(const struct html *h)
{
    return h->n_open && (h->open[h->n_open - 1].tag == TAG_SVG ||
                         h->open[h->n_open - 1].tag == TAG_MATH);
}

static struct html_open *integration_point(struct html *h)
{
    if (h->n_open == 0 || is_foreign(h) || h->open[h->n_open - 1].tag == TAG_TEMPLATE)
        return NULL;
    return &h->open[h->n_open - 1];
}

static void push(struct html *h, enum html_tag tag)
{
    if (tag == TAG_TEMPLATE)
        h->templates++;
    if (h->n_open < HTML_OPEN_MAX)
        h->open[h->n_open++] = (struct html_open){ .tag = (uint8_t)tag, .base = h->n_names };
    else if (tag == TAG_TEMPLATE)
        h->more_templates++;
}

static void pop_to(struct html *h, size_t n)
{
    while (h->n_open > n) {
        if (h->open[--h->n_open].tag == TAG_TEMPLATE)
            h->templates--;
        h->n_names = h->open[h->n_open].base;
    }
    if (n == 0)
        h->names_lost = h->unsure = false;
}

static void push_name(struct html *h)
{
    if (h->n_names < HTML_NAMES_MAX)
        h->names[h->n_names++] = h->name_hash;
    else
        h->names_lost = true;
}

/* Closes the innermost element of this name, down to where HTML begins, and what is open
 * in it. */
static bool close_name(struct html *h)
{
    size_t base = 0, keep = h->n_open;
    for (size_t n = h->n_open; n > 0; n--) {
        base = h->open[n - 1].base;
        if (h->open[n - 1].tag == TAG_TEMPLATE || h->open[n - 1].content)
            break;
    }
    for (size_t i = h->n_names; i-- > base;) {
        if (h->names[i] != h->name_hash)
            continue;
        while (keep && h->open[keep - 1].base > i)
            keep--;
        pop_to(h, keep);
        h->n_names = (uint8_t)i;
        return true;
    }
    return false;
}

/* Pops up to and including the innermost `tag` inside the innermost template. */
static void close_open(struct html *h, enum html_tag tag)
{
    if (tag == TAG_TEMPLATE && h->more_templates) {
        h->more_templates--;
        h->templates--;
        return;
    }
    for (size_t i = h->n_open; i-- > 0;) {
        if (h->open[i].tag == tag) {
            pop_to(h, i);
            return;
        }
        if (h->open[i].tag == TAG_TEMPLATE)
            return;
    }
}

static void leave_foreign(struct html *h)
{
    while (is_foreign(h))
        pop_to(h, h->n_open - 1);
}

static void begin_doubt(struct html *h, size_t elements, bool stays)
{
    size_t n = h->doubt + elements;
    h->doubt = n < UINT8_MAX ? (uint8_t)n : UINT8_MAX;
    h->doubt_stays = h->doubt_stays || stays;
}

static void end_doubt(struct html *h, bool all)
{
    h->doubt = all || h->doubt == 0 ? 0 : (uint8_t)(h->doubt - 1);
    h->doubt_stays = h->doubt_stays && h->doubt;
}

static void set_mode(struct html *h, enum html_mode mode)
{
    h->mode = (uint8_t)mode;
    if (mode == MODE_BODY && h->o.head_only)
        h->done = true;
}

bool html_tree_cdata(const struct html *h)
{
    if (h->o.xml || h->n_open == 0 || h->unsure)
        return h->o.xml;
    const struct html_open *top = &h->open[h->n_open - 1];
    return is_foreign(h) || (top->tag != TAG_TEMPLATE && !top->content);
}

bool html_tree_wants(const struct html *h)
{
    if (h->o.start_tag || h->text_reader)
        return true;
    if (!h->name || h->pure || h->templates || h->mute)
        return false;
    enum html_tag tag = (enum html_tag)h->name->tag;
    if (h->images && (tag == TAG_IMG || tag == TAG_SOURCE || tag == TAG_VIDEO))
        return true;
    if (!is_foreign(h))
        return h->name->flags & NAME_REPORT;
    return tag == TAG_META || tag == TAG_A || tag == TAG_FONT || tag == TAG_ANNOTATION_XML;
}

static void begin_raw(struct html *h, struct slice name, unsigned flags)
{
    bool noscript = slice_eq(name, SLICE_OF("noscript"));
    html_raw_begin(h, name, false);
    if (flags & NAME_FALLBACK)
        html_inner_begin(h, noscript, noscript ? NO_SCRIPTS : FALLBACK);
    else if (h->doubt)
        html_inner_begin(h, false, NOT_SURE);
}

/* What is in a head's noscript does not belong there. */
static void break_noscript(struct html *h)
{
    set_mode(h, MODE_HEAD);
    begin_raw(h, SLICE_OF("noscript"), NAME_FALLBACK);
}

void html_tree_text(struct html *h)
{
    if (h->mode == MODE_HEAD_NOSCRIPT)
        break_noscript(h);
    else
        set_mode(h, MODE_BODY);
}

static struct page_statement statement(struct html *h, enum page_kind kind)
{
    return (struct page_statement){
        .kind = kind,
        .attr = h->attr,
        .n_attr = h->n_attr,
        .offset = h->lt_known ? h->tag_at : charset_offset(&h->run, h->lt),
        .in_head = h->o.xml ? h->mode == MODE_HEAD || h->mode == MODE_HEAD_NOSCRIPT
                            : h->mode != MODE_BODY,
        .in_noscript = h->mode == MODE_HEAD_NOSCRIPT || h->inner_noscript || h->xml_noscript,
        .cut = h->attr_cut,
        .attrs_cut = h->attrs_cut,
        .lenient = h->lenient           ? h->lenient
                   : h->xml_noscript    ? NO_SCRIPTS
                   : h->charset.misread ? HTML_MISREAD
                                        : NULL,
    };
}

static void report_image(struct html *h)
{
    enum html_tag tag = (enum html_tag)h->name->tag;
    if (tag != TAG_IMG && tag != TAG_SOURCE && tag != TAG_VIDEO &&
        (tag != TAG_LINK || !html_link_is_image(h)))
        return;
    struct page_statement s = statement(h, PAGE_IMAGE);
    s.of_media = tag == TAG_SOURCE || tag == TAG_VIDEO;
    h->o.page(h->o.ctx, &s);
}

static void report(struct html *h)
{
    static const struct {
        enum html_tag tag;
        enum page_kind kind;
    } kinds[] = {
        { TAG_META, PAGE_META }, { TAG_LINK, PAGE_LINK },   { TAG_A, PAGE_ANCHOR },
        { TAG_BASE, PAGE_BASE }, { TAG_AREA, PAGE_ANCHOR },
    };
    if (!h->wanted || !h->name || h->templates || h->mute || h->text_reader)
        return;
    if (h->images)
        report_image(h);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].tag != (enum html_tag)h->name->tag)
            continue;
        bool link = kinds[i].kind == PAGE_LINK || kinds[i].kind == PAGE_ANCHOR;
        if (link && !html_link_is_read(h))
            return;
        struct page_statement s = statement(h, kinds[i].kind);
        if (h->lenient && s.kind == PAGE_BASE)
            return; /* what is named elsewhere is named relative to the page's own */
        h->o.page(h->o.ctx, &s);
    }
}

/* The essence of a type attribute: without parameters and spaces. */
static struct slice essence(struct slice type)
{
    return slice_trim_space(slice_sub(type, 0, slice_find(type, ';')));
}

static bool is_json_ld(const struct html *h)
{
    return slice_eq_nocase(essence(html_attr(h, "type")), SLICE_OF("application/ld+json"));
}

/* A script of a type that somebody reads: its text is to be kept. */
static bool script_is_kept(struct html *h)
{
    if (!h->wanted || h->templates || h->mute || h->lenient || h->text_reader)
        return false;
    struct slice type = essence(html_attr(h, "type"));
    h->is_packet = h->o.packets && slice_eq_nocase(type, SLICE_OF("application/c2pa"));
    if (h->is_packet) {
        h->script = statement(h, PAGE_SCRIPT);
        return true;
    }
    if (!slice_eq_nocase(type, SLICE_OF("application/rsl+xml")) && !is_json_ld(h))
        return false;
    if (!h->text) /* most pages fill little of it */
        h->text = arena_take(h->arena, PAGE_SCRIPT_MAX);
    h->no_memory = h->no_memory || !h->text;
    h->script = statement(h, PAGE_SCRIPT);
    return h->text != NULL;
}

/* XML: the text of <script><![CDATA[ … ]]></script> is what is inside. */
static struct slice unwrap_cdata(struct slice s)
{
    static const struct slice open = SLICE("<![CDATA["), close = SLICE("]]>");
    struct slice t = slice_trim_space(s);
    if (t.n < open.n + close.n || memcmp(t.p, open.p, open.n) ||
        memcmp(t.p + t.n - close.n, close.p, close.n))
        return s;
    return slice_sub(t, open.n, t.n - open.n - close.n);
}

void html_tree_script(struct html *h, bool whole)
{
    if (h->raw_packet) {
        html_packet_end(h, whole);
        return;
    }
    size_t n = h->text_n;
    if (h->raw_ended)
        n -= 2u + h->raw_n;
    h->raw_kept = h->raw_ended = false;
    h->script.cut = h->script.cut || n > PAGE_SCRIPT_MAX || !whole;
    h->script.text = slice_of(h->text, n < PAGE_SCRIPT_MAX ? n : PAGE_SCRIPT_MAX);
    if (h->o.xml)
        h->script.text = unwrap_cdata(h->script.text);
    h->o.page(h->o.ctx, &h->script);
}

static void keep_script(struct html *h, bool kept)
{
    h->raw_kept = kept;
    if (kept)
        html_attrs_keep(h);
    if (kept && h->is_packet)
        html_packet_begin(h);
}

static void begin_script(struct html *h)
{
    bool kept = script_is_kept(h);
    html_raw_begin(h, SLICE_OF("script"), true);
    keep_script(h, kept);
    if (h->doubt && (!kept || (!h->is_packet && is_json_ld(h))))
        html_inner_begin(h, false, NOT_SURE);
}

/* A start tag while the head is open: moves on. False when the tag is used up
 * by that. */
static bool head_start(struct html *h, const struct html_name *name)
{
    if (h->mode == MODE_START && name->tag != TAG_HTML)
        set_mode(h, MODE_HEAD);
    if (name->tag == TAG_HTML || name->tag == TAG_HEAD)
        return false;
    if (h->mode == MODE_HEAD_NOSCRIPT) {
        if (!(name->flags & NAME_NOSCRIPT) && name->tag != TAG_NOSCRIPT)
            break_noscript(h);
        return name->flags & NAME_NOSCRIPT;
    }
    bool head = name->flags & NAME_HEAD;
    if (!head || (h->mode == MODE_AFTER_HEAD && name->tag == TAG_NOSCRIPT))
        set_mode(h, MODE_BODY);
    return true;
}

static void html_start(struct html *h, const struct html_name *name)
{
    struct html_open *point = integration_point(h);
    if (point && name->tag != TAG_SVG && name->tag != TAG_MATH) {
        point->content = true;
        if (!(name->flags & NAME_VOID) && !(name->flags & NAME_RAW) && name->tag != TAG_SCRIPT)
            push_name(h);
    }
    if (h->mode != MODE_BODY && h->templates == 0 && !head_start(h, name))
        return;
    if (h->done)
        return;
    report(h);
    switch (name->tag) {
    case TAG_TEMPLATE:
        if (!h->doubt) /* in an svg it is an element like others */
            push(h, TAG_TEMPLATE);
        break;
    case TAG_SVG:
    case TAG_MATH:
        if (!h->self_closing)
            push(h, (enum html_tag)name->tag);
        break;
    case TAG_SCRIPT:
        begin_script(h);
        break;
    case TAG_NOSCRIPT:
        if (h->mode == MODE_HEAD && h->templates == 0)
            h->mode = MODE_HEAD_NOSCRIPT;
        else if (!h->inner_noscript)
            begin_raw(h, SLICE_OF("noscript"), NAME_FALLBACK);
        break;
    case TAG_PLAINTEXT:
        if (h->doubt)
            break;
        h->state = HTML_PLAINTEXT;
        h->done = !h->text_reader;
        break;
    default:
        if (name->flags & NAME_RAW)
            begin_raw(h, slice_of(name->text, name->n), name->flags);
        h->raw_title = name->tag == TAG_TITLE && h->title_n == 0 && h->templates == 0 && !h->lenient;
        break;
    }
}

static bool breaks_out(const struct html *h, const struct html_name *name)
{
    if (name->tag == TAG_FONT)
        return html_has_attr(h, "color") || html_has_attr(h, "face") || html_has_attr(h, "size");
    return name->flags & NAME_BREAKOUT;
}

/* annotation-xml whose content is HTML. */
static bool annotation_is_html(const struct html *h)
{
    struct slice encoding = html_attr(h, "encoding");
    return slice_eq_nocase(encoding, SLICE_OF("text/html")) ||
           slice_eq_nocase(encoding, SLICE_OF("application/xhtml+xml"));
}

static void foreign_start(struct html *h, const struct html_name *name)
{
    enum html_tag tag = (enum html_tag)name->tag;
    if (tag == TAG_A || tag == TAG_IMG)
        report(h);
    if (h->self_closing)
        return;
    bool in_svg = h->open[h->n_open - 1].tag == TAG_SVG;
    if (tag == TAG_SVG || (tag == TAG_MATH && !in_svg) ||
             (in_svg && (tag == TAG_DESC || tag == TAG_TITLE || tag == TAG_FOREIGN_OBJECT)) ||
             (!in_svg && tag == TAG_MATH_TEXT) ||
             (!in_svg && tag == TAG_ANNOTATION_XML && annotation_is_html(h)))
        push(h, tag);
    else
        push_name(h);
}

/* XHTML: elements are what they look like, but nothing counts inside these. */
static void xml_start(struct html *h, const struct html_name *name)
{
    if (h->mute) {
        h->mute_depth += name == h->mute && !h->self_closing;
        return;
    }
    report(h);
    bool mute = name->flags & NAME_RAW;
    switch (name->tag) {
    case TAG_HEAD:
        if (h->mode == MODE_START)
            set_mode(h, h->self_closing ? MODE_BODY : MODE_HEAD);
        break;
    case TAG_BODY:
        set_mode(h, MODE_BODY);
        break;
    case TAG_NOSCRIPT:
        if (h->mode == MODE_HEAD && !h->self_closing)
            h->mode = MODE_HEAD_NOSCRIPT;
        else if (!h->self_closing)
            h->xml_noscript++;
        break;
    case TAG_SCRIPT:
        mute = true;
        if (!script_is_kept(h))
            break;
        mute = false;
        html_raw_begin(h, slice_of(h->saving ? h->tag : h->start, h->name_n), false);
        keep_script(h, true);
        if (h->self_closing) {
            h->state = HTML_DATA;
            html_tree_script(h, true);
        }
        break;
    case TAG_TEMPLATE:
        mute = true;
        break;
    default:
        break;
    }
    if (mute && !h->self_closing) {
        h->mute = name;
        h->mute_depth = 1;
    }
}

static void tree_start(struct html *h, const struct html_name *name)
{
    if (h->o.xml) {
        xml_start(h, name);
        return;
    }
    if (is_foreign(h)) {
        if (!breaks_out(h, name)) {
            foreign_start(h, name);
            return;
        }
        leave_foreign(h);
    } else if (h->doubt && !h->doubt_stays && (name->flags & NAME_BREAKOUT)) {
        end_doubt(h, true); /* the svg ends here, if it has not ended */
    }
    html_start(h, name);
}

void html_tree_start(struct html *h)
{
    bool muted = h->mute != NULL;
    if (h->pure)
        return;
    tree_start(h, h->name ? h->name : &no_name);
    if (h->text_reader && !muted)
        html_text_start(h);
}

static void head_end(struct html *h, const struct html_name *name)
{
    switch (name->tag) {
    case TAG_HEAD:
        if (h->mode == MODE_START || h->mode == MODE_HEAD)
            set_mode(h, MODE_AFTER_HEAD);
        break;
    case TAG_NOSCRIPT:
        if (h->mode == MODE_HEAD_NOSCRIPT)
            h->mode = MODE_HEAD;
        break;
    case TAG_BODY:
    case TAG_HTML:
        if (h->mode != MODE_HEAD_NOSCRIPT)
            set_mode(h, MODE_BODY);
        break;
    case TAG_BR:
        html_tree_text(h);
        break;
    default:
        break;
    }
}

/* True when the end tag has been dealt with. */
static bool foreign_end(struct html *h, const struct html_name *name)
{
    enum html_tag tag = (enum html_tag)name->tag;
    size_t before = h->n_open;
    if (tag == TAG_P || tag == TAG_BR) {
        leave_foreign(h);
        return false;
    }
    if (close_name(h))
        return true;
    if (name->flags & NAME_HTML) {
        leave_foreign(h);
        begin_doubt(h, before - h->n_open, false);
        return false;
    }
    close_open(h, tag);
    h->unsure = h->unsure || h->n_open == before;
    return true;
}

/* An end tag inside an integration point. While something is open in there, that of the point
 * closes nothing; but whether anything is, is known but roughly. */
static void point_end(struct html *h, const struct html_name *name)
{
    size_t before = h->n_open;
    struct html_open *point = integration_point(h);
    bool sure = !point->content || (h->n_names == point->base && !h->names_lost);
    bool plain = name->tag == TAG_OTHER || name->tag == TAG_IMG || name->tag == TAG_SOURCE ||
                 name->tag == TAG_VIDEO;
    if (close_name(h) || (name->flags & NAME_HTML) || plain)
        return;
    close_open(h, (enum html_tag)name->tag);
    if (!sure)
        begin_doubt(h, before - h->n_open, true);
}

static void xml_end(struct html *h, const struct html_name *name)
{
    if (h->mute) {
        if (name == h->mute && --h->mute_depth == 0)
            h->mute = NULL;
    } else if (name->tag == TAG_HEAD) {
        set_mode(h, MODE_BODY);
    } else if (name->tag == TAG_NOSCRIPT && h->xml_noscript) {
        h->xml_noscript--;
    } else if (name->tag == TAG_NOSCRIPT && h->mode == MODE_HEAD_NOSCRIPT) {
        h->mode = MODE_HEAD;
    }
}

static void tree_end(struct html *h, const struct html_name *name)
{
    if (h->o.xml) {
        xml_end(h, name);
        return;
    }
    if (name->tag == TAG_TEMPLATE) {
        close_open(h, TAG_TEMPLATE);
        return;
    }
    if (h->doubt && h->n_open == 0 && (name->tag == TAG_SVG || name->tag == TAG_MATH))
        end_doubt(h, false);
    if (is_foreign(h) && foreign_end(h, name))
        return;
    if (integration_point(h))
        point_end(h, name);
    else if (h->mode != MODE_BODY && h->templates == 0)
        head_end(h, name);
}

void html_tree_end(struct html *h)
{
    bool muted = h->mute != NULL;
    if (h->from_raw && h->raw_kept)
        html_tree_script(h, true);
    if (h->from_raw && h->text_reader)
        html_text_raw_end(h);
    if (h->from_raw || h->pure)
        return;
    tree_end(h, h->name ? h->name : &no_name);
    if (!h->text_reader || h->mute)
        return;
    if (muted)
        html_text_raw_end(h);
    else
        html_text_end(h);
}
