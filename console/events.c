/* clerkstream events - what is in the ledger, newest first.
 *
 * The ledger's times have a block range index: hence the windows of
 * look_back.h.  What is recent is found at once in a ledger of any size, and so
 * is an id, an entity and what is in trouble; what is rare takes a scan.  Where
 * the time is over before its end, what was found is printed all the same. */
#include "console/commands.h"
#include "console/filter.h"
#include "console/look_back.h"
#include "console/postgres.h"
#include "console/reason.h"
#include "console/table.h"
#include "console/terminal.h"
#include "shared/clock.h"
#include "shared/instant.h"

#include <inttypes.h>
#include <stdio.h>

#define OUTPUT_BYTES (256 << 20)
#define NUMBER_BYTES 24

struct events_flags {
    struct filter filter;
    const char *before;
    int64_t limit;
    int64_t timeout_s;
    bool is_whole;
    bool is_json;
};

static const struct flag events_flags[] = {
    FILTER_FLAGS(struct events_flags),
    {.name = "limit",
     .type = FLAG_NUMBER,
     .offset = offsetof(struct events_flags, limit),
     .value = "N",
     .fallback = "20",
     .min = 1,
     .max = 100000,
     .about = "How many at most."},
    {.name = "before",
     .type = FLAG_TEXT,
     .offset = offsetof(struct events_flags, before),
     .value = "MSG_ID",
     .about = "Those that are older than this event: the last one of a page "
              "gives the next page."},
    {.name = "payload",
     .type = FLAG_SWITCH,
     .offset = offsetof(struct events_flags, is_whole),
     .about = "Show also what the database quotes in its errors: it may be "
              "personal data."},
    FLAG_TIMEOUT(struct events_flags, "30"),
    FLAG_JSON(struct events_flags),
};

/* $9: older than this event; $10, $11: the window; $12: how many. */
static const char page_query[] =
    "select webhook_id, event_type, entity_id, status, attempts, last_error,\n"
    "       kafka_topic, kafka_partition, kafka_offset, duplicates, replays,\n"
    "       redrives, floor(extract(epoch from created_at) * 1000),\n"
    "       floor(extract(epoch from processed_at) * 1000),\n"
    "       round(extract(epoch from processed_at - created_at) * 1000)\n"
    "from webhook_events\n"
    "where " FILTER_WHERE
    "  and ($9::text is null or (created_at, webhook_id) <\n"
    "       (select created_at, webhook_id from webhook_events\n"
    "        where webhook_id = $9))\n"
    "  and ($10::bigint is null or created_at >=\n"
    "       'epoch'::timestamptz + $10 * interval '1 millisecond')\n"
    "  and ($11::bigint is null or created_at <\n"
    "       'epoch'::timestamptz + $11 * interval '1 millisecond')\n"
    "order by created_at desc, webhook_id desc\n"
    "limit $12::bigint";
#define PAGE_VALUES 12

static const char cursor_query[] =
    "select floor(extract(epoch from created_at) * 1000)\n"
    "from webhook_events where webhook_id = $1";

enum column {
    ID,
    TYPE,
    ENTITY,
    STATUS,
    ATTEMPTS,
    LAST_ERROR,
    TOPIC,
    PARTITION,
    OFFSET,
    DUPLICATES,
    REPLAYS,
    REDRIVES,
    CREATED_MS,
    PROCESSED_MS,
    TOOK_MS
};

static const struct table_column columns[] = {
    {.name = "created_at", .title = "TAKEN"},
    {.name = "status", .title = "STATUS"},
    {.name = "type", .title = "TYPE", .width_max = 40},
    {.name = "entity", .title = "ENTITY", .width_max = 40},
    {.name = "id", .title = "ID", .width_max = 64},
    {.name = "took_ms", .title = "MS"},
    {.name = "attempts", .title = "TRIES"},
    {.name = "duplicates"},
    {.name = "replays"},
    {.name = "redrives"},
    {.name = "topic"},
    {.name = "partition"},
    {.name = "offset"},
    {.name = "processed_at"},
    {.name = "error", .title = "ERROR", .width_max = 100},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const enum shown_mood status_moods[LEDGER_STATUSES] = {
    [LEDGER_COMPLETED] = MOOD_GOOD,   [LEDGER_IGNORED] = MOOD_FAINT,
    [LEDGER_SUPERSEDED] = MOOD_FAINT, [LEDGER_RETRYING] = MOOD_WARNING,
    [LEDGER_FAILED] = MOOD_BAD,
};

static void add_status(struct table *table, const char *status)
{
    table_add_text(table, status);
    for (int i = 0; i < LEDGER_STATUSES; i++)
        if (strcmp(status, filter_statuses[i]) == 0)
            table_set_mood(table, status_moods[i]);
}

static void add_error(struct table *table, const char *error, bool is_whole)
{
    struct buffer shown;

    if (error == NULL) {
        table_add_null(table);
        return;
    }
    buffer_init(&shown, 4096);
    reason_add_shown(&shown, slice_of(error), is_whole);
    table_add_slice(table, buffer_slice(&shown));
    buffer_release(&shown);
}

static void add_row(struct table *table, const struct postgres_rows *rows,
                    size_t row, bool is_whole)
{
    static const enum column numbers[] = {ATTEMPTS, DUPLICATES, REPLAYS,
                                          REDRIVES};

    table_add_time(table, postgres_rows_number(rows, row, CREATED_MS));
    add_status(table, postgres_rows_value(rows, row, STATUS));
    table_add_text(table, postgres_rows_value(rows, row, TYPE));
    table_add_text(table, postgres_rows_value(rows, row, ENTITY));
    table_add_text(table, postgres_rows_value(rows, row, ID));
    if (postgres_rows_value(rows, row, TOOK_MS) != NULL)
        table_add_number(table, postgres_rows_number(rows, row, TOOK_MS));
    else
        table_add_null(table);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        table_add_number(table, postgres_rows_number(rows, row, numbers[i]));
    table_add_text(table, postgres_rows_value(rows, row, TOPIC));
    table_add_number(table, postgres_rows_number(rows, row, PARTITION));
    table_add_number(table, postgres_rows_number(rows, row, OFFSET));
    if (postgres_rows_value(rows, row, PROCESSED_MS) != NULL)
        table_add_time(table, postgres_rows_number(rows, row, PROCESSED_MS));
    else
        table_add_null(table);
    add_error(table, postgres_rows_value(rows, row, LAST_ERROR), is_whole);
}

/* NULL for an open bound. */
static const char *write_bound(int64_t ms, char out[NUMBER_BYTES])
{
    if (ms == LOOK_BACK_OPEN)
        return NULL;
    snprintf(out, NUMBER_BYTES, "%" PRId64, ms);
    return out;
}

struct page {
    struct postgres *db;
    const struct events_flags *flags;
    int64_t before_ms; /* of the event that --before names */
    struct table *table;
};

/* What a window has of the events that are asked for. */
static int read_window(const struct page *page, const struct look_back *look,
                       struct error *err)
{
    const char *values[PAGE_VALUES];
    char begin[NUMBER_BYTES], end[NUMBER_BYTES], limit[NUMBER_BYTES];
    struct postgres_rows *rows;
    struct filter_values given;

    filter_values(&page->flags->filter, &given);
    memcpy(values, given.values, sizeof(given.values));
    values[8] = page->flags->before;
    values[9] = write_bound(look->begin_ms, begin);
    values[10] = write_bound(look->end_ms, end);
    values[11] = write_bound(
        page->flags->limit - (int64_t)table_rows(page->table), limit);
    if (postgres_query(page->db, page_query, values, PAGE_VALUES, &rows, err) !=
        0)
        return -1;
    for (size_t i = 0; i < postgres_rows_count(rows); i++)
        add_row(page->table, rows, i, page->flags->is_whole);
    postgres_rows_free(rows);
    return 0;
}

/* Where the first window ends: the sooner of all bounds. */
static int64_t base_of(const struct page *page)
{
    int64_t base_ms = clock_wall_ms(), to_ms = page->flags->filter.to_ms;

    if (to_ms != FLAG_TIME_NONE && to_ms < base_ms)
        base_ms = to_ms;
    if (page->before_ms != LOOK_BACK_OPEN && page->before_ms < base_ms)
        base_ms = page->before_ms;
    return base_ms;
}

static int read_page(const struct page *page, struct error *err)
{
    char time[INSTANT_TEXT_BYTES];
    struct look_back look;

    look_back_init(&look, base_of(page), page->flags->filter.from_ms);
    while (look_back_next(&look) &&
           (int64_t)table_rows(page->table) < page->flags->limit) {
        if (read_window(page, &look, err) == 0)
            continue;
        if (err->kind == ERROR_AGAIN && instant_format(look.end_ms, time))
            return error_set(err, ERROR_AGAIN,
                             "there was time to look back to %s only: "
                             "--timeout gives more, --from needs less",
                             time);
        return -1;
    }
    return 0;
}

/* `ret_ms` is left alone where no event is named. */
static int find_before(struct postgres *db, const char *id, int64_t *ret_ms,
                       struct error *err)
{
    struct postgres_rows *rows;

    if (id == NULL)
        return 0;
    if (postgres_query(db, cursor_query, &id, 1, &rows, err) != 0)
        return -1;
    if (postgres_rows_count(rows) == 0)
        error_set(err, ERROR_ACCESS, "--before: no event %.100s in the ledger",
                  id);
    else
        *ret_ms = postgres_rows_number(rows, 0, 0);
    postgres_rows_free(rows);
    return *ret_ms != LOOK_BACK_OPEN ? 0 : -1;
}

/* -1 where --id is one that the ledger does not have. */
static int check_known(struct postgres *db, const char *id, struct error *err)
{
    struct postgres_rows *rows;
    bool is_known;

    if (postgres_query(db, cursor_query, &id, 1, &rows, err) != 0)
        return -1;
    is_known = postgres_rows_count(rows) > 0;
    postgres_rows_free(rows);
    return is_known ? 0
                    : error_set(err, ERROR_ACCESS,
                                "no event %.100s in the ledger; clerkstream "
                                "explain looks further",
                                id);
}

static int print(const struct table *table, bool is_json, struct error *err)
{
    struct json_writer w;
    struct buffer out;
    int result;

    buffer_init(&out, OUTPUT_BYTES);
    if (is_json) {
        json_writer_init(&w, &out);
        table_write_json(table, &w, NULL);
        buffer_add_char(&out, '\n');
    } else if (table_rows(table) == 0) {
        buffer_add_text(&out, "no such events\n");
    } else {
        table_print(table, terminal_has_colours(), &out);
    }
    result = terminal_print(&out, err);
    buffer_release(&out);
    return result;
}

static int run(const struct console_config *config, const void *given,
               struct error *err)
{
    const struct events_flags *flags = given;
    struct table table;
    struct page page = {
        .flags = flags, .before_ms = LOOK_BACK_OPEN, .table = &table};
    int result = -1;

    if (postgres_open_in_time(config->database_url, flags->timeout_s * 1000,
                              &page.db, err) != 0)
        return -1;
    table_init(&table, columns, COLUMNS);
    if (find_before(page.db, flags->before, &page.before_ms, err) == 0 &&
        (flags->filter.id == NULL ||
         check_known(page.db, flags->filter.id, err) == 0)) {
        result = read_page(&page, err);
        if ((result == 0 || table_rows(&table) > 0) &&
            print(&table, flags->is_json, err) != 0)
            result = -1;
    }
    table_release(&table);
    postgres_close(page.db);
    return result;
}

const struct command command_events = {
    .name = "events",
    .about = "Show events of the ledger, the newest first.",
    .detail =
        "All filters must hold. Without --payload nothing is shown that the\n"
        "database quotes in its errors, since that may be personal data.\n"
        "MS is the time from the producer to the committed row.",
    .example = "clerkstream events --status failed --from 2026-01-31T08:00:00Z",
    .flags = events_flags,
    .flags_count = sizeof(events_flags) / sizeof(events_flags[0]),
    .flags_bytes = sizeof(struct events_flags),
    .run = run,
};
