/* health - how it stands: what `status` has learned, and what follows from it.
 *
 * Filled by the functions of status_ask.h; what could not be learned says so.
 * Pure. */
#pragma once

#include "console/filter.h"
#include "shared/buffer.h"

#include <stdbool.h>
#include <stdint.h>

#define HEALTH_PARTS_MAX 20
#define HEALTH_ADDRESS_BYTES 160
#define HEALTH_REASON_BYTES 256
#define HEALTH_WINDOW_S 300 /* of the latencies */
#define HEALTH_RATE_S 60    /* of the rates */
/* What is shown as good: this share of events, applied within this time. */
#define HEALTH_SUCCESS_AIM 0.99
#define HEALTH_QUICK_MS 500

enum part_state { PART_READY, PART_WAITING, PART_AWAY };
extern const char *const part_state_names[];

/* A program, a server, or what lies on one. */
struct health_part {
    const char *name;
    char address[HEALTH_ADDRESS_BYTES]; /* "": none to be told */
    enum part_state state;
    char reason[HEALTH_REASON_BYTES]; /* of what is not ready */
};

struct health_sync {
    int64_t synced, pending, failed;
    bool is_estimated;
};

struct health_ledger {
    bool is_known;
    int64_t events[LEDGER_STATUSES];
    bool is_estimated; /* all but retrying and failed */
    struct health_sync users, organizations;
    /* Of what was applied in the last HEALTH_WINDOW_S. */
    int64_t recent, recent_quick;
    double p50_ms, p95_ms, p99_ms;
    int64_t applied; /* in the last HEALTH_RATE_S */
};

struct health_lag {
    const char *topic; /* borrowed */
    int32_t partition;
    int64_t end, committed; /* committed -1: nothing yet */
    int64_t records;
    int64_t oldest_ms; /* record time of the first of them; -1: none */
};

/* What has waited longest for being applied. */
struct health_oldest {
    bool is_there;
    char id[HEALTH_ADDRESS_BYTES]; /* "": it has none */
    char where[HEALTH_ADDRESS_BYTES];
    int64_t taken_ms;
};

struct health_log {
    bool is_known;
    int64_t taken; /* records of the events topic in the last HEALTH_RATE_S */
    struct health_lag *lags; /* of the events and the retry topic */
    size_t lags_count;
    int64_t dead_letters; /* records of that topic */
    char group[HEALTH_ADDRESS_BYTES], group_state[32];
    int64_t members;
    struct health_oldest oldest;
};

struct health {
    int64_t now_ms;
    struct health_part parts[HEALTH_PARTS_MAX];
    size_t parts_count;
    struct health_ledger ledger;
    struct health_log log;
};

void health_release(struct health *health);

/* A part more; NULL where there are HEALTH_PARTS_MAX. */
struct health_part *health_add_part(struct health *health, const char *name);

/* Whether all parts are ready. */
bool health_is_ready(const struct health *health);
/* "producer ready, consumer waiting": each part in a few words. */
void health_add_parts(const struct health *health, struct buffer *out);

/* Of all events of which it is decided, the share that did not fail; -1: there
 * are none. */
double health_success(const struct health_ledger *ledger);
/* Of the recent ones, the share that took less than HEALTH_QUICK_MS; or -1. */
double health_quick(const struct health_ledger *ledger);

struct health_lag_sum {
    int64_t records;
    int64_t seconds; /* the greatest age; 0 where nothing waits */
};
/* Of a topic, or of all (NULL). */
struct health_lag_sum health_lag_of(const struct health *health,
                                    const char *topic);

/* One screen for people; and an object of schemas/console/status.json. */
void health_show(const struct health *health, bool has_colours,
                 struct buffer *out);
void health_write_json(const struct health *health, struct buffer *out);
