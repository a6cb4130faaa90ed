/* config - what the consumer is told, by its environment. */
#pragma once

#include "consumer/role_map.h"
#include "shared/settings.h"

struct consumer_config {
    struct settings common;
    char *database_url;
    char *group;
    int64_t workers;
    int64_t batch_max;
    int64_t batch_linger_ms;
    int64_t lock_timeout_ms;
    struct option_list role_pairs;
    struct role_map roles; /* made of role_pairs */
    struct option_listen admin_listen;
};

extern const struct option consumer_options[];
extern const size_t consumer_options_count;

/* Fill the zeroed `cfg`; -1 with ERROR_INPUT and one line for a person. */
int consumer_config_init(struct consumer_config *cfg, option_lookup *lookup,
                         struct error *err);
void consumer_config_release(struct consumer_config *cfg);
