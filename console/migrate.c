/* clerkstream migrate - bring the tables up to this program.
 *
 * One session holds an advisory lock from before it looks until it is done, so
 * of several at once each file is applied by one.  A file and the memory of it
 * are one transaction.  Locks on tables are asked for briefly and again, since
 * whoever waits for one makes running consumers wait behind it. */
#include "console/commands.h"
#include "console/json_writer.h"
#include "console/migrations.h"
#include "console/postgres.h"
#include "shared/backoff.h"
#include "shared/clock.h"
#include "shared/memory.h"

#include <stdio.h>
#include <stdlib.h>

#define CONNECT_MS 5000
#define OUTPUT_BYTES (1 << 20)

struct migrate_flags {
    int64_t timeout_s;
    bool is_json;
};

static const struct flag migrate_flags[] = {
    {.name = "timeout",
     .type = FLAG_NUMBER,
     .offset = offsetof(struct migrate_flags, timeout_s),
     .value = "SECONDS",
     .fallback = "60",
     .min = 1,
     .max = 86400,
     .about = "How long to wait for another migrate, and for locks."},
    {.name = "json",
     .type = FLAG_SWITCH,
     .offset = offsetof(struct migrate_flags, is_json),
     .about = "Print what was done as a JSON array."},
};

/* The number is the first eight bytes of SHA-256("clerkstream migrate"). */
static const char lock_statement[] =
    "select pg_advisory_lock(2166279792106574555)";

static const char memory_table[] =
    "create table if not exists clerkstream_migrations (\n"
    "    name text primary key,\n"
    "    checksum text not null, -- SHA-256 of the file\n"
    "    applied_at timestamptz not null default now())";

static const char read_statement[] =
    "select name, checksum from clerkstream_migrations "
    "order by name collate \"C\"";

static const char remember_statement[] =
    "insert into clerkstream_migrations (name, checksum) values ($1, $2)";

struct migrate {
    struct postgres *db;
    int64_t deadline_ms;
    bool is_json;
    struct buffer text;
    struct json_writer json;
};

static int query_nothing(struct postgres *db, const char *statement,
                         const char *const *values, size_t count,
                         struct error *err)
{
    struct postgres_rows *rows;

    if (postgres_query(db, statement, values, count, &rows, err) != 0)
        return -1;
    postgres_rows_free(rows);
    return 0;
}

static int set_lock_timeout(struct postgres *db, int64_t timeout_ms,
                            struct error *err)
{
    char text[32];
    const char *const values[] = {text};

    snprintf(text, sizeof(text), "%lld", (long long)timeout_ms);
    return query_nothing(db, "select set_config('lock_timeout', $1, false)",
                         values, 1, err);
}

static int take_lock(struct migrate *migrate, struct error *err)
{
    int64_t left_ms = migrate->deadline_ms - clock_steady_ms();

    if (set_lock_timeout(migrate->db, left_ms > 0 ? left_ms : 1, err) != 0)
        return -1;
    if (query_nothing(migrate->db, lock_statement, NULL, 0, err) != 0)
        return err->kind == ERROR_AGAIN
                   ? error_wrap(err, "another migrate is at work")
                   : -1;
    return 0;
}

static int count_applied(struct postgres *db, size_t *ret_applied,
                         struct error *err)
{
    struct migration_record *records;
    struct postgres_rows *rows;
    size_t count;
    int result;

    if (postgres_query(db, read_statement, NULL, 0, &rows, err) != 0)
        return -1;
    count = postgres_rows_count(rows);
    records = memory_new(count * sizeof(*records));
    for (size_t i = 0; i < count; i++)
        records[i] = (struct migration_record){postgres_rows_value(rows, i, 0),
                                               postgres_rows_value(rows, i, 1)};
    result = migrations_check(migrations, migrations_count, records, count,
                              ret_applied, err);
    free(records);
    postgres_rows_free(rows);
    return result;
}

static int apply_once(struct postgres *db, const struct migration *migration,
                      struct error *err)
{
    char checksum[MIGRATION_CHECKSUM_BYTES];
    const char *const values[] = {migration->name, checksum};
    struct error ignored;

    migration_checksum(migration, checksum);
    if (postgres_execute(db, "begin", err) == 0 &&
        postgres_execute(db, migration->sql, err) == 0 &&
        query_nothing(db, remember_statement, values, 2, err) == 0 &&
        postgres_execute(db, "commit", err) == 0)
        return 0;
    postgres_execute(db, "rollback", &ignored);
    return error_wrap(err, "%s", migration->name);
}

static void pause_ms(int64_t ms)
{
    clock_sleep_ms(ms);
}

static int apply(struct migrate *migrate, const struct migration *migration,
                 struct error *err)
{
    for (unsigned attempt = 0;; attempt++) {
        if (apply_once(migrate->db, migration, err) == 0)
            return 0;
        if (err->kind != ERROR_AGAIN ||
            clock_steady_ms() >= migrate->deadline_ms)
            return -1;
        pause_ms(backoff_ms(attempt, 250, 2000, UINT32_MAX / 2));
    }
}

static void report(struct migrate *migrate, const struct migration *migration,
                   bool is_new)
{
    const char *action = is_new ? "applied" : "already applied";
    char checksum[MIGRATION_CHECKSUM_BYTES];

    if (!migrate->is_json) {
        printf("%s %s\n", migration->name, action);
        return;
    }
    migration_checksum(migration, checksum);
    json_write_object(&migrate->json, NULL);
    json_write_text(&migrate->json, "name", migration->name);
    json_write_text(&migrate->json, "checksum", checksum);
    json_write_text(&migrate->json, "action", action);
    json_write_end(&migrate->json);
}

static int apply_missing(struct migrate *migrate, struct error *err)
{
    size_t applied;

    if (postgres_execute(migrate->db, memory_table, err) != 0 ||
        count_applied(migrate->db, &applied, err) != 0 ||
        set_lock_timeout(migrate->db, 2000, err) != 0)
        return -1;
    for (size_t i = 0; i < migrations_count; i++) {
        if (i >= applied && apply(migrate, &migrations[i], err) != 0)
            return -1;
        report(migrate, &migrations[i], i >= applied);
    }
    return 0;
}

static int run(const struct console_config *config, const void *given,
               struct error *err)
{
    const struct migrate_flags *flags = given;
    struct migrate migrate = {.is_json = flags->is_json};
    int result = -1;

    migrate.deadline_ms = clock_steady_ms() + flags->timeout_s * 1000;
    if (postgres_open(config->database_url,
                      flags->timeout_s * 1000 < CONNECT_MS
                          ? flags->timeout_s * 1000
                          : CONNECT_MS,
                      &migrate.db, err) != 0)
        return -1;
    buffer_init(&migrate.text, OUTPUT_BYTES);
    json_writer_init(&migrate.json, &migrate.text);
    json_write_array(&migrate.json, NULL);
    if (postgres_execute(migrate.db, "set search_path to public", err) == 0 &&
        take_lock(&migrate, err) == 0)
        result = apply_missing(&migrate, err);
    json_write_end(&migrate.json);
    if (flags->is_json)
        puts(migrate.text.data);
    buffer_release(&migrate.text);
    postgres_close(migrate.db);
    return result;
}

const struct command command_migrate = {
    .name = "migrate",
    .about = "Create the tables, or bring them up to this program.",
    .detail =
        "Applies each migration that the database lacks, in order, in a\n"
        "transaction of its own, and remembers it with its checksum in the\n"
        "table clerkstream_migrations. Run it as often as you like, beside\n"
        "running consumers and beside itself. The database must exist.",
    .example = "DATABASE_URL=postgresql://app@db/app clerkstream migrate",
    .flags = migrate_flags,
    .flags_count = sizeof(migrate_flags) / sizeof(migrate_flags[0]),
    .flags_bytes = sizeof(struct migrate_flags),
    .run = run,
};
