/* clerkstream status - how it stands, on one screen.
 *
 * Once, or again and again (--watch).  Once, a database or brokers that are
 * away are a failure: one line, which also says how the other parts are.  Who
 * watches sees what can be seen. */
#include "console/commands.h"
#include "console/status_ask.h"
#include "console/terminal.h"
#include "shared/clock.h"
#include "shared/stop.h"

#include <stdio.h>
#include <unistd.h>

#define OUTPUT_BYTES (4 << 20)
#define FAILURE_BYTES 160 /* of the line, which also names the parts */
#define CLEAR_SCREEN "\033[H\033[2J"

struct status_flags {
    int64_t watch_s;
    const char *producers;
    const char *consumers;
    int64_t timeout_s;
    bool is_json;
};

static const struct flag status_flags[] = {
    {.name = "watch",
     .type = FLAG_NUMBER,
     .offset = offsetof(struct status_flags, watch_s),
     .value = "SECONDS",
     .bare = "2",
     .min = 1,
     .max = 86400,
     .about = "Show it again every so many seconds (2), until interrupted."},
    {.name = "producer",
     .type = FLAG_TEXT,
     .offset = offsetof(struct status_flags, producers),
     .value = "HOST:PORT",
     .about = "Admin address of the producer, if not PRODUCER_ADMIN_LISTEN; "
              "several with commas between."},
    {.name = "consumer",
     .type = FLAG_TEXT,
     .offset = offsetof(struct status_flags, consumers),
     .value = "HOST:PORT",
     .about = "The same of the consumer, if not CONSUMER_ADMIN_LISTEN."},
    FLAG_TIMEOUT(struct status_flags, "10"),
    FLAG_JSON(struct status_flags),
};

/* All within the timeout: a quarter for the programs, the rest in halves.
 * Returns what the database or the brokers said first, where one is away. */
static int ask(const struct console_config *config,
               const struct status_flags *flags, struct health *health,
               struct error *err)
{
    int64_t timeout_ms = flags->timeout_s * 1000;
    int64_t programs_ms = clock_steady_ms() + timeout_ms / 4;
    struct error second;

    health->now_ms = clock_wall_ms();
    if (status_ask_program("producer", flags->producers,
                           &config->producer_admin, programs_ms, health,
                           err) != 0 ||
        status_ask_program("consumer", flags->consumers,
                           &config->consumer_admin, programs_ms, health,
                           err) != 0)
        return -1;
    if (status_ask_database(config->database_url, timeout_ms * 3 / 8, health,
                            err) == 0)
        return status_ask_brokers(config, timeout_ms * 3 / 8, health, err);
    status_ask_brokers(config, timeout_ms * 3 / 8, health, &second);
    return -1;
}

static int print(const struct health *health, const struct status_flags *flags,
                 struct error *err)
{
    struct buffer out;
    int result;

    buffer_init(&out, OUTPUT_BYTES);
    if (flags->watch_s > 0 && !flags->is_json && isatty(STDOUT_FILENO))
        buffer_add_text(&out, CLEAR_SCREEN);
    if (flags->is_json)
        health_write_json(health, &out);
    else
        health_show(health, terminal_has_colours(), &out);
    result = terminal_print(&out, err);
    buffer_release(&out);
    return result;
}

/* How the parts are, behind what went wrong. */
static void tell_parts(const struct health *health, struct error *err)
{
    struct error failure = *err;
    struct buffer parts;

    buffer_init(&parts, sizeof(err->text));
    health_add_parts(health, &parts);
    error_set(err, failure.kind, "%.*s; %s", FAILURE_BYTES, failure.text,
              parts.data);
    buffer_release(&parts);
}

static int watch(const struct console_config *config,
                 const struct status_flags *flags, struct error *err)
{
    stop_install();
    do {
        struct health health = {.now_ms = 0};
        int result = ask(config, flags, &health, err);
        if (result == 0 || err->kind != ERROR_INPUT)
            result = print(&health, flags, err);
        health_release(&health);
        if (result != 0)
            return -1;
        fflush(stdout);
    } while (!stop_wait(flags->watch_s * 1000));
    return 0;
}

static int run(const struct console_config *config, const void *given,
               struct error *err)
{
    const struct status_flags *flags = given;
    struct health health = {.now_ms = 0};
    int result;

    if (flags->watch_s > 0)
        return watch(config, flags, err);
    result = ask(config, flags, &health, err);
    if (result == 0)
        result = print(&health, flags, err);
    else if (err->kind != ERROR_INPUT)
        tell_parts(&health, err);
    health_release(&health);
    return result;
}

const struct command command_status = {
    .name = "status",
    .about = "Show on one screen how it stands.",
    .detail =
        "Whether all parts are ready; events per second in (records of the\n"
        "events topic) and out (rows of the ledger) over the last minute;\n"
        "from the producer to the committed row in the last 5 minutes; the\n"
        "ledger by status; users and organizations by sync status; what waits\n"
        "in which partition, and since when. A table of more than 256 MiB is\n"
        "not counted but sampled: such figures are marked with ≈. Retrying,\n"
        "failed and pending are always exact. Where the database or all\n"
        "brokers are away it is exit code 1, but with --watch.",
    .example = "clerkstream status --watch 5",
    .flags = status_flags,
    .flags_count = sizeof(status_flags) / sizeof(status_flags[0]),
    .flags_bytes = sizeof(struct status_flags),
    .run = run,
};
