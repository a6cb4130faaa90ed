/* How it stands in the database.  Whoever looks every two seconds must not
 * make it slow: of a ledger too large to be counted a sample of its blocks is
 * counted, and only what has an index is exact. */
#include "console/postgres.h"
#include "console/status_ask.h"

#include <stdio.h>
#include <stdlib.h>

/* Of each table; what is larger is sampled. */
#define COUNTED_BLOCKS 32768 /* 256 MiB */
#define SAMPLED_BLOCKS 4096.0

/* Sizes in blocks. */
static const char size_query[] =
    "select relname, pg_relation_size(oid) /\n"
    "           current_setting('block_size')::bigint\n"
    "from pg_class\n"
    "where oid in ('webhook_events'::regclass, 'users'::regclass,\n"
    "              'organizations'::regclass)";

/* $1: how much of the table, in percent. */
static const char events_query[] =
    "select status, count(*) from webhook_events\n"
    "tablesample system ($1::real) group by status";
static const char users_query[] =
    "select sync_status, count(*) from users\n"
    "tablesample system ($1::real) group by sync_status";
static const char organizations_query[] =
    "select sync_status, count(*) from organizations\n"
    "tablesample system ($1::real) group by sync_status";

/* What has an index of its own. */
static const char troubled_query[] =
    "select status, count(*) from webhook_events\n"
    "where status in ('failed', 'retrying') group by status";
static const char users_troubled_query[] =
    "select sync_status, count(*) from users\n"
    "where sync_status <> 'synced' group by sync_status";
static const char organizations_troubled_query[] =
    "select sync_status, count(*) from organizations\n"
    "where sync_status <> 'synced' group by sync_status";

/* $1: the window of the latencies, $2: that of the rate, in seconds. */
static const char recent_query[] =
    "select count(*),\n"
    "       count(*) filter (where processed_at - created_at <\n"
    "                        interval '500 ms'),\n"
    "       count(*) filter (where processed_at >=\n"
    "                        now() - $2::int * interval '1 second'),\n"
    "       1000 * extract(epoch from percentile_disc(0.5) within group\n"
    "              (order by processed_at - created_at)),\n"
    "       1000 * extract(epoch from percentile_disc(0.95) within group\n"
    "              (order by processed_at - created_at)),\n"
    "       1000 * extract(epoch from percentile_disc(0.99) within group\n"
    "              (order by processed_at - created_at))\n"
    "from webhook_events\n"
    "where processed_at >= now() - $1::int * interval '1 second'";

static const char retrying_query[] =
    "select webhook_id, floor(extract(epoch from created_at) * 1000)\n"
    "from webhook_events where status = 'retrying'\n"
    "order by created_at limit 1";

static const char *const sync_names[] = {"synced", "pending", "failed", NULL};

/* Rows of (word, count) into `counts`, which is parallel to `words`. */
static int count_by_word(struct postgres *db, const char *query,
                         const char *percent, const char *const *words,
                         double factor, int64_t *counts, struct error *err)
{
    struct postgres_rows *rows;

    if (postgres_query(db, query, &percent, percent != NULL, &rows, err) != 0)
        return -1;
    for (size_t row = 0; row < postgres_rows_count(rows); row++) {
        const char *word = postgres_rows_value(rows, row, 0);
        for (size_t i = 0; words[i] != NULL; i++)
            if (strcmp(words[i], word) == 0)
                counts[i] =
                    (int64_t)((double)postgres_rows_number(rows, row, 1) *
                              factor);
    }
    postgres_rows_free(rows);
    return 0;
}

struct census {
    const char *table;
    const char *query, *troubled_query;
    const char *const *words;
    int64_t *counts;
    bool *ret_is_estimated;
};

/* Exact where the table is small enough; else a sample, with what is in
 * trouble counted by its index. */
static int count_table(struct postgres *db, const struct census *census,
                       int64_t blocks, struct error *err)
{
    char percent[32];
    double share = 100;

    *census->ret_is_estimated = blocks > COUNTED_BLOCKS;
    if (*census->ret_is_estimated)
        share = 100 * SAMPLED_BLOCKS / (double)blocks;
    snprintf(percent, sizeof(percent), "%.9f", share);
    if (count_by_word(db, census->query, percent, census->words, 100 / share,
                      census->counts, err) != 0)
        return -1;
    if (!*census->ret_is_estimated)
        return 0;
    return count_by_word(db, census->troubled_query, NULL, census->words, 1,
                         census->counts, err);
}

static int count_tables(struct postgres *db, struct health_ledger *ledger,
                        struct error *err)
{
    int64_t users[3] = {0}, organizations[3] = {0};
    const struct census tables[] = {
        {"webhook_events", events_query, troubled_query, filter_statuses,
         ledger->events, &ledger->is_estimated},
        {"users", users_query, users_troubled_query, sync_names, users,
         &ledger->users.is_estimated},
        {"organizations", organizations_query, organizations_troubled_query,
         sync_names, organizations, &ledger->organizations.is_estimated},
    };
    struct postgres_rows *sizes;
    int result = 0;

    if (postgres_query(db, size_query, NULL, 0, &sizes, err) != 0)
        return -1;
    for (size_t row = 0; row < postgres_rows_count(sizes) && result == 0; row++)
        for (size_t i = 0; i < 3 && result == 0; i++)
            if (strcmp(tables[i].table, postgres_rows_value(sizes, row, 0)) ==
                0)
                result = count_table(db, &tables[i],
                                     postgres_rows_number(sizes, row, 1), err);
    postgres_rows_free(sizes);
    ledger->users.synced = users[0];
    ledger->users.pending = users[1];
    ledger->users.failed = users[2];
    ledger->organizations.synced = organizations[0];
    ledger->organizations.pending = organizations[1];
    ledger->organizations.failed = organizations[2];
    return result;
}

static double real(const struct postgres_rows *rows, int column)
{
    const char *text = postgres_rows_value(rows, 0, column);

    return text != NULL ? strtod(text, NULL) : 0;
}

static int read_recent(struct postgres *db, struct health_ledger *ledger,
                       struct error *err)
{
    char window[16], rate[16];
    const char *values[] = {window, rate};
    struct postgres_rows *rows;

    snprintf(window, sizeof(window), "%d", HEALTH_WINDOW_S);
    snprintf(rate, sizeof(rate), "%d", HEALTH_RATE_S);
    if (postgres_query(db, recent_query, values, 2, &rows, err) != 0)
        return -1;
    ledger->recent = postgres_rows_number(rows, 0, 0);
    ledger->recent_quick = postgres_rows_number(rows, 0, 1);
    ledger->applied = postgres_rows_number(rows, 0, 2);
    ledger->p50_ms = real(rows, 3);
    ledger->p95_ms = real(rows, 4);
    ledger->p99_ms = real(rows, 5);
    postgres_rows_free(rows);
    return 0;
}

/* An event that is being tried again is unprocessed as well. */
static int read_retrying(struct postgres *db, struct health_oldest *oldest,
                         struct error *err)
{
    struct postgres_rows *rows;

    if (postgres_query(db, retrying_query, NULL, 0, &rows, err) != 0)
        return -1;
    if (postgres_rows_count(rows) > 0) {
        oldest->is_there = true;
        snprintf(oldest->id, sizeof(oldest->id), "%s",
                 postgres_rows_value(rows, 0, 0));
        snprintf(oldest->where, sizeof(oldest->where), "retrying");
        oldest->taken_ms = postgres_rows_number(rows, 0, 1);
    }
    postgres_rows_free(rows);
    return 0;
}

int status_ask_database(const char *url, int64_t timeout_ms,
                        struct health *health, struct error *err)
{
    struct health_part *part = health_add_part(health, "database");
    struct postgres *db = NULL;
    int result = postgres_open_in_time(url, timeout_ms, &db, err);

    if (result == 0)
        part->state = PART_WAITING; /* until it has told all */
    if (result == 0 && (count_tables(db, &health->ledger, err) != 0 ||
                        read_recent(db, &health->ledger, err) != 0 ||
                        read_retrying(db, &health->log.oldest, err) != 0))
        result = -1;
    postgres_close(db);
    if (result != 0) {
        snprintf(part->reason, sizeof(part->reason), "%s", err->text);
        return -1;
    }
    part->state = PART_READY;
    health->ledger.is_known = true;
    return 0;
}
