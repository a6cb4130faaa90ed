/* What the consumer is told by its environment. */
#include "consumer/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* The environment of a test: one variable, or none. */
static const char *set_name, *set_value;

static const char *look_up(const char *name)
{
    return set_name != NULL && strcmp(name, set_name) == 0 ? set_value : NULL;
}

static int load(const char *name, const char *value,
                struct consumer_config *cfg, struct error *err)
{
    set_name = name;
    set_value = value;
    return consumer_config_init(cfg, look_up, err);
}

static const char *printed(const struct consumer_config *cfg,
                           struct buffer *out)
{
    buffer_init(out, 1 << 16);
    option_print(consumer_options, consumer_options_count, cfg, out);
    return out->data;
}

/* As the design has them (section 8). */
static const char defaults[] =
    "KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:9092\n"
    "EVENTS_TOPIC=clerk.events\n"
    "RETRY_TOPIC=clerk.events.retry\n"
    "DEAD_LETTER_TOPIC=clerk.events.dlq\n"
    "EVENTS_PARTITIONS=12\n"
    "LOG_LEVEL=info\n"
    "LOG_FORMAT=auto\n"
    "DATABASE_URL=postgresql:///clerkstream\n"
    "CONSUMER_GROUP=clerkstream\n"
    "CONSUMER_WORKERS=2\n"
    "CONSUMER_BATCH_MAX=400\n"
    "CONSUMER_BATCH_LINGER_MS=1\n"
    "CONSUMER_LOCK_TIMEOUT_MS=2000\n"
    "CONSUMER_ROLE_MAP=org:admin=SUPER_ADMIN,org:teacher=TEACHER,"
    "org:member=STUDENT,admin=SUPER_ADMIN,basic_member=STUDENT\n"
    "CONSUMER_ADMIN_LISTEN=127.0.0.1:9789\n";

static void nothing_needs_to_be_set(void **state)
{
    struct consumer_config cfg;
    struct buffer out;
    struct error err;

    (void)state;
    assert_int_equal(load(NULL, NULL, &cfg, &err), 0);
    assert_string_equal(printed(&cfg, &out), defaults);
    assert_int_equal(cfg.roles.pairs.count, 5);
    buffer_release(&out);
    consumer_config_release(&cfg);
}

static const struct {
    const char *name, *value;
    const char *shown;
} right[] = {
    {"KAFKA_BOOTSTRAP_SERVERS", "a:1,b:2", "a:1,b:2"},
    {"EVENTS_TOPIC", "e", "e"},
    {"RETRY_TOPIC", "r", "r"},
    {"DEAD_LETTER_TOPIC", "d", "d"},
    {"EVENTS_PARTITIONS", "1", "1"},
    {"LOG_LEVEL", "debug", "debug"},
    {"LOG_FORMAT", "text", "text"},
    {"DATABASE_URL", "postgresql://u:secret@h/d", "***"},
    {"DATABASE_URL", "", "postgresql:///clerkstream"},
    {"CONSUMER_GROUP", "g", "g"},
    {"CONSUMER_WORKERS", "1", "1"},
    {"CONSUMER_WORKERS", "64", "64"},
    {"CONSUMER_WORKERS", "", "2"},
    {"CONSUMER_BATCH_MAX", "1", "1"},
    {"CONSUMER_BATCH_MAX", "10000", "10000"},
    {"CONSUMER_BATCH_LINGER_MS", "0", "0"},
    {"CONSUMER_LOCK_TIMEOUT_MS", "1", "1"},
    {"CONSUMER_LOCK_TIMEOUT_MS", "25000", "25000"},
    {"CONSUMER_ROLE_MAP", " a=TEACHER , b=STUDENT,", "a=TEACHER,b=STUDENT"},
    {"CONSUMER_ROLE_MAP", "", ""},
    {"CONSUMER_ADMIN_LISTEN", "[::1]:0", "[::1]:0"},
};

static void each_variable_sets_its_own_value_and_no_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        struct consumer_config cfg;
        struct buffer out;
        struct error err;
        char start[64], expected[1024];
        const char *at, *rest;
        assert_int_equal(load(right[i].name, right[i].value, &cfg, &err), 0);
        snprintf(start, sizeof(start), "%s=", right[i].name);
        at = strstr(defaults, start);
        assert_non_null(at);
        rest = strchr(at, '\n');
        snprintf(expected, sizeof(expected), "%.*s%s%s%s", (int)(at - defaults),
                 defaults, start, right[i].shown, rest);
        assert_string_equal(printed(&cfg, &out), expected);
        buffer_release(&out);
        consumer_config_release(&cfg);
    }
}

static const struct {
    const char *name, *value;
    const char *allowed;
} wrong[] = {
    {"EVENTS_TOPIC", "a b", "A-Z a-z 0-9 . _ -"},
    {"RETRY_TOPIC", "clerk.events", "another name than EVENTS_TOPIC has"},
    {"RETRY_TOPIC", "..", "A-Z a-z 0-9 . _ -"},
    {"DEAD_LETTER_TOPIC", "clerk.events.retry", "than RETRY_TOPIC has"},
    {"EVENTS_PARTITIONS", "0", "a whole number from 1 to 10000"},
    {"EVENTS_PARTITIONS", "twelve", "a whole number from 1 to 10000"},
    {"LOG_LEVEL", "INFO", "one of debug, info, warn, error"},
    {"LOG_FORMAT", "yaml", "one of text, json, auto"},
    {"CONSUMER_WORKERS", "0", "a whole number from 1 to 64"},
    {"CONSUMER_WORKERS", "65", "a whole number from 1 to 64"},
    {"CONSUMER_WORKERS", "-1", "a whole number from 1 to 64"},
    {"CONSUMER_WORKERS", "2.5", "a whole number from 1 to 64"},
    {"CONSUMER_WORKERS", " 2", "a whole number from 1 to 64"},
    {"CONSUMER_WORKERS", "0x2", "a whole number from 1 to 64"},
    {"CONSUMER_WORKERS", "99999999999999999999", "from 1 to 64"},
    {"CONSUMER_BATCH_MAX", "0", "a whole number from 1 to 10000"},
    {"CONSUMER_BATCH_MAX", "10001", "a whole number from 1 to 10000"},
    {"CONSUMER_BATCH_LINGER_MS", "-1", "a whole number from 0 to 10000"},
    {"CONSUMER_LOCK_TIMEOUT_MS", "0", "a whole number from 1 to 25000"},
    {"CONSUMER_LOCK_TIMEOUT_MS", "2s", "a whole number from 1 to 25000"},
    {"CONSUMER_ROLE_MAP", "org:admin=KING", "clerk_role=ROLE with SUPER_ADMIN"},
    {"CONSUMER_ROLE_MAP", "org:admin", "TEACHER or STUDENT"},
    {"CONSUMER_ADMIN_LISTEN", "9789", "address:port"},
    {"CONSUMER_ADMIN_LISTEN", "127.0.0.1:65536", "address:port"},
    {"CONSUMER_ADMIN_LISTEN", "::1:9789", "address:port"},
};

static void a_wrong_value_is_told_in_one_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct consumer_config cfg;
        struct error err;
        char begin[128];
        assert_int_equal(load(wrong[i].name, wrong[i].value, &cfg, &err), -1);
        assert_int_equal(err.kind, ERROR_INPUT);
        snprintf(begin, sizeof(begin), "%s: given \"%s\", allowed is ",
                 wrong[i].name, wrong[i].value);
        if (strncmp(err.text, begin, strlen(begin)) != 0 ||
            strstr(err.text, wrong[i].allowed) == NULL)
            fail_msg("%s=%s: %s", wrong[i].name, wrong[i].value, err.text);
        assert_null(strchr(err.text, '\n'));
        consumer_config_release(&cfg); /* harmless after a failure */
    }
}

/* A row that nobody tries is a row that nobody looked at. */
static void every_row_is_tried_with_a_right_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < consumer_options_count; i++) {
        const struct option *opt = &consumer_options[i];
        bool is_tried = false;
        for (size_t r = 0; r < sizeof(right) / sizeof(right[0]); r++)
            is_tried |= strcmp(right[r].name, opt->name) == 0;
        if (!is_tried)
            fail_msg("%s is not tried", opt->name);
        assert_non_null(opt->about);
        assert_int_equal(opt->flags == OPTION_SECRET,
                         strcmp(opt->name, "DATABASE_URL") == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_needs_to_be_set),
        cmocka_unit_test(each_variable_sets_its_own_value_and_no_other),
        cmocka_unit_test(a_wrong_value_is_told_in_one_line),
        cmocka_unit_test(every_row_is_tried_with_a_right_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
