/* The audit of a request's head, fed with the pieces into which libmicrohttpd
 * 0.9.75 would cut it. */
#include "tests/unit/cut_head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct head cut(struct received *from, const char *text, size_t size)
{
    struct head head;

    assert_true(size < HEAD_BYTES);
    received_init(from, (struct slice){text, size});
    assert_true(received_cut(from, &head));
    return head;
}

#define LINE "POST /webhook HTTP/1.1\r\n"
#define FINE "Host: x\r\nContent-Length: 5\r\n"

static const struct {
    const char *text;
    size_t size;
    enum outcome outcome;
} heads[] = {
#define HEAD(text, outcome)                                                    \
    {                                                                          \
        text, sizeof(text) - 1, OUTCOME_##outcome                              \
    }
    HEAD(LINE FINE "\r\n", OPEN),
    HEAD("POST /webhook?a=%20b HTTP/1.1\r\n" FINE "\r\n", OPEN),
    HEAD(LINE FINE "X:\r\nY: \t z\t \r\n\r\n", OPEN),
    HEAD(LINE FINE "X: a\tb\xff\r\n\r\n", OPEN),
    HEAD(LINE "HOST:x\r\ncontent-LENGTH:5 \r\n\r\n", OPEN),
    /* What HTTP says of lengths. */
    HEAD(LINE "Host: x\r\n\r\n", FLAWED),
    HEAD(LINE FINE "Content-Length: 5\r\n\r\n", FLAWED),
    HEAD(LINE FINE "Transfer-Encoding: chunked\r\n\r\n", FLAWED),
    HEAD(LINE FINE "Transfer-Encoding:\r\n\r\n", FLAWED),
    HEAD(LINE "Host: x\r\nTransfer-Encoding: chunked\r\n\r\n", NO_LENGTH),
    HEAD(LINE "Host: x\r\nTransfer-Encoding: gzip\r\n\r\n", NO_LENGTH),
    HEAD(LINE "Transfer-Encoding: chunked\r\n\r\n", FLAWED),
    HEAD(LINE "Host: x\r\nContent-Length: +5\r\n\r\n", FLAWED),
    HEAD(LINE "Host: x\r\nContent-Length: 5,5\r\n\r\n", FLAWED),
    HEAD(LINE "Host: x\r\nContent-Length:\r\n\r\n", FLAWED),
    HEAD(LINE "Host: x\r\nContent-Length: 0x5\r\n\r\n", FLAWED),
    /* Of Host. */
    HEAD(LINE "Content-Length: 5\r\n\r\n", FLAWED),
    HEAD(LINE FINE "Host: x\r\n\r\n", FLAWED),
    HEAD(LINE "Host: a b\r\nContent-Length: 5\r\n\r\n", FLAWED),
    HEAD(LINE "Host: a, b\r\nContent-Length: 5\r\n\r\n", FLAWED),
    HEAD(LINE "Host: a@b\r\nContent-Length: 5\r\n\r\n", FLAWED),
    HEAD(LINE "Host: a/b\r\nContent-Length: 5\r\n\r\n", FLAWED),
    HEAD(LINE "Host: \xfc\r\nContent-Length: 5\r\n\r\n", FLAWED),
    HEAD(LINE "Host:\r\nContent-Length: 5\r\n\r\n", OPEN),
    HEAD(LINE "Host: [::1]:8788\r\nContent-Length: 5\r\n\r\n", OPEN),
    HEAD(LINE "Host: a_b.c-d:80\r\nContent-Length: 5\r\n\r\n", OPEN),
    /* Lines that end with LF or CR alone. */
    HEAD("POST /webhook HTTP/1.1\rHost: x\rContent-Length: 5\r\rx", FLAWED),
    HEAD(LINE FINE "X: a\r\r\n\r\n", FLAWED),
    HEAD("POST /webhook HTTP/1.1\nHost: x\nContent-Length: 5\n\n", FLAWED),
    HEAD("POST /webhook HTTP/1.1\n" FINE "\r\n", FLAWED),
    HEAD(LINE "X: y\n" FINE "\r\n", FLAWED),
    HEAD(LINE FINE "X: y\n\r\n", FLAWED),
    HEAD(LINE FINE "\n", FLAWED),
    /* Of names and values. */
    HEAD(LINE FINE "X : y\r\n\r\n", FLAWED),
    HEAD(LINE FINE "X\t: y\r\n\r\n", FLAWED),
    HEAD(LINE FINE "X y: z\r\n\r\n", FLAWED),
    HEAD(LINE FINE ": z\r\n\r\n", FLAWED),
    HEAD(LINE FINE "X\x01: z\r\n\r\n", FLAWED),
    HEAD(LINE FINE "X\xfc: z\r\n\r\n", FLAWED),
    HEAD(LINE FINE "X(: z\r\n\r\n", FLAWED),
    HEAD(LINE FINE "X: a\x01\r\n\r\n", FLAWED),
    HEAD(LINE FINE "X: a\x7f\r\n\r\n", FLAWED),
    /* Folds. */
    HEAD(LINE FINE "X: a\r\n b\r\n\r\n", FLAWED),
    HEAD(LINE FINE "X: a\r\n\tb\r\nY: z\r\n\r\n", FLAWED),
    HEAD(LINE FINE "X: a\r\n \r\n\r\n", FLAWED),
    HEAD(LINE "Host: x\r\nX: a\r\n Content-Length: 5\r\n\r\n", FLAWED),
    HEAD(LINE " X: y\r\n" FINE "\r\n", FLAWED),
    /* NULs. */
    HEAD(LINE FINE "X: a\0b\r\n\r\n", FLAWED),
    HEAD(LINE FINE "X: a\0\r\n\r\n", FLAWED),
    HEAD(LINE "X: a\0b\r\n" FINE "\r\n", FLAWED),
    HEAD(LINE "X: a\0b\nY: z\n" FINE "\r\n", FLAWED),
    HEAD(LINE "X: \0\r\n" FINE "\r\n", FLAWED),
    HEAD("POST /webhook\0 HTTP/1.1\r\n" FINE "\r\n", FLAWED),
    HEAD("POST /webhook\0x HTTP/1.1\r\n" FINE "\r\n", FLAWED),
    HEAD("POST /webhook?\0 HTTP/1.1\r\n" FINE "\r\n", FLAWED),
    HEAD("POST /webhook HTTP/1.1\0\r\n" FINE "\r\n", FLAWED),
    /* The request line. */
    HEAD("POST  /webhook HTTP/1.1\r\n" FINE "\r\n", FLAWED),
    HEAD("POST /web hook HTTP/1.1\r\n" FINE "\r\n", FLAWED),
    HEAD("POST /web\thook HTTP/1.1\r\n" FINE "\r\n", FLAWED),
    HEAD("POST /web\x01hook HTTP/1.1\r\n" FINE "\r\n", FLAWED),
    HEAD("POST /web\x7fhook HTTP/1.1\r\n" FINE "\r\n", FLAWED),
    HEAD("PO\x01ST /webhook HTTP/1.1\r\n" FINE "\r\n", FLAWED),
    HEAD("P(ST /webhook HTTP/1.1\r\n" FINE "\r\n", FLAWED),
#undef HEAD
};

static void framing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(heads); i++) {
        struct received from;
        struct head head = cut(&from, heads[i].text, heads[i].size);
        uint64_t length = 99;
        enum outcome outcome = head_framing(&head, true, &length);
        if (outcome != heads[i].outcome)
            fail_msg("head %zu: %d (%s), not %d:\n%s", i, outcome, head.flaw,
                     heads[i].outcome, heads[i].text);
        if (outcome == OUTCOME_OPEN)
            assert_int_equal(length, 5);
        assert_int_equal(outcome == OUTCOME_FLAWED, head.flaw != NULL);
    }
}

static void a_request_without_a_body_needs_no_length(void **state)
{
    static const char text[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    struct received from;
    struct head head = cut(&from, text, strlen(text));
    uint64_t length = 99;

    (void)state;
    assert_int_equal(head_framing(&head, false, &length), OUTCOME_OPEN);
    assert_int_equal(length, 0);
}

static void lengths_up_to_64_bits(void **state)
{
    static const struct {
        const char *text;
        uint64_t length; /* 0: none */
    } lengths[] = {
        {"1", 1},
        {"0009", 9},
        {"18446744073709551615", UINT64_MAX},
        {"18446744073709551616", 0},
        {"99999999999999999999", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct head head = {.at = NULL};
        uint64_t length;
        head.counts[HEAD_HOST] = head.counts[HEAD_CONTENT_LENGTH] = 1;
        head.values[HEAD_CONTENT_LENGTH] = slice_of(lengths[i].text);
        if (lengths[i].length == 0) {
            assert_int_equal(head_framing(&head, true, &length),
                             OUTCOME_FLAWED);
            continue;
        }
        assert_int_equal(head_framing(&head, true, &length), OUTCOME_OPEN);
        assert_true(length == lengths[i].length);
    }
}

#define SVIX "svix-id: a\r\nsvix-timestamp: 1\r\nsvix-signature: s\r\n"
#define HOOK "webhook-id: b\r\nwebhook-timestamp: 2\r\nwebhook-signature: t\r\n"
#define ID_64 "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-"

static const struct {
    const char *lines;
    const char *id; /* of the triple in use; NULL: refused */
} claims[] = {
    {SVIX, "a"},
    {HOOK, "b"},
    {SVIX HOOK, "a"},
    {HOOK SVIX, "a"},
    {"SVIX-ID: \t a \t\r\nSvix-Timestamp:1\r\nsvix-SIGNATURE:s \r\n", "a"},
    {"", NULL},
    {"svix-id: a\r\nsvix-timestamp: 1\r\n", NULL},
    {"svix-id: a\r\nsvix-signature: s\r\n", NULL},
    {"svix-timestamp: 1\r\nsvix-signature: s\r\n", NULL},
    {"svix-id:\r\nsvix-timestamp: 1\r\nsvix-signature: s\r\n", NULL},
    {"svix-id: a\r\nsvix-timestamp: \t\r\nsvix-signature: s\r\n", NULL},
    {"svix-id: a\r\nsvix-timestamp: 1\r\nsvix-signature: \r\n", NULL},
    /* Never mixed. */
    {"svix-id: a\r\nsvix-timestamp: 1\r\nwebhook-signature: t\r\n", NULL},
    {"svix-id: a\r\nsvix-timestamp: 1\r\n" HOOK, "b"},
    {"webhook-id: b\r\n" SVIX, "a"},
    /* Given twice: a matter only of the triple in use. */
    {SVIX "svix-id: a\r\n", NULL},
    {SVIX "svix-timestamp: 1\r\n", NULL},
    {SVIX "svix-signature: s\r\n", NULL},
    {SVIX "svix-signature:\r\n", NULL},
    {SVIX HOOK "webhook-id: b\r\n", "a"},
    {HOOK "webhook-id: b\r\n", NULL},
    {HOOK "svix-id: a\r\nsvix-id: a\r\n", "b"},
    /* Ids. */
    {"svix-id: " ID_64 ID_64 ID_64 ID_64 "\r\nsvix-timestamp: 1\r\n"
     "svix-signature: s\r\n",
     ID_64 ID_64 ID_64 ID_64},
    {"svix-id: " ID_64 ID_64 ID_64 ID_64 "x\r\nsvix-timestamp: 1\r\n"
     "svix-signature: s\r\n",
     NULL},
    {"svix-id: a.b\r\nsvix-timestamp: 1\r\nsvix-signature: s\r\n", NULL},
    {"svix-id: a b\r\nsvix-timestamp: 1\r\nsvix-signature: s\r\n", NULL},
    {"svix-id: \xc3\xbc\r\nsvix-timestamp: 1\r\nsvix-signature: s\r\n", NULL},
    {"svix-id: a/b\r\nsvix-timestamp: 1\r\nsvix-signature: s\r\n" HOOK, NULL},
};

static void which_triple_is_in_use(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(claims); i++) {
        struct signature_claim claim;
        struct received from;
        struct head head;
        struct error err;
        char text[HEAD_BYTES];
        int size =
            snprintf(text, sizeof(text), LINE FINE "%s\r\n", claims[i].lines);
        head = cut(&from, text, (size_t)size);
        if (claims[i].id == NULL) {
            assert_int_equal(head_claim(&head, &claim, &err), -1);
            assert_int_equal(err.kind, ERROR_INPUT);
            continue;
        }
        assert_int_equal(head_claim(&head, &claim, &err), 0);
        assert_true(slice_is(claim.id, claims[i].id));
        assert_true(
            slice_is(claim.timestamp, claim.id.data[0] == 'b' ? "2" : "1"));
        assert_true(
            slice_is(claim.signatures, claim.id.data[0] == 'b' ? "t" : "s"));
    }
}

static void a_trace_given_once_is_passed_on(void **state)
{
    static const struct {
        const char *lines, *trace;
    } rows[] = {
        {"", ""},
        {"traceparent: 00-a\r\n", "00-a"},
        {"Traceparent:\r\n", ""},
        {"traceparent: 00-a\r\ntraceparent: 00-a\r\n", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[HEAD_BYTES];
        int size =
            snprintf(text, sizeof(text), LINE FINE "%s\r\n", rows[i].lines);
        struct received from;
        struct head head = cut(&from, text, (size_t)size);
        assert_true(slice_is(head_traceparent(&head), rows[i].trace));
        assert_false(head_expects_continue(&head));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(framing),
        cmocka_unit_test(a_request_without_a_body_needs_no_length),
        cmocka_unit_test(lengths_up_to_64_bits),
        cmocka_unit_test(which_triple_is_in_use),
        cmocka_unit_test(a_trace_given_once_is_passed_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
