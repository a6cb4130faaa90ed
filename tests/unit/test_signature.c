/* Svix signatures: the published vectors, what the official suites try, and
 * what they do not. */
#include "shared/signature.h"

#include "shared/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The vector that all suites share, and the one of the Rust suite. */
#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define ID "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define TIME 1614265330
#define STAMP "1614265330"
#define BODY "{\"test\": 2432232314}"
#define DIGEST "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
#define SIGNATURE "v1," DIGEST

#define RUST_SECRET "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
#define RUST_ID "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk"
#define RUST_TIME 1649367553
#define RUST_STAMP "1649367553"
#define RUST_BODY "{\"email\":\"test@example.com\",\"username\":\"test_user\"}"
#define RUST_SIGNATURE "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="

static struct signature_verifier *verifier_of(const char *secrets)
{
    struct signature_keys keys;
    struct signature_verifier *verifier;
    struct error err;

    assert_int_equal(signature_keys_init(&keys, secrets, &err), 0);
    verifier = signature_verifier_new(&keys);
    signature_keys_release(&keys);
    return verifier;
}

static void assert_signs(const char *secret, struct signature_claim claim,
                         const char *signature)
{
    struct signature_verifier *verifier = verifier_of(secret);
    struct buffer out;

    buffer_init(&out, 100);
    signature_sign(verifier, 0, &claim, &out);
    assert_string_equal(out.data, signature);
    buffer_release(&out);
    signature_verifier_free(verifier);
}

static void published_signatures_are_made(void **state)
{
    static const struct {
        const char *secret, *id, *timestamp, *body, *signature;
    } vectors[] = {
        {SECRET, ID, STAMP, BODY, SIGNATURE},
        {&SECRET[6], ID, STAMP, BODY, SIGNATURE},
        {RUST_SECRET, RUST_ID, RUST_STAMP, RUST_BODY, RUST_SIGNATURE},
        {SECRET, ID, STAMP, "",
         "v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A="},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++)
        assert_signs(vectors[i].secret,
                     (struct signature_claim){
                         .id = slice_of(vectors[i].id),
                         .timestamp = slice_of(vectors[i].timestamp),
                         .body = slice_of(vectors[i].body)},
                     vectors[i].signature);
}

static void large_bodies_are_signed(void **state)
{
    static const struct {
        size_t size;
        const char *signature;
    } vectors[] = {
        {1048576, "v1,txpEUxqWZJ5nteTnymUVa+7C4NHpBeXJ6CsBAW0c3/A="},
        {262144, "v1,Mw4Pe2WgApuT7NSqnSq0PQPV9gbLdggCl9B865x5Xh0="},
        {262143, "v1,NTItnqyWMoFhk2Bbe5V/BMdcFRWgcSQaTgqLHX7FC7c="},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        char *body = memset(memory_new(vectors[i].size), 'a', vectors[i].size);
        assert_signs(SECRET,
                     (struct signature_claim){.id = slice_of(ID),
                                              .timestamp = slice_of(STAMP),
                                              .body = {body, vectors[i].size}},
                     vectors[i].signature);
        free(body);
    }
}

/* One row: what differs from a valid request; `now` is apart from its time. */
static const struct {
    const char *about;
    const char *id, *timestamp, *body, *signatures;
    int64_t apart_s;
    bool is_good;
} cases[] = {
    {"valid", ID, STAMP, BODY, SIGNATURE, 0, true},
    {"five minutes old", ID, STAMP, BODY, SIGNATURE, 300, true},
    {"five minutes early", ID, STAMP, BODY, SIGNATURE, -300, true},
    {"too old", ID, STAMP, BODY, SIGNATURE, 301, false},
    {"too early", ID, STAMP, BODY, SIGNATURE, -301, false},
    {"another id", "msg_invalid", STAMP, BODY, SIGNATURE, 0, false},
    {"another time", ID, "1614265331", BODY, SIGNATURE, 0, false},
    {"another body", ID, STAMP, BODY " ", SIGNATURE, 0, false},
    {"no body", ID, STAMP, "", SIGNATURE, 0, false},
    /* Timestamps. */
    {"hello", ID, "hello", BODY, SIGNATURE, 0, false},
    {"empty", ID, "", BODY, SIGNATURE, 0, false},
    {"plus", ID, "+" STAMP, BODY, SIGNATURE, 0, false},
    {"minus", ID, "-1", BODY, SIGNATURE, 0, false},
    {"blank before", ID, " " STAMP, BODY, SIGNATURE, 0, false},
    {"fraction", ID, STAMP ".0", BODY, SIGNATURE, 0, false},
    {"exponent", ID, "1.614265330e9", BODY, SIGNATURE, 0, false},
    {"hexadecimal", ID, "0x6037b932", BODY, SIGNATURE, 0, false},
    {"underscore", ID, "1_614_265_330", BODY, SIGNATURE, 0, false},
    {"letters behind", ID, STAMP "abc", BODY, SIGNATURE, 0, false},
    {"zeros before: another text", ID, "0" STAMP, BODY, SIGNATURE, 0, false},
    {"20 digits", ID, "0000000000" STAMP, BODY, SIGNATURE, 0, false},
    {"beyond 2^63", ID, "9999999999999999999", BODY, SIGNATURE, 0, false},
    /* Lists. */
    {"another before", ID, STAMP, BODY,
     "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= "
     "v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= " SIGNATURE
     " v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=",
     0, true},
    {"blanks around", ID, STAMP, BODY, "  " SIGNATURE "  ", 0, true},
    {"bad entries before", ID, STAMP, BODY,
     "v1 v1, ,x v1a,x v1,AAAA v1,!!! " SIGNATURE, 0, true},
    {"none of them", ID, STAMP, BODY,
     "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= "
     "v2," DIGEST " v1a," DIGEST,
     0, false},
    {"empty list", ID, STAMP, BODY, "", 0, false},
    {"only blanks", ID, STAMP, BODY, "   ", 0, false},
    {"commas between", ID, STAMP, BODY, "v1,AAAA," SIGNATURE, 0, false},
    {"a tab between", ID, STAMP, BODY, "v1,AAAA\t" SIGNATURE, 0, false},
    /* Entries. */
    {"version 2", ID, STAMP, BODY, "v2," DIGEST, 0, false},
    {"version in capitals", ID, STAMP, BODY, "V1," DIGEST, 0, false},
    {"no version", ID, STAMP, BODY, DIGEST, 0, false},
    {"no comma", ID, STAMP, BODY, "v1" DIGEST, 0, false},
    {"a third part", ID, STAMP, BODY, SIGNATURE ",x", 0, false},
    {"empty", ID, STAMP, BODY, "v1,", 0, false},
    {"partial", ID, STAMP, BODY, "v1,g0hM9SsE", 0, false},
    {"last character", ID, STAMP, BODY,
     "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=", 0, false},
    {"the same bits, not canonical", ID, STAMP, BODY,
     "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF=", 0, false},
    {"no padding", ID, STAMP, BODY,
     "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE", 0, false},
    {"more padding", ID, STAMP, BODY, SIGNATURE "=", 0, false},
    {"base64 for URLs", ID, STAMP, BODY,
     "v1,g0hM9SsE-OTPJTGt_tmIKtSyZlE3uFJELVlNIOLJ1OE=", 0, false},
    {"a line end inside", ID, STAMP, BODY,
     "v1,g0hM9SsE+OTPJTGt/tmIKtSy\nZlE3uFJELVlNIOLJ1OE=", 0, false},
    {"words", ID, STAMP, BODY, "v1,invalid_signature", 0, false},
    {"no base64", ID, STAMP, BODY, "v1,dawfeoifkpqwoekfpqoekf", 0, false},
};

static void what_is_signed_and_what_is_not(void **state)
{
    struct signature_verifier *verifier = verifier_of(SECRET);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct signature_claim claim = {
            .id = slice_of(cases[i].id),
            .timestamp = slice_of(cases[i].timestamp),
            .signatures = slice_of(cases[i].signatures),
            .body = slice_of(cases[i].body)};
        struct error err = {.kind = ERROR_NONE};
        int key = signature_verify(verifier, &claim, TIME + cases[i].apart_s,
                                   300, &err);
        if (key != (cases[i].is_good ? 0 : -1))
            fail_msg("%s: %d", cases[i].about, key);
        if (cases[i].is_good)
            continue;
        assert_int_equal(err.kind, ERROR_ACCESS);
        assert_string_equal(err.text, "invalid signature");
    }
    signature_verifier_free(verifier);
}

static const struct signature_claim good = {{ID, sizeof(ID) - 1},
                                            {STAMP, sizeof(STAMP) - 1},
                                            {SIGNATURE, sizeof(SIGNATURE) - 1},
                                            {BODY, sizeof(BODY) - 1}};

static void any_tolerance(void **state)
{
    static const struct {
        int64_t tolerance_s, apart_s;
        bool is_good;
    } rows[] = {
        {900, 600, true},
        {900, -600, true},
        {60, 120, false},
        {60, -120, false},
        {0, 0, true},
        {0, 1, false},
        {0, -1, false},
        {9999999999, 1000000000, true},
        {9999999999, -TIME, true},
        {TIME - 1, -TIME, false},
    };
    struct signature_verifier *verifier = verifier_of(SECRET);
    struct error err;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(signature_verify(verifier, &good,
                                          TIME + rows[i].apart_s,
                                          rows[i].tolerance_s, &err),
                         rows[i].is_good ? 0 : -1);
    signature_verifier_free(verifier);
}

static void the_vector_of_the_rust_suite(void **state)
{
    static const char list[] =
        "v1,tFtCZ5RDCPxzWQRWXWPgrCgE2frDBe9gjpbWQxnVfsQ= "
        "v1,Mm7xgUVICxZfQ3bgf0h0Dof65L/IFx+PnZvnDWPCX6Q= " RUST_SIGNATURE
        " v1,9DfC1c3eeOrXB6w/5dIDydLNQaEyww5KalE5jLBZucE=";
    struct signature_verifier *verifier = verifier_of(RUST_SECRET);
    struct signature_claim claim = {.id = slice_of(RUST_ID),
                                    .timestamp = slice_of(RUST_STAMP),
                                    .signatures = slice_of(list),
                                    .body = slice_of(RUST_BODY)};
    struct error err;

    (void)state;
    assert_int_equal(signature_verify(verifier, &claim, RUST_TIME, 300, &err),
                     0);
    claim.signatures =
        slice_of("v1,R3PTzyfHASBKHH98a7yexTwaJ4yNIcGhFQc1yuN+BPU=");
    assert_int_equal(signature_verify(verifier, &claim, RUST_TIME, 300, &err),
                     -1);
    signature_verifier_free(verifier);
}

static void the_key_that_matched_is_told(void **state)
{
    static const struct {
        const char *secrets;
        int key;
    } rows[] = {
        {SECRET, 0},
        {RUST_SECRET " " SECRET, 1},
        {RUST_SECRET "," SECRET, 1},
        {" , " RUST_SECRET " ,\n" SECRET "\t,", 1},
        {SECRET " " RUST_SECRET, 0},
        {RUST_SECRET, -1},
    };
    struct error err;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct signature_verifier *verifier = verifier_of(rows[i].secrets);
        assert_int_equal(signature_verify(verifier, &good, TIME, 300, &err),
                         rows[i].key);
        assert_int_equal(signature_verify(verifier, &good, TIME, 300, &err),
                         rows[i].key); /* a verifier can be used again */
        signature_verifier_free(verifier);
    }
}

static void a_body_of_any_bytes(void **state)
{
    static const char bytes[] = "a\0b\xff\xfe\r\n";
    struct signature_verifier *verifier = verifier_of(SECRET);
    struct signature_claim claim = {.id = slice_of(ID),
                                    .timestamp = slice_of(STAMP),
                                    .body = {bytes, sizeof(bytes) - 1}};
    struct buffer out;
    struct error err;

    (void)state;
    buffer_init(&out, 100);
    signature_sign(verifier, 0, &claim, &out);
    claim.signatures = buffer_slice(&out);
    assert_int_equal(signature_verify(verifier, &claim, TIME, 0, &err), 0);
    claim.body.size--;
    assert_int_equal(signature_verify(verifier, &claim, TIME, 0, &err), -1);
    buffer_release(&out);
    signature_verifier_free(verifier);
}

#define A32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define A320 A32 A32 A32 A32 A32 A32 A32 A32 A32 A32

static const struct {
    const char *secret;
    size_t size; /* of the key; 0: refused */
} secrets[] = {
    {SECRET, 24},
    {&SECRET[6], 24},
    /* Padding is optional: 0, 1 and 2 of it. */
    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS=", 23},
    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", 23},
    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaQ", 23},
    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwBg==", 25},
    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwBg", 25},
    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwBr", 25},
    {"whsec_dGVzdF9zaWduaW5nX3NlY3JldF8zMl9jaGFyc19sb25n", 33},
    {"AAAAAAAAAAAAAAAAAAAAAA==", 16},
    {"AAAAAAAAAAAAAAAAAAAAAA", 16},
    {"AAAAAAAAAAAAAAAAAAAA", 0}, /* 15 bytes */
    {A320 "AAAAAAAAAAAAAAAAAAAAAA", 256},
    {A320 "AAAAAAAAAAAAAAAAAAAAAAA", 0}, /* 257 */
    {A320 A32 A32 A32 A32 A32 A32, 0},
    {"", 0},
    {" , ", 0},
    {"w", 0},
    {"whsec_", 0},
    {"whsec_%", 0},
    {"whsec_wronglength", 0},
    {"hwsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", 0},
    {"whsec_whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 0},
    {"whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2Hw", 0},
    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS-", 0},
    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS_", 0},
    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS\v", 0},
    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw=", 0},
    {"whsec_MfKQ9r8GKYqrTwjU=PD8ILPZIo2LaLaSw", 0},
    {SECRET " x", 0},
};

static void what_is_a_secret(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(secrets); i++) {
        struct signature_keys keys;
        struct error err;
        int result = signature_keys_init(&keys, secrets[i].secret, &err);
        if ((result == 0) != (secrets[i].size > 0))
            fail_msg("%s: %d", secrets[i].secret, result);
        if (result == 0) {
            assert_int_equal(keys.count, 1);
            assert_int_equal(keys.keys[0].size, secrets[i].size);
        } else {
            assert_int_equal(err.kind, ERROR_INPUT);
            assert_null(strstr(err.text, "MfKQ"));
        }
        signature_keys_release(&keys);
    }
}

static void at_most_sixteen_secrets(void **state)
{
    struct signature_keys keys;
    struct buffer text;
    struct error err;

    (void)state;
    buffer_init(&text, 4096);
    for (int i = 0; i < SIGNATURE_KEYS_MAX; i++)
        buffer_add_text(&text, SECRET " ");
    assert_int_equal(signature_keys_init(&keys, text.data, &err), 0);
    assert_int_equal(keys.count, SIGNATURE_KEYS_MAX);
    buffer_add_text(&text, SECRET);
    assert_int_equal(signature_keys_init(&keys, text.data, &err), -1);
    buffer_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_signatures_are_made),
        cmocka_unit_test(large_bodies_are_signed),
        cmocka_unit_test(what_is_signed_and_what_is_not),
        cmocka_unit_test(any_tolerance),
        cmocka_unit_test(the_vector_of_the_rust_suite),
        cmocka_unit_test(the_key_that_matched_is_told),
        cmocka_unit_test(a_body_of_any_bytes),
        cmocka_unit_test(what_is_a_secret),
        cmocka_unit_test(at_most_sixteen_secrets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
