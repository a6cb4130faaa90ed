#include "shared/metrics.h"

#include "shared/memory.h"

#include <stdio.h>
#include <stdlib.h>

/* Upper bounds in microseconds; the last bucket is +Inf. */
static const int64_t bounds_us[METRICS_BUCKETS] = {
    500,    1000,   2500,    5000,    10000,   25000,    50000,    100000,
    250000, 500000, 1000000, 2500000, 5000000, 10000000, 30000000, 60000000,
};

static const int64_t bounds_count[METRICS_BUCKETS] = {
    1,   2,    5,    10,   20,    50,    100,   200,
    500, 1000, 2000, 5000, 10000, 20000, 50000, 100000,
};

static const struct {
    const char *name;
    const int64_t *bounds;
    double unit; /* of what is observed, in what is shown */
} types[] = {
    [METRIC_COUNTER] = {"counter", NULL, 1},
    [METRIC_GAUGE] = {"gauge", NULL, 1},
    [METRIC_HISTOGRAM] = {"histogram", bounds_us, 1e-6},
    [METRIC_SIZES] = {"histogram", bounds_count, 1},
};

void metrics_init(struct metrics *metrics, const struct metric *families,
                  size_t count)
{
    *metrics = (struct metrics){.families = families, .count = count};
    pthread_mutex_init(&metrics->lock, NULL);
}

void metrics_release(struct metrics *metrics)
{
    struct metric_series *series = metrics->series;

    while (series != NULL) {
        struct metric_series *next = series->next;
        for (int i = 0; i < METRICS_LABELS; i++)
            free(series->labels[i]);
        free(series);
        series = next;
    }
    metrics->series = NULL;
    pthread_mutex_destroy(&metrics->lock);
}

static bool has_labels(const struct metric_series *series,
                       const char *const labels[METRICS_LABELS])
{
    for (int i = 0; i < METRICS_LABELS; i++) {
        if ((series->labels[i] == NULL) != (labels[i] == NULL))
            return false;
        if (labels[i] != NULL && strcmp(series->labels[i], labels[i]) != 0)
            return false;
    }
    return true;
}

static struct metric_series *find(const struct metrics *metrics, size_t family,
                                  const char *const labels[METRICS_LABELS])
{
    struct metric_series *series = metrics->series;

    while (series != NULL &&
           (series->family != family || !has_labels(series, labels)))
        series = series->next;
    return series;
}

static struct metric_series *add(struct metrics *metrics, size_t family,
                                 const char *const labels[METRICS_LABELS])
{
    struct metric_series *series = memory_new(sizeof(*series));

    series->family = family;
    series->bounds = types[metrics->families[family].type].bounds;
    for (int i = 0; i < METRICS_LABELS; i++)
        if (labels[i] != NULL)
            series->labels[i] = memory_copy_text(labels[i]);
    series->next = metrics->series;
    metrics->series = series;
    metrics->series_count++;
    return series;
}

struct metric_series *metrics_get(struct metrics *metrics, size_t family,
                                  const char *label1, const char *label2,
                                  const char *label3)
{
    const char *const labels[METRICS_LABELS] = {label1, label2, label3};
    struct metric_series *series;

    pthread_mutex_lock(&metrics->lock);
    series = find(metrics, family, labels);
    if (series == NULL && metrics->series_count >= METRICS_SERIES_MAX)
        series = metrics->series;
    if (series == NULL)
        series = add(metrics, family, labels);
    pthread_mutex_unlock(&metrics->lock);
    return series;
}

static void observe(struct metric_series *series, int64_t amount)
{
    size_t i = 0;

    while (i < METRICS_BUCKETS && amount > series->bounds[i])
        i++;
    atomic_fetch_add_explicit(&series->buckets[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&series->sum, amount, memory_order_relaxed);
}

void metric_observe_us(struct metric_series *series, int64_t us)
{
    observe(series, us);
}

void metric_observe_count(struct metric_series *series, int64_t count)
{
    observe(series, count);
}

/* The text format knows these three escapes and no others. */
static void add_escaped(struct buffer *out, const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value == '\n')
            buffer_add_text(out, "\\n");
        else if (*value == '"' || *value == '\\')
            buffer_add_format(out, "\\%c", *value);
        else
            buffer_add_char(out, *value);
    }
}

static void add_label(struct buffer *out, const char *name, const char *value,
                      bool *is_first)
{
    buffer_add_format(out, "%s%s=\"", *is_first ? "{" : ",", name);
    add_escaped(out, value);
    buffer_add_char(out, '"');
    *is_first = false;
}

/* name{labels}, with le="…" last where a bound is given. */
static void add_name(struct buffer *out, const struct metric *family,
                     const struct metric_series *series, const char *suffix,
                     const char *bound)
{
    bool is_first = true;

    buffer_add_format(out, "%s%s", family->name, suffix);
    for (int i = 0; i < METRICS_LABELS; i++)
        if (family->labels[i] != NULL && series->labels[i] != NULL)
            add_label(out, family->labels[i], series->labels[i], &is_first);
    if (bound != NULL)
        add_label(out, "le", bound, &is_first);
    buffer_add_text(out, is_first ? " " : "} ");
}

static void render_histogram(const struct metric *family,
                             const struct metric_series *series,
                             struct buffer *out)
{
    double unit = types[family->type].unit;
    uint64_t count = 0;

    for (int i = 0; i <= METRICS_BUCKETS; i++) {
        char bound[32] = "+Inf";
        if (i < METRICS_BUCKETS)
            snprintf(bound, sizeof(bound), "%.9g",
                     (double)series->bounds[i] * unit);
        count += atomic_load(&series->buckets[i]);
        add_name(out, family, series, "_bucket", bound);
        buffer_add_format(out, "%llu\n", (unsigned long long)count);
    }
    add_name(out, family, series, "_sum", NULL);
    buffer_add_format(out, "%.6f\n", (double)atomic_load(&series->sum) * unit);
    add_name(out, family, series, "_count", NULL);
    buffer_add_format(out, "%llu\n", (unsigned long long)count);
}

void metrics_render_head(const struct metric *family, struct buffer *out)
{
    buffer_add_format(out, "# HELP %s %s\n# TYPE %s %s\n", family->name,
                      family->help, family->name, types[family->type].name);
}

static void render_family(const struct metrics *metrics, size_t index,
                          struct buffer *out)
{
    const struct metric *family = &metrics->families[index];

    metrics_render_head(family, out);
    for (const struct metric_series *series = metrics->series; series != NULL;
         series = series->next) {
        if (series->family != index)
            continue;
        if (series->bounds != NULL) {
            render_histogram(family, series, out);
            continue;
        }
        add_name(out, family, series, "", NULL);
        buffer_add_format(out, "%lld\n",
                          (long long)atomic_load(&series->value));
    }
}

void metrics_render(struct metrics *metrics, struct buffer *out)
{
    pthread_mutex_lock(&metrics->lock);
    for (size_t i = 0; i < metrics->count; i++)
        render_family(metrics, i, out);
    pthread_mutex_unlock(&metrics->lock);
}

void metrics_markdown(const struct metric *families, size_t count,
                      struct buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct metric *family = &families[i];
        buffer_add_format(out, "| `%s` | ", family->name);
        for (int n = 0; n < METRICS_LABELS && family->labels[n] != NULL; n++)
            buffer_add_format(out, "%s`%s`", n > 0 ? ", " : "",
                              family->labels[n]);
        buffer_add_format(out, " | %s | %s |\n", types[family->type].name,
                          family->help);
    }
}
