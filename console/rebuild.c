/* The tables are emptied and the group is set to the earliest offsets.
 *
 * Both in one transaction: the tables are locked and empty, then the offsets
 * are set, then it is committed.  Whatever breaks off in between leaves the
 * tables as they were, and at worst a replay, which changes nothing. */
#include "console/postgres.h"
#include "console/rebuild_tables.h"
#include "console/replay.h"
#include "console/table.h"
#include "console/terminal.h"
#include "shared/clock.h"
#include "shared/memory.h"

#include <inttypes.h>
#include <stdlib.h>

#define OUTPUT_BYTES (1 << 20)
#define LOOK_EVERY_MS 500

struct rebuild {
    const struct console_config *config;
    const struct replay_flags *flags;
    struct log_topic topic;
    struct postgres *db;
    struct offset_move *moves;
    size_t members;
    uint64_t expired; /* events that the log no longer has */
    struct rebuilt_ids before, after;
};

static const struct table_column columns[] = {
    {.name = "table", .title = "TABLE"},
    {.name = "rows", .title = "ROWS"},
    {.name = "lasting_ids", .title = "WITH THE LOG'S ID"},
    {.name = "rows_after", .title = "ROWS AFTER"},
    {.name = "same_ids", .title = "SAME IDS"},
};

static int64_t timeout_ms_of(const struct rebuild *rebuild)
{
    return rebuild->flags->timeout_s * 1000;
}

static int check_log(struct rebuild *rebuild, struct error *err)
{
    for (size_t i = 0; i < rebuild->topic.partitions; i++)
        rebuild->expired += (uint64_t)rebuild->topic.spans[i].begin;
    if (rebuild->expired == 0 || rebuild->flags->is_incomplete_ok ||
        rebuild->flags->is_dry_run)
        return 0;
    return error_set(err, ERROR_ACCESS,
                     "%" PRIu64 " events are no longer in %.60s, and what only "
                     "they said would be lost: --incomplete, then backfill",
                     rebuild->expired, rebuild->topic.name);
}

/* All that can be known before anything is touched. */
static int look(struct rebuild *rebuild, struct error *err)
{
    const struct offset_wish earliest = {OFFSET_TO_EARLIEST, 0};
    const struct replay_flags *flags = rebuild->flags;

    if (replay_check_group(rebuild->topic.kafka, rebuild->config->group,
                           flags->is_dry_run, &rebuild->members, err) != 0 ||
        check_log(rebuild, err) != 0 ||
        rebuilt_check_references(rebuild->db, flags->keeps_rows, err) != 0 ||
        replay_plan(&rebuild->topic, rebuild->config->group, &earliest,
                    FLAG_NUMBER_NONE, &rebuild->moves, err) != 0)
        return -1;
    return rebuilt_ids_read(rebuild->db, &rebuild->before, err);
}

static int empty_and_reset(struct rebuild *rebuild, struct error *err)
{
    struct error ignored;

    kafka_set_timeout(rebuild->topic.kafka, timeout_ms_of(rebuild));
    postgres_set_timeout(rebuild->db, timeout_ms_of(rebuild));
    if (postgres_execute(rebuild->db, "begin", err) == 0 &&
        rebuilt_empty(rebuild->db, rebuild->flags->keeps_rows, err) == 0 &&
        replay_move(&rebuild->topic, rebuild->config->group, rebuild->moves,
                    FLAG_NUMBER_NONE, err) == 0 &&
        postgres_execute(rebuild->db, "commit", err) == 0)
        return 0;
    postgres_execute(rebuild->db, "rollback", &ignored);
    return -1;
}

/* How many events the consumers have read since the reset. */
static int count_read(struct rebuild *rebuild, int64_t *offsets,
                      uint64_t *ret_count, struct error *err)
{
    const struct log_topic *topic = &rebuild->topic;

    kafka_set_timeout(topic->kafka, timeout_ms_of(rebuild));
    if (kafka_committed(topic->kafka, rebuild->config->group, topic->name,
                        topic->partitions, offsets, err) != 0)
        return -1;
    *ret_count = 0;
    for (size_t i = 0; i < topic->partitions; i++) {
        const struct kafka_span *span = &topic->spans[i];
        int64_t to = offsets[i] < span->end ? offsets[i] : span->end;
        if (to > span->begin)
            *ret_count += (uint64_t)(to - span->begin);
    }
    return 0;
}

/* As long as they come on it is waited for; -1 where nothing has moved for the
 * timeout. */
static int wait_until_read(struct rebuild *rebuild, struct error *err)
{
    struct progress_bar bar = {
        .title = "rebuilding",
        .unit = "events",
        .total = log_topic_count(&rebuild->topic, rebuild->topic.spans)};
    CLEANUP_FREE int64_t *offsets =
        memory_new(rebuild->topic.partitions * sizeof(*offsets));
    int64_t moved_ms = clock_steady_ms();
    uint64_t done = 0;
    int result = 0;

    while (result == 0) {
        terminal_progress(&bar);
        result = count_read(rebuild, offsets, &done, err);
        if (result != 0 || done >= bar.total)
            break;
        if (done != bar.done)
            moved_ms = clock_steady_ms();
        else if (clock_steady_ms() - moved_ms > timeout_ms_of(rebuild))
            result = error_set(err, ERROR_AGAIN,
                               "the consumers have read %" PRIu64 " of %" PRIu64
                               " events, and none in the last %" PRId64 " s",
                               done, bar.total, rebuild->flags->timeout_s);
        bar.done = done;
        clock_sleep_ms(LOOK_EVERY_MS);
    }
    bar.done = done;
    terminal_progress_end(&bar);
    return result;
}

static int wait_and_compare(struct rebuild *rebuild, struct error *err)
{
    if (!rebuild->flags->waits || rebuild->flags->is_dry_run)
        return 0;
    if (wait_until_read(rebuild, err) != 0)
        return -1;
    postgres_set_timeout(rebuild->db, timeout_ms_of(rebuild));
    return rebuilt_ids_read(rebuild->db, &rebuild->after, err);
}

static void fill_table(const struct rebuild *rebuild, struct table *table)
{
    for (int i = 0; i < REBUILT_TABLES; i++) {
        enum rebuilt_table one = (enum rebuilt_table)i;
        table_add_text(table, rebuilt_names[i]);
        table_add_number(table,
                         (int64_t)rebuilt_ids_count(&rebuild->before, one));
        table_add_number(
            table, (int64_t)rebuilt_ids_count_lasting(&rebuild->before, one));
        if (rebuild->after.rows[i] == NULL) {
            table_add_null(table);
            table_add_null(table);
            continue;
        }
        table_add_number(table,
                         (int64_t)rebuilt_ids_count(&rebuild->after, one));
        table_add_number(table, (int64_t)rebuilt_ids_count_same(
                                    &rebuild->before, &rebuild->after, one));
    }
}

static void write_json(const struct rebuild *rebuild, const struct table *table,
                       struct buffer *out)
{
    struct json_writer w;

    json_writer_init(&w, out);
    json_write_object(&w, NULL);
    json_write_text(&w, "group", rebuild->config->group);
    json_write_text(&w, "topic", rebuild->topic.name);
    json_write_bool(&w, "is_dry_run", rebuild->flags->is_dry_run);
    json_write_bool(&w, "keeps_rows", rebuild->flags->keeps_rows);
    json_write_number(&w, "members", (int64_t)rebuild->members);
    json_write_number(
        &w, "events",
        (int64_t)log_topic_count(&rebuild->topic, rebuild->topic.spans));
    json_write_number(&w, "expired", (int64_t)rebuild->expired);
    table_write_json(table, &w, "tables");
    json_write_end(&w);
    buffer_add_char(out, '\n');
}

static void write_text(const struct rebuild *rebuild, const struct table *table,
                       struct buffer *out)
{
    bool is_dry_run = rebuild->flags->is_dry_run;

    table_print(table, terminal_has_colours(), out);
    buffer_add_format(
        out,
        "the tables %s %s, and %s to be read by group %s: %" PRIu64 " events\n",
        is_dry_run ? "would be" : "were",
        rebuild->flags->keeps_rows ? "kept, to be written again" : "emptied",
        rebuild->topic.name, rebuild->config->group,
        log_topic_count(&rebuild->topic, rebuild->topic.spans));
    if (rebuild->expired > 0)
        buffer_add_format(out,
                          "%" PRIu64 " older events are no longer there: what "
                          "only they said is lost\n",
                          rebuild->expired);
    if (!is_dry_run && rebuild->after.rows[0] == NULL)
        buffer_add_text(out, "now start the consumers\n");
}

static int report(const struct rebuild *rebuild, struct error *err)
{
    struct table table;
    struct buffer out;
    int result;

    table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    fill_table(rebuild, &table);
    buffer_init(&out, OUTPUT_BYTES);
    if (rebuild->flags->is_json)
        write_json(rebuild, &table, &out);
    else
        write_text(rebuild, &table, &out);
    result = terminal_print(&out, err);
    buffer_release(&out);
    table_release(&table);
    return result;
}

static int perform(struct rebuild *rebuild, struct error *err)
{
    if (look(rebuild, err) != 0)
        return -1;
    if (rebuild->flags->is_dry_run)
        return report(rebuild, err);
    if ((!rebuild->flags->is_yes &&
         terminal_confirm("Empty the tables, for the consumers to fill them?",
                          err) != 0) ||
        empty_and_reset(rebuild, err) != 0)
        return -1;
    if (wait_and_compare(rebuild, err) != 0)
        return -1;
    return report(rebuild, err);
}

int replay_rebuild(const struct console_config *config,
                   const struct replay_flags *flags, struct error *err)
{
    struct rebuild rebuild = {.config = config, .flags = flags};
    int result = -1;

    if (log_topic_open(&config->common, "EVENTS_TOPIC",
                       config->common.events_topic, flags->timeout_s * 1000,
                       &rebuild.topic, err) != 0)
        return -1;
    if (postgres_open_in_time(config->database_url, flags->timeout_s * 1000,
                              &rebuild.db, err) == 0)
        result = perform(&rebuild, err);
    rebuilt_ids_release(&rebuild.before);
    rebuilt_ids_release(&rebuild.after);
    free(rebuild.moves);
    postgres_close(rebuild.db);
    log_topic_close(&rebuild.topic);
    return result;
}
