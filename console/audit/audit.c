#include "console/audit/audit.h"

#include "console/audit/columns.h"
#include "console/audit/held.h"
#include "console/log_event.h"
#include "console/terminal.h"
#include "consumer/bind.h"
#include "shared/clock.h"
#include "shared/memory.h"

#include <stdlib.h>

#define LOOK_AGAIN_MS 200

/* The snapshot is taken by the first question, and may have to live as long as
 * reading the log takes. */
static const char begin_statements[] =
    "set idle_in_transaction_session_timeout to 0;\n"
    "begin isolation level repeatable read read only";

static const char troubled_statement[] =
    "select webhook_id from webhook_events\n"
    "where status in ('failed', 'retrying')";

int audit_query(struct audit *audit, const char *statement,
                const char *const *values, size_t count,
                struct postgres_rows **ret_rows, struct error *err)
{
    postgres_set_timeout(audit->db, audit->flags->timeout_s * 1000);
    return postgres_query(audit->db, statement, values, count, ret_rows, err);
}

int audit_query_arrays(struct audit *audit, const char *statement,
                       const struct bind_arrays *arrays,
                       struct postgres_rows **ret_rows, struct error *err)
{
    struct postgres_value values[STATEMENT_ARRAYS_MAX];

    for (int i = 0; i < arrays->count; i++)
        values[i] = (struct postgres_value){
            .data = arrays->arrays[i].bytes.data,
            .size = arrays->arrays[i].bytes.size,
            .type = pg_array_oid(arrays->arrays[i].type)};
    postgres_set_timeout(audit->db, audit->flags->timeout_s * 1000);
    return postgres_query_binary(audit->db, statement, values,
                                 (size_t)arrays->count, ret_rows, err);
}

int audit_execute(struct audit *audit, const char *script, struct error *err)
{
    postgres_set_timeout(audit->db, audit->flags->timeout_s * 1000);
    return postgres_execute(audit->db, script, err);
}

static void renew(struct audit *audit)
{
    kafka_set_timeout(audit->kafka, audit->flags->timeout_s * 1000);
}

static int count_partitions(struct audit *audit, struct error *err)
{
    const char *topic = audit->config->common.events_topic;
    int64_t count;

    if (kafka_count_partitions(audit->kafka, topic, &count, err) != 0)
        return -1;
    if (count == 0)
        return error_set(err, ERROR_INPUT,
                         "EVENTS_TOPIC: given \"%.100s\", allowed is a topic "
                         "that exists",
                         topic);
    audit->partitions = (size_t)count;
    audit->pass.spans =
        memory_new(audit->partitions * sizeof(struct kafka_span));
    audit->pass.committed = memory_new(audit->partitions * sizeof(int64_t));
    return 0;
}

int audit_open(struct audit *audit, const struct console_config *config,
               const struct audit_flags *flags, struct error *err)
{
    int64_t timeout_ms = flags->timeout_s * 1000;

    *audit = (struct audit){.config = config, .flags = flags};
    if (role_map_init(&audit->roles, &config->role_pairs, err) != 0 ||
        postgres_open_in_time(config->database_url, timeout_ms, &audit->db,
                              err) != 0 ||
        kafka_open(&config->common, timeout_ms, &audit->kafka, err) != 0)
        return -1;
    return count_partitions(audit, err);
}

/* What is kept is what the next pass needs. */
static void forget(struct audit_pass *pass)
{
    expected_release(&pass->expected);
    differences_release(&pass->differences);
    keys_release(&pass->troubled);
    for (size_t i = 0; i < pass->strangers_count; i++)
        memory_free_at(&pass->strangers[i].id.data);
    free(pass->strangers);
    free(pass->spoiled);
    *pass = (struct audit_pass){.spans = pass->spans,
                                .committed = pass->committed,
                                .unsettled = pass->unsettled};
}

void audit_close(struct audit *audit)
{
    forget(&audit->pass);
    keys_release(&audit->pass.unsettled);
    free(audit->pass.spans);
    free(audit->pass.committed);
    if (audit->kafka != NULL)
        kafka_close(audit->kafka);
    postgres_close(audit->db);
}

static int ask_committed(struct audit *audit, struct error *err)
{
    renew(audit);
    return kafka_committed(audit->kafka, audit->config->group,
                           audit->config->common.events_topic,
                           audit->partitions, audit->pass.committed, err);
}

static int take_snapshot(struct audit *audit, struct error *err)
{
    struct postgres_rows *rows;

    if (audit_execute(audit, begin_statements, err) != 0 ||
        audit_query(audit, troubled_statement, NULL, 0, &rows, err) != 0)
        return -1;
    for (size_t i = 0; i < postgres_rows_count(rows); i++)
        keys_add(&audit->pass.troubled,
                 slice_of(postgres_rows_value(rows, i, 0)));
    keys_sort(&audit->pass.troubled);
    postgres_rows_free(rows);
    return 0;
}

int audit_ask_spans(struct audit *audit, struct error *err)
{
    struct audit_pass *pass = &audit->pass;

    renew(audit);
    if (kafka_spans(audit->kafka, audit->config->common.events_topic,
                    audit->partitions, pass->spans, err) != 0)
        return -1;
    pass->is_log_whole = true;
    pass->records = 0;
    for (size_t i = 0; i < audit->partitions; i++) {
        if (pass->spans[i].begin > 0)
            pass->is_log_whole = false;
        pass->records += (uint64_t)(pass->spans[i].end - pass->spans[i].begin);
    }
    return 0;
}

static int read_records(struct audit *audit, struct kafka_reader *reader,
                        struct progress_bar *bar, audit_take *take,
                        void *context, struct error *err)
{
    struct log_event told = {.json = {.count = 0}};
    struct kafka_record record;
    bool is_end = false;
    int result = 0;

    while (result == 0) {
        renew(audit);
        result = kafka_reader_next(reader, &record, &is_end, err);
        if (result != 0 || is_end)
            break;
        bar->done++;
        terminal_progress(bar);
        if (keys_has(&audit->pass.troubled, log_event_id(&record)))
            continue;
        log_event_read(&told, &record);
        if (told.event.fate == EVENT_APPLY)
            result = take(audit, &record, &told.event, context, err);
    }
    log_event_release(&told);
    return result;
}

int audit_read(struct audit *audit, const char *title, audit_take *take,
               void *context, struct error *err)
{
    const struct audit_pass *pass = &audit->pass;
    struct progress_bar bar = {.title = title, .unit = "records"};
    struct kafka_range *ranges =
        memory_new(audit->partitions * sizeof(*ranges));
    struct kafka_reader *reader;
    int result;

    for (size_t i = 0; i < audit->partitions; i++) {
        ranges[i] = (struct kafka_range){(int32_t)i, pass->spans[i].begin,
                                         pass->spans[i].end};
        bar.total += (uint64_t)(ranges[i].end - ranges[i].begin);
    }
    renew(audit);
    result = kafka_reader_open(audit->kafka, audit->config->common.events_topic,
                               ranges, audit->partitions, &reader, err);
    free(ranges);
    if (result != 0)
        return -1;
    result = read_records(audit, reader, &bar, take, context, err);
    kafka_reader_close(reader);
    terminal_progress_end(&bar);
    return result;
}

static int expect(struct audit *audit, const struct kafka_record *record,
                  struct event *event, void *context, struct error *err)
{
    struct audit_pass *pass = &audit->pass;

    (void)context;
    (void)err;
    expected_add(&pass->expected, event,
                 record->offset >= pass->committed[record->partition]);
    return 0;
}

/* In a later pass only what was unsettled in the one before may be so again: an
 * audit beside busy consumers comes to an end. */
static void settle(struct audit_pass *pass, const struct keys *before)
{
    keys_sort(&pass->unsettled);
    if (before != NULL)
        keys_keep(&pass->unsettled, before);
}

static int compare(struct audit *audit, struct error *err)
{
    if (ask_committed(audit, err) != 0 || take_snapshot(audit, err) != 0 ||
        audit_ask_spans(audit, err) != 0 ||
        audit_read(audit, "reading the log", expect, NULL, err) != 0 ||
        held_compare_registers(audit, err) != 0)
        return -1;
    expected_finish(&audit->pass.expected);
    if (held_compare_keys(audit, err) != 0 || columns_compare(audit, err) != 0)
        return -1;
    return audit_execute(audit, "commit", err);
}

int audit_run(struct audit *audit, bool is_again, struct error *err)
{
    struct audit_pass *pass = &audit->pass;
    struct keys before = pass->unsettled;
    int result;

    forget(pass);
    pass->unsettled = (struct keys){.count = 0};
    pass->differences.limit = (size_t)audit->flags->limit;
    pass->differences.has_values = audit->flags->has_values;
    result = compare(audit, err);
    settle(pass, is_again ? &before : NULL);
    keys_release(&before);
    return result;
}

static bool is_caught_up(const struct audit_pass *pass, size_t partitions)
{
    for (size_t i = 0; i < partitions; i++)
        if (pass->committed[i] < pass->spans[i].end &&
            pass->spans[i].begin < pass->spans[i].end)
            return false;
    return true;
}

int audit_wait(struct audit *audit, bool *ret_is_there, struct error *err)
{
    int64_t end_ms = clock_steady_ms() + audit->flags->timeout_s * 1000;
    struct kafka_group group;
    bool has_members;

    *ret_is_there = false;
    do {
        renew(audit);
        if (kafka_describe_group(audit->kafka, audit->config->group, &group,
                                 err) != 0)
            return -1;
        has_members = group.members_count > 0;
        kafka_group_release(&group);
        if (!has_members)
            return 0;
        if (ask_committed(audit, err) != 0)
            return -1;
        *ret_is_there = is_caught_up(&audit->pass, audit->partitions);
        clock_sleep_ms(LOOK_AGAIN_MS);
    } while (!*ret_is_there && clock_steady_ms() < end_ms);
    return 0;
}
