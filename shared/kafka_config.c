#include "shared/kafka_config.h"

#include "shared/memory.h"

#include <ctype.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PREFIX "KAFKA_"
#define NAME_BYTES 128
#define VALUE_BYTES 512

extern char **environ;

static const char *const secret_properties[] = {
    "sasl.password",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.password",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.config",
};

/* Looked at before librdkafka is asked: its errors do not name the file.  The
 * value "probe" is its word for searching for the file itself. */
static const char *const file_properties[] = {
    "ssl.ca.location",       "ssl.certificate.location", "ssl.key.location",
    "ssl.keystore.location", "ssl.crl.location",
};

/* What these would say is said by variables of ours, or must not be set. */
static const struct {
    const char *property;
    const char *allowed;
} unset_properties[] = {
    {"group.id", "nothing: CONSUMER_GROUP names the group"},
    {"metadata.broker.list", "nothing: KAFKA_BOOTSTRAP_SERVERS has them"},
    {"transactional.id", "nothing: no record waits for others to be there"},
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static bool is_one_of(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool is_secret(const char *property)
{
    return is_one_of(secret_properties, LENGTH(secret_properties), property);
}

/* One KAFKA_… entry of the environment. */
struct variable {
    char name[NAME_BYTES];     /* KAFKA_SASL_PASSWORD_FILE */
    char property[NAME_BYTES]; /* sasl.password */
    const char *value;         /* of the variable */
    bool is_file;              /* the value names a file that has it */
};

/* False where `entry` is none of ours. */
static bool variable_of(const char *entry, struct variable *ret_variable)
{
    const char *equals = strchr(entry, '=');
    size_t prefix = strlen(PREFIX), size;
    struct variable var = {.is_file = false};

    if (equals == NULL || strncmp(entry, PREFIX, prefix) != 0)
        return false;
    size = (size_t)(equals - entry);
    if (size >= NAME_BYTES || size == prefix || equals[1] == '\0')
        return false;
    memcpy(var.name, entry, size);
    for (size_t i = prefix; i < size; i++)
        var.property[i - prefix] =
            entry[i] == '_' ? '.' : (char)tolower((unsigned char)entry[i]);
    var.value = equals + 1;
    size = strlen(var.property);
    if (size > 5 && strcmp(var.property + size - 5, ".file") == 0) {
        var.property[size - 5] = '\0';
        var.is_file = is_secret(var.property);
        if (!var.is_file)
            var.property[size - 5] = '.';
    }
    *ret_variable = var;
    return strcmp(var.property, "bootstrap.servers") != 0;
}

static int read_file(const struct variable *var, char *out, size_t size,
                     struct error *err)
{
    FILE *file = fopen(var->value, "re");
    size_t used;

    if (file == NULL)
        return error_set(err, ERROR_INPUT,
                         "%s: cannot read %s: %s; allowed is a readable file",
                         var->name, var->value, strerror(errno));
    used = fread(out, 1, size - 1, file);
    fclose(file);
    while (used > 0 && (out[used - 1] == '\n' || out[used - 1] == '\r'))
        used--;
    out[used] = '\0';
    return 0;
}

static void log_ignored(const struct variable *var)
{
    log_warn(log_event("variable_ignored"), log_text("name", var->name),
             log_text("reason", "librdkafka has no such property"));
}

/* Of the rules that hold for all handles of all programs. */
static int check_variable(const struct variable *var, struct error *err)
{
    for (size_t i = 0; i < LENGTH(unset_properties); i++)
        if (strcmp(unset_properties[i].property, var->property) == 0)
            return error_set(err, ERROR_INPUT,
                             "%s: given \"%s\", allowed is %s", var->name,
                             var->value, unset_properties[i].allowed);
    if (is_one_of(file_properties, LENGTH(file_properties), var->property) &&
        strcmp(var->value, "probe") != 0 && access(var->value, R_OK) != 0)
        return error_set(err, ERROR_INPUT,
                         "%s: cannot read %s: %s; allowed is a readable file",
                         var->name, var->value, strerror(errno));
    return 0;
}

static bool is_same(const rd_kafka_conf_t *one, const rd_kafka_conf_t *other,
                    const char *property)
{
    char values[2][VALUE_BYTES] = {"", ""};
    size_t sizes[2] = {VALUE_BYTES, VALUE_BYTES};

    rd_kafka_conf_get(one, property, values[0], &sizes[0]);
    rd_kafka_conf_get(other, property, values[1], &sizes[1]);
    return strcmp(values[0], values[1]) == 0;
}

/* Whether `var` has changed a fixed setting: values are compared, since a
 * property may have several names. */
static int check_fixed(const rd_kafka_conf_t *conf, const rd_kafka_conf_t *ours,
                       const struct variable *var,
                       const struct kafka_settings *settings, struct error *err)
{
    for (size_t i = 0; i < settings->count; i++) {
        const struct kafka_setting *setting = &settings->list[i];
        if (setting->rule == KAFKA_FIXED && !is_same(conf, ours, setting->name))
            return error_set(err, ERROR_INPUT,
                             "%s: given \"%s\", allowed is %s: what "
                             "clerkstream promises rests on it",
                             var->name, var->value, setting->value);
    }
    return 0;
}

static int apply(rd_kafka_conf_t *conf, const struct variable *var,
                 bool is_first, struct error *err)
{
    char reason[256], text[16384];
    const char *value = var->value;
    bool is_shown = !is_secret(var->property);
    rd_kafka_conf_res_t result;

    if (check_variable(var, err) != 0)
        return -1;
    if (var->is_file) {
        if (read_file(var, text, sizeof(text), err) != 0)
            return -1;
        value = text;
    }
    result =
        rd_kafka_conf_set(conf, var->property, value, reason, sizeof(reason));
    if (var->is_file)
        explicit_bzero(text, sizeof(text));
    if (result == RD_KAFKA_CONF_UNKNOWN && is_first)
        log_ignored(var);
    if (result == RD_KAFKA_CONF_INVALID) {
        reason[strcspn(reason, "\n")] = '\0'; /* some have one */
        return error_set(err, ERROR_INPUT,
                         "%s: given \"%s\", allowed is what librdkafka takes "
                         "for %s%s%s",
                         var->name, is_shown ? var->value : "***",
                         var->property, is_shown ? ": " : "",
                         is_shown ? reason : "");
    }
    return 0;
}

/* NAME wins over NAME_FILE: files first. */
static int apply_environment(rd_kafka_conf_t *conf,
                             const struct kafka_settings *settings,
                             struct error *err)
{
    static atomic_bool was_logged;
    bool is_first = !atomic_exchange(&was_logged, true);
    rd_kafka_conf_t *ours = rd_kafka_conf_dup(conf);
    struct variable var;
    int result = 0;

    for (int pass = 0; pass < 2; pass++) {
        for (char **entry = environ; *entry != NULL && result == 0; entry++) {
            if (!variable_of(*entry, &var) || var.is_file != (pass == 0))
                continue;
            result = apply(conf, &var, is_first, err);
            if (result == 0)
                result = check_fixed(conf, ours, &var, settings, err);
        }
    }
    rd_kafka_conf_destroy(ours);
    return result;
}

static void on_log(const rd_kafka_t *handle, int level, const char *facility,
                   const char *text)
{
    /* The broker being away is said by those who notice it, once. */
    enum log_level ours = level <= 3   ? LOG_WARN
                          : level <= 5 ? LOG_INFO
                                       : LOG_DEBUG;
    (void)handle;
    if (strcmp(facility, "FAIL") == 0)
        ours = LOG_DEBUG;
    LOG_AT(ours, log_event("kafka"), log_text("facility", facility),
           log_text("text", text));
}

static int set_ours(rd_kafka_conf_t *conf, const char *name, const char *value,
                    struct error *err)
{
    char reason[200];

    if (rd_kafka_conf_set(conf, name, value, reason, sizeof(reason)) !=
        RD_KAFKA_CONF_OK)
        return error_set(err, ERROR_INPUT, "Kafka setting %s: %s", name,
                         reason);
    return 0;
}

/* All of them, or only those of which the environment has no say. */
static int set_list(rd_kafka_conf_t *conf,
                    const struct kafka_settings *settings, bool is_all,
                    struct error *err)
{
    for (size_t i = 0; i < settings->count; i++) {
        const struct kafka_setting *setting = &settings->list[i];
        if ((is_all || setting->rule == KAFKA_OURS) &&
            set_ours(conf, setting->name, setting->value, err) != 0)
            return -1;
    }
    return 0;
}

int kafka_config_new(const struct settings *common,
                     const struct kafka_settings *settings,
                     rd_kafka_conf_t **ret_conf, struct error *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    rd_kafka_conf_set_log_cb(conf, on_log);
    if (set_ours(conf, "bootstrap.servers", common->brokers, err) != 0 ||
        set_ours(conf, "client.id", "clerkstream", err) != 0 ||
        set_list(conf, settings, true, err) != 0 ||
        apply_environment(conf, settings, err) != 0 ||
        set_list(conf, settings, false, err) != 0) {
        rd_kafka_conf_destroy(conf);
        return -1;
    }
    *ret_conf = conf;
    return 0;
}

int kafka_config_check(const struct settings *common,
                       const struct kafka_settings *settings, struct error *err)
{
    rd_kafka_conf_t *conf;

    if (kafka_config_new(common, settings, &conf, err) != 0)
        return -1;
    rd_kafka_conf_destroy(conf);
    return 0;
}

int kafka_handle_new(rd_kafka_type_t type, rd_kafka_conf_t *conf,
                     rd_kafka_t **ret_handle, struct error *err)
{
    char reason[200];
    rd_kafka_t *handle = rd_kafka_new(type, conf, reason, sizeof(reason));

    if (handle == NULL) {
        rd_kafka_conf_destroy(conf);
        return error_set(err, ERROR_INPUT, "Kafka settings: %s", reason);
    }
    *ret_handle = handle;
    return 0;
}

void kafka_config_print(struct buffer *out)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    struct variable var;
    char value[VALUE_BYTES];

    for (char **entry = environ; *entry != NULL; entry++) {
        size_t size = sizeof(value);
        if (!variable_of(*entry, &var))
            continue;
        if (!var.is_file &&
            rd_kafka_conf_set(conf, var.property, var.value, value, size) ==
                RD_KAFKA_CONF_UNKNOWN)
            continue;
        buffer_add_format(out, "%s=%s\n", var.name,
                          is_secret(var.property) && !var.is_file ? "***"
                                                                  : var.value);
    }
    rd_kafka_conf_destroy(conf);
}
