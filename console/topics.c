/* clerkstream topics - create the three topics, or say why they do not fit.
 *
 * Nothing is made before all that is there was looked at.  The partition count
 * is what keys are spread over: changing it would give them other partitions,
 * so a difference is refused and left to a person. */
#include "console/commands.h"
#include "console/json_writer.h"
#include "console/kafka.h"

#include <stdio.h>
#include <string.h>

#define TOPICS 3
#define OUTPUT_BYTES 4096
/* For the headers that a retried or dead-lettered record has in addition. */
#define HEADERS_ROOM_BYTES 65536

struct topics_flags {
    int64_t replication_factor;
    int64_t timeout_s;
    bool is_json;
};

static const struct flag topics_flags[] = {
    {.name = "replication-factor",
     .type = FLAG_NUMBER,
     .offset = offsetof(struct topics_flags, replication_factor),
     .value = "N",
     .fallback = "-1",
     .min = -1,
     .max = 32767,
     .about = "Copies of each new partition; -1: the brokers' default, as of "
              "Kafka 2.4."},
    {.name = "timeout",
     .type = FLAG_NUMBER,
     .offset = offsetof(struct topics_flags, timeout_s),
     .value = "SECONDS",
     .fallback = "10",
     .min = 1,
     .max = 3600,
     .about = "How long to wait for the brokers, in all."},
    {.name = "json",
     .type = FLAG_SWITCH,
     .offset = offsetof(struct topics_flags, is_json),
     .about = "Print the topics as a JSON array."},
};

/* The events topic comes first: the others must take any record of it. */
static const struct topic_kind {
    size_t name_offset; /* in struct settings */
    bool has_room;      /* max.message.bytes: that of events and some */
    struct kafka_topic_setting settings[3];
} kinds[TOPICS] = {
    {offsetof(struct settings, events_topic),
     false,
     {{"cleanup.policy", "delete"},
      {"retention.ms", "7776000000"}, /* 90 days */
      {"retention.bytes", "-1"}}},
    {offsetof(struct settings, retry_topic),
     true,
     {{"cleanup.policy", "delete"},
      {"retention.ms", "7776000000"}, /* a retry may wait as long as an event */
      {"retention.bytes", "-1"}}},
    {offsetof(struct settings, dead_letter_topic),
     true,
     {{"cleanup.policy", "delete"},
      {"retention.ms", "-1"}, /* for ever */
      {"retention.bytes", "-1"}}},
};

struct topic {
    const struct topic_kind *kind;
    const char *name;
    int64_t partitions; /* 0: is not there */
    bool is_new;
};

static void name_topics(const struct settings *common,
                        struct topic topics[TOPICS])
{
    for (size_t i = 0; i < TOPICS; i++) {
        topics[i].kind = &kinds[i];
        memcpy(&topics[i].name, (const char *)common + kinds[i].name_offset,
               sizeof(topics[i].name));
    }
}

static int check_partitions(const struct topic *topic, int64_t wanted,
                            struct error *err)
{
    if (topic->partitions == 0 || topic->partitions == wanted)
        return 0;
    return error_set(err, ERROR_ACCESS,
                     "topic %s has %lld partitions and EVENTS_PARTITIONS is "
                     "%lld: set it so, or make another topic; a change would "
                     "give keys other partitions",
                     topic->name, (long long)topic->partitions,
                     (long long)wanted);
}

static int look_at(struct kafka *kafka, struct topic topics[TOPICS],
                   int64_t wanted, struct error *err)
{
    for (size_t i = 0; i < TOPICS; i++)
        if (kafka_count_partitions(kafka, topics[i].name, &topics[i].partitions,
                                   err) != 0 ||
            check_partitions(&topics[i], wanted, err) != 0)
            return -1;
    return 0;
}

static int create(struct kafka *kafka, struct topic *topic, int64_t partitions,
                  int64_t replication_factor, int64_t message_bytes,
                  struct error *err)
{
    struct kafka_topic_setting settings[4];
    char message_bytes_text[24];
    struct kafka_topic wanted = {.name = topic->name,
                                 .partitions = partitions,
                                 .replication_factor = replication_factor,
                                 .settings = settings,
                                 .settings_count = 3};

    memcpy(settings, topic->kind->settings, sizeof(topic->kind->settings));
    snprintf(message_bytes_text, sizeof(message_bytes_text), "%lld",
             (long long)message_bytes);
    if (topic->kind->has_room)
        settings[wanted.settings_count++] = (struct kafka_topic_setting){
            "max.message.bytes", message_bytes_text};
    return kafka_create_topic(kafka, &wanted, &topic->is_new, err);
}

/* What a retried or dead-lettered record may be at most. */
static int ask_message_bytes(struct kafka *kafka, const struct topic *events,
                             int64_t *ret_bytes, struct error *err)
{
    if (kafka_topic_number(kafka, events->name, "max.message.bytes", ret_bytes,
                           err) != 0)
        return -1;
    *ret_bytes += HEADERS_ROOM_BYTES;
    return 0;
}

static int create_missing(struct kafka *kafka, struct topic topics[TOPICS],
                          const struct topics_flags *flags, int64_t partitions,
                          struct error *err)
{
    int64_t message_bytes = 0;

    for (size_t i = 0; i < TOPICS; i++) {
        if (topics[i].partitions > 0)
            continue;
        if (topics[i].kind->has_room &&
            ask_message_bytes(kafka, &topics[0], &message_bytes, err) != 0)
            return -1;
        if (create(kafka, &topics[i], partitions, flags->replication_factor,
                   message_bytes, err) != 0 ||
            kafka_wait_for_topic(kafka, topics[i].name, &topics[i].partitions,
                                 err) != 0 ||
            check_partitions(&topics[i], partitions, err) != 0)
            return -1;
    }
    return 0;
}

static void print_json(const struct topic topics[TOPICS])
{
    struct buffer text;
    struct json_writer w;

    buffer_init(&text, OUTPUT_BYTES);
    json_writer_init(&w, &text);
    json_write_array(&w, NULL);
    for (size_t i = 0; i < TOPICS; i++) {
        json_write_object(&w, NULL);
        json_write_text(&w, "topic", topics[i].name);
        json_write_number(&w, "partitions", topics[i].partitions);
        json_write_text(&w, "action", topics[i].is_new ? "created" : "exists");
        json_write_end(&w);
    }
    json_write_end(&w);
    puts(text.data);
    buffer_release(&text);
}

static void print_lines(const struct topic topics[TOPICS])
{
    for (size_t i = 0; i < TOPICS; i++)
        printf("%s %s with %lld partitions\n", topics[i].name,
               topics[i].is_new ? "created" : "exists",
               (long long)topics[i].partitions);
}

static int run(const struct console_config *config, const void *given,
               struct error *err)
{
    const struct topics_flags *flags = given;
    int64_t partitions = config->common.partitions;
    struct topic topics[TOPICS] = {{.partitions = 0}};
    struct kafka *kafka;
    int result = -1;

    if (flags->replication_factor == 0)
        return error_set(err, ERROR_INPUT,
                         "--replication-factor: given \"0\", allowed is -1 or "
                         "1 to 32767");
    name_topics(&config->common, topics);
    if (kafka_open(&config->common, flags->timeout_s * 1000, &kafka, err) != 0)
        return -1;
    if (look_at(kafka, topics, partitions, err) == 0)
        result = create_missing(kafka, topics, flags, partitions, err);
    kafka_close(kafka);
    if (result == 0 && flags->is_json)
        print_json(topics);
    else if (result == 0)
        print_lines(topics);
    return result;
}

const struct command command_topics = {
    .name = "topics",
    .about = "Create the Kafka topics, or check that they fit.",
    .detail = "Creates EVENTS_TOPIC (kept 90 days), RETRY_TOPIC and\n"
              "DEAD_LETTER_TOPIC (kept for ever) with EVENTS_PARTITIONS\n"
              "partitions each, where they are missing. One with another\n"
              "number of partitions is refused. Run it as often as you like.",
    .example = "KAFKA_BOOTSTRAP_SERVERS=kafka:9092 clerkstream topics "
               "--replication-factor 3",
    .flags = topics_flags,
    .flags_count = sizeof(topics_flags) / sizeof(topics_flags[0]),
    .flags_bytes = sizeof(struct topics_flags),
    .run = run,
};
