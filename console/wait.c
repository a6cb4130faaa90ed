/* clerkstream wait - until the rows of an event can be read. */
#include "console/commands.h"
#include "console/json_writer.h"
#include "console/moment.h"
#include "console/postgres.h"
#include "console/reason.h"
#include "console/shown.h"
#include "console/terminal.h"
#include "console/waiter.h"
#include "shared/clock.h"
#include "shared/instant.h"

#include <inttypes.h>
#include <stdio.h>

#define NUMBER_BYTES 24
#define OUTPUT_BYTES 4096
#define LEAVE_MS 1000 /* to say why, and to take the row away */

struct wait_flags {
    const char *id;
    const char *entity;
    int64_t after_ms;
    int64_t timeout_s;
    bool is_json;
};

static const struct flag wait_flags[] = {
    {.name = "msg_id",
     .type = FLAG_TEXT,
     .is_argument = true,
     .offset = offsetof(struct wait_flags, id),
     .value = "MSG_ID",
     .about = "The event to wait for."},
    {.name = "entity",
     .type = FLAG_TEXT,
     .offset = offsetof(struct wait_flags, entity),
     .value = "ID",
     .about = "Or any event of a user, organization or membership."},
    {.name = "after",
     .type = FLAG_TIME,
     .offset = offsetof(struct wait_flags, after_ms),
     .value = "TIME",
     .about = "With --entity: taken at this time or later (RFC 3339, with "
              "zone)."},
    {.name = "timeout",
     .type = FLAG_NUMBER,
     .offset = offsetof(struct wait_flags, timeout_s),
     .value = "SECONDS",
     .fallback = "30",
     .min = 1,
     .max = 86400,
     .about = "How long to wait; then exit code 1."},
    FLAG_JSON(struct wait_flags),
};

#define FOUND                                                                  \
    "select webhook_id, event_type, entity_id, status,\n"                      \
    "       floor(extract(epoch from created_at) * 1000),\n"                   \
    "       floor(extract(epoch from processed_at) * 1000)\n"                  \
    "from webhook_events\n"

static const char event_query[] =
    FOUND "where webhook_id = $1 and processed_at is not null\n"
          "  and status in ('completed', 'superseded', 'ignored')";

/* A membership's events have the organization as key. */
static const char entity_query[] =
    FOUND "where created_at >=\n"
          "      'epoch'::timestamptz + $2::bigint * interval '1 millisecond'\n"
          "  and (entity_id = $1 or ($1 like 'orgmem\\_%' and\n"
          "       payload -> 'data' ->> 'id' = $1))\n"
          "  and processed_at is not null\n"
          "  and status in ('completed', 'superseded')\n"
          "order by created_at limit 1";

static const char why_query[] =
    "select status, attempts, last_error from webhook_events\n"
    "where webhook_id = $1";

struct waiting {
    struct postgres *db;
    const struct wait_flags *flags;
    int64_t begun_ms;
};

static int check_flags(const struct wait_flags *flags, struct error *err)
{
    bool has_after = flags->after_ms != FLAG_TIME_NONE;

    if (flags->id != NULL ? flags->entity == NULL && !has_after
                          : flags->entity != NULL && has_after)
        return 0;
    return error_set(err, ERROR_INPUT,
                     "given %s%s%s, allowed is either MSG_ID or --entity ID "
                     "with --after TIME",
                     flags->id != NULL ? "MSG_ID" : "no MSG_ID",
                     flags->entity != NULL ? " and --entity" : "",
                     has_after ? " and --after" : "");
}

/* `ret_rows` is NULL where there is nothing yet. */
static int look(const struct waiting *waiting, struct postgres_rows **ret_rows,
                struct error *err)
{
    const struct wait_flags *flags = waiting->flags;
    char after[NUMBER_BYTES];
    const char *values[] = {flags->id, NULL};
    struct postgres_rows *rows;
    int result;

    snprintf(after, sizeof(after), "%" PRId64, flags->after_ms);
    if (flags->id == NULL) {
        values[0] = flags->entity;
        values[1] = after;
        result =
            postgres_query(waiting->db, entity_query, values, 2, &rows, err);
    } else {
        result =
            postgres_query(waiting->db, event_query, values, 1, &rows, err);
    }
    if (result != 0)
        return -1;
    *ret_rows = NULL;
    if (postgres_rows_count(rows) > 0)
        *ret_rows = rows;
    else
        postgres_rows_free(rows);
    return 0;
}

/* What the ledger says of an event that is not there in time. */
static int give_up(const struct waiting *waiting, struct error *err)
{
    const char *id = waiting->flags->id;
    long long timeout_s = waiting->flags->timeout_s;
    struct postgres_rows *rows;
    struct buffer why;

    if (id == NULL)
        return error_set(err, ERROR_AGAIN,
                         "no event of %.100s was applied within %lld s",
                         waiting->flags->entity, timeout_s);
    if (postgres_query(waiting->db, why_query, &id, 1, &rows, err) != 0)
        return -1;
    buffer_init(&why, sizeof(err->text));
    if (postgres_rows_count(rows) == 0) {
        buffer_add_text(&why, "it is not in the ledger");
    } else {
        const char *last_error = postgres_rows_value(rows, 0, 2);
        buffer_add_format(&why, "%s, attempts: %s",
                          postgres_rows_value(rows, 0, 0),
                          postgres_rows_value(rows, 0, 1));
        if (last_error != NULL) {
            buffer_add_text(&why, ", ");
            reason_add_shown(&why, slice_of(last_error), false);
        }
    }
    error_set(err, ERROR_AGAIN, "%.100s is not visible after %lld s: %s", id,
              timeout_s, why.data);
    buffer_release(&why);
    postgres_rows_free(rows);
    return -1;
}

/* Look, and again whenever woken, until it is there or the time is over. */
static int wait_until_found(const struct waiting *waiting,
                            struct postgres_rows **ret_rows, struct error *err)
{
    int64_t until_ms = waiting->begun_ms + waiting->flags->timeout_s * 1000;

    for (;;) {
        int64_t left_ms;
        if (look(waiting, ret_rows, err) != 0)
            return -1;
        if (*ret_rows != NULL)
            return 0;
        left_ms = until_ms - clock_steady_ms();
        if (left_ms <= 0)
            return give_up(waiting, err);
        if (waiter_wait(waiting->db, left_ms, err) != 0)
            return -1;
    }
}

/* Where nobody is told of, nobody is woken: the row is there while we wait. */
static int wait_as_waiter(const struct waiting *waiting,
                          struct postgres_rows **ret_rows, struct error *err)
{
    struct waiter waiter;
    int result;

    if (waiter_enter(waiting->db, waiting->flags->timeout_s, &waiter, err) != 0)
        return -1;
    result = wait_until_found(waiting, ret_rows, err);
    waiter_leave(waiting->db, &waiter);
    return result;
}

static void add_time(struct json_writer *w, const char *name,
                     const struct postgres_rows *found, int column)
{
    char time[INSTANT_TEXT_BYTES];

    instant_format(postgres_rows_number(found, 0, column), time);
    json_write_text(w, name, time);
}

static void write_json(const struct postgres_rows *found, int64_t waited_ms,
                       struct buffer *out)
{
    static const char *const names[] = {"id", "type", "entity", "status"};
    struct json_writer w;

    json_writer_init(&w, out);
    json_write_object(&w, NULL);
    for (int i = 0; i < 4; i++)
        json_write_text(&w, names[i], postgres_rows_value(found, 0, i));
    add_time(&w, "created_at", found, 4);
    add_time(&w, "processed_at", found, 5);
    json_write_number(&w, "waited_ms", waited_ms);
    json_write_end(&w);
}

static void write_line(const struct postgres_rows *found, int64_t waited_ms,
                       struct buffer *out)
{
    char waited[MOMENT_AGE_BYTES];

    for (int i = 0; i < 4; i++) {
        const char *text = postgres_rows_value(found, 0, i);
        shown_add(out, slice_of(text != NULL ? text : "-"), 0);
        buffer_add_char(out, ' ');
    }
    moment_format_age(waited_ms, waited);
    buffer_add_format(out, "after %s", waited);
}

static int print(const struct waiting *waiting,
                 const struct postgres_rows *found, struct error *err)
{
    int64_t waited_ms = clock_steady_ms() - waiting->begun_ms;
    struct buffer out;
    int result;

    buffer_init(&out, OUTPUT_BYTES);
    if (waiting->flags->is_json)
        write_json(found, waited_ms, &out);
    else
        write_line(found, waited_ms, &out);
    buffer_add_char(&out, '\n');
    result = terminal_print(&out, err);
    buffer_release(&out);
    return result;
}

static int run(const struct console_config *config, const void *given,
               struct error *err)
{
    const struct wait_flags *flags = given;
    struct waiting waiting = {.flags = flags, .begun_ms = clock_steady_ms()};
    struct postgres_rows *found = NULL;
    int64_t timeout_ms = flags->timeout_s * 1000;
    int result;

    if (check_flags(flags, err) != 0 ||
        postgres_open_in_time(config->database_url, timeout_ms, &waiting.db,
                              err) != 0)
        return -1;
    postgres_set_timeout(waiting.db, waiting.begun_ms + timeout_ms + LEAVE_MS -
                                         clock_steady_ms());
    result = wait_as_waiter(&waiting, &found, err);
    if (result == 0)
        result = print(&waiting, found, err);
    postgres_rows_free(found);
    postgres_close(waiting.db);
    return result;
}

const struct command command_wait = {
    .name = "wait",
    .about = "Wait until the rows of an event can be read.",
    .detail =
        "An event is there when the transaction that applied it is committed:\n"
        "status completed, superseded or ignored. With --entity and --after "
        "it\n"
        "is any event of that user, organization or membership (of a user:\n"
        "those that tell of the user; a membership's tell of it and of its\n"
        "organization) that the producer took at that time or later and that\n"
        "was applied, not just ignored. A dead letter may still be redriven:\n"
        "it is waited for. Ends with code 1 when the time is over, and says\n"
        "what the ledger says then.",
    .example = "clerkstream wait msg_2abc --timeout 10\n"
               "clerkstream wait --entity user_2abc --after "
               "2026-01-31T08:00:00Z",
    .flags = wait_flags,
    .flags_count = sizeof(wait_flags) / sizeof(wait_flags[0]),
    .flags_bytes = sizeof(struct wait_flags),
    .run = run,
};
