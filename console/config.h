/* config - what the environment tells this program. */
#pragma once

#include "shared/option.h"
#include "shared/settings.h"

struct console_config {
    struct settings common;
    char *database_url;
    char *signing_secrets;         /* NULL: none given; only `send` needs one */
    struct option_list role_pairs; /* see consumer/role_map.h */
    char *group;
    struct option_listen producer_admin, consumer_admin;
};

extern const struct option console_options[];
extern const size_t console_options_count;
