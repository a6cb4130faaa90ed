/* metrics - counters, gauges and histograms, served as Prometheus text.
 *
 * A program has one table of families; a series is a family with the values of
 * its labels.  Looking a series up takes a lock, so hot code keeps the pointer;
 * changing it takes none.  Series live as long as the registry, at most
 * METRICS_SERIES_MAX of them: past that all share one. */
#pragma once

#include "shared/buffer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define METRICS_LABELS 3
#define METRICS_BUCKETS 16
#define METRICS_SERIES_MAX 4096

enum metric_type {
    METRIC_COUNTER,
    METRIC_GAUGE,
    METRIC_HISTOGRAM, /* of durations, in microseconds, shown in seconds */
    METRIC_SIZES      /* a histogram of counts */
};

struct metric {
    const char *name; /* with the prefix, in base units */
    enum metric_type type;
    const char *help;
    const char *labels[METRICS_LABELS];
};

struct metric_series {
    struct metric_series *next;
    size_t family;
    char *labels[METRICS_LABELS]; /* values; owned */
    _Atomic int64_t value;        /* counter, gauge */
    const int64_t *bounds;        /* histogram: one for each bucket */
    _Atomic int64_t sum;          /* the same; times in microseconds */
    _Atomic uint64_t buckets[METRICS_BUCKETS + 1];
};

struct metrics {
    const struct metric *families;
    size_t count;
    pthread_mutex_t lock;
    struct metric_series *series; /* newest first */
    size_t series_count;
};

/* `families` is kept. */
void metrics_init(struct metrics *metrics, const struct metric *families,
                  size_t count);
void metrics_release(struct metrics *metrics);

/* The series of `family` (an index into the table) with these label values, a
 * NULL for each label that the family does not have.  Made at first use. */
struct metric_series *metrics_get(struct metrics *metrics, size_t family,
                                  const char *label1, const char *label2,
                                  const char *label3);

static inline void metric_add(struct metric_series *series, int64_t amount)
{
    atomic_fetch_add_explicit(&series->value, amount, memory_order_relaxed);
}
static inline void metric_set(struct metric_series *series, int64_t value)
{
    atomic_store_explicit(&series->value, value, memory_order_relaxed);
}
/* One observation of a histogram, in microseconds (shown in seconds). */
void metric_observe_us(struct metric_series *series, int64_t us);
void metric_observe_count(struct metric_series *series, int64_t count);

/* Everything, in the text format that Prometheus reads. */
void metrics_render(struct metrics *metrics, struct buffer *out);

/* The lines that tell name, help and type of a family. */
void metrics_render_head(const struct metric *family, struct buffer *out);

/* What every client library of Prometheus tells of its process, by the names
 * that they all have. */
extern const struct metric metrics_process_families[];
extern const size_t metrics_process_count;
void metrics_render_process(struct buffer *out);

/* A row for each family, of a Markdown table: name, labels, type, help. */
void metrics_markdown(const struct metric *families, size_t count,
                      struct buffer *out);
