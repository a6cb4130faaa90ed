#include "console/log_event.h"

#include "consumer/retry.h"

struct slice log_event_id(const struct kafka_record *record)
{
    for (size_t i = 0; i < DECODE_ID_HEADERS; i++) {
        struct slice id = kafka_record_header(record, decode_id_headers[i]);
        if (decode_is_id(id))
            return id;
    }
    return SLICE_EMPTY;
}

struct record log_event_record(const struct kafka_record *record)
{
    struct slice past[RETRY_HEADERS_READ];
    struct record plain = {
        .partition = record->partition,
        .offset = record->offset,
        .origin = {slice_of(record->topic), record->partition, record->offset},
        .created_ms = record->time_ms,
        .key = record->key,
        .value = record->value,
        .id = log_event_id(record),
        .is_snapshot = slice_is(kafka_record_header(record, SNAPSHOT_HEADER),
                                SNAPSHOT_VALUE),
    };

    for (int i = 0; i < RETRY_HEADERS_READ; i++)
        past[i] = kafka_record_header(record, retry_header_names[i]);
    retry_read(past, &plain);
    return plain;
}

static void read_plain(struct log_event *told, const struct record *plain)
{
    arena_clear(&told->arena);
    decode(plain, &told->json, &told->arena, &told->event);
}

void log_event_read(struct log_event *told, const struct kafka_record *record)
{
    const struct record plain = log_event_record(record);

    read_plain(told, &plain);
}

void log_event_read_kept(struct log_event *told, struct slice id,
                         struct slice key, struct slice value)
{
    const struct record plain = {.id = id, .key = key, .value = value};

    read_plain(told, &plain);
}

void log_event_release(struct log_event *told)
{
    arena_release(&told->arena);
    json_release(&told->json);
}

struct filter_subject log_event_subject(const struct kafka_record *record)
{
    return (struct filter_subject){
        .id = log_event_id(record),
        .type = kafka_record_header(record, "ce_type"),
        .entity = record->key,
        .error = kafka_record_header(record, "clerkstream-reason"),
        .status = -1,
        .time_ms = record->time_ms,
    };
}
