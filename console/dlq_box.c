#include "console/dlq_box.h"

#include "console/json_writer.h"
#include "console/postgres.h"
#include "shared/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define IDS_BYTES (512 << 20)

static const char ledger_query[] =
    "select webhook_id, status, redrives, last_error,\n"
    "       case when dead_letter is distinct from 'waiting' then status\n"
    "            when retry_at is null then 'failed' else 'retrying' end\n"
    "from webhook_events\n"
    "where webhook_id in (select json_array_elements_text($1::json))\n"
    "order by webhook_id collate \"C\"";

static const char marks_query[] =
    "select kafka_partition, kafka_offset, action, operator, reason,\n"
    "       floor(extract(epoch from marked_at) * 1000)::bigint,\n"
    "       redriven_partition, redriven_offset\n"
    "from dead_letter_marks where kafka_topic = $1";

enum mark_column {
    MARK_PARTITION,
    MARK_OFFSET,
    MARK_ACTION,
    MARK_OPERATOR,
    MARK_REASON,
    MARK_AT,
    MARK_REDRIVEN_PARTITION,
    MARK_REDRIVEN_OFFSET
};

static int read_letters(struct dlq_box *box, struct error *err)
{
    struct log_topic *topic = &box->topic;
    struct kafka_reader *reader;
    struct kafka_record record;
    size_t room = 0;
    bool is_end = false;
    int result;

    if (log_topic_read(topic, topic->spans, &reader, err) != 0)
        return -1;
    for (;;) {
        kafka_set_timeout(topic->kafka, box->timeout_ms);
        result = kafka_reader_next(reader, &record, &is_end, err);
        if (result != 0 || is_end)
            break;
        if (box->count == room) {
            room = room * 2 + 64;
            box->letters =
                memory_resize(box->letters, room, sizeof(*box->letters));
        }
        dlq_letter_read(&record, &box->told, &box->arena,
                        &box->letters[box->count++]);
    }
    kafka_reader_close(reader);
    return result;
}

int dlq_status_of(const char *word)
{
    for (int i = 0; i < LEDGER_STATUSES; i++)
        if (strcmp(word, filter_statuses[i]) == 0)
            return i;
    return -1;
}

int dlq_box_ask_ledger(const struct dlq_box *box,
                       struct dlq_letter *const *letters, size_t count,
                       struct postgres_rows **ret_rows, struct error *err)
{
    const char *values[1];
    struct json_writer w;
    struct buffer ids;
    int result;

    buffer_init(&ids, IDS_BYTES);
    json_writer_init(&w, &ids);
    json_write_array(&w, NULL);
    for (size_t i = 0; i < count; i++)
        if (letters[i]->id.data != NULL)
            json_write_slice(&w, NULL, letters[i]->id);
    json_write_end(&w);
    values[0] = ids.data;
    postgres_set_timeout(box->db, box->timeout_ms);
    result = postgres_query(box->db, ledger_query, values, 1, ret_rows, err);
    buffer_release(&ids);
    return result;
}

static int compare_ids(const void *left, const void *right)
{
    const struct dlq_letter *a = *(struct dlq_letter *const *)left;
    const struct dlq_letter *b = *(struct dlq_letter *const *)right;

    return slice_compare(a->id, b->id);
}

static int compare_places(const void *left, const void *right)
{
    return dlq_letter_compare_places(*(struct dlq_letter *const *)left,
                                     *(struct dlq_letter *const *)right);
}

/* All of them, new. */
static struct dlq_letter **all_of(const struct dlq_box *box)
{
    struct dlq_letter **all =
        memory_new((box->count + 1) * sizeof(struct dlq_letter *));

    for (size_t i = 0; i < box->count; i++)
        all[i] = &box->letters[i];
    return all;
}

/* Both are in the order of ids. */
static int read_ledger(struct dlq_box *box, struct error *err)
{
    CLEANUP_FREE struct dlq_letter **sorted = all_of(box);
    struct postgres_rows *rows;
    size_t row = 0;

    qsort(sorted, box->count, sizeof(struct dlq_letter *), compare_ids);
    if (dlq_box_ask_ledger(box, sorted, box->count, &rows, err) != 0)
        return -1;
    for (size_t i = 0; i < box->count; i++) {
        int order = 1;
        while (row < postgres_rows_count(rows)) {
            order = slice_compare(slice_of(postgres_rows_value(rows, row, 0)),
                                  sorted[i]->id);
            if (order >= 0)
                break;
            row++;
        }
        if (order != 0 || row >= postgres_rows_count(rows))
            continue;
        sorted[i]->status = dlq_status_of(postgres_rows_value(rows, row, 1));
        sorted[i]->became = dlq_status_of(postgres_rows_value(rows, row, 4));
    }
    postgres_rows_free(rows);
    return 0;
}

static struct slice copy(struct arena *arena, const char *text)
{
    return text != NULL ? arena_copy(arena, slice_of(text)) : SLICE_EMPTY;
}

static void read_mark(struct dlq_box *box, const struct postgres_rows *rows,
                      size_t row, struct dlq_mark *ret_mark)
{
    const char *offset = postgres_rows_value(rows, row, MARK_REDRIVEN_OFFSET);
    const char *action = postgres_rows_value(rows, row, MARK_ACTION);

    *ret_mark = (struct dlq_mark){
        .action = strcmp(action, "redriven") == 0 ? DLQ_MARK_REDRIVEN
                                                  : DLQ_MARK_DISCARDED,
        .who = copy(&box->arena, postgres_rows_value(rows, row, MARK_OPERATOR)),
        .reason =
            copy(&box->arena, postgres_rows_value(rows, row, MARK_REASON)),
        .at_ms = postgres_rows_number(rows, row, MARK_AT),
        .redriven = {
            .partition =
                postgres_rows_number(rows, row, MARK_REDRIVEN_PARTITION),
            .offset = offset != NULL ? strtoll(offset, NULL, 10) : -1}};
}

static int read_marks(struct dlq_box *box, struct error *err)
{
    CLEANUP_FREE struct dlq_letter **sorted = all_of(box);
    const char *values[] = {box->topic.name};
    struct postgres_rows *rows;

    qsort(sorted, box->count, sizeof(struct dlq_letter *), compare_places);
    if (postgres_query(box->db, marks_query, values, 1, &rows, err) != 0)
        return -1;
    for (size_t i = 0; i < postgres_rows_count(rows); i++) {
        struct dlq_letter wanted = {
            .place = {.partition =
                          postgres_rows_number(rows, i, MARK_PARTITION),
                      .offset = postgres_rows_number(rows, i, MARK_OFFSET)}};
        struct dlq_letter *key = &wanted;
        struct dlq_letter **found =
            bsearch(&key, sorted, box->count, sizeof(struct dlq_letter *),
                    compare_places);
        if (found != NULL)
            read_mark(box, rows, i, &(*found)->mark);
    }
    postgres_rows_free(rows);
    return 0;
}

int dlq_box_open(const struct console_config *config, int64_t timeout_s,
                 struct dlq_box *ret_box, struct error *err)
{
    struct dlq_box box = {.timeout_ms = timeout_s * 1000};

    if (log_topic_open(&config->common, "DEAD_LETTER_TOPIC",
                       config->common.dead_letter_topic, box.timeout_ms,
                       &box.topic, err) != 0)
        return -1;
    if (postgres_open_in_time(config->database_url, box.timeout_ms, &box.db,
                              err) != 0 ||
        read_letters(&box, err) != 0 || read_ledger(&box, err) != 0 ||
        read_marks(&box, err) != 0) {
        dlq_box_close(&box);
        return -1;
    }
    dlq_letter_judge(box.letters, box.count);
    *ret_box = box;
    return 0;
}

void dlq_box_close(struct dlq_box *box)
{
    free(box->letters);
    log_event_release(&box->told);
    arena_release(&box->arena);
    postgres_close(box->db);
    log_topic_close(&box->topic);
}

/* The chosen letter that this record is; NULL where it is none. */
static struct dlq_letter *find(struct dlq_letter *const *sorted, size_t count,
                               const struct kafka_record *record)
{
    struct dlq_letter wanted = {
        .place = {.partition = record->partition, .offset = record->offset}};
    struct dlq_letter *key = &wanted;
    struct dlq_letter *const *found = bsearch(
        &key, sorted, count, sizeof(struct dlq_letter *), compare_places);

    return found != NULL ? *found : NULL;
}

static int open_reader(struct dlq_box *box, struct dlq_letter *const *sorted,
                       size_t count, struct kafka_reader **ret_reader,
                       struct error *err)
{
    CLEANUP_FREE struct kafka_span *ranges =
        memory_new(box->topic.partitions * sizeof(*ranges));

    for (size_t i = 0; i < count; i++) {
        struct kafka_span *range = &ranges[sorted[i]->place.partition];
        if (range->end == 0)
            range->begin = sorted[i]->place.offset;
        range->end = sorted[i]->place.offset + 1;
    }
    kafka_set_timeout(box->topic.kafka, box->timeout_ms);
    return log_topic_read(&box->topic, ranges, ret_reader, err);
}

int dlq_box_each(struct dlq_box *box, struct dlq_letter *const *chosen,
                 size_t count, dlq_taker *take, void *context,
                 struct error *err)
{
    CLEANUP_FREE struct dlq_letter **sorted =
        memory_new((count + 1) * sizeof(struct dlq_letter *));
    struct kafka_reader *reader;
    struct kafka_record record;
    int result;

    memcpy(sorted, chosen, count * sizeof(struct dlq_letter *));
    qsort(sorted, count, sizeof(struct dlq_letter *), compare_places);
    if (open_reader(box, sorted, count, &reader, err) != 0)
        return -1;
    for (;;) {
        struct dlq_letter *letter;
        bool is_end = false;
        kafka_set_timeout(box->topic.kafka, box->timeout_ms);
        result = kafka_reader_next(reader, &record, &is_end, err);
        if (result != 0 || is_end)
            break;
        letter = find(sorted, count, &record);
        if (letter != NULL)
            result = take(context, letter, &record, err);
        if (result != 0)
            break;
    }
    kafka_reader_close(reader);
    return result;
}
