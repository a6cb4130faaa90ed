/* floor_http - the least that taking a webhook costs.
 *
 * Without a topic: libmicrohttpd reads the request and answers 200.  With one
 * the body goes there first, with the svix headers, keyed by the first id in it
 * that is an organization's, else a user's (so that order is kept where the
 * rows need it), and the answer waits for the delivery report.  Nothing is
 * verified, nothing is parsed.  Runs until it is killed. */

#include "shared/memory.h"
#include "tests/bench/kafka_floor.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECTIONS_MAX 240 /* libmicrohttpd stalls at 128 events a thread */
#define THREADS 2
#define COPIED 3

static const char answer_text[] = "{\"status\":\"accepted\"}";
static const char *const copied[COPIED] = {"svix-id", "svix-timestamp",
                                           "svix-signature"};

struct floor {
    rd_kafka_t *producer; /* NULL: HTTP alone */
    rd_kafka_topic_t *topic;
    struct MHD_Response *answer;
};

struct exchange {
    struct MHD_Connection *connection;
    char *body;
    size_t size;
    bool is_sent;
    bool has_failed;
};

static void on_report(rd_kafka_t *producer, const rd_kafka_message_t *message,
                      void *context)
{
    struct exchange *exchange = message->_private;

    (void)producer, (void)context;
    exchange->has_failed = message->err != RD_KAFKA_RESP_ERR_NO_ERROR;
    MHD_resume_connection(exchange->connection);
}

static void *report(void *context)
{
    struct floor *floor = context;

    for (;;)
        rd_kafka_poll(floor->producer, 100);
    return NULL;
}

static rd_kafka_headers_t *headers_of(struct exchange *exchange)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(COPIED);

    for (int i = 0; i < COPIED; i++)
        rd_kafka_header_add(headers, copied[i], -1,
                            MHD_lookup_connection_value(exchange->connection,
                                                        MHD_HEADER_KIND,
                                                        copied[i]),
                            -1);
    return headers;
}

static rd_kafka_vu_t key_of(const struct exchange *exchange)
{
    static const char *const begins[] = {"\"id\":\"org_", "\"id\":\"user_"};
    const char *id = exchange->body, *found = NULL;

    for (int i = 0; i < 2 && found == NULL; i++) {
        found = memmem(id, exchange->size, begins[i], strlen(begins[i]));
        if (found != NULL)
            id = found + sizeof("\"id\":\"") - 1;
    }
    return (rd_kafka_vu_t){
        .vtype = RD_KAFKA_VTYPE_KEY,
        .u.mem = {.ptr = (void *)(uintptr_t)id, .size = strcspn(id, "\"")}};
}

static void produce(struct floor *floor, struct exchange *exchange)
{
    rd_kafka_headers_t *headers = headers_of(exchange);
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = floor->topic},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = exchange},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {.ptr = exchange->body, .size = exchange->size}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
        key_of(exchange)};
    rd_kafka_error_t *refusal;

    exchange->is_sent = true;
    MHD_suspend_connection(exchange->connection);
    refusal = rd_kafka_produceva(floor->producer, parts,
                                 sizeof(parts) / sizeof(parts[0]));
    if (refusal != NULL) {
        rd_kafka_headers_destroy(headers);
        exchange->has_failed = true;
        rd_kafka_error_destroy(refusal);
        MHD_resume_connection(exchange->connection);
    }
}

static void keep_body(struct exchange *exchange, const char *data, size_t size)
{
    exchange->body =
        memory_resize(exchange->body, exchange->size + size + 1, 1);
    memcpy(exchange->body + exchange->size, data, size);
    exchange->size += size;
    exchange->body[exchange->size] = '\0';
}

static enum MHD_Result on_request(void *context,
                                  struct MHD_Connection *connection,
                                  const char *url, const char *method,
                                  const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
    struct floor *floor = context;
    struct exchange *exchange = *state;

    (void)url, (void)method, (void)version;
    if (exchange == NULL) {
        exchange = memory_new(sizeof(*exchange));
        exchange->connection = connection;
        *state = exchange;
        return MHD_YES;
    }
    if (*upload_size > 0) {
        keep_body(exchange, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    if (floor->producer != NULL && !exchange->is_sent) {
        produce(floor, exchange);
        return MHD_YES;
    }
    return MHD_queue_response(connection, exchange->has_failed ? 503 : 200,
                              floor->answer);
}

static void on_completed(void *context, struct MHD_Connection *connection,
                         void **state, enum MHD_RequestTerminationCode code)
{
    struct exchange *exchange = *state;

    (void)context, (void)connection, (void)code;
    free(exchange->body);
    free(exchange);
}

static struct MHD_Daemon *listen_on(struct floor *floor, const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;

    address.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, floor, MHD_OPTION_SOCK_ADDR,
        (struct sockaddr *)&address, MHD_OPTION_THREAD_POOL_SIZE, THREADS,
        MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
}

int main(int count, char **words)
{
    struct floor floor = {.answer = MHD_create_response_from_buffer(
                              sizeof(answer_text) - 1,
                              (void *)(uintptr_t)answer_text,
                              MHD_RESPMEM_PERSISTENT)};
    pthread_t thread;

    if (count != 2 && count != 4) {
        fputs("usage: floor_http PORT [BROKERS TOPIC]\n", stderr);
        return 2;
    }
    if (count == 4) {
        floor.producer = kafka_floor_producer(words[2], on_report);
        floor.topic = rd_kafka_topic_new(floor.producer, words[3], NULL);
        kafka_floor_warm_up(floor.producer, floor.topic);
        pthread_create(&thread, NULL, report, &floor);
    }
    if (listen_on(&floor, words[1]) == NULL) {
        fputs("floor_http: cannot listen\n", stderr);
        return 1;
    }
    for (;;)
        pause();
}
