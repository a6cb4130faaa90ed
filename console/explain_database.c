#include "console/explain_ask.h"
#include "console/log_event.h"
#include "console/reason.h"

#include <inttypes.h>
#include <stdio.h>

#define NUMBER_BYTES 24

static const char ledger_query[] =
    "select event_type, entity_id, status, attempts, last_error,\n"
    "       kafka_topic, kafka_partition, kafka_offset, duplicates,\n"
    "       array_to_string(duplicate_offsets, ','), replays, redrives,\n"
    "       floor(extract(epoch from created_at) * 1000),\n"
    "       floor(extract(epoch from processed_at) * 1000),\n"
    "       floor(extract(epoch from retry_at) * 1000), payload,\n"
    "       dead_letter\n"
    "from webhook_events where webhook_id = $1";

enum ledger_column {
    TYPE,
    ENTITY,
    STATUS,
    ATTEMPTS,
    LAST_ERROR,
    TOPIC,
    PARTITION,
    OFFSET,
    DUPLICATES,
    DUPLICATE_OFFSETS,
    REPLAYS,
    REDRIVES,
    CREATED_MS,
    PROCESSED_MS,
    RETRY_MS,
    PAYLOAD,
    DEAD_LETTER
};

static const char register_query[] =
    "select class, t, rank, ts, event_id, is_deleted, created_ms, newest_id\n"
    "from entity_versions where kind = $1 and id = $2";

/* Other events of the same key that were applied on the same day. */
static const char others_query[] =
    "select webhook_id, entity_id, payload from webhook_events\n"
    "where entity_id = $1 and webhook_id <> $2 and payload is not null\n"
    "  and status in ('completed', 'superseded')\n"
    "  and created_at between\n"
    "      'epoch'::timestamptz + $3::bigint * interval '1 millisecond'\n"
    "          - interval '1 day'\n"
    "      and 'epoch'::timestamptz + $3::bigint * interval '1 millisecond'\n"
    "          + interval '1 day'\n"
    "order by created_at desc limit 100";

/* The row of a kind of entity: its id, and what is worth saying of it. */
static const struct {
    const char *table, *query;
} row_queries[] = {
    [ENTITY_USER] = {"users",
                     "select id, status || ', ' || sync_status from users\n"
                     "where clerk_user_id = $1"},
    [ENTITY_ORGANIZATION] =
        {"organizations",
         "select id, status || ', ' || sync_status from organizations\n"
         "where clerk_organization_id = $1"},
    [ENTITY_MEMBERSHIP] = {"organization_memberships",
                           "select id, role from organization_memberships\n"
                           "where clerk_membership_id = $1"},
    [ENTITY_PAIR] = {NULL, NULL},
};

static struct slice copy(struct explanation *explanation, const char *text)
{
    return text != NULL ? arena_copy(&explanation->arena, slice_of(text))
                        : SLICE_EMPTY;
}

static int64_t time_of(const struct postgres_rows *rows, int column)
{
    return postgres_rows_value(rows, 0, column) != NULL
               ? postgres_rows_number(rows, 0, column)
               : EXPLANATION_NO_TIME;
}

static void read_ledger(const struct postgres_rows *rows, bool is_whole,
                        struct explanation *told, struct slice *ret_payload)
{
    const char *error = postgres_rows_value(rows, 0, LAST_ERROR);
    struct buffer shown;

    told->is_in_ledger = true;
    told->type = copy(told, postgres_rows_value(rows, 0, TYPE));
    told->entity = copy(told, postgres_rows_value(rows, 0, ENTITY));
    told->state = copy(told, postgres_rows_value(rows, 0, STATUS));
    told->attempts = postgres_rows_number(rows, 0, ATTEMPTS);
    told->place.topic = copy(told, postgres_rows_value(rows, 0, TOPIC));
    told->place.partition = (int32_t)postgres_rows_number(rows, 0, PARTITION);
    told->place.offset = postgres_rows_number(rows, 0, OFFSET);
    told->duplicates = postgres_rows_number(rows, 0, DUPLICATES);
    told->duplicate_places =
        copy(told, postgres_rows_value(rows, 0, DUPLICATE_OFFSETS));
    told->replays = postgres_rows_number(rows, 0, REPLAYS);
    told->redrives = postgres_rows_number(rows, 0, REDRIVES);
    told->received_ms = time_of(rows, CREATED_MS);
    told->processed_ms = time_of(rows, PROCESSED_MS);
    told->retry_ms = time_of(rows, RETRY_MS);
    told->dead_letter = copy(told, postgres_rows_value(rows, 0, DEAD_LETTER));
    *ret_payload = copy(told, postgres_rows_value(rows, 0, PAYLOAD));
    if (error == NULL)
        return;
    buffer_init(&shown, 4096);
    reason_add_shown(&shown, slice_of(error), is_whole);
    told->error = arena_copy(&told->arena, buffer_slice(&shown));
    buffer_release(&shown);
}

int explain_ledger(struct postgres *db, bool is_whole,
                   struct explanation *explanation, struct slice *ret_payload,
                   struct error *err)
{
    const char *id = explanation->id.data;
    struct postgres_rows *rows;

    *ret_payload = SLICE_EMPTY;
    if (postgres_query(db, ledger_query, &id, 1, &rows, err) != 0)
        return -1;
    if (postgres_rows_count(rows) > 0)
        read_ledger(rows, is_whole, explanation, ret_payload);
    postgres_rows_free(rows);
    return 0;
}

static int read_register(struct postgres *db, struct explanation *told,
                         struct touched *touched, struct error *err)
{
    const char *const values[] = {entity_kind_names[touched->kind],
                                  touched->id.data};
    struct held_register *held = &touched->held;
    struct postgres_rows *rows;

    if (postgres_query(db, register_query, values, 2, &rows, err) != 0)
        return -1;
    held->is_there = postgres_rows_count(rows) > 0;
    if (held->is_there) {
        held->has_data = postgres_rows_value(rows, 0, 0) != NULL;
        held->version = (struct version){
            .class = (int)postgres_rows_number(rows, 0, 0),
            .t = postgres_rows_number(rows, 0, 1),
            .rank = (int)postgres_rows_number(rows, 0, 2),
            .ts = postgres_rows_number(rows, 0, 3),
            .id = copy(told, postgres_rows_value(rows, 0, 4)),
        };
        held->is_deleted = postgres_rows_value(rows, 0, 5)[0] == 't';
        held->created_ms = postgres_rows_number(rows, 0, 6);
        held->newest_id = copy(told, postgres_rows_value(rows, 0, 7));
    }
    postgres_rows_free(rows);
    return 0;
}

static int read_row(struct postgres *db, struct explanation *told,
                    struct touched *touched, struct error *err)
{
    const char *id = touched->id.data;
    struct postgres_rows *rows;

    if (row_queries[touched->kind].query == NULL)
        return 0;
    touched->table = slice_of(row_queries[touched->kind].table);
    if (postgres_query(db, row_queries[touched->kind].query, &id, 1, &rows,
                       err) != 0)
        return -1;
    if (postgres_rows_count(rows) > 0) {
        touched->row_id = copy(told, postgres_rows_value(rows, 0, 0));
        touched->row_status = copy(told, postgres_rows_value(rows, 0, 1));
    }
    postgres_rows_free(rows);
    return 0;
}

/* What another event says of the entity, where that is less than what holds,
 * and the greatest of these. */
static void take_beaten(const struct event *other, struct explanation *told,
                        struct touched *touched)
{
    for (int i = 0; i < other->mention_count; i++) {
        const struct mention *mention = &other->mentions[i];
        if (mention->effect != MENTION_DATA || mention->kind != touched->kind ||
            !slice_equal(mention->id, touched->id) ||
            version_compare(&mention->version, &touched->version) >= 0 ||
            (touched->has_beaten &&
             version_compare(&mention->version, &touched->beaten) <= 0))
            continue;
        touched->has_beaten = true;
        touched->beaten = mention->version;
        touched->beaten.id = arena_copy(&told->arena, mention->version.id);
    }
}

static void read_others(const struct postgres_rows *rows,
                        struct explanation *told, struct touched *touched)
{
    struct log_event other = {.json = {.count = 0}};

    for (size_t row = 0; row < postgres_rows_count(rows); row++) {
        log_event_read_kept(&other, slice_of(postgres_rows_value(rows, row, 0)),
                            slice_of(postgres_rows_value(rows, row, 1)),
                            slice_of(postgres_rows_value(rows, row, 2)));
        take_beaten(&other.event, told, touched);
    }
    log_event_release(&other);
}

/* Only where this event holds: else it is the register that has won. */
static int find_beaten(struct postgres *db, struct explanation *told,
                       struct touched *touched, struct error *err)
{
    bool has_own_key =
        touched->kind == ENTITY_USER || touched->kind == ENTITY_ORGANIZATION;
    char received[NUMBER_BYTES];
    const char *const values[] = {has_own_key ? touched->id.data
                                              : told->entity.data,
                                  told->id.data, received};
    struct postgres_rows *rows;

    if (touched->effect != MENTION_DATA || !touched->held.has_data ||
        version_compare(&touched->version, &touched->held.version) != 0)
        return 0;
    snprintf(received, sizeof(received), "%" PRId64, told->received_ms);
    if (postgres_query(db, others_query, values, 3, &rows, err) != 0)
        return -1;
    read_others(rows, told, touched);
    postgres_rows_free(rows);
    return 0;
}

int explain_entities(struct postgres *db, const struct event *event,
                     struct explanation *explanation, struct error *err)
{
    for (int i = 0; i < event->mention_count; i++) {
        const struct mention *mention = &event->mentions[i];
        struct touched *touched =
            &explanation->touched[explanation->touched_count++];
        *touched = (struct touched){
            .kind = mention->kind,
            .effect = mention->effect,
            .id = arena_copy(&explanation->arena, mention->id),
            .version = mention->version,
            .created_ms = mention->created_ms,
            .newest_id = mention->newest_id,
        };
        if (read_register(db, explanation, touched, err) != 0 ||
            read_row(db, explanation, touched, err) != 0 ||
            find_beaten(db, explanation, touched, err) != 0)
            return -1;
    }
    return 0;
}
