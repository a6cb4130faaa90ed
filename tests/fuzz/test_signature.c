/* Secrets and signature headers: lines "secrets", "id", "timestamp" and
 * "signatures", then the body.
 *
 * What is accepted is exactly what we would have signed; what we sign is
 * accepted, and with one byte changed it is not. */
#include "shared/signature.h"
#include "tests/fuzz/fuzz.h"

#define NOW 1700000000
#define TOLERANCE 300

static bool is_separator(char c)
{
    return c == ' ' || c == ',' || c == '\t' || c == '\n' || c == '\r';
}

/* The words of the secrets must not be told. */
static void check_error(const char *secrets, const struct error *err)
{
    FUZZ_CHECK(err->kind == ERROR_INPUT, "%d", err->kind);
    FUZZ_CHECK(err->text[0] != '\0' && strchr(err->text, '\n') == NULL, "%s",
               err->text);
    for (const char *at = secrets; *at != '\0';) {
        size_t size = 0;
        while (at[size] != '\0' && !is_separator(at[size]))
            size++;
        FUZZ_CHECK(size < 16 ||
                       memmem(err->text, strlen(err->text), at, size) == NULL,
                   "%s", err->text);
        at += size > 0 ? size : 1;
    }
}

static void check_keys(const struct signature_keys *keys)
{
    FUZZ_CHECK(keys->count >= 1 && keys->count <= SIGNATURE_KEYS_MAX, "%zu",
               keys->count);
    for (size_t i = 0; i < keys->count; i++)
        FUZZ_CHECK(keys->keys[i].size >= SIGNATURE_KEY_BYTES_MIN &&
                       keys->keys[i].size <= SIGNATURE_KEY_BYTES_MAX,
                   "%zu", keys->keys[i].size);
}

static bool is_word_of(struct slice words, struct slice word)
{
    for (size_t start = 0; start < words.size;) {
        size_t end = start;
        while (end < words.size && words.data[end] != ' ')
            end++;
        if (slice_equal((struct slice){words.data + start, end - start}, word))
            return true;
        start = end + 1;
    }
    return false;
}

/* Between blanks there stands what the key of that position makes. */
static void check_accepted(struct signature_verifier *verifier, size_t key,
                           const struct signature_claim *claim)
{
    struct buffer ours;

    buffer_init(&ours, 1024);
    signature_sign(verifier, key, claim, &ours);
    FUZZ_CHECK(is_word_of(claim->signatures, buffer_slice(&ours)),
               "key %zu makes %.*s of %.*s", key,
               SLICE_PRINT(buffer_slice(&ours)),
               SLICE_PRINT(claim->signatures));
    buffer_release(&ours);
}

static int verify(struct signature_verifier *verifier,
                  const struct signature_claim *claim)
{
    struct error err;
    int key = signature_verify(verifier, claim, NOW, TOLERANCE, &err);

    FUZZ_CHECK(key >= 0 || err.kind == ERROR_ACCESS, "%d", err.kind);
    return key;
}

static void sign_and_verify(struct signature_verifier *verifier, size_t keys,
                            const struct signature_claim *claim)
{
    struct signature_claim ours = *claim;
    struct buffer signature;

    buffer_init(&signature, 1024);
    ours.timestamp = slice_of("1699999701");
    signature_sign(verifier, keys - 1, &ours, &signature);
    ours.signatures = buffer_slice(&signature);
    FUZZ_CHECK(verify(verifier, &ours) >= 0, "%.*s",
               SLICE_PRINT(ours.signatures));
    ours.timestamp = slice_of("1699999699");
    FUZZ_CHECK(verify(verifier, &ours) == -1, "too old");
    ours.timestamp = slice_of("1699999702");
    FUZZ_CHECK(verify(verifier, &ours) == -1, "another time");
    buffer_release(&signature);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct slice line = fuzz_line(&input);
    char *secrets = memory_copy(line.data, line.size);
    struct signature_claim claim = {.id = fuzz_line(&input)};
    struct signature_keys keys = {.count = 0};
    struct signature_verifier *verifier;
    struct error err;

    claim.timestamp = fuzz_line(&input);
    claim.signatures = fuzz_line(&input);
    claim.body = fuzz_rest(&input);
    if (signature_keys_init(&keys, secrets, &err) != 0) {
        check_error(secrets, &err);
    } else {
        check_keys(&keys);
        verifier = signature_verifier_new(&keys);
        int key = verify(verifier, &claim);
        if (key >= 0)
            check_accepted(verifier, (size_t)key, &claim);
        sign_and_verify(verifier, keys.count, &claim);
        signature_verifier_free(verifier);
    }
    signature_keys_release(&keys);
    free(secrets);
    fuzz_free(line);
    fuzz_free(claim.id);
    fuzz_free(claim.timestamp);
    fuzz_free(claim.signatures);
    fuzz_free(claim.body);
    return 0;
}
