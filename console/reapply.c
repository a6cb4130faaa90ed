#include "console/reapply.h"

#include "console/log_event.h"
#include "consumer/apply.h"
#include "shared/backoff.h"
#include "shared/clock.h"
#include "shared/memory.h"

#include <stdlib.h>

#define BATCH_EVENTS 200
#define BATCH_BYTES (16 << 20)
#define LOCK_TIMEOUT_MS 2000
#define ISOLATE_LOCK_TIMEOUT_MS 200

struct reapply {
    struct reapply_hooks hooks;
    struct role_map roles;
    struct apply apply;
    struct arena arena; /* of the batch */
    struct json_document json;
    struct event *events[BATCH_EVENTS];
    size_t count;
    size_t bytes;
    int64_t timeout_ms;
};

int reapply_open(const struct console_config *config, int64_t timeout_ms,
                 const struct reapply_hooks *hooks,
                 struct reapply **ret_reapply, struct error *err)
{
    struct reapply *reapply;

    if (postgres_check_url(config->database_url, err) != 0)
        return -1;
    reapply = memory_new(sizeof(*reapply));
    if (role_map_init(&reapply->roles, &config->role_pairs, err) != 0) {
        free(reapply);
        return -1;
    }
    reapply->hooks = *hooks;
    reapply->timeout_ms = timeout_ms;
    reapply->apply = (struct apply){
        .db = postgres_new(config->database_url),
        .roles = &reapply->roles,
        .arena = &reapply->arena,
    };
    *ret_reapply = reapply;
    return 0;
}

void reapply_close(struct reapply *reapply)
{
    if (reapply == NULL)
        return;
    postgres_free(reapply->apply.db);
    apply_release(&reapply->apply);
    arena_release(&reapply->arena);
    json_release(&reapply->json);
    free(reapply);
}

static void clear(struct reapply *reapply)
{
    arena_clear(&reapply->arena);
    reapply->count = reapply->bytes = 0;
}

/* For ever wrong, or wrong just now: this event alone.  All else is the
 * database. */
static bool is_of_event(const struct error *err)
{
    return err->kind == ERROR_INPUT || err->kind == ERROR_AGAIN;
}

static int apply_in_time(struct reapply *reapply, struct event **events,
                         size_t count, struct error *err)
{
    int64_t deadline_ms = clock_steady_ms() + reapply->timeout_ms;

    for (unsigned attempt = 0;; attempt++) {
        int64_t pause_ms = backoff_ms(attempt, 100, 2000, UINT32_MAX / 2);
        if (apply(&reapply->apply, events, count, err) == 0)
            return 0;
        if (err->kind != ERROR_AWAY ||
            clock_steady_ms() + pause_ms >= deadline_ms)
            return -1;
        clock_sleep_ms(pause_ms);
    }
}

/* The events that spoil it for the others are found by halves. */
static int isolate(struct reapply *reapply, struct event **events, size_t count,
                   struct error *err)
{
    if (apply_in_time(reapply, events, count, err) == 0) {
        for (size_t i = 0; i < count; i++)
            events[i]->is_done = true;
        return 0;
    }
    if (!is_of_event(err))
        return -1;
    reapply->apply.lock_timeout_ms = ISOLATE_LOCK_TIMEOUT_MS;
    if (count > 1)
        return isolate(reapply, events, count / 2, err) != 0
                   ? -1
                   : isolate(reapply, events + count / 2, count - count / 2,
                             err);
    if (events[0]->fate != EVENT_REFUSE)
        events[0]->refusal = *err;
    return 0;
}

int reapply_flush(struct reapply *reapply, struct error *err)
{
    const struct reapply_hooks *hooks = &reapply->hooks;
    struct event **events = reapply->events;
    size_t count = reapply->count;
    int result;

    if (count == 0)
        return 0;
    reapply->apply.lock_timeout_ms = LOCK_TIMEOUT_MS;
    result = hooks->before != NULL
                 ? hooks->before(hooks->context, events, count, err)
                 : 0;
    if (result == 0)
        result = isolate(reapply, events, count, err);
    if (result == 0 && hooks->after != NULL)
        result = hooks->after(hooks->context, events, count, err);
    clear(reapply);
    return result;
}

/* A copy that lives as long as the batch. */
static struct slice keep(struct reapply *reapply, struct slice bytes)
{
    return bytes.data != NULL ? arena_copy(&reapply->arena, bytes) : bytes;
}

int reapply_add(struct reapply *reapply, const struct kafka_record *record,
                struct error *err)
{
    struct event *event = arena_get(&reapply->arena, sizeof(*event));
    struct record kept = log_event_record(record);

    kept.origin.topic = keep(reapply, kept.origin.topic);
    kept.key = keep(reapply, kept.key);
    kept.value = keep(reapply, kept.value);
    kept.id = keep(reapply, kept.id);
    decode(&kept, &reapply->json, &reapply->arena, event);
    reapply->events[reapply->count++] = event;
    reapply->bytes += record->key.size + record->value.size;
    if (reapply->count < BATCH_EVENTS && reapply->bytes < BATCH_BYTES)
        return 0;
    return reapply_flush(reapply, err);
}
