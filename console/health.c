#include "console/health.h"

#include <stdlib.h>

const char *const part_state_names[] = {
    [PART_READY] = "ready", [PART_WAITING] = "waiting", [PART_AWAY] = "away"};

void health_release(struct health *health)
{
    free(health->log.lags);
    *health = (struct health){.now_ms = 0};
}

struct health_part *health_add_part(struct health *health, const char *name)
{
    struct health_part *part;

    if (health->parts_count == HEALTH_PARTS_MAX)
        return NULL;
    part = &health->parts[health->parts_count++];
    *part = (struct health_part){.name = name, .state = PART_AWAY};
    return part;
}

bool health_is_ready(const struct health *health)
{
    for (size_t i = 0; i < health->parts_count; i++)
        if (health->parts[i].state != PART_READY)
            return false;
    return true;
}

void health_add_parts(const struct health *health, struct buffer *out)
{
    for (size_t i = 0; i < health->parts_count; i++)
        buffer_add_format(out, "%s%s %s", i > 0 ? ", " : "",
                          health->parts[i].name,
                          part_state_names[health->parts[i].state]);
}

double health_success(const struct health_ledger *ledger)
{
    int64_t good = ledger->events[LEDGER_COMPLETED] +
                   ledger->events[LEDGER_IGNORED] +
                   ledger->events[LEDGER_SUPERSEDED];
    int64_t decided = good + ledger->events[LEDGER_FAILED];

    return decided > 0 ? (double)good / (double)decided : -1;
}

double health_quick(const struct health_ledger *ledger)
{
    if (ledger->recent == 0)
        return -1;
    return (double)ledger->recent_quick / (double)ledger->recent;
}

struct health_lag_sum health_lag_of(const struct health *health,
                                    const char *topic)
{
    struct health_lag_sum sum = {.records = 0};

    for (size_t i = 0; i < health->log.lags_count; i++) {
        const struct health_lag *lag = &health->log.lags[i];
        int64_t seconds;
        if (topic != NULL && strcmp(lag->topic, topic) != 0)
            continue;
        sum.records += lag->records;
        if (lag->oldest_ms < 0)
            continue;
        seconds = (health->now_ms - lag->oldest_ms) / 1000;
        if (seconds > sum.seconds)
            sum.seconds = seconds;
    }
    return sum;
}
