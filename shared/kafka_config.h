/* kafka_config - our settings and the KAFKA_… environment, for librdkafka.
 *
 * KAFKA_SASL_USERNAME is librdkafka's sasl.username, and so on.  A name that
 * librdkafka does not know (Kubernetes injects some) is logged once and
 * ignored; a value that it refuses, or one against a setting that a promise
 * rests on, is ERROR_INPUT.  Passwords may come from KAFKA_…_FILE.  One
 * environment is for all programs: what is wrong is wrong for each. */
#pragma once

#include "shared/buffer.h"
#include "shared/error.h"
#include "shared/settings.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>

/* What the environment may do about a setting. */
enum kafka_rule {
    KAFKA_DEFAULT, /* override it */
    KAFKA_FIXED,   /* nothing: another value is ERROR_INPUT */
    KAFKA_OURS,    /* nothing: another value is for other handles */
};

struct kafka_setting {
    const char *name; /* librdkafka's */
    const char *value;
    enum kafka_rule rule;
};

struct kafka_settings {
    const struct kafka_setting *list;
    size_t count;
};

#define KAFKA_SETTINGS(array)                                                  \
    (&(const struct kafka_settings){(array),                                   \
                                    sizeof(array) / sizeof((array)[0])})

/* A configuration with the brokers of `common`, `settings`, then the
 * environment, and librdkafka's log going to ours; new: give it to
 * kafka_handle_new() or destroy it. */
int kafka_config_new(const struct settings *common,
                     const struct kafka_settings *settings,
                     rd_kafka_conf_t **ret_conf, struct error *err);

/* Check all of that without keeping a configuration. */
int kafka_config_check(const struct settings *common,
                       const struct kafka_settings *settings,
                       struct error *err);

/* rd_kafka_new(); `conf` is taken, also on failure (ERROR_INPUT: settings that
 * contradict each other). */
int kafka_handle_new(rd_kafka_type_t type, rd_kafka_conf_t *conf,
                     rd_kafka_t **ret_handle, struct error *err);

/* The KAFKA_… variables that are set and known, as --print-config shows them:
 * secrets as ***.  KAFKA_BOOTSTRAP_SERVERS is the option tables' business. */
void kafka_config_print(struct buffer *out);
