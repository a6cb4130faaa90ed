/* Counters, gauges and histograms as Prometheus reads them. */
#include "shared/metrics.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum { PLAIN, LABELLED, TIMES, SIZES, UNUSED, FAMILIES };

static const struct metric families[FAMILIES] = {
    [PLAIN] = {"x_held", METRIC_GAUGE, "Held.", {NULL}},
    [LABELLED] = {"x_events_total", METRIC_COUNTER, "Events.", {"a", "b"}},
    [TIMES] = {"x_seconds", METRIC_HISTOGRAM, "Times.", {"a"}},
    [SIZES] = {"x_sizes", METRIC_SIZES, "Sizes.", {NULL}},
    [UNUSED] = {"x_unused_total", METRIC_COUNTER, "Unused.", {"a"}},
};

static struct metrics metrics;
static struct buffer out;

static int begin(void **state)
{
    (void)state;
    metrics_init(&metrics, families, FAMILIES);
    buffer_init(&out, 1 << 24);
    return 0;
}

static int end(void **state)
{
    (void)state;
    metrics_release(&metrics);
    buffer_release(&out);
    return 0;
}

static const char *rendered(void)
{
    buffer_clear(&out);
    metrics_render(&metrics, &out);
    return out.data;
}

static void assert_line(const char *line)
{
    char whole[256];

    snprintf(whole, sizeof(whole), "\n%s\n", line);
    if (strstr(rendered(), whole) == NULL)
        fail_msg("no line %s in\n%s", line, out.data);
}

static void a_family_tells_its_type_before_its_series(void **state)
{
    (void)state;
    metric_set(metrics_get(&metrics, PLAIN, NULL, NULL, NULL), -7);
    metric_add(metrics_get(&metrics, LABELLED, "1", "2", NULL), 3);
    assert_string_equal(
        rendered(),
        "# HELP x_held Held.\n# TYPE x_held gauge\nx_held -7\n"
        "# HELP x_events_total Events.\n# TYPE x_events_total counter\n"
        "x_events_total{a=\"1\",b=\"2\"} 3\n"
        "# HELP x_seconds Times.\n# TYPE x_seconds histogram\n"
        "# HELP x_sizes Sizes.\n# TYPE x_sizes histogram\n"
        "# HELP x_unused_total Unused.\n# TYPE x_unused_total counter\n");
}

static void a_series_is_known_by_its_labels(void **state)
{
    struct metric_series *first =
        metrics_get(&metrics, LABELLED, "a", "b", NULL);

    (void)state;
    assert_ptr_equal(metrics_get(&metrics, LABELLED, "a", "b", NULL), first);
    assert_ptr_not_equal(metrics_get(&metrics, LABELLED, "ab", "", NULL),
                         first);
    assert_ptr_not_equal(metrics_get(&metrics, LABELLED, "b", "a", NULL),
                         first);
    assert_ptr_not_equal(metrics_get(&metrics, TIMES, "a", NULL, NULL), first);
    assert_ptr_not_equal(metrics_get(&metrics, LABELLED, "a", NULL, NULL),
                         first);
    metric_add(first, 2);
    metric_add(first, 40);
    assert_line("x_events_total{a=\"a\",b=\"b\"} 42");
    assert_line("x_events_total{a=\"ab\",b=\"\"} 0");
    assert_line("x_events_total{a=\"a\"} 0");
}

static void a_labels_value_is_escaped(void **state)
{
    (void)state;
    metrics_get(&metrics, LABELLED, "say \"hi\"", "back\\slash", NULL);
    metrics_get(&metrics, LABELLED, "caf\xc3\xa9", "{},=", NULL);
    assert_line("x_events_total{a=\"say \\\"hi\\\"\",b=\"back\\\\slash\"} 0");
    assert_line("x_events_total{a=\"caf\xc3\xa9\",b=\"{},=\"} 0");
}

static const struct {
    int64_t us;
    const char *bucket; /* the first that counts it */
    const char *before; /* the last that does not */
} times[] = {
    {0, "0.0005", NULL},      {500, "0.0005", NULL},
    {501, "0.001", "0.0005"}, {500000, "0.5", "0.25"},
    {500001, "1", "0.5"},     {60000000, "60", "30"},
    {60000001, "+Inf", "60"}, {INT64_C(999999999999), "+Inf", "60"},
};

static void a_time_counts_in_its_bucket_and_all_above(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        char name[16], line[128];
        snprintf(name, sizeof(name), "%zu", i);
        metric_observe_us(metrics_get(&metrics, TIMES, name, NULL, NULL),
                          times[i].us);
        snprintf(line, sizeof(line), "x_seconds_bucket{a=\"%s\",le=\"%s\"} 1",
                 name, times[i].bucket);
        assert_line(line);
        snprintf(line, sizeof(line), "x_seconds_bucket{a=\"%s\",le=\"+Inf\"} 1",
                 name);
        assert_line(line);
        if (times[i].before == NULL)
            continue;
        snprintf(line, sizeof(line), "x_seconds_bucket{a=\"%s\",le=\"%s\"} 0",
                 name, times[i].before);
        assert_line(line);
    }
}

static void a_histogram_has_a_sum_and_a_count(void **state)
{
    struct metric_series *series =
        metrics_get(&metrics, TIMES, "x", NULL, NULL);

    (void)state;
    metric_observe_us(series, 1500000);
    metric_observe_us(series, 250);
    metric_observe_us(series, 90000000);
    assert_line("x_seconds_sum{a=\"x\"} 91.500250");
    assert_line("x_seconds_count{a=\"x\"} 3");
    assert_line("x_seconds_bucket{a=\"x\",le=\"0.0025\"} 1");
    assert_line("x_seconds_bucket{a=\"x\",le=\"60\"} 2");
    assert_line("x_seconds_bucket{a=\"x\",le=\"+Inf\"} 3");
}

/* A stranger cannot make more of them than there is room for. */
static void past_the_ceiling_all_share_one_series(void **state)
{
    struct metric_series *shared;

    (void)state;
    for (int i = 0; i < METRICS_SERIES_MAX; i++) {
        char label[16];
        snprintf(label, sizeof(label), "%d", i);
        metrics_get(&metrics, LABELLED, label, "x", NULL);
    }
    assert_int_equal(metrics.series_count, METRICS_SERIES_MAX);
    shared = metrics_get(&metrics, LABELLED, "new", "x", NULL);
    assert_ptr_equal(metrics_get(&metrics, LABELLED, "newer", "x", NULL),
                     shared);
    assert_int_equal(metrics.series_count, METRICS_SERIES_MAX);
}

static void *count_to_10000(void *context)
{
    struct metric_series *series = context;

    for (int i = 0; i < 10000; i++) {
        metric_add(metrics_get(&metrics, PLAIN, NULL, NULL, NULL), 1);
        metric_observe_us(series, 1);
    }
    return NULL;
}

static void threads_may_count_at_once(void **state)
{
    struct metric_series *series =
        metrics_get(&metrics, TIMES, "x", NULL, NULL);
    pthread_t threads[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, count_to_10000, series), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_line("x_held 40000");
    assert_line("x_seconds_count{a=\"x\"} 40000");
}

static void the_process_tells_its_memory_and_time(void **state)
{
    static const struct {
        const char *name;
        double least, most;
    } expected[] = {
        {"process_cpu_seconds_total", 0, 3600},
        {"process_resident_memory_bytes", 1e5, 1e12},
        {"process_virtual_memory_bytes", 1e5, 1e15},
        {"process_threads", 1, 1},
        {"process_open_fds", 3, 1000},
        {"process_max_fds", 3, 1e12},
    };
    char line[64];

    (void)state;
    metrics_render_process(&out);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        const char *at;
        snprintf(line, sizeof(line), "\n%s ", expected[i].name);
        at = strstr(out.data, line);
        if (at == NULL)
            fail_msg("no %s in\n%s", expected[i].name, out.data);
        else if (strtod(at + strlen(line), NULL) < expected[i].least ||
                 strtod(at + strlen(line), NULL) > expected[i].most)
            fail_msg("not between %g and %g:%s", expected[i].least,
                     expected[i].most, at);
    }
}

static void the_process_tells_when_it_began(void **state)
{
    const char name[] = "\nprocess_start_time_seconds ";
    double began;

    (void)state;
    metrics_render_process(&out);
    assert_non_null(strstr(out.data, name));
    began = strtod(strstr(out.data, name) + strlen(name), NULL);
    assert_true(began > (double)time(NULL) - 600);
    assert_true(began <= (double)time(NULL) + 1);
}

static void sizes_have_buckets_of_their_own(void **state)
{
    (void)state;
    metric_observe_count(metrics_get(&metrics, SIZES, NULL, NULL, NULL), 3);
    metric_observe_count(metrics_get(&metrics, SIZES, NULL, NULL, NULL), 200);
    assert_line("x_sizes_bucket{le=\"2\"} 0");
    assert_line("x_sizes_bucket{le=\"5\"} 1");
    assert_line("x_sizes_bucket{le=\"200\"} 2");
    assert_line("x_sizes_bucket{le=\"100000\"} 2");
    assert_line("x_sizes_sum 203.000000");
}

static void a_table_of_the_families_can_be_made(void **state)
{
    (void)state;
    metrics_markdown(&families[LABELLED], 2, &out);
    assert_string_equal(out.data,
                        "| `x_events_total` | `a`, `b` | counter | Events. |\n"
                        "| `x_seconds` | `a` | histogram | Times. |\n");
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(a_family_tells_its_type_before_its_series),
        EACH(a_series_is_known_by_its_labels),
        EACH(a_labels_value_is_escaped),
        EACH(a_time_counts_in_its_bucket_and_all_above),
        EACH(a_histogram_has_a_sum_and_a_count),
        EACH(past_the_ceiling_all_share_one_series),
        EACH(threads_may_count_at_once),
        EACH(the_process_tells_its_memory_and_time),
        EACH(the_process_tells_when_it_began),
        EACH(sizes_have_buckets_of_their_own),
        EACH(a_table_of_the_families_can_be_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
