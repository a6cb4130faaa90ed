/* The tables of the world, and results that the consumer reads. */
#include "shared/memory.h"
#include "tests/threads/fake_tables.h"

#include <stdio.h>
#include <stdlib.h>

#define HEAD_BYTES 20
#define LENGTH_BYTES 4
#define EPOCH_2000_MS INT64_C(946684800000)

/* As the statements bind them. */
#define USER_STATUS 10
#define USER_SYNC 11
#define USER_DELETED_AT 14
#define USER_ERROR 15

static uint64_t number_at(const char *bytes, size_t size)
{
    uint64_t number = 0;

    for (size_t i = 0; i < size; i++)
        number = number << 8 | (unsigned char)bytes[i];
    return number;
}

struct fake_sent fake_sent_copy(enum statement_id id,
                                const struct bind_arrays *arrays,
                                postgres_reader *reader, void *context)
{
    struct fake_sent sent = {.id = id, .reader = reader, .context = context};
    int count = arrays != NULL ? arrays->count : 0;
    size_t size = 0;

    for (int i = 0; i < count; i++) {
        sent.at[i] = size;
        size += arrays->arrays[i].bytes.size;
    }
    sent.bytes = memory_new(size + 1);
    sent.rows = count > 0 ? arrays->arrays[0].count : 0;
    for (int i = 0; i < count; i++)
        memcpy(sent.bytes + sent.at[i], arrays->arrays[i].bytes.data,
               arrays->arrays[i].bytes.size);
    return sent;
}

void fake_sent_release(struct fake_sent *sent)
{
    free(sent->bytes);
    sent->bytes = NULL;
}

struct slice fake_sent_cell(const struct fake_sent *sent, int column,
                            size_t row)
{
    const char *at = sent->bytes + sent->at[column] + HEAD_BYTES;

    for (;; row--) {
        uint32_t size = (uint32_t)number_at(at, LENGTH_BYTES);
        bool is_null = size == UINT32_MAX;
        at += LENGTH_BYTES;
        if (row == 0)
            return is_null ? SLICE_EMPTY : (struct slice){at, size};
        at += is_null ? 0 : size;
    }
}

static int64_t number_of(const struct fake_sent *sent, int column, size_t row)
{
    struct slice cell = fake_sent_cell(sent, column, row);

    return cell.data == NULL ? -1 : (int64_t)number_at(cell.data, cell.size);
}

/* VERDICTS where the row's status is NULL: it stays. */
static enum event_verdict verdict_of(const struct fake_sent *sent, size_t row)
{
    struct slice text = fake_sent_cell(sent, 4, row);
    int verdict = 0;

    while (verdict < VERDICTS && !slice_is(text, event_verdict_names[verdict]))
        verdict++;
    return (enum event_verdict)verdict;
}

bool fake_sent_is_applied(const struct fake_sent *sent, size_t row)
{
    return verdict_of(sent, row) < VERDICT_RETRYING;
}

static void set(struct fake_cell *cell, struct slice text)
{
    if (text.data != NULL && text.size > sizeof(cell->bytes))
        abort();
    *cell = (struct fake_cell){.size = -1};
    if (text.data == NULL)
        return;
    cell->size = (int32_t)text.size;
    memcpy(cell->bytes, text.data, text.size);
}

static void set_number(struct fake_cell *cell, int64_t number)
{
    for (int i = 0; i < 8; i++)
        cell->bytes[i] = (char)((uint64_t)number >> 8 * (7 - i));
    cell->size = 8;
}

static void write_row(struct fake_row *row, const struct fake_sent *sent,
                      size_t at)
{
    row->exists = true;
    for (int i = 0; i < statements[sent->id].count; i++)
        set(&row->cells[i], fake_sent_cell(sent, i, at));
}

/* What depends on when an event came is left out: a dead letter marks its user
 * until the next event is applied. */
static void write_user(const struct fake_sent *sent, size_t at)
{
    int user = fake_user_named(fake_sent_cell(sent, 1, at));
    struct fake_row *row = &fake_world->users[user];

    write_row(row, sent, at);
    set(&row->cells[USER_SYNC], SLICE_EMPTY);
    set(&row->cells[USER_ERROR], SLICE_EMPTY);
}

static void write_tombstone(const struct fake_sent *sent, size_t at)
{
    int user = fake_user_named(fake_sent_cell(sent, 1, at));
    struct fake_row *row = &fake_world->users[user];

    set(&row->cells[USER_STATUS], slice_of("DELETED"));
    set(&row->cells[USER_DELETED_AT], fake_sent_cell(sent, 3, at));
}

/* Workspaces go by their user's UUID, as users themselves do. */
static void write_workspace(const struct fake_sent *sent, size_t at)
{
    struct slice owner = fake_sent_cell(sent, 1, at);

    for (int i = 0; i < FAKE_USERS; i++) {
        char name[16];
        struct uuid id;
        snprintf(name, sizeof(name), "user_%02d", i);
        id = identity_of(slice_of(name));
        if (memcmp(id.bytes, owner.data, sizeof(id.bytes)) == 0)
            write_row(&fake_world->workspaces[i], sent, at);
    }
}

static void write_register(const struct fake_sent *sent, size_t at)
{
    int user = fake_user_named(fake_sent_cell(sent, 1, at));

    write_row(&fake_world->registers[user], sent, at);
}

static void settle(struct fake_ledger_row *row, enum event_verdict verdict)
{
    bool was_settled = row->exists && row->status != VERDICT_RETRYING;

    row->exists = true;
    if (verdict == VERDICTS)
        return;
    row->status = verdict;
    if (!was_settled && verdict != VERDICT_RETRYING)
        atomic_fetch_add(&fake_world->settled, 1);
}

static void add_places(struct fake_ledger_row *row, struct slice places)
{
    size_t size = strlen(row->places);

    if (size + places.size >= sizeof(row->places))
        abort();
    memcpy(row->places + size, places.data, places.size);
}

static void insert_ledger(const struct fake_sent *sent, size_t at)
{
    int event = fake_event_named(fake_sent_cell(sent, 0, at));
    struct fake_ledger_row *row = &fake_world->ledger[event];
    char place[64];

    if (row->exists)
        abort(); /* the primary key */
    snprintf(place, sizeof(place), "{events:%lld:%lld}",
             (long long)number_of(sent, 8, at),
             (long long)number_of(sent, 9, at));
    settle(row, verdict_of(sent, at));
    add_places(row, slice_of(place));
    row->attempts = number_of(sent, 5, at);
    row->duplicates = number_of(sent, 10, at);
    add_places(row, fake_sent_cell(sent, 11, at));
    row->replays = number_of(sent, 12, at);
    row->redrives = number_of(sent, 13, at);
    row->retry_at_us = number_of(sent, 15, at);
}

static void update_ledger(const struct fake_sent *sent, size_t at)
{
    int event = fake_event_named(fake_sent_cell(sent, 0, at));
    struct fake_ledger_row *row = &fake_world->ledger[event];

    settle(row, verdict_of(sent, at));
    row->replays += number_of(sent, 1, at);
    row->duplicates += number_of(sent, 2, at);
    add_places(row, fake_sent_cell(sent, 3, at));
    row->attempts += number_of(sent, 5, at);
    row->redrives = number_of(sent, 7, at);
    row->retry_at_us = number_of(sent, 8, at);
}

void fake_tables_write(const struct fake_sent *sent)
{
    static void (*const writers[STATEMENTS])(const struct fake_sent *sent,
                                             size_t at) = {
        [STATEMENT_USERS] = write_user,
        [STATEMENT_TOMBSTONES] = write_tombstone,
        [STATEMENT_WORKSPACES] = write_workspace,
        [STATEMENT_REGISTERS] = write_register,
        [STATEMENT_LEDGER_INSERT] = insert_ledger,
        [STATEMENT_LEDGER_UPDATE] = update_ledger,
    };

    for (size_t i = 0; writers[sent->id] != NULL && i < sent->rows; i++)
        writers[sent->id](sent, i);
}

static void read_register(const struct fake_sent *sent, size_t at,
                          struct postgres_rows *rows)
{
    int user = fake_user_named(fake_sent_cell(sent, 1, at));
    const struct fake_row *row = &fake_world->registers[user];

    for (int i = 0; i < FAKE_COLUMNS; i++)
        set(&rows->cells[rows->count][i], SLICE_EMPTY);
    if (row->exists)
        memcpy(rows->cells[rows->count], &row->cells[2],
               (FAKE_COLUMNS - 2) * sizeof(row->cells[0]));
    rows->count++;
}

/* Among the places, between whatever stands around them. */
static bool is_seen(const struct fake_ledger_row *row,
                    const struct fake_sent *sent, size_t at)
{
    char place[64];
    int size = snprintf(place, sizeof(place), "events:%lld:%lld",
                        (long long)number_of(sent, 2, at),
                        (long long)number_of(sent, 3, at));

    for (const char *found = row->places;
         (found = strstr(found, place)) != NULL; found++)
        if (found[size] == ',' || found[size] == '}')
            return true;
    return false;
}

static void read_ledger(const struct fake_sent *sent, size_t at,
                        struct postgres_rows *rows)
{
    int event = fake_event_named(fake_sent_cell(sent, 0, at));
    const struct fake_ledger_row *row = &fake_world->ledger[event];
    struct fake_cell *cells = rows->cells[rows->count];

    if (!row->exists)
        return;
    rows->count++;
    set_number(&cells[0], (int64_t)at + 1);
    set(&cells[1], slice_of(event_verdict_names[row->status]));
    set_number(&cells[2], row->redrives);
    if (row->retry_at_us < 0)
        set(&cells[3], SLICE_EMPTY);
    else
        set_number(&cells[3], row->retry_at_us / 1000 + EPOCH_2000_MS);
    cells[4].size = 1;
    cells[4].bytes[0] = is_seen(row, sent, at);
}

void fake_tables_read(const struct fake_sent *sent,
                      struct postgres_rows *ret_rows)
{
    ret_rows->count = 0;
    ret_rows->cells = memory_new((sent->rows + 1) * sizeof(*ret_rows->cells));
    for (size_t i = 0; i < sent->rows; i++)
        if (sent->id == STATEMENT_REGISTERS_LOCK)
            read_register(sent, i, ret_rows);
        else
            read_ledger(sent, i, ret_rows);
}

size_t postgres_count(const struct postgres_rows *rows)
{
    return rows->count;
}

bool postgres_is_null(const struct postgres_rows *rows, size_t row, int column)
{
    return rows->cells[row][column].size < 0;
}

struct slice postgres_text(const struct postgres_rows *rows, size_t row,
                           int column, struct arena *arena)
{
    const struct fake_cell *cell = &rows->cells[row][column];

    if (cell->size < 0)
        return SLICE_EMPTY;
    return arena_copy(arena, (struct slice){cell->bytes, (size_t)cell->size});
}

int64_t postgres_int(const struct postgres_rows *rows, size_t row, int column)
{
    const struct fake_cell *cell = &rows->cells[row][column];

    return (int64_t)number_at(cell->bytes, (size_t)cell->size);
}

bool postgres_bool(const struct postgres_rows *rows, size_t row, int column)
{
    return rows->cells[row][column].bytes[0] == 1;
}
