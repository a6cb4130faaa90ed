#include "producer/ingest.h"

#include "shared/clock.h"
#include "shared/envelope.h"

#include <stdio.h>

/* A document this large is not kept for the next event. */
#define KEPT_NODES 16384

void ingest_init(struct ingest *ingest, const struct config *config,
                 struct kafka_producer *kafka, struct measure *measure)
{
    ingest->config = config;
    ingest->kafka = kafka;
    ingest->measure = measure;
    rate_init(&ingest->rate, config->rate_limit);
    atomic_init(&ingest->is_stopping, false);
}

void ingest_desk_init(struct ingest_desk *desk, const struct config *config)
{
    *desk =
        (struct ingest_desk){.verifier = signature_verifier_new(&config->keys)};
}

void ingest_desk_release(struct ingest_desk *desk)
{
    signature_verifier_free(desk->verifier);
    json_release(&desk->json);
    arena_release(&desk->arena);
}

static void clear(struct ingest_desk *desk)
{
    arena_clear(&desk->arena);
    if (desk->json.capacity > KEPT_NODES)
        json_release(&desk->json);
}

static void decide(struct request *request, enum outcome outcome)
{
    request->reply.outcome = outcome;
}

/* The same with a reason of its own. */
static void decide_why(struct request *request, enum outcome outcome,
                       const char *reason)
{
    snprintf(request->text, sizeof(request->text), "%s", reason);
    request->reply.outcome = outcome;
    request->reply.reason = request->text;
}

void ingest_route(const struct ingest *ingest, struct request *request)
{
    request->route = route_of(request->head.target, &ingest->config->paths);
}

void ingest_head(const struct ingest *ingest, struct request *request,
                 const char *method)
{
    bool is_post = strcmp(method, "POST") == 0;
    enum outcome framing =
        head_framing(&request->head, is_post, &request->length);
    struct error err;

    request->must_close = framing != OUTCOME_OPEN;
    request->reply.allow = route_methods(request->route);
    if (request->route == ROUTE_NONE)
        decide(request, OUTCOME_NO_ROUTE);
    else if (!route_allows(request->route, method))
        decide(request, OUTCOME_WRONG_METHOD);
    else if (framing == OUTCOME_FLAWED)
        decide_why(request, framing, request->head.flaw);
    else if (framing != OUTCOME_OPEN)
        decide(request, framing);
    else if (request->route == ROUTE_HEALTH)
        decide(request, OUTCOME_ALIVE);
    else if (head_claim(&request->head, &request->claim, &err) != 0)
        decide_why(request, OUTCOME_BAD_HEADERS, err.text);
    else if (request->length > (uint64_t)ingest->config->body_bytes_max)
        decide(request, OUTCOME_TOO_LARGE);
}

static bool is_signed(const struct ingest *ingest, struct ingest_desk *desk,
                      const struct signature_claim *claim)
{
    struct error err;
    int key = signature_verify(desk->verifier, claim, clock_wall_ms() / 1000,
                               ingest->config->tolerance_s, &err);

    if (key >= 0)
        metric_add(ingest->measure->matches[key], 1);
    return key >= 0;
}

static bool is_foreign(const struct config *config, const struct envelope *env)
{
    return config->instance_id != NULL && env->instance_id.size > 0 &&
           !slice_is(env->instance_id, config->instance_id);
}

static bool is_ignored(const struct config *config, const struct envelope *env)
{
    for (size_t i = 0; i < config->ignored_types.count; i++)
        if (slice_is(env->type, config->ignored_types.items[i]))
            return true;
    return false;
}

/* What it becomes is known when Kafka has reported. */
static void publish(struct ingest *ingest, struct request *request,
                    enum kafka_topic topic, const struct record *record,
                    enum outcome intended)
{
    struct error err;

    request->reply.topic = kafka_producer_topic_name(ingest->kafka, topic);
    request->intended = intended;
    request->is_sent = true;
    request->sent_us = clock_steady_us();
    if (kafka_producer_send(ingest->kafka, topic, record, request, &err) == 0)
        return;
    request->is_sent = false;
    measure_kafka_error(ingest->measure, err.text);
    decide(request, reply_outcome_of(err.kind));
}

static void dead_letter(struct ingest *ingest, struct request *request,
                        const char *reason)
{
    struct record record;

    snprintf(request->text, sizeof(request->text), "%s", reason);
    record_of_dead_letter(&request->claim, reason, &record);
    publish(ingest, request, KAFKA_DEAD_LETTERS, &record,
            OUTCOME_DEAD_LETTERED);
}

static void take_event(struct ingest *ingest, struct ingest_desk *desk,
                       struct request *request)
{
    const struct config *config = ingest->config;
    struct signature_claim *claim = &request->claim;
    struct envelope env;
    struct record record;
    struct error err;

    if (!is_signed(ingest, desk, claim)) {
        decide(request, OUTCOME_NOT_SIGNED);
        return;
    }
    if (!rate_take(&ingest->rate, clock_steady_us() * 1000)) {
        decide(request, OUTCOME_TOO_MANY);
        return;
    }
    if (envelope_parse(claim->body, &desk->json, &desk->arena, &env, &err) !=
        0) {
        dead_letter(ingest, request, err.text);
        return;
    }
    snprintf(request->type, sizeof(request->type), "%.*s",
             SLICE_PRINT(env.type));
    if (is_foreign(config, &env)) {
        decide(request, OUTCOME_IGNORED_INSTANCE);
        return;
    }
    if (is_ignored(config, &env)) {
        decide(request, OUTCOME_IGNORED_TYPE);
        return;
    }
    record_of_event(claim, &env, head_traceparent(&request->head), &desk->arena,
                    &record);
    publish(ingest, request, KAFKA_EVENTS, &record, OUTCOME_ACCEPTED);
}

void ingest_event(struct ingest *ingest, struct ingest_desk *desk,
                  struct request *request)
{
    if (atomic_load(&ingest->is_stopping)) {
        decide_why(request, OUTCOME_UNAVAILABLE, "shutting down");
        return;
    }
    request->claim.body = buffer_slice(&request->body);
    if (request->claim.body.data == NULL)
        request->claim.body = slice_of("");
    take_event(ingest, desk, request);
    clear(desk);
}

void ingest_take_report(void *context, const struct kafka_report *report)
{
    struct request *request = context;

    request->report = *report;
    request->reported_us = clock_steady_us();
    request->on_report(request);
}

void ingest_settle(struct ingest *ingest, struct request *request)
{
    const struct kafka_report *report = &request->report;

    metric_observe_us(ingest->measure->delivery,
                      request->reported_us - request->sent_us);
    if (report->kind != ERROR_NONE) {
        measure_kafka_error(ingest->measure, report->code);
        decide(request, reply_outcome_of(report->kind));
        return;
    }
    request->reply.partition = report->partition;
    request->reply.offset = report->offset;
    if (request->intended == OUTCOME_DEAD_LETTERED)
        request->reply.reason = request->text;
    decide(request, request->intended);
}

void ingest_give_up(struct request *request, enum outcome outcome,
                    const char *reason)
{
    if (reason != NULL)
        decide_why(request, outcome, reason);
    else
        decide(request, outcome);
}

void ingest_finish(const struct ingest *ingest, const struct request *request)
{
    const struct reply *reply = &request->reply;
    int64_t us = clock_steady_us() - request->started_us;
    bool is_stored = reply->outcome == OUTCOME_ACCEPTED ||
                     reply->outcome == OUTCOME_DEAD_LETTERED;
    enum log_level level =
        reply->outcome == OUTCOME_ALIVE ? LOG_DEBUG : LOG_INFO;
    struct log_field fields[12];
    size_t count = 0;

    measure_reply(ingest->measure, reply, us);
    if (!log_is_on(level))
        return;
    fields[count++] = log_event("request");
    fields[count++] = log_number("code", reply_status(reply));
    if (request->claim.id.size > 0)
        fields[count++] = log_slice("id", request->claim.id);
    if (reply_event_status(reply) != NULL)
        fields[count++] = log_text("status", reply_event_status(reply));
    if (request->type[0] != '\0')
        fields[count++] = log_text("type", request->type);
    if (is_stored) {
        fields[count++] = log_text("topic", reply->topic);
        fields[count++] = log_number("partition", reply->partition);
    }
    if (reply->reason != NULL)
        fields[count++] = log_text("reason", reply->reason);
    fields[count++] = log_ms("ms", us);
    fields[count] = (struct log_field){.type = LOG_END};
    log_write(level, fields);
}
