#include "consumer/isolate.h"

#include "consumer/decode.h"
#include "consumer/retry.h"
#include "shared/clock.h"
#include "shared/log.h"

#include <stdlib.h>

/* A batch in which many rows are locked must come to an end: after LATE_MS they
 * are only looked at. */
#define LATE_MS 1500
#define LATE_LOCK_TIMEOUT_MS 10

enum consequence {
    HOLD_ALL,     /* nothing can be written now: hold everything, for ever */
    RETRY_EVENT,  /* one entity cannot: to the retry topic with that event */
    REFUSE_EVENT, /* one event never can: dead-letter it */
};

static const enum consequence consequences[ERROR_KINDS] = {
    [ERROR_INPUT] = REFUSE_EVENT, [ERROR_ACCESS] = HOLD_ALL,
    [ERROR_AGAIN] = RETRY_EVENT,  [ERROR_AWAY] = HOLD_ALL,
    [ERROR_BUG] = HOLD_ALL,
};

void isolate_halt(struct worker *worker)
{
    if (!worker->is_halted)
        metric_add(worker->set.meters->halted, 1);
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

static void set_done(struct worker *worker, struct event **events, size_t count)
{
    int64_t now_ms = clock_steady_ms();

    for (size_t i = 0; i < count; i++) {
        events[i]->is_done = true;
        if (events[i]->verdict == VERDICT_COMPLETED)
            trouble_forget(&worker->trouble, events[i], now_ms);
    }
}

/* 0: all are done.  -1: none is, and `ret_consequence` says what follows. */
static int attempt(struct worker *worker, struct event **events, size_t count,
                   enum consequence *ret_consequence, struct error *err)
{
    if (apply(&worker->apply, events, count, err) == 0) {
        set_done(worker, events, count);
        return 0;
    }
    if (postgres_is_locked_out(err) && apply_tables_are_locked(&worker->apply))
        error_set(err, ERROR_AWAY, "PostgreSQL: a whole table is locked");
    log_failure(worker, err, count);
    *ret_consequence = consequences[err->kind];
    if (*ret_consequence == HOLD_ALL)
        worker_set_status(worker, err->text);
    return -1;
}

/* To the retry topic, together with the others of its batch. */
static void put_off(struct event *event, const struct error *reason)
{
    int64_t delay_ms = retry_delay_ms(event->attempts, (uint32_t)random());

    decode_retry(event, reason, clock_wall_ms() + delay_ms);
}

static int halve(struct worker *worker, struct event **events, size_t count);

static int refuse(struct worker *worker, struct event *event,
                  const struct error *reason)
{
    if (!guard_pass_turned(&worker->guard)) {
        isolate_halt(worker);
        return -1;
    }
    decode_refuse(event, STAGE_WRITE, reason);
    return halve(worker, &event, 1);
}

/* A row is locked that must say what became of an event that goes to another
 * topic.  Where it is the user's it stays as it is; where it is the ledger's
 * the event is held. */
static int send_quietly(struct worker *worker, struct event *event)
{
    int result;

    if (worker->apply.leaves_troubles)
        return 0;
    worker->apply.leaves_troubles = true;
    result = halve(worker, &event, 1);
    worker->apply.leaves_troubles = false;
    return result;
}

/* The ledger will not take what it keeps of a refused event (its payload, say):
 * try once more without it. */
static int send_bare(struct worker *worker, struct event *event,
                     const struct error *reason)
{
    if (event->payload.data == NULL) {
        worker_set_status(worker, reason->text);
        return -1;
    }
    event->payload = event->type = event->entity_id = SLICE_EMPTY;
    return halve(worker, &event, 1);
}

/* One event by itself has failed. */
static int decide(struct worker *worker, struct event *event,
                  enum consequence consequence, const struct error *err)
{
    bool is_sent = event->fate == EVENT_RETRY || event->fate == EVENT_REFUSE;

    if (consequence == RETRY_EVENT && is_sent)
        return send_quietly(worker, event);
    if (event->fate == EVENT_REFUSE)
        return send_bare(worker, event, err);
    if (postgres_is_locked_out(err))
        trouble_note(&worker->trouble, event, clock_steady_ms());
    if (consequence == REFUSE_EVENT || event->attempts >= RETRY_TRIES)
        return refuse(worker, event, err);
    put_off(event, err);
    return 0;
}

/* A stable partition: the events for which `is` holds come first.  Returns how
 * many these are. */
static size_t part(struct worker *worker, struct event **events, size_t count,
                   bool (*is)(const struct worker *worker,
                              const struct event *event, int64_t now_ms))
{
    struct event **others =
        arena_get(&worker->arena, (count + 1) * sizeof(*others));
    int64_t now_ms = clock_steady_ms();
    size_t first = 0, rest = 0;

    for (size_t i = 0; i < count; i++) {
        if (is(worker, events[i], now_ms))
            events[first++] = events[i];
        else
            others[rest++] = events[i];
    }
    memcpy(events + first, others, rest * sizeof(*others));
    return first;
}

static bool is_calm(const struct worker *worker, const struct event *event,
                    int64_t now_ms)
{
    return !trouble_touches(&worker->trouble, event, now_ms);
}

/* An event need not be tried when another one of its entity has just been
 * locked out; but its last try is always made. */
static bool is_to_be_tried(const struct worker *worker,
                           const struct event *event, int64_t now_ms)
{
    return event->fate != EVENT_APPLY || event->attempts >= RETRY_TRIES ||
           !trouble_is_locked(&worker->trouble, event, now_ms);
}

static bool is_put_off(const struct worker *worker, const struct event *event,
                       int64_t now_ms)
{
    (void)worker, (void)now_ms;
    return event->fate == EVENT_RETRY;
}

/* Apply the events, and where one of them spoils it for the others find it by
 * halves. */
static int halve(struct worker *worker, struct event **events, size_t count)
{
    static const struct error locked = {ERROR_AGAIN, ISOLATE_LOCKED_TEXT};
    size_t tried = part(worker, events, count, is_to_be_tried);
    enum consequence consequence;
    struct error err;

    for (size_t i = tried; i < count; i++)
        put_off(events[i], &locked);
    if (tried == 0 || attempt(worker, events, tried, &consequence, &err) == 0)
        return 0;
    if (consequence == HOLD_ALL)
        return -1;
    worker->apply.lock_timeout_ms = clock_steady_ms() < worker->late_ms
                                        ? ISOLATE_LOCK_TIMEOUT_MS
                                        : LATE_LOCK_TIMEOUT_MS;
    if (tried == 1)
        return decide(worker, events[0], consequence, &err);
    if (halve(worker, events, tried / 2) != 0)
        return -1;
    return halve(worker, events + tried / 2, tried - tried / 2);
}

int isolate(struct worker *worker, struct event **events, size_t count,
            int64_t lock_timeout_ms)
{
    size_t calm, sent;

    trouble_begin(&worker->trouble);
    worker->late_ms = clock_steady_ms() + lock_timeout_ms + LATE_MS;
    worker->apply.lock_timeout_ms = lock_timeout_ms;
    calm = part(worker, events, count, is_calm);
    if (halve(worker, events, calm) != 0)
        return -1;
    if (worker->apply.lock_timeout_ms > ISOLATE_LOCK_TIMEOUT_MS)
        worker->apply.lock_timeout_ms = ISOLATE_LOCK_TIMEOUT_MS;
    if (halve(worker, events + calm, count - calm) != 0)
        return -1;
    sent = part(worker, events, count, is_put_off);
    return halve(worker, events, sent);
}
