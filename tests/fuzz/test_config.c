/* What an operator writes: lines "NAME=value" as the environment of both
 * programs, and every value as a time, a duration and a filter's.
 *
 * It is taken or refused in one line that tells no secret; what was taken and
 * printed is taken again and prints the same. */
#include "console/moment.h"
#include "consumer/config.h"
#include "producer/config.h"
#include "tests/fuzz/fuzz.h"

#define VARIABLES_MAX 64
#define PRINTED_BYTES_MAX (1 << 20)

static struct variable {
    const char *name, *value;
} variables[VARIABLES_MAX];
static size_t variables_count;

/* The last one of a name; no files are read. */
static const char *look_up(const char *name)
{
    size_t size = strlen(name);

    if (size > 5 && strcmp(name + size - 5, "_FILE") == 0)
        return NULL;
    for (size_t i = variables_count; i-- > 0;)
        if (strcmp(variables[i].name, name) == 0)
            return variables[i].value;
    return NULL;
}

/* "NAME=value" lines, cut in their place. */
static void read_variables(char *lines)
{
    char *rest = lines, *line;

    variables_count = 0;
    while ((line = strsep(&rest, "\n")) != NULL &&
           variables_count < VARIABLES_MAX) {
        char *equals = strchr(line, '=');
        if (equals == NULL)
            continue;
        *equals = '\0';
        variables[variables_count++] = (struct variable){line, equals + 1};
    }
}

static bool is_secret(const char *name)
{
    return strstr(name, "SECRET") != NULL || strcmp(name, "DATABASE_URL") == 0;
}

/* Where only secrets hold this word, nothing that is told may. */
static const char hush[] = "hushhush";

static void check_told(const char *text)
{
    for (size_t i = 0; i < variables_count; i++)
        if (!is_secret(variables[i].name) &&
            (strstr(variables[i].value, hush) != NULL ||
             strstr(variables[i].name, hush) != NULL))
            return;
    FUZZ_CHECK(strstr(text, hush) == NULL, "a secret is told: %s", text);
}

static void check_refusal(const struct error *err)
{
    FUZZ_CHECK(err->kind == ERROR_INPUT, "%d", err->kind);
    FUZZ_CHECK(err->text[0] != '\0' && strchr(err->text, '\n') == NULL, "%s",
               err->text);
    check_told(err->text);
}

/* As text, in a block of its own. */
static char *printed(const struct option *table, size_t count,
                     const void *config)
{
    struct buffer out;
    struct slice text;
    char *copy;

    buffer_init(&out, PRINTED_BYTES_MAX);
    option_print(table, count, config, &out);
    text = buffer_slice(&out);
    copy = memory_copy(text.data, text.size);
    buffer_release(&out);
    check_told(copy);
    return copy;
}

static char *load_producer(void)
{
    struct config config = {.secrets = NULL};
    struct error err;
    char *text = NULL;

    if (producer_config_init(&config, look_up, &err) != 0)
        check_refusal(&err);
    else
        text = printed(producer_options, producer_options_count, &config);
    producer_config_release(&config);
    return text;
}

static char *load_consumer(void)
{
    struct consumer_config config = {.database_url = NULL};
    struct error err;
    char *text = NULL;

    if (consumer_config_init(&config, look_up, &err) != 0)
        check_refusal(&err);
    else
        text = printed(consumer_options, consumer_options_count, &config);
    consumer_config_release(&config);
    return text;
}

/* Secrets are printed as ***, which is none. */
static void check_again(char *(*load)(void), char *text, const char *secret)
{
    char *lines, *again;
    struct variable kept = {"CLERK_WEBHOOK_SIGNING_SECRET", secret};

    if (text == NULL)
        return;
    lines = memory_copy_text(text);
    read_variables(lines);
    if (variables_count < VARIABLES_MAX && secret != NULL)
        variables[variables_count++] = kept;
    again = load();
    FUZZ_CHECK(again != NULL && strcmp(again, text) == 0, "%s\nagain:\n%s",
               text, again != NULL ? again : "refused");
    free(again);
    free(lines);
    free(text);
}

static void check_moments(void)
{
    for (size_t i = 0; i < variables_count; i++) {
        int64_t ms = 0;
        char age[MOMENT_AGE_BYTES];
        if (moment_parse_duration(variables[i].value, &ms))
            FUZZ_CHECK(ms >= 0 && ms <= MOMENT_DURATION_MAX_MS, "%s: %lld",
                       variables[i].value, (long long)ms);
        moment_format_age(ms, age);
        moment_parse_time(variables[i].value, &ms);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char secret[] = "whsec_MDEyMzQ1Njc4OWFiY2RlZg==";
    char *lines = memory_copy(data, size);
    char *producer, *consumer;

    read_variables(lines);
    check_moments();
    producer = load_producer();
    consumer = load_consumer();
    check_again(load_producer, producer, secret);
    check_again(load_consumer, consumer, NULL);
    free(lines);
    return 0;
}
