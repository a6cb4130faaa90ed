/* kafka_settings - what the producer asks of librdkafka, and what of it the
 * environment may change.
 *
 * ERROR_INPUT names the variable that is wrong. */
#pragma once

#include "producer/config.h"

#include <librdkafka/rdkafka.h>

/* New: give it to kafka_handle_new(). */
int kafka_settings_new(const struct config *config, rd_kafka_conf_t **ret_conf,
                       struct error *err);

/* Whether they will do, before anything is opened. */
int kafka_settings_check(const struct config *config, struct error *err);
