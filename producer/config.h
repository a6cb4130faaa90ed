/* config - what the producer is told by its environment, as one struct. */
#pragma once

#include "shared/settings.h"
#include "shared/signature.h"

struct config {
    struct settings common;
    struct option_listen listen;
    struct option_listen admin_listen;
    char *secrets;
    char *instance_id; /* NULL: any */
    struct option_list paths;
    struct option_list ignored_types;
    int64_t threads;
    int64_t connections_max;
    int64_t body_bytes_max;
    int64_t tolerance_s;
    int64_t request_timeout_ms;
    int64_t ack_timeout_ms;
    int64_t rate_limit;         /* verified events per second; 0: none */
    struct signature_keys keys; /* made of `secrets` */
};

extern const struct option producer_options[];
extern const size_t producer_options_count;

/* Fill the zeroed `config`; -1 with ERROR_INPUT and one line for a person. */
int producer_config_init(struct config *config, option_lookup *lookup,
                         struct error *err);
void producer_config_release(struct config *config);
