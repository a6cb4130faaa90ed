#include "console/config.h"

#include "consumer/role_map.h"

const struct option console_options[] = {
    SETTINGS_OPTIONS(struct console_config),
    {.name = "DATABASE_URL",
     .type = OPTION_TEXT,
     .flags = OPTION_SECRET,
     .offset = offsetof(struct console_config, database_url),
     .fallback = "postgresql:///clerkstream",
     .about = "The PostgreSQL database, as a URL or as libpq's key=value."},
    {.name = "CLERK_WEBHOOK_SIGNING_SECRET",
     .alias = "CLERK_WEBHOOK_SECRET",
     .type = OPTION_TEXT,
     .flags = OPTION_SECRET,
     .offset = offsetof(struct console_config, signing_secrets),
     .about = "What send signs with: the first, where there are several."},
    {.name = "CONSUMER_ROLE_MAP",
     .type = OPTION_LIST,
     .offset = offsetof(struct console_config, role_pairs),
     .fallback = ROLE_MAP_DEFAULT,
     .about = "As the consumers have it: replay beside them maps as they do."},
};
const size_t console_options_count =
    sizeof(console_options) / sizeof(console_options[0]);
