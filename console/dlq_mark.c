#include "console/dlq_mark.h"

#include "console/postgres.h"
#include "shared/memory.h"

#include <inttypes.h>
#include <stdio.h>

#define NUMBER_BYTES 24
#define KEY_VALUES 3 /* $1 to $3 are the letter's place */

static const char claim_query[] =
    "insert into dead_letter_marks as m (kafka_topic, kafka_partition,\n"
    "    kafka_offset, webhook_id, action, reason, operator)\n"
    "values ($1, $2::int, $3::bigint, $4, $5, $6, $7)\n"
    "on conflict (kafka_topic, kafka_partition, kafka_offset) do update set\n"
    "    action = excluded.action, reason = excluded.reason,\n"
    "    operator = excluded.operator, marked_at = clock_timestamp(),\n"
    "    redriven_partition = null, redriven_offset = null\n"
    "where $8::bool\n"
    "returning 1";

static const char redriven_query[] =
    "update dead_letter_marks\n"
    "set redriven_partition = $4::int, redriven_offset = $5::bigint\n"
    "where kafka_topic = $1 and kafka_partition = $2::int\n"
    "  and kafka_offset = $3::bigint";

struct key {
    char *topic;
    char partition[NUMBER_BYTES], offset[NUMBER_BYTES];
};

static void key_values(const struct dlq_letter *letter, struct key *key,
                       const char *values[KEY_VALUES])
{
    const struct dlq_place *place = &letter->place;

    key->topic = memory_copy(place->topic.data, place->topic.size);
    snprintf(key->partition, NUMBER_BYTES, "%" PRId64, place->partition);
    snprintf(key->offset, NUMBER_BYTES, "%" PRId64, place->offset);
    values[0] = key->topic;
    values[1] = key->partition;
    values[2] = key->offset;
}

int dlq_mark_claim(struct postgres *db, const struct dlq_letter *letter,
                   const struct dlq_claim *claim, bool *ret_is_ours,
                   struct error *err)
{
    CLEANUP_FREE char *id = letter->id.data == NULL
                                ? NULL
                                : memory_copy(letter->id.data, letter->id.size);
    const char *values[8] = {
        [3] = id,
        [4] = claim->action == DLQ_MARK_REDRIVEN ? "redriven" : "discarded",
        [5] = claim->reason,
        [6] = claim->who,
        [7] = claim->again ? "true" : "false"};
    struct postgres_rows *rows;
    struct key key;
    int result;

    key_values(letter, &key, values);
    result = postgres_query(db, claim_query, values, 8, &rows, err);
    memory_free_at(&key.topic);
    if (result != 0)
        return -1;
    *ret_is_ours = postgres_rows_count(rows) > 0;
    postgres_rows_free(rows);
    return 0;
}

int dlq_mark_redriven(struct postgres *db, const struct dlq_letter *letter,
                      const struct dlq_place *place, struct error *err)
{
    char partition[NUMBER_BYTES], offset[NUMBER_BYTES];
    const char *values[5] = {[3] = partition, [4] = offset};
    struct postgres_rows *rows;
    struct key key;
    int result;

    snprintf(partition, sizeof(partition), "%" PRId64, place->partition);
    snprintf(offset, sizeof(offset), "%" PRId64, place->offset);
    key_values(letter, &key, values);
    result = postgres_query(db, redriven_query, values, 5, &rows, err);
    memory_free_at(&key.topic);
    if (result == 0)
        postgres_rows_free(rows);
    return result;
}
