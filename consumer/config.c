#include "consumer/config.h"

#define AT(field) offsetof(struct consumer_config, field)

const struct option consumer_options[] = {
    SETTINGS_OPTIONS(struct consumer_config),
    {.name = "DATABASE_URL",
     .type = OPTION_TEXT,
     .flags = OPTION_SECRET,
     .offset = AT(database_url),
     .fallback = "postgresql:///clerkstream",
     .about = "The database that is written to, as libpq takes it."},
    {.name = "CONSUMER_GROUP",
     .type = OPTION_TEXT,
     .offset = AT(group),
     .fallback = "clerkstream",
     .about = "The consumer group; its offsets say how far it has come."},
    {.name = "CONSUMER_WORKERS",
     .type = OPTION_NUMBER,
     .offset = AT(workers),
     .fallback = "2",
     .min = 1,
     .max = 64,
     .about = "Threads; each a member of the group with a database session."},
    {.name = "CONSUMER_BATCH_MAX",
     .type = OPTION_NUMBER,
     .offset = AT(batch_max),
     .fallback = "400",
     .min = 1,
     .max = 10000,
     .about = "Events in a transaction, at most."},
    {.name = "CONSUMER_BATCH_LINGER_MS",
     .type = OPTION_NUMBER,
     .offset = AT(batch_linger_ms),
     .fallback = "1",
     .min = 0,
     .max = 10000,
     .about = "How long a batch that is not full waits for the next event."},
    {.name = "CONSUMER_LOCK_TIMEOUT_MS",
     .type = OPTION_NUMBER,
     .offset = AT(lock_timeout_ms),
     .fallback = "2000",
     .min = 1,
     .max = 25000,
     .about = "How long to wait for a row that somebody else has locked."},
    {.name = "CONSUMER_ROLE_MAP",
     .type = OPTION_LIST,
     .offset = AT(role_pairs),
     .fallback = ROLE_MAP_DEFAULT,
     .about = "Clerk's roles to SUPER_ADMIN, TEACHER or STUDENT; an unknown "
              "one is STUDENT. Replaces the default whole."},
    {.name = "CONSUMER_ADMIN_LISTEN",
     .type = OPTION_LISTEN,
     .offset = AT(admin_listen),
     .fallback = "127.0.0.1:9789",
     .about = "Where /healthz, /readyz and /metrics are served."},
};
const size_t consumer_options_count =
    sizeof(consumer_options) / sizeof(consumer_options[0]);

int consumer_config_init(struct consumer_config *cfg, option_lookup *lookup,
                         struct error *err)
{
    *cfg = (struct consumer_config){.workers = 0};
    if (option_load(consumer_options, consumer_options_count, lookup, cfg,
                    err) == 0 &&
        settings_check(&cfg->common, err) == 0 &&
        role_map_init(&cfg->roles, &cfg->role_pairs, err) == 0)
        return 0;
    consumer_config_release(cfg);
    return -1;
}

void consumer_config_release(struct consumer_config *cfg)
{
    option_release(consumer_options, consumer_options_count, cfg);
}
