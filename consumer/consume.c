#include "consumer/consume.h"

#include "consumer/decode.h"
#include "consumer/isolate.h"
#include "shared/backoff.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/stop.h"

#include <stdlib.h>

#define POLL_MS 200
#define LOOK_MS 2000
#define BACKOFF_FIRST_MS 100
/* 30 s would be allowed; what is back sooner is noticed sooner. */
#define BACKOFF_MOST_MS 10000
#define DUE_FEW 4 /* retries at once, after one that failed again */
#define MARK_FIRST_MS 1000
#define MARK_MOST_MS 10000
#define MARK_AT_ONCE 20

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
            isolate_halt(worker);
            return i;
        }
    }
    return count;
}

/* Done is done; what is not is held.  Returns how many were not. */
static size_t release_or_hold(struct worker *worker, struct event **events,
                              size_t count)
{
    size_t held = 0;

    for (size_t i = 0; i < count; i++) {
        if (events[i]->is_done) {
            meters_count_event(worker->set.meters, events[i], clock_wall_ms());
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
    int64_t by_verdict[VERDICTS] = {0}, stale = 0;

    for (size_t i = 0; i < count; i++) {
        stale += events[i]->is_stale;
        if (events[i]->is_done && !events[i]->is_stale)
            by_verdict[events[i]->verdict]++;
    }
    log_info(log_event("batch"), log_number("worker", worker->number),
             log_number("events", (int64_t)count),
             log_number("completed", by_verdict[VERDICT_COMPLETED]),
             log_number("superseded", by_verdict[VERDICT_SUPERSEDED]),
             log_number("ignored", by_verdict[VERDICT_IGNORED]),
             log_number("retrying", by_verdict[VERDICT_RETRYING]),
             log_number("failed", by_verdict[VERDICT_FAILED]),
             log_number("stale", stale), log_number("held", (int64_t)held),
             log_ms("ms", us));
}

static void measure_batch(struct worker *worker, size_t count, int64_t us)
{
    struct meters *meters = worker->set.meters;
    int64_t *spent_us = worker->apply.spent_us;

    metric_observe_us(meters->batch_seconds, us);
    metric_observe_count(meters->batch_events, (int64_t)count);
    for (int i = 0; i < APPLY_PHASES; i++) {
        if (spent_us[i] > 0)
            metric_observe_us(meters->phases[i], spent_us[i]);
        spent_us[i] = 0;
    }
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
                          ? "an event can be neither written nor put off; "
                            "its partition is held"
                          : "");
}

static bool are_applied(struct event *const *events, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!events[i]->is_done || events[i]->verdict >= VERDICT_RETRYING)
            return false;
    return true;
}

/* The path of the records: each is done or held in the end.  Returns whether
 * all of them were applied. */
static bool process(struct worker *worker, const struct record *records,
                    size_t count, bool is_new)
{
    int64_t start_us = clock_steady_us();
    int64_t lock_timeout_ms =
        is_new ? worker->set.cfg->lock_timeout_ms : ISOLATE_LOCK_TIMEOUT_MS;
    struct event **events;
    size_t passed = count, held;
    bool is_clean;
    int64_t us;

    arena_clear(&worker->arena);
    events = decode_all(worker, records, count);
    if (is_new)
        passed = pass_guard(worker, events, count);
    worker_set_busy(worker, true);
    worker->is_away = passed > 0 &&
                      isolate(worker, events, passed, lock_timeout_ms) != 0 &&
                      !worker->is_halted;
    worker_set_busy(worker, false);
    is_clean = are_applied(events, count);
    held = release_or_hold(worker, events, count);
    us = clock_steady_us() - start_us;
    measure_batch(worker, count, us);
    log_batch(worker, events, count, held, us);
    if (!is_new || held > 0)
        schedule(worker, held);
    tell_status(worker);
    worker_settle(worker);
    return is_clean;
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

/* The retries that are due.  As long as they fail only a few are tried at once:
 * finding the bad ones of a large batch would keep all others waiting. */
static void process_due(struct worker *worker)
{
    size_t most = (size_t)worker->set.cfg->batch_max, count;

    worker_collect_due(worker);
    count = worker->batch_count;
    worker->batch_count = 0;
    if (count == 0)
        return;
    if (!process(worker, worker->batch, count, false))
        worker->due_max = DUE_FEW < most ? DUE_FEW : most;
    else
        worker->due_max =
            worker->due_max < most / 2 ? worker->due_max * 2 : most;
}

static void tell_lag(struct worker *worker, struct progress_partition *at,
                     int64_t end, int64_t done)
{
    const struct consumer_config *cfg = worker->set.cfg;
    const char *topic = at->stream == STREAM_EVENTS ? cfg->common.events_topic
                                                    : cfg->common.retry_topic;

    meters_set_lag(worker->set.meters, cfg->group, topic, at->partition,
                   end - done);
    meters_set_behind(worker->set.meters, topic, at->partition,
                      progress_behind_ms(at, end, done, clock_steady_ms()));
}

static void measure_lag(struct worker *worker)
{
    char reason[KAFKA_WATCH_REASON_BYTES];
    bool is_there = kafka_watch_is_ready(worker->set.watch, reason);

    for (size_t i = 0; i < worker->progress.count; i++) {
        struct progress_partition *at = &worker->progress.items[i];
        int64_t end = source_end(worker->source, at->stream, at->partition);
        int64_t done;
        if (is_there && at->stored < 0 && at->committed < 0)
            at->committed =
                source_committed(worker->source, at->stream, at->partition);
        done = at->stored >= 0 ? at->stored : at->committed;
        if (end >= 0)
            tell_lag(worker, at, end, done > 0 ? done : 0);
    }
}

/* When an event was dead-lettered the row of its user may have been locked.
 * Such users are marked as failed here, once their rows are free. */
static void mark_failed(struct worker *worker, int64_t now_ms)
{
    bool is_marked = true;
    struct error err;

    if (now_ms < worker->mark_ms)
        return;
    worker->apply.lock_timeout_ms = ISOLATE_LOCK_TIMEOUT_MS;
    arena_clear(&worker->arena);
    for (int i = 0; i < MARK_AT_ONCE && is_marked; i++) {
        if (apply_mark_failed(&worker->apply, &is_marked, &err) != 0) {
            worker->mark_failures++;
            break;
        }
        if (is_marked)
            worker->mark_failures = 0;
    }
    worker->mark_ms = now_ms + backoff_ms(worker->mark_failures, MARK_FIRST_MS,
                                          MARK_MOST_MS, (uint32_t)random());
}

/* Every LOOK_MS, also while nothing comes: the lag, and is the database there?
 */
static void look_around(struct worker *worker)
{
    struct error err;
    int64_t now_ms = clock_steady_ms();

    if (now_ms - worker->looked_ms < LOOK_MS)
        return;
    worker->looked_ms = now_ms;
    measure_lag(worker);
    if (worker->is_away || worker->is_halted)
        return; /* that is said already */
    worker_set_busy(worker, true);
    if (postgres_connect(worker->apply.db, &err) != 0 ||
        postgres_check(worker->apply.db, &err) != 0) {
        worker_set_status(worker, err.text);
    } else {
        tell_status(worker);
        mark_failed(worker, now_ms);
    }
    worker_tell_session(worker);
    worker_set_busy(worker, false);
}

/* Join the group only when what is taken can be written, too. */
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

/* While everything is held only what is held is tried, now and then. */
static void try_again(struct worker *worker)
{
    if (clock_steady_ms() < worker->due_ms)
        return;
    if (worker->held_count > 0)
        process_held(worker);
    else if (worker->is_away)
        process_due(worker);
}

static bool is_stuck(const struct worker *worker)
{
    return worker->is_away || worker->is_halted;
}

/* How long to wait for the next record: no longer than until something that is
 * held, or a retry, is due. */
static int patience_ms(const struct worker *worker)
{
    int64_t now_ms = clock_steady_ms();

    if (worker->held_count > 0 && !worker->is_halted &&
        now_ms >= worker->due_ms)
        return 0;
    if (is_stuck(worker))
        return POLL_MS;
    return (int)waiting_left_ms(&worker->waiting, now_ms, POLL_MS);
}

static void poll_batch(struct worker *worker)
{
    int64_t start_us = clock_steady_us();

    worker_collect(worker, patience_ms(worker));
    if (worker->batch_count > 0)
        metric_observe_us(worker->set.meters->phases[PHASE_POLL],
                          clock_steady_us() - start_us);
}

static void hold_batch(struct worker *worker)
{
    for (size_t i = 0; i < worker->batch_count; i++)
        worker_hold(worker, &worker->batch[i]);
    worker->batch_count = 0;
}

/* One turn of the loop.  Polling goes on whatever happens, else the group would
 * take the partitions away. */
static void step(struct worker *worker)
{
    poll_batch(worker);
    look_around(worker);
    if (is_stuck(worker))
        hold_batch(worker);
    else if (worker->batch_count > 0)
        process_new(worker);
    if (!worker->is_halted)
        try_again(worker);
    if (!is_stuck(worker))
        process_due(worker);
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
