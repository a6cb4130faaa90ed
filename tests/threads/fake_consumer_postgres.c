/* The database.  Users are locked in the order in which they are asked for, by
 * one mutex each, their rows of the ledger by another, until the transaction
 * ends: so the thread sanitizer sees locks that are not taken in one order.
 * What is written shows at the commit. */
#include "consumer/postgres.h"
#include "shared/memory.h"
#include "tests/threads/fake_consumer.h"
#include "tests/threads/fake_tables.h"

#include <stdlib.h>
#include <unistd.h>

#define AWAY_EVERY 60
#define UNKNOWN_EVERY 90
#define UNREACHABLE_EVERY 6
#define ANSWER_US 1500

struct postgres {
    bool is_connected;
    bool has_user[FAKE_USERS], has_ledger[FAKE_USERS];
    struct fake_sent queue[2 * STATEMENTS];
    int count;
    struct fake_sent writes[STATEMENTS]; /* until the commit */
    int writes_count;
};

static pthread_mutex_t users[FAKE_USERS], ledgers[FAKE_USERS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_locks(void)
{
    for (int i = 0; i < FAKE_USERS; i++) {
        pthread_mutex_init(&users[i], NULL);
        pthread_mutex_init(&ledgers[i], NULL);
    }
}

static void lock(pthread_mutex_t *mutex, bool *has)
{
    if (!*has)
        pthread_mutex_lock(mutex);
    *has = true;
}

static void end_transaction(struct postgres *db)
{
    while (db->count > 0)
        fake_sent_release(&db->queue[--db->count]);
    while (db->writes_count > 0)
        fake_sent_release(&db->writes[--db->writes_count]);
    for (int i = 0; i < FAKE_USERS; i++) {
        if (db->has_ledger[i])
            pthread_mutex_unlock(&ledgers[i]);
        if (db->has_user[i])
            pthread_mutex_unlock(&users[i]);
        db->has_ledger[i] = db->has_user[i] = false;
    }
}

bool fake_ledger_has(int event)
{
    bool has;

    pthread_once(&once, make_locks);
    pthread_mutex_lock(&ledgers[fake_user_of(event)]);
    has = fake_world->ledger[event].exists;
    pthread_mutex_unlock(&ledgers[fake_user_of(event)]);
    return has;
}

static void lock_rows(struct postgres *db, const struct fake_sent *sent)
{
    for (size_t i = 0; i < sent->rows; i++) {
        int user;
        if (sent->id == STATEMENT_REGISTERS_LOCK) {
            user = fake_user_named(fake_sent_cell(sent, 1, i));
            lock(&users[user], &db->has_user[user]);
        } else {
            user = fake_user_of(fake_event_named(fake_sent_cell(sent, 0, i)));
            lock(&ledgers[user], &db->has_ledger[user]);
        }
    }
}

static bool is_one_in(int chances)
{
    return fake_world->is_wild && random() % chances == 0;
}

static int fail(struct error *err, enum error_kind kind, const char *text)
{
    atomic_fetch_add(&fake_world->failures, 1);
    return error_set(err, kind, "PostgreSQL: %s", text);
}

/* What stands against the events that are to be in the ledger now. */
static int check(const struct fake_sent *sent, struct error *err)
{
    for (size_t i = 0; i < sent->rows; i++) {
        int event = fake_event_named(fake_sent_cell(sent, 0, i));
        enum fake_nature nature = fake_nature_of(event);
        if (!fake_sent_is_applied(sent, i))
            continue;
        if (nature == FAKE_REFUSED)
            return fail(err, ERROR_INPUT, "SQLSTATE 22000: refused");
        if (nature == FAKE_STUMBLES && fake_world->is_wild &&
            sent->id == STATEMENT_LEDGER_INSERT)
            return fail(err, ERROR_AGAIN,
                        event % 2 == 0 ? "SQLSTATE 55P03: locked"
                                       : "SQLSTATE P0001: stumbles");
    }
    return 0;
}

static int run_one(struct postgres *db, struct fake_sent *sent,
                   struct error *err)
{
    struct postgres_rows rows = {0};

    switch (sent->id) {
    case STATEMENT_REGISTERS_LOCK:
    case STATEMENT_LEDGER_LOCK:
        lock_rows(db, sent);
        fake_tables_read(sent, &rows);
        break;
    case STATEMENT_COMMIT:
        for (int i = 0; i < db->writes_count; i++)
            fake_tables_write(&db->writes[i]);
        break;
    case STATEMENT_LEDGER_INSERT:
    case STATEMENT_LEDGER_UPDATE:
        if (check(sent, err) != 0)
            return -1;
        /* fall through */
    default:
        db->writes[db->writes_count++] = *sent;
        sent->bytes = NULL; /* taken */
    }
    if (sent->reader != NULL)
        sent->reader(&rows, sent->context);
    free(rows.cells);
    return 0;
}

static int run_all(struct postgres *db, struct error *err)
{
    bool is_ended = false;

    if (is_one_in(AWAY_EVERY))
        return fail(err, ERROR_AWAY, "away");
    for (int i = 0; i < db->count; i++) {
        if (run_one(db, &db->queue[i], err) != 0)
            return -1;
        is_ended = db->queue[i].id == STATEMENT_COMMIT;
    }
    if (is_ended && is_one_in(UNKNOWN_EVERY))
        return fail(err, ERROR_AWAY, "who knows what became of the commit");
    if (is_ended)
        end_transaction(db);
    while (db->count > 0)
        fake_sent_release(&db->queue[--db->count]);
    return 0;
}

int postgres_run(struct postgres *db, struct error *err)
{
    if (!db->is_connected)
        return error_set(err, ERROR_AWAY, "PostgreSQL: not connected");
    if (fake_world->is_wild)
        usleep((useconds_t)(random() % ANSWER_US));
    if (run_all(db, err) == 0)
        return 0;
    end_transaction(db);
    db->is_connected = err->kind != ERROR_AWAY;
    return -1;
}

int postgres_connect(struct postgres *db, struct error *err)
{
    if (!db->is_connected && is_one_in(UNREACHABLE_EVERY))
        return fail(err, ERROR_ACCESS, "too many of you");
    db->is_connected = true;
    return 0;
}

int postgres_check(struct postgres *db, struct error *err)
{
    return postgres_run(db, err);
}

void postgres_queue(struct postgres *db, enum statement_id id,
                    const struct bind_arrays *arrays, postgres_reader *reader,
                    void *context)
{
    if (!db->is_connected)
        return;
    db->queue[db->count++] = fake_sent_copy(id, arrays, reader, context);
}

bool postgres_is_open(const struct postgres *db)
{
    return db->is_connected;
}

void postgres_rollback(struct postgres *db)
{
    end_transaction(db);
}

struct postgres *postgres_new(const char *url)
{
    (void)url;
    pthread_once(&once, make_locks);
    return memory_new(sizeof(struct postgres));
}

void postgres_free(struct postgres *db)
{
    if (db != NULL)
        end_transaction(db);
    free(db);
}

int postgres_check_url(const char *url, struct error *err)
{
    (void)url, (void)err;
    return 0;
}
