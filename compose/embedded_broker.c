/*
 * embedded_broker - a broker in memory, for a desk without Kafka.
 *
 *     clerkstream-embedded-broker ADDRESS_FILE
 *
 * Runs librdkafka's mock cluster of one broker with the three topics, writes
 * its address (host:port) to ADDRESS_FILE and runs until SIGTERM or SIGINT.
 * EVENTS_TOPIC, RETRY_TOPIC, DEAD_LETTER_TOPIC and EVENTS_PARTITIONS name the
 * topics as they do for the programs. Exit 1: it could not start; 2: usage.
 *
 * It is no Kafka, and must never hold an event that matters:
 *   - everything is in memory and forgotten at its end;
 *   - a partition keeps 5 MiB and then drops its oldest records, silently;
 *   - it listens on a loopback port that nobody can choose;
 *   - it has no admin requests: topics cannot be made, groups not listed, and
 *     offsets of a group not set from outside;
 *   - a record sent again after a lost answer is stored twice;
 *   - a group forms only with session.timeout.ms above 3000, and a rebalance
 *     takes session.timeout.ms less a second: 6000 is a good value.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#define PARTITIONS_MAX 1000

static const struct {
    const char *variable;
    const char *name;
} topics[] = {
    {"EVENTS_TOPIC", "clerk.events"},
    {"RETRY_TOPIC", "clerk.events.retry"},
    {"DEAD_LETTER_TOPIC", "clerk.events.dlq"},
};

static const char *setting(const char *variable, const char *otherwise)
{
    const char *value = getenv(variable);

    return value && *value ? value : otherwise;
}

/* 0 where the variable is not a number that we take. */
static int partition_count(void)
{
    const char *text = setting("EVENTS_PARTITIONS", "12");
    char *end;
    long count;

    errno = 0;
    count = strtol(text, &end, 10);
    if (errno || *end || count < 1 || count > PARTITIONS_MAX) {
        fprintf(stderr, "EVENTS_PARTITIONS is \"%s\": must be 1 to %d\n", text,
                PARTITIONS_MAX);
        return 0;
    }
    return (int)count;
}

static int create_topics(rd_kafka_mock_cluster_t *cluster, int partitions)
{
    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
        const char *name = setting(topics[i].variable, topics[i].name);
        rd_kafka_resp_err_t failure =
            rd_kafka_mock_topic_create(cluster, name, partitions, 1);

        if (failure) {
            fprintf(stderr, "topic %s: %s\n", name, rd_kafka_err2str(failure));
            return -1;
        }
    }
    return 0;
}

/* By renaming: who finds the file finds the whole address. */
static int write_address(const char *path, const char *address)
{
    char unfinished[4096];
    FILE *file;
    bool written;

    if (snprintf(unfinished, sizeof(unfinished), "%s.new", path) >=
        (int)sizeof(unfinished))
        return -1;
    file = fopen(unfinished, "w");
    if (!file)
        return -1;
    written = fprintf(file, "%s\n", address) > 0;
    written = fclose(file) == 0 && written;
    return written && rename(unfinished, path) == 0 ? 0 : -1;
}

static int serve(rd_kafka_t *client, const char *address_file,
                 const sigset_t *stop)
{
    int partitions = partition_count();
    rd_kafka_mock_cluster_t *cluster;
    int result = 1;
    int number;

    if (!partitions)
        return 2;
    cluster = rd_kafka_mock_cluster_new(client, 1);
    if (!cluster) {
        fprintf(stderr, "the broker could not be started\n");
        return 1;
    }
    if (create_topics(cluster, partitions) == 0) {
        const char *address = rd_kafka_mock_cluster_bootstraps(cluster);

        if (write_address(address_file, address) == 0) {
            fprintf(stderr, "in-memory broker at %s\n", address);
            sigwait(stop, &number);
            result = 0;
        } else {
            fprintf(stderr, "%s: %s\n", address_file, strerror(errno));
        }
    }
    rd_kafka_mock_cluster_destroy(cluster);
    return result;
}

/* The cluster lives inside a client that does nothing else. */
static rd_kafka_t *new_client(void)
{
    char reason[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_t *client;

    /* Not its notice that it has no broker to connect to. */
    rd_kafka_conf_set(conf, "log_level", "4", NULL, 0);
    client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
    if (!client) {
        fprintf(stderr, "%s\n", reason);
        rd_kafka_conf_destroy(conf);
    }
    return client;
}

int main(int argc, char **argv)
{
    const char *usage = "usage: clerkstream-embedded-broker ADDRESS_FILE\n";
    sigset_t stop;
    rd_kafka_t *client;
    int result;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    if (argc != 2 || argv[1][0] == '-') {
        fputs(usage, stderr);
        return 2;
    }
    /* Before the library starts its threads, which inherit the mask. */
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);

    client = new_client();
    if (!client)
        return 1;
    result = serve(client, argv[1], &stop);
    rd_kafka_destroy(client);
    return result;
}
