#include "console/explain_ask.h"
#include "console/log_event.h"
#include "console/terminal.h"
#include "shared/memory.h"

#include <inttypes.h>
#include <string.h>

#define RECORDS_BETWEEN 256

void explain_record_close(struct explain_record *found)
{
    kafka_reader_close(found->reader);
    if (found->is_open)
        log_topic_close(&found->topic);
    *found = (struct explain_record){.is_open = false};
}

static int open_topic(const struct console_config *config, const char *variable,
                      const char *name, int64_t timeout_ms,
                      struct explain_record *found, struct error *err)
{
    if (log_topic_open(&config->common, variable, name, timeout_ms,
                       &found->topic, err) != 0)
        return -1;
    found->is_open = true;
    return 0;
}

/* Read the ranges until a record of the event comes. */
static int find(struct explain_record *found, const struct kafka_span *ranges,
                struct slice id, int64_t timeout_ms, struct error *err)
{
    struct progress_bar bar = {.title = found->topic.name,
                               .unit = "records",
                               .total = log_topic_count(&found->topic, ranges)};
    bool is_end = false;
    int result = log_topic_read(&found->topic, ranges, &found->reader, err);

    while (result == 0) {
        result = kafka_reader_next(found->reader, &found->record, &is_end, err);
        if (result != 0 || is_end)
            break;
        bar.done++;
        terminal_progress(&bar);
        if (bar.done % RECORDS_BETWEEN == 0) /* they are not away */
            kafka_set_timeout(found->topic.kafka, timeout_ms);
        found->is_there = slice_equal(log_event_id(&found->record), id);
        if (found->is_there)
            break;
    }
    if (bar.drawn_ms > bar.begun_ms)
        terminal_progress_end(&bar);
    return result;
}

int explain_read(const struct console_config *config, int64_t timeout_ms,
                 const struct explanation *explanation,
                 struct explain_record *ret_found, struct error *err)
{
    const struct place *place = &explanation->place;
    struct kafka_span *range;

    *ret_found = (struct explain_record){.is_open = false};
    if (open_topic(config, "kafka_topic", place->topic.data, timeout_ms,
                   ret_found, err) != 0) {
        /* A topic that is gone has its records no more. */
        return err->kind == ERROR_INPUT ? 0 : -1;
    }
    if ((size_t)place->partition >= ret_found->topic.partitions)
        return 0;
    range = &ret_found->topic.spans[place->partition];
    if (place->offset < range->begin || place->offset >= range->end)
        return 0;
    for (size_t i = 0; i < ret_found->topic.partitions; i++)
        ret_found->topic.spans[i].end = ret_found->topic.spans[i].begin;
    *range = (struct kafka_span){place->offset, place->offset + 1};
    return find(ret_found, ret_found->topic.spans, explanation->id, timeout_ms,
                err);
}

/* What the group has yet to read of a topic. */
static int leave_unread(const struct console_config *config,
                        struct log_topic *topic, struct error *err)
{
    CLEANUP_FREE int64_t *committed =
        memory_new(topic->partitions * sizeof(*committed));

    if (kafka_committed(topic->kafka, config->group, topic->name,
                        topic->partitions, committed, err) != 0)
        return -1;
    for (size_t i = 0; i < topic->partitions; i++)
        if (committed[i] > topic->spans[i].begin)
            topic->spans[i].begin = committed[i];
    return 0;
}

static void tell(struct buffer *looked, const struct log_topic *topic,
                 const char *which)
{
    buffer_add_format(looked, "%s%" PRIu64 " %srecords of %s",
                      looked->size > 0 ? ", " : "",
                      log_topic_count(topic, topic->spans), which, topic->name);
}

int explain_search(const struct console_config *config, int64_t timeout_ms,
                   struct slice id, bool is_everywhere,
                   struct explain_record *ret_found, struct buffer *ret_looked,
                   struct error *err)
{
    const struct settings *common = &config->common;

    *ret_found = (struct explain_record){.is_open = false};
    if (open_topic(config, "EVENTS_TOPIC", common->events_topic, timeout_ms,
                   ret_found, err) != 0 ||
        (!is_everywhere && leave_unread(config, &ret_found->topic, err) != 0))
        return -1;
    tell(ret_looked, &ret_found->topic, is_everywhere ? "" : "unread ");
    if (find(ret_found, ret_found->topic.spans, id, timeout_ms, err) != 0 ||
        ret_found->is_there)
        return ret_found->is_there ? 0 : -1;
    explain_record_close(ret_found);
    if (open_topic(config, "DEAD_LETTER_TOPIC", common->dead_letter_topic,
                   timeout_ms, ret_found, err) != 0)
        return -1;
    tell(ret_looked, &ret_found->topic, "");
    return find(ret_found, ret_found->topic.spans, id, timeout_ms, err);
}
