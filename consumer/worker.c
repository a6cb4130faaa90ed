#include "consumer/worker.h"

#include "consumer/kafka_message.h"
#include "consumer/retry.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/memory.h"

#include <stdio.h>
#include <stdlib.h>

#define PATIENCE_MS 5000 /* for one batch, before that is told */
#define BATCH_BYTES_MAX (4 * 1024 * 1024)
#define HOLD_RETRY_MS 1000 /* a retry that can be sent nowhere */

static void drop(struct record *records, size_t *count, enum stream stream,
                 int32_t partition)
{
    size_t kept = 0;

    for (size_t i = 0; i < *count; i++) {
        if (records[i].stream == stream && records[i].partition == partition)
            kafka_message_release(&records[i]);
        else
            records[kept++] = records[i];
    }
    *count = kept;
}

static void drop_all(struct worker *worker)
{
    while (worker->batch_count > 0)
        kafka_message_release(&worker->batch[--worker->batch_count]);
    while (worker->held_count > 0)
        kafka_message_release(&worker->held[--worker->held_count]);
    while (worker->waiting.count > 0) {
        struct record record;
        waiting_take(&worker->waiting, INT64_MAX, &record);
        kafka_message_release(&record);
    }
}

void worker_release(struct worker *worker)
{
    worker_leave(worker);
    free(worker->batch);
    free(worker->held);
    waiting_release(&worker->waiting);
    postgres_free(worker->apply.db);
    sink_free(worker->apply.sink);
    apply_release(&worker->apply);
    json_release(&worker->json);
    arena_release(&worker->arena);
    progress_release(&worker->progress);
    pthread_mutex_destroy(&worker->lock);
}

static void on_assigned(void *context, enum stream stream, int32_t partition)
{
    progress_add(&((struct worker *)context)->progress, stream, partition);
}

/* librdkafka remembers a pause over a rebalance, and resuming what it did not
 * pause makes it jump: so the pause ends before the partition goes. */
static void on_revoked(void *context, enum stream stream, int32_t partition)
{
    struct worker *worker = context;
    const struct settings *common = &worker->set.cfg->common;
    const char *topic =
        stream == STREAM_EVENTS ? common->events_topic : common->retry_topic;
    struct progress_partition *found =
        progress_find(&worker->progress, stream, partition);
    struct record record;

    if (found != NULL && found->is_paused)
        source_resume(worker->source, stream, partition);
    drop(worker->batch, &worker->batch_count, stream, partition);
    drop(worker->held, &worker->held_count, stream, partition);
    while (stream == STREAM_RETRIES &&
           waiting_take_of(&worker->waiting, partition, &record))
        kafka_message_release(&record);
    progress_remove(&worker->progress, stream, partition);
    meters_set_lag(worker->set.meters, worker->set.cfg->group, topic, partition,
                   0);
    meters_set_behind(worker->set.meters, topic, partition, 0);
}

static void on_rebalanced(void *context, bool is_assignment)
{
    struct worker *worker = context;

    metric_add(worker->set.meters->rebalances[is_assignment], 1);
    worker->is_assigned = true;
    if (worker->held_count == 0)
        worker->is_away = false;
    worker_settle(worker);
}

int worker_init(struct worker *worker, const struct worker_setting *set,
                int number, struct error *err)
{
    const struct source_hooks hooks = {on_assigned, on_revoked, on_rebalanced,
                                       worker};
    size_t room = (size_t)set->cfg->batch_max;

    *worker = (struct worker){.set = *set, .number = number, .due_max = 1};
    worker->batch = memory_resize(NULL, room, sizeof(*worker->batch));
    worker->apply = (struct apply){.db = postgres_new(set->cfg->database_url),
                                   .sink = sink_new(set->outlet),
                                   .roles = &set->cfg->roles,
                                   .lock_timeout_ms = set->cfg->lock_timeout_ms,
                                   .arena = &worker->arena};
    pthread_mutex_init(&worker->lock, NULL);
    worker_set_status(worker, "starting");
    return source_open(set->cfg, &hooks, &worker->source, err);
}

/* The messages belong to the library: they go before the handle does. */
void worker_leave(struct worker *worker)
{
    drop_all(worker);
    source_close(worker->source);
    worker->source = NULL;
}

void worker_set_status(struct worker *worker, const char *reason)
{
    bool is_changed;

    pthread_mutex_lock(&worker->lock);
    is_changed = strcmp(worker->status, reason) != 0;
    if (is_changed) {
        size_t size = strnlen(reason, sizeof(worker->status) - 1);
        memcpy(worker->status, reason, size);
        worker->status[size] = '\0';
    }
    pthread_mutex_unlock(&worker->lock);
    if (!is_changed)
        return;
    if (reason[0] == '\0')
        log_info(log_event("worker_ready"),
                 log_number("worker", worker->number));
    else
        log_warn(log_event("worker_waiting"),
                 log_number("worker", worker->number),
                 log_text("reason", reason));
}

bool worker_is_ready(struct worker *worker,
                     char ret_reason[WORKER_REASON_BYTES])
{
    int64_t since_ms = atomic_load(&worker->busy_since_ms);

    pthread_mutex_lock(&worker->lock);
    memcpy(ret_reason, worker->status, sizeof(worker->status));
    pthread_mutex_unlock(&worker->lock);
    if (since_ms != 0 && clock_steady_ms() - since_ms > PATIENCE_MS)
        snprintf(ret_reason, WORKER_REASON_BYTES,
                 "PostgreSQL keeps a batch waiting for more than %d s",
                 PATIENCE_MS / 1000);
    return ret_reason[0] == '\0';
}

void worker_set_busy(struct worker *worker, bool is_busy)
{
    atomic_store(&worker->busy_since_ms, is_busy ? clock_steady_ms() : 0);
}

/* False where nothing has come. */
static bool poll_one(struct worker *worker, int64_t timeout_ms)
{
    struct record record;

    if (!source_poll(worker->source, (int)timeout_ms, &record))
        return false;
    if (record.stream == STREAM_EVENTS) {
        worker->batch[worker->batch_count++] = record;
        return true;
    }
    kafka_message_detach(&record);
    waiting_add(&worker->waiting, &record,
                clock_steady_ms() + retry_wait_ms(&record, clock_wall_ms()));
    if (worker->waiting.is_full)
        worker_settle(worker);
    return true;
}

void worker_collect(struct worker *worker, int timeout_ms)
{
    const struct consumer_config *cfg = worker->set.cfg;
    int64_t until_ms;
    size_t bytes = 0;

    worker->batch_count = 0;
    if (!poll_one(worker, timeout_ms))
        return;
    until_ms = clock_steady_ms() + cfg->batch_linger_ms;
    while (worker->batch_count < (size_t)cfg->batch_max) {
        int64_t left_ms = until_ms - clock_steady_ms();
        size_t before = worker->batch_count;
        if (bytes > BATCH_BYTES_MAX ||
            !poll_one(worker, left_ms > 0 ? left_ms : 0))
            return;
        if (worker->batch_count > before)
            bytes += worker->batch[before].value.size;
    }
}

void worker_collect_due(struct worker *worker)
{
    size_t most = worker->due_max;
    size_t bytes = 0;

    worker->batch_count = 0;
    while (worker->batch_count < most && bytes <= BATCH_BYTES_MAX &&
           waiting_take(&worker->waiting, clock_steady_ms(),
                        &worker->batch[worker->batch_count]))
        bytes += worker->batch[worker->batch_count++].value.size;
}

void worker_hold(struct worker *worker, const struct record *record)
{
    if (record->stream == STREAM_RETRIES) {
        waiting_add(&worker->waiting, record,
                    clock_steady_ms() + HOLD_RETRY_MS);
        return;
    }
    if (worker->held_count == worker->held_room) {
        worker->held_room = worker->held_room > 0 ? worker->held_room * 2 : 64;
        worker->held = memory_resize(worker->held, worker->held_room,
                                     sizeof(*worker->held));
    }
    worker->held[worker->held_count++] = *record;
}

void worker_done(struct worker *worker, struct record *record)
{
    struct progress_partition *partition =
        progress_find(&worker->progress, record->stream, record->partition);

    if (partition != NULL && partition->next <= record->offset)
        partition->next = record->offset + 1;
    kafka_message_release(record);
}

static void settle_partition(struct worker *worker,
                             struct progress_partition *at)
{
    int64_t done = progress_done(at);
    bool is_paused = worker->is_away || worker->is_halted || at->is_held ||
                     (at->stream == STREAM_RETRIES && worker->waiting.is_full);

    if (done > at->stored) {
        source_store(worker->source, at->stream, at->partition, done);
        at->stored = done;
    }
    if (is_paused && !at->is_paused)
        source_pause(worker->source, at->stream, at->partition);
    if (!is_paused && at->is_paused)
        source_resume(worker->source, at->stream, at->partition);
    at->is_paused = is_paused;
}

static void tell_gauge(struct metric_series *gauge, size_t count, int64_t *told)
{
    metric_add(gauge, (int64_t)count - *told);
    *told = (int64_t)count;
}

void worker_tell_session(struct worker *worker)
{
    tell_gauge(worker->set.meters->sessions,
               postgres_is_open(worker->apply.db) ? 1 : 0,
               &worker->session_told);
}

void worker_settle(struct worker *worker)
{
    struct progress *progress = &worker->progress;

    progress_close_all(progress);
    for (size_t i = 0; i < worker->held_count; i++)
        progress_open(progress, &worker->held[i], true);
    for (size_t i = 0; i < worker->waiting.count; i++)
        progress_open(progress, &worker->waiting.items[i].record, false);
    for (size_t i = 0; i < progress->count; i++)
        settle_partition(worker, &progress->items[i]);
    tell_gauge(worker->set.meters->held, worker->held_count,
               &worker->held_told);
    tell_gauge(worker->set.meters->waiting, worker->waiting.count,
               &worker->waiting_told);
    worker_tell_session(worker);
}
