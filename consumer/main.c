/* clerkstream-consumer - reads the log and merges it into PostgreSQL. */
#include "consumer/consume.h"
#include "shared/http_admin.h"
#include "shared/http_ready.h"
#include "shared/kafka_config.h"
#include "shared/memory.h"
#include "shared/stop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define EXIT_USAGE 2
#define PATIENCE_MS 9000 /* from SIGTERM to the end, whatever hangs */
#define TEXT_BYTES (1024 * 1024)

struct program {
    struct consumer_config cfg;
    struct kafka_watch *watch;
    struct outlet *outlet;
    struct meters meters;
    struct http_admin *admin;
    struct worker *workers;
    size_t count;
    const char *topics[3];
};

static const char *from_environment(const char *name)
{
    return getenv(name);
}

static bool is_ready(void *context, char ret_reason[HTTP_ADMIN_REASON_BYTES])
{
    struct program *program = context;

    if (stop_is_asked()) {
        snprintf(ret_reason, HTTP_ADMIN_REASON_BYTES, "shutting down");
        return false;
    }
    if (!kafka_watch_is_ready(program->watch, ret_reason))
        return false;
    for (size_t i = 0; i < program->count; i++)
        if (!worker_is_ready(&program->workers[i], ret_reason))
            return false;
    return true;
}

static void render_metrics(void *context, struct buffer *out)
{
    struct program *program = context;
    struct meters *meters = &program->meters;
    char reason[HTTP_ADMIN_REASON_BYTES];

    metric_set(meters->workers, (int64_t)program->count);
    metric_set(meters->broker_up,
               program->watch != NULL &&
                   kafka_watch_is_ready(program->watch, reason));
    metric_set(meters->ready, is_ready(program, reason));
    metrics_render(&meters->registry, out);
}

static int open_all(struct program *program, struct error *err)
{
    const struct http_admin_hooks hooks = {is_ready, render_metrics, program};
    const struct settings *common = &program->cfg.common;

    program->topics[0] = common->events_topic;
    program->topics[1] = common->retry_topic;
    program->topics[2] = common->dead_letter_topic;
    meters_init(&program->meters, source_library());
    if (postgres_check_url(program->cfg.database_url, err) != 0 ||
        source_check(&program->cfg, err) != 0)
        return -1;
    if (outlet_open(common, &program->outlet, err) != 0)
        return -1;
    program->workers = memory_resize(NULL, (size_t)program->cfg.workers,
                                     sizeof(*program->workers));
    for (size_t i = 0; i < (size_t)program->cfg.workers; i++) {
        const struct worker_setting set = {&program->cfg, NULL, program->outlet,
                                           &program->meters};
        program->count = i + 1;
        if (worker_init(&program->workers[i], &set, (int)i + 1, err) != 0)
            return -1;
    }
    /* Its thread logs at once: not before all settings are known to be right.
     */
    if (kafka_watch_open(common, program->topics, 3, &program->watch, err) != 0)
        return -1;
    for (size_t i = 0; i < program->count; i++)
        program->workers[i].set.watch = program->watch;
    return http_admin_open(&program->cfg.admin_listen, "CONSUMER_ADMIN_LISTEN",
                           &hooks, &program->admin, err);
}

static void close_all(struct program *program)
{
    http_admin_close(program->admin);
    for (size_t i = 0; i < program->count; i++)
        worker_release(&program->workers[i]);
    free(program->workers);
    outlet_close(program->outlet);
    kafka_watch_close(program->watch);
    meters_release(&program->meters);
}

/* A thread that is still busy after PATIENCE_MS is left behind: what it had
 * not committed is read again. */
static void join_all(struct program *program)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_MS / 1000;
    for (size_t i = 0; i < program->count; i++) {
        if (pthread_timedjoin_np(program->workers[i].thread, NULL, &until) ==
            ETIMEDOUT) {
            log_warn(log_event("stopped"),
                     log_text("reason", "left without committing: a worker "
                                        "does not come back"));
            _exit(EXIT_SUCCESS);
        }
    }
}

static int run(struct program *program)
{
    struct error err;

    stop_install();
    srandom((unsigned)time(NULL) ^ (unsigned)getpid());
    if (open_all(program, &err) != 0) {
        fprintf(stderr, "clerkstream-consumer: %s\n", err.text);
        close_all(program);
        return err.kind == ERROR_INPUT ? EXIT_USAGE : EXIT_FAILURE;
    }
    log_info(log_event("started"), log_text("librdkafka", source_library()),
             log_text("group", program->cfg.group),
             log_number("workers", program->cfg.workers));
    for (size_t i = 0; i < program->count; i++)
        if (pthread_create(&program->workers[i].thread, NULL, consume,
                           &program->workers[i]) != 0)
            abort();
    while (!stop_wait(60000))
        continue;
    join_all(program);
    close_all(program);
    log_info(log_event("stopped"));
    return stop_is_failed() ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int print(enum option_request request, const struct consumer_config *cfg)
{
    struct buffer out;

    buffer_init(&out, TEXT_BYTES);
    if (request == OPTION_VERSION) {
        buffer_add_text(&out, "clerkstream-consumer " CLERKSTREAM_VERSION "\n");
    } else if (request == OPTION_PRINT) {
        option_print(consumer_options, consumer_options_count, cfg, &out);
        kafka_config_print(&out);
    } else {
        buffer_add_text(&out,
                        "clerkstream-consumer - merge the log of Clerk's "
                        "events into PostgreSQL\n\n"
                        "  --help, --print-config, --version, --check-ready "
                        "(asks the one that runs: exit 0 or 1);\n"
                        "  everything else is set by the environment:\n\n");
        option_help(consumer_options, consumer_options_count, &out);
    }
    fwrite(out.data, 1, out.size, stdout);
    buffer_release(&out);
    return EXIT_SUCCESS;
}

static int print_config(const struct consumer_config *cfg)
{
    struct error err;

    if (source_check(cfg, &err) == 0)
        return print(OPTION_PRINT, cfg);
    fprintf(stderr, "clerkstream-consumer: %s\n", err.text);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    struct program program = {.count = 0};
    enum option_request request;
    struct error err;
    int status;

    if (option_arguments(argc, argv, &request, &err) != 0)
        goto usage;
    if (request == OPTION_HELP || request == OPTION_VERSION)
        return print(request, NULL);
    if (consumer_config_init(&program.cfg, from_environment, &err) != 0)
        goto usage;
    log_init("clerkstream-consumer",
             (enum log_level)program.cfg.common.log_level,
             (enum log_format)program.cfg.common.log_format);
    if (request == OPTION_CHECK_READY)
        status =
            http_ready_main("clerkstream-consumer", &program.cfg.admin_listen);
    else if (request == OPTION_PRINT)
        status = print_config(&program.cfg);
    else
        status = run(&program);
    consumer_config_release(&program.cfg);
    return status;
usage:
    fprintf(stderr, "clerkstream-consumer: %s\n", err.text);
    return EXIT_USAGE;
}
