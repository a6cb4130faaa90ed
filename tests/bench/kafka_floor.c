#include "tests/bench/kafka_floor.h"

#include <stdio.h>
#include <stdlib.h>

#define WARM_MS 10000
#define PARTITIONS 12

struct setting {
    const char *name;
    const char *value;
};

static const struct setting producer_settings[] = {
    {"acks", "all"},
    {"enable.idempotence", "true"},
    {"partitioner", "murmur2_random"},
    {"linger.ms", "0"},
    {"socket.nagle.disable", "true"},
    {"message.timeout.ms", "9000"},
    {"queue.buffering.max.messages", "20000"},
    {"queue.buffering.max.kbytes", "32768"},
};

static const struct setting consumer_settings[] = {
    {"enable.auto.offset.store", "false"},
    {"auto.commit.interval.ms", "1000"},
    {"auto.offset.reset", "earliest"},
    {"queued.max.messages.kbytes", "12288"},
    {"queued.min.messages", "10000"},
    {"fetch.message.max.bytes", "262144"},
    {"check.crcs", "true"},
    {"socket.nagle.disable", "true"},
};

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char text[256];

    if (rd_kafka_conf_set(conf, name, value, text, sizeof(text)) ==
        RD_KAFKA_CONF_OK)
        return;
    fprintf(stderr, "%s: %s\n", name, text);
    exit(1);
}

static rd_kafka_conf_t *configure(const char *brokers,
                                  const struct setting *settings, size_t count)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    set(conf, "bootstrap.servers", brokers);
    for (size_t i = 0; i < count; i++)
        set(conf, settings[i].name, settings[i].value);
    return conf;
}

static rd_kafka_t *open_handle(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
    char text[256];
    rd_kafka_t *handle = rd_kafka_new(type, conf, text, sizeof(text));

    if (handle != NULL)
        return handle;
    fprintf(stderr, "librdkafka: %s\n", text);
    exit(1);
}

rd_kafka_t *kafka_floor_producer(const char *brokers,
                                 kafka_floor_report *on_report)
{
    rd_kafka_conf_t *conf =
        configure(brokers, producer_settings,
                  sizeof(producer_settings) / sizeof(producer_settings[0]));

    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    return open_handle(RD_KAFKA_PRODUCER, conf);
}

void kafka_floor_warm_up(rd_kafka_t *producer, rd_kafka_topic_t *topic)
{
    const struct rd_kafka_metadata *answer;

    if (rd_kafka_metadata(producer, 0, topic, &answer, WARM_MS) !=
        RD_KAFKA_RESP_ERR_NO_ERROR) {
        fputs("the broker does not answer\n", stderr);
        exit(1);
    }
    rd_kafka_metadata_destroy(answer);
}

rd_kafka_t *kafka_floor_consumer(const char *brokers, const char *group,
                                 const char *topic, unsigned worker,
                                 unsigned workers)
{
    rd_kafka_conf_t *conf =
        configure(brokers, consumer_settings,
                  sizeof(consumer_settings) / sizeof(consumer_settings[0]));
    rd_kafka_topic_partition_list_t *taken =
        rd_kafka_topic_partition_list_new(PARTITIONS);
    rd_kafka_t *handle;

    set(conf, "group.id", group);
    handle = open_handle(RD_KAFKA_CONSUMER, conf);
    rd_kafka_poll_set_consumer(handle);
    for (unsigned i = worker; i < PARTITIONS; i += workers)
        rd_kafka_topic_partition_list_add(taken, topic, (int)i)->offset =
            RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(handle, taken);
    rd_kafka_topic_partition_list_destroy(taken);
    return handle;
}
