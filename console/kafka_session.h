/* kafka_session - what the files of this folder that ask Kafka share. */
#pragma once

#include "console/kafka.h"
#include "shared/kafka_config.h"

struct kafka {
    const struct settings *common;
    rd_kafka_t *handle;
    rd_kafka_queue_t *answers;
    int64_t timeout_ms;
    int64_t deadline_ms;
    char reason[224]; /* why the last attempt to reach a broker failed */
    bool is_refused;  /* and another would fail, too */
};

/* What is left until the deadline, at least 1. */
int kafka_left_ms(const struct kafka *kafka);

/* The reason why a call failed; `text` NULL: librdkafka's for the code. */
int kafka_fail(struct kafka *kafka, rd_kafka_resp_err_t code, const char *text,
               struct error *err);

rd_kafka_AdminOptions_t *kafka_options_new(struct kafka *kafka,
                                           rd_kafka_admin_op_t operation);
/* The answer to the one question that was asked, new. */
int kafka_wait_for_answer(struct kafka *kafka, rd_kafka_event_t **ret_answer,
                          struct error *err);
