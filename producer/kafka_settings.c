#include "producer/kafka_settings.h"

#include "shared/kafka_config.h"

#include <stdio.h>

int kafka_settings_new(const struct config *config, rd_kafka_conf_t **ret_conf,
                       struct error *err)
{
    char ack_timeout_ms[24];
    const struct kafka_setting settings[] = {
        {"acks", "all", KAFKA_FIXED},
        {"enable.idempotence", "true", KAFKA_FIXED},
        {"partitioner", "murmur2_random", KAFKA_FIXED},
        {"linger.ms", "0", KAFKA_DEFAULT},
        {"socket.nagle.disable", "true", KAFKA_DEFAULT},
        {"socket.keepalive.enable", "true", KAFKA_DEFAULT},
        {"socket.timeout.ms", "10000", KAFKA_DEFAULT},
        {"reconnect.backoff.max.ms", "1000", KAFKA_DEFAULT},
        {"message.timeout.ms", ack_timeout_ms, KAFKA_DEFAULT},
        {"request.timeout.ms", ack_timeout_ms, KAFKA_DEFAULT},
        {"queue.buffering.max.messages", "20000", KAFKA_DEFAULT},
        {"queue.buffering.max.kbytes", "32768", KAFKA_DEFAULT},
    };

    snprintf(ack_timeout_ms, sizeof(ack_timeout_ms), "%lld",
             (long long)config->ack_timeout_ms);
    return kafka_config_new(&config->common, KAFKA_SETTINGS(settings), ret_conf,
                            err);
}

int kafka_settings_check(const struct config *config, struct error *err)
{
    rd_kafka_conf_t *conf;

    if (kafka_settings_new(config, &conf, err) != 0)
        return -1;
    rd_kafka_conf_destroy(conf);
    return 0;
}
