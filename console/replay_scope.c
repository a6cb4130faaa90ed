/* Some records of the log are applied once more, beside a running group. */
#include "console/log_event.h"
#include "console/pace.h"
#include "console/reapply.h"
#include "console/reason.h"
#include "console/replay.h"
#include "console/row_changes.h"
#include "console/table.h"
#include "console/terminal.h"
#include "shared/clock.h"
#include "shared/memory.h"

#include <inttypes.h>
#include <stdlib.h>

#define OUTPUT_BYTES (64 << 20)
#define REASON_BYTES 4096
#define REFUSED_SHOWN 1000
/* Producers' clocks differ: records that are a little out of order. */
#define DISORDER_MS 60000

struct scope {
    const struct console_config *config;
    const struct replay_flags *flags;
    struct log_topic topic;
    struct kafka_span *ranges;
    struct log_event event; /* of the record at hand */
    struct reapply *reapply;
    struct row_changes *changes;
    struct pace pace;
    struct progress_bar bar;
    uint64_t matched;
    uint64_t verdicts[3]; /* completed, ignored, superseded */
    uint64_t refused_count;
    struct table refused;
};

static const struct table_column refused_columns[] = {
    {.name = "partition", .title = "PARTITION"},
    {.name = "offset", .title = "OFFSET"},
    {.name = "id", .title = "ID", .width_max = 64},
    {.name = "type", .title = "TYPE", .width_max = 40},
    {.name = "entity", .title = "ENTITY", .width_max = 40},
    {.name = "reason", .title = "NOT APPLIED BECAUSE", .width_max = 100},
};
static const struct table_column rows_columns[] = {
    {.name = "table", .title = "ROWS"},
    {.name = "unchanged", .title = "UNCHANGED"},
    {.name = "added", .title = "ADDED"},
    {.name = "changed", .title = "CHANGED"},
    {.name = "removed", .title = "REMOVED"},
};
static const struct table_column changes_columns[] = {
    {.name = "table", .title = "TABLE"},
    {.name = "id", .title = "ID"},
    {.name = "change", .title = "CHANGE"},
};

#define COUNT(columns) (sizeof(columns) / sizeof((columns)[0]))

static int before(void *context, struct event *const *events, size_t count,
                  struct error *err)
{
    struct scope *scope = context;

    return row_changes_before(scope->changes, events, count, err);
}

static void add_refused(struct scope *scope, const struct event *event)
{
    struct table *table = &scope->refused;
    struct buffer reason;

    if (scope->refused_count++ >= REFUSED_SHOWN)
        return;
    buffer_init(&reason, REASON_BYTES);
    reason_add_shown(&reason, slice_of(event->refusal.text),
                     scope->flags->is_whole);
    table_add_number(table, event->record.partition);
    table_add_number(table, event->record.offset);
    table_add_slice(table, event->record.id);
    table_add_slice(table, event->type);
    table_add_slice(table, event->entity_id);
    table_add_slice(table, buffer_slice(&reason));
    buffer_release(&reason);
}

static int after(void *context, struct event *const *events, size_t count,
                 struct error *err)
{
    struct scope *scope = context;

    for (size_t i = 0; i < count; i++) {
        if (!events[i]->is_done || events[i]->verdict > VERDICT_SUPERSEDED)
            add_refused(scope, events[i]);
        else
            scope->verdicts[events[i]->verdict]++;
    }
    return row_changes_after(scope->changes, events, count, err);
}

static int find_begins(struct scope *scope, int64_t from_ms, int64_t *offsets,
                       struct error *err)
{
    const struct log_topic *topic = &scope->topic;

    if (kafka_offsets_at(topic->kafka, topic->name, topic->partitions, from_ms,
                         offsets, err) != 0)
        return -1;
    for (size_t i = 0; i < topic->partitions; i++)
        scope->ranges[i].begin =
            offsets[i] != KAFKA_NO_OFFSET ? offsets[i] : topic->spans[i].end;
    return 0;
}

static int find_ends(struct scope *scope, int64_t to_ms, int64_t *offsets,
                     struct error *err)
{
    const struct log_topic *topic = &scope->topic;

    if (kafka_offsets_at(topic->kafka, topic->name, topic->partitions,
                         to_ms + DISORDER_MS, offsets, err) != 0)
        return -1;
    for (size_t i = 0; i < topic->partitions; i++)
        if (offsets[i] != KAFKA_NO_OFFSET && offsets[i] < scope->ranges[i].end)
            scope->ranges[i].end = offsets[i];
    return 0;
}

/* What must be read for the times that are asked for: all, if none are. */
static int find_ranges(struct scope *scope, struct error *err)
{
    const struct filter *filter = &scope->flags->filter;
    const struct log_topic *topic = &scope->topic;
    CLEANUP_FREE int64_t *offsets =
        memory_new(topic->partitions * sizeof(*offsets));

    scope->ranges = memory_new(topic->partitions * sizeof(*scope->ranges));
    memcpy(scope->ranges, topic->spans,
           topic->partitions * sizeof(*scope->ranges));
    if (filter->from_ms != FLAG_TIME_NONE &&
        find_begins(scope, filter->from_ms, offsets, err) != 0)
        return -1;
    if (filter->to_ms != FLAG_TIME_NONE &&
        filter->to_ms < INT64_MAX - DISORDER_MS)
        return find_ends(scope, filter->to_ms, offsets, err);
    return 0;
}

/* Who else writes to the topic may leave out the header with the type. */
static bool matches(struct scope *scope, const struct kafka_record *record)
{
    struct filter_subject subject = log_event_subject(record);

    if (scope->flags->filter.type != NULL && subject.type.size == 0) {
        log_event_read(&scope->event, record);
        subject.type = scope->event.event.type;
    }
    return filter_matches(&scope->flags->filter, &subject);
}

static int apply_record(struct scope *scope, const struct kafka_record *record,
                        struct error *err)
{
    int64_t wait_ms = pace_next_ms(&scope->pace, clock_steady_ms());

    if (scope->flags->is_dry_run)
        return 0;
    if (wait_ms > 0) { /* what is slow is done at once */
        if (reapply_flush(scope->reapply, err) != 0)
            return -1;
        clock_sleep_ms(wait_ms);
    }
    return reapply_add(scope->reapply, record, err);
}

static int apply_matching(struct scope *scope, struct error *err)
{
    int64_t timeout_ms = scope->flags->timeout_s * 1000;
    struct kafka_reader *reader;
    struct kafka_record record;
    bool is_end = false;
    int result = 0;

    if (log_topic_read(&scope->topic, scope->ranges, &reader, err) != 0)
        return -1;
    while (result == 0) {
        terminal_progress(&scope->bar);
        kafka_set_timeout(scope->topic.kafka, timeout_ms);
        result = kafka_reader_next(reader, &record, &is_end, err);
        if (result != 0 || is_end)
            break;
        scope->bar.done++;
        if (!matches(scope, &record))
            continue;
        scope->matched++;
        result = apply_record(scope, &record, err);
    }
    if (result == 0 && !scope->flags->is_dry_run)
        result = reapply_flush(scope->reapply, err);
    terminal_progress_end_if_long(&scope->bar);
    kafka_reader_close(reader);
    return result;
}

static void add_rows(const struct row_changes *changes, struct table *table)
{
    for (int kind = 0; kind < ROW_KINDS; kind++) {
        table_add_text(table, row_tables[kind]);
        for (int change = 0; change < ROW_CHANGES; change++)
            table_add_number(table, (int64_t)changes->counts[kind][change]);
    }
}

static void add_changes(const struct row_changes *changes, struct table *table)
{
    for (size_t i = 0; i < changes->changed_count; i++) {
        table_add_text(table, row_tables[changes->changed[i].kind]);
        table_add_text(table, changes->changed[i].id);
        table_add_text(table, row_change_names[changes->changed[i].change]);
    }
}

static void write_json(const struct scope *scope, const struct table *rows,
                       const struct table *changes, struct buffer *out)
{
    struct json_writer w;

    json_writer_init(&w, out);
    json_write_object(&w, NULL);
    json_write_text(&w, "topic", scope->topic.name);
    json_write_bool(&w, "is_dry_run", scope->flags->is_dry_run);
    json_write_number(&w, "read", (int64_t)scope->bar.done);
    json_write_number(&w, "matched", (int64_t)scope->matched);
    for (int i = 0; i <= VERDICT_SUPERSEDED; i++)
        json_write_number(&w, event_verdict_names[i],
                          (int64_t)scope->verdicts[i]);
    json_write_number(&w, "refused", (int64_t)scope->refused_count);
    table_write_json(&scope->refused, &w, "not_applied");
    table_write_json(rows, &w, "rows");
    table_write_json(changes, &w, "changes");
    json_write_end(&w);
    buffer_add_char(out, '\n');
}

static void write_text(const struct scope *scope, const struct table *rows,
                       const struct table *changes, struct buffer *out)
{
    bool has_colours = terminal_has_colours();

    buffer_add_format(out, "%" PRIu64 " of %" PRIu64 " records of %s match\n",
                      scope->matched, scope->bar.done, scope->topic.name);
    if (scope->flags->is_dry_run) {
        buffer_add_text(out, "nothing was applied: --dry-run\n");
        return;
    }
    buffer_add_format(out,
                      "%" PRIu64 " completed, %" PRIu64 " superseded, %" PRIu64
                      " ignored, %" PRIu64 " not applied\n\n",
                      scope->verdicts[VERDICT_COMPLETED],
                      scope->verdicts[VERDICT_SUPERSEDED],
                      scope->verdicts[VERDICT_IGNORED], scope->refused_count);
    table_print(rows, has_colours, out);
    if (table_rows(changes) > 0) {
        buffer_add_char(out, '\n');
        table_print(changes, has_colours, out);
    }
    if (table_rows(&scope->refused) > 0) {
        buffer_add_char(out, '\n');
        table_print(&scope->refused, has_colours, out);
    }
}

static int report(const struct scope *scope, struct error *err)
{
    struct table rows, changes;
    struct buffer out;
    int result;

    table_init(&rows, rows_columns, COUNT(rows_columns));
    table_init(&changes, changes_columns, COUNT(changes_columns));
    if (scope->changes != NULL) {
        add_rows(scope->changes, &rows);
        add_changes(scope->changes, &changes);
    }
    buffer_init(&out, OUTPUT_BYTES);
    if (scope->flags->is_json)
        write_json(scope, &rows, &changes, &out);
    else
        write_text(scope, &rows, &changes, &out);
    result = terminal_print(&out, err);
    buffer_release(&out);
    table_release(&rows);
    table_release(&changes);
    return result;
}

static int judge(const struct scope *scope, struct error *err)
{
    if (scope->flags->filter.id != NULL && scope->matched == 0)
        return error_set(err, ERROR_ACCESS,
                         "no record of %.100s in %.60s: looked at %" PRIu64
                         " in %zu partitions",
                         scope->flags->filter.id, scope->topic.name,
                         scope->bar.done, scope->topic.partitions);
    if (report(scope, err) != 0)
        return -1;
    if (scope->refused_count > 0)
        return error_set(err, ERROR_ACCESS,
                         "%" PRIu64 " of %" PRIu64 " were not applied",
                         scope->refused_count, scope->matched);
    return 0;
}

static int open_database(struct scope *scope, struct error *err)
{
    const struct reapply_hooks hooks = {before, after, scope};
    int64_t timeout_ms = scope->flags->timeout_s * 1000;

    if (scope->flags->is_dry_run)
        return 0;
    if (row_changes_open(scope->config->database_url, timeout_ms,
                         &scope->changes, err) != 0)
        return -1;
    return reapply_open(scope->config, timeout_ms, &hooks, &scope->reapply,
                        err);
}

int replay_scope(const struct console_config *config,
                 const struct replay_flags *flags, struct error *err)
{
    struct scope scope = {
        .config = config,
        .flags = flags,
        .pace.rate = flags->rate,
        .bar = {.title = flags->is_dry_run ? "looking" : "replaying",
                .unit = "records"}};
    int result = -1;

    if (log_topic_open(&config->common, "EVENTS_TOPIC",
                       config->common.events_topic, flags->timeout_s * 1000,
                       &scope.topic, err) != 0)
        return -1;
    table_init(&scope.refused, refused_columns, COUNT(refused_columns));
    if (open_database(&scope, err) == 0 && find_ranges(&scope, err) == 0) {
        scope.bar.total = log_topic_count(&scope.topic, scope.ranges);
        if (apply_matching(&scope, err) == 0)
            result = judge(&scope, err);
    }
    reapply_close(scope.reapply);
    row_changes_close(scope.changes);
    log_event_release(&scope.event);
    table_release(&scope.refused);
    free(scope.ranges);
    log_topic_close(&scope.topic);
    return result;
}
