/* The consumer group is set to other offsets. */
#include "console/replay.h"
#include "console/table.h"
#include "console/terminal.h"
#include "shared/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define OUTPUT_BYTES (16 << 20)

static const struct table_column columns[] = {
    {.name = "partition", .title = "PARTITION"},
    {.name = "from", .title = "FROM"},
    {.name = "to", .title = "TO"},
    {.name = "begin", .title = "FIRST"},
    {.name = "end", .title = "END"},
    {.name = "replayed", .title = "REPLAYED"},
    {.name = "skipped", .title = "SKIPPED"},
    {.name = "is_clamped"},
    {.name = "note", .title = "NOTE"},
};

int replay_check_group(struct kafka *kafka, const char *group, bool is_dry_run,
                       size_t *ret_members, struct error *err)
{
    struct kafka_group found;
    size_t count;

    if (kafka_describe_group(kafka, group, &found, err) != 0)
        return -1;
    count = *ret_members = found.members_count;
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "member %s, client %s, host %s, %zu partitions\n",
                found.members[i].id, found.members[i].client,
                found.members[i].host, found.members[i].partitions);
    kafka_group_release(&found);
    if (count == 0 || is_dry_run)
        return 0;
    return error_set(err, ERROR_ACCESS,
                     "the group %.100s has %zu member%s: stop %s, and try "
                     "again",
                     group, count, count > 1 ? "s" : "",
                     count > 1 ? "them" : "it");
}

int replay_plan(struct log_topic *topic, const char *group,
                const struct offset_wish *wish, int64_t partition,
                struct offset_move **ret_moves, struct error *err)
{
    size_t bytes = topic->partitions * sizeof(int64_t);
    CLEANUP_FREE int64_t *committed = memory_new(bytes);
    CLEANUP_FREE int64_t *at_time = memory_new(bytes);

    if (partition >= (int64_t)topic->partitions)
        return error_set(err, ERROR_INPUT,
                         "--partition: given \"%" PRId64
                         "\", allowed is 0 to %zu",
                         partition, topic->partitions - 1);
    if (kafka_committed(topic->kafka, group, topic->name, topic->partitions,
                        committed, err) != 0)
        return -1;
    if (wish->target == OFFSET_TO_TIME &&
        kafka_offsets_at(topic->kafka, topic->name, topic->partitions,
                         wish->value, at_time, err) != 0)
        return -1;
    *ret_moves = memory_new(topic->partitions * sizeof(**ret_moves));
    for (size_t i = 0; i < topic->partitions; i++) {
        const struct offset_partition one = {topic->spans[i], committed[i],
                                             at_time[i]};
        (*ret_moves)[i] = offset_plan(wish, &one);
    }
    return 0;
}

/* Whether the reset is about this partition. */
static bool is_meant(size_t i, int64_t partition)
{
    return partition == FLAG_NUMBER_NONE || partition == (int64_t)i;
}

int replay_move(struct log_topic *topic, const char *group,
                const struct offset_move *moves, int64_t partition,
                struct error *err)
{
    CLEANUP_FREE int64_t *offsets =
        memory_new(topic->partitions * sizeof(*offsets));

    for (size_t i = 0; i < topic->partitions; i++)
        offsets[i] = is_meant(i, partition) ? moves[i].to : KAFKA_NO_OFFSET;
    return kafka_set_committed(topic->kafka, group, topic->name, offsets,
                               topic->partitions, err);
}

static void add_move(struct table *table, size_t partition,
                     const struct kafka_span *span,
                     const struct offset_move *move)
{
    table_add_number(table, (int64_t)partition);
    table_add_number(table, move->from);
    table_add_number(table, move->to);
    table_add_number(table, span->begin);
    table_add_number(table, span->end);
    table_add_number(table, move->replayed);
    table_add_number(table, move->skipped);
    table_set_mood(table, move->skipped > 0 ? MOOD_WARNING : MOOD_PLAIN);
    table_add_bool(table, move->is_clamped);
    table_add_text(table,
                   move->is_clamped ? "beyond what is there: clamped" : NULL);
}

struct report {
    const struct log_topic *topic;
    const char *group;
    const struct replay_flags *flags;
    struct table table;
    size_t members;
    int64_t replayed, skipped;
};

static void write_json(const struct report *report, struct buffer *out)
{
    struct json_writer w;

    json_writer_init(&w, out);
    json_write_object(&w, NULL);
    json_write_text(&w, "group", report->group);
    json_write_text(&w, "topic", report->topic->name);
    json_write_bool(&w, "is_dry_run", report->flags->is_dry_run);
    json_write_number(&w, "members", (int64_t)report->members);
    json_write_number(&w, "replayed", report->replayed);
    json_write_number(&w, "skipped", report->skipped);
    table_write_json(&report->table, &w, "partitions");
    json_write_end(&w);
    buffer_add_char(out, '\n');
}

static void write_text(const struct report *report, struct buffer *out)
{
    bool is_dry_run = report->flags->is_dry_run;

    table_print(&report->table, terminal_has_colours(), out);
    buffer_add_format(out,
                      "group %s on %s %s set: %" PRId64
                      " events replayed, %" PRId64 " skipped\n",
                      report->group, report->topic->name,
                      is_dry_run ? "would be" : "is", report->replayed,
                      report->skipped);
    if (!is_dry_run)
        buffer_add_text(out, "consumers that start now go on from there\n");
    else if (report->members > 0)
        buffer_add_text(out, "but not before its members are stopped\n");
}

static int print(struct report *report, const struct offset_move *moves,
                 struct error *err)
{
    struct buffer out;
    int result;

    table_init(&report->table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < report->topic->partitions; i++) {
        if (!is_meant(i, report->flags->partition))
            continue;
        add_move(&report->table, i, &report->topic->spans[i], &moves[i]);
        report->replayed += moves[i].replayed;
        report->skipped += moves[i].skipped;
    }
    buffer_init(&out, OUTPUT_BYTES);
    if (report->flags->is_json)
        write_json(report, &out);
    else
        write_text(report, &out);
    result = terminal_print(&out, err);
    buffer_release(&out);
    table_release(&report->table);
    return result;
}

int replay_offsets(const struct console_config *config,
                   const struct replay_flags *flags,
                   const struct offset_wish *wish, struct error *err)
{
    struct offset_move *moves = NULL;
    struct log_topic topic;
    struct report report = {
        .topic = &topic, .group = config->group, .flags = flags};
    int result = -1;

    if (log_topic_open(&config->common, "EVENTS_TOPIC",
                       config->common.events_topic, flags->timeout_s * 1000,
                       &topic, err) != 0)
        return -1;
    if (replay_check_group(topic.kafka, config->group, flags->is_dry_run,
                           &report.members, err) == 0 &&
        replay_plan(&topic, config->group, wish, flags->partition, &moves,
                    err) == 0 &&
        moves != NULL && /* gcc's analyzer does not look into replay_plan */
        (flags->is_dry_run ||
         replay_move(&topic, config->group, moves, flags->partition, err) == 0))
        result = print(&report, moves, err);
    free(moves);
    log_topic_close(&topic);
    return result;
}
