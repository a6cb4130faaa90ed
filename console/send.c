/* clerkstream send - sign test events and post them, as Svix would. */
#include "console/commands.h"
#include "console/sender.h"
#include "shared/json.h"
#include "shared/stop.h"

#include <stdio.h>

#define OUTPUT_BYTES (1 << 20)
#define ID_CHARACTERS_MAX 300

struct send_flags {
    int type; /* -1: not given */
    const char *id;
    const char *file;
    int64_t count; /* 0: not given */
    int64_t rate;  /* 0: as fast as it goes */
    int64_t seed;
    bool is_shuffled;
    int64_t duplicates;
    const char *url;
    int64_t concurrency;
    int64_t retries;
    int64_t timeout_s;
    bool is_dry_run;
    bool is_signature_invalid;
    bool is_json;
};

#define FLAG_AT(field) offsetof(struct send_flags, field)

static const struct flag send_flags[] = {
    {.name = "type",
     .type = FLAG_CHOICE,
     .offset = FLAG_AT(type),
     .value = "TYPE",
     .choices = event_type_names,
     .about = "One event of this type, such as user.created."},
    {.name = "file",
     .type = FLAG_TEXT,
     .offset = FLAG_AT(file),
     .value = "PATH",
     .about = "One event: the bytes of a file as they are; - is standard "
              "input."},
    {.name = "count",
     .type = FLAG_NUMBER,
     .offset = FLAG_AT(count),
     .value = "N",
     .min = 1,
     .max = 10000000,
     .about = "A load of N events of all types about people who come and go."},
    {.name = "id",
     .type = FLAG_TEXT,
     .offset = FLAG_AT(id),
     .value = "ID",
     .about = "The svix-id of one event; else it follows from the seed or "
              "from the file's bytes."},
    {.name = "seed",
     .type = FLAG_NUMBER,
     .offset = FLAG_AT(seed),
     .value = "S",
     .fallback = "1",
     .min = 0,
     .max = INT64_MAX,
     .about = "The same seed makes the same events with the same ids."},
    {.name = "shuffle",
     .type = FLAG_SWITCH,
     .offset = FLAG_AT(is_shuffled),
     .about = "The load's events in another order (keeps them in memory)."},
    {.name = "duplicates",
     .type = FLAG_NUMBER,
     .offset = FLAG_AT(duplicates),
     .value = "PERCENT",
     .fallback = "0",
     .min = 0,
     .max = 100,
     .about = "How many of the load's events are sent twice."},
    {.name = "rate",
     .type = FLAG_NUMBER,
     .offset = FLAG_AT(rate),
     .value = "R",
     .fallback = "0",
     .min = 0,
     .max = 1000000,
     .about = "Events per second; 0: as fast as they are answered."},
    {.name = "concurrency",
     .type = FLAG_NUMBER,
     .offset = FLAG_AT(concurrency),
     .value = "N",
     .fallback = "16",
     .min = 1,
     .max = 1024,
     .about = "Connections; with 1 events arrive in order."},
    {.name = "url",
     .type = FLAG_TEXT,
     .offset = FLAG_AT(url),
     .value = "URL",
     .fallback = "http://127.0.0.1:8788/webhooks/clerk",
     .about = "Where the producer takes events."},
    {.name = "retry",
     .type = FLAG_NUMBER,
     .offset = FLAG_AT(retries),
     .value = "N",
     .fallback = "6",
     .min = 0,
     .max = 1000,
     .about = "How often an event is tried again after no answer, 408, 429 "
              "or 5xx."},
    {.name = "timeout",
     .type = FLAG_NUMBER,
     .offset = FLAG_AT(timeout_s),
     .value = "SECONDS",
     .fallback = "15",
     .min = 1,
     .max = 3600,
     .about = "How long to wait for an answer."},
    {.name = "dry-run",
     .type = FLAG_SWITCH,
     .offset = FLAG_AT(is_dry_run),
     .about = "Send nothing; print {\"id\":…,\"event\":…} a line."},
    {.name = "invalid-signature",
     .type = FLAG_SWITCH,
     .offset = FLAG_AT(is_signature_invalid),
     .about = "Sign with nobody's key, to see it refused."},
    {.name = "json",
     .type = FLAG_SWITCH,
     .offset = FLAG_AT(is_json),
     .about = "Print the summary as a JSON object."},
};

static int check_flags(const struct send_flags *flags, struct error *err)
{
    int sources =
        (flags->type >= 0) + (flags->file != NULL) + (flags->count > 0);

    if (sources != 1)
        return error_set(err, ERROR_INPUT,
                         "given %s to send, allowed is one of --type TYPE, "
                         "--file PATH and --count N",
                         sources == 0 ? "nothing" : "more than one thing");
    if (flags->id == NULL)
        return 0;
    if (flags->count > 0)
        return error_set(err, ERROR_INPUT,
                         "--id: given with --count, allowed is it with --type "
                         "or --file");
    for (const char *c = flags->id; *c != '\0'; c++)
        if (*c < ' ' || *c > '~' || c - flags->id >= ID_CHARACTERS_MAX)
            return error_set(err, ERROR_INPUT,
                             "--id: given \"%.60s\", allowed are at most %d "
                             "printable ASCII characters",
                             flags->id, ID_CHARACTERS_MAX);
    return 0;
}

static int source_open(const struct send_flags *flags,
                       struct event_source *source, struct error *err)
{
    struct load load = {.seed = (uint64_t)flags->seed,
                        .count = (uint32_t)flags->count,
                        .duplicates_percent = (uint32_t)flags->duplicates,
                        .is_shuffled = flags->is_shuffled};

    if (flags->file != NULL)
        return event_source_init_file(source, flags->file, flags->id, err);
    if (flags->count > 0)
        event_source_init_load(source, &load);
    else
        event_source_init_type(source, load.seed, (enum event_type)flags->type,
                               flags->id);
    return 0;
}

/* A line break in JSON stands outside of strings: a blank means the same. */
static void print_event(const char *id, struct slice body)
{
    struct buffer text;

    buffer_init(&text, EVENT_SOURCE_ID_BYTES * 6);
    buffer_add_json(&text, slice_of(id));
    printf("{\"id\":\"%s\",\"event\":", text.data);
    for (size_t i = 0; i < body.size; i++)
        putchar(body.data[i] == '\n' || body.data[i] == '\r' ? ' '
                                                             : body.data[i]);
    puts("}");
    buffer_release(&text);
}

static int dry_run(struct event_source *source, struct error *err)
{
    struct json_document doc = {.count = 0};
    struct slice body;
    const char *id;
    int result = 0;

    while (result == 0 && event_source_next(source, &id, &body)) {
        result = json_parse(&doc, body, err);
        if (result == 0)
            print_event(id, body);
    }
    json_release(&doc);
    return result == 0 ? 0 : error_wrap(err, "--dry-run prints JSON");
}

static int signer_new(const struct console_config *config,
                      struct signature_verifier **ret_verifier,
                      struct error *err)
{
    struct signature_keys keys;

    if (config->signing_secrets == NULL)
        return error_set(err, ERROR_INPUT,
                         "CLERK_WEBHOOK_SIGNING_SECRET: given nothing, allowed "
                         "is the producer's secret (whsec_…)");
    if (signature_keys_init(&keys, config->signing_secrets, err) != 0) {
        signature_keys_release(&keys);
        return error_wrap(err, "CLERK_WEBHOOK_SIGNING_SECRET: given \"***\", "
                               "allowed is whsec_ and base64");
    }
    *ret_verifier = signature_verifier_new(&keys);
    signature_keys_release(&keys);
    return 0;
}

static void print_result(const struct send_flags *flags,
                         const struct sender_result *result)
{
    struct buffer text;

    buffer_init(&text, OUTPUT_BYTES);
    if (flags->is_json)
        tally_print_json(&result->tally, result->elapsed_us, &text);
    else if (flags->count == 0)
        buffer_add_slice(&text, buffer_slice(&result->last_answer));
    else
        tally_print(&result->tally, result->elapsed_us, &text);
    /* An answer may end its own line. */
    if (text.size > 0)
        printf("%s%s", text.data, text.data[text.size - 1] == '\n' ? "" : "\n");
    buffer_release(&text);
}

static int judge(const struct send_flags *flags,
                 const struct sender_result *result, struct error *err)
{
    uint64_t failed = tally_failed(&result->tally);

    if (failed > 0) {
        *err = result->last_failure;
        if (flags->count > 0)
            error_wrap(err, "%llu of %llu events were not accepted, the last",
                       (unsigned long long)failed,
                       (unsigned long long)tally_count(&result->tally));
        return -1;
    }
    if (stop_is_asked())
        return error_set(err, ERROR_AGAIN, "stopped after %llu events",
                         (unsigned long long)tally_count(&result->tally));
    return 0;
}

static int send_source(const struct console_config *config,
                       const struct send_flags *flags,
                       struct event_source *source, struct error *err)
{
    struct sender_plan plan = {.url = flags->url,
                               .connections = (size_t)flags->concurrency,
                               .rate = flags->rate,
                               .retries = (unsigned)flags->retries,
                               .timeout_ms = flags->timeout_s * 1000};
    struct sender_result sent;
    int result;

    if (!flags->is_signature_invalid &&
        signer_new(config, &plan.verifier, err) != 0)
        return -1;
    stop_install();
    result = sender_run(&plan, source, &sent, err);
    if (result == 0) {
        print_result(flags, &sent);
        result = judge(flags, &sent, err);
        sender_result_release(&sent);
    }
    signature_verifier_free(plan.verifier);
    return result;
}

static int run(const struct console_config *config, const void *given,
               struct error *err)
{
    const struct send_flags *flags = given;
    struct event_source source = {.generator = NULL};
    int result = -1;

    if (check_flags(flags, err) == 0 && source_open(flags, &source, err) == 0)
        result = flags->is_dry_run ? dry_run(&source, err)
                                   : send_source(config, flags, &source, err);
    event_source_release(&source);
    return result;
}

const struct command command_send = {
    .name = "send",
    .about = "Sign test events and post them to the producer.",
    .detail =
        "Signs with the first secret of CLERK_WEBHOOK_SIGNING_SECRET. One\n"
        "event: prints the answer. A load: prints how many were answered "
        "what,\n"
        "how fast, and the median and 99th percentile of the latency. Exit 1\n"
        "where anything was not answered 2xx. What is sent follows from the\n"
        "arguments alone, so sending it again is a duplicate; the nine types\n"
        "of one seed are about the same user and organization.",
    .example = "clerkstream send --type user.created\n"
               "clerkstream send --count 10000 --seed 1 --shuffle",
    .flags = send_flags,
    .flags_count = sizeof(send_flags) / sizeof(send_flags[0]),
    .flags_bytes = sizeof(struct send_flags),
    .run = run,
};
