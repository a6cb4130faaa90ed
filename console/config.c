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
     .about = "What send signs with: the first, where there are several; "
              "explain --payload verifies with all."},
    {.name = "CONSUMER_GROUP",
     .type = OPTION_TEXT,
     .offset = offsetof(struct console_config, group),
     .fallback = "clerkstream",
     .about = "The consumer group whose progress is shown or reset."},
    {.name = "PRODUCER_ADMIN_LISTEN",
     .type = OPTION_LISTEN,
     .offset = offsetof(struct console_config, producer_admin),
     .fallback = "127.0.0.1:9788",
     .about = "Where status asks the producer whether it is ready."},
    {.name = "CONSUMER_ADMIN_LISTEN",
     .type = OPTION_LISTEN,
     .offset = offsetof(struct console_config, consumer_admin),
     .fallback = "127.0.0.1:9789",
     .about = "Where status asks the consumer whether it is ready."},
    {.name = "CONSUMER_ROLE_MAP",
     .type = OPTION_LIST,
     .offset = offsetof(struct console_config, role_pairs),
     .fallback = ROLE_MAP_DEFAULT,
     .about = "As the consumers have it: replay beside them maps as they do."},
};
const size_t console_options_count =
    sizeof(console_options) / sizeof(console_options[0]);
