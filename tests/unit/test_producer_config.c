/* The producer's options: defaults, ranges, and what they must be together. */
#include "producer/config.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

static const char *name, *value; /* the one variable that is set, or none */

static const char *lookup(const char *asked)
{
    if (name != NULL && strcmp(asked, name) == 0)
        return value;
    return strcmp(asked, "CLERK_WEBHOOK_SIGNING_SECRET") == 0 ? SECRET : NULL;
}

static int load(struct config *config, const char *set, const char *to,
                struct error *err)
{
    *config = (struct config){.secrets = NULL};
    name = set;
    value = to;
    return producer_config_init(config, lookup, err);
}

static void the_defaults(void **state)
{
    struct config config;
    struct error err;

    (void)state;
    assert_int_equal(load(&config, NULL, NULL, &err), 0);
    assert_string_equal(config.common.events_topic, "clerk.events");
    assert_string_equal(config.common.dead_letter_topic, "clerk.events.dlq");
    assert_int_equal(config.listen.port, 8788);
    assert_int_equal(config.admin_listen.port, 9788);
    assert_int_equal(config.paths.count, 3);
    assert_string_equal(config.paths.items[0], "/webhooks/clerk");
    assert_int_equal(config.ignored_types.count, 2);
    assert_int_equal(config.threads, 2);
    assert_int_equal(config.body_bytes_max, 524288);
    assert_int_equal(config.tolerance_s, 300);
    assert_int_equal(config.request_timeout_ms, 10000);
    assert_int_equal(config.ack_timeout_ms, 9000);
    assert_int_equal(config.rate_limit, 0);
    assert_null(config.instance_id);
    assert_int_equal(config.keys.count, 1);
    producer_config_release(&config);
}

static const struct {
    const char *name, *value;
    bool is_good;
} values[] = {
    {"EVENTS_TOPIC", "A.b_c-9", true},
    {"EVENTS_TOPIC", "a b", false},
    {"EVENTS_TOPIC", "clerk.events.dlq", false},
    {"RETRY_TOPIC", "a/b", false},
    {"DEAD_LETTER_TOPIC", "clerk.events", false},
    {"CLERK_WEBHOOK_SIGNING_SECRET", SECRET "," SECRET, true},
    {"CLERK_WEBHOOK_SIGNING_SECRET", SECRET " " SECRET, true},
    {"CLERK_WEBHOOK_SIGNING_SECRET", "", false},
    {"CLERK_WEBHOOK_SIGNING_SECRET", ",", false},
    {"CLERK_WEBHOOK_SIGNING_SECRET", "whsec_x", false},
    {"CLERK_WEBHOOK_SIGNING_SECRET", SECRET " x", false},
    {"PRODUCER_MAX_BODY_BYTES", "1", true},
    {"PRODUCER_MAX_BODY_BYTES", "900000", true},
    {"PRODUCER_MAX_BODY_BYTES", "0", false},
    {"PRODUCER_MAX_BODY_BYTES", "900001", false},
    {"PRODUCER_TOLERANCE_SECONDS", "0", true},
    {"PRODUCER_TOLERANCE_SECONDS", "9999999999", true},
    {"PRODUCER_TOLERANCE_SECONDS", "-1", false},
    {"PRODUCER_TOLERANCE_SECONDS", "10000000000", false},
    {"PRODUCER_THREADS", "0", false},
    {"PRODUCER_RATE_LIMIT", "-1", false},
    {"PRODUCER_PATHS", "/", true},
    {"PRODUCER_PATHS", "/a,/b/c,/\xc3\xbc", true},
    {"PRODUCER_PATHS", ",", false},
    {"PRODUCER_PATHS", "a", false},
    {"PRODUCER_PATHS", "/a,b", false},
    {"PRODUCER_PATHS", "/a?b", false},
    {"PRODUCER_PATHS", "/a#b", false},
    {"PRODUCER_PATHS", "/a b", false},
    {"PRODUCER_PATHS", "/a\x7f", false},
    {"PRODUCER_PATHS", "/a,/healthz", false},
};

static void what_is_allowed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        struct config config;
        struct error err;
        int result = load(&config, values[i].name, values[i].value, &err);
        if ((result == 0) != values[i].is_good)
            fail_msg("%s=%s: %d", values[i].name, values[i].value, result);
        if (result != 0) {
            assert_int_equal(err.kind, ERROR_INPUT);
            assert_non_null(strstr(err.text, values[i].name));
            assert_null(strchr(err.text, '\n'));
            assert_null(strstr(err.text, "MfKQ"));
        }
        producer_config_release(&config);
    }
}

static void nothing_is_ignored_where_only_a_comma_is_given(void **state)
{
    struct config config;
    struct error err;

    (void)state;
    assert_int_equal(load(&config, "PRODUCER_IGNORE_TYPES", ",", &err), 0);
    assert_int_equal(config.ignored_types.count, 0);
    producer_config_release(&config);
}

static void every_default_is_allowed_by_its_own_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < producer_options_count; i++) {
        struct config config;
        struct error err;
        if (producer_options[i].fallback == NULL)
            continue;
        assert_int_equal(load(&config, producer_options[i].name,
                              producer_options[i].fallback, &err),
                         0);
        producer_config_release(&config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults),
        cmocka_unit_test(what_is_allowed),
        cmocka_unit_test(nothing_is_ignored_where_only_a_comma_is_given),
        cmocka_unit_test(every_default_is_allowed_by_its_own_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
