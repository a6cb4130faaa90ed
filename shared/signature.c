#include "shared/signature.h"

#include "shared/memory.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

#define DIGEST_BYTES 32
#define DIGEST_TEXT_BYTES 44
#define SECRET_TEXT_MAX 352 /* base64 of 256 bytes and some */

struct signature_verifier {
    EVP_MAC *mac;
    EVP_MAC_CTX *contexts[SIGNATURE_KEYS_MAX];
    size_t count;
};

/* Standard base64 with its padding, else -1; `out` has room for text.size / 4
 * * 3 bytes.  Canonical: what it decodes to encodes to it; else the spare bits
 * of the last digit may be anything. */
static int decode_base64(struct slice text, bool is_canonical,
                         unsigned char *out)
{
    unsigned char again[SECRET_TEXT_MAX / 4 * 4 + 8];
    size_t end = text.size;
    int size;

    if (text.size == 0 || text.size % 4 != 0 || text.size >= sizeof(again))
        return -1;
    size =
        EVP_DecodeBlock(out, (const unsigned char *)text.data, (int)text.size);
    if (size < 0)
        return -1;
    for (; text.data[end - 1] == '=' && size > 0; end--)
        size--;
    if (EVP_EncodeBlock(again, out, size) != (int)text.size)
        return -1;
    if (!is_canonical)
        again[end - 1] = (unsigned char)text.data[end - 1];
    return CRYPTO_memcmp(again, text.data, text.size) == 0 ? size : -1;
}

static int add_key(struct signature_keys *keys, struct slice secret,
                   struct error *err)
{
    char padded[SECRET_TEXT_MAX + 4];
    unsigned char bytes[SECRET_TEXT_MAX];
    struct slice text = {padded, 0};
    int size;

    if (slice_starts_with(secret, "whsec_"))
        secret.data += 6, secret.size -= 6;
    if (keys->count == SIGNATURE_KEYS_MAX)
        return error_set(err, ERROR_INPUT, "more than %d secrets",
                         SIGNATURE_KEYS_MAX);
    if (secret.size > SECRET_TEXT_MAX - 4)
        return error_set(err, ERROR_INPUT, "secret %zu is too long",
                         keys->count + 1);
    memcpy(padded, secret.data, secret.size);
    for (text.size = secret.size; text.size % 4 != 0; text.size++)
        padded[text.size] = '=';
    size = decode_base64(text, false, bytes);
    OPENSSL_cleanse(padded, sizeof(padded));
    if (size < SIGNATURE_KEY_BYTES_MIN || size > SIGNATURE_KEY_BYTES_MAX)
        return error_set(err, ERROR_INPUT, "secret %zu is not one",
                         keys->count + 1);
    memcpy(keys->keys[keys->count].bytes, bytes, (size_t)size);
    keys->keys[keys->count++].size = (size_t)size;
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return 0;
}

int signature_keys_init(struct signature_keys *keys, const char *secrets,
                        struct error *err)
{
    static const char separators[] = ", \t\r\n";

    memset(keys, 0, sizeof(*keys));
    for (;;) {
        size_t size;
        secrets += strspn(secrets, separators);
        size = strcspn(secrets, separators);
        if (size == 0)
            break;
        if (add_key(keys, (struct slice){secrets, size}, err) != 0)
            return -1;
        secrets += size;
    }
    if (keys->count == 0)
        return error_set(err, ERROR_INPUT, "no secret");
    return 0;
}

void signature_keys_release(struct signature_keys *keys)
{
    OPENSSL_cleanse(keys, sizeof(*keys));
}

static EVP_MAC_CTX *context_new(EVP_MAC *mac, const struct signature_key *key)
{
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end()};
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);

    if (context == NULL ||
        EVP_MAC_init(context, key->bytes, key->size, parameters) != 1)
        abort(); /* no HMAC in this OpenSSL: nothing can be verified */
    return context;
}

struct signature_verifier *
signature_verifier_new(const struct signature_keys *keys)
{
    struct signature_verifier *verifier = memory_new(sizeof(*verifier));

    verifier->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    verifier->count = keys->count;
    for (size_t i = 0; i < keys->count; i++)
        verifier->contexts[i] = context_new(verifier->mac, &keys->keys[i]);
    return verifier;
}

void signature_verifier_free(struct signature_verifier *verifier)
{
    if (verifier == NULL)
        return;
    for (size_t i = 0; i < verifier->count; i++)
        EVP_MAC_CTX_free(verifier->contexts[i]);
    EVP_MAC_free(verifier->mac);
    free(verifier);
}

static void digest(EVP_MAC_CTX *context, const struct signature_claim *claim,
                   unsigned char out[DIGEST_BYTES])
{
    size_t size;
    struct slice parts[] = {claim->id, slice_of("."), claim->timestamp,
                            slice_of("."), claim->body};

    EVP_MAC_init(context, NULL, 0, NULL); /* the same key once more */
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        EVP_MAC_update(context, (const unsigned char *)parts[i].data,
                       parts[i].size);
    EVP_MAC_final(context, out, &size, DIGEST_BYTES);
}

/* Decimal digits only; false where `text` is anything else. */
static bool parse_timestamp(struct slice text, uint64_t *ret_seconds)
{
    uint64_t seconds = 0;

    if (text.size < 1 || text.size > 19)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        seconds = seconds * 10 + (uint64_t)(text.data[i] - '0');
    }
    *ret_seconds = seconds;
    return true;
}

static bool is_recent(struct slice timestamp, int64_t now_s,
                      int64_t tolerance_s)
{
    uint64_t then, now = (uint64_t)now_s, apart;

    if (!parse_timestamp(timestamp, &then))
        return false;
    apart = then > now ? then - now : now - then;
    return apart <= (uint64_t)tolerance_s;
}

/* The next "v1" entry of the list as a digest; false at its end. */
static bool next_signature(struct slice *list, unsigned char *out)
{
    while (list->size > 0) {
        const char *blank = memchr(list->data, ' ', list->size);
        size_t size = blank != NULL ? (size_t)(blank - list->data) : list->size;
        struct slice entry = {list->data, size};

        size += blank != NULL;
        list->data += size;
        list->size -= size;
        if (entry.size != 3 + DIGEST_TEXT_BYTES ||
            !slice_starts_with(entry, "v1,"))
            continue;
        entry.data += 3, entry.size -= 3;
        if (decode_base64(entry, true, out) == DIGEST_BYTES)
            return true;
    }
    return false;
}

static int match(const struct signature_verifier *verifier,
                 const struct signature_claim *claim)
{
    unsigned char digests[SIGNATURE_KEYS_MAX][DIGEST_BYTES];
    unsigned char given[DIGEST_TEXT_BYTES];
    struct slice list = claim->signatures;

    for (size_t i = 0; i < verifier->count; i++)
        digest(verifier->contexts[i], claim, digests[i]);
    while (next_signature(&list, given))
        for (size_t i = 0; i < verifier->count; i++)
            if (CRYPTO_memcmp(given, digests[i], DIGEST_BYTES) == 0)
                return (int)i;
    return -1;
}

int signature_verify(struct signature_verifier *verifier,
                     const struct signature_claim *claim, int64_t now_s,
                     int64_t tolerance_s, struct error *err)
{
    int key = -1;

    if (is_recent(claim->timestamp, now_s, tolerance_s))
        key = match(verifier, claim);
    if (key < 0)
        return error_set(err, ERROR_ACCESS, "invalid signature");
    return key;
}

void signature_sign(struct signature_verifier *verifier, size_t key,
                    const struct signature_claim *claim, struct buffer *out)
{
    unsigned char bytes[DIGEST_BYTES];
    unsigned char text[DIGEST_TEXT_BYTES + 1];

    digest(verifier->contexts[key], claim, bytes);
    EVP_EncodeBlock(text, bytes, DIGEST_BYTES);
    buffer_add_format(out, "v1,%s", (const char *)text);
}
