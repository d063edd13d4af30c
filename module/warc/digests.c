/* SPDX-License-Identifier: Apache-2.0 */
#include "warc/digests.h"

#include "core/hex.h"

#include <openssl/evp.h>

static const struct {
    const char *name, *algorithm;
    size_t n;
} algorithms[] = {
    { "sha1", "SHA1", 20 },     { "sha-1", "SHA1", 20 },     { "sha256", "SHA256", 32 },
    { "sha-256", "SHA256", 32 }, { "sha512", "SHA512", 64 }, { "sha-512", "SHA512", 64 },
    { "md5", "MD5", 16 },
};

const char *warc_check_name(enum warc_check c)
{
    static const char *const names[] = { NULL, "ok", "dechunked", "mismatch", "unknown" };
    return names[c];
}

static int base32_value(uint8_t c)
{
    c = ascii_lower(c);
    return ascii_is_alpha(c) ? c - 'a' : c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

static bool read_base32(struct slice s, uint8_t *out, size_t n)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t to = 0;
    for (size_t i = 0; i < s.n && to < n; i++) {
        int v = base32_value(s.p[i]);
        if (v < 0)
            return false;
        bits = bits << 5 | (uint32_t)v;
        have += 5;
        if (have >= 8) {
            have -= 8;
            out[to++] = (uint8_t)(bits >> have);
        }
    }
    return to == n;
}

static bool read_hex(struct slice s, uint8_t *out)
{
    for (size_t i = 0; i < s.n; i += 2) {
        int high = hex_value(s.p[i]), low = hex_value(s.p[i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i / 2] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* The length tells the form: of SHA-1 alone 40 hex, 32 base32 and 28 base64 characters. */
static bool read_value(struct warc_digest *d, struct slice s)
{
    size_t n = d->n, padded = s.n;
    while (s.n && s.p[s.n - 1] == '=')
        s.n--;
    if (padded == 2 * n)
        return read_hex(s, d->value);
    if (s.n == (8 * n + 4) / 5)
        return read_base32(s, d->value, n);
    if (s.n != (4 * n + 2) / 3 || s.n > 88)
        return false;
    uint8_t text[96], out[WARC_DIGEST_MAX + 3];
    memcpy(text, s.p, s.n);
    for (padded = s.n; padded % 4; padded++)
        text[padded] = '=';
    if (EVP_DecodeBlock(out, text, (int)padded) < 0)
        return false;
    memcpy(d->value, out, n);
    return true;
}

bool warc_digest_read(struct warc_digest *d, struct slice text)
{
    *d = (struct warc_digest){ .algorithm = NULL };
    size_t colon = slice_find(text, ':');
    struct slice name = slice_sub(text, 0, colon);
    if (colon == text.n)
        return false;
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        if (!slice_eq_nocase(name, slice_cstr(algorithms[i].name)))
            continue;
        d->n = algorithms[i].n;
        if (read_value(d, slice_trim_space(slice_from(text, colon + 1))))
            d->algorithm = algorithms[i].algorithm;
    }
    return d->algorithm;
}

struct warc_hash *warc_hash_open(const struct warc_digest *like)
{
    EVP_MD_CTX *c = like->algorithm ? EVP_MD_CTX_new() : NULL;
    if (c && EVP_DigestInit_ex(c, EVP_get_digestbyname(like->algorithm), NULL) != 1) {
        EVP_MD_CTX_free(c);
        c = NULL;
    }
    return (struct warc_hash *)c;
}

void warc_hash_feed(struct warc_hash *h, struct slice bytes)
{
    if (h && bytes.n)
        EVP_DigestUpdate((EVP_MD_CTX *)h, bytes.p, bytes.n);
}

bool warc_hash_close(struct warc_hash *h, const struct warc_digest *like)
{
    uint8_t value[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    bool ok = h && EVP_DigestFinal_ex((EVP_MD_CTX *)h, value, &n) == 1;
    EVP_MD_CTX_free((EVP_MD_CTX *)h);
    return ok && n == like->n && memcmp(value, like->value, n) == 0;
}

void warc_sha1_text(struct slice bytes, char out[WARC_SHA1_TEXT])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint8_t value[EVP_MAX_MD_SIZE] = { 0 };
    unsigned n = 0;
    char *to = out + 5;
    memcpy(out, "sha1:", 5);
    if (EVP_Digest(bytes.p, bytes.n, value, &n, EVP_sha1(), NULL) != 1)
        n = 0;
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < 20; i++) {
        bits = bits << 8 | value[i];
        for (have += 8; have >= 5; have -= 5)
            *to++ = digits[bits >> (have - 5) & 31];
    }
    *to = '\0';
}
