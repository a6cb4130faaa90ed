/* clerkstream prune - keep the ledger small: drop what is old of it.
 *
 * The table is walked once in the order in which it lies on disk, a batch a
 * transaction, so that each costs the same and whatever ends the command leaves
 * the next one less to do.  A row that a consumer has locked is passed over,
 * never waited for; one that was written anew meanwhile may lie behind.  Hence
 * what is left is counted at the end and walked for again. */
#include "console/commands.h"
#include "console/json_writer.h"
#include "console/postgres.h"
#include "console/terminal.h"
#include "shared/clock.h"
#include "shared/instant.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_BYTES 4096
#define WALKS_MAX 3
#define PLACE_BYTES 32
#define NUMBER_BYTES 24

struct prune_flags {
    int64_t older_than_ms;
    bool is_rows;
    int64_t batch;
    int64_t rate;
    bool is_dry_run;
    int64_t timeout_s;
    bool is_json;
};

static const struct flag prune_flags[] = {
    {.name = "older-than",
     .type = FLAG_DURATION,
     .offset = offsetof(struct prune_flags, older_than_ms),
     .value = "DURATION",
     .about = "Needed: the age of an event, as P90D or 90d, from which on it "
              "is old."},
    {.name = "rows",
     .type = FLAG_SWITCH,
     .offset = offsetof(struct prune_flags, is_rows),
     .about = "Drop whole rows and not only their payloads."},
    {.name = "dry-run",
     .type = FLAG_SWITCH,
     .offset = offsetof(struct prune_flags, is_dry_run),
     .about = "Count what would be dropped and drop nothing."},
    {.name = "batch",
     .type = FLAG_NUMBER,
     .offset = offsetof(struct prune_flags, batch),
     .value = "N",
     .fallback = "1000",
     .min = 1,
     .max = 100000,
     .about = "Events in one transaction."},
    {.name = "rate",
     .type = FLAG_NUMBER,
     .offset = offsetof(struct prune_flags, rate),
     .value = "N",
     .fallback = "0",
     .min = 0,
     .max = 1000000,
     .about = "Events per second at most; 0: as fast as it goes."},
    FLAG_TIMEOUT(struct prune_flags, "60"),
    FLAG_JSON(struct prune_flags),
};

/* The clock is the database's: whose is here may be wrong. */
static const char now_statement[] =
    "select floor(extract(epoch from now()) * 1000)::bigint";

/* A walk in the order of the disk needs a scan that begins at the begin. */
static const char session_statement[] = "set synchronize_seqscans = off";

/* $1: old is what was taken before, in ms; $2: rows and not payloads. */
static const char count_statement[] =
    "select count(*) filter (where status not in ('failed', 'retrying')\n"
    "                          and case when $2::boolean\n"
    "                                   then dead_letter is null\n"
    "                                   else payload is not null end),\n"
    "       count(*) filter (where status in ('failed', 'retrying')\n"
    "                          or ($2::boolean and dead_letter is not null))\n"
    "from webhook_events\n"
    "where created_at < 'epoch'::timestamptz +\n"
    "                   $1::bigint * interval '1 millisecond'";

/* $3: where the last batch ended; $4: how many. */
#define PICKED                                                                 \
    "with picked as materialized (\n"                                          \
    "    select ctid as place, webhook_id from webhook_events\n"               \
    "    where ctid > $3::tid\n"                                               \
    "      and created_at < 'epoch'::timestamptz +\n"                          \
    "                       $1::bigint * interval '1 millisecond'\n"           \
    "      and status not in ('failed', 'retrying')\n"                         \
    "      and case when $2::boolean then dead_letter is null\n"               \
    "               else payload is not null end\n"                            \
    "    limit $4::bigint for update skip locked),\n"

static const char payloads_statement[] =
    PICKED "dropped as (\n"
           "    update webhook_events w set payload = null\n"
           "    from picked p where w.webhook_id = p.webhook_id)\n"
           "select count(*), max(place) from picked";

static const char rows_statement[] =
    PICKED "dropped as (\n"
           "    delete from webhook_events w\n"
           "    using picked p where w.webhook_id = p.webhook_id)\n"
           "select count(*), max(place) from picked";

struct prune {
    const struct prune_flags *flags;
    struct postgres *db;
    int64_t before_ms;
    char before[NUMBER_BYTES]; /* the same, as a value */
    int64_t found, dropped;
    int64_t left; /* old, and still there at the end */
    int64_t kept; /* old, but failed or retrying; of rows see the query */
    struct progress_bar bar;
    int64_t begun_us;
};

static int query(struct prune *prune, const char *statement,
                 const char *const *values, size_t count,
                 struct postgres_rows **ret_rows, struct error *err)
{
    postgres_set_timeout(prune->db, prune->flags->timeout_s * 1000);
    return postgres_query(prune->db, statement, values, count, ret_rows, err);
}

static int64_t number(const struct postgres_rows *rows, int column)
{
    return strtoll(postgres_rows_value(rows, 0, column), NULL, 10);
}

/* Nothing was taken before 1970, so an age that reaches further is cut. */
static int set_before(struct prune *prune, struct error *err)
{
    struct postgres_rows *rows;

    if (query(prune, now_statement, NULL, 0, &rows, err) != 0)
        return -1;
    prune->before_ms = number(rows, 0) - prune->flags->older_than_ms;
    postgres_rows_free(rows);
    if (prune->before_ms < 0)
        prune->before_ms = 0;
    snprintf(prune->before, sizeof(prune->before), "%" PRId64,
             prune->before_ms);
    return 0;
}

static int count_left(struct prune *prune, struct error *err)
{
    const char *values[] = {prune->before,
                            prune->flags->is_rows ? "true" : "false"};
    struct postgres_rows *rows;

    if (query(prune, count_statement, values, 2, &rows, err) != 0)
        return -1;
    prune->left = number(rows, 0);
    prune->kept = number(rows, 1);
    postgres_rows_free(rows);
    return 0;
}

/* The next batch behind `place`, which moves on; `ret_count` 0: none is. */
static int drop_batch(struct prune *prune, char place[PLACE_BYTES],
                      int64_t *ret_count, struct error *err)
{
    const struct prune_flags *flags = prune->flags;
    char batch[NUMBER_BYTES];
    const char *values[] = {prune->before, flags->is_rows ? "true" : "false",
                            place, batch};
    int64_t size = flags->rate > 0 && flags->rate < flags->batch ? flags->rate
                                                                 : flags->batch;
    struct postgres_rows *rows;

    snprintf(batch, sizeof(batch), "%" PRId64, size);
    if (query(prune, flags->is_rows ? rows_statement : payloads_statement,
              values, 4, &rows, err) != 0)
        return -1;
    *ret_count = number(rows, 0);
    if (*ret_count > 0)
        snprintf(place, PLACE_BYTES, "%s", postgres_rows_value(rows, 0, 1));
    postgres_rows_free(rows);
    return 0;
}

/* Until so many may have been dropped. */
static void keep_the_rate(const struct prune *prune)
{
    int64_t due_us, ahead_us;

    if (prune->flags->rate == 0)
        return;
    due_us = prune->begun_us + prune->dropped * 1000000 / prune->flags->rate;
    ahead_us = due_us - clock_steady_us();
    clock_sleep_ms(ahead_us / 1000);
}

static int walk(struct prune *prune, struct error *err)
{
    char place[PLACE_BYTES] = "(0,0)";
    int64_t count;

    do {
        if (drop_batch(prune, place, &count, err) != 0)
            return -1;
        prune->dropped += count;
        prune->bar.done = (uint64_t)prune->dropped;
        terminal_progress(&prune->bar);
        keep_the_rate(prune);
    } while (count > 0);
    return count_left(prune, err);
}

static int drop(struct prune *prune, struct error *err)
{
    int result = 0;

    prune->bar = (struct progress_bar){
        .title = prune->flags->is_rows ? "dropping rows" : "dropping payloads",
        .unit = "events",
        .total = (uint64_t)prune->found};
    prune->begun_us = clock_steady_us();
    if (postgres_execute(prune->db, session_statement, err) != 0)
        return -1;
    for (int i = 0; i < WALKS_MAX && prune->left > 0 && result == 0; i++)
        result = walk(prune, err);
    terminal_progress_end(&prune->bar);
    return result;
}

static void add_json(const struct prune *prune, const char *before,
                     struct buffer *out)
{
    struct json_writer w;

    json_writer_init(&w, out);
    json_write_object(&w, NULL);
    json_write_text(&w, "what", prune->flags->is_rows ? "rows" : "payloads");
    json_write_bool(&w, "dry_run", prune->flags->is_dry_run);
    json_write_text(&w, "before", before);
    json_write_number(&w, "found", prune->found);
    json_write_number(&w, "dropped", prune->dropped);
    json_write_number(&w, "left", prune->left);
    json_write_number(&w, "kept", prune->kept);
    json_write_end(&w);
    buffer_add_char(out, '\n');
}

static void add_lines(const struct prune *prune, const char *before,
                      struct buffer *out)
{
    const char *what = prune->flags->is_rows ? "rows" : "payloads";

    if (prune->flags->is_dry_run)
        buffer_add_format(out, "would drop the %s of %" PRId64 " events", what,
                          prune->found);
    else
        buffer_add_format(out, "dropped the %s of %" PRId64 " events", what,
                          prune->dropped);
    buffer_add_format(out, " from before %s\n", before);
    if (prune->left > 0 && !prune->flags->is_dry_run)
        buffer_add_format(out,
                          "%" PRId64 " were in use: run it again for them\n",
                          prune->left);
    if (prune->kept > 0)
        buffer_add_format(
            out, "%" PRId64 " failed or retrying ones%s are kept\n",
            prune->kept,
            prune->flags->is_rows ? ", or ones with a dead letter," : "");
}

static int tell(const struct prune *prune, struct error *err)
{
    char before[INSTANT_TEXT_BYTES];
    struct buffer text;
    int result;

    instant_format(prune->before_ms, before);
    buffer_init(&text, OUTPUT_BYTES);
    if (prune->flags->is_json)
        add_json(prune, before, &text);
    else
        add_lines(prune, before, &text);
    result = terminal_print(&text, err);
    buffer_release(&text);
    return result;
}

static int prune_ledger(struct prune *prune, struct error *err)
{
    if (set_before(prune, err) != 0 || count_left(prune, err) != 0)
        return -1;
    prune->found = prune->left;
    if (!prune->flags->is_dry_run && drop(prune, err) != 0)
        return -1;
    return tell(prune, err);
}

static int run(const struct console_config *config, const void *given,
               struct error *err)
{
    struct prune prune = {.flags = given};
    int result;

    if (prune.flags->older_than_ms == FLAG_DURATION_NONE)
        return error_set(err, ERROR_INPUT,
                         "--older-than: given nothing, allowed is an age as "
                         "P90D, PT36H, 90d or 36h");
    if (postgres_open(config->database_url, prune.flags->timeout_s * 1000,
                      &prune.db, err) != 0)
        return -1;
    result = prune_ledger(&prune, err);
    postgres_close(prune.db);
    return result;
}

const struct command command_prune = {
    .name = "prune",
    .about = "Drop old payloads, or rows, of the ledger.",
    .detail =
        "The payload of an event that was applied is only there to be looked\n"
        "at: explain and audit do without. Events that failed or are being\n"
        "retried are never touched. May run beside running consumers, and be\n"
        "ended and begun again at any time.\n"
        "\n"
        "With --rows clerkstream forgets that it has seen these events. The\n"
        "tables stay as they are, also when such an event comes again, but it\n"
        "counts as new then and not as a replay or a duplicate. Rows of\n"
        "what ever had a dead letter stay, so that it is known to be done.\n"
        "\n"
        "The space is used again by new events once autovacuum was there.",
    .example = "clerkstream prune --older-than P90D --dry-run\n"
               "clerkstream prune --older-than 90d --rate 2000",
    .flags = prune_flags,
    .flags_count = sizeof(prune_flags) / sizeof(prune_flags[0]),
    .flags_bytes = sizeof(struct prune_flags),
    .run = run,
};
