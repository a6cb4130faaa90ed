#include "console/health.h"
#include "console/json_writer.h"
#include "shared/instant.h"

static void write_time(struct json_writer *w, const char *name, int64_t ms)
{
    char text[INSTANT_TEXT_BYTES];

    json_write_text(w, name, instant_format(ms, text) ? text : NULL);
}

static void write_share(struct json_writer *w, const char *name, double share)
{
    if (share < 0)
        json_write_raw(w, name, "null");
    else
        json_write_real(w, name, share, 6);
}

static void write_parts(struct json_writer *w, const struct health *health)
{
    json_write_array(w, "parts");
    for (size_t i = 0; i < health->parts_count; i++) {
        const struct health_part *part = &health->parts[i];
        json_write_object(w, NULL);
        json_write_text(w, "part", part->name);
        json_write_text(w, "address",
                        part->address[0] != '\0' ? part->address : NULL);
        json_write_text(w, "state", part_state_names[part->state]);
        json_write_text(w, "reason",
                        part->state != PART_READY ? part->reason : NULL);
        json_write_end(w);
    }
    json_write_end(w);
}

static void write_sync(struct json_writer *w, const char *name,
                       const struct health_sync *sync)
{
    json_write_object(w, name);
    json_write_number(w, "synced", sync->synced);
    json_write_number(w, "pending", sync->pending);
    json_write_number(w, "failed", sync->failed);
    json_write_bool(w, "is_estimated", sync->is_estimated);
    json_write_end(w);
}

static void write_latency(struct json_writer *w,
                          const struct health_ledger *ledger)
{
    const struct {
        const char *name;
        double ms;
    } percentiles[] = {{"p50_ms", ledger->p50_ms},
                       {"p95_ms", ledger->p95_ms},
                       {"p99_ms", ledger->p99_ms}};

    json_write_object(w, "latency");
    json_write_number(w, "seconds", HEALTH_WINDOW_S);
    json_write_number(w, "events", ledger->recent);
    for (size_t i = 0; i < 3; i++) {
        if (ledger->recent > 0)
            json_write_real(w, percentiles[i].name, percentiles[i].ms, 3);
        else
            json_write_raw(w, percentiles[i].name, "null");
    }
    write_share(w, "under_500_ms", health_quick(ledger));
    json_write_end(w);
}

static void write_ledger(struct json_writer *w,
                         const struct health_ledger *ledger)
{
    json_write_object(w, "events");
    for (int i = 0; i < LEDGER_STATUSES; i++)
        json_write_number(w, filter_statuses[i], ledger->events[i]);
    json_write_end(w);
    json_write_bool(w, "events_are_estimated", ledger->is_estimated);
    write_share(w, "success_rate", health_success(ledger));
    write_latency(w, ledger);
    write_sync(w, "users", &ledger->users);
    write_sync(w, "organizations", &ledger->organizations);
}

static void write_rates(struct json_writer *w, const struct health *health)
{
    json_write_object(w, "rates");
    json_write_number(w, "seconds", HEALTH_RATE_S);
    if (health->log.is_known)
        json_write_real(w, "in_per_second",
                        (double)health->log.taken / HEALTH_RATE_S, 3);
    if (health->ledger.is_known)
        json_write_real(w, "out_per_second",
                        (double)health->ledger.applied / HEALTH_RATE_S, 3);
    json_write_end(w);
}

static void write_lag(struct json_writer *w, const struct health *health,
                      const struct health_lag *lag)
{
    json_write_object(w, NULL);
    json_write_text(w, "topic", lag->topic);
    json_write_number(w, "partition", lag->partition);
    json_write_number(w, "end", lag->end);
    if (lag->committed >= 0)
        json_write_number(w, "committed", lag->committed);
    else
        json_write_raw(w, "committed", "null");
    json_write_number(w, "records", lag->records);
    json_write_real(w, "seconds",
                    lag->oldest_ms >= 0
                        ? (double)(health->now_ms - lag->oldest_ms) / 1000
                        : 0,
                    3);
    json_write_end(w);
}

static void write_oldest(struct json_writer *w, const struct health *health)
{
    const struct health_oldest *oldest = &health->log.oldest;

    if (!oldest->is_there) {
        json_write_raw(w, "oldest_unprocessed", "null");
        return;
    }
    json_write_object(w, "oldest_unprocessed");
    json_write_text(w, "id", oldest->id[0] != '\0' ? oldest->id : NULL);
    json_write_text(w, "where", oldest->where);
    write_time(w, "created_at", oldest->taken_ms);
    json_write_real(w, "seconds",
                    (double)(health->now_ms - oldest->taken_ms) / 1000, 3);
    json_write_end(w);
}

static void write_log(struct json_writer *w, const struct health *health)
{
    const struct health_log *log = &health->log;
    struct health_lag_sum sum = health_lag_of(health, NULL);

    json_write_number(w, "lag_records", sum.records);
    json_write_number(w, "lag_seconds", sum.seconds);
    json_write_array(w, "lag");
    for (size_t i = 0; i < log->lags_count; i++)
        write_lag(w, health, &log->lags[i]);
    json_write_end(w);
    write_oldest(w, health);
    json_write_number(w, "dead_letter_records", log->dead_letters);
    json_write_object(w, "group");
    json_write_text(w, "name", log->group);
    json_write_text(w, "state", log->group_state);
    json_write_number(w, "members", log->members);
    json_write_end(w);
}

void health_write_json(const struct health *health, struct buffer *out)
{
    struct json_writer w;

    json_writer_init(&w, out);
    json_write_object(&w, NULL);
    write_time(&w, "at", health->now_ms);
    json_write_bool(&w, "is_ready", health_is_ready(health));
    write_parts(&w, health);
    write_rates(&w, health);
    if (health->ledger.is_known)
        write_ledger(&w, &health->ledger);
    if (health->log.is_known)
        write_log(&w, health);
    json_write_end(&w);
    buffer_add_char(out, '\n');
}
