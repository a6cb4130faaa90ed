#include "console/kafka_offsets.h"
#include "console/log_event.h"
#include "console/status_ask.h"
#include "shared/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TOPICS 3 /* events, retry, dead letters */

struct question {
    const struct console_config *config;
    struct kafka *kafka;
    struct health *health;
    size_t partitions;
};

/* Whether the topics are there, each with as many partitions as it must have;
 * the brokers' part and the topics' say so. */
static int look_at_topics(struct question *question, struct error *err)
{
    const struct settings *common = &question->config->common;
    const char *const names[TOPICS] = {
        common->events_topic, common->retry_topic, common->dead_letter_topic};
    struct health_part *brokers = health_add_part(question->health, "brokers");
    struct health_part *topics = health_add_part(question->health, "topics");

    snprintf(brokers->address, sizeof(brokers->address), "%s", common->brokers);
    snprintf(topics->reason, sizeof(topics->reason), "nobody to ask");
    for (size_t i = 0; i < TOPICS; i++) {
        int64_t count;
        if (kafka_count_partitions(question->kafka, names[i], &count, err) !=
            0) {
            snprintf(brokers->reason, sizeof(brokers->reason), "%s", err->text);
            return -1;
        }
        brokers->state = PART_READY;
        if (count == common->partitions)
            continue;
        topics->state = PART_WAITING;
        snprintf(topics->reason, sizeof(topics->reason),
                 count == 0 ? "%s is missing"
                            : "%s has %" PRId64
                              " partitions, EVENTS_PARTITIONS is %" PRId64,
                 names[i], count, common->partitions);
        return error_set(err, ERROR_ACCESS, "topic %s", topics->reason);
    }
    topics->state = PART_READY;
    question->partitions = (size_t)common->partitions;
    return 0;
}

/* How many records of the events topic are of the last HEALTH_RATE_S. */
static int count_taken(struct question *question,
                       const struct kafka_span *spans, struct error *err)
{
    const char *topic = question->config->common.events_topic;
    CLEANUP_FREE int64_t *offsets =
        memory_new(question->partitions * sizeof(*offsets));

    if (kafka_offsets_at(question->kafka, topic, question->partitions,
                         question->health->now_ms - HEALTH_RATE_S * 1000,
                         offsets, err) != 0)
        return -1;
    for (size_t i = 0; i < question->partitions; i++)
        if (offsets[i] != KAFKA_NO_OFFSET && offsets[i] < spans[i].end)
            question->health->log.taken += spans[i].end - offsets[i];
    return 0;
}

static void take_oldest(struct health_oldest *oldest,
                        const struct kafka_record *record)
{
    struct slice id = log_event_id(record);

    if (oldest->is_there && oldest->taken_ms <= record->time_ms)
        return;
    oldest->is_there = true;
    oldest->taken_ms = record->time_ms;
    snprintf(oldest->id, sizeof(oldest->id), "%.*s", SLICE_PRINT(id));
    snprintf(oldest->where, sizeof(oldest->where),
             "%.100s:%" PRId32 ":%" PRId64, record->topic, record->partition,
             record->offset);
}

/* The first record that waits in each partition says since when.  Of the events
 * that are tried again the ledger knows better which have been applied. */
static int date_lags(struct question *question, const char *topic,
                     struct health_lag *lags, struct error *err)
{
    CLEANUP_FREE struct kafka_range *ranges =
        memory_new(question->partitions * sizeof(*ranges));
    bool is_of_events =
        strcmp(topic, question->config->common.events_topic) == 0;
    struct kafka_reader *reader;
    struct kafka_record record;
    bool is_end = false;
    int result;

    for (size_t i = 0; i < question->partitions; i++) {
        int64_t first = lags[i].end - lags[i].records;
        ranges[i] = (struct kafka_range){
            (int32_t)i, first, lags[i].records > 0 ? first + 1 : first};
    }
    if (kafka_reader_open(question->kafka, topic, ranges, question->partitions,
                          &reader, err) != 0)
        return -1;
    for (;;) {
        result = kafka_reader_next(reader, &record, &is_end, err);
        if (result != 0 || is_end)
            break;
        lags[record.partition].oldest_ms = record.time_ms;
        if (is_of_events)
            take_oldest(&question->health->log.oldest, &record);
    }
    kafka_reader_close(reader);
    return result;
}

static int read_lags(struct question *question, const char *topic,
                     const struct kafka_span *spans, struct error *err)
{
    struct health_log *log = &question->health->log;
    struct health_lag *lags = &log->lags[log->lags_count];
    CLEANUP_FREE int64_t *committed =
        memory_new(question->partitions * sizeof(*committed));

    if (kafka_committed(question->kafka, question->config->group, topic,
                        question->partitions, committed, err) != 0)
        return -1;
    for (size_t i = 0; i < question->partitions; i++) {
        int64_t first = committed[i];
        if (first < spans[i].begin)
            first = spans[i].begin;
        lags[i] = (struct health_lag){
            .topic = topic,
            .partition = (int32_t)i,
            .end = spans[i].end,
            .committed = committed[i],
            .records = spans[i].end > first ? spans[i].end - first : 0,
            .oldest_ms = -1,
        };
    }
    log->lags_count += question->partitions;
    return date_lags(question, topic, lags, err);
}

static int read_group(struct question *question, struct error *err)
{
    struct health_log *log = &question->health->log;
    struct kafka_group group;

    if (kafka_describe_group(question->kafka, question->config->group, &group,
                             err) != 0)
        return -1;
    snprintf(log->group, sizeof(log->group), "%s", question->config->group);
    snprintf(log->group_state, sizeof(log->group_state), "%s", group.state);
    log->members = (int64_t)group.members_count;
    kafka_group_release(&group);
    return 0;
}

static int read_log(struct question *question, struct error *err)
{
    const struct settings *common = &question->config->common;
    struct health_log *log = &question->health->log;
    size_t partitions = question->partitions;
    CLEANUP_FREE struct kafka_span *spans =
        memory_new(partitions * sizeof(*spans));

    log->lags = memory_new(2 * partitions * sizeof(*log->lags));
    if (kafka_spans(question->kafka, common->events_topic, partitions, spans,
                    err) != 0 ||
        count_taken(question, spans, err) != 0 ||
        read_lags(question, common->events_topic, spans, err) != 0 ||
        kafka_spans(question->kafka, common->retry_topic, partitions, spans,
                    err) != 0 ||
        read_lags(question, common->retry_topic, spans, err) != 0 ||
        kafka_spans(question->kafka, common->dead_letter_topic, partitions,
                    spans, err) != 0)
        return -1;
    for (size_t i = 0; i < partitions; i++)
        log->dead_letters += spans[i].end - spans[i].begin;
    return read_group(question, err);
}

int status_ask_brokers(const struct console_config *config, int64_t timeout_ms,
                       struct health *health, struct error *err)
{
    struct question question = {.config = config, .health = health};
    int result;

    if (kafka_open(&config->common, timeout_ms, &question.kafka, err) != 0)
        return -1;
    result = look_at_topics(&question, err);
    if (result == 0)
        result = read_log(&question, err);
    kafka_close(question.kafka);
    health->log.is_known = result == 0;
    return result;
}
