#include "consumer/meters.h"

#include "consumer/decode.h"
#include "consumer/events/events.h"
#include "consumer/isolate.h"
#include "consumer/retry.h"

#include <stdio.h>

enum {
    EVENTS,
    EVENT_TO_ROW,
    BATCH_SECONDS,
    BATCH_EVENTS,
    PHASE_SECONDS,
    RETRIES,
    PUT_OFF,
    WAITING,
    DEAD_LETTERS,
    HELD,
    ERRORS,
    REBALANCES,
    LAG,
    BEHIND,
    WORKERS,
    HALTED,
    SESSIONS,
    BROKER_UP,
    READY,
    BUILD,
    FAMILIES
};

const struct metric meters_families[FAMILIES] = {
    [EVENTS] = {"clerkstream_events_total",
                METRIC_COUNTER,
                "Events taken from the log, by what became of them and by "
                "type; a type that changes nothing is other.",
                {"status", "type"}},
    [EVENT_TO_ROW] = {"clerkstream_event_to_row_seconds",
                      METRIC_HISTOGRAM,
                      "From the record's time to the commit of its rows.",
                      {NULL}},
    [BATCH_SECONDS] = {"clerkstream_batch_seconds",
                       METRIC_HISTOGRAM,
                       "What one batch took, from decoding to commit.",
                       {NULL}},
    [BATCH_EVENTS] = {"clerkstream_batch_events",
                      METRIC_SIZES,
                      "Events in one batch.",
                      {NULL}},
    [PHASE_SECONDS] = {"clerkstream_batch_phase_seconds",
                       METRIC_HISTOGRAM,
                       "What one batch took: poll (with waiting for its first "
                       "event), lock (registers and ledger), merge, write "
                       "(made ready, letters sent), commit (written by the "
                       "server, one round trip).",
                       {"phase"}},
    [RETRIES] = {"clerkstream_retries_total",
                 METRIC_COUNTER,
                 "Events taken from the retry topic, by what became of them.",
                 {"result"}},
    [PUT_OFF] = {"clerkstream_retries_sent_total",
                 METRIC_COUNTER,
                 "Events that went to the retry topic, by what stood against "
                 "them.",
                 {"reason"}},
    [WAITING] = {"clerkstream_waiting_retries",
                 METRIC_GAUGE,
                 "Events from the retry topic that are not due yet.",
                 {NULL}},
    [DEAD_LETTERS] = {"clerkstream_dead_letters_total",
                      METRIC_COUNTER,
                      "Events that went to the dead-letter topic, by what "
                      "stood against them.",
                      {"class"}},
    [HELD] = {"clerkstream_held_events",
              METRIC_GAUGE,
              "Events that are held in memory, with their partitions.",
              {NULL}},
    [ERRORS] = {"clerkstream_batch_errors_total",
                METRIC_COUNTER,
                "Transactions that failed, by kind of failure.",
                {"kind"}},
    [REBALANCES] = {"clerkstream_rebalances_total",
                    METRIC_COUNTER,
                    "Times that partitions were assigned to a worker, or "
                    "revoked.",
                    {"kind"}},
    [LAG] = {"kafka_consumergroup_lag",
             METRIC_GAUGE,
             "Records of a partition that are not yet done.",
             {"consumergroup", "topic", "partition"}},
    [BEHIND] = {"clerkstream_lag_seconds",
                METRIC_GAUGE,
                "For how long, at least, a record is known that is not yet "
                "done; 0: all of the partition is done.",
                {"topic", "partition"}},
    [WORKERS] = {"clerkstream_workers",
                 METRIC_GAUGE,
                 "Workers, each with a database session.",
                 {NULL}},
    [HALTED] = {"clerkstream_halted_workers",
                METRIC_GAUGE,
                "Workers that take no more: more than half of their last 100 "
                "events would have been dead-lettered.",
                {NULL}},
    [SESSIONS] = {"clerkstream_database_sessions",
                  METRIC_GAUGE,
                  "Workers whose database session is open.",
                  {NULL}},
    [BROKER_UP] = {"clerkstream_broker_up",
                   METRIC_GAUGE,
                   "1 while a broker answers and has the topics.",
                   {NULL}},
    [READY] = {"clerkstream_ready",
               METRIC_GAUGE,
               "1 while /readyz answers 200.",
               {NULL}},
    [BUILD] = {"clerkstream_build_info",
               METRIC_GAUGE,
               "Always 1; versions as labels.",
               {"version", "librdkafka"}},
};
const size_t meters_families_count = FAMILIES;

static const char *const phase_names[PHASES] = {
    [APPLY_LOCK] = "lock",     [APPLY_MERGE] = "merge", [APPLY_WRITE] = "write",
    [APPLY_COMMIT] = "commit", [PHASE_POLL] = "poll",
};

static const char *const retry_results[RETRY_RESULTS] = {
    [RETRY_APPLIED] = "applied",
    [RETRY_AGAIN] = "again",
    [RETRY_REFUSED] = "refused",
    [RETRY_STALE] = "stale",
};

static const char *const dead_letter_classes[DEAD_LETTER_CLASSES] = {
    [DEAD_LETTER_MALFORMED] = "malformed",
    [DEAD_LETTER_REFUSED] = "refused",
    [DEAD_LETTER_RETRIED] = "retried",
};

/* By how the text of the refusal begins; the first that fits. */
static const struct {
    const char *prefix;
    enum retry_reason reason;
    const char *name;
} retry_reasons[] = {
    {"PostgreSQL: SQLSTATE 55P03", RETRY_LOCKED, "locked"},
    {ISOLATE_LOCKED_TEXT, RETRY_LOCKED, "locked"},
    {"PostgreSQL: SQLSTATE 23", RETRY_CONSTRAINT, "constraint"},
    {"PostgreSQL: SQLSTATE P0", RETRY_RAISED, "raised"},
    {"", RETRY_OTHER, "other"},
};

static void init_by_label(struct meters *meters)
{
    struct metrics *registry = &meters->registry;

    for (size_t t = 0; t <= event_types_count; t++)
        for (int i = 0; i < VERDICTS; i++)
            meters->events[t][i] = metrics_get(
                registry, EVENTS, event_verdict_names[i],
                t < event_types_count ? event_types[t].name : "other", NULL);
    for (int i = 0; i < RETRY_RESULTS; i++)
        meters->retries[i] =
            metrics_get(registry, RETRIES, retry_results[i], NULL, NULL);
    for (size_t i = 0; i < sizeof(retry_reasons) / sizeof(retry_reasons[0]);
         i++)
        meters->put_off[retry_reasons[i].reason] =
            metrics_get(registry, PUT_OFF, retry_reasons[i].name, NULL, NULL);
    for (int i = 0; i < DEAD_LETTER_CLASSES; i++)
        meters->dead_letters[i] = metrics_get(
            registry, DEAD_LETTERS, dead_letter_classes[i], NULL, NULL);
    for (int i = 0; i < PHASES; i++)
        meters->phases[i] =
            metrics_get(registry, PHASE_SECONDS, phase_names[i], NULL, NULL);
    meters->rebalances[false] =
        metrics_get(registry, REBALANCES, "revoked", NULL, NULL);
    meters->rebalances[true] =
        metrics_get(registry, REBALANCES, "assigned", NULL, NULL);
}

void meters_init(struct meters *meters, const char *librdkafka)
{
    const struct {
        int family;
        struct metric_series **series;
    } plain[] = {
        {EVENT_TO_ROW, &meters->event_to_row},
        {BATCH_SECONDS, &meters->batch_seconds},
        {BATCH_EVENTS, &meters->batch_events},
        {WAITING, &meters->waiting},
        {HELD, &meters->held},
        {WORKERS, &meters->workers},
        {HALTED, &meters->halted},
        {SESSIONS, &meters->sessions},
        {BROKER_UP, &meters->broker_up},
        {READY, &meters->ready},
    };
    struct metrics *registry = &meters->registry;

    metrics_init(registry, meters_families, FAMILIES);
    init_by_label(meters);
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        *plain[i].series =
            metrics_get(registry, (size_t)plain[i].family, NULL, NULL, NULL);
    metric_set(
        metrics_get(registry, BUILD, CLERKSTREAM_VERSION, librdkafka, NULL), 1);
}

void meters_release(struct meters *meters)
{
    metrics_release(&meters->registry);
}

static enum retry_result result_of(const struct event *event)
{
    if (event->is_stale)
        return RETRY_STALE;
    if (event->verdict == VERDICT_RETRYING)
        return RETRY_AGAIN;
    return event->verdict == VERDICT_FAILED ? RETRY_REFUSED : RETRY_APPLIED;
}

static enum dead_letter_class class_of(const struct event *event)
{
    if (event->stage != NULL && strcmp(event->stage, STAGE_WRITE) != 0)
        return DEAD_LETTER_MALFORMED;
    return event->attempts < RETRY_TRIES ? DEAD_LETTER_REFUSED
                                         : DEAD_LETTER_RETRIED;
}

static enum retry_reason reason_of(const struct event *event)
{
    size_t i = 0;

    while (strncmp(event->refusal.text, retry_reasons[i].prefix,
                   strlen(retry_reasons[i].prefix)) != 0)
        i++;
    return retry_reasons[i].reason;
}

static size_t type_of(const struct event *event)
{
    const struct event_type *type = event_type_find(event->type);

    return type != NULL ? (size_t)(type - event_types) : event_types_count;
}

void meters_count_event(struct meters *meters, const struct event *event,
                        int64_t now_ms)
{
    int64_t age_ms = now_ms - event->record.created_ms;

    if (event->record.stream == STREAM_RETRIES)
        metric_add(meters->retries[result_of(event)], 1);
    if (event->is_stale)
        return;
    metric_add(meters->events[type_of(event)][event->verdict], 1);
    if (event->record.is_dead_lettered)
        metric_add(meters->dead_letters[class_of(event)], 1);
    if (event->verdict == VERDICT_RETRYING)
        metric_add(meters->put_off[reason_of(event)], 1);
    else
        metric_observe_us(meters->event_to_row, age_ms > 0 ? age_ms * 1000 : 0);
}

void meters_count_error(struct meters *meters, const char *kind)
{
    metric_add(metrics_get(&meters->registry, ERRORS, kind, NULL, NULL), 1);
}

void meters_set_lag(struct meters *meters, const char *group, const char *topic,
                    int32_t partition, int64_t lag)
{
    char number[16];

    snprintf(number, sizeof(number), "%d", partition);
    metric_set(metrics_get(&meters->registry, LAG, group, topic, number), lag);
}

void meters_set_behind(struct meters *meters, const char *topic,
                       int32_t partition, int64_t behind_ms)
{
    char number[16];

    snprintf(number, sizeof(number), "%d", partition);
    metric_set(metrics_get(&meters->registry, BEHIND, topic, number, NULL),
               behind_ms / 1000);
}
