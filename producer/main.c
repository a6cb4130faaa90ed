#include "producer/http.h"
#include "producer/kafka_settings.h"
#include "shared/clock.h"
#include "shared/http_admin.h"
#include "shared/http_ready.h"
#include "shared/kafka_config.h"
#include "shared/kafka_watch.h"
#include "shared/stop.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PROGRAM "clerkstream-producer"
#define HELP_BYTES 65536
#define PATIENCE_MS 8000 /* for what is in flight when we are asked to stop */
#define FLUSH_MS 300     /* for what has been answered with 503 by then */
#define LEAVE_MS 9500    /* whatever happens */

enum { EXIT_AWAY = 1, EXIT_USAGE = 2 };

struct producer {
    struct config config;
    const char *topics[KAFKA_TOPICS]; /* that must be there */
    struct measure measure;
    struct ingest ingest;
    struct kafka_producer *kafka;
    struct kafka_watch *watch;
    struct http_server *http;
    struct http_admin *admin;
};

static bool is_ready(void *context, char reason[HTTP_ADMIN_REASON_BYTES])
{
    struct producer *self = context;

    if (stop_is_asked()) {
        snprintf(reason, HTTP_ADMIN_REASON_BYTES, "shutting down");
        return false;
    }
    if (!kafka_watch_is_ready(self->watch, reason))
        return false;
    if (kafka_producer_state(self->kafka).is_warm)
        return true;
    snprintf(reason, HTTP_ADMIN_REASON_BYTES,
             "the Kafka producer is being made ready");
    return false;
}

static void render_metrics(void *context, struct buffer *out)
{
    struct producer *self = context;
    char reason[HTTP_ADMIN_REASON_BYTES];

    metric_set(self->measure.queued, kafka_producer_state(self->kafka).queued);
    metric_set(self->measure.broker_up,
               self->watch != NULL &&
                   kafka_watch_is_ready(self->watch, reason));
    metric_set(self->measure.ready, is_ready(self, reason));
    metrics_render(&self->measure.metrics, out);
}

static int open_kafka(struct producer *self, struct error *err)
{
    self->topics[KAFKA_EVENTS] = self->config.common.events_topic;
    self->topics[KAFKA_DEAD_LETTERS] = self->config.common.dead_letter_topic;
    if (kafka_producer_open(&self->config, ingest_take_report, &self->kafka,
                            err) != 0)
        return -1;
    return kafka_watch_open(&self->config.common, self->topics, KAFKA_TOPICS,
                            &self->watch, err);
}

static int open_listeners(struct producer *self, struct error *err)
{
    const struct http_admin_hooks hooks = {is_ready, render_metrics, self};

    if (http_server_open(&self->config, &self->ingest, &self->http, err) != 0)
        return -1;
    return http_admin_open(&self->config.admin_listen, "PRODUCER_ADMIN_LISTEN",
                           &hooks, &self->admin, err);
}

static void run(struct producer *self)
{
    log_info(log_event("started"), log_text("version", CLERKSTREAM_VERSION),
             log_text("librdkafka", kafka_producer_library()),
             log_text("events_topic", self->config.common.events_topic),
             log_text("host", self->config.listen.host),
             log_number("port", self->config.listen.port));
    while (!stop_wait(INT32_MAX))
        ;
    log_info(log_event("stopping"));
}

/* A thread of librdkafka may hang in a resolver for longer than anybody waits
 * for us.  By then everything is answered: nothing is lost. */
static void *leave_at_last(void *context)
{
    (void)context;
    usleep(LEAVE_MS * 1000);
    log_warn(log_event("left_unfinished"));
    _exit(EXIT_SUCCESS);
}

static void leave_in_time(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, leave_at_last, NULL) == 0)
        pthread_detach(thread);
}

/* In the order in which each may still need the next. */
static void close_all(struct producer *self)
{
    leave_in_time();
    http_server_stop(self->http, PATIENCE_MS);
    kafka_watch_close(self->watch);
    self->watch = NULL;
    http_server_join(self->http);
    kafka_producer_close(self->kafka, FLUSH_MS);
    http_server_close(self->http);
    http_admin_close(self->admin);
    measure_release(&self->measure);
    producer_config_release(&self->config);
    log_info(log_event("stopped"));
}

static int serve(struct producer *self)
{
    const struct settings *common = &self->config.common;
    struct error err;

    log_init(PROGRAM, (enum log_level)common->log_level,
             (enum log_format)common->log_format);
    stop_install();
    measure_init(&self->measure, self->config.keys.count, CLERKSTREAM_VERSION,
                 kafka_producer_library());
    if (open_kafka(self, &err) == 0) {
        ingest_init(&self->ingest, &self->config, self->kafka, &self->measure);
        if (open_listeners(self, &err) == 0) {
            run(self);
            close_all(self);
            return EXIT_SUCCESS;
        }
    }
    fprintf(stderr, "%s: %s\n", PROGRAM, err.text);
    return err.kind == ERROR_INPUT ? EXIT_USAGE : EXIT_AWAY;
}

static void print(struct buffer *text)
{
    fwrite(text->data, 1, text->size, stdout);
    buffer_release(text);
}

static int show_help(void)
{
    struct buffer text;

    buffer_init(&text, HELP_BYTES);
    buffer_add_text(&text,
                    "usage: " PROGRAM " [--help | --print-config | --version | "
                    "--check-ready]\n\n"
                    "Takes Clerk's webhooks, verifies them and hands them to "
                    "Kafka.\n--check-ready asks the one that runs: exit 0 or "
                    "1.\nEverything is set by environment variables:\n\n");
    option_help(producer_options, producer_options_count, &text);
    print(&text);
    return EXIT_SUCCESS;
}

static int show_version(void)
{
    printf("%s %s (librdkafka %s)\n", PROGRAM, CLERKSTREAM_VERSION,
           kafka_producer_library());
    return EXIT_SUCCESS;
}

static int refuse(const struct error *err)
{
    fprintf(stderr, "%s: %s\n", PROGRAM, err->text);
    return EXIT_USAGE;
}

static int show_config(const struct producer *self)
{
    struct buffer text;
    struct error err;

    if (kafka_settings_check(&self->config, &err) != 0)
        return refuse(&err);
    buffer_init(&text, HELP_BYTES);
    option_print(producer_options, producer_options_count, &self->config,
                 &text);
    kafka_config_print(&text);
    print(&text);
    return EXIT_SUCCESS;
}

static const char *from_environment(const char *name)
{
    return getenv(name);
}

int main(int argc, char **argv)
{
    static struct producer self;
    enum option_request request;
    struct error err;

    if (option_arguments(argc, argv, &request, &err) != 0)
        return refuse(&err);
    if (request == OPTION_HELP)
        return show_help();
    if (request == OPTION_VERSION)
        return show_version();
    if (producer_config_init(&self.config, from_environment, &err) != 0)
        return refuse(&err);
    if (request == OPTION_CHECK_READY)
        return http_ready_main(PROGRAM, &self.config.admin_listen);
    return request == OPTION_PRINT ? show_config(&self) : serve(&self);
}
