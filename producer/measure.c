#include "producer/measure.h"

#include <stdio.h>

enum family {
    REQUESTS,
    EVENTS,
    MATCHES,
    SECONDS,
    DELIVERY,
    IN_FLIGHT,
    CONNECTIONS,
    BODY_BYTES,
    KAFKA_ERRORS,
    QUEUED,
    BROKER_UP,
    READY,
    BUILD,
    FAMILIES
};

const struct metric measure_families[FAMILIES] = {
    [REQUESTS] = {.name = "clerkstream_http_requests_total",
                  .type = METRIC_COUNTER,
                  .help = "Requests answered, by status code.",
                  .labels = {"code"}},
    [EVENTS] = {.name = "clerkstream_events_total",
                .type = METRIC_COUNTER,
                .help = "Verified events, by what became of them.",
                .labels = {"status"}},
    [MATCHES] = {.name = "clerkstream_signature_matches_total",
                 .type = METRIC_COUNTER,
                 .help = "Signatures that matched, by position of the secret.",
                 .labels = {"secret"}},
    [SECONDS] = {.name = "clerkstream_http_request_seconds",
                 .type = METRIC_HISTOGRAM,
                 .help = "From the request line to the answer.",
                 .labels = {"code"}},
    [DELIVERY] = {.name = "clerkstream_delivery_seconds",
                  .type = METRIC_HISTOGRAM,
                  .help = "From handing a record to Kafka to its report."},
    [IN_FLIGHT] = {.name = "clerkstream_events_in_flight",
                   .type = METRIC_GAUGE,
                   .help = "Events that wait for the broker."},
    [CONNECTIONS] = {.name = "clerkstream_http_connections",
                     .type = METRIC_GAUGE,
                     .help = "Open connections of the public listener."},
    [BODY_BYTES] = {.name = "clerkstream_http_body_bytes",
                    .type = METRIC_GAUGE,
                    .help = "Memory in bodies of requests."},
    [KAFKA_ERRORS] = {.name = "clerkstream_kafka_errors_total",
                      .type = METRIC_COUNTER,
                      .help = "Records not taken or not acknowledged, by "
                              "librdkafka's name of the error.",
                      .labels = {"code"}},
    [QUEUED] = {.name = "clerkstream_kafka_queued_records",
                .type = METRIC_GAUGE,
                .help = "Records in the queue of the Kafka client, sent or "
                        "not, that have no report yet."},
    [BROKER_UP] = {.name = "clerkstream_broker_up",
                   .type = METRIC_GAUGE,
                   .help = "1 while a broker answers and has the topics."},
    [READY] = {.name = "clerkstream_ready",
               .type = METRIC_GAUGE,
               .help = "1 while /readyz answers 200."},
    [BUILD] = {.name = "clerkstream_build_info",
               .type = METRIC_GAUGE,
               .help = "Always 1; versions as labels.",
               .labels = {"version", "librdkafka"}},
};
const size_t measure_families_count = FAMILIES;

static void prepare_outcome(struct measure *measure, enum outcome outcome)
{
    const struct reply reply = {.outcome = outcome};
    const char *status = reply_event_status(&reply);
    char code[8];

    snprintf(code, sizeof(code), "%u", reply_status(&reply));
    measure->codes[outcome] =
        metrics_get(&measure->metrics, REQUESTS, code, NULL, NULL);
    measure->seconds[outcome] =
        metrics_get(&measure->metrics, SECONDS, code, NULL, NULL);
    if (status != NULL)
        measure->statuses[outcome] =
            metrics_get(&measure->metrics, EVENTS, status, NULL, NULL);
}

void measure_init(struct measure *measure, size_t keys, const char *version,
                  const char *librdkafka)
{
    struct metrics *metrics = &measure->metrics;
    char position[24];

    *measure = (struct measure){.delivery = NULL};
    metrics_init(metrics, measure_families, FAMILIES);
    for (int i = OUTCOME_OPEN + 1; i < OUTCOMES; i++)
        prepare_outcome(measure, (enum outcome)i);
    for (size_t i = 0; i < keys; i++) {
        snprintf(position, sizeof(position), "%zu", i + 1);
        measure->matches[i] =
            metrics_get(metrics, MATCHES, position, NULL, NULL);
    }
    measure->delivery = metrics_get(metrics, DELIVERY, NULL, NULL, NULL);
    measure->queued = metrics_get(metrics, QUEUED, NULL, NULL, NULL);
    measure->broker_up = metrics_get(metrics, BROKER_UP, NULL, NULL, NULL);
    measure->ready = metrics_get(metrics, READY, NULL, NULL, NULL);
    measure->in_flight = metrics_get(metrics, IN_FLIGHT, NULL, NULL, NULL);
    measure->connections = metrics_get(metrics, CONNECTIONS, NULL, NULL, NULL);
    measure->body_bytes = metrics_get(metrics, BODY_BYTES, NULL, NULL, NULL);
    metric_set(metrics_get(metrics, BUILD, version, librdkafka, NULL), 1);
}

void measure_release(struct measure *measure)
{
    metrics_release(&measure->metrics);
}

void measure_reply(struct measure *measure, const struct reply *reply,
                   int64_t us)
{
    metric_add(measure->codes[reply->outcome], 1);
    if (measure->statuses[reply->outcome] != NULL)
        metric_add(measure->statuses[reply->outcome], 1);
    metric_observe_us(measure->seconds[reply->outcome], us);
}

void measure_kafka_error(struct measure *measure, const char *code)
{
    metric_add(metrics_get(&measure->metrics, KAFKA_ERRORS, code, NULL, NULL),
               1);
}
