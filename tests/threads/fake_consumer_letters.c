/* Records, and where they go when they cannot be applied now, or ever. */
#include "consumer/kafka_message.h"
#include "consumer/kafka_sink.h"
#include "shared/kafka_watch.h"
#include "shared/memory.h"
#include "tests/threads/fake_consumer.h"

#include <stdio.h>
#include <stdlib.h>

#define LETTERS_MAX 1000
#define LOST_EVERY 9

struct message {
    char id[32], key[16], value[256];
};

struct outlet {
    const struct settings *common;
};

struct sink {
    struct event *events[LETTERS_MAX];
    int count;
};

struct kafka_watch {
    _Atomic int asked;
};

struct record fake_record(int event, enum stream stream, int32_t partition,
                          int64_t offset)
{
    struct message *message = memory_new(sizeof(*message));
    static const char topic[] = "events";

    fake_write_id(event, message->id);
    fake_write_body(event, message->value);
    snprintf(message->key, sizeof(message->key), "user_%02d",
             fake_user_of(event));
    return (struct record){.stream = stream,
                           .partition = partition,
                           .offset = offset,
                           .origin = {slice_of(topic), partition, offset},
                           .created_ms = 1,
                           .key = slice_of(message->key),
                           .value = slice_of(message->value),
                           .id = slice_of(message->id),
                           .handle = message};
}

void kafka_message_detach(struct record *record)
{
    struct message *copy = memory_new(sizeof(*copy));

    memcpy(copy, record->handle, sizeof(*copy));
    free(record->handle);
    record->handle = copy;
    record->is_detached = true;
    record->id.data = copy->id;
    record->key.data = copy->key;
    record->value.data = copy->value;
}

void kafka_message_release(struct record *record)
{
    free(record->handle);
    record->handle = NULL;
}

int outlet_open(const struct settings *common, struct outlet **ret_outlet,
                struct error *err)
{
    (void)err;
    *ret_outlet = memory_new(sizeof(**ret_outlet));
    (*ret_outlet)->common = common;
    return 0;
}

void outlet_close(struct outlet *outlet)
{
    free(outlet);
}

struct sink *sink_new(struct outlet *outlet)
{
    (void)outlet;
    return memory_new(sizeof(struct sink));
}

void sink_free(struct sink *sink)
{
    free(sink);
}

void sink_send(struct sink *sink, struct event *event)
{
    if (sink->count == LETTERS_MAX)
        abort();
    sink->events[sink->count++] = event;
}

static void deliver(struct event *event)
{
    int number = fake_event_named(event->record.id);

    if (event->fate == EVENT_REFUSE) {
        fake_world->dead_letters[number]++;
        event->record.is_dead_lettered = true;
        return;
    }
    if (fake_world->retries_count == FAKE_RETRIES_MAX)
        abort();
    fake_world->retries[fake_world->retries_count++] =
        (struct fake_retry){.partition = event->record.origin.partition,
                            .event = number,
                            .attempts = event->attempts,
                            .retry_at_ms = event->retry_at_ms,
                            .created_ms = event->record.created_ms,
                            .origin_offset = event->record.origin.offset};
}

int sink_wait(struct sink *sink, struct error *err)
{
    bool is_lossy = fake_world->is_wild && random() % LOST_EVERY == 0;

    pthread_mutex_lock(&fake_broker);
    for (int i = 0; i < sink->count; i++)
        if (!is_lossy || i % 2 == 1)
            deliver(sink->events[i]);
    pthread_mutex_unlock(&fake_broker);
    sink->count = 0;
    if (!is_lossy)
        return 0;
    atomic_fetch_add(&fake_world->lost_letters, 1);
    return error_set(err, ERROR_AWAY, "a letter is lost");
}

int kafka_watch_open(const struct settings *common, const char *const *topics,
                     size_t count, struct kafka_watch **ret_watch,
                     struct error *err)
{
    (void)common, (void)topics, (void)count, (void)err;
    *ret_watch = memory_new(sizeof(**ret_watch));
    return 0;
}

void kafka_watch_close(struct kafka_watch *watch)
{
    free(watch);
}

bool kafka_watch_is_ready(struct kafka_watch *watch,
                          char ret_reason[KAFKA_WATCH_REASON_BYTES])
{
    if (atomic_fetch_add(&watch->asked, 1) % 4 != 0)
        return true;
    snprintf(ret_reason, KAFKA_WATCH_REASON_BYTES, "every fourth time");
    return false;
}
