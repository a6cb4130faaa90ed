/* settings - what all three programs are told: brokers, topics, logging.
 *
 * Each program's config struct has a `struct settings` named `common`, and its
 * option table begins with SETTINGS_OPTIONS(struct its_config). */
#pragma once

#include "shared/log.h"
#include "shared/option.h"

struct settings {
    char *brokers;
    char *events_topic;
    char *retry_topic;
    char *dead_letter_topic;
    int64_t partitions;
    int log_level;
    int log_format;
};

/* Topics must have names that Kafka takes, each another: else dead letters
 * would come back as events, and retries at once. */
int settings_check(const struct settings *settings, struct error *err);

#define SETTINGS_AT(config, field) offsetof(config, common.field)

#define SETTINGS_OPTIONS(config)                                               \
    {.name = "KAFKA_BOOTSTRAP_SERVERS",                                        \
     .type = OPTION_TEXT,                                                      \
     .offset = SETTINGS_AT(config, brokers),                                   \
     .fallback = "127.0.0.1:9092",                                             \
     .about = "Brokers to begin with. Any other KAFKA_<PROPERTY> goes to "     \
              "librdkafka, dots as underscores."},                             \
        {.name = "EVENTS_TOPIC",                                               \
         .type = OPTION_TEXT,                                                  \
         .offset = SETTINGS_AT(config, events_topic),                          \
         .fallback = "clerk.events",                                           \
         .about = "The log of all events."},                                   \
        {.name = "RETRY_TOPIC",                                                \
         .type = OPTION_TEXT,                                                  \
         .offset = SETTINGS_AT(config, retry_topic),                           \
         .fallback = "clerk.events.retry",                                     \
         .about = "Events whose entity could not be written at once."},        \
        {.name = "DEAD_LETTER_TOPIC",                                          \
         .type = OPTION_TEXT,                                                  \
         .offset = SETTINGS_AT(config, dead_letter_topic),                     \
         .fallback = "clerk.events.dlq",                                       \
         .about = "Events that cannot be applied; they wait for a person."},   \
        {.name = "EVENTS_PARTITIONS",                                          \
         .type = OPTION_NUMBER,                                                \
         .offset = SETTINGS_AT(config, partitions),                            \
         .fallback = "12",                                                     \
         .min = 1,                                                             \
         .max = 10000,                                                         \
         .about = "Partitions of each of the three topics."},                  \
        {.name = "LOG_LEVEL",                                                  \
         .type = OPTION_CHOICE,                                                \
         .offset = SETTINGS_AT(config, log_level),                             \
         .fallback = "info",                                                   \
         .choices = log_level_names,                                           \
         .about = "debug, info, warn or error."},                              \
    {                                                                          \
        .name = "LOG_FORMAT", .type = OPTION_CHOICE,                           \
        .offset = SETTINGS_AT(config, log_format), .fallback = "auto",         \
        .choices = log_format_names,                                           \
        .about = "json, text, or auto: text on a terminal, else json.",        \
    }
