#include "console/kafka_session.h"

#include "shared/clock.h"
#include "shared/kafka_reason.h"
#include "shared/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_AGAIN_MS 50
#define FIRST_LOOK_MS 2000

static const struct kafka_setting session_settings[] = {
    {"socket.keepalive.enable", "true", KAFKA_DEFAULT},
    {"reconnect.backoff.max.ms", "500", KAFKA_DEFAULT},
    {"allow.auto.create.topics", "false", KAFKA_OURS},
    {"enable.partition.eof", "true", KAFKA_OURS},
    {"fetch.wait.max.ms", "50", KAFKA_DEFAULT}, /* the end is said no later */
    /* What was deleted in the meantime must not look like an empty topic. */
    {"auto.offset.reset", "error", KAFKA_OURS},
    {"log_level", "3", KAFKA_DEFAULT}, /* no word on producers' settings */
};

/* What is not listed may pass: the brokers had a bad moment. */
static const struct {
    rd_kafka_resp_err_t code;
    enum error_kind kind;
} code_kinds[] = {
    {RD_KAFKA_RESP_ERR__TRANSPORT, ERROR_AWAY},
    {RD_KAFKA_RESP_ERR__TIMED_OUT, ERROR_AWAY},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, ERROR_AWAY},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, ERROR_ACCESS},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, ERROR_ACCESS},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, ERROR_ACCESS},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, ERROR_ACCESS},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, ERROR_ACCESS},
    {RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, ERROR_ACCESS},
    {RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, ERROR_ACCESS},
    {RD_KAFKA_RESP_ERR_INVALID_CONFIG, ERROR_ACCESS},
    {RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, ERROR_ACCESS},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, ERROR_INPUT}, /* no name for a topic */
    {RD_KAFKA_RESP_ERR__INVALID_ARG, ERROR_INPUT},
};

static enum error_kind kind_of_code(rd_kafka_resp_err_t code)
{
    for (size_t i = 0; i < sizeof(code_kinds) / sizeof(code_kinds[0]); i++)
        if (code_kinds[i].code == code)
            return code_kinds[i].kind;
    return ERROR_AGAIN;
}

static void on_error(rd_kafka_t *handle, int code, const char *reason,
                     void *context)
{
    struct kafka *kafka = context;

    kafka->is_refused |= kafka_reason_is_lasting(code);
    if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        kafka_reason_set(handle, code, reason, kafka->reason,
                         sizeof(kafka->reason));
}

int kafka_open(const struct settings *common, int64_t timeout_ms,
               struct kafka **ret_kafka, struct error *err)
{
    struct kafka *kafka = memory_new(sizeof(*kafka));
    rd_kafka_conf_t *conf;

    if (kafka_config_new(common, KAFKA_SETTINGS(session_settings), &conf,
                         err) != 0)
        goto err_kafka;
    rd_kafka_conf_set_opaque(conf, kafka);
    rd_kafka_conf_set_error_cb(conf, on_error);
    /* A consumer without a group: producers' questions make topics. */
    if (kafka_handle_new(RD_KAFKA_CONSUMER, conf, &kafka->handle, err) != 0)
        goto err_kafka;
    kafka->common = common;
    kafka->answers = rd_kafka_queue_new(kafka->handle);
    kafka_set_timeout(kafka, timeout_ms);
    *ret_kafka = kafka;
    return 0;
err_kafka:
    free(kafka);
    return -1;
}

void kafka_close(struct kafka *kafka)
{
    if (kafka == NULL)
        return;
    rd_kafka_queue_destroy(kafka->answers);
    rd_kafka_destroy(kafka->handle);
    free(kafka);
}

void kafka_set_timeout(struct kafka *kafka, int64_t timeout_ms)
{
    kafka->timeout_ms = timeout_ms;
    kafka->deadline_ms = clock_steady_ms() + timeout_ms;
}

int kafka_left_ms(const struct kafka *kafka)
{
    int64_t left = kafka->deadline_ms - clock_steady_ms();
    return left > 1 ? (int)left : 1;
}

int kafka_fail(struct kafka *kafka, rd_kafka_resp_err_t code, const char *text,
               struct error *err)
{
    enum error_kind kind = kind_of_code(code);

    rd_kafka_poll(kafka->handle, 0); /* on_error() */
    if (kind != ERROR_AWAY)
        return error_set(err, kind, "Kafka: %s",
                         text != NULL ? text : rd_kafka_err2str(code));
    if (kafka->is_refused)
        return error_set(err, kind, "no Kafka broker answers at %.80s: %s",
                         kafka->common->brokers, kafka->reason);
    return error_set(err, kind,
                     "no Kafka broker answers at %.80s within %.3g "
                     "s%s%s",
                     kafka->common->brokers, (double)kafka->timeout_ms / 1000,
                     kafka->reason[0] != '\0' ? ": " : "", kafka->reason);
}

static int count_leaders(const rd_kafka_metadata_topic_t *topic)
{
    int count = 0;

    for (int i = 0; i < topic->partition_cnt; i++)
        count += topic->partitions[i].leader >= 0;
    return count;
}

/* Not until the deadline where the wait is for a person. */
static rd_kafka_resp_err_t ask(struct kafka *kafka, rd_kafka_topic_t *topic,
                               const struct rd_kafka_metadata **ret_answer)
{
    int left = kafka_left_ms(kafka);
    rd_kafka_resp_err_t code =
        rd_kafka_metadata(kafka->handle, 0, topic, ret_answer,
                          left < FIRST_LOOK_MS ? left : FIRST_LOOK_MS);

    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || left <= FIRST_LOOK_MS)
        return code;
    rd_kafka_poll(kafka->handle, 0); /* on_error() */
    if (kafka->is_refused)
        return code;
    return rd_kafka_metadata(kafka->handle, 0, topic, ret_answer,
                             kafka_left_ms(kafka));
}

/* `ret_leaders` may be less than `ret_count` for a while. */
static int look(struct kafka *kafka, const char *name, int64_t *ret_count,
                int64_t *ret_leaders, struct error *err)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(kafka->handle, name, NULL);
    const struct rd_kafka_metadata *answer;
    rd_kafka_resp_err_t code;

    if (topic == NULL)
        return kafka_fail(kafka, rd_kafka_last_error(), NULL, err);
    code = ask(kafka, topic, &answer);
    rd_kafka_topic_destroy(topic);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_fail(kafka, code, NULL, err);
    *ret_count = *ret_leaders = 0;
    if (answer->topic_cnt == 1) {
        code = answer->topics[0].err;
        *ret_count = answer->topics[0].partition_cnt;
        *ret_leaders = count_leaders(&answer->topics[0]);
    }
    rd_kafka_metadata_destroy(answer);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR ||
        code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
        code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
        return 0;
    kafka_fail(kafka, code, NULL, err);
    return error_wrap(err, "topic %s", name);
}

int kafka_count_partitions(struct kafka *kafka, const char *topic,
                           int64_t *ret_count, struct error *err)
{
    int64_t leaders;

    return look(kafka, topic, ret_count, &leaders, err);
}

int kafka_wait_for_topic(struct kafka *kafka, const char *topic,
                         int64_t *ret_partitions, struct error *err)
{
    int64_t leaders = 0;

    for (;;) {
        if (look(kafka, topic, ret_partitions, &leaders, err) != 0)
            return -1;
        if (*ret_partitions > 0 && leaders == *ret_partitions)
            return 0;
        if (clock_steady_ms() >= kafka->deadline_ms)
            return error_set(err, ERROR_AGAIN,
                             "topic %s: %lld of %lld partitions have a leader "
                             "after %lld s",
                             topic, (long long)leaders,
                             (long long)*ret_partitions,
                             (long long)kafka->timeout_ms / 1000);
        clock_sleep_ms(LOOK_AGAIN_MS);
    }
}

int kafka_wait_for_answer(struct kafka *kafka, rd_kafka_event_t **ret_answer,
                          struct error *err)
{
    rd_kafka_event_t *answer =
        rd_kafka_queue_poll(kafka->answers, kafka_left_ms(kafka) + 500);
    rd_kafka_resp_err_t code = answer != NULL ? rd_kafka_event_error(answer)
                                              : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        kafka_fail(kafka, code,
                   answer != NULL ? rd_kafka_event_error_string(answer) : NULL,
                   err);
        rd_kafka_event_destroy(answer);
        return -1;
    }
    *ret_answer = answer;
    return 0;
}

rd_kafka_AdminOptions_t *kafka_options_new(struct kafka *kafka,
                                           rd_kafka_admin_op_t operation)
{
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(kafka->handle, operation);
    char reason[128];

    rd_kafka_AdminOptions_set_request_timeout(options, kafka_left_ms(kafka),
                                              reason, sizeof(reason));
    return options;
}

static int request_topic(struct kafka *kafka, rd_kafka_NewTopic_t *topic,
                         rd_kafka_event_t **ret_answer, struct error *err)
{
    rd_kafka_AdminOptions_t *options =
        kafka_options_new(kafka, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    char reason[128];

    rd_kafka_AdminOptions_set_operation_timeout(options, kafka_left_ms(kafka),
                                                reason, sizeof(reason));
    rd_kafka_CreateTopics(kafka->handle, &topic, 1, options, kafka->answers);
    rd_kafka_AdminOptions_destroy(options);
    return kafka_wait_for_answer(kafka, ret_answer, err);
}

static int read_creation(struct kafka *kafka, rd_kafka_event_t *answer,
                         bool *ret_is_new, struct error *err)
{
    size_t count;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(
            rd_kafka_event_CreateTopics_result(answer), &count);
    rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[0]);

    *ret_is_new = code == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (*ret_is_new || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        return 0;
    kafka_fail(kafka, code, rd_kafka_topic_result_error_string(results[0]),
               err);
    return error_wrap(err, "topic %s", rd_kafka_topic_result_name(results[0]));
}

int kafka_create_topic(struct kafka *kafka, const struct kafka_topic *topic,
                       bool *ret_is_new, struct error *err)
{
    char reason[200];
    rd_kafka_NewTopic_t *wanted = rd_kafka_NewTopic_new(
        topic->name, (int)topic->partitions, (int)topic->replication_factor,
        reason, sizeof(reason));
    rd_kafka_event_t *answer;
    int result;

    if (wanted == NULL)
        return error_set(err, ERROR_INPUT, "topic %s: %s", topic->name, reason);
    for (size_t i = 0; i < topic->settings_count; i++)
        rd_kafka_NewTopic_set_config(wanted, topic->settings[i].name,
                                     topic->settings[i].value);
    result = request_topic(kafka, wanted, &answer, err);
    rd_kafka_NewTopic_destroy(wanted);
    if (result != 0)
        return error_wrap(err, "topic %s", topic->name);
    result = read_creation(kafka, answer, ret_is_new, err);
    rd_kafka_event_destroy(answer);
    return result;
}

static int read_setting(rd_kafka_event_t *answer, const char *setting,
                        int64_t *ret_number, struct error *err)
{
    size_t count;
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(answer), &count);
    const rd_kafka_ConfigEntry_t **entries =
        rd_kafka_ConfigResource_configs(resources[0], &count);
    rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resources[0]);

    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_set(err, kind_of_code(code), "Kafka: %s",
                         rd_kafka_ConfigResource_error_string(resources[0]));
    for (size_t i = 0; i < count; i++) {
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), setting) != 0)
            continue;
        *ret_number = value != NULL ? strtoll(value, NULL, 10) : 0;
        return 0;
    }
    return error_set(err, ERROR_ACCESS, "Kafka: no setting %s", setting);
}

int kafka_topic_number(struct kafka *kafka, const char *topic,
                       const char *setting, int64_t *ret_number,
                       struct error *err)
{
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_AdminOptions_t *options =
        kafka_options_new(kafka, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_event_t *answer;
    int result;

    rd_kafka_DescribeConfigs(kafka->handle, &resource, 1, options,
                             kafka->answers);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ConfigResource_destroy(resource);
    if (kafka_wait_for_answer(kafka, &answer, err) != 0)
        return error_wrap(err, "topic %s", topic);
    result = read_setting(answer, setting, ret_number, err);
    rd_kafka_event_destroy(answer);
    return result == 0 ? 0 : error_wrap(err, "topic %s", topic);
}
