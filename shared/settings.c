#include "shared/settings.h"

#define TOPIC_NAME_MAX 249 /* Kafka's */
#define TOPICS 3

struct topic {
    const char *variable;
    const char *name;
};

static int check_name(const struct topic *topic, struct error *err)
{
    size_t size = strspn(topic->name, "abcdefghijklmnopqrstuvwxyz"
                                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789._-");

    if (topic->name[size] == '\0' && size <= TOPIC_NAME_MAX &&
        strcmp(topic->name, ".") != 0 && strcmp(topic->name, "..") != 0)
        return 0;
    return error_set(err, ERROR_INPUT,
                     "%s: given \"%.60s\", allowed is a name of up to %d of "
                     "A-Z a-z 0-9 . _ -",
                     topic->variable, topic->name, TOPIC_NAME_MAX);
}

int settings_check(const struct settings *settings, struct error *err)
{
    const struct topic topics[TOPICS] = {
        {"EVENTS_TOPIC", settings->events_topic},
        {"RETRY_TOPIC", settings->retry_topic},
        {"DEAD_LETTER_TOPIC", settings->dead_letter_topic},
    };

    for (size_t i = 0; i < TOPICS; i++) {
        if (check_name(&topics[i], err) != 0)
            return -1;
        for (size_t j = 0; j < i; j++)
            if (strcmp(topics[i].name, topics[j].name) == 0)
                return error_set(err, ERROR_INPUT,
                                 "%s: given \"%s\", allowed is another name "
                                 "than %s has",
                                 topics[i].variable, topics[i].name,
                                 topics[j].variable);
    }
    return 0;
}
