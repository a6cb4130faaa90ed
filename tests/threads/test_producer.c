/* The producer's own threads beside each other: loops, mailboxes, the list of
 * connections, metrics, the log, the admin listener, the stop.  Kafka is
 * fake_producer.c.  Made for the thread sanitizer; asserts little itself. */
#include "producer/http.h"
#include "shared/clock.h"
#include "shared/http_admin.h"
#include "shared/kafka_watch.h"
#include "shared/stop.h"
#include "tests/lib/figures.h"
#include "tests/threads/visitor.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define CLIENTS 12
#define LOAD_MS 2000
#define PATIENCE_MS 300
#define DEPTH 10 /* requests in one packet */
#define TEXT_BYTES 65536
#define BODY "{\"type\":\"a.b\",\"data\":{\"id\":\"x\"}}"

static struct {
    struct config config;
    struct measure measure;
    struct ingest ingest;
    struct kafka_producer *kafka;
    struct kafka_watch *watch;
    struct http_server *http;
    struct http_admin *admin;
    char listen[32], admin_listen[32];
    atomic_bool is_over;
    atomic_int connections, answers, stored;
} world;

static const char *lookup(const char *name)
{
    static const struct {
        const char *name, *value;
    } settings[] = {
        {"CLERK_WEBHOOK_SIGNING_SECRET",
         "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
        {"PRODUCER_LISTEN", world.listen},
        {"PRODUCER_ADMIN_LISTEN", world.admin_listen},
        {"PRODUCER_THREADS", "3"},
        {"PRODUCER_MAX_CONNECTIONS", "8"}, /* fewer than there are clients */
        {"PRODUCER_REQUEST_TIMEOUT_MS", "300"},
        {"PRODUCER_RATE_LIMIT", "2000"},
    };

    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (strcmp(settings[i].name, name) == 0)
            return settings[i].value;
    return NULL;
}

/* -1 where nobody listens any more. */
static int open_connection(const struct option_listen *listen)
{
    int fd = visitor_open(listen);

    atomic_fetch_add(&world.connections, fd >= 0);
    return fd;
}

/* Until there are `count` answers, or the end. */
static void read_answers(int fd, int count)
{
    char text[TEXT_BYTES + 1];
    size_t size = 0;
    int answers = 0;
    ssize_t got;

    while (answers < count && size < TEXT_BYTES &&
           (got = recv(fd, text + size, TEXT_BYTES - size, 0)) > 0) {
        size += (size_t)got;
        text[size] = '\0';
        answers = 0;
        for (char *at = text; (at = strstr(at, "\r\n\r\n")) != NULL; at += 4)
            answers++;
    }
    text[size] = '\0';
    atomic_fetch_add(&world.answers, answers);
    for (char *at = text; (at = strstr(at, "\"accepted\"")) != NULL; at++)
        atomic_fetch_add(&world.stored, 1);
}

static void write_request(struct signature_verifier *verifier, bool is_good,
                          struct buffer *out)
{
    char timestamp[32];
    struct signature_claim claim = {.id = slice_of("msg_threads"),
                                    .timestamp = slice_of(timestamp),
                                    .body = slice_of(BODY)};

    snprintf(timestamp, sizeof(timestamp), "%lld",
             (long long)(clock_wall_ms() / 1000));
    claim.timestamp = slice_of(timestamp);
    buffer_add_format(out,
                      "POST /webhook HTTP/1.1\r\nHost: x\r\n"
                      "Content-Length: %zu\r\nsvix-id: msg_threads\r\n"
                      "svix-timestamp: %s\r\nsvix-signature: %s",
                      strlen(BODY), timestamp, is_good ? "" : "v1,");
    signature_sign(verifier, 0, &claim, out);
    buffer_add_text(out, "\r\n\r\n" BODY);
}

/* What a client may do, by its number. */
static void visit(int fd, int number, struct signature_verifier *verifier)
{
    struct buffer out;
    int count = number % 3 == 0 ? DEPTH : 1;

    buffer_init(&out, TEXT_BYTES);
    for (int i = 0; i < count; i++)
        write_request(verifier, number % 5 != 0, &out);
    switch (number % 6) {
    case 0: /* many at once */
    case 1: /* one */
        visitor_say(fd, out.data, out.size);
        read_answers(fd, count);
        break;
    case 2: /* hangs up before the answer */
        visitor_say(fd, out.data, out.size);
        break;
    case 3: /* and has said all */
        visitor_say(fd, out.data, out.size);
        shutdown(fd, SHUT_WR);
        read_answers(fd, count);
        break;
    case 4: /* too slow */
        visitor_say(fd, out.data, out.size / 2);
        read_answers(fd, 1);
        break;
    default: /* no HTTP */
        visitor_say(fd, "\r\nX\r\n\r\n", 7);
        read_answers(fd, 1);
    }
    buffer_release(&out);
}

static void *client(void *context)
{
    int number = (int)(intptr_t)context, fd;
    struct signature_verifier *verifier =
        signature_verifier_new(&world.config.keys);

    while (!atomic_load(&world.is_over) &&
           (fd = open_connection(&world.config.listen)) >= 0) {
        visit(fd, number, verifier);
        close(fd);
        number += CLIENTS - 1;
    }
    signature_verifier_free(verifier);
    return NULL;
}

static void *operator(void *context)
{
    static const char *const asked[] = {
        "GET /metrics HTTP/1.0\r\n\r\n",
        "GET /readyz HTTP/1.0\r\n\r\n",
        "GET /healthz HTTP/1.0\r\n\r\n",
    };
    int fd;

    (void)context;
    for (size_t i = 0; !atomic_load(&world.is_over); i++) {
        fd = open_connection(&world.config.admin_listen);
        if (fd < 0)
            break;
        visitor_say(fd, asked[i % 3], strlen(asked[i % 3]));
        read_answers(fd, 1);
        close(fd);
    }
    return NULL;
}

static bool is_ready(void *context, char reason[HTTP_ADMIN_REASON_BYTES])
{
    (void)context;
    if (stop_is_asked()) {
        snprintf(reason, HTTP_ADMIN_REASON_BYTES, "shutting down");
        return false;
    }
    return kafka_watch_is_ready(world.watch, reason);
}

static void render(void *context, struct buffer *out)
{
    (void)context;
    metrics_render(&world.measure.metrics, out);
}

static void open_world(void)
{
    const struct http_admin_hooks hooks = {is_ready, render, NULL};
    struct error err;

    visitor_choose(world.listen);
    visitor_choose(world.admin_listen);
    assert_int_equal(producer_config_init(&world.config, lookup, &err), 0);
    log_init("threads", LOG_DEBUG, LOG_JSON);
    stop_install();
    measure_init(&world.measure, world.config.keys.count, "0", "0");
    kafka_producer_open(&world.config, ingest_take_report, &world.kafka, &err);
    kafka_watch_open(&world.config.common, NULL, 0, &world.watch, &err);
    ingest_init(&world.ingest, &world.config, world.kafka, &world.measure);
    assert_int_equal(
        http_server_open(&world.config, &world.ingest, &world.http, &err), 0);
    assert_int_equal(http_admin_open(&world.config.admin_listen, "ADMIN",
                                     &hooks, &world.admin, &err),
                     0);
}

/* As producer/main.c does, whatever is under way. */
static void stop_world(void)
{
    stop_ask();
    http_server_stop(world.http, PATIENCE_MS);
    http_server_join(world.http);
}

static void close_world(void)
{
    kafka_producer_close(world.kafka, PATIENCE_MS);
    http_server_close(world.http);
    http_admin_close(world.admin);
    kafka_watch_close(world.watch);
    measure_release(&world.measure);
    producer_config_release(&world.config);
}

static void nobody_is_in_the_others_way(void **state)
{
    pthread_t threads[CLIENTS + 1];

    (void)state;
    open_world();
    pthread_create(&threads[0], NULL, operator, NULL);
    for (intptr_t i = 1; i <= CLIENTS; i++)
        pthread_create(&threads[i], NULL, client, (void *)i);
    stop_wait(LOAD_MS);
    stop_world();
    atomic_store(&world.is_over, true);
    for (size_t i = 0; i <= CLIENTS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(world.measure.in_flight->value, 0);
    assert_int_equal(world.measure.connections->value, 0);
    assert_int_equal(world.measure.body_bytes->value, 0);
    figure("%d connections, %d answers, %d events stored",
           atomic_load(&world.connections), atomic_load(&world.answers),
           atomic_load(&world.stored));
    assert_true(atomic_load(&world.stored) > 0);
    close_world();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_in_the_others_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
