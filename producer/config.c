#include "producer/config.h"

#define AT(field) offsetof(struct config, field)

const struct option producer_options[] = {
    SETTINGS_OPTIONS(struct config),
    {.name = "CLERK_WEBHOOK_SIGNING_SECRET",
     .alias = "CLERK_WEBHOOK_SECRET",
     .type = OPTION_TEXT,
     .flags = OPTION_SECRET | OPTION_NEEDED,
     .offset = AT(secrets),
     .about = "Clerk's signing secret, whsec_…; several, with blanks or "
              "commas between, while one is rotated."},
    {.name = "CLERK_INSTANCE_ID",
     .type = OPTION_TEXT,
     .offset = AT(instance_id),
     .about = "Events of another instance are ignored; none: all are taken."},
    {.name = "PRODUCER_LISTEN",
     .type = OPTION_LISTEN,
     .offset = AT(listen),
     .fallback = "0.0.0.0:8788",
     .about = "Where webhooks come in."},
    {.name = "PRODUCER_ADMIN_LISTEN",
     .type = OPTION_LISTEN,
     .offset = AT(admin_listen),
     .fallback = "127.0.0.1:9788",
     .about = "Where /healthz, /readyz and /metrics are."},
    {.name = "PRODUCER_PATHS",
     .type = OPTION_LIST,
     .offset = AT(paths),
     .fallback = "/webhooks/clerk,/api/webhooks/clerk,/webhook",
     .about = "Paths that take events."},
    {.name = "PRODUCER_THREADS",
     .type = OPTION_NUMBER,
     .offset = AT(threads),
     .fallback = "2",
     .min = 1,
     .max = 64,
     .about = "Threads that serve HTTP."},
    {.name = "PRODUCER_MAX_CONNECTIONS",
     .type = OPTION_NUMBER,
     .offset = AT(connections_max),
     .fallback = "1024",
     .min = 1,
     .max = 65536,
     .about = "At this many the longest idle connection gives way."},
    {.name = "PRODUCER_MAX_BODY_BYTES",
     .type = OPTION_NUMBER,
     .offset = AT(body_bytes_max),
     .fallback = "524288",
     .min = 1,
     .max = 900000,
     .about = "Larger events are refused with 413."},
    {.name = "PRODUCER_TOLERANCE_SECONDS",
     .type = OPTION_NUMBER,
     .offset = AT(tolerance_s),
     .fallback = "300",
     .min = 0,
     .max = 9999999999,
     .about = "How far a signature's timestamp may be from our clock."},
    {.name = "PRODUCER_REQUEST_TIMEOUT_MS",
     .type = OPTION_NUMBER,
     .offset = AT(request_timeout_ms),
     .fallback = "10000",
     .min = 100,
     .max = 600000,
     .about = "Head and body must be here within this time, else 408."},
    {.name = "PRODUCER_ACK_TIMEOUT_MS",
     .type = OPTION_NUMBER,
     .offset = AT(ack_timeout_ms),
     .fallback = "9000",
     .min = 10,
     .max = 60000,
     .about = "The broker must have the event within this time, else 503. "
              "Svix hangs up after 15 s."},
    {.name = "PRODUCER_RATE_LIMIT",
     .type = OPTION_NUMBER,
     .offset = AT(rate_limit),
     .fallback = "0",
     .min = 0,
     .max = 1000000,
     .about = "Verified events per second, above which 429; 0: no limit."},
    {.name = "PRODUCER_IGNORE_TYPES",
     .type = OPTION_LIST,
     .offset = AT(ignored_types),
     .fallback = "email.created,sms.created",
     .about = "Types that are answered and dropped: the default two carry "
              "live one-time codes. A single comma: none."},
};

const size_t producer_options_count =
    sizeof(producer_options) / sizeof(producer_options[0]);

static bool is_path(const char *text)
{
    if (text[0] != '/' || strcmp(text, "/healthz") == 0)
        return false;
    for (; *text != '\0'; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f || *text == '?' ||
            *text == '#')
            return false;
    return true;
}

static int check_paths(const struct option_list *paths, struct error *err)
{
    const char *given = paths->count > 0 ? NULL : "";

    for (size_t i = 0; i < paths->count && given == NULL; i++)
        if (!is_path(paths->items[i]))
            given = paths->items[i];
    if (given == NULL)
        return 0;
    return error_set(err, ERROR_INPUT,
                     "PRODUCER_PATHS: given \"%s\", allowed are paths such as "
                     "/webhooks/clerk, without query, and not /healthz",
                     given);
}

static int load_keys(struct config *config, struct error *err)
{
    struct error why;

    if (signature_keys_init(&config->keys, config->secrets, &why) == 0)
        return 0;
    return error_set(err, ERROR_INPUT,
                     "CLERK_WEBHOOK_SIGNING_SECRET: given \"***\" (%s), "
                     "allowed is whsec_ and the base64 of %d to %d bytes, or "
                     "several of them, at most %d",
                     why.text, SIGNATURE_KEY_BYTES_MIN, SIGNATURE_KEY_BYTES_MAX,
                     SIGNATURE_KEYS_MAX);
}

int producer_config_init(struct config *config, option_lookup *lookup,
                         struct error *err)
{
    if (option_load(producer_options, producer_options_count, lookup, config,
                    err) != 0)
        return -1;
    if (settings_check(&config->common, err) != 0 ||
        check_paths(&config->paths, err) != 0)
        return -1;
    return load_keys(config, err);
}

void producer_config_release(struct config *config)
{
    option_release(producer_options, producer_options_count, config);
    signature_keys_release(&config->keys);
}
