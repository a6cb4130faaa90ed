/* How one event is signed, and when it is tried again. */
#include "console/delivery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW_MS 1000000
#define MIDDLE (UINT32_MAX / 2) /* no jitter, but for rounding */

static void start(struct delivery *delivery)
{
    *delivery = (struct delivery){.tries = 0};
    delivery_start(delivery, "msg_1", slice_of("{}"));
}

/* The vector that Svix publishes. */
static void a_signature_is_svixs(void **state)
{
    struct delivery delivery = {.tries = 0};
    struct delivery_signature signature;
    struct signature_verifier *verifier;
    struct signature_keys keys;
    struct error err;

    (void)state;
    assert_int_equal(signature_keys_init(
                         &keys, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &err),
                     0);
    verifier = signature_verifier_new(&keys);
    delivery_start(&delivery, "msg_p5jXN8AQM9LWM0D4loKWxJek",
                   slice_of("{\"test\": 2432232314}"));
    delivery_sign(&delivery, verifier, 1614265330, &signature);
    assert_string_equal(signature.timestamp, "1614265330");
    assert_string_equal(signature.value,
                        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    signature_verifier_free(verifier);
    signature_keys_release(&keys);
    delivery_release(&delivery);
}

static void nobodys_signature_is_well_formed(void **state)
{
    struct delivery_signature signature;
    struct delivery delivery;

    (void)state;
    start(&delivery);
    delivery_sign(&delivery, NULL, 7, &signature);
    assert_string_equal(signature.timestamp, "7");
    assert_int_equal(strlen(signature.value), strlen("v1,") + 44);
    delivery_release(&delivery);
}

static const struct {
    int status;
    bool is_again;
} statuses[] = {
    {0, true},    {200, false}, {204, false}, {302, false}, {400, false},
    {401, false}, {404, false}, {408, true},  {413, false}, {429, true},
    {500, true},  {502, true},  {503, true},
};

static void what_may_pass_is_tried_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        struct delivery delivery;
        start(&delivery);
        assert_int_equal(delivery_is_again(&delivery, statuses[i].status, -1, 6,
                                           NOW_MS, MIDDLE),
                         statuses[i].is_again);
        assert_int_equal(delivery.state, statuses[i].is_again ? DELIVERY_WAITING
                                                              : DELIVERY_FREE);
        delivery_release(&delivery);
    }
}

static void pauses_double_and_tries_end(void **state)
{
    static const int64_t pauses_ms[] = {250, 500, 1000, 2000, 4000, 5000, 5000};
    struct delivery delivery;

    (void)state;
    start(&delivery);
    for (size_t i = 0; i < 7; i++) {
        assert_true(delivery_is_again(&delivery, 503, -1, 7, NOW_MS, MIDDLE));
        assert_in_range(delivery.due_ms - NOW_MS, pauses_ms[i] - 1,
                        pauses_ms[i]);
    }
    assert_false(delivery_is_again(&delivery, 503, -1, 7, NOW_MS, MIDDLE));
    delivery_release(&delivery);
}

static void retry_after_is_waited_for_within_reason(void **state)
{
    static const int64_t cases[][2] = {{-1, 250},   {0, 250},
                                       {1, 1000},   {60, 60000},
                                       {61, 60000}, {INT64_MAX, 60000}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct delivery delivery;
        start(&delivery);
        assert_true(
            delivery_is_again(&delivery, 429, cases[i][0], 1, NOW_MS, MIDDLE));
        assert_in_range(delivery.due_ms - NOW_MS, cases[i][1] - 1, cases[i][1]);
        delivery_release(&delivery);
    }
}

static void the_next_event_starts_anew(void **state)
{
    struct delivery delivery;

    (void)state;
    start(&delivery);
    assert_true(delivery_is_again(&delivery, 503, -1, 1, NOW_MS, MIDDLE));
    assert_false(delivery_is_again(&delivery, 503, -1, 1, NOW_MS, MIDDLE));
    delivery_start(&delivery, "msg_2", slice_of("{\"longer\":true}"));
    assert_int_equal(delivery.due_ms, 0);
    assert_int_equal(delivery.state, DELIVERY_WAITING);
    assert_string_equal(delivery.id, "msg_2");
    assert_string_equal(delivery.body.data, "{\"longer\":true}");
    assert_true(delivery_is_again(&delivery, 503, -1, 1, NOW_MS, MIDDLE));
    delivery_release(&delivery);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_is_svixs),
        cmocka_unit_test(nobodys_signature_is_well_formed),
        cmocka_unit_test(what_may_pass_is_tried_again),
        cmocka_unit_test(pauses_double_and_tries_end),
        cmocka_unit_test(retry_after_is_waited_for_within_reason),
        cmocka_unit_test(the_next_event_starts_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
