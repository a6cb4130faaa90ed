#include "consumer/consume.h"

#include "consumer/decode.h"
#include "shared/backoff.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/stop.h"

#include <stdlib.h>

#define POLL_MS 200
#define LOOK_MS 2000
#define BACKOFF_FIRST_MS 100
#define BACKOFF_MOST_MS                                                        \
    10000 /* at most 30 s are allowed; sooner back is better */
#define ISOLATE_LOCK_TIMEOUT_MS 100

/* What a failed transaction means for its events. */
enum consequence {
    HOLD_ALL,     /* nothing can be written now: hold everything, for ever */
    HOLD_EVENT,   /* one entity cannot: hold that event, and its partition */
    REFUSE_EVENT, /* one event never can: dead-letter it */
};

static const enum consequence consequences[ERROR_KINDS] = {
    [ERROR_INPUT] = REFUSE_EVENT, [ERROR_ACCESS] = HOLD_ALL,
    [ERROR_AGAIN] = HOLD_EVENT,   [ERROR_AWAY] = HOLD_ALL,
    [ERROR_BUG] = HOLD_ALL,
};

static void halt(struct worker *worker)
{
    worker->is_halted = true;
    log_error(log_event("halted"), log_number("worker", worker->number),
              log_text("reason", "more than half of the last 100 events would "
                                 "be dead-lettered"));
    worker_set_status(worker,
                      "halted: more than half of the last 100 events would be "
                      "dead-lettered; restart when the cause is mended");
}

/* What the server says about an event may quote it (a trigger's message): of
 * that only the SQLSTATE is logged; the ledger has the rest. */
static void log_failure(struct worker *worker, const struct error *err,
                        size_t count)
{
    enum log_level level = err->kind == ERROR_ACCESS ? LOG_ERROR : LOG_WARN;
    struct slice reason = slice_of(err->text);

    if (consequences[err->kind] != HOLD_ALL &&
        reason.size > POSTGRES_STATE_BYTES)
        reason.size = POSTGRES_STATE_BYTES;

    meters_count_error(worker->set.meters, error_kind_name(err->kind));
    LOG_AT(level, log_event("batch_failed"),
           log_number("worker", worker->number),
           log_number("events", (int64_t)count),
           log_text("kind", error_kind_name(err->kind)),
           log_slice("reason", reason));
}

static int apply_isolated(struct worker *worker, struct event **events,
                          size_t count);

/* The database will never take this event; where it will not even take what
 * the ledger keeps of it, the ledger does without. */
static int refuse_event(struct worker *worker, struct event *event,
                        const struct error *reason)
{
    if (event->fate == EVENT_REFUSE) {
        if (event->payload.data == NULL) {
            worker_set_status(worker, reason->text);
            return -1;
        }
        event->payload = event->type = event->entity_id = SLICE_EMPTY;
    } else {
        if (!guard_pass_turned(&worker->guard)) {
            halt(worker);
            return -1;
        }
        decode_refuse(event, STAGE_WRITE, reason);
    }
    return apply_isolated(worker, &event, 1);
}

/* Apply the events, and where one of them spoils it for the others find it by
 * halves.  What is committed is_done; -1: nothing more can be written now. */
static int apply_isolated(struct worker *worker, struct event **events,
                          size_t count)
{
    struct error err;
    enum consequence consequence;

    if (apply(&worker->apply, events, count, &err) == 0) {
        for (size_t i = 0; i < count; i++)
            events[i]->is_done = true;
        return 0;
    }
    log_failure(worker, &err, count);
    consequence = consequences[err.kind];
    if (consequence == HOLD_ALL) {
        worker_set_status(worker, err.text);
        return -1;
    }
    /* Whoever waits has waited long enough: look who it is, quickly. */
    worker->apply.lock_timeout_ms = ISOLATE_LOCK_TIMEOUT_MS;
    if (count == 1)
        return consequence == REFUSE_EVENT
                   ? refuse_event(worker, events[0], &err)
                   : 0;
    if (apply_isolated(worker, events, count / 2) != 0)
        return -1;
    return apply_isolated(worker, events + count / 2, count - count / 2);
}

static struct event **decode_all(struct worker *worker,
                                 const struct record *records, size_t count)
{
    struct event **events =
        arena_get(&worker->arena, (count + 1) * sizeof(*events));

    for (size_t i = 0; i < count; i++) {
        events[i] = arena_get(&worker->arena, sizeof(**events));
        decode(&records[i], &worker->json, &worker->arena, events[i]);
    }
    return events;
}

/* How many of the events the guard lets through. */
static size_t pass_guard(struct worker *worker, struct event *const *events,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!guard_pass(&worker->guard, events[i]->fate == EVENT_REFUSE)) {
            halt(worker);
            return i;
        }
    }
    return count;
}

static void count_done(struct worker *worker, const struct event *event)
{
    struct meters *meters = worker->set.meters;
    int64_t age_ms = clock_wall_ms() - event->record.created_ms;

    metric_add(meters->verdicts[event->verdict], 1);
    if (event->record.is_dead_lettered)
        metric_add(meters->dead_letters, 1);
    metric_observe_us(meters->event_to_row, age_ms > 0 ? age_ms * 1000 : 0);
}

/* Done is done; what is not is held.  Returns how many were not. */
static size_t release_or_hold(struct worker *worker, struct event **events,
                              size_t count)
{
    size_t held = 0;

    for (size_t i = 0; i < count; i++) {
        if (events[i]->is_done) {
            count_done(worker, events[i]);
            worker_done(worker, &events[i]->record);
        } else {
            worker_hold(worker, &events[i]->record);
            held++;
        }
    }
    return held;
}

static void log_batch(struct worker *worker, struct event *const *events,
                      size_t count, size_t held, int64_t us)
{
    int64_t by_verdict[VERDICT_FAILED + 1] = {0};

    for (size_t i = 0; i < count; i++)
        if (events[i]->is_done)
            by_verdict[events[i]->verdict]++;
    metric_observe_us(worker->set.meters->batch_seconds, us);
    log_info(log_event("batch"), log_number("worker", worker->number),
             log_number("events", (int64_t)count),
             log_number("completed", by_verdict[VERDICT_COMPLETED]),
             log_number("superseded", by_verdict[VERDICT_SUPERSEDED]),
             log_number("ignored", by_verdict[VERDICT_IGNORED]),
             log_number("failed", by_verdict[VERDICT_FAILED]),
             log_number("held", (int64_t)held),
             log_real("ms", (double)us / 1000));
}

static void schedule(struct worker *worker, size_t held)
{
    worker->attempts = held > 0 ? worker->attempts + 1 : 0;
    worker->due_ms =
        clock_steady_ms() + backoff_ms(worker->attempts, BACKOFF_FIRST_MS,
                                       BACKOFF_MOST_MS, (uint32_t)random());
}

static void tell_status(struct worker *worker)
{
    if (worker->is_away || worker->is_halted)
        return; /* said where it happened */
    worker_set_status(worker,
                      !worker->is_assigned ? "not assigned to the group yet"
                      : worker->held_count > 0
                          ? "an event waits for a row that is locked or "
                            "refused; its partition is held"
                          : "");
}

/* The path of the records: each is done or held in the end. */
static void process(struct worker *worker, const struct record *records,
                    size_t count, bool is_new)
{
    int64_t start_us = clock_steady_us();
    struct event **events;
    size_t passed = count, held;

    worker->apply.lock_timeout_ms =
        is_new ? worker->set.cfg->lock_timeout_ms : ISOLATE_LOCK_TIMEOUT_MS;
    arena_clear(&worker->arena);
    events = decode_all(worker, records, count);
    if (is_new)
        passed = pass_guard(worker, events, count);
    worker_set_busy(worker, true);
    worker->is_away = passed > 0 &&
                      apply_isolated(worker, events, passed) != 0 &&
                      !worker->is_halted;
    worker_set_busy(worker, false);
    held = release_or_hold(worker, events, count);
    log_batch(worker, events, count, held, clock_steady_us() - start_us);
    if (!is_new || held > 0)
        schedule(worker, held);
    tell_status(worker);
    worker_settle(worker);
}

static void process_new(struct worker *worker)
{
    size_t count = worker->batch_count;

    worker->batch_count = 0; /* each is the path's from here on */
    process(worker, worker->batch, count, true);
}

/* What was held is tried again as one batch. */
static void process_held(struct worker *worker)
{
    struct record *records = worker->held;
    size_t count = worker->held_count;

    worker->held = NULL;
    worker->held_count = worker->held_room = 0;
    process(worker, records, count, false);
    free(records);
}

static void measure_lag(struct worker *worker)
{
    const struct consumer_config *cfg = worker->set.cfg;
    char reason[KAFKA_WATCH_REASON_BYTES];
    bool is_there = kafka_watch_is_ready(worker->set.watch, reason);

    for (size_t i = 0; i < worker->progress.count; i++) {
        struct progress_partition *at = &worker->progress.items[i];
        int64_t end = source_end(worker->source, at->partition), done;
        if (is_there && at->stored < 0 && at->committed < 0)
            at->committed = source_committed(worker->source, at->partition);
        done = at->stored >= 0 ? at->stored : at->committed;
        if (end >= 0)
            meters_set_lag(worker->set.meters, cfg->group,
                           cfg->common.events_topic, at->partition,
                           end - (done > 0 ? done : 0));
    }
}

/* Every now and then: is the database there, also while nothing comes? */
static void look_around(struct worker *worker)
{
    struct error err;
    int64_t now_ms = clock_steady_ms();

    if (now_ms - worker->looked_ms < LOOK_MS)
        return;
    worker->looked_ms = now_ms;
    measure_lag(worker);
    if (worker->batch_count > 0 || worker->held_count > 0)
        return;
    worker_set_busy(worker, true);
    if (postgres_connect(worker->apply.db, &err) == 0 &&
        postgres_check(worker->apply.db, &err) == 0)
        tell_status(worker);
    else
        worker_set_status(worker, err.text);
    worker_set_busy(worker, false);
}

/* Before the group is joined: it is no use to take what cannot be written. */
static bool wait_for_both(struct worker *worker)
{
    char reason[KAFKA_WATCH_REASON_BYTES];
    unsigned attempt = 0;
    struct error err;

    for (;;) {
        if (!kafka_watch_is_ready(worker->set.watch, reason))
            worker_set_status(worker, reason);
        else if (postgres_connect(worker->apply.db, &err) != 0)
            worker_set_status(worker, err.text);
        else
            return true;
        if (stop_wait(backoff_ms(attempt++, BACKOFF_FIRST_MS, 5000,
                                 (uint32_t)random())))
            return false;
    }
}

static void step(struct worker *worker)
{
    bool is_due = worker->held_count > 0 && !worker->is_halted &&
                  clock_steady_ms() >= worker->due_ms;

    worker_collect(worker, is_due ? 0 : POLL_MS);
    look_around(worker);
    if (worker->batch_count > 0 && (worker->is_away || worker->is_halted)) {
        for (size_t i = 0; i < worker->batch_count; i++)
            worker_hold(worker, &worker->batch[i]);
        worker->batch_count = 0;
    } else if (worker->batch_count > 0) {
        process_new(worker);
    }
    if (is_due && worker->held_count > 0)
        process_held(worker);
}

void *consume(void *context)
{
    struct worker *worker = context;
    struct error err;

    if (!wait_for_both(worker))
        return NULL;
    if (source_join(worker->source, &err) != 0) {
        log_error(log_event("group_not_joined"), log_text("reason", err.text));
        stop_ask_failed();
        return NULL;
    }
    worker_set_status(worker, "not assigned to the group yet");
    while (!stop_is_asked())
        step(worker);
    worker_leave(worker);
    return NULL;
}
